/* One act, copied by tables between the generated structures and plain C; for wire_par.c alone. */
#ifndef NGANAM_PROTO_WIRE_RECORD_H
#define NGANAM_PROTO_WIRE_RECORD_H

#include "proto/par.pb-c.h"
#include "proto/wire_par.h"
#include "proto/wire_pb.h"

/* Borrows texts from `from`, lists from the memory. NG_ERR_PROTO: a kind or choice unknown here. */
enum ng_err wire_record_unpack(const Nganam__Par__Act *from, struct wire_pb_memory *memory,
                               struct wire_act *to) NG_MUST_USE;
/* NG_ERR_INPUT: no such kind of act; NG_ERR_LIMIT. Initialises `to`. */
enum ng_err wire_record_pack(const struct wire_act *from, struct wire_pb_memory *memory,
                             Nganam__Par__Act *to) NG_MUST_USE;

#endif
