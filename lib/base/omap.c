/* An ordered map with positions: a B-tree.
 *
 * In a large map an operation costs what it has to fetch from memory, so a node (omap_node.c) is
 * wide and seldom looks at a whole key. An inner node knows how many entries lie below each of its
 * branches; that gives positions.
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

#include "base/check.h"
#include "base/omap_node.h"

#include <stdlib.h>

enum {
    DEPTH_MAX = 24, /* each level below the root has nine times the nodes above: 9^20 > 2^63 */
};

struct omap {
    struct omap_node *root;
    size_t count;
};

/* The branches followed from the root down. */
struct step {
    struct omap_node *node;
    size_t branch;
};

struct path {
    struct step steps[DEPTH_MAX];
    size_t length;
};

static void path_add(struct path *p, struct omap_node *n, size_t branch)
{
    CHECK(p->length < DEPTH_MAX);
    p->steps[p->length++] = (struct step){n, branch};
}

struct omap *omap_new(void)
{
    return calloc(1, sizeof(struct omap));
}

static void node_destroy(struct omap_node *root)
{
    struct path p = {.length = 0};
    path_add(&p, root, 0);
    while (p.length > 0) {
        struct step *s = &p.steps[p.length - 1];
        struct omap_node *n = s->node;
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

/* ---- Changes ---- */

static bool grow(struct omap *m)
{
    if (m->root == NULL) {
        m->root = omap_node_new(true);
        return m->root != NULL;
    }
    if (m->root->count < OMAP_NODE_ENTRIES_MAX) {
        return true;
    }
    struct omap_node *root = omap_node_new(false);
    if (root == NULL) {
        return false;
    }
    root->branches[0] = (struct omap_node_branch){m->root, m->count};
    if (!omap_node_split(root, 0)) {
        free(root);
        return false;
    }
    m->root = root;
    return true;
}

/* Goes down to where the key is or belongs: *ret_node, *ret_place. False without memory. */
static bool make_room(struct omap *m, struct bytes key, struct path *p, struct omap_node **ret_node,
                      size_t *ret_place, bool *ret_found)
{
    if (!grow(m)) {
        return false;
    }
    struct omap_node *n = m->root;
    for (;;) {
        size_t i = omap_node_search(n, key, ret_found);
        if (*ret_found || n->is_leaf) {
            *ret_node = n;
            *ret_place = i;
            return true;
        }
        if (n->branches[i].child->count == OMAP_NODE_ENTRIES_MAX) {
            if (!omap_node_split(n, i)) {
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
    struct omap_node *n;
    size_t i;
    bool found;
    struct omap_node_entry *fresh = omap_node_entry_new(key, value);
    if (fresh == NULL || !make_room(m, key, &p, &n, &i, &found)) {
        free(fresh);
        return err_set(NG_ERR_NOMEM, "an entry of %zu bytes", key.size + value.size);
    }
    if (found) {
        free(n->entries[i]);
        n->entries[i] = fresh;
        return NG_OK;
    }
    omap_node_insert(n, i, fresh);
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
        if (s->node->branches[s->branch].child->count >= OMAP_NODE_ENTRIES_MIN) {
            break;
        }
        omap_node_fill(s->node, s->branch);
    }
    struct omap_node *root = m->root;
    if (root->count == 0) {
        m->root = root->is_leaf ? NULL : root->branches[0].child;
        free(root);
    }
}

bool omap_remove(struct omap *m, struct bytes key)
{
    struct path p = {.length = 0};
    struct omap_node *n = m->root;
    bool found = false;
    size_t i = 0;
    while (n != NULL) {
        i = omap_node_search(n, key, &found);
        if (found || n->is_leaf) {
            break;
        }
        path_add(&p, n, i);
        n = n->branches[i].child;
    }
    if (!found) {
        return false;
    }
    struct omap_node *leaf = n;
    while (!leaf->is_leaf) { /* the last entry before it stands in for it */
        const size_t last = leaf == n ? i : leaf->count;
        path_add(&p, leaf, last);
        leaf = leaf->branches[last].child;
    }
    free(n->entries[i]);
    if (leaf == n) {
        (void)omap_node_take(n, i);
    } else {
        omap_node_replace(n, i, omap_node_take(leaf, leaf->count - 1u));
    }
    for (size_t k = 0; k < p.length; k++) {
        p.steps[k].node->branches[p.steps[k].branch].count--;
    }
    m->count--;
    shrink(m, &p);
    return true;
}

/* ---- Questions ---- */

static void give(const struct omap_node_entry *e, struct bytes *ret_key, struct bytes *ret_value)
{
    *ret_key = omap_node_key(e);
    *ret_value = omap_node_value(e);
}

bool omap_get(const struct omap *m, struct bytes key, struct bytes *ret_value)
{
    const struct omap_node *n = m->root;
    while (n != NULL) {
        bool found;
        const size_t i = omap_node_search(n, key, &found);
        if (found) {
            *ret_value = omap_node_value(n->entries[i]);
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
    const struct omap_node *n = m->root;
    while (n != NULL && !found) {
        const size_t i = omap_node_search(n, key, &found);
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
    const struct omap_node *n = m->root;
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
    const struct omap_node_entry *best = NULL;
    bool found = false;
    const struct omap_node *n = m->root;
    while (n != NULL && !found) {
        const size_t i = omap_node_search(n, key, &found);
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
