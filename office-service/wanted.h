/* Evidence the log cites and this machine does not have: walks the mirror's leaves as they come and
 * puts what is missing on the courier's list. Where it stands is kept in DATA/evidence.next; from
 * an older place it walks again and finds what it has found.
 *
 * A unit may cite ids without end that nobody has: at most WANTED_UNIT_MAX of one unit wait at a
 * time, and what it cites beyond is looked at again when half of them have come. */
#ifndef NGANAM_OFFICE_WANTED_H
#define NGANAM_OFFICE_WANTED_H

#include "base/clock.h"
#include "base/omap.h"
#include "blob/blob.h"
#include "office-service/mirror.h"
#include "proto/wire_par.h"

#define WANTED_UNIT_MAX 1000u
#define WANTED_AGAIN_MS 10000 /* between two looks whether they have come */

/* Zeros at first. */
struct wanted {
    uint64_t next;       /* the first leaf not looked at */
    uint64_t kept;       /* as it stands in the file */
    struct omap *passed; /* unit → the first of its leaves that was passed over; may be NULL */
    struct mono looked;  /* whether they can be taken up again */
    bool loaded;
};

/* Looks at some more leaves; cheap when there are none. */
enum ng_err wanted_turn(struct wanted *w, struct mirror *m, const char *folder,
                        struct mono now) NG_MUST_USE;
/* How long the next turn may wait for the sake of those passed over. */
int64_t wanted_wait_ms(const struct wanted *w, struct mono now);
void wanted_fini(struct wanted *w);

/* ---- What a leaf cites ---- */

struct wanted_citation {
    const struct statement *by;
    uint64_t index; /* of the leaf */
    uint64_t received_at;
    const char *code; /* the component or task */
    uint32_t year;
    const struct wire_evidence *evidence;
};
/* Called for each piece of evidence with an id; what it is given is borrowed. Its errors end the
 * walk. */
typedef enum ng_err (*wanted_fn)(void *context, const struct wanted_citation *c);
/* A leaf that is no report, or cannot be read, cites nothing. */
enum ng_err wanted_leaf(uint64_t index, struct bytes leaf, wanted_fn fn, void *context) NG_MUST_USE;

#endif
