/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The event "heartbeat.pulse", every two seconds. */

#include <errno.h>
#include <stdlib.h>

#include "daemon/parts.h"

#define HEARTBEAT_PERIOD 2.

struct heartbeat {
    struct broker *b;
    struct loop_source *timer;
    unsigned int count;
};

static void timer_cb (struct loop_source *src, int revents, void *arg)
{
    struct heartbeat *hb = arg;

    hb->count++;
    (void)router_publish (hb->b->router, "heartbeat.pulse", 0, NULL);
}

int heartbeat_start (struct broker *b, void **data, flux_error_t *error)
{
    struct heartbeat *hb;

    if (!(hb = calloc (1, sizeof (*hb))))
        return err_set (error, ENOMEM, "out of memory");
    hb->b = b;
    hb->timer = loop_timer_create (b->loop,
                                   LOOP_ALWAYS,
                                   HEARTBEAT_PERIOD,
                                   HEARTBEAT_PERIOD,
                                   timer_cb,
                                   hb);
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
