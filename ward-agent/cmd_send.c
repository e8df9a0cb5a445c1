/* nganam-agent send: delivers what is saved here, checks each receipt, reads the inbox, ends. When
 * the broker is not reached in time, it says what was delivered all the same and what stays safe.
 */
#include "base/clock.h"
#include "base/lang.h"
#include "party/courier.h"
#include "ward-agent/cmd.h"
#include "ward-agent/desk.h"
#include "ward-agent/say_json.h"

#include <stdio.h>

enum { TIMEOUT_S = 60, FINDINGS_SHOWN = 20, WHY_SIZE = 1024, TEXT_MAX = 8192 };

struct news {
    struct party_status before, after;
    struct courier_outcome evidence;
};

static const struct own_statement *statement_of(const struct desk *d,
                                                const struct knowledge_verdict *v)
{
    const struct own_statement *s = own_received(d->own, v->index);
    return s != NULL && s->seq == v->seq ? s : NULL;
}

static enum ng_err print_findings(const struct desk *d, const struct knowledge_verdict *v,
                                  size_t *shown)
{
    const struct own_statement *s = statement_of(d, v);
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < v->finding_count; i++) {
        const struct wire_finding *f = &v->findings[i];
        struct buf text = BUF_INIT(TEXT_MAX);
        if (f->outcome != WIRE_REFUSED || ++*shown > FINDINGS_SHOWN) {
            continue;
        }
        err = say_finding(f, s != NULL ? own_act(d->own, s, f->act) : NULL, &text);
        if (err == NG_OK) {
            (void)printf(_("Refused by the office: %s (number %s)\n"), buf_text(&text),
                         say_number(v->seq));
        }
        buf_fini(&text);
    }
    return err;
}

/* Verdicts that came with this run. */
static enum ng_err print_verdicts(const struct desk *d, const struct news *n)
{
    const struct knowledge_verdict *v = NULL;
    size_t shown = 0;
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && (v = knowledge_verdict_at(d->knowledge, i)) != NULL; i++) {
        if (v->at_index < n->before.inbox_next) {
            continue;
        }
        err = print_findings(d, v, &shown);
    }
    if (shown > FINDINGS_SHOWN) {
        (void)printf(_("… and %zu more; nganam-agent inbox lists them all\n"),
                     shown - FINDINGS_SHOWN);
    }
    return err;
}

static enum ng_err print_text(const struct desk *d, const struct news *n, bool reached)
{
    enum ng_err err = NG_OK;
    for (uint64_t seq = n->before.delivered + 1; err == NG_OK && seq <= n->after.delivered; seq++) {
        const struct own_statement *s = own_find(d->own, n->after.epoch, seq);
        err = s != NULL ? say_received(s) : NG_OK;
    }
    if (n->evidence.moved > 0) {
        (void)printf(ngettext("%zu evidence file is at the broker now.\n",
                              "%zu evidence files are at the broker now.\n", n->evidence.moved),
                     n->evidence.moved);
    }
    if (err == NG_OK && reached && n->after.delivered == n->before.delivered &&
        n->evidence.moved == 0) {
        (void)printf(_("Nothing was waiting to be sent.\n"));
    }
    return err == NG_OK ? print_verdicts(d, n) : err;
}

static json_t *delivered_json(const struct desk *d, const struct news *n)
{
    json_t *array = json_array();
    for (uint64_t seq = n->before.delivered + 1; seq <= n->after.delivered; seq++) {
        const struct own_statement *s = own_find(d->own, n->after.epoch, seq);
        if (s != NULL) {
            (void)json_array_append_new(array, say_json_receipt(d, s));
        }
    }
    return array;
}

static json_t *verdicts_json(const struct desk *d, const struct news *n)
{
    json_t *array = json_array();
    const struct knowledge_verdict *v = NULL;
    for (size_t i = 0; (v = knowledge_verdict_at(d->knowledge, i)) != NULL; i++) {
        size_t refused = 0;
        for (size_t j = 0; j < v->finding_count; j++) {
            refused += v->findings[j].outcome == WIRE_REFUSED;
        }
        if (v->at_index >= n->before.inbox_next) {
            (void)json_array_append_new(
                array, json_pack("{s:I, s:I, s:I, s:I}", "number", (json_int_t)v->index, "seq",
                                 (json_int_t)v->seq, "accepted", (json_int_t)v->accepted, "refused",
                                 (json_int_t)refused));
        }
    }
    return array;
}

static enum ng_err print_json(const struct desk *d, const struct news *n, json_t *error)
{
    return say_json_print(json_pack(
        "{s:i, s:o, s:o, s:I, s:o, s:{s:I, s:I}, s:o*}", "schema", 1, "delivered",
        delivered_json(d, n), "verdicts", verdicts_json(d, n), "outbox",
        (json_int_t)n->after.outbox, "head", say_json_head(&n->after.head), "evidence", "sent",
        (json_int_t)n->evidence.moved, "waiting", (json_int_t)n->evidence.waiting, "error", error));
}

/* What stays is said with the error itself: it is the one line a person is left with. */
static enum ng_err not_reached(const struct desk *d, const struct news *n)
{
    const char *endpoint = party_identity(d->party)->endpoint;
    uint64_t left = n->after.outbox;
    if (left == 0 && n->evidence.waiting > 0) {
        return err_set(NG_ERR_PEER,
                       ngettext("not all evidence was sent in time; %zu file stays safe on this "
                                "machine, and the upload goes on where it ended",
                                "not all evidence was sent in time; %zu files stay safe on this "
                                "machine, and the upload goes on where it ended",
                                n->evidence.waiting),
                       n->evidence.waiting);
    }
    if (left == 0) {
        return err_set(NG_ERR_PEER,
                       _("the broker at %s was not reached in time; nothing waits "
                         "here to be sent"),
                       endpoint);
    }
    return err_set(
        NG_ERR_PEER,
        ngettext("the broker at %s was not reached in time; %s report stays safe on this "
                 "machine and is sent when the line is back",
                 "the broker at %s was not reached in time; %s reports stay safe on this "
                 "machine and are sent when the line is back",
                 left),
        endpoint, say_number(left));
}

/* Says what came of it, whether all went well or not; gives the outcome of `sent`. */
static enum ng_err tell(const struct cmd_send *o, struct desk *d, struct news *n, enum ng_err sent)
{
    char why[WHY_SIZE]; /* reading on takes the detail's place */
    (void)snprintf(why, sizeof(why), "%s", sent != NG_OK ? err_explain(sent) : "");
    enum ng_err err = desk_read(d);
    err = err == NG_OK ? party_status(d->party, &n->after) : err;
    if (err != NG_OK) {
        return err;
    }
    if (!o->common.json) {
        err = print_text(d, n, sent == NG_OK);
    }
    if (sent == NG_ERR_PEER) {
        (void)not_reached(d, n);
    } else if (sent != NG_OK) {
        (void)err_set(sent, "%s", why);
    }
    if (!o->common.json) {
        return err != NG_OK ? err : sent;
    }
    json_t *error = sent != NG_OK ? say_json_error(sent) : NULL;
    err = print_json(d, n, error);
    return err != NG_OK || sent == NG_OK ? err : cli_quiet(sent);
}

/* After the statements, on a connection of its own; `sent` is what became of them. */
static enum ng_err send_evidence(const struct desk *d, struct mono until, enum ng_err sent,
                                 struct courier_outcome *ret)
{
    uint64_t bytes = 0;
    if (sent != NG_OK) {
        char why[WHY_SIZE];
        (void)snprintf(why, sizeof(why), "%s", err_explain(sent));
        const enum ng_err err = courier_waiting(party_folder(d->party), &ret->waiting, &bytes);
        return err != NG_OK ? err : err_set(sent, "%s", why);
    }
    const int64_t left_ms = clock_between_ms(clock_mono(), until);
    const enum ng_err err = courier_deliver(d->party, left_ms > 0 ? left_ms : 0, ret);
    return err == NG_ERR_REFUSED ? err_wrap(err, _("evidence is not taken")) : err;
}

enum ng_err cmd_send_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_send *o = options;
    struct desk d;
    struct news n = {0};
    enum ng_err err = desk_open(o->common.data, &d);
    err = err == NG_OK ? party_status(d.party, &n.before) : err;
    if (err == NG_OK) {
        uint64_t timeout_s = o->timeout > 0 ? o->timeout : TIMEOUT_S;
        const struct mono until = clock_after(clock_mono(), (int64_t)timeout_s * 1000);
        err = party_send(d.party, (int64_t)timeout_s * 1000);
        err = send_evidence(&d, until, err, &n.evidence);
        bool told =
            err == NG_OK || err == NG_ERR_PEER || err == NG_ERR_REFUSED || err == NG_ERR_VERIFY;
        err = told ? tell(o, &d, &n, err) : err;
    }
    desk_close(&d);
    return err;
}
