/* Goal: every party meets every witness head as its newest, what holds is kept and given out, and
 * what does not hold is refused. Method: the desk with a real log (world.h), whose lines check
 * every head in its order; the hands that sign are those of the test. */
#include "world.h"

#include "base/bytes.h"
#include "ledger/ledger_keyfile.h"

static struct world w;
static struct actor office, ward, other;
static struct line office_line, ward_line, other_line;

static void start(void)
{
    world_start(&w, 0, 0);
    memset(&office, 0, sizeof(office));
    memset(&ward, 0, sizeof(ward));
    memset(&other, 0, sizeof(other));
    world_enrol(&w, &office, "office", WIRE_ROLE_OFFICE);
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    world_use_witnesses(&w);
    world_join(&w, &office_line, &office);
    world_join(&w, &ward_line, &ward);
    world_join(&w, &other_line, &other);
}

static void report(struct actor *a, struct line *line)
{
    struct buf statement;
    uint8_t signature[64];
    world_write(&w, a, 16, "", (struct bytes){(const uint8_t *)"word", 4}, &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, line, &statement, signature, NULL), 0);
    buf_fini(&statement);
}

static const struct ledger_head *newest(void)
{
    const struct ledger_head *head = witnesses_newest(w.witnesses);
    CU_ASSERT_PTR_NOT_NULL_FATAL(head);
    return head;
}

static uint64_t send_cosign(struct line *line, uint64_t size,
                            const uint8_t cosignature[COSIGN_SIZE])
{
    struct wire_to_broker m = {.kind = WIRE_COSIGN};
    m.u.cosign.size = size;
    m.u.cosign.cosignature = (struct bytes){cosignature, COSIGN_SIZE};
    m.u.cosign.after = "";
    const uint64_t id = world_send(&w, line, &m);
    world_turn(&w);
    return id;
}

/* The newest witness head, cosigned by this actor; the error it got, 0: none. */
static uint32_t cosign(struct actor *a, struct line *line)
{
    uint8_t cosignature[COSIGN_SIZE];
    const struct bytes note = {(const uint8_t *)newest()->note, newest()->note_size};
    CU_ASSERT_EQUAL(cosign_sign(note, &a->cosign_key, 1795722763, cosignature), NG_OK);
    return world_error(&w, line, send_cosign(line, newest()->head.size, cosignature));
}

static struct wire_from_broker *ask(struct line *line, uint64_t size, uint32_t known,
                                    const char *after)
{
    struct wire_to_broker m = {.kind = WIRE_COSIGN};
    m.u.cosign.size = size;
    m.u.cosign.known = known;
    m.u.cosign.after = after;
    const uint64_t id = world_send(&w, line, &m);
    world_turn(&w);
    struct wire_from_broker *answer = world_answer(&w, line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_EQUAL_FATAL(answer->kind, WIRE_COSIGNED);
    return answer;
}

static size_t cosigners(struct line *line)
{
    struct wire_from_broker *answer = ask(line, 0, 0, "");
    const size_t count = answer->u.cosigned.count;
    wire_from_broker_destroy(&answer);
    return count;
}

/* An answer of a Fetch that waits for nothing; whether its head is to be cosigned. */
static bool shown_a_witness_head(struct line *line)
{
    const uint64_t id = world_fetch(&w, line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    struct wire_from_broker *answer = world_answer(&w, line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    const bool witness = answer->head.witness;
    wire_from_broker_destroy(&answer);
    return witness;
}

static void witnesses_mark_one_head_a_minute(void)
{
    start();
    const uint64_t first = newest()->head.size;
    CU_ASSERT_EQUAL(first, world_size(&w));
    CU_ASSERT_TRUE(shown_a_witness_head(&ward_line));
    report(&ward, &ward_line);
    CU_ASSERT_FALSE(shown_a_witness_head(&ward_line));
    CU_ASSERT_EQUAL(newest()->head.size, first);
    w.now.mono.ms += WITNESSES_MS - 100;
    CU_ASSERT_FALSE(shown_a_witness_head(&ward_line));
    w.now.mono.ms += 100;
    CU_ASSERT_TRUE(shown_a_witness_head(&ward_line));
    CU_ASSERT_EQUAL(newest()->head.size, first + 1);
    /* and none while the log stands still */
    w.now.mono.ms += 10 * WITNESSES_MS;
    CU_ASSERT_TRUE(shown_a_witness_head(&ward_line));
    CU_ASSERT_EQUAL(newest()->head.size, first + 1);
    world_end(&w);
}

/* The other party is silent while the log grows beyond the witness head: it comes in front of its
 * next answer, as its newest, and the chain of heads holds (world_answer checks it). */
static void a_witness_head_that_would_be_passed_over_comes_by_itself(void)
{
    start();
    w.now.mono.ms += WITNESSES_MS;
    report(&ward, &ward_line);
    const uint64_t size = newest()->head.size;
    CU_ASSERT_EQUAL(size, world_size(&w));
    report(&ward, &ward_line);
    const uint64_t id = world_fetch(&w, &other_line, WIRE_SCOPE_INBOX, 0, 0);
    world_turn(&w);
    CU_ASSERT_EQUAL(w.answer_count, 2);
    struct wire_from_broker *offered = world_answer(&w, &other_line, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(offered);
    CU_ASSERT_EQUAL(offered->kind, WIRE_COSIGNED);
    CU_ASSERT_TRUE(offered->head.witness);
    CU_ASSERT_EQUAL(offered->u.cosigned.count, 0);
    CU_ASSERT_EQUAL(other_line.head.size, size);
    wire_from_broker_destroy(&offered);
    struct wire_from_broker *answer = world_answer(&w, &other_line, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    CU_ASSERT_FALSE(answer->head.witness);
    CU_ASSERT_EQUAL(other_line.head.size, size + 1);
    wire_from_broker_destroy(&answer);
    /* once, and not to the one who met it in an answer of his own */
    CU_ASSERT_FALSE(shown_a_witness_head(&other_line));
    CU_ASSERT_FALSE(shown_a_witness_head(&ward_line));
    CU_ASSERT_EQUAL(w.answer_count, 0);
    world_end(&w);
}

/* Who comes back gets his Welcome from the head he shows, and nothing before it. */
static void a_welcome_comes_before_any_witness_head(void)
{
    struct ledger_head shown;
    start();
    CU_ASSERT_EQUAL(ledger_head(w.ledger, &shown), NG_OK);
    w.now.mono.ms += WITNESSES_MS;
    report(&ward, &ward_line);
    report(&ward, &ward_line);
    CU_ASSERT_EQUAL(newest()->head.size, world_size(&w) - 1);
    struct line again;
    world_connect_as(&w, &again, &other);
    const uint64_t id = world_hello(&w, &again, shown.note);
    world_turn(&w);
    CU_ASSERT_EQUAL(w.answer_count, 1);
    again.head = shown.head;
    struct wire_from_broker *welcome = world_answer(&w, &again, id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(welcome);
    CU_ASSERT_EQUAL(welcome->head.from_size, shown.head.size);
    wire_from_broker_destroy(&welcome);
    world_end(&w);
}

static void cosignatures_that_hold_are_given_out(void)
{
    start();
    CU_ASSERT_EQUAL(cosign(&ward, &ward_line), 0);
    CU_ASSERT_EQUAL(cosign(&office, &office_line), 0);
    CU_ASSERT_EQUAL(w.answer_count, 0); /* nothing wakes who cosigned */
    CU_ASSERT_EQUAL(desk_counts(w.desk).cosigned, 2);
    struct wire_from_broker *answer = ask(&other_line, 0, 0, "");
    CU_ASSERT_EQUAL_FATAL(answer->u.cosigned.count, 2);
    CU_ASSERT_STRING_EQUAL(answer->u.cosigned.note, newest()->note);
    CU_ASSERT_STRING_EQUAL(answer->u.cosigned.witnesses[0].party, "P1");
    CU_ASSERT_STRING_EQUAL(answer->u.cosigned.witnesses[1].party, "office");
    const struct bytes note = {(const uint8_t *)answer->u.cosigned.note,
                               strlen(answer->u.cosigned.note)};
    CU_ASSERT_EQUAL(cosign_verify(note, &ward.cosign_key.public_key,
                                  answer->u.cosigned.witnesses[0].cosignature.data),
                    NG_OK);
    CU_ASSERT_FALSE(answer->u.cosigned.more);
    wire_from_broker_destroy(&answer);
    answer = ask(&other_line, newest()->head.size, 0, "P1");
    CU_ASSERT_EQUAL_FATAL(answer->u.cosigned.count, 1);
    CU_ASSERT_STRING_EQUAL(answer->u.cosigned.witnesses[0].party, "office");
    wire_from_broker_destroy(&answer);
    answer = ask(&other_line, newest()->head.size, 2, "");
    CU_ASSERT_STRING_EQUAL(answer->u.cosigned.note, "");
    CU_ASSERT_EQUAL(answer->u.cosigned.count, 0);
    wire_from_broker_destroy(&answer);
    world_end(&w);
}

/* The proof with an earlier head leads to the head of the answer. */
static void an_earlier_witness_head_is_proved(void)
{
    start();
    CU_ASSERT_EQUAL(cosign(&ward, &ward_line), 0);
    const uint64_t size = newest()->head.size;
    const struct hash root = newest()->head.root;
    report(&ward, &ward_line);
    report(&ward, &ward_line);
    struct wire_from_broker *answer = ask(&ward_line, size, 0, "");
    struct tree_proof proof = {.count = answer->u.cosigned.consistency.size / HASH_SIZE};
    CU_ASSERT_FATAL(proof.count > 0);
    memcpy(proof.hashes, answer->u.cosigned.consistency.data, proof.count * HASH_SIZE);
    CU_ASSERT_EQUAL(tree_verify_consistency(size, ward_line.head.size, &root, &ward_line.head.root,
                                            proof.hashes, proof.count),
                    NG_OK);
    wire_from_broker_destroy(&answer);
    world_end(&w);
}

static void cosignatures_that_do_not_hold_are_refused(void)
{
    uint8_t cosignature[COSIGN_SIZE];
    start();
    const uint64_t size = newest()->head.size;
    const struct bytes note = {(const uint8_t *)newest()->note, newest()->note_size};
    CU_ASSERT_EQUAL(cosign_sign(note, &ward.cosign_key, 1795722763, cosignature), NG_OK);
    /* another party's, in one's own name */
    CU_ASSERT_EQUAL(world_error(&w, &other_line, send_cosign(&other_line, size, cosignature)),
                    WIRE_ERROR_COSIGNATURE);
    /* of a head that there is none of, and of one that is no witness head */
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, size + 1, cosignature)),
                    WIRE_ERROR_COSIGNATURE);
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, 0, cosignature)),
                    WIRE_ERROR_COSIGNATURE);
    /* forged */
    cosignature[20] ^= 1;
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, size, cosignature)),
                    WIRE_ERROR_COSIGNATURE);
    cosignature[20] ^= 1;
    /* backdated: the time is signed too */
    cosignature[7] ^= 1;
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, size, cosignature)),
                    WIRE_ERROR_COSIGNATURE);
    cosignature[7] ^= 1;
    CU_ASSERT_EQUAL(cosigners(&office_line), 0);
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, size, cosignature)), 0);
    CU_ASSERT_EQUAL(cosigners(&office_line), 1);
    /* replayed: for the same head it changes nothing, for a later one it does not hold */
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, size, cosignature)), 0);
    CU_ASSERT_EQUAL(cosigners(&office_line), 1);
    w.now.mono.ms += WITNESSES_MS;
    report(&ward, &ward_line);
    CU_ASSERT(newest()->head.size > size);
    CU_ASSERT_EQUAL(
        world_error(&w, &ward_line, send_cosign(&ward_line, newest()->head.size, cosignature)),
        WIRE_ERROR_COSIGNATURE);
    CU_ASSERT_EQUAL(cosigners(&office_line), 0);
    world_end(&w);
}

/* Sixteen heads gather; the cosignature of an older one comes too late. */
/* Their signatures hold; their keys stand for nobody. */
static void frozen_and_unconfirmed_keys_cosign_nothing(void)
{
    const struct wire_policy policy = {.enrolment = WIRE_ENROLMENT_CONFIRM};
    struct actor fresh = {.epoch = 0};
    struct line fresh_line = {0};
    struct buf payload = BUF_INIT(64), statement;
    uint8_t signature[64];
    start();
    CU_ASSERT_EQUAL(cosign(&ward, &ward_line), 0);
    CU_ASSERT_EQUAL(cosign(&other, &other_line), 0);
    struct actor clone = ward;
    report(&ward, &ward_line);
    world_write(&w, &clone, 16, "", (struct bytes){(const uint8_t *)"clone", 5}, &statement,
                signature);
    CU_ASSERT_EQUAL(world_try(&w, &ward_line, &statement, signature, NULL), REFUSAL_FORK);
    CU_ASSERT_EQUAL(wire_policy_encode(&policy, &payload), NG_OK);
    world_say(&w, &office, STATEMENT_POLICY, "*", buf_bytes(&payload));
    world_enrol(&w, &fresh, "P3", WIRE_ROLE_WARD);
    world_join(&w, &fresh_line, &fresh);
    w.now.mono.ms += WITNESSES_MS;
    report(&other, &other_line);
    CU_ASSERT_EQUAL(cosign(&ward, &ward_line), WIRE_ERROR_COSIGNATURE);
    CU_ASSERT_EQUAL(cosign(&fresh, &fresh_line), WIRE_ERROR_COSIGNATURE);
    CU_ASSERT_EQUAL(cosigners(&office_line), 0);
    CU_ASSERT_EQUAL(cosign(&other, &other_line), 0);
    CU_ASSERT_EQUAL(cosigners(&office_line), 1);
    buf_fini(&statement);
    buf_fini(&payload);
    world_end(&w);
}

static void old_heads_gather_no_more(void)
{
    uint8_t cosignature[COSIGN_SIZE];
    start();
    const uint64_t size = newest()->head.size;
    const struct bytes note = {(const uint8_t *)newest()->note, newest()->note_size};
    CU_ASSERT_EQUAL(cosign_sign(note, &ward.cosign_key, 1, cosignature), NG_OK);
    CU_ASSERT_EQUAL(cosign(&other, &other_line), 0);
    for (int i = 0; i < WITNESSES_GATHERING; i++) {
        CU_ASSERT_EQUAL(witnesses_count(w.witnesses, size), 1);
        CU_ASSERT_EQUAL(witnesses_flush(w.witnesses), NG_OK);
        w.now.mono.ms += WITNESSES_MS;
        report(&ward, &ward_line);
    }
    CU_ASSERT_EQUAL(witnesses_count(w.witnesses, size), 0);
    CU_ASSERT_EQUAL(world_error(&w, &ward_line, send_cosign(&ward_line, size, cosignature)),
                    WIRE_ERROR_COSIGNATURE);
    world_end(&w);
}

static void witnesses_are_there_again_after_a_restart(void)
{
    start();
    CU_ASSERT_EQUAL(cosign(&ward, &ward_line), 0);
    CU_ASSERT_EQUAL(witnesses_flush(w.witnesses), NG_OK);
    CU_ASSERT_EQUAL(cosign(&other, &other_line), 0); /* not written: lost with the process */
    world_restart(&w);
    world_join(&w, &office_line, &office);
    struct wire_from_broker *answer = ask(&office_line, 0, 0, "");
    CU_ASSERT_EQUAL_FATAL(answer->u.cosigned.count, 1);
    CU_ASSERT_STRING_EQUAL(answer->u.cosigned.witnesses[0].party, "P1");
    wire_from_broker_destroy(&answer);
    CU_ASSERT_TRUE(
        shown_a_witness_head(&office_line)); /* so that who cosigned in vain does again */
    world_join(&w, &other_line, &other);
    CU_ASSERT_EQUAL(cosign(&other, &other_line), 0);
    CU_ASSERT_EQUAL(cosigners(&office_line), 2);
    world_end(&w);
}

/* Signed with the log's own key, whatever it says. */
static void sign(struct ledger_head *head)
{
    char path[300];
    struct key_pair pair;
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    (void)snprintf(path, sizeof(path), "%s/log.key", w.folder);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path, WORLD_ORIGIN, &pair, NULL), NG_OK);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head->head, &pair, &note), NG_OK);
    memcpy(head->note, note.data, note.size + 1);
    head->note_size = note.size;
    key_wipe(&pair);
    buf_fini(&note);
}

/* A head of another history under the same key, as in a store left over when an older copy of the
 * log was put back: it is not shown as one of this log's. */
static void witness_heads_of_another_history_are_passed_over(void)
{
    start();
    struct ledger_head other_history = *newest();
    const uint64_t size = newest()->head.size;
    for (uint64_t more = 1; more <= 100; more += 99) { /* within the log later, and beyond it */
        other_history.head.size = size + more;
        other_history.head.root.bytes[0] ^= 1;
        sign(&other_history);
        w.now.mono.ms += WITNESSES_MS;
        witnesses_mark(w.witnesses, &other_history, w.now.mono);
        CU_ASSERT_EQUAL(newest()->head.size, size + more);
    }
    CU_ASSERT_EQUAL(witnesses_flush(w.witnesses), NG_OK);
    report(&ward, &ward_line);
    report(&ward, &ward_line);
    world_restart(&w);
    CU_ASSERT_EQUAL(newest()->head.size, size);
    world_end(&w);
}

static void the_store_keeps_a_day_of_heads(void)
{
    static const char *const tables[] = {"heads", "cosignatures", NULL};
    char path[300];
    struct store *store = NULL;
    struct store_txn *t = NULL;
    uint64_t heads = 0, rows = 0;
    start();
    struct ledger_head head = *newest();
    const uint64_t first = head.head.size;
    CU_ASSERT_EQUAL(cosign(&ward, &ward_line), 0);
    for (int i = 1; i < WITNESSES_KEPT + 5; i++) {
        head.head.size = first + (uint64_t)i;
        w.now.mono.ms += WITNESSES_MS;
        witnesses_mark(w.witnesses, &head, w.now.mono);
        if (i % WITNESSES_GATHERING == 0) {
            CU_ASSERT_EQUAL_FATAL(witnesses_flush(w.witnesses), NG_OK);
        }
    }
    CU_ASSERT_EQUAL_FATAL(witnesses_flush(w.witnesses), NG_OK);
    witnesses_close(&w.witnesses);
    (void)snprintf(path, sizeof(path), "%s/witness", w.folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = "nganam witness",
                                        .format_version = 1,
                                        .sealed = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    CU_ASSERT_EQUAL(store_count(t, 0, &heads), NG_OK);
    CU_ASSERT_EQUAL(store_count(t, 1, &rows), NG_OK);
    CU_ASSERT_EQUAL(heads, WITNESSES_KEPT);
    CU_ASSERT_EQUAL(rows, 0); /* went with its head */
    store_end_read(&t);
    store_close(&store);
    world_end(&w);
}

/* An invite is no witness. */
static void only_enrolled_parties_are_witnesses(void)
{
    struct actor guest = {.epoch = 0};
    struct line guest_line;
    start();
    world_invite(&w, &guest, "P9", WIRE_ROLE_WARD);
    world_connect(&w, &guest_line, "+P9");
    w.now.mono.ms += WITNESSES_MS; /* the head of his Welcome is a witness head */
    const uint64_t hello = world_hello(&w, &guest_line, "");
    world_turn(&w);
    struct wire_from_broker *welcome = world_answer(&w, &guest_line, hello);
    CU_ASSERT_PTR_NOT_NULL_FATAL(welcome);
    CU_ASSERT_FALSE(welcome->head.witness);
    CU_ASSERT_EQUAL(newest()->head.size, guest_line.head.size);
    wire_from_broker_destroy(&welcome);
    uint8_t cosignature[COSIGN_SIZE] = {0};
    CU_ASSERT_EQUAL(
        world_error(&w, &guest_line, send_cosign(&guest_line, newest()->head.size, cosignature)),
        WIRE_ERROR_FORBIDDEN);
    world_end(&w);
}

static const struct test_case cases[] = {
    TEST_CASE(witnesses_mark_one_head_a_minute),
    TEST_CASE(a_witness_head_that_would_be_passed_over_comes_by_itself),
    TEST_CASE(a_welcome_comes_before_any_witness_head),
    TEST_CASE(cosignatures_that_hold_are_given_out),
    TEST_CASE(an_earlier_witness_head_is_proved),
    TEST_CASE(cosignatures_that_do_not_hold_are_refused),
    TEST_CASE(frozen_and_unconfirmed_keys_cosign_nothing),
    TEST_CASE(old_heads_gather_no_more),
    TEST_CASE(witnesses_are_there_again_after_a_restart),
    TEST_CASE(witness_heads_of_another_history_are_passed_over),
    TEST_CASE(the_store_keeps_a_day_of_heads),
    TEST_CASE(only_enrolled_parties_are_witnesses),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("witnesses", cases, argc, argv);
}
