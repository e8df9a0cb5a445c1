#include "party/alarm_tell.h"

#include "base/lang.h"
#include "party/alarm.h"

#include <stdio.h>

#define LINES_MAX 3u

static enum ng_err tell(struct store_txn *t)
{
    struct alarm a;
    unsigned told = 0, more = 0;
    enum ng_err e = NG_OK;
    for (uint64_t n = 0; !e; n++) {
        e = alarm_get(t, n, &a);
        const bool accuses = !e && a.read_ms == 0 && a.evidence.size > 0;
        if (accuses && told < LINES_MAX) {
            (void)fprintf(stderr, _("ALARM: %s\n"), a.text);
            told++;
        } else if (accuses) {
            more++;
        }
    }
    if (more > 0) {
        (void)fprintf(stderr, _("ALARM: and %u more, which \"alarms\" lists\n"), more);
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err alarm_tell(struct party *p)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(p), &t);
    if (!e) {
        e = tell(t);
    }
    store_end_read(&t);
    return e;
}
