/* Goal: every kind of act, with every field set, means the same on both sides.
 * Method: each plain record is filled with distinct texts and numbers, encoded, decoded and
 * compared text by text; then limits, parts and what no writer of ours would send. */
#include "harness.h"
#include "proto/wire_par.h"

static struct wire_acts *there_and_back(const struct wire_acts *m)
{
    struct buf payload = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_acts *ret = NULL;
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(m, &payload), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(buf_bytes(&payload), &ret), NG_OK);
    buf_fini(&payload);
    CU_ASSERT_EQUAL_FATAL(ret->count, m->count);
    return ret;
}

static struct wire_acts *one(const struct wire_act *act)
{
    struct wire_acts m = {.acts = act, .count = 1};
    struct wire_acts *r = there_and_back(&m);
    CU_ASSERT_EQUAL_FATAL(r->acts[0].kind, act->kind);
    return r;
}

static void a_report_comes_back_as_it_was(void)
{
    const struct wire_evidence evidence[] = {{"quyết định.pdf", 12345678901, "00ff", "pdf"},
                                             {.name = "b", .size = 2}};
    struct wire_act act = {.kind = WIRE_ACT_REPORT};
    act.u.report = (struct wire_report){.year = 2026,
                                        .period = "2026-Q3",
                                        .code = "1.2.3",
                                        .answered = WIRE_NOTHING_AROSE,
                                        .value = "51.75",
                                        .numerator = "1",
                                        .denominator = "2",
                                        .choice = "full",
                                        .explanation = "vì sao",
                                        .evidence = evidence,
                                        .evidence_count = 2};
    struct wire_acts *r = one(&act);
    const struct wire_report *p = &r->acts[0].u.report;
    CU_ASSERT_EQUAL(p->year, 2026);
    CU_ASSERT_STRING_EQUAL(p->period, "2026-Q3");
    CU_ASSERT_STRING_EQUAL(p->code, "1.2.3");
    CU_ASSERT_EQUAL(p->answered, WIRE_NOTHING_AROSE);
    CU_ASSERT_STRING_EQUAL(p->value, "51.75");
    CU_ASSERT_STRING_EQUAL(p->numerator, "1");
    CU_ASSERT_STRING_EQUAL(p->denominator, "2");
    CU_ASSERT_STRING_EQUAL(p->choice, "full");
    CU_ASSERT_STRING_EQUAL(p->explanation, "vì sao");
    CU_ASSERT_EQUAL_FATAL(p->evidence_count, 2);
    CU_ASSERT_STRING_EQUAL(p->evidence[0].name, "quyết định.pdf");
    CU_ASSERT_EQUAL(p->evidence[0].size, 12345678901);
    CU_ASSERT_STRING_EQUAL(p->evidence[0].id, "00ff");
    CU_ASSERT_STRING_EQUAL(p->evidence[0].type, "pdf");
    CU_ASSERT_EQUAL(p->evidence[1].size, 2);
    CU_ASSERT_STRING_EQUAL(p->evidence[1].id, ""); /* as those who only named it wrote it */
    wire_acts_destroy(&r);
}

static void an_empty_act_comes_back_with_empty_texts(void)
{
    struct wire_act act = {.kind = WIRE_ACT_REPORT};
    struct wire_acts *r = one(&act);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.report.code, "");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.report.value, "");
    CU_ASSERT_EQUAL(r->acts[0].u.report.evidence_count, 0);
    CU_ASSERT_STRING_EQUAL(r->actor, "");
    CU_ASSERT_PTR_NULL(r->actor_signature);
    CU_ASSERT_FALSE(r->has_part);
    CU_ASSERT_EQUAL(r->to_seq, 0);
    wire_acts_destroy(&r);
}

static void progress_verdict_tick_and_fold_come_back_as_they_were(void)
{
    const struct wire_evidence evidence = {.name = "a", .size = 1};
    struct wire_act act = {.kind = WIRE_ACT_PROGRESS};
    act.u.progress =
        (struct wire_progress){2026, "NV-1", 80, "2026-11-30", "ghi chú", &evidence, 1};
    struct wire_acts *r = one(&act);
    CU_ASSERT_EQUAL(r->acts[0].u.progress.percent, 80);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.progress.completed, "2026-11-30");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.progress.note, "ghi chú");
    CU_ASSERT_EQUAL(r->acts[0].u.progress.evidence_count, 1);
    wire_acts_destroy(&r);

    const struct wire_finding findings[] = {{3, WIRE_SUPERSEDED, 7, "1.1", "2"},
                                            {256, WIRE_REFUSED, 8, "", ""}};
    act = (struct wire_act){.kind = WIRE_ACT_VERDICT};
    act.u.verdict = (struct wire_verdict){1ULL << 40, 9, 254, findings, 2, 3, true};
    r = one(&act);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.index, 1ULL << 40);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.seq, 9);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.accepted, 254);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.part, 3);
    CU_ASSERT_TRUE(r->acts[0].u.verdict.more);
    CU_ASSERT_EQUAL_FATAL(r->acts[0].u.verdict.finding_count, 2);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.findings[0].act, 3);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.findings[0].outcome, WIRE_SUPERSEDED);
    CU_ASSERT_EQUAL(r->acts[0].u.verdict.findings[0].reason, 7);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.verdict.findings[0].argument, "2");
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_TICK, .u.tick_day = "2026-12-31"};
    r = one(&act);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.tick_day, "2026-12-31");
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_FOLD, .u.fold_version = 3};
    r = one(&act);
    CU_ASSERT_EQUAL(r->acts[0].u.fold_version, 3);
    wire_acts_destroy(&r);
}

static void the_offices_acts_come_back_as_they_were(void)
{
    struct wire_act act = {.kind = WIRE_ACT_UNIT};
    act.u.unit = (struct wire_unit){"c", "n", "g", "p", "f", "t"};
    struct wire_acts *r = one(&act);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.unit.code, "c");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.unit.name, "n");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.unit.group, "g");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.unit.parent, "p");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.unit.valid_from, "f");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.unit.valid_to, "t");
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_CRITERIA};
    act.u.criteria = (struct wire_criteria){"s", 2026, "g", "100", 2, true, "q", 98};
    r = one(&act);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.criteria.set, "s");
    CU_ASSERT_EQUAL(r->acts[0].u.criteria.year, 2026);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.criteria.total, "100");
    CU_ASSERT_EQUAL(r->acts[0].u.criteria.rounding, 2);
    CU_ASSERT_TRUE(r->acts[0].u.criteria.sample);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.criteria.source, "q");
    CU_ASSERT_EQUAL(r->acts[0].u.criteria.nodes, 98);
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_NODE};
    act.u.node = (struct wire_node){"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    r = one(&act);
    const struct wire_node *n = &r->acts[0].u.node;
    const char *const got[] = {n->code,       n->parent, n->level,  n->name_vi,   n->name_en,
                               n->max_points, n->method, n->params, n->na_policy, n->evidence};
    for (size_t i = 0; i < 10; i++) {
        CU_ASSERT(got[i][0] == (char)('a' + (int)i) && got[i][1] == '\0');
    }
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_TASK};
    act.u.task = (struct wire_task){"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    r = one(&act);
    const struct wire_task *t = &r->acts[0].u.task;
    const char *const task[] = {t->code,     t->year, t->unit,   t->name,    t->area,
                                t->partners, t->due,  t->weight, t->product, t->source};
    for (size_t i = 0; i < 10; i++) {
        CU_ASSERT(task[i][0] == (char)('a' + (int)i) && task[i][1] == '\0');
    }
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_SURVEY, .u.survey = {2026, "u", "c", "8.1"}};
    r = one(&act);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.survey.unit, "u");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.survey.value, "8.1");
    wire_acts_destroy(&r);

    act = (struct wire_act){.kind = WIRE_ACT_EVENT, .u.event = {"HOP", "2026-05-01"}};
    r = one(&act);
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.event.code, "HOP");
    CU_ASSERT_STRING_EQUAL(r->acts[0].u.event.date, "2026-05-01");
    wire_acts_destroy(&r);
}

static const uint8_t signature[WIRE_ACTS_SIGNATURE_SIZE] = {1, 2, 3, [63] = 64};

static void parts_actor_and_to_seq_come_back_as_they_were(void)
{
    struct wire_act act = {.kind = WIRE_ACT_FOLD};
    struct wire_acts m = {.acts = &act,
                          .count = 1,
                          .has_part = true,
                          .import_id = {9, 8, 7},
                          .part_number = 2,
                          .part_count = 3,
                          .to_seq = 5,
                          .actor = "an",
                          .actor_signature = signature};
    struct wire_acts *r = there_and_back(&m);
    CU_ASSERT_TRUE(r->has_part);
    CU_ASSERT_EQUAL(memcmp(r->import_id, m.import_id, 16), 0);
    CU_ASSERT_EQUAL(r->part_number, 2);
    CU_ASSERT_EQUAL(r->part_count, 3);
    CU_ASSERT_EQUAL(r->to_seq, 5);
    CU_ASSERT_STRING_EQUAL(r->actor, "an");
    CU_ASSERT_EQUAL_FATAL(memcmp(r->actor_signature, signature, sizeof signature), 0);
    wire_acts_destroy(&r);
}

/* lib/party adds to_seq behind a payload that is encoded already. */
static void to_seq_may_be_added_behind_the_payload(void)
{
    struct wire_act act = {.kind = WIRE_ACT_FOLD, .u.fold_version = 1};
    struct wire_acts m = {.acts = &act, .count = 1};
    struct buf payload = BUF_INIT(WIRE_FRAME_MAX);
    struct wire_acts *r = NULL;
    CU_ASSERT_EQUAL(wire_acts_encode(&m, &payload), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&payload, "\x18\x07", 2), NG_OK); /* field 3 = 7 */
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(buf_bytes(&payload), &r), NG_OK);
    CU_ASSERT_EQUAL(r->to_seq, 7);
    wire_acts_destroy(&r);
    CU_ASSERT_EQUAL(buf_add(&payload, "\x18\x08", 2), NG_OK); /* twice: which would hold? */
    CU_ASSERT_EQUAL(wire_acts_decode(buf_bytes(&payload), &r), NG_ERR_PROTO);
    buf_fini(&payload);
}

/* What a party's program makes of a payload, a piece at a time. */
static void add_signed(const struct wire_acts *m, const char *actor, struct buf *payload)
{
    buf_clear(payload);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(m, payload), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add(payload, "\x18\x07", 2), NG_OK); /* to_seq */
    CU_ASSERT_EQUAL_FATAL(wire_acts_add_actor(actor, payload), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add(payload, signature, sizeof signature), NG_OK);
}

static void a_signature_put_behind_is_what_the_encoder_writes(void)
{
    const struct wire_act act = {.kind = WIRE_ACT_FOLD, .u.fold_version = 1};
    struct wire_acts m = {.acts = &act, .count = 1};
    struct buf whole = BUF_INIT(WIRE_FRAME_MAX), pieces = BUF_INIT(WIRE_FRAME_MAX);
    char longest[WIRE_ACTOR_ID_MAX + 2] = {0};
    char actor[WIRE_ACTOR_ID_MAX + 1];
    memset(longest, 'n', WIRE_ACTOR_ID_MAX);
    const char *const ids[] = {"a", "le.van-an_2", longest};
    for (size_t i = 0; i < 3; i++) {
        add_signed(&m, ids[i], &pieces);
        CU_ASSERT_EQUAL_FATAL(wire_acts_actor(buf_bytes(&pieces), actor), NG_OK);
        CU_ASSERT_NOT_EQUAL(actor[0], '\0');
        CU_ASSERT_STRING_EQUAL(actor, ids[i]);
        const struct wire_acts said = {
            .acts = &act, .count = 1, .to_seq = 7, .actor = ids[i], .actor_signature = signature};
        buf_clear(&whole);
        CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&said, &whole), NG_OK);
        CU_ASSERT_EQUAL_FATAL(whole.size, pieces.size);
        CU_ASSERT_EQUAL(memcmp(whole.data, pieces.data, whole.size), 0);
    }
    longest[WIRE_ACTOR_ID_MAX] = 'n';
    CU_ASSERT_EQUAL(wire_acts_add_actor(longest, &pieces), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(wire_acts_add_actor("", &pieces), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(wire_acts_add_actor("a n", &pieces), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(wire_acts_add_actor("An", &pieces), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(wire_acts_add_actor("an.", &pieces), NG_ERR_INPUT);
    buf_fini(&whole);
    buf_fini(&pieces);
}

static void refused(const struct buf *payload, const char *what)
{
    struct wire_acts *r = NULL;
    char actor[WIRE_ACTOR_ID_MAX + 1];
    if (wire_acts_decode(buf_bytes(payload), &r) != NG_ERR_PROTO) {
        (void)fprintf(stderr, "taken: %s\n", what);
        CU_FAIL("an actor that is not the payload's end was taken");
    }
    CU_ASSERT_EQUAL(wire_acts_actor(buf_bytes(payload), actor), NG_OK);
    CU_ASSERT_EQUAL(actor[0], '\0');
    wire_acts_destroy(&r);
}

/* Were anything else taken, two readers could mean different bytes by "the payload without it". */
static void an_actor_is_the_payloads_end_in_one_form_or_nothing(void)
{
    const struct wire_act act = {.kind = WIRE_ACT_FOLD, .u.fold_version = 1};
    struct wire_acts m = {.acts = &act, .count = 1};
    struct buf p = BUF_INIT(WIRE_FRAME_MAX);
    const struct {
        const char *what;
        size_t from_end; /* of a byte to change */
        uint8_t to;
    } changed[] = {
        {"an id with a space", 67, ' '},
        {"an id with a line end", 67, '\n'},
        {"a shorter account", 69, 1},
        {"a signature that is said to be shorter", 65, 63},
        {"account in the place of the signature", 66, 1 << 3 | 2},
        {"an unknown field in the place of the signature", 66, 3 << 3 | 2},
        {"an unknown field in the place of the account", 70, 3 << 3 | 2},
    };
    for (size_t i = 0; i < sizeof changed / sizeof changed[0]; i++) {
        add_signed(&m, "an", &p);
        p.data[p.size - changed[i].from_end] = changed[i].to;
        refused(&p, changed[i].what);
    }
    add_signed(&m, "an", &p);
    CU_ASSERT_EQUAL(buf_add(&p, "\x28\x01", 2), NG_OK);
    refused(&p, "an unknown field behind it");
    add_signed(&m, "an", &p);
    p.size -= 1;
    refused(&p, "cut");
    buf_clear(&p);
    CU_ASSERT_EQUAL(wire_acts_encode(&m, &p), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&p, "\x22\x00", 2), NG_OK);
    refused(&p, "an empty actor");
    buf_clear(&p);
    CU_ASSERT_EQUAL(buf_add(&p, "\x22\x48\x12\x40", 4), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&p, signature, sizeof signature), NG_OK);
    CU_ASSERT_EQUAL(buf_add(&p, "\x0a\x02\x61\x6e", 4), NG_OK);
    refused(&p, "the account behind the signature");
    buf_fini(&p);
}

/* Whoever writes a text can make it look like that. */
static void an_act_that_ends_like_an_actor_names_none(void)
{
    char note[7 + WIRE_ACTS_SIGNATURE_SIZE + 2];
    char actor[WIRE_ACTOR_ID_MAX + 1];
    const struct wire_act act = {.kind = WIRE_ACT_PROGRESS, .u.progress = {.note = note}};
    struct wire_acts m = {.acts = &act, .count = 1};
    struct wire_acts *r = NULL;
    struct buf p = BUF_INIT(WIRE_FRAME_MAX);
    (void)snprintf(note, sizeof note, "\x22\x48\x0a\x02%s\x12\x40%064d", "an", 0);
    CU_ASSERT_EQUAL_FATAL(wire_acts_encode(&m, &p), NG_OK);
    CU_ASSERT_EQUAL_FATAL(wire_acts_decode(buf_bytes(&p), &r), NG_OK);
    CU_ASSERT_STRING_EQUAL(r->actor, "");
    CU_ASSERT_EQUAL(wire_acts_actor(buf_bytes(&p), actor), NG_OK);
    CU_ASSERT_EQUAL(actor[0], '\0');
    wire_acts_destroy(&r);
    buf_fini(&p);
}

static void many_small_acts_fit_and_one_more_does_not(void)
{
    static struct wire_act acts[WIRE_ACTS_MAX + 1];
    for (size_t i = 0; i <= WIRE_ACTS_MAX; i++) {
        acts[i] = (struct wire_act){.kind = i % 2 == 0 ? WIRE_ACT_REPORT : WIRE_ACT_FOLD};
    }
    struct wire_acts m = {.acts = acts, .count = WIRE_ACTS_MAX};
    struct wire_acts *r = there_and_back(&m);
    CU_ASSERT_EQUAL(r->acts[254].kind, WIRE_ACT_REPORT);
    CU_ASSERT_EQUAL(r->acts[255].kind, WIRE_ACT_FOLD);
    wire_acts_destroy(&r);
    struct buf payload = BUF_INIT(WIRE_FRAME_MAX);
    m.count = WIRE_ACTS_MAX + 1;
    CU_ASSERT_EQUAL(wire_acts_encode(&m, &payload), NG_ERR_LIMIT);
    buf_fini(&payload);
}

static void what_no_writer_of_ours_sends_is_refused(void)
{
    struct wire_acts *r = NULL;
    const uint8_t no_act[] = {0x0a, 0x00};
    CU_ASSERT_EQUAL(wire_acts_decode((struct bytes){no_act, sizeof(no_act)}, &r), NG_ERR_PROTO);
    const uint8_t answered[] = {0x0a, 0x04, 0x0a, 0x02, 0x20, 0x03}; /* Answered 3 */
    CU_ASSERT_EQUAL(wire_acts_decode((struct bytes){answered, sizeof(answered)}, &r), NG_ERR_PROTO);
    const uint8_t part[] = {0x12, 0x04, 0x10, 0x02, 0x18, 0x01}; /* part 2 of 1, no id */
    CU_ASSERT_EQUAL(wire_acts_decode((struct bytes){part, sizeof(part)}, &r), NG_ERR_PROTO);
    struct wire_act act = {.kind = (enum wire_act_kind)99};
    struct wire_acts m = {.acts = &act, .count = 1};
    struct buf payload = BUF_INIT(WIRE_FRAME_MAX);
    CU_ASSERT_EQUAL(wire_acts_encode(&m, &payload), NG_ERR_INPUT);
    buf_fini(&payload);
}

static const struct test_case cases[] = {
    TEST_CASE(a_report_comes_back_as_it_was),
    TEST_CASE(an_empty_act_comes_back_with_empty_texts),
    TEST_CASE(progress_verdict_tick_and_fold_come_back_as_they_were),
    TEST_CASE(the_offices_acts_come_back_as_they_were),
    TEST_CASE(parts_actor_and_to_seq_come_back_as_they_were),
    TEST_CASE(to_seq_may_be_added_behind_the_payload),
    TEST_CASE(a_signature_put_behind_is_what_the_encoder_writes),
    TEST_CASE(an_actor_is_the_payloads_end_in_one_form_or_nothing),
    TEST_CASE(an_act_that_ends_like_an_actor_names_none),
    TEST_CASE(many_small_acts_fit_and_one_more_does_not),
    TEST_CASE(what_no_writer_of_ours_sends_is_refused),
    {0},
};

int main(int argc, char **argv)
{
    return test_main("wire_par", cases, argc, argv);
}
