/* Rounds.
 *
 * Happy path of a file sent: ask how much the broker has (a Put of no bytes), send pieces from
 * there, each after the answer to the one before, until the broker says that it has all of it on
 * disk; then it waits no more. Of a file fetched: pieces from where the part here ends, until the
 * blob is whole and its hash right.
 *
 * Failures: what concerns one file (refused, not there yet, damaged here) leaves it waiting and is
 * told; the others go on. What concerns the line ends the round. Only one process makes rounds at a
 * time (DATA/evidence.lock).
 */
#include "party/courier.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"
#include "party/alarm.h"
#include "party/put.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MS_MIN 200
#define PAUSE_MS_MAX 5000

struct round {
    struct blob_folder *blobs;
    struct ask ask;
    bool open;
    struct party *party;
    const struct identity *identity;
    struct mono deadline;
    int stop_fd;
    struct courier_outcome *outcome;
};

enum ng_err courier_open_blobs(const char *folder, struct blob_folder **ret)
{
    /* What one file may have is the broker's to say; here it is what a person can still handle. */
    static const struct blob_limits limits = {BLOB_CONTENT_MAX, 0, 0};
    char *path = file_join(folder, "evidence");
    enum ng_err e = path ? blob_open(path, &limits, ret) : err_set(NG_ERR_NOMEM, "%s", folder);
    free(path);
    return e;
}

enum ng_err courier_open_there(const char *folder, struct blob_folder **ret)
{
    char *path = file_join(folder, "evidence");
    const bool there = path && file_exists(path);
    const bool no_memory = !path;
    free(path);
    if (no_memory) {
        return err_set(NG_ERR_NOMEM, "%s", folder);
    }
    return there ? courier_open_blobs(folder, ret) : err_plain(NG_ERR_NOT_FOUND);
}

/* ---- The line ---- */

static enum ng_err open_line(struct round *r)
{
    enum ng_err e = NG_OK;
    if (!r->open) {
        e = ask_open_plain(&r->ask, r->identity, r->stop_fd, put_answer_by(r->deadline));
        r->open = !e;
    }
    return e;
}

/* One request and its answer; a wire error is no error here but *ret_error. */
static enum ng_err request(struct round *r, struct wire_to_broker *m, enum wire_from_kind kind,
                           struct wire_from_broker **ret, uint32_t *ret_error)
{
    *ret = NULL;
    *ret_error = 0;
    enum ng_err e = open_line(r);
    if (!e) {
        r->ask.deadline = put_answer_by(r->deadline);
        e = ask_request(&r->ask, m, kind, ret);
    }
    if (e && r->open && r->ask.error) {
        *ret_error = r->ask.error;
        return NG_OK;
    }
    return e;
}

static enum ng_err note(struct round *r, const char *why)
{
    (void)snprintf(r->outcome->why, sizeof(r->outcome->why), "%s", why);
    return err_plain(NG_ERR_NOT_FOUND);
}

/* The file stays waiting (NG_ERR_NOT_FOUND), or the round ends (another error). */
static enum ng_err judge(struct round *r, uint32_t error)
{
    return put_is_about_the_file(error)
               ? note(r, wire_error_text(error))
               : err_set(NG_ERR_PEER, _("the broker refuses: %s"), wire_error_text(error));
}

/* ---- Sending ---- */

/* A put's read: from this machine's copy. */
static enum ng_err read_blob(void *context, const struct put *p, uint64_t offset, size_t max,
                             struct buf *to)
{
    return blob_read(context, &p->id, offset, max, to);
}

struct erased {
    const struct hash *id;
    const char *words;
};

static enum ng_err add_erased(struct store_txn *t, void *context)
{
    const struct erased *x = context;
    char text[ALARM_TEXT_MAX];
    struct buf hex = BUF_INIT(2 * HASH_SIZE + 1);
    enum ng_err e = bytes_hex(&hex, x->id->bytes, HASH_SIZE);
    if (e) {
        buf_fini(&hex);
        return e;
    }
    (void)snprintf(text, sizeof(text),
                   _("the broker has erased the evidence file %s and shows it to nobody (it says: "
                     "%s): if nobody here asked for that, tell the office; the copy on this "
                     "machine stays"),
                   buf_text(&hex), x->words);
    buf_fini(&hex);
    return alarm_add(t, clock_wall_ms(), text, (struct bytes){NULL, 0}, NULL);
}

/* It is not there and will not be: a person is told, and it waits no more. */
static enum ng_err tell_erased(struct round *r, const struct hash *id,
                               const struct put_outcome *outcome)
{
    struct erased x = {id, outcome->words};
    enum ng_err e = store_write(party_store(r->party), add_erased, &x);
    if (!e) {
        e = blob_wait_remove(r->blobs, id);
    }
    return e ? e : note(r, wire_error_text(WIRE_ERROR_ERASED));
}

static enum ng_err put(struct round *r, const struct hash *id, uint64_t size)
{
    const struct put p = {.id = *id, .size = size, .read = read_blob, .context = r->blobs};
    struct put_outcome outcome;
    enum ng_err e = open_line(r);
    if (!e) {
        e = put_send(&r->ask, r->deadline, &p, &outcome);
    }
    if (!e && outcome.erased) {
        return tell_erased(r, id, &outcome);
    }
    return e == NG_ERR_REFUSED && r->open ? note(r, wire_error_text(outcome.error)) : e;
}

static enum ng_err send_one(struct round *r, const struct hash *id)
{
    struct blob_info i;
    enum ng_err e = blob_check(r->blobs, id, &i);
    if (!e && i.state == BLOB_THERE) {
        e = put(r, id, i.size);
    } else if (!e && i.state != BLOB_ERASED) {
        e = note(r, i.state == BLOB_ALTERED ? _("the copy on this machine was altered")
                                            : _("the copy on this machine is gone"));
    }
    return e ? e : blob_wait_remove(r->blobs, id);
}

/* ---- Fetching ---- */

static enum ng_err get(struct round *r, const struct hash *id, uint64_t offset,
                       struct wire_from_broker **ret, uint32_t *ret_error)
{
    struct wire_to_broker m = {.kind = WIRE_GET};
    memcpy(m.u.get.id, id->bytes, HASH_SIZE);
    m.u.get.offset = offset;
    return request(r, &m, WIRE_BLOB, ret, ret_error);
}

static enum ng_err keep(struct round *r, const struct hash *id, const struct wire_from_broker *m,
                        bool replace, uint64_t *have)
{
    const struct blob_piece piece = {.id = *id,
                                     .replace = replace,
                                     .size = m->u.blob.size,
                                     .offset = m->u.blob.offset,
                                     .bytes = m->u.blob.bytes,
                                     .now_ms = clock_wall_ms()};
    enum blob_answer answer = BLOB_TAKEN;
    const uint64_t before = *have;
    enum ng_err e = blob_put(r->blobs, &piece, &answer, have);
    if (!e && answer != BLOB_TAKEN) {
        return note(r, answer == BLOB_BAD_HASH ? _("what the broker gave is not what was cited")
                                               : _("what the broker gave is not taken here"));
    }
    return !e && *have <= before ? note(r, _("the broker gives nothing more of a file")) : e;
}

static enum ng_err fetch_pieces(struct round *r, const struct hash *id, bool replace, uint64_t have)
{
    uint64_t size = UINT64_MAX;
    enum ng_err e = NG_OK;
    while (!e && have < size) {
        struct wire_from_broker *m = NULL;
        uint32_t error = 0;
        e = get(r, id, have, &m, &error);
        if (!e && error == WIRE_ERROR_ERASED) {
            return blob_erase(r->blobs, id, _("erased at the broker"), clock_wall_ms());
        }
        if (!e && error == WIRE_ERROR_RANGE) { /* the part here is of nothing the broker has */
            have = 0;
            e = blob_drop_part(r->blobs, id);
            continue;
        }
        if (!e) {
            e = error ? judge(r, error) : keep(r, id, m, replace, &have);
        }
        if (!e) {
            size = m->u.blob.size;
        }
        wire_from_broker_destroy(&m);
    }
    return e;
}

static enum ng_err fetch_one(struct round *r, const struct hash *id)
{
    struct blob_info i;
    enum ng_err e = blob_check(r->blobs, id, &i);
    if (!e && i.state != BLOB_THERE && i.state != BLOB_ERASED) {
        e = fetch_pieces(r, id, i.state == BLOB_ALTERED, i.state == BLOB_PART ? i.have : 0);
    }
    return e ? e : blob_wait_remove(r->blobs, id);
}

/* ---- A round ---- */

static enum ng_err move_all(struct round *r, enum courier_way way, const struct hash *ids,
                            size_t count)
{
    enum ng_err e = NG_OK;
    for (size_t i = 0; !e && i < count; i++) {
        e = way == COURIER_SEND ? send_one(r, &ids[i]) : fetch_one(r, &ids[i]);
        if (!e) {
            r->outcome->moved++;
            r->outcome->waiting--;
        }
        e = e == NG_ERR_NOT_FOUND ? NG_OK : e;
    }
    return e;
}

enum ng_err courier_list(struct blob_folder *b, struct hash **ret, size_t *ret_count)
{
    size_t count = 0, again = 0;
    enum ng_err e = blob_wait_list(b, NULL, 0, &count);
    *ret = NULL;
    *ret_count = 0;
    if (e || !count) {
        return e;
    }
    *ret = calloc(count, sizeof(**ret));
    if (!*ret) {
        return err_set(NG_ERR_NOMEM, "%s", _("evidence"));
    }
    e = blob_wait_list(b, *ret, count, &again);
    *ret_count = again < count ? again : count;
    return e;
}

static enum ng_err lock(const char *folder, int *ret_fd)
{
    char *path = file_join(folder, "evidence.lock");
    enum ng_err e = path ? file_lock(path, false, ret_fd) : err_set(NG_ERR_NOMEM, "%s", folder);
    free(path);
    return e;
}

enum ng_err courier_round(struct party *p, enum courier_way way, struct mono deadline, int stop_fd,
                          struct courier_outcome *ret)
{
    struct round r = {.party = p,
                      .identity = party_identity(p),
                      .deadline = deadline,
                      .stop_fd = stop_fd,
                      .outcome = ret};
    struct hash *ids = NULL;
    size_t count = 0;
    int fd = -1;
    *ret = (struct courier_outcome){0};
    enum ng_err e = courier_open_there(party_folder(p), &r.blobs);
    if (e == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (!e) {
        e = courier_list(r.blobs, &ids, &count);
    }
    ret->waiting = count;
    if (!e && count) {
        e = lock(party_folder(p), &fd);
    }
    if (!e && count) {
        e = move_all(&r, way, ids, count);
    }
    if (r.open) {
        ask_close(&r.ask);
    }
    file_unlock(&fd);
    free(ids);
    blob_close(&r.blobs);
    return e;
}

enum ng_err courier_deliver(struct party *p, int64_t timeout_ms, struct courier_outcome *ret)
{
    const struct mono until = clock_after(clock_mono(), timeout_ms);
    int64_t pause_ms = PAUSE_MS_MIN;
    size_t moved = 0;
    for (;;) {
        enum ng_err e = courier_round(p, COURIER_SEND, until, -1, ret);
        moved += ret->moved;
        ret->moved = moved;
        if (!ret->waiting || (e && e != NG_ERR_BUSY && e != NG_ERR_PEER)) {
            return e;
        }
        if (!e && ret->why[0]) {
            return err_set(NG_ERR_REFUSED, "%s", ret->why);
        }
        if (clock_between_ms(clock_mono(), until) <= pause_ms) {
            return e == NG_ERR_PEER ? e : err_plain(NG_ERR_PEER);
        }
        (void)poll(NULL, 0, (int)pause_ms);
        pause_ms = pause_ms * 2 < PAUSE_MS_MAX ? pause_ms * 2 : PAUSE_MS_MAX;
    }
}

enum ng_err courier_waiting(const char *folder, size_t *ret_count, uint64_t *ret_bytes)
{
    struct blob_folder *b = NULL;
    struct hash *ids = NULL;
    enum ng_err e = courier_open_there(folder, &b);
    *ret_count = 0;
    *ret_bytes = 0;
    if (e == NG_ERR_NOT_FOUND) {
        return NG_OK;
    }
    if (!e) {
        e = courier_list(b, &ids, ret_count);
    }
    for (size_t i = 0; !e && i < *ret_count; i++) {
        struct blob_info info;
        e = blob_find(b, &ids[i], &info);
        *ret_bytes += e ? 0 : info.size;
    }
    free(ids);
    blob_close(&b);
    return e;
}

enum ng_err courier_fetch(struct party *p, const struct hash *id, struct mono deadline)
{
    struct courier_outcome outcome = {0};
    struct round r = {.party = p,
                      .identity = party_identity(p),
                      .deadline = deadline,
                      .stop_fd = -1,
                      .outcome = &outcome};
    int fd = -1;
    enum ng_err e = courier_open_blobs(party_folder(p), &r.blobs);
    if (!e) {
        e = lock(party_folder(p), &fd);
    }
    if (!e) {
        e = fetch_one(&r, id);
    }
    if (e == NG_ERR_NOT_FOUND) {
        (void)err_set(e, "%s", outcome.why);
    }
    if (r.open) {
        ask_close(&r.ask);
    }
    file_unlock(&fd);
    blob_close(&r.blobs);
    return e;
}
