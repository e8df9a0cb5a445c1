/* The commands: what main.c's tables fill and call. */
#ifndef NGANAM_OFFICE_CMD_H
#define NGANAM_OFFICE_CMD_H

#include "audit/list.h"
#include "base/cli.h"
#include "office-service/signer.h"

struct cmd_plain {
    struct cli_common common;
};
enum ng_err cmd_parties_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_actor_list_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_status_run(void *options, int argc, char **argv) NG_MUST_USE;
struct cmd_alarms {
    struct cli_common common;
    const char *read;
    const char *export_number;
};
enum ng_err cmd_alarms_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_witnesses_run(void *options, int argc, char **argv) NG_MUST_USE;

/* Commands that write take a time limit. */
struct cmd_write {
    struct cli_common common;
    uint64_t timeout; /* seconds; 0: OFFICE_TIMEOUT_S */
};
enum ng_err cmd_submit_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_rotate_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_unfreeze_run(void *options, int argc, char **argv) NG_MUST_USE;
/* What --timeout says, else OFFICE_TIMEOUT_S. */
int64_t cmd_timeout_ms(uint64_t timeout_s);

/* Those that say something of the field: a person may sign it. */
struct cmd_say {
    struct cli_common common;
    uint64_t timeout;
    struct signer_options signer;
};
enum ng_err cmd_import_units_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_import_tasks_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_event_run(void *options, int argc, char **argv) NG_MUST_USE;

/* Those that admins sign. */
struct cmd_signed {
    struct cli_common common;
    struct cli_list actors; /* admin_sign.h */
    struct cli_list keys;
    uint64_t timeout;
};
enum ng_err cmd_policy_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_actor_end_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_invite {
    struct cli_common common;
    const char *role; /* NULL: as the unit's group says */
    bool qr;
    const char *png, *page; /* files; NULL: none */
    uint64_t timeout;
};
enum ng_err cmd_invite_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_revoke {
    struct cli_common common;
    const char *reason;
    uint64_t timeout;
};
enum ng_err cmd_revoke_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_confirm {
    struct cli_common common;
    const char *digits;
    const char *actor;
    const char *key; /* NULL: DATA/actors/ID.key */
    uint64_t timeout;
};
enum ng_err cmd_confirm_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_actor {
    struct cli_common common;
    const char *role;
    const char *key;         /* as above */
    const char *public_line; /* made elsewhere; NULL: a key is made here */
    bool lock;
    const char *new_file; /* locks too */
    struct cli_list actors, keys;
    uint64_t timeout;
};
enum ng_err cmd_actor_add_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_actor_lock {
    struct cli_common common;
    const char *key; /* as above */
    const char *new_file;
};
enum ng_err cmd_actor_key_run(void *options, int argc, char **argv) NG_MUST_USE; /* cmd_actor */
enum ng_err cmd_actor_lock_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_actor_unlock_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_init {
    struct cli_common common;
    const char *broker;
    uint64_t timeout;
};
enum ng_err cmd_init_run(void *options, int argc, char **argv) NG_MUST_USE;

enum ng_err cmd_serve_run(void *options, int argc, char **argv) NG_MUST_USE;

/* Commands about one set: criteria import, survey import. */
struct cmd_set {
    struct cmd_say say;
    const char *set;
    uint64_t year;
    const char *group;
};
enum ng_err cmd_import_criteria_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_import_survey_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_board {
    struct cli_common common;
    uint64_t year;
    const char *group;
    const char *basis;
    const char *at;
};
enum ng_err cmd_board_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_explain_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_evidence {
    struct cli_common common;
    const char *unit;
    const char *out;
    const char *reason;
};
enum ng_err cmd_evidence_list_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_evidence_get_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_evidence_erase_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_rebuild {
    struct cli_common common;
    bool check;
    const char *export;
};
enum ng_err cmd_rebuild_run(void *options, int argc, char **argv) NG_MUST_USE;

/* log head, show, prove: of our mirror or of an export. */
struct cmd_log {
    struct cli_common common;
    const char *export; /* folder; NULL: the mirror */
};
enum ng_err cmd_log_head_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_log_show_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_log_prove_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_log_export_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_log_verify {
    struct cli_common common;
    const char *export;
    const char *vkey;
    const char *known; /* a file with a head, or NULL */
};
enum ng_err cmd_log_verify_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_log_list {
    struct cli_common common;
    const char *export;
    struct list_options list;
};
enum ng_err cmd_log_list_run(void *options, int argc, char **argv) NG_MUST_USE;

#endif
