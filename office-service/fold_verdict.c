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
    uint32_t accepted;
    uint32_t refused;
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

void fold_verdict_begin(struct fold *f)
{
    f->findings->accepted = 0;
    f->findings->refused = 0;
    f->findings->count = 0;
}

void fold_verdict_note(struct fold *f, uint32_t act, const struct fold_judged *judged)
{
    struct fold_findings *v = f->findings;
    if (judged->outcome == WIRE_ACCEPTED) {
        v->accepted++;
        f->meta.accepted++;
        return;
    }
    if (judged->outcome == WIRE_REFUSED) {
        v->refused++;
        f->meta.refused++;
    }
    if (v->count < FINDINGS_MAX) {
        v->acts[v->count] = act;
        v->items[v->count++] = *judged;
    }
}

static enum ng_err encode(const struct fold_findings *v, const struct fold_origin *origin,
                          struct buf *to)
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
                                 .u.verdict = {.index = origin->index,
                                               .seq = origin->seq,
                                               .accepted = v->accepted,
                                               .findings = findings,
                                               .finding_count = v->count}};
    enum ng_err err = fold_encode_act(&act, to);
    free(findings);
    return err;
}

enum ng_err fold_verdict_end(struct fold *f, const struct fold_origin *origin, bool owed)
{
    struct buf payload = BUF_INIT(PAYLOAD_MAX);
    enum ng_err err = encode(f->findings, origin, &payload);
    if (!err) {
        struct verdict_row row = {.payload = buf_bytes(&payload)};
        (void)snprintf(row.author, sizeof row.author, "%s", origin->author);
        err = verdict_row_put(f->kv, origin->index, &row, owed);
    }
    buf_fini(&payload);
    return err;
}

enum ng_err fold_verdict_apply(struct fold *f, const struct fold_origin *origin,
                               const struct wire_act *act, struct fold_judged *judged)
{
    (void)origin;
    (void)judged;
    return verdict_row_settle(f->kv, act->u.verdict.index);
}
