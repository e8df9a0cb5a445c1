/* A unit's statement about one of its tasks. */
#include "office-service/fold_act.h"
#include "office-service/fold_due.h"
#include "office-service/progress_row.h"
#include "office-service/unit_row.h"

static enum ng_err keep(struct fold *f, const struct fold_origin *origin,
                        const struct wire_act *act, const struct task_name *name)
{
    const struct wire_progress *said = &act->u.progress;
    struct progress_row old = {0};
    enum ng_err err = progress_row_get(f->kv, origin->author, name->code, name->from, &old);
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    struct progress_row row = {
        .percent = said->percent, .index = origin->index, .received_at = origin->received_at};
    if (said->percent == 100) {
        bool was_done = !err && old.percent == 100;
        row.done_at = was_done ? old.done_at : origin->received_at;
        row.done_index = was_done ? old.done_index : origin->index;
    }
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    err = fold_encode_act(act, &bytes);
    if (!err) {
        row.said = buf_bytes(&bytes);
        err = progress_row_put(f->kv, origin->author, name->code, name->from, &row);
    }
    buf_fini(&bytes);
    return err;
}

enum ng_err fold_progress_apply(struct fold *f, const struct fold_origin *origin,
                                const struct wire_act *act, struct fold_judged *judged)
{
    const struct wire_progress *said = &act->u.progress;
    const char *field;
    enum reason reason = task_check_progress(said, &field);
    if (reason) {
        return fold_refuse(judged, reason, field);
    }
    struct unit_row unit;
    enum ng_err err = unit_row_get(f->kv, origin->author, &unit);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? fold_refuse(judged, REASON_UNKNOWN_UNIT, NULL) : err;
    }
    char owner[STATE_OWNER_SIZE];
    uint32_t from;
    struct task_row task;
    err = task_row_of_unit(f->kv, origin->author, said->code, said->year, owner, &from, &task);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? fold_refuse(judged, REASON_UNKNOWN_TASK, NULL) : err;
    }
    struct task_name name = {owner, said->code, from};
    err = keep(f, origin, act, &name);
    return err ? err : fold_due_rejudge(f, origin->index, origin->author, said->code);
}
