/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* [job-manager.housekeeping] (flux-config-job-manager(5)), and what is kept
 * of housekeeping from one run of the broker to the next.
 */

#ifndef SLUICE_WIRE_HOUSEKEEPING_H
#define SLUICE_WIRE_HOUSEKEEPING_H

#include "base/err.h"
#include "res/rset.h"

struct housekeeping_settings {
    char **argv;          /* NULL: there is no housekeeping; malloced */
    double release_after; /* seconds; < 0: when all ranks are done */
};

/* json is the text of the whole configuration, NULL: an empty one.  -1,
 * EINVAL and a sentence.
 */
int housekeeping_settings_decode (const char *json,
                                  struct housekeeping_settings *s,
                                  flux_error_t *error);
void housekeeping_settings_clear (struct housekeeping_settings *s);

/* Resources of a job that are still being cleaned. */
struct housekeeping_saved {
    uint64_t id;
    uint32_t userid;
    double t_start;
    char *ranks;    /* of these (idset); malloced */
    struct rset *R; /* all that the job had */
};

/* JSON text, malloced; ranks and R are borrowed.  NULL and ENOMEM. */
char *housekeeping_saved_encode (const struct housekeeping_saved *s);
/* -1 and EINVAL: it is none. */
int housekeeping_saved_decode (const char *text, struct housekeeping_saved *s);
void housekeeping_saved_clear (struct housekeeping_saved *s);

#endif
