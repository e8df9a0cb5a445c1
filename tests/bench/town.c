#include "bench/town.h"

#include "proto/wire_par.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARGUMENTS_MAX 24
#define OUTPUT_MAX ((size_t)64 << 20)

void town_unit(uint64_t number, char ret_code[17])
{
    (void)snprintf(ret_code, 17, "U%06llu", (unsigned long long)number);
}

void town_data(const struct town *t, const char *name, char ret[TOWN_PATH_SIZE])
{
    (void)snprintf(ret, TOWN_PATH_SIZE, "%s/%s", t->folder, name);
}

static bool run(const char *program, const char *data, const char *const *words, struct buf *out)
{
    char path[4096];
    const char *argv[ARGUMENTS_MAX] = {path};
    size_t n = 1;
    process_program(program, path);
    for (size_t i = 0; words[i] != NULL && n < ARGUMENTS_MAX - 4; i++) {
        argv[n++] = words[i];
    }
    argv[n++] = "--data";
    argv[n++] = data;
    argv[n++] = "--json";
    return process_run(argv, out);
}

bool town_office(const struct town *t, const char *const *words, struct buf *out)
{
    char data[TOWN_PATH_SIZE];
    town_data(t, "office", data);
    return run("office", data, words, out);
}

/* A text member of the JSON document a command printed; freed by the caller. */
static char *member(const struct buf *out, const char *name)
{
    json_t *document = json_loadb(buf_text(out), out->size, 0, NULL);
    const char *text = json_string_value(json_object_get(document, name));
    char *copy = text != NULL ? strdup(text) : NULL;
    json_decref(document);
    return copy;
}

/* ---- The broker ---- */

static bool free_endpoint(char *ret, size_t size)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(a);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool good = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
                      getsockname(fd, (struct sockaddr *)&a, &length) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)snprintf(ret, size, "tcp://127.0.0.1:%u", (unsigned)ntohs(a.sin_port));
    return good;
}

static bool serve(const char *program, const char *data, const char *log, struct process *ret)
{
    char path[4096];
    process_program(program, path);
    /* One producer stands for many units: no quota, and the others are not waited for. */
    const char *broker[] = {path,          "serve", "--data", data, "--rate-max", "0",
                            "--bytes-max", "0",     "--hold", "0",  NULL};
    const char *other[] = {path, "serve", "--data", data, NULL};
    return process_start(strcmp(program, "broker") == 0 ? broker : other, log, ret);
}

static char *make_broker(struct town *t)
{
    char data[TOWN_PATH_SIZE];
    struct buf out = BUF_INIT(OUTPUT_MAX);
    char *slip = NULL;
    town_data(t, "broker", data);
    if (free_endpoint(t->endpoint, sizeof(t->endpoint))) {
        const char *words[] = {"init",       "--origin",  "bench.example/log",
                               "--endpoint", t->endpoint, NULL};
        slip = run("broker", data, words, &out) ? member(&out, "office_slip") : NULL;
    }
    buf_fini(&out);
    if (slip != NULL && !serve("broker", data, t->broker_log, &t->broker)) {
        free(slip);
        slip = NULL;
    }
    return slip;
}

/* ---- The office ---- */

static bool write_units(const char *path, uint64_t units)
{
    FILE *f = fopen(path, "we");
    if (f == NULL) {
        return false;
    }
    (void)fprintf(f, "code,name,group,parent,valid_from,valid_to\n");
    for (uint64_t i = 1; i <= units; i++) {
        char code[17];
        town_unit(i, code);
        (void)fprintf(f, "%s,Xã số %llu,commune,,,\n", code, (unsigned long long)i);
    }
    return fclose(f) == 0;
}

static bool write_criteria(const char *path)
{
    FILE *f = fopen(path, "we");
    if (f == NULL) {
        return false;
    }
    const unsigned each = TOWN_COMPONENTS / TOWN_FIELDS;
    (void)fprintf(
        f, "code,parent,level,name_vi,name_en,max_points,method,params,na_policy,evidence\n");
    for (unsigned field = 1; field <= TOWN_FIELDS; field++) {
        (void)fprintf(f, "%u,,field,Lĩnh vực %u,Field %u,%u,sum,,,\n", field, field, field, each);
        for (unsigned i = 1; i <= each; i++) {
            (void)fprintf(f, "%u.%u,%u,component,Thành phần,Component,1,points,,rescale,\n", field,
                          i, field);
        }
    }
    return fclose(f) == 0;
}

static bool make_office(struct town *t, const char *slip, uint64_t units)
{
    char units_path[TOWN_PATH_SIZE];
    char criteria_path[TOWN_PATH_SIZE];
    town_data(t, "units.csv", units_path);
    town_data(t, "criteria.csv", criteria_path);
    const char *init[] = {"init", slip, NULL};
    const char *import_units[] = {"units", "import", units_path, "--timeout", "600", NULL};
    const char *import_criteria[] = {"criteria", "import", criteria_path, "--set",   "BENCH",
                                     "--year",   "2026",   "--group",     "commune", NULL};
    struct buf out = BUF_INIT(OUTPUT_MAX);
    const bool good = write_units(units_path, units) && write_criteria(criteria_path) &&
                      town_office(t, init, &out) && town_office(t, import_units, &out) &&
                      town_office(t, import_criteria, &out);
    buf_fini(&out);
    return good;
}

static bool enrol(struct town *t, const char *unit)
{
    char data[TOWN_PATH_SIZE];
    struct buf out = BUF_INIT(OUTPUT_MAX);
    const char *invite[] = {"invite", unit, NULL};
    char *slip = town_office(t, invite, &out) ? member(&out, "slip") : NULL;
    const char *words[] = {"enrol", slip, NULL};
    town_data(t, unit, data);
    const bool good = slip != NULL && run("agent", data, words, NULL);
    free(slip);
    buf_fini(&out);
    return good;
}

bool town_make(unsigned producers, uint64_t units, struct town *ret)
{
    *ret = (struct town){.producers = producers};
    if (!process_make_folder(ret->folder, sizeof(ret->folder))) {
        return false;
    }
    town_data(ret, "broker.log", ret->broker_log);
    town_data(ret, "office.log", ret->office_log);
    char *slip = make_broker(ret);
    bool good = slip != NULL && make_office(ret, slip, units < producers ? producers : units);
    for (unsigned i = 1; i <= producers && good; i++) {
        char unit[17];
        town_unit(i, unit);
        good = enrol(ret, unit);
    }
    free(slip);
    if (!good) {
        town_destroy(ret);
    }
    return good;
}

bool town_serve_office(struct town *t)
{
    char data[TOWN_PATH_SIZE];
    town_data(t, "office", data);
    return serve("office", data, t->office_log, &t->office);
}

bool town_restart_broker(struct town *t)
{
    char data[TOWN_PATH_SIZE];
    town_data(t, "broker", data);
    process_stop(&t->broker);
    return serve("broker", data, t->broker_log, &t->broker);
}

void town_destroy(struct town *t)
{
    process_stop(&t->office);
    process_stop(&t->broker);
    process_remove_folder(t->folder);
}

/* ---- Reports ---- */

static void name_component(uint64_t number, char ret[16])
{
    const unsigned each = TOWN_COMPONENTS / TOWN_FIELDS;
    const unsigned n = (unsigned)(number % TOWN_COMPONENTS);
    (void)snprintf(ret, 16, "%u.%u", n / each + 1, n % each + 1);
}

static struct wire_act act_of(const char *code, const char *value, const char *explanation)
{
    struct wire_act act = {.kind = WIRE_ACT_REPORT};
    act.u.report = (struct wire_report){.year = TOWN_YEAR,
                                        .period = "2026-11",
                                        .code = code,
                                        .answered = WIRE_VALUE,
                                        .value = value,
                                        .explanation = explanation};
    return act;
}

enum ng_err town_report(unsigned acts, unsigned size, uint64_t round, uint64_t to_seq,
                        struct buf *ret_payload)
{
    static const char *const values[] = {"0.25", "0.50", "0.75", "1.00"};
    static const char padding[] =
        "Kem theo bao cao cua Uy ban nhan dan xa; so lieu da duoc kiem tra va "
        "doi chieu voi so theo doi van ban den, van ban di cua don vi. "
        "Kem theo bao cao cua Uy ban nhan dan xa; so lieu da duoc kiem tra.";
    struct wire_act list[WIRE_ACTS_MAX];
    char codes[WIRE_ACTS_MAX][16];
    char explanation[sizeof(padding)];
    struct buf one = BUF_INIT(4096);
    name_component(0, codes[0]);
    list[0] = act_of(codes[0], values[0], "");
    const struct wire_acts single = {.acts = list, .count = 1};
    enum ng_err err = wire_acts_encode(&single, &one);
    const size_t room = size > one.size + 2 ? size - one.size - 2 : 0;
    buf_fini(&one);
    (void)snprintf(explanation, sizeof(explanation), "%.*s", (int)room, padding);
    for (unsigned i = 0; i < acts; i++) {
        name_component(round + i, codes[i]);
        list[i] = act_of(codes[i], values[(round + i) / 7 % 4], explanation);
    }
    const struct wire_acts all = {.acts = list, .count = acts, .to_seq = to_seq};
    return err != NG_OK ? err : wire_acts_encode(&all, ret_payload);
}
