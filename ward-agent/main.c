/* nganam-agent: the tables of its commands. */
#include "base/cli.h"
#include "base/lang.h"
#include "party/cmd_lock.h"
#include "ward-agent/cmd.h"

#define OPTION(kind, command, field, name, argument, help, required)                               \
    {                                                                                              \
        name, kind, argument, help, offsetof(struct command, field), required                      \
    }

static const struct cli_option enrol_options[] = {
    OPTION(CLI_TEXT, cmd_enrol, broker, "broker", "tcp://HOST:PORT",
           N_("reach the broker here instead of where the slip says"), false),
    OPTION(CLI_COUNT, cmd_enrol, timeout, "timeout", "S", N_("give up after S seconds (60)"),
           false),
    {0},
};

static const struct cli_option report_options[] = {
    OPTION(CLI_COUNT, cmd_report, year, "year", "Y", N_("the year reported on"), false),
    OPTION(CLI_TEXT, cmd_report, period, "period", "P",
           N_("2026, 2026-H1, 2026-Q3 or 2026-11; the whole year unless given"), false),
    OPTION(CLI_TEXT, cmd_report, file, "file", "F.csv",
           N_("read the report from this file; - is standard input"), false),
    OPTION(CLI_FLAG, cmd_report, draft, "draft", NULL,
           N_("keep it as a draft on this machine, right or not; nothing is sent"), false),
    OPTION(CLI_FLAG, cmd_report, drafts, "drafts", NULL, N_("list the drafts"), false),
    OPTION(CLI_TEXT, cmd_report, from_draft, "from-draft", "NAME",
           N_("report what a draft holds, and remove it"), false),
    OPTION(CLI_FLAG, cmd_report, said, "said", NULL,
           N_("print what this folder has said for the year, as a file for --file"), false),
    {0},
};

static const struct cli_option task_options[] = {
    OPTION(CLI_COUNT, cmd_task, percent, "percent", "N", N_("how far it is, 0 to 100"), true),
    OPTION(CLI_TEXT, cmd_task, completed, "completed", "DATE",
           N_("the day it was completed, like 30/11/2026"), false),
    OPTION(CLI_COUNT, cmd_task, year, "year", "Y",
           N_("the year of the task; needed only where the code runs in several"), false),
    OPTION(CLI_TEXT, cmd_task, note, "note", "TEXT", N_("what the office should know"), false),
    OPTION(CLI_LIST, cmd_task, evidence, "evidence", "FILE",
           N_("a file that proves it, at most 20 MiB; it is copied here and sent along"), false),
    {0},
};

static const struct cli_option assign_options[] = {
    OPTION(CLI_TEXT, cmd_assign, to, "to", "UNIT", N_("the unit that has to do it"), true),
    OPTION(CLI_TEXT, cmd_assign, name, "name", "TEXT", N_("what has to be done"), true),
    OPTION(CLI_TEXT, cmd_assign, due, "due", "DATE",
           N_("the deadline: a date, event:CODE+20d, every:month:25 or continuous"), true),
    OPTION(CLI_TEXT, cmd_assign, year, "year", "Y",
           N_("the year it counts for, or 2021-2025; that of the date unless given"), false),
    OPTION(CLI_TEXT, cmd_assign, area, "area", "AREA",
           N_("its area of the plan: a, b1 to b6, c, d, e or g (a)"), false),
    OPTION(CLI_TEXT, cmd_assign, weight, "weight", "N", N_("how much it counts (1)"), false),
    OPTION(CLI_TEXT, cmd_assign, product, "product", "TEXT", N_("what it results in"), false),
    OPTION(CLI_TEXT, cmd_assign, source, "source", "TEXT", N_("the paper that asks for it"), false),
    {0},
};

static const struct cli_option send_options[] = {
    OPTION(CLI_COUNT, cmd_send, timeout, "timeout", "S", N_("give up after S seconds (60)"), false),
    {0},
};

static const struct cli_option alarms_options[] = {
    OPTION(CLI_TEXT, cmd_alarms, read, "read", "NUMBER|all",
           N_("mark it as read; it stays in the list"), false),
    OPTION(CLI_TEXT, cmd_alarms, export_number, "export", "NUMBER",
           N_("write what proves it, to be handed over"), false),
    OPTION(CLI_COUNT, cmd_alarms, after, "after", "NUMBER",
           N_("from now on tell when a receipt takes longer than so many hours (24)"), false),
    {0},
};

static const struct cli_option bundle_options[] = {
    OPTION(CLI_FLAG, cmd_bundle, without_evidence, "without-evidence", NULL,
           N_("leave the evidence files out; they go on waiting here"), false),
    {0},
};

static const struct cli_option submit_options[] = {
    OPTION(CLI_COUNT, cmd_submit, timeout, "timeout", "S", N_("give up after S seconds (60)"),
           false),
    {0},
};

static const struct cli_option receipts_options[] = {
    OPTION(CLI_TEXT, cmd_receipts, export_seq, "export", "NUMBER",
           N_("write the receipt of this report as a proof (C2SP tlog-proof)"), false),
    OPTION(CLI_TEXT, cmd_receipts, leaf_seq, "leaf", "NUMBER",
           N_("write the bytes that this receipt proves, the statement in them"), false),
    OPTION(CLI_TEXT, cmd_receipts, export_all, "export-all", "DIR",
           N_("write every receipt into a folder, and the log's key"), false),
    OPTION(CLI_FLAG, cmd_receipts, leaves, "leaves", NULL,
           N_("beside each the bytes it proves, for somebody who has only these files"), false),
    OPTION(CLI_TEXT, cmd_receipts, verify, "verify", "FILE",
           N_("check a receipt with the statement on this machine, without a line"), false),
    OPTION(CLI_TEXT, cmd_receipts, import, "import", "FILE.receipts",
           N_("take the receipts that came back for a bundle, each checked"), false),
    {0},
};

static const struct cli_command commands[] = {
    {"enrol", "SLIP", N_("make this machine a unit's, with the slip from the office"),
     N_("SLIP is the text that begins nganam1:, a file with it, or - for standard input. A slip is "
        "good once. After an interruption run it again with the same slip. A new slip gives the "
        "machine new keys; what the earlier ones wrote is delivered first."),
     enrol_options, sizeof(struct cmd_enrol), 1, 1, cmd_enrol_run},
    {"report", "[CODE FIELD=VALUE…]", N_("report answers of components, from a file or one by one"),
     N_("FIELD is value, numerator, denominator, choice, na (true, or none when nothing arose), "
        "explanation or evidence (names separated by |): the columns of the file. Everything is "
        "checked against the criteria; nothing is saved unless all of it is right. What a report "
        "does not mention stays as it was. The network is not needed."),
     report_options, sizeof(struct cmd_report), 0, -1, cmd_report_run},
    {"task", "CODE", N_("report how far a task is"), NULL, task_options, sizeof(struct cmd_task), 1,
     1, cmd_task_run},
    {"assign", "CODE", N_("give a unit a task, as a department"),
     N_("CODE begins with the department's own and a dot, so that nobody changes another's tasks. "
        "Said again with something else it takes the earlier word's place. The unit finds it in "
        "its "
        "inbox; what the office says of it comes with the next send. The network is not needed."),
     assign_options, sizeof(struct cmd_assign), 1, 1, cmd_assign_run},
    {"send", "", N_("deliver what is saved, check the receipts, read the inbox"), NULL,
     send_options, sizeof(struct cmd_send), 0, 0, cmd_send_run},
    {"rotate", "", N_("give this machine new keys, by the word of the present ones"),
     N_("What the present keys wrote is delivered first, so the line is needed, and serve must not "
        "run meanwhile. After an interruption run it again: it goes on with the same keys."),
     send_options, sizeof(struct cmd_send), 0, 0, cmd_rotate_run},
    {"passphrase set", "", N_("lock this machine's keys with a passphrase, or change it"),
     N_("Asked for on the terminal, or given as files. Every command then needs the passphrase: "
        "from "
        "the terminal, from --passphrase-file FILE or from the file that NGANAM_PASSPHRASE_FILE "
        "names, as a service does. Nobody can open the keys without it."),
     cmd_lock_options, sizeof(struct cmd_lock), 0, 0, cmd_lock_party_set_run},
    {"passphrase remove", "", N_("keep this machine's keys without a passphrase again"), NULL, NULL,
     sizeof(struct cmd_lock), 0, 0, cmd_lock_party_remove_run},
    {"serve", "", N_("keep delivering and reading until stopped"),
     N_("Prints \"ready -\" when it runs, before the broker is reached. Reports saved meanwhile "
        "are "
        "sent as they come. SIGTERM or Ctrl-C ends it."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_serve_run},
    {"status", "", N_("what waits, what was delivered, alarms"), NULL, NULL,
     sizeof(struct cmd_plain), 0, 0, cmd_status_run},
    {"alarms", "", N_("what a person has to know, read or not; what proves it"),
     N_("An alarm says what to do. status shows those that nobody has read; none is ever dropped."),
     alarms_options, sizeof(struct cmd_alarms), 0, 0, cmd_alarms_run},
    {"receipts", "", N_("list the receipts, write them out, check one"), NULL, receipts_options,
     sizeof(struct cmd_receipts), 0, 0, cmd_receipts_run},
    {"bundle", "[FILE]", N_("write what waits to a file, for a road without a line"),
     N_("For a USB stick, when the broker is not reached or does not answer: statements and the "
        "evidence files that wait. Whoever is enrolled, another unit or the office, runs submit "
        "with the file and gives FILE.receipts back. What is in a bundle still waits here too and "
        "is sent when the line is back: it counts once."),
     bundle_options, sizeof(struct cmd_bundle), 0, 1, cmd_bundle_run},
    {"submit", "FILE", N_("submit another unit's bundle, and write the receipts beside it"),
     N_("The receipts go into FILE.receipts; the unit that wrote the bundle takes them with "
        "receipts --import. Submitting it again changes nothing and gives them again."),
     submit_options, sizeof(struct cmd_submit), 1, 1, cmd_submit_run},
    {"inbox", "", N_("what the office refused and why, tasks, criteria"), NULL, NULL,
     sizeof(struct cmd_plain), 0, 0, cmd_inbox_run},
    {0},
};

static const struct cli_program program = {
    .name = "nganam-agent",
    .summary = N_("The machine of a ward or department: keeps its reports safe until the log has "
                  "taken them, and keeps the receipts."),
    .version = NGANAM_VERSION,
    .data_name = "agent",
    .commands = commands,
};

int main(int argc, char **argv)
{
    return cli_main(&program, argc, argv);
}
