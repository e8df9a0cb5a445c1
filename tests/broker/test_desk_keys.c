/* Goal: nobody reports for another, and a revoked key is worth nothing from the very commit that
 * revokes it: on connections that are open, for a Fetch that waits, at the door.
 * Method: the desk with a real log (world.h). Every pair of parties is tried with each way to put
 * one's own word into the other's mouth; what the log holds is counted.
 */
#include "world.h"

static struct world w;

enum { PARTIES = 7 };
static struct actor parties[PARTIES];
static struct line lines[PARTIES];

static void start(void)
{
    static const char *const codes[PARTIES] = {"office", "P1", "P2", "P3", "D1", "D2", "T1"};
    static const enum wire_role roles[PARTIES] = {
        WIRE_ROLE_OFFICE,     WIRE_ROLE_WARD,       WIRE_ROLE_WARD,   WIRE_ROLE_WARD,
        WIRE_ROLE_DEPARTMENT, WIRE_ROLE_DEPARTMENT, WIRE_ROLE_AUDITOR};
    world_start(&w, 0, 0);
    memset(parties, 0, sizeof(parties));
    memset(lines, 0, sizeof(lines));
    for (size_t i = 0; i < PARTIES; i++) {
        world_enrol(&w, &parties[i], codes[i], roles[i]);
        world_join(&w, &lines[i], &parties[i]);
    }
}

/* The next statement of `author` as its row stands, signed by `signer`; the author does not move
 * on.
 */
static int try_as(struct line *line, const struct actor *author, const struct actor *signer)
{
    struct actor liar = *author;
    struct buf statement;
    uint8_t signature[64];
    liar.key = signer->key;
    const uint32_t kind = author->role == WIRE_ROLE_OFFICE ? 20 : 16;
    world_write(&w, &liar, kind, kind == 20 ? "*" : "", (struct bytes){(const uint8_t *)"x", 1},
                &statement, signature);
    const int refusal = world_try(&w, line, &statement, signature, NULL);
    buf_fini(&statement);
    return refusal;
}

static void nobody_reports_for_another(void)
{
    start();
    const uint64_t before = world_size(&w);
    size_t tried = 0;
    for (size_t i = 0; i < PARTIES; i++) {
        for (size_t j = 0; j < PARTIES; j++) {
            if (i == j) {
                continue;
            }
            /* The other's name, my key: over my connection, and over the other's own. */
            const bool writes = parties[j].role != WIRE_ROLE_AUDITOR;
            const int expected = writes ? REFUSAL_SIGNATURE : REFUSAL_KIND;
            CU_ASSERT_EQUAL(try_as(&lines[i], &parties[j], &parties[i]), expected);
            CU_ASSERT_EQUAL(try_as(&lines[j], &parties[j], &parties[i]), expected);
            /* My name with the other's key, as if it had signed for me. */
            const int mine =
                parties[i].role != WIRE_ROLE_AUDITOR ? REFUSAL_SIGNATURE : REFUSAL_KIND;
            CU_ASSERT_EQUAL(try_as(&lines[i], &parties[i], &parties[j]), mine);
            tried += 3;
        }
    }
    CU_ASSERT_EQUAL(tried, 3 * PARTIES * (PARTIES - 1));
    CU_ASSERT_EQUAL(world_size(&w), before);
    world_end(&w);
}

/* A connection is only a road: what its own author has signed may travel on another's. */
static void the_authors_own_signature_counts_on_every_road(void)
{
    start();
    for (size_t i = 0; i < PARTIES; i++) {
        for (size_t j = 0; j < PARTIES; j++) {
            struct buf statement;
            uint8_t signature[64];
            const uint64_t before = world_size(&w);
            if (parties[j].role == WIRE_ROLE_AUDITOR) {
                continue;
            }
            const uint32_t kind = parties[j].role == WIRE_ROLE_OFFICE ? 20 : 16;
            world_write(&w, &parties[j], kind, kind == 20 ? "*" : "",
                        (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
            CU_ASSERT_EQUAL(world_try(&w, &lines[i], &statement, signature, NULL), 0);
            CU_ASSERT_EQUAL(world_size(&w), before + 1);
            buf_fini(&statement);
        }
    }
    world_end(&w);
}

/* ---- Revoked ---- */

static int office_revokes(const struct actor *whom)
{
    struct wire_revoke m = {.epoch = whom->epoch, .reason = "stolen"};
    struct buf payload = BUF_INIT(1024), statement;
    uint8_t signature[64];
    (void)snprintf(m.party, sizeof(m.party), "%s", whom->code.text);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    world_write(&w, &parties[0], STATEMENT_REVOKE, whom->code.text, buf_bytes(&payload), &statement,
                signature);
    const int refusal = world_try(&w, &lines[0], &statement, signature, NULL);
    buf_fini(&payload);
    buf_fini(&statement);
    return refusal;
}

/* Everything a connection may ask is an error once its key is revoked, whatever it parked too. */
static void a_revoked_key_is_worth_nothing_from_its_commit_on(void)
{
    static const enum wire_scope scopes[] = {WIRE_SCOPE_INBOX, WIRE_SCOPE_LOG};
    for (size_t i = 0; i < 2; i++) {
        char user[SESSION_USER_MAX + 1];
        struct buf statement;
        uint8_t signature[64];
        start();
        struct actor *thief = i == 0 ? &parties[1] : &parties[6]; /* a ward; an auditor */
        struct line *line = i == 0 ? &lines[1] : &lines[6];
        const uint64_t parked = world_fetch(&w, line, scopes[i], world_size(&w), 50000);
        world_turn(&w);
        CU_ASSERT_EQUAL(desk_parked_count(w.desk), 1);
        CU_ASSERT_EQUAL(office_revokes(thief), 0);
        CU_ASSERT_EQUAL(world_error(&w, line, parked), WIRE_ERROR_REVOKED);
        CU_ASSERT_EQUAL(desk_parked_count(w.desk), 0);
        const uint64_t hello = world_hello(&w, line, "");
        const uint64_t fetch = world_fetch(&w, line, scopes[i], 0, 0);
        world_write(&w, thief, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement,
                    signature);
        const uint64_t submit = world_submit(&w, line, &statement, signature);
        const uint64_t before = world_size(&w);
        world_turn(&w);
        CU_ASSERT_EQUAL(world_error(&w, line, hello), WIRE_ERROR_REVOKED);
        CU_ASSERT_EQUAL(world_error(&w, line, fetch), WIRE_ERROR_REVOKED);
        CU_ASSERT_EQUAL(world_error(&w, line, submit), WIRE_ERROR_REVOKED);
        CU_ASSERT_EQUAL(world_try(&w, &lines[2], &statement, signature, NULL), REFUSAL_REVOKED);
        CU_ASSERT_EQUAL(world_size(&w), before);
        CU_ASSERT_FALSE(desk_admit(w.desk, thief->curve, w.now.wall_ms, user));
        CU_ASSERT_TRUE(desk_admit(w.desk, parties[2].curve, w.now.wall_ms, user));
        buf_fini(&statement);
        world_end(&w);
    }
}

/* The office's own machine: only the operator is there to say so, and what it parked ends as well.
 */
static void the_operators_word_revokes_the_office_at_once(void)
{
    struct wire_revoke m = {.party = "office", .epoch = 1, .reason = "stolen"};
    const struct party_code to = {"office"};
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    start();
    const uint64_t parked = world_fetch(&w, &lines[0], WIRE_SCOPE_LOG, world_size(&w), 50000);
    const uint64_t waiting = world_fetch(&w, &lines[2], WIRE_SCOPE_INBOX, world_size(&w), 50000);
    world_turn(&w);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    struct desk_now clock_off = w.now;
    clock_off.clock_trusted = false;
    CU_ASSERT_EQUAL(
        desk_author(w.desk, STATEMENT_REVOKE, &to, buf_bytes(&payload), &clock_off, &index),
        NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(
        desk_author(w.desk, STATEMENT_CONFIRM, &to, buf_bytes(&payload), &w.now, &index),
        NG_ERR_REFUSED); /* the log's rights end somewhere too */
    CU_ASSERT_EQUAL(desk_author(w.desk, STATEMENT_REVOKE, &to, buf_bytes(&payload), &w.now, &index),
                    NG_OK);
    CU_ASSERT_EQUAL(index + 1, world_size(&w));
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &lines[0], parked), WIRE_ERROR_REVOKED);
    CU_ASSERT_PTR_NULL(world_answer(&w, &lines[2], waiting)); /* it waits on */
    CU_ASSERT_EQUAL(office_revokes(&parties[1]), -1);         /* an error, and no answer */
    /* Nobody asks anything in the turn: the parked Fetch of an inbox ends all the same. */
    const struct party_code ward = {"P2"};
    buf_clear(&payload);
    (void)snprintf(m.party, sizeof(m.party), "P2");
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(
        desk_author(w.desk, STATEMENT_REVOKE, &ward, buf_bytes(&payload), &w.now, &index), NG_OK);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &lines[2], waiting), WIRE_ERROR_REVOKED);
    buf_fini(&payload);
    world_end(&w);
}

/* ---- Unconfirmed ---- */

static void an_unconfirmed_auditor_reads_his_inbox_only(void)
{
    struct actor auditor = {0};
    struct line line = {0};
    const struct wire_policy policy = {.enrolment = WIRE_ENROLMENT_CONFIRM};
    struct buf payload = BUF_INIT(1024);
    start();
    CU_ASSERT_EQUAL(wire_policy_encode(&policy, &payload), NG_OK);
    world_say(&w, &parties[0], STATEMENT_POLICY, "*", buf_bytes(&payload));
    world_enrol(&w, &auditor, "T2", WIRE_ROLE_AUDITOR);
    world_join(&w, &line, &auditor);
    const uint64_t log = world_fetch(&w, &line, WIRE_SCOPE_LOG, 0, 0);
    const uint64_t inbox = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, log), WIRE_ERROR_FORBIDDEN);
    struct wire_from_broker *m = world_answer(&w, &line, inbox);
    CU_ASSERT(m != NULL && m->kind == WIRE_ENTRIES && m->u.entries.count == 1);
    wire_from_broker_destroy(&m);
    buf_fini(&payload);
    world_end(&w);
}

static const struct test_case cases[] = {
    TEST_CASE(nobody_reports_for_another),
    TEST_CASE(the_authors_own_signature_counts_on_every_road),
    TEST_CASE(a_revoked_key_is_worth_nothing_from_its_commit_on),
    TEST_CASE(the_operators_word_revokes_the_office_at_once),
    TEST_CASE(an_unconfirmed_auditor_reads_his_inbox_only),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("desk_keys", cases, argc, argv);
}
