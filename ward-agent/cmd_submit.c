/* nganam-agent submit: carries another unit's bundle to the broker (party/carry.h). What came of it
 * is said whether all of it went well or not. */
#include "party/carry_said.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

enum { TIMEOUT_S = 60 };

enum ng_err cmd_submit_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_submit *o = options;
    const uint64_t timeout_s = o->timeout > 0 ? o->timeout : TIMEOUT_S;
    struct carry_outcome out = {.count = 0};
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? carry_submit_file(d.party, argv[0], (int64_t)timeout_s * 1000, &out) : err;
    const bool was_read = out.party.text[0] != '\0';
    if (was_read && !o->common.json) {
        carry_said_text(argv[0], &out);
    } else if (was_read) {
        json_t *error = err != NG_OK ? say_json_error(err) : NULL;
        const enum ng_err told = say_json_print(carry_said_json(argv[0], &out, error));
        err = told != NG_OK || err == NG_OK ? told : cli_quiet(err);
    }
    desk_close(&d);
    return err;
}
