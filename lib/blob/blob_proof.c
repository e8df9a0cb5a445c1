#include "blob/blob_proof.h"

#include <string.h>

bool blob_proof_cites(struct bytes statement, const struct hash *id)
{
    char text[BLOB_ID_TEXT_SIZE + 1];
    blob_id_text(id, text);
    return statement.size > STATEMENT_HEADER_SIZE &&
           memmem(statement.data + STATEMENT_HEADER_SIZE, statement.size - STATEMENT_HEADER_SIZE,
                  text, BLOB_ID_TEXT_SIZE) != NULL;
}

void blob_proof_message(const uint8_t log_id[LOG_ID_SIZE], const struct hash *id,
                        uint8_t ret[BLOB_PROOF_MESSAGE_SIZE])
{
    memcpy(ret, "nganam/stored/01", 16);
    memcpy(ret + 16, log_id, LOG_ID_SIZE);
    memcpy(ret + 16 + LOG_ID_SIZE, id->bytes, HASH_SIZE);
}

bool blob_proof_holds(const struct key_public *log_key, const uint8_t log_id[LOG_ID_SIZE],
                      const struct hash *id, const uint8_t proof[KEY_SIGNATURE_SIZE])
{
    uint8_t message[BLOB_PROOF_MESSAGE_SIZE];
    blob_proof_message(log_id, id, message);
    return key_verify(log_key, (struct bytes){message, sizeof(message)}, proof);
}
