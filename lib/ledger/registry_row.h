/* The registry's rows as bytes, for lib/ledger alone. docs/disk-format.md has their offsets. */
#ifndef NGANAM_LEDGER_REGISTRY_ROW_H
#define NGANAM_LEDGER_REGISTRY_ROW_H

#include "ledger/registry.h"

#define REGISTRY_ROW_KEY_MAX 33
#define REGISTRY_ROW_SIZE_MAX 512

/* A key: a letter, then a party code, a CURVE key or an actor's id. */
struct registry_row_key {
    uint8_t bytes[REGISTRY_ROW_KEY_MAX];
    size_t size;
};
#define REGISTRY_ROW_KEY(k) ((struct bytes){(k).bytes, (k).size})

struct registry_row_key registry_row_party_key(const char *code);         /* 'P' code → party */
struct registry_row_key registry_row_curve_key(const uint8_t curve[32]);  /* 'K' curve → code */
struct registry_row_key registry_row_invite_key(const uint8_t curve[32]); /* 'I' curve → invite */
struct registry_row_key registry_row_actor_key(const char *id);           /* 'A' id → actor */
struct registry_row_key registry_row_confirmation_key(const char *code);  /* 'C' code → first */
struct registry_row_key registry_row_policy_key(void);                    /* 'Y' → policy */
struct registry_row_key registry_row_guard_key(void);                     /* 'G' → leaf index */
struct registry_row_key registry_row_log_key(uint32_t number); /* 'L' number → key of the log */
struct registry_row_key registry_row_cosign_key(const uint8_t key[32]); /* 'W' key → code */
struct registry_row_key registry_row_office_key(void);                  /* 'O' → code */
struct registry_row_key registry_row_fork_key(const struct hash *hash); /* 'F' hash → code */

/* A row of plain size; fits REGISTRY_ROW_SIZE_MAX with its seal. */
struct registry_row {
    uint8_t bytes[REGISTRY_ROW_SIZE_MAX];
    size_t size;
};
#define REGISTRY_ROW(r) ((struct bytes){(r).bytes, (r).size})

void registry_row_put_party(const struct registry_party *p, struct registry_row *ret);
void registry_row_put_invite(const struct registry_invite *i, struct registry_row *ret);
void registry_row_put_code(const struct party_code *code, struct registry_row *ret);
void registry_row_put_actor(const struct registry_actor *a, struct registry_row *ret);
void registry_row_put_confirmation(const struct registry_confirmation *c, struct registry_row *ret);
void registry_row_put_log(const struct log_keys_link *l, struct registry_row *ret);
void registry_row_put_policy(const struct registry_policy *p, struct registry_row *ret);
void registry_row_put_index(uint64_t index, struct registry_row *ret);
/* NG_ERR_CORRUPT. */
enum ng_err registry_row_get_party(struct bytes row, struct registry_party *ret) NG_MUST_USE;
enum ng_err registry_row_get_invite(const uint8_t curve[32], struct bytes row,
                                    struct registry_invite *ret) NG_MUST_USE;
enum ng_err registry_row_get_code(struct bytes row, struct party_code *ret) NG_MUST_USE;
enum ng_err registry_row_get_actor(const char *id, struct bytes row,
                                   struct registry_actor *ret) NG_MUST_USE;
enum ng_err registry_row_get_confirmation(struct bytes row,
                                          struct registry_confirmation *ret) NG_MUST_USE;
enum ng_err registry_row_get_log(struct bytes row, struct log_keys_link *ret) NG_MUST_USE;
enum ng_err registry_row_get_policy(struct bytes row, struct registry_policy *ret) NG_MUST_USE;
enum ng_err registry_row_get_index(struct bytes row, uint64_t *ret) NG_MUST_USE;

/* In the store a row ends with 8 bytes of SHA-256(key || row): a flipped bit in a high-water mark
 * would log a statement twice, and LMDB would not notice. */
void registry_row_seal(struct bytes key, struct bytes row, struct registry_row *ret);
enum ng_err registry_row_open(struct bytes key, struct bytes sealed, struct bytes *ret) NG_MUST_USE;

#endif
