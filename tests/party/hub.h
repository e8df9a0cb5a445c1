/* The real broker's desk and ledger behind a real server on loopback, in a thread of the test,
 * which can lose frames on purpose. */
#ifndef NGANAM_TESTS_PARTY_HUB_H
#define NGANAM_TESTS_PARTY_HUB_H

#include "party/slip.h"
#include "proto/wire_queue.h"

struct hub;

/* What the hub does not pass on. */
enum hub_loss { HUB_LOSES_NOTHING, HUB_LOSES_SUBMITS, HUB_LOSES_RECEIPTS };

struct hub *hub_new(const char *folder); /* with a fresh log */
void hub_destroy(struct hub **h);        /* stops it too */
void hub_start(struct hub *h);           /* the same address each time */
void hub_stop(struct hub *h);
void hub_lose(struct hub *h, enum hub_loss what);

/* While it is stopped: an invite by the log itself, and its slip. */
void hub_invite(struct hub *h, const char *code, enum wire_role role, struct slip *ret);
/* While it is stopped: how many leaves, and whether the whole log verifies. */
uint64_t hub_size(struct hub *h);
bool hub_verifies(struct hub *h);

#endif
