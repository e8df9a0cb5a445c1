#include "kit.h"

#include <stdio.h>
#include <string.h>

struct bytes kit_bytes(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

struct bytes kit_file(const char *path)
{
    char full[512];
    FILE *f;
    uint8_t *data = malloc(1 << 20);
    size_t size;

    (void)snprintf(full, sizeof(full), "%s/%s", NGANAM_SOURCE_DIR, path);
    f = fopen(full, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    CU_ASSERT_PTR_NOT_NULL_FATAL(data);
    size = fread(data, 1, 1 << 20, f);
    (void)fclose(f);
    return (struct bytes){data, size};
}

void kit_file_free(struct bytes *file)
{
    uint8_t *data;

    memcpy(&data, &file->data, sizeof(data));
    free(data);
    *file = (struct bytes){0};
}

struct decimal kit_decimal(const char *text)
{
    struct decimal d = DECIMAL_ZERO;

    CU_ASSERT_EQUAL_FATAL(decimal_parse(text, &d), DECIMAL_FINE);
    return d;
}

const char *kit_text(struct decimal d)
{
    static char texts[4][DECIMAL_TEXT_SIZE];
    static unsigned next;

    next = (next + 1) % 4;
    return decimal_format(d, texts[next]);
}

void kit_print_faults(const struct fault_list *faults)
{
    struct buf text = BUF_INIT(1 << 20);

    if (fault_format_all(faults, "", &text) == NG_OK) {
        (void)fprintf(stderr, "%s", buf_text(&text));
    }
    buf_fini(&text);
}

static struct criteria *parse(struct bytes file, uint32_t year, const char *group)
{
    struct fault_list faults = FAULT_LIST_INIT;
    struct criteria *set = NULL;
    enum ng_err err = criteria_parse_csv(file, "SET", year, group, &faults, &set);

    kit_print_faults(&faults);
    fault_list_fini(&faults);
    CU_ASSERT_EQUAL_FATAL(err, NG_OK);
    return set;
}

struct criteria *kit_set(const char *settings, const char *rows)
{
    struct buf text = BUF_INIT(1 << 20);
    struct criteria *set;

    CU_ASSERT_EQUAL_FATAL(buf_printf(&text, "%s%s%s", settings, KIT_HEADER, rows), NG_OK);
    set = parse(buf_bytes(&text), 2026, "commune");
    buf_fini(&text);
    return set;
}

struct criteria *kit_set_file(const char *path, uint32_t year, const char *group)
{
    struct bytes file = kit_file(path);
    struct criteria *set = parse(file, year, group);

    kit_file_free(&file);
    return set;
}

const struct fault *kit_find_fault(const struct fault_list *faults, uint32_t line, const char *text)
{
    for (size_t i = 0; i < faults->count; i++) {
        if (faults->items[i].line == line && strstr(faults->items[i].message, text) != NULL) {
            return &faults->items[i];
        }
    }
    return NULL;
}
