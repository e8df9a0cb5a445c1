/* log list: entries of a source, one a line, as journalctl and git log would. */
#ifndef NGANAM_AUDIT_LIST_H
#define NGANAM_AUDIT_LIST_H

#include "audit/source.h"

struct list_options {
    uint64_t from;     /* first index */
    uint64_t limit;    /* 0: all */
    const char *since; /* received then or later; each may be NULL */
    const char *until; /* received by then */
    const char *unit;  /* wrote it, or it is addressed to it */
    const char *kind;  /* a name or a number */
    const char *code;  /* what it speaks of: a component's, task's, event's code */
    bool follow;       /* go on with what comes, until ended */
    bool json;         /* a document; with follow an object a line */
};

/* Long lists are read in short snapshots and written as they are read. NG_ERR_USAGE, NG_ERR_INPUT;
 * NG_ERR_CORRUPT names a damaged entry. */
enum ng_err list_print(struct source *s, const struct list_options *options) NG_MUST_USE;

/* "23/11/2026", "2026-11-23 09:41", "09:41 23/11/2026", "2026-11-23T09:41:20+07:00", at UTC+7: the
 * first millisecond of what is named, or with `last` its last. NG_ERR_INPUT. */
enum ng_err list_moment(const char *text, bool last, uint64_t *ret_ms) NG_MUST_USE;

#endif
