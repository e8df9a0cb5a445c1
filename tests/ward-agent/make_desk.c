/* A unit's data directory without a network, for test_cli.py.
 *
 * make_desk new FOLDER: an enrolled unit MYQUOI whose inbox brought a set of 2026 and tasks.
 * make_desk deliver FOLDER [MS [SEQ]]: gives statement 1, or SEQ, a true receipt of that moment,
 * from a log of our own; spoil is the same with a byte of the receipt changed. make_desk refuse
 * FOLDER [SEQ] ACT...: brings a verdict on it that refuses these acts; accept: one that refuses
 * none. make_desk wait FOLDER HOURS: one statement of so long ago that was not sent; alarm FOLDER
 * TEXT [EVIDENCE]: an alarm. make_desk change FOLDER [YEAR]: brings another set of 2026, or YEAR.
 * make_desk show FOLDER: prints the newest own answers, one a line.
 */
#include "harness.h"
#include "leaves.h"
#include "par/criteria.h"
#include "par/reason.h"
#include "party/alarm.h"
#include "party/inbox.h"
#include "party/outbox.h"
#include "party/tables.h"
#include "ward-agent/author.h"
#include "ward-agent/desk.h"

enum { FINDINGS_MAX = 2 };

/* Where deliver puts a statement: the last leaf of a log whose other leaves are one full tree. */
static uint64_t own_index(uint64_t seq)
{
    return UINT64_C(4) << seq;
}

/* 09:41 23/11/2026: when it is received, if nothing else is said. */
static const uint64_t RECEIVED_AT = 1795401660000;

static const char origin[] = "test.example/log";
static const uint8_t log_seed[32] = {1, 2, 3}; /* for tests only */

static const char set_csv[] =
    "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n"
    "1,,field,Một,One,112,sum,,,\n"
    "1.1,1,component,Điểm,Points,100,points,,rescale,\n"
    "1.2,1,component,Lựa chọn,Choice,4,choice,full:4|half:2|none:0,full,\n"
    "1.3,1,component,Tỷ lệ,Ratio,3,ratio,,na=rescale none=full,\n"
    "1.4,1,component,Ngưỡng,Bands,5,bands,>=95:5|>=80:2|:0,refuse,\n"
    "2,,field,Hai,Two,8,sum,,,\n"
    "2.1,2,component,Trừ,Deduct,2,deduct,per=0.5,zero,\n"
    "2.2,2,component,Đếm,Count,3,count,per=1,refuse,\n"
    "2.3,2,component,Khảo sát,Survey,3,survey,,,\n";

static uint64_t number(const char *text)
{
    return strtoull(text, NULL, 10);
}

static void must(enum ng_err err, const char *what)
{
    if (err != NG_OK) {
        (void)fprintf(stderr, "make_desk: %s: %s\n", what, err_explain(err));
        exit(EXIT_FAILURE);
    }
}

static enum ng_err keep_leaf(struct store_txn *t, void *context)
{
    const struct buf *leaf = context;
    uint64_t index = 0;
    enum ng_err err = inbox_next(t, &index);
    err = err == NG_OK ? inbox_keep(t, index, buf_bytes(leaf)) : err;
    return err == NG_OK ? inbox_set_next(t, index + 1) : err;
}

static void bring(struct store *s, uint64_t index, uint32_t kind, const struct wire_act *acts,
                  size_t count)
{
    struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
    leaves_make_acts(&leaf, index, kind, acts, count);
    must(store_write(s, keep_leaf, &leaf), "inbox");
    buf_fini(&leaf);
}

static void bring_set(struct store *s, uint64_t index, struct bytes csv, uint32_t year)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    struct actlist *list = NULL;
    must(criteria_parse_csv(csv, "XA", year, "ward", &faults, &set), "criteria");
    must(criteria_to_acts(set, &list), "criteria");
    for (size_t i = 0; i < actlist_count(list); i += WIRE_ACTS_MAX) {
        size_t count = actlist_count(list) - i;
        const struct wire_acts part = {
            .acts = actlist_acts(list) + i,
            .count = count < WIRE_ACTS_MAX ? count : WIRE_ACTS_MAX,
            .has_part = actlist_count(list) > WIRE_ACTS_MAX,
            .part_number = (uint32_t)(i / WIRE_ACTS_MAX + 1),
            .part_count = (uint32_t)((actlist_count(list) - 1) / WIRE_ACTS_MAX + 1)};
        struct buf leaf = BUF_INIT(LEAF_SIZE_MAX);
        leaves_make(&leaf, index++, "office", WIRE_KIND_CRITERIA, &part);
        must(store_write(s, keep_leaf, &leaf), "inbox");
        buf_fini(&leaf);
    }
    actlist_destroy(&list);
    criteria_destroy(&set);
    fault_list_fini(&faults);
}

/* 300 components of a point each: more than one statement holds. */
static void bring_large_set(struct store *s, uint64_t index, uint32_t year)
{
    struct buf csv = BUF_INIT(1 << 20);
    must(buf_add_text(&csv, "code,parent,level,name_vi,max_points,method\n1,,field,A,300,sum\n"),
         "large set");
    for (int i = 1; i <= 300; i++) {
        must(buf_printf(&csv, "1.%d,1,component,A,1,points\n", i), "large set");
    }
    bring_set(s, index, buf_bytes(&csv), year);
    buf_fini(&csv);
}

static void bring_rules(struct store *s)
{
    struct wire_act unit = leaves_unit("MYQUOI", "Xã Mỹ Quới", "ward");
    struct wire_act tasks[] = {
        leaves_task("NV-07", "2026", "MYQUOI"),      leaves_task("NV-12", "2021-2030", "@ward"),
        leaves_task("NV-20", "2021-2030", "MYQUOI"), leaves_task("NV-30", "2026", "MYQUOI"),
        leaves_task("NV-40", "2022", "MYQUOI"),      leaves_task("NV-50", "2022", "@ward"),
        leaves_task("NV-51", "2022", "@ward")};
    const struct wire_act event = {.kind = WIRE_ACT_EVENT, .u.event = {"QD-1", "2026-11-01"}};
    tasks[2].u.task.due = "every:week:5";
    tasks[3].u.task.due = "event:QD-1+20d";
    tasks[4].u.task.due = "2022-01-31";
    tasks[5].u.task.due = "2022-01-14"; /* before the unit began */
    tasks[6].u.task.due = "2022-01-15";
    unit.u.unit.valid_from = "2022-01-15";
    bring(s, 0, WIRE_KIND_UNITS, &unit, 1);
    bring_set(s, 1, (struct bytes){(const uint8_t *)set_csv, sizeof(set_csv) - 1}, 2026);
    bring(s, 2, WIRE_KIND_TASKS, tasks, sizeof(tasks) / sizeof(tasks[0]));
    bring_large_set(s, 3, 2025);
    bring(s, 7, WIRE_KIND_EVENTS, &event, 1);
}

static void make_new(const char *folder)
{
    struct identity id = {.epoch = 1, .endpoint = "tcp://127.0.0.1:1", .party = {"MYQUOI"}};
    struct key_pair log_key;
    struct store *s = NULL;
    key_from_seed(log_seed, &log_key);
    memcpy(id.origin, origin, sizeof(origin));
    id.log_key = log_key.public_key;
    statement_log_id(origin, id.log_id);
    identity_new_keys(&id);
    must(identity_save(folder, &id), "identity");
    must(tables_open(folder, true, &s), "store");
    bring_rules(s);
    store_close(&s);
}

struct delivery {
    uint64_t seq;
    struct receipt receipt;
    struct buf text;
};

static enum ng_err keep_receipt(struct store_txn *t, void *context)
{
    const struct delivery *d = context;
    return outbox_keep_receipt(t, 1, d->seq, &d->receipt, buf_bytes(&d->text));
}

/* The statement becomes the last leaf of a log: its proof is one hash, that of the full tree before
 * it, which may be anything. */
static void deliver(struct party *p, uint64_t seq, uint64_t received_at, bool spoil)
{
    struct delivery d = {.seq = seq, .text = BUF_INIT(RECEIPT_SIZE_MAX)};
    struct buf statement = BUF_INIT(STATEMENT_SIZE_MAX);
    struct buf encoded = BUF_INIT(LEAF_SIZE_MAX);
    struct buf note = BUF_INIT(NOTE_SIZE_MAX);
    struct buf none = BUF_INIT(1);
    struct party_own own;
    struct key_pair log_key;
    uint8_t signature[KEY_SIGNATURE_SIZE];
    const struct identity *id = party_identity(p);
    must(party_own_get(p, seq, &own, &statement, &none), "own statement");
    key_sign(&id->key, buf_bytes(&statement), signature);
    const struct hash before = hash_of("the leaves before", 17);
    const struct leaf leaf = {.index = own_index(seq),
                              .received_at = received_at,
                              .key = id->key.public_key,
                              .statement = buf_bytes(&statement),
                              .signature = signature};
    must(leaf_encode(&leaf, &encoded), "leaf");
    const struct hash own_hash = leaf_hash(buf_bytes(&encoded));
    struct note_head head = {.size = own_index(seq) + 1, .root = tree_node(&before, &own_hash)};
    memcpy(head.origin, origin, sizeof(origin));
    key_from_seed(log_seed, &log_key);
    const struct log_keys log_keys = log_keys_of(&log_key.public_key);
    must(note_sign(&head, &log_key, &note), "head");
    must(receipt_format(encoded.data, signature, own_index(seq), HASH_BYTES(before),
                        buf_bytes(&note), &d.text),
         "receipt");
    must(receipt_verify(buf_bytes(&d.text), buf_bytes(&statement), &id->key.public_key, origin,
                        &log_keys, &d.receipt),
         "receipt");
    if (spoil) {
        d.text.data[60] =
            (uint8_t)(d.text.data[60] == 'A' ? 'B' : 'A'); /* within the leaf's header */
    }
    must(store_write(party_store(p), keep_receipt, &d), "receipt");
    buf_fini(&none);
    buf_fini(&note);
    buf_fini(&encoded);
    buf_fini(&statement);
    buf_fini(&d.text);
}

/* acts: their numbers, up to FINDINGS_MAX; NULL ends them. */
static void refuse(struct party *p, uint64_t seq, char *const *acts)
{
    struct wire_finding findings[FINDINGS_MAX];
    size_t count = 0;
    for (; count < FINDINGS_MAX && acts[count] != NULL; count++) {
        findings[count] = (struct wire_finding){.act = (uint32_t)number(acts[count]),
                                                .outcome = WIRE_REFUSED,
                                                .reason = REASON_ABOVE_MAXIMUM,
                                                .code = "1.1",
                                                .argument = "50"};
    }
    const struct wire_act act = {.kind = WIRE_ACT_VERDICT,
                                 .u.verdict = {.index = own_index(seq),
                                               .seq = seq,
                                               .accepted = 1,
                                               .findings = findings,
                                               .finding_count = count}};
    bring(party_store(p), 9, WIRE_KIND_VERDICT, &act, 1);
}

static void accept(struct party *p)
{
    const struct wire_act act = {.kind = WIRE_ACT_VERDICT,
                                 .u.verdict = {.index = own_index(1), .seq = 1, .accepted = 1}};
    bring(party_store(p), 9, WIRE_KIND_VERDICT, &act, 1);
}

static void change(struct party *p, uint32_t year)
{
    static const char csv[] = "code,parent,level,name_vi,max_points,method\n1,,field,A,50,sum\n"
                              "1.1,1,component,A,50,points\n";
    bring_set(party_store(p), 10, (struct bytes){(const uint8_t *)csv, sizeof(csv) - 1}, year);
}

static void show(struct desk *d)
{
    struct own_said said;
    must(desk_read(d), "desk");
    for (size_t place = 0; own_next(d->own, &place, &said);) {
        if (said.act->kind == WIRE_ACT_PROGRESS) {
            const struct wire_progress *p = &said.act->u.progress;
            (void)printf("%s %u%% completed=%s note=%s evidence=%zu\n", p->code, p->percent,
                         p->completed, p->note, p->evidence_count);
            continue;
        }
        const struct wire_report *r = &said.act->u.report;
        (void)printf("%s %s answered=%d value=%s ratio=%s/%s choice=%s explanation=%s", r->code,
                     r->period, (int)r->answered, r->value, r->numerator, r->denominator, r->choice,
                     r->explanation);
        for (size_t i = 0; i < r->evidence_count; i++) {
            (void)printf(" %s:%llu", r->evidence[i].name, (unsigned long long)r->evidence[i].size);
        }
        (void)printf("\n");
    }
}

/* Written so many hours ago, and not sent. */
static void wait_since(struct party *p, uint64_t hours)
{
    const struct wire_act act = {
        .kind = WIRE_ACT_REPORT,
        .u.report = {.year = 2026, .period = "2026", .code = "1.1", .value = "5"}};
    struct author_result result;
    must(author_acts(p, WIRE_KIND_REPORT, &act, 1, clock_wall_ms() - (int64_t)hours * 3600 * 1000,
                     &result),
         "wait");
}

struct new_alarm {
    const char *text, *evidence;
};

static enum ng_err add_alarm(struct store_txn *t, void *context)
{
    const struct new_alarm *a = context;
    const struct bytes evidence = {(const uint8_t *)a->evidence, strlen(a->evidence)};
    return alarm_add(t, (int64_t)RECEIVED_AT, a->text, evidence, NULL);
}

static void make_alarm(struct party *p, const char *text, const char *evidence)
{
    struct new_alarm a = {text, evidence};
    must(store_write(party_store(p), add_alarm, &a), "alarm");
}

int main(int argc, char **argv)
{
    struct desk d = {0};
    must(argc < 3 ? err_set(NG_ERR_USAGE, "COMMAND FOLDER") : key_init(), "arguments");
    if (strcmp(argv[1], "new") == 0) {
        make_new(argv[2]);
        return EXIT_SUCCESS;
    }
    must(desk_open(argv[2], &d), "desk");
    bool spoil = strcmp(argv[1], "spoil") == 0;
    if (spoil || strcmp(argv[1], "deliver") == 0) {
        deliver(d.party, argc > 4 ? number(argv[4]) : 1, argc > 3 ? number(argv[3]) : RECEIVED_AT,
                spoil);
    } else if (strcmp(argv[1], "refuse") == 0) {
        refuse(d.party, argc > 4 ? number(argv[3]) : 1, argv + (argc > 4 ? 4 : 3));
    } else if (strcmp(argv[1], "accept") == 0) {
        accept(d.party);
    } else if (strcmp(argv[1], "change") == 0) {
        change(d.party, argc > 3 ? (uint32_t)number(argv[3]) : 2026);
    } else if (strcmp(argv[1], "wait") == 0 && argc > 3) {
        wait_since(d.party, number(argv[3]));
    } else if (strcmp(argv[1], "alarm") == 0 && argc > 3) {
        make_alarm(d.party, argv[3], argc > 4 ? argv[4] : "");
    } else {
        show(&d);
    }
    desk_close(&d);
    return EXIT_SUCCESS;
}
