/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <flux/hostlist.h>

#include "tap.h"

static const struct {
    const char *in;
    const char *plain; /* NULL: refused */
    const char *encoded;
} texts[] = {
    { "", "", "" },
    { "foox,fooy,fooz", "foox,fooy,fooz", "foox,fooy,fooz" },
    { "[1-3,5-6]", "1,2,3,5,6", "[1-3,5-6]" },
    { "foo[1-5]", "foo1,foo2,foo3,foo4,foo5", "foo[1-5]" },
    { "foo[0-2]-eth2", "foo0-eth2,foo1-eth2,foo2-eth2", "foo[0-2]-eth2" },
    { "foo1,foo1,foo1", "foo1,foo1,foo1", "foo[1,1,1]" },
    { "[00-02]", "00,01,02", "[00-02]" },
    { "[00-2]", "00,01,02", "[00-02]" },
    { "foo[1,1,2,1]", "foo1,foo1,foo2,foo1", "foo[1,1-2,1]" },
    { "a[005,4,11-13]", "a005,a004,a011,a012,a013", "a[005,004,011-013]" },
    { "a9,a10,a11", "a9,a10,a11", "a[9-11]" },
    { "a09,a10", "a09,a10", "a[09-10]" },
    { "a10,a09", "a10,a09", "a10,a09" },
    { "a1,,b2", "a1,b2", "a1,b2" },
    { "n0,m0,n1", "n0,m0,n1", "n0,m0,n1" },
    { "x12345678901234567890",
      "x12345678901234567890",
      "x12345678901234567890" },
    { "foo[1-3", NULL },
    { "foo1-3]", NULL },
    { "foo[]", NULL },
    { "foo[3-1]", NULL },
    { "foo[1-]", NULL },
    { "foo[a]", NULL },
    { "foo[1][2]", NULL },
    { "foo bar", NULL },
    { "foo[0-4294967295]", NULL },
    { "foo[0-99999999]", NULL },
};

static char *join (struct hostlist *hl)
{
    char buf[1024] = "";

    for (const char *h = hostlist_first (hl); h; h = hostlist_next (hl)) {
        if (buf[0])
            strcat (buf, ",");
        strcat (buf, h);
    }
    return strdup (buf);
}

static void test_text (void)
{
    for (size_t i = 0; i < sizeof (texts) / sizeof (texts[0]); i++) {
        struct hostlist *hl;
        char *s;

        errno = 0;
        hl = hostlist_decode (texts[i].in);
        if (!texts[i].plain) {
            ok (!hl && errno, "'%s' is refused", texts[i].in);
            continue;
        }
        s = join (hl);
        is_str (s, texts[i].plain, "'%s': hosts", texts[i].in);
        free (s);
        s = hostlist_encode (hl);
        is_str (s, texts[i].encoded, "'%s': encoded", texts[i].in);
        free (s);
        hostlist_destroy (hl);
    }
}

static void is_list (struct hostlist *hl, const char *want, const char *what)
{
    char *s = hostlist_encode (hl);

    is_str (s, want, "%s", what);
    free (s);
}

static void test_list (void)
{
    struct hostlist *hl = hostlist_create (), *copy;
    struct hostlist_hostname *hn = hostlist_hostname_create ("b07");

    ok (hostlist_is_empty (hl) && !hostlist_first (hl), "empty");
    is_int (hostlist_append (hl, "a[0-3],b[06-08],c"), 8, "append counts");
    is_int (hostlist_count (hl), 8, "count");
    is_str (hostlist_nth (hl, 5), "b07", "nth");
    is_str (hostlist_current (hl), "b07", "moves the cursor");
    is_str (hostlist_next (hl), "b08", "next");
    is_str (hostlist_last (hl), "c", "last");
    ok (!hostlist_next (hl) && !hostlist_current (hl), "the end");
    errno = 0;
    ok (!hostlist_nth (hl, 8) && errno == ENOENT, "no such index");
    is_int (hostlist_find (hl, "a2"), 2, "find");
    is_int (hostlist_find_hostname (hl, hn), 5, "find by hostname object");
    errno = 0;
    ok (hostlist_find (hl, "b7") < 0 && errno == ENOENT, "b7 is not b07");
    ok (hostlist_find (hl, "a4") < 0 && hostlist_find (hl, "a") < 0
            && hostlist_find (hl, "c1") < 0,
        "not found");
    copy = hostlist_copy (hl);
    is_int (hostlist_delete (hl, "a[1-2],b06,zz,c"), 4, "delete counts");
    is_list (hl, "a[0,3],b[07-08]", "deleted");
    hostlist_nth (hl, 1);
    is_int (hostlist_remove_current (hl), 1, "remove at the cursor");
    is_str (hostlist_current (hl), "b07", "which goes to the next");
    is_int (hostlist_append_list (hl, copy), 8, "append a list");
    is_list (hl, "a0,b[07-08],a[0-3],b[06-08],c", "appended");
    is_int (hostlist_append_list (copy, copy), 8, "to itself");
    is_int (hostlist_count (copy), 16, "doubled");
    errno = 0;
    ok (hostlist_append (hl, "x[") < 0 && errno == EINVAL, "bad text");
    is_int (hostlist_count (hl), 11, "changes nothing");
    hostlist_sort (hl);
    is_list (hl, "a[0,0-3],b[06-07,07-08,08],c", "sort");
    hostlist_uniq (hl);
    is_list (hl, "a[0-3],b[06-08],c", "uniq");
    hostlist_destroy (copy);
    hostlist_destroy (hl);
    hostlist_hostname_destroy (hn);

    hl = hostlist_decode ("n10,n2,n1,m");
    hostlist_sort (hl);
    is_list (hl, "m,n[1-2,10]", "sorted by number");
    while (hostlist_first (hl))
        hostlist_remove_current (hl);
    is_int (hostlist_count (hl), 0, "all removed");
    is_int (hostlist_remove_current (hl), 0, "nothing to remove");
    hostlist_destroy (hl);
    hostlist_destroy (NULL);
}

int main (void)
{
    test_text ();
    test_list ();
    return done_testing ();
}
