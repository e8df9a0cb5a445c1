/* One node of the B-tree, and two side by side below one parent.
 *
 * A node is wide and holds beside each entry the eight bytes of its key by which it is found: those
 * behind what all keys of the node begin with. Keys here share long beginnings (a table, a year, a
 * group, equal points), and without that step aside the eight bytes would seldom differ.
 *
 * Happy path: a search compares heads only, and whole keys where heads are equal. A key that begins
 * otherwise shortens the prefix, which costs no look at the other keys; a split makes it as long as
 * it can be again. The one failure is memory for a new node, before anything has changed.
 */
#include "base/omap_node.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_SIZE = 8 };

/* ---- Keys ---- */

struct omap_node_entry *omap_node_entry_new(struct bytes key, struct bytes value)
{
    if (key.size >= UINT32_MAX || value.size >= UINT32_MAX) {
        return NULL;
    }
    struct omap_node_entry *e = malloc(sizeof(*e) + key.size + value.size);
    if (e == NULL) {
        return NULL;
    }
    *e = (struct omap_node_entry){.key_size = (uint32_t)key.size,
                                  .value_size = (uint32_t)value.size};
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

size_t omap_node_search(const struct omap_node *n, struct bytes key, bool *ret_found)
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
        order = bytes_compare(key, omap_node_key(n->entries[middle]));
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

struct omap_node *omap_node_new(bool is_leaf)
{
    const size_t branches = is_leaf ? 0 : OMAP_NODE_ENTRIES_MAX + 1;
    struct omap_node *n = malloc(sizeof(*n) + branches * sizeof(n->branches[0]));
    if (n != NULL) {
        n->count = 0;
        n->is_leaf = is_leaf;
        n->prefix_size = 0;
    }
    return n;
}

/* The bytes of the prefix that go move to the front of every head: no key is looked at. */
static void shorten_prefix(struct omap_node *n, size_t size)
{
    for (; n->prefix_size > size; n->prefix_size--) {
        const uint64_t byte = n->prefix[n->prefix_size - 1];
        for (size_t i = 0; i < n->count; i++) {
            n->heads[i] = byte << 56 | n->heads[i] >> 8;
        }
    }
}

/* As long as it can be. What the first and the last key share, all between them do. */
static void renew_prefix(struct omap_node *n)
{
    const struct bytes first = omap_node_key(n->entries[0]);
    const struct bytes last = omap_node_key(n->entries[n->count - 1]);
    size_t size = first.size < last.size ? first.size : last.size;
    size = common_size(first.data, last.data,
                       size < OMAP_NODE_PREFIX_MAX ? size : OMAP_NODE_PREFIX_MAX);
    if (size == n->prefix_size) {
        return;
    }
    n->prefix_size = (uint8_t)size;
    memcpy(n->prefix, first.data, size);
    for (size_t i = 0; i < n->count; i++) {
        n->heads[i] = head_of(omap_node_key(n->entries[i]), size);
    }
}

/* Makes a key one of those that begin with the prefix. */
static void admit(struct omap_node *n, struct bytes key)
{
    if (n->count == 0) {
        n->prefix_size =
            (uint8_t)(key.size < OMAP_NODE_PREFIX_MAX ? key.size : OMAP_NODE_PREFIX_MAX);
        memcpy(n->prefix, key.data, n->prefix_size);
        return;
    }
    const size_t size = key.size < n->prefix_size ? key.size : n->prefix_size;
    shorten_prefix(n, common_size(n->prefix, key.data, size));
}

void omap_node_insert(struct omap_node *n, size_t i, struct omap_node_entry *e)
{
    admit(n, omap_node_key(e));
    memmove(&n->heads[i + 1], &n->heads[i], (n->count - i) * sizeof(n->heads[0]));
    memmove(&n->entries[i + 1], &n->entries[i], (n->count - i) * sizeof(n->entries[0]));
    n->count++;
    n->heads[i] = head_of(omap_node_key(e), n->prefix_size);
    n->entries[i] = e;
}

void omap_node_replace(struct omap_node *n, size_t i, struct omap_node_entry *e)
{
    admit(n, omap_node_key(e));
    n->heads[i] = head_of(omap_node_key(e), n->prefix_size);
    n->entries[i] = e;
}

struct omap_node_entry *omap_node_take(struct omap_node *n, size_t i)
{
    struct omap_node_entry *e = n->entries[i];
    n->count--;
    memmove(&n->heads[i], &n->heads[i + 1], (n->count - i) * sizeof(n->heads[0]));
    memmove(&n->entries[i], &n->entries[i + 1], (n->count - i) * sizeof(n->entries[0]));
    return e;
}

/* ---- Nodes side by side ---- */

/* Branches follow their entries: both functions expect the entry in place, or taken. */
static void insert_branch(struct omap_node *n, size_t i, struct omap_node_branch b)
{
    memmove(&n->branches[i + 1], &n->branches[i], (n->count - i) * sizeof(b));
    n->branches[i] = b;
}

static struct omap_node_branch take_branch(struct omap_node *n, size_t i)
{
    const struct omap_node_branch b = n->branches[i];
    memmove(&n->branches[i], &n->branches[i + 1], (n->count + 1 - i) * sizeof(b));
    return b;
}

/* Entries of `from`, from the first-th on, and the branches around them, behind those of `to`. The
 * prefixes are equal. */
static void append_entries(struct omap_node *to, const struct omap_node *from, size_t first)
{
    const size_t count = from->count - first;
    memcpy(&to->heads[to->count], &from->heads[first], count * sizeof(to->heads[0]));
    memcpy(&to->entries[to->count], &from->entries[first],
           count * sizeof(struct omap_node_entry *));
    if (!to->is_leaf) {
        memcpy(&to->branches[to->count], &from->branches[first],
               (count + 1) * sizeof(to->branches[0]));
    }
    to->count = (uint8_t)(to->count + count);
}

static size_t count_in(const struct omap_node *n)
{
    size_t count = n->count;
    for (size_t i = 0; !n->is_leaf && i <= n->count; i++) {
        count += n->branches[i].count;
    }
    return count;
}

bool omap_node_split(struct omap_node *parent, size_t i)
{
    struct omap_node *left = parent->branches[i].child;
    struct omap_node *right = omap_node_new(left->is_leaf);
    if (right == NULL) {
        return false;
    }
    right->prefix_size = left->prefix_size;
    memcpy(right->prefix, left->prefix, left->prefix_size);
    append_entries(right, left, OMAP_NODE_ENTRIES_MAX / 2 + 1);
    left->count = OMAP_NODE_ENTRIES_MAX / 2;
    omap_node_insert(parent, i, left->entries[left->count]);
    const struct omap_node_branch b = {right, count_in(right)};
    insert_branch(parent, i + 1, b);
    parent->branches[i].count -= b.count + 1;
    renew_prefix(left);
    renew_prefix(right);
    return true;
}

/* The nodes below branches i and i + 1 and the entry between them become one. */
static void join(struct omap_node *parent, size_t i)
{
    struct omap_node *left = parent->branches[i].child;
    struct omap_node *right = parent->branches[i + 1].child;
    omap_node_insert(left, left->count, omap_node_take(parent, i));
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
static void shift(struct omap_node *parent, size_t from, size_t to)
{
    struct omap_node *giver = parent->branches[from].child;
    struct omap_node *taker = parent->branches[to].child;
    const bool back = to < from;
    const size_t between = back ? to : from;
    size_t moved = 1;
    omap_node_insert(taker, back ? taker->count : 0, parent->entries[between]);
    omap_node_replace(parent, between, omap_node_take(giver, back ? 0 : giver->count - 1u));
    if (!giver->is_leaf) {
        const struct omap_node_branch b = take_branch(giver, back ? 0 : giver->count + 1u);
        insert_branch(taker, back ? taker->count : 0, b);
        moved += b.count;
    }
    parent->branches[from].count -= moved;
    parent->branches[to].count += moved;
}

void omap_node_fill(struct omap_node *parent, size_t i)
{
    const size_t beside = i < parent->count ? i + 1 : i - 1;
    const size_t count = parent->branches[i].child->count;
    if (count + parent->branches[beside].child->count < OMAP_NODE_ENTRIES_MAX) {
        join(parent, i < beside ? i : beside);
    } else {
        shift(parent, beside, i);
    }
}
