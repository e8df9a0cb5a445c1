/* Goal: no cell makes a reader of single values (numbers, dates, deadlines, years, methods,
 * policies, codes, Vietnamese text) read or write outside or hang; what one accepts has a canonical
 * text, which it reads as the same value. */
#include "fuzz/fuzz_target.h"

#include "base/day.h"
#include "par/method.h"
#include "par/pool.h"
#include "par/report.h"
#include "par/task.h"
#include "par/text.h"
#include "par/text_order.h"

#include <stdlib.h>
#include <string.h>

static void number(const char *text)
{
    struct decimal d, same;
    char canonical[DECIMAL_TEXT_SIZE], explained[256];
    bool percent;
    const enum decimal_fault fault = decimal_read(text, &d, &percent);
    if (fault == DECIMAL_FINE) {
        (void)decimal_format(d, canonical);
        CHECK(decimal_parse(canonical, &same) == DECIMAL_FINE && same.micro == d.micro);
    } else {
        decimal_explain(fault, text, explained, sizeof(explained));
        CHECK(explained[0] != '\0');
    }
    if (decimal_parse(text, &d) == DECIMAL_FINE) {
        (void)decimal_format(d, canonical);
        CHECK(decimal_parse(canonical, &same) == DECIMAL_FINE && same.micro == d.micro);
        CHECK(decimal_compare(decimal_round(d, 6), d) == 0);
    }
}

static void dates(const char *text)
{
    int32_t day, same;
    uint32_t from, to;
    char iso[11], due_text[TASK_DUE_TEXT_SIZE];
    struct task_due due, due_same;
    int32_t days[TASK_OCCURRENCES_MAX];
    if (day_parse(text, &day) == NG_OK) {
        day_format_iso(day, iso);
        CHECK(day_parse(iso, &same) == NG_OK && same == day && text_is_date(iso));
    }
    if (task_years_parse(text, &from, &to) == NG_OK) {
        CHECK(from <= to && from >= CRITERIA_YEAR_MIN && to <= CRITERIA_YEAR_MAX);
    }
    if (task_due_parse(text, &due) == NG_OK) {
        (void)task_due_format(&due, due_text);
        CHECK(task_due_parse(due_text, &due_same) == NG_OK);
        CHECK(due_same.kind == due.kind && task_due_is_valid(&due));
        CHECK(task_occurrences(&due, 2020, 2030, 2026, 20000, days) <= TASK_OCCURRENCES_MAX);
    }
    (void)report_period_is_valid(text, 2026);
    (void)task_area_is_valid(text);
}

static void words(struct bytes input, const char *text)
{
    struct buf clean = BUF_INIT(1u << 18), again = BUF_INIT(1u << 18), key = BUF_INIT(1u << 19);
    const enum ng_err err = text_clean(text, input.size, &clean);
    if (err == NG_OK) {
        CHECK(text_clean(buf_text(&clean), clean.size, &again) == NG_OK);
        fuzz_same(buf_bytes(&clean), buf_bytes(&again));
        CHECK(text_is_clean(buf_text(&clean)));
        CHECK(text_width(buf_text(&clean)) <= clean.size);
        CHECK(text_order_key(buf_text(&clean), &key) == NG_OK);
        CHECK(text_order_search_key(buf_text(&clean), &key) == NG_OK);
    } else {
        CHECK(err == NG_ERR_INPUT);
        CHECK(!text_is_clean(text));
    }
    (void)text_is_code(text, 64);
    CHECK(text_advice(text_detect(text, input.size, NULL)) != NULL);
    buf_fini(&clean);
    buf_fini(&again);
    buf_fini(&key);
}

/* "method params" separated by the first blank. */
static void method(char *text)
{
    struct pool pool;
    struct method m, same;
    struct method_policies policies, same_policies;
    struct buf params = BUF_INIT(1u << 16);
    char *blank = strchr(text, ' ');
    pool_init(&pool, 1u << 20);
    if (method_parse_policies(text, &policies) == NG_OK) {
        CHECK(method_format_policies(policies, &params) == NG_OK);
        CHECK(method_parse_policies(buf_text(&params), &same_policies) == NG_OK);
        CHECK(policies.na == same_policies.na && policies.none == same_policies.none);
    }
    buf_clear(&params);
    if (blank != NULL) {
        *blank = '\0';
        fuzz_begin();
        const enum ng_err err = method_parse(text, blank + 1, decimal_of(5), false, &pool, &m);
        if (err == NG_OK) {
            CHECK(method_format_params(&m, &params) == NG_OK);
            CHECK(method_parse(method_name(m.kind), buf_text(&params), decimal_of(5), true, &pool,
                               &same) == NG_OK);
            CHECK(method_equal(&m, &same));
        } else {
            fuzz_refused(err);
        }
    }
    buf_fini(&params);
    pool_fini(&pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    char *text = fuzz_text(input);
    if (text != NULL) {
        number(text);
        dates(text);
        words(input, text);
        method(text);
    }
    free(text);
    return 0;
}
