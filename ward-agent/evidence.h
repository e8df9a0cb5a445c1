/* Files that prove what is said: each becomes a blob on this machine (DATA/evidence), on the disk
 * before the statement that cites it, and waits there to be sent. A file that the act before this
 * one cited, and whose content is the same, is cited again and not copied again: the same command
 * run twice says the same. */
#ifndef NGANAM_WARD_AGENT_EVIDENCE_H
#define NGANAM_WARD_AGENT_EVIDENCE_H

#include "blob/blob.h"
#include "party/party.h"
#include "proto/wire_par.h"

/* One command's files. Zeroed: nothing taken yet. */
struct evidence {
    struct blob_folder *blobs;
    struct evidence_item *items; /* taken in this run; owned */
    size_t count;
};

/* What an act says of a file; the texts are the caller's from now on. */
struct evidence_file {
    uint64_t size;
    char id[BLOB_ID_TEXT_SIZE + 1];
    const char *type; /* static */
};

/* name: as it is cited; its ending says the type. before: what the newest act on the same thing
 * cites. NG_ERR_INPUT, in a person's words, for a file that is not taken; storage errors. */
enum ng_err evidence_take(struct evidence *e, struct party *p, int fd, const char *name,
                          const struct wire_evidence *before, size_t before_count,
                          struct evidence_file *ret) NG_MUST_USE;

/* Takes away what this run took: nothing will cite it. */
void evidence_undo(struct evidence *e);
void evidence_fini(struct evidence *e);

#endif
