/* Goal: a CSV file as people and spreadsheets write it is read as meant; every fault has its line.
 * Method: small files in each dialect must give the same cells; broken files must give exactly the
 * faults named; a random mangling of a good file must never crash nor lose a line number. */
#include "kit.h"

#include "base/lang.h"
#include "base/rng.h"
#include "fault/fault.h"
#include "par/table.h"
#include "par/text.h"

#include <errno.h>
#include <string.h>

static const struct table_column columns[] = {
    {"code", true, 100}, {"name", true, 100}, {"note", false, 100}};

static enum ng_err parse(const char *text, size_t size, struct fault_list *faults,
                         struct table **ret)
{
    return table_parse((struct bytes){(const uint8_t *)text, size}, columns, 3, faults, ret);
}

/* The table as one text: "line:code/name/note;". */
static const char *flat(const char *text)
{
    static char out[2000];
    struct fault_list faults = FAULT_LIST_INIT;
    struct table *t = NULL;
    size_t at = 0;

    out[0] = '\0';
    if (parse(text, strlen(text), &faults, &t) != NG_OK || fault_any(&faults)) {
        (void)snprintf(out, sizeof(out), "faults");
    }
    for (size_t i = 0; t != NULL && !fault_any(&faults) && i < table_rows(t); i++) {
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%u:%s/%s/%s;", table_line(t, i),
                               table_cell(t, i, 0), table_cell(t, i, 1), table_cell(t, i, 2));
    }
    table_destroy(&t);
    kit_print_faults(&faults);
    fault_list_fini(&faults);
    return out;
}

/* The one fault the text must have, as "line/column/code". */
static const char *fault_of(const char *text, size_t size)
{
    static char out[200];
    struct fault_list faults = FAULT_LIST_INIT;
    struct table *t = NULL;

    (void)snprintf(out, sizeof(out), "none");
    (void)!parse(text, size, &faults, &t);
    if (faults.count == 1) {
        (void)snprintf(out, sizeof(out), "%u/%s/%s", faults.items[0].line, faults.items[0].column,
                       fault_code_name(faults.items[0].code));
    } else if (faults.count > 1) {
        (void)snprintf(out, sizeof(out), "%zu faults", faults.count);
    }
    table_destroy(&t);
    fault_list_fini(&faults);
    return out;
}

#define FAULT_OF(text) fault_of(text, sizeof(text) - 1)

static void table_reads_every_dialect_alike(void)
{
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\nA,b,c\n"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("\xef\xbb\xbf"
                                "code,name,note\nA,b,c\n"),
                           "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("code;name;note\r\nA;b;c\r\n"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\rA,b,c\r"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\nA,b,c"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("Code , NAME,note\nA , b,  c \n"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("\"code\",\"name\",\"note\"\n\"A\",\"b\",\"c\"\n"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("note,code,name\nc,A,b\n"), "2:A/b/c;");
    CU_ASSERT_STRING_EQUAL(flat("code,name\nA,b\n"), "2:A/b/;");
    CU_ASSERT_STRING_EQUAL(flat("code,name,note,,\nA,b,c,,\nB\n,,,,\n"), "2:A/b/c;3:B//;");
}

static void table_keeps_the_line_numbers_of_people(void)
{
    CU_ASSERT_STRING_EQUAL(flat("# a \"comment\n\ncode,name,note\n\n# x,y\nA,b,c\n  \nB,d,e\n"),
                           "6:A/b/c;8:B/d/e;");
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\nA,\"b\n# no comment\nb\",c\nB,d,e\n"),
                           "2:A/b\n# no comment\nb/c;5:B/d/e;");
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\r\nA,\"b\r\nb\",c\r\nB,d,e\r\n"),
                           "2:A/b\nb/c;4:B/d/e;");
}

static void table_takes_quotes_delimiters_and_nfd(void)
{
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\nA,\"51,75\",\"say \"\"x\"\"\"\n"),
                           "2:A/51,75/say \"x\";");
    CU_ASSERT_STRING_EQUAL(flat("code;name;note\nA;51,75;c\n"), "2:A/51,75/c;");
    CU_ASSERT_STRING_EQUAL(flat("code,name,note\nA,My\xcc\x83 Quo\xcc\x9b\xcc\x81i,c\n"),
                           "2:A/Mỹ Quới/c;");
}

static void table_reads_settings(void)
{
    static const char text[] =
        "#set total=100 source=\"QĐ 766, 2022; part\" sample=true\ncode,name\nA,b\n";
    static const char excel[] =
        "\"#set total=100 source=\"\"QĐ 766\"\"\";;\r\ncode;name;\r\nA;b;\r\n";
    static const char *const texts[] = {text, excel};

    for (size_t i = 0; i < 2; i++) {
        struct fault_list faults = FAULT_LIST_INIT;
        const struct table_setting *settings;
        struct table *t = NULL;

        CU_ASSERT_EQUAL_FATAL(parse(texts[i], strlen(texts[i]), &faults, &t), NG_OK);
        CU_ASSERT_FALSE(fault_any(&faults));
        CU_ASSERT_EQUAL_FATAL(table_settings(t, &settings), i == 0 ? 3 : 2);
        CU_ASSERT_STRING_EQUAL(settings[0].key, "total");
        CU_ASSERT_STRING_EQUAL(settings[0].value, "100");
        CU_ASSERT_STRING_EQUAL(settings[1].value, i == 0 ? "QĐ 766, 2022; part" : "QĐ 766");
        CU_ASSERT_EQUAL(table_settings_line(t), 1);
        table_destroy(&t);
        fault_list_fini(&faults);
    }
}

static void table_names_the_line_of_a_fault(void)
{
    CU_ASSERT_STRING_EQUAL(FAULT_OF(""), "0//table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("# only\n"), "0//table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,note\nA,b\n"), "1/name/column");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("#\ncode,name,wat\nA,b,c\n"), "2/wat/column");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name,code\nA,b,c\n"), "1/code/column");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name,note\nA,b,c\nB,x,y,z\n"), "3//table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name,note\nA,b\"b,c\nB,d,e\n"), "2//table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name,note\nA,b,c\nB,\"d,e\nC,f,g\n"), "3//table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name,note\nA,b,c\nB,d\x07,e\n"), "3/name/encoding");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name\n#set total=1\nA,b\n"), "2/#set/table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("#set a=1\n#set b=1\ncode,name\nA,b\n"), "2/#set/table");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("#set a=1 a=2\ncode,name\nA,b\n"), "1/#set/twice");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("#set total\ncode,name\nA,b\n"), "1/#set/form");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("#set a=\"x\ncode,name\nA,b\n"), "1/#set/form");
}

static void table_advises_about_files_that_are_no_utf8(void)
{
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name\nA,Ph\xfd\xe5ng\n"), "2//encoding");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("\xff\xfe"
                                    "c\0o\0d\0e\0"),
                           "1//encoding");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("c\0o\0d\0e\0"), "1//encoding");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("PK\x03\x04 a workbook"), "0//encoding");
    CU_ASSERT_STRING_EQUAL(FAULT_OF("code,name\nA,Uû ban nh©n d©n x·\nB,V¨n phßng\n"),
                           "2//encoding");
}

static void table_bounds_what_it_takes(void)
{
    struct buf text = BUF_INIT(8 << 20);

    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "code,name,note\nA,"), NG_OK);
    for (int i = 0; i < 101; i++)
        CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "x"), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, ",c\n"), NG_OK);
    CU_ASSERT_STRING_EQUAL(fault_of(buf_text(&text), text.size), "2/name/range");
    buf_clear(&text);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "code,name,note\n"), NG_OK);
    for (int i = 0; i < 70; i++)
        CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "x,"), NG_OK);
    CU_ASSERT_STRING_EQUAL(fault_of(buf_text(&text), text.size), "2//table");
    buf_clear(&text);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "code,name,note\nA,\""), NG_OK);
    for (int i = 0; i < 500000; i++)
        CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "xxxxxxxxxx"), NG_OK);
    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "\",c\n"), NG_OK);
    CU_ASSERT_STRING_EQUAL(fault_of(buf_text(&text), text.size), "2//table");
    buf_fini(&text);
}

/* Without the bound the whole file would be gathered as one cell before anything is said. */
static void table_gives_up_on_a_record_that_never_ends(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct buf text = BUF_INIT(8 << 20);
    struct table *t = NULL;

    CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "code,name,note\nA,\"b,c\n"), NG_OK);
    for (int i = 0; i < 200000; i++)
        CU_ASSERT_EQUAL_FATAL(buf_add_text(&text, "B,c,d\n"), NG_OK);
    CU_ASSERT_EQUAL(parse(buf_text(&text), text.size, &faults, &t), NG_ERR_INPUT);
    CU_ASSERT_EQUAL(faults.count, 1);
    CU_ASSERT_PTR_NOT_NULL(kit_find_fault(&faults, 2, "does not end within"));
    fault_list_fini(&faults);
    buf_fini(&text);
}

static void table_never_crashes_on_mangled_files(void)
{
    static const char good[] =
        "#set a=1 b=\"c d\"\n# x\ncode,name,note\nA,\"b\nb\",c\nB,ệ,\"e\"\"e\"\n";
    static const char bytes[] = "\",;#\r\n\0 \xff\xc3=A";
    struct rng rng = rng_seeded(11);

    for (int round = 0; round < 3000; round++) {
        char text[sizeof(good)];
        struct fault_list faults = FAULT_LIST_INIT;
        struct table *t = NULL;
        enum ng_err err;

        memcpy(text, good, sizeof(good));
        for (int i = 0; i < 4; i++) {
            text[rng_next(&rng) % (sizeof(good) - 1)] = bytes[rng_next(&rng) % (sizeof(bytes) - 1)];
        }
        err = parse(text, rng_next(&rng) % sizeof(good), &faults, &t);
        CU_ASSERT_TRUE_FATAL(err == NG_OK || (err == NG_ERR_INPUT && fault_any(&faults)));
        CU_ASSERT_EQUAL_FATAL(err == NG_OK, t != NULL);
        for (size_t i = 0; i < faults.count; i++)
            CU_ASSERT_TRUE_FATAL(faults.items[i].line <= 12);
        table_destroy(&t);
        fault_list_fini(&faults);
    }
}

static void table_survives_every_failed_allocation(void)
{
    static const char text[] = "#set a=1\ncode,name,note\nA,ệ\xcc\x81,c\nB,\"d\nd\",e\n";

    for (unsigned k = 1;; k++) {
        struct fault_list faults = FAULT_LIST_INIT;
        struct table *t = NULL;
        enum ng_err err;

        fault_set(FAULT_MEMORY, k, ENOMEM, false);
        err = parse(text, sizeof(text) - 1, &faults, &t);
        if (!fault_clear()) {
            CU_ASSERT_EQUAL(err, NG_OK);
            table_destroy(&t);
            fault_list_fini(&faults);
            return;
        }
        CU_ASSERT_EQUAL(err, NG_ERR_NOMEM);
        CU_ASSERT_PTR_NULL(t);
        fault_list_fini(&faults);
    }
}

static void fault_list_is_bounded_and_says_how_many_more(void)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct buf text = BUF_INIT(1 << 20);

    for (uint32_t i = 0; i < FAULT_MAX + 5; i++) {
        fault_add(&faults, FAULT_NUMBER, FAULT_MAX + 5 - i, "value", "bad %u", i);
    }
    fault_sort(&faults);
    CU_ASSERT_EQUAL(faults.count, FAULT_MAX);
    CU_ASSERT_EQUAL(faults.dropped, 5);
    CU_ASSERT_EQUAL(faults.items[0].line, 6);
    CU_ASSERT_EQUAL(fault_format_all(&faults, "f.csv", &text), NG_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&text), "f.csv: line 6, value: bad 999\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buf_text(&text), "and 5 more\n"));
    fault_list_fini(&faults);
    buf_fini(&text);
}

static void a_long_fault_is_cut_and_never_empty(void)
{
    char text[FAULT_MESSAGE_MAX + 100];
    struct fault_list faults = FAULT_LIST_INIT;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    text[0] = '\xa0'; /* no text at all, as a person's terminal may send it */
    fault_add(&faults, FAULT_FORM, 1, "", "%s", text);
    memcpy(text + FAULT_MESSAGE_MAX - 2, "\xe1\xba\xbf", 3); /* ế lies across the end */
    fault_add(&faults, FAULT_FORM, 2, "", "%s", text);
    memset(text, '\xbf', sizeof(text) - 1); /* the insides of characters alone */
    fault_add(&faults, FAULT_FORM, 3, "", "%s", text);
    CU_ASSERT_EQUAL_FATAL(faults.count, 3);
    CU_ASSERT_EQUAL(strlen(faults.items[0].message), FAULT_MESSAGE_MAX);
    CU_ASSERT_EQUAL(strlen(faults.items[1].message), FAULT_MESSAGE_MAX - 2);
    CU_ASSERT(strlen(faults.items[2].message) >= FAULT_MESSAGE_MAX - 3);
    fault_list_fini(&faults);
}

static const struct test_case cases[] = {
    TEST_CASE(table_reads_every_dialect_alike),
    TEST_CASE(table_keeps_the_line_numbers_of_people),
    TEST_CASE(table_takes_quotes_delimiters_and_nfd),
    TEST_CASE(table_reads_settings),
    TEST_CASE(table_names_the_line_of_a_fault),
    TEST_CASE(table_advises_about_files_that_are_no_utf8),
    TEST_CASE(table_bounds_what_it_takes),
    TEST_CASE(table_gives_up_on_a_record_that_never_ends),
    TEST_CASE(table_never_crashes_on_mangled_files),
    TEST_CASE(table_survives_every_failed_allocation),
    TEST_CASE(fault_list_is_bounded_and_says_how_many_more),
    TEST_CASE(a_long_fault_is_cut_and_never_empty),
    {0},
};

int main(int argc, char **argv)
{
    (void)lang_set("en");
    return test_main("table", cases, argc, argv);
}
