/* nganam-agent bundle: what waits here, signed, in a file that somebody can carry to where a line
 * is (party/carry.h). Nothing is taken out of the outbox. */
#include "base/file.h"
#include "base/lang.h"
#include "party/carry.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

enum { NAME_SIZE = 80 };

static enum ng_err tell(const struct cmd_plain *o, const struct desk *d, const char *path,
                        const struct carry_packed *packed)
{
    const uint64_t count = packed->last - packed->first + 1;
    if (o->common.json) {
        return say_json_print(
            json_pack("{s:i, s:o, s:s, s:i, s:I, s:I, s:I, s:I}", "schema", 1, "file",
                      say_json_text(path), "unit", party_identity(d->party)->party.text, "epoch",
                      (int)party_identity(d->party)->epoch, "first", (json_int_t)packed->first,
                      "last", (json_int_t)packed->last, "statements", (json_int_t)count, "left",
                      (json_int_t)packed->left));
    }
    (void)printf(ngettext("%s: %s statement (numbers %s to %s)\n",
                          "%s: %s statements (numbers %s to %s)\n", count),
                 path, say_number(count), say_number(packed->first), say_number(packed->last));
    if (packed->left > 0) {
        (void)printf(_("The file is full: %s more wait; write another bundle when the receipts of "
                       "this one are here.\n"),
                     say_number(packed->left));
    }
    (void)printf(_("Now: have another unit or the office run nganam-agent (or nganam-office) "
                   "submit with it,\nand bring %s%s back: nganam-agent receipts --import\n"),
                 path, CARRY_ANSWER_SUFFIX);
    return NG_OK;
}

enum ng_err cmd_bundle_run(void *options, int argc, char **argv)
{
    const struct cmd_plain *o = options;
    char name[NAME_SIZE];
    struct buf file = BUF_INIT(BUNDLE_SIZE_MAX);
    struct carry_packed packed;
    struct desk d;
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? carry_pack(d.party, &file, &packed) : err;
    if (err == NG_OK) {
        const struct identity *id = party_identity(d.party);
        (void)snprintf(name, sizeof(name), "%s-%lu-%llu-%llu.bundle", id->party.text,
                       (unsigned long)id->epoch, (unsigned long long)packed.first,
                       (unsigned long long)packed.last);
        const char *path = argc > 0 ? argv[0] : name;
        err = file_write(path, file.data, file.size, 0600);
        err = err == NG_OK ? tell(o, &d, path, &packed) : err;
    }
    buf_fini(&file);
    desk_close(&d);
    return err;
}
