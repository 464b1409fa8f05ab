/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <flux/jobtap.h>
#include <utlist.h>

#include "after-list.h"

struct antecedent *antecedent_find (struct after *after, flux_jobid_t id)
{
    struct antecedent *a;

    HASH_FIND (hh, after->antecedents, &id, sizeof (id), a);
    return a;
}

static struct antecedent *antecedent_get (struct after *after, flux_jobid_t id)
{
    struct antecedent *a = antecedent_find (after, id);

    if (a || !(a = calloc (1, sizeof (*a))))
        return a;
    a->id = id;
    if (flux_jobtap_job_subscribe (after->p, id) < 0) {
        free (a);
        return NULL;
    }
    HASH_ADD (hh, after->antecedents, id, sizeof (a->id), a);
    return a;
}

static void antecedent_drop_if_unused (struct after *after,
                                       struct antecedent *a)
{
    if (a->starts || a->ends)
        return;
    HASH_DEL (after->antecedents, a);
    flux_jobtap_job_unsubscribe (after->p, a->id);
    free (a);
}

void dep_unlink (struct dep *dep)
{
    struct antecedent *a = dep->antecedent;

    if (!a)
        return;
    dep->antecedent = NULL;
    if (dep->type == START)
        DL_DELETE (a->starts, dep);
    else
        DL_DELETE (a->ends, dep);
    antecedent_drop_if_unused (dep->after, a);
}

static void dep_destroy (struct dep *dep)
{
    if (dep) {
        dep_unlink (dep);
        free (dep->description);
        free (dep);
    }
}

/* Link a new dependency; the waiting job's aux data owns it. */
int dep_add (struct after *after,
             flux_jobid_t id,
             flux_jobid_t depid,
             enum after_type type,
             const char *description)
{
    struct dep *dep;

    if (flux_jobtap_job_aux_get (after->p, depid, description))
        return 0;
    if (!(dep = calloc (1, sizeof (*dep)))
        || !(dep->description = strdup (description))
        || !(dep->antecedent = antecedent_get (after, id))) {
        dep_destroy (dep);
        return -1;
    }
    dep->after = after;
    dep->depid = depid;
    dep->type = type;
    if (type == START)
        DL_APPEND (dep->antecedent->starts, dep);
    else
        DL_APPEND (dep->antecedent->ends, dep);
    if (flux_jobtap_job_aux_set (after->p,
                                 depid,
                                 description,
                                 dep,
                                 (flux_free_f)dep_destroy)
        < 0) {
        dep_destroy (dep);
        return -1;
    }
    return 0;
}
