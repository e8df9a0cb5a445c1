/* Why a figure is what it is: each component of a unit with the message it came from, what was said
 * there, how it is scored and what it makes on each basis; and where the unit stands. */
#ifndef NGANAM_OFFICE_EXPLAIN_H
#define NGANAM_OFFICE_EXPLAIN_H

#include "office-service/board.h"
#include "office-service/tally_row.h"
#include "office-service/task_list.h"

struct blob_folder;

struct explain_component {
    const struct criteria_node *node; /* of `criteria` */
    struct score scores[BASIS_COUNT];
    bool known;     /* somebody said something about it */
    uint64_t index; /* the leaf */
    uint32_t act;   /* its place there */
    uint64_t seq;   /* its author's number */
    uint64_t received_at;
    char actor[WIRE_ACTOR_ID_MAX + 1]; /* the person of the office who signed it; "": nobody */
    struct wire_acts *said; /* one act, a report or a survey value; owned; NULL unless known */
};

struct explain {
    struct board board; /* that the unit stands on, with its row only */
    const struct board_row *row;
    const struct criteria *criteria;      /* borrowed from the set cache until its next use */
    const struct criteria_node *node;     /* the one asked for; NULL: the whole unit */
    struct fraction node_shown;           /* what it has, on the board's basis */
    struct explain_component *components; /* the leaves below, in the set's order; owned */
    size_t component_count;
    struct task_list tasks; /* of the year, unless a component was asked for that is not of tasks */
    struct tally_row tally;
    struct blob_folder *blobs; /* borrowed, for whoever shows it; NULL: no evidence here */
};

/* code NULL: the whole unit. NG_ERR_NOT_FOUND, saying which: no such unit, set, or component. */
enum ng_err explain_make(const struct kv *kv, struct set_cache *sets, const char *unit,
                         const char *code, uint32_t year, enum basis basis,
                         struct explain *ret) NG_MUST_USE;
void explain_fini(struct explain *e);

#endif
