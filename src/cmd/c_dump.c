/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux dump, restore: read here, done by a program of their own, so that no
 * other command has to load the library for archives.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/paths.h"
#include "cmd/util.h"

static const struct option_def verbosity_options[] = {
    { 'v', "verbose", NULL, "List keys on standard error." },
    { 'q', "quiet", NULL, "Do not count keys on standard error." },
    { 0, "no-cache", NULL, "Has no effect: there is one store." },
    { 0, "sd-notify", NULL, "Has no effect: the broker is not told." },
    { 0 },
};

static const struct option_def dump_options[] = {
    { 0, "checkpoint", NULL, "What is durable, which all of it is." },
    { 0, "maxreqs", "N", "Have at most N requests under way, if not 16." },
    { 0,
      "ignore-failed-read",
      NULL,
      "Go on if a value is not there, with a warning." },
    { 0 },
};

static const struct option_def restore_options[] = {
    { 0, "key", "NAME", "Make what is restored the directory NAME." },
    { 0, "checkpoint", NULL, "Replace all there is; refused while it runs." },
    { 0,
      "statedir",
      "DIR",
      "Make DIR the state of an instance, which is not running." },
    { 0, "maxreqs", "N", "Has no effect: keys are put together." },
    { 0, "size-limit", "SIZE", "Skip values that have more bytes." },
    { 0 },
};

/* The words of o after the verb, for the program. */
static void hand_on (const struct opts *o, const char *verb)
{
    char **argv = xcalloc (o->nuses + o->argc + 4, sizeof (*argv));
    char *path = find_exec ("kvs-archive");
    size_t n = 0;

    if (!path)
        die ("cannot find flux-kvs-archive in FLUX_EXEC_PATH or beside this "
             "program");
    argv[n++] = path;
    argv[n++] = xstrdup (verb);
    for (size_t i = 0; i < o->nuses; i++) {
        const struct opt_use *use = &o->uses[i];
        if (asprintf (&argv[n++],
                      "--%s%s%s",
                      use->def->name,
                      use->value ? "=" : "",
                      use->value ? use->value : "")
            < 0)
            die ("out of memory");
    }
    argv[n++] = xstrdup ("--");
    for (int i = 0; i < o->argc; i++)
        argv[n++] = o->argv[i];
    setup_environment ();
    exec_or_die (path, argv);
}

static int run_dump (struct opts *o)
{
    if (o->argc != 1)
        die ("a file to write to is required, - for standard output");
    hand_on (o, "dump");
    return 1;
}

static int run_restore (struct opts *o)
{
    if (o->argc != 1)
        die ("a file to read is required, - for standard input");
    if (opt_count (o, "checkpoint"))
        die ("--checkpoint: the key-value store of a running instance is not "
             "replaced; start one with -S content.restore=FILE, or use "
             "--statedir");
    if (!opt_count (o, "key") == !opt_count (o, "statedir"))
        die ("one of --key and --statedir is required");
    hand_on (o, "restore");
    return 1;
}

const struct command cmd_dump = {
    .name = "dump",
    .summary = "write the key-value store to an archive",
    .usage = "[OPTIONS] OUTFILE",
    .options = { dump_options, verbosity_options },
    .section = "instance",
    .run = run_dump,
};

const struct command cmd_restore = {
    .name = "restore",
    .summary = "read an archive of the key-value store",
    .usage = "[OPTIONS] INFILE",
    .options = { restore_options, verbosity_options },
    .section = "instance",
    .run = run_restore,
};
