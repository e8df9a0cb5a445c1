/* Evidence: pieces in, pieces out, beside the log and without a head.
 *
 * Who may was asked with every request of the turn (desk_append.c); here it is asked what. A unit
 * reads its own evidence, the office and auditors read any; an auditor puts none of its own. Who
 * put a blob first is its owner, against whose quota it counts. A blob may be carried for another:
 * then a logged statement of the owner must cite it, and the owner is he. It cannot be altered on
 * the way, because its id is its hash.
 *
 * Failures: what is wrong with a blob is an error with a number. A folder that cannot be written or
 * read is one too, said once in the log: the statements do not depend on it.
 */
#include "base/log.h"
#include "blob/blob_proof.h"
#include "broker/desk_state.h"

#include <string.h>

static enum ng_err role_of(const struct desk *d, const struct session *s, enum wire_role *ret)
{
    struct registry_party party;
    enum ng_err err = registry_party_get(d->reply.txn, s->party.text, &party);
    *ret = party.role;
    return err_wrap(err, "registry: %s", s->party.text);
}

/* The folder failed, or works again. Only missing memory is passed on. */
static enum ng_err note_storage(struct desk *d, enum ng_err err)
{
    if (err != NG_OK && err != NG_ERR_NOMEM && !d->blobs_failed) {
        log_error("evidence_failed", err);
    } else if (err == NG_OK && d->blobs_failed) {
        log_event(LOG_NOTICE, "evidence_works", "evidence is stored again");
    }
    d->blobs_failed = err != NG_OK;
    return err == NG_ERR_NOMEM ? err : NG_OK;
}

static enum wire_error error_of(enum blob_answer answer)
{
    static const enum wire_error errors[] = {
        [BLOB_TAKEN] = 0,
        [BLOB_TOO_LARGE] = WIRE_ERROR_LARGE,
        [BLOB_BAD_TYPE] = WIRE_ERROR_TYPE,
        [BLOB_OVER_QUOTA] = WIRE_ERROR_QUOTA,
        [BLOB_BAD_HASH] = WIRE_ERROR_HASH,
        [BLOB_GONE] = WIRE_ERROR_ERASED,
    };
    return errors[answer];
}

/* Whose blob this is; an error of the wire in *ret_error, if it is nobody's. */
static enum ng_err find_owner(struct desk *d, const struct wire_to_broker *m,
                              const struct session *s, struct party_code *ret,
                              enum wire_error *ret_error)
{
    struct hash id;
    struct bytes encoded;
    struct leaf leaf;
    uint64_t index = 0;
    *ret_error = 0;
    *ret = s->party;
    if (m->u.put.owner[0] == '\0') {
        enum wire_role role = WIRE_ROLE_NONE;
        enum ng_err err = role_of(d, s, &role);
        *ret_error = role == WIRE_ROLE_AUDITOR ? WIRE_ERROR_FORBIDDEN : 0;
        return err;
    }
    *ret_error = WIRE_ERROR_UNCITED;
    if (!statement_code_valid(m->u.put.owner)) {
        return NG_OK;
    }
    memcpy(id.bytes, m->u.put.id, HASH_SIZE);
    enum ng_err err =
        ledger_find(d->ledger, d->reply.txn, m->u.put.owner, m->u.put.epoch, m->u.put.seq, &index);
    if (err == NG_OK) {
        err = ledger_leaf(d->ledger, d->reply.txn, index, &encoded);
    }
    if (err != NG_OK) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    /* The index is not believed: the leaf says whose it is. */
    struct statement said;
    if (leaf_decode(encoded, &leaf) == NG_OK && statement_decode(leaf.statement, &said) == NG_OK &&
        said.kind >= STATEMENT_FIELD_FIRST && strcmp(said.author.text, m->u.put.owner) == 0 &&
        blob_proof_cites(leaf.statement, &id)) {
        *ret = said.author;
        *ret_error = 0;
    }
    return NG_OK;
}

/* The log's word for a blob that is whole here. */
static struct bytes prove(const struct desk *d, const struct hash *id,
                          uint8_t ret[KEY_SIGNATURE_SIZE])
{
    uint8_t message[BLOB_PROOF_MESSAGE_SIZE];
    blob_proof_message(ledger_log_id(d->ledger), id, message);
    return ledger_sign(d->ledger, (struct bytes){message, sizeof(message)}, ret)
               ? (struct bytes){ret, KEY_SIGNATURE_SIZE}
               : (struct bytes){NULL, 0};
}

/* With the reason that the operator gave. */
static enum ng_err answer_erased(struct desk *d, const struct session_peer *to, uint64_t id,
                                 const struct hash *blob)
{
    struct blob_info info;
    const enum ng_err err = blob_find(d->blobs, blob, &info);
    return err != NG_OK || info.state != BLOB_ERASED || info.reason[0] == '\0'
               ? desk_answer_error(d, to, id, WIRE_ERROR_ERASED)
               : desk_answer_error_as(d, to, id, WIRE_ERROR_ERASED, info.reason);
}

enum ng_err desk_blob_put(struct desk *d, const struct desk_now *now, struct desk_request *r,
                          struct session *s)
{
    struct wire_from_broker m = {.id = r->m->id, .kind = WIRE_STORED};
    enum blob_answer answer = BLOB_TAKEN;
    enum wire_error error = 0;
    struct party_code owner;
    uint8_t proof[KEY_SIGNATURE_SIZE];
    if (d->blobs == NULL) {
        return desk_answer_error(d, &s->peer, m.id, WIRE_ERROR_FORBIDDEN);
    }
    enum ng_err err = find_owner(d, r->m, s, &owner, &error);
    if (err != NG_OK || error != 0) {
        return err != NG_OK ? err : desk_answer_error(d, &s->peer, m.id, error);
    }
    struct blob_piece piece = {.owner = owner,
                               .size = r->m->u.put.size,
                               .offset = r->m->u.put.offset,
                               .bytes = r->m->u.put.bytes,
                               .now_ms = now->wall_ms > 0 ? now->wall_ms : 0};
    memcpy(piece.id.bytes, r->m->u.put.id, HASH_SIZE);
    const enum ng_err stored = blob_put(d->blobs, &piece, &answer, &m.u.stored.have);
    err = note_storage(d, stored);
    if (err != NG_OK) {
        return err;
    }
    error = stored != NG_OK ? WIRE_ERROR_STORAGE : error_of(answer);
    if (error == 0 && m.u.stored.have == piece.size) {
        m.u.stored.proof = prove(d, &piece.id, proof);
    }
    if (error == WIRE_ERROR_ERASED) {
        return answer_erased(d, &s->peer, m.id, &piece.id);
    }
    return error != 0 ? desk_answer_error(d, &s->peer, m.id, error) : desk_answer_plain(d, s, &m);
}

/* Why this blob is not given to this session; 0: it is. */
static enum wire_error refuse_get(const struct session *s, enum wire_role role,
                                  const struct blob_info *i, uint64_t offset)
{
    const bool reads_any = role == WIRE_ROLE_OFFICE || role == WIRE_ROLE_AUDITOR;
    if (!reads_any && i->state != BLOB_MISSING && strcmp(i->owner.text, s->party.text) != 0) {
        return WIRE_ERROR_FORBIDDEN;
    }
    if (i->state == BLOB_ERASED) {
        return WIRE_ERROR_ERASED;
    }
    if (i->state != BLOB_THERE) {
        return WIRE_ERROR_MISSING;
    }
    return offset > i->size ? WIRE_ERROR_RANGE : 0;
}

enum ng_err desk_blob_get(struct desk *d, const struct desk_now *now, struct desk_request *r,
                          struct session *s)
{
    (void)now;
    struct wire_from_broker m = {.id = r->m->id, .kind = WIRE_BLOB};
    struct blob_info i;
    struct hash id;
    enum wire_role role = WIRE_ROLE_NONE;
    const uint32_t wanted = r->m->u.get.max_bytes;
    const size_t max = wanted > 0 && wanted < WIRE_CHUNK_MAX ? wanted : WIRE_CHUNK_MAX;
    enum ng_err err = role_of(d, s, &role);
    if (err != NG_OK) {
        return err;
    }
    if (d->blobs == NULL) {
        return desk_answer_error(d, &s->peer, m.id, WIRE_ERROR_FORBIDDEN);
    }
    memcpy(id.bytes, r->m->u.get.id, HASH_SIZE);
    enum ng_err read = blob_find(d->blobs, &id, &i);
    enum wire_error error = read == NG_OK ? refuse_get(s, role, &i, r->m->u.get.offset) : 0;
    if (read == NG_OK && error == 0) {
        read = blob_read(d->blobs, &id, r->m->u.get.offset, max, &d->piece);
    }
    err = note_storage(d, read);
    if (err != NG_OK) {
        return err;
    }
    error = read != NG_OK ? WIRE_ERROR_STORAGE : error;
    m.u.blob.size = i.size;
    m.u.blob.offset = r->m->u.get.offset;
    m.u.blob.bytes = buf_bytes(&d->piece);
    return error != 0 ? desk_answer_error(d, &s->peer, m.id, error) : desk_answer_plain(d, s, &m);
}
