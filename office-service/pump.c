/* The idea: the state says what is owed, the outbox remembers causes, so the pump itself may forget
 * everything: after a restart it offers all that is owed again and the outbox drops what was
 * written. `next` only saves offering it at every turn. */
#include "office-service/pump.h"

#include "base/day.h"
#include "base/lang.h"
#include "office-service/verdict_row.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64u
#define CAUSE_SIZE 65u
#define AFTER_MIDNIGHT_MS 10000
#define HOUR_MS 3600000

struct draft_text {
    char cause[CAUSE_SIZE];
    struct buf payload;
};

struct drafts {
    struct party_draft items[BATCH];
    struct draft_text texts[BATCH];
    size_t count;
    int64_t tick_hour; /* what the pump's will be once these are authored */
};

static void drafts_fini(struct drafts *d)
{
    for (size_t i = 0; i < BATCH; i++) {
        buf_fini(&d->texts[i].payload);
    }
    free(d);
}

static struct drafts *drafts_new(void)
{
    struct drafts *d = calloc(1, sizeof *d);
    for (size_t i = 0; d && i < BATCH; i++) {
        buf_init(&d->texts[i].payload, STATEMENT_SIZE_MAX);
    }
    return d;
}

/* The payload is in the text's buffer already. */
static void add_draft(struct drafts *d, uint32_t kind, const char *to)
{
    struct draft_text *text = &d->texts[d->count];
    struct party_draft *draft = &d->items[d->count++];
    draft->kind = kind;
    (void)snprintf(draft->to.text, sizeof draft->to.text, "%s", to);
    draft->payload = buf_bytes(&text->payload);
    draft->cause = (struct bytes){(const uint8_t *)text->cause, strlen(text->cause)};
}

int64_t pump_wait_ms(const struct pump *p, struct mono now, uint64_t folded)
{
    if (!p->asked) {
        return 0;
    }
    const bool more = p->full || folded != p->folded;
    const int64_t ms = clock_between_ms(now, more ? p->rest : p->look);
    return ms > 0 ? ms : 0;
}

/* A turn that filled its batch left more behind: to rest would only hold that up. */
void pump_rest(struct pump *p, struct mono now, uint64_t folded, size_t count)
{
    p->asked = true;
    p->folded = folded;
    p->full = count == BATCH;
    p->rest = clock_after(now, count > 0 && !p->full ? PUMP_REST_MS : 0);
    p->look = clock_after(now, PUMP_LOOK_MS);
}

int32_t pump_tick_day(int32_t state_day, int64_t now_ms)
{
    int32_t today = day_of_ms(now_ms - AFTER_MIDNIGHT_MS);
    return state_day != DAY_NONE && state_day < today ? today - 1 : DAY_NONE;
}

static enum ng_err draft_tick(struct drafts *d, const struct pump *p, int32_t state_day,
                              int64_t now_ms)
{
    int32_t day = pump_tick_day(state_day, now_ms);
    int64_t hour = now_ms / HOUR_MS;
    d->tick_hour = day == DAY_NONE ? 0 : hour; /* the next tick of a turned day is a first one */
    if (day == DAY_NONE || p->tick_hour == hour) {
        return NG_OK;
    }
    char text[11];
    struct draft_text *draft = &d->texts[d->count];
    day_format_iso(day, text);
    /* The first names the day alone; one that follows because the day did not turn, its hour too.
     */
    bool first = p->tick_hour == 0;
    if (first) {
        (void)snprintf(draft->cause, sizeof draft->cause, "tick:%s", text);
    } else {
        (void)snprintf(draft->cause, sizeof draft->cause, "tick:%s/%lld", text, (long long)hour);
    }
    const struct wire_act act = {.kind = WIRE_ACT_TICK, .u.tick_day = text};
    const struct wire_acts acts = {.acts = &act, .count = 1};
    enum ng_err err = wire_acts_encode(&acts, &draft->payload);
    if (!err) {
        add_draft(d, WIRE_KIND_TICK, "");
    }
    return err;
}

/* One part into the next draft; NG_ERR_NOT_FOUND: it has no such part. */
static enum ng_err draft_part(struct drafts *d, const struct kv *kv, uint64_t index, uint32_t part)
{
    struct verdict_row row;
    struct draft_text *draft = &d->texts[d->count];
    enum ng_err err = verdict_row_get(kv, index, part, &row);
    if (!err) {
        err = buf_add(&draft->payload, row.payload.data, row.payload.size);
    }
    if (err) {
        return err;
    }
    if (part == 0) {
        (void)snprintf(draft->cause, sizeof draft->cause, "verdict:%llu",
                       (unsigned long long)index);
    } else {
        (void)snprintf(draft->cause, sizeof draft->cause, "verdict:%llu/%lu",
                       (unsigned long long)index, (unsigned long)part);
    }
    add_draft(d, WIRE_KIND_VERDICT, row.author);
    return NG_OK;
}

/* From there on, as many as there is room for. Of a verdict some of whose parts are in the log
 * already all are offered; the outbox knows them. */
static enum ng_err draft_verdicts(struct drafts *d, const struct kv *kv, struct pump_place *at)
{
    while (d->count < BATCH) {
        uint64_t index;
        enum ng_err err = verdict_row_owed(kv, at->index, &index);
        if (err == NG_ERR_NOT_FOUND) {
            break;
        }
        if (!err) {
            at->part = index == at->index ? at->part : 0;
            at->index = index;
            err = draft_part(d, kv, index, at->part);
        }
        if (err == NG_ERR_NOT_FOUND && at->part > 0) {
            *at = (struct pump_place){index + 1, 0};
        } else if (err) {
            return err == NG_ERR_NOT_FOUND
                       ? err_set(NG_ERR_CORRUPT,
                                 _("state: verdict %llu is owed but not there; run rebuild"),
                                 (unsigned long long)index)
                       : err;
        } else {
            at->part++;
        }
    }
    return NG_OK;
}

static enum ng_err gather(struct drafts *d, const struct pump *p, struct mirror *m, int64_t now_ms,
                          struct pump_place *next)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err) {
        return err;
    }
    err = state_meta_get(mirror_view_state(&v), &meta);
    if (!err) {
        err = draft_tick(d, p, meta.day, now_ms);
    }
    if (!err) {
        err = draft_verdicts(d, mirror_view_state(&v), next);
    }
    mirror_view_end(&v);
    return err;
}

enum ng_err pump_turn(struct pump *p, struct mirror *m, struct party *party, int64_t now_ms,
                      size_t *ret_count)
{
    uint64_t seqs[BATCH];
    struct pump_place next = p->next;
    struct drafts *d = drafts_new();
    *ret_count = 0;
    if (!d) {
        return err_plain(NG_ERR_NOMEM);
    }
    enum ng_err err = gather(d, p, m, now_ms, &next);
    if (!err && d->count > 0) {
        err = party_author(party, d->items, d->count, now_ms, seqs);
    }
    if (!err) {
        p->next = next;
        p->tick_hour = d->tick_hour;
        for (size_t i = 0; i < d->count; i++) {
            *ret_count += seqs[i] != 0;
        }
    }
    drafts_fini(d);
    return err;
}
