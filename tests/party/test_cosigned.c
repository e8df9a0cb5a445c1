/* Goal: every party cosigns the witness heads it has verified, the office counts who did and
 * believes no cosignature that does not hold, and a broker that keeps two logs is found by the
 * first head of the other that comes through.
 *
 * Method: the small world. With two model brokers under one key behind one address, one for a ward
 * and one for the rest, as a liar would; and with the real desk, whose answers are altered on the
 * way, as a broker would that drops or forges cosignatures.
 */
#include "harness.h"
#include "world.h"

#include "base/capture.h"
#include "base/file.h"
#include "party/alarm.h"
#include "party/alarm_tell.h"
#include "party/cosigned.h"
#include "party/seen.h"
#include "party/tables.h"
#include "party/witness.h"

#define OFFICE 0
#define WARD 1
#define DECEIVED 2

static char folder[200];
static struct world *world;

/* ---- A broker with two faces ---- */

struct faces {
    struct model *all, *one; /* one: what DECEIVED is shown */
};

static struct model *face(void *self, size_t party)
{
    const struct faces *f = self;
    return party == DECEIVED ? f->one : f->all;
}

static void add(void *self, size_t party, struct identity *id, struct store *store)
{
    const struct faces *f = self;
    (void)party, (void)store;
    id->epoch = 1;
    (void)model_add_party(f->all, id->party.text, 1, &id->key.public_key);
    (void)model_add_party(f->one, id->party.text, 1, &id->key.public_key);
}

static void take(void *self, size_t party, uint32_t connection, struct bytes frame,
                 struct exchange_time now, backend_send_fn send, void *context)
{
    (void)connection;
    model_frame(face(self, party), party, frame, now.wall_ms, send, context);
}

static void tick(void *self, struct exchange_time now, backend_send_fn send, void *context)
{
    const struct faces *f = self;
    model_tick(f->all, now.wall_ms, send, context);
    model_tick(f->one, now.wall_ms, send, context);
}

static void disconnect(void *self, size_t party)
{
    model_disconnect(face(self, party), party);
}

static bool sound(void *self)
{
    const struct faces *f = self;
    return !f->all->fails && !f->one->fails;
}

static void refuse(void *self, bool all)
{
    const struct faces *f = self;
    f->all->refuse = f->one->refuse = all ? REFUSAL_RATE : REFUSAL_OK;
}

static uint64_t count(void *self)
{
    const struct faces *f = self;
    return f->all->count < f->one->count ? f->all->count : f->one->count;
}

static void destroy(void *self)
{
    struct faces *f = self;
    model_destroy(&f->all);
    model_destroy(&f->one);
}

static struct faces faces;

static void begin_two_faced(void)
{
    test_folder(folder, sizeof(folder));
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    faces.all = model_new("nganam.example/log", 7);
    faces.one = model_new("nganam.example/log", 7);
    faces.all->witness = faces.one->witness = true;
    struct backend b = {.self = &faces,
                        .log_key = faces.all->log_key.public_key,
                        .add = add,
                        .frame = take,
                        .tick = tick,
                        .disconnect = disconnect,
                        .count = count,
                        .sound = sound,
                        .refuse = refuse,
                        .destroy = destroy};
    (void)snprintf(b.origin, sizeof(b.origin), "%s", faces.all->origin);
    world = world_new(folder, 4711, b);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 1;"), NG_OK);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 2;"), NG_OK);
    CU_ASSERT_EQUAL(world_author(world, DECEIVED, "", "my-quoi 1;"), NG_OK);
    CU_ASSERT_FATAL(world_settle(world, 60000));
}

static void end(void)
{
    CU_ASSERT_EQUAL(world->failed, NG_OK);
    world_destroy(&world);
    test_remove_folder(folder);
}

static void note_of(const struct model *m, struct buf *to)
{
    const struct note_head head = model_head(m);
    buf_init(to, NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &m->log_key, to), NG_OK);
}

static enum ng_err note_alarm(void *context, int64_t at_ms, const char *text)
{
    (void)at_ms;
    (void)snprintf(context, 512, "%s", text);
    return NG_OK;
}

/* The evidence is two notes, both signed by the log: ours first. */
static void check_evidence(size_t party, uint64_t ours, uint64_t theirs)
{
    struct store_txn *t = NULL;
    struct alarm a;
    struct note_head first, second;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(world->parties[party].party), &t), NG_OK);
    CU_ASSERT_EQUAL_FATAL(alarm_get(t, 0, &a), NG_OK);
    const uint8_t *end_of_first =
        memmem(a.evidence.data + 1, a.evidence.size - 1, "nganam.example/log\n", 19);
    CU_ASSERT_PTR_NOT_NULL_FATAL(end_of_first);
    const size_t size = (size_t)(end_of_first - a.evidence.data);
    const struct key_public *key = &faces.all->log_key.public_key;
    CU_ASSERT_EQUAL(
        note_verify((struct bytes){a.evidence.data, size}, "nganam.example/log", key, &first),
        NG_OK);
    CU_ASSERT_EQUAL(note_verify((struct bytes){end_of_first, a.evidence.size - size},
                                "nganam.example/log", key, &second),
                    NG_OK);
    CU_ASSERT_EQUAL(first.size, ours);
    CU_ASSERT_EQUAL(second.size, theirs);
    CU_ASSERT_FALSE(hash_equal(&first.root, &second.root));
    store_end_read(&t);
}

static int open_and_tell(void *context)
{
    struct party *p = NULL;
    enum ng_err e = party_open(context, &p);
    if (!e) {
        e = alarm_tell(p);
    }
    party_close(&p);
    return (int)e;
}

/* Every command says it on standard error when it opens the folder; the others' are silent. */
static void expect_told(size_t party, const char *part)
{
    struct capture c;
    world_kill(world, party);
    capture_run(&c, open_and_tell, world->parties[party].folder);
    CU_ASSERT_EQUAL(c.status, 0);
    if (part == NULL) {
        CU_ASSERT_STRING_EQUAL(c.err, "");
    } else {
        CU_ASSERT_EQUAL(strncmp(c.err, "ALARM: ", 7), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(c.err, part));
        CU_ASSERT_EQUAL(c.err[strlen(c.err) - 1], '\n');
    }
    world_start(world, party);
}

/* Shows the deceived the head that the others cosigned: the second exchange in which the broker
 * passes on what it was given. */
static void show_the_others_head(const char *part)
{
    char text[512] = "";
    struct buf note;
    note_of(faces.all, &note);
    CU_ASSERT(faces.all->cosigned > 0);
    CU_ASSERT(faces.one->cosigned > 0);
    CU_ASSERT_EQUAL(world_status(world, DECEIVED).alarm_count, 0);
    faces.one->gossip = buf_text(&note);
    world_cut(world, DECEIVED);
    world_pass(world, 30000);
    CU_ASSERT_EQUAL(world_status(world, DECEIVED).alarm_count, 1);
    CU_ASSERT_EQUAL(party_alarms(world->parties[DECEIVED].party, note_alarm, text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
    check_evidence(DECEIVED, faces.one->count, faces.all->count);
    expect_told(DECEIVED, part);
    expect_told(WARD, NULL);
    CU_ASSERT_EQUAL(party_alarm_read(world->parties[DECEIVED].party, 1, 1), NG_OK);
    expect_told(DECEIVED, NULL); /* somebody has read it */
    faces.one->gossip = NULL;
    buf_fini(&note);
}

static void two_logs_of_one_size_are_found_at_the_second_honest_exchange(void)
{
    begin_two_faced();
    while (faces.one->count < faces.all->count) {
        model_append(faces.one, "another history");
    }
    world_pass(world, 120000);
    CU_ASSERT_EQUAL(world_status(world, DECEIVED).head.size, world_status(world, WARD).head.size);
    show_the_others_head("two different logs of 3");
    /* nobody else was told anything wrong */
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 0);
    CU_ASSERT_EQUAL(world_status(world, OFFICE).alarm_count, 0);
    end();
}

static void two_logs_of_different_sizes_are_found_too(void)
{
    begin_two_faced();
    while (faces.one->count < faces.all->count + 4) {
        model_append(faces.one, "another history");
    }
    world_pass(world, 120000);
    show_the_others_head("no part of the log of 7");
    end();
}

/* The other way round: an alarm is no habit. */
/* A reader of the whole log that keeps nothing but where it stands. */
static struct tree_edge read_so_far;

static enum ng_err reader_position(void *context, struct tree_edge *ret)
{
    (void)context;
    *ret = read_so_far;
    return NG_OK;
}

static enum ng_err reader_apply(void *context, const struct bytes *leaves, size_t count,
                                const struct tree_edge *edge, const struct note_head *head)
{
    (void)context, (void)leaves, (void)count, (void)head;
    read_so_far = *edge;
    return NG_OK;
}

static void begin_with_reader(void)
{
    static const struct party_reader reader = {NULL, reader_position, reader_apply, NULL};
    begin_two_faced();
    memset(&read_so_far, 0, sizeof(read_so_far));
    world_kill(world, OFFICE);
    world->parties[OFFICE].reader = &reader;
    world_start(world, OFFICE);
    world_pass(world, 30000);
    CU_ASSERT_EQUAL(read_so_far.size, faces.all->count);
}

/* One statement of a log is shown in the other, whose reader finds in it what its author saw. */
static void betray(struct model *from, size_t author, const char *to, struct model *into,
                   size_t reader, bool longer, const char *part)
{
    char text[512] = "";
    const uint64_t index = from->count;
    CU_ASSERT_EQUAL(world_author(world, author, to, "look;"), NG_OK);
    world_pass(world, 30000);
    CU_ASSERT_FATAL(from->count > index);
    while (longer && into->count < from->count) {
        model_append(into, "another history");
    }
    CU_ASSERT_EQUAL(world_status(world, reader).alarm_count, 0);
    model_append_copy(into, from, index);
    world_pass(world, 30000);
    CU_ASSERT_EQUAL_FATAL(world_status(world, reader).alarm_count, 1);
    CU_ASSERT_EQUAL(party_alarms(world->parties[reader].party, note_alarm, text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
}

/* A broker with two faces that passes on no cosignature: the signed words themselves betray it. */
static void what_an_author_saw_betrays_the_other_log_to_a_ward(void)
{
    begin_two_faced();
    betray(faces.all, OFFICE, "my-quoi", faces.one, DECEIVED, true, "saw another log of 3");
    end();
    begin_two_faced();
    betray(faces.all, OFFICE, "*", faces.one, DECEIVED, false, "saw a log of 3");
    end();
}

static void what_an_author_saw_betrays_the_other_log_to_the_office(void)
{
    begin_with_reader();
    betray(faces.one, DECEIVED, "", faces.all, OFFICE, true, "saw another log of 2");
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 0);
    end();
}

static struct note_head brought;

static enum ng_err bring(struct store_txn *t, void *context)
{
    (void)context;
    return seen_brought(t, &brought, brought.size - 1);
}

/* As a bundle's receipt brings it: of this log nothing is told, of the other one an alarm. */
static void a_head_that_was_brought_is_proved_with_the_next_connection(void)
{
    char text[512] = "";
    begin_two_faced();
    for (int i = 0; i < 4; i++) {
        model_append(faces.one, "another history");
    }
    for (unsigned n = 0; n < 2; n++) {
        brought = model_head(n == 0 ? faces.one : faces.all);
        CU_ASSERT_EQUAL(store_write(party_store(world->parties[DECEIVED].party), bring, NULL),
                        NG_OK);
        model_append(faces.one, "later");
        world_cut(world, DECEIVED);
        world_pass(world, 60000);
        CU_ASSERT_EQUAL(world_status(world, DECEIVED).alarm_count, n);
    }
    CU_ASSERT_EQUAL(party_alarms(world->parties[DECEIVED].party, note_alarm, text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "came with a bundle"));
    end();
}

static void what_authors_of_one_log_saw_is_proved(void)
{
    begin_with_reader();
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(world_author(world, OFFICE, "phuong1", "office;"), NG_OK);
        CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1;"), NG_OK);
        world_pass(world, 120000);
        world_cut(world, WARD);
    }
    static const size_t readers[] = {OFFICE, WARD};
    for (size_t i = 0; i < 2; i++) {
        struct store_txn *t = NULL;
        const struct seen_head nobody = {.size = 0};
        struct seen_head waits;
        uint64_t rows = 0;
        CU_ASSERT_EQUAL(world_status(world, readers[i]).alarm_count, 0);
        CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(world->parties[readers[i]].party), &t),
                              NG_OK);
        CU_ASSERT_EQUAL(seen_next(t, &nobody, &waits), NG_ERR_NOT_FOUND);
        CU_ASSERT_EQUAL(store_count(t, TABLES_SEEN, &rows), NG_OK);
        CU_ASSERT(rows > 0);
        store_end_read(&t);
    }
    end();
}

static void an_honest_broker_raises_no_alarm(void)
{
    begin_two_faced();
    struct buf note;
    note_of(faces.all, &note);
    faces.all->gossip = buf_text(&note);
    for (int i = 0; i < 5; i++) {
        model_append(faces.all, "on and on");
        world_cut(world, WARD);
        world_pass(world, 60000);
    }
    CU_ASSERT(world_status(world, WARD).head.size > 5);
    CU_ASSERT_EQUAL(world_status(world, WARD).alarm_count, 0);
    buf_fini(&note);
    end();
}

/* A note that the log's key did not sign cannot accuse the log: it accuses the one who shows it. */
static void a_forged_head_of_others_is_no_proof_against_the_log(void)
{
    struct buf note;
    struct key_pair other;
    begin_two_faced();
    struct note_head head = model_head(faces.all);
    head.root.bytes[0] ^= 1;
    key_generate(&other);
    buf_init(&note, NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &other, &note), NG_OK);
    struct witness w = {.origin = "nganam.example/log", .head = model_head(faces.all)};
    w.keys = log_keys_of(&faces.all->log_key.public_key);
    struct wire_from_broker m = {.kind = WIRE_COSIGNED};
    m.u.cosigned.note = buf_text(&note);
    m.u.cosigned.consistency = (struct bytes){NULL, 0};
    CU_ASSERT_EQUAL(witness_cosigned(&w, &m, &head), NG_ERR_VERIFY);
    CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), "did not sign"));
    buf_clear(&note);
    head = model_head(faces.all);
    head.size += 10;
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &faces.all->log_key, &note), NG_OK);
    m.u.cosigned.note = buf_text(&note);
    CU_ASSERT_EQUAL(witness_cosigned(&w, &m, &head),
                    NG_ERR_PROTO); /* we cannot judge it: nobody's */
    buf_fini(&note);
    end();
}

/* ---- The office counts ---- */

static struct tree_edge edge;

static enum ng_err position(void *context, struct tree_edge *ret)
{
    (void)context;
    *ret = edge;
    return NG_OK;
}

static enum ng_err apply(void *context, const struct bytes *leaves, size_t count,
                         const struct tree_edge *after, const struct note_head *head)
{
    (void)context, (void)leaves, (void)count, (void)head;
    edge = *after;
    return NG_OK;
}

static const struct party_reader reader = {NULL, position, apply, NULL};

static void begin_counting(void)
{
    char broker[300];
    test_folder(folder, sizeof(folder));
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    (void)snprintf(broker, sizeof(broker), "%s/broker", folder);
    CU_ASSERT_EQUAL_FATAL(file_make_folder(broker), NG_OK);
    static const char *const codes[WORLD_PARTIES] = {"office", "phuong1", "my-quoi", "vinh.bien"};
    world = world_new_with(folder, 4711, backend_desk(broker), codes, WORLD_PARTIES);
    edge = (struct tree_edge){.size = 0};
    world->parties[OFFICE].reader = &reader;
    for (size_t n = 0; n < WORLD_PARTIES; n++) {
        world_start(world, n);
        world->parties[n].authored = world_status(world, n).authored;
    }
}

struct seen {
    size_t parties, cosigned;
    char missing[200];
};

static enum ng_err see(void *context, const char *party, const struct key_public *key,
                       const uint8_t *cosignature)
{
    struct seen *s = context;
    (void)key;
    s->parties++;
    s->cosigned += cosignature != NULL;
    if (cosignature == NULL) {
        const size_t size = strlen(s->missing);
        (void)snprintf(s->missing + size, sizeof(s->missing) - size, "%s ", party);
    }
    return NG_OK;
}

/* Who has cosigned the newest witness head, as the office knows it. */
static struct seen look(uint64_t *ret_size)
{
    struct seen s = {.parties = 0};
    struct store_txn *t = NULL;
    struct cosigned_head head = {.size = 0};
    size_t parties = 0;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(party_store(world->parties[OFFICE].party), &t), NG_OK);
    CU_ASSERT_EQUAL(cosigned_before(t, UINT64_MAX, &head), NG_OK);
    CU_ASSERT_EQUAL(cosigned_each(t, head.size, see, &s), NG_OK);
    CU_ASSERT_EQUAL(cosigned_parties(t, &parties), NG_OK);
    CU_ASSERT_EQUAL(head.count, s.cosigned);
    CU_ASSERT_EQUAL(parties, s.parties);
    store_end_read(&t);
    *ret_size = head.size;
    return s;
}

static void every_party_cosigns_and_the_office_counts_them(void)
{
    uint64_t size = 0;
    begin_counting();
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 1;"), NG_OK);
    world_pass(world, 5 * 60000);
    struct seen s = look(&size);
    CU_ASSERT_EQUAL(s.parties, WORLD_PARTIES);
    CU_ASSERT_EQUAL(s.cosigned, WORLD_PARTIES);
    CU_ASSERT_EQUAL(size, world_status(world, WARD).head.size);
    /* one is off: final without it, since 4 parties need 3; and back, it cosigns the newest */
    world_kill(world, DECEIVED);
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 2;"), NG_OK);
    world_pass(world, 5 * 60000);
    const uint64_t before = size;
    s = look(&size);
    CU_ASSERT(size > before);
    CU_ASSERT_EQUAL(s.cosigned, cosign_quorum(WORLD_PARTIES));
    CU_ASSERT_STRING_EQUAL(s.missing, "my-quoi ");
    world_start(world, DECEIVED);
    world_pass(world, 5 * 60000);
    s = look(&size);
    CU_ASSERT_EQUAL(s.cosigned, WORLD_PARTIES);
    end();
}

/* Of each Cosigned that the office gets: drops the ward's, or puts another's in its place. */
static bool forge;

static bool alter(void *context, size_t party, struct bytes frame, struct buf *instead)
{
    struct wire_from_broker *m = NULL;
    struct wire_witness kept[WIRE_WITNESSES_MAX];
    bool altered = false;
    (void)context;
    if (party != OFFICE || wire_from_broker_decode(frame, &m) != NG_OK) {
        return false;
    }
    if (m->kind == WIRE_COSIGNED && m->u.cosigned.count > 0) {
        size_t count = 0;
        for (size_t i = 0; i < m->u.cosigned.count; i++) {
            kept[count] = m->u.cosigned.witnesses[i];
            const bool is_ward = strcmp(kept[count].party, "phuong1") == 0;
            if (is_ward && forge) {
                kept[count].cosignature =
                    m->u.cosigned.witnesses[(i + 1) % m->u.cosigned.count].cosignature;
            }
            count += !is_ward || forge;
        }
        m->u.cosigned.witnesses = kept;
        m->u.cosigned.count = count;
        altered = wire_from_broker_encode(m, instead) == NG_OK;
    }
    wire_from_broker_destroy(&m);
    return altered;
}

static void count_what_is_altered(bool forged)
{
    uint64_t size = 0;
    begin_counting();
    forge = forged;
    world->watch = alter;
    CU_ASSERT_EQUAL(world_author(world, WARD, "", "phuong1 1;"), NG_OK);
    world_pass(world, 5 * 60000);
    struct seen s = look(&size);
    CU_ASSERT_EQUAL(s.cosigned, WORLD_PARTIES - 1);
    CU_ASSERT_STRING_EQUAL(s.missing, "phuong1 ");
    end();
}

static void a_broker_that_drops_cosignatures_shows_as_a_missing_witness(void)
{
    count_what_is_altered(false);
}

static void a_cosignature_of_another_party_is_not_counted(void)
{
    count_what_is_altered(true);
}

/* ---- What it costs ---- */

static size_t frames_to_ward;

static bool count_frames(void *context, size_t party, struct bytes frame, struct buf *instead)
{
    (void)context, (void)frame, (void)instead;
    frames_to_ward += party == WARD;
    return false;
}

/* An agent at rest, in a log that others keep growing: each answer is one that it waited for, but
 * for the witness heads that come in front of one. */
static void an_agent_at_rest_is_woken_by_nothing_new(void)
{
    begin_counting();
    world_pass(world, 60000);
    world->watch = count_frames;
    frames_to_ward = 0;
    world_pass(world, 60 * 60000);
    const size_t still = frames_to_ward;
    frames_to_ward = 0;
    for (int minute = 0; minute < 60; minute++) {
        CU_ASSERT_EQUAL(world_author(world, DECEIVED, "", "my-quoi on;"), NG_OK);
        world_pass(world, 60000);
    }
    /* a fetch lasts 30 to 55 seconds: 65 to 120 answers an hour, in a still log and a growing one
     */
    CU_ASSERT(still >= 65 && still <= 120);
    CU_ASSERT(frames_to_ward <= 120 + 60);
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(two_logs_of_one_size_are_found_at_the_second_honest_exchange),
    TEST_CASE(two_logs_of_different_sizes_are_found_too),
    TEST_CASE(what_an_author_saw_betrays_the_other_log_to_a_ward),
    TEST_CASE(what_an_author_saw_betrays_the_other_log_to_the_office),
    TEST_CASE(a_head_that_was_brought_is_proved_with_the_next_connection),
    TEST_CASE(what_authors_of_one_log_saw_is_proved),
    TEST_CASE(an_honest_broker_raises_no_alarm),
    TEST_CASE(a_forged_head_of_others_is_no_proof_against_the_log),
    TEST_CASE(every_party_cosigns_and_the_office_counts_them),
    TEST_CASE(a_broker_that_drops_cosignatures_shows_as_a_missing_witness),
    TEST_CASE(a_cosignature_of_another_party_is_not_counted),
    TEST_CASE(an_agent_at_rest_is_woken_by_nothing_new),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("cosigned", cases, argc, argv);
}
