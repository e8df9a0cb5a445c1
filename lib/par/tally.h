/* From leaves to a unit's total: sums that change by one leaf at a time, and the rule that makes
 * the total of them. The office keeps one struct tally_sum per node that is no leaf; a changed leaf
 * changes the sums of its ancestors (at most two) and the total of at most a few fields. */
#ifndef NGANAM_PAR_TALLY_H
#define NGANAM_PAR_TALLY_H

#include "par/fraction.h"
#include "par/score.h"

struct tally_sum {
    struct decimal points; /* of the leaves below, not yet capped */
    struct decimal max;
    uint32_t answered; /* leaves that are not SCORE_NOT_ANSWERED */
};

/* Takes a leaf's old score out of a sum and puts its new one in. */
void tally_change(struct tally_sum *sum, const struct score *old_score,
                  const struct score *new_score);

/* What a node shows: for a bonus or deduction field the points stop at its cap and max is the cap;
 * otherwise the sum itself. */
struct fraction tally_shown(const struct criteria *set, uint32_t node, const struct tally_sum *sum);

/* The unit's total: base fields, plus bonus groups up to their caps, minus deduction groups up to
 * theirs, never below 0; max: the base fields'. fields: one sum per field, in the order of
 * criteria_fields. */
struct fraction tally_total(const struct criteria *set, const struct tally_sum *fields);

/* Everything at once, from one score per node (those of nodes with children are not looked at): one
 * sum per node. */
void tally_all(const struct criteria *set, const struct score *leaves, struct tally_sum *ret_sums);

#endif
