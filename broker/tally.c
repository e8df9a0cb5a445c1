#include "broker/tally.h"

const char *tally_error_name(enum wire_error code)
{
    static const char *const names[WIRE_ERROR_COUNT] = {
        [WIRE_ERROR_MALFORMED] = "malformed", [WIRE_ERROR_HELLO_FIRST] = "hello_first",
        [WIRE_ERROR_PROTOCOL] = "protocol",   [WIRE_ERROR_FORBIDDEN] = "forbidden",
        [WIRE_ERROR_RANGE] = "range",         [WIRE_ERROR_REPLACED] = "replaced",
        [WIRE_ERROR_BUSY] = "busy",           [WIRE_ERROR_DAMAGED] = "damaged",
        [WIRE_ERROR_REVOKED] = "revoked",     [WIRE_ERROR_COSIGNATURE] = "cosignature",
        [WIRE_ERROR_LARGE] = "large",         [WIRE_ERROR_TYPE] = "type",
        [WIRE_ERROR_QUOTA] = "quota",         [WIRE_ERROR_HASH] = "hash",
        [WIRE_ERROR_MISSING] = "missing",     [WIRE_ERROR_ERASED] = "erased",
        [WIRE_ERROR_STORAGE] = "storage",     [WIRE_ERROR_UNCITED] = "uncited",
    };
    return (unsigned)code < WIRE_ERROR_COUNT && names[code] != NULL ? names[code] : "unknown";
}

enum ng_err tally_each(const struct desk_counts *desk, const struct net_server_counts *net,
                       tally_fn fn, void *context)
{
    const struct {
        const char *name;
        uint64_t count;
    } plain[] = {
        {"requests", desk->requests},
        {"accepted", desk->accepted},
        {"duplicates", desk->duplicates},
        {"cosigned", desk->cosigned},
        {"unsent", desk->unsent},
        {"crowded_out", desk->crowded_out},
        {"admitted", net->admitted},
        {"denied", net->denied},
        {"dropped", net->multipart_dropped},
        {"unfinished", net->unfinished_closed},
        {"silent", net->silent_closed},
        {"crowded", net->crowded},
        {"commits", desk->commits},
    };
    enum ng_err err = NG_OK;
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]) && err == NG_OK; i++) {
        err = fn(context, TALLY_COUNT, plain[i].name, plain[i].count);
    }
    for (size_t i = 0; i < sizeof(desk->refusals) / sizeof(desk->refusals[0]) && err == NG_OK;
         i++) {
        err = fn(context, TALLY_REFUSAL, refusal_name((enum refusal)i), desk->refusals[i]);
    }
    for (size_t i = 0; i < WIRE_ERROR_COUNT && err == NG_OK; i++) {
        err = fn(context, TALLY_ERROR, tally_error_name((enum wire_error)i), desk->errors[i]);
    }
    return err;
}

static enum ng_err add(void *context, enum tally_group group, const char *name, uint64_t count)
{
    struct buf *to = context;
    (void)group;
    if (count == 0) {
        return NG_OK;
    }
    return buf_printf(to, "%s%s=%llu", to->size > 0 ? " " : "", name, (unsigned long long)count);
}

enum ng_err tally_format(const struct desk_counts *desk, const struct net_server_counts *net,
                         struct buf *to)
{
    return tally_each(desk, net, add, to);
}
