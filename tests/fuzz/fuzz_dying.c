/* A target that dies as its input says: for test_replay.py, which looks whether fuzz_replay.c keeps
 * what kills. No parser. */
#include "fuzz/fuzz_target.h"

#include <signal.h>
#include <stdlib.h>

static int down(volatile int depth)
{
    volatile char used[4096];
    used[0] = (char)depth;
    return depth == INT32_MAX ? used[0] : down(depth + 1) + used[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    volatile uint8_t byte = 0;
    switch (size > 0 ? data[0] : '-') {
    case 'a':
        abort();
    case 's': {
        volatile uint8_t *volatile nowhere = (volatile uint8_t *)(uintptr_t)16;
        byte = *nowhere;
        break;
    }
    case 'd':
        return down(0);
    case 'b':
        return raise(SIGBUS);
    case 'f':
        return raise(SIGFPE);
    case 'o':
        byte = data[size]; /* one beyond: only a sanitizer sees it */
        break;
    default:
        break;
    }
    (void)byte;
    return 0;
}
