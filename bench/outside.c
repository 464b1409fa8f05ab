/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <fcntl.h>
#include <signal.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "outside.h"

extern char **environ;

bool subject_get (int n, struct subject *s)
{
    const char *own = getenv ("BENCH_FLUX");
    const char *peer = getenv ("FLUX_PEER");

    if (n == 0 && !own)
        die ("BENCH_FLUX is not set: use bench/run");
    *s = n == 0 ? (struct subject){ NULL, own }
                : (struct subject){ "flux-core", peer };
    return n == 0 || (n == 1 && peer && peer[0]);
}

static void set_environment (const struct subject *s, const char *uri)
{
    if (uri)
        setenv ("FLUX_URI", uri, 1);
    else
        unsetenv ("FLUX_URI");
    if (s && s->who)
        setenv ("PATH", "/usr/bin:/bin", 1);
}

static pid_t spawn (const struct subject *s,
                    const char *uri,
                    const char *const argv[],
                    int in,
                    int out)
{
    char *path = strdup (getenv ("PATH") ? getenv ("PATH") : "/usr/bin:/bin");
    posix_spawn_file_actions_t fa;
    pid_t pid;

    set_environment (s, uri);
    posix_spawn_file_actions_init (&fa);
    posix_spawn_file_actions_adddup2 (&fa, in, 0);
    posix_spawn_file_actions_adddup2 (&fa, out, 1);
    if (posix_spawnp (&pid, argv[0], &fa, NULL, (char **)argv, environ) != 0)
        die ("cannot run %s", argv[0]);
    posix_spawn_file_actions_destroy (&fa);
    setenv ("PATH", path, 1);
    free (path);
    return pid;
}

static void finish (pid_t pid, const char *what)
{
    int status;

    if (waitpid (pid, &status, 0) != pid || status != 0)
        die ("%s failed with status 0x%x", what, status);
}

static double run (const struct subject *s,
                   const char *uri,
                   const char *const argv[])
{
    int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
    double t = now ();

    finish (spawn (s, uri, argv, null, null), argv[0]);
    t = now () - t;
    close (null);
    return t;
}

double outside_run (const struct outside *o, const char *const argv[])
{
    return run (&o->subject, o->uri, argv);
}

double run_bare (const char *const argv[])
{
    return run (NULL, NULL, argv);
}

static void first_answer (struct outside *o)
{
    flux_future_t *f;

    if (!(o->h = flux_open (o->uri, 0)))
        die ("flux_open %s: %m", o->uri);
    if (!(f = flux_rpc (o->h, "job-manager.getinfo", NULL, 0, 0))
        || flux_future_get (f, NULL) < 0)
        die ("job-manager.getinfo: %m");
    flux_future_destroy (f);
}

void outside_start (struct outside *o,
                    const struct subject *s,
                    const char *statedir)
{
    char option[PATH_MAX];
    const char *argv[8] = { s->flux, "start" };
    char uri[PATH_MAX] = "";
    int in[2], out[2], n = 2;
    FILE *f;

    *o = (struct outside){ .subject = *s };
    if (statedir) {
        snprintf (option, sizeof (option), "-Sstatedir=%s", statedir);
        argv[n++] = option;
    }
    argv[n++] = "sh";
    argv[n++] = "-c";
    argv[n++] = "echo $FLUX_URI; exec cat";
    argv[n] = NULL;
    if (pipe2 (in, O_CLOEXEC) < 0 || pipe2 (out, O_CLOEXEC) < 0)
        die ("pipe: %m");
    o->pid = spawn (s, NULL, argv, in[0], out[1]);
    close (in[0]);
    close (out[1]);
    o->in = in[1];
    if (!(f = fdopen (out[0], "r")) || !fgets (uri, sizeof (uri), f))
        die ("%s start: no instance", s->flux);
    fclose (f);
    uri[strcspn (uri, "\n")] = '\0';
    o->uri = strdup (uri);
    first_answer (o);
}

void outside_stop (struct outside *o)
{
    flux_close (o->h);
    close (o->in);
    finish (o->pid, "flux start");
    free (o->uri);
}

/* `flux start` has become the broker; the agent ends when it finds itself
 * alone with no job.
 */
void outside_kill (struct outside *o)
{
    flux_close (o->h);
    kill (o->pid, SIGKILL);
    waitpid (o->pid, NULL, 0);
    close (o->in);
    free (o->uri);
}

void outside_stop_queues (struct outside *o)
{
    const char *argv[] = { o->subject.flux, "queue", "stop", "--all", NULL };

    outside_run (o, argv);
}

/* ---- many submissions ---- */

#define WINDOW 1024

static const char spec[] =
    "{\"resources\":[{\"type\":\"slot\",\"count\":1,\"label\":\"task\","
    "\"with\":"
    "[{\"type\":\"core\",\"count\":1}]}],\"tasks\":[{\"command\":[\"sleep\","
    "\"3600\"],\"slot\":\"task\",\"count\":{\"per_slot\":1}}],\"attributes\":"
    "{\"system\":{\"duration\":0,\"environment\":{\"A\":\"b\"}}},\"version\":"
    "1}";

struct work {
    flux_t *h;
    long left; /* to be sent */
    long unanswered;
};

static void send_one (struct work *w);

static void answered (flux_future_t *f, void *arg)
{
    struct work *w = arg;
    flux_jobid_t id;

    if (flux_job_submit_get_id (f, &id) < 0)
        die ("submit: %s", flux_future_error_string (f));
    flux_future_destroy (f);
    if (w->left > 0)
        send_one (w);
    if (--w->unanswered == 0)
        flux_reactor_stop (flux_get_reactor (w->h));
}

static void send_one (struct work *w)
{
    flux_future_t *f = flux_job_submit (w->h, spec, 16, 0);

    if (!f || flux_future_then (f, -1., answered, w) < 0)
        die ("submit: %m");
    w->left--;
}

void outside_submit (struct outside *o, long n)
{
    struct work w = { .h = o->h, .left = n, .unanswered = n };

    for (long i = 0; i < WINDOW && i < n; i++)
        send_one (&w);
    if (flux_reactor_run (flux_get_reactor (o->h), 0) < 0)
        die ("reactor: %m");
}

double outside_longest (const struct outside *o, const char **what)
{
    static char text[64];
    flux_future_t *f =
        flux_rpc (o->h, "job-manager.stats-get", NULL, FLUX_NODEID_ANY, 0);
    double seconds;

    if (!f
        || flux_rpc_get_unpack (f,
                                "{s:{s:{s:f s:{s:s}}}}",
                                "loop",
                                "longest",
                                "seconds",
                                &seconds,
                                "most",
                                "what",
                                what)
               < 0)
        die ("job-manager.stats-get: %s",
             f ? flux_future_error_string (f) : "no memory");
    snprintf (text, sizeof (text), "%s", *what);
    *what = text;
    flux_future_destroy (f);
    return 1e3 * seconds;
}

void outside_longest_clear (const struct outside *o)
{
    flux_future_t *f =
        flux_rpc (o->h, "job-manager.stats-clear", "{}", FLUX_NODEID_ANY, 0);

    if (!f || flux_future_get (f, NULL) < 0)
        die ("job-manager.stats-clear: %s",
             f ? flux_future_error_string (f) : "no memory");
    flux_future_destroy (f);
}
