/* Who may ask what, and the one commit of a turn.
 *
 * Admission was asked at the handshake, perhaps days ago; a connection stands for as long as its
 * key is the party's current one, so that is asked again with each request.
 *
 * Failures: a full disk refuses the turn's statements and nothing else; every other error of the
 * ledger is returned and final.
 */
#include "broker/desk_state.h"

#include "base/bytes.h"
#include "base/check.h"

#include <stdio.h>
#include <string.h>

/* ---- Who may ---- */

/* The log is for the office and auditors, evidence for everybody; neither for a key that nobody has
 * confirmed. */
static bool may_have(const struct registry_party *party, enum desk_wish wish)
{
    const bool reads_log = party->role == WIRE_ROLE_OFFICE || party->role == WIRE_ROLE_AUDITOR;
    return wish == DESK_WISH_PLAIN ||
           (!party->unconfirmed && (wish == DESK_WISH_EVIDENCE || reads_log));
}

enum ng_err desk_append_judge_session(struct store_txn *t, const struct session *s,
                                      enum desk_wish wish, enum wire_error *ret_error)
{
    struct registry_party party;
    enum ng_err err = registry_party_get(t, s->party.text, &party);
    if (err == NG_ERR_NOT_FOUND) {
        *ret_error = WIRE_ERROR_FORBIDDEN;
        return NG_OK;
    }
    if (err != NG_OK) {
        return err;
    }
    if (!s->invited && party.epoch != s->epoch) {
        *ret_error = WIRE_ERROR_REPLACED;
    } else if (!s->invited && party.revoked) {
        *ret_error = WIRE_ERROR_REVOKED;
    } else if (!may_have(&party, wish)) {
        *ret_error = WIRE_ERROR_FORBIDDEN;
    }
    return NG_OK;
}

static uint32_t kind_of(struct bytes statement)
{
    return statement.size >= STATEMENT_HEADER_SIZE ? bytes_get_u32(statement.data + 68) : 0;
}

/* An invite is good for Hello and for one enrol statement in a Submit. */
static bool invite_allows(const struct wire_to_broker *m)
{
    return m->kind == WIRE_HELLO ||
           (m->kind == WIRE_SUBMIT && m->u.submit.count == 1 &&
            kind_of(m->u.submit.statements[0].statement) == STATEMENT_ENROL);
}

static enum desk_wish wish_of(const struct wire_to_broker *m)
{
    if (m->kind == WIRE_PUT || m->kind == WIRE_GET) {
        return DESK_WISH_EVIDENCE;
    }
    const bool reads_log = m->kind == WIRE_FETCH && m->u.fetch.scope == WIRE_SCOPE_LOG;
    return reads_log ? DESK_WISH_LOG : DESK_WISH_PLAIN;
}

static enum ng_err judge(struct desk *d, struct store_txn *t, struct desk_request *r)
{
    const struct session *s = session_find(&d->sessions, &r->peer, r->user);
    if (s == NULL) {
        r->error = WIRE_ERROR_HELLO_FIRST;
        return NG_OK;
    }
    enum ng_err err = desk_append_judge_session(t, s, wish_of(r->m), &r->error);
    if (err != NG_OK || r->error != 0) {
        return err;
    }
    if (s->invited && !invite_allows(r->m)) {
        r->error = WIRE_ERROR_FORBIDDEN;
    }
    if (s->invited) {
        r->invited_as = s->party;
    }
    return NG_OK;
}

static bool is_submit(const struct desk_request *r)
{
    return r->error == 0 && r->m->kind == WIRE_SUBMIT;
}

static void add_items(struct desk *d, struct desk_request *r)
{
    r->first_item = d->item_count;
    for (size_t i = 0; i < r->m->u.submit.count; i++) {
        struct ledger_item *item = &d->items[d->item_count++];
        *item = (struct ledger_item){.statement = r->m->u.submit.statements[i].statement,
                                     .signature = r->m->u.submit.statements[i].signature};
        item->invited_as = r->invited_as;
    }
}

enum ng_err desk_append_judge(struct desk *d)
{
    if (d->judged_count == d->request_count) {
        return NG_OK;
    }
    struct store_txn *t = NULL;
    const size_t first = d->item_count;
    enum ng_err err = store_begin_read(ledger_store(d->ledger), &t);
    for (; err == NG_OK && d->judged_count < d->request_count; d->judged_count++) {
        struct desk_request *r = &d->requests[d->judged_count];
        if (r->error == 0) {
            err = judge(d, t, r);
        }
        if (err == NG_OK && is_submit(r) && r->refusal == REFUSAL_OK) {
            add_items(d, r);
        }
    }
    if (err == NG_OK && desk_read_only(d) == NULL) {
        ledger_signatures_check(d->ledger, t, d->items + first, d->item_count - first);
    }
    if (t != NULL) {
        store_end_read(&t);
    }
    return err_wrap(err, "registry");
}

/* ---- Append ---- */

static void refuse_all(struct desk *d, enum refusal refusal)
{
    for (size_t i = 0; i < d->request_count; i++) {
        struct desk_request *r = &d->requests[i];
        if (is_submit(r) && r->refusal == REFUSAL_OK) {
            r->refusal = refusal;
        }
    }
    d->item_count = 0;
}

static void wake_party(struct desk_wake *w, const char *code)
{
    if (w->count == DESK_STATE_WAKE_MAX) {
        w->every_inbox = true;
        return;
    }
    memcpy(w->codes[w->count].text, code, PARTY_CODE_MAX);
    w->codes[w->count++].text[PARTY_CODE_MAX] = '\0';
}

/* The party's account serves its new key from now on. */
static enum ng_err note_epoch(struct desk *d, const struct ledger_item *item, struct mono now)
{
    char user[SESSION_USER_MAX + 1];
    struct quota_account *account = NULL;
    (void)snprintf(user, sizeof(user), "%s/%u", item->author.text,
                   bytes_get_u32(item->statement.data + 64));
    enum ng_err err = quota_account_of(&d->quota, user, now, &account);
    if (err == NG_OK && item->kind == STATEMENT_ROTATE) {
        quota_rotated(account, now);
    }
    return err;
}

/* Whom the new leaves are for. A revoke is for the party whose key it is about, and new keys for
 * that whose old ones they replace, so that its parked Fetch is asked again whether it may. */
static enum ng_err note_wake(struct desk *d, struct mono now)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < d->item_count && err == NG_OK; i++) {
        const struct ledger_item *item = &d->items[i];
        if (item->refusal == REFUSAL_FORK) {
            d->wake.log = true; /* the evidence is a leaf too */
            d->wake.every_inbox = true;
        }
        if (item->refusal != REFUSAL_OK || item->duplicate) {
            continue;
        }
        d->wake.log = true;
        const char *to = (const char *)item->statement.data + 48;
        /* An invite lies in the inbox of the party it is for. */
        if (to[0] == '*' || item->kind == STATEMENT_INVITE) {
            d->wake.every_inbox = true;
        } else if (to[0] != '\0') {
            wake_party(&d->wake, to);
        }
        if (registry_begins_epoch(item->kind)) {
            wake_party(&d->wake, item->author.text);
            err = note_epoch(d, item, now);
        }
    }
    return err;
}

enum ng_err desk_append(struct desk *d, const struct desk_now *now)
{
    d->wake = (struct desk_wake){.log = d->stirred, .every_inbox = d->stirred};
    d->stirred = false;
    if (desk_read_only(d) != NULL) {
        refuse_all(d, REFUSAL_READ_ONLY);
    } else if (!now->clock_trusted || now->wall_ms < 0) {
        refuse_all(d, REFUSAL_CLOCK);
    }
    if (d->item_count == 0) {
        return NG_OK;
    }
    enum ng_err err = ledger_append(d->ledger, d->items, d->item_count, (uint64_t)now->wall_ms);
    if (err == NG_ERR_FULL) {
        d->disk_full = true;
        refuse_all(d, REFUSAL_FULL);
        return NG_OK;
    }
    if (err == NG_ERR_CORRUPT) { /* nothing was written; what is sound can still be read */
        refuse_all(d, REFUSAL_READ_ONLY);
        return NG_OK;
    }
    if (err == NG_OK) {
        d->disk_full = false;
        err = note_wake(d, now->mono);
        d->counts.commits += d->wake.log ? 1 : 0;
    }
    return err_wrap(err, "commit");
}
