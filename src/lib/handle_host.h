/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the broker needs of the library to lend plugins a handle.
 *
 * A plugin's flux_t is an ordinary handle whose connector hands messages to
 * the router in the same process and whose reactor is the broker's loop.
 * Two things differ from a client's handle, and both are here: the reactor
 * is borrowed, and when the plugin waits for a reply the broker has to go on
 * turning.  These symbols are exported from libflux-core.so for flux-broker
 * alone; they are no part of the public interface.
 */

#ifndef SLUICE_LIB_HANDLE_HOST_H
#define SLUICE_LIB_HANDLE_HOST_H

#include <flux/core.h>

struct loop;

/* A reactor on a loop that the caller owns and keeps.  Its watchers are
 * LOOP_HOLDABLE: while the loop is held they are set aside, not lost.
 */
flux_reactor_t *flux_priv_reactor_wrap (struct loop *loop);

struct flux_priv_host {
    /* A synchronous wait on this handle begins (true) or ends (false);
     * the host holds and releases its loop here.  Calls nest.
     */
    void (*wait) (void *arg, bool begin);
    /* Turn the host's loop once, sleeping until something happens but no
     * longer than timeout seconds (< 0: no limit).  After it returns the
     * connector's recv is asked again.
     */
    void (*turn) (void *arg, double timeout);
    /* The response with this matchtag is now being waited for
     * synchronously.  A host that can never answer while it waits (the job
     * manager itself) makes the connector deliver an EDEADLK response.
     */
    void (*awaits) (void *arg, uint32_t matchtag);
    void *arg; /* given to each of the above */
};

/* Make h, created by flux_handle_create() with the connector of the host,
 * a hosted handle.  host is copied.  Clones share it.
 */
int flux_priv_handle_set_host (flux_t *h, const struct flux_priv_host *host);

#endif
