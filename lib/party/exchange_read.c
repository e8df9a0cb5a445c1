/* Entries that the broker sends: of the inbox, or of the whole log for a party with a reader. They
 * are proved against the head first; a reader then applies them before the marks move on. */
#include "party/cosigners.h"
#include "party/exchange_state.h"
#include "party/inbox.h"
#include "party/key_event.h"
#include "party/person_event.h"

static void grant_sync(const struct exchange *x, const struct wire_from_broker *m, bool caught_up,
                       struct keep *k)
{
    if (caught_up && m->id == x->uplink.fetch.id && x->uplink.sync_asked > x->sync_done) {
        k->sync_done = x->uplink.sync_asked;
    }
}

enum ng_err exchange_read_position(struct exchange *x, uint64_t *ret_from)
{
    if (x->reader) {
        struct tree_edge edge;
        const enum ng_err e = x->reader->position(x->reader->context, &edge);
        if (!e) {
            *ret_from = edge.size;
        }
        return e;
    }
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = inbox_next(t, ret_from);
    }
    store_end_read(&t);
    return e;
}

static enum ng_err take_inbox(struct exchange *x, const struct wire_from_broker *m,
                              const struct witness *w, bool caught_up, struct keep *k)
{
    uint64_t from = 0;
    size_t first = 0;
    enum ng_err e = exchange_read_position(x, &from);
    if (!e) {
        e = exchange_take_blame(
            x, witness_inbox(w, &party_identity(x->party)->party, m, from, &first));
    }
    if (e) {
        return e;
    }
    k->entries = m->u.entries.entries + first;
    k->entry_count = m->u.entries.count - first;
    if (m->u.entries.next_index > from) {
        k->inbox_next = m->u.entries.next_index;
    }
    grant_sync(x, m, caught_up, k);
    return exchange_take_over(x, w, k);
}

static enum ng_err take_log(struct exchange *x, struct exchange_time now,
                            const struct wire_from_broker *m, const struct witness *w,
                            bool caught_up, struct keep *k)
{
    struct bytes leaves[WIRE_ENTRIES_MAX];
    struct tree_edge edge;
    size_t first = 0;
    enum ng_err e = x->reader->position(x->reader->context, &edge);
    if (!e) {
        e = exchange_take_blame(x, witness_log(w, m, &edge, &first));
    }
    if (e) {
        return e;
    }
    const size_t count = m->u.entries.count - first;
    for (size_t i = 0; i < count; i++) {
        leaves[i] = m->u.entries.entries[first + i].leaf;
    }
    if (count > 0) {
        /* Before they are applied: who may cosign must be known for every leaf that was. */
        struct person_event event = {party_identity(x->party), now.wall_ms};
        const struct cosigners_watch watch = {&event, person_event_look};
        e = cosigners_fold(party_store(x->party), leaves, count, &watch);
        if (!e) {
            e = key_event_look_log(party_store(x->party), party_identity(x->party), leaves, count,
                                   now.wall_ms);
        }
        if (e) {
            return e;
        }
        e = x->reader->apply(x->reader->context, leaves, count, &edge, &w->head);
        const size_t accused = e == NG_ERR_VERIFY && x->reader->accused != NULL
                                   ? x->reader->accused(x->reader->context)
                                   : SIZE_MAX;
        if (accused < count) {
            return exchange_blame_leaf(x, now, leaves[accused]);
        }
        if (e) {
            return e;
        }
        k->log_next = edge.size;
        k->leaves = leaves;
        k->leaf_count = count;
    }
    grant_sync(x, m, caught_up, k);
    return exchange_take_over(x, w, k);
}

enum ng_err exchange_read_take(struct exchange *x, struct exchange_time now,
                               const struct wire_from_broker *m, const struct witness *w)
{
    struct keep k = exchange_take_keep(x, now, w);
    const bool caught_up = m->u.entries.next_index >= w->head.size;
    const enum ng_err e =
        x->reader ? take_log(x, now, m, w, caught_up, &k) : take_inbox(x, m, w, caught_up, &k);
    if (e) {
        return e;
    }
    x->log_forbidden = false;
    const struct uplink_event event = {
        .kind = UPLINK_EV_ENTRIES,
        .u.entries = {.id = m->id, .empty = m->u.entries.count == 0, .caught_up = caught_up}};
    exchange_times_entries(x, now, m, caught_up);
    enum ng_err after = exchange_times_tell(x, now);
    if (!after) {
        after = exchange_seen_ask(x, now);
    }
    return after ? after : exchange_step(x, now, &event);
}
