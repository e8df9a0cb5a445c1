#include "office-service/mirror_marks.h"

#include "base/lang.h"
#include "office-service/record.h"

#include <string.h>

static struct bytes mark(const char *name)
{
    return (struct bytes){(const uint8_t *)name, strlen(name)};
}

static unsigned edge_count(uint64_t size)
{
    unsigned count = 0;
    for (; size; size &= size - 1) {
        count++;
    }
    return count;
}

enum ng_err mirror_marks_put_edge(struct store_txn *t, const struct tree_edge *edge)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u64(&r, edge->size);
    for (unsigned i = 0; i < edge_count(edge->size); i++) {
        record_put_bytes(&r, HASH_BYTES(edge->hashes[i]));
    }
    enum ng_err err = r.err ? r.err : store_put(t, MIRROR_MARKS, mark("edge"), buf_bytes(&r.buf));
    record_out_fini(&r);
    return err;
}

static void get_hash(struct record_in *r, struct hash *ret)
{
    struct bytes raw = record_get_bytes(r);
    if (raw.size == HASH_SIZE) {
        memcpy(ret->bytes, raw.data, HASH_SIZE);
    } else {
        r->bad = true;
    }
}

enum ng_err mirror_marks_get_edge(struct store_txn *t, struct tree_edge *ret)
{
    struct bytes value;
    memset(ret, 0, sizeof *ret);
    enum ng_err err = store_get(t, MIRROR_MARKS, mark("edge"), &value);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    struct record_in r = record_in(value);
    ret->size = record_get_u64(&r);
    for (unsigned i = 0; i < edge_count(ret->size) && !r.bad; i++) {
        get_hash(&r, &ret->hashes[i]);
    }
    return record_in_end(&r, "edge");
}

enum ng_err mirror_marks_put_head(struct store_txn *t, const struct note_head *head)
{
    struct record_out r;
    record_out_init(&r);
    record_put_text(&r, head->origin);
    record_put_u64(&r, head->size);
    record_put_bytes(&r, HASH_BYTES(head->root));
    enum ng_err err = r.err ? r.err : store_put(t, MIRROR_MARKS, mark("head"), buf_bytes(&r.buf));
    record_out_fini(&r);
    return err;
}

enum ng_err mirror_marks_get_head(struct store_txn *t, struct note_head *ret)
{
    struct bytes value;
    enum ng_err err = store_get(t, MIRROR_MARKS, mark("head"), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    record_get_code(&r, ret->origin, sizeof ret->origin);
    ret->size = record_get_u64(&r);
    get_hash(&r, &ret->root);
    return record_in_end(&r, "head");
}

enum ng_err mirror_marks_get_format(struct store_txn *t, uint32_t *ret)
{
    struct bytes value;
    *ret = 1;
    enum ng_err err = store_get(t, MIRROR_MARKS, mark("state"), &value);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    struct record_in r = record_in(value);
    *ret = record_get_u32(&r);
    return record_in_end(&r, "state");
}

enum ng_err mirror_marks_put_format(struct store_txn *t, uint32_t format)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u32(&r, format);
    enum ng_err err = r.err ? r.err : store_put(t, MIRROR_MARKS, mark("state"), buf_bytes(&r.buf));
    record_out_fini(&r);
    return err;
}
