/* The idea: what waits is folded, in its order, onto a layer over the state, by the fold itself, so
 * that "known already" means one thing whether a statement has arrived or not. The leaves are made
 * up (nobody knows yet when the broker will have received them): only their acts matter here, and
 * the layer is thrown away. */
#include "office-service/pending.h"

#include "base/lang.h"

#include <string.h>

#define SIZE_MAX_MB 1024u

/* The first own statement whose leaf is not folded; authored + 1: none. They are delivered in the
 * order of their numbers, so the search goes backwards from the newest. */
static enum ng_err find_first(struct office *o, uint64_t authored, uint64_t applied, uint64_t *ret)
{
    uint64_t seq = authored;
    for (; seq > 0; seq--) {
        struct party_own own;
        enum ng_err err = party_own_get(o->party, seq, &own, NULL, NULL);
        if (err) {
            return err;
        }
        if (own.delivered && own.index < applied) {
            break;
        }
    }
    *ret = seq + 1;
    return NG_OK;
}

static enum ng_err fold_one(struct office *o, struct pending *p, uint64_t seq,
                            const struct state_meta *meta)
{
    static const uint8_t unsigned_yet[KEY_SIGNATURE_SIZE] = {0};
    struct party_own own;
    struct statement said;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    enum ng_err err = party_own_get(o->party, seq, &own, &statement, NULL);
    if (!err) {
        err = statement_decode(buf_bytes(&statement), &said);
    }
    if (!err) {
        const struct leaf made = {.index = meta->applied,
                                  .received_at = meta->received_at,
                                  .key = party_identity(o->party)->key.public_key,
                                  .statement = buf_bytes(&statement),
                                  .signature = unsigned_yet};
        err = leaf_encode(&made, &leaf);
    }
    if (!err) {
        err = fold_apply(p->fold, &p->state.kv, meta->applied, buf_bytes(&leaf));
    }
    if (!err && said.kind < PENDING_KINDS) {
        p->newest[said.kind] = seq;
    }
    buf_fini(&statement);
    buf_fini(&leaf);
    return err;
}

static enum ng_err fold_all(struct office *o, struct pending *p)
{
    struct party_status status;
    struct state_meta meta;
    uint64_t first = 1;
    enum ng_err err = party_status(o->party, &status);
    if (!err) {
        err = state_meta_get(&p->state.kv, &meta);
    }
    if (!err) {
        err = find_first(o, status.authored, meta.applied, &first);
    }
    for (uint64_t seq = first; !err && seq <= status.authored; seq++) {
        err = fold_one(o, p, seq, &meta);
        if (!err) {
            err = state_meta_get(&p->state.kv, &meta);
        }
    }
    return err;
}

enum ng_err pending_begin(struct office *o, const struct mirror_view *v, struct pending *p)
{
    *p = (struct pending){0};
    enum ng_err err = kv_overlay_init(&p->state, mirror_view_state(v), (size_t)SIZE_MAX_MB << 20);
    if (!err) {
        err = fold_new(&p->fold);
    }
    if (!err) {
        err = err_wrap(fold_all(o, p), _("outbox"));
    }
    return err;
}

void pending_end(struct pending *p)
{
    kv_overlay_fini(&p->state);
    fold_destroy(&p->fold);
    *p = (struct pending){0};
}

const struct kv *pending_state(const struct pending *p)
{
    return &p->state.kv;
}

struct set_cache *pending_sets(struct pending *p)
{
    return fold_sets(p->fold);
}

uint64_t pending_newest(const struct pending *p, uint32_t kind)
{
    return kind < PENDING_KINDS ? p->newest[kind] : 0;
}
