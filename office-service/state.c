#include "office-service/state.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/day.h"
#include "base/lang.h"
#include "office-service/record.h"

#include <string.h>

struct state_key state_key(enum state_table table)
{
    struct state_key k; /* its unused bytes are never looked at, and clearing them costs */
    k.size = 1;
    k.bytes[0] = (uint8_t)table;
    return k;
}

void state_key_raw(struct state_key *k, const void *data, size_t size)
{
    CHECK(size <= KV_KEY_MAX - k->size); /* sizes of ours only: texts are cut before */
    memcpy(k->bytes + k->size, data, size);
    k->size += size;
}

void state_key_text(struct state_key *k, const char *text)
{
    size_t size = strnlen(text, STATE_OWNER_SIZE);
    state_key_raw(k, text, size);
    state_key_u8(k, 0);
}

void state_key_u8(struct state_key *k, uint8_t v)
{
    state_key_raw(k, &v, 1);
}

void state_key_u32(struct state_key *k, uint32_t v)
{
    uint8_t raw[4];
    bytes_put_u32(raw, v);
    state_key_raw(k, raw, sizeof raw);
}

void state_key_u64(struct state_key *k, uint64_t v)
{
    uint8_t raw[8];
    bytes_put_u64(raw, v);
    state_key_raw(k, raw, sizeof raw);
}

void state_key_day(struct state_key *k, int32_t day)
{
    state_key_u32(k, (uint32_t)day ^ 0x80000000u);
}

void state_copy_code(char *to, const char *from, size_t size)
{
    const size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

const char *state_key_read_text(struct bytes key, size_t *at)
{
    if (*at >= key.size) {
        return NULL;
    }
    const uint8_t *end = memchr(key.data + *at, 0, key.size - *at);
    if (!end) {
        return NULL;
    }
    const char *text = (const char *)key.data + *at;
    *at = (size_t)(end - key.data) + 1;
    return text;
}

/* What stands in a key behind the table's letter: t a text, y a number of 4 bytes, d a day, n a
 * number of 8 bytes, b one byte, anything else is passed over. */
struct key_form {
    uint8_t table;
    const char *name;
    const char *form;
};

static const struct key_form key_forms[] = {
    {STATE_META, N_("the counters"), ""},
    {STATE_PARTY, N_("party"), "t"},
    {STATE_KEYS, N_("a row of the registry"), ""},
    {STATE_NEWEST, N_("newest statement of"), "t"},
    {STATE_UNIT, N_("unit"), "t"},
    {STATE_MEMBER, N_("member of group"), "tt"},
    {STATE_PERIOD, N_("periods of unit"), "t"},
    {STATE_SET, N_("criteria set of group"), "ty"},
    {STATE_SET_PART, N_("criteria set of group"), "ty"},
    {STATE_SCORE, N_("answer of year"), "yttt"},
    {STATE_STANDING, N_("standing of year"), "ytt"},
    {STATE_RANK, N_("rank in year"), "yt"},
    {STATE_TASK, N_("task of"), "tty"},
    {STATE_EVENT, N_("event"), "t"},
    {STATE_EVENT_TASK, N_("tasks of event"), "ttty"},
    {STATE_DEADLINE, N_("deadline on day"), "dtty"},
    {STATE_PROGRESS, N_("task progress of"), "tty"},
    {STATE_DUE, N_("past deadline of"), "tttyyd"},
    {STATE_TALLY, N_("task counts of"), "ty"},
    {STATE_IMPORT, N_("unfinished import of"), "t"},
    {STATE_IMPORT_PART, N_("unfinished import of"), "t"},
    {STATE_VERDICT, N_("verdict of message"), "ny"},
    {STATE_OWED, N_("unsent verdict of message"), "ny"},
};

static enum ng_err describe_part(char form, struct bytes key, size_t *at, struct buf *to)
{
    if (form == 't') {
        const char *text = state_key_read_text(key, at);
        return text ? buf_printf(to, " %s", text) : NG_OK;
    }
    size_t size = form == 'n' ? 8 : 4;
    if (key.size - *at < size) {
        return NG_OK;
    }
    const uint8_t *raw = key.data + *at;
    *at += size;
    if (form == 'd') {
        char day[11];
        day_format_iso((int32_t)(bytes_get_u32(raw) ^ 0x80000000u), day);
        return buf_printf(to, " %s", day);
    }
    if (form == 'n') {
        return buf_printf(to, " %llu", (unsigned long long)bytes_get_u64(raw));
    }
    return buf_printf(to, " %lu", (unsigned long)bytes_get_u32(raw));
}

enum ng_err state_key_describe(struct bytes key, struct buf *to)
{
    for (size_t i = 0; i < sizeof key_forms / sizeof key_forms[0]; i++) {
        if (key.size == 0 || key_forms[i].table != key.data[0]) {
            continue;
        }
        enum ng_err err = buf_add_text(to, _(key_forms[i].name));
        size_t at = 1;
        for (const char *form = key_forms[i].form; *form && !err; form++) {
            err = describe_part(*form, key, &at, to);
        }
        return err;
    }
    return buf_add_text(to, _("a record of an unknown table"));
}

enum ng_err state_meta_get(const struct kv *kv, struct state_meta *ret)
{
    struct state_key key = state_key(STATE_META);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err == NG_ERR_NOT_FOUND) {
        *ret = (struct state_meta){.day = DAY_NONE, .fold_version = STATE_FOLD_VERSION};
        return NG_OK;
    }
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->applied = record_get_u64(&r);
    ret->received_at = record_get_u64(&r);
    ret->day = record_get_day(&r);
    ret->fold_version = record_get_u32(&r);
    ret->accepted = record_get_u64(&r);
    ret->refused = record_get_u64(&r);
    ret->unreadable = record_get_u64(&r);
    ret->unknown = record_get_u64(&r);
    return record_in_end(&r, "meta");
}

enum ng_err state_meta_put(const struct kv *kv, const struct state_meta *m)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u64(&r, m->applied);
    record_put_u64(&r, m->received_at);
    record_put_day(&r, m->day);
    record_put_u32(&r, m->fold_version);
    record_put_u64(&r, m->accepted);
    record_put_u64(&r, m->refused);
    record_put_u64(&r, m->unreadable);
    record_put_u64(&r, m->unknown);
    struct state_key key = state_key(STATE_META);
    return record_out_put(&r, kv, STATE_KEY(key));
}

static struct state_key party_key(const char *code)
{
    struct state_key key = state_key(STATE_PARTY);
    state_key_text(&key, code);
    return key;
}

enum ng_err state_party_get(const struct kv *kv, const char *code, struct state_party *ret)
{
    struct state_key key = party_key(code);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->role = (enum wire_role)record_get_u8(&r);
    ret->enrolled = record_get_u8(&r) != 0;
    ret->index = record_get_u64(&r);
    return record_in_end(&r, "party");
}

enum ng_err state_party_put(const struct kv *kv, const char *code, const struct state_party *p)
{
    struct record_out r;
    record_out_init(&r);
    record_put_u8(&r, (uint8_t)p->role);
    record_put_u8(&r, p->enrolled);
    record_put_u64(&r, p->index);
    struct state_key key = party_key(code);
    return record_out_put(&r, kv, STATE_KEY(key));
}

static struct state_key event_key(const char *code)
{
    struct state_key key = state_key(STATE_EVENT);
    state_key_text(&key, code);
    return key;
}

enum ng_err state_event_get(const struct kv *kv, const char *code, struct state_event *ret)
{
    struct state_key key = event_key(code);
    struct bytes value;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &value);
    if (err) {
        return err;
    }
    struct record_in r = record_in(value);
    ret->day = record_get_day(&r);
    ret->index = record_get_u64(&r);
    ret->actor = record_get_text(&r);
    return record_in_end(&r, "event");
}

enum ng_err state_event_put(const struct kv *kv, const char *code, const struct state_event *e)
{
    struct record_out r;
    record_out_init(&r);
    record_put_day(&r, e->day);
    record_put_u64(&r, e->index);
    record_put_text(&r, e->actor);
    struct state_key key = event_key(code);
    return record_out_put(&r, kv, STATE_KEY(key));
}
