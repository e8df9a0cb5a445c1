#include "ledger/ledger_floor.h"

#include "base/file.h"
#include "base/lang.h"
#include "ledger/ledger_nodes.h"

enum ng_err ledger_floor_read(const struct ledger *l, struct note_head *ret)
{
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    enum ng_err e = file_read(l->head_path, &text);
    bool foreign = e == NG_ERR_LIMIT;
    if (e == NG_OK) {
        e = log_keys_verify(&l->keys, l->origin, buf_bytes(&text), ret);
        foreign = e != NG_OK && e != NG_ERR_NOMEM;
    }
    if (foreign) {
        e = err_set(
            NG_ERR_CORRUPT,
            _("%s: not a tree head signed by this log: see that it belongs to it, check the "
              "log with \"nganam-broker log verify\", then put the file away"),
            l->head_path);
    }
    buf_fini(&text);
    return e;
}

enum ng_err ledger_floor_compare(const struct ledger *l, struct store_txn *t,
                                 const struct note_head *head, const struct note_head *floor)
{
    if (floor->size > head->size) {
        return err_set(
            NG_ERR_CORRUPT,
            _("the log ends at %llu, but %s was signed at %llu: this is an old copy; put "
              "the newest one back"),
            (unsigned long long)head->size, l->head_path, (unsigned long long)floor->size);
    }
    struct hash root;
    enum ng_err e = tree_root(floor->size, ledger_nodes_read, t, &root);
    if (e == NG_OK && !hash_equal(&root, &floor->root)) {
        e = err_set(NG_ERR_CORRUPT,
                    _("the log is not the one that %s was signed for at %llu: put the right one "
                      "back, or find the damage with \"nganam-broker log verify\""),
                    l->head_path, (unsigned long long)floor->size);
    }
    return e;
}

enum ng_err ledger_floor_check(struct ledger *l, struct store_txn *t, struct note_head *ret_floor)
{
    *ret_floor = (struct note_head){.size = 0};
    enum ng_err e = ledger_floor_read(l, ret_floor);
    if (e == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (e == NG_OK) {
        e = ledger_floor_compare(l, t, &l->head.head, ret_floor);
    } else {
        *ret_floor = (struct note_head){.size = 0};
    }
    l->floor_size = e == NG_OK ? ret_floor->size : 0;
    return e;
}

enum ng_err ledger_floor_raise(struct ledger *l, const struct note_head *head, struct bytes note)
{
    struct note_head floor;
    if (ledger_floor_read(l, &floor) == NG_OK && floor.size > l->head.head.size &&
        floor.size >= head->size) {
        return NG_OK;
    }
    return file_write(l->head_path, note.data, note.size, 0644);
}

enum ng_err ledger_floor_write(struct ledger *l)
{
    if (l->floor_size >= l->head.head.size) {
        return NG_OK;
    }
    enum ng_err e = file_write(l->head_path, l->head.note, l->head.note_size, 0644);
    if (e == NG_OK) {
        l->floor_size = l->head.head.size;
    }
    return e;
}
