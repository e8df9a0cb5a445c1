/* Goal: every rule a criteria file can state is said in whole sentences, in Vietnamese and English,
 * and says what the scoring does. Method: one row of a file for each, read by lib/par; the
 * sentences as a person reads them. */
#include "harness.h"

#include "base/lang.h"
#include "office-service/say_rule.h"

struct rule {
    const char *row; /* name,en,max,method,params,na_policy,evidence */
    const char *vi, *en;
    const char *na_vi, *na_en;
};

#define NONE_VI "Không được trả lời \"không áp dụng\" hoặc \"không phát sinh\""
#define NONE_EN "\"Not applicable\" and \"nothing arose\" are no answers here"

static const struct rule rules[] = {
    {"Tỷ lệ,,2,bands,>=95:2|>=90:1|:0,,",
     "từ 95 % trở lên: 2 điểm; từ 90 % đến dưới 95 %: 1 điểm; còn lại: 0 điểm",
     "from 95 % up: 2 points; from 90 % to below 95 %: 1 point; otherwise: 0 points", NONE_VI,
     NONE_EN},
    {"Mức độ,,2,bands,>90:2|>=70:1|:0,full,Trên 90%",
     "trên 90 %: 2 điểm; từ 70 % đến 90 %: 1 điểm; còn lại: 0 điểm",
     "above 90 %: 2 points; from 70 % to 90 %: 1 point; otherwise: 0 points",
     "Không áp dụng hoặc không phát sinh: được điểm tối đa",
     "If not applicable, or nothing arose: full points"},
    {"Số văn bản,,2,bands,>9:2|>5:1|:0,zero,",
     "trên 9: 2 điểm; trên 5 đến 9: 1 điểm; còn lại: 0 điểm",
     "above 9: 2 points; above 5 to 9: 1 point; otherwise: 0 points",
     "Không áp dụng hoặc không phát sinh: 0 điểm", "If not applicable, or nothing arose: 0 points"},
    {"Số vụ,,2,bands,<2:2|<=4:1.5|<8:1|>100:0.5|:0,na=rescale none=full,",
     "dưới 2: 2 điểm; từ 2 đến 4: 1,5 điểm; trên 4 đến dưới 8: 1 điểm; trên 100: 0,5 điểm; còn "
     "lại: "
     "0 điểm (tính theo mức đúng đầu tiên)",
     "below 2: 2 points; from 2 to 4: 1.5 points; above 4 to below 8: 1 point; above 100: 0.5 "
     "points; otherwise: 0 points (the first that fits counts)",
     "Không áp dụng: không tính vào điểm tối đa. Không phát sinh: được điểm tối đa",
     "If not applicable: left out of the maximum. If nothing arose: full points"},
    {"Số vụ,,4,bands,=0:4|=1:1.5|:0,,",
     "đúng bằng 0: 4 điểm; đúng bằng 1: 1,5 điểm; còn lại: 0 điểm",
     "exactly 0: 4 points; exactly 1: 1.5 points; otherwise: 0 points", NONE_VI, NONE_EN},
    {"Điểm,,2.5,points,,,", "đơn vị tự chấm, từ 0 đến 2,5 điểm",
     "points as the unit states them, from 0 to 2.5", NONE_VI, NONE_EN},
    {"Chọn,,2,choice,co:2|khong:0,na=rescale,", "chọn một trong các mức: co: 2 điểm; khong: 0 điểm",
     "one of these answers: co: 2 points; khong: 0 points",
     "Không áp dụng: không tính vào điểm tối đa. Không được trả lời \"không phát sinh\"",
     "If not applicable: left out of the maximum. \"Nothing arose\" is no answer here"},
    {"Tỷ lệ,,3,ratio,target=80 floor=60 step=0.25 over,rescale,",
     "theo tỷ lệ đạt được: từ 80 % trở lên: 3 điểm; thấp hơn: tính theo tỷ lệ; dưới 60 %: 0 "
     "điểm; làm tròn đến 0,25 điểm; tử số được phép lớn hơn mẫu số",
     "the share reached: from 80 % up: 3 points; less in proportion; below 60 %: 0 points; to the "
     "nearest 0.25 points; more than the whole may be reached",
     "Không áp dụng hoặc không phát sinh: không tính vào điểm tối đa",
     "If not applicable, or nothing arose: left out of the maximum"},
    {"Tỷ lệ,,3,ratio,,,",
     "theo tỷ lệ đạt được: từ 100 % trở lên: 3 điểm; thấp hơn: tính theo tỷ lệ",
     "the share reached: from 100 % up: 3 points; less in proportion", NONE_VI, NONE_EN},
    {"Trừ,,2,deduct,per=0.5,,", "2 điểm, mỗi trường hợp trừ 0,5 điểm, không trừ quá 0 điểm",
     "2 points, less 0.5 for each case, not below 0", NONE_VI, NONE_EN},
    {"Đếm,,3,count,per=1,,", "1 điểm mỗi trường hợp, tối đa 3 điểm", "1 for each case, at most 3",
     NONE_VI, NONE_EN},
    {"Khảo sát,,3,survey,,,", "điểm điều tra xã hội học do Phòng Nội vụ nhập, từ 0 đến 3 điểm",
     "points of the sociological survey, entered by the office, from 0 to 3", "", ""},
    {"Nhiệm vụ,,3,tasks,>=100:3|:0,rescale,",
     "theo tỷ lệ nhiệm vụ hoàn thành đúng hạn trên số đến hạn, tính theo trọng số: từ 100 % trở "
     "lên: 3 điểm; còn lại: 0 điểm",
     "by the share of tasks done on time, of those due, by weight: from 100 % up: 3 points; "
     "otherwise: 0 points",
     "Không phát sinh: không tính vào điểm tối đa", "If nothing arose: left out of the maximum"},
    {"Nhiệm vụ,,3,tasks,>=100:3|:0,,",
     "theo tỷ lệ nhiệm vụ hoàn thành đúng hạn trên số đến hạn, tính theo trọng số: từ 100 % trở "
     "lên: 3 điểm; còn lại: 0 điểm",
     "by the share of tasks done on time, of those due, by weight: from 100 % up: 3 points; "
     "otherwise: 0 points",
     "Không có nhiệm vụ đến hạn: coi như chưa trả lời",
     "If no task fell due: counts as not answered"},
};

static const char head[] =
    "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n";

static struct criteria *read_set(const char *rows)
{
    char file[2000];
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    (void)snprintf(file, sizeof file, "%s%s", head, rows);
    enum ng_err err = criteria_parse_csv((struct bytes){(const uint8_t *)file, strlen(file)}, "S",
                                         2026, "g", &faults, &set);
    if (err) {
        (void)fprintf(stderr, "%s: %s\n", rows, faults.count ? faults.items[0].message : "?");
    }
    CU_ASSERT_EQUAL_FATAL(err, NG_OK);
    fault_list_fini(&faults);
    return set;
}

static void assert_said(enum ng_err (*say)(const struct criteria_node *, struct buf *),
                        const struct criteria_node *n, const char *lang, const char *wanted)
{
    struct buf text = BUF_INIT(1u << 16);
    CU_ASSERT_TRUE_FATAL(lang_set(lang));
    CU_ASSERT_EQUAL(say(n, &text), NG_OK);
    if (strcmp(buf_text(&text), wanted) != 0) {
        (void)fprintf(stderr, "said:   %s\nwanted: %s\n", buf_text(&text), wanted);
    }
    CU_ASSERT_STRING_EQUAL(buf_text(&text), wanted);
    buf_fini(&text);
}

static void every_rule_is_said_in_both_languages(void)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        char row[600];
        (void)snprintf(row, sizeof row, "1,,field,%s\n", rules[i].row);
        struct criteria *set = read_set(row);
        const struct criteria_node *n = criteria_node(set, 0);
        assert_said(say_rule_method, n, "vi", rules[i].vi);
        assert_said(say_rule_method, n, "en", rules[i].en);
        assert_said(say_rule_policies, n, "vi", rules[i].na_vi);
        assert_said(say_rule_policies, n, "en", rules[i].na_en);
        criteria_destroy(&set);
    }
}

static void groups_outside_the_base_say_their_cap(void)
{
    struct criteria *set = read_set("B,,field,x,,5,sum,,,\nB1,B,component,x,,5,points,,,\n"
                                    "T,,field,x,,9,sum,kind=bonus cap=10,,\n"
                                    "T1,T,component,x,,9,count,per=3,,\n"
                                    "P,,field,x,,54,sum,kind=deduction cap=20,,\n"
                                    "P1,P,component,x,,50,count,per=5,,\n"
                                    "P2,P,component,x,,4,points,,,\n");
    static const struct {
        const char *code, *vi, *en;
    } wanted[] = {
        {"B", "tổng điểm các mục bên dưới", "the points of its parts together"},
        {"T", "điểm cộng: cộng các mục bên dưới, tối đa cộng 10",
         "points on top of the total: those of its parts, at most 10"},
        {"T1", "cộng 3 điểm mỗi trường hợp, tối đa cộng 9", "3 on top for each case, at most 9"},
        {"P", "điểm trừ: cộng các mục bên dưới, tối đa trừ 20",
         "points taken off the total: those of its parts, at most 20"},
        {"P1", "trừ 5 điểm mỗi trường hợp, tối đa trừ 50", "5 taken off for each case, at most 50"},
        {"P2", "đơn vị tự chấm điểm trừ, từ 0 đến 4 điểm",
         "points taken off as the unit states them, from 0 to 4"},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        const struct criteria_node *n = criteria_node(set, criteria_find(set, wanted[i].code));
        assert_said(say_rule_method, n, "vi", wanted[i].vi);
        assert_said(say_rule_method, n, "en", wanted[i].en);
    }
    criteria_destroy(&set);
}

static const struct test_case cases[] = {
    TEST_CASE(every_rule_is_said_in_both_languages),
    TEST_CASE(groups_outside_the_base_say_their_cap),
    {0},
};

int main(int argc, char **argv)
{
    lang_init();
    return test_main("say_rule", cases, argc, argv);
}
