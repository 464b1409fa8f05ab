/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Plugins that wait, and what they do on their handle later. */

#include "host.h"

/* A service that answers at once, and one that answers after a while. */
static struct {
    const flux_msg_t *msg;
    struct loop_source *timer;
} slow;

static int fast_request (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    return router_respond (r, msg, "{\"n\":1}") < 0 ? REQUEST_ERROR
                                                    : REQUEST_DONE;
}

static void slow_answer (struct loop_source *src, int revents, void *arg)
{
    struct host *o = arg;

    router_respond (o->t->router, slow.msg, "{\"n\":2}");
    flux_msg_decref (slow.msg);
    loop_source_destroy (src);
}

static int slow_request (struct router *r,
                         const flux_msg_t *msg,
                         void *arg,
                         flux_error_t *error)
{
    struct host *o = arg;

    slow.msg = flux_msg_incref (msg);
    slow.timer =
        loop_timer_create (o->t->loop, LOOP_ALWAYS, 0.5, 0., slow_answer, o);
    return REQUEST_LATER;
}

static const struct request_row rows[] = {
    { "test.fast", FLUX_ROLE_OWNER, 0, fast_request },
    { "test.slow", FLUX_ROLE_OWNER, 0, slow_request },
    { NULL },
};

static int rpc_n (flux_t *h, const char *topic)
{
    flux_future_t *f = flux_rpc (h, topic, NULL, FLUX_NODEID_ANY, 0);
    int n = -1;

    errno = 0;
    if (!f || flux_rpc_get_unpack (f, "{s:i}", "n", &n) < 0)
        n = -errno;
    flux_future_destroy (f);
    return n;
}

/* ---- in a callback ---- */

static bool timer_ran;

static void timer_cb (flux_reactor_t *r,
                      flux_watcher_t *w,
                      int revents,
                      void *arg)
{
    timer_ran = true;
}

static int wait_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    struct host *o = arg;
    flux_t *h = flux_jobtap_get_flux (p);
    flux_watcher_t *w;
    flux_future_t *f;
    flux_jobid_t id;

    if (strcmp (topic, "job.state.depend"))
        return 0;
    flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id);
    w = flux_timer_watcher_create (flux_get_reactor (h), 0.1, 0., timer_cb, o);
    flux_watcher_start (w);
    is_int (rpc_n (h, "test.fast"), 1, "a plugin may wait for a quick answer");
    is_int (rpc_n (h, "test.slow"), 2, "and for a slow one");
    ok (!timer_ran, "its own timers do not run meanwhile");
    is_int (rpc_n (h, "nosuch.service"), -ENOSYS, "no service: ENOSYS");
    is_int (rpc_n (h, "job-manager.raise"),
            -EDEADLK,
            "waiting for the job manager: EDEADLK");
    is_int (rpc_n (h, "job-ingest.submit"),
            -EDEADLK,
            "waiting for a submission: EDEADLK");
    f = flux_rpc (h, "test.slow", NULL, FLUX_NODEID_ANY, 0);
    ok (flux_future_wait_for (f, 0.01) < 0 && errno == ETIMEDOUT,
        "a wait can time out");
    flux_future_destroy (f);
    is_int (manager_job (o->t->m, id)->state,
            FLUX_JOB_STATE_DEPEND,
            "the job stayed where it was");
    o->done++;
    flux_plugin_aux_set (p, NULL, w, (flux_free_f)flux_watcher_destroy);
    return 0;
}

static void test_wait (void)
{
    struct host o = { .cb = wait_cb };
    uint64_t id;

    host_start (&o);
    router_methods_add (o.t->router, rows, &o);
    id = host_submit (&o, NULL);
    ok (id != 0, "the job is submitted in the end");
    is_int (o.done, 1, "the callback returned once");
    inst_run (o.t);
    ok (timer_ran, "held timers run afterwards");
    is_str (inst_events (o.t, id),
            "submit validate depend priority alloc start finish release free "
            "clean",
            "and the job runs");
    router_methods_remove (o.t->router, rows);
    host_stop (&o);
}

/* ---- later ---- */

static void then_cb (flux_future_t *f, void *arg)
{
    struct host *o = arg;
    int n = -1;

    flux_rpc_get_unpack (f, "{s:i}", "n", &n);
    o->done += n;
    flux_future_destroy (f);
}

static void urgency_cb (flux_future_t *f, void *arg)
{
    struct host *o = arg;

    if (flux_rpc_get (f, NULL) == 0)
        o->done += 10;
    flux_future_destroy (f);
}

static int later_cb (flux_plugin_t *p,
                     const char *topic,
                     flux_plugin_arg_t *args,
                     void *arg)
{
    struct host *o = arg;
    flux_t *h = flux_jobtap_get_flux (p);
    flux_future_t *f;
    flux_jobid_t id;

    if (strcmp (topic, "job.new"))
        return 0;
    flux_plugin_arg_unpack (args, FLUX_PLUGIN_ARG_IN, "{s:I}", "id", &id);
    f = flux_rpc (h, "test.slow", NULL, FLUX_NODEID_ANY, 0);
    flux_future_then (f, -1., then_cb, o);
    f = flux_rpc_pack (h,
                       "job-manager.urgency",
                       FLUX_NODEID_ANY,
                       0,
                       "{s:I s:i}",
                       "id",
                       id,
                       "urgency",
                       7);
    flux_future_then (f, -1., urgency_cb, o);
    flux_future_destroy (flux_rpc (h, "test.fast", NULL, 0, 0));
    is_int (manager_job (o->t->m, id)->urgency,
            16,
            "a request has no effect inside the call that sends it");
    return 0;
}

static void test_later (void)
{
    struct host o = { .cb = later_cb };
    uint64_t blocker;

    host_start_config (&o, 1, NULL);
    router_methods_add (o.t->router, rows, &o);
    o.cb = NULL;
    blocker = host_submit (&o, NULL);
    inst_until (o.t, blocker, FLUX_JOB_STATE_RUN);
    o.cb = later_cb;
    host_submit (&o, NULL);
    inst_run (o.t);
    is_int (o.done, 12, "continuations ran, job-manager's answer came");
    router_methods_remove (o.t->router, rows);
    host_stop (&o);
}

/* ---- answering ---- */

static void post_cb (flux_t *h,
                     flux_msg_handler_t *mh,
                     const flux_msg_t *msg,
                     void *arg)
{
    struct host *o = arg;
    json_int_t id = 0;

    (void)flux_request_unpack (msg, NULL, "{s:I}", "id", &id);
    is_int (flux_jobtap_event_post_pack (o->p, id, "site.hello", NULL),
            0,
            "a plugin posts an event");
    is_int (flux_respond (h, msg, "{}"), 0, "and answers");
}

static bool is_stored (struct host *o, uint64_t id)
{
    char *log = NULL;
    bool yes =
        store_log_get (manager_store (o->t->m), id, "eventlog", &log, NULL) == 0
        && strstr (log, "site.hello");

    free (log);
    return yes;
}

static void test_answer (void)
{
    struct host o = { 0 };
    struct answer *a;
    uint32_t tag;
    uint64_t id;
    char json[48];

    host_start_config (&o, 1, NULL);
    if (flux_jobtap_service_register (o.p, "hello", post_cb, &o) < 0)
        bail_out ("flux_jobtap_service_register");
    host_submit (&o, NULL);
    id = host_submit (&o, NULL);
    inst_settle (o.t);
    snprintf (json, sizeof (json), "{\"id\":%ju}", (uintmax_t)id);
    tag = inst_send (o.t, o.t->owner, "job-manager.test.hello", json);
    while (!(a = inst_answer (o.t, tag)) && !is_stored (&o, id))
        loop_turn (o.t->loop, true);
    ok (!a || is_stored (&o, id), "who hears the answer finds the event");
    while (!(a = inst_answer (o.t, tag)))
        loop_turn (o.t->loop, true);
    is_int (a->errnum, 0, "and hears it");
    inst_run (o.t);
    host_stop (&o);
}

int main (void)
{
    test_wait ();
    test_later ();
    test_answer ();
    return done_testing ();
}
