/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* events-journal: each event once, in order, whatever happens to jobs while a
 * consumer's backlog is sent.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/request.h>

#include "harness.h"
#include "router/router.h"
#include "tap.h"

/* A client that takes so many more of the backlog, and then reads no more. */
static unsigned int allowed;

static size_t queued (void *arg)
{
    return allowed > 0 && allowed-- ? 0 : SIZE_MAX;
}

/* The names of the job's events that came, in order; static. */
static const char *came (struct inst *t, uint32_t tag, uint64_t id)
{
    static char buf[4096];
    char begin[64], names[4096];
    size_t len = snprintf (begin,
                           sizeof (begin),
                           "{\"id\":%" PRIu64 ",\"events\":[",
                           id);

    buf[0] = '\0';
    for (struct answer *a = t->answers; a; a = a->next) {
        const char *p = a->text, *end;
        size_t n = 0;

        if (a->matchtag != tag || !p || strncmp (p, begin, len) != 0)
            continue;
        end = strstr (p, "}]");
        names[0] = '\0';
        while ((p = strstr (p, "\"name\":\"")) && p < end) {
            p += strlen ("\"name\":\"");
            n += snprintf (names + n,
                           sizeof (names) - n,
                           "%.*s ",
                           (int)strcspn (p, "\""),
                           p);
        }
        /* the answers are there with the latest first */
        snprintf (names + n, sizeof (names) - n, "%s", buf);
        strcpy (buf, names);
    }
    if (buf[0])
        buf[strlen (buf) - 1] = '\0';
    return buf;
}

static void cancel (struct inst *t, uint64_t id)
{
    char json[128];

    snprintf (json,
              sizeof (json),
              "{\"id\":%" PRIu64 ",\"severity\":0,\"type\":\"cancel\"}",
              id);
    inst_send (t, t->owner, "job-manager.raise", json);
}

static unsigned int sentinels (struct inst *t, uint32_t tag)
{
    unsigned int n = 0;

    for (struct answer *a = t->answers; a; a = a->next)
        n += a->matchtag == tag && a->text
             && !strcmp (a->text, "{\"id\":-1,\"events\":[]}");
    return n;
}

static void until_sentinel (struct inst *t, uint32_t tag)
{
    while (sentinels (t, tag) == 0 && loop_turn (t->loop, true))
        ;
    inst_settle (t);
}

enum {
    FINISHED = 3,
    ACTIVE = 200, /* more than a page of ids */
};

struct jobs {
    uint64_t finished[FINISHED];
    uint64_t active[ACTIVE];
};

static void make_jobs (struct inst *t, struct jobs *jobs, const char *spec)
{
    inst_rpc (t,
              "job-manager.queue-start",
              "{\"start\":false,\"all\":true,\"nocheckpoint\":false}");
    for (int i = 0; i < FINISHED; i++) {
        jobs->finished[i] = inst_submit (t, spec, 16, 0);
        cancel (t, jobs->finished[i]);
    }
    while (manager_active_count (t->m) > 0)
        loop_turn (t->loop, true);
    for (int i = 0; i < ACTIVE; i++)
        jobs->active[i] = inst_submit (t, spec, 16, 0);
}

static void check_job (struct inst *t,
                       uint32_t tag,
                       uint64_t id,
                       const char *what)
{
    char stored[4096];

    snprintf (stored, sizeof (stored), "%s", inst_events (t, id));
    is_str (came (t, tag, id), stored, "%s: all its events once", what);
}

static void check_all (struct inst *t,
                       uint32_t tag,
                       const struct jobs *jobs,
                       bool full)
{
    int good = 0;

    for (int i = 0; i < ACTIVE; i++) {
        char stored[4096];

        snprintf (stored,
                  sizeof (stored),
                  "%s",
                  inst_events (t, jobs->active[i]));
        good += !strcmp (came (t, tag, jobs->active[i]), stored);
    }
    is_int (good, ACTIVE, "each job that was active: all its events once");
    if (full)
        check_job (t, tag, jobs->finished[1], "a finished job");
    else
        is_str (came (t, tag, jobs->finished[1]),
                "",
                "finished jobs are not asked for");
    is_int (sentinels (t, tag), 1, "one sentinel");
}

static void test_during (const struct inst_opt *opt, bool full)
{
    struct inst *t = inst_create (opt);
    char *spec = make_jobspec (1., 10., NULL);
    struct jobs jobs;
    uint64_t fresh, brief;
    uint32_t tag, submitted;

    diag ("%s, %s",
          full ? "full" : "active jobs",
          opt && opt->statedir ? "on disk" : "in memory");
    make_jobs (t, &jobs, spec);
    router_client_set_queued (t->owner, queued);
    allowed = 10;
    tag = inst_stream (t,
                       "job-manager.events-journal",
                       full ? "{\"full\":true}" : "{}");
    inst_settle (t);
    is_str (came (t, tag, jobs.active[100]),
            "",
            "a backlog waits for a client that does not read");
    /* behind the walk, in the page of ids that was read, and beyond it */
    cancel (t, jobs.active[0]);
    cancel (t, jobs.active[30]);
    cancel (t, jobs.active[150]);
    brief = inst_submit (t, spec, 16, 0);
    cancel (t, brief);
    inst_settle (t);
    while (manager_active_count (t->m) > ACTIVE - 3)
        loop_turn (t->loop, true);
    cancel (t, jobs.active[40]); /* not durable when the walk comes there */
    submitted = inst_send_submit (t, spec, 16, 0);
    allowed = 60;
    router_client_read (t->owner);
    for (int i = 0; i < 3; i++)
        loop_turn (t->loop, true);
    cancel (t, jobs.active[41]);
    cancel (t, jobs.active[160]);
    allowed = 100000;
    router_client_read (t->owner);
    until_sentinel (t, tag);
    cancel (t, jobs.active[170]);
    fresh = inst_submit (t, spec, 16, 0);
    while (manager_active_count (t->m) > ACTIVE - 5)
        loop_turn (t->loop, true);
    inst_settle (t);
    check_all (t, tag, &jobs, full);
    check_job (t, tag, brief, "a job that came and went meanwhile");
    check_job (t, tag, fresh, "a job that came after");
    ok (inst_answer (t, submitted) && inst_answer (t, submitted)->errnum == 0,
        "and one was submitted while the walk went on");
    free (spec);
    inst_destroy (t);
}

/* Two consumers, one of them slow: the other one does not wait for it. */
static void test_slow (void)
{
    struct inst *t = inst_create (NULL);
    struct router_client *slow = inst_client (t, true);
    char *spec = make_jobspec (1., 10., NULL);
    struct jobs jobs;
    flux_msg_t *msg = flux_request_encode ("job-manager.events-journal", "{}");
    uint32_t tag;

    make_jobs (t, &jobs, spec);
    router_client_set_queued (slow, queued);
    allowed = 3;
    if (!msg || flux_msg_set_matchtag (msg, 77) < 0
        || flux_msg_set_streaming (msg) < 0)
        abort ();
    router_client_recv (slow, msg);
    tag = inst_stream (t, "job-manager.events-journal", "{}");
    inst_settle (t);
    is_int (sentinels (t, tag), 1, "who reads gets all");
    is_int (sentinels (t, 77), 0, "who does not, not yet");
    ok (!loop_turn (t->loop, false), "and nobody looks whether it does");
    router_client_remove (slow);
    cancel (t, jobs.active[199]);
    inst_settle (t);
    check_job (t, tag, jobs.active[199], "when the slow one is gone");
    flux_msg_destroy (msg);
    free (spec);
    inst_destroy (t);
}

int main (void)
{
    char dir[] = "/tmp/journalXXXXXX";
    char sub[64];
    struct inst_opt disk = { .real = true, .statedir = sub };

    if (!mkdtemp (dir))
        return 1;
    test_during (NULL, false);
    test_during (NULL, true);
    snprintf (sub, sizeof (sub), "%s/a", dir);
    test_during (&disk, false);
    snprintf (sub, sizeof (sub), "%s/b", dir);
    test_during (&disk, true);
    test_slow ();
    snprintf (sub, sizeof (sub), "rm -rf %s", dir);
    if (system (sub) != 0)
        diag ("%s: %s", sub, "failed");
    done_testing ();
}
