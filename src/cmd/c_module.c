/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
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

static const struct option_def debug_options[] = {
    { 0, "setbit", "VAL", "Set one bit." },
    { 0, "clearbit", "VAL", "Clear one bit." },
    { 0, "set", "MASK", "Set all bits." },
    { 0, "clear", "MASK", "Clear these bits." },
    { 0 },
};

static const struct option_def trace_options[] = {
    { 'f', "full", NULL, "Print payloads too." },
    { 'T', "topic", "GLOB", "Only these topics." },
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

/* The bits that "op" leaves set. */
static int run_debug (struct opts *o)
{
    static const char *const names[][2] = {
        { "setbit", "setbit" },
        { "clearbit", "clrbit" },
        { "set", "set" },
        { "clear", "clr" },
    };
    const char *op = "setbit";
    long bits = 0;
    char *topic;
    json_t *r;
    flux_t *h;
    int flags = 0;

    if (o->argc != 1)
        die ("one module is required");
    for (size_t i = 0; i < sizeof (names) / sizeof (names[0]); i++) {
        const char *val = opt_str (o, names[i][0], NULL);
        if (val) {
            op = names[i][1];
            bits = strtol (val, NULL, 0);
        }
    }
    topic = xasprintf ("%s.debug", o->argv[0]);
    h = cmd_open ();
    flux_future_t *f = flux_rpc_pack (h,
                                      topic,
                                      FLUX_NODEID_ANY,
                                      0,
                                      "{s:s s:i}",
                                      "op",
                                      op,
                                      "flags",
                                      (int)bits);
    r = get_json_or_die (f, topic);
    flux_future_destroy (f);
    json_unpack (r, "{s?i}", "flags", &flags);
    printf ("0x%x\n", (unsigned)flags);
    json_decref (r);
    free (topic);
    flux_close (h);
    return 0;
}

/* Print what comes, an object a line; the broker may have nothing to trace
 * and say so.
 */
static int run_trace (struct opts *o)
{
    const int all = 0xff;
    json_t *names = json_array ();
    flux_future_t *f;
    const char *s;
    flux_t *h;

    if (o->argc < 1)
        die ("a module is required");
    for (int i = 0; i < o->argc; i++)
        json_array_append_new (names, json_string (o->argv[i]));
    h = cmd_open ();
    f = flux_rpc_pack (h,
                       "module.trace",
                       FLUX_NODEID_ANY,
                       FLUX_RPC_STREAMING,
                       "{s:o s:i s:s s:b}",
                       "names",
                       names,
                       "typemask",
                       all,
                       "topic_glob",
                       opt_str (o, "topic", "*"),
                       "full",
                       opt_count (o, "full") > 0);
    while (f && flux_rpc_get (f, &s) == 0) {
        printf ("%s\n", s ? s : "");
        fflush (stdout);
        flux_future_reset (f);
    }
    die ("trace: %s", f ? future_text (f) : strerror (errno));
}

static const struct command debug = {
    .name = "debug",
    .summary = "print or change the debug bits of a module",
    .usage = "[OPTIONS] MODULE",
    .options = { debug_options },
    .run = run_debug,
};

static const struct command trace = {
    .name = "trace",
    .summary = "print the messages of modules",
    .usage = "[OPTIONS] MODULE...",
    .options = { trace_options },
    .run = run_trace,
};

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

static const struct command *const subs[] = { &list,   &stats, &load,  &remove_,
                                              &reload, &debug, &trace, NULL };

const struct command cmd_module = {
    .name = "module",
    .summary = "list and change the parts of the broker",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
