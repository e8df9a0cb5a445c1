/* Goal: what a broker leaves out of an inbox shows with the next entry of the same author, and
 * nothing else is taken for it. Method: a party's folder, and leaves made by hand that are kept as
 * those of one frame; the author's side is the real outbox of a second folder. */
#include "harness.h"

#include "party/inbox.h"
#include "party/keep.h"
#include "party/party.h"
#include "party/tables.h"
#include "party/to_seq.h"

#include "base/log.h"

static char folder[200], office_folder[200];
static struct identity id, office_id;
static struct party *party, *office;
static uint64_t next_index;

static void make(const char *where, const char *code, struct identity *i, struct party **ret)
{
    struct store *store = NULL;
    *i = (struct identity){
        .epoch = 1, .origin = "nganam.example/log", .endpoint = "tcp://127.0.0.1:5570"};
    (void)snprintf(i->party.text, sizeof(i->party.text), "%s", code);
    statement_log_id(i->origin, i->log_id);
    identity_new_keys(i);
    CU_ASSERT_EQUAL_FATAL(identity_save(where, i), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_open(where, true, &store), NG_OK);
    store_close(&store);
    CU_ASSERT_EQUAL_FATAL(party_open(where, ret), NG_OK);
}

static void begin(void)
{
    test_folder(folder, sizeof(folder));
    test_folder(office_folder, sizeof(office_folder));
    make(folder, "A", &id, &party);
    make(office_folder, "office", &office_id, &office);
    next_index = 10;
}

static void end(void)
{
    party_close(&party);
    party_close(&office);
    test_remove_folder(folder);
    test_remove_folder(office_folder);
}

/* The office's next statement; gives its number. */
static uint64_t say(uint32_t kind, const char *to, const char *copied)
{
    struct party_draft d = {.kind = kind, .payload = {(const uint8_t *)"\x0a\x01x", 3}};
    uint64_t seq = 0;
    (void)snprintf(d.to.text, sizeof(d.to.text), "%s", to);
    (void)snprintf(d.copied.text, sizeof(d.copied.text), "%s", copied);
    CU_ASSERT_EQUAL_FATAL(party_author(office, &d, 1, 1, &seq), NG_OK);
    return seq;
}

static void come_bytes(struct bytes statement)
{
    static const uint8_t zeros[64];
    struct buf leaf_bytes = BUF_INIT(LEAF_SIZE_MAX);
    const struct leaf leaf = {
        .index = next_index, .received_at = 7, .statement = statement, .signature = zeros};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &leaf_bytes), NG_OK);
    const struct wire_entry entry = {.leaf = buf_bytes(&leaf_bytes)};
    struct keep k = {.identity = &id,
                     .wall_ms = 1,
                     .entries = &entry,
                     .entry_count = 1,
                     .inbox_next = ++next_index};
    CU_ASSERT_EQUAL(keep_commit(party_store(party), &k), NG_OK);
    buf_fini(&leaf_bytes);
}

/* It comes into the inbox. */
static void come(uint64_t seq)
{
    struct party_own own;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(party_own_get(office, seq, &own, &statement, NULL), NG_OK);
    come_bytes(buf_bytes(&statement));
    buf_fini(&statement);
}

static uint32_t unread(void)
{
    struct party_status s = {0};
    CU_ASSERT_EQUAL(party_status(party, &s), NG_OK);
    return s.alarm_count;
}

static void an_inbox_without_a_gap_tells_nothing(void)
{
    begin();
    for (int i = 0; i < 200; i++) {
        come(say(STATEMENT_FIELD_FIRST, "A", ""));
        come(say(STATEMENT_FIELD_FIRST, "*", ""));
        (void)say(STATEMENT_FIELD_FIRST, "B", "");
        (void)say(STATEMENT_FIELD_FIRST, "", "");
        (void)say(STATEMENT_INVITE, "", ""); /* of a party without a key: in nobody's inbox */
        come(say(STATEMENT_INVITE, "", "A"));
        come(say(STATEMENT_UNFREEZE, "A", ""));
        (void)say(STATEMENT_POLICY, "*", "");  /* not counted, nor is … */
        (void)say(STATEMENT_CONFIRM, "A", ""); /* … what ends with an actor's signature */
    }
    CU_ASSERT_EQUAL(unread(), 0);
    end();
}

/* The first and the third come, the second is left out; what follows tells nothing more. */
static void leave_out(uint32_t kind, const char *to, const char *copied)
{
    begin();
    come(say(STATEMENT_FIELD_FIRST, "A", ""));
    come(say(STATEMENT_FIELD_FIRST, "*", ""));
    (void)say(kind, to, copied);
    CU_ASSERT_EQUAL(unread(), 0);
    come(say(STATEMENT_FIELD_FIRST, to[0] == '*' ? "A" : "*", "")); /* another count */
    CU_ASSERT_EQUAL(unread(), 0);
    come(say(STATEMENT_FIELD_FIRST, to[0] == '*' ? "*" : "A", ""));
    CU_ASSERT_EQUAL(unread(), 1);
    come(say(STATEMENT_FIELD_FIRST, "*", ""));
    come(say(STATEMENT_FIELD_FIRST, "A", ""));
    CU_ASSERT_EQUAL(unread(), 1);
    end();
}

static void an_entry_left_out_is_missed_with_the_next(void)
{
    leave_out(STATEMENT_FIELD_FIRST, "A", "");
    leave_out(STATEMENT_FIELD_FIRST, "*", "");
    leave_out(STATEMENT_INVITE, "", "A");
    leave_out(STATEMENT_REVOKE, "A", "");
    leave_out(STATEMENT_UNFREEZE, "A", "");
}

static void the_first_ones_are_missed_too(void)
{
    begin();
    (void)say(STATEMENT_INVITE, "", "A");
    come(say(STATEMENT_FIELD_FIRST, "A", ""));
    CU_ASSERT_EQUAL(unread(), 1);
    end();
}

static uint64_t number_in(uint32_t kind, const char *payload, size_t size)
{
    return to_seq_read(kind, (struct bytes){(const uint8_t *)payload, size});
}

static void the_number_is_found_wherever_it_stands(void)
{
    const uint32_t field = STATEMENT_FIELD_FIRST, registry = STATEMENT_INVITE;
    CU_ASSERT_EQUAL(number_in(field, "\x18\x05\x0a\x02\x18\x07", 6), 5); /* not inside another */
    CU_ASSERT_EQUAL(number_in(field, "\x18\x05\x18\x07", 4), 7);         /* the last counts */
    CU_ASSERT_EQUAL(number_in(field, "\x18\xac\x02", 3), 300);
    CU_ASSERT_EQUAL(number_in(registry, "\x18\x05\x78\x09", 4), 9);
    CU_ASSERT_EQUAL(number_in(registry, "\x18\x05", 2), 0);
    CU_ASSERT_EQUAL(number_in(field, "\x0a\x09\x18\x07", 4), 0); /* ends within a field */
    CU_ASSERT_EQUAL(number_in(field, "\x18\x07\x0b", 3), 0);     /* a group */
    CU_ASSERT_EQUAL(number_in(field, "\x18\x07\x18", 3), 0);
    CU_ASSERT_EQUAL(number_in(field, "", 0), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {TEST_CASE(an_inbox_without_a_gap_tells_nothing),
                                             TEST_CASE(an_entry_left_out_is_missed_with_the_next),
                                             TEST_CASE(the_first_ones_are_missed_too),
                                             TEST_CASE(the_number_is_found_wherever_it_stands),
                                             {NULL, NULL}};
    log_init("test_to_seq", LOG_ERROR + 1);
    return key_init() == NG_OK ? test_main("to_seq", cases, argc, argv) : 1;
}
