/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <flux/request.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "builtins.h"
#include "inproc.h"
#include "wire/sign.h"

#define PLUGINS_MAX 10

static char *make_spec (double run, long number)
{
    char *s;

    if (asprintf (&s,
                  "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":"
                  "\"task\",\"with\":[{\"type\":\"core\",\"count\":1}]}],"
                  "\"tasks\":[{\"command\":[\"job\",\"%ld\"],\"slot\":\"task\","
                  "\"count\":{\"per_slot\":1}}],\"attributes\":{\"system\":{"
                  "\"duration\":0,\"cwd\":\"/home/someone\",\"environment\":{},"
                  "\"shell\":{\"options\":{\"rlimit\":{\"nofile\":1024}}},"
                  "\"exec\":{\"test\":{\"run_duration\":\"%gs\"}}}},"
                  "\"version\":1}",
                  number,
                  run)
        < 0)
        die ("out of memory");
    return s;
}

static int deliver (const flux_msg_t *msg, void *arg)
{
    struct inproc *in = arg;
    const char *s;
    int type, errnum;

    if (flux_msg_get_type (msg, &type) < 0 || type != FLUX_MSGTYPE_RESPONSE)
        return 0;
    if (flux_msg_get_errnum (msg, &errnum) == 0 && errnum != 0)
        die ("a submit was refused: %s",
             flux_msg_get_string (msg, &s) == 0 && s ? s : strerror (errnum));
    if (flux_msg_get_string (msg, &s) == 0 && s)
        sscanf (s, "{\"id\":%" SCNu64 "}", &in->last_id);
    in->answered++;
    return 0;
}

static void on_inactive (void *arg, uint64_t id)
{
    struct inproc *in = arg;

    in->completed++;
}

void inproc_send_submit (struct inproc *in, const char *spec)
{
    char *J = sign_none_wrap (spec, strlen (spec), getuid ());
    char *json;
    flux_msg_t *msg;

    if (!J
        || asprintf (&json, "{\"J\":\"%s\",\"urgency\":16,\"flags\":0}", J) < 0
        || !(msg = flux_request_encode ("job-ingest.submit", json))
        || flux_msg_set_matchtag (msg, (in->sent++ & 0xffffff) + 1) < 0)
        die ("out of memory");
    router_client_recv (in->clients[in->sent % in->nclients], msg);
    flux_msg_destroy (msg);
    free (json);
    free (J);
}

static void longer (double *longest, double t)
{
    if (t > *longest)
        *longest = t;
}

void inproc_submit (struct inproc *in, long n, long window, bool distinct)
{
    unsigned long end = in->sent + n;

    while (in->answered < end) {
        while (in->sent < end
               && in->sent - in->answered < (unsigned long)window) {
            char *s = distinct ? make_spec (3600., in->sent) : NULL;
            double t = now ();

            inproc_send_submit (in, s ? s : in->spec);
            longer (&in->longest_submit, now () - t);
            free (s);
        }
        loop_turn (in->loop, true);
    }
}

void inproc_until_active (struct inproc *in, unsigned int n)
{
    while (manager_active_count (in->m) > n)
        loop_turn (in->loop, true);
}

void inproc_settle (struct inproc *in)
{
    struct store_stats stats;

    do {
        while (loop_turn (in->loop, false))
            ;
        store_stats (manager_store (in->m), &stats);
    } while (stats.queued > 0 || store_dirty (manager_store (in->m)));
}

static void start_host (struct inproc *in, const struct inproc_opt *opt)
{
    struct jobtap_builtin list[PLUGINS_MAX + 2] = {
        { ".priority-default", priority_default_init },
    };
    struct jobtap_config cfg = {
        .loop = in->loop,
        .router = in->router,
        .manager = in->m,
        .builtins = list,
        .rundir = scratch (),
    };
    flux_error_t error;

    for (int i = 0; i < PLUGINS_MAX && opt->plugins && opt->plugins[i].name;
         i++)
        list[i + 1] = opt->plugins[i];
    if (!(in->jt = jobtap_create (&cfg, &error)))
        die ("jobtap_create: %s", error.text);
    manager_set_plugins (in->m, jobtap_ops (in->jt));
}

static void start_manager (struct inproc *in, const struct inproc_opt *opt)
{
    struct rset *R = rset_create ();
    struct manager_config cfg = {
        .loop = in->loop,
        .router = in->router,
        .statedir = opt->statedir,
        .store_sync = opt->sync,
        .hostname = "node0",
        .sched = &sched_fifo,
        .exec = &exec_mock,
        .resources = R,
    };
    struct manager_listener listener = { .inactive = on_inactive, .arg = in };
    flux_error_t error;

    for (unsigned int i = 0; i < opt->cores; i++)
        rset_add_core (R, 0, i);
    rset_find (R, 0)->host = strdup ("node0");
    if (!(in->m = manager_create (&cfg, &error)))
        die ("manager_create: %s", error.text);
    rset_destroy (R);
    start_host (in, opt);
    if (!(in->view = view_create (in->m, &error)))
        die ("view_create: %s", error.text);
    manager_listen (in->m, &listener);
    if (manager_start (in->m, &error) < 0)
        die ("manager_start: %s", error.text);
}

struct inproc *inproc_create (const struct inproc_opt *opt)
{
    struct inproc *in = calloc (1, sizeof (*in));

    if (!in || !(in->loop = loop_create (NULL))
        || !(in->router = router_create (in->loop, getuid (), 0, 1)))
        die ("out of memory");
    in->nclients = opt->clients ? opt->clients : 1;
    for (unsigned int i = 0; i < in->nclients; i++) {
        in->clients[i] = router_client_add (in->router,
                                            getuid (),
                                            FLUX_ROLE_OWNER | FLUX_ROLE_LOCAL,
                                            deliver,
                                            in);
        if (!in->clients[i])
            die ("out of memory");
    }
    in->spec = make_spec (opt->run, 0);
    start_manager (in, opt);
    return in;
}

void inproc_destroy (struct inproc *in)
{
    manager_destroy (in->m);
    view_destroy (in->view);
    jobtap_destroy (in->jt);
    for (unsigned int i = 0; i < in->nclients; i++)
        router_client_remove (in->clients[i]);
    router_destroy (in->router);
    loop_destroy (in->loop);
    free (in->spec);
    free (in);
}
