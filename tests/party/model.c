/* See model.h. Refusals are decided by seq and hash alone; signatures are checked too, since an
 * honest party's must hold. */
#include "model.h"

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(struct model *m, enum ng_err e)
{
    if (e != NG_OK) {
        m->fails = true;
    }
}

static enum ng_err emit(void *context, unsigned level, uint64_t index, const struct hash *hash)
{
    struct model *m = context;
    if (level >= MODEL_LEVELS || index >= MODEL_LEAVES_MAX) {
        return NG_ERR_LIMIT;
    }
    if (m->nodes[level] == NULL) {
        m->nodes[level] = calloc(MODEL_LEAVES_MAX >> level, sizeof(struct hash));
    }
    if (m->nodes[level] == NULL) {
        return NG_ERR_NOMEM;
    }
    m->nodes[level][index] = *hash;
    return NG_OK;
}

static enum ng_err read_node(void *context, unsigned level, uint64_t index, struct hash *ret_hash)
{
    const struct model *m = context;
    if (level >= MODEL_LEVELS || m->nodes[level] == NULL) {
        return NG_ERR_NOT_FOUND;
    }
    *ret_hash = m->nodes[level][index];
    return NG_OK;
}

static uint64_t append(struct model *m, struct bytes statement, const uint8_t signature[64],
                       const struct key_public *key, int64_t now_ms)
{
    struct buf *b = &m->leaves[m->count];
    if (now_ms > m->received_at) {
        m->received_at = now_ms;
    }
    const struct leaf leaf = {.index = m->count,
                              .received_at = (uint64_t)m->received_at,
                              .key = *key,
                              .statement = statement,
                              .signature = signature};
    buf_init(b, LEAF_SIZE_MAX);
    must(m, leaf_encode(&leaf, b));
    const struct hash hash = leaf_hash(buf_bytes(b));
    must(m, tree_edge_add(&m->edge, &hash, emit, m));
    if (m->count + 1 == MODEL_LEAVES_MAX) {
        m->fails = true;
        return m->count;
    }
    return m->count++;
}

static void append_log(struct model *m, const char *to, const char *text)
{
    struct buf b = BUF_INIT(STATEMENT_SIZE_MAX);
    uint8_t signature[64];
    struct statement s = {.author = {"log"}, .epoch = 1, .kind = 1, .seq = m->count + 1};
    (void)snprintf(s.to.text, sizeof(s.to.text), "%s", to);
    memcpy(s.log_id, m->log_id, LOG_ID_SIZE);
    s.payload = (struct bytes){(const uint8_t *)text, strlen(text)};
    must(m, statement_encode(&s, &b));
    key_sign(&m->log_key, buf_bytes(&b), signature);
    (void)append(m, buf_bytes(&b), signature, &m->log_key.public_key, 1);
    buf_fini(&b);
}

void model_append(struct model *m, const char *text)
{
    append_log(m, "", text);
}

void model_append_copy(struct model *m, const struct model *from, uint64_t index)
{
    struct leaf leaf;
    must(m, leaf_decode(buf_bytes(&from->leaves[index]), &leaf));
    (void)append(m, leaf.statement, leaf.signature, &leaf.key, (int64_t)leaf.received_at);
}

void model_append_unsigned(struct model *m, const char *text)
{
    const struct key_public key = m->log_key.public_key;
    m->log_key.public_key.bytes[0] ^= 1; /* the leaf names another key than the one that signs */
    append_log(m, "*", text);
    m->log_key.public_key = key;
}

struct model *model_new(const char *origin, uint8_t seed)
{
    struct model *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        return NULL;
    }
    uint8_t bytes[32] = {seed};
    (void)snprintf(m->origin, sizeof(m->origin), "%s", origin);
    key_from_seed(bytes, &m->log_key);
    statement_log_id(origin, m->log_id);
    append_log(m, "*", m->origin);
    return m;
}

void model_destroy(struct model **m)
{
    if (*m == NULL) {
        return;
    }
    for (size_t i = 0; i < (*m)->count; i++) {
        buf_fini(&(*m)->leaves[i]);
    }
    for (size_t i = 0; i < MODEL_LEVELS; i++) {
        free((*m)->nodes[i]);
    }
    free(*m);
    *m = NULL;
}

size_t model_add_party(struct model *m, const char *code, uint32_t epoch,
                       const struct key_public *key)
{
    struct model_party *p = &m->parties[m->party_count];
    *p = (struct model_party){.epoch = epoch, .key = *key};
    (void)snprintf(p->code.text, sizeof(p->code.text), "%s", code);
    return m->party_count++;
}

struct note_head model_head(const struct model *m)
{
    struct note_head head = {.size = m->count, .root = tree_edge_root(&m->edge)};
    (void)snprintf(head.origin, sizeof(head.origin), "%s", m->origin);
    return head;
}

/* ---- Answering ---- */

struct answer {
    struct model *model;
    struct model_party *party;
    struct wire_from_broker frame;
    struct buf note;
    struct tree_proof consistency;
};

static void answer_init(struct answer *a, struct model *m, struct model_party *p, uint64_t id)
{
    *a = (struct answer){.model = m, .party = p};
    a->frame.id = id;
    buf_init(&a->note, NOTE_SIZE_MAX);
}

static void sign_head(struct answer *a, const struct note_head *head)
{
    must(a->model, note_sign(head, &a->model->log_key, &a->note));
    if (a->model->lie == MODEL_WRONG_SIGNATURE) {
        /* the last letter before the line's end and the padding */
        uint8_t *letter = &a->note.data[a->note.size - 6];
        *letter = *letter == 'A' ? 'B' : 'A';
    }
}

static void answer_send(struct answer *a, model_send_fn send, void *context)
{
    struct model *m = a->model;
    const struct note_head head = model_head(m);
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    sign_head(a, &head);
    a->frame.head.note = buf_text(&a->note);
    a->frame.head.from_size = a->party->last.size;
    a->frame.head.witness = m->witness;
    if (a->party->last.size > 0) {
        must(m, tree_consistency(a->party->last.size, head.size, read_node, m, &a->consistency));
        if (m->lie == MODEL_WRONG_CONSISTENCY && a->consistency.count > 0) {
            a->consistency.hashes[0].bytes[7] ^= 1;
        }
        a->frame.head.consistency =
            (struct bytes){a->consistency.hashes[0].bytes, a->consistency.count * HASH_SIZE};
    }
    a->party->last = head;
    must(m, wire_from_broker_encode(&a->frame, &frame));
    send(context, (size_t)(a->party - m->parties), buf_bytes(&frame));
    buf_fini(&frame);
    buf_fini(&a->note);
}

static void send_error(struct model *m, struct model_party *p, uint64_t id, uint32_t code,
                       model_send_fn send, void *context)
{
    struct wire_from_broker f = {.id = id, .kind = WIRE_ERROR, .head.note = ""};
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    f.u.error.code = code;
    f.u.error.text = "no";
    must(m, wire_from_broker_encode(&f, &frame));
    send(context, (size_t)(p - m->parties), buf_bytes(&frame));
    buf_fini(&frame);
}

/* The head a party shows counts only when our own signature is on it and it is of our log. */
static void remember_shown(struct model *m, struct model_party *p, const char *note)
{
    struct note_head shown;
    p->last = (struct note_head){0};
    const struct bytes bytes = {(const uint8_t *)note, strlen(note)};
    if (bytes.size > 0 && note_verify(bytes, m->origin, &m->log_key.public_key, &shown) == NG_OK &&
        shown.size <= m->count) {
        p->last = shown;
    }
}

static void on_hello(struct model *m, struct model_party *p, const struct wire_to_broker *f,
                     model_send_fn send, void *context)
{
    struct answer a;
    answer_init(&a, m, p, f->id);
    remember_shown(m, p, f->u.hello.head);
    p->greeted = true;
    a.frame.kind = WIRE_WELCOME;
    a.frame.u.welcome.protocol = WIRE_PROTOCOL;
    a.frame.u.welcome.party = p->code.text;
    a.frame.u.welcome.epoch = p->epoch;
    a.frame.u.welcome.high_water = p->high_water;
    if (m->lie == MODEL_LOW_WATER && p->high_water > 0) {
        a.frame.u.welcome.high_water = p->high_water - 1;
    }
    a.frame.u.welcome.credit = WIRE_CREDIT;
    a.frame.u.welcome.frame_max = WIRE_FRAME_MAX;
    a.frame.u.welcome.frozen = p->frozen;
    answer_send(&a, send, context);
}

/* The index of an author's statement, or count. */
static uint64_t find_own(const struct model *m, const struct statement *s)
{
    for (uint64_t i = 0; i < m->count; i++) {
        struct leaf leaf;
        struct statement other;
        if (leaf_decode(buf_bytes(&m->leaves[i]), &leaf) == NG_OK &&
            statement_decode(leaf.statement, &other) == NG_OK &&
            strcmp(other.author.text, s->author.text) == 0 && other.epoch == s->epoch &&
            other.seq == s->seq) {
            return i;
        }
    }
    return m->count;
}

static enum refusal judge(const struct model *m, const struct model_party *p,
                          const struct wire_signed *w, const struct statement *s)
{
    if (memcmp(s->log_id, m->log_id, LOG_ID_SIZE) != 0) {
        return REFUSAL_LOG;
    }
    if (strcmp(s->author.text, p->code.text) != 0) {
        return REFUSAL_AUTHOR;
    }
    if (s->epoch != p->epoch) {
        return REFUSAL_OLD_EPOCH;
    }
    if (!key_verify(&p->key, w->statement, w->signature.data)) {
        return REFUSAL_SIGNATURE;
    }
    if (p->frozen) {
        return REFUSAL_FROZEN;
    }
    if (m->refuse != REFUSAL_OK) {
        return m->refuse;
    }
    if (s->seq > p->high_water + 1) {
        return REFUSAL_GAP;
    }
    return hash_equal(&s->prev, &p->prev) ? REFUSAL_OK : REFUSAL_PREV;
}

static void submit_one(struct model *m, struct model_party *p, const struct wire_signed *w,
                       int64_t now_ms, struct wire_answer *a)
{
    struct statement s;
    *a = (struct wire_answer){.text = ""};
    if (statement_decode(w->statement, &s) != NG_OK || w->signature.size != 64) {
        a->refusal_code = REFUSAL_DOMAIN;
        a->refusal_class = REFUSAL_VOID;
        return;
    }
    a->seq = s.seq;
    if (s.seq <= p->high_water && s.epoch == p->epoch) {
        struct leaf leaf;
        a->index = find_own(m, &s);
        must(m, leaf_decode(buf_bytes(&m->leaves[a->index]), &leaf));
        a->accepted = bytes_compare(leaf.statement, w->statement) == 0;
        a->refusal_code = REFUSAL_FORK;
        p->frozen = p->frozen || !a->accepted;
    } else {
        const enum refusal refusal = judge(m, p, w, &s);
        a->accepted = refusal == REFUSAL_OK;
        a->refusal_code = refusal;
        if (a->accepted) {
            a->index = append(m, w->statement, w->signature.data, &p->key, now_ms);
            p->high_water = s.seq;
            p->prev = statement_hash(w->statement);
        }
    }
    if (!a->accepted) {
        a->refusal_class = refusal_class((enum refusal)a->refusal_code);
        a->expected_seq = a->refusal_code == REFUSAL_GAP ? p->high_water + 1 : 0;
    }
}

static void fill_receipt(struct model *m, struct wire_answer *a, struct tree_proof *proof)
{
    const size_t other = m->lie == MODEL_OTHER_LEAF && a->index > 0 ? a->index - 1 : a->index;
    must(m, tree_inclusion(a->index, m->count, read_node, m, proof));
    if (m->lie == MODEL_WRONG_INCLUSION && proof->count > 0) {
        proof->hashes[proof->count - 1].bytes[31] ^= 0x80;
    }
    a->leaf_header = (struct bytes){m->leaves[other].data, LEAF_HEADER_SIZE};
    a->inclusion = (struct bytes){proof->hashes[0].bytes, proof->count * HASH_SIZE};
}

static void on_submit(struct model *m, struct model_party *p, const struct wire_to_broker *f,
                      int64_t now_ms, model_send_fn send, void *context)
{
    static struct tree_proof proofs[WIRE_STATEMENTS_MAX];
    struct wire_answer answers[WIRE_STATEMENTS_MAX];
    struct answer a;
    answer_init(&a, m, p, f->id);
    for (size_t i = 0; i < f->u.submit.count; i++) {
        submit_one(m, p, &f->u.submit.statements[i], now_ms, &answers[i]);
    }
    for (size_t i = 0; i < f->u.submit.count; i++) {
        if (answers[i].accepted) {
            fill_receipt(m, &answers[i], &proofs[i]);
        }
    }
    a.frame.kind = WIRE_SUBMITTED;
    a.frame.u.submitted.answers = answers;
    a.frame.u.submitted.count = f->u.submit.count;
    answer_send(&a, send, context);
}

/* ---- Reading ---- */

static bool wanted(const struct model *m, const struct model_party *p, uint64_t index)
{
    struct leaf leaf;
    struct statement s;
    return p->fetch_scope == WIRE_SCOPE_LOG ||
           (leaf_decode(buf_bytes(&m->leaves[index]), &leaf) == NG_OK &&
            statement_decode(leaf.statement, &s) == NG_OK &&
            (strcmp(s.to.text, "*") == 0 || strcmp(s.to.text, p->code.text) == 0));
}

#define ENTRIES_MAX 8 /* small, so that backlogs come in several answers */

static void answer_fetch(struct model *m, struct model_party *p, model_send_fn send, void *context)
{
    static struct tree_proof proofs[ENTRIES_MAX];
    static uint8_t altered[LEAF_SIZE_MAX];
    struct tree_proof tail = {.count = 0};
    struct wire_entry entries[ENTRIES_MAX];
    struct answer a;
    size_t count = 0;
    uint64_t next = p->fetch_from;
    answer_init(&a, m, p, p->fetch_id);
    for (; next < m->count && count < ENTRIES_MAX; next++) {
        if (!wanted(m, p, next)) {
            continue;
        }
        must(m, tree_inclusion(next, m->count, read_node, m, &proofs[count]));
        entries[count].leaf = buf_bytes(&m->leaves[next]);
        if (m->lie == MODEL_ALTERED_LEAF) {
            memcpy(altered, m->leaves[next].data, m->leaves[next].size);
            altered[31] ^= 1; /* the lowest byte of received_at: the signature still holds */
            entries[count].leaf.data = altered;
        }
        const struct bytes proof = {proofs[count].hashes[0].bytes, proofs[count].count * HASH_SIZE};
        entries[count].inclusion = p->fetch_scope == WIRE_SCOPE_LOG ? (struct bytes){0} : proof;
        count++;
    }
    if (p->fetch_scope == WIRE_SCOPE_LOG && next > 0) {
        must(m, tree_consistency(next, m->count, read_node, m, &tail));
        a.frame.u.entries.tail = (struct bytes){tail.hashes[0].bytes, tail.count * HASH_SIZE};
    }
    a.frame.kind = WIRE_ENTRIES;
    a.frame.u.entries.entries = entries;
    a.frame.u.entries.count = count;
    a.frame.u.entries.next_index = next;
    p->fetch_id = 0;
    answer_send(&a, send, context);
}

static bool something_for(const struct model *m, const struct model_party *p)
{
    for (uint64_t i = p->fetch_from; i < m->count; i++) {
        if (wanted(m, p, i)) {
            return true;
        }
    }
    return false;
}

void model_tick(struct model *m, int64_t now_ms, model_send_fn send, void *context)
{
    for (size_t i = 0; i < m->party_count; i++) {
        struct model_party *p = &m->parties[i];
        if (p->fetch_id != 0 && (now_ms >= p->fetch_until || something_for(m, p))) {
            answer_fetch(m, p, send, context);
        }
    }
}

static void on_fetch(struct model *m, struct model_party *p, const struct wire_to_broker *f,
                     int64_t now_ms, model_send_fn send, void *context)
{
    if (p->fetch_id != 0) {
        answer_fetch(m, p, send, context); /* a second Fetch lets the parked one go */
    }
    p->fetch_id = f->id;
    p->fetch_from = f->u.fetch.from_index;
    p->fetch_scope = f->u.fetch.scope;
    p->fetch_until = now_ms + f->u.fetch.wait_ms;
}

/* The proof is always one of our own tree: of a note that is none of ours we have no other. */
static void on_cosign(struct model *m, struct model_party *p, const struct wire_to_broker *f,
                      model_send_fn send, void *context)
{
    const struct note_head head = model_head(m);
    struct buf own = BUF_INIT(NOTE_SIZE_MAX);
    struct tree_proof proof = {.count = 0};
    struct note_head shown = head;
    struct answer a;
    if (f->u.cosign.cosignature.size > 0) {
        m->cosigned++;
        return;
    }
    must(m, note_sign(&head, &m->log_key, &own));
    const struct bytes gossip = {(const uint8_t *)m->gossip,
                                 m->gossip == NULL ? 0 : strlen(m->gossip)};
    if (gossip.size > 0) {
        must(m, note_verify(gossip, m->origin, &m->log_key.public_key, &shown));
    }
    if (shown.size < head.size) {
        must(m, tree_consistency(shown.size, head.size, read_node, m, &proof));
    }
    answer_init(&a, m, p, f->id);
    a.frame.kind = WIRE_COSIGNED;
    a.frame.u.cosigned.note = gossip.size > 0 ? m->gossip : buf_text(&own);
    a.frame.u.cosigned.consistency = (struct bytes){proof.hashes[0].bytes, proof.count * HASH_SIZE};
    a.frame.u.cosigned.witnesses = NULL;
    a.frame.u.cosigned.count = 0;
    a.frame.u.cosigned.more = false;
    answer_send(&a, send, context);
    buf_fini(&own);
}

static void on_prove(struct model *m, struct model_party *p, const struct wire_to_broker *f,
                     model_send_fn send, void *context)
{
    struct tree_proof proof = {.count = 0};
    struct answer a;
    if (f->u.prove.kind != WIRE_PROVE_CONSISTENCY || f->u.prove.b > m->count) {
        send_error(m, p, f->id, WIRE_ERROR_RANGE, send, context);
        return;
    }
    must(m, tree_consistency(f->u.prove.a, f->u.prove.b, read_node, m, &proof));
    answer_init(&a, m, p, f->id);
    a.frame.kind = WIRE_PROOF;
    a.frame.u.proof.hashes = (struct bytes){proof.hashes[0].bytes, proof.count * HASH_SIZE};
    answer_send(&a, send, context);
}

void model_frame(struct model *m, size_t party, struct bytes frame, int64_t now_ms,
                 model_send_fn send, void *context)
{
    struct model_party *p = &m->parties[party];
    struct wire_to_broker *f = NULL;
    if (wire_to_broker_decode(frame, &f) != NG_OK) {
        m->fails = true;
        return;
    }
    if (f->kind == WIRE_HELLO) {
        on_hello(m, p, f, send, context);
    } else if (!p->greeted) {
        send_error(m, p, f->id, WIRE_ERROR_HELLO_FIRST, send, context);
    } else if (f->kind == WIRE_SUBMIT) {
        on_submit(m, p, f, now_ms, send, context);
    } else if (f->kind == WIRE_COSIGN) {
        on_cosign(m, p, f, send, context);
    } else if (f->kind == WIRE_FETCH) {
        on_fetch(m, p, f, now_ms, send, context);
    } else if (f->kind == WIRE_PROVE) {
        on_prove(m, p, f, send, context);
    }
    wire_to_broker_destroy(&f);
    model_tick(m, now_ms, send, context);
}

void model_disconnect(struct model *m, size_t party)
{
    m->parties[party].greeted = false;
    m->parties[party].fetch_id = 0;
}
