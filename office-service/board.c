/* The idea: the rank index already has the order; the board walks it and counts equal neighbours as
 * ties (competition ranking: 1, 2, 2, 4). Nothing is sorted here, and nothing is compared but the
 * bytes of the index, which are equal exactly for equal fractions.
 *
 * The rows are read before, one table after the other, each in order of unit: neighbours lie on
 * one page there, while in order of rank each look-up would go down the tree again. Measured at
 * 3,321 units: a third of the time. What may fail: storage, memory, and a state whose tables do not
 * fit each other. */
#include "office-service/board.h"

#include "base/lang.h"
#include "office-service/tally_row.h"
#include "office-service/task_list.h"
#include "office-service/unit_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 1000000u
#define POOL_MAX ((size_t)1 << 30)
#define GROUPS_SHOWN 12u

static const struct {
    const char *name;
    const char *text;
} states[] = {
    [BOARD_MISSING] = {"missing", N_("no report")},
    [BOARD_PARTIAL] = {"partial", N_("in part")},
    [BOARD_COMPLETE] = {"complete", N_("complete")},
};

const char *board_state_name(enum board_state state)
{
    return states[state].name;
}

const char *board_state_text(enum board_state state)
{
    return _(states[state].text);
}

const char *board_basis_name(enum basis basis)
{
    return basis == BASIS_SELF ? "self" : "live";
}

/* ---- What there is instead ---- */

static enum ng_err known_groups(const struct kv *kv, struct buf *to)
{
    struct state_key prefix = state_key(STATE_MEMBER);
    struct kv_walk w;
    struct bytes key;
    struct bytes value;
    char last[STATE_CODE_SIZE] = "";
    unsigned count = 0;
    enum ng_err err;
    kv_walk_begin(&w, kv, STATE_KEY(prefix));
    while ((err = kv_walk_next(&w, &key, &value)) == NG_OK) {
        size_t at = 1;
        const char *group = state_key_read_text(key, &at);
        if (!group || strcmp(group, last) == 0) {
            continue;
        }
        (void)snprintf(last, sizeof last, "%s", group);
        if (++count > GROUPS_SHOWN) {
            return buf_add_text(to, " …");
        }
        err = buf_printf(to, "%s%s", count > 1 ? ", " : "", group);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err known_years(const struct kv *kv, const char *group, struct buf *to)
{
    struct set_walk w;
    char found[STATE_CODE_SIZE];
    uint32_t year;
    enum ng_err err;
    set_walk_begin(&w, kv, group);
    while ((err = set_walk_next(&w, found, &year)) == NG_OK) {
        err = buf_printf(to, "%s%lu", to->size ? ", " : "", (unsigned long)year);
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err say_absence(uint32_t year, const char *group, bool known, const char *groups,
                               const char *years)
{
    if (!groups[0]) {
        return err_set(NG_ERR_NOT_FOUND,
                       _("there are no units yet: import them with units import"));
    }
    if (!known) {
        return err_set(NG_ERR_NOT_FOUND, _("no group %s; known groups: %s"), group, groups);
    }
    if (!years[0]) {
        return err_set(NG_ERR_NOT_FOUND,
                       _("no criteria set for group %s: import one with criteria import"), group);
    }
    return err_set(NG_ERR_NOT_FOUND, _("no criteria set for group %s in %lu; there is one for: %s"),
                   group, (unsigned long)year, years);
}

enum ng_err board_explain_absence(const struct kv *kv, uint32_t year, const char *group)
{
    struct buf groups = BUF_INIT(4096);
    struct buf years = BUF_INIT(4096);
    struct unit_walk w;
    char unit[STATE_UNIT_SIZE];
    unit_walk_begin(&w, kv, group);
    enum ng_err err = unit_walk_next(&w, unit);
    bool known = !err;
    if (!err || err == NG_ERR_NOT_FOUND) {
        err = known_groups(kv, &groups);
    }
    if (!err) {
        err = known_years(kv, group, &years);
    }
    known = known || years.size > 0;
    if (!err || err == NG_ERR_LIMIT) {
        err = say_absence(year, group, known, buf_text(&groups), buf_text(&years));
    }
    buf_fini(&groups);
    buf_fini(&years);
    return err;
}

/* ---- Making ---- */

static enum ng_err take_set(struct board *b, const struct criteria *set)
{
    const struct criteria_head *head = criteria_head(set);
    const uint32_t *nodes;
    b->field_count = criteria_fields(set, &nodes);
    b->fields = calloc(b->field_count + 1, sizeof *b->fields);
    b->set = strdup(head->set);
    if (!b->fields || !b->set) {
        return err_plain(NG_ERR_NOMEM);
    }
    b->sample = head->sample;
    b->rounding = head->rounding;
    b->components = criteria_answerable(set);
    for (size_t i = 0; i < b->field_count; i++) {
        const struct criteria_node *n = criteria_node(set, nodes[i]);
        b->fields[i].group = n->group;
        b->fields[i].code = strdup(n->code);
        b->fields[i].name_vi = strdup(n->name_vi);
        b->fields[i].name_en = strdup(n->name_en);
        if (!b->fields[i].code || !b->fields[i].name_vi || !b->fields[i].name_en) {
            return err_plain(NG_ERR_NOMEM);
        }
    }
    return NG_OK;
}

static struct board_row *add_row(struct board *b)
{
    if (b->row_count >= ROWS_MAX) {
        return NULL;
    }
    if ((b->row_count & (b->row_count + 1)) == 0) { /* full at 0, 1, 3, 7 … */
        struct board_row *more = realloc(b->rows, (2 * b->row_count + 1) * sizeof *more);
        if (!more) {
            return NULL;
        }
        b->rows = more;
    }
    struct board_row *row = &b->rows[b->row_count++];
    memset(row, 0, sizeof *row);
    row->fields = pool_take_array(&b->pool, b->field_count + 1, sizeof *row->fields);
    return row->fields ? row : NULL;
}

static void take_standing(const struct criteria *set, const struct board *b,
                          const struct standing *s, struct board_row *row)
{
    const uint32_t *nodes;
    size_t count = criteria_fields(set, &nodes);
    const struct tally_sum *sums = standing_sums(s, b->basis);
    for (size_t i = 0; i < count; i++) {
        row->fields[i] = tally_shown(set, nodes[i], &sums[i]);
    }
    row->total = standing_total(s, set, b->basis);
    const enum standing_class class = standing_class_of(s, set, row->total);
    state_copy_code(row->unit, s->unit, sizeof row->unit);
    row->has_points = class != STANDING_MISSING;
    row->has_index = class == STANDING_RANKED;
    row->answered = s->answered;
    row->updated_index = s->updated_index;
    if (class == STANDING_MISSING) {
        row->state = BOARD_MISSING;
    } else {
        row->state = s->answered < b->components ? BOARD_PARTIAL : BOARD_COMPLETE;
    }
}

/* All are counted, so that a place missing from the index is seen whosever row is asked for. */
static enum ng_err add_rows(const struct kv *kv, const struct criteria *set, const char *only,
                            struct board *b)
{
    struct standing_scan w;
    struct standing s = {.field_count = 0};
    enum ng_err err = NG_OK;
    standing_scan_begin(&w, kv, b->year, b->group, b->basis);
    while (!err) {
        err = standing_scan_next(&w, &s);
        b->unit_count += !err;
        if (err || (only && strcmp(s.unit, only) != 0)) {
            continue;
        }
        err = standing_check(&s, set);
        if (err) {
            continue;
        }
        struct board_row *row = add_row(b);
        if (row) {
            take_standing(set, b, &s, row);
        } else {
            err = err_plain(NG_ERR_NOMEM);
        }
    }
    standing_fini(&s);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err is_unknown(const char *unit)
{
    return err_set(NG_ERR_CORRUPT, _("state: %s is ranked but not known; run rebuild"), unit);
}

static enum ng_err take_names(const struct kv *kv, struct board *b)
{
    for (size_t i = 0; i < b->row_count; i++) {
        struct board_row *row = &b->rows[i];
        struct unit_row unit;
        enum ng_err err = unit_row_get(kv, row->unit, &unit);
        if (err) {
            return err == NG_ERR_NOT_FOUND ? is_unknown(row->unit) : err;
        }
        row->name = pool_text(&b->pool, unit.name);
        if (!row->name) {
            return err_plain(NG_ERR_NOMEM);
        }
    }
    return NG_OK;
}

static enum ng_err take_tasks(const struct kv *kv, struct task_group *tasks, struct board *b)
{
    enum ng_err err = NG_OK;
    struct kv_ahead ahead = {0};
    for (size_t i = 0; i < b->row_count && !err; i++) {
        struct board_row *row = &b->rows[i];
        struct tally_row tally;
        err = tally_row_ahead(&ahead, kv, row->unit, b->year, &tally);
        row->tasks = (struct board_tasks){tally.on_time, tally.due, tally.due};
    }
    for (size_t i = 0; i < b->row_count && !err; i++) {
        uint32_t open = 0;
        err = task_list_open(kv, tasks, b->rows[i].unit, &open);
        b->rows[i].tasks.total += open;
    }
    return err;
}

static int unit_and_row(const void *unit, const void *row)
{
    return strcmp(unit, ((const struct board_row *)row)->unit);
}

/* Where a walk of the index stands. */
struct places {
    size_t count;
    size_t rank;
    size_t taken; /* rows put in order */
    bool before;  /* the place before is that of the row taken last */
    uint8_t last[STANDING_ORDER_SIZE];
};

/* row: of the unit in this place; NULL: not asked for. It is copied, and its rank says that it has
 * a place. */
static void take_place(struct places *p, const uint8_t order[STANDING_ORDER_SIZE],
                       struct board_row *row, struct board_row *ranked)
{
    const bool has_rank = order[0] == STANDING_RANKED;
    const bool tied = has_rank && p->count > 0 && memcmp(order, p->last, sizeof p->last) == 0;
    p->count++;
    p->rank = tied ? p->rank : p->count;
    if (tied && p->before) {
        ranked[p->taken - 1].tied = true;
    }
    p->before = row != NULL;
    if (row) {
        ranked[p->taken] = *row;
        ranked[p->taken].rank = has_rank ? p->rank : 0;
        ranked[p->taken++].tied = tied;
        row->rank = p->count;
    }
    memcpy(p->last, order, sizeof p->last);
}

/* Puts the rows, which are in order of unit, into the order of the index. */
static enum ng_err rank_rows(const struct kv *kv, const char *only, struct board *b)
{
    struct standing_walk w;
    struct places p = {0};
    uint8_t order[STANDING_ORDER_SIZE];
    char unit[STATE_UNIT_SIZE];
    struct board_row *ranked = calloc(b->row_count + 1, sizeof *ranked);
    enum ng_err err = ranked ? NG_OK : err_plain(NG_ERR_NOMEM);
    standing_walk_begin(&w, kv, b->year, b->group, b->basis);
    while (!err && (err = standing_walk_next(&w, order, unit)) == NG_OK) {
        struct board_row *row =
            b->row_count ? bsearch(unit, b->rows, b->row_count, sizeof *b->rows, unit_and_row)
                         : NULL;
        if (row && row->rank) {
            err = err_set(NG_ERR_CORRUPT, _("state: %s has two places on a board; run rebuild"),
                          unit);
            break;
        }
        if ((!row && !only) || p.count == b->unit_count) {
            err = is_unknown(unit);
            break;
        }
        take_place(&p, order, row, ranked);
    }
    err = err == NG_ERR_NOT_FOUND ? NG_OK : err;
    if (!err && (p.count != b->unit_count || p.taken != b->row_count)) {
        const size_t lost = b->unit_count - p.count;
        err = err_set(NG_ERR_CORRUPT, _("state: %zu units of a board have no place; run rebuild"),
                      lost ? lost : b->row_count - p.taken);
    }
    free(b->rows);
    b->rows = ranked;
    return err;
}

/* only: the unit whose row is wanted; NULL: every unit's. */
static enum ng_err make(const struct kv *kv, struct set_cache *sets, const char *only,
                        struct board *b)
{
    const struct criteria *set;
    struct state_meta meta;
    struct task_group *tasks = NULL;
    enum ng_err err = state_meta_get(kv, &meta);
    if (err) {
        return err;
    }
    b->log_size = meta.applied;
    b->received_at = meta.received_at;
    err = set_cache_get(sets, kv, b->group, b->year, &set);
    if (err == NG_ERR_NOT_FOUND) {
        return board_explain_absence(kv, b->year, b->group);
    }
    if (!err) {
        err = take_set(b, set);
    }
    if (!err) {
        err = task_list_group_new(kv, b->group, b->year, meta.day, &tasks);
    }
    if (!err) {
        err = add_rows(kv, set, only, b);
    }
    if (!err) {
        err = take_names(kv, b);
    }
    if (!err) {
        err = take_tasks(kv, tasks, b);
    }
    if (!err) {
        err = rank_rows(kv, only, b);
    }
    task_list_group_destroy(&tasks);
    return err;
}

enum ng_err board_make(const struct kv *kv, struct set_cache *sets, uint32_t year,
                       const char *group, enum basis basis, struct board *ret)
{
    return board_make_one(kv, sets, year, group, basis, NULL, ret);
}

enum ng_err board_make_one(const struct kv *kv, struct set_cache *sets, uint32_t year,
                           const char *group, enum basis basis, const char *unit, struct board *ret)
{
    struct board b = {.year = year, .basis = basis};
    (void)snprintf(b.group, sizeof b.group, "%s", group);
    pool_init(&b.pool, POOL_MAX);
    enum ng_err err = make(kv, sets, unit, &b);
    if (err) {
        board_fini(&b);
        return err;
    }
    *ret = b;
    return NG_OK;
}

void board_fini(struct board *b)
{
    for (size_t i = 0; b->fields && i < b->field_count; i++) {
        free(b->fields[i].code);
        free(b->fields[i].name_vi);
        free(b->fields[i].name_en);
    }
    pool_fini(&b->pool);
    free(b->rows);
    free(b->fields);
    free(b->set);
    *b = (struct board){0};
}

const struct board_row *board_find(const struct board *b, const char *unit)
{
    for (size_t i = 0; i < b->row_count; i++) {
        if (strcmp(b->rows[i].unit, unit) == 0) {
            return &b->rows[i];
        }
    }
    return NULL;
}
