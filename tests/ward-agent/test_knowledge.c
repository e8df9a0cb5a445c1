/* Goal: a unit knows exactly what the office has told it, whatever else lies in the inbox.
 * Method: hand-made leaves are folded in order and the answers compared; every rule is met from
 * both sides (taken, and passed over). */
#include "base/day.h"
#include "harness.h"
#include "leaves.h"
#include "ledger/leaf.h"
#include "ward-agent/knowledge.h"

struct scene {
    struct knowledge *k;
    struct buf leaf;
    uint64_t index;
};

static struct scene begin(void)
{
    struct scene s = {.k = knowledge_new("MYQUOI"), .leaf = BUF_INIT(LEAF_SIZE_MAX)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(s.k);
    return s;
}

static void end(struct scene *s)
{
    buf_fini(&s->leaf);
    knowledge_destroy(&s->k);
    CU_ASSERT_PTR_NULL(s->k);
}

static void tell(struct scene *s, uint32_t kind, const struct wire_act *acts, size_t count)
{
    leaves_make_acts(&s->leaf, s->index++, kind, acts, count);
    CU_ASSERT_EQUAL_FATAL(knowledge_apply(s->k, buf_bytes(&s->leaf)), NG_OK);
}

static void tell_unit(struct scene *s, const char *code, const char *name, const char *group)
{
    const struct wire_act act = leaves_unit(code, name, group);
    tell(s, WIRE_KIND_UNITS, &act, 1);
}

static void tell_set(struct scene *s, uint32_t year, const char *group, const char *set)
{
    struct wire_act acts[LEAVES_SET_ACTS];
    leaves_set(acts, year, group, set);
    tell(s, WIRE_KIND_CRITERIA, acts, LEAVES_SET_ACTS);
}

static void tell_task(struct scene *s, const char *code, const char *year, const char *unit)
{
    const struct wire_act act = leaves_task(code, year, unit);
    tell(s, WIRE_KIND_TASKS, &act, 1);
}

/* ---- The own unit ---- */

static void knowledge_learns_its_own_unit_among_others(void)
{
    struct scene s = begin();
    CU_ASSERT_PTR_NULL(knowledge_unit(s.k));
    const struct wire_act acts[] = {leaves_unit("LONGBINH", "Xã Long Bình", "ward"),
                                    leaves_unit("MYQUOI", "Xã Mỹ Quới", "ward"),
                                    leaves_unit("PHONG", "Phòng Nội vụ", "department")};
    tell(&s, WIRE_KIND_UNITS, acts, 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(knowledge_unit(s.k));
    CU_ASSERT_STRING_EQUAL(knowledge_unit(s.k)->name, "Xã Mỹ Quới");
    CU_ASSERT_STRING_EQUAL(knowledge_unit(s.k)->group, "ward");
    end(&s);
}

static void knowledge_takes_the_newest_word_about_its_unit(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_unit(&s, "MYQUOI", "Phường Ngã Năm", "commune");
    tell_unit(&s, "LONGBINH", "Xã Long Bình", "ward");
    CU_ASSERT_STRING_EQUAL(knowledge_unit(s.k)->name, "Phường Ngã Năm");
    CU_ASSERT_STRING_EQUAL(knowledge_unit(s.k)->group, "commune");
    end(&s);
}

static void knowledge_passes_over_a_unit_the_fold_refuses(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "not a group");
    CU_ASSERT_PTR_NULL(knowledge_unit(s.k));
    end(&s);
}

/* What looks like the office's word but has another author: a department may write to everyone. */
static void knowledge_learns_nothing_from_anyone_but_the_office(void)
{
    static const char *const authors[] = {"MYQUOI", "PHONG", "Office", "office2", "log"};
    struct scene s = begin();
    struct wire_act set[LEAVES_SET_ACTS];
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    leaves_set(set, 2026, "ward", "FORGED");
    const struct wire_act unit = leaves_unit("MYQUOI", "Forged", "commune");
    const struct wire_act task = leaves_task("NV-99", "2026", "MYQUOI");
    const struct wire_finding finding = {.act = 1, .outcome = WIRE_REFUSED, .code = "1.1"};
    const struct wire_act verdict = {
        .kind = WIRE_ACT_VERDICT,
        .u.verdict = {.index = 1, .seq = 1, .findings = &finding, .finding_count = 1}};
    const struct {
        uint32_t kind;
        struct wire_acts acts;
    } said[] = {{WIRE_KIND_UNITS, {.acts = &unit, .count = 1}},
                {WIRE_KIND_CRITERIA, {.acts = set, .count = LEAVES_SET_ACTS}},
                {WIRE_KIND_TASKS, {.acts = &task, .count = 1}},
                {WIRE_KIND_VERDICT, {.acts = &verdict, .count = 1}}};
    for (size_t a = 0; a < sizeof authors / sizeof authors[0]; a++) {
        for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
            leaves_make(&s.leaf, s.index++, authors[a], said[i].kind, &said[i].acts);
            CU_ASSERT_EQUAL(knowledge_apply(s.k, buf_bytes(&s.leaf)), NG_OK);
        }
    }
    struct tasks_unit own;
    CU_ASSERT_STRING_EQUAL(knowledge_unit(s.k)->name, "Xã Mỹ Quới");
    CU_ASSERT_PTR_NULL(knowledge_criteria(s.k, 2026, UINT64_MAX));
    const struct tasks *tasks = knowledge_tasks(s.k, &own);
    CU_ASSERT_PTR_NULL(tasks_find(tasks, &own, "NV-99", 2026));
    CU_ASSERT_PTR_NULL(knowledge_verdict_at(s.k, 0));
    end(&s);
}

/* ---- Criteria ---- */

static void knowledge_finds_the_set_of_its_group_and_year(void)
{
    struct scene s = begin();
    tell_set(&s, 2025, "ward", "OLD");
    tell_set(&s, 2026, "department", "DEP");
    tell_set(&s, 2026, "ward", "NEW");
    CU_ASSERT_PTR_NULL(knowledge_criteria(s.k, 2026, UINT64_MAX)); /* the group is not known yet */
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    const struct criteria *set = knowledge_criteria(s.k, 2026, UINT64_MAX);
    CU_ASSERT_PTR_NOT_NULL_FATAL(set);
    CU_ASSERT_STRING_EQUAL(criteria_head(set)->set, "NEW");
    CU_ASSERT_EQUAL(criteria_leaves(set), 3);
    CU_ASSERT_PTR_NULL(knowledge_criteria(s.k, 2024, UINT64_MAX));
    uint32_t years[4];
    CU_ASSERT_EQUAL_FATAL(knowledge_years(s.k, years, 4), 2);
    CU_ASSERT_EQUAL(years[0], 2026);
    CU_ASSERT_EQUAL(years[1], 2025);
    CU_ASSERT_EQUAL(knowledge_years(s.k, years, 1), 1);
    end(&s);
}

static void knowledge_follows_its_unit_into_another_group(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_set(&s, 2026, "ward", "W");
    tell_set(&s, 2026, "commune", "C");
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, UINT64_MAX))->set, "W");
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "commune");
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, UINT64_MAX))->set, "C");
    end(&s);
}

static void knowledge_takes_the_newest_set_of_a_year(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_set(&s, 2026, "ward", "DRAFT");
    tell_set(&s, 2026, "ward", "FINAL");
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, UINT64_MAX))->set, "FINAL");
    end(&s);
}

static void an_older_set_is_found_by_the_leaf_before_which_it_was_issued(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_set(&s, 2026, "ward", "FIRST");  /* leaf 1 */
    tell_set(&s, 2026, "ward", "SECOND"); /* leaf 2 */
    CU_ASSERT_PTR_NULL(knowledge_criteria(s.k, 2026, 1));
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, 2))->set, "FIRST");
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, 3))->set, "SECOND");
    end(&s);
}

static void knowledge_passes_over_a_set_that_does_not_add_up(void)
{
    struct scene s = begin();
    struct wire_act acts[LEAVES_SET_ACTS];
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_set(&s, 2026, "ward", "GOOD");
    leaves_set(acts, 2026, "ward", "BAD");
    acts[1].u.node.max_points = "9.55";
    tell(&s, WIRE_KIND_CRITERIA, acts, LEAVES_SET_ACTS);
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, UINT64_MAX))->set, "GOOD");
    leaves_set(acts, 2026, "ward", "SHORT");
    tell(&s, WIRE_KIND_CRITERIA, acts, LEAVES_SET_ACTS - 1);
    CU_ASSERT_STRING_EQUAL(criteria_head(knowledge_criteria(s.k, 2026, UINT64_MAX))->set, "GOOD");
    end(&s);
}

/* ---- Imports in parts ---- */

static void tell_part(struct scene *s, const struct wire_act *acts, size_t count, uint8_t id,
                      uint32_t number, uint32_t parts)
{
    const struct wire_acts m = {.acts = acts,
                                .count = count,
                                .has_part = true,
                                .import_id = {id},
                                .part_number = number,
                                .part_count = parts};
    leaves_make(&s->leaf, s->index++, "office", WIRE_KIND_CRITERIA, &m);
    CU_ASSERT_EQUAL_FATAL(knowledge_apply(s->k, buf_bytes(&s->leaf)), NG_OK);
}

static bool has_set(const struct scene *s)
{
    return knowledge_criteria(s->k, 2026, UINT64_MAX) != NULL;
}

static void an_import_takes_effect_when_its_last_part_has_come(void)
{
    struct scene s = begin();
    struct wire_act acts[LEAVES_SET_ACTS];
    leaves_set(acts, 2026, "ward", "SET");
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_part(&s, acts, 2, 1, 1, 3);
    CU_ASSERT_FALSE(has_set(&s));
    tell_task(&s, "NV-01", "2026", "MYQUOI"); /* something else in between */
    tell_part(&s, acts + 2, 2, 1, 2, 3);
    CU_ASSERT_FALSE(has_set(&s));
    tell_part(&s, acts + 4, 1, 1, 3, 3);
    CU_ASSERT_TRUE(has_set(&s));
    end(&s);
}

static void the_order_of_parts_does_not_matter_and_one_twice_changes_nothing(void)
{
    struct scene s = begin();
    struct wire_act acts[LEAVES_SET_ACTS];
    leaves_set(acts, 2026, "ward", "SET");
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_part(&s, acts + 3, 2, 1, 2, 2);
    tell_part(&s, acts + 3, 2, 1, 2, 2);
    CU_ASSERT_FALSE(has_set(&s));
    tell_part(&s, acts, 3, 1, 1, 2);
    CU_ASSERT_TRUE(has_set(&s));
    end(&s);
}

static void a_part_that_contradicts_its_import_leaves_it_as_it_was(void)
{
    struct scene s = begin();
    struct wire_act acts[LEAVES_SET_ACTS];
    leaves_set(acts, 2026, "ward", "SET");
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_part(&s, acts, 3, 1, 1, 2);
    tell_part(&s, acts + 3, 2, 1, 2, 3); /* another count */
    tell_part(&s, acts + 3, 2, 1, 0, 2); /* no such place */
    tell_part(&s, acts + 3, 2, 1, 3, 2); /* beyond the count */
    tell_part(&s, acts + 3, 2, 1, 1, 0); /* of none */
    tell_part(&s, acts + 3, 2, 2, 2, 2); /* of another import */
    CU_ASSERT_FALSE(has_set(&s));
    tell_part(&s, acts + 3, 2, 1, 2, 2);
    CU_ASSERT_TRUE(has_set(&s));
    end(&s);
}

static void imports_never_ended_give_way_to_newer_ones(void)
{
    struct scene s = begin();
    struct wire_act acts[LEAVES_SET_ACTS];
    leaves_set(acts, 2026, "ward", "SET");
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_part(&s, acts, 3, 100, 1, 2);
    for (uint8_t id = 1; id <= 8; id++) {
        tell_part(&s, acts, 3, id, 1, 2);
    }
    tell_part(&s, acts + 3, 2, 100, 2, 2); /* its first part is gone */
    CU_ASSERT_FALSE(has_set(&s));
    tell_part(&s, acts + 3, 2, 8, 2, 2);
    CU_ASSERT_TRUE(has_set(&s));
    end(&s);
}

/* ---- Tasks ---- */

static const struct tasks_task *next_task(const struct scene *s, size_t *place)
{
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(s->k, &own);
    return tasks_next(tasks, &own, place);
}

static const struct tasks_task *find_task(const struct scene *s, const char *code, uint32_t year)
{
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(s->k, &own);
    return tasks_find(tasks, &own, code, year);
}

static size_t nearest_tasks(const struct scene *s, const char *code, const char **codes, size_t max)
{
    struct tasks_unit own;
    const struct tasks *tasks = knowledge_tasks(s->k, &own);
    return tasks_nearest(tasks, &own, code, codes, max);
}

/* A department assigns to this unit by name, under a code of its own; anything else of it, and all
 * else from others than the office, teaches nothing. */
static void knowledge_takes_a_departments_tasks_under_its_name(void)
{
    static const struct {
        const char *author, *code, *unit;
        bool taken;
    } rows[] = {{"D1", "D1.7", "MYQUOI", true},
                {"D1", "NV-01", "MYQUOI", false},
                {"D1", "D1.8", "@ward", false},
                {"D1", "D2.1", "MYQUOI", false},
                {"D1", "D1.9", "LONGBINH", false}};
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct wire_act act = leaves_task(rows[i].code, "2026", rows[i].unit);
        const struct wire_acts m = {.acts = &act, .count = 1};
        leaves_make(&s.leaf, s.index++, rows[i].author, WIRE_KIND_TASKS, &m);
        CU_ASSERT_EQUAL(knowledge_apply(s.k, buf_bytes(&s.leaf)), NG_OK);
        CU_ASSERT_EQUAL(find_task(&s, rows[i].code, 2026) != NULL, rows[i].taken);
    }
    end(&s);
}

static void knowledge_finds_tasks_of_the_unit_and_of_its_group(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_task(&s, "NV-02", "2026", "@ward");
    tell_task(&s, "NV-01", "2021-2025", "MYQUOI");
    tell_task(&s, "NV-03", "2026", "LONGBINH");
    tell_task(&s, "NV-04", "2026", "@department");
    size_t place = 0;
    const struct tasks_task *t = next_task(&s, &place);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_STRING_EQUAL(t->code, "NV-01");
    CU_ASSERT_EQUAL(t->from, 2021);
    CU_ASSERT_EQUAL(t->to, 2025);
    t = next_task(&s, &place);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_STRING_EQUAL(t->code, "NV-02");
    CU_ASSERT_PTR_NULL(next_task(&s, &place));
    CU_ASSERT_PTR_NOT_NULL(find_task(&s, "NV-01", 2023));
    CU_ASSERT_PTR_NULL(find_task(&s, "NV-01", 2026));
    CU_ASSERT_PTR_NULL(find_task(&s, "NV-03", 2026));
    end(&s);
}

static void a_task_of_the_unit_goes_before_one_of_its_group(void)
{
    struct scene s = begin();
    struct wire_act act = leaves_task("NV-01", "2026", "MYQUOI");
    act.u.task.name = "own";
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell(&s, WIRE_KIND_TASKS, &act, 1);
    tell_task(&s, "NV-01", "2026", "@ward");
    CU_ASSERT_STRING_EQUAL(find_task(&s, "NV-01", 2026)->name, "own");
    end(&s);
}

static void a_task_said_again_takes_the_place_of_the_older_word(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_task(&s, "NV-01", "2021-2025", "MYQUOI");
    tell_task(&s, "NV-01", "2021-2026", "MYQUOI"); /* begins in the same year: the same task */
    tell_task(&s, "NV-01", "2026", "MYQUOI");      /* shares a year: the fold refuses it */
    size_t place = 0;
    const struct tasks_task *t = next_task(&s, &place);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(t->to, 2026);
    CU_ASSERT_PTR_NULL(next_task(&s, &place));
    end(&s);
}

static void a_task_of_the_unit_hides_one_of_its_group_that_it_covers(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_task(&s, "NV-01", "2025-2026", "@ward");
    tell_task(&s, "NV-01", "2026", "MYQUOI");
    tell_task(&s, "NV-01", "2025", "LONGBINH");
    size_t place = 0;
    CU_ASSERT_STRING_EQUAL(next_task(&s, &place)->owner, "@ward"); /* still theirs in 2025 */
    CU_ASSERT_STRING_EQUAL(next_task(&s, &place)->owner, "MYQUOI");
    CU_ASSERT_PTR_NULL(next_task(&s, &place));
    tell_task(&s, "NV-01", "2025", "MYQUOI");
    place = 0;
    CU_ASSERT_STRING_EQUAL(next_task(&s, &place)->owner, "MYQUOI");
    CU_ASSERT_STRING_EQUAL(next_task(&s, &place)->owner, "MYQUOI");
    CU_ASSERT_PTR_NULL(next_task(&s, &place));
    end(&s);
}

static void knowledge_learns_the_day_of_an_event(void)
{
    struct scene s = begin();
    struct wire_act act = {.kind = WIRE_ACT_EVENT, .u.event = {"QD-1", "2026-11-01"}};
    CU_ASSERT_EQUAL(knowledge_event(s.k, "QD-1"), DAY_NONE);
    tell(&s, WIRE_KIND_EVENTS, &act, 1);
    CU_ASSERT_EQUAL(knowledge_event(s.k, "QD-1"), day_of_date(2026, 11, 1));
    act.u.event.date = "2026-11-09";
    tell(&s, WIRE_KIND_EVENTS, &act, 1);
    act.u.event.date = "2026-11-31"; /* the fold refuses it */
    tell(&s, WIRE_KIND_EVENTS, &act, 1);
    act.u.event.date = "2026-12-01";
    tell(&s, WIRE_KIND_TASKS, &act, 1); /* not in a statement of its kind */
    CU_ASSERT_EQUAL(knowledge_event(s.k, "QD-1"), day_of_date(2026, 11, 9));
    CU_ASSERT_EQUAL(knowledge_event(s.k, "QD-2"), DAY_NONE);
    end(&s);
}

static void knowledge_offers_the_codes_most_alike(void)
{
    struct scene s = begin();
    const char *codes[3] = {NULL};
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    tell_task(&s, "NV-07", "2025", "MYQUOI");
    tell_task(&s, "NV-07", "2026", "MYQUOI");
    tell_task(&s, "NV-17", "2026", "MYQUOI");
    tell_task(&s, "KHAC-2026-001", "2026", "MYQUOI");
    CU_ASSERT_EQUAL_FATAL(nearest_tasks(&s, "nv-07", codes, 3), 2);
    CU_ASSERT_STRING_EQUAL(codes[0], "NV-07");
    CU_ASSERT_STRING_EQUAL(codes[1], "NV-17");
    CU_ASSERT_EQUAL(nearest_tasks(&s, "nv-07", codes, 1), 1);
    CU_ASSERT_EQUAL(nearest_tasks(&s, "hoàn toàn khác", codes, 3), 0);
    end(&s);
}

/* ---- Verdicts ---- */

static void knowledge_remembers_what_was_said_about_each_leaf(void)
{
    struct scene s = begin();
    const struct wire_finding findings[] = {
        {.act = 2, .outcome = WIRE_REFUSED, .reason = 3, .code = "1.1", .argument = "6"},
        {.act = 5, .outcome = WIRE_SUPERSEDED, .reason = 16, .code = "1.2", .argument = ""}};
    struct wire_act act = {
        .kind = WIRE_ACT_VERDICT,
        .u.verdict = {
            .index = 40, .seq = 3, .accepted = 4, .findings = findings, .finding_count = 2}};
    s.index = 50;
    tell(&s, WIRE_KIND_VERDICT, &act, 1);
    act.u.verdict = (struct wire_verdict){.index = 30, .seq = 2, .accepted = 1};
    tell(&s, WIRE_KIND_VERDICT, &act, 1);
    const struct knowledge_verdict *v = knowledge_verdict(s.k, 40);
    CU_ASSERT_PTR_NOT_NULL_FATAL(v);
    CU_ASSERT_EQUAL(v->seq, 3);
    CU_ASSERT_EQUAL(v->at_index, 50);
    CU_ASSERT_EQUAL(v->at_ms, 1050);
    CU_ASSERT_PTR_NULL(knowledge_finding(v, 1));
    CU_ASSERT_PTR_NOT_NULL_FATAL(knowledge_finding(v, 2));
    CU_ASSERT_STRING_EQUAL(knowledge_finding(v, 2)->argument, "6");
    CU_ASSERT_PTR_NULL(knowledge_verdict(s.k, 41));
    CU_ASSERT_EQUAL(knowledge_verdict_at(s.k, 0)->index, 30);
    CU_ASSERT_EQUAL(knowledge_verdict_at(s.k, 1)->index, 40);
    CU_ASSERT_PTR_NULL(knowledge_verdict_at(s.k, 2));
    end(&s);
}

static void a_verdict_in_parts_is_known_with_its_last(void)
{
    struct scene s = begin();
    const struct wire_finding findings[] = {
        {.act = 2, .outcome = WIRE_REFUSED, .reason = 3, .code = "1.1", .argument = "6"},
        {.act = 300, .outcome = WIRE_REFUSED, .reason = 3, .code = "9.1", .argument = "7"},
        {.act = 900, .outcome = WIRE_REFUSED, .reason = 3, .code = "9.9", .argument = "8"}};
    struct wire_act act = {.kind = WIRE_ACT_VERDICT};
    for (uint32_t part = 0; part < 3; part++) {
        act.u.verdict = (struct wire_verdict){.index = 40,
                                              .seq = 3,
                                              .accepted = part == 2 ? 4 : 0,
                                              .findings = &findings[part],
                                              .finding_count = 1,
                                              .part = part,
                                              .more = part < 2};
        CU_ASSERT_PTR_NULL(knowledge_verdict(s.k, 40));
        CU_ASSERT_PTR_NULL(knowledge_verdict_at(s.k, 0));
        tell(&s, WIRE_KIND_VERDICT, &act, 1);
    }
    const struct knowledge_verdict *v = knowledge_verdict(s.k, 40);
    CU_ASSERT_PTR_NOT_NULL_FATAL(v);
    CU_ASSERT_EQUAL(v->accepted, 4);
    CU_ASSERT_EQUAL_FATAL(v->finding_count, 3);
    CU_ASSERT_STRING_EQUAL(knowledge_finding(v, 300)->argument, "7");
    CU_ASSERT_STRING_EQUAL(knowledge_finding(v, 900)->argument, "8");
    act.u.verdict.index = 41; /* the end of another, without its beginning */
    tell(&s, WIRE_KIND_VERDICT, &act, 1);
    CU_ASSERT_PTR_NULL(knowledge_verdict(s.k, 41));
    end(&s);
}

static void a_finding_about_the_whole_is_about_every_act(void)
{
    struct scene s = begin();
    const struct wire_finding whole = {
        .act = 0, .outcome = WIRE_REFUSED, .reason = 17, .code = "", .argument = ""};
    const struct wire_act act = {
        .kind = WIRE_ACT_VERDICT,
        .u.verdict = {.index = 7, .seq = 1, .findings = &whole, .finding_count = 1}};
    tell(&s, WIRE_KIND_VERDICT, &act, 1);
    CU_ASSERT_PTR_NOT_NULL(knowledge_finding(knowledge_verdict(s.k, 7), 3));
    end(&s);
}

/* ---- What teaches nothing ---- */

static void knowledge_passes_over_what_cannot_be_read(void)
{
    struct scene s = begin();
    tell_unit(&s, "MYQUOI", "Xã Mỹ Quới", "ward");
    const struct wire_act act = leaves_unit("MYQUOI", "Tên khác", "ward");
    leaves_make_acts(&s.leaf, 9, WIRE_KIND_UNITS, &act, 1);
    for (size_t size = 0; size < s.leaf.size; size++) { /* every shortening */
        const struct bytes cut = {s.leaf.data, size};
        CU_ASSERT_EQUAL_FATAL(knowledge_apply(s.k, cut), NG_OK);
    }
    CU_ASSERT_STRING_EQUAL(knowledge_unit(s.k)->name, "Xã Mỹ Quới");
    end(&s);
}

static void an_act_teaches_only_in_a_statement_of_its_kind(void)
{
    struct scene s = begin();
    const struct wire_act act = leaves_unit("MYQUOI", "Tên giả", "ward");
    tell(&s, WIRE_KIND_REPORT, &act, 1); /* the only kind a unit may write */
    tell(&s, WIRE_KIND_TASKS, &act, 1);
    tell(&s, WIRE_KIND_VERDICT, &act, 1);
    CU_ASSERT_PTR_NULL(knowledge_unit(s.k));
    end(&s);
}

static const struct test_case cases[] = {
    TEST_CASE(knowledge_learns_its_own_unit_among_others),
    TEST_CASE(knowledge_takes_the_newest_word_about_its_unit),
    TEST_CASE(knowledge_learns_nothing_from_anyone_but_the_office),
    TEST_CASE(knowledge_passes_over_a_unit_the_fold_refuses),
    TEST_CASE(knowledge_finds_the_set_of_its_group_and_year),
    TEST_CASE(knowledge_follows_its_unit_into_another_group),
    TEST_CASE(knowledge_takes_the_newest_set_of_a_year),
    TEST_CASE(an_older_set_is_found_by_the_leaf_before_which_it_was_issued),
    TEST_CASE(knowledge_passes_over_a_set_that_does_not_add_up),
    TEST_CASE(an_import_takes_effect_when_its_last_part_has_come),
    TEST_CASE(the_order_of_parts_does_not_matter_and_one_twice_changes_nothing),
    TEST_CASE(a_part_that_contradicts_its_import_leaves_it_as_it_was),
    TEST_CASE(imports_never_ended_give_way_to_newer_ones),
    TEST_CASE(knowledge_takes_a_departments_tasks_under_its_name),
    TEST_CASE(knowledge_finds_tasks_of_the_unit_and_of_its_group),
    TEST_CASE(a_task_of_the_unit_goes_before_one_of_its_group),
    TEST_CASE(a_task_said_again_takes_the_place_of_the_older_word),
    TEST_CASE(a_task_of_the_unit_hides_one_of_its_group_that_it_covers),
    TEST_CASE(knowledge_learns_the_day_of_an_event),
    TEST_CASE(knowledge_offers_the_codes_most_alike),
    TEST_CASE(knowledge_remembers_what_was_said_about_each_leaf),
    TEST_CASE(a_verdict_in_parts_is_known_with_its_last),
    TEST_CASE(a_finding_about_the_whole_is_about_every_act),
    TEST_CASE(knowledge_passes_over_what_cannot_be_read),
    TEST_CASE(an_act_teaches_only_in_a_statement_of_its_kind),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("knowledge", cases, argc, argv);
}
