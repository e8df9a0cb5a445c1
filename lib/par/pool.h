/* Memory that is had bit by bit and given back all at once: the texts and arrays of one parsed
 * file. Bounded. Returned memory is aligned for any plain type and zeroed. */
#ifndef NGANAM_PAR_POOL_H
#define NGANAM_PAR_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct pool_block;

struct pool {
    struct pool_block *blocks;
    size_t size;
    size_t size_max;
    bool ran_out; /* something was not given: what was made without it is not whole */
};

void pool_init(struct pool *p, size_t size_max);
void pool_fini(struct pool *p); /* frees everything; may be used again */

/* NULL: out of memory or beyond the maximum. */
void *pool_take(struct pool *p, size_t size);
void *pool_take_array(struct pool *p, size_t count, size_t item_size);
char *pool_text(struct pool *p, const char *text);
char *pool_text_part(struct pool *p, const char *text, size_t size);

#endif
