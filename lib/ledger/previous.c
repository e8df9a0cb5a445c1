#include "ledger/previous.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <stdio.h>
#include <string.h>

enum ng_err previous_make(const char *origin, const char *vkey, struct bytes note,
                          struct previous *ret)
{
    struct previous p = {.vkey = ""};
    struct key_public key;
    char name[NOTE_ORIGIN_MAX + 1];
    if (strlen(vkey) > WIRE_VKEY_MAX || note.size > NOTE_SIZE_MAX) {
        return err_set(NG_ERR_PROTO, "previous: too long");
    }
    enum ng_err e = note_vkey_parse(vkey, name, &key);
    if (e == NG_OK) {
        e = note_verify(note, name, &key, &p.head);
    }
    if (e == NG_OK && p.head.size == 0) {
        e = err_set(NG_ERR_PROTO, "previous: a head of nothing");
    }
    if (e == NG_OK && strcmp(name, origin) == 0) {
        e = err_set(
            NG_ERR_REFUSED,
            _("%s is the name of the lost log: two logs of one name would be a fork, so the "
              "new one needs another (%s-2)"),
            origin, origin);
    }
    if (e != NG_OK) {
        return e;
    }
    memcpy(p.vkey, vkey, strlen(vkey) + 1);
    memcpy(p.note, note.data, note.size);
    *ret = p;
    return NG_OK;
}

enum ng_err previous_read(const struct wire_genesis *g, struct previous *ret)
{
    if (g->previous_vkey[0] == '\0' && g->previous_note[0] == '\0') {
        *ret = (struct previous){.vkey = ""};
        return NG_OK;
    }
    const struct bytes note = {(const uint8_t *)g->previous_note, strlen(g->previous_note)};
    return previous_make(g->origin, g->previous_vkey, note, ret);
}

void previous_write(const struct previous *p, struct wire_genesis *g)
{
    _Static_assert(sizeof(g->previous_vkey) == sizeof(p->vkey), "every key fits");
    _Static_assert(sizeof(g->previous_note) == sizeof(p->note), "every head fits");
    memcpy(g->previous_vkey, p->vkey, sizeof(p->vkey));
    memcpy(g->previous_note, p->note, sizeof(p->note));
}

enum ng_err previous_of(const struct statement *s, struct previous *ret)
{
    struct wire_genesis genesis;
    if (s->kind != STATEMENT_GENESIS) {
        *ret = (struct previous){.vkey = ""};
        return NG_OK;
    }
    const enum ng_err e = wire_genesis_decode(s->payload, &genesis);
    return e == NG_OK ? previous_read(&genesis, ret) : e;
}

bool previous_equal(const struct previous *a, const struct previous *b)
{
    return strcmp(a->vkey, b->vkey) == 0 && a->head.size == b->head.size &&
           hash_equal(&a->head.root, &b->head.root);
}

void previous_sentence(const struct previous *p, char ret[PREVIOUS_SENTENCE_MAX])
{
    char root[64] = "";
    struct buf text = BUF_INIT(sizeof(root) - 1);
    if (bytes_base64(&text, p->head.root.bytes, HASH_SIZE) == NG_OK) {
        (void)snprintf(root, sizeof(root), "%s", buf_text(&text));
    }
    buf_fini(&text);
    (void)snprintf(
        ret, PREVIOUS_SENTENCE_MAX,
        _("THIS LOG FOLLOWS %s, which was lost: the last that is known of it is a head of "
          "%llu entries, root %s. Nothing that was logged there is in here, and what was "
          "logged there after that head nobody has shown."),
        p->head.origin, (unsigned long long)p->head.size, root);
}
