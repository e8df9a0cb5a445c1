/* A witness head as a C2SP checkpoint: the log's note, and a line for each party that cosigned it.
 *
 * What is read lies in the witness store; the registry of the log says which of them count.
 * Beside a running broker the newest second of cosignatures is not in the store yet.
 */
#include "broker/print_cosigned.h"

#include "audit/print.h"
#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"
#include "broker/cosigned.h"

#include <stdio.h>

struct gathered {
    struct buf *note;
    json_t *array;
};

/* The line behind the note, and the party into the array (a cosigned_fn). */
static enum ng_err gather_one(void *context, const struct cosigned_one *one)
{
    const struct gathered *g = context;
    char at[26];
    struct buf vkey = BUF_INIT(512);
    enum ng_err err = cosign_line(one->name, &one->key, one->cosignature, g->note);
    if (err == NG_OK) {
        err = cosign_vkey(one->name, &one->key, &vkey);
    }
    const uint64_t time_s = cosign_time(one->cosignature);
    day_format_rfc3339(time_s < INT64_MAX / 1000 ? (int64_t)time_s * 1000 : 0, at);
    if (err == NG_OK &&
        json_array_append_new(g->array, json_pack("{s:s, s:s, s:s}", "party", one->party, "at", at,
                                                  "vkey", buf_text(&vkey))) != 0) {
        err = err_set(NG_ERR_NOMEM, "JSON");
    }
    buf_fini(&vkey);
    return err;
}

static enum ng_err gather(struct store_txn *t, const struct witnesses *w,
                          const struct ledger_head *head, struct buf *note, json_t *array)
{
    struct gathered g = {note, array};
    const enum ng_err err = buf_add(note, head->note, head->note_size);
    return err == NG_OK ? cosigned_each(t, w, head, gather_one, &g) : err;
}

static enum ng_err print_one(struct store_txn *t, const struct witnesses *w,
                             const struct cosigned_view *v, bool as_json)
{
    const struct ledger_head *head = v->head;
    struct buf note = BUF_INIT(NOTE_SIZE_MAX + v->cosigned * COSIGN_LINE_MAX);
    struct buf root = BUF_INIT(64);
    json_t *array = json_array();
    enum ng_err err =
        array == NULL ? err_set(NG_ERR_NOMEM, "JSON") : gather(t, w, head, &note, array);
    if (err == NG_OK) {
        err = bytes_base64(&root, head->head.root.bytes, HASH_SIZE);
    }
    if (err == NG_OK && as_json) {
        err = print_document(
            json_pack("{s:i, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:b, s:O}", "schema", 1, "origin",
                      head->head.origin, "size", (json_int_t)head->head.size, "root",
                      buf_text(&root), "note", buf_text(&note), "cosigned", (json_int_t)v->cosigned,
                      "parties", (json_int_t)v->parties, "needed", (json_int_t)v->needed, "final",
                      (int)(v->cosigned >= v->needed), "witnesses", array));
    } else if (err == NG_OK) {
        (void)printf("%s", buf_text(&note));
    }
    json_decref(array);
    buf_fini(&root);
    buf_fini(&note);
    return err;
}

enum ng_err print_cosigned(const char *folder, struct ledger *l, bool as_json)
{
    struct witnesses *w = NULL;
    struct store_txn *t = NULL;
    struct cosigned_view v = {.head = NULL};
    enum ng_err err = witnesses_open(folder, l, true, &w);
    if (err == NG_OK) {
        err = store_begin_read(ledger_store(l), &t);
    }
    if (err == NG_OK) {
        err = cosigned_find(t, w, UINT64_MAX, &v);
    }
    if (err == NG_ERR_NOT_FOUND || (err == NG_OK && v.head == NULL)) {
        err = err_set(NG_ERR_NOT_FOUND, _("there is no witness head yet: the running broker makes "
                                          "one when a party next talks to it"));
    } else if (err == NG_OK) {
        err = print_one(t, w, &v, as_json);
    }
    if (t != NULL) {
        store_end_read(&t);
    }
    witnesses_close(&w);
    return err;
}
