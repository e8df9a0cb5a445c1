/* What the world needs of a broker: the model, or the real desk and ledger. */
#ifndef NGANAM_TESTS_PARTY_BACKEND_H
#define NGANAM_TESTS_PARTY_BACKEND_H

#include "party/exchange.h"

typedef void (*backend_send_fn)(void *context, size_t party, struct bytes frame);

struct backend {
    void *self;
    char origin[NOTE_ORIGIN_MAX + 1];
    struct key_public log_key;
    /* Makes the identity's party known under its keys; may author its first statement. */
    void (*add)(void *self, size_t party, struct identity *id, struct store *store);
    void (*frame)(void *self, size_t party, uint32_t connection, struct bytes frame,
                  struct exchange_time now, backend_send_fn send, void *context);
    void (*tick)(void *self, struct exchange_time now, backend_send_fn send, void *context);
    /* How long nothing but a frame makes work for it; NULL: unknown. */
    int64_t (*idle_ms)(void *self, struct exchange_time now, int64_t max_ms);
    void (*disconnect)(void *self, size_t party);
    /* A second machine, number `copy`, comes with the keys of a party; may be NULL. */
    void (*copy)(void *self, size_t party, size_t copy);
    void (*restart)(void *self, struct exchange_time now);
    void (*refuse)(void *self, bool all); /* everything, for now */
    uint64_t (*count)(void *self);
    void (*leaf)(void *self, uint64_t index, struct buf *to);
    bool (*sound)(void *self); /* nothing went wrong inside */
    void (*destroy)(void *self);
};

struct backend backend_model(uint64_t seed); /* self is a struct model */
struct backend backend_desk(const char *folder);

/* The power goes after this many more answers, 0: at once: what was committed by then is all that
 * the next restart finds; answers behind it are lost. Only for backend_desk. */
void backend_desk_cut_power(struct backend *b, uint64_t answers);
bool backend_desk_is_dark(const struct backend *b); /* the power has gone */
/* From the next restart on each party has a quota; how many statements were refused by it. Only for
 * backend_desk. */
void backend_desk_set_quota(struct backend *b, uint64_t rate_max);
uint64_t backend_desk_over_quota(const struct backend *b);
/* A copy of the broker's folder, as it is now, to a path that does not exist yet; and the broker
 * again, on a copy of such a copy. with_floor: the newest head floor outlived it. For backend_desk.
 */
void backend_desk_back_up(struct backend *b, const char *to);
void backend_desk_put_back(struct backend *b, const char *from, bool with_floor,
                           struct exchange_time now);
bool backend_desk_is_read_only(const struct backend *b);
/* The log gets a new key. Only for backend_desk. */
void backend_desk_rotate(struct backend *b, struct exchange_time now);
/* The operator says that the broker's clock is right as it is. Only for backend_desk. */
void backend_desk_accept_clock(struct backend *b, struct exchange_time now);

#endif
