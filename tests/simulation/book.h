/* What an outsider wrote down of a town: what each party said, which answers the broker gave, which
 * tree heads anybody was shown. Shares nothing with the programs but the reading of a frame. */
#ifndef NGANAM_TESTS_SIMULATION_BOOK_H
#define NGANAM_TESTS_SIMULATION_BOOK_H

#include "ledger/note.h"
#include "ledger/statement.h"
#include "proto/wire_queue.h"

#define BOOK_ACTS_MAX 3

/* One answer to one component; what the field's rules make of it is known when it is written. */
enum book_outcome { BOOK_ACCEPTED, BOOK_REFUSED, BOOK_SUPERSEDED /* by a later one beside it */ };
struct book_act {
    const char *code; /* borrowed for ever */
    size_t component; /* ACCEPTED */
    enum book_outcome outcome;
    int64_t points; /* ACCEPTED: millionths */
};

struct book_said {
    struct hash hash; /* of the statement */
    char code[PARTY_CODE_MAX + 1];
    uint64_t seq;
    size_t act_count;
    struct book_act acts[BOOK_ACTS_MAX];
};

/* "This statement is in the log": sent by the broker to whoever asked. */
struct book_ack {
    char code[PARTY_CODE_MAX + 1];
    uint64_t seq;
    uint64_t index;
};

struct book_head {
    uint64_t size;
    struct hash root;
};

struct book {
    struct book_said *said;
    struct book_ack *acks;
    struct book_head *heads; /* each (size, root) once, in order of size */
    size_t said_count, ack_count, head_count;
    size_t said_room, ack_room, head_room;
};

void book_init(struct book *b);
void book_fini(struct book *b);

void book_say(struct book *b, const struct book_said *said);
const struct book_said *book_find(const struct book *b, const struct hash *statement);
size_t book_count(const struct book *b, const char *code);

void book_note_head(struct book *b, uint64_t size, const struct hash *root);
/* What a frame of the broker to this party says; a head that its key did not sign is an error,
 * false. */
bool book_read_frame(struct book *b, const char *code, const struct wire_from_broker *m,
                     const char *origin, const struct key_public *log_key);

#endif
