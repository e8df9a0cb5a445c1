/* The broker's desk: frames in, answers out, one commit a turn. No sockets, no clock: the loop
 * (serve.c), the tests and the simulations give it both.
 *
 *     desk_take (each frame there is) ──> desk_check: who may? signatures ─> desk_take (what came)
 *         ──> desk_turn: append all ─> sync ─> answer all ─> wake the parked fetches
 *
 * A request as a whole gets an error (enum wire_error), a statement gets a receipt or a refusal
 * (enum refusal); both are counted. Whatever a peer sends, the desk itself fails only for storage
 * or memory, and then for good: nothing more may be acknowledged.
 */
#ifndef NGANAM_BROKER_DESK_H
#define NGANAM_BROKER_DESK_H

#include "blob/blob.h"
#include "broker/quota.h"
#include "broker/session.h"
#include "ledger/ledger.h"

struct desk;
struct witnesses; /* witnesses.h */

/* Sends one answer; false when the peer is gone or does not read: it is then forgotten. */
typedef bool (*desk_send_fn)(void *context, const struct session_peer *to, struct bytes frame);

/* What a connection is to the desk: it has a session since its Hello; it has none any more, and may
 * say Hello again; it gave way to others of its key or sent too much that was no request, and is to
 * be closed. */
enum desk_line { DESK_LINE_GREETED, DESK_LINE_FORGOTTEN, DESK_LINE_CROWDED_OUT };
typedef void (*desk_line_fn)(void *context, const struct session_peer *peer, enum desk_line line);

struct desk_config {
    struct ledger *ledger; /* borrowed, WRITE mode */
    desk_send_fn send;
    desk_line_fn line; /* may be NULL */
    void *context;
    struct witnesses *witnesses; /* borrowed; NULL: no witness heads, and nobody's cosignature */
    struct blob_folder *blobs;   /* borrowed; NULL: evidence is not kept here */
    size_t sessions_max;         /* 0: DESK_SESSIONS_MAX */
    size_t requests_max;         /* taken in one turn, 0: DESK_REQUESTS_MAX; below sessions_max */
    uint64_t rate_max, kib_max;  /* quota of each key (quota.h); 0: none */
    int64_t start_ms;            /* how long a start waits for the parties (hold.h); 0: not */
};
#define DESK_SESSIONS_MAX 65536
/* × WIRE_REQUEST_MEMORY_MAX (81 KiB) is the most that the requests of a turn hold in memory: 21 MB.
 */
#define DESK_REQUESTS_MAX 256

/* Times of one turn. clock_trusted false: statements are refused again(clock). */
struct desk_now {
    struct mono mono;
    int64_t wall_ms;
    bool clock_trusted;
};

struct desk_counts {
    uint64_t requests;
    uint64_t accepted;
    uint64_t duplicates;
    uint64_t cosigned;     /* cosignatures taken */
    uint64_t refusals[64]; /* by enum refusal */
    uint64_t errors[WIRE_ERROR_COUNT];
    uint64_t crowded_out; /* sessions ended because their user had too many */
    uint64_t unsent;      /* answers whose peer was gone or did not read */
    uint64_t commits;     /* turns that wrote: one sync each */
};

/* NG_ERR_NOMEM. */
enum ng_err desk_new(const struct desk_config *config, struct desk **ret) NG_MUST_USE;
void desk_destroy(struct desk **d);

/* May this CURVE key connect, and as who ("CODE/EPOCH" or "+CODE")? Asked at the handshake. wall_ms
 * below 0: the clock is not trusted; no invite counts as expired then, and whoever comes with one
 * is refused again(clock) by the append. */
bool desk_admit(struct desk *d, const uint8_t curve[32], int64_t wall_ms,
                char ret_user[SESSION_USER_MAX + 1]);

/* May whoever was just admitted under this name open one more connection, or has it too many that
 * never said Hello? Counts it. */
bool desk_has_room(struct desk *d, const char *user, struct mono now);

/* Takes one frame; the bytes are copied. What cannot be understood is answered at once. Errors are
 * memory only. Must not be called while desk_is_full. */
enum ng_err desk_take(struct desk *d, const struct session_peer *from, const char *user,
                      struct bytes frame, struct mono now) NG_MUST_USE;
/* No more requests fit into this turn: call desk_turn. */
bool desk_is_full(const struct desk *d);

/* Judges who may ask what was taken so far, and checks its signatures: long enough for those just
 * answered to ask again. What is taken after it is judged by desk_turn and shares its commit. May
 * be left out. Errors are final. */
enum ng_err desk_check(struct desk *d) NG_MUST_USE;
/* Appends, syncs, answers. An error is final: acknowledge nothing more, say so, exit. A full disk
 * is no error here (statements are refused again(full)). */
enum ng_err desk_turn(struct desk *d, const struct desk_now *now) NG_MUST_USE;

/* A statement by the log itself, on the operator's word, now: the next turn wakes whom it concerns.
 * NG_ERR_REFUSED by the registry's rules, or while statements are refused (clock, read-only);
 * NG_ERR_FULL; other errors are final. */
/* Gives the log a new key. Every session ends: at the Hello that follows each party is told. */
enum ng_err desk_rotate(struct desk *d, const struct desk_now *now,
                        uint64_t *ret_index) NG_MUST_USE;
enum ng_err desk_author(struct desk *d, uint32_t kind, const struct party_code *to,
                        struct bytes payload, const struct desk_now *now,
                        uint64_t *ret_index) NG_MUST_USE;

/* How long until a parked Fetch runs out, at most `max_ms`. */
int64_t desk_idle_ms(const struct desk *d, struct mono now, int64_t max_ms);

/* Why statements are refused again(read_only): the ledger's reason, that a party holds a head
 * signed with our key that our log does not have, or that the log is a copy. NULL: they are not. */
const char *desk_read_only(const struct desk *d);
/* The operator's word that a log out of a copy lacks nothing (hold.h). */
enum ng_err desk_accept_copy(struct desk *d) NG_MUST_USE;
/* The disk was full at the last commit. */
bool desk_disk_full(const struct desk *d);
struct desk_counts desk_counts(const struct desk *d);
size_t desk_session_count(const struct desk *d);
size_t desk_parked_count(const struct desk *d);
/* The keys that were refused most, the most first; at most max. */
size_t desk_most_refused(const struct desk *d, struct quota_account *ret, size_t max);

#endif
