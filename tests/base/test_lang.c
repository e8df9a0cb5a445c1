/* Goal: the person's language is found in every environment, catalogues are found beside the
 * program, and output stays UTF-8 under LANG=C. Method: this program copies itself to TEMP/bin,
 * puts a catalogue of one message (GNU .mo, gettext manual "The Format of GNU MO Files") in
 * TEMP/share/locale, and asks the copy in many environments. */
#include "base/bytes.h"
#include "base/file.h"
#include "base/lang.h"
#include "capture.h"

#include <langinfo.h>

static const char question[] = "nothing found";
static const char answer[] = "không tìm thấy gì";

static enum ng_err add_le32(struct buf *b, uint32_t v)
{
    const uint8_t bytes[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16),
                              (uint8_t)(v >> 24)};
    return buf_add(b, bytes, 4);
}

/* The header entry ("" with its charset) and one message. */
static bool make_catalogue(const char *path)
{
    static const char header[] = "Content-Type: text/plain; charset=UTF-8\n";
    const uint32_t texts_at = 28 + 4 * 8;
    const uint32_t sizes[4] = {0, sizeof(question) - 1, sizeof(header) - 1, sizeof(answer) - 1};
    const uint32_t head[7] = {0x950412DE, 0, 2, 28, 44, 0, 0};
    struct buf b = BUF_INIT(1000);
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < 7; i++) {
        err = add_le32(&b, head[i]);
    }
    uint32_t at = texts_at;
    for (size_t i = 0; err == NG_OK && i < 4; i++) {
        err = add_le32(&b, sizes[i]);
        err = err == NG_OK ? add_le32(&b, at) : err;
        at += sizes[i] + 1;
    }
    const char *texts[4] = {"", question, header, answer};
    for (size_t i = 0; err == NG_OK && i < 4; i++) {
        err = buf_add(&b, texts[i], sizes[i] + 1);
    }
    err = err == NG_OK ? file_write(path, b.data, b.size, 0644) : err;
    buf_fini(&b);
    return err == NG_OK;
}

static bool copy_self(const char *to)
{
    struct buf b = BUF_INIT(64U << 20);
    bool done =
        file_read("/proc/self/exe", &b) == NG_OK && file_write(to, b.data, b.size, 0700) == NG_OK;
    buf_fini(&b);
    return done;
}

struct question {
    const char *program;
    const char *nganam_lang;
    const char *lc_all;
    const char *lang;
};

static int ask_child(void *context)
{
    const struct question *q = context;
    (void)clearenv();
    if (q->nganam_lang != NULL) {
        (void)setenv("NGANAM_LANG", q->nganam_lang, 1);
    }
    if (q->lc_all != NULL) {
        (void)setenv("LC_ALL", q->lc_all, 1);
    }
    if (q->lang != NULL) {
        (void)setenv("LANG", q->lang, 1);
    }
    (void)execl(q->program, q->program, "--answer", (char *)NULL);
    return 99;
}

/* What the copy says: language, character set, the message, a decimal. */
static int answer_main(void)
{
    lang_init();
    (void)printf("%s %s %s %s", lang_get(), nl_langinfo(CODESET), _("nothing found"),
                 lang_decimal("75.34"));
    (void)lang_set("en");
    (void)printf(" | %s %s\n", _("nothing found"), lang_decimal("75.34"));
    return 0;
}

static void lang_is_chosen_from_the_environment(void)
{
    char folder[200];
    test_folder(folder, sizeof(folder));
    char program[256];
    char messages[256];
    char catalogue[300];
    (void)snprintf(program, sizeof(program), "%s/bin", folder);
    (void)snprintf(messages, sizeof(messages), "%s/share/locale/vi/LC_MESSAGES", folder);
    CU_ASSERT_EQUAL(file_make_folder(program), NG_OK);
    CU_ASSERT_EQUAL(file_make_folder(messages), NG_OK);
    (void)snprintf(program, sizeof(program), "%s/bin/test", folder);
    (void)snprintf(catalogue, sizeof(catalogue), "%s/nganam.mo", messages);
    CU_ASSERT_TRUE_FATAL(copy_self(program));
    CU_ASSERT_TRUE_FATAL(make_catalogue(catalogue));

    static const char vi[] = "vi UTF-8 không tìm thấy gì 75,34 | nothing found 75.34\n";
    static const char en[] = "en UTF-8 nothing found 75.34 | nothing found 75.34\n";
    const struct {
        struct question ask;
        const char *want;
    } table[] = {
        {{program, NULL, NULL, NULL}, vi},          {{program, NULL, NULL, "C"}, vi},
        {{program, NULL, "C.UTF-8", NULL}, vi},     {{program, NULL, NULL, "fr_FR.UTF-8"}, vi},
        {{program, NULL, NULL, "vi_VN.UTF-8"}, vi}, {{program, NULL, NULL, "en_US.UTF-8"}, en},
        {{program, NULL, "en_GB", "vi_VN"}, en},    {{program, NULL, "vi_VN", "en_US"}, vi},
        {{program, NULL, NULL, "eng"}, vi},         {{program, "en", NULL, "vi_VN"}, en},
        {{program, "vi", "en_US", NULL}, vi},       {{program, "xx", NULL, "en_US"}, en},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct question ask = table[i].ask;
        struct capture c;
        capture_run(&c, ask_child, &ask);
        CU_ASSERT_STRING_EQUAL(c.out, table[i].want);
    }
    test_remove_folder(folder);
}

static void lang_set_knows_two_languages(void)
{
    CU_ASSERT_TRUE(lang_set("en"));
    CU_ASSERT_FALSE(lang_set("fr"));
    CU_ASSERT_FALSE(lang_set(""));
    CU_ASSERT_STRING_EQUAL(lang_get(), "en");
    CU_ASSERT_TRUE(lang_set("vi"));
    CU_ASSERT_STRING_EQUAL(lang_get(), "vi");
}

static void lang_decimal_gives_four_strings(void)
{
    CU_ASSERT_TRUE(lang_set("vi"));
    const char *a = lang_decimal("1.5");
    const char *b = lang_decimal("2");
    const char *c = lang_decimal("-0.25");
    const char *d = lang_decimal("100.00");
    CU_ASSERT_STRING_EQUAL(a, "1,5");
    CU_ASSERT_STRING_EQUAL(b, "2");
    CU_ASSERT_STRING_EQUAL(c, "-0,25");
    CU_ASSERT_STRING_EQUAL(d, "100,00");
}

static const struct test_case cases[] = {
    TEST_CASE(lang_is_chosen_from_the_environment),
    TEST_CASE(lang_set_knows_two_languages),
    TEST_CASE(lang_decimal_gives_four_strings),
    {0},
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--answer") == 0) {
        return answer_main();
    }
    return test_main("lang", cases, argc, argv);
}
