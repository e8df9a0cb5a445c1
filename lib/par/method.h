/* How a leaf turns an answer into points (the table of methods in docs/files.md): the words of a
 * set's `method`, `params` and `na_policy` columns read into a struct, and back into canonical
 * words. */
#ifndef NGANAM_PAR_METHOD_H
#define NGANAM_PAR_METHOD_H

#include "par/decimal.h"
#include "par/pool.h"

#include "base/buf.h"

#define METHOD_ITEMS_MAX 64u            /* choices or bands of one leaf */
#define METHOD_KEY_MAX 64u              /* bytes of a choice's key */
#define METHOD_TARGET_MAX INT64_C(1000) /* percent */

enum method_kind {
    METHOD_SUM = 1,
    METHOD_POINTS,
    METHOD_CHOICE,
    METHOD_BANDS,
    METHOD_RATIO,
    METHOD_DEDUCT,
    METHOD_COUNT,
    METHOD_SURVEY,
    METHOD_TASKS
};

enum method_group { METHOD_BASE = 0, METHOD_BONUS, METHOD_DEDUCTION };

enum method_policy {
    METHOD_REFUSE = 0,
    METHOD_RESCALE, /* its maximum leaves the total */
    METHOD_FULL,
    METHOD_ZERO
};

enum method_op { METHOD_ANY = 0, METHOD_GE, METHOD_GT, METHOD_LE, METHOD_LT, METHOD_EQ };

struct method_choice {
    const char *key;
    struct decimal points;
};

struct method_band {
    enum method_op op; /* METHOD_ANY: the default */
    struct decimal limit;
    struct decimal points;
};

struct method {
    enum method_kind kind;
    enum method_group group; /* sum: base unless kind= says otherwise */
    struct decimal cap;      /* sum of a bonus or deduction group */
    const struct method_choice *choices;
    const struct method_band *bands; /* bands and tasks */
    size_t item_count;               /* of choices or bands */
    struct decimal target, floor;    /* ratio, percent; target 100 and floor 0 unless given */
    struct decimal step;             /* ratio; 0: none */
    bool over;                       /* ratio: a numerator above its denominator is allowed */
    struct decimal per;              /* deduct, count */
};

struct method_policies {
    enum method_policy na;   /* not applicable */
    enum method_policy none; /* nothing arose */
};

/* Reads the two words of a node whose maximum is max. `canonical`: numbers as on the wire, else as
 * people write them. Arrays and keys come from the pool. NG_ERR_INPUT with the reason in
 * err_detail, in the person's language; NG_ERR_NOMEM. */
enum ng_err method_parse(const char *method, const char *params, struct decimal max, bool canonical,
                         struct pool *pool, struct method *ret) NG_MUST_USE;

/* "rescale", "na=rescale none=full", "" … NG_ERR_INPUT with the reason in err_detail. */
enum ng_err method_parse_policies(const char *text, struct method_policies *ret) NG_MUST_USE;

/* Canonical words: reading them again gives the same method. */
const char *method_name(enum method_kind kind);
enum ng_err method_format_params(const struct method *m, struct buf *to) NG_MUST_USE;
enum ng_err method_format_policies(struct method_policies p, struct buf *to) NG_MUST_USE;

bool method_equal(const struct method *a, const struct method *b);

/* The points that the method's words name (of its choices or bands, cap, step, per), one after the
 * other from item 0; false behind the last. */
bool method_points(const struct method *m, size_t item, struct decimal *ret);

/* The points of the first band that holds for the percentage numerator / denominator × 100; for a
 * plain value give denominator = 100. Both ≥ 0, denominator > 0. */
struct decimal method_band_points(const struct method *m, struct decimal numerator,
                                  struct decimal denominator);

#endif
