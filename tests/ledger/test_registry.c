/* First keys, new keys and roles: the road from an invite to a party that may write.
 *
 * Method: invites and enrolments go through ledger_append as they would from a connection; each
 * case spoils one thing and looks at the refusal and at the registry's rows.
 */
#include "kit.h"

static struct kit kit;
static struct kit_author office;
static struct kit_author ward;
static struct kit_statement s;

static void begin(void)
{
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

static void invite(const char *code, unsigned number, uint64_t lifetime)
{
    kit_invite(&kit, &office, code, WIRE_ROLE_WARD, kit.now + lifetime, number, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
}

static enum refusal enrol(struct kit_author *a, const char *code, unsigned invite_number,
                          unsigned key_number)
{
    kit_enrol(&kit, a, code, invite_number, key_number, &s);
    return kit_append(&kit, &s).refusal;
}

static enum ng_err invite_row(unsigned number, struct registry_invite *ret)
{
    struct key_pair key;
    uint8_t curve[32];
    struct store_txn *t = NULL;
    kit_invite_keys(number, &key, curve);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    enum ng_err e = registry_invite_by_curve(t, curve, ret);
    store_end_read(&t);
    return e;
}

static enum ng_err party_by_curve(const uint8_t curve[32], struct registry_party *ret)
{
    struct store_txn *t = NULL;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    enum ng_err e = registry_by_curve(t, curve, ret);
    store_end_read(&t);
    return e;
}

static void registry_turns_an_invite_into_a_party(void)
{
    struct registry_invite row;
    struct registry_party p;
    begin();
    invite("xa-a", 10, 1000);
    CU_ASSERT_EQUAL(invite_row(10, &row), NG_OK);
    CU_ASSERT_STRING_EQUAL(row.party.text, "xa-a");
    CU_ASSERT(!row.used && row.expires_at == kit.now + 1000 && row.role == WIRE_ROLE_WARD);
    p = kit_registered(&kit, "xa-a");
    CU_ASSERT(p.epoch == 0 && p.high_water == 0);
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_OK);
    CU_ASSERT_EQUAL(invite_row(10, &row), NG_OK);
    CU_ASSERT_TRUE(row.used);
    p = kit_registered(&kit, "xa-a");
    CU_ASSERT(p.epoch == 1 && p.high_water == 1 && p.role == WIRE_ROLE_WARD && !p.frozen);
    CU_ASSERT(memcmp(p.key.bytes, ward.key.public_key.bytes, 32) == 0);
    CU_ASSERT(hash_equal(&p.prev, &ward.prev));
    CU_ASSERT_EQUAL(party_by_curve(ward.curve, &p), NG_OK);
    CU_ASSERT_STRING_EQUAL(p.code.text, "xa-a");
    kit_report(&kit, &ward, 3);
    end_clean();
}

static void registry_keeps_the_cosign_key_of_the_epoch(void)
{
    begin();
    invite("xa-a", 10, 1000);
    memset(ward.cosign_key, 5, sizeof(ward.cosign_key));
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_OK);
    struct registry_party p = kit_registered(&kit, "xa-a");
    CU_ASSERT(memcmp(p.cosign_key, ward.cosign_key, 32) == 0);
    kit_report(&kit, &ward, 3);
    invite("xa-a", 11, 1000);
    memset(ward.cosign_key, 0, sizeof(ward.cosign_key));
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 11, 61), REFUSAL_OK); /* that epoch has none */
    p = kit_registered(&kit, "xa-a");
    CU_ASSERT(memcmp(p.cosign_key, ward.cosign_key, 32) == 0);
    end_clean();
}

static void registry_takes_each_invite_once(void)
{
    struct kit_author second = {.epoch = 1};
    begin();
    invite("xa-a", 10, 1000);
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_OK);
    struct kit_statement first = s;
    CU_ASSERT_EQUAL(enrol(&second, "xa-a", 10, 61), REFUSAL_INVITE);
    struct ledger_item again = kit_append(&kit, &first); /* its answer was lost */
    CU_ASSERT(again.refusal == REFUSAL_OK && again.duplicate);
    end_clean();
}

static void registry_refuses_an_expired_invite_by_received_at(void)
{
    begin();
    invite("xa-a", 10, 1000);
    kit.now += 1001;
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_INVITE);
    kit.now -= 1; /* the log's time is the last leaf's, which is earlier */
    ward = (struct kit_author){.epoch = 0};
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_OK);
    end_clean();
}

static void registry_refuses_another_partys_invite(void)
{
    begin();
    invite("xa-a", 10, 1000);
    invite("xa-b", 11, 1000);
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 11, 60), REFUSAL_INVITE);
    ward = (struct kit_author){.epoch = 0};
    CU_ASSERT_EQUAL(enrol(&ward, "xa-c", 11, 60), REFUSAL_AUTHOR);
    ward = (struct kit_author){.epoch = 0};
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 12, 60), REFUSAL_INVITE); /* never invited by that */
    end_clean();
}

/* The enrol statement's payload changed by one byte and signed anew by the new key. */
static void registry_needs_the_countersignature_over_every_field(void)
{
    begin();
    invite("xa-a", 10, 1000);
    kit_enrol(&kit, &ward, "xa-a", 10, 60, &s);
    struct kit_statement good = s;
    struct statement d;
    CU_ASSERT_EQUAL_FATAL(statement_decode((struct bytes){good.bytes, good.size}, &d), NG_OK);
    /* curve (2 bytes of tag and length, 32), invite key, countersignature */
    size_t at[] = {2, 33, 36, 67, 70, 133};
    for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
        s = good;
        s.bytes[STATEMENT_HEADER_SIZE + at[i]] ^= 1;
        key_sign(&ward.key, (struct bytes){s.bytes, s.size}, s.signature);
        CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_INVITE);
    }
    s = good;
    s.bytes[s.size - 1] ^= 1; /* the new key itself: then it did not sign */
    key_sign(&ward.key, (struct bytes){s.bytes, s.size}, s.signature);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_SIGNATURE);
    s = good;
    s.size--;
    key_sign(&ward.key, (struct bytes){s.bytes, s.size}, s.signature);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    CU_ASSERT_EQUAL(kit_append(&kit, &good).refusal, REFUSAL_OK);
    end_clean();
}

static void registry_enrolment_is_number_one_of_the_next_epoch(void)
{
    begin();
    invite("xa-a", 10, 1000);
    ward.epoch = 1; /* asks for epoch 2 while none is there */
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_EPOCH);
    ward = (struct kit_author){.epoch = 0};
    kit_enrol(&kit, &ward, "xa-a", 10, 60, &s);
    s.bytes[79] = 2; /* seq */
    key_sign(&ward.key, (struct bytes){s.bytes, s.size}, s.signature);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_GAP);
    s.bytes[79] = 0;
    key_sign(&ward.key, (struct bytes){s.bytes, s.size}, s.signature);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PREV);
    s.bytes[79] = 1;
    s.bytes[130] = 1; /* prev */
    key_sign(&ward.key, (struct bytes){s.bytes, s.size}, s.signature);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PREV);
    /* invited is not enrolled: nothing else may be written */
    ward.seq = 0;
    ward.epoch = 1;
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_EPOCH);
    end_clean();
}

static void registry_newer_invite_voids_the_older(void)
{
    struct registry_invite row;
    begin();
    invite("xa-a", 10, 1000);
    invite("xa-a", 11, 1000);
    CU_ASSERT_EQUAL(invite_row(10, &row), NG_OK);
    CU_ASSERT_TRUE(row.used);
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_INVITE);
    ward = (struct kit_author){.epoch = 0};
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 11, 60), REFUSAL_OK);
    end_clean();
}

static void registry_new_enrolment_replaces_the_key_and_unfreezes(void)
{
    struct registry_party p;
    struct kit_statement fork;
    begin();
    invite("xa-a", 10, 1000);
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_OK);
    struct kit_author clone = ward;
    kit_report(&kit, &ward, 3);
    kit_write(&kit, &clone, 16, "", "other", 5, &fork);
    CU_ASSERT_EQUAL(kit_append(&kit, &fork).refusal, REFUSAL_FORK);
    CU_ASSERT_TRUE(kit_registered(&kit, "xa-a").frozen);
    invite("xa-a", 11, 1000);
    CU_ASSERT_TRUE(kit_registered(&kit, "xa-a").frozen); /* until the new key is there */
    struct kit_author fresh = {.epoch = 1};
    CU_ASSERT_EQUAL(enrol(&fresh, "xa-a", 11, 61), REFUSAL_OK);
    p = kit_registered(&kit, "xa-a");
    CU_ASSERT(p.epoch == 2 && !p.frozen && p.high_water == 1);
    CU_ASSERT_EQUAL(party_by_curve(ward.curve, &p), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(party_by_curve(fresh.curve, &p), NG_OK);
    kit_report(&kit, &fresh, 3);
    end_clean();
}

static void registry_curve_key_stands_for_one_party_only(void)
{
    struct kit_author thief = {.epoch = 0};
    struct registry_party p;
    begin();
    invite("xa-a", 10, 1000);
    invite("xa-b", 11, 1000);
    CU_ASSERT_EQUAL(enrol(&ward, "xa-a", 10, 60), REFUSAL_OK);
    CU_ASSERT_EQUAL(enrol(&thief, "xa-b", 11, 60), REFUSAL_PAYLOAD); /* the same keys */
    CU_ASSERT_EQUAL(party_by_curve(ward.curve, &p), NG_OK);
    CU_ASSERT_STRING_EQUAL(p.code.text, "xa-a");
    struct kit_author before = office;
    kit_invite(&kit, &office, "xa-c", WIRE_ROLE_WARD, kit.now + 9, 11, &s); /* xa-b's code again */
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    office = before;
    end_clean();
}

static void registry_connection_with_an_invite_is_good_for_its_enrolment_only(void)
{
    struct ledger_item item;
    begin();
    invite("xa-a", 10, 1000);
    kit_enrol(&kit, &ward, "xa-a", 10, 60, &s);
    item = kit_item(&s);
    memcpy(item.invited_as.text, "xa-b", 5);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_INVITE);
    memcpy(item.invited_as.text, "xa-a", 5);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_OK);
    kit_write(&kit, &ward, 16, "", "x", 1, &s);
    item = kit_item(&s);
    memcpy(item.invited_as.text, "xa-a", 5);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_KIND);
    end_clean();
}

static void registry_refuses_invites_that_make_no_sense(void)
{
    static const uint8_t nonsense[] = {0xff, 0xff, 0x03};
    begin();
    struct kit_author before = office;
    kit_invite(&kit, &office, "log", WIRE_ROLE_WARD, kit.now + 9, 10, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    office = before;
    kit_invite(&kit, &office, "xa/a", WIRE_ROLE_WARD, kit.now + 9, 10, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    office = before;
    kit_write(&kit, &office, STATEMENT_INVITE, "", nonsense, sizeof(nonsense), &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_PAYLOAD);
    office = before;
    kit_invite(&kit, &office, "xa-a", WIRE_ROLE_WARD, kit.now + 9, 10, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    end_clean();
}

static void registry_office_can_replace_its_own_key(void)
{
    begin();
    kit_invite(&kit, &office, "office", WIRE_ROLE_OFFICE, kit.now + 9, 10, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(kit_registered(&kit, "office").high_water, office.seq);
    struct kit_author fresh = {.epoch = 1};
    CU_ASSERT_EQUAL(enrol(&fresh, "office", 10, 61), REFUSAL_OK);
    kit_write(&kit, &fresh, 20, "*", "task", 4, &s);
    CU_ASSERT_EQUAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
    end_clean();
}

static enum ng_err collect(void *context, const struct registry_party *p)
{
    char *names = context;
    (void)snprintf(names + strlen(names), 100 - strlen(names), "%s ", p->code.text);
    return strcmp(p->code.text, "stop") == 0 ? NG_ERR_REFUSED : NG_OK;
}

static void registry_walks_its_parties_in_order_without_the_log(void)
{
    char names[100] = "";
    struct store_txn *t = NULL;
    begin();
    invite("xa-b", 10, 9);
    invite("xa-a", 11, 9);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(registry_each(t, collect, names), NG_OK);
    store_end_read(&t);
    CU_ASSERT_STRING_EQUAL(names, "office xa-a xa-b ");
    invite("stop", 12, 9);
    names[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(registry_each(t, collect, names), NG_ERR_REFUSED);
    store_end_read(&t);
    CU_ASSERT_STRING_EQUAL(names, "office stop ");
    end_clean();
}

/* ---- The table of rights, and of refusals ---- */

static void registry_rights_are_those_of_the_design(void)
{
    static const struct {
        enum wire_role role;
        uint32_t kind;
        const char *to;
        enum refusal expected;
    } rights[] = {
        {WIRE_ROLE_WARD, 16, "", REFUSAL_OK},
        {WIRE_ROLE_WARD, 16, "*", REFUSAL_TO},
        {WIRE_ROLE_WARD, 16, "xa-b", REFUSAL_TO},
        {WIRE_ROLE_WARD, 17, "", REFUSAL_KIND},
        {WIRE_ROLE_WARD, 2, "", REFUSAL_KIND},
        {WIRE_ROLE_WARD, 3, "", REFUSAL_OK},
        {WIRE_ROLE_DEPARTMENT, 16, "", REFUSAL_OK},
        {WIRE_ROLE_DEPARTMENT, 16, "xa-b", REFUSAL_TO},
        {WIRE_ROLE_DEPARTMENT, 18, "*", REFUSAL_KIND},
        {WIRE_ROLE_AUDITOR, 16, "", REFUSAL_KIND},
        {WIRE_ROLE_AUDITOR, 3, "", REFUSAL_OK},
        {WIRE_ROLE_AUDITOR, 5, "", REFUSAL_OK},
        {WIRE_ROLE_WARD, 5, "", REFUSAL_OK},
        {WIRE_ROLE_WARD, 5, "xa-b", REFUSAL_TO},
        {WIRE_ROLE_OFFICE, 1, "", REFUSAL_KIND},
        {WIRE_ROLE_OFFICE, 2, "", REFUSAL_OK},
        {WIRE_ROLE_OFFICE, 2, "*", REFUSAL_TO},
        {WIRE_ROLE_OFFICE, 4, "", REFUSAL_KIND},
        {WIRE_ROLE_OFFICE, 15, "", REFUSAL_KIND},
        {WIRE_ROLE_OFFICE, 16, "", REFUSAL_KIND},
        {WIRE_ROLE_OFFICE, 17, "*", REFUSAL_OK},
        {WIRE_ROLE_OFFICE, 21, "", REFUSAL_OK},
        {WIRE_ROLE_OFFICE, 22, "xa-b", REFUSAL_OK},
        {WIRE_ROLE_OFFICE, 22, "*", REFUSAL_TO},
        {WIRE_ROLE_OFFICE, 22, "", REFUSAL_TO},
        {WIRE_ROLE_OFFICE, 24, "*", REFUSAL_OK},
        {WIRE_ROLE_OFFICE, 25, "*", REFUSAL_KIND},
        {WIRE_ROLE_WARD, 12, "", REFUSAL_OK},
        {WIRE_ROLE_WARD, 12, "*", REFUSAL_TO},
        {WIRE_ROLE_DEPARTMENT, 12, "", REFUSAL_OK},
        {WIRE_ROLE_OFFICE, 12, "", REFUSAL_OK},
        {WIRE_ROLE_AUDITOR, 12, "", REFUSAL_KIND},
        {WIRE_ROLE_NONE, 16, "", REFUSAL_KIND},
    };
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
        struct party_code to;
        (void)snprintf(to.text, sizeof(to.text), "%s", rights[i].to);
        CU_ASSERT_EQUAL(registry_may_write(rights[i].role, rights[i].kind, &to),
                        rights[i].expected);
    }
}

static void refusal_numbers_have_their_class_and_name(void)
{
    CU_ASSERT_EQUAL(refusal_class(REFUSAL_OK), REFUSAL_NONE);
    CU_ASSERT_EQUAL(refusal_class(REFUSAL_GAP), REFUSAL_AGAIN);
    CU_ASSERT_EQUAL(refusal_class(REFUSAL_FROZEN), REFUSAL_STOP);
    CU_ASSERT_EQUAL(refusal_class(REFUSAL_INVITE), REFUSAL_VOID);
    CU_ASSERT_EQUAL(refusal_class((enum refusal)99), REFUSAL_VOID);
    CU_ASSERT_STRING_EQUAL(refusal_name(REFUSAL_OLD_EPOCH), "old_epoch");
    CU_ASSERT_STRING_EQUAL(refusal_name((enum refusal)99), "unknown");
    for (int code = 0; code < 60; code++) {
        enum refusal_class class = code == 0                                ? REFUSAL_NONE
                                   : (code >= 1 && code <= 6) || code == 24 ? REFUSAL_AGAIN
                                   : code >= 20 && code <= 23               ? REFUSAL_STOP
                                                                            : REFUSAL_VOID;
        CU_ASSERT_EQUAL(refusal_class((enum refusal)code), class);
        CU_ASSERT(strlen(refusal_text((enum refusal)code)) > 4 || code == 0);
    }
}

static const struct test_case cases[] = {
    TEST_CASE(registry_turns_an_invite_into_a_party),
    TEST_CASE(registry_keeps_the_cosign_key_of_the_epoch),
    TEST_CASE(registry_takes_each_invite_once),
    TEST_CASE(registry_refuses_an_expired_invite_by_received_at),
    TEST_CASE(registry_refuses_another_partys_invite),
    TEST_CASE(registry_needs_the_countersignature_over_every_field),
    TEST_CASE(registry_enrolment_is_number_one_of_the_next_epoch),
    TEST_CASE(registry_newer_invite_voids_the_older),
    TEST_CASE(registry_new_enrolment_replaces_the_key_and_unfreezes),
    TEST_CASE(registry_curve_key_stands_for_one_party_only),
    TEST_CASE(registry_connection_with_an_invite_is_good_for_its_enrolment_only),
    TEST_CASE(registry_refuses_invites_that_make_no_sense),
    TEST_CASE(registry_office_can_replace_its_own_key),
    TEST_CASE(registry_walks_its_parties_in_order_without_the_log),
    TEST_CASE(registry_rights_are_those_of_the_design),
    TEST_CASE(refusal_numbers_have_their_class_and_name),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("registry", cases, argc, argv);
}
