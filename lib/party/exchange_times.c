/* Whether the broker's times are those of here.
 *
 * A receipt may be the second one for a statement that came through long ago, so its time lies
 * between the moment we wrote it and now. A leaf may be old when we read it; but what comes after
 * we had read everything was received after we had asked for that. All other times are only checked
 * not to lie ahead. */
#include "party/exchange_state.h"

#include "party/times.h"

static void compare(struct exchange *x, struct exchange_time now, uint64_t received_at,
                    int64_t from_ms)
{
    x->times.differ = x->times.differ || !times_agree(received_at, from_ms, now.wall_ms);
}

void exchange_times_receipt(struct exchange *x, struct exchange_time now, uint64_t received_at,
                            struct bytes statement)
{
    struct statement s;
    const bool dated = statement_decode(statement, &s) == NG_OK && s.authored_at <= INT64_MAX;
    compare(x, now, received_at, dated ? (int64_t)s.authored_at : 0);
}

void exchange_times_entries(struct exchange *x, struct exchange_time now,
                            const struct wire_from_broker *m, bool caught_up)
{
    const size_t count = m->u.entries.count;
    struct leaf leaf;
    if (count > 0 && leaf_decode(m->u.entries.entries[count - 1].leaf, &leaf) == NG_OK) {
        compare(x, now, leaf.received_at, x->times.read_ms);
    }
    /* The answer to an earlier Fetch may have lain here while this machine slept. */
    const bool newest = m->id == x->uplink.fetch.id;
    x->times.read_ms = caught_up && newest ? x->times.asked_ms : 0;
}

enum ng_err exchange_times_tell(struct exchange *x, struct exchange_time now)
{
    if (!x->times.differ || x->times.told) {
        return NG_OK;
    }
    x->times.told = true;
    const struct bytes head = {x->witness.note, x->witness.note_size};
    return exchange_raise_alarm(x, now, times_text(), head);
}
