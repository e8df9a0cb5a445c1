/* The values of the state by name: which fields the record under a key has, in the order in which
 * they are stored (docs/disk-format.md). For those who compare or show records whatever they are;
 * who works with one has its own module (score_row.h …). */
#ifndef NGANAM_OFFICE_STATE_FIELD_H
#define NGANAM_OFFICE_STATE_FIELD_H

#include "base/buf.h"
#include "office-service/record.h"

struct state_field_form;

/* A walk over the fields of one value. Borrows both. */
struct state_field_walk {
    const struct state_field_form *form; /* NULL: a table without fields */
    size_t place;
    struct record_in in;
};

void state_field_begin(struct state_field_walk *w, struct bytes key, struct bytes value);
/* The next field's name (stable, English) and its bytes as stored; false after the last. What does
 * not parse is one field named "?" with the bytes that are left. */
bool state_field_next(struct state_field_walk *w, const char **ret_name, struct bytes *ret_bytes);
/* The field last given, as text: numbers, days ("2026-11-30"), decimals ("4.5"), texts; base64 for
 * bytes. */
enum ng_err state_field_text(const struct state_field_walk *w, struct bytes bytes,
                             struct buf *to) NG_MUST_USE;

/* Appends the fields in which two values of one key differ: "points 4 → 4.5, max 5 → 6"; nothing
 * where they do not. A value of no bytes has no fields ("-"). Long texts are cut. */
enum ng_err state_field_difference(struct bytes key, struct bytes a, struct bytes b,
                                   struct buf *to) NG_MUST_USE;

#endif
