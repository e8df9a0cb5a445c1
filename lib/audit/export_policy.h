/* Who vouches for a log's heads beside its own key: the files vkeys and policy of an export, made
 * of the log's registry by whoever writes an export and, to compare, by whoever verifies it. For
 * the export's own modules. */
#ifndef NGANAM_AUDIT_EXPORT_POLICY_H
#define NGANAM_AUDIT_EXPORT_POLICY_H

#include "ledger/cosign.h"
#include "ledger/log_keys.h"
#include "ledger/registry.h"

struct export_policy {
    const char *origin;
    struct buf vkeys;   /* the log's verifier keys, then those of the parties that count */
    size_t first_size;  /* of vkeys, the first line: the log's first key */
    struct buf policy;  /* C2SP tlog-policy */
    struct buf members; /* of its group */
    size_t parties;     /* that count */
    size_t cosigners;   /* of them, those with a key to cosign with */
};

/* Of the log at this size. The origin is borrowed. export_policy_fini after an error too. */
enum ng_err export_policy_begin(struct export_policy *p, const char *origin,
                                const struct log_keys *keys, uint64_t size) NG_MUST_USE;
/* A registry_each_fn; each party once, in order of codes. */
enum ng_err export_policy_add(void *policy, const struct registry_party *party) NG_MUST_USE;
enum ng_err export_policy_end(struct export_policy *p) NG_MUST_USE;
void export_policy_fini(struct export_policy *p);

/* The key a party cosigns with; false: it does not count, or has none. */
bool export_policy_key(const struct registry_party *party, struct key_public *ret);

#endif
