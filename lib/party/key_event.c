#include "party/key_event.h"

#include "base/lang.h"
#include "ledger/registry.h"
#include "party/alarm.h"
#include "party/outbox.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

#define OFFICE_CODE "office"

/* What there is to say; false: nothing. */
static bool say(uint32_t kind, const char *whom, char ret[ALARM_TEXT_MAX])
{
    switch (kind) {
    case STATEMENT_INVITE:
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("a slip for another machine of this unit was given out: if nobody here "
                         "asked for one, tell %s at once, because whoever has it can speak in this "
                         "unit's place"),
                       whom);
        return true;
    case STATEMENT_UNFREEZE:
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("the freeze of this machine's key was lifted: if nobody here asked for "
                         "that, tell %s at once"),
                       whom);
        return true;
    case STATEMENT_REVOKE:
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("the key of this machine was revoked: if nobody here asked for that, tell "
                         "%s at once"),
                       whom);
        return true;
    case STATEMENT_FORK:
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("the log holds two different statements of one number under this "
                         "machine's key, which is frozen: somebody writes with a copy of this "
                         "folder; tell %s"),
                       whom);
        return true;
    case STATEMENT_ENROL:
    case STATEMENT_ROTATE:
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("another machine took this one's place: if nobody here knows of it, tell "
                         "%s at once"),
                       whom);
        return true;
    default:
        return false;
    }
}

/* Whose two statements are the evidence of a fork; nobody's if it does not parse. */
static enum ng_err accused(const struct statement *s, struct party_code *ret)
{
    struct buf copy = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct wire_fork fork;
    struct statement other;
    enum ng_err e = wire_fork_decode(s->payload, &copy, &fork);
    if (!e && statement_decode(fork.statement, &other) == NG_OK) {
        *ret = other.author;
    }
    buf_fini(&copy);
    return e == NG_ERR_NOMEM ? e : NG_OK;
}

/* Whose keys it is about. */
static enum ng_err about(const struct statement *s, struct party_code *ret)
{
    if (s->kind == STATEMENT_FORK) {
        return accused(s, ret);
    }
    if (s->kind != STATEMENT_ENROL && s->kind != STATEMENT_ROTATE) {
        return registry_inbox_of(s, ret);
    }
    *ret = s->author;
    return NG_OK;
}

/* Whether somebody else did it to this party: its bytes, decoded, are told about. */
static enum ng_err is_ours(const struct identity *id, const struct statement *s, bool *ret)
{
    struct party_code party = {""};
    const enum ng_err e = about(s, &party);
    const bool own_word = strcmp(s->author.text, id->party.text) == 0 && s->epoch == id->epoch;
    *ret = !e && !own_word && strcmp(party.text, id->party.text) == 0;
    return e;
}

/* Behind the reason that whoever revoked gave, if he gave one. */
static void say_reason(const struct statement *s, char text[ALARM_TEXT_MAX])
{
    struct wire_revoke revoke;
    const size_t size = strlen(text);
    if (s->kind == STATEMENT_REVOKE && wire_revoke_decode(s->payload, &revoke) == NG_OK &&
        revoke.reason[0] != 0) {
        (void)snprintf(text + size, ALARM_TEXT_MAX - size, _("; the reason given: %s"),
                       revoke.reason);
    }
}

/* A revoked key can read nothing; so a folder that enrols again is told then, with the signed
 * entry, why its earlier key was revoked. */
static enum ng_err was_revoked(struct store_txn *t, const struct statement *s, bool *ret)
{
    struct wire_revoke revoke;
    struct outbox_marks marks = {0};
    enum ng_err e = NG_OK;
    if (s->kind == STATEMENT_REVOKE && wire_revoke_decode(s->payload, &revoke) == NG_OK) {
        e = outbox_marks(t, revoke.epoch, &marks);
    }
    *ret = !e && marks.authored > 0;
    return e;
}

enum ng_err key_event_look(struct store_txn *t, const struct identity *id, const struct leaf *leaf,
                           struct bytes encoded, int64_t now_ms)
{
    const bool is_office = strcmp(id->party.text, OFFICE_CODE) == 0;
    const char *whom = is_office ? _("the people who run the broker") : _("the office");
    struct statement s;
    struct bytes receipt;
    uint64_t begins = 0, received_at = 0;
    char what[ALARM_TEXT_MAX], text[ALARM_TEXT_MAX];
    bool ours = false;
    if (statement_decode(leaf->statement, &s) || !say(s.kind, whom, what)) {
        return NG_OK;
    }
    enum ng_err e = is_ours(id, &s, &ours);
    if (e || !ours) {
        return e;
    }
    e = outbox_receipt(t, id->epoch, 1, &begins, &received_at, &receipt);
    if (!e && leaf->index < begins) {
        (void)snprintf(what, sizeof(what), "%s", _("an earlier key of this machine was revoked"));
        e = was_revoked(t, &s, &ours);
    }
    if (e || !ours) {
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    (void)snprintf(text, sizeof(text), _("%s (entry %llu of the log)"), what,
                   (unsigned long long)leaf->index);
    say_reason(&s, text);
    return alarm_add(t, now_ms, text, encoded, NULL);
}

/* ---- Of the whole log ---- */

struct log {
    const struct identity *id;
    const struct bytes *leaves;
    size_t count;
    int64_t now_ms;
};

static enum ng_err look_all(struct store_txn *t, void *context)
{
    const struct log *l = context;
    uint64_t seen = 0;
    enum ng_err e = tables_get_u64(t, TABLES_LOG_NEXT, &seen);
    for (size_t i = 0; i < l->count && !e; i++) {
        struct leaf leaf;
        /* What was looked at before is read again when the state is made anew. */
        if (leaf_decode(l->leaves[i], &leaf) == NG_OK && leaf.index >= seen) {
            e = key_event_look(t, l->id, &leaf, l->leaves[i], l->now_ms);
        }
    }
    return e;
}

enum ng_err key_event_look_log(struct store *store, const struct identity *id,
                               const struct bytes *leaves, size_t count, int64_t now_ms)
{
    struct log l = {id, leaves, count, now_ms};
    for (size_t i = 0; i < count; i++) {
        struct leaf leaf;
        struct statement s;
        bool ours = false;
        if (leaf_decode(leaves[i], &leaf) || statement_decode(leaf.statement, &s) ||
            s.kind >= STATEMENT_FIELD_FIRST) {
            continue;
        }
        const enum ng_err e = is_ours(id, &s, &ours);
        if (e || ours) {
            return e ? e : store_write(store, look_all, &l);
        }
    }
    return NG_OK;
}

struct between {
    uint32_t old, next;
    int64_t now_ms;
};

static enum ng_err add_between(struct store_txn *t, void *context)
{
    const struct between *b = context;
    char text[ALARM_TEXT_MAX];
    (void)snprintf(text, sizeof(text),
                   _("between this machine's earlier key (epoch %u) and the present one (epoch %u) "
                     "another machine was this unit's: if nobody here knows of it, ask the office "
                     "what it reported"),
                   (unsigned)b->old, (unsigned)b->next);
    return alarm_add(t, b->now_ms, text, (struct bytes){NULL, 0}, NULL);
}

enum ng_err key_event_between(struct store *s, uint32_t old, uint32_t next, int64_t now_ms)
{
    struct between b = {old, next, now_ms};
    return next > old + 1 ? store_write(s, add_between, &b) : NG_OK;
}
