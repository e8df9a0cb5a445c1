/* Whatever call fails or wherever the process ends, the log is the old one or the new one, and what
 * was acknowledged is in it.
 *
 * Method: the three loops of fault injection over creating, opening and appending, LMDB's own calls
 * included: the k-th allocation fails, the k-th call on a file fails, the process ends in place of
 * the k-th write; for k = 1, 2, … until the k-th call is never reached. After each the log is
 * opened without faults, verified in full, and goes on.
 */
#include "fault/fault.h"
#include "kit.h"

#include <errno.h>
#include <sys/wait.h>

static struct kit kit;
static struct kit_author office, ward;
static struct kit_statement one, two;

static void town(void)
{
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
}

static void verify_clean(void)
{
    struct kit_faults faults;
    CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 0);
}

/* ---- Appending ---- */

static void next_two(void)
{
    static uint8_t payload[5000];
    kit_write(&kit, &ward, 16, "", payload, sizeof(payload), &one);
    kit_write(&kit, &ward, 16, "", "short", 5, &two);
}

/* Both are in the log, now or after sending them again: exactly once. */
static void send_again(uint64_t before, bool acknowledged)
{
    struct ledger_item items[] = {kit_item(&one), kit_item(&two)};
    uint64_t size = kit_size(&kit);
    CU_ASSERT(size == before + 2 || (size == before && !acknowledged));
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 2, kit.now), NG_OK);
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT(items[i].refusal == REFUSAL_OK && items[i].index == before + i);
        CU_ASSERT_EQUAL(items[i].duplicate, size == before + 2);
    }
    CU_ASSERT_EQUAL(kit_size(&kit), before + 2);
    verify_clean();
}

/* After an error other than FULL and NOMEM the ledger takes nothing more. */
static void is_final(enum ng_err e)
{
    struct ledger_item item = kit_item(&one);
    if (e == NG_OK || e == NG_ERR_FULL || e == NG_ERR_NOMEM) {
        CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
        return;
    }
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
}

/* An invite and the enrolment by it, in one batch. */
static void next_enrolment(void)
{
    static unsigned number = 100;
    struct kit_author fresh = {.epoch = 0};
    char code[17];
    (void)snprintf(code, sizeof(code), "xa-%u", ++number);
    kit_invite(&kit, &office, code, WIRE_ROLE_WARD, kit.now + 1000, number, &one);
    kit_enrol(&kit, &fresh, code, number, number + 500000, &two);
}

static void append_with(void (*next)(void), unsigned kinds, int error, bool sticky,
                        unsigned at_least)
{
    unsigned failed = 0;
    bool struck = true;
    town();
    for (unsigned k = 1; struck && k < 2000; k++) {
        uint64_t before = kit_size(&kit);
        next();
        struct ledger_item items[] = {kit_item(&one), kit_item(&two)};
        fault_set(kinds, k, error, sticky);
        enum ng_err e = ledger_append(kit.ledger, items, 2, kit.now);
        struck = fault_clear();
        bool acknowledged = items[0].refusal == REFUSAL_OK && items[1].refusal == REFUSAL_OK;
        CU_ASSERT_EQUAL(acknowledged, e == NG_OK);
        CU_ASSERT(acknowledged ||
                  (items[0].refusal != REFUSAL_OK && items[1].refusal != REFUSAL_OK));
        CU_ASSERT(e == NG_OK || e == NG_ERR_NOMEM || strstr(err_explain(e), kit.folder) != NULL);
        failed += e == NG_OK ? 0 : 1;
        is_final(e);
        kit_close(&kit);
        kit_open(&kit);
        CU_ASSERT_PTR_NULL_FATAL(ledger_read_only(kit.ledger));
        send_again(before, acknowledged);
    }
    CU_ASSERT_FALSE(struck);
    (void)printf("\n    %u of them failed ", failed);
    CU_ASSERT(failed >= at_least);
    kit_end(&kit);
}

static void ledger_append_survives_each_failed_allocation(void)
{
    append_with(next_two, FAULT_MEMORY, ENOMEM, false, 10);
    append_with(next_enrolment, FAULT_MEMORY, ENOMEM, false, 10);
    append_with(next_two, FAULT_MEMORY, ENOMEM, true, 10);
    append_with(next_enrolment, FAULT_MEMORY, ENOMEM, true, 10);
}

static void ledger_append_survives_each_failed_write_and_sync(void)
{
    append_with(next_two, FAULT_IO, EIO, false, 2);
    append_with(next_two, FAULT_IO, EIO, true, 2);
    append_with(next_two, FAULT_SYNC, EIO, false, 1);
}

static void ledger_append_survives_a_full_disk(void)
{
    append_with(next_two, FAULT_WRITE, ENOSPC, false, 1);
    append_with(next_two, FAULT_WRITE, ENOSPC, true, 1);
}

/* A full disk is not the end: the same ledger goes on when there is room. */
static void ledger_append_goes_on_when_there_is_room_again(void)
{
    town();
    uint64_t before = kit_size(&kit);
    next_two();
    struct ledger_item items[] = {kit_item(&one), kit_item(&two)};
    fault_set(FAULT_WRITE, 1, ENOSPC, true);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 2, kit.now), NG_ERR_FULL);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_EQUAL(items[0].refusal, REFUSAL_FULL);
    CU_ASSERT_EQUAL(items[1].refusal, REFUSAL_FULL);
    send_again(before, false);
    kit_end(&kit);
}

static void ledger_append_survives_an_end_at_each_call(void)
{
    town();
    bool reached_end = false;
    for (unsigned k = 1; !reached_end && k < 200; k++) {
        uint64_t before = kit_size(&kit);
        next_two();
        kit_close(&kit);
        pid_t pid = fork();
        CU_ASSERT_FATAL(pid >= 0);
        if (pid == 0) {
            struct ledger_item items[] = {kit_item(&one), kit_item(&two)};
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            bool done = ledger_open(kit.folder, NULL, LEDGER_WRITE, &kit.ledger) == NG_OK &&
                        ledger_append(kit.ledger, items, 2, kit.now) == NG_OK &&
                        items[1].refusal == REFUSAL_OK && ledger_write_floor(kit.ledger) == NG_OK;
            ledger_close(&kit.ledger);
            _exit(done ? 0 : 1);
        }
        int status = 0;
        CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
        CU_ASSERT_FATAL(WIFEXITED(status) &&
                        (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FAULT_STOPPED));
        reached_end = WEXITSTATUS(status) == 0;
        kit_open(&kit);
        CU_ASSERT_PTR_NULL_FATAL(ledger_read_only(kit.ledger));
        send_again(before, reached_end);
    }
    CU_ASSERT_TRUE(reached_end);
    kit_end(&kit);
}

/* ---- Creating ---- */

static void create_with(unsigned kinds, int error, bool sticky)
{
    unsigned failed = 0;
    bool struck = true;
    for (unsigned k = 1; struck && k < 2000; k++) {
        kit = (struct kit){.now = KIT_NOW};
        test_folder(kit.folder, sizeof(kit.folder));
        fault_set(kinds, k, error, sticky);
        enum ng_err e = ledger_create(kit.folder, NULL, KIT_ORIGIN, kit.now);
        struck = fault_clear();
        failed += e == NG_OK ? 0 : 1;
        if (e != NG_OK) {
            enum ng_err again = ledger_create(kit.folder, NULL, KIT_ORIGIN, kit.now);
            CU_ASSERT(again == NG_OK || again == NG_ERR_REFUSED);
        }
        kit_open(&kit);
        CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
        CU_ASSERT_EQUAL(kit_size(&kit), 1);
        verify_clean();
        kit_end(&kit);
    }
    CU_ASSERT_FALSE(struck);
    CU_ASSERT(failed > 3);
}

static void ledger_create_survives_each_failed_allocation(void)
{
    create_with(FAULT_MEMORY, ENOMEM, false);
}

static void ledger_create_survives_each_failed_call_on_a_file(void)
{
    create_with(FAULT_IO, EIO, false);
    create_with(FAULT_WRITE, ENOSPC, true);
}

static void ledger_create_survives_an_end_at_each_call(void)
{
    bool reached_end = false;
    for (unsigned k = 1; !reached_end && k < 300; k++) {
        kit = (struct kit){.now = KIT_NOW};
        test_folder(kit.folder, sizeof(kit.folder));
        pid_t pid = fork();
        CU_ASSERT_FATAL(pid >= 0);
        if (pid == 0) {
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            _exit(ledger_create(kit.folder, NULL, KIT_ORIGIN, kit.now) == NG_OK ? 0 : 1);
        }
        int status = 0;
        CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
        CU_ASSERT_FATAL(WIFEXITED(status) &&
                        (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FAULT_STOPPED));
        reached_end = WEXITSTATUS(status) == 0;
        enum ng_err again = ledger_create(kit.folder, NULL, KIT_ORIGIN, kit.now);
        CU_ASSERT(again == NG_ERR_REFUSED || (again == NG_OK && !reached_end));
        kit_open(&kit);
        CU_ASSERT_EQUAL(kit_size(&kit), 1);
        verify_clean();
        kit_end(&kit);
    }
    CU_ASSERT_TRUE(reached_end);
}

/* ---- Opening and reading ---- */

/* A failed call is no damage: verification says that it could not, or is clean. */
static void no_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    (void)context;
    (void)fprintf(stderr, "%llu: %s\n", (unsigned long long)index, what);
    CU_FAIL("damage where there is none");
}

static void open_with(unsigned kinds, int error, enum ng_err want)
{
    bool struck = true;
    unsigned failed = 0;
    town();
    kit_report(&kit, &ward, 20000);
    uint64_t size = kit_size(&kit);
    kit_close(&kit);
    for (unsigned k = 1; struck && k < 2000; k++) {
        struct ledger_check check;
        fault_set(kinds, k, error, false);
        enum ng_err e = ledger_open(kit.folder, NULL, LEDGER_WRITE, &kit.ledger);
        if (e == NG_OK) {
            e = ledger_verify(kit.ledger, no_fault, NULL, &check);
        }
        struck = fault_clear();
        CU_ASSERT(e == NG_OK || e == want);
        CU_ASSERT(e == NG_OK || e == NG_ERR_NOMEM || strstr(err_explain(e), kit.folder) != NULL);
        /* A disk that fails leaves a log to read; memory says nothing of the log. */
        CU_ASSERT(e != NG_OK || kinds != FAULT_MEMORY || ledger_read_only(kit.ledger) == NULL);
        failed += e == NG_OK ? 0 : 1;
        ledger_close(&kit.ledger);
    }
    CU_ASSERT_FALSE(struck);
    CU_ASSERT(failed > 3);
    kit_open(&kit);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    kit_end(&kit);
}

static void ledger_open_survives_each_failure(void)
{
    open_with(FAULT_IO, EIO, NG_ERR_IO);
    open_with(FAULT_MEMORY, ENOMEM, NG_ERR_NOMEM);
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_append_survives_each_failed_allocation),
    TEST_CASE(ledger_append_survives_each_failed_write_and_sync),
    TEST_CASE(ledger_append_survives_a_full_disk),
    TEST_CASE(ledger_append_goes_on_when_there_is_room_again),
    TEST_CASE(ledger_append_survives_an_end_at_each_call),
    TEST_CASE(ledger_create_survives_each_failed_allocation),
    TEST_CASE(ledger_create_survives_each_failed_call_on_a_file),
    TEST_CASE(ledger_create_survives_an_end_at_each_call),
    TEST_CASE(ledger_open_survives_each_failure),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_fault", cases, argc, argv);
}
