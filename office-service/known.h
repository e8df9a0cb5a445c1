/* Before an import is sent: what of it the state knows already, and what the state alone can find
 * wrong. So that the same file twice writes nothing, and every fault is told by its line before
 * anything is sent. */
#ifndef NGANAM_OFFICE_KNOWN_H
#define NGANAM_OFFICE_KNOWN_H

#include "office-service/set_cache.h"
#include "par/actlist.h"
#include "par/fault.h"

/* The acts that would change something, in order, with their lines. */
struct known_news {
    struct wire_act *acts; /* owned; their texts are the list's */
    uint32_t *lines;       /* owned */
    size_t count;
    size_t same; /* left out: known already */
};
void known_fini(struct known_news *n);

/* Everything is news. */
enum ng_err known_all(const struct actlist *list, struct known_news *ret) NG_MUST_USE;

/* The functions below may be given a list whose file has faults already: they add theirs, and
 * nothing for a cell that has one. Nothing of such a list is to be sent. */

/* Units. A cell left empty keeps what is known of the unit (its parent, its dates), UNIT_CLEAR
 * takes it away: a partial import never touches what it does not mention. Dates that do not go
 * together with the ones kept are a fault. `keep` holds the texts taken over from the state. */
enum ng_err known_units(const struct kv *kv, struct actlist *list, struct pool *keep,
                        struct fault_list *faults, struct known_news *ret) NG_MUST_USE;

/* Survey values of one board, which `actor` will sign ("": nobody): what another or nobody has
 * signed is news for him. A unit that is not on the board is a fault. */
enum ng_err known_survey(const struct kv *kv, const struct actlist *list, const char *group,
                         uint32_t year, const char *actor, struct fault_list *faults,
                         struct known_news *ret) NG_MUST_USE;

/* Tasks: an unknown unit or group, and a year shared with another task of the same code, in the
 * state or in the file, are faults. An empty cell keeps what is known of the task (partners,
 * weight, product, source), as for units. */
enum ng_err known_tasks(const struct kv *kv, struct actlist *list, struct pool *keep,
                        struct fault_list *faults, struct known_news *ret) NG_MUST_USE;

/* The state has a set of this group and year with answers to it: it can no longer be replaced. */
enum ng_err known_set_in_use(const struct kv *kv, const char *group, uint32_t year,
                             bool *ret) NG_MUST_USE;

enum known_set { KNOWN_SET_NEW, KNOWN_SET_SAME, KNOWN_SET_USED };
/* Whether a set may be imported: not known, the same, or another that has answers already. */
enum ng_err known_set(const struct kv *kv, struct set_cache *sets, const struct criteria *set,
                      enum known_set *ret) NG_MUST_USE;

#endif
