#include "ward-agent/desk.h"

#include "base/file.h"
#include "base/lang.h"
#include "party/alarm_tell.h"
#include "ward-agent/due.h"

#include <stdlib.h>

/* What to do about a folder that holds no identity. */
static enum ng_err not_enrolled(const char *folder)
{
    char *pending = file_join(folder, IDENTITY_PENDING);
    bool begun = pending != NULL && file_exists(pending);
    free(pending);
    if (begun) {
        return err_set(NG_ERR_NOT_FOUND,
                       _("%s: the enrolment was interrupted; run nganam-agent enrol again with the "
                         "same slip"),
                       folder);
    }
    return err_set(NG_ERR_NOT_FOUND,
                   _("%s: this machine is not enrolled yet; ask the office for a slip and run "
                     "nganam-agent enrol SLIP"),
                   folder);
}

enum ng_err desk_open(const char *folder, struct desk *ret)
{
    *ret = (struct desk){0};
    enum ng_err err = party_open(folder, &ret->party);
    if (err == NG_OK) {
        err = alarm_tell(ret->party);
    }
    return err == NG_ERR_NOT_FOUND ? not_enrolled(folder) : err;
}

static enum ng_err read_inbox(struct desk *d)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    uint64_t index = 0;
    enum ng_err err = NG_OK;
    for (uint64_t from = 0; err == NG_OK; from = index + 1) {
        buf_clear(&leaf);
        err = party_inbox_next(d->party, from, &index, &leaf);
        if (err == NG_OK) {
            err = knowledge_apply(d->knowledge, buf_bytes(&leaf));
        }
    }
    buf_fini(&leaf);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* One statement; NG_ERR_NOT_FOUND: the epoch has no more. The enrolment that an earlier slip began
 * and never ended is nobody's word. */
static enum ng_err read_own(struct desk *d, uint32_t epoch, uint64_t seq, bool earlier)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct party_own known;
    enum ng_err err = party_own_of(d->party, epoch, seq, &known, &statement, NULL);
    if (err == NG_OK && (known.delivered || !earlier || seq > 1)) {
        struct own_statement said = {.epoch = epoch,
                                     .seq = seq,
                                     .delivered = known.delivered,
                                     .lost = earlier && !known.delivered,
                                     .index = known.index,
                                     .received_at = known.received_at};
        err = own_add(d->own, &said, buf_bytes(&statement));
    }
    buf_fini(&statement);
    return err;
}

static enum ng_err read_epoch(struct desk *d, uint32_t epoch, const struct party_status *status)
{
    bool earlier = epoch < status->epoch;
    enum ng_err err = NG_OK;
    for (uint64_t seq = 1; err == NG_OK && (earlier || seq <= status->authored); seq++) {
        err = read_own(d, epoch, seq, earlier);
    }
    return earlier && err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* All of them: an answer counts whichever key signed it. */
static enum ng_err read_all_own(struct desk *d)
{
    struct party_status status;
    uint32_t epoch = 0;
    enum ng_err err = party_status(d->party, &status);
    while (err == NG_OK && epoch < status.epoch) {
        err = party_next_epoch(d->party, epoch + 1, &epoch);
        if (err == NG_ERR_NOT_FOUND || (err == NG_OK && epoch > status.epoch)) {
            return NG_OK;
        }
        err = err == NG_OK ? read_epoch(d, epoch, &status) : err;
    }
    return err;
}

enum ng_err desk_read(struct desk *d)
{
    knowledge_destroy(&d->knowledge);
    own_destroy(&d->own);
    d->knowledge = knowledge_new(party_identity(d->party)->party.text);
    d->own = own_new();
    if (d->knowledge == NULL || d->own == NULL) {
        return err_set(NG_ERR_NOMEM, "%s", party_folder(d->party));
    }
    enum ng_err err = read_inbox(d);
    return err == NG_OK ? read_all_own(d) : err;
}

void desk_close(struct desk *d)
{
    knowledge_destroy(&d->knowledge);
    own_destroy(&d->own);
    party_close(&d->party);
}

const char *desk_unit_name(const struct desk *d)
{
    const struct wire_unit *unit = knowledge_unit(d->knowledge);
    return unit != NULL ? unit->name : party_identity(d->party)->party.text;
}

const struct knowledge_verdict *desk_verdict(const struct desk *d, const struct own_said *said,
                                             uint32_t *ret_act)
{
    const struct own_statement *judged = own_judged_with(d->own, said, ret_act);
    return judged != NULL && judged->delivered ? knowledge_verdict(d->knowledge, judged->index)
                                               : NULL;
}

const struct wire_finding *desk_finding(const struct desk *d, const struct own_said *said)
{
    uint32_t act = 0;
    const struct knowledge_verdict *v = desk_verdict(d, said, &act);
    return v != NULL ? knowledge_finding(v, act) : NULL;
}

/* True: the office has accepted an answer about this year in the statement. */
static bool has_accepted(const struct desk *d, const struct own_statement *s, uint32_t year)
{
    for (size_t i = 0; s->acts != NULL && i < s->acts->count; i++) {
        const struct own_said said = {s, &s->acts->acts[i], (uint32_t)i + 1};
        uint32_t act = 0;
        const struct knowledge_verdict *v = desk_verdict(d, &said, &act);
        if (v != NULL && said.act->kind == WIRE_ACT_REPORT && said.act->u.report.year == year &&
            knowledge_finding(v, act) == NULL) {
            return true;
        }
    }
    return false;
}

const struct criteria *desk_criteria(const struct desk *d, uint32_t year)
{
    for (size_t i = 0; i < own_count(d->own); i++) {
        const struct own_statement *s = own_at(d->own, i);
        /* An import in parts met the set that was in force at its last part. */
        const struct own_said first = {s, NULL, 1};
        uint32_t act = 0;
        const struct own_statement *judged = own_judged_with(d->own, &first, &act);
        const struct criteria *met = judged != NULL && has_accepted(d, s, year)
                                         ? knowledge_criteria(d->knowledge, year, judged->index)
                                         : NULL;
        if (met != NULL) {
            return met;
        }
    }
    return knowledge_criteria(d->knowledge, year, UINT64_MAX);
}

int32_t desk_due_next(const struct desk *d, const struct tasks_task *task, int32_t day)
{
    char event[33];
    bool waits = due_event(task, event);
    return due_next(task, waits ? knowledge_event(d->knowledge, event) : DAY_NONE, day);
}

static bool is_outside(const char *date, int32_t day, bool before)
{
    int32_t limit = DAY_NONE;
    return date[0] != '\0' && day_parse(date, &limit) == NG_OK &&
           (before ? day < limit : day > limit);
}

bool desk_is_asked(const struct desk *d, const struct tasks_task *task, int32_t due)
{
    const struct wire_unit *own = knowledge_unit(d->knowledge);
    return own == NULL || (!is_outside(own->valid_to, due, false) &&
                           !(task->owner[0] == '@' && is_outside(own->valid_from, due, true)));
}

bool desk_is_stale(const struct tasks_task *task, const struct own_statement *said, int64_t now_ms)
{
    int32_t deadline = due_before(task, day_of_ms(now_ms));
    int64_t said_at = (int64_t)(said->delivered ? said->received_at : said->authored_at);
    return deadline != DAY_NONE && said_at < day_start_ms(deadline + 1);
}

size_t desk_refused(const struct desk *d)
{
    struct own_said said;
    size_t refused = 0;
    for (size_t place = 0; own_next(d->own, &place, &said);) {
        const struct wire_finding *f = desk_finding(d, &said);
        refused += f != NULL && f->outcome == WIRE_REFUSED;
    }
    return refused;
}
