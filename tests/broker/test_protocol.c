/* Goal: PROTOCOL.md says what the programs do: its numbers, names, limits and test values.
 * Method: the document is read; every refusal and error of the code must stand in its tables with
 * its number and class, every limit with its figure, and the test values of its last section are
 * computed again with the library. */
#include "base/bytes.h"
#include "base/file.h"
#include "broker/tally.h"
#include "harness.h"
#include "ledger/act_signature.h"
#include "ledger/leaf.h"
#include "ledger/receipt.h"
#include "ledger/refusal.h"
#include "ledger/registry.h"
#include "net/net.h"
#include "party/slip.h"
#include "proto/wire_par.h"

static struct buf document = BUF_INIT(1u << 20);

static bool says(const char *text)
{
    return strstr(buf_text(&document), text) != NULL;
}

static void read_document(void)
{
    buf_clear(&document);
    buf_fini(&document);
    CU_ASSERT_EQUAL_FATAL(file_read(NGANAM_SOURCE_DIR "/proto/PROTOCOL.md", &document), NG_OK);
}

static void every_refusal_and_error_is_in_the_tables(void)
{
    static const char *const classes[] = {"", "again", "stop", "void"};
    int refusals = 0;
    read_document();
    for (int code = 1; code < 64; code++) {
        char row[80];
        const char *name = refusal_name((enum refusal)code);
        enum refusal_class class = refusal_class((enum refusal)code);
        (void)snprintf(row, sizeof(row), "\n| %d | ", code);
        if (name == NULL || class == REFUSAL_NONE || strcmp(name, "unknown") == 0) {
            continue;
        }
        (void)snprintf(row, sizeof(row), "\n| %d | %s | %s |", code, name, classes[class]);
        CU_ASSERT(says(row));
        refusals++;
    }
    CU_ASSERT_EQUAL(refusals, 22);
    for (int code = 1; code < WIRE_ERROR_COUNT; code++) {
        char row[80];
        (void)snprintf(row, sizeof(row), "\n| %d | %s |", code,
                       tally_error_name((enum wire_error)code));
        CU_ASSERT(says(row));
    }
}

static void every_limit_is_given(void)
{
    read_document();
    CU_ASSERT_EQUAL(WIRE_FRAME_MAX, 66560);
    CU_ASSERT(says("| a frame | 66,560 bytes |"));
    CU_ASSERT_EQUAL(STATEMENT_SIZE_MAX, 60000);
    CU_ASSERT(says("| a statement | 60,000 bytes |"));
    CU_ASSERT_EQUAL(WIRE_STATEMENTS_MAX, 48);
    CU_ASSERT(says("| statements in a Submit | 48 |"));
    CU_ASSERT_EQUAL(WIRE_CREDIT, 4);
    CU_ASSERT(says("| unanswered Submit frames | 4 |"));
    CU_ASSERT_EQUAL(WIRE_ASKS_MAX, 4);
    CU_ASSERT(says("| other unanswered requests | 4 |"));
    CU_ASSERT_EQUAL(NET_ANSWERS_MAX, 18);
    CU_ASSERT(says("| answers waiting for one who does not read | 18 |"));
    CU_ASSERT_EQUAL(WIRE_WITNESSES_MAX, 512);
    CU_ASSERT(says("| cosignatures in one answer | 512 |"));
    CU_ASSERT_EQUAL(DESK_SESSIONS_MAX, 65536);
    CU_ASSERT(says("| connections that have said Hello | 65,536 |"));
    CU_ASSERT_EQUAL(SESSION_USER_COUNT_MAX, 16);
    CU_ASSERT(says("is forgotten for the next | 16 |"));
    CU_ASSERT_EQUAL(QUOTA_RATE_MAX, 20);
    CU_ASSERT_EQUAL(QUOTA_BYTES_MAX, 64);
    CU_ASSERT_EQUAL(QUOTA_BURST_S, 1000);
    CU_ASSERT(
        says("may send 20 statements and 64 KiB a second, and what it did not use is saved up, "
             "to 1,000\nseconds' worth: 20,000 statements, 64,000 KiB; and 1,000 requests a "
             "second, saved up to 10,000. The bytes of a `Put` count as a\n64th."));
    CU_ASSERT_EQUAL(QUOTA_EVIDENCE_SHARE, 64);
    CU_ASSERT_EQUAL(QUOTA_REQUESTS_MAX, 1000);
    CU_ASSERT_EQUAL(QUOTA_REQUESTS_MAX * QUOTA_REQUESTS_BURST_S, 10000);
    CU_ASSERT_EQUAL(WIRE_WAIT_MS_MAX, 60000);
    CU_ASSERT(says("| `wait_ms` | 60,000 |"));
    CU_ASSERT_EQUAL(WIRE_ENTRIES_MAX, 1024);
    CU_ASSERT(says("| entries in one answer | 1,024 |"));
    CU_ASSERT_EQUAL(WIRE_ACTS_MAX, 256);
    CU_ASSERT(says("| acts in a statement; findings in a part of a verdict | 256 |"));
    CU_ASSERT_EQUAL(NOTE_SIZE_MAX, 1024);
    CU_ASSERT(says("| a note | 1,024 bytes |"));
    CU_ASSERT_EQUAL(RECEIPT_SIZE_MAX, 16384);
    CU_ASSERT(says("| a receipt | 16,384 bytes |"));
}

/* The row "| name | `hex` |". */
static void check_value(const char *name, const void *data, size_t size)
{
    struct buf row = BUF_INIT(1024);
    CU_ASSERT_EQUAL(buf_printf(&row, "| %s | `", name), NG_OK);
    CU_ASSERT_EQUAL(bytes_hex(&row, data, size), NG_OK);
    CU_ASSERT_EQUAL(buf_add_text(&row, "` |"), NG_OK);
    CU_ASSERT(says(buf_text(&row)));
    if (!says(buf_text(&row))) {
        (void)fprintf(stderr, "missing: %s\n", buf_text(&row));
    }
    buf_fini(&row);
}

static void the_test_values_are_right(void)
{
    read_document();
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    struct slip slip = {.party = {"P1"}, .origin = "nganam.example/log"};
    for (uint8_t i = 0; i < SLIP_CODE_SIZE - 1; i++) {
        slip.code[i] = (uint8_t)(i + 1);
    }
    slip.code[SLIP_CODE_SIZE - 1] = 0x10;
    struct slip_keys keys;
    slip_keys(&slip, &keys);
    check_value("code", slip.code, SLIP_CODE_SIZE);
    check_value("invite's Ed25519 public key", keys.sign.public_key.bytes, 32);
    check_value("invite's CURVE public key", keys.curve_public, 32);

    struct statement s = {.author = slip.party,
                          .epoch = 1,
                          .kind = STATEMENT_ENROL,
                          .seq = 1,
                          .authored_at = 1795722763319};
    statement_log_id(slip.origin, s.log_id);
    check_value("log_id", s.log_id, LOG_ID_SIZE);

    struct key_pair key;
    struct wire_enrol enrol = {.cosign_key = {0}};
    uint8_t seed[32];
    uint8_t curve_secret[32];
    memset(seed, 7, sizeof(seed));
    key_from_seed(seed, &key);
    check_value("new Ed25519 key of seed 07…07", key.public_key.bytes, 32);
    memset(seed, 9, sizeof(seed));
    key_curve_from_seed(seed, curve_secret, enrol.curve);
    check_value("new CURVE key of secret 09…09", enrol.curve, 32);
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    registry_countersigned(s.log_id, &s.author, 1, &key.public_key, enrol.curve, covered);
    key_sign(&keys.sign, (struct bytes){covered, sizeof(covered)}, enrol.countersignature);
    check_value("countersignature, epoch 1", enrol.countersignature, 64);
    memcpy(enrol.invite_key, keys.sign.public_key.bytes, 32);
    memcpy(enrol.key, key.public_key.bytes, 32);

    struct buf payload = BUF_INIT(1024);
    struct buf statement = BUF_INIT(1024);
    struct buf leaf_bytes = BUF_INIT(2048);
    uint8_t signature[64];
    CU_ASSERT_EQUAL(wire_enrol_encode(&enrol, &payload), NG_OK);
    s.payload = buf_bytes(&payload);
    CU_ASSERT_EQUAL(statement_encode(&s, &statement), NG_OK);
    CU_ASSERT_EQUAL(statement.size, 328);
    struct hash hash = statement_hash(buf_bytes(&statement));
    check_value("SHA-256 of the statement", hash.bytes, HASH_SIZE);
    key_sign(&key, buf_bytes(&statement), signature);
    check_value("signature", signature, sizeof(signature));
    const struct leaf leaf = {.index = 2,
                              .received_at = 1795722763400,
                              .key = key.public_key,
                              .statement = buf_bytes(&statement),
                              .signature = signature};
    CU_ASSERT_EQUAL(leaf_encode(&leaf, &leaf_bytes), NG_OK);
    hash = leaf_hash(buf_bytes(&leaf_bytes));
    check_value("leaf hash at index 2, received_at 1795722763400", hash.bytes, HASH_SIZE);
    buf_fini(&leaf_bytes);
    buf_fini(&statement);
    buf_fini(&payload);
    buf_fini(&document);
}

/* An admin's and an appraiser's: what one person signs inside a payload of the office. */
static void the_test_values_of_persons_are_right(void)
{
    struct key_pair an;
    struct buf payload = BUF_INIT(1024);
    uint8_t seed[32];
    uint8_t signature[64];
    struct statement s = {.author = {"office"}, .epoch = 1, .kind = 19, .seq = 2};
    struct wire_registry_actor binh = {.id = "binh", .role = WIRE_ACTOR_ADMIN, .after = 5};
    const struct wire_act survey = {
        .kind = WIRE_ACT_SURVEY,
        .u.survey = {.year = 2026, .unit = "P1", .code = "2.3", .value = "2.5"}};
    const struct wire_acts acts = {.acts = &survey, .count = 1};
    read_document();
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    memset(seed, 7, sizeof(seed));
    key_from_seed(seed, &an);
    statement_log_id("nganam.example/log", s.log_id);
    CU_ASSERT_EQUAL(wire_acts_encode(&acts, &payload), NG_OK);
    CU_ASSERT_EQUAL(wire_acts_add_actor("an", &payload), NG_OK);
    check_value("acts before the signature", payload.data, payload.size);
    CU_ASSERT_EQUAL(act_signature_make(&an, &s, buf_bytes(&payload), signature), NG_OK);
    check_value("an's signature of them", signature, sizeof(signature));

    buf_clear(&payload);
    memcpy(binh.key, an.public_key.bytes, sizeof(binh.key));
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&binh, &payload), NG_OK);
    check_value("Actor before the signatures", payload.data, payload.size);
    CU_ASSERT_EQUAL(
        registry_admin_sign(&an, s.log_id, STATEMENT_ACTOR, buf_bytes(&payload), signature), NG_OK);
    check_value("an's signature of it", signature, sizeof(signature));
    buf_fini(&payload);
    buf_fini(&document);
}

static const struct test_case cases[] = {
    TEST_CASE(every_refusal_and_error_is_in_the_tables),
    TEST_CASE(every_limit_is_given),
    TEST_CASE(the_test_values_are_right),
    TEST_CASE(the_test_values_of_persons_are_right),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("protocol", cases, argc, argv);
}
