/* Goal: no file makes the reader of bundles or of receipts read outside; what is accepted is what
 * would be written; what is refused says what to do.
 * Method: as it is, and, because no mutation meets a check sum, as what stands between the sort and
 * the sum, with both put round it. */
#include "fuzz/fuzz_target.h"
#include "party/bundle.h"

#include <string.h>

static void write_rows(struct buf *to, enum bundle_sort sort, struct bundle *left)
{
    struct bundle_file file;
    struct hash id;
    const uint8_t *proof = NULL;
    while (sort == BUNDLE_STATEMENTS && bundle_next_file(left, &file)) {
        CHECK(bundle_add_file(to, &file) == NG_OK);
    }
    while (sort == BUNDLE_RECEIPTS && bundle_next_stored(left, &id, &proof)) {
        CHECK(bundle_add_stored(to, &id, proof) == NG_OK);
    }
}

static void write_again(struct bytes file, enum bundle_sort sort, const struct bundle *read)
{
    struct buf again = BUF_INIT(BUNDLE_SIZE_MAX);
    struct bundle left = *read;
    struct bytes first, second;
    CHECK(bundle_begin(&again, sort, read) == NG_OK);
    while (bundle_next(&left, sort, &first, &second)) {
        CHECK(bundle_add(&again, first, second) == NG_OK);
    }
    write_rows(&again, sort, &left);
    CHECK(bundle_end(&again) == NG_OK);
    if (strlen(read->origin) == file.data[44]) { /* else a zero stands in it: no log's origin */
        fuzz_same((struct bytes){file.data, read->size}, buf_bytes(&again));
    }
    buf_fini(&again);
}

static void read_file(struct bytes file, enum bundle_sort sort)
{
    struct bundle read;
    uint64_t first_seq = 0;
    fuzz_begin();
    enum ng_err err = bundle_read(file, sort, &read);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_INPUT || err == NG_ERR_VERIFY);
        fuzz_refused(err);
        return;
    }
    CHECK(statement_code_valid(read.party.text));
    write_again(file, sort, &read);
    if (sort == BUNDLE_STATEMENTS) {
        fuzz_begin();
        err = bundle_check(&read, &first_seq);
        CHECK(err == NG_OK || err == NG_ERR_VERIFY);
        if (err != NG_OK) {
            fuzz_refused(err);
        }
    }
}

static void read_content(struct bytes content, const char *sort_text, enum bundle_sort sort)
{
    struct buf all = BUF_INIT(1 << 20);
    if (content.size > 65536) {
        return;
    }
    CHECK(buf_add_text(&all, sort_text) == NG_OK);
    CHECK(buf_add(&all, content.data, content.size) == NG_OK);
    CHECK(bundle_end(&all) == NG_OK);
    read_file(buf_bytes(&all), sort);
    buf_fini(&all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    CHECK(key_init() == NG_OK);
    read_file(input, BUNDLE_STATEMENTS);
    read_file(input, BUNDLE_RECEIPTS);
    read_content(input, "nganam/bundle/01", BUNDLE_STATEMENTS);
    read_content(input, "nganam/answer/01", BUNDLE_RECEIPTS);
    return 0;
}
