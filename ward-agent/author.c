/* From acts to statements.
 *
 * The encoded size of a repeated field is the sum of its elements' sizes, so each act is measured
 * alone and the cuts are known before anything is encoded: a part has to say how many parts there
 * are. Then all are encoded and authored in one transaction; a machine that loses power has the
 * whole report or nothing of it.
 */
#include "ward-agent/author.h"

#include "base/lang.h"
#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* What the payload holds beside the acts: the part's numbers and id, to_seq. */
enum { PAYLOAD_EXTRA = 128, PAYLOAD_MAX = STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE };

static enum ng_err measure(const struct wire_act *act, size_t *ret_size)
{
    struct buf bytes = BUF_INIT(PAYLOAD_MAX - PAYLOAD_EXTRA);
    const struct wire_acts one = {.acts = act, .count = 1};
    enum ng_err err = wire_acts_encode(&one, &bytes);
    *ret_size = bytes.size;
    buf_fini(&bytes);
    return err;
}

enum ng_err author_cut(const struct wire_act *acts, size_t count, size_t *ret_ends,
                       size_t *ret_statements)
{
    size_t statements = 0;
    size_t begin = 0;
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size_t act_size = 0;
        enum ng_err err = measure(&acts[i], &act_size);
        if (err != NG_OK) {
            return err_wrap(err, _("item %zu of the report"), i + 1);
        }
        if (i - begin == WIRE_ACTS_MAX || size + act_size > PAYLOAD_MAX - PAYLOAD_EXTRA) {
            ret_ends[statements++] = i;
            begin = i;
            size = 0;
        }
        size += act_size;
    }
    ret_ends[statements++] = count;
    *ret_statements = statements;
    return NG_OK;
}

static void new_import_id(uint8_t id[static 16])
{
    struct rng rng = rng_from_system();
    for (size_t i = 0; i < 2; i++) {
        uint64_t word = rng_next(&rng);
        memcpy(id + 8 * i, &word, sizeof(word));
    }
}

static enum ng_err encode_all(const struct wire_act *acts, const size_t *ends, size_t statements,
                              struct buf *payloads)
{
    struct wire_acts m = {.has_part = statements > 1, .part_count = (uint32_t)statements};
    new_import_id(m.import_id);
    enum ng_err err = NG_OK;
    size_t begin = 0;
    for (size_t i = 0; err == NG_OK && i < statements; i++) {
        m.acts = acts + begin;
        m.count = ends[i] - begin;
        m.part_number = (uint32_t)i + 1;
        buf_init(&payloads[i], PAYLOAD_MAX);
        err = wire_acts_encode(&m, &payloads[i]);
        begin = ends[i];
    }
    return err;
}

static enum ng_err author_payloads(struct party *p, enum wire_par_kind kind,
                                   const struct buf *payloads, size_t statements, int64_t now_ms,
                                   struct author_result *ret)
{
    struct party_draft *drafts = calloc(statements, sizeof(*drafts));
    uint64_t *seqs = calloc(statements, sizeof(*seqs));
    enum ng_err err = NG_ERR_NOMEM;
    if (drafts != NULL && seqs != NULL) {
        for (size_t i = 0; i < statements; i++) {
            drafts[i].kind = kind;
            drafts[i].to.text[0] = kind == WIRE_KIND_TASKS ? '*' : '\0';
            drafts[i].payload = buf_bytes(&payloads[i]);
        }
        err = party_author(p, drafts, statements, now_ms, seqs);
    } else {
        (void)err_set(err, "%s", _("report"));
    }
    if (err == NG_OK) {
        *ret = (struct author_result){seqs[0], seqs[statements - 1], statements};
    }
    free(seqs);
    free(drafts);
    return err;
}

enum ng_err author_acts(struct party *p, enum wire_par_kind kind, const struct wire_act *acts,
                        size_t count, int64_t now_ms, struct author_result *ret)
{
    size_t statements = 0;
    size_t *ends = calloc(count, sizeof(*ends));
    struct buf *payloads = calloc(count, sizeof(*payloads));
    enum ng_err err = ends != NULL && payloads != NULL ? author_cut(acts, count, ends, &statements)
                                                       : err_set(NG_ERR_NOMEM, "%s", _("report"));
    err = err == NG_OK ? encode_all(acts, ends, statements, payloads) : err;
    err = err == NG_OK ? author_payloads(p, kind, payloads, statements, now_ms, ret) : err;
    for (size_t i = 0; i < statements; i++) {
        buf_fini(&payloads[i]);
    }
    free(payloads);
    free(ends);
    if (err == NG_OK) {
        party_wake(party_folder(p));
    }
    return err;
}
