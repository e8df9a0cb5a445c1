/* The inbox, folded into what a unit knows.
 *
 * Every leaf is looked at once. Statements of the kinds that teach are decoded, put together when
 * they are parts of one import, and each act goes to the function its kind has in the table below.
 * What is kept is small: the own unit, the sets of all groups (the own group may be named later),
 * the tasks for this unit or for a group, the verdicts. Texts live in one pool until the end.
 *
 * Possible failures: memory alone. A leaf that does not decode, an act that does not fit its
 * statement, or a set that fails its checks is passed over, because the log is for ever and one bad
 * entry must not blind a unit to the rest.
 */
#include "ward-agent/knowledge.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/near.h"
#include "base/omap.h"
#include "ledger/leaf.h"
#include "par/pool.h"
#include "par/task.h"
#include "par/unit.h"
#include "ward-agent/parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    POOL_SIZE_MAX = 256 << 20,
    SETS_MAX = 512,
    KEY_SIZE_MAX = 128,
};

struct knowledge {
    char own[PARTY_CODE_MAX + 1];
    struct pool pool;
    struct parts *parts;
    struct wire_unit *unit; /* NULL: not named yet */
    struct criteria *sets[SETS_MAX];
    size_t set_count;
    struct omap *tasks;    /* first year, code, unit → struct task * */
    struct omap *verdicts; /* judged index → struct knowledge_verdict * */
};

struct task {
    const char *unit; /* the own code, or "@group" */
    struct knowledge_task task;
};

/* Where an act came from. */
struct origin {
    uint64_t index;
    uint64_t received_at;
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
    k->tasks = omap_new();
    k->verdicts = omap_new();
    if (k->parts == NULL || k->tasks == NULL || k->verdicts == NULL) {
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
        criteria_destroy(&(*k)->sets[i]);
    }
    omap_destroy(&(*k)->tasks);
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
    if (strcmp(u->code, k->own) != 0 || unit_check(u, &field) != REASON_FINE) {
        return NG_OK;
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

static const struct criteria *find_set(const struct knowledge *k, uint32_t year, const char *group)
{
    for (size_t i = 0; i < k->set_count; i++) {
        const struct criteria_head *head = criteria_head(k->sets[i]);
        if (head->year == year && strcmp(head->group, group) == 0) {
            return k->sets[i];
        }
    }
    return NULL;
}

/* The place where the set of this year and group stands or shall stand; NULL: no room. */
static struct criteria **place_of_set(struct knowledge *k, const struct criteria_head *head)
{
    for (size_t i = 0; i < k->set_count; i++) {
        const struct criteria_head *old = criteria_head(k->sets[i]);
        if (old->year == head->year && strcmp(old->group, head->group) == 0) {
            return &k->sets[i];
        }
    }
    return k->set_count < SETS_MAX ? &k->sets[k->set_count] : NULL;
}

/* The newest set of a year and group stands: the office issues another only while nobody has
 * answered the one before. */
static enum ng_err learn_criteria(struct knowledge *k, const struct wire_act *acts, size_t count)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    enum ng_err err = criteria_from_acts(acts, count, &faults, &set);
    fault_list_fini(&faults);
    if (err != NG_OK) {
        return err == NG_ERR_NOMEM ? err : NG_OK;
    }
    struct criteria **place = place_of_set(k, criteria_head(set));
    if (place == NULL) {
        criteria_destroy(&set);
        return NG_OK;
    }
    k->set_count += place == &k->sets[k->set_count];
    criteria_destroy(place);
    *place = set;
    return NG_OK;
}

/* First year, code and unit: a task of one owner and code is told from others by where it begins.
 */
static struct bytes task_key(const struct task *t, uint8_t to[static KEY_SIZE_MAX])
{
    const char *const texts[] = {t->task.code, t->unit};
    size_t size = 4;
    bytes_put_u32(to, t->task.from);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        size_t text_size = strlen(texts[i]) + 1;
        CHECK(text_size <= KEY_SIZE_MAX - size); /* task_check bounds both */
        memcpy(to + size, texts[i], text_size);
        size += text_size;
    }
    return (struct bytes){to, size};
}

/* Another task of the same owner and code that begins elsewhere and shares a year with this one. */
static bool overlaps(const struct knowledge *k, const struct task *t)
{
    const struct task *other = NULL;
    for (size_t place = 0; (other = map_at(k->tasks, place)) != NULL; place++) {
        if (strcmp(other->task.code, t->task.code) == 0 && strcmp(other->unit, t->unit) == 0 &&
            other->task.from != t->task.from && other->task.from <= t->task.to &&
            t->task.from <= other->task.to) {
            return true;
        }
    }
    return false;
}

static enum ng_err learn_task(struct knowledge *k, const struct wire_act *act)
{
    const struct wire_task *t = &act->u.task;
    const char *field = NULL;
    struct knowledge_task known = {.code = t->code};
    if (task_check(t, &field) != REASON_FINE ||
        task_years_parse(t->year, &known.from, &known.to) != NG_OK ||
        (t->unit[0] != '@' && (k->unit == NULL || strcmp(t->unit, k->own) != 0)) ||
        overlaps(k, &(struct task){t->unit, known})) {
        return NG_OK;
    }
    struct task *copy = pool_take(&k->pool, sizeof(*copy));
    if (copy == NULL || !copy_text(&k->pool, t->unit, &copy->unit) ||
        !copy_text(&k->pool, t->code, &known.code) || !copy_text(&k->pool, t->name, &known.name) ||
        !copy_text(&k->pool, t->area, &known.area) || !copy_text(&k->pool, t->due, &known.due) ||
        !copy_text(&k->pool, t->product, &known.product) ||
        !copy_text(&k->pool, t->source, &known.source)) {
        return no_memory();
    }
    copy->task = known;
    uint8_t key[KEY_SIZE_MAX];
    return map_put(k->tasks, task_key(copy, key), copy);
}

static enum ng_err learn_verdict(struct knowledge *k, const struct wire_act *act,
                                 const struct origin *origin)
{
    const struct wire_verdict *v = &act->u.verdict;
    struct knowledge_verdict *copy = pool_take(&k->pool, sizeof(*copy));
    struct wire_finding *findings =
        pool_take_array(&k->pool, v->finding_count + 1, sizeof(*findings));
    if (copy == NULL || findings == NULL) {
        return no_memory();
    }
    for (size_t i = 0; i < v->finding_count; i++) {
        findings[i] = v->findings[i];
        if (!copy_text(&k->pool, v->findings[i].code, &findings[i].code) ||
            !copy_text(&k->pool, v->findings[i].argument, &findings[i].argument)) {
            return no_memory();
        }
    }
    *copy = (struct knowledge_verdict){.index = v->index,
                                       .seq = v->seq,
                                       .at_index = origin->index,
                                       .at_ms = origin->received_at,
                                       .accepted = v->accepted,
                                       .findings = findings,
                                       .finding_count = v->finding_count};
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
            err = learn_task(k, act);
        } else if (kind == WIRE_KIND_VERDICT && act->kind == WIRE_ACT_VERDICT) {
            err = learn_verdict(k, act, origin);
        } else if (kind == WIRE_KIND_CRITERIA && act->kind == WIRE_ACT_CRITERIA) {
            size_t nodes = act->u.criteria.nodes;
            nodes = nodes < count - i - 1 ? nodes : count - i - 1;
            err = learn_criteria(k, act, 1 + nodes);
            i += nodes;
        }
    }
    return err;
}

static bool teaches(uint32_t kind)
{
    return kind == WIRE_KIND_UNITS || kind == WIRE_KIND_CRITERIA || kind == WIRE_KIND_TASKS ||
           kind == WIRE_KIND_VERDICT;
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
    enum ng_err err = wire_acts_decode(s.payload, &acts);
    if (err != NG_OK) {
        return err == NG_ERR_NOMEM ? err : err_plain(NG_OK);
    }
    const struct wire_act *all = NULL;
    size_t count = 0;
    err = parts_take(k->parts, s.author.text, s.kind, &acts, &all, &count);
    if (err == NG_OK) {
        struct origin origin = {entry.index, entry.received_at};
        err = learn_acts(k, s.kind, all, count, &origin);
    }
    return err;
}

/* ---- Questions ---- */

const struct wire_unit *knowledge_unit(const struct knowledge *k)
{
    return k->unit;
}

const struct criteria *knowledge_criteria(const struct knowledge *k, uint32_t year)
{
    return k->unit != NULL ? find_set(k, year, k->unit->group) : NULL;
}

size_t knowledge_years(const struct knowledge *k, uint32_t *ret_years, size_t years_max)
{
    size_t count = 0;
    for (uint32_t year = CRITERIA_YEAR_MAX; year >= CRITERIA_YEAR_MIN && count < years_max;
         year--) {
        if (knowledge_criteria(k, year) != NULL) {
            ret_years[count++] = year;
        }
    }
    return count;
}

static bool is_own(const struct knowledge *k, const struct task *t)
{
    return strcmp(t->unit, k->own) == 0 ||
           (k->unit != NULL && t->unit[0] == '@' && strcmp(t->unit + 1, k->unit->group) == 0);
}

const struct knowledge_task *knowledge_next_task(const struct knowledge *k, size_t *place)
{
    const struct task *t = NULL;
    while ((t = map_at(k->tasks, *place)) != NULL) {
        ++*place;
        if (is_own(k, t)) {
            return &t->task;
        }
    }
    return NULL;
}

const struct knowledge_task *knowledge_find_task(const struct knowledge *k, const char *code,
                                                 uint32_t year)
{
    const struct task *found = NULL;
    const struct task *t = NULL;
    for (size_t place = 0; (t = map_at(k->tasks, place)) != NULL; place++) {
        bool fits = is_own(k, t) && strcmp(t->task.code, code) == 0 && t->task.from <= year &&
                    year <= t->task.to;
        if (fits && (found == NULL || found->unit[0] == '@')) {
            found = t;
        }
    }
    return found != NULL ? &found->task : NULL;
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

size_t knowledge_nearest_tasks(const struct knowledge *k, const char *code, const char **ret_codes,
                               size_t max)
{
    size_t count = 0;
    for (size_t wanted = 0; wanted <= 3; wanted++) {
        const struct knowledge_task *t = NULL;
        size_t place = 0;
        while (count < max && (t = knowledge_next_task(k, &place)) != NULL) {
            if (code_distance(code, t->code) == wanted && !contains(ret_codes, count, t->code)) {
                ret_codes[count++] = t->code;
            }
        }
    }
    return count;
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
