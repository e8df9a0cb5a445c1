/* Units (đơn vị) as the office imports them: data with dates, never an enum. */
#ifndef NGANAM_PAR_UNIT_H
#define NGANAM_PAR_UNIT_H

#include "par/actlist.h"
#include "par/fault.h"
#include "par/reason.h"

#define UNIT_CLEAR "-" /* in a file: the unit has no parent, no such date, any more */

/* Columns code,name,group,parent,valid_from,valid_to; code, name and group are required. Dates are
 * made canonical. The last three may also be "" (the file does not say) or UNIT_CLEAR: whoever
 * knows the unit settles both (known_units), for an act of the log says the whole unit. Gives
 * WIRE_ACT_UNIT acts. NG_ERR_INPUT with every fault listed, and then with the acts as far as they
 * read, so that the caller can add what it finds (NULL: not even a table); NG_ERR_NOMEM. */
enum ng_err unit_parse_csv(struct bytes file, struct fault_list *faults,
                           struct actlist **ret) NG_MUST_USE;

/* What the fold asks of one from the log; ret_field is the field at fault, static, "" if none. */
enum reason unit_check(const struct wire_unit *unit, const char **ret_field) NG_MUST_USE;
bool unit_equal(const struct wire_unit *a, const struct wire_unit *b);

#endif
