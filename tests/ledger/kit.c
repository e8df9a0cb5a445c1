#include "kit.h"

#include "base/check.h"
#include "base/file.h"

void kit_open(struct kit *k)
{
    CU_ASSERT_EQUAL_FATAL(ledger_open(k->folder, NULL, LEDGER_WRITE, &k->ledger), NG_OK);
}

void kit_close(struct kit *k)
{
    ledger_close(&k->ledger);
}

void kit_begin(struct kit *k)
{
    *k = (struct kit){.now = KIT_NOW};
    test_folder(k->folder, sizeof(k->folder));
    CU_ASSERT_EQUAL_FATAL(ledger_create(k->folder, NULL, KIT_ORIGIN, k->now), NG_OK);
    kit_open(k);
}

void kit_end(struct kit *k)
{
    kit_close(k);
    test_remove_folder(k->folder);
}

void kit_sign(const struct kit *k, const struct kit_author *a, struct statement s,
              struct kit_statement *ret)
{
    struct buf encoded = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    memcpy(s.log_id, ledger_log_id(k->ledger), LOG_ID_SIZE);
    s.authored_at = k->now;
    CHECK(statement_encode(&s, &encoded) == NG_OK);
    memcpy(ret->bytes, encoded.data, encoded.size);
    ret->size = encoded.size;
    key_sign(&a->key, buf_bytes(&encoded), ret->signature);
    buf_fini(&encoded);
}

void kit_write(const struct kit *k, struct kit_author *a, uint32_t kind, const char *to,
               const void *payload, size_t size, struct kit_statement *ret)
{
    struct statement s = {.author = a->code,
                          .epoch = a->epoch,
                          .kind = kind,
                          .seq = a->seq + 1,
                          .prev = a->prev,
                          .payload = {payload, size}};
    (void)snprintf(s.to.text, sizeof(s.to.text), "%s", to);
    kit_sign(k, a, s, ret);
    a->seq++;
    a->prev = statement_hash((struct bytes){ret->bytes, ret->size});
}

struct ledger_item kit_item(const struct kit_statement *s)
{
    return (struct ledger_item){.statement = {s->bytes, s->size}, .signature = {s->signature, 64}};
}

struct ledger_item kit_append(struct kit *k, const struct kit_statement *s)
{
    struct ledger_item item = kit_item(s);
    CU_ASSERT_EQUAL(ledger_append(k->ledger, &item, 1, k->now), NG_OK);
    return item;
}

static void kit_seed(unsigned number, uint8_t seed[32])
{
    key_derive("nganam/kit/seeds", (struct bytes){(const uint8_t *)&number, sizeof(number)}, seed);
}

void kit_invite_keys(unsigned number, struct key_pair *ret_key, uint8_t ret_curve[32])
{
    uint8_t seed[32];
    kit_seed(number, seed);
    key_from_seed(seed, ret_key);
    kit_seed(number + 1000000, ret_curve);
}

void kit_invite(const struct kit *k, struct kit_author *by, const char *code, enum wire_role role,
                uint64_t expires_at, unsigned number, struct kit_statement *ret)
{
    struct wire_invite invite = {.role = role, .expires_at = expires_at};
    struct key_pair key;
    struct buf payload = BUF_INIT(1024);
    kit_invite_keys(number, &key, invite.invite_curve);
    memcpy(invite.invite_key, key.public_key.bytes, 32);
    (void)snprintf(invite.party, sizeof(invite.party), "%s", code);
    CHECK(wire_invite_encode(&invite, &payload) == NG_OK);
    kit_write(k, by, STATEMENT_INVITE, "", payload.data, payload.size, ret);
    buf_fini(&payload);
}

void kit_enrol(const struct kit *k, struct kit_author *a, const char *code, unsigned invite_number,
               unsigned key_number, struct kit_statement *ret)
{
    struct wire_enrol enrol = {.key = {0}};
    struct key_pair invite;
    uint8_t seed[32];
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct buf payload = BUF_INIT(1024);
    uint32_t epoch = a->epoch + 1;
    uint8_t cosign_key[32];
    memcpy(cosign_key, a->cosign_key, 32);
    *a = (struct kit_author){.epoch = epoch};
    memcpy(a->cosign_key, cosign_key, 32);
    (void)snprintf(a->code.text, sizeof(a->code.text), "%s", code);
    kit_seed(key_number, seed);
    key_from_seed(seed, &a->key);
    kit_seed(key_number + 2000000, a->curve);
    kit_invite_keys(invite_number, &invite, seed);
    memcpy(enrol.key, a->key.public_key.bytes, 32);
    memcpy(enrol.curve, a->curve, 32);
    memcpy(enrol.invite_key, invite.public_key.bytes, 32);
    memcpy(enrol.cosign_key, a->cosign_key, 32);
    registry_countersigned(ledger_log_id(k->ledger), &a->code, epoch, &a->key.public_key, a->curve,
                           covered);
    key_sign(&invite, (struct bytes){covered, sizeof(covered)}, enrol.countersignature);
    CHECK(wire_enrol_encode(&enrol, &payload) == NG_OK);
    kit_write(k, a, STATEMENT_ENROL, "", payload.data, payload.size, ret);
    buf_fini(&payload);
}

void kit_countersign(const struct kit *k, const struct kit_author *a, struct wire_rotate *m)
{
    uint8_t covered[REGISTRY_COUNTERSIGNED_SIZE];
    struct key_public key;
    memcpy(key.bytes, m->key, 32);
    registry_countersigned_rotate(ledger_log_id(k->ledger), &a->code, a->epoch + 1, &key, m->curve,
                                  covered);
    key_sign(&a->key, (struct bytes){covered, sizeof(covered)}, m->countersignature);
}

void kit_rotate(const struct kit *k, struct kit_author *a, unsigned key_number,
                struct kit_statement *ret)
{
    struct wire_rotate rotate = {.key = {0}};
    struct kit_author next = {.code = a->code, .epoch = a->epoch + 1};
    struct buf payload = BUF_INIT(1024);
    uint8_t seed[32];
    kit_seed(key_number, seed);
    key_from_seed(seed, &next.key);
    kit_seed(key_number + 2000000, next.curve);
    memcpy(next.cosign_key, a->cosign_key, 32);
    memcpy(rotate.key, next.key.public_key.bytes, 32);
    memcpy(rotate.curve, next.curve, 32);
    memcpy(rotate.cosign_key, next.cosign_key, 32);
    kit_countersign(k, a, &rotate);
    CHECK(wire_rotate_encode(&rotate, &payload) == NG_OK);
    *a = next;
    kit_write(k, a, STATEMENT_ROTATE, "", payload.data, payload.size, ret);
    buf_fini(&payload);
}

struct registry_party kit_registered(struct kit *k, const char *code)
{
    struct store_txn *t = NULL;
    struct registry_party p = {.epoch = 0};
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(k->ledger), &t), NG_OK);
    CU_ASSERT_EQUAL(registry_party_get(t, code, &p), NG_OK);
    store_end_read(&t);
    return p;
}

void kit_office(struct kit *k, struct kit_author *ret_office)
{
    struct wire_invite invite = {
        .party = "office", .role = WIRE_ROLE_OFFICE, .expires_at = k->now + 86400000};
    struct key_pair key;
    struct party_code to = {""};
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    static struct kit_statement enrol;
    kit_invite_keys(1, &key, invite.invite_curve);
    memcpy(invite.invite_key, key.public_key.bytes, 32);
    CHECK(wire_invite_encode(&invite, &payload) == NG_OK);
    CU_ASSERT_EQUAL_FATAL(
        ledger_author_log(k->ledger, STATEMENT_INVITE, &to, buf_bytes(&payload), k->now, &index),
        NG_OK);
    buf_fini(&payload);
    *ret_office = (struct kit_author){.epoch = 0};
    kit_enrol(k, ret_office, "office", 1, 2, &enrol);
    CU_ASSERT_EQUAL_FATAL(kit_append(k, &enrol).refusal, REFUSAL_OK);
}

void kit_party(struct kit *k, struct kit_author *office, const char *code, enum wire_role role,
               unsigned number, struct kit_author *ret)
{
    static struct kit_statement s;
    kit_invite(k, office, code, role, k->now + 86400000, number, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(k, &s).refusal, REFUSAL_OK);
    *ret = (struct kit_author){.epoch = kit_registered(k, code).epoch};
    kit_enrol(k, ret, code, number, number + 500000, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(k, &s).refusal, REFUSAL_OK);
}

void kit_begin_with_ward(struct kit *k, struct kit_author *ret_office, struct kit_author *ret_ward)
{
    static struct kit_statement s;
    kit_begin(k);
    kit_office(k, ret_office);
    kit_party(k, ret_office, "xa-a", WIRE_ROLE_WARD, 10, ret_ward);
    kit_write(k, ret_office, 22, "xa-a", "verdict", 7, &s);
    CU_ASSERT_EQUAL_FATAL(kit_append(k, &s).refusal, REFUSAL_OK);
}

uint64_t kit_report(struct kit *k, struct kit_author *a, size_t payload_size)
{
    static struct kit_statement s;
    static uint8_t payload[STATEMENT_SIZE_MAX];
    memset(payload, (int)(a->seq & 0xff), payload_size);
    kit_write(k, a, STATEMENT_FIELD_FIRST, "", payload, payload_size, &s);
    struct ledger_item item = kit_append(k, &s);
    CU_ASSERT_EQUAL_FATAL(item.refusal, REFUSAL_OK);
    return item.index;
}

uint64_t kit_size(struct kit *k)
{
    static struct ledger_head head;
    CU_ASSERT_EQUAL_FATAL(ledger_head(k->ledger, &head), NG_OK);
    return head.head.size;
}

static void kit_fault(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    struct kit_faults *f = context;
    if (f->count == 0) {
        (void)snprintf(f->first, sizeof(f->first), "%s", what);
    }
    if (f->count < sizeof(f->indexes) / sizeof(f->indexes[0])) {
        f->indexes[f->count] = index;
    }
    f->count++;
}

uint64_t kit_verify(struct kit *k, struct kit_faults *ret)
{
    struct ledger_check check = {.leaves = 0};
    *ret = (struct kit_faults){.count = 0};
    enum ng_err e = ledger_verify(k->ledger, kit_fault, ret, &check);
    CU_ASSERT_EQUAL(e, ret->count == 0 ? NG_OK : NG_ERR_VERIFY);
    if (ret->count > 0) {
        (void)fprintf(stderr, "\n  verify: %llu: %s\n", (unsigned long long)ret->indexes[0],
                      ret->first);
    }
    return ret->count;
}
