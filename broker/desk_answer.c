/* Answers, all from one snapshot behind the commit (reply.h), and the fetches parked for later.
 *
 * A session whose answer could not be sent is forgotten at once, an error like any other answer:
 * the next head could not be proved from what that party has, and it waits for what will not come.
 * It will be told HelloFirst and show the head it knows.
 */
#include "broker/desk_state.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

/* ---- Sending ---- */

static const char *error_text(enum wire_error code)
{
    static const char *const texts[WIRE_ERROR_COUNT] = {
        [WIRE_ERROR_MALFORMED] = "the frame does not parse: correct the program that made it",
        [WIRE_ERROR_HELLO_FIRST] = "say Hello first",
        [WIRE_ERROR_PROTOCOL] = "another protocol version is spoken here: update the program",
        [WIRE_ERROR_FORBIDDEN] = "this connection may not ask that",
        [WIRE_ERROR_RANGE] = "beyond the end of the log",
        [WIRE_ERROR_REPLACED] = "the party has a newer key: connect with it, or enrol again",
        [WIRE_ERROR_BUSY] = "too much at once: wait, then ask again",
        [WIRE_ERROR_REVOKED] = "this key was revoked: ask the office for a new slip",
        [WIRE_ERROR_DAMAGED] = "the log is damaged here: tell the people who run the broker",
        [WIRE_ERROR_COSIGNATURE] = "no cosignature of yours over a witness head that gathers them",
        [WIRE_ERROR_LARGE] = "the evidence is empty or larger than is taken here",
        [WIRE_ERROR_TYPE] = "the evidence is of no type that is taken here",
        [WIRE_ERROR_QUOTA] = "the unit has as much evidence here as it may have",
        [WIRE_ERROR_HASH] = "the evidence is not what its id says: it was thrown away",
        [WIRE_ERROR_MISSING] = "the evidence is not here, or not all of it",
        [WIRE_ERROR_ERASED] = "the evidence was erased",
        [WIRE_ERROR_STORAGE] = "the evidence cannot be stored or read just now: try again later",
        [WIRE_ERROR_UNCITED] =
            "the log has no such statement of that party, or it cites another id",
    };
    return texts[code];
}

enum ng_err desk_answer_transmit(struct desk *d, const struct session_peer *to,
                                 const struct wire_from_broker *m, bool *ret_sent)
{
    buf_clear(&d->frame);
    enum ng_err err = wire_from_broker_encode(m, &d->frame);
    if (err != NG_OK) {
        return err_wrap(err, "answer");
    }
    *ret_sent = d->send(d->context, to, buf_bytes(&d->frame));
    d->counts.unsent += !*ret_sent;
    return NG_OK;
}

enum ng_err desk_answer_error_as(struct desk *d, const struct session_peer *to, uint64_t id,
                                 enum wire_error code, const char *text)
{
    struct wire_from_broker m = {.id = id, .kind = WIRE_ERROR};
    bool sent = false;
    m.u.error.code = (uint32_t)code;
    m.u.error.text = text;
    d->counts.errors[code]++;
    enum ng_err err = desk_answer_transmit(d, to, &m, &sent);
    /* A revoked key has no connection any more: what comes next must say Hello, and is told again.
     */
    if (err == NG_OK && (!sent || code == WIRE_ERROR_REVOKED)) {
        session_forget(&d->sessions, to);
    }
    return err;
}

enum ng_err desk_answer_error(struct desk *d, const struct session_peer *to, uint64_t id,
                              enum wire_error code)
{
    return desk_answer_error_as(d, to, id, code, error_text(code));
}

enum ng_err desk_answer_plain(struct desk *d, struct session *s, const struct wire_from_broker *m)
{
    bool sent = false;
    enum ng_err err = desk_answer_transmit(d, &s->peer, m, &sent);
    if (err == NG_OK && !sent) {
        session_end(&d->sessions, s);
    }
    return err;
}

/* A request that met damage gets an error that names it; nothing is written from now on, and
 * whatever is sound is still served. Other errors pass. */
static enum ng_err answer_damage(struct desk *d, const struct session_peer *to, uint64_t id,
                                 enum ng_err err)
{
    if (err != NG_ERR_CORRUPT) {
        return err;
    }
    char text[DESK_STATE_ALARM_MAX];
    (void)snprintf(text, sizeof(text), "%s", err_explain(err));
    ledger_stop(d->ledger, err);
    return desk_answer_error_as(d, to, id, WIRE_ERROR_DAMAGED, text);
}

enum ng_err desk_answer_send(struct desk *d, struct session *s, struct wire_from_broker *m)
{
    bool sent = true;
    /* A Welcome is proved from the head shown; nothing may come between. */
    enum ng_err err = m->kind == WIRE_WELCOME ? NG_OK : desk_cosign_offer(d, s, &sent);
    if (err != NG_OK || !sent) {
        if (err == NG_OK) {
            session_end(&d->sessions, s);
        }
        return err;
    }
    err = reply_head(&d->reply, &s->head, &m->head);
    if (err != NG_OK) {
        return err_wrap(err == NG_ERR_VERIFY ? NG_ERR_CORRUPT : err,
                        _("the heads of this log contradict each other"));
    }
    m->head.witness = desk_cosign_wanted(d, s);
    err = desk_answer_transmit(d, &s->peer, m, &sent);
    if (err != NG_OK) {
        return err;
    }
    s->head = d->reply.head.head;
    if (!sent) {
        session_end(&d->sessions, s);
    }
    return NG_OK;
}

/* ---- Answers ---- */

/* The head that was shown, if it carries our own signature; size 0 otherwise. */
static struct note_head shown_head(const struct desk *d, const char *note)
{
    struct note_head shown = {0};
    struct bytes bytes = {(const uint8_t *)note, strlen(note)};
    if (bytes.size == 0 || log_keys_verify(ledger_log_keys(d->ledger), ledger_origin(d->ledger),
                                           bytes, &shown) != NG_OK) {
        shown = (struct note_head){0};
    }
    return shown;
}

/* Somebody has seen entries that this log lost. The note he holds becomes the head floor, so that a
 * start anew does not forget it and sign a second log. */
static void stop_at(struct desk *d, const struct session *s, const char *note)
{
    char why[DESK_STATE_ALARM_MAX];
    (void)snprintf(why, sizeof(why),
                   _("%s holds a tree head of %llu entries, signed with this log's key, that is "
                     "no part of this log of %llu entries: put the newest copy of the log back"),
                   s->party.text, (unsigned long long)s->head.size,
                   (unsigned long long)d->reply.head.head.size);
    enum ng_err err =
        ledger_stop_at(d->ledger, (struct bytes){(const uint8_t *)note, strlen(note)}, why);
    if (err != NG_OK) {
        log_error("shown_head_not_kept", err); /* what is lost is only the memory of it */
    }
}

static enum ng_err answer_entries(struct desk *d, struct session *s, bool or_park)
{
    struct wire_from_broker m = {.id = s->parked.id};
    enum ng_err err = reply_entries(&d->reply, s->parked.scope, s->party.text, s->parked.from_index,
                                    s->parked.max_bytes, &m);
    if (err != NG_OK) {
        return err;
    }
    if (or_park && m.u.entries.count == 0) {
        s->parked.from_index = m.u.entries.next_index;
        return NG_OK;
    }
    session_unpark(&d->sessions, s);
    return desk_answer_send(d, s, &m);
}

/* What there is for this fetch; with `or_park`, a fetch that finds nothing stays parked. */
static enum ng_err answer_parked(struct desk *d, struct session *s, bool or_park)
{
    const struct session_peer peer = s->peer;
    const uint64_t id = s->parked.id;
    enum ng_err err = answer_entries(d, s, or_park);
    if (err == NG_ERR_CORRUPT) { /* the session is there: only an answer that was made ends it */
        session_unpark(&d->sessions, s);
    }
    return answer_damage(d, &peer, id, err);
}

/* A fetch that was parked is answered; unless it is the last time, it stays when it finds nothing.
 * Much may have been logged since it was asked, so whether it may is asked again. */
static enum ng_err wake_one(struct desk *d, struct session *s, bool last)
{
    enum wire_error error = 0;
    const bool reads_log = s->parked.scope == WIRE_SCOPE_LOG;
    enum ng_err err = desk_append_judge_session(
        d->reply.txn, s, reads_log ? DESK_WISH_LOG : DESK_WISH_PLAIN, &error);
    if (err != NG_OK) {
        return err;
    }
    reply_next(&d->reply);
    if (error != 0) {
        uint64_t id = s->parked.id;
        session_unpark(&d->sessions, s);
        return desk_answer_error(d, &s->peer, id, error);
    }
    return answer_parked(d, s, !last);
}

/* One fetch is parked a connection: before its place is taken it is answered with what there is.
 * *s becomes NULL when that ended the session. */
static enum ng_err answer_earlier(struct desk *d, const struct desk_request *r, struct session **s)
{
    if (!(*s)->is_parked) {
        return NG_OK;
    }
    enum ng_err err = wake_one(d, *s, true);
    *s = session_find(&d->sessions, &r->peer, r->user);
    reply_next(&d->reply);
    return err;
}

static enum ng_err answer_hello(struct desk *d, const struct desk_now *now, struct desk_request *r,
                                struct session *s)
{
    (void)now;
    struct wire_from_broker m = {.id = r->m->id, .kind = WIRE_WELCOME};
    struct registry_party party;
    enum ng_err err = answer_earlier(d, r, &s); /* before the Welcome, which begins anew */
    if (err != NG_OK || s == NULL) {
        return err;
    }
    err = registry_party_get(d->reply.txn, s->party.text, &party);
    if (err != NG_OK) {
        return err_wrap(err, "registry: %s", s->party.text);
    }
    m.u.welcome.protocol = WIRE_PROTOCOL;
    m.u.welcome.party = s->invited ? "" : s->party.text;
    m.u.welcome.epoch = party.epoch;
    m.u.welcome.high_water = party.high_water;
    m.u.welcome.credit = WIRE_CREDIT;
    m.u.welcome.frame_max = WIRE_FRAME_MAX;
    m.u.welcome.frozen = party.frozen;
    m.u.welcome.role = s->invited ? WIRE_ROLE_NONE : (uint32_t)party.role;
    s->head = shown_head(d, r->m->u.hello.head);
    struct wire_head head;
    err = reply_head(&d->reply, &s->head, &head);
    if (err == NG_ERR_VERIFY) {
        stop_at(d, s, r->m->u.hello.head);
        s->head = (struct note_head){0}; /* answered with a head from nothing: it will see */
        err = NG_OK;
    } else if (err == NG_OK && s->head.size > 0 && !s->invited) {
        err = hold_saw(&d->hold, d->reply.txn, &party, s->head.size);
    }
    if (err != NG_OK) {
        return err;
    }
    reply_next(&d->reply);
    struct wire_signed changes[WIRE_KEY_CHANGES_MAX];
    err = ledger_key_changes(d->ledger, d->reply.txn, changes, &m.u.welcome.key_change_count);
    if (err != NG_OK) {
        return err;
    }
    m.u.welcome.key_changes = changes;
    (void)ledger_wanted(d->ledger, &m.u.welcome.wanted_from, &m.u.welcome.wanted_to);
    return desk_answer_send(d, s, &m);
}

static enum ng_err answer_statement(struct desk *d, const struct desk_request *r,
                                    const struct session *s, size_t i, struct wire_answer *a)
{
    const struct bytes statement = r->m->u.submit.statements[i].statement;
    *a = (struct wire_answer){0};
    if (statement.size >= STATEMENT_HEADER_SIZE) {
        a->seq = bytes_get_u64(statement.data + 72);
    }
    enum refusal refusal = r->refusal;
    if (refusal == REFUSAL_OK) {
        const struct ledger_item *item = &d->items[r->first_item + i];
        refusal = item->refusal;
        a->expected_seq = refusal == REFUSAL_GAP ? item->expected_seq : 0;
        d->counts.accepted += refusal == REFUSAL_OK && !item->duplicate;
        d->counts.duplicates += refusal == REFUSAL_OK && item->duplicate;
        if (refusal == REFUSAL_OK) {
            return reply_accepted(&d->reply, item->index, a);
        }
    }
    CHECK((size_t)refusal < sizeof(d->counts.refusals) / sizeof(d->counts.refusals[0]));
    d->counts.refusals[refusal]++;
    s->quota->refused++;
    a->refusal_class = (uint32_t)refusal_class(refusal);
    a->refusal_code = (uint32_t)refusal;
    a->text = refusal_text(refusal);
    return NG_OK;
}

static enum ng_err answer_submit(struct desk *d, const struct desk_now *now, struct desk_request *r,
                                 struct session *s)
{
    (void)now;
    struct wire_from_broker m = {.id = r->m->id, .kind = WIRE_SUBMITTED};
    m.u.submitted.answers = d->reply.answers;
    m.u.submitted.count = r->m->u.submit.count;
    for (size_t i = 0; i < r->m->u.submit.count; i++) {
        enum ng_err err = answer_statement(d, r, s, i, &d->reply.answers[i]);
        if (err != NG_OK) {
            return err;
        }
    }
    return desk_answer_send(d, s, &m);
}

static enum ng_err answer_fetch(struct desk *d, const struct desk_now *now, struct desk_request *r,
                                struct session *s)
{
    if (r->m->u.fetch.from_index > d->reply.head.head.size) {
        return desk_answer_error(d, &s->peer, r->m->id, WIRE_ERROR_RANGE);
    }
    enum ng_err err = answer_earlier(d, r, &s);
    if (err != NG_OK || s == NULL) {
        return err;
    }
    const uint32_t wait_ms =
        r->m->u.fetch.wait_ms < WIRE_WAIT_MS_MAX ? r->m->u.fetch.wait_ms : WIRE_WAIT_MS_MAX;
    const struct session_parked parked = {.id = r->m->id,
                                          .scope = r->m->u.fetch.scope,
                                          .from_index = r->m->u.fetch.from_index,
                                          .max_bytes = r->m->u.fetch.max_bytes,
                                          .deadline = clock_after(now->mono, (int64_t)wait_ms)};
    session_park(&d->sessions, s, &parked);
    return answer_parked(d, s, wait_ms > 0);
}

static enum ng_err answer_prove(struct desk *d, const struct desk_now *now, struct desk_request *r,
                                struct session *s)
{
    (void)now;
    struct wire_from_broker m = {.id = r->m->id};
    enum ng_err err =
        reply_prove(&d->reply, r->m->u.prove.kind, r->m->u.prove.a, r->m->u.prove.b, &m);
    if (err == NG_ERR_INPUT) {
        return desk_answer_error(d, &s->peer, r->m->id, WIRE_ERROR_RANGE);
    }
    return err != NG_OK ? err : desk_answer_send(d, s, &m);
}

typedef enum ng_err (*answer_fn)(struct desk *d, const struct desk_now *now, struct desk_request *r,
                                 struct session *s);
static const answer_fn answer_fns[] = {
    [WIRE_HELLO] = answer_hello, [WIRE_SUBMIT] = answer_submit,      [WIRE_FETCH] = answer_fetch,
    [WIRE_PROVE] = answer_prove, [WIRE_COSIGN] = desk_cosign_answer, [WIRE_PUT] = desk_blob_put,
    [WIRE_GET] = desk_blob_get,  [WIRE_OFFER] = desk_offer_answer,
};

static enum ng_err answer_requests(struct desk *d, const struct desk_now *now)
{
    for (size_t i = 0; i < d->request_count; i++) {
        struct desk_request *r = &d->requests[i];
        struct session *s = session_find(&d->sessions, &r->peer, r->user);
        if (s == NULL && r->error == 0) {
            continue; /* forgotten: an answer before this one could not be sent */
        }
        reply_next(&d->reply);
        if (s != NULL && r->error != 0) {
            s->quota->refused++;
        }
        enum ng_err err = r->error != 0 ? desk_answer_error(d, &r->peer, r->m->id, r->error)
                                        : answer_fns[r->m->kind](d, now, r, s);
        err = answer_damage(d, &r->peer, r->m->id, err);
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

/* ---- Parked fetches ---- */

static bool is_woken(const struct desk_wake *w, const struct session *s)
{
    if (s->parked.scope == WIRE_SCOPE_LOG) {
        return w->log;
    }
    bool woken = w->every_inbox;
    for (size_t i = 0; i < w->count && !woken; i++) {
        woken = strcmp(w->codes[i].text, s->party.text) == 0;
    }
    return woken;
}

static enum ng_err wake_parked(struct desk *d, const struct desk_now *now)
{
    struct session *next = NULL;
    for (struct session *s = d->sessions.first_parked; s != NULL; s = next) {
        next = s->parked_next;
        bool late = clock_between_ms(now->mono, s->parked.deadline) <= 0;
        if (!late && !is_woken(&d->wake, s)) {
            continue;
        }
        enum ng_err err = wake_one(d, s, late);
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

/* ---- All of them ---- */

enum ng_err desk_answer_all(struct desk *d, const struct desk_now *now)
{
    enum ng_err err = reply_begin(&d->reply);
    if (err == NG_OK && d->witnesses != NULL && desk_read_only(d) == NULL) {
        witnesses_mark(d->witnesses, &d->reply.head, now->mono);
    }
    if (err == NG_OK) {
        err = answer_requests(d, now);
    }
    if (err == NG_OK) {
        err = wake_parked(d, now);
    }
    reply_end(&d->reply);
    return err;
}
