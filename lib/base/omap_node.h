/* A node of an ordered map's tree, for omap.c alone: its entries in order and, in an inner node,
 * the branches around them. A node is full at OMAP_NODE_ENTRIES_MAX; who inserts sees to it that it
 * is not. */
#ifndef NGANAM_BASE_OMAP_NODE_H
#define NGANAM_BASE_OMAP_NODE_H

#include "base/buf.h"
#include "base/bytes.h"

#include <stdbool.h>

enum {
    OMAP_NODE_ENTRIES_MAX = 31,
    OMAP_NODE_ENTRIES_MIN = 8, /* well below half: a node just split is not soon merged again */
    OMAP_NODE_PREFIX_MAX = 27,
};

struct omap_node_entry {
    uint32_t key_size;
    uint32_t value_size;
    uint8_t data[]; /* key, then value */
};

struct omap_node_branch {
    struct omap_node *child;
    size_t count; /* of entries in it */
};

struct omap_node {
    uint8_t count;
    bool is_leaf;
    uint8_t prefix_size;
    /* What all its keys begin with, though not always all of that. */
    uint8_t prefix[OMAP_NODE_PREFIX_MAX];
    uint64_t heads[OMAP_NODE_ENTRIES_MAX]; /* of the keys, behind the prefix */
    struct omap_node_entry *entries[OMAP_NODE_ENTRIES_MAX];
    struct omap_node_branch branches[]; /* of an inner node: count + 1, around the entries */
};

static inline struct bytes omap_node_key(const struct omap_node_entry *e)
{
    return (struct bytes){e->data, e->key_size};
}

static inline struct bytes omap_node_value(const struct omap_node_entry *e)
{
    return (struct bytes){e->data + e->key_size, e->value_size};
}

/* Copies both, each below 4 GiB. NULL: out of memory, or too large. Freed with free(). */
struct omap_node_entry *omap_node_entry_new(struct bytes key, struct bytes value);

/* An empty one; an inner node's branches are the caller's to set. NULL: out of memory. */
struct omap_node *omap_node_new(bool is_leaf);
/* The place of a key in the node, or the one before which it belongs. */
size_t omap_node_search(const struct omap_node *n, struct bytes key, bool *ret_found);

/* The entry alone, not the branches. The node takes e; replace does not free the one before. */
void omap_node_insert(struct omap_node *n, size_t i, struct omap_node_entry *e);
void omap_node_replace(struct omap_node *n, size_t i, struct omap_node_entry *e);
struct omap_node_entry *omap_node_take(struct omap_node *n, size_t i); /* gives it */

/* The full node below branch i becomes two, with an entry between them in the parent, which has
 * room. False: out of memory, nothing has changed. */
bool omap_node_split(struct omap_node *parent, size_t i);
/* The node below branch i has too few entries: it is joined with the one beside it, or gets one of
 * its entries. The parent may have one entry less afterwards. */
void omap_node_fill(struct omap_node *parent, size_t i);

#endif
