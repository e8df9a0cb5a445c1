#include "base/near.h"

#include <string.h>

size_t near_distance(const char *a, const char *b)
{
    size_t row[NEAR_TEXT_MAX + 2];
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    if (a_size > NEAR_TEXT_MAX || b_size > NEAR_TEXT_MAX) {
        return NEAR_FAR;
    }
    for (size_t j = 0; j <= b_size; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t above = row[j];
            size_t best = corner + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            corner = above;
        }
    }
    return row[b_size];
}
