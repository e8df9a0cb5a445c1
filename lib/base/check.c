#include "base/check.h"

#include "base/log.h"

#include <stdatomic.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *expression, const char *file, int line)
{
    log_event(LOG_ERROR, "check_failed", "check=\"%s\" file=%s line=%d; the program ends here",
              expression, file, line);
    abort();
}

bool check_never(const char *expression, const char *file, int line)
{
    static atomic_bool said;
    if (!atomic_exchange(&said, true)) {
        log_event(LOG_ERROR, "never_happened",
                  "check=\"%s\" file=%s line=%d; going on along the safe branch", expression, file,
                  line);
    }
    return true;
}
