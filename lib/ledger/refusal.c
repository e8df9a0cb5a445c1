#include "ledger/refusal.h"

#include "base/lang.h"

#include <stddef.h>

struct refusal_row {
    enum refusal code;
    enum refusal_class class;
    const char *name;
    const char *text; /* message id */
};

/* The numbers are on the wire and in PROTOCOL.md: a row is added, never changed. */
static const struct refusal_row refusal_rows[] = {
    {REFUSAL_OK, REFUSAL_NONE, "ok", N_("taken")},
    {REFUSAL_RATE, REFUSAL_AGAIN, "rate", N_("too much at once: send again later")},
    {REFUSAL_FULL, REFUSAL_AGAIN, "full",
     N_("the central store is full: send again later, the operator has to make room")},
    {REFUSAL_CLOCK, REFUSAL_AGAIN, "clock",
     N_("the central clock is not trusted now: send again later, the operator has to set it")},
    {REFUSAL_READ_ONLY, REFUSAL_AGAIN, "read_only",
     N_("the log is read-only now: send again later, the operator has to look into it")},
    {REFUSAL_GAP, REFUSAL_AGAIN, "gap",
     N_("statements before this one are missing: send again from the expected number")},
    {REFUSAL_QUOTA, REFUSAL_AGAIN, "quota",
     N_("this unit has sent more than its quota: it is sent again by itself, slowly; if the unit "
        "did "
        "not write so much, ask the office to revoke its key")},
    {REFUSAL_REVOKED, REFUSAL_STOP, "revoked",
     N_("this key was revoked: ask the office for a new invite and enrol again")},
    {REFUSAL_FROZEN, REFUSAL_STOP, "frozen",
     N_("this key is frozen since two different statements carried one number: two machines use "
        "it. Put the copy out of use, then ask the office to unfreeze this unit or for a new "
        "slip")},
    {REFUSAL_FORK, REFUSAL_STOP, "fork",
     N_("another statement has this number, and both are in the log now as evidence: ask the "
        "office "
        "for a new invite and enrol again")},
    {REFUSAL_OLD_EPOCH, REFUSAL_STOP, "old_epoch",
     N_("this key was replaced by a newer one: this is an old copy, enrol again with a new "
        "invite")},
    {REFUSAL_UNCONFIRMED, REFUSAL_AGAIN, "unconfirmed",
     N_("this enrolment waits until the office has compared its digits and confirmed it: it is "
        "sent "
        "again by itself then")},
    {REFUSAL_SIZE, REFUSAL_VOID, "size",
     N_("the statement is too short or too long: make it anew")},
    {REFUSAL_DOMAIN, REFUSAL_VOID, "domain",
     N_("these bytes are no statement, or its header is malformed: make it anew")},
    {REFUSAL_LOG, REFUSAL_VOID, "log", N_("the statement is for another log: enrol here first")},
    {REFUSAL_AUTHOR, REFUSAL_VOID, "author",
     N_("the author is not known here: enrol with a slip from the office")},
    {REFUSAL_EPOCH, REFUSAL_VOID, "epoch",
     N_("the author has no key of this epoch: enrol with a slip from the office")},
    {REFUSAL_KIND, REFUSAL_VOID, "kind",
     N_("this author may not write statements of this kind: make it anew")},
    {REFUSAL_TO, REFUSAL_VOID, "to",
     N_("this author may not address that party, or there is none of that code: make it anew")},
    {REFUSAL_SIGNATURE, REFUSAL_VOID, "signature",
     N_("the signature does not hold under the author's key: make it anew")},
    {REFUSAL_PREV, REFUSAL_VOID, "prev",
     N_("the statement does not follow the author's previous one: make it anew")},
    {REFUSAL_PAYLOAD, REFUSAL_VOID, "payload", N_("the payload does not parse: make it anew")},
    {REFUSAL_INVITE, REFUSAL_VOID, "invite",
     N_("the invite is unknown, used or expired: ask the office for a new slip")},
};

/* The row of a code; NULL for a number that this version does not know (a newer broker's). */
static const struct refusal_row *refusal_find(enum refusal code)
{
    for (size_t i = 0; i < sizeof(refusal_rows) / sizeof(refusal_rows[0]); i++) {
        if (refusal_rows[i].code == code) {
            return &refusal_rows[i];
        }
    }
    return NULL;
}

enum refusal_class refusal_class(enum refusal code)
{
    const struct refusal_row *row = refusal_find(code);
    return row == NULL ? REFUSAL_VOID : row->class;
}

const char *refusal_name(enum refusal code)
{
    const struct refusal_row *row = refusal_find(code);
    return row == NULL ? "unknown" : row->name;
}

const char *refusal_text(enum refusal code)
{
    const struct refusal_row *row = refusal_find(code);
    return row == NULL ? _("refused for a reason this version does not know: bring it up to date")
                       : _(row->text);
}
