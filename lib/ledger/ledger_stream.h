/* The leaves' bytes, one behind the other, cut into chunks that fill whole pages. For lib/ledger
 * alone. */
#ifndef NGANAM_LEDGER_LEDGER_STREAM_H
#define NGANAM_LEDGER_LEDGER_STREAM_H

#include "store/store.h"

#include <stdbool.h>

/* Four pages of 4096 bytes less the header of an LMDB overflow run: 42 bytes in 16 KiB are lost.
 * One page would lose 1 %, which is half of what a statement of 26 KB may cost; a larger chunk is
 * written again whole by every small commit. */
#define LEDGER_STREAM_CHUNK 16368u

/* size > 0 bytes from `at`. Borrowed from the transaction; pieced together in its memory where they
 * cross a chunk's end. NG_ERR_CORRUPT where a chunk is missing or short. */
enum ng_err ledger_stream_read(struct store_txn *t, uint64_t at, size_t size,
                               struct bytes *ret) NG_MUST_USE;

/* Adds to the end within one write transaction. Large: keep it off small stacks. */
struct ledger_stream_writer {
    struct store_txn *txn;
    uint64_t chunk; /* the one being filled */
    bool replaces;  /* it is in the table already */
    size_t size;
    uint8_t data[LEDGER_STREAM_CHUNK];
};
/* `end` is the stream's size so far. */
enum ng_err ledger_stream_begin(struct ledger_stream_writer *w, struct store_txn *t,
                                uint64_t end) NG_MUST_USE;
enum ng_err ledger_stream_add(struct ledger_stream_writer *w, struct bytes data) NG_MUST_USE;
enum ng_err ledger_stream_finish(struct ledger_stream_writer *w) NG_MUST_USE;

#endif
