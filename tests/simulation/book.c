#include "book.h"

#include "base/bytes.h"
#include "base/check.h"
#include "ledger/leaf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void book_init(struct book *b)
{
    *b = (struct book){.said = NULL};
}

void book_fini(struct book *b)
{
    free(b->said);
    free(b->acks);
    free(b->heads);
    book_init(b);
}

/* Room for one more of `size` bytes behind `count`. */
static void *grow(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return items;
    }
    *room = *room == 0 ? 256 : 2 * *room;
    void *more = realloc(items, *room * size);
    CHECK(more != NULL);
    return more;
}

void book_say(struct book *b, const struct book_said *said)
{
    b->said = grow(b->said, b->said_count, &b->said_room, sizeof(*b->said));
    b->said[b->said_count++] = *said;
}

const struct book_said *book_find(const struct book *b, const struct hash *statement)
{
    for (size_t i = b->said_count; i > 0; i--) {
        if (hash_equal(&b->said[i - 1].hash, statement)) {
            return &b->said[i - 1];
        }
    }
    return NULL;
}

size_t book_count(const struct book *b, const char *code)
{
    size_t count = 0;
    for (size_t i = 0; i < b->said_count; i++) {
        count += strcmp(b->said[i].code, code) == 0;
    }
    return count;
}

void book_note_head(struct book *b, uint64_t size, const struct hash *root)
{
    size_t at = b->head_count;
    while (at > 0 && b->heads[at - 1].size >= size) {
        at--;
        if (b->heads[at].size == size && hash_equal(&b->heads[at].root, root)) {
            return;
        }
    }
    b->heads = grow(b->heads, b->head_count, &b->head_room, sizeof(*b->heads));
    memmove(b->heads + at + 1, b->heads + at, (b->head_count - at) * sizeof(*b->heads));
    b->heads[at] = (struct book_head){size, *root};
    b->head_count++;
}

static void note_acks(struct book *b, const char *code, const struct wire_from_broker *m)
{
    for (size_t i = 0; i < m->u.submitted.count; i++) {
        const struct wire_answer *a = &m->u.submitted.answers[i];
        if (a->accepted) {
            b->acks = grow(b->acks, b->ack_count, &b->ack_room, sizeof(*b->acks));
            struct book_ack *ack = &b->acks[b->ack_count++];
            (void)snprintf(ack->code, sizeof(ack->code), "%s", code);
            ack->seq = a->seq;
            ack->index = a->index;
        }
    }
}

bool book_read_frame(struct book *b, const char *code, const struct wire_from_broker *m,
                     const char *origin, const struct key_public *log_key)
{
    const struct bytes note = {(const uint8_t *)m->head.note, strlen(m->head.note)};
    struct note_head head;
    if (note.size > 0 && note_verify(note, origin, log_key, &head) != NG_OK) {
        return false;
    }
    if (note.size > 0) {
        book_note_head(b, head.size, &head.root);
    }
    if (m->kind == WIRE_SUBMITTED) {
        note_acks(b, code, m);
    }
    return true;
}
