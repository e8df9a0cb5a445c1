#include "audit/mirror_leaves.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/leaf.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct mirror_leaves {
    struct store *store;
    struct store_txn *txn; /* one snapshot for all: what was proved is what is put back */
    uint64_t count;
};

enum { MIRROR_LEAVES_TABLE };

enum ng_err mirror_leaves_open(const char *folder, struct mirror_leaves **ret)
{
    static const char *const tables[] = {"leaves", NULL};
    struct mirror_leaves *m = calloc(1, sizeof(*m));
    char *path = file_join(folder, MIRROR_LEAVES_FOLDER);
    enum ng_err err = m != NULL && path != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "mirror");
    if (err == NG_OK) {
        const struct store_config config = {.path = path,
                                            .tables = tables,
                                            .format = MIRROR_LEAVES_FORMAT,
                                            .format_version = MIRROR_LEAVES_VERSION,
                                            .read_only = true,
                                            .sealed = true};
        err = store_open(&config, &m->store);
    }
    if (err == NG_OK) {
        err = store_begin_read(m->store, &m->txn);
    }
    if (err == NG_OK) {
        err = store_count(m->txn, MIRROR_LEAVES_TABLE, &m->count);
    }
    free(path);
    if (err != NG_OK) {
        mirror_leaves_close(&m);
        return err;
    }
    *ret = m;
    return NG_OK;
}

void mirror_leaves_close(struct mirror_leaves **m)
{
    if (*m == NULL) {
        return;
    }
    store_end_read(&(*m)->txn);
    store_close(&(*m)->store);
    free(*m);
    *m = NULL;
}

uint64_t mirror_leaves_count(const struct mirror_leaves *m)
{
    return m->count;
}

enum ng_err mirror_leaves_get(void *mirror, uint64_t index, struct bytes *ret_leaf)
{
    const struct mirror_leaves *m = mirror;
    const struct store_key_u64 key = store_key_u64(index);
    struct bytes value;
    enum ng_err err = store_get(m->txn, MIRROR_LEAVES_TABLE, STORE_KEY(key), &value);
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(NG_ERR_VERIFY, _("message %llu is missing from the mirror"),
                       (unsigned long long)index);
    }
    if (err != NG_OK) {
        return err_wrap(err, _("message %llu"), (unsigned long long)index);
    }
    if (value.size > HASH_SIZE) {
        const struct bytes leaf = {value.data + HASH_SIZE, value.size - HASH_SIZE};
        const struct hash hash = leaf_hash(leaf);
        if (memcmp(hash.bytes, value.data, HASH_SIZE) == 0) {
            *ret_leaf = leaf;
            return NG_OK;
        }
    }
    return err_set(NG_ERR_VERIFY,
                   _("message %llu of the mirror is damaged: its hash does not hold"),
                   (unsigned long long)index);
}
