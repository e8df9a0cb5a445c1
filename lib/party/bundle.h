/* Files that carry statements and receipts where no line does (docs/disk-format.md): a bundle holds
 * statements of one key epoch that have no receipt yet, each with its signature, and the evidence
 * files that wait; the answer to it holds the receipts, and the log's word for each file that it
 * has. Whose hand a file went through does not matter: a hash tells damage, the signatures and
 * proofs inside tell everything else.
 *
 * The front, which is read as a whole, ends with its hash; behind that of a bundle lie the blobs
 * one after the other, each of the size and with the hash that its row in the front says. */
#ifndef NGANAM_PARTY_BUNDLE_H
#define NGANAM_PARTY_BUNDLE_H

#include "ledger/note.h"
#include "ledger/statement.h"

#define BUNDLE_SIZE_MAX (64u << 20) /* of a front */
#define BUNDLE_ITEMS_MAX 8192u      /* so many receipts fit into a file, too */
#define BUNDLE_FILES_MAX 10000u
/* All blobs: a stick's file has 4 GiB at most. */
#define BUNDLE_FILES_SIZE_MAX (UINT64_C(3) << 30)

enum bundle_sort {
    BUNDLE_STATEMENTS, /* an item: signature (64) || statement */
    BUNDLE_RECEIPTS    /* an item: seq (8) || receipt text */
};

struct bundle {
    char origin[NOTE_ORIGIN_MAX + 1];
    struct party_code party; /* the author */
    uint32_t epoch;
    uint32_t count;     /* of items */
    struct bytes items; /* borrowed, as the rows */
    uint32_t file_count;
    struct bytes files; /* their rows */
    size_t size;        /* of the front: what lies behind it are the blobs */
};

/* A blob of a bundle, and the author's statement that cites it. */
struct bundle_file {
    struct hash id;
    uint64_t size;
    uint32_t epoch;
    uint64_t seq;
};

/* Writing: begin with origin, party and epoch; the rest is not looked at. Items first, then files.
 * An item is two pieces one behind the other. NG_ERR_LIMIT when one finds no place: the front stays
 * whole. */
enum ng_err bundle_begin(struct buf *to, enum bundle_sort sort,
                         const struct bundle *head) NG_MUST_USE;
enum ng_err bundle_add(struct buf *to, struct bytes first, struct bytes second) NG_MUST_USE;
enum ng_err bundle_add_file(struct buf *to, const struct bundle_file *file) NG_MUST_USE;
/* Among receipts: a file the log has, with its word for it (blob/blob_proof.h). */
enum ng_err bundle_add_stored(struct buf *to, const struct hash *id,
                              const uint8_t proof[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
enum ng_err bundle_end(struct buf *to) NG_MUST_USE;

/* Reading: borrows the file's bytes, which may go on behind a bundle's front. NG_ERR_INPUT: not
 * such a file; NG_ERR_VERIFY: damaged. */
enum ng_err bundle_read(struct bytes file, enum bundle_sort sort, struct bundle *ret) NG_MUST_USE;
/* The next item of what bundle_read gave; false at the end. */
bool bundle_next(struct bundle *b, enum bundle_sort sort, struct bytes *ret_first,
                 struct bytes *ret_second);

bool bundle_next_file(struct bundle *b, struct bundle_file *ret);
bool bundle_next_stored(struct bundle *b, struct hash *ret_id, const uint8_t **ret_proof);

/* Whether the statements are what a bundle holds: of this party, epoch and log, in the order of
 * their seq without a gap, each following the one before. Who signed them the broker knows. A
 * bundle may hold files alone (*ret_first_seq is 0). NG_ERR_VERIFY. */
enum ng_err bundle_check(const struct bundle *b, uint64_t *ret_first_seq) NG_MUST_USE;

#endif
