/* What follows a frame that does not hold: the line ends, and where the broker's own signature is
 * the proof, a person is told with it. Errors are those of our own store. */
#include "base/log.h"
#include "ledger/leaf.h"
#include "party/exchange_state.h"

#include <stdio.h>
#include <string.h>

enum ng_err exchange_line_lost(struct exchange *x, struct exchange_time now)
{
    const struct uplink_event event = {.kind = UPLINK_EV_LOST};
    return exchange_step(x, now, &event);
}

enum ng_err exchange_blame_nonsense(struct exchange *x, struct exchange_time now, enum ng_err why)
{
    log_event(LOG_WARNING, "uplink_nonsense", "detail=\"%s\" next=reconnect", err_explain(why));
    return exchange_line_lost(x, now);
}

enum ng_err exchange_blame_leaf(struct exchange *x, struct exchange_time now, struct bytes leaf)
{
    char text[ALARM_TEXT_MAX + 1];
    struct buf evidence = BUF_INIT(NOTE_SIZE_MAX + LEAF_SIZE_MAX);
    (void)snprintf(text, sizeof(text), "%s", err_detail());
    enum ng_err e = buf_add_text(&evidence, x->accused);
    if (!e) {
        e = buf_add(&evidence, leaf.data, leaf.size);
    }
    if (!e) {
        e = exchange_raise_alarm(x, now, text, buf_bytes(&evidence));
    }
    buf_fini(&evidence);
    return e ? e : err_set(NG_ERR_VERIFY, "%s", text);
}

/* What the log's key is said to have become: two different ones signed by one key prove a lie. */
static enum ng_err add_key_changes(const struct wire_from_broker *m, struct buf *to)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; i < m->u.welcome.key_change_count && !e; i++) {
        e = log_keys_line(&m->u.welcome.key_changes[i], to);
    }
    return e;
}

enum ng_err exchange_blame_accuse(struct exchange *x, struct exchange_time now,
                                  const struct wire_from_broker *m, const char *sent_note)
{
    char text[512];
    struct buf evidence = BUF_INIT(NOTE_SIZE_MAX + 2 * WIRE_FRAME_MAX);
    (void)snprintf(text, sizeof(text), "%s", err_explain(NG_ERR_VERIFY));
    enum ng_err e = NG_OK;
    if (x->witness.note_size) {
        e = buf_add(&evidence, x->witness.note, x->witness.note_size);
    }
    if (!e) {
        e = buf_add_text(&evidence, sent_note);
    }
    if (!e && m->kind == WIRE_WELCOME) {
        e = add_key_changes(m, &evidence);
    }
    if (!e) {
        e = exchange_raise_alarm(x, now, text, buf_bytes(&evidence));
    }
    buf_fini(&evidence);
    bool offers = false;
    if (!e) {
        e = exchange_offer_begin(x, now, m, &offers);
    }
    return e || offers ? e : exchange_line_lost(x, now);
}
