/* Who cosigns this log's heads and who has cosigned one of them: for those who print it and those
 * who export it. */
#ifndef NGANAM_BROKER_COSIGNED_H
#define NGANAM_BROKER_COSIGNED_H

#include "audit/source.h"
#include "broker/witnesses.h"

/* How many parties count: enrolled, neither revoked nor unconfirmed. */
enum ng_err cosigned_parties(struct ledger *l, size_t *ret) NG_MUST_USE;

/* Each cosignature of a witness head, in order of party codes. */
struct cosigned_one {
    const char *party;
    char name[COSIGN_NAME_MAX + 1]; /* ORIGIN/PARTY */
    struct key_public key;
    const uint8_t *cosignature; /* COSIGN_SIZE */
};
typedef enum ng_err (*cosigned_fn)(void *context, const struct cosigned_one *one);
enum ng_err cosigned_each(const struct witnesses *w, const struct ledger_head *head, cosigned_fn fn,
                          void *context) NG_MUST_USE;

/* Has an export of this log contain the parties' verifier keys, the policy by which a head is final
 * (C2SP tlog-policy), and the newest final witness head (or the newest) with its cosignatures.
 * Everything is borrowed until the source is closed. */
struct cosigned_beside {
    struct ledger *ledger;
    const char *folder; /* of the broker: DATA/witness may be missing */
    struct source_ops ops;
};
void cosigned_into(struct source *s, struct cosigned_beside *beside);

#endif
