/* nganam-office units|criteria|survey|tasks import: a file becomes statements. Everything is
 * checked first, against the file's own rules and against the state as it will be with what waits
 * in our outbox, and every fault is told by line; nothing is sent unless all is right, and nothing
 * at all where nothing would change. */
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "office-service/board.h"
#include "office-service/cmd.h"
#include "office-service/known.h"
#include "office-service/office.h"
#include "office-service/pending.h"
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
    uint32_t kind; /* of the statements it becomes */
    bool json;
    int64_t timeout_ms;
    struct office office;
    struct signer signer;
    struct buf file;
    struct fault_list faults;
    struct actlist *list;
    struct criteria *set;
    struct pool keep;
    struct known_news news;
    uint64_t waiting; /* our newest statement, where what is said now waits already; else 0 */
    const struct cmd_set *opt; /* of criteria and survey */
};

static void import_fini(struct import *im)
{
    known_fini(&im->news);
    actlist_destroy(&im->list);
    criteria_destroy(&im->set);
    pool_fini(&im->keep);
    fault_list_fini(&im->faults);
    buf_fini(&im->file);
    signer_close(&im->signer);
    office_close(&im->office);
}

static enum ng_err import_begin(struct import *im, uint32_t kind, const struct cmd_say *opt,
                                const char *path)
{
    *im = (struct import){.path = path, .kind = kind, .json = opt->common.json};
    im->timeout_ms = cmd_timeout_ms(opt->timeout);
    im->office.fold_lock = -1;
    buf_init(&im->file, TABLE_FILE_MAX);
    pool_init(&im->keep, KEEP_MAX);
    enum ng_err err = file_read(path, &im->file);
    if (err && err != NG_ERR_NOMEM) {
        /* A file that cannot be had is the person's to mend, not a failure of our storage. */
        return err_set(NG_ERR_INPUT, "%s", err_explain(err));
    }
    if (!err) {
        err = office_open(opt->common.data, &im->office);
    }
    if (!err) {
        err = office_must_write(&im->office);
    }
    return err ? err : signer_open(&im->office, &opt->signer, &im->signer);
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
        return say_json(json_pack("{s:i, s:i, s:I, s:n, s:n}", "schema", 1, "changed", 0,
                                  "unchanged", (json_int_t)im->news.same, "index", "actor"));
    }
    (void)printf(_("%s: nothing changes, all of it is known already.\n"), im->path);
    signer_say(&im->office, false);
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
        return say_json(json_pack("{s:i, s:I, s:I, s:I, s:s?}", "schema", 1, "changed",
                                  (json_int_t)rows_of(&im->news), "unchanged",
                                  (json_int_t)im->news.same, "index", (json_int_t)o->last_index,
                                  "actor", signer_id(&im->office, !im->waiting)));
    }
    (void)printf(_("%s: %s imported, %s known already. Message %s of the log.\n"), im->path,
                 say_number(rows_of(&im->news)), say_number(im->news.same),
                 say_number(o->last_index));
    signer_say(&im->office, !im->waiting);
    return NG_OK;
}

/* Said before, when the broker could not be reached: waited for as the first time. */
static enum ng_err import_wait(struct import *im)
{
    struct office_outcome outcome = {0};
    if (!im->json) {
        (void)printf(_("%s: the same import waits to be delivered already; it is not written "
                       "again.\n"),
                     im->path);
        (void)fflush(stdout);
    }
    enum ng_err err = office_settle(&im->office, im->waiting, im->timeout_ms);
    if (!err) {
        err = office_own_index(&im->office, im->waiting, &outcome.last_index);
    }
    return err ? err : say_done(im, &outcome);
}

static enum ng_err import_send(struct import *im, const char *to)
{
    struct office_outcome outcome;
    if (im->waiting) {
        return import_wait(im);
    }
    if (im->news.count == 0) {
        return say_nothing_new(im);
    }
    enum ng_err err = im->kind == WIRE_KIND_SURVEY ? signer_warn(&im->office) : NG_OK;
    if (!err) {
        err = office_say(&im->office, im->kind, to, im->news.acts, im->news.count, im->timeout_ms,
                         &outcome);
    }
    if (err) {
        return err;
    }
    err = outcome.refused ? say_refused(im, &outcome) : say_done(im, &outcome);
    office_outcome_fini(&outcome);
    return err;
}

/* ---- Comparing ---- */

/* What a file would change of a state, and what is wrong with it there. */
typedef enum ng_err (*import_known_fn)(struct import *im, const struct kv *kv,
                                       struct set_cache *sets, struct fault_list *faults,
                                       struct known_news *ret);

/* Nothing would change once our outbox is delivered. Would something before that? Then the same was
 * said before and waits. */
static enum ng_err look_for_waiting(struct import *im, import_known_fn known,
                                    const struct mirror_view *v, uint64_t newest)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct known_news before = {0};
    enum ng_err err = known(im, mirror_view_state(v), v->sets, &faults, &before);
    if (err == NG_ERR_NOT_FOUND) { /* the set it belongs to waits too */
        err = known_all(im->list, &before);
    }
    if (!err && (before.count > 0 || fault_any(&faults))) {
        known_fini(&im->news);
        im->news = before;
        im->waiting = newest;
    } else {
        known_fini(&before);
    }
    fault_list_fini(&faults);
    return err;
}

static enum ng_err compare(struct import *im, import_known_fn known)
{
    struct mirror_view v;
    struct pending p = {0};
    enum ng_err err = mirror_view_begin(im->office.mirror, &v);
    if (err) {
        return err;
    }
    err = pending_begin(&im->office, &v, &p);
    if (!err) {
        err = known(im, pending_state(&p), pending_sets(&p), &im->faults, &im->news);
    }
    if (!err && !fault_any(&im->faults) && im->news.count == 0 && pending_newest(&p, im->kind)) {
        err = look_for_waiting(im, known, &v, pending_newest(&p, im->kind));
    }
    pending_end(&p);
    mirror_view_end(&v);
    return err;
}

/* What parsing gave goes on to the state even with faults, so that all are told at once. */
static enum ng_err import_compare(struct import *im, enum ng_err parsed, import_known_fn known)
{
    enum ng_err err = parsed;
    if (!err || (err == NG_ERR_INPUT && fault_any(&im->faults))) {
        enum ng_err found = compare(im, known);
        err = found ? found : err;
    }
    return import_judge(im, err);
}

/* The file's acts afresh: comparing fills in what a file leaves out, from the one state it is
 * compared with. Faults are in the list then, and no error. */
static enum ng_err read_again(struct import *im,
                              enum ng_err (*parse)(struct bytes, struct fault_list *,
                                                   struct actlist **),
                              struct fault_list *faults)
{
    actlist_destroy(&im->list);
    enum ng_err err = parse(buf_bytes(&im->file), faults, &im->list);
    return err == NG_ERR_INPUT && fault_any(faults) ? NG_OK : err;
}

/* ---- The four ---- */

static enum ng_err units_known(struct import *im, const struct kv *kv, struct set_cache *sets,
                               struct fault_list *faults, struct known_news *ret)
{
    (void)sets;
    enum ng_err err = read_again(im, unit_parse_csv, faults);
    return !err && im->list ? known_units(kv, im->list, &im->keep, faults, ret) : err;
}

static enum ng_err import_list(const struct cmd_say *opt, uint32_t kind, const char *path,
                               import_known_fn known)
{
    struct import im;
    enum ng_err err = import_begin(&im, kind, opt, path);
    if (!err) {
        err = import_compare(&im, NG_OK, known);
    }
    if (!err) {
        err = import_send(&im, "*");
    }
    import_fini(&im);
    return err;
}

enum ng_err cmd_import_units_run(void *options, int argc, char **argv)
{
    (void)argc;
    return import_list(options, WIRE_KIND_UNITS, argv[0], units_known);
}

static enum ng_err tasks_known(struct import *im, const struct kv *kv, struct set_cache *sets,
                               struct fault_list *faults, struct known_news *ret)
{
    (void)sets;
    enum ng_err err = read_again(im, task_parse_csv, faults);
    return !err && im->list ? known_tasks(kv, im->list, &im->keep, faults, ret) : err;
}

enum ng_err cmd_import_tasks_run(void *options, int argc, char **argv)
{
    (void)argc;
    return import_list(options, WIRE_KIND_TASKS, argv[0], tasks_known);
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

/* Without a set the answer is that there is none; a file that is wrong by itself says both. */
static enum ng_err survey_without_set(struct import *im, const struct kv *kv,
                                      struct fault_list *faults)
{
    enum ng_err err = survey_parse_csv(buf_bytes(&im->file), NULL, faults, &im->list);
    if (err && err != NG_ERR_INPUT) {
        return err;
    }
    err = board_explain_absence(kv, (uint32_t)im->opt->year, im->opt->group);
    if (fault_any(faults) && err == NG_ERR_NOT_FOUND) {
        fault_add_refused(faults, REASON_NO_CRITERIA, 0, "", err_explain(err));
        return NG_OK;
    }
    return err;
}

/* Read again for each state: which codes are right hangs on the set, which may wait itself. */
static enum ng_err survey_known(struct import *im, const struct kv *kv, struct set_cache *sets,
                                struct fault_list *faults, struct known_news *ret)
{
    const struct criteria *set;
    uint32_t year = (uint32_t)im->opt->year;
    actlist_destroy(&im->list);
    enum ng_err err = set_cache_get(sets, kv, im->opt->group, year, &set);
    if (err == NG_ERR_NOT_FOUND) {
        return survey_without_set(im, kv, faults);
    }
    if (!err) {
        err = survey_parse_csv(buf_bytes(&im->file), set, faults, &im->list);
    }
    if (err == NG_ERR_INPUT && fault_any(faults)) {
        err = NG_OK;
    }
    if (!err && im->list) {
        err = known_survey(kv, im->list, im->opt->group, year, im->signer.id ? im->signer.id : "",
                           faults, ret);
    }
    return err;
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
    err = import_begin(&im, WIRE_KIND_SURVEY, &opt->say, argv[0]);
    im.opt = opt;
    if (!err) {
        err = import_compare(&im, NG_OK, survey_known);
    }
    if (!err) {
        err = import_send(&im, "");
    }
    import_fini(&im);
    return err;
}

/* A file that is no set yet: whether any other one may come is known all the same. */
static enum ng_err broken_set_known(const struct import *im, const struct kv *kv,
                                    struct fault_list *faults)
{
    bool used;
    uint32_t year = (uint32_t)im->opt->year;
    char message[FAULT_MESSAGE_MAX];
    enum ng_err err = known_set_in_use(kv, im->opt->group, year, &used);
    if (!err && used) {
        (void)snprintf(message, sizeof message,
                       _("group %s has answers to a set of %lu: a set that is in use is never "
                         "changed"),
                       im->opt->group, (unsigned long)year);
        fault_add_refused(faults, REASON_SET_CHANGED, 0, "", message);
    }
    return err;
}

static enum ng_err criteria_known(struct import *im, const struct kv *kv, struct set_cache *sets,
                                  struct fault_list *faults, struct known_news *ret)
{
    enum known_set known;
    if (!im->set) {
        return broken_set_known(im, kv, faults);
    }
    enum ng_err err = known_set(kv, sets, im->set, &known);
    if (err) {
        return err;
    }
    if (known == KNOWN_SET_USED) {
        return err_set(NG_ERR_REFUSED,
                       _("%s: group %s has answers to another set of %lu: a set that is in use is "
                         "never changed"),
                       im->path, im->opt->group, (unsigned long)im->opt->year);
    }
    if (known == KNOWN_SET_SAME) {
        ret->same = criteria_count(im->set);
        return NG_OK;
    }
    if (!im->list) {
        err = criteria_to_acts(im->set, &im->list);
    }
    return err ? err : known_all(im->list, ret);
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
    err = import_begin(&im, WIRE_KIND_CRITERIA, &opt->say, argv[0]);
    im.opt = opt;
    if (!err) {
        err = criteria_parse_csv(buf_bytes(&im.file), opt->set, (uint32_t)opt->year, opt->group,
                                 &im.faults, &im.set);
        err = import_compare(&im, err, criteria_known);
    }
    if (!err) {
        err = import_send(&im, "*");
    }
    import_fini(&im);
    return err;
}
