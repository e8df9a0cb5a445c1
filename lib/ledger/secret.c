/* The whole text is closed, not the bytes of the key in it: whoever reads and writes the text need
 * not know of passphrases, and a copy of the file is all that has to be kept.
 *
 * Several files go under one passphrase one after the other, the last one first. A crash in between
 * leaves that one under the new passphrase and the first one as it was; so whoever gives the same
 * words again opens the first, and what does not open behind it is tried with the new passphrase.
 * A wrong one is told at the first file. */
#include "ledger/secret.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/file.h"
#include "base/lang.h"
#include "ledger/key.h"
#include "ledger/keyseal.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define LOCKED_PREFIX "nganam-locked1:"
#define SEALED_MAX (SECRET_TEXT_MAX + KEYSEAL_OVERHEAD)
enum { PREFIX_SIZE = sizeof(LOCKED_PREFIX) - 1, FILE_MAX = PREFIX_SIZE + 2 * SEALED_MAX };

void secret_forget(struct buf *text)
{
    if (text->data != NULL) {
        key_forget(text->data, text->capacity);
    }
    buf_fini(text);
}

/* ---- Under the passphrase ---- */

enum ng_err secret_close(const struct secret_file *f, struct bytes secret, struct buf *to)
{
    struct bytes passphrase;
    enum ng_err e = passphrase_get(f->whose, f->path, &passphrase);
    return e == NG_OK ? keyseal_close(&keyseal_cost_usual, f->purpose, passphrase, secret, to) : e;
}

enum ng_err secret_open(const struct secret_file *f, struct bytes sealed, uint8_t *ret, size_t size)
{
    struct bytes passphrase;
    enum ng_err e = passphrase_get(f->whose, f->path, &passphrase);
    if (e == NG_OK) {
        e = keyseal_open(f->purpose, passphrase, sealed, ret, size);
    }
    if (e != NG_ERR_VERIFY) {
        return e;
    }
    passphrase_forget(f->whose);
    return err_set(NG_ERR_REFUSED, _("%s: this is not the passphrase of these keys"), f->path);
}

/* ---- The file ---- */

static enum ng_err secret_check_rights(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return err_set_errno(errno, "%s", path);
    }
    return (st.st_mode & (S_IRWXG | S_IRWXO)) == 0
               ? NG_OK
               : err_set(NG_ERR_ACCESS,
                         _("%s: open to others: chmod 600 it; whoever has read it has the key"),
                         path);
}

/* The file as it lies there, never moved in memory: no copies are left behind. */
static enum ng_err secret_load(const struct secret_file *f, struct buf *to)
{
    enum ng_err e = secret_check_rights(f->path);
    if (e == NG_OK) {
        e = buf_reserve(to, FILE_MAX);
    }
    if (e == NG_OK) {
        e = file_read(f->path, to);
    }
    return e == NG_ERR_LIMIT ? err_plain(NG_ERR_CORRUPT) : e;
}

static bool secret_is_locked(const struct buf *raw)
{
    return raw->size >= PREFIX_SIZE && memcmp(raw->data, LOCKED_PREFIX, PREFIX_SIZE) == 0;
}

static enum ng_err secret_unlock(const struct secret_file *f, const struct buf *raw,
                                 struct buf *ret_text)
{
    struct buf sealed = BUF_INIT(SEALED_MAX);
    const size_t end = raw->data[raw->size - 1] == '\n' ? 1 : 0;
    enum ng_err e = bytes_from_base64(&sealed, (const char *)raw->data + PREFIX_SIZE,
                                      raw->size - PREFIX_SIZE - end);
    if (e != NG_ERR_NOMEM && (e != NG_OK || sealed.size <= KEYSEAL_OVERHEAD)) {
        e = err_plain(NG_ERR_CORRUPT);
    }
    if (e == NG_OK) {
        const size_t size = sealed.size - KEYSEAL_OVERHEAD;
        e = secret_open(f, buf_bytes(&sealed), ret_text->data, size);
        ret_text->size = e == NG_OK ? size : 0;
        ret_text->data[ret_text->size] = '\0';
    }
    buf_fini(&sealed);
    return e;
}

enum ng_err secret_read(const struct secret_file *f, struct buf *ret_text, bool *ret_locked)
{
    struct buf raw = BUF_INIT(FILE_MAX);
    enum ng_err e = secret_load(f, &raw);
    const bool locked = e == NG_OK && secret_is_locked(&raw);
    if (e == NG_OK) {
        e = buf_reserve(ret_text, SECRET_TEXT_MAX);
    }
    if (e == NG_OK) {
        e = locked ? secret_unlock(f, &raw, ret_text) : buf_add(ret_text, raw.data, raw.size);
    }
    secret_forget(&raw);
    if (ret_locked != NULL) {
        *ret_locked = locked;
    }
    return e == NG_ERR_LIMIT ? err_plain(NG_ERR_CORRUPT) : e;
}

static enum ng_err secret_write_locked(const struct secret_file *f, struct bytes text)
{
    struct buf sealed = BUF_INIT(SEALED_MAX);
    struct buf line = BUF_INIT(FILE_MAX);
    enum ng_err e = secret_close(f, text, &sealed);
    if (e == NG_OK) {
        e = buf_add(&line, LOCKED_PREFIX, PREFIX_SIZE);
    }
    if (e == NG_OK) {
        e = bytes_base64(&line, sealed.data, sealed.size);
    }
    if (e == NG_OK) {
        e = buf_add_byte(&line, '\n');
    }
    if (e == NG_OK) {
        e = file_write(f->path, line.data, line.size, 0600);
    }
    buf_fini(&line);
    buf_fini(&sealed);
    return e;
}

enum ng_err secret_write(const struct secret_file *f, struct bytes text, bool locked)
{
    CHECK(text.size > 0 && text.size <= SECRET_TEXT_MAX);
    return locked ? secret_write_locked(f, text) : file_write(f->path, text.data, text.size, 0600);
}

/* ---- Under a passphrase, and out of it ---- */

struct change {
    struct buf texts[SECRET_FILES_MAX];
    bool shut[SECRET_FILES_MAX]; /* the present passphrase does not open it */
    bool any_locked;
};

static enum ng_err secret_read_all(const struct secret_file *files, size_t count, bool lock,
                                   struct change *c)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; e == NG_OK && i < count; i++) {
        bool locked = false;
        e = secret_read(&files[i], &c->texts[i], &locked);
        c->any_locked = c->any_locked || locked;
        c->shut[i] = e == NG_ERR_REFUSED && lock && i > 0;
        e = c->shut[i] ? NG_OK : e;
    }
    return e == NG_OK && !lock && !c->any_locked
               ? err_set(NG_ERR_REFUSED, _("%s: these keys have no passphrase"), files[0].path)
               : e;
}

/* The new passphrase is the present one now. */
static enum ng_err secret_write_all(const struct secret_file *files, size_t count, bool lock,
                                    struct change *c)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; e == NG_OK && i < count; i++) {
        e = c->shut[i] ? secret_read(&files[i], &c->texts[i], NULL) : NG_OK;
    }
    for (size_t i = count; e == NG_OK && i > 0; i--) {
        e = secret_write(&files[i - 1], buf_bytes(&c->texts[i - 1]), lock);
    }
    return e;
}

enum ng_err secret_lock(const struct secret_file *files, size_t count, bool lock,
                        const char *new_file)
{
    struct change c = {.any_locked = false};
    CHECK(count > 0 && count <= SECRET_FILES_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_init(&c.texts[i], SECRET_TEXT_MAX);
    }
    enum ng_err e = secret_read_all(files, count, lock, &c);
    if (e == NG_OK && lock) {
        e = passphrase_choose(files[0].whose, new_file);
    }
    if (e == NG_OK) {
        e = secret_write_all(files, count, lock, &c);
    }
    for (size_t i = 0; i < count; i++) {
        secret_forget(&c.texts[i]);
    }
    return e;
}
