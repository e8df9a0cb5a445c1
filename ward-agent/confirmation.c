/* The registry's rule (lib/ledger/registry_keys.c) over what this machine can see: the policy as it
 * stood when its enrolment came into the log, and who has confirmed this key since. */
#include "ward-agent/confirmation.h"

#include "base/lang.h"

#include <stdio.h>
#include <string.h>

struct confirmation_walk {
    const struct identity *id;
    bool has_enrolled; /* the enrolment is behind us on the walk */
    uint64_t enrolled_at;
    enum wire_enrolment policy;
    bool waits;
    char first[WIRE_ACTOR_ID_MAX + 1]; /* "": nobody yet */
};

static void confirm(struct confirmation_walk *w, const struct wire_confirm *c)
{
    const bool ours = strcmp(c->party, w->id->party.text) == 0 && c->epoch == w->id->epoch &&
                      memcmp(c->key, w->id->key.public_key.bytes, KEY_PUBLIC_SIZE) == 0;
    if (!ours) {
        return;
    }
    if (w->policy != WIRE_ENROLMENT_TWO_PERSON ||
        (w->first[0] != '\0' && strcmp(w->first, c->actor) != 0)) {
        w->waits = false;
    }
    memcpy(w->first, c->actor, sizeof(w->first));
}

static void pass_enrolment(struct confirmation_walk *w, uint64_t index)
{
    if (!w->has_enrolled && index > w->enrolled_at) {
        w->has_enrolled = true;
        w->waits = w->policy != WIRE_ENROLMENT_CODE;
    }
}

static void take(struct confirmation_walk *w, uint64_t index, struct bytes encoded)
{
    struct leaf leaf;
    struct statement s;
    struct wire_policy policy;
    struct wire_confirm c;
    pass_enrolment(w, index);
    if (leaf_decode(encoded, &leaf) != NG_OK || statement_decode(leaf.statement, &s) != NG_OK) {
        return;
    }
    if (s.kind == STATEMENT_POLICY && wire_policy_decode(s.payload, &policy) == NG_OK) {
        w->policy = policy.enrolment;
    } else if (s.kind == STATEMENT_CONFIRM && wire_confirm_decode(s.payload, &c) == NG_OK) {
        confirm(w, &c);
    }
}

static enum ng_err find_enrolment(struct party *p, uint64_t *ret_index)
{
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf receipt = BUF_INIT(RECEIPT_SIZE_MAX);
    struct party_own own;
    enum ng_err err = party_own_get(p, 1, &own, &statement, &receipt);
    *ret_index = err == NG_OK && own.delivered ? own.index : UINT64_MAX;
    buf_fini(&statement);
    buf_fini(&receipt);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

enum ng_err confirmation_read(struct party *p, struct confirmation *ret)
{
    const struct identity *id = party_identity(p);
    struct confirmation_walk w = {.id = id, .policy = WIRE_ENROLMENT_CODE};
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    uint64_t index = 0;
    *ret = (struct confirmation){.missing = 0};
    enum ng_err err = find_enrolment(p, &w.enrolled_at);
    for (uint64_t from = 0; err == NG_OK; from = index + 1) {
        buf_clear(&leaf);
        err = party_inbox_next(p, from, &index, &leaf);
        if (err == NG_OK) {
            take(&w, index, buf_bytes(&leaf));
        }
    }
    buf_fini(&leaf);
    if (err != NG_ERR_NOT_FOUND) {
        return err;
    }
    if (w.enrolled_at != UINT64_MAX) {
        pass_enrolment(&w, UINT64_MAX);
    }
    if (w.waits) {
        ret->missing = w.policy == WIRE_ENROLMENT_TWO_PERSON && w.first[0] == '\0' ? 2 : 1;
        registry_digits(id->log_id, &id->party, id->epoch, &id->key.public_key, id->curve_public,
                        ret->digits);
    }
    return NG_OK;
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
