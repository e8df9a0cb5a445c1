/* Shared by bare.c (each library alone) and bare_loop.c (all of them in a loop); nobody else. */
#ifndef NGANAM_TESTS_BENCH_BARE_STATE_H
#define NGANAM_TESTS_BENCH_BARE_STATE_H

#include "bench/bare.h"

#include <lmdb.h>
#include <sodium.h>
#include <stdint.h>

#define BARE_SECONDS(s) ((s)*1e6)

struct bare_store {
    MDB_env *env;
    MDB_dbi table;
    uint64_t next;
};

struct bare_key {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t message[360];
    uint8_t signature[crypto_sign_BYTES];
    int sum; /* keeps the compiler from leaving the work out */
};

/* All in bare.c. An LMDB call's outcome as an error with the place it happened at. */
enum ng_err bare_lmdb_said(int code, const char *folder) NG_MUST_USE;
/* A new store in the folder; close it after a failure too, which removes it. */
enum ng_err bare_store_open(struct bare_store *s, const char *folder) NG_MUST_USE;
void bare_store_close(struct bare_store *s, const char *folder);
int bare_store_put(struct bare_store *s, MDB_txn *txn, void *data, size_t size); /* LMDB's code */
/* A key, and a message that is signed with it. */
void bare_key_make(struct bare_key *k);

#endif
