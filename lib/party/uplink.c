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

static void go(struct uplink *u, enum uplink_state to)
{
    CHECK(uplink_move_allowed(u->state, to));
    u->state = to;
}

static struct uplink_action *act(struct uplink_actions *actions, enum uplink_action_kind kind)
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

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
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
    act(actions, UPLINK_ACT_CLOSE);
    forget_requests(u);
    go(u, UPLINK_WAIT);
    u->until = until;
}

static void give_up(struct uplink *u, struct mono now, struct uplink_actions *actions)
{
    hang_up(u, backoff_next(&u->line, now, &u->rng), actions);
}

static void accuse(struct uplink *u, struct mono now, enum uplink_lie lie,
                   struct uplink_actions *actions)
{
    act(actions, UPLINK_ACT_ALARM)->lie = lie;
    give_up(u, now, actions);
}

static void go_mute(struct uplink *u, struct mono now, enum uplink_mute mute, enum refusal refusal,
                    uint64_t seq, struct uplink_actions *actions)
{
    go(u, UPLINK_MUTE);
    u->mute = mute;
    u->until = clock_after(now, UPLINK_FROZEN_MS);
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        u->submits[i].stale = true;
    }
    struct uplink_action *a = act(actions, UPLINK_ACT_MUTED);
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
    go(u, UPLINK_HELLO);
    u->denied = 0;
    u->hello_id = u->next_id++;
    u->until = clock_after(now, UPLINK_ANSWER_MS);
    act(actions, UPLINK_ACT_HELLO)->id = u->hello_id;
}

static void on_lost(struct uplink *u, struct mono now, const struct uplink_event *event,
                    struct uplink_actions *actions)
{
    (void)event;
    if (u->state != UPLINK_WAIT) {
        give_up(u, now, actions);
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
        accuse(u, now, UPLINK_SHUT_OUT, actions);
    } else {
        give_up(u, now, actions);
    }
}

static void on_replaced(struct uplink *u, struct mono now, const struct uplink_event *event,
                        struct uplink_actions *actions)
{
    (void)event;
    if (u->state == UPLINK_WAIT) {
        return;
    }
    struct uplink_action *a = act(actions, UPLINK_ACT_MUTED);
    a->mute = u->mute = UPLINK_REPLACED;
    a->refusal = REFUSAL_OLD_EPOCH;
    give_up(u, now, actions);
}

static void on_welcome(struct uplink *u, struct mono now, const struct uplink_event *event,
                       struct uplink_actions *actions)
{
    if (u->state != UPLINK_HELLO || event->u.welcome.id != u->hello_id) {
        return;
    }
    const uint64_t high_water = event->u.welcome.high_water;
    u->hello_id = 0;
    u->credit = event->u.welcome.credit < WIRE_CREDIT ? event->u.welcome.credit : WIRE_CREDIT;
    if (u->credit == 0) {
        u->credit = 1;
    }
    u->submit_after = u->fetch_after = now;
    u->gap_seq = 0;
    if (event->u.welcome.epoch < u->epoch) {
        accuse(u, now, UPLINK_OTHER_EPOCH, actions);
    } else if (event->u.welcome.epoch > u->epoch || high_water > u->authored) {
        go_mute(u, now, UPLINK_OLD_COPY, REFUSAL_OK, high_water, actions);
    } else if (high_water < u->delivered) {
        accuse(u, now, UPLINK_LOST_ACKNOWLEDGED, actions);
    } else if (event->u.welcome.frozen) {
        go_mute(u, now, UPLINK_STOPPED, REFUSAL_FROZEN, 0, actions);
    } else if (u->mute == UPLINK_REPLACED || u->mute == UPLINK_VOID) {
        go(u, UPLINK_MUTE); /* a person was told; nothing the broker does can mend these */
    } else {
        /* UPLINK_OLD_COPY too: a mark beyond ours is the broker's bare word, and a true one never
         * comes down again; so this Welcome shows that the earlier word was wrong. */
        if (u->mute != UPLINK_SPEAKS) {
            act(actions, UPLINK_ACT_UNMUTED);
        }
        u->mute = UPLINK_SPEAKS;
        go(u, UPLINK_READY);
    }
}

static struct uplink_request *find_submit(struct uplink *u, uint64_t id)
{
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        if (id != 0 && u->submits[i].id == id) {
            return &u->submits[i];
        }
    }
    return NULL;
}

static void on_packed(struct uplink *u, struct mono now, const struct uplink_event *event,
                      struct uplink_actions *actions)
{
    (void)actions;
    struct uplink_request *r = find_submit(u, event->u.packed.id);
    if (!r || r->id != u->packing_id) {
        return;
    }
    u->packing_id = 0;
    if (event->u.packed.last_seq < r->from_seq) {
        *r = (struct uplink_request){0};
        u->submit_after = clock_after(now, UPLINK_IDLE_MS);
        return;
    }
    r->last_seq = event->u.packed.last_seq;
    u->sent = max_u64(u->sent, r->last_seq);
}

/* All that is on its way will be sent again, from `delivered` on or from where a gap begins. */
static void rewind_to(struct uplink *u, uint64_t sent)
{
    u->sent = sent;
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        u->submits[i].stale = true;
    }
}

static void on_gap(struct uplink *u, struct mono now, uint64_t expected,
                   struct uplink_actions *actions)
{
    if (expected > u->authored + 1) {
        go_mute(u, now, UPLINK_OLD_COPY, REFUSAL_GAP, expected - 1, actions);
        return;
    }
    if (expected <= u->delivered) {
        accuse(u, now, UPLINK_LOST_ACKNOWLEDGED, actions);
        return;
    }
    rewind_to(u, expected - 1);
    if (expected == u->gap_seq) {
        u->submit_after = backoff_next(&u->again, now, &u->rng);
    }
    u->gap_seq = expected;
}

static void send_again_later(struct uplink *u, struct mono now)
{
    rewind_to(u, u->delivered);
    u->submit_after = backoff_next(&u->again, now, &u->rng);
}

/* Our statements are chained as they are written, so "does not follow the one before" about any but
 * the next to be delivered says that the broker has another one of our number: somebody writes with
 * a copy of this folder. Shown ours of that number it knows the fork, and so do we. */
static bool may_be_fork(const struct uplink *u, enum refusal refusal, uint64_t seq)
{
    return refusal == REFUSAL_PREV && seq > u->delivered + 1;
}

static void on_refused(struct uplink *u, struct mono now, const struct uplink_event *event,
                       struct uplink_actions *actions)
{
    const enum refusal refusal = event->u.answered.refusal;
    const uint64_t seq = event->u.answered.refused_seq;
    switch (event->u.answered.refusal_class) {
    case REFUSAL_STOP:
        go_mute(u, now, UPLINK_STOPPED, refusal, seq, actions);
        break;
    case REFUSAL_VOID:
        if (may_be_fork(u, refusal, seq)) {
            send_again_later(u, now);
        } else {
            go_mute(u, now, UPLINK_VOID, refusal, seq, actions);
        }
        break;
    case REFUSAL_NONE:
    case REFUSAL_AGAIN:
    default:
        if (refusal == REFUSAL_GAP) {
            on_gap(u, now, event->u.answered.expected_seq, actions);
        } else {
            send_again_later(u, now);
        }
        break;
    }
}

static void on_answered(struct uplink *u, struct mono now, const struct uplink_event *event,
                        struct uplink_actions *actions)
{
    struct uplink_request *r = find_submit(u, event->u.answered.id);
    if (!r) {
        return;
    }
    const bool stale = r->stale;
    *r = (struct uplink_request){0};
    if (event->u.answered.delivered > u->delivered) {
        u->delivered = event->u.answered.delivered;
        backoff_reset(&u->line);
        backoff_reset(&u->again);
    }
    u->sent = max_u64(u->sent, u->delivered);
    if (event->u.answered.refusal != REFUSAL_OK && !stale && u->state == UPLINK_READY) {
        on_refused(u, now, event, actions);
    }
}

static void on_entries(struct uplink *u, struct mono now, const struct uplink_event *event,
                       struct uplink_actions *actions)
{
    (void)actions;
    const uint64_t id = event->u.entries.id;
    if (id != 0 && id == u->fetch_before.id) {
        u->fetch_before = (struct uplink_request){0};
        return;
    }
    if (id == 0 || id != u->fetch.id) {
        return;
    }
    const bool early = clock_between_ms(now, u->fetch.deadline) > UPLINK_ANSWER_MS;
    const bool pause =
        event->u.entries.empty && (u->fetch_parked ? early : !event->u.entries.caught_up);
    u->fetch = (struct uplink_request){0};
    u->fetch_after = pause ? clock_after(now, UPLINK_IDLE_MS) : now;
    u->caught_up = event->u.entries.caught_up;
    backoff_reset(&u->line);
}

static void on_outbox(struct uplink *u, struct mono now, const struct uplink_event *event,
                      struct uplink_actions *actions)
{
    (void)now, (void)actions;
    const bool asked_for =
        event->u.outbox.authored > u->authored || event->u.outbox.sync_wanted > u->sync_wanted;
    u->authored = max_u64(u->authored, event->u.outbox.authored);
    u->delivered = max_u64(u->delivered, event->u.outbox.delivered);
    u->sent = max_u64(u->sent, u->delivered);
    u->sync_wanted = max_u64(u->sync_wanted, event->u.outbox.sync_wanted);
    const struct mono soon = clock_after(u->last_try, UPLINK_WOKEN_MS);
    if (asked_for && u->state == UPLINK_WAIT && clock_between_ms(soon, u->until) > 0) {
        u->until = soon;
    }
}

static const handler_fn handlers[UPLINK_EV_COUNT] = {
    [UPLINK_EV_TICK] = on_tick,         [UPLINK_EV_CONNECTED] = on_connected,
    [UPLINK_EV_LOST] = on_lost,         [UPLINK_EV_DENIED] = on_denied,
    [UPLINK_EV_REPLACED] = on_replaced, [UPLINK_EV_WELCOME] = on_welcome,
    [UPLINK_EV_PACKED] = on_packed,     [UPLINK_EV_ANSWERED] = on_answered,
    [UPLINK_EV_ENTRIES] = on_entries,   [UPLINK_EV_OUTBOX] = on_outbox,
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
    struct uplink_action *a = act(actions, UPLINK_ACT_SUBMIT);
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
    struct uplink_action *a = act(actions, UPLINK_ACT_FETCH);
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
        give_up(u, now, actions);
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
            go(u, UPLINK_OPENING);
            u->last_try = now;
            u->until = clock_after(now, UPLINK_OPEN_MS);
            act(actions, UPLINK_ACT_OPEN);
        }
        break;
    case UPLINK_OPENING:
    case UPLINK_HELLO:
        if (passed(now, u->until)) {
            give_up(u, now, actions);
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
