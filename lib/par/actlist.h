/* What an import gives: acts ready for the wire, in order, with the line each came from. It owns
 * every text in them. The author cuts it into statements of at most WIRE_ACTS_MAX acts. */
#ifndef NGANAM_PAR_ACTLIST_H
#define NGANAM_PAR_ACTLIST_H

#include "par/pool.h"
#include "proto/wire_par.h"

struct actlist;

struct actlist *
actlist_new(size_t size_max); /* size_max: bytes of texts and acts; NULL: no memory */
void actlist_destroy(struct actlist **list);

/* Appends a zeroed act of this kind and gives it for filling, until the next add; NULL: no memory
 * or beyond the maximum. */
struct wire_act *actlist_add(struct actlist *list, enum wire_act_kind kind, uint32_t line);
struct pool *actlist_pool(struct actlist *list); /* for the texts of its acts */

size_t actlist_count(const struct actlist *list);
const struct wire_act *actlist_acts(const struct actlist *list);  /* an array; borrowed */
struct wire_act *actlist_act(struct actlist *list, size_t index); /* to amend one before sending */
/* A text that goes with an act and is not in it, as report.h says; borrowed, in the pool. NULL:
 * none. */
void actlist_attach(struct actlist *list, size_t index, const char *text);
const char *actlist_attached(const struct actlist *list, size_t index);
uint32_t actlist_line(const struct actlist *list, size_t index);

#endif
