/* Goal: every record of the state is known field by field, and whichever field of the stored
 * standings is altered, rebuild --check says which record and which field.
 *
 * Method: a town with a record in every table that has fields is stored. Then each field of each
 * record is altered in turn behind the mirror's back (its seal is made anew, as somebody would who
 * can write the file), each record is taken away and one is put in; each time the check must name
 * the record and the field, and be silent again once it is as before. */
#include "kit.h"

#include "base/bytes.h"
#include "base/day.h"
#include "office-service/mirror.h"
#include "office-service/state_field.h"

enum { LEAVES, STATE, MARKS, VALUE_MAX = 1 << 16 };
static const char *const tables[] = {"leaves", "state", "marks", NULL};

static char folder[200];
static struct kit k;

/* One part of an import in two: it waits for the other. */
static void begin_import(void)
{
    struct wire_act act = {.kind = WIRE_ACT_EVENT, .u.event = {.code = "E9", .date = "2026-07-01"}};
    struct wire_acts acts = {.acts = &act,
                             .count = 1,
                             .has_part = true,
                             .import_id = {9},
                             .part_number = 1,
                             .part_count = 2};
    struct buf payload = BUF_INIT(1000);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    kit_payload(&k, "OFFICE", WIRE_KIND_EVENTS, buf_bytes(&payload));
    buf_fini(&payload);
}

/* The registry's first row. */
static void begin_log(void)
{
    struct wire_genesis genesis = {.origin = "nganam.example/log", .log_key = {7}};
    struct buf payload = BUF_INIT(1000);
    CU_ASSERT_EQUAL_FATAL(wire_genesis_encode(&genesis, &payload), NG_OK);
    kit_payload(&k, "log", STATEMENT_GENESIS, buf_bytes(&payload));
    buf_fini(&payload);
}

static void begin(void)
{
    struct mirror *m;
    struct tree_edge edge = {.size = 0};
    test_folder(folder, sizeof folder);
    kit_open(&k);
    begin_log();
    kit_unit(&k, "P1", "ward", "2026-01-01", "");
    kit_unit(&k, "P2", "ward", "", "2030-12-31");
    kit_set(&k, KIT_YEAR, "ward",
            "I,,field,x,,10,points,,,\nII,,field,x,,5,survey,,,\nIII,,field,x,,5,tasks,>=50:5|:0,"
            "full,\n");
    kit_task(&k, "T1", "@ward", "2026", "2026-02-10", "");
    kit_task(&k, "T2", "P1", "2026", "event:E1+20d", "2");
    kit_event(&k, "E1", "2026-03-01");
    kit_value(&k, "P1", "I", "4");
    kit_progress(&k, "P1", "T1", 100);
    kit_day(&k, "2026-02-11");
    kit_value(&k, "P2", "I", "6.5");
    kit_survey(&k, "P1", "II", "5");
    kit_tick(&k);
    begin_import();
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &m), NG_OK);
    for (uint64_t i = 0; i < k.count; i++) {
        struct hash hash = leaf_hash(k.leaves[i]);
        CU_ASSERT_EQUAL_FATAL(tree_edge_add(&edge, &hash, NULL, NULL), NG_OK);
    }
    const struct note_head head = {.origin = "nganam.example/log", .size = k.count};
    const struct party_reader *reader = mirror_reader(m);
    CU_ASSERT_EQUAL_FATAL(reader->apply(reader->context, k.leaves, k.count, &edge, &head), NG_OK);
    mirror_close(&m);
}

static void end(void)
{
    kit_close(&k);
    test_remove_folder(folder);
}

/* ---- Changing a record ---- */

struct put {
    struct bytes key, value;
    bool remove;
};

static enum ng_err do_put(struct store_txn *t, void *context)
{
    const struct put *p = context;
    return p->remove ? store_remove(t, STATE, p->key) : store_put(t, STATE, p->key, p->value);
}

static void put(struct put p)
{
    char path[220];
    struct store *store;
    (void)snprintf(path, sizeof path, "%s/state", folder);
    const struct store_config config = {.path = path,
                                        .tables = tables,
                                        .format = "nganam office state",
                                        .format_version = 3,
                                        .sealed = true};
    CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), NG_OK);
    CU_ASSERT_EQUAL_FATAL(store_write(store, do_put, &p), NG_OK);
    store_close(&store);
}

/* What rebuild --check says; "" if it finds nothing. */
static const char *check(void)
{
    struct mirror *m;
    CU_ASSERT_EQUAL_FATAL(mirror_open(folder, MIRROR_MADE_UP, &m), NG_OK);
    const enum ng_err err = mirror_check(m);
    CU_ASSERT_TRUE(err == NG_OK || err == NG_ERR_VERIFY);
    mirror_close(&m);
    return err ? err_detail() : "";
}

/* The check names the record, and `part` of what is wrong with it. */
static void is_named(struct bytes key, const char *part)
{
    struct buf what = BUF_INIT(1000);
    CU_ASSERT_EQUAL_FATAL(state_key_describe(key, &what), NG_OK);
    const char *said = check();
    const bool named = strstr(said, buf_text(&what)) != NULL && strstr(said, part) != NULL;
    CU_ASSERT_TRUE(named);
    if (!named) {
        (void)fprintf(stderr, "\n  %s, %s: \"%s\"\n", buf_text(&what), part, said);
    }
    buf_fini(&what);
}

/* ---- Cases ---- */

/* Bytes of a field within the record, and how many of its ways of being other there are: each of
 * its ends. */
static void alter_each_field(struct bytes key, struct bytes value, unsigned *altered)
{
    static uint8_t copy[VALUE_MAX];
    struct state_field_walk w;
    const char *name;
    struct bytes field;
    state_field_begin(&w, key, value);
    while (state_field_next(&w, &name, &field)) {
        CU_ASSERT_STRING_NOT_EQUAL(name, "?");
        if (field.size == 0) {
            continue;
        }
        const size_t at = (size_t)(field.data - value.data) + field.size - 1;
        CU_ASSERT_FATAL(value.size <= sizeof copy && at < value.size);
        memcpy(copy, value.data, value.size);
        copy[at] ^= 1;
        char wanted[80];
        (void)snprintf(wanted, sizeof wanted, "%s ", name);
        put((struct put){.key = key, .value = {copy, value.size}});
        is_named(key, wanted);
        ++*altered;
    }
    put((struct put){.key = key, .value = value});
}

static void whichever_field_is_altered_it_is_named(void)
{
    struct bytes key;
    struct bytes value;
    unsigned altered = 0;
    begin();
    CU_ASSERT_STRING_EQUAL(check(), "");
    for (size_t i = 0; omap_at(k.memory.map, i, &key, &value); i++) {
        alter_each_field(key, value, &altered);
    }
    CU_ASSERT_STRING_EQUAL(check(), "");
    CU_ASSERT_TRUE(altered > 150);
    end();
}

static void a_record_that_is_gone_or_too_many_is_named(void)
{
    struct bytes key;
    struct bytes value;
    begin();
    for (size_t i = 0; omap_at(k.memory.map, i, &key, &value); i++) {
        uint8_t other[KV_KEY_MAX];
        put((struct put){.key = key, .remove = true});
        is_named(key, "is not stored");
        put((struct put){.key = key, .value = value});
        memcpy(other, key.data, key.size);
        other[key.size] = 0;
        const struct bytes more = {other, key.size + 1};
        put((struct put){.key = more, .value = value});
        CU_ASSERT_PTR_NOT_NULL(strstr(check(), "the log does not give it"));
        put((struct put){.key = more, .remove = true});
    }
    CU_ASSERT_STRING_EQUAL(check(), "");
    end();
}

static void every_table_with_fields_has_a_record_here(void)
{
    static const char wanted[] = "MPKUmCcASTEpOWIiV"; /* docs/disk-format.md */
    struct bytes key;
    struct bytes value;
    char seen[sizeof wanted] = "";
    begin();
    for (size_t i = 0; omap_at(k.memory.map, i, &key, &value); i++) {
        struct state_field_walk w;
        state_field_begin(&w, key, value);
        const char *at = strchr(wanted, key.data[0]);
        CU_ASSERT_EQUAL(w.form != NULL, at != NULL);
        CU_ASSERT_EQUAL(value.size > 0, at != NULL);
        if (at) {
            seen[at - wanted] = *at;
        }
    }
    CU_ASSERT_EQUAL(strlen(seen), strlen(wanted));
    CU_ASSERT_STRING_EQUAL(seen, wanted);
    end();
}

static void a_difference_is_told_from_one_to_the_other(void)
{
    static const uint8_t one[] = {0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7};
    static const uint8_t other[] = {0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9};
    const struct bytes key = {(const uint8_t *)"E", 1};
    struct buf said = BUF_INIT(200);
    CU_ASSERT_EQUAL(
        state_field_difference(key, (struct bytes){one, 12}, (struct bytes){other, 12}, &said),
        NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&said), "index 7 → 9");
    buf_clear(&said);
    CU_ASSERT_EQUAL(
        state_field_difference(key, (struct bytes){NULL, 0}, (struct bytes){one, 12}, &said),
        NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&said), "day - → 1970-01-04, index - → 7");
    buf_clear(&said);
    CU_ASSERT_EQUAL(
        state_field_difference(key, (struct bytes){one, 12}, (struct bytes){one, 11}, &said),
        NG_OK);
    CU_ASSERT_STRING_EQUAL(buf_text(&said), "? 7 → AAAAAAAAAA==");
    buf_clear(&said);
    CU_ASSERT_EQUAL(
        state_field_difference(key, (struct bytes){one, 12}, (struct bytes){one, 12}, &said),
        NG_OK);
    CU_ASSERT_EQUAL(said.size, 0);
    buf_fini(&said);
}

static const struct test_case cases[] = {
    TEST_CASE(every_table_with_fields_has_a_record_here),
    TEST_CASE(a_difference_is_told_from_one_to_the_other),
    TEST_CASE(whichever_field_is_altered_it_is_named),
    TEST_CASE(a_record_that_is_gone_or_too_many_is_named),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("state_field", cases, argc, argv);
}
