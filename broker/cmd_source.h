/* Where the log commands read: the broker's own log, or an export of one. */
#ifndef NGANAM_BROKER_CMD_SOURCE_H
#define NGANAM_BROKER_CMD_SOURCE_H

#include "audit/source.h"

struct cmd_source {
    struct ledger *ledger;
    struct source source;
};

/* export: NULL, or the folder to read instead. cmd_source_close is needed whatever comes back. */
enum ng_err cmd_source_open(const char *folder, const char *export,
                            struct cmd_source *ret) NG_MUST_USE;
void cmd_source_close(struct cmd_source *s);

#endif
