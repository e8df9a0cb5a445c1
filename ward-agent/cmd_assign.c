/* nganam-agent assign: a department gives a unit a task. Checked here as far as this machine knows:
 * that it is a department's, the code begins with its own, and the office has listed the unit; what
 * the office says of it comes with its verdict. Everybody reads it, as the office's own tasks. */
#include "base/clock.h"
#include "base/day.h"
#include "base/lang.h"
#include "par/task.h"
#include "par/text.h"
#include "proto/wire_queue.h"
#include "ward-agent/author.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>
#include <string.h>

enum { YEAR_SIZE = 12 };

/* A task in the making; it owns the texts it points to. */
struct assignment {
    struct wire_task said;
    char due[TASK_DUE_TEXT_SIZE];
    char year[YEAR_SIZE];
    struct buf name, product, source;
};

static enum ng_err must_be_department(struct desk *d)
{
    struct party_status status;
    enum ng_err err = party_status(d->party, &status);
    if (err != NG_OK || status.role == WIRE_ROLE_DEPARTMENT) {
        return err;
    }
    return status.role == WIRE_ROLE_NONE
               ? err_set(NG_ERR_REFUSED, _("this machine does not know yet whether it is a "
                                           "department's: run nganam-agent send first"))
               : err_set(NG_ERR_REFUSED, _("only a department assigns tasks: the office invites it "
                                           "with --role department"));
}

static enum ng_err take_code(const struct desk *d, const char *code, const struct cmd_assign *o,
                             struct assignment *a)
{
    const char *own = party_identity(d->party)->party.text;
    a->said.code = code;
    a->said.unit = o->to;
    if (strcmp(o->to, own) == 0 || o->to[0] == '@') {
        return err_set(NG_ERR_REFUSED, _("--to %.40s: expected another unit's code"), o->to);
    }
    if (!task_is_assigned(&a->said, own) || !text_is_code(code, TEXT_CODE_MAX)) {
        return err_set(NG_ERR_INPUT,
                       _("task \"%.40s\": expected a code that begins with this department's, like "
                         "%s.1, of at most %u letters, digits, . - _"),
                       code, own, (unsigned)TEXT_CODE_MAX);
    }
    if (!knowledge_has_unit(d->knowledge, o->to)) {
        return err_set(NG_ERR_REFUSED,
                       _("the office has not listed unit %.40s, as far as this machine knows; "
                         "nganam-agent send asks again"),
                       o->to);
    }
    return NG_OK;
}

/* The years it runs in: as given, else that of its day, else this one. */
static enum ng_err take_times(const struct cmd_assign *o, struct assignment *a)
{
    struct task_due due;
    uint32_t from = 0, to = 0;
    int year = 0, month = 0, day = 0;
    enum ng_err err = task_due_parse(o->due, &due);
    if (err != NG_OK) {
        return err_wrap(err, "--due");
    }
    a->said.due = task_due_format(&due, a->due);
    day_to_date(due.kind == TASK_DATE ? due.day : day_of_ms(clock_wall_ms()), &year, &month, &day);
    (void)snprintf(a->year, sizeof(a->year), "%d", year);
    a->said.year = o->year != NULL ? o->year : a->year;
    return err_wrap(task_years_parse(a->said.year, &from, &to), "--year");
}

static enum ng_err take_text(const char *option, const char *text, struct buf *to, const char **ret)
{
    buf_init(to, TEXT_NAME_MAX);
    if (text != NULL && text_clean(text, strlen(text), to) != NG_OK) {
        return err_set(NG_ERR_INPUT, _("--%s: expected UTF-8 text of at most %u bytes"), option,
                       TEXT_NAME_MAX);
    }
    *ret = buf_text(to);
    return NG_OK;
}

/* What is left is each field's own rule. */
static enum ng_err check(const struct cmd_assign *o, const struct assignment *a)
{
    const char *field = "";
    if (!task_area_is_valid(a->said.area)) {
        return err_set(
            NG_ERR_INPUT,
            _("--area \"%.40s\": expected an area of the plan, a, b1 to b6, c, d, e or g"),
            o->area);
    }
    if (a->said.name[0] == '\0') {
        return err_set(NG_ERR_INPUT, _("--name: expected a name"));
    }
    return task_check(&a->said, &field) == REASON_FINE
               ? NG_OK
               : err_set(NG_ERR_INPUT, _("--%s: this is not taken"), field);
}

static bool is_said(const struct desk *d, const struct wire_task *task)
{
    uint32_t from = 0, to = 0;
    struct own_said said;
    if (task_years_parse(task->year, &from, &to) != NG_OK ||
        !own_assigned(d->own, from, task->code, task->unit, &said) ||
        said.statement->epoch != party_identity(d->party)->epoch ||
        !task_equal(&said.act->u.task, task)) {
        return false;
    }
    const struct wire_finding *finding = desk_finding(d, &said);
    return finding == NULL || finding->outcome != WIRE_REFUSED;
}

static enum ng_err print_result(const struct cmd_assign *o, const struct wire_task *said,
                                uint64_t seq)
{
    if (o->common.json) {
        return say_json_print(json_pack("{s:i, s:o, s:s, s:s, s:s, s:s}", "schema", 1, "seq",
                                        seq > 0 ? json_integer((json_int_t)seq) : json_null(),
                                        "code", said->code, "unit", said->unit, "year", said->year,
                                        "due", said->due));
    }
    if (seq == 0) {
        (void)printf(_("Nothing new: this was assigned before. Nothing was saved.\n"));
        return NG_OK;
    }
    (void)printf(_("Saved on this machine, number %s: task %s for %s, due: %s – %s\n"),
                 say_number(seq), said->code, said->unit, say_due(said->due, DAY_NONE), said->name);
    (void)printf(_("It is sent as soon as the line is there; nganam-agent send does it now.\n"));
    return NG_OK;
}

static enum ng_err save(const struct cmd_assign *o, const struct desk *d,
                        const struct wire_task *said)
{
    struct author_result result = {0};
    enum ng_err err = NG_OK;
    if (!is_said(d, said)) {
        const struct wire_act act = {.kind = WIRE_ACT_TASK, .u.task = *said};
        err = author_acts(d->party, WIRE_KIND_TASKS, &act, 1, clock_wall_ms(), &result);
    }
    return err == NG_OK ? print_result(o, said, result.last_seq) : err;
}

static enum ng_err run(const struct cmd_assign *o, const char *code, struct desk *d,
                       struct assignment *a)
{
    a->said.partners = "";
    a->said.area = o->area != NULL ? o->area : "a";
    a->said.weight = o->weight != NULL ? o->weight : "";
    enum ng_err err = must_be_department(d);
    err = err == NG_OK ? desk_read(d) : err;
    err = err == NG_OK ? take_code(d, code, o, a) : err;
    err = err == NG_OK ? take_times(o, a) : err;
    err = err == NG_OK ? take_text("name", o->name, &a->name, &a->said.name) : err;
    err = err == NG_OK ? take_text("product", o->product, &a->product, &a->said.product) : err;
    err = err == NG_OK ? take_text("source", o->source, &a->source, &a->said.source) : err;
    err = err == NG_OK ? check(o, a) : err;
    return err == NG_OK ? save(o, d, &a->said) : err;
}

enum ng_err cmd_assign_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_assign *o = options;
    struct assignment a = {.said = {.code = NULL}};
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? run(o, argv[0], &d, &a) : err;
    buf_fini(&a.source);
    buf_fini(&a.product);
    buf_fini(&a.name);
    desk_close(&d);
    return err;
}
