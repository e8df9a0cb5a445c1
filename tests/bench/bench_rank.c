/* The standings of N units in LMDB: one component of one unit changes, its sums and its place in
 * the rank index follow, 256 changes a synced transaction. Beside it, on the same figures: a plain
 * qsort of all totals, and a recount of every component of every unit followed by that sort, which
 * is what a program without an index does for each change; and the order-statistic structure in
 * memory (base/omap): taken out, put in at its new place, and asked which place that is. */
#include "base/omap.h"
#include "base/rng.h"
#include "bench/bench.h"
#include "bench/process.h"
#include "office-service/kv_store.h"
#include "office-service/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS 8u
#define COMPONENTS 96u
#define GROUP "commune"
#define YEAR 2026u
#define BATCH 256u
#define FILL_BATCH 1000u
#define SECONDS 1.0

static const char *const tables[] = {"state", NULL};
static const uint64_t sizes[] = {150, 3321, 10000, 100000};
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

struct place {
    size_t size;
    uint8_t key[FRACTION_KEY_SIZE + STATE_UNIT_SIZE];
};

struct rank {
    struct criteria *set;
    struct store *store;
    uint64_t units;
    struct score *scores;    /* [units × COMPONENTS] */
    struct fraction *totals; /* [units], as after the last change */
    struct fraction *sorted;
    struct omap *places;
    struct place *keys;
    struct rng rng;
    uint64_t first, count; /* of a batch */
};

static struct criteria *make_set(void)
{
    struct buf text = BUF_INIT(65536);
    struct fault_list faults;
    struct criteria *set = NULL;
    fault_list_init(&faults);
    enum ng_err err = buf_add_text(
        &text, "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n");
    for (unsigned i = 0; i < COMPONENTS && err == NG_OK; i++) {
        const unsigned field = i / (COMPONENTS / FIELDS) + 1;
        if (i % (COMPONENTS / FIELDS) == 0) {
            err = buf_printf(&text, "%u,,field,F,F,%u,sum,,,\n", field, COMPONENTS / FIELDS);
        }
        if (err == NG_OK) {
            err = buf_printf(&text, "%u.%u,%u,component,C,C,1,points,,rescale,\n", field, i, field);
        }
    }
    if (err == NG_OK) {
        err = criteria_parse_csv(buf_bytes(&text), "SET", YEAR, GROUP, &faults, &set);
    }
    fault_list_fini(&faults);
    buf_fini(&text);
    return err == NG_OK ? set : NULL;
}

/* The node of a component: in tree order each field comes before its components. */
static uint32_t node_of(unsigned component)
{
    return component + component / (COMPONENTS / FIELDS) + 1;
}

static struct score some_score(struct rank *r)
{
    struct score s = {.state = SCORE_POINTS};
    s.points = (struct decimal){(int64_t)rng_below(&r->rng, 101) * 10000};
    s.max = (struct decimal){1000000};
    return s;
}

static void name_unit(uint64_t number, char ret[STATE_UNIT_SIZE])
{
    (void)snprintf(ret, STATE_UNIT_SIZE, "U%06u", (unsigned)(number % 1000000u));
}

/* ---- The index ---- */

static enum ng_err change_unit(struct rank *r, const struct kv *kv, uint64_t unit,
                               unsigned component)
{
    char code[STATE_UNIT_SIZE];
    name_unit(unit, code);
    const struct score_place at = {YEAR, GROUP, code};
    struct score *mine = &r->scores[unit * COMPONENTS + component];
    const struct score next = some_score(r);
    struct standing s;
    enum ng_err err = standing_get(kv, &at, &s);
    if (err != NG_OK) {
        return err;
    }
    standing_change(&s, r->set, STANDING_BOTH, node_of(component), mine, &next);
    err = standing_put(kv, r->set, &s);
    r->totals[unit] = standing_total(&s, r->set, BASIS_LIVE);
    standing_fini(&s);
    *mine = next;
    return err;
}

static enum ng_err fill_unit(struct rank *r, const struct kv *kv, uint64_t unit)
{
    char code[STATE_UNIT_SIZE];
    name_unit(unit, code);
    const struct score_place at = {YEAR, GROUP, code};
    struct standing s;
    enum ng_err err = standing_build(kv, r->set, &at, &s);
    if (err != NG_OK) {
        return err;
    }
    for (unsigned c = 0; c < COMPONENTS; c++) {
        const struct score none = score_none(r->set, node_of(c));
        r->scores[unit * COMPONENTS + c] = some_score(r);
        standing_change(&s, r->set, STANDING_BOTH, node_of(c), &none,
                        &r->scores[unit * COMPONENTS + c]);
    }
    s.answered = COMPONENTS;
    err = standing_put(kv, r->set, &s);
    r->totals[unit] = standing_total(&s, r->set, BASIS_LIVE);
    standing_fini(&s);
    return err;
}

static enum ng_err fill_batch(struct store_txn *t, void *context)
{
    struct rank *r = context;
    struct kv_store kv;
    enum ng_err err = NG_OK;
    kv_store_init(&kv, t, 0);
    for (uint64_t i = r->first; i < r->first + r->count && err == NG_OK; i++) {
        err = fill_unit(r, &kv.kv, i);
    }
    kv_store_fini(&kv);
    return err;
}

static enum ng_err change_batch(struct store_txn *t, void *context)
{
    struct rank *r = context;
    struct kv_store kv;
    enum ng_err err = NG_OK;
    kv_store_init(&kv, t, 0);
    for (unsigned i = 0; i < BATCH && err == NG_OK; i++) {
        err = change_unit(r, &kv.kv, rng_below(&r->rng, r->units),
                          (unsigned)rng_below(&r->rng, COMPONENTS));
    }
    kv_store_fini(&kv);
    return err;
}

static enum ng_err changes(struct rank *r, double *ret_rate)
{
    double count = 0;
    const double begin = process_now_us();
    double now = begin;
    enum ng_err err = NG_OK;
    while (err == NG_OK && now - begin < SECONDS * 1e6) {
        err = store_write(r->store, change_batch, r);
        count += BATCH;
        now = process_now_us();
    }
    *ret_rate = count / ((now - begin) / 1e6);
    return err;
}

/* ---- The order-statistic structure in memory ---- */

/* The key of a place: the order of the total, then the unit, as in the index. */
static void set_place(struct rank *r, uint64_t unit)
{
    struct place *p = &r->keys[unit];
    uint8_t key[FRACTION_KEY_SIZE];
    fraction_key(r->totals[unit], key);
    for (size_t i = 0; i < FRACTION_KEY_SIZE; i++) {
        p->key[i] = (uint8_t)~key[i];
    }
    name_unit(unit, (char *)p->key + FRACTION_KEY_SIZE);
    p->size = FRACTION_KEY_SIZE + strlen((const char *)p->key + FRACTION_KEY_SIZE);
}

static struct bytes place_of(const struct rank *r, uint64_t unit)
{
    return (struct bytes){r->keys[unit].key, r->keys[unit].size};
}

/* A component changes: the total by the difference, the place from there, and which place it is. */
static enum ng_err move_unit(struct rank *r, uint64_t unit, size_t *sum)
{
    struct decimal *points = &r->totals[unit].points;
    const int64_t change = ((int64_t)rng_below(&r->rng, 201) - 100) * 10000;
    const bool fits =
        points->micro + change >= 0 && points->micro + change <= (int64_t)COMPONENTS * 1000000;
    points->micro += fits ? change : 0;
    const bool found = omap_remove(r->places, place_of(r, unit));
    set_place(r, unit);
    enum ng_err err = omap_put(r->places, place_of(r, unit), (struct bytes){NULL, 0});
    *sum += omap_position(r->places, place_of(r, unit));
    return err == NG_OK && !found ? err_set(NG_ERR_CORRUPT, "a unit without a place") : err;
}

static enum ng_err moves(struct rank *r, double *ret_rate)
{
    double count = 0;
    size_t sum = 0;
    enum ng_err err = NG_OK;
    r->places = omap_new();
    for (uint64_t u = 0; u < r->units && err == NG_OK && r->places != NULL; u++) {
        set_place(r, u);
        err = omap_put(r->places, place_of(r, u), (struct bytes){NULL, 0});
    }
    const double begin = process_now_us();
    double now = begin;
    while (r->places != NULL && err == NG_OK && now - begin < SECONDS * 1e6 / 2) {
        for (unsigned i = 0; i < BATCH && err == NG_OK; i++) {
            err = move_unit(r, rng_below(&r->rng, r->units), &sum);
        }
        count += BATCH;
        now = process_now_us();
    }
    omap_destroy(&r->places);
    *ret_rate = sum > 0 ? count / ((now - begin) / 1e6) : 0;
    return err;
}

/* ---- Without an index ---- */

static int by_fraction(const void *a, const void *b)
{
    const struct fraction *x = a;
    const struct fraction *y = b;
    return fraction_compare(*y, *x);
}

static double sorts(struct rank *r, bool recount)
{
    double count = 0;
    struct tally_sum sums[COMPONENTS + FIELDS];
    struct score leaves[COMPONENTS + FIELDS];
    memset(leaves, 0, sizeof(leaves));
    const double begin = process_now_us();
    double now = begin;
    while (now - begin < SECONDS * 1e6 / 2) {
        for (uint64_t u = 0; u < r->units && recount; u++) {
            struct tally_sum fields[FIELDS];
            const uint32_t *nodes = NULL;
            for (unsigned c = 0; c < COMPONENTS; c++) {
                leaves[node_of(c)] = r->scores[u * COMPONENTS + c];
            }
            tally_all(r->set, leaves, sums);
            for (size_t i = 0; i < criteria_fields(r->set, &nodes); i++) {
                fields[i] = sums[nodes[i]];
            }
            r->totals[u] = tally_total(r->set, fields);
        }
        memcpy(r->sorted, r->totals, r->units * sizeof(*r->sorted));
        qsort(r->sorted, r->units, sizeof(*r->sorted), by_fraction);
        count++;
        now = process_now_us();
    }
    return count / ((now - begin) / 1e6);
}

/* ---- One size ---- */

static enum ng_err open_rank(struct rank *r, const char *folder)
{
    const struct store_config config = {.path = folder,
                                        .tables = tables,
                                        .format = "nganam bench",
                                        .format_version = 1,
                                        .create = true,
                                        .relaxed_meta = true,
                                        .map_bytes = (uint64_t)1 << 30};
    r->rng = rng_seeded(r->units);
    r->set = make_set();
    r->scores = calloc(r->units * COMPONENTS, sizeof(*r->scores));
    r->totals = calloc(r->units, sizeof(*r->totals));
    r->sorted = calloc(r->units, sizeof(*r->sorted));
    r->keys = calloc(r->units, sizeof(*r->keys));
    if (r->keys == NULL || r->set == NULL || r->scores == NULL || r->totals == NULL ||
        r->sorted == NULL) {
        return err_set(NG_ERR_NOMEM, "units");
    }
    enum ng_err err = store_open(&config, &r->store);
    for (r->first = 0; r->first < r->units && err == NG_OK; r->first += FILL_BATCH) {
        r->count = r->units - r->first < FILL_BATCH ? r->units - r->first : FILL_BATCH;
        err = store_write(r->store, fill_batch, r);
    }
    return err;
}

static void close_rank(struct rank *r)
{
    store_close(&r->store);
    criteria_destroy(&r->set);
    free(r->scores);
    free(r->totals);
    free(r->sorted);
    free(r->keys);
}

static enum ng_err measure(const struct bench_options *o, uint64_t units, const char *folder,
                           struct bench_samples ret[4])
{
    struct rank r = {.units = units};
    enum ng_err err = open_rank(&r, folder);
    for (unsigned run = 0; run < o->runs && err == NG_OK; run++) {
        double rate = 0;
        err = changes(&r, &rate);
        bench_add(&ret[0], rate);
        bench_add(&ret[1], sorts(&r, false));
        bench_add(&ret[2], sorts(&r, true));
        if (err == NG_OK) {
            err = moves(&r, &rate); /* last: the totals leave the components behind */
            bench_add(&ret[3], rate);
        }
    }
    close_rank(&r);
    return err;
}

bool bench_rank(const struct bench_options *o, struct bench_report *r)
{
    struct bench_samples all[SIZES][4];
    memset(all, 0, sizeof(all));
    bench_report_note_u64(r, "changes_a_transaction", BATCH);
    bench_report_note(r, "sync", "data, not LMDB's meta page (as the office's state)");
    for (size_t i = 0; i < SIZES; i++) {
        const uint64_t units = o->units > 0 ? o->units : sizes[i];
        char folder[256];
        char name[96];
        if (!process_make_folder(folder, sizeof(folder))) {
            return false;
        }
        const enum ng_err err = measure(o, units, folder, all[i]);
        process_remove_folder(folder);
        if (err != NG_OK) {
            return bench_failed("rank", err);
        }
        static const char *const names[] = {"standings changed, on disk", "full qsorts",
                                            "naive recounts", "places moved, in memory"};
        for (size_t k = 0; k < 4; k++) {
            (void)snprintf(name, sizeof(name), "%llu units: %s", (unsigned long long)units,
                           names[k]);
            bench_report_add(r, name, "/s", &all[i][k]);
        }
        (void)snprintf(name, sizeof(name), "%llu units: place moved / qsort",
                       (unsigned long long)units);
        bench_report_ratio(r, name, &all[i][3], &all[i][1]);
        (void)snprintf(name, sizeof(name), "%llu units: on disk / qsort",
                       (unsigned long long)units);
        bench_report_ratio(r, name, &all[i][0], &all[i][1]);
        if (o->units > 0) {
            return true;
        }
    }
    bench_report_ratio(r, "in memory, 150 / 100000 units", &all[0][3], &all[SIZES - 1][3]);
    bench_report_ratio(r, "on disk, 150 / 100000 units", &all[0][0], &all[SIZES - 1][0]);
    return true;
}
