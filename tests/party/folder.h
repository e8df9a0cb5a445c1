/* Copies of data folders: what a power cut leaves, what a backup kept. */
#ifndef NGANAM_TESTS_PARTY_FOLDER_H
#define NGANAM_TESTS_PARTY_FOLDER_H

#include <stdbool.h>

/* A copy of a folder and what is below it, at a path that does not exist yet. Lock files of LMDB
 * are left out: the copy is another machine's, or the next boot's. */
bool folder_copy(const char *from, const char *to);
bool folder_remove(const char *path);

#endif
