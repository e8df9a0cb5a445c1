#include "bench/bare.h"

#include "bench/process.h"

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

#define MESSAGE_MAX 66560u
#define KEY_TEXT 41
#define SECONDS(s) ((s)*1e6)

/* ---- The disk ---- */

double bare_sync_us(const char *folder, double seconds)
{
    char path[4200];
    uint8_t page[4096] = {1};
    (void)snprintf(path, sizeof(path), "%s/bare.append", folder);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (fd >= 0 && now - begin < SECONDS(seconds)) {
        if (write(fd, page, sizeof(page)) != (ssize_t)sizeof(page) || fdatasync(fd) != 0) {
            break;
        }
        count++;
        now = process_now_us();
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)unlink(path);
    return count > 0 ? (now - begin) / count : 0;
}

/* ---- LMDB ---- */

struct bare_store {
    MDB_env *env;
    MDB_dbi table;
    uint64_t next;
};

static bool open_store(struct bare_store *s, const char *folder)
{
    char path[4200];
    MDB_txn *txn = NULL;
    (void)snprintf(path, sizeof(path), "%s/bare.mdb", folder);
    *s = (struct bare_store){0};
    return (mkdir(path, 0700) == 0) && mdb_env_create(&s->env) == 0 &&
           mdb_env_set_mapsize(s->env, (size_t)8 << 30) == 0 &&
           mdb_env_open(s->env, path, 0, 0600) == 0 && mdb_txn_begin(s->env, NULL, 0, &txn) == 0 &&
           mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, &s->table) == 0 && mdb_txn_commit(txn) == 0;
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

static bool put(struct bare_store *s, MDB_txn *txn, void *data, size_t size)
{
    MDB_val key = {sizeof(s->next), &s->next};
    MDB_val value = {size, data};
    const bool good = mdb_put(txn, s->table, &key, &value, MDB_APPEND) == 0;
    s->next++;
    return good;
}

double bare_commits(const char *folder, unsigned batch, double seconds)
{
    struct bare_store s;
    uint8_t value[256] = {1};
    bool good = open_store(&s, folder);
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    while (good && now - begin < SECONDS(seconds)) {
        MDB_txn *txn = NULL;
        good = mdb_txn_begin(s.env, NULL, 0, &txn) == 0;
        for (unsigned i = 0; good && i < batch; i++) {
            good = put(&s, txn, value, sizeof(value));
        }
        good = good && mdb_txn_commit(txn) == 0;
        count += batch;
        now = process_now_us();
    }
    close_store(&s, folder);
    return good ? count / ((now - begin) / 1e6) : 0;
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

double bare_verify(double seconds)
{
    struct bare_key k;
    make_key(&k);
    const double rate = rate_of(verify_once, &k, seconds);
    return k.sum == 0 ? rate : 0;
}

double bare_sign(double seconds)
{
    struct bare_key k;
    make_key(&k);
    const double rate = rate_of(sign_once, &k, seconds);
    return k.sum == 0 ? rate : 0;
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

double bare_hash(double seconds)
{
    struct bare_digest d = {.md = EVP_MD_fetch(NULL, "SHA256", NULL), .ctx = EVP_MD_CTX_new()};
    const double rate = d.md != NULL && d.ctx != NULL ? rate_of(hash_once, &d, seconds) : 0;
    EVP_MD_CTX_free(d.ctx);
    EVP_MD_free(d.md);
    return rate;
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

struct bare_turn {
    zmq_msg_t from[4096];
    unsigned count;
};

static bool receive(void *router, struct bare_turn *turn, int flags, struct bare_store *store,
                    MDB_txn **txn, const struct bare_key *key)
{
    zmq_msg_t data;
    (void)zmq_msg_init(&turn->from[turn->count]);
    (void)zmq_msg_init(&data);
    if (zmq_msg_recv(&turn->from[turn->count], router, flags) < 0) {
        return false;
    }
    bool good = zmq_msg_recv(&data, router, 0) > (int)crypto_sign_BYTES;
    if (good && store != NULL) {
        const struct bare_message *m = zmq_msg_data(&data);
        const size_t size = zmq_msg_size(&data);
        good = (*txn != NULL || mdb_txn_begin(store->env, NULL, 0, txn) == 0) &&
               crypto_sign_verify_detached(m->signature, m->body, size - crypto_sign_BYTES,
                                           key->public_key) == 0 &&
               put(store, *txn, zmq_msg_data(&data), size);
    }
    turn->count += good ? 1 : 0;
    (void)zmq_msg_close(&data);
    return good;
}

/* One turn: all that came, one commit, all the answers. */
static unsigned serve_turn(void *router, struct bare_turn *turn, struct bare_store *store,
                           const struct bare_key *key)
{
    MDB_txn *txn = NULL;
    turn->count = 0;
    int flags = 0;
    while (turn->count < 4096 && receive(router, turn, flags, store, &txn, key)) {
        flags = ZMQ_DONTWAIT;
    }
    if (txn != NULL && mdb_txn_commit(txn) != 0) {
        return 0;
    }
    for (unsigned i = 0; i < turn->count; i++) {
        (void)zmq_msg_send(&turn->from[i], router, ZMQ_SNDMORE);
        (void)zmq_send(router, "ok", 2, 0);
    }
    return turn->count;
}

static double serve(void *router, struct bare_store *store, const struct bare_key *key,
                    double seconds)
{
    struct bare_turn *turn = calloc(1, sizeof(*turn));
    double count = 0;
    double begin = 0;
    double now = process_now_us();
    const double warm = now + SECONDS(0.3);
    while (turn != NULL && (begin == 0 || now - begin < SECONDS(seconds))) {
        const unsigned n = serve_turn(router, turn, store, key);
        now = process_now_us();
        if (begin > 0) {
            count += n;
        } else if (now > warm) {
            begin = now;
        }
    }
    free(turn);
    return begin > 0 ? count / ((now - begin) / 1e6) : 0;
}

static void *open_router(void *context, const struct bare_curve *server, char *ret, size_t size)
{
    void *router = zmq_socket(context, ZMQ_ROUTER);
    const int one = 1;
    const int timeout_ms = 5000;
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
static double run_server(const char *folder, const struct bare_loop *how,
                         const struct bare_curve *server, const struct bare_key *key, int tell_fd)
{
    char endpoint[64] = "";
    struct bare_store store = {0};
    void *context = zmq_ctx_new();
    void *router = open_router(context, server, endpoint, sizeof(endpoint));
    const bool good = router != NULL && (!how->loop || open_store(&store, folder)) &&
                      write(tell_fd, endpoint, sizeof(endpoint)) == (ssize_t)sizeof(endpoint);
    const double rate = good ? serve(router, how->loop ? &store : NULL, key, how->seconds) : 0;
    if (how->loop) {
        close_store(&store, folder);
    }
    return rate;
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

double bare_loop(const char *folder, const struct bare_loop *how)
{
    struct bare_key key;
    struct bare_curve server;
    int tell[2];
    int result[2];
    make_key(&key);
    if (zmq_curve_keypair(server.public_key, server.secret) != 0 || pipe2(tell, O_CLOEXEC) != 0 ||
        pipe2(result, O_CLOEXEC) != 0 || how->clients > 64) {
        return 0;
    }
    const pid_t pid = fork();
    if (pid == 0) {
        const double rate = run_server(folder, how, &server, &key, tell[1]);
        _exit(write(result[1], &rate, sizeof(rate)) == (ssize_t)sizeof(rate) ? 0 : 1);
    }
    (void)close(tell[1]);
    (void)close(result[1]);
    char endpoint[64] = "";
    pid_t clients[64] = {0};
    double rate = 0;
    if (read(tell[0], endpoint, sizeof(endpoint)) == (ssize_t)sizeof(endpoint)) {
        for (unsigned i = 0; i < how->clients; i++) {
            clients[i] = start_client(endpoint, &server, &key, how);
        }
        if (read(result[0], &rate, sizeof(rate)) != (ssize_t)sizeof(rate)) {
            rate = 0;
        }
    }
    for (unsigned i = 0; i < how->clients; i++) {
        if (clients[i] > 0) {
            (void)kill(clients[i], SIGKILL);
            (void)waitpid(clients[i], NULL, 0);
        }
    }
    (void)waitpid(pid, NULL, 0);
    (void)close(tell[0]);
    (void)close(result[0]);
    return rate;
}
