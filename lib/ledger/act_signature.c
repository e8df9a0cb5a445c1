#include "ledger/act_signature.h"

#include "base/buf.h"
#include "base/bytes.h"

#include <string.h>

#define DOMAIN "nganam/acts/0001"
#define PLACE_SIZE (16 + LOG_ID_SIZE + PARTY_CODE_MAX + 4 + 8 + 4 + PARTY_CODE_MAX)

static enum ng_err cover(const struct statement *place, struct bytes payload, struct buf *to)
{
    uint8_t head[PLACE_SIZE] = {0};
    uint8_t *at = head;
    memcpy(at, DOMAIN, 16);
    memcpy(at += 16, place->log_id, LOG_ID_SIZE);
    memcpy(at += LOG_ID_SIZE, place->author.text, strlen(place->author.text));
    bytes_put_u32(at += PARTY_CODE_MAX, place->epoch);
    bytes_put_u64(at += 4, place->seq);
    bytes_put_u32(at += 8, place->kind);
    memcpy(at += 4, place->to.text, strlen(place->to.text));
    const enum ng_err e = buf_add(to, head, sizeof(head));
    return e ? e : buf_add(to, payload.data, payload.size);
}

enum ng_err act_signature_make(const struct key_pair *pair, const struct statement *place,
                               struct bytes payload, uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    struct buf covered = BUF_INIT(STATEMENT_SIZE_MAX);
    const enum ng_err e = cover(place, payload, &covered);
    if (!e) {
        key_sign(pair, buf_bytes(&covered), ret_signature);
    }
    buf_fini(&covered);
    return e;
}

enum ng_err act_signature_check(const struct key_public *key, const struct statement *s)
{
    struct buf covered = BUF_INIT(STATEMENT_SIZE_MAX);
    if (s->payload.size < KEY_SIGNATURE_SIZE) {
        return err_plain(NG_ERR_VERIFY);
    }
    const size_t size = s->payload.size - KEY_SIGNATURE_SIZE;
    enum ng_err e = cover(s, (struct bytes){s->payload.data, size}, &covered);
    if (!e && !key_verify(key, buf_bytes(&covered), s->payload.data + size)) {
        e = err_plain(NG_ERR_VERIFY);
    }
    buf_fini(&covered);
    return e;
}
