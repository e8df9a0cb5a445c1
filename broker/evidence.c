#include "broker/evidence.h"

#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "broker/home.h"

#include <stdio.h>
#include <string.h>

#define MIB (UINT64_C(1024) * 1024)

enum ng_err evidence_open(const char *folder, const struct evidence_limits *given,
                          struct blob_folder **ret)
{
    struct blob_limits limits = {BLOB_CONTENT_MAX, BLOB_OWNER_BYTES_MAX, BLOB_OWNER_COUNT_MAX};
    if (given->file_mib > UINT32_MAX || given->unit_mib > UINT32_MAX) {
        return err_set(NG_ERR_INPUT, _("--evidence-max, --evidence-quota: too many MiB"));
    }
    limits.content_max = given->file_mib > 0 ? given->file_mib * MIB : limits.content_max;
    limits.owner_bytes_max = given->unit_mib > 0 ? given->unit_mib * MIB : limits.owner_bytes_max;
    limits.owner_count_max = given->unit_count > 0 ? given->unit_count : limits.owner_count_max;
    return home_open_blobs(folder, &limits, ret);
}

bool evidence_order(struct blob_folder *b, const char *request, char ret_answer[CONTROL_TEXT_MAX])
{
    char text[BLOB_ID_TEXT_SIZE + 1];
    struct hash id;
    if (strncmp(request, CONTROL_ERASE, strlen(CONTROL_ERASE)) != 0) {
        return false;
    }
    const char *words = request + strlen(CONTROL_ERASE);
    const char *reason = strchr(words, ' ');
    (void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(words, " "), words);
    enum ng_err err = blob_id_parse(text, &id)
                          ? blob_erase(b, &id, reason != NULL ? reason + 1 : "", clock_wall_ms())
                          : err_plain(NG_ERR_INPUT);
    if (err == NG_OK) {
        log_event(LOG_NOTICE, "evidence_erased", "id=%s by=operator", text);
    }
    (void)snprintf(ret_answer, CONTROL_TEXT_MAX, "%s", err == NG_OK ? "ok" : err_explain(err));
    return true;
}
