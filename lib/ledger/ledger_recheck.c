#include "ledger/ledger_recheck.h"

#include "base/lang.h"
#include "ledger/ledger_state.h"

void ledger_recheck_begin(struct ledger_recheck *r, struct ledger *l)
{
    *r = (struct ledger_recheck){.size = l->head.head.size, .root = l->head.head.root};
}

bool ledger_recheck_is_done(const struct ledger_recheck *r)
{
    return r->next == r->size;
}

static enum ng_err check_leaf(struct ledger_recheck *r, struct ledger *l, struct store_txn *t,
                              size_t *size)
{
    struct bytes leaf;
    struct hash hash;
    enum ng_err e = ledger_leaf(l, t, r->next, &leaf);
    if (e == NG_OK) {
        *size += leaf.size;
        e = ledger_node(t, 0, r->next, &hash);
    }
    if (e == NG_OK) {
        e = tree_edge_add(&r->edge, &hash, NULL, NULL);
    }
    r->next += e == NG_OK;
    return e;
}

static enum ng_err check_root(const struct ledger_recheck *r)
{
    const struct hash root = tree_edge_root(&r->edge);
    return hash_equal(&root, &r->root)
               ? NG_OK
               : err_set(NG_ERR_CORRUPT, _("the entries do not have the root that was signed: find "
                                           "the damage with \"nganam-broker log verify\""));
}

/* Says nothing of the log. */
static bool is_passing(enum ng_err e)
{
    return e == NG_ERR_NOMEM || e == NG_ERR_AGAIN || e == NG_ERR_BUSY;
}

enum ng_err ledger_recheck_some(struct ledger_recheck *r, struct ledger *l, size_t bytes)
{
    struct store_txn *t = NULL;
    size_t size = 0;
    if (ledger_recheck_is_done(r)) {
        return NG_OK;
    }
    enum ng_err e = store_begin_read(l->store, &t);
    if (e != NG_OK) {
        return e;
    }
    while (e == NG_OK && !ledger_recheck_is_done(r) && size < bytes) {
        e = check_leaf(r, l, t, &size);
    }
    if (e == NG_OK && ledger_recheck_is_done(r)) {
        e = check_root(r);
    }
    store_end_read(&t);
    if (e != NG_OK && !is_passing(e)) {
        e = err_wrap(e, _("%s: entry %llu"), store_path(l->store), (unsigned long long)r->next);
        ledger_state_stop(l, e);
        r->next = r->size;
    }
    return e;
}
