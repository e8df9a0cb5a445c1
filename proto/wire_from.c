/* FromBroker: what the broker answers. See wire_to.c for how decoding and encoding work. */
#include "proto/queue.pb-c.h"
#include "proto/wire_pb.h"
#include "proto/wire_queue.h"

#include <stdlib.h>

_Static_assert(sizeof(struct wire_answer) <= WIRE_PB_PLAIN_MAX, "fits what is set aside");

#define LEAF_HEADER_BYTES 68u
#define SIGNATURE_BYTES 64u

/* ---- Encode ---- */

struct answer_parts {
    Nganam__Queue__Answer answer;
    Nganam__Queue__Accepted accepted;
    Nganam__Queue__Refused refused;
};

static void pack_answer(const struct wire_answer *from, struct answer_parts *to)
{
    nganam__queue__answer__init(&to->answer);
    to->answer.seq = from->seq;
    if (from->accepted) {
        nganam__queue__accepted__init(&to->accepted);
        to->accepted.index = from->index;
        to->accepted.leaf_header = wire_pb_data(from->leaf_header);
        to->accepted.inclusion = wire_pb_data(from->inclusion);
        to->answer.body_case = NGANAM__QUEUE__ANSWER__BODY_ACCEPTED;
        to->answer.accepted = &to->accepted;
        return;
    }
    nganam__queue__refused__init(&to->refused);
    to->refused.class_ = from->refusal_class;
    to->refused.code = from->refusal_code;
    to->refused.text = wire_pb_text(from->text);
    to->refused.expected_seq = from->expected_seq;
    to->answer.body_case = NGANAM__QUEUE__ANSWER__BODY_REFUSED;
    to->answer.refused = &to->refused;
}

static enum ng_err encode_submitted(const struct wire_from_broker *m,
                                    Nganam__Queue__FromBroker *frame, struct buf *to)
{
    size_t count = m->u.submitted.count;
    if (count > WIRE_STATEMENTS_MAX) {
        return err_set(NG_ERR_LIMIT, "submitted: %zu answers", count);
    }
    struct wire_pb_memory scratch;
    enum ng_err err = wire_pb_memory_new(
        64 + count * (sizeof(struct answer_parts) + sizeof(Nganam__Queue__Answer *) + 16),
        &scratch);
    if (err != NG_OK) {
        return err;
    }
    struct answer_parts *parts = wire_pb_take(&scratch, count, sizeof(*parts));
    Nganam__Queue__Answer **pointers =
        wire_pb_take(&scratch, count, sizeof(Nganam__Queue__Answer *));
    if (parts == NULL || pointers == NULL) {
        free(scratch.block);
        return wire_pb_no_room(&scratch);
    }
    for (size_t i = 0; i < count; i++) {
        pack_answer(&m->u.submitted.answers[i], &parts[i]);
        pointers[i] = &parts[i].answer;
    }
    Nganam__Queue__Submitted submitted;
    nganam__queue__submitted__init(&submitted);
    submitted.n_answers = count;
    submitted.answers = pointers;
    frame->body_case = NGANAM__QUEUE__FROM_BROKER__BODY_SUBMITTED;
    frame->submitted = &submitted;
    err = wire_pb_encode(&frame->base, to);
    free(scratch.block);
    return err;
}

static enum ng_err encode_entries(const struct wire_from_broker *m,
                                  Nganam__Queue__FromBroker *frame, struct buf *to)
{
    size_t count = m->u.entries.count;
    if (count > WIRE_ENTRIES_MAX) {
        return err_set(NG_ERR_LIMIT, "entries: %zu leaves", count);
    }
    struct wire_pb_memory scratch;
    enum ng_err err = wire_pb_memory_new(
        64 + count * (sizeof(Nganam__Queue__Entry) + sizeof(Nganam__Queue__Entry *) + 16),
        &scratch);
    if (err != NG_OK) {
        return err;
    }
    Nganam__Queue__Entry *items = wire_pb_take(&scratch, count, sizeof(*items));
    Nganam__Queue__Entry **pointers = wire_pb_take(&scratch, count, sizeof(Nganam__Queue__Entry *));
    if (items == NULL || pointers == NULL) {
        free(scratch.block);
        return wire_pb_no_room(&scratch);
    }
    for (size_t i = 0; i < count; i++) {
        nganam__queue__entry__init(&items[i]);
        items[i].leaf = wire_pb_data(m->u.entries.entries[i].leaf);
        items[i].inclusion = wire_pb_data(m->u.entries.entries[i].inclusion);
        pointers[i] = &items[i];
    }
    Nganam__Queue__Entries entries;
    nganam__queue__entries__init(&entries);
    entries.n_entries = count;
    entries.entries = pointers;
    entries.next_index = m->u.entries.next_index;
    entries.tail = wire_pb_data(m->u.entries.tail);
    frame->body_case = NGANAM__QUEUE__FROM_BROKER__BODY_ENTRIES;
    frame->entries = &entries;
    err = wire_pb_encode(&frame->base, to);
    free(scratch.block);
    return err;
}

static enum ng_err encode_cosigned(const struct wire_from_broker *m,
                                   Nganam__Queue__FromBroker *frame, struct buf *to)
{
    const size_t count = m->u.cosigned.count;
    if (count > WIRE_WITNESSES_MAX) {
        return err_set(NG_ERR_LIMIT, "cosigned: %zu witnesses", count);
    }
    struct wire_pb_memory scratch;
    enum ng_err err = wire_pb_memory_new(
        64 + count * (sizeof(Nganam__Queue__Witness) + sizeof(Nganam__Queue__Witness *) + 16),
        &scratch);
    if (err != NG_OK) {
        return err;
    }
    Nganam__Queue__Witness *items = wire_pb_take(&scratch, count, sizeof(*items));
    Nganam__Queue__Witness **pointers =
        wire_pb_take(&scratch, count, sizeof(Nganam__Queue__Witness *));
    if (items == NULL || pointers == NULL) {
        free(scratch.block);
        return wire_pb_no_room(&scratch);
    }
    for (size_t i = 0; i < count; i++) {
        nganam__queue__witness__init(&items[i]);
        items[i].party = wire_pb_text(m->u.cosigned.witnesses[i].party);
        items[i].cosignature = wire_pb_data(m->u.cosigned.witnesses[i].cosignature);
        pointers[i] = &items[i];
    }
    Nganam__Queue__Cosigned cosigned;
    nganam__queue__cosigned__init(&cosigned);
    cosigned.note = wire_pb_text(m->u.cosigned.note);
    cosigned.consistency = wire_pb_data(m->u.cosigned.consistency);
    cosigned.n_witnesses = count;
    cosigned.witnesses = pointers;
    cosigned.more = m->u.cosigned.more;
    frame->body_case = NGANAM__QUEUE__FROM_BROKER__BODY_COSIGNED;
    frame->cosigned = &cosigned;
    err = wire_pb_encode(&frame->base, to);
    free(scratch.block);
    return err;
}

static enum ng_err encode_welcome(const struct wire_from_broker *m,
                                  Nganam__Queue__FromBroker *frame, struct buf *to)
{
    const size_t count = m->u.welcome.key_change_count;
    if (count > WIRE_KEY_CHANGES_MAX) {
        return err_set(NG_ERR_LIMIT, "welcome: %zu changes of the log's key", count);
    }
    Nganam__Queue__Signed items[WIRE_KEY_CHANGES_MAX];
    Nganam__Queue__Signed *pointers[WIRE_KEY_CHANGES_MAX];
    for (size_t i = 0; i < count; i++) {
        nganam__queue__signed__init(&items[i]);
        items[i].statement = wire_pb_data(m->u.welcome.key_changes[i].statement);
        items[i].signature = wire_pb_data(m->u.welcome.key_changes[i].signature);
        pointers[i] = &items[i];
    }
    Nganam__Queue__Welcome welcome;
    nganam__queue__welcome__init(&welcome);
    welcome.protocol = m->u.welcome.protocol;
    welcome.party = wire_pb_text(m->u.welcome.party);
    welcome.epoch = m->u.welcome.epoch;
    welcome.high_water = m->u.welcome.high_water;
    welcome.credit = m->u.welcome.credit;
    welcome.frame_max = m->u.welcome.frame_max;
    welcome.frozen = m->u.welcome.frozen;
    welcome.wanted_from = m->u.welcome.wanted_from;
    welcome.wanted_to = m->u.welcome.wanted_to;
    welcome.role = (Nganam__Queue__Role)m->u.welcome.role;
    welcome.n_key_changes = count;
    welcome.key_changes = pointers;
    frame->body_case = NGANAM__QUEUE__FROM_BROKER__BODY_WELCOME;
    frame->welcome = &welcome;
    return wire_pb_encode(&frame->base, to);
}

static void pack_blob(const struct wire_from_broker *m, Nganam__Queue__Blob *to)
{
    to->size = m->u.blob.size;
    to->offset = m->u.blob.offset;
    to->bytes = wire_pb_data(m->u.blob.bytes);
}

static void pack_head(const struct wire_head *head, Nganam__Queue__Head *to)
{
    to->note = wire_pb_text(head->note);
    to->from_size = head->from_size;
    to->consistency = wire_pb_data(head->consistency);
    to->witness = head->witness;
}

enum ng_err wire_from_broker_encode(const struct wire_from_broker *m, struct buf *to)
{
    Nganam__Queue__FromBroker frame;
    nganam__queue__from_broker__init(&frame);
    Nganam__Queue__Head head;
    nganam__queue__head__init(&head);
    Nganam__Queue__Proof proof;
    nganam__queue__proof__init(&proof);
    Nganam__Queue__Error error;
    nganam__queue__error__init(&error);
    Nganam__Queue__Stored stored;
    nganam__queue__stored__init(&stored);
    Nganam__Queue__Blob blob;
    nganam__queue__blob__init(&blob);
    Nganam__Queue__Offered offered;
    nganam__queue__offered__init(&offered);
    frame.id = m->id;
    if (m->head.note != NULL && m->head.note[0] != '\0') {
        pack_head(&m->head, &head);
        frame.head = &head;
    }
    switch (m->kind) {
    case WIRE_WELCOME:
        return encode_welcome(m, &frame, to);
    case WIRE_SUBMITTED:
        return encode_submitted(m, &frame, to);
    case WIRE_ENTRIES:
        return encode_entries(m, &frame, to);
    case WIRE_COSIGNED:
        return encode_cosigned(m, &frame, to);
    case WIRE_PROOF:
        proof.hashes = wire_pb_data(m->u.proof.hashes);
        frame.body_case = NGANAM__QUEUE__FROM_BROKER__BODY_PROOF;
        frame.proof = &proof;
        break;
    case WIRE_ERROR:
        error.code = m->u.error.code;
        error.text = wire_pb_text(m->u.error.text);
        frame.body_case = NGANAM__QUEUE__FROM_BROKER__BODY_ERROR;
        frame.error = &error;
        break;
    case WIRE_STORED:
        stored.have = m->u.stored.have;
        stored.proof = wire_pb_data(m->u.stored.proof);
        frame.body_case = NGANAM__QUEUE__FROM_BROKER__BODY_STORED;
        frame.stored = &stored;
        break;
    case WIRE_BLOB:
        pack_blob(m, &blob);
        frame.body_case = NGANAM__QUEUE__FROM_BROKER__BODY_BLOB;
        frame.blob = &blob;
        break;
    case WIRE_OFFERED:
        offered.from = m->u.offered.from;
        offered.to = m->u.offered.to;
        frame.body_case = NGANAM__QUEUE__FROM_BROKER__BODY_OFFERED;
        frame.offered = &offered;
        break;
    default:
        return err_set(NG_ERR_INPUT, "answer of unknown kind %d", (int)m->kind);
    }
    return wire_pb_encode(&frame.base, to);
}

/* ---- Decode ---- */

static enum ng_err unpack_answer(const Nganam__Queue__Answer *from, struct wire_answer *to)
{
    to->seq = from->seq;
    to->text = "";
    if (from->body_case == NGANAM__QUEUE__ANSWER__BODY_ACCEPTED) {
        to->accepted = true;
        to->index = from->accepted->index;
        to->leaf_header = wire_pb_bytes(from->accepted->leaf_header);
        to->inclusion = wire_pb_bytes(from->accepted->inclusion);
        if (to->leaf_header.size != LEAF_HEADER_BYTES) {
            return err_set(NG_ERR_PROTO, "Accepted: leaf header of %zu bytes",
                           to->leaf_header.size);
        }
        return wire_pb_check_hashes("Accepted", to->inclusion);
    }
    if (from->body_case == NGANAM__QUEUE__ANSWER__BODY_REFUSED) {
        to->refusal_class = from->refused->class_;
        to->refusal_code = from->refused->code;
        to->text = from->refused->text;
        to->expected_seq = from->refused->expected_seq;
        if (to->refusal_class < 1 || to->refusal_class > 3) {
            return err_set(NG_ERR_PROTO, "Refused: unknown class %u", to->refusal_class);
        }
        return NG_OK;
    }
    return err_set(NG_ERR_PROTO, "Answer: neither accepted nor refused");
}

static enum ng_err unpack_submitted(const Nganam__Queue__Submitted *from,
                                    struct wire_pb_memory *memory, struct wire_from_broker *ret)
{
    struct wire_answer *answers = wire_pb_take(memory, from->n_answers, sizeof(*answers));
    if (answers == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < from->n_answers; i++) {
        enum ng_err err = unpack_answer(from->answers[i], &answers[i]);
        if (err != NG_OK) {
            return err;
        }
    }
    ret->kind = WIRE_SUBMITTED;
    ret->u.submitted.answers = answers;
    ret->u.submitted.count = from->n_answers;
    return NG_OK;
}

static enum ng_err unpack_entries(const Nganam__Queue__Entries *from, struct wire_pb_memory *memory,
                                  struct wire_from_broker *ret)
{
    struct wire_entry *entries = wire_pb_take(memory, from->n_entries, sizeof(*entries));
    if (entries == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < from->n_entries; i++) {
        entries[i].leaf = wire_pb_bytes(from->entries[i]->leaf);
        entries[i].inclusion = wire_pb_bytes(from->entries[i]->inclusion);
        enum ng_err err = wire_pb_check_hashes("Entry", entries[i].inclusion);
        if (err != NG_OK) {
            return err;
        }
    }
    ret->kind = WIRE_ENTRIES;
    ret->u.entries.entries = entries;
    ret->u.entries.count = from->n_entries;
    ret->u.entries.next_index = from->next_index;
    ret->u.entries.tail = wire_pb_bytes(from->tail);
    return wire_pb_check_hashes("Entries", ret->u.entries.tail);
}

static enum ng_err unpack_cosigned(const Nganam__Queue__Cosigned *from,
                                   struct wire_pb_memory *memory, struct wire_from_broker *ret)
{
    struct wire_witness *witnesses = wire_pb_take(memory, from->n_witnesses, sizeof(*witnesses));
    if (witnesses == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < from->n_witnesses; i++) {
        witnesses[i].party = from->witnesses[i]->party;
        witnesses[i].cosignature = wire_pb_bytes(from->witnesses[i]->cosignature);
        if (witnesses[i].cosignature.size != WIRE_COSIGNATURE_SIZE) {
            return err_set(NG_ERR_PROTO, "Witness: a cosignature of %zu bytes",
                           witnesses[i].cosignature.size);
        }
    }
    ret->kind = WIRE_COSIGNED;
    ret->u.cosigned.note = from->note;
    ret->u.cosigned.consistency = wire_pb_bytes(from->consistency);
    ret->u.cosigned.witnesses = witnesses;
    ret->u.cosigned.count = from->n_witnesses;
    ret->u.cosigned.more = from->more != 0;
    return wire_pb_check_hashes("Cosigned", ret->u.cosigned.consistency);
}

static enum ng_err unpack_welcome(const Nganam__Queue__Welcome *from, struct wire_pb_memory *memory,
                                  struct wire_from_broker *ret)
{
    struct wire_signed *changes = wire_pb_take(memory, from->n_key_changes, sizeof(*changes));
    if (changes == NULL) {
        return wire_pb_no_room(memory);
    }
    for (size_t i = 0; i < from->n_key_changes; i++) {
        changes[i].statement = wire_pb_bytes(from->key_changes[i]->statement);
        changes[i].signature = wire_pb_bytes(from->key_changes[i]->signature);
        if (changes[i].signature.size != SIGNATURE_BYTES) {
            return err_set(NG_ERR_PROTO, "Welcome: a signature of %zu bytes",
                           changes[i].signature.size);
        }
    }
    ret->kind = WIRE_WELCOME;
    ret->u.welcome.protocol = from->protocol;
    ret->u.welcome.party = from->party;
    ret->u.welcome.epoch = from->epoch;
    ret->u.welcome.high_water = from->high_water;
    ret->u.welcome.credit = from->credit;
    ret->u.welcome.frame_max = from->frame_max;
    ret->u.welcome.frozen = from->frozen != 0;
    ret->u.welcome.wanted_from = from->wanted_from;
    ret->u.welcome.wanted_to = from->wanted_to;
    ret->u.welcome.role = (uint32_t)from->role;
    ret->u.welcome.key_changes = changes;
    ret->u.welcome.key_change_count = from->n_key_changes;
    return NG_OK;
}

static enum ng_err unpack_blob(const Nganam__Queue__Blob *from, struct wire_from_broker *ret)
{
    ret->kind = WIRE_BLOB;
    ret->u.blob.size = from->size;
    ret->u.blob.offset = from->offset;
    ret->u.blob.bytes = wire_pb_bytes(from->bytes);
    return ret->u.blob.bytes.size <= WIRE_CHUNK_MAX
               ? NG_OK
               : err_set(NG_ERR_PROTO, "Blob: %zu bytes", ret->u.blob.bytes.size);
}

static enum ng_err unpack_body(const Nganam__Queue__FromBroker *frame,
                               struct wire_pb_memory *memory, struct wire_from_broker *ret)
{
    switch (frame->body_case) {
    case NGANAM__QUEUE__FROM_BROKER__BODY_WELCOME:
        return unpack_welcome(frame->welcome, memory, ret);
    case NGANAM__QUEUE__FROM_BROKER__BODY_SUBMITTED:
        return unpack_submitted(frame->submitted, memory, ret);
    case NGANAM__QUEUE__FROM_BROKER__BODY_ENTRIES:
        return unpack_entries(frame->entries, memory, ret);
    case NGANAM__QUEUE__FROM_BROKER__BODY_PROOF:
        ret->kind = WIRE_PROOF;
        ret->u.proof.hashes = wire_pb_bytes(frame->proof->hashes);
        return wire_pb_check_hashes("Proof", ret->u.proof.hashes);
    case NGANAM__QUEUE__FROM_BROKER__BODY_ERROR:
        ret->kind = WIRE_ERROR;
        ret->u.error.code = frame->error->code;
        ret->u.error.text = frame->error->text;
        return NG_OK;
    case NGANAM__QUEUE__FROM_BROKER__BODY_COSIGNED:
        return unpack_cosigned(frame->cosigned, memory, ret);
    case NGANAM__QUEUE__FROM_BROKER__BODY_STORED:
        ret->kind = WIRE_STORED;
        ret->u.stored.have = frame->stored->have;
        ret->u.stored.proof = wire_pb_bytes(frame->stored->proof);
        return frame->stored->proof.len == 0 || frame->stored->proof.len == WIRE_PROOF_OF_STORING
                   ? NG_OK
                   : err_set(NG_ERR_PROTO, "Stored: a proof of %zu bytes",
                             frame->stored->proof.len);
    case NGANAM__QUEUE__FROM_BROKER__BODY_BLOB:
        return unpack_blob(frame->blob, ret);
    case NGANAM__QUEUE__FROM_BROKER__BODY_OFFERED:
        ret->kind = WIRE_OFFERED;
        ret->u.offered.from = frame->offered->from;
        ret->u.offered.to = frame->offered->to;
        return NG_OK;
    case NGANAM__QUEUE__FROM_BROKER__BODY__NOT_SET:
    case _NGANAM__QUEUE__FROM_BROKER__BODY__CASE_IS_INT_SIZE:
    default:
        return err_set(NG_ERR_PROTO, "FromBroker: no answer that is known here");
    }
}

static enum ng_err unpack_from_broker(const ProtobufCMessage *message,
                                      struct wire_pb_memory *memory, struct wire_from_broker *ret)
{
    const Nganam__Queue__FromBroker *frame = (const Nganam__Queue__FromBroker *)message;
    ret->id = frame->id;
    ret->head.note = "";
    if (frame->head != NULL) {
        ret->head.note = frame->head->note;
        ret->head.from_size = frame->head->from_size;
        ret->head.consistency = wire_pb_bytes(frame->head->consistency);
        ret->head.witness = frame->head->witness != 0;
        enum ng_err err = wire_pb_check_hashes("Head", ret->head.consistency);
        if (err != NG_OK) {
            return err;
        }
    }
    return unpack_body(frame, memory, ret);
}

enum ng_err wire_from_broker_decode(struct bytes frame, struct wire_from_broker **ret)
{
    struct wire_pb_memory memory;
    const ProtobufCMessage *message = NULL;
    enum ng_err err = wire_pb_decode(&nganam__queue__from_broker__descriptor, frame, sizeof(**ret),
                                     &memory, &message);
    if (err != NG_OK) {
        return err;
    }
    struct wire_from_broker *m = (struct wire_from_broker *)(void *)memory.block;
    err = unpack_from_broker(message, &memory, m);
    if (err != NG_OK) {
        free(memory.block);
        return err;
    }
    *ret = m;
    return NG_OK;
}

void wire_from_broker_destroy(struct wire_from_broker **m)
{
    free(*m);
    *m = NULL;
}
