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
    void (*disconnect)(void *self, size_t party);
    void (*restart)(void *self);
    void (*refuse)(void *self, bool all); /* everything, for now */
    uint64_t (*count)(void *self);
    void (*leaf)(void *self, uint64_t index, struct buf *to);
    bool (*sound)(void *self); /* nothing went wrong inside */
    void (*destroy)(void *self);
};

struct backend backend_model(uint64_t seed); /* self is a struct model */
struct backend backend_desk(const char *folder);

#endif
