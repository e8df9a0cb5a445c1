/* Goal: what a person of the office is said to have signed counts only where he has: by the key
 * that the log has for him at that entry, in that statement, unchanged, and for the office alone.
 *
 * Method: a true log, made by the ledger itself, in which the office says survey points of a ward;
 * each leaf is folded as it comes. A statement whose signature is spoiled in one way is refused for
 * that reason and leaves the points as they were.
 */
#include "../ledger/kit.h"

#include "base/day.h"
#include "ledger/act_signature.h"
#include "office-service/fold.h"
#include "office-service/keys.h"
#include "office-service/kv_memory.h"
#include "office-service/score_row.h"
#include "office-service/state.h"
#include "office-service/verdict_row.h"
#include "par/reason.h"
#include "proto/wire_par.h"

#define YEAR 2026u

static struct kit k;
static struct kit_author office, ward;
static struct kv_memory memory;
static struct fold *fold;
static uint64_t folded;
static struct key_pair an, binh; /* an: an appraiser in the log; binh: his key is in it too */

static void fold_log(void)
{
    struct store_txn *t = NULL;
    struct bytes leaf;
    CU_ASSERT_EQUAL_FATAL(store_begin_read(ledger_store(k.ledger), &t), NG_OK);
    for (const uint64_t size = kit_size(&k); folded < size; folded++) {
        CU_ASSERT_EQUAL_FATAL(ledger_leaf(k.ledger, t, folded, &leaf), NG_OK);
        CU_ASSERT_EQUAL_FATAL(fold_apply(fold, &memory.kv, folded, leaf), NG_OK);
    }
    store_end_read(&t);
}

/* The author's next statement, logged and folded; returns its index. */
static uint64_t say(struct kit_author *by, uint32_t kind, const struct buf *payload)
{
    static struct kit_statement s;
    kit_write(&k, by, kind, "", payload->data, payload->size, &s);
    const struct ledger_item item = kit_append(&k, &s);
    CU_ASSERT_EQUAL_FATAL(item.refusal, REFUSAL_OK);
    fold_log();
    return item.index;
}

/* binh signs for everybody who comes after him. */
static void sign_person(struct wire_registry_actor *m, struct buf *payload)
{
    struct registry_actor known = {.index = 0};
    const enum ng_err err = keys_actor(&memory.kv, m->id, &known);
    CU_ASSERT_FATAL(err == NG_OK || err == NG_ERR_NOT_FOUND);
    m->after = known.index;
    CU_ASSERT_EQUAL_FATAL(wire_registry_actor_encode(m, payload), NG_OK);
    if (keys_actor(&memory.kv, "binh", &known) == NG_OK) {
        m->admins.count = 1;
        (void)snprintf(m->admins.by[0].actor, sizeof m->admins.by[0].actor, "binh");
        CU_ASSERT_EQUAL_FATAL(registry_admin_sign(&binh, ledger_log_id(k.ledger), STATEMENT_ACTOR,
                                                  buf_bytes(payload), m->admins.by[0].signature),
                              NG_OK);
        buf_clear(payload);
        CU_ASSERT_EQUAL_FATAL(wire_registry_actor_encode(m, payload), NG_OK);
    }
}

static void person(const char *id, enum wire_actor_role role, const struct key_pair *pair)
{
    struct wire_registry_actor m = {.role = role, .ended = pair == NULL};
    struct buf payload = BUF_INIT(1024);
    (void)snprintf(m.id, sizeof m.id, "%s", id);
    if (pair != NULL) {
        memcpy(m.key, pair->public_key.bytes, 32);
    }
    sign_person(&m, &payload);
    (void)say(&office, STATEMENT_ACTOR, &payload);
    buf_fini(&payload);
}

static struct wire_act survey(const char *value)
{
    return (struct wire_act){.kind = WIRE_ACT_SURVEY,
                             .u.survey = {YEAR, .unit = "xa-a", .code = "I", .value = value}};
}

/* A statement's place as its author is about to write it. */
static struct statement place_of(const struct kit_author *by, uint32_t kind)
{
    struct statement s = {.author = by->code, .epoch = by->epoch, .kind = kind, .seq = by->seq + 1};
    memcpy(s.log_id, ledger_log_id(k.ledger), LOG_ID_SIZE);
    return s;
}

static void sign(const struct key_pair *pair, const char *id, const struct statement *place,
                 const struct wire_acts *acts, struct buf *to)
{
    uint8_t signature[KEY_SIGNATURE_SIZE];
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(acts, to), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_acts_add_actor(id, to), NG_OK);
    CU_ASSERT_EQUAL_FATAL(act_signature_make(pair, place, buf_bytes(to), signature), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add(to, signature, sizeof signature), NG_OK);
}

/* The office says a survey value, signed by this key in that name at this place; NULL: unsigned. */
static uint64_t say_acts(const struct key_pair *pair, const char *id, const struct statement *place,
                         const struct wire_acts *acts)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    if (pair != NULL) {
        sign(pair, id, place, acts, &payload);
    } else {
        CU_ASSERT_EQUAL_FATAL(wire_acts_encode(acts, &payload), NG_OK);
    }
    const uint64_t index = say(&office, WIRE_KIND_SURVEY, &payload);
    buf_fini(&payload);
    return index;
}

static uint64_t say_survey(const struct key_pair *pair, const char *id,
                           const struct statement *place, const char *value)
{
    const struct wire_act act = survey(value);
    const struct wire_acts acts = {.acts = &act, .count = 1};
    return say_acts(pair, id, place, &acts);
}

static uint64_t say_signed(const struct key_pair *pair, const char *id, const char *value)
{
    const struct statement place = place_of(&office, WIRE_KIND_SURVEY);
    return say_survey(pair, id, &place, value);
}

static int reason(uint64_t index)
{
    struct verdict_row row;
    struct wire_acts *acts = NULL;
    if (verdict_row_get(&memory.kv, index, 0, &row)) {
        return -1;
    }
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(row.payload, &acts), NG_OK);
    const struct wire_verdict *v = &acts->acts[0].u.verdict;
    const int ret = v->finding_count ? (int)v->findings[0].reason : REASON_FINE;
    CU_ASSERT_TRUE(v->finding_count == 0 || v->findings[0].act == 0 || ret != REASON_ACTOR);
    wire_acts_destroy(&acts);
    return ret;
}

/* "4.5 an": the ward's points, and who signed them. */
static const char *points(void)
{
    static char text[100];
    char points[DECIMAL_TEXT_SIZE];
    const struct score_place at = {YEAR, "ward", "xa-a"};
    struct score_row row;
    const enum ng_err err = score_row_get(&memory.kv, &at, "I", &row);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? "-" : "?";
    }
    (void)snprintf(text, sizeof text, "%s %s", decimal_format(row.score.points, points), row.actor);
    return text;
}

/* The office says on which day the event X was, signed or not. */
static uint64_t say_event(const struct key_pair *pair, const char *id, const char *date)
{
    const struct wire_act act = {.kind = WIRE_ACT_EVENT, .u.event = {.code = "X", .date = date}};
    const struct wire_acts acts = {.acts = &act, .count = 1};
    const struct statement place = place_of(&office, WIRE_KIND_EVENTS);
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    if (pair != NULL) {
        sign(pair, id, &place, &acts, &payload);
    } else {
        CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    }
    const uint64_t index = say(&office, WIRE_KIND_EVENTS, &payload);
    buf_fini(&payload);
    return index;
}

static void expect_event(const char *date, const char *actor, uint64_t index)
{
    struct state_event event;
    char day[11];
    CU_ASSERT_EQUAL_FATAL(state_event_get(&memory.kv, "X", &event), NG_OK);
    day_format_iso(event.day, day);
    CU_ASSERT_STRING_EQUAL(day, date);
    CU_ASSERT_STRING_EQUAL(event.actor, actor);
    CU_ASSERT_EQUAL(event.index, index);
}

static void expect_refused(uint64_t index)
{
    CU_ASSERT_EQUAL(reason(index), REASON_ACTOR);
    CU_ASSERT_STRING_EQUAL(points(), "1 an");
}

static void seeded(uint8_t number, struct key_pair *ret)
{
    uint8_t seed[32];
    memset(seed, number, sizeof seed);
    key_from_seed(seed, ret);
}

static void say_set(void)
{
    const struct wire_act unit = {.kind = WIRE_ACT_UNIT,
                                  .u.unit = {.code = "xa-a", .name = "A", .group = "ward"}};
    const struct wire_act set[] = {
        {.kind = WIRE_ACT_CRITERIA,
         .u.criteria = {.set = "S", .year = YEAR, .group = "ward", .rounding = 2, .nodes = 1}},
        {.kind = WIRE_ACT_NODE,
         .u.node = {.code = "I",
                    .level = "field",
                    .name_vi = "x",
                    .max_points = "5",
                    .method = "survey"}}};
    struct wire_acts acts = {.acts = &unit, .count = 1};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    CU_ASSERT_EQUAL(reason(say(&office, WIRE_KIND_UNITS, &payload)), REASON_FINE);
    acts = (struct wire_acts){.acts = set, .count = 2};
    buf_clear(&payload);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&acts, &payload), NG_OK);
    CU_ASSERT_EQUAL(reason(say(&office, WIRE_KIND_CRITERIA, &payload)), REASON_FINE);
    buf_fini(&payload);
}

/* an has said 1 point, and signed it. */
static void begin(void)
{
    folded = 0;
    CU_ASSERT_EQUAL_FATAL(kv_memory_init(&memory), NG_OK);
    CU_ASSERT_EQUAL_FATAL(fold_new(&fold), NG_OK);
    kit_begin_with_ward(&k, &office, &ward);
    fold_log();
    say_set();
    seeded(201, &an);
    seeded(202, &binh);
    person("an", WIRE_ACTOR_APPRAISER, &an);
    person("binh", WIRE_ACTOR_ADMIN, &binh);
    CU_ASSERT_EQUAL(reason(say_signed(&an, "an", "1")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(points(), "1 an");
}

static void end(void)
{
    fold_destroy(&fold);
    kv_memory_fini(&memory);
    kit_end(&k);
}

static void what_a_person_signed_counts_and_names_him(void)
{
    begin();
    CU_ASSERT_EQUAL(reason(say_signed(&binh, "binh", "2.5")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(points(), "2.5 binh");
    CU_ASSERT_EQUAL(reason(say_survey(NULL, NULL, NULL, "3")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(points(), "3 ");
    end();
}

/* Whoever agrees signs, too; who repeats without a signature takes none away. */
static void a_value_said_again_bears_the_name_of_who_signs_it(void)
{
    static const struct {
        const char *id, *value, *points;
    } said[] = {{NULL, "3", "3 "},   {"an", "3", "3 an"},     {NULL, "3", "3 an"},
                {"an", "3", "3 an"}, {"binh", "3", "3 binh"}, {"an", "2.5", "2.5 an"},
                {NULL, "2", "2 "}};
    begin();
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        const struct key_pair *const pair = !said[i].id                     ? NULL
                                            : strcmp(said[i].id, "an") == 0 ? &an
                                                                            : &binh;
        const struct statement place = place_of(&office, WIRE_KIND_SURVEY);
        CU_ASSERT_EQUAL(reason(say_survey(pair, said[i].id, &place, said[i].value)), REASON_FINE);
        CU_ASSERT_STRING_EQUAL(points(), said[i].points);
    }
    end();
}

static void an_event_said_again_bears_the_name_of_who_signs_it(void)
{
    begin();
    const uint64_t first = say_event(NULL, NULL, "2026-03-01");
    expect_event("2026-03-01", "", first);
    const uint64_t agreed = say_event(&an, "an", "2026-03-01");
    expect_event("2026-03-01", "an", agreed);
    (void)say_event(&an, "an", "2026-03-01");
    (void)say_event(NULL, NULL, "2026-03-01");
    expect_event("2026-03-01", "an", agreed);
    expect_event("2026-03-01", "binh", say_event(&binh, "binh", "2026-03-01"));
    expect_event("2026-03-02", "", say_event(NULL, NULL, "2026-03-02"));
    end();
}

static void a_key_that_is_not_the_persons_signs_nothing(void)
{
    struct key_pair other;
    begin();
    seeded(203, &other);
    expect_refused(say_signed(&other, "an", "2"));
    expect_refused(say_signed(&binh, "an", "2"));
    expect_refused(say_signed(&office.key, "an", "2"));
    expect_refused(say_signed(&an, "nobody", "2"));
    end();
}

static void who_has_ended_signs_nothing_until_he_has_a_key_again(void)
{
    struct key_pair next;
    begin();
    person("an", WIRE_ACTOR_APPRAISER, NULL);
    expect_refused(say_signed(&an, "an", "2"));
    seeded(204, &next);
    person("an", WIRE_ACTOR_APPRAISER, &next);
    expect_refused(say_signed(&an, "an", "2"));
    CU_ASSERT_EQUAL(reason(say_signed(&next, "an", "2")), REASON_FINE);
    CU_ASSERT_STRING_EQUAL(points(), "2 an");
    end();
}

/* Everything in the header but what its author may choose anew without another meaning. */
static void a_signature_serves_in_its_place_alone(void)
{
    begin();
    struct statement places[6];
    for (size_t i = 0; i < 6; i++) {
        places[i] = place_of(&office, WIRE_KIND_SURVEY);
    }
    places[0].seq--;
    places[1].epoch++;
    places[2].kind = WIRE_KIND_UNITS;
    places[3].author = ward.code;
    places[4].to = ward.code;
    places[5].log_id[3] ^= 1;
    for (size_t i = 0; i < 6; i++) {
        places[i].seq += i; /* the office's number moves on with each */
        expect_refused(say_survey(&an, "an", &places[i], "2"));
    }
    end();
}

/* The very bytes that counted once, as the office's machine has them. */
static void a_payload_that_is_said_again_gives_no_points(void)
{
    const struct wire_act act = survey("2");
    const struct wire_acts acts = {.acts = &act, .count = 1};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    begin();
    const struct statement place = place_of(&office, WIRE_KIND_SURVEY);
    sign(&an, "an", &place, &acts, &payload);
    CU_ASSERT_EQUAL(reason(say(&office, WIRE_KIND_SURVEY, &payload)), REASON_FINE);
    CU_ASSERT_EQUAL(reason(say_signed(&an, "an", "1")), REASON_FINE);
    expect_refused(say(&office, WIRE_KIND_SURVEY, &payload));
    buf_fini(&payload);
    end();
}

static void a_changed_act_is_not_what_he_signed(void)
{
    const struct wire_act act = survey("2.5");
    const struct wire_acts acts = {.acts = &act, .count = 1};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    begin();
    const struct statement place = place_of(&office, WIRE_KIND_SURVEY);
    sign(&an, "an", &place, &acts, &payload);
    uint8_t *value = memmem(payload.data, payload.size, "2.5", 3);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    *value = '4';
    expect_refused(say(&office, WIRE_KIND_SURVEY, &payload));
    buf_fini(&payload);
    end();
}

/* Whose name stands there is signed too: nobody passes another's points off as his own. */
static void a_changed_name_is_not_what_he_signed(void)
{
    const struct wire_act act = survey("2");
    const struct wire_acts acts = {.acts = &act, .count = 1};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    begin();
    person("bn", WIRE_ACTOR_APPRAISER, &an);
    const struct statement place = place_of(&office, WIRE_KIND_SURVEY);
    sign(&an, "an", &place, &acts, &payload);
    payload.data[payload.size - KEY_SIGNATURE_SIZE - 4] = 'b';
    expect_refused(say(&office, WIRE_KIND_SURVEY, &payload));
    buf_fini(&payload);
    end();
}

/* A ward has no persons: a signature that holds makes its statement no better, it spoils it. */
static void only_the_office_has_persons(void)
{
    const struct wire_act act = {.kind = WIRE_ACT_PROGRESS,
                                 .u.progress = {.year = YEAR, .code = "T1", .percent = 1}};
    const struct wire_acts acts = {.acts = &act, .count = 1};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    begin();
    const struct statement place = place_of(&ward, WIRE_KIND_REPORT);
    sign(&an, "an", &place, &acts, &payload);
    expect_refused(say(&ward, WIRE_KIND_REPORT, &payload));
    buf_fini(&payload);
    end();
}

/* One of two parts of an import: part 1 says 2 points, part 2 says 3. NULL: unsigned. */
static uint64_t say_part(const struct key_pair *pair, const char *id, uint32_t number)
{
    const struct wire_act act = survey(number == 1 ? "2" : "3");
    const struct statement place = place_of(&office, WIRE_KIND_SURVEY);
    const struct wire_acts part = {.acts = &act,
                                   .count = 1,
                                   .has_part = true,
                                   .import_id = {7},
                                   .part_number = number,
                                   .part_count = 2};
    return say_acts(pair, id, &place, &part);
}

/* Each part of an import is signed by itself: one that does not hold is no part of it. */
static void an_import_counts_when_each_of_its_parts_holds(void)
{
    struct key_pair other;
    begin();
    seeded(203, &other);
    const struct key_pair *const keys[] = {&an, &other, &an};
    const int reasons[] = {-1, REASON_ACTOR, REASON_FINE};
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(reason(say_part(keys[i], "an", i > 0 ? 2 : 1)), reasons[i]);
        CU_ASSERT_STRING_EQUAL(points(), i < 2 ? "1 an" : "3 an");
    }
    end();
}

/* Else the machine, alone, could bring to effect what he began, when it suits. */
static void an_import_that_one_person_began_nobody_else_completes(void)
{
    begin();
    const struct key_pair *const keys[] = {&an, NULL, &binh, &an};
    const char *const names[] = {"an", "", "binh", "an"};
    const int reasons[] = {-1, REASON_IMPORT_INCOMPLETE, REASON_IMPORT_INCOMPLETE, REASON_FINE};
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(reason(say_part(keys[i], names[i], i > 0 ? 2 : 1)), reasons[i]);
        CU_ASSERT_STRING_EQUAL(points(), i < 3 ? "1 an" : "3 an");
    }
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(what_a_person_signed_counts_and_names_him),
    TEST_CASE(a_value_said_again_bears_the_name_of_who_signs_it),
    TEST_CASE(an_event_said_again_bears_the_name_of_who_signs_it),
    TEST_CASE(a_key_that_is_not_the_persons_signs_nothing),
    TEST_CASE(who_has_ended_signs_nothing_until_he_has_a_key_again),
    TEST_CASE(a_signature_serves_in_its_place_alone),
    TEST_CASE(a_payload_that_is_said_again_gives_no_points),
    TEST_CASE(a_changed_act_is_not_what_he_signed),
    TEST_CASE(a_changed_name_is_not_what_he_signed),
    TEST_CASE(only_the_office_has_persons),
    TEST_CASE(an_import_counts_when_each_of_its_parts_holds),
    TEST_CASE(an_import_that_one_person_began_nobody_else_completes),
    {0},
};

int main(int argc, char **argv)
{
    return key_init() == NG_OK ? test_main("fold_actor", cases, argc, argv) : 1;
}
