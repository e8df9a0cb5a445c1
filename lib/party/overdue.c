/* Idea: receipts come in the order of the numbers, so the first statement without one is the
 * oldest; its own header says when it was written. Nothing is remembered: the alarm's text holds
 * the number, and a text is kept once. A clock that was set back only makes it later. */
#include "party/overdue.h"

#include "base/day.h"
#include "base/lang.h"
#include "base/log.h"
#include "party/alarm.h"
#include "party/outbox.h"
#include "party/tables.h"

#include <stdio.h>

#define HOUR_MS (3600 * 1000LL)

static enum ng_err read_hours(struct store_txn *t, uint64_t *ret_hours)
{
    const enum ng_err e = tables_get_u64(t, TABLES_RECEIPT_HOURS, ret_hours);
    if (!e && *ret_hours == 0) {
        *ret_hours = OVERDUE_HOURS;
    }
    return e;
}

enum ng_err overdue_hours(struct party *p, uint64_t *ret_hours)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(p), &t);
    if (!e) {
        e = read_hours(t, ret_hours);
    }
    store_end_read(&t);
    return e;
}

static enum ng_err put_hours(struct store_txn *t, void *context)
{
    const uint64_t *hours = context;
    return tables_put_u64(t, TABLES_RECEIPT_HOURS, *hours);
}

enum ng_err overdue_set_hours(struct party *p, uint64_t hours)
{
    if (hours == 0 || hours > OVERDUE_HOURS_MAX) {
        return err_set(NG_ERR_INPUT, _("expected 1 to %u hours"), OVERDUE_HOURS_MAX);
    }
    return store_write(party_store(p), put_hours, &hours);
}

struct overdue {
    const struct identity *id;
    int64_t now_ms;
    bool late;
    bool added;
    char text[ALARM_TEXT_MAX];
};

/* Whether the first without a receipt is late, and the text for it. */
static enum ng_err judge(struct store_txn *t, struct overdue *o)
{
    struct outbox_marks m;
    struct bytes bytes, signature;
    struct statement s;
    uint64_t hours = 0;
    char at[18];
    o->late = false;
    enum ng_err e = outbox_marks(t, o->id->epoch, &m);
    if (e || m.authored == m.delivered) {
        return e;
    }
    e = read_hours(t, &hours);
    if (!e) {
        e = outbox_get(t, o->id->epoch, m.delivered + 1, &bytes, &signature);
    }
    if (!e) {
        e = statement_decode(bytes, &s);
    }
    if (e == NG_ERR_NOT_FOUND || e == NG_ERR_PROTO || e == NG_ERR_LIMIT) {
        return tables_damaged("own", m.delivered + 1);
    }
    if (e || o->now_ms - (int64_t)s.authored_at < (int64_t)hours * HOUR_MS) {
        return e;
    }
    o->late = true;
    day_format_time_vi((int64_t)s.authored_at, at);
    (void)snprintf(o->text, sizeof(o->text),
                   _("number %llu, written at %s, still has no receipt: see whether the line to "
                     "the broker works; if that does not mend it, run nganam-agent bundle and have "
                     "another unit or the office submit the file"),
                   (unsigned long long)s.seq, at);
    return NG_OK;
}

static enum ng_err raise_alarm(struct store_txn *t, void *context)
{
    struct overdue *o = context;
    const enum ng_err e = judge(t, o); /* a receipt may have come meanwhile */
    return e || !o->late ? e : alarm_add(t, o->now_ms, o->text, (struct bytes){NULL, 0}, &o->added);
}

enum ng_err overdue_look(struct party *p, int64_t now_ms, bool *ret_raised)
{
    struct overdue o = {.id = party_identity(p), .now_ms = now_ms};
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(p), &t);
    if (!e) {
        e = judge(t, &o);
    }
    store_end_read(&t);
    if (!e && o.late) {
        e = store_write(party_store(p), raise_alarm, &o);
    }
    if (!e && o.added) {
        log_event(LOG_ERROR, "overdue_alarm", "text=\"%s\"", o.text);
    }
    *ret_raised = !e && o.added;
    return e;
}
