#include "broker/entry.h"

#include "base/day.h"
#include "base/lang.h"

#include <stdio.h>

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
    static const char *const registry[] = {"kind 0", "genesis", "invite", "enrol",
                                           "fork",   "rotate",  "revoke", "unfreeze",
                                           "policy", "confirm", "actor"};
    static const char *const field[] = {"report", "units",   "criteria", "survey", "tasks",
                                        "events", "verdict", "tick",     "fold"};
    static char unknown[2][24];
    static unsigned turn;
    if (kind < sizeof(registry) / sizeof(registry[0])) {
        return registry[kind];
    }
    if (kind == STATEMENT_HEARTBEAT) {
        return "heartbeat";
    }
    if (kind >= STATEMENT_FIELD_FIRST &&
        kind - STATEMENT_FIELD_FIRST < sizeof(field) / sizeof(field[0])) {
        return field[kind - STATEMENT_FIELD_FIRST];
    }
    char *text = unknown[turn++ % 2];
    (void)snprintf(text, sizeof(unknown[0]), "kind %u", kind);
    return text;
}

json_t *entry_json(const struct entry *e)
{
    char at[26];
    day_format_rfc3339((int64_t)e->leaf.received_at, at);
    return json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:I}", "index",
                     (json_int_t)e->leaf.index, "received_at", at, "author",
                     e->statement.author.text, "epoch", (json_int_t)e->statement.epoch, "seq",
                     (json_int_t)e->statement.seq, "kind", (json_int_t)e->statement.kind,
                     "kind_name", entry_kind_name(e->statement.kind), "to", e->statement.to.text,
                     "size", (json_int_t)e->leaf.statement.size);
}
