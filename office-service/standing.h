/* The standing of one unit on one board: the sums of its fields on each basis, and its place in the
 * rank index. A changed component changes the sums of its field by the difference of two scores,
 * and one key of the index moves: O(log n), whatever the number of units, never a recount or a
 * sort.
 *
 * A unit has a standing exactly while it is on the board: its group has a set for the year, and it
 * is valid in that year.
 *
 *     basis   not answered     survey component not entered    entered
 *     self    0 of its max     outside the total               outside the total
 *     live    0 of its max     outside the total               counts
 *
 * (`live` will take the appraised score where there is one, once there are rounds.) */
#ifndef NGANAM_OFFICE_STANDING_H
#define NGANAM_OFFICE_STANDING_H

#include "office-service/score_row.h"
#include "par/tally.h"

enum basis { BASIS_SELF = 0, BASIS_LIVE = 1, BASIS_COUNT = 2 };

#define STANDING_BOTH 3u /* as a mask of 1 << basis */

/* How the index orders units: ranked ones by falling points / max, then those whose whole maximum
 * left the total, then those without a report; each by code. */
enum standing_class { STANDING_RANKED = 0, STANDING_NO_MAXIMUM = 1, STANDING_MISSING = 2 };

#define STANDING_ORDER_SIZE (1u + FRACTION_KEY_SIZE)

struct standing {
    uint32_t year;
    char group[STATE_CODE_SIZE];
    char unit[STATE_UNIT_SIZE];
    uint32_t answered;      /* components with an accepted answer of the unit's own */
    uint64_t updated_index; /* of the leaf that last changed it */
    size_t field_count;
    struct tally_sum *sums; /* [basis × field_count + field]; owned */
    bool stored;            /* the index holds it under `order` */
    uint8_t order[BASIS_COUNT][STANDING_ORDER_SIZE];
};

/* NG_ERR_NOT_FOUND: not on the board. standing_fini is needed after NG_OK only. */
enum ng_err standing_get(const struct kv *kv, const struct score_place *at,
                         struct standing *ret) NG_MUST_USE;
void standing_fini(struct standing *s);

/* The standings of a board, in order of unit. */
struct standing_scan {
    struct kv_walk walk;
    size_t prefix_size;
    uint32_t year;
    char group[STATE_CODE_SIZE];
    enum basis basis;
};
void standing_scan_begin(struct standing_scan *w, const struct kv *kv, uint32_t year,
                         const char *group, enum basis basis);
/* Fills s, zeroed before the first call, whose memory is used again; standing_fini when done. The
 * sums of the other basis are not read: they are zero.
 * NG_ERR_NOT_FOUND after the last. */
enum ng_err standing_scan_next(struct standing_scan *w, struct standing *s) NG_MUST_USE;

/* From the rows of the state: for a unit that comes onto a board. */
enum ng_err standing_build(const struct kv *kv, const struct criteria *set,
                           const struct score_place *at, struct standing *ret) NG_MUST_USE;

/* Whoever reads the sums beside a set asks this first. NG_ERR_CORRUPT: it has fewer or more fields.
 */
enum ng_err standing_check(const struct standing *s, const struct criteria *set) NG_MUST_USE;

/* Takes a leaf's old score out and puts the new one in, on the bases of the mask. */
void standing_change(struct standing *s, const struct criteria *set, unsigned bases, uint32_t node,
                     const struct score *old_score, const struct score *new_score);

/* Stores it and moves its places in the index. */
enum ng_err standing_put(const struct kv *kv, const struct criteria *set,
                         struct standing *s) NG_MUST_USE;

/* Takes it off the board. The rows of its answers stay. */
enum ng_err standing_remove(const struct kv *kv, struct standing *s) NG_MUST_USE;

/* The sums of one basis, a field each. */
const struct tally_sum *standing_sums(const struct standing *s, enum basis basis);
struct fraction standing_total(const struct standing *s, const struct criteria *set,
                               enum basis basis);
/* total: the standing's own on the basis asked about. */
enum standing_class standing_class_of(const struct standing *s, const struct criteria *set,
                                      struct fraction total);

/* The index of a board, from its first place. */
struct standing_walk {
    struct kv_walk walk;
    size_t prefix_size;
};
void standing_walk_begin(struct standing_walk *w, const struct kv *kv, uint32_t year,
                         const char *group, enum basis basis);
/* The order bytes of equal places are equal. NG_ERR_NOT_FOUND after the last. */
enum ng_err standing_walk_next(struct standing_walk *w, uint8_t ret_order[STANDING_ORDER_SIZE],
                               char ret_unit[STATE_UNIT_SIZE]) NG_MUST_USE;

#endif
