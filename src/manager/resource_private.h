/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the files of the resource service share: resource.c has the inventory
 * and the state of ranks, resource_requests.c answers for it, resource_drain.c
 * has who is drained and why, resource_journal.c the events of RFC 44.
 */

#ifndef SLUICE_MANAGER_RESOURCE_PRIVATE_H
#define SLUICE_MANAGER_RESOURCE_PRIVATE_H

#include <flux/idset.h>

#include "manager/manager_private.h"
#include "manager/requests.h"
#include "wire/jbuf.h"

struct drain_entry {
    bool drained;
    double timestamp;
    char *reason; /* NULL: none given */
};

struct resources {
    struct manager *m;
    struct rset *all;   /* whatever there is */
    const char *method; /* how it was found (RFC 44) */
    char *(*find_topo) (void);
    char *topo_xml; /* NULL until asked for */
    struct idset *exclude;
    struct idset *offline;      /* ranks whose process is not there */
    struct drain_entry *drains; /* by rank, nranks of them */
    unsigned int nranks;        /* highest rank + 1 */
    struct journal *journal;
    struct acquirer *acquirer;
    bool replaying; /* what is posted was written down long ago */
};

/* What there is for schedulers: excluded resources do not exist for them,
 * drained ones do.  New.
 */
struct rset *resources_schedulable (struct resources *res);
/* Tell the scheduler what it may use. */
void resources_push (struct resources *res);
/* Ranks whose process is there.  New. */
struct idset *resources_online (struct resources *res);
/* Ranks that get no jobs: drained or offline.  New. */
struct idset *resources_down (struct resources *res);
/* Ranks named by an idset or a hostlist; NULL, EINVAL and a sentence. */
struct idset *resources_targets (struct resources *res,
                                 const char *targets,
                                 flux_error_t *error);
/* Ranks as an idset's text; malloced.  NULL: none. */
char *resources_ranks_text (const struct idset *ids);
/* Host names of ranks as a hostlist; malloced. */
char *resources_hosts (struct resources *res, const struct idset *ranks);

/* ---- resource_drain.c ---- */

int drain_restore (struct resources *res);
/* Undrain those of ids that are drained. */
void drain_clear (struct resources *res, const struct idset *ids);
struct idset *drain_ranks (struct resources *res);
/* {"IDSET":{"timestamp":N,"reason":S},...}: equal entries together. */
void drain_print (struct resources *res, struct jbuf *b);
const struct request_row *drain_rows (void);

/* ---- resource_acquire.c ---- */

struct acquirer *acquirer_create (void);
void acquirer_destroy (struct acquirer *a);
/* Tell who acquired resources what became of them. */
void acquire_push (struct resources *res);
void acquire_disconnect (struct resources *res, const flux_msg_t *msg);
const struct request_row *acquire_rows (void);

/* ---- resource_journal.c ---- */

struct journal *journal_create (struct resources *res);
void journal_destroy (struct journal *j);
/* Add an event and tell it; context is JSON text.  The entry stays with the
 * journal.
 */
const char *journal_post (struct journal *j,
                          double timestamp,
                          const char *name,
                          const char *context);
const struct request_row *journal_rows (void);

#endif
