/* Goal: of 2,000 changes to a stored log, by somebody who holds the log's key and recomputes every
 * hash and signature of the tree, all are found by log verify, and all by a party.
 *
 * Method: a sound log of several authors is kept as a list of leaves. A change makes another list:
 * a leaf altered, dropped, put in, exchanged with another, the end cut off, a fork (an order in
 * which every rule holds), an old copy that went on. The store is written anew from it with a fresh
 * head, and the head floor too: it lies on the same host. Verification must object, alone or, where
 * the changed log is one that could have been (cut off; an author's newest entry gone; another
 * order or time of receipt), when it is given a head from elsewhere. Then the changed log is shown
 * to a party that has seen the true head, as a broker without scruples would: the consistency proof
 * is what the changed tree gives. Leaves whose hashes were not made again are read by an auditor
 * instead. NGANAM_SEED picks
 * other changes.
 */
#include "ledger/kit.h"

#include "audit/verify.h"
#include "base/file.h"
#include "base/rng.h"
#include "ledger/history.h"
#include "ledger/ledger_index.h"
#include "ledger/ledger_keyfile.h"
#include "ledger/ledger_nodes.h"
#include "ledger/ledger_stream.h"
#include "ledger/ledger_table.h"
#include "party/witness.h"

#include <stdlib.h>

enum { LEAVES = 40, ROOM = LEAVES + 8, MUTATIONS = 2000 };

enum mutation { ALTER, DROP, PUT_IN, EXCHANGE, CUT, FORK, OLD_COPY, BIT_ON_DISK, MUTATION_COUNT };
static const char *const names[] = {"alter",   "drop", "put in",   "exchange",
                                    "cut off", "fork", "old copy", "a bit on the disk"};

/* ---- A list of leaves ---- */

struct list {
    uint64_t count;
    size_t sizes[ROOM];
    uint8_t leaves[ROOM][2048];
};

static struct kit kit;
static struct key_pair log_key;
static struct log_keys log_keys;
static struct list truth, lie;
static struct ledger_head true_head;
static struct rng rng;

static uint64_t below(uint64_t limit)
{
    return rng_below(&rng, limit);
}

static struct bytes leaf_at(const struct list *l, uint64_t i)
{
    return (struct bytes){l->leaves[i], l->sizes[i]};
}

static void keep(struct list *l, struct bytes leaf)
{
    CU_ASSERT_FATAL(l->count < ROOM && leaf.size <= sizeof(l->leaves[0]));
    memcpy(l->leaves[l->count], leaf.data, leaf.size);
    l->sizes[l->count++] = leaf.size;
}

/* The header's index is under no author's signature: whoever changes the order sets it right. */
static void number_anew(struct list *l)
{
    uint64_t received_at = 0;
    for (uint64_t i = 0; i < l->count; i++) {
        struct leaf leaf;
        uint8_t copy[2048];
        struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
        memcpy(copy, l->leaves[i], l->sizes[i]);
        if (leaf_decode((struct bytes){copy, l->sizes[i]}, &leaf) != NG_OK) {
            continue; /* an altered one may be none any more */
        }
        leaf.index = i;
        received_at = leaf.received_at > received_at ? leaf.received_at : received_at;
        leaf.received_at = received_at;
        CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &encoded), NG_OK);
        memcpy(l->leaves[i], encoded.data, encoded.size);
        buf_fini(&encoded);
    }
}

/* ---- The store, written anew ---- */

static struct tree_edge edge_of(const struct list *l)
{
    struct tree_edge edge = {.size = 0};
    for (uint64_t i = 0; i < l->count; i++) {
        const struct hash h = leaf_hash(leaf_at(l, i));
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &h, NULL, NULL), NG_OK);
    }
    return edge;
}

static struct ledger_head head_of(const struct list *l)
{
    const struct tree_edge edge = edge_of(l);
    struct ledger_head h = {
        .head = {.origin = KIT_ORIGIN, .size = l->count, .root = tree_edge_root(&edge)}};
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(note_sign(&h.head, &log_key, &note), NG_OK);
    memcpy(h.note, note.data, note.size);
    h.note_size = note.size;
    buf_fini(&note);
    return h;
}

static enum ng_err emit(void *context, unsigned level, uint64_t index, const struct hash *hash)
{
    struct ledger_nodes *n = context;
    (void)index;
    n->hashes[level] = *hash;
    n->count = level + 1;
    return NG_OK;
}

/* Registry, index of authors and inboxes as the list gives them, as far as it keeps the rules: so a
 * list that keeps them all differs from a sound log in nothing but its head. */
static void write_indexes(struct store_txn *t, const struct list *l)
{
    struct history *h = NULL;
    CU_ASSERT_EQUAL_FATAL(history_new(KIT_ORIGIN, &log_keys, &h), NG_OK);
    for (unsigned table = LEDGER_TABLE_AUTHORS; table <= LEDGER_TABLE_REGISTRY; table++) {
        CU_ASSERT_EQUAL(store_clear(t, table), NG_OK);
    }
    for (uint64_t i = 0; i < l->count; i++) {
        struct leaf leaf;
        struct statement s;
        const char *wrong = NULL;
        if (leaf_decode(leaf_at(l, i), &leaf) != NG_OK ||
            statement_decode(leaf.statement, &s) != NG_OK) {
            break;
        }
        CU_ASSERT_EQUAL(history_take(h, &leaf, &s, &wrong), NG_OK);
        if (s.to.text[0] != '\0') {
            CU_ASSERT_EQUAL(ledger_index_add_inbox(t, s.to.text, i), NG_OK);
        }
    }
    CU_ASSERT_EQUAL(ledger_overlay_flush(history_rows(h), t), NG_OK);
    history_destroy(&h);
}

static enum ng_err write_list(struct store_txn *t, void *context)
{
    const struct list *l = context;
    static struct ledger_stream_writer w;
    struct tree_edge edge = {.size = 0};
    struct ledger_nodes nodes = {.end = 0};
    CU_ASSERT_EQUAL(store_clear(t, LEDGER_TABLE_STREAM), NG_OK);
    CU_ASSERT_EQUAL(store_clear(t, LEDGER_TABLE_NODES), NG_OK);
    CU_ASSERT_EQUAL(ledger_stream_begin(&w, t, 0), NG_OK);
    for (uint64_t i = 0; i < l->count; i++) {
        const struct hash h = leaf_hash(leaf_at(l, i));
        CU_ASSERT_EQUAL(tree_edge_add(&edge, &h, emit, &nodes), NG_OK);
        nodes.end += l->sizes[i];
        CU_ASSERT_EQUAL(ledger_stream_add(&w, leaf_at(l, i)), NG_OK);
        CU_ASSERT_EQUAL(ledger_nodes_append(t, i, &nodes), NG_OK);
    }
    CU_ASSERT_EQUAL(ledger_stream_finish(&w), NG_OK);
    write_indexes(t, l);
    const struct ledger_head head = head_of(l);
    return store_put(t, LEDGER_TABLE_META, (struct bytes){(const uint8_t *)"head", 4},
                     (struct bytes){(const uint8_t *)head.note, head.note_size});
}

/* One bit of one leaf in the chunk, and nothing else. */
static enum ng_err turn_bit(struct store_txn *t, void *context)
{
    const uint64_t *at = context;
    static uint8_t copy[LEDGER_STREAM_CHUNK];
    struct store_key_u64 key = store_key_u64(*at / LEDGER_STREAM_CHUNK);
    struct bytes chunk;
    enum ng_err e = store_get(t, LEDGER_TABLE_STREAM, STORE_KEY(key), &chunk);
    CU_ASSERT_FATAL(e == NG_OK && *at % LEDGER_STREAM_CHUNK < chunk.size);
    memcpy(copy, chunk.data, chunk.size);
    copy[*at % LEDGER_STREAM_CHUNK] ^= 0x10;
    return store_put(t, LEDGER_TABLE_STREAM, STORE_KEY(key), (struct bytes){copy, chunk.size});
}

/* ---- The changes ---- */

static void take_out(struct list *l, uint64_t at)
{
    for (uint64_t i = at; i + 1 < l->count; i++) {
        memcpy(l->leaves[i], l->leaves[i + 1], l->sizes[i + 1]);
        l->sizes[i] = l->sizes[i + 1];
    }
    l->count--;
}

static void exchange(struct list *l, uint64_t a, uint64_t b)
{
    static uint8_t copy[2048];
    const size_t size = l->sizes[a];
    memcpy(copy, l->leaves[a], size);
    memcpy(l->leaves[a], l->leaves[b], l->sizes[b]);
    l->sizes[a] = l->sizes[b];
    memcpy(l->leaves[b], copy, size);
    l->sizes[b] = size;
}

static struct party_code author_of(const struct list *l, uint64_t at)
{
    struct leaf leaf;
    struct statement s;
    CU_ASSERT_EQUAL_FATAL(leaf_decode(leaf_at(l, at), &leaf), NG_OK);
    CU_ASSERT_EQUAL_FATAL(statement_decode(leaf.statement, &s), NG_OK);
    return s.author;
}

/* Two neighbours by different authors near the end, where all are enrolled: every rule holds in
 * either order. */
static void fork_list(struct list *l)
{
    uint64_t at;
    do {
        at = LEAVES / 2 + below(LEAVES / 2 - 1);
    } while (strcmp(author_of(l, at).text, author_of(l, at + 1).text) == 0);
    exchange(l, at, at + 1);
}

static void change(enum mutation m)
{
    lie = truth;
    const uint64_t at = below(lie.count);
    switch (m) {
    case ALTER:
        lie.leaves[at][below(lie.sizes[at])] ^= (uint8_t)(1u << below(8));
        return; /* as it is, whichever byte was hit */
    case DROP:
        take_out(&lie, at);
        break;
    case PUT_IN:
        keep(&lie, leaf_at(&truth, at));
        for (uint64_t i = lie.count - 1, to = below(lie.count); i > to; i--) {
            exchange(&lie, i, i - 1);
        }
        break;
    case EXCHANGE:
        exchange(&lie, at, (at + 1 + below(lie.count - 1)) % lie.count);
        break;
    case CUT:
        lie.count = 1 + below(lie.count - 1);
        break;
    case FORK:
        fork_list(&lie);
        break;
    case OLD_COPY: /* brought back, and then half of what was lost comes again */
        for (uint64_t i = lie.count; i-- > LEAVES / 2;) {
            if (below(2) == 0 && lie.count > LEAVES / 2) {
                take_out(&lie, i);
            }
        }
        if (lie.count == truth.count) {
            take_out(&lie, lie.count - 1);
        }
        break;
    case BIT_ON_DISK:
    case MUTATION_COUNT:
        return;
    }
    number_anew(&lie);
}

/* ---- Who finds it ---- */

static void count_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    (void)index;
    (void)what;
    ++*(unsigned *)context;
}

/* log verify, with a head that somebody else has kept, or NULL. */
static bool verify_finds(const struct note_head *known)
{
    struct ledger_check check;
    struct ledger *l = NULL;
    struct source s = {.ops = NULL};
    unsigned faults = 0;
    enum ng_err e = ledger_open(kit.folder, NULL, LEDGER_READ, &l);
    if (e == NG_OK) {
        e = ledger_verify(l, count_fault, &faults, &check);
        CU_ASSERT_EQUAL(e, faults > 0 ? NG_ERR_VERIFY : NG_OK);
        CU_ASSERT_EQUAL_FATAL(source_of_ledger(l, &s), NG_OK);
        if (e == NG_OK && known != NULL) {
            e = verify_known_head(&s, known, count_fault, &faults, &check);
            CU_ASSERT_EQUAL(e, faults > 0 ? NG_ERR_VERIFY : NG_OK);
        }
        source_close(&s);
        ledger_close(&l);
    }
    return e != NG_OK;
}

static void write_floor(const struct list *l)
{
    char path[300];
    const struct ledger_head head = head_of(l);
    (void)snprintf(path, sizeof(path), "%s/head", kit.folder);
    CU_ASSERT_TRUE_FATAL(file_exists(path));
    CU_ASSERT_EQUAL_FATAL(file_write(path, head.note, head.note_size, 0600), NG_OK);
}

static enum ng_err list_node(void *context, unsigned level, uint64_t index, struct hash *ret)
{
    const struct list *l = context;
    struct tree_edge edge = {.size = 0};
    for (uint64_t i = index << level; i < (index + 1) << level; i++) {
        const struct hash h = leaf_hash(leaf_at(l, i));
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &h, NULL, NULL), NG_OK);
    }
    *ret = tree_edge_root(&edge);
    return NG_OK;
}

/* A party that has seen the head `knows` is shown the list, with the best proof there is. */
static bool party_finds(const struct list *l, const struct ledger_head *knows)
{
    struct witness w;
    struct tree_proof proof = {.count = 0};
    struct ledger_head head = head_of(l);
    CU_ASSERT_EQUAL_FATAL(
        witness_init(&w, KIT_ORIGIN, &log_keys,
                     (struct bytes){(const uint8_t *)knows->note, knows->note_size}),
        NG_OK);
    if (head.head.size >= w.head.size) {
        CU_ASSERT_EQUAL_FATAL(
            tree_consistency(w.head.size, head.head.size, list_node, (void *)(uintptr_t)l, &proof),
            NG_OK);
    }
    head.note[head.note_size] = '\0';
    const struct wire_head wire = {.note = head.note,
                                   .from_size = w.head.size,
                                   .consistency = {proof.hashes[0].bytes, proof.count * HASH_SIZE}};
    return witness_head(&w, &wire, false) == NG_ERR_VERIFY;
}

/* An auditor who reads the log from its beginning, under the head that is shown. */
static bool auditor_finds(const struct list *l, const struct ledger_head *head)
{
    struct witness w;
    static struct wire_entry entries[ROOM];
    struct tree_edge edge = {.size = 0};
    size_t first = 0;
    CU_ASSERT_EQUAL_FATAL(
        witness_init(&w, KIT_ORIGIN, &log_keys,
                     (struct bytes){(const uint8_t *)head->note, head->note_size}),
        NG_OK);
    for (uint64_t i = 0; i < l->count; i++) {
        entries[i] = (struct wire_entry){.leaf = leaf_at(l, i)};
    }
    struct wire_from_broker frame = {.kind = WIRE_ENTRIES};
    frame.u.entries.entries = entries;
    frame.u.entries.count = l->count;
    frame.u.entries.next_index = l->count;
    return witness_log(&w, &frame, &edge, &first) != NG_OK;
}

/* What a reader of the whole log finds who judges its history (log verify of a mirror): the only
 * one whom an entry behind the head that all have seen tells anything. */
static bool reader_finds(const struct list *l)
{
    struct history *h = NULL;
    bool found = false;
    CU_ASSERT_EQUAL_FATAL(history_new(KIT_ORIGIN, &log_keys, &h), NG_OK);
    for (uint64_t i = 0; i < l->count && !found; i++) {
        struct leaf leaf;
        struct statement s;
        const char *wrong = NULL;
        found = leaf_decode(leaf_at(l, i), &leaf) != NG_OK || leaf_verify(&leaf) != NG_OK ||
                statement_decode(leaf.statement, &s) != NG_OK;
        if (!found) {
            CU_ASSERT_EQUAL_FATAL(history_take(h, &leaf, &s, &wrong), NG_OK);
            found = wrong != NULL;
        }
    }
    history_destroy(&h);
    return found;
}

/* ---- The run ---- */

static void begin(void)
{
    static struct kit_author office, ward, other;
    char path[300];
    struct store_txn *t = NULL;
    kit_begin_with_ward(&kit, &office, &ward);
    kit_party(&kit, &office, "xa-b", WIRE_ROLE_WARD, 20, &other);
    while (kit_size(&kit) < LEAVES) {
        kit.now += 1000;
        kit_report(&kit, kit_size(&kit) % 3 == 0 ? &other : &ward, 30 + kit_size(&kit));
    }
    (void)snprintf(path, sizeof(path), "%s/log.key", kit.folder);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path, KIT_ORIGIN, &log_key, NULL), NG_OK);
    log_keys = log_keys_of(&log_key.public_key);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    truth.count = 0;
    for (uint64_t i = 0; i < LEAVES; i++) {
        struct bytes leaf;
        CU_ASSERT_EQUAL_FATAL(ledger_leaf(kit.ledger, t, i, &leaf), NG_OK);
        keep(&truth, leaf);
    }
    store_end_read(&t);
    true_head = head_of(&truth);
    kit_close(&kit); /* writes the head floor */
}

/* The store is opened without the ledger, which would rightly refuse to. */
static void write_store(store_fn fn, void *context)
{
    static const char *const tables[] = LEDGER_TABLE_NAMES;
    char path[300];
    struct store *store = NULL;
    (void)snprintf(path, sizeof(path), "%s/log", kit.folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = LEDGER_TABLE_FORMAT,
                                        .format_version = LEDGER_TABLE_VERSION};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(store, fn, context), NG_OK);
    store_close(&store);
}

static bool same_list(void)
{
    const struct tree_edge a = edge_of(&truth);
    const struct tree_edge b = edge_of(&lie);
    const struct hash roots[] = {tree_edge_root(&a), tree_edge_root(&b)};
    return a.size == b.size && hash_equal(&roots[0], &roots[1]);
}

static void every_change_is_found_by_verify_and_by_a_party(void)
{
    unsigned tried[MUTATION_COUNT] = {0};
    unsigned alone[MUTATION_COUNT] = {0};
    unsigned verified[MUTATION_COUNT] = {0};
    unsigned seen[MUTATION_COUNT] = {0};
    begin();
    const char *seed = getenv("NGANAM_SEED");
    rng = rng_seeded(seed != NULL ? strtoull(seed, NULL, 10) : 20261126);
    CU_ASSERT_FALSE(verify_finds(&true_head.head));
    CU_ASSERT_FALSE(party_finds(&truth, &true_head));
    CU_ASSERT_FALSE(auditor_finds(&truth, &true_head));
    CU_ASSERT_FALSE(reader_finds(&truth));
    for (unsigned i = 0; i < MUTATIONS; i++) {
        const enum mutation m = (enum mutation)(i % MUTATION_COUNT);
        change(m);
        if (m == BIT_ON_DISK) {
            const uint64_t at = below(truth.count);
            uint64_t place = below(truth.sizes[at]);
            lie.leaves[at][place] ^= 0x10;
            for (uint64_t k = 0; k < at; k++) {
                place += truth.sizes[k];
            }
            write_store(write_list, &truth);
            write_floor(&truth);
            write_store(turn_bit, &place);
        } else if (same_list()) {
            continue; /* a leaf put in the place it had */
        } else {
            write_store(write_list, &lie);
            write_floor(&lie);
        }
        tried[m]++;
        alone[m] += verify_finds(NULL);
        verified[m] += verify_finds(&true_head.head);
        const bool by_head = m != BIT_ON_DISK && party_finds(&lie, &true_head);
        /* An entry put behind the end leaves the head's road whole: it takes one who reads. */
        const bool behind = m == PUT_IN && lie.count > truth.count && !by_head;
        seen[m] += by_head || (m == BIT_ON_DISK && auditor_finds(&lie, &true_head)) ||
                   (behind && reader_finds(&lie));
    }
    write_store(write_list, &truth);
    write_floor(&truth);
    CU_ASSERT_FALSE(verify_finds(&true_head.head));
    unsigned all = 0;
    for (unsigned m = 0; m < MUTATION_COUNT; m++) {
        (void)printf("\n  %-18s %4u, found by verify alone %4u, with a head %4u, by a party %4u",
                     names[m], tried[m], alone[m], verified[m], seen[m]);
        CU_ASSERT_EQUAL(verified[m], tried[m]);
        CU_ASSERT_TRUE(alone[m] == tried[m] || (m != PUT_IN && m != BIT_ON_DISK));
        CU_ASSERT_EQUAL(seen[m], tried[m]);
        all += tried[m];
    }
    CU_ASSERT_TRUE(all > MUTATIONS * 95 / 100);
    test_remove_folder(kit.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(every_change_is_found_by_verify_and_by_a_party),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("mutation", cases, argc, argv);
}
