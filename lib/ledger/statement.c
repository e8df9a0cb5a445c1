/* Statement bytes: docs/disk-format.md.
 *
 * Encoding writes every field of the header, decoding accepts exactly what encoding writes: a code
 * is followed by zeros only, so that one statement has one form. Nothing is judged here that needs
 * knowledge of parties; the ledger does that.
 */
#include "ledger/statement.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <string.h>

/* Offsets of the header's fields. */
enum {
    AT_DOMAIN = 0,
    AT_LOG_ID = 16,
    AT_AUTHOR = 32,
    AT_TO = 48,
    AT_EPOCH = 64,
    AT_KIND = 68,
    AT_SEQ = 72,
    AT_AUTHORED = 80,
    AT_SEEN_SIZE = 88,
    AT_SEEN_ROOT = 96,
    AT_PREV = 128
};
_Static_assert(AT_PREV + HASH_SIZE == STATEMENT_HEADER_SIZE, "the header ends with prev");
_Static_assert(sizeof(STATEMENT_DOMAIN) - 1 == 16, "a domain is 16 bytes");

static bool statement_code_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool statement_code_valid(const char *text)
{
    size_t size = strnlen(text, PARTY_CODE_MAX + 1);
    if (size == 0 || size > PARTY_CODE_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!statement_code_char(text[i])) {
            return false;
        }
    }
    return true;
}

static bool statement_to_valid(const char *text)
{
    return text[0] == '\0' || strcmp(text, "*") == 0 || statement_code_valid(text);
}

static void statement_put_code(uint8_t *to, const char *text)
{
    memset(to, 0, PARTY_CODE_MAX);
    memcpy(to, text, strnlen(text, PARTY_CODE_MAX));
}

/* The code's text; false when a byte other than zero follows its end. */
static bool statement_get_code(const uint8_t *from, struct party_code *ret)
{
    memcpy(ret->text, from, PARTY_CODE_MAX);
    ret->text[PARTY_CODE_MAX] = '\0';
    for (size_t i = strlen(ret->text); i < PARTY_CODE_MAX; i++) {
        if (from[i] != 0) {
            return false;
        }
    }
    return true;
}

static size_t statement_size_max(const char *author)
{
    bool log = strcmp(author, STATEMENT_LOG_AUTHOR) == 0;
    return log ? STATEMENT_LOG_SIZE_MAX : STATEMENT_SIZE_MAX;
}

enum ng_err statement_encode(const struct statement *s, struct buf *to)
{
    if (!statement_code_valid(s->author.text) || !statement_to_valid(s->to.text)) {
        return err_set(NG_ERR_INPUT, _("statement: \"%s\" to \"%s\": not a party code"),
                       s->author.text, s->to.text);
    }
    size_t payload_max = statement_size_max(s->author.text) - STATEMENT_HEADER_SIZE;
    if (s->payload.size > payload_max) {
        return err_set(NG_ERR_LIMIT, _("statement: a payload of %zu bytes, %zu are the most"),
                       s->payload.size, payload_max);
    }
    enum ng_err e = buf_reserve(to, STATEMENT_HEADER_SIZE + s->payload.size);
    if (e != NG_OK) {
        return e;
    }
    uint8_t header[STATEMENT_HEADER_SIZE];
    memcpy(header + AT_DOMAIN, STATEMENT_DOMAIN, 16);
    memcpy(header + AT_LOG_ID, s->log_id, LOG_ID_SIZE);
    statement_put_code(header + AT_AUTHOR, s->author.text);
    statement_put_code(header + AT_TO, s->to.text);
    bytes_put_u32(header + AT_EPOCH, s->epoch);
    bytes_put_u32(header + AT_KIND, s->kind);
    bytes_put_u64(header + AT_SEQ, s->seq);
    bytes_put_u64(header + AT_AUTHORED, s->authored_at);
    bytes_put_u64(header + AT_SEEN_SIZE, s->seen_size);
    memcpy(header + AT_SEEN_ROOT, s->seen_root.bytes, HASH_SIZE);
    memcpy(header + AT_PREV, s->prev.bytes, HASH_SIZE);
    e = buf_add(to, header, sizeof(header));
    return e == NG_OK ? buf_add(to, s->payload.data, s->payload.size) : e;
}

enum ng_err statement_decode(struct bytes data, struct statement *ret)
{
    if (data.size < STATEMENT_HEADER_SIZE || data.size > STATEMENT_LOG_SIZE_MAX) {
        return err_set(NG_ERR_LIMIT, _("a statement of %zu bytes: too short or too long"),
                       data.size);
    }
    const uint8_t *h = data.data;
    struct statement s = {0};
    if (memcmp(h + AT_DOMAIN, STATEMENT_DOMAIN, 16) != 0) {
        return err_set(NG_ERR_PROTO, "statement: not the domain " STATEMENT_DOMAIN);
    }
    if (!statement_get_code(h + AT_AUTHOR, &s.author) || !statement_code_valid(s.author.text)) {
        return err_set(NG_ERR_PROTO, "statement: malformed author");
    }
    if (data.size > statement_size_max(s.author.text)) {
        return err_set(NG_ERR_LIMIT, _("a statement of %zu bytes: too short or too long"),
                       data.size);
    }
    if (!statement_get_code(h + AT_TO, &s.to) || !statement_to_valid(s.to.text)) {
        return err_set(NG_ERR_PROTO, "statement: malformed addressee");
    }
    memcpy(s.log_id, h + AT_LOG_ID, LOG_ID_SIZE);
    s.epoch = bytes_get_u32(h + AT_EPOCH);
    s.kind = bytes_get_u32(h + AT_KIND);
    s.seq = bytes_get_u64(h + AT_SEQ);
    s.authored_at = bytes_get_u64(h + AT_AUTHORED);
    s.seen_size = bytes_get_u64(h + AT_SEEN_SIZE);
    memcpy(s.seen_root.bytes, h + AT_SEEN_ROOT, HASH_SIZE);
    memcpy(s.prev.bytes, h + AT_PREV, HASH_SIZE);
    s.payload = (struct bytes){h + STATEMENT_HEADER_SIZE, data.size - STATEMENT_HEADER_SIZE};
    *ret = s;
    return NG_OK;
}

struct hash statement_hash(struct bytes data)
{
    return hash_of(data.data, data.size);
}

void statement_log_id(const char *origin, uint8_t ret_log_id[LOG_ID_SIZE])
{
    struct hash h = hash_of(origin, strlen(origin));
    memcpy(ret_log_id, h.bytes, LOG_ID_SIZE);
}
