/* An ordered map with positions: a weight-balanced tree.
 *
 * Every node knows how many entries lie on each of its sides. The same numbers give an entry's
 * position and keep the tree in balance: neither side of a node may weigh (entries + 1) more than
 * three times the other. With the single-rotation bound 2 this pair is proved to hold for insertion
 * and removal alike (Hirai and Yamamoto, "Balancing weight-balanced trees", 2011). A treap would be
 * shorter, but with a fixed seed whoever chooses the keys can make it a list, and wards do choose
 * what is ranked.
 *
 * Every walk is a loop over a path on the stack. A child weighs at most 3/4 of its parent, so a
 * path of 2^40 entries is shorter than 98.
 *
 * In a large map a walk costs what it has to fetch from memory, so a step looks at one node only:
 * the counts are the node's own, never its children's, and the first eight bytes of the key stand
 * beside them as a number.
 *
 * Happy path of a change: walk down noting the links taken, change the leaf end, walk back up
 * counting and rotating. The one failure is memory, and it is asked for before anything is changed.
 */
#include "base/omap.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_NODES = 128 };

struct node {
    struct node *left;
    struct node *right;
    size_t left_count; /* entries on that side */
    size_t right_count;
    uint64_t head; /* of the key */
    size_t key_size;
    size_t value_size;
    uint8_t data[]; /* key, then value */
};

struct omap {
    struct node *root;
};

/* The links followed from the root down; *links[0] is the root. */
struct path {
    struct node **links[PATH_MAX_NODES];
    size_t length;
};

struct omap *omap_new(void)
{
    return calloc(1, sizeof(struct omap));
}

void omap_destroy(struct omap **m)
{
    if (m == NULL || *m == NULL) {
        return;
    }
    /* Left branches are turned to the right until the tree is a list: no stack needed. */
    struct node *n = (*m)->root;
    while (n != NULL) {
        struct node *left = n->left;
        if (left != NULL) {
            n->left = left->right;
            left->right = n;
            n = left;
        } else {
            struct node *right = n->right;
            free(n);
            n = right;
        }
    }
    free(*m);
    *m = NULL;
}

static size_t count_of(const struct node *n)
{
    return n != NULL ? n->left_count + n->right_count + 1 : 0;
}

/* The first eight bytes, zeros behind a shorter key: two heads that differ order as the keys do. */
static uint64_t head_of(struct bytes key)
{
    uint8_t bytes[8] = {0};
    if (key.size > 0) {
        memcpy(bytes, key.data, key.size < sizeof(bytes) ? key.size : sizeof(bytes));
    }
    return bytes_get_u64(bytes);
}

static struct bytes key_of(const struct node *n)
{
    return (struct bytes){n->data, n->key_size};
}

static struct bytes value_of(const struct node *n)
{
    return (struct bytes){n->data + n->key_size, n->value_size};
}

static void give(const struct node *n, struct bytes *ret_key, struct bytes *ret_value)
{
    *ret_key = key_of(n);
    *ret_value = value_of(n);
}

/* A key being looked for. */
struct wanted {
    struct bytes key;
    uint64_t head;
};

static struct wanted wanted_of(struct bytes key)
{
    return (struct wanted){key, head_of(key)};
}

static int compare(const struct wanted *w, const struct node *n)
{
    if (w->head != n->head) {
        return w->head < n->head ? -1 : 1;
    }
    return bytes_compare(w->key, key_of(n));
}

static struct node *rotate_left(struct node *n)
{
    struct node *up = n->right;
    n->right = up->left;
    n->right_count = up->left_count;
    up->left = n;
    up->left_count = count_of(n);
    return up;
}

static struct node *rotate_right(struct node *n)
{
    struct node *up = n->left;
    n->left = up->right;
    n->left_count = up->right_count;
    up->right = n;
    up->right_count = count_of(n);
    return up;
}

/* n with both sides in balance, if one entry was added to or taken from one of them. A weight is a
 * count and 1. */
static struct node *balanced(struct node *n)
{
    if (n->right_count + 1 > 3 * (n->left_count + 1)) {
        if (n->right->left_count + 1 >= 2 * (n->right->right_count + 1)) {
            n->right = rotate_right(n->right);
        }
        return rotate_left(n);
    }
    if (n->left_count + 1 > 3 * (n->right_count + 1)) {
        if (n->left->right_count + 1 >= 2 * (n->left->left_count + 1)) {
            n->left = rotate_left(n->left);
        }
        return rotate_right(n);
    }
    return n;
}

static void path_add(struct path *p, struct node **link)
{
    CHECK(p->length < PATH_MAX_NODES);
    p->links[p->length++] = link;
}

/* Ends at the link that holds the key, or at the empty one where it would hang. */
static struct node **path_to(struct path *p, struct node **root, struct bytes key)
{
    const struct wanted w = wanted_of(key);
    p->length = 0;
    path_add(p, root);
    struct node **link = root;
    while (*link != NULL) {
        int order = compare(&w, *link);
        if (order == 0) {
            break;
        }
        link = order < 0 ? &(*link)->left : &(*link)->right;
        path_add(p, link);
    }
    return link;
}

/* One entry more or less at the path's end: told to every node above it. */
static void path_rebalance(const struct path *p, bool added)
{
    for (size_t i = p->length - 1; i > 0; i--) {
        struct node **link = p->links[i - 1];
        struct node *n = *link;
        size_t *count = p->links[i] == &n->left ? &n->left_count : &n->right_count;
        *count = added ? *count + 1 : *count - 1;
        *link = balanced(n);
    }
}

static struct node *node_new(struct bytes key, struct bytes value)
{
    if (key.size > SIZE_MAX / 4 || value.size > SIZE_MAX / 4) {
        return NULL;
    }
    struct node *n = malloc(sizeof(*n) + key.size + value.size);
    if (n == NULL) {
        return NULL;
    }
    *n = (struct node){.head = head_of(key), .key_size = key.size, .value_size = value.size};
    if (key.size > 0) {
        memcpy(n->data, key.data, key.size);
    }
    if (value.size > 0) {
        memcpy(n->data + key.size, value.data, value.size);
    }
    return n;
}

enum ng_err omap_put(struct omap *m, struct bytes key, struct bytes value)
{
    struct node *fresh = node_new(key, value);
    if (fresh == NULL) {
        return err_set(NG_ERR_NOMEM, "an entry of %zu bytes", key.size + value.size);
    }
    struct path p;
    struct node **link = path_to(&p, &m->root, key);
    struct node *old = *link;
    if (old != NULL) {
        fresh->left = old->left;
        fresh->right = old->right;
        fresh->left_count = old->left_count;
        fresh->right_count = old->right_count;
        *link = fresh;
        free(old);
        return NG_OK;
    }
    *link = fresh;
    path_rebalance(&p, true);
    return NG_OK;
}

static const struct node *find(const struct omap *m, struct bytes key)
{
    const struct wanted w = wanted_of(key);
    const struct node *n = m->root;
    while (n != NULL) {
        int order = compare(&w, n);
        if (order == 0) {
            return n;
        }
        n = order < 0 ? n->left : n->right;
    }
    return NULL;
}

bool omap_get(const struct omap *m, struct bytes key, struct bytes *ret_value)
{
    const struct node *n = find(m, key);
    if (n != NULL) {
        *ret_value = value_of(n);
    }
    return n != NULL;
}

/* Takes the smallest node out of *link's right side and puts it in *link's place; the path goes on
 * down to where it was taken. */
static void replace_by_next(struct path *p, struct node **link)
{
    struct node *gone = *link;
    size_t place = p->length; /* of the link into the right side */
    struct node **at = &gone->right;
    path_add(p, at);
    while ((*at)->left != NULL) {
        at = &(*at)->left;
        path_add(p, at);
    }
    struct node *next = *at;
    *at = next->right;
    next->left = gone->left;
    next->right = gone->right;
    next->left_count = gone->left_count;
    next->right_count = gone->right_count;
    *link = next;
    p->links[place] = &next->right;
}

bool omap_remove(struct omap *m, struct bytes key)
{
    struct path p;
    struct node **link = path_to(&p, &m->root, key);
    struct node *gone = *link;
    if (gone == NULL) {
        return false;
    }
    if (gone->left != NULL && gone->right != NULL) {
        replace_by_next(&p, link);
    } else {
        *link = gone->left != NULL ? gone->left : gone->right;
    }
    free(gone);
    path_rebalance(&p, false);
    return true;
}

size_t omap_count(const struct omap *m)
{
    return count_of(m->root);
}

size_t omap_position(const struct omap *m, struct bytes key)
{
    const struct wanted w = wanted_of(key);
    size_t before = 0;
    const struct node *n = m->root;
    while (n != NULL) {
        if (compare(&w, n) <= 0) {
            n = n->left;
        } else {
            before += n->left_count + 1;
            n = n->right;
        }
    }
    return before;
}

bool omap_at(const struct omap *m, size_t position, struct bytes *ret_key, struct bytes *ret_value)
{
    const struct node *n = m->root;
    while (n != NULL) {
        size_t left = n->left_count;
        if (position == left) {
            give(n, ret_key, ret_value);
            return true;
        }
        if (position < left) {
            n = n->left;
        } else {
            position -= left + 1;
            n = n->right;
        }
    }
    return false;
}

bool omap_seek(const struct omap *m, struct bytes key, struct bytes *ret_key,
               struct bytes *ret_value)
{
    const struct wanted w = wanted_of(key);
    const struct node *best = NULL;
    const struct node *n = m->root;
    while (n != NULL) {
        if (compare(&w, n) <= 0) {
            best = n;
            n = n->left;
        } else {
            n = n->right;
        }
    }
    if (best == NULL) {
        return false;
    }
    give(best, ret_key, ret_value);
    return true;
}
