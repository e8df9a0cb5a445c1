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
    struct cosigned_beside beside = {.ledger = s.ledger, .folder = o->common.data};
    if (err == NG_OK) {
        cosigned_into(&s.source, &beside);
        err = export_write(&s.source, argv[0], &r);
    }
    cmd_source_close(&s);
    return err == NG_OK ? export_print(argv[0], &r, o->common.json) : err;
}
