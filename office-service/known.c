/* Each act of an import is compared with the row of the state it would change, by the bytes the
 * fold would keep of it, so that "the same" here is the fold's "changes nothing". */
#include "office-service/known.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/fold_act.h"
#include "office-service/fold_actor.h"
#include "office-service/member_row.h"
#include "office-service/score_row.h"
#include "office-service/task_row.h"
#include "office-service/unit_row.h"
#include "par/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void known_fini(struct known_news *n)
{
    free(n->acts);
    free(n->lines);
    *n = (struct known_news){0};
}

static enum ng_err begin(const struct actlist *list, struct known_news *n)
{
    size_t count = actlist_count(list);
    *n = (struct known_news){0};
    n->acts = calloc(count + 1, sizeof *n->acts);
    n->lines = calloc(count + 1, sizeof *n->lines);
    if (n->acts && n->lines) {
        return NG_OK;
    }
    known_fini(n);
    return err_plain(NG_ERR_NOMEM);
}

static void add(struct known_news *n, const struct actlist *list, size_t i, bool same)
{
    if (same) {
        n->same++;
        return;
    }
    n->acts[n->count] = actlist_acts(list)[i];
    n->lines[n->count++] = actlist_line(list, i);
}

enum ng_err known_all(const struct actlist *list, struct known_news *ret)
{
    enum ng_err err = begin(list, ret);
    for (size_t i = 0; !err && i < actlist_count(list); i++) {
        add(ret, list, i, false);
    }
    return err;
}

/* Whether the stored act is this one. */
static enum ng_err same_act(const struct wire_act *act, struct bytes said, bool *ret)
{
    struct buf mine = BUF_INIT(STATEMENT_SIZE_MAX);
    enum ng_err err = fold_encode_act(act, &mine);
    *ret = !err && mine.size == said.size && memcmp(mine.data, said.data, said.size) == 0;
    buf_fini(&mine);
    return err;
}

/* ---- Units ---- */

static const char *kept_text(struct pool *keep, const char *text)
{
    const char *copy = pool_text(keep, text);
    return copy ? copy : "";
}

static const char *kept_day(struct pool *keep, int32_t day)
{
    char text[11] = "";
    if (day != DAY_NONE) {
        day_format_iso(day, text);
    }
    return kept_text(keep, text);
}

static bool day_is(const char *text, int32_t day)
{
    int32_t parsed = DAY_NONE;
    return (!text[0] || !day_parse(text, &parsed)) && parsed == day;
}

static bool same_unit(const struct wire_unit *u, const struct unit_row *row)
{
    return strcmp(u->name, row->name) == 0 && strcmp(u->group, row->group) == 0 &&
           strcmp(u->parent, row->parent) == 0 && day_is(u->valid_from, row->valid_from) &&
           day_is(u->valid_to, row->valid_to);
}

/* An empty cell is what the state has, "-" is nothing. */
static const char *merge(const char *said, const char *known)
{
    if (!said || !said[0]) {
        return known;
    }
    return strcmp(said, UNIT_CLEAR) == 0 ? "" : said;
}

static void merge_unit(struct wire_unit *u, const struct unit_row *row, struct pool *keep)
{
    u->parent = merge(u->parent, kept_text(keep, row->parent));
    u->valid_from = merge(u->valid_from, kept_day(keep, row->valid_from));
    u->valid_to = merge(u->valid_to, kept_day(keep, row->valid_to));
}

/* Dates that are right by themselves, and wrong beside those the state has. */
static void check_unit(const struct wire_unit *u, const struct unit_row *row, uint32_t line,
                       struct fault_list *faults)
{
    const char *field;
    char from[11] = "-";
    if (fault_has(faults, line, NULL) || unit_check(u, &field) == REASON_FINE) {
        return;
    }
    if (row->valid_from != DAY_NONE) {
        day_format_vi(row->valid_from, from);
    }
    fault_add(faults, FAULT_FORM, line, field,
              _("this does not go together with what is known of %s (valid from %s)"), u->code,
              from);
}

enum ng_err known_units(const struct kv *kv, struct actlist *list, struct pool *keep,
                        struct fault_list *faults, struct known_news *ret)
{
    static const struct unit_row nothing = {
        .valid_from = DAY_NONE, .valid_to = DAY_NONE, .name = "", .parent = ""};
    enum ng_err err = begin(list, ret);
    for (size_t i = 0; !err && i < actlist_count(list); i++) {
        struct wire_unit *u = &actlist_act(list, i)->u.unit;
        struct unit_row row = nothing;
        err = unit_row_get(kv, u->code, &row);
        bool known = !err;
        if (err == NG_ERR_NOT_FOUND) {
            row = nothing;
            err = NG_OK;
        }
        merge_unit(u, &row, keep);
        check_unit(u, &row, actlist_line(list, i), faults);
        add(ret, list, i, known && same_unit(u, &row));
    }
    if (!err && keep->ran_out) {
        err = err_plain(NG_ERR_NOMEM); /* a kept text is missing: it would be cleared */
    }
    if (err) {
        known_fini(ret);
    }
    return err;
}

/* ---- Survey values ---- */

static void refuse_unit(struct fault_list *faults, const char *unit, const char *group,
                        uint32_t year, uint32_t line)
{
    char message[FAULT_MESSAGE_MAX];
    if (fault_has(faults, line, "unit")) {
        return;
    }
    (void)snprintf(message, sizeof message, _("there is no unit %.40s on the board of %.40s %lu"),
                   unit, group, (unsigned long)year);
    fault_add_refused(faults, REASON_UNKNOWN_UNIT, line, "unit", message);
}

enum ng_err known_survey(const struct kv *kv, const struct actlist *list, const char *group,
                         uint32_t year, const char *actor, struct fault_list *faults,
                         struct known_news *ret)
{
    enum ng_err err = begin(list, ret);
    for (size_t i = 0; !err && i < actlist_count(list); i++) {
        const struct wire_act *act = &actlist_acts(list)[i];
        const struct wire_survey *s = &act->u.survey;
        const struct score_place at = {year, group, s->unit};
        struct member_row member;
        struct score_row row;
        bool same = false;
        err = member_row_in(kv, s->unit, year, &member);
        bool there = !err && strcmp(member.group, group) == 0;
        if (!there && (!err || err == NG_ERR_NOT_FOUND)) {
            refuse_unit(faults, s->unit, group, year, actlist_line(list, i));
            err = NG_OK;
            continue;
        }
        if (!err) {
            err = score_row_get(kv, &at, s->code, &row);
        }
        if (!err) {
            err = same_act(act, row.said, &same);
            same = same && fold_signs_nothing_new(actor, row.actor);
        } else if (err == NG_ERR_NOT_FOUND) {
            err = NG_OK;
        }
        add(ret, list, i, same);
    }
    if (err) {
        known_fini(ret);
    }
    return err;
}

/* ---- Tasks ---- */

static enum ng_err owner_is_known(const struct kv *kv, const char *owner, bool *ret)
{
    struct unit_row unit;
    struct unit_walk w;
    char code[STATE_UNIT_SIZE];
    enum ng_err err;
    if (owner[0] == '@') {
        unit_walk_begin(&w, kv, owner + 1);
        err = unit_walk_next(&w, code);
    } else {
        err = unit_row_get(kv, owner, &unit);
    }
    *ret = !err;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err shares_year(const struct kv *kv, const struct wire_task *task, uint32_t from,
                               uint32_t to, bool *ret)
{
    struct task_walk w;
    char code[STATE_CODE_SIZE];
    uint32_t other;
    struct task_row row;
    enum ng_err err;
    *ret = false;
    task_walk_begin(&w, kv, task->unit, task->code);
    while ((err = task_walk_next(&w, code, &other, &row)) == NG_OK) {
        *ret = *ret || (other != from && other <= to && from <= row.to);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err check_owner(const struct kv *kv, const char *owner, uint32_t line,
                               struct fault_list *faults)
{
    char message[FAULT_MESSAGE_MAX];
    bool known;
    enum ng_err err = owner_is_known(kv, owner, &known);
    if (!err && !known && !fault_has(faults, line, "unit")) {
        (void)snprintf(message, sizeof message,
                       owner[0] == '@' ? _("no unit of the group %.40s is known")
                                       : _("the unit %.40s is not known"),
                       owner[0] == '@' ? owner + 1 : owner);
        fault_add_refused(faults, REASON_UNKNOWN_UNIT, line, "unit", message);
    }
    return err;
}

static enum ng_err check_years(const struct kv *kv, const struct wire_task *task, uint32_t line,
                               uint32_t from, uint32_t to, struct fault_list *faults)
{
    bool shared;
    enum ng_err err = shares_year(kv, task, from, to, &shared);
    if (!err && shared) {
        fault_add_refused(faults, REASON_BAD_TASK, line, "year",
                          _("another task of this code and unit covers one of these years"));
    }
    return err;
}

static void keep_text(struct pool *keep, const char **text, const char *known)
{
    if (*text == NULL || (*text)[0] == '\0') {
        *text = kept_text(keep, known);
    }
}

/* Fills the cells left empty from what the state has of the task. */
static enum ng_err keep_task(const struct task_row *row, struct pool *keep, struct wire_task *task)
{
    struct wire_acts *said = NULL;
    enum ng_err err = wire_acts_decode(row->said, &said);
    if (!err && said->count == 1 && said->acts[0].kind == WIRE_ACT_TASK) {
        const struct wire_task *known = &said->acts[0].u.task;
        keep_text(keep, &task->partners, known->partners);
        keep_text(keep, &task->weight, known->weight);
        keep_text(keep, &task->product, known->product);
        keep_text(keep, &task->source, known->source);
    }
    wire_acts_destroy(&said);
    return err;
}

/* What the state says of one task: faults, what the file leaves out, whether it is the same. */
static enum ng_err meet_task(const struct kv *kv, struct wire_act *act, uint32_t line,
                             struct pool *keep, struct fault_list *faults, bool *ret_same)
{
    struct wire_task *task = &act->u.task;
    struct task_name name = {.owner = task->unit, .code = task->code};
    struct task_row row;
    uint32_t to;
    enum ng_err err = check_owner(kv, task->unit, line, faults);
    *ret_same = false;
    if (err || task_years_parse(task->year, &name.from, &to)) {
        return err; /* years that do not read are in the list already */
    }
    err = check_years(kv, task, line, name.from, to, faults);
    if (!err) {
        err = task_row_get(kv, &name, &row);
    }
    if (!err) {
        err = keep_task(&row, keep, task);
        err = err ? err : same_act(act, row.said, ret_same);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* A line of the file, to be compared with the other lines. */
struct task_span {
    const struct wire_task *task;
    uint32_t line;
    uint32_t from, to;
};

static int compare_spans(const void *a, const void *b)
{
    const struct task_span *x = a;
    const struct task_span *y = b;
    int order = strcmp(x->task->unit, y->task->unit);
    order = order ? order : strcmp(x->task->code, y->task->code);
    order = order ? order : (x->from > y->from) - (x->from < y->from);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Of neighbours in order of their first year, the later line is told. */
static void tell_shared(const struct task_span *spans, size_t count, struct fault_list *faults)
{
    const struct task_span *widest = spans; /* so far of this unit and code */
    for (size_t i = 1; i < count; i++) {
        const struct task_span *s = &spans[i];
        bool same = strcmp(widest->task->unit, s->task->unit) == 0 &&
                    strcmp(widest->task->code, s->task->code) == 0;
        /* The same years are told already: the same key on two lines. */
        if (same && s->from <= widest->to && strcmp(s->task->year, widest->task->year) != 0) {
            uint32_t first = s->line < widest->line ? s->line : widest->line;
            fault_add(faults, FAULT_TWICE, s->line < widest->line ? widest->line : s->line, "year",
                      _("line %lu has this task of this unit in one of these years"),
                      (unsigned long)first);
        }
        widest = same && widest->to > s->to ? widest : s;
    }
}

/* Two lines that say the same task in one year: one would be refused, or take the other's place. */
static enum ng_err check_among(const struct actlist *list, struct fault_list *faults)
{
    size_t count = 0;
    struct task_span *spans = calloc(actlist_count(list) + 1, sizeof *spans);
    if (!spans) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (size_t i = 0; i < actlist_count(list); i++) {
        struct task_span s = {.task = &actlist_acts(list)[i].u.task, .line = actlist_line(list, i)};
        if (!task_years_parse(s.task->year, &s.from, &s.to)) {
            spans[count++] = s;
        }
    }
    qsort(spans, count, sizeof *spans, compare_spans);
    tell_shared(spans, count, faults);
    free(spans);
    return NG_OK;
}

enum ng_err known_tasks(const struct kv *kv, struct actlist *list, struct pool *keep,
                        struct fault_list *faults, struct known_news *ret)
{
    enum ng_err err = begin(list, ret);
    if (!err) {
        err = check_among(list, faults);
    }
    for (size_t i = 0; !err && i < actlist_count(list); i++) {
        bool same;
        err = meet_task(kv, actlist_act(list, i), actlist_line(list, i), keep, faults, &same);
        add(ret, list, i, !err && same);
    }
    if (!err && keep->ran_out) {
        err = err_plain(NG_ERR_NOMEM); /* a kept text is missing: it would be cleared */
    }
    if (err) {
        known_fini(ret);
    }
    return err;
}

/* ---- Sets ---- */

enum ng_err known_set_in_use(const struct kv *kv, const char *group, uint32_t year, bool *ret)
{
    struct set_row row;
    enum ng_err err = set_row_get(kv, group, year, &row);
    *ret = !err && row.used;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err known_set(const struct kv *kv, struct set_cache *sets, const struct criteria *set,
                      enum known_set *ret)
{
    const struct criteria_head *head = criteria_head(set);
    const struct criteria *old;
    struct set_row row;
    enum ng_err err = set_cache_get(sets, kv, head->group, head->year, &old);
    if (err) {
        *ret = KNOWN_SET_NEW;
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    err = set_row_get(kv, head->group, head->year, &row);
    if (!err) {
        *ret = criteria_equal(old, set) ? KNOWN_SET_SAME
               : row.used               ? KNOWN_SET_USED
                                        : KNOWN_SET_NEW;
    }
    return err;
}
