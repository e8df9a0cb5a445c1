#include "broker/hold.h"

#include "base/lang.h"
#include "base/log.h"
#include "ledger/leaf.h"

#include <stdio.h>
#include <string.h>

static void end(struct hold *h)
{
    h->ledger = NULL;
    omap_destroy(&h->seen);
}

enum ng_err hold_accept(struct hold *h)
{
    if (h->ledger == NULL) {
        return NG_OK;
    }
    enum ng_err err = h->copy ? ledger_accept_copy(h->ledger) : NG_OK;
    if (err == NG_OK) {
        end(h);
    }
    return err;
}

struct hold_wait {
    const struct hold *hold;
    struct party_code first; /* of those that are missing */
    unsigned missing, seen;
};

static enum ng_err wait_for(void *context, const struct registry_party *p)
{
    struct hold_wait *w = context;
    struct bytes value;
    const struct bytes key = {(const uint8_t *)p->code.text, strlen(p->code.text)};
    if (p->epoch == 0 || p->revoked) {
        return NG_OK;
    }
    if (omap_get(w->hold->seen, key, &value)) {
        w->seen++;
    } else if (w->missing++ == 0) {
        w->first = p->code;
    }
    return NG_OK;
}

static void say_start(struct hold *h, const struct hold_wait *w)
{
    (void)snprintf(h->why, sizeof(h->why),
                   _("the broker has just started: nothing new is taken until more than half of "
                     "the parties have connected and know of no later entries (so far %u of %u), "
                     "or for %d seconds"),
                   w->seen, w->seen + w->missing, (int)(h->start_ms / 1000));
}

/* Says whom it waits for, or ends. */
static enum ng_err look(struct hold *h, struct store_txn *t)
{
    struct hold_wait w = {.hold = h};
    enum ng_err err = registry_each(t, wait_for, &w);
    if (err != NG_OK) {
        return err;
    }
    if (w.missing == 0 || (!h->copy && w.seen > w.missing)) {
        log_event(h->copy ? LOG_NOTICE : LOG_DEBUG, h->copy ? "copy_accepted" : "start_held",
                  "by=parties");
        return hold_accept(h);
    }
    if (!h->copy) {
        say_start(h, &w);
        return NG_OK;
    }
    (void)snprintf(
        h->why, sizeof(h->why),
        _("this log was put back from a copy, which may lack its newest entries: nothing "
          "new is taken until every party has connected and knows of none (still "
          "missing: %s, in all %u), or \"nganam-broker restore --accept\" is given"),
        w.first.text, w.missing);
    return NG_OK;
}

enum ng_err hold_init(struct hold *h, struct ledger *l, int64_t start_ms)
{
    *h = (struct hold){.ledger = NULL};
    if ((!ledger_is_copy(l) && start_ms <= 0) || ledger_read_only(l) != NULL) {
        return NG_OK;
    }
    struct store_txn *t = NULL;
    h->ledger = l;
    h->copy = ledger_is_copy(l);
    h->start_ms = start_ms;
    h->seen = omap_new();
    enum ng_err err =
        h->seen == NULL ? err_set(NG_ERR_NOMEM, "hold") : store_begin_read(ledger_store(l), &t);
    if (err == NG_OK) {
        err = look(h, t);
    }
    store_end_read(&t);
    return err;
}

void hold_fini(struct hold *h)
{
    end(h);
}

const char *hold_why(const struct hold *h)
{
    return h->ledger != NULL ? h->why : NULL;
}

void hold_pass(struct hold *h, struct mono now)
{
    if (h->ledger == NULL || h->copy) {
        return;
    }
    if (h->until.ms == 0) {
        h->until = clock_after(now, h->start_ms);
    }
    if (clock_between_ms(now, h->until) <= 0) {
        log_event(LOG_NOTICE, "start_held", "by=time next=whatever the parties send is taken");
        end(h);
    }
}

/* The size of the head that the party's newest statement here says it knew; 0: it says nothing. */
static enum ng_err known_before(struct ledger *l, struct store_txn *t,
                                const struct registry_party *p, uint64_t *ret)
{
    struct bytes encoded;
    struct leaf leaf;
    struct statement s;
    enum ng_err err = NG_OK;
    *ret = 0;
    if (p->high_water == 0) {
        return NG_OK;
    }
    err = ledger_leaf(l, t, p->last_index, &encoded);
    if (err == NG_OK) {
        err = leaf_decode(encoded, &leaf);
    }
    if (err == NG_OK) {
        err = statement_decode(leaf.statement, &s);
    }
    *ret = err == NG_OK ? s.seen_size : 0;
    return err;
}

enum ng_err hold_saw(struct hold *h, struct store_txn *t, const struct registry_party *party,
                     uint64_t size)
{
    const char *code = party->code.text;
    uint64_t known = 0;
    if (h->ledger == NULL) {
        return NG_OK;
    }
    enum ng_err err = known_before(h->ledger, t, party, &known);
    if (err != NG_OK || size < known) {
        return err;
    }
    err = omap_put(h->seen, (struct bytes){(const uint8_t *)code, strlen(code)},
                   (struct bytes){(const uint8_t *)"", 0});
    return err == NG_OK ? look(h, t) : err;
}
