/* What a party may send in all, over however many connections: statements, bytes and requests, each
 * a token bucket that is full at first. Pure: time is given.
 *
 * The account is the party's and serves its newest key: who rotates goes on with what is left. A
 * key before that has one account with all such keys, for who has an old, stolen key and
 * a connection that is still open shall not use up what the new key may send.
 *
 * Also counted there is what was refused, so that an operator sees whom.
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
/* Evidence has a quota of its own, by what is kept; on its way a byte of it counts as a 64th, so
 * that all the 2,048 MiB that a unit may have here come at once with half of what is saved up. */
#define QUOTA_EVIDENCE_SHARE 64
/* An office at full load is woken by every commit, some hundreds a second. */
#define QUOTA_REQUESTS_MAX 1000u
#define QUOTA_REQUESTS_BURST_S 10
/* Connections of one key that are admitted and have not said Hello, in so much time; after it the
 * transport closes them. A party says Hello at once and has two or three. */
#define QUOTA_OPENED_MAX 32u
#define QUOTA_OPENED_MS 10000
/* Each rotation is an entry for ever that every party may ask for and no unit needs often: once a
 * year, or at once when a copy of the folder may be about. */
#define QUOTA_ROTATED_MAX 4u
#define QUOTA_ROTATED_MS 3600000
#define QUOTA_OPTION_MAX 1000000u /* of either option, so that no product overflows */
#define QUOTA_COUNT_MAX 65536u    /* accounts */
#define QUOTA_USER_MAX 32

struct quota_bucket {
    uint64_t milli; /* thousandths of a token */
    struct mono at; /* when that was so */
};

struct quota_account {
    /* "CODE/EPOCH" of the newest key, or "+CODE"; "-": all keys that are not the newest of their
     * party; "*": all that found no place */
    char user[QUOTA_USER_MAX + 1];
    uint32_t epoch; /* 0: it is no key's */
    /* The office answers every statement of every unit: what they may send together is its limit
     * for statements and bytes. Set by the owner; requests are counted all the same. */
    bool answers_all;
    struct quota_bucket statements, bytes, requests;
    uint64_t refused; /* statements and requests, for whatever reason */
    unsigned opened;  /* connections since `opening` that have not said Hello */
    struct mono opening;
    unsigned rotated; /* since `rotating` */
    struct mono rotating;
};

struct quota {
    struct omap *by_code;         /* or by "+CODE" */
    struct quota_account earlier; /* whoever comes with a key before his party's newest */
    struct quota_account others;  /* whoever comes when the table is full */
    uint64_t rate_max, bytes_max; /* a second, in statements and in bytes; 0: no limit */
    size_t count_max;
};

/* rate_max and kib_max up to QUOTA_OPTION_MAX; count_max 0: QUOTA_COUNT_MAX. NG_ERR_NOMEM. */
enum ng_err quota_init(struct quota *q, uint64_t rate_max, uint64_t kib_max,
                       size_t count_max) NG_MUST_USE;
void quota_fini(struct quota *q);

/* The account of who was admitted under this name (at most QUOTA_USER_MAX), made at its first;
 * stays where it is until quota_fini. A name with a later epoch than the account's moves it on to
 * that key. When the table is full, one for all who are not in it: only the office's invites make
 * codes, so that is its own doing. NG_ERR_NOMEM. */
enum ng_err quota_account_of(struct quota *q, const char *user, struct mono now,
                             struct quota_account **ret) NG_MUST_USE;
/* The account for a key that was given this one when it came, and may have been replaced since. */
struct quota_account *quota_account_now(struct quota *q, struct quota_account *given,
                                        uint32_t epoch, struct mono now);

/* One request of so many bytes with so many statements in it. False: it is above the quota,
 * and nothing is taken off; what is refused counts as a request only. */
bool quota_take(const struct quota *q, struct quota_account *p, struct mono now,
                uint64_t statements, uint64_t bytes);

/* One more connection of this key. False: it has too many that say nothing. */
bool quota_open(struct quota_account *p, struct mono now);
/* One of them has said Hello. */
void quota_greet(struct quota_account *p);

/* May this party take new keys by itself now? One whose account was never made may. */
bool quota_may_rotate(const struct quota *q, const char *code, struct mono now);
/* It did. */
void quota_rotated(struct quota_account *p, struct mono now);

/* Those who were refused most, the most first; at most max. */
size_t quota_most_refused(const struct quota *q, struct quota_account *ret, size_t max);

#endif
