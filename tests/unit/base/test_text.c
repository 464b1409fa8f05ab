/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/text.h"
#include "tap.h"

static int freed;

static void count_free (void *aux)
{
    freed++;
}

static void test_text (void)
{
    struct text_pool *pool = text_pool_create (false);
    struct text *a = text_intern (pool, "one", 3);
    struct text *b = text_intern (pool, "one and more", 3);
    struct text *c = text_intern (pool, "two", 3);
    struct text *many[1000];
    char s[16];

    ok (a == b && a != c, "equal texts are one");
    is_int (text_pool_count (pool), 2, "two are kept");
    a->aux = a;
    a->aux_free = count_free;
    text_unref (a);
    is_int (freed, 0, "a text lives while it is referred to");
    text_unref (b);
    is_int (freed, 1, "and takes its aux with it");
    is_int (text_pool_count (pool), 1, "out of the pool");
    for (int i = 0; i < 1000; i++)
        many[i] = text_intern (pool, s, snprintf (s, sizeof (s), "%d", i));
    is_int (text_pool_count (pool), 1001, "a thousand fit");
    ok (text_intern (pool, "999", 3) == many[999], "and are found");
    text_unref (many[999]);
    text_pool_destroy (pool);
    is_str (c->s, "two", "texts outlive their pool");
    text_unref (c);
    for (int i = 0; i < 1000; i++)
        text_unref (many[i]);
    text_unref (NULL);
}

static void test_err (void)
{
    flux_error_t e;
    char longer[400];

    memset (longer, 'x', sizeof (longer));
    longer[399] = '\0';
    ok (err_set (&e, ENOENT, "no %s", "way") == -1 && errno == ENOENT,
        "an error is -1 and an errno");
    is_str (e.text, "no way", "and a sentence");
    err_set (&e, EINVAL, "%s", longer);
    ok (strlen (e.text) == sizeof (e.text) - 1
            && e.text[sizeof (e.text) - 2] == '+',
        "one that is too long ends in +");
    ok (err_null (NULL, EPERM, "x") == NULL && errno == EPERM,
        "nobody need listen");
}

static void test_clock (void)
{
    struct clock c = { .is_virtual = true, .t = 100. };
    struct clock real = CLOCK_REAL_INIT;

    clock_advance (&c, 50.);
    ok (clock_now (&c) == 100., "a clock does not go back");
    clock_advance (&c, 150.);
    ok (clock_now (&c) == 150. && clock_monotonic (&c) == 150., "but forward");
    ok (clock_now (&real) > 1.7e9, "the real one tells the date");
}

/* Much like others. */
static size_t alike (char *buf, size_t size, int i)
{
    return snprintf (
        buf,
        size,
        "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"with\":[{"
        "\"type\":\"core\",\"count\":1}]}],\"tasks\":[{\"command\":["
        "\"job\",\"%d\"],\"count\":{\"per_slot\":1}}],\"attributes\":"
        "{\"system\":{\"duration\":%d}},\"version\":1}",
        i,
        i % 7);
}

#define MANY 600 /* while the table grows */

static void test_packed (void)
{
    struct text_pool *pool = text_pool_create (true);
    struct text *many[MANY], *noise, *again;
    size_t bytes = 0, len = 0;
    int packed = 0, good = 0, same = 0, open = 0;
    char buf[600], random[500];
    uint32_t seed = 1;

    for (int i = 0; i < MANY; i++) {
        len = alike (buf, sizeof (buf), i);
        many[i] = text_intern (pool, buf, len);
        packed += many[i]->packed > 0;
        bytes += many[i]->packed;
    }
    is_int (packed, MANY - 1, "all but the first are packed");
    ok (bytes < MANY * len / 4, "to less than a quarter");
    for (int i = 0; i < MANY; i++) {
        len = alike (buf, sizeof (buf), i);
        good += many[i]->len == len && !strcmp (text_str (many[i]), buf);
        again = text_intern (pool, buf, len);
        same += again == many[i];
        text_unref (again);
    }
    is_int (good, MANY, "and come out as they went in");
    is_int (same, MANY, "and are found again");
    for (int i = 0; i < MANY; i++)
        open += many[i]->packed && many[i]->s;
    is_int (open, TEXT_OPEN, "few are unpacked at a time");
    for (size_t i = 0; i < sizeof (random); i++)
        random[i] = (seed = seed * 1103515245 + 12345) >> 16;
    noise = text_intern (pool, random, sizeof (random));
    ok (noise->packed == 0 && noise->len == sizeof (random)
            && !memcmp (text_str (noise), random, sizeof (random)),
        "what cannot be packed is not");
    text_unref (noise);
    for (int i = 0; i < MANY; i += 2)
        text_unref (many[i]);
    text_pool_destroy (pool);
    alike (buf, sizeof (buf), 1);
    is_str (text_str (many[1]), buf, "packed texts outlive their pool");
    alike (buf, sizeof (buf), MANY - 1);
    is_str (text_str (many[MANY - 1]), buf, "all of them");
    for (int i = 1; i < MANY; i += 2)
        text_unref (many[i]);
}

int main (void)
{
    test_text ();
    test_packed ();
    test_err ();
    test_clock ();
    return done_testing ();
}
