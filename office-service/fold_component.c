#include "office-service/fold_component.h"

#include "office-service/fold_actor.h"
#include "office-service/fold_board.h"
#include "office-service/member_row.h"
#include "office-service/unit_row.h"

#include <string.h>

enum ng_err fold_component_board(struct fold *f, const char *unit, uint32_t year,
                                 struct fold_judged *judged, char ret_group[STATE_CODE_SIZE],
                                 const struct criteria **ret_set)
{
    struct unit_row row;
    *ret_set = NULL;
    enum ng_err err = unit_row_get(f->kv, unit, &row);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? fold_refuse(judged, REASON_UNKNOWN_UNIT, NULL) : err;
    }
    struct member_row member;
    memcpy(ret_group, row.group, STATE_CODE_SIZE);
    err = member_row_in(f->kv, unit, year, &member);
    if (!err) {
        memcpy(ret_group, member.group, STATE_CODE_SIZE);
    } else if (err != NG_ERR_NOT_FOUND) {
        return err;
    }
    const struct score_place at = {year, ret_group, unit};
    struct standing *s;
    err = fold_board_open(f, &at, &s, ret_set);
    if (err != NG_ERR_NOT_FOUND) {
        return err;
    }
    struct set_row set;
    err = set_row_get(f->kv, ret_group, year, &set);
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    return fold_refuse(judged, err ? REASON_NO_CRITERIA : REASON_UNKNOWN_UNIT, NULL);
}

/* From now on the set can no longer be replaced. */
static enum ng_err use_set(struct fold *f, const struct score_place *at)
{
    struct set_row row;
    enum ng_err err = set_row_get(f->kv, at->group, at->year, &row);
    if (err || row.used) {
        return err;
    }
    row.used = true;
    return set_row_put(f->kv, at->group, at->year, &row);
}

/* What counted before: the score of the row there is, else that of no answer. */
static enum ng_err old_score(const struct fold *f, const struct score_place *at,
                             const struct criteria *set, uint32_t node, struct bytes said,
                             const char *actor, struct score *ret, bool *ret_had, bool *ret_same)
{
    const struct criteria_node *n = criteria_node(set, node);
    struct score_row row;
    enum ng_err err = score_row_get(f->kv, at, n->code, &row);
    *ret_had = !err;
    *ret_same = !err && row.said.size == said.size &&
                memcmp(row.said.data, said.data, said.size) == 0 &&
                fold_signs_nothing_new(actor, row.actor);
    if (!err) {
        *ret = row.score;
    } else if (err == NG_ERR_NOT_FOUND) {
        *ret = n->method.kind == METHOD_SURVEY ? score_outside() : score_none(set, node);
        err = NG_OK;
    }
    return err;
}

static enum ng_err put(struct fold *f, const struct fold_origin *origin, struct bytes said,
                       const struct score_place *at, uint32_t node, const struct score *score)
{
    struct standing *s;
    const struct criteria *set;
    struct score before;
    bool had;
    bool same;
    enum ng_err err = fold_board_open(f, at, &s, &set);
    if (!err) {
        err = old_score(f, at, set, node, said, origin->actor, &before, &had, &same);
    }
    if (err || same) {
        return err;
    }
    const struct criteria_node *n = criteria_node(set, node);
    const struct score_row row = {.index = origin->index,
                                  .act = origin->act,
                                  .seq = origin->seq,
                                  .received_at = origin->received_at,
                                  .score = *score,
                                  .said = said,
                                  .actor = origin->actor};
    bool survey = n->method.kind == METHOD_SURVEY;
    standing_change(s, set, survey ? 1u << BASIS_LIVE : STANDING_BOTH, node, &before, score);
    s->answered += !had && !survey;
    fold_board_touch(f, origin->index);
    err = score_row_put(f->kv, at, n->code, &row);
    return err ? err : use_set(f, at);
}

enum ng_err fold_component_put(struct fold *f, const struct fold_origin *origin,
                               const struct wire_act *act, const struct score_place *at,
                               uint32_t node, const struct score *score)
{
    struct buf said = BUF_INIT(STATEMENT_SIZE_MAX);
    enum ng_err err = fold_encode_act(act, &said);
    if (!err) {
        err = put(f, origin, buf_bytes(&said), at, node, score);
    }
    buf_fini(&said);
    return err;
}
