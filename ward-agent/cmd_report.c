/* nganam-agent report: what a unit says about its components.
 *
 * Happy path: read the file, check every line against the criteria set the inbox brought, leave out
 * what was said before in the same words, sign the rest, and say under which number it is safe on
 * disk. The network is not needed. Possible failures: no set for the year yet, faults in the input
 * (all of them are listed, nothing is saved), storage.
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "par/table.h"
#include "ward-agent/author.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/draft.h"
#include "ward-agent/faults.h"
#include "ward-agent/input.h"
#include "ward-agent/said.h"
#include "ward-agent/say_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { YEARS_SHOWN = 5, PERIOD_SIZE = 12 };

/* One report on its way from the words of the command to the disk. */
struct job {
    const struct cmd_report *options;
    struct desk desk;
    struct input input;
    bool from_draft;
    struct draft_name draft;
    char *draft_file; /* the draft's path, when it comes from one */
    uint32_t year;
    char period[PERIOD_SIZE];
};

/* ---- What is asked for ---- */

static enum ng_err choose_period(struct job *job)
{
    const struct cmd_report *o = job->options;
    if (job->from_draft && (o->year != 0 || o->period != NULL)) {
        return err_set(NG_ERR_USAGE, _("a draft keeps its own year and period: leave out --year "
                                       "and --period"));
    }
    if (job->from_draft) {
        job->year = job->draft.year;
        memcpy(job->period, job->draft.period, sizeof(job->draft.period));
        return NG_OK;
    }
    if (o->year < CRITERIA_YEAR_MIN || o->year > CRITERIA_YEAR_MAX) {
        return err_set(NG_ERR_USAGE, _("--year is needed, a year from %u to %u"), CRITERIA_YEAR_MIN,
                       CRITERIA_YEAR_MAX);
    }
    job->year = (uint32_t)o->year;
    (void)snprintf(job->period, sizeof(job->period), "%u", job->year);
    if (o->period == NULL) {
        return NG_OK;
    }
    if (o->period[0] == '\0' || strlen(o->period) >= sizeof(job->period) ||
        !report_period_is_valid(o->period, job->year)) {
        return err_set(
            NG_ERR_USAGE,
            _("--period \"%.20s\" is no period of %u: expected %u, %u-H1, %u-Q3 or %u-11"),
            o->period, job->year, job->year, job->year, job->year, job->year);
    }
    memcpy(job->period, o->period, strlen(o->period) + 1);
    return NG_OK;
}

static enum ng_err take_draft(struct job *job)
{
    enum ng_err err = draft_parse(job->options->from_draft, &job->draft);
    if (err != NG_OK) {
        return err;
    }
    job->from_draft = true;
    job->draft_file = draft_path(job->options->common.data, &job->draft);
    if (job->draft_file == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", _("report"));
    }
    if (!file_exists(job->draft_file)) {
        return err_set(NG_ERR_NOT_FOUND,
                       _("there is no draft %s; nganam-agent report --drafts lists them"),
                       job->draft.text);
    }
    return input_from_file(job->draft_file, ".", &job->input);
}

static enum ng_err take_input(struct job *job, int argc, char **argv)
{
    const struct cmd_report *o = job->options;
    if (o->draft && o->from_draft != NULL) {
        return err_set(NG_ERR_USAGE, _("--draft and --from-draft do not go together"));
    }
    int ways = (o->file != NULL) + (o->from_draft != NULL) + (argc > 0);
    if (ways != 1) {
        return err_set(NG_ERR_USAGE, _("give one of: --file F.csv, CODE FIELD=VALUE…, "
                                       "--from-draft NAME; see nganam-agent report --help"));
    }
    if (o->from_draft != NULL) {
        return take_draft(job);
    }
    if (o->file != NULL) {
        return input_from_file(o->file, NULL, &job->input);
    }
    return input_from_words((const char *const *)argv, (size_t)argc, &job->input);
}

/* ---- The criteria it is checked against ---- */

static enum ng_err no_criteria(const struct job *job)
{
    const struct wire_unit *unit = knowledge_unit(job->desk.knowledge);
    if (unit == NULL) {
        return err_set(NG_ERR_REFUSED,
                       _("the office has not listed unit %s yet, as far as this machine knows; run "
                         "nganam-agent send to ask again, or keep the report with --draft"),
                       party_identity(job->desk.party)->party.text);
    }
    uint32_t years[YEARS_SHOWN];
    size_t count = knowledge_years(job->desk.knowledge, years, YEARS_SHOWN);
    char known[16 * YEARS_SHOWN] = "";
    for (size_t i = 0, used = 0; i < count; i++) {
        used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%u", i > 0 ? ", " : "",
                                 years[i]);
    }
    return err_set(NG_ERR_REFUSED,
                   _("no criteria of %u for group \"%s\" on this machine (there are: %s); run "
                     "nganam-agent send to fetch what the office has issued, or keep the report "
                     "with --draft"),
                   job->year, unit->group, count > 0 ? known : _("none"));
}

/* ---- Saving ---- */

/* True: the office has or will get exactly this, and has not refused it. What an earlier key said
 * may not be the unit's newest word: another machine may have had the key in between. */
static bool is_said(const struct desk *desk, const struct wire_report *report)
{
    struct own_said said;
    if (!own_report(desk->own, report->year, report->code, &said) ||
        said.statement->epoch != party_identity(desk->party)->epoch ||
        !own_report_equal(&said.act->u.report, report)) {
        return false;
    }
    const struct wire_finding *finding = desk_finding(desk, &said);
    return finding == NULL || finding->outcome != WIRE_REFUSED;
}

static void print_saved(const struct job *job, const struct author_result *r, size_t changed,
                        size_t unchanged)
{
    if (changed == 0) {
        (void)printf(_("Nothing new: all of it was reported before. Nothing was saved.\n"));
        return;
    }
    if (r->statements == 1) {
        (void)printf(_("Saved on this machine, number %s: "), say_number(r->last_seq));
    } else {
        (void)printf(_("Saved on this machine, numbers %s to %s: "), say_number(r->first_seq),
                     say_number(r->last_seq));
    }
    (void)printf(ngettext("%zu component of %s", "%zu components of %s", changed), changed,
                 job->period);
    if (unchanged > 0) {
        (void)printf(ngettext(" (%zu unchanged left out)", " (%zu unchanged left out)", unchanged),
                     unchanged);
    }
    (void)printf(_(".\nIt is sent as soon as the line is there; nganam-agent send does it now.\n"));
}

static enum ng_err print_result(const struct job *job, const struct author_result *r,
                                size_t changed, size_t unchanged)
{
    if (!job->options->common.json) {
        print_saved(job, r, changed, unchanged);
        return NG_OK;
    }
    return say_json_print(
        json_pack("{s:i, s:o, s:o, s:I, s:i, s:s, s:I, s:I}", "schema", 1, "seq",
                  changed > 0 ? json_integer((json_int_t)r->last_seq) : json_null(), "first_seq",
                  changed > 0 ? json_integer((json_int_t)r->first_seq) : json_null(), "statements",
                  (json_int_t)r->statements, "year", (int)job->year, "period", job->period,
                  "components", (json_int_t)changed, "unchanged", (json_int_t)unchanged));
}

static enum ng_err save(const struct job *job, const struct actlist *list)
{
    size_t count = actlist_count(list);
    const struct wire_act *acts = actlist_acts(list);
    struct wire_act *news = calloc(count + 1, sizeof(*news));
    struct author_result result = {0};
    size_t changed = 0;
    if (news == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", _("report"));
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_said(&job->desk, &acts[i].u.report)) {
            news[changed++] = acts[i];
        }
    }
    enum ng_err err = NG_OK;
    if (changed > 0) {
        err =
            author_acts(job->desk.party, WIRE_KIND_REPORT, news, changed, clock_wall_ms(), &result);
    }
    free(news);
    return err == NG_OK ? print_result(job, &result, changed, count - changed) : err;
}

static enum ng_err check_and_save(struct job *job)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *list = NULL;
    struct evidence taken = {0};
    const struct criteria *set = desk_criteria(&job->desk, job->year);
    if (set == NULL) {
        return no_criteria(job);
    }
    enum ng_err err = input_parse(&job->input, set, job->period, &faults, &list);
    if (err == NG_ERR_INPUT) {
        err = faults_refuse(&faults, job->input.name, job->from_draft, job->options->common.json);
    } else if (err == NG_OK) {
        err = input_take_evidence(&job->input, &job->desk, list, &taken);
        err = err == NG_OK ? save(job, list) : err;
        if (err != NG_OK) {
            evidence_undo(&taken);
        }
    }
    evidence_fini(&taken);
    actlist_destroy(&list);
    fault_list_fini(&faults);
    if (err == NG_OK && job->from_draft) {
        err = draft_remove(job->options->common.data, &job->draft);
    }
    return err;
}

/* ---- Drafts ---- */

static enum ng_err print_draft(const struct job *job, const struct draft_name *name,
                               const struct fault_list *faults)
{
    char *path = draft_path(job->options->common.data, name);
    if (path == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", _("draft"));
    }
    enum ng_err err = NG_OK;
    if (job->options->common.json) {
        err = say_json_print(json_pack("{s:i, s:s, s:o, s:o}", "schema", 1, "draft", name->text,
                                       "file", say_json_text(path), "faults", faults_json(faults)));
    } else {
        (void)printf(_("Kept as draft %s, not sent. File: %s\n"), name->text, path);
        err = faults_print(faults, name->text, stdout);
        (void)printf(_("To send it: nganam-agent report --from-draft %s\n"), name->text);
    }
    free(path);
    return err;
}

/* Kept whatever is in it; what is known to be wrong is said. */
static enum ng_err keep_draft(const struct job *job)
{
    struct buf csv = BUF_INIT(TABLE_FILE_MAX);
    struct draft_name name;
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *list = NULL;
    enum ng_err err = input_to_csv(&job->input, &csv);
    err = err == NG_OK ? draft_save(job->options->common.data, job->period, buf_bytes(&csv), &name)
                       : err;
    const struct criteria *set = desk_criteria(&job->desk, job->year);
    if (err == NG_OK && set != NULL) {
        err = input_parse(&job->input, set, job->period, &faults, &list);
        err = err == NG_ERR_INPUT ? NG_OK : err;
    }
    err = err == NG_OK ? print_draft(job, &name, &faults) : err;
    actlist_destroy(&list);
    fault_list_fini(&faults);
    buf_fini(&csv);
    return err;
}

static enum ng_err list_drafts(const struct cmd_report *o)
{
    struct draft_name *names = NULL;
    size_t count = 0;
    enum ng_err err = draft_list(o->common.data, &names, &count);
    if (err != NG_OK) {
        return err;
    }
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(array,
                                    json_pack("{s:s, s:i, s:s}", "draft", names[i].text, "year",
                                              (int)names[i].year, "period", names[i].period));
        if (!o->common.json) {
            (void)printf("%s\n", names[i].text);
        }
    }
    free(names);
    if (o->common.json) {
        return say_json_print(json_pack("{s:i, s:o}", "schema", 1, "drafts", array));
    }
    json_decref(array);
    if (count == 0) {
        (void)printf(_("No drafts.\n"));
    }
    return NG_OK;
}

/* ---- What was said ---- */

static enum ng_err print_said(struct job *job)
{
    struct buf csv = BUF_INIT(TABLE_FILE_MAX);
    size_t count = 0;
    enum ng_err err = choose_period(job);
    err = err == NG_OK ? desk_read(&job->desk) : err;
    err = err == NG_OK ? said_csv(job->desk.own, job->year, &csv, &count) : err;
    if (err == NG_OK && count == 0) {
        err =
            err_set(NG_ERR_NOT_FOUND, _("nothing was reported for %u from this folder"), job->year);
    }
    if (err == NG_OK && job->options->common.json) {
        err = say_json_print(json_pack("{s:i, s:i, s:I, s:s}", "schema", 1, "year", (int)job->year,
                                       "answers", (json_int_t)count, "csv", buf_text(&csv)));
    } else if (err == NG_OK) {
        (void)printf("%s", buf_text(&csv));
    }
    buf_fini(&csv);
    return err;
}

static enum ng_err run_job(struct job *job, int argc, char **argv)
{
    const struct cmd_report *o = job->options;
    if (o->drafts) {
        return list_drafts(o);
    }
    enum ng_err err = desk_open(o->common.data, &job->desk);
    if (err == NG_OK && o->said) {
        return argc > 0 || o->file != NULL || o->from_draft != NULL || o->draft || o->period != NULL
                   ? err_set(NG_ERR_USAGE, _("--said goes with --year alone"))
                   : print_said(job);
    }
    err = err == NG_OK ? take_input(job, argc, argv) : err;
    err = err == NG_OK ? choose_period(job) : err;
    err = err == NG_OK ? desk_read(&job->desk) : err;
    if (err != NG_OK) {
        return err;
    }
    return o->draft ? keep_draft(job) : check_and_save(job);
}

enum ng_err cmd_report_run(void *options, int argc, char **argv)
{
    struct job job = {.options = options};
    enum ng_err err = run_job(&job, argc, argv);
    free(job.draft_file);
    input_fini(&job.input);
    desk_close(&job.desk);
    return err;
}
