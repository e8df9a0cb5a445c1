/* What the uplink is told: the broker's answers, and how far the store is.
 *
 * Idea: marks only rise, and `sent` is never below `delivered`; what the broker says of itself must
 * agree with what it gave receipts for.
 *
 * Happy path: welcome gives the credit and ends in READY; packed says what a frame carried,
 * answered frees its place and moves `delivered` on; entries free the Fetch.
 *
 * Failures: a refusal's class decides what follows from it; the answer to a request that nobody
 * remembers is passed over.
 */
#include "party/uplink_state.h"

static uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void uplink_take_welcome(struct uplink *u, struct mono now, const struct uplink_event *event,
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
        uplink_accuse(u, now, UPLINK_OTHER_EPOCH, actions);
    } else if (event->u.welcome.epoch > u->epoch || high_water > u->authored) {
        uplink_go_mute(u, now, UPLINK_OLD_COPY, REFUSAL_OK, high_water, actions);
    } else if (high_water < u->delivered) {
        uplink_accuse(u, now, UPLINK_LOST_ACKNOWLEDGED, actions);
    } else if (event->u.welcome.frozen) {
        uplink_go_mute(u, now, UPLINK_STOPPED, REFUSAL_FROZEN, 0, actions);
    } else if (u->mute == UPLINK_REPLACED || u->mute == UPLINK_VOID) {
        uplink_go(u, UPLINK_MUTE); /* a person was told; nothing the broker does can mend these */
    } else {
        /* UPLINK_OLD_COPY too: a mark beyond ours is the broker's bare word, and a true one never
         * comes down again; so this Welcome shows that the earlier word was wrong. */
        if (u->mute != UPLINK_SPEAKS) {
            uplink_act(actions, UPLINK_ACT_UNMUTED);
        }
        u->mute = UPLINK_SPEAKS;
        uplink_go(u, UPLINK_READY);
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

void uplink_take_packed(struct uplink *u, struct mono now, const struct uplink_event *event,
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
        uplink_go_mute(u, now, UPLINK_OLD_COPY, REFUSAL_GAP, expected - 1, actions);
        return;
    }
    if (expected <= u->delivered) {
        uplink_accuse(u, now, UPLINK_LOST_ACKNOWLEDGED, actions);
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
        uplink_go_mute(u, now, UPLINK_STOPPED, refusal, seq, actions);
        break;
    case REFUSAL_VOID:
        if (may_be_fork(u, refusal, seq)) {
            send_again_later(u, now);
        } else {
            uplink_go_mute(u, now, UPLINK_VOID, refusal, seq, actions);
        }
        break;
    case REFUSAL_NONE:
    case REFUSAL_AGAIN:
    default:
        if (refusal == REFUSAL_GAP) {
            on_gap(u, now, event->u.answered.expected_seq, actions);
        } else {
            u->unconfirmed = refusal == REFUSAL_UNCONFIRMED;
            send_again_later(u, now);
        }
        break;
    }
}

void uplink_take_answered(struct uplink *u, struct mono now, const struct uplink_event *event,
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
        u->unconfirmed = false;
    }
    u->sent = max_u64(u->sent, u->delivered);
    if (event->u.answered.refusal != REFUSAL_OK && !stale && u->state == UPLINK_READY) {
        on_refused(u, now, event, actions);
    }
}

void uplink_take_entries(struct uplink *u, struct mono now, const struct uplink_event *event,
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
    if (u->mute == UPLINK_STOPPED && u->state == UPLINK_MUTE && !event->u.entries.empty) {
        u->until = now; /* what came may lift the freeze: asked at once */
    }
    if (u->unconfirmed && !event->u.entries.empty) {
        u->unconfirmed = false; /* what came may be the confirmation: tried at once */
        u->submit_after = now;
        backoff_reset(&u->again);
    }
    backoff_reset(&u->line);
}

void uplink_take_outbox(struct uplink *u, struct mono now, const struct uplink_event *event,
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
