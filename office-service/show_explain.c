#include "office-service/show_explain.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/say.h"
#include "office-service/show_board.h"

#include <string.h>

static const char *const answered_names[] = {"value", "not_applicable", "nothing_arose"};

static const char *answered_text(enum wire_answered answered)
{
    return answered == WIRE_NOT_APPLICABLE ? _("not applicable") : _("nothing arose");
}

static const struct wire_report *report_of(const struct explain_component *c)
{
    return c->said && c->said->count == 1 && c->said->acts[0].kind == WIRE_ACT_REPORT
               ? &c->said->acts[0].u.report
               : NULL;
}

static const struct wire_survey *survey_of(const struct explain_component *c)
{
    return c->said && c->said->count == 1 && c->said->acts[0].kind == WIRE_ACT_SURVEY
               ? &c->said->acts[0].u.survey
               : NULL;
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text)
{
    return text[0] ? say_json_text(text) : json_null();
}

static json_t *evidence_json(const struct wire_report *r)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < r->evidence_count; i++) {
        json_t *item = json_pack("{s:o, s:I}", "name", say_json_text(r->evidence[i].name), "size",
                                 (json_int_t)r->evidence[i].size);
        if (json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *said_json(const struct explain_component *c)
{
    const struct wire_report *r = report_of(c);
    const struct wire_survey *s = survey_of(c);
    if (s) {
        return json_pack("{s:s, s:o}", "answered", "survey", "value", text_or_null(s->value));
    }
    if (!r) {
        return json_null();
    }
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "answered",
                     answered_names[r->answered <= WIRE_NOTHING_AROSE ? r->answered : 0], "value",
                     text_or_null(r->value), "numerator", text_or_null(r->numerator), "denominator",
                     text_or_null(r->denominator), "choice", text_or_null(r->choice), "period",
                     text_or_null(r->period), "explanation", text_or_null(r->explanation),
                     "evidence", evidence_json(r));
}

static json_t *score_json(const struct score *s, uint32_t decimals)
{
    return json_pack("{s:s, s:o, s:o}", "state", score_state_name(s->state), "points",
                     say_json_points(s->points, decimals), "max",
                     say_json_points(s->max, decimals));
}

static json_t *component_json(const struct explain *e, const struct explain_component *c)
{
    struct buf params = BUF_INIT(1u << 16);
    struct buf policies = BUF_INIT(256);
    uint32_t decimals = e->board.rounding;
    json_t *made = NULL;
    json_t *from = json_null();
    if (c->known) {
        json_decref(from);
        from = json_pack("{s:I, s:I, s:I, s:o}", "index", (json_int_t)c->index, "act",
                         (json_int_t)c->act, "seq", (json_int_t)c->seq, "received_at",
                         say_json_moment(c->received_at));
    }
    if (!method_format_params(&c->node->method, &params) &&
        !method_format_policies(c->node->policies, &policies)) {
        made = json_pack(
            "{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "code", c->node->code,
            "field", criteria_node(e->criteria, c->node->field)->code, "name_vi",
            say_json_text(c->node->name_vi), "name_en", say_json_text(c->node->name_en), "method",
            method_name(c->node->method.kind), "params", buf_text(&params), "na_policy",
            buf_text(&policies), "max_points", say_json_points(c->node->max, decimals), "said",
            said_json(c), "from", from, "self", score_json(&c->scores[BASIS_SELF], decimals),
            "live", score_json(&c->scores[BASIS_LIVE], decimals));
    } else {
        json_decref(from);
    }
    buf_fini(&params);
    buf_fini(&policies);
    return made;
}

static json_t *task_json(const struct task_item *t)
{
    json_t *percent = t->has_progress ? json_integer((json_int_t)t->percent) : json_null();
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:I}",
                     "code", t->ref.code, "owner", t->ref.owner, "name",
                     say_json_text(t->task->name), "due", t->task->due, "weight",
                     say_json_points(t->weight, 0), "status", task_list_status_name(t->status),
                     "deadline", say_json_day(t->deadline), "due_count", (json_int_t)t->due,
                     "on_time_count", (json_int_t)t->on_time, "open_count", (json_int_t)t->open,
                     "percent", percent, "progress_index", say_json_index(t->progress_index),
                     "progress_at", say_json_moment(t->progress_at), "index", (json_int_t)t->index);
}

static json_t *components_json(const struct explain *e)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < e->component_count; i++) {
        if (json_array_append_new(array, component_json(e, &e->components[i]))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *tasks_json(const struct explain *e)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < e->tasks.count; i++) {
        if (json_array_append_new(array, task_json(&e->tasks.items[i]))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *node_json(const struct explain *e)
{
    if (!e->node) {
        return json_null();
    }
    struct decimal points = e->node_shown.points;
    if (e->node->group == METHOD_DEDUCTION) {
        points.micro = -points.micro; /* as the board's fields show it */
    }
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "code", e->node->code, "level",
                     criteria_level_name(e->node->level), "name_vi",
                     say_json_text(e->node->name_vi), "name_en", say_json_text(e->node->name_en),
                     "points", say_json_points(points, e->board.rounding), "max",
                     say_json_points(e->node_shown.max, e->board.rounding));
}

static json_t *fields_json(const struct explain *e)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < e->board.field_count; i++) {
        if (json_array_append_new(array, show_board_field(&e->board, e->row, i))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *show_explain_json(const struct explain *e, const struct hash *root)
{
    const struct board_row *row = e->row;
    uint32_t decimals = e->board.rounding;
    json_t *rank = row->rank ? json_integer((json_int_t)row->rank) : json_null();
    json_t *points = row->has_points ? say_json_points(row->total.points, decimals) : json_null();
    json_t *index =
        row->has_index ? say_json_points(fraction_index(row->total, 2), 2) : json_null();
    return json_pack(
        "{s:i, s:I, s:s, s:s, s:s, s:o, s:s, s:I, s:o, s:o, s:b, s:I, s:s, s:o, s:o, s:o, s:o, "
        "s:o, s:o, s:o}",
        "schema", 1, "year", (json_int_t)e->board.year, "group", e->board.group, "basis",
        board_basis_name(e->board.basis), "unit", row->unit, "name", say_json_text(row->name),
        "set", e->board.set, "log_size", (json_int_t)e->board.log_size, "log_root",
        say_json_root(root), "rank", rank, "tied", row->tied, "of", (json_int_t)e->board.row_count,
        "state", board_state_name(row->state), "points", points, "max",
        say_json_points(row->total.max, decimals), "index", index, "node", node_json(e), "fields",
        fields_json(e), "components", components_json(e), "tasks", tasks_json(e));
}

/* ---- For people ---- */

static const char *name_of(const char *name_vi, const char *name_en)
{
    return strcmp(lang_get(), "en") == 0 && name_en[0] ? name_en : name_vi;
}

static void print_head(const struct explain *e, FILE *to)
{
    const struct board_row *row = e->row;
    uint32_t decimals = e->board.rounding;
    (void)fprintf(to, "%s (%s), %lu, %s %s\n", row->name, row->unit, (unsigned long)e->board.year,
                  _("group"), e->board.group);
    if (e->board.sample) {
        (void)fprintf(to, "*** %s ***\n",
                      _("SAMPLE: this criteria set is made up for demonstration"));
    }
    if (row->has_index) {
        (void)fprintf(to, _("Rank %s of %zu, %s of %s points, index %s (%s)\n"),
                      show_board_rank(row), e->board.row_count,
                      say_points(row->total.points, decimals), say_points(row->total.max, decimals),
                      say_points(fraction_index(row->total, 2), 2),
                      e->board.basis == BASIS_SELF ? _("self-scores") : _("provisional"));
    } else {
        (void)fprintf(to, _("No rank: %s\n"), board_state_text(row->state));
    }
}

static void print_fields(const struct explain *e, FILE *to)
{
    (void)fputc('\n', to);
    for (size_t i = 0; i < e->board.field_count; i++) {
        const struct board_field *f = &e->board.fields[i];
        const struct fraction *shown = &e->row->fields[i];
        (void)fprintf(to, "  %s%s / %s  %s %s\n",
                      f->group == METHOD_DEDUCTION && shown->points.micro > 0 ? "-" : "",
                      say_points(shown->points, e->board.rounding),
                      say_points(shown->max, e->board.rounding), f->code,
                      name_of(f->name_vi, f->name_en));
    }
}

static void print_said(const struct explain_component *c, FILE *to)
{
    const struct wire_report *r = report_of(c);
    const struct wire_survey *s = survey_of(c);
    if (s) {
        (void)fprintf(to, _("survey value %s"), lang_decimal(s->value));
    } else if (!r) {
        (void)fputs(_("nothing said"), to);
    } else if (r->answered != WIRE_VALUE) {
        (void)fputs(answered_text(r->answered), to);
    } else if (r->choice[0]) {
        (void)fprintf(to, _("choice %s"), r->choice);
    } else if (r->denominator[0]) {
        (void)fprintf(to, "%s / %s", lang_decimal(r->numerator), lang_decimal(r->denominator));
    } else {
        (void)fputs(lang_decimal(r->value), to);
    }
}

static void print_component(const struct explain *e, const struct explain_component *c, FILE *to)
{
    const struct score *score = &c->scores[e->board.basis];
    struct buf params = BUF_INIT(1u << 16);
    const char *words = method_format_params(&c->node->method, &params) ? "" : buf_text(&params);
    (void)fprintf(to, "\n%s  %s\n", c->node->code, name_of(c->node->name_vi, c->node->name_en));
    (void)fprintf(to, _("  %s of %s points; method %s%s%s; said: "),
                  say_points(score->points, e->board.rounding),
                  say_points(score->max, e->board.rounding), method_name(c->node->method.kind),
                  words[0] ? " " : "", words);
    if (c->node->method.kind == METHOD_TASKS) {
        (void)fprintf(to, _("tasks on time %lu of %lu due (weight %s of %s)\n"),
                      (unsigned long)e->tally.on_time, (unsigned long)e->tally.due,
                      say_points(e->tally.on_time_weight, 0), say_points(e->tally.due_weight, 0));
    } else {
        print_said(c, to);
        (void)fputc('\n', to);
    }
    if (c->known) {
        (void)fprintf(
            to, _("  message %s of the log, place %lu, the author's number %llu, received %s\n"),
            say_number(c->index), (unsigned long)c->act, (unsigned long long)c->seq,
            say_moment((int64_t)c->received_at));
    }
    const struct wire_report *r = report_of(c);
    if (r && r->explanation[0]) {
        (void)fprintf(to, _("  explanation: %s\n"), r->explanation);
    }
    buf_fini(&params);
}

static void print_tasks(const struct explain *e, FILE *to)
{
    if (e->tasks.count == 0) {
        return;
    }
    (void)fprintf(to, _("\nTasks: %lu on time of %lu due, %zu in all\n"),
                  (unsigned long)e->tally.on_time, (unsigned long)e->tally.due, e->tasks.count);
    for (size_t i = 0; i < e->tasks.count; i++) {
        const struct task_item *t = &e->tasks.items[i];
        (void)fprintf(to, "  %s  %s: %s", t->ref.code, t->task->name,
                      task_list_status_text(t->status));
        if (t->deadline != DAY_NONE) {
            (void)fprintf(to, " (%s)", say_day(t->deadline));
        }
        if (t->has_progress) {
            (void)fprintf(to, _(", %lu %% (message %s)"), (unsigned long)t->percent,
                          say_number(t->progress_index));
        }
        (void)fputc('\n', to);
    }
}

void show_explain_text(const struct explain *e, FILE *to)
{
    print_head(e, to);
    if (e->node) {
        (void)fprintf(to, "\n%s  %s: %s / %s\n", e->node->code,
                      name_of(e->node->name_vi, e->node->name_en),
                      say_points(e->node_shown.points, e->board.rounding),
                      say_points(e->node_shown.max, e->board.rounding));
    } else {
        print_fields(e, to);
    }
    for (size_t i = 0; i < e->component_count; i++) {
        print_component(e, &e->components[i], to);
    }
    print_tasks(e, to);
}
