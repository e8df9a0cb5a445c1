/* nganam-broker init: the log, the broker's transport key, and the invite of the office.
 *
 * The order makes an interruption harmless: the log first (or the one that is there is looked at),
 * then the head file's place, transport key and address, the invite last; the slip is printed only
 * when the log has the invite. Run again on a log in
 * which no office has enrolled yet, it prints a fresh slip (the first was lost, or its 72 hours are
 * over); afterwards the office itself gives out invites, and init refuses.
 */
#include "audit/entry.h"
#include "audit/print.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "broker/cmd.h"
#include "broker/follow.h"
#include "broker/home.h"
#include "broker/operator.h"
#include "ledger/ledger.h"
#include "party/slip.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OFFICE_CODE "office"

struct made {
    char vkey[NOTE_SIZE_MAX];
    char endpoint[NET_ENDPOINT_MAX + 1];
    char slip[SLIP_TEXT_MAX];
    struct previous previous; /* size 0: none */
};

static enum ng_err office_is_new(void *context, const struct registry_party *p)
{
    (void)context;
    return p->role == WIRE_ROLE_OFFICE && p->epoch > 0
               ? err_set(NG_ERR_REFUSED,
                         _("the office (%s) has enrolled in this log already: it gives out the "
                           "invites now"),
                         p->code.text)
               : NG_OK;
}

static enum ng_err check_unclaimed(struct ledger *l, const char *origin)
{
    if (strcmp(ledger_origin(l), origin) != 0) {
        return err_set(NG_ERR_REFUSED, _("this folder holds the log %s already"), ledger_origin(l));
    }
    struct store_txn *t = NULL;
    enum ng_err err = store_begin_read(ledger_store(l), &t);
    if (err == NG_OK) {
        err = registry_each(t, office_is_new, NULL);
        store_end_read(&t);
    }
    return err;
}

static enum ng_err keep_keys(const char *folder, const char *endpoint, struct net_curve *ret_curve)
{
    enum ng_err err = home_load_curve(folder, ret_curve);
    if (err == NG_ERR_NOT_FOUND) {
        err = net_curve_generate(ret_curve);
        if (err == NG_OK) {
            err = home_save_curve(folder, ret_curve);
        }
    }
    return err == NG_OK ? home_save_endpoint(folder, endpoint) : err;
}

/* The log is made before its head file: a place that cannot be written must be noticed earlier. */
static enum ng_err check_head_place(const char *head)
{
    const char *slash = strrchr(head, '/');
    char *parent = strndup(head, slash > head ? (size_t)(slash - head) : 1);
    enum ng_err err = NG_OK;
    if (parent == NULL) {
        err = err_set(NG_ERR_NOMEM, "path");
    } else if (access(parent, F_OK) != 0) {
        err = err_set(NG_ERR_INPUT, _("--head: the folder %s is not there: make it first"), parent);
    } else if (access(parent, W_OK | X_OK) != 0) {
        err = err_set_errno(errno, "%s", parent);
    }
    free(parent);
    return err;
}

/* An init that is run again makes the same log or none; without the option, it is as it is. */
static enum ng_err check_previous(struct ledger *l, struct previous *wanted)
{
    struct previous is;
    const enum ng_err err = ledger_previous(l, &is);
    if (err == NG_OK && wanted->head.size > 0 && !previous_equal(&is, wanted)) {
        return err_set(NG_ERR_REFUSED,
                       _("the log in this folder does not follow that head of %s: what its first "
                         "entry says stays so"),
                       wanted->head.origin);
    }
    if (err == NG_OK) {
        *wanted = is;
    }
    return err;
}

static enum ng_err make_log(const char *folder, const char *head, const char *origin,
                            struct previous *previous, struct ledger **ret)
{
    enum ng_err err = ledger_open(folder, head, LEDGER_WRITE, ret);
    if (err == NG_ERR_NOT_FOUND) {
        const int64_t wall_ms = clock_wall_ms();
        err = ledger_create_after(folder, head, origin, previous,
                                  wall_ms > 0 ? (uint64_t)wall_ms : 0);
        if (err == NG_OK) {
            err = ledger_open(folder, head, LEDGER_WRITE, ret);
        }
    }
    if (err == NG_OK && ledger_read_only(*ret) != NULL) {
        err = err_set(NG_ERR_CORRUPT, "%s", ledger_read_only(*ret));
    }
    if (err == NG_OK) {
        err = check_unclaimed(*ret, origin);
    }
    return err == NG_OK ? check_previous(*ret, previous) : err;
}

/* Writes the invite into the log; after that the slip is good. */
static enum ng_err make_slip(struct ledger *l, const struct net_curve *curve, struct made *made)
{
    const struct party_code nobody = {""};
    struct slip slip;
    struct buf text = BUF_INIT(SLIP_TEXT_MAX - 1);
    struct buf vkey = BUF_INIT(sizeof(made->vkey) - 1);
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t now_ms = 0;
    uint64_t index = 0;
    memset(&slip, 0, sizeof(slip));
    enum ng_err err = operator_log_time(l, &now_ms);
    if (err == NG_OK) {
        err = operator_slip(l, made->endpoint, curve, OFFICE_CODE, WIRE_ROLE_OFFICE, now_ms, &slip,
                            &payload);
    }
    if (err == NG_OK) {
        err = slip_encode(&slip, &text);
    }
    if (err == NG_OK) {
        err = note_vkey(slip.origin, &slip.log_key, &vkey);
    }
    if (err == NG_OK) {
        err = ledger_author_log(l, STATEMENT_INVITE, &nobody, buf_bytes(&payload), now_ms, &index);
    }
    if (err == NG_OK) {
        (void)snprintf(made->slip, sizeof(made->slip), "%s", buf_text(&text));
        (void)snprintf(made->vkey, sizeof(made->vkey), "%s", buf_text(&vkey));
    }
    if (text.data != NULL) {
        explicit_bzero(text.data, text.size);
    }
    buf_fini(&payload);
    buf_fini(&vkey);
    buf_fini(&text);
    explicit_bzero(&slip, sizeof(slip));
    return err;
}

static enum ng_err print_made(const struct cmd_init *o, const struct made *made)
{
    if (!o->common.json) {
        (void)printf(_("The log %s is made.\n"
                       "Its verifier key, for everybody who checks it:\n  %s\n"
                       "Slips carry the address %s.\n"
                       "The office enrols with this slip, good once and for 72 hours:\n  %s\n"),
                     o->origin, made->vkey, made->endpoint, made->slip);
        print_previous(&made->previous, "");
        return NG_OK;
    }
    json_t *document = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o}", "schema", 1, "origin", o->origin,
                                 "log_vkey", made->vkey, "endpoint", made->endpoint, "office_slip",
                                 made->slip, "previous", entry_previous_json(&made->previous));
    return print_document(document);
}

/* Under the folder's lock. */
static enum ng_err make_locked(const struct cmd_init *o, const char *head, struct made *made)
{
    struct net_curve curve;
    struct ledger *ledger = NULL;
    enum ng_err err = head != NULL ? check_head_place(head) : NG_OK;
    if (err == NG_OK) {
        err = make_log(o->common.data, head, o->origin, &made->previous, &ledger);
    }
    if (err == NG_OK && o->head != NULL) {
        err = home_save_head_path(o->common.data, head);
    }
    if (err == NG_OK) {
        err = keep_keys(o->common.data, made->endpoint, &curve);
    }
    if (err == NG_OK) {
        err = make_slip(ledger, &curve, made);
    }
    ledger_close(&ledger);
    explicit_bzero(&curve, sizeof(curve));
    return err;
}

static enum ng_err make_all(const struct cmd_init *o, struct made *made)
{
    int lock = -1;
    char *head = NULL;
    enum ng_err err = file_make_folder(o->common.data);
    if (err == NG_OK) {
        err = home_lock(o->common.data, &lock);
    }
    if (err == NG_OK) {
        err = home_head_path(o->common.data, o->head, &head);
    }
    if (err == NG_OK) {
        err = make_locked(o, head, made);
    }
    free(head);
    file_unlock(&lock);
    return err;
}

enum ng_err cmd_init_run(void *options, int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct cmd_init *o = options;
    struct made made = {0};
    (void)snprintf(made.endpoint, sizeof(made.endpoint), "%s",
                   o->endpoint != NULL ? o->endpoint : HOME_ENDPOINT_DEFAULT);
    if (!note_origin_valid(o->origin)) {
        return err_set(NG_ERR_INPUT,
                       _("--origin \"%.80s\": a name like nganam.gov.vn/log, without spaces or +"),
                       o->origin);
    }
    enum ng_err err = net_endpoint_check(made.endpoint, false);
    if (err == NG_OK) {
        err = key_init();
    }
    if (err == NG_OK && o->previous == NULL && o->previous_vkey != NULL) {
        err = err_set(NG_ERR_USAGE, _("--previous-vkey goes with --previous"));
    }
    if (err == NG_OK && o->previous != NULL) {
        err = follow_read(o->previous, o->previous_vkey, o->origin, &made.previous);
    }
    if (err == NG_OK) {
        err = make_all(o, &made);
    }
    if (err == NG_OK) {
        err = print_made(o, &made);
    }
    explicit_bzero(&made, sizeof(made));
    return err;
}
