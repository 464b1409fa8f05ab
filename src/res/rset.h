/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A set of resources: what an R (RFC 20, version 1) says, as typed data.
 *
 * One entry for each rank, in ascending order of rank, each with the ids of
 * its cores and of its GPUs.  A rank may have none of either; an entry whose
 * both sets are empty names a node as such.  Beside the entries stand the
 * host names, named sets of ranks (properties) and the time for which the
 * resources are given.  What a scheduler attached (R's "scheduling") is kept
 * as text that nobody here reads.
 *
 * Everything in a struct rset belongs to it.  Fields may be read directly;
 * they are changed only by the functions here, which keep the order.
 * Functions that make or change a set return NULL or -1 with errno (ENOMEM
 * where nothing else is said), and after a failure a changed set is as it
 * was before unless noted.
 */

#ifndef SLUICE_RES_RSET_H
#define SLUICE_RES_RSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <flux/hostlist.h>
#include <flux/idset.h>

struct rset_node {
    unsigned int rank;
    struct idset *cores; /* never NULL */
    struct idset *gpus;  /* NULL: none */
    char *host;          /* NULL: not known */
};

struct rset_property {
    char *name;
    struct idset *ranks;
};

struct rset {
    struct rset_node *nodes; /* count entries, ascending and unique ranks */
    size_t count;
    size_t alloced;
    struct rset_property *properties; /* nproperties entries, by name */
    size_t nproperties;
    double starttime;  /* seconds since the epoch; 0: not said */
    double expiration; /* seconds since the epoch; 0: unlimited */
    int nslots;        /* -1: not said */
    char *scheduling;  /* JSON text; NULL: none */
};

/* An empty set: no nodes, no times, nslots -1. */
struct rset *rset_create (void);
void rset_destroy (struct rset *r); /* accepts NULL; keeps errno */
struct rset *rset_copy (const struct rset *r);

/* Add ids to a rank, creating its entry; a NULL or empty set adds the rank
 * alone.  The sets are read, not kept.  host may be NULL: a name already
 * known stays.  EINVAL if the rank is known under another name, or is above
 * RSET_MAX_RANK.
 */
#define RSET_MAX_RANK 0xfffffff
int rset_add (struct rset *r,
              unsigned int rank,
              const char *host,
              const struct idset *cores,
              const struct idset *gpus);

/* As rset_add for one core or GPU id. */
int rset_add_core (struct rset *r, unsigned int rank, unsigned int core);
int rset_add_gpu (struct rset *r, unsigned int rank, unsigned int gpu);

/* Forget a rank with all it has, also from the properties. */
void rset_remove_rank (struct rset *r, unsigned int rank);

/* The entry of a rank, or NULL.  Good until the set is next changed. */
struct rset_node *rset_find (const struct rset *r, unsigned int rank);
/* The entry of a host name (the first with that name), or NULL. */
struct rset_node *rset_find_host (const struct rset *r, const char *host);

/* Name the nodes, in ascending order of rank.  EINVAL unless there are as
 * many names as entries.  rset_nodelist makes the list again; a node without
 * a name appears as "-" so that the order still tells the rank.
 */
int rset_set_nodelist (struct rset *r, struct hostlist *hl);
struct hostlist *rset_nodelist (const struct rset *r);

/* Properties.  Setting adds ranks to those that have the property already;
 * ranks outside the set are refused with ENOENT.  Returns of rset_property
 * belong to the set; NULL if no rank has it.
 */
int rset_set_property (struct rset *r,
                       const char *name,
                       const struct idset *ranks);
const struct idset *rset_property (const struct rset *r, const char *name);
bool rset_has_property (const struct rset *r,
                        unsigned int rank,
                        const char *name);

/* Replace the text (NULL: none). */
int rset_set_scheduling (struct rset *r, const char *json);

/* a = a with b added (names and properties too). */
int rset_merge (struct rset *a, const struct rset *b);
/* a = a without the cores and GPUs of b.  An entry that has nothing left
 * goes, with its properties, unless keep_empty.
 */
int rset_subtract (struct rset *a, const struct rset *b, bool keep_empty);

/* New sets.  Times, nslots and scheduling are those of a. */
struct rset *rset_union (const struct rset *a, const struct rset *b);
struct rset *rset_diff (const struct rset *a, const struct rset *b);
struct rset *rset_intersect (const struct rset *a, const struct rset *b);
/* The entries of a whose rank is in ranks. */
struct rset *rset_of_ranks (const struct rset *a, const struct idset *ranks);

/* Does a have every rank, core and GPU of b? */
bool rset_contains (const struct rset *a, const struct rset *b);
/* Do they share a core or a GPU? */
bool rset_overlaps (const struct rset *a, const struct rset *b);
/* Same ranks, cores and GPUs (names, properties and times do not count). */
bool rset_equal (const struct rset *a, const struct rset *b);

size_t rset_nnodes (const struct rset *r);
size_t rset_ncores (const struct rset *r);
size_t rset_ngpus (const struct rset *r);
/* The ranks as a new idset. */
struct idset *rset_ranks (const struct rset *r);

/* Iterate: for (size_t i = 0; i < r->count; i++) use r->nodes[i]; */

/* A short text for people: "rank0/core0", "rank[0-1]/core[0-3],gpu0", nodes
 * with equal contents together.  The caller frees it.
 */
char *rset_summary (const struct rset *r);

#endif
