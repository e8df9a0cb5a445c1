#include "ledger/act_signature.h"

#include "base/bytes.h"
#include "ledger/person_signature.h"

#include <string.h>

#define DOMAIN "nganam/acts/0001"

/* Where what is covered before the payload stands. */
enum {
    AT_LOG = 16,
    AT_AUTHOR = AT_LOG + LOG_ID_SIZE,
    AT_EPOCH = AT_AUTHOR + PARTY_CODE_MAX,
    AT_SEQ = AT_EPOCH + 4,
    AT_KIND = AT_SEQ + 8,
    AT_TO = AT_KIND + 4,
    PLACE_SIZE = AT_TO + PARTY_CODE_MAX
};

static void put_place(const struct statement *place, uint8_t ret[PLACE_SIZE])
{
    memset(ret, 0, PLACE_SIZE);
    memcpy(ret, DOMAIN, AT_LOG);
    memcpy(ret + AT_LOG, place->log_id, LOG_ID_SIZE);
    memcpy(ret + AT_AUTHOR, place->author.text, strlen(place->author.text));
    bytes_put_u32(ret + AT_EPOCH, place->epoch);
    bytes_put_u64(ret + AT_SEQ, place->seq);
    bytes_put_u32(ret + AT_KIND, place->kind);
    memcpy(ret + AT_TO, place->to.text, strlen(place->to.text));
}

enum ng_err act_signature_make(const struct key_pair *pair, const struct statement *place,
                               struct bytes payload, uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    uint8_t head[PLACE_SIZE];
    put_place(place, head);
    return person_signature_make(pair, (struct bytes){head, sizeof(head)}, payload, ret_signature);
}

enum ng_err act_signature_check(const struct key_public *key, const struct statement *s)
{
    uint8_t head[PLACE_SIZE];
    if (s->payload.size < KEY_SIGNATURE_SIZE) {
        return err_plain(NG_ERR_VERIFY);
    }
    const size_t size = s->payload.size - KEY_SIGNATURE_SIZE;
    put_place(s, head);
    return person_signature_check(key, (struct bytes){head, sizeof(head)},
                                  (struct bytes){s->payload.data, size}, s->payload.data + size);
}
