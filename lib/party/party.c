/* A party's data directory: identity and store, opened together; authoring; what a person may ask.
 *
 * Idea: everything several processes must agree on (the next seq, what is delivered, how far the
 * inbox was read) lies in the store and changes in its transactions. This object only holds the
 * store open and the keys in memory. */
#include "party/party.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"
#include "ledger/registry.h"
#include "party/alarm.h"
#include "party/inbox.h"
#include "party/kept_head.h"
#include "party/outbox.h"
#include "party/tables.h"
#include "proto/wire_queue.h"

#include <stdlib.h>
#include <string.h>

struct party {
    char *folder;
    struct identity identity;
    struct store *store;
};

enum ng_err party_open(const char *folder, struct party **ret)
{
    struct party *p = calloc(1, sizeof(*p));
    if (!p) {
        return err_plain(NG_ERR_NOMEM);
    }
    enum ng_err e = NG_OK;
    p->folder = strdup(folder);
    if (!p->folder) {
        e = err_plain(NG_ERR_NOMEM);
    }
    if (!e) {
        e = key_init();
    }
    if (!e) {
        e = identity_load(folder, &p->identity);
    }
    if (!e) {
        e = tables_open(folder, false, &p->store);
        if (e == NG_ERR_NOT_FOUND) {
            e = err_set(
                NG_ERR_CORRUPT,
                _("%s: the outbox is missing: bring the folder back from a backup, or ask the "
                  "office for a new slip and enrol again"),
                folder);
        }
    }
    if (e) {
        party_close(&p);
    } else {
        *ret = p;
    }
    return e;
}

void party_close(struct party **p)
{
    if (!*p) {
        return;
    }
    store_close(&(*p)->store);
    identity_wipe(&(*p)->identity);
    free((*p)->folder);
    free(*p);
    *p = NULL;
}

const struct identity *party_identity(const struct party *p)
{
    return &p->identity;
}

const char *party_folder(const struct party *p)
{
    return p->folder;
}

struct store *party_store(struct party *p)
{
    return p->store;
}

/* ---- Authoring ---- */

struct author_work {
    const struct identity *identity;
    const struct party_draft *drafts;
    size_t count;
    int64_t now_ms;
    uint64_t *seqs;
};

static enum ng_err author_all(struct store_txn *t, void *context)
{
    struct author_work *w = context;
    struct outbox_seen seen = {.known = false};
    for (size_t i = 0; i < w->count; i++) {
        const enum ng_err e =
            outbox_author(t, w->identity, &seen, &w->drafts[i], w->now_ms, &w->seqs[i]);
        if (e) {
            return e;
        }
    }
    return NG_OK;
}

enum ng_err party_author(struct party *p, const struct party_draft *drafts, size_t count,
                         int64_t now_ms, uint64_t *ret_seqs)
{
    struct author_work w = {&p->identity, drafts, count, now_ms, ret_seqs};
    return err_wrap(store_write(p->store, author_all, &w), _("outbox"));
}

/* ---- Looking ---- */

static enum ng_err read_last_index(struct store_txn *t, struct party_status *s)
{
    uint64_t log_next = 0, index = 0;
    enum ng_err e = tables_get_u64(t, TABLES_LOG_NEXT, &log_next);
    if (e) {
        return e;
    }
    e = inbox_last(t, &index);
    if (e && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    s->last_index_known = !e || log_next > 0;
    if (e) {
        index = 0;
    }
    s->last_index = log_next > index + 1 ? log_next - 1 : index;
    return NG_OK;
}

static enum ng_err read_status(struct store_txn *t, const struct identity *id,
                               struct party_status *s)
{
    struct outbox_marks m;
    struct log_keys keys;
    struct bytes note;
    uint64_t contact = 0;
    enum ng_err e = outbox_marks(t, id->epoch, &m);
    if (e) {
        return e;
    }
    *s = (struct party_status){.epoch = id->epoch,
                               .authored = m.authored,
                               .delivered = m.delivered,
                               .outbox = m.authored - m.delivered};
    e = read_last_index(t, s);
    if (!e) {
        e = inbox_next(t, &s->inbox_next);
    }
    if (!e) {
        e = kept_head_get(t, id, &note, &s->head);
    }
    if (!e) {
        e = kept_head_keys(t, id, &keys);
    }
    if (!e) {
        s->log_key_index = keys.links[keys.count - 1].index;
    }
    if (!e) {
        e = alarm_count_unread(t, &s->alarm_count);
    }
    if (!e) {
        e = tables_get_u64(t, TABLES_LAST_CONTACT, &contact);
    }
    if (!e) {
        e = tables_get_u64(t, TABLES_ROLE, &s->role);
    }
    s->last_contact_ms = (int64_t)contact;
    return e;
}

enum ng_err party_status(struct party *p, struct party_status *ret)
{
    struct store_txn *t = NULL;
    struct party_status s = {0};
    enum ng_err e = store_begin_read(p->store, &t);
    if (!e) {
        e = read_status(t, &p->identity, &s);
    }
    store_end_read(&t);
    if (!e) {
        *ret = s;
    }
    return e;
}

enum ng_err party_alarms(struct party *p, party_alarm_fn fn, void *context)
{
    struct store_txn *t = NULL;
    struct alarm a;
    enum ng_err e = store_begin_read(p->store, &t);
    for (uint64_t n = 0; !e; n++) {
        e = alarm_get(t, n, &a);
        if (!e && a.read_ms == 0) {
            e = fn(context, a.at_ms, a.text);
        } else if (e == NG_ERR_NOT_FOUND) {
            e = NG_OK;
            break;
        }
    }
    store_end_read(&t);
    return e;
}

static enum ng_err copy(struct buf *to, struct bytes from)
{
    buf_clear(to);
    return from.size ? buf_add(to, from.data, from.size) : NG_OK;
}

enum ng_err party_alarm_get(struct party *p, uint64_t number, struct party_alarm *ret,
                            struct buf *text, struct buf *evidence)
{
    struct store_txn *t = NULL;
    struct alarm a;
    enum ng_err e = store_begin_read(p->store, &t);
    if (!e) {
        e = alarm_get(t, number - 1, &a); /* of 0: there is no such alarm */
    }
    if (!e) {
        e = copy(text, (struct bytes){(const uint8_t *)a.text, strlen(a.text)});
    }
    if (!e && evidence) {
        e = copy(evidence, a.evidence);
    }
    if (!e) {
        *ret = (struct party_alarm){number, a.at_ms, a.read_ms, a.evidence.size, buf_text(text)};
    }
    store_end_read(&t);
    return e;
}

struct reading {
    uint64_t number;
    int64_t now_ms;
};

static enum ng_err mark_read(struct store_txn *t, void *context)
{
    const struct reading *r = context;
    if (r->number > 0) {
        return alarm_mark_read(t, r->number - 1, r->now_ms);
    }
    enum ng_err e = NG_OK;
    for (uint64_t n = 0; !e; n++) {
        e = alarm_mark_read(t, n, r->now_ms);
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err party_alarm_read(struct party *p, uint64_t number, int64_t now_ms)
{
    struct reading r = {number, now_ms};
    return store_write(p->store, mark_read, &r);
}

static enum ng_err read_own(struct store_txn *t, uint32_t epoch, uint64_t seq,
                            struct party_own *own, struct buf *statement, struct buf *receipt_text)
{
    struct bytes bytes, signature;
    *own = (struct party_own){.seq = seq};
    enum ng_err e = outbox_get(t, epoch, seq, &bytes, &signature);
    if (!e && statement) {
        e = copy(statement, bytes);
    }
    if (e) {
        return e;
    }
    e = outbox_receipt(t, epoch, seq, &own->index, &own->received_at, &bytes);
    own->delivered = !e;
    if (e == NG_ERR_NOT_FOUND) {
        if (receipt_text) {
            buf_clear(receipt_text);
        }
        return NG_OK;
    }
    return !e && receipt_text ? copy(receipt_text, bytes) : e;
}

enum ng_err party_own_of(struct party *p, uint32_t epoch, uint64_t seq, struct party_own *ret,
                         struct buf *statement, struct buf *receipt_text)
{
    struct store_txn *t = NULL;
    struct party_own own;
    enum ng_err e = store_begin_read(p->store, &t);
    if (!e) {
        e = read_own(t, epoch, seq, &own, statement, receipt_text);
    }
    store_end_read(&t);
    if (!e) {
        *ret = own;
    }
    return e;
}

enum ng_err party_own_get(struct party *p, uint64_t seq, struct party_own *ret,
                          struct buf *statement, struct buf *receipt_text)
{
    return party_own_of(p, p->identity.epoch, seq, ret, statement, receipt_text);
}

/* From its first statement: the identity holds only the newest. */
enum ng_err party_key_of(struct party *p, uint32_t epoch, struct key_public *ret)
{
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct party_own own;
    struct statement first;
    struct wire_rotate keys;
    if (epoch == p->identity.epoch) {
        *ret = p->identity.key.public_key;
        return NG_OK;
    }
    enum ng_err e = party_own_of(p, epoch, 1, &own, &bytes, NULL);
    if (!e) {
        e = statement_decode(buf_bytes(&bytes), &first);
    }
    if (!e) {
        e = registry_epoch_keys(&first, &keys);
    }
    if (!e) {
        memcpy(ret->bytes, keys.key, sizeof(ret->bytes));
    }
    buf_fini(&bytes);
    return e;
}

enum ng_err party_next_epoch(struct party *p, uint32_t from, uint32_t *ret_epoch)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(p->store, &t);
    if (!e) {
        e = outbox_find_epoch(t, from, ret_epoch);
    }
    store_end_read(&t);
    return e;
}

enum ng_err party_inbox_next(struct party *p, uint64_t from, uint64_t *ret_index, struct buf *leaf)
{
    struct store_txn *t = NULL;
    struct bytes bytes;
    uint64_t index = 0;
    enum ng_err e = store_begin_read(p->store, &t);
    if (!e) {
        e = inbox_find(t, from, &index, &bytes);
    }
    if (!e) {
        e = copy(leaf, bytes);
    }
    store_end_read(&t);
    if (!e) {
        *ret_index = index;
    }
    return e;
}
