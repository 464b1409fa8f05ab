/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* What the resource service is asked, but for draining (resource_drain.c) and
 * streams (resource_acquire.c, resource_journal.c).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manager/requests.h"
#include "manager/resource_private.h"
#include "wire/jbuf.h"
#include "wire/jobspec.h"
#include "wire/requests_job.h"
#include "wire/rjson.h"

static void print_set (struct jbuf *b, const char *key, const struct rset *r)
{
    char *s = r ? rjson_encode (r, 0) : NULL;

    jbuf_string (b, key);
    jbuf_lit (b, ":");
    jbuf_lit (b, s ? s : "{}");
    free (s);
}

static void print_ranks (struct jbuf *b,
                         const char *key,
                         const struct idset *ids)
{
    char *s = resources_ranks_text (ids);

    jbuf_lit (b, ",");
    jbuf_string (b, key);
    jbuf_lit (b, ":");
    jbuf_string (b, s);
    free (s);
}

static int answer (struct router *r, const flux_msg_t *msg, struct jbuf *b)
{
    char *s = jbuf_take (b, NULL);

    if (!s)
        return REQUEST_ERROR;
    router_respond (r, msg, s);
    free (s);
    return REQUEST_DONE;
}

static int handle_status (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    struct resources *res = arg;
    struct idset *online = resources_online (res);
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{");
    print_set (&b, "R", res->all);
    jbuf_lit (&b, ",\"drain\":");
    drain_print (res, &b);
    print_ranks (&b, "online", online);
    print_ranks (&b, "offline", res->offline);
    print_ranks (&b, "exclude", res->exclude);
    print_ranks (&b, "torpid", NULL);
    jbuf_lit (&b, "}");
    idset_destroy (online);
    return answer (r, msg, &b);
}

static int handle_sched_status (struct router *r,
                                const flux_msg_t *msg,
                                void *arg,
                                flux_error_t *error)
{
    struct resources *res = arg;
    const struct sched_ops *ops;
    struct sched *sched = alloc_sched (res->m->alloc, &ops);
    struct rset *all = resources_schedulable (res);
    struct rset *held = ops->allocated (sched);
    struct idset *ranks = resources_down (res);
    struct rset *down = all && ranks ? rset_of_ranks (all, ranks) : NULL;
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{");
    print_set (&b, "all", all);
    jbuf_lit (&b, ",");
    print_set (&b, "down", down);
    jbuf_lit (&b, ",");
    print_set (&b, "allocated", held);
    jbuf_lit (&b, "}");
    rset_destroy (down);
    idset_destroy (ranks);
    rset_destroy (held);
    rset_destroy (all);
    return answer (r, msg, &b);
}

static int handle_get (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    struct resources *res = arg;
    struct jbuf b = { 0 };

    jbuf_lit (&b, "{");
    print_set (&b, "R", res->all);
    jbuf_lit (&b, ",\"method\":");
    jbuf_string (&b, res->method);
    jbuf_lit (&b, "}");
    return answer (r, msg, &b);
}

static int handle_topo_get (struct router *r,
                            const flux_msg_t *msg,
                            void *arg,
                            flux_error_t *error)
{
    struct resources *res = arg;

    if (!res->topo_xml && res->find_topo)
        res->topo_xml = res->find_topo ();
    if (!res->topo_xml)
        return err_set (error, ENOSYS, "the topology is not known");
    router_respond (r, msg, res->topo_xml);
    return REQUEST_DONE;
}

static int handle_expiration (struct router *r,
                              const flux_msg_t *msg,
                              void *arg,
                              flux_error_t *error)
{
    struct resources *res = arg;
    struct jbuf b = { 0 };
    double expiration;
    char *context;

    if (req_number_decode (msg, "expiration", &expiration, error) < 0)
        return REQUEST_ERROR;
    if (!(expiration >= 0.))
        return err_set (error, EINVAL, "expiration is negative");
    res->all->expiration = expiration;
    resources_push (res);
    jbuf_lit (&b, "{\"expiration\":");
    jbuf_real (&b, expiration);
    jbuf_lit (&b, "}");
    if ((context = jbuf_take (&b, NULL)))
        journal_post (res->journal,
                      clock_now (res->m->clock),
                      "resource-update",
                      context);
    free (context);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int handle_feasibility (struct router *r,
                               const flux_msg_t *msg,
                               void *arg,
                               flux_error_t *error)
{
    struct resources *res = arg;
    const struct sched_ops *ops;
    struct sched *sched = alloc_sched (res->m->alloc, &ops);
    const struct jobspec *spec;
    struct text *t = NULL;
    char *s;
    int rc = REQUEST_ERROR;

    if (req_jobspec_decode (msg, &s, error) < 0)
        return REQUEST_ERROR;
    if (jobspec_check (s, strlen (s), error) == 0
        && (t = text_create (s, strlen (s))) && (spec = jobspec_of (t))
        && ops->feasible (sched, spec, error) == 0) {
        router_respond (r, msg, NULL);
        rc = REQUEST_DONE;
    }
    free (s);
    text_unref (t);
    return rc;
}

static const struct request_row own_rows[] = {
    { "resource.status", FLUX_ROLE_USER, 0, handle_status },
    { "resource.sched-status", FLUX_ROLE_USER, 0, handle_sched_status },
    { "sched.resource-status", FLUX_ROLE_OWNER, 0, handle_sched_status },
    { "resource.get", FLUX_ROLE_OWNER, 0, handle_get },
    { "resource.topo-get", FLUX_ROLE_USER, 0, handle_topo_get },
    { "resource.expiration-update",
      FLUX_ROLE_OWNER,
      METHOD_HELD,
      handle_expiration },
    { "feasibility.check", FLUX_ROLE_OWNER, 0, handle_feasibility },
    { NULL },
};

const struct request_row *resource_requests (void)
{
    return own_rows;
}
