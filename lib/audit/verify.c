#include "audit/verify.h"

#include "audit/verify_state.h"
#include "base/lang.h"

#include <poll.h>

enum { PAUSE_MS = 100, STILL_MAX = 20 };

enum ng_err verify_state_init(struct verify_state *v, const struct source *s, ledger_fault_fn fault,
                              void *context, struct ledger_check *ret)
{
    *ret = (struct ledger_check){.leaves = 0};
    *v = (struct verify_state){.fault = fault, .context = context, .ret = ret};
    v->log_keys = &s->log_keys;
    return history_new(s->origin, &s->log_keys, &v->history);
}

void verify_state_fini(struct verify_state *v)
{
    history_destroy(&v->history);
}

void verify_state_fault(struct verify_state *v, uint64_t index, const char *kind, const char *what)
{
    v->ret->faults++;
    v->fault(v->context, index, kind, what);
}

void verify_state_hole(struct verify_state *v)
{
    history_break(v->history);
}

bool verify_state_signature(struct bytes encoded)
{
    struct leaf leaf;
    return leaf_decode(encoded, &leaf) == NG_OK && leaf_verify(&leaf) == NG_OK;
}

enum ng_err verify_state_leaf(struct verify_state *v, uint64_t index, struct bytes encoded,
                              bool signature_holds)
{
    struct leaf leaf;
    struct statement s;
    const char *wrong = NULL;
    const char *kind = "form";
    v->ret->leaves = index;
    if (leaf_decode(encoded, &leaf) != NG_OK || leaf.index != index) {
        wrong = _("it is no leaf, or has another index");
    } else if (!signature_holds) {
        wrong = _("its signature does not hold");
        kind = "signature";
    } else if (statement_decode(leaf.statement, &s) != NG_OK) {
        wrong = _("it holds no statement");
    }
    if (wrong != NULL) {
        verify_state_hole(v);
        verify_state_fault(v, index, kind, wrong);
        return NG_OK;
    }
    if (leaf.received_at < v->received_at) {
        verify_state_fault(v, index, "clock", _("it was received before the leaf in front of it"));
    }
    v->received_at = leaf.received_at;
    enum ng_err err = history_take(v->history, &leaf, &s, &wrong);
    if (err == NG_OK && wrong != NULL) {
        verify_state_fault(v, index, "history", wrong);
    }
    return err;
}

enum ng_err verify_state_end(struct verify_state *v, const struct note_head *head)
{
    const struct hash root = tree_edge_root(&v->edge);
    if (!hash_equal(&root, &head->root)) {
        verify_state_fault(v, head->size, "root",
                           _("the tree does not have the root that was signed"));
    }
    if (history_whole(v->history)) {
        bool agree = false;
        const enum ng_err err = history_check_keys(v->history, v->log_keys, head->size, &agree);
        if (err != NG_OK) {
            return err;
        }
        if (!agree) {
            verify_state_fault(v, head->size, "keys",
                               _("its entries tell of other keys of the log than "
                                 "those that its head was verified by"));
        }
    }
    v->ret->head = *head;
    v->ret->previous = *history_previous(v->history);
    v->ret->leaves = head->size;
    return v->ret->faults > 0
               ? err_set(NG_ERR_VERIFY, _("%llu faults"), (unsigned long long)v->ret->faults)
               : NG_OK;
}

/* ---- A log whose leaves come one by one ---- */

/* A source_walk_fn. */
static enum ng_err take_leaf(void *context, uint64_t index, struct bytes leaf, enum ng_err damage)
{
    struct verify_state *v = context;
    if (damage != NG_OK) {
        verify_state_hole(v);
        verify_state_fault(v, index, "unreadable", err_explain(damage));
        return NG_OK;
    }
    const struct hash hash = leaf_hash(leaf);
    enum ng_err err = verify_state_leaf(v, index, leaf, verify_state_signature(leaf));
    return err == NG_OK ? tree_edge_add(&v->edge, &hash, NULL, NULL) : err;
}

/* A mirror and its head are apart for moments; at rest they are not. */
static enum ng_err find_head(struct source *s, struct ledger_head *ret)
{
    uint64_t before = UINT64_MAX;
    for (unsigned still = 0; still < STILL_MAX;) {
        const enum ng_err err = source_begin(s, ret);
        if (err != NG_OK) {
            return err;
        }
        source_end(s);
        if (ret->note_size > 0) {
            return NG_OK;
        }
        still = ret->head.size == before ? still + 1 : 0;
        before = ret->head.size;
        (void)poll(NULL, 0, PAUSE_MS);
    }
    return NG_OK;
}

enum ng_err verify_source(struct source *s, ledger_fault_fn fault, void *context,
                          struct ledger_check *ret)
{
    struct verify_state v;
    struct ledger_head head;
    enum ng_err err = verify_state_init(&v, s, fault, context, ret);
    if (err == NG_OK) {
        err = find_head(s, &head);
    }
    if (err == NG_OK) {
        err = source_walk(s, 0, head.head.size, take_leaf, &v);
    }
    if (err == NG_OK && head.note_size == 0) {
        verify_state_fault(
            &v, head.head.size, "unsigned",
            _("these entries are not signed: the head that is known here is of more, "
              "or there is none"));
    }
    if (err == NG_OK) {
        err = verify_state_end(&v, &head.head);
    }
    verify_state_fini(&v);
    return err;
}
