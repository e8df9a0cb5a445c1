/* nganam-broker restore: the log back as it was, never as another one.
 *
 * --from puts the original leaves back (ledger_restore.h), out of an export or out of an office's
 * folder. Whether newer ones existed nothing here can know; so serve then takes nothing new until
 * each party has connected and knew of nothing later (hold.h), or --accept says that none did. */
#include "audit/export.h"
#include "audit/mirror_leaves.h"
#include "audit/print.h"
#include "base/file.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/control.h"
#include "broker/home.h"
#include "ledger/ledger_restore.h"
#include "party/kept_head.h"
#include "party/party.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_TIMEOUT_MS 5000

/* ---- Where the leaves come from ---- */

struct from {
    struct source export; /* one of the two */
    struct mirror_leaves *mirror;
    struct ledger_head head;
    char origin[NOTE_ORIGIN_MAX + 1];
};

static enum ng_err export_leaf(void *context, uint64_t index, struct bytes *ret_leaf)
{
    return err_wrap(source_leaf(context, index, ret_leaf), _("message %llu"),
                    (unsigned long long)index);
}

static enum ng_err open_export(const char *folder, struct from *ret)
{
    enum ng_err err = export_open(folder, NULL, &ret->export);
    if (err == NG_OK) {
        (void)snprintf(ret->origin, sizeof(ret->origin), "%s", ret->export.origin);
        err = source_begin(&ret->export, &ret->head);
    }
    return err;
}

/* The newest head that the office has verified, as it was signed. */
static enum ng_err mirror_head(const char *folder, struct from *ret)
{
    struct party *party = NULL;
    struct store_txn *t = NULL;
    struct bytes note;
    enum ng_err err = party_open(folder, &party);
    if (err == NG_OK) {
        err = store_begin_read(party_store(party), &t);
    }
    if (err == NG_OK) {
        const struct identity *id = party_identity(party);
        (void)snprintf(ret->origin, sizeof(ret->origin), "%s", id->origin);
        err = kept_head_get(t, id, &note, &ret->head.head);
    }
    if (err == NG_OK) {
        memcpy(ret->head.note, note.data, note.size);
        ret->head.note_size = note.size;
    }
    store_end_read(&t);
    party_close(&party);
    return err;
}

static enum ng_err open_mirror(const char *folder, struct from *ret)
{
    enum ng_err err = mirror_head(folder, ret);
    passphrase_forget(PASSPHRASE_MACHINE); /* the office's; log.key has another */
    if (err == NG_OK) {
        err = mirror_leaves_open(folder, &ret->mirror);
    }
    if (err == NG_OK && mirror_leaves_count(ret->mirror) < ret->head.head.size) {
        err = err_set(NG_ERR_REFUSED,
                      _("%s has %llu entries of the %llu that its newest head speaks of: take an "
                        "export of the log, or another mirror"),
                      folder, (unsigned long long)mirror_leaves_count(ret->mirror),
                      (unsigned long long)ret->head.head.size);
    }
    return err;
}

/* An export has its keys in a file `vkeys`, an office's folder an identity. */
static enum ng_err open_from(const char *folder, struct from *ret)
{
    char *vkeys = file_join(folder, "vkeys");
    char *identity = file_join(folder, "identity");
    enum ng_err err = err_set(NG_ERR_NOT_FOUND,
                              _("%s is neither an export of a log nor an office's folder"), folder);
    if (vkeys == NULL || identity == NULL) {
        err = err_set(NG_ERR_NOMEM, "path");
    } else if (file_exists(vkeys)) {
        err = open_export(folder, ret);
    } else if (file_exists(identity)) {
        err = open_mirror(folder, ret);
    }
    free(identity);
    free(vkeys);
    return err;
}

static void close_from(struct from *f)
{
    source_close(&f->export);
    mirror_leaves_close(&f->mirror);
}

/* ---- --from ---- */

static enum ng_err print_restored(const struct cmd_restore *o, const struct ledger_restored *r)
{
    const uint64_t missing = r->floor_size > r->size ? r->floor_size - r->size : 0;
    enum ng_err err = NG_OK;
    if (o->common.json) {
        err = print_document(json_pack("{s:i, s:I, s:I, s:I}", "schema", 1, "before",
                                       (json_int_t)r->size_before, "size", (json_int_t)r->size,
                                       "missing", (json_int_t)missing));
    } else {
        (void)printf(_("%llu entries put back, the log has %llu now.\n"),
                     (unsigned long long)(r->size - r->size_before), (unsigned long long)r->size);
    }
    if (err == NG_OK && missing > 0) {
        (void)fprintf(stderr,
                      _("The head file was signed at %llu entries: the newest %llu are still "
                        "missing. Restore from a newer export or mirror.\n"),
                      (unsigned long long)r->floor_size, (unsigned long long)missing);
        return cli_quiet(NG_ERR_VERIFY);
    }
    if (err == NG_OK && !o->common.json) {
        (void)printf(_("Start nganam-broker serve: it takes nothing new until every party has "
                       "connected and knows of no later entry, or \"nganam-broker restore "
                       "--accept\" is given.\n"));
    }
    return err;
}

/* What no export has, and without which no machine finds or trusts this broker. */
static void warn_of_keys(const char *folder)
{
    char *path = file_join(folder, HOME_CURVE);
    if (path != NULL && !file_exists(path)) {
        (void)fprintf(stderr,
                      _("%s: broker.curve is not here: put it and the file endpoint back too, or "
                        "no machine can connect.\n"),
                      folder);
    }
    free(path);
}

static enum ng_err restore_locked(const struct cmd_restore *o, const struct from *from,
                                  struct ledger_restored *ret)
{
    char *head = NULL;
    enum ng_err err = home_head_path(o->common.data, o->head, &head);
    if (err == NG_OK) {
        const struct ledger_source source = {
            from->mirror != NULL ? (void *)from->mirror : (void *)(uintptr_t)&from->export,
            {(const uint8_t *)from->head.note, from->head.note_size},
            from->mirror != NULL ? mirror_leaves_get : export_leaf};
        err = ledger_restore(o->common.data, head, from->origin, &source, ret);
    }
    free(head);
    return err;
}

static enum ng_err restore_from(const struct cmd_restore *o)
{
    struct from from = {.mirror = NULL};
    struct ledger_restored restored = {.size = 0};
    int lock = -1;
    enum ng_err err = open_from(o->from, &from);
    if (err == NG_OK) {
        err = home_lock(o->common.data, &lock);
    }
    if (err == NG_ERR_BUSY) {
        err = err_set(err, _("a broker runs on %s: stop it first"), o->common.data);
    }
    if (err == NG_OK) {
        err = restore_locked(o, &from, &restored);
    }
    file_unlock(&lock);
    close_from(&from);
    if (err == NG_OK) {
        warn_of_keys(o->common.data);
        err = print_restored(o, &restored);
    }
    return err;
}

/* ---- --accept ---- */

static enum ng_err accept_running(const char *folder)
{
    char answer[CONTROL_TEXT_MAX];
    enum ng_err err = control_ask(folder, "copy accept", CONTROL_TIMEOUT_MS, answer);
    if (err == NG_OK && strcmp(answer, "ok") != 0) {
        err = err_set(NG_ERR_PEER, _("the running broker says: %s"), answer);
    }
    return err;
}

static enum ng_err accept_alone(const struct cmd_restore *o)
{
    struct ledger *l = NULL;
    char *head = NULL;
    enum ng_err err = home_head_path(o->common.data, o->head, &head);
    if (err == NG_OK) {
        err = ledger_open(o->common.data, head, LEDGER_WRITE, &l);
    }
    if (err == NG_OK && ledger_read_only(l) != NULL) {
        err = err_set(NG_ERR_CORRUPT, "%s", ledger_read_only(l));
    }
    if (err == NG_OK) {
        err = ledger_accept_copy(l);
    }
    ledger_close(&l);
    free(head);
    return err;
}

static enum ng_err accept_copy(const struct cmd_restore *o)
{
    int lock = -1;
    enum ng_err err = home_lock(o->common.data, &lock);
    if (err == NG_ERR_BUSY) {
        err = accept_running(o->common.data);
    } else if (err == NG_OK) {
        err = accept_alone(o);
    }
    file_unlock(&lock);
    if (err == NG_OK) {
        (void)printf("%s", o->common.json ? "{\"schema\": 1, \"accepted\": true}\n"
                                          : _("The log is accepted as it is: new entries are "
                                              "taken.\n"));
    }
    return err;
}

enum ng_err cmd_restore_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_restore *o = options;
    if ((o->from != NULL) == o->accept) {
        return err_set(NG_ERR_USAGE, _("give either --from DIR or --accept"));
    }
    const enum ng_err err = key_init();
    return err != NG_OK ? err : o->accept ? accept_copy(o) : restore_from(o);
}
