/* Languages through gettext.
 *
 * glibc ignores LANGUAGE when the locale is plain "C", and a service runs with LANG=C; so the
 * locale is set to C.UTF-8 (in every glibc, needs no package) and the language is chosen by
 * LANGUAGE alone. That also keeps numbers, dates and sorting of libc free of surprises: we format
 * those ourselves.
 */
#include "base/lang.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char domain[] = "nganam";
static const char *current = "vi";

/* bin/../share/locale beside the program, wherever it was installed. */
static void bind_catalogue(void)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/../share/locale"));
    if (size <= 0) {
        return; /* no catalogue: English message ids */
    }
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return;
    }
    memcpy(slash, "/../share/locale", sizeof("/../share/locale"));
    (void)bindtextdomain(domain, path);
    (void)bind_textdomain_codeset(domain, "UTF-8");
}

/* The locale's name in the order POSIX gives: LC_ALL, LC_MESSAGES, LANG. */
static const char *locale_name(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            return value;
        }
    }
    return "";
}

void lang_init(void)
{
    const char *wish = getenv("NGANAM_LANG");
    const char *locale = locale_name();
    bool english = strncmp(locale, "en", 2) == 0 && (locale[2] == '\0' || strchr("_.@", locale[2]));
    (void)setlocale(LC_ALL, "C.UTF-8");
    bind_catalogue();
    if (wish == NULL || !lang_set(wish)) {
        (void)lang_set(english ? "en" : "vi");
    }
}

bool lang_set(const char *name)
{
    if (strcmp(name, "vi") == 0) {
        current = "vi";
    } else if (strcmp(name, "en") == 0) {
        current = "en";
    } else {
        return false;
    }
    (void)setenv("LANGUAGE", current, 1);
    (void)textdomain(domain); /* also makes glibc forget what it looked up before */
    return true;
}

const char *lang_get(void)
{
    return current;
}

const char *lang_decimal(const char *text)
{
    static _Thread_local char ring[4][64];
    static _Thread_local unsigned next;
    char *out = ring[next++ % 4];
    (void)snprintf(out, sizeof(ring[0]), "%s", text);
    char *dot = strchr(out, '.');
    if (dot != NULL && current[0] == 'v') {
        *dot = ',';
    }
    return out;
}
