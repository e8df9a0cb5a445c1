#include "office-service/fold_verdict.h"

#include "base/bytes.h"
#include "office-service/verdict_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FINDINGS_MAX 256u
#define PAYLOAD_MAX (STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE)

/* 256 findings of at most this many bytes each fit a statement. */
_Static_assert(FINDINGS_MAX *(FOLD_ARGUMENT_MAX + STATE_CODE_SIZE + 24u) < PAYLOAD_MAX,
               "a verdict must fit one statement");

struct fold_findings {
    const struct fold_origin *origin;
    bool owed;
    uint32_t accepted;
    uint32_t part; /* the one being filled */
    enum ng_err err;
    size_t count;
    uint32_t acts[FINDINGS_MAX];
    struct fold_judged items[FINDINGS_MAX];
};

struct fold_findings *fold_verdict_new(void)
{
    return calloc(1, sizeof(struct fold_findings));
}

void fold_verdict_destroy(struct fold_findings **v)
{
    free(*v);
    *v = NULL;
}

void fold_verdict_begin(struct fold *f, const struct fold_origin *origin, bool owed)
{
    struct fold_findings *v = f->findings;
    v->origin = origin;
    v->owed = owed;
    v->accepted = 0;
    v->part = 0;
    v->err = NG_OK;
    v->count = 0;
}

static enum ng_err encode(const struct fold_findings *v, bool more, struct buf *to)
{
    struct wire_finding *findings = calloc(v->count + 1, sizeof *findings);
    if (!findings) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (size_t i = 0; i < v->count; i++) {
        findings[i] = (struct wire_finding){.act = v->acts[i],
                                            .outcome = v->items[i].outcome,
                                            .reason = v->items[i].reason,
                                            .code = v->items[i].code,
                                            .argument = v->items[i].argument};
    }
    const struct wire_act act = {.kind = WIRE_ACT_VERDICT,
                                 .u.verdict = {.index = v->origin->index,
                                               .seq = v->origin->seq,
                                               .accepted = more ? 0 : v->accepted,
                                               .findings = findings,
                                               .finding_count = v->count,
                                               .part = v->part,
                                               .more = more}};
    enum ng_err err = fold_encode_act(&act, to);
    free(findings);
    return err;
}

/* Keeps the part that is filled and begins the next. */
static enum ng_err put_part(struct fold *f, bool more)
{
    struct fold_findings *v = f->findings;
    struct buf payload = BUF_INIT(PAYLOAD_MAX);
    enum ng_err err = encode(v, more, &payload);
    if (!err) {
        struct verdict_row row = {.payload = buf_bytes(&payload)};
        (void)snprintf(row.author, sizeof row.author, "%s", v->origin->author);
        err = verdict_row_put(f->kv, v->origin->index, v->part, &row, v->owed);
    }
    buf_fini(&payload);
    v->part++;
    v->count = 0;
    return err;
}

void fold_verdict_note(struct fold *f, uint32_t act, const struct fold_judged *judged)
{
    struct fold_findings *v = f->findings;
    if (judged->outcome == WIRE_ACCEPTED) {
        v->accepted++;
        f->meta.accepted++;
        return;
    }
    f->meta.refused += judged->outcome == WIRE_REFUSED;
    if (v->count == FINDINGS_MAX && !v->err) {
        v->err = put_part(f, true);
    }
    if (!v->err) {
        v->acts[v->count] = act;
        v->items[v->count++] = *judged;
    }
}

enum ng_err fold_verdict_end(struct fold *f)
{
    struct fold_findings *v = f->findings;
    return v->err ? v->err : put_part(f, false);
}

enum ng_err fold_verdict_apply(struct fold *f, const struct fold_origin *origin,
                               const struct wire_act *act, struct fold_judged *judged)
{
    (void)origin;
    (void)judged;
    return verdict_row_settle(f->kv, act->u.verdict.index, act->u.verdict.part);
}
