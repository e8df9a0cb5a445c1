/* The log as a whole: what is taken, what is refused and why, and that a refusal or a duplicate
 * never changes the log.
 *
 * Method: a log in a fresh folder, an office and wards with keys from seeds; every case looks at
 * the item's result and at the log's size, and ends with a full verification.
 */
#include "kit.h"

#include "ledger/ledger_nodes.h"

static struct kit kit;
static struct kit_author office;
static struct kit_author ward;

static void town(void)
{
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
}

static void end_clean(void)
{
    struct kit_faults faults;
    CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 0);
    kit_end(&kit);
}

static void ledger_takes_statements_in_the_order_of_their_author(void)
{
    town();
    uint64_t size = kit_size(&kit);
    for (uint64_t i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(kit_report(&kit, &ward, 10 + i * 37), size + i);
    }
    CU_ASSERT_EQUAL(kit_size(&kit), size + 100);
    end_clean();
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_takes_statements_in_the_order_of_their_author),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger", cases, argc, argv);
}
