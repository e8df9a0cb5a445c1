/* The lock of the data folder decides which road a statement takes: whoever has it is the only one
 * to write, and while a broker has it the statement goes to that broker. Who may use the control
 * socket could read the running broker's memory, and log.key with it, so the broker asks no more
 * than the registry's rules do. */
#include "broker/operator.h"

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/log.h"
#include "broker/clock_guard.h"
#include "broker/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPERATOR_SAY "say" /* KIND TO HEX; TO is - for the office */
#define OPERATOR_ROTATE "rotate"
#define OPERATOR_OK "ok " /* INDEX */
#define CONTROL_TIMEOUT_MS 10000
#define PAYLOAD_MAX ((CONTROL_TEXT_MAX - 64) / 2)

enum ng_err operator_log_time(const struct ledger *l, uint64_t *ret_ms)
{
    struct clock_guard guard;
    const struct mono mono = clock_mono();
    const int64_t wall_ms = clock_wall_ms();
    const uint64_t last = ledger_last_received_at(l);
    clock_guard_init(&guard, mono, wall_ms, last < INT64_MAX ? (int64_t)last : INT64_MAX);
    const int64_t off_ms = clock_guard_off_ms(&guard, mono, wall_ms);
    if (off_ms != 0) {
        return err_set(NG_ERR_REFUSED,
                       _("this machine's clock is %lld minutes behind the last entry of the log: "
                         "set it right, then run the command again"),
                       (long long)(-off_ms / 60000));
    }
    *ret_ms = wall_ms > 0 && (uint64_t)wall_ms > last ? (uint64_t)wall_ms : last;
    return NG_OK;
}

enum ng_err operator_slip(const struct ledger *l, const char *endpoint,
                          const struct net_curve *curve, const char *party, enum wire_role role,
                          uint64_t now_ms, struct slip *ret_slip, struct buf *payload)
{
    struct slip slip = {.log_key = *ledger_log_key(l)};
    struct slip_keys keys;
    struct wire_invite invite = {.role = role, .expires_at = now_ms + SLIP_VALID_MS};
    (void)snprintf(slip.party.text, sizeof(slip.party.text), "%s", party);
    (void)snprintf(slip.endpoint, sizeof(slip.endpoint), "%s", endpoint);
    (void)snprintf(slip.origin, sizeof(slip.origin), "%s", ledger_origin(l));
    memcpy(slip.broker_curve, curve->public_key, sizeof(slip.broker_curve));
    slip_new_code(slip.code);
    slip_keys(&slip, &keys);
    (void)snprintf(invite.party, sizeof(invite.party), "%s", party);
    memcpy(invite.invite_key, keys.sign.public_key.bytes, sizeof(invite.invite_key));
    memcpy(invite.invite_curve, keys.curve_public, sizeof(invite.invite_curve));
    *ret_slip = slip;
    explicit_bzero(&slip, sizeof(slip));
    explicit_bzero(&keys, sizeof(keys));
    return wire_invite_encode(&invite, payload);
}

/* ---- Through the running broker ---- */

static enum ng_err operator_ask(const char *folder, const char *request, uint64_t *ret_index)
{
    char answer[CONTROL_TEXT_MAX];
    enum ng_err err = control_ask(folder, request, CONTROL_TIMEOUT_MS, answer);
    if (err == NG_OK && strncmp(answer, OPERATOR_OK, sizeof(OPERATOR_OK) - 1) != 0) {
        err = err_set(NG_ERR_REFUSED, _("the running broker says: %s"), answer);
    }
    if (err == NG_OK) {
        *ret_index = strtoull(answer + sizeof(OPERATOR_OK) - 1, NULL, 10);
    }
    return err;
}

static enum ng_err operator_ask_say(const char *folder, uint32_t kind, const char *to,
                                    struct bytes payload, uint64_t *ret_index)
{
    struct buf hex = BUF_INIT(CONTROL_TEXT_MAX);
    char request[CONTROL_TEXT_MAX];
    CHECK(payload.size <= PAYLOAD_MAX); /* an invite, a reason: a few hundred bytes */
    enum ng_err err = bytes_hex(&hex, payload.data, payload.size);
    if (err == NG_OK) {
        (void)snprintf(request, sizeof(request), OPERATOR_SAY " %u %s %s", kind,
                       to[0] == '\0' ? "-" : to, buf_text(&hex));
        err = operator_ask(folder, request, ret_index);
    }
    buf_fini(&hex);
    return err;
}

bool operator_is_request(const char *request)
{
    return strncmp(request, OPERATOR_SAY " ", sizeof(OPERATOR_SAY)) == 0 ||
           strcmp(request, OPERATOR_ROTATE) == 0;
}

static enum ng_err operator_author(struct desk *d, const struct desk_now *now, const char *request,
                                   struct buf *payload, uint64_t *ret_index)
{
    struct party_code to = {""};
    char *at = NULL;
    const unsigned long kind = strtoul(request + sizeof(OPERATOR_SAY), &at, 10);
    const size_t size = *at == ' ' ? strcspn(at + 1, " ") : 0;
    if (size == 0 || size > PARTY_CODE_MAX || at[1 + size] != ' ' || kind > UINT32_MAX) {
        return err_plain(NG_ERR_INPUT);
    }
    if (size != 1 || at[1] != '-') {
        memcpy(to.text, at + 1, size);
    }
    const char *hex = at + 1 + size + 1;
    enum ng_err err = bytes_from_hex(payload, hex, strlen(hex));
    if (err == NG_OK) {
        err = desk_author(d, (uint32_t)kind, &to, buf_bytes(payload), now, ret_index);
    }
    if (err == NG_OK) {
        log_event(LOG_NOTICE, "operator_said", "kind=%lu to=%s index=%llu", kind, to.text,
                  (unsigned long long)*ret_index);
    }
    return err;
}

static enum ng_err operator_change_key(struct desk *d, const struct desk_now *now,
                                       uint64_t *ret_index)
{
    const enum ng_err err = desk_rotate(d, now, ret_index);
    if (err == NG_OK) {
        log_event(LOG_NOTICE, "log_key_changed", "index=%llu", (unsigned long long)*ret_index);
    }
    return err;
}

void operator_answer(struct desk *d, const struct desk_now *now, const char *request,
                     char ret_answer[CONTROL_TEXT_MAX])
{
    struct buf payload = BUF_INIT(PAYLOAD_MAX);
    uint64_t index = 0;
    const enum ng_err err = strcmp(request, OPERATOR_ROTATE) == 0
                                ? operator_change_key(d, now, &index)
                                : operator_author(d, now, request, &payload, &index);
    if (err == NG_OK) {
        (void)snprintf(ret_answer, CONTROL_TEXT_MAX, OPERATOR_OK "%llu", (unsigned long long)index);
    } else {
        (void)snprintf(ret_answer, CONTROL_TEXT_MAX, "%s", err_explain(err));
    }
    buf_fini(&payload);
}

/* ---- Alone ---- */

/* The log to write in, and its time; to be closed. */
static enum ng_err operator_open(const char *folder, struct ledger **ret, uint64_t *ret_now_ms)
{
    char *head = NULL;
    enum ng_err err = home_head_path(folder, NULL, &head);
    if (err == NG_OK) {
        err = ledger_open(folder, head, LEDGER_WRITE, ret);
    }
    if (err == NG_OK && ledger_read_only(*ret) != NULL) {
        err = err_set(NG_ERR_CORRUPT, "%s", ledger_read_only(*ret));
    }
    if (err == NG_OK && ledger_is_copy(*ret)) {
        err = err_set(NG_ERR_REFUSED,
                      _("this log was put back and may lack its newest entries: start "
                        "nganam-broker serve, which asks the parties, and run the command again "
                        "beside it"));
    }
    if (err == NG_OK) {
        err = operator_log_time(*ret, ret_now_ms);
    }
    free(head);
    return err;
}

static enum ng_err operator_write(const char *folder, uint32_t kind, const char *to,
                                  struct bytes payload, uint64_t *ret_index)
{
    struct ledger *l = NULL;
    struct party_code code = {""};
    uint64_t now_ms = 0;
    (void)snprintf(code.text, sizeof(code.text), "%s", to);
    enum ng_err err = operator_open(folder, &l, &now_ms);
    if (err == NG_OK) {
        err = ledger_author_log(l, kind, &code, payload, now_ms, ret_index);
    }
    ledger_close(&l);
    return err;
}

enum ng_err operator_say(const char *folder, uint32_t kind, const char *to, struct bytes payload,
                         uint64_t *ret_index)
{
    int lock = -1;
    enum ng_err err = home_lock(folder, &lock);
    if (err == NG_ERR_BUSY) {
        return operator_ask_say(folder, kind, to, payload, ret_index);
    }
    if (err == NG_OK) {
        err = operator_write(folder, kind, to, payload, ret_index);
    }
    file_unlock(&lock);
    return err;
}

enum ng_err operator_rotate(const char *folder, uint64_t *ret_index)
{
    struct ledger *l = NULL;
    uint64_t now_ms = 0;
    int lock = -1;
    enum ng_err err = home_lock(folder, &lock);
    if (err == NG_ERR_BUSY) {
        return operator_ask(folder, OPERATOR_ROTATE, ret_index);
    }
    if (err == NG_OK) {
        err = operator_open(folder, &l, &now_ms);
    }
    if (err == NG_OK) {
        err = ledger_rotate(l, now_ms, ret_index);
    }
    ledger_close(&l);
    file_unlock(&lock);
    return err;
}
