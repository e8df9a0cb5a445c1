/* A small town's log for the fuzz targets of the office, without CUnit: an office, two wards, a
 * department, their units, a set with every method, tasks, answers. */
#ifndef NGANAM_TESTS_OFFICE_FUZZ_STORY_H
#define NGANAM_TESTS_OFFICE_FUZZ_STORY_H

#include "fuzz/fuzz_target.h"
#include "ledger/leaf.h"
#include "office-service/fold.h"
#include "office-service/kv_memory.h"
#include "proto/wire_par.h"

#define FUZZ_STORY_YEAR 2026u
#define FUZZ_STORY_NOW INT64_C(1767589200000) /* noon of 2026-01-05 at UTC+7 */

/* Who may write a leaf: "log", "OFFICE", "P1", "P2", "D1", "AUDIT". */
#define FUZZ_STORY_AUTHORS 6u
extern const char *const fuzz_story_authors[FUZZ_STORY_AUTHORS];

/* Empties `to` and makes a leaf in it; false when the payload is too large for a statement. */
bool fuzz_story_leaf(struct buf *to, uint64_t index, int64_t received_at, const char *author,
                     uint32_t kind, struct bytes payload);

/* Folds the whole story; returns how many leaves it has. */
uint64_t fuzz_story_fold(struct fold *f, const struct kv *kv);
/* Folds what is said in the months after it, from leaf `count` on; ends at the first error. */
enum ng_err fuzz_story_go_on(struct fold *f, const struct kv *kv, uint64_t count);

#endif
