/* Goal: no bytes make the reader of statements read outside; what it accepts is exactly what
 * writing it gives, so a statement has one form; what is refused says why. */
#include "fuzz/fuzz_target.h"
#include "ledger/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    struct statement s;
    fuzz_begin();
    const enum ng_err err = statement_decode(input, &s);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_PROTO || err == NG_ERR_LIMIT);
        fuzz_refused(err);
        return 0;
    }
    struct buf again = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    CHECK(statement_code_valid(s.author.text));
    CHECK(s.payload.size == size - STATEMENT_HEADER_SIZE);
    CHECK(statement_encode(&s, &again) == NG_OK);
    fuzz_same(input, buf_bytes(&again));
    buf_fini(&again);
    return 0;
}
