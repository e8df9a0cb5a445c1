/* The connections that have said Hello: who each is, the head sent to it last, its parked Fetch.
 * Bounded, for each key too: when the table or the key's part of it is full, the one of them
 * that was silent longest is forgotten (it will be told HelloFirst). No sockets, no clock. */
#ifndef NGANAM_BROKER_SESSION_H
#define NGANAM_BROKER_SESSION_H

#include "base/clock.h"
#include "base/omap.h"
#include "ledger/note.h"
#include "ledger/statement.h"
#include "proto/wire_queue.h"

struct quota_account; /* quota.h */

#define SESSION_PEER_MAX 32
#define SESSION_USER_MAX 32
/* Connections of one key: an agent has two (serve, and a command beside it), an office some more.
 * At the next its silent one is ended. */
#define SESSION_USER_COUNT_MAX 16

/* A connection as the transport names it; good for addressing only. */
struct session_peer {
    uint8_t size;
    uint8_t id[SESSION_PEER_MAX];
    uint64_t line; /* the transport's own number of it; 0: none */
};

struct session_parked {
    uint64_t id; /* of the request */
    enum wire_scope scope;
    uint64_t from_index; /* nothing for this party lies below */
    uint32_t max_bytes;
    struct mono deadline;
};

struct session {
    struct session *newer, *older; /* by last word heard */
    struct session *parked_next, *parked_prev;
    struct session_peer peer;
    char user[SESSION_USER_MAX + 1]; /* as admitted */
    struct party_code party;
    struct quota_account *quota; /* borrowed: of its key */
    bool invited;                /* holds an invite only */
    uint32_t epoch;              /* of the key it was admitted with; 0 with an invite */
    struct note_head head;       /* sent last; size 0: none */
    uint64_t turn;               /* that the next two count in */
    unsigned submits, asks;
    uint64_t number; /* of all sessions ever made */
    uint64_t heard;  /* grows with each word heard */
    bool is_parked;
    struct session_parked parked;
};

/* A session has ended; crowded_out: to make room for another. */
typedef void (*session_ended_fn)(void *context, const struct session_peer *peer, bool crowded_out);

struct session_table {
    session_ended_fn ended; /* may be NULL */
    void *context;
    struct omap *by_peer;
    struct omap *by_user; /* user, zeros, number of the session */
    uint64_t numbers, words;
    uint64_t crowded_out; /* sessions ended because their user had too many */
    struct session *newest, *oldest;
    struct session *first_parked;
    size_t parked_count;
    size_t count_max;
};

/* NG_ERR_NOMEM. */
enum ng_err session_table_init(struct session_table *t, size_t count_max) NG_MUST_USE;
void session_table_fini(struct session_table *t);
size_t session_count(const struct session_table *t);

/* Makes a session. The one this peer has under the same name stays, with what it asked and the head
 * it was sent: Hello may be said again. Under another name it is ended. NG_ERR_NOMEM; NG_ERR_INPUT:
 * the user name is none that admission gives ("CODE/EPOCH" or "+CODE"). */
enum ng_err session_begin(struct session_table *t, const struct session_peer *peer,
                          const char *user, struct session **ret) NG_MUST_USE;
/* The session of this peer under this name, moved to the newest; NULL when there is none. A peer
 * that comes under another name is another connection: it has none until it says Hello. */
struct session *session_find(struct session_table *t, const struct session_peer *peer,
                             const char *user);
void session_end(struct session_table *t, struct session *s);
/* Ends the session of this peer, if there is one. */
void session_forget(struct session_table *t, const struct session_peer *peer);

/* A session parks one Fetch at most. */
void session_park(struct session_table *t, struct session *s, const struct session_parked *parked);
void session_unpark(struct session_table *t, struct session *s);

#endif
