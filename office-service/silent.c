/* Idea: nothing is kept for this. The newest two days of the mirror are read from the end back and
 * each author found is struck off; who is left was silent. It costs what was said in two days, and
 * ends as soon as everybody was met; the fold, which every leaf goes through, costs nothing more.
 */
#include "office-service/silent.h"

#include <stdlib.h>
#include <string.h>

static enum ng_err add(struct silent *s, size_t *room, const char *code)
{
    if (s->count == *room) {
        const size_t more = *room ? *room * 2 : 64;
        struct party_code *codes = realloc(s->codes, more * sizeof(*codes));
        if (!codes) {
            return err_plain(NG_ERR_NOMEM);
        }
        s->codes = codes;
        *room = more;
    }
    struct party_code *to = &s->codes[s->count++];
    *to = (struct party_code){{0}};
    state_copy_code(to->text, code, sizeof(to->text));
    return NG_OK;
}

/* All that are enrolled and should write, in the order of their codes. */
static enum ng_err list_parties(const struct kv *kv, const char *own, struct silent *s)
{
    struct state_key prefix = state_key(STATE_PARTY);
    struct kv_walk walk;
    struct bytes key, value;
    size_t room = 0;
    enum ng_err err = NG_OK;
    kv_walk_begin(&walk, kv, STATE_KEY(prefix));
    while (!err && !(err = kv_walk_next(&walk, &key, &value))) {
        struct state_party party;
        size_t at = 1;
        const char *code = state_key_read_text(key, &at);
        if (!code || strcmp(code, own) == 0) {
            continue;
        }
        err = state_party_get(kv, code, &party);
        if (!err && party.enrolled && party.role != WIRE_ROLE_AUDITOR) {
            err = add(s, &room, code);
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static int by_code(const void *left, const void *right)
{
    const struct party_code *a = left, *b = right;
    return strcmp(a->text, b->text);
}

/* From the newest leaf back to `since`; heard[i]: the i-th was met. */
static enum ng_err listen(const struct mirror_view *v, int64_t since_ms, struct silent *s,
                          bool *heard)
{
    size_t left = s->count;
    uint64_t index = v->edge.size;
    const uint64_t end = index > SILENT_LEAVES_MAX ? index - SILENT_LEAVES_MAX : 0;
    s->known = true;
    while (left > 0 && index > end) {
        struct bytes bytes;
        struct leaf leaf;
        struct statement said;
        struct hash hash;
        enum ng_err err = mirror_view_leaf(v, --index, &bytes, &hash);
        if (err) {
            return err;
        }
        if (leaf_decode(bytes, &leaf) || statement_decode(leaf.statement, &said)) {
            continue; /* nobody's word */
        }
        if ((int64_t)leaf.received_at < since_ms) {
            return NG_OK;
        }
        const struct party_code *found =
            bsearch(&said.author, s->codes, s->count, sizeof(struct party_code), by_code);
        if (found && !heard[found - s->codes]) {
            heard[found - s->codes] = true;
            left--;
        }
    }
    s->known = left == 0 || index == 0;
    return NG_OK;
}

static void strike_off(struct silent *s, const bool *heard)
{
    size_t kept = 0;
    for (size_t i = 0; s->known && i < s->count; i++) {
        if (!heard[i]) {
            s->codes[kept++] = s->codes[i];
        }
    }
    s->count = kept;
}

enum ng_err silent_find(const struct mirror_view *v, const char *own, int64_t as_of_ms,
                        struct silent *ret)
{
    struct silent s = {.known = true};
    bool *heard = NULL;
    enum ng_err err = list_parties(mirror_view_state(v), own, &s);
    if (!err && s.count > 0) {
        heard = calloc(s.count, sizeof(*heard));
        err = heard ? listen(v, as_of_ms - SILENT_MS, &s, heard) : err_plain(NG_ERR_NOMEM);
    }
    if (!err && s.count > 0) {
        strike_off(&s, heard);
    }
    free(heard);
    if (err) {
        silent_fini(&s);
        return err;
    }
    *ret = s;
    return NG_OK;
}

void silent_fini(struct silent *s)
{
    free(s->codes);
    *s = (struct silent){.known = false};
}
