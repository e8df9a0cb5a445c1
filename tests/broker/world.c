#include "world.h"

#include "base/bytes.h"
#include "ledger/receipt.h"

/* ---- The broker ---- */

static bool take_answer(void *context, const struct session_peer *to, struct bytes frame)
{
    struct world *w = context;
    for (size_t i = 0; i < w->line_count; i++) {
        const struct line *line = w->lines[i];
        if (line->dead && line->peer.size == to->size &&
            memcmp(line->peer.id, to->id, to->size) == 0) {
            return false;
        }
    }
    CU_ASSERT_FATAL(w->answer_count < WORLD_ANSWERS_MAX);
    CU_ASSERT(frame.size <= WIRE_FRAME_MAX);
    struct answer *a = &w->answers[w->answer_count++];
    a->to = *to;
    CU_ASSERT_EQUAL_FATAL(wire_from_broker_decode(frame, &a->m), NG_OK);
    return true;
}

static void open_desk(struct world *w, size_t sessions_max, size_t requests_max)
{
    CU_ASSERT_EQUAL_FATAL(ledger_open(w->folder, NULL, LEDGER_WRITE, &w->ledger), NG_OK);
    const struct desk_config config = {.ledger = w->ledger,
                                       .send = take_answer,
                                       .line = w->line_fn,
                                       .context = w,
                                       .witnesses = w->witnesses,
                                       .blobs = w->blobs,
                                       .rate_max = w->rate_max,
                                       .kib_max = w->kib_max,
                                       .start_ms = w->start_ms,
                                       .sessions_max = sessions_max,
                                       .requests_max = requests_max};
    CU_ASSERT_EQUAL_FATAL(desk_new(&config, &w->desk), NG_OK);
}

void world_start(struct world *w, size_t sessions_max, size_t requests_max)
{
    memset(w, 0, sizeof(*w));
    w->now = (struct desk_now){.mono = {1000}, .wall_ms = WORLD_NOW_MS, .clock_trusted = true};
    w->next_id = 1;
    test_folder(w->folder, sizeof(w->folder));
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_create(w->folder, NULL, WORLD_ORIGIN, WORLD_NOW_MS), NG_OK);
    open_desk(w, sessions_max, requests_max);
}

void world_use_quota(struct world *w, uint64_t rate_max, uint64_t kib_max)
{
    w->rate_max = rate_max;
    w->kib_max = kib_max;
    world_restart(w);
}

void world_restart(struct world *w)
{
    const bool witnesses = w->witnesses != NULL;
    desk_destroy(&w->desk);
    witnesses_close(&w->witnesses);
    ledger_close(&w->ledger);
    open_desk(w, 0, 0);
    if (witnesses) {
        world_use_witnesses(w);
    }
}

void world_use_witnesses(struct world *w)
{
    desk_destroy(&w->desk);
    CU_ASSERT_EQUAL_FATAL(witnesses_open(w->folder, w->ledger, false, &w->witnesses), NG_OK);
    ledger_close(&w->ledger);
    open_desk(w, 0, 0);
}

void world_end(struct world *w)
{
    for (size_t i = 0; i < w->answer_count; i++) {
        wire_from_broker_destroy(&w->answers[i].m);
    }
    desk_destroy(&w->desk);
    witnesses_close(&w->witnesses);
    ledger_close(&w->ledger);
    test_remove_folder(w->folder);
}

void world_turn(struct world *w)
{
    CU_ASSERT_EQUAL_FATAL(desk_turn(w->desk, &w->now), NG_OK);
    w->now.mono.ms += 1;
    w->now.wall_ms += 1;
}

uint64_t world_size(struct world *w)
{
    struct ledger_head head;
    CU_ASSERT_EQUAL_FATAL(ledger_head(w->ledger, &head), NG_OK);
    return head.head.size;
}

/* ---- Parties ---- */

void world_invite(struct world *w, struct actor *a, const char *code, enum wire_role role)
{
    struct wire_invite invite = {.role = role, .expires_at = WORLD_NOW_MS + 3600 * 1000};
    (void)snprintf(a->code.text, sizeof(a->code.text), "%s", code);
    (void)snprintf(invite.party, sizeof(invite.party), "%s", code);
    a->role = role;
    key_generate(&a->invite_key);
    key_random(a->invite_curve, sizeof(a->invite_curve));
    memcpy(invite.invite_key, a->invite_key.public_key.bytes, 32);
    memcpy(invite.invite_curve, a->invite_curve, 32);
    CU_ASSERT_EQUAL_FATAL(inviter_say(w->ledger, &w->inviter, &invite, (uint64_t)w->now.wall_ms),
                          NG_OK);
}

void world_write(struct world *w, struct actor *a, uint32_t kind, const char *to,
                 struct bytes payload, struct buf *statement, uint8_t signature[64])
{
    struct statement s = {.author = a->code,
                          .epoch = a->epoch,
                          .kind = kind,
                          .seq = a->seq + 1,
                          .authored_at = (uint64_t)w->now.wall_ms,
                          .prev = a->prev,
                          .seen_size = a->seen_size,
                          .payload = payload};
    (void)snprintf(s.to.text, sizeof(s.to.text), "%s", to);
    memcpy(s.log_id, ledger_log_id(w->ledger), LOG_ID_SIZE);
    buf_init(statement, STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, statement), NG_OK);
    key_sign(&a->key, buf_bytes(statement), signature);
    a->seq++;
    a->prev = statement_hash(buf_bytes(statement));
}

void world_enrol_statement(struct world *w, struct actor *a, struct buf *statement,
                           uint8_t signature[64])
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct wire_enrol enrol = {.cosign_key = {0}};
    struct buf payload = BUF_INIT(1024);
    key_generate(&a->key);
    key_random(a->curve, sizeof(a->curve));
    a->epoch++;
    a->seq = 0;
    a->prev = (struct hash){{0}};
    registry_countersigned(ledger_log_id(w->ledger), &a->code, a->epoch, &a->key.public_key,
                           a->curve, covered);
    key_sign(&a->invite_key, (struct bytes){covered, sizeof(covered)}, enrol.countersignature);
    memcpy(enrol.curve, a->curve, 32);
    memcpy(enrol.invite_key, a->invite_key.public_key.bytes, 32);
    memcpy(enrol.key, a->key.public_key.bytes, 32);
    cosign_key(a->key.secret, &a->cosign_key);
    memcpy(enrol.cosign_key, a->cosign_key.public_key.bytes, 32);
    CU_ASSERT_EQUAL_FATAL(wire_enrol_encode(&enrol, &payload), NG_OK);
    world_write(w, a, STATEMENT_ENROL, "", buf_bytes(&payload), statement, signature);
    buf_fini(&payload);
}

void world_rotate_statement(struct world *w, struct actor *a, struct buf *statement,
                            uint8_t signature[64])
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct wire_rotate rotate = {.cosign_key = {0}};
    struct buf payload = BUF_INIT(1024);
    const struct key_pair before = a->key;
    key_generate(&a->key);
    key_random(a->curve, sizeof(a->curve));
    a->epoch++;
    a->seq = 0;
    a->prev = (struct hash){{0}};
    registry_countersigned_rotate(ledger_log_id(w->ledger), &a->code, a->epoch, &a->key.public_key,
                                  a->curve, covered);
    key_sign(&before, (struct bytes){covered, sizeof(covered)}, rotate.countersignature);
    memcpy(rotate.curve, a->curve, 32);
    memcpy(rotate.key, a->key.public_key.bytes, 32);
    cosign_key(a->key.secret, &a->cosign_key);
    memcpy(rotate.cosign_key, a->cosign_key.public_key.bytes, 32);
    CU_ASSERT_EQUAL_FATAL(wire_rotate_encode(&rotate, &payload), NG_OK);
    world_write(w, a, STATEMENT_ROTATE, "", buf_bytes(&payload), statement, signature);
    buf_fini(&payload);
}

void world_enrol(struct world *w, struct actor *a, const char *code, enum wire_role role)
{
    struct buf statement;
    uint8_t signature[64];
    world_invite(w, a, code, role);
    world_enrol_statement(w, a, &statement, signature);
    struct ledger_item item = {.statement = buf_bytes(&statement), .signature = {signature, 64}};
    CU_ASSERT_EQUAL_FATAL(ledger_append(w->ledger, &item, 1, (uint64_t)w->now.wall_ms), NG_OK);
    CU_ASSERT_EQUAL_FATAL(item.refusal, REFUSAL_OK);
    buf_fini(&statement);
}

void world_say(struct world *w, struct actor *a, uint32_t kind, const char *to,
               struct bytes payload)
{
    struct buf statement;
    uint8_t signature[64];
    world_write(w, a, kind, to, payload, &statement, signature);
    struct ledger_item item = {.statement = buf_bytes(&statement), .signature = {signature, 64}};
    CU_ASSERT_EQUAL_FATAL(ledger_append(w->ledger, &item, 1, (uint64_t)w->now.wall_ms), NG_OK);
    CU_ASSERT_EQUAL_FATAL(item.refusal, REFUSAL_OK);
    buf_fini(&statement);
}

/* ---- Connections ---- */

void world_connect(struct world *w, struct line *line, const char *user)
{
    memset(line, 0, sizeof(*line));
    line->peer.size = 5;
    bytes_put_u32(line->peer.id + 1, ++w->next_peer);
    (void)snprintf(line->user, sizeof(line->user), "%s", user);
    CU_ASSERT_FATAL(w->line_count < WORLD_LINES_MAX);
    w->lines[w->line_count++] = line;
}

void world_connect_as(struct world *w, struct line *line, const struct actor *a)
{
    char user[SESSION_USER_MAX + 1];
    (void)snprintf(user, sizeof(user), "%s/%u", a->code.text, a->epoch);
    world_connect(w, line, user);
}

void world_join(struct world *w, struct line *line, const struct actor *a)
{
    world_connect_as(w, line, a);
    uint64_t id = world_hello(w, line, "");
    world_turn(w);
    struct wire_from_broker *m = world_answer(w, line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_WELCOME);
    CU_ASSERT_STRING_EQUAL(m->u.welcome.party, a->code.text);
    CU_ASSERT_EQUAL(m->u.welcome.epoch, a->epoch);
    CU_ASSERT_EQUAL(m->u.welcome.high_water, a->seq);
    wire_from_broker_destroy(&m);
}

void world_send_bytes(struct world *w, struct line *line, const void *data, size_t size)
{
    if (desk_is_full(w->desk)) {
        world_turn(w);
    }
    CU_ASSERT_EQUAL_FATAL(
        desk_take(w->desk, &line->peer, line->user, (struct bytes){data, size}, w->now.mono),
        NG_OK);
}

uint64_t world_send(struct world *w, struct line *line, struct wire_to_broker *m)
{
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    m->id = w->next_id++;
    CU_ASSERT_EQUAL_FATAL(wire_to_broker_encode(m, &frame), NG_OK);
    world_send_bytes(w, line, frame.data, frame.size);
    buf_fini(&frame);
    return m->id;
}

uint64_t world_hello(struct world *w, struct line *line, const char *note)
{
    struct wire_to_broker m = {.kind = WIRE_HELLO};
    m.u.hello.protocol = WIRE_PROTOCOL;
    m.u.hello.head = note;
    return world_send(w, line, &m);
}

uint64_t world_submit(struct world *w, struct line *line, const struct buf *statement,
                      const uint8_t signature[64])
{
    const struct wire_signed one = {buf_bytes(statement), {signature, 64}};
    struct wire_to_broker m = {.kind = WIRE_SUBMIT};
    m.u.submit.statements = &one;
    m.u.submit.count = 1;
    return world_send(w, line, &m);
}

uint64_t world_fetch(struct world *w, struct line *line, enum wire_scope scope, uint64_t from,
                     uint32_t wait_ms)
{
    struct wire_to_broker m = {.kind = WIRE_FETCH};
    m.u.fetch.scope = scope;
    m.u.fetch.from_index = from;
    m.u.fetch.wait_ms = wait_ms;
    return world_send(w, line, &m);
}

/* ---- Answers ---- */

/* What a witness does with each head. */
static void check_head(struct world *w, struct line *line, const struct wire_from_broker *m)
{
    struct note_head head;
    const struct bytes note = {(const uint8_t *)m->head.note, strlen(m->head.note)};
    if (m->kind == WIRE_ERROR || m->kind == WIRE_STORED || m->kind == WIRE_BLOB) {
        CU_ASSERT_EQUAL(note.size, 0);
        return;
    }
    CU_ASSERT_EQUAL_FATAL(note_verify(note, WORLD_ORIGIN, ledger_log_key(w->ledger), &head), NG_OK);
    CU_ASSERT_EQUAL(m->head.from_size, line->head.size);
    if (line->head.size > 0) {
        struct tree_proof proof = {.count = m->head.consistency.size / HASH_SIZE};
        if (proof.count > 0) {
            memcpy(proof.hashes, m->head.consistency.data, m->head.consistency.size);
        }
        CU_ASSERT_EQUAL(tree_verify_consistency(line->head.size, head.size, &line->head.root,
                                                &head.root, proof.hashes, proof.count),
                        NG_OK);
    } else {
        CU_ASSERT_EQUAL(m->head.consistency.size, 0);
    }
    line->head = head;
}

struct wire_from_broker *world_answer(struct world *w, struct line *line, uint64_t id)
{
    for (size_t i = 0; i < w->answer_count; i++) {
        struct answer *a = &w->answers[i];
        if (a->m->id != id || a->to.size != line->peer.size ||
            memcmp(a->to.id, line->peer.id, a->to.size) != 0) {
            continue;
        }
        struct wire_from_broker *m = a->m;
        memmove(a, a + 1, (w->answer_count - i - 1) * sizeof(*a));
        w->answer_count--;
        check_head(w, line, m);
        return m;
    }
    return NULL;
}

uint32_t world_error(struct world *w, struct line *line, uint64_t id)
{
    struct wire_from_broker *m = world_answer(w, line, id);
    uint32_t code = m != NULL && m->kind == WIRE_ERROR ? m->u.error.code : 0;
    wire_from_broker_destroy(&m);
    return code;
}

/* A receipt made from the answer must hold for the statement. */
static void check_receipt(struct world *w, const struct wire_from_broker *m,
                          const struct buf *statement, const uint8_t signature[64])
{
    const struct wire_answer *a = &m->u.submitted.answers[0];
    const struct bytes note = {(const uint8_t *)m->head.note, strlen(m->head.note)};
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct receipt receipt;
    struct key_public key;
    memcpy(key.bytes, a->leaf_header.data + 32, sizeof(key.bytes));
    CU_ASSERT_EQUAL(
        receipt_format(a->leaf_header.data, signature, a->index, a->inclusion, note, &text), NG_OK);
    CU_ASSERT_EQUAL(receipt_verify(buf_bytes(&text), buf_bytes(statement), &key, WORLD_ORIGIN,
                                   ledger_log_keys(w->ledger), &receipt),
                    NG_OK);
    buf_fini(&text);
}

int world_try(struct world *w, struct line *line, const struct buf *statement,
              const uint8_t signature[64], uint64_t *ret_index)
{
    uint64_t id = world_submit(w, line, statement, signature);
    world_turn(w);
    struct wire_from_broker *m = world_answer(w, line, id);
    int code = -1;
    if (m != NULL && m->kind == WIRE_SUBMITTED && m->u.submitted.count == 1) {
        const struct wire_answer *a = &m->u.submitted.answers[0];
        code = a->accepted ? 0 : (int)a->refusal_code;
        if (a->accepted) {
            check_receipt(w, m, statement, signature);
        } else {
            CU_ASSERT_EQUAL(a->refusal_class, (uint32_t)refusal_class((enum refusal)code));
            CU_ASSERT(strlen(a->text) > 0);
        }
        if (a->accepted && ret_index != NULL) {
            *ret_index = a->index;
        }
    }
    wire_from_broker_destroy(&m);
    return code;
}
