/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include <flux/core.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/severity.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 's',
      "severity",
      "SEVERITY",
      "emerg alert crit err warning notice info "
      "debug (default notice)." },
    { 'n', "appname", "NAME", "Log in this name (default logger)." },
    { 0 },
};

static int run (struct opts *o)
{
    const char *name = opt_str (o, "severity", "notice");
    int severity = severity_parse (name);
    char *message;
    flux_t *h;

    if (severity < 0)
        die ("--severity: '%s' is not a severity", name);
    if (o->argc == 0)
        die ("a message is required");
    message = join_words (o->argc, o->argv);
    h = cmd_open ();
    flux_log_set_appname (h, opt_str (o, "appname", "logger"));
    if (flux_log (h, severity, "%s", message) < 0)
        die ("%s", strerror (errno));
    free (message);
    flux_close (h);
    return 0;
}

const struct command cmd_logger = {
    .name = "logger",
    .summary = "write a message to the instance's log",
    .usage = "[OPTIONS] MESSAGE...",
    .options = { options },
    .section = "instance",
    .run = run,
};
