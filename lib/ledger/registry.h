/* Who may write: parties, their keys and epochs, and open invites, folded from the registry kinds
 * (1–15) of the log. The broker and every mirror fold the same way, so a leaf's author key can be
 * checked by anybody. Lives in tables of the ledger's store, changed in the transaction that
 * appends; read through a store transaction. */
#ifndef NGANAM_LEDGER_REGISTRY_H
#define NGANAM_LEDGER_REGISTRY_H

#include "ledger/leaf.h"
#include "ledger/log_keys.h"
#include "ledger/refusal.h"
#include "proto/wire_queue.h"
#include "store/store.h"

/* An invite is good for so long from its leaf on, whatever it says itself. */
#define REGISTRY_INVITE_VALID_MS (72 * 3600 * 1000LL)

/* Leaf indexes of an author's statements are kept by blocks of so many (ledger_index.h). */
#define REGISTRY_BLOCK 32u

struct registry_party {
    struct party_code code;
    enum wire_role role;
    uint32_t epoch;    /* of the current key; 0: invited, never enrolled */
    uint32_t enrolled; /* epoch of the last enrolment; those behind it came by rotation */
    struct key_public key;
    uint8_t curve[32];
    bool frozen;            /* two statements had one number: until unfrozen or enrolled anew */
    bool revoked;           /* until enrolled anew */
    bool unconfirmed;       /* the policy asks for a confirmation that is not there yet */
    uint8_t cosign_key[32]; /* Ed25519 of this epoch, for witness cosignatures; zeros: none */
    uint64_t high_water;    /* newest seq logged in this epoch */
    struct hash prev;       /* hash of that statement; zeros at 0 */
    uint64_t last_index;    /* of its newest leaf */
    uint64_t block[REGISTRY_BLOCK - 1]; /* leaves of the high_water % REGISTRY_BLOCK newest */
    uint8_t invite_curve[32];           /* of its open invite; zeros: none */
};

struct registry_invite {
    struct party_code party;
    enum wire_role role;
    uint64_t expires_at;
    uint8_t invite_curve[32];
    struct key_public invite_key;
    bool used;   /* by an enrolment, or made void by a newer invite */
    bool by_log; /* by the broker's operator, not the office */
};

/* Whose word it was that set a person as he is. */
enum registry_word {
    REGISTRY_WORD_OFFICE = 1, /* alone, before there was an admin */
    REGISTRY_WORD_ADMINS = 2,
    REGISTRY_WORD_OPERATOR = 3
};

/* A person of the office. */
struct registry_actor {
    char id[WIRE_ACTOR_ID_MAX + 1];
    enum wire_actor_role role;
    struct key_public key; /* zeros once ended */
    bool ended;
    enum registry_word word;
    uint64_t index; /* of the leaf that set him as he is */
};

/* What an enrolment needs. */
struct registry_policy {
    enum wire_enrolment enrolment;
    uint64_t index; /* of the leaf that set it; 0: none did */
};

/* Who was the first of two to confirm an epoch of a party. */
struct registry_confirmation {
    uint32_t epoch;
    char actor[WIRE_ACTOR_ID_MAX + 1];
    struct key_public key;
};

/* NG_ERR_NOT_FOUND; NG_ERR_CORRUPT when the row's check sum does not hold. */
enum ng_err registry_party_get(struct store_txn *t, const char *code,
                               struct registry_party *ret) NG_MUST_USE;
enum ng_err registry_by_curve(struct store_txn *t, const uint8_t curve[32],
                              struct registry_party *ret) NG_MUST_USE;
enum ng_err registry_invite_by_curve(struct store_txn *t, const uint8_t curve[32],
                                     struct registry_invite *ret) NG_MUST_USE;
/* Each party in order of code, without the log itself; stops at the first error. */
typedef enum ng_err (*registry_each_fn)(void *context, const struct registry_party *p);
enum ng_err registry_each(struct store_txn *t, registry_each_fn fn, void *context) NG_MUST_USE;

/* A person of the office; NG_ERR_NOT_FOUND. The policy; WIRE_ENROLMENT_CODE before the first. */
enum ng_err registry_actor_get(struct store_txn *t, const char *id,
                               struct registry_actor *ret) NG_MUST_USE;
enum ng_err registry_policy_get(struct store_txn *t, struct registry_policy *ret) NG_MUST_USE;

/* The keys that the log itself has had. NG_ERR_NOT_FOUND: nothing is logged yet. */
enum ng_err registry_log_keys(struct store_txn *t, struct log_keys *ret) NG_MUST_USE;
/* Whether this party is one of those whose cosignatures count: enrolled, neither revoked nor frozen
 * nor waiting to be confirmed; the log itself never is. */
bool registry_counts(const struct registry_party *p);

/* The bytes an enrol statement's countersignature covers: "nganam/enrol/001" || log_id || party
 * code (16, zero-padded) || epoch (4) || Ed25519 key (32) || CURVE key (32): 116 bytes. */
#define REGISTRY_COUNTERSIGNED_SIZE 116
void registry_countersigned(const uint8_t log_id[LOG_ID_SIZE], const struct party_code *party,
                            uint32_t epoch, const struct key_public *key, const uint8_t curve[32],
                            uint8_t ret[REGISTRY_COUNTERSIGNED_SIZE]);

/* The same for a rotate statement, signed by the key of the epoch before: "nganam/rotate/01". */
void registry_countersigned_rotate(const uint8_t log_id[LOG_ID_SIZE],
                                   const struct party_code *party, uint32_t epoch,
                                   const struct key_public *key, const uint8_t curve[32],
                                   uint8_t ret[REGISTRY_COUNTERSIGNED_SIZE]);

/* Whether a statement of this kind brings a party new keys, and so is number 1 of its epoch. */
bool registry_begins_epoch(uint32_t kind);
/* The keys that such a statement brings; an enrol says the same as a rotate, and its invite.
 * NG_ERR_PROTO: the payload does not parse, or it is of another kind. */
enum ng_err registry_epoch_keys(const struct statement *s, struct wire_rotate *ret) NG_MUST_USE;

/* In whose inbox a statement may lie ("*": everyone's, "": nobody's): its addressee's. An invite
 * goes to the office, and lies in the inbox of the party it is for as well, if that has a key
 * already: so it learns of a slip for another machine. A genesis that names a lost log lies in
 * everyone's. NG_ERR_NOMEM alone; a payload that does not parse is for nobody. */
enum ng_err registry_inbox_of(const struct statement *s, struct party_code *ret) NG_MUST_USE;

/* What both sides of an enrolment show and compare, four groups of five digits: SHA-256 of
 * "nganam/confirm/1" || log_id || party code (16, zero-padded) || epoch (4) || Ed25519 key (32) ||
 * CURVE key (32), its first 9 bytes as a number, modulo 10^20. */
#define REGISTRY_DIGITS_SIZE 24
void registry_digits(const uint8_t log_id[LOG_ID_SIZE], const struct party_code *party,
                     uint32_t epoch, const struct key_public *key, const uint8_t curve[32],
                     char ret[REGISTRY_DIGITS_SIZE]);

/* An actor signs, and his signature is checked, over "nganam/actor/001" || log_id || the payload
 * without the signature. NG_ERR_VERIFY, NG_ERR_NOMEM. */
enum ng_err registry_actor_sign(const struct key_pair *pair, const uint8_t log_id[LOG_ID_SIZE],
                                struct bytes payload,
                                uint8_t ret_signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
enum ng_err registry_actor_verify(const struct key_public *key, const uint8_t log_id[LOG_ID_SIZE],
                                  struct bytes payload,
                                  const uint8_t signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
/* Likewise an admin, over "nganam/admin/001" || log_id || kind (4) || the payload without the
 * signatures. */
enum ng_err registry_admin_sign(const struct key_pair *pair, const uint8_t log_id[LOG_ID_SIZE],
                                uint32_t kind, struct bytes payload,
                                uint8_t ret_signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
enum ng_err registry_admin_verify(const struct key_public *key, const uint8_t log_id[LOG_ID_SIZE],
                                  uint32_t kind, struct bytes payload,
                                  const uint8_t signature[KEY_SIGNATURE_SIZE]) NG_MUST_USE;
/* As wire_actor_id_valid. */
bool registry_actor_id_valid(const char *text);
/* The same of what somebody typed: NG_ERR_USAGE, in words. */
enum ng_err registry_actor_id_check(const char *text) NG_MUST_USE;

/* What a role may write (the rule table agent and broker share); WIRE_ROLE_NONE is the log itself.
 * That a statement about a party's key goes to that party is for registry_keys_check. */
enum refusal registry_may_write(enum wire_role role, uint32_t kind, const struct party_code *to);
/* Whether that table speaks of the kind at all. */
bool registry_knows_kind(uint32_t kind);

#endif
