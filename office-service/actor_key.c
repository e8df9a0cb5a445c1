#include "office-service/actor_key.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"
#include "ledger/hash.h"
#include "ledger/note.h"
#include "ledger/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "nganam-actor1:"
enum { SEED_SIZE = 32, CHECK_SIZE = 4 };

char *actor_key_path(const char *folder, const char *id, const char *given)
{
    char name[80];
    if (given) {
        return strdup(given);
    }
    (void)snprintf(name, sizeof name, "actors/%.64s.key", id);
    return file_join(folder, name);
}

static enum ng_err make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        return NG_OK;
    }
    char *parent = strndup(path, (size_t)(slash - path));
    const enum ng_err err = parent ? file_make_folder(parent) : err_plain(NG_ERR_NOMEM);
    free(parent);
    return err;
}

struct secret_file actor_key_secret(const char *path)
{
    return (struct secret_file){path, "nganam-actor-key-1", PASSPHRASE_PERSON};
}

static enum ng_err write_key(const char *path, const uint8_t *secret, bool locked)
{
    const struct secret_file file = actor_key_secret(path);
    struct buf text = BUF_INIT(SECRET_TEXT_MAX);
    enum ng_err err = buf_reserve(&text, SECRET_TEXT_MAX); /* never moved: no copies left behind */
    if (!err) {
        err = buf_add(&text, PREFIX, sizeof PREFIX - 1);
    }
    if (!err) {
        err = bytes_base64(&text, secret, SEED_SIZE + CHECK_SIZE);
    }
    if (!err) {
        err = buf_add_byte(&text, '\n');
    }
    if (!err) {
        err = secret_write(&file, buf_bytes(&text), locked);
    }
    secret_forget(&text);
    return err;
}

enum ng_err actor_key_make(const char *path, bool locked, struct key_pair *ret)
{
    uint8_t secret[SEED_SIZE + CHECK_SIZE];
    if (file_exists(path)) {
        return err_set(NG_ERR_REFUSED, _("%s is there already: a key is never overwritten"), path);
    }
    key_random(secret, SEED_SIZE);
    const struct hash check = hash_of(secret, SEED_SIZE);
    memcpy(secret + SEED_SIZE, check.bytes, CHECK_SIZE);
    key_from_seed(secret, ret);
    enum ng_err err = make_parent(path);
    if (!err) {
        err = write_key(path, secret, locked);
    }
    key_forget(secret, sizeof secret);
    return err;
}

enum ng_err actor_key_parse_public(const char *id, const char *line, uint8_t ret[KEY_PUBLIC_SIZE])
{
    char name[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    if (note_vkey_parse(line, name, &key) || strcmp(name, id) != 0) {
        return err_set(NG_ERR_INPUT,
                       _("--public: this is not the line that nganam-office actor key printed "
                         "for %s"),
                       id);
    }
    memcpy(ret, key.bytes, KEY_PUBLIC_SIZE);
    return NG_OK;
}

static bool parse_key(const struct buf *text, struct key_pair *ret)
{
    uint8_t secret[SEED_SIZE + CHECK_SIZE];
    const size_t prefix = sizeof PREFIX - 1;
    const size_t size = strcspn(buf_text(text), "\r\n");
    bool good = size > prefix && memcmp(text->data, PREFIX, prefix) == 0 &&
                !bytes_exact_base64(secret, sizeof secret, buf_text(text) + prefix, size - prefix);
    if (good) {
        const struct hash check = hash_of(secret, SEED_SIZE);
        good = memcmp(check.bytes, secret + SEED_SIZE, CHECK_SIZE) == 0;
    }
    if (good) {
        key_from_seed(secret, ret);
    }
    key_forget(secret, sizeof secret);
    return good;
}

enum ng_err actor_key_load(const char *path, struct key_pair *ret)
{
    const struct secret_file file = actor_key_secret(path);
    struct buf text = BUF_INIT(SECRET_TEXT_MAX);
    enum ng_err err = secret_read(&file, &text, NULL);
    if (err == NG_ERR_NOT_FOUND) {
        err = err_set(
            NG_ERR_INPUT,
            _("%s is not there: say where the person's key file lies (--help names the option)"),
            path);
    } else if (err == NG_ERR_CORRUPT || (!err && !parse_key(&text, ret))) {
        err = err_set(NG_ERR_INPUT, _("%s is no key file of a person"), path);
    }
    secret_forget(&text);
    return err;
}

enum ng_err actor_key_open(const char *folder, const char *id, const char *given,
                           struct key_pair *ret)
{
    char *path = NULL;
    enum ng_err err = registry_actor_id_check(id);
    if (!err) {
        path = actor_key_path(folder, id, given);
        err = path ? key_init() : err_plain(NG_ERR_NOMEM);
    }
    if (!err) {
        err = actor_key_load(path, ret);
    }
    free(path);
    return err;
}
