/* What is known about one component of one unit: the newest accepted answer, or survey value, with
 * the leaf that said so and the points it makes. Components scored from tasks have no row. */
#ifndef NGANAM_OFFICE_SCORE_ROW_H
#define NGANAM_OFFICE_SCORE_ROW_H

#include "office-service/state.h"
#include "par/score.h"

/* One unit on one board. The texts are borrowed. */
struct score_place {
    uint32_t year;
    const char *group;
    const char *unit;
};

struct score_row {
    uint64_t index; /* of the leaf */
    uint32_t act;   /* its place in that statement, from 1 */
    uint64_t seq;   /* the author's number */
    uint64_t received_at;
    struct score score;
    struct bytes said; /* the act itself, encoded as one-act Acts; borrowed from the state */
    const char *actor; /* the person of the office who signed it; "": nobody; borrowed as well */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err score_row_get(const struct kv *kv, const struct score_place *at, const char *code,
                          struct score_row *ret) NG_MUST_USE;
enum ng_err score_row_put(const struct kv *kv, const struct score_place *at, const char *code,
                          const struct score_row *row) NG_MUST_USE;

#endif
