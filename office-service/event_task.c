#include "office-service/event_task.h"

static struct state_key event_task_key(const char *event, const struct task_name *name)
{
    struct state_key key = state_key(STATE_EVENT_TASK);
    state_key_text(&key, event);
    if (name) {
        task_row_key_name(&key, name);
    }
    return key;
}

enum ng_err event_task_put(const struct kv *kv, const char *event, const struct task_name *name)
{
    struct state_key key = event_task_key(event, name);
    return kv_put(kv, STATE_KEY(key), KV_NOTHING);
}

enum ng_err event_task_remove(const struct kv *kv, const char *event, const struct task_name *name)
{
    struct state_key key = event_task_key(event, name);
    return kv_remove(kv, STATE_KEY(key));
}

void event_task_walk_begin(struct event_task_walk *w, const struct kv *kv, const char *event)
{
    struct state_key key = event_task_key(event, NULL);
    w->prefix_size = key.size;
    kv_walk_begin(&w->walk, kv, STATE_KEY(key));
}

enum ng_err event_task_walk_next(struct event_task_walk *w, struct task_ref *ret)
{
    struct bytes key;
    struct bytes value;
    enum ng_err err = kv_walk_next(&w->walk, &key, &value);
    return err ? err : task_row_read_name(key, w->prefix_size, ret);
}
