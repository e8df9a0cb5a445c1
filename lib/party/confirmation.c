/* The registry's rule (lib/ledger/registry_keys.c) over what this machine can see: the policy as it
 * stood when its enrolment came into the log, and who has confirmed its key since, the present one
 * or one before it that rotated: a rotation hands on a confirmation that is there, and the waiting
 * for one that is not, for which its own digits count. */
#include "party/confirmation.h"

#include "base/lang.h"

#include <stdio.h>
#include <string.h>

struct confirmation_walk {
    struct party *party;
    uint32_t epoch;        /* at this place of the walk, from that of the enrolment on */
    uint64_t begins;       /* where the epoch begins in the log; UINT64_MAX: not there yet */
    uint64_t next_begins;  /* of the next, which a rotation began; UINT64_MAX: it is the present */
    struct key_public key; /* of the epoch */
    bool has_enrolled;     /* the enrolment is behind us on the walk */
    enum wire_enrolment policy;
    uint64_t policy_index; /* of the entry that set it; 0: none did */
    bool policy_signed;    /* by admins: from then on all are, see take_policy */
    bool waits;
    char first[WIRE_ACTOR_ID_MAX + 1]; /* "": nobody yet */
};

static void confirm(struct confirmation_walk *w, const struct wire_confirm *c)
{
    const bool ours = strcmp(c->party, party_identity(w->party)->party.text) == 0 &&
                      c->epoch == w->epoch && memcmp(c->key, w->key.bytes, KEY_PUBLIC_SIZE) == 0;
    if (!ours) {
        return;
    }
    if (w->policy != WIRE_ENROLMENT_TWO_PERSON ||
        (w->first[0] != '\0' && strcmp(w->first, c->actor) != 0)) {
        w->waits = false;
    }
    memcpy(w->first, c->actor, sizeof(w->first));
}

/* Where an epoch begins, and by what kind of statement; UINT64_MAX, 0: not in the log, or not of
 * this folder. */
static enum ng_err begin_of(struct party *p, uint32_t epoch, uint64_t *ret_index,
                            uint32_t *ret_kind)
{
    struct buf bytes = BUF_INIT(STATEMENT_SIZE_MAX);
    struct party_own own;
    struct statement s = {.kind = 0};
    enum ng_err err = party_own_of(p, epoch, 1, &own, &bytes, NULL);
    if (err == NG_OK) {
        err = statement_decode(buf_bytes(&bytes), &s);
    }
    *ret_index = err == NG_OK && own.delivered ? own.index : UINT64_MAX;
    *ret_kind = err == NG_OK ? s.kind : 0;
    buf_fini(&bytes);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

/* An epoch: its key and its borders. */
static enum ng_err enter(struct confirmation_walk *w, uint32_t epoch)
{
    uint32_t kind = 0;
    w->epoch = epoch;
    w->first[0] = '\0';
    w->next_begins = UINT64_MAX;
    enum ng_err err = party_key_of(w->party, epoch, &w->key);
    err = err == NG_OK ? begin_of(w->party, epoch, &w->begins, &kind) : err;
    if (err == NG_OK && epoch < party_identity(w->party)->epoch) {
        err = begin_of(w->party, epoch + 1, &w->next_begins, &kind);
    }
    return err;
}

/* Back over the rotations: they hand on what became of the enrolment. */
static enum ng_err enter_enrolment(struct confirmation_walk *w)
{
    uint32_t epoch = party_identity(w->party)->epoch;
    uint32_t kind = 0;
    uint64_t index = 0;
    enum ng_err err = begin_of(w->party, epoch, &index, &kind);
    while (err == NG_OK && kind == STATEMENT_ROTATE && epoch > 1) {
        err = begin_of(w->party, epoch - 1, &index, &kind);
        epoch -= kind != 0 ? 1 : 0;
    }
    return err == NG_OK ? enter(w, epoch) : err;
}

static enum ng_err pass(struct confirmation_walk *w, uint64_t index)
{
    if (!w->has_enrolled && index > w->begins) {
        w->has_enrolled = true;
        w->waits = w->policy != WIRE_ENROLMENT_CODE;
    }
    enum ng_err err = NG_OK;
    while (err == NG_OK && index > w->next_begins) {
        err = enter(w, w->epoch + 1);
    }
    return err;
}

/* The rule of registry_keys.c as far as an inbox shows it: who the admins are is not in it. */
static void take_policy(struct confirmation_walk *w, uint64_t index, const struct wire_policy *m)
{
    if (m->after == w->policy_index && (m->admins.count > 0 || !w->policy_signed)) {
        w->policy = m->enrolment;
        w->policy_index = index;
        w->policy_signed = m->admins.count > 0;
    }
}

static enum ng_err take(struct confirmation_walk *w, uint64_t index, struct bytes encoded)
{
    struct leaf leaf;
    struct statement s;
    struct wire_policy policy;
    struct wire_confirm c;
    const enum ng_err err = pass(w, index);
    if (err != NG_OK || leaf_decode(encoded, &leaf) != NG_OK ||
        statement_decode(leaf.statement, &s) != NG_OK) {
        return err;
    }
    if (s.kind == STATEMENT_POLICY && wire_policy_decode(s.payload, &policy) == NG_OK) {
        take_policy(w, index, &policy);
    } else if (s.kind == STATEMENT_CONFIRM && wire_confirm_decode(s.payload, &c) == NG_OK) {
        confirm(w, &c);
    }
    return NG_OK;
}

enum ng_err confirmation_read(struct party *p, struct confirmation *ret)
{
    const struct identity *id = party_identity(p);
    struct confirmation_walk w = {.party = p, .policy = WIRE_ENROLMENT_CODE};
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    uint64_t index = 0;
    *ret = (struct confirmation){.missing = 0};
    enum ng_err err = enter_enrolment(&w);
    for (uint64_t from = 0; err == NG_OK; from = index + 1) {
        buf_clear(&leaf);
        err = party_inbox_next(p, from, &index, &leaf);
        if (err == NG_OK) {
            err = take(&w, index, buf_bytes(&leaf));
        }
    }
    buf_fini(&leaf);
    if (err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (w.begins != UINT64_MAX) {
        err = pass(&w, UINT64_MAX);
    } else {
        err = NG_OK;
    }
    if (err == NG_OK && w.waits) {
        ret->missing = w.policy == WIRE_ENROLMENT_TWO_PERSON && w.first[0] == '\0' ? 2 : 1;
        registry_digits(id->log_id, &id->party, id->epoch, &id->key.public_key, id->curve_public,
                        ret->digits);
    }
    return err;
}

json_t *confirmation_json(const struct confirmation *c)
{
    return c->missing > 0 ? json_pack("{s:i, s:s}", "missing", (int)c->missing, "digits", c->digits)
                          : json_null();
}

void confirmation_print(const struct confirmation *c)
{
    if (c->missing == 0) {
        return;
    }
    (void)printf(_("NOT CONFIRMED YET. Tell the office these 20 digits by telephone:\n    %s\n"),
                 c->digits);
    (void)printf(ngettext("The office compares them; %u person there has to confirm. Until then "
                          "reports wait here, and are sent by themselves afterwards.\n",
                          "The office compares them; %u persons there have to confirm. Until then "
                          "reports wait here, and are sent by themselves afterwards.\n",
                          c->missing),
                 c->missing);
}
