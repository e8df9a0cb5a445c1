/* Field payloads (acts) as plain C; see par.proto for who writes which and what the fields mean.
 * Texts are C strings, never NULL once decoded ("" when absent); encoders take NULL as "". */
#ifndef NGANAM_PROTO_WIRE_PAR_H
#define NGANAM_PROTO_WIRE_PAR_H

#include "proto/wire.h"
#include "proto/wire_queue.h"

#include <stdbool.h>

/* Statement kinds of the field; 1–15 are the registry's (ledger/statement.h). */
enum wire_par_kind {
    WIRE_KIND_REPORT = 16, /* reports and progress, by a unit */
    WIRE_KIND_UNITS = 17,
    WIRE_KIND_CRITERIA = 18,
    WIRE_KIND_SURVEY = 19,
    WIRE_KIND_TASKS = 20,
    WIRE_KIND_EVENTS = 21,
    WIRE_KIND_VERDICT = 22,
    WIRE_KIND_TICK = 23,
    WIRE_KIND_FOLD = 24
};

enum wire_act_kind {
    WIRE_ACT_REPORT = 1,
    WIRE_ACT_PROGRESS,
    WIRE_ACT_UNIT,
    WIRE_ACT_CRITERIA,
    WIRE_ACT_NODE,
    WIRE_ACT_SURVEY,
    WIRE_ACT_TASK,
    WIRE_ACT_EVENT,
    WIRE_ACT_VERDICT,
    WIRE_ACT_TICK,
    WIRE_ACT_FOLD
};

enum wire_answered { WIRE_VALUE = 0, WIRE_NOT_APPLICABLE = 1, WIRE_NOTHING_AROSE = 2 };
enum wire_outcome { WIRE_ACCEPTED = 0, WIRE_REFUSED = 1, WIRE_SUPERSEDED = 2 };

struct wire_evidence {
    const char *name;
    uint64_t size;    /* of the file */
    const char *id;   /* of its blob, 64 hex digits; "": the file is only named */
    const char *type; /* "pdf" …; "" */
};

struct wire_report {
    uint32_t year;
    const char *period;
    const char *code;
    enum wire_answered answered;
    const char *value;
    const char *numerator;
    const char *denominator;
    const char *choice;
    const char *explanation;
    const struct wire_evidence *evidence;
    size_t evidence_count;
};

struct wire_progress {
    uint32_t year;
    const char *code;
    uint32_t percent;
    const char *completed;
    const char *note;
    const struct wire_evidence *evidence;
    size_t evidence_count;
};

struct wire_unit {
    const char *code, *name, *group, *parent, *valid_from, *valid_to;
};

struct wire_criteria {
    const char *set;
    uint32_t year;
    const char *group;
    const char *total;
    uint32_t rounding;
    bool sample;
    const char *source;
    uint32_t nodes;
};

struct wire_node {
    const char *code, *parent, *level, *name_vi, *name_en, *max_points, *method, *params,
        *na_policy, *evidence;
};

struct wire_survey {
    uint32_t year;
    const char *unit, *code, *value;
};

struct wire_task {
    const char *code, *year, *unit, *name, *area, *partners, *due, *weight, *product, *source;
};

struct wire_event {
    const char *code, *date;
};

struct wire_finding {
    uint32_t act; /* from 1 */
    enum wire_outcome outcome;
    uint32_t reason; /* par/reason.h */
    const char *code;
    const char *argument;
};

struct wire_verdict {
    uint64_t index;
    uint64_t seq;
    uint32_t accepted; /* in the last part */
    const struct wire_finding *findings;
    size_t finding_count;
    uint32_t part; /* from 0 */
    bool more;     /* another part follows */
};

struct wire_act {
    enum wire_act_kind kind;
    union {
        struct wire_report report;
        struct wire_progress progress;
        struct wire_unit unit;
        struct wire_criteria criteria;
        struct wire_node node;
        struct wire_survey survey;
        struct wire_task task;
        struct wire_event event;
        struct wire_verdict verdict;
        const char *tick_day;
        uint32_t fold_version;
    } u;
};

#define WIRE_ACTS_SIGNATURE_SIZE 64u

struct wire_acts {
    const struct wire_act *acts;
    size_t count;
    bool has_part;
    uint8_t import_id[16];
    uint32_t part_number, part_count;
    uint64_t to_seq;
    const char *actor;              /* the person of the office who signed; "": nobody */
    const uint8_t *actor_signature; /* WIRE_ACTS_SIGNATURE_SIZE bytes; NULL: nobody's */
};

/* NG_ERR_LIMIT: more than WIRE_ACTS_MAX acts, or beyond the buffer's maximum. */
enum ng_err wire_acts_encode(const struct wire_acts *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_acts_decode(struct bytes payload, struct wire_acts **ret) NG_MUST_USE;
/* Appends the actor's field to an encoded payload, all but the signature itself, which covers what
 * is there then and follows as the payload's last bytes. */
enum ng_err wire_acts_add_actor(const char *actor, struct buf *payload) NG_MUST_USE;
/* The actor alone; "" where there is none, or the payload does not parse: NG_ERR_NOMEM is the only
 * error. A payload that does not end as one with an actor does costs nothing. */
enum ng_err wire_acts_actor(struct bytes payload, char ret[WIRE_ACTOR_ID_MAX + 1]) NG_MUST_USE;
void wire_acts_destroy(struct wire_acts **m);

#endif
