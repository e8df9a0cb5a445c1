/* nganam-broker evidence: who has how much here, and taking one file away. */
#include "audit/print.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/control.h"
#include "broker/home.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 5000

/* Every owner is counted, none is limited. */
static const struct blob_limits counted = {0, UINT64_MAX, UINT64_MAX};

static enum ng_err open_blobs(const char *folder, struct blob_folder **ret)
{
    char endpoint[NET_ENDPOINT_MAX + 1];
    enum ng_err err = home_load_endpoint(folder, endpoint); /* is there a broker at all? */
    return err == NG_OK ? home_open_blobs(folder, &counted, ret) : err;
}

static enum ng_err print_usage(const struct blob_folder *b, bool json)
{
    struct party_code owner;
    struct blob_usage u;
    json_t *units = json_array();
    size_t count = 0;
    for (size_t i = 0; blob_usage_at(b, i, &owner, &u); i++) {
        if (u.count == 0) {
            continue;
        }
        count++;
        if (json) {
            (void)json_array_append_new(units, json_pack("{s:s, s:I, s:I}", "unit", owner.text,
                                                         "files", (json_int_t)u.count, "bytes",
                                                         (json_int_t)u.bytes));
        } else {
            (void)printf("%-16s %10llu %15llu\n", owner.text, (unsigned long long)u.count,
                         (unsigned long long)u.bytes);
        }
    }
    if (json) {
        return print_document(json_pack("{s:i, s:o}", "schema", 1, "units", units));
    }
    if (count == 0) {
        (void)printf(_("No evidence is kept here.\n"));
    }
    json_decref(units);
    return NG_OK;
}

enum ng_err cmd_evidence_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_evidence *o = options;
    struct blob_folder *b = NULL;
    enum ng_err err = open_blobs(o->common.data, &b);
    if (err == NG_OK) {
        err = print_usage(b, o->common.json);
    }
    blob_close(&b);
    return err;
}

/* Without a running broker it is done here, under its lock. */
static enum ng_err erase_here(const char *folder, const struct hash *id, const char *reason)
{
    struct blob_folder *b = NULL;
    int lock = -1;
    enum ng_err err = open_blobs(folder, &b);
    if (err == NG_OK) {
        err = home_lock(folder, &lock);
    }
    if (err == NG_OK) {
        err = blob_erase(b, id, reason, clock_wall_ms());
    }
    file_unlock(&lock);
    blob_close(&b);
    return err;
}

static enum ng_err erase(const char *folder, const char *text, const char *reason)
{
    char request[CONTROL_TEXT_MAX], answer[CONTROL_TEXT_MAX];
    struct hash id;
    if (!blob_id_parse(text, &id)) {
        return err_set(NG_ERR_INPUT, _("\"%.80s\": expected the 64 digits of an evidence's id"),
                       text);
    }
    if (strlen(reason) > BLOB_REASON_MAX) {
        return err_set(NG_ERR_INPUT, _("--reason: at most %u bytes"), (unsigned)BLOB_REASON_MAX);
    }
    (void)snprintf(request, sizeof(request), "%s%s %s", CONTROL_ERASE, text, reason);
    enum ng_err err = control_ask(folder, request, TIMEOUT_MS, answer);
    if (err == NG_ERR_PEER) {
        return erase_here(folder, &id, reason);
    }
    if (err == NG_OK && strcmp(answer, "ok") != 0) {
        err = err_set(NG_ERR_PEER, _("the running broker says: %s"), answer);
    }
    return err;
}

enum ng_err cmd_evidence_erase_run(void *options, int argc, char **argv)
{
    (void)argc;
    const struct cmd_evidence *o = options;
    enum ng_err err = erase(o->common.data, argv[0], o->reason);
    if (err == NG_OK) {
        (void)printf("%s", o->common.json
                               ? "{\"schema\": 1, \"erased\": true}\n"
                               : _("Erased. The log is as it was; the file is shown as erased.\n"));
    }
    return err;
}
