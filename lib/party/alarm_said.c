#include "party/alarm_said.h"

#include "base/lang.h"
#include "party/alarm.h"

#include <stdio.h>
#include <string.h>

/* The number of an alarm, from 1. */
static enum ng_err parse_number(const char *option, const char *text, uint64_t *ret)
{
    uint64_t number = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9' && number <= ALARM_COUNT_MAX; p++) {
        number = number * 10 + (uint64_t)(*p - '0');
    }
    if (*p != '\0' || number == 0) {
        return err_set(NG_ERR_USAGE, _("--%s \"%.40s\": expected the number of an alarm"), option,
                       text);
    }
    *ret = number;
    return NG_OK;
}

static enum ng_err no_such(const char *text)
{
    return err_set(NG_ERR_NOT_FOUND, _("there is no alarm number %.40s"), text);
}

enum ng_err alarm_said_read(struct party *p, const char *text, int64_t now_ms)
{
    uint64_t number = 0;
    enum ng_err e = strcmp(text, "all") == 0 ? NG_OK : parse_number("read", text, &number);
    e = e ? e : party_alarm_read(p, number, now_ms);
    return e == NG_ERR_NOT_FOUND ? no_such(text) : e;
}

enum ng_err alarm_said_export(struct party *p, const char *text)
{
    struct buf sentence = BUF_INIT(ALARM_TEXT_MAX);
    struct buf evidence = BUF_INIT(ALARM_EVIDENCE_MAX);
    struct party_alarm a;
    uint64_t number = 0;
    enum ng_err e = parse_number("export", text, &number);
    if (!e) {
        e = party_alarm_get(p, number, &a, &sentence, &evidence);
        e = e == NG_ERR_NOT_FOUND ? no_such(text) : e;
    }
    if (!e && evidence.size == 0) {
        e = err_set(NG_ERR_NOT_FOUND,
                    _("alarm number %s has no evidence: it tells what did not come, or what is "
                      "on this machine only"),
                    text);
    }
    if (!e) {
        (void)fwrite(evidence.data, 1, evidence.size, stdout);
    }
    buf_fini(&evidence);
    buf_fini(&sentence);
    return e;
}
