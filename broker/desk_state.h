/* The insides of a desk, shared by the files it is written in: desk.c (taking, the turn),
 * desk_append.c (who may, and the commit), desk_answer.c (answers, parked fetches), desk_cosign.c
 * (witness heads), desk_blob.c (evidence) and desk_offer.c (leaves on their way back). */
#ifndef NGANAM_BROKER_DESK_STATE_H
#define NGANAM_BROKER_DESK_STATE_H

#include "broker/desk.h"
#include "broker/hold.h"
#include "broker/reply.h"
#include "broker/witnesses.h"
#include "ledger/ledger_offer.h"

#define DESK_STATE_WAKE_MAX 64
#define DESK_STATE_ALARM_MAX 256

struct desk_request {
    struct session_peer peer;
    char user[SESSION_USER_MAX + 1];
    struct wire_to_broker *m;
    enum wire_error error;        /* 0: none */
    enum refusal refusal;         /* of every statement in it; REFUSAL_OK: ask the items */
    struct party_code invited_as; /* set when the connection holds only an invite */
    size_t first_item;
};

/* Whom a commit brought something. */
struct desk_wake {
    bool log;
    bool every_inbox;
    struct party_code codes[DESK_STATE_WAKE_MAX];
    size_t count;
};

struct desk {
    struct ledger *ledger;
    desk_send_fn send;
    desk_line_fn line;
    void *context;
    struct session_table sessions;
    struct desk_request *requests;
    size_t request_count, requests_max;
    size_t judged_count; /* of them, by desk_append_judge */
    struct ledger_item *items;
    size_t item_count;
    struct desk_wake wake;
    struct reply reply;
    struct witnesses *witnesses; /* borrowed; NULL: none */
    struct witnesses_page page;
    struct buf frame;
    uint64_t turn;
    bool disk_full;
    struct hold hold;
    struct quota quota;
    bool is_back;              /* what the log lacked came back in this turn */
    bool stirred;              /* the log itself has said something since the last turn */
    struct blob_folder *blobs; /* may be NULL */
    struct buf piece;          /* of a blob, on its way out */
    bool blobs_failed;         /* as logged last */
    struct desk_counts counts;
};

/* ---- desk_append.c ---- */

/* Fills error of each request that its connection may not ask. */
enum ng_err desk_append_judge(struct desk *d) NG_MUST_USE;
/* What a request wants, as far as a current key alone does not suffice for it. */
enum desk_wish { DESK_WISH_PLAIN, DESK_WISH_LOG, DESK_WISH_EVIDENCE };
/* One registry row judged: is this connection's key still the party's, and may it have what it
 * wants? Asked of each request, and again of a parked one before it is answered. */
enum ng_err desk_append_judge_session(struct store_txn *t, const struct session *s,
                                      enum desk_wish wish, enum wire_error *ret_error) NG_MUST_USE;
/* All statements in one commit; fills the items, the refusals and whom to wake. */
enum ng_err desk_append(struct desk *d, const struct desk_now *now) NG_MUST_USE;

/* ---- desk_answer.c ---- */

/* The same in words of its own. */
enum ng_err desk_answer_error_as(struct desk *d, const struct session_peer *to, uint64_t id,
                                 enum wire_error code, const char *text) NG_MUST_USE;
/* Answers a request that goes no further. */
enum ng_err desk_answer_error(struct desk *d, const struct session_peer *to, uint64_t id,
                              enum wire_error code) NG_MUST_USE;
/* An answer with the head, proved from the one this session saw last. A session that did not get it
 * is ended: its next head could not be proved from what it has. */
enum ng_err desk_answer_send(struct desk *d, struct session *s,
                             struct wire_from_broker *m) NG_MUST_USE;
/* A session's answer without a head; one that is not sent ends it. */
enum ng_err desk_answer_plain(struct desk *d, struct session *s,
                              const struct wire_from_broker *m) NG_MUST_USE;
/* Encodes and sends; *ret_sent false when the peer did not get it. */
enum ng_err desk_answer_transmit(struct desk *d, const struct session_peer *to,
                                 const struct wire_from_broker *m, bool *ret_sent) NG_MUST_USE;
/* Every request of the turn, then the parked fetches that are woken or late. */
enum ng_err desk_answer_all(struct desk *d, const struct desk_now *now) NG_MUST_USE;

/* ---- desk_cosign.c ---- */

/* A Cosign: takes the cosignature, without an answer, or answers with those of others. */
enum ng_err desk_cosign_answer(struct desk *d, const struct desk_now *now, struct desk_request *r,
                               struct session *s) NG_MUST_USE;
/* Sends the newest witness head by itself if the next answer would pass over it. *ret_sent false:
 * the peer did not get it. */
enum ng_err desk_cosign_offer(struct desk *d, struct session *s, bool *ret_sent) NG_MUST_USE;
/* The head of this turn's answers is a witness head for this session. */
bool desk_cosign_wanted(const struct desk *d, const struct session *s);

/* ---- desk_blob.c ---- */

enum ng_err desk_blob_put(struct desk *d, const struct desk_now *now, struct desk_request *r,
                          struct session *s) NG_MUST_USE;
enum ng_err desk_blob_get(struct desk *d, const struct desk_now *now, struct desk_request *r,
                          struct session *s) NG_MUST_USE;

/* ---- desk_offer.c ---- */

/* Every Offer of the turn, before the commit. Errors are final. */
enum ng_err desk_offer_take(struct desk *d) NG_MUST_USE;
enum ng_err desk_offer_answer(struct desk *d, const struct desk_now *now, struct desk_request *r,
                              struct session *s) NG_MUST_USE;
/* The turn's end, when the log is whole again: everybody says Hello anew. */
enum ng_err desk_offer_begin_anew(struct desk *d) NG_MUST_USE;

#endif
