/* The commands: what main.c's tables fill and call. */
#ifndef NGANAM_WARD_AGENT_CMD_H
#define NGANAM_WARD_AGENT_CMD_H

#include "base/cli.h"

struct cmd_enrol {
    struct cli_common common;
    const char *broker;
    uint64_t timeout; /* seconds */
};
enum ng_err cmd_enrol_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_report {
    struct cli_common common;
    uint64_t year;
    const char *period;
    const char *file;
    bool draft;
    bool drafts;
    const char *from_draft;
    bool said;
};
enum ng_err cmd_report_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_task {
    struct cli_common common;
    uint64_t year;
    uint64_t percent;
    const char *completed;
    const char *note;
    struct cli_list evidence;
};
enum ng_err cmd_task_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_assign {
    struct cli_common common;
    const char *to;
    const char *name;
    const char *due;
    const char *year;
    const char *area;
    const char *weight;
    const char *product;
    const char *source;
};
enum ng_err cmd_assign_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_send {
    struct cli_common common;
    uint64_t timeout; /* seconds */
};
enum ng_err cmd_send_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_rotate_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_alarms {
    struct cli_common common;
    const char *read;
    const char *export_number;
    uint64_t after; /* hours */
};
enum ng_err cmd_alarms_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_bundle {
    struct cli_common common;
    bool without_evidence;
};
enum ng_err cmd_bundle_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_submit {
    struct cli_common common;
    uint64_t timeout; /* seconds */
};
enum ng_err cmd_submit_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_plain {
    struct cli_common common;
};
enum ng_err cmd_serve_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_status_run(void *options, int argc, char **argv) NG_MUST_USE;
enum ng_err cmd_inbox_run(void *options, int argc, char **argv) NG_MUST_USE;

struct cmd_receipts {
    struct cli_common common;
    const char *export_seq;
    const char *leaf_seq;
    const char *export_all;
    bool leaves;
    const char *verify;
    const char *import;
};
enum ng_err cmd_receipts_run(void *options, int argc, char **argv) NG_MUST_USE;

#endif
