/* Field payloads: acts and what comes with them (part, to_seq, actor). One act is wire_record.c's.
 *
 * Decoding makes one block (wire_pb.h) that begins with the plain object. Encoding takes a scratch
 * block as large as the acts need.
 */
#include "proto/wire_par.h"

#include "proto/wire_record.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct wire_act) <= WIRE_PB_PLAIN_MAX, "fits what is set aside");

#define IMPORT_ID_BYTES 16u

/* Memory for packing: the acts themselves and what hangs on them. */
static size_t scratch_size(const struct wire_acts *m)
{
    size_t size = 1024;
    for (size_t i = 0; i < m->count; i++) {
        const struct wire_act *a = &m->acts[i];
        size_t items = a->kind == WIRE_ACT_REPORT     ? a->u.report.evidence_count
                       : a->kind == WIRE_ACT_PROGRESS ? a->u.progress.evidence_count
                       : a->kind == WIRE_ACT_VERDICT  ? a->u.verdict.finding_count
                                                      : 0;
        size += 512 + 128 * (items < WIRE_ACTS_MAX ? items : WIRE_ACTS_MAX);
    }
    return size;
}

static enum ng_err pack_acts(const struct wire_acts *m, struct wire_pb_memory *memory,
                             Nganam__Par__Acts *to)
{
    Nganam__Par__Act **pointers = wire_pb_take(memory, m->count, sizeof(Nganam__Par__Act *));
    Nganam__Par__Act *acts = wire_pb_take(memory, m->count, sizeof(*acts));
    if (pointers == NULL || acts == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < m->count; i++) {
        enum ng_err err = wire_record_pack(&m->acts[i], memory, &acts[i]);
        if (err != NG_OK) {
            return err;
        }
        pointers[i] = &acts[i];
    }
    to->n_acts = m->count;
    to->acts = pointers;
    to->to_seq = m->to_seq;
    return NG_OK;
}

enum ng_err wire_acts_encode(const struct wire_acts *m, struct buf *to)
{
    if (m->count > WIRE_ACTS_MAX) {
        return err_set(NG_ERR_LIMIT, "%zu acts in one statement, at most %u", m->count,
                       WIRE_ACTS_MAX);
    }
    Nganam__Par__Acts acts;
    nganam__par__acts__init(&acts);
    Nganam__Par__Part part;
    nganam__par__part__init(&part);
    Nganam__Par__Actor actor;
    nganam__par__actor__init(&actor);
    if (m->has_part) {
        part.import_id = wire_pb_data((struct bytes){m->import_id, sizeof(m->import_id)});
        part.number = m->part_number;
        part.count = m->part_count;
        acts.part = &part;
    }
    actor.account = wire_pb_text(m->actor);
    if (actor.account[0] != '\0' && m->actor_signature != NULL) {
        actor.signature =
            wire_pb_data((struct bytes){m->actor_signature, WIRE_ACTS_SIGNATURE_SIZE});
        acts.actor = &actor;
    }
    struct wire_pb_memory scratch;
    enum ng_err err = wire_pb_memory_new(scratch_size(m), &scratch);
    if (err != NG_OK) {
        return err;
    }
    err = pack_acts(m, &scratch, &acts);
    if (err == NG_OK) {
        err = wire_pb_encode(&acts.base, to);
    }
    free(scratch.block);
    return err;
}

static enum ng_err unpack_part(const Nganam__Par__Part *part, struct wire_acts *ret)
{
    if (part == NULL) {
        return NG_OK;
    }
    ret->has_part = true;
    ret->part_number = part->number;
    ret->part_count = part->count;
    if (part->number < 1 || part->number > part->count) {
        return err_set(NG_ERR_PROTO, "Part: %u of %u", part->number, part->count);
    }
    return wire_pb_exact("Part: import_id", part->import_id, ret->import_id, IMPORT_ID_BYTES);
}

static enum ng_err unpack_acts(const Nganam__Par__Acts *from, struct wire_pb_memory *memory,
                               struct wire_acts *ret)
{
    struct wire_act *acts = wire_pb_take(memory, from->n_acts, sizeof(*acts));
    if (acts == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < from->n_acts; i++) {
        enum ng_err err = wire_record_unpack(from->acts[i], memory, &acts[i]);
        if (err != NG_OK) {
            return err_wrap(err, "act %zu", i + 1);
        }
    }
    ret->acts = acts;
    ret->count = from->n_acts;
    ret->to_seq = from->to_seq;
    return unpack_part(from->part, ret);
}

/* ---- The actor ---- */

/* A field of less than 128 bytes has one byte of length: Acts.actor, then account and signature in
 * it. */
enum { ACTOR_TAG = 4 << 3 | 2, ACCOUNT_TAG = 1 << 3 | 2, SIGNATURE_TAG = 2 << 3 | 2 };
enum { ACTOR_BESIDE = 6 }; /* the three tags and lengths */
_Static_assert(2 + WIRE_ACTOR_ID_MAX + 2 + WIRE_ACTS_SIGNATURE_SIZE < 128, "one byte of length");

enum ng_err wire_acts_add_actor(const char *actor, struct buf *payload)
{
    const size_t size = strlen(actor);
    if (!wire_actor_id_valid(actor, size)) {
        return err_set(NG_ERR_INPUT, "Actor: no id of a person");
    }
    const uint8_t head[] = {ACTOR_TAG, (uint8_t)(4 + size + WIRE_ACTS_SIGNATURE_SIZE), ACCOUNT_TAG,
                            (uint8_t)size};
    const uint8_t tail[] = {SIGNATURE_TAG, WIRE_ACTS_SIGNATURE_SIZE};
    enum ng_err err = buf_add(payload, head, sizeof(head));
    if (err == NG_OK) {
        err = buf_add(payload, actor, size);
    }
    return err == NG_OK ? buf_add(payload, tail, sizeof(tail)) : err;
}

/* Read backwards from the end: where an id of n bytes would begin, the heads around it must say so.
 */
static struct bytes find_actor(struct bytes payload)
{
    const struct bytes none = {payload.data, 0};
    const size_t beside = ACTOR_BESIDE + WIRE_ACTS_SIGNATURE_SIZE;
    for (size_t n = 1; n <= WIRE_ACTOR_ID_MAX && n + beside <= payload.size; n++) {
        const uint8_t *at = payload.data + payload.size - n - beside;
        if (at[0] == ACTOR_TAG && at[1] == 4 + n + WIRE_ACTS_SIGNATURE_SIZE &&
            at[2] == ACCOUNT_TAG && at[3] == n && wire_actor_id_valid((const char *)at + 4, n) &&
            at[4 + n] == SIGNATURE_TAG && at[5 + n] == WIRE_ACTS_SIGNATURE_SIZE) {
            return (struct bytes){at + 4, n};
        }
    }
    return none;
}

/* It is read from where it must lie and not from where the parser found it: were the two different,
 * it would not be known what the signature covers. */
static enum ng_err unpack_actor(const Nganam__Par__Actor *actor, struct bytes payload,
                                struct wire_acts *ret)
{
    ret->actor = "";
    if (actor == NULL) {
        return NG_OK;
    }
    ret->actor = actor->account;
    ret->actor_signature = actor->signature.data;
    const struct bytes account = find_actor(payload);
    if (account.size == 0 || strlen(actor->account) != account.size ||
        memcmp(actor->account, account.data, account.size) != 0 ||
        actor->signature.len != WIRE_ACTS_SIGNATURE_SIZE ||
        memcmp(actor->signature.data, payload.data + payload.size - WIRE_ACTS_SIGNATURE_SIZE,
               WIRE_ACTS_SIGNATURE_SIZE) != 0) {
        return err_set(NG_ERR_PROTO, "Acts: the actor's signature is not at the end");
    }
    return NG_OK;
}

enum ng_err wire_acts_decode(struct bytes payload, struct wire_acts **ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err =
        wire_pb_decode(&nganam__par__acts__descriptor, payload, sizeof(**ret), &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_acts *m = (struct wire_acts *)(void *)memory.block;
    const Nganam__Par__Acts *acts = (const Nganam__Par__Acts *)message;
    err = unpack_acts(acts, &memory, m);
    if (err == NG_OK) {
        err = unpack_actor(acts->actor, payload, m);
    }
    if (err != NG_OK) {
        free(memory.block);
        return err;
    }
    *ret = m;
    return NG_OK;
}

enum ng_err wire_acts_actor(struct bytes payload, char ret[WIRE_ACTOR_ID_MAX + 1])
{
    struct wire_acts *m = NULL;
    ret[0] = '\0';
    enum ng_err err = find_actor(payload).size > 0 ? wire_acts_decode(payload, &m) : NG_OK;
    if (err == NG_OK && m != NULL) {
        memcpy(ret, m->actor, strlen(m->actor) + 1);
    }
    wire_acts_destroy(&m);
    return err == NG_ERR_NOMEM ? err : NG_OK;
}

void wire_acts_destroy(struct wire_acts **m)
{
    free(*m);
    *m = NULL;
}
