/* A rate of n a second is n thousandths a millisecond, so a bucket holds thousandths and needs no
 * division. It is brought up to date when it is looked at. */
#include "broker/quota.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define MILLI UINT64_C(1000)
#define BYTES_PER_KIB 1024

enum ng_err quota_init(struct quota *q, uint64_t rate_max, uint64_t kib_max, size_t count_max)
{
    CHECK(rate_max <= QUOTA_OPTION_MAX && kib_max <= QUOTA_OPTION_MAX);
    *q = (struct quota){.by_user = omap_new(),
                        .rate_max = rate_max,
                        .bytes_max = kib_max * BYTES_PER_KIB,
                        .count_max = count_max > 0 ? count_max : QUOTA_COUNT_MAX};
    return q->by_user != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "quota table");
}

static struct quota_account *account_at(struct bytes value)
{
    struct quota_account *p = NULL;
    CHECK(value.size == sizeof(struct quota_account *));
    memcpy(&p, value.data, sizeof(p));
    return p;
}

void quota_fini(struct quota *q)
{
    struct bytes user, value;
    for (size_t i = 0; q->by_user != NULL && omap_at(q->by_user, i, &user, &value); i++) {
        free(account_at(value));
    }
    omap_destroy(&q->by_user);
}

/* ---- Buckets ---- */

static void refill(struct quota_bucket *b, struct mono now, uint64_t per_second, uint64_t burst_s)
{
    const uint64_t full = per_second * burst_s * MILLI;
    const int64_t passed = clock_between_ms(b->at, now);
    const uint64_t ms = passed > 0 ? (uint64_t)passed : 0;
    b->at = now;
    /* So long that it is full, whatever was in it: and the product below has its bound. */
    b->milli = ms >= burst_s * MILLI ? full : b->milli + ms * per_second;
    b->milli = b->milli < full ? b->milli : full;
}

static void fill(const struct quota *q, struct quota_account *p, struct mono now)
{
    p->statements = (struct quota_bucket){q->rate_max * QUOTA_BURST_S * MILLI, now};
    p->bytes = (struct quota_bucket){q->bytes_max * QUOTA_BURST_S * MILLI, now};
    p->requests =
        (struct quota_bucket){(uint64_t)QUOTA_REQUESTS_MAX * QUOTA_REQUESTS_BURST_S * MILLI, now};
}

bool quota_take(const struct quota *q, struct quota_account *p, struct mono now,
                uint64_t statements, uint64_t bytes)
{
    if (q->rate_max > 0) {
        refill(&p->requests, now, QUOTA_REQUESTS_MAX, QUOTA_REQUESTS_BURST_S);
        if (p->requests.milli < MILLI) {
            return false;
        }
        p->requests.milli -= MILLI;
        refill(&p->statements, now, q->rate_max, QUOTA_BURST_S);
        if (p->statements.milli < statements * MILLI) {
            return false;
        }
    }
    if (q->bytes_max > 0) {
        refill(&p->bytes, now, q->bytes_max, QUOTA_BURST_S);
        if (p->bytes.milli < bytes * MILLI) {
            return false;
        }
        p->bytes.milli -= bytes * MILLI;
    }
    p->statements.milli -= q->rate_max > 0 ? statements * MILLI : 0;
    return true;
}

/* ---- Connections ---- */

bool quota_open(struct quota_account *p, struct mono now)
{
    if (clock_between_ms(p->opening, now) >= QUOTA_OPENED_MS) {
        p->opening = now;
        p->opened = 0;
    }
    if (p->opened == QUOTA_OPENED_MAX) {
        p->refused++;
        return false;
    }
    p->opened++;
    return true;
}

void quota_greet(struct quota_account *p)
{
    p->opened -= p->opened > 0;
}

/* ---- Accounts ---- */

static enum ng_err add_account(struct quota *q, struct bytes key, const char *user, struct mono now,
                               struct quota_account **ret)
{
    struct quota_account *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return err_set(NG_ERR_NOMEM, "quota");
    }
    memcpy(p->user, user, key.size);
    fill(q, p, now);
    enum ng_err err = omap_put(q->by_user, key, (struct bytes){(const uint8_t *)&p, sizeof(p)});
    if (err != NG_OK) {
        free(p);
        return err;
    }
    *ret = p;
    return NG_OK;
}

enum ng_err quota_account_of(struct quota *q, const char *user, struct mono now,
                             struct quota_account **ret)
{
    const struct bytes key = {(const uint8_t *)user, strlen(user)};
    struct bytes value;
    CHECK(key.size <= QUOTA_USER_MAX);
    if (omap_get(q->by_user, key, &value)) {
        *ret = account_at(value);
        return NG_OK;
    }
    if (omap_count(q->by_user) < q->count_max) {
        return add_account(q, key, user, now, ret);
    }
    if (q->others.user[0] == '\0') {
        q->others.user[0] = '*';
        fill(q, &q->others, now);
    }
    *ret = &q->others;
    return NG_OK;
}

/* Into its place among those found so far. */
static size_t insert(struct quota_account *found, size_t count, size_t max,
                     const struct quota_account *p)
{
    size_t place = count;
    while (place > 0 && found[place - 1].refused < p->refused) {
        place--;
    }
    if (p->refused == 0 || place == max) {
        return count;
    }
    count = count < max ? count + 1 : max;
    memmove(found + place + 1, found + place, (count - place - 1) * sizeof(*found));
    found[place] = *p;
    return count;
}

size_t quota_most_refused(const struct quota *q, struct quota_account *ret, size_t max)
{
    struct bytes user = {NULL, 0}, value;
    size_t count = insert(ret, 0, max, &q->others);
    for (size_t i = 0; omap_at(q->by_user, i, &user, &value); i++) {
        count = insert(ret, count, max, account_at(value));
    }
    return count;
}
