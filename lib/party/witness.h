/* The witness: decides whether what the broker sent is proved. Every ward checks that each tree
 * head extends the last, every receipt proves the ward's own bytes, every leaf lies in the tree.
 * Pure: no store, no socket, no clock.
 *
 * NG_ERR_VERIFY from any of these is an accusation: keep it as an alarm. NG_ERR_PROTO is a message
 * that makes no sense (one lost, bytes garbled): end the connection and blame nobody. */
#ifndef NGANAM_PARTY_WITNESS_H
#define NGANAM_PARTY_WITNESS_H

#include "ledger/leaf.h"
#include "ledger/receipt.h"
#include "ledger/tree.h"
#include "proto/wire_queue.h"

struct witness {
    char origin[NOTE_ORIGIN_MAX + 1];
    struct log_keys keys;
    struct note_head head; /* newest verified; size 0: none yet */
    uint8_t note[NOTE_SIZE_MAX];
    size_t note_size;
};

/* note: the head kept from an earlier run, verified here; may be empty. */
enum ng_err witness_init(struct witness *w, const char *origin, const struct log_keys *keys,
                         struct bytes note) NG_MUST_USE;

/* The changes of the log's key that a Welcome tells, before its head: they must continue the keys
 * known so far. NG_ERR_VERIFY. */
enum ng_err witness_keys(struct witness *w, const struct wire_from_broker *welcome) NG_MUST_USE;

/* The head of one frame, and its consistency with the newest. greeting: the frame is the Welcome,
 * so the broker answers to the head it was just shown. A frame without a head changes nothing. */
enum ng_err witness_head(struct witness *w, const struct wire_head *wire,
                         bool greeting) NG_MUST_USE;

/* A witness head that others have cosigned, as the broker shows it (a Cosigned with a note): it
 * must be a part of the newest head's log, whoever cosigned it. */
enum ng_err witness_cosigned(const struct witness *w, const struct wire_from_broker *frame,
                             struct note_head *ret) NG_MUST_USE;

/* The receipt of an own statement, against the newest head. ret_text gets the receipt's text. */
enum ng_err witness_receipt(const struct witness *w, const struct wire_answer *answer,
                            struct bytes statement, struct bytes signature,
                            const struct key_public *own_key, struct buf *ret_text,
                            struct receipt *ret) NG_MUST_USE;

/* Leaves of an inbox: in order from `from_index`, each in the tree of the newest head, each signed,
 * each to `own` or to everyone ("*").
 * Entries below from_index are passed over: ret_first is the first to keep. */
enum ng_err witness_inbox(const struct witness *w, const struct party_code *own,
                          const struct wire_from_broker *frame, uint64_t from_index,
                          size_t *ret_first) NG_MUST_USE;

/* Leaves of the log: adds those behind the edge to it, each signed, and checks that the root so
 * computed is a prefix of the newest head's tree. The edge is as before unless NG_OK. */
enum ng_err witness_log(const struct witness *w, const struct wire_from_broker *frame,
                        struct tree_edge *edge, size_t *ret_first) NG_MUST_USE;

#endif
