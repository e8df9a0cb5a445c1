/* Private to the method reader: the words of `params`. */
#ifndef NGANAM_PAR_METHOD_PARAMS_H
#define NGANAM_PAR_METHOD_PARAMS_H

#include "par/method.h"

/* Fills in m, whose kind is set and all else zero. Errors as method_parse. */
enum ng_err method_params_read(const char *params, struct decimal max, bool canonical,
                               struct pool *pool, struct method *m) NG_MUST_USE;

#endif
