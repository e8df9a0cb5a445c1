/* The uplink's state machine.
 *
 *            tick, back-off over            connected            welcome
 *     WAIT ──────────────────────> OPENING ───────────> HELLO ───────────> READY
 *      ^                              │                   │ │                │
 *      │                              │                   │ └─ old copy ─┐   │ stop, void,
 *      │                              │                   │    or frozen │   │ old copy
 *      │                              │                   │              v   v
 *      └── lost, denied, no answer ───┴───────────────────┴───────────── MUTE (reads on)
 *
 * Idea: nothing the broker forgets may matter. Whatever goes wrong on a connection (a lost frame,
 * no answer in time, a proof that does not hold) ends in WAIT, and the next connection begins from
 * the delivered mark in the store; the broker answers what it has already logged with receipts.
 *
 * Happy path: WAIT, OPENING, HELLO, READY; there up to `credit` Submit frames are on their way, and
 * one Fetch is always out, parked at the broker once everything was read.
 *
 * Failures: a refusal of class again rewinds to the delivered mark and waits; stop and void go to
 * MUTE, where reading goes on, because what the office has to say about it comes through the inbox.
 * A frozen party asks again every ten minutes whether it still is. The back-off is reset by
 * progress only: a broker that welcomes and then answers nonsense is not asked every second.
 */
#include "party/uplink.h"

#include "base/check.h"
#include "party/uplink_state.h"

#include <string.h>

/* Bit n of moves[state]: state n may follow. */
#define TO(state) (1u << (state))
static const unsigned moves[UPLINK_STATE_COUNT] = {
    [UPLINK_WAIT] = TO(UPLINK_OPENING),
    [UPLINK_OPENING] = TO(UPLINK_HELLO) | TO(UPLINK_WAIT),
    [UPLINK_HELLO] = TO(UPLINK_READY) | TO(UPLINK_MUTE) | TO(UPLINK_WAIT),
    [UPLINK_READY] = TO(UPLINK_MUTE) | TO(UPLINK_WAIT),
    [UPLINK_MUTE] = TO(UPLINK_WAIT),
};

static const char *const names[UPLINK_STATE_COUNT] = {
    [UPLINK_WAIT] = "wait",   [UPLINK_OPENING] = "opening", [UPLINK_HELLO] = "hello",
    [UPLINK_READY] = "ready", [UPLINK_MUTE] = "mute",
};

const char *uplink_state_name(enum uplink_state state)
{
    return names[state];
}

bool uplink_move_allowed(enum uplink_state from, enum uplink_state to)
{
    return (moves[from] & TO(to)) != 0;
}

void uplink_go(struct uplink *u, enum uplink_state to)
{
    CHECK(uplink_move_allowed(u->state, to));
    u->state = to;
}

struct uplink_action *uplink_act(struct uplink_actions *actions, enum uplink_action_kind kind)
{
    CHECK(actions->count < UPLINK_ACTIONS_MAX);
    struct uplink_action *a = &actions->items[actions->count++];
    *a = (struct uplink_action){.kind = kind};
    return a;
}

static bool passed(struct mono now, struct mono moment)
{
    return clock_between_ms(moment, now) >= 0;
}

void uplink_init(struct uplink *u, uint32_t epoch, enum uplink_mute mute, struct rng rng,
                 struct mono now)
{
    *u = (struct uplink){.state = UPLINK_WAIT,
                         .rng = rng,
                         .until = now,
                         .last_try = clock_after(now, -UPLINK_WOKEN_MS),
                         .submit_after = now,
                         .fetch_after = now,
                         .next_id = 1,
                         .credit = 1,
                         .epoch = epoch,
                         .mute = mute};
    backoff_init(&u->line, UPLINK_BACKOFF_MS_MIN, UPLINK_BACKOFF_MS_MAX);
    backoff_init(&u->again, UPLINK_BACKOFF_MS_MIN, UPLINK_BACKOFF_MS_MAX);
}

/* ---- The connection's end ---- */

static void forget_requests(struct uplink *u)
{
    memset(u->submits, 0, sizeof(u->submits));
    u->fetch = u->fetch_before = (struct uplink_request){0};
    u->fetch_parked = false;
    u->caught_up = false;
    u->packing_id = 0;
    u->hello_id = 0;
    u->sync_asked = 0;
    u->sent = u->delivered;
}

static void hang_up(struct uplink *u, struct mono until, struct uplink_actions *actions)
{
    uplink_act(actions, UPLINK_ACT_CLOSE);
    forget_requests(u);
    uplink_go(u, UPLINK_WAIT);
    u->until = until;
}

void uplink_give_up(struct uplink *u, struct mono now, struct uplink_actions *actions)
{
    hang_up(u, backoff_next(&u->line, now, &u->rng), actions);
}

void uplink_accuse(struct uplink *u, struct mono now, enum uplink_lie lie,
                   struct uplink_actions *actions)
{
    uplink_act(actions, UPLINK_ACT_ALARM)->lie = lie;
    uplink_give_up(u, now, actions);
}

void uplink_go_mute(struct uplink *u, struct mono now, enum uplink_mute mute, enum refusal refusal,
                    uint64_t seq, struct uplink_actions *actions)
{
    uplink_go(u, UPLINK_MUTE);
    u->mute = mute;
    u->until = clock_after(now, UPLINK_FROZEN_MS);
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        u->submits[i].stale = true;
    }
    struct uplink_action *a = uplink_act(actions, UPLINK_ACT_MUTED);
    a->mute = mute;
    a->refusal = refusal;
    a->from_seq = seq;
}

/* ---- Events ---- */

typedef void (*handler_fn)(struct uplink *u, struct mono now, const struct uplink_event *event,
                           struct uplink_actions *actions);

static void on_tick(struct uplink *u, struct mono now, const struct uplink_event *event,
                    struct uplink_actions *actions)
{
    (void)u, (void)now, (void)event, (void)actions; /* advance() below does what time asks for */
}

static void on_connected(struct uplink *u, struct mono now, const struct uplink_event *event,
                         struct uplink_actions *actions)
{
    (void)event;
    if (u->state != UPLINK_OPENING) {
        return;
    }
    uplink_go(u, UPLINK_HELLO);
    u->denied = 0;
    u->hello_id = u->next_id++;
    u->until = clock_after(now, UPLINK_ANSWER_MS);
    uplink_act(actions, UPLINK_ACT_HELLO)->id = u->hello_id;
}

static void on_lost(struct uplink *u, struct mono now, const struct uplink_event *event,
                    struct uplink_actions *actions)
{
    (void)event;
    if (u->state != UPLINK_WAIT) {
        uplink_give_up(u, now, actions);
    }
}

static void on_denied(struct uplink *u, struct mono now, const struct uplink_event *event,
                      struct uplink_actions *actions)
{
    (void)event;
    if (u->state == UPLINK_WAIT) {
        return;
    }
    /* Not at the first: a broker in trouble may turn away a key that it will know again. */
    if (++u->denied == UPLINK_DENIED_MAX) {
        uplink_accuse(u, now, UPLINK_SHUT_OUT, actions);
    } else {
        uplink_give_up(u, now, actions);
    }
}

static void on_replaced(struct uplink *u, struct mono now, const struct uplink_event *event,
                        struct uplink_actions *actions)
{
    if (u->state == UPLINK_WAIT) {
        return;
    }
    struct uplink_action *a = uplink_act(actions, UPLINK_ACT_MUTED);
    a->mute = u->mute = UPLINK_REPLACED;
    a->refusal = event->u.replaced.revoked ? REFUSAL_REVOKED : REFUSAL_OLD_EPOCH;
    uplink_give_up(u, now, actions);
}

/* Not welcomed, but answered; nothing else is awaited until the line ends. */
static void on_offering(struct uplink *u, struct mono now, const struct uplink_event *event,
                        struct uplink_actions *actions)
{
    (void)event, (void)actions;
    if (u->state == UPLINK_HELLO) {
        u->hello_id = 0;
        u->until = clock_after(now, UPLINK_ANSWER_MS);
    }
}

static const handler_fn handlers[UPLINK_EV_COUNT] = {
    [UPLINK_EV_TICK] = on_tick,
    [UPLINK_EV_CONNECTED] = on_connected,
    [UPLINK_EV_LOST] = on_lost,
    [UPLINK_EV_DENIED] = on_denied,
    [UPLINK_EV_REPLACED] = on_replaced,
    [UPLINK_EV_WELCOME] = uplink_take_welcome,
    [UPLINK_EV_PACKED] = uplink_take_packed,
    [UPLINK_EV_ANSWERED] = uplink_take_answered,
    [UPLINK_EV_ENTRIES] = uplink_take_entries,
    [UPLINK_EV_OFFERING] = on_offering,
    [UPLINK_EV_OUTBOX] = uplink_take_outbox,
};

/* ---- What time and room allow, after every event ---- */

/* The first free place among the `credit` Submit frames that may be unanswered; WIRE_CREDIT: none.
 */
static size_t free_submit(const struct uplink *u)
{
    size_t place = WIRE_CREDIT;
    uint32_t used = 0;
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        if (u->submits[i].id != 0) {
            used++;
        } else if (place == WIRE_CREDIT) {
            place = i;
        }
    }
    return used < u->credit ? place : WIRE_CREDIT;
}

static bool may_submit(const struct uplink *u)
{
    return u->state == UPLINK_READY && u->packing_id == 0 && u->sent < u->authored &&
           free_submit(u) < WIRE_CREDIT;
}

static void submit(struct uplink *u, struct mono now, struct uplink_actions *actions)
{
    struct uplink_request *r = &u->submits[free_submit(u)];
    *r = (struct uplink_request){.id = u->next_id++,
                                 .from_seq = u->sent + 1,
                                 .deadline = clock_after(now, UPLINK_ANSWER_MS)};
    u->packing_id = r->id;
    struct uplink_action *a = uplink_act(actions, UPLINK_ACT_SUBMIT);
    a->id = r->id;
    a->from_seq = r->from_seq;
}

static bool wants_sync(const struct uplink *u)
{
    return u->sync_wanted > u->sync_asked;
}

/* A wish to read to the head does not wait for a parked Fetch: a second one takes its place. */
static bool may_fetch(const struct uplink *u)
{
    return u->fetch.id == 0 || (u->fetch_parked && wants_sync(u));
}

static void fetch(struct uplink *u, struct mono now, struct uplink_actions *actions)
{
    uint32_t wait_ms = 0;
    if (u->caught_up && !wants_sync(u)) {
        wait_ms = UPLINK_PARK_MS_MIN +
                  (uint32_t)rng_below(&u->rng, UPLINK_PARK_MS_MAX - UPLINK_PARK_MS_MIN);
    }
    u->fetch_before = u->fetch;
    u->fetch = (struct uplink_request){.id = u->next_id++,
                                       .deadline = clock_after(now, wait_ms + UPLINK_ANSWER_MS)};
    u->fetch_parked = wait_ms > 0;
    u->sync_asked = u->sync_wanted;
    struct uplink_action *a = uplink_act(actions, UPLINK_ACT_FETCH);
    a->id = u->fetch.id;
    a->wait_ms = wait_ms;
}

static bool answer_overdue(const struct uplink *u, struct mono now)
{
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        if (u->submits[i].id != 0 && passed(now, u->submits[i].deadline)) {
            return true;
        }
    }
    return u->fetch.id != 0 && passed(now, u->fetch.deadline);
}

static void advance_connected(struct uplink *u, struct mono now, struct uplink_actions *actions)
{
    if (answer_overdue(u, now)) {
        uplink_give_up(u, now, actions);
        return;
    }
    if (u->mute == UPLINK_STOPPED && passed(now, u->until)) {
        hang_up(u, now, actions); /* a new welcome tells whether we are still frozen */
        return;
    }
    if (may_submit(u) && passed(now, u->submit_after)) {
        submit(u, now, actions);
    }
    if (may_fetch(u) && passed(now, u->fetch_after)) {
        fetch(u, now, actions);
    }
}

static void advance(struct uplink *u, struct mono now, struct uplink_actions *actions)
{
    switch (u->state) { /* GCOVR_EXCL_BR_LINE: it is never UPLINK_STATE_COUNT */
    case UPLINK_WAIT:
        if (passed(now, u->until)) {
            uplink_go(u, UPLINK_OPENING);
            u->last_try = now;
            u->until = clock_after(now, UPLINK_OPEN_MS);
            uplink_act(actions, UPLINK_ACT_OPEN);
        }
        break;
    case UPLINK_OPENING:
    case UPLINK_HELLO:
        if (passed(now, u->until)) {
            uplink_give_up(u, now, actions);
        }
        break;
    case UPLINK_READY:
    case UPLINK_MUTE:
        advance_connected(u, now, actions);
        break;
    case UPLINK_STATE_COUNT:
    default:
        CHECK(false);
    }
}

void uplink_step(struct uplink *u, struct mono now, const struct uplink_event *event,
                 struct uplink_actions *ret_actions)
{
    ret_actions->count = 0;
    handlers[event->kind](u, now, event, ret_actions);
    /* After a hang-up nothing opens in the same step: CLOSE is always the last action. */
    if (ret_actions->count == 0 ||
        ret_actions->items[ret_actions->count - 1].kind != UPLINK_ACT_CLOSE) {
        advance(u, now, ret_actions);
    }
}

static void earlier(struct mono *a, struct mono b)
{
    if (clock_between_ms(b, *a) > 0) {
        *a = b;
    }
}

int64_t uplink_idle_ms(const struct uplink *u, struct mono now, int64_t max_ms)
{
    struct mono next = clock_after(now, max_ms);
    if (u->state == UPLINK_WAIT || u->state == UPLINK_OPENING || u->state == UPLINK_HELLO) {
        earlier(&next, u->until);
    } else {
        for (size_t i = 0; i < WIRE_CREDIT; i++) {
            if (u->submits[i].id != 0) {
                earlier(&next, u->submits[i].deadline);
            }
        }
        if (u->fetch.id != 0) {
            earlier(&next, u->fetch.deadline);
        }
        if (may_fetch(u)) {
            earlier(&next, u->fetch_after);
        }
        if (may_submit(u)) {
            earlier(&next, u->submit_after);
        }
        if (u->mute == UPLINK_STOPPED) {
            earlier(&next, u->until);
        }
    }
    const int64_t ms = clock_between_ms(now, next);
    return ms > 0 ? ms : 0;
}

/* ---- What answers what ---- */

const struct uplink_request *uplink_submit(const struct uplink *u, uint64_t id)
{
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        if (id != 0 && u->submits[i].id == id && u->packing_id != id) {
            return &u->submits[i];
        }
    }
    return NULL;
}

enum uplink_awaits uplink_awaits(const struct uplink *u, uint64_t id)
{
    if (id == 0) {
        return UPLINK_AWAITS_NOTHING;
    }
    if (u->state == UPLINK_HELLO) {
        return id == u->hello_id ? UPLINK_AWAITS_WELCOME : UPLINK_AWAITS_NOTHING;
    }
    if (uplink_submit(u, id)) {
        return UPLINK_AWAITS_SUBMITTED;
    }
    return id == u->fetch.id || id == u->fetch_before.id ? UPLINK_AWAITS_ENTRIES
                                                         : UPLINK_AWAITS_NOTHING;
}
