/* The fold's state seen as one ordered map of byte strings, wherever it lies: in a transaction of
 * the store (kv_store.h) or in memory for replays and tests (kv_memory.h). The fold and the views
 * know nothing else of storage, so the same bytes come out on both.
 *
 * Values and keys read are borrowed until the next put or remove. */
#ifndef NGANAM_OFFICE_KV_H
#define NGANAM_OFFICE_KV_H

#include "base/buf.h"

#include <stdbool.h>

#define KV_KEY_MAX 256u
#define KV_NOTHING ((struct bytes){(const uint8_t *)"", 0}) /* the value of a bare key */

struct kv_ops {
    enum ng_err (*get)(void *self, struct bytes key, struct bytes *ret_value);
    enum ng_err (*put)(void *self, struct bytes key, struct bytes value);
    enum ng_err (*remove)(void *self, struct bytes key);
    enum ng_err (*seek)(void *self, struct bytes key, struct bytes *ret_key,
                        struct bytes *ret_value);
};

struct kv {
    const struct kv_ops *ops;
    void *self;
};

/* NG_ERR_NOT_FOUND (no detail), or a storage error. */
enum ng_err kv_get(const struct kv *kv, struct bytes key, struct bytes *ret_value) NG_MUST_USE;

/* Adds or replaces. Key and value must not be borrowed from this map. */
enum ng_err kv_put(const struct kv *kv, struct bytes key, struct bytes value) NG_MUST_USE;

/* A key that is not there is no error. */
enum ng_err kv_remove(const struct kv *kv, struct bytes key) NG_MUST_USE;

/* The first entry with key ≥ the given one; NG_ERR_NOT_FOUND at the end. */
enum ng_err kv_seek(const struct kv *kv, struct bytes key, struct bytes *ret_key,
                    struct bytes *ret_value) NG_MUST_USE;

/* A walk over the entries whose key begins with a prefix, in key order. It seeks anew at each step,
 * so the map may be changed on the way. */
struct kv_walk {
    const struct kv *kv;
    size_t prefix_size;
    size_t size;
    uint8_t key[KV_KEY_MAX + 1]; /* where to seek next */
};

/* prefix: at most KV_KEY_MAX bytes. */
void kv_walk_begin(struct kv_walk *w, const struct kv *kv, struct bytes prefix);

/* NG_ERR_NOT_FOUND after the last. */
enum ng_err kv_walk_next(struct kv_walk *w, struct bytes *ret_key,
                         struct bytes *ret_value) NG_MUST_USE;

/* Looking up keys that are mostly not there, in their order: a miss tells how far there is nothing,
 * and what lies before that costs no look-up. The map must not be changed meanwhile. Begin with
 * {0}. */
struct kv_ahead {
    bool known;
    bool end; /* nothing behind `from` at all */
    size_t from_size, next_size;
    uint8_t from[KV_KEY_MAX]; /* no key in [from, next) */
    uint8_t next[KV_KEY_MAX];
};

/* As kv_get. */
enum ng_err kv_ahead_get(struct kv_ahead *a, const struct kv *kv, struct bytes key,
                         struct bytes *ret_value) NG_MUST_USE;

#endif
