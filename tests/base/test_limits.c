/* Goal: descriptors go up to what is allowed, memory stops where it was told to, and what is in use
 * is told about right. Method: each case in a child, because limits stay. */
#include "base/limits.h"
#include "harness.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MIB (1024u * 1024u)

/* The case's own exit status: 0 when all held. */
static int in_child(int (*run)(void))
{
    int status = -1;
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(run());
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(pid, &status, 0), pid);
    return status;
}

static int raise_files(void)
{
    struct rlimit limit;
    uint64_t files = 0;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1;
    }
    const rlim_t hard = limit.rlim_max;
    limit.rlim_cur = 16;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limits_raise_files(&files) != NG_OK ||
        getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 2;
    }
    return limit.rlim_cur == hard && files == hard ? 0 : 3;
}

static void limits_raise_files_to_the_hard_one(void)
{
    CU_ASSERT_EQUAL(in_child(raise_files), 0);
}

static void *map(size_t size, int fd, int flags)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

static int cap_memory(void)
{
    FILE *file = tmpfile();
    if (limits_cap_memory(64 * MIB) != NG_OK || limits_cap_memory(128 * MIB) != NG_OK) {
        return 1; /* the second leaves the lower one */
    }
    if (map(8 * MIB, -1, MAP_PRIVATE | MAP_ANONYMOUS) == NULL) {
        return 2;
    }
    if (map(100 * MIB, -1, MAP_PRIVATE | MAP_ANONYMOUS) != NULL) {
        return 3;
    }
    return file != NULL && map(1024u * MIB, fileno(file), MAP_SHARED) != NULL ? 0 : 4;
}

static void limits_cap_private_memory_and_no_mapped_file(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && !defined(NGANAM_MEMCHECK)
    CU_ASSERT_EQUAL(in_child(cap_memory), 0);
#else
    CU_ASSERT_EQUAL(in_child(cap_memory),
                    3 << 8); /* none with a shadow; valgrind knows none for mmap */
#endif
}

static void limits_private_bytes_follow_what_is_touched(void)
{
    const uint64_t before = limits_private_bytes();
    char *at = map(32 * MIB, -1, MAP_PRIVATE | MAP_ANONYMOUS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    memset(at, 1, 32 * MIB);
    const uint64_t after = limits_private_bytes();
    CU_ASSERT(before > 0);
    CU_ASSERT(after > before + 30 * MIB);
    CU_ASSERT_EQUAL(munmap(at, 32 * MIB), 0);
    CU_ASSERT(limits_private_bytes() < after - 30 * MIB);
#if !defined(__SANITIZE_THREAD__) /* its shadow of what was touched counts too, as memcheck's */
    CU_ASSERT(after < before + 100 * MIB);
#endif
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(limits_raise_files_to_the_hard_one),
        TEST_CASE(limits_cap_private_memory_and_no_mapped_file),
        TEST_CASE(limits_private_bytes_follow_what_is_touched),
        {0},
    };
    return test_main("limits", cases, argc, argv);
}
