/* One party's side of the conversation with the broker: the uplink's state machine, the witness and
 * the store put together; frames in, frames out. No socket and no clock: party_run gives it both,
 * the simulation gives it others. */
#ifndef NGANAM_PARTY_EXCHANGE_H
#define NGANAM_PARTY_EXCHANGE_H

#include "base/rng.h"
#include "party/party.h"
#include "party/uplink.h"

struct exchange;

struct exchange_time {
    struct mono mono;
    int64_t wall_ms;
};

/* Borrows the party and the reader (NULL: read the inbox) until destroyed. */
enum ng_err exchange_new(struct party *p, const struct party_reader *reader, struct rng rng,
                         struct exchange_time now, struct exchange **ret) NG_MUST_USE;
void exchange_destroy(struct exchange **x);

/* Each tells what happened. An error is of this side (store, memory, the reader's sink) and ends
 * the run; whatever the broker does wrong ends the connection and is NG_OK. */
enum ng_err exchange_tick(struct exchange *x, struct exchange_time now) NG_MUST_USE;
/* The store may have grown: something was authored, or somebody wants the inbox read to the head.
 */
enum ng_err exchange_look(struct exchange *x, struct exchange_time now) NG_MUST_USE;
enum ng_err exchange_connected(struct exchange *x, struct exchange_time now) NG_MUST_USE;
enum ng_err exchange_lost(struct exchange *x, struct exchange_time now, bool denied) NG_MUST_USE;
enum ng_err exchange_frame(struct exchange *x, struct exchange_time now,
                           struct bytes frame) NG_MUST_USE;

/* What to do on the line, in order; false when there is nothing (more) to do. */
enum exchange_kind { EXCHANGE_OPEN, EXCHANGE_CLOSE, EXCHANGE_SEND };
struct exchange_order {
    enum exchange_kind kind;
    struct bytes frame; /* SEND; borrowed until the next call here */
};
bool exchange_next(struct exchange *x, struct exchange_order *ret);

int64_t exchange_idle_ms(const struct exchange *x, struct mono now, int64_t max_ms);
const struct uplink *exchange_uplink(const struct exchange *x);
/* All authored is delivered, as far as the last look saw. */
bool exchange_delivered(const struct exchange *x);
/* The log was asked for and is not given to this key. */
bool exchange_log_forbidden(const struct exchange *x);
/* The alarm raised last on this run, new or not; "" when there was none. Borrowed. */
const char *exchange_alarm(const struct exchange *x);

#endif
