/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Nothing is told or acted on before it is durable; and replay of the log
 * gives the job that is in memory.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "job/fsm.h"
#include "tap.h"

struct watch {
    struct inst *t;
    unsigned int told, early;
    unsigned int starts, early_starts;
};

static bool durable (struct inst *t, uint64_t id, const char *text, size_t len)
{
    bool found = false;
    size_t size;
    char *log;

    if (store_log_get (manager_store (t->m), id, "eventlog", &log, &size)
        == 0) {
        found = memmem (log, size, text, len) != NULL;
        free (log);
    }
    return found;
}

static void on_entry (void *arg, const struct manager_entry *entry)
{
    struct watch *w = arg;

    w->told += !entry->volatile_;
    if (!entry->volatile_
        && !durable (w->t, entry->id, entry->line, entry->len))
        w->early++;
}

/* exec_mock behind a table that looks at the store first. */
static struct watch *watching;

static int start_checked (struct exec *x,
                          const struct exec_job *job,
                          flux_error_t *error)
{
    watching->starts++;
    if (!durable (watching->t, job->id, "\"alloc\"", 7))
        watching->early_starts++;
    return exec_mock.start (x, job, error);
}

static void test_commit_first (void)
{
    struct exec_ops ops = exec_mock;
    struct inst *t;
    struct watch w = { 0 };
    struct manager_listener l = { .entry = on_entry, .arg = &w };
    char *spec = make_jobspec (1., 0., NULL);
    uint64_t id;
    uint32_t tag;

    ops.start = start_checked;
    t = inst_create (&(struct inst_opt){ .exec = &ops });
    w.t = t;
    watching = &w;
    manager_listen (t->m, &l);
    tag = inst_send_submit (t, spec, 16, 0);
    ok (!inst_answer (t, tag), "the answer waits although the job is in SCHED");
    is_int (w.told, 0, "so do the listeners");
    id = manager_jobs (t->m)->id;
    is_int (manager_jobs (t->m)->state,
            FLUX_JOB_STATE_SCHED,
            "the whole cascade ran inside the request");
    while (!inst_answer (t, tag) && loop_turn (t->loop, true))
        ok (inst_answer (t, tag) == NULL || durable (t, id, "submit", 6),
            "answered no earlier than the store shows the job");
    for (int i = 0; i < 200; i++)
        inst_submit (t, spec, 16, 0);
    inst_run (t);
    is_int (w.told, 201 * 10, "all was told");
    is_int (w.early, 0, "nothing before it was durable");
    is_int (w.starts, 201, "all were started");
    is_int (w.early_starts, 0, "none before its alloc was durable");
    free (spec);
    inst_destroy (t);
}

/* The same history gives the same job. */
static bool same (const struct job *a, const struct job *b)
{
    const char *ra = a->R ? a->R->s : "", *rb = b->R ? b->R->s : "";

    return a->state == b->state && a->urgency == b->urgency
           && a->flags == b->flags && a->priority == b->priority
           && a->userid == b->userid && a->ndeps == b->ndeps
           && a->perilogs == b->perilogs && a->started == b->started
           && a->released == b->released && a->finished == b->finished
           && a->has_resources == b->has_resources
           && a->waitstatus == b->waitstatus
           /* Annotations are in no eventlog. */
           && ((a->posted ^ b->posted) & ~(1U << EVENT_ANNOTATIONS)) == 0
           && !a->exception == !b->exception && !a->end_event == !b->end_event
           && !strcmp (ra, rb)
           && !strcmp (text_str (a->spec), text_str (b->spec));
}

static struct job *replay (struct inst *t, const struct job *live)
{
    struct job *job = job_create (live->id, 0);
    size_t size, len, pos = 0;
    const char *line;
    char *log;

    job->spec = text_ref (live->spec);
    if (store_log_get (manager_store (t->m), live->id, "eventlog", &log, &size)
        < 0)
        return job;
    while (eventlog_next (log, size, &pos, &line, &len)) {
        struct wire_event w;

        if (wire_event_decode (&w, job, line, len, NULL) < 0)
            continue;
        if (w.ev.kind == EVENT_ALLOC && !w.ev.R)
            w.ev.R = text_ref (live->R);
        if (fsm_legal (job, &w.ev, NULL) == 0)
            fsm_apply (job, &w.ev);
        wire_event_finish (&w);
    }
    free (log);
    return job;
}

static void disturb (struct inst *t, unsigned int n)
{
    struct job *job = manager_jobs (t->m);

    for (unsigned int i = 0; job && i < n % 7; i++)
        job = job_next (job);
    if (!job)
        return;
    switch (n % 5) {
    case 0:
        manager_raise (t->m, job, "cancel", n % 3, 0, "why", NULL);
        break;
    case 1:
        manager_post_named (t->m,
                            job,
                            "urgency",
                            "{\"urgency\":20,\"userid\":0}",
                            NULL);
        break;
    case 2:
        manager_post_named (t->m, job, "memo", "{\"a\":1}", NULL);
        break;
    case 3:
        manager_post_named (t->m,
                            job,
                            "jobspec-update",
                            "{\"attributes.system.duration\":33}",
                            NULL);
        break;
    default:
        manager_post_named (t->m, job, "my.own", "{\"x\":[1]}", NULL);
    }
}

static void test_replay (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 8 });
    char *spec = make_jobspec (2., 30., NULL);
    unsigned int compared = 0, different = 0, turns = 0;

    for (int i = 0; i < 60; i++)
        inst_send_submit (t, spec, i % 32, 0);
    do {
        disturb (t, turns * 7 + 3);
        inst_settle (t);
        for (struct job *job = manager_jobs (t->m); job; job = job_next (job)) {
            struct job *again = replay (t, job);

            compared++;
            if (!same (job, again)) {
                if (different++ == 0)
                    diag ("%s", inst_events (t, job->id));
            }
            job_destroy (again);
        }
        turns++;
    } while (loop_turn (t->loop, true) && turns < 2000);
    ok (compared > 200, "%u states of jobs were compared", compared);
    is_int (different, 0, "replay gives what is in memory");
    free (spec);
    inst_destroy (t);
}

/* ---- posting from callbacks ---- */

static void post_inside (struct inst *t,
                         struct job *job,
                         const struct event *ev)
{
    if (ev->kind != EVENT_VALIDATE)
        return;
    manager_post_named (t->m, job, "one", NULL, NULL);
    manager_post_named (t->m, job, "memo", "{\"a\":1}", NULL);
    manager_post_named (t->m, job, "memo", "{\"b\":2}", NULL);
    ok (!job_event_posted (job, "one"), "what a callback posts is queued");
    ok (manager_event_queued (t->m, job, EVENT_MEMO), "and can be seen there");
    ok (manager_job_busy (t->m, job), "the job is busy meanwhile");
    ok (manager_post_named (t->m, job, "memo", "[]", NULL) < 0,
        "a bad context is refused at once");
    ok (manager_post_named (t->m, job, "two", NULL, NULL) == 0, "queued");
}

static void test_queue (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 30., NULL);
    uint64_t id;

    t->hook = post_inside;
    id = inst_submit (t, spec, 0, 0);
    inst_settle (t);
    is_str (inst_events (t, id),
            "submit validate one memo memo two depend priority",
            "queued events follow in order, before what follows from them");
    is_str (manager_job (t->m, id)->annotations->s,
            "{\"user\":{\"a\":1,\"b\":2}}",
            "each merges into what the one before it left");
    free (spec);
    inst_destroy (t);
}

#define OWN_R                                                                  \
    "{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"0\",\"children\":{" \
    "\"core\":\"0\"}}],\"nodelist\":[\"node0\"],\"starttime\":0.0,"            \
    "\"expiration\":0.0}}"

/* A plugin that gives R itself, with and without telling the scheduler. */
static void bypass (struct inst *t, struct job *job, const struct event *ev)
{
    flux_error_t error;

    if (ev->kind == EVENT_VALIDATE && job->urgency == 20)
        manager_post_named (t->m,
                            job,
                            "set-flags",
                            "{\"flags\":[\"alloc-bypass\"]}",
                            NULL);
    if (ev->kind != EVENT_PRIORITY || job->state != FLUX_JOB_STATE_SCHED)
        return;
    /* The event has its turn when R is there. */
    ok (manager_post_named (t->m, job, "alloc", NULL, &error) == 0,
        "a plugin posts alloc");
    ok (manager_set_R (t->m, job, "{}", &error) < 0, "a bad R is refused");
    ok (manager_set_R (t->m, job, OWN_R, &error) == 0, "and sets R");
}

static void test_bypass (void)
{
    struct inst *t = inst_create (NULL);
    char *spec = make_jobspec (2., 30., NULL);
    uint64_t id;

    t->hook = bypass;
    for (int urgency = 16; urgency <= 20; urgency += 4) {
        id = inst_submit (t, spec, urgency, 0);
        inst_run (t);
        ok (strstr (inst_events (t, id),
                    "priority alloc start finish release free clean"),
            "the job runs on it: %s",
            inst_events (t, id));
    }
    free (spec);
    inst_destroy (t);
}

static void test_restart (void)
{
    char dir[] = "/tmp/sluice-manager-XXXXXX";
    char *spec = make_jobspec (0.2, 500., NULL);
    char cmd[64];
    struct inst_opt opt = {
        .cores = 1,
        .statedir = mkdtemp (dir),
        .real = true,
    };
    struct inst *t = inst_create (&opt);
    uint64_t running, pending, held, id;

    running = inst_submit (t, spec, 20, 0);
    while (!manager_job (t->m, running)->started)
        loop_turn (t->loop, true);
    pending = inst_submit (t, spec, 16, 0);
    held = inst_submit (t, spec, 0, 0);
    ok (running && pending && held, "one job runs, one waits, one is held");
    inst_destroy (t);

    t = inst_create (&opt);
    is_int (manager_active_count (t->m), 3, "all three are back");
    is_int (manager_job (t->m, running)->state,
            FLUX_JOB_STATE_RUN,
            "the running one runs");
    is_int (manager_job (t->m, held)->priority, 0, "the held one is held");
    ok (job_event_posted (manager_job (t->m, pending), "flux-restart"),
        "a pending one went through flux-restart");
    id = inst_submit (t, spec, 16, 0);
    ok (id > held, "ids go on where they left off");
    manager_raise (t->m,
                   manager_job (t->m, held),
                   "cancel",
                   0,
                   UINT32_MAX,
                   "",
                   NULL);
    inst_until (t, running, FLUX_JOB_STATE_INACTIVE);
    inst_until (t, id, FLUX_JOB_STATE_INACTIVE);
    ok (!strstr (strstr (inst_events (t, running), "start") + 5, "start "),
        "a running job is not started twice: %s",
        inst_events (t, running));
    is_int (manager_active_count (t->m), 0, "all come to their end");
    inst_destroy (t);
    snprintf (cmd, sizeof (cmd), "rm -rf %s", dir);
    ok (system (cmd) == 0, "cleaned up");
    free (spec);
}

static void bad_job (struct store *s, uint64_t id, const char *log)
{
    struct store_job row = {
        .id = id,
        .state = FLUX_JOB_STATE_SCHED,
        .priority = -1,
        .waitstatus = -1,
        .jobspec = "{}",
    };

    store_job_put (s, &row);
    if (log)
        store_log_append (s, id, "eventlog", log, strlen (log));
}

static void ignore_done (uint64_t batch, int ret, const char *error, void *arg)
{
}

static void test_unreplayable (void)
{
    char dir[] = "/tmp/sluice-manager-XXXXXX";
    struct inst_opt opt = { .statedir = mkdtemp (dir), .real = true };
    struct clock clock = CLOCK_REAL_INIT;
    struct loop *loop = loop_create (&clock);
    struct store *s = store_open (loop, dir, "off", ignore_done, NULL, NULL);
    char *spec = make_jobspec (0., 0., NULL);
    struct answer *a;
    struct inst *t;
    char cmd[64];

    bad_job (s, 7, NULL);
    bad_job (s, 8, "garbage\n");
    bad_job (s,
             9,
             "{\"timestamp\":1.0,\"name\":\"submit\",\"context\":{"
             "\"userid\":0,\"urgency\":16,\"flags\":0,\"version\":1}}\n"
             "{\"timestamp\":2.0,\"name\":\"start\"}\n");
    store_close (s);
    loop_destroy (loop);

    t = inst_create (&opt);
    is_int (manager_active_count (t->m), 0, "bad records are set aside");
    a = inst_rpc (t, "job-manager.stats-get", NULL);
    ok (strstr (a->text, "\"unreplayable_jobs\":3"), "and counted");
    ok (inst_submit (t, spec, 16, 0) > 9, "the instance works");
    inst_destroy (t);
    snprintf (cmd, sizeof (cmd), "rm -rf %s", dir);
    ok (system (cmd) == 0, "cleaned up");
    free (spec);
}

/* Of the priorities that a job is given together with many others only the
 * one it was started with is kept.
 */
static void test_reprioritize (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 1 });
    char *spec = make_jobspec (50., 500., NULL);
    uint64_t first = inst_submit (t, spec, 16, 0);
    uint64_t id = inst_submit (t, spec, 16, 0);
    char *log;
    size_t len;

    for (t->given = 20; t->given <= 22; t->given++) {
        manager_reprioritize_all (t->m);
        inst_settle (t);
    }
    is_int (manager_job (t->m, id)->priority, 22, "asked anew");
    ok (strcmp (inst_events (t, id), "submit validate depend priority") == 0,
        "not stored: %s",
        inst_events (t, id));
    inst_until (t, first, FLUX_JOB_STATE_INACTIVE);
    inst_until (t, id, FLUX_JOB_STATE_INACTIVE);
    ok (strstr (inst_events (t, id), "depend priority priority alloc start"),
        "but the last one, before what followed: %s",
        inst_events (t, id));
    ok (store_log_get (manager_store (t->m), id, "eventlog", &log, &len) == 0
            && strstr (log, "\"priority\":22"),
        "with its value");
    free (log);
    free (spec);
    inst_destroy (t);
}

/* A plugin that takes its time. */
static int slow_priority (void *arg, struct job *job, int64_t *priority)
{
    struct inst *t = arg;

    clock_advance (&t->clock, t->clock.t + 0.0001);
    *priority = t->given;
    return 0;
}

static unsigned int count_priority (struct inst *t, int64_t priority)
{
    struct job *job, *tmp;
    unsigned int n = 0;

    JOB_FOREACH_SAFE (manager_jobs (t->m), job, tmp)
    {
        n += job->priority == priority;
    }
    return n;
}

/* What is asked of many jobs is asked in slices; anew, if that is wanted while
 * it goes on.
 */
static void test_reprioritize_slices (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 1 });
    char *spec = make_jobspec (1000., 5000., NULL);

    t->ops.priority_get = slow_priority;
    for (int i = 0; i < 301; i++)
        inst_submit (t, spec, 16, 0);
    inst_settle (t);
    t->given = 20;
    manager_reprioritize_all (t->m);
    ok (count_priority (t, 20) > 0 && count_priority (t, 20) < 300,
        "some have another priority at once");
    t->given = 21;
    manager_reprioritize_all (t->m);
    is_int (count_priority (t, 21), 0, "asked again, it goes on first");
    inst_settle (t);
    is_int (count_priority (t, 21), 300, "then all are asked anew");
    free (spec);
    inst_destroy (t);
}

static void done (void *arg)
{
    *(bool *)arg = true;
}

static void test_shutdown (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 1 });
    char *spec = make_jobspec (50., 500., NULL);
    bool ended = false;
    uint64_t a = inst_submit (t, spec, 16, 0);
    uint64_t b = inst_submit (t, spec, 16, 0);

    while (!manager_job (t->m, a)->started)
        loop_turn (t->loop, true);
    manager_shutdown (t->m, MANAGER_END_ALL, done, &ended);
    ok (!ended, "shutdown waits for jobs");
    inst_run (t);
    ok (ended, "and tells when they are gone");
    ok (strstr (inst_events (t, b), "exception clean"), "pending: canceled");
    ok (strstr (inst_events (t, a), "exception finish release"),
        "running: ended");
    ok (inst_submit (t, spec, 16, 0) == 0, "no more jobs are taken");
    free (spec);
    inst_destroy (t);
}

static unsigned long number (struct inst *t, const char *key)
{
    const char *s = inst_rpc (t, "job-manager.stats-get", NULL)->text;

    s = strstr (s, key);
    return s ? strtoul (s + strlen (key), NULL, 10) : 0;
}

/* One commit for all that a turn of the loop wrote. */
static void test_batches (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 4 });
    char *spec = make_jobspec (1., 10., NULL);
    unsigned long batches = number (t, "\"batches\":");
    unsigned long turns = number (t, "\"turns\":");

    for (int i = 0; i < 100; i++)
        inst_send_submit (t, spec, 16, 0);
    inst_run (t);
    batches = number (t, "\"batches\":") - batches;
    turns = number (t, "\"turns\":") - turns;
    diag ("100 jobs in %lu turns with %lu batches", turns, batches);
    ok (batches > 0 && batches <= turns, "no more batches than turns");
    ok (batches < 100 * 3, "several jobs share one");
    ok (number (t, "\"transactions\":") == number (t, "\"batches\":"),
        "in memory each is a transaction");
    ok (number (t, "\"records\":") > 1000, "records are counted");
    free (spec);
    inst_destroy (t);
}

struct late_submit {
    struct inst *t;
    struct loop_source *work;
    char *spec;
    int left;
};

/* Submits within a turn, behind the scheduler's place in it. */
static void submit_cb (struct loop_source *src, int revents, void *arg)
{
    struct late_submit *s = arg;

    inst_send_submit (s->t, s->spec, 16, 0);
    if (--s->left > 0)
        loop_kick (src);
}

/* What the scheduler does at once about a turn shares its commit; but a turn
 * puts it off no more when the one before has.
 */
static void test_put_off (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 4 });
    struct store *store = manager_store (t->m);
    struct late_submit s = { .t = t, .left = 2 };
    uint64_t batch;

    inst_settle (t);
    batch = store_next_batch (store);
    s.spec = make_jobspec (1., 10., NULL);
    s.work = loop_work_create (t->loop, LOOP_ALWAYS, submit_cb, &s);
    loop_kick (s.work);
    loop_turn (t->loop, false);
    is_int (manager_count_in (t->m, FLUX_JOB_STATE_SCHED), 1, "a job comes");
    ok (store_dirty (store) && store_next_batch (store) == batch,
        "the scheduler is due: the turn leaves its commit to the next");
    loop_turn (t->loop, false);
    is_int (manager_count_in (t->m, FLUX_JOB_STATE_RUN), 1, "which plans");
    is_int (manager_count_in (t->m, FLUX_JOB_STATE_SCHED), 1, "another comes");
    is_int (store_next_batch (store), batch + 1, "one commit for both turns");
    loop_turn (t->loop, false);
    is_int (manager_count_in (t->m, FLUX_JOB_STATE_RUN), 2, "the next plan");
    is_int (store_next_batch (store), batch + 2, "has a commit of its own");
    inst_run (t);
    is_int (t->finished_ok, 2, "both run");
    loop_source_destroy (s.work);
    free (s.spec);
    inst_destroy (t);
}

/* The next manager finds what was pending, or also what runs. */
static void test_end (void)
{
    char *spec = make_jobspec (50., 500., NULL);

    for (enum manager_end how = MANAGER_END_RUNNING; how <= MANAGER_END_NONE;
         how++) {
        struct inst *t = inst_create (&(struct inst_opt){ .cores = 2 });
        bool running = how == MANAGER_END_RUNNING;
        bool ended = false;
        uint64_t a = inst_submit (t, spec, 16, 0);
        uint64_t b = inst_submit (t, spec, 0, 0), c;

        while (!manager_job (t->m, a)->started)
            loop_turn (t->loop, true);
        c = inst_submit (t, spec, 16, 0);
        while (!manager_job (t->m, c)->has_resources)
            loop_turn (t->loop, true);
        manager_shutdown (t->m, how, done, &ended);
        inst_settle (t);
        ok (running || ended, "what is left is not waited for");
        ok (manager_leaves_jobs (t->m) == !running, "are jobs left?");
        if (running)
            inst_run (t);
        ok (ended, "it ends");
        is_str (inst_events (t, b),
                "submit validate depend priority",
                "a pending job stays as it is");
        is_str (
            inst_events (t, c),
            running
                ? "submit validate depend priority alloc exception free clean"
                : "submit validate depend priority alloc",
            "one that would start does not");
        is_str (inst_events (t, a),
                running ? "submit validate depend priority alloc start "
                          "exception finish release free clean"
                        : "submit validate depend priority alloc start",
                "a running one");
        inst_destroy (t);
    }
    free (spec);
}

int main (void)
{
    test_commit_first ();
    test_replay ();
    test_queue ();
    test_bypass ();
    test_restart ();
    test_unreplayable ();
    test_reprioritize ();
    test_reprioritize_slices ();
    test_shutdown ();
    test_end ();
    test_batches ();
    test_put_off ();
    return done_testing ();
}
