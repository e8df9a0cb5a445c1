#include "ward-agent/tasks.h"

#include "base/near.h"
#include "par/pool.h"
#include "par/task.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_SIZE_MAX = 64 << 20, DISTANCE_MAX = 3 };

struct tasks {
    struct pool pool;         /* the texts */
    struct tasks_task *items; /* ordered by first year, code, owner */
    size_t count;
    size_t capacity;
};

struct tasks *tasks_new(void)
{
    struct tasks *t = calloc(1, sizeof(*t));
    if (t != NULL) {
        pool_init(&t->pool, POOL_SIZE_MAX);
    }
    return t;
}

void tasks_destroy(struct tasks **t)
{
    if (*t == NULL) {
        return;
    }
    pool_fini(&(*t)->pool);
    free((*t)->items);
    free(*t);
    *t = NULL;
}

static int compare(const struct tasks_task *a, const struct tasks_task *b)
{
    if (a->from != b->from) {
        return a->from < b->from ? -1 : 1;
    }
    int codes = strcmp(a->code, b->code);
    return codes != 0 ? codes : strcmp(a->owner, b->owner);
}

/* The place of this task, or where it belongs. */
static size_t find_place(const struct tasks *t, const struct tasks_task *task)
{
    size_t low = 0;
    size_t high = t->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&t->items[middle], task) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Another task of the same owner and code that begins elsewhere and shares a year with this one. */
static bool overlaps(const struct tasks *t, const struct tasks_task *task)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct tasks_task *other = &t->items[i];
        if (other->from != task->from && other->from <= task->to && task->from <= other->to &&
            strcmp(other->code, task->code) == 0 && strcmp(other->owner, task->owner) == 0) {
            return true;
        }
    }
    return false;
}

static bool copy_texts(struct pool *pool, const struct wire_task *said, struct tasks_task *to)
{
    const struct {
        const char *from;
        const char **to;
    } texts[] = {{said->code, &to->code},       {said->name, &to->name},
                 {said->area, &to->area},       {said->due, &to->due},
                 {said->product, &to->product}, {said->source, &to->source},
                 {said->unit, &to->owner}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i].to = pool_text(pool, texts[i].from);
        if (*texts[i].to == NULL) {
            return false;
        }
    }
    return true;
}

static bool make_room(struct tasks *t)
{
    if (t->count < t->capacity) {
        return true;
    }
    size_t capacity = t->capacity == 0 ? 32 : 2 * t->capacity;
    struct tasks_task *grown = realloc(t->items, capacity * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    t->items = grown;
    t->capacity = capacity;
    return true;
}

enum ng_err tasks_learn(struct tasks *t, const struct wire_task *said)
{
    const char *field = NULL;
    struct tasks_task task = {.code = said->code, .owner = said->unit};
    if (task_check(said, &field) != REASON_FINE ||
        task_years_parse(said->year, &task.from, &task.to) != NG_OK || overlaps(t, &task)) {
        return NG_OK;
    }
    if (!copy_texts(&t->pool, said, &task) || !make_room(t)) {
        return err_set(NG_ERR_NOMEM, "inbox");
    }
    size_t place = find_place(t, &task);
    if (place == t->count || compare(&t->items[place], &task) != 0) {
        memmove(&t->items[place + 1], &t->items[place], (t->count - place) * sizeof(*t->items));
        t->count++;
    }
    t->items[place] = task;
    return NG_OK;
}

static bool is_of(const struct tasks_unit *unit, const struct tasks_task *task)
{
    return strcmp(task->owner, unit->code) == 0 || (unit->group != NULL && task->owner[0] == '@' &&
                                                    strcmp(task->owner + 1, unit->group) == 0);
}

/* The unit has a task of its own with this code in this year. */
static bool has_own(const struct tasks *t, const struct tasks_unit *unit, const char *code,
                    uint32_t year)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct tasks_task *task = &t->items[i];
        if (task->from <= year && year <= task->to && strcmp(task->code, code) == 0 &&
            strcmp(task->owner, unit->code) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_hidden(const struct tasks *t, const struct tasks_unit *unit,
                      const struct tasks_task *task)
{
    for (uint32_t year = task->from; task->owner[0] == '@' && year <= task->to; year++) {
        if (!has_own(t, unit, task->code, year)) {
            return false;
        }
    }
    return task->owner[0] == '@';
}

const struct tasks_task *tasks_next(const struct tasks *t, const struct tasks_unit *unit,
                                    size_t *place)
{
    while (*place < t->count) {
        const struct tasks_task *task = &t->items[(*place)++];
        if (is_of(unit, task) && !is_hidden(t, unit, task)) {
            return task;
        }
    }
    return NULL;
}

const struct tasks_task *tasks_find(const struct tasks *t, const struct tasks_unit *unit,
                                    const char *code, uint32_t year)
{
    const struct tasks_task *found = NULL;
    const struct tasks_task *task = NULL;
    for (size_t place = 0; (task = tasks_next(t, unit, &place)) != NULL;) {
        bool fits = strcmp(task->code, code) == 0 && task->from <= year && year <= task->to;
        if (fits && (found == NULL || found->owner[0] == '@')) {
            found = task;
        }
    }
    return found;
}

/* Small and capital letters are one: "nv-07" was meant to be "NV-07". */
static size_t code_distance(const char *a, const char *b)
{
    char folded[2][NEAR_TEXT_MAX + 2] = {{0}};
    const char *const from[2] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; from[i][j] != '\0' && j <= NEAR_TEXT_MAX; j++) {
            folded[i][j] = (char)toupper((unsigned char)from[i][j]);
        }
    }
    return near_distance(folded[0], folded[1]);
}

static bool contains(const char *const *codes, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(codes[i], code) == 0) {
            return true;
        }
    }
    return false;
}

size_t tasks_nearest(const struct tasks *t, const struct tasks_unit *unit, const char *code,
                     const char **ret_codes, size_t max)
{
    size_t count = 0;
    for (size_t wanted = 0; wanted <= DISTANCE_MAX; wanted++) {
        const struct tasks_task *task = NULL;
        for (size_t place = 0; count < max && (task = tasks_next(t, unit, &place)) != NULL;) {
            if (code_distance(code, task->code) == wanted &&
                !contains(ret_codes, count, task->code)) {
                ret_codes[count++] = task->code;
            }
        }
    }
    return count;
}
