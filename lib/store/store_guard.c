/* The handlers are the process's, the mark is the thread's: a synchronous signal comes to the
 * thread that made it. What is not the store's goes to whoever handled it before, by putting that
 * back and returning: the same instruction then faults again, so a core dump or a sanitizer's
 * report is what it would have been. */
#include "store/store_guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { LINE_SIZE_MAX = 16384 };

_Thread_local struct store_guard_mark store_guard_mark;

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };
static struct sigaction previous[FAULTS];

_Noreturn void store_guard_end(const struct store_guard *g)
{
    const char *from = buf_text(&g->line);
    const ssize_t written = write(STDERR_FILENO, from, g->line.size);
    (void)written; /* where stderr is gone there is nobody left to tell */
    _exit(err_exit_status(NG_ERR_CORRUPT));
}

/* A lost page may be met outside too, in a value that LMDB gave out; then the store this thread
 * asked last is the one. */
static void on_fault(int number)
{
    const struct store_guard *g = store_guard_mark.store;
    if (g != NULL && (store_guard_mark.inside || number == SIGBUS)) {
        store_guard_end(g);
    }
    for (size_t i = 0; i < FAULTS; i++) {
        if (faults[i] == number) {
            (void)sigaction(number, &previous[i], NULL);
        }
    }
}

/* On the alternate stack where there is one: a sanitizer's, which then gets its own faults. */
static void install(void)
{
    const struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    for (size_t i = 0; i < FAULTS; i++) {
        (void)sigaction(faults[i], &action, &previous[i]);
    }
}

enum ng_err store_guard_init(struct store_guard *g, const char *detail)
{
    static pthread_once_t installed = PTHREAD_ONCE_INIT;
    (void)pthread_once(&installed, install);
    g->line = (struct buf)BUF_INIT(LINE_SIZE_MAX);
    return buf_printf(&g->line, "%s: %s\n", program_invocation_short_name, detail);
}

void store_guard_fini(struct store_guard *g)
{
    if (store_guard_mark.store == g) {
        store_guard_mark.store = NULL;
    }
    buf_fini(&g->line);
}
