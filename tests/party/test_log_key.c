/* Goal: a party follows the changes of the log's key by itself, connected or long away, and nobody
 * leads it to a key that the one it knows does not vouch for.
 *
 * Method: the small world with the broker's real desk and log, which changes its key. What the
 * broker says is altered on the way as one would who has the line, or the log's old key, but not
 * the present one. */
#include "harness.h"
#include "world.h"

#include "base/file.h"
#include "ledger/ledger_keyfile.h"
#include "party/kept_head.h"
#include "party/witness.h"

#define WARD 1
#define DAY_MS INT64_C(86400000)

static char folder[200], broker[220];
static struct world *world;
static struct key_pair old_key; /* the log's first */

static void begin(void)
{
    static const char *const codes[WORLD_PARTIES] = {"office", "phuong1", "phuong2", "phuong3"};
    char path[240];
    test_folder(folder, sizeof(folder));
    (void)snprintf(broker, sizeof(broker), "%s/broker", folder);
    (void)snprintf(path, sizeof(path), "%s/log.key", broker);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(broker), NG_OK);
    world = world_new_with(folder, 4711, backend_desk(broker), codes, WORLD_PARTIES);
    CU_ASSERT_EQUAL_FATAL(ledger_keyfile_read(path, "nganam.example/log", &old_key, NULL), NG_OK);
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        world_start(world, n);
    }
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "before"), NG_OK);
    CU_ASSERT_FATAL(world_settle(world, 60000));
}

static void end(void)
{
    CU_ASSERT_EQUAL(world->failed, NG_OK);
    CU_ASSERT(world->broker.sound(world->broker.self));
    world_destroy(&world);
    test_remove_folder(folder);
}

static void rotate(void)
{
    backend_desk_rotate(&world->broker, world_time(world, world->party_count));
}

static struct log_keys keys_of(size_t party)
{
    struct party *p = world->parties[party].party;
    struct log_keys keys = {.count = 0};
    CU_ASSERT_EQUAL(kept_head_read_keys(party_store(p), party_identity(p), &keys), NG_OK);
    return keys;
}

/* Each own receipt, by the keys that are kept now. */
static void receipts_hold(size_t party)
{
    struct party *p = world->parties[party].party;
    const struct log_keys keys = keys_of(party);
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), text = BUF_INIT(RECEIPT_SIZE_MAX);
    const uint64_t delivered = world_status(world, party).delivered;
    for (uint64_t seq = 2; seq <= delivered; seq++) { /* 1 came into the log by hand */
        struct party_own own;
        struct receipt r;
        CU_ASSERT_EQUAL(party_own_get(p, seq, &own, &statement, &text), NG_OK);
        CU_ASSERT(own.delivered);
        CU_ASSERT_EQUAL(receipt_verify(buf_bytes(&text), buf_bytes(&statement),
                                       &party_identity(p)->key.public_key,
                                       party_identity(p)->origin, &keys, &r),
                        NG_OK);
    }
    buf_fini(&statement);
    buf_fini(&text);
}

static void expect_followed(size_t changes)
{
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        CU_ASSERT_EQUAL(world_status(world, n).alarm_count, 0);
        CU_ASSERT_EQUAL(keys_of(n).count, changes + 1);
        receipts_hold(n);
    }
}

static void a_connected_party_follows_a_change(void)
{
    begin();
    for (size_t change = 1; change <= 3; change++) {
        rotate();
        for (size_t n = 0; n < WORLD_PARTIES; n++) {
            CU_ASSERT_EQUAL(world_author(world, n, "", "behind it"), NG_OK);
        }
        CU_ASSERT(world_settle(world, 60000));
        expect_followed(change);
    }
    end();
}

static void a_party_that_was_away_for_months_follows_all_changes(void)
{
    begin();
    for (int change = 0; change < 2; change++) {
        for (size_t n = 0; n < WORLD_PARTIES; n++) {
            world_kill(world, n);
        }
        rotate();
        world->now += 40 * DAY_MS;
    }
    world->broker.restart(world->broker.self, world_time(world, world->party_count));
    backend_desk_accept_clock(&world->broker, world_time(world, world->party_count));
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        world_start(world, n);
        CU_ASSERT_EQUAL(world_author(world, n, "", "after eighty days"), NG_OK);
    }
    CU_ASSERT(world_settle(world, 10 * 60000));
    expect_followed(2);
    end();
}

static enum ng_err put_one(struct store_txn *t, void *context)
{
    const struct log_keys first = log_keys_of(&old_key.public_key);
    (void)context;
    return kept_head_put(t, &first, (struct bytes){NULL, 0});
}

/* A process that began before the change keeps a head. */
static void what_is_known_of_the_keys_is_not_forgotten(void)
{
    begin();
    rotate();
    CU_ASSERT(world_settle(world, 60000));
    world_pass(world, 60000);
    CU_ASSERT_EQUAL(keys_of(WARD).count, 2);
    CU_ASSERT_EQUAL(store_write(party_store(world->parties[WARD].party), put_one, NULL), NG_OK);
    CU_ASSERT_EQUAL(keys_of(WARD).count, 2);
    end();
}

/* The broker comes back as it was before the change, its old key with it. */
static void an_old_copy_with_the_old_key_takes_nothing(int64_t days)
{
    char copy[240];
    begin();
    (void)snprintf(copy, sizeof(copy), "%s/copy", folder);
    backend_desk_back_up(&world->broker, copy);
    const uint64_t size = world->broker.count(world->broker.self);
    rotate();
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "behind the change"), NG_OK);
    CU_ASSERT(world_settle(world, 60000));
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        world_kill(world, n);
    }
    world->now += days * DAY_MS;
    backend_desk_accept_clock(&world->broker, world_time(world, world->party_count));
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        world_start(world, n);
        CU_ASSERT_EQUAL(world_author(world, n, "", "days later"), NG_OK);
    }
    CU_ASSERT(world_settle(world, 10 * 60000));
    backend_desk_put_back(&world->broker, copy, false, world_time(world, world->party_count));
    backend_desk_accept_clock(&world->broker, world_time(world, world->party_count));
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        world_cut(world, n);
        CU_ASSERT_EQUAL(world_author(world, n, "", "into the old copy"), NG_OK);
    }
    world_pass(world, 30 * 60000);
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        CU_ASSERT_EQUAL(world_status(world, n).outbox, 1);
        CU_ASSERT_EQUAL(world_status(world, n).alarm_count, 1);
        CU_ASSERT_EQUAL(keys_of(n).count, 2);
    }
    CU_ASSERT_EQUAL(world->broker.count(world->broker.self), size);
    CU_ASSERT_EQUAL(world->failed, NG_OK);
    world_destroy(&world);
    test_remove_folder(folder);
}

static void an_old_copy_takes_nothing_within_the_month(void)
{
    an_old_copy_with_the_old_key_takes_nothing(3);
}

static void an_old_copy_takes_nothing_after_the_month(void)
{
    an_old_copy_with_the_old_key_takes_nothing(40);
}

/* ---- What others would have it believe ---- */

enum trick { FORGE_CHANGE, HIDE_CHANGE, SIGN_WITH_OLD_KEY };

static enum trick trick;
static struct buf held[2]; /* what an altered frame points into */
static uint8_t forged_signature[KEY_SIGNATURE_SIZE];
static struct key_pair forger;

static void forge_change(struct wire_from_broker *m, struct wire_signed *change)
{
    struct statement s;
    struct buf payload = BUF_INIT(1024);
    uint8_t log_id[LOG_ID_SIZE];
    statement_log_id("nganam.example/log", log_id);
    CU_ASSERT_FATAL(m->u.welcome.key_change_count == 1);
    CU_ASSERT_EQUAL_FATAL(statement_decode(m->u.welcome.key_changes[0].statement, &s), NG_OK);
    CU_ASSERT_EQUAL_FATAL(
        log_keys_payload(log_id, s.seen_size, &old_key.public_key, &forger, &payload), NG_OK);
    s.payload = buf_bytes(&payload);
    buf_clear(&held[0]);
    CU_ASSERT_EQUAL_FATAL(statement_encode(&s, &held[0]), NG_OK);
    key_sign(&forger, buf_bytes(&held[0]), forged_signature);
    *change =
        (struct wire_signed){buf_bytes(&held[0]), {forged_signature, sizeof(forged_signature)}};
    m->u.welcome.key_changes = change;
    buf_fini(&payload);
}

/* The same head with the old key's line alone. */
static void sign_again(struct wire_from_broker *m)
{
    struct note_head head;
    const struct bytes note = {(const uint8_t *)m->head.note, strlen(m->head.note)};
    const struct log_keys keys = log_keys_of(&old_key.public_key);
    CU_ASSERT_EQUAL_FATAL(log_keys_verify(&keys, "nganam.example/log", note, &head), NG_OK);
    buf_clear(&held[1]);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &old_key, &held[1]), NG_OK);
    m->head.note = buf_text(&held[1]);
}

static bool alter(void *context, size_t party, struct bytes frame, struct buf *instead)
{
    struct wire_from_broker *m = NULL;
    struct wire_signed change;
    (void)context;
    if (party != WARD || wire_from_broker_decode(frame, &m) != NG_OK) {
        return false;
    }
    const bool welcome = m->kind == WIRE_WELCOME;
    if (trick == FORGE_CHANGE && welcome) {
        forge_change(m, &change);
    } else if (trick == HIDE_CHANGE && welcome) {
        m->u.welcome.key_change_count = 0;
    } else if (trick == SIGN_WITH_OLD_KEY && m->head.note[0] != '\0') {
        sign_again(m);
    }
    CU_ASSERT_EQUAL_FATAL(wire_from_broker_encode(m, instead), NG_OK);
    wire_from_broker_destroy(&m);
    return true;
}

static enum ng_err note_alarm(void *context, int64_t at_ms, const char *text)
{
    (void)at_ms;
    (void)snprintf(context, 512, "%s", text);
    return NG_OK;
}

/* The last line of the alarm's evidence. */
static void forged_change_is_evidence(void)
{
    struct party_alarm alarm;
    struct buf text = BUF_INIT(4096), evidence = BUF_INIT(1u << 18), wanted = BUF_INIT(8192);
    const struct wire_signed change = {buf_bytes(&held[0]), {forged_signature, 64}};
    CU_ASSERT_EQUAL(log_keys_line(&change, &wanted), NG_OK);
    CU_ASSERT_EQUAL(party_alarm_get(world->parties[WARD].party, 1, &alarm, &text, &evidence),
                    NG_OK);
    CU_ASSERT_FATAL(evidence.size > wanted.size);
    CU_ASSERT_EQUAL(memcmp(evidence.data + evidence.size - wanted.size, wanted.data, wanted.size),
                    0);
    buf_fini(&text);
    buf_fini(&evidence);
    buf_fini(&wanted);
}

/* The ward is told once, sends nothing and keeps its keys; then all is as it was. */
static void is_an_alarm(bool knows, enum trick what, const char *part)
{
    char text[512] = "";
    begin();
    if (knows) {
        rotate();
        CU_ASSERT(world_settle(world, 60000));
        world_pass(world, 60000);
        CU_ASSERT_EQUAL_FATAL(keys_of(WARD).count, 2);
    }
    trick = what;
    key_generate(&forger);
    buf_init(&held[0], STATEMENT_SIZE_MAX);
    buf_init(&held[1], NOTE_SIZE_MAX);
    world->watch = alter;
    if (!knows) {
        rotate();
    }
    world_cut(world, WARD);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "stays here"), NG_OK);
    world_pass(world, 10 * 60000);
    CU_ASSERT_EQUAL(world_status(world, WARD).outbox, 1);
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 1);
    CU_ASSERT_EQUAL(party_alarms(world->parties[WARD].party, note_alarm, text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
    if (what == FORGE_CHANGE) {
        forged_change_is_evidence();
    }
    CU_ASSERT_EQUAL(keys_of(WARD).count, knows ? 2 : 1);
    world->watch = NULL;
    CU_ASSERT(world_settle(world, 30 * 60000));
    CU_ASSERT_EQUAL(keys_of(WARD).count, 2);
    receipts_hold(WARD);
    buf_fini(&held[0]);
    buf_fini(&held[1]);
    end();
}

static void a_change_that_the_known_key_did_not_sign_is_an_alarm(void)
{
    is_an_alarm(false, FORGE_CHANGE, "does not vouch for");
}

static void a_change_that_is_no_longer_told_is_an_alarm(void)
{
    is_an_alarm(true, HIDE_CHANGE, "not those that are known here");
}

static void a_head_of_the_old_key_alone_is_an_alarm(void)
{
    is_an_alarm(true, SIGN_WITH_OLD_KEY, "did not sign");
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(a_connected_party_follows_a_change),
        TEST_CASE(a_party_that_was_away_for_months_follows_all_changes),
        TEST_CASE(what_is_known_of_the_keys_is_not_forgotten),
        TEST_CASE(an_old_copy_takes_nothing_within_the_month),
        TEST_CASE(an_old_copy_takes_nothing_after_the_month),
        TEST_CASE(a_change_that_the_known_key_did_not_sign_is_an_alarm),
        TEST_CASE(a_change_that_is_no_longer_told_is_an_alarm),
        TEST_CASE(a_head_of_the_old_key_alone_is_an_alarm),
        {0},
    };
    return test_main("log_key", cases, argc, argv);
}
