/* Goal: tests of the fold that read like a story: units, sets, answers and days go in as the leaves
 * a broker would have written, boards come out. Leaves are kept, so that any prefix can be
 * replayed. */
#ifndef NGANAM_TESTS_OFFICE_KIT_H
#define NGANAM_TESTS_OFFICE_KIT_H

#include "harness.h"
#include "office-service/board.h"
#include "office-service/fold.h"
#include "office-service/kv_memory.h"
#include "office-service/task_list.h"
#include "office-service/verdict_row.h"
#include "proto/wire_par.h"

#define KIT_LEAVES_MAX 20000u
#define KIT_YEAR 2026u

struct kit {
    struct kv_memory memory;
    struct fold *fold;
    struct bytes *leaves; /* owned */
    uint64_t count;
    int64_t now;        /* received_at of the next leaf */
    enum ng_err expect; /* of the next leaf: an error leaves it out of the log */
};

/* A log with an office "OFFICE" and wards "P1" … "P4", departments "D1" and "D2" invited (they are
 * not units yet), at noon of 2026-01-05. */
void kit_open(struct kit *k);
void kit_close(struct kit *k);

/* Noon of a day, "2026-03-01". */
void kit_day(struct kit *k, const char *day);

/* Appends a leaf and folds it; returns its index. */
uint64_t kit_payload(struct kit *k, const char *author, uint32_t kind, struct bytes payload);
uint64_t kit_acts(struct kit *k, const char *author, uint32_t kind, const struct wire_act *acts,
                  size_t count);
uint64_t kit_act(struct kit *k, const char *author, uint32_t kind, struct wire_act act);

/* The office says: a unit of a group; "" for no dates. */
uint64_t kit_unit(struct kit *k, const char *code, const char *group, const char *from,
                  const char *to);
/* A set from CSV lines; the header line is added. */
uint64_t kit_set(struct kit *k, uint32_t year, const char *group, const char *lines);
uint64_t kit_survey(struct kit *k, const char *unit, const char *code, const char *value);
uint64_t kit_task(struct kit *k, const char *code, const char *unit, const char *year,
                  const char *due, const char *weight);
uint64_t kit_event(struct kit *k, const char *code, const char *date);
uint64_t kit_tick(struct kit *k);

/* A unit says, for KIT_YEAR. */
uint64_t kit_value(struct kit *k, const char *unit, const char *code, const char *value);
uint64_t kit_na(struct kit *k, const char *unit, const char *code, enum wire_answered answered);
uint64_t kit_progress(struct kit *k, const char *unit, const char *code, uint32_t percent);

/* How a leaf was judged: REASON_FINE with everything accepted, else the first finding's reason;
 * −1: no verdict. */
int kit_reason(const struct kit *k, uint64_t index);

/* The board of KIT_YEAR as text: "1 P1 8.5/10 complete; 2= P3 …", "-" where there is no rank. */
const char *kit_board(const struct kit *k, const char *group, enum basis basis);
const char *kit_board_of(const struct kit *k, uint32_t year, const char *group, enum basis basis);
/* "on time/due/total" of a unit's tasks on its group's board. */
const char *kit_tasks(const struct kit *k, const char *group, const char *unit);
const char *kit_tasks_of(const struct kit *k, uint32_t year, const char *group, const char *unit);

/* Replays the first `count` leaves into another memory; the caller ends it. */
void kit_replay(const struct kit *k, uint64_t count, struct kv_memory *to);
/* Whether two states hold the same bytes; says where they differ. */
bool kit_same_kv(const struct kv *a, const struct kv *b);
bool kit_same(const struct kv_memory *a, const struct kv_memory *b);

/* Folding again from the beginning gives the state there is. */
void kit_assert_replays(const struct kit *k);

#endif
