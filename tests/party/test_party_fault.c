/* Goal: whatever call fails, and wherever the process is stopped, a report is in the outbox or not
 * at all, and delivered only together with its receipt; afterwards everything goes on. A call that
 * failed is never told as damage.
 *
 * Method: the three loops of fault injection (memory, I/O, sudden stop; LMDB's own calls included)
 * over three pieces of work: writing reports, starting, and taking the broker's answer. Who writes
 * or starts has delivered before, so that a proved tree head lies in the folder and is read. */
#include "harness.h"
#include "world.h"

#include "base/log.h"
#include "fault/fault.h"
#include "party/outbox.h"

#include <errno.h>
#include <sys/wait.h>

#define WARD 1
#define BEFORE 1 /* statements of the ward that holds a head */

static char folder[200];
static struct world *world;

static void begin(void)
{
    test_folder(folder, sizeof(folder));
    world = world_new_model(folder, 1);
}

/* The ward holds a tree head and has stopped. */
static void begin_with_head(void)
{
    begin();
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "before"), NG_OK);
    CU_ASSERT_TRUE(world_settle(world, 60000));
    CU_ASSERT_EQUAL(world_status(world, WARD).delivered, BEFORE);
    CU_ASSERT_TRUE_FATAL(world_status(world, WARD).head.size > 0);
    world_kill(world, WARD);
}

static void end(void)
{
    world_destroy(&world);
    test_remove_folder(folder);
}

/* What is said of a failed call: its own fault, never damage. */
static enum ng_err error_of(int error)
{
    return error == ENOMEM ? NG_ERR_NOMEM : error == ENOSPC ? NG_ERR_FULL : NG_ERR_IO;
}

/* ---- Writing ---- */

/* Opens, writes both reports of a round in one go, closes. The same round again writes nothing: its
 * causes are known. */
static enum ng_err write_two(unsigned round)
{
    struct party *p = NULL;
    uint64_t seqs[2];
    char causes[2][16];
    struct party_draft drafts[2];
    for (size_t i = 0; i < 2; i++) {
        const int size = snprintf(causes[i], sizeof(causes[i]), "%u.%zu", round, i);
        drafts[i] = (struct party_draft){.kind = 16,
                                         .payload = {(const uint8_t *)"text", 4},
                                         .cause = {(const uint8_t *)causes[i], (size_t)size}};
    }
    enum ng_err e = party_open(world->parties[WARD].folder, &p);
    if (e == NG_OK) {
        e = party_author(p, drafts, 2, 1, seqs);
    }
    party_close(&p);
    return e;
}

static uint64_t authored(void)
{
    struct party *p = NULL;
    struct party_status s = {0};
    CU_ASSERT_EQUAL_FATAL(party_open(world->parties[WARD].folder, &p), NG_OK);
    CU_ASSERT_EQUAL(party_status(p, &s), NG_OK);
    party_close(&p);
    return s.authored;
}

/* A new round for each call that fails: what is there already is not written again. */
static void writing_survives(unsigned kinds, int error)
{
    begin_with_head();
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        const uint64_t before = authored();
        fault_set(kinds, k, error, false);
        const enum ng_err e = write_two(k);
        struck = fault_clear();
        const uint64_t n = authored();
        CU_ASSERT(n == before || n == before + 2);
        CU_ASSERT(e != NG_OK || n == before + 2); /* the command said so: it is there */
        CU_ASSERT(e == NG_OK || e == error_of(error));
        refused += e != NG_OK ? 1 : 0;
        CU_ASSERT_EQUAL(write_two(k), NG_OK);
        CU_ASSERT_EQUAL(authored(), before + 2);
    }
    CU_ASSERT(refused > 0);
    end();
}

static void party_writes_both_or_nothing_when_memory_fails(void)
{
    writing_survives(FAULT_MEMORY, ENOMEM);
}

static void party_writes_both_or_nothing_when_the_disk_fails(void)
{
    writing_survives(FAULT_WRITE | FAULT_SYNC | FAULT_MAP, EIO);
}

static void party_writes_both_or_nothing_when_the_disk_is_full(void)
{
    writing_survives(FAULT_WRITE, ENOSPC);
}

static void party_writes_both_or_nothing_when_it_is_stopped(void)
{
    begin_with_head();
    int status = 0;
    unsigned stopped = 0;
    for (unsigned k = 1; k < 200; k++) {
        const uint64_t before = authored();
        const pid_t child = fork();
        if (child == 0) {
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            _exit(write_two(k) == NG_OK ? 0 : 1);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        const uint64_t n = authored();
        CU_ASSERT(n == before || n == before + 2);
        CU_ASSERT_EQUAL(write_two(k), NG_OK);
        CU_ASSERT_EQUAL(authored(), before + 2);
        if (WEXITSTATUS(status) != FAULT_STOPPED) {
            CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
            CU_ASSERT_EQUAL(n, before + 2);
            break;
        }
        stopped++;
    }
    CU_ASSERT(stopped > 0);
    end();
}

/* ---- Starting ---- */

static enum ng_err start(void)
{
    struct party *p = NULL;
    struct exchange *x = NULL;
    enum ng_err e = party_open(world->parties[WARD].folder, &p);
    if (e == NG_OK) {
        e = exchange_new(p, NULL, rng_seeded(1), world_time(world, WARD), &x);
    }
    exchange_destroy(&x);
    party_close(&p);
    return e;
}

static void starting_survives(unsigned kinds, int error)
{
    begin_with_head();
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        fault_set(kinds, k, error, false);
        const enum ng_err e = start();
        struck = fault_clear();
        CU_ASSERT(e == NG_OK || e == error_of(error));
        CU_ASSERT(struck || e == NG_OK);
        refused += e != NG_OK ? 1 : 0;
    }
    CU_ASSERT(refused > 0);
    end();
}

static void party_starts_or_says_what_it_lacks_when_memory_fails(void)
{
    starting_survives(FAULT_MEMORY, ENOMEM);
}

static void party_starts_or_says_what_it_lacks_when_the_disk_fails(void)
{
    starting_survives(FAULT_OPEN | FAULT_READ | FAULT_MAP, EIO);
}

/* ---- Taking the answer ---- */

/* Writes two reports and gives the packet with the answer to them, still on its way. */
static const struct world_packet *wait_for_answer(void)
{
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "one"), NG_OK);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "two"), NG_OK);
    for (int i = 0; i < 10000; i++) {
        world_pass(world, 5);
        for (size_t n = 0; n < world->packet_count; n++) {
            const struct world_packet *p = &world->packets[n];
            struct wire_from_broker *m = NULL;
            if (p->to_broker || p->party != WARD ||
                wire_from_broker_decode(buf_bytes(&p->frame), &m) != NG_OK) {
                continue;
            }
            const bool found = m->kind == WIRE_SUBMITTED;
            wire_from_broker_destroy(&m);
            if (found) {
                return p;
            }
        }
    }
    CU_FAIL_FATAL("no answer came");
    return NULL;
}

static const struct world_packet *begin_at_answer(void)
{
    begin();
    return wait_for_answer();
}

static enum ng_err take_answer(const struct world_packet *p)
{
    const struct exchange_time now = world_time(world, WARD);
    return exchange_frame(world->parties[WARD].exchange, now, buf_bytes(&p->frame));
}

/* Delivered is what has a receipt, in order; then all of it comes, by itself. */
static void goes_on_from_there(void)
{
    world_kill(world, WARD);
    world_start(world, WARD);
    const struct party_status s = world_status(world, WARD);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct party_own own = {0};
        CU_ASSERT_EQUAL(party_own_get(world->parties[WARD].party, seq, &own, NULL, NULL), NG_OK);
        CU_ASSERT_EQUAL(own.delivered, seq <= s.delivered);
    }
    CU_ASSERT(world_settle(world, 60000));
    CU_ASSERT_EQUAL(world_status(world, WARD).delivered, 2);
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 0);
    CU_ASSERT_EQUAL(world->model->count, 3);
    end();
}

static void answers_survive(unsigned kinds, int error)
{
    bool struck = true;
    unsigned refused = 0;
    for (unsigned k = 1; struck; k++) {
        const struct world_packet *p = begin_at_answer();
        fault_set(kinds, k, error, false);
        const enum ng_err e = take_answer(p);
        struck = fault_clear();
        const bool delivered = world_status(world, WARD).delivered > 0;
        CU_ASSERT(e == NG_OK ? delivered || struck : e == error_of(error));
        refused += e != NG_OK ? 1 : 0;
        goes_on_from_there();
    }
    CU_ASSERT(refused > 0);
}

static void party_takes_an_answer_whole_or_not_when_memory_fails(void)
{
    answers_survive(FAULT_MEMORY, ENOMEM);
}

static void party_takes_an_answer_whole_or_not_when_the_disk_fails(void)
{
    answers_survive(FAULT_WRITE | FAULT_SYNC | FAULT_MAP, EIO);
}

/* The child makes its own world in the folder, for LMDB's environments do not survive a fork. */
static _Noreturn void take_answer_and_stop(unsigned k)
{
    world = world_new_model(folder, 1);
    const struct world_packet *p = wait_for_answer();
    fault_set(FAULT_IO, k, FAULT_STOP, false);
    _exit(take_answer(p) == NG_OK ? 0 : 1);
}

/* Gives how many are delivered; each of them has its receipt, and no other. */
static uint64_t delivered_on_disk(void)
{
    char path[300];
    struct party *p = NULL;
    struct party_status s = {0};
    (void)snprintf(path, sizeof(path), "%s/phuong1", folder);
    CU_ASSERT_EQUAL_FATAL(party_open(path, &p), NG_OK);
    CU_ASSERT_EQUAL(party_status(p, &s), NG_OK);
    CU_ASSERT_EQUAL(s.authored, 2);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct party_own own = {0};
        CU_ASSERT_EQUAL(party_own_get(p, seq, &own, NULL, NULL), NG_OK);
        CU_ASSERT_EQUAL(own.delivered, seq <= s.delivered);
    }
    party_close(&p);
    return s.delivered;
}

static void party_takes_an_answer_whole_or_not_when_it_is_stopped(void)
{
    unsigned stopped = 0;
    int status = 0;
    for (unsigned k = 1; k < 100; k++) {
        test_folder(folder, sizeof(folder));
        const pid_t child = fork();
        if (child == 0) {
            take_answer_and_stop(k);
        }
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        const uint64_t delivered = delivered_on_disk();
        CU_ASSERT(delivered == 0 || delivered == 2);
        test_remove_folder(folder);
        if (WEXITSTATUS(status) != FAULT_STOPPED) {
            CU_ASSERT_EQUAL(delivered, 2);
            break;
        }
        stopped++;
    }
    CU_ASSERT(stopped > 0);
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(party_writes_both_or_nothing_when_memory_fails),
        TEST_CASE(party_writes_both_or_nothing_when_the_disk_fails),
        TEST_CASE(party_writes_both_or_nothing_when_the_disk_is_full),
        TEST_CASE(party_writes_both_or_nothing_when_it_is_stopped),
        TEST_CASE(party_starts_or_says_what_it_lacks_when_memory_fails),
        TEST_CASE(party_starts_or_says_what_it_lacks_when_the_disk_fails),
        TEST_CASE(party_takes_an_answer_whole_or_not_when_memory_fails),
        TEST_CASE(party_takes_an_answer_whole_or_not_when_the_disk_fails),
        TEST_CASE(party_takes_an_answer_whole_or_not_when_it_is_stopped),
        {NULL, NULL}};
    log_init("test_party_fault", LOG_ERROR + 1);
    return test_main("party_fault", cases, argc, argv);
}
