/* One entry of the log as people and programs read it. */
#ifndef NGANAM_BROKER_ENTRY_H
#define NGANAM_BROKER_ENTRY_H

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

/* {index, received_at, author, epoch, seq, kind, kind_name, to, size}; a new reference, NULL when
 * out of memory. `to` is "" for the office. */
json_t *entry_json(const struct entry *e);

#endif
