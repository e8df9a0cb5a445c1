#include "ledger/ledger_index.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/ledger_table.h"

#include <string.h>

enum { INDEX_SIZE = 8, ROW_SIZE_MAX = REGISTRY_BLOCK * INDEX_SIZE };

/* author (16, zero-padded) || epoch (4) || (seq − 1) / 32 (8) */
struct ledger_index_author_key {
    uint8_t bytes[28];
};

/* addressee (16, zero-padded) || leaf index (8) */
struct ledger_index_inbox_key {
    uint8_t bytes[24];
};

static void ledger_index_put_code(uint8_t *to, const char *code)
{
    memset(to, 0, PARTY_CODE_MAX);
    memcpy(to, code, strnlen(code, PARTY_CODE_MAX));
}

static struct ledger_index_author_key ledger_index_author_key(const char *author, uint32_t epoch,
                                                              uint64_t block)
{
    struct ledger_index_author_key key;
    ledger_index_put_code(key.bytes, author);
    bytes_put_u32(key.bytes + 16, epoch);
    bytes_put_u64(key.bytes + 20, block);
    return key;
}

/* What the party's row holds becomes a row of its own, `last` behind it unless NULL. */
static enum ng_err ledger_index_move(struct ledger_overlay *o, const struct registry_party *p,
                                     const uint64_t *last)
{
    uint8_t row[ROW_SIZE_MAX];
    size_t count = (size_t)(p->high_water % REGISTRY_BLOCK);
    for (size_t i = 0; i < count; i++) {
        bytes_put_u64(row + i * INDEX_SIZE, p->block[i]);
    }
    if (last != NULL) {
        bytes_put_u64(row + count++ * INDEX_SIZE, *last);
    }
    struct ledger_index_author_key key =
        ledger_index_author_key(p->code.text, p->epoch, p->high_water / REGISTRY_BLOCK);
    return ledger_overlay_put(o, LEDGER_TABLE_AUTHORS, STORE_KEY(key),
                              (struct bytes){row, count * INDEX_SIZE});
}

enum ng_err ledger_index_add_author(struct ledger_overlay *o, const struct registry_party *before,
                                    const struct statement *s, uint64_t index)
{
    if (s->epoch != before->epoch) {
        bool has = before->high_water % REGISTRY_BLOCK != 0;
        return has ? ledger_index_move(o, before, NULL) : NG_OK;
    }
    return s->seq % REGISTRY_BLOCK == 0 ? ledger_index_move(o, before, &index) : NG_OK;
}

/* In a row of the table. */
static enum ng_err ledger_index_in_table(struct ledger_overlay *o, const char *author,
                                         uint32_t epoch, uint64_t seq, uint64_t *ret_index)
{
    struct ledger_index_author_key key =
        ledger_index_author_key(author, epoch, (seq - 1) / REGISTRY_BLOCK);
    size_t at = (size_t)((seq - 1) % REGISTRY_BLOCK) * INDEX_SIZE;
    struct bytes row;
    enum ng_err e = ledger_overlay_get(o, LEDGER_TABLE_AUTHORS, STORE_KEY(key), &row);
    if (e != NG_OK) {
        return e;
    }
    if (row.size % INDEX_SIZE != 0 || row.size > ROW_SIZE_MAX) {
        return err_set(NG_ERR_CORRUPT, _("the index of authors is damaged"));
    }
    if (at >= row.size) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    *ret_index = bytes_get_u64(row.data + at);
    return NG_OK;
}

enum ng_err ledger_index_find(struct ledger_overlay *o, const char *author, uint32_t epoch,
                              uint64_t seq, uint64_t *ret_index)
{
    struct registry_fold_rows rows = ledger_overlay_registry(o);
    struct registry_party p;
    enum ng_err e = registry_fold_party(&rows, author, &p);
    if (e == NG_OK && (epoch > p.epoch || seq == 0 || (epoch == p.epoch && seq > p.high_water))) {
        e = err_plain(NG_ERR_NOT_FOUND);
    }
    if (e != NG_OK) {
        return e;
    }
    uint64_t moved = p.high_water - p.high_water % REGISTRY_BLOCK;
    if (epoch < p.epoch || seq <= moved) {
        return ledger_index_in_table(o, author, epoch, seq, ret_index);
    }
    *ret_index = p.block[seq - 1 - moved];
    return NG_OK;
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
