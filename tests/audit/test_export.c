/* Goal: an export of any size, reached in any steps, is the tree; and whatever call fails or ends
 * the process while it is written, the folder is what it was, what it should be, or has no
 * checkpoint.
 *
 * Method: a log that only lies in memory, signed with a key of the test, so that sizes beyond one
 * tile of the second level (65,536) cost no time. The folder is read back through export_open:
 * every entry, and the root from the tiles. */
#include "fault/fault.h"
#include "harness.h"

#include "audit/export.h"
#include "audit/verify.h"

#include <errno.h>
#include <sys/wait.h>

#define ORIGIN "nganam.example/log"
enum { LEAVES = 66100, SIGNED = 600 };

static struct bytes leaves[LEAVES];
static struct hash hashes[LEAVES];
static struct key_pair key;
static uint64_t size_now;
static char folder[256];
static char path[300];
static char why[300]; /* the last export failed */

/* ---- A log in memory ---- */

static void make_leaves(void)
{
    static const uint8_t seed[32] = {7};
    uint8_t signature[64] = {1}; /* holds in the first ones alone, and not in each seventh */
    static bool made;
    if (made) {
        return;
    }
    made = true;
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    key_from_seed(seed, &key);
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct buf text = BUF_INIT(1000);
        struct buf leaf = BUF_INIT(1000);
        const struct statement s = {.author = {"A"}, .epoch = 1, .kind = 16, .seq = i + 1};
        CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &text), NG_OK);
        memset(signature, 1, sizeof(signature));
        if (i < SIGNED && i % 7 != 0) {
            key_sign(&key, buf_bytes(&text), signature);
        }
        const struct leaf l = {.index = i,
                               .received_at = i,
                               .key = key.public_key,
                               .statement = buf_bytes(&text),
                               .signature = signature};
        CU_ASSERT_EQUAL_FATAL(leaf_encode(&l, &leaf), NG_OK);
        leaves[i] = buf_bytes(&leaf); /* kept to the end */
        hashes[i] = leaf_hash(leaves[i]);
        buf_fini(&text);
    }
}

static enum ng_err memory_node(struct source *s, unsigned level, uint64_t index, struct hash *ret)
{
    struct tree_edge edge = {.size = 0};
    (void)s;
    for (uint64_t i = index << level; i < (index + 1) << level; i++) {
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hashes[i], NULL, NULL), NG_OK);
    }
    *ret = tree_edge_root(&edge);
    return NG_OK;
}

static struct hash root_of(uint64_t size)
{
    struct tree_edge edge = {.size = 0};
    for (uint64_t i = 0; i < size; i++) {
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hashes[i], NULL, NULL), NG_OK);
    }
    return tree_edge_root(&edge);
}

static struct ledger_head signed_head; /* of size_now: signed before a call may fail */

static void grow_to(uint64_t size)
{
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    struct note_head head = {.origin = ORIGIN, .size = size, .root = root_of(size)};
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &key, &note), NG_OK);
    signed_head = (struct ledger_head){.head = head, .note_size = note.size};
    memcpy(signed_head.note, note.data, note.size);
    buf_fini(&note);
    size_now = size;
}

static enum ng_err memory_begin(struct source *s, struct ledger_head *ret)
{
    (void)s;
    *ret = signed_head;
    return NG_OK;
}

static void memory_end(struct source *s)
{
    (void)s;
}

static enum ng_err memory_leaf(struct source *s, uint64_t index, struct bytes *ret)
{
    (void)s;
    if (index >= size_now) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    *ret = leaves[index];
    return NG_OK;
}

static const struct source_ops memory_ops = {
    .begin = memory_begin, .end = memory_end, .leaf = memory_leaf, .node = memory_node};

static enum ng_err write_to(const char *where, struct export_result *ret)
{
    struct source s = {
        .ops = &memory_ops, .origin = ORIGIN, .log_keys = log_keys_of(&key.public_key)};
    const enum ng_err err = export_write(&s, where, ret);
    (void)snprintf(why, sizeof(why), "%s", err == NG_OK ? "" : err_explain(err));
    return err;
}

/* ---- Reading it back ---- */

struct reading {
    uint64_t next;
};

static enum ng_err same_leaf(void *context, uint64_t index, struct bytes leaf, enum ng_err damage)
{
    struct reading *r = context;
    CU_ASSERT_EQUAL(damage, NG_OK);
    CU_ASSERT_EQUAL(index, r->next);
    CU_ASSERT_TRUE(leaf.size == leaves[index].size &&
                   memcmp(leaf.data, leaves[index].data, leaf.size) == 0);
    r->next++;
    return damage;
}

/* The size of a whole export; 0: it has no checkpoint. */
static uint64_t whole_size(void)
{
    struct source s;
    struct ledger_head head = {.note_size = 0};
    struct hash root;
    struct reading r = {0};
    if (export_open(path, NULL, &s) == NG_ERR_NOT_FOUND) {
        return 0;
    }
    CU_ASSERT_EQUAL_FATAL(source_begin(&s, &head), NG_OK);
    CU_ASSERT_EQUAL(tree_root(head.head.size, source_node, &s, &root), NG_OK);
    CU_ASSERT_TRUE(hash_equal(&root, &head.head.root));
    const struct hash wanted = root_of(head.head.size);
    CU_ASSERT_TRUE(hash_equal(&root, &wanted));
    source_end(&s);
    CU_ASSERT_EQUAL(source_walk(&s, 0, head.head.size, same_leaf, &r), NG_OK);
    CU_ASSERT_EQUAL(r.next, head.head.size);
    source_close(&s);
    return head.head.size;
}

static void begin(void)
{
    make_leaves();
    test_folder(folder, sizeof(folder));
    (void)snprintf(path, sizeof(path), "%s/export", folder);
}

/* ---- Cases ---- */

static void an_export_grows_over_every_edge_of_a_tile(void)
{
    static const uint64_t sizes[] = {1,   2,   255,   256,   257,   511,   512,   513,   600,
                                     601, 768, 65535, 65536, 65537, 65791, 65792, LEAVES};
    struct export_result r;
    begin();
    uint64_t before = 0;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        grow_to(sizes[i]);
        CU_ASSERT_EQUAL(write_to(path, &r), NG_OK);
        CU_ASSERT_STRING_EQUAL(why, "");
        if (why[0] != '\0') {
            (void)fprintf(stderr, "\n  at %llu: %s\n", (unsigned long long)sizes[i], why);
        }
        CU_ASSERT_EQUAL(r.before, before);
        CU_ASSERT_EQUAL(r.size, sizes[i]);
        CU_ASSERT_EQUAL(whole_size(), sizes[i]);
        before = sizes[i];
    }
    CU_ASSERT_EQUAL(write_to(path, &r), NG_OK);
    CU_ASSERT_EQUAL(r.written, 0);
    test_remove_folder(folder);
}

struct faults {
    uint64_t next; /* the index awaited */
    uint64_t count;
};

static void signature_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    CU_ASSERT_STRING_EQUAL(kind, "signature");
    struct faults *f = context;
    CU_ASSERT_EQUAL(index, f->next);
    CU_ASSERT_STRING_EQUAL(what, "its signature does not hold");
    f->next = index + 7;
    f->count++;
}

/* Whoever has the log's key can give forged entries their hashes and a signed head. */
static void entries_that_nobody_signed_are_named_though_their_hashes_are_right(void)
{
    struct export_result r;
    struct ledger_check check;
    struct faults f = {0, 0};
    struct source s;
    begin();
    grow_to(SIGNED);
    CU_ASSERT_EQUAL(write_to(path, &r), NG_OK);
    CU_ASSERT_EQUAL_FATAL(export_open(path, NULL, &s), NG_OK);
    CU_ASSERT_EQUAL(verify_export(&s, signature_fault, &f, &check), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(f.count, (SIGNED + 6) / 7);
    CU_ASSERT_EQUAL(check.faults, f.count);
    source_close(&s);
    test_remove_folder(folder);
}

static void a_source_that_is_damaged_gets_no_checkpoint(void)
{
    struct export_result r;
    begin();
    grow_to(300);
    signed_head.head.root.bytes[5] ^= 1;
    CU_ASSERT_EQUAL(write_to(path, &r), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(whole_size(), 0);
    signed_head.head.root.bytes[5] ^= 1;
    CU_ASSERT_EQUAL(write_to(path, &r), NG_OK);
    CU_ASSERT_EQUAL(whole_size(), 300);
    test_remove_folder(folder);
}

static void a_source_without_a_head_is_asked_again(void)
{
    struct export_result r;
    begin();
    grow_to(3);
    signed_head.note_size = 0;
    CU_ASSERT_EQUAL(write_to(path, &r), NG_ERR_AGAIN);
    test_remove_folder(folder);
}

/* From an export of `before` entries (0: none) to `after`, with the fault. */
static bool try_once(uint64_t before, uint64_t after, unsigned kinds, unsigned call, int error)
{
    struct export_result r;
    (void)snprintf(path, sizeof(path), "%s/%u", folder, call);
    if (before > 0) {
        grow_to(before);
        CU_ASSERT_EQUAL_FATAL(write_to(path, &r), NG_OK);
    }
    grow_to(after);
    fault_set(kinds, call, error, false);
    const enum ng_err err = write_to(path, &r);
    const bool struck = fault_clear();
    const uint64_t size = whole_size();
    CU_ASSERT_TRUE(size == after || (err != NG_OK && size == before));
    CU_ASSERT_EQUAL(write_to(path, &r), NG_OK);
    CU_ASSERT_EQUAL(whole_size(), after);
    return struck;
}

static void whatever_call_fails_the_old_export_or_the_new_one_is_there(void)
{
    static const struct {
        unsigned kinds;
        int error;
        uint64_t before, after;
    } faults[] = {{FAULT_MEMORY, ENOMEM, 0, 3}, {FAULT_MEMORY, ENOMEM, 255, 257},
                  {FAULT_IO, EIO, 0, 300},      {FAULT_IO, EIO, 300, 520},
                  {FAULT_IO, ENOSPC, 255, 257}, {FAULT_IO, ENOSPC, 300, 520}};
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        begin();
        unsigned call = 1;
        while (
            try_once(faults[i].before, faults[i].after, faults[i].kinds, call, faults[i].error)) {
            call++;
        }
        CU_ASSERT_TRUE(call > 10);
        test_remove_folder(folder);
    }
}

static void wherever_the_process_ends_the_old_export_or_the_new_one_is_there(void)
{
    begin();
    int status = 0;
    unsigned call = 1;
    do {
        struct export_result r;
        (void)snprintf(path, sizeof(path), "%s/%u", folder, call);
        grow_to(300);
        CU_ASSERT_EQUAL_FATAL(write_to(path, &r), NG_OK);
        grow_to(520);
        (void)fflush(NULL);
        const pid_t child = fork();
        CU_ASSERT_TRUE_FATAL(child >= 0);
        if (child == 0) {
            fault_set(FAULT_IO, call, FAULT_STOP, false);
            _exit(write_to(path, &r) == NG_OK ? 0 : 1);
        }
        CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
        const uint64_t size = whole_size();
        CU_ASSERT_TRUE(size == 300 || size == 520);
        CU_ASSERT_EQUAL(write_to(path, &r), NG_OK);
        CU_ASSERT_EQUAL(whole_size(), 520);
        call++;
    } while (WIFEXITED(status) && WEXITSTATUS(status) == FAULT_STOPPED);
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_TRUE(call > 10);
    test_remove_folder(folder);
}

static const struct test_case cases[] = {
    TEST_CASE(an_export_grows_over_every_edge_of_a_tile),
    TEST_CASE(entries_that_nobody_signed_are_named_though_their_hashes_are_right),
    TEST_CASE(a_source_that_is_damaged_gets_no_checkpoint),
    TEST_CASE(a_source_without_a_head_is_asked_again),
    TEST_CASE(whatever_call_fails_the_old_export_or_the_new_one_is_there),
    TEST_CASE(wherever_the_process_ends_the_old_export_or_the_new_one_is_there),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("export", cases, argc, argv);
}
