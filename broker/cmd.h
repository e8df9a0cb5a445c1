/* The commands of nganam-broker and their options; main.c has the tables. */
#ifndef NGANAM_BROKER_CMD_H
#define NGANAM_BROKER_CMD_H

#include "audit/list.h"
#include "base/cli.h"

struct cmd_init {
    struct cli_common common;
    const char *origin;
    const char *endpoint;
    const char *head;
    const char *previous, *previous_vkey;
};
enum ng_err cmd_init_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_serve {
    struct cli_common common;
    const char *listen;
    const char *head;
    uint64_t evidence_max, evidence_quota, evidence_count;
    uint64_t memory_max;              /* MiB; 0: not given */
    const char *rate_max, *bytes_max; /* 0 is a value: no limit */
    const char *hold;                 /* seconds; 0 is a value */
};
enum ng_err cmd_serve_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_plain {
    struct cli_common common;
};
enum ng_err cmd_clock_accept_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_status_run(void *options, int argc, char **argv) NG_MUST_USE;

/* Their options are cmd_lock.h's. */
enum ng_err cmd_passphrase_set_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_passphrase_remove_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_revoke {
    struct cli_common common;
    const char *reason;
};
enum ng_err cmd_revoke_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_actor {
    struct cli_common common;
    const char *role;
    const char *key; /* the line that nganam-office actor key printed */
    bool end;
};
enum ng_err cmd_actor_run(void *options, int argc, char **argv) NG_MUST_USE;

enum ng_err cmd_rotate_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_invite_run(void *options, int argc, char **argv) NG_MUST_USE;

enum ng_err cmd_log_export_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_log_head {
    struct cli_common common;
    const char *export; /* folder; NULL: the own log */
    bool cosigned;
};
enum ng_err cmd_log_head_run(void *options, int argc, char **argv) NG_MUST_USE;

/* log show, prove: of the broker's own log or of an export. */
struct cmd_log {
    struct cli_common common;
    const char *export;
};
enum ng_err cmd_log_show_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_log_prove_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_evidence {
    struct cli_common common;
    const char *reason;
};
enum ng_err cmd_evidence_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_evidence_erase_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_restore {
    struct cli_common common;
    const char *from;
    const char *head;
    bool accept;
};
enum ng_err cmd_restore_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_log_verify {
    struct cli_common common;
    const char *head;
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
