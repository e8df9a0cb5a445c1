/* nganam-office submit: carries a unit's bundle to the broker (party/carry.h), beside a running
 * service. What came of it is said whether all of it went well or not. */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/office.h"
#include "office-service/say.h"
#include "party/carry.h"

static enum ng_err tell_json(const char *path, const struct carry_outcome *out, json_t *error)
{
    json_t *receipts =
        out->accepted > 0 ? json_sprintf("%s" CARRY_ANSWER_SUFFIX, path) : json_null();
    return say_json(json_pack(
        "{s:i, s:s, s:i, s:I, s:I, s:I, s:o, s:o*}", "schema", 1, "unit", out->party.text, "epoch",
        (int)out->epoch, "first", (json_int_t)out->first, "statements", (json_int_t)out->count,
        "accepted", (json_int_t)out->accepted, "receipts", receipts, "error", error));
}

/* The document says more than the error alone; the error's line is on stderr all the same. */
static enum ng_err tell_failed(const char *path, const struct carry_outcome *out, enum ng_err err)
{
    (void)fprintf(stderr, "nganam-office: %s\n", err_explain(err));
    json_t *error =
        json_pack("{s:s, s:o}", "code", err_name(err), "text", say_json_text(err_explain(err)));
    const enum ng_err told = tell_json(path, out, error);
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
    if (out.count > 0 && opt->common.json) {
        return err ? tell_failed(argv[0], &out, err) : tell_json(argv[0], &out, NULL);
    }
    if (out.accepted > 0) {
        (void)printf(_("%s of %s statements of %s are in the log; their receipts: %s%s\n"),
                     say_number(out.accepted), say_number(out.count), out.party.text, argv[0],
                     CARRY_ANSWER_SUFFIX);
    }
    return err;
}
