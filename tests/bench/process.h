/* Processes of a measurement: started, watched from outside and ended by pid. */
#ifndef NGANAM_TESTS_BENCH_PROCESS_H
#define NGANAM_TESTS_BENCH_PROCESS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Runs a command to its end; its stdout goes to `out` (may be NULL). False: not started, or it
 * ended with another status than 0; its words went to stderr. */
bool process_run(const char *const *argv, struct buf *out);

/* Starts a command, its stdout thrown away; whoever started it waits for it. */
pid_t process_spawn(const char *const *argv);

struct process {
    pid_t pid; /* 0: none */
    int out_fd;
};
/* Starts a service and waits for its line that begins "ready"; stderr goes to log_path. It is
 * ended with whoever started it. */
bool process_start(const char *const *argv, const char *log_path, struct process *ret);
/* SIGTERM, and waits. */
void process_stop(struct process *p);

/* A folder of its own under $TMPDIR or /tmp, on a real disk; removed by process_remove_folder. */
bool process_make_folder(char *ret, size_t size);
void process_remove_folder(const char *folder);
/* Bytes that the files of a folder take on the disk. */
uint64_t process_disk_bytes(const char *folder);

/* Private dirty memory: heap, stacks, written data. Clean pages of files are not counted. */
uint64_t process_private_bytes(pid_t pid);
uint64_t process_cpu_us(pid_t pid);   /* all its threads, so far */
uint64_t process_switches(pid_t pid); /* voluntary ones of all threads: wake-ups */
double process_now_us(void);          /* monotonic */
/* The last value of "NAME=number" in a log file; 0 if it is not there. */
uint64_t process_logged(const char *log_path, const char *name);
/* Where nganam-NAME is: beside this program's own folder; ret has 4096 bytes. */
void process_program(const char *name, char *ret);

#endif
