/* Figures are taken from the rows that made the standing, never from the standing itself, so an
 * explanation that adds up to the board is a check of the board too. */
#include "office-service/explain.h"

#include "base/lang.h"
#include "office-service/member_row.h"
#include "office-service/unit_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether a leaf is the node asked for or lies below it. */
static bool lies_below(const struct criteria *set, uint32_t leaf, uint32_t node)
{
    for (uint32_t at = leaf; at != CRITERIA_NONE; at = criteria_node(set, at)->parent) {
        if (at == node) {
            return true;
        }
    }
    return false;
}

static enum ng_err take_said(const struct kv *kv, const struct score_place *at,
                             struct explain_component *c)
{
    struct score_row row;
    enum ng_err err = score_row_get(kv, at, c->node->code, &row);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? NG_OK : err;
    }
    c->known = true;
    c->index = row.index;
    c->act = row.act;
    c->seq = row.seq;
    c->received_at = row.received_at;
    (void)snprintf(c->actor, sizeof c->actor, "%s", row.actor);
    c->scores[BASIS_LIVE] = row.score;
    if (c->node->method.kind != METHOD_SURVEY) {
        c->scores[BASIS_SELF] = row.score;
    }
    return wire_acts_decode(row.said, &c->said);
}

static enum ng_err take_component(const struct kv *kv, const struct score_place *at,
                                  struct explain *e, uint32_t node)
{
    const struct criteria *set = e->criteria;
    struct explain_component *c = &e->components[e->component_count++];
    c->node = criteria_node(set, node);
    struct score base = score_none(set, node);
    if (c->node->method.kind == METHOD_SURVEY) {
        base = score_outside();
    } else if (c->node->method.kind == METHOD_TASKS) {
        base = score_tasks(set, node, e->tally.on_time_weight, e->tally.due_weight);
    }
    c->scores[BASIS_SELF] = base;
    c->scores[BASIS_LIVE] = base;
    return take_said(kv, at, c);
}

static enum ng_err take_components(const struct kv *kv, const struct score_place *at,
                                   struct explain *e, uint32_t wanted)
{
    const struct criteria *set = e->criteria;
    struct tally_sum sum = {DECIMAL_ZERO, DECIMAL_ZERO, 0};
    const struct score nothing = score_outside();
    e->components = calloc(criteria_leaves(set) + 1u, sizeof *e->components);
    if (!e->components) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (uint32_t node = 0; node < criteria_count(set); node++) {
        if (criteria_node(set, node)->children > 0 ||
            (wanted != CRITERIA_NONE && !lies_below(set, node, wanted))) {
            continue;
        }
        enum ng_err err = take_component(kv, at, e, node);
        if (err) {
            return err;
        }
        tally_change(&sum, &nothing, &e->components[e->component_count - 1].scores[e->board.basis]);
    }
    if (wanted != CRITERIA_NONE) {
        e->node_shown = tally_shown(set, wanted, &sum);
    }
    return NG_OK;
}

static bool wants_tasks(const struct explain *e)
{
    return !e->node ||
           (e->component_count == 1 && e->components[0].node->method.kind == METHOD_TASKS);
}

static enum ng_err fill(const struct kv *kv, struct set_cache *sets, const char *unit,
                        const char *code, struct explain *e)
{
    const struct score_place at = {e->board.year, e->board.group, unit};
    uint32_t wanted = CRITERIA_NONE;
    e->row = board_find(&e->board, unit);
    if (!e->row) {
        return err_set(NG_ERR_NOT_FOUND, _("unit %s was not valid in %lu"), unit,
                       (unsigned long)e->board.year);
    }
    enum ng_err err = set_cache_get(sets, kv, e->board.group, e->board.year, &e->criteria);
    if (err) {
        return err;
    }
    if (code) {
        wanted = criteria_find(e->criteria, code);
        if (wanted == CRITERIA_NONE) {
            return err_set(NG_ERR_NOT_FOUND, _("%s is not in the criteria set %s"), code,
                           e->board.set);
        }
        e->node = criteria_node(e->criteria, wanted);
    }
    err = tally_row_get(kv, unit, e->board.year, &e->tally);
    if (!err) {
        err = take_components(kv, &at, e, wanted);
    }
    if (!err && wants_tasks(e)) {
        err = task_list_make(kv, unit, e->board.year, &e->tasks);
    }
    return err;
}

enum ng_err explain_make(const struct kv *kv, struct set_cache *sets, const char *unit,
                         const char *code, uint32_t year, enum basis basis, struct explain *ret)
{
    struct unit_row row;
    struct member_row member;
    struct explain e = {0};
    enum ng_err err = unit_row_get(kv, unit, &row);
    if (err) {
        return err == NG_ERR_NOT_FOUND ? err_set(err, _("unit %s is not known"), unit) : err;
    }
    err = member_row_in(kv, unit, year, &member); /* the group it stood in that year */
    if (!err) {
        memcpy(row.group, member.group, sizeof row.group);
    } else if (err != NG_ERR_NOT_FOUND) {
        return err;
    }
    err = board_make_one(kv, sets, year, row.group, basis, unit, &e.board);
    if (err) {
        return err;
    }
    *ret = e;
    err = fill(kv, sets, unit, code, ret);
    if (err) {
        explain_fini(ret);
    }
    return err;
}

void explain_fini(struct explain *e)
{
    for (size_t i = 0; i < e->component_count; i++) {
        wire_acts_destroy(&e->components[i].said);
    }
    free(e->components);
    task_list_fini(&e->tasks);
    board_fini(&e->board);
    *e = (struct explain){0};
}
