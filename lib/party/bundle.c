/* Bundles.
 *
 * Idea: one layout for both sorts, with its length known from its own bytes: a head, items, rows
 * about files, a hash over all of it. A file that was cut, or changed by a bad stick, is told as
 * such before anything in it is looked at. The blobs of a bundle need no second hash: each has its
 * own in its row.
 *
 *     sort (16) | party (16) | epoch (4) | items (4) | files (4) | origin's length (1) | origin
 *     for each item: length (4) | the item
 *     for each file its row, in a bundle id (32) | size (8) | epoch (4) | seq (8),
 *                            among receipts id (32) | the log's signature (64)
 *     SHA-256 of all before (32)
 *     in a bundle: the blobs, in the order of their rows
 *
 * Happy path: begin, add …, end; read, next …. Failures: a count or a length that does not fit is
 * damage, for the hash says that the file is what was written. */
#include "party/bundle.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/lang.h"

#include <string.h>

#define SORT_SIZE 16u
#define AT_PARTY 16u
#define AT_EPOCH 32u
#define AT_COUNT 36u
#define AT_FILES 40u
#define AT_ORIGIN 44u /* its length, then itself */
#define SIZE_MIN (AT_ORIGIN + 2 + HASH_SIZE)

static const char sorts[][SORT_SIZE + 1] = {
    [BUNDLE_STATEMENTS] = "nganam/bundle/01", [BUNDLE_RECEIPTS] = "nganam/answer/01"};
/* What the first piece of an item is. */
static const size_t first_sizes[] = {
    [BUNDLE_STATEMENTS] = KEY_SIGNATURE_SIZE, [BUNDLE_RECEIPTS] = 8};
#define FILE_ROW (HASH_SIZE + 20u)
#define STORED_ROW (HASH_SIZE + KEY_SIGNATURE_SIZE)
static const size_t row_sizes[] = {[BUNDLE_STATEMENTS] = FILE_ROW, [BUNDLE_RECEIPTS] = STORED_ROW};

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
    for (unsigned i = 0; !e && i < 2; i++) { /* items, files */
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
    CHECK(bytes_get_u32(to->data + AT_FILES) == 0);
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

/* A row is whole or not there. */
static enum ng_err add_row(struct buf *to, const uint8_t *row, size_t size)
{
    const uint32_t count = bytes_get_u32(to->data + AT_FILES);
    if (count == BUNDLE_FILES_MAX || size + HASH_SIZE > to->size_max - to->size) {
        return err_plain(NG_ERR_LIMIT);
    }
    const enum ng_err e = buf_add(to, row, size);
    if (!e) {
        bytes_put_u32(to->data + AT_FILES, count + 1);
    }
    return e;
}

enum ng_err bundle_add_file(struct buf *to, const struct bundle_file *file)
{
    uint8_t row[FILE_ROW];
    memcpy(row, file->id.bytes, HASH_SIZE);
    bytes_put_u64(row + HASH_SIZE, file->size);
    bytes_put_u32(row + HASH_SIZE + 8, file->epoch);
    bytes_put_u64(row + HASH_SIZE + 12, file->seq);
    return add_row(to, row, sizeof(row));
}

enum ng_err bundle_add_stored(struct buf *to, const struct hash *id,
                              const uint8_t proof[KEY_SIGNATURE_SIZE])
{
    uint8_t row[STORED_ROW];
    memcpy(row, id->bytes, HASH_SIZE);
    memcpy(row + HASH_SIZE, proof, KEY_SIGNATURE_SIZE);
    return add_row(to, row, sizeof(row));
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

static enum ng_err check_sort(struct bytes file, enum bundle_sort sort)
{
    if (file.size < SORT_SIZE || memcmp(file.data, sorts[sort], SORT_SIZE) != 0) {
        return err_set(NG_ERR_INPUT,
                       sort == BUNDLE_STATEMENTS
                           ? _("this is no bundle: one is written by nganam-agent bundle")
                           : _("this is no file of receipts: one is written beside a bundle when "
                               "that is submitted"));
    }
    return file.size < SIZE_MIN ? damaged() : NG_OK;
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

/* So many items off the front of what is left; false: they do not fit. */
static bool take_items(struct bundle *b, enum bundle_sort sort, struct bytes *left)
{
    struct bytes item;
    b->items = *left;
    for (uint32_t i = 0; i < b->count; i++) {
        if (!take_item(left, &item) || item.size < first_sizes[sort]) {
            return false;
        }
    }
    b->items.size -= left->size;
    return true;
}

/* Where everything lies by the numbers in the head, before any of it is believed. */
static bool divide(struct bytes file, enum bundle_sort sort, struct bundle *b)
{
    const size_t origin_size = file.data[AT_ORIGIN];
    const size_t at = AT_ORIGIN + 1 + origin_size;
    if (origin_size > NOTE_ORIGIN_MAX || b->count > BUNDLE_ITEMS_MAX ||
        b->file_count > BUNDLE_FILES_MAX || at + HASH_SIZE > file.size) {
        return false;
    }
    memcpy(b->origin, file.data + AT_ORIGIN + 1, origin_size);
    struct bytes left = {file.data + at, file.size - HASH_SIZE - at};
    const size_t rows = b->file_count * row_sizes[sort];
    if (!take_items(b, sort, &left) || left.size < rows) {
        return false;
    }
    b->files = (struct bytes){left.data, rows};
    b->size = (size_t)(left.data - file.data) + rows + HASH_SIZE;
    return sort == BUNDLE_STATEMENTS || b->size == file.size;
}

enum ng_err bundle_read(struct bytes file, enum bundle_sort sort, struct bundle *ret)
{
    const enum ng_err e = check_sort(file, sort);
    if (e) {
        return e;
    }
    struct bundle b = {.epoch = bytes_get_u32(file.data + AT_EPOCH),
                       .count = bytes_get_u32(file.data + AT_COUNT),
                       .file_count = bytes_get_u32(file.data + AT_FILES)};
    if (!divide(file, sort, &b)) {
        return damaged();
    }
    const struct hash h = hash_of(file.data, b.size - HASH_SIZE);
    if (memcmp(h.bytes, file.data + b.size - HASH_SIZE, HASH_SIZE) != 0 ||
        !read_code(file.data + AT_PARTY, &b.party)) {
        return damaged();
    }
    *ret = b;
    return NG_OK;
}

static bool take_row(struct bundle *b, enum bundle_sort sort, const uint8_t **ret)
{
    const size_t size = row_sizes[sort];
    if (b->files.size < size) {
        return false;
    }
    *ret = b->files.data;
    b->files = (struct bytes){b->files.data + size, b->files.size - size};
    return true;
}

bool bundle_next_file(struct bundle *b, struct bundle_file *ret)
{
    const uint8_t *row = NULL;
    if (!take_row(b, BUNDLE_STATEMENTS, &row)) {
        return false;
    }
    memcpy(ret->id.bytes, row, HASH_SIZE);
    ret->size = bytes_get_u64(row + HASH_SIZE);
    ret->epoch = bytes_get_u32(row + HASH_SIZE + 8);
    ret->seq = bytes_get_u64(row + HASH_SIZE + 12);
    return true;
}

bool bundle_next_stored(struct bundle *b, struct hash *ret_id, const uint8_t **ret_proof)
{
    const uint8_t *row = NULL;
    if (!take_row(b, BUNDLE_RECEIPTS, &row)) {
        return false;
    }
    memcpy(ret_id->bytes, row, HASH_SIZE);
    *ret_proof = row + HASH_SIZE;
    return true;
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
    *ret_first_seq = 0;
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
    return b->count > 0 || b->file_count > 0 ? NG_OK : out_of_place(1);
}
