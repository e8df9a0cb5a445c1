/* Criteria sets: how they lie in the state (their acts, as they came) and a small cache of parsed
 * ones. A cached set is used only while the state still says it came from the same leaf, so a
 * transaction that was rolled back and run again can never meet a set it has not stored. */
#ifndef NGANAM_OFFICE_SET_CACHE_H
#define NGANAM_OFFICE_SET_CACHE_H

#include "office-service/state.h"
#include "par/criteria.h"

#define SET_PARTS_MAX 256u

struct set_row {
    uint64_t index; /* of the leaf that completed it */
    uint64_t received_at;
    uint32_t parts;
    bool used; /* an answer or survey value was accepted: it can no longer be replaced */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err set_row_get(const struct kv *kv, const char *group, uint32_t year,
                        struct set_row *ret) NG_MUST_USE;
enum ng_err set_row_put(const struct kv *kv, const char *group, uint32_t year,
                        const struct set_row *row) NG_MUST_USE;

/* One statement's payload of acts; number from 1. */
enum ng_err set_part_put(const struct kv *kv, const char *group, uint32_t year, uint32_t number,
                         struct bytes payload) NG_MUST_USE;
enum ng_err set_part_remove(const struct kv *kv, const char *group, uint32_t year,
                            uint32_t number) NG_MUST_USE;

/* The sets there are, in order of group and year; NG_ERR_NOT_FOUND after the last. group NULL: of
 * all groups. */
struct set_walk {
    struct kv_walk walk;
};
void set_walk_begin(struct set_walk *w, const struct kv *kv, const char *group);
enum ng_err set_walk_next(struct set_walk *w, char ret_group[STATE_CODE_SIZE],
                          uint32_t *ret_year) NG_MUST_USE;

struct set_cache;

struct set_cache *set_cache_new(void); /* NULL: no memory */
void set_cache_destroy(struct set_cache **c);

/* The set of a group and year, borrowed until the next call here. NG_ERR_NOT_FOUND. */
enum ng_err set_cache_get(struct set_cache *c, const struct kv *kv, const char *group,
                          uint32_t year, const struct criteria **ret) NG_MUST_USE;

#endif
