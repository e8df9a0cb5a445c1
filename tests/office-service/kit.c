#include "kit.h"

#include "base/day.h"
#include "ledger/leaf.h"
#include "par/criteria.h"
#include "proto/wire_queue.h"

#include <stdarg.h>

#define PAYLOAD_MAX (STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE)

static void say_invite(struct kit *k, const char *author, const char *party, enum wire_role role)
{
    struct wire_invite invite = {.role = role, .expires_at = UINT64_MAX};
    struct buf payload = BUF_INIT(PAYLOAD_MAX);
    (void)snprintf(invite.party, sizeof invite.party, "%s", party);
    CU_ASSERT_EQUAL_FATAL(wire_invite_encode(&invite, &payload), NG_OK);
    (void)kit_payload(k, author, STATEMENT_INVITE, buf_bytes(&payload));
    buf_fini(&payload);
}

void kit_open(struct kit *k)
{
    static const char *const wards[] = {"P1", "P2", "P3", "P4"};
    memset(k, 0, sizeof *k);
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&k->memory), NG_OK);
    CU_ASSERT_EQUAL_FATAL(fold_new(&k->fold), NG_OK);
    k->leaves = calloc(KIT_LEAVES_MAX, sizeof *k->leaves);
    CU_ASSERT_PTR_NOT_NULL_FATAL(k->leaves);
    kit_day(k, "2026-01-05");
    say_invite(k, "log", "OFFICE", WIRE_ROLE_OFFICE);
    for (size_t i = 0; i < sizeof wards / sizeof wards[0]; i++) {
        say_invite(k, "OFFICE", wards[i], WIRE_ROLE_WARD);
    }
    say_invite(k, "OFFICE", "D1", WIRE_ROLE_DEPARTMENT);
    say_invite(k, "OFFICE", "D2", WIRE_ROLE_DEPARTMENT);
    say_invite(k, "OFFICE", "AUDIT", WIRE_ROLE_AUDITOR);
}

void kit_close(struct kit *k)
{
    for (uint64_t i = 0; i < k->count; i++) {
        union {
            const uint8_t *in;
            void *out;
        } leaf = {k->leaves[i].data};
        free(leaf.out);
    }
    free(k->leaves);
    fold_destroy(&k->fold);
    kv_memory_fini(&k->memory);
}

void kit_day(struct kit *k, const char *day)
{
    int32_t parsed;
    CU_ASSERT_EQUAL_FATAL(day_parse(day, &parsed), NG_OK);
    k->now = day_start_ms(parsed) + DAY_MS / 2;
}

uint64_t kit_payload(struct kit *k, const char *author, uint32_t kind, struct bytes payload)
{
    static const uint8_t no_signature[64];
    struct statement s = {.kind = kind, .epoch = 1, .seq = k->count + 1, .payload = payload};
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    (void)snprintf(s.author.text, sizeof s.author.text, "%s", author);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &statement), NG_OK);
    struct leaf leaf = {.index = k->count,
                        .received_at = (uint64_t)k->now,
                        .statement = buf_bytes(&statement),
                        .signature = no_signature};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &encoded), NG_OK);
    CU_ASSERT_TRUE_FATAL(k->count < KIT_LEAVES_MAX);
    enum ng_err err = fold_apply(k->fold, &k->memory.kv, k->count, buf_bytes(&encoded));
    CU_ASSERT_EQUAL_FATAL(err, k->expect);
    k->expect = NG_OK;
    buf_fini(&statement);
    if (err) {
        buf_fini(&encoded);
        return k->count;
    }
    k->leaves[k->count] = buf_bytes(&encoded); /* kept: the buffer is not ended */
    k->now += 1000;
    return k->count++;
}

uint64_t kit_acts(struct kit *k, const char *author, uint32_t kind, const struct wire_act *acts,
                  size_t count)
{
    struct buf payload = BUF_INIT(PAYLOAD_MAX);
    const struct wire_acts all = {.acts = acts, .count = count};
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&all, &payload), NG_OK);
    uint64_t index = kit_payload(k, author, kind, buf_bytes(&payload));
    buf_fini(&payload);
    return index;
}

uint64_t kit_act(struct kit *k, const char *author, uint32_t kind, struct wire_act act)
{
    return kit_acts(k, author, kind, &act, 1);
}

uint64_t kit_unit(struct kit *k, const char *code, const char *group, const char *from,
                  const char *to)
{
    const struct wire_act act = {
        .kind = WIRE_ACT_UNIT,
        .u.unit = {.code = code, .name = code, .group = group, .valid_from = from, .valid_to = to}};
    return kit_act(k, "OFFICE", WIRE_KIND_UNITS, act);
}

uint64_t kit_set(struct kit *k, uint32_t year, const char *group, const char *lines)
{
    struct buf file = BUF_INIT(1u << 20);
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    struct actlist *list = NULL;
    CU_ASSERT_EQUAL_FATAL(buf_printf(&file,
                                     "code,parent,level,name_vi,name_en,max_points,method,params,"
                                     "na_policy,evidence\n%s",
                                     lines),
                          NG_OK);
    enum ng_err err = criteria_parse_csv(buf_bytes(&file), "SET", year, group, &faults, &set);
    if (err) {
        struct buf text = BUF_INIT(1u << 16);
        CU_ASSERT_EQUAL(fault_format_all(&faults, "set", &text), NG_OK);
        (void)fprintf(stderr, "%s\n", buf_text(&text));
        buf_fini(&text);
    }
    CU_ASSERT_EQUAL_FATAL(err, NG_OK);
    CU_ASSERT_EQUAL_FATAL(criteria_to_acts(set, &list), NG_OK);
    uint64_t index =
        kit_acts(k, "OFFICE", WIRE_KIND_CRITERIA, actlist_acts(list), actlist_count(list));
    actlist_destroy(&list);
    criteria_destroy(&set);
    fault_list_fini(&faults);
    buf_fini(&file);
    return index;
}

uint64_t kit_survey(struct kit *k, const char *unit, const char *code, const char *value)
{
    const struct wire_act act = {
        .kind = WIRE_ACT_SURVEY,
        .u.survey = {.year = KIT_YEAR, .unit = unit, .code = code, .value = value}};
    return kit_act(k, "OFFICE", WIRE_KIND_SURVEY, act);
}

uint64_t kit_task(struct kit *k, const char *code, const char *unit, const char *year,
                  const char *due, const char *weight)
{
    const struct wire_act act = {.kind = WIRE_ACT_TASK,
                                 .u.task = {.code = code,
                                            .year = year,
                                            .unit = unit,
                                            .name = "Task",
                                            .area = "a",
                                            .due = due,
                                            .weight = weight}};
    return kit_act(k, "OFFICE", WIRE_KIND_TASKS, act);
}

uint64_t kit_event(struct kit *k, const char *code, const char *date)
{
    const struct wire_act act = {.kind = WIRE_ACT_EVENT, .u.event = {.code = code, .date = date}};
    return kit_act(k, "OFFICE", WIRE_KIND_EVENTS, act);
}

uint64_t kit_tick(struct kit *k)
{
    const struct wire_act act = {.kind = WIRE_ACT_TICK, .u.tick_day = "2026-01-01"};
    return kit_act(k, "OFFICE", WIRE_KIND_TICK, act);
}

uint64_t kit_value(struct kit *k, const char *unit, const char *code, const char *value)
{
    const struct wire_act act = {.kind = WIRE_ACT_REPORT,
                                 .u.report = {.year = KIT_YEAR, .code = code, .value = value}};
    return kit_act(k, unit, WIRE_KIND_REPORT, act);
}

uint64_t kit_na(struct kit *k, const char *unit, const char *code, enum wire_answered answered)
{
    const struct wire_act act = {
        .kind = WIRE_ACT_REPORT,
        .u.report = {.year = KIT_YEAR, .code = code, .answered = answered}};
    return kit_act(k, unit, WIRE_KIND_REPORT, act);
}

uint64_t kit_progress(struct kit *k, const char *unit, const char *code, uint32_t percent)
{
    const struct wire_act act = {
        .kind = WIRE_ACT_PROGRESS,
        .u.progress = {.year = KIT_YEAR, .code = code, .percent = percent}};
    return kit_act(k, unit, WIRE_KIND_REPORT, act);
}

int kit_reason(const struct kit *k, uint64_t index)
{
    struct verdict_row row;
    struct wire_acts *acts = NULL;
    if (verdict_row_get(&k->memory.kv, index, 0, &row)) {
        return -1;
    }
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(row.payload, &acts), NG_OK);
    const struct wire_verdict *v = &acts->acts[0].u.verdict;
    CU_ASSERT_EQUAL(v->index, index);
    int reason = v->finding_count ? (int)v->findings[0].reason : REASON_FINE;
    wire_acts_destroy(&acts);
    return reason;
}

/* ---- Boards ---- */

static char shown[4096];

static void show(const char *format, ...) NG_PRINTF(1, 2);
static void show(const char *format, ...)
{
    size_t used = strlen(shown);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(shown + used, sizeof shown - used, format, args);
    va_end(args);
}

static void make_board(const struct kit *k, uint32_t year, const char *group, enum basis basis,
                       struct board *b)
{
    CU_ASSERT_EQUAL_FATAL(board_make(&k->memory.kv, fold_sets(k->fold), year, group, basis, b),
                          NG_OK);
}

const char *kit_board(const struct kit *k, const char *group, enum basis basis)
{
    return kit_board_of(k, KIT_YEAR, group, basis);
}

const char *kit_board_of(const struct kit *k, uint32_t year, const char *group, enum basis basis)
{
    struct board b;
    make_board(k, year, group, basis, &b);
    shown[0] = '\0';
    for (size_t i = 0; i < b.row_count; i++) {
        const struct board_row *row = &b.rows[i];
        char points[DECIMAL_TEXT_SIZE];
        char max[DECIMAL_TEXT_SIZE];
        show("%s", i ? "; " : "");
        if (row->rank) {
            show("%zu%s", row->rank, row->tied ? "=" : "");
        } else {
            show("-");
        }
        show(" %s", row->unit);
        if (row->has_points) {
            show(" %s/%s", decimal_format(row->total.points, points),
                 decimal_format(row->total.max, max));
        }
        show(" %s", board_state_name(row->state));
    }
    board_fini(&b);
    return shown;
}

const char *kit_tasks(const struct kit *k, const char *group, const char *unit)
{
    return kit_tasks_of(k, KIT_YEAR, group, unit);
}

const char *kit_tasks_of(const struct kit *k, uint32_t year, const char *group, const char *unit)
{
    struct board b;
    make_board(k, year, group, BASIS_LIVE, &b);
    const struct board_row *row = board_find(&b, unit);
    shown[0] = '\0';
    if (row) {
        show("%lu/%lu/%lu", (unsigned long)row->tasks.done_on_time, (unsigned long)row->tasks.due,
             (unsigned long)row->tasks.total);
    }
    board_fini(&b);
    return shown;
}

/* ---- Replays ---- */

void kit_replay(const struct kit *k, uint64_t count, struct kv_memory *to)
{
    struct fold *fold;
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(to), NG_OK);
    CU_ASSERT_EQUAL_FATAL(fold_new(&fold), NG_OK);
    for (uint64_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL_FATAL(fold_apply(fold, &to->kv, i, k->leaves[i]), NG_OK);
    }
    fold_destroy(&fold);
}

static enum ng_err next_of(const struct kv *kv, struct bytes from, struct bytes *key,
                           struct bytes *value)
{
    enum ng_err err = kv_seek(kv, from, key, value);
    CU_ASSERT_TRUE_FATAL(!err || err == NG_ERR_NOT_FOUND);
    return err;
}

static bool equal(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

bool kit_same_kv(const struct kv *a, const struct kv *b)
{
    uint8_t from[KV_KEY_MAX + 1];
    size_t size = 0;
    for (;;) {
        struct bytes keys[2];
        struct bytes values[2];
        enum ng_err one = next_of(a, (struct bytes){from, size}, &keys[0], &values[0]);
        enum ng_err two = next_of(b, (struct bytes){from, size}, &keys[1], &values[1]);
        if (one && two) {
            return true;
        }
        if (one || two || !equal(keys[0], keys[1]) || !equal(values[0], values[1])) {
            struct buf text = BUF_INIT(1000);
            CU_ASSERT_EQUAL(state_key_describe(one ? keys[1] : keys[0], &text), NG_OK);
            (void)fprintf(stderr, "differs: %s\n", buf_text(&text));
            buf_fini(&text);
            return false;
        }
        memcpy(from, keys[0].data, keys[0].size);
        from[keys[0].size] = 0;
        size = keys[0].size + 1;
    }
}

bool kit_same(const struct kv_memory *a, const struct kv_memory *b)
{
    return kit_same_kv(&a->kv, &b->kv);
}

void kit_assert_replays(const struct kit *k)
{
    struct kv_memory again;
    kit_replay(k, k->count, &again);
    CU_ASSERT_TRUE(kit_same(&k->memory, &again));
    kv_memory_fini(&again);
}
