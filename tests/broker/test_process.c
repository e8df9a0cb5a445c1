/* Goal: the program itself: init, serve, the log commands and the clock over a real folder and real
 * CURVE connections; who has no known key gets nothing, whatever he speaks.
 * Method: nganam-broker as a child process on a free port; clients of lib/net; a bare TCP socket
 * that speaks ZMTP without security. Every wait has a bound. */
#include "base/clock.h"
#include "base/file.h"
#include "harness.h"
#include "ledger/ledger.h"
#include "net/net_client.h"
#include "party/slip.h"
#include "proto/wire_queue.h"

#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#define PROGRAM NGANAM_BINARY_DIR "/bin/nganam-broker"
#define OUTPUT_MAX 65536

struct broker {
    char folder[256];
    struct slip slip;
    pid_t child;
    char endpoint[256];
};

/* Runs a command to its end; its stdout into `output`; returns the exit status. */
static int run(char *output, const char *const *words)
{
    int fds[2];
    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)execv(PROGRAM, (char *const *)(uintptr_t)words);
        _exit(127);
    }
    (void)close(fds[1]);
    size_t size = 0;
    for (;;) {
        ssize_t n = read(fds[0], output + size, OUTPUT_MAX - 1 - size);
        if (n <= 0) {
            break;
        }
        size += (size_t)n;
    }
    output[size] = '\0';
    (void)close(fds[0]);
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(output, b, ...)                                                                        \
    run(output,                                                                                    \
        (const char *const[]){PROGRAM, "--lang", "en", "--data", (b)->folder, __VA_ARGS__, NULL})

/* What init printed. */
static void read_made(struct broker *b, const char *output)
{
    json_t *made = json_loads(output, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(made, "schema")), 1);
    CU_ASSERT_EQUAL(slip_decode(json_string_value(json_object_get(made, "office_slip")), &b->slip),
                    NG_OK);
    CU_ASSERT_STRING_EQUAL(b->slip.endpoint, "tcp://127.0.0.1:5570");
    json_decref(made);
}

static void make(struct broker *b)
{
    static char output[OUTPUT_MAX];
    memset(b, 0, sizeof(*b));
    test_folder(b->folder, sizeof(b->folder));
    CU_ASSERT_EQUAL_FATAL(RUN(output, b, "init", "--origin", "nganam.example/process", "--json"),
                          0);
    read_made(b, output);
}

static void serve(struct broker *b)
{
    int fds[2];
    char line[300];
    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
    b->child = fork();
    if (b->child == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)execl(PROGRAM, PROGRAM, "serve", "--data", b->folder, "--listen", "tcp://127.0.0.1:0",
                    (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    FILE *from = fdopen(fds[0], "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), from));
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "ready %255s", b->endpoint), 1);
    (void)fclose(from);
}

static int stop(const struct broker *b, int signal_number)
{
    int status = 0;
    (void)kill(b->child, signal_number);
    CU_ASSERT_EQUAL(waitpid(b->child, &status, 0), b->child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool late(struct mono since)
{
    return clock_between_ms(since, clock_mono()) > 20000;
}

static enum net_client_state settle(struct net_client *c)
{
    struct mono since = clock_mono();
    while (net_client_state(c) == NET_CLIENT_CONNECTING && !late(since)) {
        CU_ASSERT_EQUAL(net_client_wait(c, 100, NULL, 0), NG_OK);
    }
    return net_client_state(c);
}

static struct wire_from_broker *ask(struct net_client *c, struct wire_to_broker *m)
{
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_from_broker *answer = NULL;
    struct mono since = clock_mono();
    struct bytes data;
    m->id = 42;
    CU_ASSERT_EQUAL(wire_to_broker_encode(m, &frame), NG_OK);
    CU_ASSERT_EQUAL(net_client_send(c, buf_bytes(&frame)), NG_OK);
    buf_fini(&frame);
    while (net_client_receive(c, &data) != NG_OK && !late(since)) {
        CU_ASSERT_EQUAL(net_client_wait(c, 100, NULL, 0), NG_OK);
    }
    CU_ASSERT_FALSE_FATAL(late(since));
    CU_ASSERT_EQUAL_FATAL(wire_from_broker_decode(data, &answer), NG_OK);
    return answer;
}

static void the_invited_office_is_welcomed_and_strangers_are_not(void)
{
    struct broker b;
    struct slip_keys keys;
    struct net_curve invite;
    struct net_curve stranger;
    struct net_client *c = NULL;
    make(&b);
    serve(&b);
    slip_keys(&b.slip, &keys);
    memcpy(invite.public_key, keys.curve_public, 32);
    memcpy(invite.secret, keys.curve_secret, 32);

    CU_ASSERT_EQUAL_FATAL(net_client_open(b.endpoint, b.slip.broker_curve, &invite, &c), NG_OK);
    CU_ASSERT_EQUAL(settle(c), NET_CLIENT_CONNECTED);
    struct wire_to_broker hello = {.kind = WIRE_HELLO};
    hello.u.hello.protocol = 1;
    hello.u.hello.head = "";
    struct wire_from_broker *m = ask(c, &hello);
    CU_ASSERT_EQUAL(m->kind, WIRE_WELCOME);
    CU_ASSERT(strncmp(m->head.note, "nganam.example/process\n2\n", 25) == 0);
    wire_from_broker_destroy(&m);
    struct wire_to_broker fetch = {.kind = WIRE_FETCH};
    m = ask(c, &fetch);
    CU_ASSERT_EQUAL(m->kind, WIRE_ERROR);
    CU_ASSERT_EQUAL(m->u.error.code, WIRE_ERROR_FORBIDDEN);
    wire_from_broker_destroy(&m);
    net_client_close(&c);

    CU_ASSERT_EQUAL(net_curve_generate(&stranger), NG_OK);
    CU_ASSERT_EQUAL_FATAL(net_client_open(b.endpoint, b.slip.broker_curve, &stranger, &c), NG_OK);
    CU_ASSERT_EQUAL(settle(c), NET_CLIENT_DENIED);
    net_client_close(&c);

    CU_ASSERT_EQUAL_FATAL(net_client_open(b.endpoint, stranger.public_key, &invite, &c), NG_OK);
    CU_ASSERT_EQUAL(settle(c), NET_CLIENT_LOST); /* the wrong broker key */
    net_client_close(&c);
    CU_ASSERT_EQUAL(stop(&b, SIGTERM), 0);
    test_remove_folder(b.folder);
}

/* ZMTP 3.0's greeting with the NULL mechanism, then a READY command and a message. */
static void a_client_without_security_is_shut_out(void)
{
    struct broker b;
    make(&b);
    serve(&b);
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
    CU_ASSERT_EQUAL(stop(&b, SIGINT), 0);
    test_remove_folder(b.folder);
}

static void the_log_is_read_beside_a_running_broker_and_a_second_one_is_refused(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    make(&b);
    serve(&b);
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
    CU_ASSERT_STRING_EQUAL(output, "");
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
    CU_ASSERT_EQUAL(stop(&b, SIGKILL), -1);
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept"), 3);
    serve(&b); /* the lock and the socket of the dead one are no hindrance */
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept", "--json"), 0);
    CU_ASSERT_EQUAL(stop(&b, SIGTERM), 0);
    test_remove_folder(b.folder);
}

static void init_gives_a_fresh_slip_until_the_office_is_there_and_takes_no_other_log(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    make(&b);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "nganam.example/process", "--json"), 0);
    json_t *made = json_loads(output, 0, NULL);
    struct slip slip;
    CU_ASSERT_EQUAL(slip_decode(json_string_value(json_object_get(made, "office_slip")), &slip),
                    NG_OK);
    CU_ASSERT_NOT_EQUAL(memcmp(slip.code, b.slip.code, SLIP_CODE_SIZE), 0);
    CU_ASSERT_EQUAL(memcmp(slip.broker_curve, b.slip.broker_curve, 32), 0);
    CU_ASSERT_EQUAL(memcmp(slip.log_key.bytes, b.slip.log_key.bytes, 32), 0);
    json_decref(made);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "other.example/log"), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "with space"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "a.b/c", "--endpoint", "5570"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "init"), 2);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--json"), 0);
    test_remove_folder(b.folder);
    CU_ASSERT_EQUAL(RUN(output, &b, "serve"), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "head"), 1);
}

/* The office's enrol statement under the slip, with a key of its own. */
static void write_enrol(const struct broker *b, struct buf *statement, uint8_t signature[64])
{
    struct slip_keys keys;
    struct key_pair key;
    struct wire_enrol enrol;
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct buf payload = BUF_INIT(1024);
    struct statement s = {.author = b->slip.party, .epoch = 1, .kind = STATEMENT_ENROL, .seq = 1};
    statement_log_id(b->slip.origin, s.log_id);
    slip_keys(&b->slip, &keys);
    key_generate(&key);
    key_random(enrol.curve, sizeof(enrol.curve));
    registry_countersigned(s.log_id, &s.author, 1, &key.public_key, enrol.curve, covered);
    key_sign(&keys.sign, (struct bytes){covered, sizeof(covered)}, enrol.countersignature);
    memcpy(enrol.invite_key, keys.sign.public_key.bytes, 32);
    memcpy(enrol.key, key.public_key.bytes, 32);
    CU_ASSERT_EQUAL(wire_enrol_encode(&enrol, &payload), NG_OK);
    s.payload = buf_bytes(&payload);
    CU_ASSERT_EQUAL(statement_encode(&s, statement), NG_OK);
    key_sign(&key, buf_bytes(statement), signature);
    buf_fini(&payload);
}

/* A leaf that is ahead: as if the machine had run with a wrong clock. */
static void write_ahead(const struct broker *b, uint64_t minutes)
{
    struct ledger *l = NULL;
    struct buf payload = BUF_INIT(1024);
    const struct party_code nobody = {""};
    struct wire_invite invite = {.party = "later", .role = WIRE_ROLE_WARD, .invite_curve = {1}};
    uint64_t index = 0;
    CU_ASSERT_EQUAL_FATAL(ledger_open(b->folder, NULL, LEDGER_WRITE, &l), NG_OK);
    CU_ASSERT_EQUAL(wire_invite_encode(&invite, &payload), NG_OK);
    CU_ASSERT_EQUAL(ledger_author_log(l, STATEMENT_INVITE, &nobody, buf_bytes(&payload),
                                      (uint64_t)clock_wall_ms() + minutes * 60000, &index),
                    NG_OK);
    buf_fini(&payload);
    ledger_close(&l);
}

static uint32_t refusal_of(struct net_client *c, struct wire_to_broker *submit)
{
    struct wire_from_broker *m = ask(c, submit);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_SUBMITTED);
    uint32_t code = m->u.submitted.answers[0].accepted ? 0 : m->u.submitted.answers[0].refusal_code;
    wire_from_broker_destroy(&m);
    return code;
}

/* An open connection under the slip, after Hello. */
static struct net_client *enter(const struct broker *b)
{
    struct slip_keys keys;
    struct net_curve invite;
    struct net_client *c = NULL;
    slip_keys(&b->slip, &keys);
    memcpy(invite.public_key, keys.curve_public, 32);
    memcpy(invite.secret, keys.curve_secret, 32);
    CU_ASSERT_EQUAL_FATAL(net_client_open(b->endpoint, b->slip.broker_curve, &invite, &c), NG_OK);
    struct wire_to_broker hello = {.kind = WIRE_HELLO};
    hello.u.hello.protocol = 1;
    hello.u.hello.head = "";
    struct wire_from_broker *m = ask(c, &hello);
    CU_ASSERT_EQUAL(m->kind, WIRE_WELCOME);
    wire_from_broker_destroy(&m);
    return c;
}

static void a_clock_behind_the_log_waits_for_the_operator(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    uint8_t signature[64];
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    make(&b);
    write_ahead(&b, 60);
    write_enrol(&b, &statement, signature);
    serve(&b);
    struct net_client *c = enter(&b);
    const struct wire_signed one = {buf_bytes(&statement), {signature, 64}};
    struct wire_to_broker submit = {.kind = WIRE_SUBMIT};
    submit.u.submit.statements = &one;
    submit.u.submit.count = 1;
    CU_ASSERT_EQUAL(refusal_of(c, &submit), REFUSAL_CLOCK);
    CU_ASSERT_EQUAL(RUN(output, &b, "clock", "accept"), 0);
    CU_ASSERT_EQUAL(refusal_of(c, &submit), 0);
    net_client_close(&c);
    buf_fini(&statement);
    CU_ASSERT_EQUAL(stop(&b, SIGTERM), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify"), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "init", "--origin", "nganam.example/process"), 1);
    test_remove_folder(b.folder);
}

/* The last leaf, which is an invite: when it came and when it expires. */
static uint64_t read_invite(const struct broker *b, uint64_t *ret_received, uint64_t *ret_expires)
{
    struct ledger *l = NULL;
    struct store_txn *t = NULL;
    struct ledger_head head;
    struct bytes encoded;
    struct leaf leaf;
    struct statement s;
    struct wire_invite invite;
    CU_ASSERT_EQUAL_FATAL(ledger_open(b->folder, NULL, LEDGER_READ, &l), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_head(l, &head), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(l), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_leaf(l, t, head.head.size - 1, &encoded), NG_OK);
    CU_ASSERT_EQUAL_FATAL(leaf_decode(encoded, &leaf), NG_OK);
    CU_ASSERT_EQUAL_FATAL(statement_decode(leaf.statement, &s), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_invite_decode(s.payload, &invite), NG_OK);
    *ret_received = leaf.received_at;
    *ret_expires = invite.expires_at;
    store_end_read(&t);
    ledger_close(&l);
    return head.head.size;
}

static void the_office_slip_lives_72_hours_by_the_logs_time(void)
{
    static char output[OUTPUT_MAX];
    static const uint64_t minutes[] = {0, 4, 60}; /* that the log is ahead of the clock */
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
        struct broker b;
        uint64_t received = 0;
        uint64_t expires = 0;
        uint64_t ahead = 0;
        make(&b);
        if (minutes[i] > 0) {
            write_ahead(&b, minutes[i]);
        }
        const uint64_t size = read_invite(&b, &ahead, &expires);
        int status = RUN(output, &b, "init", "--origin", "nganam.example/process");
        if (minutes[i] > 5) { /* a clock that the running broker would not trust */
            CU_ASSERT_EQUAL(status, 1);
            CU_ASSERT_EQUAL(read_invite(&b, &received, &expires), size);
        } else {
            CU_ASSERT_EQUAL(status, 0);
            CU_ASSERT_EQUAL(read_invite(&b, &received, &expires), size + 1);
            CU_ASSERT_EQUAL(expires - received, SLIP_VALID_MS);
            CU_ASSERT(received >= ahead);
        }
        test_remove_folder(b.folder);
    }
}

/* ---- The head file ---- */

static void copy_file(const char *from, const char *to)
{
    struct buf b = BUF_INIT(64u << 20);
    CU_ASSERT_EQUAL_FATAL(file_read(from, &b), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_write(to, b.data, b.size, 0600), NG_OK);
    buf_fini(&b);
}

static json_int_t verify_json(const struct broker *b, const char *key, int want)
{
    static char output[OUTPUT_MAX];
    CU_ASSERT_EQUAL(RUN(output, b, "log", "verify", "--json"), want);
    json_t *result = json_loads(output, 0, NULL);
    const json_t *value = json_object_get(result, key);
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    json_decref(result);
    return number;
}

/* On another disk it survives that the whole folder comes back from an old backup: verify says no,
 * init and serve write nothing more. */
static void a_head_file_elsewhere_betrays_an_old_copy(void)
{
    static char output[OUTPUT_MAX];
    struct broker b = {.child = -1};
    char disk[256];
    char head[300];
    char data[300];
    char old[300];
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    uint8_t signature[64];
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    test_folder(b.folder, sizeof(b.folder));
    test_folder(disk, sizeof(disk));
    (void)snprintf(head, sizeof(head), "%s/floor", disk);
    (void)snprintf(old, sizeof(old), "%s/old", disk);
    (void)snprintf(data, sizeof(data), "%s/log/data.mdb", b.folder);
#define INIT "init", "--origin", "nganam.example/process"
    CU_ASSERT_EQUAL(RUN(output, &b, INIT, "--head", "/nowhere/floor"), 2);
    CU_ASSERT_FALSE(file_exists(data)); /* not half made */
    CU_ASSERT_EQUAL(RUN(output, &b, INIT, "--head", head, "--json"), 0);
    read_made(&b, output);
    CU_ASSERT_TRUE(file_exists(head));
    CU_ASSERT_EQUAL(verify_json(&b, "head_file", 0), 2);
    copy_file(data, old);
    CU_ASSERT_EQUAL(RUN(output, &b, INIT), 0); /* remembers the place */
    CU_ASSERT_EQUAL(verify_json(&b, "head_file", 0), 3);

    copy_file(old, data);
    CU_ASSERT_EQUAL(verify_json(&b, "faults", 1), 1);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify"), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(output, head));
    CU_ASSERT_EQUAL(RUN(output, &b, INIT), 4);
    write_enrol(&b, &statement, signature);
    serve(&b);
    struct net_client *c = enter(&b);
    const struct wire_signed one = {buf_bytes(&statement), {signature, 64}};
    struct wire_to_broker submit = {.kind = WIRE_SUBMIT};
    submit.u.submit.statements = &one;
    submit.u.submit.count = 1;
    CU_ASSERT_EQUAL(refusal_of(c, &submit), REFUSAL_READ_ONLY);
    net_client_close(&c);
    CU_ASSERT_EQUAL(stop(&b, SIGTERM), 0);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--head", disk), 2); /* a folder */
    (void)snprintf(head, sizeof(head), "%s/other", disk);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--head", head), 0); /* none there */
    buf_fini(&statement);
    test_remove_folder(disk);
    test_remove_folder(b.folder);
}

static void damaged_files_of_the_folder_are_named(void)
{
    static char output[OUTPUT_MAX];
    static const char *const names[] = {"endpoint", "broker.curve", "log.key"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct broker b;
        char path[300];
        make(&b);
        (void)snprintf(path, sizeof(path), "%s/%s", b.folder, names[i]);
        FILE *file = fopen(path, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        (void)fputs("rubbish\n", file);
        (void)fclose(file);
        int status = RUN(output, &b, "serve", "--json");
        CU_ASSERT(status == 4 || status == 2); /* 2: a file that a person may have put there */
        CU_ASSERT_PTR_NOT_NULL(strstr(output, names[i]));
        test_remove_folder(b.folder);
    }
}

/* One byte of a statement changed on the disk: verify names the leaf. */
static void verify_names_the_damaged_index(void)
{
    static char output[OUTPUT_MAX];
    static uint8_t bytes[1 << 22];
    struct broker b;
    char path[300];
    make(&b);
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", b.folder);
    FILE *file = fopen(path, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    const uint8_t *found = NULL;
    size_t hits = 0;
    for (size_t i = 0; i + 16 < size; i++) {
        /* the payload of leaf 1: Invite.party = "office" */
        if (memcmp(bytes + i, "\x0a\x06office\x10\x01", 10) == 0) {
            bytes[i + 2] ^= 0x20;
            found = bytes + i;
            hits++;
        }
    }
    CU_ASSERT_PTR_NOT_NULL(found);
    CU_ASSERT(hits >= 1);
    CU_ASSERT_EQUAL(fseek(file, 0, SEEK_SET), 0);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, size, file), size);
    (void)fclose(file);
    CU_ASSERT_EQUAL(RUN(output, &b, "log", "verify", "--json"), 1);
    json_t *result = json_loads(output, 0, NULL);
    const json_t *first = json_array_get(json_object_get(result, "damaged"), 0);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(first, "index")), 1);
    json_decref(result);
    test_remove_folder(b.folder);
}

/* The file cut short below what its own pages need: SIGBUS for the child, a line for the person. */
static void verify_survives_a_file_that_is_cut(void)
{
    static char output[OUTPUT_MAX];
    struct broker b;
    char path[300];
    make(&b);
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", b.folder);
    CU_ASSERT_EQUAL(truncate(path, 3 * 4096), 0);
    int status = RUN(output, &b, "log", "verify");
    CU_ASSERT(status == 1 || status == 4);
    test_remove_folder(b.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(the_invited_office_is_welcomed_and_strangers_are_not),
    TEST_CASE(a_client_without_security_is_shut_out),
    TEST_CASE(the_log_is_read_beside_a_running_broker_and_a_second_one_is_refused),
    TEST_CASE(init_gives_a_fresh_slip_until_the_office_is_there_and_takes_no_other_log),
    TEST_CASE(a_clock_behind_the_log_waits_for_the_operator),
    TEST_CASE(the_office_slip_lives_72_hours_by_the_logs_time),
    TEST_CASE(a_head_file_elsewhere_betrays_an_old_copy),
    TEST_CASE(damaged_files_of_the_folder_are_named),
    TEST_CASE(verify_names_the_damaged_index),
    TEST_CASE(verify_survives_a_file_that_is_cut),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("process", cases, argc, argv);
}
