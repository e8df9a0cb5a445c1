#include "bench/watch.h"

#include <unistd.h>

struct mirror *watch_open(const struct town *t)
{
    char data[TOWN_PATH_SIZE];
    struct mirror *m = NULL;
    town_data(t, "office", data);
    const enum ng_err err = mirror_open(data, MIRROR_READ, &m);
    if (err != NG_OK) {
        (void)bench_failed("office state", err);
        return NULL;
    }
    return m;
}

enum ng_err watch_applied(struct mirror *m, uint64_t *ret)
{
    struct mirror_view v;
    struct state_meta meta;
    enum ng_err err = mirror_view_begin(m, &v);
    if (err == NG_OK) {
        err = state_meta_get(mirror_view_state(&v), &meta);
        mirror_view_end(&v);
    }
    if (err == NG_OK) {
        *ret = meta.applied;
    }
    return err;
}

bool watch_log_size(const struct town *t, uint64_t *ret)
{
    char data[TOWN_PATH_SIZE];
    char path[4096];
    struct buf out = BUF_INIT(65536);
    process_program("broker", path);
    town_data(t, "broker", data);
    const char *argv[] = {path, "log", "head", "--data", data, "--json", NULL};
    bool good = process_run(argv, &out);
    json_t *document = good ? json_loadb(buf_text(&out), out.size, 0, NULL) : NULL;
    const json_int_t size = json_integer_value(json_object_get(document, "size"));
    json_decref(document);
    buf_fini(&out);
    *ret = size > 0 ? (uint64_t)size : 0;
    return good && size > 0;
}

bool town_wait_office(struct town *t, double seconds)
{
    uint64_t size = 0;
    uint64_t applied = 0;
    struct mirror *m = watch_open(t);
    const double until = process_now_us() + seconds * 1e6;
    enum ng_err err = m != NULL && watch_log_size(t, &size) ? NG_OK : NG_ERR_IO;
    while (err == NG_OK && applied < size && process_now_us() < until) {
        err = watch_applied(m, &applied);
        (void)usleep(10000);
    }
    mirror_close(&m);
    return err == NG_OK && applied >= size;
}
