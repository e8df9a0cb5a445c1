/* The layout of a C2SP tlog-tiles folder (c2sp.org/tlog-tiles): where a tile lies, how wide it is
 * in a tree of a size, and a bundle's entries. No file is touched here.
 *
 * A tile of level L and number N holds, one behind the other, the hashes of the complete subtrees
 * of 256^L leaves numbered 256 N … 256 N + 255; a partial one those that there are. A bundle holds
 * the leaves of the tile of level 0 with its number, each behind its length in two bytes. */
#ifndef NGANAM_AUDIT_TILES_H
#define NGANAM_AUDIT_TILES_H

#include "ledger/hash.h"

enum {
    TILES_WIDTH = 256,
    TILES_LEVEL_MAX = 7, /* of 256^8 leaves there is no tree */
    TILES_PATH_MAX = 64,
    TILES_ENTRIES = -1 /* as a level: the bundle of entries */
};
/* A bundle of the largest leaves. */
#define TILES_BUNDLE_MAX ((size_t)TILES_WIDTH * (2u + 65535u))

/* How many hashes tile (level, number) has in a tree of `size` leaves: 0 … 256. level may be
 * TILES_ENTRIES. */
unsigned tiles_width(int level, uint64_t number, uint64_t size);

/* "tile/0/x001/x234/067", "tile/1/000.p/3", "tile/entries/000": below the folder. width 1 … 256. */
void tiles_path(int level, uint64_t number, unsigned width, char ret[TILES_PATH_MAX]);

/* Appends one entry; NG_ERR_LIMIT above 65,535 bytes. */
enum ng_err tiles_add_entry(struct buf *bundle, struct bytes entry) NG_MUST_USE;
/* Takes the next entry off the rest of a bundle; false if none begins there. */
bool tiles_take_entry(struct bytes *rest, struct bytes *ret_entry);

#endif
