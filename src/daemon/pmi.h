/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* A client of the PMI-1 wire protocol (RFC 13): how processes that were
 * started together find each other.  All calls wait for the answer.
 */

#ifndef SLUICE_DAEMON_PMI_H
#define SLUICE_DAEMON_PMI_H

#include "base/err.h"

struct pmi;

/* Connect as the environment says: PMI_FD, else PMI_PORT and PMI_ID, with
 * PMI_RANK and PMI_SIZE.  NULL and errno with a sentence; errno is 0 if there
 * is no PMI, or it knows only one process.
 */
struct pmi *pmi_open (flux_error_t *error);
int pmi_rank (const struct pmi *pmi);
int pmi_size (const struct pmi *pmi);

/* Keys and values have no white space.  -1, errno and a sentence. */
int pmi_put (struct pmi *pmi,
             const char *key,
             const char *value,
             flux_error_t *error);
/* What was put before the last barrier; malloced. */
char *pmi_get (struct pmi *pmi, const char *key, flux_error_t *error);
/* Wait until all processes are here. */
int pmi_barrier (struct pmi *pmi, flux_error_t *error);

/* Take leave and close; accepts NULL. */
void pmi_close (struct pmi *pmi);

#endif
