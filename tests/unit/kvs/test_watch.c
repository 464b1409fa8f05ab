/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include "service.h"

#define UNLINK_A "{\"key\":\"a\",\"dirent\":null}"

/* The answers to a stream so far, oldest first, "one two ENODATA". */
static const char *heard (struct service *s, uint32_t tag)
{
    static char buf[4096];
    char line[3 * 65536];

    inst_settle (s->t);
    buf[0] = '\0';
    for (struct answer *a = s->t->answers; a; a = a->next) {
        if (a->matchtag != tag)
            continue;
        snprintf (line,
                  sizeof (line),
                  "%s%s%s",
                  a->errnum ? strerrorname_np (a->errnum) : text_of (a),
                  *buf ? " " : "",
                  buf);
        snprintf (buf, sizeof (buf), "%.4000s", line);
    }
    return buf;
}

static uint32_t watch (struct service *s, const char *key, int flags)
{
    char json[256];

    snprintf (json,
              sizeof (json),
              "{\"key\":\"%s\",\"namespace\":\"primary\",\"flags\":%d}",
              key,
              flags);
    return inst_stream (s->t, "kvs-watch.lookup", json);
}

static void test_watch (void)
{
    struct service s;
    uint32_t plain, uniq, full;

    service_start (&s, NULL);
    put (&s, "a", "1");
    plain = watch (&s, "a", FLUX_KVS_WATCH);
    uniq = watch (&s, ".a", FLUX_KVS_WATCH | FLUX_KVS_WATCH_UNIQ);
    full = watch (&s, "a", FLUX_KVS_WATCH | FLUX_KVS_WATCH_FULL);
    put (&s, "a", "2");
    put (&s, "b", "2");
    put (&s, "a", "2");
    is_str (heard (&s, plain), "1 2 2", "each commit to the key is told");
    is_str (heard (&s, uniq), "1 2", "UNIQ: each other value");
    is_str (heard (&s, full), "1 2", "FULL: the same");
    op_commit (&s, "primary", UNLINK_A);
    is_str (heard (&s, plain), "1 2 2 ENOENT", "the end of a key is told");
    is_str (heard (&s, full), "1 2 ENOENT", "to all");
    service_stop (&s);
}

static void test_full (void)
{
    struct service s;
    uint32_t plain, full;

    service_start (&s, NULL);
    put (&s, "d.a", "1");
    plain = watch (&s, "d.a", FLUX_KVS_WATCH);
    full = watch (&s, "d.a", FLUX_KVS_WATCH | FLUX_KVS_WATCH_FULL);
    op_commit (&s, "primary", "{\"key\":\"d\",\"dirent\":null}");
    is_str (heard (&s, plain), "1", "a key not mentioned is not looked at");
    is_str (heard (&s, full), "1 ENOENT", "with FULL it is");
    service_stop (&s);
}

static void test_append (void)
{
    const int flags = FLUX_KVS_WATCH | FLUX_KVS_WATCH_APPEND;
    struct service s;
    uint32_t tag, sentinel;

    service_start (&s, NULL);
    put (&s, "a", "1");
    tag = watch (&s, "a", flags);
    sentinel = watch (&s, "a", flags | FLUX_KVS_WATCH_INITIAL_SENTINEL);
    put_in (&s, "primary", "a", "2", FLUX_KVS_APPEND);
    put_in (&s, "primary", "a", "3", FLUX_KVS_APPEND);
    is_str (heard (&s, tag), "1 2 3", "what is appended is told");
    is_str (heard (&s, sentinel), "1  2 3", "after an empty one, if wanted");
    put (&s, "a", "1234");
    is_str (heard (&s, tag), "1 2 3 EINVAL", "overwriting ends it");
    service_stop (&s);
}

static void test_waitcreate (void)
{
    struct service s;
    uint32_t wait, follow, missing;

    service_start (&s, NULL);
    wait = watch (&s, "a", FLUX_KVS_WAITCREATE);
    follow = watch (&s, "a", FLUX_KVS_WATCH | FLUX_KVS_WAITCREATE);
    missing = watch (&s, "a", FLUX_KVS_WATCH);
    is_str (heard (&s, missing), "ENOENT", "no key, no watch");
    is_str (heard (&s, wait), "", "unless one waits for it");
    put (&s, "a", "1");
    put (&s, "a", "2");
    is_str (heard (&s, wait), "1", "its creation is told");
    is_str (heard (&s, follow), "1 2", "and what follows");
    service_stop (&s);
}

static void test_ends (void)
{
    struct service s;
    uint32_t tag;
    char json[64];

    service_start (&s, NULL);
    put (&s, "a", "1");
    tag = watch (&s, "a", FLUX_KVS_WATCH);
    snprintf (json, sizeof (json), "{\"matchtag\":%u}", tag);
    inst_send (s.t, s.t->owner, "kvs-watch.cancel", json);
    is_str (heard (&s, tag), "1 ENODATA", "cancel");
    tag = watch (&s, "a", FLUX_KVS_STREAM);
    is_str (heard (&s, tag), "1 ENODATA", "a stream ends of itself");
    is_int (ask (&s,
                 "kvs-watch.lookup",
                 "{\"key\":\"a\",\"namespace\":\"primary\",\"flags\":4}")
                ->errnum,
            EPROTO,
            "a watch without a stream is refused");
    tag = watch (&s, "a", FLUX_KVS_WATCH_UNIQ);
    is_str (heard (&s, tag), "EINVAL", "so is UNIQ without a watch");
    tag = watch (&s, "a", 1 << 20);
    is_str (heard (&s, tag), "EINVAL", "and an unknown flag");
    ask (&s,
         "kvs.namespace-create",
         "{\"namespace\":\"n\",\"owner\":-1,\"flags\":0}");
    put_in (&s, "n", "a", "1", 0);
    tag = inst_stream (s.t,
                       "kvs-watch.lookup",
                       "{\"key\":\"a\",\"namespace\":\"n\",\"flags\":4}");
    ask (&s, "kvs.namespace-remove", "{\"namespace\":\"n\"}");
    is_str (heard (&s, tag), "1 EOPNOTSUPP", "the end of a namespace is told");
    tag = watch (&s, "a", FLUX_KVS_WATCH);
    service_stop (&s);
    pass ("a watch may be open at the end");
}

static unsigned int count_names (const char *s)
{
    unsigned int n = 0;

    while ((s = strstr (s, "\"name\"")) && s++)
        n++;
    return n;
}

static unsigned int count_words (const char *s)
{
    unsigned int n = 1;

    for (; *s; s++)
        n += *s == ' ';
    return n;
}

/* A value of the past, in pieces. */
static void test_snapshot (void)
{
    struct service s;
    char json[512], ref[64] = "";
    const char *at;
    uint32_t tag;

    service_start (&s, NULL);
    put (&s, "a", "old");
    at = ask (&s, "kvs.getroot", "{\"namespace\":\"primary\"}")->text;
    if ((at = strstr (at, "\"rootref\":\"")))
        sscanf (at, "\"rootref\":\"%63[^\"]", ref);
    put (&s, "a", "new");
    for (int i = 0; i < 2; i++) {
        snprintf (json,
                  sizeof (json),
                  "{\"key\":\"a\",\"flags\":%d,\"rootdir\":{\"ver\":1,"
                  "\"type\":\"dirref\",\"data\":[\"%s\"]}}",
                  i == 0 ? FLUX_KVS_STREAM : FLUX_KVS_WATCH,
                  ref);
        tag = inst_stream (s.t, "kvs-watch.lookup", json);
        is_str (heard (&s, tag),
                i == 0 ? "old ENODATA" : "EINVAL",
                i == 0 ? "of a snapshot, and the end"
                       : "it does not change: there is nothing to watch");
    }
    service_stop (&s);
}

static void test_job (void)
{
    struct service s;
    char *spec = make_jobspec (1., 0., NULL);
    char json[256];
    uint32_t tag;
    uint64_t id;

    service_start (&s, NULL);
    id = inst_submit (s.t, spec, 0, 0);
    snprintf (json,
              sizeof (json),
              "{\"key\":\"job.%04x.%04x.%04x.%04x.eventlog\","
              "\"namespace\":\"primary\",\"flags\":%d}",
              (unsigned int)(id >> 48),
              (unsigned int)(id >> 32) & 0xffff,
              (unsigned int)(id >> 16) & 0xffff,
              (unsigned int)id & 0xffff,
              FLUX_KVS_WATCH | FLUX_KVS_WATCH_APPEND);
    tag = inst_stream (s.t, "kvs-watch.lookup", json);
    ok (count_names (heard (&s, tag)) >= 4, "a job's log so far");
    snprintf (json,
              sizeof (json),
              "{\"id\":%llu,\"urgency\":16}",
              (unsigned long long)id);
    inst_rpc (s.t, "job-manager.urgency", json);
    inst_until (s.t, id, FLUX_JOB_STATE_INACTIVE);
    inst_settle (s.t);
    ok (strstr (heard (&s, tag), "\"clean\""), "and what follows");
    is_int (count_names (heard (&s, tag)),
            count_words (inst_events (s.t, id)),
            "each entry once");
    free (spec);
    service_stop (&s);
}

int main (int argc, char **argv)
{
    test_watch ();
    test_full ();
    test_append ();
    test_waitcreate ();
    test_ends ();
    test_snapshot ();
    test_job ();
    return done_testing ();
}
