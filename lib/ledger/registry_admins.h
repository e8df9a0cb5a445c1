/* Two persons are more than the word of the office's machine: from the first admin on it names no
 * person and sets no policy by itself. The admins sign such a statement, as many as the policy asks
 * for. */
#ifndef NGANAM_LEDGER_REGISTRY_ADMINS_H
#define NGANAM_LEDGER_REGISTRY_ADMINS_H

#include "ledger/registry_fold.h"

/* Whether an admin was ever entered. */
enum ng_err registry_admins_guarded(const struct registry_fold_rows *rows, bool *ret) NG_MUST_USE;
/* How many of them must sign; 0: none, the office's word is enough. */
enum ng_err registry_admins_needed(const struct registry_fold_rows *rows, size_t *ret) NG_MUST_USE;

/* Whether the statement (a person, a policy) may change what it speaks of, and by whose word. The
 * operator's way past the signatures is there for persons alone, when admins have lost their keys:
 * it shows. */
enum ng_err registry_admins_may(const struct registry_fold_rows *rows, const struct statement *s,
                                const struct wire_admins *admins, bool *ret_may,
                                enum registry_word *ret) NG_MUST_USE;

/* What became of such a statement, once it is leaf `index` and was applied. */
enum registry_became {
    REGISTRY_BECAME_NOTHING, /* it is none, or it spoke of what was different by then */
    REGISTRY_BECAME_TRUE,    /* it changed what it spoke of */
    REGISTRY_BECAME_UNSIGNED /* as many admins as it needed had not signed */
};
enum ng_err registry_admins_became(const struct registry_fold_rows *rows, const struct statement *s,
                                   uint64_t index, enum registry_became *ret) NG_MUST_USE;

/* The first admin, entered by leaf `index`, closes the door behind him, for good: if his end opened
 * it again, who had the office's machine would only have to wait for it. */
enum ng_err registry_admins_guard(const struct registry_fold_rows *rows,
                                  uint64_t index) NG_MUST_USE;

#endif
