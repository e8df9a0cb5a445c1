#include "bench/bare.h"

#include "bench/bench.h"
#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#define KEY_TEXT 41
#define CLIENTS_MAX 64u
#define SILENCE_MS 5000
#define SECONDS(s) ((s)*1e6)

/* ---- The disk ---- */

static enum ng_err append_synced(int fd, const char *path, double seconds, double *ret)
{
    const uint8_t page[4096] = {1};
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (now - begin < SECONDS(seconds)) {
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

struct bare_store {
    MDB_env *env;
    MDB_dbi table;
    uint64_t next;
};

/* An LMDB call's outcome as an error with the place it happened at. */
static enum ng_err lmdb_said(int code, const char *folder)
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

static enum ng_err open_store(struct bare_store *s, const char *folder)
{
    char path[4200];
    (void)snprintf(path, sizeof(path), "%s/bare.mdb", folder);
    *s = (struct bare_store){0};
    return mkdir(path, 0700) == 0 ? lmdb_said(open_table(s, path), folder)
                                  : err_set_errno(errno, "%s", path);
}

static void close_store(struct bare_store *s, const char *folder)
{
    char path[4200];
    if (s->env != NULL) {
        mdb_env_close(s->env);
    }
    (void)snprintf(path, sizeof(path), "%s/bare.mdb", folder);
    process_remove_folder(path);
}

static int put(struct bare_store *s, MDB_txn *txn, void *data, size_t size)
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
        code = put(s, txn, value, sizeof(value));
    }
    return code != 0 ? code : mdb_txn_commit(txn);
}

enum ng_err bare_commits(const char *folder, unsigned batch, double seconds, double *ret)
{
    struct bare_store s;
    enum ng_err err = open_store(&s, folder);
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (err == NG_OK && now - begin < SECONDS(seconds)) {
        err = lmdb_said(commit_batch(&s, batch), folder);
        count += batch;
        now = process_now_us();
    }
    close_store(&s, folder);
    *ret = count / ((now - begin) / 1e6);
    return err;
}

/* ---- Signatures and hashes ---- */

static double rate_of(void (*once)(void *), void *context, double seconds)
{
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (now - begin < SECONDS(seconds)) {
        for (unsigned i = 0; i < 16; i++) {
            once(context);
        }
        count += 16;
        now = process_now_us();
    }
    return count / ((now - begin) / 1e6);
}

struct bare_key {
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t message[360];
    uint8_t signature[crypto_sign_BYTES];
    int sum; /* keeps the compiler from leaving the work out */
};

static void make_key(struct bare_key *k)
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
    make_key(&k);
    *ret = rate_of(verify_once, &k, seconds);
    return k.sum == 0 ? NG_OK : err_set(NG_ERR_VERIFY, "Ed25519 verify");
}

enum ng_err bare_sign(double seconds, double *ret)
{
    struct bare_key k;
    make_key(&k);
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

/* ---- CURVE ---- */

struct bare_curve {
    char public_key[KEY_TEXT], secret[KEY_TEXT];
};

struct bare_message {
    uint8_t signature[crypto_sign_BYTES];
    uint8_t body[];
};

/* Until it is ended: `window` on their way, each answer lets the next go. */
static void run_client(const char *endpoint, const struct bare_curve *server,
                       const struct bare_key *key, const struct bare_loop *how)
{
    struct bare_curve own;
    uint8_t *message = calloc(1, how->size);
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (message == NULL || socket == NULL || zmq_curve_keypair(own.public_key, own.secret) != 0) {
        return;
    }
    (void)crypto_sign_detached(message, NULL, message + crypto_sign_BYTES,
                               how->size - crypto_sign_BYTES, key->secret);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server->public_key, KEY_TEXT);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, own.public_key, KEY_TEXT);
    (void)zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, own.secret, KEY_TEXT);
    if (zmq_connect(socket, endpoint) != 0) {
        return;
    }
    for (unsigned i = 0; i < how->window; i++) {
        (void)zmq_send(socket, message, how->size, 0);
    }
    uint8_t answer[64];
    while (zmq_recv(socket, answer, sizeof(answer), 0) >= 0) {
        (void)zmq_send(socket, message, how->size, 0);
    }
}

#define TURN_MAX 4096u

struct bare_turn {
    zmq_msg_t from[TURN_MAX];
    unsigned count;
};

/* What a turn of the loop writes to. */
struct bare_desk {
    void *router;
    struct bare_store *store; /* NULL: an echo */
    const struct bare_key *key;
    const char *folder;
    struct bare_turn *turn;
};

static enum ng_err keep(const struct bare_desk *d, zmq_msg_t *data, MDB_txn **txn)
{
    const struct bare_message *m = zmq_msg_data(data);
    const size_t size = zmq_msg_size(data);
    if (size <= crypto_sign_BYTES ||
        crypto_sign_verify_detached(m->signature, m->body, size - crypto_sign_BYTES,
                                    d->key->public_key) != 0) {
        return err_set(NG_ERR_VERIFY, "a signature of the bare loop");
    }
    int code = *txn != NULL ? 0 : mdb_txn_begin(d->store->env, NULL, 0, txn);
    code = code != 0 ? code : put(d->store, *txn, zmq_msg_data(data), size);
    return lmdb_said(code, d->folder);
}

/* NG_ERR_AGAIN: nothing more has come. */
static enum ng_err receive(const struct bare_desk *d, int flags, MDB_txn **txn)
{
    zmq_msg_t data;
    zmq_msg_t *from = &d->turn->from[d->turn->count];
    (void)zmq_msg_init(from);
    (void)zmq_msg_init(&data);
    enum ng_err err = NG_OK;
    if (zmq_msg_recv(from, d->router, flags) < 0 || zmq_msg_recv(&data, d->router, 0) < 0) {
        err = errno == EAGAIN ? err_plain(NG_ERR_AGAIN) : err_set_errno(errno, "ROUTER");
    } else if (d->store != NULL) {
        err = keep(d, &data, txn);
    }
    d->turn->count += err == NG_OK ? 1 : 0;
    (void)zmq_msg_close(&data);
    return err;
}

/* One turn: all that came, one commit, all the answers. */
static enum ng_err serve_turn(const struct bare_desk *d)
{
    MDB_txn *txn = NULL;
    d->turn->count = 0;
    enum ng_err err = receive(d, 0, &txn);
    if (err == NG_ERR_AGAIN) {
        return err_set(NG_ERR_PEER, "nothing came for %d seconds", SILENCE_MS / 1000);
    }
    while (err == NG_OK && d->turn->count < TURN_MAX) {
        err = receive(d, ZMQ_DONTWAIT, &txn);
    }
    err = err == NG_ERR_AGAIN ? NG_OK : err;
    if (err == NG_OK && txn != NULL) {
        err = lmdb_said(mdb_txn_commit(txn), d->folder);
    }
    for (unsigned i = 0; err == NG_OK && i < d->turn->count; i++) {
        (void)zmq_msg_send(&d->turn->from[i], d->router, ZMQ_SNDMORE);
        (void)zmq_send(d->router, "ok", 2, 0);
    }
    return err;
}

static enum ng_err serve(const struct bare_desk *d, double seconds, double *ret)
{
    double count = 0;
    double begin = 0;
    double now = process_now_us();
    const double warm = now + SECONDS(0.3);
    enum ng_err err = NG_OK;
    while (err == NG_OK && (begin == 0 || now - begin < SECONDS(seconds))) {
        err = serve_turn(d);
        now = process_now_us();
        if (begin > 0) {
            count += d->turn->count;
        } else if (now > warm) {
            begin = now;
        }
    }
    *ret = count / ((now - begin) / 1e6);
    return err;
}

static void *open_router(void *context, const struct bare_curve *server, char *ret, size_t size)
{
    void *router = zmq_socket(context, ZMQ_ROUTER);
    const int one = 1;
    const int timeout_ms = SILENCE_MS;
    const int water = 0;
    (void)zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof(one));
    (void)zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, server->secret, KEY_TEXT);
    (void)zmq_setsockopt(router, ZMQ_RCVTIMEO, &timeout_ms, sizeof(timeout_ms));
    (void)zmq_setsockopt(router, ZMQ_SNDHWM, &water, sizeof(water));
    (void)zmq_setsockopt(router, ZMQ_RCVHWM, &water, sizeof(water));
    const bool good = zmq_bind(router, "tcp://127.0.0.1:*") == 0 &&
                      zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, ret, &size) == 0;
    return good ? router : NULL;
}

/* The server in a process of its own: a fork of a process that has sockets would be harmful. */
static enum ng_err run_server(const char *folder, const struct bare_loop *how,
                              const struct bare_curve *server, const struct bare_key *key,
                              int tell_fd, double *ret)
{
    char endpoint[64] = "";
    struct bare_store store = {0};
    void *context = zmq_ctx_new();
    struct bare_desk d = {.router = open_router(context, server, endpoint, sizeof(endpoint)),
                          .store = how->loop ? &store : NULL,
                          .key = key,
                          .folder = folder,
                          .turn = calloc(1, sizeof(*d.turn))};
    enum ng_err err = d.router != NULL ? NG_OK : err_set_errno(errno, "ROUTER");
    if (err == NG_OK && d.turn == NULL) {
        err = err_set(NG_ERR_NOMEM, "turn");
    }
    if (err == NG_OK && how->loop) {
        err = open_store(&store, folder);
    }
    if (err == NG_OK) {
        err = write(tell_fd, endpoint, sizeof(endpoint)) == (ssize_t)sizeof(endpoint)
                  ? serve(&d, how->seconds, ret)
                  : err_set_errno(errno, "pipe");
    }
    if (how->loop) {
        close_store(&store, folder);
    }
    free(d.turn);
    return err;
}

static pid_t start_client(const char *endpoint, const struct bare_curve *server,
                          const struct bare_key *key, const struct bare_loop *how)
{
    const pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        run_client(endpoint, server, key, how);
        _exit(0);
    }
    return pid;
}

/* Starts the clients when the server has told its endpoint, and waits for its rate. */
static enum ng_err drive(const struct bare_loop *how, const struct bare_curve *server,
                         const struct bare_key *key, int told_fd, int result_fd, double *ret)
{
    char endpoint[64] = "";
    pid_t clients[CLIENTS_MAX] = {0};
    bool good = read(told_fd, endpoint, sizeof(endpoint)) == (ssize_t)sizeof(endpoint);
    for (unsigned i = 0; i < how->clients && good; i++) {
        clients[i] = start_client(endpoint, server, key, how);
        good = clients[i] > 0;
    }
    good = good && read(result_fd, ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
    for (unsigned i = 0; i < how->clients; i++) {
        if (clients[i] > 0) {
            (void)kill(clients[i], SIGKILL);
            (void)waitpid(clients[i], NULL, 0);
        }
    }
    return good ? NG_OK : err_set(NG_ERR_PEER, "bare loop: no rate, its own line says why");
}

enum ng_err bare_loop(const char *folder, const struct bare_loop *how, double *ret)
{
    struct bare_key key;
    struct bare_curve server;
    int tell[2];
    int result[2];
    make_key(&key);
    if (how->clients > CLIENTS_MAX || zmq_curve_keypair(server.public_key, server.secret) != 0 ||
        pipe2(tell, O_CLOEXEC) != 0 || pipe2(result, O_CLOEXEC) != 0) {
        return err_set_errno(errno, "bare loop");
    }
    const pid_t pid = fork();
    if (pid == 0) {
        double rate = 0;
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const enum ng_err err = run_server(folder, how, &server, &key, tell[1], &rate);
        _exit((err == NG_OK || bench_failed("bare loop", err)) &&
                      write(result[1], &rate, sizeof(rate)) == (ssize_t)sizeof(rate)
                  ? 0
                  : 1);
    }
    (void)close(tell[1]);
    (void)close(result[1]);
    const enum ng_err err = pid > 0 ? drive(how, &server, &key, tell[0], result[0], ret)
                                    : err_set_errno(errno, "bare loop: fork");
    if (pid > 0) {
        (void)waitpid(pid, NULL, 0);
    }
    (void)close(tell[0]);
    (void)close(result[0]);
    return err;
}
