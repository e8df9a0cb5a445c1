/* How a town begins, and what its units say. */
#include "town.h"

#include "base/file.h"
#include "folder.h"
#include "office-service/state.h"
#include "par/criteria.h"
#include "proto/wire_par.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MICRO 1000000
#define PAYLOAD_MAX (STATEMENT_SIZE_MAX - STATEMENT_HEADER_SIZE)

static const char *const codes[1 + TOWN_UNITS] = {
    "office",   "phuong1",   "phuong2",     "phuong3",    "my-binh",   "my-quoi",
    "tan-long", "vinh.bien", "phong-noivu", "phong-tckt", "phong-tnmt"};

static const char criteria_text[] =
    "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n"
    "I,,field,x,,25,sum,,,\n"
    "1,I,component,a,,10,points,,rescale,\n"
    "2,I,component,b,,4,points,,rescale,\n"
    "3,I,component,c,,6,count,per=0.5,rescale,\n"
    "4,I,component,d,,5,points,,full,\n";

static void must(enum ng_err e, const char *what)
{
    if (e != NG_OK) {
        (void)fprintf(stderr, "town: %s: %s\n", what, err_explain(e));
        abort();
    }
}

/* The statement as it was stored, so that the log can be searched for it. */
static struct hash author(struct town *t, size_t n, uint32_t kind, const char *to,
                          const struct wire_acts *acts, uint64_t *ret_seq)
{
    struct party *p = t->w->parties[n].party;
    struct buf payload = BUF_INIT(PAYLOAD_MAX), statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf receipt = BUF_INIT(RECEIPT_SIZE_MAX);
    struct party_draft draft = {.kind = kind};
    struct party_own own;
    struct hash hash = {{0}};
    must(wire_acts_encode(acts, &payload), "acts");
    draft.payload = buf_bytes(&payload);
    (void)snprintf(draft.to.text, sizeof(draft.to.text), "%s", to);
    const enum ng_err e = party_author(p, &draft, 1, world_time(t->w, n).wall_ms, ret_seq);
    if (e == NG_ERR_REFUSED) {
        *ret_seq = 0; /* muted: an old copy, or frozen */
    } else {
        must(e, "author");
        must(party_own_get(p, *ret_seq, &own, &statement, &receipt), "own");
        hash = statement_hash(buf_bytes(&statement));
        world_look(t->w, n);
    }
    buf_fini(&payload);
    buf_fini(&statement);
    buf_fini(&receipt);
    return hash;
}

/* ---- Reports ---- */

struct answer {
    char value[48];
};

/* An answer and, from the field's own rules worked by hand, what it is worth. */
static struct book_act make_answer(struct rng *r, struct answer *ret)
{
    static const int64_t maxima[TOWN_COMPONENTS] = {1000, 400, 600, 500}; /* hundredths */
    struct book_act act = {.component = rng_below(r, TOWN_COMPONENTS)};
    const int64_t max = maxima[act.component];
    act.code = town_components[act.component];
    if (rng_below(r, 8) == 0) { /* what no set takes */
        act.outcome = BOOK_REFUSED;
        act.code = rng_below(r, 2) == 0 ? "9.9" : act.code;
        (void)snprintf(ret->value, sizeof(ret->value), "%s", act.component == 2 ? "-1" : "99");
    } else if (act.component == 2) { /* half a point each, six at most */
        const int64_t count = (int64_t)rng_below(r, 20);
        act.points = (count * 50 < max ? count * 50 : max) * (MICRO / 100);
        (void)snprintf(ret->value, sizeof(ret->value), "%lld", (long long)count);
    } else {
        const int64_t value = (int64_t)rng_below(r, (uint64_t)max + 1);
        act.points = value * (MICRO / 100);
        (void)snprintf(ret->value, sizeof(ret->value), "%lld.%02lld", (long long)(value / 100),
                       (long long)(value % 100));
    }
    return act;
}

/* A later line of the same report takes its place, whatever becomes of that one. */
static void supersede(struct book_said *said)
{
    for (size_t i = 0; i < said->act_count; i++) {
        for (size_t later = i + 1; later < said->act_count; later++) {
            if (strcmp(said->acts[i].code, said->acts[later].code) == 0) {
                said->acts[i].outcome = BOOK_SUPERSEDED;
            }
        }
    }
}

void town_report(struct town *t, size_t n)
{
    struct answer answers[BOOK_ACTS_MAX];
    struct wire_act acts[BOOK_ACTS_MAX] = {{.kind = WIRE_ACT_REPORT}};
    struct book_said said = {.act_count = 1 + rng_below(&t->rng, BOOK_ACTS_MAX)};
    for (size_t i = 0; i < said.act_count; i++) {
        said.acts[i] = make_answer(&t->rng, &answers[i]);
        acts[i] = (struct wire_act){.kind = WIRE_ACT_REPORT,
                                    .u.report = {.year = TOWN_YEAR,
                                                 .period = "2026",
                                                 .code = said.acts[i].code,
                                                 .value = answers[i].value}};
    }
    if (t->w->parties[n].party == NULL) {
        return;
    }
    supersede(&said);
    const struct wire_acts all = {.acts = acts, .count = said.act_count};
    said.hash = author(t, n, WIRE_KIND_REPORT, "", &all, &said.seq);
    (void)snprintf(said.code, sizeof(said.code), "%s", t->w->parties[n].code);
    if (said.seq > 0) {
        book_say(&t->book, &said);
        t->seen.copy_reports += n > TOWN_UNITS;
    }
}

/* ---- The watcher on the line ---- */

/* One bit of the first receipt's proof or header; what the broker meant is in the book. */
static void bend(struct town *t, const struct wire_from_broker *m, struct buf *instead)
{
    struct wire_answer answers[WIRE_STATEMENTS_MAX];
    struct wire_from_broker other = *m;
    uint8_t bytes[WIRE_FRAME_MAX];
    memcpy(answers, m->u.submitted.answers, m->u.submitted.count * sizeof(*answers));
    other.u.submitted.answers = answers;
    struct bytes *which =
        answers[0].inclusion.size > 0 ? &answers[0].inclusion : &answers[0].leaf_header;
    memcpy(bytes, which->data, which->size);
    bytes[rng_below(&t->rng, which->size)] ^= (uint8_t)(1u << rng_below(&t->rng, 8));
    which->data = bytes;
    must(wire_from_broker_encode(&other, instead), "bend");
    t->seen.bent++;
}

static bool watch(void *context, size_t party, struct bytes frame, struct buf *instead)
{
    struct town *t = context;
    struct wire_from_broker *m = NULL;
    must(wire_from_broker_decode(frame, &m), "a frame of the broker");
    if (!book_read_frame(&t->book, t->w->parties[party].code, m, t->w->broker.origin,
                         &t->w->broker.log_key)) {
        (void)fprintf(stderr, "a head that its key did not sign\n");
        t->wrong++;
    }
    const bool bends = m->kind == WIRE_SUBMITTED && m->u.submitted.count > 0 &&
                       m->u.submitted.answers[0].accepted && rng_below(&t->rng, 1000) < t->bend;
    if (bends) {
        bend(t, m, instead);
        t->was_bent[party] = true;
    }
    wire_from_broker_destroy(&m);
    return bends;
}

/* ---- The beginning ---- */

static void say_units(struct town *t)
{
    struct wire_act acts[TOWN_UNITS];
    uint64_t seq = 0;
    for (size_t i = 0; i < TOWN_UNITS; i++) {
        acts[i] = (struct wire_act){
            .kind = WIRE_ACT_UNIT,
            .u.unit = {.code = codes[1 + i], .name = codes[1 + i], .group = TOWN_GROUP}};
    }
    const struct wire_acts all = {.acts = acts, .count = TOWN_UNITS};
    (void)author(t, 0, WIRE_KIND_UNITS, "*", &all, &seq);
}

static void say_criteria(struct town *t)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    struct actlist *list = NULL;
    uint64_t seq = 0;
    const struct bytes text = {(const uint8_t *)criteria_text, sizeof(criteria_text) - 1};
    must(criteria_parse_csv(text, "SET", TOWN_YEAR, TOWN_GROUP, &faults, &set), "set");
    must(criteria_to_acts(set, &list), "set");
    const struct wire_acts all = {.acts = actlist_acts(list), .count = actlist_count(list)};
    (void)author(t, 0, WIRE_KIND_CRITERIA, "*", &all, &seq);
    actlist_destroy(&list);
    criteria_destroy(&set);
    fault_list_fini(&faults);
}

static void count_from_here(struct town *t)
{
    struct mirror_view v;
    struct state_meta meta;
    must(mirror_view_begin(t->mirror, &v), "view");
    must(state_meta_get(mirror_view_state(&v), &meta), "meta");
    mirror_view_end(&v);
    t->base_size = meta.applied;
    t->accepted_base = meta.accepted;
    t->refused_base = meta.refused;
}

/* In memory where there is such a place: what a disk does with a sync is not what is tried here. */
static void make_folder(struct town *t)
{
    const char *base = getenv("TMPDIR");
    const char *otherwise = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(t->folder, sizeof(t->folder), "%s/nganam-town-XXXXXX",
                   base != NULL ? base : otherwise);
    must(mkdtemp(t->folder) != NULL ? NG_OK : err_set(NG_ERR_IO, "mkdtemp"), t->folder);
}

/* DATA/state is made by the first opening, as nganam-office init does. */
static void open_office(struct town *t)
{
    struct mirror *m = NULL;
    must(mirror_open(t->w->parties[0].folder, MIRROR_MADE_UP, &m), "mirror");
    mirror_close(&m);
    t->office_dark = true; /* so that the restart takes the folder there is */
    town_restart_office(t, false);
}

struct town *town_new(uint64_t seed)
{
    char broker[300];
    struct town *t = calloc(1, sizeof(*t));
    must(t != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "town"), "town");
    make_folder(t);
    (void)snprintf(broker, sizeof(broker), "%s/broker", t->folder);
    must(file_make_folder(broker), "broker");
    must(key_init(), "keys");
    book_init(&t->book);
    t->w = world_new_with(t->folder, seed, backend_desk(broker), codes, 1 + TOWN_UNITS);
    t->rng = rng_seeded(rng_next(&t->w->rng));
    t->w->watch = watch;
    t->w->watch_context = t;
    open_office(t);
    for (size_t n = 1; n <= TOWN_UNITS; n++) {
        world_start(t->w, n);
    }
    say_units(t);
    say_criteria(t);
    if (!town_settle(t, 10 * 60 * 1000)) {
        (void)fprintf(stderr, "town: does not begin\n");
        t->wrong++;
    }
    count_from_here(t);
    return t;
}

void town_destroy(struct town **town)
{
    struct town *t = *town;
    world_kill(t->w, 0);
    mirror_close(&t->mirror);
    world_destroy(&t->w);
    book_fini(&t->book);
    (void)folder_remove(t->folder);
    free(t);
    *town = NULL;
}
