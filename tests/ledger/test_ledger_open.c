/* Making and opening a log: what may be there, what must be, and when it is read-only.
 *
 * Method: a data folder is put into each state that a crash, a careless copy or a wrong file can
 * leave, then opened.
 */
#include "kit.h"

#include "base/file.h"
#include "ledger/ledger_keyfile.h"
#include "ledger/ledger_table.h"

#include <sys/stat.h>
#include <sys/wait.h>

static struct kit kit;
static struct kit_author office, ward;

static void begin(void)
{
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
}

static const char *path_of(const char *name)
{
    static char path[300];
    (void)snprintf(path, sizeof(path), "%s/%s", kit.folder, name);
    return path;
}

static enum ng_err open_writing(void)
{
    return ledger_open(kit.folder, NULL, LEDGER_WRITE, &kit.ledger);
}

static void copy_file(const char *from, const char *to)
{
    struct buf b = BUF_INIT(64u << 20);
    CU_ASSERT_EQUAL_FATAL(file_read(from, &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_write(to, b.data, b.size, 0600), NG_OK);
    buf_fini(&b);
}

static void ledger_create_makes_what_open_needs(void)
{
    struct stat st;
    test_folder(kit.folder, sizeof(kit.folder));
    char inside[290];
    (void)snprintf(inside, sizeof(inside), "%s/deep/er", kit.folder);
    CU_ASSERT_EQUAL(ledger_create(inside, NULL, KIT_ORIGIN, 5), NG_OK);
    CU_ASSERT_EQUAL(ledger_create(inside, NULL, KIT_ORIGIN, 5), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(ledger_create(inside, NULL, "other.example", 5), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(ledger_open(inside, NULL, LEDGER_WRITE, &kit.ledger), NG_OK);
    CU_ASSERT_EQUAL(kit_size(&kit), 1);
    ledger_close(&kit.ledger);
    (void)snprintf(inside, sizeof(inside), "%s/deep/er/log.key", kit.folder);
    CU_ASSERT_EQUAL(stat(inside, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    test_remove_folder(kit.folder);
}

static void ledger_create_refuses_a_name_that_is_none(void)
{
    test_folder(kit.folder, sizeof(kit.folder));
    CU_ASSERT_EQUAL(ledger_create(kit.folder, NULL, "a b", 5), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(ledger_create(kit.folder, NULL, "", 5), NG_ERR_INPUT);
    CU_ASSERT_FALSE(file_exists(path_of("log.key")));
    test_remove_folder(kit.folder);
}

static void ledger_create_goes_on_where_it_was_cut_off(void)
{
    uint8_t seed[32] = {7};
    struct key_pair pair;
    test_folder(kit.folder, sizeof(kit.folder));
    CU_ASSERT_EQUAL(ledger_keyfile_write(path_of("log.key"), KIT_ORIGIN, seed, false), NG_OK);
    CU_ASSERT_EQUAL(ledger_create(kit.folder, NULL, KIT_ORIGIN, 5), NG_OK);
    CU_ASSERT_EQUAL(open_writing(), NG_OK);
    key_from_seed(seed, &pair);
    CU_ASSERT(memcmp(ledger_log_key(kit.ledger)->bytes, pair.public_key.bytes, 32) == 0);
    kit_end(&kit);
}

static void ledger_create_never_replaces_a_key_or_a_lost_log(void)
{
    uint8_t seed[32] = {7};
    test_folder(kit.folder, sizeof(kit.folder));
    CU_ASSERT_EQUAL(ledger_keyfile_write(path_of("log.key"), "other.example", seed, false), NG_OK);
    CU_ASSERT_EQUAL(ledger_create(kit.folder, NULL, KIT_ORIGIN, 5), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(remove(path_of("log.key")), 0);
    CU_ASSERT_EQUAL(file_write(path_of("head"), "x", 1, 0600), NG_OK);
    CU_ASSERT_EQUAL(ledger_create(kit.folder, NULL, KIT_ORIGIN, 5), NG_ERR_REFUSED);
    CU_ASSERT_FALSE(file_exists(path_of("log.key")));
    test_remove_folder(kit.folder);
}

static void ledger_open_needs_a_log(void)
{
    struct ledger *l = NULL;
    test_folder(kit.folder, sizeof(kit.folder));
    CU_ASSERT_EQUAL(open_writing(), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_READ, &l), NG_ERR_NOT_FOUND);
    CU_ASSERT_FALSE(file_exists(path_of("log"))); /* nothing was made */
    test_remove_folder(kit.folder);
    CU_ASSERT_EQUAL(open_writing(), NG_ERR_NOT_FOUND);
}

/* An empty store: of an init that was broken off, unless the head file says what was here. */
static void ledger_open_tells_a_lost_log_from_none(void)
{
    static const char *const tables[] = LEDGER_TABLE_NAMES;
    struct ledger *l = NULL;
    struct store *store = NULL;
    for (int with_head = 0; with_head < 2; with_head++) {
        test_folder(kit.folder, sizeof(kit.folder));
        const struct store_config config = {.path = path_of("log"),
                                            .tables = tables,
                                            .format = LEDGER_TABLE_FORMAT,
                                            .format_version = LEDGER_TABLE_VERSION,
                                            .create = true};
        CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
        store_close(&store);
        if (with_head) {
            CU_ASSERT_EQUAL(file_write(path_of("head"), "x", 1, 0644), NG_OK);
        }
        CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_READ, &l),
                        with_head ? NG_ERR_CORRUPT : NG_ERR_NOT_FOUND);
        CU_ASSERT_TRUE((strstr(err_detail(), "/head: ") != NULL) == (with_head == 1));
        test_remove_folder(kit.folder);
    }
}

static void ledger_has_one_writer(void)
{
    begin();
    pid_t child = fork();
    if (child == 0) {
        struct ledger *second = NULL;
        enum ng_err e = ledger_open(kit.folder, NULL, LEDGER_WRITE, &second);
        _exit(e == NG_ERR_BUSY ? 0 : 1);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL(status, 0);
    kit_end(&kit);
}

/* The child's part: once told, past the lock that is gone, one entry by the office. Exit status. */
static int write_as_another_process(int told)
{
    static struct kit_statement s;
    struct kit other = kit;
    char byte = 0;
    if (read(told, &byte, 1) != 1 ||
        ledger_open(kit.folder, NULL, LEDGER_WRITE, &other.ledger) != NG_OK) {
        return 1;
    }
    kit_write(&other, &office, 17, "*", "theirs", 6, &s);
    const bool logged = kit_append(&other, &s).refusal == REFUSAL_OK;
    ledger_close(&other.ledger);
    return logged ? 0 : 1;
}

/* The lock is gone (somebody "cleaned up", or the file system knows none), and another process
 * wrote meanwhile: this one signs nothing on top of what it does not know. The log stays whole. */
static void ledger_that_another_process_wrote_is_left_alone(void)
{
    static struct kit_statement s;
    int tell[2];
    begin();
    const uint64_t size = kit_size(&kit);
    kit_close(&kit);
    CU_ASSERT_EQUAL_FATAL(pipe(tell), 0);
    pid_t child = fork(); /* before the store is open here: LMDB allows no copy of an open one */
    if (child == 0) {
        _exit(write_as_another_process(tell[0]));
    }
    kit_open(&kit);
    CU_ASSERT_EQUAL(remove(path_of("log/writer.lock")), 0);
    CU_ASSERT_EQUAL(write(tell[1], "!", 1), 1);
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_EQUAL_FATAL(status, 0);
    (void)close(tell[0]);
    (void)close(tell[1]);
    kit_write(&kit, &ward, 16, "", "ours", 4, &s);
    struct ledger_item item = kit_item(&s);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(kit.ledger), "changed behind this process"));
    kit_close(&kit);
    kit_open(&kit);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_EQUAL(kit_size(&kit), size + 1);
    struct kit_faults f;
    CU_ASSERT_EQUAL(kit_verify(&kit, &f), 0);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    kit_end(&kit);
}

/* ---- The key file ---- */

static void ledger_needs_its_own_key_kept_from_others(void)
{
    uint8_t seed[32] = {9};
    struct ledger *reader = NULL;
    begin();
    kit_close(&kit);
    CU_ASSERT_EQUAL(chmod(path_of("log.key"), 0640), 0);
    CU_ASSERT_EQUAL(open_writing(), NG_ERR_ACCESS);
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_READ, &reader), NG_OK); /* needs none */
    ledger_close(&reader);
    CU_ASSERT_EQUAL(ledger_keyfile_write(path_of("log.key"), KIT_ORIGIN, seed, false), NG_OK);
    CU_ASSERT_EQUAL(open_writing(), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(file_write(path_of("log.key"), "PRIVATE+KEY+x\n", 14, 0600), NG_OK);
    CU_ASSERT_EQUAL(open_writing(), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(remove(path_of("log.key")), 0);
    CU_ASSERT_EQUAL(open_writing(), NG_ERR_NOT_FOUND);
    test_remove_folder(kit.folder);
}

static void ledger_keyfile_refuses_every_changed_byte(void)
{
    uint8_t seed[32] = {9};
    struct key_pair pair;
    struct buf text = BUF_INIT(1024);
    test_folder(kit.folder, sizeof(kit.folder));
    CU_ASSERT_EQUAL(ledger_keyfile_write(path_of("k"), KIT_ORIGIN, seed, false), NG_OK);
    CU_ASSERT_EQUAL(ledger_keyfile_read(path_of("k"), KIT_ORIGIN, &pair, NULL), NG_OK);
    CU_ASSERT_EQUAL(ledger_keyfile_read(path_of("k"), "other", &pair, NULL), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(file_read(path_of("k"), &text), NG_OK);
    for (size_t i = 0; i < text.size; i++) {
        text.data[i] ^= 1;
        CU_ASSERT_EQUAL(file_write(path_of("k"), text.data, text.size, 0600), NG_OK);
        CU_ASSERT_EQUAL(ledger_keyfile_read(path_of("k"), KIT_ORIGIN, &pair, NULL), NG_ERR_INPUT);
        text.data[i] ^= 1;
    }
    buf_fini(&text);
    test_remove_folder(kit.folder);
}

/* ---- The head floor ---- */

/* What verification says of the log as a whole: this many faults, at its end, with these words. */
static void verify_says(size_t count, const char *words)
{
    struct kit_faults f;
    kit_verify(&kit, &f);
    CU_ASSERT_EQUAL(f.count, count);
    for (size_t i = 0; i < f.count && i < count; i++) {
        CU_ASSERT_EQUAL(f.indexes[i], kit_size(&kit));
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(f.first, words));
}

static void ledger_old_copy_is_read_only(void)
{
    begin();
    kit_close(&kit);
    char old[320];
    (void)snprintf(old, sizeof(old), "%s/old.mdb", kit.folder);
    copy_file(path_of("log/data.mdb"), old);
    kit_open(&kit);
    uint64_t size = kit_size(&kit);
    kit_report(&kit, &ward, 5);
    kit_close(&kit); /* writes the floor */
    copy_file(old, path_of("log/data.mdb"));
    CU_ASSERT_EQUAL_FATAL(open_writing(), NG_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT(strstr(ledger_read_only(kit.ledger), path_of("head")) != NULL);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    verify_says(1, path_of("head"));
    static struct kit_statement s;
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_READ_ONLY);
    struct party_code to = {""};
    uint64_t index = 0;
    CU_ASSERT_EQUAL(ledger_author_log(kit.ledger, STATEMENT_INVITE, &to, (struct bytes){s.bytes, 9},
                                      kit.now, &index),
                    NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(ledger_write_floor(kit.ledger), NG_OK);
    kit_close(&kit);
    CU_ASSERT_EQUAL_FATAL(open_writing(), NG_OK); /* closing did not lower the floor */
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
    kit_end(&kit);
}

static void ledger_above_its_floor_is_as_it_should_be(void)
{
    begin();
    char old[320];
    (void)snprintf(old, sizeof(old), "%s/old.head", kit.folder);
    CU_ASSERT_EQUAL(ledger_write_floor(kit.ledger), NG_OK);
    copy_file(path_of("head"), old);
    kit_report(&kit, &ward, 5);
    kit_close(&kit);
    copy_file(old, path_of("head")); /* as after a power cut */
    kit_open(&kit);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_TRUE(ledger_has_floor(kit.ledger));
    verify_says(0, "");
    kit_report(&kit, &ward, 5);
    kit_close(&kit);
    CU_ASSERT_EQUAL(remove(path_of("head")), 0);
    kit_open(&kit); /* no floor is no objection */
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_FALSE(ledger_has_floor(kit.ledger));
    verify_says(0, "");
    CU_ASSERT_EQUAL(ledger_write_floor(kit.ledger), NG_OK);
    CU_ASSERT_TRUE(file_exists(path_of("head")));
    kit_end(&kit);
}

static void ledger_other_log_at_the_floors_size_is_read_only(void)
{
    struct note_head head = {.origin = KIT_ORIGIN, .size = 3};
    struct key_pair pair;
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    begin();
    kit_close(&kit);
    CU_ASSERT_EQUAL(ledger_keyfile_read(path_of("log.key"), KIT_ORIGIN, &pair, NULL), NG_OK);
    CU_ASSERT_EQUAL(note_sign(&head, &pair, &note), NG_OK); /* signed, with another root */
    CU_ASSERT_EQUAL(file_write(path_of("head"), note.data, note.size, 0644), NG_OK);
    CU_ASSERT_EQUAL_FATAL(open_writing(), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
    verify_says(1, "3");
    kit_close(&kit);
    static const char rubbish[2 * NOTE_SIZE_MAX] = "garbage\n";
    for (size_t size = 8; size <= sizeof(rubbish); size += sizeof(rubbish) - 8) {
        CU_ASSERT_EQUAL(file_write(path_of("head"), rubbish, size, 0644), NG_OK);
        CU_ASSERT_EQUAL_FATAL(open_writing(), NG_OK);
        CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
        verify_says(1, path_of("head"));
        kit_close(&kit);
    }
    CU_ASSERT_EQUAL(remove(path_of("head")), 0);
    CU_ASSERT_EQUAL(mkdir(path_of("head"), 0700), 0); /* no file at all: an error of its own */
    CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &kit.ledger), NG_OK);
    struct ledger_check check;
    CU_ASSERT_NOT_EQUAL(ledger_verify(kit.ledger, NULL, NULL, &check), NG_OK);
    buf_fini(&note);
    kit_end(&kit);
}

static void ledger_floor_may_lie_elsewhere(void)
{
    begin();
    kit_close(&kit);
    char elsewhere[320];
    (void)snprintf(elsewhere, sizeof(elsewhere), "%s/other-disk", kit.folder);
    CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, elsewhere, LEDGER_WRITE, &kit.ledger), NG_OK);
    kit_report(&kit, &ward, 5);
    CU_ASSERT_EQUAL(ledger_write_floor(kit.ledger), NG_OK);
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    struct note_head head;
    CU_ASSERT_EQUAL(file_read(elsewhere, &text), NG_OK);
    CU_ASSERT_EQUAL(note_verify(buf_bytes(&text), KIT_ORIGIN, ledger_log_key(kit.ledger), &head),
                    NG_OK);
    CU_ASSERT_EQUAL(head.size, kit_size(&kit));
    buf_fini(&text);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_create_makes_what_open_needs),
    TEST_CASE(ledger_create_refuses_a_name_that_is_none),
    TEST_CASE(ledger_create_goes_on_where_it_was_cut_off),
    TEST_CASE(ledger_create_never_replaces_a_key_or_a_lost_log),
    TEST_CASE(ledger_open_needs_a_log),
    TEST_CASE(ledger_open_tells_a_lost_log_from_none),
    TEST_CASE(ledger_has_one_writer),
    TEST_CASE(ledger_that_another_process_wrote_is_left_alone),
    TEST_CASE(ledger_needs_its_own_key_kept_from_others),
    TEST_CASE(ledger_keyfile_refuses_every_changed_byte),
    TEST_CASE(ledger_old_copy_is_read_only),
    TEST_CASE(ledger_above_its_floor_is_as_it_should_be),
    TEST_CASE(ledger_other_log_at_the_floors_size_is_read_only),
    TEST_CASE(ledger_floor_may_lie_elsewhere),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_open", cases, argc, argv);
}
