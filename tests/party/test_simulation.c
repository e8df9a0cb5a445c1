/* Goal: whatever the network and restarts do, no report is lost, none is logged twice, none is
 * called delivered without a receipt that holds, and nobody is accused who did not lie.
 *
 * Method: four parties with real stores and exchanges against a model broker, in virtual time. One
 * seed decides every fault; the seeds of a run are printed when it fails. After the faults end the
 * world must settle, and checkers that share no code with the party compare three things: what the
 * test asked to be written, what the model's log holds, what each party's store says. NGANAM_SEED
 * in the environment repeats one run. */
#include "harness.h"
#include "world.h"

#include "base/log.h"

#define RUNS 12
#define STEPS 60

/* ---- Checkers ---- */

/* Every own statement, as stored, lies in the log exactly at its receipt's index, and the receipt
 * verifies against it. */
static unsigned check_receipts(struct world *w, size_t n)
{
    const struct party_status s = world_status(w, n);
    const struct identity *id = party_identity(w->parties[n].party);
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), text = BUF_INIT(RECEIPT_SIZE_MAX);
    unsigned wrong = 0;
    uint64_t last_index = 0;
    for (uint64_t seq = 1; seq <= s.delivered; seq++) {
        struct party_own own = {0};
        struct receipt receipt = {0};
        struct leaf leaf = {0};
        const bool good =
            party_own_get(w->parties[n].party, seq, &own, &statement, &text) == NG_OK &&
            own.delivered && own.index > last_index && own.index < w->model->count &&
            receipt_verify(buf_bytes(&text), buf_bytes(&statement), &id->key.public_key,
                           w->model->origin, &w->model->log_key.public_key, &receipt) == NG_OK &&
            receipt.index == own.index &&
            leaf_decode(buf_bytes(&w->model->leaves[own.index]), &leaf) == NG_OK &&
            leaf.statement.size == statement.size &&
            memcmp(leaf.statement.data, statement.data, statement.size) == 0;
        wrong += good ? 0 : 1;
        last_index = own.index;
    }
    buf_fini(&statement);
    buf_fini(&text);
    return wrong;
}

/* In the log each author's seq is 1, 2, 3 … with the right text, and as many as were written. */
static unsigned check_log(struct world *w, size_t n)
{
    const char *code = w->model->parties[n].code.text;
    unsigned wrong = 0;
    uint64_t seq = 0;
    for (size_t i = 0; i < w->model->count; i++) {
        struct leaf leaf;
        struct statement s;
        char text[64];
        if (leaf_decode(buf_bytes(&w->model->leaves[i]), &leaf) != NG_OK ||
            statement_decode(leaf.statement, &s) != NG_OK) {
            wrong++;
        } else if (strcmp(s.author.text, code) == 0) {
            (void)snprintf(text, sizeof(text), "%s %llu;", code, (unsigned long long)++seq);
            wrong += s.seq == seq ? 0 : 1;
            wrong +=
                s.payload.size >= strlen(text) && memcmp(s.payload.data, text, strlen(text)) == 0
                    ? 0
                    : 1;
        }
    }
    return wrong + (seq == w->parties[n].authored ? 0 : 1);
}

/* The inbox holds what the log has for this party, no more and no less, byte for byte. */
static unsigned check_inbox(struct world *w, size_t n)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    unsigned wrong = 0;
    uint64_t from = 0;
    for (size_t i = 0; i < w->model->count; i++) {
        const struct buf *logged = &w->model->leaves[i];
        struct leaf l;
        struct statement s;
        uint64_t index = 0;
        if (leaf_decode(buf_bytes(logged), &l) != NG_OK ||
            statement_decode(l.statement, &s) != NG_OK) {
            wrong++;
        } else if (strcmp(s.to.text, "*") == 0 ||
                   strcmp(s.to.text, w->model->parties[n].code.text) == 0) {
            const bool good = party_inbox_next(w->parties[n].party, from, &index, &leaf) == NG_OK &&
                              index == i && leaf.size == logged->size &&
                              memcmp(leaf.data, logged->data, leaf.size) == 0;
            wrong += good ? 0 : 1;
            from = i + 1;
        }
    }
    uint64_t index = 0;
    wrong += party_inbox_next(w->parties[n].party, from, &index, &leaf) == NG_ERR_NOT_FOUND ? 0 : 1;
    buf_fini(&leaf);
    return wrong;
}

static unsigned check_world(struct world *w)
{
    unsigned wrong = w->failed != NG_OK || w->model->fails ? 1 : 0;
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        const struct party_status s = world_status(w, n);
        wrong += check_receipts(w, n) + check_log(w, n) + check_inbox(w, n);
        wrong += s.alarm_count == 0 && s.authored == w->parties[n].authored ? 0 : 1;
    }
    return wrong;
}

/* ---- Life ---- */

static void author_something(struct world *w)
{
    static const char *const addressees[] = {"", "*", "phuong1", "my-quoi"};
    const size_t n = rng_below(&w->rng, WORLD_PARTIES);
    char text[128];
    if (w->parties[n].party == NULL) {
        return;
    }
    const char *to = n == 0 ? addressees[rng_below(&w->rng, 4)] : "";
    for (uint64_t i = 1 + rng_below(&w->rng, 5); i > 0; i--) {
        (void)snprintf(text, sizeof(text), "%s %llu; a value of some length",
                       w->model->parties[n].code.text,
                       (unsigned long long)w->parties[n].authored + 1);
        CU_ASSERT_EQUAL(world_author(w, n, to, text), NG_OK);
    }
}

static void something_happens(struct world *w)
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
        w->broker_down = !w->broker_down;
        for (size_t i = 0; i < WORLD_PARTIES; i++) {
            world_cut(w, i);
        }
        break;
    case 3:
        w->model->refuse = w->model->refuse == REFUSAL_OK ? REFUSAL_RATE : REFUSAL_OK;
        break;
    default:
        author_something(w);
        break;
    }
}

/* The figure of one run, for the test that a run is decided by its seed alone. */
static bool run(uint64_t seed, uint64_t *ret_figure)
{
    char folder[200];
    test_folder(folder, sizeof(folder));
    struct world *w = world_new(folder, seed);
    w->drop = (unsigned)rng_below(&w->rng, 60);
    w->twice = (unsigned)rng_below(&w->rng, 60);
    w->reorder = rng_below(&w->rng, 2) == 0;
    w->delay_max = 5 + (int64_t)rng_below(&w->rng, 200);
    for (int i = 0; i < STEPS; i++) {
        something_happens(w);
        world_pass(w, (int64_t)rng_below(&w->rng, 4000));
    }
    w->drop = w->twice = 0;
    w->reorder = w->broker_down = false;
    w->model->refuse = REFUSAL_OK;
    const bool settled = world_settle(w, 20 * 60 * 1000);
    const unsigned wrong = check_world(w);
    *ret_figure = w->frames_dropped * 1000003 + w->frames_doubled * 1009 + w->model->count;
    if (!settled || wrong > 0) {
        (void)fprintf(stderr, "NGANAM_SEED=%llu: settled %d, wrong %u\n", (unsigned long long)seed,
                      settled, wrong);
    }
    world_destroy(&w);
    test_remove_folder(folder);
    return settled && wrong == 0;
}

static void simulation_loses_doubles_and_accuses_nothing(void)
{
    const char *chosen = getenv("NGANAM_SEED");
    uint64_t figure = 0;
    if (chosen != NULL) {
        CU_ASSERT(run(strtoull(chosen, NULL, 10), &figure));
        return;
    }
    for (uint64_t seed = 1; seed <= RUNS; seed++) {
        CU_ASSERT(run(seed, &figure));
    }
    const struct rng fresh = rng_from_system();
    CU_ASSERT(run(fresh.state[0], &figure));
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(simulation_loses_doubles_and_accuses_nothing), {NULL, NULL}};
    log_init("test_simulation", LOG_ERROR);
    return test_main("simulation", cases, argc, argv);
}
