/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* JSON text written by hand, where speed counts.
 *
 * A growing buffer.  After a failure (no memory) further calls do nothing and
 * jbuf_take() says so, so that callers check once.
 */

#ifndef SLUICE_WIRE_JBUF_H
#define SLUICE_WIRE_JBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jbuf {
    char *s;
    size_t len;
    size_t size;
    bool failed;
};

/* Bytes as they are. */
void jbuf_raw (struct jbuf *b, const char *s, size_t len);
void jbuf_lit (struct jbuf *b, const char *s); /* to its NUL */
/* A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
 * NULL is written as "".
 */
void jbuf_string (struct jbuf *b, const char *s);
void jbuf_int (struct jbuf *b, int64_t n);
/* A JSON real (never without "." or exponent) that reads back as the same
 * double; times since the epoch get seven decimals.  What is not finite is
 * written as 0.0.
 */
void jbuf_real (struct jbuf *b, double d);

/* The text, NUL-terminated; the caller frees it.  NULL and ENOMEM after a
 * failure.  len may be NULL.
 */
char *jbuf_take (struct jbuf *b, size_t *len);

#endif
