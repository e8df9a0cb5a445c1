/* The uplink as a pure state machine: what to do next on the way to the broker. It knows numbers,
 * marks and deadlines; no socket, no store, no clock, no cryptography. Whoever drives it
 * (exchange.h, the simulation) tells it events that are already verified and does the actions in
 * their order. */
#ifndef NGANAM_PARTY_UPLINK_H
#define NGANAM_PARTY_UPLINK_H

#include "ledger/refusal.h"
#include "net/backoff.h"
#include "proto/wire.h"

#include <stdbool.h>

#define UPLINK_BACKOFF_MS_MIN 1000
#define UPLINK_BACKOFF_MS_MAX (5 * 60 * 1000)
#define UPLINK_OPEN_MS 30000     /* to connect and finish the handshake */
#define UPLINK_ANSWER_MS 30000   /* to answer Hello or Submit, or a Fetch after its wait */
#define UPLINK_PARK_MS_MIN 30000 /* a parked Fetch waits this long at the broker … */
#define UPLINK_PARK_MS_MAX 55000 /* … to this long */
#define UPLINK_IDLE_MS 1000      /* pause before asking again after an answer that came empty */
#define UPLINK_FROZEN_MS 600000  /* how often a frozen party asks whether it still is */
#define UPLINK_WOKEN_MS 3000     /* a person is waiting: try again this soon after the last try */
#define UPLINK_DENIED_MAX 2      /* refusals at the door in a row before a person is told */

_Static_assert(UPLINK_PARK_MS_MAX <= WIRE_WAIT_MS_MAX, "the broker parks no longer than this");

enum uplink_state {
    UPLINK_WAIT,    /* no socket; until the back-off ends */
    UPLINK_OPENING, /* socket made, handshake on its way */
    UPLINK_HELLO,   /* Hello sent */
    UPLINK_READY,   /* welcomed: submits and reads */
    UPLINK_MUTE,    /* welcomed: reads, submits nothing */
    UPLINK_STATE_COUNT
};

enum uplink_mute {
    UPLINK_SPEAKS,   /* not muted */
    UPLINK_OLD_COPY, /* the broker has more from this key than this outbox: enrol again */
    UPLINK_STOPPED,  /* frozen, revoked or forked: until the office lifts it */
    UPLINK_VOID,     /* the broker can never take one of our statements */
    UPLINK_REPLACED  /* another key is at the broker now, or none: enrol again */
};

/* Things no honest broker does, seen from numbers alone. */
enum uplink_lie {
    UPLINK_HONEST,
    UPLINK_LOST_ACKNOWLEDGED, /* has less than it gave receipts for */
    UPLINK_OTHER_EPOCH,       /* does not know our key's epoch, which it has logged */
    UPLINK_SHUT_OUT           /* turns our key away at the door again and again */
};

enum uplink_event_kind {
    UPLINK_EV_TICK,
    UPLINK_EV_CONNECTED,
    UPLINK_EV_LOST,     /* line dropped, refused, or bytes that make no sense: no blame */
    UPLINK_EV_DENIED,   /* the broker does not admit our key */
    UPLINK_EV_REPLACED, /* our party has another key now, or ours was revoked */
    UPLINK_EV_WELCOME,  /* head verified */
    UPLINK_EV_PACKED,   /* answer to UPLINK_ACT_SUBMIT */
    UPLINK_EV_ANSWERED, /* receipts verified and kept */
    UPLINK_EV_ENTRIES,  /* leaves verified and kept */
    UPLINK_EV_OFFERING, /* the Welcome is kept waiting: the broker is given what it lost */
    UPLINK_EV_OUTBOX,   /* the store was looked at */
    UPLINK_EV_COUNT
};

struct uplink_event {
    enum uplink_event_kind kind;
    union {
        struct {
            uint64_t id;
            uint32_t epoch; /* of the party's current key */
            uint64_t high_water;
            uint32_t credit;
            bool frozen;
        } welcome;
        struct {
            bool revoked;
        } replaced;
        struct {
            uint64_t id;
            uint64_t last_seq; /* from_seq − 1: nothing could be sent; asked again later */
        } packed;
        struct {
            uint64_t id;
            uint64_t delivered;   /* the mark, as kept now */
            enum refusal refusal; /* of the first statement refused, else REFUSAL_OK */
            enum refusal_class refusal_class;
            uint64_t refused_seq;
            uint64_t expected_seq; /* with REFUSAL_GAP */
        } answered;
        struct {
            uint64_t id;
            bool empty;
            bool caught_up; /* nothing more for us up to the head it came with */
        } entries;
        struct {
            uint64_t authored;
            uint64_t delivered;
            uint64_t sync_wanted; /* somebody waits for a read to the head: which wish */
        } outbox;
    } u;
};

enum uplink_action_kind {
    UPLINK_ACT_OPEN,   /* a new socket */
    UPLINK_ACT_CLOSE,  /* and forget what is in it */
    UPLINK_ACT_HELLO,  /* id */
    UPLINK_ACT_SUBMIT, /* id, from_seq: pack one frame from there, send it, answer with PACKED */
    UPLINK_ACT_FETCH,  /* id, wait_ms */
    UPLINK_ACT_MUTED,  /* mute, refusal, seq: tell a person */
    UPLINK_ACT_UNMUTED,
    UPLINK_ACT_ALARM /* lie: tell a person */
};

struct uplink_action {
    enum uplink_action_kind kind;
    uint64_t id;
    uint64_t from_seq;
    uint32_t wait_ms;
    enum uplink_mute mute;
    enum refusal refusal;
    enum uplink_lie lie;
};

#define UPLINK_ACTIONS_MAX 8
struct uplink_actions {
    struct uplink_action items[UPLINK_ACTIONS_MAX];
    size_t count;
};

/* A frame sent and not answered. */
struct uplink_request {
    uint64_t id; /* 0: free */
    uint64_t from_seq;
    uint64_t last_seq;
    struct mono deadline;
    bool stale; /* what it carried is sent again anyway: its refusals say nothing new */
};

struct uplink {
    enum uplink_state state;
    struct rng rng;
    struct mono until; /* WAIT: open then; OPENING, HELLO: give up then; MUTE, frozen: ask then */
    struct mono last_try;
    struct backoff line;  /* back-off of the connection, reset by progress, not by a welcome */
    struct backoff again; /* back-off of refusals of class again */
    bool unconfirmed;     /* the newest of them: our enrolment waits for a person */
    struct mono submit_after;
    struct mono fetch_after;
    uint64_t next_id;
    uint64_t hello_id;
    struct uplink_request submits[WIRE_CREDIT];
    uint64_t packing_id; /* a SUBMIT action whose PACKED has not come */
    uint32_t credit;
    struct uplink_request fetch;
    struct uplink_request fetch_before; /* the parked one that `fetch` took the place of */
    bool fetch_parked;
    bool caught_up;
    uint32_t epoch;
    uint64_t authored;
    uint64_t delivered;
    uint64_t sent; /* newest seq on its way */
    uint64_t sync_wanted;
    uint64_t sync_asked; /* the newest wish the outstanding Fetch serves */
    enum uplink_mute mute;
    unsigned denied;
    uint64_t gap_seq; /* expected_seq of the last gap, so that no gap is chased at full speed */
};

/* Begins in WAIT and opens with the first tick; the first event should be OUTBOX. epoch: of our
 * key; mute: as kept from an earlier run. */
void uplink_init(struct uplink *u, uint32_t epoch, enum uplink_mute mute, struct rng rng,
                 struct mono now);

/* One event; what to do is appended to `actions` (emptied first). */
void uplink_step(struct uplink *u, struct mono now, const struct uplink_event *event,
                 struct uplink_actions *ret_actions);

/* How long nothing needs to be done, at most `max_ms`. */
int64_t uplink_idle_ms(const struct uplink *u, struct mono now, int64_t max_ms);

/* What an answer with this id answers; anything else is passed over unread. */
enum uplink_awaits {
    UPLINK_AWAITS_NOTHING,
    UPLINK_AWAITS_WELCOME,
    UPLINK_AWAITS_SUBMITTED,
    UPLINK_AWAITS_ENTRIES
};
enum uplink_awaits uplink_awaits(const struct uplink *u, uint64_t id);
/* The statements a Submit carried; NULL for an id that is no open Submit. */
const struct uplink_request *uplink_submit(const struct uplink *u, uint64_t id);

const char *uplink_state_name(enum uplink_state state);
bool uplink_move_allowed(enum uplink_state from, enum uplink_state to);

#endif
