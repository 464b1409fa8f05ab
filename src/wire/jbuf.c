/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/jbuf.h"

/* Room for n more bytes and a NUL. */
static bool jbuf_room (struct jbuf *b, size_t n)
{
    size_t size = b->size ? b->size : 128;
    char *s;

    if (b->failed)
        return false;
    if (b->len + n < b->size)
        return true;
    while (size <= b->len + n)
        size *= 2;
    if (!(s = realloc (b->s, size))) {
        b->failed = true;
        return false;
    }
    b->s = s;
    b->size = size;
    return true;
}

void jbuf_raw (struct jbuf *b, const char *s, size_t len)
{
    if (!jbuf_room (b, len))
        return;
    memcpy (b->s + b->len, s, len);
    b->len += len;
}

void jbuf_lit (struct jbuf *b, const char *s)
{
    jbuf_raw (b, s, strlen (s));
}

/* Bytes of the UTF-8 character at s, 0 if it is none (RFC 3629). */
static size_t utf8_len (const unsigned char *s)
{
    unsigned char lo = 0x80, hi = 0xbf;
    size_t n;

    if (s[0] < 0x80)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    if (s[0] == 0xe0)
        lo = 0xa0; /* no overlong forms */
    else if (s[0] == 0xed)
        hi = 0x9f; /* no surrogates */
    else if (s[0] == 0xf0)
        lo = 0x90;
    else if (s[0] == 0xf4)
        hi = 0x8f;
    if (s[1] < lo || s[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++) {
        if (s[i] < 0x80 || s[i] > 0xbf)
            return 0;
    }
    return n;
}

static void jbuf_escape (struct jbuf *b, unsigned char c)
{
    static const char names[] = "\"\\\b\f\n\r\t";
    static const char codes[] = "\"\\bfnrt";
    const char *p = memchr (names, c, sizeof (names) - 1);
    char tmp[8];

    if (p) {
        tmp[0] = '\\';
        tmp[1] = codes[p - names];
        jbuf_raw (b, tmp, 2);
        return;
    }
    snprintf (tmp, sizeof (tmp), "\\u%04x", c);
    jbuf_raw (b, tmp, 6);
}

void jbuf_string (struct jbuf *b, const char *str)
{
    const unsigned char *s = (const unsigned char *)(str ? str : "");
    const unsigned char *start = s;
    size_t n;

    jbuf_raw (b, "\"", 1);
    while (*s) {
        if (*s >= 0x20 && *s < 0x80 && *s != '"' && *s != '\\') {
            s++;
            continue;
        }
        if (*s >= 0x80 && (n = utf8_len (s)) > 0) {
            s += n;
            continue;
        }
        jbuf_raw (b, (const char *)start, s - start);
        if (*s >= 0x80)
            jbuf_lit (b, "\xef\xbf\xbd");
        else
            jbuf_escape (b, *s);
        start = ++s;
    }
    jbuf_raw (b, (const char *)start, s - start);
    jbuf_raw (b, "\"", 1);
}

static void jbuf_uint (struct jbuf *b, uint64_t n, int width)
{
    char tmp[24];
    char *p = tmp + sizeof (tmp);

    do {
        *--p = '0' + n % 10;
        n /= 10;
        width--;
    } while (n > 0 || width > 0);
    jbuf_raw (b, p, tmp + sizeof (tmp) - p);
}

void jbuf_int (struct jbuf *b, int64_t n)
{
    if (n < 0)
        jbuf_raw (b, "-", 1);
    jbuf_uint (b, n < 0 ? -(uint64_t)n : (uint64_t)n, 1);
}

void jbuf_real (struct jbuf *b, double d)
{
    /* Between these, neighbouring doubles are further apart than what seven
     * decimals distinguish, so that they lose nothing. */
    const double epoch_lo = 536870912., epoch_hi = 1e15;
    char tmp[40];

    if (d >= epoch_lo && d < epoch_hi) {
        uint64_t sec = d;
        uint64_t frac = (d - sec) * 1e7 + 0.5;

        if (frac == 10000000) {
            sec++;
            frac = 0;
        }
        jbuf_uint (b, sec, 1);
        jbuf_raw (b, ".", 1);
        jbuf_uint (b, frac, 7);
        return;
    }
    if (!isfinite (d))
        d = 0.;
    if (fabs (d) < epoch_lo && d == (int64_t)d && !(d == 0. && signbit (d))) {
        jbuf_int (b, d);
        jbuf_raw (b, ".0", 2);
        return;
    }
    snprintf (tmp, sizeof (tmp), "%.15g", d);
    if (strtod (tmp, NULL) != d)
        snprintf (tmp, sizeof (tmp), "%.17g", d);
    jbuf_lit (b, tmp);
    if (!strpbrk (tmp, ".e"))
        jbuf_raw (b, ".0", 2);
}

char *jbuf_take (struct jbuf *b, size_t *len)
{
    char *s;

    if (!jbuf_room (b, 0)) {
        free (b->s);
        memset (b, 0, sizeof (*b));
        errno = ENOMEM;
        return NULL;
    }
    s = b->s;
    s[b->len] = '\0';
    if (len)
        *len = b->len;
    memset (b, 0, sizeof (*b));
    return s;
}
