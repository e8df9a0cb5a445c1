/* Goal: inputs that were worth keeping (crashers of the past, corners of the format) hold in every
 * ordinary run, and so do ten thousand small changes of each.
 * Method: every file of $NGANAM_CORPUS goes through the fuzz target as it is, cut at every length
 * up to 512, and with random bytes changed (seed printed on failure by the sanitizer's own report:
 * it is fixed). */
#include "base/rng.h"
#include "harness.h"
#include "proto/fuzz_target.h"

#include <dirent.h>

static void replay(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    (void)LLVMFuzzerTestOneInput(data, size);
    for (size_t cut = 0; cut < size && cut < 512; cut++) {
        memcpy(copy, data, cut);
        (void)LLVMFuzzerTestOneInput(copy, cut);
    }
    struct rng rng = rng_seeded(size);
    for (int round = 0; round < 2000; round++) {
        memcpy(copy, data, size);
        for (uint64_t changes = rng_below(&rng, 4); size > 0 && changes < 4; changes++) {
            copy[rng_below(&rng, size)] = (uint8_t)rng_next(&rng);
        }
        (void)LLVMFuzzerTestOneInput(copy, size);
    }
    free(copy);
}

static void every_kept_input_and_its_neighbours_are_survived(void)
{
    const char *folder = getenv("NGANAM_CORPUS");
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    DIR *dir = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    int count = 0;
    for (const struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char path[1024];
        if (e->d_name[0] == '.') {
            continue;
        }
        (void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        FILE *file = fopen(path, "rb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        static uint8_t data[1 << 17];
        replay(data, fread(data, 1, sizeof(data), file));
        (void)fclose(file);
        count++;
    }
    (void)closedir(dir);
    CU_ASSERT(count > 0);
}

static const struct test_case cases[] = {
    TEST_CASE(every_kept_input_and_its_neighbours_are_survived),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("replay", cases, argc, argv);
}
