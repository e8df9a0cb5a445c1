#include "ledger/ledger_index.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/ledger_table.h"

#include <string.h>

enum { INDEX_SIZE = 8, ROW_SIZE_MAX = LEDGER_INDEX_BLOCK * INDEX_SIZE };

/* addressee (16, zero-padded) || leaf index (8) */
struct ledger_index_inbox_key {
    uint8_t bytes[24];
};

static void ledger_index_put_code(uint8_t *to, const char *code)
{
    memset(to, 0, PARTY_CODE_MAX);
    memcpy(to, code, strnlen(code, PARTY_CODE_MAX));
}

struct ledger_index_author_key ledger_index_author_key(const char *author, uint32_t epoch,
                                                       uint64_t seq)
{
    struct ledger_index_author_key key;
    ledger_index_put_code(key.bytes, author);
    bytes_put_u32(key.bytes + 16, epoch);
    bytes_put_u64(key.bytes + 20, (seq - 1) / LEDGER_INDEX_BLOCK);
    return key;
}

enum ng_err ledger_index_in_row(struct bytes row, uint64_t seq, uint64_t *ret_index)
{
    size_t at = (size_t)((seq - 1) % LEDGER_INDEX_BLOCK) * INDEX_SIZE;
    if (row.size % INDEX_SIZE != 0 || row.size > ROW_SIZE_MAX) {
        return err_set(NG_ERR_CORRUPT, _("the index of authors is damaged"));
    }
    if (at >= row.size) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    *ret_index = bytes_get_u64(row.data + at);
    return NG_OK;
}

enum ng_err ledger_index_add_author(struct ledger_overlay *o, const char *author, uint32_t epoch,
                                    uint64_t seq, uint64_t index)
{
    struct ledger_index_author_key key = ledger_index_author_key(author, epoch, seq);
    size_t at = (size_t)((seq - 1) % LEDGER_INDEX_BLOCK) * INDEX_SIZE;
    uint8_t row[ROW_SIZE_MAX];
    struct bytes old = {NULL, 0};
    enum ng_err e = ledger_overlay_get(o, LEDGER_TABLE_AUTHORS, STORE_KEY(key), &old);
    if (e != NG_OK && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    if (old.size != at) {
        return err_set(NG_ERR_CORRUPT, _("the index of authors is damaged"));
    }
    if (at > 0) {
        memcpy(row, old.data, at);
    }
    bytes_put_u64(row + at, index);
    return ledger_overlay_put(o, LEDGER_TABLE_AUTHORS, STORE_KEY(key),
                              (struct bytes){row, at + INDEX_SIZE});
}

static struct ledger_index_inbox_key ledger_index_inbox_key(const char *to, uint64_t index)
{
    struct ledger_index_inbox_key key;
    ledger_index_put_code(key.bytes, to);
    bytes_put_u64(key.bytes + PARTY_CODE_MAX, index);
    return key;
}

enum ng_err ledger_index_add_inbox(struct store_txn *t, const char *to, uint64_t index)
{
    struct ledger_index_inbox_key key = ledger_index_inbox_key(to, index);
    return store_put(t, LEDGER_TABLE_INBOX, STORE_KEY(key), (struct bytes){key.bytes, 0});
}

enum ng_err ledger_index_next_inbox(struct store_txn *t, const char *to, uint64_t from,
                                    uint64_t *ret_index)
{
    struct ledger_index_inbox_key key = ledger_index_inbox_key(to, from);
    struct store_cursor *cursor = NULL;
    struct bytes found;
    struct bytes value;
    enum ng_err e = store_cursor_open(t, LEDGER_TABLE_INBOX, &cursor);
    if (e != NG_OK) {
        return e;
    }
    e = store_cursor_seek(cursor, STORE_KEY(key), &found, &value);
    if (e == NG_OK && found.size != sizeof(key.bytes)) {
        e = err_set(NG_ERR_CORRUPT, _("the index of inboxes is damaged"));
    }
    if (e == NG_OK && memcmp(found.data, key.bytes, PARTY_CODE_MAX) != 0) {
        e = err_plain(NG_ERR_NOT_FOUND); /* somebody else's mail */
    }
    if (e == NG_OK) {
        *ret_index = bytes_get_u64(found.data + PARTY_CODE_MAX);
    }
    store_cursor_close(&cursor);
    return e;
}
