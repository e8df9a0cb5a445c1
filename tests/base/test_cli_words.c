/* Goal: usage texts keep everything but the words that have a translation, and never overflow.
 * Method: without a catalogue a known word is itself, so the text comes back as it was; texts at
 * and over the limit. The Vietnamese words are seen at the programs (tests/town/test_usage.py). */
#include "base/cli_words.h"
#include "harness.h"

#include "base/lang.h"

static void cli_words_keep_everything_else(void)
{
    static const char *const texts[] = {"",
                                        "N",
                                        "SLIP",
                                        "[CODE FIELD=VALUE…]",
                                        "tcp://HOST:PORT",
                                        "F.csv",
                                        "inclusion INDEX SIZE | consistency OLD NEW",
                                        "CODEX"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char got[CLI_WORDS_SIZE];
        cli_words(texts[i], got);
        CU_ASSERT_STRING_EQUAL(got, texts[i]);
    }
}

static void cli_words_end_before_the_word_that_does_not_fit(void)
{
    char text[CLI_WORDS_SIZE + 8];
    char got[CLI_WORDS_SIZE];
    memset(text, 'x', sizeof(text));
    memcpy(text + CLI_WORDS_SIZE - 5, "SLIP", 5);
    cli_words(text, got);
    CU_ASSERT_STRING_EQUAL(got, text);
    memset(text, 'x', sizeof(text));
    memcpy(text + CLI_WORDS_SIZE - 4, "SLIP", 5);
    cli_words(text, got);
    CU_ASSERT_EQUAL(strlen(got), CLI_WORDS_SIZE - 4);
}

static const struct test_case cases[] = {
    TEST_CASE(cli_words_keep_everything_else),
    TEST_CASE(cli_words_end_before_the_word_that_does_not_fit),
    {0},
};

int main(int argc, char **argv)
{
    (void)lang_set("en");
    return test_main("cli_words", cases, argc, argv);
}
