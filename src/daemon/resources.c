/* SPDX-License-Identifier: LGPL-3.0-or-later */

#include <errno.h>
#include <stdlib.h>

#include "daemon/attrs.h"
#include "daemon/config.h"
#include "daemon/hardware.h"
#include "daemon/options.h"
#include "daemon/resource_config.h"
#include "daemon/resources.h"

#define CORES_MAX 65536

/* Hosts that are not there are pretended: what runs on them runs here. */
static int set_hostlist (struct broker *b, const struct rset *r)
{
    struct hostlist *hl = rset_nodelist (r);
    char *s = hl ? hostlist_encode (hl) : NULL;
    int rc = s ? attrs_set (b, "hostlist", s, ATTR_IMMUTABLE) : -1;

    hostlist_destroy (hl);
    free (s);
    return rc;
}

/* Pretend to be so many nodes like rank 0. */
static int repeat (struct rset *r, unsigned int size)
{
    for (unsigned int rank = 1; rank < size; rank++) {
        const struct rset_node n = r->nodes[0];

        if (rset_add (r, rank, n.host, n.cores, n.gpus) < 0)
            return -1;
    }
    return 0;
}

/* The names that the command line gives the ranks; NULL: none, or they are
 * not as many as there are ranks.
 */
static struct hostlist *given_hosts (struct broker *b)
{
    const char *s = options_attr (b->opt, "hostlist");
    struct hostlist *hl = s ? hostlist_decode (s) : NULL;

    if (hl && hostlist_count (hl) != (int)b->size) {
        hostlist_destroy (hl);
        hl = NULL;
    }
    return hl;
}

/* Ranks that share this machine, each with all it has. */
static int make_ranks (struct broker *b, struct rset *r)
{
    struct hostlist *hl = given_hosts (b);
    int rc = -1;

    if (repeat (r, b->size) == 0 && (!hl || rset_set_nodelist (r, hl) == 0)
        && (b->size == 1 || set_hostlist (b, r) == 0))
        rc = 0;
    hostlist_destroy (hl);
    return rc;
}

struct rset *resources_find (struct broker *b,
                             const struct rset *given,
                             const char **method,
                             flux_error_t *error)
{
    struct rset *r = NULL;
    int cores = attrs_get_int (b, "resource.cores", 0);

    if (given && !(r = rset_copy (given)))
        return err_null (error, ENOMEM, "out of memory");
    if (!r && resource_config_load (config_get (b), &r, error) < 0)
        return NULL;
    if (method)
        *method = given ? "reload" : r ? "configuration" : "dynamic-discovery";
    if (r) {
        if (r->nodes[0].host && set_hostlist (b, r) < 0) {
            rset_destroy (r);
            return err_null (error, ENOMEM, "out of memory");
        }
        return r;
    }
    if (cores < 0 || cores > CORES_MAX)
        return err_null (error,
                         EINVAL,
                         "resource.cores: %s is not a number of cores between"
                         " 1 and %d",
                         attrs_get (b, "resource.cores"),
                         CORES_MAX);
    if (!(r = hardware_find (b->hostname, cores, error)))
        return NULL;
    if (make_ranks (b, r) < 0) {
        rset_destroy (r);
        return err_null (error, ENOMEM, "out of memory");
    }
    return r;
}
