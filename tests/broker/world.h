/* A broker's desk with a real log in a temporary folder, parties that sign properly (or not), and
 * connections that check every head they are sent, as a party would. */
#ifndef NGANAM_TESTS_BROKER_WORLD_H
#define NGANAM_TESTS_BROKER_WORLD_H

#include "broker/desk.h"
#include "broker/witnesses.h"
#include "harness.h"
#include "tests/ledger/inviter.h"

#define WORLD_ORIGIN "nganam.example/test"
#define WORLD_NOW_MS 1795722763000
#define WORLD_LINES_MAX 600
#define WORLD_ANSWERS_MAX 4096

/* A party: its keys and where its numbering stands. */
struct actor {
    struct party_code code;
    enum wire_role role;
    struct key_pair key;
    struct key_pair cosign_key;
    uint8_t curve[32];
    uint32_t epoch;
    uint64_t seq;
    struct hash prev;
    uint64_t seen_size; /* that it signs */
    struct key_pair invite_key;
    uint8_t invite_curve[32];
};

/* A connection as the party sees it. */
struct line {
    struct session_peer peer;
    char user[SESSION_USER_MAX + 1];
    struct note_head head; /* newest verified */
    bool dead;             /* does not read */
};

struct answer {
    struct session_peer to;
    struct wire_from_broker *m;
};

struct world {
    char folder[256];
    struct ledger *ledger;
    struct inviter inviter;
    struct witnesses *witnesses; /* NULL: the desk has none */
    struct desk *desk;
    struct blob_folder *blobs; /* for the next start; NULL: none */
    struct desk_now now;
    int64_t start_ms; /* how long each start from now on waits for the parties */
    uint64_t rate_max, kib_max;
    desk_line_fn line_fn; /* for the next start */
    uint64_t next_id;
    unsigned next_peer;
    struct line *lines[WORLD_LINES_MAX];
    size_t line_count;
    struct answer answers[WORLD_ANSWERS_MAX]; /* not taken yet */
    size_t answer_count;
};

void world_start(struct world *w, size_t sessions_max, size_t requests_max);
/* The broker is started again on the same log; its connections must say Hello anew. */
void world_restart(struct world *w);
/* The broker is started again with a quota; its connections must say Hello anew. */
void world_use_quota(struct world *w, uint64_t rate_max, uint64_t kib_max);
/* From here on the broker has witness heads. */
void world_use_witnesses(struct world *w);
void world_end(struct world *w);
void world_turn(struct world *w);

/* An invite, and the keys to it. */
void world_invite(struct world *w, struct actor *a, const char *code, enum wire_role role);
/* Invite and enrolment straight into the log. */
void world_enrol(struct world *w, struct actor *a, const char *code, enum wire_role role);
/* The actor's statement straight into the log. */
void world_say(struct world *w, struct actor *a, uint32_t kind, const char *to,
               struct bytes payload);
/* A new key pair and the next epoch's enrol statement, under the actor's present invite. */
void world_enrol_statement(struct world *w, struct actor *a, struct buf *statement,
                           uint8_t signature[64]);
/* The same signed by the key it has, instead of an invite. */
void world_rotate_statement(struct world *w, struct actor *a, struct buf *statement,
                            uint8_t signature[64]);
uint64_t world_size(struct world *w);

/* The actor's next statement, signed; the actor moves on. */
void world_write(struct world *w, struct actor *a, uint32_t kind, const char *to,
                 struct bytes payload, struct buf *statement, uint8_t signature[64]);

/* A connection of this party's key (its epoch now), without Hello. `line` must outlive the world.
 */
void world_connect(struct world *w, struct line *line, const char *user);
void world_connect_as(struct world *w, struct line *line, const struct actor *a);
/* With Hello and a checked Welcome. */
void world_join(struct world *w, struct line *line, const struct actor *a);

/* Requests; each returns its id. Nothing is answered before world_turn. */
uint64_t world_send(struct world *w, struct line *line, struct wire_to_broker *m);
void world_send_bytes(struct world *w, struct line *line, const void *data, size_t size);
uint64_t world_hello(struct world *w, struct line *line, const char *note);
uint64_t world_submit(struct world *w, struct line *line, const struct buf *statement,
                      const uint8_t signature[64]);
uint64_t world_fetch(struct world *w, struct line *line, enum wire_scope scope, uint64_t from,
                     uint32_t wait_ms);

/* The answer to this request, taken out; NULL when there is none. Its head, if any, is checked
 * against the newest of this line. */
struct wire_from_broker *world_answer(struct world *w, struct line *line, uint64_t id);
/* The same in short forms, which free the answer: the error code (0: no error or no answer). */
uint32_t world_error(struct world *w, struct line *line, uint64_t id);

/* Submits one statement in a turn of its own; the refusal code, 0 when it was accepted (*ret_index,
 * may be NULL); its class is checked. −1: no answer of this kind. */
int world_try(struct world *w, struct line *line, const struct buf *statement,
              const uint8_t signature[64], uint64_t *ret_index);

#endif
