/* Goal: no bytes make the decoder of requests read or write outside, leak, or hang; what it accepts
 * has one form, which is no longer than what came and is read as the same message. */
#include "fuzz/fuzz_target.h"
#include "proto/wire_queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_to_broker *m = NULL, *same = NULL;
    struct buf once = BUF_INIT(2 * WIRE_FRAME_MAX), twice = BUF_INIT(2 * WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_to_broker_decode((struct bytes){data, size}, &m);
    if (err != NG_OK) {
        fuzz_refused(err);
        return 0;
    }
    CHECK(wire_to_broker_encode(m, &once) == NG_OK);
    CHECK(once.size <= size + 16);
    CHECK(wire_to_broker_decode(buf_bytes(&once), &same) == NG_OK);
    CHECK(same->id == m->id && same->kind == m->kind);
    CHECK(wire_to_broker_encode(same, &twice) == NG_OK);
    fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    wire_to_broker_destroy(&same);
    wire_to_broker_destroy(&m);
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
