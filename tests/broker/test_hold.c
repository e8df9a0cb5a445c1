/* Goal: a log that was put back from a copy takes nothing new before every party has shown that it
 * knows of nothing later, so that the lost entries can still come back and nothing forks. Method:
 * the desk with a real log (world.h), whose data file is replaced by a copy of itself.
 */
#include "world.h"

#include "base/file.h"

static struct world w;
static struct actor ward, office;
static struct line line, office_line;

static void start(void)
{
    world_start(&w, 0, 0);
    memset(&ward, 0, sizeof(ward));
    memset(&office, 0, sizeof(office));
    world_enrol(&w, &office, "office", WIRE_ROLE_OFFICE);
    world_enrol(&w, &ward, "P1", WIRE_ROLE_WARD);
}

/* The same bytes in another file, as a backup that was put back; the floor is put back with it. */
static void put_copy_back(void)
{
    char path[300];
    struct buf data = BUF_INIT(1u << 28);
    world_restart(&w);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", w.folder);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &data), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_write(path, data.data, data.size, 0600), NG_OK); /* renames */
    buf_fini(&data);
    world_restart(&w);
}

/* Joins with the newest head, or with none. */
static void join(struct line *l, const struct actor *a, bool knows)
{
    struct ledger_head head;
    CU_ASSERT_EQUAL_FATAL(ledger_head(w.ledger, &head), NG_OK);
    world_connect_as(&w, l, a);
    if (knows) {
        l->head = head.head;
    }
    uint64_t id = world_hello(&w, l, knows ? head.note : "");
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, l, id);
    CU_ASSERT_PTR_NOT_NULL(m);
    wire_from_broker_destroy(&m);
}

static int report(void)
{
    struct buf statement;
    uint8_t signature[64];
    struct actor as_now = ward;
    world_write(&w, &as_now, 16, "", (struct bytes){(const uint8_t *)"x", 1}, &statement,
                signature);
    int refusal = world_try(&w, &line, &statement, signature, NULL);
    buf_fini(&statement);
    ward = refusal == 0 ? as_now : ward;
    return refusal;
}

static void hold_ends_when_every_party_has_shown_what_it_knows(void)
{
    start();
    put_copy_back();
    CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk));
    const uint64_t size = world_size(&w);
    join(&line, &ward, true);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    join(&office_line, &office, false); /* knows nothing, so it proves nothing */
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    CU_ASSERT_EQUAL(world_size(&w), size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(desk_read_only(w.desk));
    CU_ASSERT_PTR_NOT_NULL(strstr(desk_read_only(w.desk), "office"));
    join(&office_line, &office, true);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    CU_ASSERT_EQUAL(report(), 0);
    world_restart(&w); /* for good */
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    world_end(&w);
}

static void hold_ends_on_the_operators_word(void)
{
    start();
    put_copy_back();
    join(&line, &ward, true);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    CU_ASSERT_EQUAL(desk_accept_copy(w.desk), NG_OK);
    CU_ASSERT_EQUAL(report(), 0);
    world_restart(&w);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    world_end(&w);
}

/* A party knows a later head: from then on the lost entries are looked for, whatever others show.
 */
static void hold_becomes_a_stop_when_a_party_knows_more(void)
{
    struct ledger_head newer;
    struct buf data = BUF_INIT(1u << 28);
    char path[300];
    start();
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", w.folder);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &data), NG_OK);
    struct actor old = ward;
    join(&line, &ward, true);
    CU_ASSERT_EQUAL(report(), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_head(w.ledger, &newer), NG_OK);
    desk_destroy(&w.desk);
    ledger_close(&w.ledger);
    CU_ASSERT_EQUAL_FATAL(file_write(path, data.data, data.size, 0600), NG_OK);
    buf_fini(&data);
    (void)snprintf(path, sizeof(path), "%s/head", w.folder);
    CU_ASSERT_EQUAL_FATAL(unlink(path), 0); /* the floor is lost too */
    world_restart(&w);
    ward = old;
    join(&office_line, &office, true); /* was away meanwhile */
    join(&line, &ward, false);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    static struct line again;
    world_connect_as(&w, &again, &ward);
    uint64_t id = world_hello(&w, &again, newer.note);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &again, id);
    wire_from_broker_destroy(&m);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(w.ledger));
    CU_ASSERT_EQUAL(desk_accept_copy(w.desk), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(desk_read_only(w.desk)); /* proof beats word */
    world_end(&w);
}

/* A start of the same file: nothing tells that it is not of yesterday. */
static void restart_waiting(void)
{
    w.start_ms = 10000;
    world_restart(&w);
    world_turn(&w);
}

static void a_start_takes_nothing_before_more_than_half_were_there(void)
{
    start();
    restart_waiting();
    join(&line, &ward, true);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(desk_read_only(w.desk));
    CU_ASSERT_PTR_NOT_NULL(strstr(desk_read_only(w.desk), "1 of 2"));
    join(&office_line, &office, false);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    join(&office_line, &office, true);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    CU_ASSERT_EQUAL(report(), 0);
    world_end(&w);
}

static void a_start_does_not_wait_longer_than_it_is_told(void)
{
    start();
    restart_waiting();
    join(&line, &ward, true);
    w.now.mono.ms += 9900;
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    w.now.mono.ms += 100;
    CU_ASSERT_EQUAL(report(), 0);
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    world_end(&w);
}

static void a_first_start_waits_for_nobody(void)
{
    world_start(&w, 0, 0);
    restart_waiting();
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    world_end(&w);
}

/* The same file is written over in place, its floor with it; the one party knows more. */
static void a_disk_set_back_in_place_is_found_before_anything_is_taken(void)
{
    struct ledger_head newer;
    struct buf data = BUF_INIT(1u << 28), floor = BUF_INIT(4096);
    char path[300], head[300];
    start();
    world_restart(&w); /* writes the floor */
    (void)snprintf(path, sizeof(path), "%s/log/data.mdb", w.folder);
    (void)snprintf(head, sizeof(head), "%s/head", w.folder);
    CU_ASSERT_EQUAL_FATAL(file_read(path, &data), NG_OK);
    CU_ASSERT_EQUAL_FATAL(file_read(head, &floor), NG_OK);
    struct actor old = ward;
    join(&line, &ward, true);
    CU_ASSERT_EQUAL(report(), 0);
    CU_ASSERT_EQUAL_FATAL(ledger_head(w.ledger, &newer), NG_OK);
    desk_destroy(&w.desk);
    ledger_close(&w.ledger);
    FILE *f = fopen(path, "r+b");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fwrite(data.data, 1, data.size, f), data.size);
    CU_ASSERT_EQUAL(fclose(f), 0);
    CU_ASSERT_EQUAL_FATAL(file_write(head, floor.data, floor.size, 0600), NG_OK);
    buf_fini(&data);
    buf_fini(&floor);
    restart_waiting();
    const uint64_t size = world_size(&w);
    CU_ASSERT(size < newer.head.size);
    ward = old;
    join(&office_line, &office, true); /* was away meanwhile */
    join(&line, &ward, false);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    static struct line again;
    world_connect_as(&w, &again, &ward);
    const uint64_t id = world_hello(&w, &again, newer.note);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &again, id);
    wire_from_broker_destroy(&m);
    CU_ASSERT_PTR_NOT_NULL(ledger_read_only(w.ledger));
    CU_ASSERT_EQUAL(world_size(&w), size);
    world_end(&w);
}

/* Whoever wrote that he had seen more cannot end it with less. */
static void a_head_older_than_the_partys_own_word_counts_for_nothing(void)
{
    struct ledger_head first;
    start();
    CU_ASSERT_EQUAL_FATAL(ledger_head(w.ledger, &first), NG_OK);
    join(&line, &ward, true);
    ward.seen_size = first.head.size;
    CU_ASSERT_EQUAL(report(), 0);
    ward.seen_size = first.head.size + 1;
    CU_ASSERT_EQUAL(report(), 0);
    put_copy_back();
    join(&office_line, &office, true);
    world_connect_as(&w, &line, &ward);
    line.head = first.head;
    const uint64_t id = world_hello(&w, &line, first.note);
    world_turn(&w);
    struct wire_from_broker *m = world_answer(&w, &line, id);
    wire_from_broker_destroy(&m);
    CU_ASSERT_EQUAL(report(), REFUSAL_READ_ONLY);
    join(&line, &ward, true);
    CU_ASSERT_EQUAL(report(), 0);
    world_end(&w);
}

static void an_empty_log_out_of_a_copy_holds_nothing_up(void)
{
    world_start(&w, 0, 0);
    put_copy_back();
    CU_ASSERT_PTR_NULL(desk_read_only(w.desk));
    world_end(&w);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(hold_ends_when_every_party_has_shown_what_it_knows),
        TEST_CASE(hold_ends_on_the_operators_word),
        TEST_CASE(hold_becomes_a_stop_when_a_party_knows_more),
        TEST_CASE(a_start_takes_nothing_before_more_than_half_were_there),
        TEST_CASE(a_start_does_not_wait_longer_than_it_is_told),
        TEST_CASE(a_first_start_waits_for_nobody),
        TEST_CASE(a_disk_set_back_in_place_is_found_before_anything_is_taken),
        TEST_CASE(a_head_older_than_the_partys_own_word_counts_for_nothing),
        TEST_CASE(an_empty_log_out_of_a_copy_holds_nothing_up),
        {0},
    };
    return test_main("hold", cases, argc, argv);
}
