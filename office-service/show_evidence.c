#include "office-service/show_evidence.h"

#include "base/lang.h"
#include "office-service/say.h"
#include "par/text.h"

struct blob_info show_evidence_state(struct blob_folder *blobs, const struct wire_evidence *e,
                                     bool *ret_named)
{
    struct blob_info info = {.state = BLOB_MISSING};
    struct hash id;
    *ret_named = !blob_id_parse(e->id, &id);
    if (!*ret_named && blobs && blob_check(blobs, &id, &info) != NG_OK) {
        info = (struct blob_info){.state = BLOB_MISSING};
    }
    /* A file of another size than was cited is not the file that was cited. */
    if (info.state == BLOB_THERE && info.size != e->size + BLOB_SALT_SIZE) {
        info.state = BLOB_ALTERED;
    }
    return info;
}

static json_t *item_json(struct blob_folder *blobs, const struct wire_evidence *e)
{
    bool named;
    const struct blob_info i = show_evidence_state(blobs, e, &named);
    const bool erased = i.state == BLOB_ERASED;
    return json_pack("{s:o, s:I, s:o, s:o, s:s, s:o, s:o}", "name", say_json_text(e->name), "size",
                     (json_int_t)e->size, "type", e->type[0] ? say_json_text(e->type) : json_null(),
                     "id", e->id[0] ? say_json_text(e->id) : json_null(), "state",
                     named ? "named" : blob_state_name(i.state), "erased_at",
                     erased ? say_json_moment((uint64_t)i.erased_at_ms) : json_null(), "reason",
                     erased ? say_json_text(i.reason) : json_null());
}

json_t *show_evidence_json(struct blob_folder *blobs, const struct wire_evidence *items,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++) {
        if (json_array_append_new(array, item_json(blobs, &items[i]))) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static enum ng_err add_state(const struct blob_info *i, struct buf *to)
{
    if (i->state != BLOB_ERASED) {
        return buf_add_text(to, blob_state_text(i->state));
    }
    enum ng_err err = buf_printf(to, _("erased %s: "), say_moment(i->erased_at_ms));
    return err ? err : text_show(i->reason, to);
}

enum ng_err show_evidence_text(struct blob_folder *blobs, const struct wire_evidence *items,
                               size_t count, struct buf *to)
{
    enum ng_err err = NG_OK;
    for (size_t k = 0; !err && k < count; k++) {
        bool named;
        const struct blob_info i = show_evidence_state(blobs, &items[k], &named);
        err = buf_add_text(to, k > 0 ? "; " : "");
        err = err ? err : text_show(items[k].name, to);
        if (!err && named) {
            err = buf_printf(to, " (%s)", _("only named"));
        } else if (!err) {
            err = buf_printf(to, " (%s KiB, ", say_number((items[k].size + 1023) / 1024));
            err = err ? err : add_state(&i, to);
            err = err ? err : buf_add_text(to, ")");
        }
    }
    return err;
}
