/* Who cosigns this log's heads and who has cosigned one of them: for those who print it and those
 * who export it. */
#ifndef NGANAM_BROKER_COSIGNED_H
#define NGANAM_BROKER_COSIGNED_H

#include "audit/source.h"
#include "broker/witnesses.h"

/* The newest witness head of at most this size that is final, or else the newest; how many have
 * cosigned it, of how many parties. What a party has signed counts while the party does
 * (registry_counts) and by its present key: not what whoever stole its last one may have signed. */
struct cosigned_view {
    const struct ledger_head *head; /* NULL: none yet; borrowed until the next mark */
    size_t cosigned, parties, needed;
};
enum ng_err cosigned_find(struct store_txn *t, const struct witnesses *w, uint64_t most,
                          struct cosigned_view *ret) NG_MUST_USE;

enum ng_err cosigned_count(struct store_txn *t, const struct witnesses *w,
                           const struct ledger_head *head, size_t *ret) NG_MUST_USE;
/* Each cosignature of a witness head that counts, in order of party codes. */
struct cosigned_one {
    const char *party;
    char name[COSIGN_NAME_MAX + 1]; /* ORIGIN/PARTY */
    struct key_public key;
    const uint8_t *cosignature; /* COSIGN_SIZE */
};
typedef enum ng_err (*cosigned_fn)(void *context, const struct cosigned_one *one);
enum ng_err cosigned_each(struct store_txn *t, const struct witnesses *w,
                          const struct ledger_head *head, cosigned_fn fn,
                          void *context) NG_MUST_USE;

/* Has an export of this log contain such a head with its cosignatures; DATA/witness may be missing.
 * Everything is borrowed until the source is closed. cosigned_close in any case, behind it. */
struct cosigned_beside {
    struct ledger *ledger;
    struct witnesses *witnesses;
    struct source_ops ops;
};
enum ng_err cosigned_into(struct source *s, struct ledger *l, const char *folder,
                          struct cosigned_beside *ret) NG_MUST_USE;
void cosigned_close(struct cosigned_beside *b);

#endif
