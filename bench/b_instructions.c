/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Do one of the things that are done most, COUNT times: PATH COUNT.  What it
 * costs is counted from outside, by the difference of two counts
 * (bench/instructions).
 */

#include <flux/core.h>
#include <flux/jobtap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "inproc.h"
#include "wire/jobrow.h"

static struct {
    flux_plugin_t *p;
    unsigned long salt; /* 0: gives no priority */
} reader;

static int cb (flux_plugin_t *p,
               const char *topic,
               flux_plugin_arg_t *args,
               void *arg)
{
    flux_jobid_t id;
    int urgency;
    int64_t priority;

    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:I s:i}",
                                "id",
                                &id,
                                "urgency",
                                &urgency)
        < 0)
        return -1;
    if (!reader.salt)
        return 0;
    priority = 1 + ((id >> 8) * 2654435761UL * reader.salt) % 1000000;
    return flux_plugin_arg_pack (args,
                                 FLUX_PLUGIN_ARG_OUT,
                                 "{s:I}",
                                 "priority",
                                 priority);
}

static int init (flux_plugin_t *p)
{
    reader.p = p;
    return flux_plugin_add_handler (p, "job.priority.get", cb, NULL);
}

static const struct jobtap_builtin plugins[] = {
    { ".reader", init },
    { NULL, NULL },
};

static void post (struct inproc *in, struct job *job, long n)
{
    for (long i = 0; i < n; i++) {
        if (manager_post_named (in->m, job, "debug.event", "{\"a\":1}", NULL)
            < 0)
            die ("posting an event: %m");
        loop_turn (in->loop, false);
    }
}

static void callback (struct inproc *in, struct job *job, long n)
{
    const struct plugin_ops *ops = jobtap_ops (in->jt);
    int64_t priority;

    for (long i = 0; i < n; i++)
        ops->priority_get (ops->arg, job, &priority);
}

/* One of a hundred jobs whose priorities all change. */
static void reprioritize (struct inproc *in, struct job *job, long n)
{
    inproc_submit (in, 98, 98, false);
    inproc_settle (in);
    for (long i = 0; i < n / 100; i++) {
        reader.salt++;
        if (flux_jobtap_reprioritize_all (reader.p) < 0)
            die ("flux_jobtap_reprioritize_all: %m");
        while (loop_turn (in->loop, false))
            ;
    }
}

static void submit (struct inproc *in, struct job *job, long n)
{
    inproc_submit (in, n, 16, false);
}

static void row (struct inproc *in, struct job *job, long n)
{
    for (long i = 0; i < n; i++) {
        struct jbuf b = { 0 };
        struct jobrow r;

        jobrow_of_job (&r, job, JOBROW_ALL);
        jobrow_print (&b, &r, JOBROW_ALL);
        jobrow_finish (&r);
        free (b.s);
    }
}

/* From submission to the end, as fast as they come. */
static void run (struct inproc *in, long n)
{
    inproc_submit (in, n, 16, false);
    inproc_until_active (in, 0);
    inproc_settle (in);
}

static int ignore (const flux_msg_t *msg, void *arg)
{
    return 0;
}

/* By a client of its own, which goes with the router. */
static void rpc (struct inproc *in, const char *topic, const char *json)
{
    static struct router_client *client;
    flux_msg_t *msg = flux_request_encode (topic, json);

    if (!msg || flux_msg_set_streaming (msg) < 0
        || flux_msg_set_matchtag (msg, 1) < 0)
        die ("out of memory");
    if (!client
        && !(client = router_client_add (in->router,
                                         getuid (),
                                         FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL,
                                         ignore,
                                         NULL)))
        die ("out of memory");
    router_client_recv (client, msg);
    flux_msg_destroy (msg);
    while (loop_turn (in->loop, false))
        ;
}

/* Rows of a list of a hundred jobs, sent to a client. */
static void list (struct inproc *in, struct job *job, long n)
{
    inproc_submit (in, 98, 98, false);
    inproc_settle (in);
    for (long i = 0; i < n / 100; i++)
        rpc (in,
             "job-list.list",
             "{\"max_entries\":0,\"attrs\":[\"all\"],\"since\":0.0}");
}

/* Events told to one who listens to the journal. */
static void journal (struct inproc *in, struct job *job, long n)
{
    rpc (in, "job-manager.events-journal", "{}");
    post (in, job, n);
}

static const struct {
    const char *name;
    void (*run) (struct inproc *in, struct job *job, long n);
} paths[] = {
    { "post", post },
    { "callback", callback },
    { "reprioritize", reprioritize },
    { "submit", submit },
    { "row", row },
    { "list", list },
    { "journal", journal },
};

int main (int argc, char **argv)
{
    struct inproc_opt opt = { .cores = 1, .run = 1e6, .plugins = plugins };
    struct inproc *in;
    struct job *job;

    if (argc != 3)
        die ("usage: b_instructions PATH COUNT");
    if (!strcmp (argv[1], "run")) {
        opt.cores = 16;
        opt.run = 1e-6;
        in = inproc_create (&opt);
        run (in, strtol (argv[2], NULL, 10));
        inproc_destroy (in);
        return 0;
    }
    in = inproc_create (&opt);
    inproc_submit (in, 2, 2, false);
    inproc_settle (in);
    if (!(job = manager_job (in->m, in->last_id)))
        die ("the job is gone");
    for (size_t i = 0; i < sizeof (paths) / sizeof (paths[0]); i++) {
        if (!strcmp (argv[1], paths[i].name)) {
            paths[i].run (in, job, strtol (argv[2], NULL, 10));
            inproc_destroy (in);
            return 0;
        }
    }
    die ("no path is called %s", argv[1]);
}
