/* Goal: a bundle holds what has no receipt, as much as fits; receipts that somebody brings are kept
 * all or none, whatever call fails, and only those that hold; two logs under one key are an alarm.
 *
 * Method: a party's store in a folder of our own, and a log of our own whose key signs the heads,
 * so that true receipts and contradicting ones can be made; then the three loops of fault injection
 * over the import. */
#include "harness.h"

#include "fault/fault.h"
#include "party/carry.h"
#include "party/kept_head.h"
#include "party/outbox.h"
#include "party/seen.h"
#include "party/tables.h"

#include "base/bytes.h"
#include "base/log.h"

#include <errno.h>
#include <sys/wait.h>

#define STATEMENTS 3u

static char folder[200];
static struct identity id;
static struct key_pair log_key;
static struct buf answer;

static struct party *open_party(void)
{
    struct party *p = NULL;
    CU_ASSERT_EQUAL_FATAL(party_open(folder, &p), NG_OK);
    return p;
}

/* A party with some statements that have no receipt. */
static void begin(void)
{
    const uint8_t seed[32] = {1};
    struct store *store = NULL;
    uint64_t seqs[STATEMENTS];
    test_folder(folder, sizeof(folder));
    key_from_seed(seed, &log_key);
    id = (struct identity){.party = {"my-quoi"},
                           .epoch = 1,
                           .origin = "nganam.example/log",
                           .endpoint = "tcp://127.0.0.1:5570",
                           .log_key = log_key.public_key};
    statement_log_id(id.origin, id.log_id);
    identity_new_keys(&id);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_open(folder, true, &store), NG_OK);
    store_close(&store);
    struct party *p = open_party();
    struct party_draft drafts[STATEMENTS];
    for (size_t i = 0; i < STATEMENTS; i++) {
        drafts[i] = (struct party_draft){.kind = STATEMENT_FIELD_FIRST,
                                         .payload = {(const uint8_t *)"a report", 8}};
    }
    CU_ASSERT_EQUAL_FATAL(party_author(p, drafts, STATEMENTS, 1795000000000, seqs), NG_OK);
    party_close(&p);
    buf_init(&answer, BUNDLE_SIZE_MAX);
}

static void end(void)
{
    buf_fini(&answer);
    test_remove_folder(folder);
}

static struct party_status status(void)
{
    struct party *p = open_party();
    struct party_status s = {0};
    CU_ASSERT_EQUAL(party_status(p, &s), NG_OK);
    party_close(&p);
    return s;
}

static void sign_head(uint64_t size, const struct hash *root, struct buf *to)
{
    struct note_head head = {.size = size, .root = *root};
    memcpy(head.origin, id.origin, sizeof(head.origin));
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &log_key, to), NG_OK);
}

/* The statement as the last leaf of a log whose other leaves, a full tree of eight times its
 * number, have the hash `before`. */
static void add_receipt(struct party *p, uint64_t seq, const struct hash *before)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), encoded = BUF_INIT(LEAF_SIZE_MAX);
    struct buf note = BUF_INIT(NOTE_SIZE_MAX), text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct party_own own;
    uint8_t signature[KEY_SIGNATURE_SIZE], number[8];
    CU_ASSERT_EQUAL_FATAL(party_own_get(p, seq, &own, &statement, NULL), NG_OK);
    key_sign(&id.key, buf_bytes(&statement), signature);
    const struct leaf leaf = {.index = UINT64_C(8) << seq,
                              .received_at = 1795000001000,
                              .key = id.key.public_key,
                              .statement = buf_bytes(&statement),
                              .signature = signature};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &encoded), NG_OK);
    const struct hash hash = leaf_hash(buf_bytes(&encoded));
    const struct hash root = tree_node(before, &hash);
    sign_head(leaf.index + 1, &root, &note);
    CU_ASSERT_EQUAL_FATAL(receipt_format(encoded.data, signature, leaf.index, HASH_BYTES(*before),
                                         buf_bytes(&note), &text),
                          NG_OK);
    bytes_put_u64(number, seq);
    CU_ASSERT_EQUAL(bundle_add(&answer, (struct bytes){number, 8}, buf_bytes(&text)), NG_OK);
    buf_fini(&statement);
    buf_fini(&encoded);
    buf_fini(&note);
    buf_fini(&text);
}

static void make_answer(void)
{
    const struct hash before = hash_of("the leaves before", 17);
    struct bundle head = {.party = id.party, .epoch = 1};
    struct party *p = open_party();
    memcpy(head.origin, id.origin, sizeof(head.origin));
    buf_clear(&answer);
    CU_ASSERT_EQUAL_FATAL(bundle_begin(&answer, BUNDLE_RECEIPTS, &head), NG_OK);
    for (uint64_t seq = 1; seq <= STATEMENTS; seq++) {
        add_receipt(p, seq, &before);
    }
    CU_ASSERT_EQUAL_FATAL(bundle_end(&answer), NG_OK);
    party_close(&p);
}

static enum ng_err import(struct carry_imported *ret)
{
    struct party *p = NULL;
    enum ng_err e = party_open(folder, &p);
    if (!e) {
        e = carry_import(p, buf_bytes(&answer), ret);
    }
    party_close(&p);
    return e;
}

/* ---- Packing ---- */

static void a_bundle_holds_as_much_as_fits_and_says_what_is_left(void)
{
    begin();
    struct carry_load load = CARRY_LOAD_INIT, small = {.front = BUF_INIT(644)};
    struct bundle b;
    uint64_t first = 0;
    struct party *p = open_party();
    CU_ASSERT_EQUAL(carry_pack(p, true, &load), NG_OK);
    CU_ASSERT(load.first == 1 && load.last == STATEMENTS && load.left == 0);
    CU_ASSERT_EQUAL(bundle_read(buf_bytes(&load.front), BUNDLE_STATEMENTS, &b), NG_OK);
    CU_ASSERT(b.count == STATEMENTS && bundle_check(&b, &first) == NG_OK && first == 1);
    CU_ASSERT_EQUAL(bundle_read(buf_bytes(&load.front), BUNDLE_RECEIPTS, &b), NG_ERR_INPUT);
    b.origin[0] = 'N'; /* of another log than its statements say */
    CU_ASSERT_EQUAL(bundle_check(&b, &first), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(carry_pack(p, true, &small), NG_OK);
    CU_ASSERT(small.first == 1 && small.last == 2 && small.left == 1);
    CU_ASSERT_EQUAL(bundle_read(buf_bytes(&small.front), BUNDLE_STATEMENTS, &b), NG_OK);
    CU_ASSERT_EQUAL(b.count, 2);
    party_close(&p);
    carry_unload(&small);
    carry_unload(&load);
    end();
}

/* ---- Receipts that are brought ---- */

static void receipts_that_hold_are_kept_once(void)
{
    begin();
    struct carry_imported news;
    make_answer();
    CU_ASSERT_EQUAL(import(&news), NG_OK);
    CU_ASSERT(news.count == STATEMENTS && news.known == 0 && news.outbox == 0);
    CU_ASSERT_EQUAL(status().delivered, STATEMENTS);
    CU_ASSERT_EQUAL(import(&news), NG_OK);
    CU_ASSERT(news.count == 0 && news.known == STATEMENTS);
    CU_ASSERT_EQUAL(status().alarm_count, 0);
    end();
}

static enum ng_err put_head(struct store_txn *t, void *context)
{
    const struct buf *note = context;
    const struct log_keys keys = log_keys_of(&log_key.public_key);
    return kept_head_put(t, &keys, buf_bytes(note));
}

static void two_logs_under_one_key_are_an_alarm_with_both_heads(void)
{
    begin();
    struct buf note = BUF_INIT(NOTE_SIZE_MAX), text = BUF_INIT(2048), proof = BUF_INIT(65536);
    const struct hash other = hash_of("another log", 11);
    struct carry_imported news;
    struct party_alarm a;
    make_answer();
    sign_head((UINT64_C(8) << 2) + 1, &other, &note); /* the size at which number 2 was logged */
    struct party *p = open_party();
    CU_ASSERT_EQUAL(store_write(party_store(p), put_head, &note), NG_OK);
    party_close(&p);
    CU_ASSERT_EQUAL(import(&news), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(status().alarm_count, 1);
    p = open_party();
    CU_ASSERT_EQUAL_FATAL(party_alarm_get(p, 1, &a, &text, &proof), NG_OK);
    party_close(&p);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "two different logs of 33 entries"));
    CU_ASSERT(proof.size > note.size && memcmp(proof.data, note.data, note.size) == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&proof) + note.size, "c2sp.org/tlog-proof@v1"));
    buf_fini(&proof);
    buf_fini(&text);
    buf_fini(&note);
    end();
}

/* ---- Heads that came by another road wait to be proved ---- */

/* Those that wait; gives the size of the one whose turn is first. */
static uint64_t waiting_size(void)
{
    struct party *p = open_party();
    struct store_txn *t = NULL;
    const struct seen_head before = {.size = 0};
    struct seen_head waits = {.size = 0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(p), &t), NG_OK);
    const enum ng_err e = seen_next(t, &before, &waits);
    CU_ASSERT(e == NG_OK || e == NG_ERR_NOT_FOUND);
    store_end_read(&t);
    party_close(&p);
    return e == NG_OK ? waits.size : 0;
}

static void a_receipts_head_of_another_size_waits_to_be_proved(void)
{
    begin();
    struct carry_imported news;
    CU_ASSERT_EQUAL(waiting_size(), 0);
    make_answer();
    CU_ASSERT_EQUAL(import(&news), NG_OK);
    CU_ASSERT(waiting_size() > 0);
    end();
}

static void kept_is(uint64_t size)
{
    CU_ASSERT_EQUAL(status().head.size, size);
}

/* The service beside the carrier has verified a head meanwhile, and it may be another log's. */
static void a_carriers_head_does_not_replace_one_it_was_not_proved_from(void)
{
    const struct hash ours = hash_of("ours", 4), services = hash_of("the service's", 13);
    struct buf first = BUF_INIT(NOTE_SIZE_MAX), newer = BUF_INIT(NOTE_SIZE_MAX);
    struct buf theirs = BUF_INIT(NOTE_SIZE_MAX);
    struct witness w;
    begin();
    sign_head(5, &ours, &first);
    sign_head(9, &ours, &newer);
    sign_head(7, &services, &theirs);
    struct party *p = open_party();
    CU_ASSERT_EQUAL(store_write(party_store(p), put_head, &first), NG_OK);
    CU_ASSERT_EQUAL_FATAL(kept_head_witness(party_store(p), &id, &w), NG_OK);
    const struct note_head from = w.head;
    CU_ASSERT_EQUAL_FATAL(note_verify(buf_bytes(&newer), id.origin, &log_key.public_key, &w.head),
                          NG_OK);
    memcpy(w.note, newer.data, newer.size);
    w.note_size = newer.size;
    CU_ASSERT_EQUAL(store_write(party_store(p), put_head, &theirs), NG_OK);
    CU_ASSERT_EQUAL(carry_learn(p, &from, &w, NULL), NG_OK);
    party_close(&p);
    kept_is(7);
    CU_ASSERT_EQUAL(waiting_size(), 9);
    p = open_party();
    CU_ASSERT_EQUAL(store_write(party_store(p), put_head, &first), NG_OK);
    CU_ASSERT_EQUAL(carry_learn(p, &from, &w, NULL), NG_OK);
    party_close(&p);
    kept_is(9);
    buf_fini(&theirs);
    buf_fini(&newer);
    buf_fini(&first);
    end();
}

/* ---- Whatever fails ---- */

static enum ng_err error_of(int error)
{
    return error == ENOMEM ? NG_ERR_NOMEM : error == ENOSPC ? NG_ERR_FULL : NG_ERR_IO;
}

static void importing_survives(unsigned kinds, int error)
{
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        struct carry_imported news;
        begin();
        make_answer();
        fault_set(kinds, k, error, false);
        const enum ng_err e = import(&news);
        struck = fault_clear();
        const uint64_t delivered = status().delivered;
        CU_ASSERT(delivered == 0 || delivered == STATEMENTS);
        CU_ASSERT(e == NG_OK ? delivered == STATEMENTS : e == error_of(error));
        refused += e != NG_OK ? 1 : 0;
        CU_ASSERT_EQUAL(import(&news), NG_OK);
        CU_ASSERT_EQUAL(status().delivered, STATEMENTS);
        CU_ASSERT_EQUAL(status().alarm_count, 0);
        end();
    }
    CU_ASSERT(refused > 0);
}

static void receipts_are_kept_all_or_none_when_memory_fails(void)
{
    importing_survives(FAULT_MEMORY, ENOMEM);
}

static void receipts_are_kept_all_or_none_when_the_disk_fails(void)
{
    importing_survives(FAULT_WRITE | FAULT_SYNC | FAULT_MAP, EIO);
}

static void receipts_are_kept_all_or_none_when_the_disk_is_full(void)
{
    importing_survives(FAULT_WRITE, ENOSPC);
}

static void receipts_are_kept_all_or_none_when_it_is_stopped(void)
{
    int ended = 0;
    unsigned stopped = 0;
    for (unsigned k = 1; k < 100; k++) {
        struct carry_imported news;
        begin();
        make_answer();
        const pid_t child = fork();
        if (child == 0) {
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            _exit(import(&news) == NG_OK ? 0 : 1);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &ended, 0), child);
        const uint64_t delivered = status().delivered;
        CU_ASSERT(delivered == 0 || delivered == STATEMENTS);
        end();
        if (WEXITSTATUS(ended) != FAULT_STOPPED) {
            CU_ASSERT_EQUAL(delivered, STATEMENTS);
            break;
        }
        stopped++;
    }
    CU_ASSERT(stopped > 0);
    CU_ASSERT_EQUAL(WEXITSTATUS(ended), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_bundle_holds_as_much_as_fits_and_says_what_is_left),
        TEST_CASE(receipts_that_hold_are_kept_once),
        TEST_CASE(two_logs_under_one_key_are_an_alarm_with_both_heads),
        TEST_CASE(a_receipts_head_of_another_size_waits_to_be_proved),
        TEST_CASE(a_carriers_head_does_not_replace_one_it_was_not_proved_from),
        TEST_CASE(receipts_are_kept_all_or_none_when_memory_fails),
        TEST_CASE(receipts_are_kept_all_or_none_when_the_disk_fails),
        TEST_CASE(receipts_are_kept_all_or_none_when_the_disk_is_full),
        TEST_CASE(receipts_are_kept_all_or_none_when_it_is_stopped),
        {NULL, NULL}};
    log_init("test_carry", LOG_ERROR + 1);
    return key_init() == NG_OK ? test_main("carry", cases, argc, argv) : 1;
}
