/* Happy path: a first pass hashes every blob in the file, so that a damaged one is refused before
 * anything is sent; then each goes to the broker on a connection of its own, named by the author's
 * statement that cites it, and the log's signature that it is stored comes back. An upload that
 * breaks off goes on where it ended: the broker knows how much it has. */
#include "party/carry_files.h"

#include "base/lang.h"
#include "net/backoff.h"
#include "party/put.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RETRY_MS_MIN 500
#define RETRY_MS_MAX 5000

static enum ng_err damaged(void)
{
    return err_set(NG_ERR_VERIFY, _("the file is damaged: copy it again from where it was made"));
}

enum ng_err carry_files_check(int fd, uint64_t file_size, const struct bundle *b,
                              struct carry_outcome *ret)
{
    struct bundle left = *b;
    struct bundle_file f;
    uint64_t at = b->size, hashed = 0;
    while (bundle_next_file(&left, &f)) {
        struct hash hash;
        if (f.size > file_size - at) {
            return damaged();
        }
        if (hash_of_file(fd, at, f.size, &hashed, &hash) != 0) {
            return err_set_errno(errno, "%s", _("bundle"));
        }
        if (hashed != f.size || !hash_equal(&hash, &f.id)) {
            return damaged();
        }
        at += f.size;
        ret->files++;
        ret->file_bytes += f.size;
    }
    return at == file_size ? NG_OK : damaged();
}

/* ---- Sending ---- */

struct freight {
    struct party *party;
    int fd;
    uint64_t at; /* where the blob at hand begins in the file */
    int64_t timeout_ms;
    struct mono deadline; /* runs anew with each piece */
};

/* A put's read. */
static enum ng_err read_piece(void *context, const struct put *p, uint64_t offset, size_t max,
                              struct buf *to)
{
    struct freight *fr = context;
    const size_t wanted = max < p->size - offset ? max : (size_t)(p->size - offset);
    buf_clear(to);
    enum ng_err e = buf_reserve(to, wanted);
    while (!e && to->size < wanted) {
        const ssize_t got = pread(fr->fd, to->data + to->size, wanted - to->size,
                                  (off_t)(fr->at + offset + to->size));
        if (got > 0) {
            to->size += (size_t)got;
        } else if (got == 0) {
            e = damaged();
        } else if (errno != EINTR) {
            e = err_set_errno(errno, "%s", _("bundle"));
        }
    }
    fr->deadline = clock_after(clock_mono(), fr->timeout_ms);
    return e;
}

/* Once, on one connection; NG_ERR_PEER may be tried again. */
static enum ng_err try_once(struct freight *fr, struct ask *a, bool *open, const struct put *p,
                            struct put_outcome *ret)
{
    enum ng_err e = NG_OK;
    if (!*open) {
        e = ask_open_plain(a, party_identity(fr->party), -1, put_answer_by(fr->deadline));
        *open = !e;
    }
    if (!e) {
        /* No further limit: each answer has its own, and each piece read renews the deadline. */
        e = put_send(a, clock_after(clock_mono(), INT32_MAX), p, ret);
        if (e == NG_ERR_PEER) {
            ask_close(a);
            *open = false;
        }
    }
    return e;
}

static enum ng_err send_one(struct freight *fr, struct ask *a, bool *open, const struct put *p,
                            struct put_outcome *ret)
{
    struct backoff backoff;
    struct rng rng = rng_from_system();
    backoff_init(&backoff, RETRY_MS_MIN, RETRY_MS_MAX);
    fr->deadline = clock_after(clock_mono(), fr->timeout_ms);
    for (;;) {
        const enum ng_err e = try_once(fr, a, open, p, ret);
        if (e != NG_ERR_PEER) {
            return e;
        }
        const struct mono now = clock_mono();
        const struct mono next = backoff_next(&backoff, now, &rng);
        if (clock_between_ms(next, fr->deadline) <= 0) {
            return e;
        }
        (void)poll(NULL, 0, (int)clock_between_ms(now, next));
    }
}

static enum ng_err note(const struct put_outcome *o, const struct hash *id, struct buf *answer,
                        struct carry_outcome *ret)
{
    if (o->erased) {
        (void)snprintf(ret->why, sizeof(ret->why), "%s", wire_error_text(o->error));
        return NG_OK;
    }
    ret->stored++;
    return o->proved ? bundle_add_stored(answer, id, o->proof) : NG_OK;
}

enum ng_err carry_files_send(struct party *p, int fd, const struct bundle *b, int64_t timeout_ms,
                             struct buf *answer, struct carry_outcome *ret)
{
    struct freight fr = {.party = p, .fd = fd, .at = b->size, .timeout_ms = timeout_ms};
    struct bundle left = *b;
    struct bundle_file f;
    struct ask a;
    bool open = false;
    enum ng_err e = NG_OK;
    while (!e && bundle_next_file(&left, &f)) {
        const struct put put = {.id = f.id,
                                .size = f.size,
                                .owner = b->party.text,
                                .epoch = f.epoch,
                                .seq = f.seq,
                                .read = read_piece,
                                .context = &fr};
        struct put_outcome outcome;
        e = send_one(&fr, &a, &open, &put, &outcome);
        if (e == NG_ERR_REFUSED && open) {
            (void)snprintf(ret->why, sizeof(ret->why), "%s", wire_error_text(outcome.error));
            e = NG_OK;
        } else if (!e) {
            e = note(&outcome, &f.id, answer, ret);
        }
        fr.at += f.size;
    }
    if (open) {
        ask_close(&a);
    }
    return !e && ret->why[0] ? err_set(NG_ERR_REFUSED, _("not all evidence is taken: %s"), ret->why)
                             : e;
}
