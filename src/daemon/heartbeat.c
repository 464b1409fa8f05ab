/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The event "heartbeat.pulse", as often as flux-config-heartbeat(5) says. */

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/fsd.h"
#include "daemon/config.h"
#include "daemon/heartbeat.h"
#include "daemon/parts.h"

#define HEARTBEAT_PERIOD 2.

struct heartbeat {
    struct broker *b;
    struct loop_source *timer;
};

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    struct heartbeat *hb = arg;

    (void)router_publish (hb->b->router, "heartbeat.pulse", 0, NULL);
}

int heartbeat_period (struct broker *b, double *period, flux_error_t *error)
{
    const char *text = NULL;

    *period = HEARTBEAT_PERIOD;
    if (json_unpack ((json_t *)config_get (b),
                     "{s?{s?s}}",
                     "heartbeat",
                     "period",
                     &text)
        < 0)
        return err_set (error, EINVAL, "heartbeat.period is not a string");
    return text ? heartbeat_decode (text, period, error) : 0;
}

int heartbeat_decode (const char *text, double *period, flux_error_t *error)
{
    double t;

    if (fsd_decode (text, &t) < 0 || !(t > 0.) || t > HEARTBEAT_PERIOD_MAX)
        return err_set (error,
                        EINVAL,
                        "heartbeat: period %s: not a duration above 0 and "
                        "below a day",
                        text);
    *period = t;
    return 0;
}

void heartbeat_set (struct broker *b, double period)
{
    struct heartbeat *hb = broker_part (b, "heartbeat");

    if (hb)
        loop_timer_set (hb->timer, period > 0. ? period : -1., period);
}

int heartbeat_start (struct broker *b, void **data, flux_error_t *error)
{
    struct heartbeat *hb;
    double period;

    if (heartbeat_period (b, &period, error) < 0)
        return -1;
    if (!(hb = calloc (1, sizeof (*hb))))
        return err_set (error, ENOMEM, "out of memory");
    hb->b = b;
    hb->timer =
        loop_timer_create (b->loop, LOOP_ALWAYS, period, period, timer_cb, hb);
    if (!hb->timer) {
        free (hb);
        return err_set (error, ENOMEM, "out of memory");
    }
    *data = hb;
    return 0;
}

void heartbeat_stop (struct broker *b, void *data)
{
    struct heartbeat *hb = data;

    loop_source_destroy (hb->timer);
    free (hb);
}
