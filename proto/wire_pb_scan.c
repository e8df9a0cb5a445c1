/* The look over the bytes of a message, against the type's own descriptors.
 *
 * With a small explicit stack (no recursion on input): lengths, wire types, doubled fields, the
 * number of repeated ones, every text. The look also adds up what decoding will take.
 *
 * A copy without the unknown fields: the messages around one that is left out become shorter; their
 * lengths are written again in as many bytes as before (a varint may have leading zeros), so
 * nothing has to move. Rejected: refusing more than a few of them, which would close the door on a
 * later version that puts a new field into each of many entries.
 *
 * Fails with NG_ERR_PROTO, and says what is wrong at which byte.
 */
#include "proto/wire_pb_scan.h"

#include "base/bytes.h"
#include "proto/wire_pb.h"

#include <string.h>

/* What protobuf-c 1.4 takes beside the objects themselves: it notes the fields of a message, the
 * first 16 on its stack, those above in blocks that double. */
#define NOTED_ON_STACK 16u
#define NOTED_BYTES (2u * 32u)

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
    s->memory +=
        wire_pb_scan_aligned(type->sizeof_message) + WIRE_PB_SCAN_ALIGNMENT + WIRE_PB_PLAIN_MAX;
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
    s->memory += field != NULL ? wire_pb_scan_aligned(size + 1) : 0;
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

enum ng_err wire_pb_scan(const ProtobufCMessageDescriptor *type, struct bytes data, uint8_t *out,
                         struct wire_pb_scanned *ret)
{
    struct scan s = {.data = data.data, .out = out};
    enter(&s, type, 0, data.size);
    while (s.depth > 0) {
        if (s.at == top(&s)->end) {
            leave(&s);
            continue;
        }
        enum ng_err err = scan_field(&s);
        if (err != NG_OK) {
            return err;
        }
    }
    *ret = (struct wire_pb_scanned){
        .memory = s.memory, .known_size = s.out_size, .unknown = s.unknown};
    return NG_OK;
}
