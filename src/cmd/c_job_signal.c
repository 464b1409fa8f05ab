/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job kill, killall, raise, raiseall, cancel, cancelall, urgency */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def kill_options[] = {
    { 's', "signal", "SIG", "Send this signal (default SIGTERM)." },
    { 0 },
};

static const struct option_def all_options[] = {
    { 'u', "user", "USER", "Whose jobs: a user, or all." },
    { 'f', "force", NULL, "Really do it." },
    { 0 },
};

static const struct option_def raise_options[] = {
    { 's', "severity", "N", "Set the severity: 0 (fatal) to 7." },
    { 't', "type", "TYPE", "Set the type (default cancel)." },
    { 'm', "message", "NOTE", "Give a reason." },
    { 0 },
};

static const struct option_def note_options[] = {
    { 'm', "message", "NOTE", "Give a reason." },
    { 0 },
};

static const struct option_def severity_options[] = {
    { 's', "severity", "N", "Set the severity: 0 (fatal) to 7 (default)." },
    { 0 },
};

static const struct option_def states_options[] = {
    { 'S', "states", "STATES", "In which states (default active)." },
    { 0 },
};

static const struct option_def verbose_options[] = {
    { 'v', "verbose", NULL, "Print the old urgency." },
    { 0 },
};

static int signal_option (const struct opts *o)
{
    const char *s = opt_str (o, "signal", "SIGTERM");
    int signum = parse_signal (s);

    if (signum < 0)
        die ("--signal: '%s' is not a signal", s);
    return signum;
}

static uint32_t user_option (const struct opts *o)
{
    const char *user = opt_str (o, "user", NULL);

    return user ? parse_user (user) : getuid ();
}

/* Wait for all; each failure is told with the word it was asked by. */
static int finish (flux_future_t **f, char **words, int n)
{
    int status = 0;

    for (int i = 0; i < n; i++) {
        if (!f[i] || flux_rpc_get (f[i], NULL) < 0) {
            warn_msg ("%s: %s",
                      words[i],
                      f[i] ? future_text (f[i]) : strerror (errno));
            status = 1;
        }
        flux_future_destroy (f[i]);
    }
    free (f);
    return status;
}

static int run_kill (struct opts *o)
{
    flux_future_t **f = xcalloc (o->argc + 1, sizeof (*f));
    int signum = signal_option (o);
    flux_t *h;
    int status;

    if (o->argc < 1)
        die ("a job id is required");
    for (int i = 0; i < o->argc; i++)
        parse_id (o->argv[i]);
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++)
        f[i] = flux_job_kill (h, parse_id (o->argv[i]), signum);
    status = finish (f, o->argv, o->argc);
    flux_close (h);
    return status;
}

static int report_all (flux_t *h,
                       const char *topic,
                       json_t *request,
                       bool dry,
                       const char *verb)
{
    json_t *r = call_json (h, topic, FLUX_NODEID_ANY, request);
    int count = 0;
    int errors = 0;

    json_unpack (r, "{s?i s?i}", "count", &count, "errors", &errors);
    json_decref (r);
    flux_close (h);
    if (count > 0 && dry)
        info_msg ("Command matched %d jobs (-f to confirm)", count);
    else if (count > 0)
        fprintf (stderr,
                 "%s: %s %d jobs (%d errors)\n",
                 get_prefix (),
                 verb,
                 count,
                 errors);
    else
        fprintf (stderr, "%s: Command matched 0 jobs\n", get_prefix ());
    return errors > 0;
}

static int run_killall (struct opts *o)
{
    bool dry = !opt_count (o, "force");
    json_t *request = json_pack ("{s:b s:I s:i}",
                                 "dry_run",
                                 dry,
                                 "userid",
                                 (json_int_t)user_option (o),
                                 "signum",
                                 signal_option (o));

    if (o->argc > 0)
        die ("unexpected argument '%s'", o->argv[0]);
    return report_all (cmd_open (),
                       "job-manager.killall",
                       request,
                       dry,
                       "Killed");
}

static int raise_all (const struct opts *o, const char *type, int severity)
{
    bool is_cancel = !strcmp (type, "cancel");
    bool dry = !opt_count (o, "force");
    char *note = NULL;
    int first = is_cancel && !strcmp (o->cmd->name, "cancelall") ? 0 : 1;
    json_t *request = json_pack ("{s:b s:I s:i s:i s:s}",
                                 "dry_run",
                                 dry,
                                 "userid",
                                 (json_int_t)user_option (o),
                                 "states",
                                 parse_states (opt_str (o, "states", "active")),
                                 "severity",
                                 severity,
                                 "type",
                                 type);

    if (o->argc > first) {
        note = join_words (o->argc - first, o->argv + first);
        json_object_set_new (request, "note", json_string (note));
        free (note);
    }
    return report_all (cmd_open (),
                       "job-manager.raiseall",
                       request,
                       dry,
                       is_cancel ? "Canceled" : "Raised exception on");
}

static int run_raiseall (struct opts *o)
{
    if (o->argc < 1)
        die ("an exception type is required");
    return raise_all (o, o->argv[0], opt_int (o, "severity", 7, 0, 7));
}

static int run_cancelall (struct opts *o)
{
    return raise_all (o, "cancel", 0);
}

/* How many leading words are job ids: "--" ends them, and so does the first
 * word that is none.
 */
static int count_ids (const struct opts *o)
{
    flux_jobid_t id;
    int n = 0;

    while (n < o->argc && o->argv[n][0]
           && flux_job_id_parse (o->argv[n], &id) == 0)
        n++;
    return n;
}

static int raise_ids (const struct opts *o, const char *type, int severity)
{
    const char *message = opt_str (o, "message", NULL);
    flux_future_t **f;
    char *note = NULL;
    flux_t *h;
    int n = count_ids (o);
    int status;

    if (n == 0 && o->argc > 0)
        die ("'%s' is not a valid job id", o->argv[0]);
    if (n == 0)
        die ("a job id is required");
    if (message && n < o->argc)
        die ("the message is given twice: by --message and after the job "
             "ids");
    if (n < o->argc)
        note = join_words (o->argc - n, o->argv + n);
    else if (message)
        note = xstrdup (message);
    h = cmd_open ();
    f = xcalloc (n, sizeof (*f));
    for (int i = 0; i < n; i++)
        f[i] = flux_job_raise (h, parse_id (o->argv[i]), type, severity, note);
    status = finish (f, o->argv, n);
    free (note);
    flux_close (h);
    return status;
}

static int run_raise (struct opts *o)
{
    return raise_ids (o,
                      opt_str (o, "type", "cancel"),
                      opt_int (o, "severity", 0, 0, 7));
}

static int run_cancel (struct opts *o)
{
    return raise_ids (o, "cancel", 0);
}

static int run_urgency (struct opts *o)
{
    json_t *r;
    flux_jobid_t id;
    flux_t *h;
    int urgency;
    int old = -1;

    if (o->argc != 2)
        die ("a job id and an urgency are required");
    id = parse_id (o->argv[0]);
    urgency = parse_urgency (o->argv[1]);
    h = cmd_open ();
    r = call_json (
        h,
        "job-manager.urgency",
        FLUX_NODEID_ANY,
        json_pack ("{s:I s:i}", "id", (json_int_t)id, "urgency", urgency));
    json_unpack (r, "{s?i}", "old_urgency", &old);
    if (opt_count (o, "verbose")) {
        if (old == FLUX_JOB_URGENCY_HOLD)
            fprintf (stderr, "old urgency: job held\n");
        else if (old == FLUX_JOB_URGENCY_EXPEDITE)
            fprintf (stderr, "old urgency: job expedited\n");
        else
            fprintf (stderr, "old urgency: %d\n", old);
    }
    json_decref (r);
    flux_close (h);
    return 0;
}

const struct command cmd_job_kill = {
    .name = "kill",
    .summary = "send a signal to running jobs",
    .usage = "[--signal=SIG] JOBID...",
    .options = { kill_options },
    .run = run_kill,
};

const struct command cmd_job_killall = {
    .name = "killall",
    .summary = "send a signal to all running jobs",
    .usage = "[--force] [--user=USER] [--signal=SIG]",
    .options = { kill_options, all_options },
    .run = run_killall,
};

const struct command cmd_job_raise = {
    .name = "raise",
    .summary = "raise an exception on jobs",
    .usage = "[OPTIONS] JOBID... [--] [MESSAGE...]",
    .options = { raise_options },
    .run = run_raise,
};

const struct command cmd_job_raiseall = {
    .name = "raiseall",
    .summary = "raise an exception on all jobs",
    .usage = "[OPTIONS] TYPE [--] [MESSAGE...]",
    .options = { severity_options, all_options, states_options },
    .run = run_raiseall,
};

const struct command cmd_job_cancel = {
    .name = "cancel",
    .summary = "cancel jobs",
    .usage = "[OPTIONS] JOBID... [--] [MESSAGE...]",
    .options = { note_options },
    .run = run_cancel,
};

const struct command cmd_job_cancelall = {
    .name = "cancelall",
    .summary = "cancel all jobs",
    .usage = "[OPTIONS] [MESSAGE...]",
    .options = { all_options, states_options },
    .run = run_cancelall,
};

const struct command cmd_job_urgency = {
    .name = "urgency",
    .summary = "change the urgency of a job",
    .usage = "[-v] JOBID N|hold|default|expedite",
    .options = { verbose_options },
    .run = run_urgency,
};
