/* Goal: no bundle of entries, and no entry in one, makes a reader of an export read outside, leak
 * or hang: what is taken off a bundle is what was put in, and what reads as an entry is written as
 * a line of JSON that says the same. Method: the input as a bundle, and as one entry. */
#include "audit/entry.h"
#include "audit/tiles.h"
#include "fuzz/fuzz_target.h"

#include <string.h>

/* The line is one JSON object with the entry's index and author. */
static void check_line(const struct entry *e)
{
    struct buf line = BUF_INIT(ENTRY_LINE_MAX);
    CHECK(entry_line(e, &line) == NG_OK);
    CHECK(line.size > 1 && line.data[line.size - 1] == '\n');
    CHECK(memchr(line.data, '\n', line.size - 1) == NULL);
    /* Numbers of 64 bits without a sign are more than the reader's integers hold. */
    json_t *read = json_loadb((const char *)line.data, line.size,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL);
    CHECK(json_is_object(read));
    CHECK(json_is_number(json_object_get(read, "index")));
    const char *author = json_string_value(json_object_get(read, "author"));
    CHECK(author != NULL && strcmp(author, e->statement.author.text) == 0);
    json_decref(read);
    buf_fini(&line);
}

static void read_entry(struct bytes leaf, uint64_t index)
{
    struct entry e;
    fuzz_begin();
    const enum ng_err err = entry_read(index, leaf, &e);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_CORRUPT);
        fuzz_refused(err);
        return;
    }
    (void)entry_kind_word(e.statement.kind);
    (void)entry_has_code(&e, "1.1");
    json_t *made = entry_json(&e);
    CHECK(made != NULL);
    json_decref(made);
    check_line(&e);
}

static void read_bundle(struct bytes bundle)
{
    struct buf again = BUF_INIT(TILES_BUNDLE_MAX);
    struct bytes rest = bundle, entry;
    uint64_t index = 0;
    while (index < TILES_WIDTH && tiles_take_entry(&rest, &entry)) {
        CHECK(tiles_add_entry(&again, entry) == NG_OK);
        read_entry(entry, index);
        index++;
    }
    CHECK(rest.data + rest.size == bundle.data + bundle.size);
    fuzz_same((struct bytes){bundle.data, bundle.size - rest.size}, buf_bytes(&again));
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    read_bundle(input);
    read_entry(input, 0);
    return 0;
}
