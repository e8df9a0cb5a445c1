#include "audit/list.h"

#include "audit/entry.h"
#include "audit/print.h"
#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLLOW_PAUSE_MS = 500 };

struct listing {
    struct source *source;
    const struct list_options *options;
    uint64_t until; /* ms */
    uint32_t kind;  /* with options->kind */
    uint64_t next;  /* index to go on with */
    uint64_t printed;
};

/* ---- Which entries ---- */

static enum ng_err find_kind(const char *text, uint32_t *ret)
{
    for (uint32_t kind = 1; kind < 64; kind++) {
        if (strcmp(text, entry_kind_name(kind)) == 0 || strcmp(text, entry_kind_word(kind)) == 0) {
            *ret = kind;
            return NG_OK;
        }
    }
    char *end = NULL;
    errno = 0;
    const unsigned long number = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || number > UINT32_MAX) {
        return err_set(NG_ERR_USAGE,
                       _("--kind %.40s: a kind like report, verdict, enrol or its number is "
                         "expected"),
                       text);
    }
    *ret = (uint32_t)number;
    return NG_OK;
}

static enum ng_err received_at(struct source *s, uint64_t index, uint64_t *ret)
{
    struct bytes bytes;
    struct entry e;
    enum ng_err err = source_leaf(s, index, &bytes);
    if (err == NG_OK) {
        err = entry_read(index, bytes, &e);
    }
    if (err == NG_OK) {
        *ret = e.leaf.received_at;
    }
    return err;
}

/* received_at never falls, so the first entry of a moment is found by halving. */
static enum ng_err find_since(struct source *s, uint64_t moment, uint64_t *ret_index)
{
    struct ledger_head head;
    enum ng_err err = source_begin(s, &head);
    if (err != NG_OK) {
        return err;
    }
    uint64_t low = 0;
    uint64_t high = head.head.size;
    while (low < high && err == NG_OK) {
        const uint64_t middle = low + (high - low) / 2;
        uint64_t at = 0;
        err = received_at(s, middle, &at);
        if (at < moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    source_end(s);
    *ret_index = low;
    return err;
}

/* Said by it, to it, or of it: an invite goes to the office and is for a unit. */
static bool concerns(const struct statement *s, const char *unit)
{
    struct party_code inbox;
    return strcmp(s->author.text, unit) == 0 || strcmp(s->to.text, unit) == 0 ||
           (registry_inbox_of(s, &inbox) == NG_OK && strcmp(inbox.text, unit) == 0);
}

static bool wanted(const struct listing *l, const struct entry *e)
{
    const struct list_options *o = l->options;
    const struct statement *s = &e->statement;
    return (o->unit == NULL || concerns(s, o->unit)) && (o->kind == NULL || s->kind == l->kind) &&
           (o->code == NULL || entry_has_code(e, o->code));
}

/* ---- How they look ---- */

/* Padded by characters: Vietnamese has more bytes than columns. */
static void print_padded(const char *text, size_t columns)
{
    size_t size = strlen(text);
    size_t at = 0;
    size_t count = 0;
    while (at < size) {
        const size_t n = bytes_utf8_length(text + at, size - at);
        at += n > 0 ? n : 1;
        count++;
    }
    (void)printf("%s%*s", text, count < columns ? (int)(columns - count) : 0, "");
}

static const char *receipt_word(enum source_receipt receipt)
{
    return receipt == SOURCE_RECEIPT_HELD      ? _("receipt")
           : receipt == SOURCE_RECEIPT_MISSING ? _("no receipt")
                                               : "";
}

static void print_line(const struct entry *e, enum source_receipt receipt)
{
    char received[18];
    char authored[18];
    char number[32];
    day_format_time_vi((int64_t)e->leaf.received_at, received);
    day_format_time_vi((int64_t)e->statement.authored_at, authored);
    (void)snprintf(number, sizeof(number), "%u/%llu", e->statement.epoch,
                   (unsigned long long)e->statement.seq);
    const char *to = e->statement.to.text[0] != '\0' ? e->statement.to.text : "-";
    (void)printf("%8llu  %s  %s  %-16s %9s  ", (unsigned long long)e->leaf.index, received,
                 authored, e->statement.author.text, number);
    print_padded(entry_kind_word(e->statement.kind), 12);
    (void)printf(" %-16s %6zu", to, e->leaf.statement.size);
    const char *word = receipt_word(receipt);
    (void)printf(word[0] != '\0' ? "  %s\n" : "%s\n", word);
    struct previous previous;
    entry_previous(e, &previous);
    print_previous(&previous, "          ");
}

static enum ng_err print_object(const struct listing *l, const struct entry *e,
                                enum source_receipt receipt)
{
    json_t *object = entry_json(e);
    if (object != NULL && receipt != SOURCE_RECEIPT_UNKNOWN &&
        json_object_set_new(object, "receipt", json_boolean(receipt == SOURCE_RECEIPT_HELD)) != 0) {
        json_decref(object);
        object = NULL;
    }
    if (l->options->follow) {
        enum ng_err err = print_json(object, JSON_COMPACT);
        (void)printf("\n");
        return err;
    }
    (void)printf("%s\n    ", l->printed > 0 ? "," : "");
    return print_json(object, 0);
}

static enum ng_err print_entry(const struct listing *l, const struct entry *e)
{
    enum source_receipt receipt = SOURCE_RECEIPT_UNKNOWN;
    const struct source_ops *ops = l->source->ops;
    enum ng_err err =
        ops->receipt != NULL ? ops->receipt(l->source, &e->statement, &receipt) : NG_OK;
    if (err == NG_OK && l->options->json) {
        return print_object(l, e, receipt);
    }
    if (err == NG_OK) {
        print_line(e, receipt);
    }
    return err;
}

/* What the columns are; a script asks for --json. */
static void print_columns(void)
{
    (void)printf("%s\n", _("   Index  Received          Written           Author              Numb"
                           "er  Kind         To                 Size"));
}

/* ---- The list ---- */

/* A source_walk_fn. */
static enum ng_err take_leaf(void *context, uint64_t index, struct bytes leaf, enum ng_err damage)
{
    struct listing *l = context;
    struct entry e;
    enum ng_err err = damage != NG_OK ? damage : entry_read(index, leaf, &e);
    if (err != NG_OK) {
        return err_wrap(err, _("entry %llu"), (unsigned long long)index);
    }
    if (e.leaf.received_at > l->until) {
        return err_plain(NG_ERR_AGAIN);
    }
    if (wanted(l, &e)) {
        err = print_entry(l, &e);
        l->printed++;
    }
    l->next = index + 1;
    const bool enough = l->options->limit > 0 && l->printed == l->options->limit;
    return err == NG_OK && enough ? err_plain(NG_ERR_AGAIN) : err;
}

/* To the end there is now. */
static enum ng_err list_on(struct listing *l)
{
    struct ledger_head head;
    enum ng_err err = source_begin(l->source, &head);
    if (err == NG_OK) {
        source_end(l->source);
        err = source_walk(l->source, l->next, head.head.size, take_leaf, l);
    }
    return err;
}

static enum ng_err follow(struct listing *l)
{
    enum ng_err err = NG_OK;
    while (err == NG_OK && fflush(stdout) == 0 &&
           (l->options->limit == 0 || l->printed < l->options->limit)) {
        (void)poll(NULL, 0, FOLLOW_PAUSE_MS);
        err = list_on(l);
    }
    return err;
}

static enum ng_err begin(struct listing *l)
{
    const struct list_options *o = l->options;
    uint64_t since = 0;
    enum ng_err err = o->kind != NULL ? find_kind(o->kind, &l->kind) : NG_OK;
    if (err == NG_OK && o->until != NULL) {
        err = err_wrap(list_moment(o->until, true, &l->until), "--until");
    }
    if (err == NG_OK && o->since != NULL) {
        err = err_wrap(list_moment(o->since, false, &since), "--since");
        if (err == NG_OK) {
            err = find_since(l->source, since, &l->next);
        }
    }
    if (l->next < o->from) {
        l->next = o->from;
    }
    return err;
}

enum ng_err list_print(struct source *s, const struct list_options *options)
{
    struct listing l = {.source = s, .options = options, .until = UINT64_MAX};
    const bool document = options->json && !options->follow;
    enum ng_err err = begin(&l);
    if (err != NG_OK) {
        return err;
    }
    if (document) {
        (void)printf("{\n  \"schema\": 1,\n  \"entries\": [");
    } else if (!options->json) {
        print_columns();
    }
    err = list_on(&l);
    if (err == NG_OK && options->follow) {
        err = follow(&l);
    }
    if (err == NG_OK && document) {
        (void)printf("%s]\n}\n", l.printed > 0 ? "\n  " : "");
    }
    return err;
}
