/* Goal: whichever call of the store fails, a reader says that error and nothing else, and a writer
 * leaves the old log or the new one; a log that is written on afterwards verifies.
 *
 * Method: store_get, store_put … are wrapped (ld --wrap). Each way of reading, of opening and of
 * appending (a report, the same again, an invite, an enrolment, a fork) is run with the n-th call
 * failing, for every n there is. (test_ledger_fault does the same one layer below, where LMDB asks
 * for memory and the disk; a store that says no in between is not reached from there.) */
#include "kit.h"

enum { LEAVES = 12 };

static struct kit kit;
static struct kit_author office, ward;
static uint64_t size;

/* ---- The store that fails once ---- */

static unsigned left; /* calls until it does; 0: never */
static bool struck;

static bool strikes(void)
{
    if (left == 0 || --left > 0) {
        return false;
    }
    struck = true;
    return true;
}

static enum ng_err broken(void)
{
    return err_set(NG_ERR_IO, "the store is broken");
}

enum ng_err __real_store_get(struct store_txn *t, unsigned table, struct bytes key,
                             struct bytes *ret_value);
enum ng_err __wrap_store_get(struct store_txn *t, unsigned table, struct bytes key,
                             struct bytes *ret_value);
enum ng_err __wrap_store_get(struct store_txn *t, unsigned table, struct bytes key,
                             struct bytes *ret_value)
{
    return strikes() ? broken() : __real_store_get(t, table, key, ret_value);
}

enum ng_err __real_store_put(struct store_txn *t, unsigned table, struct bytes key,
                             struct bytes value);
enum ng_err __wrap_store_put(struct store_txn *t, unsigned table, struct bytes key,
                             struct bytes value);
enum ng_err __wrap_store_put(struct store_txn *t, unsigned table, struct bytes key,
                             struct bytes value)
{
    return strikes() ? broken() : __real_store_put(t, table, key, value);
}

enum ng_err __real_store_append(struct store_txn *t, unsigned table, struct bytes key,
                                struct bytes value);
enum ng_err __wrap_store_append(struct store_txn *t, unsigned table, struct bytes key,
                                struct bytes value);
enum ng_err __wrap_store_append(struct store_txn *t, unsigned table, struct bytes key,
                                struct bytes value)
{
    return strikes() ? broken() : __real_store_append(t, table, key, value);
}

enum ng_err __real_store_count(struct store_txn *t, unsigned table, uint64_t *ret_count);
enum ng_err __wrap_store_count(struct store_txn *t, unsigned table, uint64_t *ret_count);
enum ng_err __wrap_store_count(struct store_txn *t, unsigned table, uint64_t *ret_count)
{
    return strikes() ? broken() : __real_store_count(t, table, ret_count);
}

enum ng_err __real_store_begin_read(struct store *s, struct store_txn **ret_txn);
enum ng_err __wrap_store_begin_read(struct store *s, struct store_txn **ret_txn);
enum ng_err __wrap_store_begin_read(struct store *s, struct store_txn **ret_txn)
{
    return strikes() ? broken() : __real_store_begin_read(s, ret_txn);
}

enum ng_err __real_store_cursor_open(struct store_txn *t, unsigned table,
                                     struct store_cursor **ret_cursor);
enum ng_err __wrap_store_cursor_open(struct store_txn *t, unsigned table,
                                     struct store_cursor **ret_cursor);
enum ng_err __wrap_store_cursor_open(struct store_txn *t, unsigned table,
                                     struct store_cursor **ret_cursor)
{
    return strikes() ? broken() : __real_store_cursor_open(t, table, ret_cursor);
}

enum ng_err __real_store_cursor_seek(struct store_cursor *c, struct bytes key,
                                     struct bytes *ret_key, struct bytes *ret_value);
enum ng_err __wrap_store_cursor_seek(struct store_cursor *c, struct bytes key,
                                     struct bytes *ret_key, struct bytes *ret_value);
enum ng_err __wrap_store_cursor_seek(struct store_cursor *c, struct bytes key,
                                     struct bytes *ret_key, struct bytes *ret_value)
{
    return strikes() ? broken() : __real_store_cursor_seek(c, key, ret_key, ret_value);
}

enum ng_err __real_store_cursor_next(struct store_cursor *c, struct bytes *ret_key,
                                     struct bytes *ret_value);
enum ng_err __wrap_store_cursor_next(struct store_cursor *c, struct bytes *ret_key,
                                     struct bytes *ret_value);
enum ng_err __wrap_store_cursor_next(struct store_cursor *c, struct bytes *ret_key,
                                     struct bytes *ret_value)
{
    return strikes() ? broken() : __real_store_cursor_next(c, ret_key, ret_value);
}

/* ---- Reading ---- */

static void begin(void)
{
    struct kit_statement s;
    left = 0;
    kit_begin(&kit);
    kit_office(&kit, &office);
    kit_party(&kit, &office, "xa-a", WIRE_ROLE_WARD, 10, &ward);
    while ((size = kit_size(&kit)) < LEAVES) {
        kit_write(&kit, &office, 22, "xa-a", "verdict", 7, &s);
        CU_ASSERT_EQUAL_FATAL(kit_append(&kit, &s).refusal, REFUSAL_OK);
        (void)kit_report(&kit, &ward, 40);
    }
}

static void end(void)
{
    left = 0;
    kit_end(&kit);
}

static enum ng_err pass(void *context, const struct registry_party *p)
{
    (void)context;
    return p->code.text[0] != '\0' ? NG_OK : NG_ERR_CORRUPT;
}

static enum ng_err read_one(int which, struct ledger *l, struct store_txn *t)
{
    static const uint8_t nobody[32] = {9};
    struct registry_party party;
    struct registry_invite invite;
    struct tree_proof proof;
    struct bytes leaf;
    uint64_t index;
    enum ng_err e;
    switch (which) {
    case 0:
        return ledger_leaf(l, t, 5, &leaf);
    case 1:
        return ledger_inclusion(l, t, 3, size, &proof);
    case 2:
        return ledger_inclusion(l, t, 3, size - 1, &proof);
    case 3:
        return ledger_consistency(l, t, 3, size, &proof);
    case 4:
        return ledger_consistency(l, t, 0, size, &proof);
    case 5:
        return ledger_inbox_next(l, t, "xa-a", 0, &index);
    case 6:
        return ledger_find(l, t, "xa-a", 1, 2, &index);
    case 7:
        return registry_each(t, pass, NULL);
    case 8:
        return registry_by_curve(t, ward.curve, &party);
    case 9:
        e = registry_invite_by_curve(t, nobody, &invite);
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    case 10:
        e = ledger_inbox_next(l, t, "xa-a", size, &index);
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    default:
        return registry_party_get(t, "xa-a", &party);
    }
}

/* The log is sound: whatever the store does, nothing in it is to blame. */
static void blame(void *context, uint64_t index, const char *kind, const char *what)
{
    (void)kind;
    (void)context;
    (void)fprintf(stderr, "leaf %llu is blamed: %s\n", (unsigned long long)index, what);
    CU_FAIL("a sound log is blamed");
}

static enum ng_err read_in(int which, struct ledger *l)
{
    struct store_txn *t = NULL;
    static struct ledger_head head;
    struct ledger_check check;
    if (which == 12) {
        return ledger_head(l, &head);
    }
    if (which == 13) {
        const enum ng_err e = ledger_verify(l, blame, NULL, &check);
        CU_ASSERT_TRUE(e != NG_OK || check.leaves == size);
        return e;
    }
    enum ng_err e = store_begin_read(ledger_store(l), &t);
    if (e == NG_OK) {
        e = read_one(which, l, t);
        store_end_read(&t);
    }
    return e;
}

static void a_reader_says_what_the_store_said(void)
{
    begin();
    kit_close(&kit);
    for (int which = 0; which < 14; which++) {
        struck = true;
        for (unsigned call = 1; struck; call++) {
            struct ledger *l = NULL;
            left = 0;
            CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &l), NG_OK);
            struck = false;
            left = call;
            const enum ng_err e = read_in(which, l);
            left = 0;
            if (e != (struck ? NG_ERR_IO : NG_OK)) {
                (void)fprintf(stderr, "reading %d, call %u: %s (%s)\n", which, call, err_name(e),
                              err_detail());
            }
            CU_ASSERT_EQUAL(e, struck ? NG_ERR_IO : NG_OK);
            ledger_close(&l);
        }
    }
    kit_open(&kit);
    end();
}

static void opening_says_what_the_store_said_or_opens_for_reading_alone(void)
{
    begin();
    kit_close(&kit);
    for (int mode = 0; mode < 2; mode++) {
        struck = true;
        for (unsigned call = 1; struck; call++) {
            struct ledger *l = NULL;
            struck = false;
            left = call;
            const enum ng_err e =
                ledger_open(kit.folder, NULL, mode == 0 ? LEDGER_READ : LEDGER_WRITE, &l);
            left = 0;
            CU_ASSERT_TRUE(e == NG_OK || (struck && e == NG_ERR_IO));
            if (e == NG_OK) {
                CU_ASSERT_EQUAL(struck, ledger_read_only(l) != NULL);
            }
            ledger_close(&l);
        }
    }
    kit_open(&kit);
    end();
}

/* ---- Appending ---- */

static void write_one(int which, struct kit_statement *ret)
{
    switch (which) {
    case 0:
        kit_write(&kit, &ward, 16, "", "answer", 6, ret);
        break;
    case 1: /* the same again: *ret is as it was */
        break;
    case 2: { /* other bytes under a number that is taken */
        struct kit_author twin = ward;
        twin.seq--;
        kit_write(&kit, &twin, 16, "", "ANSWER", 6, ret); /* of the same length */
        break;
    }
    case 3:
        kit_invite(&kit, &office, "xa-b", WIRE_ROLE_WARD, KIT_NOW * 2, 30, ret);
        break;
    case 4: {
        struct kit_author b = {.epoch = 0};
        kit_enrol(&kit, &b, "xa-b", 30, 31, ret);
        break;
    }
    default:
        kit_write(&kit, &office, 22, "xa-a", "verdict", 7, ret);
        break;
    }
}

static void check_log(uint64_t want)
{
    struct kit_faults faults;
    CU_ASSERT_EQUAL(kit_size(&kit), want);
    CU_ASSERT_EQUAL(kit_verify(&kit, &faults), 0);
}

static void an_append_that_fails_leaves_the_old_log(void)
{
    static struct kit_statement s;
    begin();
    for (int which = 0; which < 6; which++) {
        write_one(which, &s);
        struck = true;
        for (unsigned call = 1; struck; call++) {
            struct ledger_item item = kit_item(&s);
            const uint64_t before = kit_size(&kit);
            struck = false;
            left = call;
            const enum ng_err e = ledger_append(kit.ledger, &item, 1, kit.now);
            left = 0;
            CU_ASSERT_TRUE(struck || e == NG_OK);
            kit_close(&kit);
            kit_open(&kit);
            check_log(e == NG_OK && which != 1 ? before + 1 : before);
            CU_ASSERT_PTR_NULL(ledger_read_only(kit.ledger));
            if (e == NG_OK) {
                CU_ASSERT_EQUAL(item.refusal, which == 2 ? REFUSAL_FORK : REFUSAL_OK);
                break;
            }
            CU_ASSERT_NOT_EQUAL(item.refusal, REFUSAL_OK);
        }
    }
    end();
}

/* ---- What nobody may ---- */

static enum wire_role invited = WIRE_ROLE_WARD;

/* An invite of somebody new, under this kind and to this party. */
static enum ng_err log_says(struct ledger *l, uint32_t kind, const char *to)
{
    struct wire_invite invite = {.party = "xa-z", .role = invited, .expires_at = KIT_NOW * 2};
    struct buf payload = BUF_INIT(512);
    struct party_code code = {""};
    uint64_t index;
    invite.invite_key[0] = invite.invite_curve[0] = 77;
    (void)snprintf(code.text, sizeof(code.text), "%s", to);
    CU_ASSERT_EQUAL_FATAL(wire_invite_encode(&invite, &payload), NG_OK);
    const enum ng_err e = ledger_author_log(l, kind, &code, buf_bytes(&payload), kit.now, &index);
    buf_fini(&payload);
    return e;
}

static void nothing_appended_is_no_change_and_a_reader_appends_nothing(void)
{
    static struct kit_statement s;
    struct ledger *none = NULL, *reader = NULL;
    begin();
    ledger_close(NULL);
    ledger_close(&none);
    CU_ASSERT_EQUAL(ledger_append(kit.ledger, NULL, 0, kit.now), NG_OK);
    check_log(size);
    kit_write(&kit, &ward, 16, "", "answer", 6, &s);
    struct ledger_item item = kit_item(&s);
    kit_close(&kit);
    CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &reader), NG_OK);
    CU_ASSERT_EQUAL(ledger_append(reader, &item, 1, kit.now), NG_OK);
    CU_ASSERT_EQUAL(item.refusal, REFUSAL_READ_ONLY);
    CU_ASSERT_EQUAL(log_says(reader, STATEMENT_INVITE, ""), NG_ERR_REFUSED);
    ledger_close(&reader);
    kit_open(&kit);
    check_log(size);
    end();
}

/* The log's own key is for the registry, and speaks to the office. */
static void the_log_itself_says_no_more_than_it_may(void)
{
    begin();
    CU_ASSERT_EQUAL(log_says(kit.ledger, 16, ""), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_says(kit.ledger, STATEMENT_ENROL, ""), NG_ERR_REFUSED);
    CU_ASSERT_EQUAL(log_says(kit.ledger, STATEMENT_INVITE, "xa-a"), NG_ERR_REFUSED);
    invited = WIRE_ROLE_NONE;
    CU_ASSERT_EQUAL(log_says(kit.ledger, STATEMENT_INVITE, ""), NG_ERR_REFUSED);
    invited = WIRE_ROLE_WARD;
    check_log(size);
    end();
}

static const struct test_case cases[] = {
    TEST_CASE(a_reader_says_what_the_store_said),
    TEST_CASE(opening_says_what_the_store_said_or_opens_for_reading_alone),
    TEST_CASE(an_append_that_fails_leaves_the_old_log),
    TEST_CASE(the_log_itself_says_no_more_than_it_may),
    TEST_CASE(nothing_appended_is_no_change_and_a_reader_appends_nothing),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("ledger_store", cases, argc, argv);
}
