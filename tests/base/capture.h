/* Runs a function in a child process with its stdout and stderr in files, for tests of what a
 * person or a script sees. */
#ifndef NGANAM_TESTS_BASE_CAPTURE_H
#define NGANAM_TESTS_BASE_CAPTURE_H

#include "harness.h"

#include <signal.h>
#include <sys/wait.h>

struct capture {
    char out[16384];
    char err[16384];
    int status; /* of the exit; −signal when killed */
};

static inline void capture_load(FILE *file, char *to, size_t to_size)
{
    rewind(file);
    size_t size = fread(to, 1, to_size - 1, file);
    to[size] = '\0';
    (void)fclose(file);
}

static inline void capture_run(struct capture *c, int (*run)(void *), void *context)
{
    FILE *out = tmpfile();
    FILE *err = tmpfile();
    CU_ASSERT_TRUE_FATAL(out != NULL && err != NULL);
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(fileno(out), STDOUT_FILENO);
        (void)dup2(fileno(err), STDERR_FILENO);
        int status = run(context);
        (void)fflush(NULL);
        _exit(status);
    }
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    c->status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    capture_load(out, c->out, sizeof(c->out));
    capture_load(err, c->err, sizeof(c->err));
}

#endif
