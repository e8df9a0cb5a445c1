#include "ledger/ledger_keyfile.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <string.h>

#define KEYFILE_PREFIX "PRIVATE+KEY+"
enum { KEYFILE_SIZE_MAX = SECRET_TEXT_MAX, KEYFILE_ED25519 = 1, KEYFILE_SECRET_SIZE = 33 };

static enum ng_err ledger_keyfile_prefix(const char *origin, const struct key_public *key,
                                         struct buf *to)
{
    return buf_printf(to, KEYFILE_PREFIX "%s+%08x+", origin, (unsigned)note_key_id(origin, key));
}

struct secret_file ledger_keyfile_secret(const char *path)
{
    return (struct secret_file){path, "nganam-log-key-1", PASSPHRASE_MACHINE};
}

enum ng_err ledger_keyfile_write(const char *path, const char *origin, const uint8_t seed[32],
                                 bool locked)
{
    const struct secret_file file = ledger_keyfile_secret(path);
    struct key_pair pair;
    uint8_t secret[KEYFILE_SECRET_SIZE] = {KEYFILE_ED25519};
    struct buf text = BUF_INIT(KEYFILE_SIZE_MAX);
    key_from_seed(seed, &pair);
    memcpy(secret + 1, seed, 32);
    enum ng_err e = buf_reserve(&text, KEYFILE_SIZE_MAX); /* never moved: no copies left behind */
    if (e == NG_OK) {
        e = ledger_keyfile_prefix(origin, &pair.public_key, &text);
    }
    if (e == NG_OK) {
        e = bytes_base64(&text, secret, sizeof(secret));
    }
    if (e == NG_OK) {
        e = buf_add_byte(&text, '\n');
    }
    if (e == NG_OK) {
        e = secret_write(&file, buf_bytes(&text), locked);
    }
    secret_forget(&text);
    key_forget(secret, sizeof(secret));
    key_wipe(&pair);
    return e;
}

/* The text is the prefix with the key's own id, then the key. *ret must be wiped even if not. */
static enum ng_err ledger_keyfile_parse(const struct buf *text, const char *origin,
                                        struct key_pair *ret)
{
    size_t before = strlen(KEYFILE_PREFIX) + strlen(origin) + 1 + 8 + 1;
    uint8_t secret[KEYFILE_SECRET_SIZE];
    if (text->size <= before + 1 || text->data[text->size - 1] != '\n' ||
        bytes_exact_base64(secret, sizeof(secret), (const char *)text->data + before,
                           text->size - before - 1) != NG_OK) {
        return NG_ERR_INPUT;
    }
    key_from_seed(secret + 1, ret);
    struct buf prefix = BUF_INIT(KEYFILE_SIZE_MAX);
    enum ng_err e = ledger_keyfile_prefix(origin, &ret->public_key, &prefix);
    if (e == NG_OK && (secret[0] != KEYFILE_ED25519 || prefix.size != before ||
                       memcmp(prefix.data, text->data, before) != 0)) {
        e = NG_ERR_INPUT;
    }
    buf_fini(&prefix);
    key_forget(secret, sizeof(secret));
    return e;
}

enum ng_err ledger_keyfile_read(const char *path, const char *origin, struct key_pair *ret,
                                bool *ret_locked)
{
    const struct secret_file file = ledger_keyfile_secret(path);
    struct buf text = BUF_INIT(KEYFILE_SIZE_MAX);
    enum ng_err e = secret_read(&file, &text, ret_locked);
    if (e == NG_OK) {
        e = ledger_keyfile_parse(&text, origin, ret);
        if (e != NG_OK) {
            key_wipe(ret);
            e = e == NG_ERR_NOMEM ? e : err_plain(NG_ERR_CORRUPT);
        }
    }
    if (e == NG_ERR_CORRUPT) {
        e = err_set(NG_ERR_INPUT, _("%s: not the private key of the log %s"), path, origin);
    } else if (e == NG_ERR_NOMEM) {
        e = err_wrap(e, "%s", path);
    }
    secret_forget(&text);
    return e;
}
