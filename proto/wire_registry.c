/* Payloads of the registry kinds (1–15). They are small; what is decoded is copied out, and every
 * key and signature has exactly its length. */
#include "proto/queue.pb-c.h"
#include "proto/wire_pb.h"
#include "proto/wire_queue.h"

#include <stdlib.h>
#include <string.h>

/* Decodes with no plain object in the block: the caller copies out and frees. */
static enum ng_err decode(const ProtobufCMessageDescriptor *type, struct bytes payload,
                          struct wire_pb_memory *memory, const ProtobufCMessage **ret)
{
    return wire_pb_decode(type, payload, 0, memory, ret);
}

static enum ng_err copy_text(const char *what, const char *from, char *to, size_t to_size)
{
    size_t length = strlen(from);
    if (length >= to_size) {
        return err_set(NG_ERR_PROTO, "%s: %zu bytes, at most %zu", what, length, to_size - 1);
    }
    memcpy(to, from, length + 1);
    return NG_OK;
}

static bool all_zeros(const uint8_t *bytes, size_t size)
{
    uint8_t any = 0;
    for (size_t i = 0; i < size; i++) {
        any |= bytes[i];
    }
    return any == 0;
}

/* A key that may be missing: zeros in plain form, and then not a byte on the wire. */
static enum ng_err copy_optional_key(const char *what, ProtobufCBinaryData from, uint8_t to[32])
{
    if (from.len == 0) {
        memset(to, 0, 32);
        return NG_OK;
    }
    enum ng_err err = wire_pb_exact(what, from, to, 32);
    return err == NG_OK && all_zeros(to, 32) ? err_set(NG_ERR_PROTO, "%s: zeros", what) : err;
}

static ProtobufCBinaryData data_of(const uint8_t *bytes, size_t size)
{
    return wire_pb_data((struct bytes){bytes, size});
}

/* ---- Genesis ---- */

enum ng_err wire_genesis_encode(const struct wire_genesis *m, struct buf *to)
{
    Nganam__Queue__Genesis g;
    nganam__queue__genesis__init(&g);
    g.origin = wire_pb_text(m->origin);
    g.log_key = data_of(m->log_key, sizeof(m->log_key));
    g.previous_vkey = wire_pb_text(m->previous_vkey);
    g.previous_note = wire_pb_text(m->previous_note);
    return wire_pb_encode(&g.base, to);
}

enum ng_err wire_genesis_decode(struct bytes payload, struct wire_genesis *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__genesis__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Genesis *g = (const Nganam__Queue__Genesis *)message;
    struct wire_genesis out = {0};
    err = copy_text("Genesis: origin", g->origin, out.origin, sizeof(out.origin));
    if (err == NG_OK) {
        err = wire_pb_exact("Genesis: log_key", g->log_key, out.log_key, sizeof(out.log_key));
    }
    if (err == NG_OK) {
        err = copy_text("Genesis: previous_vkey", g->previous_vkey, out.previous_vkey,
                        sizeof(out.previous_vkey));
    }
    if (err == NG_OK) {
        err = copy_text("Genesis: previous_note", g->previous_note, out.previous_note,
                        sizeof(out.previous_note));
    }
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Invite ---- */

enum ng_err wire_invite_encode(const struct wire_invite *m, struct buf *to)
{
    Nganam__Queue__Invite i;
    nganam__queue__invite__init(&i);
    i.party = wire_pb_text(m->party);
    i.role = (Nganam__Queue__Role)m->role;
    i.expires_at = m->expires_at;
    i.invite_key = data_of(m->invite_key, sizeof(m->invite_key));
    i.invite_curve = data_of(m->invite_curve, sizeof(m->invite_curve));
    return wire_pb_encode(&i.base, to);
}

static enum ng_err unpack_invite(const Nganam__Queue__Invite *i, struct wire_invite *ret)
{
    int role = (int)i->role;
    if (role <= WIRE_ROLE_NONE || role > WIRE_ROLE_AUDITOR) {
        return err_set(NG_ERR_PROTO, "Invite: unknown role %d", role);
    }
    ret->role = (enum wire_role)role;
    ret->expires_at = i->expires_at;
    enum ng_err err = copy_text("Invite: party", i->party, ret->party, sizeof(ret->party));
    if (err == NG_OK) {
        err = wire_pb_exact("Invite: invite_key", i->invite_key, ret->invite_key,
                            sizeof(ret->invite_key));
    }
    if (err == NG_OK) {
        err = wire_pb_exact("Invite: invite_curve", i->invite_curve, ret->invite_curve,
                            sizeof(ret->invite_curve));
    }
    return err;
}

enum ng_err wire_invite_decode(struct bytes payload, struct wire_invite *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__invite__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_invite out = {0};
    err = unpack_invite((const Nganam__Queue__Invite *)message, &out);
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Enrol ---- */

enum ng_err wire_enrol_encode(const struct wire_enrol *m, struct buf *to)
{
    Nganam__Queue__Enrol e;
    nganam__queue__enrol__init(&e);
    e.curve = data_of(m->curve, sizeof(m->curve));
    e.invite_key = data_of(m->invite_key, sizeof(m->invite_key));
    e.countersignature = data_of(m->countersignature, sizeof(m->countersignature));
    e.key = data_of(m->key, sizeof(m->key));
    e.cosign_key = data_of(m->cosign_key, all_zeros(m->cosign_key, 32) ? 0 : sizeof(m->cosign_key));
    return wire_pb_encode(&e.base, to);
}

static enum ng_err unpack_enrol(const Nganam__Queue__Enrol *e, struct wire_enrol *ret)
{
    enum ng_err err = wire_pb_exact("Enrol: curve", e->curve, ret->curve, sizeof(ret->curve));
    if (err == NG_OK) {
        err = wire_pb_exact("Enrol: invite_key", e->invite_key, ret->invite_key,
                            sizeof(ret->invite_key));
    }
    if (err == NG_OK) {
        err = wire_pb_exact("Enrol: countersignature", e->countersignature, ret->countersignature,
                            sizeof(ret->countersignature));
    }
    if (err == NG_OK) {
        err = wire_pb_exact("Enrol: key", e->key, ret->key, sizeof(ret->key));
    }
    if (err == NG_OK) {
        err = copy_optional_key("Enrol: cosign_key", e->cosign_key, ret->cosign_key);
    }
    return err;
}

enum ng_err wire_enrol_decode(struct bytes payload, struct wire_enrol *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__enrol__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_enrol out = {0};
    err = unpack_enrol((const Nganam__Queue__Enrol *)message, &out);
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Rotate ---- */

enum ng_err wire_rotate_encode(const struct wire_rotate *m, struct buf *to)
{
    Nganam__Queue__Rotate r;
    nganam__queue__rotate__init(&r);
    r.curve = data_of(m->curve, sizeof(m->curve));
    r.countersignature = data_of(m->countersignature, sizeof(m->countersignature));
    r.key = data_of(m->key, sizeof(m->key));
    r.cosign_key = data_of(m->cosign_key, all_zeros(m->cosign_key, 32) ? 0 : sizeof(m->cosign_key));
    return wire_pb_encode(&r.base, to);
}

static enum ng_err unpack_rotate(const Nganam__Queue__Rotate *r, struct wire_rotate *ret)
{
    enum ng_err err = wire_pb_exact("Rotate: curve", r->curve, ret->curve, sizeof(ret->curve));
    if (err == NG_OK) {
        err = wire_pb_exact("Rotate: countersignature", r->countersignature, ret->countersignature,
                            sizeof(ret->countersignature));
    }
    if (err == NG_OK) {
        err = wire_pb_exact("Rotate: key", r->key, ret->key, sizeof(ret->key));
    }
    if (err == NG_OK) {
        err = copy_optional_key("Rotate: cosign_key", r->cosign_key, ret->cosign_key);
    }
    return err;
}

enum ng_err wire_rotate_decode(struct bytes payload, struct wire_rotate *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__rotate__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_rotate out = {0};
    err = unpack_rotate((const Nganam__Queue__Rotate *)message, &out);
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Fork ---- */

enum ng_err wire_fork_encode(const struct wire_fork *m, struct buf *to)
{
    Nganam__Queue__Fork f;
    nganam__queue__fork__init(&f);
    f.index = m->index;
    f.statement = wire_pb_data(m->statement);
    f.signature = data_of(m->signature, sizeof(m->signature));
    return wire_pb_encode(&f.base, to);
}

enum ng_err wire_fork_decode(struct bytes payload, struct buf *statement_copy,
                             struct wire_fork *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__fork__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Fork *f = (const Nganam__Queue__Fork *)message;
    struct wire_fork out = {.index = f->index};
    err = wire_pb_exact("Fork: signature", f->signature, out.signature, sizeof(out.signature));
    if (err == NG_OK) {
        buf_clear(statement_copy);
        err = buf_add(statement_copy, f->statement.data, f->statement.len);
    }
    if (err == NG_OK) {
        out.statement = buf_bytes(statement_copy);
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Log key ---- */

enum ng_err wire_log_key_encode(const struct wire_log_key *m, struct buf *to)
{
    Nganam__Queue__LogKey k;
    nganam__queue__log_key__init(&k);
    k.key = data_of(m->key, sizeof(m->key));
    k.previous = data_of(m->previous, sizeof(m->previous));
    k.countersignature = data_of(m->countersignature, sizeof(m->countersignature));
    return wire_pb_encode(&k.base, to);
}

enum ng_err wire_log_key_decode(struct bytes payload, struct wire_log_key *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__log_key__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__LogKey *k = (const Nganam__Queue__LogKey *)message;
    struct wire_log_key out;
    err = wire_pb_exact("LogKey: key", k->key, out.key, sizeof(out.key));
    if (err == NG_OK) {
        err = wire_pb_exact("LogKey: previous", k->previous, out.previous, sizeof(out.previous));
    }
    if (err == NG_OK) {
        err = wire_pb_exact("LogKey: countersignature", k->countersignature, out.countersignature,
                            sizeof(out.countersignature));
    }
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Heartbeat ---- */

enum ng_err wire_heartbeat_encode(const struct wire_heartbeat *m, struct buf *to)
{
    Nganam__Queue__Heartbeat h;
    nganam__queue__heartbeat__init(&h);
    h.version = wire_pb_text(m->version);
    return wire_pb_encode(&h.base, to);
}

enum ng_err wire_heartbeat_decode(struct bytes payload, struct wire_heartbeat *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = decode(&nganam__queue__heartbeat__descriptor, payload, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Heartbeat *h = (const Nganam__Queue__Heartbeat *)message;
    err = copy_text("Heartbeat: version", h->version, ret->version, sizeof(ret->version));
    free(memory.block);
    return err;
}
