/* One leaf: an answer becomes points. Exact; rounded once, at the end, half up to the set's
 * decimals, and never above the leaf's maximum. */
#ifndef NGANAM_PAR_SCORE_H
#define NGANAM_PAR_SCORE_H

#include "par/criteria.h"
#include "par/reason.h"

/* Four states that are not each other, and plain points. */
enum score_state {
    SCORE_NOT_ANSWERED = 0,
    SCORE_POINTS,
    SCORE_ZERO, /* answered, and worth nothing */
    SCORE_NOT_APPLICABLE,
    SCORE_NOTHING_AROSE
};

struct score {
    enum score_state state;
    struct decimal points; /* 0 … max; of a deduction leaf: what is taken off */
    struct decimal max;    /* the leaf's, 0 when it left the total (rescale) */
};

struct score_answer {
    enum wire_answered answered;
    bool has_value, has_numerator, has_denominator;
    struct decimal value, numerator, denominator;
    const char *choice; /* "" : none */
};

/* REASON_FINE and the score, or why the answer is refused: a missing, superfluous, negative or too
 * large number, an unknown choice, a state the set refuses, a node that takes no answer. ret is
 * then not written. node: an index in the set, CHECKed. */
enum reason score_leaf(const struct criteria *set, uint32_t node, const struct score_answer *answer,
                       struct score *ret) NG_MUST_USE;

/* The office's survey value for a survey leaf. */
enum reason score_survey(const struct criteria *set, uint32_t node, struct decimal value,
                         struct score *ret) NG_MUST_USE;

/* A tasks leaf: weight done on time of weight due (0 ≤ on_time ≤ due, CHECKed). Nothing due is
 * "nothing arose"; where the set refuses that, not answered. */
struct score score_tasks(const struct criteria *set, uint32_t node, struct decimal on_time,
                         struct decimal due);

/* Not answered: 0 of its maximum. */
struct score score_none(const struct criteria *set, uint32_t node);

/* Outside the total: 0 of 0, not answered (a survey leaf on the basis `self`). */
struct score score_outside(void);

const char *score_state_name(enum score_state state); /* one word for JSON */

#endif
