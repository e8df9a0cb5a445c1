/* The tables of a log's store (docs/disk-format.md has their keys and values), for lib/ledger
 * alone.
 *
 * Leaves lie one behind the other in a stream that is cut into chunks, because LMDB gives a value
 * above half a page whole pages of its own: kept one by one, leaves of 2 KB or 26 KB would waste as
 * much again. The tree's hashes lie with the leaf that completed them, so that this table too only
 * grows at its end and its pages are full. */
#ifndef NGANAM_LEDGER_LEDGER_TABLE_H
#define NGANAM_LEDGER_LEDGER_TABLE_H

enum ledger_table {
    LEDGER_TABLE_STREAM,   /* chunk number → bytes of the leaves' stream */
    LEDGER_TABLE_NODES,    /* leaf index → its end in the stream, and the hashes it completed */
    LEDGER_TABLE_AUTHORS,  /* author, epoch, whole block of seqs → leaf indexes */
    LEDGER_TABLE_INBOX,    /* addressee, leaf index → nothing */
    LEDGER_TABLE_REGISTRY, /* registry_row.h */
    LEDGER_TABLE_META,     /* "origin", "log_key", "head" */
    LEDGER_TABLE_COUNT
};

#define LEDGER_TABLE_NAMES                                                                         \
    {                                                                                              \
        "stream", "nodes", "authors", "inbox", "registry", "meta", NULL                            \
    }
#define LEDGER_TABLE_FORMAT "nganam log"
#define LEDGER_TABLE_VERSION 4

#endif
