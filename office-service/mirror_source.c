/* The mirror as a log to be read. The leaves are here, the signed head is the party's: it is asked
 * for first, so that in a mirror that keeps up all its leaves are there. Interior hashes are made
 * of the leaves as they are asked for. */
#include "base/lang.h"
#include "office-service/mirror.h"
#include "party/cosigned.h"
#include "party/cosigners.h"
#include "party/kept_head.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mirror_source {
    struct mirror *mirror;
    struct party *party;
    struct mirror_view view;
    struct ledger_head head; /* of the snapshot */
};

/* The newest head the party has verified, and the keys it is verified by; size 0: none. */
static enum ng_err party_head(struct source *s, struct ledger_head *ret)
{
    const struct mirror_source *it = s->self;
    const struct identity *id = party_identity(it->party);
    struct store_txn *t;
    struct bytes note;
    *ret = (struct ledger_head){.note_size = 0};
    enum ng_err err = store_begin_read(party_store(it->party), &t);
    if (err) {
        return err;
    }
    err = kept_head_keys(t, id, &s->log_keys);
    err = err ? err : kept_head_get(t, id, &note, &ret->head);
    if (!err) {
        memcpy(ret->note, note.data, note.size);
        ret->note_size = note.size;
    }
    store_end_read(&t);
    return err;
}

static enum ng_err begin(struct source *s, struct ledger_head *ret_head)
{
    struct mirror_source *it = s->self;
    enum ng_err err = party_head(s, ret_head);
    if (!err) {
        err = mirror_view_begin(it->mirror, &it->view);
    }
    if (!err && (ret_head->note_size == 0 || ret_head->head.size > it->view.edge.size)) {
        *ret_head = (struct ledger_head){
            .head = {.size = it->view.edge.size, .root = tree_edge_root(&it->view.edge)}};
        memcpy(ret_head->head.origin, s->origin, sizeof ret_head->head.origin);
    }
    it->head = *ret_head;
    return err;
}

static void end(struct source *s)
{
    struct mirror_source *it = s->self;
    mirror_view_end(&it->view);
}

static enum ng_err read_leaf(struct source *s, uint64_t index, struct bytes *ret)
{
    const struct mirror_source *it = s->self;
    struct hash hash;
    return mirror_view_leaf(&it->view, index, ret, &hash);
}

static enum ng_err read_node(struct source *s, unsigned level, uint64_t index, struct hash *ret)
{
    const struct mirror_source *it = s->self;
    struct tree_edge edge = {.size = 0};
    enum ng_err err = NG_OK;
    for (uint64_t i = index << level; i < (index + 1) << level && !err; i++) {
        struct bytes leaf;
        struct hash hash;
        err = mirror_view_leaf(&it->view, i, &leaf, &hash);
        err = err ? err : tree_edge_add(&edge, &hash, NULL, NULL);
    }
    if (!err) {
        *ret = tree_edge_root(&edge);
    }
    return err;
}

/* We know it of what we have said ourselves. */
static enum ng_err receipt(struct source *s, const struct statement *statement,
                           enum source_receipt *ret)
{
    const struct mirror_source *it = s->self;
    struct party_own own;
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    *ret = SOURCE_RECEIPT_UNKNOWN;
    if (strcmp(statement->author.text, party_identity(it->party)->party.text) != 0) {
        return NG_OK;
    }
    enum ng_err err =
        party_own_of(it->party, statement->epoch, statement->seq, &own, &bytes, &text);
    if (!err) {
        *ret = own.delivered ? SOURCE_RECEIPT_HELD : SOURCE_RECEIPT_MISSING;
    }
    buf_fini(&bytes);
    buf_fini(&text);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* The party folds the registry in front of the mirror: what it says of entries behind the
 * snapshot's head would be of another moment. */
static enum ng_err is_of_snapshot(const struct mirror_source *it, struct store_txn *t)
{
    uint64_t newest;
    const enum ng_err err = cosigners_newest(t, &newest);
    return !err && newest >= it->head.head.size
               ? err_set(NG_ERR_AGAIN, _("the log here is still being read: try again in a moment"))
               : err;
}

static enum ng_err parties(struct source *s, registry_each_fn fn, void *context)
{
    const struct mirror_source *it = s->self;
    struct store_txn *t;
    enum ng_err err = store_begin_read(party_store(it->party), &t);
    if (err) {
        return err;
    }
    err = is_of_snapshot(it, t);
    err = err ? err : cosigners_each(t, fn, context);
    store_end_read(&t);
    return err;
}

struct lines {
    const char *origin;
    struct buf *to;
};

/* A cosigned_fn. */
static enum ng_err add_line(void *context, const char *party, const struct key_public *key,
                            const uint8_t *cosignature)
{
    const struct lines *l = context;
    char name[COSIGN_NAME_MAX + 1];
    cosign_name(l->origin, party, name);
    return cosignature ? cosign_line(name, key, cosignature, l->to) : NG_OK;
}

static enum ng_err cosigned(struct source *s, struct buf *to)
{
    const struct mirror_source *it = s->self;
    struct lines l = {s->origin, to};
    struct cosigned_head head = {.size = 0};
    struct store_txn *t;
    size_t count = 0;
    enum ng_err err = store_begin_read(party_store(it->party), &t);
    if (err) {
        return err;
    }
    err = is_of_snapshot(it, t);
    err = err ? err : cosigned_parties(t, &count);
    err = err ? err : cosigned_final(t, it->head.head.size, cosign_quorum(count), &head);
    if (!err && head.count > 0) {
        err = buf_add(to, head.note.data, head.note.size);
        err = err ? err : cosigned_each(t, head.size, add_line, &l);
    }
    store_end_read(&t);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static void close_source(struct source *s)
{
    free(s->self);
}

enum ng_err mirror_source(struct mirror *m, struct party *p, struct source *ret)
{
    static const struct source_ops ops = {.begin = begin,
                                          .end = end,
                                          .leaf = read_leaf,
                                          .node = read_node,
                                          .receipt = receipt,
                                          .parties = parties,
                                          .cosigned = cosigned,
                                          .close = close_source};
    struct mirror_source *it = calloc(1, sizeof *it);
    if (!it) {
        return err_plain(NG_ERR_NOMEM);
    }
    const struct identity *id = party_identity(p);
    it->mirror = m;
    it->party = p;
    *ret = (struct source){.ops = &ops, .self = it};
    memcpy(ret->origin, id->origin, sizeof ret->origin);
    enum ng_err err = kept_head_read_keys(party_store(p), id, &ret->log_keys);
    if (err) {
        source_close(ret);
    }
    return err;
}
