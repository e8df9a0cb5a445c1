#include "ward-agent/faults.h"

#include "base/cli.h"
#include "base/lang.h"
#include "par/reason.h"
#include "ward-agent/say_json.h"

#include <stdlib.h>

enum { FAULTS_SIZE_MAX = 8 << 20 };

enum ng_err faults_print(const struct fault_list *faults, const char *name, FILE *to)
{
    struct buf text = BUF_INIT(FAULTS_SIZE_MAX);
    enum ng_err err = fault_any(faults) ? fault_format_all(faults, name, &text) : NG_OK;
    (void)fputs(buf_text(&text), to);
    buf_fini(&text);
    return err;
}

json_t *faults_json(const struct fault_list *faults)
{
    json_t *array = json_array();
    for (size_t i = 0; array != NULL && i < faults->count; i++) {
        const struct fault *f = &faults->items[i];
        bool refused = f->code == FAULT_REFUSED;
        json_t *item =
            json_pack("{s:I, s:o, s:s, s:s?, s:o}", "line", (json_int_t)f->line, "column",
                      say_json_text(f->column), "code", fault_code_name(f->code), "reason",
                      refused ? reason_name((enum reason)f->reason) : NULL, "message",
                      say_json_text(f->message));
        if (json_array_append_new(array, item) != 0) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static enum ng_err say_one(const struct fault *f, const char *name)
{
    struct buf text = BUF_INIT(2 * FAULT_MESSAGE_MAX);
    enum ng_err err = fault_format(f, &text);
    if (err == NG_OK) {
        err = err_set(NG_ERR_INPUT, _("%s: %s; nothing was saved"), name, buf_text(&text));
    }
    buf_fini(&text);
    return err;
}

static enum ng_err say_many(const struct fault_list *faults, const char *name, bool draft)
{
    enum ng_err err = faults_print(faults, name, stderr);
    if (err != NG_OK) {
        return err;
    }
    size_t count = faults->count + faults->dropped;
    return err_set(NG_ERR_INPUT,
                   ngettext("%s: %zu fault, nothing was saved; correct it and run this again%s",
                            "%s: %zu faults, nothing was saved; correct them and run this again%s",
                            count),
                   name, count, draft ? "" : _(", or keep the report with --draft"));
}

enum ng_err faults_refuse(const struct fault_list *faults, const char *name, bool draft, bool json)
{
    bool one = faults->count == 1 && faults->dropped == 0;
    enum ng_err err = one ? say_one(&faults->items[0], name) : say_many(faults, name, draft);
    if (!json || err != NG_ERR_INPUT) {
        return err;
    }
    json_t *error = say_json_error(err);
    enum ng_err printed = say_json_print(
        json_pack("{s:i, s:o, s:o}", "schema", 1, "error", error, "faults", faults_json(faults)));
    return printed == NG_OK ? cli_quiet(err) : printed;
}
