/* nganam-broker log export: beside a running broker. */
#include "audit/export.h"
#include "broker/cmd.h"
#include "broker/cmd_source.h"
#include "broker/cosigned.h"

enum ng_err cmd_log_export_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_plain *o = options;
    struct cmd_source s;
    struct export_result r;
    enum ng_err err = cmd_source_open(o->common.data, NULL, &s);
    struct cosigned_beside beside = {.witnesses = NULL};
    if (err == NG_OK) {
        err = cosigned_into(&s.source, s.ledger, o->common.data, &beside);
    }
    if (err == NG_OK) {
        err = export_write(&s.source, argv[0], &r);
    }
    cmd_source_close(&s);
    cosigned_close(&beside);
    return err == NG_OK ? export_print(argv[0], &r, o->common.json) : err;
}
