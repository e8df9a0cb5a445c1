/* Goal: keys over time. A revoked, frozen or unconfirmed key writes nothing, who may say so is
 * written in one table and nowhere else, and a confirmation is the word of the persons it names.
 *
 * Method: statements go through ledger_append as they would from a connection; what one spoiled
 * thing leaves undone is looked up in the registry's rows. Each log is verified at the end, which
 * folds the same rows anew.
 */
#include "kit.h"

static struct kit kit;
static struct kit_author office;
static struct kit_author ward;
static struct kit_statement s;

/* A person: his id and key. */
struct person {
    const char *id;
    struct key_pair key;
};

/* Who signs what is said of persons and the policy; NULL: nobody. */
static const struct person *signers[WIRE_ADMINS_MAX];

static void begin(void)
{
    signers[0] = signers[1] = NULL;
    kit_begin(&kit);
    kit_office(&kit, &office);
    ward = (struct kit_author){.epoch = 0};
}

static void end_clean(void)
{
    struct kit_faults faults;
    CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 0);
    kit_end(&kit);
}

/* The author's statement; he moves on only if it was taken. */
static enum refusal say(struct kit_author *by, uint32_t kind, const char *to,
                        const struct buf *payload)
{
    struct kit_author before = *by;
    kit_write(&kit, by, kind, to, payload->data, payload->size, &s);
    const enum refusal refusal = kit_append(&kit, &s).refusal;
    if (refusal != REFUSAL_OK) {
        *by = before;
    }
    return refusal;
}

static enum refusal revoke_key(struct kit_author *by, const char *code, uint32_t epoch)
{
    struct wire_revoke m = {.epoch = epoch, .reason = "máy bị lấy trộm"};
    struct buf payload = BUF_INIT(1024);
    (void)snprintf(m.party, sizeof(m.party), "%s", code);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    const enum refusal refusal = say(by, STATEMENT_REVOKE, code, &payload);
    buf_fini(&payload);
    return refusal;
}

static enum refusal unfreeze_key(struct kit_author *by, const char *code, uint32_t epoch)
{
    struct wire_unfreeze m = {.epoch = epoch};
    struct buf payload = BUF_INIT(1024);
    (void)snprintf(m.party, sizeof(m.party), "%s", code);
    CU_ASSERT_EQUAL(wire_unfreeze_encode(&m, &payload), NG_OK);
    const enum refusal refusal = say(by, STATEMENT_UNFREEZE, code, &payload);
    buf_fini(&payload);
    return refusal;
}

/* As the log has them; index 0: it has none. */
static struct registry_actor person_row(const char *id)
{
    struct store_txn *t = NULL;
    struct registry_actor a = {.index = 0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    const enum ng_err err = registry_actor_get(t, id, &a);
    CU_ASSERT(err == NG_OK || err == NG_ERR_NOT_FOUND);
    store_end_read(&t);
    return a;
}

static struct registry_policy policy_row(void)
{
    struct store_txn *t = NULL;
    struct registry_policy p = {.index = 0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(registry_policy_get(t, &p), NG_OK);
    store_end_read(&t);
    return p;
}

/* The signers' signatures over what was encoded without any. */
static void sign_admins(uint32_t kind, const struct buf *covered, struct wire_admins *ret)
{
    *ret = (struct wire_admins){.count = 0};
    for (size_t i = 0; i < WIRE_ADMINS_MAX && signers[i] != NULL; i++) {
        struct wire_admin_signature *by = &ret->by[ret->count++];
        (void)snprintf(by->actor, sizeof(by->actor), "%s", signers[i]->id);
        CU_ASSERT_EQUAL(registry_admin_sign(&signers[i]->key, ledger_log_id(kit.ledger), kind,
                                            buf_bytes(covered), by->signature),
                        NG_OK);
    }
}

static void encode_policy(struct wire_policy m, struct buf *to)
{
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_policy_encode(&m, to), NG_OK);
    sign_admins(STATEMENT_POLICY, to, &m.admins);
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_policy_encode(&m, to), NG_OK);
}

static void encode_person(struct wire_registry_actor m, struct buf *to)
{
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&m, to), NG_OK);
    sign_admins(STATEMENT_ACTOR, to, &m.admins);
    buf_clear(to);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&m, to), NG_OK);
}

static enum refusal policy(enum wire_enrolment enrolment)
{
    struct buf payload = BUF_INIT(1024);
    encode_policy((struct wire_policy){.enrolment = enrolment, .after = policy_row().index},
                  &payload);
    const enum refusal refusal = say(&office, STATEMENT_POLICY, "*", &payload);
    buf_fini(&payload);
    return refusal;
}

static void actor_says(const struct wire_registry_actor *m)
{
    struct wire_registry_actor with = *m;
    struct buf payload = BUF_INIT(1024);
    with.after = person_row(m->id).index;
    encode_person(with, &payload);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_ACTOR, "", &payload), REFUSAL_OK);
    buf_fini(&payload);
}

/* A new person of the office; key_number gives his key. */
static void add_person(const char *id, enum wire_actor_role role, uint8_t key_number,
                       struct person *ret)
{
    uint8_t seed[32];
    struct wire_registry_actor m = {.role = role};
    memset(seed, key_number, sizeof(seed));
    *ret = (struct person){.id = id};
    key_from_seed(seed, &ret->key);
    memcpy(m.key, ret->key.public_key.bytes, 32);
    (void)snprintf(m.id, sizeof(m.id), "%s", id);
    actor_says(&m);
}

static void end_person(const char *id)
{
    struct wire_registry_actor m = {.role = WIRE_ACTOR_ADMIN, .ended = true};
    (void)snprintf(m.id, sizeof(m.id), "%s", id);
    actor_says(&m);
}

/* The person's confirmation of this key; spoil: a bit of his signature. */
static enum refusal confirm_key(const struct person *by, const struct kit_author *of,
                                uint32_t epoch, const uint8_t key[32], bool spoil)
{
    struct wire_confirm m = {.epoch = epoch};
    struct buf payload = BUF_INIT(1024);
    (void)snprintf(m.party, sizeof(m.party), "%s", of->code.text);
    (void)snprintf(m.actor, sizeof(m.actor), "%s", by->id);
    memcpy(m.key, key, 32);
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(registry_actor_sign(&by->key, ledger_log_id(kit.ledger), buf_bytes(&payload),
                                        m.actor_signature),
                    NG_OK);
    m.actor_signature[5] ^= spoil ? 1 : 0;
    buf_clear(&payload);
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &payload), NG_OK);
    const enum refusal refusal = say(&office, STATEMENT_CONFIRM, of->code.text, &payload);
    buf_fini(&payload);
    return refusal;
}

static void confirm(const struct person *by, const struct kit_author *of)
{
    CU_ASSERT_EQUAL(confirm_key(by, of, of->epoch, of->key.public_key.bytes, false), REFUSAL_OK);
}

static enum refusal report(struct kit_author *a)
{
    struct buf payload = BUF_INIT(16);
    CU_ASSERT_EQUAL(buf_add(&payload, "x", 1), NG_OK);
    const enum refusal refusal = say(a, STATEMENT_FIELD_FIRST, "", &payload);
    buf_fini(&payload);
    return refusal;
}

static struct registry_party row(const char *code)
{
    return kit_registered(&kit, code);
}

/* ---- Revoked ---- */

static void keys_a_revoked_key_writes_nothing_until_the_next_enrolment(void)
{
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    kit_report(&kit, &ward, 3);
    struct kit_author thief = ward;
    kit_write(&kit, &thief, STATEMENT_FIELD_FIRST, "", "x", 1, &s);
    struct kit_statement logged = s;
    CU_ASSERT_EQUAL(kit_append(&kit, &logged).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 1), REFUSAL_OK);
    CU_ASSERT_TRUE(row("xa-a").revoked);
    CU_ASSERT_EQUAL(report(&thief), REFUSAL_REVOKED);
    struct ledger_item again = kit_append(&kit, &logged); /* it was in the log before */
    CU_ASSERT(again.refusal == REFUSAL_OK && again.duplicate);
    struct kit_author fresh = {.epoch = 0};
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 11, &fresh);
    CU_ASSERT_FALSE(row("xa-a").revoked);
    kit_report(&kit, &fresh, 3);
    CU_ASSERT_EQUAL(report(&thief), REFUSAL_OLD_EPOCH);
    /* A word about the key before changes nothing of this one. */
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 1), REFUSAL_OK);
    CU_ASSERT_FALSE(row("xa-a").revoked);
    end_clean();
}

/* The office names the epoch that its mirror shows; the thief may have left it by then. */
static void keys_a_thief_does_not_outrun_his_revocation_by_rotating(void)
{
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    struct kit_author thief = ward;
    for (unsigned i = 0; i < 3; i++) {
        kit_rotate(&kit, &thief, 900 + i, &s);
        CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    }
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 5), REFUSAL_OK); /* nobody's yet */
    CU_ASSERT_FALSE(row("xa-a").revoked);
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 1), REFUSAL_OK);
    CU_ASSERT_TRUE(row("xa-a").revoked);
    CU_ASSERT_EQUAL(report(&thief), REFUSAL_REVOKED);
    kit_rotate(&kit, &thief, 910, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_REVOKED);
    /* An enrolment ends it, and begins a chain of its own. */
    struct kit_author fresh = {.epoch = 0};
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 11, &fresh);
    kit_rotate(&kit, &fresh, 911, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 4), REFUSAL_OK);
    CU_ASSERT_FALSE(row("xa-a").revoked);
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 5), REFUSAL_OK);
    CU_ASSERT_TRUE(row("xa-a").revoked);
    end_clean();
}

static void keys_two_in_one_batch_are_judged_in_their_order(void)
{
    struct wire_revoke m = {.party = "xa-a", .epoch = 1, .reason = "x"};
    struct buf payload = BUF_INIT(1024);
    static struct kit_statement first, second;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    kit_write(&kit, &office, STATEMENT_REVOKE, "xa-a", payload.data, payload.size, &first);
    kit_write(&kit, &ward, STATEMENT_FIELD_FIRST, "", "x", 1, &second);
    struct ledger_item items[2] = {kit_item(&first), kit_item(&second)};
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 2, kit.now), NG_OK);
    CU_ASSERT_EQUAL(items[0].refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(items[1].refusal, REFUSAL_REVOKED);
    buf_fini(&payload);
    end_clean();
}

static void keys_only_the_office_and_the_log_revoke(void)
{
    struct kit_author other = {.epoch = 0};
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    kit_party(&kit, &office, "kt", WIRE_ROLE_AUDITOR, 11, &other);
    CU_ASSERT_EQUAL(revoke_key(&ward, "kt", 1), REFUSAL_KIND);
    CU_ASSERT_EQUAL(revoke_key(&other, "xa-a", 1), REFUSAL_KIND);
    CU_ASSERT_EQUAL(unfreeze_key(&ward, "xa-a", 1), REFUSAL_KIND);
    struct wire_revoke m = {.party = "office", .epoch = 1, .reason = "x"};
    struct party_code to = {"office"};
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(
        ledger_author_log(kit.ledger, STATEMENT_REVOKE, &to, buf_bytes(&payload), kit.now, &index),
        NG_OK);
    buf_fini(&payload);
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 1), REFUSAL_REVOKED); /* the stolen office cannot */
    CU_ASSERT_FALSE(row("xa-a").revoked);
    end_clean();
}

static void keys_a_statement_about_a_key_goes_to_its_party_and_parses(void)
{
    struct wire_revoke m = {.party = "xa-b", .epoch = 1, .reason = "x"};
    struct buf payload = BUF_INIT(1024);
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    CU_ASSERT_EQUAL(wire_revoke_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_REVOKE, "xa-a", &payload), REFUSAL_TO);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_REVOKE, "", &payload), REFUSAL_TO);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_REVOKE, "*", &payload), REFUSAL_TO);
    static const struct wire_revoke bad[] = {{.party = "xa-a", .epoch = 0, .reason = "x"},
                                             {.party = "xa-a", .epoch = 1, .reason = ""},
                                             {.party = "xa-a", .epoch = 1, .reason = "a\033[2J"},
                                             {.party = "", .epoch = 1, .reason = "x"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        buf_clear(&payload);
        CU_ASSERT_EQUAL(wire_revoke_encode(&bad[i], &payload), NG_OK);
        CU_ASSERT_EQUAL(say(&office, STATEMENT_REVOKE, "xa-a", &payload), REFUSAL_PAYLOAD);
    }
    CU_ASSERT_FALSE(row("xa-a").revoked);
    buf_fini(&payload);
    end_clean();
}

/* ---- Frozen ---- */

static void keys_an_unfrozen_epoch_goes_on_and_a_clone_freezes_it_again(void)
{
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    struct kit_author clone = ward;
    kit_report(&kit, &ward, 3);
    CU_ASSERT_EQUAL(report(&clone), REFUSAL_FORK);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_FROZEN);
    CU_ASSERT_EQUAL(unfreeze_key(&office, "xa-a", 2), REFUSAL_OK); /* no such epoch: nothing */
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_FROZEN);
    CU_ASSERT_EQUAL(unfreeze_key(&office, "xa-a", 1), REFUSAL_OK);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_OK);
    kit_write(&kit, &clone, STATEMENT_FIELD_FIRST, "", "more", 4, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_FORK);
    CU_ASSERT_TRUE(row("xa-a").frozen);
    end_clean();
}

static enum ng_err log_accuses(const struct kit_statement *said, uint64_t index)
{
    struct wire_fork fork = {.index = index, .statement = {said->bytes, said->size}};
    const struct party_code nobody = {""};
    struct buf payload = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    uint64_t at = 0;
    memcpy(fork.signature, said->signature, sizeof(fork.signature));
    CU_ASSERT_EQUAL(wire_fork_encode(&fork, &payload), NG_OK);
    const enum ng_err err =
        ledger_author_log(kit.ledger, STATEMENT_FORK, &nobody, buf_bytes(&payload), kit.now, &at);
    buf_fini(&payload);
    return err;
}

static void keys_evidence_of_a_fork_is_signed_by_the_present_key(void)
{
    static struct kit_statement other;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    struct kit_author copy = ward, old = ward;
    const uint64_t index = kit_report(&kit, &ward, 3);
    kit_write(&kit, &copy, STATEMENT_FIELD_FIRST, "", "other", 5, &other);
    other.signature[3] ^= 1;
    CU_ASSERT_EQUAL(log_accuses(&other, index), NG_ERR_REFUSED); /* nobody's */
    copy = old;
    copy.key = office.key;
    kit_write(&kit, &copy, STATEMENT_FIELD_FIRST, "", "other", 5, &other);
    CU_ASSERT_EQUAL(log_accuses(&other, index), NG_ERR_REFUSED); /* another's */
    kit_rotate(&kit, &ward, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    copy = old;
    kit_write(&kit, &copy, STATEMENT_FIELD_FIRST, "", "other", 5, &other);
    CU_ASSERT_EQUAL(log_accuses(&other, index), NG_ERR_REFUSED); /* of a key that is over */
    CU_ASSERT_FALSE(row("xa-a").frozen);
    end_clean();
}

/* The broker's own hand passes there: it has the leaves, and who verifies has them too. */
static void keys_evidence_that_proves_nothing_is_found_by_who_has_the_leaves(void)
{
    static struct kit_statement said, later;
    struct kit_faults faults;
    for (int i = 0; i < 3; i++) {
        begin();
        kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
        struct kit_author ahead = ward;
        kit_write(&kit, &ward, STATEMENT_FIELD_FIRST, "", "one", 3, &said);
        const uint64_t index = kit_append(&kit, &said).index;
        (void)kit_report(&kit, &ward, 3);
        ahead.seq = 8;
        kit_write(&kit, &ahead, STATEMENT_FIELD_FIRST, "", "x", 1, &later);
        ahead.seq = 1;
        kit_write(&kit, &ahead, STATEMENT_FIELD_FIRST, "", "x", 1, &s);
        CU_ASSERT_EQUAL(i == 0   ? log_accuses(&said, index)   /* the very statement */
                        : i == 1 ? log_accuses(&later, index)  /* a number not used yet */
                                 : log_accuses(&s, index + 1), /* another number's leaf */
                        NG_OK);
        CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(faults.first, "proves none"));
        kit_end(&kit);
    }
}

/* They lie in the log for every reader to hand in again. */
static void keys_the_same_evidence_freezes_once(void)
{
    static struct kit_statement first, second;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    struct kit_author clone = ward, other = ward;
    kit_report(&kit, &ward, 3);
    kit_write(&kit, &clone, STATEMENT_FIELD_FIRST, "", "first", 5, &first);
    kit_write(&kit, &other, STATEMENT_FIELD_FIRST, "", "second", 6, &second);
    CU_ASSERT_EQUAL(kit_append(&kit, &first).refusal, REFUSAL_FORK);
    CU_ASSERT_EQUAL(unfreeze_key(&office, "xa-a", 1), REFUSAL_OK);
    CU_ASSERT_EQUAL(kit_append(&kit, &second).refusal, REFUSAL_FORK); /* it is new: it counts */
    CU_ASSERT_TRUE(row("xa-a").frozen);
    CU_ASSERT_EQUAL(unfreeze_key(&office, "xa-a", 1), REFUSAL_OK);
    const uint64_t size = kit_size(&kit);
    CU_ASSERT_EQUAL(kit_append(&kit, &first).refusal, REFUSAL_FORK);
    CU_ASSERT_EQUAL(kit_append(&kit, &second).refusal, REFUSAL_FORK);
    CU_ASSERT_EQUAL(log_accuses(&first, size - 1), NG_ERR_REFUSED); /* nor by the operator */
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    CU_ASSERT_FALSE(row("xa-a").frozen);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_OK);
    end_clean();
}

/* ---- Unconfirmed ---- */

static void keys_an_unconfirmed_key_writes_nothing_until_an_admin_confirms(void)
{
    struct person an, binh, chi;
    begin();
    add_person("an", WIRE_ACTOR_ADMIN, 1, &an);
    signers[0] = &an;
    add_person("binh", WIRE_ACTOR_APPRAISER, 2, &binh);
    add_person("chi", WIRE_ACTOR_ADMIN, 3, &chi);
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_CONFIRM), REFUSAL_OK);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_UNCONFIRMED);
    /* Each of these is logged and changes nothing. */
    const uint8_t *key = ward.key.public_key.bytes;
    struct person stranger = {.id = "dung", .key = an.key};
    struct person forger = {.id = "an", .key = chi.key}; /* the office without the person's key */
    confirm(&binh, &ward);
    confirm(&stranger, &ward);
    confirm(&forger, &ward);
    CU_ASSERT_EQUAL(confirm_key(&an, &ward, 1, key, true), REFUSAL_OK);
    CU_ASSERT_EQUAL(confirm_key(&an, &ward, 2, key, false), REFUSAL_OK);
    CU_ASSERT_EQUAL(confirm_key(&an, &ward, 1, office.key.public_key.bytes, false), REFUSAL_OK);
    end_person("chi");
    confirm(&chi, &ward);
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_UNCONFIRMED);
    confirm(&an, &ward);
    CU_ASSERT_FALSE(row("xa-a").unconfirmed);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_OK);
    end_clean();
}

static void keys_two_persons_are_two_ids_with_two_keys(void)
{
    struct person an, again, twin, binh;
    begin();
    add_person("an", WIRE_ACTOR_ADMIN, 1, &an);
    signers[0] = &an;
    add_person("an-2", WIRE_ACTOR_ADMIN, 1, &twin); /* his key under another name */
    add_person("binh", WIRE_ACTOR_ADMIN, 2, &binh);
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_TWO_PERSON), REFUSAL_OK);
    signers[1] = &binh;
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    confirm(&an, &ward);
    confirm(&an, &ward); /* one person twice */
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    confirm(&twin, &ward);
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    add_person("an", WIRE_ACTOR_ADMIN, 5, &again); /* another key of his */
    confirm(&again, &ward);
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_UNCONFIRMED);
    confirm(&binh, &ward);
    CU_ASSERT_FALSE(row("xa-a").unconfirmed);
    CU_ASSERT_EQUAL(report(&ward), REFUSAL_OK);
    /* The next epoch begins anew: what was said of this one does not count there. */
    struct kit_author fresh = {.epoch = 0};
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 11, &fresh);
    confirm(&binh, &fresh);
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    end_clean();
}

static enum ng_err log_invites(const char *code, enum wire_role role, uint64_t expires_at,
                               unsigned number)
{
    struct wire_invite m = {.role = role, .expires_at = expires_at};
    const struct party_code nobody = {""};
    struct key_pair key;
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    kit_invite_keys(number, &key, m.invite_curve);
    memcpy(m.invite_key, key.public_key.bytes, 32);
    (void)snprintf(m.party, sizeof(m.party), "%s", code);
    CU_ASSERT_EQUAL(wire_invite_encode(&m, &payload), NG_OK);
    const enum ng_err err = ledger_author_log(kit.ledger, STATEMENT_INVITE, &nobody,
                                              buf_bytes(&payload), kit.now, &index);
    buf_fini(&payload);
    return err;
}

/* Its slip for the office passes by the policy; a slip for anybody else makes no office of him. */
static void keys_the_operator_makes_nobody_an_office(void)
{
    struct kit_author second = {.epoch = 0};
    const uint64_t later = kit.now + 9;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_TWO_PERSON), REFUSAL_OK);
    kit_party(&kit, &office, "office-2", WIRE_ROLE_OFFICE, 12, &second);
    const uint64_t size = kit_size(&kit);
    CU_ASSERT_EQUAL(log_invites("xa-a", WIRE_ROLE_OFFICE, later, 20), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_invites("new", WIRE_ROLE_OFFICE, later, 21), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_invites("office-2", WIRE_ROLE_OFFICE, later, 22), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_invites("xa-a", WIRE_ROLE_AUDITOR, later, 23), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_invites("xa-a", WIRE_ROLE_WARD, later, 26), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_invites("xa-b", WIRE_ROLE_WARD, later, 27), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_invites("office", WIRE_ROLE_WARD, later, 24), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    CU_ASSERT_EQUAL(log_invites("office", WIRE_ROLE_OFFICE, later, 25), NG_OK);
    end_clean();
}

static void keys_no_invite_is_good_for_longer_than_a_slip(void)
{
    begin();
    const uint64_t end = kit.now + REGISTRY_INVITE_VALID_MS;
    CU_ASSERT_EQUAL(log_invites("office", WIRE_ROLE_OFFICE, UINT64_MAX, 20), NG_OK);
    kit_invite(&kit, &office, "xa-a", WIRE_ROLE_WARD, UINT64_MAX, 21, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    kit_enrol(&kit, &ward, "xa-a", 21, 22, &s);
    kit.now = end + 1;
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_INVITE);
    struct kit_author again = {.epoch = 1};
    kit_enrol(&kit, &again, "office", 20, 23, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_INVITE);
    end_clean();
}

static void keys_the_operators_invite_brings_an_office_back_without_it(void)
{
    struct kit_author second = {.epoch = 0};
    begin();
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_TWO_PERSON), REFUSAL_OK);
    kit_party(&kit, &office, "office-2", WIRE_ROLE_OFFICE, 12, &second);
    CU_ASSERT_TRUE(row("office-2").unconfirmed); /* the office alone makes no second one */
    CU_ASSERT_EQUAL(revoke_key(&second, "office", 1), REFUSAL_UNCONFIRMED);
    CU_ASSERT_EQUAL(log_invites("office", WIRE_ROLE_OFFICE, kit.now + 9, 13), NG_OK);
    struct kit_author fresh = {.epoch = 1};
    kit_enrol(&kit, &fresh, "office", 13, 70, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT_FALSE(row("office").unconfirmed);
    CU_ASSERT_EQUAL(revoke_key(&fresh, "office-2", 1), REFUSAL_OK);
    end_clean();
}

/* ---- What admins sign ---- */

/* The persons of these towns. an-2 has an's key, chi appraises, dung has ended. */
enum { NONE, AN, BINH, AN_2, CHI, DUNG, PERSONS };
static const struct {
    const char *id;
    enum wire_actor_role role;
    uint8_t key;
} cast[PERSONS] = {[AN] = {"an", WIRE_ACTOR_ADMIN, 1},
                   [BINH] = {"binh", WIRE_ACTOR_ADMIN, 2},
                   [AN_2] = {"an-2", WIRE_ACTOR_ADMIN, 1},
                   [CHI] = {"chi", WIRE_ACTOR_APPRAISER, 3},
                   [DUNG] = {"dung", WIRE_ACTOR_ADMIN, 4}};
static struct person persons[PERSONS];

static void begin_guarded(enum wire_enrolment enrolment)
{
    begin();
    for (int i = AN; i < PERSONS; i++) {
        add_person(cast[i].id, cast[i].role, cast[i].key, &persons[i]);
        signers[0] = &persons[AN];
    }
    end_person("dung");
    CU_ASSERT_EQUAL(policy(enrolment), REFUSAL_OK);
    CU_ASSERT_EQUAL(policy_row().enrolment, enrolment);
    signers[0] = NULL;
}

/* What may be wrong with what was signed. */
enum spoil {
    SOUND,
    A_BIT,       /* of the first signature */
    OTHER_LOG,   /* it is over another log's id */
    OTHER_KIND,  /* over the same bytes as another kind */
    OTHER_AFTER, /* over what stood there before */
    SHORT        /* over less than all that stands before it */
};

/* Signed by hand: over this log's id, kind and bytes, or what is put in their place. */
static void sign_spoilt(enum spoil spoil, uint32_t kind, const struct buf *covered,
                        struct wire_admins *ret)
{
    uint8_t log_id[LOG_ID_SIZE];
    struct bytes bytes = buf_bytes(covered);
    memcpy(log_id, ledger_log_id(kit.ledger), LOG_ID_SIZE);
    log_id[3] ^= spoil == OTHER_LOG ? 1 : 0;
    bytes.size -= spoil == SHORT ? 1 : 0;
    kind = spoil != OTHER_KIND       ? kind
           : kind == STATEMENT_ACTOR ? STATEMENT_POLICY
                                     : STATEMENT_ACTOR;
    for (size_t i = 0; i < ret->count; i++) {
        CU_ASSERT_EQUAL(
            registry_admin_sign(&signers[i]->key, log_id, kind, bytes, ret->by[i].signature),
            NG_OK);
    }
    ret->by[0].signature[7] ^= spoil == A_BIT ? 1 : 0;
}

/* What is tried: a new person, another key for one, his end, another policy. */
enum tried { A_NEW_ONE, ANOTHER_KEY, AN_END, A_POLICY, TRIED };

static struct wire_registry_actor person_of(enum tried what)
{
    struct wire_registry_actor m = {.role = WIRE_ACTOR_ADMIN, .ended = what == AN_END};
    (void)snprintf(m.id, sizeof(m.id), "%s", what == A_NEW_ONE ? "giang" : "binh");
    m.key[0] = what == AN_END ? 0 : 77;
    m.after = person_row(m.id).index;
    return m;
}

/* The present signers' word by the office; whether it had an effect. It is taken in any case. */
static bool tries(enum tried what, enum spoil spoil)
{
    struct wire_registry_actor person = person_of(what);
    struct wire_policy other = {.enrolment = WIRE_ENROLMENT_CODE, .after = policy_row().index};
    const bool is_policy = what == A_POLICY;
    const uint32_t kind = is_policy ? STATEMENT_POLICY : STATEMENT_ACTOR;
    struct buf payload = BUF_INIT(1024);
    struct wire_admins *admins = is_policy ? &other.admins : &person.admins;
    uint64_t *after = is_policy ? &other.after : &person.after;
    *after -= spoil == OTHER_AFTER && *after > 0 ? 1 : 0;
    CU_ASSERT_EQUAL(is_policy ? wire_policy_encode(&other, &payload)
                              : wire_registry_actor_encode(&person, &payload),
                    NG_OK);
    sign_admins(kind, &payload, admins);
    if (admins->count > 0) {
        sign_spoilt(spoil, kind, &payload, admins);
    }
    buf_clear(&payload);
    CU_ASSERT_EQUAL(is_policy ? wire_policy_encode(&other, &payload)
                              : wire_registry_actor_encode(&person, &payload),
                    NG_OK);
    const uint64_t index = kit_size(&kit);
    CU_ASSERT_EQUAL(say(&office, kind, is_policy ? "*" : "", &payload), REFUSAL_OK);
    buf_fini(&payload);
    return (is_policy ? policy_row().index : person_row(person.id).index) == index;
}

/* "An" beside "an" would sign in his name, for whoever reads it. */
static void keys_no_person_has_a_name_that_reads_like_anothers(void)
{
    static const char *const ids[] = {"An", "an.", "-an", "_", "a n", "án"};
    struct buf payload = BUF_INIT(1024);
    struct wire_registry_actor m = {.role = WIRE_ACTOR_APPRAISER, .key = {1}};
    begin();
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        (void)snprintf(m.id, sizeof(m.id), "%s", ids[i]);
        encode_person(m, &payload);
        CU_ASSERT_EQUAL(say(&office, STATEMENT_ACTOR, "", &payload), REFUSAL_PAYLOAD);
    }
    (void)snprintf(m.id, sizeof(m.id), "an.2-b");
    encode_person(m, &payload);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_ACTOR, "", &payload), REFUSAL_OK);
    buf_fini(&payload);
    end_clean();
}

static void keys_the_offices_machine_names_nobody_once_there_is_an_admin(void)
{
    static const struct {
        enum wire_enrolment policy;
        int by[2];
        enum spoil spoil;
        bool counts;
    } table[] = {
        {WIRE_ENROLMENT_CODE, {NONE, NONE}, SOUND, false},
        {WIRE_ENROLMENT_CODE, {AN, NONE}, SOUND, true},
        {WIRE_ENROLMENT_CODE, {CHI, NONE}, SOUND, false},
        {WIRE_ENROLMENT_CODE, {DUNG, NONE}, SOUND, false},
        {WIRE_ENROLMENT_CODE, {AN, BINH}, SOUND, true},
        {WIRE_ENROLMENT_CODE, {AN, NONE}, A_BIT, false},
        {WIRE_ENROLMENT_CODE, {AN, NONE}, OTHER_LOG, false},
        {WIRE_ENROLMENT_CODE, {AN, NONE}, OTHER_KIND, false},
        {WIRE_ENROLMENT_CODE, {AN, NONE}, SHORT, false},
        {WIRE_ENROLMENT_CONFIRM, {NONE, NONE}, SOUND, false},
        {WIRE_ENROLMENT_CONFIRM, {AN, NONE}, SOUND, true},
        {WIRE_ENROLMENT_CONFIRM, {CHI, DUNG}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {NONE, NONE}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, NONE}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, BINH}, SOUND, true},
        {WIRE_ENROLMENT_TWO_PERSON, {BINH, AN}, SOUND, true},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, AN}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, AN_2}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, CHI}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {DUNG, BINH}, SOUND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, BINH}, A_BIT, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, BINH}, OTHER_LOG, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, BINH}, OTHER_KIND, false},
        {WIRE_ENROLMENT_TWO_PERSON, {AN, BINH}, SHORT, false},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        begin_guarded(table[i].policy);
        for (int j = 0; j < 2; j++) {
            signers[j] = table[i].by[j] == NONE ? NULL : &persons[table[i].by[j]];
        }
        /* The end of one who signs, and his key, come last. */
        static const enum tried order[TRIED] = {A_NEW_ONE, ANOTHER_KEY, AN_END, A_POLICY};
        for (int j = 0; j < TRIED; j++) {
            const bool by_binh = table[i].by[0] == BINH || table[i].by[1] == BINH;
            const bool gone = by_binh && order[j] == AN_END;
            if (!gone && !(by_binh && table[i].policy == WIRE_ENROLMENT_TWO_PERSON &&
                           order[j] == ANOTHER_KEY)) {
                CU_ASSERT_EQUAL(tries(order[j], table[i].spoil), table[i].counts);
            }
        }
        end_clean();
    }
}

/* What was signed counts once: the entry that it names is the newest no more. */
static void keys_what_admins_signed_counts_once(void)
{
    struct buf first = BUF_INIT(1024), again = BUF_INIT(1024);
    begin_guarded(WIRE_ENROLMENT_CONFIRM);
    signers[0] = &persons[AN];
    encode_policy(
        (struct wire_policy){.enrolment = WIRE_ENROLMENT_CODE, .after = policy_row().index},
        &first);
    encode_person(person_of(ANOTHER_KEY), &again);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_POLICY, "*", &first), REFUSAL_OK);
    CU_ASSERT_EQUAL(policy_row().enrolment, WIRE_ENROLMENT_CODE);
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_TWO_PERSON), REFUSAL_OK);
    const uint64_t strict = policy_row().index;
    signers[0] = NULL;
    CU_ASSERT_EQUAL(say(&office, STATEMENT_POLICY, "*", &first), REFUSAL_OK);
    CU_ASSERT_EQUAL(policy_row().index, strict);
    CU_ASSERT_EQUAL(policy_row().enrolment, WIRE_ENROLMENT_TWO_PERSON);
    /* Kept until the policy asked for two: it had one. */
    CU_ASSERT_EQUAL(say(&office, STATEMENT_ACTOR, "", &again), REFUSAL_OK);
    CU_ASSERT_EQUAL(memcmp(person_row("binh").key.bytes, persons[BINH].key.public_key.bytes, 32),
                    0);
    end_clean();
    begin_guarded(WIRE_ENROLMENT_CODE);
    signers[0] = &persons[AN];
    encode_person(person_of(ANOTHER_KEY), &again);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_ACTOR, "", &again), REFUSAL_OK);
    CU_ASSERT(tries(AN_END, SOUND));
    signers[0] = NULL;
    CU_ASSERT_EQUAL(say(&office, STATEMENT_ACTOR, "", &again), REFUSAL_OK);
    CU_ASSERT_TRUE(person_row("binh").ended);
    signers[0] = &persons[AN];
    CU_ASSERT_FALSE(tries(ANOTHER_KEY, OTHER_AFTER));
    CU_ASSERT_FALSE(tries(A_POLICY, OTHER_AFTER));
    CU_ASSERT(tries(ANOTHER_KEY, SOUND));
    buf_fini(&again);
    buf_fini(&first);
    end_clean();
}

/* Before the first admin there is nobody to ask; `after` is held to then, too. */
static void keys_the_office_sets_itself_up_alone(void)
{
    struct person chi, an;
    struct buf payload = BUF_INIT(1024);
    begin();
    add_person("chi", WIRE_ACTOR_APPRAISER, 3, &chi);
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_CONFIRM), REFUSAL_OK);
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_CODE), REFUSAL_OK);
    CU_ASSERT_EQUAL(policy_row().enrolment, WIRE_ENROLMENT_CODE);
    const struct wire_policy stale = {.enrolment = WIRE_ENROLMENT_CONFIRM};
    CU_ASSERT_EQUAL(wire_policy_encode(&stale, &payload), NG_OK);
    CU_ASSERT_EQUAL(say(&office, STATEMENT_POLICY, "*", &payload), REFUSAL_OK);
    CU_ASSERT_EQUAL(policy_row().enrolment, WIRE_ENROLMENT_CODE);
    end_person("chi");
    CU_ASSERT(person_row("chi").ended && person_row("chi").word == REGISTRY_WORD_OFFICE);
    add_person("an", WIRE_ACTOR_ADMIN, 1, &an);
    CU_ASSERT_EQUAL(person_row("an").word, REGISTRY_WORD_OFFICE);
    CU_ASSERT_FALSE(tries(A_NEW_ONE, SOUND));
    signers[0] = &an;
    CU_ASSERT(tries(A_NEW_ONE, SOUND));
    CU_ASSERT_EQUAL(person_row("giang").word, REGISTRY_WORD_ADMINS);
    buf_fini(&payload);
    end_clean();
}

static enum ng_err log_says(uint32_t kind, const char *to, const struct buf *payload)
{
    struct party_code code = {""};
    uint64_t index = 0;
    (void)snprintf(code.text, sizeof(code.text), "%s", to);
    return ledger_author_log(kit.ledger, kind, &code, buf_bytes(payload), kit.now, &index);
}

/* When the admins are gone the office is not free again; the operator brings them back. */
static void keys_the_operator_brings_admins_back(void)
{
    struct person an;
    struct wire_registry_actor m = {.id = "an", .role = WIRE_ACTOR_ADMIN, .key = {9}};
    const struct wire_policy loose = {.enrolment = WIRE_ENROLMENT_CODE};
    struct buf payload = BUF_INIT(1024);
    begin();
    add_person("an", WIRE_ACTOR_ADMIN, 1, &an);
    signers[0] = &an;
    end_person("an");
    CU_ASSERT_TRUE(person_row("an").ended);
    CU_ASSERT_FALSE(tries(A_NEW_ONE, SOUND)); /* he has ended */
    signers[0] = NULL;
    CU_ASSERT_FALSE(tries(A_NEW_ONE, SOUND));
    CU_ASSERT_FALSE(tries(A_POLICY, SOUND));
    m.after = person_row("an").index - 1;
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(log_says(STATEMENT_ACTOR, "", &payload), NG_OK);
    CU_ASSERT_TRUE(person_row("an").ended); /* overtaken */
    m.after++;
    buf_clear(&payload);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(log_says(STATEMENT_ACTOR, "", &payload), NG_OK);
    CU_ASSERT(!person_row("an").ended && person_row("an").word == REGISTRY_WORD_OPERATOR);
    buf_clear(&payload);
    CU_ASSERT_EQUAL(wire_policy_encode(&loose, &payload), NG_OK);
    CU_ASSERT_EQUAL(log_says(STATEMENT_POLICY, "*", &payload), NG_ERR_REFUSED);
    buf_fini(&payload);
    end_clean();
}

/* ---- Rotation ---- */

/* The row of a rotation keeps everything that is not about the key. */
/* Who was first and has ended since is no first: the next one is, and one more is needed. */
static void keys_half_a_confirmation_does_not_outlive_its_admin(void)
{
    begin_guarded(WIRE_ENROLMENT_TWO_PERSON);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    confirm(&persons[AN_2], &ward);
    signers[0] = &persons[AN];
    signers[1] = &persons[BINH];
    end_person("an-2");
    CU_ASSERT_TRUE(person_row("an-2").ended);
    confirm(&persons[BINH], &ward);
    CU_ASSERT_TRUE(row("xa-a").unconfirmed);
    confirm(&persons[AN], &ward);
    CU_ASSERT_FALSE(row("xa-a").unconfirmed);
    end_clean();
}

static void keys_rotate_begins_the_next_epoch_by_the_old_keys_word(void)
{
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    for (int i = 0; i < 40; i++) {
        (void)kit_report(&kit, &ward, 40); /* more than a block of the index */
    }
    struct kit_author old = ward;
    memset(ward.cosign_key, 7, 32);
    kit_rotate(&kit, &ward, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    const struct registry_party p = kit_registered(&kit, "xa-a");
    CU_ASSERT_EQUAL(p.epoch, 2);
    CU_ASSERT_EQUAL(p.role, WIRE_ROLE_WARD);
    CU_ASSERT_EQUAL(p.high_water, 1);
    CU_ASSERT_EQUAL(memcmp(p.key.bytes, ward.key.public_key.bytes, 32), 0);
    CU_ASSERT_EQUAL(memcmp(p.curve, ward.curve, 32), 0);
    CU_ASSERT_EQUAL(memcmp(p.cosign_key, ward.cosign_key, 32), 0);
    CU_ASSERT(kit_append(&kit, &s).duplicate); /* shown again: the same receipt */
    (void)kit_report(&kit, &ward, 40);
    kit_write(&kit, &old, STATEMENT_FIELD_FIRST, "", "late", 4, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OLD_EPOCH);
    kit_rotate(&kit, &office, 901, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    kit_rotate(&kit, &ward, 902, &s); /* and on it goes */
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(kit_registered(&kit, "xa-a").epoch, 3);
    end_clean();
}

/* Each byte that the countersignature covers, the statement's own signature, and the CURVE key of
 * somebody else. */
static void keys_rotate_needs_both_keys_over_every_field(void)
{
    struct kit_author other, present;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    kit_party(&kit, &office, "xa-b", WIRE_ROLE_WARD, 11, &other);
    const uint64_t before = kit_size(&kit);
    present = ward;
    present.key = other.key; /* countersigned by a key that is not the party's */
    kit_rotate(&kit, &present, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_SIGNATURE);
    present = ward;
    present.epoch = 2; /* of an epoch that is not the next */
    kit_rotate(&kit, &present, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_EPOCH);
    present = ward;
    (void)snprintf(present.code.text, sizeof(present.code.text), "xa-b"); /* for another */
    kit_rotate(&kit, &present, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_SIGNATURE);
    struct wire_rotate m;
    struct buf payload = BUF_INIT(1024);
    for (int i = 0; i < 3; i++) { /* the new key signs what the old one did not */
        present = ward;
        kit_rotate(&kit, &present, 900, &s);
        CU_ASSERT_EQUAL(wire_rotate_decode((struct bytes){s.bytes + STATEMENT_HEADER_SIZE,
                                                          s.size - STATEMENT_HEADER_SIZE},
                                           &m),
                        NG_OK);
        m.curve[0] ^= i == 0 ? 1 : 0;
        m.countersignature[0] ^= i == 1 ? 1 : 0;
        if (i == 2) {
            memcpy(m.curve, other.curve, 32); /* somebody else's connection */
            kit_countersign(&kit, &ward, &m);
        }
        buf_clear(&payload);
        CU_ASSERT_EQUAL(wire_rotate_encode(&m, &payload), NG_OK);
        present.seq = 0;
        memset(&present.prev, 0, sizeof(present.prev));
        kit_write(&kit, &present, STATEMENT_ROTATE, "", payload.data, payload.size, &s);
        CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, i == 2 ? REFUSAL_PAYLOAD : REFUSAL_SIGNATURE);
    }
    present = ward;
    kit_rotate(&kit, &present, 900, &s);
    s.signature[0] ^= 1;
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_SIGNATURE);
    CU_ASSERT_EQUAL(kit_size(&kit), before);
    buf_fini(&payload);
    end_clean();
}

static void keys_rotate_does_nothing_for_a_key_that_is_stopped(void)
{
    struct kit_author next;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    kit_invite(&kit, &office, "xa-b", WIRE_ROLE_WARD, kit.now + 86400000, 11, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    next = (struct kit_author){.code = {"xa-b"}, .key = ward.key}; /* invited, no key yet */
    kit_rotate(&kit, &next, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_EPOCH);
    struct kit_author copy = ward;
    (void)kit_report(&kit, &ward, 40);
    kit_write(&kit, &copy, STATEMENT_FIELD_FIRST, "", "other", 5, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_FORK);
    next = ward;
    kit_rotate(&kit, &next, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_FROZEN);
    CU_ASSERT_EQUAL(unfreeze_key(&office, "xa-a", 1), REFUSAL_OK);
    CU_ASSERT_EQUAL(revoke_key(&office, "xa-a", 1), REFUSAL_OK);
    next = ward;
    kit_rotate(&kit, &next, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_REVOKED);
    end_clean();
}

/* The digits that an officer compared are those of one key: the next key needs them again. */
static void keys_rotate_leaves_the_unconfirmed_unconfirmed(void)
{
    struct person person;
    struct kit_author first;
    begin();
    add_person("an", WIRE_ACTOR_ADMIN, 30, &person);
    signers[0] = &person;
    CU_ASSERT_EQUAL(policy(WIRE_ENROLMENT_CONFIRM), REFUSAL_OK);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    first = ward;
    kit_rotate(&kit, &ward, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT(kit_registered(&kit, "xa-a").unconfirmed);
    confirm(&person, &first); /* of the key before: it changes nothing */
    CU_ASSERT(kit_registered(&kit, "xa-a").unconfirmed);
    first = ward;
    first.seq = 0;
    memset(&first.prev, 0, sizeof(first.prev));
    kit_write(&kit, &first, STATEMENT_ROTATE, "", "x", 1, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_FORK); /* found out all the same */
    CU_ASSERT_EQUAL(unfreeze_key(&office, "xa-a", 2), REFUSAL_OK);
    confirm(&person, &ward);
    CU_ASSERT_FALSE(kit_registered(&kit, "xa-a").unconfirmed);
    kit_rotate(&kit, &ward, 901, &s); /* a confirmed key vouches for the next */
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT_FALSE(kit_registered(&kit, "xa-a").unconfirmed);
    end_clean();
}

/* ---- A slip for another machine ---- */

static uint64_t newest_mail(const char *code)
{
    struct store_txn *t = NULL;
    uint64_t index = 0, found = UINT64_MAX;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    while (ledger_inbox_next(kit.ledger, t, code, index, &index) == NG_OK) {
        found = index++;
    }
    store_end_read(&t);
    return found;
}

/* Whoever has a key hears of the slip; who has none has no machine to hear it. */
static void keys_an_invite_lies_in_the_inbox_of_a_party_with_a_key(void)
{
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    CU_ASSERT_EQUAL(newest_mail("xa-a"), UINT64_MAX);
    kit_invite(&kit, &office, "xa-a", WIRE_ROLE_WARD, kit.now + 86400000, 11, &s);
    const uint64_t index = kit_append(&kit, &s).index;
    CU_ASSERT_EQUAL(newest_mail("xa-a"), index);
    kit_invite(&kit, &office, "xa-b", WIRE_ROLE_WARD, kit.now + 86400000, 12, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(newest_mail("xa-b"), UINT64_MAX);
    CU_ASSERT_EQUAL(newest_mail("xa-a"), index);
    end_clean(); /* folds the same rows anew */
}

static void keys_a_cosignature_key_is_one_partys(void)
{
    struct kit_author other = {.epoch = 0};
    begin();
    kit_invite(&kit, &office, "xa-a", WIRE_ROLE_WARD, kit.now + 9, 10, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    kit_invite(&kit, &office, "xa-b", WIRE_ROLE_WARD, kit.now + 9, 11, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    memset(ward.cosign_key, 9, 32);
    kit_enrol(&kit, &ward, "xa-a", 10, 100, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    memset(other.cosign_key, 9, 32);
    kit_enrol(&kit, &other, "xa-b", 11, 101, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    other = (struct kit_author){.epoch = 0, .cosign_key = {8}};
    kit_enrol(&kit, &other, "xa-b", 11, 102, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    struct kit_author next = other;
    memset(next.cosign_key, 9, 32);
    kit_rotate(&kit, &next, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    kit_rotate(&kit, &ward, 901, &s); /* its own may stay */
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    end_clean();
}

static void keys_rotate_twice_is_a_fork(void)
{
    struct kit_author copy;
    begin();
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    copy = ward;
    kit_rotate(&kit, &ward, 900, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    kit_rotate(&kit, &copy, 901, &s); /* a copy of the folder, later, with keys of its own */
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_SIGNATURE);
    copy = ward;
    kit_write(&kit, &copy, STATEMENT_ROTATE, "", "x", 1, &s); /* number 2 of an epoch */
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_KIND);
    /* The same keys, other bytes: two machines have them. */
    copy = ward;
    copy.seq = 0;
    memset(&copy.prev, 0, sizeof(copy.prev));
    kit_write(&kit, &copy, STATEMENT_ROTATE, "", "x", 1, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_FORK);
    CU_ASSERT(kit_registered(&kit, "xa-a").frozen);
    end_clean();
}

/* The same 20 digits on both sides; the value was computed by another program. */
static void keys_digits_are_those_of_the_protocol(void)
{
    uint8_t log_id[LOG_ID_SIZE];
    struct party_code party = {"P1"};
    struct key_public key;
    uint8_t curve[32];
    char digits[REGISTRY_DIGITS_SIZE], others[REGISTRY_DIGITS_SIZE];
    statement_log_id("nganam.example/log", log_id);
    memset(key.bytes, 7, 32);
    memset(curve, 9, 32);
    registry_digits(log_id, &party, 1, &key, curve, digits);
    CU_ASSERT_STRING_EQUAL(digits, "32404 18625 57667 77871");
    registry_digits(log_id, &party, 2, &key, curve, others);
    CU_ASSERT_STRING_NOT_EQUAL(digits, others);
    curve[31] ^= 1;
    registry_digits(log_id, &party, 1, &key, curve, others);
    CU_ASSERT_STRING_NOT_EQUAL(digits, others);
}

/* ---- Roles × kinds × addressees ---- */

/* What the design allows, as it stands in proto/PROTOCOL.md: o the office, p one party (his own
 * unit or another), * everyone. Everything else is refused. */
static const struct {
    enum wire_role role;
    uint32_t kind;
    const char *to;
} allowed[] = {
    {WIRE_ROLE_NONE, 1, "o"},         {WIRE_ROLE_NONE, 2, "o"},
    {WIRE_ROLE_NONE, 4, "o"},         {WIRE_ROLE_NONE, 6, "p"},
    {WIRE_ROLE_NONE, 7, "p"},         {WIRE_ROLE_NONE, 10, "o"},
    {WIRE_ROLE_NONE, 11, "*"},        {WIRE_ROLE_OFFICE, 2, "o"},
    {WIRE_ROLE_OFFICE, 3, "o"},       {WIRE_ROLE_OFFICE, 6, "p"},
    {WIRE_ROLE_OFFICE, 7, "p"},       {WIRE_ROLE_OFFICE, 8, "*"},
    {WIRE_ROLE_OFFICE, 9, "p"},       {WIRE_ROLE_OFFICE, 10, "o"},
    {WIRE_ROLE_OFFICE, 17, "op*"},    {WIRE_ROLE_OFFICE, 18, "op*"},
    {WIRE_ROLE_OFFICE, 19, "op*"},    {WIRE_ROLE_OFFICE, 20, "op*"},
    {WIRE_ROLE_OFFICE, 21, "op*"},    {WIRE_ROLE_OFFICE, 22, "p"},
    {WIRE_ROLE_OFFICE, 23, "op*"},    {WIRE_ROLE_OFFICE, 24, "op*"},
    {WIRE_ROLE_WARD, 3, "o"},         {WIRE_ROLE_WARD, 16, "o"},
    {WIRE_ROLE_DEPARTMENT, 3, "o"},   {WIRE_ROLE_DEPARTMENT, 16, "o"},
    {WIRE_ROLE_DEPARTMENT, 20, "p*"}, {WIRE_ROLE_AUDITOR, 3, "o"},
    {WIRE_ROLE_OFFICE, 12, "o"},      {WIRE_ROLE_WARD, 12, "o"},
    {WIRE_ROLE_DEPARTMENT, 12, "o"},  {WIRE_ROLE_OFFICE, 5, "o"},
    {WIRE_ROLE_WARD, 5, "o"},         {WIRE_ROLE_DEPARTMENT, 5, "o"},
    {WIRE_ROLE_AUDITOR, 5, "o"},
};

static const char *allowed_to(enum wire_role role, uint32_t kind)
{
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        if (allowed[i].role == role && allowed[i].kind == kind) {
            return allowed[i].to;
        }
    }
    return NULL;
}

static void keys_every_role_may_write_what_its_row_says_and_nothing_else(void)
{
    static const struct {
        const char *code;
        char sign;
    } addresses[] = {{"", 'o'}, {"own", 'p'}, {"other", 'p'}, {"*", '*'}};
    size_t taken = 0;
    for (int role = WIRE_ROLE_NONE; role <= WIRE_ROLE_AUDITOR; role++) {
        for (uint32_t kind = 0; kind < 64; kind++) {
            for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
                struct party_code to = {""};
                const char *may = allowed_to((enum wire_role)role, kind);
                (void)snprintf(to.text, sizeof(to.text), "%s", addresses[i].code);
                const enum refusal expected = may == NULL ? REFUSAL_KIND
                                              : strchr(may, addresses[i].sign) == NULL ? REFUSAL_TO
                                                                                       : REFUSAL_OK;
                CU_ASSERT_EQUAL(registry_may_write((enum wire_role)role, kind, &to), expected);
                taken += expected == REFUSAL_OK;
            }
        }
    }
    CU_ASSERT_EQUAL(taken, 64);
}

/* The same through the log: an author's statement of each kind to his own unit and to another. */
static void keys_the_log_takes_no_kind_that_the_table_does_not_allow(void)
{
    struct kit_author others[3] = {{.epoch = 0}};
    static const char *const codes[] = {"xa-a", "pb", "kt"};
    static const enum wire_role roles[] = {WIRE_ROLE_WARD, WIRE_ROLE_DEPARTMENT, WIRE_ROLE_AUDITOR};
    struct buf payload = BUF_INIT(16);
    begin();
    CU_ASSERT_EQUAL(buf_add(&payload, "\xff", 1), NG_OK); /* parses as nothing */
    for (size_t i = 0; i < 3; i++) {
        kit_party(&kit, &office, codes[i], roles[i], 20 + (unsigned)i, &others[i]);
    }
    const uint64_t before = kit_size(&kit);
    uint64_t taken = 0;
    for (size_t i = 0; i < 3; i++) {
        for (uint32_t kind = 0; kind < 64; kind++) {
            for (size_t to = 0; to < 3; to++) {
                const char *may = allowed_to(roles[i], kind);
                const bool ok = may != NULL && strchr(may, 'p') != NULL;
                CU_ASSERT_EQUAL(say(&others[i], kind, codes[to], &payload) == REFUSAL_OK, ok);
                taken += ok;
            }
        }
    }
    CU_ASSERT_EQUAL(kit_size(&kit), before + taken);
    buf_fini(&payload);
    end_clean();
}

static const struct test_case cases[] = {
    TEST_CASE(keys_a_revoked_key_writes_nothing_until_the_next_enrolment),
    TEST_CASE(keys_a_thief_does_not_outrun_his_revocation_by_rotating),
    TEST_CASE(keys_two_in_one_batch_are_judged_in_their_order),
    TEST_CASE(keys_only_the_office_and_the_log_revoke),
    TEST_CASE(keys_a_statement_about_a_key_goes_to_its_party_and_parses),
    TEST_CASE(keys_an_unfrozen_epoch_goes_on_and_a_clone_freezes_it_again),
    TEST_CASE(keys_evidence_of_a_fork_is_signed_by_the_present_key),
    TEST_CASE(keys_evidence_that_proves_nothing_is_found_by_who_has_the_leaves),
    TEST_CASE(keys_the_same_evidence_freezes_once),
    TEST_CASE(keys_an_unconfirmed_key_writes_nothing_until_an_admin_confirms),
    TEST_CASE(keys_two_persons_are_two_ids_with_two_keys),
    TEST_CASE(keys_the_operator_makes_nobody_an_office),
    TEST_CASE(keys_no_invite_is_good_for_longer_than_a_slip),
    TEST_CASE(keys_the_operators_invite_brings_an_office_back_without_it),
    TEST_CASE(keys_no_person_has_a_name_that_reads_like_anothers),
    TEST_CASE(keys_the_offices_machine_names_nobody_once_there_is_an_admin),
    TEST_CASE(keys_what_admins_signed_counts_once),
    TEST_CASE(keys_the_office_sets_itself_up_alone),
    TEST_CASE(keys_the_operator_brings_admins_back),
    TEST_CASE(keys_half_a_confirmation_does_not_outlive_its_admin),
    TEST_CASE(keys_rotate_begins_the_next_epoch_by_the_old_keys_word),
    TEST_CASE(keys_rotate_needs_both_keys_over_every_field),
    TEST_CASE(keys_rotate_does_nothing_for_a_key_that_is_stopped),
    TEST_CASE(keys_rotate_leaves_the_unconfirmed_unconfirmed),
    TEST_CASE(keys_a_cosignature_key_is_one_partys),
    TEST_CASE(keys_rotate_twice_is_a_fork),
    TEST_CASE(keys_an_invite_lies_in_the_inbox_of_a_party_with_a_key),
    TEST_CASE(keys_digits_are_those_of_the_protocol),
    TEST_CASE(keys_every_role_may_write_what_its_row_says_and_nothing_else),
    TEST_CASE(keys_the_log_takes_no_kind_that_the_table_does_not_allow),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("registry_keys", cases, argc, argv);
}
