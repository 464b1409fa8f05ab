/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* job-list.list-id, which may wait for a state. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "tap.h"
#include "view/view.h"

static uint32_t ask (struct inst *t,
                     struct router_client *c,
                     uint64_t id,
                     int state)
{
    char json[128];

    snprintf (json,
              sizeof (json),
              "{\"id\":%" PRIu64 ",\"attrs\":[\"state\"],\"state\":%d}",
              id,
              state);
    return inst_send (t, c, "job-list.list-id", json);
}

static bool waits (struct inst *t, int n)
{
    char want[32];
    struct answer *a = inst_rpc (t, "job-list.stats-get", NULL);

    snprintf (want, sizeof (want), "\"waits\":%d", n);
    return a && a->text && strstr (a->text, want);
}

int main (void)
{
    struct inst *t = inst_create (&(struct inst_opt){ .cores = 1 });
    struct router_client *gone = inst_client (t, true);
    struct view *view;
    char *spec = make_jobspec (10., 100., NULL);
    uint32_t run, inactive;
    struct answer *a;
    flux_error_t error;
    uint64_t id;

    if (!(view = view_create (t->m, &error)))
        bail_out ("%s", error.text);
    inst_submit (t, spec, 16, 0);
    id = inst_submit (t, spec, 16, 0); /* has to wait for the core */
    run = ask (t, t->owner, id, FLUX_JOB_STATE_RUN);
    inactive = ask (t, t->owner, id, FLUX_JOB_STATE_INACTIVE);
    ask (t, gone, id, FLUX_JOB_STATE_INACTIVE);
    ok (!inst_answer (t, run), "a state that is to come is waited for");
    while (!(a = inst_answer (t, run)) && loop_turn (t->loop, true))
        ;
    ok (a && a->text && strstr (a->text, "\"state\":16"), "it has come");
    ok (!inst_answer (t, inactive) && waits (t, 2), "another has not yet");
    router_client_remove (gone);
    ok (waits (t, 1), "who has gone waits no more");
    inst_run (t);
    a = inst_answer (t, inactive);
    ok (a && a->text && strstr (a->text, "\"state\":64"),
        "a job that ended is in the store");
    ok (waits (t, 0), "nobody waits");
    a = inst_answer (t, ask (t, t->owner, id, FLUX_JOB_STATE_RUN));
    ok (a && a->text && strstr (a->text, "\"state\":64"),
        "a state that is past is not waited for");
    a = inst_answer (t, ask (t, t->owner, id + 1, FLUX_JOB_STATE_RUN));
    ok (a && a->errnum == ENOENT, "no such job");

    free (spec);
    manager_destroy (t->m);
    t->m = NULL;
    view_destroy (view);
    inst_destroy (t);
    return done_testing ();
}
