/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A handle inside the broker: an ordinary flux_t, that of the instance's
 * owner, whose reactor is the broker's loop.  Plugins are lent one; the
 * daemon has another one for what it does as a client would.
 */

#ifndef SLUICE_JOBTAP_INPROC_H
#define SLUICE_JOBTAP_INPROC_H

#include <flux/core.h>

#include "loop/loop.h"
#include "manager/manager.h"
#include "router/router.h"

struct tap_inproc;

/* *h goes with the result.  What is answered through it waits for what was
 * posted to the manager before (NULL: leaves at once).  NULL and errno.
 */
struct tap_inproc *tap_inproc_create (struct loop *loop,
                                      struct router *router,
                                      struct manager *manager,
                                      flux_t **h);
void tap_inproc_destroy (struct tap_inproc *in); /* accepts NULL */

#endif
