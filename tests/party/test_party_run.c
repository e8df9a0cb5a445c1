/* Goal: over a real line, with the real desk and ledger: a slip becomes a party whatever is lost on
 * the way, reports are delivered and the inbox read, by one process or by several on one folder.
 *
 * Method: the hub runs the broker in a thread; a second process is this program again, started with
 * --serve FOLDER, which runs the uplink until its standard input ends. Every wait has a bound. */
#include "harness.h"
#include "hub.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "fault/fault.h"
#include "party/alarm.h"
#include "party/enrol.h"
#include "party/outbox.h"
#include "party/party.h"
#include "party/tables.h"
#include "proto/wire_par.h"
#include "tests/ledger/inviter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#define WAIT_MS 20000

extern char **environ;

static char folder[200];
static struct hub *hub;
static struct slip ward_slip, office_slip;

static void path_of(char *to, size_t size, const char *name)
{
    (void)snprintf(to, size, "%s/%s", folder, name);
}

static void begin(void)
{
    char path[256];
    test_folder(folder, sizeof(folder));
    path_of(path, sizeof(path), "broker");
    CU_ASSERT_EQUAL_FATAL(file_make_folder(path), NG_OK);
    hub = hub_new(path);
    hub_invite(hub, "my-quoi", WIRE_ROLE_WARD, &ward_slip);
    hub_invite(hub, "office", WIRE_ROLE_OFFICE, &office_slip);
    hub_start(hub);
}

static void end(void)
{
    hub_stop(hub);
    CU_ASSERT(hub_verifies(hub));
    hub_destroy(&hub);
    test_remove_folder(folder);
}

static enum ng_err enrol_in(const char *path, const struct slip *slip, int64_t timeout_ms,
                            struct enrol_news *ret_news)
{
    const struct enrol_options options = {.timeout_ms = timeout_ms};
    return enrol_run(path, slip, &options, ret_news);
}

static struct enrol_news news; /* of the enrolment before */

static struct party *enrolled(const char *name, const struct slip *slip)
{
    char path[256];
    struct party *p = NULL;
    path_of(path, sizeof(path), name);
    CU_ASSERT_EQUAL_FATAL(enrol_in(path, slip, WAIT_MS, &news), NG_OK);
    CU_ASSERT_EQUAL_FATAL(party_open(path, &p), NG_OK);
    return p;
}

/* A unit writes reports, the office something else. */
static uint64_t author(struct party *p, const char *to, const char *text)
{
    const bool office = strcmp(party_identity(p)->party.text, "office") == 0;
    const uint32_t to_units = strcmp(to, "*") == 0 ? WIRE_KIND_UNITS : WIRE_KIND_VERDICT;
    struct party_draft draft = {.kind = office ? to_units : WIRE_KIND_REPORT,
                                .payload = {(const uint8_t *)text, strlen(text)}};
    uint64_t seq = 0;
    (void)snprintf(draft.to.text, sizeof(draft.to.text), "%s", to);
    CU_ASSERT_EQUAL(party_author(p, &draft, 1, clock_wall_ms(), &seq), NG_OK);
    return seq;
}

static struct party_status status_of(struct party *p)
{
    struct party_status s = {0};
    CU_ASSERT_EQUAL(party_status(p, &s), NG_OK);
    return s;
}

/* ---- Enrolling ---- */

static void enrol_makes_a_party_with_its_statement_in_the_log(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    struct party_own own;
    struct buf text = BUF_INIT(RECEIPT_SIZE_MAX);
    const struct party_status s = status_of(p);
    CU_ASSERT_EQUAL(s.epoch, 1);
    CU_ASSERT_EQUAL(s.delivered, 1);
    CU_ASSERT_EQUAL(s.outbox, 0);
    CU_ASSERT(s.head.size >= 4);
    CU_ASSERT_EQUAL(s.inbox_next, s.head.size);
    CU_ASSERT_EQUAL(party_own_get(p, 1, &own, NULL, &text), NG_OK);
    CU_ASSERT_TRUE(own.delivered);
    CU_ASSERT_EQUAL(own.index, 1 + 2 * INVITER_ENTRIES);
    CU_ASSERT_STRING_EQUAL(party_identity(p)->party.text, "my-quoi");
    buf_fini(&text);
    party_close(&p);
    end();
}

static void enrol_again_with_the_same_slip_changes_nothing(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    const struct identity first = *party_identity(p);
    party_close(&p);
    p = enrolled("ward", &ward_slip);
    CU_ASSERT_EQUAL(memcmp(&first.key, &party_identity(p)->key, sizeof(first.key)), 0);
    CU_ASSERT_EQUAL(status_of(p).authored, 1);
    party_close(&p);
    /* without a line: it is enrolled all the same, and is told so */
    char path[256];
    hub_stop(hub);
    path_of(path, sizeof(path), "ward");
    CU_ASSERT_EQUAL(enrol_in(path, &ward_slip, 300, &news), NG_ERR_PEER);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "this machine is enrolled"));
    end();
}

static void enrol_refuses_a_used_slip_elsewhere_and_another_units_folder(void)
{
    begin();
    char path[256];
    struct party *p = enrolled("ward", &ward_slip);
    party_close(&p);
    path_of(path, sizeof(path), "elsewhere");
    CU_ASSERT_EQUAL(enrol_in(path, &ward_slip, WAIT_MS, &news), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "new slip"));
    path_of(path, sizeof(path), "ward");
    CU_ASSERT_EQUAL(enrol_in(path, &office_slip, WAIT_MS, &news), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "belongs to my-quoi"));
    end();
}

/* The enrol statement as it lies in the outbox, whether the folder has an identity yet or not. */
static void copy_first_statement(const char *path, struct buf *to)
{
    struct store *store = NULL;
    struct store_txn *t = NULL;
    struct bytes statement, signature;
    buf_clear(to);
    CU_ASSERT_EQUAL_FATAL(tables_open(path, false, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_begin_read(store, &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(outbox_get(t, 1, 1, &statement, &signature), NG_OK);
    CU_ASSERT_EQUAL(buf_add(to, statement.data, statement.size), NG_OK);
    store_end_read(&t);
    store_close(&store);
}

static void interrupted_enrolment(enum hub_loss loss)
{
    begin();
    char path[256], pending[300], present[300];
    struct identity asked;
    struct buf before = BUF_INIT(STATEMENT_SIZE_MAX), after = BUF_INIT(STATEMENT_SIZE_MAX);
    path_of(path, sizeof(path), "ward");
    (void)snprintf(pending, sizeof(pending), "%s/%s", path, IDENTITY_PENDING);
    (void)snprintf(present, sizeof(present), "%s/%s", path, IDENTITY_FILE);
    hub_lose(hub, loss);
    CU_ASSERT_EQUAL(enrol_in(path, &ward_slip, 1500, &news), NG_ERR_PEER);
    CU_ASSERT_EQUAL(identity_load_as(path, IDENTITY_PENDING, &asked), NG_OK);
    CU_ASSERT_FALSE(file_exists(present));
    copy_first_statement(path, &before);
    hub_lose(hub, HUB_LOSES_NOTHING);
    struct party *p = enrolled("ward", &ward_slip);
    CU_ASSERT_EQUAL(memcmp(&asked.key, &party_identity(p)->key, sizeof(asked.key)), 0);
    CU_ASSERT_EQUAL(status_of(p).delivered, 1);
    CU_ASSERT_EQUAL(status_of(p).epoch, 1);
    CU_ASSERT_FALSE(file_exists(pending));
    party_close(&p);
    copy_first_statement(path, &after);
    CU_ASSERT_EQUAL(bytes_compare(buf_bytes(&before), buf_bytes(&after)), 0);
    buf_fini(&before);
    buf_fini(&after);
    hub_stop(hub);
    CU_ASSERT_EQUAL(hub_size(hub), 2 + 2 * INVITER_ENTRIES);
    end();
}

static void enrol_goes_on_when_the_statement_never_arrived(void)
{
    interrupted_enrolment(HUB_LOSES_SUBMITS);
}

static void enrol_goes_on_when_the_receipt_was_lost_and_the_slip_is_used(void)
{
    interrupted_enrolment(HUB_LOSES_RECEIPTS);
}

static enum ng_err cut_first_statement(struct store_txn *t, void *context)
{
    const struct tables_key_seq key = tables_key_seq(1, 1);
    (void)context;
    return store_put(t, TABLES_OWN, STORE_KEY(key), (struct bytes){(const uint8_t *)"cut", 3});
}

/* The slip is used by the keys that lie here: new ones made because the store could not be read
 * would lose it. */
static void enrol_keeps_its_keys_when_the_store_cannot_be_read(void)
{
    begin();
    char path[256];
    struct identity asked, kept;
    struct store *store = NULL;
    path_of(path, sizeof(path), "ward");
    hub_lose(hub, HUB_LOSES_RECEIPTS);
    CU_ASSERT_EQUAL(enrol_in(path, &ward_slip, 1500, &news), NG_ERR_PEER);
    hub_lose(hub, HUB_LOSES_NOTHING);
    CU_ASSERT_EQUAL_FATAL(identity_load_as(path, IDENTITY_PENDING, &asked), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_open(path, false, &store), NG_OK);
    CU_ASSERT_EQUAL(store_write(store, cut_first_statement, NULL), NG_OK);
    store_close(&store);
    CU_ASSERT_EQUAL(enrol_in(path, &ward_slip, WAIT_MS, &news), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL_FATAL(identity_load_as(path, IDENTITY_PENDING, &kept), NG_OK);
    CU_ASSERT_EQUAL(memcmp(&asked.key, &kept.key, sizeof(asked.key)), 0);
    end();
}

static void enrol_without_a_broker_is_not_reached_in_time(void)
{
    begin();
    char path[256];
    hub_stop(hub);
    path_of(path, sizeof(path), "ward");
    CU_ASSERT_EQUAL(enrol_in(path, &ward_slip, 300, &news), NG_ERR_PEER);
    end();
}

static void enrol_anew_begins_the_next_epoch_and_mutes_the_old_key(void)
{
    begin();
    char old_path[256];
    struct slip second;
    struct party *p = enrolled("ward", &ward_slip);
    party_close(&p);
    path_of(old_path, sizeof(old_path), "ward");
    hub_stop(hub);
    hub_invite(hub, "my-quoi", WIRE_ROLE_WARD, &second);
    hub_start(hub);
    p = enrolled("fresh", &second);
    CU_ASSERT_EQUAL(status_of(p).epoch, 2);
    CU_ASSERT_EQUAL(author(p, "", "new key"), 2);
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
    party_close(&p);
    CU_ASSERT_EQUAL_FATAL(party_open(old_path, &p), NG_OK);
    (void)author(p, "", "old key");
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_ERR_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "enrol again"));
    CU_ASSERT_EQUAL(status_of(p).outbox, 1);
    party_close(&p);
    /* the old folder is enrolled anew in its place: old receipts stay, a person is told what was
     * lost */
    hub_stop(hub);
    hub_invite(hub, "my-quoi", WIRE_ROLE_WARD, &second);
    hub_start(hub);
    p = enrolled("ward", &second);
    CU_ASSERT_EQUAL(status_of(p).epoch, 3);
    CU_ASSERT(status_of(p).alarm_count >= 1);
    party_close(&p);
    end();
}

/* This program's file. Not /proc/self/exe itself: under memcheck that is valgrind's. */
static char *own_program(char path[256])
{
    const ssize_t size = readlink("/proc/self/exe", path, 255);
    CU_ASSERT_FATAL(size > 0);
    path[size] = '\0';
    return path;
}

/* This program again: enrols, and stops at its k-th call to the system (0: does not). */
static int enrol_in_child(const char *path, const struct slip *slip, unsigned k)
{
    struct buf text = BUF_INIT(SLIP_TEXT_MAX);
    char program[256], mode[] = "--enrol", slip_text[SLIP_TEXT_MAX], at[16];
    char folder_text[256];
    pid_t pid = -1;
    int status = -1;
    CU_ASSERT_EQUAL_FATAL(slip_encode(slip, &text), NG_OK);
    (void)snprintf(slip_text, sizeof(slip_text), "%s", buf_text(&text));
    (void)snprintf(folder_text, sizeof(folder_text), "%s", path);
    (void)snprintf(at, sizeof(at), "%u", k);
    char *const arguments[] = {own_program(program), mode, folder_text, slip_text, at, NULL};
    CU_ASSERT_EQUAL_FATAL(posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ), 0);
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    buf_fini(&text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static enum ng_err find_second(void *context, int64_t at_ms, const char *text)
{
    bool *found = context;
    (void)at_ms;
    *found = *found || (strstr(text, "epoch 1") && strstr(text, "numbers 2 to 3"));
    return NG_OK;
}

static const struct party_draft caused = {.kind = STATEMENT_FIELD_FIRST,
                                          .payload = {(const uint8_t *)"a verdict", 9},
                                          .cause = {(const uint8_t *)"cause", 5}};

/* A ward with two statements of its first key that have no receipt, and a second slip. logged: the
 * log has them all the same. Gives the open party. */
static struct party *with_undelivered(bool logged, struct slip *second)
{
    uint64_t seq = 0;
    struct party *p = enrolled("ward", &ward_slip);
    hub_stop(hub);
    CU_ASSERT_EQUAL(author(p, "", "not delivered"), 2);
    CU_ASSERT_EQUAL(party_author(p, &caused, 1, 1, &seq), NG_OK);
    hub_start(hub);
    if (logged) {
        hub_lose(hub, HUB_LOSES_RECEIPTS);
        CU_ASSERT_EQUAL(party_send(p, 1500), NG_ERR_PEER);
        hub_lose(hub, HUB_LOSES_NOTHING);
    }
    CU_ASSERT_EQUAL(status_of(p).outbox, 2);
    hub_stop(hub);
    hub_invite(hub, "my-quoi", WIRE_ROLE_WARD, second);
    hub_start(hub);
    return p;
}

static void damage_identity(void)
{
    char file[280];
    path_of(file, sizeof(file), "ward/identity");
    CU_ASSERT_EQUAL(truncate(file, 10), 0);
}

/* The second key is there; `cause` may be said again or not; the log has so many entries, each of
 * three invites one of them. */
static void check_second_key(bool cause_free, bool alarm, uint64_t size)
{
    uint64_t seq = 99;
    bool found = false;
    char path[256];
    struct party *p = NULL;
    path_of(path, sizeof(path), "ward");
    CU_ASSERT_EQUAL_FATAL(party_open(path, &p), NG_OK);
    CU_ASSERT_EQUAL(status_of(p).epoch, 2);
    CU_ASSERT_EQUAL(party_alarms(p, find_second, &found), NG_OK);
    CU_ASSERT_EQUAL(found, alarm);
    CU_ASSERT_EQUAL(status_of(p).alarm_count, alarm ? 1 : 0);
    CU_ASSERT_EQUAL(party_author(p, &caused, 1, 1, &seq), NG_OK);
    CU_ASSERT_EQUAL(seq, cause_free ? 2 : 0);
    party_close(&p);
    hub_stop(hub);
    CU_ASSERT_EQUAL(hub_size(hub), size + 3 * (INVITER_ENTRIES - 1));
    end();
}

/* genesis, two invites, enrol, the second invite and enrol: 6, and what the first key wrote. */
static void enrol_anew_delivers_first_with_the_old_key(void)
{
    begin();
    struct slip second;
    struct party *p = with_undelivered(false, &second);
    party_close(&p);
    p = enrolled("ward", &second);
    CU_ASSERT_EQUAL(news.delivered, 2);
    CU_ASSERT_EQUAL(news.lost, 0);
    party_close(&p);
    check_second_key(false, false, 8);
}

/* The log has them, nobody here knows it, and the old key is gone: not one may be said again. */
static void enrol_anew_finds_what_the_log_has_without_the_old_identity(void)
{
    begin();
    struct slip second;
    struct party *p = with_undelivered(true, &second);
    party_close(&p);
    damage_identity();
    p = enrolled("ward", &second);
    CU_ASSERT_EQUAL(news.delivered, 2);
    CU_ASSERT_EQUAL(news.lost, 0);
    party_close(&p);
    check_second_key(false, false, 8);
}

static void enrol_anew_without_the_old_identity_says_what_was_lost(void)
{
    begin();
    struct slip second;
    struct party *p = with_undelivered(false, &second);
    party_close(&p);
    damage_identity();
    p = enrolled("ward", &second);
    CU_ASSERT_EQUAL(news.delivered, 0);
    CU_ASSERT_EQUAL(news.lost, 2);
    party_close(&p);
    check_second_key(true, true, 6);
}

/* Another process still has the folder open with the identity of before. */
static void enrol_anew_stops_an_open_outbox(void)
{
    begin();
    char path[256];
    uint64_t seq = 0;
    struct slip second;
    const struct party_draft late = {.kind = STATEMENT_FIELD_FIRST, .payload = caused.payload};
    struct party *old = with_undelivered(false, &second);
    path_of(path, sizeof(path), "ward");
    CU_ASSERT_EQUAL(enrol_in_child(path, &second, 0), 0);
    CU_ASSERT_EQUAL(party_author(old, &late, 1, 1, &seq), NG_ERR_REFUSED);
    party_close(&old);
    check_second_key(false, false, 8);
}

static void copy_file(const char *from, const char *to)
{
    char path[256];
    struct buf bytes = BUF_INIT((size_t)64 << 20);
    path_of(path, sizeof(path), from);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &bytes), NG_OK);
    path_of(path, sizeof(path), to);
    CU_ASSERT_EQUAL_FATAL(file_write(path, bytes.data, bytes.size, 0600), NG_OK);
    buf_fini(&bytes);
}

/* A copy of the folder went on alone: the log has more of this key than the old folder wrote. Not
 * one of its own may get there under a number of the copy's, which would be evidence of a fork. */
static void enrol_anew_over_an_old_copy_sends_nothing_with_its_key(void)
{
    begin();
    char path[256];
    struct slip second;
    struct party *p = enrolled("ward", &ward_slip);
    party_close(&p);
    path_of(path, sizeof(path), "copy/party");
    CU_ASSERT_EQUAL_FATAL(file_make_folder(path), NG_OK);
    copy_file("ward/identity", "copy/identity");
    copy_file("ward/party/data.mdb", "copy/party/data.mdb");
    path_of(path, sizeof(path), "copy");
    CU_ASSERT_EQUAL_FATAL(party_open(path, &p), NG_OK);
    for (int i = 0; i < 3; i++) {
        (void)author(p, "", "the copy's");
    }
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
    party_close(&p);
    hub_stop(hub);
    path_of(path, sizeof(path), "ward");
    CU_ASSERT_EQUAL_FATAL(party_open(path, &p), NG_OK);
    (void)author(p, "", "the old folder's");
    (void)author(p, "", "the old folder's");
    party_close(&p);
    hub_invite(hub, "my-quoi", WIRE_ROLE_WARD, &second);
    hub_start(hub);
    p = enrolled("ward", &second);
    CU_ASSERT_EQUAL(news.delivered, 0);
    CU_ASSERT_EQUAL(news.lost, 2);
    party_close(&p);
    check_second_key(true, true, 9);
}

#define STOPS_MAX 150

static void enrol_goes_on_wherever_it_was_stopped(void)
{
    static struct slip slips[STOPS_MAX];
    begin();
    hub_stop(hub);
    const uint64_t size_before = hub_size(hub);
    for (unsigned k = 1; k < STOPS_MAX; k++) {
        char code[16];
        (void)snprintf(code, sizeof(code), "unit%u", k);
        hub_invite(hub, code, WIRE_ROLE_WARD, &slips[k]);
    }
    hub_start(hub);
    unsigned enrolled_count = 0;
    for (unsigned k = 1; k < STOPS_MAX; k++) {
        char path[256];
        path_of(path, sizeof(path), slips[k].party.text);
        const int first = enrol_in_child(path, &slips[k], k);
        CU_ASSERT(first == FAULT_STOPPED || first == 0);
        CU_ASSERT_EQUAL(enrol_in_child(path, &slips[k], 0), 0);
        enrolled_count++;
        if (first == 0) {
            break;
        }
    }
    CU_ASSERT(enrolled_count > 10 && enrolled_count < STOPS_MAX - 1);
    hub_stop(hub);
    CU_ASSERT_EQUAL(hub_size(hub),
                    size_before + (STOPS_MAX - 1) * INVITER_ENTRIES + enrolled_count);
    end();
}

/* The same with statements of an earlier key about: whatever was done before the stop, they end in
 * the log, each once. */
static void enrol_anew_goes_on_wherever_it_was_stopped(void)
{
    begin();
    char path[256];
    unsigned stopped = 0;
    path_of(path, sizeof(path), "ward");
    struct party *p = enrolled("ward", &ward_slip);
    for (unsigned k = 1; k < STOPS_MAX; k++) {
        struct slip next;
        const uint64_t before = status_of(p).authored;
        (void)author(p, "", "one");
        (void)author(p, "", "two");
        party_close(&p);
        hub_stop(hub);
        const uint64_t size = hub_size(hub);
        hub_invite(hub, "my-quoi", WIRE_ROLE_WARD, &next);
        hub_start(hub);
        const int first = enrol_in_child(path, &next, k);
        CU_ASSERT(first == FAULT_STOPPED || first == 0);
        p = enrolled("ward", &next);
        CU_ASSERT_EQUAL(before, 1);
        CU_ASSERT_EQUAL(status_of(p).alarm_count, 0);
        hub_stop(hub);
        CU_ASSERT_EQUAL(hub_size(hub), size + INVITER_ENTRIES + 3); /* two statements, enrol */
        hub_start(hub);
        if (first == 0) {
            break;
        }
        stopped++;
    }
    CU_ASSERT(stopped > 15 && stopped < STOPS_MAX - 1);
    party_close(&p);
    end();
}

/* ---- Sending ---- */

static void send_delivers_all_and_reads_the_inbox(void)
{
    begin();
    struct party *ward = enrolled("ward", &ward_slip), *office = enrolled("office", &office_slip);
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    uint64_t index = 0;
    for (int i = 0; i < 150; i++) { /* more than one Submit, more than the credit */
        (void)author(ward, "", "a report");
    }
    CU_ASSERT_EQUAL(party_send(ward, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(status_of(ward).delivered, 151);
    const uint64_t seen = status_of(ward).inbox_next;
    (void)author(office, "my-quoi", "a verdict");
    (void)author(office, "*", "a rule");
    CU_ASSERT_EQUAL(party_send(office, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(party_send(ward, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(party_inbox_next(ward, seen, &index, &leaf), NG_OK);
    CU_ASSERT_EQUAL(party_inbox_next(ward, index + 1, &index, &leaf), NG_OK);
    CU_ASSERT_EQUAL(party_inbox_next(ward, index + 1, &index, &leaf), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(status_of(ward).last_index, status_of(ward).head.size - 1);
    buf_fini(&leaf);
    party_close(&ward);
    party_close(&office);
    end();
}

static void send_without_a_broker_keeps_all_safe_and_sends_it_later(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    hub_stop(hub);
    (void)author(p, "", "a report");
    CU_ASSERT_EQUAL(party_send(p, 500), NG_ERR_PEER);
    CU_ASSERT_EQUAL(status_of(p).outbox, 1);
    hub_start(hub);
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(status_of(p).outbox, 0);
    CU_ASSERT_EQUAL(status_of(p).alarm_count, 0);
    party_close(&p);
    end();
}

struct log_copy {
    struct tree_edge edge;
    size_t leaves;
    uint64_t until;
};

static enum ng_err log_position(void *context, struct tree_edge *ret_edge)
{
    const struct log_copy *c = context;
    *ret_edge = c->edge;
    return NG_OK;
}

static enum ng_err log_apply(void *context, const struct bytes *leaves, size_t count,
                             const struct tree_edge *edge_after, const struct note_head *head)
{
    struct log_copy *c = context;
    struct leaf leaf;
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(leaf_decode(leaves[i], &leaf), NG_OK);
        CU_ASSERT_EQUAL(leaf.index, c->leaves++);
    }
    CU_ASSERT_EQUAL(edge_after->size, c->leaves);
    CU_ASSERT(head->size >= edge_after->size);
    c->edge = *edge_after;
    return NG_OK;
}

static bool log_done(void *context)
{
    const struct log_copy *c = context;
    return c->leaves >= c->until;
}

static void run_feeds_a_log_reader_with_proved_leaves(void)
{
    begin();
    struct party *ward = enrolled("ward", &ward_slip), *office = enrolled("office", &office_slip);
    char text[400];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    for (int i = 0; i < 300; i++) { /* more than one Entries frame */
        (void)author(ward, "", text);
    }
    CU_ASSERT_EQUAL(party_send(ward, WAIT_MS), NG_OK);
    struct log_copy copy = {.until = status_of(ward).head.size};
    const struct party_reader reader = {&copy, log_position, log_apply, NULL};
    const struct party_run run = {.reader = &reader,
                                  .timeout_ms = WAIT_MS,
                                  .stop_fd = -1,
                                  .done = log_done,
                                  .done_context = &copy};
    CU_ASSERT_EQUAL(party_run(office, &run), NG_OK);
    const struct hash root = tree_edge_root(&copy.edge);
    const struct party_status s = status_of(office);
    CU_ASSERT_EQUAL(copy.edge.size, s.head.size);
    CU_ASSERT_TRUE(hash_equal(&root, &s.head.root));
    CU_ASSERT_EQUAL(s.last_index, s.head.size - 1);
    party_close(&ward);
    party_close(&office);
    end();
}

static enum ng_err no_position(void *context, struct tree_edge *ret_edge)
{
    (void)context;
    *ret_edge = (struct tree_edge){.size = 0};
    return NG_OK;
}

/* A reader that knows the log's rules, and finds its leaf 2 to be against them. */
static enum ng_err log_refuse(void *context, const struct bytes *leaves, size_t count,
                              const struct tree_edge *edge_after, const struct note_head *head)
{
    (void)context;
    (void)leaves;
    (void)edge_after;
    (void)head;
    CU_ASSERT_TRUE_FATAL(count > 2);
    return err_set(NG_ERR_VERIFY, "leaf 2 breaks a rule");
}

static size_t log_accused(void *context)
{
    return *(const size_t *)context;
}

static void check_accusation(struct party *p, uint64_t head_size)
{
    struct buf text = BUF_INIT(ALARM_TEXT_MAX), evidence = BUF_INIT(ALARM_EVIDENCE_MAX);
    struct party_alarm a;
    struct leaf leaf;
    CU_ASSERT_EQUAL_FATAL(party_alarm_get(p, 1, &a, &text, &evidence), NG_OK);
    CU_ASSERT_STRING_EQUAL(a.text, "leaf 2 breaks a rule");
    char origin_and_size[200];
    (void)snprintf(origin_and_size, sizeof(origin_and_size), "%s\n%llu\n",
                   party_identity(p)->origin, (unsigned long long)head_size);
    CU_ASSERT_TRUE_FATAL(evidence.size > strlen(origin_and_size));
    CU_ASSERT_EQUAL(memcmp(evidence.data, origin_and_size, strlen(origin_and_size)), 0);
    /* The note's last line ends; behind it is the leaf. */
    const uint8_t *sign = memmem(evidence.data, evidence.size, "\n\n", 2);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sign);
    const size_t at = (size_t)(sign + 2 - evidence.data);
    const uint8_t *end_of_note = memchr(evidence.data + at, '\n', evidence.size - at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(end_of_note);
    const size_t begins = (size_t)(end_of_note + 1 - evidence.data);
    CU_ASSERT_EQUAL_FATAL(
        leaf_decode((struct bytes){evidence.data + begins, evidence.size - begins}, &leaf), NG_OK);
    CU_ASSERT_EQUAL(leaf.index, 2);
    buf_fini(&text);
    buf_fini(&evidence);
}

/* Not by a new connection: the reader would be given the same again. */
static void run_ends_with_an_alarm_when_its_reader_accuses_the_broker(void)
{
    begin();
    struct party *ward = enrolled("ward", &ward_slip), *office = enrolled("office", &office_slip);
    (void)author(ward, "", "text");
    CU_ASSERT_EQUAL(party_send(ward, WAIT_MS), NG_OK);
    const uint64_t size = status_of(ward).head.size;
    size_t accused = SIZE_MAX; /* the reader's own trouble is nobody's fault */
    const struct party_reader reader = {&accused, no_position, log_refuse, log_accused};
    const struct party_run run = {.reader = &reader, .timeout_ms = WAIT_MS, .stop_fd = -1};
    CU_ASSERT_EQUAL(party_run(office, &run), NG_ERR_VERIFY);
    CU_ASSERT_EQUAL(status_of(office).alarm_count, 0);
    accused = 2;
    CU_ASSERT_EQUAL(party_run(office, &run), NG_ERR_VERIFY);
    CU_ASSERT_STRING_EQUAL(err_detail(), "leaf 2 breaks a rule");
    CU_ASSERT_EQUAL(status_of(office).alarm_count, 1);
    check_accusation(office, size);
    party_close(&ward);
    party_close(&office);
    end();
}

static void run_stops_when_its_descriptor_is_readable(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    int fds[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(fds, O_CLOEXEC), 0);
    (void)close(fds[1]);
    const struct party_run run = {.timeout_ms = WAIT_MS, .stop_fd = fds[0]};
    CU_ASSERT_EQUAL(party_run(p, &run), NG_OK);
    (void)close(fds[0]);
    party_close(&p);
    end();
}

static bool asked_often(void *context)
{
    unsigned *left = context;
    return --*left == 0;
}

static int64_t soon(void *context)
{
    (void)context;
    return 1;
}

/* Nothing comes: at once a second it would not be asked often enough in this time. */
static void run_asks_as_soon_as_it_was_told(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    unsigned left = 100;
    const struct party_run run = {.timeout_ms = 30000,
                                  .stop_fd = -1,
                                  .done = asked_often,
                                  .done_context = &left,
                                  .done_ms = soon};
    CU_ASSERT_EQUAL(party_run(p, &run), NG_OK);
    party_close(&p);
    end();
}

/* ---- Several processes ---- */

struct child {
    pid_t pid;
    int input;
};

/* This program again as the holder of the uplink; gives back when it has said "ready". */
static struct child start_service(const char *name)
{
    char path[256], byte = 0;
    int input[2], output[2];
    struct child c = {-1, -1};
    posix_spawn_file_actions_t actions;
    path_of(path, sizeof(path), name);
    CU_ASSERT_EQUAL_FATAL(pipe2(input, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(output, O_CLOEXEC), 0);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    (void)posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    char program[256], serve[] = "--serve";
    char *const arguments[] = {own_program(program), serve, path, NULL};
    CU_ASSERT_EQUAL_FATAL(posix_spawn(&c.pid, arguments[0], &actions, NULL, arguments, environ), 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(input[0]);
    (void)close(output[1]);
    c.input = input[1];
    struct pollfd polled = {.fd = output[0], .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&polled, 1, WAIT_MS), 1);
    CU_ASSERT_EQUAL(read(output[0], &byte, 1), 1);
    (void)close(output[0]);
    return c;
}

static void stop_service(struct child *c)
{
    int status = -1;
    (void)close(c->input);
    CU_ASSERT_EQUAL(waitpid(c->pid, &status, 0), c->pid);
    CU_ASSERT_EQUAL(status, 0);
}

static void send_goes_through_the_process_that_holds_the_uplink(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip), *office = enrolled("office", &office_slip);
    struct child service = start_service("ward");
    const struct party_run run = {.timeout_ms = 0, .stop_fd = -1};
    CU_ASSERT_EQUAL(party_run(p, &run), NG_ERR_BUSY);
    for (int i = 0; i < 5; i++) {
        const struct mono start = clock_mono();
        const uint64_t seq = author(p, "", "a report");
        CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
        CU_ASSERT_EQUAL(status_of(p).delivered, seq);
        CU_ASSERT(clock_between_ms(start, clock_mono()) < 5000); /* no waiting for a parked Fetch */
    }
    (void)author(office, "my-quoi", "a verdict");
    CU_ASSERT_EQUAL(party_send(office, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
    CU_ASSERT(status_of(p).inbox_next >= status_of(office).head.size);
    stop_service(&service);
    party_close(&p);
    party_close(&office);
    end();
}

static void send_takes_the_uplink_over_when_its_holder_is_killed(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    struct child service = start_service("ward");
    int status = 0;
    const uint64_t seq = author(p, "", "a report");
    CU_ASSERT_EQUAL(kill(service.pid, SIGKILL), 0);
    CU_ASSERT_EQUAL(waitpid(service.pid, &status, 0), service.pid);
    (void)close(service.input);
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(status_of(p).delivered, seq);
    party_close(&p);
    end();
}

static void run_reconnects_by_itself_after_the_broker_was_away(void)
{
    begin();
    struct party *p = enrolled("ward", &ward_slip);
    struct child service = start_service("ward");
    hub_stop(hub);
    const uint64_t seq = author(p, "", "a report");
    hub_start(hub);
    CU_ASSERT_EQUAL(party_send(p, WAIT_MS), NG_OK);
    CU_ASSERT_EQUAL(status_of(p).delivered, seq);
    CU_ASSERT_EQUAL(status_of(p).alarm_count, 0);
    stop_service(&service);
    party_close(&p);
    end();
}

static void say_ready(void *context)
{
    (void)context;
    (void)!write(STDOUT_FILENO, "r", 1);
}

static int serve(const char *path)
{
    struct party *p = NULL;
    const struct party_run run = {.timeout_ms = -1, .stop_fd = STDIN_FILENO, .ready = say_ready};
    enum ng_err e = party_open(path, &p);
    if (e == NG_OK) {
        e = party_run(p, &run);
    }
    if (e != NG_OK) {
        (void)fprintf(stderr, "serve: %s\n", err_explain(e));
    }
    party_close(&p);
    return e == NG_OK ? 0 : 1;
}

static int enrol(const char *path, const char *slip_text, unsigned k)
{
    struct slip slip;
    enum ng_err e = slip_decode(slip_text, &slip);
    if (k > 0) {
        fault_set(FAULT_WRITE | FAULT_SYNC | FAULT_RENAME | FAULT_FOLDER, k, FAULT_STOP, false);
    }
    e = e == NG_OK ? enrol_in(path, &slip, WAIT_MS, &news) : e;
    if (e != NG_OK) {
        (void)fprintf(stderr, "enrol: %s\n", err_explain(e));
    }
    return e == NG_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(enrol_makes_a_party_with_its_statement_in_the_log),
        TEST_CASE(enrol_again_with_the_same_slip_changes_nothing),
        TEST_CASE(enrol_refuses_a_used_slip_elsewhere_and_another_units_folder),
        TEST_CASE(enrol_goes_on_when_the_statement_never_arrived),
        TEST_CASE(enrol_goes_on_when_the_receipt_was_lost_and_the_slip_is_used),
        TEST_CASE(enrol_keeps_its_keys_when_the_store_cannot_be_read),
        TEST_CASE(enrol_without_a_broker_is_not_reached_in_time),
        TEST_CASE(enrol_anew_begins_the_next_epoch_and_mutes_the_old_key),
        TEST_CASE(enrol_anew_delivers_first_with_the_old_key),
        TEST_CASE(enrol_anew_finds_what_the_log_has_without_the_old_identity),
        TEST_CASE(enrol_anew_without_the_old_identity_says_what_was_lost),
        TEST_CASE(enrol_anew_stops_an_open_outbox),
        TEST_CASE(enrol_anew_over_an_old_copy_sends_nothing_with_its_key),
        TEST_CASE(enrol_anew_goes_on_wherever_it_was_stopped),
        TEST_CASE(enrol_goes_on_wherever_it_was_stopped),
        TEST_CASE(send_delivers_all_and_reads_the_inbox),
        TEST_CASE(send_without_a_broker_keeps_all_safe_and_sends_it_later),
        TEST_CASE(run_feeds_a_log_reader_with_proved_leaves),
        TEST_CASE(run_ends_with_an_alarm_when_its_reader_accuses_the_broker),
        TEST_CASE(run_stops_when_its_descriptor_is_readable),
        TEST_CASE(run_asks_as_soon_as_it_was_told),
        TEST_CASE(send_goes_through_the_process_that_holds_the_uplink),
        TEST_CASE(send_takes_the_uplink_over_when_its_holder_is_killed),
        TEST_CASE(run_reconnects_by_itself_after_the_broker_was_away),
        {NULL, NULL}};
    log_init("test_party_run", LOG_ERROR + 1);
    if (argc == 3 && strcmp(argv[1], "--serve") == 0) {
        return serve(argv[2]);
    }
    if (argc == 5 && strcmp(argv[1], "--enrol") == 0) {
        return enrol(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10));
    }
    return test_main("party_run", cases, argc, argv);
}
