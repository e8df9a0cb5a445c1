/* nganam-broker log verify: the broker's own log with its head floor, or an export of one.
 *
 * Exit status: 0 all holds; 1 something does not, each index named, or the head floor says that
 * this is an old or another copy; 4 the log cannot be read at all. */
#include "audit/export.h"
#include "audit/verify.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/home.h"

#include <stdio.h>
#include <stdlib.h>

static enum ng_err check_known(struct ledger *l, const char *file, ledger_fault_fn fault,
                               void *fault_context, struct ledger_check *ret)
{
    struct source s = {.ops = NULL};
    enum ng_err err = source_of_ledger(l, &s);
    if (err == NG_OK) {
        err = verify_known(&s, file, fault, fault_context, ret);
    }
    source_close(&s);
    return err;
}

static enum ng_err check_own(void *context, ledger_fault_fn fault, void *fault_context,
                             struct ledger_check *ret)
{
    const struct cmd_log_verify *o = context;
    struct ledger *l = NULL;
    char *head = NULL;
    enum ng_err err = key_init();
    if (err == NG_OK) {
        err = home_head_path(o->common.data, o->head, &head);
    }
    if (err == NG_OK) {
        err = ledger_open(o->common.data, head, LEDGER_READ, &l);
    }
    if (err == NG_OK) {
        err = ledger_verify(l, fault, fault_context, ret);
    }
    if ((err == NG_OK || err == NG_ERR_VERIFY) && l != NULL && o->known != NULL) {
        const enum ng_err known = check_known(l, o->known, fault, fault_context, ret);
        err = known != NG_OK ? known : err;
    }
    ledger_close(&l);
    free(head);
    return err;
}

static void say_floor(const struct ledger_check *r)
{
    (void)printf(r->floor_size > 0
                     ? _("The head file was signed at %llu entries; the log contains it.\n")
                     : _("There is no head file: an old copy of the log would look like "
                         "this too.\n"),
                 (unsigned long long)r->floor_size);
}

enum ng_err cmd_log_verify_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct cmd_log_verify *o = options;
    if (o->export != NULL) {
        return verify_folder(o->export, o->vkey, o->known, o->common.json);
    }
    if (o->vkey != NULL) {
        return err_set(NG_ERR_USAGE, _("--vkey goes with --export"));
    }
    const struct verify_words words = {.tail = say_floor,
                                       .advice = _("Restore the log from a backup.")};
    return verify_in_child(check_own, o, o->common.json, &words);
}
