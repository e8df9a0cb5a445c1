/* Goal: damage in the middle of a log, where opening it does not look, is found by the recheck of a
 * start; a sound log is read to its end in slices of any size, while it grows.
 *
 * Method: one byte of a leaf, and then a leaf together with the hash that is stored for it, are
 * changed in the store of a log that is longer than the tail which is looked at when it is opened.
 */
#include "kit.h"

#include "base/bytes.h"
#include "ledger/leaf.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_recheck.h"
#include "ledger/ledger_stream.h"
#include "ledger/ledger_table.h"

enum { REPORTS = 60, DAMAGED = 10 };

static struct kit kit;
static struct kit_author office, ward;

static void begin(void)
{
    kit_begin_with_ward(&kit, &office, &ward);
    for (unsigned i = 0; i < REPORTS; i++) {
        (void)kit_report(&kit, &ward, 100);
    }
}

/* A byte of the leaf's statement; with_hash: and the leaf's own hash is made to agree. */
static enum ng_err damage(struct store_txn *t, void *context)
{
    const bool with_hash = *(const bool *)context;
    uint8_t row[LEDGER_STREAM_CHUNK], key[8];
    struct bytes chunk, leaf;
    struct ledger_nodes_place p;
    CU_ASSERT_EQUAL_FATAL(ledger_nodes_place(t, DAMAGED, &p), NG_OK);
    CU_ASSERT_EQUAL_FATAL(p.at / LEDGER_STREAM_CHUNK, (p.at + p.size - 1) / LEDGER_STREAM_CHUNK);
    bytes_put_u64(key, p.at / LEDGER_STREAM_CHUNK);
    CU_ASSERT_EQUAL_FATAL(store_get(t, LEDGER_TABLE_STREAM, (struct bytes){key, 8}, &chunk), NG_OK);
    memcpy(row, chunk.data, chunk.size);
    row[p.at % LEDGER_STREAM_CHUNK + LEAF_HEADER_SIZE + 161] ^= 1;
    leaf = (struct bytes){row + p.at % LEDGER_STREAM_CHUNK, p.size};
    const struct hash hash = leaf_hash(leaf);
    const size_t size = chunk.size;
    enum ng_err e =
        store_put(t, LEDGER_TABLE_STREAM, (struct bytes){key, 8}, (struct bytes){row, size});
    if (e == NG_OK && with_hash) { /* the row begins with the end, then the leaf's hash */
        struct bytes node;
        bytes_put_u64(key, DAMAGED);
        e = store_get(t, LEDGER_TABLE_NODES, (struct bytes){key, 8}, &node);
        CU_ASSERT_TRUE_FATAL(e == NG_OK && node.size >= 8 + HASH_SIZE && node.size < sizeof row);
        const size_t node_size = node.size;
        memcpy(row, node.data, node_size);
        memcpy(row + 8, hash.bytes, HASH_SIZE);
        e = store_put(t, LEDGER_TABLE_NODES, (struct bytes){key, 8},
                      (struct bytes){row, node_size});
    }
    return e;
}

/* How many slices it takes. */
static unsigned read_again(size_t bytes, enum ng_err *ret)
{
    struct ledger_recheck r;
    unsigned slices = 0;
    ledger_recheck_begin(&r, kit.ledger);
    for (*ret = NG_OK; !ledger_recheck_is_done(&r); slices++) {
        *ret = ledger_recheck_some(&r, kit.ledger, bytes);
        (void)kit_report(&kit, &ward, 10);
    }
    return slices;
}

static void a_sound_log_is_read_to_its_end_while_it_grows(void)
{
    enum ng_err e = NG_OK;
    begin();
    const uint64_t size = kit_size(&kit);
    CU_ASSERT_EQUAL(read_again(1, &e), size); /* a leaf each */
    CU_ASSERT_EQUAL(e, NG_OK);
    CU_ASSERT_TRUE(read_again(4096, &e) > 1);
    CU_ASSERT_EQUAL(e, NG_OK);
    CU_ASSERT_EQUAL(read_again(SIZE_MAX, &e), 1);
    CU_ASSERT_EQUAL(e, NG_OK);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    kit_end(&kit);
}

static void finds(bool with_hash, const char *words)
{
    enum ng_err e = NG_OK;
    begin();
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(kit.ledger), damage, &with_hash), NG_OK);
    kit_close(&kit);
    kit_open(&kit);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger)); /* opening it has not looked there */
    struct ledger_recheck r;
    ledger_recheck_begin(&r, kit.ledger);
    while (e == NG_OK && !ledger_recheck_is_done(&r)) {
        e = ledger_recheck_some(&r, kit.ledger, 1000);
    }
    CU_ASSERT_EQUAL(e, NG_ERR_CORRUPT);
    CU_ASSERT_TRUE(ledger_recheck_is_done(&r));
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(kit.ledger), words));
    kit_end(&kit);
}

static void damage_in_the_middle_stops_the_log(void)
{
    finds(false, "leaf 10 is damaged");
    finds(true, "the entries do not have the root that was signed");
}

static const struct test_case cases[] = {
    TEST_CASE(a_sound_log_is_read_to_its_end_while_it_grows),
    TEST_CASE(damage_in_the_middle_stops_the_log),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_recheck", cases, argc, argv);
}
