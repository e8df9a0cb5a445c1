/* Tasks as the state keeps them.
 *
 * A task is named by its owner (a unit, or "@group" for every unit of a group), its code and the
 * first of its years. One owner's tasks of the same code never share a year. A unit's own task
 * hides the group's task of the same code in the years it covers.
 *
 * Each task has at most one row in the deadline index, its next deadline, so the end of a day costs
 * what falls due on it. When a deadline has passed there is a DUE row for each unit concerned, and
 * the unit's counts of the year (TALLY) hold the sums of those rows that count (fold_time.h). */
#ifndef NGANAM_OFFICE_TASK_ROW_H
#define NGANAM_OFFICE_TASK_ROW_H

#include "office-service/state.h"
#include "par/task.h"

/* Whose and which. Texts are borrowed. */
struct task_name {
    const char *owner;
    const char *code;
    uint32_t from; /* year */
};

struct task_row {
    uint32_t to;      /* last year */
    int32_t deadline; /* in the deadline index; DAY_NONE: none there */
    uint64_t index;   /* of the leaf that said so */
    struct decimal weight;
    struct task_due due;
    struct bytes said; /* the act, encoded as one-act Acts; borrowed from the state */
};

enum ng_err task_row_get(const struct kv *kv, const struct task_name *name,
                         struct task_row *ret) NG_MUST_USE;
enum ng_err task_row_put(const struct kv *kv, const struct task_name *name,
                         const struct task_row *row) NG_MUST_USE;

/* The owner's task of this code that covers the year: its first year and row; NG_ERR_NOT_FOUND. */
enum ng_err task_row_find(const struct kv *kv, const char *owner, const char *code, uint32_t year,
                          uint32_t *ret_from, struct task_row *ret) NG_MUST_USE;
/* The same for a unit: its own, else that of a group it belonged to in the year, the newest first.
 * ret_owner says whose. */
enum ng_err task_row_of_unit(const struct kv *kv, const char *unit, const char *code, uint32_t year,
                             char ret_owner[STATE_OWNER_SIZE], uint32_t *ret_from,
                             struct task_row *ret) NG_MUST_USE;

/* "@group" */
void task_owner_of_group(const char *group, char ret[STATE_OWNER_SIZE]);

/* The first owner, by bytes, at or behind the given one that has a task; "": from the first of all.
 * An empty text where there is none. */
enum ng_err task_owner_next(const struct kv *kv, const char *owner,
                            char ret[STATE_OWNER_SIZE]) NG_MUST_USE;

/* The tasks of an owner, code NULL: of any code. Copies the code. */
struct task_walk {
    struct kv_walk walk;
    size_t prefix_size;
};
void task_walk_begin(struct task_walk *w, const struct kv *kv, const char *owner, const char *code);
enum ng_err task_walk_next(struct task_walk *w, char ret_code[STATE_CODE_SIZE], uint32_t *ret_from,
                           struct task_row *ret) NG_MUST_USE;

/* Owner, code and first year copied out of a key of another table. */
struct task_ref {
    char owner[STATE_OWNER_SIZE];
    char code[STATE_CODE_SIZE];
    uint32_t from;
};
struct task_name task_row_ref_name(const struct task_ref *ref);

/* How the other tables name a task in their keys; reading begins at `at` and must end the key. */
void task_row_key_name(struct state_key *key, const struct task_name *name);
enum ng_err task_row_read_name(struct bytes key, size_t at, struct task_ref *ret) NG_MUST_USE;

#endif
