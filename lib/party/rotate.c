/* Rotation.
 *
 * Idea: the next epoch begins as by an enrolment (enrol.c), with the present key's signature in the
 * place of the slip's, so that no person is needed on the other side.
 *
 *     DATA/identity.new      new keys, epoch + 1    (nothing sent)
 *     with the old key:      deliver what the old epoch has
 *     outbox, seq 1          the rotate statement
 *     Submit ──> receipt, verified and kept
 *     DATA/identity          the new keys; identity.new is removed
 *
 * Happy path: as drawn. Failures: run again after any of them. The keys in identity.new are known
 * as this rotation's by the slip, which they have from the present identity, and by the epoch;
 * another slip's are an enrolment's, which has to be ended first, since it may be in the log. Was
 * the answer lost, the broker admits only the new key: the statement is shown to it once more on
 * that connection. What another process wrote with the old key in the last moment is settled like
 * after an enrolment: in the log, or named to a person. */
#include "party/rotate.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/cosign.h"
#include "ledger/registry.h"
#include "party/enrol_state.h"
#include "party/leave.h"
#include "party/outbox.h"
#include "party/party.h"
#include "party/tables.h"

#include <string.h>

/* ---- Getting ready ---- */

static bool same_invite(const struct enrol *n)
{
    return memcmp(n->id.invite.bytes, n->old.invite.bytes, KEY_PUBLIC_SIZE) == 0;
}

/* The keys of an interrupted rotation, or new ones, safe on the disk. */
static enum ng_err prepare_keys(struct enrol *n)
{
    const enum ng_err e = identity_load_as(n->folder, IDENTITY_PENDING, &n->id);
    if (e && e != NG_ERR_NOT_FOUND && e != NG_ERR_CORRUPT) {
        return e;
    }
    if (!e && same_invite(n) && n->id.epoch == n->old.epoch + 1) {
        return NG_OK;
    }
    if (!e && !same_invite(n) && n->id.epoch != 0) {
        return err_set(NG_ERR_REFUSED,
                       _("an enrolment of this folder was interrupted: run it again with its slip "
                         "first"));
    }
    n->id = n->old;
    n->id.epoch = n->old.epoch + 1;
    identity_new_keys(&n->id);
    return identity_save_as(n->folder, IDENTITY_PENDING, &n->id);
}

/* ---- The statement ---- */

static enum ng_err encode_payload(const struct enrol *n, struct buf *to)
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct wire_rotate m;
    struct key_pair cosign;
    registry_countersigned_rotate(n->id.log_id, &n->id.party, n->id.epoch, &n->id.key.public_key,
                                  n->id.curve_public, covered);
    key_sign(&n->old.key, (struct bytes){covered, sizeof(covered)}, m.countersignature);
    memcpy(m.curve, n->id.curve_public, sizeof(m.curve));
    memcpy(m.key, n->id.key.public_key.bytes, sizeof(m.key));
    cosign_key(n->id.key.secret, &cosign);
    memcpy(m.cosign_key, cosign.public_key.bytes, sizeof(m.cosign_key));
    key_wipe(&cosign);
    return wire_rotate_encode(&m, to);
}

static enum ng_err author_in(struct store_txn *t, void *context)
{
    return enrol_author(t, context, STATEMENT_ROTATE, encode_payload);
}

/* Bytes that may have been sent are never made anew. */
static enum ng_err author(struct enrol *n)
{
    bool has = false;
    const enum ng_err e = enrol_has_statement(n, &has);
    return e || has ? e : store_write(n->store, author_in, n);
}

/* ---- The talk ---- */

/* The present key may rotate, as far as the Welcome tells. */
static enum ng_err may_rotate(struct enrol *n, const struct enrol_greeting *welcome)
{
    struct outbox_marks marks;
    const enum ng_err e = leave_marks(n->store, n->old.epoch, &marks);
    if (!e && welcome->frozen) {
        return err_set(NG_ERR_REFUSED,
                       _("this key is frozen: two machines wrote with it; ask the office to lift "
                         "the freeze or for a new slip"));
    }
    if (!e && (welcome->epoch != n->old.epoch || welcome->high_water > marks.authored)) {
        return err_set(NG_ERR_REFUSED,
                       _("this data folder is an old copy, nothing more can be sent from it: ask "
                         "the office for a new slip and enrol again"));
    }
    if (!e && n->delivering && marks.authored > marks.delivered) {
        n->delivering(marks.authored - marks.delivered);
        n->delivering = NULL; /* once */
    }
    return e;
}

static enum ng_err talk_old(struct enrol *n, bool *ret_denied)
{
    struct ask a;
    struct enrol_greeting welcome;
    enum ng_err e = enrol_connect(n, &a, &n->old, &welcome);
    *ret_denied = e && a.denied;
    if (e) {
        return e;
    }
    e = may_rotate(n, &welcome);
    if (!e) {
        e = leave_submit(n->store, &n->witness, &a, n->old.epoch, &n->news.delivered);
    }
    if (!e) {
        e = author(n);
    }
    if (!e) {
        e = enrol_submit(n, &a);
    }
    ask_close(&a);
    return e;
}

static enum ng_err talk_once(struct enrol *n)
{
    bool denied = false, sent = false;
    enum ng_err e = talk_old(n, &denied);
    if (!denied) {
        return e;
    }
    e = enrol_has_statement(n, &sent);
    if (!e && sent) {
        e = enrol_talk_new(n, &denied);
    }
    if (!denied) {
        return e;
    }
    return err_set(NG_ERR_REFUSED,
                   _("the broker does not admit this machine's key: it was revoked, or replaced by "
                     "another machine's; ask the office for a new slip and enrol again"));
}

/* ---- All of it ---- */

static enum ng_err rotate_locked(struct enrol *n)
{
    enum ng_err e = identity_load(n->folder, &n->old);
    n->has_old = !e;
    if (!e) {
        e = tables_open(n->folder, false, &n->store);
    }
    if (!e) {
        e = prepare_keys(n);
    }
    if (!e) {
        e = enrol_load_witness(n);
    }
    if (!e) {
        e = enrol_retry(n, talk_once);
    }
    if (!e) {
        e = enrol_finish(n);
    }
    store_close(&n->store);
    return e;
}

enum ng_err rotate_run(const char *folder, int64_t timeout_ms, void (*delivering)(uint64_t count),
                       struct enrol_news *ret_news)
{
    struct enrol n = {.folder = folder, .delivering = delivering};
    struct identity present = {0};
    int lock = -1;
    n.deadline = clock_after(clock_mono(), timeout_ms < 0 ? INT32_MAX : timeout_ms);
    enum ng_err e = key_init();
    if (!e) {
        e = identity_load(folder, &present); /* before a lock is made in a folder that is none */
    }
    if (!e) {
        e = enrol_lock(folder, &lock);
    }
    if (!e) {
        e = rotate_locked(&n);
    }
    file_unlock(&lock);
    if (!e) { /* a confirmation may lie there; the keys are changed, whether it can be read or not
               */
        e = enrol_read_inbox(&n);
        e = e == NG_ERR_PEER || e == NG_ERR_REFUSED ? NG_OK : e;
    }
    *ret_news = n.news;
    identity_wipe(&present);
    identity_wipe(&n.id);
    identity_wipe(&n.old);
    return e;
}
