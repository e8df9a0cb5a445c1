/* An opened export from inside: the pieces that verification looks at one by one. For the export's
 * own modules. */
#ifndef NGANAM_AUDIT_EXPORT_STATE_H
#define NGANAM_AUDIT_EXPORT_STATE_H

#include "audit/source.h"
#include "audit/tiles.h"

struct export_piece {
    bool loaded;
    uint64_t number;
    struct buf bytes;
};

struct export_state {
    char *folder;
    struct ledger_head head;
    struct export_piece pieces[TILES_LEVEL_MAX + 2]; /* the bundle, then level 0 … */
    uint64_t next;                                   /* entry that `rest` begins with */
    struct bytes rest;                               /* of the loaded bundle */
};

struct export_state *export_state_of(const struct source *s);
/* A tile or bundle; borrowed until another of its level is asked for. NG_ERR_CORRUPT names it. */
enum ng_err export_state_tile(struct export_state *e, int level, uint64_t number,
                              struct bytes *ret) NG_MUST_USE;

#endif
