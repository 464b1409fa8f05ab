/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* flux job list-aside */

#include <inttypes.h>
#include <stdio.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'n', "no-header", NULL, "Print no header." },
    { 0 },
};

static int run (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *r = call_json (h, "job-manager.stats-get", 0, NULL);
    size_t i;
    json_t *entry;

    if (!opt_count (o, "no-header"))
        printf ("%-14s %s\n", "JOBID", "REASON");
    json_array_foreach (json_object_get (r, "set_aside"), i, entry)
    {
        const char *reason = "";
        json_int_t id = 0;

        json_unpack (entry, "{s:I s:s}", "id", &id, "reason", &reason);
        printf ("%-14s %s\n", id_str (id), reason);
    }
    json_decref (r);
    flux_close (h);
    return 0;
}

const struct command cmd_job_list_aside = {
    .name = "list-aside",
    .summary = "list jobs whose record could not be read at the start",
    .usage = "[-n]",
    .options = { options },
    .run = run,
};
