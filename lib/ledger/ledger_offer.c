/* The idea: a receipt is a leaf that was cut in two; with the author's own statement it is whole
 * again, and its proof says that it is this log's leaf of that index. So nothing needs to be
 * believed, and any one who has both may bring them. The leaves wait in memory, one place for each
 * index; nothing is written before the last has come and all of them together, on top of the tree
 * that is here, have the wanted root.
 *
 * Possible failures: two leaves of one index under heads of this log's key, or leaves whose root is
 * another: the key has signed two logs, and no leaf can mend that. A full disk: what is kept stays,
 * the next offer tries again. */
#include "ledger/ledger_offer.h"

#include "base/lang.h"
#include "ledger/ledger_append.h"
#include "ledger/ledger_floor.h"
#include "ledger/ledger_place.h"
#include "ledger/ledger_restore.h"
#include "ledger/ledger_state.h"

#include <stdlib.h>
#include <string.h>

struct ledger_offer_leaf {
    uint8_t *data; /* NULL: not offered yet */
    size_t size;
};

struct ledger_offers {
    uint64_t first; /* index of the first place */
    size_t places;
    size_t count; /* of places that are filled */
    size_t bytes;
    struct ledger_offer_leaf *leaves;
};

bool ledger_wanted(const struct ledger *l, uint64_t *ret_from, uint64_t *ret_to)
{
    *ret_from = l->wanted.size > 0 ? l->head.head.size : 0;
    *ret_to = l->wanted.size;
    return l->wanted.size > 0;
}

void ledger_offer_drop(struct ledger *l)
{
    struct ledger_offers *o = l->offers;
    for (size_t i = 0; o != NULL && i < o->places; i++) {
        free(o->leaves[i].data);
    }
    if (o != NULL) {
        free(o->leaves);
    }
    free(o);
    l->offers = NULL;
}

/* ---- One leaf ---- */

static enum ng_err ledger_offer_verify(const struct ledger *l, struct bytes statement,
                                       struct bytes receipt, struct buf *to,
                                       struct receipt *ret_receipt)
{
    uint8_t header[LEAF_HEADER_SIZE];
    uint8_t signature[KEY_SIGNATURE_SIZE];
    struct leaf leaf;
    enum ng_err e = receipt_extra(receipt, header, signature);
    if (e == NG_OK) {
        e = buf_add(to, header, sizeof(header));
    }
    if (e == NG_OK) {
        e = buf_add(to, statement.data, statement.size);
    }
    if (e == NG_OK) {
        e = buf_add(to, signature, sizeof(signature));
    }
    if (e == NG_OK) {
        e = leaf_decode(buf_bytes(to), &leaf);
    }
    /* The key is the leaf's own: that it was the author's then is what its place in the log says.
     */
    return e == NG_OK
               ? receipt_verify(receipt, statement, &leaf.key, l->origin, &l->keys, ret_receipt)
               : e;
}

/* Places up to the wanted head; it may have moved on since they were made. */
static enum ng_err ledger_offer_room(struct ledger *l)
{
    struct ledger_offers *o = l->offers;
    const uint64_t first = o != NULL ? o->first : l->head.head.size;
    if (l->wanted.size - first > LEDGER_OFFER_LEAVES_MAX) {
        return err_plain(NG_ERR_REFUSED);
    }
    const size_t places = (size_t)(l->wanted.size - first);
    if (o == NULL) {
        o = l->offers = calloc(1, sizeof(*o));
        if (o == NULL) {
            return err_plain(NG_ERR_NOMEM);
        }
        o->first = first;
    }
    if (places > o->places) {
        struct ledger_offer_leaf *leaves = realloc(o->leaves, places * sizeof(*leaves));
        if (leaves == NULL) {
            return err_plain(NG_ERR_NOMEM);
        }
        memset(leaves + o->places, 0, (places - o->places) * sizeof(*leaves));
        o->leaves = leaves;
        o->places = places;
    }
    return NG_OK;
}

static enum ng_err ledger_offer_two_logs(struct ledger *l)
{
    const enum ng_err e = err_set(
        NG_ERR_CORRUPT,
        _("the entries that parties brought back, each with a receipt of this log's key, are not "
          "those of the head of %llu entries that it signed too: it has signed two different logs; "
          "keep everything as it is and tell the office and the auditor"),
        (unsigned long long)l->wanted.size);
    ledger_state_stop(l, e);
    ledger_offer_drop(l);
    return e;
}

static enum ng_err ledger_offer_keep(struct ledger *l, uint64_t index, struct bytes encoded)
{
    enum ng_err e = ledger_offer_room(l);
    if (e != NG_OK) {
        return e;
    }
    struct ledger_offers *o = l->offers;
    struct ledger_offer_leaf *place = &o->leaves[index - o->first];
    if (place->data != NULL) {
        return place->size == encoded.size && memcmp(place->data, encoded.data, encoded.size) == 0
                   ? NG_OK
                   : ledger_offer_two_logs(l);
    }
    if (o->bytes + encoded.size > LEDGER_OFFER_BYTES_MAX) {
        return err_plain(NG_ERR_REFUSED);
    }
    place->data = malloc(encoded.size);
    if (place->data == NULL) {
        return err_plain(NG_ERR_NOMEM);
    }
    memcpy(place->data, encoded.data, encoded.size);
    place->size = encoded.size;
    o->bytes += encoded.size;
    o->count++;
    return NG_OK;
}

/* ---- All of them ---- */

/* A ledger_source's leaf. */
static enum ng_err ledger_offer_leaf(void *context, uint64_t index, struct bytes *ret_leaf)
{
    const struct ledger_offers *o = context;
    const struct ledger_offer_leaf *place = &o->leaves[index - o->first];
    *ret_leaf = (struct bytes){place->data, place->size};
    return NG_OK;
}

/* The log has the wanted head again; whether it may be written is asked as at any start. */
static enum ng_err ledger_offer_lift(struct ledger *l)
{
    struct store_txn *t = NULL;
    struct note_head floor;
    enum ng_err e = store_begin_read(l->store, &t);
    if (e == NG_OK) {
        e = ledger_floor_check(l, t, &floor);
    }
    store_end_read(&t);
    if (e == NG_ERR_CORRUPT) {
        l->read_only[0] = '\0';
        l->wanted = (struct note_head){.size = 0};
        ledger_state_stop_below(l, e, &floor);
        return l->wanted.size > 0 ? NG_OK : e;
    }
    if (e == NG_OK) {
        l->read_only[0] = '\0';
        l->wanted = (struct note_head){.size = 0};
    }
    return e;
}

static enum ng_err ledger_offer_put_back(struct ledger *l)
{
    const struct ledger_source source = {.context = l->offers, .leaf = ledger_offer_leaf};
    const struct note_head wanted = l->wanted;
    /* First of all, so that a start after a power cut asks the parties too. */
    enum ng_err e = ledger_place_forget(store_path(l->store));
    l->copied = l->copied || e == NG_OK;
    if (e == NG_OK) {
        e = ledger_restore_onto(l, &source, &wanted);
    }
    if (e == NG_ERR_VERIFY) {
        return ledger_offer_two_logs(l);
    }
    if (e == NG_OK) {
        ledger_offer_drop(l);
        e = ledger_offer_lift(l);
    }
    if (e != NG_OK && !ledger_append_may_try_again(e)) {
        ledger_state_stop(l, e);
    }
    return e;
}

enum ng_err ledger_offer(struct ledger *l, struct bytes statement, struct bytes receipt,
                         bool *ret_back)
{
    *ret_back = false;
    if (l->mode != LEDGER_WRITE || l->wanted.size == 0) {
        return err_plain(NG_ERR_REFUSED);
    }
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    struct receipt r = {.index = 0};
    enum ng_err e = ledger_offer_verify(l, statement, receipt, &encoded, &r);
    if (e == NG_ERR_LIMIT) {
        e = err_plain(NG_ERR_PROTO);
    }
    if (e == NG_OK && (r.index < l->head.head.size || r.index >= l->wanted.size)) {
        e = err_plain(NG_ERR_REFUSED);
    }
    if (e == NG_OK) {
        e = ledger_offer_keep(l, r.index, buf_bytes(&encoded));
    }
    buf_fini(&encoded);
    if (e == NG_OK && l->offers->count == l->offers->places) {
        e = ledger_offer_put_back(l);
        *ret_back = e == NG_OK && l->wanted.size == 0;
    }
    return e;
}
