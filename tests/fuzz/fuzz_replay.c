/* Goal: inputs that were worth keeping (crashers of the past, corners of the format) hold in every
 * ordinary run, and so do small changes of each.
 * Method: every file of $NGANAM_CORPUS goes through the fuzz target as it is, in a block of exactly
 * its size; then, $NGANAM_REPLAYS times in all for the folder: cut short, and with a few bytes
 * changed, taken out or put in. The seed is $NGANAM_SEED, else fixed, so a failure comes again; the
 * input under test lies in $TMPDIR/nganam-replay-input-* when the process dies of it.
 * Arguments are files to run instead of the corpus: a crasher that was just found. */
#include "base/rng.h"
#include "fuzz/fuzz_target.h"
#include "harness.h"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#define INPUT_MAX (1u << 17)
#define REPLAYS 7000u

static struct bytes under_test;
static char keep_path[256];

/* Only calls that a signal handler may make. */
static void keep_input(int signal_number)
{
    const int fd = mkstemp(keep_path);
    if (fd >= 0 && write(fd, under_test.data, under_test.size) >= 0 &&
        write(STDERR_FILENO, keep_path, strlen(keep_path)) >= 0) {
        (void)!write(STDERR_FILENO, ": the input\n", 12);
    }
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static void keep_what_kills(void)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(keep_path, sizeof(keep_path), "%s/nganam-replay-input-XXXXXX",
                   base != NULL ? base : "/tmp");
    (void)signal(SIGABRT, keep_input);
}

/* In a block of exactly this size, so that a step beyond it is seen. */
static void run_one(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    CHECK(copy != NULL); /* no assertion of CUnit's: one input alone runs outside of it */
    memcpy(copy, data, size);
    under_test = (struct bytes){copy, size};
    CHECK(LLVMFuzzerTestOneInput(copy, size) == 0);
    free(copy);
}

/* One small change: another byte, one byte less or one more. */
static size_t change(struct rng *rng, uint8_t *data, size_t size)
{
    const uint64_t how = rng_below(rng, 4);
    const size_t at = size > 0 ? (size_t)rng_below(rng, size) : 0;
    if (how == 0 && size > 0) {
        memmove(data + at, data + at + 1, size - at - 1);
        return size - 1;
    }
    if (how == 1 && size < INPUT_MAX) {
        memmove(data + at + 1, data + at, size - at);
        data[at] = (uint8_t)rng_next(rng);
        return size + 1;
    }
    if (size > 0 && how == 2) {
        data[at] = (uint8_t)rng_next(rng);
    } else if (size > 0) {
        const uint8_t bit = (uint8_t)(1u << rng_below(rng, 8));
        data[at] ^= bit;
    }
    return size;
}

static void replay(const uint8_t *data, size_t size, size_t cuts, size_t changes, uint64_t seed)
{
    static uint8_t changed[INPUT_MAX + 4];
    run_one(data, size);
    const size_t step = size > cuts ? size / cuts : 1;
    for (size_t cut = 0; cut < size; cut += step) {
        run_one(data, cut);
    }
    struct rng rng = rng_seeded(seed + size);
    for (size_t round = 0; round < changes; round++) {
        size_t now = size;
        memcpy(changed, data, size);
        for (uint64_t left = 1 + rng_below(&rng, 4); left > 0; left--) {
            now = change(&rng, changed, now);
        }
        run_one(changed, now);
    }
}

static size_t load(const char *path, uint8_t data[INPUT_MAX])
{
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    const size_t size = fread(data, 1, INPUT_MAX, file);
    CHECK(fclose(file) == 0);
    return size;
}

static int kept(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void every_kept_input_and_its_neighbours_are_survived(void)
{
    static uint8_t data[INPUT_MAX];
    const char *folder = getenv("NGANAM_CORPUS"), *seed = getenv("NGANAM_SEED");
    const char *replays = getenv("NGANAM_REPLAYS");
    const size_t all = replays != NULL ? strtoull(replays, NULL, 10) : REPLAYS;
    struct dirent **entries = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    const int count = scandir(folder, &entries, kept, alphasort);
    CU_ASSERT_FATAL(count > 0);
    run_one(data, 0);
    for (int i = 0; i < count; i++) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        const size_t size = load(path, data);
        replay(data, size, all / (size_t)count / 2 + 1, all / (size_t)count / 2,
               seed != NULL ? strtoull(seed, NULL, 10) : 0);
        free(entries[i]);
    }
    free(entries);
}

static const struct test_case cases[] = {
    TEST_CASE(every_kept_input_and_its_neighbours_are_survived),
    {0},
};

int main(int argc, char **argv)
{
    keep_what_kills();
    if (argc > 1 && access(argv[1], R_OK) == 0) {
        static uint8_t data[INPUT_MAX];
        for (int i = 1; i < argc; i++) {
            run_one(data, load(argv[i], data));
        }
        return EXIT_SUCCESS;
    }
    return test_main("replay", cases, argc, argv);
}
