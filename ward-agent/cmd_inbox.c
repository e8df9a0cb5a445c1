/* nganam-agent inbox: what the office has sent, as far as this machine has fetched it: answers of
 * this unit that were refused and why, its tasks and how far they are said to be, its criteria. */
#include "base/clock.h"
#include "base/day.h"
#include "base/lang.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

enum { YEARS_MAX = 64, TEXT_MAX = 8192 };

static enum ng_err print_refused(const struct desk *d)
{
    struct own_said said;
    size_t count = 0;
    for (size_t place = 0; own_next(d->own, &place, &said);) {
        const struct wire_finding *f = desk_finding(d, &said);
        struct buf text = BUF_INIT(TEXT_MAX);
        if (f == NULL || f->outcome != WIRE_REFUSED) {
            continue;
        }
        if (count++ == 0) {
            (void)printf("%s\n", _("Refused by the office, to be corrected and reported again:"));
        }
        enum ng_err err = say_finding(f, said.act, &text);
        if (err == NG_OK) {
            (void)printf(_("  %s (receipt number %s)\n"), buf_text(&text),
                         say_number(said.statement->index));
        }
        buf_fini(&text);
        if (err != NG_OK) {
            return err;
        }
    }
    if (count == 0) {
        (void)printf("%s\n", _("Nothing of yours was refused."));
    }
    return NG_OK;
}

/* What was last said about a task in the last of its years anything was said about, of a
 * recurring one since its last deadline; −1: nothing. */
static int percent_of(const struct desk *d, const struct tasks_task *t)
{
    struct own_said said;
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    for (uint32_t year = t->to; year >= t->from; year--) {
        if (tasks_find(tasks, &own, t->code, year) == t &&
            own_progress(d->own, year, t->code, &said) &&
            !desk_is_stale(t, said.statement, clock_wall_ms())) {
            return (int)said.act->u.progress.percent;
        }
    }
    return -1;
}

static int32_t next_due(const struct desk *d, const struct tasks_task *t)
{
    return desk_due_next(d, t, day_of_ms(clock_wall_ms()));
}

/* Its only day has passed, with the unit asked for it, and it is not said to be done. A recurring
 * task's next day never has. */
static bool is_overdue(const struct desk *d, const struct tasks_task *t)
{
    int32_t due = next_due(d, t);
    return due != DAY_NONE && due < day_of_ms(clock_wall_ms()) && desk_is_asked(d, t, due) &&
           percent_of(d, t) < 100;
}

static void print_task(const struct desk *d, const struct tasks_task *t)
{
    int percent = percent_of(d, t);
    const char *due = say_due(t->due, next_due(d, t));
    (void)printf("  %s  %u", t->code, t->from);
    if (t->to != t->from) {
        (void)printf("–%u", t->to);
    }
    (void)printf("  %s – ", t->name);
    if (percent >= 0) {
        (void)printf(_("due: %s; reported: %d %%"), due, percent);
    } else {
        (void)printf(_("due: %s; nothing reported"), due);
    }
    (void)printf("%s\n", is_overdue(d, t) ? _(" – OVERDUE") : "");
}

static void print_tasks(const struct desk *d)
{
    const struct tasks_task *t = NULL;
    size_t place = 0;
    size_t count = 0;
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    while ((t = tasks_next(tasks, &own, &place)) != NULL) {
        if (count++ == 0) {
            (void)printf("%s\n", _("Tasks:"));
        }
        print_task(d, t);
    }
    if (count == 0) {
        (void)printf("%s\n", _("No tasks."));
    }
}

static void print_criteria(const struct desk *d)
{
    uint32_t years[YEARS_MAX];
    size_t count = knowledge_years(d->knowledge, years, YEARS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct criteria *set = desk_criteria(d, years[i]);
        const struct criteria_head *head = criteria_head(set);
        (void)printf(_("Criteria of %u: %s, %u components%s\n"), head->year, head->set,
                     criteria_leaves(set), head->sample ? _(" (a sample)") : "");
    }
    if (count == 0) {
        (void)printf("%s\n", _("No criteria yet."));
    }
}

static json_t *refused_json(const struct desk *d)
{
    json_t *array = json_array();
    struct own_said said;
    for (size_t place = 0; own_next(d->own, &place, &said);) {
        const struct wire_finding *f = desk_finding(d, &said);
        if (f != NULL && f->outcome == WIRE_REFUSED) {
            (void)json_array_append_new(array, say_json_finding(f, &said));
        }
    }
    return array;
}

static json_t *day_json(int32_t day)
{
    char text[11];
    if (day == DAY_NONE) {
        return json_null();
    }
    day_format_iso(day, text);
    return json_string(text);
}

static json_t *tasks_json(const struct desk *d)
{
    json_t *array = json_array();
    const struct tasks_task *t = NULL;
    size_t place = 0;
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    while ((t = tasks_next(tasks, &own, &place)) != NULL) {
        int percent = percent_of(d, t);
        (void)json_array_append_new(
            array, json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:o, s:o, s:b}", "code", t->code,
                             "from", (int)t->from, "to", (int)t->to, "name", t->name, "area",
                             t->area, "due", t->due, "next_due", day_json(next_due(d, t)),
                             "percent", percent >= 0 ? json_integer(percent) : json_null(),
                             "overdue", (int)is_overdue(d, t)));
    }
    return array;
}

static json_t *criteria_json(const struct desk *d)
{
    json_t *array = json_array();
    uint32_t years[YEARS_MAX];
    size_t count = knowledge_years(d->knowledge, years, YEARS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct criteria *set = desk_criteria(d, years[i]);
        const struct criteria_head *head = criteria_head(set);
        (void)json_array_append_new(array, json_pack("{s:s, s:i, s:s, s:i, s:b}", "set", head->set,
                                                     "year", (int)head->year, "group", head->group,
                                                     "components", (int)criteria_leaves(set),
                                                     "sample", (int)head->sample));
    }
    return array;
}

static enum ng_err print(const struct cmd_plain *o, const struct desk *d)
{
    if (o->common.json) {
        return say_json_print(json_pack("{s:i, s:o, s:o, s:o}", "schema", 1, "refused",
                                        refused_json(d), "tasks", tasks_json(d), "criteria",
                                        criteria_json(d)));
    }
    enum ng_err err = print_refused(d);
    if (err == NG_OK) {
        print_tasks(d);
        print_criteria(d);
    }
    return err;
}

enum ng_err cmd_inbox_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *o = options;
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? desk_read(&d) : err;
    err = err == NG_OK ? print(o, &d) : err;
    desk_close(&d);
    return err;
}
