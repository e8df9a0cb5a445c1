#include "office-service/registry_say.h"

#include "base/clock.h"
#include "base/lang.h"

#include <stdio.h>
#include <string.h>

enum ng_err registry_say_open(const char *folder, int64_t timeout_ms, struct office *ret)
{
    enum ng_err err = office_open(folder, ret);
    if (!err) {
        err = office_must_write(ret);
    }
    return err ? err : office_settle(ret, 0, timeout_ms);
}

enum ng_err registry_say(struct office *o, uint32_t kind, const char *to, struct bytes payload,
                         int64_t timeout_ms, uint64_t *ret_index)
{
    struct party_draft draft = {.kind = kind, .payload = payload};
    uint64_t seq = 0;
    uint64_t index = 0;
    (void)snprintf(draft.to.text, sizeof draft.to.text, "%s", to);
    enum ng_err err = party_author(o->party, &draft, 1, clock_wall_ms(), &seq);
    if (!err) {
        err = office_settle(o, seq, timeout_ms);
    }
    if (!err) {
        err = office_own_index(o, seq, &index);
    }
    if (!err && ret_index) {
        *ret_index = index;
    }
    return err;
}

enum ng_err registry_say_overtaken(uint64_t index)
{
    return err_set(NG_ERR_REFUSED,
                   _("entry %llu of the log changed nothing: somebody else was faster, so look "
                     "again and repeat the command if it is still meant"),
                   (unsigned long long)index);
}

enum ng_err registry_say_party(struct office *o, const char *code, bool needs_key,
                               struct registry_party *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (err) {
        return err;
    }
    err = statement_code_valid(code) && strcmp(code, STATEMENT_LOG_AUTHOR) != 0
              ? keys_party(mirror_view_state(&v), code, ret)
              : err_plain(NG_ERR_NOT_FOUND);
    mirror_view_end(&v);
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(NG_ERR_INPUT,
                       _("%.40s was never invited: nganam-office parties lists who was"), code);
    }
    if (!err && needs_key && ret->epoch == 0) {
        return err_set(NG_ERR_REFUSED, _("%s has not enrolled yet: it has no key"), code);
    }
    return err;
}

enum ng_err registry_say_actor(struct office *o, const char *id, struct registry_actor *ret)
{
    struct mirror_view v;
    enum ng_err err = mirror_view_begin(o->mirror, &v);
    if (!err) {
        err = keys_actor(mirror_view_state(&v), id, ret);
        mirror_view_end(&v);
    }
    return err;
}
