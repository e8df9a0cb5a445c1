/* One entry of the log as people and programs read it. */
#ifndef NGANAM_AUDIT_ENTRY_H
#define NGANAM_AUDIT_ENTRY_H

#include "ledger/leaf.h"
#include "ledger/previous.h"

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

/* The log that this one follows, as this entry says; none where it says nothing, or nothing that
 * holds: log verify tells why. */
void entry_previous(const struct entry *e, struct previous *ret);
/* {origin, size, root} of the log that this one follows, null where there is none. A new
 * reference, NULL when out of memory. */
json_t *entry_previous_json(const struct previous *p);

/* {index, received_at, authored_at, author, epoch, seq, kind, kind_name, to, size}, of a first
 * entry that names one the previous log, and of one that a person is said to have signed his id as
 * "actor": whether he has, only the registry at that entry tells. A new reference, NULL when out of
 * memory. `to` is "" for the office. */
json_t *entry_json(const struct entry *e);

#endif
