/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Who waits for whom.
 *
 * A dependency is kept in the aux data of the job that waits and linked into
 * a list of the job waited for, its antecedent.  Antecedents are found by id
 * and their events are subscribed to, so that jobs nobody waits for cost
 * nothing.
 */

#ifndef SLUICE_PLUGINS_AFTER_LIST_H
#define SLUICE_PLUGINS_AFTER_LIST_H

#include <flux/core.h>
#include <uthash.h>

enum after_type { START, FINISH, SUCCESS, FAILURE, EXCEPT };

struct antecedent;

struct dep {
    struct antecedent *antecedent; /* NULL once unlinked */
    struct after *after;
    flux_jobid_t depid; /* the job that waits */
    enum after_type type;
    char *description;
    struct dep *prev, *next;
};

struct antecedent {
    flux_jobid_t id;
    struct dep *starts; /* wait for its start */
    struct dep *ends;   /* wait for its end */
    UT_hash_handle hh;
};

struct after {
    flux_plugin_t *p;
    struct antecedent *antecedents;
};

/* NULL: no job waits for it. */
struct antecedent *antecedent_find (struct after *after, flux_jobid_t id);
/* Take dep out of its list; an antecedent that nobody waits for goes. */
void dep_unlink (struct dep *dep);
/* Link a new dependency of depid on id; the waiting job's aux data owns it.
 * -1 and errno.
 */
int dep_add (struct after *after,
             flux_jobid_t id,
             flux_jobid_t depid,
             enum after_type type,
             const char *description);

#endif
