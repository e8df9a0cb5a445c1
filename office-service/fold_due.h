/* Inside the fold: passed deadlines of one unit. A due row is there for each deadline that was the
 * unit's on its day; it counts while it still is, the task covers the year, and no task of the
 * unit's own stands in its place. At every moment the unit's counts of a year are the sums over its
 * rows that count.
 *
 * The row of a task that is due once is what judging from scratch gives. The row of an occurrence
 * is a record: judged on its day, by the rules, weight and units known then. Later changes decide
 * only whether it counts; it goes when the unit was never in the group after all. */
#ifndef NGANAM_OFFICE_FOLD_DUE_H
#define NGANAM_OFFICE_FOLD_DUE_H

#include "office-service/due_row.h"
#include "office-service/fold_act.h"

struct fold_deadline {
    const struct task_name *name;
    const struct task_row *task;
    uint32_t year;    /* of the board */
    int32_t day;      /* before today */
    int32_t previous; /* occurrence of a recurring task; DAY_NONE */
};

/* Judges the deadline for the unit, anew if it was judged already. index: of the leaf that makes it
 * necessary, here and below. */
enum ng_err fold_due_judge(struct fold *f, uint64_t index, const char *unit,
                           const struct fold_deadline *d) NG_MUST_USE;

/* Removes what was judged of a task for the unit. */
enum ng_err fold_due_forget(struct fold *f, uint64_t index, const char *unit,
                            const struct task_name *name) NG_MUST_USE;

/* Brings the rows of a unit (code NULL: of every task) to what they should be after its periods or
 * a task's years have changed. */
enum ng_err fold_due_recheck(struct fold *f, uint64_t index, const char *unit,
                             const char *code) NG_MUST_USE;

/* The unit said something about its task of this code. */
enum ng_err fold_due_rejudge(struct fold *f, uint64_t index, const char *unit,
                             const char *code) NG_MUST_USE;

#endif
