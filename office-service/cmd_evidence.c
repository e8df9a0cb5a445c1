/* nganam-office evidence: what is cited and whether it is here; one file out; one file away. A file
 * that is written out goes where the person says, never where its name says. */
#include "base/clock.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "office-service/show_evidence.h"
#include "office-service/wanted.h"
#include "par/text.h"
#include "party/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 8192u

struct listing {
    size_t count;
    const char *unit; /* NULL: all */
    struct blob_folder *blobs;
    json_t *array; /* NULL: for a person */
};

static enum ng_err list_json(const struct listing *l, const struct wanted_citation *c)
{
    json_t *files = show_evidence_json(l->blobs, c->evidence, 1);
    json_t *item = files ? json_incref(json_array_get(files, 0)) : NULL;
    json_decref(files);
    json_t *where = json_pack("{s:s, s:I, s:s, s:I, s:o}", "unit", c->by->author.text, "index",
                              (json_int_t)c->index, "code", c->code, "year", (json_int_t)c->year,
                              "received_at", say_json_moment(c->received_at));
    const bool failed = !item || !where || json_object_update(where, item) != 0 ||
                        json_array_append(l->array, where) != 0;
    json_decref(item);
    json_decref(where);
    return failed ? err_plain(NG_ERR_NOMEM) : NG_OK;
}

static enum ng_err list_text(const struct listing *l, const struct wanted_citation *c)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    enum ng_err err =
        buf_printf(&text, "%s  %s %lu  ", c->by->author.text, c->code, (unsigned long)c->year);
    err = err ? err : show_evidence_text(l->blobs, c->evidence, 1, &text);
    if (!err) {
        (void)printf("%s\n  %s\n", buf_text(&text), c->evidence->id);
    }
    buf_fini(&text);
    return err;
}

static enum ng_err list_one(void *context, const struct wanted_citation *c)
{
    struct listing *l = context;
    struct hash id;
    if ((l->unit && strcmp(l->unit, c->by->author.text) != 0) ||
        !blob_id_parse(c->evidence->id, &id) || !text_is_code(c->code, TEXT_CODE_MAX)) {
        return NG_OK;
    }
    l->count++;
    return l->array ? list_json(l, c) : list_text(l, c);
}

static enum ng_err list_all(struct office *o, struct listing *l)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    for (uint64_t i = 0; !err && i < v.edge.size; i++) {
        struct bytes leaf;
        struct hash hash;
        err = mirror_view_leaf(&v, i, &leaf, &hash);
        err = err ? err : wanted_leaf(i, leaf, list_one, l);
    }
    mirror_view_end(&v);
    return err;
}

/* NULL where there was none yet. */
static enum ng_err open_there(const char *folder, struct blob_folder **ret)
{
    enum ng_err err = courier_open_there(folder, ret);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err cmd_evidence_list_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_evidence *opt = options;
    struct office o = {.fold_lock = -1};
    struct listing l = {.unit = opt->unit};
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = open_there(opt->common.data, &l.blobs);
    }
    if (!err && opt->common.json) {
        l.array = json_array();
        err = l.array ? NG_OK : err_plain(NG_ERR_NOMEM);
    }
    if (!err) {
        err = list_all(&o, &l);
    }
    if (!err && l.array) {
        err = say_json(json_pack("{s:i, s:O}", "schema", 1, "evidence", l.array));
    } else if (!err && l.count == 0) {
        (void)printf(_("No evidence is cited.\n"));
    }
    json_decref(l.array);
    blob_close(&l.blobs);
    office_close(&o);
    return err;
}

/* ---- One file out ---- */

static enum ng_err read_id(const char *text, struct hash *ret)
{
    return blob_id_parse(text, ret) ? NG_OK
                                    : err_set(NG_ERR_INPUT,
                                              _("\"%.80s\": expected the 64 digits of an "
                                                "evidence's id"),
                                              text);
}

/* What is not here is asked for now. */
static enum ng_err have_it(struct office *o, struct blob_folder *b, const struct hash *id)
{
    struct blob_info i;
    enum ng_err err = blob_check(b, id, &i);
    if (!err && i.state == BLOB_ERASED) {
        return err_set(NG_ERR_NOT_FOUND, _("this evidence was erased %s: %s"),
                       say_moment(i.erased_at_ms), i.reason);
    }
    if (!err && i.state != BLOB_THERE) {
        err = courier_fetch(o->party, id, clock_after(clock_mono(), OFFICE_TIMEOUT_S * 1000));
    }
    return err;
}

static enum ng_err write_out(struct blob_folder *b, const struct hash *id, const char *path)
{
    if (!path && isatty(STDOUT_FILENO)) {
        return err_set(NG_ERR_INPUT, _("--out FILE: say where the file is to be written"));
    }
    if (!path) {
        return blob_write_out(b, id, STDOUT_FILENO);
    }
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return errno == EEXIST
                   ? err_set(NG_ERR_INPUT, _("--out %s: there is such a file already"), path)
                   : err_set_errno(errno, "--out %s", path);
    }
    enum ng_err err = blob_write_out(b, id, fd);
    if (close(fd) && !err) {
        err = err_set_errno(errno, "--out %s", path);
    }
    if (err) {
        (void)unlink(path);
    }
    return err;
}

enum ng_err cmd_evidence_get_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_evidence *opt = options;
    struct office o = {.fold_lock = -1};
    struct blob_folder *b = NULL;
    struct hash id;
    enum ng_err err = read_id(argv[0], &id);
    if (!err) {
        err = office_open(opt->common.data, &o);
    }
    if (!err) {
        err = courier_open_blobs(opt->common.data, &b);
    }
    if (!err) {
        err = have_it(&o, b, &id);
    }
    if (!err) {
        err = write_out(b, &id, opt->out);
    }
    if (!err && opt->out && opt->common.json) {
        err = say_json(json_pack("{s:i, s:s, s:o}", "schema", 1, "id", argv[0], "file",
                                 say_json_text(opt->out)));
    } else if (!err && opt->out) {
        (void)printf(_("Written to %s; its hash is right.\n"), opt->out);
    }
    blob_close(&b);
    office_close(&o);
    return err;
}

/* ---- One file away ---- */

enum ng_err cmd_evidence_erase_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_evidence *opt = options;
    struct office o = {.fold_lock = -1};
    struct blob_folder *b = NULL;
    struct hash id;
    enum ng_err err = read_id(argv[0], &id);
    if (!err && strlen(opt->reason) > BLOB_REASON_MAX) {
        err = err_set(NG_ERR_INPUT, _("--reason: at most %u bytes"), (unsigned)BLOB_REASON_MAX);
    }
    if (!err) {
        err = office_open(opt->common.data, &o);
    }
    if (!err) {
        err = courier_open_blobs(opt->common.data, &b);
    }
    if (!err) {
        err = blob_erase(b, &id, opt->reason, clock_wall_ms());
    }
    if (!err && opt->common.json) {
        err = say_json(json_pack("{s:i, s:s, s:b}", "schema", 1, "id", argv[0], "erased", 1));
    } else if (!err) {
        (void)printf(
            _("Erased on this machine. The log is as it was; the file is shown as erased.\n"
              "The broker has a copy too: let its operator run\n"
              "  nganam-broker evidence erase %s --reason TEXT\n"),
            argv[0]);
    }
    blob_close(&b);
    office_close(&o);
    return err;
}
