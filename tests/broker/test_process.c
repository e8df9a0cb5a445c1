/* Goal: the program itself: serve, the log commands and the clock over a real folder and real CURVE
 * connections; who has no known key gets nothing, whatever he speaks.
 * Method: nganam-broker as a child process on a free port; clients of lib/net; a bare TCP socket
 * that speaks ZMTP without security. Every wait has a bound. */
#include "program.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>

static void the_invited_office_is_welcomed_and_strangers_are_not(void)
{
    struct broker b;
    struct slip_keys keys;
    struct net_curve invite;
    struct net_curve stranger;
    struct net_client *c = NULL;
    program_make(&b);
    program_serve(&b);
    slip_keys(&b.slip, &keys);
    memcpy(invite.public_key, keys.curve_public, 32);
    memcpy(invite.secret, keys.curve_secret, 32);

    CU_ASSERT_EQUAL_FATAL(net_client_open(b.endpoint, b.slip.broker_curve, &invite, &c), NG_OK);
    CU_ASSERT_EQUAL(program_settle(c), NET_CLIENT_CONNECTED);
    struct wire_to_broker hello = {.kind = WIRE_HELLO};
    hello.u.hello.protocol = 1;
    hello.u.hello.head = "";
    struct wire_from_broker *m = program_ask(c, &hello);
    CU_ASSERT_EQUAL(m->kind, WIRE_WELCOME);
    CU_ASSERT(strncmp(m->head.note, "nganam.example/process\n2\n", 25) == 0);
    wire_from_broker_destroy(&m);
    struct wire_to_broker fetch = {.kind = WIRE_FETCH};
    m = program_ask(c, &fetch);
    CU_ASSERT_EQUAL(m->kind, WIRE_ERROR);
    CU_ASSERT_EQUAL(m->u.error.code, WIRE_ERROR_FORBIDDEN);
    wire_from_broker_destroy(&m);
    net_client_close(&c);

    CU_ASSERT_EQUAL(net_curve_generate(&stranger), NG_OK);
    CU_ASSERT_EQUAL_FATAL(net_client_open(b.endpoint, b.slip.broker_curve, &stranger, &c), NG_OK);
    CU_ASSERT_EQUAL(program_settle(c), NET_CLIENT_DENIED);
    net_client_close(&c);

    CU_ASSERT_EQUAL_FATAL(net_client_open(b.endpoint, stranger.public_key, &invite, &c), NG_OK);
    CU_ASSERT_EQUAL(program_settle(c), NET_CLIENT_LOST); /* the wrong broker key */
    net_client_close(&c);
    CU_ASSERT_EQUAL(program_stop(&b, SIGTERM), 0);
    test_remove_folder(b.folder);
}

/* ZMTP 3.0's greeting with the NULL mechanism, then a READY command and a message. */
static void a_client_without_security_is_shut_out(void)
{
    struct broker b;
    program_make(&b);
    program_serve(&b);
    struct sockaddr_in to = {.sin_family = AF_INET};
    const char *port = strrchr(b.endpoint, ':');
    CU_ASSERT_PTR_NOT_NULL_FATAL(port);
    to.sin_port = htons((uint16_t)atoi(port + 1));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_EQUAL_FATAL(connect(fd, (const struct sockaddr *)&to, sizeof(to)), 0);
    uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    static const uint8_t ready[] = {4, 6, 5,   'R', 'E', 'A', 'D', 'Y',
                                    0, 5, 'h', 'e', 'l', 'l', 'o'};
    const struct timeval bound = {.tv_sec = 20};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof(bound));
    CU_ASSERT_EQUAL(send(fd, greeting, sizeof(greeting), MSG_NOSIGNAL), (ssize_t)sizeof(greeting));
    (void)send(fd, ready, sizeof(ready), MSG_NOSIGNAL);
    uint8_t heard[512];
    ssize_t n = 0;
    size_t total = 0;
    while ((n = recv(fd, heard, sizeof(heard), 0)) > 0) {
        total += (size_t)n;
    }
    CU_ASSERT(n == 0 || errno == ECONNRESET); /* hung up on, not timed out */
    CU_ASSERT(total <= 64);                   /* its greeting at most: not one word more */
    (void)close(fd);
    CU_ASSERT_EQUAL(program_stop(&b, SIGINT), 0);
    test_remove_folder(b.folder);
}

static void the_log_is_read_beside_a_running_broker_and_a_second_one_is_refused(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    program_make(&b);
    program_serve(&b);
    CU_ASSERT_EQUAL(RUN(output, &b, "serve"), 4);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "nganam.example/process"), 4);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "head", "--json"), 0);
    json_t *head = json_loads(output, 0, NULL);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(head, "size")), 2);
    json_decref(head);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "list", "--json"), 0);
    json_t *list = json_loads(output, 0, NULL);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(list, "entries")), 2);
    json_decref(list);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "list", "--json", "--from", "1", "--limit", "5"), 0);
    list = json_loads(output, 0, NULL);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(list, "entries")), 1);
    json_decref(list);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "list", "--unit", "nobody"), 0);
    CU_ASSERT_PTR_NOT_NULL(output); /* the header alone: */
    CU_ASSERT_EQUAL(strcspn(output, "\n") + 1, strlen(output));
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "show", "1", "--json"), 0);
    json_t *shown = json_loads(output, 0, NULL);
    CU_ASSERT_STRING_EQUAL(
        json_string_value(json_object_get(json_object_get(shown, "content"), "role")), "OFFICE");
    json_decref(shown);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "show", "2"), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "show", "two"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify"), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "prove", "inclusion", "0", "2"), 0);
    CU_ASSERT_EQUAL(strlen(output), 45);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "prove", "consistency", "1", "2"), 0);
    CU_ASSERT_EQUAL(strlen(output), 45);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "prove", "sideways", "1", "2"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept"), 0);
    CU_ASSERT_EQUAL(program_stop(&b, SIGKILL), -1);
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept"), 3);
    program_serve(&b); /* the lock and the socket of the dead one are no hindrance */
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept", "--json"), 0);
    CU_ASSERT_EQUAL(program_stop(&b, SIGTERM), 0);
    test_remove_folder(b.folder);
}

static void a_clock_behind_the_log_waits_for_the_operator(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    uint8_t signature[64];
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    program_make(&b);
    program_write_ahead(&b, 60);
    program_write_enrol(&b, &statement, signature);
    program_serve(&b);
    struct net_client *c = program_enter(&b);
    CU_ASSERT_EQUAL(program_refusal_of(c, &statement, signature), REFUSAL_CLOCK);
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept"), 0);
    CU_ASSERT_EQUAL(program_refusal_of(c, &statement, signature), 0);
    net_client_close(&c);
    buf_fini(&statement);
    CU_ASSERT_EQUAL(program_stop(&b, SIGTERM), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify"), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "nganam.example/process"), 1);
    test_remove_folder(b.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(the_invited_office_is_welcomed_and_strangers_are_not),
    TEST_CASE(a_client_without_security_is_shut_out),
    TEST_CASE(the_log_is_read_beside_a_running_broker_and_a_second_one_is_refused),
    TEST_CASE(a_clock_behind_the_log_waits_for_the_operator),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("process", cases, argc, argv);
}
