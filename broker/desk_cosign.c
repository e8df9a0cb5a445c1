/* Witness heads at the desk.
 *
 * A party cosigns a head when it is the newest it knows, so every party has to meet each witness
 * head in its chain. Most do anyway: an answer of the turn in which it was marked, or a fetch that
 * ran out, carries it, with `witness` set. Where the next answer's head would pass over it, it is
 * sent by itself in front (Cosigned, id 0), so that it wakes nobody who would not be woken.
 *
 * A cosignature is checked and kept in memory; the store is written later (witnesses.h), and
 * nothing of it is acknowledged: a party that connects again cosigns the newest again.
 */
#include "broker/desk_state.h"

#include <string.h>

static struct wire_from_broker nothing_gathered(uint64_t id)
{
    struct wire_from_broker m = {.id = id, .kind = WIRE_COSIGNED};
    m.u.cosigned.note = "";
    m.u.cosigned.consistency = (struct bytes){NULL, 0};
    m.u.cosigned.witnesses = NULL;
    m.u.cosigned.count = 0;
    m.u.cosigned.more = false;
    return m;
}

bool desk_cosign_wanted(const struct desk *d, const struct session *s)
{
    const struct ledger_head *w = d->witnesses != NULL ? witnesses_newest(d->witnesses) : NULL;
    return w != NULL && !s->invited && w->head.size == d->reply.head.head.size;
}

enum ng_err desk_cosign_offer(struct desk *d, struct session *s, bool *ret_sent)
{
    const struct ledger_head *w = d->witnesses != NULL ? witnesses_newest(d->witnesses) : NULL;
    if (w == NULL || s->invited || s->head.size == 0 || s->head.size >= w->head.size ||
        w->head.size >= d->reply.head.head.size) {
        return NG_OK;
    }
    struct wire_from_broker m = nothing_gathered(0);
    enum ng_err err = reply_earlier_head(&d->reply, &s->head, w, &m.head);
    m.head.witness = true;
    if (err == NG_OK) {
        err = desk_answer_transmit(d, &s->peer, &m, ret_sent);
    }
    s->head = w->head;
    return err_wrap(err, "witness");
}

static bool is_zero(const uint8_t key[KEY_PUBLIC_SIZE])
{
    static const uint8_t zeros[KEY_PUBLIC_SIZE];
    return memcmp(key, zeros, sizeof(zeros)) == 0;
}

static enum ng_err take(struct desk *d, const struct desk_request *r, const struct session *s)
{
    struct registry_party party;
    enum ng_err err = registry_party_get(d->reply.txn, s->party.text, &party);
    if (err != NG_OK) {
        return err_wrap(err, "registry: %s", s->party.text);
    }
    const bool stopped = party.revoked || party.frozen || party.unconfirmed;
    err = d->witnesses == NULL || stopped || is_zero(party.cosign_key)
              ? err_plain(NG_ERR_INPUT)
              : witnesses_add(d->witnesses, r->m->u.cosign.size, party.code.text, party.cosign_key,
                              r->m->u.cosign.cosignature);
    if (err == NG_ERR_INPUT) {
        return desk_answer_error(d, &r->peer, r->m->id, WIRE_ERROR_COSIGNATURE);
    }
    d->counts.cosigned += err == NG_OK;
    return err;
}

/* More than is known of the head of this size, or else nothing. */
static enum ng_err gather(struct desk *d, const struct desk_request *r, struct wire_from_broker *m)
{
    const struct ledger_head *head =
        d->witnesses != NULL ? witnesses_find(d->witnesses, r->m->u.cosign.size) : NULL;
    struct wire_from_broker proof;
    if (head == NULL || witnesses_count(d->witnesses, head->head.size) <= r->m->u.cosign.known) {
        return NG_OK;
    }
    const enum ng_err err = reply_prove(&d->reply, WIRE_PROVE_CONSISTENCY, head->head.size,
                                        d->reply.head.head.size, &proof);
    if (err != NG_OK) {
        return err;
    }
    witnesses_list(d->witnesses, head->head.size, r->m->u.cosign.after, &d->page);
    m->u.cosigned.note = head->note;
    m->u.cosigned.consistency = proof.u.proof.hashes;
    m->u.cosigned.witnesses = d->page.items;
    m->u.cosigned.count = d->page.count;
    m->u.cosigned.more = d->page.more;
    return NG_OK;
}

enum ng_err desk_cosign_answer(struct desk *d, const struct desk_now *now, struct desk_request *r,
                               struct session *s)
{
    (void)now;
    if (r->m->u.cosign.cosignature.size > 0) {
        return take(d, r, s);
    }
    struct wire_from_broker m = nothing_gathered(r->m->id);
    const enum ng_err err = gather(d, r, &m);
    return err != NG_OK ? err_wrap(err, "witness") : desk_answer_send(d, s, &m);
}
