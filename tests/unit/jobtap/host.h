/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The manager's instance under a virtual clock, with a plugin host and one
 * plugin that lives in the test program: what it does is a function.
 */

#ifndef SLUICE_TESTS_JOBTAP_HOST_H
#define SLUICE_TESTS_JOBTAP_HOST_H

#include <errno.h>
#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../manager/harness.h"
#include "builtins.h"
#include "jobtap/jobtap.h"
#include "tap.h"

struct host {
    struct inst *t;
    struct jobtap *jt;
    flux_plugin_t *p; /* of .test */
    flux_t *h;
    char calls[8192]; /* topics, each with a space after it */
    flux_plugin_f cb; /* called for every topic; NULL: nothing is done */
    int done;         /* for callbacks to count */
};

static struct host *host_now; /* for flux_plugin_init, which has no argument */

static int host_cb (flux_plugin_t *p,
                    const char *topic,
                    flux_plugin_arg_t *args,
                    void *arg)
{
    struct host *o = arg;

    if (strlen (o->calls) + strlen (topic) + 2 < sizeof (o->calls)) {
        strcat (o->calls, topic);
        strcat (o->calls, " ");
    }
    return o->cb ? o->cb (p, topic, args, o) : 0;
}

static int host_init (flux_plugin_t *p)
{
    host_now->p = p;
    return flux_plugin_add_handler (p, "*", host_cb, host_now);
}

static const struct jobtap_builtin host_builtins[] = {
    { ".priority-default", priority_default_init },
    { ".test", host_init },
    { NULL, NULL },
};

/* o is zeroed by the caller; cb may be set before. */
static inline void host_start_config (struct host *o,
                                      unsigned int cores,
                                      const char *config)
{
    struct jobtap_config cfg = {
        .builtins = host_builtins,
        .config = config,
        .searchpath = ":/nonexistent:" TEST_PLUGINS,
    };
    flux_error_t error;

    o->t = inst_create (&(struct inst_opt){ .cores = cores, .silent = true });
    cfg.loop = o->t->loop;
    cfg.router = o->t->router;
    cfg.manager = o->t->m;
    host_now = o;
    if (!(o->jt = jobtap_create (&cfg, &error)))
        bail_out ("jobtap_create: %s", error.text);
    manager_set_plugins (o->t->m, jobtap_ops (o->jt));
    if (!(o->h = flux_jobtap_get_flux (o->p)))
        bail_out ("flux_jobtap_get_flux");
    o->calls[0] = '\0';
}

static inline void host_start (struct host *o)
{
    host_start_config (o, 4, NULL);
}

static inline void host_stop (struct host *o)
{
    struct inst *t = o->t;

    /* The loop has to outlive the host, the manager need not. */
    manager_destroy (t->m);
    t->m = NULL;
    jobtap_destroy (o->jt);
    inst_destroy (t);
}

/* Submit a job of one core; extra goes into attributes.system. */
static inline uint64_t host_submit (struct host *o, const char *extra)
{
    char *spec = make_jobspec (10., 60., extra);
    uint64_t id = inst_submit (o->t, spec, 16, 0);

    free (spec);
    return id;
}

static inline int host_state (struct host *o, uint64_t id)
{
    struct job *job = manager_job (o->t->m, id);

    return job ? job->state : 0;
}

#endif
