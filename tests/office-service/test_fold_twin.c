/* Goal: standings and task counts kept by differences are what a full recount gives, whatever
 * happens in whatever order. Method: random answers, survey values, units that come, go and change
 * their group, tasks of groups and of units under the same codes, events and days go into the fold
 * and into a naive twin (twin.h) that counts everything anew; after each step the boards of two
 * years must be equal on both bases. After each batch of steps every unit's counts are compared
 * with its due rows, the task lists with the boards, the state with a replay of the log, and at the
 * end boards of prefixes with what was shown then.
 *
 * NGANAM_SEED picks the first seed, NGANAM_SEEDS how many are run; a seed that fails is printed. */
#include "twin.h"

#include "base/day.h"
#include "base/rng.h"
#include "office-service/due_row.h"
#include "office-service/tally_row.h"
#include "par/report.h"
#include "par/survey.h"

#define STEPS 1500u
#define BATCH 150u
#define PREFIXES 4u

static const char *const unit_names[TWIN_UNITS] = {"P1", "P2", "P3", "P4"};
static const char *const group_names[TWIN_GROUPS] = {"ward", "department"};
static const char *const code_names[TWIN_CODES] = {"T0", "T1", "T2", "T3"};
static const char *const event_names[TWIN_EVENTS] = {"E0", "E1"};
static const char *const set_lines[TWIN_GROUPS] = {
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
    "Z,,field,x,,3,tasks,>=100:3|>=60:1|:0,none=zero,\n",
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

/* ---- Comparing ---- */

static bool stands_before(const struct twin_row *a, const struct twin_row *b)
{
    int order = twin_compare_rows(a, b);
    return order ? order < 0 : a->unit < b->unit;
}

static void compare_row(const struct board_row *got, const struct twin_row *wanted, size_t rank)
{
    bool ranked = !wanted->missing && wanted->total.max.micro > 0;
    CU_ASSERT_STRING_EQUAL(got->unit, unit_names[wanted->unit]);
    CU_ASSERT_EQUAL(got->rank, ranked ? rank : 0);
    CU_ASSERT_EQUAL(got->answered, wanted->answered);
    CU_ASSERT_EQUAL(got->total.points.micro, wanted->total.points.micro);
    CU_ASSERT_EQUAL(got->total.max.micro, wanted->total.max.micro);
    CU_ASSERT_EQUAL(got->tasks.done_on_time, wanted->tasks.on_time);
    CU_ASSERT_EQUAL(got->tasks.due, wanted->tasks.due);
    CU_ASSERT_EQUAL(got->tasks.total, wanted->tasks.total);
}

/* A row made without the others is the row of the whole board. */
static void compare_alone(const struct kit *k, const struct board *whole,
                          const struct board_row *row)
{
    struct board b;
    CU_ASSERT_EQUAL_FATAL(board_make_one(&k->memory.kv, fold_sets(k->fold), whole->year,
                                         whole->group, whole->basis, row->unit, &b),
                          NG_OK);
    CU_ASSERT_EQUAL(b.unit_count, whole->row_count);
    CU_ASSERT_EQUAL_FATAL(b.row_count, 1);
    CU_ASSERT_STRING_EQUAL(b.rows[0].unit, row->unit);
    CU_ASSERT_STRING_EQUAL(b.rows[0].name, row->name);
    CU_ASSERT_EQUAL(b.rows[0].rank, row->rank);
    CU_ASSERT_EQUAL(b.rows[0].tied, row->tied);
    CU_ASSERT_EQUAL(b.rows[0].total.points.micro, row->total.points.micro);
    CU_ASSERT_EQUAL(b.rows[0].tasks.due, row->tasks.due);
    CU_ASSERT_EQUAL(b.rows[0].tasks.total, row->tasks.total);
    board_fini(&b);
}

static void compare_board(const struct kit *k, const struct twin *t, uint32_t year, size_t g,
                          enum basis basis)
{
    struct twin_row rows[TWIN_UNITS];
    size_t count = 0;
    for (size_t u = 0; u < TWIN_UNITS; u++) {
        if (twin_group_in(t, u, year) != g) {
            continue;
        }
        struct twin_row row = twin_recount(t, u, year, basis);
        size_t at = count++;
        for (; at > 0 && stands_before(&row, &rows[at - 1]); at--) {
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
    struct board b;
    CU_ASSERT_EQUAL_FATAL(
        board_make(&k->memory.kv, fold_sets(k->fold), year, group_names[g], basis, &b), NG_OK);
    CU_ASSERT_EQUAL(b.row_count, count);
    size_t rank = 0;
    for (size_t i = 0; i < count && b.row_count == count; i++) {
        bool tied = i > 0 && twin_compare_rows(&rows[i], &rows[i - 1]) == 0;
        rank = tied ? rank : i + 1;
        compare_row(&b.rows[i], &rows[i], rank);
        compare_alone(k, &b, &b.rows[i]);
    }
    board_fini(&b);
}

static void compare_boards(const struct kit *k, const struct twin *t)
{
    for (uint32_t year = KIT_YEAR; year < KIT_YEAR + TWIN_YEARS; year++) {
        for (size_t g = 0; g < TWIN_GROUPS; g++) {
            compare_board(k, t, year, g, BASIS_SELF);
            compare_board(k, t, year, g, BASIS_LIVE);
        }
    }
}

/* A unit's counts are the sums over its due rows that count, and both are the twin's. */
static void compare_counts(const struct kit *k, const struct twin *t, size_t u, uint32_t year)
{
    struct twin_counts wanted = twin_count_tasks(t, u, year);
    struct tally_row tally;
    struct tally_row sum = {0};
    struct due_walk w;
    struct due_ref ref;
    struct due_row row;
    CU_ASSERT_EQUAL(tally_row_get(&k->memory.kv, unit_names[u], year, &tally), NG_OK);
    due_walk_begin(&w, &k->memory.kv, unit_names[u], NULL);
    while (due_walk_next(&w, &ref, &row) == NG_OK) {
        if (row.counts && ref.year == year) {
            sum.due++;
            sum.on_time += row.on_time;
            sum.due_weight = decimal_add(sum.due_weight, row.weight);
            sum.on_time_weight =
                row.on_time ? decimal_add(sum.on_time_weight, row.weight) : sum.on_time_weight;
        }
    }
    CU_ASSERT_EQUAL(tally.due, sum.due);
    CU_ASSERT_EQUAL(tally.on_time, sum.on_time);
    CU_ASSERT_EQUAL(tally.due_weight.micro, sum.due_weight.micro);
    CU_ASSERT_EQUAL(tally.on_time_weight.micro, sum.on_time_weight.micro);
    CU_ASSERT_EQUAL(tally.due, wanted.due);
    CU_ASSERT_EQUAL(tally.due_weight.micro, wanted.due_weight.micro);
    CU_ASSERT_EQUAL(tally.on_time_weight.micro, wanted.on_time_weight.micro);
}

static void compare_list(const struct kit *k, const struct twin *t, size_t u, uint32_t year)
{
    struct twin_counts wanted = twin_count_tasks(t, u, year);
    struct task_list list;
    uint32_t due = 0;
    uint32_t total = 0;
    CU_ASSERT_EQUAL_FATAL(task_list_make(&k->memory.kv, unit_names[u], year, &list), NG_OK);
    for (size_t i = 0; i < list.count; i++) {
        due += list.items[i].due;
        total += list.items[i].due + list.items[i].open;
    }
    CU_ASSERT_EQUAL(due, wanted.due);
    CU_ASSERT_EQUAL(total, wanted.total);
    task_list_fini(&list);
}

static void compare_state(const struct kit *k, const struct twin *t)
{
    for (uint32_t year = KIT_YEAR; year < KIT_YEAR + TWIN_YEARS; year++) {
        for (size_t u = 0; u < TWIN_UNITS; u++) {
            compare_counts(k, t, u, year);
            compare_list(k, t, u, year);
        }
    }
    kit_assert_replays(k);
}

/* ---- Random events, told to both ---- */

static uint32_t random_year(struct rng *r)
{
    return KIT_YEAR + (uint32_t)rng_below(r, TWIN_YEARS);
}

static void random_answer(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, TWIN_UNITS);
    uint32_t year = random_year(r);
    size_t on = twin_group_in(t, u, year);
    size_t g = on == TWIN_NOBODY ? t->units[u].group : on;
    uint32_t n = (uint32_t)rng_below(r, criteria_count(t->sets[g]));
    char value[16];
    (void)snprintf(value, sizeof value, "%llu", (unsigned long long)rng_below(r, 6));
    struct wire_report report = {
        .year = year, .code = criteria_node(t->sets[g], n)->code, .value = value};
    if (rng_below(r, 4) == 0) {
        report.value = "";
        report.answered = rng_below(r, 2) ? WIRE_NOT_APPLICABLE : WIRE_NOTHING_AROSE;
    }
    struct wire_report checked = report; /* texts are never NULL once decoded */
    checked.period = checked.numerator = checked.denominator = checked.choice = "";
    checked.explanation = "";
    checked.year = KIT_YEAR; /* the set the twin has */
    struct report_judged judged;
    bool fine = on != TWIN_NOBODY && report_check(t->sets[g], &checked, &judged) == REASON_FINE;
    const struct wire_act act = {.kind = WIRE_ACT_REPORT, .u.report = report};
    uint64_t index = kit_act(k, unit_names[u], WIRE_KIND_REPORT, act);
    CU_ASSERT_EQUAL(kit_reason(k, index) == REASON_FINE, fine);
    if (fine) {
        t->last[year - KIT_YEAR][g][u][judged.node] = judged.score;
        t->has[year - KIT_YEAR][g][u][judged.node] = true;
    }
}

static void random_survey(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, TWIN_UNITS);
    uint32_t year = random_year(r);
    size_t g = twin_group_in(t, u, year);
    if (g == TWIN_NOBODY) {
        kit_tick(k);
        return;
    }
    char value[16];
    (void)snprintf(value, sizeof value, "%llu.5", (unsigned long long)rng_below(r, 4));
    const struct wire_survey said = {
        .year = year, .unit = unit_names[u], .code = g == 0 ? "2" : "Y", .value = value};
    uint32_t node;
    struct score score;
    const char *field;
    const struct wire_survey checked = {
        .year = KIT_YEAR, .unit = said.unit, .code = said.code, .value = value};
    bool fine = survey_check(t->sets[g], &checked, &node, &score, &field) == REASON_FINE;
    const struct wire_act act = {.kind = WIRE_ACT_SURVEY, .u.survey = said};
    uint64_t index = kit_act(k, "OFFICE", WIRE_KIND_SURVEY, act);
    CU_ASSERT_EQUAL(kit_reason(k, index) == REASON_FINE, fine);
    if (fine) {
        t->last[year - KIT_YEAR][g][u][node] = score;
        t->has[year - KIT_YEAR][g][u][node] = true;
    }
}

static int32_t random_near(const struct twin *t, struct rng *r)
{
    return t->today - 120 + (int32_t)rng_below(r, 240);
}

/* Another group, another first day, another last day: each now and then. */
static void random_unit(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, TWIN_UNITS);
    const struct twin_unit *old = &t->units[u];
    size_t group = rng_below(r, 3) ? rng_below(r, TWIN_GROUPS) : old->group;
    int32_t from = rng_below(r, 3) ? old->from : random_near(t, r);
    int32_t to = rng_below(r, 3) ? old->to : DAY_NONE;
    if (rng_below(r, 8) == 0) {
        to = (from == DAY_NONE ? t->today : from) + (int32_t)rng_below(r, 300);
    }
    if (rng_below(r, 20) == 0) {
        from = DAY_NONE;
    }
    to = to != DAY_NONE && to < from ? DAY_NONE : to;
    char from_text[11] = "";
    char to_text[11] = "";
    if (from != DAY_NONE) {
        day_format_iso(from, from_text);
    }
    if (to != DAY_NONE) {
        day_format_iso(to, to_text);
    }
    twin_unit_says(t, u, group, from, to);
    CU_ASSERT_EQUAL(
        kit_reason(k, kit_unit(k, unit_names[u], group_names[group], from_text, to_text)),
        REASON_FINE);
}

static struct twin_task make_task(const struct twin *t, struct rng *r)
{
    struct twin_task task = {.of_group = rng_below(r, 2) == 0,
                             .code = rng_below(r, TWIN_CODES),
                             .from = KIT_YEAR - 1 + (uint32_t)rng_below(r, 3),
                             .day = random_near(t, r),
                             .event = rng_below(r, TWIN_EVENTS),
                             .days = (int32_t)rng_below(r, 30),
                             .number = 1 + (uint32_t)rng_below(r, 28),
                             .weight = 1 + (int64_t)rng_below(r, 3)};
    static const enum twin_due dues[] = {TWIN_DATE,    TWIN_DATE,    TWIN_DATE, TWIN_EVENT,
                                         TWIN_MONTHLY, TWIN_MONTHLY, TWIN_NEVER};
    task.due = dues[rng_below(r, sizeof dues / sizeof dues[0])];
    task.to = task.from + (uint32_t)rng_below(r, 3);
    task.owner = rng_below(r, task.of_group ? TWIN_GROUPS : TWIN_UNITS);
    return task;
}

static void say_due(const struct twin_task *task, char text[32])
{
    switch (task->due) {
    case TWIN_DATE:
        day_format_iso(task->day, text);
        break;
    case TWIN_EVENT:
        (void)snprintf(text, 32, "event:%s+%dd", event_names[task->event], (int)task->days);
        break;
    case TWIN_MONTHLY:
        (void)snprintf(text, 32, "every:month:%lu", (unsigned long)task->number);
        break;
    case TWIN_NEVER:
        (void)snprintf(text, 32, "continuous");
        break;
    }
}

/* A new task, or an old one with something else about it. */
static void random_task(struct kit *k, struct twin *t, struct rng *r)
{
    struct twin_task task = make_task(t, r);
    if (t->task_count > 0 && rng_below(r, 2)) {
        struct twin_task old = t->tasks[rng_below(r, t->task_count)];
        old.to = rng_below(r, 2) ? old.to : old.from + (uint32_t)rng_below(r, 3);
        old.weight = rng_below(r, 2) ? old.weight : task.weight;
        if (rng_below(r, 2)) {
            old.due = task.due;
            old.day = task.day;
            old.number = task.number;
        }
        task = old;
    }
    char owner[40];
    char year[32];
    char due[32];
    char weight[8];
    (void)snprintf(owner, sizeof owner, "%s%s", task.of_group ? "@" : "",
                   task.of_group ? group_names[task.owner] : unit_names[task.owner]);
    (void)snprintf(year, sizeof year, "%lu-%lu", (unsigned long)task.from, (unsigned long)task.to);
    year[task.from == task.to ? 4 : 9] = '\0';
    (void)snprintf(weight, sizeof weight, "%lld", (long long)task.weight);
    say_due(&task, due);
    bool clashes = twin_task_clashes(t, &task);
    if (!clashes) {
        twin_task_says(t, &task);
    }
    uint64_t index = kit_task(k, code_names[task.code], owner, year, due, weight);
    CU_ASSERT_EQUAL(kit_reason(k, index), clashes ? REASON_BAD_TASK : REASON_FINE);
}

static void random_progress(struct kit *k, struct twin *t, struct rng *r)
{
    size_t u = rng_below(r, TWIN_UNITS);
    size_t code = rng_below(r, TWIN_CODES);
    uint32_t percent = rng_below(r, 3) ? 100 : 50;
    uint32_t year = random_year(r);
    bool known = twin_progress_says(t, u, code, year, percent, k->now);
    const struct wire_act act = {
        .kind = WIRE_ACT_PROGRESS,
        .u.progress = {.year = year, .code = code_names[code], .percent = percent}};
    uint64_t index = kit_act(k, unit_names[u], WIRE_KIND_REPORT, act);
    CU_ASSERT_EQUAL(kit_reason(k, index), known ? REASON_FINE : REASON_UNKNOWN_TASK);
}

static void random_date(struct kit *k, struct twin *t, struct rng *r)
{
    size_t event = rng_below(r, TWIN_EVENTS);
    char date[11];
    t->events[event] = random_near(t, r);
    day_format_iso(t->events[event], date);
    CU_ASSERT_EQUAL(kit_reason(k, kit_event(k, event_names[event], date)), REASON_FINE);
}

static void random_event(struct kit *k, struct twin *t, struct rng *r)
{
    static const struct {
        uint64_t share; /* of 100 */
        void (*happens)(struct kit *k, struct twin *t, struct rng *r);
    } events[] = {{25, random_answer}, {8, random_survey},    {10, random_unit},
                  {15, random_task},   {38, random_progress}, {4, random_date}};
    if (rng_below(r, 6) == 0) {
        k->now += (int64_t)(1 + rng_below(r, rng_below(r, 5) ? 4 : 30)) * DAY_MS;
    }
    twin_day(t, day_of_ms(k->now));
    uint64_t dice = rng_below(r, 100);
    size_t i = 0;
    for (; dice >= events[i].share; i++) {
        dice -= events[i].share;
    }
    events[i].happens(k, t, r);
}

/* ---- Whole runs ---- */

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

static void open_both(struct kit *k, struct twin *t)
{
    memset(t, 0, sizeof *t);
    kit_open(k);
    t->today = day_of_ms(k->now);
    for (size_t e = 0; e < TWIN_EVENTS; e++) {
        t->events[e] = DAY_NONE;
    }
    for (size_t g = 0; g < TWIN_GROUPS; g++) {
        t->sets[g] = read_set(group_names[g], set_lines[g]);
        for (uint32_t y = 0; y < TWIN_YEARS; y++) {
            kit_set(k, KIT_YEAR + y, group_names[g], set_lines[g]);
        }
    }
    for (size_t u = 0; u < TWIN_UNITS; u++) {
        twin_unit_says(t, u, u % TWIN_GROUPS, DAY_NONE, DAY_NONE);
        kit_unit(k, unit_names[u], group_names[u % TWIN_GROUPS], "", "");
    }
}

static void run(uint64_t seed)
{
    static struct twin t;
    struct kit k;
    struct rng r = rng_seeded(seed);
    struct kept_board kept_boards[PREFIXES];
    size_t kept = 0;
    open_both(&k, &t);
    for (unsigned step = 0; step < STEPS && CU_get_number_of_failures() == 0; step++) {
        random_event(&k, &t, &r);
        compare_boards(&k, &t);
        if (step % BATCH == BATCH - 1) {
            compare_state(&k, &t);
        }
        if (step % (STEPS / PREFIXES) == 0) {
            keep_board(&k, &kept_boards[kept++]);
        }
        if (CU_get_number_of_failures() > 0) {
            (void)fprintf(stderr, "NGANAM_SEED=%llu: first difference at step %u\n",
                          (unsigned long long)seed, step);
        }
    }
    for (size_t i = 0; i < kept && CU_get_number_of_failures() == 0; i++) {
        compare_prefix(&k, &kept_boards[i]);
    }
    for (size_t g = 0; g < TWIN_GROUPS; g++) {
        criteria_destroy(&t.sets[g]);
    }
    kit_close(&k);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static void differences_give_what_a_recount_gives(void)
{
    uint64_t seed = number_of("NGANAM_SEED", 20261123u);
    uint64_t count = number_of("NGANAM_SEEDS", 3);
    (void)printf("seeds %llu to %llu\n", (unsigned long long)seed,
                 (unsigned long long)(seed + count - 1));
    for (uint64_t i = 0; i < count && CU_get_number_of_failures() == 0; i++) {
        run(seed + i);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(differences_give_what_a_recount_gives),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_twin", cases, argc, argv);
}
