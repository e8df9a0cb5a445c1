/* Goal: whatever bits turn in the file of a sealed store, who lets it be checked and then reads it
 * gets what was written, or an error: no row is lost, changed or an old one, and no row is missed.
 * Method: a store with a history, so that old pages lie about, is damaged at random some thousand
 * times and read whole in a child; and the pages that matter are changed on purpose. The seed is
 * printed on failure. */
#include "base/capture.h"
#include "base/file.h"
#include "base/rng.h"
#include "fixture.h"

#include <sys/stat.h>

enum { SPACE_MORE = 65536 }; /* on the disk: a file whose end is missing gets a hole there */
enum { ROWS = 400, ROUNDS = 2000, FLIPS_MAX = 60 };
enum { END_WRONG = 9, END_TRUE = 10, END_ERROR = 11, END_STORAGE = 4 };
/* mdb.c: the heads of a page and of a row on it. */
enum { PAGE = 4096, PAGE_HEAD = 16, PAGE_FLAGS_AT = 10, PAGE_LOWER_AT = 12, PAGE_LEAF = 2 };
enum { NODE_HEAD = 8, META_NUMBER_AT = 144, META_SIZE = 152 };

static struct store *open_sealed(const struct place *p)
{
    struct store_config config = config_at(p);
    struct store *s = NULL;
    config.sealed = true;
    return store_open(&config, &s) == NG_OK ? s : NULL;
}

static void name_row(unsigned number, unsigned age, char ret_key[16], char ret_value[64])
{
    (void)snprintf(ret_key, 16, "key-%04u", number);
    (void)snprintf(ret_value, 64, "value-of-%04u-in-its-%u-th-year-of-life", number, age);
}

/* Even numbers are there, odd ones are not. What each writes is as long as before, so that a page
 * of an earlier year fits where a later one stood. */
struct year {
    unsigned age;
    unsigned from, step;
};

static enum ng_err write_year(struct store_txn *t, void *context)
{
    const struct year *y = context;
    char key[16], value[64];
    enum ng_err err = NG_OK;
    for (unsigned i = y->from; i < ROWS && err == NG_OK; i += y->step) {
        name_row(2 * i, y->age, key, value);
        err = store_put(t, TABLE_A, text_bytes(key), text_bytes(value));
    }
    return err;
}

/* Row i is of year 3 when it is in the last quarter, else of year 2. */
static unsigned age_of(unsigned i)
{
    return i >= ROWS / 4 * 3 ? 3 : 2;
}

static struct place place_of_years(void)
{
    static struct year years[] = {{1, 0, 1}, {2, 0, 1}, {3, ROWS / 4 * 3, 1}};
    struct place p = place_new();
    struct store *s = open_sealed(&p);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(store_write(s, write_year, &years[i]), NG_OK);
    }
    store_close(&s);
    return p;
}

/* NG_ERR_LIMIT: a wrong answer. */
static enum ng_err walk(struct store_txn *t)
{
    struct store_cursor *c = NULL;
    struct bytes k, v;
    char key[16], value[64];
    enum ng_err err = store_cursor_open(t, TABLE_A, &c);
    err = err == NG_OK ? store_cursor_seek(c, (struct bytes){0}, &k, &v) : err;
    unsigned seen = 0;
    for (; err == NG_OK; seen++) {
        name_row(2 * seen, age_of(seen), key, value);
        err = seen < ROWS && same_text(k, key) && same_text(v, value) ? NG_OK : NG_ERR_LIMIT;
        err = err == NG_OK ? store_cursor_next(c, &k, &v) : err;
    }
    store_cursor_close(&c);
    return err != NG_ERR_NOT_FOUND ? err : seen == ROWS ? NG_OK : NG_ERR_LIMIT;
}

static enum ng_err ask(struct store_txn *t, unsigned number)
{
    struct bytes v = {0};
    char key[16], value[64];
    name_row(number, age_of(number / 2), key, value);
    const enum ng_err err = store_get(t, TABLE_A, text_bytes(key), &v);
    if (err == NG_OK) {
        return number % 2 == 0 && same_text(v, value) ? NG_OK : NG_ERR_LIMIT;
    }
    return err == NG_ERR_NOT_FOUND ? (number % 2 == 1 ? NG_OK : NG_ERR_LIMIT) : err;
}

static int read_all(void *place)
{
    struct store *s = open_sealed(place);
    struct store_txn *t = NULL;
    enum ng_err err = s != NULL ? store_begin_read(s, &t) : NG_ERR_CORRUPT;
    err = err == NG_OK ? store_check(t, TABLE_A) : err;
    if (err == NG_OK) {
        enum ng_err first = walk(t);
        for (unsigned number = 0; first != NG_ERR_LIMIT && number < 2 * ROWS; number++) {
            const enum ng_err one = ask(t, number);
            first = first == NG_OK || one == NG_ERR_LIMIT ? one : first;
        }
        err = first;
    }
    store_end_read(&t);
    store_close(&s);
    return err == NG_OK ? END_TRUE : err == NG_ERR_LIMIT ? END_WRONG : END_ERROR;
}

/* Puts a copy of the sound bytes in place, changed by the caller. */
static int read_changed(struct place *p, const struct buf *data)
{
    static struct capture c;
    char path[300];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", p->path);
    FILE *file = fopen(path, "wb"); /* with no sync, of which there would be thousands */
    CU_ASSERT_TRUE_FATAL(file != NULL && fwrite(data->data, 1, data->size, file) == data->size &&
                         fclose(file) == 0);
    capture_run(&c, read_all, p);
    struct stat st;
    CU_ASSERT(stat(path, &st) == 0 && (size_t)st.st_blocks * 512 <= data->size + SPACE_MORE);
    return c.status;
}

static void load(const struct place *p, struct buf *ret)
{
    char path[300];
    (void)snprintf(path, sizeof(path), "%s/data.mdb", p->path);
    *ret = (struct buf)BUF_INIT(1u << 24);
    CU_ASSERT_EQUAL_FATAL(file_read(path, ret), NG_OK);
}

static void damage_is_never_a_wrong_answer(void)
{
#if defined(NGANAM_MEMCHECK) /* it would report LMDB's step astray, and exit with its own status   \
                              */
    return;
#endif
    struct place p = place_of_years();
    struct buf sound, data = BUF_INIT(1u << 24);
    struct rng rng = rng_seeded(20261127);
    unsigned ends[256] = {0};
    load(&p, &sound);
    CU_ASSERT_EQUAL(read_changed(&p, &sound), END_TRUE);
    for (unsigned round = 0; round < ROUNDS; round++) {
        buf_clear(&data);
        CU_ASSERT_EQUAL_FATAL(buf_add(&data, sound.data, sound.size), NG_OK);
        /* Heads of pages decide what is found: every second flip is in one. */
        const uint64_t flips = 1 + rng_below(&rng, FLIPS_MAX);
        for (uint64_t i = 0; i < flips; i++) {
            size_t at = (size_t)rng_below(&rng, data.size);
            at = i % 2 == 0 ? at / PAGE * PAGE + rng_below(&rng, 40) : at;
            data.data[at] ^= (uint8_t)(1u << rng_below(&rng, 8));
        }
        const int end = read_changed(&p, &data);
        if (end != END_TRUE && end != END_ERROR && end != END_STORAGE) {
            CU_FAIL("a wrong answer, or a crash");
            (void)fprintf(stderr, "round %u ended with %d\n", round, end);
        }
        ends[end & 255]++;
    }
    CU_ASSERT_TRUE(ends[END_TRUE] > 0 && ends[END_ERROR] > ROUNDS / 2);
    buf_fini(&sound);
    buf_fini(&data);
    test_remove_folder(p.folder);
}

/* ---- On purpose ---- */

static bool is_leaf_of_rows(const uint8_t *page)
{
    static const char begin[] = "key-";
    const uint16_t lower = (uint16_t)(page[PAGE_LOWER_AT] | page[PAGE_LOWER_AT + 1] << 8);
    const uint16_t first = (uint16_t)(page[PAGE_HEAD] | page[PAGE_HEAD + 1] << 8);
    return page[PAGE_FLAGS_AT] == PAGE_LEAF && lower > PAGE_HEAD && first < PAGE - 16 &&
           memcmp(page + first + NODE_HEAD, begin, strlen(begin)) == 0;
}

/* The last row of each page in turn is outside its row count. */
static void a_row_that_a_page_hides_is_missed(void)
{
    struct place p = place_of_years();
    struct buf data;
    unsigned missed = 0;
    load(&p, &data);
    for (uint8_t *page = data.data; page < data.data + data.size; page += PAGE) {
        if (is_leaf_of_rows(page)) {
            page[PAGE_LOWER_AT] = (uint8_t)(page[PAGE_LOWER_AT] - 2);
            const int end = read_changed(&p, &data);
            CU_ASSERT(end == END_ERROR || end == END_TRUE); /* of an old page nothing is missed */
            missed += end == END_ERROR;
            page[PAGE_LOWER_AT] = (uint8_t)(page[PAGE_LOWER_AT] + 2);
        }
    }
    CU_ASSERT_TRUE(missed >= 5);
    buf_fini(&data);
    test_remove_folder(p.folder);
}

/* What a pointer that leads to a page of another year would show: its rows are sound, and as many.
 */
static void an_old_page_in_place_of_a_new_one_is_found_out(void)
{
    struct place p = place_of_years();
    struct buf sound, data = BUF_INIT(1u << 24);
    unsigned found_out = 0;
    load(&p, &sound);
    for (size_t i = 0; i < sound.size; i += PAGE) {
        for (size_t j = 0; j < sound.size; j += PAGE) {
            const uint8_t *new = sound.data + i, *old = sound.data + j;
            const uint8_t *row = new + (new[PAGE_HEAD] | new[PAGE_HEAD + 1] << 8);
            if (i == j || !is_leaf_of_rows(new) || !is_leaf_of_rows(old) ||
                memcmp(new + PAGE_LOWER_AT, old + PAGE_LOWER_AT, 4) != 0 ||
                memcmp(row, old + (row - new), NODE_HEAD + 8) != 0) {
                continue;
            }
            buf_clear(&data);
            CU_ASSERT_EQUAL_FATAL(buf_add(&data, sound.data, sound.size), NG_OK);
            memcpy(data.data + i + 8, old + 8, PAGE - 8); /* but its own number */
            const int end = read_changed(&p, &data);
            CU_ASSERT(end == END_ERROR || end == END_TRUE);
            found_out += end == END_ERROR;
        }
    }
    CU_ASSERT_TRUE(found_out >= 5);
    buf_fini(&sound);
    buf_fini(&data);
    test_remove_folder(p.folder);
}

/* Each bit of both meta pages. LMDB takes the one with the higher number, so a number that fell
 * makes the store what it was one commit before: whole, and nothing in the file says that it is not
 * the newest. That remains, and nothing else. */
static void a_meta_page_can_hide_its_own_commit_alone(void)
{
    struct place p = place_of_years();
    struct buf data;
    unsigned older = 0;
    load(&p, &data);
    const size_t newest = data.data[META_NUMBER_AT] > data.data[PAGE + META_NUMBER_AT] ? 0 : PAGE;
    for (size_t i = 0; i < 2 * (size_t)META_SIZE; i++) {
        const size_t at = i / META_SIZE * PAGE + i % META_SIZE;
        for (unsigned bit = 0; bit < 8; bit++) {
            data.data[at] ^= (uint8_t)(1u << bit);
            const int end = read_changed(&p, &data);
            const bool number = at >= newest + META_NUMBER_AT && at < newest + META_SIZE;
            if (end != END_TRUE && end != END_ERROR && end != END_STORAGE &&
                !(end == END_WRONG && number)) {
                CU_FAIL("a wrong answer, or a crash");
                (void)fprintf(stderr, "byte %zu, bit %u: %d\n", at, bit, end);
            }
            older += end == END_WRONG;
            data.data[at] ^= (uint8_t)(1u << bit);
        }
    }
    CU_ASSERT_EQUAL(data.data[newest + META_NUMBER_AT], 4);
    CU_ASSERT_EQUAL(older, 1); /* the bit that 4 can lose */
    buf_fini(&data);
    test_remove_folder(p.folder);
}

/* A copy that LMDB compacts is transaction 1 again; what is written to it later is not. */
static void a_copy_is_whole(void)
{
    static struct year later = {2, 0, 1};
    struct place p = place_of_years();
    struct store *s = open_sealed(&p);
    (void)snprintf(p.path, sizeof(p.path), "%s/copy", p.folder);
    CU_ASSERT_EQUAL(store_copy(s, p.path), NG_OK);
    store_close(&s);
    CU_ASSERT_EQUAL(read_all(&p), END_TRUE);
    s = open_sealed(&p);
    later.from = ROWS; /* nothing: the transaction is none */
    CU_ASSERT_EQUAL(store_write(s, write_year, &later), NG_OK);
    later = (struct year){3, ROWS / 4 * 3, 1};
    CU_ASSERT_EQUAL(store_write(s, write_year, &later), NG_OK);
    store_close(&s);
    CU_ASSERT_EQUAL(read_all(&p), END_TRUE);
    test_remove_folder(p.folder);
}

static const struct test_case cases[] = {
    TEST_CASE(damage_is_never_a_wrong_answer),
    TEST_CASE(a_row_that_a_page_hides_is_missed),
    TEST_CASE(an_old_page_in_place_of_a_new_one_is_found_out),
    TEST_CASE(a_meta_page_can_hide_its_own_commit_alone),
    TEST_CASE(a_copy_is_whole),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("store_damage", cases, argc, argv);
}
