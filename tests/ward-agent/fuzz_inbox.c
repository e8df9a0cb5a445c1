/* Goal: no leaf of the inbox makes what a ward knows read or write outside, leak or hang; one that
 * teaches nothing is passed over, and memory is the only error.
 * Method: the input is a row of statements: kind, size of the payload (2 bytes), payload; each is
 * also given as a bare leaf, as if the log held anything at all. */
#include "fuzz/fuzz_target.h"
#include "ward-agent/knowledge.h"

#include "base/day.h"
#include "ledger/leaf.h"

#define STATEMENTS_MAX 32

static void take(struct knowledge *k, uint64_t index, uint32_t kind, struct bytes payload)
{
    static const uint8_t no_signature[64];
    const struct statement s = {
        .author = {"OFFICE"}, .kind = kind, .epoch = 1, .seq = index + 1, .payload = payload};
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX), leaf = BUF_INIT(LEAF_SIZE_MAX);
    if (statement_encode(&s, &statement) == NG_OK) {
        const struct leaf l = {.index = index,
                               .received_at = 1767589200000 + index,
                               .statement = buf_bytes(&statement),
                               .signature = no_signature};
        CHECK(leaf_encode(&l, &leaf) == NG_OK);
        CHECK(knowledge_apply(k, buf_bytes(&leaf)) == NG_OK);
    }
    buf_fini(&statement);
    buf_fini(&leaf);
}

static void ask(const struct knowledge *k)
{
    uint32_t years[8];
    struct tasks_unit own;
    const struct wire_unit *unit = knowledge_unit(k);
    CHECK(unit == NULL || unit->code[0] != '\0');
    const size_t count = knowledge_years(k, years, 8);
    for (size_t i = 0; i < count; i++) {
        CHECK(knowledge_criteria(k, years[i], UINT64_MAX) != NULL);
    }
    CHECK(knowledge_tasks(k, &own) != NULL);
    for (size_t i = 0; knowledge_verdict_at(k, i) != NULL; i++) {
        (void)knowledge_finding(knowledge_verdict_at(k, i), 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct knowledge *k = knowledge_new("P1");
    CHECK(k != NULL);
    CHECK(knowledge_apply(k, input) == NG_OK);
    for (uint64_t i = 0; i < STATEMENTS_MAX && input.size > 0; i++) {
        const uint32_t kind = fuzz_byte(&input) % 32u;
        const size_t bytes = (size_t)fuzz_byte(&input) << 8 | fuzz_byte(&input);
        take(k, i, kind, fuzz_take(&input, bytes));
    }
    ask(k);
    knowledge_destroy(&k);
    return 0;
}
