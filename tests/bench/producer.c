/* The idea: a producer is a forked process with its identity, its number and chain kept in shared
 * memory from run to run. It signs its statements into memory, says that it is ready, waits for the
 * gate, and then keeps `window` statements on their way in as many Submit frames as the credit
 * allows. Each answer is checked like a ward's: head, consistency, inclusion. */
#include "bench/producer.h"

#include "base/bytes.h"
#include "net/net_client.h"
#include "party/party.h"
#include "party/witness.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REST_US 50
#define ANSWER_MS 30000
#define DELIVER_MS 600000
#define READY_MS 600000 /* a million statements are signed in less */
#define WINDOW_MAX 1000u

struct shared_producer {
    uint64_t seq; /* the last logged */
    uint64_t to_seq;
    struct hash prev;
    uint64_t statements, bytes;
    double end_us;
    bool good;
    struct bench_histogram latency;
};

struct producers {
    const struct town *town;
    pid_t pids[TOWN_PRODUCERS_MAX];
    atomic_uint ready;
    atomic_uint gate; /* 0 shut, 1 open */
    atomic_bool failed;
    atomic_ullong delivered;
    double begin_us;
    struct shared_producer each[TOWN_PRODUCERS_MAX];
};

/* ---- One producer ---- */

struct own_statement {
    struct bytes statement;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    double sent_us;
};

struct maker {
    struct producers *all;
    struct shared_producer *shared;
    const struct producer_plan *plan;
    struct identity id;
    struct witness witness;
    struct net_client *client;
    struct buf bytes; /* all statements, one behind the other */
    struct own_statement *own;
    uint64_t count;
    uint64_t sent, answered;
    uint64_t next_id;
    unsigned frames; /* unanswered */
    struct buf frame;
    struct buf kept; /* plan->later: the answers as they came, each behind its size */
};

/* Where the numbering stands: after enrolment the newest own statement is the enrolment. */
static enum ng_err find_start(struct maker *m, const char *folder)
{
    if (m->shared->seq > 0) {
        return NG_OK;
    }
    struct party *party = NULL;
    struct party_status status;
    struct party_own own;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf receipt = BUF_INIT(65536);
    enum ng_err err = party_open(folder, &party);
    if (err == NG_OK) {
        err = party_status(party, &status);
    }
    if (err == NG_OK) {
        err = party_own_get(party, status.authored, &own, &statement, &receipt);
    }
    if (err == NG_OK) {
        m->shared->seq = status.authored;
        m->shared->prev = statement_hash(buf_bytes(&statement));
    }
    buf_fini(&statement);
    buf_fini(&receipt);
    party_close(&party);
    return err;
}

static enum ng_err sign_one(struct maker *m, uint64_t i)
{
    struct shared_producer *s = m->shared;
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    enum ng_err err = town_report(m->plan->acts, m->plan->size, s->seq, s->to_seq + 1, &payload);
    struct statement st = {.author = m->id.party,
                           .epoch = m->id.epoch,
                           .kind = 16,
                           .seq = s->seq + 1,
                           .authored_at = 1,
                           .prev = s->prev,
                           .payload = buf_bytes(&payload)};
    memcpy(st.log_id, m->id.log_id, LOG_ID_SIZE);
    const size_t at = m->bytes.size;
    if (err == NG_OK) {
        err = statement_encode(&st, &m->bytes);
    }
    if (err == NG_OK) {
        const struct bytes encoded = {m->bytes.data + at, m->bytes.size - at};
        key_sign(&m->id.key, encoded, m->own[i].signature);
        m->own[i].statement = (struct bytes){NULL, encoded.size}; /* placed when all are there */
        s->prev = statement_hash(encoded);
        s->seq++;
        s->to_seq++;
        s->bytes += payload.size;
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err sign_all(struct maker *m)
{
    m->count = m->plan->statements;
    buf_init(&m->bytes, (size_t)8 << 30);
    m->own = calloc(m->count, sizeof(*m->own));
    enum ng_err err = m->own != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "statements");
    for (uint64_t i = 0; i < m->count && err == NG_OK; i++) {
        err = sign_one(m, i);
    }
    size_t at = 0;
    for (uint64_t i = 0; i < m->count && err == NG_OK; i++) {
        m->own[i].statement.data = m->bytes.data + at;
        at += m->own[i].statement.size;
    }
    return err;
}

static enum ng_err send_message(struct maker *m, const struct wire_to_broker *message)
{
    buf_clear(&m->frame);
    enum ng_err err = wire_to_broker_encode(message, &m->frame);
    return err == NG_OK ? net_client_send(m->client, buf_bytes(&m->frame)) : err;
}

static enum ng_err hello(struct maker *m)
{
    char note[NOTE_SIZE_MAX + 1];
    memcpy(note, m->witness.note, m->witness.note_size);
    note[m->witness.note_size] = '\0';
    struct wire_to_broker message = {.id = ++m->next_id, .kind = WIRE_HELLO};
    message.u.hello.protocol = WIRE_PROTOCOL;
    message.u.hello.head = note;
    return send_message(m, &message);
}

/* As many as the window and a frame allow. */
static enum ng_err submit(struct maker *m)
{
    struct wire_signed list[WIRE_STATEMENTS_MAX];
    struct wire_to_broker message = {.id = ++m->next_id, .kind = WIRE_SUBMIT};
    const double now = process_now_us();
    unsigned share = (m->plan->window + WIRE_CREDIT - 1) / WIRE_CREDIT;
    share = share < WIRE_STATEMENTS_MAX ? share : WIRE_STATEMENTS_MAX;
    size_t room = WIRE_FRAME_MAX - 64;
    size_t n = 0;
    while (n < share && m->sent < m->count && m->sent - m->answered < m->plan->window &&
           m->own[m->sent].statement.size + KEY_SIGNATURE_SIZE + 16 <= room) {
        struct own_statement *o = &m->own[m->sent++];
        list[n++] = (struct wire_signed){o->statement, {o->signature, KEY_SIGNATURE_SIZE}};
        room -= o->statement.size + KEY_SIGNATURE_SIZE + 16;
        o->sent_us = now;
    }
    message.u.submit.statements = list;
    message.u.submit.count = n;
    m->frames++;
    return send_message(m, &message);
}

/* Counts what an answer answers; what it proves is looked at afterwards. */
static enum ng_err count_answers(struct maker *m, const struct wire_from_broker *answer)
{
    const double now = process_now_us();
    for (size_t i = 0; i < answer->u.submitted.count; i++) {
        bench_histogram_add(&m->shared->latency, now - m->own[m->answered + i].sent_us);
    }
    m->answered += answer->u.submitted.count;
    m->frames--;
    atomic_fetch_add(&m->all->delivered, answer->u.submitted.count);
    return NG_OK;
}

static enum ng_err keep_answer(struct maker *m, struct bytes data)
{
    enum ng_err err = buf_add_u32(&m->kept, (uint32_t)data.size);
    return err == NG_OK ? buf_add(&m->kept, data.data, data.size) : err;
}

static enum ng_err take_receipts(struct maker *m, const struct wire_from_broker *answer)
{
    struct buf text = BUF_INIT(65536);
    struct receipt receipt;
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < answer->u.submitted.count && err == NG_OK; i++) {
        const struct wire_answer *a = &answer->u.submitted.answers[i];
        const struct own_statement *o = &m->own[m->answered];
        if (!a->accepted) {
            return err_set(NG_ERR_REFUSED, "statement refused: %s", a->text);
        }
        buf_clear(&text);
        err = witness_receipt(&m->witness, a, o->statement,
                              (struct bytes){o->signature, KEY_SIGNATURE_SIZE},
                              &m->id.key.public_key, &text, &receipt);
        if (err == NG_OK) {
            if (!m->plan->later) {
                bench_histogram_add(&m->shared->latency, process_now_us() - o->sent_us);
                atomic_fetch_add(&m->all->delivered, 1);
            }
            m->answered++;
            m->shared->statements++;
        }
    }
    buf_fini(&text);
    m->frames -= m->plan->later ? 0 : 1;
    return err;
}

static enum ng_err take_answer(struct maker *m, struct bytes data, bool greeting)
{
    struct wire_from_broker *answer = NULL;
    enum ng_err err = wire_from_broker_decode(data, &answer);
    if (err != NG_OK) {
        return err_wrap(err, "answer");
    }
    err = witness_head(&m->witness, &answer->head, greeting);
    if (err == NG_OK && answer->kind == WIRE_SUBMITTED) {
        err = take_receipts(m, answer);
    } else if (err == NG_OK && answer->kind == WIRE_ERROR) {
        err = err_set(NG_ERR_PROTO, "the broker says: %s", answer->u.error.text);
    }
    wire_from_broker_destroy(&answer);
    return err;
}

static enum ng_err put_answer_off(struct maker *m, struct bytes data)
{
    struct wire_from_broker *answer = NULL;
    enum ng_err err = wire_from_broker_decode(data, &answer);
    if (err == NG_OK && answer->kind == WIRE_SUBMITTED) {
        err = count_answers(m, answer);
    }
    wire_from_broker_destroy(&answer);
    return err == NG_OK ? keep_answer(m, data) : err_wrap(err, "answer");
}

/* Every answer that was put off, in its order. */
static enum ng_err verify_kept(struct maker *m)
{
    enum ng_err err = NG_OK;
    m->answered = 0;
    for (size_t at = 0; at < m->kept.size && err == NG_OK;) {
        const size_t size = bytes_get_u32(m->kept.data + at);
        err = take_answer(m, (struct bytes){m->kept.data + at + 4, size}, false);
        at += 4 + size;
    }
    return err == NG_OK && m->answered < m->count ? err_set(NG_ERR_VERIFY, "receipts are missing")
                                                  : err;
}

/* Waits for one frame and takes it. */
static enum ng_err take_frame(struct maker *m, bool greeting)
{
    struct bytes data;
    enum ng_err err = net_client_receive(m->client, &data);
    for (int waited = 0; err == NG_ERR_AGAIN && waited < ANSWER_MS; waited += 1000) {
        err = net_client_wait(m->client, 1000, NULL, 0);
        if (err == NG_OK) {
            err = net_client_receive(m->client, &data);
        }
    }
    if (err != NG_OK) {
        return err_wrap(err, "answer");
    }
    return m->plan->later && !greeting ? put_answer_off(m, data) : take_answer(m, data, greeting);
}

static enum ng_err connect_line(struct maker *m)
{
    struct net_curve keys;
    memcpy(keys.public_key, m->id.curve_public, NET_CURVE_SIZE);
    memcpy(keys.secret, m->id.curve_secret, NET_CURVE_SIZE);
    enum ng_err err =
        witness_init(&m->witness, m->id.origin, &m->id.log_key, (struct bytes){NULL, 0});
    if (err == NG_OK) {
        err = net_client_open(m->id.endpoint, m->id.broker_curve, &keys, &m->client);
    }
    if (err == NG_OK) {
        err = hello(m);
    }
    return err == NG_OK ? take_frame(m, true) : err;
}

static void wait_for_gate(struct maker *m)
{
    atomic_fetch_add(&m->all->ready, 1);
    while (atomic_load(&m->all->gate) == 0) {
        (void)usleep(REST_US);
    }
}

static enum ng_err push(struct maker *m)
{
    enum ng_err err = NG_OK;
    while (err == NG_OK && m->answered < m->count) {
        const bool more = m->sent < m->count && m->frames < WIRE_CREDIT &&
                          m->sent - m->answered < m->plan->window;
        err = more ? submit(m) : take_frame(m, false);
    }
    return err;
}

/* ---- Through the outbox on disk ---- */

/* As at a ward: one process saves, each report in a synced transaction of its own, and another, the
 * holder of the uplink, delivers. What they have in common is in shared memory. */
struct durable {
    atomic_ullong authored, delivered; /* since the gate */
    double due_us[WINDOW_MAX];         /* when its saving began, by number modulo the window */
};

struct delivery {
    struct maker *m;
    struct party *party;
    struct durable *shared;
    uint64_t before; /* delivered before the gate */
    pid_t author;
};

static enum ng_err author_one(struct maker *m, struct party *party, struct durable *d, uint64_t i)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    d->due_us[i % m->plan->window] = process_now_us();
    enum ng_err err = town_report(m->plan->acts, m->plan->size, i, 0, &payload);
    const struct party_draft draft = {.kind = 16, .payload = buf_bytes(&payload)};
    if (err == NG_OK) {
        err = party_author(party, &draft, 1, 1, &seq);
    }
    if (err == NG_OK) {
        m->shared->bytes += payload.size;
        atomic_store(&d->authored, i + 1);
        party_wake(party_folder(party));
    }
    buf_fini(&payload);
    return err;
}

static enum ng_err author_all(struct maker *m, const char *folder, struct durable *d)
{
    struct party *party = NULL;
    enum ng_err err = party_open(folder, &party);
    while (atomic_load(&m->all->gate) == 0) {
        (void)usleep(REST_US);
    }
    for (uint64_t i = 0; i < m->plan->statements && err == NG_OK; i++) {
        while (i - atomic_load(&d->delivered) >= m->plan->window) {
            (void)usleep(REST_US);
        }
        err = author_one(m, party, d, i);
    }
    party_close(&party);
    return err;
}

static pid_t start_author(struct maker *m, const char *folder, struct durable *d)
{
    const pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const enum ng_err err = author_all(m, folder, d);
        _exit(err == NG_OK || bench_failed("author", err) ? 0 : 1);
    }
    return pid;
}

/* After each turn of the uplink: what has a verified receipt now had none before the turn. */
static bool take_delivered(void *context)
{
    struct delivery *d = context;
    struct party_status status;
    const bool author_ended = process_ended(d->author);
    if (party_status(d->party, &status) != NG_OK) {
        return true;
    }
    const double now = process_now_us();
    const uint64_t delivered = status.delivered - d->before;
    for (uint64_t i = atomic_load(&d->shared->delivered); i < delivered; i++) {
        bench_histogram_add(&d->m->shared->latency,
                            now - d->shared->due_us[i % d->m->plan->window]);
        atomic_fetch_add(&d->m->all->delivered, 1);
    }
    atomic_store(&d->shared->delivered, delivered);
    return delivered >= d->m->plan->statements ||
           (author_ended && atomic_load(&d->shared->authored) < d->m->plan->statements);
}

static enum ng_err deliver(struct delivery *d)
{
    struct party_status status;
    enum ng_err err = party_status(d->party, &status);
    if (err == NG_OK) {
        const struct party_run run = {
            .timeout_ms = DELIVER_MS, .stop_fd = -1, .done = take_delivered, .done_context = d};
        d->before = status.delivered;
        wait_for_gate(d->m);
        err = party_run(d->party, &run);
    }
    d->m->shared->end_us = process_now_us();
    d->m->shared->statements = atomic_load(&d->shared->delivered);
    return err == NG_OK && d->m->shared->statements < d->m->plan->statements
               ? err_set(NG_ERR_PEER, "the author ended early")
               : err;
}

static enum ng_err push_durable(struct maker *m, const char *folder)
{
    struct durable *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        return err_set_errno(errno, "mmap");
    }
    struct delivery d = {.m = m, .shared = shared, .author = start_author(m, folder, shared)};
    enum ng_err err = d.author > 0 ? party_open(folder, &d.party) : err_set_errno(errno, "fork");
    if (err == NG_OK) {
        err = deliver(&d);
    }
    party_close(&d.party);
    if (d.author > 0) {
        (void)kill(d.author, SIGKILL);
        (void)waitpid(d.author, NULL, 0);
    }
    (void)munmap(shared, sizeof(*shared));
    return err;
}

static enum ng_err work(struct maker *m, const char *folder)
{
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = identity_load(folder, &m->id);
    }
    if (err == NG_OK && m->plan->durable) {
        return push_durable(m, folder);
    }
    if (err == NG_OK) {
        err = find_start(m, folder);
    }
    if (err == NG_OK) {
        err = sign_all(m);
    }
    if (err == NG_OK) {
        err = connect_line(m);
    }
    if (err == NG_OK) {
        wait_for_gate(m);
        err = push(m);
        m->shared->end_us = process_now_us();
    }
    return err == NG_OK && m->plan->later ? verify_kept(m) : err;
}

static void run_producer(struct producers *all, unsigned number, const struct producer_plan *plan)
{
    char unit[17];
    char folder[TOWN_PATH_SIZE];
    struct maker m = {.all = all, .shared = &all->each[number], .plan = plan};
    buf_init(&m.frame, WIRE_FRAME_MAX);
    buf_init(&m.kept, (size_t)4 << 30);
    town_unit(number + 1, unit);
    town_data(all->town, unit, folder);
    const enum ng_err err = work(&m, folder);
    m.shared->good = err == NG_OK;
    if (err != NG_OK) {
        (void)bench_failed(unit, err);
        atomic_store(&all->failed, true);
        atomic_fetch_add(&all->ready, 1);
    }
}

/* ---- All of them ---- */

struct producers *producers_new(const struct town *t)
{
    struct producers *p =
        mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return NULL;
    }
    p->town = t;
    return p;
}

void producers_destroy(struct producers **p)
{
    if (*p != NULL) {
        (void)munmap(*p, sizeof(**p));
        *p = NULL;
    }
}

/* Until all stand at the gate; one that ended without reaching it, or a bound, ends the wait. */
static bool wait_ready(const struct producers *p)
{
    const double until = process_now_us() + READY_MS * 1e3;
    while (atomic_load(&p->ready) < p->town->producers) {
        for (unsigned i = 0; i < p->town->producers; i++) {
            if (p->pids[i] <= 0 || (process_ended(p->pids[i]) && !p->each[i].good) ||
                process_now_us() > until) {
                return bench_failed("producers", err_set(NG_ERR_PEER, "%u was never ready", i + 1));
            }
        }
        (void)usleep(1000);
    }
    return true;
}

bool producers_begin(struct producers *p, const struct producer_plan *plan)
{
    atomic_store(&p->gate, 0);
    atomic_store(&p->ready, 0);
    atomic_store(&p->delivered, 0);
    for (unsigned i = 0; i < p->town->producers; i++) {
        struct shared_producer *s = &p->each[i];
        s->statements = 0;
        s->bytes = 0;
        s->good = false;
        memset(&s->latency, 0, sizeof(s->latency));
        const pid_t pid = fork();
        if (pid == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            run_producer(p, i, plan);
            _exit(0);
        }
        p->pids[i] = pid; /* shared memory: the child must not write it */
    }
    if (!wait_ready(p)) {
        return false;
    }
    p->begin_us = process_now_us();
    atomic_store(&p->gate, 1);
    return true;
}

bool producers_running(const struct producers *p)
{
    bool running = false;
    for (unsigned i = 0; i < p->town->producers; i++) {
        running = running || !process_ended(p->pids[i]);
    }
    return running;
}

bool producers_wait(struct producers *p, struct producer_result *ret)
{
    bool good = true;
    double end = p->begin_us;
    memset(ret, 0, sizeof(*ret));
    for (unsigned i = 0; i < p->town->producers; i++) {
        const struct shared_producer *s = &p->each[i];
        int status = 0;
        (void)waitpid(p->pids[i], &status, 0);
        if (status != 0) {
            (void)fprintf(stderr, "nganam-bench: producer %u ended with status %d\n", i + 1,
                          status);
        }
        good = good && status == 0 && s->good;
        end = s->end_us > end ? s->end_us : end;
        ret->statements += s->statements;
        ret->bytes += s->bytes;
        bench_histogram_merge(&ret->latency, &s->latency);
    }
    ret->seconds = (end - p->begin_us) / 1e6;
    return good;
}

bool producers_run(struct producers *p, const struct producer_plan *plan,
                   struct producer_result *ret)
{
    return producers_begin(p, plan) && producers_wait(p, ret);
}

uint64_t producers_delivered(const struct producers *p)
{
    return atomic_load(&p->delivered);
}

bool producers_failed(const struct producers *p)
{
    return atomic_load(&p->failed);
}
