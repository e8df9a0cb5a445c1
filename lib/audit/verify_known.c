/* A head that the reader brings from elsewhere. A log that was cut off, put back or ordered anew by
 * whoever holds its key contradicts nothing in itself; only a head that somebody kept elsewhere
 * shows it: a party's, a receipt's, the checkpoint of an older export. */
#include "audit/verify.h"
#include "base/file.h"
#include "base/lang.h"

#include <stdio.h>

enum { NOTE_MAX = 4 << 20, WHAT_MAX = 200 };

enum ng_err verify_known_head(struct source *s, const struct note_head *known,
                              ledger_fault_fn fault, void *context, struct ledger_check *ret)
{
    struct ledger_head now;
    struct hash root = {{0}};
    char what[WHAT_MAX];
    enum ng_err err = source_begin(s, &now);
    if (err != NG_OK) {
        return err;
    }
    const bool reaches = known->size <= now.head.size;
    if (reaches && known->size > 0) {
        err = tree_root(known->size, source_node, s, &root);
    }
    source_end(s);
    if (err != NG_OK && err != NG_ERR_CORRUPT && err != NG_ERR_VERIFY) {
        return err;
    }
    ret->known_size = known->size;
    if (!reaches) {
        (void)snprintf(what, sizeof(what),
                       _("it ends here, but a head of %llu entries is known: they were cut off, or "
                         "this is an old copy"),
                       (unsigned long long)known->size);
    } else if (err != NG_OK || (known->size > 0 && !hash_equal(&root, &known->root))) {
        (void)snprintf(what, sizeof(what), "%s",
                       _("the entries in front are not those that the known head was signed for"));
    } else {
        return NG_OK;
    }
    ret->faults++;
    fault(context, reaches ? known->size : now.head.size, "known_head", what);
    return NG_ERR_VERIFY;
}

enum ng_err verify_known(struct source *s, const char *file, ledger_fault_fn fault, void *context,
                         struct ledger_check *ret)
{
    struct buf note = BUF_INIT(NOTE_MAX);
    struct note_head known;
    enum ng_err err = file_read(file, &note);
    if (err == NG_OK) {
        err = log_keys_verify(&s->log_keys, s->origin, buf_bytes(&note), &known);
    }
    buf_fini(&note);
    return err == NG_OK ? verify_known_head(s, &known, fault, context, ret)
                        : err_wrap(err, "%s", file);
}
