/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/jobid.h"

static const char base58[] =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char f_utf8[] = "\xc6\x92"; /* U+0192 */

static int invalid (void)
{
    errno = EINVAL;
    return -1;
}

static const struct {
    const char *name;
    enum jobid_form form;
} forms[] = {
    { "dec", JOBID_DEC },       { "hex", JOBID_HEX },
    { "dothex", JOBID_DOTHEX }, { "kvs", JOBID_KVS },
    { "f58", JOBID_F58 },       { "f58plain", JOBID_F58PLAIN },
    { "words", JOBID_WORDS },   { "emoji", JOBID_EMOJI },
};

int jobid_form_parse (const char *name, enum jobid_form *form)
{
    for (size_t i = 0; name && i < sizeof (forms) / sizeof (forms[0]); i++) {
        if (strcmp (forms[i].name, name) == 0) {
            *form = forms[i].form;
            return 0;
        }
    }
    return invalid ();
}

__attribute__ ((format (printf, 3, 4))) static int put (char *buf,
                                                        size_t size,
                                                        const char *fmt,
                                                        ...)
{
    va_list ap;
    int n;

    va_start (ap, fmt);
    n = vsnprintf (buf, size, fmt, ap);
    va_end (ap);
    if (n < 0 || (size_t)n >= size) {
        errno = EOVERFLOW;
        return -1;
    }
    return 0;
}

static int put_dothex (char *buf, size_t size, const char *prefix, uint64_t id)
{
    return put (buf,
                size,
                "%s%04x.%04x.%04x.%04x",
                prefix,
                (unsigned int)(id >> 48),
                (unsigned int)(id >> 32) & 0xffff,
                (unsigned int)(id >> 16) & 0xffff,
                (unsigned int)id & 0xffff);
}

static int put_f58 (char *buf, size_t size, const char *prefix, uint64_t id)
{
    char digits[16];
    size_t i = sizeof (digits);

    digits[--i] = '\0';
    do {
        digits[--i] = base58[id % 58];
        id /= 58;
    } while (id > 0);
    return put (buf, size, "%s%s", prefix, &digits[i]);
}

static int put_emoji (char *buf, size_t size, uint64_t id)
{
    char digits[32];
    size_t i = sizeof (digits);

    digits[--i] = '\0';
    do {
        i -= 4;
        memcpy (&digits[i], jobid_emoji[id % 576], 4);
        id /= 576;
    } while (id > 0);
    return put (buf, size, "%s", &digits[i]);
}

static int put_words (char *buf, size_t size, uint64_t id)
{
    const char *w[6];

    for (int half = 0; half < 2; half++) {
        uint32_t n = half ? id >> 32 : id;
        for (int i = 0; i < 3; i++) {
            w[3 * half + i] = jobid_words[n % JOBID_NWORDS];
            n /= JOBID_NWORDS;
        }
    }
    return put (buf,
                size,
                "%s-%s-%s--%s-%s-%s",
                w[0],
                w[1],
                w[2],
                w[3],
                w[4],
                w[5]);
}

static const char *f58_prefix (void)
{
    if (MB_CUR_MAX == 1 || getenv ("FLUX_F58_FORCE_ASCII"))
        return "f";
    return f_utf8;
}

int jobid_encode (uint64_t id, enum jobid_form form, char *buf, size_t size)
{
    if (!buf)
        return invalid ();
    switch (form) {
    case JOBID_DEC:
        return put (buf, size, "%" PRIu64, id);
    case JOBID_HEX:
        return put (buf, size, "0x%" PRIx64, id);
    case JOBID_DOTHEX:
        return put_dothex (buf, size, "", id);
    case JOBID_KVS:
        return put_dothex (buf, size, "job.", id);
    case JOBID_F58:
        return put_f58 (buf, size, f58_prefix (), id);
    case JOBID_F58PLAIN:
        return put_f58 (buf, size, "f", id);
    case JOBID_EMOJI:
        return put_emoji (buf, size, id);
    case JOBID_WORDS:
        return put_words (buf, size, id);
    }
    return invalid ();
}

/* *id = *id * base + digit, unless that is too large. */
static bool shift_in (uint64_t *id, unsigned int base, unsigned int digit)
{
    return !__builtin_mul_overflow (*id, (uint64_t)base, id)
           && !__builtin_add_overflow (*id, (uint64_t)digit, id);
}

static int parse_f58 (const char *s, size_t len, uint64_t *id)
{
    *id = 0;
    if (len == 0)
        return invalid ();
    for (size_t i = 0; i < len; i++) {
        const char *p = s[i] ? strchr (base58, s[i]) : NULL;

        if (!p || !shift_in (id, 58, p - base58))
            return invalid ();
    }
    return 0;
}

static int emoji_value (const char *s)
{
    for (int i = 0; i < 576; i++) {
        if (memcmp (jobid_emoji[i], s, 4) == 0)
            return i;
    }
    return -1;
}

static int parse_emoji (const char *s, size_t len, uint64_t *id)
{
    *id = 0;
    if (len == 0 || len % 4)
        return invalid ();
    for (size_t i = 0; i < len; i += 4) {
        int value = emoji_value (s + i);

        if (value < 0 || !shift_in (id, 576, value))
            return invalid ();
    }
    return 0;
}

static int word_value (const char *s, size_t len)
{
    for (int i = 0; i < JOBID_NWORDS; i++) {
        if (strlen (jobid_words[i]) == len
            && strncasecmp (jobid_words[i], s, len) == 0)
            return i;
    }
    return -1;
}

/* Six words with one dash or two between them. */
static int parse_words (const char *s, size_t len, uint64_t *id)
{
    static const uint64_t scale[3] = { 1,
                                       JOBID_NWORDS,
                                       JOBID_NWORDS * JOBID_NWORDS };
    uint64_t halves[2] = { 0, 0 };
    const char *end = s + len;

    for (int i = 0; i < 6; i++) {
        size_t n = strcspn (s, "-");
        int value;

        if (n > (size_t)(end - s))
            n = end - s;
        if ((value = word_value (s, n)) < 0)
            return invalid ();
        halves[i / 3] += (uint64_t)value * scale[i % 3];
        s += n;
        while (s < end && *s == '-' && i < 5)
            s++;
    }
    if (s != end || halves[0] > UINT32_MAX || halves[1] > UINT32_MAX)
        return invalid ();
    *id = halves[1] << 32 | halves[0];
    return 0;
}

static int hex_value (char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = tolower ((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_digits (const char *s, size_t len, int base, uint64_t *id)
{
    *id = 0;
    if (len == 0)
        return invalid ();
    for (size_t i = 0; i < len; i++) {
        int value = hex_value (s[i]);

        if (value < 0 || value >= base || !shift_in (id, base, value))
            return invalid ();
    }
    return 0;
}

/* xxxx.xxxx.xxxx.xxxx, which the KVS form has "job." before. */
static int parse_dothex (const char *s, size_t len, uint64_t *id)
{
    char hex[16];

    if (len == 23 && strncmp (s, "job.", 4) == 0) {
        s += 4;
        len -= 4;
    }
    if (len != 19 || s[4] != '.' || s[9] != '.' || s[14] != '.')
        return invalid ();
    for (int i = 0; i < 4; i++)
        memcpy (hex + 4 * i, s + 5 * i, 4);
    return parse_digits (hex, sizeof (hex), 16, id);
}

int jobid_parse (const char *s, uint64_t *id)
{
    uint64_t value;
    size_t len;
    int rc;

    if (!s || !id)
        return invalid ();
    while (isspace ((unsigned char)*s))
        s++;
    len = strlen (s);
    while (len > 0 && isspace ((unsigned char)s[len - 1]))
        len--;
    if (memchr (s, '.', len))
        rc = parse_dothex (s, len, &value);
    else if (memchr (s, '-', len) && *s != '-')
        rc = parse_words (s, len, &value);
    else if (len >= 2 && memcmp (s, f_utf8, 2) == 0)
        rc = parse_f58 (s + 2, len - 2, &value);
    else if (len >= 1 && *s == 'f')
        rc = parse_f58 (s + 1, len - 1, &value);
    else if (len >= 2 && memcmp (s, "\xf0\x9f", 2) == 0)
        rc = parse_emoji (s, len, &value);
    else if (len >= 2 && memcmp (s, "0x", 2) == 0)
        rc = parse_digits (s + 2, len - 2, 16, &value);
    else
        rc = parse_digits (s, len, 10, &value);
    if (rc == 0)
        *id = value;
    return rc;
}
