#include "ledger/act_signature.h"

#include "base/buf.h"
#include "base/bytes.h"

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

static enum ng_err cover(const struct statement *place, struct bytes payload, struct buf *to)
{
    uint8_t head[PLACE_SIZE] = {0};
    memcpy(head, DOMAIN, AT_LOG);
    memcpy(head + AT_LOG, place->log_id, LOG_ID_SIZE);
    memcpy(head + AT_AUTHOR, place->author.text, strlen(place->author.text));
    bytes_put_u32(head + AT_EPOCH, place->epoch);
    bytes_put_u64(head + AT_SEQ, place->seq);
    bytes_put_u32(head + AT_KIND, place->kind);
    memcpy(head + AT_TO, place->to.text, strlen(place->to.text));
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
