/* nganam-office submit: carries a unit's bundle to the broker (party/carry.h), beside a running
 * service. What came of it is said whether all of it went well or not. */
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/carry_said.h"

/* The document says more than the error alone; the error's line is on stderr all the same. */
static enum ng_err tell_failed(const char *path, const struct carry_outcome *out, enum ng_err err)
{
    (void)fprintf(stderr, "nganam-office: %s\n", err_explain(err));
    json_t *error =
        json_pack("{s:s, s:o}", "code", err_name(err), "text", say_json_text(err_explain(err)));
    const enum ng_err told = say_json(carry_said_json(path, out, error));
    return told ? told : cli_quiet(err);
}

enum ng_err cmd_submit_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_write *opt = options;
    const uint64_t timeout_s = opt->timeout > 0 ? opt->timeout : OFFICE_TIMEOUT_S;
    struct carry_outcome out = {.count = 0};
    struct office o;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = carry_submit_file(o.party, argv[0], (int64_t)timeout_s * 1000, &out);
    }
    office_close(&o);
    if (out.party.text[0] && opt->common.json) {
        return err ? tell_failed(argv[0], &out, err)
                   : say_json(carry_said_json(argv[0], &out, NULL));
    }
    carry_said_text(argv[0], &out);
    return err;
}
