/* Decoding what strangers send.
 *
 * protobuf-c has no limits of its own: a deep message costs stack, many empty ones cost memory, a
 * field of unknown number costs forty times its two bytes, and a text with a NUL inside arrives
 * silently cut. So the bytes are looked over first, against the type's own descriptors, with a
 * small explicit stack (no recursion on input): lengths, wire types, doubled fields, the number of
 * repeated ones, every text. The look also adds up what decoding will take, so that the one block
 * protobuf-c gets is as large as the message needs and no larger.
 *
 * Unknown fields never reach protobuf-c: where there are any, a second look copies the message
 * without them. The messages around one that is left out become shorter; their lengths are written
 * again in as many bytes as before (a varint may have leading zeros), so nothing has to move.
 * Rejected: refusing more than a few of them, which would close the door on a later version that
 * puts a new field into each of many entries.
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
/* What protobuf-c 1.4 takes beside the objects themselves: it notes the fields of a message, the
 * first 16 on its stack, those above in blocks that double. */
#define NOTED_ON_STACK 16u
#define NOTED_BYTES (2u * 32u)

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

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
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
    size_t bytes = aligned(count * size);
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
    size_t known;       /* fields so far */
    size_t length_size; /* bytes of the length in front of it, 0: the outermost */
    size_t out_begin;   /* where its copy begins */
};

struct scan {
    const uint8_t *data;
    size_t at;
    size_t field_at; /* where the field being read begins */
    struct level levels[WIRE_PB_DEPTH_MAX];
    size_t depth;
    size_t memory;   /* that decoding takes */
    bool unknown;    /* a field of unknown number came */
    uint8_t *out;    /* a copy without the unknown fields; NULL: none is made */
    size_t out_size; /* of the copy, made or not */
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
    l->known++;
    if (l->known > NOTED_ON_STACK) {
        s->memory += (l->known == NOTED_ON_STACK + 1 ? l->known : 1) * NOTED_BYTES;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        l->repeated++;
        s->memory += sizeof(void *);
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

/* A message begins at s->at; its length stood in the length_size bytes before. */
static void enter(struct scan *s, const ProtobufCMessageDescriptor *type, size_t length_size,
                  size_t size)
{
    s->levels[s->depth++] = (struct level){.type = type,
                                           .end = s->at + size,
                                           .length_size = length_size,
                                           .out_begin = s->out_size + s->at - s->field_at};
    s->memory += aligned(type->sizeof_message) + ALIGNMENT + WIRE_PB_PLAIN_MAX;
}

/* A message is over: its copy gets its length. */
static void leave(struct scan *s)
{
    const struct level *l = top(s);
    size_t left = s->out_size - l->out_begin;
    for (size_t i = 0; s->out != NULL && i < l->length_size; i++, left >>= 7) {
        const uint8_t more = i + 1 < l->length_size ? 0x80 : 0;
        s->out[l->out_begin - l->length_size + i] = (uint8_t)((left & 0x7f) | more);
    }
    s->depth--;
}

/* The bytes of a length-prefixed field begin at s->at. */
static enum ng_err scan_content(struct scan *s, const ProtobufCFieldDescriptor *field,
                                size_t length_size, size_t size)
{
    if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE) {
        if (s->depth == WIRE_PB_DEPTH_MAX) {
            return bad(s, "messages too deep inside one another");
        }
        enter(s, field->descriptor, length_size, size);
        return NG_OK; /* its fields are read next */
    }
    if (field != NULL && field->type == PROTOBUF_C_TYPE_STRING) {
        enum ng_err err = check_text(s, size);
        if (err != NG_OK) {
            return err;
        }
    }
    s->memory += field != NULL ? aligned(size + 1) : 0;
    s->at += size;
    return NG_OK;
}

static enum ng_err scan_value(struct scan *s, const ProtobufCFieldDescriptor *field, unsigned type)
{
    const size_t start = s->at;
    uint64_t size = 0;
    switch (type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
        return read_varint(s, 10, &size);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        size = type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4;
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED: {
        enum ng_err err = read_varint(s, 5, &size);
        if (err != NG_OK) {
            return err;
        }
        break;
    }
    default:
        return bad(s, "unknown wire type");
    }
    if (size > top(s)->end - s->at) {
        return bad(s, "a field longer than its message");
    }
    return scan_content(s, field, s->at - start, (size_t)size);
}

/* A known field, or the beginning of a message, goes into the copy. */
static void copy_field(struct scan *s)
{
    const size_t size = s->at - s->field_at;
    if (s->out != NULL) {
        memcpy(s->out + s->out_size, s->data + s->field_at, size);
    }
    s->out_size += size;
}

static enum ng_err scan_field(struct scan *s)
{
    uint64_t tag = 0;
    s->field_at = s->at;
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
    if (field == NULL) {
        s->unknown = true;
        return scan_value(s, NULL, type);
    }
    if (wire_type_of(field->type) != type) {
        return bad(s, "a field of another type");
    }
    err = count_field(s, field);
    if (err == NG_OK) {
        err = scan_value(s, field, type);
    }
    if (err == NG_OK) {
        copy_field(s);
    }
    return err;
}

static enum ng_err look_over(struct scan *s, const ProtobufCMessageDescriptor *type, size_t size)
{
    enter(s, type, 0, size);
    while (s->depth > 0) {
        if (s->at == top(s)->end) {
            leave(s);
            continue;
        }
        enum ng_err err = scan_field(s);
        if (err != NG_OK) {
            return err;
        }
    }
    return NG_OK;
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
    struct scan copy = {.data = data.data, .out = malloc(data.size)};
    enum ng_err err = copy.out != NULL ? look_over(&copy, type, data.size)
                                       : err_set(NG_ERR_NOMEM, "message: %zu bytes", data.size);
    if (err == NG_OK) {
        err = unpack(type, (struct bytes){copy.out, copy.out_size}, memory, ret);
    }
    free(copy.out);
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
    struct scan scan = {.data = data.data};
    struct wire_pb_memory memory = {.block = NULL};
    enum ng_err err = look_over(&scan, type, data.size);
    if (err == NG_OK) {
        err = wire_pb_memory_new(scan.memory + aligned(object_size), &memory);
    }
    if (err == NG_OK) {
        CHECK(wire_pb_take(&memory, 1, object_size) != NULL);
        err = scan.unknown ? unpack_known(type, data, &memory, ret_message)
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
