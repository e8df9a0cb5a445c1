/* nganam-office rebuild: folds our copy of the log again, or checks that the state is what the log
 * gives. */
#include "audit/export.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/kept_head.h"

/* An export of any time is good for it, with any of the log's keys: it is compared with our own. */
static enum ng_err check_export(struct office *o, const char *folder, uint64_t *ret_size)
{
    struct buf vkey = BUF_INIT(1000);
    struct source export = {.ops = NULL};
    const struct identity *id = party_identity(o->party);
    struct log_keys keys;
    enum ng_err err = kept_head_read_keys(party_store(o->party), id, &keys);
    err = err ? err : note_vkey(id->origin, &keys.links[0].key, &vkey);
    err = err ? err : export_open(folder, buf_text(&vkey), &export);
    err = err ? err : mirror_check_export(o->mirror, &export, ret_size);
    source_close(&export);
    buf_fini(&vkey);
    return err;
}

static enum ng_err check(struct office *o, const struct cmd_rebuild *opt, uint64_t *ret_size)
{
    return opt->export ? check_export(o, opt->export, ret_size) : mirror_check(o->mirror);
}

/* export_size: NULL where none was compared. */
static enum ng_err say_done(struct office *o, bool check, const uint64_t *export_size, bool json)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    struct hash root = tree_edge_root(&v.edge);
    err = state_meta_get(mirror_view_state(&v), &meta);
    mirror_view_end(&v);
    if (err) {
        return err;
    }
    if (json) {
        return say_json(
            json_pack("{s:i, s:b, s:I, s:o, s:o}", "schema", 1, "same", 1, "log_size",
                      (json_int_t)meta.applied, "log_root", say_json_root(&root), "export_size",
                      export_size ? json_integer((json_int_t)*export_size) : json_null()));
    }
    if (export_size) {
        (void)printf(_("Compared with the export: all its %s messages are those here.\n"),
                     say_number(*export_size));
    }
    (void)printf(check ? _("The state is what the %s messages of the log give.\n")
                       : _("Folded again: %s messages.\n"),
                 say_number(meta.applied));
    return NG_OK;
}

enum ng_err cmd_rebuild_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_rebuild *opt = options;
    struct office o = {.fold_lock = -1};
    uint64_t export_size = 0;
    if (opt->export && !opt->check) {
        return err_set(NG_ERR_USAGE, _("--export goes with --check"));
    }
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err && opt->check) {
        err = check(&o, opt, &export_size);
    } else if (!err) {
        err = office_take_state(&o);
        err = err ? err : mirror_rebuild(o.mirror);
    }
    if (!err) {
        err = say_done(&o, opt->check, opt->export ? &export_size : NULL, opt->common.json);
    }
    office_close(&o);
    return err;
}
