#include "ledger/person_signature.h"

#include "base/buf.h"
#include "ledger/statement.h"

static enum ng_err cover(struct bytes head, struct bytes payload, struct buf *to)
{
    const enum ng_err e = buf_add(to, head.data, head.size);
    return e ? e : buf_add(to, payload.data, payload.size);
}

enum ng_err person_signature_make(const struct key_pair *pair, struct bytes head,
                                  struct bytes payload, uint8_t ret_signature[KEY_SIGNATURE_SIZE])
{
    struct buf covered = BUF_INIT(STATEMENT_SIZE_MAX);
    const enum ng_err e = cover(head, payload, &covered);
    if (!e) {
        key_sign(pair, buf_bytes(&covered), ret_signature);
    }
    buf_fini(&covered);
    return e;
}

enum ng_err person_signature_check(const struct key_public *key, struct bytes head,
                                   struct bytes payload,
                                   const uint8_t signature[KEY_SIGNATURE_SIZE])
{
    struct buf covered = BUF_INIT(STATEMENT_SIZE_MAX);
    enum ng_err e = cover(head, payload, &covered);
    if (!e && !key_verify(key, buf_bytes(&covered), signature)) {
        e = err_plain(NG_ERR_VERIFY);
    }
    buf_fini(&covered);
    return e;
}
