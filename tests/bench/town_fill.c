/* Every unit of a town answers every component once, by the real road: the office invites, each
 * unit enrols, saves one report and delivers it. Only the commands' start is left out: the
 * libraries are called from here, in processes of their own, since whoever had sockets must not
 * fork. */
#include "bench/town.h"

#include "base/clock.h"
#include "party/enrol.h"
#include "party/party.h"

#include "proto/wire_par.h"
#include "proto/wire_queue.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILLERS 4u
#define INVITES 64u /* a transaction */
#define WAIT_MS 60000

struct fill {
    const struct town *town;
    uint64_t first, count; /* units first + 1 … first + count */
    struct slip *slips;
};

static void make_slip(const struct identity *id, const char *unit, struct slip *ret)
{
    memset(ret, 0, sizeof(*ret));
    (void)snprintf(ret->party.text, sizeof(ret->party.text), "%s", unit);
    (void)snprintf(ret->endpoint, sizeof(ret->endpoint), "%s", id->endpoint);
    (void)snprintf(ret->origin, sizeof(ret->origin), "%s", id->origin);
    memcpy(ret->broker_curve, id->broker_curve, sizeof(ret->broker_curve));
    ret->log_key = id->log_key;
    slip_new_code(ret->code);
}

static enum ng_err encode_invite(const struct slip *slip, struct buf *to)
{
    struct slip_keys keys;
    struct wire_invite invite = {.role = WIRE_ROLE_WARD,
                                 .expires_at = (uint64_t)(clock_wall_ms() + SLIP_VALID_MS)};
    slip_keys(slip, &keys);
    (void)snprintf(invite.party, sizeof(invite.party), "%s", slip->party.text);
    memcpy(invite.invite_key, keys.sign.public_key.bytes, sizeof(invite.invite_key));
    memcpy(invite.invite_curve, keys.curve_public, sizeof(invite.invite_curve));
    return wire_invite_encode(&invite, to);
}

/* Up to INVITES of them from `at`, in one transaction. */
static enum ng_err invite_some(struct fill *f, struct party *office, uint64_t at)
{
    struct buf payloads[INVITES];
    struct party_draft drafts[INVITES];
    uint64_t seqs[INVITES];
    size_t n = 0;
    enum ng_err err = NG_OK;
    for (; n < INVITES && at + n < f->count && err == NG_OK; n++) {
        char unit[17];
        town_unit(f->first + at + n + 1, unit);
        make_slip(party_identity(office), unit, &f->slips[at + n]);
        buf_init(&payloads[n], STATEMENT_SIZE_MAX);
        err = encode_invite(&f->slips[at + n], &payloads[n]);
        drafts[n] =
            (struct party_draft){.kind = STATEMENT_INVITE, .payload = buf_bytes(&payloads[n])};
    }
    if (err == NG_OK) {
        err = party_author(office, drafts, n, clock_wall_ms(), seqs);
    }
    for (size_t i = 0; i < n; i++) {
        buf_fini(&payloads[i]);
    }
    return err;
}

static enum ng_err invite_all(struct fill *f)
{
    char data[TOWN_PATH_SIZE];
    struct party *office = NULL;
    town_data(f->town, "office", data);
    enum ng_err err = party_open(data, &office);
    for (uint64_t at = 0; at < f->count && err == NG_OK; at += INVITES) {
        err = invite_some(f, office, at);
    }
    if (err == NG_OK) {
        err = party_send(office, WAIT_MS);
    }
    party_close(&office);
    return err_wrap(err, "invites");
}

static enum ng_err report_once(const char *folder, uint64_t number)
{
    struct party *p = NULL;
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    uint64_t seq = 0;
    enum ng_err err = party_open(folder, &p);
    if (err == NG_OK) {
        err = town_report(TOWN_COMPONENTS, 100, number * 7, 0, &payload);
    }
    if (err == NG_OK) {
        const struct party_draft draft = {.kind = WIRE_KIND_REPORT, .payload = buf_bytes(&payload)};
        err = party_author(p, &draft, 1, clock_wall_ms(), &seq);
    }
    if (err == NG_OK) {
        err = party_send(p, WAIT_MS);
    }
    buf_fini(&payload);
    party_close(&p);
    return err;
}

/* Each FILLERS-th unit from `which` on. */
static enum ng_err fill_share(const struct fill *f, unsigned which)
{
    const struct enrol_options options = {.timeout_ms = WAIT_MS};
    enum ng_err err = NG_OK;
    for (uint64_t i = which; i < f->count && err == NG_OK; i += FILLERS) {
        char folder[TOWN_PATH_SIZE];
        struct enrol_news news;
        town_data(f->town, f->slips[i].party.text, folder);
        err = enrol_run(folder, &f->slips[i], &options, &news);
        if (err == NG_OK) {
            err = report_once(folder, i);
        }
        err = err_wrap(err, "%s", f->slips[i].party.text);
        process_remove_folder(folder); /* it has no more to say */
    }
    return err;
}

static pid_t start(enum ng_err (*work)(const struct fill *f, unsigned which), const struct fill *f,
                   unsigned which)
{
    const pid_t pid = fork();
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        const enum ng_err err = work(f, which);
        _exit(err == NG_OK || bench_failed("fill", err) ? 0 : 1);
    }
    return pid;
}

bool town_fill(const struct town *t, uint64_t first, uint64_t units)
{
    struct fill f = {.town = t, .first = first, .count = units > first ? units - first : 0};
    pid_t pids[FILLERS];
    f.slips = calloc(f.count + 1, sizeof(*f.slips));
    enum ng_err err = f.slips != NULL ? key_init() : err_set(NG_ERR_NOMEM, "slips");
    if (err == NG_OK) {
        err = invite_all(&f); /* the serving office delivers them: no socket is opened here */
    }
    bool good = err == NG_OK || bench_failed("fill", err);
    for (unsigned i = 0; i < FILLERS && good; i++) {
        pids[i] = start(fill_share, &f, i);
    }
    for (unsigned i = 0; i < FILLERS && err == NG_OK; i++) {
        int status = 1;
        good = pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] && status == 0 && good;
    }
    free(f.slips);
    return good;
}
