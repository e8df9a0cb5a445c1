/* Signed notes, verifier keys and receipts: what is right passes, everything else is refused.
 *
 * Method: a receipt is made by hand for a small tree; then each of its bytes is changed in turn,
 * each line is left out and each is doubled, and the same for the tree head within. (The public
 * checkpoints are in test_vectors.c.)
 */
#include "base/bytes.h"
#include "harness.h"
#include "ledger/receipt.h"

#define ORIGIN "nganam.example/log"

static struct key_pair log_pair, author_pair;

static void make_keys(void)
{
    uint8_t seed[32] = {1};
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    key_from_seed(seed, &log_pair);
    seed[0] = 2;
    key_from_seed(seed, &author_pair);
}

static struct note_head sample_head(uint64_t size)
{
    struct note_head head = {.origin = ORIGIN, .size = size};
    memset(head.root.bytes, 0x42, HASH_SIZE);
    return head;
}

/* ---- Names and verifier keys ---- */

static void note_origin_is_a_key_name(void)
{
    char longest[NOTE_ORIGIN_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[NOTE_ORIGIN_MAX + 1] = '\0';
    CU_ASSERT_TRUE(note_origin_valid("nganam.soctrang.example/2026"));
    CU_ASSERT_TRUE(note_origin_valid("thị-xã-Ngã-Năm"));
    CU_ASSERT_FALSE(note_origin_valid(longest));
    longest[NOTE_ORIGIN_MAX] = '\0';
    CU_ASSERT_TRUE(note_origin_valid(longest));
    CU_ASSERT_FALSE(note_origin_valid(""));
    CU_ASSERT_FALSE(note_origin_valid("a b"));
    CU_ASSERT_FALSE(note_origin_valid("a+b"));
    CU_ASSERT_FALSE(note_origin_valid("a\nb"));
    CU_ASSERT_FALSE(note_origin_valid("a\xc2\xa0"
                                      "b")); /* no-break space */
    CU_ASSERT_FALSE(note_origin_valid("a\xe2\x80\xa8"
                                      "b")); /* line separator */
    CU_ASSERT_FALSE(note_origin_valid("a\xe3\x80\x80"
                                      "b")); /* ideographic space */
    CU_ASSERT_FALSE(note_origin_valid("\xff"));
}

/* Every character that Unicode calls white space, and its neighbours, which are none. */
static void note_origin_has_no_white_space_of_any_script(void)
{
    static const char *const spaces[] = {"\x7f",         "\xc2\x80",     "\xc2\xa0",
                                         "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x8a",
                                         "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaf",
                                         "\xe2\x81\x9f", "\xe3\x80\x80"};
    static const char *const others[] = {"~",
                                         "\xc2\xa1",
                                         "\xe1\x9a\x81",
                                         "\xe2\x80\x8b",
                                         "\xe2\x80\xaa",
                                         "\xe2\x80\xb0",
                                         "\xe2\x81\xa0",
                                         "\xe3\x80\x81"};
    char name[16];
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        (void)snprintf(name, sizeof(name), "a%sb", spaces[i]);
        CU_ASSERT_FALSE(note_origin_valid(name));
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        (void)snprintf(name, sizeof(name), "a%sb", others[i]);
        CU_ASSERT_TRUE(note_origin_valid(name));
    }
}

static void note_vkey_is_read_as_it_is_written(void)
{
    struct buf text = BUF_INIT(512);
    char name[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    make_keys();
    CU_ASSERT_EQUAL(note_vkey(ORIGIN, &log_pair.public_key, &text), NG_OK);
    CU_ASSERT_EQUAL(note_vkey_parse(buf_text(&text), name, &key), NG_OK);
    CU_ASSERT_STRING_EQUAL(name, ORIGIN);
    CU_ASSERT(memcmp(key.bytes, log_pair.public_key.bytes, 32) == 0);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t before = text.data[i];
        text.data[i] = before == 'x' ? 'y' : 'x';
        CU_ASSERT_EQUAL(note_vkey_parse(buf_text(&text), name, &key), NG_ERR_INPUT);
        text.data[i] = before;
    }
    CU_ASSERT_EQUAL(note_vkey_parse("", name, &key), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(note_vkey_parse("a+b", name, &key), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(note_vkey_parse("a+12345678+", name, &key), NG_ERR_INPUT);
    buf_fini(&text);
}

/* A name that has no room is no name, whatever follows it. */
static void note_vkey_has_no_longer_name_than_a_log(void)
{
    char text[NOTE_ORIGIN_MAX + 80];
    char name[NOTE_ORIGIN_MAX + 1] = "as it was";
    struct key_public key;
    make_keys();
    memset(text, 'a', NOTE_ORIGIN_MAX + 1);
    (void)snprintf(text + NOTE_ORIGIN_MAX + 1, sizeof(text) - NOTE_ORIGIN_MAX - 1,
                   "+12345678+AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB");
    CU_ASSERT_EQUAL(note_vkey_parse(text, name, &key), NG_ERR_INPUT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "name+id+key"));
    CU_ASSERT_STRING_EQUAL(name, "as it was");
}

/* The name is longer than the key behind it, which alone would have room. */
static void note_vkey_without_room_is_none(void)
{
    char name[NOTE_ORIGIN_MAX + 1];
    struct buf whole = BUF_INIT(512);
    make_keys();
    memset(name, 'a', NOTE_ORIGIN_MAX);
    name[NOTE_ORIGIN_MAX] = '\0';
    CU_ASSERT_EQUAL_FATAL(note_vkey(name, &log_pair.public_key, &whole), NG_OK);
    for (size_t room = 1; room <= whole.size; room++) {
        struct buf text = BUF_INIT(room);
        CU_ASSERT_EQUAL(note_vkey(name, &log_pair.public_key, &text),
                        room < whole.size ? NG_ERR_LIMIT : NG_OK);
        buf_fini(&text);
    }
    buf_fini(&whole);
}

/* ---- Heads ---- */

static enum ng_err verify_text(const char *text, size_t size, struct note_head *ret)
{
    return note_verify((struct bytes){(const uint8_t *)text, size}, ORIGIN, &log_pair.public_key,
                       ret);
}

static void note_is_verified_as_it_is_signed(void)
{
    struct note_head head = sample_head(UINT64_MAX);
    struct note_head read;
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    make_keys();
    CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &text), NG_OK);
    CU_ASSERT_EQUAL(verify_text(buf_text(&text), text.size, &read), NG_OK);
    CU_ASSERT(read.size == UINT64_MAX && hash_equal(&read.root, &head.root));
    CU_ASSERT_STRING_EQUAL(read.origin, ORIGIN);
    CU_ASSERT(strstr(buf_text(&text), ORIGIN "\n18446744073709551615\n"
                                             "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=\n\n"
                                             "\xe2\x80\x94 " ORIGIN " ") == buf_text(&text));
    buf_fini(&text);
}

static void note_refuses_every_changed_byte(void)
{
    struct note_head head = sample_head(12);
    struct note_head read;
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    make_keys();
    CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &text), NG_OK);
    for (size_t i = 0; i < text.size; i++) {
        text.data[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(verify_text(buf_text(&text), text.size, &read), NG_OK);
        text.data[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(verify_text(buf_text(&text), i, &read), NG_OK);
    }
    buf_fini(&text);
}

static void note_passes_over_other_signers_but_needs_the_logs(void)
{
    struct note_head head = sample_head(12);
    struct note_head read;
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    struct buf other = BUF_INIT(NOTE_SIZE_MAX);
    static const char witness[] = "\xe2\x80\x94 witness.example AAAAAAAAAAA=\n";
    make_keys();
    CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &text), NG_OK);
    CU_ASSERT_EQUAL(buf_add_text(&text, witness), NG_OK);
    CU_ASSERT_EQUAL(verify_text(buf_text(&text), text.size, &read), NG_OK);
    CU_ASSERT_EQUAL(buf_add_text(&text, "\xe2\x80\x94 witness.example !!!\n"), NG_OK);
    CU_ASSERT_EQUAL(verify_text(buf_text(&text), text.size, &read), NG_ERR_PROTO);
    /* signed, but by another key under the log's name */
    CU_ASSERT_EQUAL(note_sign(&head, &author_pair, &other), NG_OK);
    CU_ASSERT_EQUAL(verify_text(buf_text(&other), other.size, &read), NG_ERR_VERIFY);
    /* signed by the right key, but another log's head */
    buf_clear(&other);
    memcpy(head.origin, "other", 6);
    CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &other), NG_OK);
    CU_ASSERT_EQUAL(verify_text(buf_text(&other), other.size, &read), NG_ERR_VERIFY);
    buf_fini(&other);
    buf_fini(&text);
}

/* Text signed with the log's key, whatever it is. */
static void sign_text(const char *text, struct buf *to)
{
    uint8_t raw[68];
    bytes_put_u32(raw, note_key_id(ORIGIN, &log_pair.public_key));
    key_sign(&log_pair, (struct bytes){(const uint8_t *)text, strlen(text)}, raw + 4);
    buf_clear(to);
    CU_ASSERT_EQUAL(buf_printf(to, "%s\n\xe2\x80\x94 " ORIGIN " ", text), NG_OK);
    CU_ASSERT_EQUAL(bytes_base64(to, raw, sizeof(raw)), NG_OK);
    CU_ASSERT_EQUAL(buf_add_byte(to, '\n'), NG_OK);
}

static void note_refuses_malformed_texts_even_when_signed(void)
{
    static const char root[] = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=";
    static const struct {
        const char *size, *root, *rest;
        bool good;
    } texts[] = {
        {"7", root, "", true},
        {"7", root, "an extension line\n", true},
        {"0", root, "", true},
        {"07", root, "", false},
        {"", root, "", false},
        {"-7", root, "", false},
        {"+7", root, "", false},
        {"7 ", root, "", false},
        {"18446744073709551616", root, "", false},
        {"7", "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=", "", false},
        {"7", "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJ=", "", false}, /* stray bits */
        {"7", "", "", false},
        {"7", root, "a line\n\nbehind an empty one\n", false},
        {"7", root, "\x01\n", false},
        {"7", root, "\xff\n", false},
    };
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    struct note_head read;
    make_keys();
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), ORIGIN "\n%s\n%s\n%s", texts[i].size, texts[i].root,
                       texts[i].rest);
        sign_text(text, &note);
        enum ng_err e = verify_text(buf_text(&note), note.size, &read);
        CU_ASSERT_EQUAL(e == NG_OK, texts[i].good);
    }
    buf_fini(&note);
}

/* A sound line of the log's signature does not make up for another that is none. */
static void note_refuses_a_malformed_line_among_its_signatures(void)
{
    static const char *const lines[] = {
        "\xe2\x80\x94 \n",                                 /* nothing behind the dash */
        "\xe2\x80\x94 witness.example\n",                  /* no signature */
        "\xe2\x80\x94 witness+example AAAAAAAAAAA=\n",     /* no name */
        "\xe2\x80\x94  AAAAAAAAAAA=\n",                    /* an empty one */
        "\xe2\x80\x94 witness.example AAAAAA==\n",         /* a key's id alone */
        "- witness.example AAAAAAAAAAA=\n",                /* another dash */
        "\xe2\x80\x94 witness.example AAAAAAAAAAA=\nxyz\n" /* a sound one, then no line */
    };
    struct note_head head = sample_head(12);
    struct note_head read;
    make_keys();
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct buf text = BUF_INIT(NOTE_SIZE_MAX);
        CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &text), NG_OK);
        CU_ASSERT_EQUAL(buf_add_text(&text, lines[i]), NG_OK);
        CU_ASSERT_EQUAL(verify_text(buf_text(&text), text.size, &read), NG_ERR_PROTO);
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "a malformed signature line"));
        buf_fini(&text);
    }
}

/* ---- Receipts ---- */

struct made {
    uint8_t statement[200];
    struct buf text;
    struct leaf leaf;
    uint8_t signature[64];
};

/* A receipt for leaf 2 of 5. */
static void make_receipt(struct made *m)
{
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    struct tree_edge edge = {.size = 0};
    struct hash h[5];
    make_keys();
    memset(m->statement, 0x33, sizeof(m->statement));
    key_sign(&author_pair, (struct bytes){m->statement, sizeof(m->statement)}, m->signature);
    m->leaf = (struct leaf){.index = 2,
                            .received_at = 77,
                            .key = author_pair.public_key,
                            .statement = {m->statement, sizeof(m->statement)},
                            .signature = m->signature};
    CU_ASSERT_EQUAL(leaf_encode(&m->leaf, &encoded), NG_OK);
    for (uint8_t i = 0; i < 5; i++) {
        h[i] = i == 2 ? leaf_hash(buf_bytes(&encoded)) : hash_of(&i, 1);
        CU_ASSERT_EQUAL(tree_edge_add(&edge, &h[i], NULL, NULL), NG_OK);
    }
    struct note_head head = {.origin = ORIGIN, .size = 5, .root = tree_edge_root(&edge)};
    struct hash proof[3] = {h[3], tree_node(&h[0], &h[1]), h[4]};
    CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &note), NG_OK);
    buf_init(&m->text, RECEIPT_SIZE_MAX);
    CU_ASSERT_EQUAL(receipt_format(encoded.data, m->signature, 2,
                                   (struct bytes){proof[0].bytes, sizeof(proof)}, buf_bytes(&note),
                                   &m->text),
                    NG_OK);
    buf_fini(&encoded);
    buf_fini(&note);
}

static enum ng_err verify_made(const struct made *m, struct receipt *ret)
{
    const struct log_keys keys = log_keys_of(&log_pair.public_key);
    return receipt_verify(buf_bytes(&m->text), m->leaf.statement, &author_pair.public_key, ORIGIN,
                          &keys, ret);
}

static void receipt_is_verified_as_it_is_made(void)
{
    static struct made m;
    struct receipt r;
    make_receipt(&m);
    CU_ASSERT_EQUAL(verify_made(&m, &r), NG_OK);
    CU_ASSERT(r.index == 2 && r.received_at == 77 && r.head.size == 5);
    CU_ASSERT(strncmp(buf_text(&m.text), "c2sp.org/tlog-proof@v1\nextra ", 29) == 0);
    buf_fini(&m.text);
}

static void receipt_refuses_every_changed_byte_and_every_shorter_text(void)
{
    static struct made m;
    struct receipt r;
    make_receipt(&m);
    size_t whole = m.text.size;
    for (size_t i = 0; i < whole; i++) {
        m.text.data[i] ^= 1;
        CU_ASSERT_NOT_EQUAL(verify_made(&m, &r), NG_OK);
        m.text.data[i] ^= 1;
        m.text.size = i;
        CU_ASSERT_NOT_EQUAL(verify_made(&m, &r), NG_OK);
        m.text.size = whole;
    }
    CU_ASSERT_EQUAL(verify_made(&m, &r), NG_OK);
    buf_fini(&m.text);
}

/* Each part of it may be the one that finds no room. */
static void receipt_without_room_is_none(void)
{
    static const uint8_t header[LEAF_HEADER_SIZE], signature[64], hashes[2 * HASH_SIZE];
    const struct bytes proof = {hashes, sizeof(hashes)};
    const struct bytes note = {(const uint8_t *)"a note", 6};
    struct buf whole = BUF_INIT(RECEIPT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(receipt_format(header, signature, 7, proof, note, &whole), NG_OK);
    for (size_t room = 1; room <= whole.size; room++) {
        struct buf text = BUF_INIT(room);
        CU_ASSERT_EQUAL(receipt_format(header, signature, 7, proof, note, &text),
                        room < whole.size ? NG_ERR_LIMIT : NG_OK);
        buf_fini(&text);
    }
    buf_fini(&whole);
}

/* More hashes than a tree can be high, and more text than a receipt may have. */
static void receipt_refuses_what_no_tree_can_prove(void)
{
    static struct made m;
    struct receipt r;
    make_receipt(&m);
    struct buf whole = m.text;
    const char *index = strstr(buf_text(&whole), "\nindex ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(index);
    const size_t before = (size_t)(strchr(index + 1, '\n') + 1 - buf_text(&whole));
    for (int lines = TREE_PROOF_MAX; lines<1000; lines += lines> TREE_PROOF_MAX ? 900 : 1) {
        buf_init(&m.text, 64u << 10);
        CU_ASSERT_EQUAL(buf_add(&m.text, whole.data, before), NG_OK);
        for (int i = 0; i < lines; i++) {
            CU_ASSERT_EQUAL(buf_add_text(&m.text, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"),
                            NG_OK);
        }
        CU_ASSERT_EQUAL(buf_add(&m.text, whole.data + before, whole.size - before), NG_OK);
        CU_ASSERT_NOT_EQUAL(verify_made(&m, &r), NG_OK);
        buf_fini(&m.text);
    }
    buf_fini(&whole);
}

static void receipt_refuses_a_line_too_few_or_too_many(void)
{
    static struct made m;
    struct receipt r;
    make_receipt(&m);
    struct buf whole = m.text;
    for (size_t skip = 0; skip < 12; skip++) {
        for (int doubled = 0; doubled < 2; doubled++) {
            size_t line = 0;
            bool changed = false;
            buf_init(&m.text, RECEIPT_SIZE_MAX);
            for (size_t at = 0; at < whole.size;) {
                const uint8_t *end = memchr(whole.data + at, '\n', whole.size - at);
                size_t size = (size_t)(end - whole.data) + 1 - at;
                int times = line != skip ? 1 : doubled ? 2 : 0;
                changed = changed || times != 1;
                for (; times > 0; times--) {
                    CU_ASSERT_EQUAL(buf_add(&m.text, whole.data + at, size), NG_OK);
                }
                line++;
                at += size;
            }
            /* The log's signature twice is still its signature. */
            bool harmless = !changed || (doubled && skip + 1 == line);
            CU_ASSERT_EQUAL(verify_made(&m, &r) == NG_OK, harmless);
            buf_fini(&m.text);
        }
    }
    buf_fini(&whole);
}

/* The head is believed, and must be that of the receipt's own note. */
static void receipt_is_verified_under_a_head_that_was_verified(void)
{
    static struct made m;
    struct receipt r;
    make_receipt(&m);
    CU_ASSERT_EQUAL_FATAL(verify_made(&m, &r), NG_OK);
    struct note_head head = r.head;
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL(note_sign(&head, &log_pair, &note), NG_OK);
    const struct bytes text = buf_bytes(&m.text);
    CU_ASSERT_EQUAL(receipt_verify_under(text, m.leaf.statement, &author_pair.public_key,
                                         buf_bytes(&note), &head, &r),
                    NG_OK);
    CU_ASSERT(r.index == 2 && r.received_at == 77 && r.head.size == 5);
    CU_ASSERT_EQUAL(receipt_verify_under(text, m.leaf.statement, &log_pair.public_key,
                                         buf_bytes(&note), &head, &r),
                    NG_ERR_VERIFY);
    head.root.bytes[3] ^= 1;
    CU_ASSERT_EQUAL(receipt_verify_under(text, m.leaf.statement, &author_pair.public_key,
                                         buf_bytes(&note), &head, &r),
                    NG_ERR_VERIFY);
    head.root.bytes[3] ^= 1;
    note.data[note.size - 3] ^= 1;
    CU_ASSERT_EQUAL(receipt_verify_under(text, m.leaf.statement, &author_pair.public_key,
                                         buf_bytes(&note), &head, &r),
                    NG_ERR_VERIFY);
    buf_fini(&note);
    buf_fini(&m.text);
}

static void receipt_is_for_these_bytes_under_this_key_in_this_log(void)
{
    static struct made m;
    const struct log_keys keys = log_keys_of(&log_pair.public_key);
    const struct log_keys others = log_keys_of(&author_pair.public_key);
    struct receipt r;
    make_receipt(&m);
    m.statement[7] ^= 1;
    CU_ASSERT_EQUAL(verify_made(&m, &r), NG_ERR_VERIFY);
    m.statement[7] ^= 1;
    m.leaf.statement.size--;
    CU_ASSERT_NOT_EQUAL(verify_made(&m, &r), NG_OK);
    m.leaf.statement.size++;
    CU_ASSERT_EQUAL(receipt_verify(buf_bytes(&m.text), m.leaf.statement, &log_pair.public_key,
                                   ORIGIN, &keys, &r),
                    NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(receipt_verify(buf_bytes(&m.text), m.leaf.statement, &author_pair.public_key,
                                   "other", &keys, &r),
                    NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(receipt_verify(buf_bytes(&m.text), m.leaf.statement, &author_pair.public_key,
                                   ORIGIN, &others, &r),
                    NG_ERR_VERIFY);
    static const uint8_t too_many[(TREE_PROOF_MAX + 1) * HASH_SIZE];
    struct buf to = BUF_INIT(RECEIPT_SIZE_MAX);
    CU_ASSERT_EQUAL(receipt_format(m.statement, m.signature, 0, (struct bytes){m.statement, 33},
                                   (struct bytes){m.statement, 0}, &to),
                    NG_ERR_PROTO);
    CU_ASSERT_EQUAL(receipt_format(m.statement, m.signature, 0,
                                   (struct bytes){too_many, sizeof(too_many)},
                                   (struct bytes){m.statement, 0}, &to),
                    NG_ERR_PROTO);
    buf_fini(&m.text);
}

static const struct test_case cases[] = {
    TEST_CASE(note_origin_is_a_key_name),
    TEST_CASE(note_origin_has_no_white_space_of_any_script),
    TEST_CASE(note_vkey_is_read_as_it_is_written),
    TEST_CASE(note_vkey_has_no_longer_name_than_a_log),
    TEST_CASE(note_vkey_without_room_is_none),
    TEST_CASE(note_is_verified_as_it_is_signed),
    TEST_CASE(note_refuses_every_changed_byte),
    TEST_CASE(note_passes_over_other_signers_but_needs_the_logs),
    TEST_CASE(note_refuses_malformed_texts_even_when_signed),
    TEST_CASE(note_refuses_a_malformed_line_among_its_signatures),
    TEST_CASE(receipt_is_verified_as_it_is_made),
    TEST_CASE(receipt_without_room_is_none),
    TEST_CASE(receipt_refuses_every_changed_byte_and_every_shorter_text),
    TEST_CASE(receipt_refuses_what_no_tree_can_prove),
    TEST_CASE(receipt_refuses_a_line_too_few_or_too_many),
    TEST_CASE(receipt_is_verified_under_a_head_that_was_verified),
    TEST_CASE(receipt_is_for_these_bytes_under_this_key_in_this_log),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("note", cases, argc, argv);
}
