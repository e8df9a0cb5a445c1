/* Reading a log: leaves, proofs, heads, inboxes, authors' numbers, receipts, beside a writer.
 *
 * Method: a log whose leaves the test also keeps as plain hashes; what the ledger proves must
 * verify for every leaf and every pair of sizes against heads it signed on the way.
 */
#include "kit.h"

enum { LEAVES = 75 };

static struct kit kit;
static struct kit_author office, ward, other;
static struct kit_statement s;
static struct ledger_head heads[LEAVES + 1]; /* by size, as far as one was signed */

static void keep_head(void)
{
    static struct ledger_head head;
    CU_ASSERT_EQUAL(ledger_head(kit.ledger, &head), NG_OK);
    CU_ASSERT_FATAL(head.head.size <= LEAVES);
    heads[head.head.size] = head;
}

/* Ends with LEAVES leaves: reports, tasks for everyone, verdicts for one. */
static void begin(void)
{
    memset(heads, 0, sizeof(heads));
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    kit_party(&kit, &office, "xa-b", WIRE_ROLE_WARD, 11, &other);
    for (unsigned i = 0; kit_size(&kit) < LEAVES; i++) {
        if (i % 5 == 1) {
            kit_write(&kit, &office, 20, "*", "task", 4, &s);
            CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
        } else if (i % 5 == 3) {
            kit_write(&kit, &office, 22, i % 2 == 0 ? "xa-a" : "xa-b", "verdict", 7, &s);
            CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
        } else {
            kit_report(&kit, &ward, i * 100);
        }
        keep_head();
    }
}

static struct store_txn *reading(void)
{
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    return t;
}

static void ledger_proves_every_leaf_under_every_head(void)
{
    begin();
    struct store_txn *t = reading();
    for (uint64_t size = 1; size <= LEAVES; size++) {
        for (uint64_t i = 0; i < size && heads[size].note_size > 0; i++) {
            struct tree_proof p;
            struct bytes leaf;
            CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, i, &leaf), NG_OK);
            struct hash h = leaf_hash(leaf);
            CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, i, size, &p), NG_OK);
            CU_ASSERT_EQUAL(
                tree_verify_inclusion(i, size, &h, p.hashes, p.count, &heads[size].head.root),
                NG_OK);
        }
    }
    store_end_read(&t);
    kit_end(&kit);
}

static void ledger_proves_every_pair_of_heads_consistent(void)
{
    begin();
    struct store_txn *t = reading();
    unsigned pairs = 0;
    for (uint64_t n = 1; n <= LEAVES; n++) {
        for (uint64_t m = 1; m <= n; m++) {
            struct tree_proof p;
            CU_ASSERT_EQUAL(ledger_consistency(kit.ledger, t, m, n, &p), NG_OK);
            if (heads[m].note_size > 0 && heads[n].note_size > 0) {
                CU_ASSERT_EQUAL(tree_verify_consistency(m, n, &heads[m].head.root,
                                                        &heads[n].head.root, p.hashes, p.count),
                                NG_OK);
                pairs++;
            }
        }
    }
    CU_ASSERT(pairs > 2000);
    store_end_read(&t);
    kit_end(&kit);
}

static void ledger_refuses_what_lies_beyond_its_end(void)
{
    begin();
    struct store_txn *t = reading();
    struct tree_proof p;
    struct bytes leaf;
    CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, LEAVES, &leaf), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, UINT64_MAX, &leaf), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, 0, LEAVES + 1, &p), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, 5, 5, &p), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, 0, 0, &p), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(ledger_consistency(kit.ledger, t, 3, LEAVES + 1, &p), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(ledger_consistency(kit.ledger, t, 4, 3, &p), NG_ERR_INPUT);
    CU_ASSERT(ledger_consistency(kit.ledger, t, 0, 3, &p) == NG_OK && p.count == 0);
    CU_ASSERT(ledger_consistency(kit.ledger, t, 3, 3, &p) == NG_OK && p.count == 0);
    store_end_read(&t);
    kit_end(&kit);
}

static void ledger_delivers_to_the_addressee_and_everyone_in_order(void)
{
    begin();
    struct store_txn *t = reading();
    static const char *const parties[] = {"xa-a", "xa-b", "xa-c"};
    for (size_t k = 0; k < 3; k++) {
        uint64_t next = 0;
        for (uint64_t i = 0; i < LEAVES; i++) {
            struct bytes encoded;
            struct leaf leaf;
            struct statement st;
            CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, i, &encoded), NG_OK);
            CU_ASSERT(leaf_decode(encoded, &leaf) == NG_OK &&
                      statement_decode(leaf.statement, &st) == NG_OK);
            if (strcmp(st.to.text, "*") != 0 && strcmp(st.to.text, parties[k]) != 0) {
                continue;
            }
            uint64_t found = 0;
            CU_ASSERT_EQUAL(ledger_inbox_next(kit.ledger, t, parties[k], next, &found), NG_OK);
            CU_ASSERT_EQUAL(found, i);
            next = i + 1;
        }
        uint64_t none = 0;
        CU_ASSERT_EQUAL(ledger_inbox_next(kit.ledger, t, parties[k], next, &none),
                        NG_ERR_NOT_FOUND);
    }
    store_end_read(&t);
    kit_end(&kit);
}

static void ledger_finds_an_authors_statements_by_number(void)
{
    begin();
    struct store_txn *t = reading();
    uint64_t index = 0;
    for (uint64_t seq = 1; seq <= ward.seq; seq++) {
        struct bytes encoded;
        struct leaf leaf;
        struct statement st;
        CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-a", 1, seq, &index), NG_OK);
        CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, index, &encoded), NG_OK);
        CU_ASSERT(leaf_decode(encoded, &leaf) == NG_OK &&
                  statement_decode(leaf.statement, &st) == NG_OK);
        CU_ASSERT(st.seq == seq && strcmp(st.author.text, "xa-a") == 0);
    }
    CU_ASSERT(ward.seq > 40); /* more than one row of the index */
    CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-a", 1, ward.seq + 1, &index), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-a", 1, 0, &index), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-a", 2, 1, &index), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-z", 1, 1, &index), NG_ERR_NOT_FOUND);
    store_end_read(&t);
    kit_end(&kit);
}

/* What the broker answers with is what an agent accepts. */
static void ledger_gives_what_a_receipt_is_made_of(void)
{
    begin();
    kit_write(&kit, &ward, 16, "", "mine", 4, &s);
    struct ledger_item item = kit_append(&kit, &s);
    struct store_txn *t = reading();
    static struct ledger_head head;
    struct bytes leaf;
    struct tree_proof p;
    struct receipt r;
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    CU_ASSERT_EQUAL(ledger_head_in(kit.ledger, t, &head), NG_OK);
    CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, item.index, &leaf), NG_OK);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, item.index, head.head.size, &p), NG_OK);
    CU_ASSERT_EQUAL(receipt_format(leaf.data, s.signature, item.index,
                                   (struct bytes){p.hashes[0].bytes, p.count * HASH_SIZE},
                                   (struct bytes){(const uint8_t *)head.note, head.note_size},
                                   &text),
                    NG_OK);
    CU_ASSERT_EQUAL(receipt_verify(buf_bytes(&text), (struct bytes){s.bytes, s.size},
                                   &ward.key.public_key, KIT_ORIGIN, ledger_log_keys(kit.ledger),
                                   &r),
                    NG_OK);
    CU_ASSERT(r.index == item.index && r.received_at == item.received_at);
    buf_fini(&text);
    store_end_read(&t);
    kit_end(&kit);
}

/* A snapshot answers for its own head while the writer goes on. */
static void ledger_snapshot_stands_still(void)
{
    begin();
    struct ledger *reader = NULL;
    static struct ledger_head before, in, after;
    kit_close(&kit);
    CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &reader), NG_OK);
    CU_ASSERT_EQUAL(ledger_head(reader, &before), NG_OK);
    struct store_txn *t = NULL;
    struct tree_proof p;
    struct bytes leaf;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(reader), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_head_in(reader, t, &in), NG_OK);
    CU_ASSERT_EQUAL(in.head.size, LEAVES);
    CU_ASSERT_EQUAL(ledger_leaf(reader, t, LEAVES - 1, &leaf), NG_OK);
    CU_ASSERT_EQUAL(ledger_inclusion(reader, t, 3, LEAVES, &p), NG_OK);
    store_end_read(&t);
    CU_ASSERT_PTR_NULL(ledger_read_only(reader));
    struct ledger_item item = {.seq = 0};
    CU_ASSERT_EQUAL(ledger_append(reader, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    ledger_close(&reader);
    kit_open(&kit);
    t = reading();
    CU_ASSERT_EQUAL(ledger_head_in(kit.ledger, t, &after), NG_OK);
    CU_ASSERT(after.note_size == before.note_size &&
              memcmp(after.note, before.note, before.note_size) == 0);
    store_end_read(&t);
    kit_end(&kit);
}

static void ledger_says_who_it_is(void)
{
    begin();
    uint8_t id[16];
    statement_log_id(KIT_ORIGIN, id);
    CU_ASSERT_STRING_EQUAL(ledger_origin(kit.ledger), KIT_ORIGIN);
    CU_ASSERT(memcmp(ledger_log_id(kit.ledger), id, 16) == 0);
    struct store_txn *t = reading();
    struct bytes encoded;
    struct leaf leaf;
    struct statement st;
    struct wire_genesis genesis;
    CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, 0, &encoded), NG_OK);
    CU_ASSERT(leaf_decode(encoded, &leaf) == NG_OK && leaf_verify(&leaf) == NG_OK &&
              statement_decode(leaf.statement, &st) == NG_OK);
    CU_ASSERT_STRING_EQUAL(st.author.text, "log");
    CU_ASSERT(st.kind == STATEMENT_GENESIS && wire_genesis_decode(st.payload, &genesis) == NG_OK);
    CU_ASSERT_STRING_EQUAL(genesis.origin, KIT_ORIGIN);
    CU_ASSERT(memcmp(genesis.log_key, ledger_log_key(kit.ledger)->bytes, 32) == 0);
    store_end_read(&t);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_proves_every_leaf_under_every_head),
    TEST_CASE(ledger_proves_every_pair_of_heads_consistent),
    TEST_CASE(ledger_refuses_what_lies_beyond_its_end),
    TEST_CASE(ledger_delivers_to_the_addressee_and_everyone_in_order),
    TEST_CASE(ledger_finds_an_authors_statements_by_number),
    TEST_CASE(ledger_gives_what_a_receipt_is_made_of),
    TEST_CASE(ledger_snapshot_stands_still),
    TEST_CASE(ledger_says_who_it_is),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_read", cases, argc, argv);
}
