/* An explanation for a person: each component with what it makes, its rule, what was said and where
 * that stands in the log. The four states that are not each other are told apart in words. */
#include "base/day.h"
#include "base/lang.h"
#include "office-service/say.h"
#include "office-service/say_rule.h"
#include "office-service/show_board.h"
#include "office-service/show_evidence.h"
#include "office-service/show_explain.h"

#include <string.h>

#define TEXT_MAX (1u << 16)
#define INDENT 4u

static const char *name_of(const char *name_vi, const char *name_en)
{
    return strcmp(lang_get(), "en") == 0 && name_en[0] ? name_en : name_vi;
}

/* Ends the buffer. What did not fit is left out: these are texts of our own state. */
static void print_line(FILE *to, const char *lead, struct buf *text)
{
    say_wrapped(to, lead, buf_text(text), INDENT);
    buf_fini(text);
}

/* ---- The unit ---- */

static void print_place(const struct explain *e, FILE *to)
{
    const struct board_row *row = e->row;
    uint32_t decimals = e->board.rounding;
    if (!row->has_index) {
        (void)fprintf(to, _("No rank: %s\n"), board_state_text(row->state));
        return;
    }
    (void)fprintf(to, _("Rank %s of %zu, %s of %s points, index %s (%s)\n"), show_board_rank(row),
                  e->board.unit_count, say_points(row->total.points, decimals),
                  say_points(row->total.max, decimals),
                  say_points(fraction_index(row->total, 2), 2),
                  e->board.basis == BASIS_SELF ? _("self-scores") : _("provisional"));
}

static void print_head(const struct explain *e, FILE *to)
{
    const struct board_row *row = e->row;
    (void)fprintf(to, "%s (%s), %lu, %s %s\n", row->name, row->unit, (unsigned long)e->board.year,
                  _("group"), e->board.group);
    show_board_origin(&e->board, to);
    print_place(e, to);
    if (row->state == BOARD_PARTIAL) {
        (void)fprintf(to, _("Answered: %lu of %lu components\n"), (unsigned long)row->answered,
                      (unsigned long)e->board.components);
    }
}

/* What a group of points makes of the total, deductions with their cap. */
static void add_sum(enum method_group group, struct fraction shown, uint32_t decimals,
                    struct buf *to)
{
    const char *points = say_points(shown.points, decimals);
    const char *max = say_points(shown.max, decimals);
    enum ng_err err = NG_OK;
    if (group == METHOD_DEDUCTION) {
        err = buf_printf(to, _("%s taken off, at most %s"), points, max);
    } else if (group == METHOD_BONUS) {
        err = buf_printf(to, _("%s on top, at most %s"), points, max);
    } else {
        err = buf_printf(to, _("%s of %s points"), points, max);
    }
    (void)err; /* a short text into a large buffer */
}

static void print_fields(const struct explain *e, FILE *to)
{
    (void)fputc('\n', to);
    for (size_t i = 0; i < e->board.field_count; i++) {
        const struct board_field *f = &e->board.fields[i];
        struct buf text = BUF_INIT(TEXT_MAX);
        struct buf lead = BUF_INIT(TEXT_MAX);
        enum ng_err err = buf_printf(&lead, "  %s  ", f->code);
        if (!err) {
            err = buf_printf(&text, "%s: ", name_of(f->name_vi, f->name_en));
        }
        if (!err) {
            add_sum(f->group, e->row->fields[i], e->board.rounding, &text);
        }
        print_line(to, buf_text(&lead), &text);
        buf_fini(&lead);
    }
}

/* ---- A component ---- */

static enum ng_err add_not_answered(const struct explain_component *c, const struct score *s,
                                    uint32_t decimals, struct buf *to)
{
    const char *max = say_points(s->max, decimals);
    switch (c->node->method.kind) {
    case METHOD_SURVEY:
        return c->known
                   ? buf_add_text(to, _("survey points are no self-scores: left out here"))
                   : buf_add_text(to, _("the survey is not entered yet: left out of the maximum "
                                        "until then"));
    case METHOD_TASKS:
        return buf_printf(to, _("no task has fallen due: counts as 0 of %s points"), max);
    case METHOD_SUM:
    case METHOD_POINTS:
    case METHOD_CHOICE:
    case METHOD_BANDS:
    case METHOD_RATIO:
    case METHOD_DEDUCT:
    case METHOD_COUNT:
        break;
    }
    return c->node->group == METHOD_BASE
               ? buf_printf(to, _("not answered yet: counts as 0 of %s points"), max)
               : buf_printf(to, _("not answered yet: no points, of at most %s"), max);
}

/* Left out, or so many points all the same. */
static enum ng_err add_exception(const char *state, const struct score *s, uint32_t decimals,
                                 struct buf *to)
{
    return s->max.micro == 0
               ? buf_printf(to, _("%s: left out of the maximum"), state)
               : buf_printf(to, _("%s: %s of %s points"), state, say_points(s->points, decimals),
                            say_points(s->max, decimals));
}

static enum ng_err add_result(const struct explain_component *c, const struct score *s,
                              uint32_t decimals, struct buf *to)
{
    const enum method_group group = c->node->group;
    switch (s->state) {
    case SCORE_NOT_ANSWERED:
        return add_not_answered(c, s, decimals, to);
    case SCORE_NOT_APPLICABLE:
        return add_exception(_("not applicable"), s, decimals, to);
    case SCORE_NOTHING_AROSE:
        return add_exception(_("nothing arose"), s, decimals, to);
    case SCORE_ZERO:
        return group == METHOD_BASE ? buf_printf(to, _("answered, and worth 0 of %s points"),
                                                 say_points(s->max, decimals))
                                    : buf_printf(to, _("answered: 0 points, of at most %s"),
                                                 say_points(s->max, decimals));
    case SCORE_POINTS:
        add_sum(group, (struct fraction){s->points, s->max}, decimals, to);
        break;
    }
    return NG_OK;
}

static enum ng_err add_report(const struct wire_report *r, struct buf *to)
{
    if (r->answered == WIRE_NOT_APPLICABLE) {
        return buf_add_text(to, _("not applicable"));
    }
    if (r->answered == WIRE_NOTHING_AROSE) {
        return buf_add_text(to, _("nothing arose"));
    }
    if (r->choice[0]) {
        return buf_printf(to, _("choice %s"), r->choice);
    }
    if (r->denominator[0]) {
        return buf_printf(to, "%s / %s", lang_decimal(r->numerator), lang_decimal(r->denominator));
    }
    return buf_add_text(to, lang_decimal(r->value));
}

static void print_said(const struct explain *e, const struct explain_component *c, FILE *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    const struct wire_report *r = show_explain_report(c);
    const struct wire_survey *s = show_explain_survey(c);
    enum ng_err err = NG_OK;
    if (c->node->method.kind == METHOD_TASKS) {
        err =
            buf_printf(&text, _("tasks on time %lu of %lu due (weight %s of %s)"),
                       (unsigned long)e->tally.on_time, (unsigned long)e->tally.due,
                       say_points(e->tally.on_time_weight, 0), say_points(e->tally.due_weight, 0));
    } else if (s) {
        err = buf_printf(&text, _("survey value %s"), lang_decimal(s->value));
    } else if (r) {
        err = add_report(r, &text);
    } else {
        return; /* the result says that nothing was said */
    }
    if (!err) {
        print_line(to, r ? _("  Said: ") : _("  Figures: "), &text);
    }
    buf_fini(&text);
}

static void print_source(const struct explain_component *c, FILE *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    if (!c->known) {
        return;
    }
    enum ng_err err = buf_printf(
        &text, _("message %s of the log, place %lu, received %s, the author's number %llu"),
        say_number(c->index), (unsigned long)c->act, say_moment((int64_t)c->received_at),
        (unsigned long long)c->seq);
    if (!err && c->actor[0]) {
        err = buf_printf(&text, _(", signed by %s"), c->actor);
    }
    if (!err) {
        print_line(to, _("  Source: "), &text);
    }
    buf_fini(&text);
}

static void print_papers(const struct explain *e, const struct explain_component *c, FILE *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    const struct wire_report *r = show_explain_report(c);
    if (r && r->explanation[0]) {
        say_wrapped(to, _("  Explanation: "), r->explanation, INDENT);
    }
    if (r && !show_evidence_text(e->blobs, r->evidence, r->evidence_count, &text) &&
        text.size > 0) {
        print_line(to, _("  Evidence: "), &text);
    }
    buf_fini(&text);
}

static void print_rule(const struct criteria_node *n, FILE *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    struct buf other = BUF_INIT(TEXT_MAX);
    enum ng_err err = say_rule_method(n, &text);
    if (!err) {
        err = say_rule_policies(n, &other);
    }
    if (!err && other.size > 0) {
        err = buf_printf(&text, ". %s", buf_text(&other));
    }
    if (!err) {
        print_line(to, _("  Rule: "), &text);
    }
    buf_fini(&text);
    buf_fini(&other);
}

static void print_component(const struct explain *e, const struct explain_component *c, FILE *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    struct buf lead = BUF_INIT(TEXT_MAX);
    enum ng_err err = buf_printf(&lead, "\n%s  ", c->node->code);
    if (!err) {
        say_wrapped(to, buf_text(&lead), name_of(c->node->name_vi, c->node->name_en), INDENT);
        err = add_result(c, &c->scores[e->board.basis], e->board.rounding, &text);
    }
    if (!err) {
        print_line(to, _("  Result: "), &text);
    }
    buf_fini(&text);
    buf_fini(&lead);
    print_rule(c->node, to);
    print_said(e, c, to);
    print_source(c, to);
    print_papers(e, c, to);
}

/* ---- Tasks ---- */

/* Only deadlines that have passed count, for the unit or against it. */
static enum ng_err add_counts(const struct task_item *t, struct buf *to)
{
    enum ng_err err =
        t->due > 0
            ? buf_printf(to, _("counts: %lu on time of %lu due, weight %s each"),
                         (unsigned long)t->on_time, (unsigned long)t->due, say_points(t->weight, 0))
            : buf_add_text(to, _("does not count yet: nothing of it has fallen due this year"));
    if (!err) {
        err = t->ref.owner[0] == '@'
                  ? buf_printf(to, _("; a task of the whole group %s"), t->ref.owner + 1)
                  : buf_add_text(to, _("; the unit's own task"));
    }
    return err;
}

static enum ng_err add_task(const struct task_item *t, struct buf *to)
{
    enum ng_err err = buf_printf(to, "%s: %s", t->task->name, task_list_status_text(t->status));
    if (!err && t->deadline != DAY_NONE) {
        err = buf_printf(to, " (%s)", say_day(t->deadline));
    }
    if (!err && t->has_progress) {
        err = buf_printf(to, _(", %lu %% (message %s, received %s)"), (unsigned long)t->percent,
                         say_number(t->progress_index), say_moment((int64_t)t->progress_at));
    }
    return err;
}

static void print_task(const struct explain *e, const struct task_item *t, FILE *to)
{
    const struct wire_progress *p = show_explain_progress(t);
    struct buf text = BUF_INIT(TEXT_MAX);
    struct buf lead = BUF_INIT(TEXT_MAX);
    enum ng_err err = buf_printf(&lead, "  %s  ", t->ref.code);
    if (!err) {
        err = add_task(t, &text);
    }
    if (!err) {
        print_line(to, buf_text(&lead), &text);
        err = add_counts(t, &text);
    }
    if (!err) {
        print_line(to, "    ", &text);
    }
    if (t->event.actor[0] &&
        !buf_printf(&text, _("%s, message %s of the log, signed by %s"), say_day(t->event.day),
                    say_number(t->event.index), t->event.actor)) {
        print_line(to, _("    Event: "), &text);
    }
    if (p && !show_evidence_text(e->blobs, p->evidence, p->evidence_count, &text) &&
        text.size > 0) {
        print_line(to, _("    Evidence: "), &text);
    }
    buf_fini(&text);
    buf_fini(&lead);
}

static void print_tasks(const struct explain *e, FILE *to)
{
    if (e->tasks.count == 0) {
        if (!e->node) {
            (void)fputs(_("\nNo tasks this year.\n"), to);
        }
        return;
    }
    (void)fprintf(to, _("\nTasks: %lu on time of %lu due (weight %s of %s)\n"),
                  (unsigned long)e->tally.on_time, (unsigned long)e->tally.due,
                  say_points(e->tally.on_time_weight, 0), say_points(e->tally.due_weight, 0));
    for (size_t i = 0; i < e->tasks.count; i++) {
        print_task(e, &e->tasks.items[i], to);
    }
}

/* A node that is asked for by name and has parts. */
static void print_node(const struct explain *e, FILE *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    struct buf lead = BUF_INIT(TEXT_MAX);
    enum ng_err err = buf_printf(&lead, "\n%s  ", e->node->code);
    if (!err) {
        err = buf_printf(&text, "%s: ", name_of(e->node->name_vi, e->node->name_en));
    }
    if (!err) {
        add_sum(e->node->group, e->node_shown, e->board.rounding, &text);
        print_line(to, buf_text(&lead), &text);
        print_rule(e->node, to);
    }
    buf_fini(&text);
    buf_fini(&lead);
}

void show_explain_text(const struct explain *e, FILE *to)
{
    print_head(e, to);
    if (!e->node) {
        print_fields(e, to);
    } else if (e->node->children > 0) {
        print_node(e, to);
    }
    for (size_t i = 0; i < e->component_count; i++) {
        print_component(e, &e->components[i], to);
    }
    print_tasks(e, to);
}
