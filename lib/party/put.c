#include "party/put.h"

#include "base/lang.h"

#include <string.h>

struct mono put_answer_by(struct mono limit)
{
    const struct mono by = clock_after(clock_mono(), PUT_ANSWER_MS);
    return clock_between_ms(by, limit) < 0 ? limit : by;
}

bool put_is_about_the_file(uint32_t error)
{
    return (error >= WIRE_ERROR_LARGE && error <= WIRE_ERROR_UNCITED) ||
           error == WIRE_ERROR_FORBIDDEN;
}

/* The broker said no to a piece. */
static enum ng_err judge(const struct ask *a, struct put_outcome *ret)
{
    const uint32_t error = a->error;
    ret->error = error;
    if (error == WIRE_ERROR_ERASED) {
        memcpy(ret->words, a->words, sizeof(ret->words));
        ret->erased = true;
        return NG_OK;
    }
    return put_is_about_the_file(error)
               ? err_set(NG_ERR_REFUSED, "%s", wire_error_text(error))
               : err_set(NG_ERR_PEER, _("the broker refuses: %s"), wire_error_text(error));
}

static enum ng_err send_piece(struct ask *a, struct mono limit, const struct put *p,
                              uint64_t offset, struct bytes bytes, uint64_t *ret_have,
                              struct put_outcome *ret)
{
    struct wire_to_broker m = {.kind = WIRE_PUT};
    struct wire_from_broker *answer = NULL;
    memcpy(m.u.put.id, p->id.bytes, HASH_SIZE);
    m.u.put.size = p->size;
    m.u.put.offset = offset;
    m.u.put.bytes = bytes;
    m.u.put.owner = p->owner;
    m.u.put.epoch = p->epoch;
    m.u.put.seq = p->seq;
    a->deadline = put_answer_by(limit);
    enum ng_err e = ask_request(a, &m, WIRE_STORED, &answer);
    if (e) {
        return a->error ? judge(a, ret) : e;
    }
    *ret_have = answer->u.stored.have;
    if (answer->u.stored.proof.size == sizeof(ret->proof)) {
        memcpy(ret->proof, answer->u.stored.proof.data, sizeof(ret->proof));
        ret->proved = true;
    }
    wire_from_broker_destroy(&answer);
    return NG_OK;
}

enum ng_err put_send(struct ask *a, struct mono limit, const struct put *p, struct put_outcome *ret)
{
    struct buf piece = BUF_INIT(WIRE_CHUNK_MAX);
    uint64_t have = 0;
    *ret = (struct put_outcome){.error = 0};
    enum ng_err e = send_piece(a, limit, p, 0, (struct bytes){NULL, 0}, &have, ret);
    while (!e && !ret->erased && have < p->size) {
        const uint64_t before = have;
        e = p->read(p->context, p, before, WIRE_CHUNK_MAX, &piece);
        if (!e) {
            e = send_piece(a, limit, p, before, buf_bytes(&piece), &have, ret);
        }
        if (!e && !ret->erased && have <= before) {
            e = err_set(NG_ERR_PEER, _("the broker takes nothing more of a file"));
        }
    }
    buf_fini(&piece);
    return e;
}
