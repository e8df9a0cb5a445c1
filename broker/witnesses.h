/* Witness heads and who cosigned them: beside the log, for whatever lies in it changes the head.
 *
 * At most once a minute the head of a turn becomes a witness head, whose cosignatures are gathered.
 * The newest WITNESSES_GATHERING gather; those and older ones lie in DATA/witness. What came is
 * written behind the answers, at most once a second: a crash loses a second of cosignatures, and
 * parties cosign the newest witness head again whenever they connect.
 */
#ifndef NGANAM_BROKER_WITNESSES_H
#define NGANAM_BROKER_WITNESSES_H

#include "base/clock.h"
#include "ledger/cosign.h"
#include "ledger/ledger.h"

#define WITNESSES_MS 60000     /* between two witness heads */
#define WITNESSES_GATHERING 16 /* of the newest */
#define WITNESSES_KEPT 1440    /* heads: a day of them, at the least */

struct witnesses;

/* Opens DATA/witness, or makes it, or (read_only) looks beside a running broker: then
 * NG_ERR_NOT_FOUND if it was never made. Heads that are none of this log's are passed over: an
 * older copy of the log was put back. Borrows the ledger for this call. */
enum ng_err witnesses_open(const char *folder, struct ledger *l, bool read_only,
                           struct witnesses **ret) NG_MUST_USE;
void witnesses_close(struct witnesses **w);

/* The newest; NULL: none yet. Borrowed until the next mark. */
const struct ledger_head *witnesses_newest(const struct witnesses *w);
/* The one of this size that still gathers, 0: the newest; NULL. Borrowed until the next mark. */
const struct ledger_head *witnesses_find(const struct witnesses *w, uint64_t size);
/* The newest of at most this size; NULL: none. Borrowed likewise. */
const struct ledger_head *witnesses_below(const struct witnesses *w, uint64_t most);
/* Makes this head a witness head, if it is newer and a minute has passed. */
void witnesses_mark(struct witnesses *w, const struct ledger_head *head, struct mono now);
/* Takes a cosignature that holds under this key over the witness head of this size; the first that
 * a party sends stays. NG_ERR_INPUT: no such head, or it does not hold. NG_ERR_NOMEM. */
enum ng_err witnesses_add(struct witnesses *w, uint64_t size, const char *party,
                          const uint8_t key[KEY_PUBLIC_SIZE], struct bytes cosignature) NG_MUST_USE;

/* Writes what came since; nothing: no transaction. */
enum ng_err witnesses_flush(struct witnesses *w) NG_MUST_USE;

/* Those of one head in order of their party codes, behind `after`. Points into the page. */
struct witnesses_page {
    struct wire_witness items[WIRE_WITNESSES_MAX];
    struct party_code codes[WIRE_WITNESSES_MAX];
    struct key_public keys[WIRE_WITNESSES_MAX];
    size_t count;
    bool more;
};
void witnesses_list(const struct witnesses *w, uint64_t size, const char *after,
                    struct witnesses_page *ret);
/* How many have cosigned the head of this size, whether they still count or not. */
size_t witnesses_count(const struct witnesses *w, uint64_t size);

#endif
