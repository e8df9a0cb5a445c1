/* Goal: what an import would not change is left out, what it does not mention is kept, and what
 * only the state can find wrong is told by line before anything is sent. Method: files read by
 * lib/par, compared with the kit's town. */
#include "kit.h"

#include "base/day.h"
#include "office-service/known.h"
#include "office-service/unit_row.h"
#include "par/survey.h"
#include "par/task.h"
#include "par/unit.h"

struct reading {
    struct fault_list faults;
    struct actlist *list;
    struct pool keep;
    struct known_news news;
};

static void begin(struct kit *k, struct reading *r)
{
    memset(r, 0, sizeof *r);
    pool_init(&r->keep, 1u << 20);
    kit_open(k);
    kit_unit(k, "P1", "ward", "2020-01-01", "");
    kit_unit(k, "P2", "ward", "", "");
    kit_set(k, KIT_YEAR, "ward", "I,,field,x,,10,points,,,\nII,,field,x,,5,survey,,,\n");
}

static void again(struct reading *r)
{
    known_fini(&r->news);
    actlist_destroy(&r->list);
    fault_list_fini(&r->faults);
}

static void end(struct kit *k, struct reading *r)
{
    again(r);
    pool_fini(&r->keep);
    kit_close(k);
}

static struct bytes text(const char *file)
{
    return (struct bytes){(const uint8_t *)file, strlen(file)};
}

static void read_units(struct kit *k, struct reading *r, const char *file)
{
    again(r);
    CU_ASSERT_EQUAL_FATAL(unit_parse_csv(text(file), &r->faults, &r->list), NG_OK);
    CU_ASSERT_EQUAL_FATAL(known_units(&k->memory.kv, r->list, &r->keep, &r->faults, &r->news),
                          NG_OK);
}

static void units_known_already_are_left_out(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    read_units(&k, &r, "code,name,group\nP1,P1,ward\nP2,Phường Hai,ward\nP3,P3,ward\n");
    CU_ASSERT_EQUAL_FATAL(r.news.count, 2);
    CU_ASSERT_EQUAL(r.news.same, 1);
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.code, "P2");
    CU_ASSERT_EQUAL(r.news.lines[0], 3);
    kit_acts(&k, "OFFICE", WIRE_KIND_UNITS, r.news.acts, r.news.count);
    read_units(&k, &r, "code,name,group\nP1,P1,ward\nP2,Phường Hai,ward\nP3,P3,ward\n");
    CU_ASSERT_EQUAL(r.news.count, 0);
    CU_ASSERT_EQUAL(r.news.same, 3);
    end(&k, &r);
}

static void an_empty_cell_keeps_what_is_known(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    read_units(&k, &r, "code,name,group,valid_to\nP1,Phường Một,ward,\n");
    CU_ASSERT_EQUAL_FATAL(r.news.count, 1);
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.valid_from, "2020-01-01");
    read_units(&k, &r, "code,name,group,valid_from,valid_to\nP1,P1,ward,2021-01-01,31/12/2026\n");
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.valid_from, "2021-01-01");
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.valid_to, "2026-12-31");
    end(&k, &r);
}

static void a_dash_takes_away_what_is_known(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    read_units(&k, &r,
               "code,name,group,parent,valid_from,valid_to\nP1,P1,ward,P2,2021-01-01,2026-06-30\n");
    kit_acts(&k, "OFFICE", WIRE_KIND_UNITS, r.news.acts, r.news.count);
    read_units(&k, &r, "code,name,group,valid_to\nP1,P1,ward,-\n");
    CU_ASSERT_EQUAL_FATAL(r.news.count, 1);
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.valid_to, "");
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.valid_from, "2021-01-01");
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.parent, "P2");
    uint64_t index = kit_acts(&k, "OFFICE", WIRE_KIND_UNITS, r.news.acts, r.news.count);
    CU_ASSERT_EQUAL(kit_reason(&k, index), REASON_FINE);
    read_units(&k, &r, "code,name,group,parent,valid_from,valid_to\nP1,P1,ward,-,-,-\n");
    CU_ASSERT_EQUAL_FATAL(r.news.count, 1);
    index = kit_acts(&k, "OFFICE", WIRE_KIND_UNITS, r.news.acts, r.news.count);
    CU_ASSERT_EQUAL(kit_reason(&k, index), REASON_FINE);
    struct unit_row row;
    CU_ASSERT_EQUAL_FATAL(unit_row_get(&k.memory.kv, "P1", &row), NG_OK);
    CU_ASSERT_STRING_EQUAL(row.parent, "");
    CU_ASSERT_TRUE(row.valid_from == DAY_NONE && row.valid_to == DAY_NONE);
    read_units(&k, &r, "code,name,group,parent,valid_to\nP1,P1,ward,-,-\nP9,P9,ward,-,-\n");
    CU_ASSERT_EQUAL(r.news.same, 1);
    CU_ASSERT_EQUAL_FATAL(r.news.count, 1);
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.unit.parent, "");
    kit_assert_replays(&k);
    end(&k, &r);
}

static void dates_must_go_with_those_that_are_kept(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    read_units(&k, &r, "code,name,group,valid_to\nP1,P1,ward,31/12/2019\n");
    CU_ASSERT_EQUAL_FATAL(r.faults.count, 1);
    CU_ASSERT_EQUAL(r.faults.items[0].line, 2);
    CU_ASSERT_STRING_EQUAL(r.faults.items[0].column, "valid_to");
    end(&k, &r);
}

static void read_survey(struct kit *k, struct reading *r, const char *file)
{
    const struct criteria *set;
    again(r);
    CU_ASSERT_EQUAL_FATAL(set_cache_get(fold_sets(k->fold), &k->memory.kv, "ward", KIT_YEAR, &set),
                          NG_OK);
    CU_ASSERT_EQUAL_FATAL(survey_parse_csv(text(file), set, &r->faults, &r->list), NG_OK);
    CU_ASSERT_EQUAL_FATAL(
        known_survey(&k->memory.kv, r->list, "ward", KIT_YEAR, "", &r->faults, &r->news), NG_OK);
}

static void survey_values_are_for_units_of_the_board(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    kit_unit(&k, "D1", "department", "", "");
    read_survey(&k, &r, "unit,code,value\nP1,II,\"4,5\"\nP9,II,1\nD1,II,1\n");
    CU_ASSERT_EQUAL(r.faults.count, 2);
    CU_ASSERT_EQUAL(r.faults.items[0].line, 3);
    CU_ASSERT_EQUAL(r.faults.items[1].line, 4);
    kit_survey(&k, "P1", "II", "4.5");
    read_survey(&k, &r, "unit,code,value\nP1,II,\"4,5\"\nP2,II,1\n");
    CU_ASSERT_FALSE(fault_any(&r.faults));
    CU_ASSERT_EQUAL(r.news.same, 1);
    CU_ASSERT_EQUAL(r.news.count, 1);
    end(&k, &r);
}

static void read_tasks(struct kit *k, struct reading *r, const char *lines)
{
    char file[2000];
    again(r);
    (void)snprintf(file, sizeof file, "code,year,unit,name,area,due\n%s", lines);
    CU_ASSERT_EQUAL_FATAL(task_parse_csv(text(file), &r->faults, &r->list), NG_OK);
    CU_ASSERT_EQUAL_FATAL(known_tasks(&k->memory.kv, r->list, &r->keep, &r->faults, &r->news),
                          NG_OK);
}

static void tasks_are_for_known_units_and_share_no_year(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    read_tasks(&k, &r, "T1,2025-2026,P1,x,a,2026-03-01\nT2,2026,@ward,x,a,continuous\n");
    CU_ASSERT_FALSE(fault_any(&r.faults));
    CU_ASSERT_EQUAL_FATAL(r.news.count, 2);
    kit_acts(&k, "OFFICE", WIRE_KIND_TASKS, r.news.acts, r.news.count);
    read_tasks(&k, &r, "T1,2025-2026,P1,x,a,01/03/2026\nT2,2026,@ward,y,a,continuous\n");
    CU_ASSERT_EQUAL(r.news.same, 1);
    CU_ASSERT_EQUAL(r.news.count, 1);
    read_tasks(&k, &r,
               "T1,2026,P1,x,a,2026-03-01\nT3,2026,P7,x,a,continuous\n"
               "T3,2026,@nobody,x,a,continuous\n");
    CU_ASSERT_EQUAL_FATAL(r.faults.count, 3);
    CU_ASSERT_EQUAL(r.faults.items[0].line, 2);
    CU_ASSERT_STRING_EQUAL(r.faults.items[0].column, "year");
    CU_ASSERT_STRING_EQUAL(r.faults.items[1].column, "unit");
    end(&k, &r);
}

static void lines_of_a_file_share_no_year_of_a_task(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    read_tasks(&k, &r,
               "T1,2026,P1,x,a,continuous\nT1,2024-2030,P1,x,a,continuous\n"
               "T1,2027,P1,x,a,continuous\nT1,2026,P2,x,a,continuous\n"
               "T2,2026,P1,x,a,continuous\nT2,2027,P1,x,a,continuous\n"
               "T1,2031,P1,x,a,continuous\n");
    fault_sort(&r.faults);
    CU_ASSERT_EQUAL_FATAL(r.faults.count, 2);
    CU_ASSERT_EQUAL(r.faults.items[0].line, 3); /* with line 2 */
    CU_ASSERT_EQUAL(r.faults.items[1].line, 4); /* with line 3 */
    CU_ASSERT_STRING_EQUAL(r.faults.items[1].column, "year");
    end(&k, &r);
}

static void a_task_keeps_what_a_file_does_not_mention(void)
{
    struct kit k;
    struct reading r;
    begin(&k, &r);
    again(&r);
    CU_ASSERT_EQUAL_FATAL(task_parse_csv(text("code,year,unit,name,area,due,weight,product,source\n"
                                              "T1,2026,P1,x,a,2026-03-01,3,Report,Plan\n"),
                                         &r.faults, &r.list),
                          NG_OK);
    CU_ASSERT_EQUAL_FATAL(known_tasks(&k.memory.kv, r.list, &r.keep, &r.faults, &r.news), NG_OK);
    kit_acts(&k, "OFFICE", WIRE_KIND_TASKS, r.news.acts, r.news.count);
    read_tasks(&k, &r, "T1,2026,P1,x,a,2026-03-01\n");
    CU_ASSERT_EQUAL(r.news.same, 1);
    read_tasks(&k, &r, "T1,2026,P1,renamed,a,2026-03-01\n");
    CU_ASSERT_EQUAL_FATAL(r.news.count, 1);
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.task.weight, "3");
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.task.product, "Report");
    CU_ASSERT_STRING_EQUAL(r.news.acts[0].u.task.source, "Plan");
    end(&k, &r);
}

static void a_set_is_new_the_same_or_in_use(void)
{
    struct kit k;
    struct reading r;
    static const struct {
        const char *lines;
        bool used;
        enum known_set wanted;
    } steps[] = {
        {"I,,field,x,,10,points,,,\nII,,field,x,,5,survey,,,\n", false, KNOWN_SET_SAME},
        {"I,,field,x,,10,points,,,\n", false, KNOWN_SET_NEW},
        {"I,,field,x,,10,points,,,\n", true, KNOWN_SET_USED},
        {"I,,field,x,,10,points,,,\nII,,field,x,,5,survey,,,\n", true, KNOWN_SET_SAME},
    };
    begin(&k, &r);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char file[1000];
        struct criteria *set = NULL;
        enum known_set known;
        if (steps[i].used) {
            kit_value(&k, "P1", "I", "1");
        }
        (void)snprintf(file, sizeof file,
                       "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,"
                       "evidence\n%s",
                       steps[i].lines);
        CU_ASSERT_EQUAL_FATAL(
            criteria_parse_csv(text(file), "SET", KIT_YEAR, "ward", &r.faults, &set), NG_OK);
        CU_ASSERT_EQUAL(known_set(&k.memory.kv, fold_sets(k.fold), set, &known), NG_OK);
        CU_ASSERT_EQUAL(known, steps[i].wanted);
        criteria_destroy(&set);
    }
    end(&k, &r);
}

static const struct test_case cases[] = {
    TEST_CASE(units_known_already_are_left_out),
    TEST_CASE(an_empty_cell_keeps_what_is_known),
    TEST_CASE(a_dash_takes_away_what_is_known),
    TEST_CASE(dates_must_go_with_those_that_are_kept),
    TEST_CASE(survey_values_are_for_units_of_the_board),
    TEST_CASE(tasks_are_for_known_units_and_share_no_year),
    TEST_CASE(lines_of_a_file_share_no_year_of_a_task),
    TEST_CASE(a_task_keeps_what_a_file_does_not_mention),
    TEST_CASE(a_set_is_new_the_same_or_in_use),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("known", cases, argc, argv);
}
