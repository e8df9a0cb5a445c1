/* The kinds of file that are taken as evidence: by the ending of the name, and by the first bytes.
 * A docx, xlsx, odt or ods is a zip inside, and the bytes say no more than that; a bare zip is not
 * taken, since nobody can see what he opens. Pure. */
#ifndef NGANAM_BLOB_BLOB_TYPE_H
#define NGANAM_BLOB_BLOB_TYPE_H

#include "base/buf.h"

#include <stdbool.h>

#define BLOB_TYPE_HEAD 512u /* bytes of the content that are looked at */

enum blob_type {
    BLOB_TYPE_NONE,
    BLOB_TYPE_PDF,
    BLOB_TYPE_PNG,
    BLOB_TYPE_JPG,
    BLOB_TYPE_DOCX,
    BLOB_TYPE_XLSX,
    BLOB_TYPE_ODT,
    BLOB_TYPE_ODS,
    BLOB_TYPE_TXT,
    BLOB_TYPE_CSV,
    BLOB_TYPE_COUNT
};

/* By the ending, without regard to case; jpeg is jpg. */
enum blob_type blob_type_of_name(const char *name);
const char *blob_type_name(enum blob_type type); /* "pdf"; "" for NONE */
/* Whether content that begins so may be of this type. */
bool blob_type_fits(enum blob_type type, struct bytes head);
/* Whether it may be of any of them. */
bool blob_type_is_known(struct bytes head);
/* For a message. */
#define BLOB_TYPE_LIST "pdf, png, jpg, docx, xlsx, odt, ods, txt, csv"

#endif
