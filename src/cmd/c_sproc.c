/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <flux/subprocess.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/rowformat.h"
#include "cmd/util.h"
#include "wire/rexec_msgs.h"

#define SERVER_OPTIONS                                                     \
    { 'r', "rank", "RANK", "Ask the server of this rank (default any)." }, \
    {                                                                      \
        's', "service", "NAME", "Ask this service (default rexec)."        \
    }

static const char default_format[] = "{pid:>9} {state:<2} {label:<12} {cmd}";

/* A process that somebody names. */
struct sproc {
    flux_t *h;
    const char *service;
    int rank;
    pid_t pid;         /* -1: by label */
    const char *label; /* NULL: by pid */
};

static void sproc_open (struct sproc *sp, const struct opts *o, const char *who)
{
    char *end;
    long pid;

    *sp = (struct sproc){
        .service = opt_str (o, "service", "rexec"),
        .rank = opt_int (o, "rank", -1, 0, 1L << 30),
        .pid = -1,
    };
    if (who) {
        pid = strtol (who, &end, 10);
        if (*who && !*end && pid > 0)
            sp->pid = pid;
        else
            sp->label = who;
    }
    sp->h = cmd_open ();
}

static flux_future_t *ask (const struct sproc *sp,
                           const char *method,
                           json_t *payload)
{
    char *topic = xasprintf ("%s.%s", sp->service, method);
    char *s = payload ? json_dumps (payload, JSON_COMPACT) : NULL;
    flux_future_t *f = flux_rpc (sp->h, topic, s, sp->rank, 0);

    if (!f)
        die ("%s: %s", topic, strerror (errno));
    json_decref (payload);
    free (topic);
    free (s);
    return f;
}

/* ---- ps ---- */

static const struct row_field fields[] = {
    { "pid", "PID" },   { "state", "ST" },    { "label", "LABEL" },
    { "rank", "RANK" }, { "cmd", "COMMAND" }, { 0 },
};

static const char *head (const char *name)
{
    return row_head (fields, name);
}

static void get (const char *name, void *row, struct value *v)
{
    const char *label;

    row_get (name, row, v);
    if (strcmp (name, "label"))
        return;
    label = json_string_value (json_object_get (row, "label"));
    if (!label || !*label)
        value_str (v, "-");
}

static const struct format_ops ops = { .get = get, .head = head };

static int run_ps (struct opts *o)
{
    struct sproc sp;
    flux_future_t *f;
    json_t *list, *procs, *row;
    size_t i;

    sproc_open (&sp, o, NULL);
    f = ask (&sp, "list", NULL);
    list = get_json_or_die (f, "list");
    procs = json_object_get (list, "procs");
    json_array_foreach (procs, i, row)
    {
        json_object_set (row, "rank", json_object_get (list, "rank"));
    }
    rows_print (o, opt_str (o, "format", default_format), &ops, procs);
    json_decref (list);
    flux_future_destroy (f);
    flux_close (sp.h);
    return 0;
}

/* ---- wait, kill ---- */

static int exit_code (int status)
{
    return WIFSIGNALED (status) ? 128 + WTERMSIG (status)
                                : WEXITSTATUS (status);
}

static void print_output (json_t *output)
{
    struct rexec_io io;
    json_t *o;
    size_t i;

    json_array_foreach (output, i, o)
    {
        if (rexec_io_decode (o, &io, NULL) < 0)
            continue;
        fwrite (io.data,
                1,
                io.len,
                strcmp (io.stream, "stderr") ? stdout : stderr);
        rexec_io_clear (&io);
    }
}

static flux_future_t *ask_wait (const struct sproc *sp)
{
    flux_future_t *f =
        flux_rexec_wait (sp->h, sp->service, sp->rank, sp->pid, sp->label);

    if (!f)
        die ("wait: %s", strerror (errno));
    return f;
}

static int run_wait (struct opts *o)
{
    struct sproc sp;
    flux_future_t *f;
    json_t *answer;
    int status;

    if (o->argc != 1)
        die_usage ("a process id or label is required");
    sproc_open (&sp, o, o->argv[0]);
    f = ask_wait (&sp);
    answer = get_json_or_die (f, "wait");
    status = json_integer_value (json_object_get (answer, "status"));
    if (opt_count (o, "output"))
        print_output (json_object_get (answer, "output"));
    json_decref (answer);
    flux_future_destroy (f);
    flux_close (sp.h);
    return exit_code (status);
}

static json_t *kill_request (const struct sproc *sp, int signum)
{
    json_t *o = json_pack ("{s:i s:i}", "pid", (int)sp->pid, "signum", signum);

    if (sp->label)
        json_object_set_new (o, "label", json_string (sp->label));
    return o;
}

/* The wait is asked for first: a process that is gone when the signal comes
 * has a status all the same.
 */
static int run_kill (struct opts *o)
{
    bool wait = opt_count (o, "wait") > 0;
    flux_future_t *fwait = NULL;
    flux_future_t *f;
    struct sproc sp;
    int signum, status;
    int rc = 0;

    if (o->argc != 2)
        die_usage ("a signal and a process id or label are required");
    if ((signum = parse_signal (o->argv[0])) < 0)
        die ("'%s' is not a signal", o->argv[0]);
    sproc_open (&sp, o, o->argv[1]);
    if (wait)
        fwait = ask_wait (&sp);
    f = ask (&sp, "kill", kill_request (&sp, signum));
    if (flux_future_get (f, NULL) < 0) {
        warn_msg ("kill: %s", future_text (f));
        rc = 1;
    }
    flux_future_destroy (f);
    if (fwait && flux_rpc_get_unpack (fwait, "{s:i}", "status", &status) < 0) {
        warn_msg ("kill: wait failed: %s", future_text (fwait));
        rc = 1;
    }
    else if (fwait)
        rc = exit_code (status);
    flux_future_destroy (fwait);
    flux_close (sp.h);
    return rc;
}

/* ---- the commands ---- */

static const struct option_def ps_options[] = {
    SERVER_OPTIONS,
    { 'o', "format", "FORMAT", "Print these fields: pid, state, label, ..." },
    { 'n', "no-header", NULL, "Print no line of headings." },
    { 0 },
};

static const struct option_def kill_options[] = {
    SERVER_OPTIONS,
    { 'w', "wait", NULL, "Wait for the process; exit as it does." },
    { 0 },
};

static const struct option_def wait_options[] = {
    SERVER_OPTIONS,
    { 'o', "output", NULL, "Print the last of what the process has said." },
    { 0 },
};

static const struct command ps = {
    .name = "ps",
    .summary = "list the processes of a subprocess server",
    .usage = "[OPTIONS]",
    .options = { ps_options },
    .run = run_ps,
};

static const struct command kill_cmd = {
    .name = "kill",
    .summary = "send a signal to a process",
    .usage = "[OPTIONS] SIGNUM PID|LABEL",
    .options = { kill_options },
    .run = run_kill,
};

static const struct command wait_cmd = {
    .name = "wait",
    .summary = "wait for a process, and exit as it did",
    .usage = "[OPTIONS] PID|LABEL",
    .options = { wait_options },
    .run = run_wait,
};

static const struct command *const subs[] = { &ps, &kill_cmd, &wait_cmd, NULL };

const struct command cmd_sproc = {
    .name = "sproc",
    .summary = "list, signal and wait for processes of flux exec",
    .usage = "COMMAND [OPTIONS]",
    .subs = subs,
    .section = "instance",
};
