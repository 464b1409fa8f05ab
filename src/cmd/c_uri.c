/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <stdio.h>
#include <stdlib.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/uri.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 0, "remote", NULL, "Print the ssh:// form." },
    { 0, "local", NULL, "Print the local:// form." },
    { 0, "wait", NULL, "Wait until the job has a URI." },
    { 0 },
};

static int run (struct opts *o)
{
    flux_error_t e;
    char *uri;
    char *form;

    if (o->argc != 1)
        die_usage ("one target is required");
    if (!(uri = uri_resolve (o->argv[0], opt_count (o, "wait") > 0, &e)))
        die ("%s", e.text);
    if (opt_count (o, "remote"))
        form = uri_remote (uri);
    else if (opt_count (o, "local") || getenv ("FLUX_URI_RESOLVE_LOCAL"))
        form = uri_local (uri);
    else
        form = xstrdup (uri);
    printf ("%s\n", form);
    free (form);
    free (uri);
    return 0;
}

const struct command cmd_uri = {
    .name = "uri",
    .summary = "print the URI of an instance",
    .usage = "[OPTIONS] TARGET",
    .options = { options },
    .usage_status = 2,
    .section = "other",
    .run = run,
};
