#include "par/report_explanation.h"

#include "par/report.h"
#include "par/text.h"

#include <stdio.h>
#include <string.h>

#define EXCERPT_MAX 1000u /* of an explanation whose whole is a file */

/* So much of the text as ends with a word, or at least with a letter. */
static size_t excerpt_size(const char *text)
{
    size_t size = EXCERPT_MAX;

    while (size > EXCERPT_MAX / 2 && text[size] != ' ' && text[size] != '\n') {
        size--;
    }
    if (size > EXCERPT_MAX / 2) {
        return size;
    }
    size = EXCERPT_MAX;
    while (((unsigned char)text[size] & 0xc0) == 0x80) { /* within a letter of UTF-8 */
        size--;
    }
    return size;
}

/* One more piece of evidence, of this name. */
static enum ng_err cite(struct pool *pool, struct wire_report *r, const char *name)
{
    struct wire_evidence *items = pool_take_array(pool, r->evidence_count + 1, sizeof(*items));

    if (items == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    if (r->evidence_count > 0) {
        memcpy(items, r->evidence, r->evidence_count * sizeof(*items));
    }
    items[r->evidence_count] = (struct wire_evidence){.name = name};
    r->evidence = items;
    r->evidence_count++;
    return NG_OK;
}

enum ng_err report_explanation_take(struct actlist *list, const char *code, const char *text,
                                    struct wire_report *r)
{
    struct pool *pool = actlist_pool(list);
    char name[sizeof(REPORT_EXPLANATION_FILE) + TEXT_NAME_MAX];
    char begin[EXCERPT_MAX + sizeof(name) + 8];
    const char *whole, *kept;

    if (strlen(text) <= TEXT_LONG_MAX) {
        r->explanation = pool_text(pool, text);
        return r->explanation != NULL ? NG_OK : err_plain(NG_ERR_NOMEM);
    }
    (void)snprintf(name, sizeof(name), REPORT_EXPLANATION_FILE, code);
    (void)snprintf(begin, sizeof(begin), "%.*s… [%s]", (int)excerpt_size(text), text, name);
    whole = pool_text(pool, text);
    kept = pool_text(pool, name);
    r->explanation = pool_text(pool, begin);
    if (whole == NULL || kept == NULL || r->explanation == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    actlist_attach(list, actlist_count(list) - 1, whole);
    return cite(pool, r, kept);
}
