#include "party/times.h"

#include "base/lang.h"

bool times_agree(uint64_t received_at, int64_t from_ms, int64_t now_ms)
{
    if (received_at > INT64_MAX - TIMES_APART_MS || now_ms > INT64_MAX - TIMES_APART_MS) {
        return false;
    }
    const int64_t at = (int64_t)received_at;
    return at <= now_ms + TIMES_APART_MS && at + TIMES_APART_MS >= from_ms;
}

const char *times_text(void)
{
    return _("what the broker received just now it dates more than five minutes off this machine's "
             "clock: set this machine's clock right; if it is right, tell the office, because "
             "deadlines go by the broker's");
}
