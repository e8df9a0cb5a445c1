#include "ledger/ledger_state.h"

#include "base/lang.h"
#include "ledger/ledger_keys.h"
#include "ledger/ledger_table.h"

#include <stdio.h>
#include <string.h>

void ledger_state_stop(struct ledger *l, enum ng_err why)
{
    if (l->read_only[0] == '\0' || l->wanted.size > 0) {
        (void)snprintf(l->read_only, sizeof(l->read_only), "%s", err_explain(why));
        l->wanted = (struct note_head){.size = 0};
    }
}

void ledger_state_stop_below(struct ledger *l, enum ng_err why, const struct note_head *head)
{
    const bool behind = l->wanted.size > 0;
    const bool two =
        behind && head->size == l->wanted.size && !hash_equal(&head->root, &l->wanted.root);
    if (two || head->size <= l->head.head.size) {
        ledger_state_stop(l, why);
    } else if ((behind && head->size > l->wanted.size) || l->read_only[0] == '\0') {
        ledger_state_stop(l, why);
        l->wanted = *head;
    }
}

enum ng_err ledger_state_head(struct ledger *l, struct store_txn *t, struct ledger_head *ret)
{
    static const uint8_t key[] = {'h', 'e', 'a', 'd'};
    struct bytes note;
    enum ng_err e = store_get(t, LEDGER_TABLE_META, (struct bytes){key, sizeof(key)}, &note);
    if (e != NG_OK) {
        return e;
    }
    if (note.size > 0 && note.size == l->head.note_size &&
        memcmp(note.data, l->head.note, note.size) == 0) {
        *ret = l->head;
        return NG_OK;
    }
    struct ledger_head head = {.note_size = note.size};
    if (l->mode == LEDGER_READ) {
        e = ledger_keys_load(l, t); /* the writer may have changed the key since */
        if (e != NG_OK) {
            return e;
        }
    }
    e = log_keys_verify(&l->keys, l->origin, note, &head.head);
    if (e == NG_ERR_NOMEM) {
        return err_wrap(e, "%s", store_path(l->store));
    }
    if (e != NG_OK || head.head.size == 0 || note.size >= sizeof(head.note)) {
        return err_set(NG_ERR_CORRUPT, _("%s: the stored tree head is damaged"),
                       store_path(l->store));
    }
    memcpy(head.note, note.data, note.size);
    if (l->mode == LEDGER_READ) {
        l->head = head; /* a writer's own memory moves with its commits only */
    }
    *ret = head;
    return NG_OK;
}
