/* Seals: 8 bytes behind each value of a sealed store, made from key and value.
 *
 * LMDB keeps no checksums, so a bit that turned on the disk comes back as an answer. The log hashes
 * what it reads anyway; the other stores hold rows that nothing else vouches for. The seal is no
 * proof against people, only against disks: any change within one 8-byte word is always seen,
 * any other with all but 2^-64. */
#ifndef NGANAM_STORE_STORE_SEAL_H
#define NGANAM_STORE_STORE_SEAL_H

#include "base/bytes.h"

#include <stdbool.h>

#define STORE_SEAL_SIZE 8

/* Writes the seal behind the value that stands at `at`. */
void store_seal_put(struct bytes key, uint8_t *at, size_t value_size);

/* True if *value ends with its seal, which is then cut off. */
bool store_seal_take(struct bytes key, struct bytes *value) NG_MUST_USE;

/* The seal itself, not held against the row; false if there is no room for one. */
bool store_seal_read(struct bytes value, uint64_t *ret_seal) NG_MUST_USE;

#endif
