/* nganam-office board and explain: views of the state as it is, or as it was (--at). */
#include "base/lang.h"
#include "office-service/at.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/replay.h"
#include "office-service/say.h"
#include "office-service/show_board.h"
#include "office-service/show_explain.h"

#include <string.h>

/* A state to look at, with the root of the log it was folded from. */
struct sight {
    struct office office;
    struct mirror_view view; /* of the present */
    struct replay replay;    /* of the past */
    const struct kv *kv;
    struct set_cache *sets;
    struct hash root;
};

/* Ends the transaction: before anything is printed, for nobody knows how long that takes. */
static void sight_release(struct sight *s)
{
    mirror_view_end(&s->view);
    s->view = (struct mirror_view){0};
}

/* What was not there then may be there now: an answer about the past says which one. */
static enum ng_err sight_blame(const struct sight *s, const char *at, enum ng_err err)
{
    return err == NG_ERR_NOT_FOUND && at ? err_wrap(err, _("--at %s (%s messages of the log)"), at,
                                                    say_number(s->replay.edge.size))
                                         : err;
}

static void sight_close(struct sight *s)
{
    sight_release(s);
    replay_end(&s->replay);
    office_close(&s->office);
}

static enum ng_err look_back(struct sight *s, const char *at)
{
    uint64_t count;
    enum ng_err err = at_resolve(&s->view, at, &count);
    sight_release(s);
    if (!err) {
        err = replay_run(&s->replay, s->office.mirror, count, REPLAY_FROM_SNAPSHOT);
    }
    if (!err) {
        s->kv = replay_state(&s->replay);
        s->sets = replay_sets(&s->replay);
        s->root = replay_root(&s->replay);
    }
    return err;
}

/* The struct must not move afterwards. sight_close is needed whatever comes back. */
static enum ng_err sight_open(const char *folder, const char *at, struct sight *s)
{
    memset(s, 0, sizeof *s);
    enum ng_err err = office_open(folder, &s->office);
    if (!err) {
        err = mirror_view_begin(s->office.mirror, &s->view);
    }
    if (err) {
        return err;
    }
    if (at) {
        return look_back(s, at);
    }
    s->kv = mirror_view_state(&s->view);
    s->sets = s->view.sets;
    s->root = tree_edge_root(&s->view.edge);
    return NG_OK;
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
    struct sight s;
    struct board b;
    enum basis basis;
    enum ng_err err = read_basis(opt->basis, &basis);
    if (err) {
        return err;
    }
    if (opt->year > UINT32_MAX) {
        return err_set(NG_ERR_USAGE, _("--year: not a year"));
    }
    err = sight_open(opt->common.data, opt->at, &s);
    if (!err) {
        err = board_make(s.kv, s.sets, (uint32_t)opt->year, opt->group, basis, &b);
        err = sight_blame(&s, opt->at, err);
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
    return err;
}

enum ng_err cmd_explain_run(void *options, int argc, char **argv)
{
    const struct cmd_board *opt = options;
    struct sight s;
    struct explain e;
    enum basis basis;
    enum ng_err err = read_basis(opt->basis, &basis);
    if (err) {
        return err;
    }
    if (opt->year > UINT32_MAX) {
        return err_set(NG_ERR_USAGE, _("--year: not a year"));
    }
    err = sight_open(opt->common.data, opt->at, &s);
    if (!err) {
        err = explain_make(s.kv, s.sets, argv[0], argc > 1 ? argv[1] : NULL, (uint32_t)opt->year,
                           basis, &e);
    }
    if (!err) {
        sight_release(&s);
        if (opt->common.json) {
            err = say_json(show_explain_json(&e, &s.root));
        } else {
            show_explain_text(&e, stdout);
        }
        explain_fini(&e);
    }
    sight_close(&s);
    return err;
}
