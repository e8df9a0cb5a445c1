/* The tables of the office's state. All of it lies in one ordered map (kv.h); the first byte of a
 * key says which table it belongs to, the rest are zero-terminated codes and big-endian integers,
 * so that what belongs together lies together and in its order.
 *
 *     table      key                              value
 *     META       -                                struct state_meta
 *     PARTY      party                            role, epoch
 *     KEYS       a row's key in the registry      the registry's row (keys.h)
 *     NEWEST     author                           seq and hash of its newest statement (judge.h)
 *     UNIT       unit                             struct unit_row (unit_row.h)
 *     MEMBER     group unit                       -        has a period in the group
 *     PERIOD     unit from-day, the newest first  struct member_row (member_row.h)
 *     SET        group year                       struct set_row (set_cache.h)
 *     SET_PART   group year number                payload of one statement of the set's acts
 *     SCORE      year group unit code             struct score_row (score_row.h)
 *     STANDING   year group unit                  sums per basis and field (standing.h)
 *     RANK       year group basis place unit      -
 *     TASK       owner code from-year             struct task_row; owner: unit or @group
 *     EVENT      event                            struct state_event
 *     EVENT_TASK event owner code from-year       -
 *     DEADLINE   day owner code from-year         -        the next deadline of each task
 *     PROGRESS   unit code from-year              struct progress_row
 *     DUE        unit code owner from-year year day   struct due_row: a deadline that has passed
 *     TALLY      unit year                        struct tally_row
 *     IMPORT     party import-id                  an import whose parts are still coming in
 *     IMPORT_PART party import-id number          one of them
 *     VERDICT    index part                       the verdict's payload, ready to be sent
 *     OWED       index part                       verdicts not in the log yet
 */
#ifndef NGANAM_OFFICE_STATE_H
#define NGANAM_OFFICE_STATE_H

#include "ledger/statement.h"
#include "office-service/kv.h"
#include "par/text.h"
#include "proto/wire_queue.h"

enum state_table {
    STATE_META = 'M',
    STATE_PARTY = 'P',
    STATE_KEYS = 'K',
    STATE_NEWEST = 'N',
    STATE_UNIT = 'U',
    STATE_MEMBER = 'G',
    STATE_PERIOD = 'm',
    STATE_SET = 'C',
    STATE_SET_PART = 'c',
    STATE_SCORE = 'A',
    STATE_STANDING = 'S',
    STATE_RANK = 'R',
    STATE_TASK = 'T',
    STATE_EVENT = 'E',
    STATE_EVENT_TASK = 'e',
    STATE_DEADLINE = 'D',
    STATE_PROGRESS = 'p',
    STATE_DUE = 'O',
    STATE_TALLY = 'W',
    STATE_IMPORT = 'I',
    STATE_IMPORT_PART = 'i',
    STATE_VERDICT = 'V',
    STATE_OWED = 'o'
};

/* Room for a code and its zero; an owner is a unit or '@' and a group. */
#define STATE_UNIT_SIZE (TEXT_UNIT_CODE_MAX + 1u)
#define STATE_CODE_SIZE (TEXT_CODE_MAX + 1u)
#define STATE_OWNER_SIZE (TEXT_CODE_MAX + 2u)

struct state_key {
    uint8_t bytes[KV_KEY_MAX];
    size_t size;
};

struct state_key state_key(enum state_table table);
/* Cut beyond what an owner may have, so that an over-long text from a peer meets no stored key and
 * no key outgrows its room. */
void state_key_text(struct state_key *k, const char *text);
void state_key_u8(struct state_key *k, uint8_t v);
void state_key_u32(struct state_key *k, uint32_t v);
void state_key_u64(struct state_key *k, uint64_t v);
void state_key_day(struct state_key *k, int32_t day); /* orders negative days too */
void state_key_raw(struct state_key *k, const void *data, size_t size);
#define STATE_KEY(k) ((struct bytes){(k).bytes, (k).size})

/* Copies a code, cut to what fits; faster than formatting it, and boards copy many. */
void state_copy_code(char *to, const char *from, size_t size);

/* The text that begins at *at in a key, which is moved behind it; NULL if there is none. */
const char *state_key_read_text(struct bytes key, size_t *at);

/* One line for a person about a key: "standing of P1, year 2026, group ward". */
enum ng_err state_key_describe(struct bytes key, struct buf *to) NG_MUST_USE;

#define STATE_FOLD_VERSION 1u /* the rules this program knows */

/* The layout of the tables above. A stored state of another one is folded again (mirror.h), so
 * whoever changes what a record holds raises it. */
#define STATE_FORMAT 7u

struct state_meta {
    uint64_t applied;      /* leaves folded: the next index */
    uint64_t received_at;  /* of the last of them */
    int32_t day;           /* deadlines before this day have been judged; DAY_NONE: no leaf yet */
    uint32_t fold_version; /* rules in force */
    uint64_t accepted;     /* acts */
    uint64_t refused;
    uint64_t unreadable; /* statements whose payload does not parse */
    uint64_t unknown;    /* statements of a kind this fold does not know */
};

/* An empty state gives the beginning: nothing applied, version 1. */
enum ng_err state_meta_get(const struct kv *kv, struct state_meta *ret) NG_MUST_USE;
enum ng_err state_meta_put(const struct kv *kv, const struct state_meta *m) NG_MUST_USE;

struct state_party {
    enum wire_role role;
    bool enrolled;
    uint64_t index; /* of its newest registry statement */
};

/* NG_ERR_NOT_FOUND. */
enum ng_err state_party_get(const struct kv *kv, const char *code,
                            struct state_party *ret) NG_MUST_USE;
enum ng_err state_party_put(const struct kv *kv, const char *code,
                            const struct state_party *p) NG_MUST_USE;

struct state_event {
    int32_t day;
    uint64_t index;    /* of the leaf that said so */
    const char *actor; /* the person of the office who signed it; "": nobody; borrowed */
};

/* NG_ERR_NOT_FOUND while the event has no day. */
enum ng_err state_event_get(const struct kv *kv, const char *code,
                            struct state_event *ret) NG_MUST_USE;
enum ng_err state_event_put(const struct kv *kv, const char *code,
                            const struct state_event *e) NG_MUST_USE;

#endif
