#include "office-service/witness_view.h"

#include "party/cosigned.h"

static enum ng_err look(struct store_txn *t, struct witness_view *v)
{
    struct cosigned_head head = {.size = UINT64_MAX};
    enum ng_err err = cosigned_parties(t, &v->parties);
    v->needed = cosign_quorum(v->parties);
    while (!err && v->final_size == 0) {
        err = cosigned_before(t, head.size, &head);
        if (!err && v->size == 0) {
            v->size = head.size;
            v->cosigned = head.count;
        }
        if (!err && head.count >= v->needed) {
            v->final_size = head.size;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err witness_view(struct office *o, struct witness_view *ret)
{
    struct store_txn *t = NULL;
    *ret = (struct witness_view){.size = 0};
    enum ng_err err = store_begin_read(party_store(o->party), &t);
    if (!err) {
        err = look(t, ret);
    }
    store_end_read(&t);
    return err;
}
