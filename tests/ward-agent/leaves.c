#include "leaves.h"

#include "base/check.h"
#include "ledger/leaf.h"

#include <stdio.h>

static const uint8_t no_signature[KEY_SIGNATURE_SIZE];

static void encode_statement(struct buf *to, uint64_t seq, const char *author, uint32_t kind,
                             const struct wire_acts *acts)
{
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CHECK(wire_acts_encode(acts, &payload) == NG_OK);
    struct statement s = {
        .epoch = 1, .kind = kind, .seq = seq, .authored_at = 1000, .payload = buf_bytes(&payload)};
    (void)snprintf(s.author.text, sizeof(s.author.text), "%s", author);
    buf_clear(to);
    CHECK(statement_encode(&s, to) == NG_OK);
    buf_fini(&payload);
}

void leaves_make(struct buf *to, uint64_t index, const char *author, uint32_t kind,
                 const struct wire_acts *acts)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    encode_statement(&statement, index + 1, author, kind, acts);
    struct leaf leaf = {.index = index,
                        .received_at = 1000 + index,
                        .statement = buf_bytes(&statement),
                        .signature = no_signature};
    buf_clear(to);
    CHECK(leaf_encode(&leaf, to) == NG_OK);
    buf_fini(&statement);
}

void leaves_make_acts(struct buf *to, uint64_t index, uint32_t kind, const struct wire_act *acts,
                      size_t count)
{
    const struct wire_acts m = {.acts = acts, .count = count};
    leaves_make(to, index, "office", kind, &m);
}

void leaves_statement(struct buf *to, uint64_t seq, const struct wire_acts *acts)
{
    encode_statement(to, seq, "MYQUOI", WIRE_KIND_REPORT, acts);
}

static struct wire_act node(const char *code, const char *parent, const char *level,
                            const char *max, const char *method, const char *params)
{
    return (struct wire_act){.kind = WIRE_ACT_NODE,
                             .u.node = {.code = code,
                                        .parent = parent,
                                        .level = level,
                                        .name_vi = code,
                                        .name_en = "",
                                        .max_points = max,
                                        .method = method,
                                        .params = params,
                                        .na_policy = "",
                                        .evidence = ""}};
}

void leaves_set(struct wire_act *acts, uint32_t year, const char *group, const char *set)
{
    acts[0] = (struct wire_act){.kind = WIRE_ACT_CRITERIA,
                                .u.criteria = {.set = set,
                                               .year = year,
                                               .group = group,
                                               .total = "",
                                               .rounding = 2,
                                               .source = "",
                                               .nodes = LEAVES_SET_ACTS - 1}};
    acts[1] = node("1", "", "field", "10", "sum", "");
    acts[2] = node("1.1", "1", "component", "6", "points", "");
    acts[3] = node("1.2", "1", "component", "4", "choice", "full:4|none:0");
    acts[4] = node("2", "", "field", "10", "points", "");
}

struct wire_act leaves_unit(const char *code, const char *name, const char *group)
{
    return (struct wire_act){.kind = WIRE_ACT_UNIT,
                             .u.unit = {.code = code,
                                        .name = name,
                                        .group = group,
                                        .parent = "",
                                        .valid_from = "",
                                        .valid_to = ""}};
}

struct wire_act leaves_task(const char *code, const char *year, const char *unit)
{
    return (struct wire_act){.kind = WIRE_ACT_TASK,
                             .u.task = {.code = code,
                                        .year = year,
                                        .unit = unit,
                                        .name = "Rà soát thủ tục",
                                        .area = "b2",
                                        .partners = "",
                                        .due = "2026-11-30",
                                        .weight = "",
                                        .product = "",
                                        .source = ""}};
}
