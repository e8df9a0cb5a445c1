/* Goal: whatever bytes come, each request gets its answer or its numbered error; readers get what
 * is theirs, proved, as soon as it is there, and nobody costs more than his share. Method: the desk
 * with a real log (world.h); every head that comes is checked as a witness would. */
#include "base/rng.h"
#include "ledger/ledger_keyfile.h"
#include "ledger/ledger_table.h"
#include "world.h"

static struct world w;
static struct actor ward;
static struct actor office;
static struct line line;
static struct line office_line;

static void start(void)
{
    world_start(&w, 0, 0);
    memset(&ward, 0, sizeof(ward));
    memset(&office, 0, sizeof(office));
    world_enrol(&w, &office, "office", WIRE_ROLE_OFFICE);
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_join(&w, &line, &ward);
    world_join(&w, &office_line, &office);
}

static uint64_t office_says(uint32_t kind, const char *to)
{
    struct buf statement;
    uint8_t signature[64];
    uint64_t index = 0;
    world_write(&w, &office, kind, to, (struct bytes){(const uint8_t *)"word", 4}, &statement,
                signature);
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, &index), 0);
    buf_fini(&statement);
    return index;
}

/* ---- Bytes that make no sense ---- */

static void malformed_frames_get_error_1_and_the_desk_goes_on(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } frames[] = {
        {"", 0},
        {"\x08", 1},
        {"\x08\x05", 2},
        {"hello", 5},
        {"\x08\x05\x12\x7f\x08", 5},             /* truncated */
        {"\x12\x02\x08\x01", 4},                 /* no id */
        {"\x08\x05\x1a\x00", 4},                 /* Submit of nothing */
        {"\x08\x05\x12\x04\x12\x02\xc3\x28", 8}, /* not UTF-8 */
        {"\x08\x05\x22\x02\x08\x07", 6},         /* a scope there is none of */
        {"\x08\x05\x2a\x00", 4},                 /* Prove nothing */
    };
    start();
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        world_send_bytes(&w, &line, frames[i].bytes, frames[i].size);
        CU_ASSERT_EQUAL(world_error(&w, &line, 0), WIRE_ERROR_MALFORMED);
    }
    static uint8_t large[WIRE_FRAME_MAX];
    for (size_t at = 0; at + 4 < sizeof(large); at += 4) { /* nested as deep as it goes */
        size_t left = sizeof(large) - at - 4;
        large[at] = 0x12;
        large[at + 1] = (uint8_t)(left | 0x80);
        large[at + 2] = (uint8_t)((left >> 7) | 0x80);
        large[at + 3] = (uint8_t)(left >> 14);
    }
    world_send_bytes(&w, &line, large, sizeof(large));
    CU_ASSERT_EQUAL(world_error(&w, &line, 0), WIRE_ERROR_MALFORMED);
    CU_ASSERT_EQUAL(desk_counts(w.desk).errors[WIRE_ERROR_MALFORMED],
                    sizeof(frames) / sizeof(frames[0]) + 1);
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->kind, WIRE_ENTRIES);
    wire_from_broker_destroy(&m);
    world_end(&w);
}

/* A good frame of each kind with random bytes changed: whatever it now is, it is answered or not,
 * and the desk lives. Nothing gets into the log that way. */
static void ten_thousand_broken_frames_harm_nobody(void)
{
    struct buf statement;
    uint8_t signature[64];
    start();
    struct rng rng = rng_seeded(20261123);
    world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    signature[0] ^= 1; /* so that an unbroken one is refused too */
    const struct wire_signed one = {buf_bytes(&statement), {signature, 64}};
    struct wire_to_broker kinds[3] = {{.id = 7, .kind = WIRE_SUBMIT},
                                      {.id = 7, .kind = WIRE_FETCH},
                                      {.id = 7, .kind = WIRE_PROVE}};
    kinds[0].u.submit.statements = &one;
    kinds[0].u.submit.count = 1;
    kinds[1].u.fetch.max_bytes = 100;
    kinds[2].u.prove.kind = WIRE_PROVE_CONSISTENCY;
    kinds[2].u.prove.a = 1;
    kinds[2].u.prove.b = 2;
    uint64_t size = world_size(&w);
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    for (int i = 0; i < 10000; i++) {
        buf_clear(&frame);
        CU_ASSERT_EQUAL(wire_to_broker_encode(&kinds[i % 3], &frame), NG_OK);
        for (uint64_t k = 1 + rng_below(&rng, 3); k > 0; k--) {
            frame.data[rng_below(&rng, frame.size)] = (uint8_t)rng_next(&rng);
        }
        world_send_bytes(&w, &line, frame.data, frame.size - rng_below(&rng, 2));
        if (i % 50 == 49) {
            world_turn(&w);
            while (w.answer_count > 0) {
                wire_from_broker_destroy(&w.answers[--w.answer_count].m);
            }
        }
    }
    CU_ASSERT_EQUAL(world_size(&w), size);
    buf_fini(&frame);
    buf_fini(&statement);
    world_end(&w);
}

/* ---- Hello ---- */

static void nothing_is_answered_before_hello(void)
{
    struct line stranger;
    start();
    world_connect_as(&w, &stranger, &ward);
    uint64_t id = world_fetch(&w, &stranger, WIRE_SCOPE_INBOX, 0, 0);
    CU_ASSERT_EQUAL(world_error(&w, &stranger, id), WIRE_ERROR_HELLO_FIRST);
    struct wire_to_broker m = {.kind = WIRE_HELLO};
    m.u.hello.protocol = 2;
    m.u.hello.head = "";
    id = world_send(&w, &stranger, &m);
    CU_ASSERT_EQUAL(world_error(&w, &stranger, id), WIRE_ERROR_PROTOCOL);
    id = world_fetch(&w, &stranger, WIRE_SCOPE_INBOX, 0, 0);
    CU_ASSERT_EQUAL(world_error(&w, &stranger, id), WIRE_ERROR_HELLO_FIRST);
    CU_ASSERT_EQUAL(desk_counts(w.desk).errors[WIRE_ERROR_HELLO_FIRST], 2);
    CU_ASSERT_EQUAL(desk_counts(w.desk).errors[WIRE_ERROR_PROTOCOL], 1);
    world_end(&w);
}

static void a_peer_name_does_not_carry_over_to_another_key(void)
{
    struct line thief;
    start();
    world_connect(&w, &thief, "office/1");
    thief.peer = line.peer; /* the same ZeroMQ name as the ward's, other key */
    uint64_t id = world_fetch(&w, &thief, WIRE_SCOPE_INBOX, 0, 0);
    CU_ASSERT_EQUAL(world_error(&w, &thief, id), WIRE_ERROR_HELLO_FIRST);
    world_connect(&w, &thief, "no code at all");
    id = world_hello(&w, &thief, "");
    CU_ASSERT_EQUAL(world_error(&w, &thief, id), WIRE_ERROR_FORBIDDEN);
    world_end(&w);
}

static void a_head_that_is_shown_is_continued(void)
{
    struct ledger_head old;
    struct line again;
    start();
    CU_ASSERT_EQUAL(ledger_head(w.ledger, &old), NG_OK);
    (void)office_says(17, "*");
    world_connect_as(&w, &again, &ward);
    again.head = old.head; /* what the party kept; checked against the Welcome */
    uint64_t id = world_hello(&w, &again, old.note);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &again, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->head.from_size, old.head.size);
    CU_ASSERT(m->head.consistency.size > 0);
    wire_from_broker_destroy(&m);
    old.note[old.note_size - 5] ^=
        1; /* a signature that is none of ours: as if nothing was shown */
    world_connect_as(&w, &again, &ward);
    id = world_hello(&w, &again, old.note);
    world_turn(&w);
    m = world_answer(&w, &again, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->head.from_size, 0);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    wire_from_broker_destroy(&m);
    world_end(&w);
}

/* Signs, with the log's own key, a head that this log does not contain. */
static void sign_head(uint64_t size, struct buf *note)
{
    struct note_head head = {.size = size};
    struct key_pair pair;
    char path[300];
    (void)snprintf(head.origin, sizeof(head.origin), "%s", WORLD_ORIGIN);
    (void)snprintf(path, sizeof(path), "%s/log.key", w.folder);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path, WORLD_ORIGIN, &pair, NULL), NG_OK);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &pair, note), NG_OK);
}

static void a_head_of_our_key_that_is_not_ours_makes_the_log_read_only(void)
{
    struct line witness;
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    struct buf statement;
    uint8_t signature[64];
    start();
    sign_head(1000, &note);
    world_connect_as(&w, &witness, &ward);
    uint64_t id = world_hello(&w, &witness, buf_text(&note));
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &witness, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->kind, WIRE_WELCOME); /* with the head there is: the witness will see */
    CU_ASSERT_EQUAL(m->head.from_size, 0);
    wire_from_broker_destroy(&m);
    CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
    CU_ASSERT_PTR_NOT_NULL(strstr(desk_read_only(w.desk), "P1"));
    world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), REFUSAL_READ_ONLY);
    world_restart(&w); /* as a person would, who sees it refuse */
    CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
    ward.seq--; /* of the statement that was refused */
    world_join(&w, &line, &ward);
    CU_ASSERT_EQUAL(world_try(&w, &line, &statement, signature, NULL), REFUSAL_READ_ONLY);
    buf_fini(&statement);
    buf_fini(&note);
    world_end(&w);
}

static void the_same_or_a_smaller_size_with_another_root_is_noticed_too(void)
{
    for (uint64_t less = 0; less < 2; less++) {
        struct line witness;
        struct buf note = BUF_INIT(NOTE_SIZE_MAX);
        start();
        sign_head(world_size(&w) - less, &note);
        world_connect_as(&w, &witness, &ward);
        (void)world_hello(&w, &witness, buf_text(&note));
        world_turn(&w);
        CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
        world_restart(&w);
        CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk)); /* it is not forgotten */
        buf_fini(&note);
        world_end(&w);
    }
}

/* A routing id is the peer's own choice. Two parties that use one in the same turn: the one that
 * said Hello last has it, the other is told to say Hello, and the broker goes on. */
static void a_peer_name_used_by_two_parties_in_one_turn_harms_nobody(void)
{
    struct actor other = {0};
    struct line theirs;
    struct line back;
    struct buf statement;
    uint8_t signature[64];
    start();
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    world_connect_as(&w, &theirs, &other);
    world_connect_as(&w, &back, &ward);
    theirs.peer = line.peer;
    back.peer = line.peer;
    world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement, signature);
    const uint64_t size = world_size(&w);
    uint64_t submit = world_submit(&w, &line, &statement, signature);
    (void)world_hello(&w, &theirs, "");
    (void)world_hello(&w, &theirs, "");
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, submit), WIRE_ERROR_HELLO_FIRST);
    ward.seq--;
    world_join(&w, &line, &ward);
    theirs.peer = line.peer;
    back.peer = line.peer;
    (void)world_submit(&w, &line, &statement, signature);
    uint64_t hello = world_hello(&w, &theirs, "");
    (void)world_hello(&w, &back, ""); /* the first one has it again */
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &theirs, hello), WIRE_ERROR_HELLO_FIRST);
    CU_ASSERT_EQUAL(world_size(&w), size + 1);
    buf_fini(&statement);
    world_end(&w);
}

/* ---- Damage ---- */

/* Changes the payload of the first "word" in the log's stream. */
static enum ng_err damage_first_word(struct store_txn *t, void *context)
{
    (void)context;
    const struct store_key_u64 key = store_key_u64(0);
    struct bytes chunk;
    enum ng_err err = store_get(t, LEDGER_TABLE_STREAM, STORE_KEY(key), &chunk);
    uint8_t *copy = err == NG_OK ? store_txn_alloc(t, chunk.size) : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, chunk.data, chunk.size);
    for (size_t i = 0; i + 4 <= chunk.size; i++) {
        if (memcmp(copy + i, "word", 4) == 0) {
            copy[i] ^= 1;
            return store_put(t, LEDGER_TABLE_STREAM, STORE_KEY(key),
                             (struct bytes){copy, chunk.size});
        }
    }
    return NG_ERR_NOT_FOUND;
}

static struct wire_from_broker *fetch_now(struct line *l, enum wire_scope scope, uint64_t from)
{
    uint64_t id = world_fetch(&w, l, scope, from, 0);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, l, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    return m;
}

static void check_damage_is_named(struct line *l, enum wire_scope scope, uint64_t index)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "leaf %llu ", (unsigned long long)index);
    struct wire_from_broker *m = fetch_now(l, scope, index);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_ERROR);
    CU_ASSERT_EQUAL(m->u.error.code, WIRE_ERROR_DAMAGED);
    CU_ASSERT_PTR_NOT_NULL(strstr(m->u.error.text, name));
    wire_from_broker_destroy(&m);
}

static void check_served(enum wire_scope scope, uint64_t from, size_t count)
{
    struct wire_from_broker *m = fetch_now(&office_line, scope, from);
    CU_ASSERT_EQUAL_FATAL(m->kind, WIRE_ENTRIES);
    CU_ASSERT_EQUAL(m->u.entries.count, count);
    wire_from_broker_destroy(&m);
}

static void a_damaged_leaf_is_named_and_the_rest_is_served(void)
{
    start();
    uint64_t damaged = office_says(17, "*");
    uint64_t sound = office_says(17, "*");
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(w.ledger), damage_first_word, NULL), NG_OK);
    for (int again = 0; again < 2; again++) {
        check_damage_is_named(&line, WIRE_SCOPE_INBOX, damaged);
        check_damage_is_named(&office_line, WIRE_SCOPE_LOG, damaged);
        check_served(WIRE_SCOPE_LOG, 0, damaged); /* those before it, then those after it */
        check_served(WIRE_SCOPE_INBOX, sound, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(desk_read_only(w.desk));
        CU_ASSERT_PTR_NOT_NULL(strstr(desk_read_only(w.desk), "leaf"));
        world_restart(&w); /* it is in the tail, so a start finds it, and serves all the same */
        CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
        world_join(&w, &line, &ward);
        world_join(&w, &office_line, &office);
    }
    world_end(&w);
}

/* ---- Fetch ---- */

static void check_inbox_entry(const struct wire_from_broker *m, size_t i, const struct line *l,
                              uint64_t index)
{
    const struct wire_entry *e = &m->u.entries.entries[i];
    struct leaf leaf;
    struct tree_proof proof = {.count = e->inclusion.size / HASH_SIZE};
    CU_ASSERT_EQUAL_FATAL(leaf_decode(e->leaf, &leaf), NG_OK);
    CU_ASSERT_EQUAL(leaf.index, index);
    CU_ASSERT_EQUAL(leaf_verify(&leaf), NG_OK);
    if (proof.count > 0) {
        memcpy(proof.hashes, e->inclusion.data, e->inclusion.size);
    }
    const struct hash hash = leaf_hash(e->leaf);
    CU_ASSERT_EQUAL(
        tree_verify_inclusion(index, l->head.size, &hash, proof.hashes, proof.count, &l->head.root),
        NG_OK);
}

static void an_inbox_holds_what_is_for_its_party_and_everyone(void)
{
    struct actor other = {0};
    start();
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    uint64_t everyone = office_says(17, "*");
    (void)office_says(22, "P2");
    uint64_t own = office_says(22, "P1");
    (void)office_says(23, "");
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL_FATAL(m->u.entries.count, 2);
    check_inbox_entry(m, 0, &line, everyone);
    check_inbox_entry(m, 1, &line, own);
    CU_ASSERT_EQUAL(m->u.entries.next_index, world_size(&w));
    wire_from_broker_destroy(&m);
    struct wire_to_broker f = {.kind = WIRE_FETCH};
    f.u.fetch.max_bytes = 1; /* one comes in any case */
    id = world_send(&w, &line, &f);
    world_turn(&w);
    m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->u.entries.count, 1);
    CU_ASSERT_EQUAL(m->u.entries.next_index, everyone + 1);
    wire_from_broker_destroy(&m);
    world_end(&w);
}

static void a_parked_fetch_is_woken_by_what_is_for_it_and_by_nothing_else(void)
{
    struct actor other = {0};
    start();
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 50000);
    world_turn(&w);
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 1);
    (void)office_says(22, "P2");
    (void)office_says(23, "");
    CU_ASSERT_PTR_NULL(world_answer(&w, &line, id));
    uint64_t index = office_says(22, "P1");
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL_FATAL(m->u.entries.count, 1);
    check_inbox_entry(m, 0, &line, index);
    wire_from_broker_destroy(&m);
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 0);
    id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, index + 1, 50000);
    world_turn(&w);
    index = office_says(17, "*");
    m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    check_inbox_entry(m, 0, &line, index);
    wire_from_broker_destroy(&m);
    world_end(&w);
}

static void a_parked_fetch_runs_out_at_its_time_and_at_a_minute_at_most(void)
{
    start();
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 1000);
    world_turn(&w);
    CU_ASSERT_EQUAL(desk_idle_ms(w.desk, w.now.mono, 5000), 999);
    w.now.mono.ms += 998;
    world_turn(&w);
    CU_ASSERT_PTR_NULL(world_answer(&w, &line, id));
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->u.entries.count, 0);
    CU_ASSERT_EQUAL(m->u.entries.next_index, world_size(&w));
    wire_from_broker_destroy(&m);
    id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, UINT32_MAX);
    world_turn(&w);
    CU_ASSERT_EQUAL(desk_idle_ms(w.desk, w.now.mono, INT64_MAX), WIRE_WAIT_MS_MAX - 1);
    world_end(&w);
}

static void a_second_fetch_answers_the_one_that_is_parked(void)
{
    start();
    uint64_t first = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 50000);
    world_turn(&w);
    uint64_t second = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 1, 50000);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, first);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->u.entries.count, 0);
    wire_from_broker_destroy(&m);
    CU_ASSERT_PTR_NULL(world_answer(&w, &line, second));
    CU_ASSERT_EQUAL(desk_parked_count(w.desk), 1);
    world_end(&w);
}

static void only_the_office_reads_the_log_and_its_tree_comes_out_right(void)
{
    struct tree_edge edge = {0};
    start();
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_LOG, 0, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &line, id), WIRE_ERROR_FORBIDDEN);
    for (int i = 0; i < 30; i++) {
        (void)office_says(17, "*");
    }
    while (edge.size < world_size(&w)) {
        struct wire_to_broker f = {.kind = WIRE_FETCH};
        f.u.fetch.scope = WIRE_SCOPE_LOG;
        f.u.fetch.from_index = edge.size;
        f.u.fetch.max_bytes = 900; /* a few at a time */
        id = world_send(&w, &office_line, &f);
        world_turn(&w);
        struct wire_from_broker *m = world_answer(&w, &office_line, id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_FATAL(m->u.entries.count > 0);
        for (size_t i = 0; i < m->u.entries.count; i++) {
            const struct hash hash = leaf_hash(m->u.entries.entries[i].leaf);
            CU_ASSERT_EQUAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
        }
        CU_ASSERT_EQUAL(m->u.entries.next_index, edge.size);
        struct tree_proof proof = {.count = m->u.entries.tail.size / HASH_SIZE};
        if (proof.count > 0) {
            memcpy(proof.hashes, m->u.entries.tail.data, m->u.entries.tail.size);
        }
        const struct hash root = tree_edge_root(&edge);
        CU_ASSERT_EQUAL(tree_verify_consistency(edge.size, office_line.head.size, &root,
                                                &office_line.head.root, proof.hashes, proof.count),
                        NG_OK);
        wire_from_broker_destroy(&m);
    }
    id = world_fetch(&w, &office_line, WIRE_SCOPE_LOG, edge.size + 1, 1000);
    world_turn(&w);
    CU_ASSERT_EQUAL(world_error(&w, &office_line, id), WIRE_ERROR_RANGE);
    world_end(&w);
}

static void the_largest_leaf_fits_into_an_answer(void)
{
    static uint8_t payload[STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE];
    struct buf statement;
    uint8_t signature[64];
    start();
    world_write(&w, &office, 17, "*", (struct bytes){payload, sizeof(payload)}, &statement,
                signature);
    CU_ASSERT_EQUAL(world_try(&w, &office_line, &statement, signature, NULL), 0);
    uint64_t id = world_fetch(&w, &line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    CU_ASSERT_EQUAL(m->u.entries.count, 1);
    wire_from_broker_destroy(&m);
    buf_fini(&statement);
    world_end(&w);
}

/* ---- Prove ---- */

static void proofs_are_given_within_the_log_only(void)
{
    start();
    for (int i = 0; i < 5; i++) {
        (void)office_says(17, "*");
    }
    uint64_t size = world_size(&w);
    const struct {
        enum wire_prove_kind kind;
        uint64_t a, b;
        bool good;
    } asked[] = {
        {WIRE_PROVE_INCLUSION, 0, 1, true},         {WIRE_PROVE_INCLUSION, 3, size, true},
        {WIRE_PROVE_INCLUSION, 2, 5, true},         {WIRE_PROVE_INCLUSION, 5, 5, false},
        {WIRE_PROVE_INCLUSION, 0, size + 1, false}, {WIRE_PROVE_CONSISTENCY, 1, size, true},
        {WIRE_PROVE_CONSISTENCY, 3, 7, true},       {WIRE_PROVE_CONSISTENCY, 0, 3, false},
        {WIRE_PROVE_CONSISTENCY, 4, 3, false},      {WIRE_PROVE_CONSISTENCY, 1, UINT64_MAX, false},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct wire_to_broker p = {.kind = WIRE_PROVE};
        p.u.prove.kind = asked[i].kind;
        p.u.prove.a = asked[i].a;
        p.u.prove.b = asked[i].b;
        uint64_t id = world_send(&w, &line, &p);
        world_turn(&w);
        struct wire_from_broker *m = world_answer(&w, &line, id);
        CU_ASSERT_PTR_NOT_NULL_FATAL(m);
        CU_ASSERT_EQUAL(m->kind, asked[i].good ? WIRE_PROOF : WIRE_ERROR);
        if (!asked[i].good) {
            CU_ASSERT_EQUAL(m->u.error.code, WIRE_ERROR_RANGE);
        }
        wire_from_broker_destroy(&m);
    }
    world_end(&w);
}

static const struct test_case cases[] = {
    TEST_CASE(malformed_frames_get_error_1_and_the_desk_goes_on),
    TEST_CASE(ten_thousand_broken_frames_harm_nobody),
    TEST_CASE(nothing_is_answered_before_hello),
    TEST_CASE(a_peer_name_does_not_carry_over_to_another_key),
    TEST_CASE(a_head_that_is_shown_is_continued),
    TEST_CASE(a_peer_name_used_by_two_parties_in_one_turn_harms_nobody),
    TEST_CASE(a_damaged_leaf_is_named_and_the_rest_is_served),
    TEST_CASE(a_head_of_our_key_that_is_not_ours_makes_the_log_read_only),
    TEST_CASE(the_same_or_a_smaller_size_with_another_root_is_noticed_too),
    TEST_CASE(an_inbox_holds_what_is_for_its_party_and_everyone),
    TEST_CASE(a_parked_fetch_is_woken_by_what_is_for_it_and_by_nothing_else),
    TEST_CASE(a_parked_fetch_runs_out_at_its_time_and_at_a_minute_at_most),
    TEST_CASE(a_second_fetch_answers_the_one_that_is_parked),
    TEST_CASE(only_the_office_reads_the_log_and_its_tree_comes_out_right),
    TEST_CASE(the_largest_leaf_fits_into_an_answer),
    TEST_CASE(proofs_are_given_within_the_log_only),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("desk_read", cases, argc, argv);
}
