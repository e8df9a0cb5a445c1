/* Inside the fold: what its parts share. (known.c compares acts with it.) */
#ifndef NGANAM_OFFICE_FOLD_ACT_H
#define NGANAM_OFFICE_FOLD_ACT_H

#include "office-service/fold.h"
#include "office-service/standing.h"
#include "office-service/state.h"
#include "par/reason.h"
#include "proto/wire_par.h"

#define FOLD_ARGUMENT_MAX 120u

/* Where an act stands in the log. */
struct fold_origin {
    uint64_t index;
    uint64_t received_at;
    uint64_t seq;
    const char *author;
    const char *actor;  /* the person of the office who signed it; "": nobody did */
    bool by_department; /* it assigns tasks as a department, not as the office */
    uint32_t act;       /* its place in the statement, from 1 */
};

/* What became of one act. */
struct fold_judged {
    enum wire_outcome outcome;
    enum reason reason;
    char code[STATE_CODE_SIZE];
    char argument[FOLD_ARGUMENT_MAX + 1];
};

struct fold_findings;

struct fold {
    bool judges;                 /* each leaf, before it is applied … */
    const struct judge_log *log; /* … with these in front of it; may be NULL */
    bool accuses;                /* the newest was found to be against the rules */
    const struct kv *kv;         /* of the leaf being applied */
    struct set_cache *sets;
    struct state_meta meta;
    struct fold_findings *findings; /* of the verdict being made (fold_verdict.h) */
    struct standing board;          /* the standing being changed (fold_board.h) */
    bool board_open;
    bool board_changed;
};

/* An act is refused; argument may be NULL. */
void fold_refused(struct fold_judged *judged, enum reason reason, const char *argument);
/* The same for a return statement: NG_OK. */
enum ng_err fold_refuse(struct fold_judged *judged, enum reason reason,
                        const char *argument) NG_MUST_USE;

/* One act as bytes, to be kept and compared; empties the buffer first. */
enum ng_err fold_encode_act(const struct wire_act *act, struct buf *to) NG_MUST_USE;

/* The handlers, one for each kind of act. `judged` comes in as accepted, without a code. */
typedef enum ng_err (*fold_act_fn)(struct fold *f, const struct fold_origin *origin,
                                   const struct wire_act *act, struct fold_judged *judged);

enum ng_err fold_report_apply(struct fold *f, const struct fold_origin *origin,
                              const struct wire_act *act, struct fold_judged *judged) NG_MUST_USE;
enum ng_err fold_progress_apply(struct fold *f, const struct fold_origin *origin,
                                const struct wire_act *act, struct fold_judged *judged) NG_MUST_USE;
enum ng_err fold_units_apply(struct fold *f, const struct fold_origin *origin,
                             const struct wire_act *act, struct fold_judged *judged) NG_MUST_USE;
enum ng_err fold_survey_apply(struct fold *f, const struct fold_origin *origin,
                              const struct wire_act *act, struct fold_judged *judged) NG_MUST_USE;
enum ng_err fold_task_apply(struct fold *f, const struct fold_origin *origin,
                            const struct wire_act *act, struct fold_judged *judged) NG_MUST_USE;
enum ng_err fold_task_apply_event(struct fold *f, const struct fold_origin *origin,
                                  const struct wire_act *act,
                                  struct fold_judged *judged) NG_MUST_USE;
enum ng_err fold_verdict_apply(struct fold *f, const struct fold_origin *origin,
                               const struct wire_act *act, struct fold_judged *judged) NG_MUST_USE;

/* A whole set: its acts, and the payloads they came in. */
enum ng_err fold_criteria_apply(struct fold *f, const struct fold_origin *origin,
                                const struct wire_act *acts, size_t count,
                                const struct bytes *payloads, size_t payload_count,
                                struct fold_judged *judged) NG_MUST_USE;

/* The acts of one statement or one part, in order; `before`: how many acts of the same import came
 * earlier. Each outcome is noted. */
enum ng_err fold_acts_apply(struct fold *f, uint32_t kind, const struct fold_origin *origin,
                            const struct wire_acts *acts, uint32_t before) NG_MUST_USE;

#endif
