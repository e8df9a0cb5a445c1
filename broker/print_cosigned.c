/* A witness head as a C2SP checkpoint: the log's note, and a line for each party that cosigned it.
 *
 * What is read lies in the witness store; the registry of the log says how many parties there are.
 * Beside a running broker the newest second of cosignatures is not in the store yet.
 */
#include "broker/print_cosigned.h"

#include "audit/print.h"
#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"
#include "broker/witnesses.h"

#include <stdio.h>
#include <stdlib.h>

static enum ng_err count_party(void *context, const struct registry_party *p)
{
    size_t *count = context;
    *count += p->epoch > 0 && !p->revoked && !p->unconfirmed;
    return NG_OK;
}

static enum ng_err count_parties(struct ledger *l, size_t *ret)
{
    struct store_txn *t = NULL;
    *ret = 0;
    const enum ng_err err = store_begin_read(ledger_store(l), &t);
    if (err != NG_OK) {
        return err;
    }
    const enum ng_err counted = registry_each(t, count_party, ret);
    store_end_read(&t);
    return counted;
}

/* One page of witnesses: their lines behind the note, and themselves into the array. */
static enum ng_err add_page(const struct witnesses_page *page, const char *origin, struct buf *note,
                            json_t *array)
{
    char name[COSIGN_NAME_MAX + 1], at[26];
    struct buf vkey = BUF_INIT(512);
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < page->count && err == NG_OK; i++) {
        cosign_name(origin, page->codes[i].text, name);
        buf_clear(&vkey);
        err = cosign_line(name, &page->keys[i], page->items[i].cosignature.data, note);
        if (err == NG_OK) {
            err = cosign_vkey(name, &page->keys[i], &vkey);
        }
        const uint64_t time_s = cosign_time(page->items[i].cosignature.data);
        day_format_rfc3339(time_s < INT64_MAX / 1000 ? (int64_t)time_s * 1000 : 0, at);
        if (err == NG_OK &&
            json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "party", page->codes[i].text,
                                                   "at", at, "vkey", buf_text(&vkey))) != 0) {
            err = err_set(NG_ERR_NOMEM, "JSON");
        }
    }
    buf_fini(&vkey);
    return err;
}

static enum ng_err gather(const struct witnesses *w, const struct ledger_head *head,
                          struct buf *note, json_t *array)
{
    struct witnesses_page *page = calloc(1, sizeof(*page));
    struct party_code after = {""};
    enum ng_err err = page == NULL ? err_set(NG_ERR_NOMEM, "witness")
                                   : buf_add(note, head->note, head->note_size);
    bool more = true;
    while (err == NG_OK && more) {
        witnesses_list(w, head->head.size, after.text, page);
        err = add_page(page, head->head.origin, note, array);
        more = page->more;
        if (page->count > 0) {
            after = page->codes[page->count - 1];
        }
    }
    free(page);
    return err;
}

static enum ng_err print_one(const struct witnesses *w, const struct ledger_head *head,
                             size_t parties, bool as_json)
{
    const size_t cosigned = witnesses_count(w, head->head.size), needed = cosign_quorum(parties);
    struct buf note = BUF_INIT(NOTE_SIZE_MAX + cosigned * COSIGN_LINE_MAX);
    struct buf root = BUF_INIT(64);
    json_t *array = json_array();
    enum ng_err err = array == NULL ? err_set(NG_ERR_NOMEM, "JSON") : gather(w, head, &note, array);
    if (err == NG_OK) {
        err = bytes_base64(&root, head->head.root.bytes, HASH_SIZE);
    }
    if (err == NG_OK && as_json) {
        err = print_document(json_pack(
            "{s:i, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:b, s:O}", "schema", 1, "origin",
            head->head.origin, "size", (json_int_t)head->head.size, "root", buf_text(&root), "note",
            buf_text(&note), "cosigned", (json_int_t)cosigned, "parties", (json_int_t)parties,
            "needed", (json_int_t)needed, "final", (int)(cosigned >= needed), "witnesses", array));
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
    size_t parties = 0;
    enum ng_err err = witnesses_open(folder, l, true, &w);
    if (err == NG_OK) {
        err = count_parties(l, &parties);
    }
    const struct ledger_head *head = NULL;
    if (err == NG_OK) {
        head = witnesses_final(w, cosign_quorum(parties));
    }
    if (err == NG_ERR_NOT_FOUND || (err == NG_OK && head == NULL)) {
        err = err_set(NG_ERR_NOT_FOUND, _("there is no witness head yet: the running broker makes "
                                          "one when a party next talks to it"));
    } else if (err == NG_OK) {
        err = print_one(w, head, parties, as_json);
    }
    witnesses_close(&w);
    return err;
}
