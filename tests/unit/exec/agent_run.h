/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Real flux-agents, run by exec_agent, reporting to a table of the test. */

#ifndef SLUICE_TESTS_EXEC_AGENT_RUN_H
#define SLUICE_TESTS_EXEC_AGENT_RUN_H

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/exec.h"
#include "reports.h"
#include "tap.h"

static struct exec *x;
static struct loop *loop;
static struct router *router;
static struct reports reports;
static struct exec_reports table;
static char dir[] = "/tmp/sluice-exec-XXXXXX";
static uint64_t last_id = 100;
static struct exec_env env;
static bool reattach; /* what is started is to be found */

struct ask {
    const char *command; /* JSON array */
    const char *system;  /* more of attributes.system: ",\"cwd\":..." */
    const char *cwd;
    unsigned int ntasks;
    unsigned int nranks;
};

static uint64_t start (const struct ask *ask)
{
    struct rset *R = rset_create ();
    unsigned int ntasks = ask->ntasks ? ask->ntasks : 1;
    unsigned int nranks = ask->nranks ? ask->nranks : 1;
    struct exec_job job = { .id = ++last_id,
                            .userid = geteuid (),
                            .may_test = true,
                            .R = R,
                            .reattach = reattach };
    flux_error_t error;
    char *spec;

    if (asprintf (&spec,
                  "{\"version\":1,\"resources\":[{\"type\":\"slot\","
                  "\"label\":\"task\",\"count\":%u,\"with\":[{\"type\":"
                  "\"core\",\"count\":1}]}],\"tasks\":[{\"command\":%s,"
                  "\"slot\":\"task\",\"count\":{\"per_slot\":1}}],"
                  "\"attributes\":{\"system\":{\"duration\":0,\"cwd\":\"%s\","
                  "\"environment\":{\"PATH\":\"/usr/bin:/bin\",\"WHO\":"
                  "\"me\",\"FLUX_JOB_ID\":\"bad\"}%s}}}",
                  ntasks,
                  ask->command,
                  ask->cwd ? ask->cwd : dir,
                  ask->system ? ask->system : "")
        < 0)
        bail_out ("out of memory");
    for (unsigned int i = 0; i < ntasks; i++)
        rset_add_core (R, i % nranks, i / nranks);
    R->nslots = ntasks;
    job.jobspec = spec;
    if (exec_agent.start (x, &job, &error) < 0)
        diag ("start: %s", error.text);
    free (spec);
    rset_destroy (R);
    return job.id;
}

static void sigalrm_cb (int signum)
{
    static const char text[] = "Bail out! timed out\n";

    if (write (1, text, sizeof (text) - 1) < 0)
        _exit (2);
    _exit (1);
}

static struct report *await (uint64_t id)
{
    struct report *r = report_of (&reports, id);

    while (!r->released)
        loop_turn (loop, true);
    return r;
}

static struct report *run (const struct ask *ask)
{
    return await (start (ask));
}

static inline struct report *sh (const char *script)
{
    char command[1024];

    snprintf (command, sizeof (command), "[\"sh\",\"-c\",\"%s\"]", script);
    return run (&(struct ask){ .command = command });
}

static inline bool said (const struct report *r,
                         const char *stream,
                         const char *data)
{
    char want[1024];

    snprintf (want,
              sizeof (want),
              "\"stream\":\"%s\",\"rank\":\"0\",\"data\":\"%s\"",
              stream,
              data);
    if (strstr (r->output, want))
        return true;
    diag ("output: %s", r->output);
    return false;
}

static int count (const char *s, const char *what)
{
    int n = 0;

    for (; (s = strstr (s, what)); s += strlen (what))
        n++;
    return n;
}

/* Children of this process other than agents are none; its agents' children
 * are tasks.
 */
static pid_t find_agent (void)
{
    char cmd[64];
    FILE *f;
    int pid = 0;

    snprintf (cmd, sizeof (cmd), "/proc/self/task/%d/children", getpid ());
    if ((f = fopen (cmd, "r"))) {
        if (fscanf (f, "%d", &pid) != 1)
            pid = 0;
        fclose (f);
    }
    return pid;
}

static void begin (void)
{
    struct rlimit lim;
    flux_error_t error;

    if (!mkdtemp (dir) || !(loop = loop_create (NULL)))
        bail_out ("cannot begin");
    signal (SIGALRM, sigalrm_cb);
    signal (SIGPIPE, SIG_IGN);
    alarm (120);
    setenv ("LC_ALL", "C", 1);
    /* Below the hard limit, to which the agent raises its own. */
    getrlimit (RLIMIT_NOFILE, &lim);
    lim.rlim_cur = 512;
    setrlimit (RLIMIT_NOFILE, &lim);
    table = reports_table (&reports);
    router = router_create (loop, geteuid (), 0, 2);
    env.loop = loop;
    env.router = router;
    env.reports = &table;
    env.rundir = dir;
    env.local_uri = "local:///x/y";
    env.agent_path = AGENT_PATH;
    env.nranks = 2;
    if (!(x = exec_agent.create (&env, &error)))
        bail_out ("create: %s", error.text);
}

static void end (void)
{
    exec_agent.destroy (x, false);
    is_int (find_agent (), 0, "no agent outlives destroy");
    ok (rmdir (dir) == 0, "and nothing is left in its directory");
    router_destroy (router);
    loop_destroy (loop);
    reports_clear (&reports);
}

#endif
