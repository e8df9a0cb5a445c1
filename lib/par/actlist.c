#include "par/actlist.h"

#include "base/check.h"

#include <stdlib.h>

#define ACTS_FIRST 16u

struct actlist {
    struct wire_act *acts;
    uint32_t *lines;
    const char **attached;
    size_t count, capacity;
    struct pool pool;
};

struct actlist *actlist_new(size_t size_max)
{
    struct actlist *list = calloc(1, sizeof(*list));

    if (list != NULL) {
        pool_init(&list->pool, size_max);
    }
    return list;
}

void actlist_destroy(struct actlist **list)
{
    if (*list == NULL) {
        return;
    }
    pool_fini(&(*list)->pool);
    free((*list)->acts);
    free((*list)->lines);
    free((*list)->attached);
    free(*list);
    *list = NULL;
}

static bool make_room(struct actlist *list)
{
    size_t capacity = list->capacity == 0 ? ACTS_FIRST : list->capacity * 2;
    struct wire_act *acts;
    uint32_t *lines;
    const char **attached;

    if (list->count < list->capacity) {
        return true;
    }
    if (capacity > list->pool.size_max / sizeof(*acts)) {
        return false;
    }
    acts = realloc(list->acts, capacity * sizeof(*acts));
    if (acts == NULL) {
        return false;
    }
    list->acts = acts;
    lines = realloc(list->lines, capacity * sizeof(*lines));
    if (lines == NULL) {
        return false;
    }
    list->lines = lines;
    attached = realloc(list->attached, capacity * sizeof(*attached));
    if (attached == NULL) {
        return false;
    }
    list->attached = attached;
    list->capacity = capacity;
    return true;
}

struct wire_act *actlist_add(struct actlist *list, enum wire_act_kind kind, uint32_t line)
{
    if (!make_room(list)) {
        return NULL;
    }
    list->acts[list->count] = (struct wire_act){.kind = kind};
    list->lines[list->count] = line;
    list->attached[list->count] = NULL;
    return &list->acts[list->count++];
}

struct pool *actlist_pool(struct actlist *list)
{
    return &list->pool;
}

size_t actlist_count(const struct actlist *list)
{
    return list->count;
}

const struct wire_act *actlist_acts(const struct actlist *list)
{
    return list->acts;
}

struct wire_act *actlist_act(struct actlist *list, size_t index)
{
    CHECK(index < list->count);
    return &list->acts[index];
}

void actlist_attach(struct actlist *list, size_t index, const char *text)
{
    CHECK(index < list->count);
    list->attached[index] = text;
}

const char *actlist_attached(const struct actlist *list, size_t index)
{
    CHECK(index < list->count);
    return list->attached[index];
}

uint32_t actlist_line(const struct actlist *list, size_t index)
{
    CHECK(index < list->count);
    return list->lines[index];
}
