/* The idea: the registry's rows are in the state (keys.h) and give author, epoch and key; the
 * number and hash of each author's newest statement lie in a small row of their own, because the
 * registry's is ten times as long and would be written with every leaf. The happy path: the
 * registry's two halves say that all is well, the row moves on. */
#include "office-service/judge.h"

#include "base/bytes.h"
#include "base/lang.h"
#include "ledger/registry_fold.h"
#include "office-service/keys.h"
#include "office-service/state.h"

#include <string.h>

#define ROW_SIZE (8 + HASH_SIZE) /* seq, hash of the statement */

static struct state_key newest_key(const char *code)
{
    struct state_key key = state_key(STATE_NEWEST);
    state_key_text(&key, code);
    return key;
}

/* In this epoch; 0 and zeros for one who has said nothing. */
static enum ng_err get_newest(const struct kv *kv, struct registry_party *p)
{
    const struct state_key key = newest_key(p->code.text);
    struct bytes row;
    enum ng_err err = kv_get(kv, STATE_KEY(key), &row);
    if (!err && row.size != ROW_SIZE) {
        return err_set(NG_ERR_CORRUPT, _("state: a record of %s does not parse; run rebuild"),
                       "newest");
    }
    p->high_water = err ? 0 : bytes_get_u64(row.data);
    memset(p->prev.bytes, 0, HASH_SIZE);
    if (!err) {
        memcpy(p->prev.bytes, row.data + 8, HASH_SIZE);
    }
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

static enum ng_err put_newest(const struct kv *kv, const struct statement *s, struct bytes said)
{
    const struct state_key key = newest_key(s->author.text);
    const struct hash hash = statement_hash(said);
    uint8_t row[ROW_SIZE];
    bytes_put_u64(row, s->seq);
    memcpy(row + 8, hash.bytes, HASH_SIZE);
    return kv_put(kv, STATE_KEY(key), (struct bytes){row, sizeof row});
}

static enum ng_err accuse(const struct statement *s, const char *why)
{
    return err_set(NG_ERR_VERIFY,
                   _("the broker put statement %llu of %s into the log against its rules (%s): "
                     "nothing more is read from it; tell the auditor"),
                   (unsigned long long)s->seq, s->author.text, why);
}

static enum ng_err accuse_of_number(const struct statement *s, uint64_t expected)
{
    return err_set(NG_ERR_VERIFY,
                   _("the broker put statement %llu of %s into the log where number %llu was "
                     "expected: nothing more is read from it; tell the auditor"),
                   (unsigned long long)s->seq, s->author.text, (unsigned long long)expected);
}

/* The leaf that the evidence names has its statement's author, epoch and number, and other bytes.
 */
static enum ng_err judge_against(const struct judge_log *log, uint64_t index, struct bytes said,
                                 const struct statement *other, bool *ret_proves)
{
    struct bytes data;
    struct leaf leaf;
    struct statement s;
    *ret_proves = false;
    enum ng_err err = log->leaf(log->context, index, &data);
    err = err ? err : leaf_decode(data, &leaf);
    err = err ? err : statement_decode(leaf.statement, &s);
    if (err == NG_ERR_VERIFY || err == NG_ERR_PROTO) {
        /* Our own copy is damaged: nobody is accused of that. */
        return err_set(NG_ERR_CORRUPT, "%s", err_explain(err));
    }
    *ret_proves = !err && strcmp(s.author.text, other->author.text) == 0 &&
                  s.epoch == other->epoch && s.seq == other->seq &&
                  bytes_compare(leaf.statement, said) != 0;
    return err;
}

/* Evidence of a fork holds another statement under a number that its author has used. */
static enum ng_err judge_evidence(const struct kv *kv, const struct judge_log *log,
                                  const struct leaf *evidence, const struct statement *s)
{
    struct buf copy = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    struct wire_fork fork = {.index = 0};
    struct registry_party p = {.epoch = 0};
    struct statement other;
    enum ng_err err = registry_fold_evidence(s, &copy, &fork, &other);
    if (!err) {
        err = keys_party(kv, other.author.text, &p);
    }
    if (!err) {
        err = get_newest(kv, &p);
    }
    bool proves = !err && other.seq > 0 && other.seq <= p.high_water;
    if (!err && proves && log) {
        proves = fork.index < evidence->index;
        err = proves ? judge_against(log, fork.index, fork.statement, &other, &proves) : NG_OK;
    }
    if (!err && !proves) {
        err = accuse(s, _("its evidence of a fork proves none"));
    }
    buf_fini(&copy);
    return err;
}

/* Who may write a kind that this version does not know, a later one decides. */
static bool is_against_rules(const struct statement *s, enum refusal refusal)
{
    const bool later = refusal == REFUSAL_KIND && !registry_knows_kind(s->kind);
    return refusal != REFUSAL_OK && !later;
}

enum ng_err judge_leaf(const struct kv *kv, const struct judge_log *log, const struct leaf *leaf,
                       const struct statement *s, uint64_t after_ms)
{
    const struct registry_fold_rows rows = keys_rows(kv);
    struct registry_fold_author author;
    enum refusal refusal = REFUSAL_OK;
    uint64_t expected = 0;
    if (leaf->received_at < after_ms) {
        return accuse(s, _("it says to have been received before the one in front of it"));
    }
    enum ng_err err = registry_fold_judge(&rows, s, &author, &refusal);
    if (!err && is_against_rules(s, refusal)) {
        return accuse(s, refusal_name(refusal));
    }
    if (!err && memcmp(author.key.bytes, leaf->key.bytes, KEY_PUBLIC_SIZE) != 0) {
        return accuse(s, _("it is signed with another key than its author's"));
    }
    if (!err) {
        err = get_newest(kv, &author.party);
    }
    if (!err) {
        err = registry_fold_follows(&rows, s, &author, leaf->index, leaf->received_at, &refusal,
                                    &expected);
    }
    if (!err && s->seq != expected) {
        return accuse_of_number(s, expected);
    }
    if (!err && refusal == REFUSAL_PREV) {
        return accuse(s, _("it does not name the statement before it"));
    }
    if (!err && is_against_rules(s, refusal)) {
        return accuse(s, refusal_name(refusal));
    }
    if (!err && s->kind == STATEMENT_FORK) {
        err = judge_evidence(kv, log, leaf, s);
    }
    return err ? err : put_newest(kv, s, leaf->statement);
}
