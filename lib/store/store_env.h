/* The insides of a store, for lib/store alone: the LMDB environment, how it is opened, how its map
 * changes, and how LMDB's codes become ours. */
#ifndef NGANAM_STORE_STORE_ENV_H
#define NGANAM_STORE_STORE_ENV_H

#include "store/store.h"
#include "store/store_gate.h"
#include "store/store_guard.h"

#include <lmdb.h>
#include <stdatomic.h>
#include <sys/types.h>

enum { STORE_ENV_TABLES_MAX = 60, STORE_ENV_KEY_SIZE_MAX = 511 };

struct store {
    char *path;
    MDB_env *mdb;
    MDB_dbi main_table; /* LMDB's own, of the tables' records */
    MDB_dbi tables[STORE_ENV_TABLES_MAX];
    uint64_t sums[STORE_ENV_TABLES_MAX]; /* sealed: of a write under way (store_sum.h) */
    unsigned table_count;
    uint64_t map_bytes_max;
    bool read_only;
    bool sealed;
    bool relaxed;       /* relaxed_meta */
    int second_fd;      /* of the data file, of a writer (store_disk.h) */
    atomic_bool spoilt; /* a commit failed in a way that may have lost pages */
    struct store_gate gate;
    struct store_guard guard; /* entered around each call of LMDB */
    dev_t device; /* of the folder: with the inode, its identity whatever path leads to it */
    ino_t inode;
    struct store *next; /* in the list of open stores */
};

/* Memory of store_txn_alloc: this, then the caller's bytes. */
struct store_scratch {
    struct store_scratch *next;
};

struct store_txn {
    struct store_gate_guest guest;
    struct store_scratch *scratch;
    struct store *store;
    MDB_txn *mdb;
    bool writes;
    bool changed;                               /* in a write: there is something to commit */
    bool map_full;                              /* in a write: grow and run again */
    MDB_cursor *changers[STORE_ENV_TABLES_MAX]; /* in a write (store.c) */
};

/* The one translation of LMDB's codes (and the errno values it passes on). NOT_FOUND gets no
 * detail. doing: N_("commit"), what was being done. */
enum ng_err store_env_error(const struct store *s, int code, const char *doing) NG_MUST_USE;

/* Fills a zeroed *s; on failure store_env_close cleans up what there is. */
enum ng_err store_env_open(struct store *s, const struct store_config *config) NG_MUST_USE;
void store_env_close(struct store *s);

/* grow: to the double, NG_ERR_FULL at the maximum; else to the size another process made it. The
 * calling thread must be outside the gate. */
enum ng_err store_env_change_map(struct store *s, bool grow) NG_MUST_USE;

/* Borrowed views in both directions. */
MDB_val store_env_val(struct bytes b);
struct bytes store_env_bytes(MDB_val v);
/* MDB_CORRUPTED where a read succeeded with a value longer than any that was written. */
int store_env_sane(int code, MDB_val v);

/* One call of LMDB that gives a code, under the store's guard. */
#define STORE_ENV_CALL(s, call) (store_guard_enter(&(s)->guard), store_env_returned(call))
static inline int store_env_returned(int code)
{
    store_guard_leave();
    return code;
}

/* CHECK: table is one of the store's. */
MDB_dbi store_env_table(const struct store_txn *t, unsigned table);

/* Is a key that a search missed really not there (store_cursor.c)? A damaged key, its own or
 * another's on the way to it, makes a search miss a row that is there. The miss is believed when
 * the rows on both sides of it are sound and in order: whatever led a binary search astray ends up
 * beside it. MDB_NOTFOUND, else MDB_CORRUPTED; moves the cursor. */
int store_cursor_absent(MDB_cursor *c, struct bytes key);
/* Whether a miss must be confirmed in this transaction (store.c). */
bool store_confirms(const struct store_txn *t);

/* NG_ERR_LIMIT unless the key has 1 to STORE_ENV_KEY_SIZE_MAX bytes. */
enum ng_err store_env_check_key(const struct store_txn *t, struct bytes key) NG_MUST_USE;

#endif
