/* Goal: no file makes the reader of the log's key file read outside; what it accepts is exactly
 * what it writes for that key. */
#include "base/file.h"
#include "fuzz/fuzz_target.h"
#include "ledger/ledger_keyfile.h"

#include <stdlib.h>

#define ORIGIN "nganam.example/fuzz"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    struct key_pair pair;
    CHECK(key_init() == NG_OK);
    CHECK(setenv("NGANAM_PASSPHRASE_FILE", "/nowhere", 1) == 0); /* nobody is asked */
    fuzz_write("log.key", input);
    fuzz_begin();
    const enum ng_err err = ledger_keyfile_read(fuzz_path("log.key"), ORIGIN, &pair, NULL);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_INPUT);
        fuzz_refused(err);
        return 0;
    }
    struct buf again = BUF_INIT(1024);
    CHECK(ledger_keyfile_write(fuzz_path("again.key"), ORIGIN, pair.secret, false) == NG_OK);
    CHECK(file_read(fuzz_path("again.key"), &again) == NG_OK);
    fuzz_same(input, buf_bytes(&again));
    buf_fini(&again);
    key_wipe(&pair);
    return 0;
}
