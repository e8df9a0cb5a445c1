/* What one party may send in all, over however many connections: statements, bytes and requests,
 * each a token bucket that is full at first. Pure: time is given.
 *
 * Also the account of what was refused each party, so that an operator sees who it is.
 */
#ifndef NGANAM_BROKER_QUOTA_H
#define NGANAM_BROKER_QUOTA_H

#include "base/clock.h"
#include "base/omap.h"
#include "ledger/statement.h"

/* The defaults. A unit that reports every component of every task by hand writes some hundred
 * statements a day: 20,000 at once are 200 days without a line, and 64 MB are 20,000 of 3 KB (a
 * report of one figure has 0.3 KB, the longest statement 60). From then on 20 a second are 1.7
 * million a day: no unit has so much to say, and a machine that is not its owner's any more fills
 * at most 5.7 GB a day, which an operator sees coming. Thirty such machines together stay below
 * what the broker takes in a second. */
#define QUOTA_RATE_MAX 20u  /* statements a second */
#define QUOTA_BYTES_MAX 64u /* KiB a second */
#define QUOTA_BURST_S 1000  /* seconds' worth of both at once */
/* An office at full load is woken by every commit, some hundreds a second. */
#define QUOTA_REQUESTS_MAX 1000u
#define QUOTA_REQUESTS_BURST_S 10
#define QUOTA_OPTION_MAX 1000000u /* of either option, so that no product overflows */
#define QUOTA_PARTIES_MAX 65536u

struct quota_bucket {
    uint64_t milli; /* thousandths of a token */
    struct mono at; /* when that was so */
};

struct quota_party {
    struct party_code code;
    struct quota_bucket statements, bytes, requests;
    uint64_t refused; /* statements and requests, for whatever reason */
};

struct quota {
    struct omap *by_code;
    struct quota_party others;    /* whoever comes when the table is full */
    uint64_t rate_max, bytes_max; /* a second, in statements and in bytes; 0: no limit */
    size_t parties_max;
};

/* rate_max and kib_max up to QUOTA_OPTION_MAX; parties_max 0: QUOTA_PARTIES_MAX. NG_ERR_NOMEM. */
enum ng_err quota_init(struct quota *q, uint64_t rate_max, uint64_t kib_max,
                       size_t parties_max) NG_MUST_USE;
void quota_fini(struct quota *q);

/* The account of a party, made at its first; stays where it is until quota_fini. When the table is
 * full, one for all who are not in it: only the office makes parties, so that is its own doing.
 * NG_ERR_NOMEM. */
enum ng_err quota_party_of(struct quota *q, const struct party_code *code, struct mono now,
                           struct quota_party **ret) NG_MUST_USE;

/* One request of so many bytes with so many statements in it. False: it is above the party's quota,
 * and nothing is taken off; what is refused counts as a request only. */
bool quota_take(const struct quota *q, struct quota_party *p, struct mono now, uint64_t statements,
                uint64_t bytes);

/* Those who were refused most, the most first; at most max. */
size_t quota_most_refused(const struct quota *q, struct quota_party *ret, size_t max);

#endif
