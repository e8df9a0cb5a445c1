/* The rows lie in the state as lib/ledger makes them, behind the table's letter. */
#include "office-service/keys.h"

#include "ledger/registry_admins.h"
#include "office-service/state.h"

#include <string.h>

static struct state_key keys_key(struct bytes registry_key)
{
    struct state_key key = state_key(STATE_KEYS);
    state_key_raw(&key, registry_key.data, registry_key.size);
    return key;
}

static enum ng_err get_row(void *context, struct bytes key, struct bytes *ret_row)
{
    const struct state_key at = keys_key(key);
    return kv_get(context, STATE_KEY(at), ret_row);
}

static enum ng_err put_row(void *context, struct bytes key, struct bytes row)
{
    const struct state_key at = keys_key(key);
    return kv_put(context, STATE_KEY(at), row);
}

struct registry_fold_rows keys_rows(const struct kv *kv)
{
    return (struct registry_fold_rows){(void *)(uintptr_t)kv, get_row, put_row};
}

enum ng_err keys_fold(const struct kv *kv, const struct statement *s, uint64_t index,
                      uint64_t received_at)
{
    const struct hash none = {{0}}; /* numbering is not followed here */
    const struct registry_fold_rows rows = keys_rows(kv);
    struct registry_fold_author author;
    enum refusal refusal = REFUSAL_OK;
    enum ng_err err = registry_fold_judge(&rows, s, &author, &refusal);
    if (!err && refusal == REFUSAL_OK) {
        err = registry_fold_apply(&rows, s, &none, index, received_at, &author);
    }
    /* A payload that no broker would have taken. */
    return err == NG_ERR_PROTO || err == NG_ERR_LIMIT || err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err keys_party(const struct kv *kv, const char *code, struct registry_party *ret)
{
    const struct registry_fold_rows rows = keys_rows(kv);
    return registry_fold_party(&rows, code, ret);
}

enum ng_err keys_actor(const struct kv *kv, const char *id, struct registry_actor *ret)
{
    const struct registry_fold_rows rows = keys_rows(kv);
    return registry_keys_actor(&rows, id, ret);
}

enum ng_err keys_first(const struct kv *kv, const struct registry_party *p,
                       struct registry_confirmation *ret)
{
    const struct registry_fold_rows rows = keys_rows(kv);
    return registry_keys_first(&rows, p, ret);
}

enum ng_err keys_policy(const struct kv *kv, struct registry_policy *ret)
{
    const struct registry_fold_rows rows = keys_rows(kv);
    return registry_keys_policy(&rows, ret);
}

enum ng_err keys_admins_needed(const struct kv *kv, size_t *ret)
{
    const struct registry_fold_rows rows = keys_rows(kv);
    return registry_admins_needed(&rows, ret);
}

/* ---- Walks ---- */

static void walk_begin(struct keys_walk *w, const struct kv *kv, char letter)
{
    const struct state_key prefix =
        keys_key((struct bytes){(const uint8_t *)&letter, sizeof(letter)});
    kv_walk_begin(&w->walk, kv, STATE_KEY(prefix));
}

/* The text behind the table's letter and the row's. */
static enum ng_err walk_next(struct keys_walk *w, char ret_text[WIRE_ACTOR_ID_MAX + 1])
{
    struct bytes key;
    struct bytes row;
    enum ng_err err = kv_walk_next(&w->walk, &key, &row);
    if (err) {
        return err;
    }
    const size_t size = key.size - 2;
    if (size > WIRE_ACTOR_ID_MAX) {
        return err_plain(NG_ERR_CORRUPT);
    }
    memcpy(ret_text, key.data + 2, size);
    ret_text[size] = '\0';
    return NG_OK;
}

void keys_walk_parties(struct keys_walk *w, const struct kv *kv)
{
    walk_begin(w, kv, 'P');
}

enum ng_err keys_walk_next_party(struct keys_walk *w, struct registry_party *ret)
{
    char code[WIRE_ACTOR_ID_MAX + 1];
    enum ng_err err;
    while ((err = walk_next(w, code)) == NG_OK && strcmp(code, STATEMENT_LOG_AUTHOR) == 0) {
    }
    return err ? err : keys_party(w->walk.kv, code, ret);
}

void keys_walk_actors(struct keys_walk *w, const struct kv *kv)
{
    walk_begin(w, kv, 'A');
}

enum ng_err keys_walk_next_actor(struct keys_walk *w, struct registry_actor *ret)
{
    char id[WIRE_ACTOR_ID_MAX + 1];
    const enum ng_err err = walk_next(w, id);
    return err ? err : keys_actor(w->walk.kv, id, ret);
}
