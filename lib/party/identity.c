/* DATA/identity: one JSON document, 0600.
 *
 *     {"format": "nganam identity", "version": 1, "unit": "myquoi", "epoch": 1,
 *      "log_vkey": "origin+hex+base64", "endpoint": "tcp://…", "broker_curve": base64,
 *      "invite": base64,
 *      "keys": {"sign": base64 seed, "curve": base64 secret}, "check": base64 (8 bytes)}
 *
 * or, under a passphrase, "keys": {"sealed": base64 of both secrets closed by keyseal.h}.
 *
 * Only secrets are kept of the two key pairs; the public halves and log_id are computed, so they
 * cannot disagree. Failures: a file others may read is refused, because keys that leaked are worse
 * than a command that stops; a file that does not parse is CORRUPT and names its path. */
#include "party/identity.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"
#include "ledger/keyseal.h"
#include "ledger/secret.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IDENTITY_FORMAT "nganam identity"
#define IDENTITY_VERSION 1
#define IDENTITY_SIZE_MAX 8192

static json_t *json_base64(const void *data, size_t size)
{
    struct buf text = BUF_INIT(256);
    json_t *value = NULL;
    if (!bytes_base64(&text, data, size)) {
        value = json_string(buf_text(&text));
    }
    if (text.data) {
        explicit_bzero(text.data, text.size);
    }
    buf_fini(&text);
    return value;
}

/* What a turned bit would change without anybody noticing: the first bytes of a hash over it. The
 * endpoint may be edited by hand, and with a wrong one or a wrong transport key nothing is reached.
 */
#define CHECK_SIZE 8

static enum ng_err check_of(const struct identity *id, uint8_t ret[CHECK_SIZE])
{
    struct buf all = BUF_INIT(1024);
    uint8_t epoch[4];
    bytes_put_u32(epoch, id->epoch);
    enum ng_err e = buf_add(&all, id->party.text, strlen(id->party.text) + 1);
    e = e ? e : buf_add(&all, epoch, sizeof(epoch));
    e = e ? e : buf_add(&all, id->origin, strlen(id->origin) + 1);
    e = e ? e : buf_add(&all, id->log_key.bytes, KEY_PUBLIC_SIZE);
    e = e ? e : buf_add(&all, id->invite.bytes, KEY_PUBLIC_SIZE);
    e = e ? e : buf_add(&all, id->key.secret, 32);
    e = e ? e : buf_add(&all, id->curve_secret, 32);
    if (!e) {
        memcpy(ret, hash_of(all.data, all.size).bytes, CHECK_SIZE);
        explicit_bzero(all.data, all.size);
    }
    buf_fini(&all);
    return e;
}

/* Both secrets, one behind the other. */
#define SECRETS_SIZE 64
#define SEALED_SIZE (SECRETS_SIZE + KEYSEAL_OVERHEAD)
#define SEALED_PURPOSE "nganam-identity1"

static struct secret_file locked_keys(const char *path)
{
    return (struct secret_file){path, SEALED_PURPOSE, PASSPHRASE_MACHINE};
}

static enum ng_err seal_keys(const char *path, const struct identity *id, json_t **ret)
{
    const struct secret_file file = locked_keys(path);
    uint8_t secrets[SECRETS_SIZE];
    struct buf sealed = BUF_INIT(SEALED_SIZE);
    memcpy(secrets, id->key.secret, 32);
    memcpy(secrets + 32, id->curve_secret, 32);
    enum ng_err e = secret_close(&file, (struct bytes){secrets, sizeof(secrets)}, &sealed);
    if (!e) {
        *ret = json_pack("{s:o}", "sealed", json_base64(sealed.data, sealed.size));
    }
    explicit_bzero(secrets, sizeof(secrets));
    buf_fini(&sealed);
    return e;
}

static enum ng_err keys_to_json(const char *path, const struct identity *id, json_t **ret)
{
    if (id->locked) {
        return seal_keys(path, id, ret);
    }
    *ret = json_pack("{s:o, s:o}", "sign", json_base64(id->key.secret, 32), "curve",
                     json_base64(id->curve_secret, 32));
    return NG_OK;
}

static enum ng_err to_json(const char *path, const struct identity *id, json_t **ret_document)
{
    struct buf vkey = BUF_INIT(NOTE_SIZE_MAX);
    uint8_t check[CHECK_SIZE];
    json_t *keys = NULL;
    enum ng_err e = note_vkey(id->origin, &id->log_key, &vkey);
    e = e ? e : check_of(id, check);
    e = e ? e : keys_to_json(path, id, &keys);
    if (!e) {
        /* Packing NULL members fails as a whole, so one test at the end finds any of them. */
        *ret_document =
            json_pack("{s:s, s:i, s:s, s:I, s:s, s:s, s:o, s:o, s:o, s:o}", "format",
                      IDENTITY_FORMAT, "version", IDENTITY_VERSION, "unit", id->party.text, "epoch",
                      (json_int_t)id->epoch, "log_vkey", buf_text(&vkey), "endpoint", id->endpoint,
                      "broker_curve", json_base64(id->broker_curve, 32), "invite",
                      json_base64(id->invite.bytes, KEY_PUBLIC_SIZE), "keys", keys, "check",
                      json_base64(check, CHECK_SIZE));
        if (!*ret_document) {
            e = err_set(NG_ERR_NOMEM, "identity");
        }
    }
    buf_fini(&vkey);
    return e;
}

enum ng_err identity_save_as(const char *folder, const char *name, const struct identity *id)
{
    char *path = file_join(folder, name);
    json_t *document = NULL;
    char *text = NULL;
    enum ng_err e = path ? to_json(path, id, &document) : NG_ERR_NOMEM;
    if (!e) {
        text = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        e = text ? file_write(path, text, strlen(text), 0600) : NG_ERR_NOMEM;
    }
    if (text) {
        explicit_bzero(text, strlen(text));
    }
    free(text);
    json_decref(document);
    free(path);
    return err_wrap(e, _("saving the keys"));
}

enum ng_err identity_save(const char *folder, const struct identity *id)
{
    return identity_save_as(folder, IDENTITY_FILE, id);
}

static bool get_base64_32(const char *text, uint8_t to[32])
{
    return text && !bytes_exact_base64(to, 32, text, strlen(text));
}

static bool copy_text(char *to, size_t capacity, const char *text)
{
    if (strlen(text) >= capacity) {
        return false;
    }
    memcpy(to, text, strlen(text) + 1);
    return true;
}

/* A document of before there was one has none. */
static enum ng_err check_holds(json_t *document, const struct identity *id)
{
    uint8_t kept[CHECK_SIZE], made[CHECK_SIZE];
    const json_t *check = json_object_get(document, "check");
    const char *text = json_string_value(check);
    if (!check) {
        return NG_OK;
    }
    if (!text || bytes_exact_base64(kept, CHECK_SIZE, text, strlen(text))) {
        return NG_ERR_CORRUPT;
    }
    const enum ng_err e = check_of(id, made);
    return e || memcmp(kept, made, CHECK_SIZE) == 0 ? e : NG_ERR_CORRUPT;
}

static enum ng_err open_keys(const char *path, const char *text, uint8_t ret[SECRETS_SIZE])
{
    const struct secret_file file = locked_keys(path);
    struct buf sealed = BUF_INIT(SEALED_SIZE);
    enum ng_err e = bytes_from_base64(&sealed, text, strlen(text));
    e = e && e != NG_ERR_NOMEM ? NG_ERR_CORRUPT : e;
    if (!e) {
        e = secret_open(&file, buf_bytes(&sealed), ret, SECRETS_SIZE);
    }
    buf_fini(&sealed);
    return e;
}

static enum ng_err keys_from_json(const char *path, json_t *document, struct identity *ret)
{
    const char *sign = NULL, *curve = NULL, *sealed = NULL;
    uint8_t secrets[SECRETS_SIZE] = {0};
    enum ng_err e = NG_OK;
    if (json_unpack(document, "{s:{s:s}}", "keys", "sealed", &sealed) == 0) {
        ret->locked = true;
        e = open_keys(path, sealed, secrets);
    } else if (json_unpack(document, "{s:{s:s, s:s}}", "keys", "sign", &sign, "curve", &curve) ||
               !get_base64_32(sign, secrets) || !get_base64_32(curve, secrets + 32)) {
        e = NG_ERR_CORRUPT;
    }
    if (!e) {
        key_from_seed(secrets, &ret->key);
        key_curve_from_seed(secrets + 32, ret->curve_secret, ret->curve_public);
    }
    explicit_bzero(secrets, sizeof(secrets));
    return e;
}

static enum ng_err from_json(const char *path, json_t *document, struct identity *ret)
{
    const char *format = NULL, *unit = NULL, *vkey = NULL, *endpoint = NULL;
    const char *broker = NULL, *invite = NULL;
    int version = 0;
    json_int_t epoch = 0;
    if (json_unpack(document, "{s:s, s:i}", "format", &format, "version", &version) ||
        strcmp(format, IDENTITY_FORMAT) != 0) {
        return NG_ERR_CORRUPT;
    }
    if (version != IDENTITY_VERSION) {
        return NG_ERR_VERSION;
    }
    if (json_unpack(document, "{s:s, s:I, s:s, s:s, s:s, s:s}", "unit", &unit, "epoch", &epoch,
                    "log_vkey", &vkey, "endpoint", &endpoint, "broker_curve", &broker, "invite",
                    &invite)) {
        return NG_ERR_CORRUPT;
    }
    if (!statement_code_valid(unit) || epoch < 0 || epoch > UINT32_MAX ||
        !copy_text(ret->party.text, sizeof(ret->party.text), unit) ||
        !copy_text(ret->endpoint, sizeof(ret->endpoint), endpoint) ||
        note_vkey_parse(vkey, ret->origin, &ret->log_key) ||
        !get_base64_32(broker, ret->broker_curve) || !get_base64_32(invite, ret->invite.bytes)) {
        return NG_ERR_CORRUPT;
    }
    const enum ng_err e = keys_from_json(path, document, ret);
    ret->epoch = (uint32_t)epoch;
    statement_log_id(ret->origin, ret->log_id);
    return e ? e : check_holds(document, ret);
}

/* jansson does not tell missing memory from bad text (it may lose a character where a buffer cannot
 * grow, and resets errno at a number), and "damaged" would send a person to enrol again. */
static _Thread_local bool json_lacked_memory;

static void *json_malloc(size_t size)
{
    void *made = malloc(size);
    json_lacked_memory = json_lacked_memory || !made;
    return made;
}

static enum ng_err parse(const char *path, const struct buf *text, struct identity *ret)
{
    json_set_alloc_funcs(json_malloc, free);
    json_lacked_memory = false;
    json_t *document = json_loadb(buf_text(text), text->size, JSON_REJECT_DUPLICATES, NULL);
    const enum ng_err e = document ? from_json(path, document, ret) : NG_ERR_CORRUPT;
    json_decref(document);
    return e == NG_ERR_CORRUPT && json_lacked_memory ? NG_ERR_NOMEM : e;
}

static enum ng_err check_rights(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return err_set_errno(errno, "%s", path);
    }
    if ((st.st_mode & 077) != 0) {
        return err_set(NG_ERR_ACCESS,
                       _("%s: others may read these keys: chmod 600 it, and if somebody may have "
                         "read it, enrol again with a new slip"),
                       path);
    }
    return NG_OK;
}

static enum ng_err load(const char *path, struct identity *ret)
{
    enum ng_err e = check_rights(path);
    if (e) {
        return e;
    }
    struct buf text = BUF_INIT(IDENTITY_SIZE_MAX);
    struct identity id = {0};
    e = file_read(path, &text);
    if (!e) {
        e = parse(path, &text, &id);
        if (e == NG_ERR_NOMEM) {
            e = err_set(e, "%s", path);
        } else if (e == NG_ERR_VERSION) {
            e = err_set(e, _("%s: made by another version of this program"), path);
        } else if (e == NG_ERR_CORRUPT) {
            e = err_set(e, _("%s: damaged: bring it back from a backup or enrol again"), path);
        }
    }
    if (!e) {
        *ret = id;
    }
    identity_wipe(&id);
    if (text.data) {
        explicit_bzero(text.data, text.size);
    }
    buf_fini(&text);
    return e;
}

enum ng_err identity_load_as(const char *folder, const char *name, struct identity *ret)
{
    char *path = file_join(folder, name);
    if (!path) {
        return err_set(NG_ERR_NOMEM, "%s", folder);
    }
    const enum ng_err e = load(path, ret);
    free(path);
    return e;
}

enum ng_err identity_load(const char *folder, struct identity *ret)
{
    const enum ng_err e = identity_load_as(folder, IDENTITY_FILE, ret);
    if (e == NG_ERR_NOT_FOUND) {
        return err_set(e, _("%s: nobody is enrolled here yet: enrol with the slip from the office"),
                       folder);
    }
    return e;
}

void identity_new_keys(struct identity *id)
{
    uint8_t seed[32];
    key_generate(&id->key);
    key_random(seed, sizeof(seed));
    key_curve_from_seed(seed, id->curve_secret, id->curve_public);
    explicit_bzero(seed, sizeof(seed));
}

void identity_wipe(struct identity *id)
{
    explicit_bzero(id, sizeof(*id));
}
