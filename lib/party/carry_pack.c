/* What goes into a bundle.
 *
 * Idea: a bundle is a copy. What is in it stays in the outbox until its receipt is here, and the
 * uplink goes on trying; whichever road is first, the other is answered with the same place in the
 * log. So nothing has to be remembered about bundles.
 *
 * Happy path: the statements behind the delivered mark; then each file that waits to be sent, with
 * the statement that cites it, so that whoever carries it can name that to the broker; then, as the
 * file is written, the blobs themselves.
 *
 * Failures: a file that is gone or altered here, or is cited by nothing that was delivered or is in
 * this bundle, is left out and counted.
 */
#include "base/file.h"
#include "base/lang.h"
#include "blob/blob_proof.h"
#include "party/carry.h"
#include "party/courier.h"
#include "party/outbox.h"
#include "party/tables.h"

#include <stdlib.h>
#include <string.h>

#define PIECE (1u << 20)

/* ---- Statements ---- */

static enum ng_err pack(struct store_txn *t, const struct identity *id, struct carry_load *load)
{
    struct outbox_marks m;
    enum ng_err e = outbox_marks(t, id->epoch, &m);
    if (e || m.authored == m.delivered) {
        return e;
    }
    uint64_t seq = m.delivered + 1;
    for (; !e && seq <= m.authored; seq++) {
        struct bytes statement, signature;
        e = outbox_get(t, id->epoch, seq, &statement, &signature);
        e = e == NG_ERR_NOT_FOUND ? tables_damaged("own", seq) : e;
        if (!e) {
            e = bundle_add(&load->front, signature, statement);
        }
        if (e == NG_ERR_LIMIT && seq > m.delivered + 1) {
            e = NG_OK; /* the rest goes into the next one */
            break;
        }
    }
    load->first = m.delivered + 1;
    load->last = seq - 1;
    load->left = m.authored + 1 - seq;
    return e;
}

/* ---- Evidence ---- */

struct waiting {
    struct hash *ids;
    size_t count;
    struct bundle_file *found; /* as many; seq 0: nothing cites it */
};

/* The files that this statement cites and no earlier one does. */
static void match(struct waiting *w, uint32_t epoch, uint64_t seq, struct bytes statement)
{
    for (size_t i = 0; i < w->count; i++) {
        struct bundle_file *f = &w->found[i];
        if (f->seq == 0 && blob_proof_cites(statement, &w->ids[i])) {
            *f = (struct bundle_file){.id = w->ids[i], .epoch = epoch, .seq = seq};
        }
    }
}

/* All own statements of an epoch that are in the log, or will be with this bundle. */
static enum ng_err match_epoch(struct party *p, const struct carry_load *load, uint32_t epoch,
                               struct waiting *w)
{
    const bool present = epoch == party_identity(p)->epoch;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct party_own own;
    enum ng_err e = NG_OK;
    for (uint64_t seq = 1; !e; seq++) {
        buf_clear(&statement);
        e = party_own_of(p, epoch, seq, &own, &statement, NULL);
        if (!e && (own.delivered || (present && seq <= load->last))) {
            match(w, epoch, seq, buf_bytes(&statement));
        }
    }
    buf_fini(&statement);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

static enum ng_err match_all(struct party *p, const struct carry_load *load, struct waiting *w)
{
    uint32_t epoch = 0;
    enum ng_err e = NG_OK;
    while (!e && epoch < UINT32_MAX) {
        e = party_next_epoch(p, epoch + 1, &epoch);
        if (!e) {
            e = match_epoch(p, load, epoch, w);
        }
    }
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

static enum ng_err add_file(struct carry_load *load, struct bundle_file *f)
{
    struct blob_info info;
    enum ng_err e = blob_check(load->blobs, &f->id, &info);
    if (e || info.state != BLOB_THERE || info.size > BUNDLE_FILES_SIZE_MAX - load->file_bytes) {
        load->files_left += e ? 0 : 1;
        return e;
    }
    f->size = info.size;
    e = bundle_add_file(&load->front, f);
    if (e == NG_ERR_LIMIT) {
        load->files_left++;
        return NG_OK;
    }
    load->files += e ? 0 : 1;
    load->file_bytes += e ? 0 : f->size;
    return e;
}

static enum ng_err pack_evidence(struct party *p, struct carry_load *load)
{
    struct waiting w = {.ids = NULL};
    enum ng_err e = courier_open_there(party_folder(p), &load->blobs);
    if (e) {
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    e = courier_list(load->blobs, &w.ids, &w.count);
    if (!e && w.count > 0) {
        w.found = calloc(w.count, sizeof(*w.found));
        e = w.found ? match_all(p, load, &w) : err_set(NG_ERR_NOMEM, "%s", _("evidence"));
    }
    for (size_t i = 0; !e && i < w.count; i++) {
        if (w.found[i].seq > 0) {
            e = add_file(load, &w.found[i]);
        } else {
            load->files_left++;
        }
    }
    free(w.found);
    free(w.ids);
    return e;
}

/* ---- The whole ---- */

enum ng_err carry_pack(struct party *p, bool evidence, struct carry_load *load)
{
    const struct identity *id = party_identity(p);
    struct bundle head = {.party = id->party, .epoch = id->epoch};
    struct store_txn *t = NULL;
    memcpy(head.origin, id->origin, sizeof(head.origin));
    enum ng_err e = bundle_begin(&load->front, BUNDLE_STATEMENTS, &head);
    if (!e) {
        e = store_begin_read(party_store(p), &t);
    }
    if (!e) {
        e = pack(t, id, load);
    }
    store_end_read(&t);
    if (!e && evidence) {
        e = pack_evidence(p, load);
    }
    if (!e && load->last == 0 && load->files == 0) {
        e = err_set(NG_ERR_NOT_FOUND,
                    _("nothing waits to be sent: everything written here has a receipt"));
    }
    return e ? e : bundle_end(&load->front);
}

static enum ng_err copy_blob(struct carry_load *load, const struct bundle_file *f,
                             struct file_making *to)
{
    struct buf piece = BUF_INIT(PIECE);
    enum ng_err e = NG_OK;
    for (uint64_t at = 0; !e && at < f->size; at += piece.size) {
        e = blob_read(load->blobs, &f->id, at, PIECE, &piece);
        if (!e && piece.size == 0) {
            e = err_set(NG_ERR_CORRUPT, "%s", _("evidence"));
        }
        if (!e) {
            e = file_add(to, piece.data, piece.size);
        }
    }
    buf_fini(&piece);
    return e;
}

enum ng_err carry_write(struct carry_load *load, const char *path)
{
    struct file_making making = {.temporary = NULL};
    struct bundle b;
    struct bundle_file f;
    enum ng_err e = bundle_read(buf_bytes(&load->front), BUNDLE_STATEMENTS, &b);
    if (!e) {
        e = file_begin(path, 0600, &making);
    }
    if (!e) {
        e = file_add(&making, load->front.data, load->front.size);
    }
    while (!e && bundle_next_file(&b, &f)) {
        e = copy_blob(load, &f, &making);
    }
    if (!e) {
        e = file_end(&making);
    }
    file_drop(&making);
    return e;
}

void carry_unload(struct carry_load *load)
{
    buf_fini(&load->front);
    blob_close(&load->blobs);
}
