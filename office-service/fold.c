/* What it is for: the one place where a leaf becomes state. The idea: a table says which kinds of
 * statement may carry which acts and who may write them; each kind of act has a handler in a file
 * of its own. The happy path: time moves to the leaf's received_at (deadlines that have passed are
 * judged), the payload's acts are applied one by one, the outcome is recorded as a verdict, the
 * applied index moves on; all of it in the transaction of the caller. What may fail: storage,
 * memory, a damaged state, unknown rules; what a party said wrong never does. */
#include "office-service/fold.h"

#include "base/check.h"
#include "base/day.h"
#include "base/lang.h"
#include "ledger/leaf.h"
#include "office-service/fold_act.h"
#include "office-service/fold_actor.h"
#include "office-service/fold_board.h"
#include "office-service/fold_import.h"
#include "office-service/fold_registry.h"
#include "office-service/fold_time.h"
#include "office-service/fold_verdict.h"

#include <stdlib.h>
#include <string.h>

/* ---- The tables ---- */

static enum ng_err apply_tick(struct fold *f, const struct fold_origin *origin,
                              const struct wire_act *act, struct fold_judged *judged);
static enum ng_err apply_version(struct fold *f, const struct fold_origin *origin,
                                 const struct wire_act *act, struct fold_judged *judged);

struct act_rule {
    enum wire_act_kind act;
    uint32_t kind; /* of the statement that may carry it */
    fold_act_fn apply;
};

/* WIRE_ACT_CRITERIA and WIRE_ACT_NODE are applied as a whole set (fold_criteria.c). */
static const struct act_rule act_rules[] = {
    {WIRE_ACT_REPORT, WIRE_KIND_REPORT, fold_report_apply},
    {WIRE_ACT_PROGRESS, WIRE_KIND_REPORT, fold_progress_apply},
    {WIRE_ACT_UNIT, WIRE_KIND_UNITS, fold_units_apply},
    {WIRE_ACT_SURVEY, WIRE_KIND_SURVEY, fold_survey_apply},
    {WIRE_ACT_TASK, WIRE_KIND_TASKS, fold_task_apply},
    {WIRE_ACT_EVENT, WIRE_KIND_EVENTS, fold_task_apply_event},
    {WIRE_ACT_VERDICT, WIRE_KIND_VERDICT, fold_verdict_apply},
    {WIRE_ACT_TICK, WIRE_KIND_TICK, apply_tick},
    {WIRE_ACT_FOLD, WIRE_KIND_FOLD, apply_version},
};

struct kind_rule {
    uint32_t kind;
    bool by_office; /* else by wards and departments */
    bool assigns;   /* by departments too, within task_is_assigned */
    bool in_parts;  /* may be an import in parts */
    bool judged;    /* gets a verdict */
};

static const struct kind_rule kind_rules[] = {
    {.kind = WIRE_KIND_REPORT, .in_parts = true, .judged = true},
    {.kind = WIRE_KIND_UNITS, .by_office = true, .in_parts = true, .judged = true},
    {.kind = WIRE_KIND_CRITERIA, .by_office = true, .in_parts = true, .judged = true},
    {.kind = WIRE_KIND_SURVEY, .by_office = true, .in_parts = true, .judged = true},
    {.kind = WIRE_KIND_TASKS, .by_office = true, .assigns = true, .in_parts = true, .judged = true},
    {.kind = WIRE_KIND_EVENTS, .by_office = true, .in_parts = true, .judged = true},
    {.kind = WIRE_KIND_VERDICT, .by_office = true},
    {.kind = WIRE_KIND_TICK, .by_office = true},
    {.kind = WIRE_KIND_FOLD, .by_office = true, .judged = true},
};

static const struct kind_rule *find_kind(uint32_t kind)
{
    for (size_t i = 0; i < sizeof kind_rules / sizeof kind_rules[0]; i++) {
        if (kind_rules[i].kind == kind) {
            return &kind_rules[i];
        }
    }
    return NULL;
}

static fold_act_fn find_act(uint32_t kind, enum wire_act_kind act)
{
    for (size_t i = 0; i < sizeof act_rules / sizeof act_rules[0]; i++) {
        if (act_rules[i].kind == kind && act_rules[i].act == act) {
            return act_rules[i].apply;
        }
    }
    return NULL;
}

/* ---- Small things the parts share ---- */

void fold_refused(struct fold_judged *judged, enum reason reason, const char *argument)
{
    judged->outcome = WIRE_REFUSED;
    judged->reason = reason;
    judged->argument[0] = '\0';
    if (!argument) {
        return;
    }
    size_t size = strnlen(argument, FOLD_ARGUMENT_MAX + 1);
    if (size > FOLD_ARGUMENT_MAX) {
        size = FOLD_ARGUMENT_MAX;
        while (size > 0 && ((uint8_t)argument[size] & 0xC0u) == 0x80u) {
            size--; /* not inside a character */
        }
    }
    memcpy(judged->argument, argument, size);
    judged->argument[size] = '\0';
}

enum ng_err fold_refuse(struct fold_judged *judged, enum reason reason, const char *argument)
{
    fold_refused(judged, reason, argument);
    return NG_OK;
}

enum ng_err fold_encode_act(const struct wire_act *act, struct buf *to)
{
    buf_clear(to);
    const struct wire_acts one = {.acts = act, .count = 1};
    return wire_acts_encode(&one, to);
}

static enum ng_err apply_tick(struct fold *f, const struct fold_origin *origin,
                              const struct wire_act *act, struct fold_judged *judged)
{
    (void)f; /* its received_at has done its work already */
    (void)origin;
    (void)act;
    (void)judged;
    return NG_OK;
}

static enum ng_err apply_version(struct fold *f, const struct fold_origin *origin,
                                 const struct wire_act *act, struct fold_judged *judged)
{
    uint32_t version = act->u.fold_version;
    if (version > STATE_FOLD_VERSION) {
        return err_set(NG_ERR_VERSION,
                       _("message %llu asks for rules of version %lu, this program knows %u: "
                         "upgrade it"),
                       (unsigned long long)origin->index, (unsigned long)version,
                       STATE_FOLD_VERSION);
    }
    if (version < f->meta.fold_version) {
        return fold_refuse(judged, REASON_FOLD_VERSION, NULL);
    }
    f->meta.fold_version = version;
    return NG_OK;
}

/* ---- The acts of one statement ---- */

static const char *code_of(const struct wire_act *act)
{
    switch (act->kind) {
    case WIRE_ACT_REPORT:
        return act->u.report.code;
    case WIRE_ACT_PROGRESS:
        return act->u.progress.code;
    case WIRE_ACT_UNIT:
        return act->u.unit.code;
    case WIRE_ACT_CRITERIA:
        return act->u.criteria.set;
    case WIRE_ACT_NODE:
        return act->u.node.code;
    case WIRE_ACT_SURVEY:
        return act->u.survey.code;
    case WIRE_ACT_TASK:
        return act->u.task.code;
    case WIRE_ACT_EVENT:
        return act->u.event.code;
    case WIRE_ACT_VERDICT:
    case WIRE_ACT_TICK:
    case WIRE_ACT_FOLD:
        break;
    }
    return "";
}

static uint32_t year_of(const struct wire_act *act)
{
    return act->kind == WIRE_ACT_REPORT ? act->u.report.year : act->u.progress.year;
}

/* Of two reports, or progresses, or one of each. */
static int compare_component(const struct wire_act *a, const struct wire_act *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    if (year_of(a) != year_of(b)) {
        return year_of(a) < year_of(b) ? -1 : 1;
    }
    return strcmp(code_of(a), code_of(b));
}

/* By component, then in the order said. */
static int by_component(const void *left, const void *right)
{
    const struct wire_act *a = *(const struct wire_act *const *)left;
    const struct wire_act *b = *(const struct wire_act *const *)right;
    int order = compare_component(a, b);
    return order != 0 ? order : (a > b) - (a < b);
}

/* Said again further on in the same statement: the later one counts. */
static void find_superseded(const struct wire_acts *acts, bool ret[WIRE_ACTS_MAX])
{
    const struct wire_act *said[WIRE_ACTS_MAX];
    size_t count = 0;
    CHECK(acts->count <= WIRE_ACTS_MAX); /* wire_par.h: nothing longer is decoded */
    for (size_t i = 0; i < acts->count; i++) {
        const struct wire_act *act = &acts->acts[i];
        ret[i] = false;
        if (act->kind == WIRE_ACT_REPORT || act->kind == WIRE_ACT_PROGRESS) {
            said[count++] = act;
        }
    }
    qsort(said, count, sizeof(const struct wire_act *), by_component);
    for (size_t i = 1; i < count; i++) {
        ret[said[i - 1] - acts->acts] = compare_component(said[i - 1], said[i]) == 0;
    }
}

/* A code goes into a finding only if it is one: nothing else of a stranger's is repeated. */
static void name_act(struct fold_judged *judged, const char *code)
{
    if (text_is_code(code, TEXT_CODE_MAX)) {
        memcpy(judged->code, code, strlen(code) + 1);
    }
}

enum ng_err fold_acts_apply(struct fold *f, uint32_t kind, const struct fold_origin *origin,
                            const struct wire_acts *acts, uint32_t before)
{
    bool superseded[WIRE_ACTS_MAX];
    find_superseded(acts, superseded);
    for (size_t i = 0; i < acts->count; i++) {
        const struct wire_act *act = &acts->acts[i];
        struct fold_origin at = *origin;
        at.act = (uint32_t)i + 1;
        struct fold_judged judged = {.outcome = WIRE_ACCEPTED};
        name_act(&judged, code_of(act));
        fold_act_fn apply = find_act(kind, act->kind);
        enum ng_err err = NG_OK;
        if (!apply) {
            fold_refused(&judged, REASON_UNREADABLE, NULL);
        } else if (superseded[i]) {
            fold_refused(&judged, REASON_SUPERSEDED, NULL);
            judged.outcome = WIRE_SUPERSEDED;
        } else {
            err = apply(f, &at, act, &judged);
        }
        if (err) {
            return err;
        }
        fold_verdict_note(f, before + at.act, &judged);
    }
    return NG_OK;
}

/* ---- One leaf ---- */

static enum ng_err author_may(const struct fold *f, const struct kind_rule *rule,
                              struct fold_origin *origin, bool *ret_may)
{
    struct state_party party;
    enum ng_err err = state_party_get(f->kv, origin->author, &party);
    if (err) {
        *ret_may = false;
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    const bool department = party.role == WIRE_ROLE_DEPARTMENT;
    origin->by_department = rule->assigns && department;
    *ret_may = rule->by_office ? party.role == WIRE_ROLE_OFFICE || origin->by_department
                               : party.role == WIRE_ROLE_WARD || department;
    return NG_OK;
}

/* The whole statement is refused for one reason. */
static void refuse_all(struct fold *f, enum reason reason, const char *argument)
{
    struct fold_judged judged = {.outcome = WIRE_ACCEPTED};
    fold_refused(&judged, reason, argument);
    fold_verdict_note(f, 0, &judged);
}

static enum ng_err apply_payload(struct fold *f, const struct kind_rule *rule,
                                 const struct fold_origin *origin, struct bytes payload,
                                 const struct wire_acts *acts, bool *ret_judged)
{
    if (acts->has_part && rule->in_parts) {
        return fold_import_take(f, rule->kind, origin, payload, acts, ret_judged);
    }
    if (rule->kind != WIRE_KIND_CRITERIA) {
        return fold_acts_apply(f, rule->kind, origin, acts, 0);
    }
    struct fold_judged judged = {.outcome = WIRE_ACCEPTED};
    enum ng_err err = fold_criteria_apply(f, origin, acts->acts, acts->count, &payload, 1, &judged);
    fold_verdict_note(f, 0, &judged);
    return err;
}

/* What a person is said to have signed counts only if he has. */
static enum ng_err apply_signed(struct fold *f, const struct kind_rule *rule,
                                struct fold_origin *origin, const struct statement *s,
                                const struct wire_acts *acts, bool *ret_judged)
{
    struct registry_actor actor;
    bool holds;
    enum ng_err err = fold_actor_check(f->kv, s, acts, &actor, &holds);
    if (err) {
        return err;
    }
    if (!holds) {
        refuse_all(f, REASON_ACTOR, acts->actor);
        return NG_OK;
    }
    origin->actor = acts->actor;
    return apply_payload(f, rule, origin, s->payload, acts, ret_judged);
}

static enum ng_err apply_field(struct fold *f, const struct statement *s,
                               struct fold_origin *origin)
{
    const struct kind_rule *rule = find_kind(s->kind);
    if (!rule) {
        f->meta.unknown++;
        return NG_OK;
    }
    bool may;
    bool judged = rule->judged;
    struct wire_acts *acts = NULL;
    enum ng_err err = author_may(f, rule, origin, &may);
    if (err) {
        return err;
    }
    fold_verdict_begin(f, origin, !rule->by_office || origin->by_department);
    if (!may) {
        refuse_all(f, REASON_NOT_ALLOWED, NULL);
    } else {
        err = wire_acts_decode(s->payload, &acts);
        if (err == NG_ERR_NOMEM) {
            return err;
        }
        if (err) {
            f->meta.unreadable++;
            refuse_all(f, REASON_UNREADABLE, NULL);
            err = NG_OK;
        } else {
            err = apply_signed(f, rule, origin, s, acts, &judged);
        }
    }
    wire_acts_destroy(&acts);
    if (!err && judged) {
        err = fold_verdict_end(f);
    }
    return err;
}

static enum ng_err unreadable(struct fold *f)
{
    if (f->judges) {
        f->accuses = true;
        return err_set(NG_ERR_VERIFY,
                       _("the broker put something into the log that is no "
                         "statement: nothing more is read from it; tell the auditor"));
    }
    f->meta.unreadable++;
    return NG_OK;
}

static enum ng_err apply_leaf(struct fold *f, uint64_t index, struct bytes data)
{
    struct leaf leaf;
    struct statement s;
    if (leaf_decode(data, &leaf) || statement_decode(leaf.statement, &s)) {
        return unreadable(f);
    }
    if (f->judges) {
        enum ng_err judged = judge_leaf(f->kv, f->log, &leaf, &s, f->meta.received_at);
        f->accuses = judged == NG_ERR_VERIFY;
        if (judged) {
            return judged;
        }
    }
    uint64_t now = leaf.received_at > INT64_MAX ? INT64_MAX : leaf.received_at;
    enum ng_err err = fold_time_advance(f, index, day_of_ms((int64_t)now));
    if (err) {
        return err;
    }
    f->meta.received_at = now;
    struct fold_origin origin = {
        .index = index, .received_at = now, .seq = s.seq, .author = s.author.text, .actor = ""};
    if (s.kind < STATEMENT_FIELD_FIRST) {
        return fold_registry_apply(f, &s, &origin);
    }
    return apply_field(f, &s, &origin);
}

enum ng_err fold_apply(struct fold *f, const struct kv *kv, uint64_t index, struct bytes leaf)
{
    f->kv = kv;
    f->accuses = false;
    enum ng_err err = state_meta_get(kv, &f->meta);
    if (err || index < f->meta.applied) {
        return err;
    }
    if (index > f->meta.applied) {
        return err_set(NG_ERR_INPUT, _("message %llu came where %llu is next"),
                       (unsigned long long)index, (unsigned long long)f->meta.applied);
    }
    err = apply_leaf(f, index, leaf);
    if (!err) {
        err = fold_board_close(f);
    }
    if (err) {
        if (f->board_open) {
            standing_fini(&f->board); /* what it held is rolled back with the rest */
        }
        f->board_open = false;
        f->board_changed = false;
        /* Whatever has to be there was looked up as such: what is missing now is damage. */
        if (err == NG_ERR_NOT_FOUND) {
            err = err_set(NG_ERR_CORRUPT, _("state: a record is missing; run rebuild"));
        }
        return err_wrap(err, _("message %llu"), (unsigned long long)index);
    }
    f->meta.applied = index + 1;
    return state_meta_put(kv, &f->meta);
}

enum ng_err fold_new(struct fold **ret)
{
    struct fold *f = calloc(1, sizeof *f);
    if (f) {
        f->sets = set_cache_new();
        f->findings = fold_verdict_new();
    }
    if (!f || !f->sets || !f->findings) {
        fold_destroy(&f);
        return err_plain(NG_ERR_NOMEM);
    }
    *ret = f;
    return NG_OK;
}

void fold_destroy(struct fold **f)
{
    if (!f || !*f) {
        return;
    }
    set_cache_destroy(&(*f)->sets);
    fold_verdict_destroy(&(*f)->findings);
    free(*f);
    *f = NULL;
}

void fold_judge(struct fold *f, const struct judge_log *log)
{
    f->judges = true;
    f->log = log;
}

bool fold_accuses(const struct fold *f)
{
    return f->accuses;
}

struct set_cache *fold_sets(struct fold *f)
{
    return f->sets;
}
