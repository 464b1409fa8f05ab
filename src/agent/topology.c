/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The hardware as hwloc sees it, in a file for the tasks of a job. */

#include <errno.h>
#include <hwloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "agent/rights.h"

char *topology_path (const struct agent_job *job)
{
    char *path;

    if (!job->run->shell.hwloc_xml || !job->tmpdir
        || asprintf (&path, "%s/hwloc.xml", job->tmpdir) < 0)
        return NULL;
    return path;
}

/* Cores of R are logical indices. */
static int restrict_to (hwloc_topology_t topo, const struct idset *cores)
{
    hwloc_bitmap_t set = hwloc_bitmap_alloc ();
    int rc = -1;

    for (unsigned int id = idset_first (cores); set && id != IDSET_INVALID_ID;
         id = idset_next (cores, id)) {
        hwloc_obj_t core = hwloc_get_obj_by_type (topo, HWLOC_OBJ_CORE, id);

        if (core)
            hwloc_bitmap_or (set, set, core->cpuset);
    }
    if (set && !hwloc_bitmap_iszero (set))
        rc = hwloc_topology_restrict (topo, set, 0);
    else
        errno = EINVAL;
    hwloc_bitmap_free (set);
    return rc;
}

/* The directory is the user's, who may have put a link there. */
static int export(struct agent_job *job,
                  hwloc_topology_t topo,
                  const char *path)
{
    struct rights own;
    int rc;

    if (job->become
        && rights_take (&own, job->userid, job->gid, job->groups, job->ngroups)
               < 0)
        return -1;
    rc = hwloc_topology_export_xml (topo, path, 0);
    if (job->become)
        rights_return (&own);
    return rc;
}

int topology_write (struct agent_job *job)
{
    char *path = topology_path (job);
    hwloc_topology_t topo;
    int rc = -1;
    int saved;

    if (!path || hwloc_topology_init (&topo) < 0) {
        free (path);
        errno = ENOMEM;
        return -1;
    }
    if (hwloc_topology_load (topo) == 0
        && (!job->run->shell.hwloc_restrict
            || restrict_to (topo, job->node->cores) == 0)
        && export(job, topo, path) == 0)
        rc = 0;
    saved = errno;
    hwloc_topology_destroy (topo);
    free (path);
    errno = saved;
    return rc;
}
