/* nganam-office actor add, end, list: the persons of the office, each with a key of his own. */
#include "base/lang.h"
#include "office-service/actor_key.h"
#include "office-service/cmd.h"
#include "office-service/registry_say.h"
#include "office-service/say.h"
#include "office-service/show_keys.h"
#include "party/cmd_lock.h"

#include <stdlib.h>
#include <string.h>

static enum ng_err check_id(const char *id)
{
    return registry_actor_id_valid(id)
               ? NG_OK
               : err_set(NG_ERR_USAGE, _("a person's id has 1 to %u letters, digits, . - _"),
                         WIRE_ACTOR_ID_MAX);
}

static enum ng_err read_role(const char *text, enum wire_actor_role *ret)
{
    *ret = WIRE_ACTOR_APPRAISER;
    if (strcmp(text, "admin") == 0) {
        *ret = WIRE_ACTOR_ADMIN;
    } else if (strcmp(text, "appraiser") != 0) {
        return err_set(NG_ERR_USAGE, _("--role: appraiser or admin is expected"));
    }
    return NG_OK;
}

static enum ng_err say_actor(struct office *o, const struct wire_registry_actor *m,
                             int64_t timeout_ms)
{
    struct buf payload = BUF_INIT(1024);
    enum ng_err err = wire_registry_actor_encode(m, &payload);
    if (!err) {
        err = registry_say(o, STATEMENT_ACTOR, "", buf_bytes(&payload), timeout_ms, NULL);
    }
    buf_fini(&payload);
    return err;
}

/* The key is on the disk before the log names it. */
static enum ng_err add_actor(struct office *o, const struct cmd_actor *opt, const char *id,
                             enum wire_actor_role role, const char *path)
{
    struct registry_actor known;
    struct wire_registry_actor m = {.role = role};
    struct key_pair pair;
    enum ng_err err = registry_say_actor(o, id, &known);
    if (!err && !known.ended) {
        return err_set(NG_ERR_REFUSED, _("%s is a person of the office already: end first"), id);
    }
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    err = actor_key_make(path, opt->lock || opt->new_file, &pair);
    if (err) {
        return err;
    }
    (void)snprintf(m.id, sizeof m.id, "%s", id);
    memcpy(m.key, pair.public_key.bytes, sizeof m.key);
    key_wipe(&pair);
    err = say_actor(o, &m, cmd_timeout_ms(opt->timeout));
    if (err) {
        return err;
    }
    if (opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:s, s:s}", "schema", 1, "id", id, "role",
                                  show_keys_actor_role(role), "key_file", path));
    }
    if (opt->lock || opt->new_file) {
        (void)printf(_("%s is in the log. The key lies in %s, locked with the person's "
                       "passphrase.\n"),
                     id, path);
        return NG_OK;
    }
    (void)printf(_("%s is in the log. The key lies in %s: whoever has that file signs for the "
                   "person; move it to a stick of his, or let him lock it: nganam-office actor "
                   "lock %s\n"),
                 id, path, id);
    return NG_OK;
}

enum ng_err cmd_actor_add_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_actor *opt = options;
    struct office o = {.fold_lock = -1};
    enum wire_actor_role role;
    enum ng_err err = check_id(argv[0]);
    if (!err) {
        err = read_role(opt->role, &role);
    }
    if (!err && (opt->lock || opt->new_file)) {
        err = passphrase_choose(PASSPHRASE_PERSON, opt->new_file);
    }
    if (err) {
        return err;
    }
    char *path = actor_key_path(opt->common.data, argv[0], opt->key);
    err = path ? registry_say_open(opt->common.data, cmd_timeout_ms(opt->timeout), &o)
               : err_plain(NG_ERR_NOMEM);
    if (!err) {
        err = add_actor(&o, opt, argv[0], role, path);
    }
    free(path);
    office_close(&o);
    return err;
}

/* ---- The passphrase of a person's key ---- */

static enum ng_err change_lock(const struct cmd_actor_lock *opt, const char *id, bool lock)
{
    enum ng_err err = check_id(id);
    if (err) {
        return err;
    }
    char *path = actor_key_path(opt->common.data, id, opt->key);
    struct key_pair pair;
    memset(&pair, 0, sizeof pair);
    err = path ? key_init() : err_plain(NG_ERR_NOMEM);
    if (!err) {
        err = actor_key_load(path, &pair); /* only a person's key is locked as one */
    }
    if (!err) {
        const struct secret_file file = actor_key_secret(path);
        err = secret_lock(&file, 1, lock, opt->new_file);
    }
    key_wipe(&pair);
    free(path);
    return err ? err
               : cmd_lock_say(opt->common.json, json_pack("{s:i, s:s}", "schema", 1, "id", id), id,
                              lock,
                              _("Whoever forgets it needs a new key: actor end, then actor add."));
}

enum ng_err cmd_actor_lock_run(void *options, int argc, char **argv)
{
    (void)argc;
    return change_lock(options, argv[0], true);
}

enum ng_err cmd_actor_unlock_run(void *options, int argc, char **argv)
{
    (void)argc;
    return change_lock(options, argv[0], false);
}

/* ---- The end of a person, and all of them ---- */

enum ng_err cmd_actor_end_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_write *opt = options;
    struct office o = {.fold_lock = -1};
    struct registry_actor known = {.ended = true};
    enum ng_err err = check_id(argv[0]);
    if (!err) {
        err = registry_say_open(opt->common.data, cmd_timeout_ms(opt->timeout), &o);
    }
    if (!err) {
        err = registry_say_actor(&o, argv[0], &known);
        err = err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    if (!err && known.ended) {
        err = err_set(NG_ERR_REFUSED, _("%s is no person of the office"), argv[0]);
    }
    if (!err) {
        struct wire_registry_actor m = {.role = known.role, .ended = true};
        (void)snprintf(m.id, sizeof m.id, "%s", argv[0]);
        err = say_actor(&o, &m, cmd_timeout_ms(opt->timeout));
    }
    office_close(&o);
    if (!err && opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:b}", "schema", 1, "id", argv[0], "ended", true));
    }
    if (!err) {
        (void)printf(_("%s has ended: what this key signs counts no more.\n"), argv[0]);
    }
    return err;
}

enum ng_err cmd_actor_list_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *opt = options;
    struct office o = {.fold_lock = -1};
    struct mirror_view v;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = mirror_view_begin(o.mirror, &v);
    }
    if (!err) {
        err = show_keys_actors(mirror_view_state(&v), opt->common.json);
        mirror_view_end(&v);
    }
    office_close(&o);
    return err;
}
