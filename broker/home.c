#include "broker/home.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (PATH_MAX + 2)

static enum ng_err path_of(const char *folder, const char *name, char **ret)
{
    *ret = file_join(folder, name);
    return *ret != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "path");
}

enum ng_err home_lock(const char *folder, int *ret_fd)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, "serve.lock", &path);
    if (err == NG_OK) {
        err = file_lock(path, false, ret_fd);
    }
    free(path);
    return err;
}

enum ng_err home_open_blobs(const char *folder, const struct blob_limits *limits,
                            struct blob_folder **ret)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, "blobs", &path);
    if (err == NG_OK) {
        err = blob_open(path, limits, ret);
    }
    free(path);
    return err;
}

/* One line of a small file, without its end of line. */
static enum ng_err load_line(const char *folder, const char *name, struct buf *to)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, name, &path);
    if (err == NG_OK) {
        err = file_read(path, to);
    }
    free(path);
    if (err == NG_ERR_NOT_FOUND) {
        return err_set(err, _("%s holds no broker: run nganam-broker init first"), folder);
    }
    if (err == NG_OK && to->size > 0 && to->data[to->size - 1] == '\n') {
        to->data[--to->size] = '\0';
    }
    return err;
}

static enum ng_err save_line(const char *folder, const char *name, const struct buf *line,
                             mode_t mode)
{
    char *path = NULL;
    enum ng_err err = path_of(folder, name, &path);
    if (err == NG_OK) {
        err = file_write(path, line->data, line->size, mode);
    }
    free(path);
    return err;
}

struct secret_file home_curve_secret(const char *path)
{
    return (struct secret_file){path, "nganam-broker-curve-1", PASSPHRASE_MACHINE};
}

static enum ng_err parse_curve(const struct buf *text, struct net_curve *ret)
{
    uint8_t secret[NET_CURVE_SIZE];
    const size_t end = text->size > 0 && text->data[text->size - 1] == '\n' ? 1 : 0;
    enum ng_err err = bytes_exact_base64(secret, sizeof(secret), buf_text(text), text->size - end);
    err = err == NG_OK ? net_curve_from_secret(secret, ret) : err_plain(NG_ERR_CORRUPT);
    explicit_bzero(secret, sizeof(secret));
    return err;
}

enum ng_err home_load_curve(const char *folder, struct net_curve *ret)
{
    struct buf text = BUF_INIT(SECRET_TEXT_MAX);
    char *path = NULL;
    enum ng_err err = path_of(folder, HOME_CURVE, &path);
    if (err == NG_OK) {
        const struct secret_file file = home_curve_secret(path);
        err = secret_read(&file, &text, NULL);
    }
    if (err == NG_OK) {
        err = parse_curve(&text, ret);
    }
    if (err == NG_ERR_NOT_FOUND) {
        err = err_set(err, _("%s holds no broker: run nganam-broker init first"), folder);
    } else if (err == NG_ERR_CORRUPT) {
        err = err_set(err, _("%s/broker.curve is damaged: restore it from a backup"), folder);
    }
    secret_forget(&text);
    free(path);
    return err;
}

enum ng_err home_save_curve(const char *folder, const struct net_curve *curve)
{
    struct buf text = BUF_INIT(SECRET_TEXT_MAX);
    char *path = NULL;
    enum ng_err err = path_of(folder, HOME_CURVE, &path);
    if (err == NG_OK) {
        err = buf_reserve(&text, SECRET_TEXT_MAX); /* never moved: no copies are left behind */
    }
    if (err == NG_OK) {
        err = bytes_base64(&text, curve->secret, sizeof(curve->secret));
    }
    if (err == NG_OK) {
        err = buf_add_byte(&text, '\n');
    }
    if (err == NG_OK) {
        const struct secret_file file = home_curve_secret(path);
        err = secret_write(&file, buf_bytes(&text), false);
    }
    secret_forget(&text);
    free(path);
    return err;
}

enum ng_err home_load_endpoint(const char *folder, char ret[NET_ENDPOINT_MAX + 1])
{
    struct buf line = BUF_INIT(FILE_MAX);
    enum ng_err err = load_line(folder, "endpoint", &line);
    /* A zero byte would end the text that is checked, and not what is copied. */
    if (err == NG_OK && (strlen(buf_text(&line)) != line.size ||
                         net_endpoint_check(buf_text(&line), true) != NG_OK)) {
        err = err_set(NG_ERR_CORRUPT, _("%s/endpoint is damaged: write tcp://HOST:PORT into it"),
                      folder);
    }
    if (err == NG_OK) {
        memcpy(ret, line.data, line.size + 1);
    }
    buf_fini(&line);
    return err;
}

enum ng_err home_save_endpoint(const char *folder, const char *endpoint)
{
    struct buf line = BUF_INIT(FILE_MAX);
    enum ng_err err = buf_printf(&line, "%s\n", endpoint);
    if (err == NG_OK) {
        err = save_line(folder, "endpoint", &line, 0644);
    }
    buf_fini(&line);
    return err;
}

/* ---- The head floor ---- */

static enum ng_err make_absolute(const char *path, char **ret)
{
    if (path[0] == '/') {
        *ret = strdup(path);
        return *ret != NULL ? NG_OK : err_set(NG_ERR_NOMEM, "path");
    }
    char here[PATH_MAX];
    if (getcwd(here, sizeof(here)) == NULL) {
        return err_set_errno(errno, "%s", path);
    }
    return path_of(here, path, ret);
}

enum ng_err home_head_path(const char *folder, const char *given, char **ret)
{
    *ret = NULL;
    if (given != NULL) {
        return make_absolute(given, ret);
    }
    struct buf line = BUF_INIT(FILE_MAX);
    enum ng_err err = load_line(folder, "head.path", &line);
    if (err == NG_OK && line.size > 0 && line.data[0] == '/') {
        err = make_absolute(buf_text(&line), ret);
    } else if (err == NG_OK) {
        err =
            err_set(NG_ERR_CORRUPT,
                    _("%s/head.path is damaged: write the path of the head file into it"), folder);
    }
    buf_fini(&line);
    return err == NG_ERR_NOT_FOUND ? NG_OK : err;
}

bool home_on_one_disk(const char *folder, const char *head_path)
{
    struct stat log, head;
    return stat(folder, &log) == 0 && stat(head_path, &head) == 0 && log.st_dev == head.st_dev;
}

enum ng_err home_save_head_path(const char *folder, const char *path)
{
    struct buf line = BUF_INIT(FILE_MAX);
    enum ng_err err = buf_printf(&line, "%s\n", path);
    if (err == NG_OK) {
        err = save_line(folder, "head.path", &line, 0644);
    }
    buf_fini(&line);
    return err;
}
