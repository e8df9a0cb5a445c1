#include "audit/entry.h"

#include "base/bytes.h"
#include "base/day.h"
#include "base/lang.h"
#include "proto/wire_json.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <string.h>

enum ng_err entry_read(uint64_t index, struct bytes leaf, struct entry *ret)
{
    enum ng_err err = leaf_decode(leaf, &ret->leaf);
    if (err == NG_OK) {
        err = statement_decode(ret->leaf.statement, &ret->statement);
    }
    return err == NG_OK
               ? NG_OK
               : err_set(NG_ERR_CORRUPT, _("entry %llu is damaged"), (unsigned long long)index);
}

const char *entry_kind_name(uint32_t kind)
{
    static const char *const registry[] = {"kind 0", "genesis", "invite",   "enrol",  "fork",
                                           "rotate", "revoke",  "unfreeze", "policy", "confirm",
                                           "actor",  "logkey",  "heartbeat"};
    static const char *const field[] = {"report", "units",   "criteria", "survey", "tasks",
                                        "events", "verdict", "tick",     "fold"};
    static char unknown[2][24];
    static unsigned turn;
    if (kind < sizeof(registry) / sizeof(registry[0])) {
        return registry[kind];
    }
    if (kind >= STATEMENT_FIELD_FIRST &&
        kind - STATEMENT_FIELD_FIRST < sizeof(field) / sizeof(field[0])) {
        return field[kind - STATEMENT_FIELD_FIRST];
    }
    char *text = unknown[turn++ % 2];
    (void)snprintf(text, sizeof(unknown[0]), "kind %u", kind);
    return text;
}

const char *entry_kind_word(uint32_t kind)
{
    static const char *const words[][2] = {
        {"genesis", N_("beginning")},    {"invite", N_("invitation")},
        {"enrol", N_("enrolment")},      {"fork", N_("fork")},
        {"rotate", N_("new key")},       {"revoke", N_("key revoked")},
        {"unfreeze", N_("unfreezing")},  {"policy", N_("enrolment policy")},
        {"confirm", N_("confirmation")}, {"actor", N_("appraiser or admin")},
        {"logkey", N_("log's new key")}, {"heartbeat", N_("heartbeat")},
        {"report", N_("report")},        {"units", N_("units")},
        {"criteria", N_("criteria")},    {"survey", N_("survey")},
        {"tasks", N_("tasks")},          {"events", N_("events")},
        {"verdict", N_("verdict")},      {"tick", N_("day's end")},
        {"fold", N_("rules")},
    };
    const char *name = entry_kind_name(kind);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i][0], name) == 0) {
            return _(words[i][1]);
        }
    }
    return name;
}

/* ---- A line of JSON ---- */

static enum ng_err add_base64(struct buf *to, const char *name, const void *data, size_t size)
{
    enum ng_err err = buf_printf(to, ",\"%s\":\"", name);
    if (err == NG_OK) {
        err = bytes_base64(to, data, size);
    }
    return err == NG_OK ? buf_add_byte(to, '"') : err;
}

static enum ng_err add_fields(const struct entry *e, struct buf *to)
{
    const struct statement *s = &e->statement;
    char received[26];
    char authored[26];
    day_format_rfc3339((int64_t)e->leaf.received_at, received);
    day_format_rfc3339((int64_t)s->authored_at, authored);
    return buf_printf(
        to,
        "{\"index\":%llu,\"received_at\":\"%s\",\"received_ms\":%llu,\"authored_at\":\"%s\","
        "\"authored_ms\":%llu,\"author\":\"%s\",\"epoch\":%u,\"seq\":%llu,\"kind\":%u,"
        "\"kind_name\":\"%s\",\"to\":\"%s\",\"seen_size\":%llu",
        (unsigned long long)e->leaf.index, received, (unsigned long long)e->leaf.received_at,
        authored, (unsigned long long)s->authored_at, s->author.text, s->epoch,
        (unsigned long long)s->seq, s->kind, entry_kind_name(s->kind), s->to.text,
        (unsigned long long)s->seen_size);
}

static enum ng_err add_content(const struct statement *s, struct buf *to)
{
    enum ng_err err = buf_add_text(to, ",\"content\":");
    const size_t before = to->size;
    if (err == NG_OK) {
        err = wire_json_payload(s->kind, s->payload, to);
    }
    if (err == NG_ERR_NOT_FOUND || err == NG_ERR_PROTO) {
        to->size = before; /* what was written of it */
        err = buf_add_text(to, "null");
    }
    return err == NG_OK ? buf_add_text(to, "}\n") : err;
}

enum ng_err entry_line(const struct entry *e, struct buf *to)
{
    const struct statement *s = &e->statement;
    enum ng_err err = add_fields(e, to);
    const struct {
        const char *name;
        const void *data;
        size_t size;
    } parts[] = {
        {"seen_root", s->seen_root.bytes, HASH_SIZE},
        {"prev", s->prev.bytes, HASH_SIZE},
        {"key", e->leaf.key.bytes, KEY_PUBLIC_SIZE},
        {"signature", e->leaf.signature, KEY_SIGNATURE_SIZE},
        {"payload", s->payload.data, s->payload.size},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err == NG_OK; i++) {
        err = add_base64(to, parts[i].name, parts[i].data, parts[i].size);
    }
    return err == NG_OK ? add_content(s, to) : err;
}

/* ---- What it is about ---- */

static bool act_has_code(const struct wire_act *a, const char *code)
{
    switch (a->kind) {
    case WIRE_ACT_REPORT:
        return strcmp(a->u.report.code, code) == 0;
    case WIRE_ACT_PROGRESS:
        return strcmp(a->u.progress.code, code) == 0;
    case WIRE_ACT_UNIT:
        return strcmp(a->u.unit.code, code) == 0;
    case WIRE_ACT_CRITERIA:
        return strcmp(a->u.criteria.set, code) == 0;
    case WIRE_ACT_NODE:
        return strcmp(a->u.node.code, code) == 0;
    case WIRE_ACT_SURVEY:
        return strcmp(a->u.survey.code, code) == 0;
    case WIRE_ACT_TASK:
        return strcmp(a->u.task.code, code) == 0;
    case WIRE_ACT_EVENT:
        return strcmp(a->u.event.code, code) == 0;
    case WIRE_ACT_VERDICT:
        for (size_t i = 0; i < a->u.verdict.finding_count; i++) {
            if (strcmp(a->u.verdict.findings[i].code, code) == 0) {
                return true;
            }
        }
        return false;
    case WIRE_ACT_TICK:
    case WIRE_ACT_FOLD:
        break;
    }
    return false;
}

bool entry_has_code(const struct entry *e, const char *code)
{
    struct wire_acts *acts = NULL;
    bool found = false;
    if (e->statement.kind < STATEMENT_FIELD_FIRST ||
        wire_acts_decode(e->statement.payload, &acts) != NG_OK) {
        return false;
    }
    for (size_t i = 0; i < acts->count && !found; i++) {
        found = act_has_code(&acts->acts[i], code);
    }
    wire_acts_destroy(&acts);
    return found;
}

json_t *entry_previous_json(const struct previous *p)
{
    struct buf root = BUF_INIT(64);
    json_t *made = NULL;
    if (p->head.size == 0) {
        return json_null();
    }
    if (bytes_base64(&root, p->head.root.bytes, HASH_SIZE) == NG_OK) {
        made = json_pack("{s:s, s:I, s:s}", "origin", p->head.origin, "size",
                         (json_int_t)p->head.size, "root", buf_text(&root));
    }
    buf_fini(&root);
    return made;
}

void entry_previous(const struct entry *e, struct previous *ret)
{
    if (previous_of(&e->statement, ret) != NG_OK) {
        *ret = (struct previous){.vkey = ""};
    }
}

static json_t *with_previous(const struct entry *e, json_t *object)
{
    struct previous p;
    entry_previous(e, &p);
    if (object != NULL && p.head.size > 0 &&
        json_object_set_new(object, "previous", entry_previous_json(&p)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *with_actor(const struct entry *e, json_t *object)
{
    char actor[WIRE_ACTOR_ID_MAX + 1];
    if (object == NULL || e->statement.kind < STATEMENT_FIELD_FIRST) {
        return object;
    }
    if (wire_acts_actor(e->statement.payload, actor) != NG_OK ||
        (actor[0] != '\0' && json_object_set_new(object, "actor", json_string(actor)) != 0)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *entry_json(const struct entry *e)
{
    char at[26];
    char authored[26];
    day_format_rfc3339((int64_t)e->leaf.received_at, at);
    day_format_rfc3339((int64_t)e->statement.authored_at, authored);
    json_t *object = json_pack(
        "{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:I}", "index", (json_int_t)e->leaf.index,
        "received_at", at, "authored_at", authored, "author", e->statement.author.text, "epoch",
        (json_int_t)e->statement.epoch, "seq", (json_int_t)e->statement.seq, "kind",
        (json_int_t)e->statement.kind, "kind_name", entry_kind_name(e->statement.kind), "to",
        e->statement.to.text, "size", (json_int_t)e->leaf.statement.size);
    return with_actor(e, with_previous(e, object));
}
