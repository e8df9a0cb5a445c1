#include "office-service/at.h"

#include "base/day.h"
#include "base/lang.h"

#include <string.h>

static enum ng_err received_at(const struct mirror_view *v, uint64_t index, uint64_t *ret)
{
    struct bytes data;
    struct leaf leaf;
    struct hash hash;
    enum ng_err err = mirror_view_leaf(v, index, &data, &hash);
    if (!err) {
        err = leaf_decode(data, &leaf);
    }
    if (!err) {
        *ret = leaf.received_at;
    }
    return err;
}

/* received_at never falls, so the first leaf of a later moment is found by halving. */
static enum ng_err count_before(const struct mirror_view *v, uint64_t moment, uint64_t *ret)
{
    uint64_t low = 0;
    uint64_t high = v->edge.size;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        uint64_t at;
        enum ng_err err = received_at(v, middle, &at);
        if (err) {
            return err;
        }
        if (at < moment) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret = low;
    return NG_OK;
}

static bool read_number(const char *text, uint64_t *ret)
{
    uint64_t v = 0;
    size_t size = strlen(text);
    if (size == 0 || size > 18 || strspn(text, "0123456789") != size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        v = v * 10 + (uint64_t)(text[i] - '0');
    }
    *ret = v;
    return true;
}

enum ng_err at_resolve(const struct mirror_view *v, const char *text, uint64_t *ret_count)
{
    uint64_t count;
    if (read_number(text, &count)) {
        if (count > v->edge.size) {
            return err_set(NG_ERR_NOT_FOUND, _("--at %s: the log here has %llu messages"), text,
                           (unsigned long long)v->edge.size);
        }
        *ret_count = count;
        return NG_OK;
    }
    int32_t day;
    if (day_parse(text, &day)) {
        return err_set(NG_ERR_INPUT,
                       _("--at %.40s: a number of messages or a date like 30/11/2026 is expected"),
                       text);
    }
    return count_before(v, (uint64_t)day_start_ms(day + 1), ret_count);
}
