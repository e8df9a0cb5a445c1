#include "broker/hold.h"

#include "base/lang.h"
#include "base/log.h"

#include <stdio.h>
#include <string.h>

enum ng_err hold_accept(struct hold *h)
{
    if (h->ledger == NULL) {
        return NG_OK;
    }
    enum ng_err err = ledger_accept_copy(h->ledger);
    if (err == NG_OK) {
        h->ledger = NULL;
        omap_destroy(&h->seen);
    }
    return err;
}

struct hold_wait {
    const struct hold *hold;
    struct party_code first;
    unsigned count;
};

static enum ng_err wait_for(void *context, const struct registry_party *p)
{
    struct hold_wait *w = context;
    struct bytes value;
    const struct bytes key = {(const uint8_t *)p->code.text, strlen(p->code.text)};
    if (p->epoch == 0 || p->revoked || omap_get(w->hold->seen, key, &value)) {
        return NG_OK;
    }
    if (w->count++ == 0) {
        w->first = p->code;
    }
    return NG_OK;
}

/* Says whom it waits for, or ends. */
static enum ng_err look(struct hold *h, struct store_txn *t)
{
    struct hold_wait w = {.hold = h, .count = 0};
    enum ng_err err = registry_each(t, wait_for, &w);
    if (err != NG_OK) {
        return err;
    }
    if (w.count == 0) {
        log_event(LOG_NOTICE, "copy_accepted", "by=parties");
        return hold_accept(h);
    }
    (void)snprintf(
        h->why, sizeof(h->why),
        _("this log was put back from a copy, which may lack its newest entries: nothing "
          "new is taken until every party has connected and knows of none (still "
          "missing: %s, in all %u), or \"nganam-broker restore --accept\" is given"),
        w.first.text, w.count);
    return NG_OK;
}

enum ng_err hold_init(struct hold *h, struct ledger *l)
{
    *h = (struct hold){.ledger = NULL};
    if (!ledger_is_copy(l) || ledger_read_only(l) != NULL) {
        return NG_OK;
    }
    struct store_txn *t = NULL;
    h->ledger = l;
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
    omap_destroy(&h->seen);
    h->ledger = NULL;
}

const char *hold_why(const struct hold *h)
{
    return h->ledger != NULL ? h->why : NULL;
}

enum ng_err hold_saw(struct hold *h, struct store_txn *t, const char *party)
{
    if (h->ledger == NULL) {
        return NG_OK;
    }
    enum ng_err err = omap_put(h->seen, (struct bytes){(const uint8_t *)party, strlen(party)},
                               (struct bytes){(const uint8_t *)"", 0});
    return err == NG_OK ? look(h, t) : err;
}
