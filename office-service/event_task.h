/* Which tasks hang on an event. */
#ifndef NGANAM_OFFICE_EVENT_TASK_H
#define NGANAM_OFFICE_EVENT_TASK_H

#include "office-service/task_row.h"

enum ng_err event_task_put(const struct kv *kv, const char *event,
                           const struct task_name *name) NG_MUST_USE;
enum ng_err event_task_remove(const struct kv *kv, const char *event,
                              const struct task_name *name) NG_MUST_USE;

/* In order of owner, code and year; NG_ERR_NOT_FOUND after the last. */
struct event_task_walk {
    struct kv_walk walk;
    size_t prefix_size;
};
void event_task_walk_begin(struct event_task_walk *w, const struct kv *kv, const char *event);
enum ng_err event_task_walk_next(struct event_task_walk *w, struct task_ref *ret) NG_MUST_USE;

#endif
