/* What must be true of a town when it is quiet, found out from the bytes of the log, an outsider's
 * book and arithmetic of its own. */
#ifndef NGANAM_TESTS_SIMULATION_CHECK_H
#define NGANAM_TESTS_SIMULATION_CHECK_H

#include "town.h"

/* How many things are wrong; each is a line on stderr. */
unsigned check_town(struct town *t);

#endif
