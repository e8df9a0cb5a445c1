/* Moments as a person types them, or copies them from what the programs print. */
#include "harness.h"

#include "audit/list.h"
#include "base/day.h"

static void a_moment_is_read_in_every_form_that_is_printed(void)
{
    enum { MINUTE = 60000 };
    const int64_t day = day_start_ms(day_of_date(2026, 11, 23));
    const int64_t at = day + (9 * 60 + 41) * (int64_t)MINUTE;
    const struct {
        const char *text;
        int64_t first, last;
    } wanted[] = {
        {"23/11/2026", day, day + DAY_MS - 1},
        {"2026-11-23", day, day + DAY_MS - 1},
        {"2026-11-23 09:41", at, at + MINUTE - 1},
        {"23/11/2026 09:41", at, at + MINUTE - 1},
        {"09:41 23/11/2026", at, at + MINUTE - 1},
        {"2026-11-23T09:41:20+07:00", at + 20000, at + 20999},
        {"2026-11-23 09:41:20", at + 20000, at + 20999},
        {"23/11/2026 00:00", day, day + MINUTE - 1},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        uint64_t ms = 0;
        CU_ASSERT_EQUAL(list_moment(wanted[i].text, false, &ms), NG_OK);
        CU_ASSERT_EQUAL(ms, (uint64_t)wanted[i].first);
        CU_ASSERT_EQUAL(list_moment(wanted[i].text, true, &ms), NG_OK);
        CU_ASSERT_EQUAL(ms, (uint64_t)wanted[i].last);
    }
}

static void what_is_no_moment_is_refused(void)
{
    static const char *const wrong[] = {
        "",
        "yesterday",
        "30/02/2026",
        "23/11/2026 24:00",
        "09:41",
        "23/11/2026 9:41",
        "23/11/2026 09:60",
        "23/11/2026 09:41x",
        "23/11/2026 ",
        "2026-11-23T09:41Z",
        "01/01/1960",
        "23/11/2026 09:41:",
        "09:41 09:41",
        "23/11/2026 23/11/2026",
        "2026-11-23T09:41:20+08:00",
        "1111111111111111111111111111111111111111111111",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint64_t ms = 7;

        CU_ASSERT_EQUAL(list_moment(wrong[i], false, &ms), NG_ERR_INPUT);
        CU_ASSERT_EQUAL(ms, 7);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(a_moment_is_read_in_every_form_that_is_printed),
    TEST_CASE(what_is_no_moment_is_refused),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("list", cases, argc, argv);
}
