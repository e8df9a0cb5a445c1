/* Goal: no bytes make the readers of signed tree heads and verifier keys read outside; a head that
 * is accepted is one the log signed.
 * Method: the text after the signature is read only when the signature holds, which no mutation
 * finds; so each input is also taken as a text (and further signature lines) that the log's key
 * signed, and the reader has to make sense of it. Signed by another key it is always refused. */
#include "fuzz/fuzz_target.h"
#include "ledger/note.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

#define ORIGIN "nganam.example/fuzz"

static struct key_pair log_key, other_key;

static void keys(void)
{
    static const uint8_t seed[32] = {1}, other[32] = {2};
    CHECK(key_init() == NG_OK);
    key_from_seed(seed, &log_key);
    key_from_seed(other, &other_key);
}

/* What is accepted has lines and none of them is empty before the signatures; it can be signed
 * again and says the same. */
static void accepted(struct bytes note_read, const struct note_head *head)
{
    const uint8_t *gap = memmem(note_read.data, note_read.size, "\n\n", 2);
    CHECK(gap != NULL &&
          memmem(gap + 1, note_read.size - (size_t)(gap + 1 - note_read.data), "\n\n", 2) == NULL);
    struct note_head same;
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    CHECK(strcmp(head->origin, ORIGIN) == 0);
    CHECK(note_sign(head, &log_key, &note) == NG_OK);
    CHECK(note_verify(buf_bytes(&note), ORIGIN, &log_key.public_key, &same) == NG_OK);
    CHECK(same.size == head->size && hash_equal(&same.root, &head->root));
    buf_fini(&note);
}

static void read_note(struct bytes note)
{
    struct note_head head;
    fuzz_begin();
    enum ng_err err = note_verify(note, ORIGIN, &log_key.public_key, &head);
    if (err == NG_OK) {
        accepted(note, &head);
    } else {
        CHECK(err == NG_ERR_PROTO || err == NG_ERR_VERIFY);
        fuzz_refused(err);
    }
    err = note_verify(note, ORIGIN, &other_key.public_key, &head);
    CHECK(err == NG_ERR_PROTO || err == NG_ERR_VERIFY);
}

/* The input up to its first zero is the text, what follows are lines of other signers. */
static void read_signed(struct bytes input)
{
    const uint8_t *zero = input.size > 0 ? memchr(input.data, 0, input.size) : NULL;
    const size_t text_size = zero != NULL ? (size_t)(zero - input.data) : input.size;
    struct buf note = BUF_INIT(4 * NOTE_SIZE_MAX);
    uint8_t line[4 + KEY_SIGNATURE_SIZE];
    if (input.size > NOTE_SIZE_MAX) {
        return;
    }
    CHECK(buf_add(&note, input.data, text_size) == NG_OK);
    bytes_put_u32(line, note_key_id(ORIGIN, &log_key.public_key));
    key_sign(&log_key, buf_bytes(&note), line + 4);
    CHECK(buf_add_text(&note, "\n\xe2\x80\x94 " ORIGIN " ") == NG_OK);
    CHECK(bytes_base64(&note, line, sizeof(line)) == NG_OK);
    CHECK(buf_add_byte(&note, '\n') == NG_OK);
    if (zero != NULL) {
        CHECK(buf_add(&note, zero + 1, input.size - text_size - 1) == NG_OK);
    }
    read_note(buf_bytes(&note));
    buf_fini(&note);
}

static void read_vkey(const char *text)
{
    char name[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    fuzz_begin();
    const enum ng_err err = note_vkey_parse(text, name, &key);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_INPUT);
        fuzz_refused(err);
        return;
    }
    struct buf again = BUF_INIT(NOTE_SIZE_MAX);
    CHECK(note_vkey(name, &key, &again) == NG_OK);
    CHECK(strcmp(buf_text(&again), text) == 0);
    buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    char *text = fuzz_text(input);
    keys();
    read_note(input);
    read_signed(input);
    if (text != NULL) {
        read_vkey(text);
        (void)note_origin_valid(text);
    }
    free(text);
    return 0;
}
