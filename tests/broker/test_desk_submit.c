/* Goal: what a party may say is logged once and proved; everything else is refused with its number,
 * counted, and harms nobody else.
 * Method: the desk with a real log and properly signing parties (world.h); one fault in each case.
 */
#include "base/bytes.h"
#include "world.h"

static struct world w;
static struct actor ward;
static struct line line;

static void start(void)
{
    world_start(&w, 0, 0);
    memset(&ward, 0, sizeof(ward));
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_join(&w, &line, &ward);
}

/* After whatever happened, an honest statement of another party is still taken. */
static void still_works(const char *code)
{
    struct actor other = {0};
    struct line other_line;
    struct buf statement;
    uint8_t signature[64];
    uint64_t index = 0;
    world_enrol(&w, &other, code, WIRE_ROLE_WARD);
    world_join(&w, &other_line, &other);
    world_write(&w, &other, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &other_line, &statement, signature, &index), 0);
    CU_ASSERT_EQUAL(index + 1, world_size(&w));
    buf_fini(&statement);
    other_line.dead = true; /* it leaves */
    w.line_count--;
}

static void next(struct buf *statement, uint8_t signature[64])
{
    world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"report", 6}, statement,
                signature);
}

static void a_statement_is_logged_once_and_proved(void)
{
    struct buf statement;
    uint8_t signature[64];
    uint64_t first = 0;
    uint64_t again = 0;
    start();
    next(&statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, &first), 0);
    uint64_t size = world_size(&w);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, &again), 0);
    CU_ASSERT_EQUAL(first, again);
    CU_ASSERT_EQUAL(world_size(&w), size);
    CU_ASSERT_EQUAL(desk_counts(w.desk).accepted, 1);
    CU_ASSERT_EQUAL(desk_counts(w.desk).duplicates, 1);
    buf_fini(&statement);
    world_end(&w);
}

static void what_comes_behind_the_check_shares_the_commit(void)
{
    struct buf statements[2];
    uint8_t signatures[2][64];
    start();
    next(&statements[0], signatures[0]);
    next(&statements[1], signatures[1]);
    const uint64_t size = world_size(&w);
    const uint64_t commits = desk_counts(w.desk).commits;
    uint64_t ids[2];
    ids[0] = world_submit(&w, &line, &statements[0], signatures[0]);
    CU_ASSERT_EQUAL_FATAL(desk_check(w.desk), NG_OK);
    CU_ASSERT_EQUAL(world_size(&w), size); /* nothing is logged before the turn */
    ids[1] = world_submit(&w, &line, &statements[1], signatures[1]);
    CU_ASSERT_EQUAL_FATAL(desk_check(w.desk), NG_OK);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_size(&w), size + 2);
    CU_ASSERT_EQUAL(desk_counts(w.desk).commits, commits + 1);
    CU_ASSERT_EQUAL(desk_counts(w.desk).accepted, 2);
    for (size_t i = 0; i < 2; i++) {
        struct wire_from_broker *m = world_answer(&w, &line, ids[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT(m->u.submitted.count == 1 && m->u.submitted.answers[0].accepted);
        CU_ASSERT_EQUAL(m->u.submitted.answers[0].index, size + i);
        wire_from_broker_destroy(&m);
        buf_fini(&statements[i]);
    }
    world_end(&w);
}

static void a_full_submit_of_largest_and_smallest_is_answered_in_one_frame(void)
{
    static uint8_t payload[STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE];
    struct buf statements[WIRE_STATEMENTS_MAX];
    uint8_t signatures[WIRE_STATEMENTS_MAX][64];
    struct wire_signed items[WIRE_STATEMENTS_MAX];
    struct wire_to_broker m = {.kind = WIRE_SUBMIT};
    start();
    for (size_t i = 0; i < WIRE_STATEMENTS_MAX; i++) {
        next(&statements[i], signatures[i]);
        items[i] = (struct wire_signed){buf_bytes(&statements[i]), {signatures[i], 64}};
    }
    m.u.submit.statements = items;
    m.u.submit.count = WIRE_STATEMENTS_MAX;
    uint64_t id = world_send(&w, &line, &m);
    world_turn(&w);
    struct wire_from_broker *answer = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_EQUAL_FATAL(answer->u.submitted.count, WIRE_STATEMENTS_MAX);
    for (size_t i = 0; i < WIRE_STATEMENTS_MAX; i++) {
        CU_ASSERT_TRUE(answer->u.submitted.answers[i].accepted);
        CU_ASSERT_EQUAL(answer->u.submitted.answers[i].seq, i + 2);
        buf_fini(&statements[i]);
    }
    wire_from_broker_destroy(&answer);
    struct buf largest;
    uint8_t signature[64];
    world_write(&w, &ward, 16, "", (struct bytes){payload, sizeof(payload)}, &largest, signature);
    CU_ASSERT_EQUAL(largest.size, STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL(world_try(&w, &line, &largest, signature, NULL), 0);
    buf_fini(&largest);
    world_end(&w);
}

/* Each of these changes one thing in a good statement, signs it anew, and names the refusal. */
struct change {
    size_t offset;
    const char *bytes;
    size_t size;
    enum refusal refusal;
};

static void each_wrong_header_is_refused_by_name(void)
{
    static const struct change changes[] = {
        {0, "nganam/report/02", 16, REFUSAL_DOMAIN},
        {16, "another log here", 16, REFUSAL_LOG},
        {32, "P2\0\0", 4, REFUSAL_AUTHOR},
        {32, "P1 x", 4, REFUSAL_DOMAIN},  /* no party code */
        {32, "P1\0x", 4, REFUSAL_DOMAIN}, /* dirty padding */
        {32, "log\0", 4, REFUSAL_AUTHOR}, /* speaks for itself */
        {48, "P1\0\0", 4, REFUSAL_TO},    /* a ward addresses nobody */
        {48, "*\0\0\0", 4, REFUSAL_TO},
        {64, "\0\0\0\2", 4, REFUSAL_EPOCH},
        {64, "\0\0\0\0", 4, REFUSAL_EPOCH},
        {68, "\0\0\0\1", 4, REFUSAL_KIND},   /* genesis */
        {68, "\0\0\0\2", 4, REFUSAL_KIND},   /* invite */
        {68, "\0\0\0\4", 4, REFUSAL_KIND},   /* fork */
        {68, "\0\0\0\x11", 4, REFUSAL_KIND}, /* units */
        {68, "\xff\xff\xff\xff", 4, REFUSAL_KIND},
        {72, "\0\0\0\0\0\0\0\x09", 8, REFUSAL_GAP},
        {72, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, REFUSAL_GAP},
        {72, "\0\0\0\0\0\0\0\0", 8, REFUSAL_PREV},
        {128, "\1", 1, REFUSAL_PREV},
    };
    start();
    struct buf good;
    uint8_t signature[64];
    next(&good, signature);
    uint64_t size = world_size(&w);
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct buf changed = BUF_INIT(STATEMENT_SIZE_MAX);
        CU_ASSERT_EQUAL(buf_add(&changed, good.data, good.size), NG_OK);
        memcpy(changed.data + changes[i].offset, changes[i].bytes, changes[i].size);
        uint8_t own[64];
        key_sign(&ward.key, buf_bytes(&changed), own);
        uint64_t before = desk_counts(w.desk).refusals[changes[i].refusal];
        int code = world_try(&w, &line, &changed, own, NULL);
        CU_ASSERT_EQUAL(code, (int)changes[i].refusal);
        CU_ASSERT_EQUAL(desk_counts(w.desk).refusals[changes[i].refusal], before + 1);
        buf_fini(&changed);
    }
    CU_ASSERT_EQUAL(world_size(&w), size);
    CU_ASSERT_EQUAL(world_try(&w, &line, &good, signature, NULL), 0);
    still_works("P9");
    buf_fini(&good);
    world_end(&w);
}

static void wrong_sizes_and_signatures_are_refused_by_name(void)
{
    static uint8_t bytes[STATEMENT_SIZE_MAX + 200];
    struct buf good;
    uint8_t signature[64];
    start();
    next(&good, signature);
    memcpy(bytes, good.data, good.size);
    const struct {
        size_t size, signature_size;
        enum refusal refusal;
    } cases[] = {
        {0, 64, REFUSAL_DOMAIN},
        {159, 64, REFUSAL_DOMAIN},
        {STATEMENT_SIZE_MAX + 1, 64, REFUSAL_SIZE},
        {good.size, 63, REFUSAL_SIGNATURE},
        {good.size, 0, REFUSAL_SIGNATURE},
        {good.size - 1, 64, REFUSAL_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct wire_signed one = {{bytes, cases[i].size},
                                        {signature, cases[i].signature_size}};
        struct wire_to_broker m = {.kind = WIRE_SUBMIT};
        m.u.submit.statements = &one;
        m.u.submit.count = 1;
        uint64_t id = world_send(&w, &line, &m);
        world_turn(&w);
        struct wire_from_broker *answer = world_answer(&w, &line, id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
        uint32_t code = answer->u.submitted.answers[0].refusal_code;
        bool fits = code == (uint32_t)cases[i].refusal ||
                    (cases[i].refusal == REFUSAL_DOMAIN && code == REFUSAL_SIZE);
        CU_ASSERT_TRUE(fits);
        wire_from_broker_destroy(&answer);
    }
    signature[7] ^= 1;
    CU_ASSERT_EQUAL(world_try(&w, &line, &good, signature, NULL), REFUSAL_SIGNATURE);
    signature[7] ^= 1;
    CU_ASSERT_EQUAL(world_try(&w, &line, &good, signature, NULL), 0);
    buf_fini(&good);
    world_end(&w);
}

static void no_party_writes_under_anothers_name_but_may_carry_its_words(void)
{
    struct actor other = {0};
    struct line other_line;
    struct buf statement;
    uint8_t signature[64];
    uint8_t forged[64];
    start();
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    world_join(&w, &other_line, &other);
    next(&statement, signature);
    key_sign(&other.key, buf_bytes(&statement), forged);
    CU_ASSERT_EQUAL(world_try(&w, &other_line, &statement, forged, NULL), REFUSAL_SIGNATURE);
    CU_ASSERT_EQUAL(world_try(&w, &other_line, &statement, signature, NULL), 0);
    buf_fini(&statement);
    world_end(&w);
}

static void a_gap_names_the_number_that_is_expected(void)
{
    struct buf first;
    struct buf second;
    uint8_t signature1[64];
    uint8_t signature2[64];
    start();
    next(&first, signature1);
    next(&second, signature2);
    uint64_t id = world_submit(&w, &line, &second, signature2);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->u.submitted.answers[0].refusal_code, REFUSAL_GAP);
    CU_ASSERT_EQUAL(m->u.submitted.answers[0].refusal_class, REFUSAL_AGAIN);
    CU_ASSERT_EQUAL(m->u.submitted.answers[0].expected_seq, 2);
    CU_ASSERT_EQUAL(m->u.submitted.answers[0].seq, 3);
    wire_from_broker_destroy(&m);
    CU_ASSERT_EQUAL(world_try(&w, &line, &first, signature1, NULL), 0);
    CU_ASSERT_EQUAL(world_try(&w, &line, &second, signature2, NULL), 0);
    buf_fini(&first);
    buf_fini(&second);
    world_end(&w);
}

static void a_fork_is_logged_once_and_freezes_the_key_only(void)
{
    struct buf one;
    struct buf other;
    struct buf after;
    uint8_t signature1[64];
    uint8_t signature2[64];
    uint8_t signature3[64];
    start();
    struct actor twin = ward;
    next(&one, signature1);
    world_write(&w, &twin, 16, "", (struct bytes){(const uint8_t *)"other", 5}, &other, signature2);
    CU_ASSERT_EQUAL(world_try(&w, &line, &one, signature1, NULL), 0);
    uint64_t size = world_size(&w);
    CU_ASSERT_EQUAL(world_try(&w, &line, &other, signature2, NULL), REFUSAL_FORK);
    CU_ASSERT_EQUAL(world_size(&w), size + 1);
    CU_ASSERT_EQUAL(world_try(&w, &line, &other, signature2, NULL), REFUSAL_FROZEN);
    next(&after, signature3);
    CU_ASSERT_EQUAL(world_try(&w, &line, &after, signature3, NULL), REFUSAL_FROZEN);
    CU_ASSERT_EQUAL(world_try(&w, &line, &one, signature1, NULL), 0); /* its receipt, still */
    CU_ASSERT_EQUAL(world_size(&w), size + 1);
    CU_ASSERT_EQUAL(desk_counts(w.desk).refusals[REFUSAL_FORK], 1);
    CU_ASSERT_EQUAL(desk_counts(w.desk).refusals[REFUSAL_FROZEN], 2);
    uint64_t id = world_hello(&w, &line, "");
    line.head.size = 0;
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_TRUE(m->u.welcome.frozen);
    wire_from_broker_destroy(&m);
    still_works("P9");
    buf_fini(&one);
    buf_fini(&other);
    buf_fini(&after);
    world_end(&w);
}

static void frames_above_the_credit_wait(void)
{
    struct buf statements[WIRE_CREDIT + 1];
    uint8_t signatures[WIRE_CREDIT + 1][64];
    uint64_t ids[WIRE_CREDIT + 1];
    start();
    for (size_t i = 0; i <= WIRE_CREDIT; i++) {
        next(&statements[i], signatures[i]);
        ids[i] = world_submit(&w, &line, &statements[i], signatures[i]);
    }
    world_turn(&w);
    for (size_t i = 0; i <= WIRE_CREDIT; i++) {
        struct wire_from_broker *m = world_answer(&w, &line, ids[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_EQUAL(m->u.submitted.answers[0].accepted, i < WIRE_CREDIT);
        CU_ASSERT_EQUAL(m->u.submitted.answers[0].seq, i + 2);
        wire_from_broker_destroy(&m);
    }
    CU_ASSERT_EQUAL(desk_counts(w.desk).refusals[REFUSAL_RATE], 1);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statements[WIRE_CREDIT], signatures[WIRE_CREDIT], NULL),
                    0);
    for (size_t i = 0; i <= WIRE_CREDIT; i++) {
        buf_fini(&statements[i]);
    }
    world_end(&w);
}

static void a_clock_that_is_not_trusted_refuses_and_returns(void)
{
    struct buf statement;
    uint8_t signature[64];
    start();
    next(&statement, signature);
    w.now.clock_trusted = false;
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), REFUSAL_CLOCK);
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0); /* reading goes on */
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, id), 0);
    w.now.clock_trusted = true;
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), 0);
    buf_fini(&statement);
    world_end(&w);
}

/* The linker puts this before ledger_append (--wrap), so that commits fail when told to. */
enum ng_err __real_ledger_append(struct ledger *l, struct ledger_item *items, size_t count,
                                 uint64_t now_ms);
enum ng_err __wrap_ledger_append(struct ledger *l, struct ledger_item *items, size_t count,
                                 uint64_t now_ms);
static enum ng_err append_fails_with;
enum ng_err __wrap_ledger_append(struct ledger *l, struct ledger_item *items, size_t count,
                                 uint64_t now_ms)
{
    return append_fails_with != NG_OK ? err_set(append_fails_with, "as told")
                                      : __real_ledger_append(l, items, count, now_ms);
}

static void a_full_disk_refuses_reads_go_on_and_space_mends_it(void)
{
    struct buf statement;
    uint8_t signature[64];
    start();
    next(&statement, signature);
    append_fails_with = NG_ERR_FULL;
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), REFUSAL_FULL);
    CU_ASSERT_TRUE(desk_disk_full(w.desk));
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, id), 0);
    append_fails_with = NG_OK;
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), 0);
    CU_ASSERT_FALSE(desk_disk_full(w.desk));
    buf_fini(&statement);
    world_end(&w);
}

static void a_failed_commit_answers_nobody_and_is_final(void)
{
    struct buf statement;
    uint8_t signature[64];
    start();
    next(&statement, signature);
    append_fails_with = NG_ERR_IO;
    uint64_t hello = world_hello(&w, &line, "");
    uint64_t id = world_submit(&w, &line, &statement, signature);
    CU_ASSERT_EQUAL(desk_turn(w.desk, &w.now), NG_ERR_IO);
    append_fails_with = NG_OK;
    CU_ASSERT_PTR_NULL(world_answer(&w, &line, hello));
    CU_ASSERT_PTR_NULL(world_answer(&w, &line, id));
    buf_fini(&statement);
    world_end(&w);
}

static void an_enrolment_by_invite_is_the_only_thing_an_invite_is_good_for(void)
{
    struct actor newcomer = {0};
    struct line invite;
    struct buf statement;
    uint8_t signature[64];
    char user[SESSION_USER_MAX + 1];
    start();
    world_invite(&w, &newcomer, "P5", WIRE_ROLE_WARD);
    CU_ASSERT_TRUE(desk_admit(w.desk, newcomer.invite_curve, w.now.wall_ms, user));
    CU_ASSERT_STRING_EQUAL(user, "+P5");
    world_connect(&w, &invite, user);
    uint64_t id = world_hello(&w, &invite, "");
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &invite, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_STRING_EQUAL(m->u.welcome.party, "");
    CU_ASSERT_EQUAL(m->u.welcome.epoch, 0);
    wire_from_broker_destroy(&m);

    id = world_fetch(&w, &invite, WIRE_SCOPE_INBOX, 0, 0);
    next(&statement, signature); /* a good statement of somebody else */
    uint64_t other = world_submit(&w, &invite, &statement, signature);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &invite, id), WIRE_ERROR_FORBIDDEN);
    CU_ASSERT_EQUAL(world_error(&w, &invite, other), WIRE_ERROR_FORBIDDEN);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), 0);
    buf_fini(&statement);

    world_enrol_statement(&w, &newcomer, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &invite, &statement, signature, NULL), 0);
    CU_ASSERT_EQUAL(world_try(&w, &invite, &statement, signature, NULL), 0); /* answer lost */
    CU_ASSERT_FALSE(desk_admit(w.desk, newcomer.invite_curve, w.now.wall_ms, user));
    CU_ASSERT_TRUE(desk_admit(w.desk, newcomer.curve, w.now.wall_ms, user));
    CU_ASSERT_STRING_EQUAL(user, "P5/1");
    buf_fini(&statement);

    uint8_t stranger[32] = {1};
    CU_ASSERT_FALSE(desk_admit(w.desk, stranger, w.now.wall_ms, user));
    world_end(&w);
}

static void an_invite_is_over_when_its_time_is(void)
{
    struct actor newcomer = {0};
    struct line invite;
    struct buf statement;
    uint8_t signature[64];
    char user[SESSION_USER_MAX + 1];
    start();
    world_invite(&w, &newcomer, "P6", WIRE_ROLE_WARD);
    CU_ASSERT_TRUE(desk_admit(w.desk, newcomer.invite_curve, w.now.wall_ms, user));
    world_connect(&w, &invite, user);
    (void)world_hello(&w, &invite, "");
    world_turn(&w);
    w.answer_count--; /* the Welcome is not looked at */
    wire_from_broker_destroy(&w.answers[w.answer_count].m);
    world_enrol_statement(&w, &newcomer, &statement, signature);
    w.now.wall_ms += 3600 * 1000;
    CU_ASSERT_FALSE(desk_admit(w.desk, newcomer.invite_curve, w.now.wall_ms, user));
    CU_ASSERT_TRUE(desk_admit(w.desk, newcomer.invite_curve, -1, user)); /* no clock to say so */
    uint64_t id = world_submit(&w, &invite, &statement, signature);
    world_turn(&w);
    struct wire_from_broker *m = NULL;
    invite.head = line.head; /* not followed on this line */
    for (size_t i = 0; i < w.answer_count; i++) {
        m = w.answers[i].m->id == id ? w.answers[i].m : m;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->u.submitted.answers[0].refusal_code, REFUSAL_INVITE);
    buf_fini(&statement);
    world_end(&w);
}

static void statements_of_one_turn_share_one_commit(void)
{
    struct actor actors[20];
    struct line lines[20];
    struct buf statements[20];
    uint8_t signatures[20][64];
    uint64_t ids[20];
    start();
    memset(actors, 0, sizeof(actors));
    for (size_t i = 0; i < 20; i++) {
        char code[8];
        (void)snprintf(code, sizeof(code), "W%zu", i);
        world_enrol(&w, &actors[i], code, WIRE_ROLE_WARD);
        world_join(&w, &lines[i], &actors[i]);
        world_write(&w, &actors[i], 16, "", (struct bytes){(const uint8_t *)"r", 1}, &statements[i],
                    signatures[i]);
    }
    uint64_t size = world_size(&w);
    for (size_t i = 0; i < 20; i++) {
        ids[i] = world_submit(&w, &lines[i], &statements[i], signatures[i]);
    }
    world_turn(&w);
    for (size_t i = 0; i < 20; i++) {
        struct wire_from_broker *m = world_answer(&w, &lines[i], ids[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_EQUAL(m->u.submitted.answers[0].index, size + i);
        CU_ASSERT_EQUAL(lines[i].head.size, size + 20); /* one head, behind all of them */
        wire_from_broker_destroy(&m);
        buf_fini(&statements[i]);
    }
    world_end(&w);
}

static const struct test_case cases[] = {
    TEST_CASE(a_statement_is_logged_once_and_proved),
    TEST_CASE(what_comes_behind_the_check_shares_the_commit),
    TEST_CASE(a_full_submit_of_largest_and_smallest_is_answered_in_one_frame),
    TEST_CASE(each_wrong_header_is_refused_by_name),
    TEST_CASE(wrong_sizes_and_signatures_are_refused_by_name),
    TEST_CASE(no_party_writes_under_anothers_name_but_may_carry_its_words),
    TEST_CASE(a_gap_names_the_number_that_is_expected),
    TEST_CASE(a_fork_is_logged_once_and_freezes_the_key_only),
    TEST_CASE(frames_above_the_credit_wait),
    TEST_CASE(a_clock_that_is_not_trusted_refuses_and_returns),
    TEST_CASE(a_full_disk_refuses_reads_go_on_and_space_mends_it),
    TEST_CASE(a_failed_commit_answers_nobody_and_is_final),
    TEST_CASE(an_enrolment_by_invite_is_the_only_thing_an_invite_is_good_for),
    TEST_CASE(an_invite_is_over_when_its_time_is),
    TEST_CASE(statements_of_one_turn_share_one_commit),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("desk_submit", cases, argc, argv);
}
