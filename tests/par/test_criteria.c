/* Goal: a criteria set is taken whole and right, or refused with every fault by line; what an
 * import accepts, the log's reader accepts, and gives the same set. Method: one sound set broken in
 * one way at a time; sets with several faults at once; the round trip through acts; params of
 * methods, read and written back. */
#include "kit.h"

#include "base/lang.h"
#include "fault/fault.h"

#include <errno.h>
#include <string.h>

static const char sound[] = "1,,field,Một,One,6,sum,,,\n"
                            "1.1,1,criterion,M,,4,sum,,,\n"
                            "1.1.1,1.1,component,A,,1.5,choice,co:1.5|khong:0,refuse,\n"
                            "1.1.2,1.1,component,B,,2.5,ratio,target=80 floor=60 step=0.5 over,"
                            "na=rescale none=full,\n"
                            "1.2,1,criterion,C,,2,bands,>=95:2|>=90:1|:0,rescale,\n"
                            "2,,field,Hai,Two,4,points,,zero,a paper\n"
                            "3,,field,Thưởng,Bonus,10,sum,kind=bonus cap=8,,\n"
                            "3.1,3,criterion,D,,6,count,per=5,,\n";

/* Parses head lines + header + rows; gives the faults. */
static enum ng_err parse(const char *settings, const char *rows, struct fault_list *faults)
{
    struct buf text = BUF_INIT(1 << 20);
    struct criteria *set = NULL;
    enum ng_err err;

    CU_ASSERT_EQUAL_FATAL(buf_printf(&text, "%s%s%s", settings, KIT_HEADER, rows), NG_OK);
    err = criteria_parse_csv(buf_bytes(&text), "SET", 2026, "commune", faults, &set);
    CU_ASSERT_EQUAL(err == NG_OK, set != NULL);
    criteria_destroy(&set);
    buf_fini(&text);
    return err;
}

/* The rows have exactly one fault: on this line, in this column, containing this text. */
static void check_one(const char *settings, const char *rows, uint32_t line, const char *column,
                      const char *text)
{
    struct fault_list faults = FAULT_LIST_INIT;
    bool fine;

    CU_ASSERT_EQUAL(parse(settings, rows, &faults), NG_ERR_INPUT);
    fine = faults.count == 1 && faults.items[0].line == line &&
           strcmp(faults.items[0].column, column) == 0 &&
           strstr(faults.items[0].message, text) != NULL;
    CU_ASSERT_TRUE(fine);
    if (!fine) {
        (void)fprintf(stderr, "wanted line %u, %s: %s\n", line, column, text);
        kit_print_faults(&faults);
    }
    fault_list_fini(&faults);
}

static void criteria_sound_set_is_taken(void)
{
    struct criteria *c = kit_set("#set total=10 rounding=1 sample=true source=\"x y\"\n", sound);
    const struct criteria_head *h = criteria_head(c);
    const struct criteria_node *n;
    const uint32_t *fields;

    CU_ASSERT_STRING_EQUAL(h->set, "SET");
    CU_ASSERT_STRING_EQUAL(h->group, "commune");
    CU_ASSERT_EQUAL(h->year, 2026);
    CU_ASSERT_TRUE(h->has_total && h->sample);
    CU_ASSERT_EQUAL(h->rounding, 1);
    CU_ASSERT_STRING_EQUAL(h->source, "x y");
    CU_ASSERT_STRING_EQUAL(kit_text(h->base_max), "10");
    CU_ASSERT_EQUAL(criteria_count(c), 8);
    CU_ASSERT_EQUAL(criteria_leaves(c), 5);
    CU_ASSERT_EQUAL_FATAL(criteria_fields(c, &fields), 3);
    CU_ASSERT_EQUAL(fields[2], 6);
    CU_ASSERT_EQUAL(criteria_find(c, "nix"), CRITERIA_NONE);
    n = criteria_node(c, criteria_find(c, "1.1.2"));
    CU_ASSERT_EQUAL(n->level, CRITERIA_COMPONENT);
    CU_ASSERT_STRING_EQUAL(criteria_node(c, n->parent)->code, "1.1");
    CU_ASSERT_STRING_EQUAL(criteria_node(c, n->field)->code, "1");
    CU_ASSERT_EQUAL(n->method.kind, METHOD_RATIO);
    CU_ASSERT_TRUE(n->method.over);
    CU_ASSERT_EQUAL(n->policies.na, METHOD_RESCALE);
    CU_ASSERT_EQUAL(n->policies.none, METHOD_FULL);
    CU_ASSERT_EQUAL(n->line, 6);
    n = criteria_node(c, criteria_find(c, "3.1"));
    CU_ASSERT_EQUAL(n->group, METHOD_BONUS);
    CU_ASSERT_EQUAL(n->children, 0);
    criteria_destroy(&c);
    CU_ASSERT_PTR_NULL(c);
}

static void criteria_rows_may_stand_in_any_order(void)
{
    struct criteria *c = kit_set("", "1.1.2,1.1,component,B,,2,points,,,\n"
                                     "2,,field,Hai,,4,points,,,\n"
                                     "1,,field,Một,,3,sum,,,\n"
                                     "1.1,1,criterion,M,,3,sum,,,\n"
                                     "1.1.1,1.1,component,A,,1,points,,,\n");
    static const char *const order[] = {"2", "1", "1.1", "1.1.2", "1.1.1"};

    for (uint32_t i = 0; i < 5; i++) {
        CU_ASSERT_STRING_EQUAL(criteria_node(c, i)->code, order[i]);
        CU_ASSERT_TRUE(criteria_node(c, i)->parent == CRITERIA_NONE ||
                       criteria_node(c, i)->parent < i);
    }
    criteria_destroy(&c);
}

static void criteria_refuses_what_does_not_add_up(void)
{
    check_one("", "1,,field,N,,6,sum,,,\n1.1,1,criterion,M,,5.5,points,,,\n", 2, "max_points",
              "add up to 5.5, but its maximum is 6");
    check_one("#set total=100\n", "1,,field,N,,20.5,points,,,\n2,,field,M,,79.05,points,,,\n", 1,
              "total", "add up to 99.55, but the set's total is 100");
    check_one("", "B,,field,N,,6,sum,kind=bonus cap=5,,\nB.1,B,criterion,M,,5,points,,,\n", 0, "",
              "no field in the base");
}

static void criteria_refuses_a_broken_tree(void)
{
    check_one("", "1,,field,N,,2,points,,,\n1,,field,M,,2,points,,,\n", 3, "code",
              "1 stands already on line 2");
    check_one("", "1,,field,N,,2,points,,,\n1.1,2,criterion,M,,2,points,,,\n", 3, "parent",
              "\"2\" is not in the set");
    check_one("", "1,,field,N,,2,points,,,\n1.1,,criterion,M,,2,points,,,\n", 3, "parent",
              "only a field has no parent");
    check_one("", "1,,field,N,,2,points,,,\n1.1,1.1,criterion,M,,2,points,,,\n", 3, "parent",
              "its own parent");
    check_one("", "1,,field,N,,2,sum,,,\n2,1,field,M,,2,points,,,\n", 3, "parent",
              "a field has no parent");
    check_one(
        "",
        "1,,field,N,,2,sum,,,\n1.1,1,component,M,,2,sum,,,\n1.1.1,1.1,criterion,X,,2,points,,,\n",
        4, "parent", "must be of a higher level");
    check_one("", "1,,field,N,,2,sum,,,\n", 2, "method", "nothing below it to sum up");
    check_one("", "1,,field,N,,2,points,,,\n1.1,1,criterion,M,,2,points,,,\n", 2, "method",
              "its method must be sum, not points");
    check_one("",
              "1,,field,N,,2,sum,,,\n1.1,1,criterion,M,,2,sum,kind=bonus cap=1,,\n"
              "1.1.1,1.1,component,M,,2,points,,,\n",
              3, "params", "only a field");
    /* a ring of two criteria must not hang the reader */
    check_one("", "1,,field,N,,2,points,,,\na,b,component,M,,1,sum,,,\nb,a,criterion,M,,1,sum,,,\n",
              4, "parent", "must be of a higher level");
}

static void criteria_refuses_a_broken_row(void)
{
    check_one("", "1 2,,field,N,,2,points,,,\n", 2, "code", "is not a code");
    check_one("", ",,field,N,,2,points,,,\n", 2, "code", "is not a code");
    check_one("", "1,,area,N,,2,points,,,\n", 2, "level", "is not a level");
    check_one("", "1,,field,,,2,points,,,\n", 2, "name_vi", "missing");
    check_one("", "1,,field,N,,0,points,,,\n", 2, "max_points", "above 0");
    check_one("", "1,,field,N,,-5,points,,,\n", 2, "max_points", "above 0");
    check_one("", "1,,field,N,,abc,points,,,\n", 2, "max_points", "not a number");
    check_one("", "1,,field,N,,1.234,points,,,\n", 2, "max_points", "two ways");
    check_one("", "1,,field,N,,0.00001,points,,,\n", 2, "max_points", "at most 4 decimals");
    check_one("", "1,,field,N,,100001,points,,,\n", 2, "max_points", "at most 100000");
    check_one("", "1,,field,N,,60000,points,,,\n2,,field,N,,60000,points,,,\n", 0, "",
              "more than 100000");
    check_one("", "1,,field,N,,2,magic,,,\n", 2, "params", "is unknown");
    check_one("", "1,,field,N,,2,,,,\n", 2, "method", "missing");
    check_one("", "1,,field,N,,2,points,,sometimes,\n", 2, "na_policy", "not a policy");
    check_one("", "1,,field,N,,2,points,,na=full na=zero,\n", 2, "na_policy", "not a policy");
    check_one("",
              "1,,field,N,,2,points,,,\nD,,field,N,,2,sum,kind=deduction cap=2,,\n"
              "D.1,D,criterion,N,,2,count,per=1,full,\n",
              4, "na_policy", "take off all points");
    check_one("",
              "1,,field,N,,2,points,,,\nD,,field,N,,2,sum,kind=deduction cap=2,,\n"
              "D.1,D,criterion,N,,2,deduct,per=1,,\n",
              4, "method", "use count");
}

static void criteria_refuses_a_broken_head(void)
{
    const char *rows = "1,,field,N,,2,points,,,\n";

    check_one("#set totl=100\n", rows, 1, "#set", "is unknown");
    check_one("#set rounding=5\n", rows, 1, "rounding", "0 to 4");
    check_one("#set rounding=two\n", rows, 1, "rounding", "0 to 4");
    check_one("#set sample=perhaps\n", rows, 1, "sample", "true or false");
    check_one("#set total=abc\n", rows, 1, "total", "not a number");
    check_one("", "", 0, "", "1 to 4096");
}

static void check_params(const char *method, const char *params, const char *text)
{
    struct buf rows = BUF_INIT(4096);

    CU_ASSERT_EQUAL_FATAL(buf_printf(&rows, "1,,field,N,,2,%s,\"%s\",,\n", method, params), NG_OK);
    check_one("", buf_text(&rows), 2, "params", text);
    buf_fini(&rows);
}

/* What the set's decimals cannot hold could never be reached. */
static void criteria_refuses_points_finer_than_its_rounding(void)
{
    static const char finer[] = "more decimals than the set's points: at most 2 are expected";

    check_one("", "1,,field,N,,1.0051,points,,,\n", 2, "max_points", finer);
    check_one("", "1,,field,N,,2.0051,sum,,,\n1.1,1,criterion,M,,2.0051,survey,,,\n", 3,
              "max_points", finer);
    check_one("",
              "1,,field,N,,2,points,,,\nB,,field,N,,2.0051,sum,kind=bonus,,\n"
              "B.1,B,criterion,N,,2,points,,,\n",
              3, "max_points", finer);
    check_params("choice", "a:2|b:0.125|c:0.625", "0.125 has more");
    check_params("bands", ">=95.123456:2|>=90:1.999999|:0", "1.999999 has more");
    check_params("tasks", ">=95.12345:2|:0.00001", "0.00001 has more");
    check_params("ratio", "target=79.123456 floor=1.123456 step=0.125", "0.125 has more");
    check_params("deduct", "per=0.00001", finer);
    check_params("count", "per=0.123456", finer);
    check_one("",
              "1,,field,N,,2,points,,,\nB,,field,N,,2,sum,kind=bonus cap=1.0011,,\n"
              "B.1,B,criterion,N,,2,points,,,\n",
              3, "params", finer);
    check_one("#set rounding=0\n", "1,,field,N,,2,choice,a:2|b:0.5,,\n", 3, "params",
              "at most 0 are expected (rounding=0)");
    check_one("#set rounding=5\n", "1,,field,N,,0.1234,count,per=0.1234,,\n", 1, "rounding",
              "0 to 4");
}

static void criteria_refuses_params_that_cannot_work(void)
{
    check_params("choice", "", "has no points");
    check_params("choice", "a:1|a:2", "stands twice");
    check_params("choice", "a:3", "more than the maximum 2");
    check_params("choice", "a:-1", "negative");
    check_params("choice", "a:x", "not a number");
    check_params("choice", ":1", "needs a key");
    check_params("bands", ">=95:2|>=90:1", "no band holds for 0");
    check_params("bands", ">0:1|=100:2", "no band holds for 0");
    check_params("bands", ">=90:2|<90:1|:0|", "has no points");
    check_params("bands", ">90:2|<90:1", "no band holds for 90");
    check_params("bands", ">=90:2|<=80:1", "no band holds for 85");
    check_params("bands", "<=100:1", "no band holds for 100.000001");
    check_params("bands", "90:2|:0", "is not a band");
    check_params("bands", ">=90:3|:0", "more than the maximum");
    check_params("tasks", "", "has no points");
    check_params("tasks", ">=100:2", "no band holds");
    check_params("ratio", "target=0", "above 0");
    check_params("ratio", "target=1001", "at most 1000");
    check_params("ratio", "target=80 floor=90", "above target");
    check_params("ratio", "target=80 target=90", "given twice");
    check_params("ratio", "step=0", "above 0");
    check_params("ratio", "step=3", "not above the maximum");
    check_params("ratio", "over=1", "takes no value");
    check_params("ratio", "target", "needs a value");
    check_params("ratio", "goal=3", "is unknown here");
    check_params("deduct", "", "per= is needed");
    check_params("count", "per=0", "per= is needed");
    check_params("points", "per=1", "takes no params");
    check_params("survey", "x", "takes no params");
    check_params("sum", "cap=5", "a sum takes nothing");
    check_params("sum", "kind=bonus cap=2.00001", "at most 4 decimals");
    check_params("sum", "kind=deduction cap=100000.5", "at most 100000");
}

static void criteria_bands_that_cover_all_need_no_default(void)
{
    struct criteria *c = kit_set("", "1,,field,N,,2,bands,\">=90:2|<90:1\",,\n"
                                     "2,,field,N,,2,bands,=0:2|>0:1,,\n"
                                     "3,,field,N,,2,bands,\"<=50,5:2|>50,5:1\",,\n"
                                     "4,,field,N,,2,bands,:1,,\n");

    criteria_destroy(&c);
}

/* Everything that is wrong is told at once, in the order of the lines. */
static void criteria_lists_every_fault_by_line(void)
{
    struct fault_list faults = FAULT_LIST_INIT;

    CU_ASSERT_EQUAL(parse("#set total=100 wat=1\n",
                          "1,,field,N,,6,sum,,,\n"
                          "1.1,1,criterion,,,4,points,,,\n"
                          "1.2,9,criterion,M,,x,ratio,goal=1,maybe,\n"
                          "1.1,1,criterion,M,,1,points,,,\n",
                          &faults),
                    NG_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 1, "\"wat\" is unknown"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 1, "add up to 6"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 4, "a name is missing"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 5, "\"9\" is not in the set"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 5, "not a number"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 5, "\"goal=1\" is unknown here"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 5, "not a policy"));
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 6, "stands already on line 4"));
    for (size_t i = 1; i < faults.count; i++)
        CU_ASSERT_TRUE(faults.items[i - 1].line <= faults.items[i].line);
    fault_list_fini(&faults);
}

static void criteria_deduction_group_may_exceed_its_cap(void)
{
    struct criteria *c = kit_set("#set total=2\n", "1,,field,N,,2,points,,,\n"
                                                   "IX,,field,N,,20,sum,kind=deduction cap=20,,\n"
                                                   "IX.1,IX,criterion,N,,15,count,per=5,,\n"
                                                   "IX.2,IX,criterion,N,,39,count,per=5,,\n");

    CU_ASSERT_EQUAL(criteria_node(c, criteria_find(c, "IX.2"))->group, METHOD_DEDUCTION);
    CU_ASSERT_STRING_EQUAL(kit_text(criteria_head(c)->base_max), "2");
    criteria_destroy(&c);
}

/* ---- the log ---- */

static void criteria_comes_back_from_the_log_the_same(void)
{
    struct criteria *c = kit_set("#set total=10 source=\"x\"\n", sound), *back = NULL;
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL_FATAL(criteria_to_acts(c, &acts), NG_OK);
    CU_ASSERT_EQUAL_FATAL(actlist_count(acts), 9);
    CU_ASSERT_STRING_EQUAL(actlist_acts(acts)[4].u.node.params, "target=80 floor=60 step=0.5 over");
    CU_ASSERT_STRING_EQUAL(actlist_acts(acts)[4].u.node.na_policy, "na=rescale none=full");
    CU_ASSERT_STRING_EQUAL(actlist_acts(acts)[3].u.node.na_policy, "");
    CU_ASSERT_EQUAL_FATAL(
        criteria_from_acts(actlist_acts(acts), actlist_count(acts), &faults, &back), NG_OK);
    CU_ASSERT_TRUE(criteria_equal(c, back));
    CU_ASSERT_TRUE(criteria_equal(back, c));
    criteria_destroy(&back);
    actlist_destroy(&acts);
    criteria_destroy(&c);
    fault_list_fini(&faults);
}

static void criteria_equal_sees_every_change(void)
{
    static const char *const others[][2] = {
        {"#set total=10\n", "1,,field,N,,10,choice,a:1|b:2,,\n"},
        {"", "1,,field,N,,10,choice,a:1|b:3,,\n"},
        {"", "1,,field,N,,10,choice,a:1|c:2,,\n"},
        {"", "1,,field,M,,10,choice,a:1|b:2,,\n"},
        {"", "1,,field,N,X,10,choice,a:1|b:2,,\n"},
        {"", "1,,field,N,,11,choice,a:1|b:2,,\n"},
        {"", "1,,field,N,,10,choice,a:1|b:2,full,\n"},
        {"", "1,,field,N,,10,choice,a:1|b:2,,paper\n"},
        {"", "1,,field,N,,10,bands,:2,,\n"},
        {"#set rounding=1\n", "1,,field,N,,10,choice,a:1|b:2,,\n"},
        {"#set sample=true\n", "1,,field,N,,10,choice,a:1|b:2,,\n"},
        {"", "1,,field,N,,10,choice,a:1|b:2,,\n2,,field,N,,10,points,,,\n"},
    };
    struct criteria *a = kit_set("", "1,,field,N,,10,choice,a:1|b:2,,\n");
    struct criteria *same =
        kit_set("# a comment\n", "1,,field,N,,\"10,0\",choice,a:1.00|b: 2,refuse,\n");

    CU_ASSERT_TRUE(criteria_equal(a, same));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct criteria *b = kit_set(others[i][0], others[i][1]);

        CU_ASSERT_FALSE(criteria_equal(a, b));
        criteria_destroy(&b);
    }
    criteria_destroy(&same);
    criteria_destroy(&a);
}

static void criteria_equal_sees_every_param(void)
{
    static const char *const params[] = {"ratio,target=80 floor=50 step=0.5 over",
                                         "ratio,target=81 floor=50 step=0.5 over",
                                         "ratio,target=80 floor=51 step=0.5 over",
                                         "ratio,target=80 floor=50 step=0.25 over",
                                         "ratio,target=80 floor=50 step=0.5",
                                         "deduct,per=0.5",
                                         "deduct,per=0.25",
                                         "count,per=0.25",
                                         "bands,>=5:1|:0",
                                         "bands,>5:1|:0",
                                         "bands,>=6:1|:0",
                                         "bands,>=5:2|:0",
                                         "tasks,>=5:1|:0"};
    const size_t count = sizeof(params) / sizeof(params[0]);

    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            char a_row[100], b_row[100];
            struct criteria *a, *b;

            (void)snprintf(a_row, sizeof(a_row), "1,,field,N,,10,%s,,\n", params[i]);
            (void)snprintf(b_row, sizeof(b_row), "1,,field,N,,10,%s,,\n", params[j]);
            a = kit_set("", a_row);
            b = kit_set("", b_row);
            CU_ASSERT_EQUAL(criteria_equal(a, b), i == j);
            criteria_destroy(&a);
            criteria_destroy(&b);
        }
    }
}

/* An act amended as a strange client might send it. */
static void check_act(size_t act, void (*amend)(struct wire_act *act), size_t count)
{
    struct criteria *c = kit_set("#set total=10\n", sound), *back = NULL;
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;

    CU_ASSERT_EQUAL_FATAL(criteria_to_acts(c, &acts), NG_OK);
    if (amend != NULL) {
        amend(actlist_act(acts, act));
    }
    CU_ASSERT_EQUAL(criteria_from_acts(actlist_acts(acts), count, &faults, &back), NG_ERR_INPUT);
    CU_ASSERT_TRUE(fault_any(&faults));
    CU_ASSERT_PTR_NULL(back);
    actlist_destroy(&acts);
    criteria_destroy(&c);
    fault_list_fini(&faults);
}

static void comma_max(struct wire_act *a)
{
    a->u.node.max_points = "1,5";
}
static void comma_params(struct wire_act *a)
{
    a->u.node.params = "co:1,5|khong:0";
}
static void nfd_name(struct wire_act *a)
{
    a->u.node.name_vi = "My\xcc\x83";
}
static void other_year(struct wire_act *a)
{
    a->u.criteria.year = 1999;
}
static void bad_rounding(struct wire_act *a)
{
    a->u.criteria.rounding = 9;
}
static void bad_group(struct wire_act *a)
{
    a->u.criteria.group = "a b";
}
static void more_nodes(struct wire_act *a)
{
    a->u.criteria.nodes = 9;
}
static void other_total(struct wire_act *a)
{
    a->u.criteria.total = "11";
}
static void not_a_node(struct wire_act *a)
{
    a->kind = WIRE_ACT_TICK;
}

static void criteria_from_the_log_is_checked_as_strictly(void)
{
    check_act(3, comma_max, 9);
    check_act(3, comma_params, 9);
    check_act(3, nfd_name, 9);
    check_act(0, other_year, 9);
    check_act(0, bad_rounding, 9);
    check_act(0, bad_group, 9);
    check_act(0, more_nodes, 9);
    check_act(0, other_total, 9);
    check_act(2, not_a_node, 9);
    check_act(0, NULL, 8);
    check_act(0, NULL, 0);
}

static void criteria_takes_as_many_nodes_as_it_says(void)
{
    struct buf rows = BUF_INIT(1 << 20);
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *c;

    for (unsigned i = 0; i < CRITERIA_NODES_MAX; i++)
        CU_ASSERT_EQUAL_FATAL(buf_printf(&rows, "n%u,,field,N,,1,points,,,\n", i), NG_OK);
    c = kit_set("#set total=4096\n", buf_text(&rows));
    CU_ASSERT_EQUAL(criteria_find(c, "n4095"), 4095);
    criteria_destroy(&c);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&rows, "last,,field,N,,1,points,,,\n"), NG_OK);
    CU_ASSERT_EQUAL(parse("", buf_text(&rows), &faults), NG_ERR_INPUT);
    fault_list_fini(&faults);
    buf_fini(&rows);
}

static void criteria_survives_every_failed_allocation(void)
{
    struct buf text = BUF_INIT(1 << 16);

    CU_ASSERT_EQUAL_FATAL(buf_printf(&text, "#set total=10\n%s%s", KIT_HEADER, sound), NG_OK);
    for (unsigned k = 1;; k++) {
        struct fault_list faults = FAULT_LIST_INIT;
        struct criteria *c = NULL, *back = NULL;
        struct actlist *acts = NULL;
        enum ng_err err;

        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        err = criteria_parse_csv(buf_bytes(&text), "SET", 2026, "commune", &faults, &c);
        if (err == NG_OK) {
            err = criteria_to_acts(c, &acts);
        }
        if (err == NG_OK) {
            err = criteria_from_acts(actlist_acts(acts), actlist_count(acts), &faults, &back);
        }
        if (!fault_clear()) {
            k = 0;
        }
        CU_ASSERT_EQUAL(err, k == 0 ? NG_OK : NG_ERR_NOMEM);
        criteria_destroy(&back);
        criteria_destroy(&c);
        actlist_destroy(&acts);
        fault_list_fini(&faults);
        if (k == 0) {
            break;
        }
    }
    buf_fini(&text);
}

static const struct test_case cases[] = {
    TEST_CASE(criteria_sound_set_is_taken),
    TEST_CASE(criteria_rows_may_stand_in_any_order),
    TEST_CASE(criteria_refuses_what_does_not_add_up),
    TEST_CASE(criteria_refuses_a_broken_tree),
    TEST_CASE(criteria_refuses_a_broken_row),
    TEST_CASE(criteria_refuses_a_broken_head),
    TEST_CASE(criteria_refuses_points_finer_than_its_rounding),
    TEST_CASE(criteria_refuses_params_that_cannot_work),
    TEST_CASE(criteria_bands_that_cover_all_need_no_default),
    TEST_CASE(criteria_lists_every_fault_by_line),
    TEST_CASE(criteria_deduction_group_may_exceed_its_cap),
    TEST_CASE(criteria_comes_back_from_the_log_the_same),
    TEST_CASE(criteria_equal_sees_every_change),
    TEST_CASE(criteria_equal_sees_every_param),
    TEST_CASE(criteria_from_the_log_is_checked_as_strictly),
    TEST_CASE(criteria_takes_as_many_nodes_as_it_says),
    TEST_CASE(criteria_survives_every_failed_allocation),
    {0},
};

int main(int argc, char **argv)
{
    (void)lang_set("en");
    return test_main("criteria", cases, argc, argv);
}
