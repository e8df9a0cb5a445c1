/* Goal: no bytes make the reader of leaves, or of the statement inside, read outside; what it
 * accepts is exactly what writing it gives; a signature that does not hold is refused with a word.
 */
#include "fuzz/fuzz_target.h"
#include "ledger/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    struct leaf leaf;
    struct statement s;
    CHECK(key_init() == NG_OK);
    fuzz_begin();
    enum ng_err err = leaf_decode(input, &leaf);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_PROTO);
        fuzz_refused(err);
        return 0;
    }
    struct buf again = BUF_INIT(LEAF_SIZE_MAX);
    if (leaf.statement.size <= STATEMENT_LOG_SIZE_MAX) {
        CHECK(leaf_encode(&leaf, &again) == NG_OK);
        fuzz_same(input, buf_bytes(&again));
    } else {
        CHECK(statement_decode(leaf.statement, &s) == NG_ERR_LIMIT);
    }
    err = leaf_verify(&leaf);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_VERIFY);
        fuzz_refused(err);
    }
    buf_fini(&again);
    return 0;
}
