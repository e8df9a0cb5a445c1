/* Goal: whoever holds one key of a log follows its changes to the present one and nowhere else, and
 * a head counts under the key of its size or a later one.
 *
 * Method: heads and changes are signed by hand with four keys, altered in every byte, put out of
 * their place, and taken apart and put together anew as one would who has stolen an old key. */
#include "kit.h"

#include "ledger/history.h"

static struct key_pair pairs[4];
static struct kit_statement changes[3];
static const uint64_t at[3] = {10, 20, 30}; /* where they stand */

/* Change number n, to pairs[n + 1]; `index` as it says of itself, signed by `signer`. */
static void make_change(size_t n, uint64_t index, const struct key_pair *signer,
                        struct kit_statement *ret)
{
    struct statement s = {.author = {"log"},
                          .to = {"*"},
                          .epoch = 1,
                          .kind = STATEMENT_LOG_KEY,
                          .seq = 5 + n,
                          .seen_size = index,
                          .authored_at = KIT_NOW};
    struct buf payload = BUF_INIT(1024), encoded = BUF_INIT(2048);
    statement_log_id(KIT_ORIGIN, s.log_id);
    CU_ASSERT_EQUAL_FATAL(
        log_keys_payload(s.log_id, index, &pairs[n].public_key, &pairs[n + 1], &payload), NG_OK);
    s.payload = buf_bytes(&payload);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &encoded), NG_OK);
    memcpy(ret->bytes, encoded.data, encoded.size);
    ret->size = encoded.size;
    key_sign(signer, buf_bytes(&encoded), ret->signature);
    buf_fini(&payload);
    buf_fini(&encoded);
}

static void make_keys(void)
{
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    for (size_t i = 0; i < 4; i++) {
        uint8_t seed[32] = {(uint8_t)(i + 1)};
        key_from_seed(seed, &pairs[i]);
    }
    for (size_t n = 0; n < 3; n++) {
        make_change(n, at[n], &pairs[n], &changes[n]);
    }
}

static void make_genesis(struct kit_statement *ret)
{
    struct wire_genesis genesis = {.origin = KIT_ORIGIN};
    struct statement s = {.author = {"log"}, .epoch = 1, .kind = STATEMENT_GENESIS, .seq = 1};
    struct buf payload = BUF_INIT(1024), encoded = BUF_INIT(2048);
    memcpy(genesis.log_key, pairs[0].public_key.bytes, KEY_PUBLIC_SIZE);
    statement_log_id(KIT_ORIGIN, s.log_id);
    CU_ASSERT_EQUAL_FATAL(wire_genesis_encode(&genesis, &payload), NG_OK);
    s.payload = buf_bytes(&payload);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &encoded), NG_OK);
    memcpy(ret->bytes, encoded.data, encoded.size);
    ret->size = encoded.size;
    key_sign(&pairs[0], buf_bytes(&encoded), ret->signature);
    buf_fini(&payload);
    buf_fini(&encoded);
}

/* Number 2, behind this one. */
static void number(struct kit_statement *s, const struct kit_statement *prev,
                   const struct key_pair *signer)
{
    const struct hash hash = statement_hash((struct bytes){prev->bytes, prev->size});
    memset(s->bytes + 72, 0, 8);
    s->bytes[79] = 2;
    memcpy(s->bytes + 128, hash.bytes, HASH_SIZE);
    key_sign(signer, (struct bytes){s->bytes, s->size}, s->signature);
}

static enum ng_err follow(const struct log_keys *known, size_t count, struct log_keys *ret)
{
    struct wire_signed said[3];
    for (size_t n = 0; n < count; n++) {
        said[n] = (struct wire_signed){{changes[n].bytes, changes[n].size},
                                       {changes[n].signature, KEY_SIGNATURE_SIZE}};
    }
    return log_keys_follow(known, KIT_ORIGIN, said, count, ret);
}

static struct log_keys chain_of(size_t count)
{
    const struct log_keys first = log_keys_of(&pairs[0].public_key);
    struct log_keys chain = {.count = 0};
    CU_ASSERT_EQUAL_FATAL(follow(&first, count, &chain), NG_OK);
    return chain;
}

/* A head of this size with the lines of these keys, by this chain. */
static enum ng_err head_of(const struct log_keys *chain, uint64_t size, unsigned signers)
{
    struct note_head head = {.origin = KIT_ORIGIN, .size = size}, said = {.size = 0};
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    bool begun = false;
    for (size_t i = 0; i < 4; i++) {
        if ((signers & 1u << i) != 0) {
            CU_ASSERT_EQUAL_FATAL(begun ? note_add_line(KIT_ORIGIN, &pairs[i], &text)
                                        : note_sign(&head, &pairs[i], &text),
                                  NG_OK);
            begun = true;
        }
    }
    const enum ng_err e = log_keys_verify(chain, KIT_ORIGIN, buf_bytes(&text), &said);
    CU_ASSERT(e != NG_OK || said.size == size);
    buf_fini(&text);
    return e;
}

static void log_keys_lead_from_any_key_to_the_last(void)
{
    make_keys();
    for (size_t i = 0; i < 4; i++) {
        const struct log_keys one = log_keys_of(&pairs[i].public_key);
        struct log_keys chain = {.count = 0};
        CU_ASSERT_EQUAL(follow(&one, 3, &chain), NG_OK);
        CU_ASSERT_EQUAL(chain.count, 4);
        CU_ASSERT(log_keys_has(&chain, &pairs[0].public_key));
        CU_ASSERT(memcmp(log_keys_newest(&chain), &pairs[3].public_key, KEY_PUBLIC_SIZE) == 0);
        CU_ASSERT_EQUAL(follow(&chain, 3, &chain), NG_OK);
        /* What was proved once is not forgotten because nobody speaks of it. */
        for (size_t fewer = 0; fewer < 3; fewer++) {
            CU_ASSERT_EQUAL(follow(&chain, fewer, &chain), NG_ERR_VERIFY);
        }
    }
    struct log_keys chain = chain_of(1);
    CU_ASSERT_EQUAL(follow(&chain, 3, &chain), NG_OK); /* away for two changes */
    const struct log_keys stranger = {.count = 1};
    CU_ASSERT_EQUAL(follow(&stranger, 3, &chain), NG_ERR_VERIFY);
}

static void log_keys_a_head_needs_the_key_of_its_size_or_a_later_one(void)
{
    make_keys();
    const struct log_keys chain = chain_of(3);
    const uint64_t sizes[] = {1, 10, 11, 20, 21, 30, 31, 1000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const unsigned in_force = (sizes[i] > at[0] ? 1u : 0u) + (sizes[i] > at[1] ? 1u : 0u) +
                                  (sizes[i] > at[2] ? 1u : 0u);
        for (unsigned signers = 1; signers < 16; signers++) {
            CU_ASSERT_EQUAL(head_of(&chain, sizes[i], signers),
                            signers >> in_force != 0 ? NG_OK : NG_ERR_VERIFY);
        }
    }
    const struct log_keys first = log_keys_of(&pairs[0].public_key);
    CU_ASSERT_EQUAL(head_of(&first, 1000, 1), NG_OK); /* who knows of no change yet */
    CU_ASSERT_EQUAL(head_of(&first, 1000, 3), NG_OK);
    CU_ASSERT_EQUAL(head_of(&first, 1000, 2), NG_ERR_VERIFY);
}

static void log_keys_a_forged_change_is_refused(void)
{
    make_keys();
    const struct log_keys first = log_keys_of(&pairs[0].public_key);
    struct log_keys chain = {.count = 0};
    for (size_t i = 0; i < changes[1].size + KEY_SIGNATURE_SIZE; i++) {
        uint8_t *byte =
            i < changes[1].size ? &changes[1].bytes[i] : &changes[1].signature[i - changes[1].size];
        *byte ^= 4;
        CU_ASSERT_EQUAL(follow(&first, 3, &chain), NG_ERR_VERIFY);
        *byte ^= 4;
    }
    /* The old key's thief moves its end, to sign more: the new key does not vouch for that. */
    struct kit_statement good = changes[0];
    const struct log_keys newest = log_keys_of(&pairs[3].public_key);
    for (uint64_t later = at[0] + 1; later < at[1]; later++) {
        memcpy(changes[0].bytes, good.bytes, good.size);
        for (int i = 0; i < 8; i++) {
            changes[0].bytes[88 + i] = (uint8_t)(later >> (56 - 8 * i)); /* seen_size */
        }
        key_sign(&pairs[0], (struct bytes){changes[0].bytes, changes[0].size},
                 changes[0].signature);
        CU_ASSERT_EQUAL(follow(&newest, 3, &chain), NG_ERR_VERIFY);
    }
    changes[0] = good;
    CU_ASSERT_EQUAL(follow(&newest, 3, &chain), NG_OK);
    make_change(1, at[1], &pairs[1], &changes[0]); /* twice the same, the first missing */
    CU_ASSERT_EQUAL(follow(&newest, 3, &chain), NG_ERR_VERIFY);
    changes[0] = good;
    make_change(1, at[0], &pairs[1], &changes[1]); /* at the place of the one before */
    CU_ASSERT_EQUAL(follow(&newest, 3, &chain), NG_ERR_VERIFY);
    make_change(1, at[1], &pairs[0], &changes[1]); /* by the key that is over */
    CU_ASSERT_EQUAL(follow(&newest, 3, &chain), NG_ERR_VERIFY);
    struct key_pair third = pairs[2];
    pairs[2] = pairs[0]; /* back to a key of before */
    make_change(1, at[1], &pairs[1], &changes[1]);
    CU_ASSERT_EQUAL(follow(&first, 2, &chain), NG_ERR_VERIFY);
    pairs[2] = third;
    /* What the new key vouches for, behind keys that are a forger's. */
    struct key_pair genuine[2], forger[2];
    const struct log_keys known = log_keys_of(&pairs[2].public_key);
    memcpy(genuine, pairs, sizeof(genuine));
    key_generate(&forger[0]);
    key_generate(&forger[1]);
    memcpy(pairs, forger, sizeof(forger));
    make_change(0, at[0], &forger[0], &changes[0]);
    memcpy(pairs, genuine, sizeof(genuine));
    make_change(1, at[1], &forger[1], &changes[1]);
    CU_ASSERT_EQUAL(follow(&known, 2, &chain), NG_ERR_VERIFY);
}

/* A log that says the wrong thing of its change's place or time, or names another key as the one
 * before: whoever reads its leaves sees it. */
static void log_keys_a_change_out_of_its_place_is_no_history(void)
{
    static const struct {
        uint64_t index, received_at;
        size_t signer, change;
        bool holds;
    } leaves[] = {{1, KIT_NOW, 0, 0, true},
                  {1, KIT_NOW + 1, 0, 0, false},
                  {2, KIT_NOW, 0, 0, false},
                  {1, KIT_NOW, 1, 1, false},
                  {1, KIT_NOW, 1, 0, false}};
    make_keys();
    const struct log_keys first = log_keys_of(&pairs[0].public_key);
    for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
        struct history *h = NULL;
        struct kit_statement beginning, change;
        struct statement s;
        const char *wrong = NULL;
        bool agree = false;
        CU_ASSERT_EQUAL_FATAL(history_new(KIT_ORIGIN, &first, &h), NG_OK);
        make_genesis(&beginning);
        make_change(leaves[i].change, leaves[i].index, &pairs[leaves[i].signer], &change);
        number(&change, &beginning, &pairs[leaves[i].signer]);
        const struct kit_statement *both[] = {&beginning, &change};
        for (uint64_t n = 0; n < 2; n++) {
            const struct leaf leaf = {.index = n,
                                      .received_at = n == 0 ? KIT_NOW : leaves[i].received_at,
                                      .key = pairs[n == 0 ? 0 : leaves[i].signer].public_key,
                                      .statement = {both[n]->bytes, both[n]->size},
                                      .signature = both[n]->signature};
            CU_ASSERT_EQUAL_FATAL(statement_decode(leaf.statement, &s), NG_OK);
            CU_ASSERT_EQUAL(history_take(h, &leaf, &s, &wrong), NG_OK);
            CU_ASSERT_EQUAL(wrong == NULL, n == 0 || leaves[i].holds);
        }
        CU_ASSERT_EQUAL(history_whole(h), leaves[i].holds);
        CU_ASSERT_EQUAL(history_check_keys(h, &first, 2, &agree), NG_OK);
        CU_ASSERT_EQUAL(agree, !leaves[i].holds);
        history_destroy(&h);
    }
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(log_keys_lead_from_any_key_to_the_last),
        TEST_CASE(log_keys_a_head_needs_the_key_of_its_size_or_a_later_one),
        TEST_CASE(log_keys_a_forged_change_is_refused),
        TEST_CASE(log_keys_a_change_out_of_its_place_is_no_history),
        {0},
    };
    return test_main("log_keys", cases, argc, argv);
}
