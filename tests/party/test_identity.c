/* Goal: keys come back as they were saved, nobody else may read them, and a damaged file is told.
 * Method: save and load in a folder of our own; then the file's rights and bytes changed. */
#include "fault/fault.h"
#include "harness.h"

#include "base/bytes.h"
#include "base/file.h"
#include "ledger/passphrase.h"
#include "party/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[200], path[256];

static struct identity sample(void)
{
    struct identity id = {.party = {"my-quoi"},
                          .epoch = 3,
                          .origin = "nganam.example/log",
                          .endpoint = "tcp://127.0.0.1:5570"};
    uint8_t seed[32] = {7};
    struct key_pair log;
    key_from_seed(seed, &log);
    id.log_key = log.public_key;
    statement_log_id(id.origin, id.log_id);
    memset(id.broker_curve, 0x5A, sizeof(id.broker_curve));
    memset(id.invite.bytes, 0x17, sizeof(id.invite.bytes));
    identity_new_keys(&id);
    return id;
}

static void begin(void)
{
    test_folder(folder, sizeof(folder));
    (void)snprintf(path, sizeof(path), "%s/%s", folder, IDENTITY_FILE);
}

static void identity_comes_back_as_it_was(void)
{
    begin();
    const struct identity id = sample();
    struct identity back;
    memset(&back, 0, sizeof(back));
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(identity_load(folder, &back), NG_OK);
    CU_ASSERT_STRING_EQUAL(back.party.text, id.party.text);
    CU_ASSERT_EQUAL(back.epoch, id.epoch);
    CU_ASSERT_STRING_EQUAL(back.origin, id.origin);
    CU_ASSERT_STRING_EQUAL(back.endpoint, id.endpoint);
    CU_ASSERT_EQUAL(memcmp(back.log_key.bytes, id.log_key.bytes, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.log_id, id.log_id, LOG_ID_SIZE), 0);
    CU_ASSERT_EQUAL(memcmp(back.broker_curve, id.broker_curve, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.invite.bytes, id.invite.bytes, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.key.secret, id.key.secret, KEY_SECRET_SIZE), 0);
    CU_ASSERT_EQUAL(memcmp(back.key.public_key.bytes, id.key.public_key.bytes, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.curve_secret, id.curve_secret, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.curve_public, id.curve_public, 32), 0);
    test_remove_folder(folder);
}

static void identity_is_for_its_owner_alone(void)
{
    begin();
    const struct identity id = sample();
    struct identity back;
    struct stat st;
    const mode_t before = umask(0);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    (void)umask(before);
    CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    CU_ASSERT_EQUAL(chmod(path, 0640), 0);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_ACCESS);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), path));
    CU_ASSERT_EQUAL(chmod(path, 0400), 0);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_OK);
    test_remove_folder(folder);
}

static void identity_missing_says_to_enrol(void)
{
    begin();
    struct identity back;
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "enrol"));
    test_remove_folder(folder);
}

static void write_text(const char *text)
{
    CU_ASSERT_EQUAL_FATAL(file_write(path, text, strlen(text), 0600), NG_OK);
}

static void identity_damaged_anywhere_is_corrupt_and_names_the_file(void)
{
    begin();
    const struct identity id = sample();
    struct identity back;
    struct buf text = BUF_INIT(8192);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &text), NG_OK);
    /* cut anywhere but behind the last brace */
    for (size_t size = 0; size + 1 < text.size; size += 7) {
        CU_ASSERT_EQUAL_FATAL(file_write(path, text.data, size, 0600), NG_OK);
        CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_CORRUPT);
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), path));
    }
    write_text("[]");
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_CORRUPT);
    write_text("{\"format\": \"something else\", \"version\": 1}");
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_CORRUPT);
    write_text("{\"format\": \"nganam identity\", \"version\": 2}");
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_VERSION);
    buf_fini(&text);
    test_remove_folder(folder);
}

/* Each bit of the file in turn: what is read is what was saved, save for the address, or an error.
 */
static void identity_with_a_turned_bit_is_never_somebody_else(void)
{
    begin();
    const struct identity id = sample();
    struct identity back;
    struct buf text = BUF_INIT(8192);
    unsigned read = 0;
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &text), NG_OK);
    const int fd = open(path, O_WRONLY | O_CLOEXEC); /* without the syncs of file_write */
    CU_ASSERT_FATAL(fd >= 0);
    for (size_t bit = 0; bit < 8 * text.size; bit++) {
        text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        CU_ASSERT_EQUAL_FATAL(pwrite(fd, text.data, text.size, 0), (ssize_t)text.size);
        if (identity_load(folder, &back) == NG_OK) {
            read++;
            CU_ASSERT_STRING_EQUAL(back.party.text, id.party.text);
            CU_ASSERT_EQUAL(back.epoch, id.epoch);
            CU_ASSERT_STRING_EQUAL(back.origin, id.origin);
            CU_ASSERT_EQUAL(memcmp(back.log_key.bytes, id.log_key.bytes, 32), 0);
            CU_ASSERT_EQUAL(memcmp(back.key.secret, id.key.secret, KEY_SECRET_SIZE), 0);
            CU_ASSERT_EQUAL(memcmp(back.curve_secret, id.curve_secret, 32), 0);
        }
        text.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    CU_ASSERT(read > 0); /* the address, the white space, the word "check" */
    (void)close(fd);
    buf_fini(&text);
    test_remove_folder(folder);
}

static void identity_pending_lies_beside_the_present_one(void)
{
    begin();
    struct identity old = sample(), pending = sample(), back;
    pending.epoch = 4;
    CU_ASSERT_EQUAL(identity_save(folder, &old), NG_OK);
    CU_ASSERT_EQUAL(identity_save_as(folder, IDENTITY_PENDING, &pending), NG_OK);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_OK);
    CU_ASSERT_EQUAL(back.epoch, 3);
    CU_ASSERT_EQUAL(identity_load_as(folder, IDENTITY_PENDING, &back), NG_OK);
    CU_ASSERT_EQUAL(back.epoch, 4);
    CU_ASSERT_EQUAL(memcmp(back.key.secret, pending.key.secret, KEY_SECRET_SIZE), 0);
    test_remove_folder(folder);
}

/* ---- Under a passphrase ---- */

static void give_passphrase(const char *text, mode_t mode)
{
    char file[300];
    passphrase_forget(PASSPHRASE_MACHINE);
    (void)snprintf(file, sizeof(file), "%s/passphrase", folder);
    CU_ASSERT_EQUAL_FATAL(file_write(file, text, strlen(text), mode), NG_OK);
    CU_ASSERT_EQUAL_FATAL(setenv("NGANAM_PASSPHRASE_FILE", file, 1), 0);
}

static bool file_holds(const void *secret)
{
    struct buf text = BUF_INIT(8192), wanted = BUF_INIT(100);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &text), NG_OK);
    CU_ASSERT_EQUAL_FATAL(bytes_base64(&wanted, secret, 32), NG_OK);
    const bool holds = strstr(buf_text(&text), buf_text(&wanted)) != NULL;
    buf_fini(&text);
    buf_fini(&wanted);
    return holds;
}

static void identity_under_a_passphrase_opens_with_it_alone(void)
{
    begin();
    struct identity id = sample(), back;
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT(file_holds(id.key.secret));
    id.locked = true;
    give_passphrase("một câu thật dài\r\nsecond line\n", 0600);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_FALSE(file_holds(id.key.secret));
    CU_ASSERT_FALSE(file_holds(id.curve_secret));
    give_passphrase("một câu thật dài", 0600);
    CU_ASSERT_EQUAL_FATAL(identity_load(folder, &back), NG_OK);
    CU_ASSERT(back.locked);
    CU_ASSERT_EQUAL(memcmp(back.key.secret, id.key.secret, KEY_SECRET_SIZE), 0);
    CU_ASSERT_EQUAL(memcmp(back.curve_secret, id.curve_secret, 32), 0);
    CU_ASSERT_EQUAL(memcmp(back.curve_public, id.curve_public, 32), 0);
    give_passphrase("một câu thật dàj", 0600);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "not the passphrase"));
    give_passphrase("một câu thật dài", 0640);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_ACCESS);
    give_passphrase("\n", 0600);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(unsetenv("NGANAM_PASSPHRASE_FILE"), 0);
    const int in = dup(STDIN_FILENO);
    CU_ASSERT_FATAL(in >= 0 && freopen("/dev/null", "r", stdin) != NULL);
    CU_ASSERT_EQUAL(identity_load(folder, &back), NG_ERR_REFUSED); /* nobody is asked */
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "--passphrase-file"));
    CU_ASSERT(dup2(in, STDIN_FILENO) == STDIN_FILENO && close(in) == 0);
    test_remove_folder(folder);
}

/* ---- Without memory ---- */

/* jansson gives no reason when its memory is out, and leaves out a character where the buffer of a
 * token cannot grow; "damaged" would send a person to enrol again. */
static void identity_without_memory_is_not_damaged(void)
{
    begin();
    const struct identity id = sample();
    struct identity back;
    unsigned refused = 0;
    bool struck = true;
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    for (unsigned k = 1; struck; k++) {
        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        const enum ng_err e = identity_load(folder, &back);
        struck = fault_clear();
        CU_ASSERT(e == NG_OK || e == NG_ERR_NOMEM);
        CU_ASSERT(e == NG_OK || strstr(err_explain(e), folder) != NULL);
        refused += e == NG_ERR_NOMEM;
    }
    CU_ASSERT(refused > 10);
    test_remove_folder(folder);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(identity_comes_back_as_it_was),
        TEST_CASE(identity_is_for_its_owner_alone),
        TEST_CASE(identity_missing_says_to_enrol),
        TEST_CASE(identity_damaged_anywhere_is_corrupt_and_names_the_file),
        TEST_CASE(identity_without_memory_is_not_damaged),
        TEST_CASE(identity_with_a_turned_bit_is_never_somebody_else),
        TEST_CASE(identity_under_a_passphrase_opens_with_it_alone),
        TEST_CASE(identity_pending_lies_beside_the_present_one),
        {NULL, NULL}};
    return key_init() == NG_OK ? test_main("identity", cases, argc, argv) : 1;
}
