/* nganam-broker actor: the operator's word about a person of the office, past its admins. It is the
 * way back when they have lost their keys, and nobody could sign for new ones; so it is told to the
 * office and to every auditor as an alarm. */
#include "audit/print.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/operator.h"

#include <stdio.h>
#include <string.h>

/* NG_OK with index 0: the log has no such person. */
static enum ng_err find_person(const char *folder, const char *id, struct registry_actor *ret)
{
    struct ledger *l = NULL;
    struct store_txn *t = NULL;
    *ret = (struct registry_actor){.ended = true};
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = ledger_open(folder, NULL, LEDGER_READ, &l);
        if (err == NG_ERR_NOT_FOUND) {
            return err_set(err, _("%s holds no broker: run nganam-broker init first"), folder);
        }
    }
    if (err == NG_OK) {
        err = store_begin_read(ledger_store(l), &t);
    }
    if (err == NG_OK) {
        err = registry_actor_get(t, id, ret);
        store_end_read(&t);
    }
    ledger_close(&l); /* a store is opened once a process */
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err read_person(const struct cmd_actor *o, const char *id,
                               struct wire_registry_actor *ret)
{
    char name[NOTE_ORIGIN_MAX + 1];
    struct key_public key;
    const bool is_admin = o->role != NULL && strcmp(o->role, "admin") == 0;
    if (!is_admin && (o->role == NULL || strcmp(o->role, "appraiser") != 0)) {
        return err_set(NG_ERR_USAGE, _("--role: appraiser or admin is expected"));
    }
    if (o->key == NULL || note_vkey_parse(o->key, name, &key) != NG_OK || strcmp(name, id) != 0) {
        return err_set(NG_ERR_USAGE,
                       _("--key: the line that nganam-office actor key printed for %s is expected"),
                       id);
    }
    ret->role = is_admin ? WIRE_ACTOR_ADMIN : WIRE_ACTOR_APPRAISER;
    memcpy(ret->key, key.bytes, KEY_PUBLIC_SIZE);
    return NG_OK;
}

/* What the command asks for, over the person as he is. */
static enum ng_err make_person(const struct cmd_actor *o, const char *id,
                               const struct registry_actor *known, struct wire_registry_actor *ret)
{
    *ret = (struct wire_registry_actor){.role = known->role, .ended = o->end};
    const enum ng_err err = registry_actor_id_check(id);
    if (err != NG_OK) {
        return err;
    }
    (void)snprintf(ret->id, sizeof(ret->id), "%s", id);
    ret->after = known->index;
    if (!o->end) {
        return read_person(o, id, ret);
    }
    if (o->role != NULL || o->key != NULL) {
        return err_set(NG_ERR_USAGE, _("--end: neither --role nor --key goes with it"));
    }
    return known->ended ? err_set(NG_ERR_REFUSED, _("%s is no person of the office"), id) : NG_OK;
}

static enum ng_err print_person(bool json, const struct registry_actor *a, const char *id)
{
    const char *role = a->role == WIRE_ACTOR_ADMIN ? "admin" : "appraiser";
    if (json) {
        return print_document(json_pack("{s:i, s:s, s:s, s:b, s:I}", "schema", 1, "id", id, "role",
                                        role, "ended", a->ended, "index", (json_int_t)a->index));
    }
    (void)printf(a->ended
                     ? _("%s has ended, entry %llu of the log. ")
                     : _("%s is a person of the office with this key, entry %llu of the log. "),
                 id, (unsigned long long)a->index);
    (void)printf(_("The office and every auditor get an alarm: tell them why.\n"));
    return NG_OK;
}

enum ng_err cmd_actor_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_actor *o = options;
    struct registry_actor a;
    struct wire_registry_actor m;
    struct buf payload = BUF_INIT(1024);
    uint64_t index = 0;
    enum ng_err err = find_person(o->common.data, argv[0], &a);
    if (err == NG_OK) {
        err = make_person(o, argv[0], &a, &m);
    }
    if (err == NG_OK) {
        err = wire_registry_actor_encode(&m, &payload);
    }
    if (err == NG_OK) {
        err = operator_say(o->common.data, STATEMENT_ACTOR, "", buf_bytes(&payload), &index);
    }
    if (err == NG_OK) {
        err = find_person(o->common.data, argv[0], &a);
    }
    buf_fini(&payload);
    if (err == NG_OK && a.index != index) {
        err = err_set(NG_ERR_REFUSED,
                      _("entry %llu of the log changed nothing: somebody else was faster, so look "
                        "again and repeat the command if it is still meant"),
                      (unsigned long long)index);
    }
    return err == NG_OK ? print_person(o->common.json, &a, argv[0]) : err;
}
