/* Goal: nothing a stranger sends costs more than a fixed multiple of its size, and nothing
 * malformed gets past the border. Method: the descriptors themselves are walked (no type contains
 * itself, every repeated field has a limit); then hand-made bytes, one fault each, which must be
 * refused with NG_ERR_PROTO. */
#include "harness.h"
#include "proto/wire_par.h"
#include "proto/wire_pb.h"
#include "proto/wire_queue.h"

static enum ng_err to_broker(const void *data, size_t size)
{
    struct wire_to_broker *m = NULL;
    enum ng_err err = wire_to_broker_decode((struct bytes){data, size}, &m);
    wire_to_broker_destroy(&m);
    return err;
}

static enum ng_err from_broker(const void *data, size_t size)
{
    struct wire_from_broker *m = NULL;
    enum ng_err err = wire_from_broker_decode((struct bytes){data, size}, &m);
    wire_from_broker_destroy(&m);
    return err;
}

/* ---- The types ---- */

/* Walks the types below `type` with the path to it; counts a type that is on its own path. */
static int walk(const ProtobufCMessageDescriptor *const *path, size_t depth)
{
    const ProtobufCMessageDescriptor *type = path[depth - 1];
    int faults = 0;
    CU_ASSERT_FATAL(depth < WIRE_PB_DEPTH_MAX);
    CU_ASSERT(type->n_fields <= 64);
    int repeated = 0;
    int groups = 0;
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &type->fields[i];
        if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            repeated++;
            CU_ASSERT_EQUAL(f->type, PROTOBUF_C_TYPE_MESSAGE);
            CU_ASSERT(wire_pb_repeat_max(type, f->id) > 0);
        }
        groups += (f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
                  (i == 0 || type->fields[i - 1].quantifier_offset != f->quantifier_offset);
        if (f->type != PROTOBUF_C_TYPE_MESSAGE) {
            continue;
        }
        const ProtobufCMessageDescriptor *below[WIRE_PB_DEPTH_MAX + 1];
        memcpy(below, path, depth * sizeof(*path));
        below[depth] = f->descriptor;
        for (size_t k = 0; k < depth; k++) {
            faults += path[k] == f->descriptor;
        }
        faults += faults == 0 ? walk(below, depth + 1) : 0;
    }
    CU_ASSERT(repeated <= 1); /* one counter a level is enough */
    CU_ASSERT(groups <= 1);
    return faults;
}

static void no_type_contains_itself_and_every_list_is_limited(void)
{
    size_t count = 0;
    for (const ProtobufCMessageDescriptor *const *r = wire_pb_roots(); *r != NULL; r++) {
        CU_ASSERT_EQUAL(walk(r, 1), 0);
        count++;
    }
    CU_ASSERT_EQUAL(count, 7);
}

/* ---- Malformed bytes ---- */

static void what_is_whole_is_taken(void)
{
    /* id 5; Hello { protocol 1 } */
    const uint8_t good[] = {0x08, 0x05, 0x12, 0x02, 0x08, 0x01};
    CU_ASSERT_EQUAL(to_broker(good, sizeof(good)), NG_OK);
    /* A field of unknown number is passed over: 15 = "x" */
    const uint8_t newer[] = {0x08, 0x05, 0x12, 0x02, 0x08, 0x01, 0x7a, 0x01, 'x'};
    CU_ASSERT_EQUAL(to_broker(newer, sizeof(newer)), NG_OK);
}

static void every_truncation_is_refused(void)
{
    const uint8_t good[] = {0x08, 0x85, 0x01, 0x12, 0x05, 0x08, 0x01, 0x12, 0x01, 'h'};
    CU_ASSERT_EQUAL(to_broker(good, sizeof(good)), NG_OK);
    for (size_t cut = 0; cut < sizeof(good); cut++) {
        CU_ASSERT_EQUAL(to_broker(good, cut), NG_ERR_PROTO);
    }
}

#define REFUSED(...)                                                                               \
    do {                                                                                           \
        const uint8_t bytes_[] = {__VA_ARGS__};                                                    \
        CU_ASSERT_EQUAL(to_broker(bytes_, sizeof(bytes_)), NG_ERR_PROTO);                          \
    } while (0)

static void each_malformed_request_is_refused(void)
{
    REFUSED(0x12, 0x02, 0x08, 0x01);                               /* no id */
    REFUSED(0x08, 0x05);                                           /* no request */
    REFUSED(0x08, 0x05, 0x08, 0x06, 0x12, 0x02, 0x08, 0x01);       /* id twice */
    REFUSED(0x08, 0x05, 0x12, 0x00, 0x22, 0x00);                   /* two requests */
    REFUSED(0x08, 0x05, 0x12, 0x00, 0x12, 0x00);                   /* the same one twice */
    REFUSED(0x0a, 0x01, 0x05, 0x12, 0x00);                         /* id as bytes */
    REFUSED(0x08, 0x05, 0x10, 0x05);                               /* Hello as a number */
    REFUSED(0x08, 0x05, 0x12, 0x7f, 0x08);                         /* longer than the frame */
    REFUSED(0x08, 0x05, 0x12, 0x02, 0x12, 0x05);                   /* longer than its message */
    REFUSED(0x00, 0x05);                                           /* field 0 */
    REFUSED(0x08, 0x05, 0x13);                                     /* group, a dead wire type */
    REFUSED(0x08, 0x05, 0x12, 0x04, 0x12, 0x02, 0xc3, 0x28);       /* not UTF-8 */
    REFUSED(0x08, 0x05, 0x12, 0x05, 0x12, 0x03, 'a', 0x00, 'b');   /* NUL in a text */
    REFUSED(0x08, 0x05, 0x12, 0x05, 0x12, 0x03, 0xed, 0xa0, 0x80); /* a surrogate */
    REFUSED(0x08, 0x05, 0x1a, 0x00);                               /* Submit of nothing */
    REFUSED(0x08, 0x05, 0x22, 0x02, 0x08, 0x02);                   /* unknown scope */
    REFUSED(0x08, 0x05, 0x2a, 0x00);                               /* Prove nothing */
    REFUSED(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
    REFUSED(0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01);
}

static void more_statements_than_allowed_are_refused(void)
{
    struct buf inner = BUF_INIT(WIRE_FRAME_MAX);
    for (unsigned count = 1; count <= WIRE_STATEMENTS_MAX + 1; count++) {
        CU_ASSERT_EQUAL(buf_add(&inner, "\x0a\x00", 2), NG_OK); /* an empty Signed */
        struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
        CU_ASSERT_EQUAL(buf_add(&frame, "\x08\x05\x1a", 3), NG_OK);
        CU_ASSERT_EQUAL(buf_add_byte(&frame, (uint8_t)((inner.size & 0x7f) | 0x80)), NG_OK);
        CU_ASSERT_EQUAL(buf_add_byte(&frame, (uint8_t)(inner.size >> 7)), NG_OK);
        CU_ASSERT_EQUAL(buf_add(&frame, inner.data, inner.size), NG_OK);
        CU_ASSERT_EQUAL(to_broker(frame.data, frame.size),
                        count <= WIRE_STATEMENTS_MAX ? NG_OK : NG_ERR_PROTO);
        buf_fini(&frame);
    }
    buf_fini(&inner);
}

static void a_frame_above_the_maximum_is_refused_unread(void)
{
    static uint8_t data[WIRE_FRAME_MAX + 1];
    CU_ASSERT_EQUAL(to_broker(data, sizeof(data)), NG_ERR_LIMIT);
    CU_ASSERT_EQUAL(from_broker(data, sizeof(data)), NG_ERR_LIMIT);
}

static void deep_nesting_and_a_frame_of_empty_messages_are_refused(void)
{
    static uint8_t data[WIRE_FRAME_MAX];
    /* Length-prefixed all the way down: 0x12 <everything that is left>, three bytes of length. */
    size_t at = 0;
    while (at + 4 < sizeof(data)) {
        size_t left = sizeof(data) - at - 4;
        data[at++] = 0x12;
        data[at++] = (uint8_t)(left | 0x80);
        data[at++] = (uint8_t)((left >> 7) | 0x80);
        data[at++] = (uint8_t)(left >> 14);
    }
    CU_ASSERT_EQUAL(to_broker(data, at), NG_ERR_PROTO);
    CU_ASSERT_EQUAL(from_broker(data, at), NG_ERR_PROTO);
    for (size_t i = 0; i + 1 < sizeof(data); i += 2) {
        data[i] = 0x0a; /* Acts.acts, empty */
        data[i + 1] = 0;
    }
    struct wire_acts *acts = NULL;
    CU_ASSERT_EQUAL(wire_acts_decode((struct bytes){data, sizeof(data)}, &acts), NG_ERR_PROTO);
    CU_ASSERT_PTR_NULL(acts);
}

static void memory_is_a_multiple_of_the_message(void)
{
    CU_ASSERT(wire_pb_budget(0) <= 128 * 1024);
    CU_ASSERT(wire_pb_budget(WIRE_FRAME_MAX) <= 2 * 1024 * 1024);
    CU_ASSERT(wire_pb_budget(SIZE_MAX) <= 4 * 1024 * 1024);
    /* Many unknown fields: protobuf-c keeps each; the block runs out and the frame is refused. */
    static uint8_t data[WIRE_FRAME_MAX];
    size_t at = 0;
    data[at++] = 0x08;
    data[at++] = 0x05;
    while (at + 2 <= sizeof(data)) {
        data[at++] = 0x78; /* field 15, a number */
        data[at++] = 0x01;
    }
    CU_ASSERT_EQUAL(to_broker(data, at), NG_ERR_PROTO);
}

static const struct test_case cases[] = {
    TEST_CASE(no_type_contains_itself_and_every_list_is_limited),
    TEST_CASE(what_is_whole_is_taken),
    TEST_CASE(every_truncation_is_refused),
    TEST_CASE(each_malformed_request_is_refused),
    TEST_CASE(more_statements_than_allowed_are_refused),
    TEST_CASE(a_frame_above_the_maximum_is_refused_unread),
    TEST_CASE(deep_nesting_and_a_frame_of_empty_messages_are_refused),
    TEST_CASE(memory_is_a_multiple_of_the_message),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("wire_pb", cases, argc, argv);
}
