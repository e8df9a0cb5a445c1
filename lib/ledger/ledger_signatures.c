/* A signature costs 50 us to check and everything else about a statement less than a third of that,
 * so it is the one thing worth sharing out. The registry is read here, by the caller: a store
 * transaction belongs to one thread. Only what can still be accepted is worth a signature: the
 * author's present epoch, neither revoked nor frozen nor unconfirmed, a number that was not used
 * before. A flood of anything else costs what it cost before. */
#include "base/workers.h"
#include "ledger/ledger_state.h"

#include <stdlib.h>
#include <string.h>

/* Waking a thread costs about a signature; below so many the caller is done sooner alone. */
#define LEDGER_SIGNATURES_SHARED_MIN 8u

struct ledger_signatures {
    struct ledger_item **items; /* those to check */
    size_t count;
};

static void ledger_signatures_check_one(void *context, size_t i)
{
    const struct ledger_signatures *s = context;
    struct ledger_item *item = s->items[i];
    item->signature_checked = true;
    item->signature_holds = key_verify(&item->key, item->statement, item->signature.data);
}

/* The author's row; the row of the item before serves a run of one author. */
static bool ledger_signatures_author(struct ledger *l, struct store_txn *txn,
                                     const struct ledger_item *item, struct registry_party *party)
{
    struct statement s;
    if (item->signature.size != KEY_SIGNATURE_SIZE ||
        statement_decode(item->statement, &s) != NG_OK ||
        memcmp(s.log_id, l->log_id, LOG_ID_SIZE) != 0) {
        return false;
    }
    if (strcmp(party->code.text, s.author.text) != 0 &&
        registry_party_get(txn, s.author.text, party) != NG_OK) {
        *party = (struct registry_party){.epoch = 0};
        return false;
    }
    return s.epoch == party->epoch && !party->revoked && !party->frozen && !party->unconfirmed &&
           s.seq > party->high_water;
}

/* Each item that was not checked yet and whose author's key this snapshot knows; what is left (an
 * enrolment, an author who cannot be found) is checked where it is judged. */
void ledger_signatures_check(struct ledger *l, struct store_txn *t, struct ledger_item *items,
                             size_t count)
{
    struct ledger_signatures s = {.items = calloc(count, sizeof(struct ledger_item *))};
    if (s.items == NULL) { /* without memory each is checked where it is judged */
        return;
    }
    struct registry_party party = {.epoch = 0};
    for (size_t i = 0; i < count; i++) {
        if (!items[i].signature_checked && ledger_signatures_author(l, t, &items[i], &party)) {
            items[i].key = party.key;
            s.items[s.count++] = &items[i];
        }
    }
    struct workers *workers = s.count >= LEDGER_SIGNATURES_SHARED_MIN ? l->workers : NULL;
    workers_run(workers, ledger_signatures_check_one, &s, s.count);
    free(s.items);
}
