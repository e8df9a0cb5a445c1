/* Acts, between the generated structures and plain C.
 *
 * Eleven kinds of act with up to eleven fields each would be eleven pairs of the same function, so
 * each kind is a table instead: where a field lies here and there, and what it is. A record is
 * copied field by field by its table, in either direction; a list inside it (evidence, findings)
 * has a table of its own, and lists hold no lists.
 */
#include "proto/wire_record.h"

#include "base/check.h"
#include "proto/wire_pb.h"

#include <string.h>

enum field_type {
    FIELD_TEXT,
    FIELD_U32,
    FIELD_U64,
    FIELD_FLAG,   /* int there, bool here */
    FIELD_CHOICE, /* an enum; at most `max` */
    FIELD_LIST    /* count and pointer */
};

struct record;

struct field {
    enum field_type type;
    size_t there;       /* offset in the generated structure */
    size_t here;        /* offset in the plain one */
    size_t count_there; /* of a list */
    size_t count_here;
    int max;
    const struct record *items;
};

struct record {
    const ProtobufCMessageDescriptor *descriptor;
    size_t size_there;
    size_t size_here;
    const struct field *fields;
    size_t field_count;
};

#define TEXT(T, t, H, h)                                                                           \
    {                                                                                              \
        .type = FIELD_TEXT, .there = offsetof(T, t), .here = offsetof(H, h)                        \
    }
#define U32(T, t, H, h)                                                                            \
    {                                                                                              \
        .type = FIELD_U32, .there = offsetof(T, t), .here = offsetof(H, h)                         \
    }
#define U64(T, t, H, h)                                                                            \
    {                                                                                              \
        .type = FIELD_U64, .there = offsetof(T, t), .here = offsetof(H, h)                         \
    }
#define FLAG(T, t, H, h)                                                                           \
    {                                                                                              \
        .type = FIELD_FLAG, .there = offsetof(T, t), .here = offsetof(H, h)                        \
    }
#define CHOICE(T, t, H, h, m)                                                                      \
    {                                                                                              \
        .type = FIELD_CHOICE, .there = offsetof(T, t), .here = offsetof(H, h), .max = (m)          \
    }
#define LIST(T, t, nt, H, h, nh, r)                                                                \
    {                                                                                              \
        .type = FIELD_LIST, .there = offsetof(T, t), .here = offsetof(H, h),                       \
        .count_there = offsetof(T, nt), .count_here = offsetof(H, nh), .items = (r)                \
    }
#define RECORD(d, T, H, f)                                                                         \
    {                                                                                              \
        .descriptor = &(d), .size_there = sizeof(T), .size_here = sizeof(H), .fields = (f),        \
        .field_count = sizeof(f) / sizeof((f)[0])                                                  \
    }

/* clang-format off */
#define T Nganam__Par__Evidence
#define H struct wire_evidence
static const struct field evidence_fields[] = {
    TEXT(T, name, H, name), U64(T, size, H, size), TEXT(T, id, H, id), TEXT(T, type, H, type),
};
static const struct record evidence_record =
    RECORD(nganam__par__evidence__descriptor, T, H, evidence_fields);
#undef T
#undef H

#define T Nganam__Par__Finding
#define H struct wire_finding
static const struct field finding_fields[] = {
    U32(T, act, H, act), CHOICE(T, outcome, H, outcome, WIRE_SUPERSEDED), U32(T, reason, H, reason),
    TEXT(T, code, H, code), TEXT(T, argument, H, argument),
};
static const struct record finding_record =
    RECORD(nganam__par__finding__descriptor, T, H, finding_fields);
#undef T
#undef H

#define T Nganam__Par__Report
#define H struct wire_report
static const struct field report_fields[] = {
    U32(T, year, H, year), TEXT(T, period, H, period), TEXT(T, code, H, code),
    CHOICE(T, answered, H, answered, WIRE_NOTHING_AROSE), TEXT(T, value, H, value),
    TEXT(T, numerator, H, numerator), TEXT(T, denominator, H, denominator),
    TEXT(T, choice, H, choice), TEXT(T, explanation, H, explanation),
    LIST(T, evidence, n_evidence, H, evidence, evidence_count, &evidence_record),
};
#undef T
#undef H

#define T Nganam__Par__Progress
#define H struct wire_progress
static const struct field progress_fields[] = {
    U32(T, year, H, year), TEXT(T, code, H, code), U32(T, percent, H, percent),
    TEXT(T, completed, H, completed), TEXT(T, note, H, note),
    LIST(T, evidence, n_evidence, H, evidence, evidence_count, &evidence_record),
};
#undef T
#undef H

#define T Nganam__Par__Unit
#define H struct wire_unit
static const struct field unit_fields[] = {
    TEXT(T, code, H, code), TEXT(T, name, H, name), TEXT(T, group, H, group),
    TEXT(T, parent, H, parent), TEXT(T, valid_from, H, valid_from), TEXT(T, valid_to, H, valid_to),
};
#undef T
#undef H

#define T Nganam__Par__Criteria
#define H struct wire_criteria
static const struct field criteria_fields[] = {
    TEXT(T, set, H, set), U32(T, year, H, year), TEXT(T, group, H, group), TEXT(T, total, H, total),
    U32(T, rounding, H, rounding), FLAG(T, sample, H, sample), TEXT(T, source, H, source),
    U32(T, nodes, H, nodes),
};
#undef T
#undef H

#define T Nganam__Par__Node
#define H struct wire_node
static const struct field node_fields[] = {
    TEXT(T, code, H, code), TEXT(T, parent, H, parent), TEXT(T, level, H, level),
    TEXT(T, name_vi, H, name_vi), TEXT(T, name_en, H, name_en), TEXT(T, max_points, H, max_points),
    TEXT(T, method, H, method), TEXT(T, params, H, params), TEXT(T, na_policy, H, na_policy),
    TEXT(T, evidence, H, evidence),
};
#undef T
#undef H

#define T Nganam__Par__Survey
#define H struct wire_survey
static const struct field survey_fields[] = {
    U32(T, year, H, year), TEXT(T, unit, H, unit), TEXT(T, code, H, code), TEXT(T, value, H, value),
};
#undef T
#undef H

#define T Nganam__Par__Task
#define H struct wire_task
static const struct field task_fields[] = {
    TEXT(T, code, H, code), TEXT(T, year, H, year), TEXT(T, unit, H, unit), TEXT(T, name, H, name),
    TEXT(T, area, H, area), TEXT(T, partners, H, partners), TEXT(T, due, H, due),
    TEXT(T, weight, H, weight), TEXT(T, product, H, product), TEXT(T, source, H, source),
};
#undef T
#undef H

#define T Nganam__Par__Event
#define H struct wire_event
static const struct field event_fields[] = {TEXT(T, code, H, code), TEXT(T, date, H, date)};
#undef T
#undef H

#define T Nganam__Par__Verdict
#define H struct wire_verdict
static const struct field verdict_fields[] = {
    U64(T, index, H, index), U64(T, seq, H, seq), U32(T, accepted, H, accepted),
    LIST(T, findings, n_findings, H, findings, finding_count, &finding_record),
    U32(T, part, H, part), FLAG(T, more, H, more),
};
#undef T
#undef H

/* These two lie in the union itself. */
struct tick {
    const char *day;
};
struct fold {
    uint32_t version;
};
static const struct field tick_fields[] = {TEXT(Nganam__Par__Tick, day, struct tick, day)};
static const struct field fold_fields[] = {U32(Nganam__Par__Fold, version, struct fold, version)};
_Static_assert((int)WIRE_ACT_REPORT == (int)NGANAM__PAR__ACT__ACT_REPORT, "same numbers");
_Static_assert((int)WIRE_ACT_FOLD == (int)NGANAM__PAR__ACT__ACT_FOLD, "same numbers");

/* By enum wire_act_kind. */
static const struct record act_records[] = {
    [WIRE_ACT_REPORT] = RECORD(nganam__par__report__descriptor, Nganam__Par__Report, struct wire_report, report_fields),
    [WIRE_ACT_PROGRESS] = RECORD(nganam__par__progress__descriptor, Nganam__Par__Progress, struct wire_progress, progress_fields),
    [WIRE_ACT_UNIT] = RECORD(nganam__par__unit__descriptor, Nganam__Par__Unit, struct wire_unit, unit_fields),
    [WIRE_ACT_CRITERIA] = RECORD(nganam__par__criteria__descriptor, Nganam__Par__Criteria, struct wire_criteria, criteria_fields),
    [WIRE_ACT_NODE] = RECORD(nganam__par__node__descriptor, Nganam__Par__Node, struct wire_node, node_fields),
    [WIRE_ACT_SURVEY] = RECORD(nganam__par__survey__descriptor, Nganam__Par__Survey, struct wire_survey, survey_fields),
    [WIRE_ACT_TASK] = RECORD(nganam__par__task__descriptor, Nganam__Par__Task, struct wire_task, task_fields),
    [WIRE_ACT_EVENT] = RECORD(nganam__par__event__descriptor, Nganam__Par__Event, struct wire_event, event_fields),
    [WIRE_ACT_VERDICT] = RECORD(nganam__par__verdict__descriptor, Nganam__Par__Verdict, struct wire_verdict, verdict_fields),
    [WIRE_ACT_TICK] = RECORD(nganam__par__tick__descriptor, Nganam__Par__Tick, struct tick, tick_fields),
    [WIRE_ACT_FOLD] = RECORD(nganam__par__fold__descriptor, Nganam__Par__Fold, struct fold, fold_fields),
};
/* clang-format on */

/* ---- Copying by table. memcpy, because the offsets' types are known to the table only. ---- */

static enum ng_err copy_here(const struct field *f, const uint8_t *there, uint8_t *here)
{
    int32_t number = 0;
    switch (f->type) {
    case FIELD_TEXT:
        memcpy(here + f->here, there + f->there, sizeof(char *));
        return NG_OK;
    case FIELD_U32:
        memcpy(here + f->here, there + f->there, sizeof(uint32_t));
        return NG_OK;
    case FIELD_U64:
        memcpy(here + f->here, there + f->there, sizeof(uint64_t));
        return NG_OK;
    case FIELD_FLAG:
        memcpy(&number, there + f->there, sizeof(number));
        memcpy(here + f->here, &(bool){number != 0}, sizeof(bool));
        return NG_OK;
    case FIELD_CHOICE:
        memcpy(&number, there + f->there, sizeof(number));
        if (number < 0 || number > f->max) {
            return err_set(NG_ERR_PROTO, "Acts: unknown choice %d", number);
        }
        memcpy(here + f->here, &number, sizeof(number));
        return NG_OK;
    case FIELD_LIST:
    default:
        CHECK(f->type != FIELD_LIST);
        return NG_ERR_PROTO;
    }
}

static void copy_there(const struct field *f, const uint8_t *here, uint8_t *there)
{
    const char *text = NULL;
    bool flag = false;
    switch (f->type) {
    case FIELD_TEXT:
        memcpy(&text, here + f->here, sizeof(text));
        memcpy(there + f->there, &(char *){wire_pb_text(text)}, sizeof(char *));
        return;
    case FIELD_U32:
    case FIELD_CHOICE:
        memcpy(there + f->there, here + f->here, sizeof(uint32_t));
        return;
    case FIELD_U64:
        memcpy(there + f->there, here + f->here, sizeof(uint64_t));
        return;
    case FIELD_FLAG:
        memcpy(&flag, here + f->here, sizeof(flag));
        memcpy(there + f->there, &(protobuf_c_boolean){flag}, sizeof(protobuf_c_boolean));
        return;
    case FIELD_LIST:
    default:
        CHECK(f->type != FIELD_LIST);
        return;
    }
}
_Static_assert(sizeof(enum wire_answered) == 4 && sizeof(Nganam__Par__Answered) == 4, "as int32_t");
_Static_assert(sizeof(enum wire_outcome) == 4 && sizeof(protobuf_c_boolean) == 4, "as int32_t");

static enum ng_err copy_list_here(const struct field *f, const uint8_t *there, uint8_t *here,
                                  struct wire_pb_memory *memory)
{
    const struct record *r = f->items;
    size_t count = 0;
    const uint8_t *const *from = NULL;
    memcpy(&count, there + f->count_there, sizeof(count));
    memcpy(&from, there + f->there, sizeof(from));
    uint8_t *items = wire_pb_take(memory, count, r->size_here);
    if (items == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < r->field_count; k++) {
            enum ng_err err = copy_here(&r->fields[k], from[i], items + i * r->size_here);
            if (err != NG_OK) {
                return err;
            }
        }
    }
    memcpy(here + f->here, &items, sizeof(items));
    memcpy(here + f->count_here, &count, sizeof(count));
    return NG_OK;
}

static enum ng_err copy_list_there(const struct field *f, const uint8_t *here, uint8_t *there,
                                   struct wire_pb_memory *memory)
{
    const struct record *r = f->items;
    size_t count = 0;
    const uint8_t *from = NULL;
    memcpy(&count, here + f->count_here, sizeof(count));
    memcpy(&from, here + f->here, sizeof(from));
    if (count > WIRE_ACTS_MAX) {
        return err_set(NG_ERR_LIMIT, "%s: %zu of them", r->descriptor->short_name, count);
    }
    uint8_t **pointers = wire_pb_take(memory, count, sizeof(*pointers));
    for (size_t i = 0; pointers != NULL && i < count; i++) {
        uint8_t *item = wire_pb_take(memory, 1, r->size_there);
        if (item == NULL) {
            return wire_pb_no_room(memory);
        }
        protobuf_c_message_init(r->descriptor, item);
        for (size_t k = 0; k < r->field_count; k++) {
            copy_there(&r->fields[k], from + i * r->size_here, item);
        }
        pointers[i] = item;
    }
    if (pointers == NULL) {
        return wire_pb_no_room(memory);
    }
    memcpy(there + f->there, &pointers, sizeof(pointers));
    memcpy(there + f->count_there, &count, sizeof(count));
    return NG_OK;
}

/* ---- One act ---- */

enum ng_err wire_record_unpack(const Nganam__Par__Act *from, struct wire_pb_memory *memory,
                               struct wire_act *to)
{
    unsigned kind = (unsigned)from->act_case;
    if (kind < WIRE_ACT_REPORT || kind > WIRE_ACT_FOLD) {
        return err_set(NG_ERR_PROTO, "Act: no kind that is known here");
    }
    const struct record *r = &act_records[kind];
    const uint8_t *there = (const uint8_t *)from->report; /* whichever it is */
    uint8_t *here = (uint8_t *)&to->u;
    to->kind = (enum wire_act_kind)kind;
    for (size_t k = 0; k < r->field_count; k++) {
        const struct field *f = &r->fields[k];
        enum ng_err err = f->type == FIELD_LIST ? copy_list_here(f, there, here, memory)
                                                : copy_here(f, there, here);
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

enum ng_err wire_record_pack(const struct wire_act *from, struct wire_pb_memory *memory,
                             Nganam__Par__Act *to)
{
    nganam__par__act__init(to);
    unsigned kind = (unsigned)from->kind;
    if (kind < WIRE_ACT_REPORT || kind > WIRE_ACT_FOLD) {
        return err_set(NG_ERR_INPUT, "act of unknown kind %u", kind);
    }
    const struct record *r = &act_records[kind];
    uint8_t *there = wire_pb_take(memory, 1, r->size_there);
    if (there == NULL) {
        return wire_pb_no_room(memory);
    }
    protobuf_c_message_init(r->descriptor, there);
    for (size_t k = 0; k < r->field_count; k++) {
        const struct field *f = &r->fields[k];
        const uint8_t *here = (const uint8_t *)&from->u;
        if (f->type != FIELD_LIST) {
            copy_there(f, here, there);
            continue;
        }
        enum ng_err err = copy_list_there(f, here, there, memory);
        if (err != NG_OK) {
            return err;
        }
    }
    to->act_case = (Nganam__Par__Act__ActCase)kind;
    to->report = (Nganam__Par__Report *)(void *)there;
    return NG_OK;
}
