/* One walk over the log gathers everything an outsider can recount (struct count); then each party,
 * the state, the answers and the heads are held against it.
 *
 * Its own: the Merkle root by the recursive definition of RFC 6962, the order of each author, the
 * newest points of each component, who was judged how often. Borrowed from the code under test: the
 * form of leaves, statements and payloads, SHA-256, and receipt_verify, which is the judge that a
 * court would use. */
#include "check.h"

#include "office-service/board.h"
#include "office-service/score_row.h"
#include "office-service/verdict_row.h"
#include "proto/wire_par.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit_count {
    const char *code;
    uint64_t seq; /* of its newest leaf */
    struct hash prev;
    uint64_t reports; /* leaves that the book has */
    bool answered[TOWN_COMPONENTS];
    int64_t points[TOWN_COMPONENTS];
};

struct leaf_count {
    struct hash hash; /* of the leaf, RFC 6962 */
    struct hash statement;
    char author[PARTY_CODE_MAX + 1];
    char to[PARTY_CODE_MAX + 1];
    uint64_t seq;
    const struct book_said *said; /* NULL: no report of ours */
    uint32_t accepted;            /* acts that must be */
    unsigned verdicts;
};

struct count {
    struct town *town;
    struct leaf_count *leaves;
    uint64_t size;
    struct unit_count units[1 + TOWN_UNITS];
    uint64_t accepted, refused;
    uint64_t received_at; /* of the newest leaf */
    unsigned wrong;
};

static void fault(struct count *c, const char *format, ...) NG_PRINTF(2, 3);
static void fault(struct count *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "  wrong: ");
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "\n");
    va_end(args);
    c->wrong++;
}

static unsigned long long llu(uint64_t v)
{
    return (unsigned long long)v;
}

/* ---- The walk ---- */

static void count_report(struct count *c, struct unit_count *u, struct leaf_count *l)
{
    u->reports++;
    for (size_t i = 0; i < l->said->act_count; i++) {
        const struct book_act *a = &l->said->acts[i];
        if (a->outcome == BOOK_ACCEPTED) {
            u->answered[a->component] = true;
            u->points[a->component] = a->points;
            l->accepted++;
        }
        c->refused += a->outcome == BOOK_REFUSED;
    }
    c->accepted += l->accepted;
}

static void count_verdicts(struct count *c, const struct statement *s, const char *to)
{
    struct wire_acts *acts = NULL;
    if (wire_acts_decode(s->payload, &acts) != NG_OK) {
        fault(c, "a verdict that cannot be read");
        return;
    }
    for (size_t i = 0; i < acts->count; i++) {
        const struct wire_verdict *v = &acts->acts[i].u.verdict;
        struct leaf_count *l = v->index < c->size ? &c->leaves[v->index] : NULL;
        if (l == NULL || l->said == NULL || strcmp(l->author, to) != 0 || v->seq != l->seq ||
            v->accepted != l->accepted || v->finding_count != l->said->act_count - l->accepted) {
            fault(c, "the verdict on leaf %llu to %s is not what it should be", llu(v->index), to);
        } else {
            l->verdicts++;
        }
    }
    wire_acts_destroy(&acts);
}

static struct unit_count *find_unit(struct count *c, const char *code)
{
    for (size_t i = 0; i <= TOWN_UNITS; i++) {
        if (strcmp(c->units[i].code, code) == 0) {
            return &c->units[i];
        }
    }
    return NULL;
}

/* An author's statements are 1, 2, 3 …, each chained to the one before. */
static void count_author(struct count *c, struct unit_count *u, const struct statement *s,
                         struct leaf_count *l)
{
    const struct hash zero = {{0}};
    const struct hash *prev = u->seq == 0 ? &zero : &u->prev;
    if (s->seq != u->seq + 1 || s->epoch != 1 || !hash_equal(&s->prev, prev)) {
        fault(c, "%s: statement %llu stands behind %llu", u->code, llu(s->seq), llu(u->seq));
    }
    u->seq = s->seq;
    u->prev = l->statement;
}

static void count_leaf(struct count *c, uint64_t index, struct bytes bytes)
{
    struct leaf_count *l = &c->leaves[index];
    struct leaf leaf;
    struct statement s;
    l->hash = hash_prefixed(0, bytes, (struct bytes){NULL, 0});
    if (leaf_decode(bytes, &leaf) != NG_OK || leaf_verify(&leaf) != NG_OK || leaf.index != index ||
        statement_decode(leaf.statement, &s) != NG_OK) {
        fault(c, "leaf %llu is none", llu(index));
        return;
    }
    if (leaf.received_at < c->received_at) {
        fault(c, "leaf %llu was received before the one before it", llu(index));
    }
    c->received_at = leaf.received_at;
    l->statement = hash_of(leaf.statement.data, leaf.statement.size);
    l->seq = s.seq;
    memcpy(l->author, s.author.text, sizeof(l->author));
    memcpy(l->to, s.to.text, sizeof(l->to));
    struct unit_count *u = find_unit(c, l->author);
    if (u == NULL) {
        return; /* the log's own */
    }
    count_author(c, u, &s, l);
    l->said = book_find(&c->town->book, &l->statement);
    if (l->said != NULL) {
        count_report(c, u, l);
    } else if (s.kind == WIRE_KIND_REPORT) {
        fault(c, "leaf %llu is a report that nobody wrote", llu(index));
    } else if (s.kind == WIRE_KIND_VERDICT) {
        count_verdicts(c, &s, l->to);
    }
    const bool by_pump = s.kind == WIRE_KIND_VERDICT || s.kind == WIRE_KIND_TICK;
    c->accepted += by_pump && index >= c->town->base_size; /* one act each */
}

static void walk(struct count *c)
{
    struct backend *b = &c->town->w->broker;
    struct buf bytes = BUF_INIT(LEAF_SIZE_MAX);
    for (uint64_t i = 0; i < c->size; i++) {
        b->leaf(b->self, i, &bytes);
        count_leaf(c, i, buf_bytes(&bytes));
    }
    buf_fini(&bytes);
}

/* ---- Heads and answers ---- */

/* RFC 6962 §2.1 word for word; depth log2 of the size. */
static struct hash root_of(const struct leaf_count *leaves, uint64_t count) /* count > 0 */
{
    if (count == 1) {
        return leaves[0].hash;
    }
    uint64_t k = 1;
    while (k * 2 < count) {
        k *= 2;
    }
    const struct hash left = root_of(leaves, k), right = root_of(leaves + k, count - k);
    return hash_prefixed(1, HASH_BYTES(left), HASH_BYTES(right));
}

/* Whatever head anybody was shown is the head of a prefix of the one log. */
static void check_heads(struct count *c)
{
    const struct book *b = &c->town->book;
    for (size_t i = 0; i < b->head_count; i++) {
        const struct book_head *h = &b->heads[i];
        const bool known = h->size > 0 && h->size <= c->size;
        const struct hash root = known ? root_of(c->leaves, h->size) : h->root;
        if (!known || !hash_equal(&root, &h->root)) {
            fault(c, "a head of size %llu was shown that the log of %llu contradicts", llu(h->size),
                  llu(c->size));
        }
    }
}

static void check_acks(struct count *c)
{
    const struct book *b = &c->town->book;
    for (size_t i = 0; i < b->ack_count; i++) {
        const struct book_ack *a = &b->acks[i];
        const struct leaf_count *l = a->index < c->size ? &c->leaves[a->index] : NULL;
        if (l == NULL || l->seq != a->seq || strcmp(l->author, a->code) != 0) {
            fault(c, "%s %llu was acknowledged as leaf %llu and is not there", a->code, llu(a->seq),
                  llu(a->index));
        }
    }
}

/* ---- The parties ---- */

static void check_receipts(struct count *c, size_t n)
{
    struct world *w = c->town->w;
    struct party *p = w->parties[n].party;
    const struct party_status s = world_status(w, n);
    const struct log_keys keys = log_keys_of(&w->broker.log_key);
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), text = BUF_INIT(RECEIPT_SIZE_MAX);
    for (uint64_t seq = 1; seq <= s.authored; seq++) {
        struct party_own own = {0};
        struct receipt r = {0};
        bool good = party_own_get(p, seq, &own, &statement, &text) == NG_OK;
        if (good && (own.delivered || seq <= s.delivered)) {
            const struct hash hash = hash_of(statement.data, statement.size);
            good = own.index < c->size && hash_equal(&c->leaves[own.index].statement, &hash) &&
                   receipt_verify(buf_bytes(&text), buf_bytes(&statement),
                                  &party_identity(p)->key.public_key, w->broker.origin, &keys,
                                  &r) == NG_OK &&
                   r.index == own.index;
        }
        if (!good) {
            fault(c, "%s (machine %zu): the receipt of statement %llu does not hold",
                  w->parties[n].code, n, llu(seq));
        }
    }
    buf_fini(&statement);
    buf_fini(&text);
}

/* The inbox holds what the log has for this unit, each once, byte for byte; so every verdict too.
 */
static void check_inbox(struct count *c, size_t n)
{
    const struct world_party *p = &c->town->w->parties[n];
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    uint64_t from = 0, index = 0;
    for (uint64_t i = 0; i < c->size; i++) {
        if (strcmp(c->leaves[i].to, "*") != 0 && strcmp(c->leaves[i].to, p->code) != 0) {
            continue;
        }
        const bool there = party_inbox_next(p->party, from, &index, &leaf) == NG_OK && index == i;
        const struct hash hash = hash_prefixed(0, buf_bytes(&leaf), (struct bytes){NULL, 0});
        if (!there || !hash_equal(&hash, &c->leaves[i].hash)) {
            fault(c, "%s (machine %zu): leaf %llu is not in its inbox", p->code, n, llu(i));
            break;
        }
        from = i + 1;
    }
    if (party_inbox_next(p->party, from, &index, &leaf) != NG_ERR_NOT_FOUND) {
        fault(c, "%s (machine %zu): leaf %llu should not be in its inbox", p->code, n, llu(index));
    }
    buf_fini(&leaf);
}

struct alarms {
    bool accuses;
    uint32_t clock;
};

static enum ng_err see_alarm(void *context, int64_t at_ms, const char *text)
{
    struct alarms *a = context;
    (void)at_ms;
    if (strstr(text, "this machine's clock right") != NULL) {
        a->clock++; /* clocks jump here */
        return NG_OK;
    }
    a->accuses = a->accuses || (strstr(text, "old copy") == NULL &&
                                strstr(text, "takes nothing more from this key") == NULL);
    return NG_OK;
}

/* Nobody is accused of a lie who told none; nobody is muted but where a folder was copied. */
static void check_alarms(struct count *c, size_t n)
{
    const struct town *t = c->town;
    struct alarms a = {.accuses = false};
    const enum ng_err e = party_alarms(t->w->parties[n].party, see_alarm, &a);
    const struct party_status s = world_status(t->w, n);
    if (e != NG_OK || (a.accuses && !t->was_bent[n]) || (a.clock > 0 && t->seen.jumps == 0) ||
        (a.accuses != (s.alarm_count > a.clock) && !t->copied[n]) ||
        (town_is_muted(t, n) && !t->copied[n])) {
        fault(c, "%s (machine %zu) has %u alarms and is%s muted", t->w->parties[n].code, n,
              s.alarm_count, town_is_muted(t, n) ? "" : " not");
    }
}

/* Whoever is not an old copy, nor frozen, has delivered all it wrote; and it wrote what the book
 * says. */
static void check_delivered(struct count *c, size_t n)
{
    const struct town *t = c->town;
    const char *code = t->w->parties[n].code;
    const struct unit_count *u = find_unit(c, code);
    const struct party_status s = world_status(t->w, n);
    if (town_is_muted(t, n)) {
        return;
    }
    if (s.outbox != 0 || u->seq < s.authored) {
        fault(c, "%s (machine %zu): %llu of %llu are delivered, the log has %llu", code, n,
              llu(s.delivered), llu(s.authored), llu(u->seq));
    }
    if (!t->copied[n] && n > 0 &&
        (u->reports != book_count(&t->book, code) || s.authored != u->reports + 1)) {
        fault(c, "%s: %zu reports were written, the log has %llu", code, book_count(&t->book, code),
              llu(u->reports));
    }
}

/* ---- The state ---- */

static void check_points(struct count *c, const struct mirror_view *v, const struct unit_count *u)
{
    const struct score_place at = {TOWN_YEAR, TOWN_GROUP, u->code};
    for (size_t i = 0; i < TOWN_COMPONENTS; i++) {
        struct score_row row;
        const enum ng_err e = score_row_get(mirror_view_state(v), &at, town_components[i], &row);
        const bool good = u->answered[i] ? e == NG_OK && row.score.points.micro == u->points[i]
                                         : e == NG_ERR_NOT_FOUND;
        if (!good) {
            fault(c, "%s: component %s is not worth what its newest report says", u->code,
                  town_components[i]);
        }
    }
}

static void check_board(struct count *c, const struct mirror_view *v)
{
    struct board b;
    if (board_make(mirror_view_state(v), v->sets, TOWN_YEAR, TOWN_GROUP, BASIS_LIVE, &b) != NG_OK) {
        fault(c, "no board: %s", err_detail());
        return;
    }
    for (size_t n = 1; n <= TOWN_UNITS; n++) {
        const struct board_row *row = board_find(&b, c->units[n].code);
        int64_t sum = 0;
        for (size_t i = 0; i < TOWN_COMPONENTS; i++) {
            sum += c->units[n].points[i];
        }
        if (row == NULL || row->total.points.micro != sum) {
            fault(c, "%s: its row on the board is not the sum of its components", c->units[n].code);
        }
    }
    board_fini(&b);
}

static void check_state(struct count *c)
{
    struct town *t = c->town;
    struct mirror_view v;
    struct state_meta meta;
    if (mirror_view_begin(t->mirror, &v) != NG_OK) {
        fault(c, "no state: %s", err_detail());
        return;
    }
    if (state_meta_get(mirror_view_state(&v), &meta) != NG_OK || meta.applied != c->size ||
        meta.accepted != t->accepted_base + c->accepted ||
        meta.refused != t->refused_base + c->refused || meta.unreadable != 0 || meta.unknown != 0) {
        fault(c, "the state has %llu leaves, %llu accepted, %llu refused; the log %llu, %llu, %llu",
              llu(meta.applied), llu(meta.accepted), llu(meta.refused), llu(c->size),
              llu(t->accepted_base + c->accepted), llu(t->refused_base + c->refused));
    }
    for (size_t n = 1; n <= TOWN_UNITS; n++) {
        check_points(c, &v, &c->units[n]);
    }
    check_board(c, &v);
    mirror_view_end(&v);
    if (mirror_check(t->mirror) != NG_OK) {
        fault(c, "%s", err_detail());
    }
}

static void check_verdicts(struct count *c)
{
    for (uint64_t i = 0; i < c->size; i++) {
        if (c->leaves[i].said != NULL && c->leaves[i].verdicts != 1) {
            fault(c, "leaf %llu of %s has %u verdicts", llu(i), c->leaves[i].author,
                  c->leaves[i].verdicts);
        }
    }
}

unsigned check_town(struct town *t)
{
    struct backend *b = &t->w->broker;
    struct count c = {.town = t, .size = b->count(b->self)};
    c.leaves = calloc(c.size, sizeof(*c.leaves));
    if (c.leaves == NULL) {
        abort();
    }
    for (size_t n = 0; n <= TOWN_UNITS; n++) {
        c.units[n].code = t->w->parties[n].code;
    }
    if (t->w->failed != NG_OK || !b->sound(b->self)) {
        fault(&c, "a store, a sink or the log itself is not sound");
    }
    walk(&c);
    for (size_t n = 0; n < t->w->party_count; n++) {
        const struct party_status s = world_status(t->w, n);
        book_note_head(&t->book, s.head.size, &s.head.root);
        check_receipts(&c, n);
        check_alarms(&c, n);
        check_delivered(&c, n);
        if (n > 0) {
            check_inbox(&c, n);
        }
    }
    check_heads(&c);
    check_acks(&c);
    check_state(&c);
    check_verdicts(&c);
    free(c.leaves);
    return c.wrong + t->wrong;
}
