/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/options.h"

static const struct option long_options[] = {
    { "setattr", required_argument, NULL, 'S' },
    { "config-path", required_argument, NULL, 'c' },
    { "conf", required_argument, NULL, 'C' },
    { "verbose", no_argument, NULL, 'v' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

void options_usage (void)
{
    fputs ("Usage: flux broker [OPTIONS] [initial-program [args...]]\n"
           "\n"
           "  -S, --setattr=ATTR=VAL    set a broker attribute\n"
           "  -c, --config-path=PATH    configuration: a file, or a directory "
           "of *.toml\n"
           "      --conf=VALUE          add to the configuration: KEY=VAL, "
           "TOML, JSON or a file\n"
           "  -v, --verbose             say more (twice: say all)\n"
           "  -h, --help                show this\n",
           stdout);
}

static int append (struct setting **list, const char *name, const char *value)
{
    struct setting *s = calloc (1, sizeof (*s));

    if (!s)
        return -1;
    if ((name && !(s->name = strdup (name))) || !(s->value = strdup (value))) {
        free (s->name);
        free (s);
        return -1;
    }
    while (*list)
        list = &(*list)->next;
    *list = s;
    return 0;
}

static int add_attr (struct options *opt, const char *arg)
{
    const char *eq = strchr (arg, '=');
    char *name;
    int rc;

    if (!eq || eq == arg) {
        fprintf (stderr,
                 "flux-broker: --setattr=%s: ATTR=VAL is expected\n",
                 arg);
        errno = EINVAL;
        return -1;
    }
    if (!(name = strndup (arg, eq - arg)))
        return -1;
    rc = append (&opt->attrs, name, eq + 1);
    free (name);
    return rc;
}

int options_parse (struct options *opt, int argc, char **argv)
{
    int rc = 0;
    int c;

    memset (opt, 0, sizeof (*opt));
    optind = 1;
    /* "+": what follows the first argument belongs to the program. */
    while (rc == 0
           && (c = getopt_long (argc, argv, "+S:c:vh", long_options, NULL))
                  != -1) {
        switch (c) {
        case 'S':
            rc = add_attr (opt, optarg);
            break;
        case 'c':
            opt->config_path = optarg;
            break;
        case 'C':
            rc = append (&opt->confs, NULL, optarg);
            break;
        case 'v':
            opt->verbose++;
            break;
        case 'h':
            opt->help = true;
            break;
        default:
            errno = EINVAL;
            rc = -1;
        }
    }
    if (!opt->config_path)
        opt->config_path = getenv ("FLUX_CONF_DIR");
    opt->argc = argc - optind;
    opt->argv = argv + optind;
    return rc;
}

static void list_clear (struct setting **list)
{
    struct setting *s;

    while ((s = *list)) {
        *list = s->next;
        free (s->name);
        free (s->value);
        free (s);
    }
}

void options_clear (struct options *opt)
{
    list_clear (&opt->attrs);
    list_clear (&opt->confs);
}

const char *options_attr (const struct options *opt, const char *name)
{
    const char *value = NULL;

    for (const struct setting *s = opt->attrs; s; s = s->next) {
        if (strcmp (s->name, name) == 0)
            value = s->value;
    }
    return value;
}
