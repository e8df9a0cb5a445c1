/* Hand-made leaves and statements for the tests of the pure cores. */
#ifndef NGANAM_TESTS_WARD_AGENT_LEAVES_H
#define NGANAM_TESTS_WARD_AGENT_LEAVES_H

#include "proto/wire_par.h"

/* Encodes a leaf with these acts; the buffer is emptied first. The signature is not real. */
void leaves_make(struct buf *to, uint64_t index, const char *author, uint32_t kind,
                 const struct wire_acts *acts);

/* The same without parts: `count` acts. */
void leaves_make_acts(struct buf *to, uint64_t index, uint32_t kind, const struct wire_act *acts,
                      size_t count);

/* Encodes an own statement of kind 16 with these acts. */
void leaves_statement(struct buf *to, uint64_t seq, const struct wire_acts *acts);

/* A set of two fields of 10 points in three leaves: 1.1 points of 6, 1.2 choice of 4, 2 points
 * of 10. Writes LEAVES_SET_ACTS acts. */
#define LEAVES_SET_ACTS 5u
void leaves_set(struct wire_act *acts, uint32_t year, const char *group, const char *set);

/* Acts of one unit, one task. */
struct wire_act leaves_unit(const char *code, const char *name, const char *group);
struct wire_act leaves_task(const char *code, const char *year, const char *unit);

#endif
