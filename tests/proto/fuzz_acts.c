/* Goal: no payload makes the decoder of acts read or write outside, leak, or hang; what it accepts
 * has one form, and that is read as the same acts. */
#include "fuzz/fuzz_target.h"
#include "proto/wire_par.h"

#include <string.h>

static void again(const struct wire_acts *m)
{
    struct wire_acts *same = NULL;
    struct buf once = BUF_INIT(2 * WIRE_FRAME_MAX), twice = BUF_INIT(2 * WIRE_FRAME_MAX);
    CHECK(wire_acts_encode(m, &once) == NG_OK);
    if (once.size <= WIRE_FRAME_MAX) {
        CHECK(wire_acts_decode(buf_bytes(&once), &same) == NG_OK);
        CHECK(same->count == m->count && same->has_part == m->has_part);
        CHECK(strcmp(same->actor, m->actor) == 0);
        CHECK(wire_acts_encode(same, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    }
    wire_acts_destroy(&same);
    buf_fini(&once);
    buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire_acts *m = NULL;
    fuzz_begin();
    const enum ng_err err = wire_acts_decode((struct bytes){data, size}, &m);
    if (err != NG_OK) {
        fuzz_refused(err);
        return 0;
    }
    again(m);
    wire_acts_destroy(&m);
    return 0;
}
