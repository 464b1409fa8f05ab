/* SPDX-License-Identifier: LGPL-3.0-or-later */

#define FLUX_DEPRECATED(...) __VA_ARGS__ /* what old programs still call */

#include <errno.h>
#include <flux/core.h>
#include <jansson.h>
#include <unistd.h>

#include "tap.h"

static void test_text (void)
{
    flux_job_state_t state;
    flux_job_result_t result;
    flux_jobid_t id;
    flux_error_t e;
    char buf[64];

    is_str (flux_job_statetostr (FLUX_JOB_STATE_SCHED, NULL), "SCHED", "NULL");
    is_str (flux_job_statetostr (FLUX_JOB_STATE_SCHED, "s"), "s", "s");
    is_str (flux_job_statetostr (FLUX_JOB_STATE_SCHED, "S"), "S", "S");
    is_str (flux_job_statetostr (FLUX_JOB_STATE_SCHED, "l"), "sched", "l");
    is_str (flux_job_statetostr (99, "L"), "(unknown)", "unknown");
    ok (flux_job_strtostate ("cleanup", &state) == 0
            && state == FLUX_JOB_STATE_CLEANUP
            && flux_job_strtostate ("I", &state) == 0
            && state == FLUX_JOB_STATE_INACTIVE,
        "strtostate");
    errno = 0;
    ok (flux_job_strtostate ("x", &state) < 0 && errno == EINVAL, "bad state");
    is_str (flux_job_resulttostr (FLUX_JOB_RESULT_TIMEOUT, "S"),
            "TO",
            "result");
    ok (flux_job_strtoresult ("CANCELED", &result) == 0
            && result == FLUX_JOB_RESULT_CANCELED,
        "strtoresult");
    ok (flux_job_id_parse ("f1", &id) == 0 && id == 0, "id parse");
    ok (flux_job_id_encode (42, NULL, buf, sizeof (buf)) == 0
            && !strcmp (buf, "42"),
        "id encode, decimal by default");
    errno = 0;
    ok (flux_job_id_encode (42, "x", buf, sizeof (buf)) < 0 && errno == EPROTO,
        "unknown form");
    is_int (flux_job_kvs_key (buf, sizeof (buf), 1, "R"), 25, "kvs key");
    is_str (buf, "job.0000.0000.0000.0001.R", "kvs key");
    errno = 0;
    ok (flux_job_kvs_key (buf, 5, 1, NULL) < 0 && errno == EOVERFLOW, "small");
    unsetenv ("FLUX_KVS_NAMESPACE");
    flux_job_kvs_guest_key (buf, sizeof (buf), 1, "output");
    is_str (buf, "job.0000.0000.0000.0001.guest.output", "guest key");
    setenv ("FLUX_KVS_NAMESPACE", "job-1", 1);
    flux_job_kvs_guest_key (buf, sizeof (buf), 1, "output");
    is_str (buf, "output", "guest key in its namespace");
    unsetenv ("FLUX_KVS_NAMESPACE");
    flux_job_kvs_namespace (buf, sizeof (buf), 77);
    is_str (buf, "job-77", "namespace");
    is_int (flux_job_waitstatus_to_exitcode (0, &e), 0, "exit 0");
    is_str (e.text, "", "without a word");
    is_int (flux_job_waitstatus_to_exitcode (3 << 8, &e),
            3,
            "exit 3: %s",
            e.text);
    is_int (flux_job_waitstatus_to_exitcode (9, &e), 137, "killed: %s", e.text);
    is_int (flux_job_waitstatus_to_exitcode (143 << 8, &e),
            143,
            "task killed: %s",
            e.text);
}

static void test_jobspec (void)
{
    char *argv[] = { "echo", "hi", NULL };
    char *env[] = { "A=1", "B", "C=x=y", NULL };
    flux_jobspec1_t
        *j = flux_jobspec1_from_command (2, argv, env, 5, 2, 1, 2, 60.),
        *k;
    flux_jobspec1_error_t e;
    const char *s;
    char *text;
    int n, total;
    json_t *o;

    ok (j && flux_jobspec1_check (j, &e) == 0, "from_command is valid");
    text = flux_jobspec1_encode (j, 0);
    o = json_loads (text, 0, NULL);
    ok (json_unpack (o,
                     "{s:[{s:s s:[{s:i}]}] s:[{s:{s:i}}]}",
                     "resources",
                     "type",
                     &s,
                     "with",
                     "count",
                     &n,
                     "tasks",
                     "count",
                     "total",
                     &total)
                == 0
            && !strcmp (s, "node") && n == 3 && total == 5,
        "5 tasks on 2 nodes: slots for 6");
    json_decref (o);
    ok (flux_jobspec1_setenv (j, "A", "2", 0) == 0
            && flux_jobspec1_attr_unpack (j, "system.environment.A", "s", &s)
                   == 0
            && !strcmp (s, "1"),
        "setenv does not overwrite");
    ok (flux_jobspec1_setenv (j, "A", "2", 1) == 0
            && flux_jobspec1_unsetenv (j, "C") == 0
            && flux_jobspec1_attr_unpack (j, "system.environment.A", "s", &s)
                   == 0
            && !strcmp (s, "2")
            && flux_jobspec1_attr_unpack (j, "system.environment.C", "s", &s)
                   < 0
            && errno == ENOENT,
        "unless told to; unsetenv");
    ok (flux_jobspec1_set_stdout (j, "/x") == 0
            && flux_jobspec1_attr_unpack (j,
                                          "system.shell.options.output.stdout",
                                          "{s:s}",
                                          "path",
                                          &s)
                   == 0
            && !strcmp (s, "/x"),
        "stdout");
    ok (flux_jobspec1_set_cwd (j, "/tmp") == 0
            && flux_jobspec1_attr_del (j, "system.cwd") == 0
            && flux_jobspec1_attr_del (j, "system.cwd") == 0
            && flux_jobspec1_attr_unpack (j, "system.cwd", "s", &s) < 0,
        "cwd set and deleted");
    ok (flux_jobspec1_attr_pack (j, "system.duration.x", "i", 1) < 0
            && errno == EINVAL,
        "no path through a number");
    ok (flux_jobspec1_attr_pack (j, "system.duration", "s", "x") == 0
            && flux_jobspec1_check (j, &e) < 0,
        "bad duration: %s",
        e.text);
    k = flux_jobspec1_decode (text, &e);
    ok (k && flux_jobspec1_check (k, &e) == 0, "decode");
    flux_jobspec1_destroy (k);
    ok (!flux_jobspec1_decode ("{", &e) && errno == EINVAL, "%s", e.text);
    free (text);
    flux_jobspec1_destroy (j);
    errno = 0;
    ok (!flux_jobspec1_from_command (1, argv, NULL, 1, 1, 0, 2, 0.)
            && errno == EINVAL,
        "more nodes than tasks");
}

static void result_cb (flux_future_t *f, void *arg)
{
}

/* The request that was sent; f is destroyed. */
static void sent (flux_t *h,
                  flux_future_t *f,
                  const char *topic,
                  const char *payload)
{
    flux_msg_t *msg = f ? flux_recv (h, FLUX_MATCH_REQUEST, 0) : NULL;
    const char *t = "", *s = NULL;

    ok (msg && flux_request_decode (msg, &t, &s) == 0 && !strcmp (t, topic),
        "%s",
        topic);
    is_str (s, payload, "what it says");
    flux_msg_decref (msg);
    flux_future_destroy (f);
}

static void test_lists (flux_t *h)
{
    sent (h,
          flux_job_list (h, 5, "[\"state\"]", 7, 0),
          "job-list.list",
          "{\"max_entries\":5,\"attrs\":[\"state\"],\"since\":0.0,"
          "\"constraint\":{\"and\":[{\"userid\":[7]},{\"states\":[62]}]}}");
    sent (h,
          flux_job_list (h, 0, "[]", FLUX_USERID_UNKNOWN, FLUX_JOB_STATE_RUN),
          "job-list.list",
          "{\"max_entries\":0,\"attrs\":[],\"since\":0.0,\"constraint\":"
          "{\"and\":[{\"userid\":[-1]},{\"states\":[16]}]}}");
    sent (h,
          flux_job_list_inactive (h, 3, 12.5, "[\"id\"]"),
          "job-list.list",
          "{\"max_entries\":3,\"attrs\":[\"id\"],\"since\":12.5,"
          "\"constraint\":{\"states\":[64]}}");
    sent (h,
          flux_job_list_id (h, 9, "[\"all\"]"),
          "job-list.list-id",
          "{\"id\":9,\"attrs\":[\"all\"]}");
    sent (h,
          flux_job_set_urgency (h, 9, 31),
          "job-manager.urgency",
          "{\"id\":9,\"urgency\":31}");
    errno = 0;
    ok (!flux_job_list (h, 0, "[]", 7, 1 << 20) && errno == EINVAL,
        "list: no such state");
    errno = 0;
    ok (!flux_job_list (h, -1, "[]", 7, 0) && errno == EINVAL,
        "list: fewer than none");
    errno = 0;
    ok (!flux_job_list_id (h, 9, "all") && errno == EINVAL,
        "list-id: names are an array");
}

/* What is sent, seen at the other end of a loop handle. */
static void test_requests (void)
{
    flux_t *h = flux_open ("loop://", 0);
    flux_future_t *f[8];
    const char *topic, *s, *type;
    flux_msg_t *msg;
    json_int_t id;
    uint32_t userid;
    int a, b;

    if (!h)
        bail_out ("flux_open loop: %s", strerror (errno));
    f[0] = flux_job_submit (h, "{}", 16, FLUX_JOB_WAITABLE);
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    ok (msg
            && flux_request_unpack (msg,
                                    &topic,
                                    "{s:s s:i s:i !}",
                                    "J",
                                    &s,
                                    "urgency",
                                    &a,
                                    "flags",
                                    &b)
                   == 0
            && !strcmp (topic, "job-ingest.submit") && a == 16 && b == 4,
        "submit");
    char *payload = flux_unwrap_string (s, true, &userid, NULL);
    ok (payload && !strcmp (payload, "{}") && userid == getuid (), "signed");
    free (payload);
    flux_msg_decref (msg);
    f[1] = flux_job_cancel (h, 7, NULL);
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    ok (msg
            && flux_request_unpack (msg,
                                    &topic,
                                    "{s:I s:s s:i !}",
                                    "id",
                                    &id,
                                    "type",
                                    &type,
                                    "severity",
                                    &a)
                   == 0
            && !strcmp (topic, "job-manager.raise") && id == 7
            && !strcmp (type, "cancel") && a == 0,
        "cancel, without a note");
    flux_msg_decref (msg);
    f[2] = flux_job_wait (h, FLUX_JOBID_ANY);
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    ok (msg && flux_request_unpack (msg, &topic, "{s:I !}", "id", &id) == 0
            && id == -1,
        "wait for any");
    flux_msg_decref (msg);
    f[3] = flux_kvs_lookup (h, NULL, FLUX_KVS_WATCH, "a.b");
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    ok (msg
            && flux_request_unpack (msg,
                                    &topic,
                                    "{s:s s:s s:i !}",
                                    "key",
                                    &s,
                                    "namespace",
                                    &type,
                                    "flags",
                                    &a)
                   == 0
            && !strcmp (topic, "kvs-watch.lookup") && !strcmp (type, "primary")
            && flux_msg_is_streaming (msg),
        "kvs watch");
    is_str (flux_kvs_lookup_get_key (f[3]), "a.b", "key");
    flux_respond_pack (h,
                       msg,
                       "{s:{s:i s:s s:s}}",
                       "val",
                       "ver",
                       1,
                       "type",
                       "val",
                       "data",
                       "eyJ4IjoxfQ==");
    flux_msg_decref (msg);
    ok (flux_kvs_lookup_get (f[3], &s) == 0 && !strcmp (s, "{\"x\":1}"),
        "value");
    ok (flux_kvs_lookup_get_unpack (f[3], "{s:i}", "x", &a) == 0 && a == 1,
        "unpacked");
    ok (flux_kvs_lookup_get_dir (f[3], NULL) < 0 && errno == EINVAL,
        "not a directory");
    ok (!flux_kvs_lookup (h, NULL, 1 << 20, "a") && errno == EINVAL,
        "unknown flags");
    f[4] = flux_job_result (h, 9, 0);
    flux_future_then (f[4], -1., result_cb, NULL);
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    ok (msg != NULL, "result watches the eventlog");
    if (msg) {
        static const char *events[] = {
            "{\"timestamp\":1.5,\"name\":\"submit\"}\n",
            "{\"timestamp\":2.5,\"name\":\"alloc\"}\n",
            "{\"timestamp\":3,\"name\":\"finish\",\"context\":{\"status\":256}}"
            "\n",
        };
        for (int i = 0; i < 3; i++)
            flux_respond_pack (h, msg, "{s:s}", "event", events[i]);
        flux_respond_error (h, msg, ENODATA, NULL);
        flux_msg_decref (msg);
        while (!flux_future_is_ready (f[4]))
            flux_reactor_run (flux_get_reactor (h), FLUX_REACTOR_ONCE);
        ok (flux_job_result_get_unpack (f[4],
                                        "{s:i s:i s:b}",
                                        "result",
                                        &a,
                                        "waitstatus",
                                        &b,
                                        "exception_occurred",
                                        &(int){ 0 })
                    == 0
                && a == FLUX_JOB_RESULT_FAILED && b == 256,
            "result");
    }
    for (int i = 0; i < 5; i++)
        flux_future_destroy (f[i]);
    flux_attr_set_cacheonly (h, "rank", "3");
    flux_attr_set_cacheonly (h, "hostlist", "n[0-3],n1");
    uint32_t rank;
    ok (flux_get_rank (h, &rank) == 0 && rank == 3, "rank from the cache");
    is_str (flux_get_hostbyrank (h, 2), "n2", "host by rank");
    is_str (flux_get_hostbyrank (h, 9), "(null)", "no such rank");
    is_int (flux_get_rankbyhost (h, "n1"), 1, "rank by host");
    flux_error_t e;
    char *map = flux_hostmap_lookup (h, "1-2", &e);
    is_str (map, "n[1-2]", "ranks to hosts");
    free (map);
    map = flux_hostmap_lookup (h, "n[2-3]", &e);
    is_str (map, "2-3", "hosts to ranks");
    free (map);
    ok (!flux_hostmap_lookup (h, "n9", &e), "%s", e.text);
    flux_log_set_appname (h, "test");
    ok (flux_log (h, LOG_ERR, "hello %d\n", 1) == 0, "log");
    msg = flux_recv (h, FLUX_MATCH_REQUEST, 0);
    const void *data;
    size_t len;
    ok (msg && flux_msg_get_payload (msg, &data, &len) == 0 && len > 20
            && !strncmp (data, "<24>1 ", 6)
            && !memcmp ((char *)data + len - 7, "hello 1", 7),
        "a log record, severity in the upper bits of PRI");
    flux_msg_decref (msg);
    errno = ENOENT;
    flux_log_error (NULL, "no handle");
    is_int (errno, ENOENT, "logging keeps errno");
    test_lists (h);
    flux_stats_count (h, "x", 1);
    ok (!flux_stats_enabled (h, NULL), "no statistics by default");
    flux_close (h);
}

static void test_kvs (void)
{
    flux_kvs_txn_t *txn = flux_kvs_txn_create ();
    flux_kvsdir_t *dir, *copy;
    flux_kvsitr_t *itr;
    const char *name;
    int n = 0;
    char *s;

    ok (flux_kvs_txn_is_empty (txn), "empty");
    ok (flux_kvs_txn_put (txn, 0, "a", "x") == 0
            && flux_kvs_txn_pack (txn, FLUX_KVS_APPEND, "b", "{s:i}", "i", 1)
                   == 0
            && flux_kvs_txn_mkdir (txn, 0, "c") == 0
            && flux_kvs_txn_unlink (txn, 0, "d") == 0
            && flux_kvs_txn_symlink (txn, 0, "e", NULL, "a") == 0,
        "operations");
    ok (flux_kvs_txn_put (txn, FLUX_KVS_READDIR, "a", "x") < 0
            && errno == EINVAL,
        "bad flags");
    ok (flux_kvs_txn_put (txn, 0, ".", "x") < 0 && errno == EINVAL, "the root");
    ok (flux_kvs_txn_put_treeobj (txn, 0, "a", "{}") < 0 && errno == EINVAL,
        "no treeobj");
    flux_kvs_txn_clear (txn);
    ok (flux_kvs_txn_is_empty (txn), "cleared");
    flux_kvs_txn_destroy (txn);

    dir = flux_kvsdir_create (
        NULL,
        NULL,
        "x.y",
        "{\"ver\":1,\"type\":\"dir\",\"data\":{"
        "\"v\":{\"ver\":1,\"type\":\"val\",\"data\":\"\"},"
        "\"d\":{\"ver\":1,\"type\":\"dirref\",\"data\":[\"sha1-0\"]},"
        "\"l\":{\"ver\":1,\"type\":\"symlink\",\"data\":{\"target\":\"v\"}}}}");
    ok (flux_kvsdir_get_size (dir) == 3 && flux_kvsdir_exists (dir, "v")
            && !flux_kvsdir_exists (dir, "z") && flux_kvsdir_isdir (dir, "d")
            && !flux_kvsdir_isdir (dir, "v")
            && flux_kvsdir_issymlink (dir, "l"),
        "directory");
    s = flux_kvsdir_key_at (dir, "v");
    is_str (s, "x.y.v", "key_at");
    free (s);
    itr = flux_kvsitr_create (dir);
    while ((name = flux_kvsitr_next (itr)))
        n++;
    flux_kvsitr_rewind (itr);
    ok (n == 3 && flux_kvsitr_next (itr), "iterate");
    flux_kvsitr_destroy (itr);
    copy = flux_kvsdir_copy (dir);
    flux_kvsdir_incref (dir);
    flux_kvsdir_destroy (dir);
    is_str (flux_kvsdir_key (dir), "x.y", "held by a reference");
    flux_kvsdir_destroy (dir);
    ok (flux_kvsdir_get_size (copy) == 3 && !flux_kvsdir_rootref (copy)
            && !flux_kvsdir_handle (copy),
        "a copy has all of it, when the first is gone");
    flux_kvsdir_destroy (copy);
    errno = 0;
    ok (!flux_kvsdir_create (NULL, NULL, "x", "{}") && errno == EINVAL, "bad");
}

int main (void)
{
    test_text ();
    test_jobspec ();
    test_kvs ();
    test_requests ();
    return done_testing ();
}
