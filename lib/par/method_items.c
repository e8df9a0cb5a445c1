/* Choices and bands: "co:2|khong:0", ">=95:2|>=90:1|:0".
 *
 * Idea: one item at a time, left of its colon what must hold, right the points. Bands are then
 * looked at as a whole: a number for which none holds would leave a unit without points, so a gap
 * is refused here and never met later. Failures: each is one sentence in err_detail; memory of the
 * pool.
 */
#include "par/method_items.h"

#include "base/lang.h"

#include <stdlib.h>
#include <string.h>

/* Choices or bands while they are read; one of the arrays is NULL. */
struct items {
    struct method_choice *choices;
    struct method_band *bands;
    size_t count;
};

enum ng_err method_items_number(const struct method_items_context *c, const char *text, size_t size,
                                struct decimal *ret)
{
    char copy[64];
    char why[200];
    enum decimal_fault fault;

    if (size >= sizeof(copy)) {
        return err_set(NG_ERR_INPUT, _("\"%.*s…\" is not a number"), 40, text);
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    fault = c->canonical ? decimal_parse(copy, ret) : decimal_read(copy, ret, NULL);
    if (fault != DECIMAL_FINE) {
        decimal_explain(fault, copy, why, sizeof(why));
        return err_set(NG_ERR_INPUT, "%s", why);
    }
    if (ret->micro < 0) {
        return err_set(NG_ERR_INPUT, _("%s is negative"), copy);
    }
    return NG_OK;
}

static enum ng_err read_points(const struct method_items_context *c, const char *text, size_t size,
                               struct decimal *ret)
{
    char points[DECIMAL_TEXT_SIZE], max[DECIMAL_TEXT_SIZE];
    enum ng_err err = method_items_number(c, text, size, ret);

    if (err != NG_OK || decimal_compare(*ret, c->max) <= 0) {
        return err;
    }
    return err_set(NG_ERR_INPUT, _("%s points are more than the maximum %s"),
                   lang_decimal(decimal_format(*ret, points)),
                   lang_decimal(decimal_format(c->max, max)));
}

static void trim(const char **text, size_t *size)
{
    while (*size > 0 && (*text)[0] == ' ') {
        (*text)++;
        (*size)--;
    }
    while (*size > 0 && (*text)[*size - 1] == ' ') {
        (*size)--;
    }
}

static enum ng_err item_choice(const struct method_items_context *c, struct items *to,
                               const char *left, size_t size, struct decimal points)
{
    char *key;

    if (size == 0 || size > METHOD_KEY_MAX) {
        return err_set(NG_ERR_INPUT, _("a choice needs a key of 1 to %u characters"),
                       METHOD_KEY_MAX);
    }
    for (size_t i = 0; i < to->count; i++) {
        if (strlen(to->choices[i].key) == size && memcmp(to->choices[i].key, left, size) == 0) {
            return err_set(NG_ERR_INPUT, _("the key \"%s\" stands twice"), to->choices[i].key);
        }
    }
    key = pool_text_part(c->pool, left, size);
    if (key == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    to->choices[to->count++] = (struct method_choice){key, points};
    return NG_OK;
}

static enum method_op take_op(const char **text, size_t *size)
{
    static const struct {
        const char *text;
        enum method_op op;
    } ops[] = {
        {">=", METHOD_GE}, {"<=", METHOD_LE}, {">", METHOD_GT}, {"<", METHOD_LT}, {"=", METHOD_EQ}};

    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        size_t length = strlen(ops[i].text);

        if (*size < length || memcmp(*text, ops[i].text, length) != 0) {
            continue;
        }
        *text += length;
        *size -= length;
        return ops[i].op;
    }
    return METHOD_ANY;
}

static enum ng_err item_band(const struct method_items_context *c, struct items *to,
                             const char *left, size_t size, struct decimal points)
{
    struct method_band band = {.points = points};
    enum ng_err err = NG_OK;

    if (size > 0) {
        band.op = take_op(&left, &size);
        if (band.op == METHOD_ANY) {
            return err_set(NG_ERR_INPUT,
                           _("\"%.*s\" is not a band (>=95:2, >95:2, <=5:1, <5:1, =0:1 or :0)"),
                           (int)(size < 40 ? size : 40), left);
        }
        trim(&left, &size);
        err = method_items_number(c, left, size, &band.limit);
    }
    if (err == NG_OK) {
        to->bands[to->count++] = band;
    }
    return err;
}

static enum ng_err read_item(const struct method_items_context *c, const char *item, size_t size,
                             struct items *to)
{
    const char *colon = memchr(item, ':', size);
    const char *left = item, *right;
    size_t left_size, right_size;
    struct decimal points;
    enum ng_err err;

    if (colon == NULL) {
        return err_set(NG_ERR_INPUT, _("\"%.*s\" has no points: write for example %s"),
                       (int)(size < 40 ? size : 40), item,
                       to->choices != NULL ? "yes:2|no:0" : ">=90:2|:0");
    }
    right = colon + 1;
    left_size = (size_t)(colon - left);
    right_size = size - left_size - 1;
    trim(&left, &left_size);
    trim(&right, &right_size);
    err = read_points(c, right, right_size, &points);
    if (err != NG_OK) {
        return err;
    }
    if (to->choices != NULL) {
        return item_choice(c, to, left, left_size, points);
    }
    return item_band(c, to, left, left_size, points);
}

static enum ng_err read_items(const struct method_items_context *c, const char *params,
                              struct items *to)
{
    const char *at = params;

    for (;;) {
        size_t size = strcspn(at, "|");
        enum ng_err err = read_item(c, at, size, to);

        if (err != NG_OK || at[size] == '\0') {
            return err;
        }
        at += size + 1;
    }
}

/* Takes the array first, of just the size that the bars in params ask for. */
static enum ng_err count_items(const char *params, size_t *ret_count)
{
    size_t count = 1;

    for (const char *at = params; *at != '\0'; at++) {
        count += *at == '|' ? 1 : 0;
    }
    if (count > METHOD_ITEMS_MAX) {
        return err_set(NG_ERR_INPUT, _("more than %u items"), METHOD_ITEMS_MAX);
    }
    *ret_count = count;
    return NG_OK;
}

/* ---- bands that leave no gap ---- */

static int compare_limits(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x == *y ? 0 : *x < *y ? -1 : 1;
}

/* In half millionths, so that the middle of two neighbouring limits is a whole number too. */
static bool some_band_holds(const struct method *m, int64_t twice)
{
    for (size_t i = 0; i < m->item_count; i++) {
        int64_t limit = m->bands[i].limit.micro * 2;
        bool holds = m->bands[i].op == METHOD_ANY;

        holds |= m->bands[i].op == METHOD_GE && twice >= limit;
        holds |= m->bands[i].op == METHOD_GT && twice > limit;
        holds |= m->bands[i].op == METHOD_LE && twice <= limit;
        holds |= m->bands[i].op == METHOD_LT && twice < limit;
        holds |= m->bands[i].op == METHOD_EQ && twice == limit;
        if (holds) {
            return true;
        }
    }
    return false;
}

/* Bands are constant between two neighbouring limits, so it is enough to look at 0, at each limit,
 * at the middle between each two, and beyond the last. */
static enum ng_err check_coverage(const struct method *m)
{
    int64_t limits[METHOD_ITEMS_MAX + 1];
    char text[DECIMAL_TEXT_SIZE];
    size_t count = 0;
    int64_t gap = -1;

    limits[count++] = 0;
    for (size_t i = 0; i < m->item_count; i++) {
        if (m->bands[i].op != METHOD_ANY) {
            limits[count++] = m->bands[i].limit.micro;
        }
    }
    qsort(limits, count, sizeof(limits[0]), compare_limits);
    for (size_t i = 0; i < count && gap < 0; i++) {
        int64_t between = i + 1 < count ? limits[i] + limits[i + 1] : limits[i] * 2 + 2;

        if (!some_band_holds(m, limits[i] * 2)) {
            gap = limits[i] * 2;
        } else if (between != limits[i] * 2 && !some_band_holds(m, between)) {
            gap = between;
        }
    }
    if (gap < 0) {
        return NG_OK;
    }
    return err_set(NG_ERR_INPUT, _("no band holds for %s: end with a default, for example |:0"),
                   lang_decimal(decimal_format((struct decimal){gap / 2}, text)));
}

enum ng_err method_items_choices(const struct method_items_context *c, const char *params,
                                 struct method *m)
{
    struct items items = {0};
    size_t count = 0;
    enum ng_err err = count_items(params, &count);

    if (err != NG_OK) {
        return err;
    }
    items.choices = pool_take_array(c->pool, count, sizeof(*items.choices));
    if (items.choices == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    err = read_items(c, params, &items);
    m->choices = items.choices;
    m->item_count = items.count;
    return err;
}

enum ng_err method_items_bands(const struct method_items_context *c, const char *params,
                               struct method *m)
{
    struct items items = {0};
    size_t count = 0;
    enum ng_err err = count_items(params, &count);

    if (err != NG_OK) {
        return err;
    }
    items.bands = pool_take_array(c->pool, count, sizeof(*items.bands));
    if (items.bands == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    err = read_items(c, params, &items);
    m->bands = items.bands;
    m->item_count = items.count;
    return err == NG_OK ? check_coverage(m) : err;
}
