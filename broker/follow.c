/* The largest head that is left counts: in a broker's folder that is as a rule the head floor, for
 * which the entries are missing. A key given is believed before what lies beside the head. */
#include "broker/follow.h"

#include "audit/export.h"
#include "base/file.h"
#include "base/lang.h"
#include "broker/home.h"
#include "ledger/ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct found {
    char origin[NOTE_ORIGIN_MAX + 1];
    struct log_keys keys;
    struct ledger_head head;
};

static enum ng_err from_export(const char *folder, const char *vkey, struct found *ret)
{
    struct source s = {.ops = NULL};
    enum ng_err err = export_open(folder, vkey, &s);
    if (err == NG_OK) {
        err = source_begin(&s, &ret->head);
    }
    if (err == NG_OK) {
        source_end(&s);
        memcpy(ret->origin, s.origin, sizeof(ret->origin));
        ret->keys = s.log_keys;
    }
    source_close(&s);
    return err;
}

/* A receipt is a proof, an empty line, and the head that it leads to: whoever holds one knows a
 * head, and it may be the only one left. */
static struct bytes head_in(const struct buf *text)
{
    static const char first_line[] = "c2sp.org/tlog-proof@v1\n";
    const size_t size = sizeof(first_line) - 1;
    const uint8_t *end = text->size > size && memcmp(text->data, first_line, size) == 0
                             ? memmem(text->data, text->size, "\n\n", 2)
                             : NULL;
    return end == NULL ? buf_bytes(text)
                       : (struct bytes){end + 2, text->size - (size_t)(end - text->data) - 2};
}

/* The head in a file; NG_ERR_NOT_FOUND: there is none. */
static enum ng_err read_note(const char *path, const char *origin, const struct log_keys *keys,
                             struct ledger_head *ret)
{
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct ledger_head head = {.note_size = 0};
    struct bytes note = {NULL, 0};
    enum ng_err err = file_read(path, &text);
    if (err == NG_OK) {
        note = head_in(&text);
        err = log_keys_verify(keys, origin, note, &head.head);
    }
    if (err == NG_ERR_LIMIT || err == NG_ERR_PROTO || err == NG_ERR_VERIFY) {
        err = err_set(NG_ERR_VERIFY, _("%s is no head that the log %s has signed with this key"),
                      path, origin);
    }
    if (err == NG_OK) {
        memcpy(head.note, note.data, note.size);
        head.note_size = note.size;
        *ret = head;
    }
    buf_fini(&text);
    return err;
}

static enum ng_err from_broker(const char *folder, struct found *ret)
{
    struct ledger *l = NULL;
    char *path = NULL;
    struct ledger_head floor;
    enum ng_err err = home_head_path(folder, NULL, &path);
    if (err == NG_OK) {
        err = ledger_open(folder, path, LEDGER_READ, &l);
    }
    if (err == NG_OK) {
        (void)snprintf(ret->origin, sizeof(ret->origin), "%s", ledger_origin(l));
        ret->keys = *ledger_log_keys(l);
        err = ledger_head(l, &ret->head);
    }
    if (err == NG_OK) {
        const enum ng_err none = read_note(ledger_head_path(l), ret->origin, &ret->keys, &floor);
        if (none == NG_OK && floor.head.size > ret->head.head.size) {
            ret->head = floor;
        }
        err = none == NG_ERR_NOT_FOUND ? NG_OK : none;
    }
    ledger_close(&l);
    free(path);
    return err == NG_OK
               ? err
               : err_wrap(err, _("--previous: what is left of the log cannot be read; give a "
                                 "file with its last signed head, and --previous-vkey"));
}

static enum ng_err from_file(const char *path, const char *vkey, struct found *ret)
{
    if (vkey == NULL) {
        return err_set(NG_ERR_USAGE,
                       _("--previous %s: a head in a file needs the log's verifier "
                         "key too (--previous-vkey)"),
                       path);
    }
    struct key_public key;
    enum ng_err err = err_wrap(note_vkey_parse(vkey, ret->origin, &key), "--previous-vkey");
    if (err == NG_OK) {
        ret->keys = log_keys_of(&key);
        err = read_note(path, ret->origin, &ret->keys, &ret->head);
    }
    return err;
}

static enum ng_err find(const char *path, const char *vkey, struct found *ret)
{
    struct stat st;
    char *vkeys = file_join(path, "vkeys");
    enum ng_err err = vkeys == NULL ? err_set(NG_ERR_NOMEM, "path") : NG_OK;
    if (err == NG_OK && stat(path, &st) != 0) {
        err = err_set(NG_ERR_INPUT, _("--previous: %s is not there"), path);
    }
    if (err == NG_OK) {
        err = !S_ISDIR(st.st_mode) ? from_file(path, vkey, ret)
              : file_exists(vkeys) ? from_export(path, vkey, ret)
                                   : from_broker(path, ret);
    }
    free(vkeys);
    return err;
}

/* A key that was given is one of the log's. */
static enum ng_err check_key(const char *path, const char *vkey, const struct found *found)
{
    char origin[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    return note_vkey_parse(vkey, origin, &key) == NG_OK && strcmp(origin, found->origin) == 0 &&
                   log_keys_has(&found->keys, &key)
               ? NG_OK
               : err_set(NG_ERR_VERIFY, _("--previous: %s is not of the log with the key %s"), path,
                         vkey);
}

enum ng_err follow_read(const char *path, const char *vkey, const char *origin,
                        struct previous *ret)
{
    struct found found = {.origin = ""};
    struct buf own = BUF_INIT(WIRE_VKEY_MAX);
    struct key_public key;
    enum ng_err err = find(path, vkey, &found);
    const struct bytes note = {(const uint8_t *)found.head.note, found.head.note_size};
    if (err == NG_OK && vkey != NULL) {
        err = check_key(path, vkey, &found);
    }
    if (err == NG_OK) {
        err = log_keys_signer(&found.keys, found.origin, note, &key);
    }
    if (err == NG_OK) {
        err = note_vkey(found.origin, &key, &own);
    }
    if (err == NG_OK) {
        err = previous_make(origin, buf_text(&own), note, ret);
    }
    buf_fini(&own);
    return err;
}
