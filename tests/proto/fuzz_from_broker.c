/* Goal: no bytes make the decoder of answers read or write outside, leak, or hang; what it accepts
 * can be encoded again and is then the same message. */
#include "base/check.h"
#include "proto/fuzz_target.h"
#include "proto/wire_queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_from_broker *m = NULL;
    if (wire_from_broker_decode((struct bytes){data, size}, &m) != NG_OK) {
        return 0;
    }
    struct buf again = BUF_INIT(2 * WIRE_FRAME_MAX);
    CHECK(wire_from_broker_encode(m, &again) == NG_OK);
    struct wire_from_broker *same = NULL;
    CHECK(again.size > WIRE_FRAME_MAX ||
          wire_from_broker_decode(buf_bytes(&again), &same) == NG_OK);
    CHECK(same == NULL || (same->id == m->id && same->kind == m->kind));
    wire_from_broker_destroy(&same);
    wire_from_broker_destroy(&m);
    buf_fini(&again);
    return 0;
}
