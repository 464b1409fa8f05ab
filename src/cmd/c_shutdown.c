/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 0, "background", NULL, "Do not wait for the end." },
    { 0, "quiet", NULL, "Show only warnings and errors." },
    { 0, "verbose", "[LEVEL]", "Show all messages." },
    { 0, "dump", "PATH", "Leave a copy of the contents in PATH." },
    { 0, "gc", NULL, "The same as --dump=auto." },
    { 0, "skip-gc", NULL, "Leave no copy, whatever was set before." },
    { 'y', "yes", NULL, "Answer yes to questions." },
    { 'n', "no", NULL, "Answer no to questions." },
    { 0 },
};

static void set_dump (flux_t *h, const struct opts *o)
{
    const char *dump = opt_str (o, "dump", opt_count (o, "gc") ? "auto" : NULL);

    if (opt_count (o, "skip-gc"))
        dump = "";
    if (dump && flux_attr_set (h, "content.dump", dump) < 0)
        die ("content.dump: %s", strerror (errno));
}

/* Messages until the stream ends; an instance that goes away is the end that
 * was asked for.
 */
static void show (flux_future_t *f)
{
    const char *s;

    while (flux_rpc_get_unpack (f, "{s:s}", "log", &s) == 0) {
        size_t n = strlen (s);
        fprintf (stderr, "%s%s", s, n > 0 && s[n - 1] == '\n' ? "" : "\n");
        flux_future_reset (f);
    }
    if (errno != ENODATA && errno != ECONNRESET && errno != EPIPE)
        die ("%s", future_text (f));
}

static int run (struct opts *o)
{
    int level = LOG_INFO;
    bool background = opt_count (o, "background") > 0;
    flux_future_t *f;
    flux_t *h;

    if (opt_count (o, "quiet"))
        level = LOG_WARNING;
    if (opt_count (o, "verbose"))
        level = LOG_DEBUG;
    if (o->argc > 1)
        die ("more than one target");
    if (o->argc == 1)
        setenv ("FLUX_URI", o->argv[0], 1);
    h = cmd_open ();
    set_dump (h, o);
    f = flux_rpc_pack (h,
                       "shutdown.start",
                       FLUX_NODEID_ANY,
                       background ? 0 : FLUX_RPC_STREAMING,
                       "{s:i}",
                       "loglevel",
                       level);
    if (background)
        get_or_die (f, NULL);
    else if (f)
        show (f);
    flux_future_destroy (f);
    flux_close (h);
    return 0;
}

const struct command cmd_shutdown = {
    .name = "shutdown",
    .summary = "end the instance",
    .usage = "[OPTIONS] [URI]",
    .options = { options },
    .section = "instance",
    .run = run,
};
