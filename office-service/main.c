/* nganam-office: the tables of its commands. */
#include "base/cli.h"
#include "base/lang.h"
#include "office-service/cmd.h"
#include "party/cmd_lock.h"

#define OPTION(kind, command, field, name, argument, help, required)                               \
    {                                                                                              \
        name, kind, argument, help, offsetof(struct command, field), required                      \
    }
#define TIMEOUT(command)                                                                           \
    OPTION(CLI_COUNT, command, timeout, "timeout", "S", N_("give up after S seconds (60)"), false)

static const struct cli_option init_options[] = {
    OPTION(CLI_TEXT, cmd_init, broker, "broker", "tcp://HOST:PORT",
           N_("reach the broker here instead of where the slip says"), false),
    TIMEOUT(cmd_init),
    {0},
};

static const struct cli_option write_options[] = {
    TIMEOUT(cmd_write),
    {0},
};

/* Of every command that says something of the field; cmd_set begins as a cmd_say does. */
#define SAY                                                                                        \
    OPTION(CLI_TEXT, cmd_say, signer.actor, "actor", "ID",                                         \
           N_("the person of the office who signs it, with his own key"), false),                  \
        OPTION(CLI_TEXT, cmd_say, signer.key, "key", "FILE",                                       \
               N_("his key file (DIR/actors/ID.key)"), false),                                     \
        TIMEOUT(cmd_say)

static const struct cli_option say_options[] = {
    SAY,
    {0},
};

/* Of every command that admins sign. */
#define SIGNED(type)                                                                               \
    OPTION(CLI_LIST, type, actors, "actor", "ID", N_("an admin who signs this; given twice, two"), \
           false),                                                                                 \
        OPTION(CLI_LIST, type, keys, "actor-key", "FILE",                                          \
               N_("the key file of the first --actor, again for the second (DIR/actors/ID.key)"),  \
               false),                                                                             \
        TIMEOUT(type)

static const struct cli_option signed_options[] = {
    SIGNED(cmd_signed),
    {0},
};

static const struct cli_option criteria_options[] = {
    OPTION(CLI_TEXT, cmd_set, set, "set", "CODE", N_("the set's own code"), true),
    OPTION(CLI_COUNT, cmd_set, year, "year", "Y", N_("the year it is for"), true),
    OPTION(CLI_TEXT, cmd_set, group, "group", "G", N_("the group of units it is for"), true),
    SAY,
    {0},
};

static const struct cli_option survey_options[] = {
    OPTION(CLI_COUNT, cmd_set, year, "year", "Y", N_("the year"), true),
    OPTION(CLI_TEXT, cmd_set, group, "group", "G", N_("the group of the units"), true),
    SAY,
    {0},
};

#define AT_HELP N_("as it was with N messages in the log, or at the end of a day")
#define BASIS_HELP N_("live (the default, provisional), self, appraised or published")

static const struct cli_option board_options[] = {
    OPTION(CLI_COUNT, cmd_board, year, "year", "Y", N_("the year"), true),
    OPTION(CLI_TEXT, cmd_board, group, "group", "G", N_("the group of units"), true),
    OPTION(CLI_TEXT, cmd_board, basis, "basis", "B", BASIS_HELP, false),
    OPTION(CLI_TEXT, cmd_board, at, "at", "N|DATE", AT_HELP, false),
    {0},
};

static const struct cli_option explain_options[] = {
    OPTION(CLI_COUNT, cmd_board, year, "year", "Y", N_("the year"), true),
    OPTION(CLI_TEXT, cmd_board, basis, "basis", "B", BASIS_HELP, false),
    OPTION(CLI_TEXT, cmd_board, at, "at", "N|DATE", AT_HELP, false),
    {0},
};

static const struct cli_option invite_options[] = {
    OPTION(CLI_TEXT, cmd_invite, role, "role", "ROLE",
           N_("ward, department or auditor; for a unit its group says it"), false),
    OPTION(CLI_FLAG, cmd_invite, qr, "qr", NULL, N_("show the slip as a QR code too"), false),
    OPTION(CLI_TEXT, cmd_invite, png, "png", "FILE.png",
           N_("write the QR code as a picture, readable by you alone"), false),
    OPTION(CLI_TEXT, cmd_invite, page, "page", "FILE.html",
           N_("write a page to print: the code, the slip, what to do with it"), false),
    TIMEOUT(cmd_invite),
    {0},
};

static const struct cli_option revoke_options[] = {
    OPTION(CLI_TEXT, cmd_revoke, reason, "reason", "TEXT",
           N_("why, one line; it stands in the log for ever"), true),
    TIMEOUT(cmd_revoke),
    {0},
};

static const struct cli_option confirm_options[] = {
    OPTION(CLI_TEXT, cmd_confirm, digits, "digits", "DIGITS",
           N_("the 20 digits that the unit's machine shows"), true),
    OPTION(CLI_TEXT, cmd_confirm, actor, "actor", "ID", N_("the person who confirms"), true),
    OPTION(CLI_TEXT, cmd_confirm, key, "key", "FILE", N_("his key file (DIR/actors/ID.key)"),
           false),
    TIMEOUT(cmd_confirm),
    {0},
};

static const struct cli_option actor_options[] = {
    OPTION(CLI_TEXT, cmd_actor, role, "role", "ROLE", N_("appraiser or admin"), true),
    OPTION(CLI_TEXT, cmd_actor, key, "key", "FILE",
           N_("write the person's key file here (DIR/actors/ID.key)"), false),
    OPTION(CLI_TEXT, cmd_actor, public_line, "public", "LINE",
           N_("the line that actor key printed where the person's key was made"), false),
    OPTION(CLI_FLAG, cmd_actor, lock, "lock", NULL,
           N_("lock the key with a passphrase that the person types"), false),
    OPTION(CLI_TEXT, cmd_actor, new_file, "new", "FILE",
           N_("lock it with a passphrase that is this file's first line"), false),
    SIGNED(cmd_actor),
    {0},
};

static const struct cli_option actor_key_options[] = {
    OPTION(CLI_TEXT, cmd_actor, key, "key", "FILE", N_("write the key file here"), true),
    OPTION(CLI_FLAG, cmd_actor, lock, "lock", NULL,
           N_("lock the key with a passphrase that the person types"), false),
    OPTION(CLI_TEXT, cmd_actor, new_file, "new", "FILE",
           N_("lock it with a passphrase that is this file's first line"), false),
    {0},
};

static const struct cli_option rebuild_options[] = {
    OPTION(CLI_FLAG, cmd_rebuild, check, "check", NULL,
           N_("change nothing; say whether the state is what the log gives"), false),
    OPTION(CLI_TEXT, cmd_rebuild, export, "export", "DIR",
           N_("with --check: what an export of the log gives"), false),
    {0},
};

#define EXPORT(command)                                                                            \
    OPTION(CLI_TEXT, command, export, "export", "DIR",                                             \
           N_("read an export in this folder instead of the log here"), false)

static const struct cli_option log_options[] = {
    EXPORT(cmd_log),
    {0},
};

static const struct cli_option verify_options[] = {
    EXPORT(cmd_log_verify),
    OPTION(CLI_TEXT, cmd_log_verify, vkey, "vkey", "KEY",
           N_("with --export: the verifier key that the log must have"), false),
    OPTION(CLI_TEXT, cmd_log_verify, known, "known-head", "FILE",
           N_("a signed head from elsewhere, which the log must have gone through"), false),
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

static const struct cli_option alarms_options[] = {
    OPTION(CLI_TEXT, cmd_alarms, read, "read", "NUMBER|all",
           N_("mark it as read; it stays in the list"), false),
    OPTION(CLI_TEXT, cmd_alarms, export_number, "export", "NUMBER",
           N_("write what proves it, to be handed over"), false),
    {0},
};

static const struct cli_option evidence_list_options[] = {
    OPTION(CLI_TEXT, cmd_evidence, unit, "unit", "CODE", N_("only what this unit cites"), false),
    {0},
};

static const struct cli_option actor_lock_options[] = {
    OPTION(CLI_TEXT, cmd_actor_lock, key, "key", "FILE", N_("his key file (DIR/actors/ID.key)"),
           false),
    OPTION(CLI_TEXT, cmd_actor_lock, new_file, "new", "FILE",
           N_("the new passphrase is this file's first line"), false),
    {0},
};

static const struct cli_option actor_unlock_options[] = {
    OPTION(CLI_TEXT, cmd_actor_lock, key, "key", "FILE", N_("his key file (DIR/actors/ID.key)"),
           false),
    {0},
};

static const struct cli_option evidence_get_options[] = {
    OPTION(CLI_TEXT, cmd_evidence, out, "out", "FILE",
           N_("write it here, to a file that is not there yet"), false),
    {0},
};

static const struct cli_option evidence_erase_options[] = {
    OPTION(CLI_TEXT, cmd_evidence, reason, "reason", "TEXT",
           N_("why, at most 200 bytes; it is kept and shown"), true),
    {0},
};

static const struct cli_command commands[] = {
    {"init", "SLIP", N_("make this machine the office's (or an auditor's), with its slip"),
     N_("SLIP is the text that begins nganam1:, a file with it, or - for standard input. After an "
        "interruption run it again with the same slip."),
     init_options, sizeof(struct cmd_init), 1, 1, cmd_init_run},
    {"rotate", "", N_("give this machine new keys, by the word of the present ones"),
     N_("What the present keys wrote is delivered first, so the line is needed, and serve must not "
        "run meanwhile. After an interruption run it again: it goes on with the same keys."),
     write_options, sizeof(struct cmd_write), 0, 0, cmd_rotate_run},
    {"passphrase set", "", N_("lock this machine's keys with a passphrase, or change it"),
     N_("Asked for on the terminal, or given as files. Every command then needs the passphrase: "
        "from "
        "the terminal, from --passphrase-file FILE or from the file that NGANAM_PASSPHRASE_FILE "
        "names, as a service does. Nobody can open the keys without it."),
     cmd_lock_options, sizeof(struct cmd_lock), 0, 0, cmd_lock_party_set_run},
    {"passphrase remove", "", N_("keep this machine's keys without a passphrase again"), NULL, NULL,
     sizeof(struct cmd_lock), 0, 0, cmd_lock_party_remove_run},
    {"serve", "", N_("follow the log, keep the standings, answer the units, until stopped"),
     N_("Prints \"ready -\" once the log is reached and what was missed is counted. SIGTERM or "
        "Ctrl-C ends it."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_serve_run},
    {"units import", "F.csv", N_("import units from a file"),
     N_("Columns code, name, group, parent, valid_from, valid_to. The newest import of a code "
        "counts; a cell left empty keeps what is known, - takes a parent or a date away; units not "
        "mentioned stay as they are."),
     say_options, sizeof(struct cmd_say), 1, 1, cmd_import_units_run},
    {"criteria import", "F.csv", N_("import the criteria set of a year and group"),
     N_("Columns code, parent, level, name_vi, name_en, max_points, method, params, na_policy, "
        "evidence; an optional first line #set total=100 rounding=2 sample=true source=... "
        "Every fault is told by line. A set that has answers is never changed."),
     criteria_options, sizeof(struct cmd_set), 1, 1, cmd_import_criteria_run},
    {"survey import", "F.csv", N_("import survey points of a year and group"),
     N_("Columns unit, code, value. The newest value counts."), survey_options,
     sizeof(struct cmd_set), 1, 1, cmd_import_survey_run},
    {"tasks import", "F.csv", N_("import tasks and their deadlines"),
     N_("Columns code, year, unit, name, area, partners, due, weight, product, source. unit is a "
        "unit or @group; year may be 2021-2025; due is a date, event:CODE+20d, every:month:25 or "
        "continuous."),
     say_options, sizeof(struct cmd_say), 1, 1, cmd_import_tasks_run},
    {"event", "CODE DATE", N_("say on which day an event took place that deadlines hang on"),
     N_("Said again with another date, the deadlines move."), say_options, sizeof(struct cmd_say),
     2, 2, cmd_event_run},
    {"invite", "UNIT", N_("print a slip with which a unit's machine enrols"),
     N_("The slip is good for 72 hours and one enrolment, and works as soon as it is printed. An "
        "auditor's is made with --role auditor; UNIT is then any new code."),
     invite_options, sizeof(struct cmd_invite), 1, 1, cmd_invite_run},
    {"parties", "", N_("all parties: role, key epoch, newest entry, state"),
     N_("A party is open (invited, not enrolled), active, frozen (two machines wrote with one "
        "key), "
        "revoked, or not confirmed."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_parties_run},
    {"revoke", "UNIT", N_("take nothing more from a unit's key, from its next message on"),
     N_("For a machine that was stolen or lost. What is in the log stays. A new slip gives the "
        "unit "
        "a new key."),
     revoke_options, sizeof(struct cmd_revoke), 1, 1, cmd_revoke_run},
    {"unfreeze", "UNIT", N_("let a unit go on with its key after two machines wrote with it"),
     N_("Only once the copy of its folder is destroyed: the next word from it freezes the key "
        "again. Where the unit's own messages were pushed out by the copy's, give it a new slip "
        "instead."),
     write_options, sizeof(struct cmd_write), 1, 1, cmd_unfreeze_run},
    {"policy", "enrolment code|confirm|two-person", N_("say what an enrolment needs from now on"),
     N_("code: the slip is enough. confirm: one person of the office compares 20 digits and "
        "confirms. two-person: two of them. Once the office has an admin, admins sign this: one, "
        "or two while it is two-person."),
     signed_options, sizeof(struct cmd_signed), 2, 2, cmd_policy_run},
    {"confirm", "UNIT", N_("confirm an enrolment, after comparing the digits by telephone"),
     N_("Ask the unit for the digits by a way you trust; do not read them out to it. The person "
        "signs with his own key."),
     confirm_options, sizeof(struct cmd_confirm), 1, 1, cmd_confirm_run},
    {"actor add", "ID", N_("add a person of the office, with a key of his own"),
     N_("An admin confirms enrolments. Whoever has the key file signs for the person. The first "
        "admin is added by the office alone; from then on admins sign for each person: one, or two "
        "under the policy two-person."),
     actor_options, sizeof(struct cmd_actor), 1, 1, cmd_actor_add_run},
    {"actor key", "ID", N_("make a person's key on his own machine, and print its public line"),
     N_("No data folder is needed. The line goes to the office (actor add --public) or to the "
        "broker (nganam-broker actor --key); the key file stays with the person."),
     actor_key_options, sizeof(struct cmd_actor), 1, 1, cmd_actor_key_run},
    {"actor lock", "ID", N_("lock a person's key with a passphrase, or change it"),
     N_("Typed by the person, or given as files; then nobody signs for him with the file alone. It "
        "is asked for when he signs, on the terminal or from the file that "
        "NGANAM_ACTOR_PASSPHRASE_FILE names, apart from that of this machine's keys."),
     actor_lock_options, sizeof(struct cmd_actor_lock), 1, 1, cmd_actor_lock_run},
    {"actor unlock", "ID", N_("keep a person's key without a passphrase again"), NULL,
     actor_unlock_options, sizeof(struct cmd_actor_lock), 1, 1, cmd_actor_unlock_run},
    {"actor end", "ID", N_("what a person's key signs counts no more from now on"),
     N_("Signed by admins, as actor add is."), signed_options, sizeof(struct cmd_signed), 1, 1,
     cmd_actor_end_run},
    {"actor list", "", N_("the persons of the office"), NULL, NULL, sizeof(struct cmd_plain), 0, 0,
     cmd_actor_list_run},
    {"board", "", N_("show the standings of a group"), NULL, board_options,
     sizeof(struct cmd_board), 0, 0, cmd_board_run},
    {"explain", "UNIT [CODE]", N_("show where a unit's points come from, down to the message"),
     NULL, explain_options, sizeof(struct cmd_board), 1, 2, cmd_explain_run},
    {"submit", "FILE", N_("submit a unit's bundle, and write the receipts beside it"),
     N_("The receipts go into FILE.receipts; the unit that wrote the bundle takes them with "
        "nganam-agent receipts --import. Submitting it again changes nothing and gives them "
        "again."),
     write_options, sizeof(struct cmd_write), 1, 1, cmd_submit_run},
    {"evidence list", "", N_("the files units cite, and whether they are here and unaltered"),
     N_("Each file is read and its hash compared. States: there, missing, part, altered, erased."),
     evidence_list_options, sizeof(struct cmd_evidence), 0, 0, cmd_evidence_list_run},
    {"evidence get", "ID", N_("write one of them out"),
     N_("One that is not here is fetched from the broker now. Without --out it goes to standard "
        "output."),
     evidence_get_options, sizeof(struct cmd_evidence), 1, 1, cmd_evidence_get_run},
    {"evidence erase", "ID", N_("take the bytes of a file away for ever"),
     N_("The log cites the file by its hash and stays whole; from then on it is shown as erased, "
        "with the reason. The broker's operator erases the broker's copy."),
     evidence_erase_options, sizeof(struct cmd_evidence), 1, 1, cmd_evidence_erase_run},
    {"status", "", N_("how far the log is followed, what waits, alarms"), NULL, NULL,
     sizeof(struct cmd_plain), 0, 0, cmd_status_run},
    {"alarms", "", N_("what a person has to know, and what proves it"),
     N_("An alarm says what to do, and none is ever dropped. Two signed tree heads that contradict "
        "each other prove that the broker keeps two logs: hand both to the auditor."),
     alarms_options, sizeof(struct cmd_alarms), 0, 0, cmd_alarms_run},
    {"witnesses", "", N_("who has cosigned the newest tree heads, and which heads are final"),
     N_("A head is final when so many parties have cosigned it that no other head of its size can "
        "have as many, even if a third of the parties are dishonest. Who is missing was not there "
        "since, or the broker keeps his word back."),
     NULL, sizeof(struct cmd_plain), 0, 0, cmd_witnesses_run},
    {"rebuild", "", N_("fold the log again from the beginning, or check that it gives the same"),
     N_("Without --check the service must be stopped. Exit status 1: the first difference is "
        "named."),
     rebuild_options, sizeof(struct cmd_rebuild), 0, 0, cmd_rebuild_run},
    {"log head", "", N_("the signed tree head"), NULL, log_options, sizeof(struct cmd_log), 0, 0,
     cmd_log_head_run},
    {"log list", "",
     N_("the entries: index, when received and written, author, number, kind, addressee, size"),
     NULL, list_options, sizeof(struct cmd_log_list), 0, 0, cmd_log_list_run},
    {"log show", "N", N_("one entry with all its fields, and what it changed"), NULL, log_options,
     sizeof(struct cmd_log), 1, 1, cmd_log_show_run},
    {"log export", "DIR", N_("bring a folder of plain files up to the newest head"),
     N_("A C2SP tlog-tiles log that anybody can check with any software; run it again to add what "
        "is new. docs/AUDIT.md says how to check it."),
     NULL, sizeof(struct cmd_plain), 1, 1, cmd_log_export_run},
    {"log verify", "", N_("check our mirror of the log, or an export, entry by entry"),
     N_("Exit status 1 names each damaged index. An export is held against the key that our slip "
        "has brought, unless --vkey gives another."),
     verify_options, sizeof(struct cmd_log_verify), 0, 0, cmd_log_verify_run},
    {"log prove", "inclusion INDEX SIZE | consistency OLD NEW",
     N_("a proof: base64 hashes, one a line"), NULL, log_options, sizeof(struct cmd_log), 3, 3,
     cmd_log_prove_run},
    {0},
};

static const struct cli_program program = {
    .name = "nganam-office",
    .summary =
        N_("The office of home affairs: follows the log, keeps the standings, sets the rules, "
           "answers the units."),
    .version = NGANAM_VERSION,
    .data_name = "office",
    .commands = commands,
};

int main(int argc, char **argv)
{
    return cli_main(&program, argc, argv);
}
