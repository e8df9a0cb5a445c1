#include "party/tables.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"

#include <stdlib.h>
#include <string.h>

#define TABLES_FORMAT "nganam party"
#define TABLES_VERSION 6

static const char *const table_names[] = {
    [TABLES_META] = "meta",           [TABLES_EPOCHS] = "epochs", [TABLES_OWN] = "own",
    [TABLES_RECEIPTS] = "receipts",   [TABLES_CAUSES] = "causes", [TABLES_TO] = "to",
    [TABLES_INBOX] = "inbox",         [TABLES_ALARMS] = "alarms", [TABLES_WITNESSES] = "witnesses",
    [TABLES_COSIGNERS] = "cosigners", [TABLES_FROM] = "from",     [TABLES_SEEN] = "seen",
    [TABLES_SEEN + 1] = NULL};

/* Each row is here, and none that is old: what is missed from now on was never put. */
static enum ng_err check_all(struct store *s)
{
    struct store_txn *t = NULL;
    enum ng_err e = store_begin_read(s, &t);
    for (unsigned table = 0; !e && table_names[table] != NULL; table++) {
        e = store_check(t, table);
    }
    store_end_read(&t);
    return e;
}

enum ng_err tables_open(const char *folder, bool create, struct store **ret_store)
{
    char *path = file_join(folder, "party");
    if (!path) {
        return err_plain(NG_ERR_NOMEM);
    }
    const struct store_config config = {.path = path,
                                        .tables = table_names,
                                        .format = TABLES_FORMAT,
                                        .format_version = TABLES_VERSION,
                                        .create = create,
                                        .sealed = true};
    struct store *s = NULL;
    enum ng_err e = store_open(&config, &s);
    e = e ? e : check_all(s);
    free(path);
    if (e) {
        store_close(&s);
        return e;
    }
    *ret_store = s;
    return NG_OK;
}

struct tables_key_seq tables_key_seq(uint32_t epoch, uint64_t seq)
{
    struct tables_key_seq key;
    bytes_put_u32(key.bytes, epoch);
    bytes_put_u64(key.bytes + 4, seq);
    return key;
}

static struct bytes name_bytes(const char *name)
{
    return (struct bytes){(const uint8_t *)name, strlen(name)};
}

enum ng_err tables_damaged(const char *table, uint64_t row)
{
    return err_set(NG_ERR_CORRUPT,
                   _("the data of this machine is damaged (%s/%llu): change nothing in the folder "
                     "and keep a copy of it; then get a new slip and enrol again in an empty "
                     "folder (--data DIR)"),
                   table, (unsigned long long)row);
}

enum ng_err tables_get_u64(struct store_txn *t, const char *name, uint64_t *ret_value)
{
    struct bytes value;
    const enum ng_err e = store_get(t, TABLES_META, name_bytes(name), &value);
    if (e == NG_ERR_NOT_FOUND) {
        *ret_value = 0;
        return NG_OK;
    }
    if (e) {
        return e;
    }
    if (value.size != 8) {
        return tables_damaged(name, 0);
    }
    *ret_value = bytes_get_u64(value.data);
    return NG_OK;
}

enum ng_err tables_put_u64(struct store_txn *t, const char *name, uint64_t value)
{
    const struct store_key_u64 bytes = store_key_u64(value);
    return store_put(t, TABLES_META, name_bytes(name), STORE_KEY(bytes));
}

enum ng_err tables_get_bytes(struct store_txn *t, const char *name, struct bytes *ret_value)
{
    const enum ng_err e = store_get(t, TABLES_META, name_bytes(name), ret_value);
    if (e != NG_ERR_NOT_FOUND) {
        return e;
    }
    *ret_value = (struct bytes){(const uint8_t *)"", 0};
    return NG_OK;
}

enum ng_err tables_put_bytes(struct store_txn *t, const char *name, struct bytes value)
{
    return store_put(t, TABLES_META, name_bytes(name), value);
}
