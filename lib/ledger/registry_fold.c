/* The rules of the registry (proto/PROTOCOL.md, registry payloads).
 *
 *     invite (by log or the office) ──> open invite ──(enrol: by the invited, signed with a new
 * key, a newer invite voids it                     countersigned by the invite's)──> epoch + 1 two
 * statements with one number ──(fork, by log)──> the epoch is frozen until the next enrol
 *
 * A party that has a key may begin its next epoch by itself too (rotate): signed with the new key,
 * countersigned by the present one, which must be neither revoked nor frozen. It keeps its role,
 * and an epoch that waits for its confirmation hands the waiting on: the old key vouches for no
 * more than it was itself.
 *
 * Happy path of a field statement: the author's row gives the key, the role allows kind and
 * addressee; after the signature, seq and prev continue the row; applying moves the row on.
 * Revoked, unfrozen, confirmed: registry_keys.c.
 * Refusals are results, not errors: errors come from the rows alone.
 */
#include "ledger/registry_fold.h"

#include "ledger/registry_check.h"
#include "ledger/registry_keys.h"
#include "ledger/registry_row.h"

#include <string.h>

static const uint8_t zeros[32];

static bool registry_fold_is_log(const char *code)
{
    return strcmp(code, STATEMENT_LOG_AUTHOR) == 0;
}

/* ---- Rows ---- */

enum ng_err registry_fold_party(const struct registry_fold_rows *rows, const char *code,
                                struct registry_party *ret)
{
    struct registry_row_key key = registry_row_party_key(code);
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    return e == NG_OK ? registry_row_get_party(row, ret) : e;
}

enum ng_err registry_fold_put_party(const struct registry_fold_rows *rows,
                                    const struct registry_party *p)
{
    struct registry_row_key key = registry_row_party_key(p->code.text);
    struct registry_row row;
    registry_row_put_party(p, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

enum ng_err registry_fold_invite(const struct registry_fold_rows *rows, const uint8_t curve[32],
                                 struct registry_invite *ret)
{
    struct registry_row_key key = registry_row_invite_key(curve);
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    return e == NG_OK ? registry_row_get_invite(curve, row, ret) : e;
}

static enum ng_err registry_fold_put_invite(const struct registry_fold_rows *rows,
                                            const struct registry_invite *i)
{
    struct registry_row_key key = registry_row_invite_key(i->invite_curve);
    struct registry_row row;
    registry_row_put_invite(i, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

enum ng_err registry_fold_parsed(enum ng_err e, enum refusal *ret_refusal)
{
    bool authors = e == NG_ERR_PROTO || e == NG_ERR_LIMIT;
    *ret_refusal = authors ? REFUSAL_PAYLOAD : REFUSAL_OK;
    return authors ? NG_OK : e;
}

/* ---- Before the signature ---- */

/* The first statement of an epoch names its own key. */
static enum ng_err registry_fold_begins(const struct statement *s,
                                        struct registry_fold_author *author,
                                        enum refusal *ret_refusal)
{
    author->begins = true;
    if (s->kind == STATEMENT_GENESIS) {
        struct wire_genesis genesis = {.log_key = {0}};
        enum ng_err e = wire_genesis_decode(s->payload, &genesis);
        memcpy(author->key.bytes, genesis.log_key, KEY_PUBLIC_SIZE);
        return registry_fold_parsed(e, ret_refusal);
    }
    struct wire_rotate keys = {.key = {0}};
    enum ng_err e = registry_epoch_keys(s, &keys);
    memcpy(author->key.bytes, keys.key, KEY_PUBLIC_SIZE);
    return registry_fold_parsed(e, ret_refusal);
}

static bool registry_fold_is_first(const struct statement *s, const struct registry_party *p)
{
    bool is_log = registry_fold_is_log(p->code.text);
    bool first = is_log ? s->kind == STATEMENT_GENESIS : registry_begins_epoch(s->kind);
    bool has_key = s->kind != STATEMENT_ROTATE || p->epoch > 0; /* to countersign with */
    return first && has_key && s->epoch == p->epoch + 1 && s->epoch != 0;
}

/* Why the author's present key is good for nothing. */
static enum refusal registry_fold_stopped(const struct registry_party *p)
{
    return p->revoked ? REFUSAL_REVOKED : p->frozen ? REFUSAL_FROZEN : REFUSAL_OK;
}

static enum ng_err registry_fold_epoch(const struct statement *s,
                                       struct registry_fold_author *author,
                                       enum refusal *ret_refusal)
{
    const struct registry_party *p = &author->party;
    if (registry_fold_is_first(s, p)) {
        *ret_refusal = s->kind == STATEMENT_ROTATE ? registry_fold_stopped(p) : REFUSAL_OK;
        return *ret_refusal == REFUSAL_OK ? registry_fold_begins(s, author, ret_refusal) : NG_OK;
    }
    if (s->epoch == 0 || s->epoch > p->epoch) {
        *ret_refusal = REFUSAL_EPOCH;
    } else if (s->epoch < p->epoch) {
        *ret_refusal = REFUSAL_OLD_EPOCH;
    } else {
        author->key = p->key;
        *ret_refusal = registry_fold_stopped(p);
        if (*ret_refusal == REFUSAL_OK && p->unconfirmed && !registry_begins_epoch(s->kind)) {
            *ret_refusal = REFUSAL_UNCONFIRMED;
        }
    }
    return NG_OK;
}

static enum refusal registry_fold_may_write(const struct statement *s,
                                            const struct registry_fold_author *author)
{
    const struct registry_party *p = &author->party;
    /* Within an epoch they can only be another one for its first number: a fork. */
    bool stray = registry_begins_epoch(s->kind) && s->seq != 1 && !author->begins;
    return stray ? REFUSAL_KIND : registry_may_write(p->role, s->kind, &s->to);
}

enum ng_err registry_fold_judge(const struct registry_fold_rows *rows, const struct statement *s,
                                struct registry_fold_author *ret_author, enum refusal *ret_refusal)
{
    *ret_author = (struct registry_fold_author){.party = {.code = s->author}};
    enum ng_err e = registry_fold_party(rows, s->author.text, &ret_author->party);
    if (e == NG_ERR_NOT_FOUND) {
        bool genesis = registry_fold_is_log(s->author.text) && s->kind == STATEMENT_GENESIS;
        if (!genesis) {
            *ret_refusal = REFUSAL_AUTHOR;
            return NG_OK;
        }
        ret_author->party = (struct registry_party){.code = s->author};
        e = NG_OK;
    }
    if (e == NG_OK) {
        e = registry_fold_epoch(s, ret_author, ret_refusal);
    }
    if (e != NG_OK) {
        return e;
    }
    if (*ret_refusal == REFUSAL_OK) {
        *ret_refusal = registry_fold_may_write(s, ret_author);
    }
    bool to_party = s->to.text[0] != '\0' && strcmp(s->to.text, "*") != 0;
    if (*ret_refusal == REFUSAL_OK && to_party) {
        struct registry_party other;
        e = registry_fold_party(rows, s->to.text, &other);
        bool unknown = e == NG_ERR_NOT_FOUND || registry_fold_is_log(s->to.text);
        *ret_refusal = unknown ? REFUSAL_TO : REFUSAL_OK;
        e = e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    return e;
}

/* ---- After the signature ---- */

enum ng_err registry_fold_evidence(const struct statement *s, struct buf *copy,
                                   struct wire_fork *ret_fork, struct statement *ret)
{
    enum ng_err e = wire_fork_decode(s->payload, copy, ret_fork);
    return e == NG_OK ? statement_decode(ret_fork->statement, ret) : e;
}

enum ng_err registry_fold_evidence_known(const struct registry_fold_rows *rows,
                                         const struct hash *hash, bool *ret)
{
    struct registry_row_key key = registry_row_fork_key(hash);
    struct bytes row;
    enum ng_err e = rows->get(rows->context, REGISTRY_ROW_KEY(key), &row);
    *ret = e == NG_OK;
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err registry_fold_follows(const struct registry_fold_rows *rows, const struct statement *s,
                                  const struct registry_fold_author *author, uint64_t index,
                                  uint64_t received_at, enum refusal *ret_refusal,
                                  uint64_t *ret_expected)
{
    const struct registry_party *p = &author->party;
    uint64_t expected = author->begins ? 1 : p->high_water + 1;
    const uint8_t *prev = author->begins ? zeros : p->prev.bytes;
    *ret_expected = expected;
    if (s->seq > expected) {
        *ret_refusal = REFUSAL_GAP;
        return NG_OK;
    }
    if (s->seq < expected || memcmp(s->prev.bytes, prev, HASH_SIZE) != 0) {
        *ret_refusal = REFUSAL_PREV;
        return NG_OK;
    }
    return registry_check_payload(rows, s, p, index, received_at, ret_refusal);
}

enum ng_err registry_fold_inbox(const struct registry_fold_rows *rows, const struct statement *s,
                                struct party_code *ret)
{
    struct registry_party p = {.epoch = 0};
    enum ng_err e = registry_inbox_of(s, ret);
    if (e != NG_OK || s->kind != STATEMENT_INVITE) {
        return e;
    }
    e = registry_fold_party(rows, ret->text, &p);
    if (e == NG_ERR_NOT_FOUND || (e == NG_OK && p.epoch == 0)) {
        ret->text[0] = '\0';
        return NG_OK;
    }
    return e;
}

/* ---- Applying ---- */

static enum ng_err registry_fold_void_invite(const struct registry_fold_rows *rows,
                                             const uint8_t curve[32])
{
    struct registry_invite invite;
    enum ng_err e = registry_fold_invite(rows, curve, &invite);
    if (e != NG_OK) {
        return e == NG_ERR_NOT_FOUND ? NG_OK : e; /* there was none */
    }
    invite.used = true;
    return registry_fold_put_invite(rows, &invite);
}

/* The invite is used up, and says what the party is now. */
static enum ng_err registry_fold_use_invite(const struct registry_fold_rows *rows,
                                            struct registry_party *p)
{
    struct registry_invite invite;
    enum ng_err e = registry_fold_invite(rows, p->invite_curve, &invite);
    if (e == NG_OK) {
        e = registry_fold_void_invite(rows, p->invite_curve);
    }
    if (e != NG_OK) {
        return e;
    }
    p->role = invite.role;
    memset(p->invite_curve, 0, 32);
    return registry_keys_unconfirmed(rows, &invite, &p->unconfirmed);
}

/* Moves the party into its new epoch; its row is put by the caller. A rotate leaves an open invite
 * open. */
static enum ng_err registry_fold_new_keys(const struct registry_fold_rows *rows,
                                          const struct statement *s, struct registry_party *p)
{
    struct wire_rotate keys;
    enum ng_err e = registry_epoch_keys(s, &keys);
    if (e == NG_OK && s->kind == STATEMENT_ENROL) {
        e = registry_fold_use_invite(rows, p);
    }
    if (e != NG_OK) {
        return e;
    }
    memcpy(p->curve, keys.curve, 32);
    memcpy(p->cosign_key, keys.cosign_key, 32);
    struct registry_row_key key = registry_row_curve_key(p->curve);
    struct registry_row row;
    registry_row_put_code(&p->code, &row);
    e = rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
    if (e == NG_OK && memcmp(p->cosign_key, zeros, 32) != 0) {
        key = registry_row_cosign_key(p->cosign_key);
        e = rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
    }
    return e;
}

/* Role OFFICE by the log: by the rule above it is this one from the first on. */
static enum ng_err registry_fold_note_office(const struct registry_fold_rows *rows,
                                             const struct registry_invite *invite)
{
    struct registry_row_key key = registry_row_office_key();
    struct registry_row row;
    if (!invite->by_log || invite->role != WIRE_ROLE_OFFICE) {
        return NG_OK;
    }
    registry_row_put_code(&invite->party, &row);
    return rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
}

static enum ng_err registry_fold_open_invite(const struct registry_fold_rows *rows,
                                             const struct statement *s, uint64_t received_at)
{
    const uint64_t longest = received_at + REGISTRY_INVITE_VALID_MS;
    struct wire_invite w;
    struct registry_party p = {.role = WIRE_ROLE_NONE};
    enum ng_err e = wire_invite_decode(s->payload, &w);
    if (e == NG_OK) {
        e = registry_fold_party(rows, w.party, &p);
    }
    if (e == NG_ERR_NOT_FOUND) {
        memcpy(p.code.text, w.party, sizeof(p.code.text));
        p.role = w.role;
        e = NG_OK;
    }
    if (e == NG_OK) {
        e = registry_fold_void_invite(rows, p.invite_curve);
    }
    if (e != NG_OK) {
        return e;
    }
    struct registry_invite invite = {.party = p.code,
                                     .role = w.role,
                                     .expires_at = w.expires_at < longest ? w.expires_at : longest,
                                     .by_log = registry_fold_is_log(s->author.text)};
    memcpy(invite.invite_curve, w.invite_curve, 32);
    memcpy(invite.invite_key.bytes, w.invite_key, KEY_PUBLIC_SIZE);
    memcpy(p.invite_curve, w.invite_curve, 32);
    e = registry_fold_put_invite(rows, &invite);
    if (e == NG_OK) {
        e = registry_fold_note_office(rows, &invite);
    }
    return e == NG_OK ? registry_fold_put_party(rows, &p) : e;
}

static enum ng_err registry_fold_freeze(const struct registry_fold_rows *rows,
                                        const struct statement *s)
{
    struct buf copy = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct statement other;
    struct wire_fork fork = {.index = 0};
    struct registry_party p;
    struct registry_row row;
    enum ng_err e = registry_fold_evidence(s, &copy, &fork, &other);
    if (e == NG_OK) {
        e = registry_fold_party(rows, other.author.text, &p);
    }
    if (e == NG_OK && p.epoch == other.epoch) {
        p.frozen = true;
        e = registry_fold_put_party(rows, &p);
    }
    if (e == NG_OK) {
        const struct hash hash = statement_hash(fork.statement);
        struct registry_row_key key = registry_row_fork_key(&hash);
        registry_row_put_code(&other.author, &row);
        e = rows->put(rows->context, REGISTRY_ROW_KEY(key), REGISTRY_ROW(row));
    }
    buf_fini(&copy);
    return e;
}

enum ng_err registry_fold_apply(const struct registry_fold_rows *rows, const struct statement *s,
                                const struct hash *statement_hash, uint64_t index,
                                uint64_t received_at, const struct registry_fold_author *author)
{
    struct registry_party p = author->party;
    enum ng_err e = NG_OK;
    if (author->begins) {
        p.epoch = s->epoch;
        p.key = author->key;
        p.frozen = false;
        p.revoked = false;
        p.enrolled = s->kind == STATEMENT_ENROL ? s->epoch : p.enrolled;
        e = registry_begins_epoch(s->kind) ? registry_fold_new_keys(rows, s, &p) : NG_OK;
    }
    if (e == NG_OK && (s->kind == STATEMENT_GENESIS || s->kind == STATEMENT_LOG_KEY)) {
        e = registry_keys_apply_log(rows, s, index, &p);
    }
    if (s->seq % REGISTRY_BLOCK != 0) {
        p.block[s->seq % REGISTRY_BLOCK - 1] = index; /* a whole block lies elsewhere */
    }
    p.high_water = s->seq;
    p.prev = *statement_hash;
    p.last_index = index;
    if (e == NG_OK) {
        e = registry_fold_put_party(rows, &p);
    }
    if (e == NG_OK && s->kind == STATEMENT_INVITE) {
        e = registry_fold_open_invite(rows, s,
                                      received_at); /* after the author's row: it may be its own */
    }
    if (e == NG_OK && s->kind == STATEMENT_FORK) {
        e = registry_fold_freeze(rows, s);
    }
    return e == NG_OK ? registry_keys_apply(rows, s, index) : e;
}
