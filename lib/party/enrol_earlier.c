/* Enrolling anew: what the folder's earlier keys wrote and have no receipt for. The steps are those
 * of leave.h; here are the connections they go over, and until when they are tried. */
#include "party/enrol_state.h"
#include "party/leave.h"

/* With the earlier key, while it is the current one: what it signed goes into the log as it stands.
 * A broker that says it has more than we wrote shall see nothing of this copy. */
static enum ng_err deliver_once(struct enrol *n)
{
    struct ask a;
    struct enrol_greeting welcome;
    struct outbox_marks marks;
    enum ng_err e = enrol_connect(n, &a, &n->old, &welcome);
    if (e) {
        return e;
    }
    e = leave_marks(n->store, n->old.epoch, &marks);
    if (!e && welcome.epoch == n->old.epoch && welcome.high_water <= marks.authored &&
        !welcome.frozen) {
        e = leave_submit(n->store, &n->witness, &a, n->old.epoch, &n->news.delivered);
    }
    ask_close(&a);
    return e;
}

enum ng_err enrol_earlier_deliver(struct enrol *n)
{
    struct outbox_marks marks;
    if (!n->has_old) {
        return NG_OK;
    }
    enum ng_err e = leave_marks(n->store, n->old.epoch, &marks);
    if (e || marks.authored == marks.delivered) {
        return e;
    }
    if (n->delivering) {
        n->delivering(marks.authored - marks.delivered);
    }
    e = enrol_retry(n, deliver_once);
    return e == NG_ERR_REFUSED || e == NG_ERR_PROTO ? NG_OK : e;
}

/* With the new key, for each earlier one: the broker answers what the log has with a receipt, and
 * refuses the rest for ever, since its key was replaced. */
static enum ng_err settle_once(struct enrol *n)
{
    struct ask a;
    struct enrol_greeting welcome;
    uint32_t epoch = 0;
    enum ng_err e = enrol_connect(n, &a, &n->id, &welcome);
    if (e) {
        return e;
    }
    while (!(e = leave_next(n->store, n->id.epoch, epoch + 1, &epoch))) {
        e = leave_submit(n->store, &n->witness, &a, epoch, &n->news.delivered);
        if (e && e != NG_ERR_REFUSED) {
            break;
        }
    }
    ask_close(&a);
    return e == NG_ERR_NOT_FOUND ? NG_OK : e;
}

enum ng_err enrol_earlier_settle(struct enrol *n)
{
    uint32_t epoch = 0;
    enum ng_err e = leave_close(n->store, n->id.epoch);
    if (!e) {
        e = leave_next(n->store, n->id.epoch, 1, &epoch);
    }
    if (!e) {
        e = enrol_retry(n, settle_once);
    }
    if (e && e != NG_ERR_NOT_FOUND) {
        return e;
    }
    return leave_tell(n->store, n->id.epoch, &n->news.lost);
}
