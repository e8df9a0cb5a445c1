/* A broker in memory for tests: the same conversation as the real one, no socket, no disk, and it
 * can be told to lie. It is written from the protocol, not from the broker's code, so that the two
 * can be wrong in different ways. */
#ifndef NGANAM_TESTS_PARTY_MODEL_H
#define NGANAM_TESTS_PARTY_MODEL_H

#include "ledger/leaf.h"
#include "ledger/note.h"
#include "ledger/refusal.h"
#include "ledger/tree.h"
#include "proto/wire_queue.h"

#define MODEL_PARTIES_MAX 8
#define MODEL_LEVELS 40
#define MODEL_LEAVES_MAX 4096

enum model_lie {
    MODEL_HONEST,
    MODEL_WRONG_INCLUSION, /* one bit of a receipt's proof */
    MODEL_OTHER_LEAF,      /* a receipt for another leaf's header */
    MODEL_WRONG_SIGNATURE, /* a head the log's key did not sign */
    MODEL_WRONG_CONSISTENCY,
    MODEL_ALTERED_LEAF, /* an inbox leaf with another time in its header */
    MODEL_LOW_WATER,    /* forgets what it acknowledged, under an honest head */
    MODEL_LIES
};

struct model_party {
    struct party_code code;
    uint32_t epoch;
    struct key_public key;
    uint64_t high_water;
    struct hash prev;
    bool frozen;
    /* the session of its one connection */
    bool greeted;
    struct note_head last; /* head sent last */
    uint64_t fetch_id;     /* parked; 0 none */
    uint64_t fetch_from;
    enum wire_scope fetch_scope;
    int64_t fetch_until;
};

struct model {
    char origin[32];
    struct key_pair log_key;
    uint8_t log_id[LOG_ID_SIZE];
    struct buf leaves[MODEL_LEAVES_MAX];
    size_t count;
    struct hash *nodes[MODEL_LEVELS];
    struct tree_edge edge;
    int64_t received_at;
    struct model_party parties[MODEL_PARTIES_MAX];
    size_t party_count;
    enum model_lie lie;
    enum refusal refuse; /* class again: given to every statement while set */
    bool witness;        /* each head is to be cosigned */
    const char *gossip;  /* the note shown to who asks for cosignatures; NULL: our own newest */
    uint64_t cosigned;   /* cosignatures that came */
    bool fails;          /* something in here could not be done */
};

struct model *model_new(const char *origin, uint8_t seed);
void model_destroy(struct model **m);
/* Gives the party's number. */
size_t model_add_party(struct model *m, const char *code, uint32_t epoch,
                       const struct key_public *key);
/* One leaf by the log itself, to the office. */
void model_append(struct model *m, const char *text);
/* The statement of another log's leaf, once more. */
void model_append_copy(struct model *m, const struct model *from, uint64_t index);
/* One to everyone whose signature does not hold, but which lies in the tree like any other. */
void model_append_unsigned(struct model *m, const char *text);
struct note_head model_head(const struct model *m);

/* One frame of a party; every frame it leads to is given to `send`. */
typedef void (*model_send_fn)(void *context, size_t party, struct bytes frame);
void model_frame(struct model *m, size_t party, struct bytes frame, int64_t now_ms,
                 model_send_fn send, void *context);
/* Parked fetches whose wait is over or for whom something is there. */
void model_tick(struct model *m, int64_t now_ms, model_send_fn send, void *context);
void model_disconnect(struct model *m, size_t party);

#endif
