/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* kvs.getroot, kvs.wait-version: the roots of namespaces. */

#include <stdlib.h>
#include <utlist.h>

#include "kvs/private.h"

static void version_wait_end (struct kvs *k, struct version_wait *w, int errnum)
{
    DL_DELETE (k->waits, w);
    if (errnum != 0)
        router_respond_error (k->r, w->msg, errnum, NULL);
    else
        router_respond_pack (k->r,
                             w->msg,
                             "{s:i s:s}",
                             "rootseq",
                             w->ns->shown.seq,
                             "rootref",
                             w->ns->shown.ref);
    flux_msg_decref (w->msg);
    free (w);
}

/* NULL and ENOTSUP, EPERM. */
static struct namespace *find_for (struct kvs *k,
                                   const flux_msg_t *msg,
                                   const char *name)
{
    struct namespace *ns = namespace_find (k, name);

    if (ns && !router_may (msg, ns->owner)) {
        errno = EPERM;
        return NULL;
    }
    return ns;
}

static int handle_getroot (struct router *r,
                           const flux_msg_t *msg,
                           void *arg,
                           flux_error_t *error)
{
    struct kvs *k = arg;
    struct namespace *ns;
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "namespace", &name) < 0)
        return err_set (error, EPROTO, "invalid payload: namespace");
    if (!(ns = find_for (k, msg, name)))
        return REQUEST_ERROR;
    collector_told (k->collector, ns->shown.ref);
    return router_respond_pack (r,
                                msg,
                                "{s:I s:i s:s s:i s:s}",
                                "owner",
                                (json_int_t)ns->owner,
                                "rootseq",
                                ns->shown.seq,
                                "rootref",
                                ns->shown.ref,
                                "flags",
                                ns->flags,
                                "namespace",
                                ns->name);
}

static int handle_wait (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct kvs *k = arg;
    struct version_wait *w;
    struct namespace *ns;
    const char *name;
    int seq;

    if (flux_msg_unpack (msg, "{s:i s:s}", "rootseq", &seq, "namespace", &name)
        < 0)
        return err_set (error, EPROTO, "invalid payload: rootseq, namespace");
    if (!(ns = find_for (k, msg, name)) || !(w = calloc (1, sizeof (*w))))
        return REQUEST_ERROR;
    w->msg = flux_msg_incref (msg);
    w->ns = ns;
    w->seq = seq;
    DL_APPEND (k->waits, w);
    if (ns->shown.seq < seq)
        return REQUEST_LATER;
    version_wait_end (k, w, 0);
    return REQUEST_DONE;
}

void roots_advanced (struct kvs *k, struct namespace *ns)
{
    struct version_wait *w, *tmp;

    DL_FOREACH_SAFE (k->waits, w, tmp)
    {
        if (w->ns == ns && w->seq <= ns->shown.seq)
            version_wait_end (k, w, 0);
    }
}

void roots_disconnect (struct kvs *k, const flux_msg_t *msg)
{
    struct version_wait *w, *tmp;

    DL_FOREACH_SAFE (k->waits, w, tmp)
    {
        if (flux_disconnect_match (msg, w->msg)) {
            DL_DELETE (k->waits, w);
            flux_msg_decref (w->msg);
            free (w);
        }
    }
}

void roots_dropped (struct kvs *k, struct namespace *ns)
{
    struct version_wait *w, *tmp;

    DL_FOREACH_SAFE (k->waits, w, tmp)
    {
        if (w->ns == ns)
            version_wait_end (k, w, ENOTSUP);
    }
}

void roots_destroy (struct kvs *k)
{
    while (k->waits)
        version_wait_end (k, k->waits, ENOSYS);
}

static const struct request_row rows[] = {
    { "kvs.getroot", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_getroot },
    { "kvs.wait-version", FLUX_ROLE_OWNER | FLUX_ROLE_USER, 0, handle_wait },
    { NULL },
};

const struct request_row *root_requests (void)
{
    return rows;
}
