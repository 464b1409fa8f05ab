/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <jansson.h>

#include "base/fsd.h"
#include "cmd/cmd.h"
#include "cmd/configfile.h"
#include "cmd/fsd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def get_options[] = {
    { 'd', "default", "VALUE", "Print VALUE when the name is not set." },
    { 'q', "quiet", NULL, "Say nothing when the name is not set." },
    { 't',
      "type",
      "TYPE",
      "Require a type: any string integer real boolean object "
      "array fsd fsd-integer fsd-real." },
    { 'c', "config-path", "PATH", "Read files instead of asking the broker." },
    { 0 },
};

static const struct option_def set_options[] = {
    { 't', "type", "TYPE", "Require a type for VALUE." },
    { 0 },
};

static bool has_type (json_t *o, const char *type)
{
    double d;

    if (!strncmp (type, "fsd", 3))
        return json_is_string (o)
               && fsd_decode (json_string_value (o), &d) == 0;
    if (!strcmp (type, "any"))
        return true;
    if (!strcmp (type, "string"))
        return json_is_string (o);
    if (!strcmp (type, "integer"))
        return json_is_integer (o);
    if (!strcmp (type, "real"))
        return json_is_real (o);
    if (!strcmp (type, "boolean"))
        return json_is_boolean (o);
    if (!strcmp (type, "object"))
        return json_is_object (o);
    if (!strcmp (type, "array"))
        return json_is_array (o);
    die ("--type: '%s' is not a type", type);
}

static void print_value (json_t *o, const char *type)
{
    double d;
    char *s;

    if (type && !strncmp (type, "fsd-", 4)) {
        fsd_decode (json_string_value (o), &d);
        if (!strcmp (type, "fsd-integer"))
            printf ("%lld\n", (long long)d);
        else
            printf ("%f\n", d);
    }
    else if (json_is_string (o))
        printf ("%s\n", json_string_value (o));
    else {
        s = json_dumps (o, JSON_COMPACT | JSON_ENCODE_ANY);
        printf ("%s\n", s);
        free (s);
    }
}

static json_t *current_config (void)
{
    flux_t *h = cmd_open ();
    json_t *o = call_json (h, "config.get", FLUX_NODEID_ANY, NULL);

    flux_close (h);
    return o;
}

static int run_get (struct opts *o)
{
    const char *type = opt_str (o, "type", NULL);
    const char *name = o->argc > 0 ? o->argv[0] : NULL;
    json_t *config;
    json_t *val;
    const char *path = opt_str (o, "config-path", NULL);

    if (o->argc > 1)
        die ("at most one name can be given");
    config = path ? configfile_read (path) : current_config ();
    val = name ? json_get_path (config, name) : config;
    if (!val && opt_count (o, "default"))
        printf ("%s\n", opt_str (o, "default", ""));
    else if (!val) {
        if (!opt_count (o, "quiet"))
            warn_msg ("%s is not set", name);
        return 1;
    }
    else if (type && !has_type (val, type))
        die ("%s does not have the requested type (%s)",
             name ? name : "the configuration",
             type);
    else
        print_value (val, type);
    json_decref (config);
    return 0;
}

static int run_load (struct opts *o)
{
    json_t *config;
    flux_t *h;

    if (o->argc > 1)
        die ("at most one path can be given");
    config = o->argc > 0 ? configfile_read (o->argv[0]) : configfile_stdin ();
    h = cmd_open ();
    call (h, "config.load", 0, config);
    flux_close (h);
    return 0;
}

static int run_set (struct opts *o)
{
    const char *type = opt_str (o, "type", NULL);
    json_t *config;
    json_t *old;
    json_t *val;
    flux_t *h;

    if (o->argc != 2)
        die ("a name and a value are required");
    h = cmd_open ();
    config = call_json (h, "config.get", FLUX_NODEID_ANY, NULL);
    old = json_get_path (config, o->argv[0]);
    if (!type && !old)
        die ("Type is unknown, please specify --type");
    if ((type && (!strcmp (type, "string") || !strncmp (type, "fsd", 3)))
        || (!type && json_is_string (old)))
        val = json_string (o->argv[1]);
    else
        val = json_or_string (o->argv[1]);
    if (type ? !has_type (val, type)
             : old && json_typeof (old) != json_typeof (val))
        die ("%s: '%s' does not have the type it needs",
             o->argv[0],
             o->argv[1]);
    if (json_set_path (config, o->argv[0], val) < 0)
        die ("%s: cannot set this name", o->argv[0]);
    call (h, "config.load", 0, config);
    flux_close (h);
    return 0;
}

static int run_unset (struct opts *o)
{
    json_t *config;
    json_t *table;
    char *copy;
    char *dot;
    flux_t *h;

    if (o->argc != 1)
        die ("one name is required");
    h = cmd_open ();
    config = call_json (h, "config.get", FLUX_NODEID_ANY, NULL);
    copy = xstrdup (o->argv[0]);
    dot = strrchr (copy, '.');
    if (dot)
        *dot = '\0';
    table = dot ? json_get_path (config, copy) : config;
    /* what is not set need not be unset */
    if (json_object_del (table, dot ? dot + 1 : copy) == 0)
        call (h, "config.load", 0, json_incref (config));
    json_decref (config);
    free (copy);
    flux_close (h);
    return 0;
}

static int run_reload (struct opts *o)
{
    flux_t *h = cmd_open ();

    call (h, "config.reload", 0, NULL);
    flux_close (h);
    return 0;
}

/* What the build chose, for programs that ask. */
static int run_builtin (struct opts *o)
{
    const char *s;

    if (o->argc != 1)
        die ("one name is required");
    if (!(s = flux_conf_builtin_get (o->argv[0], FLUX_CONF_AUTO)))
        die ("%s is invalid", o->argv[0]);
    printf ("%s\n", s);
    return 0;
}

static const struct option_def builtin_options[] = {
    { 0, "intree", NULL, "Accepted; there is one layout." },
    { 0, "installed", NULL, "Accepted; there is one layout." },
    { 0 },
};

static const struct command builtin = {
    .name = "builtin",
    .summary = "print a path that was chosen when this was built",
    .usage = "NAME",
    .options = { builtin_options },
    .run = run_builtin,
};

static const struct command get = {
    .name = "get",
    .summary = "print the configuration or a part of it",
    .usage = "[OPTIONS] [NAME]",
    .options = { get_options },
    .run = run_get,
};

static const struct command set = {
    .name = "set",
    .summary = "change one value",
    .usage = "[--type=TYPE] NAME VALUE",
    .options = { set_options },
    .run = run_set,
};

static const struct command unset = {
    .name = "unset",
    .summary = "remove one value",
    .usage = "NAME",
    .run = run_unset,
};

static const struct command load = {
    .name = "load",
    .summary = "replace the configuration by TOML or JSON",
    .usage = "[PATH]",
    .run = run_load,
};

static const struct command reload = {
    .name = "reload",
    .summary = "read the configuration files again",
    .usage = "",
    .run = run_reload,
};

static const struct command *const subs[] = { &get,    &set,     &unset, &load,
                                              &reload, &builtin, NULL };

const struct command cmd_config = {
    .name = "config",
    .summary = "print and change the configuration",
    .usage = "SUBCOMMAND ...",
    .subs = subs,
    .section = "instance",
};
