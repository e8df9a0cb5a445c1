/* Goal: a log says in its first entry which lost log it follows, or nothing; what it says is a head
 * that the lost log has signed, of another name; and who verifies the log finds one that lies.
 * Method: heads of logs that were never made, signed by keys from seeds. A lying log is made by the
 * program itself, from words that nobody has checked.
 */
#include "kit.h"

#include "ledger/previous.h"

#include <string.h>

#define OLD_ORIGIN "nganam.example/old"

static struct kit kit;

static void old_key(uint8_t number, struct key_pair *ret)
{
    uint8_t seed[32] = {0};
    seed[0] = number;
    key_from_seed(seed, ret);
}

/* A head of the old log, and its verifier key. */
static void old_head(const char *origin, uint64_t size, uint8_t key, struct buf *vkey,
                     struct buf *note)
{
    struct key_pair pair;
    struct note_head head = {.size = size, .root = {{7}}};
    (void)snprintf(head.origin, sizeof(head.origin), "%s", origin);
    old_key(key, &pair);
    buf_init(vkey, 512);
    buf_init(note, NOTE_SIZE_MAX);
    CU_ASSERT_EQUAL_FATAL(note_vkey(origin, &pair.public_key, vkey), NG_OK);
    CU_ASSERT_EQUAL_FATAL(note_sign(&head, &pair, note), NG_OK);
}

static enum ng_err make(const char *origin, uint64_t size, struct previous *ret)
{
    struct buf vkey, note;
    old_head(OLD_ORIGIN, size, 1, &vkey, &note);
    const enum ng_err e = previous_make(origin, buf_text(&vkey), buf_bytes(&note), ret);
    buf_fini(&vkey);
    buf_fini(&note);
    return e;
}

static void previous_is_a_signed_head_of_another_log(void)
{
    struct previous p;
    struct buf vkey, note, other_vkey, other_note;
    CU_ASSERT_EQUAL(make(KIT_ORIGIN, 41, &p), NG_OK);
    CU_ASSERT_EQUAL(p.head.size, 41);
    CU_ASSERT_STRING_EQUAL(p.head.origin, OLD_ORIGIN);
    CU_ASSERT_EQUAL(make(OLD_ORIGIN, 41, &p), NG_ERR_REFUSED); /* a fork */
    CU_ASSERT_EQUAL(make(KIT_ORIGIN, 0, &p), NG_ERR_PROTO);
    old_head(OLD_ORIGIN, 41, 1, &vkey, &note);
    old_head(OLD_ORIGIN, 41, 2, &other_vkey, &other_note);
    CU_ASSERT_EQUAL(previous_make(KIT_ORIGIN, buf_text(&other_vkey), buf_bytes(&note), &p),
                    NG_ERR_VERIFY);
    note.data[strlen(OLD_ORIGIN) + 1]++; /* 51 entries */
    CU_ASSERT_EQUAL(previous_make(KIT_ORIGIN, buf_text(&vkey), buf_bytes(&note), &p),
                    NG_ERR_VERIFY);
    buf_fini(&vkey);
    buf_fini(&note);
    buf_fini(&other_vkey);
    buf_fini(&other_note);
}

static void create(const char *origin, const struct previous *p)
{
    test_folder(kit.folder, sizeof(kit.folder));
    CU_ASSERT_EQUAL_FATAL(ledger_create_after(kit.folder, NULL, origin, p, KIT_NOW), NG_OK);
    CU_ASSERT_EQUAL_FATAL(ledger_open(kit.folder, NULL, LEDGER_READ, &kit.ledger), NG_OK);
}

static void previous_stands_in_the_first_entry(void)
{
    struct previous p, is;
    struct ledger_check check;
    char sentence[PREVIOUS_SENTENCE_MAX];
    CU_ASSERT_EQUAL_FATAL(make(KIT_ORIGIN, 41, &p), NG_OK);
    create(KIT_ORIGIN, &p);
    CU_ASSERT_EQUAL(ledger_previous(kit.ledger, &is), NG_OK);
    CU_ASSERT(previous_equal(&is, &p));
    CU_ASSERT_EQUAL(ledger_verify(kit.ledger, NULL, NULL, &check), NG_OK);
    CU_ASSERT(previous_equal(&check.previous, &p));
    previous_sentence(&is, sentence);
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, OLD_ORIGIN));
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, " 41 "));
    CU_ASSERT_PTR_NOT_NULL(strstr(sentence, "BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    kit_end(&kit);
    kit_begin(&kit);
    CU_ASSERT_EQUAL(ledger_previous(kit.ledger, &is), NG_OK);
    CU_ASSERT_EQUAL(is.head.size, 0);
    kit_end(&kit);
}

static void lies(const char *origin, const struct previous *p)
{
    struct kit_faults faults;
    struct previous is;
    create(origin, p);
    CU_ASSERT_NOT_EQUAL(ledger_previous(kit.ledger, &is), NG_OK);
    CU_ASSERT(kit_verify(&kit, &faults) > 0);
    CU_ASSERT_EQUAL(faults.indexes[0], 0);
    kit_end(&kit);
}

static void previous_that_does_not_hold_is_a_fault_of_the_first_entry(void)
{
    struct previous p, good;
    CU_ASSERT_EQUAL_FATAL(make(KIT_ORIGIN, 41, &good), NG_OK);
    p = good;
    p.note[strlen(OLD_ORIGIN) + 1]++;
    lies(KIT_ORIGIN, &p);
    p = good;
    p.note[0] = '\0';
    lies(KIT_ORIGIN, &p);
    p = good;
    p.vkey[0] = '\0';
    lies(KIT_ORIGIN, &p);
    lies(OLD_ORIGIN, &good);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        TEST_CASE(previous_is_a_signed_head_of_another_log),
        TEST_CASE(previous_stands_in_the_first_entry),
        TEST_CASE(previous_that_does_not_hold_is_a_fault_of_the_first_entry),
        {NULL, NULL}};
    return key_init() == NG_OK ? test_main("previous", cases, argc, argv) : 1;
}
