/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Resources from a plugin: OUT R, and the flag that keeps the scheduler out. */

#include "host.h"

/* The one node's first core, which the scheduler may well give to another. */
static const char *const own_R =
    "{\"R\":{\"version\":1,\"execution\":{\"R_lite\":[{\"rank\":\"0\","
    "\"children\":{\"core\":\"0\"}}],\"starttime\":0.0,\"expiration\":0.0,"
    "\"nodelist\":[\"test\"]}}}";

static bool flag;          /* set alloc-bypass */
static bool post;          /* post alloc */
static const char *answer; /* to job.state.sched */
static const char *in;     /* answered in another topic instead */

static int bypass_cb (flux_plugin_t *p,
                      const char *topic,
                      flux_plugin_arg_t *args,
                      void *arg)
{
    flux_jobid_t id = FLUX_JOBTAP_CURRENT_JOB;

    if (!strcmp (topic, "job.validate") && flag)
        return flux_jobtap_job_set_flag (p, id, "alloc-bypass");
    if (answer && !strcmp (topic, in ? in : "job.state.sched"))
        flux_plugin_arg_set (args, FLUX_PLUGIN_ARG_OUT, answer);
    if (post && !strcmp (topic, "job.state.sched"))
        return flux_jobtap_event_post_pack (p, id, "alloc", NULL);
    return 0;
}

static struct job *run (struct host *o, bool with_flag, bool with_alloc)
{
    struct job *job;

    flag = with_flag;
    post = false;
    job = manager_job (o->t->m, host_submit (o, NULL));
    inst_settle (o->t);
    if (with_alloc
        && flux_jobtap_event_post_pack (o->p, job->id, "alloc", NULL))
        diag ("alloc is refused");
    inst_settle (o->t);
    return job;
}

static void test_out_R (void)
{
    struct host o = { .cb = bypass_cb };
    struct job *job, *other;

    answer = own_R;
    in = NULL;
    host_start_config (&o, 1, NULL);
    job = run (&o, true, false);
    is_int (job->state,
            FLUX_JOB_STATE_SCHED,
            "R and the flag alone: the job waits for its alloc");
    ok (!job->R, "R is not the job's yet");
    ok (flux_jobtap_event_post_pack (o.p, job->id, "alloc", NULL) == 0
            && job->state == FLUX_JOB_STATE_RUN,
        "which the plugin posts");
    ok (job->R && strstr (job->R->s, "\"test\""), "and has the plugin's R");
    answer = NULL;
    other = run (&o, false, false);
    is_int (other->state,
            FLUX_JOB_STATE_RUN,
            "the only core is free for others");
    inst_run (o.t);
    is_int (manager_active_count (o.t->m), 0, "both end");
    host_stop (&o);
}

static void test_refused (void)
{
    struct host o = { .cb = bypass_cb };
    struct job *job;
    uint64_t id;

    host_start_config (&o, 1, NULL);
    answer = NULL;
    job = run (&o, true, true);
    is_int (job->state, FLUX_JOB_STATE_SCHED, "no R, no alloc");
    errno = 0;
    ok (flux_jobtap_event_post_pack (o.p, job->id, "alloc", NULL) < 0
            && errno == EINVAL,
        "it is EINVAL");
    answer = "{\"R\":{\"version\":1}}";
    job = run (&o, true, true);
    is_int (job->state, FLUX_JOB_STATE_SCHED, "a malformed R is none");
    answer = own_R;
    in = "job.state.priority";
    job = run (&o, true, true);
    is_int (job->state, FLUX_JOB_STATE_SCHED, "nor is one in another topic");
    in = NULL;
    id = job->id;
    manager_raise (o.t->m, job, "cancel", 0, 0, "", NULL);
    inst_settle (o.t);
    ok (!strstr (inst_events (o.t, id), "free"),
        "what was never given is not given back");
    host_stop (&o);
}

/* Within the callback, where the alloc waits for its turn. */
static void test_inside (void)
{
    struct host o = { .cb = bypass_cb };
    uint64_t id;

    answer = own_R;
    in = NULL;
    flag = true;
    post = true;
    host_start_config (&o, 1, NULL);
    id = host_submit (&o, NULL);
    inst_run (o.t);
    is_str (inst_events (o.t, id),
            "submit set-flags validate depend priority alloc start finish "
            "release free clean",
            "R and alloc out of one callback");
    answer = NULL;
    id = host_submit (&o, NULL);
    inst_run (o.t);
    is_str (inst_events (o.t, id),
            "submit set-flags validate depend priority",
            "an alloc that finds no R when its turn comes is dropped");
    host_stop (&o);
}

int main (void)
{
    test_out_R ();
    test_refused ();
    test_inside ();
    return done_testing ();
}
