/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What grows with what: the number of pending jobs, of plugins, of clients,
 * and how much a callback reads.  Each job has a jobspec of its own, so that
 * a callback that reads it has every one parsed.
 */

#include <flux/core.h>
#include <flux/jobtap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "inproc.h"

#define WINDOW 128
#define PLUGINS 10

enum reading {
    READS_NOTHING,
    READS_ID,
    READS_JOBSPEC,
    READS_MAX,
};
static const char *const reading_names[READS_MAX] = {
    "nothing",
    "id",
    "jobspec",
};

static struct {
    flux_plugin_t *p;
    enum reading reading;
    unsigned long calls;
} asked;

static int cb (flux_plugin_t *p,
               const char *topic,
               flux_plugin_arg_t *args,
               void *arg)
{
    flux_jobid_t id;
    double duration;

    asked.calls++;
    switch (asked.reading) {
    case READS_ID:
        return flux_plugin_arg_unpack (args,
                                       FLUX_PLUGIN_ARG_IN,
                                       "{s:I}",
                                       "id",
                                       &id);
    case READS_JOBSPEC:
        return flux_plugin_arg_unpack (args,
                                       FLUX_PLUGIN_ARG_IN,
                                       "{s:{s:{s:{s:F}}}}",
                                       "jobspec",
                                       "attributes",
                                       "system",
                                       "duration",
                                       &duration);
    default:
        return 0;
    }
}

static int init (flux_plugin_t *p)
{
    asked.p = p;
    return flux_plugin_add_handler (p, "job.priority.get", cb, NULL);
}

/* Microseconds a job to ask for the priority of all. */
static double ask_all (struct inproc *in, unsigned int plugins)
{
    unsigned long n = manager_active_count (in->m) - 1;
    double t = now ();

    asked.calls = 0;
    if (flux_jobtap_reprioritize_all (asked.p) < 0)
        die ("flux_jobtap_reprioritize_all: %m");
    while (loop_turn (in->loop, false) || asked.calls < n * plugins)
        ;
    return 1e6 * (now () - t) / n;
}

static void ask (struct inproc *in, long n, unsigned int plugins)
{
    char name[80];

    for (int reading = 0; reading < READS_MAX; reading++) {
        struct figure f = { .name = name, .size = n, .unit = "us/job" };

        asked.reading = reading;
        snprintf (name,
                  sizeof (name),
                  "matrix: ask %u plugin(s) that read %s",
                  plugins,
                  reading_names[reading]);
        for (int i = 0; i < (runs () + 1) / 2; i++)
            series_add (&f.s, ask_all (in, plugins));
        figure_print (&f);
    }
}

static void measure (long n, unsigned int plugins, unsigned int clients)
{
    static const char *const names[PLUGINS] = { ".p0", ".p1", ".p2", ".p3",
                                                ".p4", ".p5", ".p6", ".p7",
                                                ".p8", ".p9" };
    struct jobtap_builtin list[PLUGINS + 1] = { 0 };
    char dir[4200], name[80];
    struct inproc_opt opt = {
        .cores = 1,
        .sync = "off",
        .run = 1e6,
        .plugins = list,
        .statedir = dir,
        .clients = clients,
    };
    struct figure f = { .name = name, .size = n, .unit = "us/job" };
    struct inproc *in;
    double t;

    for (unsigned int i = 0; i < plugins; i++)
        list[i] = (struct jobtap_builtin){ names[i], init };
    snprintf (dir,
              sizeof (dir),
              "%s/matrix-%ld-%u-%u",
              scratch (),
              n,
              plugins,
              clients);
    asked.reading = READS_NOTHING;
    in = inproc_create (&opt);
    inproc_submit (in, 100, WINDOW, true);
    inproc_settle (in);
    t = now ();
    inproc_submit (in, n, WINDOW, true);
    inproc_settle (in);
    series_add (&f.s, 1e6 * (now () - t) / n);
    snprintf (name,
              sizeof (name),
              "matrix: submit, %u plugin(s), %u client(s)",
              plugins,
              clients);
    figure_print (&f);
    if (clients == 1)
        ask (in, n, plugins);
    inproc_destroy (in);
}

/* In a process of its own, where no other has left holes. */
static void at (long n, unsigned int plugins, unsigned int clients)
{
    int status;
    pid_t pid = fork ();

    if (pid == 0) {
        measure (n, plugins, clients);
        exit (0);
    }
    if (pid < 0 || waitpid (pid, &status, 0) != pid || status != 0)
        die ("measuring %ld jobs failed", n);
}

int main (int argc, char **argv)
{
    for (unsigned int plugins = 1; plugins <= PLUGINS; plugins *= PLUGINS) {
        for (unsigned int clients = 1; clients <= INPROC_CLIENTS;
             clients *= INPROC_CLIENTS) {
            for (long n = 1000; n <= 1000000 && n <= size_max (); n *= 10)
                at (n, plugins, clients);
        }
    }
    return 0;
}
