/* Evidence files beside the log: a folder of blobs. A blob is 32 random bytes followed by the
 * content, and its id is the SHA-256 of the blob: the log cites the id, so a file can be erased
 * without breaking a proof, and nobody who has not been told an id can guess it, even of a file he
 * holds.
 *
 * A file's name is made here from the id alone, never from what a person called it; folders and
 * files are opened one below the other by descriptor, and no link is followed. A file is written
 * under a name of its own, hashed, synced and renamed, so what stands under an id was whole once.
 *
 * Any number of processes may read and add; one at a time receives pieces (blob_put). One thread a
 * handle. docs/disk-format.md has the bytes. */
#ifndef NGANAM_BLOB_BLOB_H
#define NGANAM_BLOB_BLOB_H

#include "blob/blob_type.h"
#include "ledger/hash.h"
#include "ledger/statement.h"

#define BLOB_SALT_SIZE 32
#define BLOB_ID_TEXT_SIZE 64
#define BLOB_CONTENT_MAX (UINT64_C(20) << 20) /* bytes of one file */
#define BLOB_OWNER_BYTES_MAX (UINT64_C(2) << 30)
#define BLOB_OWNER_COUNT_MAX UINT64_C(10000)
#define BLOB_REASON_MAX 200

struct blob_folder;

/* What is taken; 0: no limit. */
struct blob_limits {
    uint64_t content_max;
    uint64_t owner_bytes_max; /* of all its blobs, those half received with their full size */
    uint64_t owner_count_max;
};

enum blob_state {
    BLOB_MISSING,
    BLOB_PART,    /* being fetched, not whole; what another puts here shows when it is whole */
    BLOB_THERE,   /* whole when it was stored; blob_check looks whether it still is */
    BLOB_ALTERED, /* what stands there is not what was stored */
    BLOB_ERASED
};
const char *blob_state_name(enum blob_state state); /* for JSON and logs; never translated */
const char *blob_state_text(enum blob_state state); /* for a person */

struct blob_info {
    enum blob_state state;
    struct party_code owner; /* who put it; "" unknown */
    uint64_t size;           /* of the whole blob */
    uint64_t have;           /* bytes of it that are there */
    int64_t erased_at_ms;    /* ERASED */
    char reason[BLOB_REASON_MAX + 1];
};

/* Opens the folder, made if it is missing. With limits per owner all that is in it is counted.
 * NG_ERR_IO, ACCESS, FULL, NOMEM. */
enum ng_err blob_open(const char *path, const struct blob_limits *limits,
                      struct blob_folder **ret) NG_MUST_USE;
void blob_close(struct blob_folder **b); /* NULL is fine */

/* By the header alone. What cannot be read is ALTERED; NG_ERR_NOMEM, NG_ERR_IO (the folder). */
enum ng_err blob_find(struct blob_folder *b, const struct hash *id,
                      struct blob_info *ret) NG_MUST_USE;
/* The same, and a blob that is THERE is hashed again. */
enum ng_err blob_check(struct blob_folder *b, const struct hash *id,
                       struct blob_info *ret) NG_MUST_USE;

/* Up to `max` bytes of the blob from `offset`, into `to` (emptied first). NG_ERR_NOT_FOUND unless
 * it is THERE; NG_ERR_LIMIT beyond its end. */
enum ng_err blob_read(struct blob_folder *b, const struct hash *id, uint64_t offset, size_t max,
                      struct buf *to) NG_MUST_USE;
/* Checks the blob, then writes its content (without the random bytes) to a descriptor.
 * NG_ERR_VERIFY: altered; NG_ERR_NOT_FOUND. */
enum ng_err blob_write_out(struct blob_folder *b, const struct hash *id, int fd) NG_MUST_USE;
/* Whether the content is, byte for byte, what stands in the file; false if anything is amiss. */
bool blob_is_content(struct blob_folder *b, const struct hash *id, int fd);

/* Takes the bytes away and leaves a mark that says so, with the reason. What is not there is marked
 * too: it is not taken any more. */
enum ng_err blob_erase(struct blob_folder *b, const struct hash *id, const char *reason,
                       int64_t now_ms) NG_MUST_USE;

/* ---- Taking (blob_put.c, blob_add.c) ---- */

enum blob_answer {
    BLOB_TAKEN,
    BLOB_TOO_LARGE,
    BLOB_BAD_TYPE, /* its first bytes are of none of the types taken */
    BLOB_OVER_QUOTA,
    BLOB_BAD_HASH, /* all is there and it is not what its id says: thrown away */
    BLOB_GONE      /* erased */
};

struct blob_piece {
    struct hash id;
    struct party_code owner;
    uint64_t size; /* of the whole blob */
    uint64_t offset;
    struct bytes bytes; /* none: only asks how much is there */
    bool replace;       /* what stands under the id is known to be altered */
    int64_t now_ms;
};
/* Takes a piece that begins where the part ends; one that does not is left. ret_have: how much is
 * there now; all of `size` only when the blob is whole, hashed and on the disk. The last piece of a
 * blob costs a read of all of it and a sync. NG_ERR_FULL and other failures of the disk leave what
 * was there. */
enum ng_err blob_put(struct blob_folder *b, const struct blob_piece *piece,
                     enum blob_answer *ret_answer, uint64_t *ret_have) NG_MUST_USE;

/* Makes a blob of a file's content, on the disk when it returns. `type`: what the content has to
 * begin like. */
enum ng_err blob_add(struct blob_folder *b, int fd, enum blob_type type,
                     const struct party_code *owner, int64_t now_ms, enum blob_answer *ret_answer,
                     struct hash *ret_id) NG_MUST_USE;
/* Takes away what is there of one that is not whole. */
enum ng_err blob_drop_part(struct blob_folder *b, const struct hash *id) NG_MUST_USE;
/* Takes away a blob that nothing cites. */
enum ng_err blob_drop(struct blob_folder *b, const struct hash *id) NG_MUST_USE;

/* What an owner has; zeros if the folder was opened without limits per owner. */
struct blob_usage {
    uint64_t bytes, count;
};
struct blob_usage blob_usage_of(const struct blob_folder *b, const struct party_code *owner);
/* The n-th owner from 0, by code; false beyond the last. */
bool blob_usage_at(const struct blob_folder *b, size_t n, struct party_code *ret_owner,
                   struct blob_usage *ret);

/* ---- The list of those that wait (blob_wait.c): to be sent, or to be fetched ---- */

/* Noted at once, durable after the sync: for many. by: on whose word ("": one's own); who was first
 * stays. */
enum ng_err blob_wait_note(struct blob_folder *b, const struct hash *id,
                           const struct party_code *by) NG_MUST_USE;
enum ng_err blob_wait_sync(struct blob_folder *b) NG_MUST_USE;
/* Durable when it returns. */
enum ng_err blob_wait_add(struct blob_folder *b, const struct hash *id) NG_MUST_USE;
enum ng_err blob_waits(struct blob_folder *b, const struct hash *id, bool *ret) NG_MUST_USE;
enum ng_err blob_wait_remove(struct blob_folder *b, const struct hash *id) NG_MUST_USE;
/* Each of them and on whose word, as far as it is known; stops at the first error. */
typedef enum ng_err (*blob_wait_fn)(void *context, const struct hash *id,
                                    const struct party_code *by);
enum ng_err blob_wait_each(struct blob_folder *b, blob_wait_fn fn, void *context) NG_MUST_USE;
/* At most `max` of them, in no order. ret_count: of all that wait. */
enum ng_err blob_wait_list(struct blob_folder *b, struct hash *ret, size_t max,
                           size_t *ret_count) NG_MUST_USE;

/* ---- Ids as text: 64 hex digits, lower case ---- */

void blob_id_text(const struct hash *id, char ret[BLOB_ID_TEXT_SIZE + 1]);
bool blob_id_parse(const char *text, struct hash *ret);

#endif
