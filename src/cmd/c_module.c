/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def list_options[] = {
    { 'l', "long", NULL, "Print paths too." },
    { 0 },
};

static const struct option_def load_options[] = {
    { 'n', "name", "NAME", "Load under another name." },
    { 0 },
};

static const struct option_def remove_options[] = {
    { 'f', "force", NULL, "Do not fail when it is not loaded." },
    { 0 },
};

static const struct option_def stats_options[] = {
    { 'p', "parse", "OBJNAME", "Print only this part (dots lead inward)." },
    { 't', "type", "int|double", "Print a number of this type." },
    { 's', "scale", "N", "Multiply the number by N." },
    { 'R',
      "rusage",
      "[WHO]",
      "Print resource usage (self, children, thread)." },
    { 'c', "clear", NULL, "Clear the statistics." },
    { 0 },
};

static int run_list (struct opts *o)
{
    static const char states[] = "IRFX";
    bool full = opt_count (o, "long") > 0;
    flux_t *h = cmd_open ();
    json_t *r = call_json (h, "module.list", FLUX_NODEID_ANY, NULL);
    size_t i;
    json_t *m;

    printf ("%-24s %5s %1s %5s %5s %s%s\n",
            "Module",
            "Idle",
            "S",
            "Sendq",
            "Recvq",
            full ? "Path                     " : "",
            "Service");
    json_array_foreach (json_object_get (r, "mods"), i, m)
    {
        const char *name = "";
        const char *path = "";
        json_t *services = NULL;
        json_t *svc;
        size_t k;
        int idle = 0, status = 1, sendq = 0, recvq = 0;
        char idle_text[16];
        bool first = true;

        json_unpack (m,
                     "{s?s s?s s?i s?i s?i s?i s?o}",
                     "name",
                     &name,
                     "path",
                     &path,
                     "idle",
                     &idle,
                     "status",
                     &status,
                     "sendqueue",
                     &sendq,
                     "recvqueue",
                     &recvq,
                     "services",
                     &services);
        snprintf (idle_text, sizeof (idle_text), "%d", idle);
        printf ("%-24s %5s %c %5d %5d ",
                name,
                idle < 100 ? idle_text : "idle",
                states[status & 3],
                sendq,
                recvq);
        if (full)
            printf ("%-24s ", path);
        json_array_foreach (services, k, svc)
        {
            const char *s = json_string_value (svc);
            if (s && strcmp (s, name) != 0) {
                printf ("%s%s", first ? "" : ",", s);
                first = false;
            }
        }
        printf ("\n");
    }
    json_decref (r);
    flux_close (h);
    return 0;
}

static void load_module (flux_t *h, const struct opts *o)
{
    const char *name = opt_str (o, "name", NULL);
    json_t *args = json_array ();
    json_t *request;

    for (int i = 1; i < o->argc; i++)
        json_array_append_new (args, json_string (o->argv[i]));
    request = json_pack ("{s:s s:o}", "path", o->argv[0], "args", args);
    if (name)
        json_object_set_new (request, "name", json_string (name));
    call (h, "module.load", FLUX_NODEID_ANY, request);
}

static int remove_module (flux_t *h, const char *name, bool force)
{
    flux_future_t *f = flux_rpc_pack (h,
                                      "module.remove",
                                      FLUX_NODEID_ANY,
                                      0,
                                      "{s:s}",
                                      "name",
                                      name);

    if (!force)
        get_or_die (f, NULL);
    else if (f)
        flux_future_wait_for (f, -1.);
    flux_future_destroy (f);
    return 0;
}

static int run_load (struct opts *o)
{
    flux_t *h;

    if (o->argc < 1)
        die ("a module is required");
    h = cmd_open ();
    load_module (h, o);
    flux_close (h);
    return 0;
}

static int run_remove (struct opts *o)
{
    flux_t *h;

    if (o->argc != 1)
        die ("one module is required");
    h = cmd_open ();
    remove_module (h, o->argv[0], opt_count (o, "force") > 0);
    flux_close (h);
    return 0;
}

static int run_reload (struct opts *o)
{
    const char *base;
    flux_t *h;

    if (o->argc < 1)
        die ("a module is required");
    base = strrchr (o->argv[0], '/');
    base = opt_str (o, "name", base ? base + 1 : o->argv[0]);
    h = cmd_open ();
    remove_module (h, base, opt_count (o, "force") > 0);
    load_module (h, o);
    flux_close (h);
    return 0;
}

static void print_stat (const struct opts *o, json_t *r)
{
    const char *type = opt_str (o, "type", NULL);
    const char *path = opt_str (o, "parse", NULL);
    double scale = strtod (opt_str (o, "scale", "1"), NULL);
    char *s;

    if (path && !(r = json_get_path (r, path)))
        die ("'%s' is not in the statistics", path);
    if (type && !json_is_number (r))
        die ("the value is not a number");
    if (type && !strcmp (type, "int"))
        printf ("%lld\n", (long long)(json_number_value (r) * scale));
    else if (type && !strcmp (type, "double"))
        printf ("%f\n", json_number_value (r) * scale);
    else if (type)
        die ("--type: '%s' is not int or double", type);
    else {
        s = json_dumps (r, JSON_INDENT (1) | JSON_ENCODE_ANY);
        printf ("%s\n", s);
        free (s);
    }
}

static int run_stats (struct opts *o)
{
    const char *verb = opt_count (o, "rusage")  ? "rusage"
                       : opt_count (o, "clear") ? "stats-clear"
                                                : "stats-get";
    const char *who = opt_str (o, "rusage", NULL);
    json_t *request = who ? json_pack ("{s:s}", "who", who) : NULL;
    char *topic;
    json_t *r;
    flux_t *h;

    if (o->argc != 1)
        die ("one module is required");
    topic = xasprintf ("%s.%s", o->argv[0], verb);
    h = cmd_open ();
    r = call_json (h, topic, FLUX_NODEID_ANY, request);
    if (!opt_count (o, "clear"))
        print_stat (o, r);
    free (topic);
    json_decref (r);
    flux_close (h);
    return 0;
}

static const struct command list = {
    .name = "list",
    .summary = "list the parts of the broker",
    .usage = "[--long]",
    .options = { list_options },
    .run = run_list,
};

static const struct command load = {
    .name = "load",
    .summary = "load a module",
    .usage = "[--name=NAME] MODULE [ARGS...]",
    .options = { load_options },
    .verbatim = true,
    .run = run_load,
};

static const struct command remove_ = {
    .name = "remove",
    .summary = "remove a module",
    .usage = "[--force] MODULE",
    .options = { remove_options },
    .run = run_remove,
};

static const struct command reload = {
    .name = "reload",
    .summary = "remove a module and load it again",
    .usage = "[--force] [--name=NAME] MODULE [ARGS...]",
    .options = { load_options, remove_options },
    .verbatim = true,
    .run = run_reload,
};

static const struct command stats = {
    .name = "stats",
    .summary = "print statistics of a module",
    .usage = "[OPTIONS] MODULE",
    .options = { stats_options },
    .run = run_stats,
};

static const struct command *const subs[] = { &list,    &stats,  &load,
                                              &remove_, &reload, NULL };

const struct command cmd_module = {
    .name = "module",
    .summary = "list and change the parts of the broker",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
