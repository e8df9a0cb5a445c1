/* What the fuzz targets share. A target is one function for one parser of foreign bytes; with clang
 * libFuzzer drives it (scripts/campaign), without, fuzz_replay.c gives it the kept inputs and their
 * neighbours in every ordinary run. A target checks more than "no crash": what was accepted has one
 * form, and what was refused says why. */
#ifndef NGANAM_TESTS_FUZZ_FUZZ_TARGET_H
#define NGANAM_TESTS_FUZZ_FUZZ_TARGET_H

#include "base/buf.h"
#include "base/check.h"

#include <stdint.h>

/* libFuzzer's entry point; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Called before the parser, so that fuzz_refused sees only what the parser said. */
void fuzz_begin(void);
/* A refusal of the parser: it has told a person what is wrong. */
void fuzz_refused(enum ng_err err);

void fuzz_same(struct bytes a, struct bytes b);

/* The input as a C string of its own size, so that ASan sees a step beyond it; NULL where a zero
 * byte stands inside. The caller frees. */
char *fuzz_text(struct bytes input);

/* For parsers that open their file themselves: a folder of this process (0700, removed when it
 * ends), and the input written into it under this name with rights 0600. */
const char *fuzz_folder(void);
void fuzz_write(const char *name, struct bytes content);
/* The file's path; borrowed until the next call. */
const char *fuzz_path(const char *name);

/* Takes the next piece off a structured input: `size` bytes, fewer at its end. */
struct bytes fuzz_take(struct bytes *rest, size_t size);
/* One byte; 0 at the end. */
uint8_t fuzz_byte(struct bytes *rest);

#endif
