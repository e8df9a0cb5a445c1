/* The leaves of a mirror (an office's folder, docs/disk-format.md), for programs that are not the
 * office: the way back when the log itself is lost. Read beside a running office. */
#ifndef NGANAM_AUDIT_MIRROR_LEAVES_H
#define NGANAM_AUDIT_MIRROR_LEAVES_H

#include "base/buf.h"

/* The store DATA/state, which office-service makes. */
#define MIRROR_LEAVES_FOLDER "state"
#define MIRROR_LEAVES_FORMAT "nganam office state"
#define MIRROR_LEAVES_VERSION 3u

struct mirror_leaves;

/* The mirror in this party's folder as it is now; it may grow on. NG_ERR_NOT_FOUND: it has none;
 * else as store_open. mirror_leaves_close takes NULL. */
enum ng_err mirror_leaves_open(const char *folder, struct mirror_leaves **ret) NG_MUST_USE;
void mirror_leaves_close(struct mirror_leaves **m);
uint64_t mirror_leaves_count(const struct mirror_leaves *m);

/* The encoded leaf, borrowed until closing. The context is the mirror (ledger_source).
 * NG_ERR_VERIFY names one that is missing or does not have its hash. */
enum ng_err mirror_leaves_get(void *mirror, uint64_t index, struct bytes *ret_leaf) NG_MUST_USE;

#endif
