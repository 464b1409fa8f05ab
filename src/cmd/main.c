/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux(1): find the command, and run it. */

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/options.h"
#include "cmd/paths.h"
#include "cmd/run.h"
#include "cmd/util.h"

static const struct option_def main_options[] = {
    { 'p', "parent", NULL, "Connect to the parent instance." },
    { 'r', "root", NULL, "Connect to the root instance." },
    { 'v', "verbose", NULL, "Show the environment and search." },
    { 'V', "version", NULL, "Display version and exit." },
    { 0 },
};

static const struct command main_command = {
    .name = "flux",
    .summary = "front end of the workload manager",
    .options = { main_options },
    .verbatim = true,
};

/* Point FLUX_URI at the parent, n times, or until there is none. */
static void go_up (int n, bool root)
{
    while (root || n-- > 0) {
        flux_t *h = cmd_open ();
        const char *uri = flux_attr_get (h, "parent-uri");
        const char *ns = flux_attr_get (h, "parent-kvs-namespace");

        if (uri)
            setenv ("FLUX_URI", uri, 1);
        if (uri && ns)
            setenv ("FLUX_KVS_NAMESPACE", ns, 1);
        else
            unsetenv ("FLUX_KVS_NAMESPACE");
        flux_close (h);
        if (!uri)
            break;
    }
}

static void run_external (int argc, char **argv, bool verbose)
{
    char *path;

    if (strchr (argv[0], '/'))
        path = xstrdup (argv[0]);
    else
        path = find_exec (argv[0]);
    if (!path) {
        fprintf (stderr,
                 "flux: `%s' is not a flux command.  See 'flux --help'\n",
                 argv[0]);
        exit (1);
    }
    setup_environment ();
    if (verbose)
        fprintf (stderr, "flux: trying to exec %s\n", path);
    argv[0] = path;
    exec_or_die (path, argv);
}

/* A command that cannot go on says so and exits where it stands, with its
 * memory as it is: a leak checker need not look.  (Library and daemons are
 * checked in their own tests.)
 */
__attribute__ ((visibility ("default"))) int __lsan_is_turned_off (void);
int __lsan_is_turned_off (void)
{
    return 1;
}

int main (int argc, char **argv)
{
    const struct command *c;
    struct opts o;
    flux_error_t e;
    int status;

    setlocale (LC_ALL, "");
    if (opts_parse (&o, &main_command, argc, argv, &e) < 0)
        die ("%s.  See 'flux --help'", e.text);
    if (opt_count (&o, "help") || (o.argc == 0 && !opt_count (&o, "version"))) {
        status = opt_count (&o, "help") ? 0 : 1;
        help_all (status == 0 ? stdout : stderr);
        opts_free (&o);
        return status;
    }
    if (opt_count (&o, "parent") || opt_count (&o, "root"))
        go_up (opt_count (&o, "parent"), opt_count (&o, "root") > 0);
    if (opt_count (&o, "version")) {
        char *words[] = { "version", NULL };
        status = command_main (1, words);
        opts_free (&o);
        return status;
    }
    if (!(c = command_find (commands, o.argv[0])))
        run_external (o.argc, o.argv, opt_count (&o, "verbose") > 0);
    status = command_main (o.argc, o.argv);
    opts_free (&o);
    return status;
}
