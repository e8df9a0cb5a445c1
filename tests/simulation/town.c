/* The happy path: town_new enrols everybody by hand, the office says who the units are and what is
 * asked of them, and town_pass moves the clock. What may fail is the machine the test runs on: that
 * aborts. What the town does wrong is counted in `wrong` or left for the checkers. */
#include "town.h"

#include "base/file.h"
#include "folder.h"
#include "office-service/state.h"
#include "office-service/verdict_row.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLICE_MS 250
#define CLOCK_SLACK_MS (10 * 60 * 1000) /* twice what the guard lets pass, each way */

const char *const town_components[TOWN_COMPONENTS] = {"1", "2", "3", "4"};

static void must(enum ng_err e, const char *what)
{
    if (e != NG_OK) {
        (void)fprintf(stderr, "town: %s: %s\n", what, err_explain(e));
        abort();
    }
}

static void must_do(bool done, const char *what)
{
    must(done ? NG_OK : err_set(NG_ERR_IO, "failed"), what);
}

/* ---- The office ---- */

static enum ng_err office_position(void *context, struct tree_edge *ret_edge)
{
    struct town *t = context;
    const struct party_reader *inner = mirror_reader(t->mirror);
    return inner->position(inner->context, ret_edge);
}

static void next_folder(struct town *t, const char *name, char ret[300])
{
    char path[300];
    (void)snprintf(path, sizeof(path), "%s/%s-%u", t->folder, name, ++t->generation);
    memcpy(ret, path, sizeof(path));
}

/* The next folder of the office: what the disk holds at this moment. */
static void copy_office(struct town *t)
{
    struct world_party *p = &t->w->parties[0];
    char next[300];
    next_folder(t, "office", next);
    must_do(folder_copy(p->folder, next), "copy the office");
    memcpy(p->folder, next, sizeof(next));
    p->parted = true; /* what the dying process still does goes nowhere */
    t->office_dark = true;
}

static enum ng_err office_apply(void *context, const struct bytes *leaves, size_t count,
                                const struct tree_edge *edge_after, const struct note_head *head)
{
    struct town *t = context;
    const struct party_reader *inner = mirror_reader(t->mirror);
    const enum ng_err e = inner->apply(inner->context, leaves, count, edge_after, head);
    if (!e && t->cut_after_batches > 0 && --t->cut_after_batches == 0) {
        copy_office(t);
    }
    return e;
}

static void start_office(struct town *t)
{
    must(mirror_open(t->w->parties[0].folder, MIRROR_MADE_UP, &t->mirror), "mirror");
    must(mirror_catch_up(t->mirror), "mirror");
    t->pump = (struct pump){0};
    t->reader = (struct party_reader){t, office_position, office_apply, NULL};
    t->w->parties[0].reader = &t->reader;
    t->w->parties[0].parted = false;
    t->office_dark = false;
    world_start(t->w, 0);
}

static void stop_office(struct town *t)
{
    world_kill(t->w, 0);
    mirror_close(&t->mirror);
}

void town_restart_office(struct town *t, bool old_state)
{
    char state[310];
    if (!t->office_dark) {
        copy_office(t);
    }
    stop_office(t);
    (void)snprintf(state, sizeof(state), "%s/state", t->w->parties[0].folder);
    if (old_state && t->kept_state[0] != '\0') {
        must_do(folder_remove(state) && folder_copy(t->kept_state, state), "old state");
        t->seen.rollbacks++;
    }
    start_office(t);
}

void town_keep_state(struct town *t)
{
    char state[310];
    (void)snprintf(state, sizeof(state), "%s/state", t->w->parties[0].folder);
    next_folder(t, "state", t->kept_state);
    must_do(folder_copy(state, t->kept_state), "keep the state");
}

void town_cut_office(struct town *t, uint64_t batches)
{
    t->cut_after_batches = batches;
    t->seen.office_cuts++;
}

static void run_pump(struct town *t)
{
    size_t count = 0;
    if (t->office_dark) {
        town_restart_office(t, rng_below(&t->rng, 3) == 0);
        return;
    }
    must(
        pump_turn(&t->pump, t->mirror, t->w->parties[0].party, world_time(t->w, 0).wall_ms, &count),
        "pump");
    if (count > 0) {
        world_look(t->w, 0);
    }
}

/* ---- The broker ---- */

void town_stop_broker(struct town *t)
{
    t->w->broker_down = true;
    for (size_t n = 0; n < t->w->party_count; n++) {
        world_cut(t->w, n);
    }
    t->broker_back_at = t->w->now + 1 + (int64_t)rng_below(&t->rng, 60000);
}

void town_start_broker(struct town *t)
{
    /* A clock that is ahead when the machine starts is beyond what a guard can know; one behind is
     * noticed only as far as it is behind the last leaf. */
    if (t->w->broker_clock_ms > 0) {
        t->w->broker_clock_ms = 0;
    }
    t->behind_ms = t->w->broker_clock_ms < t->behind_ms ? t->w->broker_clock_ms : t->behind_ms;
    t->w->broker.restart(t->w->broker.self, world_time(t->w, t->w->party_count));
    t->w->broker_down = false;
    t->broker_back_at = 0;
}

void town_cut_broker(struct town *t, uint64_t answers)
{
    if (!t->w->broker_down) {
        backend_desk_cut_power(&t->w->broker, answers);
        t->seen.cuts++;
    }
}

static void look_after_broker(struct town *t)
{
    if (backend_desk_is_dark(&t->w->broker) && !t->w->broker_down) {
        town_stop_broker(t);
    } else if (t->w->broker_down && t->w->now >= t->broker_back_at) {
        town_start_broker(t);
    }
}

/* A clock that jumped must not be in the log: the guard stands before the ledger. */
static void check_times(struct town *t)
{
    struct buf bytes = BUF_INIT(LEAF_SIZE_MAX);
    struct backend *b = &t->w->broker;
    const uint64_t count = t->w->broker_down ? t->times_checked : b->count(b->self);
    for (; t->times_checked < count; t->times_checked++) {
        struct leaf leaf;
        b->leaf(b->self, t->times_checked, &bytes);
        must(leaf_decode(buf_bytes(&bytes), &leaf), "leaf");
        const int64_t off = (int64_t)leaf.received_at - (WORLD_WALL_START + t->w->now);
        const bool early = off < t->behind_ms - CLOCK_SLACK_MS && leaf.received_at > 1;
        if (off > CLOCK_SLACK_MS || early) {
            (void)fprintf(stderr, "leaf %llu was received %lld s off\n",
                          (unsigned long long)t->times_checked, (long long)(off / 1000));
            t->wrong++;
        }
    }
    buf_fini(&bytes);
}

/* ---- Time ---- */

void town_pass(struct town *t, int64_t ms)
{
    const int64_t until = t->w->now + ms;
    do {
        const int64_t left = until - t->w->now;
        world_pass(t->w, left < SLICE_MS ? left : SLICE_MS);
        check_times(t);
        look_after_broker(t);
        run_pump(t);
    } while (t->w->now < until);
}

bool town_is_muted(const struct town *t, size_t n)
{
    const struct exchange *x = t->w->parties[n].exchange;
    return x != NULL && exchange_uplink(x)->mute != UPLINK_SPEAKS;
}

/* Nothing to judge, nothing to say, the whole log folded. */
static bool office_is_settled(struct town *t, uint64_t size)
{
    struct mirror_view v;
    struct state_meta meta;
    uint64_t owed = 0;
    must(mirror_view_begin(t->mirror, &v), "view");
    must(state_meta_get(mirror_view_state(&v), &meta), "meta");
    const bool nothing = verdict_row_owed(mirror_view_state(&v), 0, &owed) == NG_ERR_NOT_FOUND;
    mirror_view_end(&v);
    return nothing && meta.applied == size && world_status(t->w, 0).outbox == 0;
}

static bool is_settled(struct town *t)
{
    const uint64_t size = t->w->broker.count(t->w->broker.self);
    bool settled = !t->office_dark && office_is_settled(t, size);
    for (size_t n = 1; n < t->w->party_count && settled; n++) {
        const struct party_status s = world_status(t->w, n);
        settled = (s.outbox == 0 || town_is_muted(t, n)) && s.inbox_next >= size;
    }
    return settled;
}

bool town_settle(struct town *t, int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += 2000) {
        if (!t->w->broker_down && is_settled(t)) {
            return true;
        }
        town_pass(t, 2000);
    }
    return false;
}

/* ---- Copies of folders ---- */

void town_back_up(struct town *t, size_t n)
{
    next_folder(t, "backup", t->backup[n]);
    must_do(folder_copy(t->w->parties[n].folder, t->backup[n]), "back up");
}

void town_restore(struct town *t, size_t n)
{
    if (t->backup[n][0] == '\0') {
        return;
    }
    world_kill(t->w, n);
    memcpy(t->w->parties[n].folder, t->backup[n], sizeof(t->backup[n]));
    t->backup[n][0] = '\0';
    t->copied[n] = true;
    t->seen.restores++;
    world_start(t->w, n);
}

void town_add_copy(struct town *t, size_t n)
{
    if (t->backup[n][0] == '\0' || t->w->party_count == 1 + TOWN_UNITS + TOWN_COPIES) {
        return;
    }
    const size_t copy = world_add_copy(t->w, n, t->backup[n]);
    t->backup[n][0] = '\0';
    t->was_bent[copy] = t->was_bent[n]; /* the alarm lies in the folder */
    t->seen.copies++;
    for (size_t i = 1; i <= copy; i++) {
        t->copied[i] = t->copied[i] || strcmp(t->w->parties[i].code, t->w->parties[n].code) == 0;
    }
    world_start(t->w, copy);
}
