#include "audit/export_folder.h"

#include "audit/tiles.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VKEYS_MAX = 1 << 20, LOG_KEYS_TEXT_MAX = 1 << 16 };

static enum ng_err path_of(const char *folder, const char *name, char **ret)
{
    *ret = file_join(folder, name);
    return *ret != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "path");
}

enum ng_err export_folder_read(const char *folder, const char *name, struct buf *to)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, name, &path);
    buf_clear(to);
    if (err == NG_OK) {
        err = file_read(path, to);
    }
    free(path);
    return err;
}

enum ng_err export_folder_tile(const char *folder, int level, uint64_t number, uint64_t size,
                               struct buf *to)
{
    const unsigned width = tiles_width(level, number, size);
    char name[TILES_PATH_MAX];
    tiles_path(level, number, width, name);
    enum ng_err err = export_folder_read(folder, name, to);
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(NG_ERR_CORRUPT, _("%s is missing"), name);
    }
    if (err == NG_ERR_LIMIT ||
        (err == NG_OK && level != TILES_ENTRIES && to->size != (size_t)width * HASH_SIZE)) {
        return err_set(NG_ERR_CORRUPT, _("%s has not the size it should have"), name);
    }
    return err;
}

/* ---- Writing ---- */

static enum ng_err make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0) {
        return errno == EEXIST ? NG_OK : err_set_errno(errno, "%s", path);
    }
    return NG_OK;
}

/* Each folder that is made is synced into the one it lies in. */
static enum ng_err make_parents(char *path, size_t root)
{
    enum ng_err err = NG_OK;
    for (char *at = strchr(path + root + 1, '/'); at != NULL && err == NG_OK;
         at = strchr(at + 1, '/')) {
        *at = '\0';
        const bool there = file_exists(path);
        err = there ? NG_OK : make_folder(path);
        char *above = strrchr(path, '/');
        if (!there && err == NG_OK) {
            *above = '\0';
            err = file_sync_folder(path);
            *above = '/';
        }
        *at = '/';
    }
    return err;
}

static bool same_already(const char *path, struct bytes data)
{
    struct buf there;
    struct stat st;
    if (stat(path, &st) != 0 || (uint64_t)st.st_size != data.size) {
        return false;
    }
    buf_init(&there, data.size);
    const bool same = file_read(path, &there) == NG_OK && there.size == data.size &&
                      (data.size == 0 || memcmp(there.data, data.data, data.size) == 0);
    buf_fini(&there);
    return same;
}

enum ng_err export_folder_put(const char *folder, const char *name, struct bytes data,
                              uint64_t *written)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, name, &path);
    if (err == NG_OK && !same_already(path, data)) {
        err = make_parents(path, strlen(folder));
        if (err == NG_OK) {
            err = file_write(path, data.data, data.size, 0644);
        }
        *written += err == NG_OK;
    }
    free(path);
    return err;
}

enum ng_err export_folder_remove(const char *folder, const char *name)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, name, &path);
    if (err == NG_OK && unlink(path) != 0) {
        err = errno == ENOENT ? NG_OK : err_set_errno(errno, "%s", path);
    } else if (err == NG_OK) {
        err = file_sync_folder(folder);
    }
    free(path);
    return err;
}

/* ---- Keys and head ---- */

enum ng_err export_folder_vkey(const char *folder, char ret_origin[NOTE_ORIGIN_MAX + 1],
                               struct key_public *ret_key)
{
    struct buf text = BUF_INIT(VKEYS_MAX);
    enum ng_err err = export_folder_read(folder, EXPORT_FOLDER_VKEYS, &text);
    if (err == NG_OK) {
        char *line = (char *)text.data;
        if (line == NULL) {
            err = err_set(NG_ERR_CORRUPT, _("%s/%s is empty"), folder, EXPORT_FOLDER_VKEYS);
        } else {
            line[strcspn(line, "\n")] = '\0';
            err = note_vkey_parse(line, ret_origin, ret_key);
            if (err == NG_ERR_INPUT) {
                err = err_set(NG_ERR_CORRUPT, _("%s/%s: the first line is no verifier key"), folder,
                              EXPORT_FOLDER_VKEYS);
            }
        }
    }
    buf_fini(&text);
    return err;
}

/* One line; its bytes lie in `decoded`, which does not move. */
static enum ng_err take_change(char *line, struct buf *decoded, struct wire_signed *ret)
{
    const size_t before = decoded->size;
    enum ng_err err = bytes_from_base64(decoded, line, strlen(line));
    const size_t size = decoded->size - before;
    if (err != NG_OK || size < KEY_SIGNATURE_SIZE) {
        return err == NG_ERR_NOMEM ? err : err_plain(NG_ERR_CORRUPT);
    }
    const uint8_t *at = decoded->data + before;
    *ret = (struct wire_signed){.statement = {at + KEY_SIGNATURE_SIZE, size - KEY_SIGNATURE_SIZE},
                                .signature = {at, KEY_SIGNATURE_SIZE}};
    return NG_OK;
}

static enum ng_err take_changes(char *text, struct buf *decoded, struct wire_signed *changes,
                                size_t *ret_count)
{
    size_t count = 0;
    char *next = NULL;
    enum ng_err err = buf_reserve(decoded, LOG_KEYS_TEXT_MAX);
    for (char *line = strtok_r(text, "\n", &next); line != NULL && err == NG_OK;
         line = strtok_r(NULL, "\n", &next)) {
        err = count < WIRE_KEY_CHANGES_MAX ? take_change(line, decoded, &changes[count])
                                           : err_plain(NG_ERR_CORRUPT);
        count++;
    }
    *ret_count = count;
    return err;
}

enum ng_err export_folder_keys(const char *folder, const char *origin,
                               const struct key_public *known, struct log_keys *ret)
{
    const struct log_keys one = log_keys_of(known);
    struct wire_signed changes[WIRE_KEY_CHANGES_MAX];
    struct buf text = BUF_INIT(LOG_KEYS_TEXT_MAX);
    struct buf decoded = BUF_INIT(LOG_KEYS_TEXT_MAX);
    size_t count = 0;
    enum ng_err err = export_folder_read(folder, EXPORT_FOLDER_LOG_KEYS, &text);
    if (err == NG_OK && text.size > 0) {
        err = take_changes((char *)(uintptr_t)buf_text(&text), &decoded, changes, &count);
    } else if (err == NG_ERR_NOT_FOUND) {
        err = NG_OK;
    }
    if (err == NG_OK) {
        err = log_keys_follow(&one, origin, changes, count, ret);
    }
    if (err == NG_ERR_LIMIT || err == NG_ERR_CORRUPT || err == NG_ERR_PROTO) {
        err = err_set(NG_ERR_VERIFY, _("it tells of no change of the log's key"));
    }
    buf_fini(&decoded);
    buf_fini(&text);
    return err == NG_ERR_VERIFY ? err_wrap(err, "%s/%s", folder, EXPORT_FOLDER_LOG_KEYS) : err;
}

enum ng_err export_folder_head(const char *folder, const char *origin, const struct log_keys *keys,
                               struct ledger_head *ret)
{
    struct buf note = BUF_INIT(NOTE_SIZE_MAX - 1);
    *ret = (struct ledger_head){.note_size = 0};
    enum ng_err err = export_folder_read(folder, EXPORT_FOLDER_CHECKPOINT, &note);
    if (err == NG_ERR_LIMIT) {
        err = err_set(NG_ERR_VERIFY, _("%s/%s is too long"), folder, EXPORT_FOLDER_CHECKPOINT);
    } else if (err == NG_ERR_NOT_FOUND) {
        err = err_set(err, _("%s has no checkpoint: the export was not finished; run it again"),
                      folder);
    } else if (err == NG_OK) {
        err = log_keys_verify(keys, origin, buf_bytes(&note), &ret->head);
        if (err == NG_ERR_PROTO) {
            err = err_set(NG_ERR_VERIFY, _("it is no signed tree head"));
        }
        err = err_wrap(err, "%s/%s", folder, EXPORT_FOLDER_CHECKPOINT);
    }
    if (err == NG_OK) {
        memcpy(ret->note, note.data, note.size);
        ret->note[note.size] = '\0';
        ret->note_size = note.size;
    }
    buf_fini(&note);
    return err;
}
