/* Goal: units, sets, answers and survey points make the boards the field's rules ask for.
 * Method: short stories told to the fold as leaves; the board is read back as one line of text. */
#include "kit.h"

#include "par/reason.h"

/* Ten base points in two fields, a survey part of 5, a bonus and a deduction group. */
static const char set_lines[] = "I,,field,Một,,6,sum,,,\n"
                                "1,I,component,A,,4,points,,rescale,\n"
                                "2,I,component,B,,2,points,,full,\n"
                                "II,,field,Hai,,9,sum,,,\n"
                                "3,II,component,C,,4,points,,zero,\n"
                                "4,II,component,D,,5,survey,,,\n"
                                "B,,field,Thưởng,,10,sum,kind=bonus cap=3,,\n"
                                "5,B,component,E,,4,count,per=2,,\n"
                                "P,,field,Phạt,,10,sum,kind=deduction cap=2,,\n"
                                "6,P,component,F,,5,count,per=1,,\n";

static void open_town(struct kit *k)
{
    kit_open(k);
    kit_unit(k, "P1", "ward", "", "");
    kit_unit(k, "P2", "ward", "", "");
    kit_unit(k, "P3", "ward", "", "");
    CU_ASSERT_EQUAL(kit_reason(k, kit_set(k, KIT_YEAR, "ward", set_lines)), REASON_FINE);
}

static void units_without_a_report_stand_last_in_order_of_code(void)
{
    struct kit k;
    open_town(&k);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "- P1 missing; - P2 missing; - P3 missing");
    kit_value(&k, "P2", "1", "0");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "1 P2 0/10 partial; - P1 missing; - P3 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void an_answer_changes_points_and_rank(void)
{
    struct kit k;
    open_town(&k);
    kit_value(&k, "P1", "1", "3");
    kit_value(&k, "P2", "1", "3.5");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P2 3.5/10 partial; 2 P1 3/10 partial; - P3 missing");
    kit_value(&k, "P1", "3", "1");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 4/10 partial; 2 P2 3.5/10 partial; - P3 missing");
    kit_close(&k);
}

static void the_newest_accepted_answer_counts(void)
{
    struct kit k;
    open_town(&k);
    kit_value(&k, "P1", "1", "3");
    kit_value(&k, "P1", "1", "2");
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "P1", "1", "4.5")), REASON_ABOVE_MAXIMUM);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 2/10 partial; - P2 missing; - P3 missing");
    kit_close(&k);
}

static void the_same_answer_again_changes_nothing_but_is_accepted(void)
{
    struct kit k;
    open_town(&k);
    uint64_t first = kit_value(&k, "P1", "1", "3");
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "P1", "1", "3")), REASON_FINE);
    struct score_row row;
    const struct score_place at = {KIT_YEAR, "ward", "P1"};
    CU_ASSERT_EQUAL_FATAL(score_row_get(&k.memory.kv, &at, "1", &row), NG_OK);
    CU_ASSERT_EQUAL(row.index, first);
    kit_close(&k);
}

static void equal_fractions_tie_even_with_other_maxima(void)
{
    struct kit k;
    open_town(&k);
    kit_value(&k, "P1", "3", "3"); /* 3/10 … */
    kit_value(&k, "P2", "2", "1.8");
    kit_na(&k, "P2", "1", WIRE_NOT_APPLICABLE); /* … and 1.8/6 */
    kit_value(&k, "P3", "3", "2.99");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1= P1 3/10 partial; 1= P2 1.8/6 partial; 3 P3 2.99/10 partial");
    kit_close(&k);
}

static void each_na_policy_does_what_it_says(void)
{
    struct kit k;
    open_town(&k);
    kit_na(&k, "P1", "1", WIRE_NOT_APPLICABLE); /* rescale: 4 leave the maximum */
    kit_na(&k, "P1", "2", WIRE_NOT_APPLICABLE); /* full: 2 of 2 */
    kit_na(&k, "P1", "3", WIRE_NOTHING_AROSE);  /* zero: 0 of 4 */
    CU_ASSERT_EQUAL(kit_reason(&k, kit_na(&k, "P1", "5", WIRE_NOT_APPLICABLE)), REASON_NA_REFUSED);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 2/6 partial; - P2 missing; - P3 missing");
    kit_close(&k);
}

static void a_unit_whose_whole_maximum_left_has_points_and_no_rank(void)
{
    struct kit k;
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_unit(&k, "P2", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward", "I,,field,Một,,4,points,,rescale,\n");
    kit_na(&k, "P1", "I", WIRE_NOT_APPLICABLE);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF), "- P1 0/0 complete; - P2 missing");
    kit_close(&k);
}

static void a_set_that_asks_the_units_nothing_ranks_them_by_what_the_office_enters(void)
{
    struct kit k;
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_unit(&k, "P2", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward", "I,,field,Một,,4,survey,,,\n");
    kit_survey(&k, "P2", "I", "3");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "1 P2 3/4 complete; - P1 0/0 complete");
    kit_close(&k);
}

static void a_component_answered_twice_counts_once(void)
{
    struct kit k;
    kit_open(&k);
    kit_unit(&k, "P1", "ward", "", "");
    kit_set(&k, KIT_YEAR, "ward", "I,,field,Một,,4,points,,,\nII,,field,Hai,,4,points,,,\n");
    kit_value(&k, "P1", "I", "1");
    kit_value(&k, "P1", "I", "2");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 2/8 partial");
    kit_value(&k, "P1", "II", "2");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE), "1 P1 4/8 complete");
    kit_close(&k);
}

static void bonus_and_deduction_stop_at_their_caps(void)
{
    struct kit k;
    open_town(&k);
    kit_value(&k, "P1", "1", "4");
    kit_value(&k, "P1", "5", "9"); /* 18, stops at 4, the group at 3 */
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 7/10 partial; - P2 missing; - P3 missing");
    kit_value(&k, "P1", "6", "4"); /* 4, the group takes 2 */
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 5/10 partial; - P2 missing; - P3 missing");
    kit_value(&k, "P2", "6", "1"); /* never below 0 */
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 5/10 partial; 2 P2 0/10 partial; - P3 missing");
    kit_close(&k);
}

static void survey_points_count_on_live_once_entered(void)
{
    struct kit k;
    open_town(&k);
    kit_value(&k, "P1", "1", "2");
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "P1", "4", "5")), REASON_SURVEY_COMPONENT);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_survey(&k, "P1", "4", "4.5")), REASON_FINE);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_survey(&k, "P1", "4", "5.5")), REASON_ABOVE_MAXIMUM);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_survey(&k, "P1", "1", "1")), REASON_NOT_SURVEY);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_survey(&k, "P9", "4", "1")), REASON_UNKNOWN_UNIT);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 2/10 partial; - P2 missing; - P3 missing");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "1 P1 6.5/15 partial; - P2 missing; - P3 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_statement_is_judged_act_by_act(void)
{
    struct kit k;
    open_town(&k);
    const struct wire_act acts[] = {
        {.kind = WIRE_ACT_REPORT, .u.report = {.year = KIT_YEAR, .code = "1", .value = "1"}},
        {.kind = WIRE_ACT_REPORT, .u.report = {.year = KIT_YEAR, .code = "9", .value = "1"}},
        {.kind = WIRE_ACT_REPORT, .u.report = {.year = KIT_YEAR, .code = "1", .value = "3"}},
        {.kind = WIRE_ACT_UNIT, .u.unit = {.code = "P9", .name = "x", .group = "ward"}},
        {.kind = WIRE_ACT_REPORT, .u.report = {.year = 2031, .code = "1", .value = "1"}},
    };
    uint64_t index = kit_acts(&k, "P1", WIRE_KIND_REPORT, acts, 5);
    struct verdict_row row;
    struct wire_acts *said = NULL;
    CU_ASSERT_EQUAL_FATAL(verdict_row_get(&k.memory.kv, index, 0, &row), NG_OK);
    CU_ASSERT_STRING_EQUAL(row.author, "P1");
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(row.payload, &said), NG_OK);
    const struct wire_verdict *v = &said->acts[0].u.verdict;
    CU_ASSERT_EQUAL(v->accepted, 1);
    CU_ASSERT_EQUAL_FATAL(v->finding_count, 4);
    static const struct {
        uint32_t act;
        enum wire_outcome outcome;
        enum reason reason;
    } wanted[] = {{1, WIRE_SUPERSEDED, REASON_SUPERSEDED},
                  {2, WIRE_REFUSED, REASON_UNKNOWN_COMPONENT},
                  {4, WIRE_REFUSED, REASON_UNREADABLE},
                  {5, WIRE_REFUSED, REASON_NO_CRITERIA}};
    for (size_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(v->findings[i].act, wanted[i].act);
        CU_ASSERT_EQUAL(v->findings[i].outcome, wanted[i].outcome);
        CU_ASSERT_EQUAL(v->findings[i].reason, wanted[i].reason);
    }
    wire_acts_destroy(&said);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 3/10 partial; - P2 missing; - P3 missing");
    kit_close(&k);
}

static void only_units_of_the_board_may_report(void)
{
    struct kit k;
    open_town(&k);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "P4", "1", "1")), REASON_UNKNOWN_UNIT);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "AUDIT", "1", "1")), REASON_NOT_ALLOWED);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "NOBODY", "1", "1")), REASON_NOT_ALLOWED);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "OFFICE", "1", "1")), REASON_NOT_ALLOWED);
    kit_unit(&k, "D1", "department", "", "");
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "D1", "1", "1")), REASON_NO_CRITERIA);
    kit_close(&k);
}

static void only_the_office_may_set_the_rules(void)
{
    struct kit k;
    open_town(&k);
    const struct wire_act unit = {.kind = WIRE_ACT_UNIT,
                                  .u.unit = {.code = "P1", .name = "x", .group = "department"}};
    const struct wire_act survey = {
        .kind = WIRE_ACT_SURVEY,
        .u.survey = {.year = KIT_YEAR, .unit = "P1", .code = "4", .value = "5"}};
    CU_ASSERT_EQUAL(kit_reason(&k, kit_act(&k, "P1", WIRE_KIND_UNITS, unit)), REASON_NOT_ALLOWED);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_act(&k, "P1", WIRE_KIND_SURVEY, survey)),
                    REASON_NOT_ALLOWED);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "- P1 missing; - P2 missing; - P3 missing");
    kit_close(&k);
}

static void a_set_is_replaced_only_while_nobody_has_used_it(void)
{
    struct kit k;
    open_town(&k);
    static const char other[] = "I,,field,Một,,10,points,,,\n";
    CU_ASSERT_EQUAL(kit_reason(&k, kit_set(&k, KIT_YEAR, "ward", other)), REASON_FINE);
    kit_value(&k, "P1", "I", "7");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 7/10 complete; - P2 missing; - P3 missing");
    CU_ASSERT_EQUAL(kit_reason(&k, kit_set(&k, KIT_YEAR, "ward", set_lines)), REASON_SET_CHANGED);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_set(&k, KIT_YEAR, "ward", other)), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 7/10 complete; - P2 missing; - P3 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_faulty_set_is_refused_whole(void)
{
    struct kit k;
    open_town(&k);
    const struct wire_act acts[] = {
        {.kind = WIRE_ACT_CRITERIA,
         .u.criteria = {.set = "X", .year = KIT_YEAR, .group = "ward", .rounding = 2, .nodes = 1}},
        {.kind = WIRE_ACT_NODE,
         .u.node = {.code = "I",
                    .level = "field",
                    .name_vi = "x",
                    .max_points = "abc",
                    .method = "points"}}};
    CU_ASSERT_EQUAL(kit_reason(&k, kit_acts(&k, "OFFICE", WIRE_KIND_CRITERIA, acts, 2)),
                    REASON_BAD_CRITERIA);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_acts(&k, "OFFICE", WIRE_KIND_CRITERIA, acts, 1)),
                    REASON_BAD_CRITERIA);
    kit_value(&k, "P1", "1", "4");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 4/10 partial; - P2 missing; - P3 missing");
    kit_close(&k);
}

static void a_unit_that_moves_takes_its_place_on_the_other_board(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "D1", "department", "", "");
    kit_set(&k, KIT_YEAR, "department", "I,,field,Một,,10,points,,,\n");
    kit_value(&k, "P1", "1", "4");
    kit_unit(&k, "P1", "department", "", "");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF), "- P2 missing; - P3 missing");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "department", BASIS_SELF), "- D1 missing; - P1 missing");
    kit_value(&k, "P1", "I", "5");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "department", BASIS_SELF),
                           "1 P1 5/10 complete; - D1 missing");
    kit_unit(&k, "P1", "ward", "", ""); /* and finds its answers again */
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF),
                           "1 P1 4/10 partial; - P2 missing; - P3 missing");
    kit_assert_replays(&k);
    kit_close(&k);
}

static void a_unit_stands_on_the_boards_of_the_years_it_was_valid_in(void)
{
    struct kit k;
    open_town(&k);
    kit_unit(&k, "P1", "ward", "2020-01-01", "2025-12-31");
    kit_unit(&k, "P2", "ward", "", "2026-01-01");
    kit_unit(&k, "P3", "ward", "2027-01-01", "");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF), "- P2 missing");
    CU_ASSERT_EQUAL(kit_reason(&k, kit_value(&k, "P1", "1", "1")), REASON_UNKNOWN_UNIT);
    kit_unit(&k, "P3", "ward", "2026-12-31", "");
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_SELF), "- P2 missing; - P3 missing");
    kit_close(&k);
}

static void unreadable_statements_are_counted_and_refused(void)
{
    struct kit k;
    open_town(&k);
    static const uint8_t junk[] = {0xFF, 0xFF, 0xFF, 0x07, 0x01};
    const struct bytes payload = {junk, sizeof junk};
    CU_ASSERT_EQUAL(kit_reason(&k, kit_payload(&k, "P1", WIRE_KIND_REPORT, payload)),
                    REASON_UNREADABLE);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_payload(&k, "OFFICE", WIRE_KIND_UNITS, payload)),
                    REASON_UNREADABLE);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_payload(&k, "OFFICE", 999, payload)), -1);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_payload(&k, "OFFICE", STATEMENT_INVITE, payload)), -1);
    CU_ASSERT_EQUAL(kit_reason(&k, kit_payload(&k, "P1", STATEMENT_HEARTBEAT, payload)), -1);
    struct state_meta meta;
    CU_ASSERT_EQUAL_FATAL(state_meta_get(&k.memory.kv, &meta), NG_OK);
    CU_ASSERT_EQUAL(meta.unreadable, 3);
    CU_ASSERT_EQUAL(meta.unknown, 1);
    CU_ASSERT_EQUAL(meta.applied, k.count);
    kit_close(&k);
}

static void a_leaf_counts_once_and_in_order(void)
{
    struct kit k;
    open_town(&k);
    uint64_t index = kit_value(&k, "P1", "1", "4");
    const uint64_t later = kit_value(&k, "P1", "1", "5");
    CU_ASSERT_EQUAL(fold_apply(k.fold, &k.memory.kv, later, k.leaves[later]), NG_OK);
    kit_assert_replays(&k);
    CU_ASSERT_EQUAL(fold_apply(k.fold, &k.memory.kv, index, k.leaves[index]), NG_OK);
    kit_assert_replays(&k);
    index = later;
    CU_ASSERT_EQUAL(fold_apply(k.fold, &k.memory.kv, index + 2, k.leaves[index]), NG_ERR_INPUT);
    kit_assert_replays(&k);
    kit_close(&k);
}

static void rules_of_an_unknown_version_stop_the_fold(void)
{
    struct kit k;
    open_town(&k);
    struct wire_act act = {.kind = WIRE_ACT_FOLD, .u.fold_version = 1};
    CU_ASSERT_EQUAL(kit_reason(&k, kit_act(&k, "OFFICE", WIRE_KIND_FOLD, act)), REASON_FINE);
    act.u.fold_version = 0;
    CU_ASSERT_EQUAL(kit_reason(&k, kit_act(&k, "OFFICE", WIRE_KIND_FOLD, act)),
                    REASON_FOLD_VERSION);
    act.u.fold_version = STATE_FOLD_VERSION + 1;
    CU_ASSERT_EQUAL(kit_reason(&k, kit_act(&k, "P1", WIRE_KIND_FOLD, act)), REASON_NOT_ALLOWED);
    k.expect = NG_ERR_VERSION;
    kit_act(&k, "OFFICE", WIRE_KIND_FOLD, act);
    kit_close(&k);
}

static void verdicts_are_owed_to_units_until_the_log_has_them(void)
{
    struct kit k;
    open_town(&k);
    uint64_t first = kit_value(&k, "P1", "1", "4");
    uint64_t second = kit_value(&k, "P2", "1", "9");
    uint64_t owed;
    CU_ASSERT_EQUAL_FATAL(verdict_row_owed(&k.memory.kv, 0, &owed), NG_OK);
    CU_ASSERT_EQUAL(owed, first);
    CU_ASSERT_EQUAL_FATAL(verdict_row_owed(&k.memory.kv, first + 1, &owed), NG_OK);
    CU_ASSERT_EQUAL(owed, second);
    struct verdict_row row;
    CU_ASSERT_EQUAL_FATAL(verdict_row_get(&k.memory.kv, first, 0, &row), NG_OK);
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(buf_add(&payload, row.payload.data, row.payload.size), NG_OK);
    kit_payload(&k, "P2", WIRE_KIND_VERDICT, buf_bytes(&payload)); /* not its to say */
    CU_ASSERT_EQUAL_FATAL(verdict_row_owed(&k.memory.kv, 0, &owed), NG_OK);
    CU_ASSERT_EQUAL(owed, first);
    kit_payload(&k, "OFFICE", WIRE_KIND_VERDICT, buf_bytes(&payload));
    CU_ASSERT_EQUAL_FATAL(verdict_row_owed(&k.memory.kv, 0, &owed), NG_OK);
    CU_ASSERT_EQUAL(owed, second);
    buf_fini(&payload);
    kit_close(&k);
}

static void absent_boards_say_what_there_is(void)
{
    struct kit k;
    struct board b;
    kit_open(&k);
    CU_ASSERT_EQUAL(board_make(&k.memory.kv, fold_sets(k.fold), KIT_YEAR, "ward", BASIS_LIVE, &b),
                    NG_ERR_NOT_FOUND);
    kit_unit(&k, "P1", "ward", "", "");
    CU_ASSERT_EQUAL(
        board_make(&k.memory.kv, fold_sets(k.fold), KIT_YEAR, "commune", BASIS_LIVE, &b),
        NG_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "ward"));
    kit_set(&k, 2025, "ward", set_lines);
    CU_ASSERT_EQUAL(board_make(&k.memory.kv, fold_sets(k.fold), KIT_YEAR, "ward", BASIS_LIVE, &b),
                    NG_ERR_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "2025"));
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(units_without_a_report_stand_last_in_order_of_code),
    TEST_CASE(an_answer_changes_points_and_rank),
    TEST_CASE(the_newest_accepted_answer_counts),
    TEST_CASE(the_same_answer_again_changes_nothing_but_is_accepted),
    TEST_CASE(equal_fractions_tie_even_with_other_maxima),
    TEST_CASE(each_na_policy_does_what_it_says),
    TEST_CASE(a_unit_whose_whole_maximum_left_has_points_and_no_rank),
    TEST_CASE(a_set_that_asks_the_units_nothing_ranks_them_by_what_the_office_enters),
    TEST_CASE(a_component_answered_twice_counts_once),
    TEST_CASE(bonus_and_deduction_stop_at_their_caps),
    TEST_CASE(survey_points_count_on_live_once_entered),
    TEST_CASE(a_statement_is_judged_act_by_act),
    TEST_CASE(only_units_of_the_board_may_report),
    TEST_CASE(only_the_office_may_set_the_rules),
    TEST_CASE(a_set_is_replaced_only_while_nobody_has_used_it),
    TEST_CASE(a_faulty_set_is_refused_whole),
    TEST_CASE(a_unit_that_moves_takes_its_place_on_the_other_board),
    TEST_CASE(a_unit_stands_on_the_boards_of_the_years_it_was_valid_in),
    TEST_CASE(unreadable_statements_are_counted_and_refused),
    TEST_CASE(a_leaf_counts_once_and_in_order),
    TEST_CASE(rules_of_an_unknown_version_stop_the_fold),
    TEST_CASE(verdicts_are_owed_to_units_until_the_log_has_them),
    TEST_CASE(absent_boards_say_what_there_is),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_report", cases, argc, argv);
}
