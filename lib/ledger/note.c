/* Signed notes (c2sp.org/signed-note), tree heads (c2sp.org/tlog-checkpoint) and verifier keys.
 *
 *     origin \n size \n base64(root) \n   the text that is signed; further non-empty lines may
 * follow \n — origin base64(key id || signature) \n   one or more
 *
 * Reading finds the last empty line, takes what stands before it as the text, looks among the
 * signature lines for the one key that counts, verifies, and only then reads the text. Lines of
 * other keys are passed over (witnesses may add theirs), but they have to be well-formed.
 */
#include "ledger/note.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/line.h"

#include <stdio.h>
#include <string.h>

#define NOTE_ED25519 0x01
#define NOTE_SIGNATURE_SIZE (4 + KEY_SIGNATURE_SIZE)

/* ---- Names and verifier keys ---- */

static uint32_t note_code_point(const uint8_t *text, size_t size)
{
    static const uint8_t mask[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = text[0] & mask[size];
    for (size_t i = 1; i < size; i++) {
        c = (c << 6) | (text[i] & 0x3fu);
    }
    return c;
}

/* White space as Unicode has it (White_Space=yes), and control characters. */
static bool note_space(uint32_t c)
{
    return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool note_name_valid(const uint8_t *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t n = bytes_utf8_length((const char *)text + at, size - at);
        if (n == 0 || text[at] == '+' || note_space(note_code_point(text + at, n))) {
            return false;
        }
        at += n;
    }
    return size > 0;
}

bool note_origin_valid(const char *origin)
{
    size_t size = strnlen(origin, NOTE_ORIGIN_MAX + 1);
    return size <= NOTE_ORIGIN_MAX && note_name_valid((const uint8_t *)origin, size);
}

uint32_t note_key_id(const char *name, const struct key_public *key)
{
    uint8_t bytes[NOTE_ORIGIN_MAX + 2 + KEY_PUBLIC_SIZE];
    size_t size = strnlen(name, NOTE_ORIGIN_MAX);
    memcpy(bytes, name, size);
    bytes[size++] = 0x0a;
    bytes[size++] = NOTE_ED25519;
    memcpy(bytes + size, key->bytes, KEY_PUBLIC_SIZE);
    struct hash h = hash_of(bytes, size + KEY_PUBLIC_SIZE);
    return bytes_get_u32(h.bytes);
}

enum ng_err note_vkey(const char *name, const struct key_public *key, struct buf *to)
{
    uint8_t bytes[1 + KEY_PUBLIC_SIZE] = {NOTE_ED25519};
    memcpy(bytes + 1, key->bytes, KEY_PUBLIC_SIZE);
    enum ng_err e = buf_printf(to, "%s+%08x+", name, (unsigned)note_key_id(name, key));
    return e == NG_OK ? bytes_base64(to, bytes, sizeof(bytes)) : e;
}

enum ng_err note_vkey_parse(const char *text, char ret_name[NOTE_ORIGIN_MAX + 1],
                            struct key_public *ret_key)
{
    const char *first = strchr(text, '+');
    const char *second = first == NULL ? NULL : strchr(first + 1, '+');
    char name[NOTE_ORIGIN_MAX + 1] = "";
    uint8_t bytes[1 + KEY_PUBLIC_SIZE];
    if (second == NULL || first - text > NOTE_ORIGIN_MAX || second - first != 9) {
        return err_set(NG_ERR_INPUT, _("not a verifier key: name+id+key is expected"));
    }
    memcpy(name, text, (size_t)(first - text));
    if (!note_origin_valid(name) ||
        bytes_exact_base64(bytes, sizeof(bytes), second + 1, strlen(second + 1)) != NG_OK ||
        bytes[0] != NOTE_ED25519) {
        return err_set(NG_ERR_INPUT, _("not a verifier key: malformed name or key"));
    }
    struct key_public key;
    memcpy(key.bytes, bytes + 1, KEY_PUBLIC_SIZE);
    char id[10];
    (void)snprintf(id, sizeof(id), "%08x+", (unsigned)note_key_id(name, &key));
    if (memcmp(first + 1, id, 9) != 0) {
        return err_set(NG_ERR_INPUT, _("not a verifier key: its id does not belong to the key"));
    }
    memcpy(ret_name, name, sizeof(name));
    *ret_key = key;
    return NG_OK;
}

bool note_split(struct bytes note, struct bytes *ret_text, struct bytes *ret_lines)
{
    for (size_t at = note.size; at >= 2; at--) {
        if (note.data[at - 1] == '\n' && note.data[at - 2] == '\n') {
            *ret_text = (struct bytes){note.data, at - 1};
            *ret_lines = (struct bytes){note.data + at, note.size - at};
            return true;
        }
    }
    return false;
}

/* ---- Writing ---- */

enum ng_err note_add_line(const char *origin, const struct key_pair *key, struct buf *note)
{
    struct bytes text;
    struct bytes lines;
    uint8_t signature[NOTE_SIGNATURE_SIZE];
    if (!note_split(buf_bytes(note), &text, &lines)) {
        return err_plain(NG_ERR_PROTO);
    }
    bytes_put_u32(signature, note_key_id(origin, &key->public_key));
    key_sign(key, text, signature + 4);
    enum ng_err e = buf_printf(note, NOTE_DASH "%s ", origin);
    if (e == NG_OK) {
        e = bytes_base64(note, signature, sizeof(signature));
    }
    return e == NG_OK ? buf_add_byte(note, '\n') : e;
}

enum ng_err note_sign(const struct note_head *head, const struct key_pair *log_key, struct buf *to)
{
    struct buf text = BUF_INIT(NOTE_SIZE_MAX);
    enum ng_err e = buf_printf(&text, "%s\n%llu\n", head->origin, (unsigned long long)head->size);
    if (e == NG_OK) {
        e = bytes_base64(&text, head->root.bytes, HASH_SIZE);
    }
    if (e == NG_OK) {
        e = buf_add_text(&text, "\n\n");
    }
    if (e == NG_OK) {
        e = note_add_line(head->origin, log_key, &text);
    }
    if (e == NG_OK) {
        e = buf_add(to, text.data, text.size);
    }
    buf_fini(&text);
    return e;
}

/* ---- Reading ---- */

static enum ng_err note_malformed(const char *what)
{
    return err_set(NG_ERR_PROTO, "signed note: %s", what);
}

/* UTF-8 without control characters, \n as line end. */
static bool note_text_valid(struct bytes text)
{
    size_t at = 0;
    while (at < text.size) {
        size_t n = bytes_utf8_length((const char *)text.data + at, text.size - at);
        if (n == 0 || (text.data[at] < 0x20 && text.data[at] != '\n')) {
            return false;
        }
        at += n;
    }
    return true;
}

/* One signature line: its name, key id and signature. */
static bool note_signature(struct bytes line, struct bytes *ret_name, struct buf *decoded)
{
    if (!line_skip(&line, NOTE_DASH) || line.size == 0) {
        return false;
    }
    const uint8_t *space = memchr(line.data, ' ', line.size);
    if (space == NULL || !note_name_valid(line.data, (size_t)(space - line.data))) {
        return false;
    }
    *ret_name = (struct bytes){line.data, (size_t)(space - line.data)};
    buf_clear(decoded);
    return bytes_from_base64(decoded, (const char *)space + 1, line.size - ret_name->size - 1) ==
               NG_OK &&
           decoded->size > 4;
}

/* Looks for the line of this key and verifies it; every line has to be well-formed. */
static enum ng_err note_check(struct bytes text, struct bytes lines, const char *origin,
                              const struct key_public *log_key)
{
    struct buf decoded = BUF_INIT(NOTE_SIZE_MAX);
    uint32_t id = note_key_id(origin, log_key);
    /* Room for any line at once: what then fails to decode is malformed, never out of memory. */
    enum ng_err e = lines.size == 0 ? note_malformed("no signature line")
                                    : buf_reserve(&decoded, NOTE_SIZE_MAX);
    bool found = false;
    while (lines.size > 0 && e == NG_OK) {
        struct bytes line;
        struct bytes name;
        if (!line_take(&lines, &line) || !note_signature(line, &name, &decoded)) {
            e = note_malformed("a malformed signature line");
        } else if (line_is(name, origin) && bytes_get_u32(decoded.data) == id) {
            found = true;
            if (decoded.size != NOTE_SIGNATURE_SIZE ||
                !key_verify(log_key, text, decoded.data + 4)) {
                e = err_set(NG_ERR_VERIFY, _("the signature of the tree head does not hold"));
            }
        }
    }
    buf_fini(&decoded);
    if (e == NG_OK && !found) {
        return err_set(NG_ERR_VERIFY, _("the tree head is not signed with the log's key"));
    }
    return e;
}

enum ng_err note_verify(struct bytes note, const char *origin, const struct key_public *log_key,
                        struct note_head *ret)
{
    struct bytes text;
    struct bytes lines;
    if (note.size > NOTE_SIZE_MAX || !note_text_valid(note) || !note_split(note, &text, &lines)) {
        return note_malformed("too long, no text, or no empty line");
    }
    enum ng_err e = note_check(text, lines, origin, log_key);
    if (e != NG_OK) {
        return e;
    }
    struct note_head head = {.size = 0};
    struct bytes line;
    if (!line_take(&text, &line) || !line_is(line, origin) || line.size > NOTE_ORIGIN_MAX) {
        return err_set(NG_ERR_VERIFY, _("the tree head is of another log"));
    }
    memcpy(head.origin, line.data, line.size);
    if (!line_take(&text, &line) || !line_number(line, &head.size)) {
        return note_malformed("a malformed size");
    }
    if (!line_take(&text, &line) ||
        bytes_exact_base64(head.root.bytes, HASH_SIZE, (const char *)line.data, line.size) !=
            NG_OK) {
        return note_malformed("a malformed root");
    }
    while (text.size > 0) {
        if (!line_take(&text, &line) || line.size == 0) {
            return note_malformed("an empty line within the text");
        }
    }
    *ret = head;
    return NG_OK;
}
