/* Goal: what is authored is numbered, chained, signed and kept once, whoever writes and whatever
 * stops them; receipts move the mark only when no one before them is missing.
 *
 * Method: a party's store in a folder of our own. Several processes are several children of this
 * program, killed while they write. */
#include "harness.h"

#include "base/bytes.h"
#include "base/day.h"
#include "party/alarm.h"
#include "party/heartbeat.h"
#include "party/keep.h"
#include "party/leave.h"
#include "party/outbox.h"
#include "party/overdue.h"
#include "party/tables.h"
#include "party/uplink.h"
#include "party/wake.h"
#include "proto/wire_queue.h"

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static char folder[200];
static struct identity id;
static struct party *party;

static void open_again(void)
{
    party_close(&party);
    CU_ASSERT_EQUAL_FATAL(party_open(folder, &party), NG_OK);
}

static void begin(void)
{
    struct store *store = NULL;
    struct key_pair log;
    uint8_t seed[32] = {1};
    test_folder(folder, sizeof(folder));
    key_from_seed(seed, &log);
    id = (struct identity){.party = {"my-quoi"},
                           .epoch = 1,
                           .origin = "nganam.example/log",
                           .endpoint = "tcp://127.0.0.1:5570",
                           .log_key = log.public_key};
    statement_log_id(id.origin, id.log_id);
    identity_new_keys(&id);
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    CU_ASSERT_EQUAL_FATAL(tables_open(folder, true, &store), NG_OK);
    store_close(&store);
    open_again();
}

static void end(void)
{
    party_close(&party);
    test_remove_folder(folder);
}

static struct party_draft draft(const char *to, const char *payload, const char *cause)
{
    struct party_draft d = {.kind = STATEMENT_FIELD_FIRST,
                            .payload = {(const uint8_t *)payload, strlen(payload)},
                            .cause = {(const uint8_t *)cause, strlen(cause)}};
    (void)snprintf(d.to.text, sizeof(d.to.text), "%s", to);
    return d;
}

static enum ng_err author(const struct party_draft *d, uint64_t *ret_seq)
{
    return party_author(party, d, 1, 1795000000000, ret_seq);
}

static uint64_t write_one(const char *to, const char *payload)
{
    const struct party_draft d = draft(to, payload, "");
    uint64_t seq = 0;
    CU_ASSERT_EQUAL(author(&d, &seq), NG_OK);
    return seq;
}

static struct party_status status(void)
{
    struct party_status s = {0};
    CU_ASSERT_EQUAL(party_status(party, &s), NG_OK);
    return s;
}

/* Every statement from 1 on: decodes, is signed by our key, follows the one before. */
static uint64_t check_chain(void)
{
    struct hash prev = {{0}};
    struct store_txn *t = NULL;
    uint64_t seq = 0;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(party), &t), NG_OK);
    for (;;) {
        struct bytes bytes, signature;
        struct statement s;
        if (outbox_get(t, id.epoch, seq + 1, &bytes, &signature) != NG_OK) {
            break;
        }
        seq++;
        CU_ASSERT_EQUAL_FATAL(statement_decode(bytes, &s), NG_OK);
        CU_ASSERT_TRUE(key_verify(&id.key.public_key, bytes, signature.data));
        CU_ASSERT_EQUAL(s.seq, seq);
        CU_ASSERT_EQUAL(s.epoch, id.epoch);
        CU_ASSERT_STRING_EQUAL(s.author.text, "my-quoi");
        CU_ASSERT_EQUAL(memcmp(s.log_id, id.log_id, LOG_ID_SIZE), 0);
        CU_ASSERT_TRUE(hash_equal(&s.prev, &prev));
        prev = statement_hash(bytes);
    }
    store_end_read(&t);
    return seq;
}

static void get_statement(uint64_t seq, struct buf *bytes, struct statement *ret)
{
    struct party_own own;
    CU_ASSERT_EQUAL_FATAL(party_own_get(party, seq, &own, bytes, NULL), NG_OK);
    CU_ASSERT_EQUAL_FATAL(statement_decode(buf_bytes(bytes), ret), NG_OK);
}

static void outbox_numbers_chains_and_signs(void)
{
    begin();
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(write_one("", "a report"), (uint64_t)i + 1);
    }
    open_again();
    CU_ASSERT_EQUAL(write_one("", "a report"), 6);
    CU_ASSERT_EQUAL(check_chain(), 6);
    CU_ASSERT_EQUAL(status().outbox, 6);
    end();
}

static void outbox_writes_all_of_a_batch_or_nothing(void)
{
    begin();
    static uint8_t large[STATEMENT_SIZE_MAX];
    struct party_draft drafts[3] = {draft("", "one", ""), draft("", "two", ""), draft("", "", "")};
    uint64_t seqs[3] = {0};
    drafts[2].payload = (struct bytes){large, STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE + 1};
    CU_ASSERT_EQUAL(party_author(party, drafts, 3, 1, seqs), NG_ERR_LIMIT);
    CU_ASSERT_EQUAL(status().authored, 0);
    drafts[2].payload.size--;
    CU_ASSERT_EQUAL(party_author(party, drafts, 3, 1, seqs), NG_OK);
    CU_ASSERT_EQUAL(seqs[0] + seqs[1] + seqs[2], 6);
    CU_ASSERT_EQUAL(check_chain(), 3);
    end();
}

/* Signs as a person would: where the statement will stand is said, and so is all he signs. */
static enum ng_err put_place(void *context, const struct statement *place, struct buf *payload)
{
    CU_ASSERT_EQUAL(memcmp(place->log_id, id.log_id, LOG_ID_SIZE), 0);
    CU_ASSERT_STRING_EQUAL(place->author.text, "my-quoi");
    CU_ASSERT_STRING_EQUAL(place->to.text, "*");
    CU_ASSERT_EQUAL(place->epoch, id.epoch);
    CU_ASSERT_EQUAL(place->kind, STATEMENT_FIELD_FIRST);
    return buf_printf(payload, "%s%llu", (const char *)context, (unsigned long long)place->seq);
}

static enum ng_err put_nothing(void *context, const struct statement *place, struct buf *payload)
{
    (void)context;
    (void)place;
    (void)payload;
    return err_set(NG_ERR_LIMIT, "no");
}

static void outbox_ends_a_payload_when_its_place_is_known(void)
{
    begin();
    struct party_draft drafts[2] = {draft("*", "\x0a\x01x", ""), draft("*", "\x0a\x01x", "")};
    static char text[] = "by an, at ";
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seqs[2];
    for (size_t i = 0; i < 2; i++) {
        drafts[i].finish = put_place;
        drafts[i].finish_context = text;
    }
    CU_ASSERT_EQUAL_FATAL(party_author(party, drafts, 2, 1, seqs), NG_OK);
    for (uint64_t seq = 1; seq <= 2; seq++) {
        struct statement s;
        char want[40];
        /* to_seq stands before it: 3, a varint. */
        const int size =
            snprintf(want, sizeof(want), "\x0a\x01x\x18%cby an, at %d", (char)seq, (int)seq);
        buf_clear(&bytes);
        get_statement(seq, &bytes, &s);
        CU_ASSERT_EQUAL_FATAL(s.payload.size, (size_t)size);
        CU_ASSERT_EQUAL(memcmp(s.payload.data, want, (size_t)size), 0);
    }
    drafts[1].finish = put_nothing;
    CU_ASSERT_EQUAL(party_author(party, drafts, 2, 1, seqs), NG_ERR_LIMIT);
    CU_ASSERT_EQUAL(check_chain(), 2);
    buf_fini(&bytes);
    end();
}

static void outbox_writes_a_cause_once_for_ever(void)
{
    begin();
    const struct party_draft d = draft("", "a verdict", "verdict 17");
    uint64_t seq = 99;
    CU_ASSERT_EQUAL(author(&d, &seq), NG_OK);
    CU_ASSERT_EQUAL(seq, 1);
    open_again();
    CU_ASSERT_EQUAL(author(&d, &seq), NG_OK);
    CU_ASSERT_EQUAL(seq, 0);
    CU_ASSERT_EQUAL(status().authored, 1);
    char long_cause[OUTBOX_CAUSE_MAX + 2];
    memset(long_cause, 'c', sizeof(long_cause));
    long_cause[OUTBOX_CAUSE_MAX + 1] = 0;
    const struct party_draft too_long = draft("", "x", long_cause);
    CU_ASSERT_EQUAL(author(&too_long, &seq), NG_ERR_INPUT);
    end();
}

static void outbox_counts_what_goes_to_one_party_or_everyone_in_field_3(void)
{
    begin();
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct statement s;
    for (uint64_t i = 1; i <= 200; i++) {
        const uint64_t seq = write_one("phuong1", "pay");
        get_statement(seq, &bytes, &s);
        CU_ASSERT_EQUAL(memcmp(s.payload.data, "pay\x18", 4), 0);
        const uint64_t low = s.payload.data[4] & 0x7F;
        const uint64_t high = s.payload.size == 6 ? s.payload.data[5] : 0;
        CU_ASSERT_EQUAL(s.payload.size, i < 128 ? 5 : 6);
        CU_ASSERT_EQUAL(low + 128 * high, i);
    }
    get_statement(write_one("vinh.bien", "pay"), &bytes, &s);
    CU_ASSERT_EQUAL(s.payload.data[4], 1);
    get_statement(write_one("*", "pay"), &bytes, &s);
    CU_ASSERT_EQUAL(s.payload.data[4], 1);
    get_statement(write_one("", "pay"), &bytes, &s);
    CU_ASSERT_EQUAL(s.payload.size, 3);
    struct party_draft registry = draft("phuong1", "pay", "");
    uint64_t seq = 0;
    registry.kind = STATEMENT_ENROL;
    CU_ASSERT_EQUAL(author(&registry, &seq), NG_OK);
    get_statement(seq, &bytes, &s);
    CU_ASSERT_EQUAL(s.payload.size, 3);
    buf_fini(&bytes);
    end();
}

static void outbox_says_what_head_was_seen(void)
{
    begin();
    struct key_pair log;
    uint8_t seed[32] = {1};
    struct note_head head = {.origin = "nganam.example/log", .size = 77};
    struct buf note = BUF_INIT(NOTE_SIZE_MAX), bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct statement s;
    key_from_seed(seed, &log);
    memset(head.root.bytes, 0xAB, HASH_SIZE);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &log, &note), NG_OK);
    get_statement(write_one("", "before"), &bytes, &s);
    CU_ASSERT_EQUAL(s.seen_size, 0);
    const struct log_keys keys = log_keys_of(&log.public_key);
    struct keep k = {.identity = &id, .wall_ms = 1, .keys = &keys, .head = buf_bytes(&note)};
    CU_ASSERT_EQUAL_FATAL(keep_commit(party_store(party), &k), NG_OK);
    get_statement(write_one("", "after"), &bytes, &s);
    CU_ASSERT_EQUAL(s.seen_size, 77);
    CU_ASSERT_TRUE(hash_equal(&s.seen_root, &head.root));
    CU_ASSERT_EQUAL(status().head.size, 77);
    const struct party_draft two[] = {draft("", "one", ""), draft("", "two", "")};
    uint64_t seqs[2];
    CU_ASSERT_EQUAL_FATAL(party_author(party, two, 2, 1, seqs), NG_OK);
    get_statement(seqs[1], &bytes, &s);
    CU_ASSERT_EQUAL(s.seen_size, 77);
    CU_ASSERT_TRUE(hash_equal(&s.seen_root, &head.root));
    buf_fini(&note);
    buf_fini(&bytes);
    end();
}

static void keep_receipt(uint64_t seq)
{
    struct keep_receipt r = {.seq = seq, .receipt = {.index = 100 + seq}, .text_size = 4};
    struct keep k = {.identity = &id,
                     .wall_ms = 1,
                     .receipts = &r,
                     .receipt_count = 1,
                     .texts = {(const uint8_t *)"text", 4}};
    CU_ASSERT_EQUAL(keep_commit(party_store(party), &k), NG_OK);
}

static void outbox_mark_moves_over_receipts_without_a_gap(void)
{
    begin();
    struct party_own own;
    struct buf text = BUF_INIT(64);
    for (int i = 0; i < 5; i++) {
        (void)write_one("", "a report");
    }
    keep_receipt(2);
    keep_receipt(4);
    CU_ASSERT_EQUAL(status().delivered, 0);
    keep_receipt(1);
    CU_ASSERT_EQUAL(status().delivered, 2);
    keep_receipt(3);
    CU_ASSERT_EQUAL(status().delivered, 4);
    CU_ASSERT_EQUAL(status().outbox, 1);
    CU_ASSERT_EQUAL(party_own_get(party, 3, &own, NULL, &text), NG_OK);
    CU_ASSERT(own.delivered && own.index == 103);
    CU_ASSERT_STRING_EQUAL(buf_text(&text), "text");
    CU_ASSERT_EQUAL(party_own_get(party, 5, &own, NULL, &text), NG_OK);
    CU_ASSERT_FALSE(own.delivered);
    CU_ASSERT_EQUAL(text.size, 0);
    CU_ASSERT_EQUAL(party_own_get(party, 6, &own, NULL, NULL), NG_ERR_NOT_FOUND);
    buf_fini(&text);
    end();
}

static enum ng_err mute(struct store_txn *t, void *context)
{
    (void)context;
    return outbox_set_mute(t, id.epoch, UPLINK_STOPPED);
}

static void outbox_of_a_muted_party_takes_nothing(void)
{
    begin();
    const struct party_draft d = draft("", "a report", "");
    uint64_t seq = 0;
    (void)write_one("", "a report");
    CU_ASSERT_EQUAL(store_write(party_store(party), mute, NULL), NG_OK);
    CU_ASSERT_EQUAL(author(&d, &seq), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(status().authored, 1);
    end();
}

static enum ng_err leave_epoch(struct store_txn *t, void *context)
{
    return outbox_release_causes(t, 1, context);
}

static enum ng_err forget_epoch(struct store_txn *t, void *context)
{
    const uint32_t *epoch = context;
    return outbox_forget_epoch(t, *epoch);
}

static void outbox_of_a_new_epoch_begins_at_one_and_keeps_the_old_receipts(void)
{
    begin();
    static const char *const causes[] = {"cause 1", "cause 2", "cause 3", "cause 4"};
    uint64_t seq = 0, undelivered = 0;
    for (int i = 0; i < 4; i++) {
        const struct party_draft d = draft("", "a verdict", causes[i]);
        CU_ASSERT_EQUAL(author(&d, &seq), NG_OK);
    }
    keep_receipt(1);
    keep_receipt(2);
    CU_ASSERT_EQUAL(store_write(party_store(party), leave_epoch, &undelivered), NG_OK);
    CU_ASSERT_EQUAL(undelivered, 2);
    id.epoch = 2;
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    open_again();
    CU_ASSERT_EQUAL(status().authored, 0);
    for (int i = 0; i < 4; i++) { /* what was not delivered may be said again, once */
        const struct party_draft d = draft("", "a verdict", causes[i]);
        CU_ASSERT_EQUAL(author(&d, &seq), NG_OK);
        CU_ASSERT_EQUAL(seq, i < 2 ? 0 : (uint64_t)i - 1);
    }
    CU_ASSERT_EQUAL(check_chain(), 2);
    struct store_txn *t = NULL;
    uint64_t index = 0, received_at = 0;
    struct bytes text;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(party), &t), NG_OK);
    CU_ASSERT_EQUAL(outbox_receipt(t, 1, 2, &index, &received_at, &text), NG_OK);
    CU_ASSERT_EQUAL(index, 102);
    store_end_read(&t);
    uint32_t epoch = 1;
    CU_ASSERT_EQUAL(store_write(party_store(party), forget_epoch, &epoch), NG_ERR_REFUSED);
    epoch = 2;
    CU_ASSERT_EQUAL(store_write(party_store(party), forget_epoch, &epoch), NG_OK);
    CU_ASSERT_EQUAL(status().authored, 0);
    end();
}

static enum ng_err leave_first_epoch(struct store_txn *t, void *context)
{
    (void)context;
    return tables_put_u64(t, TABLES_LEFT_EPOCH, 1);
}

static void outbox_of_an_identity_that_was_replaced_meanwhile_takes_nothing(void)
{
    begin();
    const struct party_draft d = draft("", "a report", "");
    uint64_t seq = 0;
    CU_ASSERT_EQUAL(store_write(party_store(party), leave_first_epoch, NULL), NG_OK);
    CU_ASSERT_EQUAL(author(&d, &seq), NG_ERR_REFUSED); /* loaded before, epoch 1 */
    CU_ASSERT_EQUAL(status().authored, 0);
    id.epoch = 2;
    CU_ASSERT_EQUAL_FATAL(identity_save(folder, &id), NG_OK);
    open_again();
    CU_ASSERT_EQUAL(author(&d, &seq), NG_OK);
    end();
}

/* ---- Several processes ---- */

static void write_for_ever(void)
{
    struct party *p = NULL;
    const struct party_draft d = draft("", "a report", "");
    uint64_t seq = 0;
    if (party_open(folder, &p) != NG_OK) {
        _exit(2);
    }
    while (party_author(p, &d, 1, 1, &seq) == NG_OK) {
        continue;
    }
    _exit(4);
}

static void outbox_shared_by_processes_that_are_killed_has_no_gap(void)
{
    begin();
    party_close(&party);
    uint64_t before = 0;
    for (int round = 0; round < 8; round++) {
        pid_t children[3];
        for (int i = 0; i < 3; i++) {
            children[i] = fork();
            if (children[i] == 0) {
                write_for_ever();
            }
        }
        CU_ASSERT_EQUAL_FATAL(party_open(folder, &party), NG_OK);
        for (int tries = 0; tries < 5000 && status().authored < before + 20; tries++) {
            (void)poll(NULL, 0, 2);
        }
        for (int i = 0; i < 3; i++) {
            CU_ASSERT_EQUAL(kill(children[i], SIGKILL), 0);
            CU_ASSERT_EQUAL(waitpid(children[i], NULL, 0), children[i]);
        }
        const uint64_t after = status().authored;
        CU_ASSERT(after >= before + 20);
        CU_ASSERT_EQUAL(check_chain(), after);
        before = after;
        party_close(&party);
    }
    end();
}

/* ---- Alarms, wake ---- */

struct alarm_work {
    const char *text;
    bool added;
};

static enum ng_err add_alarm(struct store_txn *t, void *context)
{
    struct alarm_work *w = context;
    return alarm_add(t, 5, w->text, (struct bytes){(const uint8_t *)"proof", 5}, &w->added);
}

static enum ng_err count_alarm(void *context, int64_t at_ms, const char *text)
{
    unsigned *count = context;
    CU_ASSERT_EQUAL(at_ms, 5);
    CU_ASSERT(strlen(text) <= ALARM_TEXT_MAX);
    (*count)++;
    return NG_OK;
}

static void alarms_are_kept_once_each_and_bounded(void)
{
    begin();
    struct alarm_work w = {.text = "one"};
    char text[ALARM_TEXT_MAX * 2];
    unsigned count = 0;
    CU_ASSERT_EQUAL(store_write(party_store(party), add_alarm, &w), NG_OK);
    CU_ASSERT_TRUE(w.added);
    CU_ASSERT_EQUAL(store_write(party_store(party), add_alarm, &w), NG_OK);
    CU_ASSERT_FALSE(w.added);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    w.text = text;
    for (int i = 0; i < 2; i++) {
        CU_ASSERT_EQUAL(store_write(party_store(party), add_alarm, &w), NG_OK);
        CU_ASSERT_EQUAL(w.added, i == 0);
    }
    CU_ASSERT_EQUAL(party_alarms(party, count_alarm, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(status().alarm_count, 2);
    end();
}

static int64_t alarm_now;

static enum ng_err add_alarm_now(struct store_txn *t, void *context)
{
    struct alarm_work *w = context;
    return alarm_add(t, alarm_now, w->text, (struct bytes){(const uint8_t *)"proof", 5}, &w->added);
}

static bool alarm_comes(const char *text, int64_t at_ms)
{
    struct alarm_work w = {.text = text};
    alarm_now = at_ms;
    CU_ASSERT_EQUAL(store_write(party_store(party), add_alarm_now, &w), NG_OK);
    return w.added;
}

static void an_alarm_that_was_read_stays_and_is_raised_again_after_a_day(void)
{
    begin();
    struct buf text = BUF_INIT(ALARM_TEXT_MAX), evidence = BUF_INIT(ALARM_EVIDENCE_MAX);
    struct party_alarm a;
    const int64_t at = 1795000000000;
    CU_ASSERT(alarm_comes("one", at) && alarm_comes("two", at));
    CU_ASSERT_EQUAL(party_alarm_read(party, 3, at), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(party_alarm_read(party, 1, at + 7), NG_OK);
    CU_ASSERT_EQUAL(party_alarm_read(party, 1, at + 8), NG_OK);
    CU_ASSERT_EQUAL(status().alarm_count, 1);
    CU_ASSERT_EQUAL_FATAL(party_alarm_get(party, 1, &a, &text, &evidence), NG_OK);
    CU_ASSERT(a.at_ms == at && a.read_ms == at + 7 && strcmp(a.text, "one") == 0);
    CU_ASSERT(a.evidence_size == 5 && memcmp(evidence.data, "proof", 5) == 0);
    /* What goes on is not told each minute … */
    CU_ASSERT_FALSE(alarm_comes("one", at + 60000));
    CU_ASSERT_EQUAL(status().alarm_count, 1);
    /* … but it is not passed over for ever, and nothing of it is lost. */
    CU_ASSERT_TRUE(alarm_comes("one", at + 7 + ALARM_AGAIN_MS));
    CU_ASSERT_EQUAL(status().alarm_count, 2);
    CU_ASSERT_EQUAL_FATAL(party_alarm_get(party, 1, &a, &text, &evidence), NG_OK);
    CU_ASSERT(a.at_ms == at + 7 + ALARM_AGAIN_MS && a.read_ms == 0 && a.evidence_size == 5);
    CU_ASSERT_EQUAL(party_alarm_get(party, 3, &a, &text, NULL), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(party_alarm_read(party, 0, at), NG_OK);
    CU_ASSERT_EQUAL(status().alarm_count, 0);
    buf_fini(&text);
    buf_fini(&evidence);
    end();
}

static bool overdue_at(int64_t now_ms)
{
    bool raised = false;
    CU_ASSERT_EQUAL(overdue_look(party, now_ms, &raised), NG_OK);
    return raised;
}

static void a_receipt_that_does_not_come_is_told_once(void)
{
    begin();
    struct buf text = BUF_INIT(ALARM_TEXT_MAX);
    struct party_alarm a;
    const int64_t at = 1795000000000, hour = 3600 * 1000; /* `author` writes then */
    uint64_t hours = 0;
    CU_ASSERT_FALSE(overdue_at(at + 1000 * hour));
    CU_ASSERT_EQUAL(write_one("", "a") + write_one("", "b"), 3);
    CU_ASSERT_FALSE(overdue_at(at - 1000 * hour));
    CU_ASSERT_FALSE(overdue_at(at + 24 * hour - 1));
    CU_ASSERT_TRUE(overdue_at(at + 24 * hour));
    CU_ASSERT_FALSE(overdue_at(at + 25 * hour));
    CU_ASSERT_EQUAL_FATAL(party_alarm_get(party, 1, &a, &text, NULL), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "number 1,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(a.text, "nganam-agent bundle"));
    /* The next one is another alarm, after the hours that were set. */
    struct receipt receipt = {.index = 1};
    struct keep_receipt kept = {.seq = 1, .receipt = receipt};
    struct keep k = {.identity = &id, .receipts = &kept, .receipt_count = 1};
    CU_ASSERT_EQUAL(keep_commit(party_store(party), &k), NG_OK);
    CU_ASSERT_EQUAL(overdue_set_hours(party, 0), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(overdue_set_hours(party, OVERDUE_HOURS_MAX + 1), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(overdue_set_hours(party, 48), NG_OK);
    CU_ASSERT(overdue_hours(party, &hours) == NG_OK && hours == 48);
    CU_ASSERT_FALSE(overdue_at(at + 48 * hour - 1));
    CU_ASSERT_TRUE(overdue_at(at + 48 * hour));
    CU_ASSERT_EQUAL(status().alarm_count, 2);
    buf_fini(&text);
    end();
}

/* Of the newest statement of ours: whether it is a heartbeat. */
static bool newest_is_heartbeat(void)
{
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct party_own own;
    struct statement s = {.kind = 0};
    struct wire_heartbeat heartbeat;
    CU_ASSERT_EQUAL(party_own_get(party, status().authored, &own, &bytes, NULL), NG_OK);
    CU_ASSERT_EQUAL(statement_decode(buf_bytes(&bytes), &s), NG_OK);
    const bool is = s.kind == STATEMENT_HEARTBEAT && s.to.text[0] == 0 &&
                    wire_heartbeat_decode(s.payload, &heartbeat) == NG_OK &&
                    strcmp(heartbeat.version, "1.0") == 0;
    buf_fini(&bytes);
    return is;
}

static bool beats(int64_t now_ms)
{
    const uint64_t before = status().authored;
    bool written = false;
    CU_ASSERT_EQUAL(heartbeat_author(party, "1.0", now_ms, &written), NG_OK);
    CU_ASSERT_EQUAL(status().authored, before + (written ? 1 : 0));
    CU_ASSERT(!written || newest_is_heartbeat());
    return written;
}

static void all_delivered(void)
{
    const struct party_status s = status();
    for (uint64_t seq = s.delivered + 1; seq <= s.authored; seq++) {
        struct keep_receipt kept = {.seq = seq, .receipt = {.index = seq}};
        struct keep k = {.identity = &id, .receipts = &kept, .receipt_count = 1};
        CU_ASSERT_EQUAL(keep_commit(party_store(party), &k), NG_OK);
    }
}

static void a_day_without_a_word_has_one_heartbeat(void)
{
    begin();
    const int64_t at = 1795000000000; /* `author` writes then */
    const int64_t midnight = day_start_ms(day_of_ms(at) + 1);
    CU_ASSERT_FALSE(beats(at)); /* not enrolled yet */
    CU_ASSERT_EQUAL(write_one("", "a"), 1);
    all_delivered();
    /* Something was said on this day; then it is told once, and the next day again. */
    CU_ASSERT_FALSE(beats(midnight - 1));
    CU_ASSERT_TRUE(beats(midnight));
    CU_ASSERT_FALSE(beats(midnight + 1));
    all_delivered();
    CU_ASSERT_FALSE(beats(midnight + DAY_MS - 1));
    CU_ASSERT_TRUE(beats(midnight + DAY_MS));
    /* One is enough in the outbox, and so is anything else that waits there. */
    CU_ASSERT_FALSE(beats(midnight + 9 * DAY_MS));
    all_delivered();
    CU_ASSERT_EQUAL(write_one("", "b"), 4);
    CU_ASSERT_FALSE(beats(midnight + 10 * DAY_MS));
    all_delivered();
    /* A clock that was a year ahead does not make it silent for a year. */
    CU_ASSERT_TRUE(beats(midnight + 400 * DAY_MS));
    all_delivered();
    CU_ASSERT_TRUE(beats(midnight + 10 * DAY_MS));
    all_delivered();
    /* Whoever may write nothing has none. */
    CU_ASSERT_EQUAL(store_write(party_store(party), mute, NULL), NG_OK);
    CU_ASSERT_FALSE(beats(midnight + 20 * DAY_MS));
    end();
}

/* What enrolling again tells of an epoch whose first statement without a receipt is a heartbeat. */
static uint64_t lost_behind_a_heartbeat(unsigned reports)
{
    uint64_t lost = 99;
    begin();
    CU_ASSERT_EQUAL(write_one("", "a"), 1);
    all_delivered();
    CU_ASSERT_TRUE(beats(1795000000000 + DAY_MS));
    for (unsigned n = 0; n < reports; n++) {
        (void)write_one("", "b");
    }
    CU_ASSERT_EQUAL(leave_tell(party_store(party), 2, &lost), NG_OK);
    CU_ASSERT_EQUAL(status().alarm_count, reports > 0 ? 1 : 0);
    end();
    return lost;
}

static void a_heartbeat_that_was_lost_is_not_to_be_said_again(void)
{
    CU_ASSERT_EQUAL(lost_behind_a_heartbeat(0), 0);
    CU_ASSERT_EQUAL(lost_behind_a_heartbeat(2), 2);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void wake_reaches_its_holder_however_long_the_folder_is(void)
{
    char deep[200 + 3 * 101];
    begin();
    char part[101];
    memset(part, 'd', 100);
    part[100] = 0;
    (void)snprintf(deep, sizeof(deep), "%s/%s", folder, part);
    CU_ASSERT_EQUAL_FATAL(mkdir(deep, 0700), 0);
    char path[sizeof(deep) + 8];
    struct stat st;
    (void)snprintf(path, sizeof(path), "%s/wake", deep);
    wake_send(deep);                          /* nobody there: nothing happens */
    for (int round = 0; round < 2; round++) { /* the second finds the first's file */
        int fd = -1;
        CU_ASSERT_EQUAL_FATAL(wake_open(deep, &fd), NG_OK);
        CU_ASSERT_FALSE(readable(fd));
        CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
        CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
        wake_send(deep);
        wake_send(deep);
        CU_ASSERT_TRUE(readable(fd));
        wake_drain(fd);
        CU_ASSERT_FALSE(readable(fd));
        wake_close(&fd);
    }
    wake_send(deep); /* a file without a holder */
    end();
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(outbox_numbers_chains_and_signs),
        TEST_CASE(outbox_writes_all_of_a_batch_or_nothing),
        TEST_CASE(outbox_ends_a_payload_when_its_place_is_known),
        TEST_CASE(outbox_writes_a_cause_once_for_ever),
        TEST_CASE(outbox_counts_what_goes_to_one_party_or_everyone_in_field_3),
        TEST_CASE(outbox_says_what_head_was_seen),
        TEST_CASE(outbox_mark_moves_over_receipts_without_a_gap),
        TEST_CASE(outbox_of_a_muted_party_takes_nothing),
        TEST_CASE(outbox_of_a_new_epoch_begins_at_one_and_keeps_the_old_receipts),
        TEST_CASE(outbox_of_an_identity_that_was_replaced_meanwhile_takes_nothing),
        TEST_CASE(outbox_shared_by_processes_that_are_killed_has_no_gap),
        TEST_CASE(alarms_are_kept_once_each_and_bounded),
        TEST_CASE(an_alarm_that_was_read_stays_and_is_raised_again_after_a_day),
        TEST_CASE(a_receipt_that_does_not_come_is_told_once),
        TEST_CASE(a_day_without_a_word_has_one_heartbeat),
        TEST_CASE(a_heartbeat_that_was_lost_is_not_to_be_said_again),
        TEST_CASE(wake_reaches_its_holder_however_long_the_folder_is),
        {NULL, NULL}};
    return key_init() == NG_OK ? test_main("outbox", cases, argc, argv) : 1;
}
