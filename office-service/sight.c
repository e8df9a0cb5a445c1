#include "office-service/sight.h"

#include "office-service/at.h"

#include <string.h>

void sight_release(struct sight *s)
{
    mirror_view_end(&s->view);
    s->view = (struct mirror_view){0};
}

void sight_close(struct sight *s)
{
    sight_release(s);
    replay_end(&s->replay);
}

static enum ng_err look_back(struct sight *s, struct mirror *m, uint64_t count)
{
    sight_release(s);
    enum ng_err err = replay_run(&s->replay, m, count, REPLAY_FROM_SNAPSHOT);
    if (!err) {
        s->kv = replay_state(&s->replay);
        s->sets = replay_sets(&s->replay);
        s->root = replay_root(&s->replay);
    }
    return err;
}

enum ng_err sight_open(struct mirror *m, const char *at, struct sight *s)
{
    struct state_meta meta;
    uint64_t count;
    memset(s, 0, sizeof *s);
    enum ng_err err = mirror_view_begin(m, &s->view);
    if (!err && at) {
        err = at_resolve(&s->view, at, &count);
        return err ? err : look_back(s, m, count);
    }
    if (!err) {
        err = state_meta_get(mirror_view_state(&s->view), &meta);
    }
    if (err) {
        return err;
    }
    if (meta.applied != s->view.edge.size) {
        return look_back(s, m, s->view.edge.size);
    }
    s->kv = mirror_view_state(&s->view);
    s->sets = s->view.sets;
    s->root = tree_edge_root(&s->view.edge);
    return NG_OK;
}
