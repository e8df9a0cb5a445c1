#include "blob/blob_type.h"

#include <string.h>
#include <strings.h>

struct signature {
    const char *bytes;
    size_t size;
};

#define SIGNATURE(text)                                                                            \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define ZIP SIGNATURE("PK\x03\x04")

/* No signature: text. */
static const struct {
    const char *name;
    struct signature signature;
} types[BLOB_TYPE_COUNT] = {
    [BLOB_TYPE_NONE] = {"", {"", 0}},
    [BLOB_TYPE_PDF] = {"pdf", SIGNATURE("%PDF-")},
    [BLOB_TYPE_PNG] = {"png", SIGNATURE("\x89PNG\r\n\x1a\n")},
    [BLOB_TYPE_JPG] = {"jpg", SIGNATURE("\xff\xd8\xff")},
    [BLOB_TYPE_DOCX] = {"docx", ZIP},
    [BLOB_TYPE_XLSX] = {"xlsx", ZIP},
    [BLOB_TYPE_ODT] = {"odt", ZIP},
    [BLOB_TYPE_ODS] = {"ods", ZIP},
    [BLOB_TYPE_TXT] = {"txt", {NULL, 0}},
    [BLOB_TYPE_CSV] = {"csv", {NULL, 0}},
};

const char *blob_type_name(enum blob_type type)
{
    return (unsigned)type < BLOB_TYPE_COUNT ? types[type].name : "";
}

enum blob_type blob_type_of_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (unsigned i = BLOB_TYPE_PDF; dot != NULL && i < BLOB_TYPE_COUNT; i++) {
        if (strcasecmp(dot + 1, types[i].name) == 0) {
            return (enum blob_type)i;
        }
    }
    return dot != NULL && strcasecmp(dot, ".jpeg") == 0 ? BLOB_TYPE_JPG : BLOB_TYPE_NONE;
}

/* Of any encoding that keeps ASCII: no control character but those that lay out a page. */
static bool is_text(struct bytes head)
{
    for (size_t i = 0; i < head.size; i++) {
        const uint8_t c = head.data[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') || c == 0x7f) {
            return false;
        }
    }
    return head.size > 0;
}

bool blob_type_fits(enum blob_type type, struct bytes head)
{
    if (type <= BLOB_TYPE_NONE || type >= BLOB_TYPE_COUNT) {
        return false;
    }
    const struct signature *s = &types[type].signature;
    if (s->bytes == NULL) {
        return is_text(head);
    }
    return head.size >= s->size && memcmp(head.data, s->bytes, s->size) == 0;
}

bool blob_type_is_known(struct bytes head)
{
    for (unsigned i = BLOB_TYPE_PDF; i < BLOB_TYPE_COUNT; i++) {
        if (blob_type_fits((enum blob_type)i, head)) {
            return true;
        }
    }
    return false;
}
