/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode (const void *data, size_t len)
{
    const unsigned char *in = data;
    char *out = malloc ((len + 2) / 3 * 4 + 1);
    char *p = out;

    if (!out)
        return NULL;
    for (; len >= 3; in += 3, len -= 3) {
        *p++ = alphabet[in[0] >> 2];
        *p++ = alphabet[(in[0] & 3) << 4 | in[1] >> 4];
        *p++ = alphabet[(in[1] & 15) << 2 | in[2] >> 6];
        *p++ = alphabet[in[2] & 63];
    }
    if (len > 0) {
        unsigned char second = len > 1 ? in[1] : 0;

        *p++ = alphabet[in[0] >> 2];
        *p++ = alphabet[(in[0] & 3) << 4 | second >> 4];
        *p++ = len > 1 ? alphabet[(second & 15) << 2] : '=';
        *p++ = '=';
    }
    *p = '\0';
    return out;
}

static void make_values (int8_t values[256])
{
    memset (values, -1, 256);
    for (int i = 0; i < 64; i++)
        values[(unsigned char)alphabet[i]] = i;
}

void *base64_decode (const char *s, size_t len, size_t *outlen)
{
    const unsigned char *in = (const unsigned char *)s;
    int8_t values[256];
    unsigned char *out = NULL, *p;
    uint32_t bits = 0;
    size_t pad = 0;

    if (len % 4 != 0)
        goto invalid;
    while (pad < 2 && len > 0 && in[len - 1] == '=') {
        len--;
        pad++;
    }
    if (!(out = malloc (len / 4 * 3 + 4)))
        return NULL;
    make_values (values);
    p = out;
    for (size_t i = 0; i < len; i++) {
        if (values[in[i]] < 0)
            goto invalid;
        bits = bits << 6 | values[in[i]];
        if (i % 4 == 3) {
            *p++ = bits >> 16;
            *p++ = bits >> 8;
            *p++ = bits;
            bits = 0;
        }
    }
    if (pad == 1) {
        if (bits & 3)
            goto invalid;
        *p++ = bits >> 10;
        *p++ = bits >> 2;
    }
    else if (pad == 2) {
        if (bits & 15)
            goto invalid;
        *p++ = bits >> 4;
    }
    *p = '\0';
    *outlen = p - out;
    return out;
invalid:
    free (out);
    errno = EINVAL;
    return NULL;
}
