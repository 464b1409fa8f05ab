/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "service.h"

#define PRIMARY "primary"
#define EMPTY_ROOT "sha1-c0a9faf907dda6216fd73bf81d0b3b21a1a8cb91"

static bool has (const struct answer *a, const char *text)
{
    return a && a->text && strstr (a->text, text);
}

static struct answer *getroot (struct service *s)
{
    return ask (s, "kvs.getroot", "{\"namespace\":\"primary\",\"flags\":0}");
}

static void test_values (void)
{
    struct service s;
    struct answer *a;
    char longer[200];

    service_start (&s, NULL);
    a = getroot (&s);
    ok (has (a, "\"rootseq\":0") && has (a, EMPTY_ROOT),
        "a namespace begins empty");
    a = put (&s, "a.b", "one");
    ok (a->errnum == 0 && has (a, "\"rootseq\":1"), "a commit adds one");
    is_str (get (&s, "a.b"), "one", "what was put is found");
    is_int (lookup (&s, PRIMARY, "a.c", 0)->errnum, ENOENT, "nothing else is");
    is_int (lookup (&s, PRIMARY, "a.b.c", 0)->errnum, ENOENT, "nor below it");
    is_int (lookup (&s, PRIMARY, "a", 0)->errnum, EISDIR, "a directory");
    is_int (lookup (&s, PRIMARY, "a.b", FLUX_KVS_READDIR)->errnum,
            ENOTDIR,
            "a value is no directory");
    is_int (lookup (&s, "nope", "a", 0)->errnum, ENOTSUP, "no namespace");
    is_int (lookup (&s, PRIMARY, "a.b", FLUX_KVS_READLINK)->errnum,
            EINVAL,
            "a value is no link");
    ok (has (lookup (&s, PRIMARY, "a", FLUX_KVS_READDIR),
             "{\"b\":{\"data\":\"b25l\""),
        "a directory is read");
    ok (has (lookup (&s, PRIMARY, "a", FLUX_KVS_TREEOBJ), "\"dirref\""),
        "as stored it is a reference");
    memset (longer, 'x', sizeof (longer) - 1);
    longer[sizeof (longer) - 1] = '\0';
    put (&s, "big", longer);
    ok (has (lookup (&s, PRIMARY, "big", FLUX_KVS_TREEOBJ), "\"valref\""),
        "a long value is stored as a reference");
    is_str (get (&s, "big"), longer, "and read as a value");
    put (&s, "a.b.c", "two");
    is_str (get (&s, "a.b.c"), "two", "a value in the way is replaced");
    op_commit (&s, PRIMARY, "{\"key\":\"a\",\"dirent\":null}");
    is_int (lookup (&s, PRIMARY, "a", 0)->errnum, ENOENT, "unlink");
    service_stop (&s);
}

static void test_append (void)
{
    struct service s;
    char want[2000] = "";

    service_start (&s, NULL);
    for (int i = 0; i < 300; i++) {
        put_in (&s, PRIMARY, "log", "line\n", FLUX_KVS_APPEND);
        strcat (want, "line\n");
    }
    is_str (get (&s, "log"), want, "300 appends");
    put (&s, "d.x", "1");
    is_int (put_in (&s, PRIMARY, "d", "x", FLUX_KVS_APPEND)->errnum,
            EISDIR,
            "nothing is appended to a directory");
    op_commit (&s,
               PRIMARY,
               "{\"key\":\"l\",\"dirent\":{\"ver\":1,\"type\":\"symlink\","
               "\"data\":{\"target\":\"log\"}}}");
    is_int (put_in (&s, PRIMARY, "l", "x", FLUX_KVS_APPEND)->errnum,
            EOPNOTSUPP,
            "nor to a link");
    service_stop (&s);
}

static void test_all_or_nothing (void)
{
    struct service s;
    char before[256];
    struct answer *a;

    service_start (&s, NULL);
    put (&s, "d.x", "1");
    snprintf (before, sizeof (before), "%s", getroot (&s)->text);
    a = op_commit (&s,
                   PRIMARY,
                   "{\"key\":\"y\",\"dirent\":{\"ver\":1,\"type\":\"val\","
                   "\"data\":\"\"}},"
                   "{\"key\":\"d\",\"flags\":32,\"dirent\":{\"ver\":1,"
                   "\"type\":\"val\",\"data\":\"\"}}");
    is_int (a->errnum, EISDIR, "the second operation is refused");
    is_str (getroot (&s)->text, before, "the first has changed nothing");
    is_int (put (&s, ".", "x")->errnum, EINVAL, "the root is no value");
    a = op_commit (&s, PRIMARY, "{\"key\":\"y\"}");
    is_int (a->errnum, EPROTO, "an operation without an entry");
    a = op_commit (&s,
                   PRIMARY,
                   "{\"key\":\"y\",\"dirent\":{\"ver\":1,\"type\":\"dirref\","
                   "\"data\":[\"sha1-"
                   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}}");
    ok (a->errnum == ENOENT && has (a, "there is no blob"),
        "a reference to nothing");
    is_str (getroot (&s)->text, before, "and nothing has changed");
    service_stop (&s);
}

static void link_to (struct service *s,
                     const char *key,
                     const char *target,
                     const char *ns)
{
    char op[512];

    snprintf (op,
              sizeof (op),
              "{\"key\":\"%s\",\"dirent\":{\"ver\":1,\"type\":\"symlink\","
              "\"data\":{\"target\":\"%s\"%s%s%s}}}",
              key,
              target,
              ns ? ",\"namespace\":\"" : "",
              ns ? ns : "",
              ns ? "\"" : "");
    op_commit (s, PRIMARY, op);
}

static void test_links (void)
{
    struct service s;

    service_start (&s, NULL);
    put (&s, "d.x", "1");
    link_to (&s, "l", "d", NULL);
    is_str (get (&s, "l.x"), "1", "a link on the way");
    put (&s, "l.y", "2");
    is_str (get (&s, "d.y"), "2", "is followed by commits");
    link_to (&s, "lx", "d.x", NULL);
    is_str (get (&s, "lx"), "1", "a link at the end");
    is_int (lookup (&s, PRIMARY, "lx", FLUX_KVS_READLINK | FLUX_KVS_READDIR)
                ->errnum,
            ENOTDIR,
            "a link is no directory");
    is_int (lookup (&s, PRIMARY, ".", FLUX_KVS_READLINK)->errnum,
            EISDIR,
            "nor the root a link");
    is_int (lookup (&s, PRIMARY, "", 0)->errnum, ENOENT, "nothing has no name");
    is_int (op_commit (&s, PRIMARY, "{\"key\":\"y\",\"dirent\":{}}")->errnum,
            EINVAL,
            "an entry is a tree object");
    ok (has (lookup (&s, PRIMARY, "lx", FLUX_KVS_READLINK),
             "{\"target\":\"d.x\"}"),
        "can be read");
    put (&s, "lx", "3");
    is_str (get (&s, "d.x"), "1", "and is replaced by a commit");
    link_to (&s, "p", "q", NULL);
    link_to (&s, "q", "p", NULL);
    is_int (lookup (&s, PRIMARY, "p", 0)->errnum, ELOOP, "a circle");
    is_int (put (&s, "p.x", "1")->errnum, ELOOP, "for commits as well");
    ask (&s,
         "kvs.namespace-create",
         "{\"namespace\":\"other\",\"owner\":-1,\"flags\":0}");
    put_in (&s, "other", "k", "v", 0);
    link_to (&s, "o", ".", "other");
    is_str (get (&s, "o.k"), "v", "a link into another namespace");
    is_int (put (&s, "o.x", "1")->errnum,
            EINVAL,
            "a commit does not leave its namespace");
    link_to (&s, "n", ".", "nope");
    is_int (lookup (&s, PRIMARY, "n.x", 0)->errnum, ENOTSUP, "into none");
    service_stop (&s);
}

static void test_snapshots (void)
{
    struct service s;
    struct answer *a;
    char ref[64];

    service_start (&s, NULL);
    put (&s, "a", "old");
    a = getroot (&s);
    sscanf (strstr (a->text, "sha1-"), "%45[^\"]", ref);
    put (&s, "a", "new");
    a = ask (&s,
             "kvs.lookup",
             "{\"key\":\"a\",\"flags\":0,\"rootdir\":{\"ver\":1,\"type\":"
             "\"dirref\",\"data\":[\"%s\"]}}",
             ref);
    is_str (text_of (a), "old", "an old root has what there was");
    put (&s, "a", "old");
    ok (has (getroot (&s), ref), "the same content has the same name");
    service_stop (&s);
}

static void test_namespaces (void)
{
    struct service s;
    struct answer *a;
    char json[256];

    service_start (&s, NULL);
    snprintf (json,
              sizeof (json),
              "{\"namespace\":\"mine\",\"owner\":1001,\"flags\":0}");
    is_int (ask (&s, "kvs.namespace-create", "%s", json)->errnum, 0, "create");
    is_int (ask (&s, "kvs.namespace-create", "%s", json)->errnum,
            EEXIST,
            "twice");
    is_int (inst_rpc_as (s.t, s.t->guest, "kvs.namespace-create", json)->errnum,
            EPERM,
            "a guest creates none");
    a = inst_rpc_as (s.t,
                     s.t->guest,
                     "kvs.commit",
                     "{\"namespace\":\"mine\",\"flags\":0,\"ops\":[]}");
    is_int (a->errnum, 0, "a guest commits to the one he owns");
    a = inst_rpc_as (s.t,
                     s.t->guest,
                     "kvs.commit",
                     "{\"namespace\":\"primary\",\"flags\":0,\"ops\":[]}");
    is_int (a->errnum, EPERM, "and to no other");
    a = inst_rpc_as (s.t,
                     s.t->guest,
                     "kvs.lookup",
                     "{\"key\":\"a\",\"namespace\":\"primary\",\"flags\":0}");
    is_int (a->errnum, EPERM, "nor does he read it");
    a = inst_rpc_as (s.t,
                     s.t->guest,
                     "kvs.lookup",
                     "{\"key\":\"a\",\"flags\":0,\"rootdir\":{\"ver\":1,"
                     "\"type\":\"dirref\",\"data\":[\"" EMPTY_ROOT "\"]}}");
    is_int (a->errnum, EPERM, "by a reference neither");
    ok (has (ask (&s, "kvs.namespace-list", "{}"),
             "{\"namespace\":\"mine\",\"owner\":1001,\"flags\":0}"),
        "it is listed");
    is_int (
        ask (&s, "kvs.namespace-remove", "{\"namespace\":\"mine\"}")->errnum,
        0,
        "remove");
    is_int (lookup (&s, "mine", ".", FLUX_KVS_READDIR)->errnum,
            ENOTSUP,
            "it is gone");
    is_int (
        ask (&s, "kvs.namespace-remove", "{\"namespace\":\"primary\"}")->errnum,
        ENOTSUP,
        "the primary one stays");
    service_stop (&s);
}

/* What a guest may do in namespaces that are not his, and in his own. */
static void test_guests (void)
{
    static const struct {
        const char *topic;
        const char *json; /* NS stands for the namespace */
        int own;
    } rows[] = {
        { "kvs.lookup", "{\"key\":\"a\",\"namespace\":\"NS\",\"flags\":0}", 0 },
        { "kvs-watch.lookup",
          "{\"key\":\"a\",\"namespace\":\"NS\",\"flags\":8}",
          0 },
        { "kvs.commit", "{\"namespace\":\"NS\",\"flags\":0,\"ops\":[]}", 0 },
        { "kvs.getroot", "{\"namespace\":\"NS\"}", 0 },
        { "kvs.wait-version", "{\"namespace\":\"NS\",\"rootseq\":0}", 0 },
        { "kvs.namespace-remove", "{\"namespace\":\"NS\"}", EPERM },
        { "kvs.namespace-list", "{}", EPERM },
        { "kvs.gc", "{}", EPERM },
        { "kvs.dropcache", "{}", EPERM },
        { "content.store", "{}", EPERM },
        { "content.load", "{}", EPERM },
        { "content.flush", "{}", EPERM },
        { "content.dropcache", "{}", EPERM },
        { "content.checkpoint-get", "{}", EPERM },
    };
    static const char *const others[] = { "primary", "other" };
    struct service s;
    char json[256];

    service_start (&s, NULL);
    ask (&s,
         "kvs.namespace-create",
         "{\"namespace\":\"mine\",\"owner\":1001,\"flags\":0}");
    ask (&s,
         "kvs.namespace-create",
         "{\"namespace\":\"other\",\"owner\":1002,\"flags\":0}");
    put_in (&s, "mine", "a", "1", 0);
    for (size_t i = 0; i < sizeof (rows) / sizeof (rows[0]); i++) {
        const char *ns = strstr (rows[i].json, "NS");
        int n = ns ? ns - rows[i].json : 0;
        for (int j = -1; j < 2; j++) {
            const char *name = j < 0 ? "mine" : others[j];
            if (ns)
                snprintf (json,
                          sizeof (json),
                          "%.*s%s%s",
                          n,
                          rows[i].json,
                          name,
                          ns + 2);
            is_int (inst_rpc_as (s.t,
                                 s.t->guest,
                                 rows[i].topic,
                                 ns ? json : rows[i].json)
                        ->errnum,
                    j < 0 ? rows[i].own : EPERM,
                    "a guest asks %s of %s",
                    rows[i].topic,
                    name);
        }
    }
    op_commit (&s,
               "mine",
               "{\"key\":\"l\",\"dirent\":{\"ver\":1,\"type\":\"symlink\","
               "\"data\":{\"target\":\"a\",\"namespace\":\"primary\"}}}");
    is_int (inst_rpc_as (s.t,
                         s.t->guest,
                         "kvs.lookup",
                         "{\"key\":\"l\",\"namespace\":\"mine\",\"flags\":0}")
                ->errnum,
            EPERM,
            "a link leads no guest out of his namespace");
    service_stop (&s);
}

static void test_versions (void)
{
    struct service s;
    struct answer *a;
    uint32_t tag;

    service_start (&s, NULL);
    tag = inst_send (s.t,
                     s.t->owner,
                     "kvs.wait-version",
                     "{\"rootseq\":2,\"namespace\":\"primary\"}");
    put (&s, "a", "1");
    ok (!inst_answer (s.t, tag), "version 2 is waited for");
    put (&s, "a", "2");
    a = inst_answer (s.t, tag);
    ok (has (a, "\"rootseq\":2"), "and told");
    service_stop (&s);
}

static void test_views (void)
{
    struct service s;
    char *spec = make_jobspec (1., 0., NULL);
    char key[128];
    uint64_t id;

    service_start (&s, NULL);
    ok (has (lookup (&s, PRIMARY, "resource.R", 0), "\"val\""), "resource.R");
    ok (!has (lookup (&s, PRIMARY, ".", FLUX_KVS_READDIR), "\"job\""),
        "no jobs, no directory of them");
    id = inst_submit (s.t, spec, 16, 0);
    inst_until (s.t, id, FLUX_JOB_STATE_INACTIVE);
    snprintf (key,
              sizeof (key),
              "job.%04x.%04x.%04x.%04x.eventlog",
              (unsigned int)(id >> 48),
              (unsigned int)(id >> 32) & 0xffff,
              (unsigned int)(id >> 16) & 0xffff,
              (unsigned int)id & 0xffff);
    ok (strstr (get (&s, key), "\"name\":\"clean\""), "a job's eventlog");
    is_int (put (&s, key, "x")->errnum, EROFS, "cannot be written");
    is_int (put (&s, "job", "x")->errnum, EROFS, "nor what is above it");
    *strrchr (key, '.') = '\0';
    ok (has (lookup (&s, PRIMARY, key, FLUX_KVS_READDIR), "\"jobspec\""),
        "a job's directory");
    strcat (key, ".data.tool");
    is_int (put (&s, key, "x")->errnum, 0, "other data of a job is stored");
    is_str (get (&s, key), "x", "and found");
    ok (has (lookup (&s, PRIMARY, ".", FLUX_KVS_READDIR), "\"job\""),
        "jobs are seen in the root");
    free (spec);
    service_stop (&s);
}

static void test_restart (void)
{
    char dir[] = "/tmp/test-kvs-XXXXXX";
    char cmd[64], ref[64];
    struct service s;
    struct answer *a;
    const char *old;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    service_start (&s, dir);
    put (&s,
         "a.b",
         "garbage, and so long that it has to be a blob of its own,"
         " as it is longer than 64 bytes");
    a = lookup (&s, PRIMARY, "a.b", FLUX_KVS_TREEOBJ);
    sscanf (strstr (a->text, "sha1-"), "%45[^\"]", ref);
    put (&s, "a.b", "kept");
    ask (&s,
         "kvs.namespace-create",
         "{\"namespace\":\"ns\",\"owner\":1001,\"flags\":0}");
    put_in (&s, "ns", "k", "v", 0);
    service_stop (&s);

    service_start (&s, dir);
    is_str (get (&s, "a.b"), "kept", "a value survives a restart");
    is_str (text_of (lookup (&s, "ns", "k", 0)), "v", "a namespace too");
    ok (has (getroot (&s), "\"rootseq\":2"), "versions go on");
    ask (&s, "kvs.gc", "{}");
    old = "{\"key\":\"z\",\"dirent\":{\"ver\":1,\"type\":\"valref\",\"data\":"
          "[\"%s\"]}}";
    char op[256];
    snprintf (op, sizeof (op), old, ref);
    is_int (op_commit (&s, PRIMARY, op)->errnum,
            ENOENT,
            "a blob nobody needs is gone");
    service_stop (&s);
    snprintf (cmd, sizeof (cmd), "rm -rf %s", dir);
    if (system (cmd) != 0)
        diag ("%s is left", dir);
}

/* Nobody sees what is not durable. */
static void test_durable (void)
{
    char dir[] = "/tmp/test-kvs-XXXXXX";
    struct service s;
    uint32_t commit, look;
    char cmd[64];

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    service_start (&s, dir);
    commit = inst_send (s.t,
                        s.t->owner,
                        "kvs.commit",
                        "{\"namespace\":\"primary\",\"flags\":0,\"ops\":[{"
                        "\"key\":\"a\",\"dirent\":{\"ver\":1,\"type\":\"val\","
                        "\"data\":\"\"}}]}");
    look = inst_send (s.t,
                      s.t->owner,
                      "kvs.lookup",
                      "{\"key\":\"a\",\"namespace\":\"primary\",\"flags\":0}");
    ok (!inst_answer (s.t, commit), "a commit is not answered at once");
    ok (inst_answer (s.t, look) && inst_answer (s.t, look)->errnum == ENOENT,
        "and not seen");
    while (!inst_answer (s.t, commit) && loop_turn (s.t->loop, true))
        ;
    is_int (lookup (&s, PRIMARY, "a", 0)->errnum, 0, "it is when answered");
    service_stop (&s);
    snprintf (cmd, sizeof (cmd), "rm -rf %s", dir);
    if (system (cmd) != 0)
        diag ("%s is left", dir);
}

int main (int argc, char **argv)
{
    test_values ();
    test_append ();
    test_all_or_nothing ();
    test_links ();
    test_snapshots ();
    test_namespaces ();
    test_guests ();
    test_versions ();
    test_views ();
    test_restart ();
    test_durable ();
    return done_testing ();
}
