/* nganam-office units|criteria|survey|tasks import: a file becomes statements. Everything is
 * checked first, against the file's own rules and against the state, and every fault is told by
 * line; nothing is sent unless all is right, and nothing at all where nothing would change. */
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "office-service/board.h"
#include "office-service/cmd.h"
#include "office-service/known.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "par/survey.h"
#include "par/table.h"
#include "par/task.h"
#include "par/unit.h"

#include <string.h>

#define KEEP_MAX (64u << 20)

/* One import on its way. */
struct import {
    const char *path;
    bool json;
    int64_t timeout_ms;
    struct office office;
    struct buf file;
    struct fault_list faults;
    struct actlist *list;
    struct criteria *set;
    struct pool keep;
    struct known_news news;
};

static void import_fini(struct import *im)
{
    known_fini(&im->news);
    actlist_destroy(&im->list);
    criteria_destroy(&im->set);
    pool_fini(&im->keep);
    fault_list_fini(&im->faults);
    buf_fini(&im->file);
    office_close(&im->office);
}

static enum ng_err import_begin(struct import *im, const struct cli_common *common,
                                uint64_t timeout_s, const char *path)
{
    *im = (struct import){.path = path, .json = common->json};
    im->timeout_ms = (int64_t)(timeout_s ? timeout_s : OFFICE_TIMEOUT_S) * 1000;
    im->office.fold_lock = -1;
    buf_init(&im->file, TABLE_FILE_MAX);
    pool_init(&im->keep, KEEP_MAX);
    enum ng_err err = file_read(path, &im->file);
    if (err && err != NG_ERR_NOMEM) {
        /* A file that cannot be had is the person's to mend, not a failure of our storage. */
        return err_set(NG_ERR_INPUT, "%s", err_explain(err));
    }
    if (!err) {
        err = office_open(common->data, &im->office);
    }
    return err ? err : office_must_write(&im->office);
}

/* What parsing or comparing gave: faults, if there are any, become the error. */
static enum ng_err import_judge(struct import *im, enum ng_err err)
{
    if (fault_any(&im->faults) && (!err || err == NG_ERR_INPUT)) {
        fault_sort(&im->faults);
        return say_faults(&im->faults, im->path, im->json);
    }
    return err;
}

/* ---- Telling what happened ---- */

static enum ng_err say_nothing_new(const struct import *im)
{
    if (im->json) {
        return say_json(json_pack("{s:i, s:i, s:I, s:n}", "schema", 1, "changed", 0, "unchanged",
                                  (json_int_t)im->news.same, "index"));
    }
    (void)printf(_("%s: nothing changes, all of it is known already.\n"), im->path);
    return NG_OK;
}

/* Each refused act by its line, then the error of the command. */
static enum ng_err say_refused(const struct import *im, const struct office_outcome *o)
{
    struct buf text = BUF_INIT(1u << 20);
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < o->refused && !err; i++) {
        const struct wire_finding *f = &o->findings[i];
        bool placed = f->act >= 1 && f->act <= im->news.count;
        if (placed) {
            err = buf_printf(&text, _("line %lu, %s: "), (unsigned long)im->news.lines[f->act - 1],
                             f->code);
        } else if (f->code[0]) {
            err = buf_printf(&text, "%s: ", f->code);
        }
        if (!err) {
            err = reason_format((enum reason)f->reason, NULL, f->argument, &text);
        }
        if (!err && i + 1 < o->refused) {
            err = buf_add_text(&text, "; ");
        }
    }
    if (!err) {
        err = err_set(NG_ERR_REFUSED, _("%s: the log took it, the rules refuse: %s"), im->path,
                      buf_text(&text));
    }
    buf_fini(&text);
    return err;
}

/* Rows of the file: a set's head is an act, but no row. */
static size_t rows_of(const struct known_news *news)
{
    size_t rows = news->count;
    for (size_t i = 0; i < news->count; i++) {
        rows -= news->acts[i].kind == WIRE_ACT_CRITERIA ? 1 : 0;
    }
    return rows;
}

static enum ng_err say_done(const struct import *im, const struct office_outcome *o)
{
    if (im->json) {
        return say_json(json_pack("{s:i, s:I, s:I, s:I}", "schema", 1, "changed",
                                  (json_int_t)rows_of(&im->news), "unchanged",
                                  (json_int_t)im->news.same, "index", (json_int_t)o->last_index));
    }
    (void)printf(_("%s: %s imported, %s known already. Message %s of the log.\n"), im->path,
                 say_number(rows_of(&im->news)), say_number(im->news.same),
                 say_number(o->last_index));
    return NG_OK;
}

static enum ng_err import_send(struct import *im, uint32_t kind, const char *to)
{
    struct office_outcome outcome;
    if (im->news.count == 0) {
        return say_nothing_new(im);
    }
    enum ng_err err =
        office_say(&im->office, kind, to, im->news.acts, im->news.count, im->timeout_ms, &outcome);
    if (err) {
        return err;
    }
    err = outcome.refused ? say_refused(im, &outcome) : say_done(im, &outcome);
    office_outcome_fini(&outcome);
    return err;
}

/* ---- The four ---- */

enum ng_err cmd_import_units_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_write *opt = options;
    struct import im;
    struct mirror_view v;
    enum ng_err err = import_begin(&im, &opt->common, opt->timeout, argv[0]);
    if (!err) {
        err = unit_parse_csv(buf_bytes(&im.file), &im.faults, &im.list);
        err = import_judge(&im, err);
    }
    if (!err) {
        err = mirror_view_begin(im.office.mirror, &v);
    }
    if (!err) {
        err = known_units(mirror_view_state(&v), im.list, &im.keep, &im.news);
        mirror_view_end(&v);
    }
    if (!err) {
        err = import_send(&im, WIRE_KIND_UNITS, "*");
    }
    import_fini(&im);
    return err;
}

enum ng_err cmd_import_tasks_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_write *opt = options;
    struct import im;
    struct mirror_view v;
    enum ng_err err = import_begin(&im, &opt->common, opt->timeout, argv[0]);
    if (!err) {
        err = task_parse_csv(buf_bytes(&im.file), &im.faults, &im.list);
        err = import_judge(&im, err);
    }
    if (!err) {
        err = mirror_view_begin(im.office.mirror, &v);
    }
    if (!err) {
        err = known_tasks(mirror_view_state(&v), im.list, &im.keep, &im.faults, &im.news);
        mirror_view_end(&v);
        err = import_judge(&im, err);
    }
    if (!err) {
        err = import_send(&im, WIRE_KIND_TASKS, "*");
    }
    import_fini(&im);
    return err;
}

/* The set the survey belongs to has to be there. */
static enum ng_err read_survey(struct import *im, const struct cmd_set *opt)
{
    struct mirror_view v;
    const struct criteria *set;
    uint32_t year = (uint32_t)opt->year;
    enum ng_err err = mirror_view_begin(im->office.mirror, &v);
    if (err) {
        return err;
    }
    err = set_cache_get(v.sets, mirror_view_state(&v), opt->group, year, &set);
    if (err == NG_ERR_NOT_FOUND) {
        err = board_explain_absence(mirror_view_state(&v), year, opt->group);
    } else if (!err) {
        err = survey_parse_csv(buf_bytes(&im->file), set, &im->faults, &im->list);
        err = import_judge(im, err);
        if (!err) {
            err = known_survey(mirror_view_state(&v), im->list, opt->group, year, &im->faults,
                               &im->news);
            err = import_judge(im, err);
        }
    }
    mirror_view_end(&v);
    return err;
}

static enum ng_err check_set_options(const struct cmd_set *opt)
{
    if (opt->year < CRITERIA_YEAR_MIN || opt->year > CRITERIA_YEAR_MAX) {
        return err_set(NG_ERR_USAGE, _("--year: a year from %u to %u is expected"),
                       CRITERIA_YEAR_MIN, CRITERIA_YEAR_MAX);
    }
    if (!text_is_code(opt->group, TEXT_CODE_MAX)) {
        return err_set(NG_ERR_USAGE, _("--group: letters, digits, . - _ are expected"));
    }
    if (opt->set && !text_is_code(opt->set, TEXT_CODE_MAX)) {
        return err_set(NG_ERR_USAGE, _("--set: letters, digits, . - _ are expected"));
    }
    return NG_OK;
}

enum ng_err cmd_import_survey_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_set *opt = options;
    struct import im;
    enum ng_err err = check_set_options(opt);
    if (err) {
        return err;
    }
    err = import_begin(&im, &opt->common, opt->timeout, argv[0]);
    if (!err) {
        err = read_survey(&im, opt);
    }
    if (!err) {
        err = import_send(&im, WIRE_KIND_SURVEY, "");
    }
    import_fini(&im);
    return err;
}

static enum ng_err compare_set(struct import *im, enum known_set *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(im->office.mirror, &v);
    if (err) {
        return err;
    }
    err = known_set(mirror_view_state(&v), v.sets, im->set, ret);
    mirror_view_end(&v);
    return err;
}

static enum ng_err send_set(struct import *im, const struct cmd_set *opt)
{
    enum known_set known;
    enum ng_err err = compare_set(im, &known);
    if (err) {
        return err;
    }
    if (known == KNOWN_SET_USED) {
        return err_set(NG_ERR_REFUSED,
                       _("%s: group %s has answers to another set of %lu: a set that is in use is "
                         "never changed"),
                       im->path, opt->group, (unsigned long)opt->year);
    }
    if (known == KNOWN_SET_SAME) {
        im->news.same = criteria_count(im->set);
        return say_nothing_new(im);
    }
    err = criteria_to_acts(im->set, &im->list);
    if (!err) {
        err = known_all(im->list, &im->news);
    }
    return err ? err : import_send(im, WIRE_KIND_CRITERIA, "*");
}

enum ng_err cmd_import_criteria_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_set *opt = options;
    struct import im;
    enum ng_err err = check_set_options(opt);
    if (err) {
        return err;
    }
    err = import_begin(&im, &opt->common, opt->timeout, argv[0]);
    if (!err) {
        err = criteria_parse_csv(buf_bytes(&im.file), opt->set, (uint32_t)opt->year, opt->group,
                                 &im.faults, &im.set);
        err = import_judge(&im, err);
    }
    if (!err) {
        err = send_set(&im, opt);
    }
    import_fini(&im);
    return err;
}
