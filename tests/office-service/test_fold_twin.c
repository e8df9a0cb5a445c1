/* Goal: standings kept by differences are what a full recount gives, whatever happens in whatever
 * order. Method: random answers, survey values, moves between groups, tasks and days go into the
 * fold and into a naive twin that keeps every event and recounts everything, sorting by
 * cross-multiplication; their boards must be equal on both bases. Every so often the log is
 * replayed and a prefix is compared with the board of that moment. NGANAM_SEED picks the seed; it
 * is printed. */
#include "kit.h"

#include "base/day.h"
#include "base/rng.h"
#include "par/criteria.h"
#include "par/report.h"
#include "par/survey.h"
#include "par/tally.h"

#define UNITS 4u
#define GROUPS 2u
#define NODES_MAX 32u
#define TASKS_MAX 24u
#define SAID_MAX 4000u

static const char *const unit_names[UNITS] = {"P1", "P2", "P3", "P4"};
static const char *const group_names[GROUPS] = {"ward", "department"};
static const char *const set_lines[GROUPS] = {
    "I,,field,x,,10,sum,,,\n"
    "1,I,component,a,,4,points,,rescale,\n"
    "2,I,component,b,,3,survey,,,\n"
    "3,I,criterion,c,,3,sum,,,\n"
    "3.1,3,component,d,,1.5,points,,full,\n"
    "3.2,3,component,e,,1.5,deduct,per=0.5,zero,\n"
    "II,,field,x,,7,tasks,>=100:7|>=80:4.5|>=50:2|:0,rescale,\n"
    "B,,field,x,,6,sum,kind=bonus cap=4,,\n"
    "5,B,component,f,,6,count,per=1.5,rescale,\n"
    "P,,field,x,,6,sum,kind=deduction cap=3,,\n"
    "6,P,component,g,,6,count,per=1,,\n",
    "X,,field,x,,9,points,,rescale,\n"
    "Y,,field,x,,3,survey,,,\n"
    "Z,,field,x,,3,tasks,>=100:3|:0,none=zero,\n",
};

/* What the twin remembers: every accepted answer, every statement about a task. */
struct twin {
    struct criteria *sets[GROUPS];
    size_t group_of[UNITS];
    struct score last[GROUPS][UNITS][NODES_MAX];
    bool has[GROUPS][UNITS][NODES_MAX];
    struct twin_task {
        char code[8];
        size_t unit;
        bool monthly;
        int32_t day;     /* once */
        uint32_t number; /* monthly */
        int32_t known;
        int64_t weight;
    } tasks[TASKS_MAX];
    size_t task_count;
    struct twin_said {
        size_t task;
        uint32_t percent;
        int64_t at;
    } said[SAID_MAX];
    size_t said_count;
};

static struct criteria *read_set(const char *group, const char *lines)
{
    struct buf file = BUF_INIT(1u << 16);
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    CU_ASSERT_EQUAL_FATAL(buf_printf(&file,
                                     "code,parent,level,name_vi,name_en,max_points,method,params,"
                                     "na_policy,evidence\n%s",
                                     lines),
                          NG_OK);
    CU_ASSERT_EQUAL_FATAL(
        criteria_parse_csv(buf_bytes(&file), "SET", KIT_YEAR, group, &faults, &set), NG_OK);
    fault_list_fini(&faults);
    buf_fini(&file);
    return set;
}

/* ---- Naive recount ---- */

/* Whether the deadline at the end of `day` was kept; after: the occurrence before, or DAY_NONE. */
static bool kept(const struct twin *t, size_t task, int32_t day, int32_t after)
{
    int64_t end = day_start_ms(day + 1);
    bool monthly = t->tasks[task].monthly;
    bool done = false;
    int64_t since = 0;
    for (size_t i = 0; i < t->said_count; i++) {
        const struct twin_said *s = &t->said[i];
        if (s->task != task || (monthly && s->at >= end)) {
            continue;
        }
        if (s->percent == 100 && (monthly || !done)) {
            since = s->at;
        }
        done = s->percent == 100;
    }
    if (monthly) {
        return done && (after == DAY_NONE || since >= day_start_ms(after + 1));
    }
    return done && since < end;
}

static void count_tasks(const struct twin *t, size_t unit, int32_t today, struct decimal *on_time,
                        struct decimal *due)
{
    *on_time = DECIMAL_ZERO;
    *due = DECIMAL_ZERO;
    for (size_t i = 0; i < t->task_count; i++) {
        const struct twin_task *task = &t->tasks[i];
        if (task->unit != unit) {
            continue;
        }
        int32_t before = DAY_NONE;
        for (int month = 1; month <= 12; month++) {
            int32_t day =
                task->monthly ? day_of_date(KIT_YEAR, month, (int)task->number) : task->day;
            bool counts = day < today && (!task->monthly || day >= task->known);
            if (counts) {
                struct decimal weight = decimal_of(task->weight);
                *due = decimal_add(*due, weight);
                if (kept(t, i, day, before)) {
                    *on_time = decimal_add(*on_time, weight);
                }
            }
            before = day;
            if (!task->monthly) {
                break;
            }
        }
    }
}

struct twin_row {
    size_t unit;
    bool missing;
    uint32_t answered;
    struct fraction total;
};

static struct twin_row recount(const struct twin *t, size_t unit, enum basis basis, int32_t today)
{
    size_t g = t->group_of[unit];
    const struct criteria *set = t->sets[g];
    struct score scores[NODES_MAX];
    struct tally_sum sums[NODES_MAX];
    struct twin_row row = {.unit = unit, .missing = true};
    for (uint32_t n = 0; n < criteria_count(set); n++) {
        const struct criteria_node *node = criteria_node(set, n);
        scores[n] = score_outside();
        if (node->children > 0) {
            continue;
        }
        bool has = t->has[g][unit][n];
        if (node->method.kind == METHOD_TASKS) {
            struct decimal on_time;
            struct decimal due;
            count_tasks(t, unit, today, &on_time, &due);
            scores[n] = score_tasks(set, n, on_time, due);
        } else if (node->method.kind == METHOD_SURVEY) {
            scores[n] = has && basis == BASIS_LIVE ? t->last[g][unit][n] : score_outside();
        } else {
            scores[n] = has ? t->last[g][unit][n] : score_none(set, n);
            row.missing = row.missing && !has;
            row.answered += has;
        }
    }
    tally_all(set, scores, sums);
    const uint32_t *fields;
    size_t count = criteria_fields(set, &fields);
    struct tally_sum of_fields[NODES_MAX];
    for (size_t i = 0; i < count; i++) {
        of_fields[i] = sums[fields[i]];
    }
    row.total = tally_total(set, of_fields);
    return row;
}

/* Negative: a stands before b. */
static int compare_rows(const struct twin_row *a, const struct twin_row *b)
{
    int class_a = a->missing ? 2 : a->total.max.micro == 0;
    int class_b = b->missing ? 2 : b->total.max.micro == 0;
    if (class_a != class_b) {
        return class_a - class_b;
    }
    return class_a ? 0 : -fraction_compare(a->total, b->total);
}

static bool stands_before(const struct twin_row *a, const struct twin_row *b)
{
    int order = compare_rows(a, b);
    return order ? order < 0 : a->unit < b->unit;
}

static void compare_board(const struct kit *k, const struct twin *t, size_t g, enum basis basis)
{
    struct twin_row rows[UNITS];
    size_t count = 0;
    for (size_t u = 0; u < UNITS; u++) {
        if (t->group_of[u] != g) {
            continue;
        }
        struct twin_row row = recount(t, u, basis, day_of_ms(k->now - 1000));
        size_t at = count++;
        for (; at > 0 && stands_before(&row, &rows[at - 1]); at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
    struct board b;
    CU_ASSERT_EQUAL_FATAL(
        board_make(&k->memory.kv, fold_sets(k->fold), KIT_YEAR, group_names[g], basis, &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(b.row_count, count);
    size_t rank = 0;
    for (size_t i = 0; i < count; i++) {
        bool tied = i > 0 && compare_rows(&rows[i], &rows[i - 1]) == 0;
        rank = tied ? rank : i + 1;
        bool ranked = !rows[i].missing && rows[i].total.max.micro > 0;
        CU_ASSERT_STRING_EQUAL(b.rows[i].unit, unit_names[rows[i].unit]);
        CU_ASSERT_EQUAL(b.rows[i].rank, ranked ? rank : 0);
        CU_ASSERT_EQUAL(b.rows[i].answered, rows[i].answered);
        CU_ASSERT_EQUAL(b.rows[i].total.points.micro, rows[i].total.points.micro);
        CU_ASSERT_EQUAL(b.rows[i].total.max.micro, rows[i].total.max.micro);
    }
    board_fini(&b);
}

/* ---- Random events, told to both ---- */

static void random_answer(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, UNITS);
    size_t g = t->group_of[u];
    uint32_t n = (uint32_t)rng_below(r, criteria_count(t->sets[g]));
    const struct criteria_node *node = criteria_node(t->sets[g], n);
    char value[16];
    (void)snprintf(value, sizeof value, "%llu", (unsigned long long)rng_below(r, 6));
    struct wire_report report = {.year = KIT_YEAR, .code = node->code, .value = value};
    if (rng_below(r, 4) == 0) {
        report.value = "";
        report.answered = rng_below(r, 2) ? WIRE_NOT_APPLICABLE : WIRE_NOTHING_AROSE;
    }
    struct wire_report checked = report; /* texts are never NULL once decoded */
    checked.period = checked.numerator = checked.denominator = checked.choice = "";
    checked.explanation = "";
    struct report_judged judged;
    bool fine = report_check(t->sets[g], &checked, &judged) == REASON_FINE;
    const struct wire_act act = {.kind = WIRE_ACT_REPORT, .u.report = report};
    uint64_t index = kit_act(k, unit_names[u], WIRE_KIND_REPORT, act);
    CU_ASSERT_EQUAL(kit_reason(k, index) == REASON_FINE, fine);
    if (fine) {
        t->last[g][u][judged.node] = judged.score;
        t->has[g][u][judged.node] = true;
    }
}

static void random_survey(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, UNITS);
    size_t g = t->group_of[u];
    const char *code = g == 0 ? "2" : "Y";
    char value[16];
    (void)snprintf(value, sizeof value, "%llu.5", (unsigned long long)rng_below(r, 4));
    const struct wire_survey said = {
        .year = KIT_YEAR, .unit = unit_names[u], .code = code, .value = value};
    uint32_t node;
    struct score score;
    const char *field;
    bool fine = survey_check(t->sets[g], &said, &node, &score, &field) == REASON_FINE;
    CU_ASSERT_EQUAL(kit_reason(k, kit_survey(k, said.unit, code, value)) == REASON_FINE, fine);
    if (fine) {
        t->last[g][u][node] = score;
        t->has[g][u][node] = true;
    }
}

static void random_move(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, UNITS);
    t->group_of[u] = rng_below(r, GROUPS);
    kit_unit(k, unit_names[u], group_names[t->group_of[u]], "", "");
}

static void random_task(struct kit *k, struct twin *t, struct rng *r)
{
    if (t->task_count == TASKS_MAX) {
        return;
    }
    struct twin_task *task = &t->tasks[t->task_count];
    (void)snprintf(task->code, sizeof task->code, "T%zu", t->task_count++);
    char due[32];
    char weight[8];
    int32_t today = day_of_ms(k->now);
    task->unit = rng_below(r, UNITS);
    task->monthly = rng_below(r, 3) == 0;
    task->number = 1 + (uint32_t)rng_below(r, 28);
    task->day = today - 2 + (int32_t)rng_below(r, 40);
    task->known = today;
    task->weight = 1 + (int64_t)rng_below(r, 3);
    if (task->monthly) {
        (void)snprintf(due, sizeof due, "every:month:%lu", (unsigned long)task->number);
    } else {
        day_format_iso(task->day, due);
    }
    (void)snprintf(weight, sizeof weight, "%lld", (long long)task->weight);
    CU_ASSERT_EQUAL(
        kit_reason(k, kit_task(k, task->code, unit_names[task->unit], "2026", due, weight)),
        REASON_FINE);
}

static void random_progress(struct kit *k, struct twin *t, struct rng *r)
{
    if (t->task_count == 0 || t->said_count == SAID_MAX) {
        return;
    }
    struct twin_said said = {
        .task = rng_below(r, t->task_count), .percent = rng_below(r, 3) ? 100 : 50, .at = k->now};
    const struct twin_task *task = &t->tasks[said.task];
    CU_ASSERT_EQUAL(
        kit_reason(k, kit_progress(k, unit_names[task->unit], task->code, said.percent)),
        REASON_FINE);
    t->said[t->said_count++] = said;
}

static void random_event(struct kit *k, struct twin *t, struct rng *r)
{
    uint64_t dice = rng_below(r, 100);
    if (dice < 50) {
        random_answer(k, t, r);
    } else if (dice < 65) {
        random_survey(k, t, r);
    } else if (dice < 70) {
        random_move(k, t, r);
    } else if (dice < 75) {
        random_task(k, t, r);
    } else if (dice < 92) {
        random_progress(k, t, r);
    } else {
        k->now += (int64_t)rng_below(r, 4) * DAY_MS;
        kit_tick(k);
    }
}

/* The board of a prefix, replayed from the log, is the board there was. */
struct kept_board {
    uint64_t size;
    char text[1000];
};

static void keep_board(const struct kit *k, struct kept_board *b)
{
    b->size = k->count;
    (void)snprintf(b->text, sizeof b->text, "%s", kit_board(k, "ward", BASIS_LIVE));
}

static void compare_prefix(const struct kit *k, const struct kept_board *b)
{
    struct kit past = *k;
    kit_replay(k, b->size, &past.memory);
    CU_ASSERT_STRING_EQUAL(kit_board(&past, "ward", BASIS_LIVE), b->text);
    kv_memory_fini(&past.memory);
}

static uint64_t chosen_seed(void)
{
    const char *text = getenv("NGANAM_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : 20261123u;
    (void)printf("seed %llu\n", (unsigned long long)seed);
    return seed;
}

static void differences_give_what_a_recount_gives(void)
{
    static struct twin t;
    struct kit k;
    struct rng r = rng_seeded(chosen_seed());
    struct kept_board kept_boards[4];
    memset(&t, 0, sizeof t);
    kit_open(&k);
    for (size_t g = 0; g < GROUPS; g++) {
        t.sets[g] = read_set(group_names[g], set_lines[g]);
        kit_set(&k, KIT_YEAR, group_names[g], set_lines[g]);
    }
    for (size_t u = 0; u < UNITS; u++) {
        kit_unit(&k, unit_names[u], group_names[0], "", "");
    }
    for (unsigned step = 0; step < 1600; step++) {
        random_event(&k, &t, &r);
        for (size_t g = 0; g < GROUPS; g++) {
            compare_board(&k, &t, g, BASIS_SELF);
            compare_board(&k, &t, g, BASIS_LIVE);
        }
        if (step % 400 == 200) {
            keep_board(&k, &kept_boards[step / 400]);
        }
        if (CU_get_number_of_failures() > 0) {
            (void)fprintf(stderr, "first difference at step %u\n", step);
            break;
        }
    }
    kit_assert_replays(&k);
    for (size_t i = 0; i < 4 && CU_get_number_of_failures() == 0; i++) {
        compare_prefix(&k, &kept_boards[i]);
    }
    for (size_t g = 0; g < GROUPS; g++) {
        criteria_destroy(&t.sets[g]);
    }
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(differences_give_what_a_recount_gives),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_twin", cases, argc, argv);
}
