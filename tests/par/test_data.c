/* Goal: the files we ship load without a fault, and published results come out of their parts.
 * Method: every file of data/ through its reader (the departments' fields must be refused, naming
 * both figures); the Thanh Hóa set filled in by hand; the two published rankings computed from
 * appraisal and survey and compared with what was printed, row by row. */
#include "kit.h"

#include "base/lang.h"
#include "par/report.h"
#include "par/survey.h"
#include "par/table.h"
#include "par/tally.h"
#include "par/task.h"
#include "par/unit.h"

#include <string.h>

#define NODES_MAX 256

/* ---- files ---- */

static void check_set(const char *path, const char *total, size_t leaves, bool sample)
{
    struct criteria *c = kit_set_file(path, 2026, "commune"), *back = NULL;
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_STRING_EQUAL(kit_text(criteria_head(c)->base_max), total);
    CU_ASSERT_EQUAL(criteria_leaves(c), leaves);
    CU_ASSERT_EQUAL(criteria_head(c)->sample, sample);
    CU_ASSERT_TRUE(strlen(criteria_head(c)->source) > 0);
    CU_ASSERT_EQUAL_FATAL(criteria_to_acts(c, &acts), NG_OK);
    CU_ASSERT_EQUAL(criteria_from_acts(actlist_acts(acts), actlist_count(acts), &faults, &back),
                    NG_OK);
    CU_ASSERT_TRUE(criteria_equal(c, back));
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    actlist_destroy(&acts);
    criteria_destroy(&back);
    criteria_destroy(&c);
}

static void data_criteria_sets_load_without_a_fault(void)
{
    check_set("data/criteria-thanhhoa2026-commune-hdnd.csv", "100", 56, false);
    check_set("data/criteria-qd766-2022.csv", "100", 17, false);
    check_set("data/criteria-camau2013-partial.csv", "20", 8, false);
    check_set("data/criteria-binhduong2017.csv", "100", 2, false);
    check_set("data/criteria-parindex2023.csv", "100", 2, false);
    check_set("data/sample-criteria-commune-2026.csv", "100", 96, true);
    check_set("data/sample-criteria-department-2026.csv", "100", 96, true);
}

static void data_department_fields_are_refused_naming_both_figures(void)
{
    struct bytes file = kit_file("data/criteria-department2019-fields.csv");
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *c = NULL;

    CU_ASSERT_EQUAL(criteria_parse_csv(file, "D2019", 2019, "department", &faults, &c),
                    NG_ERR_INPUT);
    CU_ASSERT_PTR_NULL(c);
    CU_ASSERT_EQUAL(faults.count, 1);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 1, "99.55"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 1, "is 100"));
    fault_list_fini(&faults);
    kit_file_free(&file);
}

static struct actlist *
load(const char *path, enum ng_err (*parse)(struct bytes, struct fault_list *, struct actlist **))
{
    struct bytes file = kit_file(path);
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL(parse(file, &faults, &acts), NG_OK);
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    kit_file_free(&file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(acts);
    return acts;
}

static size_t count_group(const struct actlist *units, const char *group)
{
    size_t n = 0;

    for (size_t i = 0; i < actlist_count(units); i++) {
        n += strcmp(actlist_acts(units)[i].u.unit.group, group) == 0 ? 1 : 0;
    }
    return n;
}

static bool has_unit(const struct actlist *units, const char *code)
{
    for (size_t i = 0; i < actlist_count(units); i++) {
        if (strcmp(actlist_acts(units)[i].u.unit.code, code) == 0) {
            return true;
        }
    }
    return false;
}

/* Every task is of a unit of the file, or of a group. */
static void check_tasks(const struct actlist *tasks, const struct actlist *units,
                        unsigned *ret_kinds)
{
    for (size_t i = 0; i < actlist_count(tasks); i++) {
        const struct wire_task *t = &actlist_acts(tasks)[i].u.task;
        struct task_due due;

        CU_ASSERT_TRUE(t->unit[0] == '@' ? count_group(units, t->unit + 1) > 0
                                         : has_unit(units, t->unit));
        CU_ASSERT_EQUAL_FATAL(task_due_parse(t->due, &due), NG_OK);
        *ret_kinds |= 1u << due.kind;
    }
}

static void data_units_and_tasks_load(void)
{
    struct actlist *units = load("data/units-nganam.csv", unit_parse_csv);
    struct actlist *tasks = load("data/tasks-nganam-2026.csv", task_parse_csv);
    struct actlist *other = load("data/units-conghai2026.csv", unit_parse_csv);
    struct actlist *real = load("data/tasks-conghai2026.csv", task_parse_csv);
    unsigned kinds = 0, real_kinds = 0;

    CU_ASSERT_EQUAL(count_group(units, "commune"), 8);
    CU_ASSERT_EQUAL(count_group(units, "department"), 13);
    CU_ASSERT_TRUE(has_unit(units, "DAITT"));
    CU_ASSERT_EQUAL(actlist_count(tasks), 42);
    check_tasks(tasks, units, &kinds);
    CU_ASSERT_EQUAL(kinds,
                    1u << TASK_DATE | 1u << TASK_EVENT | 1u << TASK_EVERY | 1u << TASK_CONTINUOUS);
    CU_ASSERT_EQUAL(actlist_count(real), 9);
    check_tasks(real, other, &real_kinds);
    CU_ASSERT_EQUAL(real_kinds, kinds);
    actlist_destroy(&units);
    actlist_destroy(&tasks);
    actlist_destroy(&other);
    actlist_destroy(&real);
}

static void data_samples_use_every_method(void)
{
    static const char *const paths[] = {"data/sample-criteria-commune-2026.csv",
                                        "data/sample-criteria-department-2026.csv"};

    for (size_t p = 0; p < 2; p++) {
        struct criteria *c = kit_set_file(paths[p], 2026, "commune");
        struct decimal survey = DECIMAL_ZERO;
        const uint32_t *fields;
        unsigned methods = 0;

        for (uint32_t i = 0; i < criteria_count(c); i++) {
            const struct criteria_node *n = criteria_node(c, i);

            methods |= 1u << n->method.kind;
            CU_ASSERT_TRUE(n->name_vi[0] != '\0' && n->name_en[0] != '\0');
            if (n->method.kind == METHOD_SURVEY) {
                survey = decimal_add(survey, n->max);
            }
        }
        CU_ASSERT_EQUAL(methods, (1u << (METHOD_TASKS + 1)) - (1u << METHOD_SUM));
        CU_ASSERT_EQUAL(criteria_fields(c, &fields), 8);
        CU_ASSERT_TRUE(survey.micro > 0 && decimal_compare(survey, decimal_of(35)) <= 0);
        criteria_destroy(&c);
    }
}

/* ---- filling in a set ---- */

struct filling {
    struct criteria *set;
    struct score leaves[NODES_MAX];
};

static void open_filling(struct filling *f, const char *path, uint32_t year)
{
    f->set = kit_set_file(path, year, "commune");
    CU_ASSERT_TRUE_FATAL(criteria_count(f->set) <= NODES_MAX);
    for (uint32_t i = 0; i < criteria_count(f->set); i++) {
        f->leaves[i] = score_none(f->set, i);
    }
}

/* Reports one component as a ward would; gives its points. */
static const char *fill(struct filling *f, const char *code, const char *a, const char *b)
{
    const char *const words[] = {a, b};
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    struct report_judged judged;

    CU_ASSERT_EQUAL(report_parse_words(code, words, b != NULL ? 2 : 1, f->set, "", &faults, &acts),
                    NG_OK);
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    CU_ASSERT_PTR_NOT_NULL_FATAL(acts);
    CU_ASSERT_EQUAL_FATAL(report_check(f->set, &actlist_acts(acts)[0].u.report, &judged),
                          REASON_FINE);
    f->leaves[judged.node] = judged.score;
    actlist_destroy(&acts);
    return kit_text(judged.score.points);
}

static struct fraction total(const struct filling *f)
{
    struct tally_sum sums[NODES_MAX], fields[32];
    const uint32_t *nodes;
    size_t count = criteria_fields(f->set, &nodes);

    CU_ASSERT_TRUE_FATAL(count <= 32);
    tally_all(f->set, f->leaves, sums);
    for (size_t i = 0; i < count; i++) {
        fields[i] = sums[nodes[i]];
    }
    return tally_total(f->set, fields);
}

static void data_thanh_hoa_scores_as_its_rules_say(void)
{
    struct filling f;

    open_filling(&f, "data/criteria-thanhhoa2026-commune-hdnd.csv", 2026);
    CU_ASSERT_STRING_EQUAL(fill(&f, "I.2.b", "value=70", NULL), "2");
    CU_ASSERT_STRING_EQUAL(fill(&f, "I.2.b", "value=69,99", NULL), "1");
    CU_ASSERT_STRING_EQUAL(fill(&f, "I.3.a", "value=1", NULL), "1.5");
    CU_ASSERT_STRING_EQUAL(fill(&f, "II.3.a", "numerator=7", "denominator=9"), "4.75"); /* 4.666… */
    CU_ASSERT_STRING_EQUAL(fill(&f, "III.2.b", "choice=duoi-80-da-don-doc", NULL), "2");
    CU_ASSERT_STRING_EQUAL(fill(&f, "III.2.b", "choice=duoi-70", NULL), "0.5");
    CU_ASSERT_STRING_EQUAL(fill(&f, "III.3.a", "value=2", NULL), "0.5");
    CU_ASSERT_STRING_EQUAL(fill(&f, "III.3.b", "numerator=0", "denominator=0"), "1.5");
    CU_ASSERT_STRING_EQUAL(fill(&f, "V.1.a", "value=3", NULL), "6");
    CU_ASSERT_STRING_EQUAL(fill(&f, "VI.3.a", "value=70", NULL), "1");
    CU_ASSERT_STRING_EQUAL(fill(&f, "VIII.1", "choice=co", NULL), "4");
    CU_ASSERT_STRING_EQUAL(fill(&f, "IX.8", "value=3", NULL), "10");
    CU_ASSERT_STRING_EQUAL(fill(&f, "IX.7", "value=1", NULL), "10");
    CU_ASSERT_STRING_EQUAL(fill(&f, "IX.2", "value=1", NULL), "3");
    /* base 1 + 1.5 + 4.75 + 0.5 + 0.5 + 1.5 + 6 + 1 = 16.75, bonus 4, deductions 23 capped at 20 */
    CU_ASSERT_STRING_EQUAL(kit_text(total(&f).points), "0.75");
    CU_ASSERT_STRING_EQUAL(kit_text(total(&f).max), "100");
    criteria_destroy(&f.set);
}

/* The best commune reaches 110: base 100 and the whole bonus. */
static void data_thanh_hoa_full_marks_are_110(void)
{
    struct filling f;

    open_filling(&f, "data/criteria-thanhhoa2026-commune-hdnd.csv", 2026);
    for (uint32_t i = 0; i < criteria_count(f.set); i++) {
        f.leaves[i].state = SCORE_POINTS;
        f.leaves[i].points = criteria_node(f.set, i)->group == METHOD_DEDUCTION
                                 ? DECIMAL_ZERO
                                 : criteria_node(f.set, i)->max;
    }
    CU_ASSERT_STRING_EQUAL(kit_text(total(&f).points), "110");
    CU_ASSERT_STRING_EQUAL(kit_text(fraction_index(total(&f), 2)), "110");
    criteria_destroy(&f.set);
}

static void data_qd766_formulas_give_their_points(void)
{
    struct filling f;

    open_filling(&f, "data/criteria-qd766-2022.csv", 2022);
    CU_ASSERT_STRING_EQUAL(fill(&f, "TDGQ", "numerator=979", "denominator=1000"), "19.58");
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDSH.3", "numerator=40", "denominator=100"),
                           "1"); /* 40/80 × 2 */
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDSH.3", "numerator=80", "denominator=100"), "2");
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDSH.3", "numerator=95", "denominator=100"), "2");
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDHL.1", "numerator=81", "denominator=100"),
                           "5.4"); /* 81/90 × 6 */
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDHL.1", "numerator=95", "denominator=100"), "6");
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDSH.2", "numerator=60", "denominator=100"),
                           "2.4"); /* no target */
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDSH.7", "na=none", NULL), "2");
    CU_ASSERT_STRING_EQUAL(fill(&f, "MDHL.2", "numerator=0", "denominator=0"), "6");
    CU_ASSERT_STRING_EQUAL(fill(&f, "ONLINE", "value=8,4", NULL), "8.4");
    criteria_destroy(&f.set);
}

/* ---- published results ---- */

struct published {
    const char *results, *criteria, *units, *survey;
    const char *columns[6]; /* rank, unit, appraisal, survey, total, index as the file calls them */
    uint32_t year;
    size_t rows;
    const char *mean;      /* of the index, as published */
    const char *apart[10]; /* units whose printed parts and total differ by 0.01 */
};

enum { RANK, UNIT, APPRAISAL, SURVEY, TOTAL, INDEX };

/* The unit's total from its two parts, through set, report and survey readers. */
static struct fraction from_parts(const struct published *p, const char *appraisal,
                                  const char *survey)
{
    struct filling f;
    struct wire_survey s = {.year = p->year, .unit = "U", .code = "DTXHH", .value = survey};
    char word[64];
    uint32_t node;
    const char *field;
    struct fraction result;

    open_filling(&f, p->criteria, p->year);
    (void)snprintf(word, sizeof(word), "value=%s", appraisal);
    (void)fill(&f, "TD", word, NULL);
    CU_ASSERT_EQUAL_FATAL(criteria_find(f.set, "DTXHH"), 1);
    CU_ASSERT_EQUAL(survey_check(f.set, &s, &node, &f.leaves[1], &field), REASON_FINE);
    result = total(&f);
    criteria_destroy(&f.set);
    return result;
}

static bool is_apart(const struct published *p, const char *unit)
{
    for (size_t i = 0; p->apart[i] != NULL; i++) {
        if (strcmp(p->apart[i], unit) == 0) {
            return true;
        }
    }
    return false;
}

static size_t better(const struct fraction *all, size_t count, struct fraction than)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        n += fraction_compare(all[i], than) > 0 ? 1 : 0;
    }
    return n;
}

static void check_row(const struct published *p, const struct table *t, size_t row,
                      const struct fraction *totals)
{
    const char *unit = table_cell(t, row, UNIT);
    struct decimal printed = kit_decimal(table_cell(t, row, TOTAL));
    int64_t difference = decimal_subtract(totals[row].points, printed).micro;

    CU_ASSERT_EQUAL(totals[row].max.micro, 100 * DECIMAL_ONE);
    CU_ASSERT_EQUAL(fraction_index(totals[row], 2).micro, totals[row].points.micro);
    if (is_apart(p, unit)) {
        CU_ASSERT_EQUAL(difference < 0 ? -difference : difference, 10000);
    } else {
        CU_ASSERT_EQUAL(difference, 0);
        if (difference != 0) {
            (void)fprintf(stderr, "%s: %s\n", unit, kit_text(totals[row].points));
        }
    }
    CU_ASSERT_EQUAL(kit_decimal(table_cell(t, row, RANK)).micro / DECIMAL_ONE,
                    (int64_t)better(totals, table_rows(t), totals[row]) + 1);
}

static void check_companions(const struct published *p, const struct table *t)
{
    struct criteria *set = kit_set_file(p->criteria, p->year, "commune");
    struct actlist *units = load(p->units, unit_parse_csv), *survey = NULL;
    struct bytes file = kit_file(p->survey);
    struct fault_list faults = FAULT_LIST_INIT;

    CU_ASSERT_EQUAL_FATAL(survey_parse_csv(file, set, &faults, &survey), NG_OK);
    CU_ASSERT_EQUAL_FATAL(actlist_count(units), p->rows);
    CU_ASSERT_EQUAL_FATAL(actlist_count(survey), p->rows);
    for (size_t i = 0; i < p->rows; i++) {
        const struct wire_survey *s = &actlist_acts(survey)[i].u.survey;

        CU_ASSERT_STRING_EQUAL(actlist_acts(units)[i].u.unit.name, table_cell(t, i, UNIT));
        CU_ASSERT_STRING_EQUAL(s->unit, actlist_acts(units)[i].u.unit.code);
        CU_ASSERT_EQUAL(kit_decimal(s->value).micro, kit_decimal(table_cell(t, i, SURVEY)).micro);
    }
    fault_list_fini(&faults);
    kit_file_free(&file);
    actlist_destroy(&units);
    actlist_destroy(&survey);
    criteria_destroy(&set);
}

static void check_published(const struct published *p)
{
    struct table_column columns[6];
    struct bytes file = kit_file(p->results);
    struct fault_list faults = FAULT_LIST_INIT;
    struct fraction totals[32];
    struct table *t = NULL;
    struct decimal sum = DECIMAL_ZERO;
    size_t apart = 0;

    for (size_t i = 0; i < 6; i++) {
        columns[i] = (struct table_column){p->columns[i], true, 200};
    }
    CU_ASSERT_EQUAL_FATAL(table_parse(file, columns, 6, &faults, &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(table_rows(t), p->rows);
    for (size_t i = 0; i < p->rows; i++) {
        totals[i] = from_parts(p, table_cell(t, i, APPRAISAL), table_cell(t, i, SURVEY));
        sum = decimal_add(sum, kit_decimal(table_cell(t, i, INDEX)));
        apart += is_apart(p, table_cell(t, i, UNIT)) ? 1 : 0;
    }
    for (size_t i = 0; i < p->rows; i++) {
        check_row(p, t, i, totals);
    }
    CU_ASSERT_TRUE(p->apart[apart] == NULL); /* every named unit was met */
    CU_ASSERT_STRING_EQUAL(
        kit_text(decimal_round((struct decimal){sum.micro / (int64_t)p->rows}, 2)), p->mean);
    check_companions(p, t);
    table_destroy(&t);
    fault_list_fini(&faults);
    kit_file_free(&file);
}

static void data_binh_duong_2017_comes_out_as_published(void)
{
    static const struct published p = {
        .results = "data/results-binhduong2017-districts.csv",
        .criteria = "data/criteria-binhduong2017.csv",
        .units = "data/units-binhduong2017.csv",
        .survey = "data/survey-binhduong2017.csv",
        .columns = {"rank", "unit", "appraisal_max65", "survey_max35", "total", "index_percent"},
        .year = 2017,
        .rows = 9,
        .mean = "78.39",
        .apart = {NULL},
    };

    check_published(&p);
}

/* The source rounded parts and total apart: in these nine rows the printed parts add up to 0.01
 * more or less than the printed total. The ranking is the same either way. */
static void data_par_index_2023_comes_out_as_published(void)
{
    static const struct published p = {
        .results = "data/results-parindex2023-ministries.csv",
        .criteria = "data/criteria-parindex2023.csv",
        .units = "data/units-parindex2023.csv",
        .survey = "data/survey-parindex2023.csv",
        .columns = {"rank", "unit", "appraisal", "survey", "total", "index_percent"},
        .year = 2023,
        .rows = 17,
        .mean = "84.38",
        .apart = {"Bộ Tư pháp", "Ngân hàng Nhà nước Việt Nam", "Bộ Nội vụ",
                  "Bộ Tài nguyên và Môi trường", "Bộ Nông nghiệp và Phát triển Nông thôn",
                  "Bộ Lao động - Thương binh và Xã hội", "Bộ Văn hóa, Thể thao và Du lịch",
                  "Bộ Khoa học và Công nghệ", "Bộ Ngoại giao", NULL},
    };

    check_published(&p);
}

static const struct test_case cases[] = {
    TEST_CASE(data_criteria_sets_load_without_a_fault),
    TEST_CASE(data_department_fields_are_refused_naming_both_figures),
    TEST_CASE(data_units_and_tasks_load),
    TEST_CASE(data_samples_use_every_method),
    TEST_CASE(data_thanh_hoa_scores_as_its_rules_say),
    TEST_CASE(data_thanh_hoa_full_marks_are_110),
    TEST_CASE(data_qd766_formulas_give_their_points),
    TEST_CASE(data_binh_duong_2017_comes_out_as_published),
    TEST_CASE(data_par_index_2023_comes_out_as_published),
    {0},
};

int main(int argc, char **argv)
{
    (void)lang_set("en");
    return test_main("data", cases, argc, argv);
}
