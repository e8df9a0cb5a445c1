/* Processes of a measurement: started, watched from outside and ended by pid. */
#ifndef NGANAM_TESTS_BENCH_PROCESS_H
#define NGANAM_TESTS_BENCH_PROCESS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Calls fn in a process of its own, in a folder of its own, and gives its status. INT, TERM and HUP
 * end it and all it started (128 + the signal's number); however it ends, nothing of it goes on
 * and the folder is removed. */
int process_watch_over(int (*fn)(void *context), void *context);
const char *process_folder(void); /* that folder, within fn */

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

/* A folder in process_folder(), removed by process_remove_folder. False: said on stderr. */
bool process_make_folder(char *ret, size_t size);
void process_remove_folder(const char *folder);
/* Bytes that the files of a folder take on the disk. */
uint64_t process_disk_bytes(const char *folder);

/* What a process has for itself, by the kernel's own words (smaps_rollup in proc(5)). dirty: heap,
 * stacks, written data. clean: pages as they are in a file, LMDB's map above all; the kernel takes
 * them back whenever memory is wanted and reads them again. */
struct process_memory {
    double dirty, clean; /* bytes */
};
struct process_memory process_memory(pid_t pid);
/* Keeps the greater of each. */
void process_memory_peak(struct process_memory *peak, pid_t pid);
bool process_ended(pid_t pid);        /* a child that can be waited for; it is not */
uint64_t process_cpu_us(pid_t pid);   /* all its threads, so far */
uint64_t process_switches(pid_t pid); /* voluntary ones of all threads: wake-ups */
double process_now_us(void);          /* monotonic */
/* The last value of "NAME=number" in a log file; 0 if it is not there. */
uint64_t process_logged(const char *log_path, const char *name);
/* Where nganam-NAME is: beside this program's own folder; ret has 4096 bytes. */
void process_program(const char *name, char *ret);

#endif
