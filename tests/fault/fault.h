/* Fault injection for tests: makes the k-th call of some kind fail, or the process end there.
 *
 * A test that links nganam_fault has its own malloc, write, fsync… in front of libc's (ld --wrap),
 * in all that is linked statically; add nganam_fault_lmdb and LMDB is too. The three loops of a
 * module that allocates or does I/O:
 *
 *     for (unsigned k = 1; ; k++) {
 *         fault_set(FAULT_MEMORY, k, ENOMEM, false);
 *         enum ng_err err = work();
 *         if (!fault_clear()) break;    // the k-th call was never reached: all were tried
 *         … err != NG_OK, no leak (ASan), the state is the old or the new one
 *     }
 *
 * with FAULT_IO and EIO or ENOSPC for the second, and for the third FAULT_STOP in a child process,
 * whose exit status is FAULT_STOPPED if it got that far. Calls that libc makes inside itself are
 * not seen.
 */
#ifndef NGANAM_TESTS_FAULT_H
#define NGANAM_TESTS_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_MEMORY = 1,   /* malloc calloc realloc strdup strndup vasprintf asprintf */
    FAULT_OPEN = 2,     /* open openat */
    FAULT_READ = 4,     /* read pread */
    FAULT_WRITE = 8,    /* write pwrite writev pwritev */
    FAULT_SYNC = 16,    /* fsync fdatasync */
    FAULT_RENAME = 32,  /* rename renameat */
    FAULT_MAP = 64,     /* mmap */
    FAULT_FOLDER = 128, /* mkdir mkdirat unlink unlinkat fchmod */
    FAULT_IO = 254      /* all but memory */
};

#define FAULT_STOP (-1) /* as the errno: _exit(FAULT_STOPPED) in place of the call */
enum { FAULT_STOPPED = 77 };

/* The call-th call (from 1) of the kinds (ORed) from now on fails with this errno; with sticky all
 * later ones too. One plan a process; calls of all threads count. */
void fault_set(unsigned kinds, unsigned call, int error, bool sticky);

/* The call-th write of more than one byte writes only half and says so, as the kernel may. */
void fault_set_short(unsigned call);

/* What fstatvfs says of the disk's space, until the next fault_set; that says "full" by itself
 * where writes fail with ENOSPC, as it would be. */
enum fault_disk { FAULT_DISK_AS_IT_IS, FAULT_DISK_FULL, FAULT_DISK_ROOMY };
void fault_set_disk(enum fault_disk disk);

/* Ends the plan; true if it struck. */
bool fault_clear(void);

/* Writes since the plan was set that went through to the disk by themselves (O_DSYNC). */
unsigned fault_writes_through(void);

/* Calls of the kinds since the plan was set. */
unsigned fault_calls(void);

#endif
