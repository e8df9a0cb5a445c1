/* The insides of a folder of blobs, shared by the files it is written in: names, headers, and
 * system calls that finish what they began. */
#ifndef NGANAM_BLOB_BLOB_FILE_H
#define NGANAM_BLOB_BLOB_FILE_H

#include "base/omap.h"
#include "blob/blob.h"

#include <dirent.h>
#include <sys/stat.h>

#define BLOB_FILE_HEADER 64 /* bytes in front of the blob */
#define BLOB_FILE_NAME_SIZE (BLOB_ID_TEXT_SIZE + 1 + PARTY_CODE_MAX + sizeof(".part"))

struct blob_folder {
    char *path; /* for messages */
    int root;
    int waiting; /* the folder of the list of those that wait */
    struct blob_limits limits;
    struct omap *usage; /* by owner; NULL: not counted */
};

/* The 64 bytes: domain, owner, size of the blob, when it was put, when it was erased. */
struct blob_file_header {
    struct party_code owner;
    uint64_t size;
    int64_t put_at_ms;
    int64_t erased_at_ms; /* 0: it is there */
};

/* The folder of an id: the first two digits. make: made if it is missing. NG_ERR_NOT_FOUND;
 * NG_ERR_CORRUPT: something else stands there. */
enum ng_err blob_file_shelf(const struct blob_folder *b, const struct hash *id, bool make,
                            int *ret_fd) NG_MUST_USE;
/* NULL: of the blob; else of this owner's part of it ("": whoever fetches it for himself). So
 * nobody spoils what another has begun. */
void blob_file_name(const struct hash *id, const struct party_code *part_of,
                    char ret[BLOB_FILE_NAME_SIZE]);
/* What a name stands for; false: for nothing here. */
bool blob_file_parse(const char *name, struct hash *ret_id, bool *ret_part);

/* Opens a regular file that has no other name, and reads its header. flags: O_RDONLY or O_RDWR.
 * NG_ERR_NOT_FOUND; NG_ERR_CORRUPT: not such a file. */
enum ng_err blob_file_open(const struct blob_folder *b, int shelf, const char *name, int flags,
                           int *ret_fd, struct blob_file_header *ret_header,
                           uint64_t *ret_size) NG_MUST_USE;
/* Makes a file that was not there, with its header. */
enum ng_err blob_file_create(const struct blob_folder *b, int shelf, const char *name,
                             const struct blob_file_header *header, int *ret_fd) NG_MUST_USE;
/* Writes the header of an open file again. */
enum ng_err blob_file_head(const struct blob_folder *b, int fd,
                           const struct blob_file_header *header) NG_MUST_USE;
enum ng_err blob_file_write(const struct blob_folder *b, int fd, struct bytes data,
                            uint64_t at) NG_MUST_USE;
/* Reads up to `size` bytes; fewer at the end of the file. */
enum ng_err blob_file_read(const struct blob_folder *b, int fd, uint64_t at, uint8_t *to,
                           size_t size, size_t *ret_size) NG_MUST_USE;
/* The entries of a folder of ours, by a descriptor of their own: readdir moves it. To closedir. */
enum ng_err blob_file_entries(const struct blob_folder *b, int folder, DIR **ret) NG_MUST_USE;
/* The hash of the blob in a file that is open, if it has this size. */
enum ng_err blob_file_hash(const struct blob_folder *b, int fd, uint64_t size,
                           struct hash *ret) NG_MUST_USE;
enum ng_err blob_file_sync(const struct blob_folder *b, int fd) NG_MUST_USE;
/* Syncs the file, renames it and syncs the folder it goes to; both names below their folders. */
enum ng_err blob_file_keep(const struct blob_folder *b, int fd, int from_folder, const char *from,
                           int shelf, const char *to) NG_MUST_USE;

/* What an owner has, more or less. */
enum ng_err blob_file_count(struct blob_folder *b, const struct party_code *owner, int64_t bytes,
                            int64_t count) NG_MUST_USE;

#endif
