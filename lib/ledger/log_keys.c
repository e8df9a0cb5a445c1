/* Happy path of a head: the newest key's line is there and holds. Of an old head, an older key's,
 * and the size says that it was not over yet. Happy path of a chain: each change is signed by the
 * key before it and countersigned by its own, at an entry behind the last.
 *
 * The index of a change needs no word of its own: the log writes it alone, so what it has seen
 * (seen_size) is all that stands before it. The registry's rules hold the log to that. Both keys
 * vouch for it: the old one signs the statement, the new one's countersignature covers it. So a
 * thief of the old key can move the end of that key for nobody who knows the new one. */
#include "ledger/log_keys.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/registry.h"

#include <string.h>

#define CHANGE_DOMAIN "nganam/logkey/01"
#define COVERED_SIZE (REGISTRY_COUNTERSIGNED_SIZE + 8)
_Static_assert(sizeof(CHANGE_DOMAIN) == 17, "a domain is 16 bytes");

static bool same_key(const struct key_public *a, const struct key_public *b)
{
    return memcmp(a->bytes, b->bytes, KEY_PUBLIC_SIZE) == 0;
}

struct log_keys log_keys_of(const struct key_public *key)
{
    return (struct log_keys){.count = 1, .links = {{.key = *key}}};
}

const struct key_public *log_keys_newest(const struct log_keys *k)
{
    size_t at = k->count - 1;
    while (at > 0 && k->links[at].index == LOG_KEYS_LATER) {
        at--;
    }
    return &k->links[at].key;
}

bool log_keys_has(const struct log_keys *k, const struct key_public *key)
{
    for (size_t i = 0; i < k->count; i++) {
        if (same_key(&k->links[i].key, key)) {
            return true;
        }
    }
    return false;
}

void log_keys_expect(struct log_keys *k, const struct key_public *key)
{
    if (!log_keys_has(k, key) && k->count < LOG_KEYS_MAX) {
        k->links[k->count++] = (struct log_keys_link){.index = LOG_KEYS_LATER, .key = *key};
    }
}

bool log_keys_lacks(const struct log_keys *k)
{
    return k->links[k->count - 1].index == LOG_KEYS_LATER;
}

static size_t count_below(const struct log_keys *k, uint64_t size)
{
    size_t count = 1;
    while (count < k->count && k->links[count].index < size) {
        count++;
    }
    return count;
}

bool log_keys_agree(const struct log_keys *a, const struct log_keys *b, uint64_t size)
{
    const size_t count = count_below(a, size);
    bool agree = count == count_below(b, size);
    for (size_t i = 0; i < count && agree; i++) {
        agree =
            same_key(&a->links[i].key, &b->links[i].key) && a->links[i].index == b->links[i].index;
    }
    return agree;
}

/* ---- Heads ---- */

/* *ret_at: of the link whose key's line holds. */
static enum ng_err find_line(const struct log_keys *k, const char *origin, struct bytes note,
                             struct note_head *ret, size_t *ret_at)
{
    enum ng_err e = NG_ERR_VERIFY;
    struct note_head head;
    size_t at = k->count;
    while (at > 0 && e == NG_ERR_VERIFY) {
        at--;
        e = note_verify(note, origin, &k->links[at].key, &head);
    }
    if (e == NG_OK && at + 1 < k->count && head.size > k->links[at + 1].index) {
        return err_set(NG_ERR_VERIFY,
                       _("the tree head of %llu entries is signed by a key that the log has "
                         "replaced at entry %llu"),
                       (unsigned long long)head.size, (unsigned long long)k->links[at + 1].index);
    }
    if (e == NG_OK) {
        *ret = head;
        *ret_at = at;
    }
    return e;
}

enum ng_err log_keys_verify(const struct log_keys *k, const char *origin, struct bytes note,
                            struct note_head *ret)
{
    size_t at = 0;
    return find_line(k, origin, note, ret, &at);
}

enum ng_err log_keys_signer(const struct log_keys *k, const char *origin, struct bytes note,
                            struct key_public *ret)
{
    struct note_head head;
    size_t at = 0;
    const enum ng_err e = find_line(k, origin, note, &head, &at);
    if (e == NG_OK) {
        *ret = k->links[at].key;
    }
    return e;
}

/* ---- One change ---- */

static void cover(const uint8_t log_id[LOG_ID_SIZE], uint64_t index,
                  const struct key_public *previous, const struct key_public *key,
                  uint8_t ret[COVERED_SIZE])
{
    static const struct party_code log = {STATEMENT_LOG_AUTHOR};
    registry_countersigned(log_id, &log, 1, key, previous->bytes, ret);
    memcpy(ret, CHANGE_DOMAIN, 16);
    bytes_put_u64(ret + REGISTRY_COUNTERSIGNED_SIZE, index);
}

enum ng_err log_keys_payload(const uint8_t log_id[LOG_ID_SIZE], uint64_t index,
                             const struct key_public *previous, const struct key_pair *key,
                             struct buf *to)
{
    struct wire_log_key m;
    uint8_t covered[COVERED_SIZE];
    cover(log_id, index, previous, &key->public_key, covered);
    memcpy(m.key, key->public_key.bytes, sizeof(m.key));
    memcpy(m.previous, previous->bytes, sizeof(m.previous));
    key_sign(key, (struct bytes){covered, sizeof(covered)}, m.countersignature);
    return wire_log_key_encode(&m, to);
}

enum ng_err log_keys_read(const struct statement *s, struct log_keys_change *ret)
{
    struct wire_log_key m;
    uint8_t covered[COVERED_SIZE];
    struct log_keys_change change = {.index = s->seen_size, .at = s->authored_at};
    enum ng_err e = s->kind == STATEMENT_LOG_KEY ? wire_log_key_decode(s->payload, &m)
                                                 : err_plain(NG_ERR_PROTO);
    if (e != NG_OK) {
        return e;
    }
    memcpy(change.previous.bytes, m.previous, KEY_PUBLIC_SIZE);
    memcpy(change.key.bytes, m.key, KEY_PUBLIC_SIZE);
    cover(s->log_id, change.index, &change.previous, &change.key, covered);
    if (!key_verify(&change.key, (struct bytes){covered, sizeof(covered)}, m.countersignature)) {
        return err_plain(NG_ERR_VERIFY);
    }
    *ret = change;
    return NG_OK;
}

/* ---- The chain ---- */

static enum ng_err broken(size_t number)
{
    return err_set(NG_ERR_VERIFY,
                   _("change %zu of the log's key is not signed by the key before it and by the "
                     "new one, or is out of its place"),
                   number);
}

static enum ng_err add_change(struct log_keys *k, const uint8_t log_id[LOG_ID_SIZE],
                              const struct wire_signed *signed_change, size_t number)
{
    struct statement s;
    struct log_keys_change c;
    enum ng_err e = statement_decode(signed_change->statement, &s);
    if (e == NG_OK) {
        e = log_keys_read(&s, &c);
    }
    if (e != NG_OK) {
        return e == NG_ERR_NOMEM ? e : broken(number);
    }
    if (k->count == 0) { /* the first key is who signs the first change */
        *k = log_keys_of(&c.previous);
    }
    const struct log_keys_link *last = &k->links[k->count - 1];
    if (memcmp(s.log_id, log_id, LOG_ID_SIZE) != 0 ||
        strcmp(s.author.text, STATEMENT_LOG_AUTHOR) != 0 || c.index <= last->index ||
        c.index == LOG_KEYS_LATER || !same_key(&c.previous, &last->key) ||
        log_keys_has(k, &c.key) || signed_change->signature.size != KEY_SIGNATURE_SIZE ||
        !key_verify(&last->key, signed_change->statement, signed_change->signature.data)) {
        return broken(number);
    }
    k->links[k->count++] = (struct log_keys_link){c.index, c.at, c.key};
    return NG_OK;
}

/* What was known stands in it: of one key its place was never known. */
static bool holds(const struct log_keys *chain, const struct log_keys *known)
{
    if (known->count == 1) {
        return log_keys_has(chain, &known->links[0].key);
    }
    bool all = chain->count >= known->count;
    for (size_t i = 0; i < known->count && all; i++) {
        all = same_key(&chain->links[i].key, &known->links[i].key) &&
              chain->links[i].index == known->links[i].index;
    }
    return all;
}

enum ng_err log_keys_follow(const struct log_keys *known, const char *origin,
                            const struct wire_signed *changes, size_t count, struct log_keys *ret)
{
    struct log_keys chain = {.count = 0};
    uint8_t log_id[LOG_ID_SIZE];
    enum ng_err e = count < LOG_KEYS_MAX ? NG_OK : err_plain(NG_ERR_PROTO);
    statement_log_id(origin, log_id);
    for (size_t i = 0; i < count && e == NG_OK; i++) {
        e = add_change(&chain, log_id, &changes[i], i + 1);
    }
    if (e != NG_OK) {
        return e;
    }
    if (count == 0) {
        chain = log_keys_of(&known->links[0].key);
    }
    if (!holds(&chain, known)) {
        return err_set(NG_ERR_VERIFY,
                       _("the keys that the log is said to have had are not those that are known "
                         "here"));
    }
    *ret = chain;
    return NG_OK;
}

enum ng_err log_keys_line(const struct wire_signed *change, struct buf *to)
{
    struct buf both = BUF_INIT(KEY_SIGNATURE_SIZE + STATEMENT_LOG_SIZE_MAX);
    enum ng_err e = buf_add(&both, change->signature.data, change->signature.size);
    if (e == NG_OK) {
        e = buf_add(&both, change->statement.data, change->statement.size);
    }
    if (e == NG_OK) {
        e = bytes_base64(to, both.data, both.size);
    }
    buf_fini(&both);
    return e == NG_OK ? buf_add_byte(to, '\n') : e;
}

enum ng_err log_keys_vkeys(const struct log_keys *k, const char *origin, const char *before,
                           struct buf *to)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < k->count && e == NG_OK; i++) {
        e = buf_add_text(to, before);
        if (e == NG_OK) {
            e = note_vkey(origin, &k->links[i].key, to);
        }
        if (e == NG_OK) {
            e = buf_add_byte(to, '\n');
        }
    }
    return e;
}
