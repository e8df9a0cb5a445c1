/* Goal: every request, answer and registry payload means the same on both sides, and keys and
 * hashes of a wrong length do not get in. Method: encode, decode, compare field by field; then the
 * same with one length off. */
#include "harness.h"
#include "proto/wire_queue.h"

static struct bytes text_bytes(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

static bool same(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static struct wire_to_broker *to_and_back(const struct wire_to_broker *m)
{
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_to_broker *ret = NULL;
    CU_ASSERT_EQUAL_FATAL(wire_to_broker_encode(m, &frame), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_to_broker_decode(buf_bytes(&frame), &ret), NG_OK);
    buf_fini(&frame);
    CU_ASSERT_EQUAL(ret->id, m->id);
    CU_ASSERT_EQUAL_FATAL(ret->kind, m->kind);
    return ret;
}

static void requests_come_back_as_they_were(void)
{
    struct wire_to_broker m = {.id = UINT64_MAX, .kind = WIRE_HELLO};
    m.u.hello.protocol = 1;
    m.u.hello.head = "ngã năm\n";
    struct wire_to_broker *r = to_and_back(&m);
    CU_ASSERT_EQUAL(r->u.hello.protocol, 1);
    CU_ASSERT_STRING_EQUAL(r->u.hello.head, "ngã năm\n");
    wire_to_broker_destroy(&r);

    m = (struct wire_to_broker){.id = 2, .kind = WIRE_FETCH};
    m.u.fetch.scope = WIRE_SCOPE_LOG;
    m.u.fetch.from_index = 7;
    m.u.fetch.max_bytes = 9;
    m.u.fetch.wait_ms = 60000;
    r = to_and_back(&m);
    CU_ASSERT_EQUAL(r->u.fetch.scope, WIRE_SCOPE_LOG);
    CU_ASSERT_EQUAL(r->u.fetch.from_index, 7);
    CU_ASSERT_EQUAL(r->u.fetch.max_bytes, 9);
    CU_ASSERT_EQUAL(r->u.fetch.wait_ms, 60000);
    wire_to_broker_destroy(&r);

    for (int kind = WIRE_PROVE_INCLUSION; kind <= WIRE_PROVE_CONSISTENCY; kind++) {
        m = (struct wire_to_broker){.id = 3, .kind = WIRE_PROVE};
        m.u.prove.kind = (enum wire_prove_kind)kind;
        m.u.prove.a = 4;
        m.u.prove.b = 5;
        r = to_and_back(&m);
        CU_ASSERT_EQUAL((int)r->u.prove.kind, kind);
        CU_ASSERT_EQUAL(r->u.prove.a, 4);
        CU_ASSERT_EQUAL(r->u.prove.b, 5);
        wire_to_broker_destroy(&r);
    }
}

static uint8_t zeros[128];

static void cosignatures_come_back_as_they_were(void)
{
    struct wire_to_broker m = {.id = 4, .kind = WIRE_COSIGN};
    m.u.cosign.size = 90;
    m.u.cosign.cosignature = (struct bytes){zeros, WIRE_COSIGNATURE_SIZE};
    struct wire_to_broker *r = to_and_back(&m);
    CU_ASSERT_EQUAL(r->u.cosign.size, 90);
    CU_ASSERT(same(r->u.cosign.cosignature, m.u.cosign.cosignature));
    wire_to_broker_destroy(&r);
    m.u.cosign.cosignature = (struct bytes){0};
    m.u.cosign.known = 17;
    m.u.cosign.after = "P17";
    r = to_and_back(&m);
    CU_ASSERT_EQUAL(r->u.cosign.cosignature.size, 0);
    CU_ASSERT_EQUAL(r->u.cosign.known, 17);
    CU_ASSERT_STRING_EQUAL(r->u.cosign.after, "P17");
    wire_to_broker_destroy(&r);
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    m.u.cosign.cosignature = (struct bytes){zeros, WIRE_COSIGNATURE_SIZE - 1};
    CU_ASSERT_EQUAL(wire_to_broker_encode(&m, &frame), NG_OK);
    CU_ASSERT_EQUAL(wire_to_broker_decode(buf_bytes(&frame), &r), NG_ERR_PROTO);
    buf_fini(&frame);
}

static uint8_t chunk[WIRE_CHUNK_MAX + 1];

static void pieces_of_evidence_come_back_as_they_were(void)
{
    struct wire_to_broker m = {.id = 3, .kind = WIRE_PUT};
    memset(m.u.put.id, 7, sizeof(m.u.put.id));
    m.u.put.size = UINT64_MAX;
    m.u.put.offset = 5;
    m.u.put.bytes = (struct bytes){chunk, WIRE_CHUNK_MAX};
    m.u.put.owner = "P1";
    m.u.put.epoch = 3;
    m.u.put.seq = UINT64_MAX;
    struct wire_to_broker *r = to_and_back(&m);
    CU_ASSERT_EQUAL(memcmp(r->u.put.id, m.u.put.id, sizeof(m.u.put.id)), 0);
    CU_ASSERT_EQUAL(r->u.put.size, UINT64_MAX);
    CU_ASSERT_EQUAL(r->u.put.offset, 5);
    CU_ASSERT_STRING_EQUAL(r->u.put.owner, "P1");
    CU_ASSERT(r->u.put.epoch == 3 && r->u.put.seq == UINT64_MAX);
    CU_ASSERT(same(r->u.put.bytes, m.u.put.bytes));
    wire_to_broker_destroy(&r);

    m.u.put.bytes.size++;
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    CU_ASSERT_EQUAL_FATAL(wire_to_broker_encode(&m, &frame), NG_OK);
    CU_ASSERT_EQUAL(wire_to_broker_decode(buf_bytes(&frame), &r), NG_ERR_PROTO);
    buf_fini(&frame);
    static const uint8_t no_id[] = {0x08, 1, 0x3a, 2, 0x10, 9}; /* Put { size } */
    CU_ASSERT_EQUAL(wire_to_broker_decode((struct bytes){no_id, sizeof(no_id)}, &r), NG_ERR_PROTO);

    m = (struct wire_to_broker){.id = 4, .kind = WIRE_GET};
    memset(m.u.get.id, 9, sizeof(m.u.get.id));
    m.u.get.offset = 6;
    m.u.get.max_bytes = 8;
    r = to_and_back(&m);
    CU_ASSERT_EQUAL(memcmp(r->u.get.id, m.u.get.id, sizeof(m.u.get.id)), 0);
    CU_ASSERT_EQUAL(r->u.get.offset, 6);
    CU_ASSERT_EQUAL(r->u.get.max_bytes, 8);
    wire_to_broker_destroy(&r);
}

static void offers_come_back_as_they_were(void)
{
    struct wire_kept kept[WIRE_KEPT_MAX + 1];
    for (size_t i = 0; i < WIRE_KEPT_MAX + 1; i++) {
        kept[i] = (struct wire_kept){text_bytes("a statement"), "a receipt\n"};
    }
    struct wire_to_broker m = {.id = 5, .kind = WIRE_OFFER};
    m.u.offer.kept = kept;
    m.u.offer.count = WIRE_KEPT_MAX;
    struct wire_to_broker *r = to_and_back(&m);
    CU_ASSERT_EQUAL(r->u.offer.count, WIRE_KEPT_MAX);
    CU_ASSERT(same(r->u.offer.kept[WIRE_KEPT_MAX - 1].statement, kept[0].statement));
    CU_ASSERT_STRING_EQUAL(r->u.offer.kept[WIRE_KEPT_MAX - 1].receipt, "a receipt\n");
    wire_to_broker_destroy(&r);
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    m.u.offer.count = WIRE_KEPT_MAX + 1;
    CU_ASSERT_EQUAL(wire_to_broker_encode(&m, &frame), NG_ERR_LIMIT);
    m.u.offer.count = 0;
    buf_clear(&frame);
    CU_ASSERT_EQUAL(wire_to_broker_encode(&m, &frame), NG_OK);
    CU_ASSERT_EQUAL(wire_to_broker_decode(buf_bytes(&frame), &r), NG_ERR_PROTO);
    buf_fini(&frame);
}

static void a_full_submit_comes_back_as_it_was(void)
{
    struct wire_signed statements[WIRE_STATEMENTS_MAX];
    for (size_t i = 0; i < WIRE_STATEMENTS_MAX; i++) {
        statements[i].statement = text_bytes("a statement");
        statements[i].signature = text_bytes("a signature");
    }
    statements[7].statement = text_bytes("");
    struct wire_to_broker m = {.id = 1, .kind = WIRE_SUBMIT};
    m.u.submit.statements = statements;
    m.u.submit.count = WIRE_STATEMENTS_MAX;
    struct wire_to_broker *r = to_and_back(&m);
    CU_ASSERT_EQUAL_FATAL(r->u.submit.count, WIRE_STATEMENTS_MAX);
    for (size_t i = 0; i < WIRE_STATEMENTS_MAX; i++) {
        CU_ASSERT(same(r->u.submit.statements[i].statement, statements[i].statement));
        CU_ASSERT(same(r->u.submit.statements[i].signature, statements[i].signature));
    }
    wire_to_broker_destroy(&r);
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    m.u.submit.count = WIRE_STATEMENTS_MAX + 1;
    CU_ASSERT_EQUAL(wire_to_broker_encode(&m, &frame), NG_ERR_LIMIT);
    buf_fini(&frame);
}

static struct wire_from_broker *from_and_back(const struct wire_from_broker *m)
{
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_from_broker *ret = NULL;
    CU_ASSERT_EQUAL_FATAL(wire_from_broker_encode(m, &frame), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_from_broker_decode(buf_bytes(&frame), &ret), NG_OK);
    buf_fini(&frame);
    CU_ASSERT_EQUAL(ret->id, m->id);
    CU_ASSERT_EQUAL_FATAL(ret->kind, m->kind);
    CU_ASSERT_STRING_EQUAL(ret->head.note, m->head.note != NULL ? m->head.note : "");
    CU_ASSERT_EQUAL(ret->head.from_size, m->head.from_size);
    CU_ASSERT(same(ret->head.consistency, m->head.consistency));
    return ret;
}

/* The largest Cosigned fits a frame, and not one witness more is encoded. */
static void a_full_cosigned_comes_back_as_it_was(void)
{
    static struct wire_witness witnesses[WIRE_WITNESSES_MAX];
    static char note[1025];
    static uint8_t proof[WIRE_PROOF_MAX];
    memset(note, 'n', sizeof(note) - 1);
    for (size_t i = 0; i < WIRE_WITNESSES_MAX; i++) {
        witnesses[i].party = "ABCDEFGHIJKLMNOP";
        witnesses[i].cosignature = (struct bytes){zeros, WIRE_COSIGNATURE_SIZE};
    }
    struct wire_from_broker m = {.id = 1, .kind = WIRE_COSIGNED};
    m.head.note = note;
    m.head.consistency = (struct bytes){proof, sizeof(proof)};
    m.head.witness = true;
    m.u.cosigned.note = note;
    m.u.cosigned.consistency = (struct bytes){proof, sizeof(proof)};
    m.u.cosigned.witnesses = witnesses;
    m.u.cosigned.count = WIRE_WITNESSES_MAX;
    m.u.cosigned.more = true;
    struct wire_from_broker *r = from_and_back(&m);
    CU_ASSERT_TRUE(r->head.witness);
    CU_ASSERT_STRING_EQUAL(r->u.cosigned.note, note);
    CU_ASSERT(same(r->u.cosigned.consistency, m.u.cosigned.consistency));
    CU_ASSERT_EQUAL_FATAL(r->u.cosigned.count, WIRE_WITNESSES_MAX);
    CU_ASSERT_STRING_EQUAL(r->u.cosigned.witnesses[WIRE_WITNESSES_MAX - 1].party,
                           "ABCDEFGHIJKLMNOP");
    CU_ASSERT_TRUE(r->u.cosigned.more);
    wire_from_broker_destroy(&r);
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    m.u.cosigned.count++;
    CU_ASSERT_EQUAL(wire_from_broker_encode(&m, &frame), NG_ERR_LIMIT);
    buf_fini(&frame);
}

static void welcome_proof_and_error_come_back_as_they_were(void)
{
    struct wire_from_broker m = {.id = 9, .kind = WIRE_WELCOME};
    m.head.note = "note";
    m.head.from_size = 3;
    m.head.consistency = (struct bytes){zeros, 64};
    m.u.welcome.protocol = 1;
    m.u.welcome.party = "PHUONG-1";
    m.u.welcome.epoch = 2;
    m.u.welcome.high_water = 1000;
    m.u.welcome.credit = WIRE_CREDIT;
    m.u.welcome.frame_max = WIRE_FRAME_MAX;
    m.u.welcome.frozen = true;
    m.u.welcome.wanted_from = 20;
    m.u.welcome.wanted_to = 41;
    m.u.welcome.role = WIRE_ROLE_DEPARTMENT;
    struct wire_signed changes[WIRE_KEY_CHANGES_MAX + 1];
    for (size_t i = 0; i <= WIRE_KEY_CHANGES_MAX; i++) {
        changes[i] = (struct wire_signed){{zeros, i}, {zeros, 64}};
    }
    m.u.welcome.key_changes = changes;
    m.u.welcome.key_change_count = WIRE_KEY_CHANGES_MAX;
    struct wire_from_broker *r = from_and_back(&m);
    CU_ASSERT_STRING_EQUAL(r->u.welcome.party, "PHUONG-1");
    CU_ASSERT_EQUAL(r->u.welcome.epoch, 2);
    CU_ASSERT_EQUAL(r->u.welcome.high_water, 1000);
    CU_ASSERT_EQUAL(r->u.welcome.credit, WIRE_CREDIT);
    CU_ASSERT_EQUAL(r->u.welcome.frame_max, WIRE_FRAME_MAX);
    CU_ASSERT_TRUE(r->u.welcome.frozen);
    CU_ASSERT_EQUAL(r->u.welcome.wanted_from, 20);
    CU_ASSERT_EQUAL(r->u.welcome.wanted_to, 41);
    CU_ASSERT_EQUAL(r->u.welcome.role, WIRE_ROLE_DEPARTMENT);
    CU_ASSERT_EQUAL_FATAL(r->u.welcome.key_change_count, WIRE_KEY_CHANGES_MAX);
    for (size_t i = 0; i < WIRE_KEY_CHANGES_MAX; i++) {
        CU_ASSERT(same(r->u.welcome.key_changes[i].statement, changes[i].statement));
        CU_ASSERT(same(r->u.welcome.key_changes[i].signature, changes[i].signature));
    }
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_from_broker *none = NULL;
    m.u.welcome.key_change_count++;
    CU_ASSERT_EQUAL(wire_from_broker_encode(&m, &frame), NG_ERR_LIMIT);
    m.u.welcome.key_change_count = 1;
    changes[0].signature.size--;
    CU_ASSERT_EQUAL(wire_from_broker_encode(&m, &frame), NG_OK);
    CU_ASSERT_EQUAL(wire_from_broker_decode(buf_bytes(&frame), &none), NG_ERR_PROTO);
    buf_fini(&frame);
    wire_from_broker_destroy(&r);

    m = (struct wire_from_broker){.id = 9, .kind = WIRE_PROOF};
    m.u.proof.hashes = (struct bytes){zeros, 96};
    r = from_and_back(&m);
    CU_ASSERT(same(r->u.proof.hashes, m.u.proof.hashes));
    wire_from_broker_destroy(&r);

    m = (struct wire_from_broker){.id = 0, .kind = WIRE_ERROR};
    m.u.error.code = 2;
    m.u.error.text = "say Hello first";
    r = from_and_back(&m);
    CU_ASSERT_EQUAL(r->u.error.code, 2);
    CU_ASSERT_STRING_EQUAL(r->u.error.text, "say Hello first");
    wire_from_broker_destroy(&r);

    m = (struct wire_from_broker){.id = 5, .kind = WIRE_STORED};
    m.u.stored.have = UINT64_MAX;
    m.u.stored.proof = (struct bytes){
        (const uint8_t *)"0123456789012345678901234567890123456789012345678901234567890123",
        WIRE_PROOF_OF_STORING};
    r = from_and_back(&m);
    CU_ASSERT_EQUAL(r->u.stored.have, UINT64_MAX);
    CU_ASSERT(same(r->u.stored.proof, m.u.stored.proof));
    wire_from_broker_destroy(&r);

    m = (struct wire_from_broker){.id = 6, .kind = WIRE_BLOB};
    m.u.blob.size = 10;
    m.u.blob.offset = 4;
    m.u.blob.bytes = (struct bytes){zeros, 6};
    r = from_and_back(&m);
    CU_ASSERT_EQUAL(r->u.blob.size, 10);
    CU_ASSERT_EQUAL(r->u.blob.offset, 4);
    CU_ASSERT(same(r->u.blob.bytes, m.u.blob.bytes));
    wire_from_broker_destroy(&r);
}

static void answers_and_entries_come_back_as_they_were(void)
{
    struct wire_answer answers[2] = {
        {.seq = 1,
         .accepted = true,
         .index = 77,
         .leaf_header = {zeros, 68},
         .inclusion = {zeros, 32}},
        {.seq = 2, .refusal_class = 1, .refusal_code = 5, .text = "gap", .expected_seq = 2},
    };
    struct wire_from_broker m = {.id = 1, .kind = WIRE_SUBMITTED};
    m.u.submitted.answers = answers;
    m.u.submitted.count = 2;
    struct wire_from_broker *r = from_and_back(&m);
    CU_ASSERT_EQUAL_FATAL(r->u.submitted.count, 2);
    CU_ASSERT_TRUE(r->u.submitted.answers[0].accepted);
    CU_ASSERT_EQUAL(r->u.submitted.answers[0].index, 77);
    CU_ASSERT_EQUAL(r->u.submitted.answers[0].leaf_header.size, 68);
    CU_ASSERT_EQUAL(r->u.submitted.answers[0].inclusion.size, 32);
    CU_ASSERT_FALSE(r->u.submitted.answers[1].accepted);
    CU_ASSERT_EQUAL(r->u.submitted.answers[1].refusal_class, 1);
    CU_ASSERT_EQUAL(r->u.submitted.answers[1].refusal_code, 5);
    CU_ASSERT_STRING_EQUAL(r->u.submitted.answers[1].text, "gap");
    CU_ASSERT_EQUAL(r->u.submitted.answers[1].expected_seq, 2);
    wire_from_broker_destroy(&r);

    struct wire_entry entries[2] = {{.leaf = text_bytes("leaf"), .inclusion = {zeros, 64}},
                                    {.leaf = text_bytes("leaf two")}};
    m = (struct wire_from_broker){.id = 1, .kind = WIRE_ENTRIES};
    m.u.entries.entries = entries;
    m.u.entries.count = 2;
    m.u.entries.next_index = 12;
    m.u.entries.tail = (struct bytes){zeros, 32};
    r = from_and_back(&m);
    CU_ASSERT_EQUAL_FATAL(r->u.entries.count, 2);
    CU_ASSERT(same(r->u.entries.entries[0].leaf, entries[0].leaf));
    CU_ASSERT(same(r->u.entries.entries[0].inclusion, entries[0].inclusion));
    CU_ASSERT(same(r->u.entries.entries[1].leaf, entries[1].leaf));
    CU_ASSERT_EQUAL(r->u.entries.next_index, 12);
    CU_ASSERT_EQUAL(r->u.entries.tail.size, 32);
    wire_from_broker_destroy(&r);
}

static enum ng_err decode_encoded(const struct wire_from_broker *m)
{
    struct buf frame = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_from_broker *ret = NULL;
    CU_ASSERT_EQUAL(wire_from_broker_encode(m, &frame), NG_OK);
    enum ng_err err = wire_from_broker_decode(buf_bytes(&frame), &ret);
    wire_from_broker_destroy(&ret);
    buf_fini(&frame);
    return err;
}

static void hashes_and_headers_of_a_wrong_length_are_refused(void)
{
    struct wire_from_broker m = {.id = 1, .kind = WIRE_PROOF};
    m.u.proof.hashes = (struct bytes){zeros, 33};
    CU_ASSERT_EQUAL(decode_encoded(&m), NG_ERR_PROTO);
    m.u.proof.hashes = (struct bytes){zeros, 32};
    m.head.note = "n";
    m.head.consistency = (struct bytes){zeros, 31};
    CU_ASSERT_EQUAL(decode_encoded(&m), NG_ERR_PROTO);
    struct wire_answer answer = {.accepted = true, .leaf_header = {zeros, 67}};
    m = (struct wire_from_broker){.id = 1, .kind = WIRE_SUBMITTED};
    m.u.submitted.answers = &answer;
    m.u.submitted.count = 1;
    CU_ASSERT_EQUAL(decode_encoded(&m), NG_ERR_PROTO);
    answer = (struct wire_answer){.refusal_class = 4};
    CU_ASSERT_EQUAL(decode_encoded(&m), NG_ERR_PROTO);
    const struct wire_witness witness = {.party = "P1", .cosignature = {zeros, 71}};
    m = (struct wire_from_broker){.id = 1, .kind = WIRE_COSIGNED};
    m.u.cosigned.note = "";
    m.u.cosigned.consistency = (struct bytes){0};
    m.u.cosigned.witnesses = &witness;
    m.u.cosigned.count = 1;
    m.u.cosigned.more = false;
    CU_ASSERT_EQUAL(decode_encoded(&m), NG_ERR_PROTO);
    m.u.cosigned.count = 0;
    m.u.cosigned.consistency = (struct bytes){zeros, 33};
    CU_ASSERT_EQUAL(decode_encoded(&m), NG_ERR_PROTO);
}

static void registry_payloads_come_back_as_they_were(void)
{
    struct buf b = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_genesis genesis = {.origin = "nganam.example/log",
                                   .log_key = {1, 2, 3},
                                   .previous_vkey = "nganam.example/old+01234567+AQ==",
                                   .previous_note = "nganam.example/old\n7\n"};
    struct wire_genesis genesis2;
    CU_ASSERT_EQUAL(wire_genesis_encode(&genesis, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_genesis_decode(buf_bytes(&b), &genesis2), NG_OK);
    CU_ASSERT_STRING_EQUAL(genesis2.origin, genesis.origin);
    CU_ASSERT_EQUAL(memcmp(genesis2.log_key, genesis.log_key, 32), 0);
    CU_ASSERT_STRING_EQUAL(genesis2.previous_vkey, genesis.previous_vkey);
    CU_ASSERT_STRING_EQUAL(genesis2.previous_note, genesis.previous_note);

    buf_clear(&b);
    struct wire_invite invite = {.party = "ABCDEFGHIJKLMNOP",
                                 .role = WIRE_ROLE_WARD,
                                 .expires_at = 99,
                                 .invite_key = {4},
                                 .invite_curve = {5}};
    struct wire_invite invite2;
    CU_ASSERT_EQUAL(wire_invite_encode(&invite, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_invite_decode(buf_bytes(&b), &invite2), NG_OK);
    CU_ASSERT_STRING_EQUAL(invite2.party, invite.party);
    CU_ASSERT_EQUAL(invite2.role, WIRE_ROLE_WARD);
    CU_ASSERT_EQUAL(invite2.expires_at, 99);
    CU_ASSERT_EQUAL(invite2.invite_key[0], 4);
    CU_ASSERT_EQUAL(invite2.invite_curve[0], 5);

    buf_clear(&b);
    struct wire_enrol enrol = {.curve = {1}, .invite_key = {2}, .countersignature = {3}};
    struct wire_enrol enrol2;
    CU_ASSERT_EQUAL(wire_enrol_encode(&enrol, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_enrol_decode(buf_bytes(&b), &enrol2), NG_OK);
    CU_ASSERT_EQUAL(memcmp(&enrol, &enrol2, sizeof(enrol)), 0);
    CU_ASSERT_EQUAL(wire_enrol_decode((struct bytes){b.data, b.size - 1}, &enrol2), NG_ERR_PROTO);
    const size_t without = b.size;
    memset(enrol.cosign_key, 9, sizeof(enrol.cosign_key));
    buf_clear(&b);
    CU_ASSERT_EQUAL(wire_enrol_encode(&enrol, &b), NG_OK);
    CU_ASSERT_EQUAL(b.size, without + 34);
    CU_ASSERT_EQUAL(wire_enrol_decode(buf_bytes(&b), &enrol2), NG_OK);
    CU_ASSERT_EQUAL(memcmp(&enrol, &enrol2, sizeof(enrol)), 0);
    /* missing, or a key: never a short one, never zeros */
    CU_ASSERT_EQUAL(wire_enrol_decode((struct bytes){b.data, b.size - 1}, &enrol2), NG_ERR_PROTO);
    memset(b.data + b.size - 32, 0, 32);
    CU_ASSERT_EQUAL(wire_enrol_decode(buf_bytes(&b), &enrol2), NG_ERR_PROTO);

    buf_clear(&b);
    struct wire_rotate rotate = {.curve = {1}, .countersignature = {3}, .key = {4}};
    struct wire_rotate rotate2;
    memset(rotate.cosign_key, 9, sizeof(rotate.cosign_key));
    CU_ASSERT_EQUAL(wire_rotate_encode(&rotate, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_rotate_decode(buf_bytes(&b), &rotate2), NG_OK);
    CU_ASSERT_EQUAL(memcmp(&rotate, &rotate2, sizeof(rotate)), 0);
    CU_ASSERT_EQUAL(wire_rotate_decode((struct bytes){b.data, b.size - 1}, &rotate2), NG_ERR_PROTO);
    CU_ASSERT_EQUAL(wire_rotate_decode((struct bytes){b.data, b.size - 34}, &rotate2), NG_OK);
    CU_ASSERT_EQUAL(rotate2.cosign_key[0], 0);
    CU_ASSERT_EQUAL(wire_rotate_decode((struct bytes){b.data, 34}, &rotate2), NG_ERR_PROTO);
    CU_ASSERT_EQUAL(wire_enrol_decode(buf_bytes(&b), &enrol2), NG_ERR_PROTO); /* no invite */

    buf_clear(&b);
    struct buf copy = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_fork fork = {.index = 6, .statement = text_bytes("other"), .signature = {7}};
    struct wire_fork fork2;
    CU_ASSERT_EQUAL(wire_fork_encode(&fork, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_fork_decode(buf_bytes(&b), &copy, &fork2), NG_OK);
    CU_ASSERT_EQUAL(fork2.index, 6);
    CU_ASSERT(same(fork2.statement, fork.statement));
    CU_ASSERT_EQUAL(memcmp(fork2.signature, fork.signature, 64), 0);
    buf_fini(&copy);

    buf_clear(&b);
    struct wire_heartbeat heartbeat = {.version = "1.2.3"}, heartbeat2;
    CU_ASSERT_EQUAL(wire_heartbeat_encode(&heartbeat, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_heartbeat_decode(buf_bytes(&b), &heartbeat2), NG_OK);
    CU_ASSERT_STRING_EQUAL(heartbeat2.version, "1.2.3");
    uint8_t longer[2 + sizeof(heartbeat.version)] = {0x0A, sizeof(heartbeat.version)};
    memset(longer + 2, 'v', sizeof(heartbeat.version));
    CU_ASSERT_EQUAL(wire_heartbeat_decode((struct bytes){longer, sizeof(longer)}, &heartbeat2),
                    NG_ERR_PROTO);

    buf_clear(&b);
    struct wire_log_key change = {.key = {1}, .previous = {2}, .countersignature = {3}}, change2;
    CU_ASSERT_EQUAL(wire_log_key_encode(&change, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_log_key_decode(buf_bytes(&b), &change2), NG_OK);
    CU_ASSERT_EQUAL(memcmp(&change, &change2, sizeof(change)), 0);
    b.size--; /* a field that is cut off, then one that is missing */
    CU_ASSERT_EQUAL(wire_log_key_decode(buf_bytes(&b), &change2), NG_ERR_PROTO);
    b.size -= sizeof(change.countersignature) + 1;
    CU_ASSERT_EQUAL(wire_log_key_decode(buf_bytes(&b), &change2), NG_ERR_PROTO);
    buf_fini(&b);
}

static void words_about_keys_and_persons_come_back_or_are_refused(void)
{
    struct buf b = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_revoke revoke = {.party = "P1", .epoch = 3, .reason = "mất máy"}, revoke2;
    CU_ASSERT_EQUAL(wire_revoke_encode(&revoke, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_revoke_decode(buf_bytes(&b), &revoke2), NG_OK);
    CU_ASSERT_STRING_EQUAL(revoke2.party, "P1");
    CU_ASSERT_EQUAL(revoke2.epoch, 3);
    CU_ASSERT_STRING_EQUAL(revoke2.reason, "mất máy");
    buf_clear(&b);
    struct wire_unfreeze unfreeze = {.party = "P1", .epoch = 3}, unfreeze2;
    CU_ASSERT_EQUAL(wire_unfreeze_encode(&unfreeze, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_unfreeze_decode(buf_bytes(&b), &unfreeze2), NG_OK);
    CU_ASSERT_STRING_EQUAL(unfreeze2.party, "P1");
    CU_ASSERT_EQUAL(unfreeze2.epoch, 3);
    for (int enrolment = 0; enrolment < 5; enrolment++) {
        struct wire_policy policy = {.enrolment = (enum wire_enrolment)enrolment}, policy2;
        memset(&policy2, 0, sizeof(policy2));
        const bool known = enrolment >= 1 && enrolment <= 3;
        buf_clear(&b);
        CU_ASSERT_EQUAL(wire_policy_encode(&policy, &b), NG_OK);
        CU_ASSERT_EQUAL(wire_policy_decode(buf_bytes(&b), &policy2), known ? NG_OK : NG_ERR_PROTO);
        CU_ASSERT(!known || policy2.enrolment == policy.enrolment);
    }
    struct wire_registry_actor actor = {.id = "an", .role = WIRE_ACTOR_ADMIN, .key = {1}}, actor2;
    buf_clear(&b);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&actor, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_registry_actor_decode(buf_bytes(&b), &actor2), NG_OK);
    CU_ASSERT_STRING_EQUAL(actor2.id, "an");
    CU_ASSERT(actor2.role == WIRE_ACTOR_ADMIN && actor2.key[0] == 1 && !actor2.ended);
    actor.ended = true; /* with a key: neither the one nor the other */
    buf_clear(&b);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&actor, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_registry_actor_decode(buf_bytes(&b), &actor2), NG_ERR_PROTO);
    actor = (struct wire_registry_actor){.id = "an", .role = WIRE_ACTOR_ADMIN}; /* no key */
    buf_clear(&b);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&actor, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_registry_actor_decode(buf_bytes(&b), &actor2), NG_ERR_PROTO);
    buf_fini(&b);
}

/* What a person signs is what stands before his signature: nothing may come behind it. */
static void a_confirmation_ends_with_its_signature(void)
{
    static const uint8_t more[] = {0x10, 0x07}; /* another epoch, behind */
    struct buf b = BUF_INIT(WIRE_FRAME_MAX), whole = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_confirm m = {.party = "P1", .epoch = 1, .key = {2}, .actor = "an"}, m2;
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_confirm_decode(buf_bytes(&b), &m2), NG_ERR_PROTO); /* not signed */
    memset(m.actor_signature, 3, 64);
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &whole), NG_OK);
    CU_ASSERT_EQUAL(whole.size, b.size + WIRE_CONFIRM_SIGNATURE_SIZE);
    CU_ASSERT_EQUAL(memcmp(whole.data, b.data, b.size), 0);
    CU_ASSERT_EQUAL(wire_confirm_decode(buf_bytes(&whole), &m2), NG_OK);
    CU_ASSERT_STRING_EQUAL(m2.actor, "an");
    CU_ASSERT_EQUAL(memcmp(m2.actor_signature, m.actor_signature, 64), 0);
    CU_ASSERT_EQUAL(buf_add(&whole, more, sizeof(more)), NG_OK);
    CU_ASSERT_EQUAL(wire_confirm_decode(buf_bytes(&whole), &m2), NG_ERR_PROTO);
    /* The signature first and, as an unknown field, something that looks like one at the end. */
    static const uint8_t fake[] = {0x2a, 0x40};
    uint8_t filler[66] = {0x32, 66};
    buf_clear(&b);
    CU_ASSERT_EQUAL(wire_confirm_encode(&m, &b), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&b, filler, 2), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&b, fake, 2), NG_OK);
    memset(filler, 9, sizeof(filler));
    CU_ASSERT_EQUAL(buf_add(&b, filler, 64), NG_OK);
    CU_ASSERT_EQUAL(wire_confirm_decode(buf_bytes(&b), &m2), NG_ERR_PROTO);
    buf_fini(&whole);
    buf_fini(&b);
}

/* The same of admins' signatures, of which there may be two. */
static void admins_sign_at_the_end(void)
{
    struct buf bare = BUF_INIT(WIRE_FRAME_MAX), whole = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_policy policy = {.enrolment = WIRE_ENROLMENT_CODE, .after = 70000}, policy2;
    struct wire_registry_actor actor = {.id = "an",
                                        .role = WIRE_ACTOR_ADMIN,
                                        .key = {1},
                                        .after = 9},
                               actor2;
    struct wire_admins admins = {.count = 2};
    static const char *const ids[] = {"b", "a-name-of-thirty-two-characters."};
    CU_ASSERT_EQUAL(wire_policy_encode(&policy, &bare), NG_OK);
    CU_ASSERT_EQUAL(wire_policy_decode(buf_bytes(&bare), &policy2), NG_OK);
    CU_ASSERT(policy2.after == 70000 && policy2.admins.count == 0);
    CU_ASSERT_EQUAL(policy2.admins.covered, bare.size);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(admins.by[i].actor, sizeof(admins.by[i].actor), "%s", ids[i]);
        memset(admins.by[i].signature, 3 + (int)i, 64);
    }
    policy.admins = admins;
    CU_ASSERT_EQUAL(wire_policy_encode(&policy, &whole), NG_OK);
    CU_ASSERT_EQUAL(memcmp(whole.data, bare.data, bare.size), 0);
    CU_ASSERT_EQUAL(wire_policy_decode(buf_bytes(&whole), &policy2), NG_OK);
    CU_ASSERT_EQUAL(policy2.admins.count, 2);
    CU_ASSERT_EQUAL(policy2.admins.covered, bare.size);
    CU_ASSERT_STRING_EQUAL(policy2.admins.by[1].actor, ids[1]);
    CU_ASSERT_EQUAL(memcmp(policy2.admins.by[1].signature, admins.by[1].signature, 64), 0);
    static const uint8_t behind[] = {0x10, 0x07}; /* another `after` */
    CU_ASSERT_EQUAL(buf_add(&whole, behind, 2), NG_OK);
    CU_ASSERT_EQUAL(wire_policy_decode(buf_bytes(&whole), &policy2), NG_ERR_PROTO);
    static const uint8_t unknown[] = {0x78, 0x01}; /* a field of another time: not covered */
    whole.size -= 2;
    CU_ASSERT_EQUAL(buf_add(&whole, unknown, 2), NG_OK);
    CU_ASSERT_EQUAL(wire_policy_decode(buf_bytes(&whole), &policy2), NG_ERR_PROTO);
    whole.size -= 2;
    const size_t size = whole.size; /* a third one */
    const size_t second = 2 + 2 + strlen(ids[1]) + 66;
    CU_ASSERT_EQUAL(buf_reserve(&whole, size + second), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&whole, whole.data + size - second, second), NG_OK);
    CU_ASSERT_EQUAL(wire_policy_decode(buf_bytes(&whole), &policy2), NG_ERR_PROTO);
    actor.admins = admins;
    actor.admins.count = 1;
    buf_clear(&whole);
    CU_ASSERT_EQUAL(wire_registry_actor_encode(&actor, &whole), NG_OK);
    CU_ASSERT_EQUAL(wire_registry_actor_decode(buf_bytes(&whole), &actor2), NG_OK);
    CU_ASSERT(actor2.after == 9 && actor2.admins.count == 1);
    CU_ASSERT_EQUAL(actor2.admins.covered, whole.size - (2 + 3 + 66));
    whole.data[whole.size - 65] = 63; /* a signature of another length */
    CU_ASSERT_EQUAL(wire_registry_actor_decode(buf_bytes(&whole), &actor2), NG_ERR_PROTO);
    buf_fini(&whole);
    buf_fini(&bare);
}

static void an_invite_of_wrong_role_or_key_length_is_refused(void)
{
    struct buf b = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_invite invite = {.party = "A", .role = (enum wire_role)5};
    struct wire_invite out;
    CU_ASSERT_EQUAL(wire_invite_encode(&invite, &b), NG_OK);
    CU_ASSERT_EQUAL(wire_invite_decode(buf_bytes(&b), &out), NG_ERR_PROTO);
    const uint8_t bare[] = {0x0a, 0x01, 'A', 0x10, 0x02}; /* no keys */
    CU_ASSERT_EQUAL(wire_invite_decode((struct bytes){bare, sizeof(bare)}, &out), NG_ERR_PROTO);
    buf_fini(&b);
}

/* A party never passes the broker's English on to a person, whatever number it sends. */
static void every_error_has_a_sentence_of_its_own(void)
{
    const char *unknown = wire_error_text(WIRE_ERROR_COUNT);
    CU_ASSERT_STRING_EQUAL(wire_error_text(0), unknown);
    CU_ASSERT_STRING_EQUAL(wire_error_text(UINT32_MAX), unknown);
    for (uint32_t code = 1; code < WIRE_ERROR_COUNT; code++) {
        CU_ASSERT_STRING_NOT_EQUAL(wire_error_text(code), unknown);
        for (uint32_t other = 1; other < code; other++) {
            CU_ASSERT_STRING_NOT_EQUAL(wire_error_text(code), wire_error_text(other));
        }
    }
}

static const struct test_case cases[] = {
    TEST_CASE(requests_come_back_as_they_were),
    TEST_CASE(cosignatures_come_back_as_they_were),
    TEST_CASE(offers_come_back_as_they_were),
    TEST_CASE(a_full_cosigned_comes_back_as_it_was),
    TEST_CASE(pieces_of_evidence_come_back_as_they_were),
    TEST_CASE(a_full_submit_comes_back_as_it_was),
    TEST_CASE(welcome_proof_and_error_come_back_as_they_were),
    TEST_CASE(answers_and_entries_come_back_as_they_were),
    TEST_CASE(hashes_and_headers_of_a_wrong_length_are_refused),
    TEST_CASE(registry_payloads_come_back_as_they_were),
    TEST_CASE(words_about_keys_and_persons_come_back_or_are_refused),
    TEST_CASE(a_confirmation_ends_with_its_signature),
    TEST_CASE(admins_sign_at_the_end),
    TEST_CASE(an_invite_of_wrong_role_or_key_length_is_refused),
    TEST_CASE(every_error_has_a_sentence_of_its_own),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("wire_queue", cases, argc, argv);
}
