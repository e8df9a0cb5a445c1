/* The carrier's side of a bundle.
 *
 * Idea: the connection says who carries, the signatures who speaks; so a bundle is submitted with
 * the carrier's own key, as the author would, and a receipt is checked with the author's statement
 * before it is handed on. The connection is one of its own: the service beside us keeps its own,
 * with its own credit and its own chain of heads.
 *
 * Happy path: Hello; as many statements as a frame holds; each answer made into a receipt; the next
 * frame. Failures: a broken line and a refusal of class again are tried again from the first
 * statement without a receipt; what can be submitted twice needs no memory of the first time. Any
 * other refusal ends it, for every statement stands on the one before it. */
#include "party/carry.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"
#include "ledger/refusal.h"
#include "net/backoff.h"
#include "party/alarm.h"
#include "party/ask.h"
#include "party/carry_files.h"
#include "party/kept_head.h"
#include "party/seen.h"
#include "party/tables.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_MS_MIN 500
#define RETRY_MS_MAX 5000
#define FRAME_SPARE 64     /* bytes of a Submit around its statements */
#define STATEMENT_SPARE 16 /* bytes around one statement and its signature */

struct carrying {
    struct party *party;
    struct bundle left; /* not answered with a receipt yet */
    struct witness witness;
    struct mono deadline;
    struct buf *answer;
    struct carry_outcome *outcome;
    bool keys_told; /* the changes of the log's key are in the answer */
};

static unsigned long long llu(uint64_t v)
{
    return (unsigned long long)v;
}

/* ---- Answers ---- */

static enum ng_err refused(const struct carrying *c, const struct wire_answer *a)
{
    const enum refusal refusal = (enum refusal)a->refusal_code;
    const char *author = c->outcome->party.text;
    if (refusal == REFUSAL_GAP && a->expected_seq < a->seq) {
        return err_set(NG_ERR_REFUSED,
                       _("statements %llu to %llu of %s are not in the log yet: submit the bundle "
                         "that holds them first"),
                       llu(a->expected_seq), llu(a->seq - 1), author);
    }
    if (a->refusal_class == REFUSAL_AGAIN && refusal != REFUSAL_GAP) {
        return err_set(NG_ERR_AGAIN, "%s", refusal_text(refusal));
    }
    return err_set(NG_ERR_REFUSED,
                   _("the broker does not take statement %llu of %s (%s): %s; nothing behind it "
                     "was taken: tell %s"),
                   llu(a->seq), author, refusal_name(refusal), refusal_text(refusal), author);
}

/* The author's key is the one in the leaf: whether it is the author's was the broker's to check,
 * and will be theirs. */
static enum ng_err take_receipt(struct carrying *c, const struct wire_answer *a,
                                const struct wire_signed *s)
{
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct receipt receipt;
    struct key_public key = {{0}};
    uint8_t seq[8];
    if (a->leaf_header.size == LEAF_HEADER_SIZE) {
        memcpy(key.bytes, a->leaf_header.data + 32, KEY_PUBLIC_SIZE);
    }
    enum ng_err e =
        witness_receipt(&c->witness, a, s->statement, s->signature, &key, &text, &receipt);
    bytes_put_u64(seq, a->seq);
    if (!e) {
        e = bundle_add(c->answer, (struct bytes){seq, sizeof(seq)}, buf_bytes(&text));
    }
    buf_fini(&text);
    return e;
}

static enum ng_err take_answers(struct carrying *c, const struct wire_from_broker *m,
                                const struct wire_signed *statements)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; !e && i < m->u.submitted.count; i++) {
        const struct wire_answer *a = &m->u.submitted.answers[i];
        struct bytes signature, statement;
        if (a->seq != c->outcome->first + c->outcome->accepted) {
            return err_set(NG_ERR_PROTO, "answer for statement %llu", llu(a->seq));
        }
        e = a->accepted ? take_receipt(c, a, &statements[i]) : refused(c, a);
        if (!e) {
            c->outcome->accepted++;
            (void)bundle_next(&c->left, BUNDLE_STATEMENTS, &signature, &statement);
        }
    }
    return e;
}

/* ---- Submitting ---- */

/* The next statements, as many as a frame holds. */
static size_t fill(const struct carrying *c, struct wire_signed statements[WIRE_STATEMENTS_MAX])
{
    struct bundle left = c->left;
    size_t count = 0, room = WIRE_FRAME_MAX - FRAME_SPARE;
    while (count < WIRE_STATEMENTS_MAX) {
        struct wire_signed *s = &statements[count];
        if (!bundle_next(&left, BUNDLE_STATEMENTS, &s->signature, &s->statement)) {
            break;
        }
        const size_t size = s->statement.size + s->signature.size + STATEMENT_SPARE;
        if (size > room) {
            break;
        }
        room -= size;
        count++;
    }
    return count;
}

static enum ng_err submit_all(struct carrying *c, struct ask *a)
{
    struct wire_signed statements[WIRE_STATEMENTS_MAX];
    enum ng_err e = NG_OK;
    size_t count = 0;
    while (!e && (count = fill(c, statements)) > 0) {
        struct wire_from_broker *m = NULL;
        e = ask_submit_all(a, statements, count, &m);
        if (!e) {
            e = take_answers(c, m, statements);
        }
        wire_from_broker_destroy(&m);
    }
    return e;
}

/* In front of the receipts, under number 0: the author may have no line to hear of them. */
static enum ng_err add_key_changes(struct carrying *c, const struct wire_from_broker *welcome)
{
    static const uint8_t none[8];
    struct buf both = BUF_INIT(KEY_SIGNATURE_SIZE + STATEMENT_LOG_SIZE_MAX);
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < welcome->u.welcome.key_change_count && !c->keys_told && !e; i++) {
        const struct wire_signed *s = &welcome->u.welcome.key_changes[i];
        buf_clear(&both);
        e = buf_add(&both, s->signature.data, s->signature.size);
        if (!e) {
            e = buf_add(&both, s->statement.data, s->statement.size);
        }
        if (!e) {
            e = bundle_add(c->answer, (struct bytes){none, sizeof(none)}, buf_bytes(&both));
        }
    }
    c->keys_told = c->keys_told || !e;
    buf_fini(&both);
    return e;
}

static enum ng_err carry_once(struct carrying *c)
{
    const struct identity *id = party_identity(c->party);
    struct net_curve curve;
    struct ask a;
    struct wire_from_broker *welcome = NULL;
    memcpy(curve.public_key, id->curve_public, NET_CURVE_SIZE);
    memcpy(curve.secret, id->curve_secret, NET_CURVE_SIZE);
    enum ng_err e =
        ask_open(&a, id->endpoint, id->broker_curve, &curve, &c->witness, c->deadline, &welcome);
    explicit_bzero(&curve, sizeof(curve));
    if (!e) {
        e = add_key_changes(c, welcome);
        if (!e) {
            e = submit_all(c, &a);
        }
        ask_close(&a);
    }
    wire_from_broker_destroy(&welcome);
    return e;
}

/* Until it is done or refused, or the time is over. */
static enum ng_err carry_all(struct carrying *c)
{
    struct backoff backoff;
    struct rng rng = rng_from_system();
    backoff_init(&backoff, RETRY_MS_MIN, RETRY_MS_MAX);
    for (;;) {
        const uint64_t before = c->outcome->accepted;
        const enum ng_err e = carry_once(c);
        if (e != NG_ERR_PEER && e != NG_ERR_AGAIN) {
            return e;
        }
        if (c->outcome->accepted > before) {
            backoff_reset(&backoff);
        }
        const struct mono now = clock_mono();
        const struct mono next = backoff_next(&backoff, now, &rng);
        if (clock_between_ms(next, c->deadline) <= 0) {
            return e == NG_ERR_AGAIN
                       ? err_wrap(NG_ERR_PEER, "%s", party_identity(c->party)->endpoint)
                       : e;
        }
        (void)poll(NULL, 0, (int)clock_between_ms(now, next));
    }
}

/* ---- What the carrier itself learns ---- */

struct learned {
    const struct identity *id;
    const struct note_head *from;
    const struct witness *witness;
    const char *alarm; /* NULL: none */
};

/* The service beside us may have gone on meanwhile. Its head stays: ours was proved from the one we
 * began with, and from no other; the service will have it proved. */
static enum ng_err keep_learned(struct store_txn *t, void *context)
{
    const struct learned *l = context;
    const struct witness *w = l->witness;
    const struct bytes newest = {w->note, w->note_size};
    struct note_head known = {.size = 0};
    struct bytes note;
    enum ng_err e = kept_head_get(t, l->id, &note, &known);
    const bool stayed = known.size == l->from->size && hash_equal(&known.root, &l->from->root);
    if (!e && w->head.size > 0 && !stayed) {
        e = seen_brought(t, &w->head, w->head.size - 1);
    } else if (!e && w->head.size > known.size) {
        e = kept_head_put(t, &w->keys, newest);
    }
    return e || !l->alarm ? e : alarm_add(t, clock_wall_ms(), l->alarm, newest, NULL);
}

enum ng_err carry_learn(struct party *p, const struct note_head *from, const struct witness *w,
                        const char *alarm)
{
    struct learned l = {party_identity(p), from, w, alarm};
    return store_write(party_store(p), keep_learned, &l);
}

/* Gives the outcome of `carried`, unless our own store fails. */
static enum ng_err learn(const struct carrying *c, const struct note_head *from,
                         enum ng_err carried)
{
    char why[ALARM_TEXT_MAX];
    (void)snprintf(why, sizeof(why), "%s", carried ? err_explain(carried) : "");
    const enum ng_err e =
        carry_learn(c->party, from, &c->witness, carried == NG_ERR_VERIFY ? why : NULL);
    return e || !carried ? e : err_set(carried, "%s", why);
}

/* ---- The whole ---- */

/* A bundle's file, opened: the front in memory, the blobs where they lie. */
struct opened {
    int fd;
    uint64_t size;
    struct buf front;
    struct bundle bundle;
};

static enum ng_err read_front(const char *path, struct opened *o)
{
    struct stat st;
    o->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (o->fd < 0 || fstat(o->fd, &st) != 0) {
        return err_set_errno(errno, "%s", path);
    }
    if (!S_ISREG(st.st_mode)) {
        return err_set(NG_ERR_INPUT, _("%s: expected a file"), path);
    }
    o->size = (uint64_t)st.st_size;
    const size_t wanted = o->size < BUNDLE_SIZE_MAX ? (size_t)o->size : BUNDLE_SIZE_MAX;
    enum ng_err e = buf_reserve(&o->front, wanted);
    while (!e && o->front.size < wanted) {
        const ssize_t got = pread(o->fd, o->front.data + o->front.size, wanted - o->front.size,
                                  (off_t)o->front.size);
        if (got == 0) {
            break; /* it became shorter just now: told as damage */
        }
        if (got > 0) {
            o->front.size += (size_t)got;
        } else if (errno != EINTR) {
            e = err_set_errno(errno, "%s", path);
        }
    }
    return e;
}

static enum ng_err open_bundle(const struct party *p, const char *path, struct opened *o,
                               struct carry_outcome *ret)
{
    const struct identity *id = party_identity(p);
    struct carry_outcome out = {.first = 0};
    enum ng_err e = read_front(path, o);
    if (!e) {
        e = bundle_read(buf_bytes(&o->front), BUNDLE_STATEMENTS, &o->bundle);
    }
    if (!e && strcmp(o->bundle.origin, id->origin) != 0) {
        e = err_set(NG_ERR_VERIFY, _("the bundle belongs to the log %s, this machine to %s"),
                    o->bundle.origin, id->origin);
    }
    if (!e) {
        e = bundle_check(&o->bundle, &out.first);
    }
    if (!e) {
        e = carry_files_check(o->fd, o->size, &o->bundle, &out);
    }
    if (!e) {
        out.party = o->bundle.party;
        out.epoch = o->bundle.epoch;
        out.count = o->bundle.count;
        *ret = out;
    }
    return e;
}

static enum ng_err submit_statements(struct carrying *c)
{
    if (c->left.count == 0) {
        return NG_OK;
    }
    const enum ng_err e =
        kept_head_witness(party_store(c->party), party_identity(c->party), &c->witness);
    const struct note_head from = c->witness.head;
    return e ? e : learn(c, &from, carry_all(c));
}

/* What came is in the answer whatever comes after it; the first error is the one told. */
static enum ng_err submit(struct party *p, const struct opened *o, int64_t timeout_ms,
                          struct buf *answer, struct carry_outcome *ret)
{
    struct carrying c = {.party = p, .left = o->bundle, .answer = answer, .outcome = ret};
    c.deadline = clock_after(clock_mono(), timeout_ms);
    enum ng_err e = bundle_begin(answer, BUNDLE_RECEIPTS, &o->bundle);
    if (!e) {
        e = submit_statements(&c);
    }
    if (!e && o->bundle.file_count > 0) {
        e = carry_files_send(p, o->fd, &o->bundle, timeout_ms, answer, ret);
    }
    if (ret->accepted == 0 && ret->stored == 0) {
        buf_clear(answer);
        return e;
    }
    const enum ng_err ended = bundle_end(answer);
    return e ? e : ended;
}

static enum ng_err keep_answer(struct party *p, const char *path, const struct buf *answer,
                               const struct carry_outcome *o)
{
    const struct identity *id = party_identity(p);
    struct carry_imported imported;
    struct buf name = BUF_INIT(PATH_MAX + sizeof(CARRY_ANSWER_SUFFIX));
    enum ng_err e = buf_printf(&name, "%s" CARRY_ANSWER_SUFFIX, path);
    if (!e) {
        e = file_write(buf_text(&name), answer->data, answer->size, 0600);
    }
    if (!e && strcmp(o->party.text, id->party.text) == 0) {
        e = carry_import(p, buf_bytes(answer), &imported);
    }
    buf_fini(&name);
    return e;
}

enum ng_err carry_submit_file(struct party *p, const char *path, int64_t timeout_ms,
                              struct carry_outcome *ret)
{
    char why[ALARM_TEXT_MAX];
    struct opened o = {.fd = -1, .front = BUF_INIT(BUNDLE_SIZE_MAX)};
    struct buf answer = BUF_INIT(BUNDLE_SIZE_MAX);
    *ret = (struct carry_outcome){.count = 0};
    if (strcmp(path, "-") == 0) {
        return err_set(NG_ERR_USAGE,
                       _("a bundle is read from a file: the receipts are written beside it"));
    }
    enum ng_err e = open_bundle(p, path, &o, ret);
    if (!e) {
        e = submit(p, &o, timeout_ms, &answer, ret);
        (void)snprintf(why, sizeof(why), "%s", e ? err_explain(e) : "");
        const enum ng_err kept = answer.size ? keep_answer(p, path, &answer, ret) : NG_OK;
        e = e ? err_set(e, "%s", why) : kept;
    }
    buf_fini(&answer);
    buf_fini(&o.front);
    if (o.fd >= 0) {
        (void)close(o.fd);
    }
    return e;
}
