#include "par/import.h"

#include "base/day.h"
#include "base/lang.h"
#include "par/decimal.h"

#include <stdlib.h>
#include <string.h>

#define LIST_MAX ((size_t)256 << 20)

enum ng_err import_open(struct import *im, struct bytes file, const struct table_column *columns,
                        size_t column_count, struct fault_list *faults)
{
    *im = (struct import){.columns = columns, .faults = faults};
    im->err = table_parse(file, columns, column_count, faults, &im->table);
    if (im->err != NG_OK) {
        return im->err;
    }
    im->list = actlist_new(LIST_MAX);
    im->keys = calloc(table_rows(im->table) + 1, sizeof(*im->keys));
    if (im->list == NULL || im->keys == NULL) {
        im->err = err_plain(NG_ERR_NOMEM);
    }
    return im->err;
}

static int compare_keys(const void *a, const void *b)
{
    const struct import_key *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line ? 1 : 0;
}

static void check_keys(struct import *im)
{
    if (im->key_count == 0) {
        return;
    }
    qsort(im->keys, im->key_count, sizeof(*im->keys), compare_keys);
    for (size_t i = 1; i < im->key_count; i++) {
        if (strcmp(im->keys[i - 1].text, im->keys[i].text) == 0) {
            fault_add(im->faults, FAULT_TWICE, im->keys[i].line, "",
                      _("%s stands already on line %u"), im->keys[i].text, im->keys[i - 1].line);
        }
    }
}

enum ng_err import_close(struct import *im, enum ng_err err, const char *what, struct actlist **ret)
{
    if (err == NG_OK) {
        err = im->err;
    }
    if (err == NG_OK) {
        check_keys(im);
        if (actlist_count(im->list) == 0) {
            fault_add(im->faults, FAULT_EMPTY, 0, "", "%s", _("there is no line in it"));
        }
        if (fault_any(im->faults)) {
            err = err_set(NG_ERR_INPUT, _("%s: the file has faults"), what);
        }
    }
    fault_sort(im->faults);
    /* With faults too, so that the caller can say in the same breath what else is wrong. */
    if (err == NG_OK || err == NG_ERR_INPUT) {
        *ret = im->list;
    } else {
        actlist_destroy(&im->list);
    }
    table_destroy(&im->table);
    free(im->keys);
    return err;
}

static const char *keep(struct import *im, const char *text)
{
    const char *copy = im->err == NG_OK ? pool_text(actlist_pool(im->list), text) : NULL;

    if (copy != NULL) {
        return copy;
    }
    im->err = err_plain(NG_ERR_NOMEM);
    return "";
}

const char *import_text(struct import *im, size_t row, size_t column)
{
    return keep(im, table_cell(im->table, row, column));
}

const char *import_date(struct import *im, size_t row, size_t column)
{
    const char *text = table_cell(im->table, row, column);
    int32_t day = DAY_NONE;
    char iso[11];

    if (text[0] == '\0') {
        return "";
    }
    if (day_parse(text, &day) != NG_OK) {
        fault_add(im->faults, FAULT_FORM, table_line(im->table, row), im->columns[column].name,
                  _("\"%.40s\" is not a date (30/11/2026 or 2026-11-30)"), text);
        return "";
    }
    day_format_iso(day, iso);
    return keep(im, iso);
}

const char *import_number(struct import *im, size_t row, size_t column)
{
    const char *text = table_cell(im->table, row, column);
    struct decimal d = DECIMAL_ZERO;
    char canonical[DECIMAL_TEXT_SIZE], why[200];
    enum decimal_fault fault;

    if (text[0] == '\0') {
        return "";
    }
    fault = decimal_read(text, &d, NULL);
    if (fault == DECIMAL_FINE) {
        return keep(im, decimal_format(d, canonical));
    }
    decimal_explain(fault, text, why, sizeof(why));
    fault_add(im->faults, fault == DECIMAL_AMBIGUOUS ? FAULT_AMBIGUOUS : FAULT_NUMBER,
              table_line(im->table, row), im->columns[column].name, "%s", why);
    return "";
}

struct wire_act *import_act(struct import *im, enum wire_act_kind kind, size_t row)
{
    struct wire_act *act =
        im->err == NG_OK ? actlist_add(im->list, kind, table_line(im->table, row)) : NULL;

    if (act == NULL) {
        im->err = err_plain(NG_ERR_NOMEM);
    }
    return act;
}

void import_note_key(struct import *im, size_t row, const char *a, const char *b, const char *c)
{
    struct buf key = BUF_INIT(4096);
    enum ng_err err = buf_add_text(&key, a);

    if (err == NG_OK && b[0] != '\0') {
        err = buf_printf(&key, " %s", b);
    }
    if (err == NG_OK && c[0] != '\0') {
        err = buf_printf(&key, " %s", c);
    }
    if (err == NG_OK) {
        im->keys[im->key_count++] =
            (struct import_key){keep(im, buf_text(&key)), table_line(im->table, row)};
    } else {
        im->err = err;
    }
    buf_fini(&key);
}
