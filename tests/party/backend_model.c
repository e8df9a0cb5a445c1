#include "backend.h"
#include "model.h"

#include <stdio.h>
#include <stdlib.h>

static void add(void *self, size_t party, struct identity *id, struct store *store)
{
    (void)party;
    (void)store;
    id->epoch = 1;
    (void)model_add_party(self, id->party.text, id->epoch, &id->key.public_key);
}

static void take(void *self, size_t party, uint32_t connection, struct bytes frame,
                 struct exchange_time now, backend_send_fn send, void *context)
{
    (void)connection;
    model_frame(self, party, frame, now.wall_ms, send, context);
}

static void tick(void *self, struct exchange_time now, backend_send_fn send, void *context)
{
    model_tick(self, now.wall_ms, send, context);
}

static void disconnect(void *self, size_t party)
{
    model_disconnect(self, party);
}

static void restart(void *self, struct exchange_time now)
{
    (void)now;
    (void)self; /* all it knows of connections was forgotten with them */
}

static void refuse(void *self, bool all)
{
    struct model *m = self;
    m->refuse = all ? REFUSAL_RATE : REFUSAL_OK;
}

static uint64_t count(void *self)
{
    const struct model *m = self;
    return m->count;
}

static void leaf(void *self, uint64_t index, struct buf *to)
{
    struct model *m = self;
    buf_clear(to);
    if (index >= m->count || buf_add(to, m->leaves[index].data, m->leaves[index].size)) {
        m->fails = true;
    }
}

static bool sound(void *self)
{
    const struct model *m = self;
    return !m->fails;
}

static void destroy(void *self)
{
    struct model *m = self;
    model_destroy(&m);
}

struct backend backend_model(uint64_t seed)
{
    struct model *m = model_new("nganam.example/log", (uint8_t)seed);
    if (m == NULL) {
        abort();
    }
    struct backend b = {.self = m,
                        .log_key = m->log_key.public_key,
                        .add = add,
                        .frame = take,
                        .tick = tick,
                        .disconnect = disconnect,
                        .restart = restart,
                        .refuse = refuse,
                        .count = count,
                        .leaf = leaf,
                        .sound = sound,
                        .destroy = destroy};
    (void)snprintf(b.origin, sizeof(b.origin), "%s", m->origin);
    return b;
}
