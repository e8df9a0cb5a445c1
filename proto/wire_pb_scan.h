/* The look over a message's bytes before protobuf-c sees them, for wire_pb.c alone. */
#ifndef NGANAM_PROTO_WIRE_PB_SCAN_H
#define NGANAM_PROTO_WIRE_PB_SCAN_H

#include "base/buf.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#define WIRE_PB_SCAN_ALIGNMENT 16u /* of all that is taken from a decoder's block */

static inline size_t wire_pb_scan_aligned(size_t size)
{
    return (size + WIRE_PB_SCAN_ALIGNMENT - 1) / WIRE_PB_SCAN_ALIGNMENT * WIRE_PB_SCAN_ALIGNMENT;
}

struct wire_pb_scanned {
    size_t memory;     /* that decoding takes, in bytes */
    size_t known_size; /* of the message without its unknown fields */
    bool unknown;      /* it has such */
};
/* out: gets the message without its unknown fields, has room for all of data; NULL: none is made.
 * NG_ERR_PROTO. */
enum ng_err wire_pb_scan(const ProtobufCMessageDescriptor *type, struct bytes data, uint8_t *out,
                         struct wire_pb_scanned *ret) NG_MUST_USE;

#endif
