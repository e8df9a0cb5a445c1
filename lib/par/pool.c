#include "par/pool.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384u
#define ALIGNMENT alignof(max_align_t)

struct pool_block {
    struct pool_block *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

void pool_init(struct pool *p, size_t size_max)
{
    *p = (struct pool){.size_max = size_max};
}

void pool_fini(struct pool *p)
{
    while (p->blocks != NULL) {
        struct pool_block *next = p->blocks->next;

        free(p->blocks);
        p->blocks = next;
    }
    p->size = 0;
    p->ran_out = false;
}

static struct pool_block *add_block(struct pool *p, size_t size)
{
    size_t want = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct pool_block *block = calloc(1, sizeof(*block) + want);

    if (block == NULL) {
        return NULL;
    }
    block->size = want;
    block->next = p->blocks;
    p->blocks = block;
    return block;
}

static void *ran_out(struct pool *p)
{
    p->ran_out = true;
    return NULL;
}

void *pool_take(struct pool *p, size_t size)
{
    struct pool_block *block = p->blocks;
    void *at;

    if (size > p->size_max) {
        return ran_out(p);
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (p->size > p->size_max || size > p->size_max - p->size) {
        return ran_out(p);
    }
    if (block == NULL || block->size - block->used < size) {
        block = add_block(p, size);
        if (block == NULL) {
            return ran_out(p);
        }
    }
    at = (unsigned char *)block->data + block->used;
    block->used += size;
    p->size += size;
    return at;
}

void *pool_take_array(struct pool *p, size_t count, size_t item_size)
{
    if (item_size != 0 && count > p->size_max / item_size) {
        return ran_out(p);
    }
    return pool_take(p, count * item_size);
}

char *pool_text(struct pool *p, const char *text)
{
    return pool_text_part(p, text, strlen(text));
}

char *pool_text_part(struct pool *p, const char *text, size_t size)
{
    char *copy = size < p->size_max ? pool_take(p, size + 1) : NULL;

    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}
