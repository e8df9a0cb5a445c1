#include "party/carry_said.h"

#include "base/lang.h"

#include <stdio.h>

json_t *carry_said_json(const char *path, const struct carry_outcome *out, json_t *error)
{
    const bool answered = out->accepted > 0 || out->stored > 0;
    json_t *receipts = answered ? json_sprintf("%s" CARRY_ANSWER_SUFFIX, path) : json_null();
    json_t *evidence = json_pack("{s:I, s:I, s:I, s:o}", "files", (json_int_t)out->files, "bytes",
                                 (json_int_t)out->file_bytes, "stored", (json_int_t)out->stored,
                                 "why", out->why[0] ? json_string(out->why) : json_null());
    return json_pack("{s:i, s:s, s:i, s:I, s:I, s:I, s:o, s:o, s:o*}", "schema", 1, "unit",
                     out->party.text, "epoch", (int)out->epoch, "first", (json_int_t)out->first,
                     "statements", (json_int_t)out->count, "accepted", (json_int_t)out->accepted,
                     "evidence", evidence, "receipts", receipts, "error", error);
}

void carry_said_text(const char *path, const struct carry_outcome *out)
{
    if (out->accepted > 0) {
        (void)printf(_("%llu of %llu statements of %s are in the log; their receipts: %s%s\n"),
                     (unsigned long long)out->accepted, (unsigned long long)out->count,
                     out->party.text, path, CARRY_ANSWER_SUFFIX);
    }
    if (out->files > 0) {
        (void)printf(_("%llu of %llu evidence files of %s are at the broker\n"),
                     (unsigned long long)out->stored, (unsigned long long)out->files,
                     out->party.text);
    }
}
