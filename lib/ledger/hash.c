/* SHA-256 through OpenSSL's EVP interface.
 *
 * The algorithm is fetched once and each thread keeps one context: a fetch costs more than hashing
 * a small leaf (one-shot calls reach half the rate). The context lives as long as its
 * thread; a thread-specific key with a destructor frees it, so that threads may come and go.
 *
 * Nothing here can fail for a reason of ours: without SHA-256 or without 200 bytes of memory there
 * is no ledger, and CHECK ends the process before anything wrong can be signed.
 */
#include "ledger/hash.h"

#include "base/check.h"

#include <errno.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define FILE_BLOCK 32768

static pthread_once_t hash_once = PTHREAD_ONCE_INIT;
static pthread_key_t hash_key;
static EVP_MD *hash_sha256;

static void hash_free_context(void *context)
{
    EVP_MD_CTX_free(context);
}

static void hash_free_algorithm(void)
{
    EVP_MD_CTX_free(pthread_getspecific(hash_key));
    (void)pthread_setspecific(hash_key, NULL);
    EVP_MD_free(hash_sha256);
}

static void hash_setup(void)
{
    hash_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(hash_sha256 != NULL);
    CHECK(pthread_key_create(&hash_key, hash_free_context) == 0);
    /* A thread's destructor does not run for the thread that ends the process. */
    CHECK(atexit(hash_free_algorithm) == 0);
}

static EVP_MD_CTX *hash_begin(void)
{
    CHECK(pthread_once(&hash_once, hash_setup) == 0);
    EVP_MD_CTX *context = pthread_getspecific(hash_key);
    if (context == NULL) {
        context = EVP_MD_CTX_new();
        CHECK(context != NULL);
        CHECK(pthread_setspecific(hash_key, context) == 0);
    }
    CHECK(EVP_DigestInit_ex2(context, hash_sha256, NULL) == 1);
    return context;
}

static struct hash hash_end(EVP_MD_CTX *context)
{
    struct hash result;
    unsigned size = 0;
    CHECK(EVP_DigestFinal_ex(context, result.bytes, &size) == 1 && size == HASH_SIZE);
    return result;
}

struct hash hash_of(const void *data, size_t size)
{
    EVP_MD_CTX *context = hash_begin();
    CHECK(EVP_DigestUpdate(context, data, size) == 1);
    return hash_end(context);
}

struct hash hash_prefixed(uint8_t prefix, struct bytes a, struct bytes b)
{
    EVP_MD_CTX *context = hash_begin();
    CHECK(EVP_DigestUpdate(context, &prefix, 1) == 1);
    CHECK(EVP_DigestUpdate(context, a.data, a.size) == 1);
    CHECK(EVP_DigestUpdate(context, b.data, b.size) == 1);
    return hash_end(context);
}

int hash_of_file(int fd, uint64_t from, uint64_t max, uint64_t *ret_size, struct hash *ret)
{
    uint8_t block[FILE_BLOCK];
    EVP_MD_CTX *context = hash_begin();
    uint64_t at = from;
    while (at - from < max) {
        const uint64_t left = max - (at - from);
        const size_t wanted = left < sizeof(block) ? (size_t)left : sizeof(block);
        const ssize_t got = pread(fd, block, wanted, (off_t)at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        CHECK(EVP_DigestUpdate(context, block, (size_t)got) == 1);
        at += (uint64_t)got;
    }
    *ret_size = at - from;
    *ret = hash_end(context);
    return 0;
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, HASH_SIZE) == 0;
}
