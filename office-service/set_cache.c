/* A set is needed for every answer and costs much to parse, so a few parsed ones are kept, the one
 * that was not used for longest goes first. The state stays the only truth: each use asks it from
 * which leaf the set came, which is one small read. */
#include "office-service/set_cache.h"

#include "base/lang.h"
#include "office-service/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct state_key set_key(enum state_table table, const char *group, uint32_t year)
{
    struct state_key key = state_key(table);
    state_key_text(&key, group);
    state_key_u32(&key, year);
    return key;
}

enum ng_err set_row_get(const struct kv *kv, const char *group, uint32_t year, struct set_row *ret)
{
    struct state_key key = set_key(STATE_SET, group, year);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->index = record_get_u64(&r);
    ret->received_at = record_get_u64(&r);
    ret->parts = record_get_u32(&r);
    ret->used = record_get_u8(&r) != 0;
    return record_in_end(&r, "set");
}

enum ng_err set_row_put(const struct kv *kv, const char *group, uint32_t year,
                        const struct set_row *row)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u64(&r, row->index);
    record_put_u64(&r, row->received_at);
    record_put_u32(&r, row->parts);
    record_put_u8(&r, row->used);
    struct state_key key = set_key(STATE_SET, group, year);
    return record_out_put(&r, kv, STATE_KEY(key));
}

enum ng_err set_part_put(const struct kv *kv, const char *group, uint32_t year, uint32_t number,
                         struct bytes payload)
{
    struct state_key key = set_key(STATE_SET_PART, group, year);
    state_key_u32(&key, number);
    return kv_put(kv, STATE_KEY(key), payload);
}

enum ng_err set_part_remove(const struct kv *kv, const char *group, uint32_t year, uint32_t number)
{
    struct state_key key = set_key(STATE_SET_PART, group, year);
    state_key_u32(&key, number);
    return kv_remove(kv, STATE_KEY(key));
}

void set_walk_begin(struct set_walk *w, const struct kv *kv, const char *group)
{
    struct state_key key = state_key(STATE_SET);
    if (group) {
        state_key_text(&key, group);
    }
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err set_walk_next(struct set_walk *w, char ret_group[STATE_CODE_SIZE], uint32_t *ret_year)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    size_t at = 1;
    const char *group = state_key_read_text(key, &at);
    if (!group || strlen(group) >= STATE_CODE_SIZE || key.size - at != 4) {
        return err_set(NG_ERR_CORRUPT, _("state: a set's key does not parse; run rebuild"));
    }
    (void)snprintf(ret_group, STATE_CODE_SIZE, "%s", group);
    struct record_in r = record_in((struct bytes){key.data + at, 4});
    *ret_year = record_get_u32(&r);
    return NG_OK;
}

/* ---- The cache ---- */

#define CACHE_SETS 8u

struct cached_set {
    char group[STATE_CODE_SIZE];
    uint32_t year;
    uint64_t index;
    uint64_t used_at; /* for choosing which one to drop */
    struct criteria *set;
};

struct set_cache {
    struct cached_set sets[CACHE_SETS];
    uint64_t turn;
};

struct set_cache *set_cache_new(void)
{
    return calloc(1, sizeof(struct set_cache));
}

void set_cache_destroy(struct set_cache **c)
{
    if (!c || !*c) {
        return;
    }
    for (size_t i = 0; i < CACHE_SETS; i++) {
        criteria_destroy(&(*c)->sets[i].set);
    }
    free(*c);
    *c = NULL;
}

/* The stored acts of a set, decoded statement by statement and copied together. */
struct set_acts {
    struct wire_acts *parts[SET_PARTS_MAX];
    size_t part_count;
    struct wire_act *acts;
    size_t count;
};

static void set_acts_fini(struct set_acts *a)
{
    for (size_t i = 0; i < a->part_count; i++) {
        wire_acts_destroy(&a->parts[i]);
    }
    free(a->acts);
}

static enum ng_err set_damaged(const char *group, uint32_t year)
{
    return err_set(NG_ERR_CORRUPT, _("state: the set of %s %lu is damaged; run rebuild"), group,
                   (unsigned long)year);
}

static enum ng_err set_acts_load(struct set_acts *a, const struct kv *kv, const char *group,
                                 uint32_t year, uint32_t parts)
{
    if (parts > SET_PARTS_MAX) {
        return err_set(NG_ERR_CORRUPT, _("state: a set of %lu parts; run rebuild"),
                       (unsigned long)parts);
    }
    a->acts = calloc((size_t)parts * WIRE_ACTS_MAX, sizeof *a->acts);
    if (!a->acts) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (uint32_t number = 1; number <= parts; number++) {
        struct state_key key = set_key(STATE_SET_PART, group, year);
        state_key_u32(&key, number);
        struct bytes payload;
        enum ng_err err = kv_get(kv, STATE_KEY(key), &payload);
        if (!err) {
            err = wire_acts_decode(payload, &a->parts[a->part_count]);
        }
        if (err == NG_ERR_NOT_FOUND || err == NG_ERR_PROTO || err == NG_ERR_LIMIT) {
            err = set_damaged(group, year);
        }
        if (err) {
            return err; /* the disk or memory: rebuilding would not help */
        }
        const struct wire_acts *part = a->parts[a->part_count++];
        for (size_t i = 0; i < part->count; i++) {
            a->acts[a->count++] = part->acts[i];
        }
    }
    return NG_OK;
}

static enum ng_err load_set(const struct kv *kv, const char *group, uint32_t year, uint32_t parts,
                            struct criteria **ret)
{
    struct set_acts acts = {0};
    struct fault_list faults = FAULT_LIST_INIT;
    enum ng_err err = set_acts_load(&acts, kv, group, year, parts);
    if (!err) {
        err = criteria_from_acts(acts.acts, acts.count, &faults, ret);
        if (err == NG_ERR_INPUT) {
            err = set_damaged(group, year);
        }
    }
    fault_list_fini(&faults);
    set_acts_fini(&acts);
    return err;
}

static struct cached_set *find_slot(struct set_cache *c, const char *group, uint32_t year)
{
    struct cached_set *oldest = &c->sets[0];
    for (size_t i = 0; i < CACHE_SETS; i++) {
        struct cached_set *s = &c->sets[i];
        if (s->set && s->year == year && strcmp(s->group, group) == 0) {
            return s;
        }
        if (s->used_at < oldest->used_at) {
            oldest = s;
        }
    }
    return oldest;
}

enum ng_err set_cache_get(struct set_cache *c, const struct kv *kv, const char *group,
                          uint32_t year, const struct criteria **ret)
{
    struct set_row row;
    enum ng_err err = set_row_get(kv, group, year, &row);
    if (err) {
        return err;
    }
    struct cached_set *slot = find_slot(c, group, year);
    bool same = slot->set && slot->year == year && slot->index == row.index &&
                strcmp(slot->group, group) == 0;
    if (!same) {
        struct criteria *set = NULL;
        err = load_set(kv, group, year, row.parts, &set);
        if (err) {
            return err;
        }
        criteria_destroy(&slot->set);
        *slot = (struct cached_set){.year = year, .index = row.index, .set = set};
        (void)snprintf(slot->group, sizeof slot->group, "%s", group);
    }
    slot->used_at = ++c->turn;
    *ret = slot->set;
    return NG_OK;
}
