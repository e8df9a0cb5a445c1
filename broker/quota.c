/* A rate of n a second is n thousandths a millisecond, so a bucket holds thousandths and needs no
 * division. It is brought up to date when it is looked at. */
#include "broker/quota.h"

#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MILLI UINT64_C(1000)
#define BYTES_PER_KIB 1024

enum ng_err quota_init(struct quota *q, uint64_t rate_max, uint64_t kib_max, size_t count_max)
{
    CHECK(rate_max <= QUOTA_OPTION_MAX && kib_max <= QUOTA_OPTION_MAX);
    *q = (struct quota){.by_code = omap_new(),
                        .rate_max = rate_max,
                        .bytes_max = kib_max * BYTES_PER_KIB,
                        .count_max = count_max > 0 ? count_max : QUOTA_COUNT_MAX};
    return q->by_code != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "quota table");
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
    for (size_t i = 0; q->by_code != NULL && omap_at(q->by_code, i, &user, &value); i++) {
        free(account_at(value));
    }
    omap_destroy(&q->by_code);
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
    }
    if (p->answers_all) {
        return true;
    }
    if (q->rate_max > 0) {
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

/* ---- Rotations ---- */

static struct quota_account *find(const struct quota *q, struct bytes code)
{
    struct bytes value;
    return omap_get(q->by_code, code, &value) ? account_at(value) : NULL;
}

bool quota_may_rotate(const struct quota *q, const char *code, struct mono now)
{
    const struct quota_account *p = find(q, (struct bytes){(const uint8_t *)code, strlen(code)});
    return q->rate_max == 0 || p == NULL || p->rotated < QUOTA_ROTATED_MAX ||
           clock_between_ms(p->rotating, now) >= QUOTA_ROTATED_MS;
}

void quota_rotated(struct quota_account *p, struct mono now)
{
    if (p->rotated == 0 || clock_between_ms(p->rotating, now) >= QUOTA_ROTATED_MS) {
        p->rotating = now;
        p->rotated = 0;
    }
    p->rotated++;
}

/* ---- Accounts ---- */

/* NULL: no memory. */
static struct quota_account *add_account(struct quota *q, struct bytes code, struct mono now)
{
    struct quota_account *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return NULL;
    }
    fill(q, p, now);
    if (omap_put(q->by_code, code, (struct bytes){(const uint8_t *)&p, sizeof(p)}) != NG_OK) {
        free(p);
        return NULL;
    }
    return p;
}

/* One of those that serve many, full when it is first needed. */
static struct quota_account *shared(const struct quota *q, struct quota_account *p, char name,
                                    struct mono now)
{
    if (p->user[0] == '\0') {
        p->user[0] = name;
        fill(q, p, now);
    }
    return p;
}

enum ng_err quota_account_of(struct quota *q, const char *user, struct mono now,
                             struct quota_account **ret)
{
    const size_t size = strcspn(user, "/");
    const struct bytes code = {(const uint8_t *)user, size};
    const uint32_t epoch = user[size] == '/' ? (uint32_t)strtoul(user + size + 1, NULL, 10) : 0;
    CHECK(strlen(user) <= QUOTA_USER_MAX);
    struct quota_account *p = find(q, code);
    if (p == NULL && omap_count(q->by_code) == q->count_max) {
        *ret = shared(q, &q->others, '*', now);
        return NG_OK;
    }
    p = p != NULL ? p : add_account(q, code, now);
    if (p == NULL) {
        return err_set(NG_ERR_NOMEM, "quota");
    }
    if (epoch > p->epoch || p->user[0] == '\0') { /* its connections are others */
        (void)snprintf(p->user, sizeof(p->user), "%s", user);
        p->epoch = epoch;
        p->opened = 0;
        p->answers_all = false;
    }
    *ret = quota_account_now(q, p, epoch, now);
    return NG_OK;
}

struct quota_account *quota_account_now(struct quota *q, struct quota_account *given,
                                        uint32_t epoch, struct mono now)
{
    return epoch < given->epoch ? shared(q, &q->earlier, '-', now) : given;
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
    count = insert(ret, count, max, &q->earlier);
    for (size_t i = 0; omap_at(q->by_code, i, &user, &value); i++) {
        count = insert(ret, count, max, account_at(value));
    }
    return count;
}
