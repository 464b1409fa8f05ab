/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <flux/idset.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fsd.h"
#include "wire/base64.h"
#include "wire/jobspec_tree.h"
#include "wire/shell_options.h"

static const struct {
    const char *name;
    int resource;
} rlimits[] = {
    { "as", RLIMIT_AS },
    { "core", RLIMIT_CORE },
    { "cpu", RLIMIT_CPU },
    { "data", RLIMIT_DATA },
    { "fsize", RLIMIT_FSIZE },
    { "memlock", RLIMIT_MEMLOCK },
    { "msgqueue", RLIMIT_MSGQUEUE },
    { "nice", RLIMIT_NICE },
    { "nofile", RLIMIT_NOFILE },
    { "ofile", RLIMIT_NOFILE },
    { "nproc", RLIMIT_NPROC },
    { "rss", RLIMIT_RSS },
    { "rtprio", RLIMIT_RTPRIO },
    { "rttime", RLIMIT_RTTIME },
    { "sigpending", RLIMIT_SIGPENDING },
    { "stack", RLIMIT_STACK },
};

/* A number of seconds, or RFC 23 text; -1 for anything else. */
static double seconds (const json_t *value)
{
    double d;

    if (json_is_number (value))
        return json_number_value (value);
    if (!json_is_string (value)
        || fsd_decode (json_string_value (value), &d) < 0 || isinf (d))
        return -1.;
    return d;
}

static bool is_on (const json_t *value)
{
    return json_is_true (value) || json_integer_value (value) != 0;
}

static int refuse (struct shell_options *o, const char *option, const char *why)
{
    if (o->refused)
        return 0;
    if (asprintf (&o->refused, "shell option %s: %s", option, why) < 0) {
        o->refused = NULL;
        return -1;
    }
    return 0;
}

/* Words that come first, each with a comma unless nothing follows. */
static const char *skip_word (const char *s, const char *word, bool *found)
{
    size_t n = strlen (word);

    if (strncmp (s, word, n) || (s[n] && s[n] != ','))
        return s;
    *found = true;
    return s + n + (s[n] == ',');
}

static void read_cpu_words (struct shell_options *o, const char **s)
{
    const char *before;

    do {
        before = *s;
        *s = skip_word (*s, "verbose", &o->cpu_verbose);
        *s = skip_word (*s, "dry-run", &o->cpu_dry_run);
    } while (*s != before);
    o->cpu_verbose |= o->cpu_dry_run;
}

static int read_affinity (const char *s, enum affinity *how, char **map)
{
    *how = AFFINITY_ON;
    if (!s)
        return 0;
    if (!strcmp (s, "off"))
        *how = AFFINITY_OFF;
    else if (!strcmp (s, "per-task"))
        *how = AFFINITY_PER_TASK;
    else if (!strncmp (s, "map:", 4)) {
        *how = AFFINITY_MAP;
        if (!(*map = strdup (s + 4)))
            return -1;
    }
    return 0;
}

static int read_rlimits (struct shell_options *o, json_t *limits)
{
    const char *name;
    json_t *limit;

    for (size_t i = 0; i < sizeof (rlimits) / sizeof (rlimits[0]); i++) {
        json_t *value = json_object_get (limits, rlimits[i].name);
        json_int_t n = json_integer_value (value);

        if (!json_is_integer (value) || o->nrlimits == SHELL_MAX_RLIMITS)
            continue;
        o->rlimits[o->nrlimits++] = (struct shell_rlimit){
            .resource = rlimits[i].resource,
            .soft = n < 0 ? RLIM_INFINITY : (uint64_t)n,
        };
    }
    json_object_foreach (limits, name, limit)
    {
        size_t i;

        for (i = 0; i < sizeof (rlimits) / sizeof (rlimits[0]); i++) {
            if (!strcmp (rlimits[i].name, name))
                break;
        }
        if (i == sizeof (rlimits) / sizeof (rlimits[0]))
            return refuse (o, "rlimit", "there is no limit of that name");
    }
    return 0;
}

static int read_exit (struct shell_options *o, json_t *options)
{
    json_t *value = json_object_get (options, "exit-timeout");
    const char *s = json_string_value (value);

    o->exit_timeout = 30.;
    if (s && !strcmp (s, "none"))
        o->exit_timeout = -1.;
    else if (value && seconds (value) >= 0.)
        o->exit_timeout = seconds (value);
    else if (value)
        return refuse (o, "exit-timeout", "neither a duration nor none");
    o->exit_on_error = is_on (json_object_get (options, "exit-on-error"));
    return 0;
}

static void read_per_resource (struct shell_options *o, json_t *value)
{
    const char *type = json_string_value (json_object_get (value, "type"));
    json_t *count = json_object_get (value, "count");
    json_int_t n = json_is_integer (count) ? json_integer_value (count) : 1;

    if (!type || n < 1 || n > 1000000)
        return;
    if (!strcmp (type, "node") || !strcmp (type, "core")) {
        o->per_resource = *type;
        o->per_resource_count = n;
    }
}

static int read_signal (struct shell_options *o, json_t *value)
{
    json_t *signum = json_object_get (value, "signum");
    json_t *left = json_object_get (value, "timeleft");

    if (!value || json_is_false (value))
        return 0;
    if (json_is_string (value))
        return refuse (o, "signal", "needs signum and timeleft");
    o->signal_signum = signum ? json_integer_value (signum) : SIGUSR1;
    o->signal_timeleft = left ? seconds (left) : 60.;
    if (o->signal_signum < 1 || o->signal_signum > 64
        || o->signal_timeleft <= 0.)
        o->signal_signum = 0;
    return 0;
}

/* A file is text, an object that says how it is encoded, or JSON as it is. */
static int read_file (struct shell_file *f, const char *name, json_t *value)
{
    json_t *data = json_object_get (value, "data");
    json_t *mode = json_object_get (value, "mode");
    const char *encoding =
        json_string_value (json_object_get (value, "encoding"));

    f->mode = json_is_integer (mode) ? json_integer_value (mode) & 0777 : 0600;
    if (!(f->name = strdup (name)))
        return -1;
    if (!data)
        data = value;
    if (!json_is_string (data)) {
        f->data = json_dumps (data, JSON_COMPACT | JSON_ENCODE_ANY);
        f->len = f->data ? strlen (f->data) : 0;
    }
    else if (encoding && !strcmp (encoding, "base64"))
        f->data = base64_decode (json_string_value (data),
                                 json_string_length (data),
                                 &f->len);
    else if ((f->data = strdup (json_string_value (data))))
        f->len = strlen (f->data);
    return f->data ? 0 : -1;
}

static int read_files (struct shell_options *o, json_t *files)
{
    const char *name;
    json_t *value;

    if (json_object_size (files) == 0)
        return 0;
    o->files = calloc (json_object_size (files), sizeof (*o->files));
    if (!o->files)
        return -1;
    json_object_foreach (files, name, value)
    {
        if (strchr (name, '/') || *name == '\0' || *name == '.')
            continue;
        if (read_file (&o->files[o->nfiles++], name, value) < 0)
            return -1;
    }
    return 0;
}

/* An option that only switches on is 1; with more to say it is an object. */
static int read_pty (struct shell_options *o, json_t *pty)
{
    json_t *ranks = json_object_get (pty, "ranks");
    json_t *capture = json_object_get (pty, "capture");
    const char *s = json_string_value (ranks);
    struct idset *ids = NULL;
    char number[32];

    if (!pty || (!json_is_object (pty) && !is_on (pty)))
        return 0;
    o->pty_interactive = is_on (json_object_get (pty, "interactive"));
    o->pty_capture = capture ? is_on (capture) : !o->pty_interactive;
    if (json_is_integer (ranks)) {
        snprintf (number, sizeof (number), "%lld", json_integer_value (ranks));
        s = number;
    }
    if (!s)
        s = o->pty_interactive ? "0" : "all";
    if (strcmp (s, "all") && !(ids = idset_decode (s)))
        return refuse (o, "pty.ranks", "neither a set of ids nor all");
    idset_destroy (ids);
    return (o->pty_ranks = strdup (s)) ? 0 : -1;
}

static int read_pmi (struct shell_options *o, json_t *options)
{
    static const char *const known[] = { "simple",
                                         "pmi1",
                                         "pmi2",
                                         "off",
                                         "none" };
    const char *s = json_string_value (json_object_get (options, "pmi"));
    bool on = s == NULL;

    o->pmi_nomap =
        is_on (jobspec_tree_get (options, "pmi-simple", "nomap", NULL));
    while (s && *s) {
        size_t n = strcspn (s, ",");
        size_t i;

        for (i = 0; i < sizeof (known) / sizeof (known[0]); i++) {
            if (strlen (known[i]) == n && !strncmp (known[i], s, n))
                break;
        }
        if (i == sizeof (known) / sizeof (known[0]) && n > 0
            && refuse (o, "pmi", "only simple is available") < 0)
            return -1;
        on |= i < 3;
        s += n + (s[n] == ',');
    }
    o->pmi_off = !on;
    return 0;
}

static int read_taskmap (struct shell_options *o, json_t *map)
{
    const char *scheme = json_string_value (json_object_get (map, "scheme"));
    const char *value = json_string_value (json_object_get (map, "value"));

    if (!scheme || !strcmp (scheme, "block"))
        return 0;
    o->taskmap = strdup (scheme);
    o->taskmap_value = strdup (value ? value : "");
    return o->taskmap && o->taskmap_value ? 0 : -1;
}

/* A number of bytes, with k, K, M or G; 0 for anything else. */
static uint64_t read_size (const json_t *value)
{
    static const struct {
        char suffix;
        double factor;
    } units[] = {
        { '\0', 1. },      { 'k', 1e3 },         { 'K', 1024. },
        { 'M', 1048576. }, { 'G', 1073741824. },
    };
    const char *s = json_string_value (value);
    char *end;
    double d;

    if (json_is_number (value) && json_number_value (value) > 0.)
        return (uint64_t)json_number_value (value);
    if (!s || !((d = strtod (s, &end)) > 0.) || end == s)
        return 0;
    for (size_t i = 0; i < sizeof (units) / sizeof (units[0]); i++) {
        if (*end == units[i].suffix && (!*end || !end[1]) && d < 1e12)
            return (uint64_t)(d * units[i].factor);
    }
    return 0;
}

static int read_input (struct shell_options *o, json_t *options)
{
    const char *type = json_string_value (
        jobspec_tree_get (options, "input", "stdin", "type", NULL));

    if (type && strcmp (type, "service") && strcmp (type, "file"))
        return refuse (o, "input.stdin.type", "neither service nor file");
    return 0;
}

static int read_process (struct shell_options *o, json_t *options)
{
    json_t *oom = jobspec_tree_get (options, "oom", "adjust", NULL);

    o->stop_in_exec = is_on (json_object_get (options, "stop-tasks-in-exec"));
    if (json_is_integer (oom)) {
        o->adjust_oom = true;
        o->oom_score = json_integer_value (oom);
        if (o->oom_score < -1000 || o->oom_score > 1000)
            return refuse (o, "oom.adjust", "not between -1000 and 1000");
    }
    return 0;
}

/* What a shell process would do, and the agent does not. */
static int read_absent (struct shell_options *o, json_t *options)
{
    static const char *const absent[] = { "initrc",
                                          "userrc",
                                          "stage-in",
                                          "coprocess" };

    for (size_t i = 0; i < sizeof (absent) / sizeof (absent[0]); i++) {
        json_t *value = json_object_get (options, absent[i]);

        if (value && !json_is_false (value) && !json_is_null (value)
            && refuse (o, absent[i], "not available here") < 0)
            return -1;
    }
    return 0;
}

int shell_options_read (struct shell_options *o, json_t *system)
{
    json_t *options = jobspec_tree_get (system, "shell", "options", NULL);
    json_t *name = jobspec_tree_get (system, "job", "name", NULL);
    const char *buffer = json_string_value (
        jobspec_tree_get (options, "output", "stdout", "buffer", "type", NULL));

    const char *cpu =
        json_string_value (json_object_get (options, "cpu-affinity"));

    memset (o, 0, sizeof (*o));
    read_per_resource (o, json_object_get (options, "per-resource"));
    o->unbuffered = buffer && !strcmp (buffer, "none");
    if (json_is_string (name) && !(o->name = strdup (json_string_value (name))))
        return -1;
    if (cpu)
        read_cpu_words (o, &cpu);
    if (read_affinity (cpu, &o->cpu, &o->cpu_map) < 0
        || read_affinity (
               json_string_value (json_object_get (options, "gpu-affinity")),
               &o->gpu,
               &o->gpu_map)
               < 0
        || read_exit (o, options) < 0
        || read_rlimits (o, json_object_get (options, "rlimit")) < 0
        || read_signal (o, json_object_get (options, "signal")) < 0
        || read_input (o, options) < 0
        || read_pty (o, json_object_get (options, "pty")) < 0
        || read_pmi (o, options) < 0
        || read_taskmap (o, json_object_get (options, "taskmap")) < 0
        || read_process (o, options) < 0 || read_absent (o, options) < 0)
        return -1;
    o->hwloc_xml = is_on (jobspec_tree_get (options, "hwloc", "xmlfile", NULL));
    o->hwloc_restrict =
        is_on (jobspec_tree_get (options, "hwloc", "restrict", NULL));
    o->output_limit =
        read_size (jobspec_tree_get (options, "output", "limit", NULL));
    return read_files (o, json_object_get (system, "files"));
}

void shell_options_clear (struct shell_options *o)
{
    for (size_t i = 0; i < o->nfiles; i++) {
        free (o->files[i].name);
        free (o->files[i].data);
    }
    free (o->files);
    free (o->name);
    free (o->cpu_map);
    free (o->gpu_map);
    free (o->pty_ranks);
    free (o->taskmap);
    free (o->taskmap_value);
    free (o->refused);
}
