/* nganam-broker log head, list, show and prove: reading beside a running broker.
 *
 * A long list is read in many short snapshots, a few hundred entries each: a snapshot that is held
 * keeps the writer from reusing pages. JSON is written as it is read, so a log of any length needs
 * the memory of one entry.
 */
#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/entry.h"
#include "broker/print.h"
#include "ledger/ledger.h"
#include "proto/wire_json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNAPSHOT_ENTRIES 256

static enum ng_err open_log(const char *folder, struct ledger **ret)
{
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = ledger_open(folder, NULL, LEDGER_READ, ret);
    }
    return err == NG_ERR_NOT_FOUND
               ? err_set(err, _("%s holds no broker: run nganam-broker init first"), folder)
               : err;
}

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

/* ---- head ---- */

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

enum ng_err cmd_log_head_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_log_head *o = options;
    struct ledger *l = NULL;
    struct ledger_head head;
    enum ng_err err = open_log(o->common.data, &l);
    if (err == NG_OK && o->cosigned) {
        err = print_cosigned(o->common.data, l, o->common.json);
    } else if (err == NG_OK) {
        err = ledger_head(l, &head);
    }
    if (err == NG_OK && !o->cosigned) {
        err = print_head(&head, o->common.json);
    }
    ledger_close(&l);
    return err;
}

/* ---- list ---- */

struct listing {
    const struct cmd_log_list *options;
    uint64_t next;
    uint64_t printed;
};

static bool wanted(const struct cmd_log_list *o, const struct statement *s)
{
    return o->unit == NULL || strcmp(s->author.text, o->unit) == 0 ||
           strcmp(s->to.text, o->unit) == 0;
}

static enum ng_err print_entry(struct listing *list, const struct entry *e)
{
    if (list->options->common.json) {
        (void)printf("%s\n    ", list->printed > 0 ? "," : "");
        return print_json(entry_json(e), 0);
    }
    char at[18];
    char number[32];
    day_format_time_vi((int64_t)e->leaf.received_at, at);
    (void)snprintf(number, sizeof(number), "%u/%llu", e->statement.epoch,
                   (unsigned long long)e->statement.seq);
    const char *to = e->statement.to.text[0] != '\0' ? e->statement.to.text : "-";
    (void)printf("%8llu  %s  %-16s %9s  %-9s %-16s %6zu\n", (unsigned long long)e->leaf.index, at,
                 e->statement.author.text, number, entry_kind_name(e->statement.kind), to,
                 e->leaf.statement.size);
    return NG_OK;
}

/* What the columns are; a script asks for --json. */
static void print_columns(void)
{
    (void)printf("%s\n", _("   Index  Received          Author              Numb"
                           "er  Kind      To                 Size"));
}

/* One snapshot's worth; *ret_end when the log or the limit is reached. */
static enum ng_err list_some(struct ledger *l, struct store_txn *t, struct listing *list,
                             bool *ret_end)
{
    const struct cmd_log_list *o = list->options;
    for (unsigned i = 0; i < SNAPSHOT_ENTRIES; i++) {
        struct bytes leaf;
        struct entry e;
        if (o->limit > 0 && list->printed == o->limit) {
            *ret_end = true;
            return NG_OK;
        }
        enum ng_err err = ledger_leaf(l, t, list->next, &leaf);
        if (err == NG_ERR_NOT_FOUND) {
            *ret_end = true;
            return NG_OK;
        }
        if (err == NG_OK) {
            err = entry_read(list->next, leaf, &e);
        }
        if (err == NG_OK && wanted(o, &e.statement)) {
            err = print_entry(list, &e);
            list->printed++;
        }
        if (err != NG_OK) {
            return err;
        }
        list->next++;
    }
    return NG_OK;
}

static enum ng_err list_all(struct ledger *l, struct listing *list)
{
    bool end = false;
    enum ng_err err = NG_OK;
    while (err == NG_OK && !end) {
        struct store_txn *t = NULL;
        err = store_begin_read(ledger_store(l), &t);
        if (err == NG_OK) {
            err = list_some(l, t, list, &end);
            store_end_read(&t);
        }
    }
    return err;
}

enum ng_err cmd_log_list_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_log_list *o = options;
    struct ledger *l = NULL;
    struct listing list = {.options = o, .next = o->from};
    enum ng_err err = open_log(o->common.data, &l);
    if (err != NG_OK) {
        return err;
    }
    if (o->common.json) {
        (void)printf("{\n  \"schema\": 1,\n  \"entries\": [");
    } else {
        print_columns();
    }
    err = list_all(l, &list);
    if (o->common.json && err == NG_OK) {
        (void)printf("%s]\n}\n", list.printed > 0 ? "\n  " : "");
    }
    ledger_close(&l);
    return err;
}

/* ---- show ---- */

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

static enum ng_err print_shown(const struct entry *e, bool as_json)
{
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
    if (err == NG_OK && as_json) {
        return print_document(object);
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (err != NG_OK || strcmp(key, "schema") == 0 || strcmp(key, "payload") == 0) {
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

enum ng_err cmd_log_show_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_plain *o = options;
    struct ledger *l = NULL;
    struct store_txn *t = NULL;
    struct bytes leaf;
    struct entry e;
    uint64_t index = 0;
    enum ng_err err = parse_number(argv[0], &index);
    if (err == NG_OK) {
        err = open_log(o->common.data, &l);
    }
    if (err == NG_OK) {
        err = store_begin_read(ledger_store(l), &t);
    }
    if (err == NG_OK) {
        err = ledger_leaf(l, t, index, &leaf);
        if (err == NG_ERR_NOT_FOUND) {
            err = err_set(err, _("the log has no entry %llu"), (unsigned long long)index);
        }
    }
    if (err == NG_OK) {
        err = entry_read(index, leaf, &e);
    }
    if (err == NG_OK) {
        err = print_shown(&e, o->common.json);
    }
    if (t != NULL) {
        store_end_read(&t);
    }
    ledger_close(&l);
    return err;
}

/* ---- prove ---- */

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

static enum ng_err prove(struct ledger *l, bool inclusion, uint64_t a, uint64_t b,
                         struct tree_proof *ret)
{
    struct store_txn *t = NULL;
    enum ng_err err = store_begin_read(ledger_store(l), &t);
    if (err == NG_OK) {
        err = inclusion ? ledger_inclusion(l, t, a, b, ret) : ledger_consistency(l, t, a, b, ret);
        store_end_read(&t);
    }
    return err;
}

enum ng_err cmd_log_prove_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_plain *o = options;
    const bool inclusion = strcmp(argv[0], "inclusion") == 0;
    uint64_t a = 0;
    uint64_t b = 0;
    if (!inclusion && strcmp(argv[0], "consistency") != 0) {
        return err_set(NG_ERR_USAGE, _("\"%.40s\": expected inclusion or consistency"), argv[0]);
    }
    struct ledger *l = NULL;
    struct tree_proof proof;
    enum ng_err err = parse_number(argv[1], &a);
    if (err == NG_OK) {
        err = parse_number(argv[2], &b);
    }
    if (err == NG_OK) {
        err = open_log(o->common.data, &l);
    }
    if (err == NG_OK) {
        err = prove(l, inclusion, a, b, &proof);
    }
    if (err == NG_OK) {
        err = print_proof(&proof, o->common.json);
    }
    ledger_close(&l);
    return err;
}
