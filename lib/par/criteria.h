/* A criteria set (bộ tiêu chí) of one year and group: a tree of fields, criteria and components
 * whose leaves have a method. Immutable once made. Whoever reads one, from a CSV file or from the
 * acts of the log, goes through the same checks, so what an import accepts the fold accepts. */
#ifndef NGANAM_PAR_CRITERIA_H
#define NGANAM_PAR_CRITERIA_H

#include "par/actlist.h"
#include "par/fault.h"
#include "par/method.h"

#define CRITERIA_NODES_MAX 4096u
#define CRITERIA_NONE UINT32_MAX
#define CRITERIA_ROUNDING_DEFAULT 2u
#define CRITERIA_ROUNDING_MAX 4u /* = FRACTION_DECIMALS */
#define CRITERIA_YEAR_MIN 2000u
#define CRITERIA_YEAR_MAX 2100u

enum criteria_level { CRITERIA_FIELD = 1, CRITERIA_CRITERION, CRITERIA_COMPONENT };

struct criteria_node {
    const char *code;
    const char *name_vi, *name_en;
    const char *evidence; /* what to attach, for people */
    enum criteria_level level;
    uint32_t parent;   /* index, always smaller than the node's own; CRITERIA_NONE for a field */
    uint32_t field;    /* index of the field it belongs to; its own for a field */
    uint32_t children; /* how many; 0: a leaf */
    enum method_group group; /* base, bonus or deduction: that of its field */
    struct decimal max;
    struct method method;
    struct method_policies policies;
    uint32_t line; /* in the file it came from, 0 from the wire */
};

struct criteria_head {
    const char *set;
    uint32_t year;
    const char *group;
    bool has_total;
    struct decimal total; /* as the file says; equal to base_max then */
    uint32_t rounding;    /* decimals of a leaf's points */
    bool sample;
    const char *source;
    struct decimal base_max; /* the base fields' maxima together */
};

struct criteria;

/* Every fault is listed; NG_ERR_INPUT if there is any, NG_ERR_NOMEM. ret is then not written.
 * set and group are codes; the file's columns are those of docs/files.md. */
enum ng_err criteria_parse_csv(struct bytes file, const char *set, uint32_t year, const char *group,
                               struct fault_list *faults, struct criteria **ret) NG_MUST_USE;

/* From decoded acts: one WIRE_ACT_CRITERIA, then exactly its `nodes` WIRE_ACT_NODEs. A fault's line
 * is the act's place, from 1. Copies everything. */
enum ng_err criteria_from_acts(const struct wire_act *acts, size_t count, struct fault_list *faults,
                               struct criteria **ret) NG_MUST_USE;

/* The head, then the nodes in tree order, with canonical numbers. NG_ERR_NOMEM. */
enum ng_err criteria_to_acts(const struct criteria *c, struct actlist **ret) NG_MUST_USE;

void criteria_destroy(struct criteria **c);

/* All borrowed. Nodes are in tree order: a parent, then all below it, siblings as in the file. */
const struct criteria_head *criteria_head(const struct criteria *c);
size_t criteria_count(const struct criteria *c);
const struct criteria_node *criteria_node(const struct criteria *c, uint32_t index); /* CHECKs */
uint32_t criteria_find(const struct criteria *c, const char *code); /* CRITERIA_NONE: not there */
size_t criteria_fields(const struct criteria *c, const uint32_t **ret_nodes);
uint32_t criteria_leaves(const struct criteria *c); /* how many */
/* Leaves that a unit answers itself: neither survey nor tasks. */
uint32_t criteria_answerable(const struct criteria *c);
const char *criteria_level_name(enum criteria_level level);

/* Same content, so that importing one over the other changes nothing. */
bool criteria_equal(const struct criteria *a, const struct criteria *b);

#endif
