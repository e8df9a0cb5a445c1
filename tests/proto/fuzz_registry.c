/* Goal: no payload makes a decoder of the registry kinds (genesis, invite, enrol, fork) read or
 * write outside, leak, or hang; what one accepts has one form. */
#include "fuzz/fuzz_target.h"
#include "proto/wire_queue.h"

static void genesis(struct bytes payload)
{
    struct wire_genesis m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_genesis_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_genesis_encode(&m, &once) == NG_OK);
        CHECK(wire_genesis_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_genesis_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void invite(struct bytes payload)
{
    struct wire_invite m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_invite_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_invite_encode(&m, &once) == NG_OK);
        CHECK(wire_invite_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_invite_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void enrol(struct bytes payload)
{
    struct wire_enrol m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_enrol_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_enrol_encode(&m, &once) == NG_OK);
        CHECK(wire_enrol_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_enrol_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void evidence(struct bytes payload)
{
    struct wire_fork m;
    struct buf copy = BUF_INIT(WIRE_FRAME_MAX), other = BUF_INIT(WIRE_FRAME_MAX);
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_fork_decode(payload, &copy, &m);
    if (err == NG_OK) {
        CHECK(wire_fork_encode(&m, &once) == NG_OK);
        CHECK(wire_fork_decode(buf_bytes(&once), &other, &m) == NG_OK);
        CHECK(wire_fork_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&copy);
    buf_fini(&other);
    buf_fini(&once);
    buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes payload = {data, size};
    genesis(payload);
    invite(payload);
    enrol(payload);
    evidence(payload);
    return 0;
}
