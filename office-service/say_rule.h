/* A component's rule in a person's words: what the method and params columns of a criteria file
 * say, for somebody who never saw the file. "from 95 up: 2 points; from 90 to below 95: 1 point;
 * otherwise: 0 points". */
#ifndef NGANAM_OFFICE_SAY_RULE_H
#define NGANAM_OFFICE_SAY_RULE_H

#include "base/buf.h"
#include "par/criteria.h"

/* Appends how the node's points come about, one line without its end, in the person's language. */
enum ng_err say_rule_method(const struct criteria_node *n, struct buf *to) NG_MUST_USE;

/* Appends what happens where the component is not applicable, or nothing arose; nothing for a
 * method to which neither can happen. */
enum ng_err say_rule_policies(const struct criteria_node *n, struct buf *to) NG_MUST_USE;

#endif
