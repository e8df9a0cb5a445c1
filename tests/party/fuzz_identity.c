/* Goal: no file makes the reader of a party's keys read outside, leak or hang; what it accepts is
 * saved and read as the same identity; a damaged one is told by its path. */
#include "base/file.h"
#include "fuzz/fuzz_target.h"
#include "party/identity.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct identity id, same;
    struct buf once = BUF_INIT(8192), twice = BUF_INIT(8192);
    CHECK(key_init() == NG_OK);
    CHECK(setenv("NGANAM_PASSPHRASE_FILE", "/nowhere/passphrase", 1) == 0);
    fuzz_write(IDENTITY_FILE, (struct bytes){data, size});
    fuzz_begin();
    const enum ng_err err = identity_load(fuzz_folder(), &id);
    if (err == NG_ERR_INPUT) { /* locked: there is no passphrase */
        fuzz_refused(err);
        return 0;
    }
    if (err != NG_OK) {
        CHECK(err == NG_ERR_CORRUPT || err == NG_ERR_VERSION || err == NG_ERR_LIMIT);
        fuzz_refused(err);
        CHECK(strstr(err_detail(), IDENTITY_FILE) != NULL);
        return 0;
    }
    CHECK(statement_code_valid(id.party.text));
    CHECK(identity_save_as(fuzz_folder(), "again", &id) == NG_OK);
    CHECK(identity_load_as(fuzz_folder(), "again", &same) == NG_OK);
    CHECK(identity_save_as(fuzz_folder(), "twice", &same) == NG_OK);
    CHECK(file_read(fuzz_path("again"), &once) == NG_OK);
    CHECK(file_read(fuzz_path("twice"), &twice) == NG_OK);
    fuzz_same(buf_bytes(&once), buf_bytes(&twice));
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
