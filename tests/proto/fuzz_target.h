/* What a fuzz target and the replay of its kept inputs share. */
#ifndef NGANAM_TESTS_PROTO_FUZZ_TARGET_H
#define NGANAM_TESTS_PROTO_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry point; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
