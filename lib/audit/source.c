#include "audit/source.h"

#include <stdio.h>
#include <stdlib.h>

enum { SNAPSHOT_LEAVES = 256 };

void source_close(struct source *s)
{
    if (s->ops != NULL && s->ops->close != NULL) {
        s->ops->close(s);
    }
    *s = (struct source){.ops = NULL};
}

enum ng_err source_begin(struct source *s, struct ledger_head *ret_head)
{
    return s->ops->begin(s, ret_head);
}

void source_end(struct source *s)
{
    s->ops->end(s);
}

enum ng_err source_leaf(struct source *s, uint64_t index, struct bytes *ret)
{
    return s->ops->leaf(s, index, ret);
}

enum ng_err source_node(void *source, unsigned level, uint64_t index, struct hash *ret)
{
    struct source *s = source;
    return s->ops->node(s, level, index, ret);
}

static bool source_damage(enum ng_err err)
{
    return err == NG_ERR_CORRUPT || err == NG_ERR_VERIFY || err == NG_ERR_PROTO;
}

static enum ng_err walk_some(struct source *s, uint64_t *from, uint64_t to, source_walk_fn fn,
                             void *context)
{
    enum ng_err err = NG_OK;
    for (unsigned i = 0; i < SNAPSHOT_LEAVES && *from < to && err == NG_OK; i++) {
        struct bytes leaf = {NULL, 0};
        const enum ng_err read = source_leaf(s, *from, &leaf);
        if (read != NG_OK && !source_damage(read)) {
            return read;
        }
        err = fn(context, *from, read == NG_OK ? leaf : (struct bytes){NULL, 0}, read);
        if (err == NG_OK) {
            ++*from;
        }
    }
    return err;
}

enum ng_err source_walk(struct source *s, uint64_t from, uint64_t to, source_walk_fn fn,
                        void *context)
{
    enum ng_err err = NG_OK;
    while (err == NG_OK && from < to) {
        struct ledger_head head;
        err = source_begin(s, &head);
        if (err == NG_OK) {
            err = walk_some(s, &from, to, fn, context);
            source_end(s);
        }
    }
    return err == NG_ERR_AGAIN ? NG_OK : err;
}

/* ---- The broker's own ---- */

struct source_ledger {
    struct ledger *ledger;
    struct store_txn *txn;
};

static enum ng_err ledger_source_begin(struct source *s, struct ledger_head *ret_head)
{
    struct source_ledger *it = s->self;
    enum ng_err err = store_begin_read(ledger_store(it->ledger), &it->txn);
    if (err != NG_OK) {
        return err;
    }
    err = ledger_head_in(it->ledger, it->txn, ret_head);
    if (err != NG_OK) {
        store_end_read(&it->txn);
        return err;
    }
    s->log_keys = *ledger_log_keys(it->ledger);
    return NG_OK;
}

static void ledger_source_end(struct source *s)
{
    struct source_ledger *it = s->self;
    store_end_read(&it->txn);
}

static enum ng_err ledger_source_leaf(struct source *s, uint64_t index, struct bytes *ret)
{
    struct source_ledger *it = s->self;
    return ledger_leaf(it->ledger, it->txn, index, ret);
}

static enum ng_err ledger_source_node(struct source *s, unsigned level, uint64_t index,
                                      struct hash *ret)
{
    struct source_ledger *it = s->self;
    return ledger_node(it->txn, level, index, ret);
}

static enum ng_err ledger_source_parties(struct source *s, registry_each_fn fn, void *context)
{
    return registry_each(source_ledger_txn(s), fn, context);
}

struct store_txn *source_ledger_txn(const struct source *s)
{
    const struct source_ledger *it = s->self;
    return it->txn;
}

static void ledger_source_close(struct source *s)
{
    free(s->self);
}

enum ng_err source_of_ledger(struct ledger *l, struct source *ret)
{
    static const struct source_ops ops = {.begin = ledger_source_begin,
                                          .end = ledger_source_end,
                                          .leaf = ledger_source_leaf,
                                          .node = ledger_source_node,
                                          .parties = ledger_source_parties,
                                          .close = ledger_source_close};
    struct source_ledger *it = calloc(1, sizeof(*it));
    if (it == NULL) {
        return err_set(NG_ERR_NOMEM, "source");
    }
    it->ledger = l;
    *ret = (struct source){.ops = &ops, .self = it, .log_keys = *ledger_log_keys(l)};
    (void)snprintf(ret->origin, sizeof(ret->origin), "%s", ledger_origin(l));
    return NG_OK;
}
