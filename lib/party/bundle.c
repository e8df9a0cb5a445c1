/* Bundles.
 *
 * Idea: one layout for both sorts, with its length known from its own bytes: a head, items, a hash
 * over all of it. A file that was cut, or changed by a bad stick, is told as such before anything
 * in it is looked at.
 *
 *     sort (16) | party (16) | epoch (4) | items (4) | origin's length (1) | origin
 *     for each item: length (4) | the item
 *     SHA-256 of all before (32)
 *
 * Happy path: begin, add …, end; read, next …. Failures: a count or a length that does not fit is
 * damage, for the hash says that the file is what was written. */
#include "party/bundle.h"

#include "base/bytes.h"
#include "base/lang.h"

#include <string.h>

#define SORT_SIZE 16u
#define AT_PARTY 16u
#define AT_EPOCH 32u
#define AT_COUNT 36u
#define AT_ORIGIN 40u /* its length, then itself */
#define SIZE_MIN (AT_ORIGIN + 2 + HASH_SIZE)

static const char sorts[][SORT_SIZE + 1] = {
    [BUNDLE_STATEMENTS] = "nganam/bundle/01", [BUNDLE_RECEIPTS] = "nganam/answer/01"};
/* What the first piece of an item is. */
static const size_t first_sizes[] = {
    [BUNDLE_STATEMENTS] = KEY_SIGNATURE_SIZE, [BUNDLE_RECEIPTS] = 8};

/* ---- Writing ---- */

enum ng_err bundle_begin(struct buf *to, enum bundle_sort sort, const struct bundle *head)
{
    uint8_t party[PARTY_CODE_MAX] = {0};
    const size_t origin_size = strlen(head->origin);
    memcpy(party, head->party.text, strlen(head->party.text));
    enum ng_err e = buf_add(to, sorts[sort], SORT_SIZE);
    if (!e) {
        e = buf_add(to, party, sizeof(party));
    }
    if (!e) {
        e = buf_add_u32(to, head->epoch);
    }
    if (!e) {
        e = buf_add_u32(to, 0);
    }
    if (!e) {
        e = buf_add_byte(to, (uint8_t)origin_size);
    }
    return e ? e : buf_add(to, head->origin, origin_size);
}

enum ng_err bundle_add(struct buf *to, struct bytes first, struct bytes second)
{
    const size_t size = first.size + second.size;
    const uint32_t count = bytes_get_u32(to->data + AT_COUNT);
    if (count == BUNDLE_ITEMS_MAX || 4 + size + HASH_SIZE > to->size_max - to->size) {
        return err_plain(NG_ERR_LIMIT);
    }
    enum ng_err e = buf_reserve(to, 4 + size);
    if (!e) {
        e = buf_add_u32(to, (uint32_t)size);
    }
    if (!e) {
        e = buf_add(to, first.data, first.size);
    }
    if (!e) {
        e = buf_add(to, second.data, second.size);
    }
    if (!e) {
        bytes_put_u32(to->data + AT_COUNT, count + 1);
    }
    return e;
}

enum ng_err bundle_end(struct buf *to)
{
    const struct hash h = hash_of(to->data, to->size);
    return buf_add(to, h.bytes, HASH_SIZE);
}

/* ---- Reading ---- */

static enum ng_err damaged(void)
{
    return err_set(NG_ERR_VERIFY, _("the file is damaged: copy it again from where it was made"));
}

static enum ng_err check_frame(struct bytes file, enum bundle_sort sort)
{
    if (file.size < SORT_SIZE || memcmp(file.data, sorts[sort], SORT_SIZE) != 0) {
        return err_set(NG_ERR_INPUT,
                       sort == BUNDLE_STATEMENTS
                           ? _("this is no bundle: one is written by nganam-agent bundle")
                           : _("this is no file of receipts: one is written beside a bundle when "
                               "that is submitted"));
    }
    if (file.size < SIZE_MIN) {
        return damaged();
    }
    const struct hash h = hash_of(file.data, file.size - HASH_SIZE);
    return memcmp(h.bytes, file.data + file.size - HASH_SIZE, HASH_SIZE) == 0 ? NG_OK : damaged();
}

/* The text of a fixed field; false when something other than zeros follows its end. */
static bool read_code(const uint8_t *from, struct party_code *ret)
{
    memcpy(ret->text, from, PARTY_CODE_MAX);
    ret->text[PARTY_CODE_MAX] = '\0';
    for (size_t i = strlen(ret->text); i < PARTY_CODE_MAX; i++) {
        if (from[i] != 0) {
            return false;
        }
    }
    return statement_code_valid(ret->text);
}

/* One item off the front; false: none is left, or it does not fit. */
static bool take_item(struct bytes *items, struct bytes *ret)
{
    if (items->size < 4) {
        return false;
    }
    const size_t size = bytes_get_u32(items->data);
    if (size > items->size - 4) {
        return false;
    }
    *ret = (struct bytes){items->data + 4, size};
    *items = (struct bytes){items->data + 4 + size, items->size - 4 - size};
    return true;
}

static bool items_fit(const struct bundle *b, enum bundle_sort sort)
{
    struct bytes rest = b->items, item;
    uint32_t count = 0;
    while (take_item(&rest, &item)) {
        if (item.size < first_sizes[sort]) {
            return false;
        }
        count++;
    }
    return rest.size == 0 && count == b->count && count <= BUNDLE_ITEMS_MAX;
}

enum ng_err bundle_read(struct bytes file, enum bundle_sort sort, struct bundle *ret)
{
    const enum ng_err e = check_frame(file, sort);
    if (e) {
        return e;
    }
    const size_t origin_size = file.data[AT_ORIGIN];
    struct bundle b = {.epoch = bytes_get_u32(file.data + AT_EPOCH),
                       .count = bytes_get_u32(file.data + AT_COUNT)};
    if (origin_size > NOTE_ORIGIN_MAX || origin_size > file.size - SIZE_MIN + 1 ||
        !read_code(file.data + AT_PARTY, &b.party)) {
        return damaged();
    }
    memcpy(b.origin, file.data + AT_ORIGIN + 1, origin_size);
    const size_t at = AT_ORIGIN + 1 + origin_size;
    b.items = (struct bytes){file.data + at, file.size - HASH_SIZE - at};
    if (!items_fit(&b, sort)) {
        return damaged();
    }
    *ret = b;
    return NG_OK;
}

bool bundle_next(struct bundle *b, enum bundle_sort sort, struct bytes *ret_first,
                 struct bytes *ret_second)
{
    struct bytes item;
    if (!take_item(&b->items, &item)) {
        return false;
    }
    const size_t size = first_sizes[sort];
    *ret_first = (struct bytes){item.data, size};
    *ret_second = (struct bytes){item.data + size, item.size - size};
    return true;
}

/* ---- Statements ---- */

static enum ng_err out_of_place(uint32_t n)
{
    return err_set(NG_ERR_VERIFY,
                   _("item %lu of the bundle is not the statement that belongs there: it was not "
                     "written by nganam-agent bundle"),
                   (unsigned long)n);
}

enum ng_err bundle_check(const struct bundle *b, uint64_t *ret_first_seq)
{
    struct bundle left = *b;
    struct bytes signature, bytes;
    struct hash before = {{0}};
    uint8_t log_id[LOG_ID_SIZE];
    statement_log_id(b->origin, log_id);
    for (uint32_t n = 1; bundle_next(&left, BUNDLE_STATEMENTS, &signature, &bytes); n++) {
        struct statement s;
        if (statement_decode(bytes, &s) || strcmp(s.author.text, b->party.text) != 0 ||
            s.epoch != b->epoch || memcmp(s.log_id, log_id, LOG_ID_SIZE) != 0) {
            return out_of_place(n);
        }
        if (n == 1) {
            *ret_first_seq = s.seq;
        } else if (s.seq != *ret_first_seq + n - 1 || !hash_equal(&s.prev, &before)) {
            return out_of_place(n);
        }
        before = statement_hash(bytes);
    }
    return b->count > 0 ? NG_OK : out_of_place(1);
}
