/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_REACTOR_H
#define FLUX_REACTOR_H

#include <flux/types.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Reactors: where watchers wait (flux_reactor_create(3)).
 *
 * NOWAIT: one turn, without sleeping.  ONCE: one turn, sleeping until at least
 * one watcher has run.
 */
enum {
    FLUX_REACTOR_NOWAIT = 1,
    FLUX_REACTOR_ONCE = 2,

};

/* A new reactor with one reference; flags is 0.  NULL and EINVAL or ENOMEM.
 */
flux_reactor_t *flux_reactor_create (int flags);
/* Drop a reference.  Watchers hold references too, so a reactor goes with the
 * last of them.  NULL is allowed; errno is kept.
 */
void flux_reactor_destroy (flux_reactor_t *r);
void flux_reactor_incref (flux_reactor_t *r);
void flux_reactor_decref (flux_reactor_t *r);

/* Run watchers until no active, referenced one is left, until stopped, or as
 * flags say.  Runs may be nested in callbacks; a stop ends the innermost.
 * Returns the number of active referenced watchers, or -1: the errno given to
 * flux_reactor_stop_error, EINVAL for bad arguments, EDEADLK on a reactor that
 * is the broker's (a plugin's), which only the broker runs.
 */
int flux_reactor_run (flux_reactor_t *r, int flags);

/* End the run after the callback that calls this; with _error the run returns
 * -1 and the errno of the time of the call.
 */
void flux_reactor_stop (flux_reactor_t *r);
void flux_reactor_stop_error (flux_reactor_t *r);

/* The time of this turn, seconds since the epoch; _update reads the clock
 * again.  Timers count from it.
 */
double flux_reactor_now (flux_reactor_t *r);
void flux_reactor_now_update (flux_reactor_t *r);
/* The system's time, seconds since the epoch. */
double flux_reactor_time (void);

#ifdef __cplusplus
}
#endif

#endif
