/* What the operator has the log say: a statement by `log`, through the running broker or, when none
 * runs, straight into the log; and the slips that go with an invite. */
#ifndef NGANAM_BROKER_OPERATOR_H
#define NGANAM_BROKER_OPERATOR_H

#include "broker/control.h"
#include "broker/desk.h"
#include "net/net.h"
#include "party/slip.h"

/* The log's time, by which an invite expires: what the next leaf will be given as received.
 * NG_ERR_REFUSED while the clock is too far behind the last leaf: the running broker would not
 * trust it either. */
enum ng_err operator_log_time(const struct ledger *l, uint64_t *ret_ms) NG_MUST_USE;

/* A slip for the party with a new code, and the payload of the invite that makes it good. */
enum ng_err operator_slip(const struct ledger *l, const char *endpoint,
                          const struct net_curve *curve, const char *party, enum wire_role role,
                          uint64_t now_ms, struct slip *ret_slip, struct buf *payload) NG_MUST_USE;

/* NG_ERR_REFUSED with why; NG_ERR_PEER: the running broker does not answer. On success the
 * statement is on the disk. */
enum ng_err operator_say(const char *folder, uint32_t kind, const char *to, struct bytes payload,
                         uint64_t *ret_index) NG_MUST_USE;
/* Likewise: gives the log a new key. */
enum ng_err operator_rotate(const char *folder, uint64_t *ret_index) NG_MUST_USE;
/* The other end, in the running broker. */
bool operator_is_request(const char *request);
void operator_answer(struct desk *d, const struct desk_now *now, const char *request,
                     char ret_answer[CONTROL_TEXT_MAX]);

#endif
