/* One entry of the log as people and programs read it. */
#ifndef NGANAM_AUDIT_ENTRY_H
#define NGANAM_AUDIT_ENTRY_H

#include "ledger/leaf.h"

#include <jansson.h>

/* A stored leaf taken apart; borrows the leaf's bytes. */
struct entry {
    struct leaf leaf;
    struct statement statement;
};
/* NG_ERR_CORRUPT with the index: the stored bytes are no leaf with a statement in it. */
enum ng_err entry_read(uint64_t index, struct bytes leaf, struct entry *ret) NG_MUST_USE;

/* "report" …; "kind 99" for a number without a name (one of two rotating strings). */
const char *entry_kind_name(uint32_t kind);

/* The same for a person: "báo cáo" …; kinds without a word by their name. */
const char *entry_kind_word(uint32_t kind);

/* A line of entries.ndjson: all fields, times as text and as milliseconds, bytes as base64, the
 * payload for reading as "content" (null where it is not known here or does not parse). */
#define ENTRY_LINE_MAX (2u << 20)
enum ng_err entry_line(const struct entry *e, struct buf *to) NG_MUST_USE;
/* Whether the payload speaks of this code: a component's, a task's, an event's, a unit's. */
bool entry_has_code(const struct entry *e, const char *code);

/* {index, received_at, author, epoch, seq, kind, kind_name, to, size}; a new reference, NULL when
 * out of memory. `to` is "" for the office. */
json_t *entry_json(const struct entry *e);

#endif
