/* Goal: no number that a set, an answer, a survey or a task may hold ends the fold or lifts a unit
 * above its maximum. Method: every parameter that takes one is given six decimals where it may have
 * them; answers of six decimals from one seed; the board is read (its keys CHECK their bounds) and
 * the log is folded again. */
#include "kit.h"

#include "base/rng.h"
#include "par/reason.h"

static const char set_lines[] =
    "p,,field,N,,7.12,points,,full,\n"
    "b,,field,N,,7.12,bands,>=95.123456:7.12|>=1.000001:0.01|:0,full,\n"
    "r,,field,N,,7.12,ratio,target=79.123457 floor=0.000001,full,\n"
    "s,,field,N,,7.12,ratio,target=133.333333 floor=1.000001 step=0.07 over,full,\n"
    "d,,field,N,,7.12,deduct,per=0.01,full,\n"
    "c,,field,N,,7.12,count,per=1.01,full,\n"
    "v,,field,N,,7.12,survey,,full,\n"
    "t,,field,N,,7.12,tasks,>=99.999999:7.12|>0.000001:1.01|:0,full,\n"
    "B,,field,N,,99,sum,kind=bonus cap=2.01,,\nB.1,B,criterion,N,,7.12,count,per=1.01,,\n"
    "D,,field,N,,99,sum,kind=deduction cap=2.01,,\nD.1,D,criterion,N,,7.12,count,per=1.01,,\n";

static const char *any_number(struct rng *rng, char out[static DECIMAL_TEXT_SIZE])
{
    uint64_t below = rng_below(rng, 4) == 0 ? UINT64_C(1000000000000) : UINT64_C(9000000);
    return decimal_format((struct decimal){(int64_t)rng_below(rng, below)}, out);
}

static uint64_t say_ratio(struct kit *k, const char *unit, const char *code, struct rng *rng)
{
    char above[DECIMAL_TEXT_SIZE];
    char below[DECIMAL_TEXT_SIZE];
    const struct wire_act act = {.kind = WIRE_ACT_REPORT,
                                 .u.report = {.year = KIT_YEAR,
                                              .code = code,
                                              .numerator = any_number(rng, above),
                                              .denominator = any_number(rng, below)}};
    return kit_act(k, unit, WIRE_KIND_REPORT, act);
}

static bool say_anything(struct kit *k, const char *unit, struct rng *rng)
{
    static const char *const codes[] = {"p", "b", "r", "s", "d", "c", "v", "t", "B.1", "D.1"};
    const char *code = codes[rng_below(rng, sizeof codes / sizeof codes[0])];
    char number[DECIMAL_TEXT_SIZE];
    uint64_t index;
    if (code[0] == 'r' || code[0] == 's') {
        index = say_ratio(k, unit, code, rng);
    } else if (code[0] == 'v') {
        index = kit_survey(k, unit, code, any_number(rng, number));
    } else if (code[0] == 't') {
        index =
            kit_progress(k, unit, rng_below(rng, 2) ? "T1" : "T2", (uint32_t)rng_below(rng, 101));
    } else if (code[0] == 'p' || code[0] == 'b') {
        index = kit_value(k, unit, code, any_number(rng, number));
    } else {
        (void)snprintf(number, sizeof number, "%u", (unsigned)rng_below(rng, 100000));
        index = kit_value(k, unit, code, number);
    }
    return kit_reason(k, index) == REASON_FINE;
}

static void no_number_ends_the_fold(void)
{
    static const char *const units[] = {"P1", "P2", "P3"};
    struct kit k;
    struct rng rng = rng_seeded(202611);
    size_t taken = 0;
    kit_open(&k);
    for (size_t i = 0; i < 3; i++) {
        kit_unit(&k, units[i], "ward", "", "");
    }
    CU_ASSERT_EQUAL_FATAL(kit_reason(&k, kit_set(&k, KIT_YEAR, "ward", set_lines)), REASON_FINE);
    kit_task(&k, "T1", "@ward", "2026", "2026-01-10", "0.000001");
    kit_task(&k, "T2", "@ward", "2026", "2026-01-20", "999.999999");
    for (unsigned n = 0; n < 600; n++) {
        if (n % 20 == 0) {
            k.now += (int64_t)24 * 3600 * 1000;
            kit_tick(&k);
            CU_ASSERT_TRUE(strstr(kit_board(&k, "ward", BASIS_LIVE), "P1") != NULL);
            CU_ASSERT_TRUE(strstr(kit_board(&k, "ward", BASIS_SELF), "P1") != NULL);
        }
        taken += say_anything(&k, units[n % 3], &rng) ? 1 : 0;
    }
    CU_ASSERT_TRUE(taken > 200);
    kit_assert_replays(&k);
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(no_number_ends_the_fold),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("fold_precision", cases, argc, argv);
}
