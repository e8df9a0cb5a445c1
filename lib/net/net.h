/* What both ends of a connection share: CURVE keys, endpoints, outside descriptors in a wait.
 * ZeroMQ stays behind lib/net; nobody else includes zmq.h. */
#ifndef NGANAM_NET_NET_H
#define NGANAM_NET_NET_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_CURVE_SIZE 32
#define NET_ENDPOINT_MAX 255
#define NET_FRAME_MAX 66560u /* bytes of one message, both ways; longer ones end the connection */
#define NET_QUEUE_MAX 8      /* messages waiting in each direction of a connection */
/* Answers waiting for one peer of a server. ZeroMQ learns that places are free when half of the
 * queue was read, so a peer that has read all so far has room for NET_ANSWERS_ROOM at once. */
#define NET_ANSWERS_MAX 18
#define NET_ANSWERS_ROOM (NET_ANSWERS_MAX - (NET_ANSWERS_MAX / 2 - 1))
#define NET_FDS_MAX 8 /* outside descriptors in one wait */

/* A CURVE (Curve25519) key pair, raw bytes. The caller wipes the secret. */
struct net_curve {
    uint8_t public_key[NET_CURVE_SIZE];
    uint8_t secret[NET_CURVE_SIZE];
};

/* A fresh pair; NG_ERR_IO if the library cannot make keys. */
enum ng_err net_curve_generate(struct net_curve *ret) NG_MUST_USE;
/* The pair of 32 secret bytes (random or derived): the public key is X25519 of them. */
enum ng_err net_curve_from_secret(const uint8_t secret[NET_CURVE_SIZE],
                                  struct net_curve *ret) NG_MUST_USE;

/* tcp://HOST:PORT, port 1–65535. With `listen` also "*" or an interface as HOST and port 0 or "*"
 * (any free one). NG_ERR_INPUT with what is wrong. */
enum ng_err net_endpoint_check(const char *endpoint, bool listen) NG_MUST_USE;

/* A descriptor of the caller (signalfd, wake socket) that a wait watches beside the connections. */
struct net_fd {
    int fd;        /* −1: passed over */
    bool readable; /* out: data, end of file or an error is there */
};

#endif
