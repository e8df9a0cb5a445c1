/* Goal: no payload makes a decoder of the registry kinds (genesis, invite, enrol, fork, heartbeat,
 * what is said of keys and persons) read or write outside, leak, or hang; what one accepts has one
 * form. */
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

static void rotation(struct bytes payload)
{
    struct wire_rotate m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_rotate_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_rotate_encode(&m, &once) == NG_OK);
        CHECK(wire_rotate_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_rotate_encode(&m, &twice) == NG_OK);
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

static void revocation(struct bytes payload)
{
    struct wire_revoke m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_revoke_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_revoke_encode(&m, &once) == NG_OK);
        CHECK(wire_revoke_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_revoke_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void unfreezing(struct bytes payload)
{
    struct wire_unfreeze m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_unfreeze_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_unfreeze_encode(&m, &once) == NG_OK);
        CHECK(wire_unfreeze_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_unfreeze_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void policy(struct bytes payload)
{
    struct wire_policy m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_policy_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_policy_encode(&m, &once) == NG_OK);
        CHECK(wire_policy_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_policy_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void confirmation(struct bytes payload)
{
    struct wire_confirm m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_confirm_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_confirm_encode(&m, &once) == NG_OK);
        CHECK(wire_confirm_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_confirm_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void person(struct bytes payload)
{
    struct wire_registry_actor m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_registry_actor_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_registry_actor_encode(&m, &once) == NG_OK);
        CHECK(wire_registry_actor_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_registry_actor_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void heartbeat(struct bytes payload)
{
    struct wire_heartbeat m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_heartbeat_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_heartbeat_encode(&m, &once) == NG_OK);
        CHECK(wire_heartbeat_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_heartbeat_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

static void log_key(struct bytes payload)
{
    struct wire_log_key m;
    struct buf once = BUF_INIT(WIRE_FRAME_MAX), twice = BUF_INIT(WIRE_FRAME_MAX);
    fuzz_begin();
    const enum ng_err err = wire_log_key_decode(payload, &m);
    if (err == NG_OK) {
        CHECK(wire_log_key_encode(&m, &once) == NG_OK);
        CHECK(wire_log_key_decode(buf_bytes(&once), &m) == NG_OK);
        CHECK(wire_log_key_encode(&m, &twice) == NG_OK);
        fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    } else {
        fuzz_refused(err);
    }
    buf_fini(&once);
    buf_fini(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes payload = {data, size};
    genesis(payload);
    invite(payload);
    enrol(payload);
    rotation(payload);
    evidence(payload);
    revocation(payload);
    unfreezing(payload);
    policy(payload);
    confirmation(payload);
    person(payload);
    heartbeat(payload);
    log_key(payload);
    return 0;
}
