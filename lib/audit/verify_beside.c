/* Who vouches for the head, as the export says it.
 *
 * The entries have been judged, so their history knows whose key is whose. From it vkeys and policy
 * are made anew and compared byte by byte: a policy that asks for fewer, a key that no party ever
 * had, show. The head in `cosigned` must be signed by the log and be one that the tree went
 * through, and each line under it the log's or a cosignature that holds of a party that counts.
 *
 * An export that was broken off while it was brought on has no policy and no cosigned, and of vkeys
 * the first line (export.c): that is no fault, it claims nothing. */
#include "audit/verify_beside.h"

#include "audit/export_folder.h"
#include "audit/export_policy.h"
#include "base/bytes.h"
#include "base/lang.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 4 << 20, WHAT_MAX = 200 };

struct beside {
    struct verify_state *v;
    struct source *export;
    const char *folder;
    uint64_t size; /* of the export's head */
    struct export_policy policy;
    bool known; /* the policy: the history had no hole */
    struct buf text;
    struct bytes lines; /* of the cosigned note */
    size_t held;        /* of them */
};

static void fault(struct beside *b, const char *file, const char *what)
{
    char text[WHAT_MAX];
    (void)snprintf(text, sizeof(text), _("%s: %s"), file, what);
    verify_state_fault(b->v, b->size, file, text);
}

/* The file into b->text; *ret_there: it is there and can be read. */
static enum ng_err read_text(struct beside *b, const char *file, bool *ret_there)
{
    buf_clear(&b->text);
    const enum ng_err err = export_folder_read(b->folder, file, &b->text);
    *ret_there = err == NG_OK;
    if (err == NG_ERR_LIMIT) {
        fault(b, file, _("it is too long"));
    }
    return err == NG_ERR_LIMIT || err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static bool same(struct bytes a, struct bytes b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* ---- vkeys and policy ---- */

static enum ng_err make_policy(struct beside *b)
{
    enum ng_err err =
        export_policy_begin(&b->policy, b->export->origin, &b->export->log_keys, b->size);
    b->known = history_whole(b->v->history);
    if (err == NG_OK && b->known) { /* other keys of the log: named at the end */
        err = history_check_keys(b->v->history, &b->export->log_keys, b->size, &b->known);
    }
    if (err == NG_OK && b->known) {
        err = history_each_party(b->v->history, export_policy_add, &b->policy);
    }
    return err == NG_OK ? export_policy_end(&b->policy) : err;
}

static enum ng_err check_keys(struct beside *b)
{
    const struct bytes own = {b->policy.vkeys.data, b->policy.first_size};
    bool there = false;
    enum ng_err err = read_text(b, EXPORT_FOLDER_VKEYS, &there);
    if (err == NG_OK && there && b->known && !same(buf_bytes(&b->text), own) &&
        !same(buf_bytes(&b->text), buf_bytes(&b->policy.vkeys))) {
        fault(b, EXPORT_FOLDER_VKEYS, _("these are not the keys that the entries tell of"));
    }
    if (err == NG_OK) {
        err = read_text(b, EXPORT_FOLDER_POLICY, &there);
    }
    if (err == NG_OK && there && b->known &&
        !same(buf_bytes(&b->text), buf_bytes(&b->policy.policy))) {
        fault(b, EXPORT_FOLDER_POLICY, _("the entries tell of other parties"));
    }
    return err;
}

/* ---- cosigned ---- */

/* Whether the tree went through this head. */
static enum ng_err is_in_tree(struct beside *b, const struct note_head *head, bool *ret)
{
    struct hash root;
    *ret = false;
    if (head->size == 0 || head->size > b->size) {
        return NG_OK;
    }
    const enum ng_err err = tree_root(head->size, source_node, b->export, &root);
    *ret = err == NG_OK && hash_equal(&root, &head->root);
    return err == NG_ERR_CORRUPT ? NG_OK : err; /* named already */
}

/* Takes the next line, without its end. */
static bool next_line(struct bytes *rest, struct bytes *ret)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
    if (end == NULL) {
        return false;
    }
    *ret = (struct bytes){rest->data, (size_t)(end - rest->data)};
    rest->data = end + 1;
    rest->size -= ret->size + 1;
    return true;
}

/* A registry_each_fn: the party's line, if it is there. */
static enum ng_err check_party(void *context, const struct registry_party *party)
{
    struct beside *b = context;
    struct bytes rest = b->lines, line;
    struct key_public key;
    char name[COSIGN_NAME_MAX + 1], begin[sizeof(NOTE_DASH) + COSIGN_NAME_MAX + 1];
    if (!export_policy_key(party, &key)) {
        return NG_OK;
    }
    cosign_name(b->export->origin, party->code.text, name);
    const size_t size = (size_t)snprintf(begin, sizeof(begin), NOTE_DASH "%s ", name);
    while (next_line(&rest, &line)) {
        uint8_t value[4 + COSIGN_SIZE];
        if (line.size > size && memcmp(line.data, begin, size) == 0 &&
            bytes_exact_base64(value, sizeof(value), (const char *)line.data + size,
                               line.size - size) == NG_OK &&
            bytes_get_u32(value) == cosign_key_id(name, &key) &&
            cosign_verify(buf_bytes(&b->text), &key, value + 4) == NG_OK) {
            b->held++;
            return NG_OK;
        }
    }
    return NG_OK;
}

/* Lines that nobody has vouched by: all but those that held, and the log's own. */
static size_t strangers(const struct beside *b)
{
    struct bytes rest = b->lines, line;
    char own[sizeof(NOTE_DASH) + NOTE_ORIGIN_MAX + 1];
    const size_t size = (size_t)snprintf(own, sizeof(own), NOTE_DASH "%s ", b->export->origin);
    size_t count = 0;
    while (next_line(&rest, &line)) {
        count += line.size < size || memcmp(line.data, own, size) != 0;
    }
    return (count > b->held ? count - b->held : 0) + (rest.size > 0);
}

static enum ng_err check_lines(struct beside *b, const struct note_head *head)
{
    struct bytes text;
    if (!note_split(buf_bytes(&b->text), &text, &b->lines)) {
        return NG_OK; /* verified, so it has lines */
    }
    const enum ng_err err = history_each_party(b->v->history, check_party, b);
    if (err == NG_OK && strangers(b) > 0) {
        fault(b, EXPORT_FOLDER_COSIGNED,
              _("a line under it is no cosignature of a party that counts"));
    }
    b->v->ret->cosigned = (struct ledger_cosigned){.size = head->size,
                                                   .count = b->held,
                                                   .parties = b->policy.parties,
                                                   .needed = cosign_quorum(b->policy.parties)};
    return err;
}

static enum ng_err check_cosigned(struct beside *b)
{
    struct note_head head;
    bool there = false, holds = false;
    enum ng_err err = read_text(b, EXPORT_FOLDER_COSIGNED, &there);
    if (err != NG_OK || !there) {
        return err;
    }
    err = log_keys_verify(&b->export->log_keys, b->export->origin, buf_bytes(&b->text), &head);
    if (err == NG_ERR_VERIFY || err == NG_ERR_PROTO) {
        fault(b, EXPORT_FOLDER_COSIGNED, _("it is no head that the log has signed"));
        return NG_OK;
    }
    if (err == NG_OK) {
        err = is_in_tree(b, &head, &holds);
    }
    if (err == NG_OK && !holds) {
        fault(b, EXPORT_FOLDER_COSIGNED, _("its head is none that these entries went through"));
        return NG_OK;
    }
    return err == NG_OK && b->known ? check_lines(b, &head) : err;
}

enum ng_err verify_beside(struct verify_state *v, struct source *export, const char *folder,
                          const struct note_head *head)
{
    struct beside b = {.v = v, .export = export, .folder = folder, .size = head->size};
    buf_init(&b.text, TEXT_MAX);
    enum ng_err err = make_policy(&b);
    if (err == NG_OK) {
        err = check_keys(&b);
    }
    if (err == NG_OK) {
        err = check_cosigned(&b);
    }
    export_policy_fini(&b.policy);
    buf_fini(&b.text);
    return err;
}
