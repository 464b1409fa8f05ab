/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Blobs that nobody needs go; others do not. */

#include "service.h"

/* Longer than what a directory keeps of a value. */
#define LONG \
    "a value that is so long that it has to be a blob of its own, it is %d"

static int count_blob (const char *key, void *arg)
{
    *(int *)arg += strncmp (key, "sha1-", 5) == 0;
    return 0;
}

static int blobs (struct service *s)
{
    int n = 0;

    store_each_value (manager_store (s->t->m),
                      FLUX_JOBID_ANY,
                      NULL,
                      0,
                      count_blob,
                      &n);
    return n;
}

static void put_long (struct service *s, const char *key, int i)
{
    char buf[200];

    snprintf (buf, sizeof (buf), LONG, i);
    put (s, key, buf);
}

static int put_old (struct service *s, const char *type, const char *ref)
{
    char op[256];

    snprintf (op,
              sizeof (op),
              "{\"key\":\"old\",\"dirent\":{\"ver\":1,\"type\":\"%s\","
              "\"data\":[\"%s\"]}}",
              type,
              ref);
    return op_commit (s, "primary", op)->errnum;
}

static void ref_of (struct service *s, const char *key, char *ref)
{
    const struct answer *a = lookup (s, "primary", key, FLUX_KVS_TREEOBJ);

    sscanf (strstr (a->text, "sha1-"), "%45[^\"]", ref);
}

static void test_asked (void)
{
    struct service s;
    char value[64], dir[64];

    service_start (&s, NULL);
    put_long (&s, "d.x", 1);
    ref_of (&s, "d.x", value);
    ref_of (&s, "d", dir);
    put (&s, "d.x", "short");
    ask (&s, "kvs.gc", "{}");
    is_int (put_old (&s, "valref", value), ENOENT, "garbage goes");
    is_int (put_old (&s, "dirref", dir), ENOENT, "directories, too");
    is_str (get (&s, "d.x"), "short", "what is needed stays");
    ok (blobs (&s) <= 3, "nothing else is stored (%d)", blobs (&s));
    service_stop (&s);
}

static void test_steady (void)
{
    char dir[] = "/tmp/test-kvs-XXXXXX";
    char want[200], cmd[64];
    struct service s;
    int most = 0;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    service_start (&s, dir);
    put_long (&s, "kept", -1);
    /* three blobs each: the value and two directories */
    for (int i = 0; i < 4000; i++) {
        put_long (&s, "d.x", i);
        if (i % 200 == 0 && blobs (&s) > most)
            most = blobs (&s);
    }
    ok (most < 6000, "rewriting one key does not fill the store (%d)", most);
    snprintf (want, sizeof (want), LONG, 3999);
    is_str (get (&s, "d.x"), want, "the last value is there");
    snprintf (want, sizeof (want), LONG, -1);
    is_str (get (&s, "kept"), want, "and one that was not touched");
    service_stop (&s);
    snprintf (cmd, sizeof (cmd), "rm -rf %s", dir);
    if (system (cmd) != 0)
        diag ("%s is left", dir);
}

/* A commit that takes up garbage again, at each moment of a collection. */
static void test_meanwhile (void)
{
    char dir[64], want[200];
    int taken = 0, refused = 0, broken = 0;
    struct answer *a;

    snprintf (want, sizeof (want), LONG, 1);
    for (int wait = 0; wait < 40; wait++) {
        struct service s;
        uint32_t tag;
        service_start (&s, NULL);
        put_long (&s, "d.e.x", 1);
        ref_of (&s, "d", dir);
        op_commit (&s, "primary", "{\"key\":\"d\",\"dirent\":null}");
        tag = inst_send (s.t, s.t->owner, "kvs.gc", "{}");
        for (int i = 0; i < wait; i++)
            loop_turn (s.t->loop, true);
        if (put_old (&s, "dirref", dir) == 0) {
            taken++;
            while (!(a = inst_answer (s.t, tag)))
                loop_turn (s.t->loop, true);
            ask (&s, "kvs.gc", "{}");
            broken += strcmp (get (&s, "old.e.x"), want) != 0;
        }
        else
            refused++;
        service_stop (&s);
    }
    ok (taken > 0 && refused > 0, "%d taken, %d refused", taken, refused);
    is_int (broken, 0, "what was taken is whole");
}

static void test_spared (void)
{
    struct service s;
    struct answer *a;
    char root[64];

    service_start (&s, NULL);
    put (&s, "a", "old");
    a = ask (&s, "kvs.getroot", "{\"namespace\":\"primary\"}");
    sscanf (strstr (a->text, "sha1-"), "%45[^\"]", root);
    put (&s, "a", "new");
    is_int (ask (&s, "content.store", "a blob")->errnum, 0, "a client stores");
    ask (&s, "kvs.gc", "{}");
    a = ask (&s,
             "kvs.lookup",
             "{\"key\":\"a\",\"flags\":0,\"rootdir\":{\"ver\":1,\"type\":"
             "\"dirref\",\"data\":[\"%s\"]}}",
             root);
    is_str (text_of (a), "old", "a root that was told can be read");
    is_int (blobs (&s), 3, "what a client stored is spared");
    service_stop (&s);
}

int main (int argc, char **argv)
{
    test_asked ();
    test_steady ();
    test_meanwhile ();
    test_spared ();
    return done_testing ();
}
