#include "party/seen.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "party/alarm.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

#define ROW_SIZE (8 + 8 + HASH_SIZE)

/* The first byte of a key: those that wait lie together. */
#define PROVED 'p'
#define WAITS 'w'

struct seen_key {
    uint8_t bytes[1 + PARTY_CODE_MAX];
};

static struct seen_key seen_key(uint8_t state, const struct party_code *author)
{
    struct seen_key key = {{state}};
    memcpy(key.bytes + 1, author->text, strlen(author->text));
    return key;
}

/* Each author has one that waits; of those that were brought each head waits by itself. */
static struct seen_key waiting_key(const struct seen_head *h)
{
    struct seen_key key = seen_key(WAITS, &h->author);
    if (h->author.text[0] == 0) {
        bytes_put_u64(key.bytes + 2, h->size);
        memcpy(key.bytes + 10, h->root.bytes, sizeof(key.bytes) - 10);
    }
    return key;
}

static enum ng_err read_row(struct bytes key, struct bytes value, struct seen_head *ret)
{
    if (key.size != 1 + PARTY_CODE_MAX || value.size != ROW_SIZE) {
        return tables_damaged("seen", 0);
    }
    *ret = (struct seen_head){.index = bytes_get_u64(value.data),
                              .size = bytes_get_u64(value.data + 8)};
    if (key.data[1] != 0) {
        memcpy(ret->author.text, key.data + 1, PARTY_CODE_MAX);
    }
    memcpy(ret->root.bytes, value.data + 16, HASH_SIZE);
    return NG_OK;
}

/* Size 0: there is none. */
static enum ng_err get(struct store_txn *t, const struct seen_key *key, struct seen_head *ret)
{
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_SEEN, STORE_KEY(*key), &value);
    if (e == NG_ERR_NOT_FOUND) {
        *ret = (struct seen_head){.size = 0};
        return NG_OK;
    }
    return e ? e : read_row(STORE_KEY(*key), value, ret);
}

static enum ng_err put(struct store_txn *t, const struct seen_key *key, const struct seen_head *h)
{
    uint8_t value[ROW_SIZE];
    bytes_put_u64(value, h->index);
    bytes_put_u64(value + 8, h->size);
    memcpy(value + 16, h->root.bytes, HASH_SIZE);
    return store_put(t, TABLES_SEEN, STORE_KEY(*key), (struct bytes){value, sizeof(value)});
}

static bool same(const struct seen_head *a, const struct seen_head *b)
{
    return a->size == b->size && hash_equal(&a->root, &b->root);
}

static enum ng_err tell_of_more(struct store_txn *t, const struct seen_head *h,
                                struct bytes encoded, int64_t now_ms)
{
    char text[ALARM_TEXT_MAX];
    (void)snprintf(text, sizeof(text),
                   _("%s signed that it saw a log of %llu entries before it wrote entry %llu: the "
                     "broker shows it another log than us, or %s signs what is not so; keep this "
                     "folder and tell the office and the auditor"),
                   h->author.text, (unsigned long long)h->size, (unsigned long long)h->index,
                   h->author.text);
    return alarm_add(t, now_ms, text, encoded, NULL);
}

enum ng_err seen_look(struct store_txn *t, const struct identity *id, const struct leaf *leaf,
                      struct bytes encoded, int64_t now_ms)
{
    struct statement s;
    struct seen_head proved;
    if (statement_decode(leaf->statement, &s) || s.seen_size == 0 ||
        strcmp(s.author.text, id->party.text) == 0) {
        return NG_OK;
    }
    const struct seen_head h = {
        .author = s.author, .index = leaf->index, .size = s.seen_size, .root = s.seen_root};
    if (h.size > h.index) {
        return tell_of_more(t, &h, encoded, now_ms);
    }
    const struct seen_key known = seen_key(PROVED, &h.author), key = waiting_key(&h);
    const enum ng_err e = get(t, &known, &proved);
    /* An earlier one is a part of a later one: that much its author checked himself. */
    return e || h.size < proved.size || same(&h, &proved) ? e : put(t, &key, &h);
}

enum ng_err seen_brought(struct store_txn *t, const struct note_head *head, uint64_t index)
{
    const struct seen_head h = {.index = index, .size = head->size, .root = head->root};
    const struct seen_key key = waiting_key(&h);
    return put(t, &key, &h);
}

enum ng_err seen_next(struct store_txn *t, const struct seen_head *after, struct seen_head *ret)
{
    const struct seen_key first = {{WAITS}};
    struct seen_key from = waiting_key(after);
    struct store_cursor *c = NULL;
    struct bytes key, value;
    from.bytes[PARTY_CODE_MAX]++; /* behind it; one that begins again is only asked for twice */
    enum ng_err e = store_cursor_open(t, TABLES_SEEN, &c);
    if (!e) {
        e = store_cursor_seek(c, STORE_KEY(from), &key, &value);
        e = e == NG_ERR_NOT_FOUND ? store_cursor_seek(c, STORE_KEY(first), &key, &value) : e;
    }
    e = e ? e : read_row(key, value, ret);
    store_cursor_close(&c);
    return e;
}

static enum ng_err done(struct store_txn *t, const struct seen_head *h)
{
    const struct seen_key key = waiting_key(h);
    struct seen_head waits;
    const enum ng_err e = get(t, &key, &waits);
    return e || !same(&waits, h) ? e : store_remove(t, TABLES_SEEN, STORE_KEY(key));
}

enum ng_err seen_proved(struct store_txn *t, const struct seen_head *h)
{
    const struct seen_key key = seen_key(PROVED, &h->author);
    const enum ng_err e = h->author.text[0] == 0 ? NG_OK : put(t, &key, h);
    return e ? e : done(t, h);
}

static void say_differs(const struct seen_head *h, char ret[ALARM_TEXT_MAX])
{
    if (h->author.text[0] == 0) {
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("a tree head of %llu entries, signed by the log's key, that came with a "
                         "bundle or its receipts (entry %llu) is no part of the log that the "
                         "broker proved here: keep this folder and tell the office and the "
                         "auditor"),
                       (unsigned long long)h->size, (unsigned long long)h->index);
        return;
    }
    (void)snprintf(ret, ALARM_TEXT_MAX,
                   _("%s signed in entry %llu that it saw another log of %llu entries than the "
                     "broker proved here: the broker shows it another log than us, or %s signs "
                     "what is not so; keep this folder and tell the office and the auditor"),
                   h->author.text, (unsigned long long)h->index, (unsigned long long)h->size,
                   h->author.text);
}

enum ng_err seen_differs(struct store_txn *t, const struct seen_head *h, struct bytes note,
                         int64_t now_ms)
{
    char text[ALARM_TEXT_MAX];
    struct bytes leaf = {NULL, 0};
    struct buf evidence = BUF_INIT(ALARM_EVIDENCE_MAX + LEAF_SIZE_MAX);
    const struct store_key_u64 key = store_key_u64(h->index);
    say_differs(h, text);
    enum ng_err e = buf_add(&evidence, note.data, note.size);
    if (!e) { /* a reader of the whole log has the leaf in its mirror */
        e = store_get(t, TABLES_INBOX, STORE_KEY(key), &leaf);
        e = e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    if (!e && leaf.size > 0) {
        e = buf_add(&evidence, leaf.data, leaf.size);
    }
    if (!e) {
        e = alarm_add(t, now_ms, text, buf_bytes(&evidence), NULL);
    }
    buf_fini(&evidence);
    return e ? e : done(t, h);
}
