/* Goal: a connection costs no more than its share and is good for as long as its key is the
 * party's: what is above its credit is told so, what it parked ends with it, who does not read is
 * forgotten. Method: the desk with a real log (world.h); every head that comes is checked as a
 * witness would.
 */
#include "world.h"

static struct world w;
static struct actor ward;
static struct actor office;
static struct line line;
static struct line office_line;

static void start(void)
{
    world_start(&w, 0, 0);
    memset(&ward, 0, sizeof(ward));
    memset(&office, 0, sizeof(office));
    world_enrol(&w, &office, "office", WIRE_ROLE_OFFICE);
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_join(&w, &line, &ward);
    world_join(&w, &office_line, &office);
}

static uint64_t office_says(uint32_t kind, const char *to)
{
    struct buf statement;
    uint8_t signature[64];
    uint64_t index = 0;
    world_write(&w, &office, kind, to, (struct bytes){(const uint8_t *)"word", 4}, &statement,
                signature);
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, &index), 0);
    buf_fini(&statement);
    return index;
}

/* ---- Connections that end ---- */

static void a_newer_key_ends_what_the_old_connection_may_do(void)
{
    struct buf statement;
    uint8_t signature[64];
    struct line fresh;
    start();
    struct actor old = ward;
    uint64_t parked = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 50000);
    world_turn(&w);
    world_invite(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_enrol_statement(&w, &ward, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
    buf_fini(&statement);
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, id), WIRE_ERROR_REPLACED);
    (void)office_says(17, "*");
    CU_ASSERT_EQUAL(world_error(&w, &line, parked), WIRE_ERROR_REPLACED);
    char user[SESSION_USER_MAX + 1];
    CU_ASSERT_FALSE(desk_admit(w.desk, old.curve, w.now.wall_ms, user));
    world_join(&w, &fresh, &ward);
    world_write(&w, &old, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &fresh, &statement, signature, NULL), REFUSAL_OLD_EPOCH);
    buf_fini(&statement);
    world_end(&w);
}

/* An auditor reads everything; his connection ends with his key, what it parked too: neither what
 * comes later nor a second Fetch in the very turn that replaces the key gives it one leaf more. */
static void a_parked_fetch_of_the_log_ends_with_its_key(void)
{
    for (int second = 0; second < 2; second++) {
        struct actor auditor = {0};
        struct line audit;
        struct buf statement;
        uint8_t signature[64];
        start();
        world_enrol(&w, &auditor, "T1", WIRE_ROLE_AUDITOR);
        world_join(&w, &audit, &auditor);
        world_invite(&w, &auditor, "T1", WIRE_ROLE_AUDITOR);
        uint64_t parked = world_fetch(&w, &audit, WIRE_SCOPE_LOG, world_size(&w), 50000);
        world_turn(&w);
        CU_ASSERT_EQUAL(desk_parked_count(w.desk), 1);
        world_enrol_statement(&w, &auditor, &statement, signature);
        uint64_t next =
            second ? world_fetch(&w, &audit, WIRE_SCOPE_INBOX, world_size(&w), 50000) : 0;
        CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
        CU_ASSERT_EQUAL(world_error(&w, &audit, parked), WIRE_ERROR_REPLACED);
        (void)office_says(17, "*");
        CU_ASSERT_EQUAL(world_error(&w, &audit, next), second ? WIRE_ERROR_REPLACED : 0);
        CU_ASSERT_EQUAL(desk_parked_count(w.desk), 0);
        buf_fini(&statement);
        world_end(&w);
    }
}

/* ---- Credit ---- */

static uint64_t ask_proof(struct line *l)
{
    struct wire_to_broker p = {.kind = WIRE_PROVE};
    p.u.prove.kind = WIRE_PROVE_INCLUSION;
    p.u.prove.a = 0;
    p.u.prove.b = 1;
    return world_send(&w, l, &p);
}

static bool is_proved(struct line *l, uint64_t id)
{
    struct wire_from_broker *m = world_answer(&w, l, id);
    const bool proved = m != NULL && m->kind == WIRE_PROOF;
    wire_from_broker_destroy(&m);
    return proved;
}

static uint64_t ask_now(struct line *l)
{
    const uint64_t id = ask_proof(l);
    world_turn(&w);
    return id;
}

static void requests_above_the_credit_are_busy_whatever_they_are(void)
{
    uint64_t ids[20];
    start();
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < 20; i++) {
            ids[i] = ask_proof(&line);
        }
        const uint64_t others = ask_proof(&office_line); /* has a credit of its own */
        const uint64_t hello = world_hello(&w, &line, "");
        const uint64_t after = ask_proof(&line); /* Hello gives none anew */
        world_turn(&w);
        for (size_t i = 0; i < 20; i++) {
            if (i < WIRE_ASKS_MAX) {
                CU_ASSERT(is_proved(&line, ids[i]));
            } else {
                CU_ASSERT_EQUAL(world_error(&w, &line, ids[i]), WIRE_ERROR_BUSY);
            }
        }
        CU_ASSERT(is_proved(&office_line, others));
        CU_ASSERT_EQUAL(world_error(&w, &line, hello), WIRE_ERROR_BUSY);
        CU_ASSERT_EQUAL(world_error(&w, &line, after), WIRE_ERROR_BUSY);
    }
    CU_ASSERT_EQUAL(desk_counts(w.desk).errors[WIRE_ERROR_BUSY], 2 * (20 - WIRE_ASKS_MAX + 2));
    world_end(&w);
}

static void hello_again_answers_what_is_parked(void)
{
    start();
    const struct note_head before = line.head;
    uint64_t parked = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 50000);
    world_turn(&w);
    (void)office_says(23, ""); /* the log has grown meanwhile, with nothing for the ward */
    uint64_t hello = world_hello(&w, &line, "");
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, parked); /* proved from the head it had */
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->kind, WIRE_ENTRIES);
    CU_ASSERT_EQUAL(m->u.entries.count, 0);
    CU_ASSERT_EQUAL(m->head.from_size, before.size);
    wire_from_broker_destroy(&m);
    line.head = (struct note_head){0}; /* as shown */
    m = world_answer(&w, &line, hello);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->kind, WIRE_WELCOME);
    wire_from_broker_destroy(&m);
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 0);
    CU_ASSERT_EQUAL(desk_session_count(w.desk), 2);
    world_end(&w);
}

static void an_error_that_is_not_read_ends_the_session_too(void)
{
    start();
    line.dead = true;
    (void)world_fetch(&w, &line, WIRE_SCOPE_INBOX, 1000, 0); /* range */
    world_turn(&w);
    CU_ASSERT_EQUAL(desk_session_count(w.desk), 1);
    line.dead = false;
    uint64_t id = ask_proof(&line);
    CU_ASSERT_EQUAL(world_error(&w, &line, id), WIRE_ERROR_HELLO_FIRST);
    world_end(&w);
}

static void a_peer_that_does_not_read_is_forgotten(void)
{
    start();
    line.dead = true;
    (void)world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    (void)world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 50000);
    world_turn(&w);
    CU_ASSERT_EQUAL(desk_session_count(w.desk), 1); /* the office's */
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 0);
    CU_ASSERT_EQUAL(desk_counts(w.desk).unsent, 1);
    line.dead = false;
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    CU_ASSERT_EQUAL(world_error(&w, &line, id), WIRE_ERROR_HELLO_FIRST);
    world_end(&w);
}

static void the_table_of_sessions_is_bounded_and_the_silent_one_goes(void)
{
    static struct line lines[12];
    world_start(&w, 10, 4);
    memset(&ward, 0, sizeof(ward));
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    for (size_t i = 0; i < 10; i++) {
        world_join(&w, &lines[i], &ward);
        (void)world_fetch(&w, &lines[i], WIRE_SCOPE_INBOX, 0, 50000);
        world_turn(&w);
    }
    CU_ASSERT_EQUAL(desk_session_count(w.desk), 10);
    uint64_t id = world_fetch(&w, &lines[0], WIRE_SCOPE_INBOX, 0, 50000); /* 0 is heard again */
    world_turn(&w);
    world_join(&w, &lines[10], &ward);
    world_join(&w, &lines[11], &ward);
    CU_ASSERT_EQUAL(desk_session_count(w.desk), 10);
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 8);
    CU_ASSERT_PTR_NULL(world_answer(&w, &lines[0], id)); /* still parked */
    for (size_t i = 1; i <= 2; i++) {
        id = world_fetch(&w, &lines[i], WIRE_SCOPE_INBOX, 0, 0);
        CU_ASSERT_EQUAL(world_error(&w, &lines[i], id), WIRE_ERROR_HELLO_FIRST);
    }
    id = world_fetch(&w, &lines[3], WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &lines[3], id), 0);
    world_end(&w);
}

/* What one key can take from the others: a quota over all its connections, and so many of them. */
static void a_key_has_no_more_connections_than_its_share(void)
{
    static struct line lines[SESSION_USER_COUNT_MAX + 2];
    start(); /* `line` is the ward's first */
    uint64_t parked = world_fetch(&w, &office_line, WIRE_SCOPE_INBOX, 0, 50000);
    world_turn(&w);
    for (size_t i = 0; i < SESSION_USER_COUNT_MAX - 1; i++) {
        world_join(&w, &lines[i], &ward);
    }
    CU_ASSERT_EQUAL(desk_session_count(w.desk), SESSION_USER_COUNT_MAX + 1);
    CU_ASSERT(is_proved(&line, ask_now(&line))); /* the eldest, but not the silent one */
    world_join(&w, &lines[SESSION_USER_COUNT_MAX - 1], &ward);
    CU_ASSERT_EQUAL(desk_session_count(w.desk), SESSION_USER_COUNT_MAX + 1);
    CU_ASSERT_EQUAL(desk_counts(w.desk).crowded_out, 1);
    CU_ASSERT_EQUAL(world_error(&w, &lines[0], ask_now(&lines[0])), WIRE_ERROR_HELLO_FIRST);
    CU_ASSERT(is_proved(&line, ask_now(&line)));
    CU_ASSERT(is_proved(&lines[1], ask_now(&lines[1])));
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 1); /* others keep theirs */
    CU_ASSERT_PTR_NULL(world_answer(&w, &office_line, parked));
    world_end(&w);
}

static void a_quota_is_the_keys_over_all_its_connections(void)
{
    static struct line second;
    struct quota_account most[2];
    struct buf statement;
    uint8_t signature[64];
    start();
    world_use_quota(&w, 1, 0);
    world_join(&w, &line, &ward);
    world_join(&w, &second, &ward);
    world_join(&w, &office_line, &office);
    world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    const struct mono now = w.now.mono;
    for (unsigned i = 0; i < QUOTA_BURST_S; i++) { /* duplicates cost as much */
        w.now.mono = now;
        CU_ASSERT_EQUAL_FATAL(
            world_try(&w, i % 2 == 0 ? &line : &second, &statement, signature, NULL), 0);
    }
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), REFUSAL_QUOTA);
    CU_ASSERT_EQUAL(world_try(&w, &second, &statement, signature, NULL), REFUSAL_QUOTA);
    CU_ASSERT(is_proved(&line, ask_now(&line))); /* may still read */
    (void)office_says(17, "*");
    CU_ASSERT_EQUAL(desk_counts(w.desk).refusals[REFUSAL_QUOTA], 2);
    CU_ASSERT_EQUAL_FATAL(desk_most_refused(w.desk, most, 2), 1);
    CU_ASSERT_STRING_EQUAL(most[0].user, "P1/1");
    CU_ASSERT_EQUAL(most[0].refused, 2);
    w.now.mono.ms += 1000;
    CU_ASSERT_EQUAL(world_try(&w, &second, &statement, signature, NULL), 0);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), REFUSAL_QUOTA);
    buf_fini(&statement);
    world_end(&w);
}

/* Evidence is bounded by what is kept of it; its bytes are no statements, and weigh less. */
static void evidence_weighs_a_sixtyfourth(void)
{
    static const uint8_t bytes[49152];
    struct wire_to_broker put = {.kind = WIRE_PUT};
    unsigned taken = 0;
    start();
    world_use_quota(&w, 1, 1);
    world_join(&w, &line, &ward);
    put.u.put.size = sizeof(bytes);
    put.u.put.bytes = (struct bytes){bytes, sizeof(bytes)};
    const struct mono now = w.now.mono;
    for (uint32_t error = 0; error != WIRE_ERROR_BUSY && taken < 10000; taken++) {
        const uint64_t number = world_send(&w, &line, &put);
        world_turn(&w);
        w.now.mono = now;
        error = world_error(&w, &line, number); /* else forbidden: none is kept here */
    }
    /* 768 each, what the frame adds is less than another 64 */
    CU_ASSERT_EQUAL(taken - 1, 1024 * QUOTA_BURST_S / 768);
    world_end(&w);
}

/* The old key's connections are still there when the party has enrolled anew. */
static void an_old_key_uses_up_nothing_of_the_new_ones(void)
{
    static struct line lines[SESSION_USER_COUNT_MAX], fresh;
    struct buf statement;
    uint8_t signature[64];
    start();
    world_use_quota(&w, 1, 0);
    world_join(&w, &office_line, &office);
    const struct actor thief = ward;
    world_invite(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_enrol_statement(&w, &ward, &statement, signature);
    for (size_t i = 0; i < SESSION_USER_COUNT_MAX; i++) {
        world_join(&w, &lines[i], &thief);
    }
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
    world_join(&w, &fresh, &ward);
    const struct mono now = w.now.mono;
    uint32_t error = 0;
    for (unsigned i = 0; i <= QUOTA_REQUESTS_MAX * QUOTA_REQUESTS_BURST_S; i++) {
        w.now.mono = now;
        error = world_error(&w, &lines[i % SESSION_USER_COUNT_MAX],
                            ask_now(&lines[i % SESSION_USER_COUNT_MAX]));
    }
    CU_ASSERT_EQUAL(error, WIRE_ERROR_BUSY);
    w.now.mono = now;
    CU_ASSERT(is_proved(&fresh, ask_now(&fresh)));
    CU_ASSERT_EQUAL(desk_counts(w.desk).crowded_out, 0);
    buf_fini(&statement);
    world_end(&w);
}

static void rotating_fills_no_bucket_and_ends_after_four(void)
{
    static struct line lines[QUOTA_ROTATED_MAX + 1];
    struct buf statement;
    uint8_t signature[64];
    unsigned taken = 0;
    start();
    world_use_quota(&w, 1, 0);
    world_join(&w, &office_line, &office);
    world_join(&w, &lines[0], &ward);
    const struct mono now = w.now.mono;
    for (unsigned i = 0; i <= QUOTA_ROTATED_MAX; i++) {
        int refusal = 0;
        world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement,
                    signature);
        while (refusal == 0) {
            w.now.mono = now;
            refusal = world_try(&w, &lines[i], &statement, signature, NULL);
            taken += refusal == 0;
        }
        CU_ASSERT_EQUAL(refusal, REFUSAL_QUOTA);
        buf_fini(&statement);
        if (i == QUOTA_ROTATED_MAX) {
            break;
        }
        world_rotate_statement(&w, &ward, &statement, signature);
        CU_ASSERT_EQUAL_FATAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
        buf_fini(&statement);
        w.now.mono = now;
        world_join(&w, &lines[i + 1], &ward);
    }
    CU_ASSERT_EQUAL(taken, QUOTA_BURST_S);
    world_rotate_statement(&w, &ward, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, NULL), REFUSAL_QUOTA);
    w.now.mono.ms += QUOTA_ROTATED_MS;
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
    buf_fini(&statement);
    world_end(&w);
}

/* Two units at their full rate are answered as fast as they write. */
static void the_office_answers_as_much_as_all_units_write(void)
{
    struct buf statement;
    uint8_t signature[64];
    start();
    world_use_quota(&w, 1, 1);
    world_join(&w, &office_line, &office);
    const struct mono now = w.now.mono;
    world_write(&w, &office, 17, "*", (struct bytes){(const uint8_t *)"x", 1}, &statement,
                signature);
    for (unsigned i = 0; i < 2 * QUOTA_BURST_S; i++) {
        w.now.mono = now;
        CU_ASSERT_EQUAL_FATAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
    }
    buf_fini(&statement);
    world_end(&w);
}

static unsigned closed_lines;

static void note_closed(void *context, const struct session_peer *peer, enum desk_line what)
{
    (void)context;
    (void)peer;
    closed_lines += what == DESK_LINE_CROWDED_OUT;
}

static void what_is_no_request_costs_its_key_as_much(void)
{
    static uint8_t junk[60000];
    static struct line silent;
    struct quota_account most[2];
    memset(junk, 0xff, sizeof(junk));
    start();
    w.line_fn = note_closed;
    world_use_quota(&w, 1, 1);
    world_join(&w, &line, &ward);
    world_connect_as(&w, &silent, &ward);
    const struct mono now = w.now.mono;
    closed_lines = 0;
    unsigned sent = 0;
    for (; closed_lines == 0 && sent < 100; sent++) {
        world_send_bytes(&w, sent % 2 == 0 ? &line : &silent, junk, sizeof(junk));
        world_turn(&w);
        w.now.mono = now;
    }
    CU_ASSERT_EQUAL(sent, 1024 * QUOTA_BURST_S / sizeof(junk) + 1);
    CU_ASSERT_EQUAL(desk_counts(w.desk).errors[WIRE_ERROR_MALFORMED], sent);
    CU_ASSERT_EQUAL_FATAL(desk_most_refused(w.desk, most, 2), 1);
    CU_ASSERT_STRING_EQUAL(most[0].user, "P1/1");
    CU_ASSERT_EQUAL(most[0].refused, sent);
    /* Nor are requests of one that never said Hello. */
    for (unsigned i = 0; closed_lines == 1 && i < 1000; i++) {
        const uint64_t id = world_fetch(&w, &silent, WIRE_SCOPE_INBOX, 0, 0);
        const uint32_t error = world_error(&w, &silent, id);
        CU_ASSERT(error == WIRE_ERROR_HELLO_FIRST || closed_lines > 1);
        sent++;
    }
    CU_ASSERT_EQUAL(closed_lines, 2);
    CU_ASSERT_EQUAL(desk_most_refused(w.desk, most, 2), 1);
    CU_ASSERT_EQUAL(most[0].refused, sent);
    world_join(&w, &office_line, &office);
    world_end(&w);
}

static void requests_above_the_quota_are_busy(void)
{
    unsigned busy = 0;
    start();
    world_use_quota(&w, 1, 0);
    const struct mono now = w.now.mono;
    world_join(&w, &line, &ward);
    for (unsigned i = 0; i < QUOTA_REQUESTS_MAX * QUOTA_REQUESTS_BURST_S; i++) {
        w.now.mono = now;
        busy += world_error(&w, &line, ask_now(&line)) == WIRE_ERROR_BUSY;
    }
    CU_ASSERT_EQUAL(busy, 1); /* the Hello was one */
    w.now.mono.ms += 1;
    CU_ASSERT(is_proved(&line, ask_now(&line)));
    world_end(&w);
}

static const struct test_case cases[] = {
    TEST_CASE(a_newer_key_ends_what_the_old_connection_may_do),
    TEST_CASE(a_parked_fetch_of_the_log_ends_with_its_key),
    TEST_CASE(requests_above_the_credit_are_busy_whatever_they_are),
    TEST_CASE(hello_again_answers_what_is_parked),
    TEST_CASE(an_error_that_is_not_read_ends_the_session_too),
    TEST_CASE(a_peer_that_does_not_read_is_forgotten),
    TEST_CASE(the_table_of_sessions_is_bounded_and_the_silent_one_goes),
    TEST_CASE(a_key_has_no_more_connections_than_its_share),
    TEST_CASE(a_quota_is_the_keys_over_all_its_connections),
    TEST_CASE(evidence_weighs_a_sixtyfourth),
    TEST_CASE(an_old_key_uses_up_nothing_of_the_new_ones),
    TEST_CASE(rotating_fills_no_bucket_and_ends_after_four),
    TEST_CASE(the_office_answers_as_much_as_all_units_write),
    TEST_CASE(what_is_no_request_costs_its_key_as_much),
    TEST_CASE(requests_above_the_quota_are_busy),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("desk_session", cases, argc, argv);
}
