/* The idea: whoever gets DATA/fold.lock is the writer for as long as it needs; everybody else
 * nudges the writer and watches the store. A waiting command tries the lock again about once a
 * second, so that it takes over when the writer has gone. The happy path beside a service: author,
 * wake, see the applied index pass. What may fail: the broker is not reached in time; then what was
 * authored stays in the outbox and the person is told so. */
#include "office-service/office.h"

#include "base/file.h"
#include "base/lang.h"
#include "party/alarm_tell.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MS_MIN 10
#define PAUSE_MS_MAX 200
#define NUDGE_MS 1000

/* ---- Opening ---- */

static enum ng_err lock_state(const char *folder, int *ret_fd)
{
    char *path = file_join(folder, "fold.lock");
    enum ng_err err = path ? file_lock(path, false, ret_fd) : err_plain(NG_ERR_NOMEM);
    free(path);
    return err;
}

/* Back to reading, so that another process may write. */
static enum ng_err give_state(struct office *o)
{
    mirror_close(&o->mirror);
    file_unlock(&o->fold_lock);
    o->writing = false;
    return mirror_open(o->folder, MIRROR_READ, &o->mirror);
}

/* A state for a folder that has none this program can read: after init was interrupted, state/ was
 * removed, or the program was replaced by one that lays it out in another way. */
static enum ng_err make_state(struct office *o)
{
    enum ng_err err = office_take_state(o);
    return err ? err : give_state(o);
}

enum ng_err office_open(const char *folder, struct office *ret)
{
    *ret = (struct office){.folder = folder, .fold_lock = -1};
    enum ng_err err = party_open(folder, &ret->party);
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(err, _("%s: nobody is set up here; run nganam-office init first"), folder);
    }
    if (!err) {
        err = alarm_tell(ret->party);
    }
    if (!err) {
        err = mirror_open(folder, MIRROR_READ, &ret->mirror);
        if (err == NG_ERR_NOT_FOUND) {
            err = make_state(ret);
        }
    }
    if (err) {
        office_close(ret);
    }
    return err;
}

void office_close(struct office *o)
{
    mirror_close(&o->mirror);
    party_close(&o->party);
    if (o->writing) {
        file_unlock(&o->fold_lock);
    }
    o->writing = false;
}

enum ng_err office_take_state(struct office *o)
{
    enum ng_err err = lock_state(o->folder, &o->fold_lock);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("%s is in use by another nganam-office: stop its serve first"),
                       o->folder);
    }
    if (err) {
        return err;
    }
    o->writing = true;
    mirror_close(&o->mirror); /* an environment is opened once a process */
    return mirror_open(o->folder, MIRROR_WRITE, &o->mirror);
}

enum ng_err office_role(struct office *o, enum wire_role *ret)
{
    struct mirror_view v;
    struct state_party party;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = state_party_get(mirror_view_state(&v), party_identity(o->party)->party.text, &party);
    mirror_view_end(&v);
    *ret = err ? WIRE_ROLE_NONE : party.role;
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* Folds what a rebuild that was broken off left: what is compared with half a state would be
 * refused as unknown. */
static enum ng_err catch_up(struct office *o)
{
    bool behind;
    enum ng_err err = mirror_is_behind(o->mirror, &behind);
    if (err || !behind) {
        return err;
    }
    err = office_take_state(o);
    if (err == NG_ERR_BUSY) {
        return err_set(err, _("the state in %s is being folded again: wait until that is done"),
                       o->folder);
    }
    err = err ? err : mirror_catch_up(o->mirror);
    return err ? err : give_state(o);
}

enum ng_err office_must_write(struct office *o)
{
    enum wire_role role;
    enum ng_err err = catch_up(o);
    err = err ? err : office_role(o, &role);
    if (!err && role == WIRE_ROLE_NONE) {
        err = office_settle(o, 0, OFFICE_TIMEOUT_S * 1000);
        if (!err) {
            err = office_role(o, &role);
        }
    }
    if (!err && role != WIRE_ROLE_OFFICE) {
        err = err_set(NG_ERR_REFUSED, _("only the office may do this; here is %s, who only reads"),
                      party_identity(o->party)->party.text);
    }
    return err;
}

/* ---- Settling ---- */

struct settling {
    struct office *office;
    uint64_t seq;
    bool connected;
    enum ng_err err; /* met while looking */
};

enum ng_err office_own_index(struct office *o, uint64_t seq, uint64_t *ret)
{
    struct party_own own;
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf receipt = BUF_INIT(RECEIPT_SIZE_MAX);
    enum ng_err err = party_own_get(o->party, seq, &own, &statement, &receipt);
    buf_fini(&statement);
    buf_fini(&receipt);
    if (!err && !own.delivered) {
        return err_plain(NG_ERR_AGAIN);
    }
    if (!err) {
        *ret = own.index;
    }
    return err;
}

static enum ng_err is_settled(struct settling *s, bool *ret)
{
    struct party_status status;
    struct mirror_view v;
    struct state_meta meta;
    *ret = false;
    enum ng_err err = party_status(s->office->party, &status);
    if (err || status.delivered < s->seq) {
        return err;
    }
    err = mirror_view_begin(s->office->mirror, &v);
    if (err) {
        return err;
    }
    err = state_meta_get(mirror_view_state(&v), &meta);
    mirror_view_end(&v);
    if (err || s->seq == 0) {
        *ret = !err && s->connected && meta.applied >= status.head.size;
        return err;
    }
    uint64_t index = 0;
    err = office_own_index(s->office, s->seq, &index);
    *ret = !err && meta.applied > index;
    return err == NG_ERR_AGAIN ? NG_OK : err;
}

static bool settled_now(void *context)
{
    struct settling *s = context;
    bool settled = false;
    s->err = is_settled(s, &settled);
    return settled || s->err;
}

static void note_connected(void *context)
{
    struct settling *s = context;
    s->connected = true;
}

/* We hold the fold lock. */
static enum ng_err run_alone(struct settling *s, int64_t timeout_ms)
{
    enum ng_err err = mirror_catch_up(s->office->mirror);
    if (err) {
        return err;
    }
    const struct party_run run = {.reader = mirror_reader(s->office->mirror),
                                  .timeout_ms = timeout_ms,
                                  .stop_fd = -1,
                                  .done = settled_now,
                                  .done_context = s,
                                  .ready = note_connected};
    err = party_run(s->office->party, &run);
    return err ? err : s->err;
}

/* Another process writes the state: nudge it, and look for about a second. */
static enum ng_err watch(struct settling *s, struct mono until, bool *ret_settled)
{
    int pause_ms = PAUSE_MS_MIN;
    const struct mono nudge = clock_after(clock_mono(), NUDGE_MS);
    party_wake(s->office->folder);
    while (clock_between_ms(clock_mono(), nudge) > 0) {
        enum ng_err err = is_settled(s, ret_settled);
        if (err || *ret_settled) {
            return err;
        }
        if (clock_between_ms(clock_mono(), until) <= 0) {
            return err_set(NG_ERR_PEER,
                           _("the broker did not answer in time: what was written is safe and "
                             "will be sent by nganam-office serve"));
        }
        (void)poll(NULL, 0, pause_ms);
        pause_ms = pause_ms * 2 < PAUSE_MS_MAX ? pause_ms * 2 : PAUSE_MS_MAX;
    }
    return NG_OK;
}

enum ng_err office_settle(struct office *o, uint64_t seq, int64_t timeout_ms)
{
    struct settling s = {.office = o, .seq = seq};
    const struct mono until = clock_after(clock_mono(), timeout_ms);
    for (;;) {
        bool settled = false;
        enum ng_err err = o->writing ? NG_OK : office_take_state(o);
        if (!err) {
            int64_t left = clock_between_ms(clock_mono(), until);
            err = run_alone(&s, left > 0 ? left : 0);
            settled = !err;
            enum ng_err given = give_state(o);
            err = err ? err : given;
        }
        if (err == NG_ERR_BUSY) { /* a service, or another command */
            s.connected = true;
            err = watch(&s, until, &settled);
        }
        if (err || settled) {
            return err;
        }
    }
}
