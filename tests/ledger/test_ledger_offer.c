/* Leaves that come back one by one, each with its receipt: from every old copy, in any order, the
 * very log that was lost; and what is no leaf of it, or not wanted, changes nothing.
 *
 * Method: as in test_ledger_restore.c, but every leaf is offered by itself. Receipts are made from
 * the finished log, under its newest head. */
#include "kit.h"

#include "base/file.h"
#include "base/rng.h"
#include "ledger/ledger_offer.h"

enum { LEAVES = 40, COPIES = 30 };

struct town {
    struct kit kit; /* the log, whole */
    struct kit_author office, ward;
    char copies[200];
    struct ledger_head head;
};

static void copy_path(const struct town *t, uint64_t size, char ret[256])
{
    (void)snprintf(ret, 256, "%s/%03u", t->copies, (unsigned)size);
}

static void copy_file(const struct town *t, const char *folder, const char *name)
{
    struct buf b = BUF_INIT(4096);
    char path[320];
    (void)snprintf(path, sizeof(path), "%s/%s", t->kit.folder, name);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &b), NG_OK);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    CU_ASSERT_EQUAL_FATAL(file_write(path, b.data, b.size, 0600), NG_OK);
    buf_fini(&b);
}

static void copy_now(const struct town *t, struct kit *k, char folder[256])
{
    char log[280];
    copy_path(t, kit_size(k), folder);
    (void)snprintf(log, sizeof(log), "%s/log", folder);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(log), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_copy(ledger_store(k->ledger), log), NG_OK);
    copy_file(t, folder, "log.key");
}

static void begin(struct town *t)
{
    char folder[256];
    memset(t, 0, sizeof(*t));
    test_folder(t->copies, sizeof(t->copies));
    kit_begin_with_ward(&t->kit, &t->office, &t->ward);
    while (kit_size(&t->kit) < LEAVES) {
        if (kit_size(&t->kit) >= LEAVES - COPIES) {
            copy_now(t, &t->kit, folder);
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

/* The copy of this size as a broker opens it that knows the newest head. */
static struct ledger *open_copy(const struct town *t, uint64_t size)
{
    char folder[256];
    char path[300];
    struct ledger *l = NULL;
    copy_path(t, size, folder);
    (void)snprintf(path, sizeof(path), "%s/head", folder);
    CU_ASSERT_EQUAL_FATAL(file_write(path, t->head.note, t->head.note_size, 0644), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_open(folder, NULL, LEDGER_WRITE, &l), NG_OK);
    return l;
}

/* What the author of leaf `index` of this log holds: altered: one bit of its statement is turned.
 */
static enum ng_err offer_of(struct kit *from, struct ledger *to, uint64_t index, bool altered,
                            bool *ret_back)
{
    struct store_txn *t = NULL;
    struct ledger_head head;
    struct tree_proof proof;
    struct bytes encoded;
    struct leaf leaf;
    static uint8_t statement[STATEMENT_LOG_SIZE_MAX];
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(from->ledger), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_head_in(from->ledger, t, &head), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_leaf(from->ledger, t, index, &encoded), NG_OK);
    CU_ASSERT_EQUAL_FATAL(leaf_decode(encoded, &leaf), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_inclusion(from->ledger, t, index, head.head.size, &proof), NG_OK);
    const struct bytes hashes = {proof.hashes[0].bytes, proof.count * HASH_SIZE};
    const struct bytes note = {(const uint8_t *)head.note, head.note_size};
    CU_ASSERT_EQUAL_FATAL(receipt_format(encoded.data, leaf.signature, index, hashes, note, &text),
                          NG_OK);
    memcpy(statement, leaf.statement.data, leaf.statement.size);
    statement[leaf.statement.size - 1] ^= altered ? 1 : 0;
    const enum ng_err e = ledger_offer(to, (struct bytes){statement, leaf.statement.size},
                                       buf_bytes(&text), ret_back);
    buf_fini(&text);
    store_end_read(&t);
    return e;
}

static enum ng_err offer(struct town *t, struct ledger *l, uint64_t index, bool *ret_back)
{
    return offer_of(&t->kit, l, index, false, ret_back);
}

static void is_the_lost_log(struct town *t, struct ledger *l)
{
    struct kit back = {.now = t->kit.now, .ledger = l};
    struct kit_author ward = t->ward;
    struct kit_faults faults;
    struct ledger_head head;
    CU_ASSERT_PTR_NULL(ledger_read_only(l));
    CU_ASSERT_TRUE(ledger_is_copy(l));
    CU_ASSERT_EQUAL(ledger_head(l, &head), NG_OK);
    CU_ASSERT_STRING_EQUAL(head.note, t->head.note);
    CU_ASSERT_EQUAL(kit_verify(&back, &faults), 0);
    CU_ASSERT_EQUAL(kit_report(&back, &ward, 40), LEAVES);
}

static void offer_brings_each_of_thirty_old_copies_to_the_lost_log(void)
{
    static struct town t;
    begin(&t);
    for (uint64_t size = LEAVES - COPIES; size < LEAVES; size++) {
        struct ledger *l = open_copy(&t, size);
        struct rng rng = rng_seeded(size);
        uint64_t order[LEAVES], from = 0, to = 0;
        const size_t count = LEAVES - size;
        bool back = false;
        CU_ASSERT_EQUAL(ledger_accept_copy(l), NG_OK);
        CU_ASSERT_PTR_NOT_NULL(ledger_read_only(l));
        CU_ASSERT_TRUE(ledger_wanted(l, &from, &to));
        CU_ASSERT_EQUAL(from, size);
        CU_ASSERT_EQUAL(to, LEAVES);
        for (size_t i = 0; i < count; i++) {
            const size_t at = (size_t)rng_below(&rng, i + 1);
            order[i] = order[at];
            order[at] = size + i;
        }
        for (size_t i = 0; i < count; i++) {
            CU_ASSERT_FALSE(back);
            CU_ASSERT_PTR_NOT_NULL(ledger_read_only(l));
            CU_ASSERT_EQUAL(offer(&t, l, order[i], &back), NG_OK);
            if (i + 1 < count) { /* twice is once */
                CU_ASSERT_EQUAL(offer(&t, l, order[i], &back), NG_OK);
            }
        }
        CU_ASSERT_TRUE(back);
        CU_ASSERT_FALSE(ledger_wanted(l, &from, &to));
        is_the_lost_log(&t, l);
        ledger_close(&l);
        char folder[256];
        copy_path(&t, size, folder);
        CU_ASSERT_EQUAL_FATAL(ledger_open(folder, NULL, LEDGER_WRITE, &l), NG_OK);
        CU_ASSERT_TRUE(ledger_is_copy(l)); /* a start anew does not forget it */
        CU_ASSERT_PTR_NULL(ledger_read_only(l));
        ledger_close(&l);
    }
    end(&t);
}

static void offer_takes_nothing_that_is_not_wanted_or_does_not_hold(void)
{
    static struct town t;
    bool back = false;
    uint64_t from = 0, to = 0;
    begin(&t);
    struct ledger *l = open_copy(&t, 20);
    CU_ASSERT_EQUAL(offer(&t, l, 19, &back), NG_ERR_REFUSED);
    for (uint64_t i = 20; i < LEAVES - 1; i++) {
        CU_ASSERT_EQUAL(offer_of(&t.kit, l, i, true, &back), NG_ERR_VERIFY);
        CU_ASSERT_EQUAL(offer(&t, l, i, &back), NG_OK);
    }
    CU_ASSERT_EQUAL(offer_of(&t.kit, l, LEAVES - 1, true, &back), NG_ERR_VERIFY);
    static const uint8_t junk[] = "c2sp.org/tlog-proof@v1\nextra AAAA\n";
    CU_ASSERT_EQUAL(ledger_offer(l, (struct bytes){junk, sizeof(junk)},
                                 (struct bytes){junk, sizeof(junk)}, &back),
                    NG_ERR_PROTO);
    t.kit.now += 1000; /* beyond the wanted head */
    (void)kit_report(&t.kit, &t.ward, 40);
    CU_ASSERT_EQUAL(offer(&t, l, LEAVES, &back), NG_ERR_REFUSED);
    CU_ASSERT_FALSE(back);
    CU_ASSERT_TRUE(ledger_wanted(l, &from, &to));
    CU_ASSERT_EQUAL(from, 20);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(l));
    /* A party shows that head: now it is wanted too, and everything comes back. */
    struct ledger_head newest;
    CU_ASSERT_EQUAL_FATAL(ledger_head(t.kit.ledger, &newest), NG_OK);
    CU_ASSERT_EQUAL(
        ledger_stop_at(l, (struct bytes){(const uint8_t *)newest.note, newest.note_size}, "shown"),
        NG_OK);
    CU_ASSERT_EQUAL(offer(&t, l, LEAVES - 1, &back), NG_OK);
    CU_ASSERT_FALSE(back);
    CU_ASSERT_EQUAL(offer(&t, l, LEAVES, &back), NG_OK);
    CU_ASSERT_TRUE(back);
    CU_ASSERT_PTR_NULL(ledger_read_only(l));
    CU_ASSERT_EQUAL(offer(&t, l, 20, &back), NG_ERR_REFUSED);
    ledger_close(&l);
    end(&t);
}

/* Another log of as many leaves, which goes on from this copy. */
static void begin_beside(struct town *t, struct ledger *copy, struct kit *ret)
{
    struct kit_author office = t->office, ward;
    char log[280];
    *ret = (struct kit){.now = KIT_NOW + 900000};
    (void)snprintf(ret->folder, sizeof(ret->folder), "%s/beside", t->copies);
    (void)snprintf(log, sizeof(log), "%s/log", ret->folder);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(log), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_copy(ledger_store(copy), log), NG_OK);
    copy_file(t, ret->folder, "log.key");
    CU_ASSERT_EQUAL_FATAL(ledger_open(ret->folder, NULL, LEDGER_WRITE, &ret->ledger), NG_OK);
    kit_party(ret, &office, "xa-b", WIRE_ROLE_WARD, 77, &ward);
    while (kit_size(ret) < LEAVES) {
        ret->now += 1000;
        (void)kit_report(ret, &ward, 30);
    }
}

static void is_untouched(struct ledger *l, uint64_t size)
{
    uint64_t from = 0, to = 0;
    struct ledger_head head;
    CU_ASSERT_EQUAL(ledger_head(l, &head), NG_OK);
    CU_ASSERT_EQUAL(head.head.size, size);
    CU_ASSERT_FALSE(ledger_wanted(l, &from, &to));
    CU_ASSERT_PTR_NOT_NULL_FATAL(ledger_read_only(l));
    CU_ASSERT_PTR_NOT_NULL(strstr(ledger_read_only(l), "two different logs"));
}

/* The copy of 20 went on beside the log that its parties know: two logs under one key. */
static void offer_finds_two_logs_and_stays_read_only(void)
{
    static struct town t;
    struct kit other;
    bool back = false;
    begin(&t);
    struct ledger *l = open_copy(&t, 20);
    begin_beside(&t, l, &other);
    for (uint64_t i = 20; i < LEAVES; i++) { /* each could follow the one before */
        CU_ASSERT_EQUAL(offer_of(&other, l, i, false, &back),
                        i + 1 < LEAVES ? NG_OK : NG_ERR_CORRUPT);
    }
    is_untouched(l, 20);
    CU_ASSERT_EQUAL(offer(&t, l, 20, &back), NG_ERR_REFUSED);
    ledger_close(&l);
    l = open_copy(&t, 21); /* one index, two leaves */
    CU_ASSERT_EQUAL(offer_of(&other, l, 30, false, &back), NG_OK);
    CU_ASSERT_EQUAL(offer(&t, l, 30, &back), NG_ERR_CORRUPT);
    is_untouched(l, 21);
    ledger_close(&l);
    ledger_close(&other.ledger);
    end(&t);
}

/* Damage is no being behind: nothing is wanted, and what was wanted no longer is. */
static void offer_ends_where_something_else_is_amiss(void)
{
    static struct town t;
    bool back = false;
    uint64_t from = 0, to = 0;
    begin(&t);
    struct ledger *l = open_copy(&t, 20);
    CU_ASSERT_EQUAL(offer(&t, l, 20, &back), NG_OK);
    ledger_stop(l, err_set(NG_ERR_CORRUPT, "leaf 3 is damaged"));
    CU_ASSERT_FALSE(ledger_wanted(l, &from, &to));
    CU_ASSERT_STRING_EQUAL(ledger_read_only(l), "leaf 3 is damaged");
    CU_ASSERT_EQUAL(
        ledger_stop_at(l, (struct bytes){(const uint8_t *)t.head.note, t.head.note_size}, "shown"),
        NG_OK);
    CU_ASSERT_FALSE(ledger_wanted(l, &from, &to));
    CU_ASSERT_EQUAL(offer(&t, l, 21, &back), NG_ERR_REFUSED);
    ledger_close(&l);
    end(&t);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(offer_brings_each_of_thirty_old_copies_to_the_lost_log),
        TEST_CASE(offer_takes_nothing_that_is_not_wanted_or_does_not_hold),
        TEST_CASE(offer_finds_two_logs_and_stays_read_only),
        TEST_CASE(offer_ends_where_something_else_is_amiss),
        {0},
    };
    return test_main("ledger_offer", cases, argc, argv);
}
