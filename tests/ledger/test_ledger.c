/* The log as a whole: what is taken, what is refused and why, and that a refusal or a duplicate
 * never changes the log.
 *
 * Method: a log in a fresh folder, an office and wards with keys from seeds; every case looks at
 * the item's result and at the log's size, and ends with a full verification.
 */
#include "kit.h"

#include "base/rng.h"
#include "base/workers.h"
#include "ledger/ledger_table.h"

static struct kit kit;
static struct kit_author office;
static struct kit_author ward;
static struct kit_author other;
static struct kit_statement one, two, three;

static void town(void)
{
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
}

static void end_clean(void)
{
    struct kit_faults faults;
    CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 0);
    kit_end(&kit);
}

static void report(struct kit_author *a, const char *text, struct kit_statement *ret)
{
    kit_write(&kit, a, STATEMENT_FIELD_FIRST, "", text, strlen(text), ret);
}

/* The statement's header changed by fn and signed anew is refused so, and nothing is logged. */
static void refused(enum refusal expected, void (*change)(struct statement *s))
{
    uint64_t size = kit_size(&kit);
    struct statement s = {.author = ward.code,
                          .epoch = ward.epoch,
                          .kind = STATEMENT_FIELD_FIRST,
                          .seq = ward.seq + 1,
                          .prev = ward.prev,
                          .payload = {(const uint8_t *)"x", 1}};
    change(&s);
    kit_sign(&kit, &ward, s, &one);
    struct ledger_item item = kit_append(&kit, &one);
    CU_ASSERT_EQUAL(item.refusal, expected);
    CU_ASSERT_FALSE(item.duplicate);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
}

/* ---- Taking ---- */

static void ledger_takes_statements_in_the_order_of_their_author(void)
{
    town();
    uint64_t size = kit_size(&kit);
    for (uint64_t i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(kit_report(&kit, &ward, 10 + i * 37), size + i);
    }
    CU_ASSERT_EQUAL(kit_size(&kit), size + 100);
    end_clean();
}

static void ledger_takes_leaves_larger_than_a_chunk_of_its_stream(void)
{
    town();
    size_t sizes[] = {0, STATEMENT_SIZE_MAX - 160, 16368, 16368 - 292, 1, 40000, 12};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        kit_report(&kit, &ward, sizes[i]);
    }
    end_clean();
}

static void ledger_commits_a_batch_under_one_head(void)
{
    town();
    struct kit_author ward2;
    kit_party(&kit, &office, "xa-b", WIRE_ROLE_WARD, 11, &ward2);
    uint64_t size = kit_size(&kit);
    report(&ward, "first", &one);
    report(&ward, "second", &two);
    report(&ward2, "other", &three);
    struct ledger_item items[] = {kit_item(&one), kit_item(&two), kit_item(&three)};
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 3, kit.now + 5), NG_OK);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(items[i].refusal, REFUSAL_OK);
        CU_ASSERT_FALSE(items[i].duplicate);
        CU_ASSERT_EQUAL(items[i].index, size + i);
        CU_ASSERT_EQUAL(items[i].received_at, kit.now + 5);
    }
    CU_ASSERT_STRING_EQUAL(items[2].author.text, "xa-b");
    CU_ASSERT_EQUAL(items[1].seq, ward.seq);
    CU_ASSERT_EQUAL(kit_size(&kit), size + 3);
    end_clean();
}

static void ledger_refusal_does_not_harm_its_neighbours(void)
{
    town();
    report(&ward, "first", &one);
    report(&ward, "second", &two);
    two.signature[5] ^= 1;
    struct kit_author spare = ward;
    report(&ward, "third", &three);
    struct ledger_item items[] = {kit_item(&one), kit_item(&two), kit_item(&three)};
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 3, kit.now), NG_OK);
    CU_ASSERT_EQUAL(items[0].refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(items[1].refusal, REFUSAL_SIGNATURE);
    CU_ASSERT_EQUAL(items[2].refusal, REFUSAL_GAP); /* the one before it is missing now */
    CU_ASSERT_EQUAL(items[2].expected_seq, spare.seq);
    end_clean();
}

static void ledger_time_never_goes_back(void)
{
    town();
    kit.now += 1000;
    report(&ward, "late", &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).received_at, KIT_NOW + 1000);
    kit.now -= 500;
    report(&ward, "clock set back", &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).received_at, KIT_NOW + 1000);
    kit_close(&kit);
    kit_open(&kit);
    report(&ward, "after a restart", &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).received_at, KIT_NOW + 1000);
    end_clean();
}

static void ledger_goes_on_after_being_closed(void)
{
    town();
    for (int i = 0; i < 5; i++) {
        uint64_t index = kit_report(&kit, &ward, 5000);
        kit_close(&kit);
        kit_open(&kit);
        CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
        CU_ASSERT_EQUAL(kit_size(&kit), index + 1);
    }
    end_clean();
}

/* The first map is 16 MiB: 400 statements of 60,000 bytes need it to grow. */
static void ledger_grows_its_map_without_stopping(void)
{
    town();
    static struct kit_statement batch[40];
    static uint8_t payload[59000];
    struct ledger_item items[40];
    uint64_t size = kit_size(&kit);
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < 40; i++) {
            kit_write(&kit, &ward, STATEMENT_FIELD_FIRST, "", payload, sizeof(payload), &batch[i]);
            items[i] = kit_item(&batch[i]);
        }
        CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 40, kit.now), NG_OK);
        CU_ASSERT_EQUAL(items[39].refusal, REFUSAL_OK);
    }
    CU_ASSERT_EQUAL(kit_size(&kit), size + 400);
    uint64_t used = 0;
    uint64_t map = 0;
    CU_ASSERT_EQUAL(store_size(ledger_store(kit.ledger), &used, &map), NG_OK);
    CU_ASSERT(map > (UINT64_C(16) << 20));
    end_clean();
}

/* ---- Duplicates, gaps ---- */

static void ledger_knows_what_it_has_seen(void)
{
    town();
    report(&ward, "once", &one);
    struct ledger_item first = kit_append(&kit, &one);
    for (int i = 0; i < 40; i++) {
        kit_report(&kit, &ward, 10);
    }
    uint64_t size = kit_size(&kit);
    kit.now += 10;
    struct ledger_item again = kit_append(&kit, &one);
    CU_ASSERT_EQUAL(again.refusal, REFUSAL_OK);
    CU_ASSERT_TRUE(again.duplicate);
    CU_ASSERT_EQUAL(again.index, first.index);
    CU_ASSERT_EQUAL(again.received_at, first.received_at);
    CU_ASSERT(memcmp(again.key.bytes, ward.key.public_key.bytes, 32) == 0);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    /* twice within one batch */
    report(&ward, "twice at once", &two);
    struct ledger_item items[] = {kit_item(&two), kit_item(&two)};
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 2, kit.now), NG_OK);
    CU_ASSERT(items[0].refusal == REFUSAL_OK && items[1].refusal == REFUSAL_OK);
    CU_ASSERT(!items[0].duplicate && items[1].duplicate && items[0].index == items[1].index);
    CU_ASSERT_EQUAL(kit_size(&kit), size + 1);
    end_clean();
}

static void ledger_asks_for_what_is_missing(void)
{
    town();
    uint64_t size = kit_size(&kit);
    report(&ward, "lost on the way", &one);
    report(&ward, "arrived", &two);
    struct ledger_item item = kit_append(&kit, &two);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_GAP);
    CU_ASSERT_EQUAL(item.expected_seq, ward.seq - 1);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(kit_append(&kit, &two).refusal, REFUSAL_OK);
    end_clean();
}

/* ---- Refusals ---- */

static void kind_17(struct statement *s)
{
    s->kind = 17;
}
static void kind_0(struct statement *s)
{
    s->kind = 0;
}
static void kind_fork(struct statement *s)
{
    s->kind = STATEMENT_FORK;
}
static void kind_invite(struct statement *s)
{
    s->kind = STATEMENT_INVITE;
}
static void kind_enrol(struct statement *s)
{
    s->kind = STATEMENT_ENROL;
}
static void kind_genesis(struct statement *s)
{
    s->kind = STATEMENT_GENESIS;
}
static void to_everyone(struct statement *s)
{
    memcpy(s->to.text, "*", 2);
}
static void author_unknown(struct statement *s)
{
    memcpy(s->author.text, "xa-z", 5);
}
static void author_log(struct statement *s)
{
    memcpy(s->author.text, "log", 4);
    s->kind = STATEMENT_INVITE;
    s->seq = 3;
}
static void author_office(struct statement *s)
{
    memcpy(s->author.text, "office", 7);
    s->kind = 17;
    s->seq = office.seq + 1;
    s->prev = office.prev;
}
static void epoch_0(struct statement *s)
{
    s->epoch = 0;
}
static void epoch_2(struct statement *s)
{
    s->epoch = 2;
}
static void seq_0(struct statement *s)
{
    s->seq = 0;
}
static void seq_far(struct statement *s)
{
    s->seq = UINT64_MAX;
}
static void prev_zero(struct statement *s)
{
    memset(s->prev.bytes, 0, HASH_SIZE);
}

static void ledger_refuses_what_an_author_may_not_say(void)
{
    town();
    refused(REFUSAL_KIND, kind_17);
    refused(REFUSAL_KIND, kind_0);
    refused(REFUSAL_KIND, kind_fork);
    refused(REFUSAL_KIND, kind_invite);
    refused(REFUSAL_KIND, kind_enrol);
    refused(REFUSAL_KIND, kind_genesis);
    refused(REFUSAL_TO, to_everyone);
    refused(REFUSAL_AUTHOR, author_unknown);
    refused(REFUSAL_AUTHOR, author_log);
    refused(REFUSAL_SIGNATURE, author_office); /* under another's name */
    refused(REFUSAL_EPOCH, epoch_0);
    refused(REFUSAL_EPOCH, epoch_2);
    refused(REFUSAL_PREV, seq_0);
    refused(REFUSAL_GAP, seq_far);
    refused(REFUSAL_PREV, prev_zero);
    kit_report(&kit, &ward, 1);
    end_clean();
}

static void ledger_refuses_malformed_bytes(void)
{
    town();
    report(&ward, "good", &one);
    struct kit_statement bad = one;
    uint64_t size = kit_size(&kit);
    bad.size = 159;
    CU_ASSERT_EQUAL(kit_append(&kit, &bad).refusal, REFUSAL_SIZE);
    bad.size = STATEMENT_SIZE_MAX + 1;
    CU_ASSERT_EQUAL(kit_append(&kit, &bad).refusal, REFUSAL_SIZE);
    bad.size = 0;
    CU_ASSERT_EQUAL(kit_append(&kit, &bad).refusal, REFUSAL_SIZE);
    bad = one;
    bad.bytes[0] = 'N';
    CU_ASSERT_EQUAL(kit_append(&kit, &bad).refusal, REFUSAL_DOMAIN);
    bad = one;
    bad.bytes[20] ^= 1;
    CU_ASSERT_EQUAL(kit_append(&kit, &bad).refusal, REFUSAL_LOG);
    bad = one;
    bad.bytes[160] ^= 1;
    CU_ASSERT_EQUAL(kit_append(&kit, &bad).refusal, REFUSAL_SIGNATURE);
    struct ledger_item item = kit_item(&one);
    item.signature.size = 63;
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_SIGNATURE);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    end_clean();
}

/* One batch of two authors, the fifth statement of the first altered behind its signature: with
 * threads as without, it and what follows it are refused, the other author's are taken. */
static void ledger_judges_signatures_alike_with_threads(void)
{
    enum { EACH = 10, BAD = 4 };
    for (unsigned threads = 0; threads < 4; threads++) {
        static struct kit_statement statements[2 * EACH];
        struct ledger_item items[2 * EACH];
        struct workers *workers = NULL;
        town();
        kit_party(&kit, &office, "xa-b", WIRE_ROLE_WARD, 12, &other);
        CU_ASSERT_EQUAL_FATAL(workers_new(threads, &workers), NG_OK);
        ledger_use_workers(kit.ledger, workers);
        for (unsigned i = 0; i < 2 * EACH; i++) {
            kit_write(&kit, i % 2 == 0 ? &ward : &other, 16, "", "many", 4, &statements[i]);
            items[i] = kit_item(&statements[i]);
        }
        statements[2 * BAD].bytes[161] ^= 1;
        CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 2 * EACH, kit.now), NG_OK);
        for (unsigned i = 0; i < EACH; i++) {
            const enum refusal expected = i < BAD    ? REFUSAL_OK
                                          : i == BAD ? REFUSAL_SIGNATURE
                                                     : REFUSAL_GAP;
            CU_ASSERT_EQUAL(items[2 * i].refusal, expected);
            CU_ASSERT_EQUAL(items[2 * i + 1].refusal, REFUSAL_OK);
        }
        ledger_use_workers(kit.ledger, NULL);
        workers_destroy(&workers);
        end_clean();
    }
}

/* Checked ahead or not, a signature decides the same; and no result outlives its append. */
static void ledger_counts_a_check_made_ahead_for_one_append(void)
{
    town();
    struct ledger_item items[2];
    struct store_txn *t = NULL;
    report(&ward, "one", &one);
    report(&ward, "two", &two);
    two.bytes[161] ^= 1;
    items[0] = kit_item(&one);
    items[1] = kit_item(&two);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    ledger_signatures_check(kit.ledger, t, items, 2);
    store_end_read(&t);
    CU_ASSERT_TRUE(items[0].signature_checked && items[0].signature_holds);
    CU_ASSERT_TRUE(items[1].signature_checked && !items[1].signature_holds);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 2, kit.now), NG_OK);
    CU_ASSERT_EQUAL(items[0].refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(items[1].refusal, REFUSAL_SIGNATURE);
    /* the item that held is used again, for the bytes that do not */
    items[0].statement = items[1].statement;
    items[0].signature = items[1].signature;
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(items[0].refusal, REFUSAL_SIGNATURE);
    end_clean();
}

static void ledger_takes_office_statements_to_known_parties_only(void)
{
    town();
    kit_write(&kit, &office, 20, "*", "task", 4, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    kit_write(&kit, &office, 22, "xa-a", "verdict", 7, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    struct kit_author before = office;
    kit_write(&kit, &office, 22, "*", "verdict", 7, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_TO);
    office = before;
    kit_write(&kit, &office, 20, "xa-z", "task", 4, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_TO);
    office = before;
    kit_write(&kit, &office, 20, "log", "task", 4, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_TO);
    office = before;
    kit_write(&kit, &office, 16, "", "report", 6, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_KIND);
    office = before;
    kit_write(&kit, &office, 23, "", "tick", 4, &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    end_clean();
}

/* ---- Forks ---- */

static void ledger_logs_a_fork_once_and_freezes_the_epoch(void)
{
    town();
    report(&ward, "said", &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    struct kit_author clone = ward;
    clone.seq--;
    memset(clone.prev.bytes, 9, HASH_SIZE);
    report(&clone, "said otherwise", &two);
    uint64_t size = kit_size(&kit);
    struct kit_statement forged = two;
    forged.signature[0] ^= 1;
    CU_ASSERT_EQUAL(kit_append(&kit, &forged).refusal, REFUSAL_SIGNATURE); /* not believed */
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    CU_ASSERT_EQUAL(kit_append(&kit, &two).refusal, REFUSAL_FORK);
    CU_ASSERT_EQUAL(kit_size(&kit), size + 1);
    CU_ASSERT_EQUAL(kit_append(&kit, &two).refusal, REFUSAL_FROZEN);
    report(&ward, "next", &three);
    CU_ASSERT_EQUAL(kit_append(&kit, &three).refusal, REFUSAL_FROZEN);
    struct ledger_item again = kit_append(&kit, &one); /* what was logged has its receipt */
    CU_ASSERT(again.refusal == REFUSAL_OK && again.duplicate);
    CU_ASSERT_EQUAL(kit_size(&kit), size + 1);
    end_clean();
}

static void ledger_finds_a_fork_within_one_batch(void)
{
    town();
    struct kit_author clone = ward;
    report(&ward, "said", &one);
    report(&clone, "said otherwise", &two);
    report(&ward, "next", &three);
    uint64_t size = kit_size(&kit);
    struct ledger_item items[] = {kit_item(&one), kit_item(&two), kit_item(&three)};
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, 3, kit.now), NG_OK);
    CU_ASSERT_EQUAL(items[0].refusal, REFUSAL_OK);
    CU_ASSERT_EQUAL(items[1].refusal, REFUSAL_FORK);
    CU_ASSERT_EQUAL(items[2].refusal, REFUSAL_FROZEN);
    CU_ASSERT_EQUAL(kit_size(&kit), size + 2);
    end_clean();
}

static void ledger_keeps_the_largest_fork_as_evidence(void)
{
    town();
    static uint8_t payload[STATEMENT_SIZE_MAX - 160];
    struct kit_author clone = ward;
    report(&ward, "said", &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    kit_write(&kit, &clone, STATEMENT_FIELD_FIRST, "", payload, sizeof(payload), &two);
    CU_ASSERT_EQUAL(kit_append(&kit, &two).refusal, REFUSAL_FORK);
    struct store_txn *t = NULL;
    struct bytes encoded;
    struct leaf leaf;
    struct statement s;
    struct wire_fork fork;
    struct buf copy = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(kit.ledger), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_leaf(kit.ledger, t, kit_size(&kit) - 1, &encoded), NG_OK);
    CU_ASSERT(leaf_decode(encoded, &leaf) == NG_OK && leaf_verify(&leaf) == NG_OK);
    CU_ASSERT_EQUAL(statement_decode(leaf.statement, &s), NG_OK);
    CU_ASSERT_STRING_EQUAL(s.author.text, "log");
    CU_ASSERT_EQUAL_FATAL(wire_fork_decode(s.payload, &copy, &fork), NG_OK);
    CU_ASSERT_EQUAL(fork.index, kit_size(&kit) - 2);
    CU_ASSERT(fork.statement.size == two.size &&
              memcmp(fork.statement.data, two.bytes, two.size) == 0);
    CU_ASSERT(memcmp(fork.signature, two.signature, 64) == 0);
    buf_fini(&copy);
    store_end_read(&t);
    end_clean();
}

/* ---- Old keys ---- */

static void ledger_answers_an_old_epoch_for_what_it_logged_and_takes_nothing_new(void)
{
    town();
    struct kit_author old = ward;
    report(&old, "before the PC broke", &one);
    CU_ASSERT_EQUAL(kit_append(&kit, &one).refusal, REFUSAL_OK);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 12, &ward);
    kit_report(&kit, &ward, 5);
    uint64_t size = kit_size(&kit);
    struct ledger_item again = kit_append(&kit, &one);
    CU_ASSERT(again.refusal == REFUSAL_OK && again.duplicate);
    struct kit_author clone = old;
    clone.seq--;
    report(&clone, "another", &two); /* the old key's fork: nothing to freeze any more */
    CU_ASSERT_EQUAL(kit_append(&kit, &two).refusal, REFUSAL_OLD_EPOCH);
    report(&old, "more", &two);
    CU_ASSERT_EQUAL(kit_append(&kit, &two).refusal, REFUSAL_OLD_EPOCH);
    CU_ASSERT_EQUAL(kit_size(&kit), size);
    end_clean();
}

/* ---- Chance ---- */

/* Several authors, batches of chance, duplicates, gaps and restarts: each statement exactly once,
 * in its author's order. */
static void ledger_logs_each_statement_exactly_once_whatever_the_order(void)
{
    enum { AUTHORS = 4, EACH = 60 };
    static struct kit_statement all[AUTHORS][EACH];
    struct kit_author authors[AUTHORS];
    uint64_t logged[AUTHORS] = {0};
    struct rng rng = rng_seeded(20261123);
    kit_begin(&kit);
    kit_office(&kit, &office);
    for (unsigned a = 0; a < AUTHORS; a++) {
        char code[17];
        (void)snprintf(code, sizeof(code), "xa-%u", a);
        kit_party(&kit, &office, code, WIRE_ROLE_WARD, 20 + a, &authors[a]);
        for (unsigned i = 0; i < EACH; i++) {
            char text[16];
            (void)snprintf(text, sizeof(text), "%u/%u", a, i);
            report(&authors[a], text, &all[a][i]);
        }
    }
    uint64_t before = kit_size(&kit);
    uint64_t taken = 0;
    for (int round = 0; round < 4000 && taken < AUTHORS * EACH; round++) {
        struct ledger_item items[6];
        unsigned who[6];
        uint64_t which[6];
        size_t count = 1 + rng_below(&rng, 6);
        for (size_t i = 0; i < count; i++) {
            who[i] = (unsigned)rng_below(&rng, AUTHORS);
            which[i] = logged[who[i]] + rng_below(&rng, 3);
            which[i] -= which[i] > 0 ? rng_below(&rng, 2) : 0;
            which[i] = which[i] < EACH ? which[i] : EACH - 1;
            items[i] = kit_item(&all[who[i]][which[i]]);
        }
        CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, count, kit.now), NG_OK);
        for (size_t i = 0; i < count; i++) {
            uint64_t *next = &logged[who[i]];
            enum refusal expected = which[i] > *next ? REFUSAL_GAP : REFUSAL_OK;
            CU_ASSERT_EQUAL(items[i].refusal, expected);
            CU_ASSERT_EQUAL(items[i].duplicate, which[i] < *next);
            CU_ASSERT(expected == REFUSAL_OK || items[i].expected_seq == *next + 2);
            taken += which[i] == *next ? 1 : 0;
            *next += which[i] == *next ? 1 : 0;
        }
        if (round % 50 == 49) {
            kit_close(&kit);
            kit_open(&kit);
        }
    }
    CU_ASSERT_EQUAL(taken, AUTHORS * EACH);
    CU_ASSERT_EQUAL(kit_size(&kit), before + AUTHORS * EACH);
    end_clean();
}

/* At most payload + 500 bytes a statement, with tree, indexes and signature. The first
 * batches fill the pages that every commit frees and takes again; they are not counted. */
enum { WARM_UP = 20 };

static void disk_per_statement(size_t payload_size, unsigned batches, size_t each)
{
    town();
    static struct kit_statement batch[64];
    static uint8_t payload[STATEMENT_SIZE_MAX];
    struct ledger_item items[64];
    uint64_t before = 0;
    uint64_t after = 0;
    uint64_t map = 0;
    for (unsigned b = 0; b < batches + WARM_UP; b++) {
        if (b == WARM_UP) {
            CU_ASSERT_EQUAL(store_size(ledger_store(kit.ledger), &before, &map), NG_OK);
        }
        for (size_t i = 0; i < each; i++) {
            kit_write(&kit, &ward, STATEMENT_FIELD_FIRST, "", payload, payload_size, &batch[i]);
            items[i] = kit_item(&batch[i]);
        }
        CU_ASSERT_EQUAL(ledger_append(kit.ledger, items, each, kit.now), NG_OK);
    }
    CU_ASSERT_EQUAL(store_size(ledger_store(kit.ledger), &after, &map), NG_OK);
    uint64_t statement = (after - before) / (batches * each);
    (void)printf("\n    payload %zu, batches of %zu: %llu bytes a statement above it ",
                 payload_size, each, (unsigned long long)(statement - payload_size));
    CU_ASSERT(statement <= payload_size + 500);
    kit_end(&kit);
}

static void ledger_costs_at_most_500_bytes_a_statement_beside_its_payload(void)
{
    disk_per_statement(100, 1000, 1);
    disk_per_statement(100, 120, 64);
    disk_per_statement(1300, 40, 64);
    disk_per_statement(26000, 60, 16);
}

/* Puts another signed head of this very log in the place of the newest, as a second writer or a
 * copy put back would. */
static enum ng_err put_head(struct store_txn *t, void *context)
{
    static const char key[] = "head";
    const struct ledger_head *head = context;
    return store_put(t, LEDGER_TABLE_META, (struct bytes){(const uint8_t *)key, strlen(key)},
                     (struct bytes){(const uint8_t *)head->note, head->note_size});
}

static void ledger_writes_nothing_when_the_log_changed_behind_it(void)
{
    town();
    struct ledger_head before, newest, after;
    CU_ASSERT_EQUAL(ledger_head(kit.ledger, &before), NG_OK);
    kit_report(&kit, &ward, 100);
    CU_ASSERT_EQUAL(ledger_head(kit.ledger, &newest), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(kit.ledger), put_head, &before), NG_OK);
    report(&ward, "after", &one);
    struct ledger_item item = kit_item(&one);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_ERR_CORRUPT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "changed behind this process"));
    CU_ASSERT_EQUAL(ledger_head(kit.ledger, &after), NG_OK);
    CU_ASSERT_EQUAL(after.head.size, newest.head.size);
    /* as it was, it goes on */
    CU_ASSERT_EQUAL_FATAL(store_write(ledger_store(kit.ledger), put_head, &newest), NG_OK);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.index, newest.head.size);
    end_clean();
}

static const struct test_case cases[] = {
    TEST_CASE(ledger_takes_statements_in_the_order_of_their_author),
    TEST_CASE(ledger_takes_leaves_larger_than_a_chunk_of_its_stream),
    TEST_CASE(ledger_commits_a_batch_under_one_head),
    TEST_CASE(ledger_refusal_does_not_harm_its_neighbours),
    TEST_CASE(ledger_time_never_goes_back),
    TEST_CASE(ledger_goes_on_after_being_closed),
    TEST_CASE(ledger_grows_its_map_without_stopping),
    TEST_CASE(ledger_knows_what_it_has_seen),
    TEST_CASE(ledger_asks_for_what_is_missing),
    TEST_CASE(ledger_refuses_what_an_author_may_not_say),
    TEST_CASE(ledger_refuses_malformed_bytes),
    TEST_CASE(ledger_judges_signatures_alike_with_threads),
    TEST_CASE(ledger_counts_a_check_made_ahead_for_one_append),
    TEST_CASE(ledger_takes_office_statements_to_known_parties_only),
    TEST_CASE(ledger_logs_a_fork_once_and_freezes_the_epoch),
    TEST_CASE(ledger_finds_a_fork_within_one_batch),
    TEST_CASE(ledger_keeps_the_largest_fork_as_evidence),
    TEST_CASE(ledger_answers_an_old_epoch_for_what_it_logged_and_takes_nothing_new),
    TEST_CASE(ledger_logs_each_statement_exactly_once_whatever_the_order),
    TEST_CASE(ledger_costs_at_most_500_bytes_a_statement_beside_its_payload),
    TEST_CASE(ledger_writes_nothing_when_the_log_changed_behind_it),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger", cases, argc, argv);
}
