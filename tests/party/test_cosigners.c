/* Goal: a cosignature counts under the key that the log's own rules give a party: one that an
 * invite stands for, not revoked, and confirmed where the policy asks for it.
 *
 * Method: a true log, made by the ledger itself, is folded as the reader of the whole log folds it;
 * leaves that no broker would write are put in between by hand. */
#include "../ledger/kit.h"

#include "base/buf.h"
#include "party/cosigners.h"
#include "party/tables.h"

#define LEAVES_MAX 64u

static char folder[200];
static struct kit k;
static struct kit_author office, ward;
static struct kit_statement said;
static struct store *store;
static uint64_t read_to; /* leaves */

/* Folds what the log has more; from 0: all of it once more. */
static void fold_from(uint64_t from)
{
    struct buf leaves[LEAVES_MAX];
    struct bytes batch[LEAVES_MAX];
    struct store_txn *t = NULL;
    const uint64_t size = kit_size(&k);
    CU_ASSERT_TRUE_FATAL(size <= LEAVES_MAX);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(k.ledger), &t), NG_OK);
    for (uint64_t i = from; i < size; i++) {
        struct bytes leaf;
        buf_init(&leaves[i], LEAF_SIZE_MAX);
        CU_ASSERT_EQUAL_FATAL(ledger_leaf(k.ledger, t, i, &leaf), NG_OK);
        CU_ASSERT_EQUAL_FATAL(buf_add(&leaves[i], leaf.data, leaf.size), NG_OK);
        batch[i - from] = buf_bytes(&leaves[i]);
    }
    store_end_read(&t);
    CU_ASSERT_EQUAL(cosigners_fold(store, batch, size - from, NULL), NG_OK);
    for (uint64_t i = from; i < size; i++) {
        buf_fini(&leaves[i]);
    }
    read_to = size;
}

static void fold(void)
{
    fold_from(read_to);
}

/* A leaf of the broker's own making. */
static void fold_forged(const struct kit_statement *s, const struct key_public *key)
{
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    const struct leaf leaf = {.index = read_to,
                              .received_at = k.now,
                              .key = *key,
                              .statement = {s->bytes, s->size},
                              .signature = s->signature};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&leaf, &encoded), NG_OK);
    const struct bytes one = buf_bytes(&encoded);
    CU_ASSERT_EQUAL(cosigners_fold(store, &one, 1, NULL), NG_OK);
    buf_fini(&encoded);
}

static enum ng_err note(void *context, const struct registry_party *p)
{
    char *codes = context;
    (void)strcat(strcat(codes, p->code.text), " ");
    return NG_OK;
}

/* Who counts: "office xa-a ". */
static const char *who(void)
{
    static char codes[LEAVES_MAX * (PARTY_CODE_MAX + 1) + 1];
    struct store_txn *t = NULL;
    codes[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    CU_ASSERT_EQUAL(cosigners_each(t, note, codes), NG_OK);
    store_end_read(&t);
    return codes;
}

/* The first byte of the party's cosignature key; -1: it does not count. */
static int key_byte(const char *code)
{
    struct registry_party p;
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    const enum ng_err e = cosigners_get(t, code, &p);
    store_end_read(&t);
    CU_ASSERT_TRUE(!e || e == NG_ERR_NOT_FOUND);
    return e ? -1 : p.cosign_key[0];
}

static void begin(void)
{
    read_to = 0;
    test_folder(folder, sizeof(folder));
    kit_begin_with_ward(&k, &office, &ward);
    CU_ASSERT_EQUAL_FATAL(tables_open(folder, true, &store), NG_OK);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office xa-a ");
}

static void end(void)
{
    store_close(&store);
    kit_end(&k);
    test_remove_folder(folder);
}

static void office_says(uint32_t kind, const char *to, const struct buf *payload)
{
    kit_write(&k, &office, kind, to, payload->data, payload->size, &said);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &said).refusal, REFUSAL_OK);
}

static void enrol_again(unsigned number, uint8_t cosign_byte)
{
    kit_invite(&k, &office, "xa-a", WIRE_ROLE_WARD, k.now + 86400000, number, &said);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &said).refusal, REFUSAL_OK);
    memset(ward.cosign_key, cosign_byte, sizeof(ward.cosign_key));
    kit_enrol(&k, &ward, "xa-a", number, number + 500000, &said);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &said).refusal, REFUSAL_OK);
}

static void a_revoked_party_counts_no_more_until_it_enrols_anew(void)
{
    struct wire_revoke m = {.party = "xa-a", .epoch = 1, .reason = "lost"};
    struct buf payload = BUF_INIT(1024);
    begin();
    CU_ASSERT_EQUAL(key_byte("xa-a"), 0);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    office_says(STATEMENT_REVOKE, "xa-a", &payload);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office ");
    CU_ASSERT_EQUAL(key_byte("xa-a"), -1);
    enrol_again(11, 7);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office xa-a ");
    CU_ASSERT_EQUAL(key_byte("xa-a"), 7);
    fold_from(0); /* a batch that comes twice */
    CU_ASSERT_STRING_EQUAL(who(), "office xa-a ");
    CU_ASSERT_EQUAL(key_byte("xa-a"), 7);
    buf_fini(&payload);
    end();
}

/* Two machines have its key: which of them would have cosigned? */
static void a_frozen_party_counts_no_more_until_it_is_unfrozen(void)
{
    static struct kit_statement s;
    struct wire_unfreeze m = {.party = "xa-a", .epoch = 1};
    struct buf payload = BUF_INIT(1024);
    begin();
    struct kit_author clone = ward;
    (void)kit_report(&k, &ward, 3);
    kit_write(&k, &clone, STATEMENT_FIELD_FIRST, "", "clone", 5, &s);
    CU_ASSERT_EQUAL(kit_append(&k, &s).refusal, REFUSAL_FORK);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office ");
    CU_ASSERT_EQUAL(key_byte("xa-a"), -1);
    CU_ASSERT_EQUAL(wire_unfreeze_encode(&m, &payload), NG_OK);
    office_says(STATEMENT_UNFREEZE, "xa-a", &payload);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office xa-a ");
    buf_fini(&payload);
    end();
}

static void an_unconfirmed_party_counts_when_it_is_confirmed(void)
{
    const struct wire_policy policy = {.enrolment = WIRE_ENROLMENT_CONFIRM};
    struct wire_registry_actor actor = {.role = WIRE_ACTOR_ADMIN, .id = "lan"};
    struct wire_confirm m = {.party = "xa-a", .actor = "lan"};
    struct key_pair lan;
    struct buf payload = BUF_INIT(1024);
    begin();
    CU_ASSERT_EQUAL(wire_policy_encode(&policy, &payload), NG_OK);
    office_says(STATEMENT_POLICY, "*", &payload);
    key_generate(&lan);
    memcpy(actor.key, lan.public_key.bytes, 32);
    buf_clear(&payload);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&actor, &payload), NG_OK);
    office_says(STATEMENT_ACTOR, "", &payload);
    enrol_again(11, 7);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office ");
    m.epoch = ward.epoch;
    memcpy(m.key, ward.key.public_key.bytes, 32);
    buf_clear(&payload);
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(
        registry_actor_sign(&lan, ledger_log_id(k.ledger), buf_bytes(&payload), m.actor_signature),
        NG_OK);
    buf_clear(&payload);
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &payload), NG_OK);
    office_says(STATEMENT_CONFIRM, "xa-a", &payload);
    fold();
    CU_ASSERT_STRING_EQUAL(who(), "office xa-a ");
    CU_ASSERT_EQUAL(key_byte("xa-a"), 7);
    buf_fini(&payload);
    end();
}

/* A broker that would like to cosign in a ward's name has no invite to show, or not its key. */
static void an_enrolment_that_no_invite_stands_for_brings_no_key(void)
{
    begin();
    struct kit_author broker = {.epoch = ward.epoch};
    memset(broker.cosign_key, 9, sizeof(broker.cosign_key));
    kit_enrol(&k, &broker, "xa-a", 99, 98, &said);
    fold_forged(&said, &broker.key.public_key);
    CU_ASSERT_EQUAL(key_byte("xa-a"), 0);
    kit_invite(&k, &office, "xa-a", WIRE_ROLE_WARD, k.now + 86400000, 12, &said);
    CU_ASSERT_EQUAL_FATAL(kit_append(&k, &said).refusal, REFUSAL_OK);
    fold();
    broker = (struct kit_author){.epoch = ward.epoch};
    memset(broker.cosign_key, 9, sizeof(broker.cosign_key));
    kit_enrol(&k, &broker, "xa-a", 99, 98, &said);
    fold_forged(&said, &broker.key.public_key);
    CU_ASSERT_EQUAL(key_byte("xa-a"), 0);
    kit_enrol(&k, &ward, "xa-a", 12, 13, &said);
    fold_forged(&said, &broker.key.public_key); /* the leaf is signed by another */
    struct registry_party p = {.epoch = 0};
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    CU_ASSERT_EQUAL(cosigners_get(t, "xa-a", &p), NG_OK);
    CU_ASSERT_EQUAL(p.epoch, 1);
    store_end_read(&t);
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(a_revoked_party_counts_no_more_until_it_enrols_anew),
    TEST_CASE(a_frozen_party_counts_no_more_until_it_is_unfrozen),
    TEST_CASE(an_unconfirmed_party_counts_when_it_is_confirmed),
    TEST_CASE(an_enrolment_that_no_invite_stands_for_brings_no_key),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("cosigners", cases, argc, argv);
}
