/* nganam-office witnesses: who has cosigned the newest tree heads. From our own store: the running
 * service asks the broker with every read of the log. */
#include "base/lang.h"
#include "office-service/cmd.h"
#include "office-service/say.h"
#include "office-service/witness_view.h"
#include "party/cosigned.h"

#define HEADS_SHOWN 10

/* ---- The parties ---- */

struct listing {
    const char *origin;
    json_t *array; /* NULL: for a person */
    size_t missing;
};

static enum ng_err add_json(const struct listing *l, const char *party,
                            const struct key_public *key, const uint8_t *cosignature)
{
    char name[COSIGN_NAME_MAX + 1];
    struct buf vkey = BUF_INIT(512);
    cosign_name(l->origin, party, name);
    enum ng_err err = cosign_vkey(name, key, &vkey);
    const uint64_t at = cosignature ? cosign_time(cosignature) : 0;
    if (!err && json_array_append_new(
                    l->array, json_pack("{s:s, s:b, s:o, s:s}", "unit", party, "cosigned",
                                        cosignature != NULL, "at",
                                        say_json_moment(at < INT64_MAX / 1000 ? at * 1000 : 0),
                                        "vkey", buf_text(&vkey)))) {
        err = err_plain(NG_ERR_NOMEM);
    }
    buf_fini(&vkey);
    return err;
}

static enum ng_err list_party(void *context, const char *party, const struct key_public *key,
                              const uint8_t *cosignature)
{
    struct listing *l = context;
    if (l->array) {
        return add_json(l, party, key, cosignature);
    }
    if (!cosignature) {
        (void)printf(l->missing++ ? ", %s" : _("Missing from the newest: %s"), party);
    }
    return NG_OK;
}

/* ---- The heads ---- */

static enum ng_err head_json(json_t *heads, const struct cosigned_head *h, size_t needed)
{
    json_t *item = json_pack("{s:I, s:I, s:b, s:s%}", "size", (json_int_t)h->size, "cosigned",
                             (json_int_t)h->count, "final", h->count >= needed, "note",
                             (const char *)h->note.data, h->note.size);
    return json_array_append_new(heads, item) ? err_plain(NG_ERR_NOMEM) : NG_OK;
}

static enum ng_err list_heads(struct store_txn *t, const struct witness_view *v, json_t *heads)
{
    struct cosigned_head h = {.size = UINT64_MAX};
    enum ng_err err = NG_OK;
    for (int i = 0; i < HEADS_SHOWN && !err; i++) {
        err = cosigned_before(t, h.size, &h);
        if (!err && heads) {
            err = head_json(heads, &h, v->needed);
        } else if (!err) {
            (void)printf(_("%12s messages: cosigned by %zu of %zu%s\n"), say_number(h.size),
                         h.count, v->parties, h.count >= v->needed ? _(", final") : "");
        }
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err list(struct office *o, struct store_txn *t, const struct witness_view *v,
                        json_t *heads, json_t *units)
{
    struct listing l = {.origin = party_identity(o->party)->origin, .array = units};
    enum ng_err err = list_heads(t, v, heads);
    if (!err && (units || v->size)) {
        err = cosigned_each(t, v->size, list_party, &l);
    }
    if (l.missing) {
        (void)printf("\n");
    }
    return err;
}

static enum ng_err show(struct office *o, bool as_json)
{
    struct witness_view v = {.size = 0};
    struct store_txn *t = NULL;
    json_t *heads = as_json ? json_array() : NULL;
    json_t *units = as_json ? json_array() : NULL;
    enum ng_err err = as_json && (!heads || !units) ? err_plain(NG_ERR_NOMEM) : witness_view(o, &v);
    if (!err && !as_json) {
        (void)printf(v.size ? _("Final with %zu of %zu parties.\n")
                            : _("No witness head is known yet: %zu of %zu parties would make one "
                                "final.\n"),
                     v.needed, v.parties);
    }
    if (!err) {
        err = store_begin_read(party_store(o->party), &t);
    }
    if (!err) {
        err = list(o, t, &v, heads, units);
    }
    store_end_read(&t);
    if (err || !as_json) {
        json_decref(heads);
        json_decref(units);
        return err;
    }
    return say_json(json_pack("{s:i, s:I, s:I, s:o, s:o}", "schema", 1, "parties",
                              (json_int_t)v.parties, "needed", (json_int_t)v.needed, "heads", heads,
                              "units", units));
}

enum ng_err cmd_witnesses_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_plain *opt = options;
    struct office o;
    enum ng_err err = office_open(opt->common.data, &o);
    if (!err) {
        err = show(&o, opt->common.json);
    }
    office_close(&o);
    return err;
}
