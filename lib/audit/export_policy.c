#include "audit/export_policy.h"

#include <string.h>

enum { TEXT_MAX = 4 << 20 };

bool export_policy_key(const struct registry_party *party, struct key_public *ret)
{
    static const uint8_t none[sizeof(party->cosign_key)];
    if (!registry_counts(party) || memcmp(party->cosign_key, none, sizeof(none)) == 0) {
        return false;
    }
    memcpy(ret->bytes, party->cosign_key, sizeof(ret->bytes));
    return true;
}

enum ng_err export_policy_begin(struct export_policy *p, const char *origin,
                                const struct log_keys *keys, uint64_t size)
{
    struct log_keys those = *keys;
    *p = (struct export_policy){.origin = origin};
    buf_init(&p->vkeys, TEXT_MAX);
    buf_init(&p->policy, TEXT_MAX);
    buf_init(&p->members, TEXT_MAX);
    while (those.count > 1 && those.links[those.count - 1].index >= size) {
        those.count--;
    }
    enum ng_err err = log_keys_vkeys(&those, origin, "", &p->vkeys);
    if (err == NG_OK) {
        p->first_size = strcspn(buf_text(&p->vkeys), "\n") + 1;
        err = log_keys_vkeys(&those, origin, "log ", &p->policy);
    }
    return err;
}

static enum ng_err add_cosigner(struct export_policy *p, const char *code,
                                const struct key_public *key)
{
    char name[COSIGN_NAME_MAX + 1];
    struct buf line = BUF_INIT(512);
    cosign_name(p->origin, code, name);
    enum ng_err err = cosign_vkey(name, key, &line);
    if (err == NG_OK) {
        err = buf_printf(&p->vkeys, "%s\n", buf_text(&line));
    }
    if (err == NG_OK) {
        err = buf_printf(&p->policy, "witness %s %s\n", code, buf_text(&line));
    }
    buf_fini(&line);
    return err == NG_OK ? buf_printf(&p->members, " %s", code) : err;
}

enum ng_err export_policy_add(void *policy, const struct registry_party *party)
{
    struct export_policy *p = policy;
    struct key_public key;
    p->parties += registry_counts(party);
    if (!export_policy_key(party, &key)) {
        return NG_OK;
    }
    p->cosigners++;
    return add_cosigner(p, party->code.text, &key);
}

/* So many without a key to cosign with that none could ever be final: a policy that says so. */
enum ng_err export_policy_end(struct export_policy *p)
{
    const size_t needed = cosign_quorum(p->parties);
    return p->cosigners >= needed ? buf_printf(&p->policy, "group parties %zu%s\nquorum parties\n",
                                               needed, buf_text(&p->members))
                                  : buf_add_text(&p->policy, "quorum none\n");
}

void export_policy_fini(struct export_policy *p)
{
    buf_fini(&p->vkeys);
    buf_fini(&p->policy);
    buf_fini(&p->members);
}
