/* Deadlines that have passed, and what became of them. */
#ifndef NGANAM_OFFICE_DUE_ROW_H
#define NGANAM_OFFICE_DUE_ROW_H

#include "office-service/task_row.h"

/* Which: a unit, a task, the year whose board it counts for, and the day. */
struct due_name {
    const char *unit;
    struct task_name task;
    uint32_t year;
    int32_t day;
};

struct due_row {
    bool counts; /* in the unit's counts of the year; else it is kept in case it will again */
    struct decimal weight;
    bool on_time;
    uint64_t index; /* of the statement that decided it; 0 with on_time false: none */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err due_row_get(const struct kv *kv, const struct due_name *name,
                        struct due_row *ret) NG_MUST_USE;
enum ng_err due_row_put(const struct kv *kv, const struct due_name *name,
                        const struct due_row *row) NG_MUST_USE;
enum ng_err due_row_remove(const struct kv *kv, const struct due_name *name) NG_MUST_USE;

/* A unit's passed deadlines (code NULL: of every task), in order of code, owner, year and day. */
struct due_walk {
    struct kv_walk walk;
    size_t prefix_size; /* up to where the codes begin */
};
struct due_ref {
    struct task_ref task;
    uint32_t year;
    int32_t day;
};
void due_walk_begin(struct due_walk *w, const struct kv *kv, const char *unit, const char *code);
enum ng_err due_walk_next(struct due_walk *w, struct due_ref *ret_ref,
                          struct due_row *ret) NG_MUST_USE;
/* Borrows from the reference. */
struct due_name due_row_ref_name(const char *unit, const struct due_ref *ref);

#endif
