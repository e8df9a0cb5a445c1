/* nganam-broker as a child process on a free port, and a client of it that holds the slip that init
 * printed. Every wait has a bound; what must hold ends the case. */
#ifndef NGANAM_TESTS_BROKER_PROGRAM_H
#define NGANAM_TESTS_BROKER_PROGRAM_H

#include "harness.h"
#include "ledger/ledger.h"
#include "net/net_client.h"
#include "party/slip.h"
#include "proto/wire_queue.h"

#include <jansson.h>

#define PROGRAM NGANAM_BINARY_DIR "/bin/nganam-broker"
#define OUTPUT_MAX 65536

struct broker {
    char folder[256];
    struct slip slip; /* the office's */
    pid_t child;
    char endpoint[256];
};

/* Runs a command to its end; its stdout into `output` (OUTPUT_MAX); returns the exit status. */
int program_run(char *output, const char *const *words);
#define RUN(output, b, ...)                                                                        \
    program_run(output, (const char *const[]){PROGRAM, "--lang", "en", "--data", (b)->folder,      \
                                              __VA_ARGS__, NULL})

/* init in a fresh folder; the slip is read from what it printed. */
void program_make(struct broker *b);
void program_read_made(struct broker *b, const char *output);
/* serve, until it is ready; then by signal to its end: the exit status, −1 when it was killed. */
void program_serve(struct broker *b);
int program_stop(const struct broker *b, int signal_number);

/* A client: waits until it is no longer connecting; one request and its answer, to be destroyed; a
 * connection under the slip after Hello, to be closed. */
enum net_client_state program_settle(struct net_client *c);
struct wire_from_broker *program_ask(struct net_client *c, struct wire_to_broker *m);
struct net_client *program_enter(const struct broker *b);

/* The office's enrol statement under the slip, with a key of its own. */
void program_write_enrol(const struct broker *b, struct buf *statement, uint8_t signature[64]);
/* Submits it; the refusal's code, 0 when it was accepted. */
uint32_t program_refusal_of(struct net_client *c, const struct buf *statement,
                            const uint8_t signature[64]);
/* A leaf that is ahead: as if the machine had run with a wrong clock. No broker may run. */
void program_write_ahead(const struct broker *b, uint64_t minutes);

#endif
