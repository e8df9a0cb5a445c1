/* A payload as JSON text: a reading aid for people, never read back and never signed. */
#ifndef NGANAM_PROTO_WIRE_JSON_H
#define NGANAM_PROTO_WIRE_JSON_H

#include "proto/wire.h"

/* Appends the payload of a statement of this kind as one JSON object with the field names of the
 * .proto files; bytes as base64, 64-bit numbers as numbers, fields at their default left out.
 * NG_ERR_NOT_FOUND: a kind without a payload known here; NG_ERR_PROTO: it does not parse. */
enum ng_err wire_json_payload(uint32_t kind, struct bytes payload, struct buf *to) NG_MUST_USE;

#endif
