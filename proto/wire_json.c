/* The generated descriptors know every field's name and place, so one walk writes any message. It
 * calls itself for a message inside a message; the depth is the types' (no type contains itself, a
 * test walks them), not the input's. */
#include "proto/wire_json.h"

#include "base/bytes.h"
#include "proto/par.pb-c.h"
#include "proto/queue.pb-c.h"
#include "proto/wire_pb.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FIELD_KIND_FIRST 16

static const ProtobufCMessageDescriptor *type_of(uint32_t kind)
{
    static const ProtobufCMessageDescriptor *const registry[] = {
        [1] = &nganam__queue__genesis__descriptor,    [2] = &nganam__queue__invite__descriptor,
        [3] = &nganam__queue__enrol__descriptor,      [4] = &nganam__queue__fork__descriptor,
        [6] = &nganam__queue__revoke__descriptor,     [7] = &nganam__queue__unfreeze__descriptor,
        [8] = &nganam__queue__policy__descriptor,     [9] = &nganam__queue__confirm__descriptor,
        [10] = &nganam__queue__actor__descriptor,     [11] = &nganam__queue__log_key__descriptor,
        [12] = &nganam__queue__heartbeat__descriptor,
    };
    if (kind >= FIELD_KIND_FIRST) {
        return &nganam__par__acts__descriptor;
    }
    return kind < sizeof(registry) / sizeof(registry[0]) ? registry[kind] : NULL;
}

static enum ng_err write_message(const ProtobufCMessage *m, struct buf *to);

static enum ng_err write_bytes(const ProtobufCBinaryData *data, struct buf *to)
{
    enum ng_err err = buf_add_byte(to, '"');
    if (err == NG_OK) {
        err = bytes_base64(to, data->data, data->len);
    }
    return err == NG_OK ? buf_add_byte(to, '"') : err;
}

static enum ng_err write_enum(const ProtobufCFieldDescriptor *f, int value, struct buf *to)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(f->descriptor, value);
    return v != NULL ? buf_printf(to, "\"%s\"", v->name) : buf_printf(to, "%d", value);
}

/* One value at `place`; the types that our .proto files use. */
static enum ng_err write_value(const ProtobufCFieldDescriptor *f, const void *place, struct buf *to)
{
    const ProtobufCMessage *message = NULL;
    const char *text = NULL;
    ProtobufCBinaryData data;
    uint64_t u64 = 0;
    uint32_t u32 = 0;
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        memcpy(&message, place, sizeof(message));
        return write_message(message, to);
    }
    if (f->type == PROTOBUF_C_TYPE_STRING) {
        memcpy(&text, place, sizeof(text));
        return bytes_json(to, text);
    }
    if (f->type == PROTOBUF_C_TYPE_BYTES) {
        memcpy(&data, place, sizeof(data));
        return write_bytes(&data, to);
    }
    if (f->type == PROTOBUF_C_TYPE_UINT64) {
        memcpy(&u64, place, sizeof(u64));
        return buf_printf(to, "%" PRIu64, u64);
    }
    memcpy(&u32, place, sizeof(u32));
    if (f->type == PROTOBUF_C_TYPE_ENUM) {
        return write_enum(f, (int)u32, to);
    }
    return f->type == PROTOBUF_C_TYPE_BOOL ? buf_add_text(to, u32 != 0 ? "true" : "false")
                                           : buf_printf(to, "%" PRIu32, u32);
}

/* Is there anything to write? proto3 leaves defaults out, and so does this. */
static bool is_set(const ProtobufCFieldDescriptor *f, const uint8_t *m)
{
    uint64_t zero = 0;
    const void *pointer = NULL;
    ProtobufCBinaryData data;
    uint32_t which = 0;
    if ((f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        memcpy(&which, m + f->quantifier_offset, sizeof(which));
        return which == f->id;
    }
    switch (f->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
        memcpy(&pointer, m + f->offset, sizeof(pointer));
        return pointer != NULL;
    case PROTOBUF_C_TYPE_STRING:
        memcpy(&pointer, m + f->offset, sizeof(pointer));
        return *(const char *)pointer != '\0';
    case PROTOBUF_C_TYPE_BYTES:
        memcpy(&data, m + f->offset, sizeof(data));
        return data.len > 0;
    case PROTOBUF_C_TYPE_UINT64:
        return memcmp(m + f->offset, &zero, 8) != 0;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
    default:
        return memcmp(m + f->offset, &zero, 4) != 0;
    }
}

static enum ng_err write_list(const ProtobufCFieldDescriptor *f, const uint8_t *m, struct buf *to)
{
    size_t count = 0;
    const uint8_t *items = NULL;
    memcpy(&count, m + f->quantifier_offset, sizeof(count));
    memcpy(&items, m + f->offset, sizeof(items));
    enum ng_err err = buf_add_byte(to, '[');
    for (size_t i = 0; i < count && err == NG_OK; i++) {
        err = i > 0 ? buf_add_byte(to, ',') : NG_OK;
        if (err == NG_OK) {
            err = write_value(f, items + i * sizeof(void *), to);
        }
    }
    return err == NG_OK ? buf_add_byte(to, ']') : err;
}

static enum ng_err write_message(const ProtobufCMessage *m, struct buf *to)
{
    const uint8_t *bytes = (const uint8_t *)m;
    bool first = true;
    enum ng_err err = buf_add_byte(to, '{');
    for (unsigned i = 0; i < m->descriptor->n_fields && err == NG_OK; i++) {
        const ProtobufCFieldDescriptor *f = &m->descriptor->fields[i];
        const bool list = f->label == PROTOBUF_C_LABEL_REPEATED;
        if (!list && !is_set(f, bytes)) {
            continue;
        }
        err = buf_printf(to, "%s\"%s\":", first ? "" : ",", f->name);
        first = false;
        if (err == NG_OK) {
            err = list ? write_list(f, bytes, to) : write_value(f, bytes + f->offset, to);
        }
    }
    return err == NG_OK ? buf_add_byte(to, '}') : err;
}

enum ng_err wire_json_payload(uint32_t kind, struct bytes payload, struct buf *to)
{
    const ProtobufCMessageDescriptor *type = type_of(kind);
    if (type == NULL) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = wire_pb_decode(type, payload, 0, &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    err = write_message(message, to);
    free(memory.block);
    return err;
}
