/* The files of an exported log: reading and replacing them. For the export's own modules.
 *
 *     vkeys            the log's verifier keys, the first to the present one, then its cosigners';
 * as policy and cosigned written behind the checkpoint, and taken back to the first line before
 * that moves: each fits the checkpoint it lies beside log-keys         the statements that changed
 * the log's key, a line each; none, no file checkpoint       the signed head: written when all it
 * speaks of is there policy           who has to have signed a head (C2SP tlog-policy) cosigned the
 * newest head with cosignatures, if there are any tile/…           hashes and entries (tiles.h)
 *     entries.ndjson   each entry as a line of JSON, a reading aid: nothing hangs on it
 */
#ifndef NGANAM_AUDIT_EXPORT_FOLDER_H
#define NGANAM_AUDIT_EXPORT_FOLDER_H

#include "ledger/ledger.h"

#define EXPORT_FOLDER_CHECKPOINT "checkpoint"
#define EXPORT_FOLDER_VKEYS "vkeys"
#define EXPORT_FOLDER_LOG_KEYS "log-keys"
#define EXPORT_FOLDER_POLICY "policy"
#define EXPORT_FOLDER_COSIGNED "cosigned"
#define EXPORT_FOLDER_NDJSON "entries.ndjson"

/* Reads folder/name into an emptied buffer, NG_ERR_LIMIT beyond its maximum; NG_ERR_NOT_FOUND. */
enum ng_err export_folder_read(const char *folder, const char *name, struct buf *to) NG_MUST_USE;

/* A tile or bundle (level TILES_ENTRIES) of a tree of `size` leaves. A tile has the size its width
 * asks for. NG_ERR_CORRUPT, naming the file: it is missing, or not of that size. */
enum ng_err export_folder_tile(const char *folder, int level, uint64_t number, uint64_t size,
                               struct buf *to) NG_MUST_USE;

/* Replaces folder/name, made with its parents, and counts it; what is there already with these very
 * bytes is left. On the disk when it returns. */
enum ng_err export_folder_put(const char *folder, const char *name, struct bytes data,
                              uint64_t *written) NG_MUST_USE;

/* Takes the file away, durably; none there is no error. */
enum ng_err export_folder_remove(const char *folder, const char *name) NG_MUST_USE;

/* The log's name and first key as `vkeys` has them; NG_ERR_NOT_FOUND, NG_ERR_CORRUPT. */
enum ng_err export_folder_vkey(const char *folder, char ret_origin[NOTE_ORIGIN_MAX + 1],
                               struct key_public *ret_key) NG_MUST_USE;
/* The log's keys as `log-keys` tells them; one of them must be `known`. NG_ERR_VERIFY. */
enum ng_err export_folder_keys(const char *folder, const char *origin,
                               const struct key_public *known, struct log_keys *ret) NG_MUST_USE;
/* The checkpoint, verified. NG_ERR_NOT_FOUND: the export was never finished. */
enum ng_err export_folder_head(const char *folder, const char *origin, const struct log_keys *keys,
                               struct ledger_head *ret) NG_MUST_USE;

#endif
