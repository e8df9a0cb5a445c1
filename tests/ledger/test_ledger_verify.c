/* Full verification names what is damaged, and reads refuse it.
 *
 * Method: a sound log is damaged through its own store, in each table in turn, as a flipped bit, a
 * lost row or a stray one would; reads must say corrupt and verification must name the index. Then
 * the log is written anew by somebody who holds its key and lies: every hash and signature of the
 * tree is right, only the history is not.
 */
#include "kit.h"

#include "ledger/ledger_keyfile.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_stream.h"
#include "ledger/ledger_table.h"

enum { LEAVES = 30 };

static struct kit kit;
static struct kit_author office, ward;
static struct kit_statement s;

static void begin(void)
{
    kit_begin_with_ward(&kit, &office, &ward);
    while (kit_size(&kit) < LEAVES) {
        kit_report(&kit, &ward, 1500);
    }
}

/* ---- Damage ---- */

struct damage {
    unsigned table;
    uint8_t key[64];
    size_t key_size;
    size_t at;  /* byte of the value that is changed; SIZE_MAX: the row is removed */
    bool stray; /* a row is put there instead */
};

static enum ng_err do_damage(struct store_txn *t, void *context)
{
    const struct damage *d = context;
    static uint8_t copy[LEDGER_STREAM_CHUNK];
    struct bytes key = {d->key, d->key_size};
    struct bytes value = {copy, 8};
    if (d->stray) {
        return store_put(t, d->table, key, value);
    }
    if (d->at == SIZE_MAX) {
        return store_remove(t, d->table, key);
    }
    enum ng_err e = store_get(t, d->table, key, &value);
    CU_ASSERT_FATAL(e == NG_OK && d->at < value.size && value.size <= sizeof(copy));
    memcpy(copy, value.data, value.size);
    copy[d->at] ^= 0x04;
    return store_put(t, d->table, key, (struct bytes){copy, value.size});
}

static void damage(struct damage d)
{
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(kit.ledger), do_damage, &d), NG_OK);
}

static struct damage row(unsigned table, const void *key, size_t size, size_t at)
{
    struct damage d = {.table = table, .key_size = size, .at = at};
    memcpy(d.key, key, size);
    return d;
}

static struct damage row_u64(unsigned table, uint64_t number, size_t at)
{
    struct store_key_u64 key = store_key_u64(number);
    return row(table, key.bytes, sizeof(key.bytes), at);
}

static struct ledger_nodes_place place_of(uint64_t index)
{
    struct store_txn *t = NULL;
    struct ledger_nodes_place place = {.at = 0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_nodes_place(t, index, &place), NG_OK);
    store_end_read(&t);
    return place;
}

static enum ng_err read_leaf(uint64_t index)
{
    struct store_txn *t = NULL;
    struct bytes leaf;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    enum ng_err e = ledger_leaf(kit.ledger, t, index, &leaf);
    store_end_read(&t);
    return e;
}

/* Verification finds exactly these, in order. */
static void names(const uint64_t *indexes, size_t count)
{
    struct kit_faults f;
    kit_verify(&kit, &f);
    CU_ASSERT_EQUAL(f.count, count);
    for (size_t i = 0; i < count && i < f.count; i++) {
        CU_ASSERT_EQUAL(f.indexes[i], indexes[i]);
    }
}

static void ledger_names_each_leaf_with_a_flipped_bit(void)
{
    begin();
    uint64_t damaged[] = {0, 4, 13, LEAVES - 1};
    for (size_t i = 0; i < 4; i++) {
        struct ledger_nodes_place p = place_of(damaged[i]);
        size_t inside[] = {0, 20, 40, 100, p.size - 1};
        uint64_t at = p.at + inside[i];
        damage(row_u64(LEDGER_TABLE_STREAM, at / LEDGER_STREAM_CHUNK, at % LEDGER_STREAM_CHUNK));
    }
    for (uint64_t i = 0; i < LEAVES; i++) {
        bool hit = i == 0 || i == 4 || i == 13 || i == LEAVES - 1;
        CU_ASSERT_EQUAL(read_leaf(i), hit ? NG_ERR_CORRUPT : NG_OK);
    }
    names(damaged, 4);
    kit_end(&kit);
}

/* received_at alone is under no signature and, between its neighbours' times, breaks no rule: the
 * leaf's hash is all that holds it. */
static void ledger_names_a_leaf_that_only_its_hash_holds(void)
{
    enum { MINUTE = 60000, LOW_BYTE = 31 };
    begin();
    kit.now += MINUTE;
    const uint64_t index = kit_report(&kit, &ward, 100);
    kit.now += MINUTE;
    kit_report(&kit, &ward, 100);
    const struct ledger_nodes_place p = place_of(index);
    const uint64_t at = p.at + LOW_BYTE;
    damage(row_u64(LEDGER_TABLE_STREAM, at / LEDGER_STREAM_CHUNK, at % LEDGER_STREAM_CHUNK));

    struct store_txn *t = NULL;
    struct bytes encoded;
    struct leaf leaf;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_stream_read(t, p.at, p.size, &encoded), NG_OK);
    CU_ASSERT_EQUAL_FATAL(leaf_decode(encoded, &leaf), NG_OK);
    CU_ASSERT_EQUAL(leaf_verify(&leaf), NG_OK);
    CU_ASSERT_EQUAL(leaf.index, index);
    CU_ASSERT_NOT_EQUAL(leaf.received_at, kit.now - MINUTE);
    CU_ASSERT_TRUE(leaf.received_at < kit.now && leaf.received_at > kit.now - 2 * MINUTE);
    store_end_read(&t);
    CU_ASSERT_EQUAL(read_leaf(index), NG_ERR_CORRUPT);
    names(&index, 1);
    kit_end(&kit);
}

static void ledger_names_the_range_that_a_lost_chunk_held(void)
{
    begin();
    uint64_t lost[16];
    size_t count = 0;
    for (uint64_t i = 0; i < LEAVES && count < 16; i++) {
        struct ledger_nodes_place p = place_of(i);
        uint64_t last = (p.at + p.size - 1) / LEDGER_STREAM_CHUNK;
        if (p.at / LEDGER_STREAM_CHUNK <= 1 && last >= 1) {
            lost[count++] = i;
        }
    }
    CU_ASSERT_FATAL(count > 5 && count < 16);
    damage(row_u64(LEDGER_TABLE_STREAM, 1, SIZE_MAX));
    CU_ASSERT_EQUAL(read_leaf(lost[0]), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(read_leaf(lost[0] - 1), NG_OK);
    CU_ASSERT_EQUAL(read_leaf(lost[count - 1] + 1), NG_OK);
    lost[count++] = LEAVES; /* and the whole has fewer rows */
    names(lost, count);
    kit_end(&kit);
}

static void ledger_proves_nothing_from_a_damaged_tree(void)
{
    begin();
    damage(row_u64(LEDGER_TABLE_NODES, 7, 8 + 3 * HASH_SIZE + 5)); /* of leaves 0 … 7 */
    struct store_txn *t = NULL;
    struct tree_proof p;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, 9, LEAVES, &p), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, 9, 20, &p), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_consistency(kit.ledger, t, 8, LEAVES, &p), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_consistency(kit.ledger, t, 8, 12, &p), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_inclusion(kit.ledger, t, 3, LEAVES, &p), NG_OK); /* needs others */
    store_end_read(&t);
    uint64_t expected[] = {7, 15};
    names(expected, 2); /* its own record, and the one above made of it */
    kit_end(&kit);
}

static void ledger_signs_nothing_on_top_of_a_damaged_tree(void)
{
    begin();
    uint64_t size = kit_size(&kit);
    damage(
        row_u64(LEDGER_TABLE_NODES, 15, 8 + 4 * HASH_SIZE + 31)); /* of leaves 0 … 15: the edge */
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    struct ledger_item item = kit_item(&s);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    kit_close(&kit);
    kit_open(&kit); /* found again at the start */
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT(strstr(ledger_read_only(kit.ledger), "log verify") != NULL);
    kit_end(&kit);
}

/* A writer looks at the last 16 leaves when it opens a log, for a power cut harms those first; what
 * lies before them is found when it is read, or by verification. */
static void ledger_looks_at_its_last_leaves_before_it_writes(void)
{
    static const uint64_t indexes[] = {LEAVES - 17, LEAVES - 16, LEAVES - 1};
    for (size_t i = 0; i < 3; i++) {
        const uint64_t index = indexes[i];
        begin();
        struct ledger_nodes_place p = place_of(index);
        uint64_t at = p.at + LEAF_HEADER_SIZE + 1;
        damage(row_u64(LEDGER_TABLE_STREAM, at / LEDGER_STREAM_CHUNK, at % LEDGER_STREAM_CHUNK));
        kit_close(&kit);
        kit_open(&kit);
        char name[32];
        (void)snprintf(name, sizeof(name), "leaf %llu ", (unsigned long long)index);
        const char *why = ledger_read_only(kit.ledger);
        CU_ASSERT_EQUAL(why != NULL, index >= LEAVES - 16);
        CU_ASSERT(why == NULL || strstr(why, name) != NULL);
        CU_ASSERT_EQUAL(read_leaf(index), NG_ERR_CORRUPT);
        kit_end(&kit);
    }
}

/* As many statements of the ward as move a block out of its row of the registry. */
static uint64_t begin_with_a_block(void)
{
    begin();
    while (ward.seq < REGISTRY_BLOCK) {
        kit_report(&kit, &ward, 10);
    }
    return kit_size(&kit);
}

static void ledger_does_not_believe_its_indexes(void)
{
    const uint64_t size = begin_with_a_block();
    uint8_t authors[28] = "xa-a";
    uint8_t inbox[24] = "xa-a";
    authors[19] = 1;
    struct store_txn *t = NULL;
    uint64_t index = 0;
    damage(row(LEDGER_TABLE_AUTHORS, authors, 28, 8 * 3 + 7)); /* seq 4 */
    struct damage d = row(LEDGER_TABLE_INBOX, inbox, 24, 0);
    d.key[23] = LEAVES - 2;
    d.stray = true;
    damage(d);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-a", 1, 4, &index), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_find(kit.ledger, t, "xa-a", 1, 5, &index), NG_OK);
    CU_ASSERT_EQUAL(ledger_inbox_next(kit.ledger, t, "xa-a", LEAVES - 3, &index), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_inbox_next(kit.ledger, t, "xa-a", 0, &index), NG_OK);
    store_end_read(&t);
    uint64_t expected[] = {size, size};
    names(expected, 2);
    kit_end(&kit);
}

static void ledger_misses_rows_of_its_indexes(void)
{
    const uint64_t size = begin_with_a_block();
    uint64_t verdict = 0;
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_inbox_next(kit.ledger, t, "xa-a", 0, &verdict), NG_OK);
    store_end_read(&t);
    uint8_t inbox[24] = "xa-a";
    uint8_t authors[28] = "xa-a";
    inbox[23] = (uint8_t)verdict;
    authors[19] = 1;
    damage(row(LEDGER_TABLE_INBOX, inbox, 24, SIZE_MAX));
    damage(row(LEDGER_TABLE_AUTHORS, authors, 28, SIZE_MAX));
    uint64_t expected[] = {verdict, size, size, size};
    names(expected, 4);
    /* A seq below the high-water mark that cannot be found is damage, not an author's fault. */
    struct kit_author clone = ward;
    clone.seq = 2;
    kit_write(&kit, &clone, 16, "", "x", 1, &s);
    struct ledger_item item = kit_item(&s);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    kit_end(&kit);
}

static void registry_rows_carry_a_check_sum(void)
{
    begin();
    struct store_txn *t = NULL;
    struct registry_party p;
    damage(row(LEDGER_TABLE_REGISTRY, "Pxa-a", 5, 125)); /* the high-water mark */
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(registry_party_get(t, "xa-a", &p), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(registry_by_curve(t, ward.curve, &p), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(registry_party_get(t, "office", &p), NG_OK);
    store_end_read(&t);
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    struct ledger_item item = kit_item(&s);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_ERR_CORRUPT);
    uint64_t expected[] = {LEAVES};
    names(expected, 1);
    kit_end(&kit);
}

static void ledger_head_is_checked_before_it_is_shown(void)
{
    begin();
    struct ledger *l = NULL;
    damage(row(LEDGER_TABLE_META, "head", 4, 30));
    struct store_txn *t = NULL;
    static struct ledger_head head;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_head_in(kit.ledger, t, &head), NG_ERR_CORRUPT);
    store_end_read(&t);
    kit_close(&kit);
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_READ, &l), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(ledger_open(kit.folder, NULL, LEDGER_WRITE, &l), NG_ERR_CORRUPT);
    CU_ASSERT_PTR_NULL(l);
    test_remove_folder(kit.folder);
}

/* ---- A liar with the log's key ---- */

static struct key_pair log_key;
static uint8_t no_leaf;           /* turned in the first byte of the changed leaf */
static struct buf leaves[LEAVES]; /* all of the lie, encoded */

static enum ng_err emit(void *context, unsigned level, uint64_t index, const struct hash *hash)
{
    struct ledger_nodes *n = context;
    (void)index;
    n->hashes[level] = *hash;
    n->count = level + 1;
    return NG_OK;
}

static enum ng_err write_lie(struct store_txn *t, void *context)
{
    (void)context;
    static struct ledger_stream_writer w;
    struct tree_edge edge = {.size = 0};
    struct ledger_nodes nodes = {.end = 0};
    CU_ASSERT_EQUAL(store_clear(t, LEDGER_TABLE_STREAM), NG_OK);
    CU_ASSERT_EQUAL(store_clear(t, LEDGER_TABLE_NODES), NG_OK);
    CU_ASSERT_EQUAL(ledger_stream_begin(&w, t, 0), NG_OK);
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct hash h = leaf_hash(buf_bytes(&leaves[i]));
        CU_ASSERT_EQUAL(tree_edge_add(&edge, &h, emit, &nodes), NG_OK);
        nodes.end += leaves[i].size;
        CU_ASSERT_EQUAL(ledger_stream_add(&w, buf_bytes(&leaves[i])), NG_OK);
        CU_ASSERT_EQUAL(ledger_nodes_append(t, i, &nodes), NG_OK);
    }
    CU_ASSERT_EQUAL(ledger_stream_finish(&w), NG_OK);
    struct note_head head = {.origin = KIT_ORIGIN, .size = LEAVES, .root = tree_edge_root(&edge)};
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL(note_sign(&head, &log_key, &note), NG_OK);
    enum ng_err e = store_put(t, LEDGER_TABLE_META, (struct bytes){(const uint8_t *)"head", 4},
                              buf_bytes(&note));
    buf_fini(&note);
    return e;
}

/* Changes one leaf, rebuilds everything above it, and lets a reader verify. */
static void tells(uint64_t index, void (*change)(struct leaf *l, uint8_t *st, uint8_t *sig),
                  uint64_t named)
{
    struct store_txn *t = NULL;
    char path[300];
    begin();
    (void)snprintf(path, sizeof(path), "%s/log.key", kit.folder);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path, KIT_ORIGIN, &log_key, NULL), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct bytes encoded;
        buf_init(&leaves[i], LEAF_SIZE_MAX);
        CU_ASSERT_EQUAL(ledger_leaf(kit.ledger, t, i, &encoded), NG_OK);
        if (i != index) {
            CU_ASSERT_EQUAL(buf_add(&leaves[i], encoded.data, encoded.size), NG_OK);
            continue;
        }
        static uint8_t copy[LEAF_SIZE_MAX];
        struct leaf l;
        memcpy(copy, encoded.data, encoded.size);
        CU_ASSERT_EQUAL(leaf_decode((struct bytes){copy, encoded.size}, &l), NG_OK);
        change(&l, copy + LEAF_HEADER_SIZE, copy + LEAF_HEADER_SIZE + l.statement.size);
        CU_ASSERT_EQUAL(leaf_encode(&l, &leaves[i]), NG_OK);
        leaves[i].data[0] ^= no_leaf;
        no_leaf = 0;
    }
    store_end_read(&t);
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(kit.ledger), write_lie, NULL), NG_OK);
    kit_close(&kit);
    CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &kit.ledger), NG_OK);
    struct kit_faults f;
    CU_ASSERT_EQUAL(kit_verify(&kit, &f), 2); /* the head floor is of the true log */
    CU_ASSERT_EQUAL(f.indexes[1], LEAVES);
    (void)snprintf(path, sizeof(path), "%s/head", kit.folder);
    CU_ASSERT_EQUAL(remove(path), 0);
    CU_ASSERT_EQUAL(kit_verify(&kit, &f), 1); /* and without it the leaf is named all the same */
    CU_ASSERT_EQUAL(f.indexes[0], named);
    for (uint64_t i = 0; i < LEAVES; i++) {
        buf_fini(&leaves[i]);
    }
    kit_end(&kit);
}

static void resign(const struct leaf *l, uint8_t *signature)
{
    key_sign(&ward.key, l->statement, signature);
}
static void lie_bad_signature(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    (void)l;
    (void)statement;
    signature[1] ^= 1;
}
static void lie_other_bytes(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    statement[170] ^= 1;
    resign(l, signature); /* the ward's own key: only the next one's prev tells */
}
static void lie_other_key(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    (void)statement;
    l->key = office.key.public_key;
    key_sign(&office.key, l->statement, signature);
}
static void lie_other_seq(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    statement[79]++;
    resign(l, signature);
}
static void lie_other_kind(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    statement[71] = 17;
    resign(l, signature);
}
static void lie_other_log(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    statement[16] ^= 1;
    resign(l, signature);
}
static void lie_earlier(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    (void)statement;
    (void)signature;
    l->received_at--;
}
static void lie_other_index(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    (void)statement;
    (void)signature;
    l->index++;
}

static void lie_no_leaf(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    (void)l;
    (void)statement;
    (void)signature;
    no_leaf = 1;
}
static void lie_no_statement(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    statement[0] ^= 1;
    resign(l, signature);
}
static void lie_genesis_of_another_origin(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    uint8_t *origin = memmem(statement, l->statement.size, KIT_ORIGIN, strlen(KIT_ORIGIN));
    CU_ASSERT_PTR_NOT_NULL_FATAL(origin);
    origin[0] ^= 1;
    key_sign(&log_key, l->statement, signature);
}
static void lie_genesis_by_another_key(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    (void)statement;
    l->key = office.key.public_key;
    key_sign(&office.key, l->statement, signature);
}
static void lie_no_genesis(struct leaf *l, uint8_t *statement, uint8_t *signature)
{
    statement[71] = STATEMENT_INVITE;
    key_sign(&log_key, l->statement, signature);
}

static void ledger_finds_a_history_that_cannot_have_been(void)
{
    tells(LEAVES - 3, lie_bad_signature, LEAVES - 3);
    tells(LEAVES - 3, lie_other_key, LEAVES - 3);
    tells(LEAVES - 3, lie_other_seq, LEAVES - 3);
    tells(LEAVES - 3, lie_other_kind, LEAVES - 3);
    tells(LEAVES - 3, lie_other_log, LEAVES - 3);
    tells(LEAVES - 3, lie_earlier, LEAVES - 3);
    tells(LEAVES - 3, lie_other_index, LEAVES - 3);
    tells(LEAVES - 3, lie_no_leaf, LEAVES - 3);
    tells(LEAVES - 3, lie_no_statement, LEAVES - 3);
}

static void ledger_finds_a_beginning_that_is_not_its_own(void)
{
    tells(0, lie_genesis_of_another_origin, 0);
    tells(0, lie_genesis_by_another_key, 0);
    tells(0, lie_no_genesis, 0);
}

/* Then the next leaf of the author does not follow it; that one is named. */
static void ledger_finds_a_statement_that_was_exchanged(void)
{
    tells(LEAVES - 3, lie_other_bytes, LEAVES - 2);
}

static void ledger_verifies_more_than_one_window(void)
{
    begin();
    for (int i = 0; i < 600; i++) {
        kit_report(&kit, &ward, 20); /* more than a window or two */
    }
    names(NULL, 0);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_names_each_leaf_with_a_flipped_bit),
    TEST_CASE(ledger_names_a_leaf_that_only_its_hash_holds),
    TEST_CASE(ledger_names_the_range_that_a_lost_chunk_held),
    TEST_CASE(ledger_proves_nothing_from_a_damaged_tree),
    TEST_CASE(ledger_signs_nothing_on_top_of_a_damaged_tree),
    TEST_CASE(ledger_looks_at_its_last_leaves_before_it_writes),
    TEST_CASE(ledger_does_not_believe_its_indexes),
    TEST_CASE(ledger_misses_rows_of_its_indexes),
    TEST_CASE(registry_rows_carry_a_check_sum),
    TEST_CASE(ledger_head_is_checked_before_it_is_shown),
    TEST_CASE(ledger_finds_a_history_that_cannot_have_been),
    TEST_CASE(ledger_finds_a_beginning_that_is_not_its_own),
    TEST_CASE(ledger_finds_a_statement_that_was_exchanged),
    TEST_CASE(ledger_verifies_more_than_one_window),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_verify", cases, argc, argv);
}
