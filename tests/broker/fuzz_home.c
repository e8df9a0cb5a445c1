/* Goal: no bytes in the files of the broker's folder (its CURVE secret, the endpoint of the slips)
 * make their readers read outside; what one accepts is saved and read as the same; a damaged file
 * is told by its name. */
#include "broker/home.h"
#include "fuzz/fuzz_target.h"

#include <stdlib.h>
#include <string.h>

static void curve(struct bytes input)
{
    struct net_curve curve, same;
    fuzz_write("broker.curve", input);
    CHECK(setenv("NGANAM_PASSPHRASE_FILE", "/nowhere", 1) == 0); /* nobody is asked */
    fuzz_begin();
    const enum ng_err err = home_load_curve(fuzz_folder(), &curve);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_CORRUPT || err == NG_ERR_INPUT); /* the latter: the passphrase */
        fuzz_refused(err);
        CHECK(err == NG_ERR_INPUT || strstr(err_detail(), "broker.curve") != NULL);
        return;
    }
    CHECK(home_save_curve(fuzz_folder(), &curve) == NG_OK);
    CHECK(home_load_curve(fuzz_folder(), &same) == NG_OK);
    CHECK(memcmp(&curve, &same, sizeof(same)) == 0);
}

static void endpoint(struct bytes input)
{
    char endpoint[NET_ENDPOINT_MAX + 1], same[NET_ENDPOINT_MAX + 1];
    fuzz_write("endpoint", input);
    fuzz_begin();
    const enum ng_err err = home_load_endpoint(fuzz_folder(), endpoint);
    if (err != NG_OK) {
        CHECK(err == NG_ERR_CORRUPT || err == NG_ERR_LIMIT);
        fuzz_refused(err);
        CHECK(strstr(err_detail(), "endpoint") != NULL);
        return;
    }
    CHECK(strncmp(endpoint, "tcp://", 6) == 0);
    CHECK(home_save_endpoint(fuzz_folder(), endpoint) == NG_OK);
    CHECK(home_load_endpoint(fuzz_folder(), same) == NG_OK);
    CHECK(strcmp(endpoint, same) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    curve((struct bytes){data, size});
    endpoint((struct bytes){data, size});
    return 0;
}
