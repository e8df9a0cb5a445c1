/* What a broker of one thread can be at best: one ROUTER under CURVE in this process, DEALERs in
 * processes of their own, and with `loop` a signature checked and a synced commit before answers.
 */
#include "bench/bare.h"

#include "bench/bare_state.h"
#include "bench/bench.h"
#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#define KEY_TEXT 41
#define CLIENTS_MAX 64u
#define SILENCE_MS 5000

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
    code = code != 0 ? code : bare_store_put(d->store, *txn, zmq_msg_data(data), size);
    return bare_lmdb_said(code, d->folder);
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
        err = bare_lmdb_said(mdb_txn_commit(txn), d->folder);
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
    const double warm = now + BARE_SECONDS(0.3);
    enum ng_err err = NG_OK;
    while (err == NG_OK && (begin == 0 || now - begin < BARE_SECONDS(seconds))) {
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
        err = bare_store_open(&store, folder);
    }
    if (err == NG_OK) {
        err = write(tell_fd, endpoint, sizeof(endpoint)) == (ssize_t)sizeof(endpoint)
                  ? serve(&d, how->seconds, ret)
                  : err_set_errno(errno, "pipe");
    }
    if (how->loop) {
        bare_store_close(&store, folder);
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
    bare_key_make(&key);
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
