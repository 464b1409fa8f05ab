/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Those of flux cron that make entries. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "base/fsd.h"
#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

extern char **environ;

static const struct option_def common_options[] = {
    { 'o',
      "options",
      "OPT,...",
      "timeout, rank, task-history-count, "
      "stop-on-failure." },
    { 'E', "preserve-env", NULL, "Run it in this environment." },
    { 'd', "working-dir", "DIR", "Run it in this directory." },
    { 0 },
};

static const struct option_def name_options[] = {
    { 'N', "name", "STRING", "Call the entry so." },
    { 'c', "count", "N", "Stop after so many runs." },
    { 0 },
};

static const struct option_def interval_options[] = {
    { 'a', "after", "FSD", "Run first after this long." },
    { 0 },
};

static const struct option_def event_options[] = {
    { 'n', "nth", "N", "Run after each Nth event." },
    { 'a', "after", "N", "Run first after so many events." },
    { 'i', "min-interval", "FSD", "Run no more often than that." },
    { 0 },
};

static double parse_fsd (const char *s)
{
    double t;

    if (fsd_decode (s, &t) < 0)
        die ("Invalid duration '%s'", s);
    return t;
}

/* "timeout=3,rank=1": each a number, timeout perhaps a real one. */
static void add_extra (json_t *req, const char *text)
{
    static const char *const known[] = { "timeout",
                                         "rank",
                                         "task-history-count",
                                         "stop-on-failure",
                                         NULL };
    char *copy = xstrdup (text);
    char *save = NULL;

    for (char *w = strtok_r (copy, ",", &save); w;
         w = strtok_r (NULL, ",", &save)) {
        char *value = strchr (w, '=');
        char *end;
        double n;
        int i = 0;

        if (!value)
            die ("--options: %s: not KEY=VALUE", w);
        *value++ = '\0';
        while (known[i] && strcmp (known[i], w) != 0)
            i++;
        if (!known[i])
            die ("--options: %s: no such option", w);
        n = strtod (value, &end);
        if (!*value || *end || !(n >= 0.) || n > 1e9 || (i > 0 && n != (long)n))
            die ("--options: %s=%s: not a number it can be", w, value);
        json_object_set_new (req,
                             w,
                             i > 0 ? json_integer ((long)n) : json_real (n));
    }
    free (copy);
}

static json_t *environment (void)
{
    json_t *o = json_object ();

    for (char **e = environ; *e; e++) {
        char *eq = strchr (*e, '=');
        char *name = eq ? strndup (*e, eq - *e) : NULL;

        if (name)
            json_object_set_new (o, name, json_string (eq + 1));
        free (name);
    }
    return o;
}

static char *first_word (const char *command)
{
    size_t n = strcspn (command, " \t");

    return xasprintf ("%.*s", (int)n, command);
}

/* Create it and tell; args is consumed. */
static void create (const struct opts *o,
                    flux_t *h,
                    const char *type,
                    const char *command,
                    int repeat,
                    json_t *args)
{
    char *word = first_word (command);
    json_t *req = json_pack ("{s:s s:s s:s s:i s:o}",
                             "type",
                             type,
                             "name",
                             opt_str (o, "name", word),
                             "command",
                             command,
                             "repeat",
                             repeat,
                             "args",
                             args);
    const char *extra;
    json_t *e, *next;

    for (int i = 0; (extra = opt_nth (o, "options", i)); i++)
        add_extra (req, extra);
    if (opt_count (o, "preserve-env"))
        json_object_set_new (req, "environ", environment ());
    if (opt_count (o, "working-dir"))
        json_object_set_new (req,
                             "cwd",
                             json_string (opt_str (o, "working-dir", "")));
    e = call_json (h, "cron.create", 0, req);
    printf ("%s: cron-%jd created",
            o->cmd->name,
            (intmax_t)json_integer_value (json_object_get (e, "id")));
    next = json_get_path (e, "typedata.next_wakeup");
    if (next && !strcmp (type, "datetime")) {
        time_t t = (time_t)json_number_value (next);

        printf (": scheduled in %.3fs at %s",
                (double)t - flux_reactor_time (),
                ctime (&t));
    }
    else
        printf ("\n");
    json_decref (e);
    free (word);
}

/* The entry that a command line of WHEN COMMAND... asks for. */
static int create_one (const struct opts *o,
                       const char *type,
                       int repeat,
                       json_t *args)
{
    char *command = join_words (o->argc - 1, o->argv + 1);
    flux_t *h = cmd_open ();

    create (o, h, type, command, repeat, args);
    free (command);
    flux_close (h);
    return 0;
}

static int run_interval (struct opts *o)
{
    double after = opt_fsd (o, "after", -1.);
    json_t *args;

    if (o->argc < 2)
        die_usage ("INTERVAL and COMMAND required");
    args = json_pack ("{s:f}", "interval", parse_fsd (o->argv[0]));
    if (after >= 0.)
        json_object_set_new (args, "after", json_real (after));
    return create_one (o,
                       "interval",
                       opt_int (o, "count", 0, 0, INT32_MAX),
                       args);
}

static int run_event (struct opts *o)
{
    json_t *args;

    if (o->argc < 2)
        die_usage ("TOPIC and COMMAND required");
    args = json_pack ("{s:s s:i s:i s:f}",
                      "topic",
                      o->argv[0],
                      "nth",
                      (int)opt_int (o, "nth", 0, 0, INT32_MAX),
                      "after",
                      (int)opt_int (o, "after", 0, 0, INT32_MAX),
                      "min_interval",
                      opt_fsd (o, "min-interval", 0.));
    return create_one (o, "event", opt_int (o, "count", 0, 0, INT32_MAX), args);
}

/* What date(1) makes of it; dies. */
static time_t parse_date (const char *text)
{
    char buf[64] = "";
    int fds[2];
    int status;
    pid_t pid;
    ssize_t n;

    if (pipe (fds) < 0 || (pid = fork ()) < 0)
        die ("date: %s", strerror (errno));
    if (pid == 0) {
        dup2 (fds[1], STDOUT_FILENO);
        close (fds[0]);
        execlp ("date", "date", "-d", text, "+%s", (char *)NULL);
        _exit (127);
    }
    close (fds[1]);
    n = read (fds[0], buf, sizeof (buf) - 1);
    close (fds[0]);
    if (waitpid (pid, &status, 0) != pid || status != 0 || n < 1)
        die ("%s: not a date and time", text);
    return (time_t)strtoll (buf, NULL, 10);
}

static int run_at (struct opts *o)
{
    struct tm tm;
    time_t t;

    if (o->argc < 2)
        die_usage ("TIME and COMMAND required");
    t = parse_date (o->argv[0]);
    if ((double)t <= flux_reactor_time ())
        die ("%s: that is past", o->argv[0]);
    if (!localtime_r (&t, &tm))
        die ("%s: %s", o->argv[0], strerror (errno));
    return create_one (o,
                       "datetime",
                       1,
                       json_pack ("{s:i s:i s:i s:i s:i s:i}",
                                  "second",
                                  tm.tm_sec,
                                  "minute",
                                  tm.tm_min,
                                  "hour",
                                  tm.tm_hour,
                                  "mday",
                                  tm.tm_mday,
                                  "month",
                                  tm.tm_mon,
                                  "year",
                                  tm.tm_year));
}

/* "minute hour mday month weekday command" */
static json_t *parse_line (char *line, char **command)
{
    static const char *const keys[] = { "minute",
                                        "hour",
                                        "mday",
                                        "month",
                                        "weekday" };
    json_t *args = json_pack ("{s:i}", "second", 0);
    char *s = line;

    for (size_t i = 0; i < sizeof (keys) / sizeof (keys[0]); i++) {
        char *end;

        s += strspn (s, " \t");
        end = s + strcspn (s, " \t");
        if (end == s || !*end) {
            json_decref (args);
            return NULL;
        }
        *end = '\0';
        json_object_set_new (args, keys[i], json_string (s));
        s = end + 1;
    }
    s += strspn (s, " \t");
    if (!*s) {
        json_decref (args);
        return NULL;
    }
    *command = s;
    return args;
}

static int run_tab (struct opts *o)
{
    const char *path = o->argc > 0 ? o->argv[0] : "-";
    FILE *in = strcmp (path, "-") ? fopen (path, "r") : stdin;
    flux_t *h = cmd_open ();
    char *line = NULL;
    size_t size = 0;
    int number = 0;

    if (o->argc > 1)
        die_usage ("only one file can be given");
    if (!in)
        die ("%s: %s", path, strerror (errno));
    while (getline (&line, &size, in) >= 0) {
        char *s = line + strspn (line, " \t");
        char *command;
        json_t *args;

        number++;
        s[strcspn (s, "\n")] = '\0';
        if (*s == '\0' || *s == '#')
            continue;
        if (!(args = parse_line (s, &command)))
            die ("%s:%d: not five fields and a command", path, number);
        create (o, h, "datetime", command, 0, args);
    }
    free (line);
    if (in != stdin)
        fclose (in);
    flux_close (h);
    return 0;
}

const struct command cmd_cron_interval = {
    .name = "interval",
    .summary = "run a command again and again",
    .usage = "[OPTIONS] INTERVAL COMMAND...",
    .options = { interval_options, name_options, common_options },
    .verbatim = true,
    .run = run_interval,
};

const struct command cmd_cron_event = {
    .name = "event",
    .summary = "run a command after events",
    .usage = "[OPTIONS] TOPIC COMMAND...",
    .options = { event_options, name_options, common_options },
    .verbatim = true,
    .run = run_event,
};

const struct command cmd_cron_at = {
    .name = "at",
    .summary = "run a command at a date and time",
    .usage = "[OPTIONS] TIME COMMAND...",
    .options = { common_options },
    .verbatim = true,
    .run = run_at,
};

const struct command cmd_cron_tab = {
    .name = "tab",
    .summary = "run commands as a crontab says",
    .usage = "[OPTIONS] [FILE]",
    .options = { common_options },
    .run = run_tab,
};
