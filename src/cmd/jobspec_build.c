/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>

#include "base/err.h"
#include "base/fsd.h"
#include "cmd/envrules.h"
#include "cmd/fsd.h"
#include "cmd/jobspec_build.h"
#include "cmd/jobspec_attr.h"
#include "cmd/jobspec_res.h"
#include "cmd/util.h"

const struct option_def job_options[] = {
    { 'q', "queue", "NAME", "Submit to this queue." },
    { 'B', "bank", "NAME", "Set the bank." },
    { 't',
      "time-limit",
      "MIN|FSD",
      "Limit the time: minutes, or with a unit." },
    { 0, "job-name", "NAME", "Set the name (default: of the command)." },
    { 0, "urgency", "N", "0 to 31, hold, default or expedite." },
    { 0, "flags", "FLAGS", "Set flags: waitable, novalidate, debug." },
    { 0, "env", "RULE", "Change the environment by a rule." },
    { 0, "env-remove", "PATTERN", "Remove matching variables." },
    { 0, "env-file", "FILE", "Read rules for the environment from FILE." },
    { 0, "rlimit", "RULE", "Choose the process limits to carry over." },
    { 0, "cwd", "DIR", "Set the working directory." },
    { 0, "dependency", "URI", "Add a dependency SCHEME:VALUE[?k=v...]." },
    { 0, "requires", "CONSTRAINT", "Require properties, hosts or ranks." },
    { 0, "begin-time", "TIME", "Start no sooner: +FSD or a date and time." },
    { 0, "signal", "SIG@TIME", "Send SIG this long before the time limit." },
    { 'o', "setopt", "KEY[=VAL]", "Set a shell option (VAL may be JSON)." },
    { 'S',
      "setattr",
      "KEY[=VAL]",
      "Set an attribute (^KEY=FILE: from a file)." },
    { 0, "add-file", "[NAME[:PERM]=]ARG", "Carry a small file with the job." },
    { 0, "taskmap", "SCHEME[:VAL]", "Choose how tasks are placed." },
    { 0, "dry-run", NULL, "Print the jobspec instead of submitting it." },
    { 0, "debug", NULL, "Post debug events for the job." },
    { 'v', "verbose", NULL, "Say more on stderr." },
    { 0 },
};

const struct option_def io_options[] = {
    { 0, "input", "FILE|RANKS", "Read standard input from FILE." },
    { 0, "output", "TEMPLATE", "Write standard output to a file." },
    { 0, "error", "TEMPLATE", "Write standard error to a file." },
    { 'u', "unbuffered", NULL, "Do not buffer input and output." },
    { 'l', "label-io", NULL, "Put the task rank before each line." },
    { 0 },
};

char *replace_cc (const char *s, long cc)
{
    char *out = NULL;
    size_t size;
    FILE *f = open_memstream (&out, &size);

    if (!f)
        die ("out of memory");
    while (*s) {
        if (cc >= 0 && !strncmp (s, "{cc}", 4)) {
            fprintf (f, "%ld", cc);
            s += 4;
        }
        else
            fputc (*s++, f);
    }
    fclose (f);
    return out;
}

json_t *jobspec_env (const struct opts *o, flux_error_t *e)
{
    json_t *env = env_current ();

    for (size_t i = 0; i < o->nuses; i++) {
        const struct opt_use *u = &o->uses[i];
        const char *name = u->def->name ? u->def->name : "";
        char *rule = NULL;
        int rc = 0;

        if (!strcmp (name, "env"))
            rc = env_apply (env, u->value, e);
        else if (!strcmp (name, "env-remove")) {
            rule = xasprintf ("-%s", u->value);
            rc = env_apply (env, rule, e);
        }
        else if (!strcmp (name, "env-file"))
            rc = env_apply_file (env, u->value, e);
        free (rule);
        if (rc < 0) {
            json_decref (env);
            return NULL;
        }
    }
    return env;
}

static const struct {
    const char *name;
    int flag;
} flag_names[] = {
    { "debug", FLUX_JOB_DEBUG },
    { "waitable", FLUX_JOB_WAITABLE },
    { "novalidate", FLUX_JOB_NOVALIDATE },
};

int jobspec_flags (const struct opts *o, flux_error_t *e)
{
    int flags = opt_count (o, "debug") ? FLUX_JOB_DEBUG : 0;
    const char *val;

    for (int i = 0; (val = opt_nth (o, "flags", i)); i++) {
        char *copy = xstrdup (val);
        char *save = NULL;
        for (char *w = strtok_r (copy, ",", &save); w;
             w = strtok_r (NULL, ",", &save)) {
            int found = 0;
            for (size_t k = 0; k < sizeof (flag_names) / sizeof (flag_names[0]);
                 k++) {
                if (!strcmp (flag_names[k].name, w))
                    found = flag_names[k].flag;
            }
            if (!found) {
                err_set (e, EINVAL, "--flags: unknown flag '%s'", w);
                free (copy);
                return -1;
            }
            flags |= found;
        }
        free (copy);
    }
    return flags;
}

/* A number without a unit means minutes here. */
static int parse_limit (const char *s, double *seconds, flux_error_t *e)
{
    char *end;
    double v;

    v = strtod (s, &end);
    if (end != s && !*end && v >= 0 && isfinite (v)
        && strspn (s, "0123456789.") == strlen (s)) {
        *seconds = v * 60.;
        return 0;
    }
    if (fsd_decode (s, seconds) < 0)
        return err_set (e,
                        EINVAL,
                        "--time-limit: '%s' is neither minutes nor a "
                        "duration",
                        s);
    if (isinf (*seconds))
        *seconds = 0.;
    return 0;
}

static char *current_dir (void)
{
    const char *pwd = getenv ("PWD");
    char buf[PATH_MAX];
    char *real;

    if (!getcwd (buf, sizeof (buf)))
        die ("cannot read the working directory: %s", strerror (errno));
    /* keep the name people used, when it is the same place */
    if (pwd && *pwd == '/' && (real = realpath (pwd, NULL))) {
        bool same = !strcmp (real, buf);
        free (real);
        if (same)
            return xstrdup (pwd);
    }
    return xstrdup (buf);
}

static json_t *build_tasks (json_t *count, int argc, char **argv, long cc)
{
    json_t *command = json_array ();

    for (int i = 0; i < argc; i++) {
        char *word = replace_cc (argv[i], cc);
        json_t *s = json_string (word);
        if (!s)
            die ("argument '%s' is not UTF-8 text", word);
        json_array_append_new (command, s);
        free (word);
    }
    return json_pack ("[{s:o s:s s:o}]",
                      "command",
                      command,
                      "slot",
                      "task",
                      "count",
                      count);
}

static int set_system (const struct opts *o,
                       json_t *sys,
                       json_t *env,
                       long cc,
                       flux_error_t *e)
{
    const char *limit = opt_str (o, "time-limit", NULL);
    const char *dir = opt_str (o, "cwd", NULL);
    static const struct {
        const char *option;
        const char *path;
    } texts[] = {
        { "queue", "queue" },
        { "bank", "bank" },
        { "job-name", "job.name" },
    };
    double duration = 0.;

    if (limit && parse_limit (limit, &duration, e) < 0)
        return -1;
    json_object_set_new (sys,
                         "duration",
                         duration == floor (duration) ? json_integer (duration)
                                                      : json_real (duration));
    json_object_set (sys, "environment", env);
    if (dir)
        json_object_set_new (sys, "cwd", json_string (dir));
    else {
        char *cwd = current_dir ();
        json_object_set_new (sys, "cwd", json_string (cwd));
        free (cwd);
    }
    for (size_t i = 0; i < sizeof (texts) / sizeof (texts[0]); i++) {
        const char *val = opt_str (o, texts[i].option, NULL);
        if (val) {
            char *s = replace_cc (val, cc);
            json_t *str = json_string (s);
            free (s);
            if (json_set_path (sys, texts[i].path, str) < 0)
                return err_set (e,
                                EINVAL,
                                "--%s: '%s' is not UTF-8 text",
                                texts[i].option,
                                val);
        }
    }
    return 0;
}

json_t *jobspec_build (const struct opts *o,
                       int argc,
                       char **argv,
                       json_t *env,
                       long cc,
                       flux_error_t *e)
{
    json_t *resources;
    json_t *count;
    json_t *sys = json_object ();
    json_t *shell = json_object ();
    json_t *jobspec;

    if (argc == 0) {
        json_decref (sys);
        json_decref (shell);
        return err_null (e, EINVAL, "a command is required");
    }
    if (build_resources (o, &resources, &count, shell, e) < 0) {
        json_decref (sys);
        json_decref (shell);
        return NULL;
    }
    jobspec = json_pack ("{s:o s:o s:{s:o} s:i}",
                         "resources",
                         resources,
                         "tasks",
                         build_tasks (count, argc, argv, cc),
                         "attributes",
                         "system",
                         sys,
                         "version",
                         1);
    if (set_system (o, sys, env, cc, e) < 0 || set_io (o, shell, cc, e) < 0
        || set_rlimits (o, shell, e) < 0 || set_constraints (o, sys, e) < 0
        || set_dependencies (o, sys, cc, e) < 0 || set_signal (o, shell, e) < 0
        || set_shell_options (o, shell, cc, e) < 0
        || json_set_path (sys, "shell.options", json_incref (shell)) < 0
        || set_files (o, sys, e) < 0
        || set_attributes (o, json_object_get (jobspec, "attributes"), cc, e)
               < 0) {
        json_decref (shell);
        json_decref (jobspec);
        return NULL;
    }
    json_decref (shell);
    return jobspec;
}
