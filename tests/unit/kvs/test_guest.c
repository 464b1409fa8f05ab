/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Namespaces of jobs (RFC 16). */

#include <inttypes.h>

#include "service.h"

static bool has (const struct answer *a, const char *text)
{
    return a && a->text && strstr (a->text, text);
}

/* A job of the guest that runs until it is cancelled: its namespace and its
 * directory.
 */
static uint64_t start_job (struct service *s, char *ns, char *dir)
{
    char *spec = make_jobspec (1000000., 0., NULL);
    uint64_t id = inst_submit (s->t, spec, 16, 0);

    free (spec);
    manager_config_apply (s->t->m,
                          "{\"exec\":{\"testexec\":{\"allow-guests\":true}}}");
    inst_until (s->t, id, FLUX_JOB_STATE_RUN);
    /* only IMP could sign for him */
    manager_job (s->t->m, id)->userid = 1001;
    sprintf (ns, "job-%" PRIu64, id);
    sprintf (dir,
             "job.%04x.%04x.%04x.%04x",
             (unsigned int)(id >> 48),
             (unsigned int)(id >> 32) & 0xffff,
             (unsigned int)(id >> 16) & 0xffff,
             (unsigned int)id & 0xffff);
    return id;
}

static void end_job (struct service *s, uint64_t id)
{
    ask (s,
         "job-manager.raise",
         "{\"id\":%" PRIu64 ",\"type\":\"cancel\",\"severity\":0}",
         id);
    inst_until (s->t, id, FLUX_JOB_STATE_INACTIVE);
}

static struct answer *guest_put (struct service *s,
                                 const char *ns,
                                 const char *key)
{
    char json[512];

    snprintf (json,
              sizeof (json),
              "{\"namespace\":\"%s\",\"flags\":0,\"ops\":[{\"key\":\"%s\","
              "\"dirent\":{\"ver\":1,\"type\":\"val\",\"data\":\"eA==\"}}]}",
              ns,
              key);
    return inst_rpc_as (s->t, s->t->guest, "kvs.commit", json);
}

static struct answer *guest_get (struct service *s,
                                 const char *ns,
                                 const char *key,
                                 int flags)
{
    char json[512];

    snprintf (json,
              sizeof (json),
              "{\"key\":\"%s\",\"namespace\":\"%s\",\"flags\":%d}",
              key,
              ns,
              flags);
    return inst_rpc_as (s->t, s->t->guest, "kvs.lookup", json);
}

static const char *below (const char *dir, const char *key)
{
    static char buf[256];

    snprintf (buf, sizeof (buf), "%s.%s", dir, key);
    return buf;
}

static void test_active (void)
{
    char ns[64], dir[64];
    struct service s;
    uint64_t id;
    char json[128];

    service_start (&s, NULL);
    id = start_job (&s, ns, dir);
    ok (has (ask (&s, "kvs.namespace-list", "{}"), ns),
        "the namespace of a running job is listed");
    is_int (guest_put (&s, ns, "a.b")->errnum, 0, "its user writes to it");
    is_str (text_of (guest_get (&s, ns, "a.b", 0)), "x", "and reads");
    is_int (guest_put (&s, "primary", "a.b")->errnum, EPERM, "not elsewhere");
    is_str (text_of (lookup (&s, ns, "a.b", 0)), "x", "the owner reads, too");
    is_str (get (&s, below (dir, "guest.a.b")), "x", "through the primary one");
    ok (has (lookup (&s, "primary", below (dir, "guest"), FLUX_KVS_READLINK),
             ns),
        "where a link leads to it");
    ok (has (lookup (&s, "primary", dir, FLUX_KVS_READDIR), "\"symlink\""),
        "which is listed");
    ok (has (lookup (&s, "primary", below (dir, "guest"), FLUX_KVS_READDIR),
             "\"a\""),
        "and followed to a directory");
    is_int (guest_put (&s, ns, "output")->errnum, EROFS, "logs are only read");
    is_int (guest_put (&s, ns, "exec")->errnum, EROFS, "and what is above");
    is_int (put (&s, below (dir, "guest.c"), "x")->errnum,
            EROFS,
            "not through the link");
    snprintf (json, sizeof (json), "{\"namespace\":\"%s\"}", ns);
    is_int (ask (&s, "kvs.namespace-remove", "%s", json)->errnum,
            EBUSY,
            "it cannot be removed");
    ok (has (inst_rpc_as (s.t, s.t->guest, "kvs.getroot", json),
             "\"rootseq\":1"),
        "it has versions of its own");
    is_int (lookup (&s, "job-007", "a", 0)->errnum, ENOTSUP, "one spelling");
    end_job (&s, id);
    service_stop (&s);
}

static int count_key (const char *key, void *arg)
{
    *(int *)arg += strncmp (key, "guest.", 6) == 0;
    return 0;
}

static int count_kept (struct service *s)
{
    int n = 0;

    store_each_value (manager_store (s->t->m),
                      FLUX_JOBID_ANY,
                      NULL,
                      0,
                      count_key,
                      &n);
    return n;
}

static void test_ended (void)
{
    char ns[64], dir[64], json[128];
    struct service s;
    struct answer *a;
    uint32_t watch;
    uint64_t id;

    service_start (&s, NULL);
    id = start_job (&s, ns, dir);
    guest_put (&s, ns, "a.b");
    snprintf (json,
              sizeof (json),
              "{\"key\":\"never\",\"namespace\":\"%s\",\"flags\":%d}",
              ns,
              FLUX_KVS_WAITCREATE);
    watch = inst_send (s.t, s.t->guest, "kvs-watch.lookup", json);
    end_job (&s, id);
    a = inst_answer (s.t, watch);
    is_int (a ? a->errnum : 0, ENOTSUP, "a watch ends with the namespace");
    is_int (guest_put (&s, ns, "c")->errnum, ENOTSUP, "which is no more");
    is_str (get (&s, below (dir, "guest.a.b")), "x", "what it had is kept");
    ok (has (lookup (&s, "primary", dir, FLUX_KVS_READDIR), "\"a\""),
        "and listed");
    is_int (
        lookup (&s, "primary", below (dir, "guest"), FLUX_KVS_READLINK)->errnum,
        EINVAL,
        "in a directory, not a link");
    is_int (put (&s, below (dir, "guest.a.b"), "y")->errnum,
            EROFS,
            "which is only read");
    a = ask (&s,
             "job-manager.purge-id",
             "{\"id\":%" PRIu64 ",\"force\":1}",
             id);
    is_int (a->errnum, 0, "its record is purged");
    is_int (lookup (&s, "primary", below (dir, "guest.a.b"), 0)->errnum,
            ENOENT,
            "it goes with the record of the job");
    is_int (count_kept (&s), 1, "from sight at once");
    ask (&s, "kvs.gc", "{}");
    is_int (count_kept (&s), 0, "and from the store with a collection");
    service_stop (&s);
}

/* Nothing is stored for a job that wrote nothing. */
static void test_lazy (void)
{
    char ns[64], dir[64];
    struct service s;
    uint64_t id;

    service_start (&s, NULL);
    id = start_job (&s, ns, dir);
    guest_get (&s, ns, "a", 0);
    is_int (count_kept (&s), 0, "reading stores nothing");
    guest_put (&s, ns, "a");
    is_int (count_kept (&s), 1, "the first commit does");
    end_job (&s, id);
    is_int (lookup (&s, "primary", below (dir, "guest.b"), 0)->errnum,
            ENOENT,
            "what was not written is not found");
    service_stop (&s);
}

static void test_restart (void)
{
    char dir[] = "/tmp/test-kvs-XXXXXX";
    char ns[64], jobdir[64], cmd[64];
    struct service s;
    uint64_t id;

    if (!mkdtemp (dir))
        bail_out ("mkdtemp");
    service_start (&s, dir);
    id = start_job (&s, ns, jobdir);
    guest_put (&s, ns, "a");
    service_stop (&s);
    service_start (&s, dir);
    if (manager_job (s.t->m, id))
        is_str (text_of (lookup (&s, ns, "a", 0)), "x", "survives a restart");
    is_str (get (&s, below (jobdir, "guest.a")), "x", "at the job's key, too");
    service_stop (&s);
    snprintf (cmd, sizeof (cmd), "rm -rf %s", dir);
    if (system (cmd) != 0)
        diag ("%s is left", dir);
}

int main (int argc, char **argv)
{
    test_active ();
    test_ended ();
    test_lazy ();
    test_restart ();
    return done_testing ();
}
