/* entries.ndjson of an export: each entry as one line of JSON, in the order of the log. It can be
 * made again from the bundles, and nothing hangs on it. For the export's own modules. */
#ifndef NGANAM_AUDIT_EXPORT_NDJSON_H
#define NGANAM_AUDIT_EXPORT_NDJSON_H

#include "base/buf.h"

struct export_ndjson;

/* To go on behind the lines of the first *ret_lines entries, at most `most`: those that are there.
 * What lies behind them is cut off. Until export_ndjson_show it has another name. */
enum ng_err export_ndjson_open(const char *folder, uint64_t most, struct export_ndjson **ret,
                               uint64_t *ret_lines) NG_MUST_USE;
enum ng_err export_ndjson_add(struct export_ndjson *n, uint64_t index,
                              struct bytes leaf) NG_MUST_USE;
/* All of it is on the disk. */
enum ng_err export_ndjson_end(struct export_ndjson *n) NG_MUST_USE;
/* Gives it its name back: the checkpoint speaks of all its lines now. */
enum ng_err export_ndjson_show(struct export_ndjson *n) NG_MUST_USE;
void export_ndjson_close(struct export_ndjson **n);

#endif
