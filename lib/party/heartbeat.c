/* Idea: every statement carries its author's number, so a heartbeat is needed only on a day without
 * one, and what waits in the outbox will say more than a heartbeat behind it. Both are seen from
 * the newest own statement and the marks: nothing is remembered. Whoever wrote one every day
 * regardless would double the country's log.
 *
 * A clock that was set back: the newest statement is then of another day than today, and a
 * heartbeat of today takes its place; a clock that jumps to and fro costs one for each jump it
 * rests on. */
#include "party/heartbeat.h"

#include "base/day.h"
#include "party/outbox.h"
#include "party/tables.h"
#include "proto/wire_queue.h"

#include <stdio.h>

struct beat {
    const struct identity *id;
    const char *version;
    int64_t now_ms;
    bool due;
    bool written;
};

static enum ng_err judge(struct store_txn *t, struct beat *b)
{
    struct outbox_marks m;
    struct bytes bytes, signature;
    struct statement newest;
    b->due = false;
    enum ng_err e = outbox_marks(t, b->id->epoch, &m);
    if (e || m.authored == 0 || m.authored != m.delivered || m.mute) {
        return e;
    }
    e = outbox_get(t, b->id->epoch, m.authored, &bytes, &signature);
    if (!e) {
        e = statement_decode(bytes, &newest);
    }
    if (e == NG_ERR_NOT_FOUND || e == NG_ERR_PROTO || e == NG_ERR_LIMIT) {
        return tables_damaged("own", m.authored);
    }
    b->due = !e && day_of_ms((int64_t)newest.authored_at) != day_of_ms(b->now_ms);
    return e;
}

static enum ng_err write_beat(struct store_txn *t, void *context)
{
    struct beat *b = context;
    struct wire_heartbeat heartbeat;
    struct buf payload = BUF_INIT(sizeof(heartbeat) + 8);
    uint64_t seq = 0;
    b->written = false;
    enum ng_err e = judge(t, b); /* another process may have written meanwhile */
    if (e || !b->due) {
        return e;
    }
    (void)snprintf(heartbeat.version, sizeof(heartbeat.version), "%s", b->version);
    e = wire_heartbeat_encode(&heartbeat, &payload);
    if (!e) {
        const struct party_draft draft = {.kind = STATEMENT_HEARTBEAT,
                                          .payload = buf_bytes(&payload)};
        struct outbox_seen seen = {.known = false};
        e = outbox_author(t, b->id, &seen, &draft, b->now_ms, &seq);
    }
    buf_fini(&payload);
    b->written = !e;
    return e;
}

enum ng_err heartbeat_author(struct party *p, const char *version, int64_t now_ms,
                             bool *ret_written)
{
    struct beat b = {.id = party_identity(p), .version = version, .now_ms = now_ms};
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(p), &t);
    if (!e) {
        e = judge(t, &b);
    }
    store_end_read(&t);
    if (!e && b.due) {
        e = store_write(party_store(p), write_beat, &b);
    }
    *ret_written = !e && b.written;
    return e == NG_ERR_REFUSED ? NG_OK : e;
}
