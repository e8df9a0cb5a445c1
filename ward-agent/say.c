#include "ward-agent/say.h"

#include "base/day.h"
#include "base/lang.h"
#include "par/reason.h"
#include "par/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { RING = 4, DUE_SIZE = 256 };

const char *say_number(uint64_t number)
{
    static _Thread_local char ring[RING][32];
    static _Thread_local unsigned next;
    char *out = ring[next++ % RING];
    char digits[24];
    int size = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    char mark = lang_get()[0] == 'v' ? '.' : ',';
    char *to = out;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) {
            *to++ = mark;
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

const char *say_moment(int64_t wall_ms)
{
    static _Thread_local char ring[RING][18];
    static _Thread_local unsigned next;
    char *out = ring[next++ % RING];
    day_format_time_vi(wall_ms, out);
    return out;
}

static const char *weekday_text(uint32_t number)
{
    static const char *const words[] = {
        N_("each Monday"), N_("each Tuesday"),  N_("each Wednesday"), N_("each Thursday"),
        N_("each Friday"), N_("each Saturday"), N_("each Sunday"),
    };
    return number >= 1 && number <= 7 ? gettext(words[number - 1]) : "";
}

/* A month that has no such day ends on its last. */
static void every_text(const struct task_due *due, char *out, size_t size)
{
    switch (due->cycle) {
    case TASK_WEEK:
        (void)snprintf(out, size, "%s", weekday_text(due->number));
        break;
    case TASK_MONTH:
        (void)snprintf(out, size, _("day %u of each month"), due->number);
        break;
    case TASK_QUARTER:
        (void)snprintf(out, size, _("day %u of each quarter's last month"), due->number);
        break;
    case TASK_HALF:
        (void)snprintf(out, size, _("day %u of each half-year's last month"), due->number);
        break;
    case TASK_YEAR:
        (void)snprintf(out, size, _("day %u of each December"), due->number);
        break;
    }
}

static void event_text(const struct task_due *due, int32_t next, char *out, size_t size)
{
    char rule[DUE_SIZE / 2];
    char date[11];
    (void)snprintf(rule, sizeof(rule),
                   ngettext("%d day after %s", "%d days after %s", (unsigned)due->days),
                   (int)due->days, due->event);
    if (next == DAY_NONE) {
        /* TRANSLATORS: %s is like "20 days after QD-1". */
        (void)snprintf(out, size, _("%s (which has no date yet)"), rule);
        return;
    }
    day_format_vi(next, date);
    (void)snprintf(out, size, "%s: %s", rule, date);
}

static void add_next(int32_t next, char *out, size_t size)
{
    char date[11];
    size_t used = strlen(out);
    if (next != DAY_NONE) {
        day_format_vi(next, date);
        /* TRANSLATORS: stands after a rule such as "each Friday"; %s is a date. */
        (void)snprintf(out + used, size - used, _(", next %s"), date);
    }
}

const char *say_due(const char *due_text, int32_t next)
{
    static _Thread_local char ring[RING][DUE_SIZE];
    static _Thread_local unsigned at;
    char *out = ring[at++ % RING];
    size_t size = sizeof(ring[0]);
    struct task_due due;
    if (task_due_parse(due_text, &due) != NG_OK) {
        (void)snprintf(out, size, "%.90s", due_text);
        return out;
    }
    switch (due.kind) {
    case TASK_DATE:
        day_format_vi(due.day, out);
        break;
    case TASK_EVENT:
        event_text(&due, next, out, size);
        break;
    case TASK_EVERY:
        every_text(&due, out, size);
        add_next(next, out, size);
        break;
    case TASK_CONTINUOUS:
        (void)snprintf(out, size, "%s", _("continuous"));
        break;
    }
    return out;
}

static enum ng_err summary_of_acts(const struct wire_acts *acts, struct buf *to)
{
    const struct wire_act *first = acts->acts;
    if (first->kind == WIRE_ACT_REPORT) {
        const struct wire_report *r = &first->u.report;
        if (acts->count == 1 && !acts->has_part) {
            return buf_printf(to, _("report %s, component %s"), r->period, r->code);
        }
        return buf_printf(
            to, ngettext("report %s, %zu component", "report %s, %zu components", acts->count),
            r->period, acts->count);
    }
    if (first->kind == WIRE_ACT_PROGRESS) {
        return buf_printf(to, _("task %s: %u %%"), first->u.progress.code,
                          first->u.progress.percent);
    }
    if (first->kind == WIRE_ACT_TASK) {
        return buf_printf(to, _("task %s for %s"), first->u.task.code, first->u.task.unit);
    }
    return buf_add_text(to, _("another statement"));
}

enum ng_err say_summary(const struct own_statement *s, struct buf *to)
{
    if (s->kind == STATEMENT_ENROL) {
        return buf_add_text(to, _("enrolment of this machine"));
    }
    if (s->kind == STATEMENT_ROTATE) {
        return buf_add_text(to, _("new keys of this machine"));
    }
    if (s->kind == STATEMENT_HEARTBEAT) {
        return buf_add_text(to, _("daily sign of life"));
    }
    if (s->acts == NULL || s->acts->count == 0) {
        return buf_add_text(to, _("another statement"));
    }
    enum ng_err err = summary_of_acts(s->acts, to);
    if (err == NG_OK && s->acts->has_part) {
        err = buf_printf(to, _(" (part %u of %u)"), s->acts->part_number, s->acts->part_count);
    }
    return err;
}

enum ng_err say_received(const struct own_statement *s)
{
    struct buf summary = BUF_INIT(SAY_SUMMARY_MAX);
    enum ng_err err = say_summary(s, &summary);
    if (err == NG_OK) {
        (void)printf(_("Received. Receipt number %s, %s – %s\n"), say_number(s->index),
                     say_moment((int64_t)s->received_at), buf_text(&summary));
    }
    buf_fini(&summary);
    return err;
}

static const char *given_of_report(enum reason reason, const struct wire_report *r)
{
    switch ((int)reason) {
    case REASON_UNKNOWN_COMPONENT:
    case REASON_NOT_A_LEAF:
    case REASON_NOT_SURVEY:
    case REASON_BAD_CODE:
        return r->code;
    case REASON_UNKNOWN_CHOICE:
        return r->choice;
    case REASON_NUMERATOR_ABOVE:
        return r->numerator;
    case REASON_BAD_PERIOD:
        return r->period;
    default:
        break;
    }
    const char *const numbers[] = {r->value, r->numerator, r->denominator};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (numbers[i][0] != '\0' && (reason != REASON_NEGATIVE || numbers[i][0] == '-')) {
            return numbers[i];
        }
    }
    return "";
}

/* What was said in the field a reason is about; "" where it has none. */
static const char *given(enum reason reason, const struct wire_act *act)
{
    if (act != NULL && act->kind == WIRE_ACT_REPORT) {
        return given_of_report(reason, &act->u.report);
    }
    if (act != NULL && act->kind == WIRE_ACT_TASK) {
        return reason == REASON_UNKNOWN_UNIT ? act->u.task.unit : act->u.task.code;
    }
    bool task = act != NULL && act->kind == WIRE_ACT_PROGRESS;
    return task && reason == REASON_BAD_DATE ? act->u.progress.completed
           : task                            ? act->u.progress.code
                                             : "";
}

enum ng_err say_reason(const struct wire_finding *f, const struct wire_act *act, struct buf *to)
{
    enum reason reason = (enum reason)f->reason; /* a newer office's may be beyond the last */
    return reason_format(reason, given(reason, act), f->argument, to);
}

enum ng_err say_finding(const struct wire_finding *f, const struct wire_act *act, struct buf *to)
{
    enum ng_err err = buf_printf(to, "%s%s", f->code, f->code[0] != '\0' ? ": " : "");
    return err == NG_OK ? say_reason(f, act, to) : err;
}

const char *say_verdict(const struct desk *d, const struct own_statement *s)
{
    uint32_t act = 0;
    const struct own_said first = {s, NULL, 1};
    const struct knowledge_verdict *v = desk_verdict(d, &first, &act);
    if (v == NULL) {
        return NULL;
    }
    size_t refused = 0;
    for (size_t i = 0; i < v->finding_count; i++) {
        refused += v->findings[i].outcome == WIRE_REFUSED;
    }
    if (refused == 0) {
        return "accepted";
    }
    return v->accepted == 0 ? "refused" : "partly_refused";
}

const char *say_verdict_text(const char *verdict)
{
    static const char *const words[][2] = {
        {"accepted", N_("accepted")},
        {"refused", N_("refused")},
        {"partly_refused", N_("refused in part")},
    };
    for (size_t i = 0; verdict != NULL && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], verdict) == 0) {
            return gettext(words[i][1]);
        }
    }
    return "";
}
