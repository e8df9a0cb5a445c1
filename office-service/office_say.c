/* From acts to statements in the log and their verdicts back: for office_say. */
#include "office-service/office.h"

#include "base/lang.h"
#include "ledger/key.h"
#include "office-service/signer.h"
#include "office-service/verdict_row.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENTS_MAX 1024u
/* Room for the part's own fields, for to_seq, which the party adds, and for a person's signature.
 */
#define PAYLOAD_MAX (STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE - 256u)
#define FINDINGS_KEPT_MAX 1000u

struct cutting {
    size_t firsts[STATEMENTS_MAX + 1]; /* of each statement; the last is the end */
    size_t count;
};

/* Where each statement begins: as many acts as fit. Acts encoded one by one have the same size as
 * encoded together, for each is a field of its own. */
static enum ng_err cut(const struct wire_act *acts, size_t count, struct cutting *c)
{
    struct buf one = BUF_INIT(STATEMENT_SIZE_MAX);
    size_t size = 0;
    size_t held = 0;
    enum ng_err err = NG_OK;
    c->count = 0;
    for (size_t i = 0; i < count && !err; i++) {
        const struct wire_acts single = {.acts = &acts[i], .count = 1};
        buf_clear(&one);
        err = wire_acts_encode(&single, &one);
        bool full = i == 0 || held == WIRE_ACTS_MAX || size + one.size > PAYLOAD_MAX;
        if (!err && (one.size > PAYLOAD_MAX || (full && c->count == STATEMENTS_MAX))) {
            err = err_set(NG_ERR_LIMIT, _("too much for one import: cut it into smaller files"));
        }
        if (!err && full) {
            c->firsts[c->count++] = i;
            size = 0;
            held = 0;
        }
        size += one.size;
        held++;
    }
    c->firsts[c->count] = count;
    buf_fini(&one);
    return err;
}

struct saying {
    struct party_draft *drafts;
    struct buf *payloads;
    uint64_t *seqs;
    size_t count;
};

static void saying_fini(struct saying *s)
{
    for (size_t i = 0; s->payloads && i < s->count; i++) {
        buf_fini(&s->payloads[i]);
    }
    free(s->drafts);
    free(s->payloads);
    free(s->seqs);
}

static enum ng_err encode(struct saying *s, const struct cutting *c, uint32_t kind, const char *to,
                          const struct wire_act *acts, struct signer *signer)
{
    uint8_t import_id[16];
    key_random(import_id, sizeof import_id);
    s->drafts = calloc(c->count, sizeof *s->drafts);
    s->payloads = calloc(c->count, sizeof *s->payloads);
    s->seqs = calloc(c->count, sizeof *s->seqs);
    if (!s->drafts || !s->payloads || !s->seqs) {
        return err_plain(NG_ERR_NOMEM);
    }
    s->count = c->count;
    for (size_t i = 0; i < c->count; i++) {
        struct wire_acts part = {.acts = acts + c->firsts[i],
                                 .count = c->firsts[i + 1] - c->firsts[i],
                                 .has_part = c->count > 1,
                                 .part_number = (uint32_t)i + 1,
                                 .part_count = (uint32_t)c->count};
        memcpy(part.import_id, import_id, sizeof import_id);
        buf_init(&s->payloads[i], STATEMENT_SIZE_MAX);
        enum ng_err err = wire_acts_encode(&part, &s->payloads[i]);
        if (err) {
            return err;
        }
        s->drafts[i].kind = kind;
        s->drafts[i].payload = buf_bytes(&s->payloads[i]);
        s->drafts[i].finish = signer ? signer_sign : NULL;
        s->drafts[i].finish_context = signer;
        (void)snprintf(s->drafts[i].to.text, sizeof s->drafts[i].to.text, "%s", to);
    }
    return NG_OK;
}

/* ---- Verdicts ---- */

void office_outcome_fini(struct office_outcome *o)
{
    free(o->findings);
    free(o->texts);
    *o = (struct office_outcome){0};
}

static enum ng_err add_finding(struct office_outcome *o, const struct wire_finding *f)
{
    if (o->refused == FINDINGS_KEPT_MAX) {
        return NG_OK;
    }
    if (!o->findings) {
        o->findings = calloc(FINDINGS_KEPT_MAX, sizeof *o->findings);
        o->texts = calloc(FINDINGS_KEPT_MAX, sizeof *o->texts);
        if (!o->findings || !o->texts) {
            return err_plain(NG_ERR_NOMEM);
        }
    }
    struct wire_finding *kept = &o->findings[o->refused];
    char *text = o->texts[o->refused++];
    int size = snprintf(text, 64, "%s", f->code);
    char *argument = text + (size < 63 ? size : 63) + 1;
    (void)snprintf(argument, 190, "%s", f->argument);
    *kept = *f;
    kept->code = text;
    kept->argument = argument;
    return NG_OK;
}

static enum ng_err read_part(const struct kv *kv, uint64_t index, uint32_t part,
                             struct office_outcome *o)
{
    struct verdict_row row;
    struct wire_acts *acts = NULL;
    enum ng_err err = verdict_row_get(kv, index, part, &row);
    if (err) {
        return err;
    }
    err = wire_acts_decode(row.payload, &acts);
    if (!err && acts->count == 1 && acts->acts[0].kind == WIRE_ACT_VERDICT) {
        const struct wire_verdict *v = &acts->acts[0].u.verdict;
        o->accepted += v->accepted;
        for (size_t i = 0; i < v->finding_count && !err; i++) {
            err = add_finding(o, &v->findings[i]);
        }
    }
    wire_acts_destroy(&acts);
    return err;
}

static enum ng_err read_verdict(const struct kv *kv, uint64_t index, struct office_outcome *o)
{
    enum ng_err err = NG_OK;
    for (uint32_t part = 0; !err; part++) {
        err = read_part(kv, index, part, o);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err; /* none: an earlier part of an import */
}

static enum ng_err read_outcome(struct office *o, const struct saying *s,
                                struct office_outcome *ret)
{
    struct mirror_view v;
    enum ng_err err = NG_OK;
    uint64_t indexes[2] = {0, 0};
    for (size_t i = 0; i < s->count && !err; i++) {
        uint64_t index = 0;
        err = office_own_index(o, s->seqs[i], &index);
        indexes[0] = i == 0 ? index : indexes[0];
        indexes[1] = index;
        if (!err) {
            err = mirror_view_begin(o->mirror, &v);
        }
        if (!err) {
            err = read_verdict(mirror_view_state(&v), index, ret);
            mirror_view_end(&v);
        }
    }
    ret->first_index = indexes[0];
    ret->last_index = indexes[1];
    return err;
}

enum ng_err office_say(struct office *o, uint32_t kind, const char *to, const struct wire_act *acts,
                       size_t count, int64_t timeout_ms, struct office_outcome *ret)
{
    struct saying s = {0};
    struct cutting *c = malloc(sizeof *c);
    *ret = (struct office_outcome){0};
    enum ng_err err = c ? cut(acts, count, c) : err_plain(NG_ERR_NOMEM);
    if (!err) {
        err = encode(&s, c, kind, to, acts, o->signer);
    }
    if (!err) {
        err = party_author(o->party, s.drafts, s.count, clock_wall_ms(), s.seqs);
    }
    if (!err) {
        err = office_settle(o, s.seqs[s.count - 1], timeout_ms);
    }
    if (!err) {
        err = read_outcome(o, &s, ret);
    }
    if (err) {
        office_outcome_fini(ret);
    }
    saying_fini(&s);
    free(c);
    return err;
}
