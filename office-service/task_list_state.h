/* Shared by task_list.c (one unit's list) and task_list_group.c (counting for a board); nobody
 * else. */
#ifndef NGANAM_OFFICE_TASK_LIST_STATE_H
#define NGANAM_OFFICE_TASK_LIST_STATE_H

#include "office-service/task_list.h"

/* Both in task_list.c; they add items of which only `ref` is filled in, in order of code for each
 * owner. The list is the caller's to end, after a failure too. */

/* An owner's tasks that cover the year, without those of codes that `hidden_by` (NULL: nobody) has.
 */
enum ng_err task_list_add_owner(const struct kv *kv, const char *owner, uint32_t year,
                                const char *hidden_by, struct task_list *list) NG_MUST_USE;
/* What may concern the unit: its own tasks, and those of each group it ever was in. */
enum ng_err task_list_add_all(const struct kv *kv, const char *unit, uint32_t year,
                              struct task_list *list) NG_MUST_USE;

#endif
