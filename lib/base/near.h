/* How alike two short words are, to offer a person the word that was meant. */
#ifndef NGANAM_BASE_NEAR_H
#define NGANAM_BASE_NEAR_H

#include <stddef.h>

#define NEAR_TEXT_MAX 32
#define NEAR_FAR 99

/* The number of single-byte changes from a to b; NEAR_FAR if one is longer than NEAR_TEXT_MAX. */
size_t near_distance(const char *a, const char *b);

#endif
