/* Names, widths and bundles of tlog-tiles, against values worked out by hand from the specification
 * (c2sp.org/tlog-tiles), whose own example is tile 1234067. */
#include "harness.h"

#include "audit/tiles.h"

static void tiles_lie_where_the_specification_says(void)
{
    static const struct {
        int level;
        uint64_t number;
        unsigned width;
        const char *path;
    } wanted[] = {
        {0, 0, 256, "tile/0/000"},
        {0, 0, 1, "tile/0/000.p/1"},
        {0, 999, 256, "tile/0/999"},
        {0, 1000, 256, "tile/0/x001/000"},
        {1, 1234067, 256, "tile/1/x001/x234/067"},
        {TILES_ENTRIES, 1234067, 8, "tile/entries/x001/x234/067.p/8"},
        {7, UINT64_MAX, 255, "tile/7/x018/x446/x744/x073/x709/x551/615.p/255"},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        char path[TILES_PATH_MAX];
        tiles_path(wanted[i].level, wanted[i].number, wanted[i].width, path);
        CU_ASSERT_STRING_EQUAL(path, wanted[i].path);
    }
}

static void tiles_are_as_wide_as_the_tree(void)
{
    static const struct {
        int level;
        uint64_t number, size;
        unsigned width;
    } wanted[] = {
        {0, 0, 0, 0},       {0, 0, 1, 1},     {0, 0, 256, 256},
        {0, 1, 256, 0},     {0, 1, 257, 1},   {TILES_ENTRIES, 1, 300, 44},
        {1, 0, 255, 0},     {1, 0, 256, 1},   {1, 0, 65535, 255},
        {1, 0, 65536, 256}, {1, 1, 65536, 0}, {1, 1, 65792, 1},
        {2, 0, 65535, 0},   {2, 0, 65536, 1}, {7, 0, UINT64_MAX, 255},
        {0, 5, 70000, 256},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        CU_ASSERT_EQUAL(tiles_width(wanted[i].level, wanted[i].number, wanted[i].size),
                        wanted[i].width);
    }
}

static void a_bundle_gives_back_what_was_put_in(void)
{
    static uint8_t large[65536];
    struct buf bundle = BUF_INIT(TILES_BUNDLE_MAX);
    struct bytes entry;
    for (size_t size = 0; size < 65536; size += 65535 / 3) {
        CU_ASSERT_EQUAL(tiles_add_entry(&bundle, (struct bytes){large, size}), NG_OK);
    }
    CU_ASSERT_EQUAL(tiles_add_entry(&bundle, (struct bytes){large, 65536}), NG_ERR_LIMIT);
    struct bytes rest = buf_bytes(&bundle);
    for (size_t size = 0; size < 65536; size += 65535 / 3) {
        CU_ASSERT_TRUE(tiles_take_entry(&rest, &entry));
        CU_ASSERT_EQUAL(entry.size, size);
    }
    CU_ASSERT_EQUAL(rest.size, 0);
    CU_ASSERT_FALSE(tiles_take_entry(&rest, &entry));
    buf_fini(&bundle);
}

static void a_bundle_that_is_cut_gives_no_entry(void)
{
    static const uint8_t three[] = {0, 3, 'a', 'b', 'c'};
    struct bytes entry;
    for (size_t size = 0; size < sizeof(three); size++) {
        struct bytes rest = {three, size};
        CU_ASSERT_FALSE(tiles_take_entry(&rest, &entry));
        CU_ASSERT_EQUAL(rest.size, size);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(tiles_lie_where_the_specification_says),
    TEST_CASE(tiles_are_as_wide_as_the_tree),
    TEST_CASE(a_bundle_gives_back_what_was_put_in),
    TEST_CASE(a_bundle_that_is_cut_gives_no_entry),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("tiles", cases, argc, argv);
}
