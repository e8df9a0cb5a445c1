/* Goal: the uplink moves only as its table says, keeps to its credit, and comes back from
 * everything.
 *
 * Method: the machine alone, stepped by hand with made-up times; then half a million random events
 * in every state, after each of which the invariants must hold. */
#include "harness.h"
#include "party/uplink.h"

static struct uplink u;
static struct uplink_actions did;
static struct mono now;

static void step(const struct uplink_event *event)
{
    uplink_step(&u, now, event, &did);
}

static void step_kind(enum uplink_event_kind kind)
{
    const struct uplink_event event = {.kind = kind};
    step(&event);
}

/* The n-th action of this kind in the last step; NULL: there is none. */
static const struct uplink_action *action(enum uplink_action_kind kind)
{
    for (size_t i = 0; i < did.count; i++) {
        if (did.items[i].kind == kind) {
            return &did.items[i];
        }
    }
    return NULL;
}

static uint64_t id_of(enum uplink_action_kind kind)
{
    const struct uplink_action *a = action(kind);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    return a == NULL ? 0 : a->id;
}

static void look(uint64_t authored, uint64_t delivered, uint64_t sync)
{
    const struct uplink_event event = {
        .kind = UPLINK_EV_OUTBOX,
        .u.outbox = {.authored = authored, .delivered = delivered, .sync_wanted = sync}};
    step(&event);
}

static void welcome(uint64_t id, uint32_t epoch, uint64_t high_water, bool frozen)
{
    const struct uplink_event event = {.kind = UPLINK_EV_WELCOME,
                                       .u.welcome = {.id = id,
                                                     .epoch = epoch,
                                                     .high_water = high_water,
                                                     .credit = WIRE_CREDIT,
                                                     .frozen = frozen}};
    step(&event);
}

/* To HELLO with an outbox of authored − delivered. Gives the Hello's id. */
static uint64_t say_hello(uint64_t authored, uint64_t delivered)
{
    now = (struct mono){1000000};
    uplink_init(&u, 1, UPLINK_SPEAKS, rng_seeded(1), now);
    look(authored, delivered, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(action(UPLINK_ACT_OPEN));
    step_kind(UPLINK_EV_CONNECTED);
    CU_ASSERT_EQUAL(u.state, UPLINK_HELLO);
    return id_of(UPLINK_ACT_HELLO);
}

static void pack(uint64_t id, uint64_t last_seq)
{
    const struct uplink_event event = {.kind = UPLINK_EV_PACKED,
                                       .u.packed = {.id = id, .last_seq = last_seq}};
    step(&event);
}

static void answer(uint64_t id, uint64_t delivered, enum refusal refusal, uint64_t expected)
{
    const struct uplink_event event = {.kind = UPLINK_EV_ANSWERED,
                                       .u.answered = {.id = id,
                                                      .delivered = delivered,
                                                      .refusal = refusal,
                                                      .refusal_class = refusal_class(refusal),
                                                      .refused_seq = delivered + 1,
                                                      .expected_seq = expected}};
    step(&event);
}

static void entries(uint64_t id, bool empty, bool caught_up)
{
    const struct uplink_event event = {
        .kind = UPLINK_EV_ENTRIES, .u.entries = {.id = id, .empty = empty, .caught_up = caught_up}};
    step(&event);
}

/* ---- Cases ---- */

static void uplink_sends_at_most_its_credit_and_one_more_for_each_answer(void)
{
    uint64_t ids[WIRE_CREDIT];
    welcome(say_hello(100, 0), 1, 0, false);
    for (uint64_t i = 0; i < WIRE_CREDIT; i++) {
        ids[i] = id_of(UPLINK_ACT_SUBMIT);
        CU_ASSERT_EQUAL(action(UPLINK_ACT_SUBMIT)->from_seq, i * 10 + 1);
        pack(ids[i], i * 10 + 10);
    }
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
    answer(ids[0], 10, REFUSAL_OK, 0);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_SUBMIT)->from_seq, 41);
    CU_ASSERT_EQUAL(u.delivered, 10);
}

static void uplink_keeps_to_a_smaller_credit(void)
{
    const struct uplink_event event = {
        .kind = UPLINK_EV_WELCOME, .u.welcome = {.id = say_hello(100, 0), .epoch = 1, .credit = 2}};
    step(&event);
    pack(id_of(UPLINK_ACT_SUBMIT), 10);
    pack(id_of(UPLINK_ACT_SUBMIT), 20);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
}

static void uplink_begins_again_from_the_delivered_mark_on_a_new_line(void)
{
    welcome(say_hello(3, 0), 1, 0, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 3);
    step_kind(UPLINK_EV_LOST);
    CU_ASSERT_EQUAL(u.state, UPLINK_WAIT);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_CLOSE));
    now = u.until;
    step_kind(UPLINK_EV_TICK);
    step_kind(UPLINK_EV_CONNECTED);
    /* the broker has them: their receipts are asked for all the same */
    welcome(id_of(UPLINK_ACT_HELLO), 1, 3, false);
    CU_ASSERT_EQUAL(u.state, UPLINK_READY);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_SUBMIT)->from_seq, 1);
}

static void uplink_gives_up_a_line_that_does_not_answer(void)
{
    welcome(say_hello(1, 0), 1, 0, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 1);
    now = clock_after(now, UPLINK_ANSWER_MS - 1);
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL(u.state, UPLINK_READY);
    now = clock_after(now, 1);
    CU_ASSERT_EQUAL(uplink_idle_ms(&u, now, 60000), 0);
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL(u.state, UPLINK_WAIT);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_CLOSE));
}

/* While the broker is given what it lost: no Welcome counts on that line, each frame has its time,
 * and the line's end is like any other's. */
static void uplink_offers_on_a_line_that_is_never_welcomed(void)
{
    const uint64_t id = say_hello(3, 0);
    now = clock_after(now, UPLINK_ANSWER_MS - 1);
    step_kind(UPLINK_EV_OFFERING);
    CU_ASSERT_EQUAL(uplink_awaits(&u, id), UPLINK_AWAITS_NOTHING);
    welcome(id, 1, 0, false);
    CU_ASSERT_EQUAL(u.state, UPLINK_HELLO);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
    now = clock_after(now, UPLINK_ANSWER_MS - 1);
    step_kind(UPLINK_EV_OFFERING);
    now = clock_after(now, UPLINK_ANSWER_MS - 1);
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL(u.state, UPLINK_HELLO);
    now = clock_after(now, 1);
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL(u.state, UPLINK_WAIT);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_CLOSE));
    step_kind(UPLINK_EV_OFFERING);
    CU_ASSERT_EQUAL(u.state, UPLINK_WAIT);
}

static void uplink_waits_longer_each_time_up_to_five_minutes(void)
{
    int64_t longest = 0;
    (void)say_hello(0, 0);
    for (int i = 0; i < 40; i++) {
        step_kind(UPLINK_EV_LOST);
        const int64_t wait = uplink_idle_ms(&u, now, INT64_C(1) << 40);
        CU_ASSERT(wait >= UPLINK_BACKOFF_MS_MIN && wait <= UPLINK_BACKOFF_MS_MAX);
        longest = wait > longest ? wait : longest;
        now = clock_after(now, wait);
        step_kind(UPLINK_EV_TICK);
        CU_ASSERT_EQUAL(u.state, UPLINK_OPENING);
    }
    CU_ASSERT(longest > UPLINK_BACKOFF_MS_MAX / 2);
}

static void uplink_tries_at_once_for_somebody_who_waits(void)
{
    (void)say_hello(0, 0);
    for (int i = 0; i < 20; i++) {
        step_kind(UPLINK_EV_LOST);
        now = u.until;
        step_kind(UPLINK_EV_TICK);
    }
    step_kind(UPLINK_EV_LOST);
    look(1, 0, 0);
    CU_ASSERT(uplink_idle_ms(&u, now, 600000) <= UPLINK_WOKEN_MS);
    const struct mono until = u.until;
    look(1, 0, 0); /* nothing new: the same moment */
    CU_ASSERT_EQUAL(u.until.ms, until.ms);
}

static void uplink_knows_an_old_copy_by_the_high_water_mark(void)
{
    welcome(say_hello(3, 3), 1, 4, false);
    CU_ASSERT_EQUAL(u.state, UPLINK_MUTE);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_MUTED)->mute, UPLINK_OLD_COPY);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_FETCH)); /* it reads on */
    look(9, 3, 0);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
}

static void uplink_speaks_again_when_a_high_water_mark_beyond_its_own_was_not_true(void)
{
    welcome(say_hello(3, 3), 1, UINT64_MAX, false);
    CU_ASSERT_EQUAL(u.mute, UPLINK_OLD_COPY);
    step_kind(UPLINK_EV_LOST);
    now = u.until;
    step_kind(UPLINK_EV_TICK);
    step_kind(UPLINK_EV_CONNECTED);
    welcome(id_of(UPLINK_ACT_HELLO), 1, 3, false);
    CU_ASSERT_EQUAL(u.mute, UPLINK_SPEAKS);
    CU_ASSERT_EQUAL(u.state, UPLINK_READY);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_UNMUTED));
}

static void uplink_accuses_a_broker_that_has_less_than_it_acknowledged(void)
{
    welcome(say_hello(3, 3), 1, 2, false);
    CU_ASSERT_EQUAL(u.state, UPLINK_WAIT);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_ALARM)->lie, UPLINK_LOST_ACKNOWLEDGED);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_CLOSE));
}

static void uplink_rewinds_when_asked_to_come_again(void)
{
    welcome(say_hello(20, 0), 1, 0, false);
    const uint64_t first = id_of(UPLINK_ACT_SUBMIT);
    pack(first, 10);
    const uint64_t second = id_of(UPLINK_ACT_SUBMIT);
    pack(second, 20);
    answer(first, 4, REFUSAL_RATE, 0);
    CU_ASSERT_EQUAL(u.sent, 4);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
    const struct mono after = u.submit_after;
    answer(second, 4, REFUSAL_RATE, 0); /* what the second says is old news */
    CU_ASSERT_EQUAL(u.sent, 4);
    CU_ASSERT_EQUAL(u.submit_after.ms, after.ms);
    now = u.submit_after;
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_SUBMIT)->from_seq, 5);
}

static void refuse_prev(uint64_t id, uint64_t delivered, uint64_t seq)
{
    const struct uplink_event event = {.kind = UPLINK_EV_ANSWERED,
                                       .u.answered = {.id = id,
                                                      .delivered = delivered,
                                                      .refusal = REFUSAL_PREV,
                                                      .refusal_class = REFUSAL_VOID,
                                                      .refused_seq = seq}};
    step(&event);
}

/* A copy of the folder has delivered another statement 3: the frame with ours was lost, 4 came. */
static void uplink_shows_the_statement_before_one_that_does_not_follow(void)
{
    welcome(say_hello(5, 2), 1, 3, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 3);
    const uint64_t second = id_of(UPLINK_ACT_SUBMIT);
    pack(second, 5);
    refuse_prev(second, 2, 4);
    CU_ASSERT_EQUAL(u.state, UPLINK_READY);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_MUTED));
    now = u.submit_after;
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL_FATAL(id_of(UPLINK_ACT_SUBMIT) != 0, true);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_SUBMIT)->from_seq, 3);
    const uint64_t again = id_of(UPLINK_ACT_SUBMIT);
    pack(again, 5);
    answer(again, 2, REFUSAL_FORK, 0);
    CU_ASSERT_EQUAL(u.mute, UPLINK_STOPPED);
}

/* The one before is delivered: nothing that could be shown would explain it. */
static void uplink_is_mute_when_the_next_statement_does_not_follow(void)
{
    welcome(say_hello(5, 2), 1, 2, false);
    const uint64_t id = id_of(UPLINK_ACT_SUBMIT);
    pack(id, 5);
    refuse_prev(id, 2, 3);
    CU_ASSERT_EQUAL(u.mute, UPLINK_VOID);
    CU_ASSERT_EQUAL(u.state, UPLINK_MUTE);
}

static void uplink_fills_a_gap_at_once_but_not_the_same_gap_again(void)
{
    welcome(say_hello(20, 2), 1, 2, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 20);
    answer(1000, 2, REFUSAL_GAP, 3); /* unknown id: nothing */
    CU_ASSERT_EQUAL(u.sent, 20);
    answer(u.submits[0].id, 2, REFUSAL_GAP, 3);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_SUBMIT)->from_seq, 3);
    pack(id_of(UPLINK_ACT_SUBMIT), 20);
    answer(u.submits[0].id, 2, REFUSAL_GAP, 3);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_SUBMIT));
    CU_ASSERT(uplink_idle_ms(&u, now, 600000) >= UPLINK_BACKOFF_MS_MIN);
}

static void uplink_takes_a_gap_beyond_its_own_for_an_old_copy_and_one_behind_for_a_lie(void)
{
    welcome(say_hello(5, 2), 1, 2, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 5);
    answer(u.submits[0].id, 2, REFUSAL_GAP, 7);
    CU_ASSERT_EQUAL(u.mute, UPLINK_OLD_COPY);
    welcome(say_hello(5, 2), 1, 2, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 5);
    answer(u.submits[0].id, 2, REFUSAL_GAP, 2);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_ALARM)->lie, UPLINK_LOST_ACKNOWLEDGED);
}

static void uplink_stops_at_stop_and_void_and_comes_back_from_stop_alone(void)
{
    static const struct {
        enum refusal refusal;
        enum uplink_mute mute;
        bool comes_back;
    } rows[] = {{REFUSAL_FROZEN, UPLINK_STOPPED, true},
                {REFUSAL_REVOKED, UPLINK_STOPPED, true},
                {REFUSAL_PREV, UPLINK_VOID, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        welcome(say_hello(5, 2), 1, 2, false);
        pack(id_of(UPLINK_ACT_SUBMIT), 5);
        answer(u.submits[0].id, 3, rows[i].refusal, 0);
        CU_ASSERT_EQUAL(u.state, UPLINK_MUTE);
        CU_ASSERT_EQUAL(action(UPLINK_ACT_MUTED)->mute, rows[i].mute);
        CU_ASSERT_EQUAL(action(UPLINK_ACT_MUTED)->from_seq, 4);
        step_kind(UPLINK_EV_LOST);
        now = u.until;
        step_kind(UPLINK_EV_TICK);
        step_kind(UPLINK_EV_CONNECTED);
        welcome(id_of(UPLINK_ACT_HELLO), 1, 3, false);
        CU_ASSERT_EQUAL(u.state, rows[i].comes_back ? UPLINK_READY : UPLINK_MUTE);
        CU_ASSERT_EQUAL(action(UPLINK_ACT_UNMUTED) != NULL, rows[i].comes_back);
    }
}

static void uplink_treats_a_refusal_it_does_not_know_as_again(void)
{
    welcome(say_hello(5, 2), 1, 2, false);
    pack(id_of(UPLINK_ACT_SUBMIT), 5);
    const struct uplink_event event = {.kind = UPLINK_EV_ANSWERED,
                                       .u.answered = {.id = u.submits[0].id,
                                                      .delivered = 2,
                                                      .refusal = (enum refusal)999,
                                                      .refusal_class = (enum refusal_class)77,
                                                      .refused_seq = 3}};
    step(&event);
    CU_ASSERT_EQUAL(u.state, UPLINK_READY);
    CU_ASSERT_EQUAL(u.sent, 2);
    CU_ASSERT(uplink_idle_ms(&u, now, 600000) >= UPLINK_BACKOFF_MS_MIN);
}

static void uplink_reads_to_the_head_then_parks_one_fetch(void)
{
    welcome(say_hello(0, 0), 1, 0, false);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_FETCH)->wait_ms, 0);
    entries(id_of(UPLINK_ACT_FETCH), false, false);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_FETCH)->wait_ms, 0);
    entries(id_of(UPLINK_ACT_FETCH), true, true);
    const uint32_t wait = action(UPLINK_ACT_FETCH)->wait_ms;
    CU_ASSERT(wait >= UPLINK_PARK_MS_MIN && wait <= UPLINK_PARK_MS_MAX);
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_FETCH));
    now = clock_after(now, wait); /* parked to its end: the next one goes at once */
    entries(u.fetch.id, true, true);
    CU_ASSERT_PTR_NOT_NULL(action(UPLINK_ACT_FETCH));
    entries(u.fetch.id, true, true); /* answered early with nothing: not again at once */
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_FETCH));
    CU_ASSERT_EQUAL(uplink_idle_ms(&u, now, 600000), UPLINK_IDLE_MS);
}

static void uplink_reads_at_once_for_somebody_who_waits(void)
{
    welcome(say_hello(0, 0), 1, 0, false);
    entries(id_of(UPLINK_ACT_FETCH), true, true);
    const uint64_t parked = id_of(UPLINK_ACT_FETCH);
    look(0, 0, 7);
    CU_ASSERT_EQUAL(action(UPLINK_ACT_FETCH)->wait_ms, 0);
    CU_ASSERT_EQUAL(u.sync_asked, 7);
    CU_ASSERT_EQUAL(uplink_awaits(&u, parked), UPLINK_AWAITS_ENTRIES);
    entries(parked, true, true); /* the broker lets the parked one go first */
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_FETCH));
    look(0, 0, 7);
    CU_ASSERT_PTR_NULL(action(UPLINK_ACT_FETCH));
    entries(u.fetch.id, true, true);
    CU_ASSERT(action(UPLINK_ACT_FETCH)->wait_ms > 0);
}

static void uplink_asks_again_whether_it_is_frozen(void)
{
    welcome(say_hello(1, 0), 1, 0, true);
    CU_ASSERT_EQUAL(u.state, UPLINK_MUTE);
    const struct mono start = now;
    while (u.state == UPLINK_MUTE && clock_between_ms(start, now) < 2 * UPLINK_FROZEN_MS) {
        entries(u.fetch.id, true, true);
        now = clock_after(now, 1000);
        step_kind(UPLINK_EV_TICK);
    }
    CU_ASSERT_EQUAL(clock_between_ms(start, now), UPLINK_FROZEN_MS);
}

/* The word that lifts it lies in the inbox: whatever comes there makes it ask at once. */
static void uplink_asks_at_once_when_something_comes_while_it_is_frozen(void)
{
    welcome(say_hello(1, 0), 1, 0, true);
    entries(u.fetch.id, false, true);
    step_kind(UPLINK_EV_TICK);
    CU_ASSERT_EQUAL(u.state, UPLINK_OPENING); /* a new line, whose Welcome will tell */
}

/* The pause grows with each refusal; what comes into the inbox may be the confirmation. */
static void uplink_sends_at_once_when_something_comes_while_it_is_unconfirmed(void)
{
    welcome(say_hello(1, 0), 1, 0, false);
    const uint64_t id = id_of(UPLINK_ACT_SUBMIT);
    pack(id, 1);
    answer(id, 0, REFUSAL_UNCONFIRMED, 0);
    CU_ASSERT_TRUE(u.unconfirmed);
    CU_ASSERT(clock_between_ms(now, u.submit_after) > 0);
    entries(u.fetch.id, false, true);
    CU_ASSERT_FALSE(u.unconfirmed);
    CU_ASSERT(id_of(UPLINK_ACT_SUBMIT) != 0);
}

static void uplink_tells_a_person_when_it_is_shut_out(void)
{
    (void)say_hello(0, 0);
    unsigned alarms = 0;
    for (int i = 0; i < 5; i++) {
        step_kind(UPLINK_EV_DENIED);
        alarms += action(UPLINK_ACT_ALARM) != NULL ? 1 : 0;
        now = u.until;
        step_kind(UPLINK_EV_TICK);
    }
    CU_ASSERT_EQUAL(alarms, 1);
}

static void uplink_table_allows_what_the_drawing_shows(void)
{
    static const bool allowed[UPLINK_STATE_COUNT][UPLINK_STATE_COUNT] = {
        [UPLINK_WAIT] = {[UPLINK_OPENING] = true},
        [UPLINK_OPENING] = {[UPLINK_HELLO] = true, [UPLINK_WAIT] = true},
        [UPLINK_HELLO] = {[UPLINK_READY] = true, [UPLINK_MUTE] = true, [UPLINK_WAIT] = true},
        [UPLINK_READY] = {[UPLINK_MUTE] = true, [UPLINK_WAIT] = true},
        [UPLINK_MUTE] = {[UPLINK_WAIT] = true},
    };
    for (unsigned from = 0; from < UPLINK_STATE_COUNT; from++) {
        for (unsigned to = 0; to < UPLINK_STATE_COUNT; to++) {
            CU_ASSERT_EQUAL(uplink_move_allowed((enum uplink_state)from, (enum uplink_state)to),
                            allowed[from][to]);
        }
    }
}

/* ---- Random events ---- */

static struct rng rng;

static uint64_t some_id(void)
{
    switch (rng_below(&rng, 8)) {
    case 0:
        return u.hello_id;
    case 1:
        return u.fetch.id;
    case 2:
        return u.fetch_before.id;
    case 3:
        return rng_below(&rng, u.next_id + 2);
    default:
        return u.submits[rng_below(&rng, WIRE_CREDIT)].id;
    }
}

static uint64_t around(uint64_t value)
{
    const uint64_t v = value + rng_below(&rng, 5);
    return v < 2 ? 0 : v - 2;
}

static struct uplink_event some_event(void)
{
    static const enum refusal refusals[] = {REFUSAL_OK,       REFUSAL_OK,  REFUSAL_OK,
                                            REFUSAL_RATE,     REFUSAL_GAP, REFUSAL_FROZEN,
                                            REFUSAL_SIGNATURE};
    struct uplink_event e = {.kind = (enum uplink_event_kind)rng_below(&rng, UPLINK_EV_COUNT)};
    const bool ends =
        e.kind == UPLINK_EV_LOST || e.kind == UPLINK_EV_DENIED || e.kind == UPLINK_EV_REPLACED;
    if (ends && rng_below(&rng, 20) != 0) {
        e.kind = UPLINK_EV_OUTBOX;
    }
    if (e.kind == UPLINK_EV_WELCOME) {
        e.u.welcome.id = rng_below(&rng, 2) == 0 ? u.hello_id : some_id();
        e.u.welcome.epoch = 1 + (rng_below(&rng, 50) == 0 ? 1 : 0);
        e.u.welcome.high_water = rng_below(&rng, 20) == 0 ? around(u.authored) : u.delivered;
        e.u.welcome.credit = (uint32_t)rng_below(&rng, 9);
        e.u.welcome.frozen = rng_below(&rng, 10) == 0;
    } else if (e.kind == UPLINK_EV_ANSWERED) {
        const enum refusal refusal = refusals[rng_below(&rng, 7)];
        e.u.answered.id = some_id();
        e.u.answered.delivered = u.delivered + rng_below(&rng, u.sent - u.delivered + 1);
        e.u.answered.refusal = refusal;
        e.u.answered.refusal_class = refusal_class(refusal);
        e.u.answered.refused_seq = e.u.answered.delivered + 1;
        e.u.answered.expected_seq = around(u.sent);
    } else if (e.kind == UPLINK_EV_ENTRIES) {
        e.u.entries.id = some_id();
        e.u.entries.empty = rng_below(&rng, 2) == 0;
        e.u.entries.caught_up = rng_below(&rng, 2) == 0;
    } else if (e.kind == UPLINK_EV_OUTBOX) {
        e.u.outbox.authored = u.authored + rng_below(&rng, 20);
        e.u.outbox.delivered = u.delivered;
        e.u.outbox.sync_wanted = u.sync_wanted + rng_below(&rng, 2);
    } else if (e.kind == UPLINK_EV_PACKED) {
        e.u.packed.id = rng_below(&rng, 2) == 0 ? u.packing_id : some_id();
        e.u.packed.last_seq = u.sent + rng_below(&rng, u.authored - u.sent + 1);
    }
    return e;
}

static bool invariants_hold(enum uplink_state before)
{
    unsigned out = 0;
    for (size_t i = 0; i < WIRE_CREDIT; i++) {
        out += u.submits[i].id != 0 ? 1 : 0;
    }
    bool good = out <= u.credit || u.credit < WIRE_CREDIT;
    good = good && u.delivered <= u.sent && u.sent <= u.authored;
    good = good &&
           (u.state == before || uplink_move_allowed(before, u.state) || u.state == UPLINK_MUTE);
    good = good && did.count <= UPLINK_ACTIONS_MAX;
    good = good && uplink_idle_ms(&u, now, 60000) >= 0;
    const bool connected = u.state == UPLINK_READY || u.state == UPLINK_MUTE;
    good = good && (connected || out == 0);
    good = good && (u.state != UPLINK_MUTE || action(UPLINK_ACT_SUBMIT) == NULL);
    return good && (action(UPLINK_ACT_SUBMIT) == NULL || u.mute == UPLINK_SPEAKS);
}

static void uplink_keeps_its_invariants_under_random_events(void)
{
    unsigned seen[UPLINK_STATE_COUNT] = {0};
    rng = rng_seeded(20261123);
    now = (struct mono){0};
    for (int life = 0; life < 500; life++) {
        uplink_init(&u, 1, UPLINK_SPEAKS, rng, now);
        for (int i = 0; i < 1000; i++) {
            const struct uplink_event e = some_event();
            const enum uplink_state before = u.state;
            now = clock_after(now, (int64_t)rng_below(&rng, 2000));
            step(&e);
            seen[u.state]++;
            if (!invariants_hold(before)) {
                CU_FAIL("an invariant does not hold");
                (void)fprintf(stderr, "life %d, event %d of kind %d\n", life, i, (int)e.kind);
                return;
            }
        }
    }
    for (size_t i = 0; i < UPLINK_STATE_COUNT; i++) {
        CU_ASSERT(seen[i] > 5000);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(uplink_sends_at_most_its_credit_and_one_more_for_each_answer),
        TEST_CASE(uplink_keeps_to_a_smaller_credit),
        TEST_CASE(uplink_begins_again_from_the_delivered_mark_on_a_new_line),
        TEST_CASE(uplink_gives_up_a_line_that_does_not_answer),
        TEST_CASE(uplink_offers_on_a_line_that_is_never_welcomed),
        TEST_CASE(uplink_waits_longer_each_time_up_to_five_minutes),
        TEST_CASE(uplink_tries_at_once_for_somebody_who_waits),
        TEST_CASE(uplink_speaks_again_when_a_high_water_mark_beyond_its_own_was_not_true),
        TEST_CASE(uplink_knows_an_old_copy_by_the_high_water_mark),
        TEST_CASE(uplink_accuses_a_broker_that_has_less_than_it_acknowledged),
        TEST_CASE(uplink_rewinds_when_asked_to_come_again),
        TEST_CASE(uplink_shows_the_statement_before_one_that_does_not_follow),
        TEST_CASE(uplink_is_mute_when_the_next_statement_does_not_follow),
        TEST_CASE(uplink_fills_a_gap_at_once_but_not_the_same_gap_again),
        TEST_CASE(uplink_takes_a_gap_beyond_its_own_for_an_old_copy_and_one_behind_for_a_lie),
        TEST_CASE(uplink_stops_at_stop_and_void_and_comes_back_from_stop_alone),
        TEST_CASE(uplink_treats_a_refusal_it_does_not_know_as_again),
        TEST_CASE(uplink_reads_to_the_head_then_parks_one_fetch),
        TEST_CASE(uplink_reads_at_once_for_somebody_who_waits),
        TEST_CASE(uplink_asks_again_whether_it_is_frozen),
        TEST_CASE(uplink_asks_at_once_when_something_comes_while_it_is_frozen),
        TEST_CASE(uplink_sends_at_once_when_something_comes_while_it_is_unconfirmed),
        TEST_CASE(uplink_tells_a_person_when_it_is_shut_out),
        TEST_CASE(uplink_table_allows_what_the_drawing_shows),
        TEST_CASE(uplink_keeps_its_invariants_under_random_events),
        {NULL, NULL}};
    return test_main("uplink", cases, argc, argv);
}
