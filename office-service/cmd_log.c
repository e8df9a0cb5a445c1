/* nganam-office log …: the log as our mirror has it, or an export of one. lib/audit does it; here
 * is only where the log lies. */
#include "audit/export.h"
#include "audit/list.h"
#include "audit/show.h"
#include "audit/verify.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/show_change.h"
#include "party/kept_head.h"

#include <poll.h>

enum { PAUSE_MS = 100, PAUSES_MAX = 100 };

struct opened {
    struct office office;
    struct source source;
};

static enum ng_err open_source(const char *folder, const char *export, struct opened *ret)
{
    *ret = (struct opened){.office = {.fold_lock = -1}};
    enum ng_err err = key_init();
    if (!err && export) {
        return export_open(export, NULL, &ret->source);
    }
    err = err ? err : office_open(folder, &ret->office);
    return err ? err : mirror_source(ret->office.mirror, ret->office.party, &ret->source);
}

static void close_source(struct opened *s)
{
    source_close(&s->source);
    office_close(&s->office);
}

enum ng_err cmd_log_head_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_log *o = options;
    struct opened s;
    enum ng_err err = open_source(o->common.data, o->export, &s);
    err = err ? err : show_head(&s.source, o->common.json);
    close_source(&s);
    return err;
}

enum ng_err cmd_log_list_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct cmd_log_list *o = options;
    struct opened s;
    enum ng_err err = open_source(o->common.data, o->export, &s);
    o->list.json = o->common.json;
    err = err ? err : list_print(&s.source, &o->list);
    close_source(&s);
    return err;
}

enum ng_err cmd_log_show_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_log *o = options;
    struct opened s;
    enum ng_err err = open_source(o->common.data, o->export, &s);
    if (!err) {
        err = show_entry(&s.source, argv[0], o->common.json, o->export ? NULL : show_change,
                         s.office.mirror);
    }
    close_source(&s);
    return err;
}

enum ng_err cmd_log_prove_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_log *o = options;
    struct opened s;
    enum ng_err err = open_source(o->common.data, o->export, &s);
    err = err ? err : show_proof(&s.source, argv[0], argv[1], argv[2], o->common.json);
    close_source(&s);
    return err;
}

/* Beside a service that is reading on, mirror and head are apart for a moment at a time. */
enum ng_err cmd_log_export_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_plain *o = options;
    struct opened s;
    struct export_result r;
    enum ng_err err = open_source(o->common.data, NULL, &s);
    if (!err) {
        err = export_write(&s.source, argv[0], &r);
        for (unsigned i = 0; err == NG_ERR_AGAIN && i < PAUSES_MAX; i++) {
            (void)poll(NULL, 0, PAUSE_MS);
            err = export_write(&s.source, argv[0], &r);
        }
    }
    close_source(&s);
    return err ? err : export_print(argv[0], &r, o->common.json);
}

static enum ng_err check_mirror(void *context, ledger_fault_fn fault, void *fault_context,
                                struct ledger_check *ret)
{
    const struct cmd_log_verify *o = context;
    struct opened s;
    enum ng_err err = open_source(o->common.data, NULL, &s);
    if (!err) {
        err = verify_source(&s.source, fault, fault_context, ret);
        if ((!err || err == NG_ERR_VERIFY) && o->known) {
            const enum ng_err known = verify_known(&s.source, o->known, fault, fault_context, ret);
            err = known ? known : err;
        }
    }
    close_source(&s);
    return err;
}

static enum ng_err known_vkey(struct party *party, struct buf *to)
{
    const struct identity *id = party_identity(party);
    struct log_keys keys;
    enum ng_err err = kept_head_read_keys(party_store(party), id, &keys);
    return err ? err : note_vkey(id->origin, log_keys_newest(&keys), to);
}

enum ng_err cmd_log_verify_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct cmd_log_verify *o = options;
    struct buf vkey = BUF_INIT(1000);
    if (!o->export && o->vkey) {
        return err_set(NG_ERR_USAGE, _("--vkey goes with --export"));
    }
    if (!o->export) {
        const struct verify_words words = {
            .advice = _("Remove state/ and run serve: it is read again from the broker.")};
        return verify_in_child(check_mirror, o, o->common.json, &words);
    }
    /* Without a key on the command line, the newest of those that the slip's led to. */
    struct party *party = NULL;
    enum ng_err err = o->vkey ? NG_ERR_NOT_FOUND : key_init();
    err = err ? err : party_open(o->common.data, &party);
    err = err ? err : known_vkey(party, &vkey);
    party_close(&party);
    err = verify_folder(o->export, err ? o->vkey : buf_text(&vkey), o->known, o->common.json);
    buf_fini(&vkey);
    return err;
}
