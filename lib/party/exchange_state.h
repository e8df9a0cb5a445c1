/* Shared by exchange.c (what goes out), exchange_take.c (what comes in), exchange_read.c (entries),
 * exchange_blame.c (what does not hold), exchange_cosign.c (witness heads), exchange_offer.c (what
 * the broker lost), exchange_seen.c (what others saw) and exchange_times.c (clocks); nobody else.
 */
#ifndef NGANAM_PARTY_EXCHANGE_STATE_H
#define NGANAM_PARTY_EXCHANGE_STATE_H

#include "party/alarm.h"
#include "party/exchange.h"
#include "party/keep.h"
#include "party/seen.h"
#include "party/witness.h"

#define EXCHANGE_STATE_ORDERS_MAX 16

struct exchange_state_order {
    enum exchange_kind kind;
    struct buf frame;
};

struct exchange_state_cosign {
    uint64_t done; /* size of the head cosigned last on this connection; 0: none */
    bool pending;  /* … and this has not been sent */
    uint8_t cosignature[COSIGN_SIZE];
    uint64_t sizes[2]; /* of the newest witness heads known here, the newest first; 0: none */
    uint32_t known[2]; /* cosignatures that the broker gave us of each */
    uint32_t gathered; /* by the answers to the ask at hand */
    unsigned turn;     /* which of the two is asked for next */
    bool asked;        /* on this connection */
    struct mono ask_after;
};

struct exchange_state_offer {
    uint64_t id;       /* of the Offer that is not answered; 0: none */
    uint64_t from, to; /* what the Welcome wanted */
    uint32_t epoch;    /* where to go on: this key … */
    uint64_t seq;      /* … and number */
    uint64_t offered;
};

struct exchange_state_seen {
    uint64_t id;           /* of the Prove that is not answered; 0: none */
    struct seen_head head; /* what it, or the last one, is about */
    struct note_head to;   /* our head when it was asked */
    struct mono after;     /* the next one not before */
};

struct exchange_state_times {
    int64_t asked_ms; /* wall: the newest Fetch was sent */
    int64_t read_ms;  /* all there was then had been read on this connection; 0: not yet */
    bool differ;      /* they do not agree … */
    bool told;        /* … as was told by this run */
};

struct exchange {
    struct party *party;
    const struct party_reader *reader;
    struct uplink uplink;
    struct witness witness;
    struct exchange_state_order orders[EXCHANGE_STATE_ORDERS_MAX];
    size_t order_first, order_count;
    struct buf sending;   /* what exchange_next lent last */
    int64_t contact_ms;   /* wall, as last written */
    uint64_t sync_done;   /* as last written */
    bool log_forbidden;   /* as the broker said last */
    bool head_is_witness; /* of the frame at hand: to be cosigned */
    const char *accused;  /* of the frame at hand: the note that an accusation rests on */
    struct exchange_state_cosign cosign;
    struct exchange_state_offer offer;
    struct exchange_state_seen seen;
    struct exchange_state_times times;
    enum ng_err blame; /* of the frame at hand: NG_ERR_VERIFY, NG_ERR_PROTO, or nobody's */
    char alarm[ALARM_TEXT_MAX + 1]; /* raised last on this run; "" none */
};

/* exchange.c: one event through the state machine, and all that follows from it. */
enum ng_err exchange_step(struct exchange *x, struct exchange_time now,
                          const struct uplink_event *event) NG_MUST_USE;
enum ng_err exchange_raise_alarm(struct exchange *x, struct exchange_time now, const char *text,
                                 struct bytes evidence) NG_MUST_USE;
enum ng_err exchange_send(struct exchange *x, const struct wire_to_broker *m) NG_MUST_USE;
/* exchange_take.c: marks an error as the broker's; what our own side does wrong is none of its
 * business. */
enum ng_err exchange_take_blame(struct exchange *x, enum ng_err e) NG_MUST_USE;
/* What a frame leaves behind, begun with its head; then: it counts from here on. */
struct keep exchange_take_keep(const struct exchange *x, struct exchange_time now,
                               const struct witness *w);
enum ng_err exchange_take_over(struct exchange *x, const struct witness *w,
                               struct keep *k) NG_MUST_USE;
/* exchange_cosign.c: the newest head is a witness head. Our word on it waits for the next Fetch. */
enum ng_err exchange_cosign_head(struct exchange *x, int64_t wall_ms) NG_MUST_USE;
/* What goes out in front of a Fetch. */
enum ng_err exchange_cosign_send(struct exchange *x, struct mono now) NG_MUST_USE;
/* A Cosigned; the frame's head was verified into w. */
enum ng_err exchange_cosign_take(struct exchange *x, struct exchange_time now,
                                 const struct wire_from_broker *m,
                                 const struct witness *w) NG_MUST_USE;
void exchange_cosign_forget(struct exchange *x); /* the connection's end */
/* exchange_offer.c: a Welcome that wants something: true: the connection is for that now. */
enum ng_err exchange_offer_begin(struct exchange *x, struct exchange_time now,
                                 const struct wire_from_broker *m, bool *ret_begun) NG_MUST_USE;
/* The answer to the open Offer, whatever it is. */
enum ng_err exchange_offer_take(struct exchange *x, struct exchange_time now,
                                const struct wire_from_broker *m) NG_MUST_USE;
void exchange_offer_forget(struct exchange *x); /* the connection's end */
/* exchange_seen.c: asks for the proof of what an author said he saw, one at a time: after a Welcome
 * and whatever was read. */
enum ng_err exchange_seen_ask(struct exchange *x, struct exchange_time now) NG_MUST_USE;
/* The answer to it, whatever it is; its head was verified into w. */
enum ng_err exchange_seen_take(struct exchange *x, struct exchange_time now,
                               const struct wire_from_broker *m,
                               const struct witness *w) NG_MUST_USE;
void exchange_seen_forget(struct exchange *x); /* the connection's end */
/* exchange_times.c: looks at what was dated just now: a receipt, for a statement of then, and the
 * newest leaf of a frame; then, outside a transaction: an alarm, once a run, when the broker's
 * clock and ours do not agree. */
void exchange_times_receipt(struct exchange *x, struct exchange_time now, uint64_t received_at,
                            struct bytes statement);
void exchange_times_entries(struct exchange *x, struct exchange_time now,
                            const struct wire_from_broker *m, bool caught_up);
enum ng_err exchange_times_tell(struct exchange *x, struct exchange_time now) NG_MUST_USE;
/* exchange_read.c: from where to read on: the inbox's mark, or where the reader stands. */
enum ng_err exchange_read_position(struct exchange *x, uint64_t *ret_from) NG_MUST_USE;
/* An Entries; the frame's head was verified into w. */
enum ng_err exchange_read_take(struct exchange *x, struct exchange_time now,
                               const struct wire_from_broker *m,
                               const struct witness *w) NG_MUST_USE;
/* exchange_blame.c: the connection has ended. */
enum ng_err exchange_line_lost(struct exchange *x, struct exchange_time now) NG_MUST_USE;
/* Bytes that make no sense: the connection ends, nobody is accused. */
enum ng_err exchange_blame_nonsense(struct exchange *x, struct exchange_time now,
                                    enum ng_err why) NG_MUST_USE;
/* The leaf and the head it stands under hold, but the log's own rules forbid it: a person is told,
 * with both, and the reader goes no further: NG_ERR_VERIFY. */
enum ng_err exchange_blame_leaf(struct exchange *x, struct exchange_time now,
                                struct bytes leaf) NG_MUST_USE;
/* A proof does not hold: a person is told, with what the broker signed before and now. If it says
 * itself what it lost, it gets what we have of that before the line ends. */
enum ng_err exchange_blame_accuse(struct exchange *x, struct exchange_time now,
                                  const struct wire_from_broker *m,
                                  const char *sent_note) NG_MUST_USE;

#endif
