/* nganam-broker log head, list, show and prove: reading beside a running broker, or an export
 * anywhere. lib/audit does it; here is only where the log lies. */
#include "audit/export.h"
#include "audit/list.h"
#include "audit/show.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/cmd_source.h"
#include "broker/print_cosigned.h"

enum ng_err cmd_source_open(const char *folder, const char *export, struct cmd_source *ret)
{
    *ret = (struct cmd_source){.ledger = NULL};
    enum ng_err err = key_init();
    if (err == NG_OK && export != NULL) {
        return export_open(export, NULL, &ret->source);
    }
    if (err == NG_OK) {
        err = ledger_open(folder, NULL, LEDGER_READ, &ret->ledger);
    }
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(err, _("%s holds no broker: run nganam-broker init first"), folder);
    }
    return err == NG_OK ? source_of_ledger(ret->ledger, &ret->source) : err;
}

void cmd_source_close(struct cmd_source *s)
{
    source_close(&s->source);
    ledger_close(&s->ledger);
}

enum ng_err cmd_log_head_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_log_head *o = options;
    struct cmd_source s;
    if (o->cosigned && o->export != NULL) {
        return err_set(NG_ERR_USAGE,
                       _("--cosigned is of the log here; an export has it in the file "
                         "cosigned"));
    }
    enum ng_err err = cmd_source_open(o->common.data, o->export, &s);
    if (err == NG_OK && o->cosigned) {
        err = print_cosigned(o->common.data, s.ledger, o->common.json);
    } else if (err == NG_OK) {
        err = show_head(&s.source, o->common.json);
    }
    cmd_source_close(&s);
    return err;
}

enum ng_err cmd_log_list_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    struct cmd_log_list *o = options;
    struct cmd_source s;
    enum ng_err err = cmd_source_open(o->common.data, o->export, &s);
    if (err == NG_OK) {
        o->list.json = o->common.json;
        err = list_print(&s.source, &o->list);
    }
    cmd_source_close(&s);
    return err;
}

enum ng_err cmd_log_show_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_log *o = options;
    struct cmd_source s;
    enum ng_err err = cmd_source_open(o->common.data, o->export, &s);
    if (err == NG_OK) {
        err = show_entry(&s.source, argv[0], o->common.json, NULL, NULL);
    }
    cmd_source_close(&s);
    return err;
}

enum ng_err cmd_log_prove_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_log *o = options;
    struct cmd_source s;
    enum ng_err err = cmd_source_open(o->common.data, o->export, &s);
    if (err == NG_OK) {
        err = show_proof(&s.source, argv[0], argv[1], argv[2], o->common.json);
    }
    cmd_source_close(&s);
    return err;
}
