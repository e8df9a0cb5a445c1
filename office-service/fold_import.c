/* What it is for: imports larger than one statement. The idea: parts lie in the state as they came,
 * under author and import id, with a head that counts them; the part that makes them complete
 * applies all of them in order and removes them. The same part twice changes nothing; another one
 * under the same number, or one that contradicts the head, is refused and leaves the import as it
 * was. All parts are of one person, or of none: else the office's machine could complete what he
 * began. A unit's row or a task's points at the leaf of its own part. What may fail: storage and
 * memory. */
#include "office-service/fold_import.h"

#include "office-service/fold_verdict.h"
#include "office-service/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMPORT_ID_SIZE 16u

struct import_name {
    const char *author;
    const uint8_t *id;
};

struct import_head {
    uint32_t kind;
    uint32_t count;
    uint32_t have;
    uint64_t first_index;
    char actor[WIRE_ACTOR_ID_MAX + 1]; /* the person who signs all parts; "": nobody */
};

struct import_part {
    uint64_t index;
    uint64_t received_at;
    uint64_t seq;
    struct bytes payload; /* borrowed from the state */
};

static struct state_key head_key(const struct import_name *name)
{
    struct state_key key = state_key(STATE_IMPORT);
    state_key_text(&key, name->author);
    state_key_raw(&key, name->id, IMPORT_ID_SIZE);
    return key;
}

static struct state_key part_key(const struct import_name *name, uint32_t number)
{
    struct state_key key = state_key(STATE_IMPORT_PART);
    state_key_text(&key, name->author);
    state_key_raw(&key, name->id, IMPORT_ID_SIZE);
    state_key_u32(&key, number);
    return key;
}

static enum ng_err read_head(struct bytes value, struct import_head *ret)
{
    struct record_in r = record_in(value);
    ret->kind = record_get_u32(&r);
    ret->count = record_get_u32(&r);
    ret->have = record_get_u32(&r);
    ret->first_index = record_get_u64(&r);
    record_get_code(&r, ret->actor, sizeof ret->actor);
    return record_in_end(&r, "import");
}

static enum ng_err put_head(const struct kv *kv, const struct import_name *name,
                            const struct import_head *head)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u32(&r, head->kind);
    record_put_u32(&r, head->count);
    record_put_u32(&r, head->have);
    record_put_u64(&r, head->first_index);
    record_put_text(&r, head->actor);
    struct state_key key = head_key(name);
    return record_out_put(&r, kv, STATE_KEY(key));
}

static enum ng_err get_part(const struct kv *kv, const struct import_name *name, uint32_t number,
                            struct import_part *ret)
{
    struct state_key key = part_key(name, number);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->index = record_get_u64(&r);
    ret->received_at = record_get_u64(&r);
    ret->seq = record_get_u64(&r);
    ret->payload = record_get_bytes(&r);
    return record_in_end(&r, "part of an import");
}

static enum ng_err put_part(const struct kv *kv, const struct import_name *name, uint32_t number,
                            const struct import_part *part)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u64(&r, part->index);
    record_put_u64(&r, part->received_at);
    record_put_u64(&r, part->seq);
    record_put_bytes(&r, part->payload);
    struct state_key key = part_key(name, number);
    return record_out_put(&r, kv, STATE_KEY(key));
}

static enum ng_err remove_import(const struct kv *kv, const struct import_name *name,
                                 uint32_t count)
{
    for (uint32_t number = 1; number <= count; number++) {
        struct state_key key = part_key(name, number);
        enum ng_err err = kv_remove(kv, STATE_KEY(key));
        if (err) {
            return err;
        }
    }
    struct state_key key = head_key(name);
    return kv_remove(kv, STATE_KEY(key));
}

/* ---- Opening ---- */

/* Before one more is opened: at FOLD_IMPORT_OPEN_MAX the one that began first goes. */
static enum ng_err make_room(const struct kv *kv, const char *author)
{
    struct state_key prefix = state_key(STATE_IMPORT);
    state_key_text(&prefix, author);
    struct kv_walk w;
    struct bytes key;
    struct bytes value;
    unsigned open = 0;
    uint8_t oldest_id[IMPORT_ID_SIZE] = {0};
    struct import_head oldest = {.first_index = UINT64_MAX};
    enum ng_err err;
    kv_walk_begin(&w, kv, STATE_KEY(prefix));
    while ((err = kv_walk_next(&w, &key, &value)) == NG_OK) {
        struct import_head head;
        err = read_head(value, &head);
        if (err) {
            return err;
        }
        open++;
        if (head.first_index < oldest.first_index && key.size == prefix.size + IMPORT_ID_SIZE) {
            oldest = head;
            memcpy(oldest_id, key.data + prefix.size, IMPORT_ID_SIZE);
        }
    }
    if (err != NG_ERR_NOT_FOUND || open < FOLD_IMPORT_OPEN_MAX) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    return remove_import(kv, &(struct import_name){author, oldest_id}, oldest.count);
}

/* The head this part belongs to; ret_fits false: it contradicts what came before. */
static enum ng_err open_import(const struct kv *kv, const struct import_name *name, uint32_t kind,
                               uint64_t index, const struct wire_acts *acts,
                               struct import_head *ret, bool *ret_fits)
{
    uint32_t limit = kind == WIRE_KIND_CRITERIA ? SET_PARTS_MAX : FOLD_IMPORT_PARTS_MAX;
    *ret_fits = acts->part_count >= 1 && acts->part_count <= limit && acts->part_number >= 1 &&
                acts->part_number <= acts->part_count;
    if (!*ret_fits) {
        return NG_OK;
    }
    struct state_key key = head_key(name);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err == NG_ERR_NOT_FOUND) {
        *ret = (struct import_head){.kind = kind, .count = acts->part_count, .first_index = index};
        (void)snprintf(ret->actor, sizeof ret->actor, "%s", acts->actor);
        return make_room(kv, name->author);
    }
    if (!err) {
        err = read_head(value, ret);
    }
    *ret_fits = !err && ret->kind == kind && ret->count == acts->part_count &&
                strcmp(ret->actor, acts->actor) == 0;
    return err;
}

/* ---- Completing ---- */

/* All parts of an import, copied out of the state, decoded. */
struct loaded_part {
    struct import_part part;
    uint8_t *copy;
    struct wire_acts *acts;
};

static void unload(struct loaded_part *parts, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        wire_acts_destroy(&parts[i].acts);
        free(parts[i].copy);
    }
    free(parts);
}

static enum ng_err load_part(const struct kv *kv, const struct import_name *name, uint32_t number,
                             struct loaded_part *ret)
{
    enum ng_err err = get_part(kv, name, number, &ret->part);
    if (err) {
        return err;
    }
    ret->copy = malloc(ret->part.payload.size + 1);
    if (!ret->copy) {
        return err_plain(NG_ERR_NOMEM);
    }
    memcpy(ret->copy, ret->part.payload.data, ret->part.payload.size);
    ret->part.payload.data = ret->copy;
    return wire_acts_decode(ret->part.payload, &ret->acts);
}

static enum ng_err apply_set(struct fold *f, const struct fold_origin *origin,
                             const struct loaded_part *parts, uint32_t count)
{
    struct wire_act *acts = calloc((size_t)count * WIRE_ACTS_MAX, sizeof *acts);
    struct bytes *payloads = calloc(count, sizeof *payloads);
    enum ng_err err = acts && payloads ? NG_OK : err_plain(NG_ERR_NOMEM);
    size_t act_count = 0;
    for (uint32_t i = 0; i < count && !err; i++) {
        payloads[i] = parts[i].part.payload;
        for (size_t j = 0; j < parts[i].acts->count; j++) {
            acts[act_count++] = parts[i].acts->acts[j];
        }
    }
    struct fold_judged judged = {.outcome = WIRE_ACCEPTED};
    if (!err) {
        err = fold_criteria_apply(f, origin, acts, act_count, payloads, count, &judged);
    }
    if (!err) {
        fold_verdict_note(f, 0, &judged);
    }
    free(payloads);
    free(acts);
    return err;
}

static enum ng_err complete(struct fold *f, const struct import_name *name, uint32_t kind,
                            uint32_t count, const struct fold_origin *origin)
{
    struct loaded_part *parts = calloc(count, sizeof *parts);
    if (!parts) {
        return err_plain(NG_ERR_NOMEM);
    }
    enum ng_err err = NG_OK;
    for (uint32_t i = 0; i < count && !err; i++) {
        err = load_part(f->kv, name, i + 1, &parts[i]);
    }
    if (!err) {
        err = remove_import(f->kv, name, count);
    }
    if (!err && kind == WIRE_KIND_CRITERIA) {
        err = apply_set(f, origin, parts, count);
    } else {
        uint32_t before = 0;
        for (uint32_t i = 0; i < count && !err; i++) {
            struct fold_origin at = {.index = parts[i].part.index,
                                     .received_at = parts[i].part.received_at,
                                     .seq = parts[i].part.seq,
                                     .author = origin->author,
                                     .actor = parts[i].acts->actor,
                                     .by_department = origin->by_department};
            err = fold_acts_apply(f, kind, &at, parts[i].acts, before);
            before += (uint32_t)parts[i].acts->count;
        }
    }
    unload(parts, count);
    return err;
}

static void refuse_part(struct fold *f)
{
    struct fold_judged judged = {.outcome = WIRE_ACCEPTED};
    fold_refused(&judged, REASON_IMPORT_INCOMPLETE, NULL);
    fold_verdict_note(f, 0, &judged);
}

enum ng_err fold_import_take(struct fold *f, uint32_t kind, const struct fold_origin *origin,
                             struct bytes payload, const struct wire_acts *acts, bool *ret_judged)
{
    const struct import_name name = {origin->author, acts->import_id};
    struct import_head head;
    bool fits;
    *ret_judged = true;
    enum ng_err err = open_import(f->kv, &name, kind, origin->index, acts, &head, &fits);
    if (err) {
        return err;
    }
    if (!fits) {
        refuse_part(f);
        return NG_OK;
    }
    struct import_part part;
    err = get_part(f->kv, &name, acts->part_number, &part);
    if (!err) {
        bool same = part.payload.size == payload.size &&
                    memcmp(part.payload.data, payload.data, payload.size) == 0;
        *ret_judged = !same;
        if (!same) {
            refuse_part(f);
        }
        return NG_OK;
    }
    if (err != NG_ERR_NOT_FOUND) {
        return err;
    }
    part = (struct import_part){origin->index, origin->received_at, origin->seq, payload};
    head.have++;
    err = put_part(f->kv, &name, acts->part_number, &part);
    if (!err) {
        err = put_head(f->kv, &name, &head);
    }
    *ret_judged = head.have == head.count;
    if (!err && head.have == head.count) {
        err = complete(f, &name, kind, head.count, origin);
    }
    return err;
}
