/* Goal: a row of the log that parses by itself and cannot be true is refused in words, by readers
 * and before anything is written on top of it; and a log that was contradicted stays stopped.
 *
 * Method: rows of the log's store are put in place of its own. (What a flipped bit or a lost row
 * does is in test_ledger_verify.) */
#include "kit.h"

#include "base/bytes.h"
#include "base/file.h"
#include "ledger/ledger_keyfile.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_table.h"

#include <sys/stat.h>

enum { OFFICE_SECOND = 3 }; /* genesis, the office's invite and enrolment, its invite of the ward */
enum { AUTHORS_KEY = 28, INBOX_KEY = 24, AUTHORS_ROW = REGISTRY_BLOCK * 8 };

static struct kit kit;
static struct kit_author office, ward;
static struct kit_statement s;

/* A ward with a whole block of statements behind it. */
static void begin(void)
{
    kit_begin_with_ward(&kit, &office, &ward);
    while (ward.seq < REGISTRY_BLOCK + 1) {
        (void)kit_report(&kit, &ward, 100);
    }
}

/* ---- Rows put in place ---- */

struct put {
    unsigned table;
    struct bytes key, value; /* value.data NULL: the row is taken away */
};

static enum ng_err do_put(struct store_txn *t, void *context)
{
    const struct put *p = context;
    return p->value.data ? store_put(t, p->table, p->key, p->value)
                         : store_remove(t, p->table, p->key);
}

static void put(unsigned table, const void *key, size_t key_size, const void *value, size_t size)
{
    struct put p = {table, {key, key_size}, {value, size}};
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(kit.ledger), do_put, &p), NG_OK);
}

/* Copies a row; gives its size. */
static size_t row_of(unsigned table, const void *key, size_t key_size, uint8_t *ret, size_t max)
{
    struct store_txn *t = NULL;
    struct bytes value = {NULL, 0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_get(t, table, (struct bytes){key, key_size}, &value), NG_OK);
    CU_ASSERT_TRUE_FATAL(value.size <= max);
    memcpy(ret, value.data, value.size);
    store_end_read(&t);
    return value.size;
}

static void says(enum ng_err e, const char *words)
{
    CU_ASSERT_EQUAL(e, NG_ERR_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), words));
}

static enum ng_err find(uint64_t seq)
{
    struct store_txn *t = NULL;
    uint64_t index = 0;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    const enum ng_err e = ledger_find(kit.ledger, t, "xa-a", 1, seq, &index);
    store_end_read(&t);
    return e;
}

/* A twin of the ward says something else under a number that is taken. Damage found on the way
 * stops the log until the next start. */
static void append_again(uint64_t seq, const char *words)
{
    struct kit_author twin = ward;
    twin.seq = seq - 1;
    kit_write(&kit, &twin, 16, "", "x", 1, &s);
    struct ledger_item item = kit_item(&s);
    says(ledger_append(kit.ledger, &item, 1, kit.now), words);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
    kit_close(&kit);
    kit_open(&kit);
}

/* ---- The indexes ---- */

static void an_index_of_authors_that_names_another_leaf_is_damage(void)
{
    static const char words[] = "the index of authors names the wrong leaf";
    uint8_t key[AUTHORS_KEY] = "xa-a";
    uint8_t row[AUTHORS_ROW];
    begin();
    key[19] = 1; /* epoch 1, block 0 */
    CU_ASSERT_EQUAL_FATAL(row_of(LEDGER_TABLE_AUTHORS, key, sizeof key, row, sizeof row),
                          sizeof row);
    CU_ASSERT_EQUAL(find(2), NG_OK);
    /* Another author's under the same epoch and number, and the ward's own next. */
    const uint64_t others[] = {OFFICE_SECOND, bytes_get_u64(row + 2 * 8)};
    for (size_t i = 0; i < 2; i++) {
        bytes_put_u64(row + 1 * 8, others[i]);
        put(LEDGER_TABLE_AUTHORS, key, sizeof key, row, sizeof row);
        says(find(2), words);
        append_again(2, words);
        CU_ASSERT_EQUAL(find(3), NG_OK);
    }
    kit_end(&kit);
}

/* The same author and number, under the keys that came later. */
static void an_index_of_authors_that_names_another_epoch_is_damage(void)
{
    uint8_t key[AUTHORS_KEY] = "xa-a";
    uint8_t row[AUTHORS_ROW];
    begin();
    key[19] = 1;
    (void)row_of(LEDGER_TABLE_AUTHORS, key, sizeof key, row, sizeof row);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 11, &ward);
    CU_ASSERT_EQUAL_FATAL(ward.epoch, 2);
    CU_ASSERT_EQUAL(find(2), NG_OK); /* of epoch 1 still */
    const uint64_t index = kit_report(&kit, &ward, 10);
    CU_ASSERT_EQUAL_FATAL(ward.seq, 2);
    bytes_put_u64(row + 1 * 8, index);
    put(LEDGER_TABLE_AUTHORS, key, sizeof key, row, sizeof row);
    says(find(2), "the index of authors names the wrong leaf");
    CU_ASSERT_EQUAL(find(3), NG_OK);
    kit_end(&kit);
}

static void an_index_row_of_a_size_that_cannot_be_is_damage(void)
{
    static const uint8_t zeros[AUTHORS_ROW + 8];
    static const size_t sizes[] = {7, AUTHORS_ROW - 1, AUTHORS_ROW + 8};
    uint8_t key[AUTHORS_KEY] = "xa-a";
    uint8_t inbox[INBOX_KEY + 1] = "xa-a";
    struct store_txn *t = NULL;
    uint64_t index;
    begin();
    key[19] = 1;
    for (size_t i = 0; i < 3; i++) {
        put(LEDGER_TABLE_AUTHORS, key, sizeof key, zeros, sizes[i]);
        says(find(1), "the index of authors is damaged");
        append_again(1, "the index of authors is damaged");
    }
    put(LEDGER_TABLE_AUTHORS, key, sizeof key, zeros, 8); /* ends before */
    CU_ASSERT_EQUAL(find(2), NG_ERR_NOT_FOUND);
    put(LEDGER_TABLE_INBOX, inbox, sizeof inbox, zeros, 8);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    says(ledger_inbox_next(kit.ledger, t, "xa-a", 0, &index), "the index of inboxes is damaged");
    store_end_read(&t);
    kit_end(&kit);
}

/* ---- Leaves and hashes ---- */

static enum ng_err read_leaf(uint64_t index)
{
    struct store_txn *t = NULL;
    struct bytes leaf;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    const enum ng_err e = ledger_leaf(kit.ledger, t, index, &leaf);
    store_end_read(&t);
    return e;
}

/* No leaf is empty, ends before it begins or is longer than a leaf may be. */
static void a_leaf_whose_place_cannot_be_is_damage(void)
{
    enum { INDEX = 6 };
    uint8_t before[8 + 64 * HASH_SIZE], row[8 + 64 * HASH_SIZE];
    struct store_key_u64 key = store_key_u64(INDEX - 1);
    begin();
    (void)row_of(LEDGER_TABLE_NODES, key.bytes, sizeof key.bytes, before, sizeof before);
    const uint64_t at = bytes_get_u64(before);
    key = store_key_u64(INDEX);
    const size_t size = row_of(LEDGER_TABLE_NODES, key.bytes, sizeof key.bytes, row, sizeof row);
    const uint64_t ends[] = {at, at - 1, at + LEAF_SIZE_MAX + 1, UINT64_MAX};
    for (size_t i = 0; i < 4; i++) {
        bytes_put_u64(row, ends[i]);
        put(LEDGER_TABLE_NODES, key.bytes, sizeof key.bytes, row, size);
        says(read_leaf(INDEX), "the place of leaf 6 is damaged");
        CU_ASSERT_EQUAL(read_leaf(INDEX - 1), NG_OK);
    }
    kit_end(&kit);
}

static void a_place_that_no_tree_has_is_damage(void)
{
    static const char words[] = "the hashes of the tree are damaged";
    struct store_txn *t = NULL;
    struct hash hash;
    begin();
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(ledger_nodes_read(t, 2, 1, &hash), NG_OK);
    says(ledger_nodes_read(t, 64, 0, &hash), words);
    says(ledger_nodes_read(t, 0, UINT64_MAX, &hash), words);
    says(ledger_nodes_read(t, 63, 1, &hash), words);
    store_end_read(&t);
    kit_end(&kit);
}

/* ---- The head and what the log is ---- */

static void nothing_is_signed_where_another_head_lies(void)
{
    static const char words[] = "the log was changed behind this process";
    uint8_t head[NOTE_SIZE_MAX];
    begin();
    const size_t size = row_of(LEDGER_TABLE_META, "head", 4, head, sizeof head);
    head[size - 3] ^= 1;
    put(LEDGER_TABLE_META, "head", 4, head, size);
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    struct ledger_item item = kit_item(&s);
    says(ledger_append(kit.ledger, &item, 1, kit.now), words);
    head[size - 3] ^= 1;
    put(LEDGER_TABLE_META, "head", 4, head, size);
    kit_close(&kit);
    kit_open(&kit);
    put(LEDGER_TABLE_META, "head", 4, head, size - 1);
    says(ledger_append(kit.ledger, &item, 1, kit.now), words);
    put(LEDGER_TABLE_META, "head", 4, head, size);
    kit_close(&kit);
    kit_open(&kit);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    kit_end(&kit);
}

/* A name longer than any; a key that is short, or not there. */
static void a_log_whose_name_or_key_cannot_be_is_not_opened(void)
{
    for (int which = 0; which < 3; which++) {
        uint8_t name[NOTE_ORIGIN_MAX + 2];
        struct ledger *l = NULL;
        memset(name, 'x', sizeof name);
        begin();
        if (which == 0) {
            put(LEDGER_TABLE_META, "origin", 6, name, sizeof name);
        } else {
            put(LEDGER_TABLE_META, "log_key", 7, which == 1 ? name : NULL, KEY_PUBLIC_SIZE - 1);
        }
        kit_close(&kit);
        says(ledger_open(kit.folder, NULL, LEDGER_READ, &l), "the log's name or key is damaged");
        CU_ASSERT_PTR_NULL(l);
        test_remove_folder(kit.folder);
    }
}

/* ---- A log that somebody contradicts ---- */

static struct buf note_of(const struct key_pair *key, uint64_t size)
{
    struct note_head head = {.origin = KIT_ORIGIN, .size = size, .root = {{7}}};
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, key, &note), NG_OK);
    return note;
}

static enum ng_err stop_at(const struct key_pair *key, uint64_t size)
{
    struct buf note = note_of(key, size);
    const enum ng_err e = ledger_stop_at(kit.ledger, buf_bytes(&note), "a longer log was seen");
    buf_fini(&note);
    return e;
}

/* Whether the head file is of this size. */
static bool floor_is(const struct key_pair *key, uint64_t size)
{
    char path[300];
    struct buf note = note_of(key, size);
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    (void)snprintf(path, sizeof path, "%s/head", kit.folder);
    CU_ASSERT_EQUAL(file_read(path, &text), NG_OK);
    const bool same = text.size == note.size && memcmp(text.data, note.data, note.size) == 0;
    buf_fini(&text);
    buf_fini(&note);
    return same;
}

static void begin_to_stop(struct key_pair *ret_key)
{
    char path[300];
    begin();
    (void)snprintf(path, sizeof path, "%s/log.key", kit.folder);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path, KIT_ORIGIN, ret_key, NULL), NG_OK);
}

static void a_log_that_is_contradicted_stops_at_the_greatest_head(void)
{
    struct key_pair key;
    begin_to_stop(&key);
    const uint64_t size = kit_size(&kit);
    CU_ASSERT_EQUAL(stop_at(&ward.key, size + 10), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    CU_ASSERT_EQUAL(stop_at(&key, size + 10), NG_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(kit.ledger), "a longer log was seen"));
    CU_ASSERT_TRUE(floor_is(&key, size + 10));
    CU_ASSERT_EQUAL(stop_at(&key, size + 5), NG_OK); /* less than was seen already */
    CU_ASSERT_TRUE(floor_is(&key, size + 10));
    CU_ASSERT_EQUAL(stop_at(&key, size + 20), NG_OK);
    CU_ASSERT_TRUE(floor_is(&key, size + 20));
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_READ_ONLY);
    kit_close(&kit);
    kit_open(&kit); /* the next start stops the same way */
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(kit.ledger), "this is an old copy"));
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_READ_ONLY);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    kit_end(&kit);
}

/* Another root for a size that the log has: its own head in the file gives way. */
static void a_log_of_which_there_are_two_stops_at_the_other_s_head(void)
{
    struct key_pair key;
    begin_to_stop(&key);
    const uint64_t size = kit_size(&kit);
    CU_ASSERT_EQUAL(ledger_write_floor(kit.ledger), NG_OK);
    CU_ASSERT_EQUAL(stop_at(&key, size - 3), NG_OK);
    CU_ASSERT_TRUE(floor_is(&key, size - 3));
    kit_close(&kit);
    kit_open(&kit);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(kit.ledger));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(kit.ledger), "the log is not the one that"));
    kit_end(&kit);
}

/* The file says so or the error does; the log stops in either case. */
static void a_contradicted_log_stops_even_where_no_file_can_be_written(void)
{
    char path[300];
    struct key_pair key;
    begin_to_stop(&key);
    const uint64_t size = kit_size(&kit);
    (void)snprintf(path, sizeof path, "%s/head", kit.folder);
    CU_ASSERT_EQUAL(remove(path), 0);
    CU_ASSERT_EQUAL(stop_at(&key, size + 10), NG_OK); /* there was none */
    CU_ASSERT_TRUE(floor_is(&key, size + 10));
    kit_end(&kit);

    begin_to_stop(&key);
    (void)snprintf(path, sizeof path, "%s/head", kit.folder);
    CU_ASSERT_EQUAL(remove(path), 0);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    CU_ASSERT_NOT_EQUAL(stop_at(&key, size + 10), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(kit.ledger));
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST_CASE(an_index_of_authors_that_names_another_leaf_is_damage),
    TEST_CASE(an_index_of_authors_that_names_another_epoch_is_damage),
    TEST_CASE(an_index_row_of_a_size_that_cannot_be_is_damage),
    TEST_CASE(a_leaf_whose_place_cannot_be_is_damage),
    TEST_CASE(a_place_that_no_tree_has_is_damage),
    TEST_CASE(nothing_is_signed_where_another_head_lies),
    TEST_CASE(a_log_whose_name_or_key_cannot_be_is_not_opened),
    TEST_CASE(a_log_that_is_contradicted_stops_at_the_greatest_head),
    TEST_CASE(a_log_of_which_there_are_two_stops_at_the_other_s_head),
    TEST_CASE(a_contradicted_log_stops_even_where_no_file_can_be_written),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_damage", cases, argc, argv);
}
