/* Goal: a buffer holds what was added, never more than its maximum, and a failed call changes
 * nothing. Method: sizes around each boundary; every allocation made to fail in turn. */
#include "base/buf.h"
#include "fault/fault.h"
#include "harness.h"

#include <errno.h>

static void buf_keeps_what_was_added(void)
{
    struct buf b = BUF_INIT(1000);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "");
    CU_ASSERT_EQUAL(buf_add_text(&b, "nga"), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&b, " nam", 4), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&b, NULL, 0), NG_OK);
    CU_ASSERT_EQUAL(buf_add_byte(&b, '!'), NG_OK);
    CU_ASSERT_EQUAL(buf_printf(&b, "%d-%s", 5, "x"), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "nga nam!5-x");
    CU_ASSERT_EQUAL(buf_bytes(&b).size, 11);
    buf_clear(&b);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "");
    buf_fini(&b);
    CU_ASSERT_EQUAL(buf_add_text(&b, "again"), NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&b), "again");
    buf_fini(&b);
}

static void buf_writes_integers_big_endian(void)
{
    struct buf b = BUF_INIT(12);
    CU_ASSERT_EQUAL(buf_add_u32(&b, 0x01020304), NG_OK);
    CU_ASSERT_EQUAL(buf_add_u64(&b, 0x1112131415161718), NG_OK);
    static const uint8_t want[] = {1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
    CU_ASSERT_EQUAL(b.size, sizeof(want));
    CU_ASSERT_EQUAL(memcmp(b.data, want, sizeof(want)), 0);
    buf_fini(&b);
}

static void buf_refuses_more_than_its_maximum(void)
{
    for (size_t size_max = 0; size_max < 200; size_max++) {
        struct buf b = BUF_INIT(size_max);
        for (size_t i = 0; i < size_max; i++) {
            CU_ASSERT_EQUAL(buf_add_byte(&b, (uint8_t)i), NG_OK);
        }
        CU_ASSERT_EQUAL(buf_add_byte(&b, 1), NG_ERR_LIMIT);
        CU_ASSERT_EQUAL(buf_printf(&b, "%s", "x"), NG_ERR_LIMIT);
        CU_ASSERT_EQUAL(buf_reserve(&b, SIZE_MAX), NG_ERR_LIMIT);
        CU_ASSERT_EQUAL(b.size, size_max);
        buf_fini(&b);
    }
}

static void buf_is_unchanged_when_memory_runs_out(void)
{
    for (unsigned k = 1;; k++) {
        struct buf b = BUF_INIT(100000);
        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        size_t before = 0;
        enum ng_err err = NG_OK;
        for (unsigned i = 0; err == NG_OK && i < 1000; i++) {
            before = b.size;
            err = buf_printf(&b, "%u,", i);
        }
        bool struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_NOMEM : NG_OK);
        CU_ASSERT_TRUE(!struck || b.size == before);
        CU_ASSERT_EQUAL(strlen(buf_text(&b)), b.size);
        buf_fini(&b);
        if (!struck) {
            CU_ASSERT_TRUE(k > 3);
            break;
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(buf_keeps_what_was_added),
    TEST_CASE(buf_writes_integers_big_endian),
    TEST_CASE(buf_refuses_more_than_its_maximum),
    TEST_CASE(buf_is_unchanged_when_memory_runs_out),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("buf", cases, argc, argv);
}
