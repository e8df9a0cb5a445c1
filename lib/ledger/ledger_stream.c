#include "ledger/ledger_stream.h"

#include "base/lang.h"
#include "ledger/ledger_table.h"

#include <string.h>

/* The chunk's bytes from offset on; at least one. */
static enum ng_err ledger_stream_chunk(struct store_txn *t, uint64_t chunk, size_t offset,
                                       struct bytes *ret)
{
    struct store_key_u64 key = store_key_u64(chunk);
    struct bytes value;
    enum ng_err e = store_get(t, LEDGER_TABLE_STREAM, STORE_KEY(key), &value);
    if (e == NG_ERR_NOT_FOUND ||
        (e == NG_OK && (value.size <= offset || value.size > LEDGER_STREAM_CHUNK))) {
        return err_set(NG_ERR_CORRUPT, _("the log's chunk %llu is missing or cut short"),
                       (unsigned long long)chunk);
    }
    if (e == NG_OK) {
        *ret = (struct bytes){value.data + offset, value.size - offset};
    }
    return e;
}

enum ng_err ledger_stream_read(struct store_txn *t, uint64_t at, size_t size, struct bytes *ret)
{
    uint64_t chunk = at / LEDGER_STREAM_CHUNK;
    struct bytes piece;
    enum ng_err e = ledger_stream_chunk(t, chunk, at % LEDGER_STREAM_CHUNK, &piece);
    if (e != NG_OK) {
        return e;
    }
    if (piece.size >= size) {
        *ret = (struct bytes){piece.data, size};
        return NG_OK;
    }
    uint8_t *whole = store_txn_alloc(t, size);
    if (whole == NULL) {
        return err_set(NG_ERR_NOMEM, "%zu bytes", size);
    }
    size_t have = 0;
    while (have < size) {
        size_t take = piece.size < size - have ? piece.size : size - have;
        memcpy(whole + have, piece.data, take);
        have += take;
        if (have < size) {
            e = ledger_stream_chunk(t, ++chunk, 0, &piece);
            if (e != NG_OK) {
                return e;
            }
        }
    }
    *ret = (struct bytes){whole, size};
    return NG_OK;
}

enum ng_err ledger_stream_begin(struct ledger_stream_writer *w, struct store_txn *t, uint64_t end)
{
    w->txn = t;
    w->chunk = end / LEDGER_STREAM_CHUNK;
    w->size = (size_t)(end % LEDGER_STREAM_CHUNK);
    w->replaces = w->size > 0;
    if (w->size == 0) {
        return NG_OK;
    }
    struct bytes old;
    enum ng_err e = ledger_stream_chunk(t, w->chunk, 0, &old);
    if (e == NG_OK && old.size != w->size) {
        e = err_set(NG_ERR_CORRUPT, _("the log's chunk %llu does not end where its last leaf does"),
                    (unsigned long long)w->chunk);
    }
    if (e == NG_OK) {
        memcpy(w->data, old.data, old.size);
    }
    return e;
}

/* Writes the chunk as far as it is filled. */
static enum ng_err ledger_stream_put(struct ledger_stream_writer *w)
{
    struct store_key_u64 key = store_key_u64(w->chunk);
    struct bytes value = {w->data, w->size};
    return w->replaces ? store_put(w->txn, LEDGER_TABLE_STREAM, STORE_KEY(key), value)
                       : store_append(w->txn, LEDGER_TABLE_STREAM, STORE_KEY(key), value);
}

enum ng_err ledger_stream_add(struct ledger_stream_writer *w, struct bytes data)
{
    size_t done = 0;
    while (done < data.size) {
        size_t space = LEDGER_STREAM_CHUNK - w->size;
        size_t take = data.size - done < space ? data.size - done : space;
        memcpy(w->data + w->size, data.data + done, take);
        w->size += take;
        done += take;
        if (w->size == LEDGER_STREAM_CHUNK) {
            enum ng_err e = ledger_stream_put(w);
            if (e != NG_OK) {
                return e;
            }
            w->chunk++;
            w->replaces = false;
            w->size = 0;
        }
    }
    return NG_OK;
}

enum ng_err ledger_stream_finish(struct ledger_stream_writer *w)
{
    return w->size == 0 ? NG_OK : ledger_stream_put(w);
}
