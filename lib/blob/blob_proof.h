/* What ties a blob to the log: that a statement cites it, and the log's word that it is stored. */
#ifndef NGANAM_BLOB_BLOB_PROOF_H
#define NGANAM_BLOB_BLOB_PROOF_H

#include "blob/blob.h"
#include "ledger/key.h"

/* "nganam/stored/01" || log_id || id: what the log's key signs once a blob is whole and on the
 * disk. */
#define BLOB_PROOF_MESSAGE_SIZE (16u + LOG_ID_SIZE + HASH_SIZE)

/* Whether the id stands in the statement, as 64 hex digits. Nobody can guess the id of a blob, so
 * whoever wrote it there has the blob; what else the statement says need not be understood. */
bool blob_proof_cites(struct bytes statement, const struct hash *id);

void blob_proof_message(const uint8_t log_id[LOG_ID_SIZE], const struct hash *id,
                        uint8_t ret[BLOB_PROOF_MESSAGE_SIZE]);
bool blob_proof_holds(const struct key_public *log_key, const uint8_t log_id[LOG_ID_SIZE],
                      const struct hash *id, const uint8_t proof[KEY_SIGNATURE_SIZE]);

#endif
