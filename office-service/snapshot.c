/* The idea: the records in key order, behind them where every 64th begins, behind that the root of
 * a Merkle tree over all blocks of the file; mapped into memory, it is searched in place, so a past
 * state costs the pages that are looked at and no more. The happy path: write once, rename, map,
 * check the root, search. What may fail: a full disk (nothing is left behind), a torn or damaged
 * file (the root does not hold). */
#include "office-service/snapshot.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"
#include "ledger/leaf.h"
#include "office-service/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "nganam/state/001"
#define MAGIC_SIZE 16u
#define EDGE_AT 56u
#define HEADER_SIZE (EDGE_AT + 64u * HASH_SIZE)
#define RECORD_HEADER_SIZE 6u /* key size (2), value size (4) */
#define BLOCK_SIZE 65536u
#define STRIDE 64u
#define POSITIONS_SIZE_MAX (256u << 20) /* 8 bytes for every 64th record */

/* ---- Writing ---- */

struct writer {
    int fd;
    const char *path;
    uint8_t block[BLOCK_SIZE];
    size_t held;
    struct tree_edge blocks;
    uint64_t size;
};

static enum ng_err write_all(const struct writer *w, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t done = write(w->fd, data, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            return err_set_errno(errno, "%s", w->path);
        }
        data += done;
        size -= (size_t)done;
    }
    return NG_OK;
}

static enum ng_err end_block(struct writer *w)
{
    const struct hash hash = leaf_hash((struct bytes){w->block, w->held});
    enum ng_err err = tree_edge_add(&w->blocks, &hash, NULL, NULL);
    if (!err) {
        err = write_all(w, w->block, w->held);
    }
    w->held = 0;
    return err;
}

static enum ng_err add(struct writer *w, const void *data, size_t size)
{
    const uint8_t *from = data;
    w->size += size;
    while (size > 0) {
        size_t part = BLOCK_SIZE - w->held < size ? BLOCK_SIZE - w->held : size;
        memcpy(w->block + w->held, from, part);
        w->held += part;
        from += part;
        size -= part;
        enum ng_err err = w->held == BLOCK_SIZE ? end_block(w) : NG_OK;
        if (err) {
            return err;
        }
    }
    return NG_OK;
}

static enum ng_err add_record(struct writer *w, struct bytes key, struct bytes value)
{
    uint8_t head[RECORD_HEADER_SIZE] = {(uint8_t)(key.size >> 8), (uint8_t)key.size};
    bytes_put_u32(head + 2, (uint32_t)value.size);
    enum ng_err err = add(w, head, sizeof head);
    if (!err) {
        err = add(w, key.data, key.size);
    }
    return err ? err : add(w, value.data, value.size);
}

static enum ng_err add_header(struct writer *w, const struct tree_edge *edge)
{
    uint8_t head[EDGE_AT] = {0};
    const struct hash root = tree_edge_root(edge);
    memcpy(head, MAGIC, MAGIC_SIZE);
    bytes_put_u32(head + 16, STATE_FORMAT);
    bytes_put_u32(head + 20, STATE_FOLD_VERSION);
    memcpy(head + 24, root.bytes, HASH_SIZE);
    enum ng_err err = add(w, head, sizeof head);
    for (size_t i = 0; i < 64 && !err; i++) {
        err = add(w, edge->hashes[i].bytes, HASH_SIZE);
    }
    return err;
}

/* The records, and into `positions` where every 64th begins. */
static enum ng_err add_state(struct writer *w, const struct kv *state, struct buf *positions,
                             uint64_t *ret_count)
{
    struct kv_walk walk;
    struct bytes key;
    struct bytes value;
    enum ng_err err;
    *ret_count = 0;
    kv_walk_begin(&walk, state, KV_NOTHING);
    while ((err = kv_walk_next(&walk, &key, &value)) == NG_OK) {
        if ((*ret_count)++ % STRIDE == 0) {
            err = buf_add_u64(positions, w->size);
        }
        if (!err) {
            err = add_record(w, key, value);
        }
        if (err) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err write_contents(struct writer *w, const struct kv *state,
                                  const struct tree_edge *edge)
{
    struct buf positions = BUF_INIT(POSITIONS_SIZE_MAX);
    uint8_t tail[24];
    uint64_t count = 0;
    enum ng_err err = add_header(w, edge);
    if (!err) {
        err = add_state(w, state, &positions, &count);
    }
    bytes_put_u64(tail, edge->size);
    bytes_put_u64(tail + 8, count);
    bytes_put_u64(tail + 16, w->size); /* where the positions begin */
    if (!err && positions.size) {
        err = add(w, positions.data, positions.size);
    }
    if (!err) {
        err = add(w, tail, sizeof tail);
    }
    if (!err && w->held > 0) {
        err = end_block(w);
    }
    buf_fini(&positions);
    const struct hash root = tree_edge_root(&w->blocks);
    return err ? err : write_all(w, root.bytes, HASH_SIZE);
}

enum ng_err snapshot_write(const char *path, const struct kv *state, const struct tree_edge *edge)
{
    char *temporary = NULL;
    struct writer *w = calloc(1, sizeof *w);
    if (!w || asprintf(&temporary, "%s.tmp", path) < 0) {
        free(w);
        return err_plain(NG_ERR_NOMEM);
    }
    w->path = path;
    w->fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    enum ng_err err = w->fd < 0 ? err_set_errno(errno, "%s", temporary) : NG_OK;
    if (!err) {
        err = write_contents(w, state, edge);
    }
    if (w->fd >= 0) {
        (void)close(w->fd);
    }
    if (!err && rename(temporary, path) != 0) {
        err = err_set_errno(errno, "%s", path);
    }
    if (err) {
        (void)unlink(temporary);
    }
    free(temporary);
    free(w);
    return err;
}

/* ---- Reading ---- */

struct snapshot {
    const uint8_t *data; /* mapped */
    size_t size;
    const uint8_t *positions;
    size_t position_count;
    size_t records_end;
    struct tree_edge edge;
    struct kv kv;
};

static size_t position(const struct snapshot *s, size_t i)
{
    return (size_t)bytes_get_u64(s->positions + 8 * i);
}

/* The record at `at`, and where the next one begins. False: it does not fit. */
static bool read_record(const struct snapshot *s, size_t at, struct bytes *ret_key,
                        struct bytes *ret_value, size_t *ret_next)
{
    if (at < HEADER_SIZE || at > s->records_end || s->records_end - at < RECORD_HEADER_SIZE) {
        return false;
    }
    const uint8_t *head = s->data + at;
    size_t key_size = (size_t)head[0] << 8 | head[1];
    size_t value_size = bytes_get_u32(head + 2);
    size_t left = s->records_end - at - RECORD_HEADER_SIZE;
    if (key_size > left || value_size > left - key_size) {
        return false;
    }
    *ret_key = (struct bytes){head + RECORD_HEADER_SIZE, key_size};
    *ret_value = (struct bytes){head + RECORD_HEADER_SIZE + key_size, value_size};
    *ret_next = at + RECORD_HEADER_SIZE + key_size + value_size;
    return true;
}

static enum ng_err broken(void)
{
    return err_set(NG_ERR_CORRUPT, "%s", _("a record of the snapshot does not fit"));
}

/* The last of every 64 whose key is ≤ key, or the first of all. */
static enum ng_err find_stretch(const struct snapshot *s, struct bytes key, size_t *ret_at)
{
    size_t low = 0;
    size_t high = s->position_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        struct bytes found;
        struct bytes value;
        size_t next;
        if (!read_record(s, position(s, middle), &found, &value, &next)) {
            return broken();
        }
        if (bytes_compare(found, key) <= 0) {
            low = middle;
        } else {
            high = middle;
        }
    }
    *ret_at = position(s, low);
    return NG_OK;
}

static enum ng_err snapshot_seek(void *self, struct bytes key, struct bytes *ret_key,
                                 struct bytes *ret_value)
{
    const struct snapshot *s = self;
    size_t at = 0;
    if (s->position_count == 0) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    enum ng_err err = find_stretch(s, key, &at);
    while (!err && at < s->records_end) {
        size_t next;
        if (!read_record(s, at, ret_key, ret_value, &next)) {
            return broken();
        }
        if (bytes_compare(*ret_key, key) >= 0) {
            return NG_OK;
        }
        at = next;
    }
    return err ? err : err_plain(NG_ERR_NOT_FOUND);
}

static enum ng_err snapshot_get(void *self, struct bytes key, struct bytes *ret_value)
{
    struct bytes found;
    enum ng_err err = snapshot_seek(self, key, &found, ret_value);
    if (!err && bytes_compare(found, key) != 0) {
        err = err_plain(NG_ERR_NOT_FOUND);
    }
    return err;
}

static enum ng_err snapshot_put(void *self, struct bytes key, struct bytes value)
{
    (void)self;
    (void)key;
    (void)value;
    CHECK(false); /* nobody writes into the past */
    return NG_ERR_INPUT;
}

static enum ng_err snapshot_remove(void *self, struct bytes key)
{
    return snapshot_put(self, key, KV_NOTHING);
}

static const struct kv_ops snapshot_ops = {
    .get = snapshot_get,
    .put = snapshot_put,
    .remove = snapshot_remove,
    .seek = snapshot_seek,
};

static bool blocks_hold(const struct snapshot *s)
{
    struct tree_edge blocks = {0};
    const size_t end = s->size - HASH_SIZE;
    for (size_t at = 0; at < end; at += BLOCK_SIZE) {
        size_t size = end - at < BLOCK_SIZE ? end - at : BLOCK_SIZE;
        const struct hash hash = leaf_hash((struct bytes){s->data + at, size});
        if (tree_edge_add(&blocks, &hash, NULL, NULL)) {
            return false;
        }
    }
    const struct hash root = tree_edge_root(&blocks);
    return memcmp(root.bytes, s->data + end, HASH_SIZE) == 0;
}

static bool read_tail(struct snapshot *s)
{
    const size_t tail_at = s->size - HASH_SIZE - 24;
    const uint8_t *tail = s->data + tail_at;
    uint64_t count = bytes_get_u64(tail + 8);
    uint64_t positions_at = bytes_get_u64(tail + 16);
    s->edge.size = bytes_get_u64(tail);
    if (positions_at < HEADER_SIZE || positions_at > tail_at ||
        (tail_at - positions_at) / 8 != count / STRIDE + (count % STRIDE != 0)) {
        return false;
    }
    s->positions = s->data + positions_at;
    s->position_count = (tail_at - positions_at) / 8;
    s->records_end = (size_t)positions_at;
    memcpy(s->edge.hashes, s->data + EDGE_AT, sizeof s->edge.hashes);
    const struct hash root = tree_edge_root(&s->edge);
    return memcmp(root.bytes, s->data + 24, HASH_SIZE) == 0;
}

static enum ng_err check(struct snapshot *s)
{
    if (s->size < HEADER_SIZE + 24 + HASH_SIZE || memcmp(s->data, MAGIC, MAGIC_SIZE) != 0 ||
        !blocks_hold(s)) {
        return err_set(NG_ERR_CORRUPT, "%s", _("not what was written"));
    }
    if (bytes_get_u32(s->data + 16) != STATE_FORMAT ||
        bytes_get_u32(s->data + 20) != STATE_FOLD_VERSION) {
        return err_set(NG_ERR_VERSION, "%s", _("made under other rules"));
    }
    return read_tail(s) ? NG_OK : broken();
}

static enum ng_err map(int fd, struct snapshot *s)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        return err_set_errno(errno, "%s", _("snapshot"));
    }
    if (st.st_size <= 0) {
        return err_set(NG_ERR_CORRUPT, "%s", _("not what was written"));
    }
    void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
        return err_set_errno(errno, "%s", _("snapshot"));
    }
    s->data = data;
    s->size = (size_t)st.st_size;
    return NG_OK;
}

enum ng_err snapshot_open(const char *path, struct snapshot **ret)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s) {
        return err_plain(NG_ERR_NOMEM);
    }
    s->kv = (struct kv){&snapshot_ops, s};
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    enum ng_err err = fd < 0 ? err_set_errno(errno, "%s", _("snapshot")) : map(fd, s);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!err) {
        err = check(s);
    }
    if (err) {
        snapshot_close(&s);
        return err_wrap(err, "%s", path);
    }
    *ret = s;
    return NG_OK;
}

void snapshot_close(struct snapshot **s)
{
    if (!s || !*s) {
        return;
    }
    if ((*s)->data) {
        union {
            const uint8_t *in;
            void *out;
        } data = {(*s)->data};
        (void)munmap(data.out, (*s)->size);
    }
    free(*s);
    *s = NULL;
}

const struct kv *snapshot_state(const struct snapshot *s)
{
    return &s->kv;
}

const struct tree_edge *snapshot_edge(const struct snapshot *s)
{
    return &s->edge;
}
