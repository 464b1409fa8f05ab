/* SPDX-License-Identifier: LGPL-3.0-or-later */

/* The methods every service has. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "router/private.h"
#include "wire/requests_broker.h"

/* "uuid!uuid", eight characters of each, the broker's own at the end. */
static char *ping_route (struct router *r, const flux_msg_t *msg)
{
    char *hops = flux_msg_route_string (msg);
    char *route = NULL;

    if (asprintf (&route,
                  "%s%s%.8s",
                  hops ? hops : "",
                  hops && *hops ? "!" : "",
                  r->uuid)
        < 0)
        route = NULL;
    free (hops);
    return route;
}

static int ping (struct router *r,
                 const flux_msg_t *msg,
                 void *arg,
                 flux_error_t *error)
{
    struct ping_reply reply = { .rank = r->rank };
    const char *request = NULL;
    char *route;
    char *json = NULL;

    if (flux_msg_get_string (msg, &request) < 0 || !request) {
        errno = EPROTO;
        return REQUEST_ERROR;
    }
    (void)flux_msg_get_userid (msg, &reply.userid);
    (void)flux_msg_get_rolemask (msg, &reply.rolemask);
    if ((route = ping_route (r, msg))) {
        reply.route = route;
        json = wire_ping_reply (request, &reply);
    }
    if (json)
        router_respond (r, msg, json);
    free (route);
    free (json);
    return json ? REQUEST_DONE : REQUEST_ERROR;
}

static int stats_get (struct router *r,
                      const flux_msg_t *msg,
                      void *arg,
                      flux_error_t *error)
{
    struct standard *std = arg;
    struct service *s;
    char *json;

    if (std->stats) {
        if (!(json = std->stats (std->arg)))
            return REQUEST_ERROR;
        router_respond (r, msg, json);
        free (json);
        return REQUEST_DONE;
    }
    HASH_FIND_STR (r->services, std->service, s);
    if (!s) {
        errno = ENOSYS;
        return REQUEST_ERROR;
    }
    router_respond_pack (r,
                         msg,
                         "{s:{s:i s:I s:i s:i} s:{s:I s:i s:i s:i}}",
                         "tx",
                         "request",
                         0,
                         "response",
                         (long long)s->counts.tx_response,
                         "event",
                         0,
                         "control",
                         0,
                         "rx",
                         "request",
                         (long long)s->counts.rx_request,
                         "response",
                         0,
                         "event",
                         0,
                         "control",
                         0);
    return REQUEST_DONE;
}

/* The longest turn of the loop goes, too: whoever shows it has no other way to
 * look at what comes next.
 */
static void clear_counts (struct router *r, const char *service)
{
    struct service *s;

    loop_longest_clear (r->loop);
    HASH_FIND_STR (r->services, service, s);
    if (s)
        memset (&s->counts, 0, sizeof (s->counts));
}

static int stats_clear (struct router *r,
                        const flux_msg_t *msg,
                        void *arg,
                        flux_error_t *error)
{
    struct standard *std = arg;

    clear_counts (r, std->service);
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

/* "<service>.stats-clear" is an event too, so that all can be cleared. */
void standard_clear_counts (struct router *r, const char *topic)
{
    struct method *m = method_find (r, topic);

    if (m && m->cb == stats_clear)
        clear_counts (r, ((struct standard *)m->arg)->service);
}

static int rusage (struct router *r,
                   const flux_msg_t *msg,
                   void *arg,
                   flux_error_t *error)
{
    const char *who = "self";
    struct rusage ru;
    char *json;
    int which;

    if (flux_msg_has_payload (msg)
        && flux_msg_unpack (msg, "{s?s}", "who", &who) < 0)
        return REQUEST_ERROR;
    if (strcmp (who, "self") == 0)
        which = RUSAGE_SELF;
    else if (strcmp (who, "children") == 0)
        which = RUSAGE_CHILDREN;
    else if (strcmp (who, "thread") == 0)
        which = RUSAGE_THREAD;
    else
        return err_set (error, EINVAL, "rusage: '%s' is unknown", who);
    if (getrusage (which, &ru) < 0 || !(json = wire_rusage_encode (&ru)))
        return REQUEST_ERROR;
    router_respond (r, msg, json);
    free (json);
    return REQUEST_DONE;
}

static int debug (struct router *r,
                  const flux_msg_t *msg,
                  void *arg,
                  flux_error_t *error)
{
    struct standard *std = arg;
    const char *op;
    int flags;

    if (flux_msg_unpack (msg, "{s:s s:i}", "op", &op, "flags", &flags) < 0)
        return REQUEST_ERROR;
    if (strcmp (op, "setbit") == 0)
        std->debug |= flags;
    else if (strcmp (op, "clrbit") == 0)
        std->debug &= ~flags;
    else if (strcmp (op, "set") == 0)
        std->debug = flags;
    else if (strcmp (op, "clr") == 0)
        std->debug = 0;
    else
        return err_set (error, EPROTO, "debug: '%s' is unknown", op);
    router_respond_pack (r, msg, "{s:i}", "flags", (int)std->debug);
    return REQUEST_DONE;
}

/* Parts hear of a new configuration inside the broker: nothing is left to do.
 */
static int config_reload (struct router *r,
                          const flux_msg_t *msg,
                          void *arg,
                          flux_error_t *error)
{
    router_respond (r, msg, NULL);
    return REQUEST_DONE;
}

static int disconnect (struct router *r,
                       const flux_msg_t *msg,
                       void *arg,
                       flux_error_t *error)
{
    return REQUEST_DONE;
}

static const struct request_row standard_rows[] = {
    { "ping", FLUX_ROLE_USER, 0, ping },
    { "stats-get", FLUX_ROLE_ALL, 0, stats_get },
    { "stats-clear", FLUX_ROLE_OWNER, 0, stats_clear },
    { "rusage", FLUX_ROLE_USER, 0, rusage },
    { "debug", FLUX_ROLE_OWNER, 0, debug },
    { "config-reload", FLUX_ROLE_OWNER, 0, config_reload },
    { "disconnect", FLUX_ROLE_ALL, 0, disconnect },
    { NULL },
};

static int add_one (struct router *r,
                    struct standard *std,
                    const struct request_row *row)
{
    struct request_row full = *row;
    char *topic;
    int rc;

    if (asprintf (&topic, "%s.%s", std->service, row->topic) < 0)
        return -1;
    full.topic = topic;
    rc = method_add (r, &full, std, true);
    if (rc < 0 && errno == EEXIST)
        rc = 0;
    free (topic);
    return rc;
}

static struct standard *standard_find (struct router *r, const char *service)
{
    struct standard *std = r->standards;

    while (std && strcmp (std->service, service) != 0)
        std = std->next;
    return std;
}

int router_standard_methods (struct router *r,
                             const char *service,
                             char *(*stats) (void *arg),
                             void *arg)
{
    struct standard *std = standard_find (r, service);

    if (std) {
        if (stats) {
            std->stats = stats;
            std->arg = arg;
        }
        return 0;
    }
    if (!(std = calloc (1, sizeof (*std)))
        || !(std->service = strdup (service))) {
        free (std);
        return -1;
    }
    std->router = r;
    std->stats = stats;
    std->arg = arg;
    std->next = r->standards;
    r->standards = std;
    for (const struct request_row *row = standard_rows; row->topic; row++) {
        if (add_one (r, std, row) < 0)
            return -1;
    }
    return 0;
}

void router_standard_remove (struct router *r, const char *service)
{
    struct standard *std = standard_find (r, service);
    struct standard **sp = &r->standards;
    struct method *m, *tmp;

    if (!std)
        return;
    HASH_ITER (hh, r->methods, m, tmp)
    {
        if (m->standard && m->arg == std)
            method_destroy (r, m);
    }
    while (*sp != std)
        sp = &(*sp)->next;
    *sp = std->next;
    free (std->service);
    free (std);
}

void standard_destroy_all (struct router *r)
{
    struct standard *std;

    while ((std = r->standards)) {
        r->standards = std->next;
        free (std->service);
        free (std);
    }
}
