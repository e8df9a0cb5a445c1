#include "ledger/line.h"

#include <string.h>

bool line_take(struct bytes *rest, struct bytes *ret_line)
{
    const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, '\n', rest->size);
    if (end == NULL) {
        return false;
    }
    *ret_line = (struct bytes){rest->data, (size_t)(end - rest->data)};
    rest->data += ret_line->size + 1;
    rest->size -= ret_line->size + 1;
    return true;
}

bool line_is(struct bytes line, const char *text)
{
    size_t size = strlen(text);
    return line.size == size && memcmp(line.data, text, size) == 0;
}

bool line_skip(struct bytes *line, const char *prefix)
{
    size_t size = strlen(prefix);
    if (line->size < size || memcmp(line->data, prefix, size) != 0) {
        return false;
    }
    line->data += size;
    line->size -= size;
    return true;
}

bool line_number(struct bytes line, uint64_t *ret)
{
    uint64_t n = 0;
    if (line.size == 0 || (line.size > 1 && line.data[0] == '0')) {
        return false;
    }
    for (size_t i = 0; i < line.size; i++) {
        if (line.data[i] < '0' || line.data[i] > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(line.data[i] - '0');
        if (n > (UINT64_MAX - digit) / 10) {
            return false;
        }
        n = n * 10 + digit;
    }
    *ret = n;
    return true;
}
