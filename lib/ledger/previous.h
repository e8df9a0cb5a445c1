/* The log that this one follows. Where entries of a log exist nowhere any more, nobody may go on
 * with it; a new log, of another name, begins, and its first entry names the last head of the old
 * one that anybody knows, as the old one signed it. Not one entry of the old log is in the new. */
#ifndef NGANAM_LEDGER_PREVIOUS_H
#define NGANAM_LEDGER_PREVIOUS_H

#include "ledger/leaf.h"
#include "ledger/note.h"
#include "proto/wire_queue.h"

struct previous {
    struct note_head head; /* size 0: this log follows none */
    char vkey[WIRE_VKEY_MAX + 1];
    char note[NOTE_SIZE_MAX + 1];
};

/* NG_ERR_PROTO, VERIFY: the note does not hold under the key. NG_ERR_REFUSED: `origin`, the new
 * log's, is the old one's. */
enum ng_err previous_make(const char *origin, const char *vkey, struct bytes note,
                          struct previous *ret) NG_MUST_USE;
/* What a genesis says, likewise checked. */
enum ng_err previous_read(const struct wire_genesis *g, struct previous *ret) NG_MUST_USE;
void previous_write(const struct previous *p, struct wire_genesis *g);
/* Of a log's first statement; any other one: none. Errors of its payload too. */
enum ng_err previous_of(const struct statement *s, struct previous *ret) NG_MUST_USE;

bool previous_equal(const struct previous *a, const struct previous *b);
/* For people, in their language, wherever the log is looked at. */
enum { PREVIOUS_SENTENCE_MAX = 512 };
void previous_sentence(const struct previous *p, char ret[PREVIOUS_SENTENCE_MAX]);

#endif
