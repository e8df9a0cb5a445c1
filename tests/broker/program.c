#include "program.h"

#include "base/clock.h"

#include <signal.h>
#include <sys/wait.h>

/* Runs a command to its end; its stdout into `output`; returns the exit status. */
int program_run(char *output, const char *const *words)
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

/* What init printed. */
void program_read_made(struct broker *b, const char *output)
{
    json_t *made = json_loads(output, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(made, "schema")), 1);
    CU_ASSERT_EQUAL(slip_decode(json_string_value(json_object_get(made, "office_slip")), &b->slip),
                    NG_OK);
    CU_ASSERT_STRING_EQUAL(b->slip.endpoint, "tcp://127.0.0.1:5570");
    json_decref(made);
}

void program_make(struct broker *b)
{
    static char output[OUTPUT_MAX];
    memset(b, 0, sizeof(*b));
    test_folder(b->folder, sizeof(b->folder));
    CU_ASSERT_EQUAL_FATAL(RUN(output, b, "init", "--origin", "nganam.example/process", "--json"),
                          0);
    program_read_made(b, output);
}

void program_serve(struct broker *b)
{
    int fds[2];
    char line[300];
    CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
    b->child = fork();
    if (b->child == 0) {
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)close(fds[0]);
        (void)execl(PROGRAM, PROGRAM, "serve", "--data", b->folder, "--listen", "tcp://127.0.0.1:0",
                    "--hold", "0", (char *)NULL); /* its parties come one by one */
        _exit(127);
    }
    (void)close(fds[1]);
    FILE *from = fdopen(fds[0], "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(from);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fgets(line, sizeof(line), from));
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "ready %255s", b->endpoint), 1);
    (void)fclose(from);
}

int program_stop(const struct broker *b, int signal_number)
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

enum net_client_state program_settle(struct net_client *c)
{
    struct mono since = clock_mono();
    while (net_client_state(c) == NET_CLIENT_CONNECTING && !late(since)) {
        CU_ASSERT_EQUAL(net_client_wait(c, 100, NULL, 0), NG_OK);
    }
    return net_client_state(c);
}

struct wire_from_broker *program_ask(struct net_client *c, struct wire_to_broker *m)
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

/* The office's enrol statement under the slip, with a key of its own. */
void program_write_enrol(const struct broker *b, struct buf *statement, uint8_t signature[64])
{
    struct slip_keys keys;
    struct key_pair key;
    struct wire_enrol enrol = {.cosign_key = {0}};
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
void program_write_ahead(const struct broker *b, uint64_t minutes)
{
    struct ledger *l = NULL;
    struct buf payload = BUF_INIT(1024);
    const struct party_code to = {"office"};
    const struct wire_unfreeze nothing = {.party = "office", .epoch = 1}; /* it has no key yet */
    uint64_t index = 0;
    CU_ASSERT_EQUAL_FATAL(ledger_open(b->folder, NULL, LEDGER_WRITE, &l), NG_OK);
    CU_ASSERT_EQUAL(wire_unfreeze_encode(&nothing, &payload), NG_OK);
    CU_ASSERT_EQUAL(ledger_author_log(l, STATEMENT_UNFREEZE, &to, buf_bytes(&payload),
                                      (uint64_t)clock_wall_ms() + minutes * 60000, &index),
                    NG_OK);
    buf_fini(&payload);
    ledger_close(&l);
}

uint32_t program_refusal_of(struct net_client *c, const struct buf *statement,
                            const uint8_t signature[64])
{
    const struct wire_signed one = {buf_bytes(statement), {signature, 64}};
    struct wire_to_broker submit = {.kind = WIRE_SUBMIT};
    submit.u.submit.statements = &one;
    submit.u.submit.count = 1;
    struct wire_from_broker *m = program_ask(c, &submit);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_SUBMITTED);
    uint32_t code = m->u.submitted.answers[0].accepted ? 0 : m->u.submitted.answers[0].refusal_code;
    wire_from_broker_destroy(&m);
    return code;
}

/* An open connection under the slip, after Hello. */
struct net_client *program_enter(const struct broker *b)
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
    struct wire_from_broker *m = program_ask(c, &hello);
    CU_ASSERT_EQUAL(m->kind, WIRE_WELCOME);
    wire_from_broker_destroy(&m);
    return c;
}
