/* One producer with a line of its own: it signs all its statements into memory, waits for the gate,
 * and keeps `window` of them on their way. Each answer is checked like a ward's: head, consistency,
 * inclusion; or, where the plan says later, is kept and checked when the clock has stopped. */
#include "bench/producer_state.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 30000

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
    const struct log_keys log_keys = log_keys_of(&m->id.log_key);
    enum ng_err err = witness_init(&m->witness, m->id.origin, &log_keys, (struct bytes){NULL, 0});
    if (err == NG_OK) {
        err = net_client_open(m->id.endpoint, m->id.broker_curve, &keys, &m->client);
    }
    if (err == NG_OK) {
        err = hello(m);
    }
    return err == NG_OK ? take_frame(m, true) : err;
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

enum ng_err producer_line_push(struct maker *m, const char *folder)
{
    enum ng_err err = find_start(m, folder);
    if (err == NG_OK) {
        err = sign_all(m);
    }
    if (err == NG_OK) {
        err = connect_line(m);
    }
    if (err == NG_OK) {
        producer_wait_for_gate(m);
        err = push(m);
        m->shared->end_us = process_now_us();
    }
    return err == NG_OK && m->plan->later ? verify_kept(m) : err;
}
