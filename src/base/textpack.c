/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <lz4.h>
#include <stdlib.h>

#include "base/textpack.h"

enum {
    NBASES = 4,
    LEN_MIN = 128,
    LEN_MAX = 64 * 1024, /* further back LZ4 does not look */
};

struct textpack {
    LZ4_stream_t *stream;
    struct text *bases[NBASES]; /* refs; the one that was of use last first */
    char buf[LEN_MAX / 2];
};

struct textpack *textpack_create (void)
{
    struct textpack *tp = calloc (1, sizeof (*tp));

    if (tp && !(tp->stream = LZ4_createStream ())) {
        free (tp);
        errno = ENOMEM;
        return NULL;
    }
    return tp;
}

void textpack_destroy (struct textpack *tp)
{
    if (!tp)
        return;
    for (int i = 0; i < NBASES; i++)
        text_unref (tp->bases[i]);
    LZ4_freeStream (tp->stream);
    free (tp);
}

/* To the front, as the first; those before it move back by one. */
static void to_front (struct textpack *tp, int i)
{
    struct text *t = tp->bases[i];

    for (; i > 0; i--)
        tp->bases[i] = tp->bases[i - 1];
    tp->bases[0] = t;
}

const char *textpack_pack (struct textpack *tp,
                           const char *s,
                           size_t len,
                           struct text **base,
                           size_t *packed)
{
    int n;

    if (len < LEN_MIN || len > LEN_MAX)
        return NULL;
    for (int i = 0; i < NBASES && tp->bases[i]; i++) {
        LZ4_loadDict (tp->stream, tp->bases[i]->s, tp->bases[i]->len);
        n = LZ4_compress_fast_continue (tp->stream,
                                        s,
                                        tp->buf,
                                        len,
                                        (len - 1) / 2,
                                        1);
        if (n <= 0)
            continue;
        to_front (tp, i);
        *base = tp->bases[0];
        *packed = n;
        return tp->buf;
    }
    return NULL;
}

void textpack_base (struct textpack *tp, struct text *t)
{
    if (t->len < LEN_MIN || t->len > LEN_MAX)
        return;
    text_unref (tp->bases[NBASES - 1]);
    tp->bases[NBASES - 1] = text_ref (t);
    to_front (tp, NBASES - 1);
}

char *textpack_unpack (const struct text *t)
{
    char *s = malloc ((size_t)t->len + 1);
    int n;

    if (!s)
        return NULL;
    n = LZ4_decompress_safe_usingDict (t->data,
                                       s,
                                       t->packed,
                                       t->len,
                                       t->base->s,
                                       t->base->len);
    if (n != (int)t->len) {
        free (s);
        errno = EINVAL;
        return NULL;
    }
    s[n] = '\0';
    return s;
}
