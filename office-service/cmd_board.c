/* nganam-office board and explain: views of the state as it is, or as it was (--at). */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "office-service/show_board.h"
#include "office-service/show_explain.h"
#include "office-service/sight.h"
#include "party/courier.h"

#include <string.h>

/* What was not there then may be there now: an answer about the past says which one. */
static enum ng_err blame_past(const struct sight *s, const char *at, enum ng_err err)
{
    return err == NG_ERR_NOT_FOUND && at ? err_wrap(err, _("--at %s (%s messages of the log)"), at,
                                                    say_number(s->replay.edge.size))
                                         : err;
}

static enum ng_err open_sight(const struct cmd_board *opt, struct office *o, struct sight *s)
{
    enum ng_err err = office_open(opt->common.data, o);
    return err ? err : sight_open(o->mirror, opt->at, s);
}

static enum ng_err read_basis(const char *text, enum basis *ret)
{
    if (!text || strcmp(text, "live") == 0) {
        *ret = BASIS_LIVE;
        return NG_OK;
    }
    if (strcmp(text, "self") == 0) {
        *ret = BASIS_SELF;
        return NG_OK;
    }
    if (strcmp(text, "appraised") == 0 || strcmp(text, "published") == 0) {
        return err_set(NG_ERR_NOT_FOUND, _("nothing yet on the basis %s: no round has been held"),
                       text);
    }
    return err_set(NG_ERR_USAGE, _("--basis %.40s: live, self, appraised or published is expected"),
                   text);
}

enum ng_err cmd_board_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_board *opt = options;
    struct office o = {.fold_lock = -1};
    struct sight s = {0};
    struct board b;
    enum basis basis;
    enum ng_err err = read_basis(opt->basis, &basis);
    if (err) {
        return err;
    }
    if (opt->year > UINT32_MAX) {
        return err_set(NG_ERR_USAGE, _("--year: not a year"));
    }
    err = open_sight(opt, &o, &s);
    if (!err) {
        err = board_make(s.kv, s.sets, (uint32_t)opt->year, opt->group, basis, &b);
        err = blame_past(&s, opt->at, err);
    }
    if (!err) {
        sight_release(&s);
        if (opt->common.json) {
            err = say_json(show_board_json(&b, &s.root));
        } else {
            show_board_text(&b, stdout);
        }
        board_fini(&b);
    }
    sight_close(&s);
    office_close(&o);
    return err;
}

enum ng_err cmd_explain_run(void *options, int argc, char **argv)
{
    const struct cmd_board *opt = options;
    struct office o = {.fold_lock = -1};
    struct sight s = {0};
    struct explain e;
    struct blob_folder *blobs = NULL;
    enum basis basis;
    enum ng_err err = read_basis(opt->basis, &basis);
    if (err) {
        return err;
    }
    if (opt->year > UINT32_MAX) {
        return err_set(NG_ERR_USAGE, _("--year: not a year"));
    }
    err = open_sight(opt, &o, &s);
    if (!err) {
        err = explain_make(s.kv, s.sets, argv[0], argc > 1 ? argv[1] : NULL, (uint32_t)opt->year,
                           basis, &e);
    }
    if (!err) {
        sight_release(&s);
        err = courier_open_there(opt->common.data, &blobs);
        err = err == NG_ERR_NOT_FOUND ? NG_OK : err;
        e.blobs = blobs;
        if (err) {
            /* said below */
        } else if (opt->common.json) {
            err = say_json(show_explain_json(&e, &s.root));
        } else {
            show_explain_text(&e, stdout);
        }
        explain_fini(&e);
        blob_close(&blobs);
    }
    sight_close(&s);
    office_close(&o);
    return err;
}
