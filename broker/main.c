/* nganam-broker: the tables of its commands. */
#include "base/cli.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "party/cmd_lock.h"

#include <stddef.h>

#define OPTION(kind, command, field, name, argument, help, required)                               \
    {                                                                                              \
        name, kind, argument, help, offsetof(struct command, field), required                      \
    }

static const struct cli_option init_options[] = {
    OPTION(CLI_TEXT, cmd_init, origin, "origin", "NAME",
           N_("the log's name for ever, like nganam.gov.vn/log"), true),
    OPTION(CLI_TEXT, cmd_init, endpoint, "endpoint", "tcp://HOST:PORT",
           N_("the address that slips carry (tcp://127.0.0.1:5570)"), false),
    OPTION(CLI_TEXT, cmd_init, head, "head", "FILE",
           N_("keep the head file here, best on another disk (DIR/head)"), false),
    OPTION(CLI_TEXT, cmd_init, previous, "previous", "DIR|FILE",
           N_("the log follows a lost one: its broker's folder, an export of it, or a file with "
              "its last signed head"),
           false),
    OPTION(CLI_TEXT, cmd_init, previous_vkey, "previous-vkey", "KEY",
           N_("the lost log's verifier key"), false),
    {0},
};

static const struct cli_option serve_options[] = {
    OPTION(CLI_TEXT, cmd_serve, listen, "listen", "tcp://HOST:PORT",
           N_("listen here instead of at the address of init; * is every interface"), false),
    OPTION(CLI_TEXT, cmd_serve, head, "head", "FILE",
           N_("the head file is here, and not where init put it"), false),
    OPTION(CLI_COUNT, cmd_serve, memory_max, "memory-max", "NUMBER",
           N_("MiB of private memory it may have (1024); beyond it the broker ends"), false),
    OPTION(CLI_COUNT, cmd_serve, evidence_max, "evidence-max", "NUMBER",
           N_("MiB that one evidence file may have (20)"), false),
    OPTION(CLI_COUNT, cmd_serve, evidence_quota, "evidence-quota", "NUMBER",
           N_("MiB of evidence that one unit may have here (2048)"), false),
    OPTION(CLI_COUNT, cmd_serve, evidence_count, "evidence-count", "NUMBER",
           N_("evidence files that one unit may have here (10000)"), false),
    OPTION(CLI_TEXT, cmd_serve, rate_max, "rate-max", "NUMBER",
           N_("statements a second that one party may send (20), 1,000 seconds' worth at once; 0: "
              "any number"),
           false),
    OPTION(CLI_TEXT, cmd_serve, bytes_max, "bytes-max", "NUMBER",
           N_("KiB a second that one party may send (64), likewise"), false),
    OPTION(CLI_TEXT, cmd_serve, hold, "hold", "NUMBER",
           N_("takes nothing new after its start until more than half of the parties have "
              "connected, or for so many seconds (10); 0: takes it at once"),
           false),
    {0},
};

#define EXPORT(command)                                                                            \
    OPTION(CLI_TEXT, command, export, "export", "DIR",                                             \
           N_("read an export in this folder instead of the log here"), false)

static const struct cli_option head_options[] = {
    OPTION(CLI_FLAG, cmd_log_head, cosigned, "cosigned", NULL,
           N_("the newest final witness head, with the line of each party that cosigned it"),
           false),
    EXPORT(cmd_log_head),
    {0},
};

static const struct cli_option log_options[] = {
    EXPORT(cmd_log),
    {0},
};

static const struct cli_option verify_options[] = {
    OPTION(CLI_TEXT, cmd_log_verify, head, "head", "FILE",
           N_("the head file is here, and not where init put it"), false),
    EXPORT(cmd_log_verify),
    OPTION(CLI_TEXT, cmd_log_verify, vkey, "vkey", "KEY",
           N_("with --export: the verifier key that the log must have"), false),
    OPTION(CLI_TEXT, cmd_log_verify, known, "known-head", "FILE",
           N_("a signed head from elsewhere, which the log must have gone through"), false),
    {0},
};

static const struct cli_option revoke_options[] = {
    OPTION(CLI_TEXT, cmd_revoke, reason, "reason", "TEXT",
           N_("why, one line; it stands in the log for ever"), true),
    {0},
};

static const struct cli_option actor_options[] = {
    OPTION(CLI_TEXT, cmd_actor, role, "role", "ROLE", N_("appraiser or admin"), false),
    OPTION(CLI_TEXT, cmd_actor, key, "key", "LINE",
           N_("the line that nganam-office actor key printed for the person"), false),
    OPTION(CLI_FLAG, cmd_actor, end, "end", NULL,
           N_("what the person's key signs counts no more from now on"), false),
    {0},
};

static const struct cli_option list_options[] = {
    OPTION(CLI_COUNT, cmd_log_list, list.from, "from", "N", N_("begin at this index"), false),
    OPTION(CLI_COUNT, cmd_log_list, list.limit, "limit", "N", N_("at most this many entries"),
           false),
    OPTION(CLI_TEXT, cmd_log_list, list.since, "since", "TIME",
           N_("received then or later: 30/11/2026, or \"30/11/2026 09:41\""), false),
    OPTION(CLI_TEXT, cmd_log_list, list.until, "until", "TIME",
           N_("received by then; a date is the end of its day"), false),
    OPTION(CLI_TEXT, cmd_log_list, list.unit, "unit", "CODE",
           N_("only what this party wrote or what is addressed to it"), false),
    OPTION(CLI_TEXT, cmd_log_list, list.kind, "kind", "KIND",
           N_("only this kind: report, verdict, enrol … or its number"), false),
    OPTION(CLI_TEXT, cmd_log_list, list.code, "code", "CODE",
           N_("only what speaks of this component, task, event or unit"), false),
    OPTION(CLI_FLAG, cmd_log_list, list.follow, "follow", NULL,
           N_("go on with what comes; with --json an object a line"), false),
    EXPORT(cmd_log_list),
    {0},
};

static const struct cli_option erase_options[] = {
    OPTION(CLI_TEXT, cmd_evidence, reason, "reason", "TEXT",
           N_("why, at most 200 bytes; it is kept"), true),
    {0},
};

static const struct cli_option restore_options[] = {
    OPTION(CLI_TEXT, cmd_restore, from, "from", "DIR",
           N_("put the entries back out of this export or office's folder"), false),
    OPTION(CLI_TEXT, cmd_restore, head, "head", "FILE",
           N_("the head file is here, and not where init put it"), false),
    OPTION(CLI_FLAG, cmd_restore, accept, "accept", NULL,
           N_("nothing is missing from the log that was put back: take new entries"), false),
    {0},
};

static const struct cli_command commands[] = {
    {"init", "", N_("make the log and print the office's slip"),
     N_("Run again before the office has enrolled, it prints a fresh slip. The folder then holds "
        "the log's signing key: keep a copy of it in a safe place."),
     init_options, sizeof(struct cmd_init), 0, 0, cmd_init_run},
    {"serve", "", N_("take statements, prove them, deliver them, until stopped"),
     N_("Prints \"ready tcp://HOST:PORT\" when it listens. SIGTERM or Ctrl-C ends it. Run it under "
        "a "
        "supervisor that starts it again: what is acknowledged is on the disk."),
     serve_options, sizeof(struct cmd_serve), 0, 0, cmd_serve_run},
    {"status", "", N_("how the running broker is, and what it has refused whom"),
     N_("Counted since it was started; \"counts\" in the operational log has the same names. Exit "
        "status 3: no broker runs on this folder."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_status_run},
    {"log head", "", N_("the signed tree head"),
     N_("A C2SP checkpoint, which other people's tools verify. While no witness head is final, "
        "--cosigned shows the newest one."),
     head_options, sizeof(struct cmd_log_head), 0, 0, cmd_log_head_run},
    {"log list", "",
     N_("the entries: index, when received and written, author, number, kind, addressee, size"),
     NULL, list_options, sizeof(struct cmd_log_list), 0, 0, cmd_log_list_run},
    {"log show", "N", N_("one entry with all its fields"), NULL, log_options,
     sizeof(struct cmd_log), 1, 1, cmd_log_show_run},
    {"log export", "DIR", N_("bring a folder of plain files up to the newest head"),
     N_("A C2SP tlog-tiles log that anybody can check with any software; run it again to add what "
        "is new. docs/AUDIT.md says how to check it."),
     NULL, sizeof(struct cmd_plain), 1, 1, cmd_log_export_run},
    {"log verify", "", N_("read the whole log again and check everything in it"),
     N_("Exit status 1 names each damaged index. The check runs in a process of its own, so that "
        "a disk that fails under it is reported and not fatal."),
     verify_options, sizeof(struct cmd_log_verify), 0, 0, cmd_log_verify_run},
    {"log prove", "inclusion INDEX SIZE | consistency OLD NEW",
     N_("a proof: base64 hashes, one a line"), NULL, log_options, sizeof(struct cmd_log), 3, 3,
     cmd_log_prove_run},
    {"evidence", "", N_("how much evidence each unit has here"), NULL, NULL,
     sizeof(struct cmd_evidence), 0, 0, cmd_evidence_run},
    {"evidence erase", "ID", N_("take the bytes of an evidence file away for ever"),
     N_("The log cites the file by its hash and stays whole; the file is shown as erased from then "
        "on and is not taken again. The office erases its own copy with nganam-office evidence "
        "erase."),
     erase_options, sizeof(struct cmd_evidence), 1, 1, cmd_evidence_erase_run},
    {"clock accept", "", N_("tell the running broker that the clock is right as it is"),
     N_("The broker refuses statements while the clock has jumped by more than five minutes, or is "
        "behind its last entry. Set the clock right first; then this is the way on."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_clock_accept_run},
    {"passphrase set", "", N_("lock the log's key with a passphrase, or change it"),
     N_("Asked for on the terminal, or given as files; broker.curve is locked with it too. serve "
        "and every command that signs, makes a slip or restores then needs it: from the terminal, "
        "from --passphrase-file FILE or from the file that NGANAM_PASSPHRASE_FILE names, as a "
        "service does. Nobody can open the keys without it."),
     cmd_lock_options, sizeof(struct cmd_lock), 0, 0, cmd_passphrase_set_run},
    {"passphrase remove", "", N_("keep the log's key without a passphrase again"), NULL, NULL,
     sizeof(struct cmd_lock), 0, 0, cmd_passphrase_remove_run},
    {"revoke", "PARTY", N_("take nothing more from a party's key, from its next message on"),
     N_("For the office's own machine, when it was stolen or lost; every other key is revoked by "
        "the office. Works beside a running broker. The key's connections end at once."),
     revoke_options, sizeof(struct cmd_revoke), 1, 1, cmd_revoke_run},
    {"invite", "OFFICE", N_("a fresh slip for the office whose machine is lost"),
     N_("For the office that init made; everybody else has a slip from the office. An earlier slip "
        "that was not used is void. Works beside a running broker."),
     NULL, sizeof(struct cmd_plain), 1, 1, cmd_invite_run},
    {"actor", "ID --role ROLE --key LINE | ID --end",
     N_("give a person of the office a key, or end him, without its admins"),
     N_("For when the office's admins have lost their keys: they sign for every other change. It "
        "is "
        "an alarm at the office and at every auditor. The person makes the key on his own machine "
        "(nganam-office actor key). Works beside a running broker."),
     actor_options, sizeof(struct cmd_actor), 1, 1, cmd_actor_run},
    {"rotate", "", N_("give the log a new signing key"),
     N_("The present key signs the new one, in the log; for thirty days every head carries both "
        "lines, and each party learns of it when it connects. Keep a copy of the new log.key, and "
        "publish the new verifier key. Works beside a running broker."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_rotate_run},
    {"restore", "--from DIR | --accept", N_("put the original entries back after a loss"),
     N_("The folder holds log.key, and an old log/ or none. Nothing is put back that does not "
        "continue it up to a head signed with that key. Then serve takes nothing new until every "
        "party has connected and knows of no later entry; --accept is your word that there is "
        "none."),
     restore_options, sizeof(struct cmd_restore), 0, 0, cmd_restore_run},
    {0},
};

int main(int argc, char **argv)
{
    static const struct cli_program program = {
        .name = "nganam-broker",
        .summary = N_("keeps the log of everything that is reported, and proves it"),
        .version = NGANAM_VERSION,
        .data_name = "broker",
        .commands = commands,
    };
    return cli_main(&program, argc, argv);
}
