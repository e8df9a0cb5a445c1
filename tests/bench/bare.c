/* The disk, LMDB, signatures and hashes, each alone; the loop of a broker is in bare_loop.c. */
#include "bench/bare.h"

#include "bench/bare_state.h"
#include "bench/bench.h"
#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The disk ---- */

static enum ng_err append_synced(int fd, const char *path, double seconds, double *ret)
{
    const uint8_t page[4096] = {1};
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (now - begin < BARE_SECONDS(seconds)) {
        const ssize_t n = write(fd, page, sizeof(page));
        if (n != (ssize_t)sizeof(page)) {
            return err_set_errno(n < 0 ? errno : ENOSPC, "%s: write", path);
        }
        if (fdatasync(fd) != 0) {
            return err_set_errno(errno, "%s: fdatasync", path);
        }
        count++;
        now = process_now_us();
    }
    *ret = (now - begin) / count;
    return NG_OK;
}

enum ng_err bare_sync_us(const char *folder, double seconds, double *ret)
{
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/bare.append", folder);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_set_errno(errno, "%s", path);
    }
    const enum ng_err err = append_synced(fd, path, seconds, ret);
    (void)close(fd);
    (void)unlink(path);
    return err;
}

/* ---- LMDB ---- */

enum ng_err bare_lmdb_said(int code, const char *folder)
{
    return code == 0 ? NG_OK : err_set(NG_ERR_IO, "%s/bare.mdb: %s", folder, mdb_strerror(code));
}

static int open_table(struct bare_store *s, const char *path)
{
    MDB_txn *txn = NULL;
    int code = mdb_env_create(&s->env);
    code = code != 0 ? code : mdb_env_set_mapsize(s->env, (size_t)8 << 30);
    code = code != 0 ? code : mdb_env_open(s->env, path, 0, 0600);
    code = code != 0 ? code : mdb_txn_begin(s->env, NULL, 0, &txn);
    code = code != 0 ? code : mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &s->table);
    return code != 0 ? code : mdb_txn_commit(txn);
}

enum ng_err bare_store_open(struct bare_store *s, const char *folder)
{
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/bare.mdb", folder);
    *s = (struct bare_store){0};
    return mkdir(path, 0700) == 0 ? bare_lmdb_said(open_table(s, path), folder)
                                  : err_set_errno(errno, "%s", path);
}

void bare_store_close(struct bare_store *s, const char *folder)
{
    char path[4200];
    if (s->env != NULL) {
        mdb_env_close(s->env);
    }
    (void)snprintf(path, sizeof(path), "%s/bare.mdb", folder);
    process_remove_folder(path);
}

int bare_store_put(struct bare_store *s, MDB_txn *txn, void *data, size_t size)
{
    MDB_val key = {sizeof(s->next), &s->next};
    MDB_val value = {size, data};
    const int code = mdb_put(txn, s->table, &key, &value, MDB_APPEND);
    s->next++;
    return code;
}

static int commit_batch(struct bare_store *s, unsigned batch)
{
    uint8_t value[256] = {1};
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(s->env, NULL, 0, &txn);
    for (unsigned i = 0; code == 0 && i < batch; i++) {
        code = bare_store_put(s, txn, value, sizeof(value));
    }
    return code != 0 ? code : mdb_txn_commit(txn);
}

enum ng_err bare_commits(const char *folder, unsigned batch, double seconds, double *ret)
{
    struct bare_store s;
    enum ng_err err = bare_store_open(&s, folder);
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (err == NG_OK && now - begin < BARE_SECONDS(seconds)) {
        err = bare_lmdb_said(commit_batch(&s, batch), folder);
        count += batch;
        now = process_now_us();
    }
    bare_store_close(&s, folder);
    *ret = count / ((now - begin) / 1e6);
    return err;
}

/* ---- Signatures and hashes ---- */

static double rate_of(void (*once)(void *), void *context, double seconds)
{
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (now - begin < BARE_SECONDS(seconds)) {
        for (unsigned i = 0; i < 16; i++) {
            once(context);
        }
        count += 16;
        now = process_now_us();
    }
    return count / ((now - begin) / 1e6);
}

void bare_key_make(struct bare_key *k)
{
    memset(k, 0, sizeof(*k));
    (void)crypto_sign_keypair(k->public_key, k->secret);
    (void)crypto_sign_detached(k->signature, NULL, k->message, sizeof(k->message), k->secret);
}

static void verify_once(void *context)
{
    struct bare_key *k = context;
    k->sum +=
        crypto_sign_verify_detached(k->signature, k->message, sizeof(k->message), k->public_key);
}

static void sign_once(void *context)
{
    struct bare_key *k = context;
    k->sum += crypto_sign_detached(k->signature, NULL, k->message, sizeof(k->message), k->secret);
}

enum ng_err bare_verify(double seconds, double *ret)
{
    struct bare_key k;
    bare_key_make(&k);
    *ret = rate_of(verify_once, &k, seconds);
    return k.sum == 0 ? NG_OK : err_set(NG_ERR_VERIFY, "Ed25519 verify");
}

enum ng_err bare_sign(double seconds, double *ret)
{
    struct bare_key k;
    bare_key_make(&k);
    *ret = rate_of(sign_once, &k, seconds);
    return k.sum == 0 ? NG_OK : err_set(NG_ERR_VERIFY, "Ed25519 sign");
}

struct bare_digest {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
    uint8_t data[256];
    uint8_t digest[EVP_MAX_MD_SIZE];
};

static void hash_once(void *context)
{
    struct bare_digest *d = context;
    (void)EVP_DigestInit_ex2(d->ctx, d->md, NULL);
    (void)EVP_DigestUpdate(d->ctx, d->data, sizeof(d->data));
    (void)EVP_DigestFinal_ex(d->ctx, d->digest, NULL);
    d->data[0] = d->digest[0];
}

enum ng_err bare_hash(double seconds, double *ret)
{
    struct bare_digest d = {.md = EVP_MD_fetch(NULL, "SHA256", NULL), .ctx = EVP_MD_CTX_new()};
    const bool good = d.md != NULL && d.ctx != NULL;
    *ret = good ? rate_of(hash_once, &d, seconds) : 0;
    EVP_MD_CTX_free(d.ctx);
    EVP_MD_free(d.md);
    return good ? NG_OK : err_set(NG_ERR_NOMEM, "SHA-256");
}
