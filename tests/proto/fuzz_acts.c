/* Goal: no payload makes the decoder of acts read or write outside, leak, or hang; what it accepts
 * can be encoded again and has as many acts. The registry payloads take the same bytes. */
#include "base/check.h"
#include "proto/fuzz_target.h"
#include "proto/wire_par.h"
#include "proto/wire_queue.h"

static void registry(struct bytes payload)
{
    struct wire_genesis genesis;
    struct wire_invite invite;
    struct wire_enrol enrol;
    struct wire_fork fork;
    struct buf copy = BUF_INIT(WIRE_FRAME_MAX);
    int good = (wire_genesis_decode(payload, &genesis) == NG_OK) +
               (wire_invite_decode(payload, &invite) == NG_OK) +
               (wire_enrol_decode(payload, &enrol) == NG_OK) +
               (wire_fork_decode(payload, &copy, &fork) == NG_OK);
    CHECK(good <= 4);
    buf_fini(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes payload = {data, size};
    registry(payload);
    struct wire_acts *m = NULL;
    if (wire_acts_decode(payload, &m) != NG_OK) {
        return 0;
    }
    struct buf again = BUF_INIT(2 * WIRE_FRAME_MAX);
    CHECK(wire_acts_encode(m, &again) == NG_OK);
    struct wire_acts *same = NULL;
    CHECK(again.size > WIRE_FRAME_MAX || wire_acts_decode(buf_bytes(&again), &same) == NG_OK);
    CHECK(same == NULL || same->count == m->count);
    wire_acts_destroy(&same);
    wire_acts_destroy(&m);
    buf_fini(&again);
    return 0;
}
