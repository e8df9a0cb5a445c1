/* ToBroker: what a party asks.
 *
 * Decoding makes one block (wire_pb.h) that begins with the plain object; its texts and bytes point
 * into the same block. Encoding builds the generated structures on the stack, or in a scratch block
 * where there are many, and packs them into the caller's buffer.
 */
#include "proto/wire_queue.h"

#include "proto/queue.pb-c.h"
#include "proto/wire_pb.h"

#include <stdlib.h>

/* ---- ToBroker ---- */

static void pack_prove(const struct wire_to_broker *m, Nganam__Queue__Prove *prove,
                       Nganam__Queue__Inclusion *inclusion, Nganam__Queue__Consistency *consistency)
{
    if (m->u.prove.kind == WIRE_PROVE_INCLUSION) {
        prove->body_case = NGANAM__QUEUE__PROVE__BODY_INCLUSION;
        prove->inclusion = inclusion;
        inclusion->index = m->u.prove.a;
        inclusion->size = m->u.prove.b;
    } else {
        prove->body_case = NGANAM__QUEUE__PROVE__BODY_CONSISTENCY;
        prove->consistency = consistency;
        consistency->old_size = m->u.prove.a;
        consistency->new_size = m->u.prove.b;
    }
}

static void pack_put(const struct wire_to_broker *m, Nganam__Queue__Put *put)
{
    put->id = wire_pb_data((struct bytes){m->u.put.id, sizeof(m->u.put.id)});
    put->size = m->u.put.size;
    put->offset = m->u.put.offset;
    put->bytes = wire_pb_data(m->u.put.bytes);
    put->owner = wire_pb_text(m->u.put.owner != NULL ? m->u.put.owner : "");
    put->epoch = m->u.put.epoch;
    put->seq = m->u.put.seq;
}

static void pack_get(const struct wire_to_broker *m, Nganam__Queue__Get *get)
{
    get->id = wire_pb_data((struct bytes){m->u.get.id, sizeof(m->u.get.id)});
    get->offset = m->u.get.offset;
    get->max_bytes = m->u.get.max_bytes;
}

static enum ng_err encode_submit(const struct wire_to_broker *m, Nganam__Queue__ToBroker *frame,
                                 struct buf *to)
{
    size_t count = m->u.submit.count;
    if (count > WIRE_STATEMENTS_MAX) {
        return err_set(NG_ERR_LIMIT, "submit: %zu statements, at most %u", count,
                       WIRE_STATEMENTS_MAX);
    }
    Nganam__Queue__Signed items[WIRE_STATEMENTS_MAX];
    Nganam__Queue__Signed *pointers[WIRE_STATEMENTS_MAX];
    for (size_t i = 0; i < count; i++) {
        nganam__queue__signed__init(&items[i]);
        items[i].statement = wire_pb_data(m->u.submit.statements[i].statement);
        items[i].signature = wire_pb_data(m->u.submit.statements[i].signature);
        pointers[i] = &items[i];
    }
    Nganam__Queue__Submit submit;
    nganam__queue__submit__init(&submit);
    submit.n_statements = count;
    submit.statements = pointers;
    frame->body_case = NGANAM__QUEUE__TO_BROKER__BODY_SUBMIT;
    frame->submit = &submit;
    return wire_pb_encode(&frame->base, to);
}

static enum ng_err encode_offer(const struct wire_to_broker *m, Nganam__Queue__ToBroker *frame,
                                struct buf *to)
{
    const size_t count = m->u.offer.count;
    if (count > WIRE_KEPT_MAX) {
        return err_set(NG_ERR_LIMIT, "offer: %zu statements, at most %u", count, WIRE_KEPT_MAX);
    }
    Nganam__Queue__Kept items[WIRE_KEPT_MAX];
    Nganam__Queue__Kept *pointers[WIRE_KEPT_MAX];
    for (size_t i = 0; i < count; i++) {
        nganam__queue__kept__init(&items[i]);
        items[i].statement = wire_pb_data(m->u.offer.kept[i].statement);
        items[i].receipt = wire_pb_text(m->u.offer.kept[i].receipt);
        pointers[i] = &items[i];
    }
    Nganam__Queue__Offer offer;
    nganam__queue__offer__init(&offer);
    offer.n_kept = count;
    offer.kept = pointers;
    frame->body_case = NGANAM__QUEUE__TO_BROKER__BODY_OFFER;
    frame->offer = &offer;
    return wire_pb_encode(&frame->base, to);
}

enum ng_err wire_to_broker_encode(const struct wire_to_broker *m, struct buf *to)
{
    Nganam__Queue__ToBroker frame;
    nganam__queue__to_broker__init(&frame);
    Nganam__Queue__Hello hello;
    nganam__queue__hello__init(&hello);
    Nganam__Queue__Fetch fetch;
    nganam__queue__fetch__init(&fetch);
    Nganam__Queue__Prove prove;
    nganam__queue__prove__init(&prove);
    Nganam__Queue__Inclusion inclusion;
    nganam__queue__inclusion__init(&inclusion);
    Nganam__Queue__Consistency consistency;
    nganam__queue__consistency__init(&consistency);
    Nganam__Queue__Cosign cosign;
    nganam__queue__cosign__init(&cosign);
    Nganam__Queue__Put put;
    nganam__queue__put__init(&put);
    Nganam__Queue__Get get;
    nganam__queue__get__init(&get);
    frame.id = m->id;
    switch (m->kind) {
    case WIRE_HELLO:
        hello.protocol = m->u.hello.protocol;
        hello.head = wire_pb_text(m->u.hello.head);
        frame.body_case = NGANAM__QUEUE__TO_BROKER__BODY_HELLO;
        frame.hello = &hello;
        break;
    case WIRE_SUBMIT:
        return encode_submit(m, &frame, to);
    case WIRE_FETCH:
        fetch.scope = m->u.fetch.scope == WIRE_SCOPE_LOG ? NGANAM__QUEUE__SCOPE__LOG
                                                         : NGANAM__QUEUE__SCOPE__INBOX;
        fetch.from_index = m->u.fetch.from_index;
        fetch.max_bytes = m->u.fetch.max_bytes;
        fetch.wait_ms = m->u.fetch.wait_ms;
        frame.body_case = NGANAM__QUEUE__TO_BROKER__BODY_FETCH;
        frame.fetch = &fetch;
        break;
    case WIRE_PROVE:
        pack_prove(m, &prove, &inclusion, &consistency);
        frame.body_case = NGANAM__QUEUE__TO_BROKER__BODY_PROVE;
        frame.prove = &prove;
        break;
    case WIRE_COSIGN:
        cosign.size = m->u.cosign.size;
        cosign.cosignature = wire_pb_data(m->u.cosign.cosignature);
        cosign.known = m->u.cosign.known;
        cosign.after = wire_pb_text(m->u.cosign.after);
        frame.body_case = NGANAM__QUEUE__TO_BROKER__BODY_COSIGN;
        frame.cosign = &cosign;
        break;
    case WIRE_PUT:
        pack_put(m, &put);
        frame.body_case = NGANAM__QUEUE__TO_BROKER__BODY_PUT;
        frame.put = &put;
        break;
    case WIRE_GET:
        pack_get(m, &get);
        frame.body_case = NGANAM__QUEUE__TO_BROKER__BODY_GET;
        frame.get = &get;
        break;
    case WIRE_OFFER:
        return encode_offer(m, &frame, to);
    default:
        return err_set(NG_ERR_INPUT, "request of unknown kind %d", (int)m->kind);
    }
    return wire_pb_encode(&frame.base, to);
}

static enum ng_err unpack_submit(const Nganam__Queue__Submit *submit, struct wire_pb_memory *memory,
                                 struct wire_to_broker *ret)
{
    if (submit->n_statements == 0) {
        return err_set(NG_ERR_PROTO, "Submit: no statement");
    }
    struct wire_signed *statements =
        wire_pb_take(memory, submit->n_statements, sizeof(*statements));
    if (statements == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < submit->n_statements; i++) {
        statements[i].statement = wire_pb_bytes(submit->statements[i]->statement);
        statements[i].signature = wire_pb_bytes(submit->statements[i]->signature);
    }
    ret->kind = WIRE_SUBMIT;
    ret->u.submit.statements = statements;
    ret->u.submit.count = submit->n_statements;
    return NG_OK;
}

static enum ng_err unpack_fetch(const Nganam__Queue__Fetch *fetch, struct wire_to_broker *ret)
{
    int scope = (int)fetch->scope;
    if (scope != WIRE_SCOPE_INBOX && scope != WIRE_SCOPE_LOG) {
        return err_set(NG_ERR_PROTO, "Fetch: unknown scope %d", scope);
    }
    ret->kind = WIRE_FETCH;
    ret->u.fetch.scope = (enum wire_scope)scope;
    ret->u.fetch.from_index = fetch->from_index;
    ret->u.fetch.max_bytes = fetch->max_bytes;
    ret->u.fetch.wait_ms = fetch->wait_ms;
    return NG_OK;
}

static enum ng_err unpack_prove(const Nganam__Queue__Prove *prove, struct wire_to_broker *ret)
{
    ret->kind = WIRE_PROVE;
    if (prove->body_case == NGANAM__QUEUE__PROVE__BODY_INCLUSION) {
        ret->u.prove.kind = WIRE_PROVE_INCLUSION;
        ret->u.prove.a = prove->inclusion->index;
        ret->u.prove.b = prove->inclusion->size;
        return NG_OK;
    }
    if (prove->body_case == NGANAM__QUEUE__PROVE__BODY_CONSISTENCY) {
        ret->u.prove.kind = WIRE_PROVE_CONSISTENCY;
        ret->u.prove.a = prove->consistency->old_size;
        ret->u.prove.b = prove->consistency->new_size;
        return NG_OK;
    }
    return err_set(NG_ERR_PROTO, "Prove: neither inclusion nor consistency");
}

static enum ng_err unpack_cosign(const Nganam__Queue__Cosign *cosign, struct wire_to_broker *ret)
{
    ret->kind = WIRE_COSIGN;
    ret->u.cosign.size = cosign->size;
    ret->u.cosign.cosignature = wire_pb_bytes(cosign->cosignature);
    ret->u.cosign.known = cosign->known;
    ret->u.cosign.after = cosign->after;
    const size_t size = cosign->cosignature.len;
    return size == 0 || size == WIRE_COSIGNATURE_SIZE
               ? NG_OK
               : err_set(NG_ERR_PROTO, "Cosign: a cosignature of %zu bytes", size);
}

static enum ng_err unpack_put(const Nganam__Queue__Put *put, struct wire_to_broker *ret)
{
    if (put->bytes.len > WIRE_CHUNK_MAX) {
        return err_set(NG_ERR_PROTO, "Put: %zu bytes", put->bytes.len);
    }
    ret->kind = WIRE_PUT;
    ret->u.put.size = put->size;
    ret->u.put.offset = put->offset;
    ret->u.put.bytes = wire_pb_bytes(put->bytes);
    ret->u.put.owner = put->owner;
    ret->u.put.epoch = put->epoch;
    ret->u.put.seq = put->seq;
    return wire_pb_exact("Put: id", put->id, ret->u.put.id, sizeof(ret->u.put.id));
}

static enum ng_err unpack_get(const Nganam__Queue__Get *get, struct wire_to_broker *ret)
{
    ret->kind = WIRE_GET;
    ret->u.get.offset = get->offset;
    ret->u.get.max_bytes = get->max_bytes;
    return wire_pb_exact("Get: id", get->id, ret->u.get.id, sizeof(ret->u.get.id));
}

static enum ng_err unpack_offer(const Nganam__Queue__Offer *offer, struct wire_pb_memory *memory,
                                struct wire_to_broker *ret)
{
    if (offer->n_kept == 0) {
        return err_set(NG_ERR_PROTO, "Offer: no statement");
    }
    struct wire_kept *kept = wire_pb_take(memory, offer->n_kept, sizeof(*kept));
    if (kept == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < offer->n_kept; i++) {
        kept[i].statement = wire_pb_bytes(offer->kept[i]->statement);
        kept[i].receipt = offer->kept[i]->receipt;
    }
    ret->kind = WIRE_OFFER;
    ret->u.offer.kept = kept;
    ret->u.offer.count = offer->n_kept;
    return NG_OK;
}

static enum ng_err unpack_to_broker(const ProtobufCMessage *message, struct wire_pb_memory *memory,
                                    struct wire_to_broker *ret)
{
    const Nganam__Queue__ToBroker *frame = (const Nganam__Queue__ToBroker *)message;
    ret->id = frame->id;
    if (frame->id == 0) {
        return err_set(NG_ERR_PROTO, "ToBroker: id is 0");
    }
    switch (frame->body_case) {
    case NGANAM__QUEUE__TO_BROKER__BODY_HELLO:
        ret->kind = WIRE_HELLO;
        ret->u.hello.protocol = frame->hello->protocol;
        ret->u.hello.head = frame->hello->head;
        return NG_OK;
    case NGANAM__QUEUE__TO_BROKER__BODY_SUBMIT:
        return unpack_submit(frame->submit, memory, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY_FETCH:
        return unpack_fetch(frame->fetch, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY_PROVE:
        return unpack_prove(frame->prove, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY_COSIGN:
        return unpack_cosign(frame->cosign, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY_PUT:
        return unpack_put(frame->put, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY_GET:
        return unpack_get(frame->get, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY_OFFER:
        return unpack_offer(frame->offer, memory, ret);
    case NGANAM__QUEUE__TO_BROKER__BODY__NOT_SET:
    case _NGANAM__QUEUE__TO_BROKER__BODY__CASE_IS_INT_SIZE:
    default:
        return err_set(NG_ERR_PROTO, "ToBroker: no request that is known here");
    }
}

enum ng_err wire_to_broker_decode(struct bytes frame, struct wire_to_broker **ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = wire_pb_decode(&nganam__queue__to_broker__descriptor, frame, sizeof(**ret),
                                     &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_to_broker *m = (struct wire_to_broker *)(void *)memory.block;
    err = unpack_to_broker(message, &memory, m);
    if (err != NG_OK) {
        free(memory.block);
        return err;
    }
    *ret = m;
    return NG_OK;
}

void wire_to_broker_destroy(struct wire_to_broker **m)
{
    free(*m);
    *m = NULL;
}
