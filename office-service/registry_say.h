/* What the commands about keys and persons share: look at the registry as the log stands now, say
 * one statement about it, see what became of it. */
#ifndef NGANAM_OFFICE_REGISTRY_SAY_H
#define NGANAM_OFFICE_REGISTRY_SAY_H

#include "office-service/keys.h"
#include "office-service/office.h"

/* Opens the office's folder for writing and reads the log to its head: what is said of a key must
 * not speak of the one before. */
enum ng_err registry_say_open(const char *folder, int64_t timeout_ms,
                              struct office *ret) NG_MUST_USE;

/* Authors the statement and waits until the log and the state have it. ret_index may be NULL. */
enum ng_err registry_say(struct office *o, uint32_t kind, const char *to, struct bytes payload,
                         int64_t timeout_ms, uint64_t *ret_index) NG_MUST_USE;

/* A statement that changed nothing: entry `index`. NG_ERR_REFUSED. */
enum ng_err registry_say_overtaken(uint64_t index) NG_MUST_USE;

/* The party's row; NG_ERR_REFUSED when it has not enrolled (needs_key), NG_ERR_INPUT when it is
 * unknown. */
enum ng_err registry_say_party(struct office *o, const char *code, bool needs_key,
                               struct registry_party *ret) NG_MUST_USE;
/* NG_ERR_NOT_FOUND. */
enum ng_err registry_say_actor(struct office *o, const char *id,
                               struct registry_actor *ret) NG_MUST_USE;

#endif
