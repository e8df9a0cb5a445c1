/* Goal: the board and the explanation say what the contract says, and a table lines up whatever the
 * letters. Method: the kit's town, printed into JSON and into a stream of memory. */
#include "kit.h"

#include "base/lang.h"
#include "office-service/explain.h"
#include "office-service/show_board.h"
#include "office-service/show_explain.h"
#include "par/text.h"

static const char set_lines[] = "I,,field,Một,One,10,sum,,,\n"
                                "1,I,component,A,,4,points,,,\n"
                                "2,I,component,B,,3,survey,,,\n"
                                "3,I,component,C,,3,tasks,>=100:3|:0,rescale,\n"
                                "P,,field,Phạt,Minus,6,sum,kind=deduction cap=3,,\n"
                                "4,P,component,D,,6,count,per=1,,\n";

static void begin(struct kit *k)
{
    kit_open(k);
    kit_unit(k, "P1", "ward", "", "");
    kit_unit(k, "P2", "ward", "", "");
    kit_unit(k, "P3", "ward", "", "");
    kit_set(k, KIT_YEAR, "ward", set_lines);
    kit_value(k, "P1", "1", "3");
    kit_value(k, "P1", "4", "1");
    kit_value(k, "P2", "1", "2");
    kit_survey(k, "P1", "2", "2.5");
}

static json_t *board(const struct kit *k, enum basis basis)
{
    struct board b;
    struct hash root = {{1}};
    CU_ASSERT_EQUAL_FATAL(
        board_make(&k->memory.kv, fold_sets(k->fold), KIT_YEAR, "ward", basis, &b), NG_OK);
    json_t *made = show_board_json(&b, &root);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    board_fini(&b);
    return made;
}

static void assert_keys(const json_t *object, const char *wanted)
{
    char keys[400] = "";
    union {
        const json_t *in;
        json_t *out;
    } o = {object};
    for (void *at = json_object_iter(o.out); at; at = json_object_iter_next(o.out, at)) {
        size_t used = strlen(keys);
        (void)snprintf(keys + used, sizeof keys - used, "%s%s", used ? " " : "",
                       json_object_iter_key(at));
    }
    CU_ASSERT_STRING_EQUAL(keys, wanted);
}

static void assert_text(const json_t *object, const char *key, const char *wanted)
{
    const char *text = json_string_value(json_object_get(object, key));
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_STRING_EQUAL(text, wanted);
}

static void the_board_s_keys_are_the_contract_s(void)
{
    struct kit k;
    begin(&k);
    json_t *made = board(&k, BASIS_LIVE);
    const json_t *row = json_array_get(json_object_get(made, "rows"), 0);
    assert_keys(made, "schema year group basis log_size log_root frozen rows");
    assert_keys(row, "rank tied unit name state points max index class answered components fields "
                     "tasks updated_index");
    assert_keys(json_array_get(json_object_get(row, "fields"), 0), "code points max");
    assert_keys(json_object_get(row, "tasks"), "done_on_time due total");
    json_decref(made);
    kit_close(&k);
}

static void figures_are_exact_texts_and_absent_ones_null(void)
{
    struct kit k;
    begin(&k);
    json_t *made = board(&k, BASIS_LIVE);
    const json_t *rows = json_object_get(made, "rows");
    const json_t *first = json_array_get(rows, 0);
    assert_text(first, "unit", "P1");
    assert_text(first, "points", "4.50"); /* 3 + 2.5 − 1 */
    assert_text(first, "max", "7.00");
    assert_text(first, "index", "64.29");
    const json_t *minus = json_array_get(json_object_get(first, "fields"), 1);
    assert_text(minus, "points", "-1.00");
    assert_text(minus, "max", "3.00");
    const json_t *last = json_array_get(rows, 2);
    assert_text(last, "state", "missing");
    CU_ASSERT_TRUE(json_is_null(json_object_get(last, "rank")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(last, "points")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(last, "index")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(last, "updated_index")));
    CU_ASSERT_TRUE(json_is_null(json_object_get(last, "class")));
    json_decref(made);
    kit_close(&k);
}

/* The printed text of the board, in lines. */
static char *printed(const struct kit *k)
{
    struct board b;
    char *text = NULL;
    size_t size = 0;
    CU_ASSERT_EQUAL_FATAL(
        board_make(&k->memory.kv, fold_sets(k->fold), KIT_YEAR, "ward", BASIS_LIVE, &b), NG_OK);
    FILE *to = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    show_board_text(&b, to);
    (void)fclose(to);
    board_fini(&b);
    return text;
}

static void the_table_lines_up_whatever_the_letters(void)
{
    struct kit k;
    begin(&k);
    static const char *const names[] = {
        "Phường Một – Đài Truyền thanh, Trung tâm Văn hóa, Thể thao và Du lịch", "P", "Xã Mỹ Quới"};
    for (size_t i = 0; i < 3; i++) {
        char code[4];
        (void)snprintf(code, sizeof code, "P%zu", i + 1);
        const struct wire_act act = {.kind = WIRE_ACT_UNIT,
                                     .u.unit = {.code = code, .name = names[i], .group = "ward"}};
        kit_act(&k, "OFFICE", WIRE_KIND_UNITS, act);
    }
    char *text = printed(&k);
    size_t width = 0;
    size_t lines = 0;
    char *table = strstr(text, "\n\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(table);
    char *end = strstr(table + 2, "\n\n");
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    *end = '\0';
    for (char *line = strtok(table, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "      ", 6) == 0) {
            continue; /* a long name goes on */
        }
        CU_ASSERT_TRUE(lines == 0 || text_width(line) == width);
        width = text_width(line);
        lines++;
    }
    CU_ASSERT_EQUAL(lines, 4);
    CU_ASSERT_TRUE(width <= 80);
    free(text);
    kit_close(&k);
}

static void ties_are_shown_and_people_get_a_comma(void)
{
    struct kit k;
    begin(&k);
    kit_value(&k, "P3", "1", "2");
    CU_ASSERT_TRUE(lang_set("vi"));
    char *text = printed(&k);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "2="));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "4,50"));
    CU_ASSERT_PTR_NULL(strstr(text, "4.50"));
    free(text);
    CU_ASSERT_TRUE(lang_set("en"));
    text = printed(&k);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "4.50"));
    free(text);
    kit_close(&k);
}

static void every_figure_leads_to_its_message(void)
{
    struct kit k;
    struct explain e;
    begin(&k);
    uint64_t index = kit_value(&k, "P2", "1", "3.25");
    CU_ASSERT_EQUAL_FATAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P2", NULL, KIT_YEAR, BASIS_LIVE, &e), NG_OK);
    struct hash root = {{1}};
    json_t *made = show_explain_json(&e, &root);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    const json_t *components = json_object_get(made, "components");
    CU_ASSERT_EQUAL(json_array_size(components), 4);
    const json_t *first = json_array_get(components, 0);
    assert_text(json_object_get(first, "said"), "value", "3.25");
    assert_text(json_object_get(first, "self"), "points", "3.25");
    const json_t *from = json_object_get(first, "from");
    CU_ASSERT_EQUAL((uint64_t)json_integer_value(json_object_get(from, "index")), index);
    CU_ASSERT_TRUE(json_is_null(json_object_get(json_array_get(components, 1), "from")));
    json_decref(made);
    explain_fini(&e);
    kit_close(&k);
}

static void one_component_or_one_field_may_be_asked_for(void)
{
    struct kit k;
    struct explain e;
    begin(&k);
    CU_ASSERT_EQUAL_FATAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P1", "I", KIT_YEAR, BASIS_LIVE, &e), NG_OK);
    CU_ASSERT_EQUAL(e.component_count, 3);
    CU_ASSERT_EQUAL(e.node_shown.points.micro, 5500000);
    CU_ASSERT_EQUAL(e.node_shown.max.micro, 7000000);
    explain_fini(&e);
    CU_ASSERT_EQUAL_FATAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P1", "P", KIT_YEAR, BASIS_SELF, &e), NG_OK);
    CU_ASSERT_EQUAL(e.component_count, 1);
    CU_ASSERT_EQUAL(e.node_shown.max.micro, 3000000);
    explain_fini(&e);
    CU_ASSERT_EQUAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P1", "9.9", KIT_YEAR, BASIS_LIVE, &e),
        NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P9", NULL, KIT_YEAR, BASIS_LIVE, &e),
        NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(explain_make(&k.memory.kv, fold_sets(k.fold), "P1", NULL, 2031, BASIS_LIVE, &e),
                    NG_ERR_NOT_FOUND);
    kit_close(&k);
}

/* The parts of an explanation add up to what the board shows. */
static void components_add_up_to_the_board(void)
{
    struct kit k;
    struct explain e;
    begin(&k);
    CU_ASSERT_EQUAL_FATAL(
        explain_make(&k.memory.kv, fold_sets(k.fold), "P1", NULL, KIT_YEAR, BASIS_LIVE, &e), NG_OK);
    int64_t points = 0;
    int64_t max = 0;
    for (size_t i = 0; i < e.component_count; i++) {
        const struct explain_component *c = &e.components[i];
        bool minus = c->node->group == METHOD_DEDUCTION;
        points += minus ? -c->scores[BASIS_LIVE].points.micro : c->scores[BASIS_LIVE].points.micro;
        max += minus ? 0 : c->scores[BASIS_LIVE].max.micro;
    }
    CU_ASSERT_EQUAL(points, e.row->total.points.micro);
    CU_ASSERT_EQUAL(max, e.row->total.max.micro);
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    show_explain_text(&e, to);
    (void)fclose(to);
    CU_ASSERT_TRUE(size > 100);
    free(text);
    explain_fini(&e);
    kit_close(&k);
}

/* What is printed of a unit, or of one component, in English. */
static char *explained(const struct kit *k, const char *unit, const char *code)
{
    struct explain e;
    char *text = NULL;
    size_t size = 0;
    CU_ASSERT_EQUAL_FATAL(
        explain_make(&k->memory.kv, fold_sets(k->fold), unit, code, KIT_YEAR, BASIS_LIVE, &e),
        NG_OK);
    FILE *to = open_memstream(&text, &size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    show_explain_text(&e, to);
    (void)fclose(to);
    explain_fini(&e);
    return text;
}

static void assert_explained(const struct kit *k, const char *code, const char *wanted)
{
    char *text = explained(k, "P1", code);
    if (!strstr(text, wanted)) {
        (void)fprintf(stderr, "wanted: %s\nin: %s\n", wanted, text);
        CU_FAIL("not said");
    }
    free(text);
}

static void states_that_are_not_each_other_are_told_apart(void)
{
    struct kit k;
    kit_open(&k);
    CU_ASSERT_TRUE(lang_set("en"));
    kit_unit(&k, "P1", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward",
            "A,,field,x,,4,points,,,\nB,,field,x,,4,points,,rescale,\n"
            "C,,field,x,,4,points,,zero,\nD,,field,x,,4,points,,,\nE,,field,x,,4,points,,,\n"
            "F,,field,x,,4,survey,,,\nG,,field,x,,4,tasks,>=100:4|:0,full,\n"
            "P,,field,x,,54,sum,kind=deduction cap=20,,\nP1,P,component,x,,50,count,per=3,,\n"
            "P2,P,component,x,,4,count,per=1,,\n");
    kit_na(&k, "P1", "B", WIRE_NOT_APPLICABLE);
    kit_na(&k, "P1", "C", WIRE_NOTHING_AROSE);
    kit_value(&k, "P1", "D", "0");
    uint64_t index = kit_value(&k, "P1", "E", "2.5");
    kit_value(&k, "P1", "P1", "1");
    assert_explained(&k, "A", "Result: not answered yet: counts as 0 of 4.00 points\n");
    assert_explained(&k, "B", "Result: not applicable: left out of the maximum\n");
    assert_explained(&k, "C", "Result: nothing arose: 0.00 of 4.00 points\n");
    assert_explained(&k, "D", "Result: answered, and worth 0 of 4.00 points\n");
    assert_explained(&k, "E", "Result: 2.50 of 4.00 points\n");
    assert_explained(&k, "F", "Result: the survey is not entered yet: left out of the maximum");
    assert_explained(&k, "G", "Result: nothing arose: 4.00 of 4.00 points\n");
    assert_explained(&k, "P1", "Result: 3.00 taken off, at most 50.00\n");
    assert_explained(&k, "P2", "Result: not answered yet: no points, of at most 4.00\n");
    assert_explained(&k, "P", "3.00 taken off, at most 20.00\n");
    char source[60];
    (void)snprintf(source, sizeof source, "Source: message %llu of the log",
                   (unsigned long long)index);
    assert_explained(&k, "E", source);
    kit_close(&k);
}

static void lines_are_at_most_80_columns(void)
{
    struct kit k;
    begin(&k);
    static const char *const langs[] = {"vi", "en"};
    kit_task(&k, "T1", "@ward", "2026", "2026-02-10", "");
    for (size_t i = 0; i < 2; i++) {
        CU_ASSERT_TRUE(lang_set(langs[i]));
        char *texts[] = {explained(&k, "P1", NULL), printed(&k)};
        for (size_t t = 0; t < 2; t++) {
            for (char *line = strtok(texts[t], "\n"); line; line = strtok(NULL, "\n")) {
                CU_ASSERT_TRUE(text_width(line) <= 80);
            }
            free(texts[t]);
        }
    }
    CU_ASSERT_TRUE(lang_set("en"));
    kit_close(&k);
}

static void tasks_say_which_of_them_count(void)
{
    struct kit k;
    begin(&k);
    CU_ASSERT_TRUE(lang_set("en"));
    kit_task(&k, "T1", "P1", "2026", "2026-02-10", "2");
    kit_task(&k, "T2", "@ward", "2026", "continuous", "1");
    kit_task(&k, "T3", "@ward", "2026", "2026-02-11", "1");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-03-01");
    kit_tick(&k);
    char *text = explained(&k, "P1", NULL);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "counts: 1 on time of 1 due, weight 2 each; the unit's own task\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "counts: 0 on time of 1 due, weight 1 each; a task of"));
    free(text);
    text = explained(&k, "P1", "3");
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "Figures: tasks on time 1 of 2 due (weight 2 of 3)\n"));
    free(text);
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(the_board_s_keys_are_the_contract_s),
    TEST_CASE(figures_are_exact_texts_and_absent_ones_null),
    TEST_CASE(the_table_lines_up_whatever_the_letters),
    TEST_CASE(ties_are_shown_and_people_get_a_comma),
    TEST_CASE(every_figure_leads_to_its_message),
    TEST_CASE(one_component_or_one_field_may_be_asked_for),
    TEST_CASE(components_add_up_to_the_board),
    TEST_CASE(states_that_are_not_each_other_are_told_apart),
    TEST_CASE(lines_are_at_most_80_columns),
    TEST_CASE(tasks_say_which_of_them_count),
    {0},
};

int main(int argc, char **argv)
{
    lang_init();
    return test_main("show", cases, argc, argv);
}
