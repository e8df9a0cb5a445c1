/* What a measurement was made on, for its document. */
#ifndef NGANAM_TESTS_BENCH_MACHINE_H
#define NGANAM_TESTS_BENCH_MACHINE_H

#include <jansson.h>

/* {cores, cpu, memory_mib, kernel, filesystem, load, version}: filesystem is that of `folder`,
 * where the data lay. A new reference; NULL: no memory. */
json_t *machine_json(const char *folder);

#endif
