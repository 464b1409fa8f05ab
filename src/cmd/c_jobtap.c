/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <inttypes.h>
#include <limits.h>
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

static const struct option_def load_options[] = {
    { 'r', "remove", "NAME", "Remove these plugins first (a name or glob)." },
    { 0 },
};

static const struct option_def list_options[] = {
    { 'a', "all", NULL, "List the built in plugins too." },
    { 0 },
};

/* KEY=VAL words to a configuration object: dots nest, VAL may be JSON. */
static json_t *parse_conf (int argc, char **argv)
{
    json_t *conf = json_object ();

    for (int i = 0; i < argc; i++) {
        char *copy = xstrdup (argv[i]);
        char *eq = strchr (copy, '=');

        if (!eq || eq == copy)
            die ("'%s' is not of the form KEY=VAL", argv[i]);
        *eq++ = '\0';
        if (json_set_path (conf, copy, json_or_string (eq)) < 0)
            die ("'%s': cannot set this key", argv[i]);
        free (copy);
    }
    return conf;
}

/* The broker's working directory is not ours.  A name without a slash is
 * looked up in the broker's search path.
 */
static char *absolute_path (const char *name)
{
    char cwd[PATH_MAX];

    if (name[0] == '/' || !strchr (name, '/') || !getcwd (cwd, sizeof (cwd)))
        return xstrdup (name);
    if (!strncmp (name, "./", 2))
        name += 2;
    return xasprintf ("%s/%s", cwd, name);
}

static int run_load (struct opts *o)
{
    char *path;
    const char *remove = opt_str (o, "remove", NULL);
    json_t *request;
    json_t *conf;
    flux_t *h;

    if (o->argc < 1)
        die ("a plugin is required");
    conf = parse_conf (o->argc - 1, o->argv + 1);
    path = absolute_path (o->argv[0]);
    request = json_pack ("{s:s}", "load", path);
    free (path);
    if (json_object_size (conf) > 0)
        json_object_set (request, "conf", conf);
    json_decref (conf);
    if (remove)
        json_object_set_new (request, "remove", json_string (remove));
    h = cmd_open ();
    call (h, "job-manager.jobtap", FLUX_NODEID_ANY, request);
    flux_close (h);
    return 0;
}

static int run_remove (struct opts *o)
{
    flux_t *h;

    if (o->argc != 1)
        die ("one plugin is required");
    h = cmd_open ();
    call (h,
          "job-manager.jobtap",
          FLUX_NODEID_ANY,
          json_pack ("{s:s}", "remove", o->argv[0]));
    flux_close (h);
    return 0;
}

static int run_list (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *r = call_json (h,
                           "job-manager.jobtap",
                           FLUX_NODEID_ANY,
                           json_pack ("{s:b}", "query_only", 1));
    size_t i;
    json_t *name;

    json_array_foreach (json_object_get (r, "plugins"), i, name)
    {
        const char *s = json_string_value (name);
        if (s && (*s != '.' || opt_count (o, "all")))
            printf ("%s\n", s);
    }
    json_decref (r);
    flux_close (h);
    return 0;
}

static int run_query (struct opts *o)
{
    flux_future_t *f;
    flux_t *h;

    if (o->argc != 1)
        die ("one plugin is required");
    h = cmd_open ();
    f = flux_rpc_pack (h,
                       "job-manager.jobtap-query",
                       FLUX_NODEID_ANY,
                       0,
                       "{s:s}",
                       "name",
                       o->argv[0]);
    printf ("%s\n", get_or_die (f, NULL));
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

static void print_stats (const char *plugin, json_t *topics)
{
    const char *topic;
    json_t *row;

    json_object_foreach (topics, topic, row)
    {
        json_int_t calls = 0, failures = 0;
        double total = 0., max = 0., p50 = 0., p99 = 0.;

        json_unpack (row,
                     "{s:I s:I s:F s:F s:F s:F}",
                     "calls",
                     &calls,
                     "failures",
                     &failures,
                     "total",
                     &total,
                     "max",
                     &max,
                     "p50",
                     &p50,
                     "p99",
                     &p99);
        printf ("%-20s %-20s %9jd %8jd %12.1f %9.1f %9.1f %9.1f\n",
                plugin,
                topic,
                (intmax_t)calls,
                (intmax_t)failures,
                1e6 * total,
                1e6 * p50,
                1e6 * p99,
                1e6 * max);
    }
}

static int run_stats (struct opts *o)
{
    json_t *request = json_object ();
    flux_t *h;
    json_t *r, *plugin;
    size_t i;

    if (o->argc > 1)
        die ("one plugin at most");
    if (o->argc == 1)
        json_object_set_new (request, "name", json_string (o->argv[0]));
    h = cmd_open ();
    r = call_json (h, "job-manager.jobtap-stats", FLUX_NODEID_ANY, request);
    printf ("%-20s %-20s %9s %8s %12s %9s %9s %9s\n",
            "PLUGIN",
            "TOPIC",
            "CALLS",
            "FAILURES",
            "TOTAL(us)",
            "P50",
            "P99",
            "MAX");
    json_array_foreach (json_object_get (r, "plugins"), i, plugin)
    {
        print_stats (json_string_value (json_object_get (plugin, "name")),
                     json_object_get (plugin, "topics"));
    }
    json_decref (r);
    flux_close (h);
    return 0;
}

static const struct command load = {
    .name = "load",
    .summary = "load a plugin into the job manager",
    .usage = "[--remove=NAME] PLUGIN [KEY=VAL...]",
    .options = { load_options },
    .run = run_load,
};

static const struct command remove_ = {
    .name = "remove",
    .summary = "remove plugins (a name, a glob, or all)",
    .usage = "PLUGIN",
    .run = run_remove,
};

static const struct command list = {
    .name = "list",
    .summary = "list loaded plugins",
    .usage = "[--all]",
    .options = { list_options },
    .run = run_list,
};

static const struct command query = {
    .name = "query",
    .summary = "print what a plugin says about itself",
    .usage = "PLUGIN",
    .run = run_query,
};

static const struct command stats = {
    .name = "stats",
    .summary = "print how often plugins were called, and how long that took",
    .usage = "[PLUGIN]",
    .run = run_stats,
};

static const struct command *const subs[] = { &load,  &remove_, &list,
                                              &query, &stats,   NULL };

const struct command cmd_jobtap = {
    .name = "jobtap",
    .summary = "list and change the plugins of the job manager",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
