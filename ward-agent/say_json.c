#include "ward-agent/say_json.h"

#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"
#include "ledger/hash.h"
#include "par/reason.h"
#include "par/task.h"

#include <errno.h>
#include <stdio.h>

enum { ROOT_SIZE_MAX = 64, TEXT_SIZE_MAX = 1 << 20 };

enum ng_err say_json_print(json_t *document)
{
    if (document == NULL) {
        return err_set(NG_ERR_NOMEM, "JSON");
    }
    enum ng_err err = NG_OK;
    errno = 0;
    if (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0 ||
        fputc('\n', stdout) == EOF) {
        /* jansson's own memory may be what failed, not the output. */
        err = ferror(stdout) != 0 ? err_set_errno(errno, "%s", _("standard output"))
                                  : err_set(NG_ERR_NOMEM, "JSON");
    }
    json_decref(document);
    return err;
}

json_t *say_json_text(const char *text)
{
    if (text == NULL) {
        return json_null();
    }
    json_t *made = json_string(text);
    if (made != NULL) {
        return made;
    }
    struct buf quoted = BUF_INIT(TEXT_SIZE_MAX); /* a path may hold any bytes */
    if (bytes_json(&quoted, text) == NG_OK) {
        made = json_loadb(buf_text(&quoted), quoted.size, JSON_DECODE_ANY, NULL);
    }
    buf_fini(&quoted);
    return made;
}

json_t *say_json_error(enum ng_err err)
{
    (void)fprintf(stderr, "nganam-agent: %s\n", err_explain(err));
    return json_pack("{s:s, s:o}", "code", err_name(err), "text", say_json_text(err_explain(err)));
}

json_t *say_json_moment(int64_t wall_ms)
{
    char text[26];
    if (wall_ms == 0) {
        return json_null();
    }
    day_format_rfc3339(wall_ms, text);
    return json_string(text);
}

json_t *say_json_head(const struct note_head *head)
{
    struct hash root = head->size > 0 ? head->root : tree_empty_root();
    struct buf text = BUF_INIT(ROOT_SIZE_MAX);
    json_t *made = NULL;
    if (bytes_base64(&text, root.bytes, HASH_SIZE) == NG_OK) {
        made = json_pack("{s:I, s:s}", "size", (json_int_t)head->size, "root", buf_text(&text));
    }
    buf_fini(&text);
    return made;
}

static const char *about(const struct wire_act *act)
{
    return act->kind == WIRE_ACT_REPORT     ? "component"
           : act->kind == WIRE_ACT_PROGRESS ? "task"
                                            : "assigned";
}

/* Of an assigned task the first. */
static int year_of(const struct wire_act *act)
{
    uint32_t from = 0, to = 0;
    if (act->kind == WIRE_ACT_TASK) {
        return task_years_parse(act->u.task.year, &from, &to) == NG_OK ? (int)from : 0;
    }
    return (int)(act->kind == WIRE_ACT_REPORT ? act->u.report.year : act->u.progress.year);
}

json_t *say_json_finding(const struct wire_finding *f, const struct own_said *said)
{
    static const char *const outcomes[] = {"accepted", "refused", "superseded"};
    const struct wire_act *act = said->act;
    struct buf text = BUF_INIT(4096);
    json_t *made = NULL;
    if (say_reason(f, act, &text) == NG_OK) {
        made = json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:I, s:I}", "about", about(act), "year",
                         year_of(act), "code", f->code, "outcome",
                         outcomes[f->outcome <= WIRE_SUPERSEDED ? f->outcome : WIRE_REFUSED],
                         "reason", reason_name((enum reason)f->reason), "text",
                         say_json_text(buf_text(&text)), "seq", (json_int_t)said->statement->seq,
                         "number", (json_int_t)said->statement->index);
    }
    buf_fini(&text);
    return made;
}

static const char *kind_name(const struct own_statement *s)
{
    if (s->kind == STATEMENT_ENROL) {
        return "enrol";
    }
    if (s->kind == STATEMENT_ROTATE) {
        return "rotate";
    }
    if (s->kind == STATEMENT_HEARTBEAT) {
        return "heartbeat";
    }
    if (s->acts == NULL || s->acts->count == 0) {
        return "other";
    }
    return s->acts->acts[0].kind == WIRE_ACT_REPORT     ? "report"
           : s->acts->acts[0].kind == WIRE_ACT_PROGRESS ? "task"
           : s->acts->acts[0].kind == WIRE_ACT_TASK     ? "assigned"
                                                        : "other";
}

json_t *say_json_receipt(const struct desk *d, const struct own_statement *s)
{
    struct buf summary = BUF_INIT(SAY_SUMMARY_MAX);
    json_t *made = NULL;
    if (say_summary(s, &summary) == NG_OK) {
        made =
            json_pack("{s:I, s:I, s:o, s:s, s:o, s:s?, s:i}", "number", (json_int_t)s->index, "seq",
                      (json_int_t)s->seq, "received_at", say_json_moment((int64_t)s->received_at),
                      "kind", kind_name(s), "summary", say_json_text(buf_text(&summary)), "verdict",
                      say_verdict(d, s), "epoch", (int)s->epoch);
    }
    buf_fini(&summary);
    return made;
}
