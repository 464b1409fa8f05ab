/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* Ranks and host names, by the attribute "hostlist". */

#include <errno.h>
#include <flux/core.h>
#include <flux/hostlist.h>
#include <flux/idset.h>

#include "base/err.h"

static void destroy_list (void *arg)
{
    hostlist_destroy (arg);
}

/* Kept with the handle: the attribute never changes. */
static struct hostlist *get_hostlist (flux_t *h)
{
    static const char *key = "flux::hostlist";
    struct hostlist *hl;
    const char *s;

    if (!h) {
        errno = EINVAL;
        return NULL;
    }
    if ((hl = flux_aux_get (h, key)))
        return hl;
    if (!(s = flux_attr_get (h, "hostlist")) || !(hl = hostlist_decode (s)))
        return NULL;
    if (flux_aux_set (h, key, hl, destroy_list) < 0) {
        hostlist_destroy (hl);
        return NULL;
    }
    return hl;
}

const char *flux_get_hostbyrank (flux_t *h, uint32_t rank)
{
    struct hostlist *hl = get_hostlist (h);
    const char *host = NULL;

    if (rank == FLUX_NODEID_ANY)
        return "any";
    if (rank == FLUX_NODEID_UPSTREAM)
        return "upstream";
    if (hl && rank < (uint32_t)hostlist_count (hl))
        host = hostlist_nth (hl, rank);
    return host ? host : "(null)";
}

int flux_get_rankbyhost (flux_t *h, const char *host)
{
    struct hostlist *hl;

    if (!host) {
        errno = EINVAL;
        return -1;
    }
    if (!(hl = get_hostlist (h)))
        return -1;
    return hostlist_find (hl, host);
}

static char *ranks_to_hosts (struct hostlist *hl,
                             const struct idset *ranks,
                             flux_error_t *errp)
{
    struct hostlist *hosts = hostlist_create ();
    char *s = NULL;

    if (!hosts)
        return err_null (errp, ENOMEM, "out of memory");
    for (unsigned int rank = idset_first (ranks); rank != IDSET_INVALID_ID;
         rank = idset_next (ranks, rank)) {
        const char *host = hostlist_nth (hl, rank);

        if (!host) {
            err_set (errp, EINVAL, "rank %u is not in host map", rank);
            goto done;
        }
        if (hostlist_append (hosts, host) < 0) {
            err_set (errp, errno, "%s: %s", host, strerror (errno));
            goto done;
        }
    }
    if (!(s = hostlist_encode (hosts)))
        err_set (errp, errno, "out of memory");
done:
    hostlist_destroy (hosts);
    return s;
}

static char *hosts_to_ranks (struct hostlist *hl,
                             struct hostlist *hosts,
                             flux_error_t *errp)
{
    struct idset *ranks = idset_create (0, IDSET_FLAG_AUTOGROW);
    char *s = NULL;

    if (!ranks)
        return err_null (errp, ENOMEM, "out of memory");
    for (const char *host = hostlist_first (hosts); host;
         host = hostlist_next (hosts)) {
        int rank = hostlist_find (hl, host);

        if (rank < 0) {
            err_set (errp, ENOENT, "%s is not in host map", host);
            goto done;
        }
        if (idset_set (ranks, rank) < 0) {
            err_set (errp, errno, "out of memory");
            goto done;
        }
    }
    if (!(s = idset_encode (ranks, IDSET_FLAG_RANGE)))
        err_set (errp, errno, "out of memory");
done:
    idset_destroy (ranks);
    return s;
}

char *flux_hostmap_lookup (flux_t *h, const char *targets, flux_error_t *errp)
{
    struct hostlist *hl, *hosts = NULL;
    struct idset *ranks = NULL;
    char *s = NULL;

    if (!h || !targets)
        return err_null (errp, EINVAL, "Invalid argument");
    if (!(hl = get_hostlist (h)))
        return err_null (errp,
                         errno,
                         "attribute hostlist: %s",
                         strerror (errno));
    if ((ranks = idset_decode (targets)))
        s = ranks_to_hosts (hl, ranks, errp);
    else if ((hosts = hostlist_decode (targets)))
        s = hosts_to_ranks (hl, hosts, errp);
    else
        err_set (errp,
                 EINVAL,
                 "%s is neither an idset nor a hostlist",
                 targets);
    idset_destroy (ranks);
    hostlist_destroy (hosts);
    return s;
}
