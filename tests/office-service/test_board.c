/* Goal: a board is made of tables that fit each other, or of none: a standing that does not fit its
 * set, a place that is missing or one too many is damage, with words that name it; and who asks for
 * a board that is not there learns what is.
 *
 * Method: a town is told by leaves, then one row of its state is changed, put or taken away, and
 * the boards (of all units, of one) are made again. Each alone parses: what damage a single row may
 * suffer is tried in test_fold_fault. */
#include "kit.h"

#include "base/bytes.h"
#include "fault/fault.h"

#include <errno.h>

static struct kit k;

/* Three fields; P1 8, P2 and P3 the same, P4 has not answered. */
static void begin(void)
{
    static const char *const units[] = {"P1", "P2", "P3", "P4"};
    kit_open(&k);
    for (size_t i = 0; i < 4; i++) {
        kit_unit(&k, units[i], "ward", "", "");
    }
    kit_set(&k, KIT_YEAR, "ward",
            "I,,field,x,,10,points,,,\nII,,field,x,,5,points,,,\nIII,,field,x,,5,points,,,\n");
    kit_value(&k, "P1", "I", "8");
    kit_value(&k, "P2", "I", "4");
    kit_value(&k, "P3", "I", "4");
}

/* only: a unit, or NULL for all. words: what the error says; NULL: there is a board. */
static void board_says(enum basis basis, const char *only, const char *words)
{
    struct set_cache *sets = set_cache_new();
    struct board b;
    const enum ng_err err = board_make_one(&k.memory.kv, sets, KIT_YEAR, "ward", basis, only, &b);
    CU_ASSERT_EQUAL(err, words ? NG_ERR_CORRUPT : NG_OK);
    if (err) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(words);
        CU_ASSERT_STRING_EQUAL(err_detail(), words);
    } else {
        CU_ASSERT_EQUAL(b.row_count, only ? 1 : 4);
        board_fini(&b);
    }
    set_cache_destroy(&sets);
}

/* ---- Standings ---- */

static struct state_key standing_of(const char *unit)
{
    struct state_key key = state_key(STATE_STANDING);
    state_key_u32(&key, KIT_YEAR);
    state_key_text(&key, "ward");
    state_key_text(&key, unit);
    return key;
}

/* The row, but of so many fields: whole by itself. */
static void refit(const char *unit, uint32_t fields)
{
    enum { HEAD = 4 + 4 + 8 + BASIS_COUNT * STANDING_ORDER_SIZE, SUM = 20 };
    static uint8_t row[HEAD + 8 * SUM * BASIS_COUNT];
    const struct state_key key = standing_of(unit);
    struct bytes old;
    CU_ASSERT_EQUAL_FATAL(kv_get(&k.memory.kv, STATE_KEY(key), &old), NG_OK);
    CU_ASSERT_EQUAL_FATAL(old.size, HEAD + 3 * SUM * BASIS_COUNT);
    memset(row, 0, sizeof row);
    memcpy(row, old.data, HEAD);
    bytes_put_u32(row, fields);
    const size_t size = HEAD + (fields < 8 ? fields : 3) * SUM * BASIS_COUNT;
    CU_ASSERT_EQUAL(kv_put(&k.memory.kv, STATE_KEY(key), (struct bytes){row, size}), NG_OK);
}

static void a_standing_that_does_not_fit_its_set_is_damage(void)
{
    static const char words[] = "state: the standing of P2 does not fit its set; run rebuild";
    static const uint32_t fields[] = {0, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        begin();
        refit("P2", fields[i]);
        board_says(BASIS_LIVE, NULL, words);
        board_says(BASIS_SELF, NULL, words);
        board_says(BASIS_LIVE, "P2", words);
        k.expect = NG_ERR_CORRUPT; /* nothing is added to sums that are not there */
        kit_value(&k, "P2", "III", "5");
        CU_ASSERT_PTR_NOT_NULL(strstr(err_detail(), words));
        kit_close(&k);
    }
}

static void a_standing_of_more_fields_than_a_set_may_have_is_damage(void)
{
    static const char words[] = "state: a record of standing does not parse; run rebuild";
    begin();
    refit("P2", CRITERIA_NODES_MAX + 1);
    board_says(BASIS_LIVE, NULL, words);
    refit("P2", UINT32_MAX);
    board_says(BASIS_SELF, "P1", words);
    kit_close(&k);
}

/* Its unit without an end, and one longer than units are. */
static void a_standing_s_key_that_does_not_parse_is_damage(void)
{
    static const char words[] = "state: a standing's key does not parse; run rebuild";
    begin();
    struct state_key key = standing_of("P9");
    key.size--;
    CU_ASSERT_EQUAL(kv_put(&k.memory.kv, STATE_KEY(key), KV_NOTHING), NG_OK);
    board_says(BASIS_LIVE, NULL, words);
    CU_ASSERT_EQUAL(kv_remove(&k.memory.kv, STATE_KEY(key)), NG_OK);
    board_says(BASIS_LIVE, NULL, NULL);
    key = standing_of("P9901234567890123");
    CU_ASSERT_EQUAL(kv_put(&k.memory.kv, STATE_KEY(key), KV_NOTHING), NG_OK);
    board_says(BASIS_LIVE, NULL, words);
    kit_close(&k);
}

/* ---- Places ---- */

/* The place of a unit on the live board. */
static struct state_key place_of(const char *unit)
{
    struct standing s;
    const struct score_place at = {KIT_YEAR, "ward", unit};
    CU_ASSERT_EQUAL_FATAL(standing_get(&k.memory.kv, &at, &s), NG_OK);
    struct state_key key = state_key(STATE_RANK);
    state_key_u32(&key, KIT_YEAR);
    state_key_text(&key, "ward");
    state_key_u8(&key, BASIS_LIVE);
    state_key_raw(&key, s.order[BASIS_LIVE], STANDING_ORDER_SIZE);
    state_key_text(&key, unit);
    standing_fini(&s);
    return key;
}

static void take_place(const char *unit)
{
    const struct state_key key = place_of(unit);
    struct bytes value;
    CU_ASSERT_EQUAL_FATAL(kv_get(&k.memory.kv, STATE_KEY(key), &value), NG_OK);
    CU_ASSERT_EQUAL(kv_remove(&k.memory.kv, STATE_KEY(key)), NG_OK);
}

/* Another place, in the rank of `beside`. */
static void put_place(const char *beside, const char *unit)
{
    struct state_key key = place_of(beside);
    key.size -= strlen(beside) + 1;
    state_key_text(&key, unit);
    CU_ASSERT_EQUAL(kv_put(&k.memory.kv, STATE_KEY(key), KV_NOTHING), NG_OK);
}

static void a_unit_without_a_place_is_damage_whosever_row_is_asked_for(void)
{
    static const char one[] = "state: 1 units of a board have no place; run rebuild";
    begin();
    take_place("P3");
    board_says(BASIS_LIVE, NULL, one);
    board_says(BASIS_LIVE, "P1", one);
    board_says(BASIS_LIVE, "P3", one);
    board_says(BASIS_SELF, NULL, NULL); /* an index of its own */
    take_place("P4");
    board_says(BASIS_LIVE, NULL, "state: 2 units of a board have no place; run rebuild");
    kit_close(&k);
}

static void a_place_of_nobody_is_damage(void)
{
    static const char words[] = "state: P9 is ranked but not known; run rebuild";
    begin();
    put_place("P4", "P9"); /* the last */
    board_says(BASIS_LIVE, NULL, words);
    board_says(BASIS_LIVE, "P1", words);
    board_says(BASIS_SELF, NULL, NULL);
    take_place("P3"); /* as many places as units again */
    board_says(BASIS_LIVE, NULL, words);
    board_says(BASIS_LIVE, "P3", "state: 1 units of a board have no place; run rebuild");
    kit_close(&k);
}

static void a_unit_of_two_places_is_damage(void)
{
    begin();
    put_place("P4", "P1");
    take_place("P4");
    board_says(BASIS_LIVE, NULL, "state: P1 has two places on a board; run rebuild");
    board_says(BASIS_LIVE, "P1", "state: P1 has two places on a board; run rebuild");
    kit_close(&k);
}

/* ---- Boards that are sound ---- */

static void the_row_of_one_is_that_of_the_whole_board(void)
{
    struct board b;
    begin();
    CU_ASSERT_STRING_EQUAL(kit_board(&k, "ward", BASIS_LIVE),
                           "1 P1 8/20 partial; 2= P2 4/20 partial; 2= P3 4/20 partial; "
                           "- P4 missing");
    CU_ASSERT_EQUAL_FATAL(
        board_make_one(&k.memory.kv, fold_sets(k.fold), KIT_YEAR, "ward", BASIS_LIVE, "P3", &b),
        NG_OK);
    CU_ASSERT_EQUAL(b.unit_count, 4);
    CU_ASSERT_EQUAL(b.row_count, 1);
    const struct board_row *row = board_find(&b, "P3");
    CU_ASSERT_PTR_NOT_NULL_FATAL(row);
    CU_ASSERT_EQUAL(row->rank, 2);
    CU_ASSERT_TRUE(row->tied);
    CU_ASSERT_PTR_NULL(board_find(&b, "P2"));
    board_fini(&b);
    CU_ASSERT_EQUAL_FATAL(
        board_make_one(&k.memory.kv, fold_sets(k.fold), KIT_YEAR, "ward", BASIS_SELF, "D1", &b),
        NG_OK);
    CU_ASSERT_EQUAL(b.unit_count, 4);
    CU_ASSERT_EQUAL(b.row_count, 0); /* not on this board */
    CU_ASSERT_PTR_NULL(board_find(&b, "D1"));
    CU_ASSERT_STRING_EQUAL(board_basis_name(b.basis), "self");
    CU_ASSERT_STRING_EQUAL(board_basis_name(BASIS_LIVE), "live");
    board_fini(&b);
    kit_close(&k);
}

/* As many units as need more than one block for their rows and names. */
static void a_large_board_without_memory_is_no_board(void)
{
    enum { UNITS = 1500 };
    bool struck = true;
    unsigned call = 1;
    kit_open(&k);
    kit_set(&k, KIT_YEAR, "ward", "I,,field,x,,10,points,,,\n");
    for (unsigned i = 0; i < UNITS; i++) {
        char code[16];
        (void)snprintf(code, sizeof code, "U%04u", i);
        kit_unit(&k, code, "ward", "", "");
    }
    for (; struck; call++) {
        struct board b;
        fault_set(FAULT_MEMORY, call, ENOMEM, false);
        const enum ng_err err =
            board_make(&k.memory.kv, fold_sets(k.fold), KIT_YEAR, "ward", BASIS_LIVE, &b);
        struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_NOMEM : NG_OK);
        if (!err) {
            CU_ASSERT_EQUAL(b.row_count, UNITS);
            CU_ASSERT_STRING_EQUAL(b.rows[UNITS - 1].name, "U1499");
            board_fini(&b);
        }
    }
    CU_ASSERT_TRUE(call > 10);
    kit_close(&k);
}

/* ---- Boards that are not there ---- */

static void absent(uint32_t year, const char *group, const char *words)
{
    CU_ASSERT_EQUAL(board_explain_absence(&k.memory.kv, year, group), NG_ERR_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(err_detail(), words);
}

static void who_asks_for_another_board_learns_which_there_are(void)
{
    begin();
    absent(KIT_YEAR, "commune", "no group commune; known groups: ward");
    absent(KIT_YEAR + 1, "ward", "no criteria set for group ward in 2027; there is one for: 2026");
    kit_unit(&k, "D1", "department", "", "");
    absent(KIT_YEAR, "department",
           "no criteria set for group department: import one with criteria import");
    kit_set(&k, 2025, "commune", "I,,field,x,,10,points,,,\n"); /* a set before any unit */
    absent(KIT_YEAR, "commune",
           "no criteria set for group commune in 2026; there is one for: 2025");
    kit_close(&k);
}

static void member(const char *group)
{
    struct state_key key = state_key(STATE_MEMBER);
    state_key_text(&key, group);
    state_key_text(&key, "P1");
    CU_ASSERT_EQUAL(kv_put(&k.memory.kv, STATE_KEY(key), KV_NOTHING), NG_OK);
}

static void twelve_groups_are_named_and_no_line_of_damage(void)
{
    static const uint8_t cut[] = {STATE_MEMBER, 'a', 'a'};
    static const char twelve[] =
        "no group x; known groups: g01, g02, g03, g04, g05, g06, g07, g08, "
        "g09, g10, g11, g12";
    char words[200];
    kit_open(&k);
    for (unsigned i = 1; i <= 12; i++) {
        char group[8];
        (void)snprintf(group, sizeof group, "g%02u", i);
        member(group);
    }
    CU_ASSERT_EQUAL(kv_put(&k.memory.kv, (struct bytes){cut, sizeof cut}, KV_NOTHING), NG_OK);
    absent(KIT_YEAR, "x", twelve);
    member("g13");
    (void)snprintf(words, sizeof words, "%s …", twelve);
    absent(KIT_YEAR, "x", words);
    kit_close(&k);
}

/* More years than the words have room for: those that found room are told. */
static void a_group_of_too_many_years_is_still_explained(void)
{
    begin();
    for (uint32_t year = 3000; year < 4000; year++) {
        struct state_key key = state_key(STATE_SET);
        state_key_text(&key, "ward");
        state_key_u32(&key, year);
        CU_ASSERT_EQUAL(kv_put(&k.memory.kv, STATE_KEY(key), KV_NOTHING), NG_OK);
    }
    static const char begins[] =
        "no criteria set for group ward in 2027; there is one for: 2026, 3000, 3001, ";
    CU_ASSERT_EQUAL(board_explain_absence(&k.memory.kv, KIT_YEAR + 1, "ward"), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(strncmp(err_detail(), begins, strlen(begins)), 0);
    kit_close(&k);
}

static const struct test_case cases[] = {
    TEST_CASE(a_standing_that_does_not_fit_its_set_is_damage),
    TEST_CASE(a_standing_of_more_fields_than_a_set_may_have_is_damage),
    TEST_CASE(a_standing_s_key_that_does_not_parse_is_damage),
    TEST_CASE(a_unit_without_a_place_is_damage_whosever_row_is_asked_for),
    TEST_CASE(a_place_of_nobody_is_damage),
    TEST_CASE(a_unit_of_two_places_is_damage),
    TEST_CASE(the_row_of_one_is_that_of_the_whole_board),
    TEST_CASE(a_large_board_without_memory_is_no_board),
    TEST_CASE(who_asks_for_another_board_learns_which_there_are),
    TEST_CASE(twelve_groups_are_named_and_no_line_of_damage),
    TEST_CASE(a_group_of_too_many_years_is_still_explained),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("board", cases, argc, argv);
}
