/* Witness heads, this side.
 *
 * A head that comes as a witness head is cosigned at once, while it is the newest known; the word
 * goes out in front of the next Fetch, so that nothing is sent and nobody woken for its sake. Asked
 * is in front of a Fetch too: by a reader of the whole log every fifteen seconds at most, the two
 * newest witness heads in turn, so that the one before is seen complete; by the others once a
 * connection, for the sake of the comparison alone: whatever head others have cosigned must be part
 * of the log proved here. Who keeps two logs is found by the first such answer that he does not
 * forge, and he can forge none without the log's key.
 */
#include "party/exchange_state.h"

#include <string.h>

#define ASK_MS 15000
#define GATHERED_MAX 65536 /* cosignatures of one head: more parties there are not */

static void note_size(struct exchange_state_cosign *c, uint64_t size)
{
    if (size > c->sizes[0]) {
        c->sizes[1] = c->sizes[0];
        c->known[1] = c->known[0];
        c->sizes[0] = size;
        c->known[0] = 0;
    }
}

enum ng_err exchange_cosign_head(struct exchange *x, int64_t wall_ms)
{
    struct exchange_state_cosign *c = &x->cosign;
    struct key_pair key;
    if (x->witness.head.size == c->done) {
        return NG_OK;
    }
    cosign_key(party_identity(x->party)->key.secret, &key);
    const enum ng_err e = cosign_sign((struct bytes){x->witness.note, x->witness.note_size}, &key,
                                      wall_ms > 0 ? (uint64_t)wall_ms / 1000 : 0, c->cosignature);
    key_wipe(&key);
    if (!e) {
        c->done = x->witness.head.size;
        c->pending = true;
        note_size(c, c->done);
    }
    return e;
}

static enum ng_err ask(struct exchange *x, uint64_t size, uint32_t known, const char *after)
{
    struct wire_to_broker m = {.id = x->uplink.next_id++, .kind = WIRE_COSIGN};
    m.u.cosign.size = size;
    m.u.cosign.cosignature = (struct bytes){NULL, 0};
    m.u.cosign.known = known;
    m.u.cosign.after = after;
    return exchange_send(x, &m);
}

enum ng_err exchange_cosign_send(struct exchange *x, struct mono now)
{
    struct exchange_state_cosign *c = &x->cosign;
    enum ng_err e = NG_OK;
    if (c->pending) {
        struct wire_to_broker m = {.id = x->uplink.next_id++, .kind = WIRE_COSIGN};
        m.u.cosign.size = c->done;
        m.u.cosign.cosignature = (struct bytes){c->cosignature, COSIGN_SIZE};
        m.u.cosign.known = 0;
        m.u.cosign.after = "";
        c->pending = false;
        e = exchange_send(x, &m);
    }
    const bool due = !c->asked || (x->reader && clock_between_ms(c->ask_after, now) >= 0);
    if (e || !due) {
        return e;
    }
    const unsigned which = c->asked && c->sizes[1] != 0 ? c->turn++ % 2 : 0;
    c->asked = true;
    c->gathered = 0;
    c->ask_after = clock_after(now, ASK_MS);
    return ask(x, c->sizes[which], c->known[which], "");
}

void exchange_cosign_forget(struct exchange *x)
{
    memset(&x->cosign, 0, sizeof(x->cosign));
}

static void note_known(struct exchange_state_cosign *c, uint64_t size, uint32_t count)
{
    note_size(c, size);
    c->gathered += count;
    for (size_t i = 0; i < 2; i++) {
        if (c->sizes[i] == size && c->gathered > c->known[i]) {
            c->known[i] = c->gathered;
        }
    }
}

enum ng_err exchange_cosign_take(struct exchange *x, struct exchange_time now,
                                 const struct wire_from_broker *m, const struct witness *w)
{
    const char *note = m->u.cosigned.note;
    const size_t count = m->u.cosigned.count;
    struct cosigned_answer a = {.note = {(const uint8_t *)note, strlen(note)},
                                .witnesses = m->u.cosigned.witnesses,
                                .count = count};
    struct keep k = exchange_take_keep(x, now, w);
    if (a.note.size > 0) {
        const enum ng_err e = exchange_take_blame(x, witness_cosigned(w, m, &a.head));
        if (e) {
            /* The frame's own head holds; it and the other are what the accusation rests on. */
            x->witness = *w;
            x->accused = note;
            return e;
        }
        k.cosigned = x->reader ? &a : NULL;
    }
    const enum ng_err e = exchange_take_over(x, w, &k);
    if (e || a.note.size == 0) {
        return e;
    }
    note_known(&x->cosign, a.head.size, (uint32_t)count);
    return m->u.cosigned.more && count > 0 && x->cosign.gathered < GATHERED_MAX
               ? ask(x, a.head.size, 0, m->u.cosigned.witnesses[count - 1].party)
               : NG_OK;
}
