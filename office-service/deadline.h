/* The deadline index: the next deadline of each task, in order of day. */
#ifndef NGANAM_OFFICE_DEADLINE_H
#define NGANAM_OFFICE_DEADLINE_H

#include "office-service/task_row.h"

/* Moves a task to another day of the index, in its own row too; DAY_NONE takes it out. */
enum ng_err deadline_set(const struct kv *kv, const struct task_name *name,
                         int32_t day) NG_MUST_USE;

/* The earliest deadline of all; NG_ERR_NOT_FOUND. */
enum ng_err deadline_first(const struct kv *kv, int32_t *ret_day, struct task_ref *ret) NG_MUST_USE;

#endif
