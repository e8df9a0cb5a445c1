/* Private to the method reader: the items "left:points|left:points" of choices and bands. */
#ifndef NGANAM_PAR_METHOD_ITEMS_H
#define NGANAM_PAR_METHOD_ITEMS_H

#include "par/method.h"

/* What the words of one leaf are read with. */
struct method_items_context {
    struct decimal max; /* of the leaf: no item has more points */
    bool canonical;     /* numbers as on the wire */
    struct pool *pool;
};

/* Fill in the items of m; the bands leave no number without points. Errors as method_parse. */
enum ng_err method_items_choices(const struct method_items_context *c, const char *params,
                                 struct method *m) NG_MUST_USE;
enum ng_err method_items_bands(const struct method_items_context *c, const char *params,
                               struct method *m) NG_MUST_USE;

/* A number within params, 0 or more. NG_ERR_INPUT. */
enum ng_err method_items_number(const struct method_items_context *c, const char *text, size_t size,
                                struct decimal *ret) NG_MUST_USE;

#endif
