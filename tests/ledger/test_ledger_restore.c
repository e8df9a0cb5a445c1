/* Putting original leaves back: every old copy comes back to the very log that was lost, and what
 * is not its continuation changes nothing.
 *
 * Method: one log is written to its end; copies of its folder are taken at many sizes on the way.
 * The finished log is the source. Sources that lie do so in one leaf or in their head.
 */
#include "kit.h"

#include "base/file.h"
#include "ledger/ledger_restore.h"

#include <sys/stat.h>

enum { LEAVES = 60, COPIES = 50 };

struct town {
    struct kit kit; /* the log, whole */
    struct kit_author office, ward;
    char copies[200]; /* of the folder, one for each size */
    struct ledger_head head;
};

/* What a source gives, and how it lies. */
struct given {
    struct ledger *ledger;
    struct store_txn *txn;
    uint64_t altered; /* this leaf comes with one bit turned; UINT64_MAX: none */
    uint8_t leaf[LEAF_SIZE_MAX];
};

static enum ng_err give_leaf(void *context, uint64_t index, struct bytes *ret_leaf)
{
    struct given *g = context;
    struct bytes leaf;
    enum ng_err e = ledger_leaf(g->ledger, g->txn, index, &leaf);
    if (e == NG_OK && index == g->altered) {
        memcpy(g->leaf, leaf.data, leaf.size);
        g->leaf[leaf.size - 70] ^= 1;
        leaf.data = g->leaf;
    }
    if (e == NG_OK) {
        *ret_leaf = leaf;
    }
    return e;
}

static void copy_key(const char *from, const char *to)
{
    struct buf b = BUF_INIT(4096);
    char path[320];
    (void)snprintf(path, sizeof(path), "%s/log.key", from);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &b), NG_OK);
    (void)snprintf(path, sizeof(path), "%s/log.key", to);
    CU_ASSERT_EQUAL_FATAL(file_write(path, b.data, b.size, 0600), NG_OK);
    buf_fini(&b);
}

static void copy_path(const struct town *t, uint64_t size, char ret[256])
{
    (void)snprintf(ret, 256, "%s/%03u", t->copies, (unsigned)size);
}

/* The folder as it is now, as a backup would have it: log and key, no head floor. */
static void copy_now(struct town *t)
{
    char folder[256];
    char log[280];
    copy_path(t, kit_size(&t->kit), folder);
    (void)snprintf(log, sizeof(log), "%s/log", folder);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(log), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_copy(ledger_store(t->kit.ledger), log), NG_OK);
    copy_key(t->kit.folder, folder);
}

static void begin(struct town *t)
{
    memset(t, 0, sizeof(*t));
    test_folder(t->copies, sizeof(t->copies));
    kit_begin_with_ward(&t->kit, &t->office, &t->ward);
    while (kit_size(&t->kit) < LEAVES) {
        if (kit_size(&t->kit) >= LEAVES - COPIES) {
            copy_now(t);
        }
        t->kit.now += 1000;
        (void)kit_report(&t->kit, &t->ward, 40);
    }
    CU_ASSERT_EQUAL_FATAL(ledger_head(t->kit.ledger, &t->head), NG_OK);
}

static void end(struct town *t)
{
    kit_end(&t->kit);
    test_remove_folder(t->copies);
}

static enum ng_err restore_from(struct town *t, const char *folder, uint64_t altered,
                                struct ledger_restored *ret)
{
    struct given g = {.ledger = t->kit.ledger, .altered = altered};
    const struct ledger_source source = {
        &g, {(const uint8_t *)t->head.note, t->head.note_size}, give_leaf};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(t->kit.ledger), &g.txn), NG_OK);
    enum ng_err e = ledger_restore(folder, NULL, KIT_ORIGIN, &source, ret);
    store_end_read(&g.txn);
    return e;
}

/* The log in a folder: its head note, no damage, and it takes the ward's next statement. */
static void is_the_lost_log(struct town *t, const char *folder)
{
    struct kit back = {.now = t->kit.now};
    struct kit_author ward = t->ward;
    struct kit_faults faults;
    struct ledger_head head;
    (void)snprintf(back.folder, sizeof(back.folder), "%s", folder);
    CU_ASSERT_EQUAL_FATAL(ledger_open(folder, NULL, LEDGER_WRITE, &back.ledger), NG_OK);
    CU_ASSERT_PTR_NULL(ledger_read_only(back.ledger));
    CU_ASSERT_EQUAL(ledger_head(back.ledger, &head), NG_OK);
    CU_ASSERT_STRING_EQUAL(head.note, t->head.note);
    CU_ASSERT_EQUAL(kit_verify(&back, &faults), 0);
    CU_ASSERT_EQUAL(kit_report(&back, &ward, 40), LEAVES);
    ledger_close(&back.ledger);
}

static void restore_brings_each_of_fifty_old_copies_to_the_lost_log(void)
{
    static struct town t;
    struct ledger_restored done;
    begin(&t);
    for (uint64_t size = LEAVES - COPIES; size < LEAVES; size++) {
        char folder[256];
        copy_path(&t, size, folder);
        CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_OK);
        CU_ASSERT_EQUAL(done.size_before, size);
        CU_ASSERT_EQUAL(done.size, LEAVES);
        is_the_lost_log(&t, folder);
    }
    end(&t);
}

/* Also after a source that was refused left a log without a leaf behind. */
static void restore_begins_with_the_key_alone(void)
{
    static struct town t;
    struct ledger_restored done;
    char folder[256];
    char head[270];
    begin(&t);
    (void)snprintf(folder, sizeof(folder), "%s/new", t.copies);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(folder), NG_OK);
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_ERR_NOT_FOUND);
    copy_key(t.kit.folder, folder);
    CU_ASSERT_EQUAL(restore_from(&t, folder, 20, &done), NG_ERR_VERIFY);
    (void)snprintf(head, sizeof(head), "%s/head", folder);
    CU_ASSERT_EQUAL_FATAL(file_write(head, t.head.note, t.head.note_size, 0644), NG_OK);
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_OK);
    CU_ASSERT_EQUAL(done.size_before, 0);
    is_the_lost_log(&t, folder);
    end(&t);
}

static uint64_t size_in(const char *folder)
{
    struct kit k = {.now = KIT_NOW};
    (void)snprintf(k.folder, sizeof(k.folder), "%s", folder);
    CU_ASSERT_EQUAL_FATAL(ledger_open(folder, NULL, LEDGER_READ, &k.ledger), NG_OK);
    uint64_t size = kit_size(&k);
    ledger_close(&k.ledger);
    return size;
}

static void restore_changes_nothing_for_a_source_that_lies(void)
{
    static struct town t;
    struct ledger_restored done;
    char folder[256];
    begin(&t);
    copy_path(&t, 20, folder);
    for (uint64_t i = 20; i < LEAVES; i += 7) {
        CU_ASSERT_EQUAL(restore_from(&t, folder, i, &done), NG_ERR_VERIFY);
    }
    CU_ASSERT_EQUAL(size_in(folder), 20);
    t.head.note[t.head.note_size - 20] ^= 1; /* in the signature */
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(size_in(folder), 20);
    end(&t);
}

/* The ward's statement that became leaf 20, logged in the copy too, a little later. */
static void fork_with_the_same_statement(struct town *t, struct ledger *copy)
{
    struct store_txn *txn = NULL;
    struct bytes encoded;
    struct leaf leaf;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(t->kit.ledger), &txn), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_leaf(t->kit.ledger, txn, 20, &encoded), NG_OK);
    CU_ASSERT_EQUAL_FATAL(leaf_decode(encoded, &leaf), NG_OK);
    struct ledger_item item = {.statement = leaf.statement,
                               .signature = {leaf.signature, KEY_SIGNATURE_SIZE}};
    CU_ASSERT_EQUAL(ledger_append(copy, &item, 1, leaf.received_at + 99), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(item.index, 20);
    store_end_read(&txn);
}

/* The copy has gone on beside the lost log, by the same statement even: nothing can make one of the
 * two. */
static void restore_refuses_a_log_that_forked(void)
{
    static struct town t;
    struct ledger_restored done;
    struct ledger *copy = NULL;
    char folder[256];
    begin(&t);
    copy_path(&t, 20, folder);
    CU_ASSERT_EQUAL_FATAL(ledger_open(folder, NULL, LEDGER_WRITE, &copy), NG_OK);
    fork_with_the_same_statement(&t, copy);
    ledger_close(&copy);
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(size_in(folder), 21);
    end(&t);
}

static void restore_says_what_the_floor_still_misses(void)
{
    static struct town t;
    struct ledger_restored done;
    char folder[256];
    char path[340];
    begin(&t);
    copy_path(&t, 20, folder);
    t.kit.now += 1000;
    (void)kit_report(&t.kit, &t.ward, 40); /* logged and told, and in no copy */
    struct ledger_head newest;
    CU_ASSERT_EQUAL_FATAL(ledger_head(t.kit.ledger, &newest), NG_OK);
    (void)snprintf(path, sizeof(path), "%s/head", folder);
    CU_ASSERT_EQUAL_FATAL(file_write(path, newest.note, newest.note_size, 0644), NG_OK);
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_OK);
    CU_ASSERT_EQUAL(done.size, LEAVES);
    CU_ASSERT_EQUAL(done.floor_size, LEAVES + 1);
    struct ledger *l = NULL;
    CU_ASSERT_EQUAL_FATAL(ledger_open(folder, NULL, LEDGER_WRITE, &l), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(l));
    ledger_close(&l);
    t.head = newest;
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_OK);
    CU_ASSERT_EQUAL(ledger_open(folder, NULL, LEDGER_WRITE, &l), NG_OK);
    CU_ASSERT_PTR_NULL(ledger_read_only(l));
    ledger_close(&l);
    CU_ASSERT_EQUAL(restore_from(&t, folder, UINT64_MAX, &done), NG_ERR_REFUSED);
    end(&t);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(restore_brings_each_of_fifty_old_copies_to_the_lost_log),
        TEST_CASE(restore_begins_with_the_key_alone),
        TEST_CASE(restore_changes_nothing_for_a_source_that_lies),
        TEST_CASE(restore_refuses_a_log_that_forked),
        TEST_CASE(restore_says_what_the_floor_still_misses),
        {0},
    };
    return test_main("ledger_restore", cases, argc, argv);
}
