/* SHA-256 through a fetched EVP_MD and a reused context (with SHA-NI about twice the rate of
 * one-shot calls). */
#ifndef NGANAM_LEDGER_HASH_H
#define NGANAM_LEDGER_HASH_H

#include "base/buf.h"

#include <stdbool.h>

#define HASH_SIZE 32

struct hash {
    uint8_t bytes[HASH_SIZE];
};

/* Ends the process (CHECK) only if the library itself has no SHA-256. One context a thread. */
struct hash hash_of(const void *data, size_t size);
/* prefix byte, then a, then b: what RFC 6962 §2.1 builds leaves (0x00) and nodes (0x01) from. */
struct hash hash_prefixed(uint8_t prefix, struct bytes a, struct bytes b);
/* Of an open file's bytes from an offset on, at most `max`, and how many they are. 0, or −1 with
 * errno. */
int hash_of_file(int fd, uint64_t from, uint64_t max, uint64_t *ret_size, struct hash *ret);
bool hash_equal(const struct hash *a, const struct hash *b);
#define HASH_BYTES(h) ((struct bytes){(h).bytes, HASH_SIZE})

#endif
