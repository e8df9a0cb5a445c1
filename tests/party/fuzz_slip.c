/* Goal: no text makes the reader of slips read outside; a slip has one text; what is refused says
 * what to do.
 * Method: as it is, and, because no mutation meets a check sum, as the bytes of a slip to which the
 * right sum and the letters are put. */
#include "fuzz/fuzz_target.h"
#include "party/slip.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

/* Where the text begins and how long it is without the white space that is allowed around it. */
static struct bytes trimmed(const char *text)
{
    const char *begin = text + strspn(text, " \t\r\n");
    size_t size = strlen(begin);
    while (size > 0 && strchr(" \t\r\n", begin[size - 1]) != NULL) {
        size--;
    }
    return (struct bytes){(const uint8_t *)begin, size};
}

static void read_text(const char *text)
{
    struct slip slip;
    struct buf again = BUF_INIT(SLIP_TEXT_MAX);
    struct slip_keys keys;
    fuzz_begin();
    const enum ng_err err = slip_decode(text, &slip);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_INPUT);
        fuzz_refused(err);
        return;
    }
    CHECK(statement_code_valid(slip.party.text) && note_origin_valid(slip.origin));
    CHECK(slip.endpoint[0] != '\0' && (slip.code[SLIP_CODE_SIZE - 1] & 0x0F) == 0);
    CHECK(slip_encode(&slip, &again) == NG_OK);
    fuzz_same(trimmed(text), buf_bytes(&again));
    slip_keys(&slip, &keys);
    buf_fini(&again);
}

static void read_content(struct bytes content)
{
    struct buf all = BUF_INIT(2048), text = BUF_INIT(4096);
    if (content.size > 1024) {
        return;
    }
    CHECK(buf_add_text(&all, "nganam1:") == NG_OK);
    CHECK(buf_add(&all, content.data, content.size) == NG_OK);
    const struct hash sum = hash_of(all.data, all.size);
    CHECK(buf_add(&all, sum.bytes, 4) == NG_OK);
    CHECK(buf_add_text(&text, "nganam1:") == NG_OK);
    CHECK(bytes_base64(&text, all.data + 8, all.size - 8) == NG_OK);
    while (text.data[text.size - 1] == '=') {
        text.data[--text.size] = '\0';
    }
    for (size_t i = 0; i < text.size; i++) {
        text.data[i] = text.data[i] == '+'   ? (uint8_t)'-'
                       : text.data[i] == '/' ? (uint8_t)'_'
                                             : text.data[i];
    }
    read_text(buf_text(&text));
    buf_fini(&all);
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text((struct bytes){data, size});
    CHECK(key_init() == NG_OK);
    if (text != NULL) {
        read_text(text);
    }
    free(text);
    read_content((struct bytes){data, size});
    return 0;
}
