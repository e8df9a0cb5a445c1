/* Questions to the broker one after the other, waiting for each answer: for an enrolment
 * or a bundle, which is a few questions long and has a person in front of it. Heads are verified as
 * they come. */
#ifndef NGANAM_PARTY_ASK_H
#define NGANAM_PARTY_ASK_H

#include "base/clock.h"
#include "net/net_client.h"
#include "party/identity.h"
#include "party/witness.h"

#define ASK_WORDS_MAX 255

struct ask {
    struct net_client *client;
    struct witness *witness; /* borrowed; NULL: heads are not looked at */
    int stop_fd;             /* readable: PEER; −1: none */
    struct mono deadline;
    uint64_t id;
    bool denied;    /* out, after an error: the broker does not admit this key */
    uint32_t error; /* out, after NG_ERR_PROTO: the broker's (enum wire_error), 0 if it was none */
    char words[ASK_WORDS_MAX + 1]; /* … and what it says to it, for people; only what it claims */
};

/* Connects and says Hello. ret_welcome is to be destroyed. NG_ERR_REFUSED: the broker does not
 * admit this key; PEER: not before the deadline, or the line broke (try again while there is time);
 * VERIFY: the broker's head does not hold. After an error nothing is left open. */
enum ng_err ask_open(struct ask *a, const char *endpoint, const uint8_t broker_curve[32],
                     const struct net_curve *keys, struct witness *witness, struct mono deadline,
                     struct wire_from_broker **ret_welcome) NG_MUST_USE;
/* The same with a party's own key, on a connection beside the one that reads the log: nothing that
 * comes on it rests on a head. */
enum ng_err ask_open_plain(struct ask *a, const struct identity *id, int stop_fd,
                           struct mono deadline) NG_MUST_USE;
void ask_close(struct ask *a);

/* One Submit, at most WIRE_STATEMENTS_MAX statements that fit into a frame; as many answers come,
 * in their order. Errors as above; PROTO for an answer that makes no sense. */
enum ng_err ask_submit_all(struct ask *a, const struct wire_signed *statements, size_t count,
                           struct wire_from_broker **ret_submitted) NG_MUST_USE;
/* The same with one statement. */
enum ng_err ask_submit(struct ask *a, struct bytes statement, struct bytes signature,
                       struct wire_from_broker **ret_submitted) NG_MUST_USE;

/* One request of any kind; its id is set here. ret: an answer of this kind, to be destroyed. */
enum ng_err ask_request(struct ask *a, struct wire_to_broker *m, enum wire_from_kind kind,
                        struct wire_from_broker **ret) NG_MUST_USE;

#endif
