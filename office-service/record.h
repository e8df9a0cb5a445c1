/* The bytes of one value of the state: big-endian integers and zero-terminated texts, one after the
 * other. The writer remembers its first error, the reader that something did not fit; both are
 * asked once at the end. docs/disk-format.md lists the rows. */
#ifndef NGANAM_OFFICE_RECORD_H
#define NGANAM_OFFICE_RECORD_H

#include "base/buf.h"
#include "office-service/kv.h"
#include "par/decimal.h"

#define RECORD_SIZE_MAX (256u << 10)

struct record_out {
    struct buf buf;
    enum ng_err err;
};

void record_out_init(struct record_out *r);
void record_out_fini(struct record_out *r);
void record_put_u8(struct record_out *r, uint8_t v);
void record_put_u32(struct record_out *r, uint32_t v);
void record_put_u64(struct record_out *r, uint64_t v);
void record_put_day(struct record_out *r, int32_t day);
void record_put_decimal(struct record_out *r, struct decimal d);
void record_put_text(struct record_out *r, const char *text);
void record_put_bytes(struct record_out *r, struct bytes data);
void record_put_raw(struct record_out *r, const void *data, size_t size); /* without its size */

/* Puts what was written under the key, and ends the record whatever happens. */
enum ng_err record_out_put(struct record_out *r, const struct kv *kv, struct bytes key) NG_MUST_USE;

struct record_in {
    struct bytes rest;
    bool bad;
};

struct record_in record_in(struct bytes value);
uint8_t record_get_u8(struct record_in *r);
uint32_t record_get_u32(struct record_in *r);
uint64_t record_get_u64(struct record_in *r);
int32_t record_get_day(struct record_in *r);
struct decimal record_get_decimal(struct record_in *r);
const char *record_get_text(struct record_in *r); /* borrowed from the value; never NULL */
void record_get_code(struct record_in *r, char *to, size_t size); /* copies */
struct bytes record_get_bytes(struct record_in *r);               /* borrowed from the value */
const uint8_t *record_get_span(struct record_in *r, size_t size); /* borrowed; NULL: not there */
void record_get_raw(struct record_in *r, void *to, size_t size);  /* zeros if they are not there */

/* NG_ERR_CORRUPT (naming `what`) unless everything fitted and nothing is left over. */
enum ng_err record_in_end(const struct record_in *r, const char *what) NG_MUST_USE;

#endif
