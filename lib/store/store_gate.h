/* The gate before a store's map: transactions pass it, and whoever changes the map's size closes it
 * and waits until all are out. For lib/store alone. */
#ifndef NGANAM_STORE_STORE_GATE_H
#define NGANAM_STORE_STORE_GATE_H

#include <pthread.h>
#include <stdbool.h>

/* One transaction inside; lies in the caller's own struct. */
struct store_gate_guest {
    pthread_t thread;
    struct store_gate_guest *next;
};

struct store_gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct store_gate_guest *inside;
    bool closed;
};

void store_gate_init(struct store_gate *g);
void store_gate_fini(struct store_gate *g); /* CHECK: nobody is inside */

/* Waits while the gate is closed. CHECK: this thread is not inside already, for it would wait for
 * itself when the map must grow. leave may be called by any thread. */
void store_gate_enter(struct store_gate *g, struct store_gate_guest *guest);
void store_gate_leave(struct store_gate *g, const struct store_gate_guest *guest);

/* Closes and waits until all are out; false after wait_ms, and then the gate is open again. */
bool store_gate_close(struct store_gate *g, int wait_ms);
void store_gate_open(struct store_gate *g);

#endif
