/* Shared by exchange.c (what goes out) and exchange_take.c (what comes in); nobody else. */
#ifndef NGANAM_PARTY_EXCHANGE_STATE_H
#define NGANAM_PARTY_EXCHANGE_STATE_H

#include "party/alarm.h"
#include "party/exchange.h"
#include "party/witness.h"

#define EXCHANGE_STATE_ORDERS_MAX 16

struct exchange_state_order {
    enum exchange_kind kind;
    struct buf frame;
};

struct exchange {
    struct party *party;
    const struct party_reader *reader;
    struct uplink uplink;
    struct witness witness;
    struct exchange_state_order orders[EXCHANGE_STATE_ORDERS_MAX];
    size_t order_first, order_count;
    struct buf sending; /* what exchange_next lent last */
    int64_t contact_ms; /* wall, as last written */
    uint64_t sync_done; /* as last written */
    enum ng_err blame;  /* of the frame at hand: NG_ERR_VERIFY, NG_ERR_PROTO, or nobody's */
    char alarm[ALARM_TEXT_MAX + 1]; /* raised last on this run; "" none */
};

/* exchange.c: one event through the state machine, and all that follows from it. */
enum ng_err exchange_step(struct exchange *x, struct exchange_time now,
                          const struct uplink_event *event) NG_MUST_USE;
enum ng_err exchange_raise_alarm(struct exchange *x, struct exchange_time now, const char *text,
                                 struct bytes evidence) NG_MUST_USE;
/* exchange_take.c: from where to read on: the inbox's mark, or where the reader stands. */
enum ng_err exchange_take_position(struct exchange *x, uint64_t *ret_from) NG_MUST_USE;

#endif
