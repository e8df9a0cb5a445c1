/* Transport frames and registry payloads as plain C; the only users of the generated code are the
 * .c files of this folder. Texts are C strings, never NULL once decoded; bytes are borrowed from
 * the decoded object. Encoders append to the buffer. Decoders: NG_ERR_PROTO (with what is wrong),
 * NG_ERR_LIMIT, NG_ERR_NOMEM. */
#ifndef NGANAM_PROTO_WIRE_QUEUE_H
#define NGANAM_PROTO_WIRE_QUEUE_H

#include "proto/wire.h"

#include <stdbool.h>

struct wire_signed {
    struct bytes statement;
    struct bytes signature;
};

struct wire_kept {
    struct bytes statement;
    const char *receipt;
};

enum wire_scope { WIRE_SCOPE_INBOX = 0, WIRE_SCOPE_LOG = 1 };

enum wire_to_kind {
    WIRE_HELLO = 1,
    WIRE_SUBMIT,
    WIRE_FETCH,
    WIRE_PROVE,
    WIRE_COSIGN,
    WIRE_PUT,
    WIRE_GET,
    WIRE_OFFER
};
enum wire_prove_kind { WIRE_PROVE_INCLUSION = 1, WIRE_PROVE_CONSISTENCY };

struct wire_to_broker {
    uint64_t id;
    enum wire_to_kind kind;
    union {
        struct {
            uint32_t protocol;
            const char *head;
        } hello;
        struct {
            const struct wire_signed *statements;
            size_t count;
        } submit;
        struct {
            enum wire_scope scope;
            uint64_t from_index;
            uint32_t max_bytes;
            uint32_t wait_ms;
        } fetch;
        struct {
            enum wire_prove_kind kind;
            uint64_t a, b; /* index, size; or old size, new size */
        } prove;
        struct {
            uint64_t size;
            struct bytes cosignature; /* empty: asks for those of others */
            uint32_t known;
            const char *after;
        } cosign;
        struct {
            uint8_t id[32];
            uint64_t size;
            uint64_t offset;
            struct bytes bytes;
            const char
                *owner; /* "" or NULL: the sender's own; else with a statement that cites it */
            uint32_t epoch;
            uint64_t seq;
        } put;
        struct {
            uint8_t id[32];
            uint64_t offset;
            uint32_t max_bytes;
        } get;
        struct {
            const struct wire_kept *kept;
            size_t count;
        } offer;
    } u;
};

struct wire_head {
    const char *note; /* "" : no head in this frame */
    uint64_t from_size;
    struct bytes consistency;
    bool witness; /* to be cosigned */
};

struct wire_answer {
    uint64_t seq;
    bool accepted;
    uint64_t index; /* accepted */
    struct bytes leaf_header;
    struct bytes inclusion;
    uint32_t refusal_class; /* refused */
    uint32_t refusal_code;
    const char *text;
    uint64_t expected_seq;
};

struct wire_entry {
    struct bytes leaf;
    struct bytes inclusion;
};

struct wire_witness {
    const char *party;
    struct bytes cosignature;
};

enum wire_from_kind {
    WIRE_WELCOME = 1,
    WIRE_SUBMITTED,
    WIRE_ENTRIES,
    WIRE_PROOF,
    WIRE_ERROR,
    WIRE_COSIGNED,
    WIRE_STORED,
    WIRE_BLOB,
    WIRE_OFFERED
};

struct wire_from_broker {
    uint64_t id;
    struct wire_head head;
    enum wire_from_kind kind;
    union {
        struct {
            uint32_t protocol;
            const char *party;
            uint32_t epoch;
            uint64_t high_water;
            uint32_t credit;
            uint32_t frame_max;
            bool frozen;
            uint64_t wanted_from, wanted_to;       /* missing at the broker; 0, 0: nothing is */
            const struct wire_signed *key_changes; /* of the log, the oldest first */
            size_t key_change_count;
            uint32_t role; /* enum wire_role; a newer broker may know more */
        } welcome;
        struct {
            const struct wire_answer *answers;
            size_t count;
        } submitted;
        struct {
            const struct wire_entry *entries;
            size_t count;
            uint64_t next_index;
            struct bytes tail;
        } entries;
        struct {
            struct bytes hashes;
        } proof;
        struct {
            uint32_t code;
            const char *text;
        } error;
        struct {
            const char *note; /* "": no more than was known */
            struct bytes consistency;
            const struct wire_witness *witnesses;
            size_t count;
            bool more;
        } cosigned;
        struct {
            uint64_t have;
            struct bytes proof; /* 64 bytes, or none */
        } stored;
        struct {
            uint64_t size;
            uint64_t offset;
            struct bytes bytes;
        } blob;
        struct {
            uint64_t from, to; /* still missing; 0, 0: nothing is */
        } offered;
    } u;
};

enum ng_err wire_to_broker_encode(const struct wire_to_broker *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_to_broker_decode(struct bytes frame, struct wire_to_broker **ret) NG_MUST_USE;
void wire_to_broker_destroy(struct wire_to_broker **m);

enum ng_err wire_from_broker_encode(const struct wire_from_broker *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_from_broker_decode(struct bytes frame, struct wire_from_broker **ret) NG_MUST_USE;
void wire_from_broker_destroy(struct wire_from_broker **m);

/* ---- Registry payloads ---- */

enum wire_role {
    WIRE_ROLE_NONE = 0,
    WIRE_ROLE_OFFICE = 1,
    WIRE_ROLE_WARD = 2,
    WIRE_ROLE_DEPARTMENT = 3,
    WIRE_ROLE_AUDITOR = 4
};

enum { WIRE_VKEY_MAX = 191, WIRE_NOTE_TEXT_MAX = 1024 };
struct wire_genesis {
    char origin[128];
    uint8_t log_key[32];
    char previous_vkey[WIRE_VKEY_MAX + 1];      /* both "": it follows no other log */
    char previous_note[WIRE_NOTE_TEXT_MAX + 1]; /* nobody has verified it here */
};
struct wire_invite {
    char party[17];
    enum wire_role role;
    uint64_t expires_at; /* ms */
    uint8_t invite_key[32];
    uint8_t invite_curve[32];
};
struct wire_enrol {
    uint8_t curve[32];
    uint8_t invite_key[32];
    uint8_t countersignature[64];
    uint8_t key[32];        /* the new epoch's Ed25519 key, which signs the statement */
    uint8_t cosign_key[32]; /* zeros: none */
};
struct wire_rotate {
    uint8_t curve[32];
    uint8_t countersignature[64];
    uint8_t key[32];        /* as in an enrol */
    uint8_t cosign_key[32]; /* zeros: none */
};
struct wire_fork {
    uint64_t index;
    struct bytes statement; /* borrowed from the payload decoded */
    uint8_t signature[64];
};

#define WIRE_REASON_MAX 200u
struct wire_revoke {
    char party[17];
    uint32_t epoch;
    char reason[WIRE_REASON_MAX + 1];
};
struct wire_unfreeze {
    char party[17];
    uint32_t epoch;
};

enum wire_enrolment {
    WIRE_ENROLMENT_CODE = 1,
    WIRE_ENROLMENT_CONFIRM = 2,
    WIRE_ENROLMENT_TWO_PERSON = 3
};
#define WIRE_ACTOR_ID_MAX 32u
/* The id of a person of the office: 1–WIRE_ACTOR_ID_MAX of a–z 0–9 . - _, a letter or digit at both
 * ends: nobody has a name that reads like another's. */
bool wire_actor_id_valid(const char *text, size_t size);

/* Admins' signatures at the end of a payload. Decoding says how many bytes stand before them, which
 * they cover; encoded without any, a payload is those bytes. */
struct wire_admins {
    struct wire_admin_signature {
        char actor[WIRE_ACTOR_ID_MAX + 1];
        uint8_t signature[64];
    } by[WIRE_ADMINS_MAX];
    size_t count;
    size_t covered; /* only of what was decoded */
};

struct wire_policy {
    enum wire_enrolment enrolment;
    uint64_t after; /* leaf that set the present policy; 0: none */
    struct wire_admins admins;
};

struct wire_confirm {
    char party[17];
    uint32_t epoch;
    uint8_t key[32];
    char actor[WIRE_ACTOR_ID_MAX + 1];
    uint8_t actor_signature[64]; /* zeros: not signed yet */
};
/* What the signature takes at the end of the payload; it covers all that stands before. */
#define WIRE_CONFIRM_SIGNATURE_SIZE 66u

enum wire_actor_role { WIRE_ACTOR_APPRAISER = 1, WIRE_ACTOR_ADMIN = 2 };
struct wire_registry_actor {
    char id[WIRE_ACTOR_ID_MAX + 1];
    enum wire_actor_role role;
    uint8_t key[32]; /* zeros when ended */
    bool ended;
    uint64_t after; /* leaf that set the person as he is; 0: none */
    struct wire_admins admins;
};

struct wire_log_key {
    uint8_t key[32];
    uint8_t previous[32];
    uint8_t countersignature[64];
};

struct wire_heartbeat {
    char version[64];
};

enum ng_err wire_genesis_encode(const struct wire_genesis *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_genesis_decode(struct bytes payload, struct wire_genesis *ret) NG_MUST_USE;
enum ng_err wire_invite_encode(const struct wire_invite *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_invite_decode(struct bytes payload, struct wire_invite *ret) NG_MUST_USE;
enum ng_err wire_enrol_encode(const struct wire_enrol *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_enrol_decode(struct bytes payload, struct wire_enrol *ret) NG_MUST_USE;
enum ng_err wire_rotate_encode(const struct wire_rotate *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_rotate_decode(struct bytes payload, struct wire_rotate *ret) NG_MUST_USE;
enum ng_err wire_fork_encode(const struct wire_fork *m, struct buf *to) NG_MUST_USE;
/* The statement is copied into `statement_copy`, which the result then points into. */
enum ng_err wire_fork_decode(struct bytes payload, struct buf *statement_copy,
                             struct wire_fork *ret) NG_MUST_USE;
enum ng_err wire_log_key_encode(const struct wire_log_key *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_log_key_decode(struct bytes payload, struct wire_log_key *ret) NG_MUST_USE;
enum ng_err wire_heartbeat_encode(const struct wire_heartbeat *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_heartbeat_decode(struct bytes payload, struct wire_heartbeat *ret) NG_MUST_USE;

/* wire_keys.c: what the office says about keys and persons. */
enum ng_err wire_revoke_encode(const struct wire_revoke *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_revoke_decode(struct bytes payload, struct wire_revoke *ret) NG_MUST_USE;
enum ng_err wire_unfreeze_encode(const struct wire_unfreeze *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_unfreeze_decode(struct bytes payload, struct wire_unfreeze *ret) NG_MUST_USE;
enum ng_err wire_policy_encode(const struct wire_policy *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_policy_decode(struct bytes payload, struct wire_policy *ret) NG_MUST_USE;
/* Without a signature these are the bytes that it will cover; decoding needs it. */
enum ng_err wire_confirm_encode(const struct wire_confirm *m, struct buf *to) NG_MUST_USE;
enum ng_err wire_confirm_decode(struct bytes payload, struct wire_confirm *ret) NG_MUST_USE;
enum ng_err wire_registry_actor_encode(const struct wire_registry_actor *m,
                                       struct buf *to) NG_MUST_USE;
enum ng_err wire_registry_actor_decode(struct bytes payload,
                                       struct wire_registry_actor *ret) NG_MUST_USE;

#endif
