/* From rows of texts to a criteria set.
 *
 * Idea: read every row by itself (criteria_row), find its parent, check the tree as a whole
 * (criteria_tree), and only if nothing was wrong put the nodes into tree order. Happy path: no
 * fault, the set is complete and never changes again. Failures: any fault makes NG_ERR_INPUT, after
 * all have been listed; memory.
 */
#include "par/criteria_build.h"

#include "base/lang.h"

#include <stdlib.h>
#include <string.h>

struct build {
    struct criteria *c;
    const struct criteria_row *rows;
    struct criteria_draft draft;
    struct criteria_code *codes; /* of the draft, sorted */
    struct pool pool;            /* what only the building needs */
    struct fault_list *faults;
};

static int compare_codes(const void *a, const void *b)
{
    const struct criteria_code *x = a, *y = b;
    int order = strcmp(x->code, y->code);

    return order != 0 ? order : x->index < y->index ? -1 : x->index > y->index ? 1 : 0;
}

static int compare_code_to_text(const void *key, const void *item)
{
    const struct criteria_code *code = item;

    return strcmp(key, code->code);
}

static uint32_t find_row(const struct build *b, const char *code)
{
    const struct criteria_code *found =
        bsearch(code, b->codes, b->draft.count, sizeof(*b->codes), compare_code_to_text);

    return found != NULL ? found->index : CRITERIA_NONE;
}

static enum ng_err take_memory(struct build *b, size_t count)
{
    b->draft.nodes = pool_take_array(&b->pool, count, sizeof(*b->draft.nodes));
    b->draft.sound = pool_take_array(&b->pool, count, sizeof(*b->draft.sound));
    b->codes = pool_take_array(&b->pool, count, sizeof(*b->codes));
    b->draft.count = count;
    if (b->draft.nodes == NULL || b->draft.sound == NULL || b->codes == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    return NG_OK;
}

static enum ng_err read_rows(struct build *b, bool canonical)
{
    enum ng_err err = NG_OK;

    for (size_t i = 0; i < b->draft.count && err == NG_OK; i++) {
        err = criteria_row_read(&b->rows[i], canonical, &b->c->pool, b->faults, &b->draft.nodes[i],
                                &b->draft.sound[i]);
        b->codes[i] = (struct criteria_code){b->rows[i].node.code, (uint32_t)i};
    }
    return err;
}

static void check_doubles(struct build *b)
{
    qsort(b->codes, b->draft.count, sizeof(*b->codes), compare_codes);
    for (size_t i = 1; i < b->draft.count; i++) {
        uint32_t first = b->codes[i - 1].index, second = b->codes[i].index;

        if (strcmp(b->codes[i - 1].code, b->codes[i].code) == 0) {
            fault_add(b->faults, FAULT_TWICE, b->rows[second].line, "code",
                      _("%s stands already on line %u"), b->codes[i].code, b->rows[first].line);
        }
    }
}

static void find_parents(struct build *b)
{
    for (size_t i = 0; i < b->draft.count; i++) {
        const struct criteria_row *row = &b->rows[i];
        uint32_t parent;

        if (row->node.parent[0] == '\0') {
            if (b->draft.nodes[i].level > CRITERIA_FIELD) {
                fault_add(b->faults, FAULT_TREE, row->line, "parent", "%s",
                          _("only a field has no parent"));
            }
            continue;
        }
        parent = find_row(b, row->node.parent);
        if (parent == CRITERIA_NONE || parent == i) {
            fault_add(b->faults, FAULT_TREE, row->line, "parent",
                      parent == CRITERIA_NONE ? _("\"%.60s\" is not in the set")
                                              : _("\"%.60s\" cannot be its own parent"),
                      row->node.parent);
        } else {
            b->draft.nodes[i].parent = parent;
        }
    }
}

/* First children and next siblings, in document order. */
struct links {
    uint32_t *first, *next, *last;
};

static enum ng_err link_nodes(struct build *b, struct links *l)
{
    size_t count = b->draft.count;

    l->first = pool_take_array(&b->pool, count, sizeof(uint32_t));
    l->next = pool_take_array(&b->pool, count, sizeof(uint32_t));
    l->last = pool_take_array(&b->pool, count, sizeof(uint32_t));
    if (l->first == NULL || l->next == NULL || l->last == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (size_t i = 0; i < count; i++) {
        l->first[i] = l->next[i] = l->last[i] = CRITERIA_NONE;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t parent = b->draft.nodes[i].parent;

        if (parent == CRITERIA_NONE) {
            continue;
        }
        if (l->first[parent] == CRITERIA_NONE) {
            l->first[parent] = (uint32_t)i;
        } else {
            l->next[l->last[parent]] = (uint32_t)i;
        }
        l->last[parent] = (uint32_t)i;
    }
    return NG_OK;
}

/* Appends one draft node to the tree order; moved[] remembers where each went. */
static void place(struct build *b, uint32_t row, uint32_t *moved)
{
    struct criteria *c = b->c;
    struct criteria_node *n = &c->nodes[c->count];

    *n = b->draft.nodes[row];
    moved[row] = (uint32_t)c->count;
    n->parent = n->parent == CRITERIA_NONE ? CRITERIA_NONE : moved[n->parent];
    n->field = moved[n->field];
    const bool leaf = n->children == 0;
    c->leaves += leaf ? 1 : 0;
    c->answerable +=
        leaf && n->method.kind != METHOD_SURVEY && n->method.kind != METHOD_TASKS ? 1 : 0;
    if (n->level == CRITERIA_FIELD) {
        c->fields[c->field_count++] = (uint32_t)c->count;
    }
    c->codes[c->count] = (struct criteria_code){n->code, (uint32_t)c->count};
    c->count++;
}

/* Down to the first child, else to the next sibling of the nearest ancestor that has one. */
static void walk(struct build *b, const struct links *l, uint32_t field, uint32_t *moved)
{
    uint32_t at = field;

    for (;;) {
        place(b, at, moved);
        if (l->first[at] != CRITERIA_NONE) {
            at = l->first[at];
            continue;
        }
        while (at != field && l->next[at] == CRITERIA_NONE) {
            at = b->draft.nodes[at].parent;
        }
        if (at == field) {
            return;
        }
        at = l->next[at];
    }
}

static enum ng_err order_nodes(struct build *b)
{
    struct criteria *c = b->c;
    size_t count = b->draft.count;
    uint32_t *moved = pool_take_array(&b->pool, count, sizeof(*moved));
    struct links links;
    enum ng_err err = link_nodes(b, &links);

    if (err != NG_OK) {
        return err;
    }
    c->nodes = pool_take_array(&c->pool, count, sizeof(*c->nodes));
    c->codes = pool_take_array(&c->pool, count, sizeof(*c->codes));
    c->fields = pool_take_array(&c->pool, count, sizeof(*c->fields));
    if (moved == NULL || c->nodes == NULL || c->codes == NULL || c->fields == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    for (size_t i = 0; i < count; i++) {
        if (b->draft.nodes[i].parent == CRITERIA_NONE) {
            walk(b, &links, (uint32_t)i, moved);
        }
    }
    qsort(c->codes, c->count, sizeof(*c->codes), compare_codes);
    return NG_OK;
}

static enum ng_err check_all(struct build *b, bool canonical, uint32_t head_line)
{
    size_t count = b->draft.count;
    struct decimal *sums = pool_take_array(&b->pool, count, sizeof(*sums));
    bool *sums_sound = pool_take_array(&b->pool, count, sizeof(*sums_sound));
    enum ng_err err = read_rows(b, canonical);

    if (err != NG_OK) {
        return err;
    }
    if (sums == NULL || sums_sound == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    check_doubles(b);
    find_parents(b);
    criteria_tree_check(&b->draft, &b->c->head, head_line, sums, sums_sound, b->faults);
    fault_sort(b->faults);
    if (fault_any(b->faults)) {
        return err_set(NG_ERR_INPUT, "%s", _("the criteria set has faults"));
    }
    return NG_OK;
}

enum ng_err criteria_build(struct criteria *c, const struct criteria_row *rows, size_t count,
                           bool canonical, uint32_t head_line, struct fault_list *faults)
{
    struct build b = {.c = c, .rows = rows, .faults = faults};
    enum ng_err err;

    if (count == 0 || count > CRITERIA_NODES_MAX) {
        fault_add(faults, FAULT_RANGE, 0, "", _("a set has 1 to %u lines, here are %zu"),
                  CRITERIA_NODES_MAX, count);
        return err_set(NG_ERR_INPUT, "%s", _("the criteria set has faults"));
    }
    pool_init(&b.pool, (size_t)CRITERIA_NODES_MAX * 1024);
    err = take_memory(&b, count);
    if (err == NG_OK) {
        err = check_all(&b, canonical, head_line);
    }
    if (err == NG_OK) {
        err = order_nodes(&b);
    }
    pool_fini(&b.pool);
    return err;
}
