#include "office-service/show_explain.h"

#include "base/day.h"
#include "office-service/say.h"
#include "office-service/say_rule.h"
#include "office-service/show_board.h"
#include "office-service/show_evidence.h"

#include <string.h>

static const char *const answered_names[] = {"value", "not_applicable", "nothing_arose"};

const struct wire_report *show_explain_report(const struct explain_component *c)
{
    return c->said && c->said->count == 1 && c->said->acts[0].kind == WIRE_ACT_REPORT
               ? &c->said->acts[0].u.report
               : NULL;
}

const struct wire_survey *show_explain_survey(const struct explain_component *c)
{
    return c->said && c->said->count == 1 && c->said->acts[0].kind == WIRE_ACT_SURVEY
               ? &c->said->acts[0].u.survey
               : NULL;
}

const struct wire_progress *show_explain_progress(const struct task_item *t)
{
    return t->progress && t->progress->count == 1 && t->progress->acts[0].kind == WIRE_ACT_PROGRESS
               ? &t->progress->acts[0].u.progress
               : NULL;
}

/* ---- JSON ---- */

static json_t *text_or_null(const char *text)
{
    return text[0] ? say_json_text(text) : json_null();
}

static json_t *said_json(const struct explain *e, const struct explain_component *c)
{
    const struct wire_report *r = show_explain_report(c);
    const struct wire_survey *s = show_explain_survey(c);
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
                     "evidence", show_evidence_json(e->blobs, r->evidence, r->evidence_count));
}

static json_t *score_json(const struct score *s, uint32_t decimals)
{
    return json_pack("{s:s, s:o, s:o}", "state", score_state_name(s->state), "points",
                     say_json_points(s->points, decimals), "max",
                     say_json_points(s->max, decimals));
}

/* In the person's language; null where there is nothing to say. */
static json_t *words_json(enum ng_err (*say)(const struct criteria_node *, struct buf *),
                          const struct criteria_node *n)
{
    struct buf text = BUF_INIT(1u << 16);
    json_t *made = say(n, &text) ? NULL : text_or_null(buf_text(&text));
    buf_fini(&text);
    return made;
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
        from = json_pack("{s:I, s:I, s:I, s:o, s:s?}", "index", (json_int_t)c->index, "act",
                         (json_int_t)c->act, "seq", (json_int_t)c->seq, "received_at",
                         say_json_moment(c->received_at), "actor", c->actor[0] ? c->actor : NULL);
    }
    if (!method_format_params(&c->node->method, &params) &&
        !method_format_policies(c->node->policies, &policies)) {
        made = json_pack(
            "{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "code",
            c->node->code, "field", criteria_node(e->criteria, c->node->field)->code, "name_vi",
            say_json_text(c->node->name_vi), "name_en", say_json_text(c->node->name_en), "method",
            method_name(c->node->method.kind), "params", buf_text(&params), "na_policy",
            buf_text(&policies), "max_points", say_json_points(c->node->max, decimals), "said",
            said_json(e, c), "from", from, "self", score_json(&c->scores[BASIS_SELF], decimals),
            "live", score_json(&c->scores[BASIS_LIVE], decimals), "rule",
            words_json(say_rule_method, c->node), "rule_na",
            words_json(say_rule_policies, c->node));
    } else {
        json_decref(from);
    }
    buf_fini(&params);
    buf_fini(&policies);
    return made;
}

/* What made the deadline; null while it hangs on no event that has a day. */
static json_t *event_json(const struct task_item *t)
{
    return t->event.day == DAY_NONE
               ? json_null()
               : json_pack("{s:o, s:I, s:s?}", "day", say_json_day(t->event.day), "index",
                           (json_int_t)t->event.index, "actor",
                           t->event.actor[0] ? t->event.actor : NULL);
}

static json_t *task_json(const struct explain *e, const struct task_item *t)
{
    const struct wire_progress *p = show_explain_progress(t);
    json_t *percent = t->has_progress ? json_integer((json_int_t)t->percent) : json_null();
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:o, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:I, s:b, s:o, s:o}",
        "code", t->ref.code, "owner", t->ref.owner, "name", say_json_text(t->task->name), "due",
        t->task->due, "weight", say_json_points(t->weight, 0), "status",
        task_list_status_name(t->status), "deadline", say_json_day(t->deadline), "due_count",
        (json_int_t)t->due, "on_time_count", (json_int_t)t->on_time, "open_count",
        (json_int_t)t->open, "percent", percent, "progress_index",
        say_json_index(t->progress_index), "progress_at", say_json_moment(t->progress_at), "index",
        (json_int_t)t->index, "counts", t->due > 0, "event", event_json(t), "evidence",
        show_evidence_json(e->blobs, p ? p->evidence : NULL, p ? p->evidence_count : 0));
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
        if (json_array_append_new(array, task_json(e, &e->tasks.items[i]))) {
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
        say_json_root(root), "rank", rank, "tied", row->tied, "of", (json_int_t)e->board.unit_count,
        "state", board_state_name(row->state), "points", points, "max",
        say_json_points(row->total.max, decimals), "index", index, "node", node_json(e), "fields",
        fields_json(e), "components", components_json(e), "tasks", tasks_json(e));
}

/* ---- For people ---- */
