/* nganam-agent bundle: what waits here, signed, in a file that somebody can carry to where a line
 * is (party/carry.h). Nothing is taken out of the outbox. */
#include "base/lang.h"
#include "party/carry.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

enum { NAME_SIZE = 80 };

static json_t *evidence_json(const struct carry_load *load)
{
    return json_pack("{s:I, s:I, s:I}", "files", (json_int_t)load->files, "bytes",
                     (json_int_t)load->file_bytes, "left", (json_int_t)load->files_left);
}

static enum ng_err tell_json(const struct desk *d, const char *path, const struct carry_load *load)
{
    const bool any = load->last > 0;
    return say_json_print(json_pack(
        "{s:i, s:o, s:s, s:i, s:o, s:o, s:I, s:I, s:o}", "schema", 1, "file", say_json_text(path),
        "unit", party_identity(d->party)->party.text, "epoch", (int)party_identity(d->party)->epoch,
        "first", any ? json_integer((json_int_t)load->first) : json_null(), "last",
        any ? json_integer((json_int_t)load->last) : json_null(), "statements",
        any ? (json_int_t)(load->last - load->first + 1) : 0, "left", (json_int_t)load->left,
        "evidence", evidence_json(load)));
}

static void tell_text(const char *path, const struct carry_load *load)
{
    const uint64_t count = load->last > 0 ? load->last - load->first + 1 : 0;
    if (count > 0) {
        (void)printf(ngettext("%s: %s statement (numbers %s to %s)\n",
                              "%s: %s statements (numbers %s to %s)\n", count),
                     path, say_number(count), say_number(load->first), say_number(load->last));
    }
    if (load->files > 0) {
        (void)printf(ngettext("%s: %s evidence file, %s KiB\n", "%s: %s evidence files, %s KiB\n",
                              load->files),
                     path, say_number(load->files), say_number((load->file_bytes + 1023) / 1024));
    }
    if (load->files_left > 0) {
        (void)printf(ngettext("%s evidence file goes on waiting here and is not in it.\n",
                              "%s evidence files go on waiting here and are not in it.\n",
                              load->files_left),
                     say_number(load->files_left));
    }
    if (load->left > 0) {
        (void)printf(_("The file is full: %s more wait; write another bundle when the receipts of "
                       "this one are here.\n"),
                     say_number(load->left));
    }
    (void)printf(_("Now: have another unit or the office run nganam-agent (or nganam-office) "
                   "submit with it,\nand bring %s%s back: nganam-agent receipts --import\n"),
                 path, CARRY_ANSWER_SUFFIX);
}

static void make_name(const struct identity *id, const struct carry_load *load, char ret[NAME_SIZE])
{
    if (load->last > 0) {
        (void)snprintf(ret, NAME_SIZE, "%s-%lu-%llu-%llu.bundle", id->party.text,
                       (unsigned long)id->epoch, (unsigned long long)load->first,
                       (unsigned long long)load->last);
    } else {
        (void)snprintf(ret, NAME_SIZE, "%s-%lu-evidence.bundle", id->party.text,
                       (unsigned long)id->epoch);
    }
}

enum ng_err cmd_bundle_run(void *options, int argc, char **argv)
{
    const struct cmd_bundle *o = options;
    char name[NAME_SIZE];
    struct carry_load load = CARRY_LOAD_INIT;
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? carry_pack(d.party, !o->without_evidence, &load) : err;
    if (err == NG_OK) {
        make_name(party_identity(d.party), &load, name);
        const char *path = argc > 0 ? argv[0] : name;
        err = carry_write(&load, path);
        if (err == NG_OK && o->common.json) {
            err = tell_json(&d, path, &load);
        } else if (err == NG_OK) {
            tell_text(path, &load);
        }
    }
    carry_unload(&load);
    desk_close(&d);
    return err;
}
