/* Goal: what lies in the broker's folder is made once and named when it is damaged, lost or old:
 * init, the head file, log verify. Method: nganam-broker as a child process (program.h); files are
 * changed under it as a careless hand or a failing disk would. */
#include "base/file.h"
#include "program.h"

#include <signal.h>

static void init_gives_a_fresh_slip_until_the_office_is_there_and_takes_no_other_log(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    program_make(&b);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "nganam.example/process", "--json"), 0);
    json_t *made = json_loads(output, 0, NULL);
    struct slip slip;
    CU_ASSERT_EQUAL(slip_decode(json_string_value(json_object_get(made, "office_slip")), &slip),
                    NG_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(slip.code, b.slip.code, SLIP_CODE_SIZE), 0);
    CU_ASSERT_EQUAL(memcmp(slip.broker_curve, b.slip.broker_curve, 32), 0);
    CU_ASSERT_EQUAL(memcmp(slip.log_key.bytes, b.slip.log_key.bytes, 32), 0);
    json_decref(made);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "other.example/log"), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "with space"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "a.b/c", "--endpoint", "5570"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "init"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--json"), 0);
    test_remove_folder(b.folder);
    CU_ASSERT_EQUAL(RUN(output, &b, "serve"), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "head"), 1);
}

/* The last leaf: when it came and, if it is an invite, when that expires. */
static uint64_t read_last(const struct broker *b, uint64_t *ret_received, uint64_t *ret_expires)
{
    struct ledger *l = NULL;
    struct store_txn *t = NULL;
    struct ledger_head head;
    struct bytes encoded;
    struct leaf leaf;
    struct statement s;
    struct wire_invite invite = {.expires_at = 0};
    CU_ASSERT_EQUAL_FATAL(ledger_open(b->folder, NULL, LEDGER_READ, &l), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_head(l, &head), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(l), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_leaf(l, t, head.head.size - 1, &encoded), NG_OK);
    CU_ASSERT_EQUAL_FATAL(leaf_decode(encoded, &leaf), NG_OK);
    CU_ASSERT_EQUAL_FATAL(statement_decode(leaf.statement, &s), NG_OK);
    CU_ASSERT_EQUAL_FATAL(
        s.kind == STATEMENT_INVITE ? wire_invite_decode(s.payload, &invite) : NG_OK, NG_OK);
    *ret_received = leaf.received_at;
    *ret_expires = invite.expires_at;
    store_end_read(&t);
    ledger_close(&l);
    return head.head.size;
}

static void the_office_slip_lives_72_hours_by_the_logs_time(void)
{
    static char output[OUTPUT_MAX];
    static const uint64_t minutes[] = {0, 4, 60}; /* that the log is ahead of the clock */
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        struct broker b;
        uint64_t received = 0;
        uint64_t expires = 0;
        uint64_t ahead = 0;
        program_make(&b);
        if (minutes[i] > 0) {
            program_write_ahead(&b, minutes[i]);
        }
        const uint64_t size = read_last(&b, &ahead, &expires);
        int status = RUN(output, &b, "init", "--origin", "nganam.example/process");
        if (minutes[i] > 5) { /* a clock that the running broker would not trust */
            CU_ASSERT_EQUAL(status, 1);
            CU_ASSERT_EQUAL(read_last(&b, &received, &expires), size);
        } else {
            CU_ASSERT_EQUAL(status, 0);
            CU_ASSERT_EQUAL(read_last(&b, &received, &expires), size + 1);
            CU_ASSERT_EQUAL(expires - received, SLIP_VALID_MS);
            CU_ASSERT(received >= ahead);
        }
        test_remove_folder(b.folder);
    }
}

/* ---- The head file ---- */

static void copy_file(const char *from, const char *to)
{
    struct buf b = BUF_INIT(64u << 20);
    CU_ASSERT_EQUAL_FATAL(file_read(from, &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_write(to, b.data, b.size, 0600), NG_OK);
    buf_fini(&b);
}

static json_int_t verify_json(const struct broker *b, const char *key, int want)
{
    static char output[OUTPUT_MAX];
    CU_ASSERT_EQUAL(RUN(output, b, "log", "verify", "--json"), want);
    json_t *result = json_loads(output, 0, NULL);
    const json_t *value = json_object_get(result, key);
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    json_decref(result);
    return number;
}

/* On another disk it survives that the whole folder comes back from an old backup: verify says no,
 * init and serve write nothing more. */
static void a_head_file_elsewhere_betrays_an_old_copy(void)
{
    static char output[OUTPUT_MAX];
    struct broker b = {.child = -1};
    char disk[256];
    char head[300];
    char data[300];
    char old[300];
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    uint8_t signature[64];
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    test_folder(b.folder, sizeof(b.folder));
    test_folder(disk, sizeof(disk));
    (void)snprintf(head, sizeof(head), "%s/floor", disk);
    (void)snprintf(old, sizeof(old), "%s/old", disk);
    (void)snprintf(data, sizeof(data), "%s/log/data.mdb", b.folder);
#define INIT "init", "--origin", "nganam.example/process"
    CU_ASSERT_EQUAL(RUN(output, &b, INIT, "--head", "/nowhere/floor"), 2);
    CU_ASSERT_FALSE(file_exists(data)); /* not half made */
    CU_ASSERT_EQUAL(RUN(output, &b, INIT, "--head", head, "--json"), 0);
    program_read_made(&b, output);
    CU_ASSERT_TRUE(file_exists(head));
    CU_ASSERT_EQUAL(verify_json(&b, "head_file", 0), 2);
    copy_file(data, old);
    CU_ASSERT_EQUAL(RUN(output, &b, INIT), 0); /* remembers the place */
    CU_ASSERT_EQUAL(verify_json(&b, "head_file", 0), 3);

    copy_file(old, data);
    CU_ASSERT_EQUAL(verify_json(&b, "faults", 1), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify"), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(output, head));
    CU_ASSERT_EQUAL(RUN(output, &b, INIT), 4);
    program_write_enrol(&b, &statement, signature);
    program_serve(&b);
    struct net_client *c = program_enter(&b);
    CU_ASSERT_EQUAL(program_refusal_of(c, &statement, signature), REFUSAL_READ_ONLY);
    net_client_close(&c);
    CU_ASSERT_EQUAL(program_stop(&b, SIGTERM), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--head", disk), 2); /* a folder */
    (void)snprintf(head, sizeof(head), "%s/other", disk);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--head", head), 0); /* none there */
    buf_fini(&statement);
    test_remove_folder(disk);
    test_remove_folder(b.folder);
}

static void damaged_files_of_the_folder_are_named(void)
{
    static char output[OUTPUT_MAX];
    static const char *const names[] = {"endpoint", "broker.curve", "log.key"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct broker b;
        char path[300];
        program_make(&b);
        (void)snprintf(path, sizeof(path), "%s/%s", b.folder, names[i]);
        FILE *file = fopen(path, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        (void)fputs("rubbish\n", file);
        (void)fclose(file);
        int status = RUN(output, &b, "serve", "--json");
        CU_ASSERT(status == 4 || status == 2); /* 2: a file that a person may have put there */
        CU_ASSERT_PTR_NOT_NULL(strstr(output, names[i]));
        test_remove_folder(b.folder);
    }
}

/* One byte of a statement changed on the disk: verify names the leaf. */
static void verify_names_the_damaged_index(void)
{
    static char output[OUTPUT_MAX];
    static uint8_t bytes[1 << 22];
    struct broker b;
    char path[300];
    program_make(&b);
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", b.folder);
    FILE *file = fopen(path, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    const uint8_t *found = NULL;
    size_t hits = 0;
    for (size_t i = 0; i + 16 < size; i++) {
        /* the payload of leaf 1: Invite.party = "office" */
        if (memcmp(bytes + i, "\x0a\x06office\x10\x01", 10) == 0) {
            bytes[i + 2] ^= 0x20;
            found = bytes + i;
            hits++;
        }
    }
    CU_ASSERT_PTR_NOT_NULL(found);
    CU_ASSERT(hits >= 1);
    CU_ASSERT_EQUAL(fseek(file, 0, SEEK_SET), 0);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--json"), 1);
    json_t *result = json_loads(output, 0, NULL);
    const json_t *first = json_array_get(json_object_get(result, "damaged"), 0);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(first, "index")), 1);
    json_decref(result);
    test_remove_folder(b.folder);
}

/* The file cut short below what its own pages need: SIGBUS for the child, a line for the person. */
static void verify_survives_a_file_that_is_cut(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    char path[300];
    program_make(&b);
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", b.folder);
    CU_ASSERT_EQUAL(truncate(path, 3 * 4096), 0);
    int status = RUN(output, &b, "log", "verify");
    CU_ASSERT(status == 1 || status == 4);
    test_remove_folder(b.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(init_gives_a_fresh_slip_until_the_office_is_there_and_takes_no_other_log),
    TEST_CASE(the_office_slip_lives_72_hours_by_the_logs_time),
    TEST_CASE(a_head_file_elsewhere_betrays_an_old_copy),
    TEST_CASE(damaged_files_of_the_folder_are_named),
    TEST_CASE(verify_names_the_damaged_index),
    TEST_CASE(verify_survives_a_file_that_is_cut),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("folder", cases, argc, argv);
}
