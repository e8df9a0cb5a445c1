/* A whole log read again, in a child process.
 *
 * A damaged page can end the process that reads it (store_guard.h), or make it run for ever and be
 * killed; the parent lives and tells how far the child came. The child reports each fault as one
 * line through a pipe and its progress through a page of shared memory (the count in struct
 * ledger_check).
 *
 * Exit status: 0 all holds; 1 something does not, each index named, or the head floor says that
 * this is an old or another copy; 4 the log cannot be read at all.
 */
#include "audit/entry.h"
#include "audit/print.h"
#include "audit/verify.h"
#include "base/cli.h"
#include "base/lang.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULTS_KEPT_MAX 100000 /* in the JSON document; all are counted */
#define LINE_MAX_BYTES 1200

/* What child and parent share. */
struct shared {
    struct ledger_check check;
    enum ng_err err;
    char detail[1024]; /* of err, where it is not NG_ERR_VERIFY */
};

/* ---- The child ---- */

static void report_fault(void *pipe_end, uint64_t index, const char *kind, const char *what)
{
    FILE *to = pipe_end;
    (void)fprintf(to, "%llu %s %s\n", (unsigned long long)index, kind, what);
}

static _Noreturn void check_all(verify_fn fn, void *context, struct shared *shared, int fd)
{
    FILE *to = fdopen(fd, "w");
    enum ng_err err = to != NULL ? NG_OK : err_set_errno(errno, "verify");
    if (err == NG_OK) {
        (void)setvbuf(to, NULL, _IOLBF, 0); /* what is found is told before the next page is read */
        err = fn(context, report_fault, to, &shared->check);
    }
    if (err != NG_OK) {
        (void)snprintf(shared->detail, sizeof(shared->detail), "%s", err_explain(err));
    }
    shared->err = err;
    if (to != NULL) {
        (void)fclose(to);
    }
    _exit(0);
}

/* ---- The parent ---- */

struct result {
    json_t *faults;
    uint64_t count;
    int status; /* of waitpid */
};

static void take_fault(struct result *r, char *line, bool as_json)
{
    char *kind = strchr(line, ' ');
    char *what = kind != NULL ? strchr(kind + 1, ' ') : NULL;
    line[strcspn(line, "\n")] = '\0';
    if (what == NULL) {
        return;
    }
    *kind++ = '\0';
    *what++ = '\0';
    r->count++;
    if (!as_json) {
        (void)printf(_("entry %s: %s\n"), line, what);
    } else if (r->count <= FAULTS_KEPT_MAX) {
        (void)json_array_append_new(r->faults, json_pack("{s:I, s:s, s:s}", "index",
                                                         (json_int_t)strtoull(line, NULL, 10),
                                                         "kind", kind, "what", what));
    }
}

static void read_faults(int fd, struct result *r, bool as_json)
{
    FILE *from = fdopen(fd, "r");
    char line[LINE_MAX_BYTES];
    while (from != NULL && fgets(line, sizeof(line), from) != NULL) {
        take_fault(r, line, as_json);
    }
    if (from != NULL) {
        (void)fclose(from);
    }
}

static enum ng_err run_child(verify_fn fn, void *context, struct shared *shared, struct result *r,
                             bool as_json)
{
    int fds[2];
    if (pipe(fds) != 0) {
        return err_set_errno(errno, "pipe");
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        return err_set_errno(errno, "fork");
    }
    if (child == 0) {
        (void)close(fds[0]);
        check_all(fn, context, shared, fds[1]);
    }
    (void)close(fds[1]);
    read_faults(fds[0], r, as_json);
    while (waitpid(child, &r->status, 0) < 0) {
        if (errno != EINTR) {
            return err_set_errno(errno, "waitpid");
        }
    }
    return NG_OK;
}

/* A child that did not reach its end met a page that nobody can read on from. */
static void add_crash(const struct shared *shared, struct result *r, bool as_json)
{
    char line[LINE_MAX_BYTES];
    if (WIFSIGNALED(r->status)) {
        (void)snprintf(line, sizeof(line), "%llu lost %s %s",
                       (unsigned long long)shared->check.leaves,
                       _("a page of the store is lost; nothing from here on could be read:"),
                       strsignal(WTERMSIG(r->status)));
    } else if (shared->err == NG_ERR_CORRUPT) {
        (void)snprintf(line, sizeof(line), "%llu lost %s", (unsigned long long)shared->check.leaves,
                       shared->detail);
    } else {
        (void)snprintf(line, sizeof(line), "%llu lost %s", (unsigned long long)shared->check.leaves,
                       _("the store is damaged; nothing from here on could be read"));
    }
    take_fault(r, line, as_json);
}

static enum ng_err print_result(const struct shared *shared, const struct result *r, bool as_json,
                                const struct verify_words *words)
{
    const bool whole = r->count == 0;
    if (!as_json) {
        if (whole) {
            (void)printf(_("%llu entries, every one whole.\n"),
                         (unsigned long long)shared->check.leaves);
            if (words->tail != NULL) {
                words->tail(&shared->check);
            }
            if (shared->check.known_size > 0) {
                (void)printf(_("The log went through the known head of %llu entries.\n"),
                             (unsigned long long)shared->check.known_size);
            }
        } else {
            (void)printf(_("%llu entries read, %llu faults. %s\n"),
                         (unsigned long long)shared->check.leaves, (unsigned long long)r->count,
                         words->advice);
        }
        print_previous(&shared->check.previous, "");
        return NG_OK;
    }
    const struct ledger_cosigned *c = &shared->check.cosigned;
    json_t *cosigned =
        c->size == 0
            ? json_null()
            : json_pack("{s:I, s:I, s:I, s:I, s:b}", "size", (json_int_t)c->size, "cosigned",
                        (json_int_t)c->count, "parties", (json_int_t)c->parties, "needed",
                        (json_int_t)c->needed, "final", (int)(c->count >= c->needed));
    const json_int_t known = (json_int_t)shared->check.known_size;
    const json_int_t floor = (json_int_t)shared->check.floor_size;
    json_t *document = json_pack(
        "{s:i, s:b, s:I, s:s?, s:o, s:o, s:o, s:I, s:O, s:o}", "schema", 1, "ok", whole, "leaves",
        (json_int_t)shared->check.leaves, "key", words->key, "cosigned", cosigned, "head_file",
        floor > 0 ? json_integer(floor) : json_null(), "known_head",
        known > 0 ? json_integer(known) : json_null(), "faults", (json_int_t)r->count, "damaged",
        r->faults, "previous", entry_previous_json(&shared->check.previous));
    return print_document(document);
}

static enum ng_err verify(verify_fn fn, void *context, struct shared *shared, bool as_json,
                          const struct verify_words *words)
{
    struct result r = {.faults = json_array()};
    if (r.faults == NULL) {
        return err_set(NG_ERR_NOMEM, "json");
    }
    shared->err = NG_ERR_COUNT; /* until the child says otherwise */
    enum ng_err err = run_child(fn, context, shared, &r, as_json);
    if (err == NG_OK && (shared->err == NG_ERR_COUNT || shared->err == NG_ERR_CORRUPT)) {
        add_crash(shared, &r, as_json);
    } else if (err == NG_OK && shared->err != NG_OK &&
               (shared->err != NG_ERR_VERIFY || r.count == 0)) {
        err = err_set(shared->err, "%s", shared->detail);
    }
    if (err == NG_OK) {
        err = print_result(shared, &r, as_json, words);
    }
    if (err == NG_OK && r.count > 0) {
        err = cli_quiet(NG_ERR_VERIFY);
    }
    json_decref(r.faults);
    return err;
}

enum ng_err verify_in_child(verify_fn fn, void *context, bool as_json,
                            const struct verify_words *words)
{
    struct shared *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return err_set_errno(errno, "mmap");
    }
    enum ng_err err = verify(fn, context, shared, as_json, words);
    (void)munmap(shared, sizeof(*shared));
    return err;
}
