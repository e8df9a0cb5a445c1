/* The border to protobuf-c, for the .c files of this folder and its tests only: a strict look over
 * the bytes before anything is allocated, then protobuf-c in one block of bounded memory. */
#ifndef NGANAM_PROTO_WIRE_PB_H
#define NGANAM_PROTO_WIRE_PB_H

#include "proto/wire.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#define WIRE_PB_DEPTH_MAX 8 /* messages inside one another; no type contains itself */
/* What a decoder may take from the block for the plain form of each message inside the outermost
 * (an array of them in one piece). */
#define WIRE_PB_PLAIN_MAX 112u

/* One block; what is taken from it lives until the block is freed. Plain data. */
struct wire_pb_memory {
    uint8_t *block;
    size_t size;
    size_t used;
};
/* NG_ERR_NOMEM. End with free(m->block). */
enum ng_err wire_pb_memory_new(size_t size, struct wire_pb_memory *ret) NG_MUST_USE;
/* Zeroed and aligned for anything; NULL when the block is used up. */
void *wire_pb_take(struct wire_pb_memory *m, size_t count, size_t size);

/* Decodes strictly: every length inside its message, wire types as declared, no field twice unless
 * it repeats, repeated ones within wire_pb_repeat_max, every text UTF-8 without NUL. Fields of
 * unknown number are left out and cost nothing (that is how the protocol grows). The block has the
 * size that the known fields need. NG_ERR_PROTO with what is wrong, NG_ERR_LIMIT, NG_ERR_NOMEM. On
 * success the memory's first bytes are free for the plain object (of object_size), so that freeing
 * that object frees everything. */
enum ng_err wire_pb_decode(const ProtobufCMessageDescriptor *type, struct bytes data,
                           size_t object_size, struct wire_pb_memory *ret_memory,
                           const ProtobufCMessage **ret_message) NG_MUST_USE;

/* Appends; NG_ERR_LIMIT or NG_ERR_NOMEM from the buffer. */
enum ng_err wire_pb_encode(const ProtobufCMessage *message, struct buf *to) NG_MUST_USE;

/* protobuf-c declares what it only reads as writable: these two give it ours. NULL becomes "". */
char *wire_pb_text(const char *text);
ProtobufCBinaryData wire_pb_data(struct bytes data);
struct bytes wire_pb_bytes(ProtobufCBinaryData data); /* borrowed */

/* NG_ERR_PROTO unless these are whole 32-byte hashes; exactly `want` bytes, copied. */
enum ng_err wire_pb_check_hashes(const char *what, struct bytes hashes) NG_MUST_USE;
enum ng_err wire_pb_exact(const char *what, ProtobufCBinaryData from, uint8_t *to,
                          size_t want) NG_MUST_USE;
/* NG_ERR_LIMIT: the block is used up. */
enum ng_err wire_pb_no_room(const struct wire_pb_memory *m) NG_MUST_USE;

/* How often a repeated field may come; 0 for a field that has no limit in the table (a defect). */
size_t wire_pb_repeat_max(const ProtobufCMessageDescriptor *type, unsigned field_id);
/* Every message type that is decoded from outside, NULL-terminated. */
const ProtobufCMessageDescriptor *const *wire_pb_roots(void);

#endif
