/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fsd.h"
#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/paths.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'S', "setattr", "ATTR=VAL", "Set an attribute of the broker." },
    { 'c',
      "config-path",
      "PATH",
      "Read configuration from a file or directory." },
    { 0, "conf", "VALUE", "Add configuration: KEY=VAL, TOML or JSON." },
    { 0, "cores", "N", "Pretend that this machine has N cores." },
    { 'o', "broker-opts", "OPTIONS", "Add options of flux-broker, by commas." },
    { 'v', "verbose", "[LEVEL]", "Show the command before it is run." },
    { 'X', "noexec", NULL, "Run nothing (use with -v)." },
    { 0, "rundir", "DIR", "The directory for sockets." },
    { 'r',
      "recovery",
      "[TARGET]",
      "Look at the state in directory TARGET: no job is run." },
    { 's', "test-size", "N", "Pretend that this machine is N nodes." },
    { 0, "test-hosts", "HOSTLIST", "What the pretended nodes are called." },
    { 0, "test-rundir", "PATH", "As --rundir; it has to exist." },
    { 0, "test-rundir-cleanup", NULL, "Remove it at the end." },
    { 0, "test-exit-timeout", "FSD", "Accepted: there is one broker." },
    { 0, "test-exit-mode", "MODE", "Accepted: there is one broker." },
    { 0, "test-start-mode", "MODE", "Accepted: there is one broker." },
    { 0, "test-pmi-clique", "MODE", "Accepted: one broker needs no PMI." },
    { 0, "wrap", "ARGS", "Put these words (by commas) before the broker." },
    { 0, "sysconfig", NULL, "Use the system instance's configuration." },
    { 0 },
};

struct words {
    char **v;
    int n;
};

static void add (struct words *w, char *s)
{
    w->v = realloc (w->v, (w->n + 2) * sizeof (*w->v));
    if (!w->v)
        die ("out of memory");
    w->v[w->n++] = s;
    w->v[w->n] = NULL;
}

static void add_split (struct words *w, const char *s)
{
    char *copy = xstrdup (s);
    char *save = NULL;

    for (char *p = strtok_r (copy, ",", &save); p;
         p = strtok_r (NULL, ",", &save))
        add (w, p);
}

/* TARGET of --recovery: a directory with the state of an instance. */
static void add_recovery (struct words *w, const char *target)
{
    struct stat st;

    if (!target)
        die ("--recovery: a directory is needed: there is no system instance");
    if (stat (target, &st) < 0)
        die ("--recovery: %s: %s", target, strerror (errno));
    add (w, xstrdup ("-Sbroker.recovery-mode=1"));
    if (S_ISDIR (st.st_mode))
        add (w, xasprintf ("-Sstatedir=%s", target));
    else
        add (w, xasprintf ("-Scontent.restore=%s", target));
}

static void check_mode (const char *name, const char *val, const char *modes)
{
    const char *s = strstr (modes, val);
    size_t len = strlen (val);

    if (len == 0 || !s || (s > modes && s[-1] != ' ')
        || (s[len] && s[len] != ' '))
        die ("--%s: '%s' is none of: %s", name, val, modes);
}

/* What matters only where there are several brokers. */
static void check_test_option (const char *name, const char *val)
{
    double t;

    if (!strcmp (name, "test-exit-mode"))
        check_mode (name, val, "any leader");
    else if (!strcmp (name, "test-start-mode"))
        check_mode (name, val, "all leader");
    else if (!strcmp (name, "test-exit-timeout") && fsd_decode (val, &t) < 0)
        die ("--%s: '%s' is not a duration", name, val);
}

/* The directory of --test-rundir. */
static const char *existing_dir (const char *path)
{
    struct stat st;

    if (stat (path, &st) < 0)
        die ("--test-rundir: %s: %s", path, strerror (errno));
    if (!S_ISDIR (st.st_mode))
        die ("--test-rundir: %s: not a directory", path);
    return path;
}

/* In the order given: later settings win. */
static void add_options (struct words *w, const struct opts *o)
{
    for (size_t i = 0; i < o->nuses; i++) {
        const char *name = o->uses[i].def->name;
        const char *val = o->uses[i].value;

        if (!strcmp (name, "setattr")) {
            if (!strchr (val, '='))
                die ("--setattr: '%s' is not of the form ATTR=VAL", val);
            add (w, xasprintf ("-S%s", val));
        }
        else if (!strcmp (name, "config-path"))
            add (w, xasprintf ("-c%s", val));
        else if (!strcmp (name, "conf"))
            add (w, xasprintf ("--conf=%s", val));
        else if (!strcmp (name, "broker-opts"))
            add_split (w, val);
        else if (!strcmp (name, "cores"))
            add (w,
                 xasprintf ("-Sresource.cores=%ld",
                            opt_int (o, "cores", 1, 1, 1000000)));
        else if (!strcmp (name, "test-size"))
            add (w,
                 xasprintf ("-Sbroker.test-size=%ld",
                            opt_int (o, "test-size", 1, 1, 4096)));
        else if (!strcmp (name, "rundir"))
            add (w, xasprintf ("-Srundir=%s", val));
        else if (!strcmp (name, "test-rundir"))
            add (w, xasprintf ("-Srundir=%s", existing_dir (val)));
        else if (!strcmp (name, "test-rundir-cleanup"))
            add (w, xstrdup ("-Srundir-cleanup=1"));
        else if (!strcmp (name, "test-hosts"))
            add (w, xasprintf ("-Shostlist=%s", val));
        else if (!strcmp (name, "recovery"))
            add_recovery (w, val);
        else if (!strncmp (name, "test-", 5))
            check_test_option (name, val);
        else if (!strcmp (name, "sysconfig"))
            add (w, xstrdup ("-c/etc/flux/system/conf.d"));
    }
}

static int run (struct opts *o)
{
    struct words w = { 0 };
    char *broker = find_exec ("broker");

    if (!broker)
        die ("cannot find flux-broker in FLUX_EXEC_PATH or beside this "
             "program");
    for (int i = 0; opt_nth (o, "wrap", i); i++)
        add_split (&w, opt_nth (o, "wrap", i));
    add (&w, broker);
    add_options (&w, o);
    if (o->argc > 0 && o->argv[0][0] == '-')
        add (&w, xstrdup ("--"));
    for (int i = 0; i < o->argc; i++)
        add (&w, xstrdup (o->argv[i]));
    if (opt_count (o, "verbose")) {
        char *line = join_words (w.n, w.v);
        fprintf (stderr, "flux-start: %s\n", line);
        free (line);
    }
    if (opt_count (o, "noexec")) {
        for (int i = 0; i < w.n; i++)
            free (w.v[i]);
        free (w.v);
        return 0;
    }
    setup_environment ();
    exec_or_die (w.v[0], w.v);
}

const struct command cmd_start = {
    .name = "start",
    .summary = "start an instance, and a program in it",
    .usage = "[OPTIONS] [COMMAND...]",
    .options = { options },
    .verbatim = true,
    .section = "instance",
    .run = run,
};
