/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/idset.h>
#include <limits.h>

#include "tap.h"

static const struct {
    const char *in;
    const char *ranges; /* NULL: refused */
    const char *plain;
    size_t count;
} texts[] = {
    { "", "", "", 0 },
    { "[]", "", "", 0 },
    { "0", "0", "0", 1 },
    { "1,2,5,4", "1-2,4-5", "1,2,4,5", 4 },
    { "1-4,7,9-10", "1-4,7,9-10", "1,2,3,4,7,9,10", 7 },
    { "[99-101]", "99-101", "99,100,101", 3 },
    { "3-3", "3", "3", 1 },
    { "1-5,2-9,0", "0-9", "0,1,2,3,4,5,6,7,8,9", 10 },
    { "9,7,5,3", "3,5,7,9", "3,5,7,9", 4 },
    { "01", NULL },
    { "1,", NULL },
    { ",1", NULL },
    { "1-", NULL },
    { "-1", NULL },
    { "5-2", NULL },
    { "1 2", NULL },
    { " 1", NULL },
    { "[1", NULL },
    { "1]", NULL },
    { "[", NULL },
    { "]", NULL },
    { "2147483648", NULL },
    { "99999999999999999999", NULL },
    { "x", NULL },
};

static void test_text (void)
{
    for (size_t i = 0; i < sizeof (texts) / sizeof (texts[0]); i++) {
        idset_error_t e = { "" };
        struct idset *ids;
        char *s;

        errno = 0;
        ids = idset_decode_ex (texts[i].in, -1, 0, IDSET_FLAG_AUTOGROW, &e);
        if (!texts[i].ranges) {
            ok (!ids && errno != 0 && e.text[0],
                "'%s' is refused: %s",
                texts[i].in,
                e.text);
            continue;
        }
        s = idset_encode (ids, IDSET_FLAG_RANGE);
        is_str (s, texts[i].ranges, "'%s' as ranges", texts[i].in);
        free (s);
        s = idset_encode (ids, 0);
        is_str (s, texts[i].plain, "'%s' as ids", texts[i].in);
        free (s);
        is_int (idset_count (ids), texts[i].count, "count");
        idset_destroy (ids);
    }
}

static void test_codec_more (void)
{
    struct idset *ids = idset_decode ("0-2147483647");
    size_t count;
    unsigned int maxid;
    idset_error_t e;
    char *s;

    ok (ids && idset_count (ids) == IDSET_MAX_UNIVERSE,
        "the largest set is small in memory");
    idset_destroy (ids);
    ids = idset_decode ("1,3");
    s = idset_encode (ids, IDSET_FLAG_BRACKETS);
    is_str (s, "[1,3]", "brackets");
    free (s);
    idset_clear (ids, 3);
    s = idset_encode (ids, IDSET_FLAG_BRACKETS);
    is_str (s, "1", "none around one id");
    free (s);
    errno = 0;
    ok (!idset_encode (ids, 1) && errno == EINVAL, "bad flags");
    ok (!idset_encode (NULL, 0) && errno == EINVAL, "no set");
    idset_destroy (ids);

    ok (idset_decode_empty ("", -1) && idset_decode_empty ("[]", -1)
            && !idset_decode_empty ("1", -1) && !idset_decode_empty ("x", -1),
        "decode_empty");
    ok (idset_decode_empty ("1", 0), "of length 0");
    ok (idset_decode_info ("5,1-3,2", -1, &count, &maxid, NULL) == 0
            && count == 4 && maxid == 5,
        "decode_info");
    ok (idset_decode_info ("", -1, NULL, &maxid, NULL) == 0
            && maxid == IDSET_INVALID_ID,
        "of the empty set");
    ids = idset_decode_ex ("1-9,x", 3, -1, 0, NULL);
    is_int (idset_universe_size (ids), 10, "exact size, part of a text");
    errno = 0;
    ok (idset_decode_add (ids, "3,10", -1, &e) < 0 && errno == EINVAL,
        "add what does not fit: %s",
        e.text);
    is_int (idset_count (ids), 9, "changes nothing");
    ok (idset_decode_add (ids, "0", -1, &e) == 0
            && idset_decode_subtract (ids, "5-7", -1, &e) == 0,
        "add and subtract");
    is_int (idset_count (ids), 7, "did");
    idset_destroy (ids);
    errno = 0;
    ok (!idset_decode_ex ("", -1, -1, 0, &e) && errno == EINVAL,
        "no fixed set for no ids: %s",
        e.text);
    errno = 0;
    ok (!idset_decode_ex ("1-5000", -1, 100, 0, &e) && errno == EINVAL,
        "too large for a size: %s",
        e.text);
    errno = 0;
    ok (!idset_decode (NULL) && errno == EINVAL, "no text");
}

static void test_set (void)
{
    struct idset *ids = idset_create (8, 0);
    struct idset *b;

    ok (idset_empty (ids) && idset_first (ids) == IDSET_INVALID_ID
            && idset_last (ids) == IDSET_INVALID_ID,
        "a new set is empty");
    ok (idset_set (ids, 3) == 0 && idset_test (ids, 3), "set and test");
    ok (idset_set (ids, 3) == 0 && idset_count (ids) == 1, "twice is once");
    errno = 0;
    ok (idset_set (ids, 8) < 0 && errno == EINVAL, "out of the universe");
    errno = 0;
    ok (idset_set (ids, UINT_MAX) < 0 && errno == EINVAL, "no id");
    ok (idset_clear (ids, 5) == 0, "clear what is not there");
    ok (!idset_test (ids, 100) && !idset_test (NULL, 1), "not members");
    idset_range_set (ids, 7, 5);
    is_int (idset_count (ids), 4, "a range, ends in either order");
    is_int (idset_next (ids, 3), 5, "next over a gap");
    is_int (idset_next (ids, 5), 6, "next in a run");
    ok (idset_next (ids, 7) == IDSET_INVALID_ID, "no next");
    is_int (idset_prev (ids, 5), 3, "prev over a gap");
    is_int (idset_prev (ids, 7), 6, "prev in a run");
    ok (idset_prev (ids, 3) == IDSET_INVALID_ID
            && idset_prev (ids, 0) == IDSET_INVALID_ID,
        "no prev");
    idset_range_set (ids, 0, 7);
    idset_clear (ids, 4);
    ok (idset_count (ids) == 7 && !idset_test (ids, 4) && idset_test (ids, 5),
        "clear splits a run");
    b = idset_copy (ids);
    ok (idset_equal (ids, b), "a copy is equal");
    idset_range_clear (b, 2, 6);
    ok (!idset_equal (ids, b) && idset_count (b) == 3, "until changed");
    idset_clear_all (b);
    ok (idset_empty (b) && idset_count (b) == 0, "clear all");
    idset_destroy (b);
    idset_destroy (ids);

    ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    ok (idset_set (ids, 100000) == 0 && idset_universe_size (ids) > 100000,
        "autogrow");
    idset_destroy (ids);
    errno = 0;
    ok (!idset_create (1, 0x1000) && errno == EINVAL, "unknown flags");
    errno = 0;
    ok (!idset_create (IDSET_MAX_UNIVERSE + 1, 0) && errno == ERANGE,
        "too large a universe");
    idset_destroy (NULL);
}

static struct idset *op (const char *a,
                         const char *b,
                         struct idset *(*f) (const struct idset *,
                                             const struct idset *))
{
    struct idset *x = idset_decode (a), *y = idset_decode (b), *r = f (x, y);

    idset_destroy (x);
    idset_destroy (y);
    return r;
}

static void is_set (struct idset *ids, const char *want, const char *what)
{
    char *s = idset_encode (ids, IDSET_FLAG_RANGE);

    is_str (s, want, "%s", what);
    free (s);
    idset_destroy (ids);
}

static void test_ops (void)
{
    struct idset *a = idset_decode ("1-3"), *b = idset_decode ("3-5");
    struct idset *c = idset_decode ("7");

    is_set (op ("0-3,9", "2-5", idset_union), "0-5,9", "union");
    is_set (op ("0-9", "2-4,8-20", idset_difference), "0-1,5-7", "difference");
    is_set (op ("0-3,8,10-12", "2-10", idset_intersect),
            "2-3,8,10",
            "intersect");
    ok (idset_has_intersection (a, b) && !idset_has_intersection (a, c)
            && !idset_has_intersection (a, NULL),
        "has_intersection");
    ok (idset_add (a, c) == 0 && idset_test (a, 7), "add");
    ok (idset_subtract (a, b) == 0 && idset_count (a) == 3, "subtract");
    errno = 0;
    ok (idset_add (a, NULL) < 0 && errno == EINVAL, "add of nothing");
    idset_destroy (a);
    idset_destroy (b);
    idset_destroy (c);
}

static void test_alloc (void)
{
    struct idset *ids = idset_create (2, IDSET_FLAG_INITFULL);
    unsigned int id;

    ok (idset_alloc (ids, &id) == 0 && id == 0, "alloc 0");
    ok (idset_alloc (ids, &id) == 0 && id == 1, "alloc 1");
    errno = 0;
    ok (idset_alloc (ids, &id) < 0 && errno == ENOSPC, "no more");
    idset_free (ids, 0);
    errno = 0;
    ok (idset_free_check (ids, 0) < 0 && errno == EEXIST, "freed twice");
    ok (idset_alloc (ids, &id) == 0 && id == 0, "the first free");
    idset_destroy (ids);

    ids = idset_create (2,
                        IDSET_FLAG_INITFULL | IDSET_FLAG_AUTOGROW
                            | IDSET_FLAG_ALLOC_RR);
    idset_alloc (ids, &id);
    idset_free (ids, id);
    ok (idset_alloc (ids, &id) == 0 && id == 1, "round robin goes on");
    ok (idset_alloc (ids, &id) == 0 && id == 0, "and wraps");
    ok (idset_alloc (ids, &id) == 0 && id == 2, "a set that grows never ends");
    idset_destroy (ids);
    ids = idset_create (2, 0);
    errno = 0;
    ok (idset_alloc (ids, &id) < 0 && errno == EINVAL,
        "only full sets can be allocated from");
    idset_destroy (ids);
}

/* Compare with a plain array under many changes. */
static void test_random (void)
{
    enum { N = 200 };
    bool model[N] = { false };
    struct idset *ids = idset_create (N, 0);
    unsigned int seed = 1;
    bool good = true;

    for (int i = 0; i < 5000; i++) {
        unsigned int lo, hi, id, count = 0;
        bool set;

        seed = seed * 1103515245 + 12345;
        lo = (seed >> 8) % N;
        hi = lo + (seed >> 16) % 5;
        hi = hi >= N ? N - 1 : hi;
        set = (seed >> 24) & 1;
        if (set)
            idset_range_set (ids, lo, hi);
        else
            idset_range_clear (ids, lo, hi);
        for (id = lo; id <= hi; id++)
            model[id] = set;
        for (id = 0; id < N; id++) {
            count += model[id];
            good = good && model[id] == idset_test (ids, id);
        }
        good = good && count == idset_count (ids);
        for (id = idset_first (ids); id != IDSET_INVALID_ID;
             id = idset_next (ids, id))
            count--;
        good = good && count == 0;
    }
    ok (good, "agrees with an array after many changes");
    idset_destroy (ids);
}

int main (void)
{
    test_text ();
    test_codec_more ();
    test_set ();
    test_ops ();
    test_alloc ();
    test_random ();
    return done_testing ();
}
