/* What an agent and the services cost when nothing happens: a ward's PC is old and runs other
 * things.
 *
 * Wake-ups are voluntary switches of all threads. Heartbeats alone make 12 a minute: each side asks
 * the other every 15 seconds (lib/net), so that an agent's I/O thread wakes for its own timer, for
 * the answer to what it asked, and for what the broker asks, four times a minute each. */
#include "bench/town.h"

#include <stdio.h>
#include <unistd.h>

#define SETTLE_S 3u

static void look(const struct bench_options *o, const char *name, pid_t pid, struct bench_report *r)
{
    char figure[64];
    const uint64_t switches = process_switches(pid);
    const uint64_t cpu = process_cpu_us(pid);
    (void)sleep(o->seconds);
    const double minutes = o->seconds / 60.0;
    const struct process_memory memory = process_memory(pid);
    (void)snprintf(figure, sizeof(figure), "%s: private dirty memory", name);
    bench_report_one(r, figure, "MiB", memory.dirty / 1048576);
    (void)snprintf(figure, sizeof(figure), "%s: private clean memory", name);
    bench_report_one(r, figure, "MiB", memory.clean / 1048576);
    (void)snprintf(figure, sizeof(figure), "%s: wake-ups a minute", name);
    bench_report_one(r, figure, "", (double)(process_switches(pid) - switches) / minutes);
    (void)snprintf(figure, sizeof(figure), "%s: CPU a minute", name);
    bench_report_one(r, figure, "ms", (double)(process_cpu_us(pid) - cpu) / 1e3 / minutes);
}

bool bench_agent(const struct bench_options *o, struct bench_report *r)
{
    struct town t;
    struct process agent = {0};
    char unit[17];
    char data[TOWN_PATH_SIZE];
    char log[TOWN_PATH_SIZE];
    char path[4096];
    if (!town_make(1, 1, &t)) {
        return false;
    }
    town_unit(1, unit);
    town_data(&t, unit, data);
    town_data(&t, "agent.log", log);
    process_program("agent", path);
    const char *argv[] = {path, "serve", "--data", data, NULL};
    const bool good = town_serve_office(&t) && process_start(argv, log, &agent);
    if (good) {
        (void)sleep(SETTLE_S);
        bench_report_note_u64(r, "watched_s", o->seconds);
        bench_report_note(r, "sync", BENCH_SYNC_OFFICE);
        look(o, "agent", agent.pid, r);
        look(o, "broker", t.broker.pid, r);
        look(o, "office", t.office.pid, r);
    }
    process_stop(&agent);
    town_destroy(&t);
    return good;
}
