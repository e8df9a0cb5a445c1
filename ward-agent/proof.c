/* Idea: a receipt holds everything but the statement, and the statement is the party's own. So a
 * receipt is checked by putting the two together, never by what the store says about them; and the
 * leaf that comes of it is what a third person needs to check it without these programs.
 *
 * Happy path: the statement of the number, its receipt, receipt_verify, out. Which statement a
 * receipt is for is told by its signature, so one that came by hand needs no number. */
#include "ward-agent/proof.h"

#include "base/file.h"
#include "base/lang.h"
#include "party/kept_head.h"
#include "ward-agent/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 80, WHY_SIZE = 512, VKEY_MAX = 512 * LOG_KEYS_MAX };

static enum ng_err verify(struct party *p, uint32_t epoch, struct bytes text,
                          struct bytes statement, struct receipt *ret)
{
    const struct identity *id = party_identity(p);
    struct key_public key;
    struct log_keys keys;
    enum ng_err err = party_key_of(p, epoch, &key);
    if (err == NG_OK) {
        err = kept_head_read_keys(party_store(p), id, &keys);
    }
    return err == NG_OK ? receipt_verify(text, statement, &key, id->origin, &keys, ret) : err;
}

enum ng_err proof_get(struct party *p, uint32_t epoch, uint64_t seq, struct buf *statement,
                      struct buf *text, struct proof *ret)
{
    struct party_own own;
    *ret = (struct proof){.epoch = epoch, .seq = seq};
    enum ng_err err = party_own_of(p, epoch, seq, &own, statement, text);
    if (err != NG_OK) {
        return err;
    }
    ret->written = true;
    if (!own.delivered) {
        return err_plain(NG_ERR_NOT_FOUND);
    }
    err = verify(p, epoch, buf_bytes(text), buf_bytes(statement), &ret->receipt);
    if (err == NG_OK || err == NG_ERR_NOMEM) {
        return err;
    }
    return err_set(NG_ERR_VERIFY, _("the receipt of number %s on this disk is damaged: %s"),
                   say_number(seq), err_explain(err));
}

enum ng_err proof_leaf(struct bytes text, struct bytes statement, struct buf *ret)
{
    uint8_t header[LEAF_HEADER_SIZE], signature[KEY_SIGNATURE_SIZE];
    enum ng_err err = receipt_extra(text, header, signature);
    err = err == NG_OK ? buf_add(ret, header, sizeof(header)) : err;
    err = err == NG_OK ? buf_add(ret, statement.data, statement.size) : err;
    return err == NG_OK ? buf_add(ret, signature, sizeof(signature)) : err;
}

/* ---- All of them ---- */

struct exporting {
    struct party *party;
    const char *folder;
    bool leaves;
    uint64_t count, damaged;
    char why[WHY_SIZE]; /* of the first damaged one */
    struct buf statement, text, leaf;
};

static enum ng_err write_file(const struct exporting *x, const char *name, struct bytes content)
{
    char *path = file_join(x->folder, name);
    enum ng_err err = path != NULL ? file_write(path, content.data, content.size, 0644)
                                   : err_set(NG_ERR_NOMEM, "%s", x->folder);
    free(path);
    return err;
}

/* All the log has had: a receipt is signed with the one of its time. */
static enum ng_err write_key(const struct exporting *x)
{
    const struct identity *id = party_identity(x->party);
    struct buf vkey = BUF_INIT(VKEY_MAX);
    struct log_keys keys;
    enum ng_err err = kept_head_read_keys(party_store(x->party), id, &keys);
    err = err == NG_OK ? log_keys_vkeys(&keys, id->origin, "", &vkey) : err;
    err = err == NG_OK ? write_file(x, PROOF_KEY_FILE, buf_bytes(&vkey)) : err;
    buf_fini(&vkey);
    return err;
}

static enum ng_err write_proof(struct exporting *x, const struct proof *proof)
{
    char name[NAME_SIZE];
    const char *unit = party_identity(x->party)->party.text;
    const unsigned long epoch = proof->epoch;
    const unsigned long long seq = proof->seq;
    (void)snprintf(name, sizeof(name), "%s-%lu-%llu" PROOF_SUFFIX, unit, epoch, seq);
    enum ng_err err = write_file(x, name, buf_bytes(&x->text));
    if (err == NG_OK && x->leaves) {
        buf_clear(&x->leaf);
        (void)snprintf(name, sizeof(name), "%s-%lu-%llu" PROOF_LEAF_SUFFIX, unit, epoch, seq);
        err = proof_leaf(buf_bytes(&x->text), buf_bytes(&x->statement), &x->leaf);
        err = err == NG_OK ? write_file(x, name, buf_bytes(&x->leaf)) : err;
    }
    x->count += err == NG_OK;
    return err;
}

/* NG_ERR_NOT_FOUND: the epoch has no more. */
static enum ng_err export_one(struct exporting *x, uint32_t epoch, uint64_t seq)
{
    struct proof proof;
    enum ng_err err = proof_get(x->party, epoch, seq, &x->statement, &x->text, &proof);
    if (err == NG_ERR_NOT_FOUND && proof.written) {
        return NG_OK;
    }
    if (err == NG_ERR_VERIFY) {
        if (x->damaged++ == 0) {
            (void)snprintf(x->why, sizeof(x->why), "%s", err_explain(err));
        }
        return NG_OK;
    }
    return err == NG_OK ? write_proof(x, &proof) : err;
}

static enum ng_err export_epochs(struct exporting *x)
{
    uint32_t epoch = 0;
    enum ng_err err;
    while ((err = party_next_epoch(x->party, epoch + 1, &epoch)) == NG_OK) {
        for (uint64_t seq = 1; err == NG_OK; seq++) {
            err = export_one(x, epoch, seq);
        }
        if (err != NG_ERR_NOT_FOUND) {
            return err;
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err proof_export_all(struct party *p, const char *folder, bool leaves, uint64_t *ret_count)
{
    struct exporting x = {.party = p,
                          .folder = folder,
                          .leaves = leaves,
                          .statement = BUF_INIT(STATEMENT_SIZE_MAX),
                          .text = BUF_INIT(RECEIPT_SIZE_MAX),
                          .leaf = BUF_INIT(LEAF_SIZE_MAX)};
    enum ng_err err = file_make_folder(folder);
    err = err == NG_OK ? export_epochs(&x) : err;
    err = err == NG_OK && x.count > 0 ? write_key(&x) : err;
    *ret_count = x.count;
    buf_fini(&x.leaf);
    buf_fini(&x.text);
    buf_fini(&x.statement);
    if (err == NG_OK && x.damaged > 0) {
        return err_set(NG_ERR_VERIFY, _("%s (damaged in all: %s; written: %s)"), x.why,
                       say_number(x.damaged), say_number(x.count));
    }
    return err;
}

/* ---- One that is shown ---- */

/* The next own statement at or behind this place, of whatever epoch. */
static enum ng_err next_own(struct party *p, uint32_t *epoch, uint64_t *seq, struct buf *statement)
{
    struct party_own own;
    enum ng_err err = party_own_of(p, *epoch, *seq, &own, statement, NULL);
    while (err == NG_ERR_NOT_FOUND) {
        err = party_next_epoch(p, *epoch + 1, epoch);
        if (err != NG_OK) {
            return err;
        }
        *seq = 1;
        err = party_own_of(p, *epoch, *seq, &own, statement, NULL);
    }
    return err;
}

/* Whom the signature in the receipt belongs to: the statement it was made over. */
static enum ng_err find(struct party *p, struct bytes text, struct buf *statement,
                        struct proof *ret)
{
    uint8_t header[LEAF_HEADER_SIZE], signature[KEY_SIGNATURE_SIZE];
    struct key_public key;
    enum ng_err err = receipt_extra(text, header, signature);
    if (err != NG_OK) {
        return err_set(NG_ERR_INPUT, _("this is no receipt (C2SP tlog-proof): %s"),
                       err_explain(err));
    }
    memcpy(key.bytes, header + 32, sizeof(key.bytes));
    uint32_t epoch = 0;
    uint64_t seq = 1;
    while ((err = next_own(p, &epoch, &seq, statement)) == NG_OK) {
        if (key_verify(&key, buf_bytes(statement), signature)) {
            *ret = (struct proof){.epoch = epoch, .seq = seq, .written = true};
            return NG_OK;
        }
        seq++;
    }
    return err == NG_ERR_NOT_FOUND
               ? err_set(err, _("this receipt is for no statement that was written here"))
               : err;
}

enum ng_err proof_check(struct party *p, struct bytes text, struct proof *ret)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    enum ng_err err = find(p, text, &statement, ret);
    if (err == NG_OK) {
        err = verify(p, ret->epoch, text, buf_bytes(&statement), &ret->receipt);
        if (err != NG_OK && err != NG_ERR_NOMEM) {
            err = err_set(NG_ERR_VERIFY, _("the receipt for number %s does not hold: %s"),
                          say_number(ret->seq), err_explain(err));
        }
    }
    buf_fini(&statement);
    return err;
}
