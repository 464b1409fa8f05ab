/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <flux/core.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const struct option_def options[] = {
    { 'n', "dry-run", NULL, "Only say how many jobs would be canceled." },
    { 'm', "message", "NOTE", "Give a reason." },
    { 0, "all", NULL, "Cancel all jobs of a user (--user)." },
    { 'u', "user", "USER", "Whose jobs: a user, or all." },
    { 'S', "states", "STATES", "In which states (default active)." },
    { 'q', "quiet", NULL, "Say nothing when there are no such jobs." },
    { 0 },
};

static int cancel_ids (const struct opts *o)
{
    const char *note = opt_str (o, "message", NULL);
    flux_future_t **f = xcalloc (o->argc, sizeof (*f));
    flux_jobid_t *ids = xcalloc (o->argc, sizeof (*ids));
    flux_t *h;
    int status = 0;

    for (int i = 0; i < o->argc; i++)
        ids[i] = parse_id (o->argv[i]);
    if (opt_count (o, "dry-run")) {
        fprintf (stderr,
                 "flux-cancel: Would cancel %d job%s\n",
                 o->argc,
                 o->argc == 1 ? "" : "s");
        return 0;
    }
    h = cmd_open ();
    for (int i = 0; i < o->argc; i++) {
        if (!(f[i] = flux_job_cancel (h, ids[i], note)))
            die ("%s: %s", o->argv[i], strerror (errno));
    }
    for (int i = 0; i < o->argc; i++) {
        if (flux_rpc_get (f[i], NULL) < 0) {
            warn_msg ("%s: %s", o->argv[i], future_text (f[i]));
            status = 1;
        }
        flux_future_destroy (f[i]);
    }
    free (f);
    free (ids);
    flux_close (h);
    return status;
}

static int cancel_selected (const struct opts *o)
{
    const char *user = opt_str (o, "user", NULL);
    const char *note = opt_str (o, "message", NULL);
    uint32_t uid = user ? parse_user (user) : getuid ();
    int states = parse_states (opt_str (o, "states", "active"));
    bool dry = opt_count (o, "dry-run") > 0;
    flux_t *h = cmd_open ();
    json_t *request = json_pack ("{s:b s:I s:i s:i s:s}",
                                 "dry_run",
                                 dry,
                                 "userid",
                                 (json_int_t)uid,
                                 "states",
                                 states,
                                 "severity",
                                 0,
                                 "type",
                                 "cancel");
    json_t *r;
    int count = 0;
    int errors = 0;

    if (note)
        json_object_set_new (request, "note", json_string (note));
    r = call_json (h, "job-manager.raiseall", FLUX_NODEID_ANY, request);
    json_unpack (r, "{s?i s?i}", "count", &count, "errors", &errors);
    json_decref (r);
    flux_close (h);
    if (count > 0 && dry)
        fprintf (stderr,
                 "flux-cancel: Would cancel %d job%s\n",
                 count,
                 count == 1 ? "" : "s");
    else if (count > 0)
        fprintf (stderr,
                 "flux-cancel: Canceled %d job%s (%d error%s)\n",
                 count,
                 count == 1 ? "" : "s",
                 errors,
                 errors == 1 ? "" : "s");
    else if (!opt_count (o, "quiet"))
        fprintf (stderr, "flux-cancel: Matched 0 jobs\n");
    return errors > 0 ? 1 : 0;
}

static int run (struct opts *o)
{
    bool selects = opt_count (o, "all") || opt_count (o, "user")
                   || opt_count (o, "states");

    if (selects && o->argc > 0)
        die ("Do not specify a list of jobids with --all,--user,--states "
             "options");
    if (selects)
        return cancel_selected (o);
    if (o->argc == 0)
        die ("No target jobs were specified");
    return cancel_ids (o);
}

const struct command cmd_cancel = {
    .name = "cancel",
    .summary = "cancel one or more jobs",
    .usage = "[OPTIONS] [JOBID...]",
    .options = { options },
    .usage_status = 2,
    .section = "jobs",
    .run = run,
};
