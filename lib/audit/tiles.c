#include "audit/tiles.h"

#include <stdio.h>

unsigned tiles_width(int level, uint64_t number, uint64_t size)
{
    const uint64_t there = level > 0 ? size >> (8 * (unsigned)level) : size;
    const uint64_t first = number * TILES_WIDTH;
    if (there <= first) {
        return 0;
    }
    return there - first < TILES_WIDTH ? (unsigned)(there - first) : TILES_WIDTH;
}

void tiles_path(int level, uint64_t number, unsigned width, char ret[TILES_PATH_MAX])
{
    unsigned groups[7]; /* 2^64 has 20 digits */
    unsigned count = 0;
    do {
        groups[count++] = (unsigned)(number % 1000);
        number /= 1000;
    } while (number > 0);
    int at = level == TILES_ENTRIES ? snprintf(ret, TILES_PATH_MAX, "tile/entries")
                                    : snprintf(ret, TILES_PATH_MAX, "tile/%d", level);
    while (count-- > 0) {
        at += snprintf(ret + at, TILES_PATH_MAX - (size_t)at, count > 0 ? "/x%03u" : "/%03u",
                       groups[count]);
    }
    if (width < TILES_WIDTH) {
        (void)snprintf(ret + at, TILES_PATH_MAX - (size_t)at, ".p/%u", width);
    }
}

enum ng_err tiles_add_entry(struct buf *bundle, struct bytes entry)
{
    if (entry.size > UINT16_MAX) {
        return err_set(NG_ERR_LIMIT, "entry");
    }
    const uint8_t size[2] = {(uint8_t)(entry.size >> 8), (uint8_t)(entry.size & 0xff)};
    enum ng_err err = buf_add(bundle, size, sizeof(size));
    return err == NG_OK ? buf_add(bundle, entry.data, entry.size) : err;
}

bool tiles_take_entry(struct bytes *rest, struct bytes *ret_entry)
{
    if (rest->size < 2) {
        return false;
    }
    const size_t size = (size_t)rest->data[0] << 8 | rest->data[1];
    if (rest->size - 2 < size) {
        return false;
    }
    *ret_entry = (struct bytes){rest->data + 2, size};
    *rest = (struct bytes){rest->data + 2 + size, rest->size - 2 - size};
    return true;
}
