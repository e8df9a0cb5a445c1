/* The public test vectors (data/tlog-vectors/README.md has their sources): every valid one is
 * accepted, every other one is refused, none is passed over.
 *
 * Method: each JSON file of inclusion/ and consistency/ goes through the verifying functions. A
 * root, leaf or proof element that is not 32 bytes (toys and garbage in the files) cannot even be
 * said in our types; it goes in as SHA-256("stand-in" || bytes), which is no tree's hash, so that
 * the code judges it and not the test. Equal toys stay equal, which the one valid toy (two roots of
 * one leaf) needs; for inclusion each is made different, since there every toy is wrong. Of
 * tessera/ every checkpoint is verified, its root built again from tile and entries, and all pairs
 * are proved consistent.
 */
#include "base/bytes.h"
#include "base/file.h"
#include "harness.h"
#include "ledger/note.h"
#include "ledger/tree.h"

#include <jansson.h>

#define VECTORS NGANAM_SOURCE_DIR "/data/tlog-vectors"
#define TESSERA VECTORS "/tessera"
/* The key of testdata/log in github.com/transparency-dev/tessera (testdata/build_log.sh). */
#define TESSERA_VKEY                                                                               \
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"

static unsigned valid_count, refused_count;

static uint8_t toy; /* counts up where no two toys may be equal */
static bool toys_differ;

static struct hash hash_of_value(const json_t *value)
{
    struct buf bytes = BUF_INIT(4096);
    struct hash h = {{0}};
    const char *text = json_string_value(value);
    CU_ASSERT_FATAL(text != NULL);
    CU_ASSERT_EQUAL_FATAL(bytes_from_base64(&bytes, text, strlen(text)), NG_OK);
    if (bytes.size == HASH_SIZE) {
        memcpy(h.bytes, bytes.data, HASH_SIZE);
    } else {
        toy = toys_differ ? (uint8_t)(toy + 1) : 0;
        h = hash_prefixed(toy, (struct bytes){(const uint8_t *)"stand-in", 8}, buf_bytes(&bytes));
    }
    buf_fini(&bytes);
    return h;
}

static struct hash hash_at(const json_t *object, const char *key)
{
    return hash_of_value(json_object_get(object, key));
}

/* One file says 2^64 − 1, which jansson reads as a real. */
static uint64_t number_at(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    CU_ASSERT_FATAL(json_is_number(value));
    if (json_is_real(value) && json_real_value(value) > 9e18) {
        return UINT64_MAX;
    }
    if (json_is_real(value)) {
        return (uint64_t)json_real_value(value);
    }
    return (uint64_t)json_integer_value(value);
}

static void proof_at(const json_t *object, struct tree_proof *ret)
{
    const json_t *proof = json_object_get(object, "proof");
    CU_ASSERT_FATAL(json_is_null(proof) || json_array_size(proof) < TREE_PROOF_MAX);
    ret->count = json_array_size(proof); /* 0 for null */
    for (size_t i = 0; i < ret->count; i++) {
        ret->hashes[i] = hash_of_value(json_array_get(proof, i));
    }
}

static int run_vector(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st;
    (void)walk;
    if (kind != FTW_F) {
        return 0;
    }
    json_error_t error;
    json_t *v = json_load_file(path, 0, &error);
    v = v != NULL ? v : json_load_file(path, JSON_DECODE_INT_AS_REAL, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(v);
    struct tree_proof proof;
    toys_differ = json_object_get(v, "size1") == NULL;
    proof_at(v, &proof);
    enum ng_err e = NG_OK;
    if (json_object_get(v, "size1") != NULL) {
        struct hash root1 = hash_at(v, "root1");
        struct hash root2 = hash_at(v, "root2");
        e = tree_verify_consistency(number_at(v, "size1"), number_at(v, "size2"), &root1, &root2,
                                    proof.hashes, proof.count);
    } else {
        struct hash root = hash_at(v, "root");
        struct hash leaf = hash_at(v, "leafHash");
        e = tree_verify_inclusion(number_at(v, "leafIdx"), number_at(v, "treeSize"), &leaf,
                                  proof.hashes, proof.count, &root);
    }
    bool refused = json_is_true(json_object_get(v, "wantErr"));
    if (e != (refused ? NG_ERR_VERIFY : NG_OK)) {
        (void)fprintf(stderr, "%s: %s\n", path, err_name(e));
        CU_FAIL("a vector is judged wrongly");
    }
    refused_count += refused ? 1 : 0;
    valid_count += refused ? 0 : 1;
    json_decref(v);
    return 0;
}

static void tree_judges_every_public_inclusion_vector(void)
{
    valid_count = refused_count = 0;
    CU_ASSERT_EQUAL(nftw(VECTORS "/inclusion", run_vector, 16, FTW_PHYS), 0);
    CU_ASSERT_EQUAL(valid_count, 6);
    CU_ASSERT_EQUAL(refused_count, 92);
}

static void tree_judges_every_public_consistency_vector(void)
{
    valid_count = refused_count = 0;
    CU_ASSERT_EQUAL(nftw(VECTORS "/consistency", run_vector, 16, FTW_PHYS), 0);
    CU_ASSERT_EQUAL(valid_count, 6);
    CU_ASSERT_EQUAL(refused_count, 92);
}

/* ---- tessera ---- */

enum { TESSERA_SIZE = 15 };

struct tessera {
    char name[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    struct note_head heads[TESSERA_SIZE + 1];
    struct hash leaves[TESSERA_SIZE];
};

static void read_file(const char *format, unsigned n, struct buf *to)
{
    char path[512];
    buf_clear(to);
    (void)snprintf(path, sizeof(path), "%s/%s.%u", TESSERA, format, n);
    char *slash = strstr(path, "000.p.");
    if (slash != NULL) {
        slash[5] = '/'; /* tile/0/000.p/N */
    }
    CU_ASSERT_EQUAL_FATAL(file_read(path, to), NG_OK);
}

static void tessera_read(struct tessera *t)
{
    struct buf text = BUF_INIT(65536);
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    CU_ASSERT_EQUAL_FATAL(note_vkey_parse(TESSERA_VKEY, t->name, &t->key), NG_OK);
    for (unsigned n = 0; n <= TESSERA_SIZE; n++) {
        read_file("checkpoint", n, &text);
        CU_ASSERT_EQUAL(note_verify(buf_bytes(&text), t->name, &t->key, &t->heads[n]), NG_OK);
        CU_ASSERT_EQUAL(t->heads[n].size, n);
    }
    read_file("tile/0/000.p", TESSERA_SIZE, &text);
    CU_ASSERT_EQUAL_FATAL(text.size, TESSERA_SIZE * HASH_SIZE);
    memcpy(t->leaves, text.data, text.size);
    buf_fini(&text);
}

static void note_verifies_all_sixteen_checkpoints_and_vkey(void)
{
    static struct tessera t;
    struct buf vkey = BUF_INIT(512);
    tessera_read(&t);
    CU_ASSERT_EQUAL(note_vkey(t.name, &t.key, &vkey), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&vkey), TESSERA_VKEY);
    buf_fini(&vkey);
    struct buf newest = BUF_INIT(4096);
    struct note_head head;
    CU_ASSERT_EQUAL(file_read(TESSERA "/checkpoint", &newest), NG_OK);
    CU_ASSERT_EQUAL(note_verify(buf_bytes(&newest), t.name, &t.key, &head), NG_OK);
    CU_ASSERT_EQUAL(head.size, TESSERA_SIZE);
    buf_fini(&newest);
}

/* tlog-tiles entry bundle: 16-bit length, bytes, one after the other. */
static void tree_has_the_checkpoints_roots_from_tiles_and_entries(void)
{
    static struct tessera t;
    struct buf tile = BUF_INIT(65536);
    struct buf entries = BUF_INIT(65536);
    tessera_read(&t);
    struct hash empty = tree_empty_root();
    CU_ASSERT(hash_equal(&empty, &t.heads[0].root));
    for (unsigned n = 1; n <= TESSERA_SIZE; n++) {
        struct tree_edge from_tile = {.size = 0};
        struct tree_edge from_entries = {.size = 0};
        read_file("tile/0/000.p", n, &tile);
        read_file("tile/entries/000.p", n, &entries);
        CU_ASSERT_EQUAL_FATAL(tile.size, n * HASH_SIZE);
        size_t at = 0;
        for (unsigned i = 0; i < n; i++) {
            struct hash h;
            memcpy(h.bytes, tile.data + i * HASH_SIZE, HASH_SIZE);
            CU_ASSERT_EQUAL(tree_edge_add(&from_tile, &h, NULL, NULL), NG_OK);
            CU_ASSERT_FATAL(at + 2 <= entries.size);
            size_t size = (size_t)entries.data[at] << 8 | entries.data[at + 1];
            CU_ASSERT_FATAL(at + 2 + size <= entries.size);
            h = hash_prefixed(0, (struct bytes){entries.data + at + 2, size},
                              (struct bytes){NULL, 0});
            CU_ASSERT_EQUAL(tree_edge_add(&from_entries, &h, NULL, NULL), NG_OK);
            at += 2 + size;
        }
        CU_ASSERT_EQUAL(at, entries.size);
        struct hash a = tree_edge_root(&from_tile);
        struct hash b = tree_edge_root(&from_entries);
        CU_ASSERT(hash_equal(&a, &t.heads[n].root) && hash_equal(&b, &t.heads[n].root));
    }
    buf_fini(&tile);
    buf_fini(&entries);
}

static enum ng_err read_leaves(void *context, unsigned level, uint64_t index, struct hash *ret)
{
    const struct tessera *t = context;
    struct tree_edge edge = {.size = 0};
    uint64_t size = UINT64_C(1) << level;
    for (uint64_t i = index * size; i < (index + 1) * size; i++) {
        CU_ASSERT_FATAL(i < TESSERA_SIZE);
        CU_ASSERT_EQUAL(tree_edge_add(&edge, &t->leaves[i], NULL, NULL), NG_OK);
    }
    *ret = tree_edge_root(&edge);
    return NG_OK;
}

static void tree_proves_all_pairs_of_checkpoints_consistent(void)
{
    static struct tessera t;
    tessera_read(&t);
    for (unsigned n = 1; n <= TESSERA_SIZE; n++) {
        for (unsigned m = 1; m <= n; m++) {
            struct tree_proof p;
            CU_ASSERT_EQUAL(tree_consistency(m, n, read_leaves, &t, &p), NG_OK);
            CU_ASSERT_EQUAL(tree_verify_consistency(m, n, &t.heads[m].root, &t.heads[n].root,
                                                    p.hashes, p.count),
                            NG_OK);
            CU_ASSERT_EQUAL(tree_inclusion(m - 1, n, read_leaves, &t, &p), NG_OK);
            CU_ASSERT_EQUAL(tree_verify_inclusion(m - 1, n, &t.leaves[m - 1], p.hashes, p.count,
                                                  &t.heads[n].root),
                            NG_OK);
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(tree_judges_every_public_inclusion_vector),
    TEST_CASE(tree_judges_every_public_consistency_vector),
    TEST_CASE(note_verifies_all_sixteen_checkpoints_and_vkey),
    TEST_CASE(tree_has_the_checkpoints_roots_from_tiles_and_entries),
    TEST_CASE(tree_proves_all_pairs_of_checkpoints_consistent),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("vectors", cases, argc, argv);
}
