/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Futures: results that will come (flux_future_get(3), flux_future_create(3)).
 *
 * Functions return 0, or -1 with errno.
 */

#ifndef FLUX_FUTURE_H
#define FLUX_FUTURE_H

#include <flux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* May destroy or reset f. */
typedef void (*flux_continuation_f) (flux_future_t *f, void *arg);

/* Call cb from the reactor when f is fulfilled; with timeout >= 0 seconds f is
 * fulfilled with ETIMEDOUT if nothing else did so before.
 */
int flux_future_then (flux_future_t *f,
                      double timeout,
                      flux_continuation_f cb,
                      void *arg);

/* Wait until f is fulfilled, running nothing else of the caller's.  timeout < 0
 * waits for ever, 0 takes only what has come.  ETIMEDOUT (f stays as it is),
 * EDEADLK: nothing could fulfill it.
 */
int flux_future_wait_for (flux_future_t *f, double timeout);

bool flux_future_is_ready (flux_future_t *f);

/* Drop the present result, for the next one; continuation and timeout begin
 * anew.  A fatal error stays.
 */
void flux_future_reset (flux_future_t *f);

void flux_future_destroy (flux_future_t *f);

/* As flux_msg_aux_get; also what hangs on the future it was fulfilled with.
 */
void *flux_future_aux_get (flux_future_t *f, const char *name);
int flux_future_aux_set (flux_future_t *f,
                         const char *name,
                         void *aux,
                         flux_free_f destroy);

/* Sets up what will fulfill f on flux_future_get_reactor (f) or
 * flux_future_get_flux (f); called at most once for each of the two ways to
 * wait.
 */
typedef void (*flux_future_init_f) (flux_future_t *f, void *arg);

/* A future; NULL and ENOMEM.  init is called when somebody first waits. */
flux_future_t *flux_future_create (flux_future_init_f cb, void *arg);

/* The result, which stays f's; waits for it.  -1 and the errno f was fulfilled
 * with.
 */
int flux_future_get (flux_future_t *f, const void **result);

/* Fulfill f; more results wait for a reset.  free_fn (or NULL) frees result.
 */
void flux_future_fulfill (flux_future_t *f, void *result, flux_free_f free_fn);
void flux_future_fulfill_error (flux_future_t *f,
                                int errnum,
                                const char *errstr);

/* Fulfill f with what p has, and keep p.  EAGAIN: p has nothing yet; EEXIST: f
 * has another source.
 */
int flux_future_fulfill_with (flux_future_t *f, flux_future_t *p);

/* An error that goes before all results, and stays. */
void flux_future_fatal_error (flux_future_t *f, int errnum, const char *errstr);

/* The text of a failure of f, or of errno. */
#define future_strerror(__f, __errno)                                 \
    (flux_future_has_error ((__f)) ? flux_future_error_string ((__f)) \
                                   : flux_strerror ((__errno)))

/* Is the present result an error; and its text, or NULL. */
bool flux_future_has_error (flux_future_t *f);
const char *flux_future_error_string (flux_future_t *f);

/* What f works with.  Get answers, while f is waited for synchronously, a
 * clone or a temporary reactor.
 */
void flux_future_set_flux (flux_future_t *f, flux_t *h);
flux_t *flux_future_get_flux (flux_future_t *f);

void flux_future_set_reactor (flux_future_t *f, flux_reactor_t *r);
flux_reactor_t *flux_future_get_reactor (flux_future_t *f);

void flux_future_incref (flux_future_t *f);
void flux_future_decref (flux_future_t *f);

/* A future of futures, fulfilled when all are, or the first is
 * (flux_future_wait_all_create(3)).
 */
flux_future_t *flux_future_wait_all_create (void);
flux_future_t *flux_future_wait_any_create (void);

/* Give f to cf, which destroys it in the end.  EEXIST: the name is taken. */
int flux_future_push (flux_future_t *cf, const char *name, flux_future_t *f);

/* The names, one after another; NULL at the end. */
const char *flux_future_first_child (flux_future_t *cf);
const char *flux_future_next_child (flux_future_t *cf);

flux_future_t *flux_future_get_child (flux_future_t *cf, const char *name);

/* The next future of f, the same from both functions: cb is called when f is
 * fulfilled with a result, or with an error, and says what becomes of the next;
 * if it does not, that is fulfilled as f was.  The next keeps f and destroys
 * it in the end unless the user did.
 */
flux_future_t *flux_future_and_then (flux_future_t *f,
                                     flux_continuation_f cb,
                                     void *arg);

flux_future_t *flux_future_or_then (flux_future_t *f,
                                    flux_continuation_f cb,
                                    void *arg);

/* Let f, which is given away, fulfill the next of prev; NULL: something else
 * will.
 */
int flux_future_continue (flux_future_t *prev, flux_future_t *f);

void flux_future_continue_error (flux_future_t *prev,
                                 int errnum,
                                 const char *errstr);

int flux_future_fulfill_next (flux_future_t *prev,
                              void *result,
                              flux_free_f free_fn);

#ifdef __cplusplus
}
#endif

#endif
