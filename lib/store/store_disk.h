/* What a store asks of its disk beside LMDB, for lib/store alone. */
#ifndef NGANAM_STORE_STORE_DISK_H
#define NGANAM_STORE_STORE_DISK_H

#include "store/store_env.h"

/* Whether a commit failed at a write of data pages because there is no space, and at nothing else.
 * These pages lie where the committed tree does not look, and each commit syncs all of its own, so
 * whatever became of them the old state stands. (Had the meta page been tried, LMDB itself would
 * refuse from now on.)
 *
 * LMDB does not say whether a write or the sync failed. So there must be no space now, and a second
 * descriptor must find nothing amiss: Linux reports an error of writing back once on each that was
 * open at the time, so one that LMDB's sync was told of shows here too. A quota cannot be asked
 * for, so it ends the process like a failed sync. */
bool store_disk_is_full(const struct store *s, size_t txn_id);

/* Makes the file longer than what is to be committed. A sync of pages within what was written once
 * writes these pages; one of pages behind the end waits for the filesystem's journal too, which all
 * processes of the machine share. Here this process is the only writer, and behind the end nobody
 * else has anything.
 *
 * What cannot be written ahead is not missed: the commit says whether there is space for itself. */
void store_disk_write_ahead(const struct store *s);

#endif
