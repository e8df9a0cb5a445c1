#include "twin.h"

#include "base/day.h"

#include <string.h>

static uint32_t year_of(int32_t day)
{
    int year;
    int month;
    int number;
    day_to_date(day, &year, &month, &number);
    return (uint32_t)year;
}

/* ---- Units ---- */

size_t twin_group_on(const struct twin *t, size_t unit, int32_t day)
{
    const struct twin_unit *u = &t->units[unit];
    for (size_t i = u->period_count; i > 0; i--) {
        const struct twin_period *p = &u->periods[i - 1];
        if (p->from <= day) {
            return p->to == DAY_NONE || p->to >= day ? p->group : TWIN_NOBODY;
        }
    }
    return TWIN_NOBODY;
}

size_t twin_group_in(const struct twin *t, size_t unit, uint32_t year)
{
    int32_t first = day_of_date((int)year, 1, 1);
    for (int32_t day = day_of_date((int)year, 12, 31); day >= first; day--) {
        size_t group = twin_group_on(t, unit, day);
        if (group != TWIN_NOBODY) {
            return group;
        }
    }
    return TWIN_NOBODY;
}

/* Where the newest statement puts the unit; instead: the last period is wrong. */
static struct twin_period period_of(const struct twin *t, const struct twin_unit *u, size_t group,
                                    int32_t from, int32_t to, bool *instead)
{
    const struct twin_period *last = &u->periods[u->period_count - 1];
    struct twin_period p = {from, to, group};
    bool moves = group != last->group;
    *instead = false;
    if (moves && (from == u->from || from == DAY_NONE)) {
        p.from = t->today > last->from ? t->today : last->from;
    } else if (!moves && from == u->from) {
        *instead = true;
        p.from = last->from;
    } else if (!moves) {
        *instead = last->to == DAY_NONE || from <= last->to;
    }
    if (to == DAY_NONE || to >= p.from) {
        return p;
    }
    p.from = from;
    for (size_t i = 0; i < u->period_count; i++) {
        if (u->periods[i].from <= to) {
            p.from = u->periods[i].from;
            p.group = group != u->group ? group : u->periods[i].group;
        }
    }
    return p;
}

static bool was_in(const struct twin_unit *u, size_t group)
{
    for (size_t i = 0; i < u->period_count; i++) {
        if (u->periods[i].group == group) {
            return true;
        }
    }
    return false;
}

/* Records of groups the unit was never in after all. */
static void drop_records(struct twin *t, size_t unit)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->record_count; i++) {
        const struct twin_record *r = &t->records[i];
        const struct twin_task *task = &t->tasks[r->task];
        if (r->unit != unit || !task->of_group || was_in(&t->units[unit], task->owner)) {
            t->records[kept++] = *r;
        }
    }
    t->record_count = kept;
}

void twin_unit_says(struct twin *t, size_t unit, size_t group, int32_t from, int32_t to)
{
    struct twin_unit *u = &t->units[unit];
    struct twin_period p = {from, to, group};
    bool instead = false;
    if (u->known && u->group == group && u->from == from && u->to == to) {
        return;
    }
    if (u->known) {
        p = period_of(t, u, group, from, to, &instead);
    }
    while (u->period_count > 0 && (instead || u->periods[u->period_count - 1].from >= p.from)) {
        u->period_count--;
        instead = false;
    }
    CU_ASSERT_TRUE_FATAL(u->period_count < TWIN_PERIODS_MAX);
    u->periods[u->period_count++] = p;
    u->known = true;
    u->group = group;
    u->from = from;
    u->to = to;
    drop_records(t, unit);
}

/* ---- Tasks ---- */

static bool covers(const struct twin_task *task, uint32_t year)
{
    return task->from <= year && year <= task->to;
}

static bool same_owner(const struct twin_task *a, const struct twin_task *b)
{
    return a->of_group == b->of_group && a->owner == b->owner && a->code == b->code;
}

static const struct twin_task *own_task(const struct twin *t, size_t unit, size_t code,
                                        uint32_t year)
{
    const struct twin_task wanted = {.owner = unit, .code = code};
    for (size_t i = 0; i < t->task_count; i++) {
        if (same_owner(&t->tasks[i], &wanted) && covers(&t->tasks[i], year)) {
            return &t->tasks[i];
        }
    }
    return NULL;
}

static bool is_theirs(const struct twin *t, const struct twin_task *task, size_t unit, int32_t day)
{
    size_t group = twin_group_on(t, unit, day);
    return task->of_group ? group == task->owner : task->owner == unit && group != TWIN_NOBODY;
}

static bool is_hidden(const struct twin *t, const struct twin_task *task, size_t unit,
                      uint32_t year)
{
    return task->of_group && own_task(t, unit, task->code, year);
}

bool twin_task_clashes(const struct twin *t, const struct twin_task *task)
{
    for (size_t i = 0; i < t->task_count; i++) {
        const struct twin_task *other = &t->tasks[i];
        if (same_owner(other, task) && other->from != task->from && other->from <= task->to &&
            task->from <= other->to) {
            return true;
        }
    }
    return false;
}

void twin_task_says(struct twin *t, const struct twin_task *task)
{
    size_t at = 0;
    while (at < t->task_count &&
           !(same_owner(&t->tasks[at], task) && t->tasks[at].from == task->from)) {
        at++;
    }
    CU_ASSERT_TRUE_FATAL(at < TWIN_TASKS_MAX);
    t->tasks[at] = *task;
    t->task_count = at == t->task_count ? at + 1 : t->task_count;
    size_t kept = 0;
    for (size_t i = 0; i < t->record_count; i++) {
        if (t->records[i].task != at || task->due == TWIN_MONTHLY) {
            t->records[kept++] = t->records[i];
        }
    }
    t->record_count = kept;
}

static bool is_occurrence(const struct twin_task *task, int32_t day)
{
    int year;
    int month;
    int number;
    day_to_date(day, &year, &month, &number);
    return (uint32_t)number == task->number && covers(task, (uint32_t)year);
}

static int32_t once_day(const struct twin *t, const struct twin_task *task)
{
    if (task->due == TWIN_DATE) {
        return task->day;
    }
    bool dated = task->due == TWIN_EVENT && t->events[task->event] != DAY_NONE;
    return dated ? t->events[task->event] + task->days : DAY_NONE;
}

static uint32_t board_year(const struct twin_task *task, int32_t day)
{
    uint32_t year = year_of(day);
    return year < task->from ? task->from : year > task->to ? task->to : year;
}

/* ---- What became of a deadline ---- */

/* Kept once: the last statement says 100 %, and has since before the end of the day. */
static bool kept_once(const struct twin *t, const struct twin_task *task, size_t unit, int32_t day)
{
    bool done = false;
    int64_t since = 0;
    for (size_t i = 0; i < t->said_count; i++) {
        const struct twin_said *s = &t->said[i];
        if (s->unit != unit || s->code != task->code || s->from != task->from) {
            continue;
        }
        since = s->percent == 100 && !done ? s->at : since;
        done = s->percent == 100;
    }
    return done && since < day_start_ms(day + 1);
}

/* Kept again: the last statement so far says 100 %, and came after the occurrence before. */
static bool kept_again(const struct twin *t, const struct twin_task *task, size_t unit, int32_t day)
{
    const struct twin_said *last = NULL;
    for (size_t i = 0; i < t->said_count; i++) {
        const struct twin_said *s = &t->said[i];
        if (s->unit == unit && s->code == task->code && s->from == task->from) {
            last = s;
        }
    }
    int32_t before = day - 1;
    while (year_of(before) >= task->from && !is_occurrence(task, before)) {
        before--;
    }
    return last && last->percent == 100 &&
           (!is_occurrence(task, before) || last->at >= day_start_ms(before + 1));
}

static void judge_day(struct twin *t, int32_t day)
{
    for (size_t i = 0; i < t->task_count; i++) {
        const struct twin_task *task = &t->tasks[i];
        for (size_t unit = 0; unit < TWIN_UNITS; unit++) {
            if (task->due == TWIN_MONTHLY && is_occurrence(task, day) &&
                is_theirs(t, task, unit, day)) {
                CU_ASSERT_TRUE_FATAL(t->record_count < TWIN_RECORDS_MAX);
                t->records[t->record_count++] = (struct twin_record){
                    i, unit, day, task->weight, kept_again(t, task, unit, day)};
            }
        }
    }
}

void twin_day(struct twin *t, int32_t today)
{
    for (; t->today < today; t->today++) {
        judge_day(t, t->today);
    }
}

/* ---- Statements ---- */

static bool touches(const struct twin *t, size_t unit, size_t group, uint32_t year)
{
    int32_t last = day_of_date((int)year, 12, 31);
    for (int32_t day = day_of_date((int)year, 1, 1); day <= last; day++) {
        if (twin_group_on(t, unit, day) == group) {
            return true;
        }
    }
    return false;
}

/* The task a unit means: its own, else its group's of that year, the last group first. */
static const struct twin_task *meant(const struct twin *t, size_t unit, size_t code, uint32_t year)
{
    const struct twin_task *found = own_task(t, unit, code, year);
    for (size_t n = 0; n < TWIN_GROUPS && !found; n++) {
        size_t last = twin_group_in(t, unit, year);
        size_t group = n == 0 ? last : 1 - last; /* there are two */
        for (size_t i = 0; last != TWIN_NOBODY && i < t->task_count && !found; i++) {
            const struct twin_task *task = &t->tasks[i];
            bool fits = task->of_group && task->owner == group && task->code == code &&
                        covers(task, year) && touches(t, unit, group, year);
            found = fits ? task : NULL;
        }
    }
    return found;
}

bool twin_progress_says(struct twin *t, size_t unit, size_t code, uint32_t year, uint32_t percent,
                        int64_t at)
{
    const struct twin_task *task = meant(t, unit, code, year);
    if (!task) {
        return false;
    }
    CU_ASSERT_TRUE_FATAL(t->said_count < TWIN_SAID_MAX);
    t->said[t->said_count++] = (struct twin_said){unit, code, task->from, percent, at};
    return true;
}

/* ---- Counting ---- */

static void add_passed(struct twin_counts *c, int64_t weight, bool on_time)
{
    c->due++;
    c->due_weight = decimal_add(c->due_weight, decimal_of(weight));
    if (on_time) {
        c->on_time++;
        c->on_time_weight = decimal_add(c->on_time_weight, decimal_of(weight));
    }
}

static uint32_t count_open(const struct twin *t, const struct twin_task *task, size_t unit,
                           uint32_t year)
{
    int32_t once = once_day(t, task);
    if (task->due != TWIN_MONTHLY && (once == DAY_NONE || board_year(task, once) != year)) {
        size_t group = twin_group_in(t, unit, year);
        return task->of_group ? group == task->owner : group != TWIN_NOBODY;
    }
    if (task->due != TWIN_MONTHLY) {
        return once >= t->today && is_theirs(t, task, unit, once);
    }
    uint32_t open = 0;
    int32_t last = day_of_date((int)year, 12, 31);
    for (int32_t day = day_of_date((int)year, 1, 1); day <= last; day++) {
        open += day >= t->today && is_occurrence(task, day) && is_theirs(t, task, unit, day);
    }
    return open;
}

struct twin_counts twin_count_tasks(const struct twin *t, size_t unit, uint32_t year)
{
    struct twin_counts c = {0};
    uint32_t open = 0;
    for (size_t i = 0; i < t->task_count; i++) {
        const struct twin_task *task = &t->tasks[i];
        if (!covers(task, year) || is_hidden(t, task, unit, year) ||
            (!task->of_group && task->owner != unit)) {
            continue;
        }
        int32_t day = once_day(t, task);
        if (day != DAY_NONE && day < t->today && board_year(task, day) == year &&
            is_theirs(t, task, unit, day)) {
            add_passed(&c, task->weight, kept_once(t, task, unit, day));
        }
        open += count_open(t, task, unit, year);
    }
    for (size_t i = 0; i < t->record_count; i++) {
        const struct twin_record *r = &t->records[i];
        const struct twin_task *task = &t->tasks[r->task];
        if (r->unit == unit && year_of(r->day) == year && covers(task, year) &&
            is_theirs(t, task, unit, r->day) && !is_hidden(t, task, unit, year)) {
            add_passed(&c, r->weight, r->on_time);
        }
    }
    c.total = c.due + open;
    return c;
}

struct twin_row twin_recount(const struct twin *t, size_t unit, uint32_t year, enum basis basis)
{
    size_t g = twin_group_in(t, unit, year);
    size_t y = year - KIT_YEAR;
    const struct criteria *set = t->sets[g];
    struct score scores[TWIN_NODES_MAX];
    struct tally_sum sums[TWIN_NODES_MAX];
    struct twin_row row = {.unit = unit, .missing = true};
    row.tasks = twin_count_tasks(t, unit, year);
    for (uint32_t n = 0; n < criteria_count(set); n++) {
        const struct criteria_node *node = criteria_node(set, n);
        bool has = t->has[y][g][unit][n];
        scores[n] = score_outside();
        if (node->children > 0) {
            continue;
        }
        if (node->method.kind == METHOD_TASKS) {
            scores[n] = score_tasks(set, n, row.tasks.on_time_weight, row.tasks.due_weight);
        } else if (node->method.kind == METHOD_SURVEY) {
            scores[n] = has && basis == BASIS_LIVE ? t->last[y][g][unit][n] : score_outside();
        } else {
            scores[n] = has ? t->last[y][g][unit][n] : score_none(set, n);
            row.missing = row.missing && !has;
            row.answered += has;
        }
    }
    tally_all(set, scores, sums);
    const uint32_t *fields;
    size_t count = criteria_fields(set, &fields);
    struct tally_sum of_fields[TWIN_NODES_MAX];
    for (size_t i = 0; i < count; i++) {
        of_fields[i] = sums[fields[i]];
    }
    row.total = tally_total(set, of_fields);
    return row;
}

int twin_compare_rows(const struct twin_row *a, const struct twin_row *b)
{
    int class_a = a->missing ? 2 : a->total.max.micro == 0;
    int class_b = b->missing ? 2 : b->total.max.micro == 0;
    if (class_a != class_b) {
        return class_a - class_b;
    }
    return class_a ? 0 : -fraction_compare(a->total, b->total);
}
