/* Enrolment.
 *
 * Idea: the new keys and the enrol statement are on the disk before a byte of it is sent, so that
 * an enrolment that was interrupted anywhere goes on with the same bytes, and the broker, which
 * answers bytes it has logged with a receipt again, cannot have logged others.
 *
 *     DATA/identity.new      new keys, epoch 0      (nothing sent)
 *     outbox, seq 1          the enrol statement    (its epoch follows the broker's Welcome)
 *     DATA/identity.new      the same, with its epoch
 *     Submit ──> receipt, verified and kept
 *     DATA/identity          the party may write; identity.new is removed
 *
 * Happy path: deliver what an earlier key wrote, with that key (leave.h); connect with the slip's
 * key, Hello, author, Submit, receipt; see what is left of the earlier key; identity; then connect
 * as the party and read the inbox to the head.
 *
 * Failures: run again after any of them with the same slip. Was the answer lost, the broker no
 * longer admits the used slip, but it admits the party's new key: the statement is shown to it once
 * more on that connection. A slip that is admitted neither way was used by somebody else or has
 * expired. */
#include "party/enrol_state.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/cosign.h"
#include "ledger/registry.h"
#include "net/backoff.h"
#include "party/kept_head.h"
#include "party/key_event.h"
#include "party/leave.h"
#include "party/outbox.h"
#include "party/party.h"
#include "party/tables.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHY_MAX 512

#define ENROL_RETRY_MS_MAX 5000

/* ---- Getting ready ---- */

static bool same_slip(const struct enrol *n, const struct identity *id)
{
    return memcmp(id->invite.bytes, n->keys.sign.public_key.bytes, KEY_PUBLIC_SIZE) == 0;
}

/* NG_OK and ret_done: this slip has done its work here already. A damaged identity is passed over:
 * enrolling again is what mends it. */
static enum ng_err look_at_present(struct enrol *n, bool *ret_done)
{
    enum ng_err e = identity_load_as(n->folder, IDENTITY_FILE, &n->old);
    n->has_old = !e;
    *ret_done = false;
    if (e) {
        return e == NG_ERR_NOT_FOUND || e == NG_ERR_CORRUPT ? NG_OK : e;
    }
    if (strcmp(n->old.party.text, n->slip->party.text) != 0) {
        e = err_set(NG_ERR_REFUSED,
                    _("%s belongs to %s, the slip to %s: use another folder (--data DIR)"),
                    n->folder, n->old.party.text, n->slip->party.text);
    } else if (strcmp(n->old.origin, n->slip->origin) != 0) {
        e = err_set(NG_ERR_REFUSED,
                    _("%s belongs to the log %s, the slip to %s: use another folder (--data DIR), "
                      "and keep this one: its receipts prove what that log has taken, and what it "
                      "said may have to be said again"),
                    n->folder, n->old.origin, n->slip->origin);
    }
    *ret_done = !e && same_slip(n, &n->old);
    return e;
}

static void fill_identity(struct enrol *n, const char *endpoint)
{
    const struct slip *s = n->slip;
    struct identity *id = &n->id;
    id->party = s->party;
    memcpy(id->origin, s->origin, sizeof(id->origin));
    id->log_key = s->log_key;
    statement_log_id(s->origin, id->log_id);
    (void)snprintf(id->endpoint, sizeof(id->endpoint), "%s", endpoint ? endpoint : s->endpoint);
    memcpy(id->broker_curve, s->broker_curve, sizeof(id->broker_curve));
    id->invite = n->keys.sign.public_key;
}

/* Whether the statement of an interrupted enrolment is in the outbox. A store in trouble is not an
 * answer: new keys made because of it would lose the slip. */
enum ng_err enrol_has_statement(struct enrol *n, bool *ret_has)
{
    struct store_txn *t = NULL;
    struct bytes statement, signature;
    enum ng_err e = store_begin_read(n->store, &t);
    if (!e) {
        e = outbox_get(t, n->id.epoch, 1, &statement, &signature);
    }
    store_end_read(&t);
    *ret_has = !e;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

/* The keys of an interrupted enrolment with this slip, or new ones, safe on the disk. */
static enum ng_err prepare_keys(struct enrol *n, const char *endpoint)
{
    enum ng_err e = identity_load_as(n->folder, IDENTITY_PENDING, &n->id);
    bool keep = !e && same_slip(n, &n->id);
    if (e && e != NG_ERR_NOT_FOUND && e != NG_ERR_CORRUPT) {
        return e;
    }
    if (keep && n->id.epoch != 0) {
        e = enrol_has_statement(n, &keep);
        if (e) {
            return e;
        }
    }
    if (!keep) {
        n->id = (struct identity){.epoch = 0};
        identity_new_keys(&n->id);
    }
    fill_identity(n, endpoint);
    n->id.locked = n->has_old && n->old.locked; /* as the folder's owner wanted it */
    return identity_save_as(n->folder, IDENTITY_PENDING, &n->id);
}

/* An earlier enrolment's folder goes by the key it knew; whether the slip's is among its followers
 * the Welcome shows. */
enum ng_err enrol_load_witness(struct enrol *n)
{
    return kept_head_witness(n->store, n->has_old ? &n->old : &n->id, &n->witness);
}

/* ---- The statement ---- */

static enum ng_err encode_payload(const struct enrol *n, struct buf *to)
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct wire_enrol m;
    struct key_pair cosign;
    registry_countersigned(n->id.log_id, &n->id.party, n->id.epoch, &n->id.key.public_key,
                           n->id.curve_public, covered);
    key_sign(&n->keys.sign, (struct bytes){covered, sizeof(covered)}, m.countersignature);
    memcpy(m.curve, n->id.curve_public, sizeof(m.curve));
    memcpy(m.invite_key, n->keys.sign.public_key.bytes, sizeof(m.invite_key));
    memcpy(m.key, n->id.key.public_key.bytes, sizeof(m.key));
    cosign_key(n->id.key.secret, &cosign);
    memcpy(m.cosign_key, cosign.public_key.bytes, sizeof(m.cosign_key));
    key_wipe(&cosign);
    return wire_enrol_encode(&m, to);
}

enum ng_err enrol_author(struct store_txn *t, const struct enrol *n, uint32_t kind,
                         enrol_encode_fn encode)
{
    struct buf payload = BUF_INIT(1024);
    uint64_t seq = 0;
    enum ng_err e = outbox_forget_epoch(t, n->id.epoch); /* of an enrolment that never was logged */
    if (!e) {
        e = encode(n, &payload);
    }
    if (!e) {
        const struct party_draft draft = {.kind = kind, .payload = buf_bytes(&payload)};
        struct outbox_seen seen = {.known = false};
        e = outbox_author(t, &n->id, &seen, &draft, clock_wall_ms(), &seq);
    }
    buf_fini(&payload);
    return e;
}

static enum ng_err author_in(struct store_txn *t, void *context)
{
    return enrol_author(t, context, STATEMENT_ENROL, encode_payload);
}

static enum ng_err author(struct enrol *n, uint32_t epoch)
{
    n->id.epoch = epoch;
    const enum ng_err e = store_write(n->store, author_in, n);
    return e ? e : identity_save_as(n->folder, IDENTITY_PENDING, &n->id);
}

/* ---- The talk ---- */

/* Number 1 is all that the new epoch has yet. */
enum ng_err enrol_submit(struct enrol *n, struct ask *a)
{
    uint64_t delivered = 0;
    return leave_submit(n->store, &n->witness, a, n->id.epoch, &delivered);
}

/* Connects with the CURVE key of a slip or of an identity. */
static enum ng_err connect_by_key(struct enrol *n, struct ask *a, const uint8_t public_key[32],
                                  const uint8_t secret[32], struct enrol_greeting *ret)
{
    struct net_curve curve;
    struct wire_from_broker *m = NULL;
    memcpy(curve.public_key, public_key, NET_CURVE_SIZE);
    memcpy(curve.secret, secret, NET_CURVE_SIZE);
    enum ng_err e =
        ask_open(a, n->id.endpoint, n->id.broker_curve, &curve, &n->witness, n->deadline, &m);
    explicit_bzero(&curve, sizeof(curve));
    if (!e && n->slip && !log_keys_has(&n->witness.keys, &n->slip->log_key)) {
        ask_close(a);
        e = err_set(NG_ERR_VERIFY,
                    _("the slip names a key that the log never had: nothing was enrolled; ask the "
                      "office for a new slip"));
    }
    if (!e) {
        *ret = (struct enrol_greeting){m->u.welcome.epoch, m->u.welcome.high_water,
                                       m->u.welcome.frozen};
    }
    wire_from_broker_destroy(&m);
    return e;
}

enum ng_err enrol_connect(struct enrol *n, struct ask *a, const struct identity *id,
                          struct enrol_greeting *ret)
{
    return connect_by_key(n, a, id->curve_public, id->curve_secret, ret);
}

/* With the slip's key. The statement of an interrupted run is kept if it is for the next epoch. */
static enum ng_err talk_invited(struct enrol *n, bool *ret_denied)
{
    struct ask a;
    struct enrol_greeting welcome;
    enum ng_err e = connect_by_key(n, &a, n->keys.curve_public, n->keys.curve_secret, &welcome);
    *ret_denied = e && a.denied;
    if (e) {
        return e;
    }
    if (n->id.epoch != welcome.epoch + 1) {
        e = author(n, welcome.epoch + 1);
    }
    if (!e) {
        e = enrol_submit(n, &a);
    }
    ask_close(&a);
    return e;
}

enum ng_err enrol_talk_new(struct enrol *n, bool *ret_denied)
{
    struct ask a;
    struct enrol_greeting welcome;
    enum ng_err e = enrol_connect(n, &a, &n->id, &welcome);
    *ret_denied = e && a.denied;
    if (e) {
        return e;
    }
    e = enrol_submit(n, &a);
    ask_close(&a);
    return e;
}

static enum ng_err talk_once(struct enrol *n)
{
    bool denied = false;
    enum ng_err e = talk_invited(n, &denied);
    if (denied && n->id.epoch != 0) {
        e = enrol_talk_new(n, &denied);
    }
    if (denied) {
        return err_set(NG_ERR_REFUSED,
                       _("the broker does not take this slip: it was used, has expired or was "
                         "replaced by a newer one; ask the office for a new slip"));
    }
    return e;
}

enum ng_err enrol_retry(struct enrol *n, enum ng_err (*once)(struct enrol *n))
{
    struct backoff backoff;
    struct rng rng = rng_from_system();
    backoff_init(&backoff, 500, ENROL_RETRY_MS_MAX);
    for (;;) {
        const enum ng_err e = once(n);
        if (e != NG_ERR_PEER && e != NG_ERR_AGAIN) {
            return e;
        }
        const struct mono now = clock_mono();
        const struct mono next = backoff_next(&backoff, now, &rng);
        if (clock_between_ms(next, n->deadline) <= 0) {
            char why[WHY_MAX];
            (void)snprintf(why, sizeof(why), "%s", err_explain(e));
            return e == NG_ERR_AGAIN ? err_set(NG_ERR_PEER, "%s: %s", n->id.endpoint, why) : e;
        }
        (void)poll(NULL, 0, (int)clock_between_ms(now, next));
    }
}

/* ---- The end ---- */

static enum ng_err remove_pending(const char *folder)
{
    char *path = file_join(folder, IDENTITY_PENDING);
    enum ng_err e = path ? NG_OK : err_plain(NG_ERR_NOMEM);
    if (!e && unlink(path) != 0 && errno != ENOENT) {
        e = err_set_errno(errno, "%s", path);
    }
    free(path);
    return e ? e : file_sync_folder(folder);
}

enum ng_err enrol_finish(struct enrol *n)
{
    enum ng_err e = enrol_earlier_settle(n);
    if (!e && n->has_old) {
        e = key_event_between(n->store, n->old.epoch, n->id.epoch, clock_wall_ms());
    }
    if (!e) {
        e = identity_save(n->folder, &n->id);
    }
    return e ? e : remove_pending(n->folder);
}

static enum ng_err enrol_locked(struct enrol *n, const char *endpoint)
{
    bool done = false;
    enum ng_err e = look_at_present(n, &done);
    if (e || done) {
        return e;
    }
    e = tables_open(n->folder, true, &n->store);
    if (!e) {
        e = prepare_keys(n, endpoint);
    }
    if (!e) {
        e = enrol_load_witness(n);
    }
    if (!e) {
        e = enrol_earlier_deliver(n);
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

enum ng_err enrol_read_inbox(const struct enrol *n)
{
    struct party *p = NULL;
    const int64_t left = clock_between_ms(clock_mono(), n->deadline);
    enum ng_err e = party_open(n->folder, &p);
    if (!e) {
        e = party_send(p, left > 0 ? left : 0);
    }
    if (e == NG_ERR_PEER) {
        e = err_set(e,
                    _("this machine is enrolled, but the broker at %s did not answer in time: run "
                      "the same command again when the line is back, to fetch what the office "
                      "has sent"),
                    party_identity(p)->endpoint);
    }
    party_close(&p);
    return e;
}

enum ng_err enrol_lock(const char *folder, int *ret_lock)
{
    char *path = file_join(folder, "uplink.lock");
    const enum ng_err e = path ? file_lock(path, false, ret_lock) : err_plain(NG_ERR_NOMEM);
    free(path);
    return e;
}

enum ng_err enrol_run(const char *folder, const struct slip *slip,
                      const struct enrol_options *options, struct enrol_news *ret_news)
{
    const char *endpoint = options->endpoint;
    struct enrol n = {.folder = folder, .slip = slip, .delivering = options->delivering};
    int lock = -1;
    n.deadline =
        clock_after(clock_mono(), options->timeout_ms < 0 ? INT32_MAX : options->timeout_ms);
    enum ng_err e = key_init();
    if (!e) {
        e = net_endpoint_check(endpoint ? endpoint : slip->endpoint, false);
    }
    if (!e) {
        e = file_make_folder(folder);
    }
    if (!e) {
        e = enrol_lock(folder, &lock);
    }
    if (!e) {
        slip_keys(slip, &n.keys);
        e = enrol_locked(&n, endpoint);
    }
    file_unlock(&lock);
    if (!e) {
        e = enrol_read_inbox(&n);
    }
    *ret_news = n.news;
    identity_wipe(&n.id);
    identity_wipe(&n.old);
    explicit_bzero(&n.keys, sizeof(n.keys));
    return e;
}
