/* Leaves that parties bring back into a log which is behind (ledger_offer.h).
 *
 * Offers are taken before the answers' snapshot is, for the last one that was missing writes. A
 * leaf that does not hold, or that nobody wants any more, is passed over and told by nothing but
 * what is still missing: whoever offers has no use for more.
 *
 * When all is back the log goes on like one out of a copy (hold.h): the parties were welcomed by
 * one that was shorter, and each must be asked anew whether it knows of a head beyond this one. So
 * every session ends, and a parked Fetch is told.
 */
#include "broker/desk_state.h"

#include "base/log.h"

#include <string.h>

static enum ng_err take_one(struct desk *d, const struct wire_kept *kept)
{
    const struct bytes receipt = {(const uint8_t *)kept->receipt, strlen(kept->receipt)};
    bool back = false;
    const enum ng_err err = ledger_offer(d->ledger, kept->statement, receipt, &back);
    d->is_back = d->is_back || back;
    if (err == NG_ERR_CORRUPT) {
        log_error("offers_contradict", err); /* read-only, and nothing is wanted any more */
        return NG_OK;
    }
    const bool passed_over = err == NG_ERR_PROTO || err == NG_ERR_VERIFY || err == NG_ERR_REFUSED ||
                             err == NG_ERR_FULL; /* a full disk: the next offer tries again */
    return passed_over ? NG_OK : err_wrap(err, "offer");
}

enum ng_err desk_offer_take(struct desk *d)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < d->request_count && err == NG_OK; i++) {
        const struct desk_request *r = &d->requests[i];
        for (size_t k = 0;
             r->error == 0 && r->m->kind == WIRE_OFFER && k < r->m->u.offer.count && err == NG_OK;
             k++) {
            err = take_one(d, &r->m->u.offer.kept[k]);
        }
    }
    return err;
}

enum ng_err desk_offer_answer(struct desk *d, const struct desk_now *now, struct desk_request *r,
                              struct session *s)
{
    (void)now;
    struct wire_from_broker m = {.id = r->m->id, .kind = WIRE_OFFERED};
    (void)ledger_wanted(d->ledger, &m.u.offered.from, &m.u.offered.to);
    return desk_answer_send(d, s, &m);
}

enum ng_err desk_offer_begin_anew(struct desk *d)
{
    d->is_back = false;
    log_event(LOG_NOTICE, "log_is_back", "size=%llu", (unsigned long long)d->reply.head.head.size);
    enum ng_err err = NG_OK;
    while (d->sessions.oldest != NULL && err == NG_OK) {
        const struct session_peer peer = d->sessions.oldest->peer;
        if (d->sessions.oldest->is_parked) {
            err =
                desk_answer_error(d, &peer, d->sessions.oldest->parked.id, WIRE_ERROR_HELLO_FIRST);
        }
        session_forget(&d->sessions, &peer);
    }
    if (err != NG_OK) {
        return err;
    }
    hold_fini(&d->hold);
    return hold_init(&d->hold, d->ledger, 0);
}
