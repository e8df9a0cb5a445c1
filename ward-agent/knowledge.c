/* The inbox, folded into what a unit knows.
 *
 * Every leaf is looked at once. Statements by the office of the kinds that teach are decoded, put
 * together when they are parts of one import, and each act goes to the function its kind has in the
 * table below. What is kept is small: the own unit, the sets of all groups (the own group may be
 * named later), the tasks for this unit or for a group, the events, the verdicts. Texts live in one
 * pool until the end.
 *
 * Possible failures: memory alone. A leaf that does not decode, an act that does not fit its
 * statement, or a set that fails its checks is passed over, because the log is for ever and one bad
 * entry must not blind a unit to the rest.
 */
#include "ward-agent/knowledge.h"

#include "base/bytes.h"
#include "base/day.h"
#include "base/omap.h"
#include "ledger/leaf.h"
#include "par/pool.h"
#include "par/task.h"
#include "par/unit.h"
#include "ward-agent/parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    POOL_SIZE_MAX = 256 << 20,
    SETS_MAX = 512,
};

struct issued {
    struct criteria *set;
    uint64_t index; /* of the leaf that completed it */
};

/* A verdict whose parts are still coming in; they follow each other. */
struct incoming {
    uint64_t index;
    uint32_t parts; /* that are here; 0: none is awaited */
    struct wire_finding *findings;
    size_t count;
    size_t room;
};

struct knowledge {
    char own[PARTY_CODE_MAX + 1];
    struct pool pool;
    struct parts *parts;
    struct wire_unit *unit;       /* NULL: not named yet */
    struct omap *units;           /* the codes of all that were named */
    struct issued sets[SETS_MAX]; /* in the order they were issued */
    size_t set_count;
    struct tasks *tasks;
    struct omap *events;   /* code → day (4) */
    struct omap *verdicts; /* judged index → struct knowledge_verdict * */
    struct incoming verdict;
};

/* Where an act came from. */
struct origin {
    uint64_t index;
    uint64_t received_at;
    const char *author;
    bool by_office;
};

struct knowledge *knowledge_new(const char *unit)
{
    struct knowledge *k = calloc(1, sizeof(*k));
    if (k == NULL) {
        return NULL;
    }
    pool_init(&k->pool, POOL_SIZE_MAX);
    memcpy(k->own, unit, strnlen(unit, sizeof(k->own) - 1));
    k->parts = parts_new();
    k->tasks = tasks_new();
    k->events = omap_new();
    k->units = omap_new();
    k->verdicts = omap_new();
    if (k->parts == NULL || k->tasks == NULL || k->events == NULL || k->verdicts == NULL ||
        k->units == NULL) {
        knowledge_destroy(&k);
    }
    return k;
}

void knowledge_destroy(struct knowledge **k)
{
    if (*k == NULL) {
        return;
    }
    for (size_t i = 0; i < (*k)->set_count; i++) {
        criteria_destroy(&(*k)->sets[i].set);
    }
    tasks_destroy(&(*k)->tasks);
    omap_destroy(&(*k)->events);
    omap_destroy(&(*k)->units);
    omap_destroy(&(*k)->verdicts);
    parts_destroy(&(*k)->parts);
    pool_fini(&(*k)->pool);
    free(*k);
    *k = NULL;
}

static enum ng_err no_memory(void)
{
    return err_set(NG_ERR_NOMEM, "inbox");
}

/* ---- Maps from a key to an object of the pool: the value is the pointer's own bytes. ---- */

static enum ng_err map_put(struct omap *map, struct bytes key, const void *object)
{
    return omap_put(map, key, (struct bytes){(const void *)&object, sizeof(object)});
}

static void *map_object(struct bytes value)
{
    void *object = NULL;
    memcpy(&object, value.data, sizeof(object));
    return object;
}

static void *map_get(const struct omap *map, struct bytes key)
{
    struct bytes value;
    return omap_get(map, key, &value) ? map_object(value) : NULL;
}

static void *map_at(const struct omap *map, size_t place)
{
    struct bytes key;
    struct bytes value;
    return omap_at(map, place, &key, &value) ? map_object(value) : NULL;
}

static struct bytes text_key(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- What each kind of act teaches ---- */

static bool copy_text(struct pool *pool, const char *from, const char **to)
{
    *to = pool_text(pool, from);
    return *to != NULL;
}

static enum ng_err learn_unit(struct knowledge *k, const struct wire_act *act)
{
    const struct wire_unit *u = &act->u.unit;
    const char *field = NULL;
    if (unit_check(u, &field) != REASON_FINE) {
        return NG_OK;
    }
    if (strcmp(u->code, k->own) != 0) {
        return omap_put(k->units, text_key(u->code), (struct bytes){NULL, 0});
    }
    struct wire_unit *copy = pool_take(&k->pool, sizeof(*copy));
    if (copy == NULL || !copy_text(&k->pool, u->code, &copy->code) ||
        !copy_text(&k->pool, u->name, &copy->name) ||
        !copy_text(&k->pool, u->group, &copy->group) ||
        !copy_text(&k->pool, u->parent, &copy->parent) ||
        !copy_text(&k->pool, u->valid_from, &copy->valid_from) ||
        !copy_text(&k->pool, u->valid_to, &copy->valid_to)) {
        return no_memory();
    }
    k->unit = copy;
    return NG_OK;
}

static enum ng_err learn_criteria(struct knowledge *k, const struct wire_act *acts, size_t count,
                                  const struct origin *origin)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    enum ng_err err = criteria_from_acts(acts, count, &faults, &set);
    fault_list_fini(&faults);
    if (err != NG_OK) {
        return err == NG_ERR_NOMEM ? err : NG_OK;
    }
    if (k->set_count == SETS_MAX) {
        criteria_destroy(&k->sets[0].set); /* the oldest word of all gives way */
        k->set_count--;
        memmove(&k->sets[0], &k->sets[1], k->set_count * sizeof(k->sets[0]));
    }
    k->sets[k->set_count++] = (struct issued){set, origin->index};
    return NG_OK;
}

/* A task of a unit the office had not named yet is refused there. */
static enum ng_err learn_task(struct knowledge *k, const struct wire_act *act,
                              const struct origin *origin)
{
    if (!origin->by_office && !task_is_assigned(&act->u.task, origin->author)) {
        return NG_OK;
    }
    const char *owner = act->u.task.unit;
    bool own = owner[0] == '@' || (k->unit != NULL && strcmp(owner, k->own) == 0);
    return own ? tasks_learn(k->tasks, &act->u.task) : NG_OK;
}

static enum ng_err learn_event(struct knowledge *k, const struct wire_act *act)
{
    const struct wire_event *e = &act->u.event;
    const char *field = NULL;
    int32_t day = DAY_NONE;
    if (task_check_event(e, &field) != REASON_FINE || day_parse(e->date, &day) != NG_OK) {
        return NG_OK;
    }
    return omap_put(k->events, text_key(e->code),
                    (struct bytes){(const uint8_t *)&day, sizeof(day)});
}

static enum ng_err add_findings(struct knowledge *k, const struct wire_verdict *v)
{
    struct incoming *in = &k->verdict;
    size_t count = in->count + v->finding_count;
    if (count >= in->room) {
        struct wire_finding *more = pool_take_array(&k->pool, 2 * count + 1, sizeof(*more));
        if (more == NULL) {
            return no_memory();
        }
        if (in->count > 0) {
            memcpy(more, in->findings, in->count * sizeof(*more));
        }
        in->findings = more;
        in->room = 2 * count + 1;
    }
    for (size_t i = 0; i < v->finding_count; i++) {
        struct wire_finding *f = &in->findings[in->count];
        *f = v->findings[i];
        if (!copy_text(&k->pool, v->findings[i].code, &f->code) ||
            !copy_text(&k->pool, v->findings[i].argument, &f->argument)) {
            return no_memory();
        }
        in->count++;
    }
    return NG_OK;
}

/* Known once all of it is here: until then what is not listed would seem accepted. */
static enum ng_err learn_verdict(struct knowledge *k, const struct wire_act *act,
                                 const struct origin *origin)
{
    const struct wire_verdict *v = &act->u.verdict;
    struct incoming *in = &k->verdict;
    if (v->part == 0) {
        *in = (struct incoming){.index = v->index};
    } else if (in->parts == 0 || in->index != v->index || in->parts != v->part) {
        return NG_OK; /* its beginning is not here */
    }
    enum ng_err err = add_findings(k, v);
    in->parts++;
    if (err != NG_OK || v->more) {
        return err;
    }
    struct knowledge_verdict *copy = pool_take(&k->pool, sizeof(*copy));
    if (copy == NULL) {
        return no_memory();
    }
    *copy = (struct knowledge_verdict){.index = v->index,
                                       .seq = v->seq,
                                       .at_index = origin->index,
                                       .at_ms = origin->received_at,
                                       .accepted = v->accepted,
                                       .findings = in->findings,
                                       .finding_count = in->count};
    *in = (struct incoming){0};
    uint8_t key[8];
    bytes_put_u64(key, v->index);
    return map_put(k->verdicts, (struct bytes){key, sizeof(key)}, copy);
}

/* ---- From a leaf to its acts ---- */

static enum ng_err learn_acts(struct knowledge *k, uint32_t kind, const struct wire_act *acts,
                              size_t count, const struct origin *origin)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < count; i++) {
        const struct wire_act *act = &acts[i];
        if (kind == WIRE_KIND_UNITS && act->kind == WIRE_ACT_UNIT) {
            err = learn_unit(k, act);
        } else if (kind == WIRE_KIND_TASKS && act->kind == WIRE_ACT_TASK) {
            err = learn_task(k, act, origin);
        } else if (kind == WIRE_KIND_EVENTS && act->kind == WIRE_ACT_EVENT) {
            err = learn_event(k, act);
        } else if (kind == WIRE_KIND_VERDICT && act->kind == WIRE_ACT_VERDICT) {
            err = learn_verdict(k, act, origin);
        } else if (kind == WIRE_KIND_CRITERIA && act->kind == WIRE_ACT_CRITERIA) {
            size_t nodes = act->u.criteria.nodes;
            nodes = nodes < count - i - 1 ? nodes : count - i - 1;
            err = learn_criteria(k, act, 1 + nodes, origin);
            i += nodes;
        }
    }
    return err;
}

static bool teaches(uint32_t kind)
{
    return kind == WIRE_KIND_UNITS || kind == WIRE_KIND_CRITERIA || kind == WIRE_KIND_TASKS ||
           kind == WIRE_KIND_EVENTS || kind == WIRE_KIND_VERDICT;
}

enum ng_err knowledge_apply(struct knowledge *k, struct bytes leaf)
{
    struct leaf entry;
    struct statement s;
    struct wire_acts *acts = NULL;
    if (leaf_decode(leaf, &entry) != NG_OK || statement_decode(entry.statement, &s) != NG_OK ||
        !teaches(s.kind)) {
        return err_plain(NG_OK);
    }
    /* Departments assign tasks too; the broker takes those from nobody else. */
    const bool by_office = strcmp(s.author.text, "office") == 0;
    if (!by_office && s.kind != WIRE_KIND_TASKS) {
        return err_plain(NG_OK);
    }
    enum ng_err err = wire_acts_decode(s.payload, &acts);
    if (err != NG_OK) {
        return err == NG_ERR_NOMEM ? err : err_plain(NG_OK);
    }
    const struct wire_act *all = NULL;
    size_t count = 0;
    err = parts_take(k->parts, s.author.text, s.kind, &acts, &all, &count);
    if (err == NG_OK) {
        struct origin origin = {entry.index, entry.received_at, s.author.text, by_office};
        err = learn_acts(k, s.kind, all, count, &origin);
    }
    return err;
}

/* ---- Questions ---- */

const struct wire_unit *knowledge_unit(const struct knowledge *k)
{
    return k->unit;
}

bool knowledge_has_unit(const struct knowledge *k, const char *code)
{
    struct bytes none;
    return omap_get(k->units, text_key(code), &none) ||
           (k->unit != NULL && strcmp(code, k->own) == 0);
}

const struct criteria *knowledge_criteria(const struct knowledge *k, uint32_t year, uint64_t before)
{
    for (size_t i = k->set_count; k->unit != NULL && i > 0; i--) {
        const struct issued *issued = &k->sets[i - 1];
        const struct criteria_head *head = criteria_head(issued->set);
        if (issued->index < before && head->year == year &&
            strcmp(head->group, k->unit->group) == 0) {
            return issued->set;
        }
    }
    return NULL;
}

size_t knowledge_years(const struct knowledge *k, uint32_t *ret_years, size_t years_max)
{
    size_t count = 0;
    for (uint32_t year = CRITERIA_YEAR_MAX; year >= CRITERIA_YEAR_MIN && count < years_max;
         year--) {
        if (knowledge_criteria(k, year, UINT64_MAX) != NULL) {
            ret_years[count++] = year;
        }
    }
    return count;
}

const struct tasks *knowledge_tasks(const struct knowledge *k, struct tasks_unit *ret_own)
{
    *ret_own = (struct tasks_unit){k->own, k->unit != NULL ? k->unit->group : NULL};
    return k->tasks;
}

int32_t knowledge_event(const struct knowledge *k, const char *code)
{
    struct bytes value;
    int32_t day = DAY_NONE;
    if (omap_get(k->events, text_key(code), &value)) {
        memcpy(&day, value.data, sizeof(day));
    }
    return day;
}

const struct knowledge_verdict *knowledge_verdict(const struct knowledge *k, uint64_t index)
{
    uint8_t key[8];
    bytes_put_u64(key, index);
    return map_get(k->verdicts, (struct bytes){key, sizeof(key)});
}

const struct knowledge_verdict *knowledge_verdict_at(const struct knowledge *k, size_t place)
{
    return map_at(k->verdicts, place);
}

const struct wire_finding *knowledge_finding(const struct knowledge_verdict *v, uint32_t act)
{
    for (size_t i = 0; i < v->finding_count; i++) {
        if (v->findings[i].act == act || v->findings[i].act == 0) {
            return &v->findings[i];
        }
    }
    return NULL;
}
