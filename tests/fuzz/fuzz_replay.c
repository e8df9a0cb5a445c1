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

/* A sanitizer's last word, in a build that has one: it handles these signals itself, and ends the
 * process without any when it finds something. */
__attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)(void));

/* Only calls that a signal handler may make. */
static void keep_input(void)
{
    static volatile sig_atomic_t kept_it;
    if (under_test.data == NULL || kept_it) {
        return;
    }
    kept_it = 1;
    const int fd = mkstemp(keep_path);
    if (fd >= 0 && write(fd, under_test.data, under_test.size) >= 0 &&
        write(STDERR_FILENO, keep_path, strlen(keep_path)) >= 0) {
        (void)!write(STDERR_FILENO, ": the input\n", 12);
    }
}

static void keep_and_die(int signal_number)
{
    keep_input();
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static void keep_what_kills(void)
{
    static uint8_t stack[1u << 16]; /* of the handler: the ordinary one may be what is used up */
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof(stack)};
    const struct sigaction action = {.sa_handler = keep_and_die, .sa_flags = SA_ONSTACK};
    const char *base = getenv("TMPDIR");
    (void)snprintf(keep_path, sizeof(keep_path), "%s/nganam-replay-input-XXXXXX",
                   base != NULL ? base : "/tmp");
    (void)sigaction(SIGABRT, &action, NULL);
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(keep_input);
        return;
    }
    (void)sigaltstack(&other, NULL);
    (void)sigaction(SIGSEGV, &action, NULL);
    (void)sigaction(SIGBUS, &action, NULL);
    (void)sigaction(SIGFPE, &action, NULL);
    (void)sigaction(SIGILL, &action, NULL);
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

static int file_count;
static char **file_names;

static void these_files_are_survived(void)
{
    static uint8_t data[INPUT_MAX];
    for (int i = 0; i < file_count; i++) {
        run_one(data, load(file_names[i], data));
    }
}

int main(int argc, char **argv)
{
    static const struct test_case corpus[] = {
        TEST_CASE(every_kept_input_and_its_neighbours_are_survived), {0}};
    static const struct test_case files[] = {TEST_CASE(these_files_are_survived), {0}};
    keep_what_kills();
    if (argc > 1 && access(argv[1], R_OK) == 0) {
        file_count = argc - 1;
        file_names = argv + 1;
        return test_main("replay", files, 1, argv);
    }
    return test_main("replay", corpus, argc, argv);
}
