/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* getattr, setattr, lsattr */

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

static const struct option_def setattr_options[] = {
    { 'f', "force", NULL, "Set it even if no one will notice." },
    { 0 },
};

static const struct option_def lsattr_options[] = {
    { 'v', "values", NULL, "Print values too." },
    { 0 },
};

static int run_getattr (struct opts *o)
{
    const char *val;
    flux_t *h;

    if (o->argc != 1)
        die ("one attribute name is required");
    h = cmd_open ();
    if (!(val = flux_attr_get (h, o->argv[0])))
        die ("%s: %s", o->argv[0], strerror (errno));
    printf ("%s\n", val);
    flux_close (h);
    return 0;
}

static int run_setattr (struct opts *o)
{
    flux_error_t e = { { 0 } };
    flux_t *h;

    if (o->argc != 2)
        die ("an attribute name and a value are required");
    h = cmd_open ();
    if (flux_attr_set_ex (h,
                          o->argv[0],
                          o->argv[1],
                          opt_count (o, "force") > 0,
                          &e)
        < 0)
        die ("%s: %s", o->argv[0], e.text[0] ? e.text : strerror (errno));
    flux_close (h);
    return 0;
}

static int compare (const void *a, const void *b)
{
    return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static int run_lsattr (struct opts *o)
{
    const char **list;
    json_t *r, *names;
    flux_t *h;
    size_t n;

    if (o->argc > 0)
        die_usage ("there are no arguments");
    h = cmd_open ();
    r = call_json (h, "attr.list", FLUX_NODEID_ANY, NULL);
    names = json_object_get (r, "names");
    n = json_array_size (names);
    list = xcalloc (n + 1, sizeof (*list));
    for (size_t i = 0; i < n; i++) {
        list[i] = json_string_value (json_array_get (names, i));
        if (!list[i])
            die ("the instance sent a bad list of attributes");
    }
    qsort (list, n, sizeof (*list), compare);
    for (size_t i = 0; i < n; i++) {
        if (opt_count (o, "values")) {
            const char *val = flux_attr_get (h, list[i]);
            printf ("%-40s%s\n", list[i], val ? val : "-");
        }
        else
            printf ("%s\n", list[i]);
    }
    free (list);
    json_decref (r);
    flux_close (h);
    return 0;
}

const struct command cmd_getattr = {
    .name = "getattr",
    .summary = "print an attribute of the broker",
    .usage = "NAME",
    .section = "instance",
    .run = run_getattr,
};

const struct command cmd_setattr = {
    .name = "setattr",
    .summary = "set an attribute of the broker",
    .usage = "[--force] NAME VALUE",
    .options = { setattr_options },
    .section = "instance",
    .run = run_setattr,
};

const struct command cmd_lsattr = {
    .name = "lsattr",
    .summary = "list the attributes of the broker",
    .usage = "[--values]",
    .options = { lsattr_options },
    .section = "instance",
    .run = run_lsattr,
};
