/* nganam-office actor add, key, end, list: the persons of the office, each with a key of his own.
 */
#include "base/lang.h"
#include "ledger/note.h"
#include "office-service/actor_key.h"
#include "office-service/admin_sign.h"
#include "office-service/cmd.h"
#include "office-service/registry_say.h"
#include "office-service/say.h"
#include "office-service/show_keys.h"
#include "party/cmd_lock.h"

#include <stdlib.h>
#include <string.h>

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

/* Encoded, signed, in the log, and what became of it. */
static enum ng_err say_actor(struct office *o, const struct admin_sign *by,
                             struct wire_registry_actor *m, int64_t timeout_ms)
{
    struct buf payload = BUF_INIT(1024);
    struct registry_actor after = {.index = 0};
    uint64_t index = 0;
    enum ng_err err = wire_registry_actor_encode(m, &payload);
    if (!err) {
        err = admin_sign(o, by, STATEMENT_ACTOR, buf_bytes(&payload), &m->admins);
    }
    buf_clear(&payload);
    if (!err) {
        err = wire_registry_actor_encode(m, &payload);
    }
    if (!err) {
        err = registry_say(o, STATEMENT_ACTOR, "", buf_bytes(&payload), timeout_ms, &index);
    }
    if (!err) {
        err = registry_say_actor(o, m->id, &after);
        err = err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    buf_fini(&payload);
    return err || after.index == index ? err : registry_say_overtaken(index);
}

/* Where the key comes from: a line that was made elsewhere, or a key made here and now, which is on
 * the disk before the log names it. */
static enum ng_err find_key(const struct cmd_actor *opt, const char *id, const char *path,
                            uint8_t ret[KEY_PUBLIC_SIZE])
{
    struct key_pair pair;
    if (opt->public_line) {
        return actor_key_parse_public(id, opt->public_line, ret);
    }
    const enum ng_err err = actor_key_make(path, opt->lock || opt->new_file, &pair);
    if (!err) {
        memcpy(ret, pair.public_key.bytes, KEY_PUBLIC_SIZE);
        key_wipe(&pair);
    }
    return err;
}

static enum ng_err add_actor(struct office *o, const struct cmd_actor *opt, const char *id,
                             enum wire_actor_role role, const char *path,
                             const struct admin_sign *by)
{
    struct registry_actor known = {.index = 0};
    struct wire_registry_actor m = {.role = role};
    enum ng_err err = registry_say_actor(o, id, &known);
    if (!err && !known.ended && by->count == 0) {
        return err_set(NG_ERR_REFUSED,
                       _("%s is a person of the office already: end first, or have admins sign for "
                         "another key (--actor)"),
                       id);
    }
    if (err && err != NG_ERR_NOT_FOUND) {
        return err;
    }
    m.after = known.index;
    (void)snprintf(m.id, sizeof m.id, "%s", id);
    err = admin_sign_check(o, by);
    if (!err) {
        err = find_key(opt, id, path, m.key);
    }
    return err ? err : say_actor(o, by, &m, cmd_timeout_ms(opt->timeout));
}

static enum ng_err print_added(const struct cmd_actor *opt, const char *id,
                               enum wire_actor_role role, const char *path)
{
    if (opt->common.json) {
        return say_json(json_pack("{s:i, s:s, s:s, s:s?}", "schema", 1, "id", id, "role",
                                  show_keys_actor_role(role), "key_file",
                                  opt->public_line ? NULL : path));
    }
    if (opt->public_line) {
        (void)printf(_("%s is in the log. The key is where it was made.\n"), id);
    } else if (opt->lock || opt->new_file) {
        (void)printf(_("%s is in the log. The key lies in %s, locked with the person's "
                       "passphrase.\n"),
                     id, path);
    } else {
        (void)printf(_("%s is in the log. The key lies in %s: whoever has that file signs for the "
                       "person; move it to a stick of his, or let him lock it: nganam-office actor "
                       "lock %s\n"),
                     id, path, id);
    }
    return NG_OK;
}

static enum ng_err check_add(const struct cmd_actor *opt, const char *id, enum wire_actor_role *ret)
{
    enum ng_err err = registry_actor_id_check(id);
    if (!err) {
        err = read_role(opt->role, ret);
    }
    if (!err && opt->public_line && (opt->key || opt->lock || opt->new_file)) {
        err = err_set(NG_ERR_USAGE, _("--public: that key was made elsewhere; --key, --lock and "
                                      "--new are for one that is made here"));
    }
    return err;
}

enum ng_err cmd_actor_add_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_actor *opt = options;
    struct office o = {.fold_lock = -1};
    struct admin_sign by;
    enum wire_actor_role role;
    char *path = NULL;
    memset(&by, 0, sizeof by);
    enum ng_err err = check_add(opt, argv[0], &role);
    if (!err) {
        err = admin_sign_load(opt->common.data, &opt->actors, &opt->keys, &by);
    }
    if (!err && (opt->lock || opt->new_file)) { /* after those of the admins, which are forgotten */
        err = passphrase_choose(PASSPHRASE_PERSON, opt->new_file);
    }
    if (!err) {
        path = actor_key_path(opt->common.data, argv[0], opt->key);
        err = path ? registry_say_open(opt->common.data, cmd_timeout_ms(opt->timeout), &o)
                   : err_plain(NG_ERR_NOMEM);
    }
    if (!err) {
        err = add_actor(&o, opt, argv[0], role, path, &by);
    }
    admin_sign_wipe(&by);
    office_close(&o);
    if (!err) {
        err = print_added(opt, argv[0], role, path);
    }
    free(path);
    return err;
}

/* ---- A key on the person's own machine ---- */

enum ng_err cmd_actor_key_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_actor *opt = options;
    struct buf line = BUF_INIT(256);
    struct key_pair pair;
    enum ng_err err = registry_actor_id_check(argv[0]);
    if (!err && (opt->lock || opt->new_file)) {
        err = passphrase_choose(PASSPHRASE_PERSON, opt->new_file);
    }
    if (!err) {
        err = key_init();
    }
    if (!err) {
        err = actor_key_make(opt->key, opt->lock || opt->new_file, &pair);
    }
    if (!err) {
        err = note_vkey(argv[0], &pair.public_key, &line);
        key_wipe(&pair);
    }
    if (!err && opt->common.json) {
        err = say_json(
            json_pack("{s:i, s:s, s:s}", "schema", 1, "id", argv[0], "public", buf_text(&line)));
    } else if (!err) {
        (void)printf("%s\n", buf_text(&line));
        (void)fprintf(stderr,
                      _("This line may be seen by everybody; it goes to the office by a way you "
                        "trust: nganam-office actor add %s --role … --public LINE. The key stays "
                        "in %s.\n"),
                      argv[0], opt->key);
    }
    buf_fini(&line);
    return err;
}

/* ---- The passphrase of a person's key ---- */

static enum ng_err change_lock(const struct cmd_actor_lock *opt, const char *id, bool lock)
{
    enum ng_err err = registry_actor_id_check(id);
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
               : cmd_lock_say(
                     opt->common.json, json_pack("{s:i, s:s}", "schema", 1, "id", id), id, lock,
                     _("Whoever forgets it needs a new key: actor add, signed by admins."));
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

/* With fewer admins than must sign nothing could ever be changed again but by the operator. */
static enum ng_err check_others(struct office *o, const char *id)
{
    struct registry_policy policy = {.index = 0};
    size_t admins = 0;
    enum ng_err err = admin_sign_look(o, &policy, &admins);
    const size_t needed = policy.enrolment == WIRE_ENROLMENT_TWO_PERSON ? 2 : 1;
    return err || admins > needed
               ? err
               : err_set(NG_ERR_REFUSED,
                         _("without %s too few admins are left to sign: add another first, or "
                           "give %s another key (actor add)"),
                         id, id);
}

static enum ng_err end_actor(struct office *o, const struct cmd_signed *opt, const char *id,
                             const struct admin_sign *by)
{
    struct registry_actor known = {.ended = true};
    enum ng_err err = registry_say_actor(o, id, &known);
    if (err == NG_ERR_NOT_FOUND || (!err && known.ended)) {
        return err_set(NG_ERR_REFUSED, _("%s is no person of the office"), id);
    }
    if (!err) {
        err = admin_sign_check(o, by);
    }
    if (!err && known.role == WIRE_ACTOR_ADMIN) {
        err = check_others(o, id);
    }
    struct wire_registry_actor m = {.role = known.role, .ended = true, .after = known.index};
    (void)snprintf(m.id, sizeof m.id, "%s", id);
    return err ? err : say_actor(o, by, &m, cmd_timeout_ms(opt->timeout));
}

enum ng_err cmd_actor_end_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_signed *opt = options;
    struct office o = {.fold_lock = -1};
    struct admin_sign by;
    memset(&by, 0, sizeof by);
    enum ng_err err = registry_actor_id_check(argv[0]);
    if (!err) {
        err = admin_sign_load(opt->common.data, &opt->actors, &opt->keys, &by);
    }
    if (!err) {
        err = registry_say_open(opt->common.data, cmd_timeout_ms(opt->timeout), &o);
    }
    if (!err) {
        err = end_actor(&o, opt, argv[0], &by);
    }
    admin_sign_wipe(&by);
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
