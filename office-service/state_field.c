#include "office-service/state_field.h"

#include "base/bytes.h"
#include "base/day.h"
#include "office-service/standing.h"
#include "office-service/state.h"
#include "par/decimal.h"

#include <string.h>

enum { FIELDS_MAX = 12, SHOWN_MAX = 60, TEXT_MAX = 1 << 20 };

/* How a field is stored, as record.h has it. */
enum form {
    FORM_NONE,
    FORM_U8,
    FORM_ROLE,
    FORM_YES,
    FORM_U32,
    FORM_U64,
    FORM_DAY,
    FORM_DECIMAL,
    FORM_TEXT,
    FORM_BYTES,
    FORM_ORDER, /* a standing's places in the order, a basis each */
    FORM_REST
};

struct state_field_form {
    enum state_table table;
    size_t repeat; /* fields from this one on come again until the value ends; 0: none do */
    struct {
        const char *name;
        enum form form;
    } fields[FIELDS_MAX];
};

static const struct state_field_form forms[] = {
    {STATE_META,
     0,
     {{"applied", FORM_U64},
      {"received_at", FORM_U64},
      {"day", FORM_DAY},
      {"fold_version", FORM_U32},
      {"accepted", FORM_U64},
      {"refused", FORM_U64},
      {"unreadable", FORM_U64},
      {"unknown", FORM_U64}}},
    {STATE_PARTY, 0, {{"role", FORM_ROLE}, {"enrolled", FORM_YES}, {"index", FORM_U64}}},
    {STATE_KEYS, 0, {{"row", FORM_REST}}},
    {STATE_UNIT,
     0,
     {{"group", FORM_TEXT},
      {"valid_from", FORM_DAY},
      {"valid_to", FORM_DAY},
      {"index", FORM_U64},
      {"name", FORM_TEXT},
      {"parent", FORM_TEXT}}},
    {STATE_PERIOD, 0, {{"group", FORM_TEXT}, {"to", FORM_DAY}}},
    {STATE_SET,
     0,
     {{"index", FORM_U64}, {"received_at", FORM_U64}, {"parts", FORM_U32}, {"used", FORM_U8}}},
    {STATE_SET_PART, 0, {{"payload", FORM_REST}}},
    {STATE_SCORE,
     0,
     {{"index", FORM_U64},
      {"act", FORM_U32},
      {"seq", FORM_U64},
      {"received_at", FORM_U64},
      {"state", FORM_U8},
      {"points", FORM_DECIMAL},
      {"max", FORM_DECIMAL},
      {"said", FORM_BYTES},
      {"actor", FORM_TEXT}}},
    {STATE_STANDING,
     4,
     {{"fields", FORM_U32},
      {"answered", FORM_U32},
      {"index", FORM_U64},
      {"order", FORM_ORDER},
      {"points", FORM_DECIMAL},
      {"max", FORM_DECIMAL},
      {"answers", FORM_U32}}},
    {STATE_TASK,
     0,
     {{"to", FORM_U32},
      {"deadline", FORM_DAY},
      {"index", FORM_U64},
      {"weight", FORM_DECIMAL},
      {"due", FORM_U8},
      {"day", FORM_DAY},
      {"event", FORM_TEXT},
      {"days", FORM_U32},
      {"cycle", FORM_U8},
      {"number", FORM_U32},
      {"said", FORM_BYTES}}},
    {STATE_EVENT, 0, {{"day", FORM_DAY}, {"index", FORM_U64}, {"actor", FORM_TEXT}}},
    {STATE_PROGRESS,
     0,
     {{"percent", FORM_U32},
      {"index", FORM_U64},
      {"received_at", FORM_U64},
      {"done_at", FORM_U64},
      {"done_index", FORM_U64},
      {"said", FORM_BYTES}}},
    {STATE_DUE,
     0,
     {{"counts", FORM_U8}, {"weight", FORM_DECIMAL}, {"on_time", FORM_U8}, {"index", FORM_U64}}},
    {STATE_TALLY,
     0,
     {{"due_weight", FORM_DECIMAL},
      {"on_time_weight", FORM_DECIMAL},
      {"due", FORM_U32},
      {"on_time", FORM_U32}}},
    {STATE_IMPORT,
     0,
     {{"kind", FORM_U32},
      {"count", FORM_U32},
      {"have", FORM_U32},
      {"first_index", FORM_U64},
      {"actor", FORM_TEXT}}},
    {STATE_IMPORT_PART,
     0,
     {{"index", FORM_U64}, {"received_at", FORM_U64}, {"seq", FORM_U64}, {"payload", FORM_BYTES}}},
    {STATE_VERDICT, 0, {{"author", FORM_TEXT}, {"payload", FORM_BYTES}}},
};

void state_field_begin(struct state_field_walk *w, struct bytes key, struct bytes value)
{
    *w = (struct state_field_walk){.in = record_in(value)};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0] && key.size > 0; i++) {
        if (forms[i].table == (enum state_table)key.data[0]) {
            w->form = &forms[i];
        }
    }
}

/* The field's bytes; with in.bad set if they are not there. */
static struct bytes take(struct record_in *in, enum form form)
{
    static const size_t sizes[] = {
        [FORM_U8] = 1,      [FORM_ROLE] = 1,
        [FORM_YES] = 1,     [FORM_U32] = 4,
        [FORM_U64] = 8,     [FORM_DAY] = 4,
        [FORM_DECIMAL] = 8, [FORM_ORDER] = (size_t)BASIS_COUNT * STANDING_ORDER_SIZE,
        [FORM_REST] = 0};
    if (form == FORM_TEXT) {
        const char *text = record_get_text(in);
        return (struct bytes){(const uint8_t *)text, strlen(text)};
    }
    if (form == FORM_BYTES) {
        return record_get_bytes(in);
    }
    const size_t size = form == FORM_REST ? in->rest.size : sizes[form];
    return (struct bytes){record_get_span(in, size), in->bad ? 0 : size};
}

bool state_field_next(struct state_field_walk *w, const char **ret_name, struct bytes *ret_bytes)
{
    const struct record_in before = w->in;
    if (w->in.rest.size == 0) {
        return false;
    }
    if (w->form != NULL && w->form->repeat > 0 && w->form->fields[w->place].name == NULL) {
        w->place = w->form->repeat;
    }
    if (w->form != NULL && w->form->fields[w->place].name != NULL) {
        *ret_bytes = take(&w->in, w->form->fields[w->place].form);
        if (!w->in.bad) {
            *ret_name = w->form->fields[w->place++].name;
            return true;
        }
    }
    *ret_name = "?";
    *ret_bytes = before.rest;
    w->form = NULL;
    w->in.rest.size = 0;
    return true;
}

static const char *const roles[] = {"none", "office", "ward", "department", "auditor"};

enum ng_err state_field_text(const struct state_field_walk *w, struct bytes bytes, struct buf *to)
{
    const enum form form = w->form != NULL ? w->form->fields[w->place - 1].form : FORM_NONE;
    char day[11];
    char text[DECIMAL_TEXT_SIZE];
    struct decimal number;
    switch (form) {
    case FORM_U8:
        return buf_printf(to, "%u", bytes.data[0]);
    case FORM_ROLE:
        return bytes.data[0] < sizeof roles / sizeof roles[0]
                   ? buf_add_text(to, roles[bytes.data[0]])
                   : buf_printf(to, "%u", bytes.data[0]);
    case FORM_YES:
        return buf_add_text(to, bytes.data[0] ? "yes" : "no");
    case FORM_U32:
        return buf_printf(to, "%u", bytes_get_u32(bytes.data));
    case FORM_U64:
        return buf_printf(to, "%llu", (unsigned long long)bytes_get_u64(bytes.data));
    case FORM_DAY:
        if ((int32_t)bytes_get_u32(bytes.data) == DAY_NONE) {
            return buf_add_text(to, "-");
        }
        day_format_iso((int32_t)bytes_get_u32(bytes.data), day);
        return buf_add_text(to, day);
    case FORM_DECIMAL:
        number.micro = (int64_t)bytes_get_u64(bytes.data);
        return buf_add_text(to, decimal_format(number, text));
    case FORM_TEXT:
        return buf_add(to, bytes.data, bytes.size);
    case FORM_NONE:
    case FORM_BYTES:
    case FORM_ORDER:
    case FORM_REST:
        break;
    }
    return bytes_base64(to, bytes.data, bytes.size);
}

/* At most so much of a long one. */
static enum ng_err add_some(const struct state_field_walk *w, struct bytes bytes, struct buf *to)
{
    struct buf text = BUF_INIT(TEXT_MAX);
    enum ng_err err = state_field_text(w, bytes, &text);
    if (!err) {
        err = buf_printf(to, text.size > SHOWN_MAX ? "%.*s…" : "%.*s", (int)SHOWN_MAX,
                         buf_text(&text));
    }
    buf_fini(&text);
    return err;
}

/* The place where both walks stand differs: name, then one, then the other. */
static enum ng_err tell(const struct state_field_walk walks[2], const char *const names[2],
                        const struct bytes bytes[2], struct buf *to)
{
    enum ng_err err = buf_printf(to, "%s ", names[1] ? names[1] : names[0]);
    for (size_t i = 0; i < 2 && !err; i++) {
        err = names[i] ? add_some(&walks[i], bytes[i], to) : buf_add_text(to, "-");
        if (!err && i == 0) {
            err = buf_add_text(to, " → ");
        }
    }
    return err;
}

enum ng_err state_field_difference(struct bytes key, struct bytes a, struct bytes b, struct buf *to)
{
    struct state_field_walk walks[2];
    enum ng_err err = NG_OK;
    bool more = true;
    const size_t begin = to->size;
    state_field_begin(&walks[0], key, a);
    state_field_begin(&walks[1], key, b);
    while (more && !err) {
        const char *names[2] = {NULL, NULL};
        struct bytes bytes[2] = {{NULL, 0}, {NULL, 0}};
        for (size_t i = 0; i < 2; i++) {
            if (!state_field_next(&walks[i], &names[i], &bytes[i])) {
                names[i] = NULL;
            }
        }
        more = names[0] || names[1];
        const bool same = names[0] && names[1] && strcmp(names[0], names[1]) == 0 &&
                          bytes_compare(bytes[0], bytes[1]) == 0;
        if (more && !same) {
            err = to->size > begin ? buf_add_text(to, ", ") : NG_OK;
            err = err ? err : tell(walks, names, bytes, to);
        }
    }
    return err;
}
