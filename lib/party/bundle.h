/* Files that carry statements and receipts where no line does (docs/disk-format.md): a bundle holds
 * statements of one key epoch that have no receipt yet, each with its signature; the answer to it
 * holds the receipts. Whose hand a file went through does not matter: the hash at the end tells
 * damage, the signatures and proofs inside tell everything else. */
#ifndef NGANAM_PARTY_BUNDLE_H
#define NGANAM_PARTY_BUNDLE_H

#include "ledger/note.h"
#include "ledger/statement.h"

#define BUNDLE_SIZE_MAX (64u << 20) /* of a file */
#define BUNDLE_ITEMS_MAX 8192u      /* so many receipts fit into a file, too */

enum bundle_sort {
    BUNDLE_STATEMENTS, /* an item: signature (64) || statement */
    BUNDLE_RECEIPTS    /* an item: seq (8) || receipt text */
};

struct bundle {
    char origin[NOTE_ORIGIN_MAX + 1];
    struct party_code party; /* the author */
    uint32_t epoch;
    uint32_t count;     /* of items */
    struct bytes items; /* borrowed */
};

/* Writing: begin with origin, party and epoch; count and items are not looked at. An item is two
 * pieces one behind the other. NG_ERR_LIMIT when an item finds no place: the file stays whole. */
enum ng_err bundle_begin(struct buf *to, enum bundle_sort sort,
                         const struct bundle *head) NG_MUST_USE;
enum ng_err bundle_add(struct buf *to, struct bytes first, struct bytes second) NG_MUST_USE;
enum ng_err bundle_end(struct buf *to) NG_MUST_USE;

/* Reading: borrows the file's bytes. NG_ERR_INPUT: not such a file; NG_ERR_VERIFY: damaged. */
enum ng_err bundle_read(struct bytes file, enum bundle_sort sort, struct bundle *ret) NG_MUST_USE;
/* The next item of what bundle_read gave; false at the end. */
bool bundle_next(struct bundle *b, enum bundle_sort sort, struct bytes *ret_first,
                 struct bytes *ret_second);

/* Whether the statements are what a bundle holds: of this party, epoch and log, in the order of
 * their seq without a gap, each following the one before. Who signed them the broker knows.
 * NG_ERR_VERIFY. */
enum ng_err bundle_check(const struct bundle *b, uint64_t *ret_first_seq) NG_MUST_USE;

#endif
