/* An ordered map with positions: a B-tree.
 *
 * In a large map an operation costs what it has to fetch from memory, so a node is wide and holds
 * beside each entry the eight bytes of its key by which it is found: those behind what all keys of
 * the node begin with. Keys here share long beginnings (a table, a year, a group, equal points),
 * and without that step aside the eight bytes would seldom differ. An inner node knows how many
 * entries lie below each of its branches; that gives positions.
 *
 * All leaves are equally deep and no node but the root has fewer than ENTRIES_MIN entries, whatever
 * the order of the keys: wards choose what is ranked, so a structure that is only good on average
 * will not do. The root has an entry while there is one.
 *
 * Happy path of a change: walk down noting the branches taken, change a leaf, count on the
 * branches. A full node on the way to an insertion is split before it is entered, so a split finds
 * room above it; after a removal small nodes are filled from below upwards. The one failure is
 * memory: what was split by then holds the same entries as before.
 */
#include "base/omap.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum {
    ENTRIES_MAX = 31,
    ENTRIES_MIN = 8, /* well below half: a node just split is not soon merged again */
    PREFIX_MAX = 27,
    HEAD_SIZE = 8,
    DEPTH_MAX = 24, /* each level below the root has nine times the nodes above: 9^20 > 2^63 */
};

struct entry {
    uint32_t key_size;
    uint32_t value_size;
    uint8_t data[]; /* key, then value */
};

struct branch {
    struct node *child;
    size_t count; /* of entries in it */
};

struct node {
    uint8_t count;
    bool is_leaf;
    uint8_t prefix_size;
    uint8_t prefix[PREFIX_MAX];  /* what all its keys begin with, though not always all of that */
    uint64_t heads[ENTRIES_MAX]; /* of the keys, behind the prefix */
    struct entry *entries[ENTRIES_MAX];
    struct branch branches[]; /* of an inner node: count + 1, around the entries */
};

struct omap {
    struct node *root;
    size_t count;
};

/* The branches followed from the root down. */
struct step {
    struct node *node;
    size_t branch;
};

struct path {
    struct step steps[DEPTH_MAX];
    size_t length;
};

static void path_add(struct path *p, struct node *n, size_t branch)
{
    CHECK(p->length < DEPTH_MAX);
    p->steps[p->length++] = (struct step){n, branch};
}

struct omap *omap_new(void)
{
    return calloc(1, sizeof(struct omap));
}

static void node_destroy(struct node *root)
{
    struct path p = {.length = 0};
    path_add(&p, root, 0);
    while (p.length > 0) {
        struct step *s = &p.steps[p.length - 1];
        struct node *n = s->node;
        if (!n->is_leaf && s->branch <= n->count) {
            path_add(&p, n->branches[s->branch++].child, 0);
            continue;
        }
        for (size_t i = 0; i < n->count; i++) {
            free(n->entries[i]);
        }
        free(n);
        p.length--;
    }
}

void omap_destroy(struct omap **m)
{
    if (m == NULL || *m == NULL) {
        return;
    }
    if ((*m)->root != NULL) {
        node_destroy((*m)->root);
    }
    free(*m);
    *m = NULL;
}

/* ---- Keys ---- */

static struct bytes key_of(const struct entry *e)
{
    return (struct bytes){e->data, e->key_size};
}

static struct bytes value_of(const struct entry *e)
{
    return (struct bytes){e->data + e->key_size, e->value_size};
}

static void give(const struct entry *e, struct bytes *ret_key, struct bytes *ret_value)
{
    *ret_key = key_of(e);
    *ret_value = value_of(e);
}

static struct entry *entry_new(struct bytes key, struct bytes value)
{
    if (key.size >= UINT32_MAX || value.size >= UINT32_MAX) {
        return NULL;
    }
    struct entry *e = malloc(sizeof(*e) + key.size + value.size);
    if (e == NULL) {
        return NULL;
    }
    *e = (struct entry){.key_size = (uint32_t)key.size, .value_size = (uint32_t)value.size};
    if (key.size > 0) {
        memcpy(e->data, key.data, key.size);
    }
    if (value.size > 0) {
        memcpy(e->data + key.size, value.data, value.size);
    }
    return e;
}

/* Eight bytes from `at` on, zeros behind a shorter key: of two keys equal up to there, heads that
 * differ order as the keys do. */
static uint64_t head_of(struct bytes key, size_t at)
{
    if (key.size >= at + HEAD_SIZE) {
        return bytes_get_u64(key.data + at);
    }
    uint64_t head = 0;
    for (size_t i = at; i < at + HEAD_SIZE; i++) {
        head = head << 8 | (i < key.size ? key.data[i] : 0);
    }
    return head;
}

static size_t common_size(const uint8_t *a, const uint8_t *b, size_t size)
{
    size_t i = 0;
    while (i < size && a[i] == b[i]) {
        i++;
    }
    return i;
}

/* The place of a key in the node, or the one before which it belongs. */
static size_t node_search(const struct node *n, struct bytes key, bool *ret_found)
{
    *ret_found = false;
    size_t shared = key.size < n->prefix_size ? key.size : n->prefix_size;
    int order = shared > 0 ? memcmp(key.data, n->prefix, shared) : 0;
    if (order != 0 || shared < n->prefix_size) {
        return order > 0 ? n->count : 0;
    }
    const uint64_t head = head_of(key, n->prefix_size);
    size_t low = 0;
    for (size_t i = 0; i < n->count; i++) {
        low += n->heads[i] < head; /* all of them, without a jump: faster than by halves */
    }
    size_t high = low;
    while (high < n->count && n->heads[high] == head) {
        high++;
    }
    while (low < high) {
        size_t middle = (low + high) / 2;
        order = bytes_compare(key, key_of(n->entries[middle]));
        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* ---- The entries of one node ---- */

static struct node *node_new(bool is_leaf)
{
    const size_t branches = is_leaf ? 0 : ENTRIES_MAX + 1;
    struct node *n = malloc(sizeof(*n) + branches * sizeof(n->branches[0]));
    if (n != NULL) {
        n->count = 0;
        n->is_leaf = is_leaf;
        n->prefix_size = 0;
    }
    return n;
}

/* The bytes of the prefix that go move to the front of every head: no key is looked at. */
static void shorten_prefix(struct node *n, size_t size)
{
    for (; n->prefix_size > size; n->prefix_size--) {
        const uint64_t byte = n->prefix[n->prefix_size - 1];
        for (size_t i = 0; i < n->count; i++) {
            n->heads[i] = byte << 56 | n->heads[i] >> 8;
        }
    }
}

/* As long as it can be. What the first and the last key share, all between them do. */
static void renew_prefix(struct node *n)
{
    const struct bytes first = key_of(n->entries[0]);
    const struct bytes last = key_of(n->entries[n->count - 1]);
    size_t size = first.size < last.size ? first.size : last.size;
    size = common_size(first.data, last.data, size < PREFIX_MAX ? size : PREFIX_MAX);
    if (size == n->prefix_size) {
        return;
    }
    n->prefix_size = (uint8_t)size;
    memcpy(n->prefix, first.data, size);
    for (size_t i = 0; i < n->count; i++) {
        n->heads[i] = head_of(key_of(n->entries[i]), size);
    }
}

/* Makes a key one of those that begin with the prefix. */
static void admit(struct node *n, struct bytes key)
{
    if (n->count == 0) {
        n->prefix_size = (uint8_t)(key.size < PREFIX_MAX ? key.size : PREFIX_MAX);
        memcpy(n->prefix, key.data, n->prefix_size);
        return;
    }
    const size_t size = key.size < n->prefix_size ? key.size : n->prefix_size;
    shorten_prefix(n, common_size(n->prefix, key.data, size));
}

static void insert_entry(struct node *n, size_t i, struct entry *e)
{
    admit(n, key_of(e));
    memmove(&n->heads[i + 1], &n->heads[i], (n->count - i) * sizeof(n->heads[0]));
    memmove(&n->entries[i + 1], &n->entries[i], (n->count - i) * sizeof(n->entries[0]));
    n->count++;
    n->heads[i] = head_of(key_of(e), n->prefix_size);
    n->entries[i] = e;
}

static void replace_entry(struct node *n, size_t i, struct entry *e)
{
    admit(n, key_of(e));
    n->heads[i] = head_of(key_of(e), n->prefix_size);
    n->entries[i] = e;
}

static struct entry *take_entry(struct node *n, size_t i)
{
    struct entry *e = n->entries[i];
    n->count--;
    memmove(&n->heads[i], &n->heads[i + 1], (n->count - i) * sizeof(n->heads[0]));
    memmove(&n->entries[i], &n->entries[i + 1], (n->count - i) * sizeof(n->entries[0]));
    return e;
}

/* ---- Nodes side by side ---- */

/* Branches follow their entries: both functions expect the entry in place, or taken. */
static void insert_branch(struct node *n, size_t i, struct branch b)
{
    memmove(&n->branches[i + 1], &n->branches[i], (n->count - i) * sizeof(b));
    n->branches[i] = b;
}

static struct branch take_branch(struct node *n, size_t i)
{
    const struct branch b = n->branches[i];
    memmove(&n->branches[i], &n->branches[i + 1], (n->count + 1 - i) * sizeof(b));
    return b;
}

/* Entries of `from`, from the first-th on, and the branches around them, behind those of `to`. The
 * prefixes are equal. */
static void append_entries(struct node *to, const struct node *from, size_t first)
{
    const size_t count = from->count - first;
    memcpy(&to->heads[to->count], &from->heads[first], count * sizeof(to->heads[0]));
    memcpy(&to->entries[to->count], &from->entries[first], count * sizeof(struct entry *));
    if (!to->is_leaf) {
        memcpy(&to->branches[to->count], &from->branches[first],
               (count + 1) * sizeof(to->branches[0]));
    }
    to->count = (uint8_t)(to->count + count);
}

static size_t count_in(const struct node *n)
{
    size_t count = n->count;
    for (size_t i = 0; !n->is_leaf && i <= n->count; i++) {
        count += n->branches[i].count;
    }
    return count;
}

/* The full node below branch i becomes two, with an entry between them in the parent. */
static bool split(struct node *parent, size_t i)
{
    struct node *left = parent->branches[i].child;
    struct node *right = node_new(left->is_leaf);
    if (right == NULL) {
        return false;
    }
    right->prefix_size = left->prefix_size;
    memcpy(right->prefix, left->prefix, left->prefix_size);
    append_entries(right, left, ENTRIES_MAX / 2 + 1);
    left->count = ENTRIES_MAX / 2;
    insert_entry(parent, i, left->entries[left->count]);
    const struct branch b = {right, count_in(right)};
    insert_branch(parent, i + 1, b);
    parent->branches[i].count -= b.count + 1;
    renew_prefix(left);
    renew_prefix(right);
    return true;
}

/* The nodes below branches i and i + 1 and the entry between them become one. */
static void join(struct node *parent, size_t i)
{
    struct node *left = parent->branches[i].child;
    struct node *right = parent->branches[i + 1].child;
    insert_entry(left, left->count, take_entry(parent, i));
    parent->branches[i].count += parent->branches[i + 1].count + 1;
    (void)take_branch(parent, i + 1);
    const size_t least =
        left->prefix_size < right->prefix_size ? left->prefix_size : right->prefix_size;
    const size_t size = common_size(left->prefix, right->prefix, least);
    shorten_prefix(left, size);
    shorten_prefix(right, size);
    append_entries(left, right, 0);
    free(right);
}

/* One entry moves over the parent from a node to the one beside it. */
static void shift(struct node *parent, size_t from, size_t to)
{
    struct node *giver = parent->branches[from].child;
    struct node *taker = parent->branches[to].child;
    const bool back = to < from;
    const size_t between = back ? to : from;
    size_t moved = 1;
    insert_entry(taker, back ? taker->count : 0, parent->entries[between]);
    replace_entry(parent, between, take_entry(giver, back ? 0 : giver->count - 1u));
    if (!giver->is_leaf) {
        const struct branch b = take_branch(giver, back ? 0 : giver->count + 1u);
        insert_branch(taker, back ? taker->count : 0, b);
        moved += b.count;
    }
    parent->branches[from].count -= moved;
    parent->branches[to].count += moved;
}

/* The node below branch i has too few entries. */
static void fill(struct node *parent, size_t i)
{
    const size_t beside = i < parent->count ? i + 1 : i - 1;
    const size_t count = parent->branches[i].child->count;
    if (count + parent->branches[beside].child->count < ENTRIES_MAX) {
        join(parent, i < beside ? i : beside);
    } else {
        shift(parent, beside, i);
    }
}

/* ---- Changes ---- */

static bool grow(struct omap *m)
{
    if (m->root == NULL) {
        m->root = node_new(true);
        return m->root != NULL;
    }
    if (m->root->count < ENTRIES_MAX) {
        return true;
    }
    struct node *root = node_new(false);
    if (root == NULL) {
        return false;
    }
    root->branches[0] = (struct branch){m->root, m->count};
    if (!split(root, 0)) {
        free(root);
        return false;
    }
    m->root = root;
    return true;
}

/* Goes down to where the key is or belongs: *ret_node, *ret_place. False without memory. */
static bool make_room(struct omap *m, struct bytes key, struct path *p, struct node **ret_node,
                      size_t *ret_place, bool *ret_found)
{
    if (!grow(m)) {
        return false;
    }
    struct node *n = m->root;
    for (;;) {
        size_t i = node_search(n, key, ret_found);
        if (*ret_found || n->is_leaf) {
            *ret_node = n;
            *ret_place = i;
            return true;
        }
        if (n->branches[i].child->count == ENTRIES_MAX) {
            if (!split(n, i)) {
                return false;
            }
            continue; /* the key may be behind the entry that came up, or be it */
        }
        path_add(p, n, i);
        n = n->branches[i].child;
    }
}

enum ng_err omap_put(struct omap *m, struct bytes key, struct bytes value)
{
    struct path p = {.length = 0};
    struct node *n;
    size_t i;
    bool found;
    struct entry *fresh = entry_new(key, value);
    if (fresh == NULL || !make_room(m, key, &p, &n, &i, &found)) {
        free(fresh);
        return err_set(NG_ERR_NOMEM, "an entry of %zu bytes", key.size + value.size);
    }
    if (found) {
        free(n->entries[i]);
        n->entries[i] = fresh;
        return NG_OK;
    }
    insert_entry(n, i, fresh);
    for (size_t k = 0; k < p.length; k++) {
        p.steps[k].node->branches[p.steps[k].branch].count++;
    }
    m->count++;
    return NG_OK;
}

/* From the leaf upwards; a root without entries gives way to what is below it. */
static void shrink(struct omap *m, const struct path *p)
{
    for (size_t k = p->length; k > 0; k--) {
        const struct step *s = &p->steps[k - 1];
        if (s->node->branches[s->branch].child->count >= ENTRIES_MIN) {
            break;
        }
        fill(s->node, s->branch);
    }
    struct node *root = m->root;
    if (root->count == 0) {
        m->root = root->is_leaf ? NULL : root->branches[0].child;
        free(root);
    }
}

bool omap_remove(struct omap *m, struct bytes key)
{
    struct path p = {.length = 0};
    struct node *n = m->root;
    bool found = false;
    size_t i = 0;
    while (n != NULL) {
        i = node_search(n, key, &found);
        if (found || n->is_leaf) {
            break;
        }
        path_add(&p, n, i);
        n = n->branches[i].child;
    }
    if (!found) {
        return false;
    }
    struct node *leaf = n;
    while (!leaf->is_leaf) { /* the last entry before it stands in for it */
        const size_t last = leaf == n ? i : leaf->count;
        path_add(&p, leaf, last);
        leaf = leaf->branches[last].child;
    }
    free(n->entries[i]);
    if (leaf == n) {
        (void)take_entry(n, i);
    } else {
        replace_entry(n, i, take_entry(leaf, leaf->count - 1u));
    }
    for (size_t k = 0; k < p.length; k++) {
        p.steps[k].node->branches[p.steps[k].branch].count--;
    }
    m->count--;
    shrink(m, &p);
    return true;
}

/* ---- Questions ---- */

bool omap_get(const struct omap *m, struct bytes key, struct bytes *ret_value)
{
    const struct node *n = m->root;
    while (n != NULL) {
        bool found;
        const size_t i = node_search(n, key, &found);
        if (found) {
            *ret_value = value_of(n->entries[i]);
            return true;
        }
        n = n->is_leaf ? NULL : n->branches[i].child;
    }
    return false;
}

size_t omap_count(const struct omap *m)
{
    return m->count;
}

size_t omap_position(const struct omap *m, struct bytes key)
{
    size_t before = 0;
    bool found = false;
    const struct node *n = m->root;
    while (n != NULL && !found) {
        const size_t i = node_search(n, key, &found);
        before += i;
        for (size_t k = 0; !n->is_leaf && k < i + found; k++) {
            before += n->branches[k].count;
        }
        n = n->is_leaf ? NULL : n->branches[i].child;
    }
    return before;
}

bool omap_at(const struct omap *m, size_t position, struct bytes *ret_key, struct bytes *ret_value)
{
    if (position >= m->count) {
        return false;
    }
    const struct node *n = m->root;
    while (!n->is_leaf) {
        size_t i = 0;
        while (i < n->count && position > n->branches[i].count) {
            position -= n->branches[i].count + 1;
            i++;
        }
        if (i < n->count && position == n->branches[i].count) {
            give(n->entries[i], ret_key, ret_value);
            return true;
        }
        n = n->branches[i].child;
    }
    give(n->entries[position], ret_key, ret_value);
    return true;
}

bool omap_seek(const struct omap *m, struct bytes key, struct bytes *ret_key,
               struct bytes *ret_value)
{
    const struct entry *best = NULL;
    bool found = false;
    const struct node *n = m->root;
    while (n != NULL && !found) {
        const size_t i = node_search(n, key, &found);
        if (i < n->count) {
            best = n->entries[i];
        }
        n = n->is_leaf ? NULL : n->branches[i].child;
    }
    if (best == NULL) {
        return false;
    }
    give(best, ret_key, ret_value);
    return true;
}
