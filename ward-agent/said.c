#include "ward-agent/said.h"

#include "par/decimal.h"
#include "ward-agent/input.h"

#include <stdio.h>
#include <string.h>

static enum ng_err add_cells(struct buf *to, const char *const *cells, size_t count)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < count; i++) {
        err = input_add_cell(to, cells[i], strlen(cells[i]));
    }
    return err == NG_OK ? buf_add_byte(to, '\n') : err;
}

/* a.pdf|b.pdf */
static enum ng_err join_evidence(const struct wire_report *r, struct buf *to)
{
    enum ng_err err = NG_OK;
    for (size_t i = 0; err == NG_OK && i < r->evidence_count; i++) {
        err = i > 0 ? buf_add_byte(to, '|') : NG_OK;
        err = err == NG_OK ? buf_add_text(to, r->evidence[i].name) : err;
    }
    return err;
}

/* 1.234 as 1.2340: of a person's file the reader would ask whether it is 1234. */
static const char *clear_number(const char *text, char room[static DECIMAL_TEXT_SIZE + 1])
{
    const char *dot = strchr(text, '.');
    if (dot == NULL || strlen(dot) != 4 || strlen(text) >= DECIMAL_TEXT_SIZE) {
        return text;
    }
    (void)snprintf(room, DECIMAL_TEXT_SIZE + 1, "%s0", text);
    return room;
}

static enum ng_err add_report(const struct wire_report *r, struct buf *to)
{
    const bool answered = r->answered == WIRE_VALUE;
    char numbers[3][DECIMAL_TEXT_SIZE + 1];
    struct buf evidence = BUF_INIT(64u << 10);
    enum ng_err err = join_evidence(r, &evidence);
    if (err == NG_OK) {
        const char *const cells[] = {r->code,
                                     answered ? clear_number(r->value, numbers[0]) : "",
                                     answered ? clear_number(r->numerator, numbers[1]) : "",
                                     answered ? clear_number(r->denominator, numbers[2]) : "",
                                     answered ? r->choice : "",
                                     answered                             ? ""
                                     : r->answered == WIRE_NOT_APPLICABLE ? "true"
                                                                          : "none",
                                     r->explanation,
                                     buf_text(&evidence)};
        err = add_cells(to, cells, sizeof(cells) / sizeof(cells[0]));
    }
    buf_fini(&evidence);
    return err;
}

/* A line that the reader of the file passes over: no text ends it. */
static enum ng_err add_remark(struct buf *to, const char *text)
{
    enum ng_err err = buf_add_text(to, "# ");
    for (; err == NG_OK && *text != '\0'; text++) {
        err = buf_add_byte(to, (uint8_t)*text < ' ' ? ' ' : (uint8_t)*text);
    }
    return err == NG_OK ? buf_add_byte(to, '\n') : err;
}

static enum ng_err add_period(const struct wire_report *r, struct buf *to)
{
    char year[16];
    char text[128];
    (void)snprintf(year, sizeof(year), "%u", r->year);
    if (r->period[0] == '\0' || strcmp(r->period, year) == 0) {
        return NG_OK;
    }
    (void)snprintf(text, sizeof(text), "%.64s --period %.32s", r->code, r->period);
    return add_remark(to, text);
}

static enum ng_err add_task(const struct wire_progress *p, struct buf *to)
{
    struct buf text = BUF_INIT(64u << 10);
    enum ng_err err =
        buf_printf(&text, "nganam-agent task %s --year %u --percent %u%s%s", p->code, p->year,
                   p->percent, p->completed[0] != '\0' ? " --completed " : "", p->completed);
    if (err == NG_OK && p->note[0] != '\0') {
        err = buf_printf(&text, " --note \"%s\"", p->note);
    }
    for (size_t i = 0; err == NG_OK && i < p->evidence_count; i++) {
        err = buf_printf(&text, " --evidence \"%s\"", p->evidence[i].name);
    }
    if (err == NG_OK) {
        err = add_remark(to, buf_text(&text));
    }
    buf_fini(&text);
    return err;
}

enum ng_err said_csv(const struct own *o, uint32_t year, struct buf *to, size_t *ret_count)
{
    static const char *const columns[] = {"code",   "value", "numerator",   "denominator",
                                          "choice", "na",    "explanation", "evidence"};
    struct own_said said;
    size_t place = 0;
    enum ng_err err = add_cells(to, columns, sizeof(columns) / sizeof(columns[0]));
    *ret_count = 0;
    while (err == NG_OK && own_next(o, &place, &said)) {
        const struct wire_act *act = said.act;
        if (act->kind == WIRE_ACT_REPORT && act->u.report.year == year) {
            err = add_report(&act->u.report, to);
            err = err == NG_OK ? add_period(&act->u.report, to) : err;
            ++*ret_count;
        } else if (act->kind == WIRE_ACT_PROGRESS && act->u.progress.year == year) {
            err = add_task(&act->u.progress, to);
            ++*ret_count;
        }
    }
    return err;
}
