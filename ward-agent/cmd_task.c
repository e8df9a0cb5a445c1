/* nganam-agent task: how far a task is. Checked against the tasks the office gave this unit; an
 * unknown code is refused with the nearest known ones, because a statement is for ever. */
#include "base/clock.h"
#include "base/day.h"
#include "base/lang.h"
#include "par/task.h"
#include "par/text.h"
#include "ward-agent/author.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/evidence.h"
#include "ward-agent/say_json.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NEAREST_MAX = 3 };

/* One progress statement in the making; it owns the texts it points to. */
struct progress {
    struct wire_progress said;
    char completed[11];
    struct buf note;
    struct buf names[CLI_LIST_MAX];
    struct evidence_file files[CLI_LIST_MAX];
    struct wire_evidence evidence[CLI_LIST_MAX];
    struct evidence taken;
};

static void progress_fini(struct progress *p)
{
    buf_fini(&p->note);
    evidence_fini(&p->taken);
    for (size_t i = 0; i < CLI_LIST_MAX; i++) {
        buf_fini(&p->names[i]);
    }
}

static enum ng_err unknown_task(const struct desk *d, const char *code, uint64_t year)
{
    const char *nearest[NEAREST_MAX];
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    size_t count = tasks_nearest(tasks, &own, code, nearest, NEAREST_MAX);
    char like[NEAREST_MAX * (TEXT_CODE_MAX + 2) + 1] = "";
    for (size_t i = 0, used = 0; i < count; i++) {
        used += (size_t)snprintf(like + used, sizeof(like) - used, "%s%.*s", i > 0 ? ", " : "",
                                 (int)TEXT_CODE_MAX, nearest[i]);
    }
    char when[16] = "";
    if (year != 0) {
        (void)snprintf(when, sizeof(when), " (%u)", (unsigned)year);
    }
    if (count > 0) {
        return err_set(NG_ERR_REFUSED, _("task \"%.40s\"%s is not among yours; did you mean %s?"),
                       code, when, like);
    }
    return err_set(NG_ERR_REFUSED,
                   _("task \"%.40s\"%s is not among yours; nganam-agent inbox lists them, "
                     "nganam-agent send asks for new ones"),
                   code, when);
}

/* The year meant when none is given: this one if the task runs in it, else its nearest before, else
 * its first. 0: there is no such task. */
static uint32_t guess_year(const struct desk *d, const char *code, uint32_t this_year)
{
    uint32_t before = 0;
    uint32_t after = 0;
    size_t place = 0;
    const struct tasks_task *t = NULL;
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    while ((t = tasks_next(tasks, &own, &place)) != NULL) {
        if (strcmp(t->code, code) != 0) {
            continue;
        }
        if (t->from <= this_year && this_year <= t->to) {
            return this_year;
        }
        if (t->to < this_year && t->to > before) {
            before = t->to;
        }
        if (t->from > this_year && (after == 0 || t->from < after)) {
            after = t->from;
        }
    }
    return before != 0 ? before : after;
}

static uint32_t year_now(void)
{
    int year = 0;
    int month = 0;
    int day = 0;
    day_to_date(day_of_ms(clock_wall_ms()), &year, &month, &day);
    return (uint32_t)year;
}

static enum ng_err find_task(const struct desk *d, const char *code, uint64_t year,
                             const struct tasks_task **ret_task, uint32_t *ret_year)
{
    *ret_year = year == 0           ? guess_year(d, code, year_now())
                : year > UINT32_MAX ? 0
                                    : (uint32_t)year;
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(d->knowledge, &own);
    *ret_task = tasks_find(tasks, &own, code, *ret_year);
    return *ret_task != NULL ? NG_OK : unknown_task(d, code, year);
}

static enum ng_err take_numbers(const struct cmd_task *o, struct progress *p)
{
    if (o->percent > 100) {
        return err_set(NG_ERR_INPUT, _("--percent %llu: expected 0 to 100"),
                       (unsigned long long)o->percent);
    }
    p->said.percent = (uint32_t)o->percent;
    p->said.completed = "";
    if (o->completed == NULL) {
        return NG_OK;
    }
    int32_t day = 0;
    if (day_parse(o->completed, &day) != NG_OK) {
        return err_set(NG_ERR_INPUT, _("--completed \"%.40s\": expected a date like 30/11/2026"),
                       o->completed);
    }
    if (o->percent < 100) {
        return err_set(NG_ERR_INPUT, _("--completed goes with --percent 100 only"));
    }
    if (day > day_of_ms(clock_wall_ms())) {
        return err_set(NG_ERR_INPUT, _("--completed %.40s: that day is still to come"),
                       o->completed);
    }
    day_format_iso(day, p->completed);
    p->said.completed = p->completed;
    return NG_OK;
}

static enum ng_err take_note(const struct cmd_task *o, struct progress *p)
{
    buf_init(&p->note, TEXT_LONG_MAX);
    if (o->note != NULL && text_clean(o->note, strlen(o->note), &p->note) != NG_OK) {
        return err_set(NG_ERR_INPUT, _("--note: expected UTF-8 text of at most %u bytes"),
                       TEXT_LONG_MAX);
    }
    p->said.note = buf_text(&p->note);
    return NG_OK;
}

/* The file's own name, NFC. */
static enum ng_err take_name(const char *path, struct buf *name)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return err_set(NG_ERR_NOMEM, "--evidence");
    }
    const char *base = basename(copy);
    buf_init(name, TEXT_NAME_MAX);
    enum ng_err err = text_clean(base, strlen(base), name);
    free(copy);
    if (err != NG_OK || name->size == 0) {
        return err_set(NG_ERR_INPUT, _("--evidence %s: the file's name is not UTF-8 text"), path);
    }
    return NG_OK;
}

/* Copied into this machine's evidence, or found there. */
static enum ng_err take_file(struct progress *p, size_t i, struct party *party, const char *path,
                             const struct wire_progress *before)
{
    /* O_NONBLOCK: opening a FIFO by mistake must not hang. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        const int saved = errno;
        enum ng_err err = err_set_errno(saved, "--evidence %s", path);
        return saved == ENOENT || saved == ENOTDIR
                   ? err_set(NG_ERR_INPUT, _("--evidence %s: no such file"), path)
                   : err;
    }
    enum ng_err err = take_name(path, &p->names[i]);
    const char *name = buf_text(&p->names[i]);
    if (err == NG_OK) {
        err = err_wrap(evidence_take(&p->taken, party, fd, name,
                                     before != NULL ? before->evidence : NULL,
                                     before != NULL ? before->evidence_count : 0, &p->files[i]),
                       "--evidence");
    }
    (void)close(fd);
    p->evidence[i] =
        (struct wire_evidence){name, p->files[i].size, p->files[i].id, p->files[i].type};
    return err;
}

static enum ng_err take_evidence(const struct cmd_task *o, const struct desk *d, struct progress *p)
{
    struct own_said said;
    const bool any = own_progress(d->own, p->said.year, p->said.code, &said);
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < o->evidence.count; i++) {
        err = take_file(p, i, d->party, o->evidence.items[i], any ? &said.act->u.progress : NULL);
    }
    p->said.evidence = p->evidence;
    p->said.evidence_count = o->evidence.count;
    return err;
}

static bool is_said(const struct desk *d, const struct tasks_task *task,
                    const struct wire_progress *progress)
{
    struct own_said said;
    if (!own_progress(d->own, progress->year, progress->code, &said) ||
        said.statement->epoch != party_identity(d->party)->epoch ||
        !own_progress_equal(&said.act->u.progress, progress) ||
        desk_is_stale(task, said.statement, clock_wall_ms())) {
        return false;
    }
    const struct wire_finding *finding = desk_finding(d, &said);
    return finding == NULL || finding->outcome != WIRE_REFUSED;
}

static enum ng_err print_result(const struct cmd_task *o, const struct tasks_task *task,
                                const struct wire_progress *said, uint64_t seq)
{
    if (o->common.json) {
        return say_json_print(json_pack("{s:i, s:o, s:s, s:i, s:i}", "schema", 1, "seq",
                                        seq > 0 ? json_integer((json_int_t)seq) : json_null(),
                                        "code", said->code, "year", (int)said->year, "percent",
                                        (int)said->percent));
    }
    if (seq == 0) {
        (void)printf(_("Nothing new: this was reported before. Nothing was saved.\n"));
        return NG_OK;
    }
    (void)printf(_("Saved on this machine, number %s: task %s, %u %% – %s\n"), say_number(seq),
                 said->code, said->percent, task->name);
    (void)printf(_("It is sent as soon as the line is there; nganam-agent send does it now.\n"));
    return NG_OK;
}

static enum ng_err save(const struct cmd_task *o, const struct desk *d,
                        const struct tasks_task *task, const struct wire_progress *said)
{
    struct author_result result = {0};
    enum ng_err err = NG_OK;
    if (!is_said(d, task, said)) {
        const struct wire_act act = {.kind = WIRE_ACT_PROGRESS, .u.progress = *said};
        err = author_acts(d->party, WIRE_KIND_REPORT, &act, 1, clock_wall_ms(), &result);
    }
    return err == NG_OK ? print_result(o, task, said, result.last_seq) : err;
}

static enum ng_err run(const struct cmd_task *o, const char *code, struct desk *d,
                       struct progress *p)
{
    const struct tasks_task *task = NULL;
    enum ng_err err = take_numbers(o, p);
    err = err == NG_OK ? take_note(o, p) : err;
    err = err == NG_OK ? desk_read(d) : err;
    err = err == NG_OK ? find_task(d, code, o->year, &task, &p->said.year) : err;
    p->said.code = code;
    err = err == NG_OK ? take_evidence(o, d, p) : err;
    err = err == NG_OK ? save(o, d, task, &p->said) : err;
    if (err != NG_OK) {
        evidence_undo(&p->taken);
    }
    return err;
}

enum ng_err cmd_task_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_task *o = options;
    struct desk d;
    struct progress *p = calloc(1, sizeof(*p));
    enum ng_err err = desk_open(o->common.data, &d);
    if (err == NG_OK) {
        err = p != NULL ? run(o, argv[0], &d, p) : err_set(NG_ERR_NOMEM, "task");
    }
    if (p != NULL) {
        progress_fini(p);
    }
    free(p);
    desk_close(&d);
    return err;
}
