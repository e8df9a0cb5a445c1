/* Goal: evidence is taken from whom may put it and given to whom may read it, each other request
 * gets its number, and a folder that fails touches no statement. Method: the desk with a real log
 * and a real folder (world.h); the folder is broken on the disk. */
#include "blob/blob_proof.h"
#include "ledger/key.h"
#include "world.h"

#include <sys/stat.h>

static struct world w;
static struct actor ward, other, office, auditor;
static struct line ward_line, other_line, office_line, auditor_line;
static struct blob_folder *blobs;
static char path[300];
static uint8_t blob[BLOB_SALT_SIZE + 700];
static struct hash id;

static void start(void)
{
    static const struct blob_limits limits = {1u << 20, 3000, 5};
    struct actor *const actors[] = {&ward, &other, &office, &auditor};
    for (size_t i = 0; i < 4; i++) {
        memset(actors[i], 0, sizeof(*actors[i]));
    }
    world_start(&w, 0, 0);
    (void)snprintf(path, sizeof(path), "%s/blobs", w.folder);
    CU_ASSERT_EQUAL_FATAL(blob_open(path, &limits, &blobs), NG_OK);
    w.blobs = blobs;
    world_restart(&w);
    world_enrol(&w, &office, "office", WIRE_ROLE_OFFICE);
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
    world_enrol(&w, &other, "P2", WIRE_ROLE_WARD);
    world_enrol(&w, &auditor, "audit", WIRE_ROLE_AUDITOR);
    world_join(&w, &office_line, &office);
    world_join(&w, &ward_line, &ward);
    world_join(&w, &other_line, &other);
    world_join(&w, &auditor_line, &auditor);
    key_random(blob, sizeof(blob));
    memcpy(blob + BLOB_SALT_SIZE, "%PDF-1.4", 8);
    id = hash_of(blob, sizeof(blob));
}

static void end(void)
{
    world_end(&w);
    blob_close(&blobs);
}

static uint8_t proof[WIRE_PROOF_OF_STORING];
static bool proved;

/* `have`, or minus the error; owner "": the sender's own. */
static int64_t put_for(struct line *line, uint64_t offset, size_t size, const char *owner,
                       uint32_t epoch, uint64_t seq)
{
    struct wire_to_broker m = {.kind = WIRE_PUT};
    memcpy(m.u.put.id, id.bytes, HASH_SIZE);
    m.u.put.size = sizeof(blob);
    m.u.put.offset = offset;
    m.u.put.bytes = (struct bytes){blob + offset, size};
    m.u.put.owner = owner;
    m.u.put.epoch = epoch;
    m.u.put.seq = seq;
    const uint64_t request = world_send(&w, line, &m);
    world_turn(&w);
    struct wire_from_broker *a = world_answer(&w, line, request);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    const int64_t said = a->kind == WIRE_STORED  ? (int64_t)a->u.stored.have
                         : a->kind == WIRE_ERROR ? -(int64_t)a->u.error.code
                                                 : INT64_MIN;
    proved = a->kind == WIRE_STORED && a->u.stored.proof.size == sizeof(proof);
    if (proved) {
        memcpy(proof, a->u.stored.proof.data, sizeof(proof));
    }
    wire_from_broker_destroy(&a);
    return said;
}

static int64_t put(struct line *line, uint64_t offset, size_t size)
{
    return put_for(line, offset, size, "", 0, 0);
}

/* Bytes that came and are the blob's, or minus the error. */
static int64_t get(struct line *line, uint64_t offset, uint32_t max)
{
    struct wire_to_broker m = {.kind = WIRE_GET};
    memcpy(m.u.get.id, id.bytes, HASH_SIZE);
    m.u.get.offset = offset;
    m.u.get.max_bytes = max;
    const uint64_t request = world_send(&w, line, &m);
    world_turn(&w);
    struct wire_from_broker *a = world_answer(&w, line, request);
    CU_ASSERT_PTR_NOT_NULL_FATAL(a);
    int64_t said = a->kind == WIRE_ERROR ? -(int64_t)a->u.error.code : INT64_MIN;
    if (a->kind == WIRE_BLOB) {
        said = (int64_t)a->u.blob.bytes.size;
        CU_ASSERT_EQUAL(a->u.blob.size, sizeof(blob));
        CU_ASSERT_EQUAL(a->u.blob.offset, offset);
        CU_ASSERT(said == 0 || memcmp(a->u.blob.bytes.data, blob + offset, (size_t)said) == 0);
    }
    wire_from_broker_destroy(&a);
    return said;
}

static void evidence_is_read_by_its_owner_the_office_and_auditors(void)
{
    start();
    CU_ASSERT_EQUAL(get(&office_line, 0, 0), -WIRE_ERROR_MISSING);
    CU_ASSERT_EQUAL(put(&ward_line, 0, 600), 600);
    CU_ASSERT_EQUAL(get(&office_line, 0, 0), -WIRE_ERROR_MISSING); /* not all of it */
    CU_ASSERT_EQUAL(get(&other_line, 0, 0), -WIRE_ERROR_MISSING);
    CU_ASSERT_EQUAL(put(&ward_line, 600, sizeof(blob) - 600), sizeof(blob));
    CU_ASSERT_EQUAL(get(&office_line, 0, 0), sizeof(blob));
    CU_ASSERT_EQUAL(get(&auditor_line, 100, 50), 50);
    CU_ASSERT_EQUAL(get(&ward_line, sizeof(blob) - 1, 50), 1);
    CU_ASSERT_EQUAL(get(&ward_line, sizeof(blob), 0), 0);
    CU_ASSERT_EQUAL(get(&ward_line, sizeof(blob) + 1, 0), -WIRE_ERROR_RANGE);
    CU_ASSERT_EQUAL(get(&other_line, 0, 0), -WIRE_ERROR_FORBIDDEN);
    CU_ASSERT_EQUAL(put(&other_line, 0, 600), sizeof(blob)); /* there already: stays the first's */
    CU_ASSERT_EQUAL(get(&other_line, 0, 0), -WIRE_ERROR_FORBIDDEN);
    end();
}

/* The ward says that its blob is evidence, in a statement of this kind; its number. */
static uint64_t cite(uint32_t kind)
{
    char text[BLOB_ID_TEXT_SIZE + 1];
    struct buf statement;
    uint8_t signature[64];
    blob_id_text(&id, text);
    world_write(&w, &ward, kind, "", (struct bytes){(const uint8_t *)text, BLOB_ID_TEXT_SIZE},
                &statement, signature);
    CU_ASSERT_EQUAL(world_try(&w, &ward_line, &statement, signature, NULL), 0);
    buf_fini(&statement);
    return ward.seq;
}

static void evidence_may_be_carried_for_who_cites_it(void)
{
    start();
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "P1", 1, 2), -WIRE_ERROR_UNCITED);
    const uint64_t seq = cite(16);
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "P1", 1, seq + 1), -WIRE_ERROR_UNCITED);
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "P1", 1, 1), -WIRE_ERROR_UNCITED);
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "P2", 1, 1), -WIRE_ERROR_UNCITED);
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "../P1", 1, seq), -WIRE_ERROR_UNCITED);
    /* The road breaks off, and another goes on, an auditor too: he writes nothing of his own. */
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "P1", 1, seq), 600);
    CU_ASSERT(!proved);
    CU_ASSERT_EQUAL(put_for(&auditor_line, 600, sizeof(blob) - 600, "P1", 1, seq), sizeof(blob));
    CU_ASSERT(proved &&
              blob_proof_holds(ledger_log_key(w.ledger), ledger_log_id(w.ledger), &id, proof));
    struct hash another = id;
    another.bytes[0] ^= 1;
    CU_ASSERT(
        !blob_proof_holds(ledger_log_key(w.ledger), ledger_log_id(w.ledger), &another, proof));
    CU_ASSERT_EQUAL(blob_usage_of(blobs, &ward.code).count, 1);
    CU_ASSERT_EQUAL(blob_usage_of(blobs, &other.code).count, 0);
    CU_ASSERT_EQUAL(get(&ward_line, 0, 0), sizeof(blob)); /* its own */
    CU_ASSERT_EQUAL(get(&other_line, 0, 0), -WIRE_ERROR_FORBIDDEN);
    /* A statement cites one blob and not another. */
    key_random(blob, BLOB_SALT_SIZE);
    id = hash_of(blob, sizeof(blob));
    CU_ASSERT_EQUAL(put_for(&other_line, 0, 600, "P1", 1, seq), -WIRE_ERROR_UNCITED);
    end();
}

static void who_may_not_put_is_refused(void)
{
    struct actor invited = {0};
    struct line invite_line;
    start();
    CU_ASSERT_EQUAL(put(&auditor_line, 0, 600), -WIRE_ERROR_FORBIDDEN);
    world_invite(&w, &invited, "P3", WIRE_ROLE_WARD);
    world_connect(&w, &invite_line, "+P3");
    CU_ASSERT_EQUAL(put(&invite_line, 0, 600), -WIRE_ERROR_HELLO_FIRST);
    (void)world_hello(&w, &invite_line, "");
    world_turn(&w);
    CU_ASSERT_EQUAL(put(&invite_line, 0, 600), -WIRE_ERROR_FORBIDDEN);
    CU_ASSERT_EQUAL(get(&invite_line, 0, 0), -WIRE_ERROR_FORBIDDEN);
    w.blobs = NULL; /* a broker that keeps no evidence */
    world_restart(&w);
    world_join(&w, &ward_line, &ward);
    CU_ASSERT_EQUAL(put(&ward_line, 0, 600), -WIRE_ERROR_FORBIDDEN);
    CU_ASSERT_EQUAL(get(&ward_line, 0, 0), -WIRE_ERROR_FORBIDDEN);
    end();
}

static void the_log_says(uint32_t kind, const char *to, const struct buf *payload)
{
    struct party_code code = {""};
    uint64_t index = 0;
    (void)snprintf(code.text, sizeof(code.text), "%s", to);
    CU_ASSERT_EQUAL_FATAL(desk_author(w.desk, kind, &code, buf_bytes(payload), &w.now, &index),
                          NG_OK);
}

static void a_revoked_key_puts_and_gets_nothing(void)
{
    struct wire_revoke m = {.party = "P1", .epoch = 1, .reason = "stolen"};
    struct buf payload = BUF_INIT(1024);
    start();
    CU_ASSERT_EQUAL(put(&ward_line, 0, 600), 600);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    the_log_says(STATEMENT_REVOKE, "P1", &payload);
    world_turn(&w);
    CU_ASSERT_EQUAL(put(&ward_line, 600, sizeof(blob) - 600), -WIRE_ERROR_REVOKED);
    CU_ASSERT_EQUAL(get(&ward_line, 0, 0), -WIRE_ERROR_HELLO_FIRST); /* forgotten */
    (void)world_hello(&w, &ward_line, "");
    CU_ASSERT_EQUAL(get(&ward_line, 0, 0), -WIRE_ERROR_REVOKED);
    CU_ASSERT_EQUAL(get(&office_line, 0, 0), -WIRE_ERROR_MISSING); /* nothing more has come */
    buf_fini(&payload);
    end();
}

static void an_unconfirmed_key_puts_and_gets_nothing(void)
{
    static const enum wire_role roles[] = {WIRE_ROLE_WARD, WIRE_ROLE_DEPARTMENT, WIRE_ROLE_AUDITOR};
    static const char *const codes[] = {"P4", "D1", "T2"};
    const struct wire_policy policy = {.enrolment = WIRE_ENROLMENT_CONFIRM};
    struct actor fresh[3] = {{.epoch = 0}};
    static struct line lines[3];
    struct buf payload = BUF_INIT(1024);
    start();
    CU_ASSERT_EQUAL(put(&ward_line, 0, sizeof(blob)), sizeof(blob));
    CU_ASSERT_EQUAL(wire_policy_encode(&policy, &payload), NG_OK);
    world_say(&w, &office, STATEMENT_POLICY, "*", buf_bytes(&payload));
    for (size_t i = 0; i < 3; i++) {
        world_enrol(&w, &fresh[i], codes[i], roles[i]);
        world_join(&w, &lines[i], &fresh[i]);
        CU_ASSERT_EQUAL(put(&lines[i], 0, 600), -WIRE_ERROR_FORBIDDEN);
        CU_ASSERT_EQUAL(get(&lines[i], 0, 0), -WIRE_ERROR_FORBIDDEN);
    }
    CU_ASSERT_EQUAL(get(&auditor_line, 0, 0), sizeof(blob)); /* who was there before, as before */
    buf_fini(&payload);
    end();
}

static void what_is_wrong_with_a_file_has_its_number(void)
{
    start();
    for (int i = 0; i < 4; i++) { /* 732 bytes each, 3,000 a unit */
        key_random(blob, BLOB_SALT_SIZE);
        id = hash_of(blob, sizeof(blob));
        CU_ASSERT_EQUAL(put(&ward_line, 0, sizeof(blob)), sizeof(blob));
    }
    key_random(blob, BLOB_SALT_SIZE);
    CU_ASSERT_EQUAL(put(&other_line, 0, sizeof(blob)), sizeof(blob)); /* id of before: there */
    id = hash_of(blob, sizeof(blob));
    CU_ASSERT_EQUAL(put(&ward_line, 0, sizeof(blob)), -WIRE_ERROR_QUOTA);
    CU_ASSERT_EQUAL(put(&other_line, 0, 100), -WIRE_ERROR_TYPE); /* too little to be judged */
    id.bytes[31] ^= 1;
    CU_ASSERT_EQUAL(put(&other_line, 0, sizeof(blob)), -WIRE_ERROR_HASH);
    CU_ASSERT_EQUAL(get(&other_line, 0, 0), -WIRE_ERROR_MISSING);
    CU_ASSERT_EQUAL(blob_erase(blobs, &id, "", 5), NG_OK);
    CU_ASSERT_EQUAL(put(&other_line, 0, 600), -WIRE_ERROR_ERASED);
    CU_ASSERT_EQUAL(get(&office_line, 0, 0), -WIRE_ERROR_ERASED);
    CU_ASSERT_EQUAL(desk_counts(w.desk).errors[WIRE_ERROR_QUOTA], 1);
    end();
}

/* What stands in the shelf's place cannot be written: evidence is refused, statements are not. */
static void a_folder_that_fails_touches_no_statement(void)
{
    char shelf[320];
    struct buf statement;
    uint8_t signature[64];
    start();
    (void)snprintf(shelf, sizeof(shelf), "%s/%02x", path, id.bytes[0]);
    CU_ASSERT_EQUAL_FATAL(symlink("/nowhere", shelf), 0);
    CU_ASSERT_EQUAL(put(&ward_line, 0, 600), -WIRE_ERROR_STORAGE);
    world_write(&w, &ward, 16, "", (struct bytes){(const uint8_t *)"word", 4}, &statement,
                signature);
    CU_ASSERT_EQUAL(world_try(&w, &ward_line, &statement, signature, NULL), 0);
    buf_fini(&statement);
    CU_ASSERT_EQUAL_FATAL(unlink(shelf), 0);
    CU_ASSERT_EQUAL(put(&ward_line, 0, 600), 600);
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(evidence_is_read_by_its_owner_the_office_and_auditors),
    TEST_CASE(evidence_may_be_carried_for_who_cites_it),
    TEST_CASE(who_may_not_put_is_refused),
    TEST_CASE(a_revoked_key_puts_and_gets_nothing),
    TEST_CASE(an_unconfirmed_key_puts_and_gets_nothing),
    TEST_CASE(what_is_wrong_with_a_file_has_its_number),
    TEST_CASE(a_folder_that_fails_touches_no_statement),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("desk_blob", cases, argc, argv);
}
