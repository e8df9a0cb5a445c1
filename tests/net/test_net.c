/* Goal: only admitted keys are heard, each message comes under the name its key was admitted with,
 * and no peer can make the server wait.
 * Method: a real server and real clients over loopback TCP in one thread; each wait is for a state
 * or a message with a bound of ten seconds. A hostile client is a bare ZeroMQ socket. */
#include "harness.h"
#include "net/net_client.h"
#include "net/net_server.h"

#include "base/clock.h"

#include <zmq.h>

struct world {
    struct net_curve server_keys;
    struct net_curve known[2]; /* admitted as "KNOWN-0" and "KNOWN-1" */
    bool crowded;              /* nobody has room */
    struct net_server *server;
    char endpoint[NET_ENDPOINT_MAX + 1];
};

static bool admit(void *context, const uint8_t key[NET_CURVE_SIZE], char ret_user[NET_USER_MAX + 1])
{
    const struct world *w = context;
    for (int i = 0; i < 2; i++) {
        if (memcmp(w->known[i].public_key, key, NET_CURVE_SIZE) == 0) {
            (void)snprintf(ret_user, NET_USER_MAX + 1, "KNOWN-%d", i);
            return true;
        }
    }
    return false;
}

static bool has_room(void *context, const char *user)
{
    const struct world *w = context;
    CU_ASSERT_EQUAL(strncmp(user, "KNOWN-", 6), 0);
    return !w->crowded;
}

static void start(struct world *w)
{
    w->crowded = false;
    CU_ASSERT_EQUAL_FATAL(net_curve_generate(&w->server_keys), NG_OK);
    CU_ASSERT_EQUAL_FATAL(net_curve_generate(&w->known[0]), NG_OK);
    CU_ASSERT_EQUAL_FATAL(net_curve_generate(&w->known[1]), NG_OK);
    const struct net_server_config config = {.endpoint = "tcp://127.0.0.1:0",
                                             .keys = &w->server_keys,
                                             .admit = admit,
                                             .has_room = has_room,
                                             .context = w};
    CU_ASSERT_EQUAL_FATAL(net_server_open(&config, &w->server), NG_OK);
    (void)snprintf(w->endpoint, sizeof(w->endpoint), "%s", net_server_endpoint(w->server));
    CU_ASSERT_EQUAL(net_endpoint_check(w->endpoint, false), NG_OK);
}

static struct net_client *connect_as(const struct world *w, const struct net_curve *keys)
{
    struct net_client *c = NULL;
    CU_ASSERT_EQUAL_FATAL(net_client_open(w->endpoint, w->server_keys.public_key, keys, &c), NG_OK);
    return c;
}

static bool late(struct mono since)
{
    return clock_between_ms(since, clock_mono()) > 10000;
}

/* Turns both loops until the client has left CONNECTING. */
static enum net_client_state settle(const struct world *w, struct net_client *c)
{
    struct mono since = clock_mono();
    while (net_client_state(c) == NET_CLIENT_CONNECTING && !late(since)) {
        CU_ASSERT_EQUAL(net_server_wait(w->server, 5, NULL, 0), NG_OK);
        CU_ASSERT_EQUAL(net_client_wait(c, 5, NULL, 0), NG_OK);
    }
    return net_client_state(c);
}

static bool server_gets(const struct world *w, struct net_message *m)
{
    struct mono since = clock_mono();
    while (!late(since)) {
        if (net_server_receive(w->server, m) == NG_OK) {
            return true;
        }
        CU_ASSERT_EQUAL(net_server_wait(w->server, 50, NULL, 0), NG_OK);
    }
    return false;
}

static bool client_gets(struct net_client *c, struct bytes *data)
{
    struct mono since = clock_mono();
    while (!late(since)) {
        if (net_client_receive(c, data) == NG_OK) {
            return true;
        }
        CU_ASSERT_EQUAL(net_client_wait(c, 50, NULL, 0), NG_OK);
    }
    return false;
}

static struct bytes text(const char *t)
{
    return (struct bytes){(const uint8_t *)t, strlen(t)};
}

static bool is(struct bytes data, const char *t)
{
    return data.size == strlen(t) && memcmp(data.data, t, data.size) == 0;
}

static void messages_come_under_the_admitted_name_and_answers_go_back(void)
{
    struct world w;
    start(&w);
    struct net_client *c[2] = {connect_as(&w, &w.known[0]), connect_as(&w, &w.known[1])};
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(settle(&w, c[i]), NET_CLIENT_CONNECTED);
        CU_ASSERT_EQUAL(net_client_send(c[i], text("question")), NG_OK);
        struct net_message m;
        CU_ASSERT_FATAL(server_gets(&w, &m));
        CU_ASSERT_STRING_EQUAL(m.user, i == 0 ? "KNOWN-0" : "KNOWN-1");
        CU_ASSERT(is(m.data, "question"));
        CU_ASSERT_EQUAL(net_server_send(w.server, &m.peer, text("answer")), NG_OK);
        struct bytes answer;
        CU_ASSERT_FATAL(client_gets(c[i], &answer));
        CU_ASSERT(is(answer, "answer"));
    }
    net_client_close(&c[0]);
    net_client_close(&c[1]);
    net_server_close(&w.server);
}

static void an_unknown_key_is_denied_and_never_heard(void)
{
    struct world w;
    start(&w);
    struct net_curve stranger;
    CU_ASSERT_EQUAL(net_curve_generate(&stranger), NG_OK);
    struct net_client *c = connect_as(&w, &stranger);
    CU_ASSERT_EQUAL(net_client_send(c, text("let me in")), NG_OK);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_DENIED);
    CU_ASSERT_EQUAL(net_server_counts(w.server).denied, 1);
    CU_ASSERT_EQUAL(net_server_counts(w.server).received, 0);
    net_client_close(&c);
    net_server_close(&w.server);
}

/* The linker puts this before zmq_bind (--wrap): the place where admission is asked stays empty. */
int __real_zmq_bind(void *socket, const char *address);
int __wrap_zmq_bind(void *socket, const char *address);
static bool admission_is_deaf;
int __wrap_zmq_bind(void *socket, const char *address)
{
    const bool asked_here = strncmp(address, "inproc://", 9) == 0;
    return admission_is_deaf && asked_here ? 0 : __real_zmq_bind(socket, address);
}

/* By itself the library lets everybody in when there is nobody to ask: a known key is no better
 * then than an unknown one. */
static void where_nobody_can_be_asked_nobody_is_let_in(void)
{
    struct world w;
    admission_is_deaf = true;
    start(&w);
    admission_is_deaf = false;
    struct net_client *c = connect_as(&w, &w.known[0]);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_LOST);
    net_client_close(&c);
    net_server_close(&w.server);
}

static void a_client_with_the_wrong_server_key_is_lost_before_it_says_anything(void)
{
    struct world w;
    start(&w);
    struct net_curve other;
    struct net_client *c = NULL;
    CU_ASSERT_EQUAL(net_curve_generate(&other), NG_OK);
    CU_ASSERT_EQUAL_FATAL(net_client_open(w.endpoint, other.public_key, &w.known[0], &c), NG_OK);
    CU_ASSERT_EQUAL(net_client_send(c, text("secret")), NG_OK);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_LOST);
    struct net_message m;
    CU_ASSERT_EQUAL(net_server_receive(w.server, &m), NG_ERR_AGAIN);
    CU_ASSERT_EQUAL(net_server_counts(w.server).admitted, 0);
    net_client_close(&c);
    net_server_close(&w.server);
}

static void nobody_listening_is_lost(void)
{
    struct world w;
    start(&w);
    net_server_close(&w.server);
    struct net_client *c = connect_as(&w, &w.known[0]);
    struct mono since = clock_mono();
    while (net_client_state(c) == NET_CLIENT_CONNECTING && !late(since)) {
        CU_ASSERT_EQUAL(net_client_wait(c, 100, NULL, 0), NG_OK);
    }
    CU_ASSERT_EQUAL(net_client_state(c), NET_CLIENT_LOST);
    net_client_close(&c);
}

/* A bare DEALER that has the known key, or with no key at all. */
struct bare {
    void *context, *socket;
};

static struct bare bare_open(const struct world *w, bool curve, const char *routing_id)
{
    struct bare b = {.context = zmq_ctx_new()};
    b.socket = zmq_socket(b.context, ZMQ_DEALER);
    int zero = 0;
    (void)zmq_setsockopt(b.socket, ZMQ_LINGER, &zero, sizeof(zero));
    if (curve) {
        (void)zmq_setsockopt(b.socket, ZMQ_CURVE_SERVERKEY, w->server_keys.public_key, 32);
        (void)zmq_setsockopt(b.socket, ZMQ_CURVE_PUBLICKEY, w->known[0].public_key, 32);
        (void)zmq_setsockopt(b.socket, ZMQ_CURVE_SECRETKEY, w->known[0].secret, 32);
    }
    if (routing_id != NULL) {
        (void)zmq_setsockopt(b.socket, ZMQ_ROUTING_ID, routing_id, strlen(routing_id));
    }
    CU_ASSERT_EQUAL(zmq_connect(b.socket, w->endpoint), 0);
    return b;
}

static void bare_close(struct bare *b)
{
    (void)zmq_close(b->socket);
    (void)zmq_ctx_term(b->context);
}

static void a_client_without_curve_is_not_heard(void)
{
    struct world w;
    start(&w);
    struct bare b = bare_open(&w, false, NULL);
    CU_ASSERT_EQUAL(zmq_send(b.socket, "plain", 5, ZMQ_DONTWAIT), 5);
    /* The bound: a proper client's whole conversation goes by meanwhile, three times. */
    for (int i = 0; i < 3; i++) {
        struct net_client *c = connect_as(&w, &w.known[1]);
        struct net_message m;
        CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_CONNECTED);
        CU_ASSERT_EQUAL(net_client_send(c, text("proper")), NG_OK);
        CU_ASSERT_FATAL(server_gets(&w, &m));
        CU_ASSERT(is(m.data, "proper"));
        net_client_close(&c);
    }
    CU_ASSERT_EQUAL(net_server_counts(w.server).received, 3);
    bare_close(&b);
    net_server_close(&w.server);
}

static void messages_of_several_frames_are_dropped_and_counted(void)
{
    struct world w;
    start(&w);
    struct bare b = bare_open(&w, true, NULL);
    CU_ASSERT_EQUAL(zmq_send(b.socket, "one", 3, ZMQ_SNDMORE), 3);
    CU_ASSERT_EQUAL(zmq_send(b.socket, "two", 3, ZMQ_SNDMORE), 3);
    CU_ASSERT_EQUAL(zmq_send(b.socket, "three", 5, 0), 5);
    CU_ASSERT_EQUAL(zmq_send(b.socket, "good", 4, 0), 4);
    struct net_message m;
    CU_ASSERT_FATAL(server_gets(&w, &m));
    CU_ASSERT(is(m.data, "good"));
    CU_ASSERT_EQUAL(net_server_counts(w.server).multipart_dropped, 1);
    bare_close(&b);
    net_server_close(&w.server);
}

#if defined(__SANITIZE_THREAD__)
#define MANY 1000u /* what ten seconds are enough for */
#else
#define MANY 20000u
#endif

/* The sum of what whole messages take on the line is exact: neither do 20,000 small ones look like
 * one without end, nor do they pay for one. */
static void who_sends_much_is_not_taken_for_one_who_never_ends(void)
{
    static const uint8_t part[60000];
    struct world w;
    start(&w);
    struct bare b = bare_open(&w, true, NULL);
    struct net_message m;
    struct mono since = clock_mono();
    for (size_t i = 0; net_server_counts(w.server).received < MANY && !late(since);) {
        for (size_t k = 0; k < 50 && i < MANY; k++) {
            i += zmq_send(b.socket, part, i % 400, ZMQ_DONTWAIT) >= 0;
        }
        CU_ASSERT_EQUAL(net_server_wait(w.server, 0, NULL, 0), NG_OK);
        while (net_server_receive(w.server, &m) == NG_OK) {
        }
    }
    struct net_server_seen seen = {99, 99, 99, 99, true};
    CU_ASSERT_EQUAL(net_server_close_bad(w.server, &seen), NG_OK);
    CU_ASSERT(seen.closed == 0 && seen.suspects == 0 && seen.silent == 0);
    CU_ASSERT(seen.ungreeted >= 1);  /* both ends are this process's */
    for (size_t i = 0; i < 9; i++) { /* whole in the end, but never taken here */
        CU_ASSERT_FATAL(zmq_send(b.socket, part, sizeof(part), i < 8 ? ZMQ_SNDMORE : 0) >= 0);
    }
    for (since = clock_mono(); seen.closed == 0 && !late(since);) {
        CU_ASSERT_EQUAL(net_server_wait(w.server, 5, NULL, 0), NG_OK);
        CU_ASSERT_EQUAL(net_server_close_bad(w.server, &seen), NG_OK);
    }
    CU_ASSERT_EQUAL(seen.closed, 1);
    CU_ASSERT_EQUAL(net_server_counts(w.server).received, MANY);
    bare_close(&b);
    net_server_close(&w.server);
}

/* It is told apart from one whose key is not admitted: it is to come again. */
static void who_has_too_many_lines_finds_this_one_lost_and_not_denied(void)
{
    struct world w;
    start(&w);
    w.crowded = true;
    struct net_client *c = connect_as(&w, &w.known[0]);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_LOST);
    net_client_close(&c);
    CU_ASSERT_EQUAL(net_server_counts(w.server).crowded, 1);
    CU_ASSERT_EQUAL(net_server_counts(w.server).admitted, 0);
    w.crowded = false;
    c = connect_as(&w, &w.known[0]);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_CONNECTED);
    net_client_close(&c);
    net_server_close(&w.server);
}

static void an_oversized_message_ends_the_connection_and_nothing_else(void)
{
    struct world w;
    start(&w);
    static uint8_t big[NET_FRAME_MAX + 1];
    struct bare b = bare_open(&w, true, NULL);
    CU_ASSERT_EQUAL(zmq_send(b.socket, big, sizeof(big), 0), (int)sizeof(big));
    struct net_client *c = connect_as(&w, &w.known[1]);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_CONNECTED);
    CU_ASSERT_EQUAL(net_client_send(c, (struct bytes){big, NET_FRAME_MAX}), NG_OK);
    CU_ASSERT_EQUAL(net_client_send(c, (struct bytes){big, sizeof(big)}), NG_ERR_LIMIT);
    struct net_message m;
    CU_ASSERT_FATAL(server_gets(&w, &m));
    CU_ASSERT_STRING_EQUAL(m.user, "KNOWN-1");
    CU_ASSERT_EQUAL(m.data.size, NET_FRAME_MAX);
    CU_ASSERT_EQUAL(net_server_receive(w.server, &m), NG_ERR_AGAIN);
    net_client_close(&c);
    bare_close(&b);
    net_server_close(&w.server);
}

static void a_peer_name_that_is_too_long_is_not_heard(void)
{
    struct world w;
    start(&w);
    char name[100];
    memset(name, 'n', sizeof(name));
    name[99] = '\0';
    struct bare b = bare_open(&w, true, name);
    CU_ASSERT_EQUAL(zmq_send(b.socket, "hello", 5, 0), 5);
    struct mono since = clock_mono();
    struct net_message m;
    while (net_server_counts(w.server).multipart_dropped == 0 && !late(since)) {
        CU_ASSERT_EQUAL(net_server_receive(w.server, &m), NG_ERR_AGAIN);
        CU_ASSERT_EQUAL(net_server_wait(w.server, 50, NULL, 0), NG_OK);
    }
    CU_ASSERT_EQUAL(net_server_counts(w.server).multipart_dropped, 1);
    bare_close(&b);
    net_server_close(&w.server);
}

static void sending_never_waits_for_a_peer_that_is_gone_or_does_not_read(void)
{
    struct world w;
    start(&w);
    struct net_client *c = connect_as(&w, &w.known[0]);
    struct net_message m;
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_CONNECTED);
    CU_ASSERT_EQUAL(net_client_send(c, text("x")), NG_OK);
    CU_ASSERT_FATAL(server_gets(&w, &m));
    static uint8_t big[NET_FRAME_MAX];
    enum ng_err err = NG_OK;
    struct mono since = clock_mono();
    for (int i = 0; i < 10000 && err == NG_OK; i++) { /* queues and socket buffers fill up */
        err = net_server_send(w.server, &m.peer, (struct bytes){big, sizeof(big)});
    }
    CU_ASSERT_EQUAL(err, NG_ERR_AGAIN);
    CU_ASSERT_EQUAL(net_server_send(w.server, &m.peer, (struct bytes){big, sizeof(big) + 1}),
                    NG_ERR_LIMIT);
    net_client_close(&c);
    since = clock_mono();
    do {
        CU_ASSERT_EQUAL(net_server_wait(w.server, 10, NULL, 0), NG_OK);
        err = net_server_send(w.server, &m.peer, text("anyone?"));
    } while (err != NG_ERR_NOT_FOUND && !late(since));
    CU_ASSERT_EQUAL(err, NG_ERR_NOT_FOUND);
    net_server_close(&w.server);
}

/* What NET_ANSWERS_ROOM promises, at every place that the counting by halves can stand. */
static void answers_up_to_the_room_are_never_lost_on_one_who_reads(void)
{
    struct world w;
    start(&w);
    struct net_client *c = connect_as(&w, &w.known[0]);
    struct net_message m;
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_CONNECTED);
    CU_ASSERT_EQUAL(net_client_send(c, text("x")), NG_OK);
    CU_ASSERT_FATAL(server_gets(&w, &m));
    const struct net_peer peer = m.peer;
    for (int round = 0; round < 2 * NET_ANSWERS_MAX; round++) {
        CU_ASSERT_EQUAL(net_server_wait(w.server, 0, NULL, 0), NG_OK);
        CU_ASSERT_EQUAL(net_server_receive(w.server, &m), NG_ERR_AGAIN);
        for (int i = 0; i < NET_ANSWERS_ROOM; i++) {
            CU_ASSERT_EQUAL_FATAL(net_server_send(w.server, &peer, text("answer")), NG_OK);
        }
        for (int i = 0; i < NET_ANSWERS_ROOM; i++) {
            struct bytes answer;
            CU_ASSERT_FATAL(client_gets(c, &answer));
        }
    }
    net_client_close(&c);
    net_server_close(&w.server);
}

static void the_end_of_the_server_is_noticed(void)
{
    struct world w;
    start(&w);
    struct net_client *c = connect_as(&w, &w.known[0]);
    CU_ASSERT_EQUAL(settle(&w, c), NET_CLIENT_CONNECTED);
    net_server_close(&w.server);
    struct mono since = clock_mono();
    while (net_client_state(c) == NET_CLIENT_CONNECTED && !late(since)) {
        CU_ASSERT_EQUAL(net_client_wait(c, 100, NULL, 0), NG_OK);
    }
    CU_ASSERT_EQUAL(net_client_state(c), NET_CLIENT_LOST);
    net_client_close(&c);
}

static void descriptors_of_the_caller_end_a_wait(void)
{
    struct world w;
    start(&w);
    int pipe_fds[2];
    CU_ASSERT_EQUAL_FATAL(pipe(pipe_fds), 0);
    struct net_fd fds[2] = {{.fd = -1}, {.fd = pipe_fds[0]}};
    CU_ASSERT_EQUAL(net_server_wait(w.server, 0, fds, 2), NG_OK);
    CU_ASSERT_FALSE(fds[0].readable || fds[1].readable);
    CU_ASSERT_EQUAL(write(pipe_fds[1], "x", 1), 1);
    CU_ASSERT_EQUAL(net_server_wait(w.server, 10000, fds, 2), NG_OK);
    CU_ASSERT_FALSE(fds[0].readable);
    CU_ASSERT_TRUE(fds[1].readable);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    net_server_close(&w.server);
}

static void an_address_in_use_is_named(void)
{
    struct world w;
    start(&w);
    struct net_server *second = NULL;
    const struct net_server_config config = {
        .endpoint = w.endpoint, .keys = &w.server_keys, .admit = admit, .context = &w};
    CU_ASSERT_EQUAL(net_server_open(&config, &second), NG_ERR_BUSY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), w.endpoint));
    CU_ASSERT_PTR_NULL(second);
    net_server_close(&w.server);
}

static void a_secret_gives_the_same_pair_again(void)
{
    struct net_curve made;
    struct net_curve again;
    CU_ASSERT_EQUAL(net_curve_generate(&made), NG_OK);
    CU_ASSERT_EQUAL(net_curve_from_secret(made.secret, &again), NG_OK);
    CU_ASSERT_EQUAL(memcmp(made.public_key, again.public_key, 32), 0);
    CU_ASSERT_EQUAL(memcmp(made.secret, again.secret, 32), 0);
}

static const struct test_case cases[] = {
    TEST_CASE(messages_come_under_the_admitted_name_and_answers_go_back),
    TEST_CASE(an_unknown_key_is_denied_and_never_heard),
    TEST_CASE(where_nobody_can_be_asked_nobody_is_let_in),
    TEST_CASE(a_client_with_the_wrong_server_key_is_lost_before_it_says_anything),
    TEST_CASE(nobody_listening_is_lost),
    TEST_CASE(a_client_without_curve_is_not_heard),
    TEST_CASE(messages_of_several_frames_are_dropped_and_counted),
    TEST_CASE(who_sends_much_is_not_taken_for_one_who_never_ends),
    TEST_CASE(who_has_too_many_lines_finds_this_one_lost_and_not_denied),
    TEST_CASE(an_oversized_message_ends_the_connection_and_nothing_else),
    TEST_CASE(a_peer_name_that_is_too_long_is_not_heard),
    TEST_CASE(sending_never_waits_for_a_peer_that_is_gone_or_does_not_read),
    TEST_CASE(answers_up_to_the_room_are_never_lost_on_one_who_reads),
    TEST_CASE(the_end_of_the_server_is_noticed),
    TEST_CASE(descriptors_of_the_caller_end_a_wait),
    TEST_CASE(an_address_in_use_is_named),
    TEST_CASE(a_secret_gives_the_same_pair_again),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("net", cases, argc, argv);
}
