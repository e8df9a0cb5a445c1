/* Goal: what somebody else does about a party's own key is told once to a reader of the whole log,
 * whatever is read again; what it did itself, what led to its present key, and what is about others
 * is not. Method: a party's folder with an enrolment that has a receipt, and leaves made by hand.
 */
#include "harness.h"

#include "party/alarm.h"
#include "party/key_event.h"
#include "party/outbox.h"
#include "party/party.h"
#include "party/tables.h"
#include "proto/wire_queue.h"

#include "base/log.h"

#define BEGINS 10u /* the index of the own key's first statement */
#define DAY_MS (24 * 3600 * INT64_C(1000))

static char folder[200];
static struct identity id;
static struct party *party;
static int64_t now_ms;

static struct bytes said; /* the payload of the next leaf; empty: none */

static enum ng_err keep_first(struct store_txn *t, void *context)
{
    const struct receipt receipt = {.index = BEGINS, .received_at = 1};
    (void)context;
    return outbox_keep_receipt(t, id.epoch, 1, &receipt, (struct bytes){(const uint8_t *)"r", 1});
}

static void begin(const char *code)
{
    struct store *store = NULL;
    uint64_t seq = 0;
    test_folder(folder, sizeof(folder));
    id = (struct identity){
        .epoch = 1, .origin = "nganam.example/log", .endpoint = "tcp://127.0.0.1:5570"};
    (void)snprintf(id.party.text, sizeof(id.party.text), "%s", code);
    statement_log_id(id.origin, id.log_id);
    identity_new_keys(&id);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_open(folder, true, &store), NG_OK);
    store_close(&store);
    CU_ASSERT_EQUAL_FATAL(party_open(folder, &party), NG_OK);
    const struct party_draft draft = {.kind = STATEMENT_FIELD_FIRST,
                                      .payload = {(const uint8_t *)"x", 1}};
    now_ms = 1795000000000;
    CU_ASSERT_EQUAL_FATAL(party_author(party, &draft, 1, now_ms, &seq), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(party_store(party), keep_first, NULL), NG_OK);
}

static void end(void)
{
    party_close(&party);
    test_remove_folder(folder);
}

static void set_code(struct party_code *to, const char *text)
{
    (void)snprintf(to->text, sizeof(to->text), "%s", text);
}

/* The reader is given one leaf. `whom`: of an invite the party it is for, else the addressee. */
static void read_leaf(uint64_t index, uint32_t kind, const char *author, uint32_t epoch,
                      const char *whom)
{
    static const uint8_t zeros[64];
    struct statement s = {.epoch = epoch, .kind = kind, .seq = 9};
    struct buf payload = BUF_INIT(1024), statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    memcpy(s.log_id, id.log_id, LOG_ID_SIZE);
    set_code(&s.author, author);
    if (kind == STATEMENT_INVITE) {
        struct wire_invite invite = {.role = WIRE_ROLE_WARD, .expires_at = 5};
        (void)snprintf(invite.party, sizeof(invite.party), "%s", whom);
        CU_ASSERT_EQUAL_FATAL(wire_invite_encode(&invite, &payload), NG_OK);
    } else {
        set_code(&s.to, whom);
    }
    s.payload = said.size > 0 ? said : buf_bytes(&payload);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &statement), NG_OK);
    const struct leaf leaf = {
        .index = index, .received_at = 7, .statement = buf_bytes(&statement), .signature = zeros};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &encoded), NG_OK);
    const struct bytes bytes = buf_bytes(&encoded);
    CU_ASSERT_EQUAL(key_event_look_log(party_store(party), &id, &bytes, 1, now_ms), NG_OK);
    buf_fini(&encoded);
    buf_fini(&statement);
    buf_fini(&payload);
}

static uint32_t unread(void)
{
    struct party_status s = {0};
    CU_ASSERT_EQUAL(party_status(party, &s), NG_OK);
    return s.alarm_count;
}

static void each_event_about_the_own_key_is_told_once(void)
{
    begin("T1");
    read_leaf(BEGINS + 1, STATEMENT_INVITE, "office", 1, "T1");
    CU_ASSERT_EQUAL(unread(), 1);
    read_leaf(BEGINS + 2, STATEMENT_REVOKE, "office", 1, "T1");
    CU_ASSERT_EQUAL(unread(), 2);
    read_leaf(BEGINS + 3, STATEMENT_UNFREEZE, "log", 1, "T1");
    CU_ASSERT_EQUAL(unread(), 3);
    read_leaf(BEGINS + 4, STATEMENT_ROTATE, "T1", 2, "");
    CU_ASSERT_EQUAL(unread(), 4);
    read_leaf(BEGINS + 5, STATEMENT_ENROL, "T1", 2, "");
    CU_ASSERT_EQUAL(unread(), 5);
    read_leaf(BEGINS + 1, STATEMENT_INVITE, "office", 1, "T1");
    CU_ASSERT_EQUAL(unread(), 5);
    end();
}

static void what_is_not_somebody_elses_is_not_told(void)
{
    begin("office");
    read_leaf(BEGINS - 1, STATEMENT_INVITE, "log", 1, "office"); /* its own slip */
    read_leaf(BEGINS, STATEMENT_ENROL, "office", 1, "");         /* its own key */
    read_leaf(BEGINS + 1, STATEMENT_INVITE, "office", 1, "office");
    read_leaf(BEGINS + 2, STATEMENT_INVITE, "office", 1, "P1");
    read_leaf(BEGINS + 3, STATEMENT_REVOKE, "office", 1, "P1");
    read_leaf(BEGINS + 4, STATEMENT_ROTATE, "P1", 2, "");
    read_leaf(BEGINS + 5, STATEMENT_POLICY, "office", 1, "*");
    CU_ASSERT_EQUAL(unread(), 0);
    read_leaf(BEGINS + 6, STATEMENT_INVITE, "log", 1, "office");
    CU_ASSERT_EQUAL(unread(), 1);
    end();
}

static void revoke_leaf(uint64_t index, uint32_t epoch)
{
    struct wire_revoke revoke = {.party = "T1", .epoch = epoch, .reason = "máy bị mất cắp"};
    struct buf payload = BUF_INIT(1024);
    CU_ASSERT_EQUAL_FATAL(wire_revoke_encode(&revoke, &payload), NG_OK);
    said = buf_bytes(&payload);
    read_leaf(index, STATEMENT_REVOKE, "office", 1, "T1");
    said.size = 0;
    buf_fini(&payload);
}

static enum ng_err note_text(void *context, int64_t at_ms, const char *text)
{
    (void)at_ms;
    (void)snprintf(context, 1024, "%s", text);
    return NG_OK;
}

/* What shut the machine out is told when it can read again, with the reason. */
static void a_folder_that_is_enrolled_again_hears_why_its_key_was_revoked(void)
{
    char text[1024] = "";
    begin("T1");
    id.epoch = 2; /* enrolled again: statement 1 of that epoch is where it begins */
    CU_ASSERT_EQUAL(store_write(party_store(party), keep_first, NULL), NG_OK);
    revoke_leaf(BEGINS - 2, 3); /* another machine's */
    CU_ASSERT_EQUAL(unread(), 0);
    revoke_leaf(BEGINS - 1, 1);
    CU_ASSERT_EQUAL(unread(), 1);
    CU_ASSERT_EQUAL(party_alarms(party, note_text, text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "an earlier key of this machine was revoked (entry 9"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "máy bị mất cắp"));
    end();
}

static void fork_leaf(uint64_t index, const char *author)
{
    struct statement s = {.epoch = 1, .kind = STATEMENT_FIELD_FIRST, .seq = 4};
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), payload = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct wire_fork fork = {.index = 3};
    set_code(&s.author, author);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &statement), NG_OK);
    fork.statement = buf_bytes(&statement);
    CU_ASSERT_EQUAL_FATAL(wire_fork_encode(&fork, &payload), NG_OK);
    said = buf_bytes(&payload);
    read_leaf(index, STATEMENT_FORK, "log", 1, "");
    said.size = 0;
    buf_fini(&payload);
    buf_fini(&statement);
}

static void the_evidence_of_a_fork_is_told_to_whose_key_it_is(void)
{
    begin("T1");
    fork_leaf(BEGINS + 1, "P1");
    CU_ASSERT_EQUAL(unread(), 0);
    fork_leaf(BEGINS + 2, "T1");
    CU_ASSERT_EQUAL(unread(), 1);
    end();
}

static enum ng_err all_read(struct store_txn *t, void *context)
{
    (void)context;
    return tables_put_u64(t, TABLES_LOG_NEXT, BEGINS + 2);
}

/* After a day an alarm that is raised again is unread again, but the log said it once. */
static void a_log_that_is_read_again_tells_nothing_again(void)
{
    begin("T1");
    read_leaf(BEGINS + 1, STATEMENT_INVITE, "office", 1, "T1");
    CU_ASSERT_EQUAL(store_write(party_store(party), all_read, NULL), NG_OK);
    CU_ASSERT_EQUAL(party_alarm_read(party, 0, now_ms), NG_OK);
    now_ms += 2 * DAY_MS;
    read_leaf(BEGINS + 1, STATEMENT_INVITE, "office", 1, "T1");
    CU_ASSERT_EQUAL(unread(), 0);
    read_leaf(BEGINS + 2, STATEMENT_INVITE, "office", 1, "T1");
    CU_ASSERT_EQUAL(unread(), 1);
    end();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_event_about_the_own_key_is_told_once),
        TEST_CASE(what_is_not_somebody_elses_is_not_told),
        TEST_CASE(a_folder_that_is_enrolled_again_hears_why_its_key_was_revoked),
        TEST_CASE(the_evidence_of_a_fork_is_told_to_whose_key_it_is),
        TEST_CASE(a_log_that_is_read_again_tells_nothing_again),
        {NULL, NULL}};
    log_init("test_key_event", LOG_ERROR + 1);
    return key_init() == NG_OK ? test_main("key_event", cases, argc, argv) : 1;
}
