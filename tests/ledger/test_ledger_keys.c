/* Goal: a log changes its own key and stays one log under one key, wherever the change is cut off;
 * its heads carry the line of the key before for thirty days.
 *
 * Method: a log changes its key over a calendar; then with each call of the change failing in turn,
 * and with the process ending in place of it. */
#include "fault/fault.h"
#include "kit.h"

#include "base/file.h"
#include "ledger/ledger_keyfile.h"

#include <errno.h>
#include <sys/wait.h>

#define DAY_MS UINT64_C(86400000)

static struct kit kit;

static const char *path_of(const char *name)
{
    static char path[300];
    (void)snprintf(path, sizeof(path), "%s/%s", kit.folder, name);
    return path;
}

static unsigned lines_of(const struct ledger_head *head)
{
    unsigned count = 0;
    for (const char *p = head->note; (p = strstr(p, NOTE_DASH)) != NULL; p++) {
        count++;
    }
    return count;
}

static void expect_lines(unsigned count)
{
    struct ledger_head head;
    struct note_head said;
    CU_ASSERT_EQUAL(ledger_head(kit.ledger, &head), NG_OK);
    CU_ASSERT_EQUAL(lines_of(&head), count);
    const struct bytes text = {(const uint8_t *)head.note, head.note_size};
    CU_ASSERT_EQUAL(note_verify(text, KIT_ORIGIN, ledger_log_key(kit.ledger), &said), NG_OK);
}

static uint64_t rotate(void)
{
    uint64_t index = 0;
    CU_ASSERT_EQUAL(ledger_rotate(kit.ledger, kit.now, &index), NG_OK);
    return index;
}

static void verify_clean(void)
{
    struct kit_faults faults;
    CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 0);
}

static void ledger_keys_heads_carry_both_lines_for_thirty_days(void)
{
    struct kit_author office, ward;
    struct ledger *reader = NULL;
    kit_begin_with_ward(&kit, &office, &ward);
    const struct key_public first = *ledger_log_key(kit.ledger);
    expect_lines(1);
    for (unsigned change = 1; change <= 2; change++) {
        const uint64_t size = kit_size(&kit);
        CU_ASSERT_EQUAL(rotate(), size);
        expect_lines(2);
        kit.now += 30 * DAY_MS - 1;
        (void)kit_report(&kit, &ward, 10);
        expect_lines(2);
        kit_close(&kit);
        kit_open(&kit);
        (void)kit_report(&kit, &ward, 10);
        expect_lines(2);
        CU_ASSERT(file_exists(path_of("log.key.old")));
        kit.now += 1;
        (void)kit_report(&kit, &ward, 10);
        expect_lines(1);
        kit_close(&kit);
        CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &reader), NG_OK);
        CU_ASSERT_EQUAL(ledger_log_keys(reader)->count, change + 1);
        ledger_close(&reader);
        kit_open(&kit);
        CU_ASSERT_FALSE(file_exists(path_of("log.key.old"))); /* good for nothing any more */
        CU_ASSERT_FALSE(file_exists(path_of("log.key.new")));
        expect_lines(1);
    }
    CU_ASSERT(memcmp(&ledger_log_keys(kit.ledger)->links[0].key, &first, sizeof(first)) == 0);
    verify_clean();
    kit_end(&kit);
}

static void ledger_keys_changes_are_told_as_they_were_signed(void)
{
    struct wire_signed said[WIRE_KEY_CHANGES_MAX];
    struct store_txn *t = NULL;
    struct log_keys told = {.count = 0};
    size_t count = 99;
    kit_begin(&kit);
    const struct log_keys first = *ledger_log_keys(kit.ledger);
    for (size_t n = 0; n <= 2; n++) {
        CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
        CU_ASSERT_EQUAL(ledger_key_changes(kit.ledger, t, said, &count), NG_OK);
        CU_ASSERT_EQUAL(count, n);
        CU_ASSERT_EQUAL(log_keys_follow(&first, KIT_ORIGIN, said, count, &told), NG_OK);
        CU_ASSERT(log_keys_agree(&told, ledger_log_keys(kit.ledger), kit_size(&kit)));
        store_end_read(&t);
        kit.now += 1000;
        (void)rotate();
    }
    kit_end(&kit);
}

/* Nobody but the log changes its key, and not by words alone. */
static void ledger_keys_change_by_the_log_alone(void)
{
    struct kit_author office, ward;
    struct kit_statement said;
    struct key_pair mine;
    struct buf payload = BUF_INIT(1024);
    const struct party_code everyone = {"*"};
    uint64_t index = 0;
    key_generate(&mine);
    kit_begin_with_ward(&kit, &office, &ward);
    CU_ASSERT_EQUAL_FATAL(log_keys_payload(ledger_log_id(kit.ledger), kit_size(&kit),
                                           ledger_log_key(kit.ledger), &mine, &payload),
                          NG_OK);
    CU_ASSERT_EQUAL(ledger_author_log(kit.ledger, STATEMENT_LOG_KEY, &everyone, buf_bytes(&payload),
                                      kit.now, &index),
                    NG_ERR_REFUSED);
    struct kit_author as = office;
    kit_write(&kit, &as, STATEMENT_LOG_KEY, "*", payload.data, payload.size, &said);
    CU_ASSERT_EQUAL(kit_append(&kit, &said).refusal, REFUSAL_KIND);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path_of("log.key"), KIT_ORIGIN, &as.key, NULL),
                          NG_OK);
    (void)snprintf(as.code.text, sizeof(as.code.text), "log");
    as.seq = kit_registered(&kit, "log").high_water;
    as.prev = kit_registered(&kit, "log").prev;
    as.epoch = 1;
    kit_write(&kit, &as, STATEMENT_LOG_KEY, "*", payload.data, payload.size, &said);
    CU_ASSERT_EQUAL(kit_append(&kit, &said).refusal, REFUSAL_AUTHOR);
    buf_fini(&payload);
    kit_end(&kit);
}

static void ledger_keys_change_so_often_and_no_more(void)
{
    uint64_t index = 0;
    kit_begin(&kit);
    for (unsigned i = 1; i < LOG_KEYS_MAX; i++) {
        kit.now += DAY_MS;
        (void)rotate();
    }
    const uint64_t size = kit_size(&kit);
    CU_ASSERT_EQUAL(ledger_rotate(kit.ledger, kit.now, &index), NG_ERR_LIMIT);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    kit_close(&kit);
    kit_open(&kit);
    verify_clean();
    kit_end(&kit);
}

/* ---- Cut off ---- */

static struct kit_author ward;

/* One log, one key that is at hand: it goes on. */
static void goes_on(uint64_t before, enum ng_err said)
{
    const uint64_t size = kit_size(&kit);
    CU_ASSERT(size == before || size == before + 1);
    CU_ASSERT(said != NG_OK || size == before + 1);
    CU_ASSERT_PTR_NULL_FATAL(ledger_read_only(kit.ledger));
    (void)kit_report(&kit, &ward, 10);
    CU_ASSERT_FALSE(size == before + 1 && file_exists(path_of("log.key.new")));
    verify_clean();
}

static void rotate_with(unsigned kinds, int error, unsigned at_least)
{
    struct kit_author office;
    unsigned failed = 0, changed = 0;
    bool struck = true;
    kit_begin_with_ward(&kit, &office, &ward);
    for (unsigned k = 1; struck && k < 1000; k++) {
        const uint64_t before = kit_size(&kit);
        uint64_t index = 0;
        if (ledger_log_keys(kit.ledger)->count > LOG_KEYS_MAX - 2) {
            kit_end(&kit);
            kit_begin_with_ward(&kit, &office, &ward);
            k--;
            continue;
        }
        kit.now += 1000;
        fault_set(kinds, k, error, false);
        const enum ng_err e = ledger_rotate(kit.ledger, kit.now, &index);
        struck = fault_clear();
        failed += e == NG_OK ? 0 : 1;
        kit_close(&kit);
        kit_open(&kit);
        changed += kit_size(&kit) > before ? 1 : 0;
        goes_on(before, e);
    }
    CU_ASSERT_FALSE(struck);
    (void)printf("\n    %u of them failed, %u changed the key ", failed, changed);
    CU_ASSERT(failed >= at_least && changed > 0);
    kit_end(&kit);
}

static void ledger_keys_survive_each_failed_call(void)
{
    rotate_with(FAULT_MEMORY, ENOMEM, 10);
    rotate_with(FAULT_IO, EIO, 10);
    rotate_with(FAULT_WRITE, ENOSPC, 3);
}

static void ledger_keys_survive_the_end_of_the_process_at_each_call(void)
{
    struct kit_author office;
    int status = FAULT_STOPPED;
    unsigned stopped = 0, changed = 0;
    kit_begin_with_ward(&kit, &office, &ward);
    for (unsigned k = 1; status == FAULT_STOPPED && k < 1000; k++) {
        const uint64_t before = kit_size(&kit);
        kit.now += 1000;
        kit_close(&kit);
        const pid_t child = fork();
        if (child == 0) {
            uint64_t index = 0;
            if (ledger_open(kit.folder, NULL, LEDGER_WRITE, &kit.ledger) != NG_OK) {
                _exit(1);
            }
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            _exit(ledger_rotate(kit.ledger, kit.now, &index) == NG_OK ? 0 : 2);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        status = WEXITSTATUS(status);
        stopped += status == FAULT_STOPPED ? 1 : 0;
        kit_open(&kit);
        changed += status == FAULT_STOPPED && kit_size(&kit) > before ? 1 : 0;
        goes_on(before, status == 0 ? NG_OK : NG_ERR_IO);
    }
    CU_ASSERT_EQUAL(status, 0);
    (void)printf("\n    %u times, %u of them behind the commit ", stopped, changed);
    CU_ASSERT(stopped >= 10 && changed >= 1);
    kit_end(&kit);
}

/* ---- The wrong key beside the log ---- */

/* Within the folder. */
static void copy_file(const char *from, const char *to)
{
    struct buf b = BUF_INIT(256u << 20);
    CU_ASSERT_EQUAL_FATAL(file_read(path_of(from), &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_write(path_of(to), b.data, b.size, 0600), NG_OK);
    buf_fini(&b);
}

static void ledger_keys_an_older_key_or_copy_opens_nothing(void)
{
    struct ledger *l = NULL;
    kit_begin(&kit);
    copy_file("log.key", "first.key");
    CU_ASSERT_EQUAL_FATAL(file_make_folder(path_of("copy")), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_copy(ledger_store(kit.ledger), path_of("copy")), NG_OK);
    (void)rotate();
    kit_close(&kit);
    copy_file("log.key", "second.key");
    copy_file("first.key", "log.key"); /* the log is newer than its key */
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_WRITE, &l), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_READ, &l), NG_OK);
    ledger_close(&l);
    copy_file("second.key", "log.key");
    kit_open(&kit);
    expect_lines(2);
    kit_close(&kit);
    copy_file("copy/data.mdb", "log/data.mdb"); /* the key is newer than the log */
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_WRITE, &l), NG_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "restore"));
    test_remove_folder(kit.folder);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(ledger_keys_heads_carry_both_lines_for_thirty_days),
        TEST_CASE(ledger_keys_changes_are_told_as_they_were_signed),
        TEST_CASE(ledger_keys_change_by_the_log_alone),
        TEST_CASE(ledger_keys_change_so_often_and_no_more),
        TEST_CASE(ledger_keys_survive_each_failed_call),
        TEST_CASE(ledger_keys_survive_the_end_of_the_process_at_each_call),
        TEST_CASE(ledger_keys_an_older_key_or_copy_opens_nothing),
        {0},
    };
    return test_main("ledger_keys", cases, argc, argv);
}
