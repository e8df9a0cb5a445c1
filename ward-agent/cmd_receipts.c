/* nganam-agent receipts: the list of what the log took from this unit, and one receipt as a proof
 * that anybody can check without us (C2SP tlog-proof). What is exported was verified again just
 * now, from the bytes on this disk: a flipped bit must not leave the house as a proof. */
#include "base/file.h"
#include "base/lang.h"
#include "party/carry.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/proof.h"
#include "ward-agent/say_json.h"

#include <stdio.h>
#include <string.h>

/* "12", of an earlier key "1/12". */
static const char *own_number(const struct desk *d, const struct own_statement *s,
                              char out[static 48])
{
    if (s->epoch == party_identity(d->party)->epoch) {
        (void)snprintf(out, 48, "%s", say_number(s->seq));
    } else {
        (void)snprintf(out, 48, "%u/%s", (unsigned)s->epoch, say_number(s->seq));
    }
    return out;
}

static enum ng_err print_row(const struct desk *d, const struct own_statement *s)
{
    struct buf summary = BUF_INIT(SAY_SUMMARY_MAX);
    char number[48];
    enum ng_err err = say_summary(s, &summary);
    if (err == NG_OK) {
        const char *verdict = say_verdict_text(say_verdict(d, s));
        verdict = s->lost ? _("not in the log; if it still holds, report it again") : verdict;
        (void)printf("%11s  %16s  %6s  %s%s%s\n", s->lost ? "-" : say_number(s->index),
                     s->lost ? "-" : say_moment((int64_t)s->received_at), own_number(d, s, number),
                     buf_text(&summary), verdict[0] != '\0' ? " – " : "", verdict);
    }
    buf_fini(&summary);
    return err;
}

static enum ng_err print_list(const struct desk *d)
{
    size_t waiting = 0;
    enum ng_err err = NG_OK;
    (void)printf("%s\n", _("Receipt no.  Received          Number  About"));
    for (size_t i = 0; err == NG_OK && i < own_count(d->own); i++) {
        const struct own_statement *s = own_at(d->own, i);
        if (s->delivered || s->lost) {
            err = print_row(d, s);
        } else {
            waiting++;
        }
    }
    if (err == NG_OK && waiting > 0) {
        (void)printf(_("Waiting to be sent: %s\n"), say_number(waiting));
    }
    return err;
}

static enum ng_err print_json(const struct desk *d)
{
    json_t *array = json_array();
    for (size_t i = 0; i < own_count(d->own); i++) {
        const struct own_statement *s = own_at(d->own, i);
        if (s->delivered && json_array_append_new(array, say_json_receipt(d, s)) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return say_json_print(json_pack("{s:i, s:o}", "schema", 1, "receipts", array));
}

static bool has_receipt(const struct desk *d)
{
    for (size_t i = 0; i < own_count(d->own); i++) {
        if (own_at(d->own, i)->delivered) {
            return true;
        }
    }
    return false;
}

static enum ng_err list(const struct cmd_receipts *o, struct desk *d)
{
    enum ng_err err = desk_read(d);
    if (err != NG_OK) {
        return err;
    }
    const bool any = has_receipt(d);
    if (o->common.json) {
        err = print_json(d);
    } else if (any) {
        err = print_list(d);
    } else {
        (void)printf(_("No receipt yet: nothing was delivered from this machine.\n"));
    }
    return err == NG_OK && !any ? cli_quiet(NG_ERR_NOT_FOUND) : err;
}

/* Appends a digit to the number; false: no statement has so large a number. */
static bool take_digit(char digit, uint64_t *number)
{
    *number = *number * 10 + (uint64_t)(digit - '0');
    return *number <= UINT32_MAX;
}

/* The number of an own statement, plain or as the list prints it: "1.234" or "1,234", the same mark
 * before every three digits. */
static enum ng_err parse_seq(const char *option, const char *text, uint64_t *ret)
{
    uint64_t seq = 0;
    size_t group = 0; /* digits since the last mark */
    char mark = '\0';
    bool fine = text[0] >= '1' && text[0] <= '9';
    for (const char *p = text; fine && *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9') {
            fine = take_digit(*p, &seq);
            group++;
        } else {
            fine = mark == '\0' ? (*p == '.' || *p == ',') && group <= 3 : *p == mark && group == 3;
            mark = *p;
            group = 0;
        }
    }
    if (!fine || (mark != '\0' && group != 3)) {
        return err_set(NG_ERR_USAGE, _("--%s \"%.40s\": expected the number of a report, from 1"),
                       option, text);
    }
    *ret = seq;
    return NG_OK;
}

/* An epoch and a number of it, as the list prints them; without an epoch, the present one. */
static enum ng_err parse_number(const char *option, const char *text, uint32_t epoch_now,
                                uint32_t *ret_epoch, uint64_t *ret_seq)
{
    const char *slash = strchr(text, '/');
    uint64_t epoch = slash == NULL ? epoch_now : 0;
    bool fine = text[0] != '0';
    for (const char *p = text; slash != NULL && fine && p < slash; p++) {
        fine = *p >= '0' && *p <= '9' && take_digit(*p, &epoch);
    }
    if (!fine || epoch == 0) {
        return err_set(NG_ERR_USAGE, _("--%s \"%.40s\": expected the number of a report, from 1"),
                       option, text);
    }
    *ret_epoch = (uint32_t)epoch;
    return parse_seq(option, slash == NULL ? text : slash + 1, ret_seq);
}

static enum ng_err has_none(const struct proof *proof, uint32_t epoch_now, const char *text)
{
    if (!proof->written) {
        return err_set(NG_ERR_NOT_FOUND, _("nothing with number %s was written on this machine"),
                       say_number(proof->seq));
    }
    if (proof->epoch != epoch_now) {
        return err_set(NG_ERR_NOT_FOUND, _("number %s has no receipt: it is not in the log"), text);
    }
    return err_set(NG_ERR_NOT_FOUND,
                   _("number %s has no receipt yet: it waits on this machine to be sent"),
                   say_number(proof->seq));
}

/* The receipt of one number, or the leaf it proves, on stdout. */
static enum ng_err export_one(const char *number_text, bool as_leaf, struct desk *d)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf receipt = BUF_INIT(RECEIPT_SIZE_MAX);
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    struct proof proof;
    uint32_t epoch_now = party_identity(d->party)->epoch;
    uint32_t epoch = 0;
    uint64_t seq = 0;
    enum ng_err err =
        parse_number(as_leaf ? "leaf" : "export", number_text, epoch_now, &epoch, &seq);
    if (err != NG_OK) {
        return err;
    }
    err = proof_get(d->party, epoch, seq, &statement, &receipt, &proof);
    if (err == NG_ERR_NOT_FOUND) {
        err = has_none(&proof, epoch_now, number_text);
    }
    if (err == NG_OK && as_leaf) {
        err = proof_leaf(buf_bytes(&receipt), buf_bytes(&statement), &leaf);
    }
    if (err == NG_OK) {
        const struct buf *out = as_leaf ? &leaf : &receipt;
        (void)fwrite(out->data, 1, out->size, stdout);
    }
    buf_fini(&leaf);
    buf_fini(&receipt);
    buf_fini(&statement);
    return err;
}

static enum ng_err export_all(const struct cmd_receipts *o, struct desk *d)
{
    uint64_t count = 0;
    enum ng_err err = proof_export_all(d->party, o->export_all, o->leaves, &count);
    if (err == NG_OK && count == 0) {
        return err_set(NG_ERR_NOT_FOUND,
                       _("no receipt yet: nothing was delivered from this machine"));
    }
    if (err == NG_OK && o->common.json) {
        return say_json_print(json_pack("{s:i, s:o, s:I}", "schema", 1, "folder",
                                        say_json_text(o->export_all), "receipts",
                                        (json_int_t)count));
    }
    if (err == NG_OK) {
        (void)printf(_("%s: receipts written: %s; the log's key is in %s\n"), o->export_all,
                     say_number(count), PROOF_KEY_FILE);
    }
    return err;
}

static enum ng_err verify(const struct cmd_receipts *o, struct desk *d)
{
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct proof p = {.seq = 0};
    enum ng_err err = file_read(o->verify, &text);
    err = err == NG_OK ? proof_check(d->party, buf_bytes(&text), &p) : err;
    buf_fini(&text);
    if (err != NG_OK) {
        return err;
    }
    if (o->common.json) {
        return say_json_print(json_pack("{s:i, s:i, s:I, s:I, s:o, s:o}", "schema", 1, "epoch",
                                        (int)p.epoch, "seq", (json_int_t)p.seq, "number",
                                        (json_int_t)p.receipt.index, "received_at",
                                        say_json_moment((int64_t)p.receipt.received_at), "head",
                                        say_json_head(&p.receipt.head)));
    }
    (void)printf(_("The receipt holds: number %s is entry %s of the log, received at %s.\n"),
                 say_number(p.seq), say_number(p.receipt.index),
                 say_moment((int64_t)p.receipt.received_at));
    return NG_OK;
}

/* Receipts that came back with a bundle. */
static enum ng_err import(const struct cmd_receipts *o, struct desk *d)
{
    struct buf file = BUF_INIT(BUNDLE_SIZE_MAX);
    struct carry_imported news;
    enum ng_err err = file_read(o->import, &file);
    err = err == NG_OK ? carry_import(d->party, buf_bytes(&file), &news) : err;
    buf_fini(&file);
    if (err != NG_OK) {
        return err;
    }
    if (o->common.json) {
        return say_json_print(
            json_pack("{s:i, s:i, s:I, s:I, s:I, s:{s:I, s:I}}", "schema", 1, "epoch",
                      (int)news.epoch, "imported", (json_int_t)news.count, "known",
                      (json_int_t)news.known, "outbox", (json_int_t)news.outbox, "evidence",
                      "stored", (json_int_t)news.stored, "unproved", (json_int_t)news.unproved));
    }
    (void)printf(_("Receipts taken: %s, known before: %s. Waiting to be sent: %s\n"),
                 say_number(news.count), say_number(news.known), say_number(news.outbox));
    if (news.stored > 0) {
        (void)printf(ngettext("%s evidence file is at the broker now.\n",
                              "%s evidence files are at the broker now.\n", news.stored),
                     say_number(news.stored));
    }
    if (news.unproved > 0) {
        (void)printf(_("Of %s evidence files it is said that the broker has them, without its "
                       "signature: they go on waiting here.\n"),
                     say_number(news.unproved));
    }
    return NG_OK;
}

static enum ng_err run(const struct cmd_receipts *o, struct desk *d)
{
    if (o->export_seq != NULL || o->leaf_seq != NULL) {
        const bool as_leaf = o->export_seq == NULL;
        return export_one(as_leaf ? o->leaf_seq : o->export_seq, as_leaf, d);
    }
    if (o->export_all != NULL) {
        return export_all(o, d);
    }
    if (o->verify != NULL) {
        return verify(o, d);
    }
    return o->import != NULL ? import(o, d) : list(o, d);
}

enum ng_err cmd_receipts_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_receipts *o = options;
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? run(o, &d) : err;
    desk_close(&d);
    return err;
}
