/* Goal: no bytes make the decoder of answers read or write outside, leak, or hang; what it accepts
 * has one form, and that is read as the same message. (The form may be longer than what came: a
 * sub-message that may be absent is always written.) */
#include "fuzz/fuzz_target.h"
#include "proto/wire_queue.h"

static void again(const struct wire_from_broker *m)
{
    struct wire_from_broker *same = NULL;
    struct buf once = BUF_INIT(2 * WIRE_FRAME_MAX), twice = BUF_INIT(2 * WIRE_FRAME_MAX);
    CHECK(wire_from_broker_encode(m, &once) == NG_OK);
    if (once.size <= WIRE_FRAME_MAX) {
        CHECK(wire_from_broker_decode(buf_bytes(&once), &same) == NG_OK);
        CHECK(same->id == m->id && same->kind == m->kind);
        CHECK(wire_from_broker_encode(same, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    }
    wire_from_broker_destroy(&same);
    buf_fini(&once);
    buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_from_broker *m = NULL;
    fuzz_begin();
    const enum ng_err err = wire_from_broker_decode((struct bytes){data, size}, &m);
    if (err != NG_OK) {
        fuzz_refused(err);
        return 0;
    }
    again(m);
    wire_from_broker_destroy(&m);
    return 0;
}
