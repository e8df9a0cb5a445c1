/* Payloads of the registry kinds about keys and persons: revoke, unfreeze, policy, confirm, actor.
 * Small and copied out like those in wire_registry.c; what may be printed on a terminal holds no
 * control character. */
#include "proto/queue.pb-c.h"
#include "proto/wire_pb.h"
#include "proto/wire_queue.h"

#include <stdlib.h>
#include <string.h>

static enum ng_err copy_text(const char *what, const char *from, char *to, size_t to_size)
{
    const size_t length = strlen(from);
    if (length == 0 || length >= to_size) {
        return err_set(NG_ERR_PROTO, "%s: %zu bytes, 1 to %zu are right", what, length,
                       to_size - 1);
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)from[i];
        if (c < 0x20 || c == 0x7f) {
            return err_set(NG_ERR_PROTO, "%s: a control character", what);
        }
    }
    memcpy(to, from, length + 1);
    return NG_OK;
}

/* The key that a statement is about: a party and one of its epochs. */
static enum ng_err copy_place(const char *what, const char *party, uint32_t epoch,
                              char ret_party[17], uint32_t *ret_epoch)
{
    if (epoch == 0) {
        return err_set(NG_ERR_PROTO, "%s: epochs begin with 1", what);
    }
    *ret_epoch = epoch;
    return copy_text(what, party, ret_party, 17);
}

static bool any(const uint8_t *bytes, size_t size)
{
    uint8_t seen = 0;
    for (size_t i = 0; i < size; i++) {
        seen |= bytes[i];
    }
    return seen != 0;
}

/* Nothing where there are only zeros. */
static ProtobufCBinaryData data_of(const uint8_t *bytes, size_t size)
{
    return wire_pb_data((struct bytes){bytes, any(bytes, size) ? size : 0});
}

/* ---- Revoke ---- */

enum ng_err wire_revoke_encode(const struct wire_revoke *m, struct buf *to)
{
    Nganam__Queue__Revoke r;
    nganam__queue__revoke__init(&r);
    r.party = wire_pb_text(m->party);
    r.epoch = m->epoch;
    r.reason = wire_pb_text(m->reason);
    return wire_pb_encode(&r.base, to);
}

enum ng_err wire_revoke_decode(struct bytes payload, struct wire_revoke *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err =
        wire_pb_decode(&nganam__queue__revoke__descriptor, payload, 0, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Revoke *r = (const Nganam__Queue__Revoke *)message;
    struct wire_revoke out = {.epoch = 0};
    err = copy_place("Revoke", r->party, r->epoch, out.party, &out.epoch);
    if (err == NG_OK) {
        err = copy_text("Revoke: reason", r->reason, out.reason, sizeof(out.reason));
    }
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Unfreeze ---- */

enum ng_err wire_unfreeze_encode(const struct wire_unfreeze *m, struct buf *to)
{
    Nganam__Queue__Unfreeze u;
    nganam__queue__unfreeze__init(&u);
    u.party = wire_pb_text(m->party);
    u.epoch = m->epoch;
    return wire_pb_encode(&u.base, to);
}

enum ng_err wire_unfreeze_decode(struct bytes payload, struct wire_unfreeze *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err =
        wire_pb_decode(&nganam__queue__unfreeze__descriptor, payload, 0, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Unfreeze *u = (const Nganam__Queue__Unfreeze *)message;
    struct wire_unfreeze out = {.epoch = 0};
    err = copy_place("Unfreeze", u->party, u->epoch, out.party, &out.epoch);
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Persons ---- */

bool wire_actor_id_valid(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool within = i > 0 && i + 1 < size && (c == '.' || c == '-' || c == '_');
        if (!plain && !within) {
            return false;
        }
    }
    return size > 0 && size <= WIRE_ACTOR_ID_MAX;
}

/* ---- Admins' signatures ---- */

/* Room for the messages that go into a payload. */
struct admins_packed {
    Nganam__Queue__AdminSignature messages[WIRE_ADMINS_MAX];
    Nganam__Queue__AdminSignature *pointers[WIRE_ADMINS_MAX];
};

static void pack_admins(const struct wire_admins *m, struct admins_packed *p)
{
    for (size_t i = 0; i < m->count; i++) {
        nganam__queue__admin_signature__init(&p->messages[i]);
        p->messages[i].actor = wire_pb_text(m->by[i].actor);
        p->messages[i].signature =
            wire_pb_data((struct bytes){m->by[i].signature, sizeof(m->by[i].signature)});
        p->pointers[i] = &p->messages[i];
    }
}

/* They are read from where they must lie and not from where the parser found them: were the two
 * different, it would not be known what they cover. `tag` is the field's. */
static enum ng_err unpack_admins(const char *what, Nganam__Queue__AdminSignature *const *found,
                                 size_t count, uint8_t tag, struct bytes payload,
                                 struct wire_admins *ret)
{
    struct buf tail = BUF_INIT(WIRE_ADMINS_MAX * 128);
    struct buf one = BUF_INIT(128);
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < count && err == NG_OK; i++) {
        buf_clear(&one);
        err = copy_text(what, found[i]->actor, ret->by[i].actor, sizeof(ret->by[i].actor));
        if (err == NG_OK) {
            err = wire_pb_exact(what, found[i]->signature, ret->by[i].signature, 64);
        }
        if (err == NG_OK) {
            err = wire_pb_encode(&found[i]->base, &one); /* below 128 bytes: one for its length */
        }
        const uint8_t head[2] = {tag, (uint8_t)one.size};
        if (err == NG_OK) {
            err = buf_add(&tail, head, sizeof(head));
        }
        if (err == NG_OK) {
            err = buf_add(&tail, one.data, one.size);
        }
    }
    ret->count = count;
    ret->covered = payload.size - tail.size;
    if (err == NG_OK && count > 0 &&
        (tail.size > payload.size ||
         memcmp(payload.data + ret->covered, tail.data, tail.size) != 0)) {
        err = err_set(NG_ERR_PROTO, "%s: the signatures are not at the end", what);
    }
    buf_fini(&one);
    buf_fini(&tail);
    return err;
}

/* ---- Policy ---- */

enum ng_err wire_policy_encode(const struct wire_policy *m, struct buf *to)
{
    Nganam__Queue__Policy p;
    struct admins_packed admins;
    nganam__queue__policy__init(&p);
    p.enrolment = (Nganam__Queue__Enrolment)m->enrolment;
    p.after = m->after;
    pack_admins(&m->admins, &admins);
    p.n_signatures = m->admins.count;
    p.signatures = admins.pointers;
    return wire_pb_encode(&p.base, to);
}

static enum ng_err unpack_policy(const Nganam__Queue__Policy *p, struct bytes payload,
                                 struct wire_policy *ret)
{
    const int enrolment = (int)p->enrolment;
    if (enrolment < WIRE_ENROLMENT_CODE || enrolment > WIRE_ENROLMENT_TWO_PERSON) {
        return err_set(NG_ERR_PROTO, "Policy: unknown enrolment %d", enrolment);
    }
    ret->enrolment = (enum wire_enrolment)enrolment;
    ret->after = p->after;
    return unpack_admins("Policy", p->signatures, p->n_signatures, 3u << 3 | 2u, payload,
                         &ret->admins);
}

enum ng_err wire_policy_decode(struct bytes payload, struct wire_policy *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err =
        wire_pb_decode(&nganam__queue__policy__descriptor, payload, 0, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_policy out = {.after = 0};
    err = unpack_policy((const Nganam__Queue__Policy *)message, payload, &out);
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Confirm ---- */

enum ng_err wire_confirm_encode(const struct wire_confirm *m, struct buf *to)
{
    Nganam__Queue__Confirm c;
    nganam__queue__confirm__init(&c);
    c.party = wire_pb_text(m->party);
    c.epoch = m->epoch;
    c.key = data_of(m->key, sizeof(m->key));
    c.actor = wire_pb_text(m->actor);
    c.actor_signature = data_of(m->actor_signature, sizeof(m->actor_signature));
    return wire_pb_encode(&c.base, to);
}

static enum ng_err unpack_confirm(const Nganam__Queue__Confirm *c, struct wire_confirm *ret)
{
    enum ng_err err = copy_place("Confirm", c->party, c->epoch, ret->party, &ret->epoch);
    if (err == NG_OK) {
        err = wire_pb_exact("Confirm: key", c->key, ret->key, sizeof(ret->key));
    }
    if (err == NG_OK) {
        err = copy_text("Confirm: actor", c->actor, ret->actor, sizeof(ret->actor));
    }
    return err;
}

/* The signature is read from where it must lie and not from where the parser found it: were the two
 * different, it would not be known what it covers. */
enum ng_err wire_confirm_decode(struct bytes payload, struct wire_confirm *ret)
{
    static const uint8_t tag[2] = {5u << 3 | 2u, 64};
    if (payload.size < WIRE_CONFIRM_SIGNATURE_SIZE ||
        memcmp(payload.data + payload.size - WIRE_CONFIRM_SIGNATURE_SIZE, tag, sizeof(tag)) != 0) {
        return err_set(NG_ERR_PROTO, "Confirm: the actor's signature is not at the end");
    }
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err =
        wire_pb_decode(&nganam__queue__confirm__descriptor, payload, 0, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Confirm *c = (const Nganam__Queue__Confirm *)message;
    struct wire_confirm out = {.epoch = 0};
    memcpy(out.actor_signature, payload.data + payload.size - 64, 64);
    err = unpack_confirm(c, &out);
    if (err == NG_OK && (c->actor_signature.len != 64 ||
                         memcmp(c->actor_signature.data, out.actor_signature, 64) != 0)) {
        err = err_set(NG_ERR_PROTO, "Confirm: the actor's signature is not at the end");
    }
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}

/* ---- Actor ---- */

enum ng_err wire_registry_actor_encode(const struct wire_registry_actor *m, struct buf *to)
{
    Nganam__Queue__Actor a;
    struct admins_packed admins;
    nganam__queue__actor__init(&a);
    a.id = wire_pb_text(m->id);
    a.role = (Nganam__Queue__ActorRole)m->role;
    a.key = data_of(m->key, sizeof(m->key));
    a.ended = m->ended;
    a.after = m->after;
    pack_admins(&m->admins, &admins);
    a.n_signatures = m->admins.count;
    a.signatures = admins.pointers;
    return wire_pb_encode(&a.base, to);
}

static enum ng_err unpack_actor(const Nganam__Queue__Actor *a, struct wire_registry_actor *ret)
{
    const int role = (int)a->role;
    if (role < WIRE_ACTOR_APPRAISER || role > WIRE_ACTOR_ADMIN) {
        return err_set(NG_ERR_PROTO, "Actor: unknown role %d", role);
    }
    ret->role = (enum wire_actor_role)role;
    ret->ended = a->ended != 0;
    ret->after = a->after;
    enum ng_err err = copy_text("Actor: id", a->id, ret->id, sizeof(ret->id));
    if (err == NG_OK && ret->ended && a->key.len > 0) {
        err = err_set(NG_ERR_PROTO, "Actor: a key of one who has ended");
    }
    if (err == NG_OK && !ret->ended) {
        err = wire_pb_exact("Actor: key", a->key, ret->key, sizeof(ret->key));
    }
    if (err == NG_OK && !ret->ended && !any(ret->key, sizeof(ret->key))) {
        err = err_set(NG_ERR_PROTO, "Actor: key: zeros");
    }
    return err;
}

enum ng_err wire_registry_actor_decode(struct bytes payload, struct wire_registry_actor *ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err =
        wire_pb_decode(&nganam__queue__actor__descriptor, payload, 0, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    const Nganam__Queue__Actor *a = (const Nganam__Queue__Actor *)message;
    struct wire_registry_actor out = {.ended = false};
    err = unpack_actor(a, &out);
    if (err == NG_OK) {
        err = unpack_admins("Actor", a->signatures, a->n_signatures, 6u << 3 | 2u, payload,
                            &out.admins);
    }
    if (err == NG_OK) {
        *ret = out;
    }
    free(memory.block);
    return err;
}
