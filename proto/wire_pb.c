/* Decoding what strangers send.
 *
 * protobuf-c has no limits of its own: a deep message costs stack, many empty ones cost memory, and
 * a text with a NUL inside arrives silently cut. So the bytes are looked over first, against the
 * type's own descriptors, with a small explicit stack (no recursion on input): lengths, wire types,
 * doubled fields, the number of repeated ones, every text. Only what passes is given to protobuf-c,
 * which takes its memory from one block whose size is proportional to the message.
 *
 * Fails with NG_ERR_PROTO (the sender's fault, with what is wrong), NG_ERR_LIMIT (too large) or
 * NG_ERR_NOMEM.
 */
#include "proto/wire_pb.h"

#include "base/bytes.h"
#include "base/check.h"
#include "proto/par.pb-c.h"
#include "proto/queue.pb-c.h"

#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16u
#define HASH_BYTES 32u
#define BUDGET_BASE (128u * 1024u) /* small messages of many small parts */
#define BUDGET_FACTOR 16u
#define BUDGET_MAX (4u * 1024u * 1024u)

static const struct {
    const ProtobufCMessageDescriptor *type;
    unsigned field_id;
    size_t max;
} repeats[] = {
    {&nganam__queue__submit__descriptor, 1, WIRE_STATEMENTS_MAX},
    {&nganam__queue__submitted__descriptor, 1, WIRE_STATEMENTS_MAX},
    {&nganam__queue__entries__descriptor, 1, WIRE_ENTRIES_MAX},
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
        &nganam__par__acts__descriptor,        NULL,
    };
    return roots;
}

/* ---- Memory ---- */

size_t wire_pb_budget(size_t message_size)
{
    if (message_size > (BUDGET_MAX - BUDGET_BASE) / BUDGET_FACTOR) {
        return BUDGET_MAX;
    }
    return BUDGET_BASE + BUDGET_FACTOR * message_size;
}

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
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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

/* ---- The look over the bytes ---- */

struct level {
    const ProtobufCMessageDescriptor *type;
    size_t end;
    uint64_t seen; /* bit i: the type's field i came */
    bool oneof_seen;
    size_t repeated;
};

struct scan {
    const uint8_t *data;
    size_t at;
    struct level levels[WIRE_PB_DEPTH_MAX];
    size_t depth;
};

static struct level *top(struct scan *s)
{
    return &s->levels[s->depth - 1];
}

static enum ng_err bad(const struct scan *s, const char *what)
{
    return err_set(NG_ERR_PROTO, "%s: %s at byte %zu", s->levels[s->depth - 1].type->short_name,
                   what, s->at);
}

static enum ng_err read_varint(struct scan *s, size_t bytes_max, uint64_t *ret)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes_max; i++) {
        if (s->at == top(s)->end) {
            return bad(s, "truncated number");
        }
        uint8_t byte = s->data[s->at++];
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0) {
            *ret = value;
            return NG_OK;
        }
    }
    return bad(s, "number too long");
}

static enum ng_err check_text(const struct scan *s, size_t size)
{
    const char *text = (const char *)s->data + s->at;
    for (size_t i = 0; i < size;) {
        size_t length = bytes_utf8_length(text + i, size - i);
        if (length == 0 || text[i] == '\0') {
            return bad(s, "text that is not UTF-8");
        }
        i += length;
    }
    return NG_OK;
}

static unsigned wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    default:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    }
}

/* A known field has come once more: may it? */
static enum ng_err count_field(struct scan *s, const ProtobufCFieldDescriptor *field)
{
    struct level *l = top(s);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        l->repeated++;
        if (l->repeated > wire_pb_repeat_max(l->type, field->id)) {
            return bad(s, "too many repeated fields");
        }
        return NG_OK;
    }
    uint64_t bit = (uint64_t)1 << (field - l->type->fields);
    bool oneof = (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
    if ((l->seen & bit) != 0 || (oneof && l->oneof_seen)) {
        return bad(s, "a field twice");
    }
    l->seen |= bit;
    l->oneof_seen = l->oneof_seen || oneof;
    return NG_OK;
}

/* The bytes of a length-prefixed field begin at s->at. */
static enum ng_err scan_content(struct scan *s, const ProtobufCFieldDescriptor *field, size_t size)
{
    if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (s->depth == WIRE_PB_DEPTH_MAX) {
            return bad(s, "messages too deep inside one another");
        }
        s->levels[s->depth++] = (struct level){.type = field->descriptor, .end = s->at + size};
        return NG_OK; /* its fields are read next */
    }
    if (field != NULL && field->type == PROTOBUF_C_TYPE_STRING) {
        enum ng_err err = check_text(s, size);
        if (err != NG_OK) {
            return err;
        }
    }
    s->at += size;
    return NG_OK;
}

static enum ng_err scan_value(struct scan *s, const ProtobufCFieldDescriptor *field, unsigned type)
{
    uint64_t value = 0;
    switch (type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return read_varint(s, 10, &value);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
        value = 8;
        break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        value = 4;
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: {
        enum ng_err err = read_varint(s, 5, &value);
        if (err != NG_OK) {
            return err;
        }
        break;
    }
    default:
        return bad(s, "unknown wire type");
    }
    if (value > top(s)->end - s->at) {
        return bad(s, "a field longer than its message");
    }
    return scan_content(s, field, (size_t)value);
}

static enum ng_err scan_field(struct scan *s)
{
    uint64_t tag = 0;
    enum ng_err err = read_varint(s, 5, &tag);
    if (err != NG_OK) {
        return err;
    }
    uint64_t id = tag >> 3;
    unsigned type = (unsigned)(tag & 7);
    if (id == 0 || id > INT32_MAX / 8) {
        return bad(s, "field number out of range");
    }
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(top(s)->type, (unsigned)id);
    if (field != NULL) {
        if (wire_type_of(field->type) != type) {
            return bad(s, "a field of another type");
        }
        err = count_field(s, field);
        if (err != NG_OK) {
            return err;
        }
    }
    return scan_value(s, field, type);
}

static enum ng_err look_over(const ProtobufCMessageDescriptor *type, struct bytes data)
{
    struct scan s = {.data = data.data, .depth = 1};
    s.levels[0] = (struct level){.type = type, .end = data.size};
    while (s.depth > 0) {
        if (s.at == top(&s)->end) {
            s.depth--;
            continue;
        }
        enum ng_err err = scan_field(&s);
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
}

/* ---- Decode, encode ---- */

enum ng_err wire_pb_decode(const ProtobufCMessageDescriptor *type, struct bytes data,
                           size_t object_size, struct wire_pb_memory *ret_memory,
                           const ProtobufCMessage **ret_message)
{
    if (data.size > WIRE_FRAME_MAX) {
        return err_set(NG_ERR_LIMIT, "%s: %zu bytes, at most %u", type->short_name, data.size,
                       WIRE_FRAME_MAX);
    }
    enum ng_err err = look_over(type, data);
    if (err != NG_OK) {
        return err;
    }
    struct wire_pb_memory memory;
    err = wire_pb_memory_new(wire_pb_budget(data.size), &memory);
    if (err != NG_OK) {
        return err;
    }
    CHECK(wire_pb_take(&memory, 1, object_size) != NULL);
    ProtobufCAllocator allocator = {.alloc = allocate, .free = keep, .allocator_data = &memory};
    const ProtobufCMessage *message =
        protobuf_c_message_unpack(type, &allocator, data.size, data.data);
    if (message == NULL) {
        free(memory.block);
        return err_set(NG_ERR_PROTO, "%s: does not parse in %zu bytes of memory", type->short_name,
                       memory.size);
    }
    *ret_memory = memory;
    *ret_message = message;
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
