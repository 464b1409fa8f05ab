/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <flux/taskmap.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def taskmap_options[] = {
    { 0, "taskids", "NODEID", "Print the tasks of a node." },
    { 0, "ntasks", "NODEID", "Print how many tasks a node has." },
    { 0, "nodeid", "TASKID", "Print the node of a task." },
    { 0, "hostname", "TASKID", "Print the host of a task." },
    { 0, "to", "FORM", "Print the map as raw, pmi, multiline or hosts." },
    { 0 },
};

struct mapped {
    struct taskmap *map;
    struct hostlist *hosts; /* NULL: the map was given, not a job */
};

/* The map in the shell.start event, for which this waits. */
static struct taskmap *job_map (flux_t *h, flux_jobid_t id)
{
    flux_future_t *f = flux_job_event_watch (h,
                                             id,
                                             "guest.exec.eventlog",
                                             FLUX_JOB_EVENT_WATCH_WAITCREATE);
    struct taskmap *map = NULL;
    flux_error_t e;
    const char *line;

    while (f && !map && flux_job_event_watch_get (f, &line) == 0) {
        json_t *o = json_loads (line, 0, NULL);
        const char *name = json_string_value (json_object_get (o, "name"));

        if (name && !strcmp (name, "shell.start")) {
            char *s = json_dumps (json_get_path (o, "context.taskmap"), 0);
            if (!(map = taskmap_decode (s ? s : "", &e)))
                die ("error decoding taskmap: %s", e.text);
            free (s);
        }
        json_decref (o);
        flux_future_reset (f);
    }
    if (!map && errno == ENOENT)
        die ("Unable to get job taskmap: no such job");
    if (!map)
        die ("Unable to get job taskmap: the job ended without one");
    flux_future_destroy (f);
    return map;
}

static struct hostlist *job_hosts (flux_t *h, flux_jobid_t id)
{
    json_t *r = lookup_job (h, id, "R", 0);
    const char *s = json_string_value (json_object_get (r, "R"));
    json_t *R = json_loads (s ? s : "{}", 0, NULL);
    struct hostlist *hl = hostlist_create ();
    json_t *entry;
    size_t i;

    json_array_foreach (json_get_path (R, "execution.nodelist"), i, entry)
    {
        if (!json_is_string (entry)
            || hostlist_append (hl, json_string_value (entry)) < 0)
            die ("the job has bad resources");
    }
    json_decref (R);
    json_decref (r);
    return hl;
}

static void read_map (struct mapped *m, const char *word)
{
    flux_jobid_t id;
    flux_error_t e;
    flux_t *h;

    if (flux_job_id_parse (word, &id) == 0) {
        h = cmd_open ();
        m->map = job_map (h, id);
        m->hosts = job_hosts (h, id);
        flux_close (h);
    }
    else if (!(m->map = taskmap_decode (word, &e)))
        die ("error decoding taskmap: %s", e.text);
}

static const char *host_of (const struct mapped *m,
                            int node,
                            const char *option)
{
    if (!m->hosts)
        die ("taskmap: can't use --%s without a jobid", option);
    return hostlist_nth (m->hosts, node);
}

static int node_of (const struct mapped *m, int task)
{
    int node = taskmap_nodeid (m->map, task);

    if (node < 0)
        die ("failed to get nodeid for task %d: %s", task, strerror (errno));
    return node;
}

static char *tasks_of (const struct mapped *m, int node)
{
    const struct idset *ids = taskmap_taskids (m->map, node);
    char *s = ids ? idset_encode (ids, IDSET_FLAG_RANGE) : NULL;

    if (!s)
        die ("No taskids for node %d: %s", node, strerror (errno));
    return s;
}

static void print_as (const struct mapped *m, const char *form)
{
    int flags = 0;
    char *s;

    if (!strcmp (form, "multiline")) {
        for (int i = 0; i < taskmap_total_ntasks (m->map); i++)
            printf ("%d: %d\n", i, node_of (m, i));
        return;
    }
    if (!strcmp (form, "hosts")) {
        host_of (m, 0, "to=hosts");
        for (int i = 0; i < taskmap_nnodes (m->map); i++) {
            s = tasks_of (m, i);
            printf ("%s: %s\n", host_of (m, i, "to=hosts"), s);
            free (s);
        }
        return;
    }
    if (!strcmp (form, "raw"))
        flags = TASKMAP_ENCODE_RAW;
    else if (!strcmp (form, "pmi"))
        flags = TASKMAP_ENCODE_PMI;
    else if (*form)
        die ("invalid value --to=%s", form);
    if (!(s = taskmap_encode (m->map, flags)))
        die ("the map has no such form: %s", strerror (errno));
    printf ("%s\n", s);
    free (s);
}

static int run_taskmap (struct opts *o)
{
    const long max = 1L << 30;
    struct mapped m = { 0 };
    char *s;
    int n;

    if (o->argc != 1)
        die ("a job id or a task map is required");
    read_map (&m, o->argv[0]);
    if (opt_count (o, "taskids")) {
        s = tasks_of (&m, opt_int (o, "taskids", 0, 0, max));
        printf ("%s\n", s);
        free (s);
    }
    else if (opt_count (o, "ntasks")) {
        int node = opt_int (o, "ntasks", 0, 0, max);
        if ((n = taskmap_ntasks (m.map, node)) < 0)
            die ("failed to get task count for node %d: %s",
                 node,
                 strerror (errno));
        printf ("%d\n", n);
    }
    else if (opt_count (o, "nodeid"))
        printf ("%d\n", node_of (&m, opt_int (o, "nodeid", 0, 0, max)));
    else if (opt_count (o, "hostname"))
        printf ("%s\n",
                host_of (&m,
                         node_of (&m, opt_int (o, "hostname", 0, 0, max)),
                         "hostname"));
    else
        print_as (&m, opt_str (o, "to", ""));
    taskmap_destroy (m.map);
    hostlist_destroy (m.hosts);
    return 0;
}

const struct command cmd_job_taskmap = {
    .name = "taskmap",
    .summary = "print which task runs where",
    .usage = "[OPTIONS] JOBID|TASKMAP",
    .options = { taskmap_options },
    .run = run_taskmap,
};
