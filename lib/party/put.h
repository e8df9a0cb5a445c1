/* One blob to the broker, in pieces: asks how much of it is there and goes on from that. */
#ifndef NGANAM_PARTY_PUT_H
#define NGANAM_PARTY_PUT_H

#include "party/ask.h"

#define PUT_ANSWER_MS 30000 /* for the answer to a piece */

/* What is put; the owner only when it is carried for another: he and his statement that cites it.
 */
struct put {
    struct hash id;
    uint64_t size;
    const char *owner; /* NULL: the sender's own */
    uint32_t epoch;
    uint64_t seq;
    /* Up to `max` bytes from `offset` into `to` (emptied first); some, or an error. */
    enum ng_err (*read)(void *context, const struct put *p, uint64_t offset, size_t max,
                        struct buf *to);
    void *context;
};

struct put_outcome {
    uint32_t error; /* enum wire_error that the broker answered; 0: none */
    bool erased;    /* it was erased there: nothing is to be sent; the words say why */
    char words[ASK_WORDS_MAX + 1];
    bool proved; /* the broker gave the log's word for it */
    uint8_t proof[KEY_SIGNATURE_SIZE];
};

/* NG_OK: the broker has all of it on its disk, or has erased it. NG_ERR_REFUSED: ret->error says
 * something about this one file; PEER: anything else the broker says, no answer, or the line broke:
 * the connection is of no use any more; the errors of `read`. No answer is waited for beyond
 * `limit`. */
enum ng_err put_send(struct ask *a, struct mono limit, const struct put *p,
                     struct put_outcome *ret) NG_MUST_USE;

/* The time of an answer, but not beyond the limit. */
struct mono put_answer_by(struct mono limit);
/* Errors of the wire that say something about one file; the others end a connection's use. */
bool put_is_about_the_file(uint32_t error);

#endif
