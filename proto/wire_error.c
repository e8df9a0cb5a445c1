/* The errors of the wire as sentences for the party's side. The broker's own words travel with them
 * in English, for a log. */
#include "proto/wire.h"

#include "base/lang.h"

#include <stddef.h>

static const char *const texts[WIRE_ERROR_COUNT] = {
    [WIRE_ERROR_MALFORMED] = N_("it cannot read what this program says: update the program here"),
    [WIRE_ERROR_HELLO_FIRST] = N_("it forgot this connection: run the same command again"),
    [WIRE_ERROR_PROTOCOL] =
        N_("it speaks another version of the protocol: update the program here"),
    [WIRE_ERROR_FORBIDDEN] = N_("this unit or slip may not ask that: ask the office"),
    [WIRE_ERROR_RANGE] =
        N_("its log is shorter than what was asked for: tell the people who run it"),
    [WIRE_ERROR_REPLACED] =
        N_("the unit was enrolled elsewhere since: ask the office for a new slip and enrol again"),
    [WIRE_ERROR_BUSY] = N_("it has too much to do just now: run the same command again later"),
    [WIRE_ERROR_DAMAGED] =
        N_("its log is damaged where it was asked: tell the people who run the broker"),
    [WIRE_ERROR_REVOKED] =
        N_("the key of this machine was revoked: ask the office for a new slip and enrol again"),
    [WIRE_ERROR_COSIGNATURE] =
        N_("it does not take the cosignature: the next tree head is cosigned anew"),
    [WIRE_ERROR_LARGE] = N_("the file is empty or larger than it takes: make it smaller"),
    [WIRE_ERROR_TYPE] = N_("the file is of a kind it does not take: make it a PDF"),
    [WIRE_ERROR_QUOTA] =
        N_("this unit has as many files there as it may have: ask the people who run it for room"),
    [WIRE_ERROR_HASH] = N_("the file arrived damaged and is sent again: if this stays so, the copy "
                           "on this machine was altered"),
    [WIRE_ERROR_MISSING] = N_("it does not have that file: it was not sent yet, or it is lost"),
    [WIRE_ERROR_ERASED] = N_("that file was erased there"),
    [WIRE_ERROR_STORAGE] =
        N_("it cannot store or read files just now: it is tried again; if this stays so, tell the "
           "people who run it"),
    [WIRE_ERROR_UNCITED] =
        N_("the statement that cites the file is not in its log yet: submit that first"),
};

const char *wire_error_text(uint32_t code)
{
    if (code >= WIRE_ERROR_COUNT || texts[code] == NULL) {
        return _("for a reason this program does not know: update the program here");
    }
    return gettext(texts[code]);
}
