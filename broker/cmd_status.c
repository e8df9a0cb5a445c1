/* nganam-broker status: what the running broker says of itself, as a page or as it is. */
#include "audit/print.h"
#include "base/bytes.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/status.h"

#include <stdio.h>
#include <string.h>

#define CONTROL_TIMEOUT_MS 5000
#define MIB (1024.0 * 1024.0)

static long long number(const json_t *in, const char *name)
{
    return (long long)json_integer_value(json_object_get(in, name));
}

static void print_group(const char *heading, json_t *counts)
{
    const char *name = NULL;
    json_t *count = NULL;
    if (json_object_size(counts) > 0) {
        (void)printf("%s", heading);
    }
    json_object_foreach(counts, name, count)
    {
        (void)printf("  %-16s %lld\n", name, (long long)json_integer_value(count));
    }
}

/* What keeps it from its work; a line each, none when all is well. */
static void print_trouble(const json_t *d)
{
    const char *texts[] = {json_string_value(json_object_get(d, "read_only")),
                           json_string_value(json_object_get(d, "hold"))};
    const json_t *floor = json_object_get(d, "floor");
    for (size_t i = 0; i < 2; i++) {
        if (texts[i] != NULL) {
            (void)printf(_("Read-only: %s\n"), texts[i]);
        }
    }
    if (json_is_true(json_object_get(d, "disk_full"))) {
        (void)printf("%s", _("The disk is full: statements are refused until there is room.\n"));
    }
    if (number(d, "clock_off_ms") != 0) {
        (void)printf(_("The clock is off by %lld s: statements are refused until it is right or "
                       "\"nganam-broker clock accept\" is given.\n"),
                     number(d, "clock_off_ms") / 1000);
    }
    if (json_is_true(json_object_get(floor, "failed"))) {
        (void)printf(_("The head file %s cannot be written.\n"),
                     json_string_value(json_object_get(floor, "path")));
    }
    if (json_is_true(json_object_get(json_object_get(d, "witnesses"), "failed"))) {
        (void)printf("%s", _("Cosignatures cannot be kept.\n"));
    }
}

static void print_follows(const json_t *d)
{
    const char *origin = json_string_value(json_object_get(d, "origin"));
    const char *root = json_string_value(json_object_get(d, "root"));
    struct previous p = {.head = {.size = (uint64_t)number(d, "size")}};
    if (origin != NULL && root != NULL &&
        bytes_exact_base64(p.head.root.bytes, HASH_SIZE, root, strlen(root)) == NG_OK) {
        (void)snprintf(p.head.origin, sizeof(p.head.origin), "%s", origin);
        print_previous(&p, "");
    }
}

static void print_page(const json_t *d)
{
    const json_t *most = json_object_get(d, "most_refused");
    const json_t *witnesses = json_object_get(d, "witnesses");
    (void)printf(_("Running for %lld s; connections: %lld, of which wait for news: %lld\n"),
                 number(d, "uptime_s"), number(d, "sessions"), number(d, "parked"));
    (void)printf(_("Log: %lld entries, %.1f MiB; memory: %.1f MiB\n"), number(d, "entries"),
                 (double)number(d, "log_bytes") / MIB, (double)number(d, "memory_bytes") / MIB);
    const json_t *reread = json_object_get(d, "reread");
    if (number(reread, "entries") < number(reread, "of")) {
        (void)printf(_("Read again since the start: %lld of %lld entries\n"),
                     number(reread, "entries"), number(reread, "of"));
    }
    (void)printf(_("Witness head: %lld entries, cosigned by %lld\n"), number(witnesses, "size"),
                 number(witnesses, "cosigned"));
    if (number(d, "log_key_since") > 0) {
        (void)printf(_("The log's key was changed at entry %lld\n"), number(d, "log_key_since"));
    }
    print_trouble(d);
    print_follows(json_object_get(d, "previous"));
    print_group(_("Counted since the start (denied: unknown or revoked keys at the door):\n"),
                json_object_get(d, "counts"));
    print_group(_("Statements refused:\n"), json_object_get(d, "refusals"));
    print_group(_("Requests answered with an error:\n"), json_object_get(d, "errors"));
    if (json_array_size(most) > 0) {
        (void)printf("%s", _("Refused most:\n"));
    }
    for (size_t i = 0; i < json_array_size(most); i++) {
        const json_t *one = json_array_get(most, i);
        (void)printf("  %-16s %lld\n", json_string_value(json_object_get(one, "key")),
                     number(one, "refused"));
    }
}

enum ng_err cmd_status_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *o = options;
    char answer[CONTROL_TEXT_MAX];
    json_error_t fault;
    enum ng_err err = control_ask(o->common.data, STATUS_REQUEST, CONTROL_TIMEOUT_MS, answer);
    if (err != NG_OK) {
        return err;
    }
    json_t *d = json_loads(answer, 0, &fault);
    if (d == NULL || !json_is_integer(json_object_get(d, "schema"))) {
        json_decref(d);
        return err_set(NG_ERR_PEER, _("the running broker says: %s"), answer);
    }
    if (o->common.json) {
        return print_document(d);
    }
    print_page(d);
    json_decref(d);
    return NG_OK;
}
