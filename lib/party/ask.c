#include "party/ask.h"

#include "base/lang.h"

#include <stdio.h>
#include <string.h>

static int64_t left_ms(const struct ask *a)
{
    const int64_t left = clock_between_ms(clock_mono(), a->deadline);
    return left > 0 ? left : 0;
}

static enum ng_err not_reached(void)
{
    return err_set(NG_ERR_PEER,
                   _("the broker did not answer in time: check the line and its address, then run "
                     "the same command again"));
}

static enum ng_err wait_line(struct ask *a, int64_t left)
{
    struct net_fd stop = {a->stop_fd, false};
    const enum ng_err e = net_client_wait(a->client, left, &stop, 1);
    return !e && stop.readable ? not_reached() : e;
}

static enum ng_err connect_line(struct ask *a)
{
    for (;;) {
        const int64_t left = left_ms(a);
        const enum net_client_state state = net_client_state(a->client);
        if (state == NET_CLIENT_CONNECTED) {
            return NG_OK;
        }
        a->denied = state == NET_CLIENT_DENIED;
        if (a->denied) {
            return err_set(NG_ERR_REFUSED, _("the broker does not admit this key"));
        }
        if (state == NET_CLIENT_LOST || left == 0) {
            return not_reached();
        }
        const enum ng_err e = wait_line(a, left);
        if (e) {
            return e;
        }
    }
}

/* The next frame; PEER at the deadline or when the line breaks. */
static enum ng_err receive(struct ask *a, struct bytes *ret_frame)
{
    for (;;) {
        enum ng_err e = net_client_receive(a->client, ret_frame);
        if (e != NG_ERR_AGAIN) {
            return e;
        }
        const int64_t left = left_ms(a);
        if (left == 0 || net_client_state(a->client) != NET_CLIENT_CONNECTED) {
            return not_reached();
        }
        e = wait_line(a, left);
        if (e) {
            return e;
        }
    }
}

/* The answer to request a->id, of this kind, with its head verified. */
static enum ng_err await(struct ask *a, enum wire_from_kind kind, struct wire_from_broker **ret)
{
    struct bytes frame;
    struct wire_from_broker *m = NULL;
    a->error = 0;
    enum ng_err e = receive(a, &frame);
    if (!e) {
        e = wire_from_broker_decode(frame, &m);
        e = e == NG_ERR_PROTO ? err_set(e,
                                        _("the broker's answer makes no sense (%s): update "
                                          "the program here, or tell the people who run the "
                                          "broker"),
                                        err_explain(e))
                              : e;
    }
    if (e) {
        return e;
    }
    if (m->kind == WIRE_ERROR) {
        a->error = m->u.error.code;
        (void)snprintf(a->words, sizeof(a->words), "%s", m->u.error.text);
        e = err_set(NG_ERR_PROTO, _("the broker refuses: %s"), wire_error_text(m->u.error.code));
    } else if (m->kind != kind || m->id != a->id) {
        e = err_set(NG_ERR_PROTO, _("the broker's answer makes no sense"));
    } else if (a->witness) {
        e = kind == WIRE_WELCOME ? witness_keys(a->witness, m) : NG_OK;
        e = e ? e : witness_head(a->witness, &m->head, kind == WIRE_WELCOME);
    }
    if (e) {
        wire_from_broker_destroy(&m);
    } else {
        *ret = m;
    }
    return e;
}

static enum ng_err send_request(struct ask *a, struct wire_to_broker *m)
{
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    m->id = ++a->id;
    enum ng_err e = wire_to_broker_encode(m, &frame);
    if (!e) {
        e = net_client_send(a->client, buf_bytes(&frame));
    }
    buf_fini(&frame);
    return e == NG_ERR_AGAIN ? not_reached() : e;
}

static enum ng_err greet(struct ask *a, struct wire_from_broker **ret_welcome)
{
    char note[NOTE_SIZE_MAX + 1] = "";
    if (a->witness) {
        memcpy(note, a->witness->note, a->witness->note_size);
        note[a->witness->note_size] = 0;
    }
    struct wire_to_broker hello = {.kind = WIRE_HELLO};
    hello.u.hello.protocol = WIRE_PROTOCOL;
    hello.u.hello.head = note;
    enum ng_err e = connect_line(a);
    if (!e) {
        e = send_request(a, &hello);
    }
    return e ? e : await(a, WIRE_WELCOME, ret_welcome);
}

enum ng_err ask_open(struct ask *a, const char *endpoint, const uint8_t broker_curve[32],
                     const struct net_curve *keys, struct witness *witness, struct mono deadline,
                     struct wire_from_broker **ret_welcome)
{
    *a = (struct ask){.witness = witness, .stop_fd = -1, .deadline = deadline};
    enum ng_err e = net_client_open(endpoint, broker_curve, keys, &a->client);
    if (!e) {
        e = greet(a, ret_welcome);
    }
    if (e) {
        ask_close(a);
    }
    return e;
}

enum ng_err ask_open_plain(struct ask *a, const struct identity *id, int stop_fd,
                           struct mono deadline)
{
    struct net_curve keys;
    struct wire_from_broker *welcome = NULL;
    *a = (struct ask){.stop_fd = stop_fd, .deadline = deadline};
    memcpy(keys.public_key, id->curve_public, NET_CURVE_SIZE);
    memcpy(keys.secret, id->curve_secret, NET_CURVE_SIZE);
    enum ng_err e = net_client_open(id->endpoint, id->broker_curve, &keys, &a->client);
    explicit_bzero(&keys, sizeof(keys));
    if (!e) {
        e = greet(a, &welcome);
    }
    wire_from_broker_destroy(&welcome);
    if (e) {
        ask_close(a);
    }
    return e;
}

enum ng_err ask_request(struct ask *a, struct wire_to_broker *m, enum wire_from_kind kind,
                        struct wire_from_broker **ret)
{
    a->error = 0;
    const enum ng_err e = send_request(a, m);
    return e ? e : await(a, kind, ret);
}

void ask_close(struct ask *a)
{
    net_client_close(&a->client);
}

enum ng_err ask_submit_all(struct ask *a, const struct wire_signed *statements, size_t count,
                           struct wire_from_broker **ret_submitted)
{
    struct wire_to_broker submit = {.kind = WIRE_SUBMIT};
    submit.u.submit.statements = statements;
    submit.u.submit.count = count;
    struct wire_from_broker *m = NULL;
    enum ng_err e = send_request(a, &submit);
    if (!e) {
        e = await(a, WIRE_SUBMITTED, &m);
    }
    if (!e && m->u.submitted.count != count) {
        e = err_set(NG_ERR_PROTO, _("the broker's answer makes no sense"));
        wire_from_broker_destroy(&m);
    }
    if (!e) {
        *ret_submitted = m;
    }
    return e;
}

enum ng_err ask_submit(struct ask *a, struct bytes statement, struct bytes signature,
                       struct wire_from_broker **ret_submitted)
{
    const struct wire_signed one = {statement, signature};
    return ask_submit_all(a, &one, 1, ret_submitted);
}
