/* Whether what others saw is a part of our log.
 *
 * Idea: gossip the broker cannot forge. Whoever wrote what we read named the head he knew, and
 * signed it; between that head and ours there must be a consistency proof. So a broker that shows
 * two logs must keep every signed word of the one apart from the other, cosignatures or not.
 *
 * One question at a time, the newest word of each author in turn: his earlier ones he compared
 * himself. A line that breaks, or a refusal (too much at once), leaves it waiting in the store. An
 * answer that does not prove it is an alarm. */
#include "party/exchange_state.h"

#include "base/log.h"

#include <string.h>

#define PAUSE_MS 1000 /* a reader of the whole log has a word of somebody in every frame */

static enum ng_err send_prove(struct exchange *x, struct exchange_time now,
                              const struct seen_head *h)
{
    struct wire_to_broker m = {.id = x->uplink.next_id++, .kind = WIRE_PROVE};
    m.u.prove.kind = WIRE_PROVE_CONSISTENCY;
    m.u.prove.a = h->size;
    m.u.prove.b = x->witness.head.size;
    x->seen = (struct exchange_state_seen){
        .id = m.id, .head = *h, .to = x->witness.head, .after = clock_after(now.mono, PAUSE_MS)};
    return exchange_send(x, &m);
}

enum ng_err exchange_seen_ask(struct exchange *x, struct exchange_time now)
{
    const bool speaks = x->uplink.state == UPLINK_READY || x->uplink.state == UPLINK_MUTE;
    struct exchange_state_seen *s = &x->seen;
    struct seen_head h;
    if (!speaks || s->id != 0 || clock_between_ms(s->after, now.mono) < 0) {
        return NG_OK;
    }
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(party_store(x->party), &t);
    if (!e) {
        e = seen_next(t, &s->head, &h);
    }
    store_end_read(&t);
    if (!e && h.size > x->witness.head.size) {
        s->head = h; /* not yet: the turn goes on */
    } else if (!e) {
        e = send_prove(x, now, &h);
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

static bool holds(const struct exchange_state_seen *s, struct bytes hashes)
{
    struct tree_proof proof = {.count = hashes.size / HASH_SIZE};
    if (hashes.size % HASH_SIZE != 0 || proof.count > TREE_PROOF_MAX) {
        return false;
    }
    if (hashes.size) {
        memcpy(proof.hashes, hashes.data, hashes.size);
    }
    return tree_verify_consistency(s->head.size, s->to.size, &s->head.root, &s->to.root,
                                   proof.hashes, proof.count) == NG_OK;
}

struct differs {
    const struct exchange *x;
    int64_t wall_ms;
};

static enum ng_err tell(struct store_txn *t, void *context)
{
    const struct differs *d = context;
    const struct witness *w = &d->x->witness;
    return seen_differs(t, &d->x->seen.head, (struct bytes){w->note, w->note_size}, d->wall_ms);
}

enum ng_err exchange_seen_take(struct exchange *x, struct exchange_time now,
                               const struct wire_from_broker *m, const struct witness *w)
{
    struct keep k = exchange_take_keep(x, now, w);
    struct differs d = {x, now.wall_ms};
    const bool proved = holds(&x->seen, m->u.proof.hashes);
    k.proved = proved ? &x->seen.head : NULL;
    enum ng_err e = exchange_take_over(x, w, &k);
    if (!e && !proved) {
        e = store_write(party_store(x->party), tell, &d);
        log_event(LOG_ERROR, "uplink_seen", "party=%s author=%s entry=%llu",
                  party_identity(x->party)->party.text, x->seen.head.author.text,
                  (unsigned long long)x->seen.head.index);
    }
    exchange_seen_forget(x);
    return e ? e : exchange_seen_ask(x, now);
}

void exchange_seen_forget(struct exchange *x)
{
    x->seen.id = 0; /* whose turn it was stays known */
}
