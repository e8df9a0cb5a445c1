/* Idea: protobuf lets a field follow the others, so the number is added behind what the program
 * encoded (ADR 0005), and found again by a walk over the outermost fields alone. Of a field that
 * comes twice the last counts, as in any protobuf reader.
 *
 * What this cannot show: that the newest entries are held back. They are missed with the next one
 * that comes. */
#include "party/to_seq.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/registry.h"
#include "party/alarm.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

#define TO_SEQ_SIZE_MAX 11

/* 0: of a kind that is not counted. Behind an actor's signature nothing may stand (confirm …), and
 * a policy has no addressee who could miss it. */
static uint8_t tag_of(uint32_t kind)
{
    const bool registry =
        kind == STATEMENT_INVITE || kind == STATEMENT_REVOKE || kind == STATEMENT_UNFREEZE;
    if (kind < STATEMENT_FIELD_FIRST && !registry) {
        return 0;
    }
    return (uint8_t)((registry ? TO_SEQ_FIELD_REGISTRY : TO_SEQ_FIELD) << 3); /* a varint */
}

/* A count kept under this key; 0 when there is none yet. */
static enum ng_err get_count(struct store_txn *t, unsigned table, struct bytes key, uint64_t *ret)
{
    struct bytes value;
    const enum ng_err e = store_get(t, table, key, &value);
    if (e == NG_ERR_NOT_FOUND) {
        *ret = 0;
        return NG_OK;
    }
    if (!e && value.size != 8) {
        return tables_damaged(table == TABLES_TO ? "to" : "from", 0);
    }
    if (!e) {
        *ret = bytes_get_u64(value.data);
    }
    return e;
}

static enum ng_err put_count(struct store_txn *t, unsigned table, struct bytes key, uint64_t count)
{
    const struct store_key_u64 value = store_key_u64(count);
    return store_put(t, table, key, STORE_KEY(value));
}

/* ---- The author's side ---- */

enum ng_err to_seq_append(struct store_txn *t, uint32_t epoch, uint32_t kind,
                          const struct party_code *to, struct buf *payload)
{
    uint8_t key[4 + PARTY_CODE_MAX] = {0};
    uint8_t field[TO_SEQ_SIZE_MAX] = {tag_of(kind)};
    uint64_t count = 0;
    size_t size = 1;
    if (field[0] == 0) {
        return NG_OK;
    }
    bytes_put_u32(key, epoch);
    memcpy(key + 4, to->text, strlen(to->text));
    enum ng_err e = get_count(t, TABLES_TO, (struct bytes){key, sizeof(key)}, &count);
    count++;
    if (!e) {
        e = put_count(t, TABLES_TO, (struct bytes){key, sizeof(key)}, count);
    }
    for (; count >= 0x80; count >>= 7) {
        field[size++] = (uint8_t)(count | 0x80);
    }
    field[size++] = (uint8_t)count;
    return e ? e : buf_add(payload, field, size);
}

/* ---- The addressee's side ---- */

static bool read_varint(struct bytes from, size_t *at, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; *at < from.size && shift < 64; shift += 7) {
        const uint8_t byte = from.data[(*at)++];
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* Past the value of a field whose tag was read; of a varint, its value. */
static bool skip(struct bytes from, uint64_t tag, size_t *at, uint64_t *ret_value)
{
    uint64_t size = 0;
    switch (tag & 7) {
    case 0:
        return read_varint(from, at, ret_value);
    case 1:
        size = 8;
        break;
    case 2:
        if (!read_varint(from, at, &size)) {
            return false;
        }
        break;
    case 5:
        size = 4;
        break;
    default:
        return false;
    }
    if (size > from.size - *at) {
        return false;
    }
    *at += (size_t)size;
    return true;
}

uint64_t to_seq_read(uint32_t kind, struct bytes payload)
{
    uint64_t found = 0;
    if (tag_of(kind) == 0) {
        return 0;
    }
    for (size_t at = 0; at < payload.size;) {
        uint64_t tag = 0, value = 0;
        if (!read_varint(payload, &at, &tag) || !skip(payload, tag, &at, &value)) {
            return 0;
        }
        if (tag == tag_of(kind)) {
            found = value;
        }
    }
    return found;
}

/* From this author, under this key, to us or to everyone. */
struct from_key {
    uint8_t bytes[PARTY_CODE_MAX + 4 + 1];
};

static struct from_key from_key(const struct statement *s)
{
    struct from_key key = {{0}};
    memcpy(key.bytes, s->author.text, strlen(s->author.text));
    bytes_put_u32(key.bytes + PARTY_CODE_MAX, s->epoch);
    key.bytes[PARTY_CODE_MAX + 4] = strcmp(s->to.text, "*") == 0 ? '*' : 0;
    return key;
}

static enum ng_err tell(struct store_txn *t, const struct statement *s, uint64_t known,
                        uint64_t number, const struct leaf *leaf, struct bytes encoded,
                        int64_t now_ms)
{
    char text[ALARM_TEXT_MAX];
    (void)snprintf(
        text, sizeof(text),
        _("%s counts entry %llu of the log as number %llu for this party, but the broker "
          "showed only %llu before it: it leaves out what is meant for us; keep this "
          "folder and tell the office and the auditor"),
        s->author.text, (unsigned long long)leaf->index, (unsigned long long)number,
        (unsigned long long)known);
    return alarm_add(t, now_ms, text, encoded, NULL);
}

enum ng_err to_seq_look(struct store_txn *t, const struct leaf *leaf, struct bytes encoded,
                        int64_t now_ms)
{
    struct statement s;
    uint64_t known = 0;
    if (statement_decode(leaf->statement, &s)) {
        return NG_OK;
    }
    const uint64_t number = to_seq_read(s.kind, s.payload);
    if (number == 0) {
        return NG_OK;
    }
    const struct from_key key = from_key(&s);
    const struct bytes key_bytes = {key.bytes, sizeof(key.bytes)};
    enum ng_err e = get_count(t, TABLES_FROM, key_bytes, &known);
    if (!e && number > known + 1) {
        e = tell(t, &s, known, number, leaf, encoded, now_ms);
    }
    return e || number <= known ? e : put_count(t, TABLES_FROM, key_bytes, number);
}
