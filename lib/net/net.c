/* CURVE keys as raw bytes, and the one form of endpoint that is taken. */
#include "net/net.h"

#include "base/lang.h"
#include "net/net_zmq.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define Z85_SIZE 41 /* 32 bytes as Z85 (ZeroMQ RFC 32) and a zero */

static enum ng_err decode_pair(const char *public_text, const char *secret_text,
                               struct net_curve *ret)
{
    if (zmq_z85_decode(ret->public_key, public_text) == NULL ||
        zmq_z85_decode(ret->secret, secret_text) == NULL) {
        return err_set(NG_ERR_IO, _("the ZeroMQ library of this machine makes no usable keys"));
    }
    return NG_OK;
}

enum ng_err net_curve_generate(struct net_curve *ret)
{
    char public_text[Z85_SIZE] = "";
    char secret_text[Z85_SIZE] = "";
    enum ng_err err = NG_OK;
    if (zmq_curve_keypair(public_text, secret_text) != 0) {
        err = net_zmq_error("CURVE", zmq_errno());
    } else {
        err = decode_pair(public_text, secret_text, ret);
    }
    explicit_bzero(secret_text, sizeof(secret_text));
    return err;
}

enum ng_err net_curve_from_secret(const uint8_t secret[NET_CURVE_SIZE], struct net_curve *ret)
{
    char public_text[Z85_SIZE] = "";
    char secret_text[Z85_SIZE] = "";
    enum ng_err err = NG_OK;
    if (zmq_z85_encode(secret_text, secret, NET_CURVE_SIZE) == NULL ||
        zmq_curve_public(public_text, secret_text) != 0) {
        err = net_zmq_error("CURVE", zmq_errno());
    } else {
        err = decode_pair(public_text, secret_text, ret);
    }
    explicit_bzero(secret_text, sizeof(secret_text));
    return err;
}

/* ---- Endpoints ---- */

static bool host_valid(const char *host, size_t size, bool listen)
{
    if (size == 1 && host[0] == '*') {
        return listen;
    }
    bool bracketed = size >= 4 && host[0] == '[' && host[size - 1] == ']';
    if (bracketed) {
        host++;
        size -= 2;
    }
    const char *allowed = bracketed ? "0123456789abcdefABCDEF:.%"
                                    : "0123456789abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_";
    return size > 0 && strspn(host, allowed) >= size;
}

static bool port_valid(const char *port, bool listen)
{
    if (strcmp(port, "*") == 0) {
        return listen;
    }
    size_t size = strlen(port);
    if (size < 1 || size > 5 || strspn(port, "0123456789") != size) {
        return false;
    }
    long number = strtol(port, NULL, 10);
    return number <= 65535 && (number > 0 || listen);
}

enum ng_err net_endpoint_check(const char *endpoint, bool listen)
{
    static const char scheme[] = "tcp://";
    const size_t scheme_size = sizeof(scheme) - 1;
    bool good = strlen(endpoint) <= NET_ENDPOINT_MAX && strncmp(endpoint, scheme, scheme_size) == 0;
    const char *host = good ? endpoint + scheme_size : NULL;
    const char *colon = good ? strrchr(host, ':') : NULL;
    if (colon == NULL || !host_valid(host, (size_t)(colon - host), listen) ||
        !port_valid(colon + 1, listen)) {
        return err_set(NG_ERR_INPUT, _("\"%.80s\" is no address: write tcp://HOST:PORT"), endpoint);
    }
    return NG_OK;
}
