/* bench_replay [LEAVES [UNITS [COMPONENTS [YEARS]]]]: what --at costs with kept snapshots and
 * without (docs/adr/0009: bench_replay 200000 28 120 10). Without arguments it only sees that the
 * measuring works. A log of that many leaves is made up, each a report of one component by some
 * unit, spread over the years, and fed to a mirror as the broker would; then pasts are replayed,
 * each in a process of its own, so that its memory can be told. */
#include "kit.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/rng.h"
#include "ledger/leaf.h"
#include "office-service/replay.h"
#include "office-service/shelf.h"
#include "proto/wire_queue.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { BATCH = 1000 };

struct bench {
    unsigned long leaves, units, components, years;
    char folder[200];
    struct kit kit;
    struct mirror *mirror;
    struct rng rng;
    struct tree_edge edge;
    struct bytes batch[BATCH];
    size_t held;
    int64_t now;
};

static double seconds_since(struct mono from)
{
    return (double)clock_between_ms(from, clock_mono()) / 1000.0;
}

static void flush(struct bench *b)
{
    const struct party_reader *reader = mirror_reader(b->mirror);
    struct note_head head = {.origin = "bench.example/log", .size = b->edge.size};
    if (b->held == 0) {
        return;
    }
    if (reader->apply(reader->context, b->batch, b->held, &b->edge, &head)) {
        (void)fprintf(stderr, "bench: %s\n", err_detail());
        exit(1);
    }
    for (size_t i = 0; i < b->held; i++) {
        union {
            const uint8_t *in;
            void *out;
        } leaf = {b->batch[i].data};
        free(leaf.out);
    }
    b->held = 0;
}

/* Takes the bytes over. */
static void feed(struct bench *b, struct bytes leaf)
{
    const struct hash hash = leaf_hash(leaf);
    CU_ASSERT_EQUAL_FATAL(tree_edge_add(&b->edge, &hash, NULL, NULL), NG_OK);
    b->batch[b->held++] = leaf;
    if (b->held == BATCH) {
        flush(b);
    }
}

static struct bytes copy(struct bytes from)
{
    uint8_t *data = malloc(from.size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    memcpy(data, from.data, from.size);
    return (struct bytes){data, from.size};
}

static void unit_code(unsigned long i, char code[24])
{
    (void)snprintf(code, 24, "U%05lu", i);
}

static void invite(struct bench *b, const char *code)
{
    struct wire_invite invite = {.role = WIRE_ROLE_WARD, .expires_at = UINT64_MAX};
    struct buf payload = BUF_INIT(4096);
    (void)snprintf(invite.party, sizeof invite.party, "%.16s", code);
    CU_ASSERT_EQUAL_FATAL(wire_invite_encode(&invite, &payload), NG_OK);
    (void)kit_payload(&b->kit, "OFFICE", STATEMENT_INVITE, buf_bytes(&payload));
    buf_fini(&payload);
}

/* Units, their sets and a monthly task, through the kit. */
static void found_town(struct bench *b)
{
    struct buf lines = BUF_INIT(1u << 20);
    kit_open(&b->kit);
    for (unsigned long i = 0; i < b->units; i++) {
        char code[24];
        unit_code(i, code);
        invite(b, code);
        kit_unit(&b->kit, code, "ward", "", "");
    }
    for (unsigned long i = 0; i < b->components; i++) {
        CU_ASSERT_EQUAL_FATAL(buf_printf(&lines, "C%lu,,field,Tiêu chí %lu,,10,points,,,\n", i, i),
                              NG_OK);
    }
    for (unsigned long y = 0; y < b->years; y++) {
        kit_set(&b->kit, (uint32_t)(KIT_YEAR + y), "ward", buf_text(&lines));
    }
    kit_task(&b->kit, "T", "@ward", "2026-2036", "every:month:25", "");
    for (uint64_t i = 0; i < b->kit.count; i++) {
        feed(b, copy(b->kit.leaves[i]));
    }
    b->now = b->kit.now;
    buf_fini(&lines);
}

static void report(struct bench *b, uint64_t index)
{
    static const uint8_t no_signature[64];
    char author[24];
    char component[16];
    char value[8];
    struct buf payload = BUF_INIT(4096);
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    unit_code((unsigned long)rng_below(&b->rng, b->units), author);
    (void)snprintf(component, sizeof component, "C%lu",
                   (unsigned long)rng_below(&b->rng, b->components));
    (void)snprintf(value, sizeof value, "%u.%u", (unsigned)rng_below(&b->rng, 10),
                   (unsigned)rng_below(&b->rng, 10));
    const struct wire_act act = {
        .kind = WIRE_ACT_REPORT,
        .u.report = {.year = (uint32_t)(KIT_YEAR + index * b->years / (b->leaves + 1)),
                     .code = component,
                     .value = value,
                     .explanation = "Theo báo cáo của đơn vị"}};
    const struct wire_acts acts = {.acts = &act, .count = 1};
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    struct statement s = {
        .kind = WIRE_KIND_REPORT, .epoch = 1, .seq = index, .payload = buf_bytes(&payload)};
    (void)snprintf(s.author.text, sizeof s.author.text, "%.16s", author);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &statement), NG_OK);
    const struct leaf l = {.index = index,
                           .received_at = (uint64_t)b->now,
                           .statement = buf_bytes(&statement),
                           .signature = no_signature};
    CU_ASSERT_EQUAL_FATAL(leaf_encode(&l, &leaf), NG_OK);
    b->now += (int64_t)b->years * 365 * 86400000 / (int64_t)b->leaves;
    feed(b, copy(buf_bytes(&leaf)));
    buf_fini(&payload);
    buf_fini(&statement);
    buf_fini(&leaf);
}

static void grow(struct bench *b)
{
    CU_ASSERT_EQUAL_FATAL(mirror_open(b->folder, MIRROR_MADE_UP, &b->mirror), NG_OK);
    struct mono from = clock_mono();
    found_town(b);
    while (b->edge.size < b->leaves) {
        report(b, b->edge.size);
    }
    flush(b);
    double took = seconds_since(from);
    (void)printf("log: %lu leaves, %lu units, %lu components, %lu years; fed in %.1f s (%.0f a "
                 "second, snapshots written on the way)\n",
                 b->leaves, b->units, b->components, b->years, took, (double)b->leaves / took);
    kit_close(&b->kit);
    mirror_close(&b->mirror);
}

static void list_snapshots(const struct bench *b)
{
    uint64_t at_most = UINT64_MAX;
    uint64_t size;
    unsigned count = 0;
    double bytes = 0;
    while (shelf_find(b->folder, at_most, &size) == NG_OK && size > 0) {
        char *path = shelf_path(b->folder, size);
        struct stat st;
        if (path && stat(path, &st) == 0) {
            bytes += (double)st.st_size;
            count++;
            (void)printf("snapshot at %9llu: %.1f MB\n", (unsigned long long)size,
                         (double)st.st_size / 1e6);
        }
        free(path);
        at_most = size - 1;
    }
    (void)printf("snapshots: %u, %.1f MB\n", count, bytes / 1e6);
}

/* How long the service stands still for one. */
static void write_one(const struct bench *b)
{
    struct mirror *mirror = NULL;
    struct mirror_view v;
    char path[220];
    (void)snprintf(path, sizeof path, "%s/once", b->folder);
    CU_ASSERT_EQUAL_FATAL(mirror_open(b->folder, MIRROR_MADE_UP, &mirror), NG_OK);
    CU_ASSERT_EQUAL_FATAL(mirror_view_begin(mirror, &v), NG_OK);
    struct mono from = clock_mono();
    CU_ASSERT_EQUAL(snapshot_write(path, mirror_view_state(&v), &v.edge), NG_OK);
    (void)printf("one more is written in %.2f s\n", seconds_since(from));
    mirror_view_end(&v);
    mirror_close(&mirror);
}

static void replay_once(const struct bench *b, uint64_t count, enum replay_from how)
{
    struct mirror *mirror = NULL;
    struct replay r = {0};
    struct mono from = clock_mono();
    enum ng_err err = mirror_open(b->folder, MIRROR_MADE_UP, &mirror);
    if (!err) {
        err = replay_run(&r, mirror, count, how);
    }
    (void)printf("at %9llu %s: %7.2f s", (unsigned long long)count,
                 how == REPLAY_FROM_START ? "from the start   " : "from a snapshot  ",
                 seconds_since(from));
    (void)fflush(stdout);
    replay_end(&r);
    mirror_close(&mirror);
    _exit(err ? 1 : 0);
}

static bool measure(const struct bench *b, uint64_t count, enum replay_from how)
{
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        replay_once(b, count, how);
    }
    int status = 1;
    struct rusage usage = {0};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        return false;
    }
    (void)printf(", at most %ld MB in memory (mapped files included)\n", usage.ru_maxrss / 1024);
    return status == 0;
}

static struct bench town;

static void pasts_are_had_from_snapshots_and_without(void)
{
    test_folder(town.folder, sizeof town.folder);
    town.rng = rng_seeded(1);
    grow(&town);
    list_snapshots(&town);
    write_one(&town);
    for (unsigned part = 1; part <= 20; part += part == 1 ? 4 : 5) {
        uint64_t count = town.leaves * part / 20;
        CU_ASSERT_TRUE(measure(&town, count, REPLAY_FROM_START));
        CU_ASSERT_TRUE(measure(&town, count, REPLAY_FROM_SNAPSHOT));
    }
    CU_ASSERT_TRUE(measure(&town, town.leaves - town.leaves / 100, REPLAY_FROM_SNAPSHOT));
    test_remove_folder(town.folder);
}

static unsigned long argument(int argc, char **argv, int i, unsigned long otherwise)
{
    return argc > i ? strtoul(argv[i], NULL, 10) : otherwise;
}

static const struct test_case cases[] = {
    TEST_CASE(pasts_are_had_from_snapshots_and_without),
    {0},
};

int main(int argc, char **argv)
{
    town.leaves = argument(argc, argv, 1, 3000);
    town.units = argument(argc, argv, 2, 5);
    town.components = argument(argc, argv, 3, 10);
    town.years = argument(argc, argv, 4, 2);
    return test_main("bench_replay", cases, 1, argv);
}
