/* Goal: no report file a person may hand over makes its reader read or write outside, leak or
 * hang; what the reader accepts, the fold's own check accepts, before and after the wire; what it
 * refuses it lists. */
#include "par/fuzz_kit.h"
#include "par/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes file = {data, size};
    struct fault_list faults = FAULT_LIST_INIT;
    struct actlist *acts = NULL;
    fuzz_begin();
    const enum ng_err err = report_parse_csv(file, fuzz_kit_set(), "2026-Q3", &faults, &acts);
    fuzz_kit_acts(err, acts, &faults);
    return 0;
}
