/* nganam-office rebuild: folds our copy of the log again, or checks that the state is what the log
 * gives. */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"

static enum ng_err say_done(struct office *o, bool check, bool json)
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
        return say_json(json_pack("{s:i, s:b, s:I, s:o}", "schema", 1, "same", 1, "log_size",
                                  (json_int_t)meta.applied, "log_root", say_json_root(&root)));
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
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err && opt->check) {
        err = mirror_check(o.mirror);
    } else if (!err) {
        err = office_take_state(&o);
        err = err ? err : mirror_rebuild(o.mirror);
    }
    if (!err) {
        err = say_done(&o, opt->check, opt->common.json);
    }
    office_close(&o);
    return err;
}
