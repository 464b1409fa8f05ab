/* SPDX-License-Identifier: LGPL-3.0-or-later */

#ifndef FLUX_WATCHER_H
#define FLUX_WATCHER_H

#include <flux/types.h>
#include <flux/reactor.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called when a watcher fires; revents has FLUX_POLL* bits for descriptors and
 * handles and is 0 else.  It may stop, start, change and destroy any watcher,
 * its own too.  Create functions return a stopped watcher, or NULL with EINVAL
 * or ENOMEM; cb may be NULL.
 */
typedef void (*flux_watcher_f) (flux_reactor_t *r,
                                flux_watcher_t *w,
                                int revents,
                                void *arg);

/* Which check watchers run first: 2 (first) to -2; values beyond are brought
 * into the range.  No effect on other kinds.
 */
void flux_watcher_set_priority (flux_watcher_t *w, int priority);

/* Starting an active or stopping an inactive watcher does nothing.  unref: it
 * does not keep the reactor running any more; ref: again.  destroy stops
 * first; all accept NULL.
 */
void flux_watcher_start (flux_watcher_t *w);
void flux_watcher_stop (flux_watcher_t *w);
void flux_watcher_ref (flux_watcher_t *w);
void flux_watcher_unref (flux_watcher_t *w);
void flux_watcher_destroy (flux_watcher_t *w);
/* When a timer or periodic fires next, seconds since the epoch; < 0 and EINVAL
 * for other kinds.
 */
double flux_watcher_next_wakeup (flux_watcher_t *w);
bool flux_watcher_is_active (flux_watcher_t *w);
bool flux_watcher_is_referenced (flux_watcher_t *w);

flux_watcher_t *flux_handle_watcher_create (flux_reactor_t *r,
                                            flux_t *h,
                                            int events,
                                            flux_watcher_f cb,
                                            void *arg);
flux_t *flux_handle_watcher_get_flux (flux_watcher_t *w);

/* Level triggered; events is of FLUX_POLLIN and FLUX_POLLOUT.  EINVAL for a
 * negative fd.
 */
flux_watcher_t *flux_fd_watcher_create (flux_reactor_t *r,
                                        int fd,
                                        int events,
                                        flux_watcher_f cb,
                                        void *arg);
int flux_fd_watcher_get_fd (flux_watcher_t *w);

/* Fires after seconds from reactor time, then every repeat seconds; repeat 0:
 * once, and it is stopped before the callback.  Restarted, it begins with the
 * delay it had.  EINVAL for negative times.
 */
flux_watcher_t *flux_timer_watcher_create (flux_reactor_t *r,
                                           double after,
                                           double repeat,
                                           flux_watcher_f cb,
                                           void *arg);

/* Change the times; an active timer starts over, an inactive one stays so. */
void flux_timer_watcher_reset (flux_watcher_t *w, double after, double repeat);

/* Start over with repeat as the delay; stop if repeat is 0. */
void flux_timer_watcher_again (flux_watcher_t *w);

/* Asked for the next wall clock time; one before now stops the watcher.  It
 * must not destroy it.
 */
typedef double (*flux_reschedule_f) (flux_watcher_t *w, double now, void *arg);

/* Fires at wall clock times: as reschedule_cb says; else at offset + N *
 * interval; else, with interval 0, once at offset.
 */
flux_watcher_t *flux_periodic_watcher_create (flux_reactor_t *r,
                                              double offset,
                                              double interval,
                                              flux_reschedule_f reschedule_cb,
                                              flux_watcher_f cb,
                                              void *arg);

/* Change the settings and start over, also if it was stopped. */
void flux_periodic_watcher_reset (flux_watcher_t *w,
                                  double next_wakeup,
                                  double interval,
                                  flux_reschedule_f reschedule_cb);

/* Before the reactor sleeps. */
flux_watcher_t *flux_prepare_watcher_create (flux_reactor_t *r,
                                             flux_watcher_f cb,
                                             void *arg);

/* After it slept, before other callbacks. */
flux_watcher_t *flux_check_watcher_create (flux_reactor_t *r,
                                           flux_watcher_f cb,
                                           void *arg);

/* When nothing else fired; the reactor does not sleep while one is active. */
flux_watcher_t *flux_idle_watcher_create (flux_reactor_t *r,
                                          flux_watcher_f cb,
                                          void *arg);

/* A signal belongs to one reactor of a process at a time. */
flux_watcher_t *flux_signal_watcher_create (flux_reactor_t *r,
                                            int signum,
                                            flux_watcher_f cb,
                                            void *arg);

int flux_signal_watcher_get_signum (flux_watcher_t *w);

/* Fires when the status of path changes; interval (seconds, 0 for a default)
 * is how often to look where the system does not tell.  get_rstat fills in the
 * status now and before (either may be NULL); st_nlink 0: no such file.
 */
flux_watcher_t *flux_stat_watcher_create (flux_reactor_t *r,
                                          const char *path,
                                          double interval,
                                          flux_watcher_f cb,
                                          void *arg);
int flux_stat_watcher_get_rstat (flux_watcher_t *w,
                                 struct stat *stat,
                                 struct stat *prev);

#ifdef __cplusplus
}
#endif

#endif
