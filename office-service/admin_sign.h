/* Admins who sign what a command says of persons or the policy, with their own keys: those given
 * with --actor and --actor-key. Everything that could be wrong is told before anything is written;
 * what counts is decided by the registry's rules alone. */
#ifndef NGANAM_OFFICE_ADMIN_SIGN_H
#define NGANAM_OFFICE_ADMIN_SIGN_H

#include "base/cli.h"
#include "ledger/key.h"
#include "ledger/registry.h"
#include "office-service/office.h"
#include "proto/wire_queue.h"

struct admin_sign {
    const char *ids[WIRE_ADMINS_MAX]; /* borrowed from the command line */
    struct key_pair pairs[WIRE_ADMINS_MAX];
    size_t count;
};

/* Opens the key files: of the first actor the first of `keys`, and so on; DATA/actors/ID.key where
 * there is none. Asks for the passphrases of locked ones. Wipe it afterwards in any case. */
enum ng_err admin_sign_load(const char *folder, const struct cli_list *actors,
                            const struct cli_list *keys, struct admin_sign *ret) NG_MUST_USE;
void admin_sign_wipe(struct admin_sign *a);

/* They are enough as the log stands, admins all, and these are their keys. NG_ERR_REFUSED with what
 * to type. */
enum ng_err admin_sign_check(struct office *o, const struct admin_sign *a) NG_MUST_USE;

/* The policy as it stands here, and how many admins have not ended. */
enum ng_err admin_sign_look(struct office *o, struct registry_policy *ret,
                            size_t *ret_living_admins) NG_MUST_USE;

/* Their signatures over the payload as it was encoded without any. */
enum ng_err admin_sign(const struct office *o, const struct admin_sign *a, uint32_t kind,
                       struct bytes payload, struct wire_admins *ret) NG_MUST_USE;

#endif
