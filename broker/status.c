/* Everything is counted already; here it only gets its names, the same as in the log line `counts`
 * and in the manual. */
#include "broker/status.h"

#include "audit/entry.h"
#include "base/limits.h"
#include "broker/cosigned.h"
#include "broker/tally.h"

#include <jansson.h>
#include <stdio.h>

#define TEXT_MAX 512

struct groups {
    json_t *of[TALLY_GROUPS];
};

static enum ng_err add_count(void *context, enum tally_group group, const char *name,
                             uint64_t count)
{
    struct groups *g = context;
    if (count == 0 && group != TALLY_COUNT) {
        return NG_OK;
    }
    return json_object_set_new(g->of[group], name, json_integer((json_int_t)count)) == 0
               ? NG_OK
               : err_set(NG_ERR_NOMEM, "status");
}

static json_t *most_refused(const struct desk *d)
{
    struct quota_account most[STATUS_MOST];
    const size_t count = desk_most_refused(d, most, STATUS_MOST);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(list, json_pack("{s:s, s:I}", "key", most[i].user, "refused",
                                                    (json_int_t)most[i].refused));
    }
    return list;
}

/* A text, or null where there is none. One that was cut within a letter, or a path that is no
 * UTF-8, is shown without what JSON cannot say. */
static json_t *text_or_null(const char *text)
{
    char plain[TEXT_MAX];
    size_t size = 0;
    if (text == NULL) {
        return json_null();
    }
    json_t *made = json_string(text);
    if (made != NULL) {
        return made;
    }
    for (; *text != '\0' && size < sizeof(plain) - 1; text++) {
        plain[size++] = '\0' < *text && *text <= '~' ? *text : '?';
    }
    plain[size] = '\0';
    return json_string(plain);
}

static json_t *witness_state(const struct status *s)
{
    const struct ledger_head *newest = s->witnesses != NULL ? witnesses_newest(s->witnesses) : NULL;
    const uint64_t size = newest != NULL ? newest->head.size : 0;
    size_t cosigned = 0;
    struct store_txn *t = NULL;
    if (newest != NULL && store_begin_read(ledger_store(s->ledger), &t) == NG_OK) {
        if (cosigned_count(t, s->witnesses, newest, &cosigned) != NG_OK) {
            cosigned = 0; /* what can be read is shown */
        }
        store_end_read(&t);
    }
    return json_pack("{s:b, s:I, s:I}", "failed", s->witnesses == NULL || s->witness_failed, "size",
                     (json_int_t)size, "cosigned", (json_int_t)cosigned);
}

/* Takes what is in the groups. */
static json_t *document(const struct status *s, struct groups *g)
{
    struct ledger_head head = {0};
    uint64_t used = 0, map = 0;
    const bool known = ledger_head(s->ledger, &head) == NG_OK;
    const bool sized = store_size(ledger_store(s->ledger), &used, &map) == NG_OK;
    struct previous previous = {.vkey = ""};
    const bool follows = ledger_previous(s->ledger, &previous) == NG_OK;
    const struct log_keys *keys = ledger_log_keys(s->ledger);
    const char *log_says = ledger_read_only(s->ledger);
    const char *why = desk_read_only(s->desk);
    return json_pack(
        "{s:i, s:I, s:I, s:{s:I, s:I}, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:b, s:I, s:{s:o, "
        "s:b}, "
        "s:o, s:o, s:o, s:o, s:o, s:o}",
        "schema", 1, "uptime_s", (json_int_t)(clock_between_ms(s->started, s->now) / 1000),
        "entries", (json_int_t)(known ? head.head.size : 0), "reread", "entries",
        (json_int_t)s->recheck->next, "of", (json_int_t)s->recheck->size, "log_key_since",
        (json_int_t)keys->links[keys->count - 1].index, "log_bytes", (json_int_t)(sized ? used : 0),
        "memory_bytes", (json_int_t)limits_private_bytes(), "sessions",
        (json_int_t)desk_session_count(s->desk), "parked", (json_int_t)desk_parked_count(s->desk),
        "sessions_max", (json_int_t)DESK_SESSIONS_MAX, "read_only", text_or_null(log_says), "hold",
        text_or_null(log_says == NULL ? why : NULL), /* the log is whole, a copy perhaps */
        "disk_full", desk_disk_full(s->desk), "clock_off_ms", (json_int_t)s->clock_off_ms, "floor",
        "path", text_or_null(ledger_head_path(s->ledger)), "failed", s->floor_failed, "witnesses",
        witness_state(s), "counts", g->of[TALLY_COUNT], "refusals", g->of[TALLY_REFUSAL], "errors",
        g->of[TALLY_ERROR], "most_refused", most_refused(s->desk), "previous",
        follows ? entry_previous_json(&previous) : json_null());
}

void status_answer(const struct status *s, char ret_answer[CONTROL_TEXT_MAX])
{
    struct groups g = {{json_object(), json_object(), json_object()}};
    const struct desk_counts desk = desk_counts(s->desk);
    const enum ng_err err = tally_each(&desk, &s->net, add_count, &g);
    json_t *made = document(s, &g);
    const size_t size =
        err == NG_OK && made != NULL
            ? json_dumpb(made, ret_answer, CONTROL_TEXT_MAX - 1, JSON_COMPACT | JSON_PRESERVE_ORDER)
            : 0;
    if (size > 0 && size < CONTROL_TEXT_MAX) {
        ret_answer[size] = '\0';
    } else {
        (void)snprintf(ret_answer, CONTROL_TEXT_MAX, "{\"error\": \"out of memory\"}");
    }
    json_decref(made);
}
