/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* .validate-duration: a job may not ask for more time than is left of the
 * instance, if its resources expire (as those of an instance that is itself a
 * job of another).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/core.h>
#include <flux/jobtap.h>
#include <jansson.h>

#include "builtins.h"
#include "fsd.h"

#define AUX "expiration"

struct lifetime {
    flux_t *h;
    double expiration; /* seconds since the epoch; 0: never */
    flux_future_t *get;
    flux_future_t *journal;
};

/* Streams end only when they are told to. */
static void cancel_journal (struct lifetime *life)
{
    if (life->journal)
        flux_future_destroy (
            flux_rpc_pack (life->h,
                           "resource.journal-cancel",
                           FLUX_NODEID_ANY,
                           FLUX_RPC_NORESPONSE,
                           "{s:i}",
                           "matchtag",
                           (int)flux_rpc_get_matchtag (life->journal)));
}

static void lifetime_destroy (struct lifetime *life)
{
    if (life) {
        cancel_journal (life);
        flux_future_destroy (life->get);
        flux_future_destroy (life->journal);
        free (life);
    }
}

static void get_cb (flux_future_t *f, void *arg)
{
    struct lifetime *life = arg;
    double expiration = 0.;

    if (flux_rpc_get_unpack (f,
                             "{s:{s:{s?F}}}",
                             "R",
                             "execution",
                             "expiration",
                             &expiration)
        == 0)
        life->expiration = expiration;
    flux_future_destroy (f);
    life->get = NULL;
}

/* The instance may be given more time, or less, as it runs. */
static void journal_cb (flux_future_t *f, void *arg)
{
    struct lifetime *life = arg;
    json_t *events;
    json_t *event;
    size_t i;

    if (flux_rpc_get_unpack (f, "{s:o}", "events", &events) < 0) {
        flux_future_destroy (f);
        life->journal = NULL;
        return;
    }
    json_array_foreach (events, i, event)
    {
        const char *name;
        double expiration;

        if (json_unpack (event,
                         "{s:s s:{s:F}}",
                         "name",
                         &name,
                         "context",
                         "expiration",
                         &expiration)
                == 0
            && !strcmp (name, "resource-update"))
            life->expiration = expiration;
    }
    flux_future_reset (f);
}

static int validate_cb (flux_plugin_t *p,
                        const char *topic,
                        flux_plugin_arg_t *args,
                        void *arg)
{
    flux_reactor_t *r = flux_get_reactor (flux_jobtap_get_flux (p));
    struct lifetime *life = flux_plugin_aux_get (p, AUX);
    char want[32];
    char have[32];
    double duration = 0.;
    double left;

    if (!life || life->expiration == 0.)
        return 0;
    if (flux_plugin_arg_unpack (args,
                                FLUX_PLUGIN_ARG_IN,
                                "{s:{s:{s?{s?F}}}}",
                                "jobspec",
                                "attributes",
                                "system",
                                "duration",
                                &duration)
        < 0)
        return flux_jobtap_reject_job (p,
                                       args,
                                       "%s",
                                       flux_plugin_arg_strerror (args));
    left = life->expiration - flux_reactor_now (r);
    if (left < 0.)
        left = 0.;
    if (duration <= left)
        return 0;
    plugin_fsd_format (want, sizeof (want), duration);
    plugin_fsd_format (have, sizeof (have), left);
    return flux_jobtap_reject_job (p,
                                   args,
                                   "job duration (%s) exceeds remaining "
                                   "instance lifetime (%s)",
                                   want,
                                   have);
}

static int ask (flux_t *h, struct lifetime *life)
{
    life->h = h;
    life->get = flux_rpc (h, "resource.get", NULL, FLUX_NODEID_ANY, 0);
    life->journal = flux_rpc (h,
                              "resource.journal",
                              NULL,
                              FLUX_NODEID_ANY,
                              FLUX_RPC_STREAMING);
    if (!life->get || !life->journal
        || flux_future_then (life->get, -1., get_cb, life) < 0
        || flux_future_then (life->journal, -1., journal_cb, life) < 0)
        return -1;
    return 0;
}

static const struct flux_plugin_handler handlers[] = {
    { "job.validate", validate_cb, NULL },
    { NULL, NULL, NULL },
};

int validate_duration_init (flux_plugin_t *p)
{
    struct lifetime *life = calloc (1, sizeof (*life));

    if (!life || ask (flux_jobtap_get_flux (p), life) < 0
        || flux_plugin_aux_set (p, AUX, life, (flux_free_f)lifetime_destroy)
               < 0) {
        lifetime_destroy (life);
        return -1;
    }
    return flux_plugin_register (p, ".validate-duration", handlers);
}
