/* Inside the fold: who is who, as far as the field needs it: the role each party was invited as. */
#ifndef NGANAM_OFFICE_FOLD_REGISTRY_H
#define NGANAM_OFFICE_FOLD_REGISTRY_H

#include "office-service/fold_act.h"

enum ng_err fold_registry_apply(struct fold *f, const struct statement *s,
                                const struct fold_origin *origin) NG_MUST_USE;

#endif
