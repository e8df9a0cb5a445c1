/* Own statements: decoded once, kept in order of seq, with an index from (report or task, year,
 * code) to the newest word. A later statement simply takes the place of an earlier one in the
 * index. */
#include "ward-agent/own.h"

#include "base/bytes.h"
#include "base/omap.h"
#include "ledger/statement.h"
#include "par/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE_MAX = 128, MARK_REPORT = 'a', MARK_TASK = 'b', MARK_ASSIGNED = 'c' };

struct entry {
    struct own_statement statement;
    struct wire_acts *acts; /* owned; what statement.acts shows */
};

struct own {
    struct entry **entries;
    size_t count;
    size_t capacity;
    struct omap *newest; /* mark, year, code → place of the statement (8), place of the act (8) */
};

struct own *own_new(void)
{
    struct own *o = calloc(1, sizeof(*o));
    if (o == NULL) {
        return NULL;
    }
    o->newest = omap_new();
    if (o->newest == NULL) {
        own_destroy(&o);
    }
    return o;
}

static void entry_destroy(struct entry *e)
{
    if (e != NULL) {
        wire_acts_destroy(&e->acts);
        free(e);
    }
}

void own_destroy(struct own **o)
{
    if (*o == NULL) {
        return;
    }
    for (size_t i = 0; i < (*o)->count; i++) {
        entry_destroy((*o)->entries[i]);
    }
    free((*o)->entries);
    omap_destroy(&(*o)->newest);
    free(*o);
    *o = NULL;
}

/* False: no key of ours is that long. */
static bool make_key(uint8_t mark, uint32_t year, const char *code, uint8_t to[static KEY_SIZE_MAX],
                     struct bytes *ret)
{
    size_t code_size = strlen(code);
    if (code_size > KEY_SIZE_MAX - 5) {
        return false;
    }
    to[0] = mark;
    bytes_put_u32(to + 1, year);
    memcpy(to + 5, code, code_size);
    *ret = (struct bytes){to, 5 + code_size};
    return true;
}

/* A blank stands in no code. */
static bool make_task_key(uint32_t year, const char *code, const char *unit,
                          uint8_t to[static KEY_SIZE_MAX], struct bytes *ret)
{
    char both[KEY_SIZE_MAX];
    const int size = snprintf(both, sizeof(both), "%s %s", code, unit);
    return size > 0 && (size_t)size < sizeof(both) && make_key(MARK_ASSIGNED, year, both, to, ret);
}

static bool task_key(const struct wire_task *t, uint8_t to[static KEY_SIZE_MAX], struct bytes *ret)
{
    uint32_t first = 0, last = 0;
    return task_years_parse(t->year, &first, &last) == NG_OK &&
           make_task_key(first, t->code, t->unit, to, ret);
}

/* False: an act that says nothing about a component or a task. */
static bool act_key(const struct wire_act *act, uint8_t to[static KEY_SIZE_MAX], struct bytes *ret)
{
    if (act->kind == WIRE_ACT_REPORT) {
        return make_key(MARK_REPORT, act->u.report.year, act->u.report.code, to, ret);
    }
    if (act->kind == WIRE_ACT_TASK) {
        return task_key(&act->u.task, to, ret);
    }
    return act->kind == WIRE_ACT_PROGRESS &&
           make_key(MARK_TASK, act->u.progress.year, act->u.progress.code, to, ret);
}

static enum ng_err index_acts(struct own *o, size_t place)
{
    const struct wire_acts *acts = o->entries[place]->acts;
    enum ng_err err = NG_OK;
    for (size_t i = 0; acts != NULL && err == NG_OK && i < acts->count; i++) {
        uint8_t key_bytes[KEY_SIZE_MAX];
        struct bytes key;
        if (act_key(&acts->acts[i], key_bytes, &key)) {
            uint8_t value[16];
            bytes_put_u64(value, place);
            bytes_put_u64(value + 8, i);
            err = omap_put(o->newest, key, (struct bytes){value, sizeof(value)});
        }
    }
    return err;
}

static enum ng_err make_room(struct own *o)
{
    if (o->count < o->capacity) {
        return NG_OK;
    }
    size_t capacity = o->capacity == 0 ? 64 : 2 * o->capacity;
    struct entry **grown = realloc(o->entries, capacity * sizeof(struct entry *));
    if (grown == NULL) {
        return err_set(NG_ERR_NOMEM, "own statements");
    }
    o->entries = grown;
    o->capacity = capacity;
    return NG_OK;
}

enum ng_err own_add(struct own *o, const struct own_statement *known, struct bytes statement)
{
    struct statement s;
    struct entry *e = calloc(1, sizeof(*e));
    enum ng_err err = make_room(o);
    if (e == NULL || err != NG_OK) {
        free(e);
        return err_set(NG_ERR_NOMEM, "own statements");
    }
    e->statement = *known;
    e->statement.acts = NULL;
    e->statement.place = o->count;
    if (statement_decode(statement, &s) == NG_OK) {
        e->statement.kind = s.kind;
        e->statement.authored_at = s.authored_at;
        if (s.kind >= STATEMENT_FIELD_FIRST &&
            wire_acts_decode(s.payload, &e->acts) == NG_ERR_NOMEM) {
            entry_destroy(e);
            return err_set(NG_ERR_NOMEM, "own statements");
        }
        e->statement.acts = e->acts;
    }
    o->entries[o->count++] = e;
    return known->lost ? NG_OK : index_acts(o, o->count - 1);
}

size_t own_count(const struct own *o)
{
    return o->count;
}

const struct own_statement *own_at(const struct own *o, size_t place)
{
    return place < o->count ? &o->entries[place]->statement : NULL;
}

static bool is_before(const struct own_statement *s, uint32_t epoch, uint64_t seq)
{
    return s->epoch != epoch ? s->epoch < epoch : s->seq < seq;
}

const struct own_statement *own_find(const struct own *o, uint32_t epoch, uint64_t seq)
{
    size_t low = 0;
    size_t high = o->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_before(&o->entries[middle]->statement, epoch, seq)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    const struct own_statement *s = own_at(o, low);
    return s != NULL && s->epoch == epoch && s->seq == seq ? s : NULL;
}

const struct own_statement *own_received(const struct own *o, uint64_t index)
{
    for (size_t i = o->count; i > 0; i--) { /* newest first: what is asked about is new */
        const struct own_statement *s = &o->entries[i - 1]->statement;
        if (s->delivered && s->index == index) {
            return s;
        }
    }
    return NULL;
}

static void say(const struct own *o, struct bytes value, struct own_said *ret)
{
    const struct entry *e = o->entries[bytes_get_u64(value.data)];
    uint64_t act = bytes_get_u64(value.data + 8);
    *ret = (struct own_said){&e->statement, &e->acts->acts[act], (uint32_t)(act + 1)};
}

static bool find(const struct own *o, uint8_t mark, uint32_t year, const char *code,
                 struct own_said *ret)
{
    uint8_t key_bytes[KEY_SIZE_MAX];
    struct bytes key;
    struct bytes value;
    if (!make_key(mark, year, code, key_bytes, &key) || !omap_get(o->newest, key, &value)) {
        return false;
    }
    say(o, value, ret);
    return true;
}

bool own_report(const struct own *o, uint32_t year, const char *code, struct own_said *ret)
{
    return find(o, MARK_REPORT, year, code, ret);
}

bool own_progress(const struct own *o, uint32_t year, const char *code, struct own_said *ret)
{
    return find(o, MARK_TASK, year, code, ret);
}

bool own_assigned(const struct own *o, uint32_t year, const char *code, const char *unit,
                  struct own_said *ret)
{
    uint8_t key_bytes[KEY_SIZE_MAX];
    struct bytes key;
    struct bytes value;
    if (!make_task_key(year, code, unit, key_bytes, &key) || !omap_get(o->newest, key, &value)) {
        return false;
    }
    say(o, value, ret);
    return true;
}

bool own_next(const struct own *o, size_t *place, struct own_said *ret)
{
    struct bytes key;
    struct bytes value;
    if (!omap_at(o->newest, *place, &key, &value)) {
        return false;
    }
    ++*place;
    say(o, value, ret);
    return true;
}

/* Parts are authored together, so they stand one after the other. */
static bool same_import(const struct own_statement *a, const struct own_statement *b)
{
    return a != NULL && b != NULL && a->acts != NULL && b->acts != NULL && a->acts->has_part &&
           b->acts->has_part && memcmp(a->acts->import_id, b->acts->import_id, 16) == 0;
}

const struct own_statement *own_judged_with(const struct own *o, const struct own_said *said,
                                            uint32_t *ret_act)
{
    const struct own_statement *s = said->statement;
    *ret_act = said->number;
    if (s->acts == NULL || !s->acts->has_part) {
        return s;
    }
    size_t place = s->place;
    for (uint32_t i = 1; i < s->acts->part_number; i++) {
        const struct own_statement *before = own_at(o, place - i);
        if (i > place || !same_import(s, before)) {
            return NULL;
        }
        *ret_act += (uint32_t)before->acts->count;
    }
    const struct own_statement *last =
        own_at(o, place + s->acts->part_count - s->acts->part_number);
    return same_import(s, last) ? last : NULL;
}

const struct wire_act *own_act(const struct own *o, const struct own_statement *judged,
                               uint32_t act)
{
    const struct own_statement *s = judged;
    if (s->acts != NULL && s->acts->has_part) {
        size_t before = s->acts->part_number - 1;
        s = s->place >= before ? own_at(o, s->place - before) : NULL;
    }
    for (; s != NULL && s->acts != NULL && act > s->acts->count; s = own_at(o, s->place + 1)) {
        act -= (uint32_t)s->acts->count;
        if (s == judged) {
            return NULL;
        }
    }
    return s != NULL && s->acts != NULL && act > 0 ? &s->acts->acts[act - 1] : NULL;
}

static bool same(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool evidence_equal(const struct wire_evidence *a, size_t a_count,
                           const struct wire_evidence *b, size_t b_count)
{
    bool equal = a_count == b_count;
    for (size_t i = 0; equal && i < a_count; i++) {
        equal = same(a[i].name, b[i].name) && a[i].size == b[i].size && same(a[i].id, b[i].id);
    }
    return equal;
}

bool own_report_equal(const struct wire_report *a, const struct wire_report *b)
{
    return a->year == b->year && same(a->period, b->period) && same(a->code, b->code) &&
           a->answered == b->answered && same(a->value, b->value) &&
           same(a->numerator, b->numerator) && same(a->denominator, b->denominator) &&
           same(a->choice, b->choice) && same(a->explanation, b->explanation) &&
           evidence_equal(a->evidence, a->evidence_count, b->evidence, b->evidence_count);
}

bool own_progress_equal(const struct wire_progress *a, const struct wire_progress *b)
{
    return a->year == b->year && same(a->code, b->code) && a->percent == b->percent &&
           same(a->completed, b->completed) && same(a->note, b->note) &&
           evidence_equal(a->evidence, a->evidence_count, b->evidence, b->evidence_count);
}
