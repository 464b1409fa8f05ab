/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <pwd.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>
#include <jansson.h>

#include "cmd/cmd.h"
#include "cmd/fsd.h"
#include "cmd/list.h"
#include "cmd/options.h"
#include "cmd/util.h"

static const char *attr (flux_t *h, const char *name, const char *def)
{
    const char *s = flux_attr_get (h, name);

    return s ? s : def;
}

static void print_first_line (flux_t *h, const char *state, double seconds)
{
    uid_t uid = strtoul (attr (h, "security.owner", "0"), NULL, 10);
    struct passwd *pw = getpwuid (uid);
    time_t now = flux_reactor_time ();
    struct tm tm;
    char clock[32];
    char duration[32];
    char owner[64];

    localtime_r (&now, &tm);
    strftime (clock, sizeof (clock), "%T", &tm);
    /* people do not count parts of a second here */
    if (seconds < 60.)
        snprintf (duration, sizeof (duration), "%.0fs", floor (seconds));
    else
        fsd_format (duration, sizeof (duration), seconds);
    if (pw)
        snprintf (owner, sizeof (owner), "%s", pw->pw_name);
    else
        snprintf (owner, sizeof (owner), "%u", (unsigned)uid);
    printf (" %s %s %s,  owner %s,  depth %s,  size %s",
            clock,
            state,
            duration,
            owner,
            attr (h, "instance-level", "0"),
            attr (h, "size", "1"));
}

static void print_nodes (flux_t *h)
{
    json_t *r = call_json (h, "resource.status", 0, NULL);
    const char *offline = "";
    const char *targets;
    struct idset *ids;
    json_t *d;
    size_t drained = 0;

    json_object_foreach (json_object_get (r, "drain"), targets, d)
    {
        if ((ids = idset_decode (targets)))
            drained += idset_count (ids);
        idset_destroy (ids);
    }
    if (drained > 0)
        printf (",  %zu drained", drained);
    json_unpack (r, "{s?s}", "offline", &offline);
    if ((ids = idset_decode (offline)) && idset_count (ids) > 0)
        printf (",  %zu offline", idset_count (ids));
    idset_destroy (ids);
    json_decref (r);
}

static void queue_state (flux_t *h, const char *name, bool *enable, bool *start)
{
    json_t *r =
        call_json (h,
                   "job-manager.queue-status",
                   0,
                   name ? json_pack ("{s:s}", "name", name) : json_object ());
    int e = 0;
    int s = 0;

    json_unpack (r, "{s?b s?b}", "enable", &e, "start", &s);
    *enable |= e;
    *start |= s;
    json_decref (r);
}

static void print_queues (flux_t *h)
{
    json_t *r = call_json (h, "job-manager.queue-list", FLUX_NODEID_ANY, NULL);
    json_t *queues = json_object_get (r, "queues");
    bool enable = false;
    bool start = false;
    size_t i;
    json_t *q;

    if (json_array_size (queues) == 0)
        queue_state (h, NULL, &enable, &start);
    json_array_foreach (queues, i, q)
        queue_state (h, json_string_value (q), &enable, &start);
    if (!enable)
        printf ("  submit disabled%s", start ? "\n" : ", ");
    if (!start)
        printf ("%sscheduling stopped\n", enable ? "  " : "");
    json_decref (r);
}

/* What the owner should look after.  Guests may not be told. */
static void print_troubles (flux_t *h)
{
    flux_future_t *f = flux_rpc (h, "job-manager.stats-get", NULL, 0, 0);
    int aside = 0;
    int full = 0;

    if (f
        && flux_rpc_get_unpack (f,
                                "{s?i s?{s?b}}",
                                "unreplayable_jobs",
                                &aside,
                                "store",
                                "full",
                                &full)
               == 0) {
        if (aside > 0)
            printf ("  %d job%s set aside: see flux job list-aside\n",
                    aside,
                    aside == 1 ? "" : "s");
        if (full)
            printf ("  the job store's disk is full\n");
    }
    flux_future_destroy (f);
}

static int run (struct opts *o)
{
    flux_t *h = cmd_open ();
    json_t *r = call_json (h, "state-machine.get", FLUX_NODEID_ANY, NULL);
    const char *state = "unknown";
    double seconds = 0.;
    double start;
    bool running;

    json_unpack (r, "{s?s s?F}", "state", &state, "duration", &seconds);
    running = !strcmp (state, "run");
    if (running && flux_get_instance_starttime (h, &start) == 0)
        seconds = flux_reactor_time () - start;
    print_first_line (h, state, seconds);
    if (running)
        print_nodes (h);
    printf ("\n");
    if (running)
        print_queues (h);
    if (running)
        print_troubles (h);
    json_decref (r);
    flux_close (h);
    return 0;
}

const struct command cmd_uptime = {
    .name = "uptime",
    .summary = "tell how long the instance has been up, and its state",
    .usage = "",
    .section = "instance",
    .run = run,
};
