/* Goal: whatever the network and restarts do, no report is lost, none is logged twice, none is
 * called delivered without a receipt that holds, and nobody is accused who did not lie.
 *
 * Method: four parties with real stores and exchanges against a model broker, then against
 * the broker's own desk and ledger, in virtual time. One
 * seed decides every fault; the seeds of a run are printed when it fails. After the faults end the
 * world must settle, and checkers that share no code with the party compare three things: what the
 * test asked to be written, what the log holds, what each party's store says. NGANAM_SEED
 * in the environment repeats one run.
 *
 * In runs of their own the broker is put back to an old copy of its folder: it must come to the
 * same log again, or take nothing; alarms are right then. */
#include "broker/quota.h"
#include "harness.h"
#include "world.h"

#include "base/file.h"
#include "base/log.h"

#define MODEL_RUNS 6
#define DESK_RUNS 4
#define STEPS 60

/* ---- Checkers ---- */

static uint64_t count_of(struct world *w)
{
    return w->broker.count(w->broker.self);
}

/* The logged leaf, decoded; its bytes are in `bytes`. */
static bool logged(struct world *w, uint64_t index, struct buf *bytes, struct leaf *ret_leaf,
                   struct statement *ret_statement)
{
    w->broker.leaf(w->broker.self, index, bytes);
    return leaf_decode(buf_bytes(bytes), ret_leaf) == NG_OK && leaf_verify(ret_leaf) == NG_OK &&
           statement_decode(ret_leaf->statement, ret_statement) == NG_OK;
}

/* Every own statement, as stored, lies in the log exactly at its receipt's index, and the receipt
 * verifies against it. */
static unsigned check_receipts(struct world *w, size_t n)
{
    const struct party_status s = world_status(w, n);
    const struct identity *id = party_identity(w->parties[n].party);
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), text = BUF_INIT(RECEIPT_SIZE_MAX);
    struct buf bytes = BUF_INIT(LEAF_SIZE_MAX);
    unsigned wrong = 0;
    uint64_t last_index = 0;
    const struct log_keys keys = log_keys_of(&w->broker.log_key);
    for (uint64_t seq = 1; seq <= s.delivered; seq++) {
        struct party_own own = {0};
        struct receipt receipt = {0};
        struct leaf leaf = {0};
        struct statement s_logged;
        const bool good =
            party_own_get(w->parties[n].party, seq, &own, &statement, &text) == NG_OK &&
            own.delivered && own.index > last_index && own.index < count_of(w) &&
            receipt_verify(buf_bytes(&text), buf_bytes(&statement), &id->key.public_key,
                           w->broker.origin, &keys, &receipt) == NG_OK &&
            receipt.index == own.index && logged(w, own.index, &bytes, &leaf, &s_logged) &&
            leaf.statement.size == statement.size &&
            memcmp(leaf.statement.data, statement.data, statement.size) == 0;
        wrong += good ? 0 : 1;
        last_index = own.index;
    }
    buf_fini(&statement);
    buf_fini(&text);
    buf_fini(&bytes);
    return wrong;
}

/* In the log each author's seq is 1, 2, 3 … with the right text, and as many as were written. */
static unsigned check_log(struct world *w, size_t n)
{
    const char *code = w->parties[n].code;
    struct buf bytes = BUF_INIT(LEAF_SIZE_MAX);
    unsigned wrong = 0;
    uint64_t seq = 0;
    for (uint64_t i = 0; i < count_of(w); i++) {
        struct leaf leaf;
        struct statement s;
        char text[64];
        if (!logged(w, i, &bytes, &leaf, &s)) {
            wrong++;
        } else if (strcmp(s.author.text, code) == 0) {
            (void)snprintf(text, sizeof(text), "%s %llu;", code, (unsigned long long)++seq);
            const bool same =
                s.payload.size >= strlen(text) && memcmp(s.payload.data, text, strlen(text)) == 0;
            wrong += s.seq == seq && (same || s.kind == STATEMENT_ENROL) ? 0 : 1;
        }
    }
    buf_fini(&bytes);
    return wrong + (seq == w->parties[n].authored ? 0 : 1);
}

/* The inbox holds what the log has for this party, no more and no less, byte for byte. */
static unsigned check_inbox(struct world *w, size_t n)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX), bytes = BUF_INIT(LEAF_SIZE_MAX);
    unsigned wrong = 0;
    uint64_t from = 0, index = 0;
    for (uint64_t i = 0; i < count_of(w); i++) {
        struct leaf l;
        struct statement s;
        if (!logged(w, i, &bytes, &l, &s)) {
            wrong++;
        } else if (strcmp(s.to.text, "*") == 0 || strcmp(s.to.text, w->parties[n].code) == 0) {
            const bool good = party_inbox_next(w->parties[n].party, from, &index, &leaf) == NG_OK &&
                              index == i && leaf.size == bytes.size &&
                              memcmp(leaf.data, bytes.data, leaf.size) == 0;
            wrong += good ? 0 : 1;
            from = i + 1;
        }
    }
    wrong += party_inbox_next(w->parties[n].party, from, &index, &leaf) == NG_ERR_NOT_FOUND ? 0 : 1;
    buf_fini(&leaf);
    buf_fini(&bytes);
    return wrong;
}

static unsigned check_world(struct world *w, bool may_alarm)
{
    unsigned wrong = w->failed != NG_OK || !w->broker.sound(w->broker.self) ? 1 : 0;
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        const struct party_status s = world_status(w, n);
        wrong += check_receipts(w, n) + check_log(w, n) + check_inbox(w, n);
        wrong += (may_alarm || s.alarm_count == 0) && s.authored == w->parties[n].authored ? 0 : 1;
    }
    return wrong;
}

/* ---- Life ---- */

static void author_one(struct world *w, size_t n, const char *to)
{
    char text[128];
    (void)snprintf(text, sizeof(text), "%s %llu; a value of some length", w->parties[n].code,
                   (unsigned long long)w->parties[n].authored + 1);
    CU_ASSERT_EQUAL(world_author(w, n, to, text), NG_OK);
}

static void author_something(struct world *w)
{
    static const char *const addressees[] = {"", "*", "phuong1", "my-quoi"};
    const size_t n = rng_below(&w->rng, WORLD_PARTIES);
    if (w->parties[n].party == NULL) {
        return;
    }
    const char *to = n == 0 ? addressees[rng_below(&w->rng, 4)] : "";
    for (uint64_t i = 1 + rng_below(&w->rng, 5); i > 0; i--) {
        author_one(w, n, to);
    }
}

static void toggle_broker(struct world *w)
{
    w->broker_down = !w->broker_down;
    for (size_t i = 0; i < WORLD_PARTIES; i++) {
        world_cut(w, i);
    }
    if (!w->broker_down) {
        w->broker.restart(w->broker.self, world_time(w, w->party_count));
    }
}

static void something_happens(struct world *w, bool *refuses)
{
    const size_t n = rng_below(&w->rng, WORLD_PARTIES);
    switch (rng_below(&w->rng, 8)) {
    case 0:
        world_kill(w, n);
        world_start(w, n);
        break;
    case 1:
        world_cut(w, n);
        break;
    case 2:
        toggle_broker(w);
        break;
    case 3:
        *refuses = !*refuses;
        w->broker.refuse(w->broker.self, *refuses);
        break;
    default:
        author_something(w);
        break;
    }
}

static void live(struct world *w)
{
    bool refuses = false;
    w->drop = (unsigned)rng_below(&w->rng, 60);
    w->twice = (unsigned)rng_below(&w->rng, 60);
    w->reorder = rng_below(&w->rng, 2) == 0;
    w->delay_max = 5 + (int64_t)rng_below(&w->rng, 200);
    for (int i = 0; i < STEPS; i++) {
        something_happens(w, &refuses);
        world_pass(w, (int64_t)rng_below(&w->rng, 4000));
    }
    w->drop = w->twice = 0;
    w->reorder = false;
    if (w->broker_down) {
        toggle_broker(w);
    }
    w->broker.refuse(w->broker.self, false);
}

typedef struct world *(*make_fn)(const char *folder, uint64_t seed);

static struct world *with_model(const char *folder, uint64_t seed)
{
    return world_new_model(folder, seed);
}

static struct world *with_desk(const char *folder, uint64_t seed)
{
    char path[256];
    (void)snprintf(path, sizeof(path), "%s/broker", folder);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(path), NG_OK);
    return world_new(folder, seed, backend_desk(path));
}

static bool run(make_fn make, uint64_t seed)
{
    char folder[200];
    test_folder(folder, sizeof(folder));
    struct world *w = make(folder, seed);
    live(w);
    const bool settled = world_settle(w, 20 * 60 * 1000);
    const unsigned wrong = check_world(w, false);
    if (!settled || wrong > 0) {
        (void)fprintf(stderr, "NGANAM_SEED=%llu: settled %d, wrong %u\n", (unsigned long long)seed,
                      settled, wrong);
    }
    world_destroy(&w);
    test_remove_folder(folder);
    return settled && wrong == 0;
}

static void run_all(make_fn make, uint64_t runs)
{
    const char *chosen = getenv("NGANAM_SEED");
    if (chosen != NULL) {
        CU_ASSERT(run(make, strtoull(chosen, NULL, 10)));
        return;
    }
    for (uint64_t seed = 1; seed <= runs; seed++) {
        CU_ASSERT(run(make, seed));
    }
    const struct rng fresh = rng_from_system();
    CU_ASSERT(run(make, fresh.state[0]));
}

/* ---- Old copies ---- */

#define OLD_COPIES 8    /* put back in a run */
#define LEAVES_MAX 4096 /* of a run */
#define OLD_COPY_RUNS 3

static size_t remember_leaves(struct world *w, struct hash *to)
{
    struct buf bytes = BUF_INIT(LEAF_SIZE_MAX);
    const size_t count = (size_t)count_of(w);
    CU_ASSERT_FATAL(count <= LEAVES_MAX);
    for (size_t i = 0; i < count; i++) {
        w->broker.leaf(w->broker.self, i, &bytes);
        to[i] = leaf_hash(buf_bytes(&bytes));
    }
    buf_fini(&bytes);
    return count;
}

static bool continues(struct world *w, const struct hash *before, size_t count)
{
    static struct hash now[LEAVES_MAX];
    const size_t have = remember_leaves(w, now);
    for (size_t i = 0; i < count && i < have; i++) {
        if (!hash_equal(&now[i], &before[i])) {
            return false;
        }
    }
    return true;
}

static void live_a_little(struct world *w)
{
    for (uint64_t i = 2 + rng_below(&w->rng, 8); i > 0; i--) {
        author_something(w);
        world_pass(w, (int64_t)rng_below(&w->rng, 3000));
    }
}

/* One old copy under a world that has settled, or is in the middle of something. False: a fork, or
 * what was held by parties did not come back. *ret_back: the log goes on. */
static bool put_back_once(struct world *w, const char *copy, bool settled, bool *ret_back)
{
    static struct hash before[LEAVES_MAX];
    backend_desk_back_up(&w->broker, copy);
    live_a_little(w);
    if (settled) {
        CU_ASSERT(world_settle(w, 20 * 60 * 1000));
    }
    const size_t count = remember_leaves(w, before);
    for (size_t i = 0; i < WORLD_PARTIES; i++) {
        world_cut(w, i);
    }
    backend_desk_put_back(&w->broker, copy, rng_below(&w->rng, 2) == 0,
                          world_time(w, w->party_count));
    live_a_little(w);
    *ret_back = world_settle(w, 60 * 60 * 1000);
    if (*ret_back) {
        return !backend_desk_is_read_only(&w->broker) && (!settled || continues(w, before, count));
    }
    return !settled && backend_desk_is_read_only(&w->broker) && continues(w, before, count);
}

/* A run ends with the first copy that does not come back: that log waits for another source. */
static bool run_old_copies(uint64_t seed, bool settled, unsigned *ret_back)
{
    char folder[200], copy[256];
    bool good = true, back = true;
    test_folder(folder, sizeof(folder));
    struct world *w = with_desk(folder, seed);
    w->delay_max = 5 + (int64_t)rng_below(&w->rng, 200);
    live_a_little(w);
    for (unsigned i = 0; i < OLD_COPIES && good && back; i++) {
        (void)snprintf(copy, sizeof(copy), "%s/copy-%u", folder, i);
        good = put_back_once(w, copy, settled, &back);
        *ret_back += back ? 1 : 0;
    }
    good = good && (!back || check_world(w, true) == 0);
    if (!good) {
        (void)fprintf(stderr, "NGANAM_SEED=%llu: old copies, settled %d\n",
                      (unsigned long long)seed, settled);
    }
    world_destroy(&w);
    test_remove_folder(folder);
    return good;
}

static void simulation_of_old_copies_comes_to_the_same_log_or_stays_read_only(void)
{
    const char *chosen = getenv("NGANAM_SEED");
    const struct rng fresh = rng_from_system();
    unsigned back[2] = {0, 0}, runs = 0;
    for (uint64_t seed = 1; seed <= OLD_COPY_RUNS + 1; seed++) {
        const uint64_t it = chosen                  ? strtoull(chosen, NULL, 10)
                            : seed <= OLD_COPY_RUNS ? seed
                                                    : fresh.state[0];
        CU_ASSERT(run_old_copies(it, true, &back[0]));
        CU_ASSERT(run_old_copies(it, false, &back[1]));
        runs++;
    }
    CU_ASSERT_EQUAL(back[0], runs * OLD_COPIES);
    CU_ASSERT(back[1] > 0);
}

static void simulation_with_a_model_broker_loses_doubles_and_accuses_nothing(void)
{
    run_all(with_model, MODEL_RUNS);
}

static void simulation_with_the_real_desk_loses_doubles_and_accuses_nothing(void)
{
    run_all(with_desk, DESK_RUNS);
}

/* More than its burst is refused again and again, and comes in as the quota lets it: all of it, in
 * its order, without a word to a person. The others are as quick as ever. */
static void a_party_above_its_quota_goes_on_slowly(void)
{
    char folder[200];
    const unsigned beyond = 200;
    test_folder(folder, sizeof(folder));
    struct world *w = with_desk(folder, 20261126);
    backend_desk_set_quota(&w->broker, 1);
    w->broker.restart(w->broker.self, world_time(w, w->party_count));
    for (unsigned i = 0; i < QUOTA_BURST_S + beyond; i++) {
        author_one(w, 1, "");
    }
    world_pass(w, 60 * 1000);
    CU_ASSERT(backend_desk_over_quota(&w->broker) > 0);
    CU_ASSERT(world_status(w, 1).delivered < QUOTA_BURST_S + beyond);
    author_one(w, 2, "");
    world_pass(w, 1000);
    CU_ASSERT_EQUAL(world_status(w, 2).delivered, w->parties[2].authored);
    CU_ASSERT(world_settle(w, 20 * 60 * 1000));
    CU_ASSERT_EQUAL(check_world(w, false), 0);
    world_destroy(&w);
    test_remove_folder(folder);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(simulation_with_a_model_broker_loses_doubles_and_accuses_nothing),
        TEST_CASE(simulation_with_the_real_desk_loses_doubles_and_accuses_nothing),
        TEST_CASE(a_party_above_its_quota_goes_on_slowly),
        TEST_CASE(simulation_of_old_copies_comes_to_the_same_log_or_stays_read_only),
        {NULL, NULL}};
    log_init("test_simulation", LOG_ERROR);
    return test_main("simulation", cases, argc, argv);
}
