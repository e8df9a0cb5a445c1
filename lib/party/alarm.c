#include "party/alarm.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "party/tables.h"

#include <string.h>

#define ALARM_HEADER_SIZE 20 /* at (8), read at (8), text size (4) */

enum ng_err alarm_get(struct store_txn *t, uint64_t n, struct alarm *ret)
{
    const struct store_key_u64 key = store_key_u64(n);
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_ALARMS, STORE_KEY(key), &value);
    if (e) {
        return e;
    }
    const size_t text_size = value.size < ALARM_HEADER_SIZE ? 0 : bytes_get_u32(value.data + 16);
    if (value.size < ALARM_HEADER_SIZE || text_size > ALARM_TEXT_MAX ||
        text_size > value.size - ALARM_HEADER_SIZE) {
        return tables_damaged("alarms", n);
    }
    ret->at_ms = (int64_t)bytes_get_u64(value.data);
    ret->read_ms = (int64_t)bytes_get_u64(value.data + 8);
    memcpy(ret->text, value.data + ALARM_HEADER_SIZE, text_size);
    ret->text[text_size] = 0;
    ret->evidence = (struct bytes){value.data + ALARM_HEADER_SIZE + text_size,
                                   value.size - ALARM_HEADER_SIZE - text_size};
    return NG_OK;
}

static enum ng_err count_all(struct store_txn *t, uint32_t *ret_count)
{
    uint64_t count = 0;
    const enum ng_err e = store_count(t, TABLES_ALARMS, &count);
    if (!e) {
        *ret_count = (uint32_t)count;
    }
    return e;
}

enum ng_err alarm_count_unread(struct store_txn *t, uint32_t *ret_count)
{
    struct alarm a;
    uint32_t count = 0, unread = 0;
    enum ng_err e = count_all(t, &count);
    for (uint32_t n = 0; !e && n < count; n++) {
        e = alarm_get(t, n, &a);
        unread += !e && a.read_ms == 0 ? 1 : 0;
    }
    if (!e) {
        *ret_count = unread;
    }
    return e;
}

/* The alarm of this text; `count` when there is none. */
static enum ng_err find(struct store_txn *t, const char *text, uint32_t count, uint32_t *ret_n,
                        struct alarm *ret)
{
    uint32_t n = 0;
    for (; n < count; n++) {
        const enum ng_err e = alarm_get(t, n, ret);
        if (e) {
            return e;
        }
        if (strcmp(ret->text, text) == 0) {
            break;
        }
    }
    *ret_n = n;
    return NG_OK;
}

static enum ng_err put(struct store_txn *t, uint64_t n, const struct alarm *a)
{
    const size_t size = strlen(a->text);
    struct buf value = BUF_INIT(ALARM_HEADER_SIZE + ALARM_TEXT_MAX + ALARM_EVIDENCE_MAX);
    enum ng_err e = buf_add_u64(&value, (uint64_t)a->at_ms);
    if (!e) {
        e = buf_add_u64(&value, (uint64_t)a->read_ms);
    }
    if (!e) {
        e = buf_add_u32(&value, (uint32_t)size);
    }
    if (!e) {
        e = buf_add(&value, a->text, size);
    }
    if (!e && a->evidence.size) {
        e = buf_add(&value, a->evidence.data, a->evidence.size);
    }
    const struct store_key_u64 key = store_key_u64(n);
    if (!e) {
        e = store_put(t, TABLES_ALARMS, STORE_KEY(key), buf_bytes(&value));
    }
    buf_fini(&value);
    return e;
}

enum ng_err alarm_mark_read(struct store_txn *t, uint64_t n, int64_t at_ms)
{
    struct alarm a;
    const enum ng_err e = alarm_get(t, n, &a);
    if (e || a.read_ms != 0) {
        return e;
    }
    a.read_ms = at_ms;
    return put(t, n, &a);
}

/* Cuts at a character's border. */
static size_t text_size(const char *text)
{
    size_t size = strlen(text);
    if (size <= ALARM_TEXT_MAX) {
        return size;
    }
    size = ALARM_TEXT_MAX;
    while (size > 0 && ((uint8_t)text[size] & 0xC0) == 0x80) {
        size--;
    }
    return size;
}

/* One that is known already: raised again, once a person has read it and time has passed. */
static enum ng_err add_again(struct store_txn *t, uint32_t n, struct alarm *a, int64_t at_ms,
                             bool *ret_added)
{
    const int64_t since = at_ms - a->read_ms;
    *ret_added = a->read_ms != 0 && (since >= ALARM_AGAIN_MS || since < -ALARM_AGAIN_MS);
    if (!*ret_added) {
        return NG_OK;
    }
    a->at_ms = at_ms;
    a->read_ms = 0;
    return put(t, n, a);
}

static enum ng_err add(struct store_txn *t, int64_t at_ms, const char *text, struct bytes evidence,
                       bool *ret_added)
{
    struct alarm known, a = {.at_ms = at_ms, .evidence = evidence};
    uint32_t count = 0, n = 0;
    enum ng_err e = count_all(t, &count);
    if (e) {
        return e;
    }
    if (count >= ALARM_COUNT_MAX - 1) {
        text = _("there were too many alarms to keep the rest: read the earlier ones");
    }
    memcpy(a.text, text, text_size(text));
    e = find(t, a.text, count, &n, &known);
    if (e || n < count) {
        return e ? e : add_again(t, n, &known, at_ms, ret_added);
    }
    if (a.evidence.size > ALARM_EVIDENCE_MAX) {
        a.evidence.size = ALARM_EVIDENCE_MAX;
    }
    *ret_added = true;
    return put(t, n, &a);
}

enum ng_err alarm_add(struct store_txn *t, int64_t at_ms, const char *text, struct bytes evidence,
                      bool *ret_added)
{
    bool added = false;
    const enum ng_err e = add(t, at_ms, text, evidence, &added);
    if (ret_added) {
        *ret_added = !e && added;
    }
    return e;
}
