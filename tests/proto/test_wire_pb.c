/* Goal: nothing a stranger sends costs more memory than its own size and a fixed sum, and nothing
 * malformed gets past the border. Method: the descriptors themselves are walked (no type contains
 * itself, every repeated field has a limit); then hand-made bytes, one fault each, which must be
 * refused with NG_ERR_PROTO; then the costliest frames there are, with malloc counted (--wrap). */
#include "base/rng.h"
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
    CU_ASSERT_EQUAL(count, 15);
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

/* ---- Memory ---- */

/* The linker puts this before malloc in all that is linked statically. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static size_t malloc_largest, malloc_sum;
void *__wrap_malloc(size_t size)
{
    malloc_largest = size > malloc_largest ? size : malloc_largest;
    malloc_sum += size;
    return __real_malloc(size);
}

static void count_from_here(void)
{
    malloc_largest = 0;
    malloc_sum = 0;
}

static uint8_t frame[WIRE_FRAME_MAX];

/* `head`, then `unit` again and again as often as it fits into `size` bytes; returns the size. */
static size_t fill(const char *head, size_t head_size, const char *unit, size_t unit_size,
                   size_t size)
{
    memcpy(frame, head, head_size);
    size_t at = head_size;
    for (; at + unit_size <= size; at += unit_size) {
        memcpy(frame + at, unit, unit_size);
    }
    return at;
}

/* A length in three bytes, as every frame of 16,384 bytes and more has it. */
static void put_length(uint8_t *at, size_t length)
{
    at[0] = (uint8_t)((length & 0x7f) | 0x80);
    at[1] = (uint8_t)((length >> 7 & 0x7f) | 0x80);
    at[2] = (uint8_t)(length >> 14);
}

static void unknown_fields_cost_nothing(void)
{
    /* id 5, Hello { protocol 1 }, then field 15 = 1, two bytes, 33,000 times */
    size_t size = fill("\x08\x05\x12\x02\x08\x01", 6, "\x78\x01", 2, sizeof(frame));
    count_from_here();
    CU_ASSERT_EQUAL(to_broker(frame, size), NG_OK);
    CU_ASSERT(malloc_sum - size < 2048); /* the copy without them, which is gone, and the block */
    /* the same inside a message: Submit, Signed */
    size = fill("\x08\x05\x1a\0\0\0\x0a\0\0\0", 10, "\x78\x01", 2, sizeof(frame));
    put_length(frame + 3, size - 6);
    put_length(frame + 7, size - 10);
    count_from_here();
    CU_ASSERT_EQUAL(to_broker(frame, size), NG_OK);
    CU_ASSERT(malloc_sum - size < 2048);
    /* FromBroker, Error */
    size = fill("\x08\x05\x3a\x02\x08\x01", 6, "\x78\x01", 2, sizeof(frame));
    count_from_here();
    CU_ASSERT_EQUAL(from_broker(frame, size), NG_OK);
    CU_ASSERT(malloc_sum - size < 2048);
    /* Acts with no act */
    struct wire_acts *acts = NULL;
    size = fill("", 0, "\x78\x01", 2, sizeof(frame));
    count_from_here();
    CU_ASSERT_EQUAL(wire_acts_decode((struct bytes){frame, size}, &acts), NG_OK);
    CU_ASSERT(malloc_sum - size < 2048);
    wire_acts_destroy(&acts);
}

/* What is known and costs most; the bounds are those of the headers, with no multiple of the size.
 */
static void the_costliest_frames_are_bounded(void)
{
    /* 48 statements, 47 of them empty, the last as long as fits: all its bytes are kept */
    size_t size = fill("\x08\x05\x1a\0\0\0", 6, "\x0a\0", 2, 6 + 2 * (WIRE_STATEMENTS_MAX - 1));
    const size_t last = size;
    memcpy(frame + last, "\x0a\0\0\0\x0a\0\0\0", 8);
    put_length(frame + 3, sizeof(frame) - 6);
    put_length(frame + last + 1, sizeof(frame) - last - 4);
    put_length(frame + last + 5, sizeof(frame) - last - 8);
    memset(frame + last + 8, 0, sizeof(frame) - last - 8);
    count_from_here();
    CU_ASSERT_EQUAL(to_broker(frame, sizeof(frame)), NG_OK);
    CU_ASSERT(malloc_sum <= WIRE_REQUEST_MEMORY_MAX);
    /* Entries of 1,024 empty leaves */
    size = fill("\x08\x05\x2a\x80\x90\0", 6, "\x0a\0", 2, 6 + 2 * WIRE_ENTRIES_MAX);
    frame[3] = 0x80;
    frame[4] = 0x10; /* 2,048 */
    memmove(frame + 5, frame + 6, size - 6);
    count_from_here();
    CU_ASSERT_EQUAL(from_broker(frame, size - 1), NG_OK);
    CU_ASSERT(malloc_sum < 320 * 1024);
    /* 256 reports with 32 pieces of empty evidence each: Act { Report { … } } */
    size = 0;
    while (size < WIRE_ACTS_MAX * 68) {
        memcpy(frame + size, "\x0a\x42\x0a\x40", 4);
        for (size_t i = 0; i < WIRE_EVIDENCE_MAX; i++) {
            memcpy(frame + size + 4 + 2 * i, "\x52\0", 2);
        }
        size += 68;
    }
    struct wire_acts *acts = NULL;
    count_from_here();
    CU_ASSERT_EQUAL(wire_acts_decode((struct bytes){frame, size}, &acts), NG_OK);
    CU_ASSERT(malloc_sum < 3 * 1024 * 1024);
    CU_ASSERT_EQUAL(malloc_sum, malloc_largest); /* one block */
    CU_ASSERT_PTR_NOT_NULL_FATAL(acts);
    CU_ASSERT_EQUAL(acts->count, WIRE_ACTS_MAX);
    CU_ASSERT_EQUAL(acts->acts[255].u.report.evidence_count, WIRE_EVIDENCE_MAX);
    wire_acts_destroy(&acts);
}

/* ---- Growing ---- */

/* Copies a message of this type with unknown fields strewn between its own, at every depth; lengths
 * in five bytes. Returns the new size. The message is well formed. */
static size_t strew(const ProtobufCMessageDescriptor *type, struct bytes from, struct rng *rng,
                    uint8_t *to)
{
    static const char *const unknown[] = {"\x78\x01", "\x7a\x03xyz", "\x7d....", "\x79........"};
    static const size_t sizes[] = {2, 5, 5, 9};
    size_t out = 0;
    for (size_t at = 0;;) {
        for (uint64_t n = rng_below(rng, 4); n > 0; n--) {
            const uint64_t which = rng_below(rng, 4);
            memcpy(to + out, unknown[which], sizes[which]);
            out += sizes[which];
        }
        if (at == from.size) {
            return out;
        }
        const size_t start = at;
        const unsigned wire = from.data[at] & 7u; /* field numbers below 16: tags of one byte */
        const ProtobufCFieldDescriptor *f =
            protobuf_c_message_descriptor_get_field(type, from.data[at++] >> 3);
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        size_t value = 0;
        unsigned shift = 0;
        do {
            value |= (size_t)(from.data[at] & 0x7f) << shift;
            shift += 7;
        } while ((from.data[at++] & 0x80) != 0);
        if (wire != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) {
            memcpy(to + out, from.data + start, at - start);
            out += at - start;
            continue;
        }
        to[out] = from.data[start];
        const size_t body = out + 6;
        size_t size = value;
        if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
            size = strew(f->descriptor, (struct bytes){from.data + at, value}, rng, to + body);
        } else {
            memcpy(to + body, from.data + at, value);
        }
        for (unsigned i = 0; i < 5; i++) {
            to[out + 1 + i] = (uint8_t)((size >> (7 * i) & 0x7f) | (i < 4 ? 0x80 : 0));
        }
        at += value;
        out = body + size;
    }
}

static void a_later_versions_fields_change_nothing(void)
{
    static uint8_t strewn[WIRE_FRAME_MAX];
    struct wire_evidence evidence[3] = {
        {.name = "a", .size = 1}, {.name = ""}, {"b.pdf", 300, "0123", "pdf"}};
    struct wire_act acts[2] = {{.kind = WIRE_ACT_REPORT}, {.kind = WIRE_ACT_TICK}};
    acts[0].u.report =
        (struct wire_report){.year = 2026, .code = "1.1", .value = "4.5", .evidence = evidence};
    acts[0].u.report.evidence_count = 3;
    acts[1].u.tick_day = "2026-11-30";
    const struct wire_acts m = {
        .acts = acts, .count = 2, .has_part = true, .part_number = 1, .part_count = 2, .to_seq = 9};
    struct buf plain = BUF_INIT(WIRE_FRAME_MAX);
    struct buf again = BUF_INIT(WIRE_FRAME_MAX);
    struct rng rng = rng_seeded(20261126);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&m, &plain), NG_OK);
    for (int i = 0; i < 500; i++) {
        struct wire_acts *got = NULL;
        size_t size = strew(wire_pb_roots()[6], buf_bytes(&plain), &rng, strewn);
        CU_ASSERT_EQUAL_FATAL(wire_acts_decode((struct bytes){strewn, size}, &got), NG_OK);
        buf_clear(&again);
        CU_ASSERT_EQUAL(wire_acts_encode(got, &again), NG_OK);
        CU_ASSERT(plain.size == again.size && memcmp(plain.data, again.data, plain.size) == 0);
        wire_acts_destroy(&got);
    }
    buf_fini(&again);
    buf_fini(&plain);
}

static const struct test_case cases[] = {
    TEST_CASE(no_type_contains_itself_and_every_list_is_limited),
    TEST_CASE(what_is_whole_is_taken),
    TEST_CASE(every_truncation_is_refused),
    TEST_CASE(each_malformed_request_is_refused),
    TEST_CASE(more_statements_than_allowed_are_refused),
    TEST_CASE(a_frame_above_the_maximum_is_refused_unread),
    TEST_CASE(deep_nesting_and_a_frame_of_empty_messages_are_refused),
    TEST_CASE(unknown_fields_cost_nothing),
    TEST_CASE(the_costliest_frames_are_bounded),
    TEST_CASE(a_later_versions_fields_change_nothing),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("wire_pb", cases, argc, argv);
}
