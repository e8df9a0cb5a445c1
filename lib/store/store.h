/* LMDB behind one narrow door; nobody else includes lmdb.h.
 *
 * A store is one LMDB environment in its own folder, with named tables. Keys are ordered as bytes;
 * put integers big-endian (store_key_u64). Writes run as a function inside a transaction, because a
 * full map is grown between transactions and the function is then run again: it must not do
 * anything it cannot do twice. A commit that returns NG_OK is on disk (unless relaxed_meta was
 * asked for). A commit that fails after the map was written is final for the process: the store
 * refuses every later write with NG_ERR_IO, and the caller must stop acknowledging, say so, and
 * exit.
 */
#ifndef NGANAM_STORE_STORE_H
#define NGANAM_STORE_STORE_H

#include "base/buf.h"

#include <stdbool.h>

struct store;
struct store_txn;
struct store_cursor;

struct store_config {
    const char *path; /* folder; made (0700) when create is set */
    const char *const
        *tables;             /* names, NULL-terminated, borrowed while the store is open; a table's
                              * number is its place here; at most 60; none begins with "_" */
    const char *format;      /* e.g. "nganam party"; checked against the stored one */
    uint32_t format_version; /* another version: NG_ERR_VERSION, nothing is touched */
    bool create;
    bool read_only;         /* beside a running writer of another process */
    bool relaxed_meta;      /* MDB_NOMETASYNC: only for state that can be had again */
    bool sealed;            /* each row carries a seal (store_seal.h); one that does not hold is
                             * NG_ERR_CORRUPT, and store_check finds rows that are lost or old. For
                             * rows that nothing else checks; a store is made and opened with the
                             * same wish, so changing it is another version */
    uint64_t map_bytes;     /* first map size, grown as needed; 0: 16 MiB */
    uint64_t map_bytes_max; /* 0: 1 TiB */
};

/* NG_ERR_NOT_FOUND (no such store and not create), BUSY, VERSION, ACCESS, FULL, CORRUPT, IO. Each
 * environment is opened once per process (LMDB's rule); a second open is NG_ERR_BUSY. */
enum ng_err store_open(const struct store_config *config, struct store **ret_store) NG_MUST_USE;
void store_close(struct store **s);
const char *store_path(const struct store *s);

/* Any error from the function aborts the transaction and is returned. NG_ERR_FULL: no space on the
 * disk, or the map is at its maximum; nothing was written and a later try may succeed. */
typedef enum ng_err (*store_fn)(struct store_txn *txn, void *context);
enum ng_err store_write(struct store *s, store_fn fn, void *context) NG_MUST_USE;

/* A snapshot; values read stay valid until it ends. Hold none for long: pages it sees are not
 * reused, and the map cannot grow while one is open. A map grown by another process is re-mapped
 * here. At most one transaction of a store a thread, reading or writing (CHECK): a thread that
 * holds a snapshot must end it before it writes. NG_ERR_BUSY if another thread's snapshot holds up
 * a re-mapping for 30 seconds, NG_ERR_AGAIN if 1,000 snapshots are open in all processes. */
enum ng_err store_begin_read(struct store *s, struct store_txn **ret_txn) NG_MUST_USE;
void store_end_read(struct store_txn **txn);

/* Bytes that live as long as the transaction, for a value pieced together from several; not aligned
 * for anything wider than a pointer. NULL: out of memory. */
void *store_txn_alloc(struct store_txn *t, size_t size);

#define STORE_VALUE_SIZE_MAX (256u * 1024u)
/* NG_ERR_NOT_FOUND (no detail is formatted for it), CORRUPT, IO. A key has 1 … 511 bytes, a value
 * at most STORE_VALUE_SIZE_MAX, else NG_ERR_LIMIT: a damaged page can give a value any length up to
 * 4 GiB, and what is longer than anything written is not looked at. Values are borrowed until the
 * transaction ends or, in a write, until the next change. */
enum ng_err store_get(struct store_txn *t, unsigned table, struct bytes key,
                      struct bytes *ret_value) NG_MUST_USE;
enum ng_err store_put(struct store_txn *t, unsigned table, struct bytes key,
                      struct bytes value) NG_MUST_USE;
/* Key must be greater than every key there, else NG_ERR_CORRUPT: the log's fast path (MDB_APPEND).
 */
enum ng_err store_append(struct store_txn *t, unsigned table, struct bytes key,
                         struct bytes value) NG_MUST_USE;
enum ng_err store_remove(struct store_txn *t, unsigned table, struct bytes key) NG_MUST_USE;
enum ng_err store_clear(struct store_txn *t, unsigned table) NG_MUST_USE; /* all entries */
enum ng_err store_count(struct store_txn *t, unsigned table, uint64_t *ret_count) NG_MUST_USE;

/* NG_ERR_CORRUPT unless a table of a sealed store holds the rows that the last commit left in it,
 * all and no others: who then misses a row, or comes to the end, may believe it. It reads the whole
 * table, but only a word of each row. Not in a write. */
enum ng_err store_check(struct store_txn *t, unsigned table) NG_MUST_USE;

/* Close a cursor before its transaction ends. */
enum ng_err store_cursor_open(struct store_txn *t, unsigned table,
                              struct store_cursor **ret_cursor) NG_MUST_USE;
void store_cursor_close(struct store_cursor **c);
/* Each: NG_ERR_NOT_FOUND at the end. seek: first key ≥ key. */
enum ng_err store_cursor_seek(struct store_cursor *c, struct bytes key, struct bytes *ret_key,
                              struct bytes *ret_value) NG_MUST_USE;
/* This key and no other, NG_ERR_NOT_FOUND; faster than store_get where keys are near each other. */
enum ng_err store_cursor_find(struct store_cursor *c, struct bytes key,
                              struct bytes *ret_value) NG_MUST_USE;
enum ng_err store_cursor_next(struct store_cursor *c, struct bytes *ret_key,
                              struct bytes *ret_value) NG_MUST_USE;
enum ng_err store_cursor_prev(struct store_cursor *c, struct bytes *ret_key,
                              struct bytes *ret_value) NG_MUST_USE;
enum ng_err store_cursor_last(struct store_cursor *c, struct bytes *ret_key,
                              struct bytes *ret_value) NG_MUST_USE;

/* 8 big-endian bytes for an integer key. */
struct store_key_u64 {
    uint8_t bytes[8];
};
struct store_key_u64 store_key_u64(uint64_t v);
#define STORE_KEY(k) ((struct bytes){(k).bytes, sizeof((k).bytes)})

/* Bytes of the data file in use (pages), and of the map. */
enum ng_err store_size(struct store *s, uint64_t *ret_used, uint64_t *ret_map) NG_MUST_USE;

/* A consistent copy into an empty folder, beside readers and the writer (mdb_copy, compacting). */
enum ng_err store_copy(struct store *s, const char *folder) NG_MUST_USE;

#endif
