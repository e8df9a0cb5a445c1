/* nganam-agent submit: carries another unit's bundle to the broker (party/carry.h). What came of it
 * is said whether all of it went well or not. */
#include "base/lang.h"
#include "party/carry.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

enum { TIMEOUT_S = 60, WHY_SIZE = 1024 };

static enum ng_err tell_json(const char *path, const struct carry_outcome *out, json_t *error)
{
    json_t *receipts =
        out->accepted > 0 ? json_sprintf("%s" CARRY_ANSWER_SUFFIX, path) : json_null();
    return say_json_print(json_pack(
        "{s:i, s:s, s:i, s:I, s:I, s:I, s:o, s:o*}", "schema", 1, "unit", out->party.text, "epoch",
        (int)out->epoch, "first", (json_int_t)out->first, "statements", (json_int_t)out->count,
        "accepted", (json_int_t)out->accepted, "receipts", receipts, "error", error));
}

static void tell_text(const char *path, const struct carry_outcome *out)
{
    if (out->accepted > 0) {
        (void)printf(_("%s of %s statements of %s are in the log; their receipts: %s%s\n"),
                     say_number(out->accepted), say_number(out->count), out->party.text, path,
                     CARRY_ANSWER_SUFFIX);
    }
}

enum ng_err cmd_submit_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_submit *o = options;
    const uint64_t timeout_s = o->timeout > 0 ? o->timeout : TIMEOUT_S;
    struct carry_outcome out = {.count = 0};
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? carry_submit_file(d.party, argv[0], (int64_t)timeout_s * 1000, &out) : err;
    if (out.count > 0 && !o->common.json) {
        tell_text(argv[0], &out);
    } else if (out.count > 0) {
        const enum ng_err told =
            tell_json(argv[0], &out, err != NG_OK ? say_json_error(err) : NULL);
        err = told != NG_OK || err == NG_OK ? told : cli_quiet(err);
    }
    desk_close(&d);
    return err;
}
