/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/exec.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'r', "rank", "IDSET", "Run on these ranks (default all)." },
    { 'x', "exclude", "IDSET", "Leave out these ranks." },
    { 'j',
      "jobid",
      "JOBID",
      "Run on the nodes of this job, beside it; ranks count these." },
    { 'd', "dir", "DIR", "Run in DIR and not in the current directory." },
    { 'l', "label-io", NULL, "Put the rank before each line of output." },
    { 'n', "noinput", NULL, "Do not forward standard input." },
    { 0, "bg", NULL, "Print the process ids and leave the processes alone." },
    { 0,
      "waitable",
      NULL,
      "With --bg: keep the exit status until it is asked for." },
    { 0, "label", "LABEL", "Name the processes, beside their pid." },
    { 0,
      "attach",
      NULL,
      "Attach to a process in the background: the word is PID or LABEL." },
    { 'v', "verbose", NULL, "Say what goes on." },
    { 'q', "quiet", NULL, "Do not say which ranks failed, and how." },
    { 0, "with-imp", NULL, "Refused: there is no IMP." },
    { 0 },
};

extern char **environ;

static struct idset *decode (const char *s, const char *what)
{
    struct idset *ids = idset_decode (s);

    if (!ids)
        die ("--%s: '%s' is not a set of ranks", what, s);
    return ids;
}

/* ---- ranks ---- */

/* Those of a job, and the service of its shells; NULL service: of all. */
static struct idset *job_ranks (struct exec_run *run, const char *arg)
{
    flux_jobid_t id = parse_id (arg);
    char plain[64];
    const char *ranks = NULL;
    struct idset *ids;
    flux_future_t *f;
    int state;
    json_int_t userid;

    f = flux_rpc_pack (run->h,
                       "job-list.list-id",
                       FLUX_NODEID_ANY,
                       0,
                       "{s:I s:[sss]}",
                       "id",
                       (json_int_t)id,
                       "attrs",
                       "ranks",
                       "state",
                       "userid");
    if (flux_rpc_get_unpack (f,
                             "{s:{s?s s:i s:I}}",
                             "job",
                             "ranks",
                             &ranks,
                             "state",
                             &state,
                             "userid",
                             &userid)
        < 0) {
        if (errno == ENOENT)
            die ("job %s not found", arg);
        die ("%s", future_text (f));
    }
    if (state != FLUX_JOB_STATE_RUN || !ranks)
        die ("job %s is not currently running", id_str (id));
    if (flux_job_id_encode (id, "f58plain", plain, sizeof (plain)) < 0
        || !(ids = idset_decode (ranks)))
        die ("job %s: %s", arg, strerror (errno));
    run->service = xasprintf ("%u-shell-%s.rexec", (unsigned int)userid, plain);
    flux_future_destroy (f);
    return ids;
}

static struct idset *all_ranks (struct exec_run *run)
{
    struct idset *ids = idset_create (0, IDSET_FLAG_AUTOGROW);
    uint32_t size;

    if (!ids || flux_get_size (run->h, &size) < 0
        || idset_range_set (ids, 0, size - 1) < 0)
        die ("cannot tell the size of the instance: %s", strerror (errno));
    return ids;
}

/* Numbers in set count the members of all. */
static struct idset *nth_of (const struct idset *all,
                             struct idset *set,
                             const char *what,
                             const char *text)
{
    struct idset *out = idset_create (0, IDSET_FLAG_AUTOGROW);
    struct idset *bad = idset_create (0, IDSET_FLAG_AUTOGROW);
    unsigned int i, n = 0, id = idset_first (all);
    char *s;

    for (; id != IDSET_INVALID_ID; id = idset_next (all, id)) {
        if (idset_test (set, n++))
            idset_set (out, id);
    }
    for (i = idset_first (set); i != IDSET_INVALID_ID;
         i = idset_next (set, i)) {
        if (i >= n)
            idset_set (bad, i);
    }
    if (!strcmp (what, "rank") && idset_count (bad) > 0) {
        s = idset_encode (bad, IDSET_FLAG_RANGE);
        fprintf (stderr,
                 "flux-exec: One or more invalid --ranks specified: %s\n",
                 s);
        exit (1);
    }
    idset_destroy (bad);
    idset_destroy (set);
    return out;
}

static void set_ranks (struct exec_run *run, const struct opts *o)
{
    const char *job = opt_str (o, "jobid", NULL);
    const char *rank = opt_str (o, "rank", "all");
    const char *exclude = opt_str (o, "exclude", NULL);
    struct idset *all = job ? job_ranks (run, job) : all_ranks (run);
    struct idset *out;

    run->ranks = strcmp (rank, "all")
                     ? nth_of (all, decode (rank, "rank"), "rank", rank)
                     : idset_copy (all);
    if (exclude) {
        out = nth_of (all, decode (exclude, "exclude"), "exclude", exclude);
        idset_subtract (run->ranks, out);
        idset_destroy (out);
    }
    idset_destroy (all);
    if (idset_count (run->ranks) == 0)
        die ("No targets specified");
}

/* ---- the command ---- */

static void set_command (struct exec_run *run, const struct opts *o)
{
    const char *label = opt_str (o, "label", NULL);
    const char *dir = opt_str (o, "dir", NULL);
    char cwd[4096];

    if (!dir && !(dir = getcwd (cwd, sizeof (cwd))))
        die ("cannot tell the current directory: %s", strerror (errno));
    run->cmd = flux_cmd_create (o->argc, o->argv, environ);
    if (!run->cmd || flux_cmd_setcwd (run->cmd, dir) < 0
        || (label && flux_cmd_set_label (run->cmd, label) < 0)
        /* lines are made here if they are wanted */
        || flux_cmd_setopt (run->cmd, "stdout_LINE_BUFFER", "false") < 0
        || flux_cmd_setopt (run->cmd, "stderr_LINE_BUFFER", "false") < 0)
        die ("%s", strerror (errno));
    /* an instance of its own has other ideas of these */
    flux_cmd_unsetenv (run->cmd, "FLUX_PROXY_REMOTE");
}

static void check (const struct opts *o)
{
    bool bg = opt_count (o, "bg") > 0;
    bool waitable = opt_count (o, "waitable") > 0;
    bool attach = opt_count (o, "attach") > 0;

    if (o->argc == 0)
        die_usage ("%s is required",
                   attach ? "a process id or label" : "a command");
    if (attach && (bg || waitable))
        die ("--attach cannot be used with --bg or --waitable");
    if (waitable && !bg)
        die ("--waitable can only be used with --bg");
    if (attach && o->argc > 1)
        die ("--attach takes one process id or label");
    if (opt_count (o, "with-imp"))
        die ("--with-imp: there is no IMP here: commands run as the owner of "
             "the instance");
    if (opt_str (o, "label", "x")[0] == '\0')
        die ("--label: a label cannot be empty");
}

static int run (struct opts *o)
{
    struct exec_run run = { .t0 = flux_reactor_time () };
    int rc;

    check (o);
    run.name = o->argv[0];
    run.label_io = opt_count (o, "label-io") > 0;
    run.no_input = opt_count (o, "noinput") > 0;
    run.attach = opt_count (o, "attach") > 0;
    run.verbose = opt_count (o, "verbose") > 0;
    run.quiet = opt_count (o, "quiet") > 0;
    run.h = cmd_open ();
    set_ranks (&run, o);
    set_command (&run, o);
    if (opt_count (o, "bg"))
        rc = exec_background (
            &run,
            opt_count (o, "waitable") ? FLUX_SUBPROCESS_FLAGS_WAITABLE : 0);
    else
        rc = exec_all (&run);
    flux_cmd_destroy (run.cmd);
    idset_destroy (run.ranks);
    free (run.service);
    flux_close (run.h);
    return rc;
}

const struct command cmd_exec = {
    .name = "exec",
    .summary = "run a command beside brokers, on all or some ranks",
    .usage = "[OPTIONS] COMMAND [ARGS...]",
    .options = { options },
    .verbatim = true,
    .section = "instance",
    .run = run,
};
