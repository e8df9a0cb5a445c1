/* nganam-broker serve, and what an operator says to it while it runs. */
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/control.h"
#include "broker/serve.h"
#include "ledger/key.h"

#include <stdio.h>
#include <string.h>

#define CONTROL_TIMEOUT_MS 5000

enum ng_err cmd_serve_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_serve *o = options;
    const struct serve_options options_of = {
        .folder = o->common.data,
        .listen = o->listen,
        .head = o->head,
        .memory_mib = o->memory_max,
        .evidence = {o->evidence_max, o->evidence_quota, o->evidence_count}};
    enum ng_err err = key_init();
    return err == NG_OK ? serve_run(&options_of) : err;
}

enum ng_err cmd_clock_accept_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *o = options;
    char answer[CONTROL_TEXT_MAX];
    enum ng_err err = control_ask(o->common.data, "clock accept", CONTROL_TIMEOUT_MS, answer);
    if (err == NG_OK && strcmp(answer, "ok") != 0) {
        err = err_set(NG_ERR_PEER, _("the running broker says: %s"), answer);
    }
    if (err == NG_OK) {
        (void)printf("%s", o->common.json ? "{\"schema\": 1, \"accepted\": true}\n"
                                          : _("The clock is accepted as it is now.\n"));
    }
    return err;
}
