/* Decoding what strangers send.
 *
 * protobuf-c has no limits of its own: a deep message costs stack, many empty ones cost memory, a
 * field of unknown number costs forty times its two bytes, and a text with a NUL inside arrives
 * silently cut. So the bytes are looked over first (wire_pb_scan.c), and the one block protobuf-c
 * gets is as large as the look says that the message needs, and no larger. Unknown fields never
 * reach protobuf-c: where there are any, a second look copies the message without them.
 *
 * Fails with NG_ERR_PROTO (the sender's fault, with what is wrong), NG_ERR_LIMIT (too large) or
 * NG_ERR_NOMEM.
 */
#include "proto/wire_pb.h"

#include "base/check.h"
#include "proto/par.pb-c.h"
#include "proto/queue.pb-c.h"
#include "proto/wire_pb_scan.h"

#include <stdlib.h>
#include <string.h>

#define HASH_BYTES 32u

static const struct {
    const ProtobufCMessageDescriptor *type;
    unsigned field_id;
    size_t max;
} repeats[] = {
    {&nganam__queue__submit__descriptor, 1, WIRE_STATEMENTS_MAX},
    {&nganam__queue__submitted__descriptor, 1, WIRE_STATEMENTS_MAX},
    {&nganam__queue__entries__descriptor, 1, WIRE_ENTRIES_MAX},
    {&nganam__queue__cosigned__descriptor, 3, WIRE_WITNESSES_MAX},
    {&nganam__queue__offer__descriptor, 1, WIRE_KEPT_MAX},
    {&nganam__queue__welcome__descriptor, 10, WIRE_KEY_CHANGES_MAX},
    {&nganam__queue__policy__descriptor, 3, WIRE_ADMINS_MAX},
    {&nganam__queue__actor__descriptor, 6, WIRE_ADMINS_MAX},
    {&nganam__par__acts__descriptor, 1, WIRE_ACTS_MAX},
    {&nganam__par__report__descriptor, 10, WIRE_EVIDENCE_MAX},
    {&nganam__par__progress__descriptor, 6, WIRE_EVIDENCE_MAX},
    {&nganam__par__verdict__descriptor, 4, WIRE_ACTS_MAX},
};

size_t wire_pb_repeat_max(const ProtobufCMessageDescriptor *type, unsigned field_id)
{
    for (size_t i = 0; i < sizeof(repeats) / sizeof(repeats[0]); i++) {
        if (repeats[i].type == type && repeats[i].field_id == field_id) {
            return repeats[i].max;
        }
    }
    return 0;
}

const ProtobufCMessageDescriptor *const *wire_pb_roots(void)
{
    static const ProtobufCMessageDescriptor *const roots[] = {
        &nganam__queue__to_broker__descriptor, &nganam__queue__from_broker__descriptor,
        &nganam__queue__genesis__descriptor,   &nganam__queue__invite__descriptor,
        &nganam__queue__enrol__descriptor,     &nganam__queue__fork__descriptor,
        &nganam__par__acts__descriptor,        &nganam__queue__revoke__descriptor,
        &nganam__queue__unfreeze__descriptor,  &nganam__queue__policy__descriptor,
        &nganam__queue__confirm__descriptor,   &nganam__queue__actor__descriptor,
        &nganam__queue__heartbeat__descriptor, &nganam__queue__rotate__descriptor,
        &nganam__queue__log_key__descriptor,   NULL,
    };
    return roots;
}

/* ---- Memory ---- */

enum ng_err wire_pb_memory_new(size_t size, struct wire_pb_memory *ret)
{
    uint8_t *block = malloc(size);
    if (block == NULL) {
        return err_set(NG_ERR_NOMEM, "message: %zu bytes", size);
    }
    *ret = (struct wire_pb_memory){.block = block, .size = size};
    return NG_OK;
}

void *wire_pb_take(struct wire_pb_memory *m, size_t count, size_t size)
{
    size_t left = m->size - m->used;
    if (size != 0 && count > left / size) {
        return NULL;
    }
    size_t bytes = wire_pb_scan_aligned(count * size);
    if (bytes > left) {
        return NULL;
    }
    uint8_t *taken = m->block + m->used;
    m->used += bytes;
    memset(taken, 0, bytes);
    return taken;
}

static void *allocate(void *memory, size_t size)
{
    return wire_pb_take(memory, 1, size);
}

/* The block goes as a whole. */
static void keep(void *memory, void *pointer)
{
    (void)memory;
    (void)pointer;
}

/* ---- Decode, encode ---- */

static enum ng_err unpack(const ProtobufCMessageDescriptor *type, struct bytes data,
                          struct wire_pb_memory *memory, const ProtobufCMessage **ret)
{
    ProtobufCAllocator allocator = {.alloc = allocate, .free = keep, .allocator_data = memory};
    *ret = protobuf_c_message_unpack(type, &allocator, data.size, data.data);
    return *ret != NULL ? NG_OK
                        : err_set(NG_ERR_PROTO, "%s: does not parse in %zu bytes of memory",
                                  type->short_name, memory->size);
}

/* The same from a copy without the unknown fields. */
static enum ng_err unpack_known(const ProtobufCMessageDescriptor *type, struct bytes data,
                                struct wire_pb_memory *memory, const ProtobufCMessage **ret)
{
    struct wire_pb_scanned scanned;
    uint8_t *copy = malloc(data.size);
    enum ng_err err = copy != NULL ? wire_pb_scan(type, data, copy, &scanned)
                                   : err_set(NG_ERR_NOMEM, "message: %zu bytes", data.size);
    if (err == NG_OK) {
        err = unpack(type, (struct bytes){copy, scanned.known_size}, memory, ret);
    }
    free(copy);
    return err;
}

enum ng_err wire_pb_decode(const ProtobufCMessageDescriptor *type, struct bytes data,
                           size_t object_size, struct wire_pb_memory *ret_memory,
                           const ProtobufCMessage **ret_message)
{
    if (data.size > WIRE_FRAME_MAX) {
        return err_set(NG_ERR_LIMIT, "%s: %zu bytes, at most %u", type->short_name, data.size,
                       WIRE_FRAME_MAX);
    }
    struct wire_pb_scanned scanned;
    struct wire_pb_memory memory = {.block = NULL};
    enum ng_err err = wire_pb_scan(type, data, NULL, &scanned);
    if (err == NG_OK) {
        err = wire_pb_memory_new(scanned.memory + wire_pb_scan_aligned(object_size), &memory);
    }
    if (err == NG_OK) {
        CHECK(wire_pb_take(&memory, 1, object_size) != NULL);
        err = scanned.unknown ? unpack_known(type, data, &memory, ret_message)
                              : unpack(type, data, &memory, ret_message);
    }
    if (err != NG_OK) {
        free(memory.block);
        return err;
    }
    *ret_memory = memory;
    return NG_OK;
}

enum ng_err wire_pb_encode(const ProtobufCMessage *message, struct buf *to)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    enum ng_err err = buf_reserve(to, size);
    if (err != NG_OK) {
        return err_wrap(err, "%s", message->descriptor->short_name);
    }
    size_t packed = protobuf_c_message_pack(message, to->data + to->size);
    CHECK(packed == size);
    to->size += size;
    to->data[to->size] = 0;
    return NG_OK;
}

char *wire_pb_text(const char *text)
{
    return (char *)(uintptr_t)(text != NULL ? text : "");
}

ProtobufCBinaryData wire_pb_data(struct bytes data)
{
    return (ProtobufCBinaryData){.len = data.size, .data = (uint8_t *)(uintptr_t)data.data};
}

struct bytes wire_pb_bytes(ProtobufCBinaryData data)
{
    return (struct bytes){data.data, data.len};
}

enum ng_err wire_pb_no_room(const struct wire_pb_memory *m)
{
    return err_set(NG_ERR_LIMIT, "message: more than %zu bytes of memory", m->size);
}

enum ng_err wire_pb_check_hashes(const char *what, struct bytes hashes)
{
    if (hashes.size % HASH_BYTES != 0) {
        return err_set(NG_ERR_PROTO, "%s: %zu bytes are no whole hashes", what, hashes.size);
    }
    return NG_OK;
}

enum ng_err wire_pb_exact(const char *what, ProtobufCBinaryData from, uint8_t *to, size_t want)
{
    if (from.len != want) {
        return err_set(NG_ERR_PROTO, "%s: %zu bytes, not %zu", what, from.len, want);
    }
    memcpy(to, from.data, want);
    return NG_OK;
}
