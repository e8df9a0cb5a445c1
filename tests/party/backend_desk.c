/* The broker's own desk, ledger and clock guard in the world's virtual time, without a socket: a
 * connection is its number, admitted under the name the desk gives for the party's key.
 *
 * Power cuts: LMDB never writes over what was committed, so a copy of the folder taken at any
 * moment, even between the commit of a turn and its last answer, opens as of the last commit. The
 * cut takes that copy; what the process does after it goes nowhere, and the restart opens the copy.
 * The page cache is not lost with it: whether a commit reaches the disk is tested elsewhere. */
#include "backend.h"
#include "folder.h"
#include "world.h"

#include "base/bytes.h"
#include "base/file.h"
#include "broker/clock_guard.h"
#include "broker/desk.h"
#include "broker/witnesses.h"
#include "ledger/cosign.h"
#include "party/outbox.h"
#include "tests/ledger/inviter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTIES_MAX 16

struct desk_backend {
    char folder[256];
    struct ledger *ledger;
    struct inviter inviter;
    struct witnesses *witnesses;
    struct desk *desk;
    char parent[200];
    unsigned generation; /* of the folder: one more with each power cut */
    bool dark;
    bool cut_armed;
    uint64_t cut_after; /* answers */
    struct clock_guard guard;
    bool distrusts_clock;
    struct exchange_time now;
    uint8_t curves[PARTIES_MAX][32];
    uint32_t connections[PARTIES_MAX]; /* the newest that spoke; 0: none */
    backend_send_fn send;
    void *send_context;
    uint64_t rate_max;
};

static void must(enum ng_err e, const char *what)
{
    if (e != NG_OK) {
        (void)fprintf(stderr, "desk backend: %s: %s\n", what, err_explain(e));
        abort();
    }
}

static void go_dark(struct desk_backend *b)
{
    char next[256];
    (void)snprintf(next, sizeof(next), "%s/broker-%u", b->parent, ++b->generation);
    if (!folder_copy(b->folder, next)) {
        must(NG_ERR_IO, "copy");
    }
    (void)snprintf(b->folder, sizeof(b->folder), "%s", next);
    b->dark = true;
    b->cut_armed = false;
}

static bool send_answer(void *context, const struct session_peer *to, struct bytes frame)
{
    struct desk_backend *b = context;
    const size_t party = to->id[0];
    if (b->cut_armed && b->cut_after-- == 0) {
        go_dark(b);
    }
    if (b->dark) {
        return false;
    }
    if (bytes_get_u32(to->id + 1) != b->connections[party]) {
        return false;
    }
    b->send(b->send_context, party, frame);
    return true;
}

static void open_desk(struct desk_backend *b)
{
    must(witnesses_open(b->folder, b->ledger, false, &b->witnesses), "witnesses");
    const struct desk_config config = {.ledger = b->ledger,
                                       .send = send_answer,
                                       .context = b,
                                       .witnesses = b->witnesses,
                                       .rate_max = b->rate_max};
    must(desk_new(&config, &b->desk), "desk");
}

/* As serve.c does it. */
static void init_guard(struct desk_backend *b, struct exchange_time now)
{
    const uint64_t last = ledger_last_received_at(b->ledger);
    clock_guard_init(&b->guard, now.mono, now.wall_ms,
                     last < INT64_MAX ? (int64_t)last : INT64_MAX);
}

static bool trusted(const struct desk_backend *b, struct exchange_time now)
{
    return clock_guard_off_ms(&b->guard, now.mono, now.wall_ms) == 0;
}

static void restart(void *self, struct exchange_time now)
{
    struct desk_backend *b = self;
    const bool same_file = b->dark && !ledger_is_copy(b->ledger);
    desk_destroy(&b->desk);
    witnesses_close(&b->witnesses);
    ledger_close(&b->ledger);
    b->dark = b->cut_armed = false;
    must(ledger_open(b->folder, NULL, LEDGER_WRITE, &b->ledger), "open");
    if (same_file) { /* a real power cut leaves the file where it is: only here it is a copy */
        must(ledger_accept_copy(b->ledger), "accept");
    }
    init_guard(b, now);
    open_desk(b);
}

/* ---- Enrolling, by hand: what enrol.c does is not to be trusted here ---- */

static void invite(struct desk_backend *b, const char *code, enum wire_role role,
                   const struct key_pair *key, const uint8_t curve[32])
{
    struct wire_invite m = {.role = role, .expires_at = UINT64_C(1) << 62};
    (void)snprintf(m.party, sizeof(m.party), "%s", code);
    memcpy(m.invite_key, key->public_key.bytes, sizeof(m.invite_key));
    memcpy(m.invite_curve, curve, sizeof(m.invite_curve));
    must(inviter_say(b->ledger, &b->inviter, &m, 1), "invite");
}

struct first {
    const struct identity *id;
    struct bytes payload;
    struct buf statement;
    uint8_t signature[64];
};

static enum ng_err author_first(struct store_txn *t, void *context)
{
    struct first *f = context;
    const struct party_draft draft = {.kind = STATEMENT_ENROL, .payload = f->payload};
    struct bytes statement, signature;
    uint64_t seq = 0;
    struct outbox_seen seen = {.known = false};
    enum ng_err e = outbox_author(t, f->id, &seen, &draft, 1, &seq);
    if (e == NG_OK) {
        e = outbox_get(t, f->id->epoch, seq, &statement, &signature);
    }
    if (e != NG_OK) {
        return e;
    }
    memcpy(f->signature, signature.data, sizeof(f->signature));
    buf_clear(&f->statement);
    return buf_add(&f->statement, statement.data, statement.size);
}

static void enrol(struct desk_backend *b, const struct identity *id, struct store *store,
                  const struct key_pair *invite_key)
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct wire_enrol m;
    struct key_pair cosign;
    struct buf payload = BUF_INIT(1024);
    registry_countersigned(id->log_id, &id->party, id->epoch, &id->key.public_key, id->curve_public,
                           covered);
    key_sign(invite_key, (struct bytes){covered, sizeof(covered)}, m.countersignature);
    memcpy(m.curve, id->curve_public, sizeof(m.curve));
    memcpy(m.invite_key, invite_key->public_key.bytes, sizeof(m.invite_key));
    memcpy(m.key, id->key.public_key.bytes, sizeof(m.key));
    cosign_key(id->key.secret, &cosign);
    memcpy(m.cosign_key, cosign.public_key.bytes, sizeof(m.cosign_key));
    must(wire_enrol_encode(&m, &payload), "enrol");
    struct first f = {
        .id = id, .payload = buf_bytes(&payload), .statement = BUF_INIT(STATEMENT_SIZE_MAX)};
    must(store_write(store, author_first, &f), "enrol");
    struct ledger_item item = {.statement = buf_bytes(&f.statement),
                               .signature = {f.signature, sizeof(f.signature)},
                               .invited_as = id->party};
    must(ledger_append(b->ledger, &item, 1, 1), "enrol");
    if (item.refusal != REFUSAL_OK) {
        must(NG_ERR_REFUSED, refusal_text(item.refusal));
    }
    buf_fini(&payload);
    buf_fini(&f.statement);
}

static void add(void *self, size_t party, struct identity *id, struct store *store)
{
    struct desk_backend *b = self;
    struct key_pair key;
    uint8_t curve[32];
    key_generate(&key);
    key_random(curve, sizeof(curve));
    id->epoch = 1;
    memcpy(id->log_id, ledger_log_id(b->ledger), LOG_ID_SIZE);
    memcpy(b->curves[party], id->curve_public, 32);
    const enum wire_role others =
        strncmp(id->party.text, "phong", 5) == 0 ? WIRE_ROLE_DEPARTMENT : WIRE_ROLE_WARD;
    invite(b, id->party.text, party == 0 ? WIRE_ROLE_OFFICE : others, &key, curve);
    enrol(b, id, store, &key);
}

/* ---- Talking ---- */

static void remember(struct desk_backend *b, struct exchange_time now, backend_send_fn send,
                     void *context)
{
    b->now = now;
    b->send = send;
    b->send_context = context;
}

static void turn(struct desk_backend *b)
{
    const bool trusts = !b->distrusts_clock && trusted(b, b->now);
    const struct desk_now now = {b->now.mono, b->now.wall_ms, trusts};
    must(desk_turn(b->desk, &now), "turn");
    must(witnesses_flush(b->witnesses), "witnesses");
}

static void take(void *self, size_t party, uint32_t connection, struct bytes frame,
                 struct exchange_time now, backend_send_fn send, void *context)
{
    struct desk_backend *b = self;
    struct session_peer peer = {.size = 5, .id = {(uint8_t)party}};
    char user[SESSION_USER_MAX + 1];
    bytes_put_u32(peer.id + 1, connection);
    b->connections[party] = connection;
    if (b->dark) {
        return;
    }
    remember(b, now, send, context);
    if (!desk_admit(b->desk, b->curves[party], trusted(b, now) ? now.wall_ms : -1, user)) {
        must(NG_ERR_REFUSED, "admission");
    }
    if (desk_is_full(b->desk)) {
        turn(b);
    }
    must(desk_take(b->desk, &peer, user, frame, now.mono), "take");
}

static void tick(void *self, struct exchange_time now, backend_send_fn send, void *context)
{
    struct desk_backend *b = self;
    if (!b->dark) {
        remember(b, now, send, context);
        turn(b);
    }
}

static int64_t idle_ms(void *self, struct exchange_time now, int64_t max_ms)
{
    const struct desk_backend *b = self;
    return b->dark ? max_ms : desk_idle_ms(b->desk, now.mono, max_ms);
}

static void copy(void *self, size_t party, size_t to)
{
    struct desk_backend *b = self;
    memcpy(b->curves[to], b->curves[party], sizeof(b->curves[to]));
}

void backend_desk_cut_power(struct backend *backend, uint64_t answers)
{
    struct desk_backend *b = backend->self;
    b->cut_armed = answers > 0;
    b->cut_after = answers;
    if (answers == 0 && !b->dark) {
        go_dark(b);
    }
}

void backend_desk_back_up(struct backend *backend, const char *to)
{
    const struct desk_backend *b = backend->self;
    if (!folder_copy(b->folder, to)) {
        must(NG_ERR_IO, "back up");
    }
}

void backend_desk_put_back(struct backend *backend, const char *from, bool with_floor,
                           struct exchange_time now)
{
    struct desk_backend *b = backend->self;
    char next[256], head[300];
    struct buf floor = BUF_INIT(NOTE_SIZE_MAX);
    must(ledger_write_floor(b->ledger), "floor");
    (void)snprintf(head, sizeof(head), "%s/head", b->folder);
    must(file_read(head, &floor), "floor");
    (void)snprintf(next, sizeof(next), "%s/broker-%u", b->parent, ++b->generation);
    if (!folder_copy(from, next)) {
        must(NG_ERR_IO, "put back");
    }
    (void)snprintf(b->folder, sizeof(b->folder), "%s", next);
    (void)snprintf(head, sizeof(head), "%s/head", b->folder);
    if (with_floor) {
        must(file_write(head, floor.data, floor.size, 0644), "floor");
    }
    buf_fini(&floor);
    restart(b, now);
}

bool backend_desk_is_read_only(const struct backend *backend)
{
    const struct desk_backend *b = backend->self;
    return desk_read_only(b->desk) != NULL;
}

bool backend_desk_is_dark(const struct backend *backend)
{
    const struct desk_backend *b = backend->self;
    return b->dark;
}

void backend_desk_set_quota(struct backend *b, uint64_t rate_max)
{
    struct desk_backend *self = b->self;
    self->rate_max = rate_max;
}

uint64_t backend_desk_over_quota(const struct backend *b)
{
    const struct desk_backend *self = b->self;
    return desk_counts(self->desk).refusals[REFUSAL_QUOTA];
}

void backend_desk_rotate(struct backend *backend, struct exchange_time now)
{
    struct desk_backend *b = backend->self;
    const struct desk_now desk_now = {now.mono, now.wall_ms, true};
    uint64_t index = 0;
    must(desk_rotate(b->desk, &desk_now, &index), "rotate");
}

void backend_desk_accept_clock(struct backend *backend, struct exchange_time now)
{
    struct desk_backend *b = backend->self;
    clock_guard_accept(&b->guard, now.mono, now.wall_ms);
}

static void disconnect(void *self, size_t party)
{
    struct desk_backend *b = self;
    b->connections[party] = 0;
}

static void refuse(void *self, bool all)
{
    struct desk_backend *b = self;
    b->distrusts_clock = all;
}

/* ---- Looking ---- */

static uint64_t count(void *self)
{
    struct desk_backend *b = self;
    struct ledger_head head;
    must(ledger_head(b->ledger, &head), "head");
    return head.head.size;
}

static void leaf(void *self, uint64_t index, struct buf *to)
{
    struct desk_backend *b = self;
    struct store_txn *t = NULL;
    struct bytes bytes;
    must(store_begin_read(ledger_store(b->ledger), &t), "leaf");
    must(ledger_leaf(b->ledger, t, index, &bytes), "leaf");
    buf_clear(to);
    must(buf_add(to, bytes.data, bytes.size), "leaf");
    store_end_read(&t);
}

static void tell_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    (void)context;
    (void)fprintf(stderr, "desk backend: leaf %llu: %s\n", (unsigned long long)index, what);
}

static bool sound(void *self)
{
    struct desk_backend *b = self;
    struct ledger_check check;
    return ledger_verify(b->ledger, tell_fault, NULL, &check) == NG_OK && check.faults == 0 &&
           desk_read_only(b->desk) == NULL;
}

static void destroy(void *self)
{
    struct desk_backend *b = self;
    desk_destroy(&b->desk);
    witnesses_close(&b->witnesses);
    ledger_close(&b->ledger);
    free(b);
}

struct backend backend_desk(const char *folder)
{
    struct desk_backend *d = calloc(1, sizeof(*d));
    if (d == NULL) {
        abort();
    }
    (void)snprintf(d->folder, sizeof(d->folder), "%s", folder);
    const char *slash = strrchr(folder, '/');
    (void)snprintf(d->parent, sizeof(d->parent), "%.*s", (int)(slash - folder), folder);
    must(ledger_create(folder, NULL, "nganam.example/log", 1), "create");
    must(ledger_open(folder, NULL, LEDGER_WRITE, &d->ledger), "open");
    init_guard(d, (struct exchange_time){{0}, WORLD_WALL_START});
    open_desk(d);
    struct backend b = {.self = d,
                        .log_key = *ledger_log_key(d->ledger),
                        .add = add,
                        .frame = take,
                        .tick = tick,
                        .idle_ms = idle_ms,
                        .copy = copy,
                        .disconnect = disconnect,
                        .restart = restart,
                        .refuse = refuse,
                        .count = count,
                        .leaf = leaf,
                        .sound = sound,
                        .destroy = destroy};
    (void)snprintf(b.origin, sizeof(b.origin), "%s", ledger_origin(d->ledger));
    return b;
}
