/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Formats with names: built in, or of a configuration file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cmd/format.h"
#include "cmd/util.h"

/* Later files win; a name that is built in cannot be changed. */
static void merge_file (json_t *formats,
                        const char *dir,
                        const char *program,
                        const char *table)
{
    char *path = xasprintf ("%s/flux/%s.json", dir, program);
    json_t *o = json_load_file (path, 0, NULL);
    json_t *found = o ? json_get_path (o, table) : NULL;

    if (json_is_object (found))
        json_object_update (formats, found);
    json_decref (o);
    free (path);
}

static json_t *load_formats (const char *program, const char *table)
{
    json_t *formats = json_object ();
    const char *dirs = getenv ("XDG_CONFIG_DIRS");
    const char *home = getenv ("XDG_CONFIG_HOME");
    char *copy = xstrdup (dirs && *dirs ? dirs : "/etc/xdg");
    char *colon;

    /* the first directory named is the most important one */
    while ((colon = strrchr (copy, ':'))) {
        merge_file (formats, colon + 1, program, table);
        *colon = '\0';
    }
    merge_file (formats, copy, program, table);
    free (copy);
    if (home && *home)
        merge_file (formats, home, program, table);
    else if ((home = getenv ("HOME"))) {
        copy = xasprintf ("%s/.config", home);
        merge_file (formats, copy, program, table);
        free (copy);
    }
    return formats;
}

static void print_help (const struct named_format *list,
                        json_t *formats,
                        const char *program)
{
    const char *name;
    json_t *val;

    printf ("\nConfigured %s output formats:\n\n", program);
    for (; list->name; list++)
        printf ("  %-12s %s\n", list->name, list->description);
    json_object_foreach (formats, name, val)
    {
        const char *text = "";
        json_unpack (val, "{s?s}", "description", &text);
        printf ("  %-12s %s\n", name, text);
    }
    printf ("\n");
}

static const char *find_named (const struct named_format *list,
                               json_t *formats,
                               const char *name)
{
    const char *s = NULL;

    for (; list->name; list++) {
        if (!strcmp (list->name, name))
            return list->format;
    }
    json_unpack (json_object_get (formats, name), "{s:s}", "format", &s);
    return s;
}

static void print_config (const struct named_format *list,
                          json_t *formats,
                          const char *name,
                          const char *table)
{
    const char *s = find_named (list, formats, name);

    if (!s)
        die ("--format: no format is named '%s'", name);
    printf ("[%s.%s]\n", table, name);
    for (; list->name; list++) {
        if (!strcmp (list->name, name))
            printf ("description = \"%s\"\n", list->description);
    }
    printf ("format = \"%s\"\n", s);
}

char *format_choose (const struct named_format *list,
                     const char *arg,
                     const char *envname,
                     const char *program,
                     const char *table)
{
    json_t *formats;
    const char *s;
    char *found;

    if (!arg)
        arg = getenv (envname);
    if (!arg || !*arg)
        arg = "default";
    if (strchr (arg, '{'))
        return xstrdup (arg);
    formats = load_formats (program, table);
    if (!strcmp (arg, "help")) {
        print_help (list, formats, program);
        exit (0);
    }
    if (!strncmp (arg, "get-config=", 11)) {
        print_config (list, formats, arg + 11, table);
        exit (0);
    }
    if (!(s = find_named (list, formats, arg)))
        die ("--format: '%s' is neither a format nor the name of one "
             "(see --format=help)",
             arg);
    found = xstrdup (s);
    json_decref (formats);
    return found;
}
