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
    { 0, "exec", NULL, "Load as a separate process." },
    { 0, "loader", "PATH", "Load with this program." },
    { 0 },
};

static const struct option_def remove_options[] = {
    { 'f', "force", NULL, "Do not fail when it is not loaded." },
    { 0, "cancel", NULL, "Do not wait for it to end by itself." },
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
    { 'C', "clear-all", NULL, "Clear the statistics on all ranks." },
    { 0 },
};

static const struct option_def debug_options[] = {
    { 'C', "clear", NULL, "Clear all bits." },
    { 'S', "set", "MASK", "Set the bits to MASK." },
    { 's', "setbit", "VAL", "Set one bit." },
    { 'c', "clearbit", "VAL", "Clear one bit." },
    { 0 },
};

/* Those that it has besides the one of its name. */
static void print_services (const char *name, json_t *services)
{
    bool first = true;
    json_t *svc;
    size_t i;

    json_array_foreach (services, i, svc)
    {
        const char *s = json_string_value (svc);

        if (s && strcmp (s, name) != 0) {
            printf ("%s%s", first ? "" : ",", s);
            first = false;
        }
    }
}

static void print_module (json_t *m, bool full)
{
    static const char states[] = "IRFX";
    const char *name = "";
    const char *path = "";
    json_t *services = NULL;
    int idle = 0, status = 1, sendq = 0, recvq = 0;
    char idle_text[16];

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
    print_services (name, services);
    printf ("\n");
}

static int run_list (struct opts *o)
{
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
        print_module (m, full);
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
    if (opt_count (o, "exec") || opt_count (o, "loader"))
        json_object_set_new (request, "exec", json_true ());
    if (opt_str (o, "loader", NULL))
        json_object_set_new (request,
                             "loader",
                             json_string (opt_str (o, "loader", NULL)));
    if (name)
        json_object_set_new (request, "name", json_string (name));
    call (h, "module.load", FLUX_NODEID_ANY, request);
}

/* With force, one that is not loaded is fine; any other error is not. */
static void remove_module (flux_t *h, const char *name, const struct opts *o)
{
    flux_future_t *f = flux_rpc_pack (h,
                                      "module.remove",
                                      FLUX_NODEID_ANY,
                                      0,
                                      "{s:s s:b}",
                                      "name",
                                      name,
                                      "cancel",
                                      opt_count (o, "cancel") > 0);

    if (!f || flux_rpc_get (f, NULL) < 0) {
        if (errno != ENOENT)
            die ("module.remove %s: %s",
                 name,
                 f ? future_text (f) : strerror (errno));
        if (!opt_count (o, "force"))
            die ("module.remove %s: no such module", name);
    }
    flux_future_destroy (f);
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
    remove_module (h, o->argv[0], o);
    flux_close (h);
    return 0;
}

static int run_reload (struct opts *o)
{
    const char *base;
    char *name;
    flux_t *h;
    size_t len;

    if (o->argc < 1)
        die ("a module is required");
    base = strrchr (o->argv[0], '/');
    name = xasprintf ("%s", opt_str (o, "name", base ? base + 1 : o->argv[0]));
    len = strlen (name);
    if (len > 3 && !strcmp (name + len - 3, ".so"))
        name[len - 3] = '\0';
    h = cmd_open ();
    remove_module (h, name, o);
    load_module (h, o);
    free (name);
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

/* All ranks hear of an event. */
static int clear_all (const char *name)
{
    char *topic = xasprintf ("%s.stats-clear", name);
    flux_t *h = cmd_open ();
    flux_future_t *f = flux_event_publish (h, topic, 0, NULL);

    get_or_die (f, NULL);
    flux_future_destroy (f);
    free (topic);
    flux_close (h);
    return 0;
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
    if (opt_count (o, "clear-all"))
        return clear_all (o->argv[0]);
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
    if (opt_count (o, "clear"))
        op = "clr";
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

static const struct command debug = {
    .name = "debug",
    .summary = "print or change the debug bits of a module",
    .usage = "[OPTIONS] MODULE",
    .options = { debug_options },
    .run = run_debug,
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

static const struct command *const subs[] = {
    &list, &stats, &load, &remove_, &reload, &debug, &cmd_module_trace, NULL
};

const struct command cmd_module = {
    .name = "module",
    .summary = "list and change the parts of the broker",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
