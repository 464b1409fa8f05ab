/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* groups.get, overlay.health, overlay.topology: what there is to say about
 * the ranks of an instance whose ranks are all here.
 */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <flux/msglist.h>
#include "daemon/jobs.h"
#include "daemon/parts.h"
#include "daemon/state_machine.h"

struct topology {
    struct broker *b;
    struct flux_msglist *watchers; /* streaming groups.get */
};

/* The ranks that are there, as text: new.  Before there are jobs, all. */
static char *online_text (struct broker *b)
{
    struct manager *m = jobs_manager (b);
    struct idset *ids = m ? manager_online (m) : idset_create (b->size, 0);
    char *s;

    if (!m && ids)
        (void)idset_range_set (ids, 0, b->size - 1);
    s = ids ? idset_encode (ids, IDSET_FLAG_RANGE) : NULL;
    idset_destroy (ids);
    return s;
}

static bool is_online (struct broker *b, uint32_t rank)
{
    struct manager *m = jobs_manager (b);
    struct idset *ids = m ? manager_online (m) : NULL;
    bool online = !ids || idset_test (ids, rank);

    idset_destroy (ids);
    return online;
}

void topology_changed (struct broker *b)
{
    struct topology *t = broker_part (b, "topology");
    const flux_msg_t *req = t ? flux_msglist_first (t->watchers) : NULL;
    char *ranks = online_text (b);
    const char *name;

    for (; ranks && req; req = flux_msglist_next (t->watchers)) {
        if (flux_msg_unpack (req, "{s:s}", "name", &name) == 0
            && !strcmp (name, "broker.online"))
            router_respond_pack (b->router, req, "{s:s}", "members", ranks);
    }
    free (ranks);
}

static int groups_get_cb (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct topology *t = arg;
    char *ranks = NULL;
    const char *name;

    if (flux_msg_unpack (msg, "{s:s}", "name", &name) < 0)
        return REQUEST_ERROR;
    if (flux_msg_is_streaming (msg)
        && flux_msglist_append (t->watchers, msg) < 0)
        return REQUEST_ERROR;
    if (strcmp (name, "broker.online") == 0)
        ranks = online_text (t->b);
    router_respond_pack (r, msg, "{s:s}", "members", ranks ? ranks : "");
    free (ranks);
    return flux_msg_is_streaming (msg) ? REQUEST_LATER : REQUEST_DONE;
}

static int groups_cancel_cb (struct router *r,
                             const flux_msg_t *msg,
                             void *arg,
                             flux_error_t *error)
{
    struct topology *t = arg;
    const flux_msg_t *req = flux_msglist_first (t->watchers);

    while (req) {
        if (router_same_client (req, msg)) {
            router_respond_error (r, req, ENODATA, NULL);
            flux_msglist_delete (t->watchers);
        }
        req = flux_msglist_next (t->watchers);
    }
    return REQUEST_DONE;
}

static int health_cb (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct topology *t = arg;
    double now = clock_now (loop_clock (t->b->loop));
    json_t *children = json_array ();
    bool full = true;

    for (uint32_t rank = 1; rank < t->b->size; rank++) {
        full = full && is_online (t->b, rank);
        json_array_append_new (
            children,
            json_pack ("{s:i s:s s:f}",
                       "rank",
                       (int)rank,
                       "status",
                       is_online (t->b, rank) ? "full" : "offline",
                       "duration",
                       now - t->b->starttime));
    }
    router_respond_pack (r,
                         msg,
                         "{s:i s:s s:f s:o}",
                         "rank",
                         0,
                         "status",
                         full ? "full" : "degraded",
                         "duration",
                         now - t->b->starttime,
                         "children",
                         children);
    return REQUEST_DONE;
}

static json_t *subtree (struct topology *t, int rank)
{
    json_t *children = json_array ();
    int size = 1;

    for (uint32_t i = 1; rank == 0 && i < t->b->size; i++, size++)
        json_array_append_new (children, subtree (t, (int)i));
    return json_pack ("{s:i s:i s:o}",
                      "rank",
                      rank,
                      "size",
                      size,
                      "children",
                      children);
}

static int topology_cb (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct topology *t = arg;
    int rank;

    if (flux_msg_unpack (msg, "{s:i}", "rank", &rank) < 0)
        return REQUEST_ERROR;
    if (rank < 0 || (uint32_t)rank >= t->b->size)
        return err_set (error, ENOENT, "rank %d: there is no such rank", rank);
    router_respond_pack (r, msg, "o", subtree (t, rank));
    return REQUEST_DONE;
}

static const struct request_row rows[] = {
    { "groups.get", FLUX_ROLE_USER, 0, groups_get_cb },
    { "groups.cancel", FLUX_ROLE_USER, 0, groups_cancel_cb },
    { "groups.disconnect", FLUX_ROLE_ALL, 0, groups_cancel_cb },
    { "overlay.health", FLUX_ROLE_USER, 0, health_cb },
    { "overlay.topology", FLUX_ROLE_USER, 0, topology_cb },
    { NULL },
};

int topology_start (struct broker *b, void **data, flux_error_t *error)
{
    struct topology *t;

    if (!(t = calloc (1, sizeof (*t)))
        || !(t->watchers = flux_msglist_create ())
        || router_methods_add (b->router, rows, t) < 0) {
        err_set (error, errno, "groups: %s", strerror (errno));
        if (t)
            flux_msglist_destroy (t->watchers);
        free (t);
        return -1;
    }
    t->b = b;
    *data = t;
    return 0;
}

void topology_stop (struct broker *b, void *data)
{
    struct topology *t = data;

    router_methods_remove (b->router, rows);
    flux_msglist_destroy (t->watchers);
    free (t);
}
