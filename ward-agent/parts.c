/* Imports in parts.
 *
 * An author numbers its statements without gaps, so the parts of one import come in order; between
 * them may stand other statements of the same author. So each open import only has to remember
 * which part it waits for. Happy path: part 1 opens an import, part n appends, part m closes it and
 * gives everything. Anything else (a part that is not the one awaited, another count or kind) drops
 * the import: the office's fold does the same, and says so to the author.
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
    uint32_t taken;
    struct wire_acts **parts; /* `count` places: they own the texts */
    struct wire_act *acts;    /* of all parts taken, one after the other */
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
    for (uint32_t i = 0; i < m->taken; i++) {
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

static enum ng_err append_part(struct import *m, struct wire_acts **acts)
{
    size_t count = m->act_count + (*acts)->count;
    if ((*acts)->count > 0) {
        struct wire_act *grown = realloc(m->acts, count * sizeof(*grown));
        if (grown == NULL) {
            return err_set(NG_ERR_NOMEM, "import");
        }
        memcpy(grown + m->act_count, (*acts)->acts, (*acts)->count * sizeof(*grown));
        m->acts = grown;
    }
    m->act_count = count;
    m->parts[m->taken++] = *acts;
    *acts = NULL;
    return NG_OK;
}

/* One part of an import; the part before it, if any, opened or continued the import. */
static enum ng_err take_part(struct parts *p, const char *author, uint32_t kind,
                             struct wire_acts **acts)
{
    const struct wire_acts *a = *acts;
    if (a->part_count == 0 || a->part_count > PARTS_COUNT_MAX) {
        return NG_OK;
    }
    struct import **link = find(p, author, a->import_id);
    if (*link != NULL && ((*link)->kind != kind || (*link)->count != a->part_count ||
                          (*link)->taken + 1 != a->part_number)) {
        import_destroy(unlink_import(p, link));
        return NG_OK;
    }
    if (*link == NULL) {
        enum ng_err err = a->part_number == 1 ? open_import(p, author, kind, a) : NG_OK;
        link = find(p, author, a->import_id);
        if (err != NG_OK || *link == NULL) {
            return err;
        }
    }
    enum ng_err err = append_part(*link, acts);
    if (err == NG_OK && (*link)->taken == (*link)->count) {
        p->complete = unlink_import(p, link);
    }
    return err;
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
    if (p->complete != NULL) {
        *ret_acts = p->complete->acts;
        *ret_count = p->complete->act_count;
    }
    return err;
}
