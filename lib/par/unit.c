#include "par/unit.h"

#include "base/lang.h"
#include "par/import.h"
#include "par/text.h"

#include <string.h>

enum { CODE, NAME, GROUP, PARENT, VALID_FROM, VALID_TO, COLUMN_COUNT };

static const struct table_column columns[COLUMN_COUNT] = {
    [CODE] = {"code", true, TEXT_NAME_MAX},   [NAME] = {"name", true, TEXT_NAME_MAX},
    [GROUP] = {"group", true, TEXT_NAME_MAX}, [PARENT] = {"parent", false, TEXT_NAME_MAX},
    [VALID_FROM] = {"valid_from", false, 64}, [VALID_TO] = {"valid_to", false, 64},
};

/* Whether what stands in one column is right, valid_to beside valid_from. */
static bool is_fine(const struct wire_unit *u, int column)
{
    switch (column) {
    case CODE:
        return text_is_code(u->code, TEXT_UNIT_CODE_MAX);
    case NAME:
        return u->name[0] != '\0' && strlen(u->name) <= TEXT_NAME_MAX && text_is_clean(u->name);
    case GROUP:
        return text_is_code(u->group, TEXT_CODE_MAX);
    case PARENT:
        return u->parent[0] == '\0' ||
               (text_is_code(u->parent, TEXT_UNIT_CODE_MAX) && strcmp(u->parent, u->code) != 0);
    case VALID_FROM:
        return u->valid_from[0] == '\0' || text_is_date(u->valid_from);
    default:
        /* canonical dates order as texts */
        return u->valid_to[0] == '\0' ||
               (text_is_date(u->valid_to) && strcmp(u->valid_from, u->valid_to) <= 0);
    }
}

static const char *fault_field(const struct wire_unit *u)
{
    for (int column = 0; column < COLUMN_COUNT; column++) {
        if (!is_fine(u, column)) {
            return columns[column].name;
        }
    }
    return "";
}

enum reason unit_check(const struct wire_unit *unit, const char **ret_field)
{
    *ret_field = fault_field(unit);
    if ((*ret_field)[0] == '\0') {
        return REASON_FINE;
    }
    return strcmp(*ret_field, "code") == 0 ? REASON_BAD_CODE : REASON_BAD_UNIT;
}

/* What a person should write into a field. */
static const char *expected(const char *field)
{
    if (strcmp(field, "code") == 0) {
        return _("a code of 1 to 16 of A-Z a-z 0-9 . - _ is expected");
    }
    if (strcmp(field, "name") == 0) {
        return _("a name is expected");
    }
    if (strcmp(field, "group") == 0) {
        return _("a group is expected, for example commune or department");
    }
    if (strcmp(field, "parent") == 0) {
        return _("the code of another unit is expected, nothing to keep it, or - for none");
    }
    return _("a date is expected, nothing to keep it, or - for none; valid_to not before "
             "valid_from");
}

static const char *read_date(struct import *im, size_t row, size_t column)
{
    bool clear = strcmp(table_cell(im->table, row, column), UNIT_CLEAR) == 0;

    return clear ? UNIT_CLEAR : import_date(im, row, column);
}

static const char *without_clear(const char *text)
{
    return strcmp(text, UNIT_CLEAR) == 0 ? "" : text;
}

/* Each column as it would be checked on the wire, which knows no UNIT_CLEAR. */
static void check_row(struct import *im, const struct wire_unit *u, uint32_t line)
{
    struct wire_unit cleared = *u;

    cleared.parent = without_clear(u->parent);
    cleared.valid_from = without_clear(u->valid_from);
    cleared.valid_to = without_clear(u->valid_to);
    for (int column = 0; column < COLUMN_COUNT; column++) {
        const char *field = columns[column].name;

        /* what did not even read is in the list */
        if (!is_fine(&cleared, column) && !fault_has(im->faults, line, field)) {
            fault_add(im->faults, FAULT_FORM, line, field, "%s", expected(field));
        }
    }
}

static void take_row(struct import *im, size_t row)
{
    struct wire_act *act = import_act(im, WIRE_ACT_UNIT, row);

    if (act == NULL) {
        return;
    }
    act->u.unit = (struct wire_unit){
        .code = import_text(im, row, CODE),
        .name = import_text(im, row, NAME),
        .group = import_text(im, row, GROUP),
        .parent = import_text(im, row, PARENT),
        .valid_from = read_date(im, row, VALID_FROM),
        .valid_to = read_date(im, row, VALID_TO),
    };
    import_note_key(im, row, act->u.unit.code, "", "");
    check_row(im, &act->u.unit, table_line(im->table, row));
}

enum ng_err unit_parse_csv(struct bytes file, struct fault_list *faults, struct actlist **ret)
{
    struct import im;
    enum ng_err err = import_open(&im, file, columns, COLUMN_COUNT, faults);

    for (size_t i = 0; err == NG_OK && i < table_rows(im.table); i++) {
        take_row(&im, i);
    }
    return import_close(&im, err, _("units"), ret);
}

bool unit_equal(const struct wire_unit *a, const struct wire_unit *b)
{
    return strcmp(a->code, b->code) == 0 && strcmp(a->name, b->name) == 0 &&
           strcmp(a->group, b->group) == 0 && strcmp(a->parent, b->parent) == 0 &&
           strcmp(a->valid_from, b->valid_from) == 0 && strcmp(a->valid_to, b->valid_to) == 0;
}
