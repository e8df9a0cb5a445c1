/* Goal: who reads the whole log hears of a person whom the operator entered, of a try past the
 * admins and of an admin who vouches for his own new key, once each; what admins signed, what the
 * reader said himself and what was read before is no alarm.
 * Method: a true log's leaves are folded into a party's store, one by one. */
#include "../ledger/kit.h"

#include "base/log.h"
#include "party/alarm.h"
#include "party/person_event.h"
#include "party/tables.h"

#define DAY_MS (24 * 3600 * INT64_C(1000))

static char folder[200];
static struct kit k;
static struct kit_author office;
static struct store *store;
static struct identity reader;
static struct key_pair an, other;
static uint64_t after; /* the entry that set the person an */
static struct kit_statement s;
static int64_t now_ms;

/* The log so far, from its first leaf on. */
static void read_all(void)
{
    struct person_event event = {&reader, now_ms};
    const struct cosigners_watch watch = {&event, person_event_look};
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(k.ledger), &t), NG_OK);
    for (uint64_t i = 0; i < kit_size(&k); i++) {
        struct bytes leaf;
        CU_ASSERT_EQUAL_FATAL(ledger_leaf(k.ledger, t, i, &leaf), NG_OK);
        CU_ASSERT_EQUAL(cosigners_fold(store, &leaf, 1, &watch), NG_OK);
    }
    store_end_read(&t);
}

static enum ng_err put_next(struct store_txn *t, void *context)
{
    return tables_put_u64(t, TABLES_LOG_NEXT, *(const uint64_t *)context);
}

/* All alarms there are; the text of the newest. */
static unsigned alarms(char text[ALARM_TEXT_MAX + 1])
{
    struct store_txn *t = NULL;
    struct alarm a;
    unsigned count = 0;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    while (alarm_get(t, count, &a) == NG_OK) {
        CU_ASSERT(a.evidence.size > 0);
        (void)snprintf(text, ALARM_TEXT_MAX + 1, "%s", a.text);
        count++;
    }
    store_end_read(&t);
    return count;
}

/* What is new is read, and must be told so often in all; the newest must say this. */
static void hears(unsigned count, const char *says)
{
    char text[ALARM_TEXT_MAX + 1] = "";
    uint64_t size = kit_size(&k);
    read_all();
    CU_ASSERT_EQUAL(alarms(text), count);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, says));
    CU_ASSERT_EQUAL(store_write(store, put_next, &size), NG_OK);
}

/* Beside an's signature stands another one, which does not hold. */
static bool beside;

/* The person an with this key, signed by `by` in his name; NULL: by nobody. */
static void encode_an(const struct key_pair *key, const struct key_pair *by, struct buf *to)
{
    struct wire_registry_actor m = {.id = "an", .role = WIRE_ACTOR_ADMIN, .after = after};
    memcpy(m.key, key->public_key.bytes, 32);
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&m, to), NG_OK);
    if (by != NULL) {
        m.admins.count = 1;
        (void)snprintf(m.admins.by[0].actor, sizeof(m.admins.by[0].actor), "an");
        CU_ASSERT_EQUAL(registry_admin_sign(by, ledger_log_id(k.ledger), STATEMENT_ACTOR,
                                            buf_bytes(to), m.admins.by[0].signature),
                        NG_OK);
        if (beside) {
            m.admins.by[m.admins.count] = m.admins.by[0];
            (void)snprintf(m.admins.by[m.admins.count++].actor, sizeof(m.admins.by[0].actor), "bn");
        }
        buf_clear(to);
        CU_ASSERT_EQUAL(wire_registry_actor_encode(&m, to), NG_OK);
    }
}

static void office_says(uint32_t kind, const char *to, const struct buf *payload)
{
    kit_write(&k, &office, kind, to, payload->data, payload->size, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &s).refusal, REFUSAL_OK);
}

static void begin(const char *code)
{
    struct buf payload = BUF_INIT(1024);
    kit_begin(&k);
    kit_office(&k, &office);
    test_folder(folder, sizeof(folder));
    CU_ASSERT_EQUAL_FATAL(tables_open(folder, true, &store), NG_OK);
    reader = (struct identity){.epoch = 1};
    (void)snprintf(reader.party.text, sizeof(reader.party.text), "%s", code);
    key_generate(&an);
    key_generate(&other);
    after = 0;
    now_ms = 1795000000000;
    encode_an(&an, NULL, &payload);
    after = kit_size(&k);
    office_says(STATEMENT_ACTOR, "", &payload);
    buf_fini(&payload);
    hears(0, "");
}

static void end(void)
{
    store_close(&store);
    test_remove_folder(folder);
    kit_end(&k);
}

static void encode_signed_policy(const struct key_pair *by, struct buf *to)
{
    struct wire_policy m = {.enrolment = WIRE_ENROLMENT_CONFIRM};
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_policy_encode(&m, to), NG_OK);
    m.admins.count = 1;
    (void)snprintf(m.admins.by[0].actor, sizeof(m.admins.by[0].actor), "an");
    CU_ASSERT_EQUAL(registry_admin_sign(by, ledger_log_id(k.ledger), STATEMENT_POLICY,
                                        buf_bytes(to), m.admins.by[0].signature),
                    NG_OK);
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_policy_encode(&m, to), NG_OK);
}

static enum ng_err mark_all(struct store_txn *t, void *context)
{
    enum ng_err e = NG_OK;
    for (uint64_t n = 0; n < *(const unsigned *)context && e == NG_OK; n++) {
        e = alarm_mark_read(t, n, now_ms);
    }
    return e;
}

/* After a day an alarm that is raised again is unread again, but the log said it once. */
static void read_again(unsigned count)
{
    struct store_txn *t = NULL;
    uint32_t unread = 0;
    CU_ASSERT_EQUAL(store_write(store, mark_all, &count), NG_OK);
    now_ms += 2 * DAY_MS;
    hears(count, "");
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    CU_ASSERT_EQUAL(alarm_count_unread(t, &unread), NG_OK);
    store_end_read(&t);
    CU_ASSERT_EQUAL(unread, 0);
}

/* The office's own machine hears of the first two, too; that its own admin took a new key it
 * knows. */
static void each_way_past_the_admins_is_told_once(void)
{
    static const char *const readers[] = {"T1", "office"};
    for (size_t i = 0; i < 2; i++) {
        const struct party_code nobody = {""};
        struct buf payload = BUF_INIT(1024);
        uint64_t index = 0;
        begin(readers[i]);
        encode_an(&other, NULL, &payload); /* by the office's machine alone */
        office_says(STATEMENT_ACTOR, "", &payload);
        hears(1, "without the admins");
        encode_signed_policy(&other, &payload); /* in his name, by another key */
        office_says(STATEMENT_POLICY, "*", &payload);
        hears(1, "without the admins"); /* one text for every try */
        encode_signed_policy(&an, &payload);
        office_says(STATEMENT_POLICY, "*", &payload);
        hears(1, ""); /* as it should be */
        office_says(STATEMENT_POLICY, "*", &payload);
        hears(1, ""); /* overtaken: it crossed with the one before */
        encode_an(&other, &an, &payload);
        after = kit_size(&k);
        office_says(STATEMENT_ACTOR, "", &payload);
        hears(i == 0 ? 2 : 1, i == 0 ? "the admin an has another key" : "");
        encode_an(&an, NULL, &payload);
        CU_ASSERT_EQUAL(ledger_author_log(k.ledger, STATEMENT_ACTOR, &nobody, buf_bytes(&payload),
                                          k.now, &index),
                        NG_OK);
        hears(i == 0 ? 3 : 2, "the people who run the broker gave an a key");
        read_again(i == 0 ? 3 : 2);
        buf_fini(&payload);
        end();
    }
}

/* The copy of another office, or its machine from before, is another's word. */
static void what_another_key_of_the_office_said_is_told(void)
{
    struct buf payload = BUF_INIT(1024);
    begin("office");
    reader.epoch = 2;
    encode_an(&other, &an, &payload);
    office_says(STATEMENT_ACTOR, "", &payload);
    hears(1, "the admin an has another key");
    buf_fini(&payload);
    end();
}

static void a_signature_that_does_not_hold_silences_nothing(void)
{
    struct buf payload = BUF_INIT(1024);
    begin("T1");
    beside = true;
    encode_an(&other, &an, &payload);
    office_says(STATEMENT_ACTOR, "", &payload);
    hears(1, "the admin an has another key");
    beside = false;
    buf_fini(&payload);
    end();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(each_way_past_the_admins_is_told_once),
        TEST_CASE(what_another_key_of_the_office_said_is_told),
        TEST_CASE(a_signature_that_does_not_hold_silences_nothing),
        {NULL, NULL}};
    log_init("test_person_event", LOG_ERROR + 1);
    return key_init() == NG_OK ? test_main("person_event", cases, argc, argv) : 1;
}
