#include "party/key_event.h"

#include "base/lang.h"
#include "ledger/registry.h"
#include "party/alarm.h"
#include "party/outbox.h"

#include <stdio.h>
#include <string.h>

/* What there is to say; NULL: nothing. */
static const char *text_of(uint32_t kind)
{
    switch (kind) {
    case STATEMENT_INVITE:
        return _("a slip for another machine of this unit was given out: if nobody here asked for "
                 "one, tell the office at once, because whoever has it can report in this unit's "
                 "place");
    case STATEMENT_UNFREEZE:
        return _("the freeze of this machine's key was lifted: if nobody here asked for that, tell "
                 "the office at once");
    default:
        return NULL;
    }
}

enum ng_err key_event_look(struct store_txn *t, const struct identity *id, const struct leaf *leaf,
                           struct bytes encoded, int64_t now_ms)
{
    struct statement s;
    struct party_code about;
    struct bytes receipt;
    uint64_t begins = 0, received_at = 0;
    char text[ALARM_TEXT_MAX];
    enum ng_err e = statement_decode(leaf->statement, &s);
    const char *what = e ? NULL : text_of(s.kind);
    if (!what) {
        return NG_OK;
    }
    e = registry_inbox_of(&s, &about);
    if (e || strcmp(about.text, id->party.text) != 0) {
        return e;
    }
    e = outbox_receipt(t, id->epoch, 1, &begins, &received_at, &receipt);
    if (e || leaf->index < begins) {
        return e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    (void)snprintf(text, sizeof(text), _("%s (entry %llu of the log)"), what,
                   (unsigned long long)leaf->index);
    return alarm_add(t, now_ms, text, encoded, NULL);
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
