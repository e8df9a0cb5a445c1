/* One turn of the desk.
 *
 * Requests are taken as they come and only looked at as far as needed to know them: form, and that
 * the connection has said Hello. Who may ask this (one read of the registry) and whether the
 * signatures hold is found before the commit, so that what comes in meanwhile shares it. Then all
 * statements appended in one transaction and synced, and every answer made from one snapshot
 * behind that commit. So an answer never speaks of anything that is not on the disk, and the cost
 * of the sync is shared by everybody who came in the same turn.
 *
 * A fetch that finds nothing is parked in its session; a commit that brings something for it, or
 * its deadline, answers it.
 *
 * Failures: what a peer does wrong is an error or a refusal with a number, counted. A full disk
 * refuses statements and leaves everything else at work. Anything else the ledger reports, and a
 * proof of our own that does not hold, is returned and is final. A party that shows a head signed
 * with our key which our log does not contain has seen entries that we have lost: from then on
 * nothing is appended, because that would be a second log under the same key.
 */
#include "broker/desk_state.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(QUOTA_USER_MAX == SESSION_USER_MAX, "a user has an account under his name");

/* A session_ended_fn. */
static void session_ended(void *context, const struct session_peer *peer, bool crowded_out)
{
    struct desk *d = context;
    if (d->line != NULL) {
        d->line(d->context, peer, crowded_out ? DESK_LINE_CROWDED_OUT : DESK_LINE_FORGOTTEN);
    }
}

enum ng_err desk_new(const struct desk_config *config, struct desk **ret)
{
    struct desk *d = calloc(1, sizeof(*d));
    if (d == NULL) {
        return err_set(NG_ERR_NOMEM, "desk");
    }
    const size_t sessions_max = config->sessions_max > 0 ? config->sessions_max : DESK_SESSIONS_MAX;
    d->requests_max = config->requests_max > 0 ? config->requests_max : DESK_REQUESTS_MAX;
    CHECK(d->requests_max < sessions_max);
    d->ledger = config->ledger;
    d->send = config->send;
    d->line = config->line;
    d->context = config->context;
    d->witnesses = config->witnesses;
    d->requests = calloc(d->requests_max, sizeof(*d->requests));
    d->items = calloc(d->requests_max * WIRE_STATEMENTS_MAX, sizeof(*d->items));
    d->blobs = config->blobs;
    buf_init(&d->frame, WIRE_FRAME_MAX);
    buf_init(&d->piece, WIRE_CHUNK_MAX);
    enum ng_err err = session_table_init(&d->sessions, sessions_max);
    d->sessions.ended = session_ended;
    d->sessions.context = d;
    if (err == NG_OK) {
        err = reply_init(&d->reply, config->ledger);
    }
    if (err == NG_OK && (d->requests == NULL || d->items == NULL)) {
        err = err_set(NG_ERR_NOMEM, "desk");
    }
    if (err == NG_OK) {
        err = quota_init(&d->quota, config->rate_max, config->kib_max, 0);
    }
    if (err == NG_OK) {
        err = hold_init(&d->hold, config->ledger, config->start_ms);
    }
    if (err != NG_OK) {
        desk_destroy(&d);
        return err;
    }
    *ret = d;
    return NG_OK;
}

static void drop_requests(struct desk *d)
{
    for (size_t i = 0; i < d->request_count; i++) {
        wire_to_broker_destroy(&d->requests[i].m);
    }
    d->request_count = 0;
    d->judged_count = 0;
    d->item_count = 0;
}

void desk_destroy(struct desk **d)
{
    if (*d == NULL) {
        return;
    }
    drop_requests(*d);
    session_table_fini(&(*d)->sessions);
    reply_fini(&(*d)->reply);
    hold_fini(&(*d)->hold);
    quota_fini(&(*d)->quota);
    buf_fini(&(*d)->frame);
    buf_fini(&(*d)->piece);
    free((*d)->requests);
    free((*d)->items);
    free(*d);
    *d = NULL;
}

bool desk_is_full(const struct desk *d)
{
    return d->request_count == d->requests_max;
}

const char *desk_read_only(const struct desk *d)
{
    const char *why = ledger_read_only(d->ledger);
    return why != NULL ? why : hold_why(&d->hold);
}

enum ng_err desk_accept_copy(struct desk *d)
{
    return hold_accept(&d->hold);
}

bool desk_disk_full(const struct desk *d)
{
    return d->disk_full;
}

struct desk_counts desk_counts(const struct desk *d)
{
    struct desk_counts counts = d->counts;
    counts.crowded_out = d->sessions.crowded_out;
    return counts;
}

size_t desk_session_count(const struct desk *d)
{
    return session_count(&d->sessions);
}

size_t desk_parked_count(const struct desk *d)
{
    return d->sessions.parked_count;
}

size_t desk_most_refused(const struct desk *d, struct quota_account *ret, size_t max)
{
    return quota_most_refused(&d->quota, ret, max);
}

/* ---- Admission ---- */

static bool admit_in(struct store_txn *t, const uint8_t curve[32], int64_t wall_ms,
                     char ret_user[SESSION_USER_MAX + 1])
{
    struct registry_party party;
    struct registry_invite invite;
    if (registry_by_curve(t, curve, &party) == NG_OK && party.epoch > 0 && !party.revoked) {
        (void)snprintf(ret_user, SESSION_USER_MAX + 1, "%s/%u", party.code.text, party.epoch);
        return true;
    }
    if (registry_invite_by_curve(t, curve, &invite) == NG_OK && !invite.used &&
        (wall_ms < 0 || invite.expires_at > (uint64_t)wall_ms)) {
        (void)snprintf(ret_user, SESSION_USER_MAX + 1, "+%s", invite.party.text);
        return true;
    }
    return false;
}

bool desk_admit(struct desk *d, const uint8_t curve[32], int64_t wall_ms,
                char ret_user[SESSION_USER_MAX + 1])
{
    struct store_txn *t = NULL;
    if (store_begin_read(ledger_store(d->ledger), &t) != NG_OK) {
        return false;
    }
    bool admitted = admit_in(t, curve, wall_ms, ret_user);
    store_end_read(&t);
    return admitted;
}

/* The account of this user; of the office's key, as long as it is one that judges. */
static enum ng_err account_of(struct desk *d, const char *user, struct mono now,
                              struct quota_account **ret)
{
    char code[SESSION_USER_MAX + 1];
    struct registry_party party;
    struct store_txn *t = NULL;
    enum ng_err err = quota_account_of(&d->quota, user, now, ret);
    if (err != NG_OK || (*ret)->epoch == 0) {
        return err;
    }
    (void)snprintf(code, sizeof(code), "%.*s", (int)strcspn(user, "/"), user);
    if (store_begin_read(ledger_store(d->ledger), &t) == NG_OK) {
        (*ret)->answers_all = registry_party_get(t, code, &party) == NG_OK &&
                              party.role == WIRE_ROLE_OFFICE && party.epoch == (*ret)->epoch &&
                              !party.unconfirmed;
        store_end_read(&t);
    }
    return NG_OK;
}

bool desk_has_room(struct desk *d, const char *user, struct mono now)
{
    struct quota_account *account = NULL;
    return account_of(d, user, now, &account) == NG_OK && quota_open(account, now);
}

/* ---- Taking ---- */

/* A Hello was taken. It may be the first on a new connection under an old name. */
static enum ng_err greet(struct desk *d, struct session *s, const struct session_peer *from,
                         struct mono now)
{
    const bool is_new = s->quota == NULL || s->peer.line != from->line;
    enum ng_err err = account_of(d, s->user, now, &s->quota);
    if (err == NG_OK && is_new) {
        quota_greet(s->quota);
    }
    s->peer.line = from->line;
    if (err == NG_OK && d->line != NULL) {
        d->line(d->context, from, DESK_LINE_GREETED);
    }
    return err;
}

/* The session a request belongs to; Hello makes it. */
static enum ng_err open_session(struct desk *d, const struct session_peer *from, const char *user,
                                const struct wire_to_broker *m, struct mono now,
                                struct session **ret)
{
    if (m->kind != WIRE_HELLO) {
        *ret = session_find(&d->sessions, from, user);
        return NG_OK;
    }
    if (m->u.hello.protocol != WIRE_PROTOCOL) {
        *ret = NULL;
        return NG_OK;
    }
    enum ng_err err = session_begin(&d->sessions, from, user, ret);
    if (err == NG_OK) {
        err = greet(d, *ret, from, now);
    }
    return err;
}

/* Every request is answered (or parked) in the turn that took it, so those unanswered are those of
 * this turn. Who keeps within both numbers has room for all his answers on the way. */
static bool within_credit(const struct desk *d, struct session *s, enum wire_to_kind kind)
{
    if (s->turn != d->turn) {
        s->turn = d->turn;
        s->submits = 0;
        s->asks = 0;
    }
    return kind == WIRE_SUBMIT ? ++s->submits <= WIRE_CREDIT : ++s->asks <= WIRE_ASKS_MAX;
}

/* A rotate in it whose author has had his share of them. Nothing of it is checked yet: who names
 * another has only his own Submit refused. */
static bool rotates_too_often(const struct desk *d, const struct wire_to_broker *m, struct mono now)
{
    bool too_often = false;
    for (size_t i = 0; i < m->u.submit.count && !too_often; i++) {
        const struct bytes statement = m->u.submit.statements[i].statement;
        char author[PARTY_CODE_MAX + 1] = "";
        if (statement.size >= STATEMENT_HEADER_SIZE &&
            bytes_get_u32(statement.data + 68) == STATEMENT_ROTATE) {
            memcpy(author, statement.data + 32, PARTY_CODE_MAX);
            too_often = !quota_may_rotate(&d->quota, author, now);
        }
    }
    return too_often;
}

/* Fills what is refused whatever is in the request: above the connection's credit, or above the
 * party's quota. Neither is looked at further. */
static void limit(struct desk *d, struct session *s, struct desk_request *r, size_t bytes,
                  struct mono now)
{
    const bool submit = r->m->kind == WIRE_SUBMIT;
    const uint64_t statements = submit ? r->m->u.submit.count : 0;
    const uint64_t counted = r->m->kind == WIRE_PUT ? bytes / QUOTA_EVIDENCE_SHARE : bytes;
    s->quota = quota_account_now(&d->quota, s->quota, s->epoch, now);
    if (!within_credit(d, s, r->m->kind)) {
        r->refusal = REFUSAL_RATE;
    } else if (!quota_take(&d->quota, s->quota, now, statements, counted) ||
               (submit && rotates_too_often(d, r->m, now))) {
        r->refusal = REFUSAL_QUOTA;
    }
    r->error = r->refusal != REFUSAL_OK && !submit ? WIRE_ERROR_BUSY : 0;
}

/* Answers what is no request of a session. It costs the key it came by what a request costs; when
 * the quota for that is used up there is no answer either, and the connection is closed. */
static enum ng_err turn_away(struct desk *d, const struct session_peer *from, const char *user,
                             uint64_t id, enum wire_error code, size_t bytes, struct mono now)
{
    struct quota_account *account = NULL;
    enum ng_err err = quota_account_of(&d->quota, user, now, &account);
    if (err != NG_OK) {
        return err;
    }
    account->refused++;
    if (quota_take(&d->quota, account, now, 0, bytes)) {
        return desk_answer_error(d, from, id, code);
    }
    d->counts.errors[code]++;
    session_forget(&d->sessions, from);
    if (d->line != NULL) {
        d->line(d->context, from, DESK_LINE_CROWDED_OUT);
    }
    return NG_OK;
}

enum ng_err desk_take(struct desk *d, const struct session_peer *from, const char *user,
                      struct bytes frame, struct mono now)
{
    CHECK(!desk_is_full(d));
    struct wire_to_broker *m = NULL;
    d->counts.requests++;
    enum ng_err err = wire_to_broker_decode(frame, &m);
    if (err == NG_ERR_NOMEM) {
        return err;
    }
    if (err != NG_OK) {
        return turn_away(d, from, user, 0, WIRE_ERROR_MALFORMED, frame.size, now);
    }
    struct session *s = NULL;
    err = open_session(d, from, user, m, now, &s);
    if (err != NG_OK || s == NULL) {
        enum wire_error code = err == NG_ERR_INPUT     ? WIRE_ERROR_FORBIDDEN
                               : m->kind == WIRE_HELLO ? WIRE_ERROR_PROTOCOL
                                                       : WIRE_ERROR_HELLO_FIRST;
        uint64_t id = m->id;
        wire_to_broker_destroy(&m);
        return err == NG_ERR_NOMEM ? err : turn_away(d, from, user, id, code, frame.size, now);
    }
    struct desk_request *r = &d->requests[d->request_count++];
    *r = (struct desk_request){.peer = *from, .m = m};
    memcpy(r->user, s->user, sizeof(r->user));
    limit(d, s, r, frame.size, now);
    return NG_OK;
}

static enum ng_err may_author(const struct desk *d, const struct desk_now *now)
{
    const enum refusal refusal = desk_read_only(d) != NULL                 ? REFUSAL_READ_ONLY
                                 : !now->clock_trusted || now->wall_ms < 0 ? REFUSAL_CLOCK
                                                                           : REFUSAL_OK;
    return refusal == REFUSAL_OK ? NG_OK : err_set(NG_ERR_REFUSED, "%s", refusal_text(refusal));
}

enum ng_err desk_author(struct desk *d, uint32_t kind, const struct party_code *to,
                        struct bytes payload, const struct desk_now *now, uint64_t *ret_index)
{
    enum ng_err err = may_author(d, now);
    if (err == NG_OK) {
        err = ledger_author_log(d->ledger, kind, to, payload, (uint64_t)now->wall_ms, ret_index);
    }
    d->stirred = d->stirred || err == NG_OK;
    return err;
}

/* A Fetch that is parked would hold its line for a minute. */
static enum ng_err end_sessions(struct desk *d)
{
    enum ng_err err = NG_OK;
    while (d->sessions.newest != NULL && err == NG_OK) {
        struct session *s = d->sessions.newest;
        const struct session_peer peer = s->peer;
        const uint64_t id = s->is_parked ? s->parked.id : 0;
        session_end(&d->sessions, s);
        err = id > 0 ? desk_answer_error(d, &peer, id, WIRE_ERROR_HELLO_FIRST) : NG_OK;
    }
    return err;
}

enum ng_err desk_rotate(struct desk *d, const struct desk_now *now, uint64_t *ret_index)
{
    enum ng_err err = may_author(d, now);
    if (err == NG_OK) {
        err = ledger_rotate(d->ledger, (uint64_t)now->wall_ms, ret_index);
    }
    if (err == NG_OK) {
        d->stirred = true;
        err = end_sessions(d);
    }
    return err;
}

int64_t desk_idle_ms(const struct desk *d, struct mono now, int64_t max_ms)
{
    int64_t idle = max_ms;
    for (const struct session *s = d->sessions.first_parked; s != NULL; s = s->parked_next) {
        int64_t left = clock_between_ms(now, s->parked.deadline);
        idle = left < idle ? left : idle;
    }
    return idle > 0 ? idle : 0;
}

/* ---- The turn ---- */

enum ng_err desk_check(struct desk *d)
{
    return desk_append_judge(d);
}

enum ng_err desk_turn(struct desk *d, const struct desk_now *now)
{
    hold_pass(&d->hold, now->mono);
    if (d->request_count == 0 && !d->stirred && desk_idle_ms(d, now->mono, 1) > 0) {
        return NG_OK;
    }
    enum ng_err err = desk_append_judge(d);
    if (err == NG_OK) {
        err = desk_append(d, now);
    }
    if (err == NG_OK) {
        err = desk_offer_take(d);
    }
    if (err == NG_OK) {
        err = desk_answer_all(d, now);
    }
    if (err == NG_OK && d->is_back) {
        err = desk_offer_begin_anew(d);
    }
    drop_requests(d);
    d->turn++;
    return err;
}
