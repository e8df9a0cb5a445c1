#include "office-service/actor_key.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"
#include "ledger/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

enum ng_err actor_key_make(const char *path, struct key_pair *ret)
{
    uint8_t secret[SEED_SIZE + CHECK_SIZE];
    struct buf text = BUF_INIT(256);
    if (file_exists(path)) {
        return err_set(NG_ERR_REFUSED, _("%s is there already: a key is never overwritten"), path);
    }
    key_random(secret, SEED_SIZE);
    const struct hash check = hash_of(secret, SEED_SIZE);
    memcpy(secret + SEED_SIZE, check.bytes, CHECK_SIZE);
    key_from_seed(secret, ret);
    enum ng_err err = make_parent(path);
    if (!err) {
        err = buf_add(&text, PREFIX, sizeof PREFIX - 1);
    }
    if (!err) {
        err = bytes_base64(&text, secret, sizeof secret);
    }
    if (!err) {
        err = buf_add_byte(&text, '\n');
    }
    if (!err) {
        err = file_write(path, text.data, text.size, 0600);
    }
    key_forget(secret, sizeof secret);
    if (text.data) {
        key_forget(text.data, text.size);
    }
    buf_fini(&text);
    return err;
}

static enum ng_err check_rights(const char *path)
{
    struct stat s;
    if (stat(path, &s) != 0) {
        return errno == ENOENT
                   ? err_set(NG_ERR_INPUT,
                             _("%s is not there: give the person's key file with --key FILE"), path)
                   : err_set_errno(errno, "%s", path);
    }
    return s.st_mode & 077
               ? err_set(NG_ERR_ACCESS,
                         _("%s can be read by others: chmod 600 it, or whoever reads it signs for "
                           "the person"),
                         path)
               : NG_OK;
}

enum ng_err actor_key_load(const char *path, struct key_pair *ret)
{
    struct buf text = BUF_INIT(256);
    struct buf secret = BUF_INIT(64);
    const size_t prefix = sizeof PREFIX - 1;
    enum ng_err err = check_rights(path);
    if (!err) {
        err = file_read(path, &text);
    }
    if (err && err != NG_ERR_LIMIT) {
        buf_fini(&text);
        return err;
    }
    size_t size = err ? 0 : strcspn(buf_text(&text), "\r\n");
    bool good = size > prefix && memcmp(text.data, PREFIX, prefix) == 0 &&
                !bytes_from_base64(&secret, buf_text(&text) + prefix, size - prefix) &&
                secret.size == SEED_SIZE + CHECK_SIZE;
    if (good) {
        const struct hash check = hash_of(secret.data, SEED_SIZE);
        good = memcmp(check.bytes, secret.data + SEED_SIZE, CHECK_SIZE) == 0;
    }
    if (good) {
        key_from_seed(secret.data, ret);
    }
    if (secret.data) {
        key_forget(secret.data, secret.size);
    }
    if (text.data) {
        key_forget(text.data, text.size);
    }
    buf_fini(&secret);
    buf_fini(&text);
    return good ? NG_OK : err_set(NG_ERR_INPUT, _("%s is no key file of a person"), path);
}
