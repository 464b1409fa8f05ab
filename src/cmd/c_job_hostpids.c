/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job hostpids: which processes the tasks of a job are. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/idset.h>
#include <jansson.h>

#include "base/fsd.h"
#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"
#include "wire/proctable.h"

static const struct option_def options[] = {
    { 'd', "delimiter", "STRING", "Put STRING between the pairs (a comma)." },
    { 'r', "ranks", "IDSET", "Only tasks of these ranks." },
    { 't', "timeout", "DURATION", "Give up after this time." },
    { 0 },
};

struct shell {
    char *service;
    int leader;
};

static void inactive (flux_jobid_t id)
{
    die ("hostpids: job %s is inactive", id_str (id));
}

/* A job that never ran has no such log either. */
static bool is_known (flux_t *h, flux_jobid_t id)
{
    flux_future_t *f = flux_rpc_pack (h,
                                      "job-info.lookup",
                                      FLUX_NODEID_ANY,
                                      0,
                                      "{s:I s:[s] s:i}",
                                      "id",
                                      (json_int_t)id,
                                      "keys",
                                      "eventlog",
                                      "flags",
                                      0);
    bool known = f && flux_rpc_get (f, NULL) == 0;

    flux_future_destroy (f);
    return known;
}

/* One line of the log; true when all tasks have been started. */
static bool read_event (struct shell *sh, const char *line)
{
    json_t *o = json_loads (line, 0, NULL);
    const char *name = "";
    const char *service = NULL;
    bool started;

    json_unpack (o, "{s:s}", "name", &name);
    started = !strcmp (name, "shell.start");
    if (!strcmp (name, "shell.init")
        && json_unpack (json_object_get (o, "context"),
                        "{s:s s:i}",
                        "service",
                        &service,
                        "leader-rank",
                        &sh->leader)
               == 0)
        sh->service = xstrdup (service);
    json_decref (o);
    return started;
}

/* Waits until the job runs. */
static void find_shell (flux_t *h,
                        flux_jobid_t id,
                        double timeout,
                        struct shell *sh)
{
    double end = flux_reactor_time () + timeout;
    flux_future_t *f = flux_job_event_watch (h,
                                             id,
                                             "guest.exec.eventlog",
                                             FLUX_JOB_EVENT_WATCH_WAITCREATE);
    bool started = false;
    const char *line;

    if (!f)
        die ("%s: %s", id_str (id), strerror (errno));
    while (!started) {
        double left = timeout < 0. ? -1. : end - flux_reactor_time ();

        if (timeout >= 0. && left < 0.)
            left = 0.;
        if (flux_future_wait_for (f, left) < 0 && errno == ETIMEDOUT)
            die ("hostpids: timeout waiting for shell.start event");
        if (flux_job_event_watch_get (f, &line) < 0) {
            if (errno == ENODATA || (errno == ENOENT && is_known (h, id)))
                inactive (id);
            if (errno == ENOENT)
                die ("%s: No such job", id_str (id));
            die ("%s: %s", id_str (id), future_text (f));
        }
        started = read_event (sh, line);
        flux_future_reset (f);
    }
    flux_future_destroy (f);
    if (!sh->service)
        die ("hostpids: %s has no service", id_str (id));
}

static void get_table (flux_t *h,
                       flux_jobid_t id,
                       const struct shell *sh,
                       double timeout,
                       struct proctable *t)
{
    char *topic = xasprintf ("%s.proctable", sh->service);
    flux_future_t *f = flux_rpc (h, topic, "{}", sh->leader, 0);
    flux_error_t e;
    const char *s;

    if (!f)
        die ("hostpids: %s", strerror (errno));
    if (timeout >= 0. && flux_future_wait_for (f, timeout) < 0
        && errno == ETIMEDOUT)
        die ("hostpids: timeout waiting for the agents");
    if (flux_rpc_get (f, &s) < 0) {
        if (errno == ENOSYS)
            inactive (id);
        die ("hostpids: %s", future_text (f));
    }
    if (proctable_decode (s ? s : "", t, &e) < 0)
        die ("hostpids: %s", e.text);
    flux_future_destroy (f);
    free (topic);
}

static int by_id (const void *a, const void *b)
{
    const struct proctable_task *x = a;
    const struct proctable_task *y = b;

    return x->id < y->id ? -1 : x->id > y->id;
}

static int run (struct opts *o)
{
    const char *delimiter = opt_str (o, "delimiter", ",");
    const char *ranks = opt_str (o, "ranks", NULL);
    const char *limit = opt_str (o, "timeout", NULL);
    struct idset *ids = NULL;
    struct proctable t = { 0 };
    struct shell sh = { 0 };
    double timeout = -1.;
    bool any = false;
    flux_jobid_t id;
    flux_t *h;

    if (o->argc != 1)
        die_usage ("one job id is required");
    id = parse_id (o->argv[0]);
    if (ranks && strcmp (ranks, "all") && !(ids = idset_decode (ranks)))
        die_usage ("--ranks: '%s' is not a set of ids", ranks);
    if (limit && fsd_decode (limit, &timeout) < 0)
        die_usage ("--timeout: '%s' is not a duration", limit);
    h = cmd_open ();
    find_shell (h, id, timeout, &sh);
    get_table (h, id, &sh, timeout, &t);
    if (t.count > 0)
        qsort (t.tasks, t.count, sizeof (*t.tasks), by_id);
    for (size_t i = 0; i < t.count; i++) {
        const struct proctable_task *task = &t.tasks[i];

        if (ids && !idset_test (ids, task->id))
            continue;
        printf ("%s%s:%lld",
                any ? delimiter : "",
                task->host,
                (long long)task->pid);
        any = true;
    }
    printf ("\n");
    idset_destroy (ids);
    proctable_clear (&t);
    free (sh.service);
    flux_close (h);
    return 0;
}

const struct command cmd_job_hostpids = {
    .name = "hostpids",
    .summary = "print host and process id of each task of a running job",
    .usage = "[OPTIONS] JOBID",
    .options = { options },
    .run = run,
};
