/* Flipped bits in data.mdb, or rows that are missing, cut or changed, never give a silent wrong
 * answer, and nothing is signed on top of them.
 *
 * Method: a sound log is kept in memory: its leaves, every head it ever signed, its root. Then,
 * again and again, a few random bits of a copy of data.mdb are turned and a child process reads
 * everything and appends one statement. An error is fine, a crash inside LMDB is fine (it has no
 * checksums and asserts on nonsense), the right answer is fine. A wrong leaf, proof or index
 * returned as OK, a statement logged twice, or a signed head that is not the true one ends the
 * child with WRONG. NGANAM_FLIPS sets the number of rounds, NGANAM_SEED the seed.
 * LMDB's own pages are whole when a row is changed through the store, so that case needs no child:
 * every row of every table is taken out, cut, made longer, emptied and changed, one at a time; and
 * each of these is seen by ledger_verify or by opening.
 */
#include "kit.h"

#include "base/file.h"
#include "base/rng.h"
#include "ledger/ledger_table.h"

#include <fcntl.h>
#include <sys/wait.h>

enum { LEAVES_MAX = 80, WRONG = 42, ROUNDS = 250 };

static struct kit kit;
static struct kit_author office, ward;
static struct kit_statement logged, fresh;
static struct ledger_head heads[LEAVES_MAX + 1];
static struct buf leaves[LEAVES_MAX];
static struct hash leaf_hashes[LEAVES_MAX];
static uint64_t size;
static uint64_t logged_index;

static void keep(void)
{
    static struct ledger_head head;
    CU_ASSERT_EQUAL_FATAL(ledger_head(kit.ledger, &head), NG_OK);
    heads[head.head.size] = head;
    size = head.head.size;
}

static void keep_leaves(void)
{
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    for (uint64_t i = 0; i < size; i++) {
        struct bytes leaf;
        CU_ASSERT_EQUAL_FATAL(ledger_leaf(kit.ledger, t, i, &leaf), NG_OK);
        buf_init(&leaves[i], LEAF_SIZE_MAX);
        CU_ASSERT_EQUAL_FATAL(buf_add(&leaves[i], leaf.data, leaf.size), NG_OK);
        leaf_hashes[i] = leaf_hash(leaf);
    }
    store_end_read(&t);
}

static void begin(void)
{
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    keep();
    for (unsigned i = 0; size < 60; i++) {
        if (i % 4 == 0) {
            kit_write(&kit, &office, 22, "xa-a", "verdict", 7, &logged);
            CU_ASSERT_EQUAL(kit_append(&kit, &logged).refusal, REFUSAL_OK);
        } else {
            kit_write(&kit, &ward, 16, "", &logged, i * 40, &fresh);
            logged = fresh;
            logged_index = kit_append(&kit, &logged).index;
        }
        keep();
    }
    keep_leaves();
    kit_write(&kit, &ward, 16, "", "new", 3, &fresh);
    kit_close(&kit);
}

/* ---- Reading and writing all there is; in a child where LMDB itself may crash ---- */

static bool in_child;
static char harmed[80]; /* which row, for the message */

static void wrong_unless(bool right)
{
    if (!right && in_child) {
        _exit(WRONG);
    }
    if (!right) {
        (void)fprintf(stderr, "%s: a wrong answer\n", harmed);
    }
    CU_ASSERT_TRUE(right);
}

static void check_head(const struct ledger_head *h)
{
    wrong_unless(h->head.size > 0 && h->head.size <= size);
    const struct ledger_head *kept = &heads[h->head.size];
    wrong_unless(h->note_size == kept->note_size && memcmp(h->note, kept->note, h->note_size) == 0);
}

static void check_proofs(struct ledger *l, struct store_txn *t, uint64_t i, uint64_t head_size)
{
    struct tree_proof p;
    for (uint64_t n = i + 1; n <= head_size; n += 7) {
        if (ledger_inclusion(l, t, i, n, &p) == NG_OK && heads[n].note_size > 0) {
            wrong_unless(tree_verify_inclusion(i, n, &leaf_hashes[i], p.hashes, p.count,
                                               &heads[n].head.root) == NG_OK);
        }
        if (i > 0 && ledger_consistency(l, t, i, n, &p) == NG_OK && heads[n].note_size > 0 &&
            heads[i].note_size > 0) {
            wrong_unless(tree_verify_consistency(i, n, &heads[i].head.root, &heads[n].head.root,
                                                 p.hashes, p.count) == NG_OK);
        }
    }
}

static bool statement_of(uint64_t i, struct statement *ret)
{
    struct leaf l;
    return i < size && leaf_decode(buf_bytes(&leaves[i]), &l) == NG_OK &&
           statement_decode(l.statement, ret) == NG_OK;
}

static void check_indexes(struct ledger *l, struct store_txn *t)
{
    struct statement s;
    uint64_t index = 0;
    for (uint64_t seq = 1; seq <= ward.seq; seq++) {
        if (ledger_find(l, t, "xa-a", 1, seq, &index) == NG_OK) {
            wrong_unless(statement_of(index, &s) && s.seq == seq &&
                         strcmp(s.author.text, "xa-a") == 0);
        }
    }
    for (uint64_t from = 0; ledger_inbox_next(l, t, "xa-a", from, &index) == NG_OK;
         from = index + 1) {
        wrong_unless(index >= from && statement_of(index, &s) && strcmp(s.to.text, "xa-a") == 0);
    }
}

static void read_everything(struct ledger *l)
{
    struct store_txn *t = NULL;
    static struct ledger_head head;
    if (store_begin_read(ledger_store(l), &t) != NG_OK) {
        return;
    }
    if (ledger_head_in(l, t, &head) == NG_OK) {
        check_head(&head);
        for (uint64_t i = 0; i < head.head.size; i++) {
            struct bytes leaf;
            enum ng_err e = ledger_leaf(l, t, i, &leaf);
            wrong_unless(e != NG_ERR_NOT_FOUND);
            wrong_unless(e != NG_OK || (leaf.size == leaves[i].size &&
                                        memcmp(leaf.data, leaves[i].data, leaf.size) == 0));
            check_proofs(l, t, i, head.head.size);
        }
        check_indexes(l, t);
    }
    store_end_read(&t);
}

/* The head that must be signed when `fresh` is logged at this time. */
static void check_signed(struct ledger *l, const struct ledger_item *item)
{
    static struct ledger_head head;
    struct tree_edge edge = {.size = 0};
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    struct leaf leaf = {.index = size,
                        .received_at = item->received_at,
                        .key = ward.key.public_key,
                        .statement = {fresh.bytes, fresh.size},
                        .signature = fresh.signature};
    wrong_unless(item->index == size && leaf_encode(&leaf, &encoded) == NG_OK);
    for (uint64_t i = 0; i <= size; i++) {
        struct hash h = i < size ? leaf_hashes[i] : leaf_hash(buf_bytes(&encoded));
        wrong_unless(tree_edge_add(&edge, &h, NULL, NULL) == NG_OK);
    }
    struct hash root = tree_edge_root(&edge);
    wrong_unless(ledger_head(l, &head) == NG_OK && head.head.size == size + 1 &&
                 hash_equal(&head.head.root, &root));
    buf_fini(&encoded);
}

static void write_something(struct ledger *l)
{
    struct ledger_item items[] = {kit_item(&logged), kit_item(&fresh)};
    if (ledger_append(l, items, 2, KIT_NOW) != NG_OK) {
        wrong_unless(items[0].refusal != REFUSAL_OK && items[1].refusal != REFUSAL_OK);
        return;
    }
    if (items[0].refusal == REFUSAL_OK) {
        wrong_unless(items[0].duplicate && items[0].index == logged_index);
    }
    if (items[1].refusal == REFUSAL_OK) {
        wrong_unless(!items[1].duplicate);
        check_signed(l, &items[1]);
    }
}

static void child(void)
{
    struct ledger *l = NULL;
    int null = open("/dev/null", O_WRONLY);
    in_child = true;
    (void)dup2(null, 2); /* the sanitizer's words about LMDB's own crashes */
    (void)alarm(20);
    if (ledger_open(kit.folder, NULL, LEDGER_READ, &l) == NG_OK) {
        read_everything(l);
        ledger_close(&l);
    }
    if (ledger_open(kit.folder, NULL, LEDGER_WRITE, &l) == NG_OK) {
        read_everything(l);
        write_something(l);
        /* not closed: the parent's floor must stay as it is */
    }
    _exit(0);
}

/* ---- The rounds ---- */

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void write_plainly(const char *path, const struct buf *b)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, b->data, b->size), (ssize_t)b->size);
    (void)close(fd);
}

static void ledger_never_answers_wrongly_from_flipped_bits(void)
{
    struct buf sound = BUF_INIT(64u << 20);
    struct buf turned = BUF_INIT(64u << 20);
    char path[300];
    unsigned crashes = 0;
    uint64_t seed = number_from("NGANAM_SEED", 20261123);
    struct rng rng = rng_seeded(seed);
    begin();
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", kit.folder);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &sound), NG_OK);
    for (uint64_t round = 0; round < number_from("NGANAM_FLIPS", ROUNDS); round++) {
        buf_clear(&turned);
        CU_ASSERT_EQUAL_FATAL(buf_add(&turned, sound.data, sound.size), NG_OK);
        uint64_t flips = round % 5 == 4 ? 1 + rng_below(&rng, 200) : 1;
        for (; flips > 0; flips--) {
            turned.data[rng_below(&rng, sound.size)] ^= (uint8_t)(1u << rng_below(&rng, 8));
        }
        write_plainly(path, &turned);
        pid_t pid = fork();
        CU_ASSERT_FATAL(pid >= 0);
        if (pid == 0) {
            child();
        }
        int status = 0;
        CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == WRONG) {
            (void)fprintf(stderr, "seed %llu round %llu\n", (unsigned long long)seed,
                          (unsigned long long)round);
            CU_FAIL("a wrong answer");
        }
        crashes +=
            WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == WRONG) ? 0 : 1;
    }
    (void)printf("\n    %u rounds ended inside LMDB ", crashes);
    write_plainly(path, &sound);
    kit_open(&kit);
    CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
    for (uint64_t i = 0; i < size; i++) {
        buf_fini(&leaves[i]);
    }
    buf_fini(&sound);
    buf_fini(&turned);
    kit_end(&kit);
}

/* ---- Rows ---- */

enum harm { GONE, CUT, LONGER, EMPTY, CHANGED, HARMS };

struct row {
    unsigned table;
    size_t place; /* in its table */
    enum harm harm;
    bool found, done;
};

static enum ng_err harm_row(struct store_txn *t, void *context)
{
    struct row *row = context;
    struct store_cursor *c = NULL;
    struct bytes key = {NULL, 0}, value;
    struct buf kept_key = BUF_INIT(512), changed = BUF_INIT(1u << 20);
    CU_ASSERT_EQUAL_FATAL(store_cursor_open(t, row->table, &c), NG_OK);
    enum ng_err e = store_cursor_next(c, &key, &value);
    for (size_t i = 0; i < row->place && e == NG_OK; i++) {
        e = store_cursor_next(c, &key, &value);
    }
    row->found = e == NG_OK;
    if (row->found) {
        CU_ASSERT_EQUAL(buf_add(&kept_key, key.data, key.size), NG_OK);
        CU_ASSERT_EQUAL(buf_add(&changed, value.data, value.size), NG_OK);
    }
    store_cursor_close(&c);
    row->done = row->found && (row->harm == GONE || row->harm == LONGER || changed.size > 0);
    if (row->done) {
        if (row->harm == LONGER) {
            CU_ASSERT_EQUAL(buf_add_byte(&changed, 0), NG_OK);
        } else if (row->harm == CHANGED) {
            changed.data[changed.size / 2] ^= 0x10;
        } else {
            changed.size = row->harm == EMPTY ? 0 : changed.size - (row->harm == CUT ? 1 : 0);
        }
        e = row->harm == GONE ? store_remove(t, row->table, buf_bytes(&kept_key))
                              : store_put(t, row->table, buf_bytes(&kept_key), buf_bytes(&changed));
        CU_ASSERT_EQUAL(e, NG_OK);
    }
    buf_fini(&kept_key);
    buf_fini(&changed);
    return NG_OK;
}

static void harm_store(struct row *row)
{
    static const char *const tables[] = LEDGER_TABLE_NAMES;
    char path[300];
    struct store *s = NULL;
    (void)snprintf(path, sizeof(path), "%s/log", kit.folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = LEDGER_TABLE_FORMAT,
                                        .format_version = LEDGER_TABLE_VERSION};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &s), NG_OK);
    CU_ASSERT_EQUAL(store_write(s, harm_row, row), NG_OK);
    store_close(&s);
}

static void count_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    (void)index;
    CU_ASSERT_STRING_NOT_EQUAL(what, "");
    ++*(unsigned *)context;
}

/* True if opening or ledger_verify has seen the harm. Nothing is answered wrongly meanwhile. */
static bool try_log(void)
{
    struct ledger *l = NULL;
    struct ledger_check check;
    char floor[300];
    unsigned faults = 0;
    (void)snprintf(floor, sizeof(floor), "%s/other-head", kit.folder);
    if (ledger_open(kit.folder, floor, LEDGER_READ, &l) == NG_OK) {
        read_everything(l);
        const enum ng_err e = ledger_verify(l, count_fault, &faults, &check);
        faults += e != NG_OK;
        ledger_close(&l);
    } else {
        CU_ASSERT_STRING_NOT_EQUAL(err_detail(), "");
        faults++;
    }
    if (ledger_open(kit.folder, floor, LEDGER_WRITE, &l) == NG_OK) {
        faults += ledger_read_only(l) != NULL;
        read_everything(l);
        write_something(l);
        ledger_close(&l);
    }
    (void)unlink(floor);
    return faults > 0;
}

static void ledger_never_answers_wrongly_from_changed_rows(void)
{
    static const char *const tables[] = LEDGER_TABLE_NAMES;
    struct buf sound = BUF_INIT(64u << 20);
    char path[300];
    begin();
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", kit.folder);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &sound), NG_OK);
    for (unsigned table = 0; table < LEDGER_TABLE_COUNT; table++) {
        struct row row = {.table = table, .found = true};
        for (; row.found; row.place++) {
            for (row.harm = GONE; row.harm < HARMS; row.harm++) {
                (void)snprintf(harmed, sizeof(harmed), "%s, row %zu, harm %d", tables[table],
                               row.place, (int)row.harm);
                harm_store(&row);
                /* a byte behind what is read is no harm to anybody */
                if (row.done && !try_log() && row.harm != LONGER) {
                    (void)fprintf(stderr, "%s: not seen\n", harmed);
                    CU_FAIL("a harm that nobody sees");
                }
                write_plainly(path, &sound);
            }
        }
        CU_ASSERT(row.place > 1);
    }
    for (uint64_t i = 0; i < size; i++) {
        buf_fini(&leaves[i]);
    }
    buf_fini(&sound);
    kit_open(&kit);
    kit_end(&kit);
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_never_answers_wrongly_from_flipped_bits),
    TEST_CASE(ledger_never_answers_wrongly_from_changed_rows),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_flip", cases, argc, argv);
}
