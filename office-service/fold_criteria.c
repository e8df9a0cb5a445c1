/* Criteria sets. A set of a year and group is never changed in place: once an answer or a survey
 * value was accepted against it, other content is refused. The same content again changes nothing.
 */
#include "office-service/fold_act.h"
#include "office-service/fold_board.h"

#include "par/criteria.h"

#include <string.h>

/* The first fault, in words that are the same on every machine: the node and the kind of fault. */
static enum ng_err refuse_faulty(struct fold_judged *judged, const struct fault_list *faults,
                                 const struct wire_act *acts, size_t count)
{
    const struct fault *first = faults->count > 0 ? &faults->items[0] : NULL;
    size_t place = first ? first->line : 0;
    if (place >= 1 && place <= count && acts[place - 1].kind == WIRE_ACT_NODE) {
        const char *code = acts[place - 1].u.node.code;
        if (text_is_code(code, TEXT_CODE_MAX)) {
            memcpy(judged->code, code, strlen(code) + 1);
        }
    }
    return fold_refuse(judged, REASON_BAD_CRITERIA, first ? fault_code_name(first->code) : NULL);
}

static enum ng_err store_set(struct fold *f, const struct fold_origin *origin, const char *group,
                             uint32_t year, const struct bytes *payloads, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum ng_err err = set_part_put(f->kv, group, year, (uint32_t)i + 1, payloads[i]);
        if (err) {
            return err;
        }
    }
    const struct set_row row = {
        .index = origin->index, .received_at = origin->received_at, .parts = (uint32_t)count};
    return set_row_put(f->kv, group, year, &row);
}

static enum ng_err replace(struct fold *f, const struct fold_origin *origin,
                           const struct criteria *set, const struct bytes *payloads, size_t count,
                           struct fold_judged *judged)
{
    const struct criteria_head *head = criteria_head(set);
    const struct criteria *old;
    struct set_row row;
    enum ng_err err = set_cache_get(f->sets, f->kv, head->group, head->year, &old);
    if (!err) {
        if (criteria_equal(old, set)) {
            return NG_OK;
        }
        err = set_row_get(f->kv, head->group, head->year, &row);
        if (err) {
            return err;
        }
        if (row.used) {
            return fold_refuse(judged, REASON_SET_CHANGED, NULL);
        }
        err = fold_board_clear(f, head->group, head->year);
        for (uint32_t i = (uint32_t)count; i < row.parts && !err; i++) {
            err = set_part_remove(f->kv, head->group, head->year, i + 1);
        }
    } else if (err == NG_ERR_NOT_FOUND) {
        err = NG_OK;
    }
    if (!err) {
        err = store_set(f, origin, head->group, head->year, payloads, count);
    }
    return err ? err : fold_board_fill(f, head->group, head->year);
}

enum ng_err fold_criteria_apply(struct fold *f, const struct fold_origin *origin,
                                const struct wire_act *acts, size_t count,
                                const struct bytes *payloads, size_t payload_count,
                                struct fold_judged *judged)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    enum ng_err err = criteria_from_acts(acts, count, &faults, &set);
    if (err == NG_ERR_INPUT) {
        err = refuse_faulty(judged, &faults, acts, count);
    } else if (!err) {
        err = replace(f, origin, set, payloads, payload_count, judged);
    }
    criteria_destroy(&set);
    fault_list_fini(&faults);
    return err;
}
