/* What it is for: the live ranking. The idea: sums per field and basis lie in one small record for
 * each unit; the index keeps, for each basis, one key `class, order, unit` whose bytes sort as the
 * fractions do (fraction_key: equal fractions give equal bytes). The happy path: load, change, put.
 * What may fail: storage only; a record that does not fit its set is NG_ERR_CORRUPT. */
#include "office-service/standing.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"
#include "office-service/record.h"
#include "office-service/tally_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the keys of a board's standings begin with. */
static struct state_key standings_key(uint32_t year, const char *group)
{
    struct state_key key = state_key(STATE_STANDING);
    state_key_u32(&key, year);
    state_key_text(&key, group);
    return key;
}

static struct state_key standing_key(const struct score_place *at)
{
    struct state_key key = standings_key(at->year, at->group);
    state_key_text(&key, at->unit);
    return key;
}

static struct state_key board_key(uint32_t year, const char *group, enum basis basis)
{
    struct state_key key = state_key(STATE_RANK);
    state_key_u32(&key, year);
    state_key_text(&key, group);
    state_key_u8(&key, (uint8_t)basis);
    return key;
}

static struct state_key rank_key(const struct standing *s, enum basis basis)
{
    struct state_key key = board_key(s->year, s->group, basis);
    state_key_raw(&key, s->order[basis], STANDING_ORDER_SIZE);
    state_key_text(&key, s->unit);
    return key;
}

/* Memory it has for as many fields is used again. */
static enum ng_err standing_init(struct standing *s, const struct score_place *at,
                                 size_t field_count)
{
    struct tally_sum *sums = s->sums;
    if (!sums || s->field_count != field_count) {
        free(sums);
        sums = calloc(field_count * BASIS_COUNT + 1, sizeof *sums);
    } else {
        memset(sums, 0, field_count * BASIS_COUNT * sizeof *sums);
    }
    *s = (struct standing){.year = at->year, .field_count = field_count, .sums = sums};
    state_copy_code(s->group, at->group, sizeof s->group);
    state_copy_code(s->unit, at->unit, sizeof s->unit);
    return s->sums ? NG_OK : err_plain(NG_ERR_NOMEM);
}

void standing_fini(struct standing *s)
{
    free(s->sums);
    s->sums = NULL;
}

#define SUM_SIZE 20u /* points, maximum, answered */

/* The sums of one basis, or past them: they are most of a record, and a board needs half. */
static void read_sums(struct record_in *r, size_t count, struct tally_sum *ret)
{
    const uint8_t *at = record_get_span(r, count * SUM_SIZE);
    for (size_t i = 0; at && ret && i < count; i++, at += SUM_SIZE) {
        ret[i].points.micro = (int64_t)bytes_get_u64(at);
        ret[i].max.micro = (int64_t)bytes_get_u64(at + 8);
        ret[i].answered = bytes_get_u32(at + 16);
    }
}

/* bases: whose sums are read. */
static enum ng_err read_record(const struct score_place *at, struct bytes value, unsigned bases,
                               struct standing *s)
{
    struct record_in r = record_in(value);
    uint32_t fields = record_get_u32(&r);
    if (fields > CRITERIA_NODES_MAX) {
        r.bad = true;
        fields = 0;
    }
    enum ng_err err = standing_init(s, at, fields);
    if (err) {
        return err;
    }
    s->answered = record_get_u32(&r);
    s->updated_index = record_get_u64(&r);
    s->stored = true;
    for (size_t basis = 0; basis < BASIS_COUNT; basis++) {
        record_get_raw(&r, s->order[basis], STANDING_ORDER_SIZE);
    }
    for (size_t basis = 0; basis < BASIS_COUNT; basis++) {
        read_sums(&r, fields, bases & (1u << basis) ? s->sums + basis * fields : NULL);
    }
    return record_in_end(&r, "standing");
}

enum ng_err standing_get(const struct kv *kv, const struct score_place *at, struct standing *ret)
{
    struct state_key key = standing_key(at);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct standing s = {.field_count = 0};
    err = read_record(at, value, STANDING_BOTH, &s);
    if (err) {
        standing_fini(&s);
        return err;
    }
    *ret = s;
    return NG_OK;
}

void standing_scan_begin(struct standing_scan *w, const struct kv *kv, uint32_t year,
                         const char *group, enum basis basis)
{
    struct state_key key = standings_key(year, group);
    w->prefix_size = key.size;
    w->year = year;
    w->basis = basis;
    state_copy_code(w->group, group, sizeof w->group);
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err standing_scan_next(struct standing_scan *w, struct standing *s)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    size_t at = w->prefix_size;
    const char *unit = state_key_read_text(key, &at);
    if (!unit || strlen(unit) >= STATE_UNIT_SIZE) {
        return err_set(NG_ERR_CORRUPT, _("state: a standing's key does not parse; run rebuild"));
    }
    const struct score_place place = {w->year, w->group, unit};
    return read_record(&place, value, 1u << w->basis, s);
}

static enum ng_err put_record(const struct kv *kv, const struct standing *s)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u32(&r, (uint32_t)s->field_count);
    record_put_u32(&r, s->answered);
    record_put_u64(&r, s->updated_index);
    for (size_t basis = 0; basis < BASIS_COUNT; basis++) {
        record_put_raw(&r, s->order[basis], STANDING_ORDER_SIZE);
    }
    for (size_t i = 0; i < s->field_count * BASIS_COUNT; i++) {
        record_put_decimal(&r, s->sums[i].points);
        record_put_decimal(&r, s->sums[i].max);
        record_put_u32(&r, s->sums[i].answered);
    }
    struct score_place at = {s->year, s->group, s->unit};
    struct state_key key = standing_key(&at);
    return record_out_put(&r, kv, STATE_KEY(key));
}

/* ---- Sums ---- */

enum ng_err standing_check(const struct standing *s, const struct criteria *set)
{
    const uint32_t *fields;
    if (criteria_fields(set, &fields) == s->field_count) {
        return NG_OK;
    }
    return err_set(NG_ERR_CORRUPT, _("state: the standing of %s does not fit its set; run rebuild"),
                   s->unit);
}

static size_t field_position(const struct criteria *set, uint32_t node)
{
    const uint32_t *fields;
    size_t count = criteria_fields(set, &fields);
    uint32_t field = criteria_node(set, node)->field;
    size_t at = 0;
    while (fields[at] != field) {
        at++;
        CHECK(at < count); /* criteria.h: every node belongs to a field of its set */
    }
    return at;
}

void standing_change(struct standing *s, const struct criteria *set, unsigned bases, uint32_t node,
                     const struct score *old_score, const struct score *new_score)
{
    size_t field = field_position(set, node);
    for (size_t basis = 0; basis < BASIS_COUNT; basis++) {
        if (bases & (1u << basis)) {
            tally_change(&s->sums[basis * s->field_count + field], old_score, new_score);
        }
    }
}

/* The score of a leaf on both bases, from what the state holds of it. */
static enum ng_err leaf_scores(const struct kv *kv, const struct criteria *set,
                               const struct score_place *at, uint32_t node,
                               const struct tally_row *tasks, struct score ret[BASIS_COUNT],
                               bool *ret_answered, uint64_t *ret_index)
{
    const struct criteria_node *n = criteria_node(set, node);
    *ret_answered = false;
    *ret_index = 0;
    if (n->method.kind == METHOD_TASKS) {
        ret[BASIS_SELF] = score_tasks(set, node, tasks->on_time_weight, tasks->due_weight);
        ret[BASIS_LIVE] = ret[BASIS_SELF];
        return NG_OK;
    }
    bool survey = n->method.kind == METHOD_SURVEY;
    ret[BASIS_SELF] = survey ? score_outside() : score_none(set, node);
    ret[BASIS_LIVE] = ret[BASIS_SELF];
    struct score_row row;
    enum ng_err err = score_row_get(kv, at, n->code, &row);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    ret[BASIS_LIVE] = row.score;
    *ret_index = row.index;
    if (!survey) {
        ret[BASIS_SELF] = row.score;
        *ret_answered = true;
    }
    return NG_OK;
}

enum ng_err standing_build(const struct kv *kv, const struct criteria *set,
                           const struct score_place *at, struct standing *ret)
{
    struct tally_row tasks;
    enum ng_err err = tally_row_get(kv, at->unit, at->year, &tasks);
    if (err) {
        return err;
    }
    const uint32_t *fields;
    struct standing s = {.field_count = 0};
    err = standing_init(&s, at, criteria_fields(set, &fields));
    const struct score nothing = score_outside();
    for (uint32_t node = 0; node < criteria_count(set) && !err; node++) {
        if (criteria_node(set, node)->children > 0) {
            continue;
        }
        struct score scores[BASIS_COUNT];
        bool answered;
        uint64_t index;
        err = leaf_scores(kv, set, at, node, &tasks, scores, &answered, &index);
        if (!err) {
            standing_change(&s, set, 1u << BASIS_SELF, node, &nothing, &scores[BASIS_SELF]);
            standing_change(&s, set, 1u << BASIS_LIVE, node, &nothing, &scores[BASIS_LIVE]);
            s.answered += answered;
            s.updated_index = index > s.updated_index ? index : s.updated_index;
        }
    }
    if (err) {
        standing_fini(&s);
        return err;
    }
    *ret = s;
    return NG_OK;
}

const struct tally_sum *standing_sums(const struct standing *s, enum basis basis)
{
    return s->sums + (size_t)basis * s->field_count;
}

struct fraction standing_total(const struct standing *s, const struct criteria *set,
                               enum basis basis)
{
    return tally_total(set, standing_sums(s, basis));
}

/* ---- Places ---- */

enum standing_class standing_class_of(const struct standing *s, const struct criteria *set,
                                      struct fraction total)
{
    if (s->answered == 0 && criteria_answerable(set) > 0) {
        return STANDING_MISSING;
    }
    return total.max.micro > 0 ? STANDING_RANKED : STANDING_NO_MAXIMUM;
}

static void order_of(const struct standing *s, const struct criteria *set, enum basis basis,
                     uint8_t ret[STANDING_ORDER_SIZE])
{
    memset(ret, 0, STANDING_ORDER_SIZE);
    const struct fraction total = standing_total(s, set, basis);
    const enum standing_class class = standing_class_of(s, set, total);
    ret[0] = (uint8_t) class;
    if (class != STANDING_RANKED) {
        return;
    }
    uint8_t key[FRACTION_KEY_SIZE];
    fraction_key(total, key);
    for (size_t i = 0; i < FRACTION_KEY_SIZE; i++) {
        ret[1 + i] = (uint8_t)~key[i]; /* the greatest first */
    }
}

static enum ng_err move_place(const struct kv *kv, const struct criteria *set, struct standing *s,
                              enum basis basis)
{
    uint8_t order[STANDING_ORDER_SIZE];
    order_of(s, set, basis, order);
    if (s->stored && memcmp(order, s->order[basis], sizeof order) == 0) {
        return NG_OK;
    }
    if (s->stored) {
        struct state_key old = rank_key(s, basis);
        enum ng_err err = kv_remove(kv, STATE_KEY(old));
        if (err) {
            return err;
        }
    }
    memcpy(s->order[basis], order, sizeof order);
    struct state_key key = rank_key(s, basis);
    return kv_put(kv, STATE_KEY(key), KV_NOTHING);
}

enum ng_err standing_put(const struct kv *kv, const struct criteria *set, struct standing *s)
{
    enum ng_err err = standing_check(s, set);
    if (!err) {
        err = move_place(kv, set, s, BASIS_SELF);
    }
    if (!err) {
        err = move_place(kv, set, s, BASIS_LIVE);
    }
    if (!err) {
        err = put_record(kv, s);
    }
    if (!err) {
        s->stored = true;
    }
    return err;
}

enum ng_err standing_remove(const struct kv *kv, struct standing *s)
{
    for (size_t basis = 0; basis < BASIS_COUNT; basis++) {
        struct state_key rank = rank_key(s, (enum basis)basis);
        enum ng_err err = kv_remove(kv, STATE_KEY(rank));
        if (err) {
            return err;
        }
    }
    s->stored = false;
    struct score_place at = {s->year, s->group, s->unit};
    struct state_key key = standing_key(&at);
    return kv_remove(kv, STATE_KEY(key));
}

void standing_walk_begin(struct standing_walk *w, const struct kv *kv, uint32_t year,
                         const char *group, enum basis basis)
{
    struct state_key key = board_key(year, group, basis);
    w->prefix_size = key.size;
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err standing_walk_next(struct standing_walk *w, uint8_t ret_order[STANDING_ORDER_SIZE],
                               char ret_unit[STATE_UNIT_SIZE])
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    if (err) {
        return err;
    }
    size_t at = w->prefix_size + STANDING_ORDER_SIZE;
    const char *unit = state_key_read_text(key, &at);
    if (!unit || strlen(unit) >= STATE_UNIT_SIZE) {
        return err_set(NG_ERR_CORRUPT, _("state: the rank index does not parse; run rebuild"));
    }
    memcpy(ret_order, key.data + w->prefix_size, STANDING_ORDER_SIZE);
    state_copy_code(ret_unit, unit, STATE_UNIT_SIZE);
    return NG_OK;
}
