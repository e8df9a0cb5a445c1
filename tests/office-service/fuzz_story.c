#include "fuzz_story.h"

#include "proto/wire_queue.h"

#include <stdio.h>

const char *const fuzz_story_authors[FUZZ_STORY_AUTHORS] = {"log", "OFFICE", "P1",
                                                            "P2",  "D1",     "AUDIT"};

bool fuzz_story_leaf(struct buf *to, uint64_t index, int64_t received_at, const char *author,
                     uint32_t kind, struct bytes payload)
{
    static const uint8_t no_signature[64];
    struct statement s = {.kind = kind, .epoch = 1, .seq = index + 1, .payload = payload};
    struct buf statement = BUF_INIT(STATEMENT_LOG_SIZE_MAX);
    (void)snprintf(s.author.text, sizeof(s.author.text), "%s", author);
    const bool fits = statement_encode(&s, &statement) == NG_OK;
    if (fits) {
        const struct leaf leaf = {.index = index,
                                  .received_at = (uint64_t)received_at,
                                  .statement = buf_bytes(&statement),
                                  .signature = no_signature};
        buf_clear(to);
        CHECK(leaf_encode(&leaf, to) == NG_OK);
    }
    buf_fini(&statement);
    return fits;
}

struct story {
    struct fold *fold;
    const struct kv *kv;
    uint64_t count;
    int64_t now;
    enum ng_err err; /* of the first leaf that was not taken; those behind it are not said */
};

static void say(struct story *s, const char *author, uint32_t kind, struct bytes payload)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    CHECK(fuzz_story_leaf(&leaf, s->count, s->now++, author, kind, payload));
    if (!s->err) {
        s->err = fold_apply(s->fold, s->kv, s->count++, buf_bytes(&leaf));
    }
    buf_fini(&leaf);
}

static void say_acts(struct story *s, const char *author, uint32_t kind,
                     const struct wire_act *acts, size_t count)
{
    const struct wire_acts all = {.acts = acts, .count = count};
    struct buf payload = BUF_INIT(STATEMENT_SIZE_MAX);
    CHECK(wire_acts_encode(&all, &payload) == NG_OK);
    say(s, author, kind, buf_bytes(&payload));
    buf_fini(&payload);
}

static void invite(struct story *s, const char *author, const char *party, enum wire_role role)
{
    struct wire_invite m = {.role = role, .expires_at = UINT64_MAX};
    struct buf payload = BUF_INIT(1024);
    (void)snprintf(m.party, sizeof(m.party), "%s", party);
    CHECK(wire_invite_encode(&m, &payload) == NG_OK);
    say(s, author, STATEMENT_INVITE, buf_bytes(&payload));
    buf_fini(&payload);
}

#define NODE(c, p, l, m, how, with, na)                                                            \
    {                                                                                              \
        .kind = WIRE_ACT_NODE, .u.node = {                                                         \
            .code = (c),                                                                           \
            .parent = (p),                                                                         \
            .level = (l),                                                                          \
            .name_vi = "N",                                                                        \
            .max_points = (m),                                                                     \
            .method = (how),                                                                       \
            .params = (with),                                                                      \
            .na_policy = (na)                                                                      \
        }                                                                                          \
    }

static const struct wire_act set_acts[] = {
    {.kind = WIRE_ACT_CRITERIA,
     .u.criteria =
         {.set = "SET", .year = FUZZ_STORY_YEAR, .group = "ward", .rounding = 2, .nodes = 12}},
    NODE("1", "", "field", "16", "sum", "", ""),
    NODE("1.1", "1", "component", "5", "points", "", "rescale"),
    NODE("1.2", "1", "component", "5", "choice", "co:5|khong:0", "full"),
    NODE("1.3", "1", "component", "3", "ratio", "", "na=rescale none=full"),
    NODE("1.4", "1", "component", "3", "bands", ">=95:3|:0", "zero"),
    NODE("2", "", "field", "10", "sum", "", ""),
    NODE("2.1", "2", "component", "5", "survey", "", ""),
    NODE("2.2", "2", "component", "5", "tasks", ">=50:5|:0", "full"),
    NODE("3", "", "field", "4", "sum", "kind=bonus cap=4", ""),
    NODE("3.1", "3", "component", "4", "count", "per=1", ""),
    NODE("4", "", "field", "4", "sum", "kind=deduction cap=2", ""),
    NODE("4.1", "4", "component", "4", "count", "per=2", ""),
};

#define UNIT(c, g)                                                                                 \
    {                                                                                              \
        .kind = WIRE_ACT_UNIT, .u.unit = {.code = (c), .name = (c), .group = (g) }                 \
    }
#define TASK(c, who, y, when)                                                                      \
    {                                                                                              \
        .kind = WIRE_ACT_TASK, .u.task = {                                                         \
            .code = (c),                                                                           \
            .unit = (who),                                                                         \
            .year = (y),                                                                           \
            .name = "T",                                                                           \
            .area = "a",                                                                           \
            .due = (when),                                                                         \
            .weight = "1"                                                                          \
        }                                                                                          \
    }
#define VALUE(c, v)                                                                                \
    {                                                                                              \
        .kind = WIRE_ACT_REPORT, .u.report = {.year = FUZZ_STORY_YEAR, .code = (c), .value = (v) } \
    }
#define CHOICE(c, v)                                                                               \
    {                                                                                              \
        .kind = WIRE_ACT_REPORT, .u.report = {                                                     \
            .year = FUZZ_STORY_YEAR,                                                               \
            .code = (c),                                                                           \
            .choice = (v)                                                                          \
        }                                                                                          \
    }
#define PROGRESS(c, p)                                                                             \
    {                                                                                              \
        .kind = WIRE_ACT_PROGRESS, .u.progress = {                                                 \
            .year = FUZZ_STORY_YEAR,                                                               \
            .code = (c),                                                                           \
            .percent = (p)                                                                         \
        }                                                                                          \
    }
#define SURVEY(who, c, v)                                                                          \
    {                                                                                              \
        .kind = WIRE_ACT_SURVEY, .u.survey = {                                                     \
            .year = FUZZ_STORY_YEAR,                                                               \
            .unit = (who),                                                                         \
            .code = (c),                                                                           \
            .value = (v)                                                                           \
        }                                                                                          \
    }
#define EVENT(c, when)                                                                             \
    {                                                                                              \
        .kind = WIRE_ACT_EVENT, .u.event = {.code = (c), .date = (when) }                          \
    }

static const struct wire_act unit_acts[] = {UNIT("P1", "ward"), UNIT("P2", "ward"),
                                            UNIT("D1", "department")};
static const struct wire_act task_acts[] = {
    TASK("T1", "@ward", "2026", "2026-01-20"), TASK("T2", "P1", "2026", "every:month:25"),
    TASK("T3", "P2", "2025-2026", "event:E1+20d"), TASK("T4", "P1", "2026", "continuous")};
static const struct wire_act event_acts[] = {EVENT("E1", "2026-01-10")};
static const struct wire_act p1_acts[] = {VALUE("1.1", "4.5"), CHOICE("1.2", "co"),
                                          VALUE("3.1", "2"), PROGRESS("T1", 100),
                                          PROGRESS("T2", 50)};
static const struct wire_act p2_acts[] = {VALUE("1.1", "3"), VALUE("1.4", "96"), VALUE("4.1", "1"),
                                          VALUE("9.9", "1")};
static const struct wire_act survey_acts[] = {SURVEY("P1", "2.1", "4")};

#define SAY(s, who, kind, acts) say_acts(s, who, kind, acts, sizeof(acts) / sizeof((acts)[0]))

uint64_t fuzz_story_fold(struct fold *f, const struct kv *kv)
{
    struct story s = {.fold = f, .kv = kv, .now = FUZZ_STORY_NOW};
    invite(&s, "log", "OFFICE", WIRE_ROLE_OFFICE);
    invite(&s, "OFFICE", "P1", WIRE_ROLE_WARD);
    invite(&s, "OFFICE", "P2", WIRE_ROLE_WARD);
    invite(&s, "OFFICE", "D1", WIRE_ROLE_DEPARTMENT);
    invite(&s, "OFFICE", "AUDIT", WIRE_ROLE_AUDITOR);
    SAY(&s, "OFFICE", WIRE_KIND_UNITS, unit_acts);
    SAY(&s, "OFFICE", WIRE_KIND_CRITERIA, set_acts);
    SAY(&s, "OFFICE", WIRE_KIND_TASKS, task_acts);
    SAY(&s, "OFFICE", WIRE_KIND_EVENTS, event_acts);
    SAY(&s, "P1", WIRE_KIND_REPORT, p1_acts);
    SAY(&s, "P2", WIRE_KIND_REPORT, p2_acts);
    SAY(&s, "OFFICE", WIRE_KIND_SURVEY, survey_acts);
    CHECK(s.err == NG_OK);
    return s.count;
}

/* Each of these reads rows of the story and writes over them. */
static const struct wire_act p1_again[] = {VALUE("1.1", "5"), CHOICE("1.2", "co"),
                                           PROGRESS("T1", 40), PROGRESS("T2", 100)};
static const struct wire_act surveys_again[] = {SURVEY("P1", "2.1", "3"), SURVEY("P2", "2.1", "2")};
static const struct wire_act event_again[] = {EVENT("E1", "2026-02-10")};
static const struct wire_act tasks_again[] = {TASK("T1", "@ward", "2026", "2026-03-20"),
                                              TASK("T5", "@ward", "2026", "every:month:5")};
static const struct wire_act units_again[] = {UNIT("P2", "department"), UNIT("P3", "ward")};

enum ng_err fuzz_story_go_on(struct fold *f, const struct kv *kv, uint64_t count)
{
    const int64_t months = INT64_C(100) * 86400000; /* deadlines pass meanwhile */
    struct story s = {.fold = f, .kv = kv, .count = count, .now = FUZZ_STORY_NOW + 1000};
    SAY(&s, "P1", WIRE_KIND_REPORT, p1_again);
    SAY(&s, "OFFICE", WIRE_KIND_SURVEY, surveys_again);
    SAY(&s, "OFFICE", WIRE_KIND_EVENTS, event_again);
    SAY(&s, "OFFICE", WIRE_KIND_TASKS, tasks_again);
    s.now += months;
    SAY(&s, "OFFICE", WIRE_KIND_UNITS, units_again);
    SAY(&s, "OFFICE", WIRE_KIND_CRITERIA, set_acts);
    SAY(&s, "P2", WIRE_KIND_REPORT, p2_acts);
    return s.err;
}
