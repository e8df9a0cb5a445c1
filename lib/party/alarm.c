#include "party/alarm.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "party/tables.h"

#include <string.h>

#define ALARM_HEADER_SIZE 12 /* at (8), text size (4) */

enum ng_err alarm_get(struct store_txn *t, uint64_t n, struct alarm *ret)
{
    const struct store_key_u64 key = store_key_u64(n);
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_ALARMS, STORE_KEY(key), &value);
    if (e) {
        return e;
    }
    const size_t text_size = value.size < ALARM_HEADER_SIZE ? 0 : bytes_get_u32(value.data + 8);
    if (value.size < ALARM_HEADER_SIZE || text_size > ALARM_TEXT_MAX ||
        text_size > value.size - ALARM_HEADER_SIZE) {
        return tables_damaged("alarms", n);
    }
    ret->at_ms = (int64_t)bytes_get_u64(value.data);
    memcpy(ret->text, value.data + ALARM_HEADER_SIZE, text_size);
    ret->text[text_size] = 0;
    ret->evidence = (struct bytes){value.data + ALARM_HEADER_SIZE + text_size,
                                   value.size - ALARM_HEADER_SIZE - text_size};
    return NG_OK;
}

enum ng_err alarm_count(struct store_txn *t, uint32_t *ret_count)
{
    uint64_t count = 0;
    const enum ng_err e = store_count(t, TABLES_ALARMS, &count);
    if (!e) {
        *ret_count = (uint32_t)count;
    }
    return e;
}

static enum ng_err known(struct store_txn *t, const char *text, uint32_t count, bool *ret_known)
{
    struct alarm a;
    *ret_known = false;
    for (uint32_t n = 0; n < count && !*ret_known; n++) {
        const enum ng_err e = alarm_get(t, n, &a);
        if (e) {
            return e;
        }
        *ret_known = strcmp(a.text, text) == 0;
    }
    return NG_OK;
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

enum ng_err alarm_add(struct store_txn *t, int64_t at_ms, const char *text, struct bytes evidence,
                      bool *ret_added)
{
    uint32_t count = 0;
    char kept[ALARM_TEXT_MAX + 1];
    bool there = false;
    if (ret_added) {
        *ret_added = false;
    }
    enum ng_err e = alarm_count(t, &count);
    if (e || count >= ALARM_COUNT_MAX) {
        return e;
    }
    if (count == ALARM_COUNT_MAX - 1) {
        text = _("there were too many alarms to keep the rest: read the earlier ones");
    }
    const size_t size = text_size(text);
    memcpy(kept, text, size);
    kept[size] = 0;
    e = known(t, kept, count, &there);
    if (e || there) {
        return e;
    }
    if (evidence.size > ALARM_EVIDENCE_MAX) {
        evidence.size = ALARM_EVIDENCE_MAX;
    }
    struct buf value = BUF_INIT(ALARM_HEADER_SIZE + ALARM_TEXT_MAX + ALARM_EVIDENCE_MAX);
    e = buf_add_u64(&value, (uint64_t)at_ms);
    if (!e) {
        e = buf_add_u32(&value, (uint32_t)size);
    }
    if (!e) {
        e = buf_add(&value, kept, size);
    }
    if (!e && evidence.size) {
        e = buf_add(&value, evidence.data, evidence.size);
    }
    const struct store_key_u64 key = store_key_u64(count);
    if (!e) {
        e = store_put(t, TABLES_ALARMS, STORE_KEY(key), buf_bytes(&value));
    }
    if (!e && ret_added) {
        *ret_added = true;
    }
    buf_fini(&value);
    return e;
}
