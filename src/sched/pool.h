/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What there is, what is free of it, and where a request fits.
 *
 * Nodes are tried in ascending order of rank, cores in ascending order of id:
 * small jobs stay together and leave whole nodes for large ones.
 */

#ifndef SLUICE_SCHED_POOL_H
#define SLUICE_SCHED_POOL_H

#include "base/err.h"
#include "res/rset.h"
#include "wire/jobspec.h"

struct constraint;
struct pool;

struct pool *pool_create (void);
void pool_destroy (struct pool *pool); /* accepts NULL */

/* Replace what there is (copied).  What was taken and is still there stays
 * taken if the caller takes it again: afterwards everything is free.
 */
int pool_set_all (struct pool *pool, const struct rset *all);
/* Ranks that may not get new jobs, in place of the former ones.  Ranks that
 * do not exist are ignored.
 */
void pool_set_down (struct pool *pool, const struct idset *ranks);

/* The cores and GPUs of r are in use, or free again.  What does not exist is
 * ignored by both.  pool_take: -1 and EBUSY, with nothing taken, if one is
 * in use already.
 */
int pool_take (struct pool *pool, const struct rset *r);
void pool_give (struct pool *pool, const struct rset *r);

/* Choose and take resources for spec.  c may be NULL.  The caller destroys
 * the result, which has nslots set and no times.  NULL and EAGAIN if they
 * are not free now.
 */
struct rset *pool_place (struct pool *pool,
                         const struct jobspec *spec,
                         const struct constraint *c);

/* Would spec fit if everything were free (down nodes count as there)?  0, or
 * -1, EOVERFLOW and a sentence.
 */
int pool_feasible (struct pool *pool,
                   const struct jobspec *spec,
                   const struct constraint *c,
                   flux_error_t *error);

/* Why pool_place() says EAGAIN, as a sentence in buf. */
void pool_explain (struct pool *pool,
                   const struct jobspec *spec,
                   const struct constraint *c,
                   char *buf,
                   size_t size);

/* ---- looking ahead (backfill) ---- */

/* Is no core free? */
bool pool_full (struct pool *pool);
/* Would spec find its place now? */
bool pool_fits (struct pool *pool,
                const struct jobspec *spec,
                const struct constraint *c);
/* Count what r has as free, or as in use again.  Until that is undone nothing
 * may be placed, taken or given.
 */
void pool_pretend (struct pool *pool, const struct rset *r, bool is_free);

/* What one placement leaves on the nodes it would use. */
struct pool_spare {
    size_t node;
    unsigned int cores;
    unsigned int gpus;
};
/* Of the place spec would find now; *count of them, in the order of nodes.
 * The caller frees the list.  NULL: it finds none, or no memory.
 */
struct pool_spare *pool_spare_create (struct pool *pool,
                                      const struct jobspec *spec,
                                      const struct constraint *c,
                                      size_t *count);
/* From now on place nothing that takes more than is spare there; the smallest
 * of several limits counts.  And: no limits any more on these nodes.
 */
void pool_limit (struct pool *pool, const struct pool_spare *list, size_t n);
void pool_unlimit (struct pool *pool, const struct pool_spare *list, size_t n);
/* r has some of it. */
void pool_spend (struct pool *pool,
                 struct pool_spare *list,
                 size_t n,
                 const struct rset *r);

#endif
