/* nganam-broker serve, and what an operator says to it while it runs. */
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/control.h"
#include "broker/hold.h"
#include "broker/quota.h"
#include "broker/serve.h"
#include "ledger/key.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL_TIMEOUT_MS 5000

static enum ng_err read_quota(const char *name, const char *text, uint64_t *quota)
{
    if (text == NULL) {
        return NG_OK;
    }
    char *end = NULL;
    const bool digits = text[0] >= '0' && text[0] <= '9';
    const uint64_t value = strtoull(text, &end, 10);
    if (!digits || *end != '\0' || value > QUOTA_OPTION_MAX) {
        return err_set(NG_ERR_USAGE, _("--%s needs a whole number up to %u, not \"%.40s\""), name,
                       QUOTA_OPTION_MAX, text);
    }
    *quota = value;
    return NG_OK;
}

enum ng_err cmd_serve_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_serve *o = options;
    uint64_t hold_s = HOLD_START_S;
    struct serve_options options_of = {
        .folder = o->common.data,
        .listen = o->listen,
        .head = o->head,
        .memory_mib = o->memory_max,
        .evidence = {o->evidence_max, o->evidence_quota, o->evidence_count},
        .rate_max = QUOTA_RATE_MAX,
        .kib_max = QUOTA_BYTES_MAX};
    enum ng_err err = read_quota("rate-max", o->rate_max, &options_of.rate_max);
    if (err == NG_OK) {
        err = read_quota("bytes-max", o->bytes_max, &options_of.kib_max);
    }
    if (err == NG_OK) {
        err = read_quota("hold", o->hold, &hold_s);
    }
    if (err == NG_OK) {
        err = key_init();
    }
    options_of.start_ms = (int64_t)hold_s * 1000;
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
