/* Reading the params of a method (docs/files.md): "key=value key=value", or the items of
 * method_items.
 *
 * Happy path: every word is known, stands once and is within its bounds. Failures: each is one
 * sentence in err_detail; memory of the pool.
 */
#include "par/method_params.h"
#include "par/fraction.h"

#include "base/lang.h"
#include "par/method_items.h"

#include <string.h>

/* One word a method knows. */
struct word {
    const char *key;
    struct decimal *to; /* NULL: it takes no value */
    bool given;
};

static enum ng_err take_word(const struct method_items_context *c, struct word *words, size_t count,
                             const char *at, size_t size)
{
    const char *equals = memchr(at, '=', size);
    size_t key_size = equals != NULL ? (size_t)(equals - at) : size;

    for (size_t i = 0; i < count; i++) {
        if (strlen(words[i].key) != key_size || memcmp(words[i].key, at, key_size) != 0) {
            continue;
        }
        if (words[i].given) {
            return err_set(NG_ERR_INPUT, _("%s is given twice"), words[i].key);
        }
        if ((words[i].to == NULL) != (equals == NULL)) {
            return err_set(NG_ERR_INPUT,
                           words[i].to == NULL ? _("%s takes no value") : _("%s needs a value"),
                           words[i].key);
        }
        words[i].given = true;
        return equals == NULL
                   ? NG_OK
                   : method_items_number(c, equals + 1, size - key_size - 1, words[i].to);
    }
    return err_set(NG_ERR_INPUT, _("\"%.*s\" is unknown here"), (int)(size < 40 ? size : 40), at);
}

static enum ng_err read_words(const struct method_items_context *c, const char *params,
                              struct word *words, size_t count)
{
    enum ng_err err = NG_OK;
    const char *at = params;

    while (*(at += strspn(at, " ")) != '\0' && err == NG_OK) {
        size_t size = strcspn(at, " ");

        err = take_word(c, words, count, at, size);
        at += size;
    }
    return err;
}

/* kind=bonus cap=10; without cap the group stops at its maximum. */
static enum ng_err parse_sum(const struct method_items_context *c, const char *params,
                             struct method *m)
{
    static const char *const kinds[] = {"kind=bonus", "kind=deduction"};
    struct word words[] = {{.key = "cap", .to = &m->cap}};
    const char *rest = params + strspn(params, " ");
    enum ng_err err;

    if (*rest == '\0') {
        return NG_OK;
    }
    for (size_t i = 0; i < 2 && m->group == METHOD_BASE; i++) {
        size_t size = strlen(kinds[i]);

        if (strncmp(rest, kinds[i], size) != 0 || (rest[size] != '\0' && rest[size] != ' ')) {
            continue;
        }
        m->group = i == 0 ? METHOD_BONUS : METHOD_DEDUCTION;
        rest += size;
    }
    if (m->group == METHOD_BASE) {
        return err_set(NG_ERR_INPUT,
                       _("\"%.60s\": a sum takes nothing, or \"kind=bonus cap=10\", or "
                         "\"kind=deduction cap=20\""),
                       params);
    }
    err = read_words(c, rest, words, 1);
    if (err == NG_OK && !words[0].given) {
        m->cap = c->max;
    }
    if (err == NG_OK && m->cap.micro == 0) {
        return err_set(NG_ERR_INPUT, "%s", _("cap must be above 0"));
    }
    /* A capped group shows its cap as points, so a cap is bounded as a maximum is. */
    if (err == NG_OK && (decimal_compare(m->cap, decimal_of(FRACTION_MAX_POINTS)) > 0 ||
                         !decimal_fits(m->cap, FRACTION_DECIMALS))) {
        return err_set(NG_ERR_INPUT, "%s", _("cap: at most 100000, with at most 4 decimals"));
    }
    return err;
}

static enum ng_err parse_ratio(const struct method_items_context *c, const char *params,
                               struct method *m)
{
    struct word words[] = {{.key = "target", .to = &m->target},
                           {.key = "floor", .to = &m->floor},
                           {.key = "step", .to = &m->step},
                           {.key = "over"}};
    enum ng_err err;

    m->target = decimal_of(100);
    err = read_words(c, params, words, sizeof(words) / sizeof(words[0]));
    if (err != NG_OK) {
        return err;
    }
    m->over = words[3].given;
    if (m->target.micro == 0 || decimal_compare(m->target, decimal_of(METHOD_TARGET_MAX)) > 0) {
        return err_set(NG_ERR_INPUT, _("target must be above 0 and at most %d percent"),
                       (int)METHOD_TARGET_MAX);
    }
    if (decimal_compare(m->floor, m->target) > 0) {
        return err_set(NG_ERR_INPUT, "%s", _("floor must not be above target"));
    }
    if ((words[2].given && m->step.micro == 0) || decimal_compare(m->step, c->max) > 0) {
        return err_set(NG_ERR_INPUT, "%s", _("step must be above 0 and not above the maximum"));
    }
    return NG_OK;
}

static enum ng_err parse_per(const struct method_items_context *c, const char *params,
                             struct method *m)
{
    struct word words[] = {{.key = "per", .to = &m->per}};
    enum ng_err err = read_words(c, params, words, 1);

    if (err != NG_OK) {
        return err;
    }
    if (!words[0].given || m->per.micro == 0) {
        return err_set(NG_ERR_INPUT, "%s", _("per= is needed, above 0: for example per=0.5"));
    }
    return NG_OK;
}

static enum ng_err parse_nothing(const char *params)
{
    if (params[strspn(params, " ")] == '\0') {
        return NG_OK;
    }
    return err_set(NG_ERR_INPUT, _("this method takes no params, but there is \"%.40s\""), params);
}

enum ng_err method_params_read(const char *params, struct decimal max, bool canonical,
                               struct pool *pool, struct method *m)
{
    const struct method_items_context c = {.max = max, .canonical = canonical, .pool = pool};

    switch (m->kind) {
    case METHOD_SUM:
        return parse_sum(&c, params, m);
    case METHOD_CHOICE:
        return method_items_choices(&c, params, m);
    case METHOD_BANDS:
    case METHOD_TASKS:
        return method_items_bands(&c, params, m);
    case METHOD_RATIO:
        return parse_ratio(&c, params, m);
    case METHOD_DEDUCT:
    case METHOD_COUNT:
        return parse_per(&c, params, m);
    case METHOD_POINTS:
    case METHOD_SURVEY:
        break;
    }
    return parse_nothing(params);
}
