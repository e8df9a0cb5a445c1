/* Happy path: the statement is of kind 8 or 10 and new, the rows say what became of it, and that is
 * told: once, as an alarm with the signed entry, or as a line of the log. */
#include "party/person_event.h"

#include "base/lang.h"
#include "base/log.h"
#include "ledger/registry_admins.h"
#include "party/alarm.h"
#include "party/tables.h"

#include <stdio.h>
#include <string.h>

/* An admin who has signed for a key of his own. Whether the other signature holds is not asked: a
 * thief of the old key would else silence the alarm with one that does not. */
static bool is_of_himself(const struct wire_registry_actor *m)
{
    bool own = false;
    for (size_t i = 0; i < m->admins.count; i++) {
        own = own || strcmp(m->admins.by[i].actor, m->id) == 0;
    }
    return m->role == WIRE_ACTOR_ADMIN && !m->ended && own;
}

/* What there is to say of one that changed what it spoke of; false: nothing to be alarmed at. */
static bool say_done(const struct statement *s, uint64_t index, char ret[ALARM_TEXT_MAX])
{
    struct wire_registry_actor m;
    if (s->kind != STATEMENT_ACTOR || wire_registry_actor_decode(s->payload, &m) != NG_OK) {
        return false;
    }
    const unsigned long long entry = (unsigned long long)index;
    if (strcmp(s->author.text, STATEMENT_LOG_AUTHOR) == 0) {
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       m.ended
                           ? _("the people who run the broker ended %s, a person of the office, "
                               "past its admins (entry %llu of the log): if the office did not "
                               "ask for that, somebody takes it over")
                           : _("the people who run the broker gave %s a key as a person of the "
                               "office, past its admins (entry %llu of the log): if the office "
                               "did not ask for that, somebody takes it over"),
                       m.id, entry);
        return true;
    }
    if (is_of_himself(&m)) {
        (void)snprintf(ret, ALARM_TEXT_MAX,
                       _("the admin %s has another key, which his old one has signed (entry "
                         "%llu of the log): ask him by a way you trust whether it was he"),
                       m.id, entry);
        return true;
    }
    return false;
}

enum ng_err person_event_look(void *context, struct store_txn *t,
                              const struct registry_fold_rows *rows, const struct leaf *leaf,
                              const struct statement *s, struct bytes encoded)
{
    const struct person_event *event = context;
    enum registry_became became = REGISTRY_BECAME_NOTHING;
    char text[ALARM_TEXT_MAX];
    uint64_t seen = 0;
    if (s->kind != STATEMENT_ACTOR && s->kind != STATEMENT_POLICY) {
        return NG_OK;
    }
    enum ng_err e = tables_get_u64(t, TABLES_LOG_NEXT, &seen);
    if (!e && leaf->index >= seen) {
        e = registry_admins_became(rows, s, leaf->index, &became);
    }
    if (e || became == REGISTRY_BECAME_NOTHING) {
        return e;
    }
    if (became == REGISTRY_BECAME_UNSIGNED) {
        /* One text for all of them: a thousand tries would else leave no room for other alarms. */
        return alarm_add(t, event->now_ms,
                         _("somebody at the office's machine tried to change its persons or the "
                           "policy without the admins (kinds 8 and 10 in the log); nothing was "
                           "changed"),
                         encoded, NULL);
    }
    if (strcmp(s->author.text, event->id->party.text) == 0 && s->epoch == event->id->epoch) {
        return NG_OK;
    }
    if (say_done(s, leaf->index, text)) {
        return alarm_add(t, event->now_ms, text, encoded, NULL);
    }
    log_event(LOG_NOTICE, "office_admins", "kind=%lu index=%llu", (unsigned long)s->kind,
              (unsigned long long)leaf->index);
    return NG_OK;
}
