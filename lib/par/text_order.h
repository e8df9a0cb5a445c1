/* Two keys of a text: for ordering and for searching. No locale is used, so every machine gives the
 * same bytes. */
#ifndef NGANAM_PAR_TEXT_ORDER_H
#define NGANAM_PAR_TEXT_ORDER_H

#include "base/buf.h"

/* Appends a key that orders by memcmp (the shorter first): the Vietnamese alphabet (a ă â b c d đ e
 * ê …), digits by value (Phường 2 before Phường 10), then tones (none, huyền, hỏi, ngã, sắc, nặng),
 * then small before capital letters. NG_ERR_INPUT: not UTF-8. */
enum ng_err text_order_key(const char *text, struct buf *to) NG_MUST_USE;

/* Appends a key for searching: lower case, without marks, đ as d. NG_ERR_INPUT: not UTF-8. */
enum ng_err text_order_search_key(const char *text, struct buf *to) NG_MUST_USE;

#endif
