#include "audit/show.h"

#include "audit/entry.h"
#include "audit/print.h"
#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"
#include "proto/wire_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum ng_err parse_number(const char *text, uint64_t *ret)
{
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0) {
        return err_set(NG_ERR_USAGE, _("\"%.40s\": expected a number"), text);
    }
    *ret = v;
    return NG_OK;
}

/* ---- The head ---- */

static enum ng_err print_head(const struct ledger_head *head, bool as_json)
{
    struct buf root = BUF_INIT(64);
    enum ng_err err = bytes_base64(&root, head->head.root.bytes, HASH_SIZE);
    if (err == NG_OK && as_json) {
        err = print_document(json_pack("{s:i, s:s, s:I, s:s, s:s}", "schema", 1, "origin",
                                       head->head.origin, "size", (json_int_t)head->head.size,
                                       "root", buf_text(&root), "note", head->note));
    } else if (err == NG_OK) {
        (void)printf("%s", head->note);
    }
    buf_fini(&root);
    return err;
}

static enum ng_err must_be_signed(const struct ledger_head *head)
{
    return head->note_size > 0
               ? NG_OK
               : err_set(NG_ERR_AGAIN,
                         _("the log here is still being read: try again in a moment"));
}

enum ng_err show_head(struct source *s, bool as_json)
{
    struct ledger_head head;
    enum ng_err err = source_begin(s, &head);
    if (err != NG_OK) {
        return err;
    }
    source_end(s);
    err = must_be_signed(&head);
    return err == NG_OK ? print_head(&head, as_json) : err;
}

/* ---- An entry ---- */

static enum ng_err set_base64(json_t *object, const char *key, const void *data, size_t size)
{
    struct buf text = BUF_INIT(2 * (size_t)LEAF_SIZE_MAX);
    enum ng_err err = bytes_base64(&text, data, size);
    if (err == NG_OK && json_object_set_new(object, key, json_string(buf_text(&text))) != 0) {
        err = err_set(NG_ERR_NOMEM, "json");
    }
    buf_fini(&text);
    return err;
}

/* The payload for reading; null where it is not known here or does not parse. */
static enum ng_err set_content(json_t *object, const struct statement *s)
{
    struct buf text = BUF_INIT(1u << 20);
    json_t *content = NULL;
    if (wire_json_payload(s->kind, s->payload, &text) == NG_OK) {
        content = json_loads(buf_text(&text), 0, NULL);
    }
    buf_fini(&text);
    return json_object_set_new(object, "content", content != NULL ? content : json_null()) == 0
               ? NG_OK
               : err_set(NG_ERR_NOMEM, "json");
}

static enum ng_err describe(const struct entry *e, json_t *object)
{
    const struct statement *s = &e->statement;
    char at[26];
    day_format_rfc3339((int64_t)s->authored_at, at);
    if (json_object_set_new(object, "authored_at", json_string(at)) != 0 ||
        json_object_set_new(object, "seen_size", json_integer((json_int_t)s->seen_size)) != 0) {
        return err_set(NG_ERR_NOMEM, "json");
    }
    const struct {
        const char *name;
        const void *data;
        size_t size;
    } parts[] = {
        {"seen_root", s->seen_root.bytes, HASH_SIZE},
        {"prev", s->prev.bytes, HASH_SIZE},
        {"key", e->leaf.key.bytes, KEY_PUBLIC_SIZE},
        {"signature", e->leaf.signature, KEY_SIGNATURE_SIZE},
        {"payload", s->payload.data, s->payload.size},
    };
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err == NG_OK; i++) {
        err = set_base64(object, parts[i].name, parts[i].data, parts[i].size);
    }
    return err == NG_OK ? set_content(object, s) : err;
}

/* A line for each record that the entry changed (show_change_fn). */
static void print_changes(const json_t *changes)
{
    size_t i = 0;
    const json_t *change = NULL;
    json_array_foreach(changes, i, change)
    {
        (void)printf("%-12s %s: %s\n", "changed",
                     json_string_value(json_object_get(change, "what")),
                     json_string_value(json_object_get(change, "before_after")));
    }
}

/* The person whose signature holds, as the state before the entry has him. */
static void print_signed(const json_t *person)
{
    if (json_is_null(person)) {
        (void)printf("%-12s %s\n", "signed by", _("nobody: the person's signature does not hold"));
        return;
    }
    (void)printf("%-12s %s (%s)\n", "signed by", json_string_value(json_object_get(person, "id")),
                 json_string_value(json_object_get(person, "role")));
}

static enum ng_err print_shown(const struct entry *e, bool as_json, show_change_fn change,
                               void *context)
{
    struct previous previous;
    json_t *object = json_pack("{s:i}", "schema", 1);
    json_t *short_form = entry_json(e);
    enum ng_err err = NG_OK;
    if (object == NULL || short_form == NULL || json_object_update(object, short_form) != 0) {
        err = err_set(NG_ERR_NOMEM, "json");
    }
    json_decref(short_form);
    if (err == NG_OK) {
        err = describe(e, object);
    }
    if (err == NG_OK && change != NULL) {
        err = change(context, e->leaf.index, object);
    }
    if (err == NG_OK && as_json) {
        return print_document(object);
    }
    if (err == NG_OK) {
        entry_previous(e, &previous);
        print_previous(&previous, "");
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (err != NG_OK || strcmp(key, "schema") == 0 || strcmp(key, "payload") == 0) {
            continue;
        }
        if (strcmp(key, "changes") == 0) {
            print_changes(value);
            continue;
        }
        if (strcmp(key, "signed_by") == 0) {
            print_signed(value);
            continue;
        }
        (void)printf("%-12s ", key);
        if (json_is_string(value)) {
            (void)printf("%s", json_string_value(value));
        } else {
            err = print_json(json_incref(value), JSON_INDENT(2) | JSON_ENCODE_ANY);
        }
        (void)printf("\n");
    }
    json_decref(object);
    return err;
}

/* The leaf is copied: nobody knows how long printing takes. */
static enum ng_err copy_leaf(struct source *s, uint64_t index, struct buf *to)
{
    struct ledger_head head;
    struct bytes leaf;
    enum ng_err err = source_begin(s, &head);
    if (err != NG_OK) {
        return err;
    }
    err = source_leaf(s, index, &leaf);
    if (err == NG_OK) {
        err = buf_add(to, leaf.data, leaf.size);
    } else if (err == NG_ERR_NOT_FOUND) {
        err = err_set(err, _("the log has no entry %llu"), (unsigned long long)index);
    }
    source_end(s);
    return err;
}

enum ng_err show_entry(struct source *s, const char *number, bool as_json, show_change_fn change,
                       void *context)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    struct entry e;
    uint64_t index = 0;
    enum ng_err err = parse_number(number, &index);
    if (err == NG_OK) {
        err = copy_leaf(s, index, &leaf);
    }
    if (err == NG_OK) {
        err = entry_read(index, buf_bytes(&leaf), &e);
    }
    if (err == NG_OK) {
        err = print_shown(&e, as_json, change, context);
    }
    buf_fini(&leaf);
    return err;
}

/* ---- A proof ---- */

static enum ng_err print_proof(const struct tree_proof *proof, bool as_json)
{
    json_t *hashes = json_array();
    enum ng_err err = hashes != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "json");
    for (size_t i = 0; i < proof->count && err == NG_OK; i++) {
        struct buf text = BUF_INIT(64);
        err = bytes_base64(&text, proof->hashes[i].bytes, HASH_SIZE);
        if (err == NG_OK && !as_json) {
            (void)printf("%s\n", buf_text(&text));
        }
        if (err == NG_OK && json_array_append_new(hashes, json_string(buf_text(&text))) != 0) {
            err = err_set(NG_ERR_NOMEM, "json");
        }
        buf_fini(&text);
    }
    if (err != NG_OK || !as_json) {
        json_decref(hashes);
        return err;
    }
    return print_document(json_pack("{s:i, s:o}", "schema", 1, "hashes", hashes));
}

static enum ng_err unsound(const char *what, uint64_t a, uint64_t b)
{
    return err_set(NG_ERR_CORRUPT, _("the tree is damaged: %s of %llu and %llu does not hold"),
                   what, (unsigned long long)a, (unsigned long long)b);
}

/* The root at a size, tied to the signed head unless it is the head's own. */
static enum ng_err root_at(struct source *s, const struct note_head *head, uint64_t size,
                           struct hash *ret)
{
    struct tree_proof proof;
    if (size == head->size) {
        *ret = head->root;
        return NG_OK;
    }
    enum ng_err err = tree_root(size, source_node, s, ret);
    if (err == NG_OK) {
        err = tree_consistency(size, head->size, source_node, s, &proof);
    }
    if (err == NG_OK && size > 0 &&
        tree_verify_consistency(size, head->size, ret, &head->root, proof.hashes, proof.count) !=
            NG_OK) {
        err = unsound("the consistency", size, head->size);
    }
    return err;
}

static enum ng_err prove_inclusion(struct source *s, const struct note_head *head, uint64_t index,
                                   uint64_t size, struct tree_proof *ret)
{
    struct hash root;
    struct hash leaf;
    if (size > head->size || index >= size) {
        return err_set(NG_ERR_INPUT, _("there is no leaf %llu at size %llu in a log of %llu"),
                       (unsigned long long)index, (unsigned long long)size,
                       (unsigned long long)head->size);
    }
    enum ng_err err = root_at(s, head, size, &root);
    if (err == NG_OK) {
        err = tree_inclusion(index, size, source_node, s, ret);
    }
    if (err == NG_OK) {
        err = source_node(s, 0, index, &leaf);
    }
    if (err == NG_OK &&
        tree_verify_inclusion(index, size, &leaf, ret->hashes, ret->count, &root) != NG_OK) {
        err = unsound("the inclusion", index, size);
    }
    return err;
}

static enum ng_err prove_consistency(struct source *s, const struct note_head *head,
                                     uint64_t old_size, uint64_t new_size, struct tree_proof *ret)
{
    struct hash roots[2];
    if (old_size > new_size || new_size > head->size) {
        return err_set(NG_ERR_INPUT, _("there is no way from size %llu to %llu in a log of %llu"),
                       (unsigned long long)old_size, (unsigned long long)new_size,
                       (unsigned long long)head->size);
    }
    enum ng_err err = tree_consistency(old_size, new_size, source_node, s, ret);
    if (err != NG_OK || old_size == 0) {
        return err;
    }
    err = root_at(s, head, old_size, &roots[0]);
    if (err == NG_OK) {
        err = root_at(s, head, new_size, &roots[1]);
    }
    if (err == NG_OK && tree_verify_consistency(old_size, new_size, &roots[0], &roots[1],
                                                ret->hashes, ret->count) != NG_OK) {
        err = unsound("the consistency", old_size, new_size);
    }
    return err;
}

enum ng_err show_proof(struct source *s, const char *what, const char *a, const char *b,
                       bool as_json)
{
    const bool inclusion = strcmp(what, "inclusion") == 0;
    struct ledger_head head;
    struct tree_proof proof;
    uint64_t first = 0;
    uint64_t second = 0;
    if (!inclusion && strcmp(what, "consistency") != 0) {
        return err_set(NG_ERR_USAGE, _("\"%.40s\": expected inclusion or consistency"), what);
    }
    enum ng_err err = parse_number(a, &first);
    if (err == NG_OK) {
        err = parse_number(b, &second);
    }
    if (err == NG_OK) {
        err = source_begin(s, &head);
    }
    if (err != NG_OK) {
        return err;
    }
    err = must_be_signed(&head);
    if (err == NG_OK) {
        err = inclusion ? prove_inclusion(s, &head.head, first, second, &proof)
                        : prove_consistency(s, &head.head, first, second, &proof);
    }
    source_end(s);
    return err == NG_OK ? print_proof(&proof, as_json) : err;
}
