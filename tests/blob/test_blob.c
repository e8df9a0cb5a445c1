/* Goal: a blob is whole under its id or not there; whatever a sender sends, whatever lies in the
 * folder, whatever fails and wherever the process stops, nothing outside the folder is touched,
 * limits hold, and an upload goes on. Method: temporary folders with a file outside that must stay
 * as it is, the loops of fault injection, child processes. */
#include "blob/blob.h"

#include "base/clock.h"
#include "fault/fault.h"
#include "harness.h"
#include "ledger/key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define CONTENT 100000u
#define SIZE (CONTENT + BLOB_SALT_SIZE)
#define PIECE 30000u

static const struct party_code ward = {"X-LB"}, other = {"X-TL"};

struct place {
    char folder[200];
    char path[256];    /* of the blobs */
    char outside[256]; /* a file beside it */
    struct blob_folder *b;
};

static void reopen(struct place *p, const struct blob_limits *limits)
{
    static const struct blob_limits none = {0, 0, 0};
    blob_close(&p->b);
    CU_ASSERT_EQUAL_FATAL(blob_open(p->path, limits != NULL ? limits : &none, &p->b), NG_OK);
}

static struct place place_new(void)
{
    struct place p = {.b = NULL};
    CU_ASSERT_EQUAL_FATAL(key_init(), NG_OK);
    test_folder(p.folder, sizeof(p.folder));
    (void)snprintf(p.path, sizeof(p.path), "%s/blobs", p.folder);
    (void)snprintf(p.outside, sizeof(p.outside), "%s/outside", p.folder);
    FILE *f = fopen(p.outside, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    (void)fputs("as it was", f);
    (void)fclose(f);
    reopen(&p, NULL);
    return p;
}

static void place_end(struct place *p)
{
    char text[32] = "";
    FILE *f = fopen(p->outside, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_EQUAL(fread(text, 1, sizeof(text), f), 9);
    (void)fclose(f);
    CU_ASSERT_STRING_EQUAL(text, "as it was");
    blob_close(&p->b);
    test_remove_folder(p->folder);
}

/* A blob in memory: random bytes, then a PDF of a kind. */
struct sample {
    uint8_t bytes[SIZE];
    struct hash id;
};

static struct sample *sample_new(void)
{
    struct sample *s = malloc(sizeof(*s));
    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    key_random(s->bytes, sizeof(s->bytes));
    memcpy(s->bytes + BLOB_SALT_SIZE, "%PDF-1.7\n", 9);
    s->id = hash_of(s->bytes, sizeof(s->bytes));
    return s;
}

static enum ng_err put(struct place *p, const struct sample *s, const struct party_code *owner,
                       uint64_t offset, size_t size, enum blob_answer *answer, uint64_t *have)
{
    const struct blob_piece piece = {.id = s->id,
                                     .owner = *owner,
                                     .size = SIZE,
                                     .offset = offset,
                                     .bytes = {s->bytes + offset, size},
                                     .now_ms = 1000};
    return blob_put(p->b, &piece, answer, have);
}

/* From wherever it stands to its end; the answer that ended it. */
static enum blob_answer put_all(struct place *p, const struct sample *s,
                                const struct party_code *owner)
{
    enum blob_answer answer = BLOB_TAKEN;
    uint64_t have = 0;
    enum ng_err err = put(p, s, owner, 0, 0, &answer, &have);
    while (err == NG_OK && answer == BLOB_TAKEN && have < SIZE) {
        err = put(p, s, owner, have, SIZE - have < PIECE ? SIZE - have : PIECE, &answer, &have);
    }
    CU_ASSERT_EQUAL(err, NG_OK);
    return answer;
}

static enum blob_state state_of(struct place *p, const struct hash *id)
{
    struct blob_info i;
    CU_ASSERT_EQUAL(blob_check(p->b, id, &i), NG_OK);
    return i.state;
}

static void path_of(const struct place *p, const struct hash *id, const char *ending, char *to,
                    size_t to_size)
{
    char text[BLOB_ID_TEXT_SIZE + 1];
    blob_id_text(id, text);
    (void)snprintf(to, to_size, "%s/%.2s/%s%s", p->path, text, text, ending);
}

/* ---- Pieces ---- */

static void blob_goes_on_where_an_upload_ended(void)
{
    struct place p = place_new();
    struct sample *s = sample_new();
    enum blob_answer answer;
    uint64_t have = 7;
    struct blob_info i;
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, 0, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(have, 0);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 5, 100, &answer, &have), NG_OK); /* not its beginning */
    CU_ASSERT_EQUAL(have, 0);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, PIECE, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(have, PIECE);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, PIECE, &answer, &have), NG_OK); /* repeated */
    CU_ASSERT_EQUAL(have, PIECE);
    CU_ASSERT_EQUAL(put(&p, s, &ward, PIECE + 1, PIECE, &answer, &have), NG_OK); /* a gap */
    CU_ASSERT_EQUAL(have, PIECE);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_MISSING); /* to whom it is not the owner's */
    reopen(&p, NULL);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, 0, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(have, PIECE);
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    /* The same from another: there is nothing to take, and its owner stays who he was. */
    CU_ASSERT_EQUAL(put(&p, s, &other, 0, PIECE, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(have, SIZE);
    CU_ASSERT_EQUAL(blob_find(p.b, &s->id, &i), NG_OK);
    CU_ASSERT_STRING_EQUAL(i.owner.text, ward.text);
    free(s);
    place_end(&p);
}

/* Who fetches for himself sees how much of it he has. */
static void blob_shows_what_is_fetched(void)
{
    static const struct party_code nobody = {""};
    struct place p = place_new();
    struct sample *s = sample_new();
    enum blob_answer answer;
    uint64_t have = 0;
    struct blob_info i;
    CU_ASSERT_EQUAL(put(&p, s, &nobody, 0, PIECE, &answer, &have), NG_OK);
    reopen(&p, NULL);
    CU_ASSERT_EQUAL(blob_find(p.b, &s->id, &i), NG_OK);
    CU_ASSERT_EQUAL(i.state, BLOB_PART);
    CU_ASSERT_EQUAL(i.have, PIECE);
    CU_ASSERT_EQUAL(put_all(&p, s, &nobody), BLOB_TAKEN);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    free(s);
    place_end(&p);
}

/* A rival who knows the id begins it with other bytes, or says that it has another size. */
static void blob_of_one_owner_is_not_spoiled_by_another(void)
{
    struct place p = place_new();
    const struct blob_limits limits = {CONTENT + 1, 10 * SIZE, 10};
    struct sample *s = sample_new(), *junk = sample_new();
    enum blob_answer answer;
    uint64_t have = 0;
    reopen(&p, &limits);
    junk->id = s->id;
    CU_ASSERT_EQUAL(put(&p, junk, &other, 0, PIECE, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, 0, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(have, 0);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, PIECE, &answer, &have), NG_OK);
    struct blob_piece longer = {.id = s->id, .owner = other, .size = SIZE + 1, .now_ms = 1000};
    longer.bytes = (struct bytes){junk->bytes, PIECE};
    CU_ASSERT_EQUAL(blob_put(p.b, &longer, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, 0, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(have, PIECE);
    reopen(&p, &limits); /* each part is counted for its owner */
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &ward).bytes, SIZE);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &other).bytes, SIZE + 1);
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    /* What the other has begun is given up when he comes again, or with the blob. */
    CU_ASSERT_EQUAL(put_all(&p, junk, &other), BLOB_TAKEN);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &other).bytes, 0);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &other).count, 0);
    struct sample *again = sample_new();
    CU_ASSERT_EQUAL(put(&p, again, &ward, 0, PIECE, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(put(&p, again, &other, 0, PIECE, &answer, &have), NG_OK);
    CU_ASSERT_EQUAL(blob_erase(p.b, &again->id, "", 5), NG_OK);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &other).count, 0);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &ward).count, 1);
    free(again);
    free(junk);
    free(s);
    place_end(&p);
}

static void blob_of_another_hash_is_thrown_away(void)
{
    struct place p = place_new();
    const struct blob_limits limits = {CONTENT, 10 * SIZE, 10};
    struct sample *s = sample_new();
    reopen(&p, &limits);
    s->bytes[SIZE - 1] ^= 1;
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_BAD_HASH);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_MISSING);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &ward).bytes, 0);
    s->bytes[SIZE - 1] ^= 1;
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    free(s);
    place_end(&p);
}

static void blob_keeps_its_limits(void)
{
    struct place p = place_new();
    const struct blob_limits limits = {CONTENT, 2 * SIZE + 5, 3}, small = {CONTENT - 1, 0, 0},
                             few = {CONTENT, 0, 1};
    struct sample *s[3] = {sample_new(), sample_new(), sample_new()};
    struct party_code owner;
    struct blob_usage usage;
    reopen(&p, &small);
    CU_ASSERT_EQUAL(put_all(&p, s[0], &ward), BLOB_TOO_LARGE);
    reopen(&p, &few);
    CU_ASSERT_EQUAL(put_all(&p, s[0], &ward), BLOB_TAKEN);
    CU_ASSERT_EQUAL(put_all(&p, s[1], &ward), BLOB_OVER_QUOTA);
    CU_ASSERT_EQUAL(put_all(&p, s[1], &other), BLOB_TAKEN);
    reopen(&p, &limits); /* counted again: one each */
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &ward).count, 1);
    CU_ASSERT_EQUAL(put_all(&p, s[2], &ward), BLOB_TAKEN);
    CU_ASSERT_EQUAL(blob_usage_of(p.b, &ward).bytes, 2 * SIZE);
    CU_ASSERT_TRUE(blob_usage_at(p.b, 0, &owner, &usage));
    CU_ASSERT_STRING_EQUAL(owner.text, ward.text);
    CU_ASSERT_EQUAL(usage.count, 2);
    CU_ASSERT_FALSE(blob_usage_at(p.b, 2, &owner, &usage));
    struct sample *more = sample_new();
    CU_ASSERT_EQUAL(put_all(&p, more, &ward), BLOB_OVER_QUOTA);
    CU_ASSERT_EQUAL(blob_erase(p.b, &s[0]->id, "", 5), NG_OK); /* makes room */
    CU_ASSERT_EQUAL(put_all(&p, more, &ward), BLOB_TAKEN);
    for (size_t i = 0; i < 3; i++) {
        free(s[i]);
    }
    free(more);
    place_end(&p);
}

static void blob_takes_known_types_only(void)
{
    static const struct {
        const char *name, *head;
        bool fits;
    } rows[] = {
        {"a.pdf", "%PDF-1.4", true},
        {"a.PDF", "%PDF-1.4", true},
        {"a.pdf", "MZ\x90", false},
        {"a.png", "\x89PNG\r\n\x1a\n", true},
        {"a.jpeg", "\xff\xd8\xff\xe0", true},
        {"a.docx", "PK\x03\x04", true},
        {"a.csv", "code,value\n", true},
        {"a.txt", "\xef\xbb\xbf xin ch\xc3\xa0o", true},
        {"a.txt",
         "\x7f"
         "ELF",
         false},
        {"a.zip", "PK\x03\x04", false},
        {"a.exe", "MZ\x90", false},
        {"pdf", "%PDF-1.4", false},
        {"a.pdf.", "%PDF-1.4", false},
        {"a.txt", "", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct bytes head = {(const uint8_t *)rows[i].head, strlen(rows[i].head)};
        CU_ASSERT_EQUAL(blob_type_fits(blob_type_of_name(rows[i].name), head), rows[i].fits);
    }
    struct place p = place_new();
    struct sample *s = sample_new();
    memcpy(s->bytes + BLOB_SALT_SIZE, "MZ\x90\0", 4);
    s->id = hash_of(s->bytes, sizeof(s->bytes));
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_BAD_TYPE);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_MISSING);
    free(s);
    place_end(&p);
}

/* ---- What lies in the folder ---- */

static void blob_that_was_changed_is_shown_as_altered(void)
{
    struct place p = place_new();
    struct sample *s = sample_new();
    char path[512];
    struct buf out = BUF_INIT(SIZE);
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
    path_of(&p, &s->id, "", path, sizeof(path));
    const off_t spots[] = {0, 20, 36, 64, 64 + BLOB_SALT_SIZE, 64 + SIZE - 1};
    for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
        uint8_t byte = 0;
        const int fd = open(path, O_RDWR);
        CU_ASSERT_EQUAL_FATAL(pread(fd, &byte, 1, spots[i]), 1);
        byte ^= 0xff;
        CU_ASSERT_EQUAL_FATAL(pwrite(fd, &byte, 1, spots[i]), 1);
        CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_ALTERED);
        CU_ASSERT_EQUAL(blob_write_out(p.b, &s->id, STDOUT_FILENO), NG_ERR_VERIFY);
        byte ^= 0xff;
        CU_ASSERT_EQUAL_FATAL(pwrite(fd, &byte, 1, spots[i]), 1);
        (void)close(fd);
        CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    }
    const off_t sizes[] = {0, 10, 64, 64 + SIZE - 1};
    for (size_t i = sizeof(sizes) / sizeof(sizes[0]); i > 0; i--) {
        CU_ASSERT_EQUAL_FATAL(truncate(path, sizes[i - 1]), 0);
        CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_ALTERED);
    }
    CU_ASSERT_EQUAL(blob_read(p.b, &s->id, 0, 100, &out), NG_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN); /* put again it is mended */
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    CU_ASSERT_EQUAL(blob_read(p.b, &s->id, SIZE - 10, 100, &out), NG_OK);
    CU_ASSERT_EQUAL(out.size, 10);
    CU_ASSERT_EQUAL(memcmp(out.data, s->bytes + SIZE - 10, 10), 0);
    buf_fini(&out);
    free(s);
    place_end(&p);
}

static void copy_file(const char *from, const char *to)
{
    static uint8_t bytes[2 * SIZE];
    const int in = open(from, O_RDONLY);
    const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const ssize_t size = read(in, bytes, sizeof(bytes));
    CU_ASSERT_TRUE(size > 0 && write(out, bytes, (size_t)size) == size);
    (void)close(in);
    (void)close(out);
}

static off_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Links, also to what looks like a part of this very blob, and pipes in the place of each name:
 * nothing is followed or written to, nothing hangs. */
static void blob_follows_no_link(void)
{
    struct place p = place_new();
    struct sample *s = sample_new();
    enum blob_answer answer;
    uint64_t have;
    char whole[512], part[512], shelf[512], decoy[512];
    struct buf out = BUF_INIT(SIZE);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, PIECE, &answer, &have), NG_OK);
    path_of(&p, &s->id, "", whole, sizeof(whole));
    path_of(&p, &s->id, ".X-LB.part", part, sizeof(part));
    (void)snprintf(decoy, sizeof(decoy), "%s/decoy", p.folder);
    copy_file(part, decoy);
    const off_t decoy_size = size_of(decoy);
    for (unsigned kind = 0; kind < 6; kind++) {
        for (unsigned place = 0; place < 2; place++) {
            const char *path = place == 0 ? part : whole;
            (void)unlink(path);
            const int made = kind == 0   ? symlink(p.outside, path)
                             : kind == 1 ? link(p.outside, path)
                             : kind == 2 ? mkfifo(path, 0600)
                             : kind == 3 ? symlink("/dev/zero", path)
                             : kind == 4 ? symlink(decoy, path)
                                         : link(decoy, path);
            CU_ASSERT_EQUAL_FATAL(made, 0);
            CU_ASSERT_EQUAL(state_of(&p, &s->id), place == 0 ? BLOB_MISSING : BLOB_ALTERED);
            CU_ASSERT_NOT_EQUAL(blob_read(p.b, &s->id, 0, 100, &out), NG_OK);
            CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
            CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
            CU_ASSERT_EQUAL(size_of(decoy), decoy_size);
            (void)unlink(whole);
        }
    }
    (void)snprintf(shelf, sizeof(shelf), "%.*s", (int)(strrchr(whole, '/') - whole), whole);
    (void)rmdir(shelf);
    CU_ASSERT_EQUAL_FATAL(symlink(p.folder, shelf), 0);
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, PIECE, &answer, &have), NG_ERR_CORRUPT);
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_ALTERED);
    (void)unlink(shelf);
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
    buf_fini(&out);
    free(s);
    place_end(&p);
}

static void blob_erased_is_not_taken_again(void)
{
    struct place p = place_new();
    struct sample *s[2] = {sample_new(), sample_new()};
    enum blob_answer answer;
    uint64_t have;
    struct blob_info i;
    CU_ASSERT_EQUAL(put_all(&p, s[0], &ward), BLOB_TAKEN);
    CU_ASSERT_EQUAL(put(&p, s[1], &ward, 0, PIECE, &answer, &have), NG_OK);
    for (size_t k = 0; k < 2; k++) { /* a whole one and a part */
        CU_ASSERT_EQUAL(blob_erase(p.b, &s[k]->id, "theo yêu cầu", 12345), NG_OK);
        reopen(&p, NULL);
        CU_ASSERT_EQUAL(blob_find(p.b, &s[k]->id, &i), NG_OK);
        CU_ASSERT_EQUAL(i.state, BLOB_ERASED);
        CU_ASSERT_EQUAL(i.erased_at_ms, 12345);
        CU_ASSERT_STRING_EQUAL(i.reason, "theo yêu cầu");
        CU_ASSERT_EQUAL(put_all(&p, s[k], &ward), BLOB_GONE);
        CU_ASSERT_EQUAL(blob_erase(p.b, &s[k]->id, "again", 99999), NG_OK);
        CU_ASSERT_EQUAL(blob_find(p.b, &s[k]->id, &i), NG_OK);
        CU_ASSERT_STRING_EQUAL(i.reason, "theo yêu cầu");
        free(s[k]);
    }
    place_end(&p);
}

/* ---- A person's file ---- */

static void blob_add_makes_a_blob_nobody_can_guess(void)
{
    struct place p = place_new();
    char path[300];
    struct hash a, b;
    enum blob_answer answer;
    (void)snprintf(path, sizeof(path), "%s/paper", p.folder);
    const int fd = open(path, O_RDWR | O_CREAT, 0600);
    CU_ASSERT_EQUAL_FATAL(write(fd, "%PDF-1.4 paper", 14), 14);
    CU_ASSERT_EQUAL(blob_add(p.b, fd, BLOB_TYPE_PDF, &ward, 1, &answer, &a), NG_OK);
    CU_ASSERT_EQUAL(blob_add(p.b, fd, BLOB_TYPE_PDF, &ward, 1, &answer, &b), NG_OK);
    CU_ASSERT_EQUAL(answer, BLOB_TAKEN);
    CU_ASSERT_FALSE(hash_equal(&a, &b));
    CU_ASSERT_EQUAL(state_of(&p, &a), BLOB_THERE);
    CU_ASSERT_TRUE(blob_is_content(p.b, &a, fd));
    CU_ASSERT_EQUAL_FATAL(pwrite(fd, "X", 1, 13), 1);
    CU_ASSERT_FALSE(blob_is_content(p.b, &a, fd));
    CU_ASSERT_EQUAL(blob_add(p.b, fd, BLOB_TYPE_PNG, &ward, 1, &answer, &b), NG_OK);
    CU_ASSERT_EQUAL(answer, BLOB_BAD_TYPE);
    const struct blob_limits small = {13, 0, 0};
    reopen(&p, &small);
    CU_ASSERT_EQUAL(blob_add(p.b, fd, BLOB_TYPE_PDF, &ward, 1, &answer, &b), NG_OK);
    CU_ASSERT_EQUAL(answer, BLOB_TOO_LARGE);
    const int out = open(path, O_RDWR | O_TRUNC);
    CU_ASSERT_EQUAL(blob_write_out(p.b, &a, out), NG_OK);
    char text[32] = "";
    CU_ASSERT_EQUAL(pread(out, text, sizeof(text), 0), 14);
    CU_ASSERT_STRING_EQUAL(text, "%PDF-1.4 paper");
    CU_ASSERT_EQUAL(blob_drop(p.b, &a), NG_OK);
    CU_ASSERT_EQUAL(state_of(&p, &a), BLOB_MISSING);
    (void)close(out);
    (void)close(fd);
    place_end(&p);
}

static void blob_wait_list_is_kept(void)
{
    struct place p = place_new();
    struct hash ids[3], list[2];
    size_t count = 9;
    key_random(ids, sizeof(ids));
    CU_ASSERT_EQUAL(blob_wait_list(p.b, list, 2, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 0);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(blob_wait_add(p.b, &ids[i]), NG_OK);
        CU_ASSERT_EQUAL(blob_wait_add(p.b, &ids[i]), NG_OK);
    }
    reopen(&p, NULL);
    CU_ASSERT_EQUAL(blob_wait_list(p.b, list, 2, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 3);
    CU_ASSERT_EQUAL(blob_wait_remove(p.b, &ids[0]), NG_OK);
    CU_ASSERT_EQUAL(blob_wait_remove(p.b, &ids[0]), NG_OK);
    CU_ASSERT_EQUAL(blob_wait_remove(p.b, &ids[1]), NG_OK);
    CU_ASSERT_EQUAL(blob_wait_list(p.b, list, 2, &count), NG_OK);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_TRUE(hash_equal(&list[0], &ids[2]));
    place_end(&p);
}

/* ---- Failures ---- */

static enum ng_err put_once(struct place *p, const struct sample *s)
{
    enum blob_answer answer = BLOB_TAKEN;
    uint64_t have = 0;
    enum ng_err err = put(p, s, &ward, 0, 0, &answer, &have);
    while (err == NG_OK && answer == BLOB_TAKEN && have < SIZE) {
        err = put(p, s, &ward, have, SIZE - have < PIECE ? SIZE - have : PIECE, &answer, &have);
    }
    return err;
}

/* A disk that is full, or fails, at any call: said, nothing under the id that is not whole, and the
 * next try ends well. */
static void blob_put_goes_on_after_any_failure(void)
{
    struct place p = place_new();
    const int errors[] = {ENOSPC, EIO};
    const unsigned kinds[] = {FAULT_IO & ~(unsigned)FAULT_READ & ~(unsigned)FAULT_OPEN,
                              FAULT_WRITE | FAULT_SYNC | FAULT_RENAME};
    for (size_t e = 0; e < 2; e++) {
        bool struck = true;
        unsigned k = 1;
        for (; struck; k++) {
            struct sample *s = sample_new();
            fault_set(kinds[e], k, errors[e], false);
            const enum ng_err err = put_once(&p, s);
            struck = fault_clear();
            CU_ASSERT_EQUAL(err, !struck ? NG_OK : errors[e] == ENOSPC ? NG_ERR_FULL : NG_ERR_IO);
            const enum blob_state state = state_of(&p, &s->id);
            CU_ASSERT_TRUE(state == BLOB_MISSING || state == BLOB_PART || state == BLOB_THERE);
            CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
            CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
            free(s);
        }
        CU_ASSERT_TRUE(k > 7);
    }
    place_end(&p);
}

/* Nothing or half of a piece goes through: the next one begins where the file ends. */
static void blob_put_goes_on_after_half_a_piece(void)
{
    struct place p = place_new();
    struct sample *s = sample_new();
    enum blob_answer answer;
    uint64_t have = 0;
    CU_ASSERT_EQUAL(put(&p, s, &ward, 0, PIECE, &answer, &have), NG_OK);
    fault_set(FAULT_WRITE, 1, ENOSPC, true);
    CU_ASSERT_EQUAL(put(&p, s, &ward, PIECE, PIECE, &answer, &have), NG_ERR_FULL);
    CU_ASSERT_TRUE(fault_clear());
    fault_set_short(1);
    CU_ASSERT_EQUAL(put(&p, s, &ward, PIECE, PIECE, &answer, &have), NG_OK);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_EQUAL(have, 2 * PIECE);
    CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
    free(s);
    place_end(&p);
}

/* The process ends at each call in turn; the next one goes on. */
static void blob_put_stopped_anywhere_goes_on(void)
{
    struct place p = place_new();
    bool stopped = true;
    unsigned k = 1;
    for (; stopped; k++) {
        struct sample *s = sample_new();
        const pid_t child = fork();
        if (child == 0) {
            fault_set(FAULT_IO, k, FAULT_STOP, false);
            _exit(put_once(&p, s) == NG_OK ? 0 : 1);
        }
        int status = 0;
        CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
        stopped = WIFEXITED(status) && WEXITSTATUS(status) == FAULT_STOPPED;
        CU_ASSERT_TRUE(stopped || WEXITSTATUS(status) == 0);
        reopen(&p, NULL);
        const enum blob_state state = state_of(&p, &s->id);
        CU_ASSERT_TRUE(state == BLOB_MISSING || state == BLOB_PART || state == BLOB_THERE ||
                       (state == BLOB_ALTERED && stopped)); /* a header cut short: begun anew */
        CU_ASSERT_EQUAL(put_all(&p, s, &ward), BLOB_TAKEN);
        CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
        free(s);
    }
    CU_ASSERT_TRUE(k > 20);
    place_end(&p);
}

static void blob_add_and_erase_are_whole_or_not_at_all(void)
{
    struct place p = place_new();
    char path[300];
    (void)snprintf(path, sizeof(path), "%s/paper", p.folder);
    const int fd = open(path, O_RDWR | O_CREAT, 0600);
    CU_ASSERT_EQUAL_FATAL(write(fd, "%PDF-1.4 paper", 14), 14);
    bool struck = true;
    for (unsigned k = 1; struck; k++) {
        struct hash id;
        enum blob_answer answer;
        fault_set(FAULT_WRITE | FAULT_SYNC | FAULT_RENAME | FAULT_FOLDER, k, ENOSPC, false);
        const enum ng_err err = blob_add(p.b, fd, BLOB_TYPE_PDF, &ward, 1, &answer, &id);
        struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_FULL : NG_OK);
    }
    struck = true;
    for (unsigned k = 1; struck; k++) {
        struct hash id;
        enum blob_answer answer;
        CU_ASSERT_EQUAL(blob_add(p.b, fd, BLOB_TYPE_PDF, &ward, 1, &answer, &id), NG_OK);
        fault_set(FAULT_WRITE | FAULT_SYNC | FAULT_RENAME, k, ENOSPC, false);
        const enum ng_err err = blob_erase(p.b, &id, "why", 5);
        struck = fault_clear();
        CU_ASSERT_EQUAL(err, struck ? NG_ERR_FULL : NG_OK);
        const enum blob_state state = state_of(&p, &id);
        CU_ASSERT_TRUE(state == BLOB_ERASED || (struck && state == BLOB_THERE));
    }
    (void)close(fd);
    place_end(&p);
}

/* The order is the durability: data before the rename, the folder after it. */
static void blob_is_synced_before_it_has_its_name(void)
{
    struct place p = place_new();
    struct sample *s = sample_new();
    enum blob_answer answer;
    uint64_t have = 0;
    while (have + PIECE < SIZE) {
        CU_ASSERT_EQUAL_FATAL(put(&p, s, &ward, have, PIECE, &answer, &have), NG_OK);
    }
    fault_set(FAULT_SYNC, 1, EIO, false);
    CU_ASSERT_EQUAL(put(&p, s, &ward, have, SIZE - have, &answer, &have), NG_ERR_IO);
    CU_ASSERT_TRUE(fault_clear());
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_MISSING);
    fault_set(FAULT_SYNC, 3, EIO, false);
    CU_ASSERT_EQUAL(put_once(&p, s), NG_OK);
    CU_ASSERT_FALSE(fault_clear());
    CU_ASSERT_EQUAL(state_of(&p, &s->id), BLOB_THERE);
    free(s);
    place_end(&p);
}

static const struct test_case cases[] = {
    TEST_CASE(blob_goes_on_where_an_upload_ended),
    TEST_CASE(blob_shows_what_is_fetched),
    TEST_CASE(blob_of_one_owner_is_not_spoiled_by_another),
    TEST_CASE(blob_of_another_hash_is_thrown_away),
    TEST_CASE(blob_keeps_its_limits),
    TEST_CASE(blob_takes_known_types_only),
    TEST_CASE(blob_that_was_changed_is_shown_as_altered),
    TEST_CASE(blob_follows_no_link),
    TEST_CASE(blob_erased_is_not_taken_again),
    TEST_CASE(blob_add_makes_a_blob_nobody_can_guess),
    TEST_CASE(blob_wait_list_is_kept),
    TEST_CASE(blob_put_goes_on_after_any_failure),
    TEST_CASE(blob_put_goes_on_after_half_a_piece),
    TEST_CASE(blob_put_stopped_anywhere_goes_on),
    TEST_CASE(blob_add_and_erase_are_whole_or_not_at_all),
    TEST_CASE(blob_is_synced_before_it_has_its_name),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("blob", cases, argc, argv);
}
