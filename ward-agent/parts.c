/* Imports in parts, by the rules of the office's own fold.
 *
 * The first part that comes opens its import, each fills its place, and the one that makes them
 * complete gives all acts in order, whatever order the parts came in. The same part twice changes
 * nothing; one that contradicts the import (another count or kind) is passed over and leaves it as
 * it was. What stays incomplete waits, until newer imports push it out.
 */
#include "ward-agent/parts.h"

#include <stdlib.h>
#include <string.h>

struct import {
    struct import *newer;
    char author[17];
    uint8_t id[16];
    uint32_t kind;
    uint32_t count; /* of parts */
    uint32_t have;
    struct wire_acts **parts; /* `count` places, NULL: not come yet; they own the texts */
    struct wire_act *acts;    /* when complete: all acts, one after the other */
    size_t act_count;
};

struct parts {
    struct import *oldest;
    size_t open_count;
    struct wire_acts *whole; /* given last, when it was a whole statement */
    struct import *complete; /* given last, when it was an import */
};

static void import_destroy(struct import *m)
{
    if (m == NULL) {
        return;
    }
    for (uint32_t i = 0; m->parts != NULL && i < m->count; i++) {
        wire_acts_destroy(&m->parts[i]);
    }
    free(m->parts);
    free(m->acts);
    free(m);
}

struct parts *parts_new(void)
{
    return calloc(1, sizeof(struct parts));
}

static void forget_given(struct parts *p)
{
    wire_acts_destroy(&p->whole);
    import_destroy(p->complete);
    p->complete = NULL;
}

/* Takes the import that *link points to out of the list. */
static struct import *unlink_import(struct parts *p, struct import **link)
{
    struct import *m = *link;
    *link = m->newer;
    p->open_count--;
    return m;
}

void parts_destroy(struct parts **p)
{
    if (*p == NULL) {
        return;
    }
    forget_given(*p);
    while ((*p)->oldest != NULL) {
        import_destroy(unlink_import(*p, &(*p)->oldest));
    }
    free(*p);
    *p = NULL;
}

/* The link that points to this import, or the link at the list's end. */
static struct import **find(struct parts *p, const char *author, const uint8_t id[static 16])
{
    struct import **link = &p->oldest;
    while (*link != NULL &&
           (strcmp((*link)->author, author) != 0 || memcmp((*link)->id, id, 16) != 0)) {
        link = &(*link)->newer;
    }
    return link;
}

static enum ng_err open_import(struct parts *p, const char *author, uint32_t kind,
                               const struct wire_acts *first)
{
    struct import *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        return err_set(NG_ERR_NOMEM, "import");
    }
    m->parts = calloc(first->part_count, sizeof(struct wire_acts *));
    if (m->parts == NULL) {
        free(m);
        return err_set(NG_ERR_NOMEM, "import");
    }
    size_t author_size = strnlen(author, sizeof(m->author) - 1);
    memcpy(m->author, author, author_size);
    memcpy(m->id, first->import_id, sizeof(m->id));
    m->kind = kind;
    m->count = first->part_count;
    if (p->open_count == PARTS_OPEN_MAX) {
        import_destroy(unlink_import(p, &p->oldest));
    }
    *find(p, m->author, m->id) = m;
    p->open_count++;
    return NG_OK;
}

static enum ng_err gather(struct import *m)
{
    for (uint32_t i = 0; i < m->count; i++) {
        m->act_count += m->parts[i]->count;
    }
    m->acts = calloc(m->act_count + 1, sizeof(*m->acts));
    if (m->acts == NULL) {
        return err_set(NG_ERR_NOMEM, "import");
    }
    struct wire_act *to = m->acts;
    for (uint32_t i = 0; i < m->count; i++) {
        memcpy(to, m->parts[i]->acts, m->parts[i]->count * sizeof(*to));
        to += m->parts[i]->count;
    }
    return NG_OK;
}

static enum ng_err take_part(struct parts *p, const char *author, uint32_t kind,
                             struct wire_acts **acts)
{
    const struct wire_acts *a = *acts;
    if (a->part_count > PARTS_COUNT_MAX || a->part_number < 1 || a->part_number > a->part_count) {
        return NG_OK;
    }
    struct import **link = find(p, author, a->import_id);
    if (*link == NULL) {
        enum ng_err err = open_import(p, author, kind, a);
        if (err != NG_OK) {
            return err;
        }
        link = find(p, author, a->import_id);
    }
    struct import *m = *link;
    if (m->kind != kind || m->count != a->part_count || m->parts[a->part_number - 1] != NULL) {
        return NG_OK;
    }
    m->parts[a->part_number - 1] = *acts;
    *acts = NULL;
    if (++m->have < m->count) {
        return NG_OK;
    }
    p->complete = unlink_import(p, link);
    return gather(p->complete);
}

enum ng_err parts_take(struct parts *p, const char *author, uint32_t kind, struct wire_acts **acts,
                       const struct wire_act **ret_acts, size_t *ret_count)
{
    enum ng_err err = NG_OK;
    forget_given(p);
    *ret_acts = NULL;
    *ret_count = 0;
    if (!(*acts)->has_part) {
        p->whole = *acts;
        *acts = NULL;
        *ret_acts = p->whole->acts;
        *ret_count = p->whole->count;
        return NG_OK;
    }
    err = take_part(p, author, kind, acts);
    wire_acts_destroy(acts);
    if (err == NG_OK && p->complete != NULL) {
        *ret_acts = p->complete->acts;
        *ret_count = p->complete->act_count;
    }
    return err;
}
