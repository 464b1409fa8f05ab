/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hardware.h"

/* Only cores are looked for at start: asking for everything (caches, devices)
 * takes several times as long.
 */
static int load_cores (hwloc_topology_t *topo, const char *xml)
{
    if (hwloc_topology_init (topo) < 0)
        return -1;
    if (xml && hwloc_topology_set_xml (*topo, xml) < 0) {
        hwloc_topology_destroy (*topo);
        return -1;
    }
    hwloc_topology_set_all_types_filter (*topo, HWLOC_TYPE_FILTER_KEEP_NONE);
    hwloc_topology_set_type_filter (*topo,
                                    HWLOC_OBJ_CORE,
                                    HWLOC_TYPE_FILTER_KEEP_ALL);
    if (hwloc_topology_load (*topo) < 0) {
        hwloc_topology_destroy (*topo);
        return -1;
    }
    return 0;
}

/* Cores are numbered as hwloc does (logical indices), those only that this
 * process may run on.
 */
static int add_cores (struct rset *r, const char *hostname)
{
    hwloc_topology_t topo;
    hwloc_bitmap_t mine = hwloc_bitmap_alloc ();
    int n, added = 0;

    if (!mine || load_cores (&topo, NULL) < 0) {
        hwloc_bitmap_free (mine);
        return -1;
    }
    if (hwloc_get_cpubind (topo, mine, HWLOC_CPUBIND_PROCESS) < 0)
        hwloc_bitmap_fill (mine);
    n = hwloc_get_nbobjs_by_type (topo, HWLOC_OBJ_CORE);
    for (int i = 0; i < n; i++) {
        hwloc_obj_t core = hwloc_get_obj_by_type (topo, HWLOC_OBJ_CORE, i);
        if (hwloc_bitmap_intersects (core->cpuset, mine)
            && rset_add_core (r, 0, core->logical_index) == 0)
            added++;
    }
    hwloc_topology_destroy (topo);
    hwloc_bitmap_free (mine);
    return added;
}

struct rset *hardware_find (const char *hostname,
                            unsigned int cores,
                            flux_error_t *error)
{
    struct rset *r = rset_create ();
    int found = 0;

    if (!r || rset_add (r, 0, hostname, NULL, NULL) < 0)
        goto fail;
    for (unsigned int i = 0; i < cores; i++) {
        if (rset_add_core (r, 0, i) < 0)
            goto fail;
    }
    if (cores == 0 && (found = add_cores (r, hostname)) < 0)
        goto fail;
    /* A machine whose cores are hidden (some containers) still has one. */
    if (cores == 0 && found == 0 && rset_add_core (r, 0, 0) < 0)
        goto fail;
    return r;
fail:
    err_set (error, errno, "resources: hwloc cannot describe this machine");
    rset_destroy (r);
    return NULL;
}

int hardware_add_xml (struct rset *r,
                      unsigned int rank,
                      const char *path,
                      flux_error_t *error)
{
    hwloc_topology_t topo;
    const char *host;
    int n, rc = 0;

    if (load_cores (&topo, path) < 0)
        return err_set (error, EINVAL, "%s: hwloc cannot read this", path);
    host = hwloc_obj_get_info_by_name (hwloc_get_root_obj (topo), "HostName");
    n = hwloc_get_nbobjs_by_type (topo, HWLOC_OBJ_CORE);
    if (n < 1)
        rc = err_set (error, EINVAL, "%s: there are no cores", path);
    else if (rset_add (r, rank, host, NULL, NULL) < 0)
        rc = err_set (error, errno, "%s: %s", path, strerror (errno));
    for (int i = 0; rc == 0 && i < n; i++) {
        if (rset_add_core (r, rank, i) < 0)
            rc = err_set (error, errno, "%s: %s", path, strerror (errno));
    }
    hwloc_topology_destroy (topo);
    return rc;
}

char *hardware_xml (void)
{
    hwloc_topology_t topo;
    char *xml, *copy = NULL;
    int len;

    if (hwloc_topology_init (&topo) < 0)
        return NULL;
    if (hwloc_topology_load (topo) == 0
        && hwloc_topology_export_xmlbuffer (topo, &xml, &len, 0) == 0) {
        copy = strndup (xml, len);
        hwloc_free_xmlbuffer (topo, xml);
    }
    hwloc_topology_destroy (topo);
    return copy;
}
